//! The program as the shell sees it: output, exit status, files.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// What the program did in `directory`.
fn patchpress(directory: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("patchpress").unwrap();
    let output = command.current_dir(directory).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// All files below a directory, by path.
fn files(root: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_string();
    files.map(|entry| name(entry.path())).collect()
}

#[test]
fn help_of_every_command_has_an_example_and_goes_to_standard_output() {
    let here = directory();
    for args in [
        &["--help"][..],
        &["build", "--help"],
        &["init", "--help"],
        &["digest", "--help"],
        &["mbox", "--help"],
        &["export", "--help"],
        &["generate", "--help"],
        #[cfg(feature = "serve")]
        &["serve", "--help"],
    ] {
        let (code, out, err) = patchpress(here.path(), args);
        assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
        let example = out.split("Example").nth(1).unwrap_or_else(|| panic!("{args:?}: {out}"));
        assert!(example.contains("\n  patchpress "), "{args:?}: {out}");
    }
    let (code, out, _) = patchpress(here.path(), &["--version"]);
    assert_eq!((code, out), (0, format!("patchpress {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn wrong_usage_is_2_and_goes_to_standard_error() {
    let here = directory();
    for args in [
        &[][..],
        &["bulid"],
        &["build", "--no-such-option"],
        &["build", "--jobs", "0"],
        &["build", "--base-url", "example.org"],
        &["init"],
        &["digest"],
        &["digest", "2024-03", "--format", "pdf"],
        &["export", "threads"],
    ] {
        let (code, out, err) = patchpress(here.path(), args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains("Usage: patchpress") || err.contains("--help"), "{args:?}: {err}");
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let here = directory();
    for args in [&["--help"][..], &["init", "site"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("patchpress"));
        let output = command.current_dir(here.path()).args(args).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args:?}");
    }
}

#[test]
fn a_directory_without_configuration_says_how_to_begin() {
    let here = directory();
    let (code, out, err) = patchpress(here.path(), &["build"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "\
error: no config.yaml here
 --> config.yaml
  = hint: `patchpress init DIR` makes a site; `--config FILE` names another file

"
    );
}

#[test]
fn faults_of_the_configuration_are_shown_together_and_exactly() {
    let here = directory();
    let text = "titel: Git\nbase_url: https://example.org\nlists:\n- id: git\n  range: week\n";
    fs::write(here.path().join("config.yaml"), text).unwrap();
    for command in [&["build"][..], &["digest", "x"], &["mbox", "x"], &["export", "mails"]] {
        let (code, out, err) = patchpress(here.path(), command);
        assert_eq!((code, out.as_str()), (1, ""), "{command:?}");
        assert_eq!(
            err,
            "\
error: unknown key `titel`
 --> config.yaml:1:1
  |
1 | titel: Git
  | ^
  = hint: did you mean `title`?

error: unknown key `range`
 --> config.yaml:5:3
  |
5 |   range: week
  |   ^
  = hint: did you mean `ranges`?

",
            "{command:?}"
        );
    }
}

#[test]
fn faults_are_told_to_programs_as_json_once() {
    let here = directory();
    fs::write(here.path().join("site.yaml"), "title: [").unwrap();
    let args = ["build", "--config", "site.yaml", "--format", "json"];
    let (code, out, err) = patchpress(here.path(), &args);
    assert_eq!((code, err.as_str()), (1, ""));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    let fault = &told["diagnostics"][0];
    assert_eq!((&fault["severity"], &fault["place"]["line"]), (&"error".into(), &1.into()));
}

#[test]
fn control_characters_of_the_configuration_do_not_reach_the_terminal() {
    let here = directory();
    fs::write(here.path().join("config.yaml"), "\"\\e[31mtitle\\u202e\": x\n").unwrap();
    let (_, _, err) = patchpress(here.path(), &["build"]);
    assert!(err.contains("unknown key `<U+001B>[31mtitle<U+202E>`"), "{err}");
    assert!(!err.contains(['\x1b', '\u{202e}']), "{err:?}");
}

#[test]
fn init_makes_a_site_that_loads() {
    let here = directory();
    let (code, out, err) = patchpress(here.path(), &["init", "my/site"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("made my/site/config.yaml\n"), "{out}");
    assert!(out.ends_with("\n  cd my/site && patchpress build\n"), "{out}");
    let site = here.path().join("my/site");
    assert_eq!(
        files(&site),
        [
            ".gitignore",
            "config.yaml",
            "content/lists/lantern-devel/2024-03.mbox",
            "content/pages/about.md",
        ]
    );
    let ignored = fs::read_to_string(site.join(".gitignore")).unwrap();
    assert!(ignored.starts_with("public/\n.patchpress/\n"), "{ignored}");
    let config = patchpress::config::load(&site.join("config.yaml")).unwrap();
    assert_eq!(config.lists.len(), 1);
}

#[test]
fn the_sample_list_is_mail_that_git_splits() {
    let here = directory();
    patchpress(here.path(), &["init", "."]);
    let mbox = here.path().join("content/lists/lantern-devel/2024-03.mbox");
    let mut git = std::process::Command::new("git");
    git.args(["mailsplit", "--mboxrd", "-o."]).arg(mbox).current_dir(here.path());
    let Ok(output) = git.output() else {
        println!("skipped: git isn't installed");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "13\n");
}

#[test]
fn init_for_github_adds_a_workflow_for_this_version() {
    let here = directory();
    let (code, _, _) = patchpress(here.path(), &["init", ".", "--github"]);
    assert_eq!(code, 0);
    let workflow = fs::read_to_string(here.path().join(".github/workflows/pages.yml")).unwrap();
    let version = format!("PATCHPRESS_VERSION: \"{}\"\n", env!("CARGO_PKG_VERSION"));
    assert!(workflow.contains(&version), "{workflow}");
}

#[test]
fn init_overwrites_nothing_and_leaves_no_half() {
    let here = directory();
    fs::write(here.path().join("config.yaml"), "mine\n").unwrap();
    fs::write(here.path().join("README"), "mine\n").unwrap();
    let (code, out, err) = patchpress(here.path(), &["init", "."]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "\
error: already there; `init` overwrites nothing
 --> ./config.yaml
  = hint: move it away, or make the site in another directory

"
    );
    assert_eq!(files(here.path()), ["README", "config.yaml"]);
    assert_eq!(fs::read_to_string(here.path().join("config.yaml")).unwrap(), "mine\n");

    fs::remove_file(here.path().join("config.yaml")).unwrap();
    let (code, _, _) = patchpress(here.path(), &["init", "."]);
    assert_eq!(code, 0);
    assert_eq!(fs::read_to_string(here.path().join("README")).unwrap(), "mine\n");
}

#[test]
fn init_under_a_file_is_a_fault() {
    let here = directory();
    fs::write(here.path().join("file"), "mine\n").unwrap();
    let (code, _, err) = patchpress(here.path(), &["init", "file/site"]);
    assert_eq!(code, 1);
    assert!(err.starts_with("error: can't make file/site: "), "{err}");
}

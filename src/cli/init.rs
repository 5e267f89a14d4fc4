//! `patchpress init`: a site to begin with, which builds as it is.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Failure;
use crate::diagnostic::Diagnostic;

/// Make a site to begin with: configuration, a sample list, a page
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress init my-site
  patchpress init . --github
  patchpress init . --gitlab")]
pub struct Args {
    /// Where the site is made; it may exist, and no file in it is overwritten
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Add a workflow that publishes the site on GitHub Pages
    #[arg(long)]
    github: bool,

    /// Add a pipeline that publishes the site on GitLab Pages
    #[arg(long)]
    gitlab: bool,
}

/// A file of the new site.
#[derive(Clone, Copy, Debug)]
struct File {
    /// Its path in the site.
    path: &'static str,
    text: &'static str,
}

const FILES: &[File] = &[
    File { path: "config.yaml", text: include_str!("init/config.yaml") },
    File { path: ".gitignore", text: include_str!("init/gitignore") },
    File { path: "content/pages/about.md", text: include_str!("init/about.md") },
    File {
        path: "content/lists/lantern-devel/2024-03.mbox",
        text: include_str!("init/sample.mbox"),
    },
];

/// For GitHub Pages. The `{version}` in it, and in the next one, is replaced by ours.
const WORKFLOW: File =
    File { path: ".github/workflows/pages.yml", text: include_str!("init/pages.yml") };

/// For GitLab Pages.
const PIPELINE: File = File { path: ".gitlab-ci.yml", text: include_str!("init/gitlab-ci.yml") };

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let files = files(&args);
    let faults = collisions(&args.directory, &files);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    for file in &files {
        write(&args.directory, file)?;
    }
    tell(&args.directory, &files)?;
    Ok(())
}

/// What is to be made: in a site that is there already only what publishes it, if that is
/// asked for.
fn files(args: &Args) -> Vec<File> {
    let publishing = [(args.github, WORKFLOW), (args.gitlab, PIPELINE)];
    let publishing = publishing.into_iter().filter(|(wanted, _)| *wanted).map(|(_, file)| file);
    let publishing: Vec<File> = publishing.collect();
    let site_is_there = args.directory.join(FILES[0].path).symlink_metadata().is_ok();
    match site_is_there && !publishing.is_empty() {
        true => publishing,
        false => FILES.iter().copied().chain(publishing).collect(),
    }
}

/// A fault for each file that is there already, dangling links among them.
fn collisions(directory: &Path, files: &[File]) -> Vec<Diagnostic> {
    let paths = files.iter().map(|file| directory.join(file.path));
    let taken = paths.filter(|path| path.symlink_metadata().is_ok());
    let fault = |path: PathBuf| {
        Diagnostic::error("already there; `init` overwrites nothing")
            .in_file(&path)
            .hint("move it away, or make the site in another directory")
    };
    taken.map(fault).collect()
}

fn write(directory: &Path, file: &File) -> anyhow::Result<()> {
    let path = directory.join(file.path);
    let parent = path.parent().unwrap_or(directory);
    fs::create_dir_all(parent).with_context(|| format!("can't make {}", parent.display()))?;
    let text = file.text.replace("{version}", env!("CARGO_PKG_VERSION"));
    let new = OpenOptions::new().write(true).create_new(true).open(&path);
    new.and_then(|mut new| new.write_all(text.as_bytes()))
        .with_context(|| format!("can't write {}", path.display()))
}

/// Says what was made and what to do next.
fn tell(directory: &Path, files: &[File]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for file in files {
        writeln!(out, "made {}", directory.join(file.path).display())?;
    }
    writeln!(out, "\nNow build it:")?;
    match directory == Path::new(".") {
        true => writeln!(out, "  patchpress build"),
        false => writeln!(out, "  cd {} && patchpress build", directory.display()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::{self, SourceConfig};

    const CONFIG: &str = include_str!("init/config.yaml");

    /// The template with every key that is commented out taken in.
    fn with_every_key() -> String {
        let uncommented = CONFIG.lines().map(|line| {
            let blanks = line.len() - line.trim_start().len();
            match line.trim_start().strip_prefix('#') {
                Some(key) if !key.starts_with(' ') || key.starts_with("  ") => {
                    format!("{}{key}", &line[..blanks])
                }
                _ => line.to_string(),
            }
        });
        uncommented.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_configuration_reads_the_sample_list() {
        let config = config::parse(CONFIG, Path::new("config.yaml")).unwrap();
        let [list] = config.lists.as_slice() else { panic!("{:?}", config.lists) };
        let glob = PathBuf::from("content/lists/lantern-devel/*.mbox");
        assert_eq!(list.sources, [SourceConfig::Mbox(glob.clone())]);
        let samples = FILES.iter().filter(|file| Path::new(file.path).parent() == glob.parent());
        assert_eq!(samples.count(), 1);
    }

    #[test]
    fn every_key_of_the_configuration_is_explained_and_may_be_taken_in() {
        let text = with_every_key();
        let config = config::parse(&text, Path::new("config.yaml")).unwrap();
        assert_eq!(config.lists[0].sources.len(), 4);
        assert!(config.lists[0].archive_url.is_some());
        assert!(config.mailmap.is_some() && config.maintainers.is_some());
        assert_eq!(config.rules.len(), 1);
        for key in ["theme", "digest", "page_budget", "size_budget", "diffs", "privacy", "exclude"]
        {
            assert!(text.contains(&format!("{key}:")), "{key} isn't in the template");
        }
    }

    #[test]
    fn what_is_commented_out_shows_the_defaults() {
        let plain = config::parse(CONFIG, Path::new("config.yaml")).unwrap();
        let full = config::parse(&with_every_key(), Path::new("config.yaml")).unwrap();
        assert_eq!(plain.theme, full.theme);
        assert_eq!(plain.top, full.top);
        assert_eq!((plain.page_budget, plain.size_budget), (full.page_budget, full.size_budget));
        assert_eq!((plain.diffs, plain.addresses), (full.diffs, full.addresses));
        assert_eq!(plain.exclude, full.exclude);
    }

    #[test]
    fn the_workflow_is_yaml_and_asks_for_no_more_than_it_needs() {
        let workflow: Value = config::yaml::from_str(WORKFLOW.text).unwrap();
        assert_eq!(workflow["permissions"], json!({"contents": "read"}));
        let build = &workflow["jobs"]["build"]["permissions"];
        assert_eq!(*build, json!({"contents": "read", "pages": "read"}));
        let deploy = &workflow["jobs"]["deploy"]["permissions"];
        assert_eq!(*deploy, json!({"pages": "write", "id-token": "write"}));
        assert_eq!(workflow["concurrency"]["group"], "pages");
        for trigger in ["push", "schedule", "workflow_dispatch"] {
            assert!(workflow["on"].get(trigger).is_some(), "{trigger}");
        }
    }

    /// An action is named by a commit, which nobody can put another one in the place of; and
    /// what comes from outside reaches a shell as a variable only.
    #[test]
    fn the_workflow_pins_what_it_uses() {
        let workflow: Value = config::yaml::from_str(WORKFLOW.text).unwrap();
        let steps = ["build", "deploy"].map(|job| workflow["jobs"][job]["steps"].as_array());
        for step in steps.into_iter().flat_map(Option::unwrap) {
            if let Some(uses) = step["uses"].as_str() {
                let commit = uses.split_once('@').unwrap().1;
                assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()));
                let version = WORKFLOW.text.split(commit).nth(1).unwrap();
                assert!(version.starts_with(" # v"), "{uses} does not say its version");
            }
            assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
        }
    }

    /// What is kept is of this version, and an older state serves where there is no newer one.
    #[test]
    fn the_workflow_keeps_the_site_and_what_it_was_made_of() {
        let workflow: Value = config::yaml::from_str(WORKFLOW.text).unwrap();
        let steps = workflow["jobs"]["build"]["steps"].as_array().unwrap();
        let at = |what: &str| {
            let is = |step: &Value| {
                ["uses", "run"]
                    .iter()
                    .any(|key| step[key].as_str().is_some_and(|s| s.contains(what)))
            };
            steps.iter().position(is).unwrap_or_else(|| panic!("no step has {what}"))
        };
        let order =
            ["cache/restore@", "curl ", "patchpress build", "patchpress check", "cache/save@"];
        let order = order.map(at);
        assert!(order.is_sorted() && order[4] < at("upload-pages-artifact@"), "{order:?}");
        let (restored, saved) = (&steps[order[0]]["with"], &steps[order[4]]["with"]);
        assert_eq!(restored["path"], ".patchpress\npublic\n");
        assert_eq!((&restored["path"], &restored["key"]), (&saved["path"], &saved["key"]));
        let (key, older) = (saved["key"].as_str().unwrap(), restored["restore-keys"].as_str());
        assert!(key.starts_with(older.unwrap()) && key.contains("env.PATCHPRESS_VERSION"));
        assert!(steps.iter().any(|step| step["with"]["include-hidden-files"] == true));
    }

    #[test]
    fn the_pipeline_is_yaml_and_publishes_what_it_built() {
        let pipeline: Value = config::yaml::from_str(PIPELINE.text).unwrap();
        let pages = &pipeline["pages"];
        assert_eq!(pages["artifacts"]["paths"], json!(["public"]));
        assert_eq!(pages["cache"][1]["paths"], json!([".patchpress", "public"]));
        assert_eq!(pages["resource_group"], "pages");
        // Both hosts are given the same.
        let workflow: Value = config::yaml::from_str(WORKFLOW.text).unwrap();
        let steps = workflow["jobs"]["build"]["steps"].as_array().unwrap();
        let of_github = steps.iter().filter_map(|step| step["run"].as_str());
        let of_github: Vec<String> =
            of_github.map(|run| run.replace("$SITE", "$CI_PAGES_URL")).collect();
        let of_gitlab = pages["script"].as_array().unwrap();
        for run in &of_github[1..] {
            assert!(of_gitlab.iter().any(|line| line.as_str() == Some(run)), "{run}");
        }
    }
}

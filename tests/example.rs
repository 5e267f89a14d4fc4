//! The example site at the top level: it builds as it is, and its list keeps its promises.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The example's configuration and content, away from the repository.
fn example() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(Path::new(ROOT).join("content")) {
        let entry = entry.unwrap();
        let target = site.path().join(entry.path().strip_prefix(ROOT).unwrap());
        match entry.file_type().is_dir() {
            true => std::fs::create_dir_all(target).unwrap(),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
    std::fs::copy(Path::new(ROOT).join("config.yaml"), site.path().join("config.yaml")).unwrap();
    site
}

fn run(site: &Path, args: &[&str]) -> (String, String) {
    let output = common::patchpress().current_dir(site).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{err}");
    (out, err)
}

#[test]
fn it_builds_and_warns_of_the_one_mail_without_a_message_id() {
    let site = example();
    let (_, told) = run(site.path(), &["build", "--verbose"]);
    let warnings: Vec<&str> = told.lines().filter(|l| l.starts_with("warning")).collect();
    assert_eq!(warnings, ["warning: no Message-ID; one was derived from its content"], "{told}");
    assert!(!told.contains("error"), "{told}");
    let front = std::fs::read_to_string(site.path().join("public/index.html")).unwrap();
    assert!(front.contains("peatfs digests"));
}

#[test]
fn no_patch_of_it_is_missing() {
    let site = example();
    let (postings, _) = run(site.path(), &["export", "postings"]);
    let postings: Vec<Value> =
        postings.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(postings.len() > 30, "{}", postings.len());
    for posting in &postings {
        assert_eq!(posting["missing"], Value::Array(vec![]), "{posting}");
    }
}

/// The series that is told by hand needs no other to be applied to.
#[test]
fn every_version_of_the_cleaner_applies() {
    let site = example();
    let (postings, _) = run(site.path(), &["export", "postings"]);
    let postings = postings.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let cleaner = postings.filter(|p| p["title"] == "gc: clean segments in the background");
    let versions: Vec<Value> = cleaner.collect();
    assert_eq!(versions.len(), 4);
    for posting in versions {
        let (mbox, _) = run(site.path(), &["mbox", posting["id"].as_str().unwrap()]);
        assert_eq!(applied(&mbox), 5, "{}", posting["version"]);
    }
}

/// How many commits `git am` makes of an mbox in an empty repository.
fn applied(mbox: &str) -> usize {
    let repository = tempfile::tempdir().unwrap();
    let git = || {
        let mut git = Command::new("git");
        git.current_dir(repository.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.args(["-c", "user.name=Test", "-c", "user.email=test@example.org"]);
        git
    };
    assert!(git().args(["init", "-q"]).status().unwrap().success());
    std::fs::write(repository.path().join(".git/series.mbox"), mbox).unwrap();
    let am = ["am", "-q", "--patch-format=mboxrd", ".git/series.mbox"];
    let output = git().args(am).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = git().args(["log", "--format=%s"]).output().unwrap();
    String::from_utf8(log.stdout).unwrap().lines().count()
}

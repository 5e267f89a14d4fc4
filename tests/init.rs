//! A site that `init` made: it builds at once, and wherever it is published.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Public, patchpress};

/// Makes a site with `init` in an empty directory.
fn init(args: &[&str]) -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    let output = patchpress().current_dir(here.path()).arg("init").args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    here
}

/// Builds a site; gives what was told.
fn build(site: &Path, args: &[&str]) -> String {
    let output = patchpress().current_dir(site).arg("build").args(args).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    told
}

#[test]
fn it_builds_as_it_is() {
    let here = init(&["x"]);
    let site = here.path().join("x");
    let told = build(&site, &[]);
    assert!(!told.contains("warning") && !told.contains("error"), "{told}");
    let public = Public::read(&site.join("public"));
    assert!(public.page("").contains("Lantern digests"));
    assert!(public.page("pages/about/").contains("<h1"));
    assert!(public.files.contains_key("lantern-devel/digests/2024-03/digest.txt"));
    assert_eq!(public.broken_links("/lantern-digests/"), Vec::<String>::new());
    // Nothing but the site and what is kept for the next build came into being.
    let mut names: Vec<_> = fs::read_dir(&site).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".gitignore", ".patchpress", "config.yaml", "content", "public"]);
}

/// The values of `attribute="…"` in a page.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!("{attribute}=\"");
    html.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_url_is_below_the_base_url_that_is_given() {
    let here = init(&["."]);
    build(here.path(), &["--quiet", "--base-url", "https://example.net/some/path"]);
    let public = Public::read(&here.path().join("public"));
    assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new());
    let mut links = 0;
    for (name, bytes) in &public.files {
        let text = String::from_utf8_lossy(bytes);
        // The configuration's own base URL, of which nothing must be left.
        assert!(!text.contains("lantern-digests") && !text.contains("example.github.io"), "{name}");
        if !name.ends_with(".html") && !name.ends_with(".xml") {
            continue;
        }
        for attribute in ["href", "src", "action", "data-index"] {
            for value in values(&text, attribute).into_iter().filter(|v| v.starts_with('/')) {
                assert!(value.starts_with("/some/path/"), "{name}: {attribute}={value}");
                links += 1;
            }
        }
    }
    assert!(links > 200, "{links}");
    let feed = String::from_utf8_lossy(&public.files["feed.xml"]);
    let urls = values(&feed, "href");
    assert!(!urls.is_empty());
    for url in urls {
        assert!(url.starts_with("https://example.net/some/path/"), "{url}");
    }
}

/// What the workflow runs, with what GitHub puts in its place, does what it is to do.
#[test]
fn the_workflow_builds_for_the_address_that_github_gives() {
    let here = init(&[".", "--github"]);
    let workflow = fs::read_to_string(here.path().join(".github/workflows/pages.yml")).unwrap();
    let command =
        workflow.lines().find_map(|l| l.trim().strip_prefix("- run: patchpress ")).unwrap();
    let given = "${{ steps.pages.outputs.base_url }}";
    assert!(command.contains(given) && workflow.contains("- id: pages\n"), "{workflow}");
    let program = assert_cmd::cargo::cargo_bin("patchpress");
    let command = format!("\"$0\" {}", command.replace(given, "https://example.github.io/fork"));
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", &command]).arg(program).current_dir(here.path()).output();
    assert!(output.unwrap().status.success());
    // What is uploaded, the list of published addresses among it.
    let uploaded = workflow.lines().find_map(|l| l.trim().strip_prefix("path: public")).is_some();
    assert!(uploaded && workflow.contains("include-hidden-files: true"), "{workflow}");
    let public = Public::read(&here.path().join("public"));
    assert!(public.files.contains_key(".patchpress/manifest"));
    assert!(public.page("").contains("href=\"/fork/series/\""));
}

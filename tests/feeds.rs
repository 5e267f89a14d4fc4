//! Feeds, sitemaps and what pages say of themselves to programs that show links.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::process::Command;

use common::{Public, Site, data, mbox_files};
use serde_json::{Value, json};

/// The example site at its own address, built.
fn example() -> Site {
    let root = env!("CARGO_MANIFEST_DIR");
    let site = Site::new("");
    let target = site.path("public");
    let config = format!("{root}/config.yaml");
    let arguments = ["build", "--quiet", "--config", &config, "--output", target.to_str().unwrap()];
    site.ok(&[&arguments[..], &["--base-url", "https://example.org/site"]].concat());
    site
}

/// What the oracle has to say of a site's feeds.
fn judged(site: &Site) -> Value {
    let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/feeds.py");
    let mut python = Command::new("python3");
    python.arg(oracle).arg(site.path("public")).arg("https://example.org/site");
    let output = python.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn feeds_and_sitemaps_keep_to_their_specifications() {
    let site = example();
    let judged = judged(&site);
    assert_eq!(judged["faults"], json!([]));
    let public = Public::read(&site.path("public"));
    // One for each posting, person with postings, subsystem, list, and the site.
    let mbox = |name: &&String| name.ends_with(".mbox") && !name.ends_with("-as-sent.mbox");
    let postings = public.files.keys().filter(mbox).count();
    let (atom, json) = (judged["atom"].as_u64().unwrap(), judged["json"].as_u64().unwrap());
    assert_eq!(atom - json, postings as u64, "those of postings are Atom alone");
    assert_eq!(judged["largest"], 30);
    let robots = String::from_utf8_lossy(&public.files["robots.txt"]);
    assert!(robots.ends_with("\nSitemap: https://example.org/site/sitemap.xml\n"), "{robots}");
}

/// On a real list, with all that people write.
#[test]
fn feeds_of_a_real_list_keep_to_their_specifications() {
    let Some(list) = data("live-patching-2023-2026") else { return };
    let first = mbox_files(&list).into_iter().next().unwrap();
    let site = Site::of(&first);
    site.build();
    assert_eq!(judged(&site)["faults"], json!([]));
}

/// The content of a `<meta>` element.
fn meta<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("\"{name}\" content=\"");
    page.split_once(&start).map(|(_, rest)| rest.split('"').next().unwrap())
}

#[test]
fn every_page_says_what_it_is_in_one_sentence() {
    let site = example();
    let public = Public::read(&site.path("public"));
    let mut kinds = std::collections::BTreeMap::new();
    for path in public.pages("") {
        let page = public.page(path);
        let url = meta(page, "og:url").unwrap_or_else(|| panic!("{path} has no address"));
        assert!(page.contains(&format!("<link rel=\"canonical\" href=\"{url}\">")), "{path}");
        assert_eq!(url, format!("https://example.org/site/{path}"));
        let title = meta(page, "og:title").unwrap();
        let sentence = meta(page, "og:description").unwrap();
        assert!(sentence.len() > 10 && sentence != title, "{path}: {sentence}");
        let kind = meta(page, "og:type").unwrap();
        assert_eq!(kind == "article", meta(page, "article:published_time").is_some(), "{path}");
        *kinds.entry(kind).or_insert(0) += 1;
    }
    assert!(["article", "profile", "website"].iter().all(|kind| kinds[kind] > 5), "{kinds:?}");
    let lost = std::str::from_utf8(&public.files["404.html"]).unwrap();
    assert_eq!(meta(lost, "robots"), Some("noindex"));
    assert!(!lost.contains("canonical") && lost.contains("href=\"/site/style.css\""));
}

/// A pasted link unfolds with title, author, version and state.
#[test]
fn a_series_unfolds_with_all_that_matters() {
    let site = example();
    let public = Public::read(&site.path("public"));
    let series = public.pages("series/gc-clean-segments-in-the-background");
    let of = |path: &&str| {
        let page = public.page(path);
        (meta(page, "og:title").unwrap(), meta(page, "og:description").unwrap())
    };
    let last = series.iter().map(of).find(|(title, _)| title.ends_with("(v4)")).unwrap();
    assert_eq!(last.0, "gc: clean segments in the background (v4)");
    let sentence = last.1;
    assert!(sentence.starts_with("v4 of 5 patches by "), "{sentence}");
    assert!(sentence.contains(", 2026-") && sentence.ends_with(" of 5 reviewed"), "{sentence}");
}

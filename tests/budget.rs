//! Sites without some of their kinds of files: what is off is linked nowhere, and a site that is
//! too large is told by how much each would shrink it.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use common::{Public, Site};
use serde_json::Value;

/// A site of an invented list of 400 mails.
fn site() -> Site {
    let site = Site::new("");
    site.ok(&["generate", "mail", "--mails", "400", "--seed", "5"]);
    site
}

/// Builds it with these lines under `site:`; gives the summary.
fn built(site: &Site, lines: &[String], output: &str) -> Value {
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    site.write(
        "config.yaml",
        format!(
            "title: T\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
             archive_url: https://lore.example.org/{{message_id}}/\n    \
             sources: [{{mbox: mail}}]\n    ranges: month\nsite:\n  page_budget: 1MiB\n{lines}"
        ),
    );
    let summary = site.ok(&["build", "--quiet", "--format", "json", "--output", output]);
    serde_json::from_str(&summary).unwrap()
}

fn lines(of: &[&str]) -> Vec<String> {
    of.iter().map(|line| (*line).to_owned()).collect()
}

fn public(site: &Site, output: &str) -> Public {
    Public::read(&site.path(output))
}

#[test]
fn what_is_off_is_not_there_and_linked_nowhere() {
    let site = site();
    let everything = built(&site, &[], "all");
    let off = ["mboxes: false", "feeds: false", "search: false", "json: false", "text: false"];
    let nothing = built(&site, &lines(&off), "none");
    assert!(nothing["bytes"].as_u64() < everything["bytes"].as_u64());
    let all = public(&site, "all");
    let none = public(&site, "none");
    for (name, is_off) in [
        (".mbox", true),
        ("feed.xml", true),
        ("feed.json", true),
        ("digest.txt", true),
        ("digest.json", true),
        ("search/index.html", true),
        ("series/index.html", false),
    ] {
        let has = |public: &Public| public.files.keys().any(|file| file.ends_with(name));
        assert!(has(&all), "{name}");
        assert_eq!(has(&none), !is_off, "{name}");
    }
    assert_eq!(none.broken_links("/site/"), Vec::<String>::new());
    let told = none.files.iter().filter(|(name, _)| name.ends_with(".html"));
    for (name, bytes) in told {
        let html = String::from_utf8_lossy(bytes);
        for word in ["feed.xml", "feed.json", ".mbox\"", "/site/search/", "digest.json"] {
            assert!(!html.contains(word), "{word} in {name}");
        }
    }
    assert!(none.page("").contains("<a href=\"/site/m/\">Find</a>"));
}

#[test]
fn atom_feeds_stay_where_only_json_is_off() {
    let site = site();
    built(&site, &lines(&["json: false"]), "public");
    let public = public(&site, "public");
    assert!(public.files.contains_key("feed.xml") && !public.files.contains_key("feed.json"));
    assert!(public.page("").contains("feed.xml") && !public.page("").contains("feed.json"));
    assert_eq!(public.broken_links("/site/"), Vec::<String>::new());
}

/// Turning off what is advised brings the site to the size that was promised, within 3 % of
/// what it was: the first line alone, the first two, and so on.
#[test]
fn the_advice_for_a_site_that_is_too_large_keeps_its_promise() {
    let site = site();
    let before = built(&site, &lines(&["comparisons: all"]), "before")["bytes"].as_u64().unwrap();
    let small = format!("size_budget: {}", before * 2 / 5);
    let told = built(&site, &lines(&["comparisons: all", &small]), "before");
    let savings = told["savings"].as_array().unwrap();
    assert!(savings.len() > 1, "{savings:?}");
    let order: Vec<u64> = savings.iter().map(|saving| saving["bytes"].as_u64().unwrap()).collect();
    assert!(order.is_sorted_by(|a, b| a >= b), "{order:?}");
    let hint = told["diagnostics"][0]["hint"].as_str().unwrap();
    let mut advised = Vec::new();
    for saving in savings {
        let line = saving["line"].as_str().unwrap().to_owned();
        assert!(hint.contains(&format!("`{line}` saves ")), "{hint}");
        advised.push(line);
    }
    let close = |lines: &[String], promised: u64, output: &str| {
        let all: bool = lines.iter().any(|line| line.starts_with("comparisons"));
        let kept = (!all).then(|| "comparisons: all".to_owned());
        let lines: Vec<String> = lines.iter().cloned().chain(kept).collect();
        // The same output: what was published leads on, as it would for the owner.
        let after = built(&site, &lines, output)["bytes"].as_u64().unwrap();
        let off = (before - promised).abs_diff(after) as f64 / before as f64;
        assert!(off < 0.03, "{lines:?}: {before} - {promised} was promised, and it is {after}");
    };
    for many in 1..=advised.len() {
        close(&advised[..many], order[..many].iter().sum(), "before");
    }
}

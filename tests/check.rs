//! `check` and `link`: what is promised about addresses is held, and seen where it is not.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fs;

use common::{Public, Site, patchpress};
use serde_json::Value;

/// A mail of an mbox.
fn mail(day: u32, id: &str, subject: &str, body: &str) -> String {
    format!(
        "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ann Example <ann@example.org>\n\
         Date: {day} Jan 2024 12:00:00 +0000\nMessage-ID: <{id}>\nSubject: {subject}\n\n{body}\n\n"
    )
}

fn patch(day: u32, id: &str, title: &str) -> String {
    let diff = "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-old\n+new\n";
    mail(day, id, &format!("[PATCH] {title}"), &format!("Why.\n---\n a.c | 2 +-\n\n{diff}"))
}

const MORE: &str = "privacy: {exclude: []}\n";

/// Two patches and a discussion, built.
fn site() -> Site {
    let site = Site::new(&format!(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
         title: List\n    sources:\n      - mbox: mail.mbox\n    ranges: month\n{MORE}"
    ));
    let talk = mail(9, "talk@example.org", "What next?", "See https://example.org/site/nowhere/");
    let all = [patch(1, "one@example.org", "one"), patch(2, "two@example.org", "two"), talk];
    site.write("mail.mbox", all.concat());
    site.build();
    site
}

/// What a check says, and whether it finds the site sound.
fn check(site: &Site, arguments: &[&str]) -> (bool, Value) {
    let output = site.run(&[&["check", "--format", "json"], arguments].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), serde_json::from_str(&told).unwrap())
}

/// The messages of all faults.
fn messages(report: &Value) -> Vec<&str> {
    let all = report["diagnostics"].as_array().unwrap();
    all.iter().map(|d| d["message"].as_str().unwrap()).collect()
}

/// The page of a posting or discussion by its title.
fn page(site: &Site, prefix: &str) -> String {
    let public = Public::read(&site.path("public"));
    let pages = public.pages(prefix);
    assert_eq!(pages.len(), 1, "{pages:?}");
    pages[0].to_string()
}

#[test]
fn a_built_site_is_sound_and_is_counted() {
    let site = site();
    let (sound, report) = check(&site, &[]);
    assert!(sound, "{report}");
    let public = Public::read(&site.path("public"));
    let html = public.files.keys().filter(|name| name.ends_with(".html")).count();
    assert_eq!(report["pages"], html);
    assert_eq!(report["files"], public.files.len() - 1, "all but the manifest");
    let anchors = public.mail_anchors().len();
    assert!(report["anchors"].as_u64().unwrap() as usize > anchors);
    let manifest = fs::read_to_string(site.path("public/.patchpress/manifest")).unwrap();
    let promised = manifest.lines().filter(|line| line.starts_with("U ")).count();
    assert_eq!((&report["permalinks"], promised), (&promised.into(), promised));
    assert_eq!(report["diagnostics"], Value::Array(vec![]));
}

#[test]
fn a_link_to_nothing_is_told_with_its_page() {
    let site = site();
    let two = page(&site, "series/two");
    fs::remove_file(site.path(&format!("public/{two}index.html"))).unwrap();
    let (sound, report) = check(&site, &[]);
    assert!(!sound);
    let lost = format!("lost: https://example.org/site/{two} was published, and nothing is there");
    let messages = messages(&report);
    assert_eq!(messages[0], lost);
    assert_eq!(report["lost"], serde_json::json!([format!("/{two}")]));
    assert!(messages.contains(&"a file of the site is missing"), "{messages:?}");
    let links = format!("lead to /{two}, and nothing is there");
    assert!(messages.iter().any(|m| m.ends_with(&links)), "{messages:?}");
}

#[test]
fn an_anchor_that_is_gone_and_a_file_that_is_not_ours_are_told() {
    let site = site();
    let one = page(&site, "series/one");
    let file = site.path(&format!("public/{one}index.html"));
    let html = fs::read_to_string(&file).unwrap();
    fs::write(&file, html.replace("id=\"m-", "id=\"gone-")).unwrap();
    site.write("public/left-over.html", "<a href=\"/elsewhere/\">");
    let (sound, report) = check(&site, &[]);
    assert!(!sound);
    let told = messages(&report).join("\n");
    let anchor = format!("to /{one}#m-");
    for expected in [
        anchor.as_str(),
        "a file of the site was changed since it was built",
        "no part of the site, yet it would be published with it",
        "a link leads to /elsewhere/, which is no part of the site",
    ] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
}

#[test]
fn a_site_over_its_budget_and_one_at_another_address_are_no_good() {
    let site = site();
    let config = fs::read_to_string(site.path("config.yaml")).unwrap();
    site.write("config.yaml", format!("{config}site: {{size_budget: 1KiB}}\n"));
    let (sound, report) = check(&site, &[]);
    assert!(!sound && messages(&report)[0].contains("over the budget"), "{report}");
    site.write("config.yaml", config);
    let (sound, report) = check(&site, &["--base-url", "https://example.org/other"]);
    assert!(!sound, "{report}");
    assert!(messages(&report).iter().any(|m| m.contains("which is no part of the site")));
}

/// What was published is held against a build that has never seen it.
#[test]
fn a_published_address_that_the_build_does_not_know_is_lost() {
    let site = site();
    let published = fs::read_to_string(site.path("public/.patchpress/manifest")).unwrap();
    let two = page(&site, "series/two");
    fs::remove_dir_all(site.path("public")).unwrap();
    site.write("mail.mbox", patch(1, "one@example.org", "one"));
    site.build();
    assert!(check(&site, &[]).0, "nobody has told it");
    site.write("published", &published);
    let (sound, report) = check(&site, &["--published", "published"]);
    assert!(!sound);
    assert!(report["lost"].as_array().unwrap().contains(&format!("/{two}").into()), "{report}");
    assert_eq!(report["gone"], serde_json::json!([]));
    let piped = |list: &str| {
        let mut command = patchpress();
        command.current_dir(site.dir.path()).args(["check", "--published", "-"]);
        command.write_stdin(list).output().unwrap()
    };
    let output = piped(&published);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains(&format!("lost: https://example.org/site/{two}")), "{told}");
    assert!(told.contains("put the published list at .patchpress/manifest"), "{told}");
    // A download that broke off, or an error page in its place, is no list.
    for list in ["", "<html>404</html>", &published[..published.len() / 2]] {
        let output = piped(list);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(told.contains("is none, or was cut short"), "{told}");
    }
}

#[test]
fn pages_go_with_their_mail_only_on_purpose_and_are_told_once() {
    let site = site();
    let published = fs::read_to_string(site.path("public/.patchpress/manifest")).unwrap();
    site.write("published", published);
    let two = page(&site, "series/two");
    let talk = mail(9, "talk@example.org", "What next?", "Nothing.");
    site.write("mail.mbox", patch(1, "one@example.org", "one") + &talk);
    site.build();
    let (sound, report) = check(&site, &["--published", "published"]);
    assert!(!sound);
    assert_eq!(report["gone"], serde_json::json!([format!("/{two}")]));
    assert!(messages(&report)[0].starts_with(&format!("gone: https://example.org/site/{two} ")));
    assert!(check(&site, &["--published", "published", "--allow-gone"]).0);
    // Once it is published so, it is no news.
    let next = fs::read_to_string(site.path("public/.patchpress/manifest")).unwrap();
    site.write("next", next);
    site.build();
    let (sound, report) = check(&site, &["--published", "next"]);
    assert!(sound && report["gone"] == serde_json::json!([]), "{report}");
    // What the owner leaves out is meant to go.
    let config = fs::read_to_string(site.path("config.yaml")).unwrap();
    let more = "privacy: {exclude: [two@example.org]}\n";
    site.write("config.yaml", config.replace(MORE, more));
    let (sound, report) = check(&site, &["--published", "published"]);
    assert!(sound && report["gone"] == serde_json::json!([format!("/{two}")]), "{report}");
}

#[test]
fn a_page_that_moved_is_no_loss() {
    let site = site();
    let published = fs::read_to_string(site.path("public/.patchpress/manifest")).unwrap();
    site.write("published", published);
    let mail = fs::read_to_string(site.path("mail.mbox")).unwrap();
    site.write("mail.mbox", mail.replace("Ann Example", "Ann Renamed"));
    site.build();
    let (sound, report) = check(&site, &["--published", "published"]);
    assert!(sound, "{report}");
    assert_eq!(report["moved"], 1, "the author's page");
}

#[test]
fn a_directory_without_a_site_is_a_fault() {
    let site = site();
    let output = site.run(&["check", "--output", "nowhere"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("there is no built site") && told.contains("patchpress build"), "{told}");
}

#[test]
fn a_link_leads_to_the_mail() {
    let site = site();
    let (two, talk) = (page(&site, "series/two"), page(&site, "threads/what-next"));
    for (id, page) in [("two@example.org", two), ("<talk@example.org>", talk)] {
        let url = site.ok(&["link", id]);
        let (at, anchor) = url.trim_end().split_once('#').unwrap();
        assert_eq!(at, format!("https://example.org/site/{page}"));
        let html = fs::read_to_string(site.path(&format!("public/{page}index.html"))).unwrap();
        assert!(html.contains(&format!("id=\"{anchor}\"")), "{anchor}");
        let path = site.ok(&["link", "--path", id]);
        assert_eq!(format!("https://example.org{path}"), url);
    }
    let output = site.run(&["link", "none@example.org"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(told.contains("no mail with the Message-ID \"none@example.org\""), "{told}");
}

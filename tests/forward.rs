//! Digests that people pass on: as a mail, as HTML, as Markdown; Python's email package reads
//! the mail.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::Site;
use serde_json::{Value, json};

/// Titles that want to be something else.
const TITLES: [&str; 5] = [
    "<script>alert(1)</script><img src=x onerror=alert(1)> & \"quotes\"",
    "](https://evil.example/) [x](https://evil.example/) ![y](https://evil.example/)",
    "a title of café 漢字 and 🎉 that goes on and on, so that no line of a mail has room for it",
    "--=_patchpress_aaaaaaaaaa From . =?utf-8?Q",
    "plain: make it round",
];

fn site(more: &str) -> Site {
    let site = Site::new(&format!(
        "title: Grüße, \"Digests\"\nbase_url: https://example.org:8080/site\nlists:\n  - id: list\n    \
         title: Liste für Ringe\n    sources:\n      - mbox: mail.mbox\n    ranges: month\n{more}"
    ));
    let diff = "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-old\n+new\n";
    let mail = |(at, title): (usize, &&str)| {
        format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: <b>Ann</b> [A](https://evil.example/) \
             <ann{at}@example.org>\nDate: {} Mar 2024 12:00:00 +0000\nMessage-ID: \
             <{at}@example.org>\nSubject: [PATCH v2] {title}\nContent-Type: text/plain; \
             charset=utf-8\n\nWhy.\n---\n a.c | 2 +-\n\n{diff}\n",
            at + 1
        )
    };
    let talk = "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Bob <bob@example.org>\n\
                Date: 9 Mar 2024 12:00:00 +0000\nMessage-ID: <talk@example.org>\nSubject: Why?\n\nSo.\n";
    let mails: Vec<String> = TITLES.iter().enumerate().map(mail).collect();
    site.write("mail.mbox", mails.concat() + talk);
    site
}

/// The digest as a mail, and what Python makes of it.
fn mail(site: &Site, arguments: &[&str]) -> (String, Value) {
    let raw = site.ok(&[&["digest", "2024-03", "--format", "eml"], arguments].concat());
    let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/forwarded.py");
    let mut python = Command::new("python3");
    let python = python.arg(oracle).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().unwrap();
    python.stdin.take().unwrap().write_all(raw.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    (raw, serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_mail_is_read_as_it_was_meant() {
    let site = site("");
    let to = [
        "--to",
        "Jürgen Müller <j@example.org>, list@example.net",
        "--to",
        "\"Doe, J.\" <d@example.org>",
    ];
    let (_, read) = mail(&site, &to);
    assert_eq!(read["defects"], json!([]));
    assert_eq!(read["types"], json!(["multipart/alternative", "text/plain", "text/html"]));
    assert_eq!(read["headers"]["Subject"], "Liste für Ringe: March 2024");
    assert_eq!(read["from"], json!([["Grüße, \"Digests\"", "digest@example.org"]]));
    let expected = json!([
        ["Jürgen Müller", "j@example.org"],
        ["", "list@example.net"],
        ["Doe, J.", "d@example.org"]
    ]);
    assert_eq!(read["to"], expected);
    // date -u -d '2024-03-09 12:00' +%s
    assert_eq!(read["seconds"], 1_709_985_600.0);
    assert_eq!(read["headers"]["MIME-Version"], "1.0");
    assert!(read["longest"].as_u64().unwrap() <= 78 && read["bare"] == 0, "{read}");
    let id = read["headers"]["Message-ID"].as_str().unwrap();
    assert!(id.starts_with("<list-2024-03-") && id.ends_with("@example.org>"), "{id}");
    let [plain, html] = [0, 1].map(|at| read["texts"][at].as_str().unwrap().replace("\r\n", "\n"));
    for title in TITLES {
        assert!(plain.contains(&format!("* {title}\n")), "{title} in {plain}");
        assert!(read["text"].as_str().unwrap().contains(title), "{title} in {html}");
    }
}

#[test]
fn the_html_of_a_mail_has_nothing_but_text_tables_and_links_to_the_site() {
    let site = site("");
    let (_, read) = mail(&site, &[]);
    let tags = [
        "a", "body", "br", "h1", "h2", "head", "html", "li", "meta", "p", "span", "table", "td",
        "title", "tr", "ul",
    ];
    assert_eq!(read["tags"], json!(tags));
    assert_eq!(read["attributes"], json!(["charset", "href", "lang", "style", "summary"]));
    let links = read["links"].as_array().unwrap();
    assert_eq!(links.len(), 1 + TITLES.len() + 1, "the digest, the patches, the discussion");
    let public = site.build();
    for link in links {
        let page = link.as_str().unwrap().strip_prefix("https://example.org:8080/site/").unwrap();
        public.page(page);
    }
    let html = site.ok(&["digest", "2024-03", "--format", "html"]);
    assert_eq!(html, read["texts"][1].as_str().unwrap().replace("\r\n", "\n"));
}

#[test]
fn a_mail_is_the_same_each_time_and_says_what_it_was_told_to() {
    let site = site("");
    let (once, _) = mail(&site, &[]);
    assert_eq!(mail(&site, &[]).0, once);
    let subject = "Ünïcode ".repeat(30);
    let more = ["--from", "Me <me@example.com>", "--subject", subject.trim()];
    let (other, read) = mail(&site, &more);
    assert_eq!(read["from"], json!([["Me", "me@example.com"]]));
    assert_eq!(
        (&read["headers"]["Subject"], &read["defects"]),
        (&json!(subject.trim()), &json!([]))
    );
    assert!(read["longest"].as_u64().unwrap() <= 78);
    let id = |mail: &str| mail.lines().find(|l| l.starts_with("Message-ID")).unwrap().to_string();
    assert_ne!(id(&other), id(&once), "another mail");
}

#[test]
fn addresses_that_would_break_a_header_are_refused() {
    let site = site("");
    for (option, given) in [
        ("--to", "nobody"),
        ("--to", "a@b@c"),
        ("--from", "a@example.org, b@example.org"),
        ("--from", "é@example.org"),
        ("--to", ","),
    ] {
        let output = site.run(&["digest", "2024-03", "--format", "eml", option, given]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{given}: {told}");
        assert!(told.contains(option), "{told}");
    }
    let injected = "A\r\nBcc: x@example.org <a@example.org>";
    let (raw, read) = mail(&site, &["--from", injected, "--subject", "S\r\nBcc: y@example.org"]);
    assert!(!raw.contains("\nBcc:") && read["headers"].get("Bcc").is_none(), "{raw}");
    let output = site.run(&["digest", "2024-03", "--to", "a@example.org"]);
    assert_eq!(output.status.code(), Some(1), "a text has no headers");
}

#[test]
fn what_is_passed_on_hides_what_the_site_hides() {
    let site = site("privacy: {addresses: hidden}\n");
    for format in ["html", "markdown", "eml"] {
        let text = site.ok(&["digest", "2024-03", "--format", format]);
        assert!(!text.contains("ann0@"), "{format}");
    }
}

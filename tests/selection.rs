//! Sites that show only some of their mail: what is new, and what has patches.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use common::{Public, Site};

const ANN: &str = "Ann Example <ann@example.org>";

fn mail(id: &str, date: &str, subject: &str, to: Option<&str>, body: &str) -> String {
    let answers = to.map(|to| format!("In-Reply-To: <{to}@kettle.example>\n")).unwrap_or_default();
    format!(
        "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: {ANN}\nDate: {date} 10:00:00 +0000\n\
         Message-ID: <{id}@kettle.example>\n{answers}Subject: {subject}\n\n{body}\n\n"
    )
}

fn patch(id: &str, date: &str, subject: &str, to: Option<&str>) -> String {
    let body =
        "Why.\n\ndiff --git a/lid.c b/lid.c\n--- a/lid.c\n+++ b/lid.c\n@@ -1 +1 @@\n-cold\n+warm";
    mail(id, date, subject, to, body)
}

/// A series of 2021 alone, one whose second version is of 2024, and a question of each year. The
/// patch of June 2024 answers the series of 2021.
fn site() -> Site {
    let site = Site::new("");
    let all = [
        patch("old", "1 Mar 2021", "[PATCH] lid: turn it", None),
        mail("ask", "2 Mar 2021", "How old is the lid?", None, "Is it?"),
        patch("tip1", "3 Dec 2023", "[PATCH] tip: cut it", None),
        patch("tip2", "9 Jan 2024", "[PATCH v2] tip: cut it", Some("tip1")),
        mail("brew", "10 Feb 2024", "How long to brew?", None, "See <ask@kettle.example>."),
        patch("new", "5 Jun 2024", "[PATCH] spout: pour", Some("old")),
    ];
    site.write("mail.mbox", all.concat());
    site
}

fn build(site: &Site, more: &str) -> Public {
    site.write(
        "config.yaml",
        format!(
            "title: T\nbase_url: https://example.org/site\nlists:\n  - id: kettle\n    \
             archive_url: https://lore.example.org/{{message_id}}/\n    \
             sources: [{{mbox: mail.mbox}}]\n    ranges: month\n{more}"
        ),
    );
    let public = site.build();
    assert_eq!(public.broken_links("/site/"), Vec::<String>::new());
    public
}

/// The title words of the pages below a directory that are no redirects.
fn pages(public: &Public, prefix: &str) -> Vec<String> {
    let stands = |path: &&str| public.page(path).contains("<header>");
    let all = public.pages(prefix).into_iter().filter(|path| path.matches('/').count() == 2);
    let words = |path: &str| {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap();
        name.rsplit_once('-').map_or(name, |(words, _)| words).to_owned()
    };
    all.filter(stands).map(words).filter(|name| !name.starts_with("20")).collect()
}

#[test]
fn a_site_since_a_day_has_what_is_newer_and_all_that_belongs_to_it() {
    let public = build(&site(), "site: {since: 2024-01-01}\n");
    // Both versions of the series that goes on, and nothing of the one that ended.
    assert_eq!(pages(&public, "series/"), ["spout-pour", "tip-cut-it", "tip-cut-it"]);
    assert_eq!(pages(&public, "threads/"), ["how-long-to-brew"]);
    let digests = public.pages("kettle/digests/2");
    let digests: Vec<&str> = digests.iter().map(|path| &path["kettle/digests/".len()..]).collect();
    assert_eq!(digests, ["2024-01/", "2024-02/", "2024-06/"]);
    assert!(public.page("").contains("Mail 1 January 2024 to 5 June 2024, 1 patch mail"));
}

#[test]
fn links_to_what_is_older_lead_upstream() {
    let public = build(&site(), "site: {since: 2024-01-01}\n");
    let path = public.pages("series/spout")[0];
    let answered = "Sent in reply to <a href=\"https://lore.example.org/old@kettle.example/\">a \
                    mail at lore.example.org</a>";
    assert!(public.page(path).contains(answered), "{}", public.page(path));
}

#[test]
fn a_period_ends_with_the_newest_mail() {
    // From the newest mail, of 5 June 2024, back to 5 December 2023.
    let public = build(&site(), "site: {since: 6m}\n");
    assert!(public.page("").contains("Mail 5 December 2023 to 5 June 2024"));
    let public = build(&site(), "site: {since: 4y}\n");
    assert_eq!(pages(&public, "series/").len(), 4);
    // A month that is not wholly within has no digest; that of the whole has all of its mails.
    let public = build(&site(), "site: {since: 2023-12-04}\n");
    assert!(public.pages("kettle/digests/2023-12/").is_empty());
}

#[test]
fn ranges_keep_their_addresses_when_older_mail_is_left_out() {
    let site = site();
    let every = |more: &str| {
        site.write(
            "config.yaml",
            format!(
                "title: T\nbase_url: https://example.org/site\nlists:\n  - id: kettle\n    \
                 sources: [{{mbox: mail.mbox}}]\n    ranges: {{every: 2}}\n{more}"
            ),
        );
        site.ok(&[
            "build",
            "--quiet",
            "--no-cache",
            "--output",
            if more.is_empty() { "a" } else { "b" },
        ]);
    };
    every("");
    every("site: {since: 2024-02-01}\n");
    let [all, newer] = ["a", "b"].map(|name| Public::read(&site.path(name)));
    let last = "kettle/digests/mails-5/";
    assert_eq!(newer.pages("kettle/digests/m"), [last]);
    let figures = |public: &Public| {
        let json: serde_json::Value =
            serde_json::from_slice(&public.files[&format!("{last}digest.json")]).unwrap();
        json["figures"].clone()
    };
    assert_eq!(figures(&all), figures(&newer));
}

#[test]
fn an_address_that_was_published_says_why_it_is_gone_and_leads_upstream() {
    let site = site();
    let before = build(&site, "");
    let old = before.pages("series/lid-")[0].to_owned();
    let asked = before.pages("threads/how-old")[0].to_owned();
    let public = build(&site, "site: {since: 2024-01-01}\n");
    for (path, id) in [(&old, "old"), (&asked, "ask")] {
        let page = public.page(path);
        let why = format!(
            "This site has pages of mail since 1 January 2024, and what was here is older. It can \
             be read at <a href=\"https://lore.example.org/{id}@kettle.example/\">"
        );
        assert!(page.contains(&why), "{page}");
        assert!(page.len() < 1_000 && page.contains("noindex"), "{page}");
    }
    let again = build(&site, "");
    assert_eq!(again.page(&old), before.page(&old), "it comes back as it was");
}

#[test]
fn a_site_without_discussions_links_to_none() {
    let site = site();
    let before = build(&site, "");
    let brew = before.pages("threads/how-long")[0].to_owned();
    let public = build(&site, "site: {threads: false}\n");
    assert!(
        public.page(&brew).contains("This site has no pages of discussions. It can be read at")
    );
    assert!(!public.files.contains_key("threads/index.html"));
    let told = public.files.iter().filter(|(name, _)| name.ends_with(".html"));
    for (name, bytes) in told {
        assert!(!String::from_utf8_lossy(bytes).contains("/site/threads/"), "{name}");
    }
    let february = public.pages("kettle/digests/2024-02/");
    assert!(!february.iter().any(|path| public.page(path).contains("<header>")), "{february:?}");
}

#[test]
fn a_site_that_would_be_empty_is_refused() {
    let site = site();
    site.write(
        "config.yaml",
        "title: T\nbase_url: https://example.org\nlists:\n  - id: kettle\n    \
         sources: [{mbox: mail.mbox}]\nsite: {since: 2030-01-01}\n",
    );
    let output = site.run(&["build", "--quiet"]);
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("`site.since` and `site.threads` leave no mail"), "{told}");
}

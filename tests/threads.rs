//! How threads, people and subsystems look on the pages: what is deep, missing, renamed, and
//! who is responsible.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fmt::Write as _;

use common::{Public, Site};

/// An mbox, a mail a minute.
#[derive(Default)]
struct List {
    mbox: String,
    minute: u32,
}

impl List {
    /// A mail; `answers` are the Message-IDs of its References, oldest first.
    fn mail(mut self, from: &str, id: &str, subject: &str, answers: &[&str], body: &str) -> List {
        self.minute += 1;
        let (day, hour, minute) = (1 + self.minute / 1440, self.minute / 60 % 24, self.minute % 60);
        let references: String = answers.iter().map(|id| format!(" <{id}>")).collect();
        let references = match answers {
            [] => String::new(),
            _ => format!("References:{references}\n"),
        };
        write!(
            self.mbox,
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: {from}\n\
             Date: {day} Jan 2024 {hour:02}:{minute:02}:00 +0000\nMessage-ID: <{id}>\n\
             {references}Subject: {subject}\n\n{body}\n\n"
        )
        .unwrap();
        self
    }

    fn site(&self, more: &str) -> Site {
        let site = Site::new(&format!(
            "title: Test\nbase_url: https://example.org\nlists:\n  - id: list\n    \
             archive_url: https://lore.example.org/list/{{message_id}}/\n    \
             sources:\n      - mbox: mail.mbox\n{more}"
        ));
        site.write("mail.mbox", &self.mbox);
        site
    }

    fn build(&self, more: &str) -> Public {
        self.site(more).build()
    }
}

const ANN: &str = "Ann Lee <ann@example.org>";
const BOB: &str = "Bob Doe <bob@example.org>";

/// The body of a patch of one file, with one added line.
fn patch(file: &str, line: &str) -> String {
    format!(
        "Why.\n---\n {file} | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n\
         diff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n@@ -1 +1 @@\n-old\n+{line}\n"
    )
}

/// The one page below `prefix` whose address holds `word`.
fn page<'a>(public: &'a Public, prefix: &str, word: &str) -> &'a str {
    let found: Vec<&str> = public.pages(prefix).into_iter().filter(|p| p.contains(word)).collect();
    assert_eq!(found.len(), 1, "pages below {prefix} with {word}: {found:?}");
    public.page(found[0])
}

/// A thread in which each mail answers the one before, below a first mail.
fn deep(mut list: List, first: &str, subject: &str, depth: usize) -> List {
    let mut chain = vec![first.to_owned()];
    for n in 1..=depth {
        let id = format!("{first}.{n}");
        let answers: Vec<&str> = chain.iter().map(String::as_str).collect();
        let from = if n % 2 == 0 { ANN } else { BOB };
        let body = format!("> What was said at depth {}.\n\nSaid at depth {n}.", n - 1);
        list = list.mail(from, &id, &format!("Re: {subject}"), &answers, &body);
        chain.push(id);
    }
    list
}

/// How deep the lists of a page are nested at most.
fn deepest(page: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for (at, _) in page.match_indices('<') {
        match &page[at..] {
            tag if tag.starts_with("<ol") => depth += 1,
            tag if tag.starts_with("</ol") => depth -= 1,
            _ => {}
        }
        most = most.max(depth);
    }
    assert_eq!(depth, 0, "every list ends");
    most
}

#[test]
fn a_thread_of_depth_forty_is_shown_whole_and_nested_no_deeper_than_a_phone_is_wide() {
    let list = List::default().mail(ANN, "q@x", "A question", &[], "Said at depth 0.");
    let mut list = deep(list, "q@x", "A question", 40);
    // Two more answers far below, one to a mail that is not the one above it.
    let chain: Vec<String> =
        std::iter::once("q@x".to_owned()).chain((1..=30).map(|n| format!("q@x.{n}"))).collect();
    let chain: Vec<&str> = chain.iter().map(String::as_str).collect();
    list = list.mail("Cyd <cyd@example.org>", "late@x", "Re: A question", &chain, "Late.");
    let public = list.build("");
    let shown = page(&public, "threads/", "a-question");
    for depth in 0..=40 {
        assert!(shown.contains(&format!("Said at depth {depth}.")), "{depth}");
    }
    assert_eq!(deepest(shown), 12);
    assert_eq!(shown.matches("<article class=\"msg\"").count(), 42);
    let late = &shown[shown.find("Late.").unwrap() - 600..];
    let answered = late.split("class=\"re\">").nth(1).unwrap();
    assert!(answered[..120].contains("Ann Lee, 2024-01-01 00:31</a>"), "whom and when: {answered}");
    assert_eq!(shown.matches("Lee, 2024").count(), 1, "nowhere else is the time needed");
    assert_eq!(public.broken_links("/"), Vec::<String>::new());
    assert_eq!(public.foreign_markup(), Vec::<String>::new());
}

#[test]
fn a_deep_discussion_of_a_patch_is_shown_whole() {
    let list = List::default().mail(ANN, "p@x", "[PATCH] gc: mend it", &[], &patch("gc.c", "new"));
    let public = deep(list, "p@x", "[PATCH] gc: mend it", 40).build("");
    let shown = page(&public, "series/", "gc-mend-it");
    assert_eq!(shown.matches("<article class=\"msg\"").count(), 40);
    assert_eq!(shown.matches("New subject:").count(), 0, "the patch's own subject is not new");
}

#[test]
fn a_change_of_subject_is_marked_once() {
    let public = List::default()
        .mail(ANN, "a@x", "Old things", &[], "One.")
        .mail(BOB, "b@x", "RE: old  things", &["a@x"], "Two.")
        .mail(ANN, "c@x", "New things (was: Old things)", &["a@x", "b@x"], "Three.")
        .mail(BOB, "d@x", "Re: New things (was: Old things)", &["a@x", "b@x", "c@x"], "Four.")
        .mail(ANN, "e@x", "Re: New things", &["a@x", "b@x", "c@x", "d@x"], "Five.")
        .build("");
    let shown = page(&public, "threads/", "old-things");
    assert_eq!(shown.matches("New subject:").count(), 1);
    let message = &shown[shown.find("New subject:").unwrap()..];
    assert!(
        message.find("New things (was: Old things)").unwrap() < message.find("Three.").unwrap()
    );
}

#[test]
fn a_missing_mail_has_a_place_where_it_joins_answers() {
    let list = List::default()
        .mail(ANN, "a@x", "A question", &[], "One.")
        .mail(BOB, "b@x", "Re: A question", &["a@x", "lost@x"], "Two.")
        .mail(ANN, "c@x", "Re: A question", &["a@x", "lost@x"], "Three.")
        .mail(BOB, "d@x", "Re: A question", &["a@x", "gone@x"], "Four.");
    let public = list.build("");
    let shown = page(&public, "threads/", "a-question");
    assert_eq!(shown.matches("class=\"gone\"").count(), 1, "where it joins two");
    assert_eq!(shown.matches("a mail that is not here</a>").count(), 3, "each answer says so");
    let place = |what: &str| shown.find(what).unwrap_or_else(|| panic!("{what}"));
    assert!(place("One.") < place("class=\"gone\"") && place("class=\"gone\"") < place("Two."));
    assert!(shown.contains("https://lore.example.org/list/lost@x/"));
    assert!(shown.contains("https://lore.example.org/list/gone@x/"));
    let without = list.build("privacy: {exclude: [lost@x]}\n");
    assert!(!page(&without, "threads/", "a-question").contains("/lost@x/"), "left out on purpose");
}

#[test]
fn a_thread_whose_first_mail_is_missing_is_one() {
    let public = List::default()
        .mail(ANN, "b@x", "Re: A question", &["lost@x"], "Two.")
        .mail(BOB, "c@x", "Re: A question", &["lost@x"], "Three.")
        .build("");
    let shown = page(&public, "threads/", "a-question");
    assert!(shown.find("class=\"gone\"").unwrap() < shown.find("Two.").unwrap());
    assert_eq!(deepest(shown), 2);
}

#[test]
fn a_patch_that_grew_out_of_a_discussion_is_linked_from_there() {
    let public = List::default()
        .mail(ANN, "a@x", "A question", &[], "One.")
        .mail(BOB, "p@x", "[PATCH] doc: answer it", &["a@x"], &patch("doc.txt", "new"))
        .build("");
    let shown = page(&public, "threads/", "a-question");
    assert!(shown.contains("Sent in answer: <a href=\"/series/doc-answer-it-"), "{shown}");
}

// ---- people

#[test]
fn no_page_gives_away_the_address_of_somebody_without_a_name() {
    for (addresses, at) in [("hidden", None), ("obfuscated", Some("ann.lee at example.org"))] {
        let list =
            List::default().mail("ann.lee@example.org", "a@x", "A question", &[], "One.").mail(
                "\"bob@example.org\" <bob@example.org>",
                "b@x",
                "Re: A question",
                &["a@x"],
                "Two.",
            );
        let public = list.build(&format!("privacy: {{addresses: {addresses}}}\n"));
        for (name, bytes) in &public.files {
            let text = String::from_utf8_lossy(bytes);
            for spelled in ["ann.lee@example", "ann-lee-example", "bob-example", "bob@example"] {
                assert!(!name.contains(spelled) && !text.contains(spelled), "{name}: {spelled}");
            }
        }
        if let Some(at) = at {
            let authors = public.pages("authors/");
            assert!(authors.iter().any(|page| public.page(page).contains(at)));
        }
    }
}

#[test]
fn the_page_of_somebody_who_tells_their_name_later_leads_on() {
    let list = List::default().mail("ann@example.org", "a@x", "A question", &[], "One.");
    let site = list.site("");
    let before = site.build();
    let old = before.pages("authors/").into_iter().find(|p| *p != "authors/").unwrap();
    let list = list.mail(ANN, "b@x", "Re: A question", &["a@x"], "Two.");
    site.write("mail.mbox", &list.mbox);
    let after = site.build();
    assert!(after.page(old).contains("/authors/ann-lee/"), "{}", after.page(old));
}

#[test]
fn an_authors_page_has_series_by_state_and_reviews_both_ways() {
    let tag = |who: &str| format!("Fine.\n\nReviewed-by: {who}");
    let other = "Ann Lee <ann@example.net>";
    let list = List::default()
        .mail(ANN, "p1@x", "[PATCH] a: one", &[], &patch("a.c", "1"))
        .mail(ANN, "p2@x", "[PATCH] b: two", &[], &patch("b.c", "2"))
        .mail(BOB, "r2@x", "Re: [PATCH] b: two", &["p2@x"], &tag(BOB))
        .mail(other, "p3@x", "[PATCH v2] b: two", &[], &patch("b.c", "3"))
        .mail(BOB, "r3@x", "Re: [PATCH v2] b: two", &["p3@x"], &tag(BOB))
        .mail(BOB, "p4@x", "[PATCH] c: three", &[], &patch("c.c", "3"))
        .mail(ANN, "r4@x", "Re: [PATCH] c: three", &["p4@x"], &tag(ANN));
    let site = list.site("people: {mailmap: .mailmap}\n");
    site.write(".mailmap", "Ann Lee <ann@example.org> <ann@example.net>\n");
    let public = site.build();
    let ann = public.page("authors/ann-lee/");
    assert!(ann.contains("3: 1 open, 1 reviewed, 1 superseded"), "{ann}");
    let row = |title: &str| ann.find(title).unwrap_or_else(|| panic!("{title}"));
    assert!(row("/series/a-one-") < row("/series/b-two-"), "what is open comes first");
    assert!(ann.contains("ann@example.org, ann@example.net"));
    let figure = |label: &str| format!("<dt>{label}</dt><dd>");
    assert!(ann.contains(&(figure("reviews received") + "2")), "{ann}");
    assert!(ann.contains(&(figure("review given") + "1")));
    assert!(ann.contains("Reviews received") && ann.contains("/authors/bob-doe/"));
    assert!(ann.contains("first mail 1 January 2024"));
}

// ---- subsystems

const MAINTAINERS: &str = "\
GARBAGE COLLECTOR
M:	Ann Lee <ann@example.org>
M:	Eve Away <eve@example.net>
R:	Bob Doe <bob@old.example.org>
L:	gc@lists.example.org (moderated)
S:	Odd Fixes
T:	git git://git.example.org/gc.git
F:	gc/
K:	\\bgc_lock\\b

DOCUMENTS
F:	doc/
";

#[test]
fn a_subsystems_page_names_who_is_responsible() {
    let list = List::default()
        .mail(ANN, "p@x", "[PATCH 0/1] things", &[], "Words.")
        .mail(ANN, "p1@x", "[PATCH 1/1] tree: mend", &["p@x"], &patch("gc/a.c", "1"))
        .mail(BOB, "k@x", "[PATCH] doc: tell", &[], &patch("doc/a.txt", "call gc_lock() first"));
    let site = list.site(
        "people: {mailmap: .mailmap}\nsubsystems: {maintainers: MAINTAINERS}\n\
         privacy: {addresses: hidden}\n",
    );
    site.write("MAINTAINERS", MAINTAINERS);
    site.write(".mailmap", "<bob@example.org> <bob@old.example.org>\n");
    let public = site.build();
    let gc = public.page("subsystems/garbage-collector/");
    assert!(gc.contains("<a href=\"/authors/ann-lee/\">Ann Lee</a>; Eve Away</dd>"), "{gc}");
    assert!(gc.contains("<dt>Reviewers</dt><dd><a href=\"/authors/bob-doe/\">Bob Doe</a>"));
    assert!(gc.contains("<dt>Status</dt><dd>Odd Fixes</dd>"));
    assert!(gc.contains("git git://git.example.org/gc.git"));
    assert!(!gc.contains("gc@lists.example.org"), "addresses are hidden");
    assert!(gc.contains("/series/doc-tell-"), "by content");
    assert!(public.page("subsystems/documents/").contains("/series/doc-tell-"), "by path");
    let all: Vec<&str> = public.pages("subsystems/");
    assert_eq!(all.len(), 3, "the cover letter's title makes none: {all:?}");
    assert!(public.files.contains_key("subsystems/garbage-collector/feed.xml"));
}

#[test]
fn prefixes_are_a_tree() {
    let public = List::default()
        .mail(ANN, "p@x", "[PATCH] KVM: arm64: nv: mend", &[], &patch("a.c", "1"))
        .mail(BOB, "q@x", "[PATCH] kvm: mend", &[], &patch("b.c", "1"))
        .build("");
    let nv = public.page("subsystems/kvm-arm64-nv/");
    let above = "Part of <a href=\"/subsystems/kvm/\">KVM</a> › \
                 <a href=\"/subsystems/kvm-arm64/\">arm64</a>.";
    assert!(nv.contains(above), "{nv}");
    let kvm = public.page("subsystems/kvm/");
    assert!(kvm.contains("<a href=\"/subsystems/kvm-arm64/\">arm64</a>"));
    assert!(kvm.contains("<dt>postings</dt><dd>2</dd>"), "a posting of a part is one of the whole");
}

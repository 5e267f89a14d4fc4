//! Whole sites from invented mail: what a reader, a host and a later build rely on.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::collections::BTreeMap;

use common::{Public, Site};

/// An mbox, written mail by mail.
#[derive(Default)]
struct Mbox(String);

/// When the mails of a test are sent: days of January 2024, from 1.
fn date(day: u32) -> String {
    format!(
        "{}, {day} Jan 2024 12:00:00 +0000",
        ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][day as usize % 7]
    )
}

impl Mbox {
    /// A mail of Ann's, in answer to `to` if there is one.
    fn mail(self, day: u32, id: &str, subject: &str, to: Option<&str>, body: &str) -> Self {
        self.mail_by("Ann Example <ann@example.org>", day, id, subject, to, body)
    }

    fn mail_by(
        mut self,
        from: &str,
        day: u32,
        id: &str,
        subject: &str,
        to: Option<&str>,
        body: &str,
    ) -> Self {
        let answers = to.map(|to| format!("In-Reply-To: <{to}>\n")).unwrap_or_default();
        self.0 += &format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: {from}\nDate: {}\nMessage-ID: <{id}>\n\
             {answers}Subject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n\n",
            date(day)
        );
        self
    }

    /// A series of two patches with a cover, on one day.
    fn series(self, day: u32, version: u32) -> Self {
        let id = |n: u32| format!("v{version}.{n}@example.org");
        let subject = |n: u32, title: &str| format!("[PATCH v{version} {n}/2] {title}");
        let cover = "Two patches that rename things.\n\n Ann Example (2):\n  one\n  two\n\n \
                     a.c | 2 +-\n b.c | 2 +-\n 2 files changed, 2 insertions(+), 2 deletions(-)\n";
        self.mail(day, &id(0), &subject(0, "core: rename things"), None, cover)
            .mail(
                day,
                &id(1),
                &subject(1, "core: rename one"),
                Some(&id(0)),
                &patch("a.c", version),
            )
            .mail(
                day,
                &id(2),
                &subject(2, "core: rename two"),
                Some(&id(0)),
                &patch("b.c", version),
            )
    }
}

/// The body of a patch of one file.
fn patch(file: &str, n: u32) -> String {
    format!(
        "Because of reasons.\n\nSigned-off-by: Ann Example <ann@example.org>\n---\n {file} | 2 +-\n \
         1 file changed, 1 insertion(+), 1 deletion(-)\n\ndiff --git a/{file} b/{file}\n\
         --- a/{file}\n+++ b/{file}\n@@ -1 +1 @@\n-old\n+new {n}\n-- \n2.43.0\n"
    )
}

/// A site of this mail; `more` is put at the end of its configuration.
fn site(mail: &Mbox, more: &str) -> Site {
    let site = Site::new(&format!(
        "title: Test\nbase_url: https://example.org/some/path\nlists:\n  - id: list\n    \
         title: List\n    archive_url: https://lore.example.org/list/{{message_id}}/\n    \
         sources:\n      - mbox: mail.mbox\n    ranges: month\n{more}"
    ));
    site.write("mail.mbox", &mail.0);
    site
}

/// The one page below `prefix` whose address holds `word`; no comparison, unless that is asked
/// for.
fn page<'a>(public: &'a Public, prefix: &str, word: &str) -> (&'a str, &'a str) {
    let compares = |path: &str| path.contains("/since-");
    let is_it = |path: &&str| path.contains(word) && compares(path) == compares(word);
    let found: Vec<&str> = public.pages(prefix).into_iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "pages below {prefix} with {word}: {found:?}");
    (found[0], public.page(found[0]))
}

fn reviewed_series() -> Mbox {
    Mbox::default()
        .series(1, 1)
        .mail_by(
            "Bob Review <bob@example.org>",
            2,
            "r1@example.org",
            "Re: [PATCH v1 1/2] core: rename one",
            Some("v1.1@example.org"),
            "> Because of reasons.\n\nGood reasons.\n\nReviewed-by: Bob Review <bob@example.org>",
        )
        .series(9, 2)
        .mail(20, "q@example.org", "A question", None, "Where is v3?")
}

#[test]
fn every_link_leads_somewhere_below_the_base_path() {
    let public = site(&reviewed_series(), "").build();
    assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new());
    let anchors = public.mail_anchors();
    assert_eq!(anchors.len(), 8);
    assert!(anchors.values().all(|n| *n == 1), "{anchors:?}");
}

#[test]
fn a_trailer_that_is_carried_over_leads_to_where_it_was_given() {
    let review = "Reviewed-by: Bob Review <bob@example.org>";
    let mbox = Mbox::default()
        .mail(1, "a@example.org", "[PATCH] core: one", None, &patch("a.c", 1))
        .mail_by(
            "Bob Review <bob@example.org>",
            2,
            "r@example.org",
            "Re: [PATCH] core: one",
            Some("a@example.org"),
            review,
        )
        .mail(9, "b@example.org", "[PATCH v2] core: one", None, &patch("a.c", 1));
    let public = site(&mbox, "").build();
    let pages = public.pages("series/core-one").into_iter().map(|path| public.page(path));
    let from = "\">carried over from v1</a>";
    assert_eq!(pages.filter(|page| page.contains(from)).count(), 1);
    assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new());
}

/// A pull request has no patches that could be reviewed, and one patch is not patches.
#[test]
fn rows_count_what_there_is() {
    let mbox = Mbox::default()
        .mail(1, "p@example.org", "[GIT PULL] core fixes", None, "Please pull.\n")
        .mail(2, "a@example.org", "[PATCH] core: one", None, &patch("a.c", 1));
    let public = site(&mbox, "").build();
    let (_, author) = page(&public, "authors/", "ann");
    assert!(!author.contains("of 0<"), "{author}");
    assert!(author.contains(">0 of 1<") && author.contains("data-l=\"patch\">1<"), "{author}");
}

#[test]
fn a_series_page_shows_its_mails_review_and_revisions() {
    let public = site(&reviewed_series(), "").build();
    let pages = public.pages("series/core-rename-things");
    let first = pages.iter().map(|p| public.page(p)).find(|p| p.contains("Superseded by"));
    let first = first.expect("v1 says that it is superseded");
    for shown in [
        "Two patches that rename things.",
        "Reviewed-by: Bob Review &lt;bob@example.org&gt;",
        "Good reasons.",
        "+new 1",
        "id=\"p1\"",
        "id=\"p2\"",
        "id=\"cover\"",
        "https://lore.example.org/list/v1.0@example.org/",
        "core-rename-things.mbox",
        "1 of 2 reviewed",
    ] {
        assert!(first.contains(shown), "v1 shows {shown:?}");
    }
    let linked = |path: &&&str| first.contains(&format!("class=\"v\" href=\"/some/path/{path}\""));
    assert_eq!(pages.iter().filter(linked).count(), 1, "v1 links to v2");
}

#[test]
fn a_series_page_tells_what_became_of_each_trailer() {
    let public = site(&reviewed_series(), "").build();
    let pages = public.pages("series/core-rename-things").into_iter();
    let pages = pages.filter(|path| !path.contains("/since-"));
    let is_first = |path: &&str| public.page(path).contains("Superseded by");
    let (first, second): (Vec<&str>, Vec<&str>) = pages.partition(is_first);
    assert_eq!((first.len(), second.len()), (1, 1));
    let row = "Bob Review</a></th><td>Reviewed-by</td><td data-b=\"patch\">1</td>";
    for (page, fate) in [(first[0], ">in an answer<"), (second[0], ">lost: the patch changed<")] {
        let page = public.page(page);
        assert!(page.contains(row) && page.contains(fate), "{fate}");
        assert!(page.contains("#m-"), "the mail it was given in is linked");
    }
    let decided = "<dt>Last answer</dt><dd><a href=";
    assert!(public.page(first[0]).find(decided).is_none(), "superseded");
    assert!(public.page(second[0]).contains("<dt>Still to speak</dt>"));
}

/// Text browsers and programs that read aloud go through a page as it is written.
#[test]
fn main_parts_stand_in_the_order_of_reading() {
    let public = site(&reviewed_series(), "").build();
    let digest = public.pages("list/digests/2024-01");
    let older = public.pages("series/core-rename-things").into_iter();
    let (compared, whole): (Vec<&str>, Vec<&str>) =
        older.partition(|path| path.contains("/since-"));
    let superseded = |path: &&&str| public.page(path).contains("class=\"note\">Superseded");
    let first = whole.iter().find(superseded).unwrap();
    let second = whole.iter().find(|path| !superseded(path)).unwrap();
    let thread = public.pages("threads/a-question");
    let review = ["class=\"note\"", "class=\"figs\"", "id=\"versions\"", "id=\"review\""];
    let rest = ["id=\"cover\"", "id=\"get\"", "id=\"patches\"", "id=\"discussion\""];
    let orders: [(&str, Vec<&str>); 7] = [
        ("", vec!["id=\"latest\"", "id=\"waiting\"", "id=\"active\"", "id=\"act\"", "id=\"busy\""]),
        (
            digest[0],
            vec![
                "class=\"figs\"",
                "id=\"changed\"",
                "id=\"speak\"",
                "id=\"list\"",
                "id=\"who\"",
                "id=\"msgs\"",
            ],
        ),
        (first, [review, rest].concat()),
        (
            second,
            vec![
                "class=\"figs\"",
                "id=\"versions\"",
                "class=\"toc\"",
                "id=\"review\"",
                "id=\"cover\"",
            ],
        ),
        (compared[0], vec!["class=\"figs\"", "id=\"range\"", "class=\"rd\"", "class=\"key\""]),
        (thread[0], vec!["class=\"lede\"", "id=\"discussion\"", "class=\"msg\""]),
        ("authors/ann-example/", vec!["class=\"figs\"", "id=\"ser\"", "id=\"got\"", "id=\"dis\""]),
    ];
    for (path, parts) in orders {
        let page = public.page(path);
        let all = ["class=\"skip\"", "<nav class=\"site\"", "<main", "<h1"].into_iter();
        let all = all.chain(parts).chain(["</main>", "<footer"]);
        let places: Vec<(Option<usize>, &str)> = all.map(|part| (page.find(part), part)).collect();
        assert!(places.iter().all(|(at, _)| at.is_some()), "{path}: {places:?}");
        assert!(places.is_sorted(), "{path}: {places:?}");
    }
}

#[test]
fn a_digest_of_discussions_has_no_noughts() {
    let mbox = Mbox::default().mail(1, "q@example.org", "A question", None, "Where is v3?").mail(
        1,
        "r@example.org",
        "Re: A question",
        Some("q@example.org"),
        "Here.",
    );
    let public = site(&mbox, "").build();
    let digest = public.page(public.pages("list/digests/2024-01")[0]);
    let figures =
        digest.split_once("<dl class=\"figs\">").unwrap().1.split_once("</dl>").unwrap().0;
    assert_eq!(figures.matches("<dd>").count(), 1, "mails alone: {figures}");
    assert!(!figures.contains("<dd>0</dd>"), "{figures}");
    assert!(!public.page("").contains("0 patch mails"));
    let lead =
        public.page("").split_once("class=\"lead\"").unwrap().1.split_once("</ul>").unwrap().0;
    assert!(lead.contains("A question</a> <span class=\"mut\">Ann Example, 2 mails<"), "{lead}");
    assert!(!public.page("").contains("0 series"));
}

#[test]
fn people_of_one_name_are_told_apart() {
    let mbox = Mbox::default()
        .mail_by("Ann Example <ann@one.example.org>", 1, "a@example.org", "One", None, "x")
        .mail_by("Ann Example <ann@two.example.org>", 2, "b@example.org", "Two", None, "x")
        .mail_by("Bob Review <bob@example.org>", 3, "c@example.org", "Three", None, "x");
    let named = |more: &str| site(&mbox, more).build().page("authors/").to_string();
    let shown = named("");
    assert!(shown.contains("ann@one.example.org") && shown.contains("ann@two.example.org"));
    assert!(!shown.contains("bob@example.org"), "nobody else has the name");
    assert!(shown.contains("data-l=\"mail\">1<"));
    assert!(!named("privacy: {addresses: hidden}\n").contains("one.example.org"));
}

#[test]
fn front_pages_and_digests_say_who_has_still_to_speak() {
    let public = site(&reviewed_series(), "").build();
    let digest = public.pages("list/digests/2024-01");
    let pages = ["", "list/", "subsystems/core/", digest[0]];
    for page in pages {
        let html = public.page(page);
        assert!(html.contains("No answer in 7 days <small>(1, oldest first)"), "{page}");
        assert!(html.contains("waits for <a href=\"/some/path/authors/bob-review/\">"), "{page}");
    }
    let patient = site(&reviewed_series(), "review: {unanswered_days: 12}\n").build();
    for page in pages {
        assert!(!patient.page(page).contains("No answer in"), "{page}");
    }
}

#[test]
fn what_waits_says_since_when_and_mail_of_others_leaves_its_pages_alone() {
    let series = reviewed_series();
    let site = site(&series, "");
    let before = site.build();
    let day = |day: &str, text: &str| {
        format!("since </span><time datetime=\"2024-01-{day}\">{text}</time>")
    };
    for page in ["", "list/", "subsystems/core/", before.pages("list/digests/2024-01")[0]] {
        assert!(before.page(page).contains(&day("09", "9 Jan")), "{page}");
    }
    let later = series.mail(28, "z@example.org", "[PATCH] other: one", None, &patch("z.c", 1));
    site.write("mail.mbox", &later.0);
    let after = site.build();
    assert!(after.page("list/").contains(&day("28", "28 Jan")));
    for page in ["subsystems/core/", "authors/bob-review/"] {
        assert_eq!(before.page(page), after.page(page), "{page}");
    }
}

#[test]
fn a_page_that_shows_some_of_what_somebody_reviewed_says_of_how_many() {
    let reviewed = |count: u32| {
        let mbox = (0..count).fold(Mbox::default(), |mbox, n| {
            let (id, subject) = (format!("p{n}@example.org"), format!("[PATCH] core: change {n}"));
            mbox.mail(1, &id, &subject, None, &patch("a.c", n)).mail_by(
                "Bob Review <bob@example.org>",
                2,
                &format!("r{n}@example.org"),
                &format!("Re: {subject}"),
                Some(&id),
                "Reviewed-by: Bob Review <bob@example.org>",
            )
        });
        site(&mbox, "").build().page("authors/bob-review/").to_string()
    };
    assert!(reviewed(101).contains("the newest 100 of 101<"));
    assert!(!reviewed(100).contains("the newest"));
}

#[test]
fn a_trailer_given_for_somebody_else_is_shown_but_does_not_count() {
    let mail = Mbox::default().series(1, 1).mail_by(
        "Bob Review <bob@example.org>",
        2,
        "r1@example.org",
        "Re: [PATCH v1 1/2] core: rename one",
        Some("v1.1@example.org"),
        "Reviewed-by: Carol Away <carol@example.org>",
    );
    let public = site(&mail, "").build();
    let (_, series) = page(&public, "series/", "core-rename-things");
    assert!(series.contains("0 of 2 reviewed") && series.contains("given by Bob Review"));
}

#[test]
fn a_trailer_in_answer_to_the_cover_is_shown_once_and_counts_for_every_patch() {
    let mail = Mbox::default().series(1, 1).mail_by(
        "Bob Review <bob@example.org>",
        2,
        "r1@example.org",
        "Re: [PATCH v1 0/2] core: rename things",
        Some("v1.0@example.org"),
        "Acked-by: Bob Review <bob@example.org>",
    );
    let public = site(&mail, "").build();
    let (_, series) = page(&public, "series/", "core-rename-things");
    assert!(series.contains("2 of 2 reviewed"));
    assert_eq!(series.matches("Acked-by: Bob Review").count(), 2, "in the list, in the reply");
}

#[test]
fn the_mbox_of_a_series_is_applied_by_git() {
    let public = site(&reviewed_series(), "").build();
    let mboxes = public.files.iter().filter(|(name, _)| name.ends_with(".mbox"));
    let (sent, mboxes): (Vec<_>, Vec<_>) =
        mboxes.partition(|(name, _)| name.ends_with("-as-sent.mbox"));
    assert_eq!((mboxes.len(), sent.len()), (2, 1), "a reply has a trailer for v1");
    let repository = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let status = std::process::Command::new("git")
            .current_dir(repository.path())
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
            .args(arguments)
            .stdout(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success(), "git {arguments:?}");
    };
    git(&["init", "-q"]);
    for file in ["a.c", "b.c"] {
        std::fs::write(repository.path().join(file), "old\n").unwrap();
    }
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "old"]);
    std::fs::write(repository.path().join("x.mbox"), mboxes[0].1).unwrap();
    git(&["am", "x.mbox"]);
    let new = std::fs::read_to_string(repository.path().join("a.c")).unwrap();
    assert!(new.starts_with("new"), "{new}");
}

#[test]
fn the_feed_of_a_posting_has_what_comes_after_it() {
    let public = site(&reviewed_series(), "").build();
    let feeds = public.files.iter().filter(|(name, _)| {
        name.starts_with("series/core-rename-things") && name.ends_with("feed.xml")
    });
    let feeds: Vec<String> =
        feeds.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    let entries = |feed: &String| feed.matches("<entry>").count();
    let mut counts: Vec<usize> = feeds.iter().map(entries).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 3], "v2 itself; v1, its reply and v2");
    assert!(feeds.iter().any(|f| f.contains("Re: [PATCH v1 1/2] core: rename one")));
}

#[test]
fn a_digest_opens_with_what_changed_and_has_every_message() {
    let public = site(&reviewed_series(), "").build();
    let digest = public.page("list/digests/2024-01/");
    let order = ["id=\"changed\"", "id=\"list\"", "id=\"who\"", "id=\"msgs\""];
    let places: Vec<_> = order.iter().map(|part| digest.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert!(digest.contains("v1→v2"));
    assert_eq!(digest.matches("Because of reasons.").count(), 4);
    assert_eq!(digest.matches("Two patches that rename things.").count(), 2);
    assert!(public.files.contains_key("list/digests/2024-01/digest.txt"));
    assert!(public.files.contains_key("list/digests/2024-01/digest.json"));
}

#[test]
fn a_digest_does_not_change_once_the_next_range_has_begun() {
    let january = reviewed_series();
    let february = |mail: Mbox, id: &str| {
        Mbox(
            mail.0
                + &Mbox::default()
                    .mail_by(
                        "Eve Later <eve@example.org>",
                        1,
                        id,
                        "Re: [PATCH v2 1/2] core: rename one",
                        Some("v2.1@example.org"),
                        "Reviewed-by: Eve Later <eve@example.org>",
                    )
                    .0
                    .replace("Jan 2024 12", "Feb 2024 12"),
        )
    };
    let once = february(reviewed_series(), "f1@example.org");
    let before = site(&Mbox(january.0), "").build();
    let after = site(&once, "").build();
    let settled = |public: &Public| -> BTreeMap<String, String> {
        let files =
            public.files.iter().filter(|(name, _)| name.starts_with("list/digests/2024-01/"));
        // What every page says of the newest mail, and the link to the next range, is not
        // of the digest itself.
        let body = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let from = text.find("<h1>").unwrap_or(0);
            let to = text.find("Range, again").unwrap_or(text.len());
            text[from..to].to_string()
        };
        files.map(|(name, bytes)| (name.clone(), body(bytes))).collect()
    };
    assert_eq!(settled(&before), settled(&after));
}

#[test]
fn a_page_over_its_budget_keeps_its_anchors() {
    let mail = reviewed_series();
    let whole = site(&mail, "").build();
    let divided = site(&mail, "site: {page_budget: 4KiB}\n").build();
    assert!(whole.pages("series/").iter().all(|p| !p.contains("part-")));
    let parts = divided.pages("series/").into_iter().filter(|p| p.ends_with("part-2/"));
    let part = parts.min().expect("there is a second part");
    let (shown, text) = (divided.page(part.trim_end_matches("part-2/")), divided.page(part));
    for anchor in ["id=\"cover\"", "id=\"p1\"", "id=\"p2\""] {
        assert!(shown.contains(anchor), "{anchor} stays");
    }
    assert!(!shown.contains("+new") && text.contains("+new"), "diffs move");
    assert_eq!(divided.broken_links("/some/path/"), Vec::<String>::new());
    assert_eq!(divided.mail_anchors(), whole.mail_anchors());
}

#[test]
fn nothing_of_a_mail_becomes_markup() {
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    let mail = Mbox::default()
        .mail_by(
            &format!("\"{evil}\" <e@example.org>"),
            1,
            "e@example.org",
            &format!("[PATCH] {evil}: {evil}"),
            None,
            &patch("a<img src=x>.c", 1),
        )
        .mail(2, "f\"'<b>@example.org", &format!("Re: {evil}"), Some("e@example.org"), evil)
        .mail(
            3,
            "g@example.org",
            &format!("{evil} \u{202e}"),
            None,
            &format!("{evil}\njavascript:alert(1)\n"),
        );
    let public = site(&mail, "").build();
    assert_eq!(public.foreign_markup(), Vec::<String>::new());
    assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new());
}

#[test]
fn hidden_addresses_are_nowhere() {
    let public = site(&reviewed_series(), "privacy: {addresses: hidden}\n").build();
    for (name, bytes) in &public.files {
        let text = String::from_utf8_lossy(bytes);
        for address in ["ann@example.org", "bob@example.org"] {
            assert!(!text.contains(address), "{name} holds {address}");
        }
    }
}

#[test]
fn diffs_can_be_left_out() {
    let public = site(&reviewed_series(), "site: {diffs: none}\n").build();
    let pages = public.pages("series/core-rename-things");
    assert!(pages.iter().all(|p| !public.page(p).contains("+new")));
    assert!(pages.iter().any(|p| public.page(p).contains("the diff is at")));
}

#[test]
fn a_page_that_moves_leaves_a_redirect() {
    let patches = Mbox::default().series(5, 1).0;
    let at = patches.find("From mboxrd").unwrap();
    let after_cover = patches[at + 1..].find("From mboxrd").unwrap() + at + 1;
    let site = site(&Mbox(patches[after_cover..].to_string()), "");
    let before = site.build();
    let (old, _) = page(&before, "series/", "core-rename-one");
    site.write("mail.mbox", &patches);
    let after = site.build();
    let (new, _) = page(&after, "series/", "core-rename-things");
    let left = after.page(old);
    assert!(left.contains("http-equiv=\"refresh\""), "{left}");
    assert!(left.contains(&format!("/some/path/{new}#m-")), "{left}");
    assert_eq!(after.broken_links("/some/path/"), Vec::<String>::new());
}

#[test]
fn a_part_that_is_no_longer_needed_leads_to_the_whole_page() {
    let site = site(&reviewed_series(), "site: {page_budget: 4KiB}\n");
    let divided = site.build();
    let part = *divided.pages("series/").iter().find(|p| p.ends_with("part-2/")).unwrap();
    let config = std::fs::read_to_string(site.path("config.yaml")).unwrap();
    site.write("config.yaml", config.replace("4KiB", "1MiB"));
    let whole = part.trim_end_matches("part-2/");
    // As long as the page is there, not only in the next build.
    for _ in 0..2 {
        let after = site.build();
        let left = after.page(part);
        assert!(left.contains(&format!("url=/some/path/{whole}\"")), "{left}");
        assert!(after.page(whole).contains("+new"));
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mail = reviewed_series();
    let built = |jobs: &str| {
        let site = site(&mail, "");
        site.ok(&["build", "--quiet", "--jobs", jobs]);
        Public::read(&site.path("public")).files
    };
    assert_eq!(built("1"), built("5"));
}

#[test]
fn a_users_template_takes_the_place_of_the_built_in_one() {
    let site = site(&reviewed_series(), "theme: mine\n");
    site.write("themes/mine/templates/404.html", "{% extends \"base.html\" %}{% block main %}<h1>Mine: {{ site.title }}</h1>{% endblock main %}");
    site.write("themes/mine/assets/logo.svg", "<svg/>");
    let public = site.build();
    let shown = String::from_utf8_lossy(&public.files["404.html"]).into_owned();
    assert!(shown.contains("<h1>Mine: Test</h1>"), "{shown}");
    assert!(public.files.contains_key("logo.svg") && public.files.contains_key("style.css"));
    site.write("themes/mine/templates/404.html", "one\n{{ site.nothing.here }}");
    let refused = site.run(&["build", "--quiet"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(told.contains("404.html") && told.contains("site.nothing.here"), "{told}");
}

#[test]
fn the_owners_pages_are_part_of_the_site() {
    let site = site(&reviewed_series(), "");
    site.write(
        "content/about.md",
        "---\ntitle: About us\nnav: true\n---\nSee [the guide](guide/start.md).\n",
    );
    site.write("content/guide/start.md", "# Start\n\n![](../a.png)\n");
    site.write("content/a.png", "no picture");
    let public = site.build();
    assert!(public.page("about/").contains("href=\"/some/path/guide/start/\""));
    assert!(public.page("").contains("<a href=\"/some/path/about/\">About us</a>"));
    assert!(public.files.contains_key("a.png"));
    site.write("content/series.md", "# Mine\n");
    let refused = site.run(&["build", "--quiet"]);
    assert_eq!(refused.status.code(), Some(1));
}

/// `v2 2/3` alone: its page has the whole set, and nobody says that patches are missing.
#[test]
fn a_partial_re_roll_shows_the_patches_that_stand() {
    let subject = |k: u32, title: &str| format!("[PATCH {k}/3] core: {title}");
    let v2 =
        patch("b.c", 2).replacen("---\n", "---\nChanges in v2:\n- shorter <b>names</b>\n\n", 1);
    let mbox = Mbox::default()
        .mail(1, "p1@example.org", &subject(1, "one"), None, &patch("a.c", 1))
        .mail(1, "p2@example.org", &subject(2, "two"), Some("p1@example.org"), &patch("b.c", 1))
        .mail(1, "p3@example.org", &subject(3, "three"), Some("p1@example.org"), &patch("c.c", 1))
        .mail(3, "q2@example.org", "[PATCH v2 2/3] core: two", Some("p2@example.org"), &v2)
        .mail(
            4,
            "n@example.org",
            "[PATCH] other: work",
            None,
            &format!("Based-on: <q2@example.org>\n\n{}", patch("d.c", 1)),
        );
    let public = site(&mbox, "").build();
    let page = |title: &str| page(&public, "series/", title).1;
    let second = page("core-two");
    let stands = second.split("class=\"stands\"").nth(1).expect("patches that stand");
    let stands = stands.split("</details>").next().unwrap_or_default();
    assert!(stands.contains("2 patches stand from before"), "{stands}");
    for (anchor, title) in [("#p1\"", "one"), ("#p3\"", "three")] {
        assert!(stands.contains(anchor) && stands.contains(title), "{stands}");
    }
    assert!(second.contains("1 of 3 patches") && !second.contains(">missing<"));
    assert!(second.contains("- shorter &lt;b&gt;names&lt;/b&gt;"), "the changelog");
    assert!(page("core-one").contains("Superseded by"));
    let need = page("other-work").split("To be applied on top of").nth(1).expect("a note");
    assert!(need.split("</p>").next().unwrap_or_default().contains("core-two"));
    assert!(public.broken_links("/some/path/").is_empty());
}

/// The text of an element of the page without its tags.
fn words(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// The paths of all comparisons.
fn comparisons(public: &Public) -> Vec<&str> {
    public.pages("series/").into_iter().filter(|path| path.contains("/since-")).collect()
}

#[test]
fn a_comparison_says_what_changed() {
    let public = site(&reviewed_series(), "").build();
    let (path, html) = page(&public, "series/", "/since-");
    let text = words(html);
    for expected in [
        "What changed from v1 to v2",
        "v1 of 1 January 2024, 2 patches; v2 of 9 January 2024, 2 patches.",
        "changed 1 ! 1 core: rename one",
        "a.c",
        "\n-+new 1\n++new 2\n",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(html.contains("<del>1</del>") && html.contains("<ins>2</ins>"), "{html}");
    // The page of the later posting leads to it, and so does its digest.
    let link = format!("href=\"/some/path/{path}\"");
    let posting = path.split("since-").next().expect("a posting");
    assert!(public.page(posting).contains(&link));
    assert!(public.page("list/digests/2024-01/").contains(&link));
}

#[test]
fn the_configuration_says_what_is_compared() {
    let three = Mbox::default().series(1, 1).series(3, 2).series(5, 3);
    let compared = |more: &str| {
        let public = site(&three, more).build();
        assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new(), "{more}");
        comparisons(&public).len()
    };
    assert_eq!(compared(""), 2);
    assert_eq!(compared("site: {comparisons: all}\n"), 3);
    assert_eq!(compared("site: {comparisons: none}\n"), 0);
}

#[test]
fn a_published_comparison_stays_when_a_version_arrives_late() {
    let site = site(&Mbox::default().series(1, 1).series(5, 3), "");
    let before = site.build();
    let (first, _) = page(&before, "series/", "/since-");
    site.write("mail.mbox", Mbox::default().series(1, 1).series(3, 2).series(5, 3).0);
    let after = site.build();
    assert_eq!(comparisons(&after).len(), 3);
    assert!(after.page(first).contains("What changed from v1 to v3"));
    assert_eq!(after.broken_links("/some/path/"), Vec::<String>::new());
    // And a build later it is still there.
    assert_eq!(site.build().files, after.files);
}

#[test]
fn a_comparison_leads_on_when_its_posting_moves() {
    let mail = |with_cover: bool| {
        let title = "core: one";
        let mbox = Mbox::default().mail(
            1,
            "a1@example.org",
            &format!("[PATCH 1/1] {title}"),
            None,
            &patch("a.c", 1),
        );
        let cover = format!("[PATCH v2 0/1] {title}");
        let mbox = match with_cover {
            true => mbox.mail(3, "b0@example.org", &cover, None, "Cover.\n"),
            false => mbox,
        };
        let subject = format!("[PATCH v2 1/1] {title}");
        mbox.mail(3, "b1@example.org", &subject, Some("b0@example.org"), &patch("a.c", 2))
    };
    let site = site(&mail(false), "");
    let first = site.build();
    let (old, _) = page(&first, "series/", "/since-");
    site.write("mail.mbox", mail(true).0);
    let public = site.build();
    let all = comparisons(&public);
    let new = all.iter().find(|path| **path != old).expect("it has moved");
    assert!(public.page(old).contains(&format!("/some/path/{new}")), "{}", public.page(old));
}

#[test]
fn a_comparison_over_the_budget_leads_to_the_mails() {
    let long = |word: &str| {
        let lines: String = (0..400).map(|n| format!("+{word} {n}\n")).collect();
        format!(
            "Why.\n---\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -0,0 +1,400 @@\n{lines}-- \n2\n"
        )
    };
    let mbox = Mbox::default()
        .mail(1, "a@example.org", "[PATCH] core: one", None, &long("first"))
        .mail(2, "b@example.org", "[PATCH v2] core: one", None, &long("second"));
    let public = site(&mbox, "site: {page_budget: 20kB}\n").build();
    let (_, html) = page(&public, "series/", "/since-");
    let told = "800 lines differ, too many for this page";
    assert!(html.len() < 20_000 && html.contains(told), "{html}");
    assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new());
}

#[test]
fn patches_that_were_not_sent_again_stand() {
    let mbox = Mbox::default().series(1, 1).mail(
        3,
        "again@example.org",
        "[PATCH v2 2/2] core: rename two",
        Some("v1.2@example.org"),
        &patch("b.c", 7),
    );
    let public = site(&mbox, "").build();
    let (_, html) = page(&public, "series/", "/since-");
    let text = words(html);
    assert!(text.contains("not sent again 1 = 1") && text.contains("changed 2 ! 2"), "{text}");
    let whole = site(&mbox.series(5, 3), "").build();
    assert_eq!(comparisons(&whole).len(), 2);
    let all: String = comparisons(&whole).iter().map(|path| words(whole.page(path))).collect();
    assert!(all.contains("What changed from v2 to v3") && all.contains("changed 1 ! 1"), "{all}");
}

#[test]
fn addresses_stay_hidden_in_comparisons() {
    let mail = |who: &str| patch("a.c", 1).replace("+new", &format!("+M: Jo <{who}@example.org>"));
    let mbox = Mbox::default()
        .mail(1, "a@example.org", "[PATCH] core: one", None, &mail("jo.old"))
        .mail(2, "b@example.org", "[PATCH v2] core: one", None, &mail("jo.new"));
    let public = site(&mbox, "privacy: {addresses: hidden}\n").build();
    let (_, html) = page(&public, "series/", "/since-");
    assert!(!html.contains("jo.") && !html.contains("@example"), "{html}");
}

/// What stands in the text of `html` from `from` up to `to`.
fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = html.split_once(from).unwrap_or_else(|| panic!("no {from} in {html}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to} after {from}")).0
}

/// A series of sixty of which three came.
#[test]
fn a_run_of_patches_that_never_arrived_is_one_row() {
    let mbox = [1, 3, 60].into_iter().fold(Mbox::default(), |mbox, n| {
        let subject = format!("[PATCH {n}/60] core: part {n}");
        let to = (n > 1).then_some("p1@example.org");
        mbox.mail(1, &format!("p{n}@example.org"), &subject, to, &patch("a.c", n))
    });
    for theme in ["default", "plain"] {
        let public = site(&mbox, &format!("theme: {theme}\n")).build();
        let (_, html) = page(&public, "series/", "core-part");
        let rows = words(between(html, "<tbody>", "</tbody>"));
        let rows: Vec<&str> = rows.lines().map(str::trim).filter(|row| !row.is_empty()).collect();
        let gaps: Vec<&&str> = rows.iter().filter(|row| row.contains("missing")).collect();
        assert_eq!(gaps, [&"2 missingnever arrived", &"4 to 59 missingnever arrived"], "{rows:?}");
        assert_eq!(rows.len(), 5);
    }
}

#[test]
fn the_legend_of_the_matrix_names_the_marks_that_are_there() {
    let public = site(&reviewed_series(), "").build();
    let reviewed = public.pages("series/core-rename-things").into_iter();
    let reviewed =
        reviewed.map(|path| public.page(path)).find(|page| page.contains("class=\"key\""));
    let html = reviewed.expect("a matrix with marks");
    let legend = words(between(html, "<p class=\"key\">", "</p>"));
    assert_eq!(legend, "R reviewed  By Bob Review");
    assert!(between(html, "<thead>", "</thead>").contains(">Replies</th>"), "no abbreviation");
}

/// Text browsers show what is in the elements of a drawing, and know no `xlink:href`.
#[test]
fn the_line_of_time_has_no_words_and_links_that_the_list_has() {
    let public = site(&reviewed_series(), "").build();
    let html = public.pages("series/core-rename-things").into_iter();
    let html = html.map(|path| public.page(path)).find(|page| page.contains("<svg class=\"tl\""));
    let drawing = between(html.expect("a drawing"), "<svg class=\"tl\"", "<ol class=\"rev\">");
    assert!(
        !drawing.contains(" href=") && drawing.matches("xlink:href=").count() == 2,
        "{drawing}"
    );
    let caption = between(drawing, "<title id=\"tl-t\">", "</title>");
    assert_eq!(words(&format!("<svg{drawing}")).trim(), caption);
}

/// The mail that says so is linked from older versions too, once, in the list.
#[test]
fn the_list_of_versions_ends_with_the_mail_that_applied_them() {
    let mbox = reviewed_series().mail_by(
        "Bob Review <bob@example.org>",
        21,
        "done@example.org",
        "Re: [PATCH v2 0/2] core: rename things",
        Some("v2.0@example.org"),
        "Applied, thanks!",
    );
    let public = site(&mbox, "").build();
    let pages = public.pages("series/core-rename-things").into_iter();
    let pages: Vec<&str> =
        pages.filter(|path| !path.contains("/since-")).map(|path| public.page(path)).collect();
    let (old, new): (Vec<&str>, Vec<&str>) =
        pages.into_iter().partition(|page| page.contains("Superseded by"));
    let list = |page| between(page, "<ol class=\"rev\">", "</ol>");
    assert!(list(old[0]).contains("\">applied, 21 Jan 2024</a></li>"), "{}", list(old[0]));
    assert!(!list(new[0]).contains("applied") && new[0].contains("<dt>Applied</dt>"));
}

#[test]
fn names_with_commas_are_kept_apart() {
    let mbox = Mbox::default()
        .mail(1, "p1@example.org", "[PATCH 1/2] lib, net: one", None, &patch("a.c", 1))
        .mail(
            1,
            "p2@example.org",
            "[PATCH 2/2] core: two",
            Some("p1@example.org"),
            &patch("b.c", 2),
        )
        .mail_by(
            "\"Review, Bob\" <bob@example.org>",
            2,
            "r@example.org",
            "Re: [PATCH 1/2] lib, net: one",
            Some("p1@example.org"),
            "Acked-by: \"Review, Bob\" <bob@example.org>",
        )
        .mail_by(
            "Cy Other <cy@example.org>",
            3,
            "s@example.org",
            "Re: [PATCH 1/2] lib, net: one",
            Some("p1@example.org"),
            "Acked-by: Cy Other <cy@example.org>",
        );
    let public = site(&mbox, "").build();
    let (_, html) = page(&public, "series/", "lib-net-one");
    let text = words(html);
    assert!(text.contains("In core; lib, net.") || text.contains("In lib, net; core."), "{text}");
    assert!(text.contains("By Review, Bob; Cy Other"), "{text}");
    assert!(words(public.page("list/digests/2024-01/")).contains("; "));
}

#[test]
fn people_of_one_name_are_told_apart_in_tables() {
    let patch_by = |mbox: Mbox, from: &str, n: u32| {
        let (id, subject) = (format!("p{n}@example.org"), format!("[PATCH] core: part {n}"));
        mbox.mail_by(from, n, &id, &subject, None, &patch("a.c", n))
    };
    let mbox = [
        "Ann Example <ann@one.example.org>",
        "Ann Example <ann@two.example.org>",
        "Bob Review <bob@example.org>",
    ];
    let mbox = mbox.iter().zip(1..).fold(Mbox::default(), |all, (from, n)| patch_by(all, from, n));
    let table = |more: &str| {
        let public = site(&mbox, more).build();
        words(between(public.page("subsystems/core/"), "<h2>Authors", "</table>"))
    };
    let shown = table("");
    assert!(shown.contains("Ann Example ann@one.example.org"), "{shown}");
    assert!(shown.contains("Ann Example ann@two.example.org"), "{shown}");
    assert!(shown.contains("Bob Review") && !shown.contains("bob@"), "{shown}");
    assert!(!table("privacy: {addresses: hidden}\n").contains('@'));
}

/// Of a posting of one patch without a cover the entry's title is that of the patch.
#[test]
fn a_digest_gives_the_title_of_a_lone_patch_once() {
    let mbox = Mbox::default()
        .mail(1, "a@example.org", "[PATCH] core: alone", None, &patch("a.c", 1))
        .series(2, 1);
    let public = site(&mbox, "").build();
    let digest = public.page("list/digests/2024-01/");
    let entries = between(digest, "id=\"msgs\"", "</main>");
    assert_eq!(entries.matches("core:</span> alone").count(), 1, "{entries}");
    assert_eq!(entries.matches("class=\"patch\"").count(), 2, "those of the series");
    let anchor = between(digest, "<section class=\"part\" id=\"", "\"");
    assert!(!anchor.is_empty() && public.broken_links("/some/path/").is_empty());
}

#[test]
fn the_page_of_problems_counts_mails() {
    let torn = "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1,9 +1,9 @@\n-old\n+new\n";
    let body = format!("Why.\n---\n{torn}{}", torn.replace("a.c", "b.c"));
    let mbox = Mbox::default().mail(1, "a@example.org", "[PATCH] core: one", None, &body);
    let public = site(&mbox, "").build();
    let rows = between(public.page("problems/"), "<tbody>", "</tbody>");
    assert_eq!(rows.matches("<tr").count(), 1, "{rows}");
    assert!(rows.contains("data-l=\"mail\">1<"), "{rows}");
}

#[test]
fn long_paths_break_behind_a_slash() {
    let file = "tools/testing/selftests/of/things.c";
    let mbox = Mbox::default().mail(1, "a@example.org", "[PATCH] core: one", None, &patch(file, 1));
    let public = site(&mbox, "").build();
    let (_, author) = page(&public, "authors/", "ann");
    assert!(
        author.contains("<code>tools/<wbr>testing/<wbr>selftests/<wbr>of/<wbr>things.c</code>")
    );
}

/// What somebody said is found from their page, also where it was no review.
#[test]
fn the_page_of_a_person_leads_to_what_they_answered() {
    let reply = |mbox: Mbox, n: u32| {
        let (id, subject) = (format!("c{n}@example.org"), "Re: [PATCH v2 1/2] core: rename one");
        let from = "Cy Other <cy@example.org>";
        mbox.mail_by(from, 9 + n, &id, subject, Some("v2.1@example.org"), "Why?")
    };
    let mbox = reply(reply(reviewed_series(), 1), 2);
    let public = site(&mbox, "").build();
    let list = between(public.page("authors/cy-other/"), "id=\"ans\"", "</ul>");
    assert_eq!(list.matches("<li>").count(), 1, "one posting: {list}");
    let says = words(list);
    assert!(says.contains("v2, Ann Example, 2 replies, last 11 January 2024"), "{says}");
    assert!(list.contains("#m-"), "it leads to the answer: {list}");
    let bob = public.page("authors/bob-review/");
    assert!(bob.contains("id=\"of\"") && !bob.contains("id=\"ans\""), "a review says it");
    assert!(!public.page("authors/ann-example/").contains("id=\"ans\""), "nobody answers himself");
}

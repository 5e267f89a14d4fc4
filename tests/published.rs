//! Digests that were published as text: what is written is read again, and a site is made of
//! such texts alone or beside mail.
//!
//! Where `PATCHPRESS_SEEDS` names a directory with published digests, a site is made of them.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Public, Site};
use patchpress::archive::published::{self, Entry, Told};
use patchpress::archive::{Archive, Opened, Range};
use patchpress::config;
use patchpress::digest::{Contributor, Digest, Names, text};
use patchpress::progress::Silent;

const RULE: &str = "----------------------------------------------------------------------";
const ANN: &str = "Ann Example <ann@example.org>";

// ---- what is written is read again

/// A title as the text writes it on one line.
fn on_a_line(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a text should tell of a range's postings, and what it does: title, version, patches,
/// lines, replies.
type Short = (String, String, u32, u32, u32, u32);

fn written(archive: &Archive, digest: &Digest) -> Vec<Short> {
    let short = |entry: &patchpress::digest::Entry| {
        let posting = archive.posting(entry.posting);
        let patches = posting.patches.len() as u32;
        let (title, version) = (on_a_line(&posting.title), posting.version.to_string());
        (title, version, patches, entry.added, entry.removed, entry.replies)
    };
    digest.entries.iter().map(short).collect()
}

fn read(told: &Told) -> Vec<Short> {
    let short = |entry: &Entry| {
        let row = entry.row.clone().unwrap_or_default();
        let (title, version) = (on_a_line(&entry.title), entry.version.to_string());
        let counts = row.counts;
        (title, version, entry.patch_count(), counts.added, counts.removed, row.replies)
    };
    told.entries.iter().map(short).collect()
}

/// Name and address, as far as a text keeps them apart.
fn named(name: &str, email: &str) -> (String, String) {
    let name = if name == email { "" } else { name };
    (on_a_line(name), email.to_string())
}

/// How many ranges were compared, and each that is not the same when it is read again.
fn compared(site: &Path) -> (usize, Vec<String>) {
    let config = config::load(&site.join("config.yaml")).unwrap();
    let opened = Opened::of(&config, &Silent).unwrap();
    let archive = &opened.archive;
    let lost = archive.ranges.iter().filter_map(|range| difference(&opened, range));
    (archive.ranges.len(), lost.collect())
}

fn difference(opened: &Opened, range: &Range) -> Option<String> {
    let digest = Digest::of(&opened.archive, range, 15);
    let bodies = opened.bodies();
    let body = |mail| Cow::Owned(bodies.mail(mail));
    let text =
        text::render(&digest, &opened.archive, &Names { title: "List", lists: &["list"] }, &body);
    let (told, faults) = published::read(text.as_bytes());
    let told = told.unwrap();
    assert_eq!((told.title.as_str(), told.top), (range.title.as_str(), Some(15)));
    assert_eq!(told.domains, digest.domains, "{}", range.title);
    let people = digest.contributors.iter();
    let people: Vec<_> =
        people.map(|Contributor { name, email, count, .. }| (named(name, email), *count)).collect();
    let again = told.contributors.iter();
    let again: Vec<_> = again.map(|(who, n)| (named(&who.name, &who.email), *n)).collect();
    assert_eq!(again, people, "{}", range.title);
    let (before, after) = (written(&opened.archive, &digest), read(&told));
    if before == after && faults.is_empty() {
        return None;
    }
    let at = before
        .iter()
        .zip(&after)
        .position(|(a, b)| a != b)
        .unwrap_or(before.len().min(after.len()));
    let (one, other) = (before.get(at), after.get(at));
    Some(format!("{}: {one:?} is read as {other:?}; {faults:?}", range.title))
}

#[test]
fn the_digests_of_the_example_are_read_as_they_were_written() {
    let (ranges, lost) = compared(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(ranges >= 5);
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn the_digests_of_real_lists_are_read_as_they_were_written() {
    for list in ["live-patching-2023-2026", "openwrt-devel-2019H2"] {
        let Some(list) = common::data(list) else { continue };
        let site = Site::of(&list);
        let (ranges, lost) = compared(site.dir.path());
        assert!(ranges > 5);
        assert_eq!(lost, Vec::<String>::new());
    }
}

// ---- a site of texts

/// A block of a text.
fn block(subject: &str, author: &str, message: &str) -> String {
    let title = subject.split_once("] ").map_or(subject, |(_, title)| title);
    format!("New:  {title}\n{subject}\nAuthor: {author}\n\n{message}\n\n{RULE}\n\n")
}

/// A text between two commits.
fn text(from: &str, to: &str, blocks: &str) -> String {
    format!(
        "From {from} to {to}\nRing mailing list update from {from} to {to}\n\n\
         Top 15 contributor Email domains (Based on Email Body)\n\n      5 example.org\n\n\
         Top 15 contributors (Based on Email Body)\n\n      5  {ANN}\n\n\
         ===== Patch list in this time period =====\n\n\n\
         ===== Patch Commit Messages ====\n\n{blocks}"
    )
}

const PATCH: &str = "One.\n\nReviewed-by: Bob <bob@example.org>\n---\n a.c | 2 +-\n \
                     1 file changed, 1 insertion(+), 1 deletion(-)";

/// The posting of two patches at a version.
fn posting(version: u32) -> String {
    block(&format!("[PATCH v{version} 1/2] core: rename one"), ANN, PATCH)
        + &block(&format!("[PATCH v{version} 0/2] core: rename things"), ANN, "Two patches.")
}

/// A site of texts in `texts/`; `more` is put below the sources of its list.
fn site(texts: &[(&str, String)], more: &str) -> Site {
    let site = Site::new(&format!(
        "title: Test\nbase_url: https://example.org/some/path\nlists:\n  - id: list\n    \
         title: List\n    sources:\n      - digests: texts\n{more}"
    ));
    for (name, text) in texts {
        site.write(&format!("texts/{name}"), text);
    }
    site
}

/// What is wrong with a site in which nothing may lead nowhere.
fn assert_sound(public: &Public) {
    assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new());
    assert_eq!(public.foreign_markup(), Vec::<String>::new());
    assert_eq!(public.strange_paths(), Vec::<&str>::new());
}

#[test]
fn texts_alone_make_a_whole_site() {
    let exist = "Exist: [PATCH v2 1/2] core: rename one\n";
    let texts = [
        ("9.txt", text("1a", "2b", &posting(1))),
        ("10.txt", text("2b", "3c", &(posting(2) + exist))),
    ];
    let site = site(&texts, "");
    let public = site.build();
    assert_sound(&public);
    site.ok(&["check", "--quiet"]);
    for gone in ["series/", "threads/", "m/"] {
        assert_eq!(public.pages(gone), Vec::<&str>::new());
    }
    let pages = ["from-1a-to-2b/", "from-2b-to-3c/", ""].map(|page| format!("list/digests/{page}"));
    assert_eq!(public.pages("list/digests/"), pages);
    for (file, path) in [(&texts[0], "from-1a-to-2b"), (&texts[1], "from-2b-to-3c")] {
        let published = &public.files[&format!("list/digests/{path}/digest.txt")];
        assert_eq!(String::from_utf8_lossy(published), file.1);
    }
    let everything: Vec<&str> = public.pages("").into_iter().map(|p| public.page(p)).collect();
    assert!(!everything.concat().contains("1970"), "a date that nobody gave");

    // The newer digest stands first, by its number, and each leads to the other.
    let front = public.page("");
    assert!(front.find("From 2b to 3c").unwrap() < front.find("From 1a to 2b").unwrap());
    let older = public.page("list/digests/from-1a-to-2b/");
    assert!(older.contains("<a rel=\"next\" href=\"/some/path/list/digests/from-2b-to-3c/\">"));
    assert!(older.contains("<dt>After</dt>") && !older.contains("<dt>Before</dt>"));
    let newer = public.page("list/digests/from-2b-to-3c/");
    assert!(
        newer.contains("<dt>Before</dt><dd><a href=\"/some/path/list/digests/from-1a-to-2b/#e-")
    );
    assert!(newer.contains("Two patches.") && newer.contains("Reviewed-by: Bob"));
    assert!(newer.contains("this patch is printed already"));
    for path in ["authors/ann-example/", "subsystems/core/"] {
        let page = public.page(path);
        assert_eq!(page.matches("core:</span> rename things").count(), 2, "{path}");
    }
    let ann = public.page("authors/").split_once("Ann Example</a>").unwrap().1;
    for cell in ["postings in texts\">3<", "mails in tables\">10<"] {
        assert!(ann.contains(&format!("data-l=\"{cell}")), "{cell}: {ann}");
    }
    let feed = String::from_utf8_lossy(&public.files["list/feed.xml"]);
    assert_eq!(feed.matches("<entry>").count(), 2);
}

#[test]
fn a_note_stands_on_the_page_of_a_text() {
    let site = site(&[("1.txt", text("1a", "2b", &posting(1)))], "");
    site.write("content/notes/list/from-1a-to-2b.md", "---\ntitle: Ours\n---\nRead this.\n");
    let output = site.run(&["build", "--quiet"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let public = Public::read(&site.path("public"));
    assert!(public.page("list/digests/from-1a-to-2b/").contains("Read this."));
}

#[test]
fn the_same_texts_give_the_same_bytes() {
    let texts =
        [("1.txt", text("1a", "2b", &posting(1))), ("2.txt", text("2b", "3c", &posting(2)))];
    let once = site(&texts, "").build();
    let again = site(&texts, "").build();
    assert!(once.files == again.files);
}

const MAIL: &str = "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ann Example <ann@example.org>\n\
    Date: Mon, 1 Jan 2024 12:00:00 +0000\nMessage-ID: <v3@example.org>\n\
    Subject: [PATCH v3] core: rename things\n\nDone.\n---\ndiff --git a/a b/a\n--- a/a\n\
    +++ b/a\n@@ -1 +1 @@\n-a\n+b\n\n";

#[test]
fn texts_come_before_the_mail_of_their_list() {
    let range = text("1a", "2b", &posting(3));
    let month = range.replace("From 1a to 2b", "2024-01");
    let texts = [("1.txt", range), ("2.txt", month)];
    let site = site(&texts, "      - mbox: mail.mbox\n    ranges: month\n");
    site.write("mail.mbox", MAIL);
    let told = site.run(&["build", "--quiet"]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("there is a digest of this range already"), "{told}");
    assert!(told.contains("texts/2.txt:1"), "{told}");
    let public = Public::read(&site.path("public"));
    assert_sound(&public);
    let pages = ["", "from-1a-to-2b/", "2024-01/"].map(|page| format!("list/digests/{page}"));
    let mut found = public.pages("list/digests/");
    found.sort_by_key(|page| (page.len() > 13, page.contains("2024")));
    assert_eq!(found, pages);
    let month = public.page("list/digests/2024-01/");
    assert!(month.contains("<a rel=\"prev\" href=\"/some/path/list/digests/from-1a-to-2b/\">"));

    // The same person, and the same posting.
    assert_eq!(public.pages("authors/ann-example"), ["authors/ann-example/"]);
    let series = public.pages("series/core-rename")[0];
    assert!(public.page(series).contains("/some/path/list/digests/from-1a-to-2b/#e-"));
    assert!(public.page("list/digests/from-1a-to-2b/").contains(&format!("/some/path/{series}")));
}

#[test]
fn hostile_texts_stay_text() {
    let script = "</pre></title><script>alert(1)</script>\u{202e}\u{0}\u{1b}[31m\"' onload=x";
    let blocks =
        block(&format!("[PATCH 1/2] {script}: {script}"), &format!("{script} <a@b>"), script)
            + &block(
                &format!("[PATCH 0/2] {script}"),
                script,
                &format!("{script}\n{RULE}\n\njavascript:x"),
            )
            + &format!("Exist: {script}\n Skip: {script}\n")
            + &block(&"x".repeat(1 << 20), "x", &"y ".repeat(1 << 19));
    let list = format!("  v1 1 +1 -1 1 - - - {script} ({script})\n 1/1 - - - - - {script}\n");
    let hostile = text("1a", "2b", &blocks)
        .replace("period =====\n", &format!("period =====\n{list}"))
        .replace("5 example.org", &format!("5 {script}"))
        .replace("Ring mailing", &format!("{script} mailing"));
    let texts = [("1.txt", hostile.clone()), ("2.txt", hostile.replace("From 1a to 2b", script))];
    let public = site(&texts, "").build();
    assert_sound(&public);
    for page in public.pages("") {
        let page = public.page(page);
        assert!(!page.contains("<script>alert") && !page.contains('\u{202e}'));
    }
}

#[test]
fn addresses_are_hidden_in_texts_too() {
    let texts = [("1.txt", text("1a", "2b", &posting(1)))];
    let public = site(&texts, "privacy: {addresses: hidden}\n").build();
    for (name, bytes) in &public.files {
        assert!(!String::from_utf8_lossy(bytes).contains("ann@example.org"), "{name}");
    }
}

#[test]
fn what_can_t_be_read_is_said_with_file_line_and_remedy() {
    let broken = text("1a", "2b", &posting(1)).replace("      5 example.org", "lots: example.org");
    let site = site(&[("1.txt", broken), ("notes.txt", "Notes.\n".to_string())], "");
    let output = site.run(&["build", "--quiet"]);
    assert!(output.status.success());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    for expected in [
        "warning: a row of the table can't be read; left out",
        "texts/1.txt:6",
        "6 | lots: example.org",
        "hint: a row is a number",
        "warning: this is text, but not a digest; left out",
        "texts/notes.txt:1",
    ] {
        assert!(told.contains(expected), "{expected}:\n{told}");
    }
    let problems = Public::read(&site.path("public"));
    assert!(problems.page("problems/").contains("texts/1.txt, line 6"));
}

#[test]
fn texts_that_a_site_wrote_keep_their_addresses() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mail = root.join("content/lists/peatfs");
    let first = Site::new(&format!(
        "title: A\nbase_url: https://example.org/some/path\nlists:\n  - id: list\n    \
         sources:\n      - mbox: {}\n    ranges: week\n",
        mail.display()
    ));
    let written = first.build();
    let digests = written.files.iter().filter(|(name, _)| name.ends_with("/digest.txt"));
    let texts: Vec<(String, String)> = digests
        .map(|(name, text)| (name.replace('/', "_"), String::from_utf8(text.clone()).unwrap()))
        .collect();
    let texts: Vec<(&str, String)> = texts.iter().map(|(n, t)| (n.as_str(), t.clone())).collect();
    assert!(texts.len() > 10);
    let public = site(&texts, "").build();
    assert_sound(&public);
    assert_eq!(public.pages("list/digests/"), written.pages("list/digests/"));
}

// ---- digests that others published

/// The published digests, if this machine has them.
fn seeds() -> Option<PathBuf> {
    let found = std::env::var_os("PATCHPRESS_SEEDS").map(PathBuf::from).filter(|dir| dir.is_dir());
    if found.is_none() {
        println!("skipped: PATCHPRESS_SEEDS names no directory of published digests");
    }
    found
}

#[test]
fn published_digests_make_a_site() {
    let Some(seeds) = seeds() else { return };
    let site = Site::new(&format!(
        "title: KVM\nbase_url: https://example.org/some/path\nlists:\n  - id: kvm\n    \
         sources:\n      - digests: {}\n",
        seeds.display()
    ));
    let output = site.run(&["build", "--quiet"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing is wrong with them");
    let public = Public::read(&site.path("public"));
    assert_sound(&public);
    let texts = fs::read_dir(&seeds).unwrap().count();
    assert_eq!(public.pages("kvm/digests/").len(), texts + 1);
}

/// Each `New:` block is one letter, and each message is what stands between the author and the
/// line of dashes: by a reading that knows nothing of how ours goes.
#[test]
fn published_digests_are_read_whole() {
    let Some(seeds) = seeds() else { return };
    for entry in fs::read_dir(seeds).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let blocks = text.split("\nNew:  ").skip(1);
        let mut expected: Vec<(String, String)> = blocks
            .map(|block| {
                let (head, message) = block.split_once("\n\n").unwrap();
                let end = message.rfind(&format!("\n{RULE}")).unwrap();
                (head.lines().nth(1).unwrap().to_string(), message[..end].trim().to_string())
            })
            .collect();
        let (told, faults) = published::read(&bytes);
        assert_eq!(faults, []);
        let told = told.unwrap();
        let letters = told.entries.iter().flat_map(|e| e.cover.iter().chain(&e.patches));
        let mut read: Vec<(String, String)> = letters
            .map(|l| (l.subject_text.clone(), text[l.message.clone()].trim().to_string()))
            .collect();
        expected.sort();
        read.sort();
        assert_eq!(read, expected);
        let covers = told.entries.iter().filter(|e| e.cover.is_some()).count();
        assert_eq!(covers, expected.iter().filter(|(s, _)| is_cover(s)).count());
        assert!(told.entries.iter().all(|e| e.cover.is_none() || e.patches.len() == 1));
    }
}

/// Whether a subject has a number of zeros before the slash.
fn is_cover(subject: &str) -> bool {
    subject.split([' ', ']']).any(|word| {
        word.split_once('/').is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b == b'0'))
    })
}

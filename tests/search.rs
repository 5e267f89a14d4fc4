//! The search index of whole sites, read as the script in a browser reads it: what is found,
//! where, and what a later build changes.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use common::{Public, Site};
use serde_json::Value;

const TITLE: u16 = 1;
const PATCH: u16 = 2;
const COVER: u16 = 4;
const AUTHOR: u16 = 8;
const SUBSYSTEM: u16 = 16;
const PATH: u16 = 32;
const PART: u16 = 64;
const FACT: u16 = 128;
const OLD: u16 = 256;

/// An index as it lies on the disk.
struct Index {
    /// Of each term the pages that have it, and in which fields.
    terms: BTreeMap<String, BTreeMap<String, u16>>,
    rows: BTreeMap<u32, Value>,
}

impl Index {
    fn of(public: &Public) -> Index {
        let file = |name: &str| -> Value { serde_json::from_slice(&public.files[name]).unwrap() };
        let leads = file("search/index.json");
        let mut start = 0;
        let mut rows = BTreeMap::new();
        for distance in leads["blocks"].as_array().unwrap() {
            start += distance.as_u64().unwrap();
            for row in file(&format!("search/records/{start}.json")).as_array().unwrap() {
                rows.insert(row[0].as_u64().unwrap() as u32, row.clone());
            }
        }
        let mut terms = BTreeMap::new();
        let mut firsts = BTreeSet::new();
        for (_, content) in below(public, "search/terms/") {
            let lines = lines(std::str::from_utf8(content).unwrap());
            firsts.insert(lines[0].0.clone());
            for (term, list) in lines {
                let page = |n: &u32| rows[n][2].as_str().unwrap().to_string();
                let list = list.iter().map(|(number, fields)| (page(number), *fields)).collect();
                assert!(terms.insert(term.clone(), list).is_none(), "{term} is there twice");
            }
        }
        let named: Vec<&str> =
            leads["terms"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        assert_eq!(named, firsts.iter().map(String::as_str).collect::<Vec<_>>());
        Index { terms, rows }
    }

    /// The fields in which the pages below `series/` or `threads/` whose address holds `word`
    /// have a term; 0 where they don't.
    fn fields(&self, term: &str, word: &str) -> u16 {
        let Some(pages) = self.terms.get(term) else { return 0 };
        pages
            .iter()
            .filter(|(page, _)| page.contains(word))
            .fold(0, |sum, (_, fields)| sum | fields)
    }
}

fn below<'a>(public: &'a Public, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    let files = public.files.iter().map(|(name, content)| (name.as_str(), content.as_slice()));
    files.filter(move |(name, _)| name.starts_with(prefix))
}

/// The terms of a file with their records and fields.
fn lines(file: &str) -> Vec<(String, Vec<(u32, u16)>)> {
    let mut above = String::new();
    let mut found = Vec::new();
    for line in file.lines() {
        let (term, groups) = line.split_once(' ').unwrap();
        above.truncate(digit(term.as_bytes()[0]) as usize);
        above.push_str(&term[1..]);
        found.push((above.clone(), groups.split(' ').flat_map(group).collect()));
    }
    found
}

fn group(text: &str) -> Vec<(u32, u16)> {
    let digits: Vec<u32> = text.bytes().map(digit).collect();
    let fields = (digits[0] + 64 * digits[1]) as u16;
    let (mut number, mut step, mut factor) = (0, 0, 1);
    let mut found = Vec::new();
    for digit in &digits[2..] {
        step += digit % 32 * factor;
        factor *= 32;
        if *digit < 32 {
            number += step;
            found.push((number, fields));
            (step, factor) = (0, 1);
        }
    }
    found
}

fn digit(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'a'..=b'z' => u32::from(byte - b'a') + 10,
        b'A'..=b'Z' => u32::from(byte - b'A') + 36,
        b'-' => 62,
        _ => 63,
    }
}

fn mail(out: &mut String, minute: u32, id: &str, subject: &str, headers: &str, body: &str) {
    let (hour, minute) = (minute / 60, minute % 60);
    write!(
        out,
        "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Clément Léger <clement@secret.example>\n\
         Date: {}, {} Jan 2024 {:02}:{minute:02}:00 +0000\nMessage-ID: <{id}>\n{headers}\
         Subject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n\n",
        ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][(1 + hour as usize / 24) % 7],
        1 + hour / 24,
        hour % 24
    )
    .unwrap();
}

fn patch(path: &str) -> String {
    format!(
        "It leaks gfn_to_rmap entries.\n\nSee https://tracker.example/issue or ask\n\
         bob@hidden.example.\n\nSigned-off-by: Dora Trailer <dora@secret.example>\n---\n \
         {path} | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n\
         diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-old\n+fresh\n"
    )
}

/// Two versions of a series, and a discussion.
fn mails() -> String {
    let mut out = String::new();
    for version in [1, 2] {
        let id = |n: u32| format!("v{version}.{n}@example.org");
        let at = version * 2_000;
        let subject = |n: u32, title: &str| format!("[PATCH net-next v{version} {n}/2] {title}");
        let answers = format!("In-Reply-To: <{}>\n", id(0));
        mail(
            &mut out,
            at,
            &id(0),
            &subject(0, "KVM: x86: Mend kvm_mmu_page_fault()"),
            "",
            "The wombat of covers.\n\n> a quoted platypus\n\n 2 files changed, 2 insertions(+)\n",
        );
        mail(
            &mut out,
            at,
            &id(1),
            &subject(1, "KVM: x86: Split the walk"),
            &answers,
            &patch("arch/x86/kvm/mmu.c"),
        );
        mail(
            &mut out,
            at,
            &id(2),
            &subject(2, "KVM: x86: Join it again"),
            &answers,
            &patch("virt/kvm/kvm_main.c"),
        );
    }
    mail(&mut out, 9_000, "q@example.org", "Where is the roadmap?", "", "Body of the question.");
    out
}

fn site(mails: &str, more: &str) -> Site {
    let site = Site::new(&format!(
        "title: Test\nbase_url: https://example.org/some/path\nlists:\n  - id: list\n    \
         title: List\n    archive_url: https://lore.example.org/list/{{message_id}}/\n    \
         sources:\n      - mbox: mail.mbox\n    ranges: month\n{more}"
    ));
    site.write("mail.mbox", mails);
    site
}

#[test]
fn a_series_is_found_by_all_that_is_known_of_it() {
    let index = Index::of(&site(&mails(), "").build());
    let fields = |term: &str| index.fields(term, "kvm-x86-mend") & !OLD;
    assert_eq!(fields("kvm_mmu_page_fault"), TITLE);
    assert_eq!(fields("mend"), TITLE);
    assert_eq!(fields("mmu"), PART | PATH);
    assert_eq!(fields("walk"), PATCH);
    assert_eq!(fields("wombat"), COVER);
    assert_eq!((fields("clement"), fields("leger")), (AUTHOR, AUTHOR));
    assert_eq!(fields("secret.example"), AUTHOR);
    assert_eq!(fields("kvm") & (TITLE | SUBSYSTEM | PATH), TITLE | SUBSYSTEM | PATH);
    for path in ["arch/x86/kvm/mmu.c", "arch/x86/kvm", "arch/x86", "arch", "mmu.c", "kvm_main.c"] {
        assert_eq!(fields(path), PATH, "{path}");
    }
    for fact in ["v1", "v2", "net-next", "state:new", "state:superseded"] {
        assert_eq!(fields(fact), FACT, "{fact}");
    }
    let question = |term: &str| index.fields(term, "roadmap");
    assert_eq!((question("roadmap"), question("leger")), (TITLE, AUTHOR));
}

#[test]
fn lists_are_facts_where_there_are_several() {
    let one = Index::of(&site(&mails(), "").build());
    assert!(!one.terms.contains_key("list:list"));
    let site =
        site(&mails(), "  - id: other\n    title: Other\n    sources:\n      - mbox: o.mbox\n");
    let mut other = String::new();
    mail(&mut other, 9_000, "q@example.org", "Where is the roadmap?", "", "Body of the question.");
    site.write("o.mbox", other);
    let index = Index::of(&site.build());
    assert_eq!(index.fields("list:list", "kvm-x86-mend") & !OLD, FACT);
    assert_eq!(index.fields("list:other", "kvm-x86-mend"), 0);
    assert_eq!(index.fields("list:other", "roadmap"), FACT);
}

#[test]
fn what_nobody_searches_for_is_not_in_the_index() {
    let index = Index::of(&site(&mails(), "").build());
    // Common words, quotations, trailers, links, addresses in text, bodies of discussions.
    for term in
        ["the", "platypus", "dora", "tracker.example", "hidden.example", "question", "fresh"]
    {
        assert!(!index.terms.contains_key(term), "{term}");
    }
}

#[test]
fn superseded_postings_are_marked_and_say_by_what() {
    let index = Index::of(&site(&mails(), "").build());
    let found = &index.terms["wombat"];
    assert_eq!(found.len(), 2);
    let rows = |old: bool| {
        let is_old = |page: &str| found.get(page).is_some_and(|fields| (fields & OLD != 0) == old);
        let row = index.rows.values().find(|row| is_old(row[2].as_str().unwrap()));
        row.unwrap().clone()
    };
    let (first, second) = (rows(true), rows(false));
    assert_eq!((&first[5], &first[6]), (&"v1, 2 patches".into(), &"superseded".into()));
    assert_eq!((&first[7], &second[7]), (&second[0], &0.into()));
    let versions = second[8].as_array().unwrap();
    assert_eq!(versions[0], serde_json::json!([first[0], "v1", first[2]]));
    assert_eq!(versions[1], serde_json::json!([second[0], "v2", second[2]]));
    assert_eq!((&second[3], &second[4]), (&"Clément Léger".into(), &"2024-01-03".into()));
}

/// A published text with one posting of one patch.
fn published(range: (&str, &str), subject: &str, message: &str) -> String {
    let (from, to) = range;
    let title = subject.split_once("] ").unwrap().1;
    format!(
        "From {from} to {to}\nList mailing list update from {from} to {to}\n\n\
         ===== Patch Commit Messages ====\n\nNew:  {title}\n{subject}\n\
         Author: Ann Example <ann@secret.example>\n\n{message}\n\n{}\n\n",
        "-".repeat(70)
    )
}

#[test]
fn what_published_texts_tell_of_is_found() {
    let texts = [
        published(
            ("1a", "2b"),
            "[PATCH] core: Mend rmap_walk",
            "A wombat did it.\n---\n a.c | 1 +",
        ),
        published(("2b", "3c"), "[RFC PATCH v2] core: Mend rmap_walk", "A quokka did it."),
    ];
    for with_mail in [false, true] {
        let mail = if with_mail { mails() } else { String::new() };
        let source = if with_mail { "" } else { "#" };
        let site = Site::new(&format!(
            "title: Test\nbase_url: https://example.org/some/path\nlists:\n  - id: list\n    \
             title: List\n    sources:\n      - digests: texts\n{source}      - mbox: mail.mbox\n\
             privacy: {{addresses: hidden}}\n"
        ));
        site.write("mail.mbox", mail);
        site.write("texts/1.txt", &texts[0]);
        site.write("texts/2.txt", &texts[1]);
        let public = site.build();
        let index = Index::of(&public);
        let (first, second) = ("from-1a-to-2b/#e-", "from-2b-to-3c/#e-");
        assert_eq!(index.fields("rmap_walk", first), TITLE | OLD);
        assert_eq!(index.fields("wombat", first), COVER | OLD);
        assert_eq!((index.fields("wombat", second), index.fields("quokka", second)), (0, COVER));
        assert_eq!((index.fields("v2", second), index.fields("rfc", second)), (FACT, FACT));
        assert_eq!(index.fields("example", second) & !PART, AUTHOR);
        assert_eq!(index.fields("core", second), TITLE | SUBSYSTEM);
        assert!(!index.terms.contains_key("secret.example"));

        // Below every number that says a date: the two texts, in the order of time.
        let rows: Vec<&Value> = index.rows.values().collect();
        assert_eq!((&rows[0][0], &rows[1][0]), (&0.into(), &1.into()));
        assert_eq!(rows.len(), if with_mail { 5 } else { 2 });
        let leads: Value = serde_json::from_slice(&public.files["search/index.json"]).unwrap();
        assert_eq!(leads["undated"], 2);
        let (old, new) = (rows[0], rows[1]);
        assert_eq!((&old[4], &old[5]), (&"".into(), &"v1, 1 patch, in 1a to 2b".into()));
        assert_eq!(new[5], "v2 RFC, 1 patch, in 2b to 3c");
        assert_eq!((&old[6], &old[7], &new[7]), (&"superseded".into(), &1.into(), &0.into()));
        let versions = serde_json::json!([[0, "v1", old[2]], [1, "v2 RFC", new[2]]]);
        assert_eq!((&old[8], &new[8]), (&serde_json::json!([]), &versions));
        let (page, id) = new[2].as_str().unwrap().split_once('#').unwrap();
        assert!(public.page(page).contains(&format!("id=\"{id}\"")));

        // What the page offers is there.
        assert_eq!(public.page("search/").contains("data-mails"), with_mail);
        assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new());
    }
}

#[test]
fn every_record_leads_to_a_page() {
    let public = site(&mails(), "").build();
    let index = Index::of(&public);
    let pages: BTreeSet<&str> = index.rows.values().map(|row| row[2].as_str().unwrap()).collect();
    let there: BTreeSet<&str> =
        public.pages("series/").into_iter().chain(public.pages("threads/")).collect();
    let of_one = |page: &&str| {
        page.matches('/').count() == 2 && page.ends_with("/") && {
            page.rsplit('-').next().is_some_and(|id| id.len() == 11)
        }
    };
    assert_eq!(pages, there.into_iter().filter(of_one).collect());
    assert_eq!(pages.len(), 3);
}

#[test]
fn addresses_that_pages_hide_are_not_in_the_index() {
    for privacy in ["hidden", "obfuscated"] {
        let public = site(&mails(), &format!("privacy: {{addresses: {privacy}}}\n")).build();
        for (name, content) in below(&public, "search/") {
            let text = String::from_utf8_lossy(content);
            assert!(!text.contains("secret.example"), "{name} ({privacy})");
            assert!(!text.contains("clement@"), "{name} ({privacy})");
        }
    }
}

/// A list of so many single patches, each with words of its own.
fn list(count: u32) -> String {
    let mut out = String::new();
    for n in 0..count {
        let title = format!("[PATCH] area{}: Change word{n} of thing{}", n % 7, n % 31);
        let body = patch(&format!("dir{}/file{n}.c", n % 13));
        mail(&mut out, 10 + n, &format!("p{n}@example.org"), &title, "", &body);
    }
    out
}

/// The files of the index that are new or different.
fn changed<'a>(before: &Public, after: &'a Public) -> BTreeSet<&'a str> {
    let new = |(name, content): &(&str, &[u8])| {
        before.files.get(*name).map(Vec::as_slice) != Some(content)
    };
    below(after, "search/").filter(new).map(|(name, _)| name).collect()
}

#[test]
fn later_mail_changes_few_files() {
    let mut mails = list(1_500);
    let site = site(&mails, "");
    let before = site.build();
    let total = below(&before, "search/").count();
    assert!(total > 60, "{total}");

    let answers = "In-Reply-To: <p700@example.org>\n";
    mail(&mut mails, 2_000, "r@example.org", "Re: [PATCH] area0: Change word700", answers, "Why?");
    site.write("mail.mbox", &mails);
    let answered = site.build();
    // Its row, and the lists of those that are new and those under review.
    let touched = changed(&before, &answered);
    assert!(touched.len() <= 5, "{touched:?}");

    let body = patch("dir5/other.c");
    mail(&mut mails, 2_001, "n@example.org", "[PATCH] area3: Grow fresh_tree", "", &body);
    site.write("mail.mbox", &mails);
    let grown = site.build();
    let numbers = |public| Index::of(public).rows.into_keys().collect::<BTreeSet<u32>>();
    let (old, new) = (numbers(&answered), numbers(&grown));
    assert!(old.is_subset(&new) && new.len() == old.len() + 1);
    let touched = changed(&answered, &grown);
    assert!(touched.len() * 2 < total, "{} of {total}", touched.len());
}

#[test]
fn mails_of_one_minute_have_numbers_of_their_own() {
    let mut mails = String::new();
    for n in 0..5 {
        let (id, title) = (format!("p{n}@example.org"), format!("[PATCH] one{n}: two"));
        mail(&mut mails, 10, &id, &title, "", &patch("f"));
    }
    let index = Index::of(&site(&mails, "").build());
    let first = 28_401_130; // date -u -d '2024-01-01 00:10' +%s, by 60
    assert_eq!(index.rows.into_keys().collect::<Vec<_>>(), (first..first + 5).collect::<Vec<_>>());
}

#[test]
fn without_script_the_form_asks_the_upstream_archive() {
    let public = site(&mails(), "").build();
    let page = public.page("search/");
    assert!(page.contains("formaction=\"https://lore.example.org/list/\""));
    assert!(page.contains("form-action 'self' https://lore.example.org; "), "{page}");
    // Only this page may.
    assert!(public.page("").contains("form-action 'self'; "));
}

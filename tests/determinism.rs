//! The same mail gives the same site: whatever the directory, the number of threads, the
//! order of the mails and the files they are in.

mod common;

use std::collections::BTreeMap;

use common::{Public, Site};

const CONFIG: &str = "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
     title: List\n    sources:\n      - mbox: mail/*.mbox\n    ranges: month\n";

/// A site with these files of mail, by relative paths.
fn site(config: &str, files: &[(&str, Vec<u8>)]) -> Site {
    let site = Site::new(config);
    for (name, content) in files {
        site.write(&format!("mail/{name}.mbox"), content);
    }
    site
}

fn built(site: &Site, jobs: &str) -> BTreeMap<String, Vec<u8>> {
    site.ok(&["build", "--quiet", "--jobs", jobs]);
    Public::read(&site.path("public")).files
}

/// Fails with the names of the files that differ, not with their bytes.
fn assert_same(one: &BTreeMap<String, Vec<u8>>, two: &BTreeMap<String, Vec<u8>>) {
    let differ = |name: &&String| one.get(*name) != two.get(*name);
    let differing: Vec<&String> = one.keys().chain(two.keys()).filter(differ).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

/// An invented list, mail by mail.
fn mails() -> Vec<Vec<u8>> {
    let site = Site::new(CONFIG);
    site.ok(&["generate", "made-up", "--mails", "400", "--seed", "5"]);
    let mut all = Vec::new();
    for file in Public::read(&site.path("made-up")).files.values() {
        all.extend(file);
    }
    let starts: Vec<usize> = memchr::memmem::find_iter(&all, b"\n\nFrom ").collect();
    let ends = starts.iter().map(|at| at + 2);
    let starts = std::iter::once(0).chain(ends.clone());
    let mails: Vec<Vec<u8>> =
        starts.zip(ends.chain([all.len()])).map(|(start, end)| all[start..end].to_vec()).collect();
    assert!(mails.len() >= 400, "{} mails", mails.len());
    mails
}

/// A letter that came twice: once as it was sent, once with what a list adds.
fn copies() -> [Vec<u8>; 2] {
    ["", "-- \nTo leave the list, write to list@example.org.\n"].map(|footer| {
        format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ann <ann@example.org>\n\
             Date: Mon, 1 Jan 2024 12:00:00 +0000\nMessage-ID: <twice@example.org>\n\
             Subject: [PATCH] core: rename\n\nWhy.\n---\n\ndiff --git a/a b/a\n--- a/a\n\
             +++ b/a\n@@ -1 +1 @@\n-a\n+b\n{footer}\n"
        )
        .into_bytes()
    })
}

#[test]
fn threads_and_directories_change_nothing() {
    let all = mails().concat();
    let files = [("2024-01", all)];
    let (one, two) = (site(CONFIG, &files), site(CONFIG, &files));
    assert_ne!(one.dir.path(), two.dir.path());
    assert_same(&built(&one, "1"), &built(&two, "2"));
}

#[test]
fn the_order_of_mails_and_their_files_change_nothing() {
    let mut mails = mails();
    mails.extend(copies());
    let straight = site(CONFIG, &[("all", mails.concat())]);
    // 397 is prime: a step through all mails that leaves no neighbours together.
    let count = mails.len();
    assert_ne!(count % 397, 0);
    let shuffled: Vec<Vec<u8>> =
        (0..count).map(|n| mails[(n * 397 + 11) % count].clone()).collect();
    let parts = ["c", "a", "b"];
    let files: Vec<(&str, Vec<u8>)> = parts
        .into_iter()
        .zip(shuffled.chunks(count.div_ceil(3)))
        .map(|(n, m)| (n, m.concat()))
        .collect();
    assert_same(&built(&straight, "2"), &built(&site(CONFIG, &files), "2"));
}

/// What other programs are told of the mails and postings of a site.
fn exported(site: &Site) -> [String; 2] {
    ["mails", "postings"].map(|what| site.ok(&["export", what]))
}

/// Numbers that look random and are the same in every run (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }
}

/// A mail that says anything: numbers that don't fit, answers to later mails and to itself,
/// the Message-ID and the date of another.
fn hostile_mail(random: &mut Random) -> Vec<u8> {
    let from = random.of(&["ann", "bob", "Ann", "cyd"]);
    let prefix =
        random.of(&["PATCH", "PATCH v2", "PATCHv2.1", "RFC", "PATCH 5.10", "RESEND PATCH"]);
    let re = random.of(&["", "", "", "Re: ", "Fwd: "]);
    let (index, total) = (random.below(5), random.below(4));
    let number = if total == 0 { String::new() } else { format!(" {index}/{total}") };
    let title = random.of(&["a: one", "a: two", "A:  one", "b: three"]);
    let (minute, id) = (random.below(50), random.below(160));
    let mut mail = format!(
        "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: {from} <{from}@example.org>\n\
         Date: Mon, 1 Jan 2024 12:{minute:02}:00 +0000\nMessage-ID: <m{id}@example.org>\n\
         Subject: {re}[{prefix}{number}] {title}\n"
    );
    for header in ["References", "References", "In-Reply-To"] {
        if random.below(2) == 0 {
            let (one, two) = (random.below(170), random.below(170));
            mail += &format!("{header}: <m{one}@example.org> <m{two}@example.org>\n");
        }
    }
    let named = random.below(160);
    mail += &match random.below(6) {
        0 => format!("\nWords.\n\nchange-id: 20240101-{}\n\n", named % 5),
        1 => format!("\nSupersedes: <m{named}@example.org>\n\n"),
        2 => format!("\nv1: https://lists.example.org/r/m{named}@example.org/\n\n"),
        3 => format!("\nBased-on: <m{named}@example.org>\n\n"),
        _ => format!(
            "\nWhy.\n---\n\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b{}\n\n",
            named % 3
        ),
    };
    mail.into_bytes()
}

#[test]
fn the_order_and_the_files_of_a_hostile_list_change_nothing() {
    for seed in 0..6 {
        let mut random = Random(seed);
        let mails: Vec<Vec<u8>> = (0..240).map(|_| hostile_mail(&mut random)).collect();
        let straight = exported(&site(CONFIG, &[("all", mails.concat())]));
        let lines = straight[0].lines().count();
        assert!(lines > 100 && straight[1].lines().count() > 40, "{lines} mails");
        let mut files = vec![Vec::new(); 5];
        let mut order: Vec<&Vec<u8>> = mails.iter().collect();
        order.sort_by_cached_key(|_| random.below(1 << 30));
        for mail in order {
            files[random.below(5) as usize].extend(mail);
        }
        let names = ["d", "b", "e", "a", "c"];
        let files: Vec<(&str, Vec<u8>)> = names.into_iter().zip(files).collect();
        assert_eq!(exported(&site(CONFIG, &files)), straight, "seed {seed}");
    }
}

#[test]
fn building_again_writes_nothing() {
    let site = site(CONFIG, &[("all", mails().concat())]);
    let first = built(&site, "2");
    let told = site.ok(&["build", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["written"], 0, "{told}");
    assert_same(&first, &Public::read(&site.path("public")).files);
}

/// A mail that went to two lists is in the digest of the file that holds it on each.
#[test]
fn a_mail_on_two_lists_is_in_the_right_range_of_each() {
    let letter = |id: &str| {
        format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ann <ann@example.org>\n\
             Date: Mon, 1 Jan 2024 12:00:00 +0000\nMessage-ID: <{id}@example.org>\n\
             Subject: Letter {id}\n\nHello {id}.\n\n"
        )
    };
    let site = Site::new(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: one\n    title: One\n    \
         sources:\n      - mbox: one/*.mbox\n  - id: two\n    title: Two\n    \
         sources:\n      - mbox: two/*.mbox\n",
    );
    site.write("one/first.mbox", letter("both"));
    site.write("two/first.mbox", letter("other"));
    site.write("two/second.mbox", letter("both"));
    let public = site.build();
    assert!(public.page("one/digests/first/").contains("Letter both"));
    assert!(public.page("two/digests/second/").contains("Letter both"));
    assert!(!public.page("two/digests/first/").contains("Letter both"));
    assert_eq!(public.mail_anchors().len(), 2);
}

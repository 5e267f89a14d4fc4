//! Mail that several processes have read, each a part of it, and one has put together: the site is
//! that of one build, byte for byte.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fs;
use std::path::Path;

use common::{Public, Site};

const CONFIG: &str = "title: Test\nbase_url: https://example.org/site\n\
     subsystems: {maintainers: MAINTAINERS}\npeople: {mailmap: .mailmap}\n\
     digest: {together: month}\nlists:\n\
     \x20 - {id: one, title: One, ranges: month}\n\
     \x20 - {id: two, title: Two, ranges: {every: 50}}\n";

/// What is wrong with mails is told in the order of the lists.
const FAULTY: &str =
    "From a Thu Jan  1 00:00:00 1970\nSubject: no sender, no date, no id\n\nText.\n\n";

/// Two lists that share a month of mail, and each have some that something is wrong with.
fn house() -> Site {
    let site = Site::new(CONFIG);
    for (list, seed) in [("one", "1"), ("two", "2")] {
        let directory = format!("content/lists/{list}");
        site.ok(&["generate", &directory, "--mails", "200", "--seed", seed]);
        site.write(&format!("{directory}/zz.mbox"), FAULTY.replace("no date", list));
    }
    let first = mbox(&site.path("content/lists/one"));
    fs::copy(&first, site.path("content/lists/two/from-one.mbox")).unwrap();
    site.write("MAINTAINERS", "HEAD\n----\n\nLOCKS\nM:\tAda <ada@example.org>\nK:\tlock\n");
    site.write(".mailmap", "");
    site
}

fn mbox(list: &Path) -> std::path::PathBuf {
    common::mbox_files(list).into_iter().next().unwrap()
}

fn read(site: &Site, list: &str) {
    site.ok(&["read", "--quiet", "--list", list, "--facts", &format!("facts/{list}")]);
}

/// The site that is made of what was kept; `public` is that of one build.
fn together(site: &Site) -> Public {
    site.ok(&["build", "--quiet", "--output", "apart", "--facts", "facts/two", "facts/one"]);
    Public::read(&site.path("apart"))
}

fn assert_same(apart: &Public, one: &Public) {
    let differing: Vec<&String> = one
        .files
        .keys()
        .chain(apart.files.keys())
        .filter(|name| one.files.get(*name) != apart.files.get(*name))
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn what_is_read_apart_makes_the_same_site() {
    let site = house();
    read(&site, "one");
    read(&site, "two");
    let apart = together(&site);
    assert!(!site.path(".patchpress/facts").exists(), "a build that is given facts keeps none");
    let problems = apart.page("problems/");
    assert!(problems.contains("one") && problems.contains("two"), "{problems}");
    assert_same(&apart, &site.build());
}

#[test]
fn a_list_that_grew_is_read_again_alone() {
    let site = house();
    read(&site, "one");
    read(&site, "two");
    together(&site);
    let before =
        ["one", "two"].map(|list| fs::metadata(site.path(&format!("facts/{list}"))).unwrap());
    site.ok(&["generate", "more", "--mails", "40", "--seed", "9"]);
    fs::copy(mbox(&site.path("more")), site.path("content/lists/two/more.mbox")).unwrap();
    // What nobody has read yet is read by the build.
    assert_same(&together(&site), &site.build());
    // That a file looks older, or has become old, is nothing to write all of it for.
    let mboxes = common::mbox_files(&site.path("content/lists/one"));
    mboxes.iter().for_each(|mbox| common::age(mbox, 1_600_000_000));
    read(&site, "one");
    read(&site, "two");
    let after =
        ["one", "two"].map(|list| fs::metadata(site.path(&format!("facts/{list}"))).unwrap());
    assert_eq!(before[0].modified().unwrap(), after[0].modified().unwrap());
    assert!(before[1].len() < after[1].len());
    assert_same(&together(&site), &site.build());
}

/// A file in two lists is read for each of them, and its mail stays on both.
#[test]
fn a_file_of_two_lists_is_known_for_both() {
    let lists = "  - {id: one, title: One, ranges: month, sources: [{mbox: a.mbox}]}\n\
                 \x20 - {id: two, title: Two, ranges: month, sources: [{mbox: a.mbox}]}\n";
    let site =
        Site::new(&format!("title: Test\nbase_url: https://example.org/site\nlists:\n{lists}"));
    site.ok(&["generate", "made", "--mails", "60", "--seed", "3"]);
    fs::copy(mbox(&site.path("made")), site.path("a.mbox")).unwrap();
    let fresh = site.build();
    site.write("content/about.md", "---\ntitle: About\n---\nText.\n");
    site.build();
    fs::remove_file(site.path("content/about.md")).unwrap();
    site.write("b.mbox", "");
    assert_same(&site.build(), &fresh);
    read(&site, "one");
    read(&site, "two");
    assert_same(&together(&site), &fresh);
}

#[test]
fn what_is_no_file_of_facts_is_refused_or_read_again() {
    let site = house();
    let refused = site.run(&["read", "--facts", "config.yaml"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(fs::read_to_string(site.path("config.yaml")).unwrap(), CONFIG);
    let missing = site.run(&["build", "--quiet", "--facts", "facts/nowhere"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("facts/nowhere"));
    assert_eq!(site.run(&["read", "--list", "three", "--facts", "x"]).status.code(), Some(1));
    read(&site, "one");
    let mut bytes = fs::read(site.path("facts/one")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    site.write("facts/one", &bytes);
    site.write("facts/two", "patchpress-facts 999\n");
    let told = site.run(&["build", "--output", "apart", "--facts", "facts/one", "facts/two"]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("damaged") && told.contains("another version"), "{told}");
    assert_same(&Public::read(&site.path("apart")), &site.build());
}

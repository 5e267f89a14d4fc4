//! Whole sites from real lists: every mail in exactly one place, every link leads
//! somewhere, nothing of a mail became markup, and postings are what the truth says.
//!
//! `PATCHPRESS_DATA` names the directory of the lists, `PATCHPRESS_SCORER` the program that
//! compares postings with a truth; what is not here is skipped.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::{Public, Site, config, data, mbox_files};
use serde_json::Value;

/// Lists, and how many mails they have, copies included.
const LISTS: [(&str, usize); 6] = [
    ("live-patching-2023-2026", 3472),
    ("openwrt-devel-2019H2", 4156),
    ("linux-nilfs.mbox", 2131),
    ("xdp-newbies.mbox", 1941),
    ("oddities.mbox", 516),
    ("pipermail-twisted-web", 4052),
];

#[test]
fn real_lists_become_whole_sites() {
    for (name, mails) in LISTS {
        let Some(path) = data(name) else { continue };
        let site = Site::of(&path);
        let public = site.build();
        let ids = exported_ids(&site);
        let (split, distinct) = counted(&path);
        assert_eq!(split, mails, "{name}: mails by git mailsplit");
        let differ = ids.iter().zip(&distinct).find(|(ours, theirs)| ours != theirs);
        assert_eq!((differ, ids.len()), (None, distinct.len()), "{name}: ours, theirs");
        let links = is_sound(name, ids.len(), &public);
        println!(
            "{name}: {mails} mails, {} copies, {} exported and anchored, {links} links",
            mails - ids.len(),
            ids.len()
        );
    }
}

/// One list is enough: how a range is cut does not depend on what its mails are like.
#[test]
fn a_real_list_can_be_cut_in_other_ways() {
    let (name, mails) = LISTS[4];
    let Some(path) = data(name) else { return };
    let exported = exported_ids(&Site::of(&path)).len();
    assert!(exported <= mails);
    for ranges in ["day", "week", "{every: 100}"] {
        let public = Site::new(&config(&path, ranges)).build();
        is_sound(&format!("{name} by {ranges}"), exported, &public);
    }
}

/// Looks at all pages; gives the number of links in them.
fn is_sound(name: &str, mails: usize, public: &Public) -> usize {
    let report = public.check("/site/");
    let twice: Vec<_> = report.mail_anchors.iter().filter(|(_, n)| **n > 1).take(5).collect();
    assert!(twice.is_empty(), "{name}: shown twice: {twice:?}");
    assert_eq!(report.mail_anchors.len(), mails, "{name}: mails with an anchor");
    let (broken, foreign) = (&report.broken_links, &report.foreign);
    assert!(broken.is_empty(), "{name}: {} broken, {:?}", broken.len(), first(broken));
    assert!(foreign.is_empty(), "{name}: {} foreign, {:?}", foreign.len(), first(foreign));
    assert_eq!(public.strange_paths(), Vec::<&str>::new(), "{name}");
    report.links
}

fn first(faults: &[String]) -> &[String] {
    &faults[..faults.len().min(5)]
}

/// The Message-ID of each mail that the archive keeps, sorted.
fn exported_ids(site: &Site) -> Vec<String> {
    let id = |line: &str| -> String {
        let mail: BTreeMap<String, Value> = serde_json::from_str(line).expect("JSON");
        mail["message_id"].as_str().expect("text").to_owned()
    };
    let mut ids: Vec<String> = site.ok(&["export", "mails"]).lines().map(id).collect();
    ids.sort();
    ids
}

/// How many mails git and Python find, and the Message-IDs of those that are no copies.
fn counted(path: &Path) -> (usize, Vec<String>) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/count_mails.py");
    let output = Command::new("python3").arg(script).args(mbox_files(path)).output();
    let output = output.expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let ids = told["message_ids"].as_array().expect("a list");
    let ids = ids.iter().map(|id| id.as_str().expect("text").to_owned());
    (told["mails"].as_u64().expect("a number") as usize, ids.collect())
}

/// The least shares of postings and versions that must be right.
const TRUTHS: [(&str, &str, f64, f64); 3] = [
    ("kvm-unit-tests", "truth.jsonl", 1.0, 1.0),
    ("git-small", "truth.jsonl", 1.0, 1.0),
    ("live-patching-2023-2026", "truth-b4.jsonl", 1.0, 1.0),
];

#[test]
fn postings_are_what_the_truth_says() {
    let Some(scorer) = std::env::var_os("PATCHPRESS_SCORER") else {
        println!("skipped: PATCHPRESS_SCORER names no score_grouping.py");
        return;
    };
    for (name, truth, postings, versions) in TRUTHS {
        let Some(path) = data(name) else { continue };
        let site = Site::of(&path);
        site.write("mails.jsonl", site.ok(&["export", "mails"]));
        let output = Command::new("python3")
            .arg(&scorer)
            .args([site.path("mails.jsonl"), path.join(truth)])
            .output()
            .expect("python3 runs");
        let told = String::from_utf8_lossy(&output.stdout);
        let last = told.lines().last().unwrap_or("");
        println!("{name}: {last}");
        assert!(last.starts_with("postings"), "{name}: {told}");
        assert!(share_of(last, "postings") >= postings, "{name}: {last}");
        assert!(share_of(last, "versions") >= versions, "{name}: {last}");
    }
}

fn share_of(line: &str, key: &str) -> f64 {
    let mut words = line.split_whitespace().skip_while(|w| *w != key).skip(1);
    words.next().and_then(|w| w.parse().ok()).unwrap_or(-1.0)
}

//! Whole sites from real lists: every mail in exactly one place, every link leads
//! somewhere, nothing of a mail became markup, and postings are what the truth says.

mod common;

use std::collections::HashMap;
use std::process::Command;

use common::{Public, Site, data};

/// A list, and how many mails it has, copies included.
const LISTS: [(&str, usize); 6] = [
    ("live-patching-2023-2026", 3472),
    ("openwrt-devel-2019H2", 4156),
    ("linux-nilfs.mbox", 2131),
    ("xdp-newbies.mbox", 1941),
    ("oddities.mbox", 516),
    ("pipermail-twisted-web", 3800),
];

#[test]
fn real_lists_become_whole_sites() {
    for (name, mails) in LISTS {
        let Some(path) = data(name) else { continue };
        let site = Site::of(&path);
        let public = site.build();
        let exported = site.ok(&["export", "mails"]).lines().count();
        assert!(exported <= mails && exported * 100 >= mails * 98, "{name}: {exported} of {mails}");
        each_mail_is_shown_once(name, exported, &public);
        let broken = public.broken_links("/site/");
        assert!(
            broken.is_empty(),
            "{name}: {} broken, {:?}",
            broken.len(),
            &broken[..5.min(broken.len())]
        );
        let foreign = public.foreign_markup();
        assert!(foreign.is_empty(), "{name}: {:?}", &foreign[..5.min(foreign.len())]);
    }
}

fn each_mail_is_shown_once(name: &str, mails: usize, public: &Public) {
    let anchors: HashMap<String, u32> = public.mail_anchors();
    let twice: Vec<_> = anchors.iter().filter(|(_, n)| **n > 1).take(5).collect();
    assert!(twice.is_empty(), "{name}: shown twice: {twice:?}");
    assert_eq!(anchors.len(), mails, "{name}: mails with an anchor");
}

/// The least shares of postings and versions that must be right.
const TRUTHS: [(&str, &str, f64, f64); 3] = [
    ("kvm-unit-tests", "truth.jsonl", 0.97, 0.99),
    ("git-small", "truth.jsonl", 0.97, 0.99),
    ("live-patching-2023-2026", "truth-b4.jsonl", 0.97, 0.99),
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

//! Postings as mbox, read by git: what `git am` would commit, beside the mails that the
//! patches came from, and beside what `patchpress export postings` says of them.
//!
//! `PATCHPRESS_DATA` names the directory of the lists; without it this is skipped.

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use common::{Site, data};
use patchpress::archive::Opened;
use patchpress::archive::mbox::{CoverLetter, posting_mbox};
use patchpress::progress::Silent;
use serde_json::Value;

/// How many postings are looked at.
const SAMPLE: usize = 100;

#[test]
fn git_finds_in_a_postings_mbox_what_its_mails_say() {
    for name in ["git-medium", "linux-nilfs.mbox", "openwrt-devel-2019H2"] {
        let Some(path) = data(name) else { continue };
        let site = Site::of(&path);
        let written = mboxes(&site);
        let files = common::mbox_files(&path);
        let told = told_by_git(&site, files);
        assert_eq!(told.len(), written, "{name}: messages by git mailsplit");
        let rows = exported(&site);
        let mut compared = 0;
        for (id, git) in &told {
            assert_eq!(git["same"], true, "{name}: {id}: the mbox and the mail, both by git");
            let own = &rows[id];
            if git["patch_id"].is_null() || git["flowed"] == true || !is_plain(git) {
                continue;
            }
            assert_eq!(own["patch_id"], git["patch_id"], "{name}: {id}");
            let ours = (&own["author"]["name"], &own["author"]["address"]);
            assert_eq!(ours, (&git["author"], &git["email"]), "{name}: {id}");
            compared += 1;
        }
        assert!(compared * 10 > written * 8, "{name}: {compared} of {written} compared");
        println!("{name}: {written} patches of {SAMPLE} postings, {compared} compared");
    }
}

/// Whether git has an author to compare with: it leaves alone what a list made of a sender,
/// takes an address for a name, and loses what stands in brackets.
fn is_plain(git: &Value) -> bool {
    let text = |key: &str| git[key].as_str().unwrap_or("").to_owned();
    let (name, email) = (text("author"), text("email"));
    !name.contains('@') && !name.contains(" via ") && !name.contains('"') && email.contains('@')
}

/// Writes every so many postings' patches into `postings.mbox`; gives how many patches.
fn mboxes(site: &Site) -> usize {
    let config = patchpress::config::load(&site.path("config.yaml")).expect("a configuration");
    let opened = Opened::of(&config, &Silent).expect("readable");
    let postings: Vec<_> =
        opened.archive.postings.iter().filter(|p| !p.patches.is_empty()).collect();
    let step = postings.len().div_ceil(SAMPLE).max(1);
    let mut mbox = Vec::new();
    let mut patches = 0;
    for posting in postings.iter().step_by(step) {
        let bodies = opened.bodies();
        mbox.extend(posting_mbox(posting, CoverLetter::Omit, |mail| bodies.raw(mail)));
        patches += posting.patches.len();
    }
    site.write("postings.mbox", mbox);
    patches
}

/// For each Message-ID in `postings.mbox` what git says.
fn told_by_git(site: &Site, sources: Vec<PathBuf>) -> BTreeMap<String, Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/postings.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(site.path("postings.mbox"))
        .args(sources)
        .output()
        .expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    by_message_id(String::from_utf8(output.stdout).expect("UTF-8").lines())
}

/// Every patch of `export postings`, by Message-ID.
fn exported(site: &Site) -> BTreeMap<String, Value> {
    let rows = site.ok(&["export", "postings"]);
    let patches = rows.lines().flat_map(|line| {
        let row: Value = serde_json::from_str(line).expect("JSON");
        row["patches"].as_array().cloned().unwrap_or_default()
    });
    let patches: Vec<String> = patches.map(|patch| patch.to_string()).collect();
    by_message_id(patches.iter().map(String::as_str))
}

fn by_message_id<'a>(rows: impl Iterator<Item = &'a str>) -> BTreeMap<String, Value> {
    let row = |line| -> (String, Value) {
        let row: Value = serde_json::from_str(line).expect("JSON");
        (row["message_id"].as_str().expect("text").to_owned(), row)
    };
    rows.map(row).collect()
}

/// The command prints what is in the site, and what the library makes.
#[test]
fn the_command_prints_what_the_page_offers() {
    let site = Site::new(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    title: List\n    \
         sources:\n      - mbox: made-up/*.mbox\n",
    );
    site.ok(&["generate", "made-up", "--mails", "60", "--seed", "3"]);
    let public = site.build();
    let mut compared = 0;
    for line in site.ok(&["export", "postings"]).lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let url = row["url"].as_str().expect("text");
        let name = url.trim_end_matches('/').rsplit('/').next().expect("a name");
        let offered = public
            .files
            .iter()
            .find(|(path, _)| path.ends_with(".mbox") && path.contains(&format!("series/{name}/")));
        if let Some((_, offered)) = offered {
            assert!(site.run(&["mbox", url]).stdout == *offered, "{url}");
            compared += 1;
        }
    }
    assert!(compared > 5, "{compared} compared");
}

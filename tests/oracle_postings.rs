//! Postings as mbox, read by git: what `git am` would commit, beside the mails that the
//! patches came from, and beside what `patchpress export postings` says of them.
//!
//! `PATCHPRESS_DATA` names the directory of the lists; without it this is skipped.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Site, data};
use patchpress::archive::mbox::am_mbox;
use patchpress::archive::{Opened, PostingId};
use patchpress::progress::Silent;
use serde_json::Value;

/// Lists, and how many of their postings are looked at.
const LISTS: [(&str, usize); 4] = [
    ("git-medium", 200),
    ("util-linux.git", 200),
    ("linux-nilfs.mbox", 60),
    ("openwrt-devel-2019H2", 60),
];

#[test]
fn git_finds_in_a_postings_mbox_what_its_mails_say() {
    for (name, sample) in LISTS {
        let Some(path) = data(name) else { continue };
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let path = if name.ends_with(".git") { as_mbox(&path, scratch.path()) } else { path };
        let site = Site::of(&path);
        let written = mboxes(&site, sample);
        let told = told_by_git(&site, common::mbox_files(&path));
        let all: Vec<&String> = told.keys().collect();
        assert_eq!(all, written.iter().collect::<Vec<_>>(), "{name}: messages by git mailsplit");
        let rows = exported(&site);
        let (mut compared, mut added) = (0, 0);
        for (id, git) in &told {
            assert_eq!(git["same"], true, "{name}: {id}: the mbox and the mail, both by git");
            let own = &rows[id];
            assert_eq!(lines(&git["added"]), given_in_replies(own), "{name}: {id}");
            added += lines(&git["added"]).len();
            // Bytes that are no text have another patch-id as text.
            let is_text = git["utf8"] == true && git["flowed"] == false && git["enclosed"] == false;
            if git["patch_id"].is_null() || !is_text || !is_plain(git) {
                continue;
            }
            assert_eq!(own["patch_id"], git["patch_id"], "{name}: {id}");
            let ours = (&own["author"]["name"], &own["author"]["address"]);
            assert_eq!(ours, (&git["author"], &git["email"]), "{name}: {id}");
            compared += 1;
        }
        assert!(
            compared * 10 > written.len() * 8,
            "{name}: {compared} of {} compared",
            written.len()
        );
        println!(
            "{name}: {} patches of {sample} postings, {compared} compared, {added} trailers added",
            written.len()
        );
    }
}

/// The mail of a public-inbox repository as an mbox in `scratch`.
fn as_mbox(repository: &Path, scratch: &Path) -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/public_inbox.py");
    let output = Command::new("python3").arg(script).arg(repository).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path = scratch.join("mail.mbox");
    fs::write(&path, output.stdout).expect("writable");
    path
}

fn lines(rows: &Value) -> BTreeSet<String> {
    let rows = rows.as_array().into_iter().flatten();
    rows.map(|line| line.as_str().expect("text").to_owned()).collect()
}

/// The trailers of an exported patch that do not stand in it and are their senders' own.
fn given_in_replies(patch: &Value) -> BTreeSet<String> {
    let rows = patch["trailers"].as_array().into_iter().flatten();
    let given = rows.filter(|row| row["message_id"] != patch["message_id"]);
    let own = given.filter(|row| row["matches_sender"] == true && row["name"] != "Nacked-by");
    own.map(line).collect()
}

fn line(row: &Value) -> String {
    let text = |key: &str| row[key].as_str().expect("text").to_owned();
    format!("{}: {}", text("name"), text("value"))
}

/// `series.jsonl` beside the made lists names the trailers that replies gave to each patch,
/// in the last round that asked for review. All of them are found, and no other in replies.
#[test]
fn replies_give_the_trailers_that_the_truth_names() {
    for name in ["git-medium", "kvm-unit-tests"] {
        let Some(path) = data(name) else { continue };
        let rows = exported(&Site::of(&path));
        let truth = fs::read_to_string(path.join("series.jsonl")).expect("the truth");
        let (mut expected, mut answered) = (BTreeMap::new(), 0);
        for series in truth.lines() {
            let series: Value = serde_json::from_str(series).expect("JSON");
            let versions = series["versions"].as_array().expect("versions");
            let asks = &versions[versions.len().saturating_sub(2)];
            for (index, trailers) in series["reply_trailers"].as_object().expect("trailers") {
                let index: usize = index.parse().expect("a number");
                let patch = asks["patches"][index - 1].as_str().expect("a Message-ID");
                answered += trailers.as_array().map_or(0, Vec::len);
                expected.insert(patch.to_owned(), lines(trailers));
            }
        }
        let replies: BTreeMap<String, String> = parents(&path);
        for (id, patch) in &rows {
            let to_this = |row: &&Value| {
                let given_in = row["message_id"].as_str().expect("text");
                replies.get(given_in).is_some_and(|parent| parent == id)
            };
            let found = patch["trailers"].as_array().into_iter().flatten().filter(to_this);
            let found: BTreeSet<String> = found.map(line).collect();
            let named = expected.remove(id).unwrap_or_default();
            assert_eq!(found, named, "{name}: {id}");
        }
        assert_eq!(expected, BTreeMap::new(), "{name}: of patches that are not there");
        assert!(answered > 200, "{name}: {answered}");
        println!("{name}: {answered} trailers in replies, all found and no other");
    }
}

/// What each reply of a made list answers, by Message-ID.
fn parents(list: &Path) -> BTreeMap<String, String> {
    let truth = fs::read_to_string(list.join("truth.jsonl")).expect("the truth");
    let reply = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        (row["kind"] == "reply").then(|| Some((text("mid")?, text("parent")?))).flatten()
    };
    truth.lines().filter_map(reply).collect()
}

/// Whether git has an author to compare with: it leaves alone what a list made of a sender,
/// takes an address for a name, and loses what stands in brackets.
fn is_plain(git: &Value) -> bool {
    let text = |key: &str| git[key].as_str().unwrap_or("").to_owned();
    let (name, email) = (text("author"), text("email"));
    !name.contains('@') && !name.contains(" via ") && !name.contains('"') && email.contains('@')
}

/// Writes every so many postings as for `git am` into `postings.mbox`; gives the Message-IDs
/// of their patches.
fn mboxes(site: &Site, sample: usize) -> BTreeSet<String> {
    let config = patchpress::config::load(&site.path("config.yaml")).expect("a configuration");
    let opened = Opened::of(&config, &Silent).expect("readable");
    let archive = &opened.archive;
    let ids = (0..archive.postings.len() as u32).map(PostingId);
    let postings: Vec<PostingId> =
        ids.filter(|id| !archive.posting(*id).patches.is_empty()).collect();
    let step = postings.len().div_ceil(sample).max(1);
    let (mut mbox, mut patches) = (Vec::new(), BTreeSet::new());
    for id in postings.into_iter().step_by(step) {
        let bodies = opened.bodies();
        mbox.extend(am_mbox(archive, id, |mail| bodies.raw(mail)));
        let stands = archive.standing(id);
        patches.extend(
            stands.iter().map(|(_, slot)| archive.mail(slot.mail).message_id().to_string()),
        );
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
    let (mut compared, mut sent) = (0, 0);
    for line in site.ok(&["export", "postings"]).lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let url = row["url"].as_str().expect("text");
        let name = url.trim_end_matches('/').rsplit('/').next().expect("a name");
        let offered = public.files.iter().filter(|(path, _)| {
            path.ends_with(".mbox") && path.contains(&format!("series/{name}/"))
        });
        for (path, offered) in offered {
            let as_sent = path.ends_with("-as-sent.mbox");
            let arguments: &[&str] =
                if as_sent { &["mbox", "--as-sent", url] } else { &["mbox", url] };
            assert!(site.run(arguments).stdout == *offered, "{path}");
            compared += 1;
            sent += u32::from(as_sent);
        }
    }
    assert!(compared > 5 && sent > 0, "{compared} compared, {sent} as sent");
}

//! Which patch became which, beside `git range-diff`.
//!
//! git is given commits made of the patches alone, in a repository that is made up from what
//! their hunks show (`tests/oracles/range_diff.py`). `PATCHPRESS_DATA` names the directory of
//! the lists; without it this is skipped.

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Site, data};
use patchpress::archive::compare::lines::Version;
use patchpress::archive::compare::scope;
use patchpress::archive::compare::{CREATION_FACTOR, Comparison, Limits, Row};
use patchpress::archive::{MailId, Opened, PostingId};
use patchpress::mail::Shown;
use patchpress::progress::Silent;
use serde_json::{Value, json};

/// How many series are looked at.
const SAMPLE: usize = 115;

/// One revision: its patches as they were read.
type Revision = Vec<(MailId, Shown)>;

/// Two revisions of a series that follow each other.
struct Pair {
    name: String,
    old: Revision,
    new: Revision,
}

/// Revisions as the list's own truth has them.
#[test]
fn git_range_diff_pairs_the_same_patches() {
    let Some(path) = data("git-medium") else { return };
    let opened = open(&path);
    let pairs = pairs(&opened, &path.join("series.jsonl"));
    assert!(pairs.len() >= SAMPLE, "{} pairs", pairs.len());
    side_by_side(&opened, &pairs);
}

/// Revisions of a real list, as they are compared on its pages.
#[test]
fn git_range_diff_pairs_the_same_patches_of_a_real_list() {
    let Some(path) = data("live-patching-2023-2026") else { return };
    let opened = open(&path);
    let pairs = pairs_of_pages(&opened);
    assert!(pairs.len() >= 30, "{} pairs", pairs.len());
    side_by_side(&opened, &pairs);
}

fn open(path: &Path) -> Opened {
    let site = Site::of(path);
    let config = patchpress::config::load(&site.path("config.yaml")).expect("a configuration");
    Opened::of(&config, &Silent).expect("readable")
}

/// Asks git, and holds what it says against ours: what differs is printed, and has a reason.
fn side_by_side(opened: &Opened, pairs: &[Pair]) {
    let told = told_by_git(opened, pairs);
    let (mut agreed, mut compared, mut unexplained) = (0, 0, Vec::new());
    for (pair, told) in pairs.iter().zip(&told) {
        assert_eq!(told["name"], pair.name.as_str());
        let Some(git) = told["rows"].as_array() else {
            println!("{}: git was not asked: {}", pair.name, told["skipped"]);
            continue;
        };
        compared += 1;
        let git: Vec<String> = git.iter().map(Value::to_string).collect();
        let own = own_rows(opened, pair);
        if own.iter().map(|(row, _)| row).eq(&git) {
            agreed += 1;
            continue;
        }
        let theirs: Vec<&String> =
            git.iter().filter(|g| own.iter().all(|(o, _)| o != *g)).collect();
        let ours: Vec<_> = own.iter().filter(|(row, _)| !git.contains(row)).collect();
        println!("{}: ours {ours:?}, git's {theirs:?}", pair.name);
        // What git calls dropped and added is one patch to us where the title is the same.
        let is_alone = |row: &&String| row.contains("null");
        if !ours.iter().all(|(_, why)| *why == "the same title") || !theirs.iter().all(is_alone) {
            unexplained.push(&pair.name);
        }
    }
    println!("{compared} pairs of revisions compared, {agreed} agree to the row");
    // Copies and renames can't be made up from hunks.
    assert!(compared * 10 >= pairs.len() * 8, "{compared} of {}", pairs.len());
    assert!(unexplained.len() * 50 <= compared, "{unexplained:?}");
}

/// Postings of several patches and their predecessors.
fn pairs_of_pages(opened: &Opened) -> Vec<Pair> {
    let archive = &opened.archive;
    let bodies = opened.bodies();
    let read = |id: PostingId| {
        let mails = archive.standing(id).into_iter().map(|(_, slot)| slot.mail);
        mails.map(|mail| (mail, bodies.mail(mail))).collect::<Revision>()
    };
    let all = (0..archive.postings.len() as u32).map(PostingId);
    let pairs = all.filter_map(|later| {
        let earlier = scope::predecessor(archive, later)?;
        let name = archive.posting(later).title.clone();
        Some(Pair { name, old: read(earlier), new: read(later) })
    });
    pairs.filter(|pair| pair.old.len().max(pair.new.len()) > 1).collect()
}

/// The last two revisions of series with several patches, as the list's own truth has them.
fn pairs(opened: &Opened, truth: &Path) -> Vec<Pair> {
    let text = std::fs::read_to_string(truth).expect("readable");
    let rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let revisions = |row: &Value| row["versions"].as_array().map_or(0, Vec::len);
    let patches = |row: &Value| row["versions"][0]["patches"].as_array().map_or(0, Vec::len);
    let all: Vec<&Value> = rows.iter().filter(|r| revisions(r) > 1 && patches(r) > 1).collect();
    let step = (all.len() / SAMPLE).max(1);
    let pair = |row: &&Value| {
        let versions = row["versions"].as_array().expect("a list");
        let read = |version: &Value| revision(opened, version);
        Pair {
            name: format!("series {}", row["series"]),
            old: read(&versions[versions.len() - 2]),
            new: read(&versions[versions.len() - 1]),
        }
    };
    all.iter().step_by(step).map(pair).collect()
}

fn revision(opened: &Opened, version: &Value) -> Revision {
    let patches = version["patches"].as_array().expect("a list").iter();
    let bodies = opened.bodies();
    let read = |id: &Value| {
        let mail = opened.archive.find(id.as_str().expect("text")).expect("a mail");
        (mail, bodies.mail(mail))
    };
    patches.map(read).collect()
}

/// Each row as git's are written, and what may be its reason where git has it otherwise.
fn own_rows(opened: &Opened, pair: &Pair) -> Vec<(String, &'static str)> {
    let versions = |revision| versions(opened, revision);
    let (old, new) = (versions(&pair.old), versions(&pair.new));
    let comparison = Comparison::of(old, new, CREATION_FACTOR, Limits::default());
    let row = |row: &Row<'_>| {
        let (old, sign, new) = match row {
            Row::Stands { old, new } | Row::Unchanged { old, new } => (Some(old), "=", Some(new)),
            Row::Changed { old, new, .. } => (Some(old), "!", Some(new)),
            Row::Dropped { old, .. } => (Some(old), "<", None),
            Row::Added { new, .. } => (None, ">", Some(new)),
        };
        let title = |v: &Version<'_>| v.title.to_lowercase();
        let same = old
            .zip(new)
            .is_some_and(|(old, new)| title(&comparison.old[*old]) == title(&comparison.new[*new]));
        let number = |at: Option<&usize>| at.map(|at| at + 1);
        let row = json!([number(old), sign, number(new)]).to_string();
        (row, if same { "the same title" } else { "" })
    };
    comparison.rows.iter().map(row).collect()
}

fn versions<'a>(opened: &'a Opened, revision: &'a Revision) -> Vec<Version<'a>> {
    let version = |(index, (mail, shown)): (u32, &'a (MailId, Shown))| {
        let facts = opened.archive.mail(*mail);
        let (title, author, patch_id) = (facts.title(), facts.author(), facts.patch_id());
        Version { index, mail: *mail, title, author, patch_id, shown: Some(shown) }
    };
    (1..).zip(revision).map(version).collect()
}

/// What git makes of the pairs, in their order.
fn told_by_git(opened: &Opened, pairs: &[Pair]) -> Vec<Value> {
    let patch = |(mail, shown): &(MailId, Shown)| {
        let facts = opened.archive.mail(*mail);
        let text = |range: &std::ops::Range<usize>| &shown.body.text[range.clone()];
        json!({
            "title": facts.title(),
            "author": facts.author().name,
            "email": facts.author().email,
            "message": text(&shown.patch.message),
            "diff": text(&shown.patch.diff),
        })
    };
    let side = |revision: &Revision| revision.iter().map(patch).collect::<Vec<Value>>();
    let line = |p: &Pair| json!({"name": p.name, "old": side(&p.old), "new": side(&p.new)});
    let lines: String = pairs.iter().map(|pair| format!("{}\n", line(pair))).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/range_diff.py");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads all");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

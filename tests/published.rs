//! Digests that were published as text: what is written is read again, and a site is made of
//! such texts alone or beside mail.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Public, Site};
use patchpress::archive::published::{self, Entry, Told};
use patchpress::archive::{Archive, Opened, Range};
use patchpress::config;
use patchpress::digest::{Contributor, Digest, text};
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
    let text = text::render(&digest, &opened.archive, "List", &body);
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
fn the_digests_of_a_real_list_are_read_as_they_were_written() {
    let Some(list) = common::data("live-patching-2023-2026") else { return };
    let (ranges, lost) = compared(&Site::of(&list).dir.keep());
    assert!(ranges > 10);
    assert_eq!(lost, Vec::<String>::new());
}

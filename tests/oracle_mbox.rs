//! The mails of real archives, beside what `git mailsplit` and Python's `mailbox` make of
//! the same files: as many, and with the same bytes; and mboxrd as it is written, read by
//! `git mailsplit`.
//!
//! Real archives are read in the directory that `PATCHPRESS_DATA` names.

#![allow(clippy::unwrap_used, reason = "a test that can't run has failed")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use patchpress::config::SourceConfig;
use patchpress::source::{Store, mbox};
use sha1::{Digest, Sha1};

/// A list in the data.
struct List {
    /// Its files.
    glob: &'static str,
    /// How many mails it has.
    mails: usize,
    /// How many of them Python cuts in two. It takes every line that begins with `From `
    /// for a separator; we and git want a date.
    python_cuts: usize,
}

const LISTS: &[List] = &[
    List { glob: "live-patching-2023-2026/*.mbox", mails: 3472, python_cuts: 0 },
    List { glob: "openwrt-devel-2019H2/*.mbox", mails: 4156, python_cuts: 0 },
    List { glob: "linux-nilfs.mbox", mails: 2131, python_cuts: 0 },
    List { glob: "xdp-newbies.mbox", mails: 1941, python_cuts: 0 },
    List { glob: "oddities.mbox", mails: 516, python_cuts: 0 },
    List { glob: "git-small/*.mbox", mails: 2000, python_cuts: 0 },
    List { glob: "kvm-unit-tests/*.mbox", mails: 11336, python_cuts: 0 },
    // 4052 lines end in a date and stand before a `From:` field, and there are as many
    // Message-ID fields; 583 of them follow a line that is not empty. Three more are prose
    // after an empty line: "From my perspective, …".
    List { glob: "pipermail-twisted-web/[0-9]*.txt", mails: 4052, python_cuts: 3 },
];

/// The data, if there is any.
fn data() -> Option<PathBuf> {
    let data = std::env::var_os("PATCHPRESS_DATA").map(PathBuf::from).filter(|dir| dir.is_dir());
    if data.is_none() {
        println!("skipped: PATCHPRESS_DATA names no directory");
    }
    data
}

/// Whether a program is here to be compared with.
fn is_here(program: &str) -> bool {
    let run = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    let here = run.is_ok_and(|status| status.success());
    if !here {
        println!("skipped: there is no {program}");
    }
    here
}

fn hash(message: &[u8]) -> String {
    Sha1::digest(message).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of a list and the hashes of its messages, in order.
fn ours(data: &Path, list: &List) -> (Vec<PathBuf>, Vec<String>) {
    let (store, diagnostics) = Store::open(&[&[SourceConfig::Mbox(data.join(list.glob))]]);
    assert_eq!(diagnostics, []);
    let (mails, diagnostics) = store.scan(|mail| hash(&mail.bytes), &|_| {});
    assert_eq!(diagnostics, []);
    let files = store.files().iter().map(|file| file.path.clone()).collect();
    (files, mails.into_iter().flatten().collect())
}

#[test]
fn every_mail_is_found() {
    let Some(data) = data() else { return };
    for list in LISTS {
        assert_eq!(ours(&data, list).1.len(), list.mails, "{}", list.glob);
    }
}

/// The messages that `git mailsplit` makes of some files, without what it leaves of the
/// format: the separator line, and the empty line before the next.
fn git_mailsplit(files: &[PathBuf]) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let run = Command::new("git")
        .args(["mailsplit", "--mboxrd", "--keep-cr", "-d6"])
        .arg(format!("-o{}", dir.path().display()))
        .arg("--")
        .args(files)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut split: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    split.sort();
    split.iter().map(|file| without_format(&std::fs::read(file).unwrap()).to_vec()).collect()
}

fn without_format(split: &[u8]) -> &[u8] {
    let line_end = split.iter().position(|&b| b == b'\n').unwrap();
    let message = &split[line_end + 1..];
    message.strip_suffix(b"\n").filter(|rest| rest.ends_with(b"\n")).unwrap_or(message)
}

#[test]
fn git_mailsplit_finds_the_same_mails() {
    let Some(data) = data().filter(|_| is_here("git")) else { return };
    for list in LISTS {
        let (files, ours) = ours(&data, list);
        let git: Vec<_> = git_mailsplit(&files).iter().map(|message| hash(message)).collect();
        let differing = ours.iter().zip(&git).position(|(ours, git)| ours != git);
        assert_eq!((git.len(), differing), (ours.len(), None), "{}", list.glob);
    }
}

/// Prints the hash of every message. Quoting is undone here, as `mailbox` does not.
const PYTHON: &str = r"
import hashlib, mailbox, re, sys
for path in sys.argv[1:]:
    box = mailbox.mbox(path, create=False)
    for key in box.iterkeys():
        message = re.sub(rb'(?m)^>(>*From )', rb'\1', box.get_bytes(key))
        print(hashlib.sha1(message).hexdigest())
";

fn python_mailbox(files: &[PathBuf]) -> Vec<String> {
    let run = Command::new("python3").args(["-c", PYTHON]).args(files).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// How many of `some` are not in `others`, each counted as often as it occurs.
fn missing(some: &[String], others: &[String]) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for hash in others {
        *counts.entry(hash).or_default() += 1;
    }
    let mut is_missing = |hash: &str| match counts.get_mut(hash) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    some.iter().filter(|hash| is_missing(hash)).count()
}

#[test]
fn python_mailbox_finds_the_same_mails() {
    let Some(data) = data().filter(|_| is_here("python3")) else { return };
    for list in LISTS {
        let (files, ours) = ours(&data, list);
        let python = python_mailbox(&files);
        let differing = (missing(&ours, &python), missing(&python, &ours));
        assert_eq!(differing, (list.python_cuts, 2 * list.python_cuts), "{}", list.glob);
    }
}

/// Netscape's mailbox, whose `Content-Length` fields are mostly wrong and whose separators
/// partly lack the date or the empty line; MimeKit's own tests say where its mails are.
#[test]
fn mimekit_finds_the_same_mails_in_a_netscape_mailbox() {
    let Some(data) = data() else { return };
    let files = data.join("MimeKit/UnitTests/TestData/mbox");
    let source = SourceConfig::Mbox(files.join("content-length.mbox.txt"));
    let (store, diagnostics) = Store::open(&[&[source]]);
    assert_eq!(diagnostics, []);
    let (ours, _) = store.scan(|mail| mail.origin.offset, &|_| {});
    let json = std::fs::read(files.join("content-length.unix-offsets.json")).unwrap();
    let theirs: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let theirs: Vec<_> = theirs
        .as_array()
        .unwrap()
        .iter()
        .map(|mail| mail["beginOffset"].as_u64().unwrap())
        .collect();
    assert_eq!(ours, [theirs]);
}

#[test]
fn git_mailsplit_reads_what_is_written() {
    if !is_here("git") {
        return;
    }
    let from = "From mboxrd@z Thu Jan  1 00:00:00 1970";
    let messages = [
        "From: a@example.org\nSubject: plain\n\nbody\n",
        "From: a@example.org\n\nFrom here on\n>From there\n>>From both\n From neither\n",
        "From: a@example.org\n\nFrom b@example.org Tue Jan  7 00:00:00 2020\nTo: c\n",
        "From: a@example.org\r\n\r\nFrom here\r\n\r\n\r\n",
        "From: a@example.org\n\nempty lines at the end\n\n\n",
        "From: a@example.org\nContent-Length: 5\n\nlonger than that\n",
    ];
    let mut file = Vec::new();
    for message in messages {
        mbox::write_rd(&mut file, from, message.as_bytes());
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("written.mbox");
    std::fs::write(&path, &file).unwrap();
    let read: Vec<_> = git_mailsplit(std::slice::from_ref(&path))
        .into_iter()
        .map(|message| String::from_utf8(message).unwrap())
        .collect();
    assert_eq!(read, messages);
    assert_eq!(mbox_of(&path), messages);
}

/// What we read ourselves of the same file.
fn mbox_of(path: &Path) -> Vec<String> {
    let (store, _) = Store::open(&[&[SourceConfig::Mbox(path.into())]]);
    let (mut mails, _) =
        store.scan(|mail| String::from_utf8(mail.bytes.into_owned()).unwrap(), &|_| {});
    mails.remove(0)
}

//! A posting as mboxrd: ready for `git am`, or as it was sent.
//!
//! For `git am` the trailers that replies gave stand in the commit messages, and patches that
//! a partial re-roll leaves as they were come with it; nothing else of a mail changes. As it
//! was sent, every message has its own bytes. Only the separator lines and the quoting that
//! mboxrd asks for are added (mbox(5); `git mailsplit --mboxrd` undoes it).

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Archive, Home, MailId, Posting, PostingId, ReviewTrailer};
use crate::mail::amend;
use crate::mail::trailer::{self, ReviewKind};

/// The separator: public-inbox's, which says that mboxrd follows. git takes a line for a
/// separator by its time and year only.
const SEPARATOR: &[u8] = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n";

/// Whether a posting's cover letter goes with its patches. `git am` stops at one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverLetter {
    /// It comes first.
    Include,
    /// The patches only.
    Omit,
}

/// The patches that a posting stands for ([`Archive::standing`]) as mboxrd, with the trailers
/// that replies gave them. `raw` gives a message as it was sent.
pub fn am_mbox<'a>(
    archive: &Archive,
    id: PostingId,
    raw: impl Fn(MailId) -> Cow<'a, [u8]>,
) -> Vec<u8> {
    let mut given: HashMap<PostingId, HashMap<MailId, Vec<String>>> = HashMap::new();
    let messages: Vec<(Cow<'a, [u8]>, Vec<String>)> = archive
        .standing(id)
        .into_iter()
        .map(|(posting, slot)| {
            let of_posting = given.entry(posting).or_insert_with(|| added(archive, posting));
            (raw(slot.mail), of_posting.remove(&slot.mail).unwrap_or_default())
        })
        .collect();
    let size = messages.iter().map(|(message, _)| SEPARATOR.len() + message.len() + 2).sum();
    let mut out = Vec::with_capacity(size);
    for (message, trailers) in &messages {
        push_message(&mut out, &amend::with_trailers(message, trailers));
    }
    out
}

/// Whether a posting's mbox for `git am` is another than the one with its patches as they
/// were sent.
pub fn differs(archive: &Archive, id: PostingId) -> bool {
    let posting = archive.posting(id);
    posting.trailers.iter().any(is_added) || !posting.standing.is_empty()
}

/// The lines to add to the commit message of each patch, in b4's order: what answers to the
/// patch gave, what is carried over from earlier revisions, then what the cover letter and
/// answers to it give to all patches; each by date.
fn added(archive: &Archive, id: PostingId) -> HashMap<MailId, Vec<String>> {
    let posting = archive.posting(id);
    let mut patches_of: HashMap<MailId, (MailId, bool)> = HashMap::new();
    for t in &posting.trailers {
        let (patch, several) = patches_of.entry(t.given_in).or_insert((t.patch, false));
        *several |= *patch != t.patch;
    }
    let rank = |t: &ReviewTrailer| {
        let for_all = patches_of.get(&t.given_in).is_some_and(|(_, several)| *several);
        match archive.home(t.given_in) == Home::Posting(id) {
            false => 1,
            true if for_all => 2,
            true => 0,
        }
    };
    let mut trailers: Vec<&ReviewTrailer> =
        posting.trailers.iter().filter(|t| is_added(t)).collect();
    trailers.sort_by_key(|t| rank(t));
    let mut lines: HashMap<MailId, Vec<String>> = HashMap::new();
    for t in trailers {
        lines.entry(t.patch).or_default().push(format!("{}: {}", t.name, t.value));
    }
    lines
}

/// Whether a trailer is to be added to the commit message: it doesn't stand there, whom it
/// names has given it, and it is not against the patch.
fn is_added(t: &ReviewTrailer) -> bool {
    t.given_in != t.patch && t.matches_sender && trailer::kind(&t.name) != ReviewKind::Nacked
}

/// The posting's patches in order as mboxrd, as they were sent. `raw` gives a message as it was sent.
pub fn posting_mbox<'a>(
    posting: &Posting,
    cover: CoverLetter,
    raw: impl Fn(MailId) -> Cow<'a, [u8]>,
) -> Vec<u8> {
    let cover = posting.cover.filter(|_| cover == CoverLetter::Include);
    let mails = cover.into_iter().chain(posting.patches.iter().map(|p| p.mail));
    let messages: Vec<Cow<'a, [u8]>> = mails.map(raw).collect();
    let size = messages.iter().map(|message| SEPARATOR.len() + message.len() + 2).sum();
    let mut out = Vec::with_capacity(size);
    messages.iter().for_each(|message| push_message(&mut out, message));
    out
}

fn push_message(out: &mut Vec<u8>, message: &[u8]) {
    out.extend_from_slice(SEPARATOR);
    let mut done = 0;
    for from in memchr::memmem::find_iter(message, b"From ") {
        if let Some(line) = from_line(&message[..from]) {
            out.extend_from_slice(&message[done..line]);
            out.push(b'>');
            done = line;
        }
    }
    out.extend_from_slice(&message[done..]);
    if !message.ends_with(b"\n") {
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// Where the line begins that holds nothing but marks of quoting before the `From ` behind
/// `before`, so that it would be read as a separator, or as one that was quoted.
fn from_line(before: &[u8]) -> Option<usize> {
    let quotes = before.iter().rev().take_while(|&&b| b == b'>').count();
    let line = before.len() - quotes;
    (line == 0 || before[line - 1] == b'\n').then_some(line)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::archive::sample::{Sample, Text};

    const ANN: &str = "Ann Author <ann@example.org>";

    /// A posting of a cover and so many patches.
    fn posting(patches: usize) -> Posting {
        let mut list = Sample::new();
        let cover = Some(Text::new("ring", "Cover.\n"));
        let id = list.post("PATCH", ANN, cover, &vec![Text::new("a patch", "Why.\n"); patches]);
        list.archive.posting(id).clone()
    }

    /// Runs git away from the user's configuration; gives its standard output.
    fn git(dir: &Path, args: &[&str]) -> String {
        let out = Command::new("git")
            .current_dir(dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_COMMITTER_NAME", "C"), ("GIT_COMMITTER_EMAIL", "c@example.org")])
            .args(args)
            .output()
            .expect("git runs");
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "git {args:?}: {said}");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// A commit of `text` in the file `ring`.
    fn commit(dir: &Path, author: &str, message: &str, text: &str) {
        fs::write(dir.join("ring"), text).expect("a writable directory");
        git(dir, &["add", "ring"]);
        let date = "--date=2024-02-01T10:00:00+0100";
        git(dir, &["commit", "-q", "--author", author, date, "--cleanup=verbatim", "-m", message]);
    }

    /// The messages `git format-patch` makes of the last commits, without separator lines.
    fn formatted(dir: &Path, commits: &str) -> Vec<Vec<u8>> {
        let files = git(dir, &["format-patch", "--cover-letter", "-o", "out", commits]);
        let message = |file| {
            let bytes = fs::read(dir.join(file)).expect("the file git named");
            let line = bytes.iter().position(|&b| b == b'\n').expect("a separator line");
            bytes[line + 1..].to_vec()
        };
        files.lines().map(message).collect()
    }

    #[test]
    fn git_am_applies_a_posting_as_it_was_written() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (dir, author) = (dir.path(), "Ångström, Zoë <zoe@example.org>");
        git(dir, &["init", "-q", "-b", "work", "."]);
        commit(dir, ANN, "ring: start\n", "square\n");
        let why = "ring: take the corners off\n\nFrom me Thu Jan  1 00:00:00 2026\n\n>From A.\n";
        commit(dir, author, why, "round\n");
        commit(dir, ANN, "ring: spin\n\n>>From both sides.\n", "round\nFrom here on\n");
        let messages = formatted(dir, "-2");
        let mbox = posting_mbox(&posting(2), CoverLetter::Omit, |m| {
            Cow::Borrowed(&messages[m.0 as usize])
        });
        fs::write(dir.join("posting.mbox"), mbox).expect("a writable directory");

        git(dir, &["checkout", "-q", "-b", "applied", "work~2"]);
        git(dir, &["am", "-q", "--patch-format=mboxrd", "posting.mbox"]);
        let log = |branch| git(dir, &["log", "-2", "--format=%T %an %ae %aI%n%B", branch]);
        assert_eq!(log("applied"), log("work"));
    }

    #[test]
    fn git_mailsplit_finds_every_message_whole() {
        let odd: [&[u8]; 3] = [
            b"Subject: cover\n\nFrom a at b  Thu Jan  1 00:00:00 1970\n",
            b"Subject: one\r\n\r\n>>From\r\n>From here\r\nFrom \r\n",
            b"Subject: two\n\n\xff\xfe no line end",
        ];
        let dir = tempfile::tempdir().expect("a temporary directory");
        let dir = dir.path();
        let mbox =
            posting_mbox(&posting(2), CoverLetter::Include, |m| Cow::Borrowed(odd[m.0 as usize]));
        fs::write(dir.join("mbox"), mbox).expect("a writable directory");
        let count = git(dir, &["mailsplit", "--mboxrd", "--keep-cr", "-o.", "mbox"]);
        assert_eq!(count.trim(), "3");
        for (message, file) in odd.iter().zip(["0001", "0002", "0003"]) {
            let split = fs::read(dir.join(file)).expect("a message");
            let split = split.strip_prefix(SEPARATOR).expect("the separator").trim_ascii_end();
            assert_eq!(split, message.trim_ascii_end(), "{file}");
        }
    }

    #[test]
    fn the_cover_letter_comes_first_if_asked_for() {
        let bodies: BTreeMap<MailId, &[u8]> =
            (0..).map(MailId).zip([&b"0\n"[..], b"1\n", b"2\n"]).collect();
        let mbox = |cover| posting_mbox(&posting(2), cover, |m| Cow::Borrowed(bodies[&m]));
        let messages = |cover| {
            let text = String::from_utf8(mbox(cover)).expect("ASCII");
            text.replace("From mboxrd@z Thu Jan  1 00:00:00 1970\n", "|").replace('\n', "")
        };
        assert_eq!(messages(CoverLetter::Include), "|0|1|2");
        assert_eq!(messages(CoverLetter::Omit), "|1|2");
    }
}

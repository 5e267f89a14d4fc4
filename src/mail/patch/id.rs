//! The stable patch-id: what `git patch-id --stable` prints.
//!
//! A SHA-1 for each file over its lines without white space, `index` and `@@` lines left
//! out; the sums are added up, so that the order of files doesn't matter (git-patch-id(1)).
//! The oddities of git's reading are kept, since ids are compared with those of git: a file
//! that follows a binary one goes without its `diff` line, and a binary one counts by the
//! blob ids of its `index` line.

use sha1::digest::FixedOutputReset;
use sha1::{Digest, Sha1};

use super::PatchId;
use super::lines::{line_at, without_end};

/// The stable patch-id of the first patch in a text. As for git, it begins at the first line
/// `diff …`; without such a line there is none.
pub fn patch_id(text: &str) -> Option<PatchId> {
    let text = text.as_bytes();
    let has_nul = memchr::memchr(0, text).is_some();
    let mut at = first_header(text)?;
    let mut reader = Reader { state: State::Header, blobs: Vec::new() };
    let mut sum = Sum::new();
    // Lines that count and follow each other are added at once.
    let mut run = at..at;
    while at < text.len() {
        let whole = line_at(text, at);
        // git reads lines as C strings.
        let line = if has_nul { before_nul(whole) } else { whole };
        match reader.read(line) {
            Step::Skip => {}
            Step::Count if run.end == at => run.end += line.len(),
            Step::Count => {
                sum.add(&text[run]);
                run = at..at + line.len();
            }
            Step::CountInNextFile => {
                sum.add(&text[run]);
                sum.end_file();
                run = at..at + line.len();
            }
            Step::EndBinaryFile => {
                sum.add(&text[run]);
                sum.add(&reader.blobs);
                sum.end_file();
                run = at..at;
            }
            Step::EndPatch => break,
        }
        at += whole.len();
    }
    sum.add(&text[run]);
    sum.end_file();
    Some(PatchId(sum.total))
}

/// Where the first line `diff …` begins.
fn first_header(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"diff ") {
        return Some(0);
    }
    memchr::memmem::find(text, b"\ndiff ").map(|newline| newline + 1)
}

fn before_nul(line: &[u8]) -> &[u8] {
    memchr::memchr(0, line).map_or(line, |nul| &line[..nul])
}

/// Where in a diff the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Among a file's headers.
    Header,
    /// In a binary file, up to the next `diff` line.
    Binary,
    /// In a hunk with this many lines before and after the change to come; at 0 and 0,
    /// behind one. Damaged hunks make them negative.
    Hunk { before: i64, after: i64 },
}

/// What a line does to the patch-id.
#[derive(Clone, Copy)]
enum Step {
    /// Nothing.
    Skip,
    /// It is part of the file at hand.
    Count,
    /// It is the first of another file.
    CountInNextFile,
    /// It says that the file is binary: the blob ids count, and the file is over.
    EndBinaryFile,
    /// It is behind the patch.
    EndPatch,
}

/// Reads a diff line by line.
struct Reader {
    state: State,
    /// The blob ids of the last `index` line, one after the other.
    blobs: Vec<u8>,
}

impl Reader {
    fn read(&mut self, line: &[u8]) -> Step {
        if starts_next_patch(line) {
            return Step::EndPatch;
        }
        match self.state {
            State::Header => self.read_header(line),
            State::Binary => self.read_binary(line),
            State::Hunk { .. } if is_incomplete_mark(line) => Step::Skip,
            State::Hunk { before: 0, after: 0 } => self.read_between_hunks(line),
            State::Hunk { before, after } => self.read_hunk_line(line, before, after),
        }
    }

    fn read_header(&mut self, line: &[u8]) -> Step {
        if line.starts_with(b"GIT binary patch") || line.starts_with(b"Binary files") {
            self.state = State::Binary;
            Step::EndBinaryFile
        } else if let Some(ids) = line.strip_prefix(b"index ") {
            self.read_blob_ids(ids);
            Step::Skip
        } else if line.starts_with(b"--- ") {
            self.read_hunk_line(line, 1, 1)
        } else if line.first().is_some_and(u8::is_ascii_alphabetic) {
            Step::Count
        } else {
            Step::EndPatch
        }
    }

    /// `0123..4567 100644`: the ids count if the file is binary.
    fn read_blob_ids(&mut self, ids: &[u8]) {
        let ids = without_end(ids);
        let Some(dots) = memchr::memmem::find(ids, b"..") else { return };
        let (old, new) = (&ids[..dots], &ids[dots + 2..]);
        let new = memchr::memchr(b' ', new).map_or(new, |blank| &new[..blank]);
        self.blobs.clear();
        self.blobs.extend(old.iter().take(64));
        self.blobs.extend(new.iter().take(64));
    }

    /// git leaves the `diff` line behind a binary file out, too.
    fn read_binary(&mut self, line: &[u8]) -> Step {
        if line.starts_with(b"diff ") {
            self.state = State::Header;
        }
        Step::Skip
    }

    fn read_between_hunks(&mut self, line: &[u8]) -> Step {
        if line.starts_with(b"@@ -") {
            let (before, after) = hunk_counts(line);
            self.state = State::Hunk { before, after };
            Step::Skip
        } else if line.starts_with(b"diff ") {
            self.state = State::Header;
            Step::CountInNextFile
        } else {
            Step::EndPatch
        }
    }

    fn read_hunk_line(&mut self, line: &[u8], before: i64, after: i64) -> Step {
        let first = line.first().copied();
        let before = before - i64::from(matches!(first, Some(b'-' | b' ')));
        let after = after - i64::from(matches!(first, Some(b'+' | b' ')));
        // A count of -1 makes git look for headers again.
        self.state = if before == -1 { State::Header } else { State::Hunk { before, after } };
        Step::Count
    }
}

/// `ID`, `commit ID` or `From ID`, where `git log -p` and mbox begin the next patch.
fn starts_next_patch(line: &[u8]) -> bool {
    let id = line.strip_prefix(b"commit ").or_else(|| line.strip_prefix(b"From "));
    id.unwrap_or(line).get(..40).is_some_and(|id| id.iter().all(u8::is_ascii_hexdigit))
}

/// `\ No newline at end of file`, in whatever language.
fn is_incomplete_mark(line: &[u8]) -> bool {
    line.starts_with(b"\\ ") && line.len() > 12
}

/// The line counts of `@@ -a,b +c,d @@`, as git reads them where they are malformed.
fn hunk_counts(line: &[u8]) -> (i64, i64) {
    let (before, rest) = count(&line[4..]);
    match rest.and_then(|rest| rest.strip_prefix(b" +")) {
        Some(rest) => (before, count(rest).0),
        None => (before, 0),
    }
}

/// The count of `a,b` (1 for a lone `a`), and what follows if there were digits at all.
fn count(range: &[u8]) -> (i64, Option<&[u8]>) {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let start = digits(range);
    if range.get(start) != Some(&b',') {
        return (1, (start > 0).then(|| &range[start..]));
    }
    let length = &range[start + 1..];
    let end = digits(length);
    let value = length[..end].iter().fold(0i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    (value, (end > 0).then(|| &length[end..]))
}

/// Bytes gathered before the hash is fed: long runs keep its block function busy, and an
/// average diff of 5 kB shouldn't pay for clearing more than it fills.
const RUN: usize = 4 * 1024;

/// 0 for white space and 1 for the rest, so that sorting it out needs no branch, which
/// would be guessed wrong at every word's end.
const KEPT: [u8; 256] = {
    let mut kept = [1; 256];
    kept[b' ' as usize] = 0;
    kept[b'\t' as usize] = 0;
    kept[b'\n' as usize] = 0;
    kept[b'\r' as usize] = 0;
    kept
};

/// The sum of the files' hashes.
struct Sum {
    /// The running hash of one file.
    hash: Sha1,
    /// What the hash is still to be fed, without white space; `filled` bytes of it.
    run: [u8; RUN],
    filled: usize,
    /// The sum so far, least byte first.
    total: [u8; 20],
}

impl Sum {
    fn new() -> Sum {
        Sum { hash: Sha1::new(), run: [0; RUN], filled: 0, total: [0; 20] }
    }

    /// Adds text without its white space (git's `isspace`: no vertical tab, no form feed).
    fn add(&mut self, mut text: &[u8]) {
        while !text.is_empty() {
            if self.filled == RUN {
                self.feed();
            }
            let (now, later) = text.split_at(text.len().min(RUN - self.filled));
            self.fill(now);
            text = later;
        }
    }

    /// Adds bytes that the run has room for.
    fn fill(&mut self, bytes: &[u8]) {
        let room = &mut self.run[self.filled..];
        let mut kept = 0;
        for &byte in bytes {
            room[kept] = byte;
            kept += usize::from(KEPT[usize::from(byte)]);
        }
        self.filled += kept;
    }

    fn feed(&mut self) {
        self.hash.update(&self.run[..self.filled]);
        self.filled = 0;
    }

    /// Adds the file's hash to the sum, with carry from byte to byte.
    fn end_file(&mut self) {
        self.feed();
        let mut carry = 0u16;
        for (sum, byte) in self.total.iter_mut().zip(self.hash.finalize_fixed_reset()) {
            carry += u16::from(*sum) + u16::from(byte);
            *sum = carry as u8;
            carry >>= 8;
        }
    }
}

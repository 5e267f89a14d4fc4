//! The lines of a patch as `git range-diff` compares them: without what differs from one
//! sending to the next and means nothing (blob ids, line numbers of hunks, diffstat).
//!
//! Which lines of two patches belong together is [`super::difference`]'s.

use std::fmt;

use crate::archive::MailId;
use crate::mail::address::AddressRef;
use crate::mail::{ChangeKind, FileChange, PatchId, Shown};

/// A patch of a posting, as far as comparing needs it.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// k of `k/n`.
    pub index: u32,
    /// Its mail.
    pub mail: MailId,
    /// Its title without prefixes.
    pub title: &'a str,
    /// Who wrote it.
    pub author: AddressRef<'a>,
    /// Its stable patch-id.
    pub patch_id: Option<PatchId>,
    /// Its text; none where it is not looked at because all of them together are too long.
    pub shown: Option<&'a Shown>,
}

/// A line of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Line<'a> {
    /// A line of the commit message, or a line of a hunk with its sign.
    Text(&'a str),
    /// The header of a hunk: the function it is in, and the file.
    Hunk {
        /// Path of the file.
        path: &'a str,
        /// What git found in front of the hunk; "" where nothing.
        function: &'a str,
    },
    /// The header of a file.
    File {
        /// Its path after the change.
        path: &'a str,
        /// Its path before, where that differs.
        old: Option<&'a str>,
        /// What happens to it.
        kind: ChangeKind,
    },
    /// The data of a binary file.
    Binary(&'a str),
}

impl Line<'_> {
    /// Whether the patch adds or removes the line, and it has something to recognise it by.
    pub(super) fn is_telling(self) -> bool {
        let Line::Text(text) = self else { return false };
        let letters = |text: &str| text.bytes().filter(u8::is_ascii_alphanumeric).take(3).count();
        text.starts_with(['+', '-']) && letters(text) == 3
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Line::Text(text) => f.write_str(text),
            Line::Hunk { function: "", .. } => f.write_str("@@"),
            Line::Hunk { path, function } => write!(f, "@@ {path}: {function}"),
            Line::File { path, old: Some(old), .. } => write!(f, " ## {old} => {path} ##"),
            Line::File { path, kind: ChangeKind::Add, .. } => write!(f, " ## {path} (new) ##"),
            Line::File { path, kind: ChangeKind::Delete, .. } => {
                write!(f, " ## {path} (deleted) ##")
            }
            Line::File { path, .. } => write!(f, " ## {path} ##"),
            Line::Binary(data) => write!(f, " {} lines of binary data", data.lines().count()),
        }
    }
}

impl<'a> Version<'a> {
    /// The title, an empty line and the commit message, as git would keep it: without blanks
    /// at the ends of lines, and no two empty lines together.
    pub(super) fn message(self) -> Vec<Line<'a>> {
        let mut lines = vec![Line::Text(self.title)];
        let shown = self.shown.into_iter();
        let text =
            shown.flat_map(|s| s.body.text.get(s.patch.message.clone()).unwrap_or("").lines());
        for line in text.map(str::trim_end) {
            let last_is_empty = lines.len() > 1 && lines.last() == Some(&Line::Text(""));
            match line.is_empty() {
                true if lines.len() == 1 || last_is_empty => {}
                _ => {
                    if lines.len() == 1 {
                        lines.push(Line::Text(""));
                    }
                    lines.push(Line::Text(line));
                }
            }
        }
        if lines.len() > 1 && lines.last() == Some(&Line::Text("")) {
            lines.pop();
        }
        lines
    }

    /// The lines of the diff.
    pub(super) fn diff(self) -> impl Iterator<Item = Line<'a>> {
        self.shown.into_iter().flat_map(|shown| {
            let text = &shown.body.text;
            shown.patch.files.iter().flat_map(|file| FileLines::of(text, file))
        })
    }
}

/// The lines of a file's part of a diff.
struct FileLines<'a> {
    file: &'a FileChange,
    rest: &'a str,
    at: At,
}

/// How far a file's part of a diff is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Headers,
    Hunks,
}

impl<'a> FileLines<'a> {
    fn of(text: &'a str, file: &'a FileChange) -> FileLines<'a> {
        FileLines { file, rest: text.get(file.span.clone()).unwrap_or_default(), at: At::Start }
    }

    fn take_line(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest.as_bytes());
        let (line, rest) = match end {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, ""),
        };
        self.rest = rest;
        Some(line)
    }

    /// A header that says more than the file's own line does, or the first hunk's.
    fn header(&mut self, line: &'a str) -> Option<Line<'a>> {
        if line.starts_with("@@") {
            self.at = At::Hunks;
            return Some(self.hunk(line));
        }
        match line {
            "GIT binary patch" => Some(Line::Binary(std::mem::take(&mut self.rest))),
            _ if line.starts_with("old mode ") || line.starts_with("new mode ") => {
                Some(Line::Text(line))
            }
            _ => None,
        }
    }

    fn hunk(&self, line: &'a str) -> Line<'a> {
        let function = line[2..].split_once("@@").map_or("", |(_, after)| after.trim());
        Line::Hunk { path: &self.file.path, function }
    }
}

impl<'a> Iterator for FileLines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.at == At::Start {
            self.at = At::Headers;
            let FileChange { path, old_path, kind, .. } = self.file;
            return Some(Line::File { path, old: old_path.as_deref(), kind: *kind });
        }
        loop {
            let line = self.take_line()?;
            match self.at {
                At::Hunks if line.starts_with("@@") => return Some(self.hunk(line)),
                // Mailers strip the blank of an empty context line.
                At::Hunks if line.is_empty() => return Some(Line::Text(" ")),
                At::Hunks => return Some(Line::Text(line)),
                At::Start | At::Headers => {
                    if let Some(header) = self.header(line) {
                        return Some(header);
                    }
                }
            }
        }
    }
}

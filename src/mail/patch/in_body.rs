//! Headers that stand in front of the commit message (git-am(1): "From: , Date: , and
//! Subject: lines starting the body override …").

use std::ops::Range;

use super::lines::{is_blank, line_at, without_end};
use crate::mail::Address;
use crate::mail::address;

/// What the lines in front of a message say. Encoded words are read in the author's name, as
/// git does, and left as they are in the subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InBody {
    /// The author.
    pub from: Option<Address>,
    /// The subject, unfolded.
    pub subject: Option<String>,
    /// The date, as written.
    pub date: Option<String>,
    /// The lines, with blank ones before and the empty one after them; 0..0 without any.
    pub span: Range<usize>,
}

/// The headers a text begins with, by the rules of git's mailinfo.c: in any order and
/// case, each once, folded lines joined, up to an empty line or the first other line.
///
/// Whether they count is for [`super::split`] to say: [`super::Patch::in_body_headers`] is
/// empty where they don't.
pub fn in_body_headers(text: &str) -> InBody {
    let mut found = InBody::default();
    let mut reader = Reader::new(text);
    while let Some((field, value)) = reader.next_field() {
        match field {
            Field::From => found.from = address::parse_one(&value),
            Field::Subject => found.subject = Some(value),
            Field::Date => found.date = Some(value),
        }
    }
    found.span = reader.span();
    found
}

/// Where the headers are that a text begins with.
pub(super) fn span(text: &str) -> Range<usize> {
    let mut reader = Reader::new(text);
    while reader.next_field().is_some() {}
    reader.span()
}

/// Where they are in a text without a diff: only where they hold a From with an address
/// and an empty line follows.
pub(super) fn certain_span(text: &str) -> Range<usize> {
    let mut reader = Reader::new(text);
    let mut from = false;
    while let Some((field, value)) = reader.next_field() {
        from |= matches!(field, Field::From) && value.contains('@');
    }
    if from && reader.closed { reader.span() } else { 0..0 }
}

/// A header that may stand in front of a message.
#[derive(Clone, Copy)]
enum Field {
    From,
    Subject,
    Date,
}

/// Reads one header after the other.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Which of From, Subject and Date were there.
    seen: [bool; 3],
    /// An empty line has ended them.
    closed: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let mut reader = Reader { text, at: 0, seen: [false; 3], closed: false };
        reader.skip_blank_lines();
        reader
    }

    fn span(&self) -> Range<usize> {
        if self.seen.contains(&true) { 0..self.at } else { 0..0 }
    }

    fn line(&self) -> &'a [u8] {
        line_at(self.text.as_bytes(), self.at)
    }

    fn skip_blank_lines(&mut self) {
        while !self.line().is_empty() && is_blank(self.line()) {
            self.at += self.line().len();
        }
    }

    /// The next header and its value; none once they have ended.
    fn next_field(&mut self) -> Option<(Field, String)> {
        if self.closed {
            return None;
        }
        while is_format_patch_line(self.line()) {
            self.at += self.line().len();
        }
        let line = self.line();
        let (field, value_at) = field_of(line)?;
        if std::mem::replace(&mut self.seen[field as usize], true) {
            return None;
        }
        let mut value = self.text[self.at + value_at..self.at + line.len()].trim().to_owned();
        self.at += line.len();
        self.join_folded(&mut value);
        self.close_at_blank_line();
        Some((field, value))
    }

    fn join_folded(&mut self, value: &mut String) {
        while self.line().starts_with(b" ") || self.line().starts_with(b"\t") {
            if is_blank(self.line()) {
                break;
            }
            let end = self.at + self.line().len();
            value.push(' ');
            value.push_str(self.text[self.at..end].trim());
            self.at = end;
        }
    }

    fn close_at_blank_line(&mut self) {
        let line = self.line();
        if !line.is_empty() && is_blank(line) {
            self.at += line.len();
            self.closed = true;
        }
    }
}

/// Which header a line is, and where its value begins.
fn field_of(line: &[u8]) -> Option<(Field, usize)> {
    // A subject may stand there as it was sent.
    if line.strip_prefix(b"[PATCH]").is_some_and(|r| r.first().is_some_and(u8::is_ascii_whitespace))
    {
        return Some((Field::Subject, 0));
    }
    const NAMES: [(&[u8], Field); 3] =
        [(b"from:", Field::From), (b"subject:", Field::Subject), (b"date:", Field::Date)];
    NAMES.into_iter().find_map(|(name, field)| {
        let head = line.get(..name.len())?;
        let blank = line.get(name.len())?.is_ascii_whitespace();
        (blank && head.eq_ignore_ascii_case(name)).then_some((field, name.len()))
    })
}

/// `>From 0123… Mon Sep 17 00:00:00 2001`: the first line of `git format-patch`, quoted. Some
/// send all of its output as their text; then it comes unquoted, which git doesn't take.
fn is_format_patch_line(line: &[u8]) -> bool {
    let line = without_end(line);
    let Some(rest) = line.strip_prefix(b">").unwrap_or(line).strip_prefix(b"From ") else {
        return false;
    };
    let id = rest.get(..40).unwrap_or_default();
    let hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    id.len() == 40 && id.iter().all(hex) && &rest[40..] == b" Mon Sep 17 00:00:00 2001"
}

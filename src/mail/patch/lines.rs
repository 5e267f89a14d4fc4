//! The lines of a text as byte ranges. All of them begin and end beside an ASCII newline,
//! hence on character boundaries.

use std::ops::Range;

/// The line that starts at `at`, with its `\n`; empty at the end of the text.
pub(super) fn line_at(text: &[u8], at: usize) -> &[u8] {
    let rest = text.get(at..).unwrap_or_default();
    let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
    &rest[..len]
}

/// A line without its `\n` or `\r\n`.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether nothing but white space is in a line.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// The lines of a range, each with its `\n`.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    left: Range<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of a range that begins at a line's start.
    pub(super) fn of(text: &'a [u8], range: Range<usize>) -> Lines<'a> {
        Lines { text: &text[..range.end], left: range }
    }

    /// The same lines, last first.
    pub(super) fn backwards(self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let (text, Range { start, mut end }) = (self.text, self.left);
        std::iter::from_fn(move || {
            let line = start..end;
            let before = text[line.clone()].split_last()?.1;
            let begin = memchr::memrchr(b'\n', before).map_or(start, |newline| start + newline + 1);
            end = begin;
            Some(begin..line.end)
        })
    }
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.left.start;
        let len = line_at(self.text, start).len();
        self.left.start += len;
        (len > 0).then_some(start..start + len)
    }
}

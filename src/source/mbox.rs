//! mbox files: where each mail begins and ends, and the quoting of `From ` lines.
//!
//! All four variants are read alike. A mail begins after a `From ` line that stands at the
//! file's start or after an empty line, has a date, and is followed by a header line; the
//! one empty line before the next separator belongs to the format, not to the mail.
//! `Content-Length` (mboxcl, mboxcl2) says where the next separator is only if one is
//! there, or the end of the file. One `>` is taken off every `>From `, `>>From `, …: in
//! mboxrd that is exact; mboxo and mboxcl can't tell `From ` from `>From `, and what
//! was quoted by the writer is by far the more frequent. mboxcl2 quotes nothing: a mail
//! whose `Content-Length` fits and that has a bare `From ` line is left as it is.
//!
//! Judging a separator needs nothing but the bytes around it, so a file can be searched in
//! pieces of any size, in parallel, with the same outcome; see `Mbox::edges`.
//!
//! What to do with text that is no mbox is decided in `kind`.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memmem};

use super::separator::{self, Form, Separator};

/// An mbox file's bytes.
#[derive(Clone, Copy)]
pub(super) struct Mbox<'a> {
    bytes: &'a [u8],
    /// Offset of the first byte that is neither a byte order mark nor a line end.
    start: usize,
    /// Form of the separator at `start`, if one is there.
    style: Option<Form>,
}

/// A place where a mail begins, unless the `Content-Length` of an earlier one spans it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// Offset of the separator line.
    at: usize,
    /// Offset of the message's first byte.
    message: usize,
    /// Where the next separator, or the end of the file, is by `Content-Length`, where
    /// one is there, and where the body ends by it.
    claim: Option<Claim>,
    /// Where the body ends by `Content-Length`, whether or not that can be trusted; 0 without
    /// one.
    reach: usize,
}

/// What a `Content-Length` that can be trusted says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    body_end: usize,
    next: usize,
}

/// One mail of an mbox file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Offset of the separator line; that of the message where there is none.
    pub separator: usize,
    /// Offset of the message's first byte.
    pub message: usize,
    /// Offset after the message's last byte.
    pub end: usize,
}

impl<'a> Mbox<'a> {
    /// Prepares `bytes` for being searched: looks at the first line only.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let start = opening(bytes);
        let style = separator::opening(bytes, start).map(|separator| separator.form);
        Mbox { bytes, start, style }
    }

    /// Offset of the first separator, wherever it is.
    pub(super) fn first_separator(&self) -> Option<usize> {
        if self.style.is_some() {
            return Some(self.start);
        }
        self.separator_lines(0..self.bytes.len()).find_map(|at| self.edge(at)).map(|edge| edge.at)
    }

    /// The edges whose separator line begins in `range`, in order. The edges of adjoining
    /// ranges, one after the other, are the edges of the whole.
    pub(super) fn edges(&self, range: Range<usize>) -> Vec<Edge> {
        let first = range
            .contains(&self.start)
            .then(|| separator::opening(self.bytes, self.start))
            .flatten()
            .map(|separator| self.edge_of(self.start, separator));
        first
            .into_iter()
            .chain(self.separator_lines(range).filter_map(|at| self.edge(at)))
            .collect()
    }

    /// Offsets in `range`, after `start`, of lines that begin with `From `.
    fn separator_lines(&self, range: Range<usize>) -> impl Iterator<Item = usize> + 'a {
        const LINE: &[u8] = b"\nFrom ";
        // One byte back for the line end, and on for a line that begins before the end.
        let from = range.start.max(self.start + 1).saturating_sub(1).min(self.bytes.len());
        let to = range.end.saturating_add(LINE.len() - 2).min(self.bytes.len()).max(from);
        memmem::find_iter(&self.bytes[from..to], LINE).map(move |newline| from + newline + 1)
    }

    /// The edge at a line that begins with `From `, if it is a separator.
    fn edge(&self, at: usize) -> Option<Edge> {
        let separator = separator::at(self.bytes, at)?;
        let message = &self.bytes[separator.message..];
        let apart = ends_in_empty_line(&self.bytes[..at]);
        let is_edge = match separator.form {
            Form::Dated => apart,
            // Mailman 2 puts no empty line after a signature part it has cut out.
            Form::Mailman => apart || message.starts_with(b"From: "),
            // Netscape puts one only after a mail that has a line end of its own.
            Form::Netscape => apart || self.style == Some(Form::Netscape),
            // A patch pasted into a mail looks the same, but nobody pastes a Message-ID.
            Form::Git => {
                apart && (self.style == Some(Form::Git) || field(message, b"message-id").is_some())
            }
            Form::Dateless => apart && self.style == Some(Form::Dateless),
        };
        is_edge.then(|| self.edge_of(at, separator))
    }

    fn edge_of(&self, at: usize, separator: Separator) -> Edge {
        let message = separator.message;
        let length = content_length(&self.bytes[message..]);
        let body_end =
            length.map(|(body, length)| message.saturating_add(body).saturating_add(length));
        let claim = body_end.and_then(|body_end| self.claim(body_end));
        Edge { at, message, claim, reach: body_end.unwrap_or(0) }
    }

    /// Where the mail whose body ends at `body_end` by its `Content-Length` ends, if a
    /// separator or the end of the file is there.
    fn claim(&self, body_end: usize) -> Option<Claim> {
        let after = self.bytes.get(body_end..)?;
        let skipped = [after, skip_line_end(after), skip_line_end(skip_line_end(after))];
        skipped.iter().map(|rest| self.bytes.len() - rest.len()).find_map(|next| {
            let at_line_start = is_line_start(self.bytes, next);
            let separates = at_line_start && separator::at(self.bytes, next).is_some();
            (separates || next == self.bytes.len()).then_some(Claim { body_end, next })
        })
    }

    /// The mails, from the edges of the whole file in order. Every byte of the file is in
    /// a message, a separator line, or a run of line ends after a message.
    pub(super) fn spans(&self, edges: &[Edge]) -> Vec<Span> {
        let mut spans = Vec::with_capacity(edges.len() + 1);
        let mut rest = edges;
        let mut next = rest.first().copied();
        let preamble = &self.bytes[..next.map_or(self.bytes.len(), |edge| edge.at)];
        if preamble.len() > self.start {
            spans.push(Span { separator: 0, message: 0, end: preamble.len() });
        }
        while let Some(edge) = next {
            rest = &rest[rest.partition_point(|other| other.at <= edge.at)..];
            next = match edge.claim {
                None => rest.first().copied(),
                Some(claim) => self.claimed_edge(claim.next),
            };
            let next_at = next.map_or(self.bytes.len(), |next| next.at);
            spans.push(self.span(&edge, next_at));
        }
        spans
    }

    /// Where what is added to the file later can make a difference: the separator of the last
    /// mail, or of the first whose `Content-Length` may reach as far.
    pub(super) fn resume(&self, edges: &[Edge], spans: &[Span]) -> usize {
        // One that ends right there may be followed by line ends yet to come.
        let open = edges.iter().find(|edge| edge.reach + 2 >= self.bytes.len());
        let last = open.map_or(usize::MAX, |edge| edge.at);
        let before = spans.partition_point(|span| span.separator <= last);
        // Another one may be known only from the mail before it.
        let is_edge = |at: &usize| edges.binary_search_by_key(at, |edge| edge.at).is_ok();
        spans[..before].iter().rev().map(|span| span.separator).find(is_edge).unwrap_or(0)
    }

    /// The edge to which a `Content-Length` leads; without an empty line before it, it is
    /// one only thereby.
    fn claimed_edge(&self, at: usize) -> Option<Edge> {
        separator::at(self.bytes, at).map(|separator| self.edge_of(at, separator))
    }

    fn span(&self, edge: &Edge, next: usize) -> Span {
        let body_end = edge.claim.map_or(edge.message, |claim| claim.body_end);
        let end = next - trailing_empty_line(&self.bytes[edge.message - 1..next]);
        Span { separator: edge.at, message: edge.message, end: end.max(body_end) }
    }
}

/// Length of the byte order mark and the line ends that `bytes` begins with.
pub(super) fn opening(bytes: &[u8]) -> usize {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let blank = text.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
    bytes.len() - text.len() + blank
}

/// Length of the last line of `bytes` if it is empty, its line end counted.
fn trailing_empty_line(bytes: &[u8]) -> usize {
    match bytes {
        [.., b'\n', b'\r', b'\n'] => 2,
        [.., b'\n', b'\n'] => 1,
        _ => 0,
    }
}

fn ends_in_empty_line(bytes: &[u8]) -> bool {
    trailing_empty_line(bytes) > 0
}

fn skip_line_end(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\r\n").or(bytes.strip_prefix(b"\n")).unwrap_or(bytes)
}

/// Lines of the header block that `message` begins with, and the offset after each. The
/// block ends at an empty line, or at a `From ` line, which is no header.
fn header_lines(message: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &message[at..];
        let line = &rest[..memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)];
        at += line.len();
        let in_header = !skip_line_end(line).is_empty() && !line.starts_with(b"From ");
        in_header.then_some((line, at))
    })
}

/// The text of the first header field of that name, given in lower case.
fn field<'a>(message: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    header_lines(message).find_map(|(line, _)| field_text(line, name))
}

fn field_text<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, text) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| text.strip_prefix(b":"))?
}

/// Where the body of `message` begins, and its length by the `Content-Length` field.
fn content_length(message: &[u8]) -> Option<(usize, usize)> {
    let mut length = None;
    let mut header_end = 0;
    for (line, end) in header_lines(message) {
        length = length.or_else(|| field_text(line, b"content-length"));
        header_end = end;
    }
    let digits = std::str::from_utf8(length?.trim_ascii()).ok()?;
    let body = &message[header_end..];
    let body = message.len() - skip_line_end(body).len();
    Some((body, digits.parse().ok()?))
}

/// The message with the quoting of its `From ` lines undone; borrowed where there is none.
pub(super) fn unquote(message: &[u8]) -> Cow<'_, [u8]> {
    let mut quotes = quoted_lines(message).peekable();
    if quotes.peek().is_none() || is_unquoting_writer(message) {
        return Cow::Borrowed(message);
    }
    let mut plain = Vec::with_capacity(message.len());
    let mut from = 0;
    for quote in quotes {
        plain.extend_from_slice(&message[from..quote]);
        from = quote + 1;
    }
    plain.extend_from_slice(&message[from..]);
    Cow::Owned(plain)
}

/// Offsets of the lines that begin with one or more `>` and `From `.
fn quoted_lines(message: &[u8]) -> impl Iterator<Item = usize> {
    memmem::find_iter(message, b">From ").filter_map(|last| {
        let before = &message[..last];
        let quotes = before.iter().rev().take_while(|&&b| b == b'>').count();
        let line = last - quotes;
        is_line_start(message, line).then_some(line)
    })
}

fn is_line_start(message: &[u8], at: usize) -> bool {
    at == 0 || message[at - 1] == b'\n'
}

/// Whether the message is of an mboxcl2 file, which quotes nothing: its `Content-Length`
/// fits, and a `From ` line stands in it bare.
fn is_unquoting_writer(message: &[u8]) -> bool {
    let Some((body, length)) = content_length(message) else { return false };
    let fits = message.len().checked_sub(body).is_some_and(|rest| {
        // A line end that the writer added to a body without one.
        rest == length || rest.checked_sub(length).is_some_and(|extra| extra <= 2)
    });
    fits && memmem::find_iter(message, b"From ").any(|at| is_line_start(message, at))
}

/// Offsets in a message of lines that would begin another mail if a header followed them:
/// with a date, after an empty line.
pub(super) fn headless(message: &[u8]) -> impl Iterator<Item = usize> {
    let lines = memmem::find_iter(message, b"\nFrom ").map(|newline| newline + 1);
    let headless = lines.filter(|&at| {
        ends_in_empty_line(&message[..at]) && separator::dated_without_header(message, at)
    });
    headless.filter(|_| !is_unquoting_writer(message))
}

/// Appends `message` to an mboxrd file: the separator line (given whole, `From …`, without
/// its line end), the message with every `From `, `>From `, … line quoted once more, and an
/// empty line. A line end is added to a message that has none at its end.
pub fn write_rd(out: &mut Vec<u8>, separator: &str, message: &[u8]) {
    out.reserve(separator.len() + message.len() + 16);
    out.extend_from_slice(separator.as_bytes());
    out.push(b'\n');
    let mut from = 0;
    for line in lines_to_quote(message) {
        out.extend_from_slice(&message[from..line]);
        out.push(b'>');
        from = line;
    }
    out.extend_from_slice(&message[from..]);
    if !message.ends_with(b"\n") {
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// Offsets of the lines that begin with `From `, bare or quoted.
fn lines_to_quote(message: &[u8]) -> impl Iterator<Item = usize> {
    memmem::find_iter(message, b"From ").filter_map(|from| {
        let quotes = message[..from].iter().rev().take_while(|&&b| b == b'>').count();
        is_line_start(message, from - quotes).then_some(from - quotes)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FROM: &str = "From a@example.org Tue Jan  7 00:00:00 2020\n";
    const GIT: &str = "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n";

    /// The messages of a file, quoting as it is.
    fn split(bytes: &[u8]) -> Vec<&[u8]> {
        spans_of(bytes).iter().map(|span| &bytes[span.message..span.end]).collect()
    }

    fn spans_of(bytes: &[u8]) -> Vec<Span> {
        let mbox = Mbox::new(bytes);
        mbox.spans(&mbox.edges(0..bytes.len()))
    }

    #[track_caller]
    fn assert_split(file: &str, messages: &[&str]) {
        let split: Vec<_> =
            split(file.as_bytes()).into_iter().map(String::from_utf8_lossy).collect();
        assert_eq!(split, messages);
    }

    #[test]
    fn the_empty_line_before_a_separator_is_no_part_of_the_mail() {
        let file = format!("{FROM}To: a\n\none\n\n{FROM}To: b\n\ntwo\n\n\n{FROM}To: c\n\n\n");
        assert_split(&file, &["To: a\n\none\n", "To: b\n\ntwo\n\n", "To: c\n\n"]);
        assert_split(&format!("{FROM}To: a\n\nno end"), &["To: a\n\nno end"]);
        assert_split(&format!("{FROM}To: a\n"), &["To: a\n"]);
        assert_split(FROM, &[""]);
        assert_split(FROM.trim_end(), &[""]);
        assert_split(&format!("{FROM}\n"), &[""]);
    }

    #[test]
    fn line_ends_of_two_bytes_are_line_ends() {
        let file = format!("{FROM}To: a\n\none\n\n{FROM}To: b\n\ntwo\n\n").replace('\n', "\r\n");
        assert_split(&file, &["To: a\r\n\r\none\r\n", "To: b\r\n\r\ntwo\r\n"]);
    }

    #[test]
    fn blank_lines_and_a_byte_order_mark_before_the_first_mail_are_passed_over() {
        for before in ["\n", "\u{feff}", "\u{feff}\r\n\n"] {
            assert_split(&format!("{before}{FROM}To: a\n\nx\n"), &["To: a\n\nx\n"]);
        }
    }

    #[test]
    fn what_stands_before_the_first_separator_is_kept() {
        assert_split(&format!("cut off\n\n{FROM}To: a\n"), &["cut off\n\n", "To: a\n"]);
        assert_split("no mail at all\n", &["no mail at all\n"]);
        assert_split("", &[]);
        assert_split("\n\n", &[]);
    }

    #[test]
    fn a_from_line_in_a_body_is_no_separator() {
        for body in [
            "From here on 2024 is better.\n",
            "one\n\nFrom here on 2024-01-01 it is better:\nNote: this\n",
            // After text, and before prose.
            &format!("one\n{FROM}To: b\n"),
            &format!("one\n\n{FROM}is the line it wrote.\n"),
            &format!("one\n\n{FROM}\ntwo\n"),
            // Quoted.
            &format!("one\n\n>{FROM}To: b\n"),
            // Indented, and not at the line's start.
            &format!("one\n\n {FROM}To: b\n"),
            // Without a date, in a file whose separators have dates.
            "one\n\nFrom b@example.org\nTo: b\n",
        ] {
            let message = format!("To: a\n\n{body}");
            assert_split(&format!("{FROM}{message}\n{FROM}To: z\n\n"), &[&message, "To: z\n"]);
        }
    }

    #[test]
    fn a_patch_pasted_into_a_mail_is_no_mail() {
        let patch = format!("{GIT}From: B <b@example.org>\nSubject: [PATCH] x\n\n---\n");
        let mail = format!("To: a\n\nhow about this:\n\n{patch}");
        assert_split(&format!("{FROM}{mail}\n{FROM}To: z\n"), &[&mail, "To: z\n"]);
        // In git's own files, and with a Message-ID, it is.
        let first = format!("{GIT}From: A <a@example.org>\n\nx\n\n");
        assert_eq!(split(format!("{first}{patch}").as_bytes()).len(), 2);
        let sent = patch.replace("Subject", "message-id: <1@example.org>\nSubject");
        assert_eq!(split(format!("{FROM}To: a\n\nx\n\n{sent}").as_bytes()).len(), 2);
    }

    #[test]
    fn mailman_leaves_out_the_empty_line() {
        let from = "From bob at example.org  Tue Jan  7 00:00:00 2020\n";
        let file = format!("{from}From: bob at example.org (Bob)\n\nURL: <attachment>\n");
        let mail = "From: bob at example.org (Bob)\n\nURL: <attachment>\n";
        assert_split(&format!("{file}{file}"), &[mail, mail]);
        // The second one's Content-Length is not the first one's.
        let second = "From: bob at example.org\nContent-Length: 2\n\nx\n";
        assert_split(&format!("{from}From: bob\n{from}{second}"), &["From: bob\n", second]);
        let told = format!("To: a\n\nyes:\n{from}Note: he wrote this\n");
        assert_split(&format!("{FROM}{told}"), &[&told]);
    }

    #[test]
    fn netscape_leaves_out_the_empty_line() {
        let mail = "To: a\n\n--end--\n";
        for from in ["From - Tue Jan  7 00:00:00 2020\n", "From - \n"] {
            assert_split(&format!("{from}{mail}{from}{mail}\n{from}{mail}"), &[mail; 3]);
            let prose = format!("{mail}{from}no header\n");
            assert_split(&format!("{from}{prose}"), &[&prose]);
            let in_another = format!("{mail}{from}{mail}");
            assert_split(&format!("{FROM}{in_another}"), &[&in_another]);
        }
    }

    #[test]
    fn separators_without_a_date_count_where_the_first_has_none() {
        let from = "From a@example.org\n";
        let file = format!("{from}To: a\n\none\n\n{from}To: b\n\n{FROM}To: c\n\n");
        assert_split(&file, &["To: a\n\none\n", "To: b\n", "To: c\n"]);
    }

    #[test]
    fn a_content_length_that_leads_to_a_separator_is_believed() {
        let body = format!("one\n\n{FROM}To: inside\n\nFrom me\n");
        let cl = format!("content-length:  {}\nTo: a\n\n{body}", body.len());
        // With and without the empty line, and at the end of the file.
        assert_split(&format!("{FROM}{cl}\n{FROM}To: z\n"), &[&cl, "To: z\n"]);
        assert_split(&format!("{FROM}{cl}{FROM}To: z\n"), &[&cl, "To: z\n"]);
        assert_split(&format!("{FROM}{cl}"), &[&cl]);
        assert_split(&format!("{FROM}{cl}\n"), &[&cl]);
        // An empty line that is part of the body.
        let cl = "To: a\nContent-Length: 5\n\none\n\n";
        assert_split(&format!("{FROM}{cl}{FROM}To: z\n"), &[cl, "To: z\n"]);
    }

    #[test]
    fn a_content_length_counts_line_ends_of_two_bytes() {
        let body = format!("one\n\n{FROM}To: inside\n\nFrom me\n");
        let cl = format!("content-length:  {}\nTo: a\n\n{body}", body.len());
        let crlf = format!("{FROM}{cl}\n{FROM}To: z\n").replace('\n', "\r\n");
        let crlf = crlf.replace(&format!("  {}", body.len()), &format!(" {}", body.len() + 6));
        assert_eq!(split(crlf.as_bytes()).len(), 2);
        assert!(split(crlf.as_bytes())[0].ends_with(b"From me\r\n"));
    }

    #[test]
    fn a_content_length_that_leads_elsewhere_is_not_believed() {
        for length in ["2", "6", "40", "999999", "18446744073709551615", "-1", "x", ""] {
            let mail = format!("To: a\nContent-Length: {length}\n\none\n\n");
            let file = format!("{FROM}{mail}{FROM}To: z\n\ntwo\n{}\n", ".".repeat(60));
            assert_eq!(split(file.as_bytes()).len(), 2, "{length}");
            assert_eq!(
                split(file.as_bytes())[0],
                mail.strip_suffix('\n').unwrap().as_bytes(),
                "{length}"
            );
        }
        // One that leads into a line.
        let mail = format!("To: a\nContent-Length: 5\n\none\nx{FROM}To: b\n");
        assert_split(&format!("{FROM}{mail}"), &[&mail]);
        // One that only a line of the body has.
        let mail = format!("To: a\n\nContent-Length: {}\n\none\n", FROM.len() + 18);
        assert_split(&format!("{FROM}{mail}\n{FROM}To: z\n"), &[&mail, "To: z\n"]);
    }

    #[test]
    fn one_quote_is_undone() {
        for (quoted, plain) in [
            (">From a\n>>From b\n>>>From c\n", "From a\n>From b\n>>From c\n"),
            ("x\n\n>From a", "x\n\nFrom a"),
            ("x\r\n>From a\r\n", "x\r\nFrom a\r\n"),
        ] {
            assert_eq!(unquote(quoted.as_bytes()), plain.as_bytes(), "{quoted}");
        }
        for plain in ["", "x >From a\n", "> >From a\n", ">from a\n>From:\n", "From a\n >From b"] {
            assert!(matches!(unquote(plain.as_bytes()), Cow::Borrowed(_)), "{plain}");
        }
    }

    #[test]
    fn a_writer_that_quotes_nothing_is_taken_at_its_word() {
        let body = "From the start\n>From the end\n";
        let cl2 = format!("Content-Length: {}\n\n{body}", body.len());
        assert_eq!(unquote(cl2.as_bytes()), cl2.as_bytes());
        let cl = cl2.replace("\nFrom", "\n>From").replace("29", "30");
        assert_eq!(unquote(cl.as_bytes()), cl.replace(">From", "From").as_bytes());
        let wrong = cl2.replace("29", "99");
        assert_eq!(unquote(wrong.as_bytes()), wrong.replace(">From", "From").as_bytes());
    }

    #[test]
    fn writing_quotes_every_from_line_once_more() {
        let mut out = Vec::new();
        write_rd(&mut out, FROM.trim_end(), b"To: a\n\nFrom x\n>From y\n From z\nFromage");
        let expected = format!("{FROM}To: a\n\n>From x\n>>From y\n From z\nFromage\n\n");
        assert_eq!(out, expected.as_bytes());
    }

    /// Text made of what mbox readers stumble over.
    fn tricky_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just(FROM.to_owned()),
            Just(FROM.replace('\n', "\r\n")),
            Just("From b at example.org  Tue Jan  7 00:00:00 2020\n".to_owned()),
            Just(GIT.to_owned()),
            Just("From -\n".to_owned()),
            Just("From x".to_owned()),
            Just("From: x\n".to_owned()),
            Just("Message-ID: <x>\n".to_owned()),
            (0..200_usize).prop_map(|n| format!("Content-Length: {n}\n")),
            Just(">".to_owned()),
            Just("\n".to_owned()),
            Just("\r\n".to_owned()),
            Just("\n\n".to_owned()),
            Just("\u{feff}".to_owned()),
            "[a-z:>\n ]{0,8}",
        ];
        proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(bodies in proptest::collection::vec(tricky_text(), 0..6)) {
            let messages: Vec<_> =
                bodies.iter().map(|body| format!("To: a\n\n{body}\n")).collect();
            let mut file = Vec::new();
            for message in &messages {
                write_rd(&mut file, FROM.trim_end(), message.as_bytes());
            }
            let read: Vec<_> = split(&file).into_iter().map(unquote).collect();
            let written: Vec<_> = messages.iter().map(|message| message.as_bytes()).collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn pieces_of_any_size_give_the_same_edges(text in tricky_text(), piece in 1..200_usize) {
            let mbox = Mbox::new(text.as_bytes());
            let starts = (0..text.len()).step_by(piece);
            let pieces: Vec<_> = starts
                .flat_map(|start| mbox.edges(start..text.len().min(start + piece)))
                .collect();
            prop_assert_eq!(pieces, mbox.edges(0..text.len()));
        }

        #[test]
        fn every_byte_is_in_a_mail_or_a_separator(text in tricky_text()) {
            assert_nothing_is_lost(text.as_bytes())?;
        }

        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            assert_nothing_is_lost(&bytes)?;
            let file = [FROM.as_bytes(), &bytes].concat();
            assert_nothing_is_lost(&file)?;
            for mail in split(&file) {
                prop_assert!(unquote(mail).len() <= mail.len());
            }
        }
    }

    fn assert_nothing_is_lost(bytes: &[u8]) -> Result<(), TestCaseError> {
        let mut done = 0;
        for span in spans_of(bytes) {
            let between = &bytes[done..span.separator];
            prop_assert!(opening(between) == between.len(), "lost {between:?}");
            let line = &bytes[span.separator..span.message];
            prop_assert!(line.is_empty() || line.starts_with(b"From "), "{line:?}");
            prop_assert!(memchr(b'\n', line).is_none_or(|end| end + 1 == line.len()));
            done = span.end;
        }
        prop_assert!(opening(&bytes[done..]) == bytes.len() - done);
        Ok(())
    }
}

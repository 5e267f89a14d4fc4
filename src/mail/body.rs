//! The text of a mail out of its MIME parts.
//!
//! The first plain text is what a mail says. A diff in a later part comes after it, HTML
//! stands in where there is no plain text, and a message that a mailing list wrapped to get
//! it past DMARC is unwrapped. All other parts are only named. How the text divides is
//! [`super::patch`]'s matter.

use std::borrow::Cow;

use memchr::memmem;

use super::Fault;
use super::charset::{self, Charset};
use super::header::Headers;
use super::mime::{Content, Part};
use super::{flowed, html};

/// What a mail says, as text, and what else it carried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The text: decoded to UTF-8, line ends `\n`, format=flowed undone, HTML as text.
    /// A part that holds the diff is appended after the first text part.
    pub text: String,
    /// Parts that are not in `text`: named, never published.
    pub attachments: Vec<Attachment>,
}

/// A part of a mail that is only named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// File name as given, decoded; empty where there is none.
    pub name: String,
    /// MIME type, lower case.
    pub mime: String,
    /// Size in bytes, decoded.
    pub size: u64,
}

/// Messages within messages deeper than this are only named.
const DEEPEST: usize = 8;

/// A mail's text, and the message that was found wrapped in it.
pub struct Reading<'a> {
    /// The text and what came with it.
    pub body: Body,
    /// The raw message that a mailing list wrapped, whose text `body` is.
    pub wrapped: Option<Cow<'a, [u8]>>,
}

/// Reads the body that `headers` describe. `via_list` says that From was rewritten by a
/// list, so that an enclosed message is the mail that was sent.
pub fn read<'a>(
    headers: &Headers<'_>,
    bytes: &'a [u8],
    via_list: bool,
    faults: &mut Vec<Fault>,
) -> Reading<'a> {
    if let Some(text) = simple_text(headers, bytes) {
        return Reading { body: Body { text, attachments: Vec::new() }, wrapped: None };
    }
    read_part(&Part::read(headers, bytes), via_list, 0, faults)
}

/// The text of the most frequent kind of mail, without looking further: plain, unencoded,
/// valid UTF-8. Types spelled in any other way take the long road.
fn simple_text(headers: &Headers<'_>, bytes: &[u8]) -> Option<String> {
    const TYPES: &[&[u8]] = &[
        b"text/plain",
        b"text/plain; charset=utf-8",
        b"text/plain; charset=\"utf-8\"",
        b"text/plain; charset=us-ascii",
        b"text/plain; charset=\"us-ascii\"",
    ];
    const ENCODINGS: &[&[u8]] = &[b"7bit", b"8bit", b"binary"];
    let is_one_of = |name, known: &[&[u8]]| {
        headers.first(name).is_none_or(|v| known.iter().any(|k| v.eq_ignore_ascii_case(k)))
    };
    let simple = is_one_of("Content-Type", TYPES)
        && is_one_of("Content-Transfer-Encoding", ENCODINGS)
        && headers.first("Content-Disposition").is_none();
    let text = std::str::from_utf8(bytes).ok().filter(|_| simple)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Some(charset::tame(Cow::Borrowed(text)))
}

fn read_part<'a>(
    part: &Part<'a>,
    via_list: bool,
    depth: usize,
    faults: &mut Vec<Fault>,
) -> Reading<'a> {
    let mut found = Found::default();
    match part.content {
        Content::Leaf(_) => found.sole_part(part, faults),
        Content::Multi { .. } => found.visit(part, false, faults),
    }
    match found.take_wrapped(via_list).filter(|_| depth < DEEPEST) {
        Some(raw) => unwrap(raw, found.attachments, depth, faults),
        None => Reading { body: found.into_body(), wrapped: None },
    }
}

/// Shows the wrapped message `raw` for the mail; `beside` was attached next to it.
fn unwrap<'a>(
    raw: Cow<'a, [u8]>,
    beside: Vec<Attachment>,
    depth: usize,
    faults: &mut Vec<Fault>,
) -> Reading<'a> {
    let (headers, bytes) = Headers::read(&raw);
    let mut body = read_part(&Part::read(&headers, bytes), false, depth + 1, faults).body;
    body.attachments.extend(beside);
    Reading { body, wrapped: Some(raw) }
}

/// What a walk over the parts has found so far.
#[derive(Default)]
struct Found<'a> {
    /// The first plain text that is not blank.
    text: Option<String>,
    /// The first HTML, where there is no plain text beside it, is also an attachment.
    html: Option<(String, Option<Attachment>)>,
    /// The first part with a diff after the text.
    diff: Option<(String, Attachment)>,
    /// The first plain text that was sent as an attachment.
    attached_text: Option<(String, Attachment)>,
    /// The first enclosed message.
    message: Option<(Cow<'a, [u8]>, Attachment)>,
    attachments: Vec<Attachment>,
}

impl<'a> Found<'a> {
    fn visit(&mut self, part: &Part<'a>, alternative: bool, faults: &mut Vec<Fault>) {
        let Content::Multi { parts, closed } = &part.content else {
            return self.leaf(part, alternative, faults);
        };
        if !closed {
            faults.push(Fault::BrokenMime("a multipart without its end".into()));
        }
        let alternative = alternative || part.mime == "multipart/alternative";
        parts.iter().for_each(|inner| self.visit(inner, alternative, faults));
    }

    /// A mail of one part: any kind of text is what it says, whatever its disposition.
    fn sole_part(&mut self, part: &Part<'a>, faults: &mut Vec<Fault>) {
        let html = part.mime == "text/html";
        if part.mime.starts_with("multipart/") {
            faults.push(Fault::BrokenMime("a multipart without parts".into()));
        } else if html || !part.mime.starts_with("text/") {
            return self.leaf(part, html, faults);
        }
        self.text = Some(text_of(part, faults));
    }

    fn leaf(&mut self, part: &Part<'a>, alternative: bool, faults: &mut Vec<Fault>) {
        match part.mime.as_str() {
            "text/plain" if !part.attached => self.plain(part, faults),
            "text/html" if !part.attached => self.html(part, alternative, faults),
            "message/rfc822" | "message/global" => self.message(part),
            _ => self.other(part, faults),
        }
    }

    fn plain(&mut self, part: &Part<'a>, faults: &mut Vec<Fault>) {
        let text = text_of(part, faults);
        let first = self.text.is_none() && self.message.is_none();
        if first && !text.trim().is_empty() && !is_footer(&text) {
            self.text = Some(text);
        } else if !text.trim().is_empty() && !is_footer(&text) {
            self.further(text, part);
        }
    }

    /// A text after the first: it may hold the diff.
    fn further(&mut self, text: String, part: &Part<'_>) {
        let attachment = named(part, text.len());
        if self.diff.is_none() && holds_diff(&text) {
            self.diff = Some((text, attachment));
        } else {
            self.attachments.push(attachment);
        }
    }

    fn html(&mut self, part: &Part<'_>, alternative: bool, faults: &mut Vec<Fault>) {
        let markup = text_of(part, faults);
        let attachment = (!alternative).then(|| named(part, markup.len()));
        match self.html {
            None => self.html = Some((markup, attachment)),
            Some(_) => self.attachments.extend(attachment),
        }
    }

    fn message(&mut self, part: &Part<'a>) {
        let raw = part.decoded().bytes;
        let attachment = named(part, raw.len());
        match self.message {
            None => self.message = Some((raw, attachment)),
            Some(_) => self.attachments.push(attachment),
        }
    }

    fn other(&mut self, part: &Part<'_>, faults: &mut Vec<Fault>) {
        if !may_hold_text(&part.mime) {
            return self.attachments.push(named(part, part.decoded().bytes.len()));
        }
        let size = part.decoded().bytes.len();
        let text = text_of(part, faults);
        let attachment = Attachment { size: size as u64, ..named(part, 0) };
        if self.diff.is_none() && holds_diff(&text) {
            self.diff = Some((text, attachment));
        } else if self.attached_text.is_none() && part.mime == "text/plain" {
            self.attached_text = Some((text, attachment));
        } else {
            self.attachments.push(attachment);
        }
    }

    /// The one enclosed message, if the mail is nothing but its wrapping: no other text, or
    /// the notice that Mailman puts before it.
    fn take_wrapped(&mut self, via_list: bool) -> Option<Cow<'a, [u8]>> {
        let bare = self.html.is_none() && self.diff.is_none() && self.attached_text.is_none();
        let wrapping = self.text.as_ref().is_none_or(|text| is_notice(text, via_list));
        let other_text = self
            .attachments
            .iter()
            .any(|a| a.mime.starts_with("text/") || a.mime.starts_with("message/"));
        if !bare || !wrapping || other_text {
            return None;
        }
        self.message.take().map(|(raw, _)| raw)
    }

    fn into_body(self) -> Body {
        let mut attachments = self.attachments;
        attachments.splice(0..0, self.message.map(|(_, attachment)| attachment));
        let html = self.html;
        let mut text = match (self.text, html) {
            (Some(text), html) => {
                attachments.extend(html.and_then(|(_, attachment)| attachment));
                text
            }
            (None, Some((markup, _))) => html::to_text(&markup),
            (None, None) => String::new(),
        };
        for (extra, attachment) in [self.diff, self.attached_text].into_iter().flatten() {
            if text.is_empty() || !holds_diff(&text) && holds_diff(&extra) {
                append(&mut text, &extra);
            } else {
                attachments.push(attachment);
            }
        }
        Body { text, attachments }
    }
}

/// Puts `extra` after `text`, an empty line between them.
fn append(text: &mut String, extra: &str) {
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text.push_str(extra);
}

fn named(part: &Part<'_>, size: usize) -> Attachment {
    Attachment { name: part.name.clone(), mime: part.mime.clone(), size: size as u64 }
}

/// A part's bytes as text.
fn text_of(part: &Part<'_>, faults: &mut Vec<Fault>) -> String {
    let decoded = part.decoded();
    if decoded.damaged {
        faults.push(Fault::BrokenMime("damaged base64".into()));
    }
    let charset = part.charset();
    if charset == Charset::Unknown {
        faults.push(Fault::UnknownCharset(part.label().to_owned()));
    }
    let text = charset::tame(charset.decode(&decoded.bytes));
    match part.flowed().filter(|_| part.mime == "text/plain") {
        Some(delsp) => flowed::undo(&text, delsp),
        None => text,
    }
}

/// Types in which a diff may be sent; the rest is not even decoded for a look.
fn may_hold_text(mime: &str) -> bool {
    let binary = ["image/", "audio/", "video/", "font/", "application/pgp-", "application/pkcs"];
    !binary.iter().any(|kind| mime.starts_with(kind))
}

/// Whether some line begins a diff. Only a first look at a part of unknown use; what is
/// really a diff is decided when the text is split.
fn holds_diff(text: &str) -> bool {
    let bytes = text.as_bytes();
    let git = bytes.starts_with(b"diff --git ") || memmem::find(bytes, b"\ndiff --git ").is_some();
    git || memmem::find_iter(bytes, b"\n+++ ").any(|at| {
        let line = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
        bytes[line..].starts_with(b"--- ")
    })
}

/// Whether a text is what list software puts below every mail: a rule of at least twenty
/// underscores or dashes, and a few lines.
fn is_footer(text: &str) -> bool {
    let text = text.trim_start();
    let rule = text.bytes().take_while(|b| matches!(b, b'_' | b'-')).count();
    rule >= 20 && text.len() < 2000
}

/// Whether a text is the notice that Mailman puts before a message it wraps
/// (`dmarc_wrapped_message_text`, which a list may word in its own way).
fn is_notice(text: &str, via_list: bool) -> bool {
    text.len() < 2000 && (via_list || text.contains("DMARC") && text.contains("wrapped"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(raw: &str) -> (Body, Vec<Fault>) {
        let mut faults = Vec::new();
        let (headers, bytes) = Headers::read(raw.as_bytes());
        (read(&headers, bytes, false, &mut faults).body, faults)
    }

    fn text(raw: &str) -> String {
        reading(raw).0.text
    }

    /// A multipart of the given parts, each with its headers.
    fn multipart(kind: &str, parts: &[&str]) -> String {
        let mut raw = format!("Content-Type: multipart/{kind}; boundary=cut\n\n");
        for part in parts {
            raw.push_str(&format!("--cut\n{part}\n"));
        }
        raw + "--cut--\n"
    }

    const DIFF: &str = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";
    const FOOTER: &str = "\n______________________________\nlist mailing list\n";

    #[test]
    fn one_part() {
        assert_eq!(text("Subject: x\n\na\r\nb\n"), "a\nb\n");
        assert_eq!(text("Content-Type: text/plain; charset=latin1\n\ncaf=E9\n"), "caf=E9\n");
        let qp = "Content-Type: text/plain; charset=iso-8859-1\n\
                  Content-Transfer-Encoding: quoted-printable\n\ncaf=E9 =\nolé\n";
        assert_eq!(text(qp), "café olÃ©\n");
        assert_eq!(text("Content-Type: text/x-log\n\nlog\n"), "log\n");
        assert_eq!(text("Content-Type: text/html\n\n<p>a<p>b"), "a\n\nb\n");
    }

    #[test]
    fn the_fast_road_reads_like_the_long_one() {
        let body = "Grüße\r\n\nFrom me\n";
        let fast = format!("Content-Type: text/plain; charset=UTF-8\n\n{body}");
        let long = format!("Content-Type: text/plain; charset=UTF-8; x=y\n\n{body}");
        assert_eq!(reading(&fast), reading(&long));
    }

    #[test]
    fn the_first_text_that_says_something() {
        let raw = multipart("mixed", &["\n \n", "\none\n", "\ntwo\n"]);
        let (body, _) = reading(&raw);
        assert_eq!(body.text, "one\n");
        assert_eq!(body.attachments.len(), 1);
    }

    #[test]
    fn alternatives() {
        let html = "Content-Type: text/html\n\n<b>html</b>\n";
        let (body, _) = reading(&multipart("alternative", &["\nplain\n", html]));
        assert_eq!((body.text.as_str(), body.attachments.len()), ("plain\n", 0));
        let (body, _) = reading(&multipart("alternative", &[html]));
        assert_eq!((body.text.as_str(), body.attachments.len()), ("html\n", 0));
        let (body, _) = reading(&multipart("mixed", &["\nplain\n", html]));
        assert_eq!((body.text.as_str(), body.attachments.len()), ("plain\n", 1));
    }

    #[test]
    fn a_diff_in_a_later_part() {
        for kind in ["text/x-patch", "application/octet-stream", "text/plain"] {
            let part = format!("Content-Type: {kind}\nContent-Disposition: attachment\n\n{DIFF}");
            let (body, _) = reading(&multipart("mixed", &["\nwhy\n", &part, FOOTER]));
            assert_eq!(body.text, format!("why\n\n{DIFF}"), "{kind}");
            assert_eq!(body.attachments, []);
        }
    }

    #[test]
    fn a_second_diff_is_named() {
        let part = format!("Content-Type: text/x-diff; name=\"a.diff\"\n\n{DIFF}");
        let (body, _) = reading(&multipart("mixed", &[&format!("\nwhy\n{DIFF}"), &part]));
        assert_eq!(body.text, format!("why\n{DIFF}"));
        let size = DIFF.len() as u64;
        let a = Attachment { name: "a.diff".into(), mime: "text/x-diff".into(), size };
        assert_eq!(body.attachments, [a]);
    }

    #[test]
    fn other_parts_are_named() {
        let image = "Content-Type: image/png; name=\"a.png\"\n\
                     Content-Transfer-Encoding: base64\n\naGVsbG8=\n";
        let (body, _) = reading(&multipart("mixed", &["\nsee\n", image]));
        let a = Attachment { name: "a.png".into(), mime: "image/png".into(), size: 5 };
        assert_eq!((body.text.as_str(), body.attachments), ("see\n", vec![a]));
    }

    #[test]
    fn a_wrapped_message_is_unwrapped() {
        let notice = "\nThe sender domain has a DMARC Reject policy. The original message has \
                      been\nwrapped automatically.\n";
        let inner = "Content-Type: message/rfc822\n\nSubject: x\nContent-Transfer-Encoding: \
                     base64\n\naGVsbG8=\n";
        let raw = multipart("mixed", &[notice, inner, FOOTER]);
        let (headers, bytes) = Headers::read(raw.as_bytes());
        let reading = read(&headers, bytes, false, &mut Vec::new());
        assert_eq!(reading.body, Body { text: "hello".into(), attachments: vec![] });
        assert!(reading.wrapped.unwrap().starts_with(b"Subject: x"));
        let forwarded = multipart("mixed", &["\nlook at this\n", inner]);
        assert_eq!(text(&forwarded), "look at this\n");
        assert_eq!(text(&multipart("mixed", &[inner])), "hello");
        assert_eq!(text(inner), "hello");
    }

    #[test]
    fn messages_within_messages_end() {
        text(&"Content-Type: message/rfc822\n\n".repeat(10_000));
    }

    #[test]
    fn faults_are_told() {
        let kinds = |raw: &str| reading(raw).1;
        assert_eq!(
            kinds("Content-Type: text/plain; charset=x-none\n\n\n"),
            [Fault::UnknownCharset("x-none".into())]
        );
        assert_eq!(kinds("Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n").len(), 1);
        assert_eq!(kinds("Content-Type: multipart/mixed; boundary=x\n\ntext\n").len(), 1);
        assert_eq!(kinds("Content-Transfer-Encoding: base64\n\n!!!\n").len(), 1);
    }
}

//! The MIME structure of a mail: its parts, as a tree borrowed from the raw bytes
//! (RFC 2045 to 2047, 2183, 2231).
//!
//! mailparse reads single fields and their parameters. The tree is built here: mailparse's
//! own recurses as deep as the sender likes, gives up the whole mail for one stray carriage
//! return, and takes the boundary `abcd` for an end of `abc`. What of the parts is shown is
//! decided in [`super::body`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use mailparse::{DispositionType, parse_content_disposition, parse_content_type};
use memchr::memmem;

use super::charset::Charset;
use super::header::{Headers, decode_words};
use super::transfer;

/// Multiparts within multiparts deeper than this are read as text: no mail needs more, and
/// each level reads the rest of the mail once more.
const DEEPEST: usize = 20;

/// A mail or one of its parts.
pub struct Part<'a> {
    /// Type and subtype, lower case: `text/plain`.
    pub mime: String,
    /// Parameters of Content-Type, names in lower case.
    params: BTreeMap<String, String>,
    /// Content-Transfer-Encoding, as written.
    encoding: Option<String>,
    /// File name, decoded; empty where there is none.
    pub name: String,
    /// Content-Disposition says it is no text to show.
    pub attached: bool,
    /// What the part holds.
    pub content: Content<'a>,
}

/// What a part holds.
pub enum Content<'a> {
    /// Bytes, transfer encoding not undone.
    Leaf(&'a [u8]),
    /// Other parts, in order.
    Multi {
        /// The parts.
        parts: Vec<Part<'a>>,
        /// The end boundary is there.
        closed: bool,
    },
}

impl<'a> Part<'a> {
    /// The part that `headers` describe and `body` holds.
    pub fn read(headers: &Headers<'_>, body: &'a [u8]) -> Part<'a> {
        Part::nested(headers, body, "text/plain", 0)
    }

    fn nested(headers: &Headers<'_>, body: &'a [u8], default: &str, depth: usize) -> Part<'a> {
        let (mime, params) = content_type(headers, default);
        let encoding = headers.unfolded("Content-Transfer-Encoding").map(Cow::into_owned);
        let (attached, file_name) = disposition(headers);
        let name = file_name.or_else(|| params.get("name").cloned()).unwrap_or_default();
        let content = match params.get("boundary") {
            Some(boundary) if mime.starts_with("multipart/") && depth < DEEPEST => {
                split(body, boundary, &mime, depth)
            }
            _ => Content::Leaf(body),
        };
        let name = decode_words(&name).into_owned();
        Part { mime, params, encoding, name, attached, content }
    }

    /// The charset declared for the part.
    pub fn charset(&self) -> Charset {
        Charset::of_label(self.label())
    }

    /// The charset's name, as declared.
    pub fn label(&self) -> &str {
        self.params.get("charset").map_or("", String::as_str)
    }

    /// Whether the text is `format=flowed`, and if so, whether DelSp is on (RFC 3676).
    pub fn flowed(&self) -> Option<bool> {
        let is = |key, value: &str| {
            self.params.get(key).is_some_and(|v: &String| v.eq_ignore_ascii_case(value))
        };
        is("format", "flowed").then(|| is("delsp", "yes"))
    }

    /// The Content-Transfer-Encoding, as written; empty where there is none.
    pub fn transfer_encoding(&self) -> &str {
        self.encoding.as_deref().unwrap_or_default()
    }

    /// The bytes with the transfer encoding undone; of a multipart, none.
    pub fn decoded(&self) -> transfer::Decoded<'a> {
        let bytes = match self.content {
            Content::Leaf(bytes) => bytes,
            Content::Multi { .. } => &[],
        };
        transfer::decode(bytes, self.transfer_encoding())
    }
}

/// Type and parameters. A type that is none (`text`, nothing at all) is plain text.
fn content_type(headers: &Headers<'_>, default: &str) -> (String, BTreeMap<String, String>) {
    let Some(value) = headers.unfolded("Content-Type") else {
        return (default.to_owned(), BTreeMap::new());
    };
    let parsed = parse_content_type(&shield(&value));
    let mime = parsed.mimetype.split_ascii_whitespace().next().unwrap_or_default();
    let mime =
        if mime.split('/').filter(|half| !half.is_empty()).count() == 2 { mime } else { default };
    (mime.to_owned(), unshield(parsed.params))
}

/// Whether the disposition is to attach, and the file name.
fn disposition(headers: &Headers<'_>) -> (bool, Option<String>) {
    let Some(value) = headers.unfolded("Content-Disposition") else { return (false, None) };
    let parsed = parse_content_disposition(&shield(&value));
    let name = unshield(parsed.params).remove("filename");
    (parsed.disposition == DispositionType::Attachment, name)
}

/// Stands for a semicolon inside quotes, which mailparse would take for the end of a
/// parameter.
const SHIELD: &str = "\u{e03b}";

fn shield(value: &str) -> Cow<'_, str> {
    if !value.contains('"') || !value.contains(';') {
        return Cow::Borrowed(value);
    }
    let pieces = value.split('"').enumerate();
    let shielded = pieces.map(|(index, piece)| match index % 2 {
        1 => Cow::Owned(piece.replace(';', SHIELD)),
        _ => Cow::Borrowed(piece),
    });
    Cow::Owned(shielded.collect::<Vec<_>>().join("\""))
}

fn unshield(params: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let clean = |value: String| match value.contains(['\u{e03b}', '\\']) {
        true => value.replace(SHIELD, ";").replace("\\\"", "\"").replace("\\\\", "\\"),
        false => value,
    };
    params.into_iter().map(|(key, value)| (key, clean(value))).collect()
}

/// Cuts a multipart's body at its boundary lines (RFC 2046, section 5.1). What stands before
/// the first and after the last is no part; without any, the body is a leaf. A missing end
/// boundary leaves the last part open to the end.
fn split<'a>(body: &'a [u8], boundary: &str, mime: &str, depth: usize) -> Content<'a> {
    let default = if mime == "multipart/digest" { "message/rfc822" } else { "text/plain" };
    let (mut parts, mut closed) = (Vec::new(), false);
    let mut start = None;
    for Delimiter { at, end, last } in delimiters(body, boundary.trim_end()) {
        if let Some(start) = start {
            parts.push(&body[start..without_line_end(body, start, at)]);
        }
        start = Some(end);
        if last {
            closed = true;
            break;
        }
    }
    match start {
        None => return Content::Leaf(body),
        Some(start) if !closed && !body[start..].trim_ascii().is_empty() => {
            parts.push(&body[start..])
        }
        Some(_) => {}
    }
    let parts = parts.into_iter().map(|raw| {
        let (headers, body) = Headers::read(raw);
        Part::nested(&headers, body, default, depth + 1)
    });
    Content::Multi { parts: parts.collect(), closed }
}

/// A boundary line.
struct Delimiter {
    /// Where its line begins.
    at: usize,
    /// Where the next line begins.
    end: usize,
    /// It closes the multipart.
    last: bool,
}

fn delimiters<'a>(body: &'a [u8], boundary: &str) -> impl Iterator<Item = Delimiter> + use<'a> {
    let mark = format!("--{boundary}").into_bytes();
    let length = mark.len();
    let places: Vec<usize> = memmem::find_iter(body, &mark).collect();
    places.into_iter().filter_map(move |at| {
        if at > 0 && body[at - 1] != b'\n' {
            return None;
        }
        let rest = &body[at + length..];
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let tail = rest[..end].trim_ascii();
        (tail.is_empty() || tail == b"--").then(|| Delimiter {
            at,
            end: at + length + end,
            last: tail == b"--",
        })
    })
}

/// The line end before a boundary belongs to the boundary.
fn without_line_end(body: &[u8], start: usize, end: usize) -> usize {
    let part = &body[start..end.max(start)];
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    start + part.strip_suffix(b"\r").unwrap_or(part).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Part<'_> {
        let (headers, body) = Headers::read(raw.as_bytes());
        Part::read(&headers, body)
    }

    /// The tree in one line: types, and the content of leaves.
    fn tree(part: &Part<'_>) -> String {
        match &part.content {
            Content::Leaf(_) => {
                let text = String::from_utf8_lossy(&part.decoded().bytes).into_owned();
                format!("{}:{text:?}", part.mime)
            }
            Content::Multi { parts, closed } => {
                let inner: Vec<String> = parts.iter().map(tree).collect();
                format!("{}{}({})", part.mime, if *closed { "" } else { "…" }, inner.join(" "))
            }
        }
    }

    #[test]
    fn parts_within_parts() {
        let raw = "Content-Type: multipart/mixed; boundary=\"a;b\"\n\npreamble\n--a;b\n\
                   Content-Type: multipart/alternative; boundary=in\n\n--in\n\none\n--in\n\
                   Content-Type: text/html\n\n<p>\n--in--\n--a;b\n\ntwo\n\n--a;b--\nepilogue\n";
        assert_eq!(
            tree(&read(raw)),
            "multipart/mixed(multipart/alternative(text/plain:\"one\" text/html:\"<p>\") \
             text/plain:\"two\\n\")"
        );
    }

    #[test]
    fn a_boundary_that_begins_another() {
        let raw = "Content-Type: multipart/mixed; boundary=x\n\n--x\n\
                   Content-Type: multipart/mixed; boundary=xy\n\n--xy\n\none\n--xy--\n--x--\n";
        assert_eq!(tree(&read(raw)), "multipart/mixed(multipart/mixed(text/plain:\"one\"))");
    }

    #[test]
    fn missing_boundaries() {
        let head = "Content-Type: multipart/mixed; boundary=x\n\n";
        assert_eq!(
            tree(&read(&format!("{head}--x\n\none\n"))),
            "multipart/mixed…(text/plain:\"one\\n\")"
        );
        assert_eq!(tree(&read(&format!("{head}text --x\n"))), "multipart/mixed:\"text --x\\n\"");
        assert_eq!(tree(&read(&format!("{head}--x--\n"))), "multipart/mixed()");
        assert_eq!(
            tree(&read("Content-Type: multipart/mixed\n\ntext")),
            "multipart/mixed:\"text\""
        );
    }

    #[test]
    fn types_and_names() {
        let part = read(
            "Content-Type: TEXT/X-Patch; charset=\"UTF-8\"; name=\"=?utf-8?q?=C3=A9?=.patch\"\n\
             Content-Disposition: Attachment; filename*=utf-8''%C3%A9%3B.diff\n\nx",
        );
        assert_eq!((part.mime.as_str(), part.name.as_str()), ("text/x-patch", "é;.diff"));
        assert!(part.attached);
        assert_eq!(part.label(), "UTF-8");
        assert_eq!(read("Content-Type: text\n\nx").mime, "text/plain");
        assert_eq!(read("Content-Type: text/plain charset=utf-8\n\nx").mime, "text/plain");
        assert_eq!(read("Content-Type: a/b; name=\"x\\\"y\"\n\n").name, "x\"y");
    }

    #[test]
    fn digests_hold_messages() {
        let raw = "Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: a\n\nb\n--x--\n";
        assert_eq!(tree(&read(raw)), "multipart/digest(message/rfc822:\"Subject: a\\n\\nb\")");
    }

    #[test]
    fn flowed_and_delsp() {
        assert_eq!(
            read("Content-Type: text/plain; format=Flowed; delsp=YES\n\n").flowed(),
            Some(true)
        );
        assert_eq!(read("Content-Type: text/plain; format=flowed\n\n").flowed(), Some(false));
        assert_eq!(read("Content-Type: text/plain\n\n").flowed(), None);
    }

    #[test]
    fn nesting_without_end() {
        let level = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
        let raw: String = (0..2000).map(level).collect();
        let mut part = &read(&raw);
        let mut depth = 0;
        while let Content::Multi { parts, .. } = &part.content {
            part = &parts[0];
            depth += 1;
        }
        assert_eq!(depth, DEEPEST);
    }
}

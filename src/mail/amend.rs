//! A patch mail with trailers added to its commit message, as `git am` reads it.
//!
//! All other bytes stay: the headers, the diff, and the transfer encoding. New trailers come
//! behind those of the message, each on a line of its own (b4 does the same). Which trailers
//! those are is decided in [`crate::archive`].

use std::borrow::Cow;
use std::ops::Range;

use super::charset::Charset;
use super::header::Headers;
use super::mime::{Content, Part};
use super::{patch, trailer};

/// The mail with these lines added as trailers. Where it holds no plain text, it stays as it
/// is.
pub fn with_trailers<'a>(raw: &'a [u8], trailers: &[String]) -> Cow<'a, [u8]> {
    let (headers, body) = Headers::read(raw);
    let whole = Part::read(&headers, body);
    let Some(part) = message_part(&whole, true).filter(|_| !trailers.is_empty()) else {
        return Cow::Borrowed(raw);
    };
    let Content::Leaf(leaf) = part.content else { return Cow::Borrowed(raw) };
    // Parts are slices of the mail.
    let start = (leaf.as_ptr() as usize).saturating_sub(raw.as_ptr() as usize).min(raw.len());
    let mut head = raw[..start].to_vec();
    let text = part.decoded().bytes;
    let place = Place::of(&text);
    let (text, relabelled) = added(part, &text, &place, trailers);
    if relabelled {
        relabel(&mut head);
    }
    let text = encoded(part.transfer_encoding(), leaf, &text);
    Cow::Owned([&head[..], &text, raw.get(start + leaf.len()..).unwrap_or_default()].concat())
}

/// The part that the commit message stands in: the first plain text that is not empty.
fn message_part<'p, 'a>(part: &'p Part<'a>, sole: bool) -> Option<&'p Part<'a>> {
    match &part.content {
        Content::Multi { parts, .. } => parts.iter().find_map(|part| message_part(part, false)),
        Content::Leaf(bytes) => {
            let plain = part.mime == "text/plain" || (sole && part.mime.starts_with("text/"));
            (plain && (sole || !part.attached) && !bytes.trim_ascii().is_empty()).then_some(part)
        }
    }
}

/// Where trailers are added to a text.
struct Place {
    /// The commit message, in bytes of the text.
    message: Range<usize>,
    /// The end of the line behind which they come.
    at: usize,
    /// Whether the message has no trailers yet, so that an empty line divides them from it.
    first: bool,
    /// `\r\n` or `\n`.
    line_end: &'static str,
}

impl Place {
    /// Finds it by lines, which are the same in bytes of any charset that git can read.
    fn of(bytes: &[u8]) -> Place {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let (patch, _) = patch::split_only(&text);
        let message = text.get(patch.message.clone()).unwrap_or_default();
        let block = trailer::block(message);
        let end = patch.message.start + block.end;
        let lines = |end: usize| text.as_bytes()[..end].iter().filter(|&&b| b == b'\n').count();
        let at = end_of_line(bytes, lines(end));
        let line_end = if bytes[..at].ends_with(b"\r\n") { "\r\n" } else { "\n" };
        let start = start_of_line(bytes, lines(patch.message.start.min(end)));
        Place { message: start..at, at, first: block.is_empty() && !message.is_empty(), line_end }
    }
}

impl Place {
    /// The trailers as lines, for behind `before`. The last line of a part may have no end.
    fn lines(&self, before: &[u8], trailers: &[String]) -> String {
        let is_open = !before.is_empty() && !before.ends_with(b"\n");
        let mut lines: Vec<&str> = Vec::new();
        lines.extend(is_open.then_some(""));
        lines.extend(self.first.then_some(""));
        lines.extend(trailers.iter().map(String::as_str));
        lines.extend((!is_open).then_some(""));
        lines.join(self.line_end)
    }
}

/// Where the line with this number (from 0) begins.
fn start_of_line(bytes: &[u8], number: usize) -> usize {
    match number.checked_sub(1) {
        Some(before) => end_of_line(bytes, before),
        None => 0,
    }
}

/// Where the line with this number (from 0) ends, its line end included.
fn end_of_line(bytes: &[u8], number: usize) -> usize {
    memchr::memchr_iter(b'\n', bytes).nth(number).map_or(bytes.len(), |end| end + 1)
}

/// The text with the trailers in it, and whether its message had to become UTF-8 for them.
fn added(part: &Part<'_>, text: &[u8], place: &Place, trailers: &[String]) -> (Vec<u8>, bool) {
    let lines = place.lines(&text[..place.at], trailers);
    let (before, after) = text.split_at(place.at);
    if let Some(lines) = in_charset(part, &lines) {
        return ([before, &lines, after].concat(), false);
    }
    let (before, message) = before.split_at(place.message.start);
    let message = match std::str::from_utf8(message) {
        Ok(_) => Cow::Borrowed(message),
        Err(_) => Cow::Owned(part.charset().decode(message).into_owned().into_bytes()),
    };
    ([before, &message, lines.as_bytes(), after].concat(), true)
}

/// The lines in the charset that the part declares, if it has all their letters. Where none
/// is declared git guesses, and guesses UTF-8.
fn in_charset<'l>(part: &Part<'_>, lines: &'l str) -> Option<Cow<'l, [u8]>> {
    if lines.is_ascii() || part.label().is_empty() {
        return Some(Cow::Borrowed(lines.as_bytes()));
    }
    match part.charset() {
        Charset::Known(encoding) => {
            let (bytes, used, unmappable) = encoding.encode(lines);
            (used == encoding && !unmappable).then_some(bytes)
        }
        Charset::Utf7 | Charset::Guess | Charset::Unknown => None,
    }
}

/// Puts UTF-8 in place of the charset that the part's headers, the last in `head`, declare.
fn relabel(head: &mut Vec<u8>) {
    let lower = head.to_ascii_lowercase();
    let Some(at) = memchr::memmem::rfind(&lower, b"charset") else { return };
    let from = at + b"charset".len();
    let blank = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'=' | b'"');
    let start = from + head[from..].iter().take_while(|b| blank(b)).count();
    let letter = |b: &u8| !b.is_ascii_whitespace() && !matches!(b, b'"' | b';');
    let end = start + head[start..].iter().take_while(|b| letter(b)).count();
    head.splice(start..end, *b"UTF-8");
}

/// The text in the transfer encoding that `leaf` had.
fn encoded(encoding: &str, leaf: &[u8], text: &[u8]) -> Vec<u8> {
    let encoding = encoding.trim().to_ascii_lowercase();
    if encoding.starts_with("base64") {
        base64(text)
    } else if encoding.starts_with("quoted-printable") {
        let keeps_returns = memchr::memmem::find(leaf, b"\r\n").is_some();
        quoted_printable(text, keeps_returns)
    } else {
        text.to_vec()
    }
}

/// RFC 2045, section 6.8, in lines of 76 letters.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::with_capacity(bytes.len().div_ceil(57) * 77);
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
            let word = byte(0) << 16 | byte(1) << 8 | byte(2);
            for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
                let letter = LETTERS[(word >> shift & 63) as usize];
                out.push(if at <= group.len() { letter } else { b'=' });
            }
        }
        out.push(b'\n');
    }
    out
}

/// RFC 2045, section 6.7. Carriage returns at line ends stay where they are part of the
/// mail's own line ends, else they are of the content.
fn quoted_printable(bytes: &[u8], keeps_returns: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 8);
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let (content, end) = match line {
            [content @ .., b'\r', b'\n'] if keeps_returns => (content, &b"\r\n"[..]),
            [content @ .., b'\n'] => (content, &b"\n"[..]),
            content => (content, &b""[..]),
        };
        quoted_line(&mut out, content);
        out.extend_from_slice(end);
    }
    out
}

/// A line, cut softly so that none is longer than 76 letters.
fn quoted_line(out: &mut Vec<u8>, content: &[u8]) {
    let digit = |value: u8| b"0123456789ABCDEF"[usize::from(value)];
    let mut width = 0;
    for (at, &byte) in content.iter().enumerate() {
        let last = at + 1 == content.len();
        let plain = match byte {
            b'=' => false,
            b' ' | b'\t' => !last,
            byte => byte.is_ascii_graphic(),
        };
        let letters = if plain { 1 } else { 3 };
        if width + letters > 75 {
            out.extend_from_slice(b"=\n");
            width = 0;
        }
        width += letters;
        match plain {
            true => out.push(byte),
            false => out.extend([b'=', digit(byte >> 4), digit(byte & 15)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "---\n ring.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n\
                        diff --git a/ring.c b/ring.c\n--- a/ring.c\n+++ b/ring.c\n@@ -1 +1 @@\n\
                        -square = 1\n+round\n-- \n2.47.0\n";
    const HEAD: &str = "From: Ann <ann@example.org>\nSubject: [PATCH] ring: round\n";

    fn amended(raw: &str, trailers: &[&str]) -> String {
        let trailers: Vec<String> = trailers.iter().map(|t| (*t).to_owned()).collect();
        String::from_utf8(with_trailers(raw.as_bytes(), &trailers).into_owned()).expect("UTF-8")
    }

    #[test]
    fn new_trailers_come_behind_those_of_the_message() {
        let mail = |more| {
            format!(
                "{HEAD}\nWhy.\n\nFixes: 0123456789ab (\"ring\")\nSigned-off-by: Ann <ann@example.org>\n{more}{DIFF}"
            )
        };
        assert_eq!(
            amended(&mail(""), &["Reviewed-by: Bob <bob@example.org>"]),
            mail("Reviewed-by: Bob <bob@example.org>\n")
        );
    }

    #[test]
    fn a_message_without_trailers_gets_a_paragraph_of_them() {
        let raw = format!("{HEAD}\nWhy.\n{DIFF}");
        let expected = format!("{HEAD}\nWhy.\n\nAcked-by: Zoë <z@example.org>\n{DIFF}");
        assert_eq!(amended(&raw, &["Acked-by: Zoë <z@example.org>"]), expected);
    }

    #[test]
    fn line_ends_are_those_of_the_mail() {
        let raw = format!("{HEAD}\nWhy.\n\nCc: a@example.org\n{DIFF}").replace('\n', "\r\n");
        let amended = amended(&raw, &["Acked-by: Bob <bob@example.org>"]);
        assert!(
            amended.contains("\r\nCc: a@example.org\r\nAcked-by: Bob <bob@example.org>\r\n---\r\n")
        );
    }

    /// What another reader finds in a mail: our own reading of charsets and encodings.
    fn text(raw: &[u8]) -> String {
        crate::mail::read_shown(raw).body.text
    }

    #[test]
    fn transfer_encodings_hold_the_same_text_and_the_trailers() {
        let content = format!("Why é.\n\nCc: a@example.org\n{DIFF}");
        let expected =
            format!("Why é.\n\nCc: a@example.org\nAcked-by: Zoë = <z@example.org>\n{DIFF}");
        for (encoding, body) in [
            ("base64", base64(content.as_bytes())),
            ("quoted-printable", quoted_printable(content.as_bytes(), false)),
            ("8bit", content.clone().into_bytes()),
        ] {
            let head = format!(
                "{HEAD}Content-Type: text/plain; charset=utf-8\n\
                 Content-Transfer-Encoding: {encoding}\n\n"
            );
            let raw = [head.as_bytes(), &body].concat();
            assert_eq!(text(&raw), content, "{encoding}");
            let amended = with_trailers(&raw, &["Acked-by: Zoë = <z@example.org>".to_owned()]);
            assert_eq!(text(&amended), expected, "{encoding}");
        }
    }

    #[test]
    fn letters_that_the_charset_lacks_make_the_message_utf_8() {
        let head = format!("{HEAD}Content-Type: text/plain; charset=\"ISO-8859-1\"\n\n");
        let raw = [head.as_bytes(), b"Why \xe9.\n\nCc: a@example.org\n", DIFF.as_bytes()].concat();
        let with = |name: &str| with_trailers(&raw, &[format!("Acked-by: {name}")]).into_owned();
        let latin = with("Zo\u{eb} <z@example.org>");
        assert!(memchr::memmem::find(&latin, b"Zo\xeb <z").is_some());
        let other = with("\u{160}t\u{11b}p\u{e1}n <s@example.org>");
        assert!(memchr::memmem::find(&other, b"charset=\"UTF-8\"").is_some());
        assert!(text(&other).starts_with("Why é.\n\nCc: a@example.org\nAcked-by: Štěpán <s@"));
    }

    #[test]
    fn the_message_of_a_mail_in_parts_is_its_first_text() {
        let raw = format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=x\n\n--x\n\nWhy.\n\nCc: a@example.org\n\
             --x\nContent-Type: text/x-patch\n\n{DIFF}\n--x--\n"
        );
        let amended = amended(&raw, &["Acked-by: Bob <bob@example.org>"]);
        assert!(amended.contains("\n\nCc: a@example.org\nAcked-by: Bob <bob@example.org>\n--x\n"));
    }

    #[test]
    fn any_bytes_can_be_amended() {
        for raw in [&b""[..], b"\n", b"\n\n", b"Subject: x", b"\xff\n\n\xff", b"\n---\n", b"\n\r\n"]
        {
            with_trailers(raw, &["Acked-by: Zo\u{eb}".to_owned()]);
        }
    }
}

//! Content-Transfer-Encoding: base64 and quoted-printable undone (RFC 2045, section 6).
//!
//! mailparse decodes base64; what it refuses is repaired here and given to it again.
//! Quoted-printable is decoded here: mailparse's decoder drops every byte that is not
//! printable ASCII, so form feeds and stray 8-bit letters of a diff would vanish.

use std::borrow::Cow;

use mailparse::ParsedContentType;
use mailparse::body::Body as Encoded;

/// Bytes with their transfer encoding undone.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The content.
    pub bytes: Cow<'a, [u8]>,
    /// The encoding did not hold together; `bytes` is what could be saved.
    pub damaged: bool,
}

/// Undoes `encoding`, the value of a Content-Transfer-Encoding header. Anything but base64
/// and quoted-printable (also `x-uuencode` and misspellings) leaves the bytes as they are.
pub fn decode<'a>(bytes: &'a [u8], encoding: &str) -> Decoded<'a> {
    let encoding = encoding.split([';', '(']).next().unwrap_or_default();
    let encoding = encoding.trim_matches(|c: char| c.is_ascii_whitespace() || "\"'".contains(c));
    if encoding.eq_ignore_ascii_case("base64") {
        base64(bytes)
    } else if encoding.eq_ignore_ascii_case("quoted-printable") {
        Decoded { bytes: Cow::Owned(quoted_printable(bytes)), damaged: false }
    } else {
        Decoded { bytes: Cow::Borrowed(bytes), damaged: false }
    }
}

/// Base64, also with its padding missing or with a list's plain-text footer after it: the
/// footer is kept as it is. Bytes that hold no base64 at all are left as they are.
pub fn base64(bytes: &[u8]) -> Decoded<'_> {
    if let Some(content) = strict_base64(bytes) {
        return Decoded { bytes: Cow::Owned(content), damaged: false };
    }
    let (encoded, footer) = bytes.split_at(end_of_base64(bytes));
    let mut letters: Vec<u8> = encoded.iter().copied().filter(|&b| is_base64(b)).collect();
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    letters.resize(letters.len().next_multiple_of(4), b'=');
    match strict_base64(&letters) {
        Some(mut content) if !content.is_empty() => {
            content.extend_from_slice(footer);
            Decoded { bytes: Cow::Owned(content), damaged: true }
        }
        _ => Decoded { bytes: Cow::Borrowed(bytes), damaged: true },
    }
}

fn strict_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let any_type = ParsedContentType::default();
    match Encoded::new(bytes, &any_type, &Some("base64".to_owned())) {
        Encoded::Base64(body) => body.get_decoded().ok(),
        _ => None,
    }
}

/// Where base64 ends: after the line with its padding, or before the first line that holds
/// anything else.
fn end_of_base64(bytes: &[u8]) -> usize {
    let mut at = 0;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        if !line.iter().all(|&b| is_base64(b) || b == b'=' || b.is_ascii_whitespace()) {
            return at;
        }
        at += line.len();
        if line.contains(&b'=') {
            return at;
        }
    }
    at
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// Quoted-printable: `=XX` and soft line breaks; everything else stays, as git and Python
/// have it (also an `=` that begins neither).
pub fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(byte) = hex_pair(rest) {
            out.push(byte);
            rest = &rest[2..];
        } else if let Some(after) = soft_break(rest) {
            rest = after;
        } else {
            out.push(b'=');
        }
    }
    out.extend_from_slice(rest);
    out
}

/// What follows a soft line break (blanks may have been added before the line end).
fn soft_break(after_equals: &[u8]) -> Option<&[u8]> {
    let blanks = after_equals.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    match after_equals.get(blanks) {
        Some(b'\n') => Some(&after_equals[blanks + 1..]),
        None => Some(&[]),
        Some(_) => None,
    }
}

/// The byte that two hexadecimal digits at the start of `bytes` stand for.
pub(super) fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |b: u8| (b as char).to_digit(16);
    let (high, low) = (digit(*bytes.first()?)?, digit(*bytes.get(1)?)?);
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], encoding: &str) -> (String, bool) {
        let decoded = decode(bytes, encoding);
        (String::from_utf8(decoded.bytes.into_owned()).unwrap(), decoded.damaged)
    }

    #[test]
    fn base64_as_it_should_be() {
        assert_eq!(text(b"aGVs\r\nbG8=\r\n", " BASE64 "), ("hello".into(), false));
    }

    #[test]
    fn base64_without_padding() {
        assert_eq!(text(b"aGVsbG8", "base64"), ("hello".into(), true));
        assert_eq!(text(b"aGVsbG8hZ", "base64"), ("hello!".into(), true));
    }

    #[test]
    fn base64_with_a_list_footer() {
        let (saved, damaged) = text(b"aGVsbG8K\n_______\nlist@example.org\n", "base64");
        assert_eq!(saved, "hello\n_______\nlist@example.org\n");
        assert!(damaged);
        assert_eq!(text(b"aGVsbG8=\nFooter\n", "base64").0, "helloFooter\n");
    }

    #[test]
    fn what_is_no_base64_stays() {
        assert_eq!(text(b"Hi, you!\n", "base64"), ("Hi, you!\n".into(), true));
    }

    #[test]
    fn quoted_printable_keeps_what_it_need_not_touch() {
        let (saved, _) = text(b"a=3Db=\nc=\r\nd= \ne\x0c=zz \xc3\xa9=c3=A9=", "Quoted-Printable");
        assert_eq!(saved, "a=bcde\x0c=zz éé");
    }

    #[test]
    fn other_encodings_leave_the_bytes() {
        assert_eq!(text(b"a=3D", "8bit").0, "a=3D");
        assert_eq!(text(b"begin 644 x", "x-uuencode").0, "begin 644 x");
        assert_eq!(text(b"a=3D", "quoted-printable (why)").0, "a=");
    }
}

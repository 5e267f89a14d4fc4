//! Bytes of a declared charset to text.
//!
//! What a mail declares is a hint, not a fact: labels are misspelt, unknown or empty, and
//! `us-ascii` is what software says when it does not know. Here a label becomes an
//! [`Encoding`] (encoding_rs, so the WHATWG labels plus a few that mail uses), and bytes
//! become text that holds only `\n` as line end and no NUL. Transfer encodings are undone
//! before, in [`super::transfer`].

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How the bytes of a part are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// One that encoding_rs knows.
    Known(&'static Encoding),
    /// RFC 2152, which encoding_rs leaves out.
    Utf7,
    /// Nothing declared, or `us-ascii`: UTF-8 where it is valid, else windows-1252.
    Guess,
    /// A label nobody knows; read like [`Charset::Guess`].
    Unknown,
}

/// Labels seen in mail that the WHATWG list lacks, and what they mean.
const ALIASES: &[(&str, &str)] = &[
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("euc-cn", "gbk"),
    ("iso-2022-jp-1", "iso-2022-jp"),
    ("iso-2022-jp-2", "iso-2022-jp"),
    ("iso-2022-jp-3", "iso-2022-jp"),
    ("iso-2022-jp-ms", "iso-2022-jp"),
    ("latin-1", "iso-8859-1"),
    ("latin-9", "iso-8859-15"),
    ("sjis-win", "shift_jis"),
    ("utf", "utf-8"),
    ("utf8mb4", "utf-8"),
    ("x-utf-8", "utf-8"),
];

/// Labels of which no more is meant than "plain text".
const PLAIN: &[&str] =
    &["", "us-ascii", "ascii", "us_ascii", "ansi_x3.4-1968", "646", "7bit", "8bit", "default"];

impl Charset {
    /// What a label of a Content-Type or an encoded word means; quotes, blanks, case and an
    /// RFC 2231 language (`utf-8*en`) do not matter.
    pub fn of_label(label: &str) -> Charset {
        let label = label.trim_matches(|c: char| c.is_ascii_whitespace() || "\"';".contains(c));
        let label = label.split('*').next().unwrap_or(label);
        if label.eq_ignore_ascii_case("utf-8") {
            return Charset::Known(UTF_8);
        }
        let label = label.to_ascii_lowercase();
        if PLAIN.contains(&label.as_str()) {
            return Charset::Guess;
        }
        if label == "utf-7" || label == "unicode-1-1-utf-7" {
            return Charset::Utf7;
        }
        let alias = ALIASES.iter().find(|(from, _)| *from == label).map_or(label.as_str(), |a| a.1);
        // "No replacement": the labels that browsers refuse to read (hz-gb-2312, iso-2022-kr)
        // would turn the whole text into one U+FFFD.
        Encoding::for_label_no_replacement(alias.as_bytes())
            .map_or(Charset::Unknown, Charset::Known)
    }

    /// The bytes as text, line ends and NULs as they are. Never fails: what the charset does
    /// not have becomes U+FFFD. A byte order mark is dropped.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        let text = match self {
            Charset::Known(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Charset::Utf7 => Cow::Owned(utf7(bytes)),
            Charset::Guess | Charset::Unknown => guess(bytes),
        };
        match text {
            Cow::Borrowed(t) => Cow::Borrowed(t.strip_prefix('\u{feff}').unwrap_or(t)),
            Cow::Owned(t) if t.starts_with('\u{feff}') => {
                Cow::Owned(t['\u{feff}'.len_utf8()..].into())
            }
            owned => owned,
        }
    }
}

/// UTF-8 where it is valid, else windows-1252, in which every byte means something.
fn guess(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// RFC 2152: `+` opens a run of base64 of UTF-16BE, any other character (`-` is swallowed)
/// closes it, `+-` is a plus.
fn utf7(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(plus) = memchr::memchr(b'+', rest) {
        out.push_str(&guess(&rest[..plus]));
        let run = &rest[plus + 1..];
        let end = run.iter().position(|&b| sextet(b).is_none()).unwrap_or(run.len());
        let closed = run.get(end) == Some(&b'-');
        if end == 0 {
            out.push('+');
        } else {
            out.push_str(&utf16_of_base64(&run[..end]));
        }
        rest = &run[end + usize::from(closed)..];
    }
    out.push_str(&guess(rest));
    out
}

fn utf16_of_base64(run: &[u8]) -> String {
    let (mut bits, mut held) = (0u32, 0u32);
    let mut units = Vec::with_capacity(run.len() * 6 / 16);
    for value in run.iter().filter_map(|&b| sextet(b)) {
        bits = (bits << 6 | u32::from(value)) & 0x3f_ffff;
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push((bits >> held) as u16);
        }
    }
    String::from_utf16_lossy(&units)
}

/// The value of a base64 character.
fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Text with only `\n` as line end and no NUL. Carriage returns before a line feed go, those
/// of a text without line feeds are its line ends, and any other becomes a blank, so that a
/// progress bar pasted into a mail (or a diff) stays the one line it was. NUL becomes U+FFFD.
pub fn tame(text: Cow<'_, str>) -> String {
    if memchr::memchr2(b'\r', 0, text.as_bytes()).is_none() {
        return text.into_owned();
    }
    let lone = if text.contains('\n') { ' ' } else { '\n' };
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = memchr::memchr2(b'\r', 0, rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let tail = rest[at..].trim_start_matches('\r');
        match rest.as_bytes()[at] {
            0 => {
                out.push('\u{fffd}');
                rest = &rest[at + 1..];
            }
            _ if tail.starts_with('\n') => rest = tail,
            _ => {
                out.push(lone);
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(label: &str, bytes: &[u8]) -> String {
        Charset::of_label(label).decode(bytes).into_owned()
    }

    #[test]
    fn labels_of_mail() {
        assert_eq!(read("UTF-8", "naïve".as_bytes()), "naïve");
        assert_eq!(read("\"iso-8859-1\"", b"na\xefve"), "naïve");
        assert_eq!(read("cp936", b"\xc4\xe3"), "你");
        assert_eq!(read("gb2312", b"\xc4\xe3"), "你");
        assert_eq!(read("iso-2022-jp", b"\x1b$B$\"\x1b(B!"), "あ!");
        assert_eq!(read("koi8-r", b"\xf0"), "П");
        assert_eq!(read("utf-8*en", "é".as_bytes()), "é");
    }

    #[test]
    fn unknown_labels_are_utf8_then_windows_1252() {
        for label in ["x-binaryenc", "unknown-8bit", "y"] {
            assert_eq!(Charset::of_label(label), Charset::Unknown, "{label}");
            assert_eq!(read(label, "é".as_bytes()), "é");
            assert_eq!(read(label, b"\xe9 \x93x\x94"), "é “x”");
        }
        assert_eq!(Charset::of_label(""), Charset::Guess);
        assert_eq!(read("us-ascii", "é".as_bytes()), "é");
    }

    #[test]
    fn refused_labels_keep_their_ascii() {
        assert_eq!(read("iso-2022-kr", b"plain"), "plain");
    }

    #[test]
    fn wrong_bytes_do_not_lose_the_rest() {
        assert_eq!(read("utf-8", b"a\xffb"), "a\u{fffd}b");
    }

    // The examples of RFC 2152.
    #[test]
    fn utf7_examples() {
        assert_eq!(read("utf-7", b"A+ImIDkQ."), "A\u{2262}\u{391}.");
        assert_eq!(read("utf-7", b"Hi Mom -+Jjo--!"), "Hi Mom -\u{263a}-!");
        assert_eq!(read("utf-7", b"+ZeVnLIqe-"), "\u{65e5}\u{672c}\u{8a9e}");
        assert_eq!(read("utf-7", b"1 +- 1 = 2"), "1 + 1 = 2");
    }

    #[test]
    fn line_ends() {
        assert_eq!(tame("a\r\nb\r\r\nc\n".into()), "a\nb\nc\n");
        assert_eq!(tame("old\rmac\r".into()), "old\nmac\n");
        assert_eq!(tame("10%\r20%\nx\0y\n".into()), "10% 20%\nx\u{fffd}y\n");
        assert_eq!(tame("end\n\r".into()), "end\n ");
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(read("utf-8", b"\xef\xbb\xbfhi"), "hi");
    }
}

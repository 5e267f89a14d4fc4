//! A digest as a mail that is ready to be sent: plain text and HTML of the same, with headers
//! that any program reads.
//!
//! The same digest gives the same bytes: its date is that of the newest mail in it, and its
//! Message-ID and boundary come from what it says. How addresses are read is said in
//! [`crate::mail::address`].

use std::fmt::Write as _;

use jiff::Timestamp;

use super::html;
use super::outline::{Outline, Section, Table};
use super::text::visible_line;
use crate::archive::slug::short_id;
use crate::mail::Address;

/// What stands in the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Who sends it.
    pub from: Address,
    /// To whom; where there is nobody, the header is left out.
    pub to: Vec<Address>,
    /// What it is about.
    pub subject: String,
    /// Seconds since 1970, UTC.
    pub date: i64,
    /// What begins its Message-ID: letters, digits and dashes.
    pub name: String,
    /// What ends its Message-ID: a host's name.
    pub host: String,
}

/// The mail, its lines ended by CR LF (RFC 5322, 2.1).
pub fn render(outline: &Outline, envelope: &Envelope) -> String {
    let (plain, html) = (plain(outline), html::render(outline));
    let id = short_id(&[&*plain, &html, &envelope.subject].concat());
    // `=_` is never in a body: there `=` stands before two digits or at the end of a line.
    let boundary = format!("=_patchpress_{id}");
    let mut out = String::with_capacity(2 * (plain.len() + html.len()));
    push_header(&mut out, "From", &mailbox(&envelope.from));
    if !envelope.to.is_empty() {
        let to: Vec<String> = envelope.to.iter().map(mailbox).collect();
        push_header(&mut out, "To", &to.join(", "));
    }
    push_header(&mut out, "Subject", &unstructured(&visible_line(&envelope.subject)));
    push_header(&mut out, "Date", &date(envelope.date));
    push_header(&mut out, "Message-ID", &format!("<{}-{id}@{}>", envelope.name, envelope.host));
    push_header(&mut out, "MIME-Version", "1.0");
    let kind = format!("multipart/alternative; boundary=\"{boundary}\"");
    push_header(&mut out, "Content-Type", &kind);
    for (kind, text) in [("text/plain", &plain), ("text/html", &html)] {
        let _ = write!(out, "\r\n--{boundary}\r\n");
        push_header(&mut out, "Content-Type", &format!("{kind}; charset=utf-8"));
        push_header(&mut out, "Content-Transfer-Encoding", "quoted-printable");
        out.push_str("\r\n");
        push_quoted_printable(&mut out, text);
    }
    let _ = write!(out, "\r\n--{boundary}--\r\n");
    out
}

// ---- the text

/// The digest as plain text, lines ended by a line feed.
fn plain(outline: &Outline) -> String {
    let Outline { title, days, url, .. } = outline;
    let mut out = format!("{title}\n{days}\n\nThe whole digest: {url}\n\n");
    for (n, what) in &outline.figures {
        let _ = writeln!(out, "{n:>7}  {what}");
    }
    for Section { name, items } in &outline.sections {
        let _ = writeln!(out, "\n{name}\n{}\n", "-".repeat(name.len()));
        for item in items {
            let _ = writeln!(out, "* {}\n  {}\n  {}", item.title, item.note, item.url);
        }
    }
    for Table { name, rows } in &outline.tables {
        let _ = writeln!(out, "\n{name}\n{}\n", "-".repeat(name.len()));
        for (who, n) in rows {
            let _ = writeln!(out, "{n:>7}  {who}");
        }
    }
    out
}

// ---- headers

/// The longest line of a header, where there are blanks to fold at (RFC 5322, 2.1.1).
const LINE: usize = 76;

/// Writes a header, folded at blanks.
fn push_header(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push(':');
    let mut column = name.len() + 1;
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        if column + 1 + word.len() > LINE && column > name.len() + 1 {
            out.push_str("\r\n");
            column = 0;
        }
        out.push(' ');
        out.push_str(word);
        column += 1 + word.len();
    }
    out.push_str("\r\n");
}

/// Free text: as it is where it is plain ASCII, else in encoded words.
fn unstructured(text: &str) -> String {
    let plain = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    let short = text.split(' ').all(|word| word.len() < LINE - 10);
    if plain && short && !text.contains("=?") { text.to_owned() } else { encoded_words(text) }
}

/// Text as encoded words (RFC 2047) in base64, none longer than a line has room for, none
/// with half a character in it.
fn encoded_words(text: &str) -> String {
    const BYTES: usize = 36;
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = (1..=rest.len().min(BYTES)).rev().find(|&at| rest.is_char_boundary(at));
        let (chunk, after) = rest.split_at(end.unwrap_or(rest.len()));
        words.push(format!("=?utf-8?B?{}?=", base64(chunk.as_bytes())));
        rest = after;
    }
    words.join(" ")
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, &b| bits << 8 | u32::from(b));
        let bits = bits << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// A name and address (RFC 5322, 3.4). A name that is no plain words is quoted, one that is
/// not ASCII encoded.
fn mailbox(Address { name, email }: &Address) -> String {
    let name = &visible_line(name);
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~ ".contains(c);
    if name.is_empty() {
        email.clone()
    } else if name.chars().all(atom) && !name.contains("=?") {
        format!("{name} <{email}>")
    } else if name.bytes().all(|b| matches!(b, b' '..=b'~')) && !name.contains("=?") {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{quoted}\" <{email}>")
    } else {
        format!("{} <{email}>", encoded_words(name))
    }
}

/// Whether an address can stand in a header as it is: one `@` with something on both sides,
/// plain ASCII without blanks and signs that mean something there.
pub fn is_address(email: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !b"()<>,;:\\\"[]".contains(&b);
    let parts: Vec<&str> = email.split('@').collect();
    parts.len() == 2 && parts.iter().all(|part| !part.is_empty()) && email.bytes().all(plain)
}

/// `Fri, 29 Mar 2024 08:00:00 +0000`
fn date(at: i64) -> String {
    // Four digits of a year are all that a mail has room for.
    let within = Timestamp::from_second(at.clamp(0, 253_402_207_200)).unwrap_or_default();
    within.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

// ---- bodies

/// Text in quoted-printable (RFC 2045, 6.7): lines of at most 76 characters, and nothing that
/// a mail program on the way could take for its own (`From `, a lone dot).
fn push_quoted_printable(out: &mut String, text: &str) {
    for line in text.lines() {
        let mut column = 0;
        for (at, &byte) in line.as_bytes().iter().enumerate() {
            let last = at + 1 == line.len();
            let plain = match byte {
                b' ' | b'\t' => !last,
                b'F' | b'.' => column > 0 && column < 75,
                b'=' => false,
                _ => byte.is_ascii_graphic(),
            };
            let width = if plain { 1 } else { 3 };
            if column + width > 75 {
                out.push_str("=\r\n");
                column = 0;
            }
            match plain {
                true => out.push(char::from(byte)),
                false => drop(write!(out, "={byte:02X}")),
            }
            column += width;
        }
        out.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648, section 10.
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn lines_of_quoted_printable_are_short_and_mean_nothing_to_a_mail_program() {
        let mut out = String::new();
        let text = format!("From here\n.\nx \n{}.{}=é\n", "a".repeat(75), "b".repeat(80));
        push_quoted_printable(&mut out, &text);
        assert!(out.starts_with("=46rom here\r\n=2E\r\nx=20\r\n"), "{out}");
        assert!(out.split("\r\n").all(|l| l.len() <= 76 && !l.starts_with('.')), "{out}");
        assert!(out.ends_with("=3D=C3=A9\r\n"), "{out}");
    }

    #[test]
    fn addresses_that_need_quotes_or_routes_are_none_here() {
        for good in ["a@b", "a.b+c@ex-ample.org"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b,c@d", "<a@b>", "é@b", "a@b\r\nX: y"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn dates_have_the_form_of_a_mail() {
        // date -u -R -d @1709985600
        assert_eq!(date(1_709_985_600), "Sat, 09 Mar 2024 12:00:00 +0000");
        assert_eq!(date(i64::MAX).len(), date(0).len());
    }
}

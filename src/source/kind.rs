//! What a file is, told by its first bytes and never by its name.
//!
//! Tells mail from what lies beside it (images, JSON, notes), so that a directory can be
//! read whole and a fault can be named. What follows from the kind is decided where files
//! are opened.

use memchr::{memchr, memmem};

use super::{mbox, separator};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, or line ends only.
    Empty,
    /// An mbox: begins with a separator.
    Mbox,
    /// One message without a separator: begins with mail headers.
    Message,
    /// Text that begins like neither.
    Text,
    /// Mail or not, to be decompressed first.
    Compressed(Compression),
    /// Something else; what it is, with its article.
    Foreign(&'static str),
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// RFC 1952.
    Gzip,
    /// The .xz format, not the older .lzma.
    Xz,
    /// RFC 8878.
    Zstd,
}

/// How far into a file its nature is looked for.
const HEAD: usize = 64 * 1024;

/// What each file format begins with (its offset, its bytes).
const FOREIGN: &[(usize, &[u8], &str)] = &[
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"GIF8", "a GIF image"),
    (8, b"WEBP", "a WebP image"),
    (0, b"<svg", "an SVG image"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"BZh", "a file compressed with bzip2"),
    (0, b"\x5d\x00\x00", "a file compressed with lzma"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"\x7fELF", "an executable"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"PACK\0", "a git pack"),
    (0, b"# v2 git bundle", "a git bundle"),
    (0, b"# v3 git bundle", "a git bundle"),
    (0, b"\x01\x01\x01\x01\n", "an MMDF mailbox"),
    (0, b"BABYL OPTIONS:", "a Babyl mailbox"),
    (0, b"\xff\xfe", "text in UTF-16"),
    (0, b"\xfe\xff", "text in UTF-16"),
    (0, b"{", "JSON"),
    (0, b"[{", "JSON"),
    (0, b"[\"", "JSON"),
    (0, b"[\n", "JSON"),
    (0, b"<!", "HTML or XML"),
    (0, b"<html", "HTML"),
    (0, b"<?xml", "XML"),
];

/// Fields of which at least one is in the header of every mail that was ever sent; a YAML
/// or text file whose first line looks like a field has seldom one of them.
const MAIL_FIELDS: &[&[u8]] = &[
    b"from",
    b"date",
    b"message-id",
    b"received",
    b"return-path",
    b"subject",
    b"mime-version",
    b"content-type",
    b"delivered-to",
    b"to",
];

/// What a file is whose bytes, or at least the first of them, are `bytes`.
pub(super) fn of(bytes: &[u8]) -> Kind {
    let head = &bytes[..bytes.len().min(HEAD)];
    if let Some(compression) = compression(head) {
        return Kind::Compressed(compression);
    }
    let start = mbox::opening(head);
    if start == head.len() {
        return if head.len() < bytes.len() { Kind::Text } else { Kind::Empty };
    }
    if separator::opening(bytes, start).is_some() {
        Kind::Mbox
    } else if let Some(foreign) = foreign(head, start) {
        Kind::Foreign(foreign)
    } else if is_message(&head[start..]) {
        Kind::Message
    } else {
        Kind::Text
    }
}

fn compression(head: &[u8]) -> Option<Compression> {
    const MAGIC: [(&[u8], Compression); 3] = [
        (b"\x1f\x8b\x08", Compression::Gzip),
        (b"\xfd7zXZ\0", Compression::Xz),
        (b"\x28\xb5\x2f\xfd", Compression::Zstd),
    ];
    MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|&(_, compression)| compression)
}

fn foreign(head: &[u8], start: usize) -> Option<&'static str> {
    let known = FOREIGN.iter().find(|(offset, magic, _)| {
        head.get(start + offset..).is_some_and(|rest| rest.starts_with(magic))
    });
    match known {
        Some(&(_, _, name)) => Some(name),
        // A mail may hold a stray NUL, but never in its first line.
        None => memchr(0, first_line(&head[start..])).map(|_| "binary data"),
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    &text[..memchr(b'\n', text).unwrap_or(text.len())]
}

/// Whether `text` begins with a header block: a field first and one of mail among them,
/// or two of mail after a spoilt first line.
fn is_message(text: &[u8]) -> bool {
    let block_end = memmem::find(text, b"\n\n").or_else(|| memmem::find(text, b"\n\r\n"));
    let block = &text[..block_end.unwrap_or(text.len())];
    let names = block.split(|&b| b == b'\n').filter_map(separator::field_name);
    let of_mail = names.filter(|name| MAIL_FIELDS.iter().any(|f| name.eq_ignore_ascii_case(f)));
    of_mail.take(2).count() + usize::from(separator::header_follows(block)) >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_is_told_from_what_lies_beside_it() {
        let from = "From alice@example.org Tue Jan  7 00:00:00 2020\n";
        for (bytes, kind) in [
            ("", Kind::Empty),
            ("\u{feff}\n\r\n", Kind::Empty),
            (from, Kind::Mbox),
            (&format!("\u{feff}\n\n{from}To: bob\n"), Kind::Mbox),
            ("From alice@example.org\nSubject: x\n", Kind::Mbox),
            ("From: alice@example.org\nSubject: x\n\nbody", Kind::Message),
            ("X-Odd: 1\r\nReceived: by mx\r\n\r\nbody", Kind::Message),
            ("\nDate : Tue, 7 Jan 2020 00:00:00 +0000\n", Kind::Message),
            (" From: alice\nSubject: x\nTo: bob\n\nbody", Kind::Message),
            ("text\nSubject: x\n\nTo: bob\n", Kind::Text),
            ("https://example.org/where-this-comes-from\n", Kind::Text),
            ("title: A site\nlists: []\n\nSubject: x\n", Kind::Text),
            ("From here on it is prose.\n", Kind::Text),
            ("{\"from\": 1}", Kind::Foreign("JSON")),
            ("<!DOCTYPE html>", Kind::Foreign("HTML or XML")),
            ("%PDF-1.7\n", Kind::Foreign("a PDF document")),
            ("a: b\0c\nFrom: x\n", Kind::Foreign("binary data")),
            ("From: x\n\nbody \0 body", Kind::Message),
        ] {
            assert_eq!(of(bytes.as_bytes()), kind, "{bytes:?}");
        }
    }

    #[test]
    fn formats_are_told_by_their_magic_bytes() {
        let tar = [&[b'a'; 257][..], b"ustar\0"].concat();
        for (bytes, kind) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Kind::Foreign("a JPEG image")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Kind::Foreign("a WebP image")),
            (&tar, Kind::Foreign("a tar archive")),
            (b"\x1f\x8b\x08\0", Kind::Compressed(Compression::Gzip)),
            (b"\xfd7zXZ\0\0\x04", Kind::Compressed(Compression::Xz)),
            (b"\x28\xb5\x2f\xfd\x04", Kind::Compressed(Compression::Zstd)),
        ] {
            assert_eq!(of(bytes), kind, "{bytes:?}");
        }
    }
}

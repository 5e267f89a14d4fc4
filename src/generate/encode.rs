//! Text to bytes as mailers write them: charsets, encoded words (RFC 2047), transfer
//! encodings (RFC 2045), format=flowed (RFC 3676).

use encoding_rs::Encoding;

/// The text in a charset, with the charset's name: UTF-8 where it can't be written in it.
pub fn in_charset<'t>(
    text: &'t str,
    charset: &'static str,
) -> (std::borrow::Cow<'t, [u8]>, &'static str) {
    let encoding = Encoding::for_label(charset.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    match encoding.encode(text) {
        (bytes, _, false) => (bytes, charset),
        _ => (text.as_bytes().into(), "UTF-8"),
    }
}

/// A header's text as encoded words of at most 75 bytes each, folded; ASCII stays as it is.
pub fn header(text: &str, charset: &'static str) -> String {
    if text.is_ascii() {
        return text.to_string();
    }
    let (_, charset) = in_charset(text, charset);
    let quoted = matches!(charset, "UTF-8" | "ISO-8859-1") && mostly_ascii(text);
    let mut words: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for c in text.chars() {
        chunk.push(c);
        if word(&chunk, charset, quoted).len() > 75 {
            chunk.pop();
            words.push(word(&chunk, charset, quoted));
            chunk = c.to_string();
        }
    }
    words.push(word(&chunk, charset, quoted));
    words.join("\n ")
}

fn mostly_ascii(text: &str) -> bool {
    text.bytes().filter(|b| !b.is_ascii()).count() * 3 < text.len()
}

fn word(chunk: &str, charset: &'static str, quoted: bool) -> String {
    let (bytes, _) = in_charset(chunk, charset);
    if !quoted {
        return format!("=?{charset}?B?{}?=", base64(&bytes));
    }
    let mut text = format!("=?{charset}?q?");
    for b in bytes.iter() {
        match b {
            b' ' => text.push('_'),
            b if b.is_ascii_alphanumeric() => text.push(char::from(*b)),
            b => text.push_str(&format!("={b:02X}")),
        }
    }
    text + "?="
}

/// Base 64 without line ends.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut bits = [0u8; 4];
        bits[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(bits);
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Base 64 in lines of 76 characters.
pub fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 4 / 3 + 80);
    for line in bytes.chunks(57) {
        out.extend_from_slice(base64(line).as_bytes());
        out.push(b'\n');
    }
    out
}

/// Quoted-printable, lines of at most 76 characters.
pub fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    let mut column = 0;
    for (i, b) in bytes.iter().copied().enumerate() {
        if b == b'\n' {
            out.push(b);
            column = 0;
            continue;
        }
        let ends = bytes.get(i + 1).is_none_or(|n| *n == b'\n');
        let plain = matches!(b, 33..=60 | 62..=126) || matches!(b, b' ' | b'\t') && !ends;
        if column + if plain { 1 } else { 3 } > 75 {
            out.extend_from_slice(b"=\n");
            column = 0;
        }
        if plain {
            out.push(b);
            column += 1;
        } else {
            out.extend_from_slice(&[b'=', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
            column += 3;
        }
    }
    out
}

/// Paragraphs as format=flowed: soft line ends have a blank before them, and lines that
/// could be taken for quotes are stuffed.
pub fn flowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with(' ') || line.starts_with("From ") {
            out.push(' ');
        }
        out.push_str(line);
        let prose = |l: &str| l.starts_with(|c: char| c.is_alphanumeric());
        if prose(line) && line.len() > 56 && lines.peek().is_some_and(|next| prose(next)) {
            out.push(' ');
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from Python's base64, quopri and email.header.
    #[test]
    fn encodes_as_python_decodes() {
        assert_eq!(base64(b"peat"), "cGVhdA==");
        assert_eq!(base64(b"peatf"), "cGVhdGY=");
        assert_eq!(quoted_printable("a=b \né\n".as_bytes()), b"a=3Db=20\n=C3=A9\n");
        assert_eq!(header("Łukasz", "UTF-8"), "=?UTF-8?q?=C5=81ukasz?=");
        assert_eq!(header("顾临川", "GB2312"), "=?GB2312?B?ucvB2bSo?=");
        assert_eq!(header("plain", "GB2312"), "plain");
    }

    #[test]
    fn text_outside_a_charset_is_utf8() {
        assert_eq!(in_charset("Łódź", "ISO-8859-1").1, "UTF-8");
        assert_eq!(in_charset("Søren", "ISO-8859-1").1, "ISO-8859-1");
    }

    #[test]
    fn flowed_paragraphs_are_soft_and_quotes_are_stuffed() {
        let long = "This line is long enough to have been broken by the mailer that wrote it,";
        let text = flowed(&format!("{long}\nand goes on.\n\nFrom here\n> quoted\n"));
        assert_eq!(text, format!("{long} \nand goes on.\n\n From here\n> quoted\n"));
    }
}

//! Headers: where they end, unfolding, encoded words, Message-IDs.
//!
//! This module decides where a field and where the header block ends (mailparse takes a body
//! without an empty line before it for more headers, and gives up on a stray carriage
//! return), and decodes. Encoded words (RFC 2047) are decoded here, because
//! letters are split between words in real mail, and mailparse decodes each word alone.
//! What an address or a date means is left to [`super::address`] and [`super::date`].

use std::borrow::Cow;

use memchr::memmem;

use super::charset::Charset;
use super::transfer;

/// The headers of a mail or of one of its parts that are read, in order, borrowed from its
/// bytes.
pub struct Headers<'a> {
    fields: Vec<Field<'a>>,
    /// How unencoded 8-bit text in them is read when it is not UTF-8.
    charset: Charset,
}

/// One field.
struct Field<'a> {
    name: &'a [u8],
    /// What follows the colon, without blanks before it and line ends behind it; still folded.
    value: &'a [u8],
}

impl<'a> Field<'a> {
    /// The field called `name` that `lines` hold.
    fn of(name: &'a [u8], lines: &'a [u8]) -> Field<'a> {
        let colon = memchr::memchr(b':', lines).map_or(lines.len(), |colon| colon + 1);
        let mut value = &lines[colon..];
        while let [b' ', rest @ ..] = value {
            value = rest;
        }
        while let [rest @ .., b'\r' | b'\n'] = value {
            value = rest;
        }
        Field { name, value }
    }
}

impl<'a> Headers<'a> {
    /// The headers at the start of `raw`, and the body after them. The block ends at an
    /// empty line, or at the first line that is no header (which then begins the body, as in
    /// Python's email). An mbox separator among the headers is passed over.
    pub fn read(raw: &'a [u8]) -> (Headers<'a>, &'a [u8]) {
        let mut fields = Vec::with_capacity(16);
        let mut received = 0;
        let mut at = 0;
        while at < raw.len() {
            let rest = &raw[at..];
            if let Some(body) = after_empty_line(rest) {
                return (Headers::new(fields), body);
            }
            if let Some(name) = field_name(rest) {
                let length = field_length(rest);
                received += usize::from(name.eq_ignore_ascii_case(b"Received"));
                if is_read(name) && (received <= RECEIVED || name.len() != "Received".len()) {
                    fields.push(Field::of(name, &rest[..length]));
                }
                at += length;
            } else if is_separator(rest) || at == 0 && matches!(rest[0], b' ' | b'\t') {
                at += line_length(rest);
            } else {
                break;
            }
        }
        (Headers::new(fields), &raw[at..])
    }

    fn new(fields: Vec<Field<'a>>) -> Headers<'a> {
        Headers { fields, charset: Charset::Guess }
    }

    /// Reads unencoded 8-bit text, where it is not UTF-8, as this charset: that of the body.
    pub fn set_charset(&mut self, charset: Charset) {
        self.charset = charset;
    }

    /// Every field of that name, in order, raw.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |field| is_named(field.name, name)).map(|field| field.value)
    }

    /// The first field of that name that is not blank, raw.
    pub fn first(&self, name: &'static str) -> Option<&[u8]> {
        self.all(name).map(<[u8]>::trim_ascii).find(|v| !v.is_empty())
    }

    /// The first field of that name that is not blank: unfolded, encoded words as they are.
    pub fn unfolded(&self, name: &'static str) -> Option<Cow<'_, str>> {
        self.first(name).map(|value| self.unfold(value))
    }

    /// The first field of that name that is not blank, as text to read.
    pub fn text(&self, name: &'static str) -> Option<String> {
        self.unfolded(name).map(|value| collapse(&decode_words(&value)))
    }

    /// A raw value on one line, as text; the blanks of a fold stay, as in RFC 5322.
    pub fn unfold<'v>(&self, value: &'v [u8]) -> Cow<'v, str> {
        let text = match std::str::from_utf8(value) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => self.charset.decode(value),
        };
        match memchr::memchr3(b'\r', b'\n', 0, text.as_bytes()) {
            Some(_) => Cow::Owned(text.replace(['\r', '\n', '\0'], "")),
            None => text,
        }
    }
}

/// The body, if an empty line (perhaps of carriage returns) stands at the start.
fn after_empty_line(rest: &[u8]) -> Option<&[u8]> {
    if !matches!(rest[0], b'\r' | b'\n') {
        return None;
    }
    let returns = rest.iter().take_while(|&&b| b == b'\r').count();
    match rest.get(returns) {
        Some(b'\n') => Some(&rest[returns + 1..]),
        None => Some(&[]),
        Some(_) => None,
    }
}

/// The field name that a line begins with: printable ASCII up to a colon (RFC 5322, section
/// 2.2), where RFC 822 also allowed blanks before the colon.
fn field_name(line: &[u8]) -> Option<&[u8]> {
    let name = line.iter().take_while(|&&b| matches!(b, 33..=57 | 59..=126)).count();
    let blanks = line[name..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    (name > 0 && line.get(name + blanks) == Some(&b':')).then_some(&line[..name])
}

/// The length of the field at the start, with its folded lines.
fn field_length(rest: &[u8]) -> usize {
    let ends = memchr::memchr_iter(b'\n', rest).map(|end| end + 1);
    let mut ends = ends.filter(|&end| !matches!(rest.get(end), Some(b' ' | b'\t')));
    ends.next().unwrap_or(rest.len())
}

/// The fields that are read. Most of a mail's headers are none of them (signatures, traces,
/// verdicts on spam): stepping over those is a quarter of the time of parsing.
const READ: &[&[u8]] = &[
    b"Cc",
    b"Content-Disposition",
    b"Content-Transfer-Encoding",
    b"Content-Type",
    b"Date",
    b"From",
    b"In-Reply-To",
    b"List-Id",
    b"Message-ID",
    b"Received",
    b"References",
    b"Reply-To",
    b"Sender",
    b"Subject",
    b"To",
    b"X-Original-From",
];

/// Of the Received fields only the newest are read; those come first.
const RECEIVED: usize = 4;

fn is_read(name: &[u8]) -> bool {
    READ.iter().any(|read| name.eq_ignore_ascii_case(read))
}

fn is_separator(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

fn line_length(rest: &[u8]) -> usize {
    memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)
}

fn is_named(field: &[u8], name: &str) -> bool {
    debug_assert!(READ.contains(&name.as_bytes()), "{name} is stepped over");
    field.eq_ignore_ascii_case(name.as_bytes())
}

/// White space as git has it: runs of blanks, tabs and line ends are one blank, none at the
/// ends.
pub fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// An encoded word, its charset not yet applied.
struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

/// Text with its encoded words decoded (RFC 2047). Neighbouring words of one charset are
/// decoded as one, since letters are split between them; blanks between neighbours go. Words
/// glued to text, words with blanks inside and words in quotes are decoded too; what is no
/// word stays.
pub fn decode_words(text: &str) -> Cow<'_, str> {
    if memmem::find(text.as_bytes(), b"=?").is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut open: Option<Word<'_>> = None;
    let mut rest = text;
    while let Some((before, word, after)) = next_word(rest) {
        let adjacent = open.is_some() && before.bytes().all(|b| b.is_ascii_whitespace());
        rest = after;
        match &mut open {
            Some(run) if adjacent && run.charset.eq_ignore_ascii_case(word.charset) => {
                run.bytes.extend_from_slice(&word.bytes);
                continue;
            }
            _ => close(open.replace(word), &mut out),
        }
        if !adjacent {
            out.push_str(before);
        }
    }
    close(open, &mut out);
    out.push_str(rest);
    Cow::Owned(out)
}

fn close(word: Option<Word<'_>>, out: &mut String) {
    if let Some(word) = word {
        out.push_str(&Charset::of_label(word.charset).decode(&word.bytes));
    }
}

/// The next encoded word: what stands before it, the word, what stands after it.
fn next_word(text: &str) -> Option<(&str, Word<'_>, &str)> {
    // Behind the last `?=` no word ends, so none begins; this also bounds the search.
    let last = memmem::rfind(text.as_bytes(), b"?=")?;
    let mut from = 0;
    while let Some(found) = memmem::find(&text.as_bytes()[from..last], b"=?") {
        let start = from + found;
        if let Some((word, length)) = word_at(&text[start + 2..]) {
            return Some((&text[..start], word, &text[start + 2 + length..]));
        }
        from = (start + 2).min(last);
    }
    None
}

/// Reads `charset?encoding?content?=`; gives the word and its length.
fn word_at(text: &str) -> Option<(Word<'_>, usize)> {
    let charset_end = text.bytes().take(64).position(|b| b == b'?' || b.is_ascii_whitespace())?;
    let rest = text.get(charset_end..)?.strip_prefix('?')?;
    let encoding = rest.bytes().next()?.to_ascii_lowercase();
    let content = rest.get(1..)?.strip_prefix('?')?;
    if !matches!(encoding, b'q' | b'b') {
        return None;
    }
    let end = end_of_word(content.as_bytes(), encoding)?;
    let bytes = match encoding {
        b'q' => transfer::quoted_printable(content[..end].replace('_', " ").as_bytes()),
        _ => transfer::base64(&content.as_bytes()[..end]).bytes.into_owned(),
    };
    let length = text.len() - content.len() + end + 2;
    Some((Word { charset: &text[..charset_end], bytes }, length))
}

/// Where the content of a word ends. An unencoded `?` before an encoded character
/// (`what?=21?=`) does not end it.
fn end_of_word(content: &[u8], encoding: u8) -> Option<usize> {
    let end = memmem::find(content, b"?=")?;
    if encoding == b'q' && transfer::hex_pair(&content[end + 2..]).is_some() {
        let line = &content[end + 2..];
        let further = line.iter().position(|b| matches!(b, b' ' | b'?')).unwrap_or(line.len());
        if line[further..].starts_with(b"?=") {
            return Some(end + 2 + further);
        }
    }
    Some(end)
}

/// The Message-IDs in a value, without brackets and otherwise as sent; comments and prose
/// around them are passed over. Where there are no brackets, every word with an `@` counts.
pub fn message_ids(value: &str) -> Vec<String> {
    let mut ids = Vec::new();
    bracketed(value, |id, _| ids.push(id.to_owned()));
    if ids.is_empty() {
        let words = value.split(|c: char| c.is_ascii_whitespace() || "<>,;\"()".contains(c));
        ids.extend(words.filter(|w| w.contains('@')).map(str::to_owned));
    }
    ids
}

/// The Message-ID of a Message-ID header: the first in brackets, else the whole value.
pub fn message_id(value: &str) -> Option<String> {
    let mut first = None;
    bracketed(value, |id, _| {
        first.get_or_insert_with(|| id.to_owned());
    });
    let bare = value.trim_matches(|c: char| c.is_ascii_whitespace() || "<>".contains(c));
    first.or_else(|| (!bare.is_empty()).then(|| bare.to_owned()))
}

/// The mail that an In-Reply-To names. After prose (`Message from Ann <ann@example.org> of
/// Monday <id@host>`, RFC 822 style) it is the last in brackets, since an address may stand
/// before it; else the first. Without brackets: the value, if it is one word with an `@`.
pub fn in_reply_to(value: &str) -> Option<String> {
    let (mut first, mut last, mut prose) = (None, None, false);
    bracketed(value, |id, before| {
        if first.is_none() {
            first = Some(id.to_owned());
            prose = before.bytes().any(|b| b.is_ascii_alphanumeric());
        }
        last = Some(id.to_owned());
    });
    let bare = value.trim();
    let word = bare.contains('@') && !bare.contains(|c: char| c.is_ascii_whitespace());
    let found = if prose { last } else { first };
    found.or_else(|| (word && !bare.contains(['<', '>'])).then(|| bare.to_owned()))
}

/// Calls `found` with every `<…>` outside comments, and with the text between it and the one
/// before. An empty pair of brackets is none.
fn bracketed<'v>(value: &'v str, mut found: impl FnMut(&'v str, &'v str)) {
    let (mut at, mut done, mut comments) = (0, 0, true);
    while let Some(offset) = memchr::memchr2(b'<', b'(', &value.as_bytes()[at..]) {
        let start = at + offset;
        if value.as_bytes()[start] == b'(' {
            let end = if comments { end_of_comment(&value[start..]) } else { None };
            comments &= end.is_some();
            at = start + end.unwrap_or(1);
            continue;
        }
        let Some(length) = value[start..].find('>') else { return };
        let id = value[start..start + length].trim_start_matches('<').trim();
        if !id.is_empty() {
            found(id, &value[done..start]);
            done = start + length + 1;
        }
        at = start + length + 1;
    }
}

/// The length of the comment (RFC 5322, section 3.2.2) that `text` begins with, if it ends.
pub(super) fn end_of_comment(text: &str) -> Option<usize> {
    let (mut depth, mut escaped) = (0usize, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(raw: &str) -> (Headers<'_>, &str) {
        let (headers, body) = Headers::read(raw.as_bytes());
        (headers, std::str::from_utf8(body).unwrap())
    }

    #[test]
    fn folded_doubled_and_empty_fields() {
        let (h, body) =
            headers("Subject:\r\nSUBJECT : one\r\n\ttwo\n  three\nSubject: other\n\nbody\n");
        assert_eq!(h.text("Subject").as_deref(), Some("one two three"));
        assert_eq!(h.all("Subject").count(), 3);
        assert_eq!(body, "body\n");
        assert_eq!(h.text("From"), None);
    }

    #[test]
    fn only_the_newest_received_fields_are_read() {
        let raw = "Received: 1\nX-Other: x\n folded\nReceived: 2\n".to_owned();
        let (h, _) = Headers::read(raw.as_bytes());
        assert_eq!(h.all("Received").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(headers(&raw.repeat(9)).0.all("Received").count(), RECEIVED);
        assert_eq!(
            headers(&format!("{}To: a\n", raw.repeat(9))).0.text("To").as_deref(),
            Some("a")
        );
    }

    #[test]
    fn a_body_without_an_empty_line_before_it() {
        let (h, body) = headers("Subject: x\nThis is text.\nMore: text\n");
        assert_eq!(h.fields.len(), 1);
        assert_eq!(body, "This is text.\nMore: text\n");
    }

    #[test]
    fn separators_and_stray_lines() {
        let (h, body) = headers(" stray\n>From a@b Mon\nSubject: x\n\r\nbody");
        assert_eq!(h.text("Subject").as_deref(), Some("x"));
        assert_eq!(body, "body");
        assert_eq!(headers("\rlone").1, "\rlone");
        assert_eq!(headers("A: b\n\r\r\nbody").1, "body");
    }

    #[test]
    fn eight_bit_values() {
        let raw = b"Subject: \xc4\xe3\n\n";
        let (mut h, _) = Headers::read(raw);
        assert_eq!(h.text("Subject").as_deref(), Some("Äã"));
        h.set_charset(Charset::of_label("gbk"));
        assert_eq!(h.text("Subject").as_deref(), Some("你"));
    }

    // The examples of RFC 2047, section 8.
    #[test]
    fn encoded_words_of_the_rfc() {
        for (raw, text) in [
            ("(=?ISO-8859-1?Q?a?=)", "(a)"),
            ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
            ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
            ("(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
            ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
            ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
            ("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=", "If you can read this yo"),
        ] {
            assert_eq!(decode_words(raw), text, "{raw}");
        }
    }

    #[test]
    fn encoded_words_as_they_come() {
        for (raw, text) in [
            ("=?utf-8?q?=C5?= =?UTF-8?q?=A0x?=", "Šx"),
            ("=?utf-8?B?xQ==?= =?utf-8?B?oA==?=", "Š"),
            ("=?utf-8?q?a b?= c", "a b c"),
            ("x=?utf-8?q?a?=y", "xay"),
            ("=?utf-8?q?what?=21?=", "what?!"),
            ("=?utf-8?q?what??=", "what?"),
            ("=?utf-8*en?q?a?=", "a"),
            ("=?x-binaryenc?q?=e9?=", "é"),
            ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
            ("=?utf-8?q?open", "=?utf-8?q?open"),
            ("1 =? 2 ?= 3", "1 =? 2 ?= 3"),
            ("=?utf-8?b?YQ?=", "a"),
        ] {
            assert_eq!(decode_words(raw), text, "{raw}");
        }
    }

    #[test]
    fn message_ids_in_brackets() {
        assert_eq!(message_ids("<a@x><b@x>\t<c d@x>"), ["a@x", "b@x", "c d@x"]);
        assert_eq!(message_ids("(from <no@x>) <<a/b@x>> <>"), ["a/b@x"]);
        assert_eq!(message_ids("a@x b@x"), ["a@x", "b@x"]);
        assert_eq!(message_ids("<a () ws ! net>"), ["a () ws ! net"]);
    }

    #[test]
    fn one_message_id() {
        assert_eq!(message_id(" <a\t\"b\"@x>+junk").as_deref(), Some("a\t\"b\"@x"));
        assert_eq!(message_id("bare@x").as_deref(), Some("bare@x"));
        assert_eq!(message_id("<open@x").as_deref(), Some("open@x"));
        assert_eq!(message_id(" <> "), None);
    }

    #[test]
    fn in_reply_to_with_prose() {
        for (value, id) in [
            ("<a@x> (Ann's message of \"Mon\" <no@x>)", Some("a@x")),
            ("<a@x> <b@x>", Some("a@x")),
            ("Your message of \"Mon, 1 Jan\" <a@x>", Some("a@x")),
            ("Message from Ann <ann@x> of \"Mon\" <a@x>", Some("a@x")),
            ("Your message of Monday", None),
            ("a@x", Some("a@x")),
            ("", None),
        ] {
            assert_eq!(in_reply_to(value).as_deref(), id, "{value}");
        }
    }

    #[test]
    fn long_broken_values_take_no_long_time() {
        let broken = "=?a?q?x ".repeat(50_000) + &"(<".repeat(50_000);
        assert_eq!(decode_words(&broken).len(), broken.len());
        assert!(message_ids(&broken).is_empty());
    }
}

//! The `From ` line that stands before a mail in an mbox, and what tells it from prose.
//!
//! Looks at one line and at what follows it; where mails begin and end in a whole file is
//! decided in [`mbox`](super::mbox).
//!
//! The forms come from qmail's mbox(5), asctime(3), git-format-patch(1), and from what
//! Mailman 2, Netscape and old delivery agents left in archives.

use memchr::memchr;

/// The longest line taken for a separator: RFC 5322 allows no longer line in a mail.
const LONGEST_LINE: usize = 1000;

/// The longest name of a header field that is looked for.
const LONGEST_NAME: usize = 200;

/// The date git writes in the separator of every formatted patch.
const GIT_DATE: &[u8] = b"Mon Sep 17 00:00:00 2001";

/// How a `From ` line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `From alice@example.org Tue Jan  7 00:00:00 2020`
    Dated,
    /// `From alice at example.org  Tue Jan  7 00:00:00 2020`, Mailman 2's text archives.
    Mailman,
    /// `From - Tue Jan  7 00:00:00 2020`, or `From -`: Netscape and its heirs.
    Netscape,
    /// `From 0123…cdef Mon Sep 17 00:00:00 2001`, git's patches.
    Git,
    /// `From alice@example.org`
    Dateless,
}

/// A `From ` line in a file, with a header line after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Separator {
    /// How it is written.
    pub form: Form,
    /// Offset of the byte after its line end: where the message begins.
    pub message: usize,
}

/// The separator whose line begins at `at`, if it is one and a header line follows it.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<Separator> {
    let separator = line_at(bytes, at)?;
    header_follows(&bytes[separator.message..]).then_some(separator)
}

/// Whether the line at `at` is a separator with an address and a date, but no header line
/// follows it.
pub(super) fn dated_without_header(bytes: &[u8], at: usize) -> bool {
    line_at(bytes, at).is_some_and(|separator| {
        let dated = matches!(separator.form, Form::Dated | Form::Mailman);
        dated && !header_follows(&bytes[separator.message..])
    })
}

/// The separator on the first line of a mail file, at `at`: with a date, or before a
/// header line.
pub(super) fn opening(bytes: &[u8], at: usize) -> Option<Separator> {
    let separator = line_at(bytes, at)?;
    (separator.form != Form::Dateless || header_follows(&bytes[separator.message..]))
        .then_some(separator)
}

fn line_at(bytes: &[u8], at: usize) -> Option<Separator> {
    let rest = bytes.get(at..)?.strip_prefix(b"From ")?;
    let window = &rest[..rest.len().min(LONGEST_LINE)];
    let (line, end) = match memchr(b'\n', window) {
        Some(end) => (&window[..end], end + 1),
        None if window.len() == rest.len() => (window, window.len()),
        None => return None,
    };
    Some(Separator { form: form(line)?, message: at + b"From ".len() + end })
}

/// Whether `bytes` begins with a header field (RFC 5322, 2.2), or with the second
/// separator that some delivery agents put, quoted, before the fields.
pub(super) fn header_follows(bytes: &[u8]) -> bool {
    field_name(bytes).is_some() || bytes.starts_with(b">From ")
}

/// The name of the header field that `line` begins with; blanks before the colon are the
/// obsolete syntax of RFC 5322, 4.5.
pub(super) fn field_name(line: &[u8]) -> Option<&[u8]> {
    let window = &line[..line.len().min(LONGEST_NAME)];
    let end = window.iter().position(|&b| b == b':' || !b.is_ascii_graphic())?;
    let colon = window[end..].trim_ascii_start().first() == Some(&b':');
    let same_line = memchr(b'\n', &window[end..])
        .is_none_or(|newline| memchr(b':', &window[end..]).is_some_and(|colon| colon < newline));
    (end > 0 && colon && same_line).then(|| &window[..end])
}

/// How the rest of a `From ` line (without `From ` and line end) is written, if it is one.
fn form(rest: &[u8]) -> Option<Form> {
    let rest = local(rest.trim_ascii());
    let Some(sender) = before_date(rest) else {
        return dateless(rest);
    };
    Some(if is_object_name(sender) && rest.ends_with(GIT_DATE) {
        Form::Git
    } else if is_mailman_sender(sender) {
        Form::Mailman
    } else if sender == b"-" {
        Form::Netscape
    } else {
        Form::Dated
    })
}

/// Without UUCP's ` remote from HOST` (RFC 976, 2.1).
fn local(rest: &[u8]) -> &[u8] {
    const REMOTE: &[u8] = b" remote from ";
    match memchr::memmem::rfind(rest, REMOTE) {
        Some(at) if !rest[at + REMOTE.len()..].contains(&b' ') => rest[..at].trim_ascii_end(),
        _ => rest,
    }
}

/// A sender that no date follows: an address, or Netscape's dash.
fn dateless(rest: &[u8]) -> Option<Form> {
    let is_address = rest.contains(&b'@') && !rest.iter().any(u8::is_ascii_whitespace);
    match rest {
        b"-" => Some(Form::Netscape),
        _ => is_address.then_some(Form::Dateless),
    }
}

/// A SHA-1 or SHA-256 in hexadecimal.
fn is_object_name(sender: &[u8]) -> bool {
    matches!(sender.len(), 40 | 64) && sender.iter().all(u8::is_ascii_hexdigit)
}

/// `user at host`, as Mailman 2 writes addresses.
fn is_mailman_sender(sender: &[u8]) -> bool {
    let middle = split_last_word(sender).and_then(|(before, _host)| split_last_word(before));
    middle.is_some_and(|(user, at)| {
        at == b"at" && !user.is_empty() && !user.iter().any(u8::is_ascii_whitespace)
    })
}

/// What stands before the date that `line` ends in; `None` without such a date.
///
/// A date is a weekday and then, in some order programs are known to write, month, day,
/// time, year and up to two zones, and nothing after them:
/// `Tue Jan  7 00:00:00 2020`, `Tue Jan  7 00:00 CET 20`, `Tue Jan 07 00:00:00 +0000 2020`,
/// `Tue Jan  7 00:00:00 2020 +0100`, `Tue, 7 Jan 2020 00:00:00 +0100`.
fn before_date(line: &[u8]) -> Option<&[u8]> {
    const MOST_WORDS: usize = 7;
    let mut words: [&[u8]; MOST_WORDS] = [b""; MOST_WORDS];
    let mut before = line;
    for first in (0..MOST_WORDS).rev() {
        (before, words[first]) = split_last_word(before)?;
        if is_weekday(words[first]) {
            let rest = &words[first + 1..];
            return (is_asctime(rest) || is_internet_date(rest)).then_some(before);
        }
    }
    None
}

/// What stands before the last word of `line`, without the blanks between, and the word.
fn split_last_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii_end();
    let blank = line.iter().rposition(u8::is_ascii_whitespace);
    let (before, word) = line.split_at(blank.map_or(0, |blank| blank + 1));
    (!word.is_empty()).then(|| (before.trim_ascii_end(), word))
}

/// Month, day, time, then a year with zones before or after it.
fn is_asctime(words: &[&[u8]]) -> bool {
    let [month, day, time, rest @ ..] = words else { return false };
    let years = rest.iter().filter(|word| is_year(word)).count();
    is_month(month)
        && is_day(day)
        && is_time(time)
        && years == 1
        && rest.iter().all(|word| is_year(word) || is_zone(word))
}

/// Day, month, year, time, zones: RFC 5322, 3.3, after the weekday.
fn is_internet_date(words: &[&[u8]]) -> bool {
    let [day, month, year, time, zones @ ..] = words else { return false };
    is_day(day)
        && is_month(month)
        && is_year(year)
        && is_time(time)
        && zones.iter().all(|word| is_zone(word))
}

fn is_weekday(word: &[u8]) -> bool {
    let word = word.strip_suffix(b",").unwrap_or(word);
    is_one_of(word, [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"])
}

fn is_month(word: &[u8]) -> bool {
    is_one_of(word, [b"jan", b"feb", b"mar", b"apr", b"may", b"jun"])
        || is_one_of(word, [b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"])
}

fn is_one_of<const N: usize>(word: &[u8], names: [&[u8; 3]; N]) -> bool {
    names.iter().any(|name| word.eq_ignore_ascii_case(*name))
}

fn is_day(word: &[u8]) -> bool {
    number(word, 2).is_some_and(|day| (1..=31).contains(&day))
}

/// `h:mm`, `hh:mm` or `hh:mm:ss`.
fn is_time(word: &[u8]) -> bool {
    let mut parts = word.split(|&b| b == b':');
    let mut next = |limit| parts.next().map(|part| number(part, 2).is_some_and(|n| n < limit));
    // 60 is a leap second.
    next(24) == Some(true) && next(60) == Some(true) && next(61) != Some(false) && next(0).is_none()
}

fn is_year(word: &[u8]) -> bool {
    match word.len() {
        2 => number(word, 2).is_some(),
        4 => number(word, 4).is_some_and(|year| (1970..2200).contains(&year)),
        _ => false,
    }
}

/// `+0100`, `CET`, `GMT+1`, `(CEST)`.
fn is_zone(word: &[u8]) -> bool {
    let word = word.strip_prefix(b"(").and_then(|w| w.strip_suffix(b")")).unwrap_or(word);
    let digits = word.trim_ascii_start().iter().position(|&b| b == b'+' || b == b'-');
    let (name, offset) = word.split_at(digits.unwrap_or(word.len()));
    let named = name.len() <= 5 && name.iter().all(u8::is_ascii_uppercase);
    let offset_fits =
        offset.is_empty() || number(&offset[1..], 4).is_some_and(|offset| offset < 2400);
    !word.is_empty() && named && offset_fits
}

/// A decimal number of one to `digits` digits.
fn number(word: &[u8], digits: usize) -> Option<u32> {
    let fits = (1..=digits).contains(&word.len()) && word.iter().all(u8::is_ascii_digit);
    fits.then(|| word.iter().fold(0, |n, &b| n * 10 + u32::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_of(line: &str) -> Option<Form> {
        form(line.strip_prefix("From ").expect("a From line").as_bytes())
    }

    #[test]
    fn dates_as_programs_write_them_make_a_separator() {
        for line in [
            "From alice@example.org Tue Jan  7 00:00:00 2020",
            "From alice@example.org Tue Jan 07 00:00:00 2020",
            "From alice@example.org  Tue Jan 17 23:59:60 2020  ",
            "From alice Tue Jan  7 00:00 2020",
            "From alice@example.org Tue Jan  7 00:00:00 CET 2020",
            "From alice@example.org Tue Jan  7 00:00:00 MET DST 96",
            "From alice@example.org Tue Jan  7 00:00:00 +0100 2020",
            "From alice@example.org Tue Jan  7 00:00:00 2020 +0100",
            "From alice@example.org Tue Jan  7 00:00:00 2020 -0800 (PST)",
            "From alice@example.org Tue, 7 Jan 2020 00:00:00 +0100",
            "From alice@example.org Tue, 07 Jan 20 00:00:00 GMT",
            "From alice Tue Jan  7 00:00:00 1992 remote from example",
            "From \"Alice A.\"@example.org Tue Jan  7 00:00:00 2020",
            "From mboxrd@z Thu Jan  1 00:00:00 1970",
            "From MAILER-DAEMON tue jan  7 00:00:00 2020",
        ] {
            assert_eq!(form_of(line), Some(Form::Dated), "{line}");
        }
    }

    #[test]
    fn some_writers_are_told_from_the_rest() {
        let mailman = "From alice at example.org  Tue Jan  7 00:00:00 2020";
        assert_eq!(form_of(mailman), Some(Form::Mailman));
        let sha1 = "0123456789abcdef0123456789abcdef01234567";
        let git = format!("From {sha1} Mon Sep 17 00:00:00 2001");
        assert_eq!(form_of(&git), Some(Form::Git));
        let sha256 = format!("From {} Mon Sep 17 00:00:00 2001", "0a".repeat(32));
        assert_eq!(form_of(&sha256), Some(Form::Git));
        let other_date = format!("From {sha1} Tue Sep 18 00:00:00 2001");
        assert_eq!(form_of(&other_date), Some(Form::Dated));
        assert_eq!(form_of("From a b at c Tue Jan  7 00:00:00 2020"), Some(Form::Dated));
        assert_eq!(form_of("From - Tue Jan  7 00:00:00 2020"), Some(Form::Netscape));
        assert_eq!(form_of("From - "), Some(Form::Netscape));
        assert_eq!(form_of("From alice@example.org"), Some(Form::Dateless));
    }

    #[test]
    fn prose_is_no_separator() {
        for line in [
            "From here on 2024 will be the year",
            "From here on 2024-01-07 00:00:00 it works",
            "From my perspective, this",
            "From Tue Jan  7 00:00:00 2020 on it failed",
            "From alice@example.org on Tue Jan  7",
            "From now, Tue 7 Jan 10:00",
            "From x Tue Jan 32 00:00:00 2020",
            "From x Tue Jan  7 24:00:00 2020",
            "From x Tue Jan  7 00:60:00 2020",
            "From x Tue Jan  7 00:00:00:00 2020",
            "From x Tue Jan  7 00:00:00 20200",
            "From x Tue Jan  7 00:00:00 2020 2021",
            "From x Tue Jan  7 00:00:00",
            "From x Tue Foo  7 00:00:00 2020",
            "From x Jan  7 00:00:00 2020",
            "From  : Alice <alice@example.org>",
            "From x",
            "From ",
        ] {
            assert_eq!(form_of(line), None, "{line}");
        }
    }

    #[test]
    fn a_header_line_must_follow() {
        let line = b"From alice@example.org Tue Jan  7 00:00:00 2020\n".as_slice();
        for (next, is_header) in [
            ("From: alice\n", true),
            ("X-Spam-Level:\n", true),
            ("Subject : obsolete\n", true),
            (">From bob Tue Jan  7 00:00:00 2020\n", true),
            ("this is prose: not a header\n", false),
            (":no name\n", false),
            ("word\n: colon below\n", false),
            ("word \n: colon below\n", false),
            ("\n", false),
            ("", false),
        ] {
            let file = [line, next.as_bytes()].concat();
            let expected = Separator { form: Form::Dated, message: line.len() };
            assert_eq!(at(&file, 0), is_header.then_some(expected), "{next:?}");
            assert_eq!(opening(&file, 0), Some(expected), "{next:?}");
        }
        assert_eq!(opening(b"From alice@example.org\nhello", 0), None);
        assert!(opening(b"From alice@example.org\r\nTo: bob\r\n", 0).is_some());
    }

    #[test]
    fn a_line_longer_than_mail_allows_is_no_separator() {
        let dated = |sender: usize| {
            let sender = "a".repeat(sender);
            format!("From {sender} Tue Jan  7 00:00:00 2020\nTo: b\n")
        };
        assert!(at(dated(900).as_bytes(), 0).is_some());
        assert!(at(dated(1000).as_bytes(), 0).is_none());
    }
}

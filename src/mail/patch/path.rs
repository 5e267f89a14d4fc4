//! The names of files in a diff's headers: quoted, with prefixes, with timestamps.

use std::borrow::Cow;

/// What stands for a file that isn't there.
pub(super) const NOWHERE: &str = "/dev/null";

/// The two names in what follows `diff --git `. Where blanks leave several ways to divide
/// it, both names are alike behind their prefixes (git-diff(1): the names differ only for
/// renames and copies, which name both again below).
pub(super) fn git_pair(names: &str) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    if let Some((old, rest)) = quoted(names) {
        return Some((old, exact_name(rest.trim_start())));
    }
    if let Some(start) = names.strip_suffix('"').and_then(|_| names.find(" \"")) {
        return Some((names[..start].into(), exact_name(&names[start + 1..])));
    }
    let half = names.len() / 2;
    let (old, new) = match names.split_at_checked(half) {
        Some((old, new)) if new.starts_with(' ') && tail(old) == tail(&new[1..]) => {
            (old, &new[1..])
        }
        _ => match names.find(" b/") {
            Some(blank) => (&names[..blank], &names[blank + 1..]),
            None => names.split_once(' ')?,
        },
    };
    Some((old.into(), new.into()))
}

/// A name behind its first component.
fn tail(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, tail)| tail)
}

/// The name in what follows `--- ` and `+++ `: unquoted, without the timestamp or revision
/// that stands behind it. git puts a tab behind a name with blanks.
pub(super) fn name(field: &str) -> Cow<'_, str> {
    if field.starts_with('"') {
        return exact_name(field);
    }
    if let Some((name, _)) = field.split_once('\t') {
        return name.into();
    }
    let name = field.trim_end();
    let remark = name.match_indices(' ').find(|(at, _)| is_remark(&name[at + 1..]));
    remark.map_or(name, |(at, _)| name[..at].trim_end()).into()
}

/// The name in what follows `rename to ` and the like: unquoted, else as it stands.
pub(super) fn exact_name(field: &str) -> Cow<'_, str> {
    quoted(field).map_or(field.into(), |(name, _)| name)
}

/// `2031-05-17 10:00`, `Thu Jan 01 00:00:00 1970`, `(revision 12)` behind a name, where a
/// mail program has made a blank of the tab.
fn is_remark(text: &str) -> bool {
    const WORDS: [&str; 10] = [
        "(revision ",
        "(working copy)",
        "(nonexistent)",
        "Mon ",
        "Tue ",
        "Wed ",
        "Thu ",
        "Fri ",
        "Sat ",
        "Sun ",
    ];
    let date = text.as_bytes().get(..11).is_some_and(|date| {
        date.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b' ',
            _ => byte.is_ascii_digit(),
        })
    });
    date || WORDS.iter().any(|word| text.starts_with(word))
}

/// A name in git's quotes at the start of a text, and what follows it (git-config(1),
/// `core.quotePath`: C's escapes, other bytes in octal).
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inside = text.strip_prefix('"')?;
    let end = closing_quote(inside.as_bytes())?;
    let name = String::from_utf8_lossy(&unescaped(&inside.as_bytes()[..end])).into_owned();
    Some((name.into(), &inside[end + 1..]))
}

fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|&byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, after) = if byte == b'\\' { escape(after) } else { (byte, after) };
        name.push(byte);
        rest = after;
    }
    name
}

/// The byte that an escape stands for, and what follows it.
fn escape(text: &[u8]) -> (u8, &[u8]) {
    let digit = |at: usize| text.get(at).filter(|b| matches!(b, b'0'..=b'7')).map(|b| b - b'0');
    if let (Some(a @ 0..=3), Some(b), Some(c)) = (digit(0), digit(1), digit(2)) {
        return (a << 6 | b << 3 | c, &text[3..]);
    }
    let Some((&letter, rest)) = text.split_first() else { return (b'\\', text) };
    let byte = match letter {
        b'a' => 7,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 11,
        b'f' => 12,
        b'r' => b'\r',
        other => other,
    };
    (byte, rest)
}

/// How the two names of a file are written before the path proper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// Not at all, as with `-p0` or `--no-prefix`.
    None,
    /// With one component each: `a/` and `b/`, `linux.orig/` and `linux/`.
    Component,
}

impl Prefix {
    /// How a pair of names is written; the same names on both sides have no prefix.
    pub(super) fn of(old: &str, new: &str) -> Prefix {
        if old == NOWHERE || new == NOWHERE {
            let there = if old == NOWHERE { new } else { old };
            return if has_letter(there) { Prefix::Component } else { Prefix::None };
        }
        let both = old.contains('/') && new.contains('/');
        let lettered = has_letter(old) && has_letter(new);
        let differ_only_there = both && tail(old) == tail(new);
        match old != new && (lettered || differ_only_there) {
            true => Prefix::Component,
            false => Prefix::None,
        }
    }

    /// A name without its prefix.
    pub(super) fn strip(self, name: &str) -> &str {
        match self {
            Prefix::None => name,
            Prefix::Component => tail(name).trim_start_matches('/'),
        }
    }
}

/// `a/`, `b/`, or one of git's mnemonic prefixes (git-config(1), `diff.mnemonicPrefix`).
fn has_letter(name: &str) -> bool {
    matches!(name.as_bytes(), [b'a' | b'b' | b'c' | b'i' | b'o' | b'w' | b'1' | b'2', b'/', _, ..])
}

//! Changelogs: what a cover letter, or the notes of a patch, says has changed since the
//! version before.
//!
//! Nobody prescribes their form. Most have a heading for each version (`Changes in v3:`,
//! `Changes since v2:`, `v2 -> v3:`, `v3:`), a list below it, and the next heading or
//! something else after an empty line.

use std::borrow::Cow;
use std::ops::Range;

use super::Revision;

/// A changelog longer than this is cut at the end of a line.
pub const MAX_BYTES: usize = 1200;

/// Lines of a changelog that are kept.
const MAX_LINES: usize = 24;

/// Longer lines are prose, not headings.
const MAX_HEADING: usize = 72;

/// The part of a text that says what is new in a version: without its heading, where that
/// stands alone on its line. None where there is no such part, or nothing in it.
pub fn of_version(text: &str, version: Revision) -> Option<Range<usize>> {
    let mut lines = Lines { text, at: 0 };
    while let Some(line) = lines.next() {
        let Some(heading) = heading(&text[line.clone()]) else { continue };
        if heading.version != version {
            continue;
        }
        let start = if heading.alone { lines.at } else { line.start };
        let end = end_of_block(text, start, !heading.alone);
        let block = trimmed(text, start..end);
        if !block.is_empty() && !only_links(&text[block.clone()]) {
            return Some(cut(text, block));
        }
    }
    None
}

/// Lines as ranges, without their ends.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let end = memchr::memchr(b'\n', rest.as_bytes());
        self.at = start + end.map_or(rest.len(), |end| end + 1);
        Some(start..start + end.unwrap_or(rest.len()))
    }
}

/// The heading of one version's changes.
struct Heading {
    version: Revision,
    /// Whether nothing but the heading is on its line.
    alone: bool,
}

/// Reads a heading: `Changes in v3:`, `v3: more of it`, `Changes since v2`, `v2->v3:`,
/// `[v3]`. A version in the middle of a sentence makes none.
fn heading(line: &str) -> Option<Heading> {
    memchr::memchr2(b'v', b'V', line.as_bytes())?;
    let line = without_links(line);
    let line = line.trim().trim_start_matches(['-', '*', '=', '#', '[', '(', '+', '~', ' ']);
    let (head, rest) = line.split_once(':').unwrap_or((line, ""));
    let rest = rest.trim_matches(['=', '-', '#', '*', ' ', ':']);
    let head = head.trim_matches([']', ')', '=', '-', '#', '*', ' ', ',']);
    if head.len() > MAX_HEADING {
        return None;
    }
    let named = Named::read(head)?;
    let plain_start = line.starts_with(['v', 'V']);
    let begins = plain_start || begins_like_a_heading(head);
    let ends = line.contains(':') || named.is_last;
    (begins && ends && named.words <= 8)
        .then_some(Heading { version: named.version, alone: rest.is_empty() })
}

/// A line without the words that are links: they have colons and versions of their own.
fn without_links(line: &str) -> Cow<'_, str> {
    if !line.contains("://") {
        return Cow::Borrowed(line);
    }
    let words = line.split(' ').map(|word| match word.contains("://") {
        true if word.ends_with(':') => ":",
        true => "",
        false => word,
    });
    Cow::Owned(words.collect::<Vec<_>>().join(" "))
}

/// Whether a line begins as headings of changelogs do.
fn begins_like_a_heading(head: &str) -> bool {
    const FIRST: [&str; 17] = [
        "change",
        "changes",
        "changed",
        "changelog",
        "changelogs",
        "diff",
        "differences",
        "delta",
        "history",
        "in",
        "new",
        "since",
        "update",
        "updates",
        "version",
        "revision",
        "what",
    ];
    let first = head.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    FIRST.contains(&first.to_ascii_lowercase().as_str())
}

/// The version that a heading speaks of.
struct Named {
    version: Revision,
    words: usize,
    is_last: bool,
}

impl Named {
    /// The last version named is the one; after `since` or `from` the one that follows it.
    fn read(head: &str) -> Option<Named> {
        let arrows = head.replace("->", " ").replace(['→', '=', '>', '/'], " ");
        let words: Vec<&str> = arrows.split_whitespace().take(10).collect();
        let versions: Vec<(usize, Revision)> =
            words.iter().enumerate().filter_map(|(at, word)| Some((at, revision(word)?))).collect();
        let &(at, last) = versions.last()?;
        let since = |word: &&&str| {
            ["since", "from", "vs", "against", "after"]
                .contains(&word.to_ascii_lowercase().as_str())
        };
        let follows = versions.len() == 1 && words[..at].iter().any(|word| since(&word));
        let version = match follows {
            true => Revision { major: last.major.checked_add(1)?, minor: 0 },
            false => last,
        };
        Some(Named { version, words: words.len(), is_last: at + 1 == words.len() })
    }
}

/// `v3`, `V5.1`, with what may cling to it.
fn revision(word: &str) -> Option<Revision> {
    let word = word.trim_matches(['[', ']', '(', ')', ',', '.', ';', '*']);
    let digits = word.strip_prefix(['v', 'V'])?;
    let (major, minor) = digits.split_once('.').unwrap_or((digits, "0"));
    Some(Revision { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

/// Where a block of changes ends: at the next heading, a rule, a line of b4's or git's, or at
/// what is no list after an empty line.
fn end_of_block(text: &str, start: usize, skip_first: bool) -> usize {
    let mut lines = Lines { text, at: start };
    let mut end = start;
    let (mut empty_above, mut any) = (false, false);
    if skip_first {
        end = lines.next().map_or(start, |line| line.end);
        any = true;
    }
    for line in lines {
        let words = &text[line.clone()];
        if words.trim().is_empty() {
            empty_above = true;
            continue;
        }
        let begins_anew = empty_above && any && !is_listed(words);
        if begins_anew || ends_a_block(words) || heading(words).is_some() {
            break;
        }
        (empty_above, any, end) = (false, true, line.end);
    }
    end
}

/// Whether a line is an item of a list or goes on with one.
fn is_listed(line: &str) -> bool {
    let trimmed = line.trim_start();
    let numbered = trimmed.split_once(['.', ')']).is_some_and(|(number, _)| {
        !number.is_empty() && number.len() < 4 && number.bytes().all(|b| b.is_ascii_digit())
    });
    line.starts_with([' ', '\t']) || trimmed.starts_with(['-', '*', '+', '•', '[', '(']) || numbered
}

/// Whether a line can be no part of a changelog.
fn ends_a_block(line: &str) -> bool {
    const ENDS: [&str; 9] = [
        "---",
        "-- ",
        "change-id:",
        "base-commit:",
        "prerequisite-",
        "diff --git",
        "link to v",
        "- link to v",
        "signed-off-by:",
    ];
    let line = line.trim_start();
    let head = line.get(..14).unwrap_or(line).to_ascii_lowercase();
    ENDS.iter().any(|end| head.starts_with(end)) || line == "--"
}

/// Whether a block says nothing but where another version is.
fn only_links(block: &str) -> bool {
    let says = |word: &&str| {
        word.contains(char::is_alphanumeric) && revision(word.trim_matches(':')).is_none()
    };
    block.split_whitespace().filter(says).all(|word| word.contains("://"))
}

/// A range without empty lines at its ends; the indent of its first line stays.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let block = &text[range.clone()];
    let lead = block.len() - block.trim_start().len();
    let first = block[..lead].rfind('\n').map_or(0, |at| at + 1);
    let first = if first > lead { lead } else { first };
    let length = block.trim_end().len();
    range.start + first.min(length)..range.start + length
}

/// At most so many lines and bytes of a range, whole lines.
fn cut(text: &str, range: Range<usize>) -> Range<usize> {
    let mut lines = Lines { text, at: range.start };
    let mut end = range.start;
    for line in lines.by_ref().take(MAX_LINES) {
        if line.end > range.end || line.end - range.start > MAX_BYTES {
            break;
        }
        end = line.end;
    }
    if end == range.start {
        let mut at = (range.start + MAX_BYTES).min(range.end);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        end = at;
    }
    range.start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, major: u32) -> Option<&str> {
        of_version(text, Revision { major, minor: 0 }).map(|range| &text[range])
    }

    #[test]
    fn each_version_has_its_own_block() {
        let text = "Words.\n\nChanges in v3:\n- a: did this\n  and that\n\n- b\n\n\
                    Changes in v2:\n- c\n- Link to v1: https://x.org/a@x\n\nThanks,\nAnn\n";
        assert_eq!(of(text, 3), Some("- a: did this\n  and that\n\n- b"));
        assert_eq!(of(text, 2), Some("- c"));
        assert_eq!((of(text, 1), of(text, 4)), (None, None));
    }

    #[test]
    fn headings_of_all_kinds() {
        for heading in [
            "Changes in v3:",
            "changes in V3",
            "Changes since v2:",
            "Changes from v2 to v3:",
            "Changes v2 -> v3:",
            "v2->v3:",
            "v2→v3",
            "v3:",
            "V3",
            "[v3]",
            "* v3:",
            "=== Changes in v3 ===",
            "ChangeLog v2 => v3:",
            "Changes v2 = v3:",
            "Since v2:",
            "Changes since v2 (https://lists.example.org/v2-x@x):",
            "Changes since v2: https://lists.example.org/v2-x@x",
        ] {
            assert_eq!(
                of(&format!("Words.\n\n{heading}\n- item\n"), 3),
                Some("- item"),
                "{heading}"
            );
        }
    }

    #[test]
    fn a_line_can_hold_all_of_it() {
        assert_eq!(
            of("v3: rebased\nv2: more words\n    over two lines\n", 2),
            Some("v2: more words\n    over two lines")
        );
        assert_eq!(of("v3: rebased\nv2: more\n", 3), Some("v3: rebased"));
        assert_eq!(of("- v2: https://lists.example.org/r/a@x\n", 2), None);
        assert_eq!(of("v2:\n  https://lists.example.org/r/a@x\n", 2), None);
    }

    #[test]
    fn prose_is_no_changelog() {
        assert_eq!(
            of("This has been so since v2 of the protocol, which is long gone: yes.\n", 3),
            None
        );
        assert_eq!(of("The v3 of it works.\n", 3), None);
        assert_eq!(of("It works in v3\n", 3), None);
    }

    #[test]
    fn a_block_ends_where_something_else_begins() {
        for end in
            ["---\n", "change-id: 2024-x\n", "\nSigned-off-by: Ann <a@x>\n", "\nAnn Lee (2):\n"]
        {
            assert_eq!(of(&format!("v2:\n- item\n{end}"), 2), Some("- item"), "{end}");
        }
    }

    #[test]
    fn long_ones_are_cut_at_the_end_of_a_line() {
        let text = format!("v2:\n{}", "- an item of some length\n".repeat(900));
        let found = of(&text, 2).expect("there");
        assert!(found.len() <= MAX_BYTES && found.ends_with("length"), "{}", found.len());
        let text = format!("v2:\n{}\n", "ü".repeat(4000));
        assert_eq!(of(&text, 2).expect("there").len(), MAX_BYTES);
    }

    #[test]
    fn version_5_1_is_not_5() {
        let text = "Changes in v5.1:\n- only patch 3\n\nChanges in v5:\n- all\n";
        assert_eq!(of(text, 5), Some("- all"));
        let range = of_version(text, Revision { major: 5, minor: 1 }).expect("there");
        assert_eq!(&text[range], "- only patch 3");
    }
}

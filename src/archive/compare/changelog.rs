//! What the author says has changed: the part of a cover letter, or of the notes of a single
//! patch, that is about one revision.
//!
//! People write it under a line of its own: `Changes in v5:`, `v4 -> v5:`, `Changes since v4`,
//! `v5: …`. Where none is found, nothing is shown.

use crate::mail::Revision;

/// Lines of it that are given at most.
const MOST_LINES: usize = 80;

/// What `text` says under the heading of `new`, or of what came since `old`; without the
/// heading. `None` where it has no such heading, or nothing under it.
pub fn of(text: &str, old: Revision, new: Revision) -> Option<&str> {
    let mut lines = text.split_inclusive('\n').scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some((start, line))
    });
    let start = lines.find_map(|(start, line)| {
        let heading = Heading::read(line)?;
        heading.is_about(old, new).then_some(start + heading.length)
    })?;
    let end = lines
        .take(MOST_LINES)
        .take_while(|(_, line)| !is_end(line))
        .last()
        .map_or(text.len().min(line_end(text, start)), |(start, line)| start + line.len());
    let said = text.get(start..end)?.trim_matches('\n');
    (!said.trim().is_empty()).then_some(said)
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |end| from + end + 1)
}

/// Whether what the author says ends before this line.
fn is_end(line: &str) -> bool {
    let line = line.trim_end();
    let is_shortlog = line.ends_with("):") && line.contains(" (") && !line.starts_with([' ', '-']);
    let words = ["---", "Range-diff", "Interdiff", "base-commit", "change-id", "-- "];
    is_shortlog || words.iter().any(|word| line.starts_with(word)) || Heading::read(line).is_some()
}

/// A line that what follows is about some revisions.
struct Heading {
    /// The revisions it names.
    named: Vec<u32>,
    /// Whether it says that they are those before: `since v4`.
    since: bool,
    /// How many bytes of the line are heading.
    length: usize,
}

impl Heading {
    fn read(line: &str) -> Option<Heading> {
        const WORDS: [&str; 8] =
            ["change", "diff", "delta", "since", "revision", "new in", "updates", "history"];
        let content = line.trim_start_matches(|c: char| " \t-*=#>[(".contains(c));
        let before = line.len() - content.len();
        // What follows on the line may be the address of the mail with that revision.
        let end = content.find("http").unwrap_or(content.trim_end().len());
        let colon = content[..end].find(':');
        let head = &content[..colon.unwrap_or(end)];
        if head.len() > 60 || head.split_whitespace().count() > 8 {
            return None;
        }
        let lower = head.to_ascii_lowercase();
        let named = revisions(&lower);
        let begins = lower.starts_with('v') && !revisions(lower.split(' ').next()?).is_empty();
        let arrow = ["->", "=>", "..", "→"].iter().any(|arrow| lower.contains(arrow));
        let is_heading = WORDS.iter().any(|word| lower.starts_with(word))
            || begins && (colon.is_some() || arrow && named.len() > 1);
        let length = match colon {
            Some(colon) if !content[colon..].contains("http") => before + colon + 1,
            _ => line.len(),
        };
        let since = ["since", "from", "against", "vs"].iter().any(|word| lower.contains(word));
        (is_heading && !named.is_empty()).then_some(Heading { named, since, length })
    }

    fn is_about(&self, old: Revision, new: Revision) -> bool {
        match self.named[..] {
            [one] if self.since => one == old.major,
            _ => self.named.iter().max() == Some(&new.major),
        }
    }
}

/// The numbers of all words `v5` in a text of lower case.
fn revisions(text: &str) -> Vec<u32> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter_map(|word| word.strip_prefix('v')?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<&str> {
        let revision = |major| Revision { major, minor: 0 };
        of(text, revision(4), revision(5))
    }

    #[test]
    fn the_ways_to_head_it() {
        for heading in [
            "Changes in v5:",
            "Changes since v4:",
            "Changes v4 => v5:",
            "v5:",
            "V4 -> V5",
            "v4..v5:",
            "* v5 changes:",
            "Changelog v5",
            "Changes from v4:",
            "--- Changes in v5 ---:",
            "v4->v5 changes (https://example.org/20240306.1-mira@example.org):",
            "Changes since v4: https://example.org/v4/",
        ] {
            let text = format!("Hello.\n\n{heading}\n- one\n- two\n\nChanges in v4:\n- three\n");
            assert_eq!(said(&text), Some("- one\n- two"), "{heading}");
        }
    }

    #[test]
    fn it_ends_where_something_else_begins() {
        for end in ["---", "Ann Example (2):", "Range-diff against v4:", "v3 -> v4:"] {
            let text = format!("v5:\n - one\n\n{end}\n - two\n");
            assert_eq!(said(&text), Some(" - one"), "{end}");
        }
        assert_eq!(said("v5: only this\nv4: that"), Some(" only this"));
        assert_eq!(said("v5: only this"), Some(" only this"));
    }

    #[test]
    fn prose_and_other_revisions_are_none() {
        for text in [
            "v5 of this series does the same as before\n- one\n",
            "Changes in v3:\n- one\n",
            "Changes since v3:\n- one\n",
            "Changes in v5:\n\nChanges in v4:\n- one\n",
            "This differs from v4:\n- one\n",
            "Changes:\n- one\n",
            "",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}

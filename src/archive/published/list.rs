//! Rows of the patch list in a published text.

use crate::mail::Revision;

/// A posting in the patch list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListRow {
    /// Its version; none where it can't be read.
    pub version: Option<Revision>,
    /// Its patches that arrived.
    pub patches: u32,
    /// How many there should be.
    pub total: u32,
    /// What is counted for it.
    pub counts: Counts,
    /// Answers to it.
    pub replies: u32,
    /// Its title.
    pub title: String,
    /// Who wrote it, by name; "" where nobody is named.
    pub author: String,
    /// Whether it is said to be an RFC.
    pub rfc: bool,
    /// Whether it is said to be a pull request.
    pub pull: bool,
    /// Whether it is said to be a resend.
    pub resend: bool,
    /// Its patches, as far as they are listed.
    pub parts: Vec<PatchRow>,
}

/// A patch in the patch list.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchRow {
    /// `3/7`
    pub number: String,
    /// What is counted for it.
    pub counts: Counts,
    /// Its title.
    pub title: String,
}

/// Lines and review trailers of a patch or a posting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
    /// `Acked-by`.
    pub acked: u32,
    /// `Reviewed-by`.
    pub reviewed: u32,
    /// `Tested-by`.
    pub tested: u32,
}

/// Reads a row and puts it where it belongs; nothing for the line of column names. None for
/// a line that is no row.
pub(super) fn read_into(rows: &mut Vec<ListRow>, line: &str) -> Option<()> {
    let first = line.split_whitespace().next()?;
    if first == "Ver" && line.trim_end().ends_with("Title") {
        return Some(());
    }
    if first.starts_with('v') {
        rows.push(posting(line)?);
        return Some(());
    }
    let part = patch(line)?;
    rows.last_mut()?.parts.push(part);
    Some(())
}

fn posting(line: &str) -> Option<ListRow> {
    let ([version, patches, added, removed, replies, acked, reviewed, tested], title) =
        fields::<8>(line)?;
    let (here, all) = patches.split_once('/').unwrap_or((patches, patches));
    let marks = [acked, reviewed, tested];
    let mut row = ListRow {
        version: revision(version.strip_prefix('v')?),
        patches: here.parse().ok()?,
        total: all.parse().ok()?,
        counts: counts(added, removed, marks)?,
        replies: number(replies)?,
        title: title.to_string(),
        ..ListRow::default()
    };
    if let Some((title, inside)) = in_brackets(title) {
        row.title = title.to_string();
        row.read_author(inside);
    }
    Some(row)
}

impl ListRow {
    /// The author's name, and what is said of the posting after it.
    fn read_author(&mut self, inside: &str) {
        let mut name = inside;
        loop {
            let (rest, said) = match name.rsplit_once(", ") {
                Some((rest, "RFC")) => (rest, &mut self.rfc),
                Some((rest, "resend")) => (rest, &mut self.resend),
                Some((rest, "pull request")) => (rest, &mut self.pull),
                Some((rest, lists)) if names_lists(lists) => {
                    name = rest;
                    continue;
                }
                _ => break,
            };
            *said = true;
            name = rest;
        }
        self.author = name.to_string();
    }
}

/// Whether it is `on kvm bpf`: the lists of a posting, in a digest of several.
fn names_lists(remark: &str) -> bool {
    let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | ' ');
    remark.strip_prefix("on ").is_some_and(|ids| !ids.trim().is_empty() && ids.chars().all(is_id))
}

fn patch(line: &str) -> Option<PatchRow> {
    let ([number, added, removed, acked, reviewed, tested], title) = fields::<6>(line)?;
    let (index, total) = number.split_once('/')?;
    index.parse::<u32>().ok()?;
    total.parse::<u32>().ok()?;
    let counts = counts(added, removed, [acked, reviewed, tested])?;
    Some(PatchRow { number: number.to_string(), counts, title: title.to_string() })
}

/// The first `N` words of a line, and what follows them.
fn fields<const N: usize>(line: &str) -> Option<([&str; N], &str)> {
    let mut words = [""; N];
    let mut rest = line.trim();
    for word in &mut words {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        *word = &rest[..end];
        rest = rest[end..].trim_start();
    }
    (!words[N - 1].is_empty()).then_some((words, rest))
}

/// The title, and what stands in the pair of brackets that ends the line.
fn in_brackets(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_suffix(')')?;
    let mut depth = 1_usize;
    let open = inside.char_indices().rev().find(|(_, c)| {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    // A name with one bracket too many still ends in what is said.
    let at = open.map(|(at, _)| at).or_else(|| inside.rfind(" (").map(|at| at + 1))?;
    Some((inside[..at].trim_end(), &inside[at + 1..]))
}

fn counts(added: &str, removed: &str, marks: [&str; 3]) -> Option<Counts> {
    let [acked, reviewed, tested] = marks.map(number);
    Some(Counts {
        added: number(added.strip_prefix('+').unwrap_or(added))?,
        removed: number(removed)?,
        acked: acked?,
        reviewed: reviewed?,
        tested: tested?,
    })
}

/// A number; a dash stands for none, and one before it for what was removed.
fn number(text: &str) -> Option<u32> {
    match text.strip_prefix('-') {
        Some("") => Some(0),
        Some(digits) => digits.parse().ok(),
        None => text.parse().ok(),
    }
}

/// `5` or `5.1`.
fn revision(text: &str) -> Option<Revision> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    Some(Revision { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

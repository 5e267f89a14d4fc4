//! What changed from one posting to another: which patch became which, and how.
//!
//! It reads as `git range-diff` does, but from mails alone: no git tree is needed, and what
//! differs between two sendings without meaning anything is left out of sight. A
//! [`Comparison`] borrows the mails it is of; reading them is the caller's, with
//! [`scope::Scope::read`]. How it looks is [`text`]'s and the site's.
//!
//! - [`scope`]: which patches of two postings are compared, and which postings with which
//! - [`lines`]: the lines of a patch that count
//! - `pairing`: which patch became which, with `assignment` for the cheapest way
//! - [`difference`]: how the lines of one became those of the other
//! - [`words`]: which words of two lines differ
//! - [`changelog`]: what the author says has changed
//! - [`text`]: all of it as text

mod assignment;
pub mod changelog;
pub mod difference;
pub mod lines;
mod pairing;
pub mod scope;
#[cfg(test)]
mod tests;
pub mod text;
pub mod words;

use std::collections::{HashMap, HashSet};

use crate::mail::address::AddressRef;

use difference::{Hunk, Lines, Script, Section, Side};
use lines::{Line, Version};
use pairing::{Diff, Diffs, Moves, Pairs, Work};

/// What git takes where nothing else is said: a patch may differ in 60 % of its lines.
pub const CREATION_FACTOR: u32 = 60;

/// How far one comparison goes. What is beyond is said to differ, not how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Patches of one side, of those without a counterpart of the same patch-id, up to which
    /// all are compared with all.
    pub patches: usize,
    /// Lines read while comparing all pairs, each as often as it is read.
    pub lines: usize,
    /// Lines of the patches whose differences are shown.
    pub shown_lines: usize,
    /// Bytes of mail up to which the patches' texts are read at all.
    pub bytes: u64,
}

impl Changes<'_> {
    /// Whether nothing but trailers came or went: a review that was collected, most often.
    pub fn is_trailers_only(&self) -> bool {
        let same = self.author.is_none() && self.diff.is_empty() && !self.too_long;
        let lines = self.message.iter().flat_map(|hunk| &hunk.lines);
        let mut changed = lines.filter(|(side, _)| *side != Side::Both);
        same && changed.all(|(_, line)| match line {
            Line::Text(text) => text.is_empty() || is_trailer(text),
            _ => false,
        })
    }
}

/// Whether a line of a commit message reads `Some-token: value`.
fn is_trailer(line: &str) -> bool {
    let Some((token, value)) = line.split_once(": ") else { return false };
    let plain = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain && token.starts_with(|c: char| c.is_ascii_uppercase()) && !value.trim().is_empty()
}

impl Default for Limits {
    fn default() -> Self {
        Limits { patches: 256, lines: 20_000_000, shown_lines: 400_000, bytes: 32 << 20 }
    }
}

/// What became of the patches of one posting in another.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The patches of the earlier posting.
    pub old: Vec<Version<'a>>,
    /// Those of the later one.
    pub new: Vec<Version<'a>>,
    /// What became of them: in the order of the new ones, a dropped one after the one it
    /// followed.
    pub rows: Vec<Row<'a>>,
}

/// One patch, by its position among the old and among the new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// It was not sent again: the mail of the earlier posting counts still.
    Stands {
        /// Among the old ones.
        old: usize,
        /// Among the new ones.
        new: usize,
    },
    /// The same message, author and diff.
    Unchanged {
        /// Among the old ones.
        old: usize,
        /// Among the new ones.
        new: usize,
    },
    /// The same patch, otherwise.
    Changed {
        /// Among the old ones.
        old: usize,
        /// Among the new ones.
        new: usize,
        /// How.
        changes: Changes<'a>,
    },
    /// It is not there any more.
    Dropped {
        /// Among the old ones.
        old: usize,
        /// The new ones that have its lines: one that it was squashed into, or several that
        /// it was split into.
        into: Vec<usize>,
    },
    /// It was not there before.
    Added {
        /// Among the new ones.
        new: usize,
        /// The old ones that its lines came from: one that it was split from, or several
        /// that were squashed.
        from: Vec<usize>,
    },
}

/// How a patch changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    /// Who wrote it before and who now, where that differs.
    pub author: Option<(AddressRef<'a>, AddressRef<'a>)>,
    /// In title and commit message.
    pub message: Vec<Hunk<'a>>,
    /// In the diff, file by file.
    pub diff: Vec<Section<'a>>,
    /// Whether there was more to compare than [`Limits`] allow: then nothing else is said.
    pub too_long: bool,
}

impl<'a> Comparison<'a> {
    /// Compares two sets of patches, each by index. The `creation_factor` is that of git.
    pub fn of(
        old: Vec<Version<'a>>,
        new: Vec<Version<'a>>,
        creation_factor: u32,
        limits: Limits,
    ) -> Comparison<'a> {
        let mut work = Work::new(limits);
        let mut known = Lines::new(0);
        let mut pairs = Pairs::by_patch_id(&old, &new);
        // Most patches are sent again with the diff that they had: nothing more is asked of it.
        let with = |at: usize| pairs.old[at].filter(|with| has_same_diff(old[at], new[*with]));
        let same: HashMap<usize, usize> =
            (0..old.len()).filter_map(|at| Some((with(at)?, at))).collect();
        let same_old: HashSet<usize> = same.values().copied().collect();
        let of_old = diffs(&old, |at| same_old.contains(&at), &mut known);
        let of_new = diffs(&new, |at| same.contains_key(&at), &mut known);
        // One that is left on each side: with the same title they are one, whatever it costs.
        if (pairs.left_old().len(), pairs.left_new().len()) == (1, 1) {
            pairs.by_title(&old, &new);
        }
        pairs.by_similarity(&of_old, &of_new, creation_factor, &mut work);
        pairs.by_title(&old, &new);
        let moves = Moves::of(&pairs, (&of_old, &of_new), &known, &mut work);
        let left = limits.shown_lines;
        let mut differ = Differ { old: &old, new: &new, of_old, of_new, known, left };
        let rows = order(&pairs).into_iter().map(|place| differ.row(place, &moves)).collect();
        drop(differ);
        Comparison { old, new, rows }
    }

    /// How many rows are of that kind.
    pub fn count(&self, kind: impl Fn(&Row<'a>) -> bool) -> u32 {
        self.rows.iter().filter(|row| kind(row)).count() as u32
    }
}

/// The diffs of the patches that are not `same` on the other side.
fn diffs<'a>(
    versions: &[Version<'a>],
    same: impl Fn(usize) -> bool,
    known: &mut Lines<'a>,
) -> Diffs {
    let rest = versions.iter().enumerate().filter(|(at, _)| !same(*at));
    rest.map(|(at, version)| (at, Diff::of(*version, known))).collect()
}

/// Whether the diffs of two patches of one patch-id are the same to the letter.
fn has_same_diff(old: Version<'_>, new: Version<'_>) -> bool {
    old.mail == new.mail || old.diff().eq(new.diff())
}

/// The positions of a row.
#[derive(Clone, Copy)]
enum Place {
    Pair(usize, usize),
    Old(usize),
    New(usize),
}

/// The rows in the order of git range-diff: by the new ones, a dropped one as soon as all
/// old ones before it were shown.
fn order(pairs: &Pairs) -> Vec<Place> {
    let mut places = Vec::with_capacity(pairs.old.len() + pairs.new.len());
    let mut shown = vec![false; pairs.old.len()];
    let mut at = 0;
    let mut catch_up = |places: &mut Vec<Place>, shown: &[bool]| {
        while at < shown.len() && (shown[at] || pairs.old[at].is_none()) {
            if !shown[at] {
                places.push(Place::Old(at));
            }
            at += 1;
        }
    };
    for (new, old) in pairs.new.iter().enumerate() {
        catch_up(&mut places, &shown);
        places.push(old.map_or(Place::New(new), |old| Place::Pair(old, new)));
        if let Some(old) = *old {
            shown[old] = true;
        }
    }
    catch_up(&mut places, &shown);
    places
}

/// Makes rows of pairs.
struct Differ<'s, 'a> {
    old: &'s [Version<'a>],
    new: &'s [Version<'a>],
    of_old: Diffs,
    of_new: Diffs,
    known: Lines<'a>,
    /// Lines that may still be shown.
    left: usize,
}

impl<'a> Differ<'_, 'a> {
    fn row(&mut self, place: Place, moves: &Moves) -> Row<'a> {
        let ends = |ends: Option<&Vec<usize>>| ends.cloned().unwrap_or_default();
        match place {
            Place::Old(old) => Row::Dropped { old, into: ends(moves.into.get(&old)) },
            Place::New(new) => Row::Added { new, from: ends(moves.from.get(&new)) },
            Place::Pair(old, new) if self.old[old].mail == self.new[new].mail => {
                Row::Stands { old, new }
            }
            Place::Pair(old, new) => match self.changes(old, new) {
                Some(changes) => Row::Changed { old, new, changes },
                None => Row::Unchanged { old, new },
            },
        }
    }

    /// How a patch changed; `None`: not at all.
    fn changes(&mut self, at_old: usize, at_new: usize) -> Option<Changes<'a>> {
        let (old, new) = (self.old[at_old], self.new[at_new]);
        let too_long = Some(Changes { too_long: true, ..Changes::default() });
        if old.shown.is_none() || new.shown.is_none() {
            return too_long;
        }
        let (message, later) = (old.message(), new.message());
        let mut changes = Changes::default();
        if old.author != new.author {
            changes.author = Some((old.author, new.author));
        }
        if message != later {
            self.left = match self.left.checked_sub(message.len() + later.len()) {
                Some(left) => left,
                None => return too_long,
            };
            changes.message = of_message(&message, &later);
        }
        if let Some((before, after)) = self.of_old.get(&at_old).zip(self.of_new.get(&at_new)) {
            self.left = match self.left.checked_sub(before.lines.len() + after.lines.len()) {
                Some(left) => left,
                None => return too_long,
            };
            changes.diff = self.sections(before, after);
        }
        (changes != Changes::default()).then_some(changes)
    }

    fn sections(&self, before: &Diff, after: &Diff) -> Vec<Section<'a>> {
        let of = |diff: &Diff| diff.lines.iter().map(|t| self.known[*t]).collect::<Vec<Line<'a>>>();
        Script::of(&before.lines, &after.lines).sections(&of(before), &of(after))
    }
}

fn of_message<'a>(old: &[Line<'a>], new: &[Line<'a>]) -> Vec<Hunk<'a>> {
    let mut known = Lines::new(0);
    let mut numbers =
        |lines: &[Line<'a>]| lines.iter().map(|l| known.intern(*l)).collect::<Vec<_>>();
    let (before, after) = (numbers(old), numbers(new));
    Script::of(&before, &after).hunks(old, new)
}

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
//! - [`text`]: all of it as text

mod assignment;
pub mod difference;
pub mod lines;
mod pairing;
pub mod scope;
#[cfg(test)]
mod tests;
pub mod text;
pub mod words;

use crate::mail::Address;

use difference::{Hunk, Lines, Script, Section};
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
    pub author: Option<(&'a Address, &'a Address)>,
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
        let same: Vec<bool> = pairs
            .old
            .iter()
            .enumerate()
            .map(|(at, with)| with.is_some_and(|with| is_unchanged(old[at], new[with])))
            .collect();
        let diffs =
            |versions: &[Version<'a>], same: &dyn Fn(usize) -> bool, known: &mut Lines<'a>| {
                let rest = versions.iter().enumerate().filter(|(at, _)| !same(*at));
                rest.map(|(at, version)| (at, Diff::of(*version, known))).collect::<Diffs>()
            };
        let of_old = diffs(&old, &|at| same[at], &mut known);
        let of_new = diffs(&new, &|at| pairs.new[at].is_some_and(|at| same[at]), &mut known);
        pairs.by_similarity(&of_old, &of_new, creation_factor, &mut work);
        pairs.by_title(&old, &new);
        let moves = Moves::of(&pairs, &of_old, &of_new, &mut work);
        let mut differ =
            Differ { old: &old, new: &new, of_old, of_new, known, left: limits.shown_lines };
        let rows = order(&pairs).into_iter().map(|place| differ.row(place, &moves)).collect();
        drop(differ);
        Comparison { old, new, rows }
    }

    /// How many rows are of that kind.
    pub fn count(&self, kind: impl Fn(&Row<'a>) -> bool) -> u32 {
        self.rows.iter().filter(|row| kind(row)).count() as u32
    }
}

/// Whether two patches of one patch-id are the same to the letter. Of texts that were not
/// read, the title has to do.
fn is_unchanged(old: Version<'_>, new: Version<'_>) -> bool {
    old.mail == new.mail
        || old.author == new.author && old.message() == new.message() && old.diff().eq(new.diff())
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
    fn changes(&mut self, old: usize, new: usize) -> Option<Changes<'a>> {
        let (before, after) = (self.of_old.get(&old)?, self.of_new.get(&new)?);
        let (old, new) = (self.old[old], self.new[new]);
        if old.shown.is_none() || new.shown.is_none() {
            return Some(Changes { too_long: true, ..Changes::default() });
        }
        let (message, later_message) = (old.message(), new.message());
        let lines = before.lines.len() + after.lines.len() + message.len() + later_message.len();
        let Some(left) = self.left.checked_sub(lines) else {
            return Some(Changes { too_long: true, ..Changes::default() });
        };
        let of = |diff: &Diff| diff.lines.iter().map(|t| self.known[*t]).collect::<Vec<Line<'a>>>();
        let diff = Script::of(&before.lines, &after.lines).sections(&of(before), &of(after));
        let changes = Changes {
            author: (old.author != new.author).then_some((old.author, new.author)),
            message: of_message(&message, &later_message),
            diff,
            too_long: false,
        };
        self.left = left;
        (changes != Changes::default()).then_some(changes)
    }
}

fn of_message<'a>(old: &[Line<'a>], new: &[Line<'a>]) -> Vec<Hunk<'a>> {
    let mut known = Lines::new(0);
    let mut numbers =
        |lines: &[Line<'a>]| lines.iter().map(|l| known.intern(*l)).collect::<Vec<_>>();
    let (before, after) = (numbers(old), numbers(new));
    Script::of(&before, &after).hunks(old, new)
}

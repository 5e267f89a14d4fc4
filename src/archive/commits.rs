//! Ranges by the commits of public-inbox repositories: which mail is between which commits.
//!
//! The repositories of a list, its epochs, are one history: all of an epoch is before all
//! of the next one. The ranges that come out are named `A..B` as git names them, and hold
//! the mails of the commits after A up to B (gitrevisions(7)). How they are shown is left to
//! [`range`](super::range).

use std::collections::HashMap;

use super::range::{CommitRange, Period};
use crate::diagnostic::Diagnostic;
use crate::mail::date;
use crate::source::{Epoch, FileId, Origin};

/// The range of mails that are in none.
pub(crate) const NO_RANGE: u32 = u32::MAX;

/// Seconds that a commit may be older than one before it without being out of order:
/// mirrors don't set their clocks by each other.
const SLACK: i64 = 24 * 60 * 60;

/// How the commits of a list are cut into ranges.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The names of the ranges, oldest first: `A..B`, or `start..B` from the first commit on.
    pub(crate) names: Vec<String>,
    /// The range of each commit, or [`NO_RANGE`], by repository.
    ranges: HashMap<FileId, Vec<u32>>,
}

/// A commit: the position of its epoch in the list, and its own there.
type Place = (usize, u32);

/// A repository of the list.
type Epochs<'a> = [(FileId, &'a Epoch)];

impl Cut {
    /// The range of a mail, given the commit it came with.
    pub(crate) fn range_of(&self, origin: Origin, commit: u32) -> u32 {
        let of_file = self.ranges.get(&origin.file);
        of_file.and_then(|ranges| ranges.get(commit as usize)).copied().unwrap_or(NO_RANGE)
    }

    fn uncut(epochs: &Epochs<'_>) -> Cut {
        let ranges = epochs.iter().map(|(id, epoch)| (*id, vec![NO_RANGE; epoch.commits().len()]));
        Cut { names: Vec::new(), ranges: ranges.collect() }
    }

    /// A range for each day, week or month of the commits, in UTC: a new one begins with the
    /// first commit of a later day, whatever time the commits after it have, but for one
    /// that is far too old. So the beginning of a range depends on nothing that comes after.
    pub(crate) fn every(period: Period, epochs: &Epochs<'_>) -> Cut {
        let mut cut = Cut::uncut(epochs);
        let mut first: Option<i64> = None;
        let mut before = "start".to_owned();
        for (id, epoch) in epochs {
            let ranges = cut.ranges.entry(*id).or_default();
            for (commit, range) in epoch.commits().iter().zip(ranges) {
                if first.is_none_or(|first| begins(period, first, commit.time)) {
                    first = Some(commit.time);
                    cut.names.push(format!("{before}.."));
                }
                *range = cut.names.len() as u32 - 1;
                before = commit.shown();
                if let Some(name) = cut.names.last_mut() {
                    name.truncate(name.find("..").map_or(0, |dots| dots + 2));
                    name.push_str(&before);
                }
            }
        }
        cut
    }

    /// The ranges as given, oldest first. Of ranges that overlap, the older one has what is
    /// in both. A range with an end that can't be found is an error, one without commits a
    /// warning.
    pub(crate) fn given(given: &[CommitRange], epochs: &Epochs<'_>) -> (Cut, Vec<Diagnostic>) {
        let mut cut = Cut::uncut(epochs);
        let mut diagnostics = Vec::new();
        let mut found = Vec::new();
        for range in given {
            match (end(&range.from, epochs), end(&range.to, epochs)) {
                (Ok(from), Ok(to)) => found.push((to, from, range)),
                (from, to) => diagnostics.extend(from.err().into_iter().chain(to.err())),
            }
        }
        found.sort_by_key(|&(to, from, _)| (to, from));
        for (to, from, range) in found {
            let name = range.to_string();
            match cut.fill(from, to, epochs) {
                Filled { commits: 0, .. } => diagnostics.push(empty(&name)),
                Filled { others: 0, .. } => {}
                Filled { others, .. } => diagnostics.push(overlap(&name, others)),
            }
            cut.names.push(name);
        }
        (cut, diagnostics)
    }

    /// Gives the commits after one and up to another to the next range, unless they have
    /// one. Without commits it stays empty and takes part in nothing.
    fn fill(&mut self, from: Option<Place>, to: Option<Place>, epochs: &Epochs<'_>) -> Filled {
        let next = self.names.len() as u32;
        let mut filled = Filled { commits: 0, others: 0 };
        let Some(to) = to else { return filled };
        let first = from.map_or(0, |(epoch, _)| epoch);
        for (number, (id, epoch)) in epochs.iter().enumerate().take(to.0 + 1).skip(first) {
            let after = (number == to.0).then(|| epoch.reached(to.1));
            let before = from.filter(|from| from.0 == number).map(|from| epoch.reached(from.1));
            let ranges = self.ranges.entry(*id).or_default();
            for (commit, range) in ranges.iter_mut().enumerate() {
                let is_in = after.as_ref().is_none_or(|reached| reached[commit])
                    && before.as_ref().is_none_or(|reached| !reached[commit]);
                match *range {
                    NO_RANGE if is_in => (*range, filled.commits) = (next, filled.commits + 1),
                    _ => filled.others += usize::from(is_in),
                }
            }
        }
        filled
    }
}

/// What became of a range.
struct Filled {
    /// Commits that are in it.
    commits: usize,
    /// Commits that would be, were they not in another.
    others: usize,
}

/// Whether a commit begins a range after the one whose first commit is of that time.
fn begins(period: Period, first: i64, time: i64) -> bool {
    let key = |at: i64| {
        let c = date::civil(at);
        match period {
            Period::Day => (c.year, c.month, c.day),
            Period::Week => (c.iso_year, c.iso_week, 0),
            Period::Month => (c.year, c.month, 0),
        }
    };
    key(time) > key(first) || time < first.saturating_sub(SLACK)
}

/// The commit that an end of a range names: the last one before a day, or the one of that
/// id, tag or branch. Nothing where all commits are later than the day.
fn end(name: &str, epochs: &Epochs<'_>) -> Result<Option<Place>, Diagnostic> {
    let found = epochs
        .iter()
        .enumerate()
        .find_map(|(number, (_, epoch))| Some((number, epoch.find(name)?)));
    if found.is_some() {
        return Ok(found);
    }
    let day: jiff::civil::Date = name.parse().map_err(|_| unknown(name))?;
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| unknown(name))?;
    let midnight = midnight.timestamp().as_second();
    let last = epochs.iter().enumerate().rev().find_map(|(number, (_, epoch))| {
        let mut commits = epoch.commits().iter();
        let last = commits.rposition(|commit| commit.time < midnight)?;
        Some((number, last as u32))
    });
    Ok(last)
}

fn unknown(name: &str) -> Diagnostic {
    Diagnostic::error(format!("`{name}` names no commit of the list, or several"))
        .hint("give more digits of its id, a tag, or a day like 2026-03-09; is all fetched?")
}

fn empty(name: &str) -> Diagnostic {
    Diagnostic::warning(format!("there are no commits in the range {name}"))
        .hint("the older commit stands first")
}

fn overlap(name: &str, commits: usize) -> Diagnostic {
    Diagnostic::warning(format!("{commits} commits of {name} are in an older range, too"))
        .hint("a mail is in one digest of its list: let each range begin where one ends")
}

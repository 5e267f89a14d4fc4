//! A list's digests as a calendar: years of months, years of weeks, or months of days, each
//! with a bar as high as it had mails, and each a link to its digest.
//!
//! What a digest covers is told by its middle mail, which a few wrong dates do not move. So
//! ranges by files or commits have a calendar as those by month have.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::RangeId;
use crate::site::Site;
use crate::site::view::{Month, grouped, range_words, utc};

/// The calendar.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Almanac {
    /// `months`, `weeks` or `days`: what a digest covers, about.
    pub of: &'static str,
    /// Years, or months where the digests are of days; newest first.
    pub rows: Vec<Row>,
}

/// A year, or a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// `2025` or `Jun 2025`.
    pub name: String,
    /// Its digests, oldest first; in a year of months an empty place for a month without.
    pub cells: Vec<Option<Cell>>,
}

/// A digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cell {
    /// Its page.
    pub href: String,
    /// `Jun`, the number of a week, or the day of a month.
    pub label: String,
    /// Its name: `June 2025`.
    pub name: String,
    /// Its mails, with separators.
    pub count: String,
    /// Height in percent of the busiest.
    pub height: u32,
    /// What is left above it.
    pub top: u32,
}

/// What a row and a cell stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Months,
    Weeks,
    Days,
}

/// A digest, with the moment it stands at.
struct Placed {
    id: RangeId,
    at: i64,
    mails: u32,
}

impl Layout {
    /// The coarsest in which no two digests share a place; days where they do in all.
    fn fitting(placed: &[Placed]) -> Layout {
        let differ = |layout: &Layout| {
            let mut seen = HashSet::new();
            placed.iter().all(|digest| seen.insert(layout.place(digest.at)))
        };
        [Layout::Months, Layout::Weeks].into_iter().find(differ).unwrap_or(Layout::Days)
    }

    /// The row and the place in it of a moment: (2025, 6) is June, or the sixth week.
    fn place(self, at: i64) -> (i32, i8) {
        let date = utc(at).date();
        let month = Month::of(at);
        match self {
            Layout::Months => (i32::from(month.year), month.month),
            Layout::Weeks => {
                let week = date.iso_week_date();
                (i32::from(week.year()), week.week())
            }
            Layout::Days => (i32::from(month.year) * 12 + i32::from(month.month) - 1, date.day()),
        }
    }

    fn row_name(self, row: i32) -> String {
        match self {
            Layout::Days => {
                let name = super::view::MONTHS[row.rem_euclid(12) as usize];
                format!("{} {}", &name[..3], row.div_euclid(12))
            }
            _ => row.to_string(),
        }
    }

    fn label(self, place: i8) -> String {
        match self {
            Layout::Months => super::view::MONTHS[place as usize - 1][..3].to_string(),
            _ => place.to_string(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Layout::Months => "months",
            Layout::Weeks => "weeks",
            Layout::Days => "days",
        }
    }
}

impl Almanac {
    /// The calendar of these digests; none where there are fewer than three.
    pub fn of(site: &Site<'_>, digests: impl Iterator<Item = RangeId>) -> Option<Almanac> {
        let mut placed: Vec<Placed> = digests.filter_map(|id| place(site, id)).collect();
        if placed.len() < 3 {
            return None;
        }
        placed.sort_by_key(|digest| (digest.at, digest.id));
        let layout = Layout::fitting(&placed);
        let most = placed.iter().map(|digest| digest.mails).max().unwrap_or(0);
        let row = |digest: &Placed| layout.place(digest.at).0;
        let rows = placed.chunk_by(|a, b| row(a) == row(b)).rev().map(|digests| Row {
            name: layout.row_name(row(&digests[0])),
            cells: cells(site, layout, digests, most),
        });
        Some(Almanac { of: layout.name(), rows: rows.collect() })
    }
}

/// Where a digest stands; nowhere where it has no mails.
fn place(site: &Site<'_>, id: RangeId) -> Option<Placed> {
    let mails = &site.archive.ranges.get(id.0 as usize)?.mails;
    let middle = *mails.get(mails.len() / 2)?;
    Some(Placed { id, at: site.archive.mail(middle).date(), mails: mails.len() as u32 })
}

fn cells(site: &Site<'_>, layout: Layout, digests: &[Placed], most: u32) -> Vec<Option<Cell>> {
    let cell = |digest: &Placed| cell(site, layout, digest, most);
    if layout != Layout::Months {
        return digests.iter().map(|digest| Some(cell(digest))).collect();
    }
    let mut months: Vec<Option<Cell>> = vec![None; 12];
    for digest in digests {
        months[layout.place(digest.at).1 as usize - 1] = Some(cell(digest));
    }
    months
}

fn cell(site: &Site<'_>, layout: Layout, digest: &Placed, most: u32) -> Cell {
    let height = (u64::from(digest.mails) * 100).div_ceil(u64::from(most.max(1))) as u32;
    Cell {
        href: site.urls.digest(digest.id),
        label: layout.label(layout.place(digest.at).1),
        name: range_words(&site.digests[digest.id.0 as usize].title),
        count: grouped(u64::from(digest.mails)),
        height,
        top: 100 - height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // date -u -d '2024-12-30 12:00' +%s: the Monday of the first ISO week of 2025.
    const MONDAY: i64 = 1_735_560_000;
    const DAY: i64 = 86_400;

    fn placed(days: &[i64]) -> Vec<Placed> {
        let place = |(at, day): (usize, &i64)| Placed {
            id: RangeId(at as u32),
            at: MONDAY + day * DAY,
            mails: 1,
        };
        days.iter().enumerate().map(place).collect()
    }

    #[test]
    fn the_layout_is_the_coarsest_that_tells_digests_apart() {
        assert_eq!(Layout::fitting(&placed(&[0, 31, 62])), Layout::Months);
        assert_eq!(Layout::fitting(&placed(&[7, 14, 21])), Layout::Weeks);
        assert_eq!(Layout::fitting(&placed(&[7, 8, 9])), Layout::Days);
        assert_eq!(Layout::fitting(&placed(&[7, 7, 9])), Layout::Days);
    }

    #[test]
    fn a_week_is_of_the_year_that_has_its_thursday() {
        // date -d 2024-12-30 +%G-%V
        assert_eq!(Layout::Weeks.place(MONDAY), (2025, 1));
        assert_eq!(Layout::Months.place(MONDAY), (2024, 12));
        assert_eq!(Layout::Days.row_name(Layout::Days.place(MONDAY).0), "Dec 2024");
    }
}

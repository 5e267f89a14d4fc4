//! Long lists cut into pages, and lists by month.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::site::url::{Base, SitePath};
use crate::site::view::{Link, Month};

/// Where a page of a long list stands among the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pages {
    /// Its number, from 1.
    pub number: usize,
    /// How many there are.
    pub count: usize,
    /// The page before.
    pub prev: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

/// The path of a page of a list: the first is the list's own.
pub fn page_path(list: &SitePath, number: usize) -> SitePath {
    match number {
        0 | 1 => list.clone(),
        _ => list.join(&format!("page-{number}/")),
    }
}

/// `items` cut into pages of `each`, at least one, each with its place among them.
pub fn cut<'a, T>(
    base: &Base,
    list: &SitePath,
    items: &'a [T],
    each: usize,
) -> Vec<(SitePath, Pages, &'a [T])> {
    let mut chunks: Vec<&[T]> = items.chunks(each).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    let count = chunks.len();
    let href = |number| base.href(&page_path(list, number));
    let page = |(at, chunk)| {
        let number = at + 1;
        let pages = Pages {
            number,
            count,
            prev: (number > 1).then(|| href(number - 1)),
            next: (number < count).then(|| href(number + 1)),
        };
        (page_path(list, number), pages, chunk)
    };
    chunks.into_iter().enumerate().map(page).collect()
}

/// A year's months, those with something in them linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Year {
    /// The year.
    pub year: i16,
    /// January to December.
    pub months: Vec<MonthCell>,
}

/// A month of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MonthCell {
    /// `Jun`
    pub short: &'static str,
    /// Its page, if it has one.
    pub href: Option<String>,
}

/// Something in the order of time, cut into months, and each month into pages.
pub struct Calendar {
    root: SitePath,
    months: Vec<(Month, Range<usize>)>,
}

/// One page of a [`Calendar`].
pub struct Sheet {
    /// Where it is.
    pub path: SitePath,
    /// The month, and which of its pages if there are several: `June 2025, page 2`.
    pub title: String,
    /// The positions of what is on it.
    pub items: Range<usize>,
    /// The page before in time.
    pub prev: Option<Link>,
    /// The page after.
    pub next: Option<Link>,
}

impl Calendar {
    /// Months below `root` for moments that are in order.
    pub fn new(root: SitePath, dates: impl Iterator<Item = i64>) -> Self {
        let mut months: Vec<(Month, Range<usize>)> = Vec::new();
        for (at, month) in dates.map(Month::of).enumerate() {
            match months.last_mut() {
                // A date that falls back belongs to the month that is open.
                Some((open, items)) if *open >= month => items.end = at + 1,
                _ => months.push((month, at..at + 1)),
            }
        }
        Calendar { root, months }
    }

    /// The years that have something in them, newest first.
    pub fn years(&self, base: &Base) -> Vec<Year> {
        let mut years: Vec<i16> = self.months.iter().map(|(month, _)| month.year).collect();
        years.dedup();
        let cell = |year, month| {
            let month = Month { year, month };
            let known = self.months.binary_search_by_key(&month, |(m, _)| *m).is_ok();
            MonthCell {
                short: &month.name()[..3],
                href: known.then(|| base.href(&self.path(month))),
            }
        };
        let year = |year| Year { year, months: (1..=12).map(|month| cell(year, month)).collect() };
        years.into_iter().rev().map(year).collect()
    }

    fn path(&self, month: Month) -> SitePath {
        self.root.join(&format!("{}/", month.slug()))
    }

    /// Every page, oldest first, with at most `each` things on it.
    pub fn sheets(&self, base: &Base, each: usize) -> Vec<Sheet> {
        let mut sheets: Vec<Sheet> = Vec::new();
        for (month, items) in &self.months {
            let starts: Vec<usize> = items.clone().step_by(each).collect();
            for (at, start) in starts.iter().enumerate() {
                let part = if at == 0 { String::new() } else { format!(", page {}", at + 1) };
                sheets.push(Sheet {
                    path: page_path(&self.path(*month), at + 1),
                    title: format!("{}{part}", month.words()),
                    items: *start..(start + each).min(items.end),
                    prev: None,
                    next: None,
                });
            }
        }
        let links: Vec<Link> =
            sheets.iter().map(|s| Link::new(base.href(&s.path), &s.title)).collect();
        for (at, sheet) in sheets.iter_mut().enumerate() {
            sheet.prev = at.checked_sub(1).and_then(|before| links.get(before).cloned());
            sheet.next = links.get(at + 1).cloned();
        }
        sheets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        Base::new("https://example.org/x")
    }

    #[test]
    fn an_empty_list_has_one_page() {
        let pages = cut::<u8>(&base(), &SitePath::page(&["a"]), &[], 10);
        assert_eq!(pages.len(), 1);
        assert_eq!((pages[0].1.prev.as_ref(), pages[0].1.next.as_ref()), (None, None));
    }

    #[test]
    fn pages_of_a_list_lead_to_each_other() {
        let pages = cut(&base(), &SitePath::page(&["a"]), &[1, 2, 3], 2);
        assert_eq!(pages[0].1.next.as_deref(), Some("/x/a/page-2/"));
        assert_eq!(pages[1].1.prev.as_deref(), Some("/x/a/"));
        assert_eq!(pages[1].2, [3]);
        assert_eq!(pages[1].0.as_str(), "a/page-2/");
    }

    #[test]
    fn months_are_cut_into_sheets() {
        // date -u -d 2024-12-31 +%s; date -u -d 2025-01-01 +%s
        let dates = [1_735_603_200, 1_735_689_600, 1_735_689_601, 1_735_689_602];
        let calendar = Calendar::new(SitePath::page(&["m"]), dates.into_iter());
        let sheets = calendar.sheets(&base(), 2);
        let shown: Vec<_> = sheets.iter().map(|s| (s.path.as_str(), s.items.clone())).collect();
        assert_eq!(
            shown,
            [("m/2024-12/", 0..1), ("m/2025-01/", 1..3), ("m/2025-01/page-2/", 3..4)]
        );
        assert_eq!(sheets[1].prev.as_ref().unwrap().href, "/x/m/2024-12/");
        assert_eq!(sheets[2].next, None);
        let years = calendar.years(&base());
        assert_eq!(years.iter().map(|y| y.year).collect::<Vec<_>>(), [2025, 2024]);
        assert_eq!(years[0].months[0].href.as_deref(), Some("/x/m/2025-01/"));
        assert_eq!(years[0].months[1].href, None);
    }
}

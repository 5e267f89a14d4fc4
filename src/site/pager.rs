//! Long lists cut into pages, and lists by month.

use std::iter;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::site::url::{Base, SitePath};
use crate::site::view::{Link, Month};

/// Where a page of a long list stands among the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pages {
    /// The page with what is newer; none on the list's own.
    pub newer: Option<String>,
    /// The page with what is older.
    pub older: Option<String>,
}

/// A page of a long list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Where it is.
    pub path: SitePath,
    /// Where that stands among the others.
    pub pages: Pages,
    /// The positions of what is on it, counted from the oldest.
    pub items: Range<usize>,
}

/// The path of a page: the first is the list's own.
fn page_path(list: &SitePath, number: usize) -> SitePath {
    match number {
        0 | 1 => list.clone(),
        _ => older_path(list, number),
    }
}

/// The path of a page that is not the list's own.
fn older_path(list: &SitePath, number: usize) -> SitePath {
    list.join(&format!("page-{number}/"))
}

/// The pages of a long list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaves {
    /// The list's own, with what is newest.
    pub own: Leaf,
    /// The others, newest first.
    pub older: Vec<Leaf>,
}

impl Leaves {
    /// Cuts a list of so many things into pages.
    ///
    /// Pages are counted from the oldest, and but for the list's own each is full: what comes
    /// later changes none of them, and a link to one keeps showing what it showed. The list's
    /// own has at least half of `each` and less than one and a half.
    pub fn cut(base: &Base, list: &SitePath, count: usize, each: usize) -> Leaves {
        let full = count.saturating_sub(each / 2) / each;
        let path = |number| match number {
            number if number > full => list.clone(),
            number => older_path(list, number),
        };
        let leaf = |number: usize| Leaf {
            path: path(number),
            pages: Pages {
                newer: (number <= full).then(|| base.href(&path(number + 1))),
                older: (number > 1).then(|| base.href(&path(number - 1))),
            },
            items: (number - 1) * each..if number > full { count } else { number * each },
        };
        Leaves { own: leaf(full + 1), older: (1..=full).rev().map(leaf).collect() }
    }

    /// All of them, newest first.
    pub fn into_all(self) -> impl Iterator<Item = Leaf> {
        iter::once(self.own).chain(self.older)
    }
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

/// Seconds of a day.
const DAY: i64 = 86_400;

impl Calendar {
    /// Months below `root` for moments that are in order.
    pub fn new(root: SitePath, dates: impl Iterator<Item = i64>) -> Self {
        let mut months: Vec<(Month, Range<usize>)> = Vec::new();
        let mut newest_day = i64::MIN;
        for (at, date) in dates.enumerate() {
            // A date that falls back belongs to the month that is open.
            let is_later = date.div_euclid(DAY) > newest_day;
            newest_day = newest_day.max(date.div_euclid(DAY));
            match months.last_mut() {
                Some((open, items)) if !is_later || *open >= Month::of(date) => items.end = at + 1,
                _ => months.push((Month::of(date), at..at + 1)),
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

    fn shown(count: usize, each: usize) -> Vec<(String, Range<usize>)> {
        let leaves = Leaves::cut(&base(), &SitePath::page(&["a"]), count, each);
        leaves.into_all().map(|leaf| (leaf.path.as_str().to_owned(), leaf.items)).collect()
    }

    #[test]
    fn a_short_list_has_one_page() {
        assert_eq!(shown(0, 10), [("a/".to_owned(), 0..0)]);
        assert_eq!(shown(14, 10), [("a/".to_owned(), 0..14)]);
    }

    #[test]
    fn what_is_older_stays_on_its_page() {
        let first = ("a/page-1/".to_owned(), 0..10);
        assert_eq!(shown(15, 10), [("a/".to_owned(), 10..15), first.clone()]);
        assert_eq!(shown(24, 10), [("a/".to_owned(), 10..24), first.clone()]);
        let second = ("a/page-2/".to_owned(), 10..20);
        assert_eq!(shown(25, 10), [("a/".to_owned(), 20..25), second, first]);
    }

    #[test]
    fn pages_of_a_list_lead_to_each_other() {
        let leaves = Leaves::cut(&base(), &SitePath::page(&["a"]), 25, 10);
        let links: Vec<_> = leaves.into_all().map(|l| (l.pages.newer, l.pages.older)).collect();
        let links: Vec<_> = links.iter().map(|(n, o)| (n.as_deref(), o.as_deref())).collect();
        let [own, second, first] = ["/x/a/", "/x/a/page-2/", "/x/a/page-1/"].map(Some);
        assert_eq!(links, [(None, second), (own, first), (second, None)]);
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

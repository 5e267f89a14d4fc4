//! Charts as numbers: bars, months, and the days of half a year. Templates draw them with
//! plain SVG whose sizes are attributes, so that no inline style is needed.

use std::collections::HashMap;
use std::mem::replace;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::site::directory::Named;
use crate::site::view::{MONTHS, Month, day_words, grouped, utc};

/// Weeks that the calendar shows.
const WEEKS: i64 = 26;
/// Months that a chart shows.
const SHOWN: usize = 12;
/// Months that have something, for a chart of twelve to be worth its room.
const FILLED: usize = 3;
const DAY: i64 = 86_400;

/// A row of a table with bars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bar {
    /// What is counted.
    pub name: String,
    /// Its page, if it has one.
    pub href: Option<String>,
    /// A second, quieter word: the address of a person.
    pub note: String,
    /// How many, with separators.
    pub count: String,
    /// Width in percent of the longest: `45.7`.
    pub width: String,
}

/// What a bar stands for, before its width is known.
pub struct Counted {
    /// What is counted.
    pub name: String,
    /// Its page, if it has one.
    pub href: Option<String>,
    /// A second, quieter word.
    pub note: String,
    /// How many.
    pub count: u32,
}

impl Named for Counted {
    fn name(&self) -> &str {
        &self.name
    }

    fn note(&mut self) -> &mut String {
        &mut self.note
    }
}

/// Bars in the order given, as long as their counts.
pub fn bars(rows: Vec<Counted>) -> Vec<Bar> {
    let most = rows.iter().map(|r| r.count).max().unwrap_or(0);
    let bar = |r: Counted| Bar {
        name: r.name,
        href: r.href,
        note: r.note,
        count: grouped(u64::from(r.count)),
        width: percent(r.count, most),
    };
    rows.into_iter().map(bar).collect()
}

/// `part` in percent of `whole`, to a tenth: `45.7`.
fn percent(part: u32, whole: u32) -> String {
    let tenths = u64::from(part) * 1000 / u64::from(whole.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What a chart counts, in the singular and the plural.
pub type Unit = (&'static str, &'static str);

/// A chart of months.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Chart {
    /// The columns, oldest first.
    pub columns: Vec<ChartColumn>,
    /// What is counted: `patches`.
    pub unit: &'static str,
    /// What the chart says in one sentence.
    pub caption: String,
}

/// A month of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChartColumn {
    /// `Jun`.
    pub label: String,
    /// What belongs to the label where it is not seen: ` 2025`.
    pub more: String,
    /// How many.
    pub count: u32,
    /// What is counted, as its number wants it: `patch`, `patches`.
    pub unit: &'static str,
    /// Height in percent of the highest.
    pub height: String,
    /// Distance of the column's top from the chart's top, in percent.
    pub top: String,
    /// Whether it is the one of the newest mail, which may not be over.
    pub now: bool,
}

/// The months that a chart shows, oldest first: they end with that of the newest mail.
fn shown_months(newest: i64) -> [Month; SHOWN] {
    let last = Month::of(newest);
    std::array::from_fn(|at| last.before((SHOWN - 1 - at) as i32))
}

/// The places among `months`, which end with that of `newest`, of those moments that are in one.
fn lately(
    months: &[Month; SHOWN],
    dates: impl Iterator<Item = i64>,
    newest: i64,
) -> impl Iterator<Item = usize> {
    let near = dates.filter(move |date| Chart::may_show(*date, newest));
    near.filter_map(|date| months.binary_search(&Month::of(date)).ok())
}

impl Chart {
    /// Moments counted by month: twelve months up to that of `newest`; none where few of
    /// them had any, of which a caption says as much. `unit` is one of them and many.
    pub fn months(dates: &[i64], newest: i64, unit: Unit) -> Option<Chart> {
        let months = shown_months(newest);
        let mut counts = vec![0; months.len()];
        for at in lately(&months, dates.iter().copied(), newest) {
            counts[at] += 1;
        }
        let label = |m: &Month| (m.name()[..3].to_string(), format!(" {}", m.year), m.words());
        let filled = counts.iter().filter(|count| **count > 0).count();
        (filled >= FILLED).then(|| Chart::of(months.iter().map(label).collect(), &counts, unit))
    }

    /// Whether a moment may be in a chart, without a look at the calendar: twelve months have at
    /// most 366 days.
    pub fn may_show(date: i64, newest: i64) -> bool {
        date >= newest.saturating_sub(366 * DAY)
    }

    /// The last month of [`Chart::months`] for these moments; none where there is no chart.
    pub fn end(dates: impl Iterator<Item = i64>, newest: i64) -> Option<Month> {
        let months = shown_months(newest);
        let mut filled = [false; SHOWN];
        let mut fills =
            lately(&months, dates, newest).filter(|at| !replace(&mut filled[*at], true));
        fills.nth(FILLED - 1).map(|_| months[SHOWN - 1])
    }

    /// A chart of these columns: each label, what belongs to it unseen, and its words.
    fn of(labels: Vec<(String, String, String)>, counts: &[u32], (one, unit): Unit) -> Chart {
        let most = counts.iter().copied().max().unwrap_or(0);
        let total: u64 = counts.iter().map(|c| u64::from(*c)).sum();
        let words = |at: usize| labels.get(at).map_or("", |(_, _, words)| words);
        let peak = counts.iter().position(|c| *c == most).unwrap_or(0);
        let mut unit_words = unit.to_string();
        unit_words[..1].make_ascii_uppercase();
        let mut caption = format!(
            "{unit_words} per month, {} to {}: {} in all",
            words(0),
            words(labels.len() - 1),
            grouped(total)
        );
        if total > 0 {
            caption += &format!(", most in {} with {}", words(peak), grouped(u64::from(most)));
        }
        caption.push('.');
        let last = labels.len() - 1;
        let column = |(at, (label, more, _)): (usize, (String, String, String))| ChartColumn {
            label,
            more,
            count: counts[at],
            unit: if counts[at] == 1 { one } else { unit },
            height: percent(counts[at], most),
            top: percent(most.max(1) - counts[at], most),
            now: at == last,
        };
        Chart { columns: labels.into_iter().enumerate().map(column).collect(), unit, caption }
    }
}

/// The days of the last half year, a square each whose area is the number of mails.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Calendar {
    /// The squares, oldest first, in units of the drawing.
    pub squares: Vec<Square>,
    /// Names of months and where they stand.
    pub months: Vec<(i64, &'static str)>,
    /// What the drawing says in one sentence.
    pub caption: String,
}

/// A day of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Square {
    /// Left edge.
    pub x: String,
    /// Upper edge.
    pub y: String,
    /// Length of a side.
    pub side: String,
    /// Whether it is the day of the newest mail.
    pub now: bool,
}

/// The drawing's distance from one week to the next, and from one day to the next.
const STEP: f64 = 13.0;
/// The side of the busiest day's square.
const BUSIEST: f64 = 12.6;
/// Where the first square's centre is.
const ORIGIN: (f64, f64) = (34.0, 20.0);

impl Calendar {
    /// When the first day of the calendar begins whose last day is that of `newest`.
    pub fn begin(newest: i64) -> i64 {
        let today = newest.div_euclid(DAY);
        (today - weekday(today) - (WEEKS - 1) * 7) * DAY
    }

    /// Moments counted by day, over 26 weeks that end with the day of `newest`.
    pub fn of(dates: impl Iterator<Item = i64>, newest: i64) -> Calendar {
        let (first, today) = (Calendar::begin(newest).div_euclid(DAY), newest.div_euclid(DAY));
        let mut counts: HashMap<i64, u32> = HashMap::new();
        for day in dates.map(|at| at.div_euclid(DAY)).filter(|day| (first..=today).contains(day)) {
            *counts.entry(day).or_default() += 1;
        }
        let count = |day: i64| counts.get(&day).copied().unwrap_or(0);
        let busiest = (first..=today).max_by_key(|day| (count(*day), -*day)).unwrap_or(today);
        let square = |day: i64| square(day - first, count(day), count(busiest), day == today);
        Calendar {
            squares: (first..=today).filter_map(square).collect(),
            months: month_names(first, today),
            caption: caption((first, today), counts.values().sum(), (busiest, count(busiest))),
        }
    }
}

/// 0 for Monday: day 0, 1 January 1970, was a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

fn square(nth: i64, count: u32, most: u32, now: bool) -> Option<Square> {
    let side = (f64::from(count) / f64::from(most.max(1))).sqrt() * BUSIEST;
    let (x, y) = (ORIGIN.0 + (nth / 7) as f64 * STEP, ORIGIN.1 + (nth % 7) as f64 * STEP);
    let one = |n: f64| format!("{n:.1}");
    (count > 0).then(|| Square {
        x: one(x - side / 2.0),
        y: one(y - side / 2.0),
        side: one(side.max(1.5)),
        now,
    })
}

/// The months that begin in the calendar, over the week of their first day.
fn month_names(first: i64, today: i64) -> Vec<(i64, &'static str)> {
    let begins = |day: &i64| date(*day).day() == 1;
    let name = |day: i64| {
        let x = ORIGIN.0 + ((day - first) / 7) as f64 * STEP - STEP / 2.0;
        (x as i64, &MONTHS[date(day).month() as usize - 1][..3])
    };
    (first..=today).filter(begins).map(name).collect()
}

fn date(day: i64) -> Date {
    utc(day * DAY).date()
}

fn caption((first, today): (i64, i64), total: u32, (busiest, most): (i64, u32)) -> String {
    let words = |day: i64| day_words(day * DAY);
    let mut caption = format!(
        "Patch mails per day, {} to {}: {} in all",
        words(first),
        words(today),
        grouped(u64::from(total))
    );
    if total > 0 {
        caption += &format!(", busiest {} with {}", words(busiest), grouped(u64::from(most)));
    }
    caption + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    // date -u -d '2025-06-11 06:00' +%s
    const JUNE: i64 = 1_749_621_600;

    #[test]
    fn months_end_with_the_newest() {
        let dates = [JUNE, JUNE - 10 * DAY, JUNE - 11 * DAY, JUNE - 60 * DAY, 0];
        let chart = Chart::months(&dates, JUNE, ("patch", "patches")).unwrap();
        let labels: Vec<&str> = chart.columns.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(labels.first(), Some(&"Jul"));
        assert_eq!(labels.last(), Some(&"Jun"));
        let counts: Vec<u32> = chart.columns.iter().map(|c| c.count).collect();
        assert_eq!(&counts[9..], [1, 1, 2]);
        assert_eq!(
            chart.caption,
            "Patches per month, July 2024 to June 2025: 4 in all, most in June 2025 with 2."
        );
    }

    #[test]
    fn a_year_with_hardly_anything_needs_no_chart() {
        assert_eq!(Chart::months(&[JUNE - 400 * DAY], JUNE, ("patch", "patches")), None);
        assert_eq!(Chart::months(&[JUNE, JUNE, JUNE - 60 * DAY], JUNE, ("patch", "patches")), None);
    }

    #[test]
    fn a_chart_has_an_end_where_there_is_one() {
        // Up to three months with something, and the first and the last that are shown.
        for days in [vec![], vec![0, 1, 45], vec![0, 40, 70], vec![334, 300, 20], vec![345, 100, 0]]
        {
            let dates: Vec<i64> = days.iter().map(|days| JUNE - days * DAY).collect();
            let chart = Chart::months(&dates, JUNE, ("patch", "patches"));
            let end = Chart::end(dates.into_iter(), JUNE);
            assert_eq!(end, chart.map(|_| Month { year: 2025, month: 6 }), "{days:?}");
        }
        let first =
            |day: i64| Chart::end([JUNE, JUNE - 40 * DAY, JUNE - day * DAY].into_iter(), JUNE);
        // 1 July 2024 was 345 days before 11 June 2025.
        assert!(first(345).is_some() && first(346).is_none());
    }

    #[test]
    fn bars_are_as_long_as_their_counts() {
        let row = |count| Counted { name: "x".into(), href: None, note: String::new(), count };
        let widths: Vec<String> =
            bars(vec![row(35), row(16), row(0)]).into_iter().map(|b| b.width).collect();
        assert_eq!(widths, ["100.0", "45.7", "0.0"]);
    }

    #[test]
    fn the_calendar_ends_with_the_newest_day() {
        let calendar = Calendar::of([JUNE, JUNE, JUNE - DAY, 0].into_iter(), JUNE);
        assert_eq!(calendar.squares.len(), 2);
        assert!(calendar.squares[1].now && !calendar.squares[0].now);
        // 11 June 2025 was a Wednesday: the third row.
        assert_eq!(calendar.squares[1].y, format!("{:.1}", 20.0 + 2.0 * 13.0 - 12.6 / 2.0));
        assert!(
            calendar
                .caption
                .starts_with("Patch mails per day, 16 December 2024 to 11 June 2025: 3")
        );
    }
}

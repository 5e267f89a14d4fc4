//! How much mail there was over time, as one small drawing: a line for each day, week, month
//! or year, whichever fits the span. All mails stand behind, those with patches before them.
//!
//! The drawing is two paths and a few words, so that two hundred months take about four
//! kilobytes. It is stretched to the width it gets; its words are not, since they stand
//! outside of what is stretched. Colours are left to the stylesheet, and where a drawing
//! stands to the template.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{Kind, MailId};
use crate::site::Site;
use crate::site::view::{MONTHS, Month, counted, day_words, grouped, utc};

const DAY: i64 = 86_400;
/// More bars than this are put together into longer stretches of time.
const DAYS: i64 = 62;
const WEEKS: i64 = 75;
const MONTHS_SHOWN: i64 = 240;
/// A date before all others makes no endless drawing.
const YEARS: i64 = 60;
/// Fewer mails than this are no drawing.
const MAILS: usize = 10;
/// Words below the drawing that fit beside each other on a phone.
const LABELS: usize = 7;
/// Height of what is stretched.
const HEIGHT: u64 = 100;

/// The drawing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Activity {
    /// How many bars there are, one unit of width each.
    pub bars: usize,
    /// All mails, as a path of upright lines.
    pub mails: String,
    /// The mails with patches among them.
    pub patches: String,
    /// Where the words below begin: upright hairlines.
    pub lines: String,
    /// The words below, each with its distance from the left in percent.
    pub labels: Vec<Label>,
    /// The highest bar: its middle and its figure.
    pub peak: Label,
    /// What the drawing says in one sentence.
    pub caption: String,
    /// What it says year by year, where it spans several; else "".
    pub detail: String,
    /// Whether there are both kinds of bars, to be told apart.
    pub both: bool,
}

/// A word of the drawing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Label {
    /// Distance from the left, in percent: `45.7`.
    pub x: String,
    /// The word.
    pub text: String,
    /// Which of its ends is there: `start`, `middle` or `end`.
    pub anchor: &'static str,
}

/// The stretch of time that a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Day,
    Week,
    Month,
    Year,
}

impl Step {
    /// The finest step that leaves few enough bars from one moment to another.
    fn fitting(first: i64, last: i64) -> Step {
        let fits = |(step, most): &(Step, i64)| step.of(last) - step.of(first) < *most;
        let steps = [(Step::Day, DAYS), (Step::Week, WEEKS), (Step::Month, MONTHS_SHOWN)];
        steps.into_iter().find(fits).map_or(Step::Year, |(step, _)| step)
    }

    /// The number of the stretch that a moment is in; they follow each other without gaps.
    fn of(self, at: i64) -> i64 {
        match self {
            Step::Day => at.div_euclid(DAY),
            // Weeks begin on Mondays: day 0, 1 January 1970, was a Thursday.
            Step::Week => (at.div_euclid(DAY) + 3).div_euclid(7),
            Step::Month => {
                let month = Month::of(at);
                i64::from(month.year) * 12 + i64::from(month.month) - 1
            }
            Step::Year => i64::from(utc(at).year()),
        }
    }

    /// The first moment of a stretch of days or weeks.
    fn begins(self, nth: i64) -> i64 {
        match self {
            Step::Week => (nth * 7 - 3).saturating_mul(DAY),
            _ => nth.saturating_mul(DAY),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Step::Day => "day",
            Step::Week => "week",
            Step::Month => "month",
            Step::Year => "year",
        }
    }

    /// `4 June 2025`, `the week of 2 June 2025`, `June 2025`, `2025`.
    fn words(self, nth: i64) -> String {
        match self {
            Step::Day => day_words(self.begins(nth)),
            Step::Week => format!("the week of {}", day_words(self.begins(nth))),
            Step::Month => month(nth).words(),
            Step::Year => nth.to_string(),
        }
    }

    /// What stands below a stretch, if anything does.
    fn label(self, nth: i64) -> Option<String> {
        match self {
            Step::Day => {
                let monday = (nth + 3).rem_euclid(7) == 0;
                let date = utc(self.begins(nth));
                let name = &MONTHS[date.month() as usize - 1][..3];
                monday.then(|| format!("{} {name}", date.day()))
            }
            Step::Week => {
                let (now, before) = (self.begins(nth), self.begins(nth - 1));
                (Month::of(now) != Month::of(before)).then(|| month_label(Month::of(now)))
            }
            Step::Month => (month(nth).month == 1).then(|| month(nth).year.to_string()),
            Step::Year => Some(nth.to_string()),
        }
    }
}

/// A month by its number since the year 0.
fn month(nth: i64) -> Month {
    Month { year: nth.div_euclid(12) as i16, month: nth.rem_euclid(12) as i8 + 1 }
}

/// `Jun`; January is called by its year.
fn month_label(month: Month) -> String {
    match month.month {
        1 => month.year.to_string(),
        _ => month.name()[..3].to_string(),
    }
}

impl Activity {
    /// Mails counted from the first to the last; each with its date and whether it is of a
    /// patch. None where they are so few that a sentence says as much, or of a single day.
    pub fn of(mails: &[(i64, bool)]) -> Option<Activity> {
        (mails.len() >= MAILS).then(|| Activity::over(mails)).flatten()
    }

    fn over(mails: &[(i64, bool)]) -> Option<Activity> {
        let dates = || mails.iter().map(|(at, _)| *at);
        let (first, newest) = (dates().min()?, dates().max()?);
        let step = Step::fitting(first, newest);
        let last = step.of(newest);
        let start =
            if step == Step::Year { step.of(first).max(last - YEARS + 1) } else { step.of(first) };
        let mut counts = vec![(0_u32, 0_u32); usize::try_from(last - start + 1).ok()?];
        // Mails that follow each other are often of one day, which needs one look at the calendar.
        let (mut day, mut stretch) = (newest.div_euclid(DAY), last);
        for (at, is_patch) in mails {
            if at.div_euclid(DAY) != day {
                (day, stretch) = (at.div_euclid(DAY), step.of(*at));
            }
            let nth = usize::try_from(stretch - start).ok();
            if let Some((all, patches)) = nth.and_then(|nth| counts.get_mut(nth)) {
                *all += 1;
                *patches += u32::from(*is_patch);
            }
        }
        (counts.len() > 1).then(|| Activity::drawn(step, start, &counts))
    }

    fn drawn(step: Step, start: i64, counts: &[(u32, u32)]) -> Activity {
        let bars = counts.len();
        let most = counts.iter().map(|(all, _)| *all).max().unwrap_or(0);
        let peak = counts.iter().position(|(all, _)| *all == most).unwrap_or(0);
        let patches: u32 = counts.iter().map(|(_, patches)| patches).sum();
        let labels = labels(step, start, bars);
        let mut lines = String::new();
        for (nth, _) in &labels {
            // A bar stands in the middle of its unit of width; writing to a String doesn't fail.
            let _ = match nth.checked_sub(1) {
                Some(before) => write!(lines, "M{before}.5 0v{HEIGHT}"),
                None => write!(lines, "M-.5 0v{HEIGHT}"),
            };
        }
        let label = |(nth, text): (usize, String)| Label {
            x: percent(nth as u64 * 1000, bars),
            text,
            anchor: "start",
        };
        Activity {
            bars,
            mails: path(counts.iter().map(|(all, _)| *all), most),
            patches: path(counts.iter().map(|(_, patches)| *patches), most),
            lines,
            labels: labels.into_iter().map(label).collect(),
            peak: peak_label(peak, bars, most),
            caption: caption(step, start, counts, (peak, patches)),
            detail: by_year(step, start, counts),
            both: patches > 0 && counts.iter().any(|(all, patches)| all != patches),
        }
    }
}

impl Site<'_> {
    /// When a mail was sent, and whether it is of a patch: a patch, a cover letter or a pull
    /// request.
    pub fn dated(&self, id: MailId) -> (i64, bool) {
        let kind = self.archive.kind(id);
        (self.archive.mail(id).date(), matches!(kind, Kind::Patch | Kind::Cover | Kind::Pull))
    }
}

/// Upright lines as high as their counts. A count that is not 0 is seen.
fn path(counts: impl Iterator<Item = u32>, most: u32) -> String {
    let mut path = String::new();
    for (nth, count) in counts.enumerate().filter(|(_, count)| *count > 0) {
        let height = (u64::from(count) * HEIGHT).div_ceil(u64::from(most.max(1)));
        // Writing to a String doesn't fail.
        let _ = write!(path, "M{nth} {HEIGHT}v-{height}");
    }
    path
}

/// Thousandths of a whole that has `bars` parts, in percent.
fn percent(thousandths: u64, bars: usize) -> String {
    let tenths = thousandths / bars.max(1) as u64;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// As many words as fit, at regular distances, none so far right that it would stand out.
fn labels(step: Step, start: i64, bars: usize) -> Vec<(usize, String)> {
    let all: Vec<(usize, String)> = (0..bars)
        .filter_map(|nth| Some((nth, step.label(start + nth as i64)?)))
        .filter(|(nth, _)| nth * 100 / bars < 91)
        .collect();
    let each = all.len().div_ceil(LABELS).max(1);
    // The last one is kept: what is newest is looked for most.
    let skip = all.len().saturating_sub(1) % each;
    all.into_iter().skip(skip).step_by(each).collect()
}

fn peak_label(nth: usize, bars: usize, most: u32) -> Label {
    let anchor = match nth * 100 / bars.max(1) {
        ..6 => "start",
        94.. => "end",
        _ => "middle",
    };
    let x = percent((nth as u64 * 2 + 1) * 500, bars);
    Label { x, text: grouped(u64::from(most)), anchor }
}

fn caption(step: Step, start: i64, counts: &[(u32, u32)], (peak, patches): (usize, u32)) -> String {
    let total: u32 = counts.iter().map(|(all, _)| all).sum();
    let (said, with) = match patches {
        0 => (counted(total, "mail", "mails"), String::new()),
        all if all == total => (counted(total, "patch mail", "patch mails"), String::new()),
        some => {
            let with = format!(", {} of them with patches", grouped(u64::from(some)));
            (counted(total, "mail", "mails"), with)
        }
    };
    let words = |nth: usize| step.words(start + nth as i64);
    format!(
        "{said} from {} to {}{with}; most in one {}: {}, {}.",
        words(0),
        words(counts.len() - 1),
        step.name(),
        grouped(u64::from(counts[peak].0)),
        words(peak),
    )
}

/// `2024: 310, 2025: 1,204`: for whoever does not see the drawing.
fn by_year(step: Step, start: i64, counts: &[(u32, u32)]) -> String {
    if step != Step::Month {
        return String::new();
    }
    let mut years: Vec<(i16, u32)> = Vec::new();
    for (nth, (all, _)) in counts.iter().enumerate() {
        let year = month(start + nth as i64).year;
        match years.last_mut().filter(|(last, _)| *last == year) {
            Some((_, count)) => *count += all,
            None => years.push((year, *all)),
        }
    }
    let words = |(year, count): (i16, u32)| format!("{year}: {}", grouped(u64::from(count)));
    years.into_iter().map(words).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // date -u -d '2025-06-11 06:00' +%s
    const JUNE: i64 = 1_749_621_600;

    fn at(days_before: i64) -> (i64, bool) {
        (JUNE - days_before * DAY, days_before % 2 == 0)
    }

    fn texts(activity: &Activity) -> Vec<&str> {
        activity.labels.iter().map(|label| label.text.as_str()).collect()
    }

    #[test]
    fn a_month_is_drawn_by_days() {
        let activity = Activity::over(&[at(9), at(4), at(4), at(0)]).unwrap();
        assert_eq!(activity.bars, 10);
        assert_eq!(activity.mails, "M0 100v-50M5 100v-100M9 100v-50");
        assert_eq!(activity.patches, "M5 100v-100M9 100v-50");
        // 9 June 2025 was a Monday, as was the 2nd, the first day.
        assert_eq!(texts(&activity), ["2 Jun", "9 Jun"]);
        assert_eq!(activity.labels[1].x, "70.0");
        assert_eq!(
            activity.caption,
            "4 mails from 2 June 2025 to 11 June 2025, 3 of them with patches; \
             most in one day: 2, 7 June 2025."
        );
        assert!(activity.both);
    }

    #[test]
    fn a_few_mails_are_no_drawing() {
        let mails: Vec<(i64, bool)> = (0..10).map(at).collect();
        assert_eq!(Activity::of(&mails[1..]), None);
        assert!(Activity::of(&mails).is_some());
    }

    #[test]
    fn longer_spans_have_longer_steps() {
        let bars = |days| Activity::over(&[at(days), at(0)]).map(|activity| activity.bars);
        assert_eq!(bars(0), None);
        assert_eq!(bars(61), Some(62));
        // 62 days before was Thursday 10 April, nine weeks before that of Monday 9 June.
        assert_eq!(bars(62), Some(10));
        // June 2022 to June 2025.
        assert_eq!(bars(3 * 365), Some(37));
        assert_eq!(bars(30 * 365), Some(31));
    }

    #[test]
    fn a_date_before_all_others_makes_no_endless_drawing() {
        let activity = Activity::over(&[(i64::MIN, false), at(0)]).unwrap();
        assert_eq!(activity.bars, YEARS as usize);
        assert!(activity.caption.starts_with("1 patch mail from 1966 to 2025"));
    }

    #[test]
    fn words_never_stand_closer_than_a_phone_allows() {
        for days in [50, 80, 300, 500, 900, 3000, 7000, 20_000] {
            let activity = Activity::over(&[at(days), at(0)]).unwrap();
            let count = activity.labels.len();
            assert!((1..=LABELS).contains(&count), "{days} days: {count} words");
        }
    }

    #[test]
    fn years_are_told_to_who_does_not_see() {
        let activity = Activity::over(&[at(700), at(690), at(3), at(2), at(0)]).unwrap();
        assert_eq!(activity.detail, "2023: 2, 2024: 0, 2025: 3");
        assert_eq!(texts(&activity), ["2024", "2025"]);
    }

    #[test]
    fn two_hundred_months_are_small() {
        let mails: Vec<(i64, bool)> = (0..200 * 30).map(at).collect();
        let activity = Activity::over(&mails).unwrap();
        assert!(activity.bars > 190);
        let drawn = activity.mails.len() + activity.patches.len() + activity.lines.len();
        assert!(drawn < 8_000, "{drawn} bytes");
    }
}

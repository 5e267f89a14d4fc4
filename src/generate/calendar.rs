//! Moments as mail writes them.

use jiff::civil::DateTime;
use jiff::{Timestamp, tz};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The date and time of day at `at`, `zone` minutes east of Greenwich.
fn local(at: i64, zone: i32) -> DateTime {
    let offset = tz::Offset::from_seconds(zone * 60).unwrap_or(tz::Offset::UTC);
    offset.to_datetime(Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn day_name(t: DateTime) -> &'static str {
    DAYS[t.weekday().to_monday_zero_offset() as usize]
}

fn month_name(t: DateTime) -> &'static str {
    MONTHS[t.month() as usize - 1]
}

/// The value of a Date header (RFC 5322 section 3.3).
pub fn header(at: i64, zone: i32) -> String {
    let t = local(at, zone);
    let (sign, off) = if zone < 0 { ('-', -zone) } else { ('+', zone) };
    format!(
        "{}, {} {} {} {:02}:{:02}:{:02} {sign}{:02}{:02}",
        day_name(t),
        t.day(),
        month_name(t),
        t.year(),
        t.hour(),
        t.minute(),
        t.second(),
        off / 60,
        off % 60
    )
}

/// The date as asctime(3) has it, for an mbox separator.
pub fn asctime(at: i64) -> String {
    let t = local(at, 0);
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {}",
        day_name(t),
        month_name(t),
        t.day(),
        t.hour(),
        t.minute(),
        t.second(),
        t.year()
    )
}

/// `20260304172033`, in UTC.
pub fn stamp(at: i64) -> String {
    let t = local(at, 0);
    let (hour, minute, second) = (t.hour(), t.minute(), t.second());
    format!("{}{hour:02}{minute:02}{second:02}", day(at))
}

/// `20260304`, in UTC.
pub fn day(at: i64) -> String {
    let t = local(at, 0);
    format!("{:04}{:02}{:02}", t.year(), t.month(), t.day())
}

/// `2026/3/4 17:20`.
pub fn slashed(at: i64, zone: i32) -> String {
    let t = local(at, zone);
    format!("{}/{}/{} {}:{:02}", t.year(), t.month(), t.day(), t.hour(), t.minute())
}

/// `2026-03`, in UTC.
pub fn month(at: i64) -> String {
    let t = local(at, 0);
    format!("{:04}-{:02}", t.year(), t.month())
}

/// The hour of the day, `zone` minutes east of Greenwich.
pub fn hour(at: i64, zone: i32) -> i64 {
    i64::from(local(at, zone).hour())
}

/// The date as a person writes it: `4 March 2026, 17:20`, or with the month first.
pub fn spoken(at: i64, zone: i32, month_first: bool) -> String {
    let t = local(at, zone);
    let (month, day) = (month_name(t), t.day());
    match month_first {
        true => {
            let (hour, half) = (t.hour() % 12, if t.hour() < 12 { "AM" } else { "PM" });
            let hour = if hour == 0 { 12 } else { hour };
            format!(
                "{}, {month} {day}, {} at {hour}:{:02} {half}",
                day_name(t),
                t.year(),
                t.minute()
            )
        }
        false => {
            format!("{} {day} {month} {}, {:02}:{:02}", day_name(t), t.year(), t.hour(), t.minute())
        }
    }
}

/// Midnight UTC of the first of a month, counted from January of the year 0.
pub fn first_of(months: i32) -> i64 {
    let (year, month) = (months.div_euclid(12) as i16, months.rem_euclid(12) as i8 + 1);
    let first = DateTime::new(year, month, 1, 0, 0, 0, 0);
    first.ok().and_then(|t| tz::Offset::UTC.to_timestamp(t).ok()).map_or(0, Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from `date -R` and Python's time.asctime.
    #[test]
    fn writes_dates_as_mail_does() {
        assert_eq!(header(1_772_641_233, 330), "Wed, 4 Mar 2026 21:50:33 +0530");
        assert_eq!(header(1_772_641_233, -180), "Wed, 4 Mar 2026 13:20:33 -0300");
        assert_eq!(asctime(1_772_641_233), "Wed Mar  4 16:20:33 2026");
        assert_eq!(stamp(1_772_641_233), "20260304162033");
        assert_eq!(first_of(2026 * 12 + 2), 1_772_323_200);
    }
}

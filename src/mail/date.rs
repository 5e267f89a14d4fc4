//! When a mail was sent.
//!
//! The Date header is read leniently (RFC 5322 with the obsolete forms of section 4.3, and
//! what else occurs), checked against the newest Received header, and replaced by that or by
//! the mbox separator line when it can't be true. The present time is never asked.
//! The same moment in the forms that pages show is made here, too.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Seconds since 1970-01-01T00:00:00Z.
pub type UnixTime = i64;

/// When a mail was sent, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The moment, in UTC.
    pub at: UnixTime,
    /// The sender's offset from UTC in minutes, where the Date header gave one.
    pub offset_minutes: i16,
    /// Where it was taken from.
    pub source: DateSource,
}

/// Where a mail's date was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DateSource {
    /// The Date header.
    Header,
    /// The newest Received header.
    Received,
    /// The mbox separator line.
    Separator,
    /// Nowhere: the mail stands at 1970-01-01, before all others.
    Unknown,
}

impl DateSource {
    /// All of them.
    pub const ALL: [DateSource; 4] =
        [DateSource::Header, DateSource::Received, DateSource::Separator, DateSource::Unknown];

    /// In words, for a diagnostic.
    pub fn in_words(self) -> &'static str {
        match self {
            DateSource::Header => "the Date header",
            DateSource::Received => "the newest Received header",
            DateSource::Separator => "the separator line",
            DateSource::Unknown => "nowhere: it stands at 1970-01-01",
        }
    }
}

/// A moment as a header gives it: the time, and the offset from UTC in minutes.
pub type Stamp = (UnixTime, i16);

/// No list mail is older than this: 1990-01-01T00:00:00Z.
const OLDEST: UnixTime = 631_152_000;

/// How far a Date header may be from the newest Received header: two days, in seconds.
const TOLERANCE: i64 = 2 * 86_400;

/// What `git format-patch` writes into every separator line, whenever the patch was made.
const GIT_SEPARATOR: &str = "Mon Sep 17 00:00:00 2001";

/// Chooses the date of a mail: `header` unless it is absurd (before 1990, or over two days
/// from `received`), else `received`, else that of the mbox `separator` line.
pub fn choose(header: Option<Stamp>, received: Option<UnixTime>, separator: Option<&str>) -> Date {
    let received = received.filter(|&at| at >= OLDEST);
    let credible = |at: UnixTime| {
        at >= OLDEST && received.is_none_or(|r| at.saturating_sub(r).abs() <= TOLERANCE)
    };
    if let Some((at, offset_minutes)) = header.filter(|&(at, _)| credible(at)) {
        return Date { at, offset_minutes, source: DateSource::Header };
    }
    if let Some(at) = received {
        return Date { at, offset_minutes: 0, source: DateSource::Received };
    }
    match separator.and_then(of_separator).filter(|&at| at >= OLDEST) {
        Some(at) => Date { at, offset_minutes: 0, source: DateSource::Separator },
        None => Date { at: 0, offset_minutes: 0, source: DateSource::Unknown },
    }
}

/// The moment of a Received header: what follows its last semicolon.
pub fn of_received(value: &str) -> Option<UnixTime> {
    value.rsplit_once(';').and_then(|(_, date)| parse(date)).map(|(at, _)| at)
}

/// The moment of an mbox separator line: asctime after the address, with or without a zone.
/// The constant that git writes there is no date.
pub fn of_separator(line: &str) -> Option<UnixTime> {
    if line.contains(GIT_SEPARATOR) {
        return None;
    }
    let rest = line.trim_start_matches('>').strip_prefix("From ")?;
    // The address may hold blanks (`user at host`): the date begins at the weekday.
    let words = rest.match_indices(' ').map(|(at, _)| &rest[at + 1..]);
    words.filter(|tail| begins_with_weekday(tail)).find_map(parse).map(|(at, _)| at)
}

fn begins_with_weekday(text: &str) -> bool {
    let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let short = text.get(..4).map(str::to_ascii_lowercase);
    short.is_some_and(|s| s.ends_with(' ') && weekdays.contains(&&s[..3]))
}

/// Reads a date in whatever order its parts stand: day, month, year, time and zone, as in
/// RFC 5322 and its obsolete forms, asctime, or ISO 8601. A missing zone is UTC, missing
/// seconds are 0, comments and the weekday are passed over. None if day, month, year or time
/// is missing or can't be.
pub fn parse(text: &str) -> Option<Stamp> {
    let mut parts = Parts::default();
    let mut depth = 0usize;
    let words = text.split(|c: char| c.is_ascii_whitespace() || c == ',');
    for word in words.filter(|w| !w.is_empty()).take(32) {
        let (open, close) = (word.matches('(').count(), word.matches(')').count());
        if depth == 0 && open == 0 {
            parts.take(word);
        } else if depth == 0 {
            parts.take(word.split('(').next().unwrap_or_default());
        }
        depth = (depth + open).saturating_sub(close);
    }
    parts.stamp()
}

/// The parts of a date found so far.
#[derive(Default)]
struct Parts {
    day: Option<u32>,
    month: Option<u32>,
    year: Option<i16>,
    /// Seconds of the day.
    time: Option<i64>,
    offset_minutes: Option<i16>,
}

impl Parts {
    fn take(&mut self, word: &str) {
        if self.time.is_none() && word.contains(':') {
            self.take_time(word);
        } else if let Some(sign) = word.chars().next().filter(|c| matches!(c, '+' | '-')) {
            self.take_offset(sign, &word[1..]);
        } else if word.bytes().all(|b| b.is_ascii_digit()) {
            self.take_number(word);
        } else if let Some(month) = month_of(word) {
            self.month = self.month.or(Some(month));
        } else if word.contains('-') {
            self.take_dashed(word);
        } else if self.time.is_some() && self.offset_minutes.is_none() {
            self.offset_minutes = zone_of(word);
        }
    }

    /// `17:54`, `17:54:03`, `17:54:03.25`, `17:54:03+0200`, and ISO 8601's `…T17:54:03Z`.
    fn take_time(&mut self, word: &str) {
        let clock = match word.split_once(['T', 't']) {
            Some((date, clock)) if date.contains('-') => {
                self.take_dashed(date);
                clock
            }
            _ => word,
        };
        let end = clock.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.'));
        let (clock, zone) = clock.split_at(end.unwrap_or(clock.len()));
        self.time = seconds_of_day(clock);
        if !zone.is_empty() {
            self.take(&zone.replace(':', ""));
        }
    }

    fn take_offset(&mut self, sign: char, digits: &str) {
        let digits = digits.replace(':', "");
        let number: Option<i16> = digits.parse().ok();
        if let (None, 1..=4, Some(number)) = (self.offset_minutes, digits.len(), number) {
            let (hours, minutes) =
                if digits.len() > 2 { (number / 100, number % 100) } else { (number, 0) };
            let minutes = hours * 60 + minutes;
            // An offset of a day or more is no offset.
            let minutes = if minutes < 24 * 60 { minutes } else { 0 };
            self.offset_minutes = Some(if sign == '-' { -minutes } else { minutes });
        }
    }

    fn take_number(&mut self, word: &str) {
        let Ok(number) = word.parse::<i16>() else { return };
        if self.day.is_none() && word.len() <= 2 {
            self.day = u32::try_from(number).ok();
        } else if self.year.is_none() && word.len() <= 4 {
            self.year = Some(full_year(number, word.len()));
        }
    }

    /// `12-Jul-2019` and `2019-07-12`.
    fn take_dashed(&mut self, word: &str) {
        let mut pieces = word.splitn(3, '-');
        let (Some(first), Some(middle), Some(last)) = (pieces.next(), pieces.next(), pieces.next())
        else {
            return;
        };
        self.month = self.month.or(month_of(middle)).or(middle.parse().ok());
        let (day, year) = if first.len() == 4 { (last, first) } else { (first, last) };
        self.take_number(day);
        self.take_number(year);
    }

    fn stamp(&self) -> Option<Stamp> {
        let (day, month) = (i8::try_from(self.day?).ok()?, i8::try_from(self.month?).ok()?);
        let midnight = jiff::civil::Date::new(self.year?, month, day).ok()?.at(0, 0, 0, 0);
        let midnight = Offset::UTC.to_timestamp(midnight).ok()?.as_second();
        let offset = self.offset_minutes.unwrap_or(0);
        Some((midnight + self.time? - i64::from(offset) * 60, offset))
    }
}

/// RFC 5322, section 4.3: two digits up to 49 are of this century, three are since 1900.
fn full_year(number: i16, digits: usize) -> i16 {
    match (digits, number) {
        (1 | 2, ..=49) => number + 2000,
        (1..=3, _) => number + 1900,
        _ => number,
    }
}

/// Hours, minutes and perhaps seconds; `24:00` is the end of the day, a leap second its
/// neighbour.
fn seconds_of_day(clock: &str) -> Option<i64> {
    let mut fields = clock.split(':');
    let hour: i64 = fields.next()?.parse().ok()?;
    let minute: i64 = fields.next()?.parse().ok()?;
    let second = fields.next().and_then(|s| s.split('.').next()).unwrap_or("0");
    let second: i64 = second.parse().ok()?;
    let total = hour * 3600 + minute * 60 + second.min(59);
    (hour <= 24 && minute <= 59 && second <= 60 && total <= 86_400).then_some(total)
}

fn month_of(word: &str) -> Option<u32> {
    let months =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let short = word.get(..3)?.to_ascii_lowercase();
    let letters = word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.');
    let found = months.iter().position(|&m| m == short).filter(|_| letters)?;
    u32::try_from(found + 1).ok()
}

/// The offset of a named zone in minutes. RFC 5322's, and those that occur and mean one
/// thing; any other name is UTC (as the RFC has it for unknown ones).
fn zone_of(word: &str) -> Option<i16> {
    let hours_in_quarters = match word.to_ascii_uppercase().as_str() {
        "AM" | "PM" => return None,
        "HST" => -40,
        "PST" => -32,
        "PDT" | "MST" => -28,
        "MDT" | "CST" => -24,
        "CDT" | "EST" => -20,
        "EDT" | "AST" => -16,
        "ADT" => -12,
        "BST" | "CET" | "MET" | "WEST" => 4,
        "CEST" | "EET" | "MEST" => 8,
        "EEST" | "MSK" => 12,
        "HKT" => 32,
        "JST" | "KST" => 36,
        "AEST" => 40,
        "AEDT" => 44,
        "NZST" => 48,
        "NZDT" => 52,
        _ => 0,
    };
    Some(hours_in_quarters * 15)
}

/// A moment's calendar parts, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year, 2025.
    pub year: i16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
    /// The year the ISO 8601 week belongs to.
    pub iso_year: i16,
    /// ISO 8601 week, 1 to 53.
    pub iso_week: u8,
}

/// The beginning of the day, in UTC, so many months and days before that of a moment; the
/// calendar's first one, where it does not reach that far back.
pub fn days_before(at: UnixTime, months: u32, days: u32) -> UnixTime {
    let span = jiff::Span::new().try_months(months).and_then(|span| span.try_days(days));
    let day = span.and_then(|span| datetime(at).date().checked_sub(span));
    start(day.unwrap_or(jiff::civil::Date::MIN))
}

/// The beginning of a day in UTC, written as `2024-01-31`.
pub fn of_day(day: &str) -> Option<UnixTime> {
    let is_day = day.len() == 10 && day.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    Some(start(day.parse().ok().filter(|_| is_day)?))
}

fn start(day: jiff::civil::Date) -> UnixTime {
    let at = day.at(0, 0, 0, 0);
    Offset::UTC.to_timestamp(at).map_or(UnixTime::MIN, |at| at.as_second())
}

/// Calendar parts in UTC. Moments outside of the years -9999 to 9999 are moved to the border.
pub fn civil(at: UnixTime) -> Civil {
    let t = datetime(at);
    let week = t.date().iso_week_date();
    Civil {
        year: t.year(),
        month: t.month().unsigned_abs(),
        day: t.day().unsigned_abs(),
        hour: t.hour().unsigned_abs(),
        minute: t.minute().unsigned_abs(),
        second: t.second().unsigned_abs(),
        iso_year: week.year(),
        iso_week: week.week().unsigned_abs(),
    }
}

fn datetime(at: UnixTime) -> DateTime {
    let at = at.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Offset::UTC.to_datetime(Timestamp::from_second(at).unwrap_or_default())
}

/// `2025-06-10T17:54:03Z` (RFC 3339), in UTC.
pub fn rfc3339(at: UnixTime) -> String {
    let t = datetime(at);
    let (date, time) = (t.date(), t.time());
    format!("{date}T{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second())
}

/// `2025-06-10`, in UTC.
pub fn day(at: UnixTime) -> String {
    datetime(at).date().to_string()
}

/// `2025-06-10 17:54`, in UTC.
pub fn minute(at: UnixTime) -> String {
    let t = datetime(at);
    format!("{} {:02}:{:02}", t.date(), t.hour(), t.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        parse(text).map(|(at, _)| rfc3339(at))
    }

    // Expected values by `date -u -d`.
    #[test]
    fn dates_of_headers() {
        for (text, expected) in [
            ("Tue, 10 Jun 2025 17:54:03 +0200", "2025-06-10T15:54:03Z"),
            ("Tue, 10 Jun 2025 17:54:03 -0730 (XYZ)", "2025-06-11T01:24:03Z"),
            ("10 Jun 2025 17:54 GMT", "2025-06-10T17:54:00Z"),
            ("Tue, 10 Jun 25 17:54:03 EST", "2025-06-10T22:54:03Z"),
            ("Tue, 10 Jun 99 17:54:03 PDT", "1999-06-11T00:54:03Z"),
            ("Tue, 10 Jun 103 17:54:03 UT", "2003-06-10T17:54:03Z"),
            ("Tue, 10 Jun 2025 17:54:03", "2025-06-10T17:54:03Z"),
            ("Tue,10 Jun 2025 17:54:03 +02:00", "2025-06-10T15:54:03Z"),
            ("10-Jun-2025 17:54:03 CEST", "2025-06-10T15:54:03Z"),
            ("Tue Jun 10 17:54:03 2025", "2025-06-10T17:54:03Z"),
            ("Tue Jun 10 17:54:03 CEST 2025", "2025-06-10T15:54:03Z"),
            ("Tue Jun 10 17:54:03 2025 -0400", "2025-06-10T21:54:03Z"),
            ("2025-06-10T17:54:03Z", "2025-06-10T17:54:03Z"),
            ("2025-06-10T17:54:03.250+02:00", "2025-06-10T15:54:03Z"),
            ("2025-06-10 17:54:03 +0200", "2025-06-10T15:54:03Z"),
            ("Tue, 10 June 2025 24:00:00 +0000", "2025-06-11T00:00:00Z"),
            ("(late) Tue, 10 Jun 2025 17:54:03 (a (b) c) +0200", "2025-06-10T15:54:03Z"),
            ("Tue, 10 Jun 2025 17:54:03 +9900", "2025-06-10T17:54:03Z"),
            ("Tue, 29 Feb 2000 17:54:60 Z", "2000-02-29T17:54:59Z"),
        ] {
            assert_eq!(utc(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in ["", "yesterday", "Tue, 31 Feb 2025 10:00:00 +0000", "10 Jun 17:54", "-", "+"] {
            assert_eq!(utc(text), None, "{text}");
        }
        for text in ["10 Jun 2025 25:00", "10 Jun 2025", "10 Jun 99999 10:00", "Jun 10:00 é-é-é"]
        {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn the_sender_s_offset_is_kept() {
        assert_eq!(parse("10 Jun 2025 17:54 -0330").unwrap().1, -210);
        assert_eq!(parse("10 Jun 2025 17:54").unwrap().1, 0);
    }

    #[test]
    fn separators() {
        for (line, expected) in [
            ("From a@example.org Tue Jun 10 17:54:03 2025", Some("2025-06-10T17:54:03Z")),
            ("From a at example.org  Tue Jan  7 17:54:03 2020", Some("2020-01-07T17:54:03Z")),
            ("From mboxrd@z Thu Jan  1 00:00:00 1970", Some("1970-01-01T00:00:00Z")),
            ("From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001", None),
            ("From me, to you", None),
        ] {
            assert_eq!(of_separator(line).map(rfc3339).as_deref(), expected, "{line}");
        }
    }

    const NOON: UnixTime = 1_749_556_800;

    #[test]
    fn an_absurd_header_gives_way() {
        let separator = Some("From a@example.org Tue Jun 10 12:00:09 2025");
        let source = |header: Option<i64>, received| {
            choose(header.map(|at| (at, 60)), received, separator).source
        };
        assert_eq!(source(Some(NOON), Some(NOON + TOLERANCE)), DateSource::Header);
        assert_eq!(source(Some(NOON), Some(NOON + TOLERANCE + 1)), DateSource::Received);
        assert_eq!(source(Some(NOON), Some(NOON - TOLERANCE - 1)), DateSource::Received);
        assert_eq!(source(Some(OLDEST - 1), None), DateSource::Separator);
        assert_eq!(source(Some(NOON), Some(0)), DateSource::Header);
        assert_eq!(source(None, Some(NOON)), DateSource::Received);
        assert_eq!(choose(None, None, None).source, DateSource::Unknown);
    }

    #[test]
    fn received_headers() {
        let value = "from a by b with SMTP id c; Tue, 10 Jun 2025 12:00:00 +0000 (UTC)";
        assert_eq!(of_received(value), Some(NOON));
        assert_eq!(of_received("from a by b"), None);
    }

    #[test]
    fn forms_for_pages() {
        assert_eq!(rfc3339(NOON), "2025-06-10T12:00:00Z");
        assert_eq!(day(NOON), "2025-06-10");
        assert_eq!(minute(NOON + 90), "2025-06-10 12:01");
        assert!(rfc3339(i64::MIN).starts_with("-009999-"));
        // 2021-01-03 is a Sunday: ISO week 53 of 2020.
        let sunday = civil(1_609_632_000);
        assert_eq!((sunday.year, sunday.iso_year, sunday.iso_week), (2021, 2020, 53));
    }

    #[test]
    fn months_and_days_before_a_moment_begin_with_a_day() {
        // date -u -d '2024-03-31 17:45' +%s, and -d 2024-02-29, -d 2024-03-30, -d 2021-03-31
        let at = 1_711_907_100;
        assert_eq!(days_before(at, 1, 0), 1_709_164_800);
        assert_eq!(days_before(at, 0, 1), 1_711_756_800);
        assert_eq!(days_before(at, 36, 0), 1_617_148_800);
        assert!(days_before(at, u32::MAX, u32::MAX) < days_before(at, 12 * 9_999, 0));
    }
}

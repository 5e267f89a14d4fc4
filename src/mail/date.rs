//! When a mail was sent.

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

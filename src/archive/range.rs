//! Ranges: the stretches of a list that one digest covers each.

use crate::archive::{ListId, MailId};

/// Index of a range in [`crate::archive::Archive::ranges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RangeId(pub u32);

/// How a list is cut into ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// One range for each input file.
    File,
    /// A day in UTC.
    Day,
    /// An ISO 8601 week in UTC.
    Week,
    /// A month in UTC.
    Month,
    /// Every so many mails, by date; at least 1.
    Every(u32),
}

/// A stretch of a list.
#[derive(Clone, Debug)]
pub struct Range {
    /// The list.
    pub list: ListId,
    /// The last part of the digest's URL, `[a-z0-9-]`, unique in the list.
    pub slug: String,
    /// Its name for people: `2024-02`, `week 8 of 2024`, `mails 101 to 200`, a file's name.
    pub title: String,
    /// Its mails, by date.
    pub mails: Vec<MailId>,
}

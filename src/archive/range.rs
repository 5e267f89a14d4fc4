//! Ranges: the stretches of a list that one digest covers each.
//!
//! A posting belongs to the range of its first mail, with all its patches; any other mail
//! to the range of its own date. A range does not change once the next one has begun,
//! unless mail of that time arrives late.

use std::collections::{BTreeMap, HashSet};

use crate::archive::slug::slug;
use crate::archive::{Facts, ListId, MailId};
use crate::mail::date::{self, UnixTime};

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
    /// Its name for people: `2024-02`, `2024, week 8`, `mails 101 to 200`, a file's name.
    pub title: String,
    /// Its mails, by date.
    pub mails: Vec<MailId>,
}

/// A list as ranges see it.
pub(crate) struct ListSplit<'a> {
    pub(crate) list: ListId,
    pub(crate) split: Split,
    /// The names of its files without extensions, by position.
    pub(crate) files: &'a [String],
}

/// Cuts a list. `decides` names for each mail the one whose place counts: the first of its
/// posting, or itself.
pub(crate) fn cut(mails: &[Facts], decides: &[MailId], list: &ListSplit<'_>) -> Vec<Range> {
    let mut found: BTreeMap<Place, Vec<MailId>> = BTreeMap::new();
    let positions = positions(mails, list.list);
    for (index, mail) in mails.iter().enumerate() {
        if mail.lists.contains(&list.list) {
            let decider = decides[index].0 as usize;
            let decider = if positions[decider].is_some() { decider } else { index };
            let position = positions[decider].unwrap_or(0);
            let place = Place::of(&mails[decider], position, list);
            found.entry(place).or_default().push(MailId(index as u32));
        }
    }
    let mut taken = HashSet::new();
    found
        .into_iter()
        .map(|(place, mails)| {
            let title = place.title(list);
            let slug = unique(place.slug(list), &mut taken);
            Range { list: list.list, slug, title, mails }
        })
        .collect()
}

/// How many mails of the list stand before each of its mails.
fn positions(mails: &[Facts], list: ListId) -> Vec<Option<u32>> {
    let mut next = 0;
    mails
        .iter()
        .map(|mail| {
            mail.lists.contains(&list).then(|| {
                next += 1;
                next - 1
            })
        })
        .collect()
}

fn unique(slug: String, taken: &mut HashSet<String>) -> String {
    let mut name = slug.clone();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{slug}-{number}");
        number += 1;
    }
    name
}

/// Which range a mail is in, ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    File(u32),
    Day { year: i16, month: u8, day: u8 },
    Week { year: i16, week: u8 },
    Month { year: i16, month: u8 },
    Every { number: u32, size: u32 },
}

impl Place {
    fn of(mail: &Facts, position: u32, list: &ListSplit<'_>) -> Place {
        let civil = |at: UnixTime| date::civil(at);
        match list.split {
            Split::File => Place::File(mail.source_file_on(list.list)),
            Split::Every(size) => {
                let size = size.max(1);
                Place::Every { number: position / size, size }
            }
            Split::Day => {
                let c = civil(mail.date);
                Place::Day { year: c.year, month: c.month, day: c.day }
            }
            Split::Week => {
                let c = civil(mail.date);
                Place::Week { year: c.iso_year, week: c.iso_week }
            }
            Split::Month => {
                let c = civil(mail.date);
                Place::Month { year: c.year, month: c.month }
            }
        }
    }

    fn slug(self, list: &ListSplit<'_>) -> String {
        match self {
            Place::File(file) => {
                let name = list.files.get(file as usize).map_or(String::new(), |f| slug(f));
                match name.as_str() {
                    "" => format!("file-{}", file + 1),
                    // Further pages of a list have such names.
                    name if name.starts_with("page-") => format!("file-{name}"),
                    _ => name,
                }
            }
            Place::Day { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
            Place::Week { year, week } => format!("{year:04}-w{week:02}"),
            Place::Month { year, month } => format!("{year:04}-{month:02}"),
            Place::Every { number, size } => {
                format!("mails-{}", u64::from(number) * u64::from(size) + 1)
            }
        }
    }

    fn title(self, list: &ListSplit<'_>) -> String {
        match self {
            Place::File(file) => list
                .files
                .get(file as usize)
                .cloned()
                .unwrap_or_else(|| format!("file {}", file + 1)),
            Place::Day { .. } | Place::Month { .. } => self.slug(list),
            Place::Week { year, week } => format!("{year:04}, week {week}"),
            Place::Every { number, size } => {
                let first = u64::from(number) * u64::from(size);
                format!("mails {} to {}", first + 1, first + u64::from(size))
            }
        }
    }
}

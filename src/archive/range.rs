//! Ranges: the stretches of a list that one digest covers each.
//!
//! A posting belongs to the range of its first mail, with all its patches; any other mail
//! to the range of its own date. A range does not change once the next one has begun,
//! unless mail of that time arrives late. Which commits are in which range is reckoned in
//! [`commits`](super::commits).

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use crate::archive::commits::NO_RANGE;
use crate::archive::slug::slug;
use crate::archive::{ListId, MailId, MailRef, Mails};
use crate::mail::date::{self, UnixTime};

/// Index of a range in [`crate::archive::Archive::ranges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RangeId(pub u32);

/// How a list is cut into ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The mails between commits of a public-inbox repository.
    Commits(Vec<CommitRange>),
    /// The mails of the commits of each day, week or month in UTC.
    CommitsEvery(Period),
}

/// The commits after one up to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitRange {
    /// The last commit before it, as the user names it: by an id, a tag, a branch, or as the
    /// last one before a day.
    pub from: String,
    /// Its last commit.
    pub to: String,
}

impl fmt::Display for CommitRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

/// A stretch of the calendar in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A day.
    Day,
    /// An ISO 8601 week.
    Week,
    /// A month.
    Month,
}

impl Period {
    /// Mails by the stretch that they were sent in.
    pub fn split(self) -> Split {
        match self {
            Period::Day => Split::Day,
            Period::Week => Split::Week,
            Period::Month => Split::Month,
        }
    }
}

/// What a range is of: one list, or all of a site together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One list.
    List(ListId),
    /// All lists, each mail once.
    Site,
}

impl Scope {
    /// Whether it has what went to `lists`.
    pub fn has(self, lists: &[ListId]) -> bool {
        self.list().is_none_or(|list| lists.contains(&list))
    }

    /// Its list; none where it is all of them.
    pub fn list(self) -> Option<ListId> {
        match self {
            Scope::List(list) => Some(list),
            Scope::Site => None,
        }
    }
}

/// Which range each mail is in, of each list and of all together.
#[derive(Clone, Debug, Default)]
pub(crate) struct RangeIndex {
    /// By list: mails and their ranges.
    lists: Vec<Vec<(MailId, RangeId)>>,
    site: Vec<(MailId, RangeId)>,
}

impl RangeIndex {
    /// That of all ranges.
    pub(crate) fn of(ranges: &[Range]) -> RangeIndex {
        let mut index = RangeIndex::default();
        for (id, range) in (0..).map(RangeId).zip(ranges) {
            let mails = match range.scope.list().map(|list| usize::from(list.0)) {
                None => &mut index.site,
                Some(list) => {
                    index.lists.resize(index.lists.len().max(list + 1), Vec::new());
                    &mut index.lists[list]
                }
            };
            mails.extend(range.mails.iter().map(|&mail| (mail, id)));
        }
        for mails in index.lists.iter_mut().chain([&mut index.site]) {
            mails.sort_unstable();
            mails.shrink_to_fit();
        }
        index
    }

    /// The range that a mail is in.
    pub(crate) fn get(&self, scope: Scope, mail: MailId) -> Option<RangeId> {
        let mails = match scope.list() {
            None => &self.site,
            Some(list) => self.lists.get(usize::from(list.0))?,
        };
        // A list that got all mail up to this one has it at its own place.
        match mails.get(mail.0 as usize) {
            Some((here, range)) if *here == mail => Some(*range),
            _ => {
                let at = mails.binary_search_by_key(&mail, |(mail, _)| *mail).ok()?;
                Some(mails[at].1)
            }
        }
    }
}

/// A stretch of a list, or of all lists.
#[derive(Clone, Debug)]
pub struct Range {
    /// What it is of.
    pub scope: Scope,
    /// The last part of the digest's URL, `[a-z0-9-]`, unique in the scope.
    pub slug: String,
    /// Its name for people: `2024-02`, `2024, week 8`, `mails 101 to 200`, `From 499b67518 to
    /// a0d366a35`, a file's name.
    pub title: String,
    /// Its mails, by date.
    pub mails: Vec<MailId>,
}

/// A list, or all of them, as ranges see it.
pub(crate) struct ListSplit<'a> {
    pub(crate) scope: Scope,
    pub(crate) split: &'a Split,
    /// The names of its files without extensions, by position; where it is cut by commits,
    /// those of its ranges, as `A..B`.
    pub(crate) files: &'a [String],
}

impl ListSplit<'_> {
    /// Position of the source file that held a mail on the list, among the list's. All lists
    /// together are not cut by files.
    fn source_file(&self, mail: MailRef<'_>) -> u32 {
        self.scope.list().map_or(0, |list| mail.source_file_on(list))
    }
}

/// Cuts a list. `decides` names for each mail the one whose place counts: the first of its
/// posting, or itself.
pub(crate) fn cut(mails: &Mails, decides: &[MailId], list: &ListSplit<'_>) -> Vec<Range> {
    let mut found: BTreeMap<Place, Vec<MailId>> = BTreeMap::new();
    let positions = positions(mails, list.scope);
    for (index, mail) in mails.iter().enumerate() {
        if mail.is_in(list.scope) {
            let decider = decides[index].0 as usize;
            let decider = if positions[decider].is_some() { decider } else { index };
            let position = positions[decider].unwrap_or(0);
            if let Some(place) = Place::of(mails.mail(MailId(decider as u32)), position, list) {
                found.entry(place).or_default().push(MailId(index as u32));
            }
        }
    }
    let mut taken = HashSet::new();
    found
        .into_iter()
        .map(|(place, mails)| {
            let title = place.title(list);
            let slug = unique(place.slug(list), &mut taken);
            Range { scope: list.scope, slug, title, mails }
        })
        .collect()
}

/// How many mails of the list stand before each of its mails.
fn positions(mails: &Mails, scope: Scope) -> Vec<Option<u32>> {
    let mut next = 0;
    mails
        .iter()
        .map(|mail| {
            mail.is_in(scope).then(|| {
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

/// The slug of a range with this title, as [`Place::slug`] makes it: a range keeps its address
/// when the mail it was made of is replaced by the digest as text. `number` is for a title
/// that has nothing to make a slug of.
pub(crate) fn slug_of_title(title: &str, number: u32) -> String {
    let week = title.split_once(", week ").and_then(|(year, week)| {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        (digits(year) && digits(week)).then(|| format!("{year}-w{week:0>2}"))
    });
    let mails = title.strip_prefix("mails ").and_then(|rest| rest.split_once(" to "));
    let mails = mails.map(|(first, _)| format!("mails-{first}"));
    let ends = title.strip_prefix("From ").and_then(|ends| ends.split_once(" to "));
    let ends = ends
        .or_else(|| title.split_once(".."))
        .filter(|(from, to)| !from.is_empty() && !to.is_empty());
    let commits = ends.map(|(from, to)| between(from, to));
    of_name(&week.or(mails).or(commits).unwrap_or_else(|| title.to_owned()), number)
}

/// The slug of a name that somebody chose; further pages of a list have such as `page-2`.
fn of_name(name: &str, number: u32) -> String {
    match slug(name).as_str() {
        "" => format!("file-{}", u64::from(number) + 1),
        name if name.starts_with("page-") => format!("file-{name}"),
        name => name.to_owned(),
    }
}

/// Which range a mail is in, ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    File(u32),
    Day { year: i16, month: u8, day: u8 },
    Week { year: i16, week: u8 },
    Month { year: i16, month: u8 },
    Every { number: u32, size: u32 },
    Commits(u32),
}

impl Place {
    /// The place of a mail; nothing if it is in no range.
    fn of(mail: MailRef<'_>, position: u32, list: &ListSplit<'_>) -> Option<Place> {
        let civil = |at: UnixTime| date::civil(at);
        let place = match list.split {
            Split::File => Place::File(list.source_file(mail)),
            Split::Commits(_) | Split::CommitsEvery(_) => match list.source_file(mail) {
                NO_RANGE => return None,
                range => Place::Commits(range),
            },
            Split::Every(size) => {
                let size = (*size).max(1);
                Place::Every { number: position / size, size }
            }
            Split::Day => {
                let c = civil(mail.date());
                Place::Day { year: c.year, month: c.month, day: c.day }
            }
            Split::Week => {
                let c = civil(mail.date());
                Place::Week { year: c.iso_year, week: c.iso_week }
            }
            Split::Month => {
                let c = civil(mail.date());
                Place::Month { year: c.year, month: c.month }
            }
        };
        Some(place)
    }

    fn slug(self, list: &ListSplit<'_>) -> String {
        match self {
            Place::File(file) => {
                of_name(list.files.get(file as usize).map_or("", String::as_str), file)
            }
            Place::Day { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
            Place::Week { year, week } => format!("{year:04}-w{week:02}"),
            Place::Month { year, month } => format!("{year:04}-{month:02}"),
            Place::Every { number, size } => {
                format!("mails-{}", u64::from(number) * u64::from(size) + 1)
            }
            Place::Commits(range) => commits_slug(range, list),
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
            Place::Commits(range) => {
                let (from, to) = commits(range, list);
                format!("From {from} to {to}")
            }
        }
    }
}

/// The two ends of a range by commits.
fn commits<'a>(range: u32, list: &ListSplit<'a>) -> (&'a str, &'a str) {
    let name = list.files.get(range as usize).map_or("", String::as_str);
    name.split_once("..").unwrap_or(("", name))
}

/// A range that is given is known by both ends. One that grows is known by its beginning,
/// which no later mail can change.
fn commits_slug(range: u32, list: &ListSplit<'_>) -> String {
    let (from, to) = commits(range, list);
    match list.split {
        Split::CommitsEvery(_) => slug(&format!("from {from}")),
        _ => between(from, to),
    }
}

/// The slug of a range that is known by both ends.
fn between(from: &str, to: &str) -> String {
    slug(&format!("from {} to {}", short(from), short(to)))
}

/// The end of a range without those digits of a whole id that would fill the address.
fn short(end: &str) -> &str {
    const DIGITS: usize = 16;
    match end.get(..DIGITS) {
        Some(short) if end.bytes().all(|b| b.is_ascii_hexdigit()) => short,
        _ => end,
    }
}

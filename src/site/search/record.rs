//! The records that a search finds: every posting, every discussion and what published texts
//! tell of beside them, under a number that stays, and what a result says of each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::iter;

use serde::{Serialize, Serializer};

use crate::archive::{Archive, EntryId, PostingId, PublishedId, State, ThreadId};
use crate::site::row::{patches_words, words};
use crate::site::view::{counted, day, shown_title};
use crate::site::{Site, published};

/// The largest minute that a record is numbered by: there is room for all records above it.
const LAST_MINUTE: i64 = 1 << 31;

/// What a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// A posting in a published text, of which there is no mail.
    Entry(EntryId),
    /// A posting.
    Posting(PostingId),
    /// A discussion.
    Thread(ThreadId),
}

/// All records by number.
pub struct Records {
    /// Numbers and what they are of, ascending.
    pub all: Vec<(u32, Of)>,
    /// How many of the first ones have no date, and a number that says none.
    pub undated: u32,
    numbers: HashMap<Of, u32>,
    /// The version of an entry that came last.
    last: HashMap<EntryId, EntryId>,
}

impl Records {
    /// Numbers the records of an archive. A record's number is the minute of its first mail,
    /// counted from 1970, or the next that is free: higher ones are newer, and new mail
    /// leaves the numbers of older records as they are. What texts tell of has no date: that is
    /// counted from 0, in the order of time.
    pub fn of(archive: &Archive) -> Records {
        let postings = archive.postings.iter().zip((0..).map(PostingId));
        let postings = postings.map(|(p, id)| (p.date, p.id.as_str(), Of::Posting(id)));
        let threads = archive.threads.iter().zip((0..).map(ThreadId));
        let threads = threads.filter_map(|(thread, id)| {
            let first = archive.mail(*thread.mails.first()?);
            Some((first.date(), thread.id.as_str(), Of::Thread(id)))
        });
        let mut dated: Vec<(i64, &str, Of)> = postings.chain(threads).collect();
        dated.sort_unstable();
        let mut all: Vec<(u32, Of)> = (0..).zip(entries(archive).map(Of::Entry)).collect();
        let undated = all.len() as u32;
        let mut next = undated;
        for (date, _, of) in dated {
            let minute = date.div_euclid(60).clamp(0, LAST_MINUTE) as u32;
            let number = minute.max(next);
            next = number + 1;
            all.push((number, of));
        }
        let numbers = all.iter().map(|(number, of)| (*of, *number)).collect();
        Records { all, undated, numbers, last: last(archive) }
    }

    /// The number of a record; 0 where there is none.
    fn number(&self, of: Of) -> u32 {
        self.numbers.get(&of).copied().unwrap_or_default()
    }

    /// Whether a version came after an entry, in a text.
    pub fn is_old(&self, id: EntryId) -> bool {
        self.last.contains_key(&id)
    }
}

/// What texts tell of, the newest last, but for what there is mail of.
fn entries(archive: &Archive) -> impl Iterator<Item = EntryId> {
    let digests = (0..).map(PublishedId).zip(&archive.published);
    let ids = digests.flat_map(|(digest, text)| {
        (0..text.told.entries.len() as u32).rev().map(move |at| EntryId { digest, at })
    });
    ids.filter(|id| archive.entry(*id).posting.is_none())
}

/// For each entry that a version came after, the last one.
fn last(archive: &Archive) -> HashMap<EntryId, EntryId> {
    let ends = entries(archive).filter(|id| archive.entry(*id).after.is_none());
    ends.flat_map(|end| earlier(archive, end).map(move |id| (id, end))).collect()
}

/// The versions before the last one of an entry, newest first. Of versions that were told of
/// again in a later text, the text that did it first goes on.
fn earlier(archive: &Archive, end: EntryId) -> impl Iterator<Item = EntryId> {
    let before = move |id: &EntryId| {
        archive.entry(*id).before.filter(|before| archive.entry(*before).after == Some(*id))
    };
    iter::successors(before(&end), before)
}

/// What a result says of a record. It is written as an array: `search.js` knows the fields by
/// their positions.
pub struct Row<'a> {
    number: u32,
    title: String,
    /// Its page, from the site's root.
    path: Cow<'a, str>,
    author: String,
    /// The day of its first mail: `2025-06-10`; "" where there is none.
    day: String,
    /// `v5 RFC, 13 patches`, `v5, 2 patches, in 1f3a to 9bc2`, or `discussion, 12 mails`.
    what: String,
    /// Where it stands, in words; "" where that is not known.
    state: &'static str,
    /// The number of the posting that supersedes it, 0 where none does.
    current: u32,
    /// Of a series' current posting: all of them, oldest first, by number, version and page;
    /// nothing where it is the only one.
    versions: Vec<(u32, String, Cow<'a, str>)>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Row { number, title, path, author, day, what, state, current, versions } = self;
        (number, title, path, author, day, what, state, current, versions).serialize(serializer)
    }
}

impl<'a> Row<'a> {
    /// What is said of the record with this number.
    pub fn of(site: &'a Site<'_>, records: &Records, (number, of): (u32, Of)) -> Row<'a> {
        match of {
            Of::Entry(id) => Row::entry(site, records, number, id),
            Of::Posting(id) => Row::posting(site, records, number, id),
            Of::Thread(id) => Row::thread(site, number, id),
        }
    }

    fn entry(site: &'a Site<'_>, records: &Records, number: u32, id: EntryId) -> Row<'a> {
        let entry = site.archive.entry(id);
        let last = records.last.get(&id);
        Row {
            number,
            title: shown_title(&site.shown(&entry.title)),
            path: path_of_entry(site, id),
            author: published::author(site, entry).map_or_else(String::new, |author| author.text),
            day: String::new(),
            what: published::note(site, id),
            state: last.map_or("", |_| State::Superseded.words()),
            current: last.map_or(0, |last| records.number(Of::Entry(*last))),
            versions: match last {
                Some(_) => Vec::new(),
                None => versions_in_texts(site, records, id),
            },
        }
    }

    fn posting(site: &'a Site<'_>, records: &Records, number: u32, id: PostingId) -> Row<'a> {
        let posting = site.archive.posting(id);
        let said: String = words(posting).iter().map(|word| format!(" {word}")).collect();
        Row {
            number,
            title: shown_title(&site.shown(&posting.title)),
            path: site.urls.posting_path(id).as_str().into(),
            author: site.shown(&site.archive.person(posting.author).name),
            day: day(posting.date),
            what: format!("v{}{said}, {}", posting.version, patches_words(posting)),
            state: posting.state.words(),
            current: posting.superseded_by.map_or(0, |later| records.number(Of::Posting(later))),
            versions: match posting.superseded_by {
                Some(_) => Vec::new(),
                None => versions(site, records, id),
            },
        }
    }

    fn thread(site: &'a Site<'_>, number: u32, id: ThreadId) -> Row<'a> {
        let thread = site.archive.thread(id);
        let starter = thread.mails.first().map(|mail| site.archive.sender(*mail));
        let name = |person| site.shown(&site.archive.person(person).name);
        let first = thread.mails.first().map_or(0, |mail| site.archive.mail(*mail).date());
        Row {
            number,
            title: shown_title(&site.shown(&thread.title)),
            path: site.urls.thread_path(id).as_str().into(),
            author: starter.map(name).unwrap_or_default(),
            day: day(first),
            what: format!("discussion, {}", counted(thread.mails.len() as u32, "mail", "mails")),
            state: "",
            current: 0,
            versions: Vec::new(),
        }
    }
}

/// The postings of a series.
fn versions<'a>(
    site: &'a Site<'_>,
    records: &Records,
    id: PostingId,
) -> Vec<(u32, String, Cow<'a, str>)> {
    let series = site.archive.series(site.archive.posting(id).series);
    if series.postings.len() < 2 {
        return Vec::new();
    }
    let version = |id: &PostingId| {
        let posting = site.archive.posting(*id);
        let said: String = words(posting).iter().map(|word| format!(" {word}")).collect();
        let label = format!("v{}{said}", posting.version);
        (records.number(Of::Posting(*id)), label, site.urls.posting_path(*id).as_str().into())
    };
    series.postings.iter().map(version).collect()
}

/// The versions of what texts tell of, up to the last one.
fn versions_in_texts<'a>(
    site: &'a Site<'_>,
    records: &Records,
    end: EntryId,
) -> Vec<(u32, String, Cow<'a, str>)> {
    let version = |id: EntryId| {
        let label = published::version_words(site.archive.entry(id));
        (records.number(Of::Entry(id)), label, path_of_entry(site, id))
    };
    // What there is mail of is found as that.
    let is_here = |id: &EntryId| records.numbers.contains_key(&Of::Entry(*id));
    let mut all: Vec<_> = earlier(site.archive, end).filter(is_here).map(version).collect();
    if !all.is_empty() {
        all.reverse();
        all.push(version(end));
    }
    all
}

/// An entry's place on its digest's page, from the site's root.
fn path_of_entry<'a>(site: &Site<'_>, id: EntryId) -> Cow<'a, str> {
    let (path, entry) = (site.urls.text_path(id.digest), site.archive.entry(id));
    format!("{}#{}", path.as_str(), published::anchor(entry)).into()
}

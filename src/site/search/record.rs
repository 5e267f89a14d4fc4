//! The records that a search finds: every posting and every discussion, under a number that
//! stays, and what a result says of each.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::archive::{Archive, Home, PostingId, ThreadId};
use crate::site::Site;
use crate::site::row::{patches_words, words};
use crate::site::view::{counted, day, shown_title};

/// The largest minute that a record is numbered by: there is room for all records above it.
const LAST_MINUTE: i64 = 1 << 31;

/// All records by number.
pub struct Records {
    /// Numbers and what they are of, ascending.
    pub all: Vec<(u32, Home)>,
    numbers: HashMap<PostingId, u32>,
}

impl Records {
    /// Numbers the records of an archive. A record's number is the minute of its first mail,
    /// counted from 1970, or the next that is free: higher ones are newer, and new mail
    /// leaves the numbers of older records as they are.
    pub fn of(archive: &Archive) -> Records {
        let postings = archive.postings.iter().zip((0..).map(PostingId));
        let postings = postings.map(|(p, id)| (p.date, p.id.as_str(), Home::Posting(id)));
        let threads = archive.threads.iter().zip((0..).map(ThreadId));
        let threads = threads.filter_map(|(thread, id)| {
            let first = archive.mail(*thread.mails.first()?);
            Some((first.date, thread.id.as_str(), Home::Thread(id)))
        });
        let mut dated: Vec<(i64, &str, Home)> = postings.chain(threads).collect();
        dated.sort_unstable();
        let mut next = 0;
        let mut all = Vec::with_capacity(dated.len());
        for (date, _, home) in dated {
            let minute = date.div_euclid(60).clamp(0, LAST_MINUTE) as u32;
            let number = minute.max(next);
            next = number + 1;
            all.push((number, home));
        }
        let posting = |(number, home): &(u32, Home)| match home {
            Home::Posting(id) => Some((*id, *number)),
            Home::Thread(_) => None,
        };
        Records { numbers: all.iter().filter_map(posting).collect(), all }
    }

    /// The number of a posting.
    fn number(&self, id: PostingId) -> u32 {
        self.numbers.get(&id).copied().unwrap_or_default()
    }
}

/// What a result says of a record. It is written as an array: `search.js` knows the fields by
/// their positions.
pub struct Row<'a> {
    number: u32,
    title: String,
    /// Its page, from the site's root.
    path: &'a str,
    author: String,
    /// The day of its first mail: `2025-06-10`.
    day: String,
    /// `v5 RFC, 13 patches` or `discussion, 12 mails`.
    what: String,
    /// Where it stands, in words; "" for a discussion.
    state: &'static str,
    /// The number of the posting that supersedes it, 0 where none does.
    current: u32,
    /// Of a series' current posting: all of them, oldest first, by number, version and page;
    /// nothing where it is the only one.
    versions: Vec<(u32, String, &'a str)>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Row { number, title, path, author, day, what, state, current, versions } = self;
        (number, title, path, author, day, what, state, current, versions).serialize(serializer)
    }
}

impl<'a> Row<'a> {
    /// What is said of the record with this number.
    pub fn of(site: &'a Site<'_>, records: &Records, (number, home): (u32, Home)) -> Row<'a> {
        match home {
            Home::Posting(id) => Row::posting(site, records, number, id),
            Home::Thread(id) => Row::thread(site, number, id),
        }
    }

    fn posting(site: &'a Site<'_>, records: &Records, number: u32, id: PostingId) -> Row<'a> {
        let posting = site.archive.posting(id);
        let said: String = words(posting).iter().map(|word| format!(" {word}")).collect();
        Row {
            number,
            title: shown_title(&site.shown(&posting.title)),
            path: site.urls.posting_path(id).as_str(),
            author: site.shown(&site.archive.person(posting.author).name),
            day: day(posting.date),
            what: format!("v{}{said}, {}", posting.version, patches_words(posting)),
            state: posting.state.words(),
            current: posting.superseded_by.map_or(0, |later| records.number(later)),
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
        let first = thread.mails.first().map_or(0, |mail| site.archive.mail(*mail).date);
        Row {
            number,
            title: shown_title(&site.shown(&thread.title)),
            path: site.urls.thread_path(id).as_str(),
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
) -> Vec<(u32, String, &'a str)> {
    let series = site.archive.series(site.archive.posting(id).series);
    if series.postings.len() < 2 {
        return Vec::new();
    }
    let version = |id: &PostingId| {
        let posting = site.archive.posting(*id);
        let said: String = words(posting).iter().map(|word| format!(" {word}")).collect();
        let label = format!("v{}{said}", posting.version);
        (records.number(*id), label, site.urls.posting_path(*id).as_str())
    };
    series.postings.iter().map(version).collect()
}

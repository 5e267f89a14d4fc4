//! A digest as it is passed on: figures, what began, what was answered, who took part, each
//! with a link to its page.
//!
//! Everything here is ready to be shown: one line without hidden characters, addresses as the
//! site's owner wants them. It is not escaped; that is done by [`super::html`],
//! [`super::markdown`] and [`super::mail`], which lay it out. The messages themselves stay on
//! the pages that the links lead to.

use super::text::visible_line;
use super::{Contributor, Digest, Entry, Marks, Names, Status};
use crate::archive::export::rfc3339;
use crate::archive::{Archive, Posting, PostingId, Scope, ThreadId};

/// Where things are, and how text from mail is shown.
pub struct Site<'a> {
    /// What the list is called.
    pub names: Names<'a>,
    /// The range's name for people.
    pub range: &'a str,
    /// The URL of the digest's page.
    pub url: String,
    /// The URL of a posting's page.
    pub posting: &'a dyn Fn(PostingId) -> String,
    /// The URL of a discussion's page.
    pub thread: &'a dyn Fn(ThreadId) -> String,
    /// Text with the addresses in it as the owner wants them.
    pub shown: &'a dyn Fn(&str) -> String,
}

/// A digest to be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// `KVM: March 2024`
    pub title: String,
    /// `2024-03-01 to 2024-03-31`
    pub days: String,
    /// Where the whole of it is.
    pub url: String,
    /// Key figures that are not zero: a number and what it counts.
    pub figures: Vec<(u32, &'static str)>,
    /// Postings and discussions.
    pub sections: Vec<Section>,
    /// People and what they did.
    pub tables: Vec<Table>,
}

/// Some postings or discussions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What they have in common.
    pub name: &'static str,
    /// They.
    pub items: Vec<Item>,
}

/// A posting or a discussion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its title.
    pub title: String,
    /// Its page.
    pub url: String,
    /// `v3, 5 patches by Ann Author, +12 −7, 4 replies, 2 reviewed`
    pub note: String,
}

/// People and how often they did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What is counted.
    pub name: &'static str,
    /// Names, most first.
    pub rows: Vec<(String, u32)>,
}

impl Outline {
    /// What of a digest is passed on.
    pub fn of(digest: &Digest, archive: &Archive, site: &Site<'_>) -> Outline {
        let view = View { archive, site, scope: digest.scope };
        let begun = |new: bool| {
            let entries = digest.entries.iter();
            entries.filter(move |e| (e.status == Status::New) == new).map(|e| view.entry(e))
        };
        let answered = digest.active.iter().map(|&(id, replies)| view.answered(id, replies));
        let discussed = digest.discussions.iter().map(|&(id, mails)| view.discussed(id, mails));
        let section = |name, items| Section { name, items };
        let sections = [
            section("New series", begun(true).collect()),
            section("New versions", begun(false).collect()),
            section("Answered", answered.collect()),
            section("Discussions", discussed.collect()),
        ];
        let table = |name, rows: &[Contributor]| Table { name, rows: view.people(rows) };
        let tables = [
            table("Contributors, mails", &digest.contributors),
            table("Reviewers, trailers", &digest.reviewers),
        ];
        Outline {
            title: view.line(&format!("{}: {}", site.names.title, site.range)),
            days: days(digest.span),
            url: site.url.clone(),
            figures: figures(digest),
            sections: sections.into_iter().filter(|s| !s.items.is_empty()).collect(),
            tables: tables.into_iter().filter(|t| !t.rows.is_empty()).collect(),
        }
    }
}

/// The days of the first and the last mail, in UTC.
fn days((first, last): (i64, i64)) -> String {
    let day = |at| rfc3339(at).chars().take_while(|c| *c != 'T').collect::<String>();
    let (first, last) = (day(first), day(last));
    if first == last { first } else { format!("{first} to {last}") }
}

fn figures(digest: &Digest) -> Vec<(u32, &'static str)> {
    let f = &digest.figures;
    let all = [
        (f.mails, "mail", "mails"),
        (f.new_series, "new series", "new series"),
        (f.new_revisions, "new version", "new versions"),
        (f.resends, "resend", "resends"),
        (f.patches, "patch", "patches"),
        (f.authors, "author", "authors"),
        (f.added, "line added", "lines added"),
        (f.removed, "line removed", "lines removed"),
        (f.replies, "reply", "replies"),
        (f.review_trailers, "review trailer", "review trailers"),
        (f.reviewers, "reviewer", "reviewers"),
    ];
    let some = all.into_iter().filter(|(n, ..)| *n > 0);
    some.map(|(n, one, many)| (n, if n == 1 { one } else { many })).collect()
}

struct View<'a> {
    archive: &'a Archive,
    site: &'a Site<'a>,
    scope: Scope,
}

impl View<'_> {
    /// Text from mail as one line to show.
    fn line(&self, text: &str) -> String {
        visible_line(&(self.site.shown)(text)).trim().to_owned()
    }

    fn title(&self, title: &str) -> String {
        let title = self.line(title);
        if title.is_empty() { "(no subject)".to_owned() } else { title }
    }

    fn name(&self, posting: &Posting) -> String {
        self.line(&self.archive.person(posting.author).name)
    }

    fn entry(&self, entry: &Entry) -> Item {
        let posting = self.archive.posting(entry.posting);
        let mut notes = vec![version(posting, entry.status)];
        notes.extend(posting.rfc.then(|| "RFC".to_owned()));
        notes.push(format!("{} by {}", patches(posting), self.name(posting)));
        notes.push(format!("+{} −{}", entry.added, entry.removed));
        notes.extend((entry.replies > 0).then(|| counted(entry.replies, "reply", "replies")));
        notes.extend(marks(entry.marks));
        let lists = self.site.names.of_posting(self.scope, self.archive, entry.posting);
        notes.extend((!lists.is_empty()).then(|| format!("on {}", lists.join(" and "))));
        Item {
            title: self.title(&posting.title),
            url: (self.site.posting)(entry.posting),
            note: notes.join(", "),
        }
    }

    fn answered(&self, id: PostingId, replies: u32) -> Item {
        let posting = self.archive.posting(id);
        let replies = counted(replies, "reply", "replies");
        Item {
            title: self.title(&posting.title),
            url: (self.site.posting)(id),
            note: format!("v{} by {}, {replies}", posting.version, self.name(posting)),
        }
    }

    fn discussed(&self, id: ThreadId, mails: u32) -> Item {
        let thread = self.archive.thread(id);
        let starter = thread.mails.first().map(|&mail| self.archive.sender(mail));
        let starter = starter.map(|id| self.line(&self.archive.person(id).name));
        let mails = counted(mails, "mail", "mails");
        Item {
            title: self.title(&thread.title),
            url: (self.site.thread)(id),
            note: starter.map_or(mails.clone(), |name| format!("{name}, {mails}")),
        }
    }

    fn people(&self, rows: &[Contributor]) -> Vec<(String, u32)> {
        let name = |row: &Contributor| match row.name.as_str() {
            "" => self.line(&row.email),
            name => self.line(name),
        };
        rows.iter().map(|row| (name(row), row.count)).collect()
    }
}

/// `v3`, `v2→v3` or `v3, resend`.
fn version(posting: &Posting, status: Status) -> String {
    match status {
        Status::New => format!("v{}", posting.version),
        Status::Revision { from } => format!("v{from}→v{}", posting.version),
        Status::Resend => format!("v{}, resend", posting.version),
    }
}

/// `5 patches`, `4 of 5 patches` or `pull request`.
fn patches(posting: &Posting) -> String {
    let here = posting.patches.len() as u32;
    match posting.missing.len() as u32 {
        0 if here == 0 && posting.pull => "pull request".to_owned(),
        0 => counted(here, "patch", "patches"),
        missing => format!("{here} of {}", counted(here + missing, "patch", "patches")),
    }
}

fn marks(marks: Marks) -> Vec<String> {
    let all = [(marks.acked, "acked"), (marks.reviewed, "reviewed"), (marks.tested, "tested")];
    all.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect()
}

fn counted(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

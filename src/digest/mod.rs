//! What happened on one list in one range: statistics and entries, as values, as text and
//! as JSON; and, shorter, as what people pass on: a mail, HTML for one, Markdown.
//!
//! A digest is settled once its range is over: it counts the mails of its range, and of
//! its postings only the answers up to the range's last mail, so that later mail leaves
//! the page of an earlier range as it was. HTML is made in [`crate::site`]; files are
//! written there and by the command line.

pub mod html;
pub mod json;
pub mod mail;
pub mod markdown;
pub mod marks;
pub mod outline;
mod stats;
pub mod text;

pub use marks::Marks;
pub use stats::busiest;

use crate::archive::waiting::{Moment, Waiting};
use crate::archive::{Archive, PersonId, PostingId, Scope, ThreadId};
use crate::mail::Revision;

/// What happened on one list, or on all of a site, in one range.
#[derive(Clone, Debug)]
pub struct Digest {
    /// The list, or all of them.
    pub scope: Scope,
    /// Last part of its URL.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// Dates of its first and its last mail, in seconds since 1970 UTC; both 0 where it
    /// has none.
    pub span: (i64, i64),
    /// The most rows its tables may have, as configured.
    pub top: usize,
    /// The key figures.
    pub figures: Figures,
    /// Mails of patches and covers by their author's domain, most first; equal counts in
    /// reverse order of the name. At most [`Digest::top`].
    pub domains: Vec<(String, u32)>,
    /// The same by person, with the name and address shown.
    pub contributors: Vec<Contributor>,
    /// Who gave review trailers in replies of this range, most first, in the same order.
    pub reviewers: Vec<Contributor>,
    /// Postings that began in this range, newest first.
    pub entries: Vec<Entry>,
    /// Other postings that were answered in this range, most answers first, then newest
    /// first, with the number of answers.
    pub active: Vec<(PostingId, u32)>,
    /// Discussions with mail in this range, most mails first, then newest first, with
    /// their number.
    pub discussions: Vec<(ThreadId, u32)>,
    /// The postings that waited for somebody when the range ended; see
    /// [`Digest::with_waiting`].
    pub waiting: Waiting,
}

impl Digest {
    /// Adds what waited for somebody at the range's last mail, a series without an answer
    /// after so many days.
    pub fn with_waiting(mut self, archive: &Archive, unanswered_days: u32) -> Digest {
        let moment = Moment { at: self.span.1, unanswered_days };
        self.waiting = Waiting::at(archive, moment, |id| archive.is_in(id, self.scope));
        self
    }
}

/// What a digest calls the list that it is of, and, where it is of all lists, each of them.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The list's name for people, or the site's.
    pub title: &'a str,
    /// The ids of all lists of the site, in the configuration's order.
    pub lists: &'a [&'a str],
}

impl<'a> Names<'a> {
    /// The id of a scope's list.
    pub fn id(&self, scope: Scope) -> Option<&'a str> {
        self.lists.get(usize::from(scope.list()?.0)).copied()
    }

    /// The lists that a posting went to, where the digest is not of one alone.
    pub fn of_posting(&self, scope: Scope, archive: &Archive, id: PostingId) -> Vec<&'a str> {
        match scope {
            Scope::List(_) => Vec::new(),
            Scope::Site => {
                let lists = archive.lists_of(id).into_iter();
                lists.filter_map(|list| self.id(Scope::List(list))).collect()
            }
        }
    }
}

/// The key figures of a digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Figures {
    /// All mails.
    pub mails: u32,
    /// Patches.
    pub patches: u32,
    /// Series whose first posting began here.
    pub new_series: u32,
    /// Later revisions of series.
    pub new_revisions: u32,
    /// Postings that repeat a revision.
    pub resends: u32,
    /// Replies to postings.
    pub replies: u32,
    /// Different authors of patches.
    pub authors: u32,
    /// Different people who gave review trailers.
    pub reviewers: u32,
    /// Review trailers given in replies, once per person, name and patch.
    pub review_trailers: u32,
    /// Lines added by all patches.
    pub added: u32,
    /// Lines removed by all patches.
    pub removed: u32,
}

/// A row of the top tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributor {
    /// Who.
    pub person: PersonId,
    /// Name as the table shows it: what `.mailmap` says, else the one most frequent in
    /// the mails counted. Empty where they give none.
    pub name: String,
    /// Address as the table shows it, chosen likewise.
    pub email: String,
    /// How many.
    pub count: u32,
}

/// A posting in its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The posting.
    pub posting: PostingId,
    /// What is new about it.
    pub status: Status,
    /// Answers to it up to the end of the range.
    pub replies: u32,
    /// Review trailers on its patches up to the end of the range.
    pub marks: Marks,
    /// Lines added by its patches.
    pub added: u32,
    /// Lines removed by its patches.
    pub removed: u32,
}

/// What is new about a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The first posting of its series.
    New,
    /// A later revision of the one named.
    Revision {
        /// The revision before.
        from: Revision,
    },
    /// The same revision once more.
    Resend,
}

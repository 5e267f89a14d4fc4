//! Who still has to speak, at a moment: series that nobody has answered, reviewers of the
//! last revision who have not answered this one, and series that are reviewed and not
//! applied.
//!
//! A moment is the date of some mail, never the clock, and only what was sent up to then
//! counts, so that what a digest says of its range does not change later.

use std::collections::{BTreeSet, HashSet};

use crate::archive::{Archive, Kind, MailId, Person, PersonId, Posting, PostingId, ReviewTrailer};

/// What was posted longer ago is not expected back.
pub const PATIENCE_DAYS: i64 = 90;

const DAY: i64 = 86_400;

/// A moment, and what counts as long at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970 UTC.
    pub at: i64,
    /// Days without an answer after which a series waits.
    pub unanswered_days: u32,
}

/// The postings that wait for somebody, of those sent in the last [`PATIENCE_DAYS`]; each
/// list the one sent first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Nobody but the sender has said anything for so many days.
    pub unanswered: Vec<PostingId>,
    /// Who commented on the revision before, and has not spoken on this one.
    pub to_speak: Vec<(PostingId, Vec<PersonId>)>,
    /// Every patch has a review, and nobody has said that it was applied.
    pub unapplied: Vec<PostingId>,
}

impl Waiting {
    /// What waits at a moment, of the postings that are `wanted`.
    pub fn at(archive: &Archive, moment: Moment, wanted: impl Fn(PostingId) -> bool) -> Waiting {
        let mut waiting = Waiting::default();
        let from = expected(archive, moment.at);
        let to = archive.postings.partition_point(|p| p.date <= moment.at);
        for id in (from..to).map(|at| PostingId(at as u32)).filter(|id| wanted(*id)) {
            waiting.note(View { archive, id, posting: archive.posting(id), at: moment.at }, moment);
        }
        waiting
    }

    fn note(&mut self, view: View<'_>, moment: Moment) {
        if view.posting.pull || !view.is_current() || view.is_applied() {
            return;
        }
        let patience = i64::from(moment.unanswered_days) * DAY;
        if view.posting.date <= moment.at.saturating_sub(patience) && !view.is_answered() {
            self.unanswered.push(view.id);
        }
        if view.is_reviewed() {
            self.unapplied.push(view.id);
        }
        let people = view.speakers();
        if !people.is_empty() {
            self.to_speak.push((view.id, people));
        }
    }

    /// What of it is among `postings`, which are in order: few of very many, as a rule.
    pub fn among(&self, postings: &[PostingId]) -> Waiting {
        let of = |list: &[PostingId]| {
            postings.iter().copied().filter(|id| list.binary_search(id).is_ok()).collect()
        };
        let to_speak = postings.iter().filter_map(|id| {
            let at = self.to_speak.binary_search_by_key(id, |(id, _)| *id).ok()?;
            Some(self.to_speak[at].clone())
        });
        Waiting {
            unanswered: of(&self.unanswered),
            to_speak: to_speak.collect(),
            unapplied: of(&self.unapplied),
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        *self == Waiting::default()
    }
}

/// The position of the first posting of the last [`PATIENCE_DAYS`] before a moment.
fn expected(archive: &Archive, at: i64) -> usize {
    let since = at.saturating_sub(PATIENCE_DAYS * DAY);
    archive.postings.partition_point(|p| p.date < since)
}

impl Archive {
    /// Of `postings`, which are in order, those that may wait for somebody at the newest mail.
    pub fn recent<'p>(&self, postings: &'p [PostingId]) -> &'p [PostingId] {
        let from = expected(self, self.newest());
        &postings[postings.partition_point(|id| (id.0 as usize) < from)..]
    }

    /// Who commented on the revision before a posting and has not spoken on this one, in the
    /// order of their first words; nobody if it is superseded or applied.
    pub fn to_speak(&self, id: PostingId) -> Vec<PersonId> {
        let view = View { archive: self, id, posting: self.posting(id), at: self.newest() };
        match view.is_current() && !view.is_applied() {
            true => view.speakers(),
            false => Vec::new(),
        }
    }
}

/// A posting as it stood at a moment.
#[derive(Clone, Copy)]
struct View<'a> {
    archive: &'a Archive,
    id: PostingId,
    posting: &'a Posting,
    at: i64,
}

impl<'a> View<'a> {
    fn is_past(&self, mail: MailId) -> bool {
        self.archive.mail(mail).date() <= self.at
    }

    /// The place of the posting in its series, whose postings stand in order.
    fn place(&self) -> (&'a [PostingId], usize) {
        let series = &self.archive.series(self.posting.series).postings;
        (series, series.binary_search(&self.id).unwrap_or_default())
    }

    fn is_current(&self) -> bool {
        let (series, at) = self.place();
        series.get(at + 1).is_none_or(|next| self.archive.posting(*next).date > self.at)
    }

    fn replies(&self, posting: &'a Posting) -> impl Iterator<Item = MailId> + use<'a> {
        let View { archive, at, .. } = *self;
        posting.replies.iter().copied().filter(move |reply| archive.mail(*reply).date() <= at)
    }

    fn is_applied(&self) -> bool {
        self.replies(self.posting).any(|reply| self.archive.mail(reply).says_applied())
    }

    fn is_sender(&self, person: PersonId) -> bool {
        person == self.posting.sender || person == self.posting.author
    }

    fn is_answered(&self) -> bool {
        let mut senders = self.replies(self.posting).map(|reply| self.archive.sender(reply));
        senders.any(|person| !self.is_sender(person))
    }

    /// Whether a trailer has been given. What the posting itself carries always has.
    fn is_given(&self, trailer: &ReviewTrailer) -> bool {
        self.archive.kind(trailer.given_in) != Kind::Reply || self.is_past(trailer.given_in)
    }

    /// Whether every patch that the posting stands for has a review, and nobody is against one
    /// of its own.
    fn is_reviewed(&self) -> bool {
        let posting = self.posting;
        let lacks_some = !posting.missing.is_empty();
        let nacked = posting.nacks.iter().any(|nack| self.is_past(nack.given_in));
        if posting.trailers.is_empty() || lacks_some || nacked {
            return false;
        }
        let patches = self.archive.standing(self.id);
        let sources: BTreeSet<PostingId> = patches.iter().map(|(source, _)| *source).collect();
        let trailers = sources.iter().flat_map(|source| &self.archive.posting(*source).trailers);
        let authors = &self.archive.authors;
        let counts = |t: &&ReviewTrailer| t.is_review_by_other(authors) && self.is_given(t);
        let reviewed: HashSet<MailId> = trailers.filter(counts).map(|t| t.patch).collect();
        patches.iter().all(|(_, slot)| reviewed.contains(&slot.mail))
    }

    fn speakers(&self) -> Vec<PersonId> {
        let (series, at) = self.place();
        let Some(before) = at.checked_sub(1).and_then(|at| series.get(at)) else {
            return Vec::new();
        };
        let spoke = self.replies(self.posting).map(|reply| self.archive.sender(reply));
        let given = self.posting.trailers.iter().filter(|t| t.matches_sender && self.is_given(t));
        let done = spoke.chain(given.filter_map(|t| t.person));
        let earlier = self.archive.posting(*before);
        let mut people: Vec<PersonId> = Vec::new();
        let mut seen: HashSet<PersonId> = done.collect();
        for person in self.replies(earlier).map(|reply| self.archive.sender(reply)) {
            let sent = [earlier.sender, earlier.author].contains(&person) || self.is_sender(person);
            if !sent && seen.insert(person) && !is_robot(self.archive.person(person)) {
                people.push(person);
            }
        }
        people
    }
}

/// Whether a sender is a program, which says what it has to without being asked.
fn is_robot(person: &Person) -> bool {
    let local = person.email.split('@').next().unwrap_or_default();
    let mut words = [&*person.name, local]
        .into_iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphabetic()));
    words.any(|word| {
        ["bot", "robot", "syzbot", "tipbot"].iter().any(|name| word.eq_ignore_ascii_case(name))
    })
}

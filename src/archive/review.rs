//! Review trailers of a posting, from its patches, its cover and the replies; and where it
//! stands.
//!
//! What an earlier revision hands on is [`super::carried`]'s.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::archive::people::Register;
use crate::archive::standing::standing;
use crate::archive::{
    MailId, Mails, Nack, PersonId, Posting, PostingId, ReviewTrailer, State, TrailerRef,
};
use crate::mail::Address;
use crate::mail::address::AddressRef;
use crate::mail::trailer::{self, ReviewKind};

/// Trailers of a cover or reply that are read: one with more has collected those of others.
const MOST: usize = 200;

/// A reply, and the patch or cover of the posting that it answers.
pub(crate) struct Answer {
    pub(crate) reply: MailId,
    /// None where the mail answered never arrived: then it counts as the cover.
    pub(crate) to: Option<MailId>,
}

/// Collects the trailers on each patch, once per name, person and patch: review trailers of
/// the patch itself and of the cover, and all of the answers by date. Also who is against
/// which patch.
pub(crate) fn collect(
    (mails, senders): (&Mails, &[PersonId]),
    posting: &Posting,
    answers: &[Answer],
    people: &mut Register<'_>,
) -> (Vec<ReviewTrailer>, Vec<Nack>) {
    let mut collected = Collected {
        mails,
        senders,
        people,
        found: Vec::new(),
        nacks: Vec::new(),
        words: HashMap::new(),
        given: HashSet::new(),
        named: HashSet::new(),
    };
    for slot in &posting.patches {
        collected.add(&[slot.mail], slot.mail, false);
    }
    let patches: Vec<MailId> = posting.patches.iter().map(|slot| slot.mail).collect();
    if let Some(cover) = posting.cover {
        collected.add(&patches, cover, false);
    }
    for Answer { reply, to } in answers {
        match to.filter(|&to| Some(to) != posting.cover) {
            Some(patch) => collected.add(&[patch], *reply, true),
            None => collected.add(&patches, *reply, true),
        }
    }
    (collected.found, collected.nacks)
}

/// By what a trailer is known to be given once more: its person, or else its value. Two
/// addresses are two persons, unless `.mailmap` joins them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Giver {
    Person(PersonId),
    Value(u32),
}

/// A trailer's name in lower case, by number, on a patch.
type Key = (MailId, u32, Giver);

struct Collected<'a, 'b, 'c> {
    mails: &'a Mails,
    senders: &'a [PersonId],
    people: &'b mut Register<'c>,
    found: Vec<ReviewTrailer>,
    nacks: Vec<Nack>,
    /// Numbers of names and values, so that those of a cover are compared for each patch
    /// without being copied.
    words: HashMap<String, u32>,
    /// What was given by whom it names.
    given: HashSet<Key>,
    /// What was given for somebody else.
    named: HashSet<Key>,
}

/// A trailer that is about to be counted for some patches.
struct Given<'a> {
    trailer: TrailerRef<'a>,
    given_in: MailId,
    person: Option<PersonId>,
    matches: bool,
}

impl Collected<'_, '_, '_> {
    /// Counts the trailers of a mail for some patches.
    fn add(&mut self, patches: &[MailId], given_in: MailId, reply: bool) {
        let mails = self.mails;
        let mail = mails.mail(given_in);
        let mut against = mail.says_nack();
        let most = if patches == [given_in] { usize::MAX } else { MOST };
        let counts = |t: &TrailerRef<'_>| reply || trailer::is_review(t.name);
        for trailer in mail.trailers().filter(counts).take(most) {
            let who = trailer.person();
            let who = who.as_ref().map(Address::view);
            let matches = match who {
                Some(who) => !reply || same_person(who, mail.from()),
                None => !trailer::is_review(trailer.name),
            };
            let person = match who {
                Some(_) if reply && matches => Some(self.senders[given_in.0 as usize]),
                _ => who.map(|who| self.people.person(who)),
            };
            self.count(patches, &Given { trailer, given_in, person, matches });
            against |= matches && trailer::kind(trailer.name) == ReviewKind::Nacked;
        }
        if reply && against {
            let person = self.senders[given_in.0 as usize];
            self.nacks.extend(patches.iter().map(|&patch| Nack { patch, given_in, person }));
        }
    }

    fn count(&mut self, patches: &[MailId], given: &Given<'_>) {
        let Given { trailer, given_in, person, matches } = *given;
        let name = self.number(trailer.name);
        let giver = match person {
            Some(person) => Giver::Person(person),
            None => Giver::Value(self.number(trailer.value)),
        };
        for &patch in patches {
            let key = (patch, name, giver);
            if self.given.contains(&key) || self.repeats(patch, given) {
                continue;
            }
            let known = if matches { &mut self.given } else { &mut self.named };
            if !known.insert(key) {
                continue;
            }
            self.found.push(ReviewTrailer {
                patch,
                given_in,
                first_in: given_in,
                name: trailer.name.to_owned(),
                value: trailer.value.to_owned(),
                person,
                matches_sender: matches,
            });
        }
    }

    /// Whether the commit message has a trailer of another kind already that a reply gives.
    fn repeats(&self, patch: MailId, given: &Given<'_>) -> bool {
        let Given { trailer, given_in, .. } = given;
        *given_in != patch
            && !trailer::is_review(trailer.name)
            && self.mails.mail(patch).trailers().any(|t| has_line(t, trailer.name, trailer.value))
    }

    /// The number of a word, whatever its case.
    fn number(&mut self, word: &str) -> u32 {
        let next = self.words.len() as u32;
        *self.words.entry(word.to_lowercase()).or_insert(next)
    }
}

/// Whether a trailer is this line, whatever the case of its letters.
pub(crate) fn has_line(trailer: TrailerRef<'_>, name: &str, value: &str) -> bool {
    trailer.name.eq_ignore_ascii_case(name) && trailer.value.eq_ignore_ascii_case(value)
}

/// Whether a trailer names the sender of the mail it stands in: by address (without
/// `+extension`, or with one more domain label on either side), or by full name.
fn same_person(named: AddressRef<'_>, sender: AddressRef<'_>) -> bool {
    let same_name =
        !named.name.is_empty() && named.name.to_lowercase() == sender.name.to_lowercase();
    same_name || same_address(&named.email.to_lowercase(), &sender.email.to_lowercase())
}

fn same_address(a: &str, b: &str) -> bool {
    let (Some((a_local, a_domain)), Some((b_local, b_domain))) =
        (a.rsplit_once('@'), b.rsplit_once('@'))
    else {
        return a == b;
    };
    let plain = |local: &str| local.split('+').next().unwrap_or(local).to_owned();
    let under = |long: &str, short: &str| {
        long.strip_suffix(short)
            .and_then(|label| label.strip_suffix('.'))
            .is_some_and(|label| !label.is_empty() && !label.contains('.'))
    };
    plain(a_local) == plain(b_local)
        && (a_domain == b_domain || under(a_domain, b_domain) || under(b_domain, a_domain))
}

/// Decides where each posting stands, its trailers and replies being known, and drops the
/// nacks that were taken back. `people` are the senders and the authors of all mails.
pub(crate) fn decide(mails: &Mails, people: (&[PersonId], &[PersonId]), postings: &mut [Posting]) {
    let decided: Vec<(State, Vec<MailId>)> = (0..postings.len())
        .map(|at| stand(mails, people, postings, PostingId(at as u32)))
        .collect();
    for (posting, (state, mails)) in postings.iter_mut().zip(decided) {
        (posting.state, posting.decided_by) = (state, mails);
        posting.nacks = standing_nacks(posting);
    }
}

fn stand(
    mails: &Mails,
    (senders, authors): (&[PersonId], &[PersonId]),
    postings: &[Posting],
    id: PostingId,
) -> (State, Vec<MailId>) {
    let posting = &postings[id.0 as usize];
    if let Some(later) = posting.superseded_by {
        return (State::Superseded, vec![postings[later.0 as usize].head()]);
    }
    let says_so = |reply: &&MailId| mails.mail(**reply).says_applied();
    let applied: Vec<MailId> = posting.replies.iter().filter(says_so).copied().collect();
    if !applied.is_empty() {
        return (State::Applied, applied);
    }
    if !posting.missing.is_empty() {
        return (State::Incomplete, Vec::new());
    }
    if let Some(reviews) = reviews(postings, id, authors) {
        return (State::Reviewed, reviews);
    }
    let is_other = |reply: &&MailId| {
        let person = senders[reply.0 as usize];
        person != posting.sender && person != posting.author
    };
    match posting.replies.iter().rfind(is_other) {
        Some(&newest) => (State::UnderReview, vec![newest]),
        None => (State::New, Vec::new()),
    }
}

/// The mails with the trailers that make a posting reviewed: every patch that it stands for
/// has a Reviewed-by or an Acked-by from somebody other than its author. What was given for
/// somebody else is no review of theirs.
fn reviews(postings: &[Posting], id: PostingId, authors: &[PersonId]) -> Option<Vec<MailId>> {
    let patches = standing(&postings[id.0 as usize], id);
    if patches.is_empty() {
        return None;
    }
    let mut first: HashMap<MailId, MailId> = HashMap::new();
    let sources: BTreeSet<PostingId> = patches.iter().map(|(posting, _)| *posting).collect();
    let trailers = sources.iter().flat_map(|source| &postings[source.0 as usize].trailers);
    for t in trailers.filter(|t| t.is_review_by_other(authors)) {
        first.entry(t.patch).or_insert(t.given_in);
    }
    let given = patches.iter().map(|(_, slot)| first.get(&slot.mail).copied());
    given.collect::<Option<BTreeSet<_>>>().map(|mails| mails.into_iter().collect())
}

impl ReviewTrailer {
    /// Whether it is a Reviewed-by or an Acked-by, given by whom it names, who is not the
    /// author of the patch. `authors` are those of all mails.
    pub(crate) fn is_review_by_other(&self, authors: &[PersonId]) -> bool {
        self.matches_sender
            && self.person.is_some_and(|person| person != authors[self.patch.0 as usize])
            && (trailer::says(&self.name, ReviewKind::Reviewed)
                || trailer::says(&self.name, ReviewKind::Acked))
    }
}

/// The nacks that their senders have not taken back by a later Reviewed-by or Acked-by.
fn standing_nacks(posting: &Posting) -> Vec<Nack> {
    if posting.nacks.is_empty() {
        return Vec::new();
    }
    let mut approved: HashMap<(MailId, PersonId), MailId> = HashMap::new();
    for t in posting.trailers.iter().filter(|t| t.matches_sender) {
        let approves = matches!(trailer::kind(&t.name), ReviewKind::Reviewed | ReviewKind::Acked);
        if let Some(person) = t.person.filter(|_| approves) {
            approved.insert((t.patch, person), t.given_in);
        }
    }
    let stands = |n: &&Nack| approved.get(&(n.patch, n.person)).is_none_or(|at| *at < n.given_in);
    posting.nacks.iter().filter(stands).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_and_one_more_domain_label_are_the_same_person() {
        assert!(same_address("ann+kernel@example.org", "ann@example.org"));
        assert!(same_address("ann@linux.example.org", "ann@example.org"));
        assert!(!same_address("ann@a.b.example.org", "ann@example.org"));
        assert!(!same_address("ann@badexample.org", "ann@example.org"));
        assert!(!same_address("bob@example.org", "ann@example.org"));
    }
}

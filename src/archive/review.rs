//! Review trailers of a posting, from its patches, its cover and the replies; and where it
//! stands.
//!
//! What an earlier revision hands on is [`super::carried`]'s.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use crate::archive::hashed::{Map, Set};
use crate::archive::people::Register;
use crate::archive::standing::standing;
use crate::archive::texts::Pair;
use crate::archive::{
    MailId, MailRef, Mails, Nack, PersonId, Posting, PostingId, ReviewTrailer, State, TrailerRef,
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

/// What is known of each trailer, whichever mails it stands in: found out once.
pub(crate) struct Trailers<'a> {
    mails: &'a Mails,
    known: Vec<Option<Box<Known>>>,
    /// Numbers of names and values in lower case.
    words: Map<String, u32>,
}

/// What is known of a trailer.
struct Known {
    name: Arc<str>,
    value: Arc<str>,
    /// The numbers of its name and its value, equal where they are but for the letters' case.
    name_number: u32,
    value_number: u32,
    is_review: bool,
    is_nack: bool,
    who: Option<Address>,
    /// The person behind that, once somebody asked, and how often they did.
    person: Option<PersonId>,
    times: u32,
}

impl<'a> Trailers<'a> {
    pub(crate) fn new(mails: &'a Mails) -> Self {
        Trailers { mails, known: mails.all_pairs().map(|_| None).collect(), words: Map::default() }
    }

    fn get(&mut self, pair: Pair) -> &mut Known {
        let Trailers { mails, known, words } = self;
        known[pair.index()].get_or_insert_with(|| {
            let [name, value] = mails.pair(pair);
            let mut number = |word: &str| {
                let next = words.len() as u32;
                *words.entry(word.to_lowercase()).or_insert(next)
            };
            let (name_number, value_number) = (number(name), number(value));
            Box::new(Known {
                name: name.into(),
                value: value.into(),
                name_number,
                value_number,
                is_review: trailer::is_review(name),
                is_nack: trailer::kind(name) == ReviewKind::Nacked,
                who: trailer::named(name, value),
                person: None,
                times: 0,
            })
        })
    }

    /// The person that a trailer names, who has it counted.
    fn person(&mut self, pair: Pair, people: &mut Register<'_>) -> Option<PersonId> {
        let known = self.get(pair);
        let who = known.who.as_ref()?;
        known.times += 1;
        Some(*known.person.get_or_insert_with(|| people.named(who.view(), 0)))
    }

    /// Counts for the people how often trailers named them.
    pub(crate) fn count(&self, people: &mut Register<'_>) {
        for known in self.known.iter().flatten().filter(|known| known.times > 0) {
            if let Some(who) = &known.who {
                people.named(who.view(), known.times);
            }
        }
    }
}

/// Collects the trailers on each patch, once per name, person and patch: review trailers of
/// the patch itself and of the cover, and all of the answers by date. Also who is against
/// which patch.
pub(crate) fn collect<'a>(
    (mails, senders): (&'a Mails, &'a [PersonId]),
    posting: &Posting,
    answers: &[Answer],
    trailers: &mut Trailers<'a>,
    people: &mut Register<'_>,
) -> (Vec<ReviewTrailer>, Vec<Nack>) {
    let mut collected = Collected {
        mails,
        senders,
        trailers,
        people,
        found: Vec::new(),
        nacks: Vec::new(),
        given: Set::default(),
        named: Set::default(),
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
    collected.found.shrink_to_fit();
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
    trailers: &'b mut Trailers<'a>,
    people: &'b mut Register<'c>,
    found: Vec<ReviewTrailer>,
    nacks: Vec<Nack>,
    /// What was given by whom it names.
    given: Set<Key>,
    /// What was given for somebody else.
    named: Set<Key>,
}

/// A trailer that is about to be counted for some patches.
#[derive(Clone, Copy)]
struct Given {
    trailer: Pair,
    given_in: MailId,
    person: Option<PersonId>,
    matches: bool,
}

impl Collected<'_, '_, '_> {
    /// Counts the trailers of a mail for some patches.
    fn add(&mut self, patches: &[MailId], given_in: MailId, reply: bool) {
        let mail = self.mails.mail(given_in);
        let sender = self.senders[given_in.0 as usize];
        let mut against = mail.says_nack();
        let most = if patches == [given_in] { usize::MAX } else { MOST };
        let mut read = 0;
        for &trailer in mail.trailer_pairs() {
            let known = self.trailers.get(trailer);
            if !reply && !known.is_review {
                continue;
            }
            if read == most {
                break;
            }
            read += 1;
            let is_nack = known.is_nack;
            let matches = match &known.who {
                Some(who) => !reply || same_person(who.view(), mail.from()),
                None => !known.is_review,
            };
            let person = match known.who.is_some() && reply && matches {
                true => Some(sender),
                false => self.trailers.person(trailer, self.people),
            };
            self.count(patches, Given { trailer, given_in, person, matches });
            against |= matches && is_nack;
        }
        if reply && against {
            let person = sender;
            self.nacks.extend(patches.iter().map(|&patch| Nack { patch, given_in, person }));
        }
    }

    fn count(&mut self, patches: &[MailId], given: Given) {
        let Given { trailer, given_in, person, matches } = given;
        let known = &*self.trailers.get(trailer);
        let giver = person.map_or(Giver::Value(known.value_number), Giver::Person);
        for &patch in patches {
            let key = (patch, known.name_number, giver);
            let repeats = given_in != patch && known.repeats(self.mails.mail(patch));
            if self.given.contains(&key) || repeats {
                continue;
            }
            let counted = if matches { &mut self.given } else { &mut self.named };
            if !counted.insert(key) {
                continue;
            }
            self.found.push(ReviewTrailer {
                patch,
                given_in,
                first_in: given_in,
                name: Arc::clone(&known.name),
                value: Arc::clone(&known.value),
                person,
                matches_sender: matches,
            });
        }
    }
}

impl Known {
    /// Whether a commit message has the trailer already, which is none of a review.
    fn repeats(&self, patch: MailRef<'_>) -> bool {
        !self.is_review && patch.trailers().any(|t| has_line(t, &self.name, &self.value))
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
    let all: &[Posting] = postings;
    let decided: Vec<(State, Vec<MailId>)> = (0..all.len() as u32)
        .into_par_iter()
        .map(|at| stand(mails, people, all, PostingId(at)))
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

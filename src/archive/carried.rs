//! Review trailers from one revision of a series to the next: carried over where the author
//! repeats them or the patch is the same by its patch-id, else lost.

use std::hash::Hash;
use std::sync::Arc;

use crate::archive::hashed::{Map, Set};
use crate::archive::review::has_line;
use crate::archive::standing::standing;
use crate::archive::texts::Symbol;
use crate::archive::{
    Loss, LostTrailer, MailId, MailRef, Mails, PersonId, Posting, PostingId, ReviewTrailer, Series,
    Slot, TrailerRef,
};
use crate::mail::trailer::{self, ReviewKind};

/// Trailers of one person on one patch that are compared: hostile mail could have any number.
const COMPARED: usize = 16;

/// Trailers that a posting takes over, carried or lost, for each of its patches: what was sent
/// a thousand times does not make a thousand times as many.
const MOST: usize = 200;

/// Carries the trailers of each series from posting to posting, oldest first.
pub(crate) fn carry(mails: &Mails, postings: &mut [Posting], series: &[Series]) {
    let mut words = Words::default();
    for series in series.iter().filter(|series| series.postings.len() > 1) {
        for pair in series.postings.windows(2) {
            let stands = standing(&postings[pair[0].0 as usize], pair[0]);
            let partial = !postings[pair[1].0 as usize].standing.is_empty();
            let Some((head, [later, ..])) = postings.split_at_mut_checked(pair[1].0 as usize)
            else {
                continue;
            };
            Step::new(mails, later, partial, &mut words).take(head, &stands);
        }
    }
}

/// The patches of `later` that continue those of `earlier`: the same by patch-id, else with
/// the same title, else in the same slot of as long a posting. Each is taken once.
fn matched(
    mails: &Mails,
    earlier: &[Slot],
    later: &[Slot],
    words: &mut Words,
) -> Map<MailId, MailId> {
    let mut pairs = Pairs { free: later.to_vec(), found: Map::default() };
    let facts = |slot: &Slot| mails.mail(slot.mail);
    pairs.join(earlier, |slot| facts(slot).patch_id());
    pairs.join(earlier, |slot| words.title(facts(slot)));
    if mails_said(mails, earlier) == mails_said(mails, later) {
        pairs.join(earlier, |slot| Some(slot.index));
    }
    pairs.found
}

/// How many patches the first of these says there are.
fn mails_said(mails: &Mails, slots: &[Slot]) -> Option<u32> {
    slots.first().and_then(|slot| mails.mail(slot.mail).subject().total)
}

/// Patches joined so far, and those of the later posting that are left.
struct Pairs {
    free: Vec<Slot>,
    found: Map<MailId, MailId>,
}

impl Pairs {
    /// Joins patches with the same key, the first of several to the first.
    fn join<K: Hash + Eq>(&mut self, earlier: &[Slot], mut key: impl FnMut(&Slot) -> Option<K>) {
        let mut by_key: Map<K, Vec<MailId>> = Map::default();
        for slot in self.free.iter().rev() {
            if let Some(key) = key(slot) {
                by_key.entry(key).or_default().push(slot.mail);
            }
        }
        let mut taken = Set::default();
        for slot in earlier {
            if self.found.contains_key(&slot.mail) {
                continue;
            }
            if let Some(mail) = key(slot).and_then(|key| by_key.get_mut(&key)?.pop()) {
                self.found.insert(slot.mail, mail);
                taken.insert(mail);
            }
        }
        self.free.retain(|slot| !taken.contains(&slot.mail));
    }
}

/// By what a trailer is known to be given once more: words by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Giver {
    Person(PersonId),
    Name(u32),
    Value(u32),
}

/// Numbers of what is compared without regard to the case of letters.
#[derive(Default)]
struct Words {
    numbers: Map<String, u32>,
    /// Of titles; none where they are empty.
    titles: Map<Symbol, Option<u32>>,
    /// Of trailers' values: of the name in them, where there is one, and of the whole.
    values: Map<Arc<str>, (Option<u32>, u32)>,
}

impl Words {
    fn number(numbers: &mut Map<String, u32>, word: &str) -> u32 {
        let next = numbers.len() as u32;
        *numbers.entry(word.to_lowercase()).or_insert(next)
    }

    fn title(&mut self, mail: MailRef<'_>) -> Option<u32> {
        let Words { numbers, titles, .. } = self;
        *titles.entry(mail.title_symbol()).or_insert_with(|| {
            let title = mail.title().trim();
            (!title.is_empty()).then(|| Words::number(numbers, title))
        })
    }

    fn givers(&mut self, trailer: &ReviewTrailer) -> impl Iterator<Item = Giver> + use<> {
        let Words { numbers, values, .. } = self;
        let (name, value) = match values.get(&trailer.value) {
            Some(&known) => known,
            None => {
                let named = trailer::person(&trailer.value).filter(|who| !who.name.is_empty());
                let name = named.map(|who| Words::number(numbers, &who.name));
                let found = (name, Words::number(numbers, &trailer.value));
                values.insert(Arc::clone(&trailer.value), found);
                found
            }
        };
        let value = trailer.person.is_none().then_some(Giver::Value(value));
        trailer.person.map(Giver::Person).into_iter().chain(name.map(Giver::Name)).chain(value)
    }
}

/// From the patches that stood to the next posting of the series.
struct Step<'a> {
    mails: &'a Mails,
    later: &'a mut Posting,
    /// Whether the later posting is a partial re-roll.
    partial: bool,
    /// The later posting's trailers by patch and giver.
    here: Map<(MailId, Giver), Vec<usize>>,
    lost: Vec<LostTrailer>,
    /// How many trailers may still be taken over.
    room: usize,
    words: &'a mut Words,
}

impl<'a> Step<'a> {
    fn new(mails: &'a Mails, later: &'a mut Posting, partial: bool, words: &'a mut Words) -> Self {
        let room = MOST.saturating_mul(later.patches.len());
        Step { mails, later, partial, here: Map::default(), lost: Vec::new(), room, words }
    }

    /// Takes over the trailers of the patches that stood before, of which `postings` holds
    /// all.
    fn take(mut self, postings: &[Posting], stood: &[(PostingId, Slot)]) {
        let slots: Vec<Slot> = stood.iter().map(|(_, slot)| *slot).collect();
        let mut sources: Vec<PostingId> = stood.iter().map(|(posting, _)| *posting).collect();
        sources.sort_unstable();
        sources.dedup();
        let sources = || sources.iter().map(|id| &postings[id.0 as usize]);
        if sources().all(|posting| posting.trailers.is_empty() && posting.lost.is_empty()) {
            return;
        }
        let pairs = matched(self.mails, &slots, &self.later.patches, self.words);
        let stands: Set<MailId> = slots.iter().map(|slot| slot.mail).collect();
        self.index();
        for posting in sources() {
            for trailer in posting.trailers.iter().filter(|t| stands.contains(&t.patch)) {
                self.hand_on(trailer, pairs.get(&trailer.patch).copied());
            }
            for lost in &posting.lost {
                let patch = lost.patch.and_then(|patch| pairs.get(&patch).copied());
                self.keep_lost(lost, patch);
            }
        }
        self.later.lost = self.lost;
    }

    fn index(&mut self) {
        for (at, trailer) in self.later.trailers.iter().enumerate() {
            for giver in self.words.givers(trailer) {
                self.here.entry((trailer.patch, giver)).or_default().push(at);
            }
        }
    }

    /// Carries a trailer over to the patch that continues the one it is on, or loses it.
    fn hand_on(&mut self, trailer: &ReviewTrailer, patch: Option<MailId>) {
        if !trailer.matches_sender || trailer::kind(&trailer.name) == ReviewKind::Nacked {
            return;
        }
        let Some(patch) = patch else { return self.lose_patch(trailer) };
        if self.is_given_again(trailer, patch) {
            return;
        }
        let (was, is) = (self.facts(trailer.patch).patch_id(), self.facts(patch).patch_id());
        if was.is_some() && was == is {
            if self.has_room() {
                self.later.trailers.push(ReviewTrailer { patch, ..trailer.clone() });
            }
        } else {
            self.lose(trailer, Some(patch), Loss::Changed);
        }
    }

    /// A trailer that was lost before comes back where somebody gives it again.
    fn keep_lost(&mut self, lost: &LostTrailer, patch: Option<MailId>) {
        let lost_still = patch.filter(|&patch| !self.is_given_again(&lost.was, patch));
        if let Some(patch) = lost_still.filter(|_| self.has_room()) {
            self.lost.push(LostTrailer { patch: Some(patch), ..lost.clone() });
        }
    }

    /// Whether one more trailer may be taken over; takes its place.
    fn has_room(&mut self) -> bool {
        let left = self.room.checked_sub(1);
        self.room = left.unwrap_or(0);
        left.is_some()
    }

    fn facts(&self, mail: MailId) -> MailRef<'a> {
        self.mails.mail(mail)
    }

    /// Whether the later posting has the trailer itself; if its author has repeated it, notes
    /// where it was given first.
    fn is_given_again(&mut self, trailer: &ReviewTrailer, patch: MailId) -> bool {
        if !trailer::is_review(&trailer.name) {
            let has = |t: TrailerRef<'_>| has_line(t, &trailer.name, &trailer.value);
            return self.facts(patch).trailers().any(has);
        }
        let Some(at) = self.find(trailer, patch) else { return false };
        let cover = self.later.cover;
        let again = &mut self.later.trailers[at];
        let repeated = again.given_in == patch || Some(again.given_in) == cover;
        if repeated && again.first_in == again.given_in {
            again.first_in = trailer.first_in;
        }
        true
    }

    /// The later posting's trailer on a patch that says at least what this one says, by the
    /// same person.
    fn find(&mut self, trailer: &ReviewTrailer, patch: MailId) -> Option<usize> {
        let says_as_much = |at: &usize| {
            let other = &self.later.trailers[*at];
            other.matches_sender && includes(&other.name, &trailer.name)
        };
        let mut known =
            self.words.givers(trailer).filter_map(|giver| self.here.get(&(patch, giver)));
        known.find_map(|all| all.iter().take(COMPARED).copied().find(says_as_much))
    }

    /// What becomes of a trailer whose patch the later posting doesn't have.
    fn lose_patch(&mut self, trailer: &ReviewTrailer) {
        match (self.partial, self.later.missing.is_empty()) {
            (true, _) => {}
            (false, true) => self.lose(trailer, None, Loss::Dropped),
            (false, false) => self.lose(trailer, None, Loss::Missing),
        }
    }

    fn lose(&mut self, trailer: &ReviewTrailer, patch: Option<MailId>, why: Loss) {
        if trailer::is_review(&trailer.name) && self.has_room() {
            self.lost.push(LostTrailer { patch, was: trailer.clone(), why });
        }
    }
}

/// Whether a trailer of one name says all that one of another name does:
/// `Reviewed-and-tested-by` says what `Tested-by` says.
fn includes(name: &str, other: &str) -> bool {
    const KINDS: [ReviewKind; 3] = [ReviewKind::Reviewed, ReviewKind::Acked, ReviewKind::Tested];
    KINDS.into_iter().all(|kind| !trailer::says(other, kind) || trailer::says(name, kind))
}

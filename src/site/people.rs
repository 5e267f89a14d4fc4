//! Who did what: the archive's postings and trailers looked up by person.

use std::collections::BTreeMap;

use crate::archive::{Archive, MailId, PersonId, PostingId};
use crate::site::review::Mark;

/// What every person of an archive did.
pub struct People(Vec<Deeds>);

/// What one person did, in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Deeds {
    /// Postings that they sent, or wrote a patch of.
    pub postings: Vec<PostingId>,
    /// Mails of patches that they wrote.
    pub patches: Vec<MailId>,
    /// Review trailers that name them, on patches of others.
    pub reviews: Vec<Review>,
    /// Who gave how many review trailers on their patches, by person.
    pub received: BTreeMap<PersonId, u32>,
}

/// Review trailers of one kind that a person has on a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// The posting.
    pub posting: PostingId,
    /// Which kind.
    pub mark: Mark,
    /// On how many patches.
    pub patches: u32,
}

impl People {
    /// Looks up everyone's deeds in one pass over the postings.
    pub fn of(archive: &Archive) -> People {
        let mut people = vec![Deeds::default(); archive.people.len()];
        for index in 0..archive.postings.len() {
            let id = PostingId(index as u32);
            note_authors(archive, id, &mut people);
            note_reviews(archive, id, &mut people);
        }
        People(people)
    }

    /// What a person did.
    pub fn deeds(&self, id: PersonId) -> &Deeds {
        &self.0[id.0 as usize]
    }
}

fn note_authors(archive: &Archive, id: PostingId, people: &mut [Deeds]) {
    let posting = archive.posting(id);
    let mut note = |person: PersonId| {
        let postings = &mut people[person.0 as usize].postings;
        if postings.last() != Some(&id) {
            postings.push(id);
        }
    };
    note(posting.author);
    note(posting.sender);
    posting.patches.iter().for_each(|slot| note(archive.author(slot.mail)));
    for slot in &posting.patches {
        people[archive.author(slot.mail).0 as usize].patches.push(slot.mail);
    }
}

fn note_reviews(archive: &Archive, id: PostingId, people: &mut [Deeds]) {
    for trailer in &archive.posting(id).trailers {
        let other = trailer.person.filter(|p| *p != archive.author(trailer.patch));
        let Some(person) = other.filter(|_| trailer.matches_sender) else { continue };
        let received = Mark::given_by(&trailer.name).count() as u32;
        if received > 0 {
            let author = archive.author(trailer.patch);
            *people[author.0 as usize].received.entry(person).or_default() += received;
        }
        let reviews = &mut people[person.0 as usize].reviews;
        Mark::given_by(&trailer.name).for_each(|mark| note_review(reviews, id, mark));
    }
}

/// Counts one more patch of a posting with a mark.
fn note_review(reviews: &mut Vec<Review>, posting: PostingId, mark: Mark) {
    let same = |r: &&mut Review| r.posting == posting && r.mark == mark;
    match reviews.iter_mut().rev().take(Mark::ALL.len()).find(same) {
        Some(review) => review.patches += 1,
        None => reviews.push(Review { posting, mark, patches: 1 }),
    }
}

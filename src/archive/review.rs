//! Review trailers of a posting: from its patches, its cover and the replies.

use std::collections::HashSet;

use crate::archive::people::Register;
use crate::archive::{Facts, MailId, PersonId, Posting, ReviewTrailer, State};
use crate::mail::{Address, trailer};

/// A reply, and the patch or cover of the posting that it answers.
pub(crate) struct Answer {
    pub(crate) reply: MailId,
    /// None where the mail answered never arrived: then it counts as the cover.
    pub(crate) to: Option<MailId>,
}

/// Collects the review trailers on each patch, once per name, person and patch: those of
/// the patch itself, of the cover, and of the answers by date.
pub(crate) fn collect(
    mails: &[Facts],
    posting: &Posting,
    answers: &[Answer],
    people: &mut Register<'_>,
) -> Vec<ReviewTrailer> {
    let mut collected = Collected { mails, found: Vec::new(), seen: HashSet::new(), people };
    for slot in &posting.patches {
        collected.add(slot.mail, slot.mail, false);
        if let Some(cover) = posting.cover {
            collected.add(slot.mail, cover, false);
        }
    }
    for answer in answers {
        match answer.to.filter(|&to| Some(to) != posting.cover) {
            Some(patch) => collected.add(patch, answer.reply, true),
            None => {
                posting.patches.iter().for_each(|slot| collected.add(slot.mail, answer.reply, true))
            }
        }
    }
    collected.found
}

struct Collected<'a, 'b, 'c> {
    mails: &'a [Facts],
    found: Vec<ReviewTrailer>,
    seen: HashSet<(MailId, String, Option<PersonId>, String)>,
    people: &'b mut Register<'c>,
}

impl Collected<'_, '_, '_> {
    fn add(&mut self, patch: MailId, given_in: MailId, reply: bool) {
        let mail = &self.mails[given_in.0 as usize];
        for trailer in mail.trailers.iter().filter(|t| trailer::is_review(&t.name)) {
            let person = trailer.person.as_ref().map(|who| self.people.person(who));
            let value = if person.is_some() { String::new() } else { trailer.value.clone() };
            if !self.seen.insert((patch, trailer.name.to_ascii_lowercase(), person, value)) {
                continue;
            }
            let matches = trailer.person.as_ref().is_some_and(|who| same_person(who, &mail.from));
            self.found.push(ReviewTrailer {
                patch,
                given_in,
                name: trailer.name.clone(),
                value: trailer.value.clone(),
                person,
                matches_sender: !reply || matches,
            });
        }
    }
}

/// Whether a trailer names the sender of the mail it stands in: by address (without
/// `+extension`, or with one more domain label on either side), or by full name.
fn same_person(named: &Address, sender: &Address) -> bool {
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

/// Where a posting stands, the trailers, replies and lineage of all being known. The patches
/// of earlier postings that it leaves standing are its own in this.
pub(crate) fn state(
    mails: &[Facts],
    authors: &[PersonId],
    postings: &[Posting],
    posting: &Posting,
) -> State {
    let reviewed_in = |posting: &Posting, patch: MailId| {
        posting.trailers.iter().any(|t| {
            t.patch == patch
                && t.person.is_some_and(|p| p != authors[patch.0 as usize])
                && matches!(
                    trailer::kind(&t.name),
                    trailer::ReviewKind::Reviewed | trailer::ReviewKind::Acked
                )
        })
    };
    let all_reviewed = || {
        posting.patches.iter().all(|s| reviewed_in(posting, s.mail))
            && posting.standing.iter().all(|s| reviewed_in(&postings[s.posting.0 as usize], s.mail))
    };
    if posting.superseded_by.is_some() {
        State::Superseded
    } else if posting.replies.iter().any(|r| mails[r.0 as usize].says_applied) {
        State::Applied
    } else if !posting.missing.is_empty() {
        State::Incomplete
    } else if !posting.patches.is_empty() && all_reviewed() {
        State::Reviewed
    } else if !posting.replies.is_empty() {
        State::UnderReview
    } else {
        State::New
    }
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

//! Review marks: how often a patch or a posting was acked, reviewed and tested.
//!
//! Which trailers a patch has is decided in [`crate::archive::posting`]; here they are
//! only counted.

use std::collections::{BTreeMap, HashMap};

use crate::archive::{Archive, Kind, MailId, PersonId, Posting, ReviewTrailer};
use crate::mail::trailer::{self, ReviewKind};

/// Trailers by kind, as Patchwork's A/R/T columns count them.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema,
)]
pub struct Marks {
    /// `Acked-by`.
    pub acked: u32,
    /// `Reviewed-by`.
    pub reviewed: u32,
    /// `Tested-by`.
    pub tested: u32,
}

impl Marks {
    /// What one trailer gives: `Reviewed-and-tested-by` both of what it says, `Cc` nothing.
    pub fn of_name(name: &str) -> Marks {
        let says = |kind| u32::from(trailer::says(name, kind));
        Marks {
            acked: says(ReviewKind::Acked),
            reviewed: says(ReviewKind::Reviewed),
            tested: says(ReviewKind::Tested),
        }
    }

    /// The marks on each patch of a posting that stand in mails up to `until` (seconds
    /// since 1970 UTC) or in the posting itself. Trailers given for somebody else don't
    /// count, and who says a thing in two trailers has said it once; patches without marks
    /// are left out.
    pub fn by_patch(archive: &Archive, posting: &Posting, until: i64) -> BTreeMap<MailId, Marks> {
        let mut marks: BTreeMap<MailId, Marks> = BTreeMap::new();
        let mut said: HashMap<(MailId, PersonId), Marks> = HashMap::new();
        for t in Marks::given(archive, posting, until) {
            let mut given = Marks::of_name(&t.name);
            if let Some(person) = t.person {
                let before = said.entry((t.patch, person)).or_default();
                given = given.without(*before);
                before.add(given);
            }
            if !given.is_empty() {
                marks.entry(t.patch).or_default().add(given);
            }
        }
        marks
    }

    /// The trailers that count for [`Marks::by_patch`].
    pub fn given<'a>(
        archive: &'a Archive,
        posting: &'a Posting,
        until: i64,
    ) -> impl Iterator<Item = &'a ReviewTrailer> {
        posting.trailers.iter().filter(move |trailer| counts(archive, trailer, until))
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self == Marks::default()
    }

    /// Those of one trailer that are not among those of others by the same person.
    fn without(self, others: Marks) -> Marks {
        Marks {
            acked: self.acked.saturating_sub(others.acked),
            reviewed: self.reviewed.saturating_sub(others.reviewed),
            tested: self.tested.saturating_sub(others.tested),
        }
    }

    /// Adds those of another patch.
    pub fn add(&mut self, other: Marks) {
        self.acked += other.acked;
        self.reviewed += other.reviewed;
        self.tested += other.tested;
    }
}

/// Whether a trailer counts at a moment. What the posting itself carries always does, even
/// where the range ends between two of its mails.
fn counts(archive: &Archive, trailer: &ReviewTrailer, until: i64) -> bool {
    let own = archive.kind(trailer.given_in) != Kind::Reply;
    trailer.matches_sender && (own || archive.mail(trailer.given_in).date() <= until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample::{Sample, Text};

    #[test]
    fn names_say_what_they_give() {
        let art = |name| {
            let m = Marks::of_name(name);
            (m.acked, m.reviewed, m.tested)
        };
        assert_eq!(art("Acked-by"), (1, 0, 0));
        assert_eq!(art("REVIEWED-BY"), (0, 1, 0));
        assert_eq!(art("Reviewed-and-tested-by"), (0, 1, 1));
        assert_eq!(art("Signed-off-by"), (0, 0, 0));
        assert_eq!(art("Tested"), (0, 0, 0));
    }

    #[test]
    fn who_says_a_thing_twice_has_said_it_once() {
        let mut list = Sample::new();
        let p = list.post("PATCH", "Ann <ann@example.org>", None, &[Text::new("one", "1\n")]);
        let patch = list.archive.posting(p).head();
        let reply = list.reply(patch, "Bob <bob@example.org>", Some("Reviewed-by"));
        list.trailer(p, patch, reply, "Reviewed-and-tested-by");
        list.reply(patch, "Cyd <cyd@example.org>", Some("Reviewed-by"));
        let marks = Marks::by_patch(&list.archive, list.archive.posting(p), i64::MAX);
        assert_eq!(marks[&patch], Marks { acked: 0, reviewed: 2, tested: 1 });
    }
}

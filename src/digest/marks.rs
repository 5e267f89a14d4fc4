//! Review marks: how often a patch or a posting was acked, reviewed and tested.
//!
//! Which trailers a patch has is decided in [`crate::archive::posting`]; here they are
//! only counted.

use std::collections::BTreeMap;

use crate::archive::{Archive, Kind, MailId, Posting, ReviewTrailer};

/// Trailers by kind, as Patchwork's A/R/T columns count them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
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
        let mut marks = Marks::default();
        let name = name.to_ascii_lowercase();
        let Some(words) = name.strip_suffix("-by") else { return marks };
        for word in words.split('-') {
            match word {
                "acked" => marks.acked = 1,
                "reviewed" => marks.reviewed = 1,
                "tested" => marks.tested = 1,
                _ => {}
            }
        }
        marks
    }

    /// The marks on each patch of a posting that stand in mails up to `until` (seconds
    /// since 1970 UTC) or in the posting itself. Trailers given for somebody else don't
    /// count; patches without marks are left out.
    pub fn by_patch(archive: &Archive, posting: &Posting, until: i64) -> BTreeMap<MailId, Marks> {
        let mut marks: BTreeMap<MailId, Marks> = BTreeMap::new();
        for t in posting.trailers.iter().filter(|t| counts(archive, t, until)) {
            marks.entry(t.patch).or_default().add(Marks::of_name(&t.name));
        }
        marks
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self == Marks::default()
    }

    /// Adds those of another patch.
    pub(super) fn add(&mut self, other: Marks) {
        self.acked += other.acked;
        self.reviewed += other.reviewed;
        self.tested += other.tested;
    }
}

/// Whether a trailer counts at a moment. What the posting itself carries always does, even
/// where the range ends between two of its mails.
fn counts(archive: &Archive, trailer: &ReviewTrailer, until: i64) -> bool {
    let own = archive.kind(trailer.given_in) != Kind::Reply;
    trailer.matches_sender && (own || archive.mail(trailer.given_in).date <= until)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}

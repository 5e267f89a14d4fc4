//! Partial re-rolls: `v2 3/7`, sent alone in answer to `v1 3/7`, takes the place of that one
//! patch; the others of v1 stand. Which do is found out in [`crate::archive::series`].

use crate::archive::{Archive, Posting, PostingId, Slot};

/// The whole set of patches that a posting stands for, by index: those of
/// [`Archive::standing`].
pub(crate) fn standing(posting: &Posting, id: PostingId) -> Vec<(PostingId, Slot)> {
    let own = posting.patches.iter().map(|slot| (id, *slot));
    let earlier = posting.standing.iter();
    let earlier = earlier.map(|s| (s.posting, Slot { index: s.index, mail: s.mail }));
    let mut set: Vec<(PostingId, Slot)> = own.chain(earlier).collect();
    set.sort_by_key(|(_, slot)| slot.index);
    set
}

impl Archive {
    /// The whole set of patches that a posting stands for, by index, each with the posting it
    /// was sent in: its own, and where it is a partial re-roll those of the earlier postings
    /// of its series that it leaves as they are.
    pub fn standing(&self, id: PostingId) -> Vec<(PostingId, Slot)> {
        standing(self.posting(id), id)
    }
}

//! Which patches of two postings are compared, and which postings with which.
//!
//! A partial re-roll (v2 3/7 alone) is compared with the whole it belongs to: the patches of
//! the earlier posting that it leaves alone stand on both sides.

use std::collections::BTreeMap;

use super::lines::Version;
use super::{Comparison, Limits};
use crate::archive::{Archive, Bodies, MailId, PostingId, Slot};
use crate::mail::Shown;

/// Which pairs of a series have a comparison of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairings {
    /// Each posting with its predecessor.
    Previous,
    /// Each posting with the [`MOST_EARLIER`] before it.
    All,
    /// None.
    None,
}

/// With how many earlier ones a posting is compared at most.
pub const MOST_EARLIER: usize = 10;

/// The earlier postings that a posting is compared with, its predecessor first. Postings
/// without patches have none, and are none.
pub fn earlier(archive: &Archive, id: PostingId, which: Pairings) -> Vec<PostingId> {
    let most = match which {
        Pairings::Previous => 1,
        Pairings::All => MOST_EARLIER,
        Pairings::None => 0,
    };
    let has_patches = |id: &PostingId| !archive.posting(*id).patches.is_empty();
    let all = before(archive, id).iter().rev().copied().filter(has_patches);
    if has_patches(&id) { all.take(most).collect() } else { Vec::new() }
}

/// The posting that a posting is compared with by default.
pub fn predecessor(archive: &Archive, id: PostingId) -> Option<PostingId> {
    earlier(archive, id, Pairings::Previous).first().copied()
}

/// The posting that is compared with this one by default.
pub fn successor(archive: &Archive, id: PostingId) -> Option<PostingId> {
    let series = &archive.series(archive.posting(id).series).postings;
    let mut later = series.iter().copied().skip_while(|other| *other != id).skip(1);
    later.find(|later| !archive.posting(*later).patches.is_empty())
}

/// The postings of the series before this one, oldest first.
fn before(archive: &Archive, id: PostingId) -> &[PostingId] {
    let series = &archive.series(archive.posting(id).series).postings;
    let at = series.iter().position(|other| *other == id).unwrap_or(0);
    &series[..at]
}

/// The patches of two postings with their texts, ready to be compared.
pub struct Scope<'a> {
    archive: &'a Archive,
    old: Vec<Slot>,
    new: Vec<Slot>,
    /// Texts that were there already.
    known: &'a BTreeMap<MailId, Shown>,
    /// Those that were read for this.
    read: BTreeMap<MailId, Shown>,
    /// Whether they are too long to be looked at.
    too_long: bool,
    limits: Limits,
}

impl<'a> Scope<'a> {
    /// Reads the patches of two postings again, except those that stand in both, those whose
    /// texts are `known`, and except all where they are longer than the limits allow.
    pub fn read(
        bodies: &Bodies<'a>,
        archive: &'a Archive,
        (old, new): (PostingId, PostingId),
        known: &'a BTreeMap<MailId, Shown>,
        limits: Limits,
    ) -> Scope<'a> {
        let patches = |id| archive.standing(id).into_iter().map(|(_, slot)| slot).collect();
        let (old, new): (Vec<Slot>, Vec<Slot>) = (patches(old), patches(new));
        let read = BTreeMap::new();
        let mut scope = Scope { archive, old, new, known, read, too_long: false, limits };
        let mails = scope.resent();
        let bytes: u64 = mails.iter().map(|m| u64::from(archive.mail(*m).origin().len)).sum();
        scope.too_long = bytes > limits.bytes;
        if !scope.too_long {
            let unknown = mails.into_iter().filter(|mail| !known.contains_key(mail));
            scope.read = unknown.map(|mail| (mail, bodies.mail(mail))).collect();
        }
        scope
    }

    /// The patches that are not the same mail on both sides.
    fn resent(&self) -> Vec<MailId> {
        let mails = |slots: &[Slot]| slots.iter().map(|slot| slot.mail).collect::<Vec<_>>();
        let (mut all, mut counted) = (mails(&self.old), BTreeMap::new());
        all.extend(mails(&self.new));
        all.iter().for_each(|mail| *counted.entry(*mail).or_insert(0) += 1);
        all.retain(|mail| counted[mail] == 1);
        all
    }

    /// Compares them.
    pub fn compare(&self, creation_factor: u32) -> Comparison<'_> {
        let versions = |slots: &[Slot]| slots.iter().map(|slot| self.version(*slot)).collect();
        Comparison::of(versions(&self.old), versions(&self.new), creation_factor, self.limits)
    }

    fn version(&self, slot: Slot) -> Version<'_> {
        let facts = self.archive.mail(slot.mail);
        Version {
            index: slot.index,
            mail: slot.mail,
            title: facts.title(),
            author: facts.author(),
            patch_id: facts.patch_id(),
            shown: self.text(slot.mail),
        }
    }
    fn text(&self, mail: MailId) -> Option<&Shown> {
        let text = self.known.get(&mail).or_else(|| self.read.get(&mail));
        text.filter(|_| !self.too_long)
    }
}

//! Which mails were sent together: patch mails into postings.
//!
//! A mail k/n belongs to the posting where the sender, the total and the version agree, the
//! slot k is free, and either the reply chain leads to a member or the cover, or both hang
//! on the same missing mail, or they were sent within half an hour of each other. Nearness in
//! time does not join two threads that each have a patch for one slot. Where the
//! chain leads there and they were sent together, another sender does not matter: some
//! tools send each patch in its author's name. Mails are numbered by what they say, never
//! by the order of arrival.
//!
//! Each rule is a function of its own, and leaves its name ([`Rule`]) with the mail that it
//! placed.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::archive::evidence::{Placed, Rule};
use crate::archive::hashed::Map;
use crate::archive::texts::Symbol;
use crate::archive::thread::{Node, Tree};
use crate::archive::{MailId, MailRef, Mails, PersonId, series};
use crate::mail::Revision;

/// Mails of one posting that no reply chain ties are sent within this many seconds.
const SENT_TOGETHER: i64 = 30 * 60;

/// How far up a reply chain is followed, and how many of a sender's alike postings are
/// compared: bounds what hostile mail can cost.
const MAX_CLIMB: usize = 512;

/// A posting's mails before anything else is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The cover letter or pull request.
    pub(crate) cover: Option<MailId>,
    /// The patches by index; a patch without a number is 1.
    pub(crate) patches: BTreeMap<u32, MailId>,
    /// The revision, and whether a subject said so.
    pub(crate) version: Revision,
    /// n of `k/n`.
    pub(crate) total: Option<u32>,
    /// Whether its patches are numbered.
    pub(crate) numbered: bool,
    /// First and last date of its mails.
    span: (i64, i64),
    /// The mail that started it, whose tags are its own.
    first: MailId,
    /// A later posting that repeats a slot of this one under the same parent.
    again: Option<usize>,
}

impl Draft {
    /// The mail that stands for the posting: the cover, else the first patch.
    pub(crate) fn head(&self) -> Option<MailId> {
        self.cover.or_else(|| self.patches.values().next().copied())
    }

    fn free(&self, index: u32) -> bool {
        match index {
            0 => self.cover.is_none(),
            index => !self.patches.contains_key(&index),
        }
    }

    fn near(&self, date: i64) -> bool {
        date >= self.span.0.saturating_sub(SENT_TOGETHER)
            && date <= self.span.1.saturating_add(SENT_TOGETHER)
    }

    fn distance(&self, date: i64) -> i64 {
        (self.span.0.saturating_sub(date)).max(date.saturating_sub(self.span.1)).max(0)
    }
}

/// What must agree within a posting.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    sender: PersonId,
    total: Option<u32>,
    version: Revision,
    pull: bool,
}

/// What grouping found.
pub(crate) struct Groups {
    /// The postings, in no particular order.
    pub(crate) drafts: Vec<Draft>,
    /// The draft that each mail is a member of.
    pub(crate) draft_of: Vec<Option<usize>>,
    /// The rule that made it one; [`Rule::Discussion`] for those of none.
    pub(crate) placed: Vec<Placed>,
}

/// Groups the mails, which stand in date order.
pub(crate) fn group(mails: &Mails, senders: &[PersonId], tree: &Tree) -> Groups {
    let mut grouping = Grouping {
        mails,
        senders,
        tree,
        drafts: Vec::new(),
        draft_of: vec![None; mails.len()],
        placed: vec![Placed::new(Rule::Discussion, None); mails.len()],
        members: Vec::new(),
        key_of: Vec::new(),
        answered_by: Vec::new(),
        by_key: Map::default(),
        by_ghost: Map::default(),
    };
    grouping.find_keys();
    for mail in tree.top_down() {
        grouping.place(mail);
    }
    grouping.adopt_covers();
    grouping.adopt_unnumbered_patches();
    grouping.drop_empty();
    Groups { drafts: grouping.drafts, draft_of: grouping.draft_of, placed: grouping.placed }
}

/// Whether one posting's tags are all among another's: `[PATCH net-next 1/2]` and
/// `[PATCH 2/2]` can be sent together, `5.10` and `5.15` not.
fn nested(a: &[Symbol], b: &[Symbol]) -> bool {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().all(|tag| many.contains(tag))
}

struct Grouping<'a> {
    mails: &'a Mails,
    senders: &'a [PersonId],
    tree: &'a Tree,
    drafts: Vec<Draft>,
    draft_of: Vec<Option<usize>>,
    placed: Vec<Placed>,
    /// Whether each mail is sent as part of a posting.
    members: Vec<bool>,
    /// Of those with a number.
    key_of: Vec<Option<Key>>,
    /// Each mail with the index of an alike mail of which it is the nearest one above, in order.
    answered_by: Vec<(MailId, u32)>,
    by_key: Map<Key, Vec<usize>>,
    by_ghost: Map<(Key, Node), usize>,
}

impl Grouping<'_> {
    fn mail(&self, id: MailId) -> MailRef<'_> {
        self.mails.mail(id)
    }

    /// The tags of a posting.
    fn tags(&self, draft: &Draft) -> &[Symbol] {
        self.mail(draft.first).tag_symbols()
    }

    /// Whether a mail is sent as part of a posting.
    fn is_member(&self, id: MailId) -> bool {
        let mail = self.mail(id);
        let subject = &mail.subject();
        if subject.reply || subject.forward {
            return false;
        }
        mail.has_diff() || subject.pull || (subject.index.is_some() && !self.lost_its_re(id))
    }

    /// Whether a mail is an answer that lost its `Re:`: it has no diff and no diffstat, and
    /// answers somebody else's mail with the same number, version and title.
    fn lost_its_re(&self, id: MailId) -> bool {
        let mail = self.mail(id);
        let Some(above) = self.tree.mail_above(id) else { return false };
        let (own, other) = (mail.subject(), self.mail(above).subject());
        !mail.has_diffstat()
            && self.senders[above.0 as usize] != self.senders[id.0 as usize]
            && (own.index, own.total, own.version) == (other.index, other.total, other.version)
            && series::folded(self.mail(id).title()) == series::folded(self.mail(above).title())
    }

    /// Finds what must agree, and which numbered mails answer which.
    fn find_keys(&mut self) {
        let all = (0..self.mails.len() as u32).into_par_iter().map(MailId);
        let known = all.map(|id| {
            let is_member = self.is_member(id);
            let is_numbered = is_member && self.mail(id).subject().index.is_some();
            (is_member, is_numbered.then(|| self.key(id)))
        });
        (self.members, self.key_of) = known.unzip();
        for id in (0..self.mails.len() as u32).map(MailId) {
            let (Some(key), Some(index)) =
                (self.key_of[id.0 as usize], self.mail(id).subject().index)
            else {
                continue;
            };
            if let Some(above) = self.alike_above(id, key) {
                self.answered_by.push((above, index));
            }
        }
        self.answered_by.sort_unstable();
        self.answered_by.dedup();
    }

    /// The indexes of the alike mails of which a mail is the nearest one above, ascending.
    fn answers(&self, id: MailId) -> &[(MailId, u32)] {
        let from = self.answered_by.partition_point(|(above, _)| *above < id);
        let len = self.answered_by[from..].partition_point(|(above, _)| *above == id);
        &self.answered_by[from..from + len]
    }

    /// The nearest mail above in which all agrees that must.
    fn alike_above(&self, id: MailId, key: Key) -> Option<MailId> {
        let above = self.tree.above(id).take(MAX_CLIMB).filter_map(|node| self.tree.mail(node));
        above.into_iter().find(|above| self.key_of[above.0 as usize] == Some(key))
    }

    /// Puts a mail into the posting it belongs to, or starts one.
    fn place(&mut self, id: MailId) {
        if !self.members[id.0 as usize] {
            return;
        }
        let Some(index) = self.mail(id).subject().index else {
            let draft = self.start(id, None);
            self.draft_of[id.0 as usize] = Some(draft);
            self.placed[id.0 as usize] = Placed::new(Rule::Single, None);
            return;
        };
        let Some(key) = self.key_of[id.0 as usize] else { return };
        let found = self
            .by_chain(id, key, index)
            .or_else(|| self.by_chain_of_others(id, key, index))
            .or_else(|| self.by_missing_parent(id, key, index))
            .or_else(|| self.by_time(id, key, index));
        let (draft, placed) =
            found.unwrap_or_else(|| (self.start(id, Some(key)), Placed::new(Rule::First, None)));
        self.placed[id.0 as usize] = placed;
        self.join(draft, id, key, index);
    }

    fn key(&self, id: MailId) -> Key {
        let mail = self.mail(id);
        Key {
            sender: self.senders[id.0 as usize],
            total: mail.subject().total,
            version: mail
                .subject()
                .version
                .or_else(|| self.version_above(id))
                .unwrap_or(Revision::FIRST),
            pull: mail.subject().pull,
        }
    }

    /// A patch without a version takes that of the cover above it, or of a patch above it
    /// that it was sent together with.
    fn version_above(&self, id: MailId) -> Option<Revision> {
        let mail = self.mail(id);
        let sender = self.senders[id.0 as usize];
        let sent_with = |other: MailRef<'_>| {
            other.subject().version.is_some()
                && other.date().abs_diff(mail.date()) <= SENT_TOGETHER.unsigned_abs()
        };
        self.tree
            .above(id)
            .take(MAX_CLIMB)
            .filter_map(|node| self.tree.mail(node))
            .find(|&above| {
                let other = self.mail(above);
                self.senders[above.0 as usize] == sender
                    && !other.subject().reply
                    && other.subject().total == mail.subject().total
                    && match other.subject().index {
                        Some(0) => true,
                        Some(_) => sent_with(other),
                        None => false,
                    }
            })
            .and_then(|above| self.mail(above).subject().version)
            .filter(|_| mail.subject().index != Some(0))
    }

    /// The posting of the nearest alike mail that this one answers. A slot that is taken
    /// there means that the patches were sent again in the same thread.
    fn by_chain(&self, id: MailId, key: Key, index: u32) -> Option<(usize, Placed)> {
        if index == 0 {
            return None;
        }
        let above = self.alike_above(id, key)?;
        let first = self.draft_of[above.0 as usize]?;
        let draft = self.free_again(first, id, index)?;
        Some((draft, Placed::new(Rule::Chain, Some(above))))
    }

    /// The posting of the nearest mail above that is alike in all but its sender, if this
    /// one was sent together with it.
    fn by_chain_of_others(&self, id: MailId, key: Key, index: u32) -> Option<(usize, Placed)> {
        if index == 0 {
            return None;
        }
        let mail = self.mail(id);
        let others = self.tree.above(id).take(MAX_CLIMB).filter_map(|node| self.tree.mail(node));
        others
            .filter(|above| {
                self.key_of[above.0 as usize]
                    .is_some_and(|k| Key { sender: key.sender, ..k } == key)
            })
            .filter_map(|above| Some((above, self.draft_of[above.0 as usize]?)))
            .find(|&(_, draft)| {
                let draft = &self.drafts[draft];
                draft.free(index)
                    && draft.near(mail.date())
                    && self.tags(draft) == mail.tag_symbols()
            })
            .map(|(above, draft)| (draft, Placed::new(Rule::ChainOfAuthors, Some(above))))
    }

    /// The first of a chain of repeated postings whose slot is free, the later ones only if
    /// they were sent together with this mail.
    fn free_again(&self, first: usize, id: MailId, index: u32) -> Option<usize> {
        let date = self.mail(id).date();
        std::iter::successors(Some(first), |&draft| self.drafts[draft].again).take(MAX_CLIMB).find(
            |&draft| {
                self.drafts[draft].free(index) && (draft == first || self.drafts[draft].near(date))
            },
        )
    }

    /// The posting whose mails answer the same missing mail: its cover never arrived.
    fn by_missing_parent(&self, id: MailId, key: Key, index: u32) -> Option<(usize, Placed)> {
        let ghost = self.missing_parent(id)?;
        let first = *self.by_ghost.get(&(key, ghost))?;
        let draft = self.free_again(first, id, index)?;
        Some((draft, Placed::new(Rule::MissingParent, self.drafts[draft].head())))
    }

    fn missing_parent(&self, id: MailId) -> Option<Node> {
        self.tree.parent(Node(id.0)).filter(|&node| self.tree.mail(node).is_none())
    }

    /// The alike posting sent nearest in time with a free slot; better one with the same
    /// tags than one that has only some of them.
    fn by_time(&self, id: MailId, key: Key, index: u32) -> Option<(usize, Placed)> {
        let mail = self.mail(id);
        let alike = self.by_key.get(&key)?;
        alike
            .iter()
            .rev()
            .take(MAX_CLIMB)
            .copied()
            .filter(|&draft| {
                let draft = &self.drafts[draft];
                draft.free(index)
                    && draft.near(mail.date())
                    && nested(self.tags(draft), mail.tag_symbols())
                    && !self.threads_collide(draft, id, index)
            })
            .min_by_key(|&draft| {
                let draft = &self.drafts[draft];
                (self.tags(draft) != mail.tag_symbols(), draft.distance(mail.date()))
            })
            .map(|draft| (draft, Placed::new(Rule::SentTogether, self.drafts[draft].head())))
    }

    /// Whether the threads of a posting and of a mail k/n have a patch each for one slot:
    /// then they are two postings, however near in time.
    fn threads_collide(&self, draft: &Draft, id: MailId, index: u32) -> bool {
        let to_head = draft.head().map_or(&[][..], |head| self.answers(head));
        let awaited = |index: u32| to_head.binary_search_by_key(&index, |(_, k)| *k).is_ok();
        let taken = |index: u32| !draft.free(index) || awaited(index);
        awaited(index) || self.answers(id).iter().take(MAX_CLIMB).any(|(_, k)| taken(*k))
    }

    fn start(&mut self, id: MailId, key: Option<Key>) -> usize {
        let mail = self.mail(id);
        let mut draft = Draft {
            cover: None,
            patches: BTreeMap::new(),
            version: key.map(|k| k.version).or(mail.subject().version).unwrap_or(Revision::FIRST),
            total: mail.subject().total,
            numbered: key.is_some(),
            span: (mail.date(), mail.date()),
            first: id,
            again: None,
        };
        if key.is_none() {
            match mail.has_diff() {
                true => drop(draft.patches.insert(1, id)),
                false => draft.cover = Some(id),
            }
        }
        self.drafts.push(draft);
        let new = self.drafts.len() - 1;
        if let Some(key) = key {
            self.by_key.entry(key).or_default().push(new);
            self.remember_repeats(new, id, key);
        }
        new
    }

    /// Ties a new posting to the one that had its slot already.
    fn remember_repeats(&mut self, new: usize, id: MailId, key: Key) {
        let by_chain = self.alike_above(id, key).and_then(|above| self.draft_of[above.0 as usize]);
        let by_ghost =
            || self.missing_parent(id).and_then(|ghost| self.by_ghost.get(&(key, ghost)).copied());
        let Some(first) = by_chain.or_else(by_ghost) else { return };
        let mut last = first;
        for _ in 0..MAX_CLIMB {
            match self.drafts[last].again {
                Some(next) => last = next,
                None => break,
            }
        }
        if last != new && self.mail(id).subject().index != Some(0) {
            self.drafts[last].again = Some(new);
        }
    }

    fn join(&mut self, draft: usize, id: MailId, key: Key, index: u32) {
        let date = self.mail(id).date();
        if let Some(ghost) = self.missing_parent(id) {
            self.by_ghost.entry((key, ghost)).or_insert(draft);
        }
        self.draft_of[id.0 as usize] = Some(draft);
        let draft = &mut self.drafts[draft];
        match index {
            0 => draft.cover = Some(id),
            index => drop(draft.patches.insert(index, id)),
        }
        draft.span = (draft.span.0.min(date), draft.span.1.max(date));
    }

    /// Gives numbered patches without a cover the mail that they answer, where that is one
    /// in all but its number.
    fn adopt_covers(&mut self) {
        for index in 0..self.drafts.len() {
            let draft = &self.drafts[index];
            let Some(head) = draft.head().filter(|_| draft.cover.is_none() && draft.numbered)
            else {
                continue;
            };
            let Some(above) = self.own_mail_above(head) else { continue };
            let rule = match above {
                cover if self.is_unnumbered_cover(cover) => Rule::UnnumberedCover,
                cover if self.is_miscounted_cover(cover, index) => Rule::MiscountedCover,
                _ => continue,
            };
            if let Some(old) = self.draft_of[above.0 as usize] {
                self.drafts[old].cover = None;
            }
            self.draft_of[above.0 as usize] = Some(index);
            self.placed[above.0 as usize] = Placed::new(rule, Some(head));
            self.drafts[index].cover = Some(above);
        }
    }

    /// The mail that this one answers, if the same person sent it.
    fn own_mail_above(&self, id: MailId) -> Option<MailId> {
        let above = self.tree.mail_above(id)?;
        (self.senders[above.0 as usize] == self.senders[id.0 as usize]).then_some(above)
    }

    /// Whether a mail is a cover letter without `0/n`: no diff, a diffstat, or a pull
    /// request, and part of no numbered posting.
    fn is_unnumbered_cover(&self, id: MailId) -> bool {
        let mail = self.mail(id);
        let alone = match self.draft_of[id.0 as usize] {
            None => true,
            Some(draft) => self.drafts[draft].patches.is_empty() && !self.drafts[draft].numbered,
        };
        let cover_like = mail.has_diffstat() || mail.subject().pull;
        alone && cover_like && !mail.has_diff() && !mail.subject().reply
    }

    /// Whether a mail is the `0/n` of patches that say another n: a cover letter without
    /// patches of its own, of the same version and sent together with them.
    fn is_miscounted_cover(&self, id: MailId, patches: usize) -> bool {
        let patches = &self.drafts[patches];
        self.naked_cover(id).is_some_and(|draft| {
            draft.version == patches.version && patches.near(self.mail(id).date())
        })
    }

    /// The posting of a cover letter that has no patches.
    fn naked_cover(&self, id: MailId) -> Option<&Draft> {
        let draft = &self.drafts[self.draft_of[id.0 as usize]?];
        let naked = draft.numbered && draft.patches.is_empty() && draft.cover == Some(id);
        (naked && !self.mail(id).subject().pull).then_some(draft)
    }

    /// Gives a cover letter without patches those without numbers that answer it, were sent
    /// together with it, and are as many as it says. They are numbered by their dates.
    fn adopt_unnumbered_patches(&mut self) {
        let mut below: BTreeMap<MailId, Vec<usize>> = BTreeMap::new();
        for index in 0..self.drafts.len() {
            if let Some(cover) = self.cover_of_unnumbered(index) {
                below.entry(cover).or_default().push(index);
            }
        }
        for (cover, patches) in below {
            let Some(own) = self.draft_of[cover.0 as usize] else { continue };
            if self.drafts[own].total != u32::try_from(patches.len()).ok() {
                continue;
            }
            let mut mails: Vec<MailId> = patches
                .iter()
                .flat_map(|&p| std::mem::take(&mut self.drafts[p].patches))
                .map(|(_, m)| m)
                .collect();
            mails.sort_unstable();
            for (mail, number) in mails.into_iter().zip(1..) {
                self.drafts[own].patches.insert(number, mail);
                self.draft_of[mail.0 as usize] = Some(own);
                self.placed[mail.0 as usize] = Placed::new(Rule::UnnumberedPatch, Some(cover));
            }
        }
    }

    /// The cover letter without patches that a patch without a number was sent with.
    fn cover_of_unnumbered(&self, index: usize) -> Option<MailId> {
        let draft = &self.drafts[index];
        let patch = draft.head().filter(|_| !draft.numbered && draft.cover.is_none())?;
        let above = self.own_mail_above(patch)?;
        let cover = self.naked_cover(above)?;
        let alike = cover.version == draft.version && self.tags(cover) == self.tags(draft);
        (alike && cover.near(self.mail(patch).date())).then_some(above)
    }

    /// Takes out postings whose only mail went to another.
    fn drop_empty(&mut self) {
        let mut moved = vec![None; self.drafts.len()];
        let mut kept = Vec::with_capacity(self.drafts.len());
        for (old, draft) in std::mem::take(&mut self.drafts).into_iter().enumerate() {
            if draft.head().is_some() {
                moved[old] = Some(kept.len());
                kept.push(draft);
            }
        }
        self.drafts = kept;
        for slot in &mut self.draft_of {
            *slot = slot.and_then(|old| moved[old]);
        }
    }
}

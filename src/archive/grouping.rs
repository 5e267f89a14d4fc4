//! Which mails were sent together: patch mails into postings.
//!
//! A mail k/n belongs to the posting where the sender, the total and the version agree, the
//! slot k is free, and either the reply chain leads to a member or the cover, or both hang
//! on the same missing mail, or they were sent within half an hour of each other. Nearness in
//! time does not join two threads that each have a patch for one slot. Where the
//! chain leads there and they were sent together, another sender does not matter: some
//! tools send each patch in its author's name. Mails are numbered by what they say, never
//! by the order of arrival.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::archive::thread::{Node, Tree};
use crate::archive::{Facts, MailId, PersonId};
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
    tags: Vec<String>,
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

/// Groups the mails, which stand in date order. Gives the drafts in no particular order,
/// and for each mail the draft it is a member of.
pub(crate) fn group(
    mails: &[Facts],
    senders: &[PersonId],
    tree: &Tree,
) -> (Vec<Draft>, Vec<Option<usize>>) {
    let mut grouping = Grouping {
        mails,
        senders,
        tree,
        drafts: Vec::new(),
        draft_of: vec![None; mails.len()],
        key_of: vec![None; mails.len()],
        answered_by: HashMap::new(),
        by_key: HashMap::new(),
        by_ghost: HashMap::new(),
    };
    grouping.find_keys();
    for mail in tree.top_down() {
        grouping.place(mail);
    }
    grouping.adopt_covers();
    (grouping.drafts, grouping.draft_of)
}

/// Whether a mail is sent as part of a posting, by itself and without a look at others.
fn is_member(mail: &Facts) -> bool {
    let subject = &mail.subject;
    if subject.reply || subject.forward {
        return false;
    }
    mail.has_diff || subject.index.is_some() || subject.pull
}

struct Grouping<'a> {
    mails: &'a [Facts],
    senders: &'a [PersonId],
    tree: &'a Tree,
    drafts: Vec<Draft>,
    draft_of: Vec<Option<usize>>,
    /// Of mails with a number.
    key_of: Vec<Option<Key>>,
    /// For each mail the indexes of alike mails of which it is the nearest one above.
    answered_by: HashMap<MailId, BTreeSet<u32>>,
    by_key: HashMap<Key, Vec<usize>>,
    by_ghost: HashMap<(Key, Node), usize>,
}

impl Grouping<'_> {
    fn mail(&self, id: MailId) -> &Facts {
        &self.mails[id.0 as usize]
    }

    /// Finds what must agree, and which numbered mails answer which.
    fn find_keys(&mut self) {
        let ids = || (0..self.mails.len() as u32).map(MailId);
        let numbered =
            |id: &MailId| is_member(self.mail(*id)) && self.mail(*id).subject.index.is_some();
        self.key_of = ids().map(|id| numbered(&id).then(|| self.key(id))).collect();
        for id in (0..self.mails.len() as u32).map(MailId) {
            let (Some(key), Some(index)) =
                (self.key_of[id.0 as usize], self.mail(id).subject.index)
            else {
                continue;
            };
            if let Some(above) = self.alike_above(id, key) {
                self.answered_by.entry(above).or_default().insert(index);
            }
        }
    }

    /// The nearest mail above in which all agrees that must.
    fn alike_above(&self, id: MailId, key: Key) -> Option<MailId> {
        let above = self.tree.above(id).take(MAX_CLIMB).filter_map(|node| self.tree.mail(node));
        above.into_iter().find(|above| self.key_of[above.0 as usize] == Some(key))
    }

    /// Puts a mail into the posting it belongs to, or starts one.
    fn place(&mut self, id: MailId) {
        let mail = self.mail(id);
        if !is_member(mail) {
            return;
        }
        let Some(index) = mail.subject.index else {
            let draft = self.start(id, None);
            self.draft_of[id.0 as usize] = Some(draft);
            return;
        };
        let Some(key) = self.key_of[id.0 as usize] else { return };
        let draft = self
            .by_chain(id, key, index)
            .or_else(|| self.by_chain_of_others(id, key, index))
            .or_else(|| self.by_missing_parent(id, key, index))
            .or_else(|| self.by_time(id, key, index))
            .unwrap_or_else(|| self.start(id, Some(key)));
        self.join(draft, id, key, index);
    }

    fn key(&self, id: MailId) -> Key {
        let mail = self.mail(id);
        Key {
            sender: self.senders[id.0 as usize],
            total: mail.subject.total,
            version: mail
                .subject
                .version
                .or_else(|| self.version_above(id))
                .unwrap_or(Revision::FIRST),
            pull: mail.subject.pull,
        }
    }

    /// A patch without a version takes that of the cover above it.
    fn version_above(&self, id: MailId) -> Option<Revision> {
        let mail = self.mail(id);
        let sender = self.senders[id.0 as usize];
        self.tree
            .above(id)
            .take(MAX_CLIMB)
            .filter_map(|node| self.tree.mail(node))
            .find(|&above| {
                let other = &self.mail(above).subject;
                self.senders[above.0 as usize] == sender
                    && other.index == Some(0)
                    && !other.reply
                    && other.total == mail.subject.total
            })
            .and_then(|cover| self.mail(cover).subject.version)
            .filter(|_| mail.subject.index != Some(0))
    }

    /// The posting of the nearest alike mail that this one answers. A slot that is taken
    /// there means that the patches were sent again in the same thread.
    fn by_chain(&self, id: MailId, key: Key, index: u32) -> Option<usize> {
        if index == 0 {
            return None;
        }
        let above = self.alike_above(id, key)?;
        let first = self.draft_of[above.0 as usize]?;
        self.free_again(first, id, index)
    }

    /// The posting of the nearest mail above that is alike in all but its sender, if this
    /// one was sent together with it.
    fn by_chain_of_others(&self, id: MailId, key: Key, index: u32) -> Option<usize> {
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
            .filter_map(|above| self.draft_of[above.0 as usize])
            .find(|&draft| {
                let draft = &self.drafts[draft];
                draft.free(index) && draft.near(mail.date) && draft.tags == mail.subject.tags
            })
    }

    /// The first of a chain of repeated postings whose slot is free, the later ones only if
    /// they were sent together with this mail.
    fn free_again(&self, first: usize, id: MailId, index: u32) -> Option<usize> {
        let date = self.mail(id).date;
        std::iter::successors(Some(first), |&draft| self.drafts[draft].again).take(MAX_CLIMB).find(
            |&draft| {
                self.drafts[draft].free(index) && (draft == first || self.drafts[draft].near(date))
            },
        )
    }

    /// The posting whose mails answer the same missing mail: its cover never arrived.
    fn by_missing_parent(&self, id: MailId, key: Key, index: u32) -> Option<usize> {
        let ghost = self.missing_parent(id)?;
        let first = *self.by_ghost.get(&(key, ghost))?;
        self.free_again(first, id, index)
    }

    fn missing_parent(&self, id: MailId) -> Option<Node> {
        self.tree.parent(Node(id.0)).filter(|&node| self.tree.mail(node).is_none())
    }

    /// The alike posting sent nearest in time, with the same tags and a free slot.
    fn by_time(&self, id: MailId, key: Key, index: u32) -> Option<usize> {
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
                    && draft.near(mail.date)
                    && draft.tags == mail.subject.tags
                    && !self.threads_collide(draft, id, index)
            })
            .min_by_key(|&draft| self.drafts[draft].distance(mail.date))
    }

    /// Whether the threads of a posting and of a mail k/n have a patch each for one slot:
    /// then they are two postings, however near in time.
    fn threads_collide(&self, draft: &Draft, id: MailId, index: u32) -> bool {
        let answers = |id| self.answered_by.get(&id);
        let to_head = draft.head().and_then(answers);
        let awaited = |index: &u32| to_head.is_some_and(|answers| answers.contains(index));
        let taken = |index: &u32| !draft.free(*index) || awaited(index);
        awaited(&index) || answers(id).is_some_and(|own| own.iter().take(MAX_CLIMB).any(taken))
    }

    fn start(&mut self, id: MailId, key: Option<Key>) -> usize {
        let mail = self.mail(id);
        let mut draft = Draft {
            cover: None,
            patches: BTreeMap::new(),
            version: key.map(|k| k.version).or(mail.subject.version).unwrap_or(Revision::FIRST),
            total: mail.subject.total,
            numbered: key.is_some(),
            span: (mail.date, mail.date),
            tags: mail.subject.tags.clone(),
            again: None,
        };
        if key.is_none() {
            match mail.has_diff {
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
        if last != new && self.mail(id).subject.index != Some(0) {
            self.drafts[last].again = Some(new);
        }
    }

    fn join(&mut self, draft: usize, id: MailId, key: Key, index: u32) {
        let date = self.mail(id).date;
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
    /// in all but number: the same sender's, without a diff, with a diffstat, or a pull
    /// request.
    fn adopt_covers(&mut self) {
        for index in 0..self.drafts.len() {
            let draft = &self.drafts[index];
            if draft.cover.is_some() || !draft.numbered {
                continue;
            }
            let Some(cover) = draft.head().and_then(|head| self.cover_in_all_but_number(head))
            else {
                continue;
            };
            if let Some(old) = self.draft_of[cover.0 as usize] {
                self.drafts[old].cover = None;
            }
            self.draft_of[cover.0 as usize] = Some(index);
            self.drafts[index].cover = Some(cover);
        }
        self.drop_empty();
    }

    fn cover_in_all_but_number(&self, head: MailId) -> Option<MailId> {
        let above = self.tree.mail_above(head)?;
        let mail = self.mail(above);
        let same_sender = self.senders[above.0 as usize] == self.senders[head.0 as usize];
        let alone = match self.draft_of[above.0 as usize] {
            None => true,
            Some(draft) => self.drafts[draft].patches.is_empty() && !self.drafts[draft].numbered,
        };
        let cover_like = mail.has_diffstat || mail.subject.pull;
        (same_sender && alone && cover_like && !mail.has_diff && !mail.subject.reply)
            .then_some(above)
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

//! The history of a repository: its commits, and which of them holds which mail.
//!
//! What is known of a history stays true while it only grows: a later build reads the commits
//! that came since, and their trees, instead of a decade of them.

use std::collections::{BTreeMap, HashSet};

use gix::ObjectId;
use gix::objs::{CommitRefIter, Kind};

use super::epoch::{Fault, object};

/// Digits of an object's id that are shown, as many as the digests of old have.
pub const SHOWN_DIGITS: usize = 9;

/// The commits that lead to the newest one of a repository, and their mails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Parents stand before their children, first parents first.
    pub(crate) commits: Vec<Commit>,
    /// The parents of those commits whose only parent isn't the commit before, by position.
    pub(crate) forks: BTreeMap<u32, Vec<u32>>,
    /// The mails, by the position of their commits.
    pub(crate) mails: Vec<MailBlob>,
    /// The mails that were taken back, with the commits that say so.
    pub(crate) removals: Vec<MailBlob>,
}

/// A commit of a [`History`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    pub(crate) id: ObjectId,
    /// When it was committed, seconds since 1970 UTC. Says when the archive got the mail, at
    /// best.
    pub time: i64,
}

impl Commit {
    /// The first digits of its id.
    pub fn shown(&self) -> String {
        self.id.to_hex_with_len(SHOWN_DIGITS).to_string()
    }
}

/// Where a mail is: the commit it came with, by position, and its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MailBlob {
    pub(crate) commit: u32,
    pub(crate) blob: ObjectId,
}

impl History {
    /// The positions of a commit's parents.
    pub(super) fn parents(&self, commit: u32) -> Vec<u32> {
        match self.forks.get(&commit) {
            Some(parents) => parents.clone(),
            None => commit.checked_sub(1).into_iter().collect(),
        }
    }

    /// Whether it goes on to a commit: its own newest one is that, or among its first parents.
    /// Then the history of that commit begins with this one, in this order.
    pub(super) fn goes_on_to(&self, tip: ObjectId, repository: &gix::Repository) -> bool {
        let Some(newest) = self.commits.last() else { return false };
        let (mut at, mut buffer) = (tip, Vec::new());
        while at != newest.id {
            let read = read_commit(repository, at, &mut buffer);
            match read.ok().and_then(|read| read.first_parent) {
                Some(parent) => at = parent,
                None => return false,
            }
        }
        true
    }
}

/// What a walk has found.
#[derive(Default)]
pub(super) struct Walked {
    /// What was known of the history, and the commits that came since.
    pub(super) history: History,
    /// The trees of those.
    pub(super) trees: Vec<ObjectId>,
    /// Commits that can't be read.
    pub(super) lost: Vec<(ObjectId, Fault)>,
}

/// A walk from a tip to its oldest commits, or those that are known, and back, with a stack of its
/// own: histories are hundreds of thousands of commits deep.
pub(super) struct Walk<'a> {
    repository: &'a gix::Repository,
    shallow: HashSet<ObjectId>,
    /// The commits met; with their position, once their parents have one.
    met: gix::hashtable::HashMap<ObjectId, Option<u32>>,
    steps: Vec<Step>,
    buffer: Vec<u8>,
    walked: Walked,
}

enum Step {
    Read(ObjectId),
    Place(Read),
}

/// A commit as it was read. Nearly all have one parent, so that the list is empty.
pub(super) struct Read {
    commit: Commit,
    pub(super) tree: ObjectId,
    first_parent: Option<ObjectId>,
    more_parents: Vec<ObjectId>,
}

impl<'a> Walk<'a> {
    /// A walk that goes no further than to the commits that are `shallow`, or `known`.
    pub(super) fn new(
        repository: &'a gix::Repository,
        shallow: HashSet<ObjectId>,
        known: History,
    ) -> Self {
        let met = (0..).zip(&known.commits).map(|(place, commit)| (commit.id, Some(place)));
        Walk {
            repository,
            shallow,
            met: met.collect(),
            steps: Vec::new(),
            buffer: Vec::new(),
            walked: Walked { history: known, ..Walked::default() },
        }
    }

    /// Walks from a tip, to which what is known [goes on](History::goes_on_to).
    pub(super) fn from(mut self, tip: ObjectId) -> Walked {
        self.steps.push(Step::Read(tip));
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Read(id) => self.read(id),
                Step::Place(read) => self.place(&read),
            }
        }
        self.walked
    }

    /// Reads a commit unless it was met: it takes its place after its parents.
    fn read(&mut self, id: ObjectId) {
        if self.met.contains_key(&id) {
            return;
        }
        self.met.insert(id, None);
        match read_commit(self.repository, id, &mut self.buffer) {
            Ok(mut read) => {
                if self.shallow.contains(&id) {
                    (read.first_parent, read.more_parents) = (None, Vec::new());
                }
                let first = read.first_parent;
                let more = read.more_parents.clone();
                self.steps.push(Step::Place(read));
                self.steps.extend(more.into_iter().rev().chain(first).map(Step::Read));
            }
            Err(fault) => self.walked.lost.push((id, fault)),
        }
    }

    fn place(&mut self, read: &Read) {
        let Walked { history, trees, .. } = &mut self.walked;
        let place = history.commits.len() as u32;
        let parents = read.first_parent.iter().chain(&read.more_parents);
        let parents: Vec<u32> =
            parents.filter_map(|parent| self.met.get(parent).copied().flatten()).collect();
        if !parents.iter().copied().eq(place.checked_sub(1)) {
            history.forks.insert(place, parents);
        }
        self.met.insert(read.commit.id, Some(place));
        history.commits.push(read.commit);
        trees.push(read.tree);
    }
}

/// Reads a commit.
pub(super) fn read_commit(
    repository: &gix::Repository,
    id: ObjectId,
    buffer: &mut Vec<u8>,
) -> Result<Read, Fault> {
    let bytes = object(repository, &id, Kind::Commit, buffer)?;
    let commit = CommitRefIter::from_bytes(bytes, id.kind());
    let tree = commit.clone().tree_id().map_err(|error| Fault::Damaged(error.to_string()))?;
    let mut parents = commit.parent_ids();
    let time = commit.committer().map_or(0, |committer| committer.seconds());
    Ok(Read {
        commit: Commit { id, time },
        tree,
        first_parent: parents.next(),
        more_parents: parents.collect(),
    })
}

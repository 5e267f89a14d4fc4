//! One repository of a public-inbox list, open: its commits, and the mail in each.
//!
//! The second format (public-inbox-v2-format(5)) has a commit for each mail, with the mail
//! as the blob `m`; a commit with a blob `d` takes that mail back. The first format
//! (public-inbox-v1-format(5)) has all mails as files `2/38` in the tree of the newest
//! commit. Neither the commits' dates nor their authors are those of the mails.
//!
//! Kept for a mail are the ids of its commit and its blob; the bytes are read when asked
//! for, by any number of threads. Nothing that is missing or damaged ends the reading.

use std::collections::HashSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use gix::objs::{Kind, TreeRefIter};
use gix::odb::pack::Find;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use rayon::prelude::*;

use super::history::{Commit, History, MailBlob, Walk, Walked, read_commit};
use super::public_inbox;
use crate::diagnostic::Diagnostic;

/// Commits whose trees one thread reads at once.
const PIECE: usize = 512;

/// Bytes of unpacked objects that each thread keeps, for those packed as what differs from
/// them.
const UNPACKED: usize = 4 << 20;

/// One repository of a list.
pub struct Epoch {
    path: PathBuf,
    repository: gix::ThreadSafeRepository,
    /// Handles that no thread uses now; each keeps what it has unpacked last.
    idle: Mutex<Vec<gix::Repository>>,
    history: History,
    /// Whether the history can be kept: nothing of it is missing or cut off, so that it only
    /// grows.
    is_whole: bool,
    /// Whether any of it wasn't known before.
    is_new: bool,
    /// The mails of the history without those that were taken back; none where all are there.
    left: Option<Vec<MailBlob>>,
}

/// Why an object can't be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// It isn't in the repository.
    Missing,
    /// It is there, but not whole.
    Damaged(String),
}

impl Epoch {
    /// Opens a repository and reads which commit holds which mail, as far as that isn't known.
    /// There is none where there is no mail; what is wrong is told beside it.
    pub(super) fn open(path: &Path, known: Option<&History>) -> (Option<Epoch>, Vec<Diagnostic>) {
        let public_inbox::Checked { repository, mut doubts } = match public_inbox::open(path) {
            Ok(checked) => checked,
            Err(fault) => return (None, vec![fault]),
        };
        let mut epoch = Epoch {
            path: path.to_path_buf(),
            repository,
            idle: Mutex::default(),
            history: History::default(),
            is_whole: false,
            is_new: true,
            left: None,
        };
        match epoch.fill(known) {
            Ok(faults) => {
                doubts.extend(faults);
                (Some(epoch), doubts)
            }
            Err(fault) => {
                doubts.push(fault);
                (None, doubts)
            }
        }
    }

    /// Reads the history. Fails where there is no commit to begin with, or no mail in any;
    /// gives all other faults.
    fn fill(&mut self, known: Option<&History>) -> Result<Vec<Diagnostic>, Diagnostic> {
        let (Walked { history, trees, lost }, is_shallow) = self.with_handle(|handle| {
            let tip = tip(handle, &self.path)?;
            let shallow = handle.shallow_commits().ok().flatten();
            let shallow: HashSet<ObjectId> =
                shallow.map(|commits| commits.iter().copied().collect()).unwrap_or_default();
            let is_shallow = !shallow.is_empty();
            // Of one that was cut off, what came before may be fetched any time.
            let known = known.filter(|known| !is_shallow && known.goes_on_to(tip, handle));
            let walk = Walk::new(handle, shallow, known.cloned().unwrap_or_default());
            Ok((walk.from(tip), is_shallow))
        })?;
        self.is_new = !trees.is_empty();
        self.history = history;
        let mut faults: Vec<_> =
            lost.iter().map(|(id, fault)| self.lost_commit(id, fault)).collect();
        faults.extend(self.find_mails(&trees));
        self.is_whole = faults.is_empty() && !is_shallow;
        let History { mails, removals, .. } = &self.history;
        match faults.is_empty() && mails.is_empty() && removals.is_empty() {
            true => Err(no_mail(&self.path)),
            false => Ok(faults),
        }
    }

    /// Runs `work` with a handle of the repository.
    fn with_handle<T>(&self, work: impl FnOnce(&gix::Repository) -> T) -> T {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = idle.unwrap_or_else(|| {
            let mut handle = self.repository.to_thread_local();
            // Otherwise each object that is missing costs a look at all packs.
            handle.objects.refresh_never();
            handle.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(UNPACKED)));
            handle
        });
        let done = work(&handle);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        done
    }

    /// Notes the mails of the newest commits, given their trees.
    fn find_mails(&mut self, trees: &[ObjectId]) -> Vec<Diagnostic> {
        let newest = self.with_handle(|handle| trees.last().map(|tree| old_mails(handle, tree)));
        let first = (self.history.commits.len() - trees.len()) as u32;
        if let Some(Some((mails, faults))) = newest {
            let commit = first + trees.len() as u32 - 1;
            self.history.mails = mails.into_iter().map(|blob| MailBlob { commit, blob }).collect();
            return self.lost("directory", &faults);
        }
        let this: &Epoch = self;
        let held: Vec<Result<Held, Fault>> = trees
            .par_chunks(PIECE)
            .flat_map_iter(|trees| {
                this.with_handle(|handle| {
                    let mut buffer = Vec::new();
                    trees.iter().map(|tree| held(handle, tree, &mut buffer)).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut lost = Vec::new();
        for (commit, held_now) in (first..).zip(&held) {
            let is_same = |parent: u32| match parent.checked_sub(first) {
                Some(parent) => &held[parent as usize] == held_now,
                None => &self.held_by(parent) == held_now,
            };
            // A merge, say, changes nothing.
            let repeats = self.history.parents(commit).into_iter().any(is_same);
            match held_now {
                Ok(Held::Mail(blob)) if !repeats => {
                    self.history.mails.push(MailBlob { commit, blob: *blob })
                }
                Ok(Held::Removal(blob)) if !repeats => {
                    self.history.removals.push(MailBlob { commit, blob: *blob });
                }
                Ok(_) => {}
                Err(fault) => lost.push((commit, fault.clone())),
            }
        }
        self.lost("mail", &lost)
    }

    /// What a commit holds.
    fn held_by(&self, commit: u32) -> Result<Held, Fault> {
        self.with_handle(|handle| {
            let mut buffer = Vec::new();
            let id = self.history.commits[commit as usize].id;
            let tree = read_commit(handle, id, &mut buffer)?.tree;
            held(handle, &tree, &mut buffer)
        })
    }

    /// Its history, where that can be kept.
    pub(crate) fn history(&self) -> Option<&History> {
        self.is_whole.then_some(&self.history)
    }

    /// Whether any of its history wasn't known when it was opened.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Where it is, as configured or found.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its commits: parents stand before their children, first parents first.
    pub fn commits(&self) -> &[Commit] {
        &self.history.commits
    }

    /// Which commits are reached from one, itself included, by position.
    pub fn reached(&self, from: u32) -> Vec<bool> {
        let mut reached = vec![false; self.history.commits.len()];
        reached[from as usize] = true;
        for commit in (0..=from).rev() {
            if reached[commit as usize] {
                self.history
                    .parents(commit)
                    .into_iter()
                    .for_each(|parent| reached[parent as usize] = true);
            }
        }
        reached
    }

    /// The position of the commit that a tag, a branch or the first digits of an id name;
    /// nothing if none does, or several do.
    pub fn find(&self, name: &str) -> Option<u32> {
        let position = |id: ObjectId| self.commits().iter().position(|commit| commit.id == id);
        let by_ref = self.with_handle(|handle| {
            let mut found = handle.try_find_reference(name).ok().flatten()?;
            found.peel_to_id().ok().map(|id| id.detach())
        });
        if let Some(found) = by_ref.and_then(position) {
            return u32::try_from(found).ok();
        }
        let prefix = gix::hash::Prefix::from_hex(name).ok()?;
        let is_meant = |commit: &Commit| prefix.cmp_oid(&commit.id).is_eq();
        let mut meant = (0..).zip(self.commits()).filter(|(_, commit)| is_meant(commit));
        let first = meant.next().map(|(position, _)| position);
        first.filter(|_| meant.next().is_none())
    }

    /// The mails, by the position of their commits.
    pub(super) fn mails(&self) -> &[MailBlob] {
        self.left.as_deref().unwrap_or(&self.history.mails)
    }

    /// The commit that a mail came with.
    pub fn commit_of(&self, mail: usize) -> Option<u32> {
        self.mails().get(mail).map(|mail| mail.commit)
    }

    /// The object id of a mail.
    pub fn blob_of(&self, mail: usize) -> Option<String> {
        self.mails().get(mail).map(|mail| mail.blob.to_hex().to_string())
    }

    /// The mails that were taken back, with the commits that say so.
    pub(super) fn removals(&self) -> &[MailBlob] {
        &self.history.removals
    }

    /// Leaves out mails.
    pub(super) fn retain(&mut self, keep: impl Fn(&MailBlob) -> bool) {
        let all = self.history.mails.iter();
        self.left = Some(all.filter(|mail| keep(mail)).copied().collect());
    }

    /// Calls `work` with each of some mails, or the reason why it can't be read.
    pub(super) fn read_each(
        &self,
        mails: Range<usize>,
        mut work: impl FnMut(usize, Result<&[u8], Fault>),
    ) {
        self.with_handle(|handle| {
            let mut buffer = Vec::new();
            for (index, mail) in mails.clone().zip(&self.mails()[mails]) {
                work(index, object(handle, &mail.blob, Kind::Blob, &mut buffer));
            }
        });
    }

    /// The bytes of a mail; none if it can't be read.
    pub(super) fn read(&self, mail: usize) -> Vec<u8> {
        let mut buffer = Vec::new();
        let Some(mail) = self.mails().get(mail) else { return buffer };
        let found = self.with_handle(|h| object(h, &mail.blob, Kind::Blob, &mut buffer).is_ok());
        if found { buffer } else { Vec::new() }
    }

    /// Bytes of all packs: what reading the repository costs, about.
    pub(super) fn stored(&self) -> u64 {
        self.packs().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
    }

    /// What to say of mails that can't be read, each with the position of its commit.
    pub(super) fn lost(&self, what: &str, faults: &[(u32, Fault)]) -> Vec<Diagnostic> {
        let missing = |fault: &Fault| *fault == Fault::Missing;
        [true, false]
            .into_iter()
            .filter_map(|is_missing| {
                let mut alike = faults.iter().filter(|(_, fault)| missing(fault) == is_missing);
                let (commit, first) = alike.next()?;
                Some(self.lost_alike(what, 1 + alike.count(), *commit, first))
            })
            .collect()
    }

    fn lost_alike(&self, what: &str, count: usize, commit: u32, fault: &Fault) -> Diagnostic {
        let commit = self.commits().get(commit as usize).map_or(String::new(), Commit::shown);
        let (what, first) = match count {
            1 => (format!("one {what} is"), "that"),
            _ => (format!("{count} {} are", plural(what)), "the first that"),
        };
        let (problem, hint) = match fault {
            Fault::Missing if self.is_partial() => (
                format!("{what} not in the repository, {first} of commit {commit}"),
                "it is a partial clone: clone it without `--filter`".to_string(),
            ),
            Fault::Missing => (
                format!("{what} not in the repository, {first} of commit {commit}"),
                self.see_fsck(),
            ),
            Fault::Damaged(why) => {
                (format!("{what} damaged, {first} of commit {commit}: {why}"), self.see_fsck())
            }
        };
        Diagnostic::warning(problem).in_file(&self.path).hint(hint)
    }

    fn lost_commit(&self, id: &ObjectId, fault: &Fault) -> Diagnostic {
        let why = match fault {
            Fault::Missing => "is missing".to_string(),
            Fault::Damaged(why) => format!("is damaged: {why}"),
        };
        let problem = format!("commit {id} {why}; the mails up to it are left out");
        Diagnostic::warning(problem).in_file(&self.path).hint(self.see_fsck())
    }

    /// Whether it has packs that are meant to be incomplete (git-clone(1), `--filter`).
    fn is_partial(&self) -> bool {
        let is_promise = |path: &Path| path.extension().is_some_and(|end| end == "promisor");
        self.packs().any(|file| is_promise(&file.path()))
    }

    fn packs(&self) -> impl Iterator<Item = fs::DirEntry> + use<> {
        let packs = self.repository.objects_dir().join("pack");
        fs::read_dir(packs).into_iter().flatten().flatten()
    }

    fn see_fsck(&self) -> String {
        format!("`git -C {} fsck` says what is damaged; clone it again", self.path.display())
    }
}

fn no_mail(path: &Path) -> Diagnostic {
    Diagnostic::warning("no commit of this repository holds a mail")
        .in_file(path)
        .hint("name a repository of public-inbox: each of its commits has a file `m`")
}

fn plural(what: &str) -> String {
    what.strip_suffix('y').map_or_else(|| format!("{what}s"), |stem| format!("{stem}ies"))
}

/// The newest commit: that of HEAD; where it names a branch that isn't there, that of the
/// only branch.
fn tip(repository: &gix::Repository, path: &Path) -> Result<ObjectId, Diagnostic> {
    let unreadable = |error: gix::Error| {
        Diagnostic::warning(format!("its newest commit can't be told: {error}"))
            .in_file(path)
            .hint("see what HEAD and the files in refs/ say, or clone it again")
    };
    let head =
        repository.head().and_then(|mut head| Ok(head.try_peel_to_id()?.map(|id| id.detach())));
    if let Some(tip) = head.map_err(unreadable)? {
        return Ok(tip);
    }
    let references = repository.references().map_err(unreadable)?;
    let mut branches = references.local_branches().map_err(unreadable)?.flatten();
    match (branches.next(), branches.next()) {
        (Some(mut only), None) => Ok(only.peel_to_id().map_err(unreadable)?.detach()),
        (None, _) => Err(Diagnostic::warning("the repository has no commits")
            .in_file(path)
            .hint(format!("`git -C {} fetch` may bring some", path.display()))),
        _ => {
            Err(Diagnostic::warning("HEAD names a branch that isn't there, and there are several")
                .in_file(path)
                .hint(format!("`git -C {} symbolic-ref HEAD refs/heads/NAME`", path.display())))
        }
    }
}

/// Reads an object of one kind into `buffer`.
pub(super) fn object<'a>(
    repository: &gix::Repository,
    id: &ObjectId,
    kind: Kind,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a [u8], Fault> {
    let damaged = |error: gix::Error| Fault::Damaged(error.to_string());
    let found = Find::try_find(&*repository.objects, id, buffer).map_err(damaged)?;
    let (data, location) = found.ok_or(Fault::Missing)?;
    if data.kind != kind {
        return Err(Fault::Damaged(format!("object {id} is a {}, not a {kind}", data.kind)));
    }
    // Packs have checksums of their own; of a loose object its name is the only one.
    if location.is_none() {
        data.verify_checksum(id).map_err(damaged)?;
    }
    Ok(data.data)
}

/// What the tree of a commit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Mail(ObjectId),
    Removal(ObjectId),
    Nothing,
}

fn held(
    repository: &gix::Repository,
    tree: &ObjectId,
    buffer: &mut Vec<u8>,
) -> Result<Held, Fault> {
    let bytes = object(repository, tree, Kind::Tree, buffer)?;
    let mut found = Held::Nothing;
    for entry in TreeRefIter::from_bytes(bytes, tree.kind()) {
        let entry = entry.map_err(|error| Fault::Damaged(error.to_string()))?;
        match entry.filename.as_ref() as &[u8] {
            b"m" if entry.mode.is_blob() => return Ok(Held::Mail(entry.oid.to_owned())),
            b"d" if entry.mode.is_blob() => found = Held::Removal(entry.oid.to_owned()),
            _ => {}
        }
    }
    Ok(found)
}

/// The entries of a tree whose names are so many hexadecimal digits.
fn hex_entries(
    repository: &gix::Repository,
    tree: &ObjectId,
    digits: usize,
) -> Result<Vec<ObjectId>, Fault> {
    let mut buffer = Vec::new();
    let bytes = object(repository, tree, Kind::Tree, &mut buffer)?;
    let entries = TreeRefIter::from_bytes(bytes, tree.kind()).flatten();
    let named = entries.filter(|entry| {
        entry.filename.len() == digits && entry.filename.iter().all(u8::is_ascii_hexdigit)
    });
    Ok(named.map(|entry| entry.oid.to_owned()).collect())
}

/// The mails of a tree in the first format, and the directories that can't be read; nothing
/// if it isn't one.
#[allow(clippy::type_complexity, reason = "the two halves are named in the line above")]
fn old_mails(
    repository: &gix::Repository,
    tree: &ObjectId,
) -> Option<(Vec<ObjectId>, Vec<(u32, Fault)>)> {
    let directories = hex_entries(repository, tree, 2).ok().filter(|found| !found.is_empty())?;
    let mut mails = Vec::new();
    let mut faults = Vec::new();
    for directory in directories {
        match hex_entries(repository, &directory, 38) {
            Ok(found) => mails.extend(found),
            Err(fault) => faults.push((0, fault)),
        }
    }
    Some((mails, faults))
}

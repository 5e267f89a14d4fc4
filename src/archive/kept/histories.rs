//! What was read of the history of repositories, kept from build to build.
//!
//! It is a file beside that of the facts, for a decade of a list less than a second's work: the
//! ids of all commits and mails. Each repository goes on from its own. A file that is damaged
//! costs one reading of all histories.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use gix::ObjectId;

use super::codec::{self, Plain, Reader};
use super::{Keeping, damaged, replace};
use crate::archive::pack::Sealed;
use crate::diagnostic::Diagnostic;
use crate::source::{self, Commit, History, MailBlob, Store};

const FIRST_LINE: &[u8] = b"patchpress-histories 1\n";

/// The histories that are kept, by the paths of their repositories, and that they can't be used.
pub(in crate::archive) fn open(
    keeping: &Keeping,
) -> (HashMap<PathBuf, History>, Option<Diagnostic>) {
    let Some(path) = &keeping.histories else { return Default::default() };
    let Ok(bytes) = source::mapped(path) else { return Default::default() };
    match read(&bytes, keeping.program) {
        Some(histories) => (histories, None),
        None => (HashMap::new(), Some(damaged(path, "the history of the repositories"))),
    }
}

/// Keeps the histories of a store's repositories, unless they are kept. What can't be written is
/// not kept: the next build reads them.
pub(super) fn save(keeping: &Keeping, store: &Store) -> Option<()> {
    let path = keeping.histories.as_deref()?;
    let histories = store.histories()?;
    let mut bytes = FIRST_LINE.to_vec();
    codec::word_into(&mut bytes, keeping.program);
    codec::word_into(&mut bytes, histories.len() as u64);
    for (path, history) in histories {
        codec::text_into(&mut bytes, path.to_str()?);
        write(&mut bytes, history);
    }
    Sealed::close(&mut bytes);
    replace(path, &bytes)
}

/// None where the bytes are not what was written; nothing of what another program wrote.
fn read(bytes: &[u8], program: u64) -> Option<HashMap<PathBuf, History>> {
    let sealed = Sealed::open(bytes)?;
    let mut reader = Reader::new(sealed.content.strip_prefix(FIRST_LINE)?);
    if reader.word()? != program {
        return Some(HashMap::new());
    }
    let mut histories = HashMap::new();
    for _ in 0..reader.word()? {
        histories.insert(PathBuf::from(reader.text()?), history(&mut reader)?);
    }
    reader.is_empty().then_some(histories)
}

fn write(bytes: &mut Vec<u8>, history: &History) {
    let History { commits, forks, mails, removals } = history;
    codec::array_into(bytes, commits);
    codec::word_into(bytes, forks.len() as u64);
    for (commit, parents) in forks {
        codec::word_into(bytes, u64::from(*commit));
        codec::array_into(bytes, parents);
    }
    codec::array_into(bytes, mails);
    codec::array_into(bytes, removals);
}

/// Reads one, whose positions are all within it.
fn history(reader: &mut Reader<'_>) -> Option<History> {
    let commits: Vec<Commit> = codec::array(reader)?;
    let mut forks = BTreeMap::new();
    for _ in 0..reader.word()? {
        let commit = u32::try_from(reader.word()?).ok()?;
        let parents: Vec<u32> = codec::array(reader)?;
        if !parents.iter().all(|parent| *parent < commit) {
            return None;
        }
        forks.insert(commit, parents);
    }
    let mails: Vec<MailBlob> = codec::array(reader)?;
    let removals: Vec<MailBlob> = codec::array(reader)?;
    let there = |commit: u32| (commit as usize) < commits.len();
    let all = mails.iter().chain(&removals).map(|mail| mail.commit);
    all.chain(forks.keys().copied()).all(there).then_some(())?;
    Some(History { commits, forks, mails, removals })
}

impl Plain for ObjectId {
    const BYTES: usize = 20;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_slice());
    }

    #[inline]
    fn get(bytes: &[u8]) -> Self {
        ObjectId::Sha1(bytes.try_into().unwrap_or_default())
    }
}

codec::record!(Commit { id: ObjectId, time: i64 });
codec::record!(MailBlob { commit: u32, blob: ObjectId });

//! What came since: a small file beside the large one that was written once.
//!
//! It belongs to one large file, its base, and knows that by its checksum; beside another it says
//! nothing. It tells which rows of the base no longer count, as that of the last mail of an mbox
//! that was appended to and is read once more; of which files something else is known by now; and
//! has the mails that came. Their texts are numbered on from those of the base, so that the
//! two are put together without looking for any text.
//!
//! It is written whole each time, so it must stay small: where it would not, the base is written
//! anew, with everything in it.

use std::path::Path;

use crate::archive::Fault;
use crate::archive::hashed::{Map, Set};
use crate::archive::kept::codec::{self, Reader};
use crate::archive::kept::{FileNote, Kept, noted_into};
use crate::archive::pack::Sealed;
use crate::archive::table::{Extent, Table};
use crate::source::{FileId, InputFile, Origin};

const FIRST_LINE: &[u8] = b"patchpress-facts-since 1\n";

/// One in so many bytes, or mails, of the base is as much as may have come since.
pub(super) const PART: usize = 8;

/// A large file as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    /// Its checksum.
    pub(super) sum: u64,
    /// How many bytes it has.
    pub(super) bytes: usize,
    /// How much its table has.
    pub(super) extent: Extent,
    /// How many faults of it count.
    pub(super) faults: usize,
}

/// What is known of files, by path, which is UTF-8: nothing else is kept. From the base, and
/// otherwise since.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) base: Map<Box<str>, FileNote>,
    /// Nothing where a file is gone.
    pub(super) since: Map<Box<str>, Option<FileNote>>,
}

impl Notes {
    pub(super) fn get(&self, path: &Path) -> Option<&FileNote> {
        let path = path.to_str()?;
        self.since.get(path).map_or_else(|| self.base.get(path), Option::as_ref)
    }

    /// How many files are known.
    pub(super) fn len(&self) -> usize {
        let untold = self.base.keys().filter(|path| !self.since.contains_key(*path)).count();
        untold + self.since.values().flatten().count()
    }
}

/// What a small file has.
#[derive(Debug)]
struct Since {
    /// Rows of the base that no longer count, in order.
    gone: Vec<u32>,
    files: Map<Box<str>, Option<FileNote>>,
    faults: Vec<Fault>,
    table: Table,
}

impl Kept {
    /// Puts what came since to what a base has. That of another base is left alone; nothing is
    /// given, and nothing changed, where it is damaged.
    pub(super) fn go_on(&mut self, bytes: &[u8]) -> Option<()> {
        let Some(base) = &mut self.base else { return Some(()) };
        let Some(since) = Since::read(bytes, base)? else { return Some(()) };
        let records = &self.table.records;
        let gone: Set<Origin> =
            since.gone.iter().map(|row| records[*row as usize].origin()).collect();
        self.faults.retain(|fault| !gone.contains(&fault.origin));
        base.faults = self.faults.len();
        self.faults.extend(since.faults);
        self.table.go_on(&since.table);
        (self.files.since, self.gone) = (since.files, since.gone);
        Some(())
    }
}

impl Since {
    /// What came since a base: none within where the file is of another one, none at all where
    /// it is damaged.
    fn read(bytes: &[u8], base: &Base) -> Option<Option<Since>> {
        let Sealed { content, .. } = Sealed::open(bytes)?;
        let mut reader = Reader::new(content.strip_prefix(FIRST_LINE)?);
        if reader.word()? != base.sum {
            return Some(None);
        }
        let gone: Vec<u32> = codec::array(&mut reader)?;
        let rows_are_there = gone.last().is_none_or(|row| (*row as usize) < base.extent.rows);
        if !gone.is_sorted_by(|a, b| a < b) || !rows_are_there {
            return None;
        }
        let mut files = Map::default();
        for _ in 0..reader.word()? {
            files.insert(reader.text()?.into(), Some(FileNote::read(&mut reader)?));
        }
        for _ in 0..reader.word()? {
            files.insert(reader.text()?.into(), None);
        }
        let faults = codec::faults(&mut reader)?;
        let table = codec::table(&mut reader, base.extent)?;
        u32::try_from(base.extent.texts + table.texts.len()).ok().filter(|n| *n < u32::MAX)?;
        reader.is_empty().then_some(Some(Since { gone, files, faults, table }))
    }
}

/// What of a base still counts, once it was compared with a store.
#[derive(Debug)]
pub(in crate::archive) struct Standing {
    pub(super) base: Base,
    pub(super) notes: Map<Box<str>, FileNote>,
    /// Its rows that don't count, in order.
    pub(super) gone: Vec<u32>,
    /// Where its faults that count are in the store.
    pub(super) faults: Set<Origin>,
    /// The number by which the base knows each file of the store, or one that it may have.
    pub(super) numbers: Vec<u32>,
}

impl Standing {
    /// The small file of what came since; none where that is too much for one.
    pub(super) fn bytes(
        &self,
        noted: &[(&InputFile, FileNote)],
        (table, faults): (&Table, &[Fault]),
    ) -> Option<Vec<u8>> {
        let Base { sum, bytes: size, extent, .. } = self.base;
        let rows = extent.rows.checked_sub(self.gone.len())?;
        let few = |count: usize| count <= extent.rows / PART;
        if !few(self.gone.len()) || !few(table.len().checked_sub(rows)?) {
            return None;
        }
        let mut since = table.since(Extent { rows, ..extent });
        since.records.iter_mut().for_each(|r| r.file = self.number(FileId(r.file)).0);
        let mut bytes = FIRST_LINE.to_vec();
        codec::word_into(&mut bytes, sum);
        codec::array_into(&mut bytes, &self.gone);
        self.files_into(&mut bytes, noted)?;
        codec::faults_into(&mut bytes, &self.new_faults(faults));
        codec::table_into(&mut bytes, &since);
        Sealed::close(&mut bytes);
        (bytes.len() <= size / PART).then_some(bytes)
    }

    fn number(&self, file: FileId) -> FileId {
        FileId(self.numbers[file.0 as usize])
    }

    /// Adds the notes that are not the base's, and the paths of files that it knows and nobody
    /// else does.
    fn files_into(&self, bytes: &mut Vec<u8>, noted: &[(&InputFile, FileNote)]) -> Option<()> {
        let mut other = Vec::new();
        let mut stay: Set<&str> = Set::default();
        for (file, note) in noted {
            let path = file.path.to_str()?;
            let known = self.notes.get_key_value(path);
            stay.extend(known.map(|(path, _)| &**path));
            let note = FileNote { id: self.number(FileId(note.id)).0, ..note.clone() };
            if known.is_none_or(|(_, known)| *known != note) {
                other.push((*file, note));
            }
        }
        noted_into(bytes, &other)?;
        let all = self.notes.keys().map(|path| &**path);
        let mut gone: Vec<&str> = all.filter(|path| !stay.contains(path)).collect();
        gone.sort_unstable();
        codec::word_into(bytes, gone.len() as u64);
        gone.into_iter().for_each(|path| codec::text_into(bytes, path));
        Some(())
    }

    fn new_faults(&self, faults: &[Fault]) -> Vec<Fault> {
        let new = faults.iter().filter(|fault| !self.faults.contains(&fault.origin));
        let origin = |origin: Origin| Origin { file: self.number(origin.file), ..origin };
        new.map(|fault| Fault { origin: origin(fault.origin), ..fault.clone() }).collect()
    }
}

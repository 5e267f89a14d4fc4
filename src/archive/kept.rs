//! What was read of the mail, kept from build to build: mail that is known need not be read
//! again.
//!
//! Of each input file it is kept how it looked (size, time, and a hash of what was read), and
//! how far it was read. A file that looks the same is not touched. One that begins with what
//! was read, because it was appended to or merely copied, is read from where that ended.
//! Every other is read anew, as is one that something was wrong with, so that it is said again.
//! Files of mail are known by their paths; a repository by the objects of its mails.
//!
//! All of it is one file beside the configuration with a checksum, replaced in one step. Where
//! that is damaged, of another program, or of other `K:` expressions in MAINTAINERS, all mail is
//! read. How a table is written down is [`codec`]'s. That file is written once; what came since is
//! kept in a small one beside it ([`since`]), so that keeping it costs what is new. The ids of all
//! commits of repositories are a third ([`histories`]).
//!
//! Several processes can each read a part of the mail and keep it in a file of its own. One that
//! is given those files puts them together, and reads what is in none of them.

mod codec;
pub(super) mod histories;
mod since;

use std::collections::hash_map::Entry;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::archive::Fault;
use crate::archive::hashed::Map;
use crate::archive::pack::Sealed;
use crate::archive::table::{Builder, Extent, Place, Table};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{
    self, FileId, InputFile, Inputs, Origin, Part, Reading, Shape, Sighting, Store, nanos,
};
use codec::Reader;
use since::{Base, Notes, Standing};

const FIRST_LINE: &[u8] = b"patchpress-facts 1\n";
/// How files of every version begin.
const FIRST_WORD: &[u8] = b"patchpress-facts ";

/// How much older than the build a file must be for its time to be trusted: what is written to
/// twice within the grain of a file system's clock, two seconds at most, can look the same.
const GRAIN: Duration = Duration::from_secs(2);

/// Where to keep what was read, and what else it depends on.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// The file.
    pub path: PathBuf,
    /// The file of what came since that one was written. Where there is none, all of it is
    /// written anew each time, and stays one file.
    pub since: Option<PathBuf>,
    /// The file of what was read of the history of repositories, if that is kept.
    pub histories: Option<PathBuf>,
    /// Files that other processes have kept, each of a part of the mail. Where there are some,
    /// they are read instead of the file, and nothing is kept.
    pub parts: Vec<PathBuf>,
    /// The input files of all lists, where they were looked at before.
    pub inputs: Option<Arc<Inputs>>,
    /// A hash of the program, which another one may read otherwise.
    pub program: u64,
    /// When the build began, by the clock of the file system that the mail is on.
    pub now: Duration,
}

impl Keeping {
    /// When a file was last written to, in nanoseconds since 1970; 0 where that is not known, or
    /// so lately that a later change need not show.
    fn trusted(&self, file: &InputFile) -> u64 {
        let modified = nanos(file.modified);
        if Duration::from_nanos(modified) + GRAIN < self.now { modified } else { 0 }
    }
}

/// What earlier builds have read.
#[derive(Debug, Default)]
pub(super) struct Kept {
    files: Notes,
    table: Table,
    /// The base's before those that came since.
    faults: Vec<Fault>,
    /// The file that what came since is kept beside.
    base: Option<Base>,
    /// Rows of the table that don't count any more, in order.
    gone: Vec<u32>,
}

/// What is known of a file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileNote {
    /// Its place in the store of then: what the table's mails say.
    id: u32,
    /// Bytes as stored.
    stored: u64,
    /// Nanoseconds since 1970; 0 where that is not known, or too young to be trusted.
    modified: u64,
    /// How much was read: bytes, or mails of a repository.
    extent: u64,
    /// A hash of that.
    print: u64,
    /// Where reading goes on if there is more.
    resume: u64,
    /// The number of its [`Shape`]; 0 where it should be looked at again.
    shape: u64,
}

/// What of the store is known, and what is left to read.
pub(super) struct Plan {
    /// What is known, at the places where the store has it now.
    pub(super) table: Table,
    /// What is wrong with mails that are known.
    pub(super) faults: Vec<Fault>,
    /// What to read of each file.
    pub(super) parts: Vec<Part>,
    /// Of each file of which nothing is to be read what is known of it.
    pub(super) notes: Vec<Option<FileNote>>,
    /// What of the file that is kept still counts, where there is one.
    pub(super) standing: Option<Standing>,
}

impl Plan {
    /// Whether what is kept is all that there is to keep of the store: nothing of it is to be
    /// read, and every file would be noted as it is. For a note alone the large file is not
    /// written anew.
    pub(super) fn is_all(&self, store: &Store, keeping: &Keeping) -> bool {
        let is_noted = |(note, file): (&Option<FileNote>, &InputFile)| {
            let seen = (file.stored, keeping.trusted(file));
            note.as_ref().is_some_and(|note| (note.stored, note.modified) == seen)
        };
        self.parts.iter().all(|part| *part == Part::Nothing)
            && (keeping.since.is_none() || self.notes.iter().zip(store.files()).all(is_noted))
    }
}

impl Kept {
    /// Reads what is kept, and says what of that can't be used: errors where a file that was
    /// named isn't there.
    pub(super) fn open(keeping: &Keeping, rules: u64) -> (Kept, Vec<Diagnostic>) {
        let of = (keeping.program, rules);
        if !keeping.parts.is_empty() {
            return Kept::together(&keeping.parts, of);
        }
        let Ok(bytes) = source::mapped(&keeping.path) else {
            return (Kept::default(), Vec::new());
        };
        let program = bytes.strip_prefix(FIRST_LINE).and_then(|rest| Reader::new(rest).word());
        match Found::read(&bytes, of) {
            Found::Fitting(kept) => kept.with_what_came(keeping.since.as_deref()),
            // Other rules are the user's own doing.
            Found::Other if program == Some(keeping.program) => (Kept::default(), Vec::new()),
            Found::Other | Found::Damaged => (Kept::default(), vec![damaged(&keeping.path, ALL)]),
        }
    }

    /// Goes on with what came since, if that can be used.
    fn with_what_came(mut self, since: Option<&Path>) -> (Kept, Vec<Diagnostic>) {
        let found = since.and_then(|path| Some((path, fs::read(path).ok()?)));
        let notes = match found {
            Some((path, bytes)) if self.go_on(&bytes).is_none() => vec![damaged(path, NEWEST)],
            _ => Vec::new(),
        };
        (self, notes)
    }

    /// What several processes have kept, as if one had.
    fn together(parts: &[PathBuf], of: (u64, u64)) -> (Kept, Vec<Diagnostic>) {
        let mut all = Joined::default();
        let mut diagnostics = Vec::new();
        for path in parts {
            match part(path, of) {
                Ok(part) => all.add(part),
                Err(fault) => diagnostics.push(fault),
            }
        }
        (all.finish(), diagnostics)
    }

    /// How many files are known.
    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    /// How a file was seen when it was read, if its time is to be trusted.
    pub(super) fn sighting(&self, path: &Path) -> Option<Sighting> {
        let note = self.files.get(path).filter(|note| note.modified != 0)?;
        let shape = Shape::from_number(note.shape)?;
        let FileNote { stored, modified, extent, .. } = *note;
        Some(Sighting { stored, modified, size: extent, shape })
    }

    /// What of a store is known. `position` says for a mail of a file which place it has on its
    /// list.
    pub(super) fn plan(
        self,
        store: &Store,
        position: impl Fn(FileId, &InputFile, u64) -> u32,
    ) -> Plan {
        let (parts, notes, now) = self.compare(store);
        let Kept { files: known, mut table, faults, base, gone } = self;
        let files = store.files();
        let mut gone = gone.into_iter().peekable();
        let left_out = table.retain(|row, place| {
            if gone.next_if_eq(&row).is_some() {
                return None;
            }
            let origin = now.moved(place.origin)?;
            let file = &files[origin.file.0 as usize];
            let position = position(origin.file, file, origin.offset);
            Some(Place { origin, list: crate::archive::ListId(file.list), position })
        });
        let (old, new) = faults.split_at(base.map_or(0, |base| base.faults));
        let mut faults = now.moved_all(old);
        let standing = base.map(|base| Standing {
            base,
            notes: known.base,
            gone: left_out.into_iter().filter(|row| (*row as usize) < base.extent.rows).collect(),
            faults: faults.iter().map(|fault| fault.origin).collect(),
            numbers: now.numbers(files.len()),
        });
        faults.extend(now.moved_all(new));
        faults.sort_by_key(|fault| fault.origin);
        Plan { table, faults, parts, notes, standing }
    }

    /// What of each file of a store is to be read, what is known of it where that is nothing, and
    /// where the files of then are.
    fn compare(&self, store: &Store) -> (Vec<Part>, Vec<Option<FileNote>>, Now) {
        let files = (0..).map(FileId).zip(store.files());
        let mut parts = Vec::with_capacity(store.files().len());
        let mut notes = Vec::with_capacity(store.files().len());
        let mut now = Now::default();
        for (id, file) in files {
            // A file that two lists name was read for each, and is known for one of them.
            let note = self.files.get(&file.path).filter(|note| !now.0.contains_key(&note.id));
            let part = note.map_or(Part::Whole, |note| note.part(store, id, file));
            if let Some(note) = note {
                match part {
                    Part::Whole => {}
                    Part::From(start) => _ = now.0.insert(note.id, (id, start)),
                    Part::Nothing => _ = now.0.insert(note.id, (id, u64::MAX)),
                }
            }
            parts.push(part);
            notes.push(note.filter(|_| part == Part::Nothing).cloned());
        }
        (parts, notes, now)
    }
}

/// Of each file of then its place now, and up to where its mails stand.
#[derive(Default)]
struct Now(Map<u32, (FileId, u64)>);

impl Now {
    /// Where a mail is now, if it stands.
    fn moved(&self, origin: Origin) -> Option<Origin> {
        let (file, end) = self.0.get(&origin.file.0)?;
        (origin.offset < *end).then_some(Origin { file: *file, ..origin })
    }

    fn moved_all(&self, faults: &[Fault]) -> Vec<Fault> {
        let stay = faults.iter().filter_map(|fault| Some((self.moved(fault.origin)?, fault)));
        stay.map(|(origin, fault)| Fault { origin, ..fault.clone() }).collect()
    }

    /// The numbers by which files are kept: those of then, where mails of then stand, and others
    /// for the rest.
    fn numbers(&self, files: usize) -> Vec<u32> {
        let mut known = vec![None; files];
        self.0.iter().for_each(|(number, (file, _))| known[file.0 as usize] = Some(*number));
        let mut free = (0..=u32::MAX).filter(|number| !self.0.contains_key(number));
        known.into_iter().map(|number| number.or_else(|| free.next()).unwrap_or(u32::MAX)).collect()
    }
}

/// What several processes have kept, while it is put together.
#[derive(Default)]
struct Joined {
    files: Map<Box<str>, FileNote>,
    mails: Builder,
    faults: Vec<Fault>,
}

impl Joined {
    /// Adds what one has kept. Its files get numbers of their own; of a file that two have read,
    /// the first one's mails stay.
    fn add(&mut self, part: Kept) {
        let mut numbers: Map<u32, u32> = Map::default();
        for (path, note) in part.files.base {
            let id = self.files.len() as u32;
            if let Entry::Vacant(free) = self.files.entry(path) {
                numbers.insert(note.id, id);
                free.insert(FileNote { id, ..note });
            }
        }
        let moved = |origin: Origin| {
            let file = FileId(*numbers.get(&origin.file.0)?);
            Some(Origin { file, ..origin })
        };
        let mut table = part.table;
        table.retain(|_, place| Some(Place { origin: moved(place.origin)?, ..place }));
        self.mails.append(&table);
        let faults = part.faults.into_iter();
        self.faults.extend(faults.filter_map(|f| Some(Fault { origin: moved(f.origin)?, ..f })));
    }

    fn finish(self) -> Kept {
        let files = Notes { base: self.files, ..Notes::default() };
        let (table, faults) = (self.mails.finish(), self.faults);
        Kept { files, table, faults, ..Kept::default() }
    }
}

/// What another process has kept in a file.
fn part(path: &Path, of: (u64, u64)) -> Result<Kept, Diagnostic> {
    let missing = |error| {
        let fault = Diagnostic::error(format!("can't be read: {error}")).in_file(path);
        fault.hint("`patchpress read --facts FILE` writes it")
    };
    let bytes = fs::read(path).map_err(missing)?;
    let note = |what: &str| Diagnostic { severity: Severity::Note, ..Diagnostic::warning(what) };
    match Found::read(&bytes, of) {
        Found::Fitting(kept) => Ok(*kept),
        Found::Other => Err(note(
            "kept by another version of patchpress, or with other `K:` \
             lines in MAINTAINERS; its mail was read again",
        )
        .in_file(path)),
        Found::Damaged => Err(note("damaged; its mail was read again").in_file(path)),
    }
}

/// Whether a file may be replaced by what is kept: it isn't there, or it is such a file.
pub(super) fn may_replace(path: &Path) -> bool {
    let mut start = [0; FIRST_WORD.len()];
    match File::open(path).and_then(|mut file| file.read_exact(&mut start)) {
        Ok(()) => start == FIRST_WORD,
        Err(_) => fs::metadata(path).map_or(true, |meta| meta.is_file() && meta.len() == 0),
    }
}

impl FileNote {
    /// What is to be read of the file now.
    fn part(&self, store: &Store, id: FileId, file: &InputFile) -> Part {
        let looks_the_same = self.modified != 0
            && (self.stored, self.modified) == (file.stored, nanos(file.modified));
        if looks_the_same {
            return Part::Nothing;
        }
        match store.print(id, self.extent) {
            Some((print, extent)) if print == self.print && extent == self.extent => Part::Nothing,
            Some((print, _)) if print == self.print => Part::From(self.resume),
            _ => Part::Whole,
        }
    }
}

/// What becomes of reading a store, for the next build.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    /// Where to keep it.
    pub(super) keeping: &'a Keeping,
    /// A hash of the rules that mail was read by.
    pub(super) rules: u64,
    /// What was known of files that weren't read.
    pub(super) notes: Vec<Option<FileNote>>,
    /// How far the others were read.
    pub(super) readings: Vec<Reading>,
    /// What of the file that is kept still counts.
    pub(super) standing: Option<Standing>,
    /// Whether all of it is what was kept before.
    pub(super) is_old: bool,
}

impl Outcome<'_> {
    /// Keeps what was read of a store, unless it is kept, or that is left to others. What can't
    /// be written is not kept: the next build reads all mail.
    pub(super) fn save(&self, store: &Store, table: &Table, faults: &[Fault]) -> Option<()> {
        // The facts may be used without them.
        let _ = histories::save(self.keeping, store);
        if self.is_old {
            return Some(());
        }
        if !self.keeping.parts.is_empty() {
            return None;
        }
        let files = (0..).map(FileId).zip(store.files()).zip(&self.readings).zip(&self.notes);
        let noted: Vec<(&InputFile, FileNote)> = files
            .filter_map(|(((id, file), reading), known)| {
                Some((file, note(store, (id, file), known.as_ref(), reading, self.keeping)?))
            })
            .collect();
        self.write(&noted, (table, faults))
    }

    /// Writes what came since, or everything anew where there is no base for that, or too much
    /// has come.
    fn write(
        &self,
        noted: &[(&InputFile, FileNote)],
        (table, faults): (&Table, &[Fault]),
    ) -> Option<()> {
        let Some(path) = &self.keeping.since else {
            return replace(&self.keeping.path, &self.whole(noted, (table, faults))?);
        };
        let standing = self.standing.as_ref();
        match standing.and_then(|standing| standing.bytes(noted, (table, faults))) {
            Some(since) => replace(path, &since),
            None => {
                replace(&self.keeping.path, &self.whole(noted, (table, faults))?)?;
                // What stays is of another base: nobody reads it.
                _ = fs::remove_file(path);
                Some(())
            }
        }
    }

    /// Everything.
    fn whole(
        &self,
        noted: &[(&InputFile, FileNote)],
        (table, faults): (&Table, &[Fault]),
    ) -> Option<Vec<u8>> {
        let mut bytes = FIRST_LINE.to_vec();
        codec::word_into(&mut bytes, self.keeping.program);
        codec::word_into(&mut bytes, self.rules);
        noted_into(&mut bytes, noted)?;
        codec::faults_into(&mut bytes, faults);
        codec::table_into(&mut bytes, table);
        Sealed::close(&mut bytes);
        Some(bytes)
    }
}

/// Adds what is known of files.
fn noted_into(bytes: &mut Vec<u8>, noted: &[(&InputFile, FileNote)]) -> Option<()> {
    codec::word_into(bytes, noted.len() as u64);
    for (file, note) in noted {
        codec::text_into(bytes, file.path.to_str()?);
        note.words().into_iter().for_each(|word| codec::word_into(bytes, word));
    }
    Some(())
}

/// Puts a file in another's place, in one step.
fn replace(path: &Path, bytes: &[u8]) -> Option<()> {
    let directory = path.parent()?;
    fs::create_dir_all(directory).ok()?;
    let mut file = tempfile::NamedTempFile::new_in(directory).ok()?;
    file.write_all(bytes).ok()?;
    file.persist(path).ok().map(drop)
}

/// What to keep of a file; nothing where something was wrong with it. Of one that wasn't read,
/// `known` stays, but for its place and how it looks now.
fn note(
    store: &Store,
    (id, file): (FileId, &InputFile),
    known: Option<&FileNote>,
    reading: &Reading,
    keeping: &Keeping,
) -> Option<FileNote> {
    let modified = keeping.trusted(file);
    let shape = file.shape.map_or(0, Shape::number);
    if let Some(known) = known {
        return Some(FileNote { id: id.0, stored: file.stored, modified, shape, ..known.clone() });
    }
    let resume = reading.resume?;
    // The mail of a file that has no other is known by size and time alone.
    let alone = || (modified != 0).then_some((0, file.stored));
    let (print, extent) = store.print(id, u64::MAX).or_else(alone)?;
    Some(FileNote { id: id.0, stored: file.stored, modified, extent, print, resume, shape })
}

impl FileNote {
    fn words(&self) -> [u64; 7] {
        let FileNote { id, stored, modified, extent, print, resume, shape } = *self;
        [u64::from(id), stored, modified, extent, print, resume, shape]
    }

    fn read(reader: &mut Reader<'_>) -> Option<FileNote> {
        Some(FileNote {
            id: u32::try_from(reader.word()?).ok()?,
            stored: reader.word()?,
            modified: reader.word()?,
            extent: reader.word()?,
            print: reader.word()?,
            resume: reader.word()?,
            shape: reader.word()?,
        })
    }
}

/// What a file that was kept turns out to be.
#[derive(Debug)]
enum Found {
    /// What can be used.
    Fitting(Box<Kept>),
    /// Of another program, or of other rules.
    Other,
    /// Not as it was written.
    Damaged,
}

impl Found {
    fn read(bytes: &[u8], of: (u64, u64)) -> Found {
        if bytes.starts_with(FIRST_WORD) && !bytes.starts_with(FIRST_LINE) {
            return Found::Other;
        }
        Found::of_this_shape(bytes, of).unwrap_or(Found::Damaged)
    }

    /// The same of a file of this version's shape; none if it is damaged.
    fn of_this_shape(bytes: &[u8], of: (u64, u64)) -> Option<Found> {
        let sealed = Sealed::parts(bytes)?;
        let mut reader = Reader::new(sealed.content.strip_prefix(FIRST_LINE)?);
        if (reader.word()?, reader.word()?) != of {
            return sealed.is_right().then_some(Found::Other);
        }
        // Whatever bytes say can be looked at; it counts if they are what was written.
        let (is_right, kept) = rayon::join(|| sealed.is_right(), || Kept::read(&mut reader));
        let mut kept = kept.filter(|_| is_right && reader.is_empty())?;
        let (extent, faults) = (kept.table.extent(), kept.faults.len());
        kept.base = Some(Base { sum: sealed.sum, bytes: bytes.len(), extent, faults });
        Some(Found::Fitting(Box::new(kept)))
    }
}

impl Kept {
    fn read(reader: &mut Reader<'_>) -> Option<Kept> {
        let mut files = Notes::default();
        for _ in 0..reader.word()? {
            files.base.insert(reader.text()?.into(), FileNote::read(reader)?);
        }
        let faults = codec::faults(reader)?;
        let table = codec::table(reader, Extent { rows: 0, texts: 0, pairs: 0 })?;
        Some(Kept { files, table, faults, ..Kept::default() })
    }
}

/// What is read again where what was kept is damaged.
const ALL: &str = "all mail";
const NEWEST: &str = "the mail that came last";

fn damaged(path: &Path, read: &str) -> Diagnostic {
    let what = format!(
        "what the last build left for this one is damaged or of another version; {read} was read \
         again"
    );
    Diagnostic { severity: Severity::Note, ..Diagnostic::warning(what) }.in_file(path)
}

#[cfg(test)]
mod tests;

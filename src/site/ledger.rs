//! What the pages of the last build were made of, so that the next one makes only those anew
//! that would come out otherwise.
//!
//! The files that belong together (those of a posting, of a digest, of a person) are a unit.
//! Of each unit the ledger keeps its [fingerprint](super::fingerprint), its files by their
//! numbers in the manifest, and which Message-IDs its texts looked up, with what was found: a
//! mail that comes later may be what an old text speaks of. A unit stands where all of that is
//! the same and its files lie where they were left.
//!
//! It is kept beside the stamp, in one file with a checksum, replaced in one step after the
//! manifest was written. It holds for the site with that manifest, made by the same program
//! with the same configuration and theme; else, and where it is damaged, every page is made.

use std::cell::RefCell;
use std::fs;
use std::io::Write as _;
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::archive::hashed::Map;
use crate::archive::pack::{Reader, Sealed, text_into, word_into};
use crate::diagnostic::{Diagnostic, Severity};
use crate::site::files::FileNumber;
use crate::site::fingerprint;

const FIRST_LINE: &[u8] = b"patchpress-ledger 4\n";

/// The ledger of a build: what the last one left, and what this one will leave.
pub struct Ledger {
    /// Where it is kept; nowhere if the build keeps nothing.
    path: Option<PathBuf>,
    /// A hash of what all pages have in common.
    common: u64,
    old: Old,
    /// Where in the old ones the records of units stand that this build has left as they were.
    stood: Mutex<Vec<Range<usize>>>,
    /// The records of units that this build has made.
    new: Mutex<Vec<u8>>,
}

/// What the last build left.
#[derive(Default)]
struct Old {
    bytes: Vec<u8>,
    /// Where the record of each unit is, with its length before it.
    records: Map<u64, Range<usize>>,
}

/// The Message-IDs that texts looked up, and what was found, as hashes: in order, each once.
pub type Lookups = Vec<(u64, u64)>;

/// The number of a file of the site, and a hash of what it holds.
pub type Filed = (FileNumber, u64);

/// What is known of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its files.
    pub files: Vec<Filed>,
    /// The Message-IDs that its texts looked up, and what was found, as hashes; of the search,
    /// the numbers of its records, and what each is made of.
    pub pairs: Lookups,
    /// Bytes of the diffs on its pages.
    pub diffs: u64,
    /// What else the build needs of it.
    pub extra: String,
}

/// What the last build knew of a unit.
pub struct Stood<'l> {
    /// Its fingerprint then.
    pub fingerprint: u64,
    /// Bytes of the diffs on its pages.
    pub diffs: u64,
    /// What else the build needs of it.
    pub extra: &'l str,
    pairs: &'l [u8],
    files: &'l [u8],
    span: Range<usize>,
}

thread_local! {
    /// What the unit that this thread renders has looked up. A unit is rendered by one thread
    /// from its beginning to its end.
    static LOOKUPS: RefCell<Vec<(u64, u64)>> = const { RefCell::new(Vec::new()) };
}

/// Notes that a text being rendered on this thread asked for a Message-ID, and what it got.
pub fn looked_up(message_id: &str, found: Option<&str>) {
    LOOKUPS.with_borrow_mut(|all| {
        // What keeps no ledger never takes them out; a unit has a few at most.
        all.push((fingerprint::of(message_id), fingerprint::of(found)));
    });
}

/// Runs `render` and gives what it looked up, each once.
pub fn noting<T>(render: impl FnOnce() -> T) -> (T, Lookups) {
    LOOKUPS.with_borrow_mut(Vec::clear);
    let made = render();
    let mut lookups = LOOKUPS.with_borrow_mut(std::mem::take);
    lookups.sort_unstable();
    lookups.dedup();
    (made, lookups)
}

impl Ledger {
    /// A ledger that knows nothing and is not kept.
    pub fn none() -> Ledger {
        Ledger {
            path: None,
            common: 0,
            old: Old::default(),
            stood: Mutex::default(),
            new: Mutex::default(),
        }
    }

    /// Reads the one at `path`, if it is of the site whose manifest has that hash, and of
    /// pages with so much in `common`. The second value says that it was damaged.
    pub fn open(path: PathBuf, manifest: Option<u64>, common: u64) -> (Ledger, Option<Diagnostic>) {
        let mut ledger = Ledger { path: Some(path), common, ..Ledger::none() };
        let path = ledger.path.as_deref().unwrap_or(Path::new(""));
        let (Some(manifest), Ok(bytes)) = (manifest, fs::read(path)) else {
            return (ledger, None);
        };
        match Old::read(bytes, manifest, common) {
            Ok(old) => ledger.old = old.unwrap_or_default(),
            Err(Damaged) => {
                let note = damaged(path);
                return (ledger, Some(note));
            }
        }
        (ledger, None)
    }

    /// What the last build left of a unit.
    pub fn record(&self, unit: u64) -> Option<Stood<'_>> {
        let span = self.old.records.get(&unit)?;
        let mut reader = Reader::new(self.old.bytes.get(span.clone())?);
        let _length = reader.word()?;
        let same = reader.word()? == unit;
        let fingerprint = reader.word()?;
        same.then(|| Stood::read(reader, fingerprint, span.clone())).flatten()
    }

    /// Keeps what the last build left of a unit for the next one.
    pub fn leave(&self, stood: &Stood<'_>) {
        self.stood.lock().unwrap_or_else(PoisonError::into_inner).push(stood.span.clone());
    }

    /// Notes what a unit was made of, and what it came to.
    pub fn keep(&self, unit: u64, fingerprint: u64, record: &Record) {
        if self.path.is_none() {
            return;
        }
        let mut bytes = Vec::with_capacity(64 * (record.files.len() + 1) + record.extra.len());
        word_into(&mut bytes, unit);
        word_into(&mut bytes, fingerprint);
        record.write_into(&mut bytes);
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        word_into(&mut new, bytes.len() as u64);
        new.extend_from_slice(&bytes);
    }

    /// Keeps it for the next build of the site with that manifest, for which each file has the
    /// number that `places` gives. What can't be written is not kept: the next build makes every
    /// page.
    pub fn save(self, manifest: u64, places: &[Option<FileNumber>]) -> Option<()> {
        let path = self.path?;
        let new = self.new.into_inner().unwrap_or_else(PoisonError::into_inner);
        let stood = self.stood.into_inner().unwrap_or_else(PoisonError::into_inner);
        let length = stood.iter().map(Range::len).sum::<usize>() + new.len();
        let mut bytes = Vec::with_capacity(FIRST_LINE.len() + length + 24);
        bytes.extend_from_slice(FIRST_LINE);
        word_into(&mut bytes, manifest);
        word_into(&mut bytes, self.common);
        let head = bytes.len();
        stood.into_iter().for_each(|span| bytes.extend_from_slice(&self.old.bytes[span]));
        bytes.extend_from_slice(&new);
        renumber(bytes.get_mut(head..)?, places)?;
        Sealed::close(&mut bytes);
        let mut file = tempfile::NamedTempFile::new_in(path.parent()?).ok()?;
        file.write_all(&bytes).ok()?;
        file.persist(path).ok().map(drop)
    }
}

fn damaged(path: &Path) -> Diagnostic {
    let what = "what the last build left for this one is damaged or of another version; every page was made again";
    Diagnostic { severity: Severity::Note, ..Diagnostic::warning(what) }.in_file(path)
}

/// Gives the files of all records the numbers that `places` has for them; none where it has none
/// for one.
fn renumber(mut records: &mut [u8], places: &[Option<FileNumber>]) -> Option<()> {
    while !records.is_empty() {
        let (length, rest) = records.split_at_mut_checked(WORD)?;
        let length = usize::try_from(word(length)?).ok()?;
        let (record, rest) = rest.split_at_mut_checked(length)?;
        let count = usize::try_from(word(record.get(FILES_AT..FILES_AT + WORD)?)?).ok()?;
        let files = length.checked_sub(count.checked_mul(FILE)?)?;
        for file in record[files..].chunks_exact_mut(FILE) {
            let (number, _) = file.split_at_mut(WORD);
            let now = (*places.get(usize::try_from(word(number)?).ok()?)?)?;
            number.copy_from_slice(&u64::from(now.0).to_le_bytes());
        }
        records = rest;
    }
    Some(())
}

fn word(bytes: &[u8]) -> Option<u64> {
    Reader::new(bytes).word()
}

/// The bytes are not those that were written, or another version wrote them.
struct Damaged;

impl Old {
    /// Reads a ledger; none where it is of another site, or of pages that had something else
    /// in common.
    fn read(bytes: Vec<u8>, manifest: u64, common: u64) -> Result<Option<Old>, Damaged> {
        let Sealed { content, .. } = Sealed::open(&bytes).ok_or(Damaged)?;
        let mut reader = Reader::new(content.strip_prefix(FIRST_LINE).ok_or(Damaged)?);
        let of = (reader.word().ok_or(Damaged)?, reader.word().ok_or(Damaged)?);
        if of != (manifest, common) {
            return Ok(None);
        }
        let mut records = Map::default();
        while !reader.is_empty() {
            let start = content.len() - reader.left();
            let length = reader.word().and_then(|n| usize::try_from(n).ok()).ok_or(Damaged)?;
            let record = reader.bytes(length).ok_or(Damaged)?;
            let unit = Reader::new(record).word().ok_or(Damaged)?;
            records.insert(unit, start..content.len() - reader.left());
        }
        Ok(Some(Old { bytes, records }))
    }
}

impl Record {
    /// Behind the unit and its fingerprint; the files come last, where they are found from the end.
    fn write_into(&self, bytes: &mut Vec<u8>) {
        word_into(bytes, self.files.len() as u64);
        word_into(bytes, self.diffs);
        text_into(bytes, &self.extra);
        word_into(bytes, (self.pairs.len() * PAIR) as u64);
        for (first, second) in &self.pairs {
            word_into(bytes, *first);
            word_into(bytes, *second);
        }
        for (file, hash) in &self.files {
            word_into(bytes, u64::from(file.0));
            word_into(bytes, *hash);
        }
    }
}

/// Bytes of a number.
const WORD: usize = 8;
/// Bytes of a pair.
const PAIR: usize = 2 * WORD;
/// Bytes of a file.
const FILE: usize = 2 * WORD;
/// Where in a record the number of its files stands.
const FILES_AT: usize = 2 * WORD;

impl<'l> Stood<'l> {
    fn read(mut reader: Reader<'l>, fingerprint: u64, span: Range<usize>) -> Option<Stood<'l>> {
        let count = usize::try_from(reader.word()?).ok()?;
        let (diffs, extra) = (reader.word()?, reader.text()?);
        let length = usize::try_from(reader.word()?).ok()?;
        let pairs = reader.bytes(length)?;
        let files = reader.bytes(count.checked_mul(FILE)?)?;
        reader.is_empty().then_some(Stood { fingerprint, diffs, extra, pairs, files, span })
    }

    /// The pairs of its [`Record`].
    pub fn pairs(&self) -> impl Iterator<Item = (u64, u64)> + use<'l> {
        let mut reader = Reader::new(self.pairs);
        iter::from_fn(move || Some((reader.word()?, reader.word()?)))
    }

    /// Its files, by the numbers that they have in the manifest.
    pub fn files(&self) -> impl Iterator<Item = Filed> + Clone + use<'l> {
        let mut reader = Reader::new(self.files);
        iter::from_fn(move || {
            let number = u32::try_from(reader.word()?).unwrap_or(u32::MAX);
            Some((FileNumber(number), reader.word()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: u64 = 7;
    const COMMON: u64 = 9;

    /// Where no file is another's place.
    const SAME: [Option<FileNumber>; 3] =
        [Some(FileNumber(0)), Some(FileNumber(1)), Some(FileNumber(2))];

    fn record() -> Record {
        Record {
            files: vec![(FileNumber(0), 5), (FileNumber(2), 6)],
            pairs: vec![(1, 2), (3, 4)],
            diffs: 5,
            extra: "some\nterms".into(),
        }
    }

    fn read(ledger: &Ledger, unit: u64, fingerprint: u64) -> Option<Record> {
        let stood = ledger.record(unit).filter(|stood| stood.fingerprint == fingerprint)?;
        Some(Record {
            files: stood.files().collect(),
            pairs: stood.pairs().collect(),
            diffs: stood.diffs,
            extra: stood.extra.to_owned(),
        })
    }

    fn kept(directory: &tempfile::TempDir) -> PathBuf {
        let path = directory.path().join("ledger");
        let (ledger, _) = Ledger::open(path.clone(), None, COMMON);
        ledger.keep(1, 100, &record());
        ledger.keep(2, 200, &Record::default());
        ledger.save(MANIFEST, &SAME).expect("writable");
        path
    }

    #[test]
    fn a_unit_is_known_by_its_fingerprint() {
        let directory = tempfile::tempdir().unwrap();
        let (ledger, note) = Ledger::open(kept(&directory), Some(MANIFEST), COMMON);
        assert_eq!(note, None);
        assert_eq!(read(&ledger, 1, 100), Some(record()));
        assert_eq!(read(&ledger, 2, 200), Some(Record::default()));
        assert_eq!(read(&ledger, 1, 101), None);
        assert_eq!(read(&ledger, 3, 100), None);
    }

    /// Of units that stand, the record is the same in the next build.
    #[test]
    fn what_is_left_is_there_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = kept(&directory);
        let (ledger, _) = Ledger::open(path.clone(), Some(MANIFEST), COMMON);
        ledger.leave(&ledger.record(1).unwrap());
        ledger.keep(3, 300, &record());
        // A new file came before all others, and one between them is gone.
        let places = [Some(FileNumber(1)), None, Some(FileNumber(2))];
        ledger.save(MANIFEST, &places).expect("writable");
        let (ledger, _) = Ledger::open(path, Some(MANIFEST), COMMON);
        let moved = Record { files: vec![(FileNumber(1), 5), (FileNumber(2), 6)], ..record() };
        assert_eq!(read(&ledger, 1, 100), Some(moved.clone()));
        assert_eq!(read(&ledger, 2, 200), None);
        assert_eq!(read(&ledger, 3, 300), Some(moved));
    }

    /// A file that the site no longer has is no unit's.
    #[test]
    fn what_is_of_no_place_is_not_kept() {
        let directory = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open(directory.path().join("ledger"), None, COMMON);
        ledger.keep(1, 100, &record());
        assert_eq!(ledger.save(MANIFEST, &[Some(FileNumber(0)), None, None]), None);
    }

    #[test]
    fn another_site_or_theme_has_another_ledger() {
        let directory = tempfile::tempdir().unwrap();
        let path = kept(&directory);
        for (manifest, common) in [(Some(8), COMMON), (Some(MANIFEST), 8), (None, COMMON)] {
            let (ledger, note) = Ledger::open(path.clone(), manifest, common);
            assert_eq!((read(&ledger, 1, 100), note), (None, None));
        }
    }

    /// Pages stand by it: one that was cut short or altered anywhere must not be believed.
    #[test]
    fn damage_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = kept(&directory);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            for bytes in [&whole[..at], &altered] {
                fs::write(&path, bytes).unwrap();
                let (ledger, note) = Ledger::open(path.clone(), Some(MANIFEST), COMMON);
                assert_eq!(read(&ledger, 1, 100), None, "{at}");
                assert!(note.is_some(), "{at}");
            }
        }
    }

    #[test]
    fn what_is_looked_up_is_noted_once() {
        let ((), lookups) = noting(|| {
            looked_up("a@x", Some("/x/#m1"));
            looked_up("b@x", None);
            looked_up("a@x", Some("/x/#m1"));
        });
        let found = fingerprint::of(Some("/x/#m1"));
        let expected = (fingerprint::of("a@x"), found);
        assert_eq!(lookups.len(), 2);
        assert!(lookups.contains(&expected));
        assert!(noting(|| ()).1.is_empty());
    }
}

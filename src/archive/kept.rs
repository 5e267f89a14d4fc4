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
//! read. How a table is written down is [`codec`]'s.
//!
//! Several processes can each read a part of the mail and keep it in a file of its own. One that
//! is given those files puts them together, and reads what is in none of them.

mod codec;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::archive::Fault;
use crate::archive::table::{Builder, Place, Table};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, InputFile, Origin, Part, Reading, Store};
use codec::Reader;

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
    /// Files that other processes have kept, each of a part of the mail. Where there are some,
    /// they are read instead of the file, and nothing is kept.
    pub parts: Vec<PathBuf>,
    /// A hash of the program, which another one may read otherwise.
    pub program: u64,
    /// When the build began, by the clock of the file system that the mail is on.
    pub now: Duration,
}

/// What earlier builds have read.
#[derive(Debug, Default)]
pub(super) struct Kept {
    files: HashMap<PathBuf, FileNote>,
    table: Table,
    faults: Vec<Fault>,
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
}

impl Plan {
    /// Whether there is anything to read.
    pub(super) fn is_done(&self) -> bool {
        self.parts.iter().all(|part| *part == Part::Nothing)
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
        let Ok(bytes) = fs::read(&keeping.path) else { return (Kept::default(), Vec::new()) };
        let program = bytes.strip_prefix(FIRST_LINE).and_then(|rest| Reader::new(rest).word());
        match Found::read(&bytes, of) {
            Found::Fitting(kept) => (*kept, Vec::new()),
            // Other rules are the user's own doing.
            Found::Other if program == Some(keeping.program) => (Kept::default(), Vec::new()),
            Found::Other | Found::Damaged => (Kept::default(), vec![damaged(&keeping.path)]),
        }
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

    /// What of a store is known. `position` says for a mail of a file which place it has on its
    /// list.
    pub(super) fn plan(
        self,
        store: &Store,
        position: impl Fn(FileId, &InputFile, u64) -> u32,
    ) -> Plan {
        let files = (0..).map(FileId).zip(store.files());
        let mut parts = Vec::with_capacity(store.files().len());
        let mut notes = Vec::with_capacity(store.files().len());
        // Of each file of then: its place now, and up to where its mails stand.
        let mut now: HashMap<u32, (FileId, u64)> = HashMap::new();
        for (id, file) in files {
            // A file that two lists name was read for each, and is known for one of them.
            let note = self.files.get(&file.path).filter(|note| !now.contains_key(&note.id));
            let part = note.map_or(Part::Whole, |note| note.part(store, id, file));
            if let Some(note) = note {
                match part {
                    Part::Whole => {}
                    Part::From(start) => _ = now.insert(note.id, (id, start)),
                    Part::Nothing => _ = now.insert(note.id, (id, u64::MAX)),
                }
            }
            parts.push(part);
            notes.push(note.filter(|_| part == Part::Nothing).cloned());
        }
        let files = store.files();
        let moved = |origin: Origin| {
            let (file, end) = now.get(&origin.file.0)?;
            (origin.offset < *end).then_some(Origin { file: *file, ..origin })
        };
        let mut table = self.table;
        table.retain(|place| {
            let origin = moved(place.origin)?;
            let file = &files[origin.file.0 as usize];
            let position = position(origin.file, file, origin.offset);
            Some(Place { origin, list: crate::archive::ListId(file.list), position })
        });
        let faults = self.faults.into_iter();
        let faults =
            faults.filter_map(|fault| Some(Fault { origin: moved(fault.origin)?, ..fault }));
        let mut faults: Vec<Fault> = faults.collect();
        faults.sort_by_key(|fault| fault.origin);
        Plan { table, faults, parts, notes }
    }
}

/// What several processes have kept, while it is put together.
#[derive(Default)]
struct Joined {
    files: HashMap<PathBuf, FileNote>,
    mails: Builder,
    faults: Vec<Fault>,
}

impl Joined {
    /// Adds what one has kept. Its files get numbers of their own; of a file that two have read,
    /// the first one's mails stay.
    fn add(&mut self, part: Kept) {
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        for (path, note) in part.files {
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
        table.retain(|place| Some(Place { origin: moved(place.origin)?, ..place }));
        self.mails.append(&table);
        let faults = part.faults.into_iter();
        self.faults.extend(faults.filter_map(|f| Some(Fault { origin: moved(f.origin)?, ..f })));
    }

    fn finish(self) -> Kept {
        Kept { files: self.files, table: self.mails.finish(), faults: self.faults }
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
    /// Whether all of it is what was kept before.
    pub(super) is_old: bool,
}

impl Outcome<'_> {
    /// Keeps what was read of a store, unless it is kept, or that is left to others. What can't
    /// be written is not kept: the next build reads all mail.
    pub(super) fn save(&self, store: &Store, table: &Table, faults: &[Fault]) -> Option<()> {
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
        save(self.keeping, self.rules, &noted, (table, faults))
    }
}

fn save(
    keeping: &Keeping,
    rules: u64,
    noted: &[(&InputFile, FileNote)],
    (table, faults): (&Table, &[Fault]),
) -> Option<()> {
    let mut bytes = FIRST_LINE.to_vec();
    codec::word_into(&mut bytes, keeping.program);
    codec::word_into(&mut bytes, rules);
    codec::word_into(&mut bytes, noted.len() as u64);
    for (file, note) in noted {
        codec::text_into(&mut bytes, file.path.to_str()?);
        for word in note.words() {
            codec::word_into(&mut bytes, word);
        }
    }
    codec::faults_into(&mut bytes, faults);
    codec::table_into(&mut bytes, table);
    let sum = twox_hash::XxHash3_64::oneshot(&bytes);
    codec::word_into(&mut bytes, sum);
    let directory = keeping.path.parent()?;
    fs::create_dir_all(directory).ok()?;
    let mut file = tempfile::NamedTempFile::new_in(directory).ok()?;
    file.write_all(&bytes).ok()?;
    file.persist(&keeping.path).ok().map(drop)
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
    let modified = nanos(file.modified);
    let settled = Duration::from_nanos(modified) + GRAIN < keeping.now;
    let modified = if settled { modified } else { 0 };
    if let Some(known) = known {
        return Some(FileNote { id: id.0, stored: file.stored, modified, ..known.clone() });
    }
    let resume = reading.resume?;
    // The mail of a file that has no other is known by size and time alone.
    let alone = || settled.then_some((0, file.stored));
    let (print, extent) = store.print(id, u64::MAX).or_else(alone)?;
    Some(FileNote { id: id.0, stored: file.stored, modified, extent, print, resume })
}

impl FileNote {
    fn words(&self) -> [u64; 6] {
        [u64::from(self.id), self.stored, self.modified, self.extent, self.print, self.resume]
    }

    fn read(reader: &mut Reader<'_>) -> Option<FileNote> {
        Some(FileNote {
            id: u32::try_from(reader.word()?).ok()?,
            stored: reader.word()?,
            modified: reader.word()?,
            extent: reader.word()?,
            print: reader.word()?,
            resume: reader.word()?,
        })
    }
}

fn nanos(time: Option<SystemTime>) -> u64 {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(0)
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
        let (content, sum) = bytes.split_last_chunk::<8>()?;
        let rest = content.strip_prefix(FIRST_LINE)?;
        if twox_hash::XxHash3_64::oneshot(content) != u64::from_le_bytes(*sum) {
            return None;
        }
        let mut reader = Reader::new(rest);
        if (reader.word()?, reader.word()?) != of {
            return Some(Found::Other);
        }
        let mut files = HashMap::new();
        for _ in 0..reader.word()? {
            files.insert(PathBuf::from(reader.text()?), FileNote::read(&mut reader)?);
        }
        let faults = codec::faults(&mut reader)?;
        let table = codec::table(&mut reader)?;
        let kept = Kept { files, table, faults };
        reader.is_empty().then(|| Found::Fitting(Box::new(kept)))
    }
}

fn damaged(path: &Path) -> Diagnostic {
    let what = "what the last build left for this one is damaged or of another version; all mail was read again";
    Diagnostic { severity: Severity::Note, ..Diagnostic::warning(what) }.in_file(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::archive::ListId;
    use crate::archive::facts::Facts;
    use crate::archive::subsystem::Rules;
    use crate::config::SourceConfig;
    use crate::mail;
    use crate::source::Origin;

    const RULES: u64 = 3;

    fn mail(number: u32) -> String {
        format!(
            "From a@example.org Thu Jan  1 00:00:00 1970\nFrom: Ann <ann@example.org>\n\
             Date: Mon, 01 Jan 2024 12:00:{:02} +0000\nMessage-ID: <{number}@example.org>\n\
             In-Reply-To: <first@example.org>\nSubject: [PATCH v2 {number}/99 foo] add it\n\n\
             Why?\n\nReviewed-by: Bo <bo@example.org>\n---\n a.c | 1 +\n\n\
             diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1,2 @@\n x\n+{number}\n\n",
            number % 60
        )
    }

    fn mails(numbers: std::ops::Range<u32>) -> String {
        numbers.map(mail).collect()
    }

    /// Mail in a directory, read as builds do, one after the other.
    struct House {
        dir: tempfile::TempDir,
        /// What the last build had to read.
        read: Vec<Part>,
    }

    impl House {
        fn new() -> House {
            House { dir: tempfile::tempdir().unwrap(), read: Vec::new() }
        }

        fn write(&self, name: &str, content: impl AsRef<[u8]>) {
            let path = self.dir.path().join("mail").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }

        fn keeping(&self, now: u64) -> Keeping {
            let path = self.dir.path().join("kept/facts");
            Keeping { path, parts: Vec::new(), program: 1, now: Duration::from_secs(now) }
        }

        /// Reads what is to be read; gives each mail's Message-ID and file, in order.
        fn build(&mut self, now: u64) -> Vec<(String, u32)> {
            let sources = [SourceConfig::Mbox(self.dir.path().join("mail/*"))];
            let (store, _) = Store::open(&[&sources]);
            let keeping = self.keeping(now);
            let (kept, notes) = Kept::open(&keeping, RULES);
            assert_eq!(notes, []);
            let plan = kept.plan(&store, |_, file, _| file.index);
            self.read = plan.parts.clone();
            let mut builder = Builder::over(plan.table);
            let read = |all: &mut Vec<Facts>, raw: crate::source::RawMail<'_>| {
                all.push(Facts::read_for(&raw, ListId(0), 0, &Rules::default()).0);
            };
            let take = |all: Vec<Facts>| all.iter().for_each(|facts| builder.push(facts));
            let (_, readings) = store.fold(&plan.parts, read, take, &|_| {});
            let table = builder.finish();
            let Plan { notes, faults, .. } = plan;
            let outcome =
                Outcome { keeping: &keeping, rules: RULES, notes, readings, is_old: false };
            outcome.save(&store, &table, &faults).expect("writable");
            found(&table)
        }
    }

    /// Each mail's Message-ID and file, in order.
    fn found(table: &Table) -> Vec<(String, u32)> {
        let records = table.records.iter();
        let mut found: Vec<(String, u32)> =
            records.map(|r| (table.texts.get(r.message_id).to_owned(), r.file)).collect();
        found.sort();
        found
    }

    fn expected(files: &[std::ops::Range<u32>]) -> Vec<(String, u32)> {
        let mut all: Vec<(String, u32)> = (0..)
            .zip(files)
            .flat_map(|(file, range)| {
                range.clone().map(move |number| (format!("{number}@example.org"), file))
            })
            .collect();
        all.sort();
        all
    }

    /// The same of one file.
    fn expected_of(numbers: std::ops::Range<u32>) -> Vec<(String, u32)> {
        expected(std::slice::from_ref(&numbers))
    }

    const FAR: u64 = 1 << 40;

    #[test]
    fn what_is_known_is_not_read_again() {
        let mut house = House::new();
        house.write("a.mbox", mails(0..3));
        house.write("b.mbox", mails(3..5));
        assert_eq!(house.build(FAR), expected(&[0..3, 3..5]));
        assert_eq!(house.read, [Part::Whole, Part::Whole]);
        assert_eq!(house.build(FAR), expected(&[0..3, 3..5]));
        assert_eq!(house.read, [Part::Nothing, Part::Nothing]);
    }

    /// A file that is younger than the clock's grain may be written again without looking
    /// otherwise: what it holds is compared.
    #[test]
    fn the_time_of_a_young_file_says_nothing() {
        let mut house = House::new();
        house.write("a.mbox", mails(0..3));
        house.build(0);
        let path = house.dir.path().join("mail/a.mbox");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        house.write("a.mbox", mails(5..8));
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        assert_eq!(house.build(FAR), expected_of(5..8));
        assert_eq!(house.read, [Part::Whole]);
    }

    #[test]
    fn a_file_that_grew_is_read_from_its_last_mail_on() {
        let mut house = House::new();
        house.write("a.mbox", mails(0..3));
        house.build(FAR);
        house.write("a.mbox", mails(0..5));
        assert_eq!(house.build(FAR), expected_of(0..5));
        assert_eq!(house.read, [Part::From(mails(0..2).len() as u64)]);
        // And once more: what was read then is known, too.
        house.write("a.mbox", mails(0..9));
        assert_eq!(house.build(FAR), expected_of(0..9));
        assert_eq!(house.read, [Part::From(mails(0..4).len() as u64)]);
    }

    #[test]
    fn files_come_and_go_and_keep_their_mails() {
        let mut house = House::new();
        house.write("b.mbox", mails(0..3));
        house.write("d.mbox", mails(3..5));
        house.build(FAR);
        house.write("a.mbox", mails(7..8));
        house.write("c.mbox", mails(8..9));
        assert_eq!(house.build(FAR), expected(&[7..8, 0..3, 8..9, 3..5]));
        assert_eq!(house.read, [Part::Whole, Part::Nothing, Part::Whole, Part::Nothing]);
        fs::remove_file(house.dir.path().join("mail/b.mbox")).unwrap();
        assert_eq!(house.build(FAR), expected(&[7..8, 8..9, 3..5]));
        assert_eq!(house.read, [Part::Nothing; 3]);
    }

    /// A `Content-Length` that reaches beyond the end counts once there is as much: then the
    /// separators that it spans are none.
    #[test]
    fn a_length_that_reached_too_far_is_looked_at_again() {
        let long = |body: &str| {
            let header = mail(0).replacen("Subject:", "Content-Length: 1500\nSubject:", 1);
            format!("{header}{body}")
        };
        let mut house = House::new();
        let begun = long(&mails(1..3));
        let whole = {
            let body = begun.find("\n\n").unwrap() + 2;
            let more = mails(3..9);
            let rest = 1500 - (begun.len() - body);
            format!("{begun}{}\n\n{}", &more[..rest], mails(20..22))
        };
        house.write("a.mbox", &begun);
        house.build(FAR);
        house.write("a.mbox", &whole);
        let again = house.build(FAR);
        let mut fresh = House::new();
        fresh.write("a.mbox", &whole);
        assert_eq!(again, fresh.build(FAR));
        assert_eq!(again.len(), 3, "the first mail spans the others: {again:?}");
    }

    fn sample() -> (tempfile::TempDir, Vec<u8>) {
        let mut house = House::new();
        house.write("a.mbox", mails(0..2));
        house.build(FAR);
        let bytes = fs::read(house.keeping(FAR).path).unwrap();
        (house.dir, bytes)
    }

    /// What is kept in these files, put together for a store.
    fn plan_of(house: &House, store: &Store, parts: &[PathBuf]) -> Plan {
        let keeping = Keeping { parts: parts.to_vec(), ..house.keeping(FAR) };
        let (kept, notes) = Kept::open(&keeping, RULES);
        assert_eq!(notes, []);
        kept.plan(store, |_, file, _| file.index)
    }

    #[test]
    fn what_others_have_read_is_not_read_again() {
        let mut house = House::new();
        let mut parts = Vec::new();
        for (name, numbers) in [("b.mbox", 3..5), ("a.mbox", 0..3)] {
            house.write(name, mails(numbers));
            house.build(FAR);
            let part = house.dir.path().join("part-of-").with_extension(name);
            fs::rename(house.keeping(FAR).path, &part).unwrap();
            fs::rename(house.dir.path().join("mail").join(name), house.dir.path().join(name))
                .unwrap();
            parts.push(part);
        }
        for name in ["a.mbox", "b.mbox"] {
            fs::rename(house.dir.path().join(name), house.dir.path().join("mail").join(name))
                .unwrap();
        }
        // A second one that knows the same mail adds none of it.
        parts.push(parts[0].clone());
        let sources = [SourceConfig::Mbox(house.dir.path().join("mail/*"))];
        let (store, _) = Store::open(&[&sources]);
        let plan = plan_of(&house, &store, &parts);
        assert_eq!(plan.parts, [Part::Nothing, Part::Nothing]);
        assert_eq!(found(&plan.table), expected(&[0..3, 3..5]));
        house.write("b.mbox", mails(3..6));
        let (store, _) = Store::open(&[&sources]);
        let plan = plan_of(&house, &store, &parts);
        assert_eq!(plan.parts, [Part::Nothing, Part::From(mails(3..4).len() as u64)]);
    }

    #[test]
    fn damage_is_noticed() {
        let (_dir, whole) = sample();
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            assert!(!matches!(Found::read(&altered, (1, RULES)), Found::Fitting(_)), "{at}");
            assert!(!matches!(Found::read(&whole[..at], (1, RULES)), Found::Fitting(_)), "{at}");
        }
        assert!(matches!(Found::read(&whole, (1, RULES)), Found::Fitting(_)));
        assert!(matches!(Found::read(&whole, (2, RULES)), Found::Other), "another program");
        assert!(matches!(Found::read(&whole, (1, 4)), Found::Other), "other rules");
    }

    proptest! {
        /// Bytes with a right checksum that nobody wrote: no panic, whatever they say.
        #[test]
        fn what_nobody_wrote_is_refused_or_whole(at in 0_usize..4000, byte: u8) {
            let (_dir, mut bytes) = sample();
            bytes.truncate(bytes.len() - 8);
            let at = FIRST_LINE.len() + at % (bytes.len() - FIRST_LINE.len());
            bytes[at] = byte;
            let sum = twox_hash::XxHash3_64::oneshot(&bytes);
            codec::word_into(&mut bytes, sum);
            if let Found::Fitting(kept) = Found::read(&bytes, (1, RULES)) {
                prop_assert!(kept.table.is_whole());
            }
        }

        #[test]
        fn faults_come_back(given in ".*", file: u32, offset: u64, len: u32) {
            let origin = Origin { file: FileId(file), offset, len };
            let used = mail::date::DateSource::Received.in_words();
            let all: Vec<Fault> = [
                mail::Fault::NoMessageId,
                mail::Fault::BadDate { given: given.clone(), used },
                mail::Fault::NoFrom,
                mail::Fault::UnknownCharset(given.clone()),
                mail::Fault::BrokenMime(given.clone()),
                mail::Fault::Empty,
                mail::Fault::DamagedDiff(given),
            ]
            .map(|what| Fault { origin, message_id: "a@b".into(), what })
            .into();
            let mut bytes = Vec::new();
            codec::faults_into(&mut bytes, &all);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(codec::faults(&mut reader), Some(all));
            prop_assert!(reader.is_empty());
        }
    }
}

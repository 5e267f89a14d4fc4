//! All input files of a site, held open.
//!
//! Which files there are is decided in [`find`](super::find), what one is in
//! [`contents`](super::contents); the mails in them are found in [`scan`](super::scan).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::contents::{self, Contents, LateFault, OpenFile, Opened};
use super::epoch::Epoch;
use super::find::Found;
use super::history::History;
use super::inputs::{Input, Inputs};
use super::known::{Known, Shape};
use super::texts::{self, TextFile};
use super::{FileId, Origin, mbox};
use crate::config::SourceConfig;
use crate::diagnostic::{Diagnostic, Severity};

/// Every input file of a site, open.
pub struct Store {
    files: Vec<InputFile>,
    contents: Vec<Contents>,
    texts: Vec<TextFile>,
    late: LateFault,
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Its path, as configured or found.
    pub path: PathBuf,
    /// Index of its list in the configuration.
    pub list: u16,
    /// Its place among the files of its list, from 0.
    pub index: u32,
    /// Size in bytes after decompression.
    pub size: u64,
    /// Size in bytes as stored; with `modified`, tells whether the file has changed.
    pub stored: u64,
    /// When it was last written to, if the file system knows.
    pub modified: Option<SystemTime>,
    /// What it was found to be; none where that should be looked at again.
    pub shape: Option<Shape>,
}

impl Store {
    /// Opens the inputs of each list, in the order of the configuration, the files of a
    /// source in the order of their paths. A file that is meant twice in a list is read
    /// once.
    ///
    /// What can't be opened, or isn't mail though it was named, is a diagnostic, and left
    /// out; of what can't be wholly decompressed, the part that can is read. The
    /// diagnostics of a source that gives no mail at all are errors, the others warnings.
    pub fn open(lists: &[&[SourceConfig]]) -> (Store, Vec<Diagnostic>) {
        Store::open_knowing(&Inputs::find(lists), &Known::default())
    }

    /// The same of inputs that were looked at, where a file that looks as it is known is opened
    /// only when its bytes are asked for, and the history of a repository is read from where it
    /// is known.
    pub fn open_knowing(inputs: &Inputs, known: &Known<'_>) -> (Store, Vec<Diagnostic>) {
        let mut store = Store {
            files: Vec::new(),
            contents: Vec::new(),
            texts: Vec::new(),
            late: LateFault::default(),
        };
        let mut diagnostics = Vec::new();
        for (list, sources) in (0..).zip(&inputs.lists) {
            diagnostics.extend(store.open_list(list, sources, known));
        }
        (store, diagnostics)
    }

    fn open_list(&mut self, list: u16, sources: &[Input], known: &Known<'_>) -> Vec<Diagnostic> {
        let (digests, sources): (Vec<&Input>, Vec<&Input>) =
            sources.iter().partition(|source| source.has_digests);
        let (texts, mut diagnostics) = texts::open(list, &digests);
        self.texts.extend(texts);
        let mut outcomes: Vec<_> = sources.iter().map(|s| Outcome::new(s)).collect();
        let open = |(source, file): (usize, usize)| {
            let input = sources[source];
            let found = &input.files[file];
            let seen = input.seen.get(file).copied().flatten();
            (source, found, contents::open(found, seen, known, &self.late))
        };
        let found: Vec<&[Found]> = sources.iter().map(|s| s.files.as_slice()).collect();
        let opened: Vec<_> = without_repeats(&found).into_par_iter().map(open).collect();
        let mut index = 0;
        let first = self.files.len();
        for (source, found, Opened { file, diagnostics }) in opened {
            outcomes[source].count(file.is_some(), diagnostics);
            if let Some(file) = file {
                self.push(list, index, found, file);
                index += 1;
            }
        }
        take_back(&mut self.contents[first..]);
        let told = outcomes.into_iter().zip(sources);
        diagnostics.extend(told.flat_map(|(outcome, source)| outcome.finish(&source.path)));
        diagnostics
    }

    fn push(&mut self, list: u16, index: u32, found: &Found, file: OpenFile) {
        self.files.push(InputFile {
            path: found.path.clone(),
            list,
            index,
            size: file.size,
            stored: file.stored,
            modified: file.modified,
            shape: file.shape,
        });
        self.contents.push(file.contents);
    }

    /// The files, by id: those of the first list first.
    pub fn files(&self) -> &[InputFile] {
        &self.files
    }

    /// The repositories of a list with their ids, in order.
    pub fn epochs(&self, list: u16) -> Vec<(FileId, &Epoch)> {
        let ids = (0..).map(FileId).zip(&self.files).zip(&self.contents);
        ids.filter_map(|((id, file), contents)| match contents {
            Contents::Epoch(epoch) if file.list == list => Some((id, &**epoch)),
            _ => None,
        })
        .collect()
    }

    /// The histories of all repositories of which that can be kept, each once; none where no
    /// more is known of any than there was before.
    pub fn histories(&self) -> Option<BTreeMap<&Path, &History>> {
        let epochs = self.contents.iter().filter_map(|contents| match contents {
            Contents::Epoch(epoch) => Some(epoch),
            _ => None,
        });
        let is_new = epochs.clone().any(|epoch| epoch.history().is_some() && epoch.is_new());
        let histories = epochs.filter_map(|epoch| Some((epoch.path(), epoch.history()?)));
        is_new.then(|| histories.collect())
    }

    /// What was wrong first with any file that was opened late, when its mail was asked for: an
    /// error, since what was read of it is not there.
    pub fn late_fault(&self) -> Option<&Diagnostic> {
        self.late.get()
    }

    fn epoch(&self, origin: Origin) -> Option<(&Epoch, usize)> {
        match &self.contents[origin.file.0 as usize] {
            Contents::Epoch(epoch) => Some((epoch, usize::try_from(origin.offset).ok()?)),
            _ => None,
        }
    }

    /// The position of the commit that a mail of a repository came with.
    pub fn commit(&self, origin: Origin) -> Option<u32> {
        self.epoch(origin).and_then(|(epoch, mail)| epoch.commit_of(mail))
    }

    /// The object id of a mail in a repository.
    pub fn blob(&self, origin: Origin) -> Option<String> {
        self.epoch(origin).and_then(|(epoch, mail)| epoch.blob_of(mail))
    }

    /// The digests that were published as text: by list, then in the order of their names.
    pub fn texts(&self) -> &[TextFile] {
        &self.texts
    }

    /// What is in the files, by id.
    pub(super) fn contents(&self) -> &[Contents] {
        &self.contents
    }

    /// The message at `origin`, mbox quoting undone. Empty if it was in a file of its own
    /// that has vanished or become shorter since, or in a repository that has lost it.
    pub fn read(&self, origin: Origin) -> Cow<'_, [u8]> {
        match &self.contents[origin.file.0 as usize] {
            Contents::Mbox(mailbox) => mbox::unquote(part(mailbox.bytes(), origin)),
            Contents::OneMail { path, compression } => {
                let bytes = contents::read_one(path, *compression).unwrap_or_default();
                Cow::Owned(part(&bytes, origin).to_vec())
            }
            Contents::Epoch(epoch) => {
                let mail = usize::try_from(origin.offset).unwrap_or(usize::MAX);
                let mut bytes = epoch.read(mail);
                bytes.drain(..contents::message_offset(&bytes));
                Cow::Owned(bytes)
            }
        }
    }
}

fn part(bytes: &[u8], origin: Origin) -> &[u8] {
    let start = usize::try_from(origin.offset).ok();
    let end = start.and_then(|start| start.checked_add(origin.len as usize));
    start.zip(end).and_then(|(start, end)| bytes.get(start..end)).unwrap_or_default()
}

/// Leaves out the mails of a list's repositories that a later commit took back. The commit
/// holds the same blob, and may be in a later repository.
fn take_back(contents: &mut [Contents]) {
    let mut epochs: Vec<&mut Epoch> = contents
        .iter_mut()
        .filter_map(|contents| match contents {
            Contents::Epoch(epoch) => Some(&mut **epoch),
            _ => None,
        })
        .collect();
    let mut last_removal = HashMap::new();
    for (number, epoch) in epochs.iter().enumerate() {
        let removals = epoch.removals().iter();
        last_removal.extend(removals.map(|removal| (removal.blob, (number, removal.commit))));
    }
    if last_removal.is_empty() {
        return;
    }
    for (number, epoch) in epochs.iter_mut().enumerate() {
        epoch.retain(|mail| {
            let removal = last_removal.get(&mail.blob);
            removal.is_none_or(|removal| *removal < (number, mail.commit))
        });
    }
}

/// What became of the files of one source.
struct Outcome {
    /// Files found and not opened yet, because their turn is to come or they are repeats.
    waiting: usize,
    /// Files that hold mail.
    files: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Outcome {
    fn new(source: &Input) -> Self {
        Outcome { waiting: source.files.len(), files: 0, diagnostics: source.faults.clone() }
    }

    fn count(&mut self, is_mail: bool, diagnostics: Vec<Diagnostic>) {
        self.waiting -= 1;
        self.files += usize::from(is_mail);
        self.diagnostics.extend(diagnostics);
    }

    /// The diagnostics, as errors if the source gave nothing; but not if what it gives was
    /// read already.
    fn finish(mut self, path: &Path) -> Vec<Diagnostic> {
        if self.files + self.waiting > 0 {
            return self.diagnostics;
        }
        if self.diagnostics.is_empty() {
            let nothing = Diagnostic::error("there is no mail in this directory").in_file(path);
            self.diagnostics.push(nothing.hint("correct the path under `sources`"));
        }
        for diagnostic in &mut self.diagnostics {
            diagnostic.severity = Severity::Error;
        }
        self.diagnostics
    }
}

/// The source and the place there of each file of all sources, each file once. Of several
/// paths to a file the first one stands, but one that is no symbolic link is preferred:
/// `2020-01.mbox` tells more than `latest.mbox`.
pub(super) fn without_repeats(sources: &[&[Found]]) -> Vec<(usize, usize)> {
    let places = sources.iter().enumerate();
    let places = places.flat_map(|(source, files)| (0..files.len()).map(move |at| (source, at)));
    let mut places: Vec<(usize, usize)> = places.collect();
    if are_apart(sources) {
        return places;
    }
    let found = |(source, at): (usize, usize)| &sources[source][at];
    let mut directories = HashMap::new();
    let mut chosen = HashMap::new();
    for &place in &places {
        let choice = chosen.entry(target(found(place), &mut directories)).or_insert(place);
        if found(*choice).link && !found(place).link {
            *choice = place;
        }
    }
    let chosen: HashSet<(usize, usize)> = chosen.into_values().collect();
    places.retain(|place| chosen.contains(place));
    places
}

/// Whether no file can be among others twice: there are no links among them, and each directory
/// that they are in is another. So it is with a Maildir, where there are many to compare.
fn are_apart(sources: &[&[Found]]) -> bool {
    let mut met = HashSet::new();
    sources.iter().all(|files| {
        let mut directories = HashSet::new();
        let mut last = None;
        for file in *files {
            let directory = file.path.parent().filter(|path| !path.as_os_str().is_empty());
            if file.link || directory.is_none() {
                return false;
            }
            if directory != last {
                directories.extend(directory);
                last = directory;
            }
        }
        directories.into_iter().all(|directory| met.insert(resolved(directory)))
    })
}

/// The file without any symbolic links on the way. The directories met are kept.
fn target<'a>(file: &'a Found, directories: &mut HashMap<&'a Path, PathBuf>) -> PathBuf {
    match (file.path.parent(), file.path.file_name()) {
        (Some(directory), Some(name)) if !file.link && !directory.as_os_str().is_empty() => {
            directories.entry(directory).or_insert_with(|| resolved(directory)).join(name)
        }
        _ => resolved(&file.path),
    }
}

/// A path without symbolic links.
fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::known::Sighting;
    use super::*;

    const MAIL: &str = "From a@example.org Tue Jan  7 00:00:00 2020\nSubject: x\n\nbody\n\n";
    const MESSAGE: &str = "Subject: x\n\nbody\n";

    fn site(files: &[(&str, &[u8])]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        dir
    }

    fn mbox(dir: &TempDir, path: &str) -> SourceConfig {
        SourceConfig::Mbox(dir.path().join(path))
    }

    /// What each file of the store is named, its list and its place there.
    fn listing(dir: &TempDir, store: &Store) -> Vec<(String, u16, u32)> {
        let relative = |path: &Path| path.strip_prefix(dir.path()).unwrap().display().to_string();
        store.files().iter().map(|file| (relative(&file.path), file.list, file.index)).collect()
    }

    /// Opens one source; gives its files and what is said of it.
    fn open_one(dir: &TempDir, source: SourceConfig) -> (usize, Vec<(Severity, String)>) {
        let (store, diagnostics) = Store::open(&[&[source]]);
        for diagnostic in &diagnostics {
            let place = diagnostic.place.as_ref().expect("a place");
            assert!(place.file.starts_with(dir.path()), "{place:?}");
            assert!(diagnostic.hint.is_some(), "{diagnostic:?}");
        }
        let said = diagnostics.into_iter().map(|d| (d.severity, d.message)).collect();
        (store.files().len(), said)
    }

    #[test]
    fn lists_sources_and_paths_give_the_order() {
        let mail = MAIL.as_bytes();
        let dir = site(&[("b/2.mbox", mail), ("b/1.mbox", mail), ("a/3.mbox", mail)]);
        let first = [mbox(&dir, "b"), mbox(&dir, "a/*")];
        let (store, diagnostics) = Store::open(&[&first, &[mbox(&dir, "b/2.mbox")]]);
        assert_eq!(diagnostics, []);
        let expected =
            [("b/1.mbox", 0, 0), ("b/2.mbox", 0, 1), ("a/3.mbox", 0, 2), ("b/2.mbox", 1, 0)];
        assert_eq!(listing(&dir, &store), expected.map(|(path, l, i)| (path.to_owned(), l, i)));
        assert_eq!(store.files()[0].size, mail.len() as u64);
        assert_eq!(store.files()[0].stored, mail.len() as u64);
    }

    #[test]
    fn a_file_meant_twice_is_read_once() {
        let dir = site(&[("b/2.mbox", MAIL.as_bytes())]);
        let sources = [mbox(&dir, "b/2.mbox"), mbox(&dir, "b"), mbox(&dir, "b/../b/*.mbox")];
        let (store, diagnostics) = Store::open(&[&sources]);
        assert_eq!((store.files().len(), diagnostics), (1, vec![]));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_known_by_its_own_name_rather_than_by_a_link() {
        let dir = site(&[("b/new.mbox", MAIL.as_bytes())]);
        std::os::unix::fs::symlink("new.mbox", dir.path().join("b/latest.mbox")).unwrap();
        let (store, _) = Store::open(&[&[mbox(&dir, "b")]]);
        assert_eq!(listing(&dir, &store), [("b/new.mbox".to_owned(), 0, 0)]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_directories_lead_to_in_two_ways_is_read_once() {
        let dir = site(&[("old/1.mbox", MAIL.as_bytes()), ("l/2.mbox", MAIL.as_bytes())]);
        for link in ["l/one", "l/two"] {
            std::os::unix::fs::symlink(dir.path().join("old"), dir.path().join(link)).unwrap();
        }
        let files = |sources: &[SourceConfig]| listing(&dir, &Store::open(&[sources]).0);
        let named = |names: [&str; 2]| {
            (0..).zip(names).map(|(index, name)| (name.to_owned(), 0, index)).collect::<Vec<_>>()
        };
        assert_eq!(files(&[mbox(&dir, "l")]), named(["l/2.mbox", "l/one/1.mbox"]));
        let both = [mbox(&dir, "old"), mbox(&dir, "l")];
        assert_eq!(files(&both), named(["old/1.mbox", "l/2.mbox"]));
        assert_eq!(files(&[mbox(&dir, "old"), mbox(&dir, "l/2.mbox")]), files(&both));
    }

    #[test]
    fn what_is_no_mail_is_an_error_if_nothing_else_was_named() {
        for (name, bytes, message) in [
            ("x.mbox", &b"\xff\xd8\xff\xe0\0\x10JFIF"[..], "this is a JPEG image, not mail"),
            ("x.mbox", b"", "the file is empty"),
            ("x.mbox.gz", b"\x1f\x8b\x08\0", "the compressed file is cut short or damaged"),
            ("x.mbox", b"notes\n", "this is text, but not mail"),
            ("x.mbox", b"{\"from\": 1}", "this is JSON, not mail"),
        ] {
            let dir = site(&[(name, bytes)]);
            let (files, said) = open_one(&dir, mbox(&dir, name));
            assert_eq!((files, said.len()), (0, 1), "{bytes:?}: {said:?}");
            assert_eq!(said[0].0, Severity::Error);
            assert!(said[0].1.starts_with(message), "{said:?}");

            fs::write(dir.path().join("y.mbox"), MAIL).unwrap();
            let (files, said) = open_one(&dir, mbox(&dir, "*.mbox*"));
            assert_eq!((files, said.len(), said[0].0), (1, 1, Severity::Warning), "{said:?}");
        }
    }

    #[test]
    fn what_lies_beside_mail_in_a_directory_is_left_alone() {
        let dir = site(&[
            ("l/a.mbox", MAIL.as_bytes()),
            ("l/b.eml", MESSAGE.as_bytes()),
            ("l/logo.png", b"\x89PNG\r\n\x1a\n"),
            ("l/truth.jsonl", b"{}\n"),
            ("l/SOURCE.txt", b"https://example.org/\n"),
            ("l/empty.mbox", b""),
        ]);
        assert_eq!(open_one(&dir, mbox(&dir, "l")), (2, vec![]));
        fs::create_dir(dir.path().join("none")).unwrap();
        let (files, said) = open_one(&dir, mbox(&dir, "none"));
        assert_eq!(files, 0);
        assert_eq!(said, [(Severity::Error, "there is no mail in this directory".to_owned())]);
    }

    #[test]
    fn missing_sources_are_errors_and_the_others_are_read() {
        let dir = site(&[("a.mbox", MAIL.as_bytes())]);
        let (store, diagnostics) = Store::open(&[&[mbox(&dir, "gone.mbox"), mbox(&dir, "a.mbox")]]);
        assert_eq!((store.files().len(), diagnostics.len()), (1, 1));
        assert_eq!(diagnostics[0].severity, Severity::Error);
        let maildir = SourceConfig::Maildir(dir.path().join("gone"));
        assert_eq!(open_one(&dir, maildir).1[0].0, Severity::Error);
    }

    #[test]
    fn a_file_whose_beginning_is_lost_is_read_with_a_warning() {
        let cut = format!("end of a mail\n\n{MAIL}");
        let dir = site(&[("cut.mbox", cut.as_bytes())]);
        let (files, said) = open_one(&dir, mbox(&dir, "cut.mbox"));
        assert_eq!((files, said.len(), said[0].0), (1, 1, Severity::Warning));
        assert!(said[0].1.starts_with("the first 15 bytes"), "{said:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_without_permission_is_said() {
        use std::os::unix::fs::PermissionsExt;
        let dir = site(&[("l/a/1.mbox", MAIL.as_bytes()), ("l/2.mbox", MAIL.as_bytes())]);
        let closed = dir.path().join("l/a");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let is_obeyed = fs::read_dir(&closed).is_err();
        let outcome = open_one(&dir, mbox(&dir, "l"));
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
        if is_obeyed {
            let said = (Severity::Warning, "no permission to read this".to_owned());
            assert_eq!(outcome, (1, vec![said]));
        } else {
            println!("skipped: permissions do not bind this user");
        }
    }

    #[test]
    fn reading_what_is_no_longer_there_gives_nothing() {
        let dir = site(&[("m/a.eml", MESSAGE.as_bytes())]);
        let (store, _) = Store::open(&[&[SourceConfig::Maildir(dir.path().join("m"))]]);
        let origin = Origin { file: FileId(0), offset: 0, len: 17 };
        assert_eq!(&*store.read(origin), MESSAGE.as_bytes());
        assert_eq!(&*store.read(Origin { len: 18, ..origin }), b"");
        assert_eq!(&*store.read(Origin { offset: u64::MAX, ..origin }), b"");
        fs::remove_file(dir.path().join("m/a.eml")).unwrap();
        assert_eq!(&*store.read(origin), b"");
    }

    const TIME: SystemTime = SystemTime::UNIX_EPOCH;

    fn gzip(text: &str) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    /// Writes a file at a time after the first one.
    fn write_at(dir: &TempDir, name: &str, bytes: &[u8], seconds: u64) {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        let time = TIME + std::time::Duration::from_secs(1_000 + seconds);
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    /// The files of a directory as they are seen now, opened with what was known of them before.
    fn seen_again(dir: &TempDir, change: impl Fn()) -> Store {
        let sources = [mbox(dir, "l")];
        let (before, said) = Store::open(&[&sources]);
        assert_eq!(said, []);
        let seen: HashMap<PathBuf, Sighting> = before
            .files()
            .iter()
            .filter_map(|file| {
                let InputFile { stored, size, .. } = *file;
                let modified = contents::nanos(file.modified);
                Some((file.path.clone(), Sighting { stored, modified, size, shape: file.shape? }))
            })
            .collect();
        change();
        let look = |path: &Path| seen.get(path).copied();
        let known = Known { files: Some(&look), ..Known::default() };
        let (after, said) = Store::open_knowing(&Inputs::look(&[&sources]), &known);
        assert_eq!(said, []);
        assert_eq!(after.files().len(), before.files().len());
        after
    }

    /// The bytes at the beginning of each file.
    fn starts(store: &Store) -> Vec<String> {
        let start = |file| Origin { file: FileId(file), offset: 0, len: 4 };
        let files = 0..store.files().len() as u32;
        files.map(|n| String::from_utf8_lossy(&store.read(start(n))).into_owned()).collect()
    }

    #[test]
    fn a_known_file_is_opened_when_its_mail_is_asked_for() {
        let packed = gzip(MAIL);
        let files = [
            ("l/a.mbox", MAIL.as_bytes()),
            ("l/b.mbox.gz", &packed),
            ("l/c.eml", MESSAGE.as_bytes()),
        ];
        let dir = site(&files);
        files.iter().for_each(|(name, bytes)| write_at(&dir, name, bytes, 0));
        let store = seen_again(&dir, || ());
        assert_eq!(starts(&store), ["From", "From", "Subj"]);
        assert_eq!(store.late_fault(), None);
        // Neither size nor time tells that these are no mail any more: nobody has looked.
        let spoil =
            |(name, bytes): &(&str, &[u8])| write_at(&dir, name, &b"?".repeat(bytes.len()), 0);
        let store = seen_again(&dir, || files.iter().for_each(spoil));
        assert_eq!(store.late_fault(), None);
        assert_eq!(starts(&store), ["????", "", "????"]);
        let fault = store.late_fault().unwrap();
        assert!(fault.is_error() && fault.place.is_some(), "{fault:?}");
    }

    #[test]
    fn a_file_that_was_written_to_since_is_looked_at() {
        let dir = site(&[("l/a.mbox", b""), ("l/b.mbox", b"")]);
        for name in ["l/a.mbox", "l/b.mbox"] {
            write_at(&dir, name, MAIL.as_bytes(), 0);
        }
        let store = seen_again(&dir, || write_at(&dir, "l/a.mbox", MESSAGE.as_bytes(), 0));
        assert_eq!(starts(&store), ["Subj", "From"]);
        write_at(&dir, "l/a.mbox", MAIL.as_bytes(), 0);
        let other = MAIL.replace("From", "Fr?m");
        let store = seen_again(&dir, || {
            write_at(&dir, "l/a.mbox", format!("Subject: {}", &other[9..]).as_bytes(), 7);
        });
        assert_eq!(starts(&store), ["Subj", "From"]);
    }

    #[test]
    fn a_known_file_that_is_cut_short_before_it_is_read_is_an_error() {
        let dir = site(&[("l/a.mbox", b"")]);
        write_at(&dir, "l/a.mbox", MAIL.as_bytes(), 0);
        let store = seen_again(&dir, || ());
        fs::write(dir.path().join("l/a.mbox"), &MAIL[..20]).unwrap();
        assert_eq!(starts(&store), [""]);
        let fault = store.late_fault().unwrap();
        assert_eq!(fault.message, "this was cut short while the site was built");
    }

    /// What was wrong with a file is said again, so it is looked at again.
    #[test]
    fn a_file_that_something_was_wrong_with_has_no_shape() {
        let packed = gzip(&MAIL.repeat(9));
        let cut = format!("end of a mail\n\n{MAIL}");
        let dir = site(&[("a.mbox.gz", &packed[..packed.len() - 9]), ("b.mbox", cut.as_bytes())]);
        let (store, said) = Store::open(&[&[mbox(&dir, "*")]]);
        assert_eq!((store.files().len(), said.len()), (2, 2));
        assert!(store.files().iter().all(|file| file.shape.is_none()));
    }
}

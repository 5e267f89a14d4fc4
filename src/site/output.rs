//! Writes the site: each file whole or absent at every moment, nothing deleted or
//! overwritten that is not ours.
//!
//! A file is written beside its place and renamed. What lies there with the same bytes is
//! left alone. [`super::manifest`] names the files of the last finished build; only those are
//! ever deleted, after the new ones are there, and the new manifest comes last. The journal
//! beside it names each file before it is touched, so that a build that was killed leaves
//! nothing the next one doesn't know: the next one ends as a first one would.
//!
//! Where there is no site yet, nobody can see one that is half written: the files are written
//! once, into a directory beside the manifest, and what stands at its top is moved to its
//! place in the end.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::site::below::Below;
use crate::site::files::{Content, FileNumber, Files};
use crate::site::fingerprint;
use crate::site::ledger::Filed;
pub use crate::site::manifest::Published;
use crate::site::manifest::{DIRECTORY, Manifest, is_path};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It wasn't there.
    New,
    /// It was there with other bytes.
    Changed,
    /// It was there with the same bytes, and wasn't touched.
    Unchanged,
}

/// What a build wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files of the site.
    pub files: usize,
    /// Of these, new or changed ones.
    pub written: usize,
    /// Of these, ones left alone.
    pub unchanged: usize,
    /// Files of former builds that were deleted.
    pub deleted: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes of those written.
    pub bytes_written: u64,
    /// The ten largest files, largest first, with their bytes.
    pub largest: Vec<(String, u64)>,
    /// Files and bytes of each kind, the largest sum first.
    pub kinds: Vec<(String, usize, u64)>,
    /// A hash of the manifest that it left.
    pub manifest: u64,
    /// For each file by its number in this build the number that it has for the next one.
    pub places: Vec<Option<FileNumber>>,
    /// What went otherwise than it should have.
    pub warnings: Vec<Diagnostic>,
}

/// The first line of a journal.
const JOURNAL: &str = "patchpress-journal 1";

/// How often, and how long, an output directory that is locked is waited for.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The largest files that are reported.
const LARGEST: usize = 10;

/// An output directory that a build is writing to. Dropped without [`Output::finish`], it
/// leaves the old manifest, and nothing is deleted.
#[derive(Debug)]
pub struct Output {
    /// Where files are written: the output directory, or [`Output::staging`].
    root: PathBuf,
    /// The output directory, where there was no site in it and `root` is another place.
    fresh: Option<PathBuf>,
    /// The root, locked against other builds; none where the file system knows no locks.
    lock: Option<File>,
    /// Whether files that aren't ours may be overwritten.
    force: bool,
    /// The files of former builds, killed ones too, and of this one.
    files: Mutex<Files>,
    /// False where the manifest was damaged: then nothing is deleted.
    may_delete: bool,
    /// Whether a build was killed since the last one that finished.
    interrupted: bool,
    /// False where the journal was damaged: then any file at the place of a page may be one that
    /// a killed build wrote.
    noted: bool,
    /// A hash of the manifest of the last finished build; none where that was damaged.
    manifest: Option<u64>,
    published: Vec<Published>,
    warnings: Vec<Diagnostic>,
    directories: Mutex<HashMap<Box<str>, Directory>>,
    journal: Mutex<Option<File>>,
    written: AtomicUsize,
    bytes_written: AtomicU64,
    create: fn(&Path) -> io::Result<File>,
}

/// What is known of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directory {
    /// This build made it: nothing is in it that this build didn't put there.
    Made,
    /// It was there.
    Found,
}

impl Output {
    /// Looks at `root`, makes it if it doesn't exist, and keeps other builds out of it; writes
    /// nothing in it yet. Fails where `root` holds files but no manifest (unless `force`), is
    /// no directory, can't be read, or another build is writing there.
    pub fn open(root: &Path, force: bool) -> Result<Output, Diagnostic> {
        let lock = lock(root)?;
        let state = root.join(DIRECTORY);
        let old = read_if_there(&manifest(root))?;
        let journal = read_if_there(&state.join("journal"))?;
        let noted = journal.as_deref().is_none_or(is_journal);
        if old.is_none() && journal.is_none() && !force {
            refuse_foreign(root)?;
        }
        let (manifest, files, whole) = match old.as_deref() {
            Some(text) => Manifest::scan(text),
            None => (Manifest::default(), Vec::new(), true),
        };
        let staging = root.join(DIRECTORY).join("new");
        let is_clear = clear(&staging).map_err(|e| fault("delete", &staging, &e))?;
        let is_fresh = is_clear
            && old.is_none()
            && journal.is_none()
            && is_unused(root).map_err(|e| fault("read", root, &e))?;
        let mut output = Output {
            root: if is_fresh { staging } else { root.to_owned() },
            fresh: is_fresh.then(|| root.to_owned()),
            lock,
            force,
            may_delete: whole,
            interrupted: journal.is_some(),
            noted,
            manifest: old.as_deref().filter(|_| whole && noted).map(fingerprint::of),
            files: Mutex::new(Files::of(old.unwrap_or_default(), files)),
            published: manifest.published,
            warnings: Vec::new(),
            directories: Mutex::default(),
            journal: Mutex::default(),
            written: AtomicUsize::new(0),
            bytes_written: AtomicU64::new(0),
            create: |path| OpenOptions::new().write(true).create_new(true).open(path),
        };
        if !whole {
            output.warnings.push(damaged(&state.join("manifest")));
        } else if !noted {
            output.warnings.push(unnoted(&state.join("journal")));
        }
        output.take_over(&journal.unwrap_or_default());
        Ok(output)
    }

    /// What former builds published, by URL.
    pub fn published(&self) -> &[Published] {
        &self.published
    }

    /// The files of pages (but the home page) that the last finished build had and that this
    /// one hasn't written or kept so far, in order.
    pub fn former_pages(&self) -> Vec<String> {
        locked(&self.files).former_pages()
    }

    /// Writes one file of the site; any number of threads may do so at once. `path` is
    /// relative, of `[A-Za-z0-9._-]` parts. Fails where the path is none, was written before in
    /// this build, leads through a symbolic link, or is taken by something that isn't ours;
    /// and where the disk is full or may not be written. A build that got a failure must not
    /// [`finish`](Output::finish).
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<Written, Diagnostic> {
        let what = (bytes.len() as u64, fingerprint::of(bytes));
        let stands = locked(&self.files).claim(path, what)?;
        if stands { Ok(Written::Unchanged) } else { self.put(path, bytes) }
    }

    /// Puts a file of the last build in its place before its turn, if that build had it and it
    /// is another one now. The file is still to be written, and counts only then. Fails as
    /// [`Output::write`] does.
    pub fn write_ahead(&self, path: &str, bytes: &[u8]) -> Result<Written, Diagnostic> {
        let full = self.root.join(path);
        let mut noted = false;
        let there = locked(&self.files).is_known(path)
            && self.directory(parent(path), path, &mut noted)? == Directory::Found
            && self.compare(path, &full, bytes)? == Written::Changed;
        if !there {
            return Ok(Written::Unchanged);
        }
        self.note(path, &mut noted)?;
        locked(&self.files).add_touched(path);
        self.replace(&full, bytes).map_err(|e| fault("write", &full, &e))?;
        Ok(Written::Changed)
    }

    /// A hash of the manifest that the last finished build left.
    pub fn manifest(&self) -> Option<u64> {
        self.manifest
    }

    /// Looks which files of the last finished build lie where they were left: only those can be
    /// kept.
    pub fn survey(&self) {
        let below = Below::new(&self.root);
        locked(&self.files).survey(|path, bytes| below.has(path, bytes));
    }

    /// Whether the survey has found every file of the build that left this manifest, and none was
    /// killed since.
    pub fn is_as_left(&self, manifest: u64) -> bool {
        self.manifest == Some(manifest) && !self.interrupted && locked(&self.files).are_whole()
    }

    /// Notes what files of the last finished build held: where the survey has found one, it need
    /// not be read to be compared.
    pub fn know(&self, held: impl Iterator<Item = Filed>) {
        locked(&self.files).add_held(held);
    }

    /// Makes files of the last finished build files of this one as they are, where each of them
    /// lies there with its size and no killed build may have written it since. Else none of
    /// them, and false.
    pub fn keep(&self, files: impl Iterator<Item = Filed> + Clone) -> Result<bool, Diagnostic> {
        let mut ours = locked(&self.files);
        if !files.clone().all(|(file, _)| ours.is_whole(file)) {
            return Ok(false);
        }
        let mut kept = files.map(|(file, hash)| ours.keep(file, hash));
        kept.try_fold((), |(), kept| kept).map(|()| true)
    }

    /// The path of a file of the last finished build; none where that had no such file.
    pub fn former_path(&self, file: FileNumber) -> Option<String> {
        locked(&self.files).former_path(file).map(str::to_owned)
    }

    /// The bytes of a file as the last finished build left it; none where they are others now.
    pub fn left(&self, (file, hash): Filed) -> Option<Vec<u8>> {
        let bytes = fs::read(self.root.join(self.former_path(file)?)).ok()?;
        (fingerprint::of(&*bytes) == hash).then_some(bytes)
    }

    /// Files that this build has written or kept, for [`Output::keep`] in the next one; their
    /// numbers there are told by [`Report::places`].
    pub fn filed(&self, paths: &[String]) -> Vec<Filed> {
        let files = locked(&self.files);
        let filed = |path: &String| files.claimed(path).map(|(file, (_, hash))| (file, hash));
        paths.iter().filter_map(filed).collect()
    }

    /// Keeps other builds out also after [`Output::finish`], until it is dropped.
    pub fn hold(&self) -> Option<File> {
        self.lock.as_ref().and_then(|lock| lock.try_clone().ok())
    }

    /// Whether this build has written that file, or kept it.
    pub fn has(&self, path: &str) -> bool {
        locked(&self.files).claimed(path).is_some()
    }

    /// Deletes the files of former builds that this one didn't write, and directories left
    /// empty; then writes the manifest. `published` is added to what former builds published;
    /// where both have a URL, the new key counts. `kind` says of a path what it is counted
    /// under.
    pub fn finish(
        mut self,
        published: Vec<Published>,
        kind: fn(&str) -> &'static str,
    ) -> Result<Report, Diagnostic> {
        let known = std::mem::take(self.files.get_mut().unwrap_or_else(PoisonError::into_inner));
        let deleted = if self.may_delete { self.delete_stale(&known.stale())? } else { 0 };
        let (files, places) = known.all();
        if let Some(home) = self.fresh.take() {
            self.settle(home, &files)?;
        }
        let old = std::mem::take(&mut self.published);
        let (report, text) =
            rayon::join(|| self.report(&files, kind), || text(&files, merged(published, old)));
        let mut report = Report { deleted, places, ..report };
        self.put(&format!("{DIRECTORY}/manifest"), text.as_bytes())?;
        report.manifest = fingerprint::of(&*text);
        self.remove(&self.root.join(DIRECTORY).join("journal"))?;
        report.warnings = self.warnings;
        Ok(report)
    }

    /// Makes the files of a journal that a killed build left known, and removes what that build
    /// left half written.
    fn take_over(&mut self, journal: &str) {
        if self.leads_nowhere_else(DIRECTORY) {
            // These are in no journal.
            for name in ["manifest", "journal"] {
                let _ = fs::remove_file(unfinished(&self.root.join(DIRECTORY).join(name)));
            }
        }
        let lines = journal.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        for path in lines.filter(|path| is_path(path)) {
            if self.leads_nowhere_else(parent(path)) {
                // A leftover that stays is reported when its place is written to.
                let _ = fs::remove_file(unfinished(&self.root.join(path)));
            }
            locked(&self.files).add_touched(path);
        }
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<Written, Diagnostic> {
        let full = self.root.join(path);
        let mut noted = false;
        let found = match self.directory(parent(path), path, &mut noted)? {
            Directory::Made => Written::New,
            Directory::Found => self.compare(path, &full, bytes)?,
        };
        if found != Written::Unchanged {
            self.note(path, &mut noted)?;
            self.replace(&full, bytes).map_err(|e| match full.is_dir() {
                true => in_the_way(&full, "is a directory"),
                false => fault("write", &full, &e),
            })?;
            self.written.fetch_add(1, Ordering::Relaxed);
            self.bytes_written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        Ok(found)
    }

    /// Makes sure that there is a real directory at `directory` (within the root), for `path`.
    fn directory(
        &self,
        directory: &str,
        path: &str,
        noted: &mut bool,
    ) -> Result<Directory, Diagnostic> {
        if let Some(state) = locked(&self.directories).get(directory) {
            return Ok(*state);
        }
        let full = self.root.join(directory);
        if !directory.is_empty()
            && self.directory(parent(directory), path, noted)? == Directory::Made
        {
            // Nothing is in there, so there is nothing to look at.
            self.note(path, noted)?;
            let state = make_directory(&full).map_err(|e| fault("make", &full, &e))?;
            return Ok(*locked(&self.directories).entry(directory.into()).or_insert(state));
        }
        let state = match kind_of(&full, directory.is_empty())
            .map_err(|e| fault("read", &full, &e))?
        {
            Some(Kind::Directory) => Directory::Found,
            Some(Kind::Link) => return Err(leads_elsewhere(&full)),
            // An old page has become a directory.
            Some(Kind::File(_)) if locked(&self.files).is_known(directory) => {
                self.note(path, noted)?;
                self.remove(&full)?;
                make_directory(&full).map_err(|e| fault("make", &full, &e))?
            }
            Some(Kind::File(_) | Kind::Other) => return Err(in_the_way(&full, "is no directory")),
            None if directory.is_empty() => {
                let asked = self.fresh.as_deref().unwrap_or(&full);
                fs::create_dir_all(&full).map_err(|e| fault("make", asked, &e))?;
                Directory::Made
            }
            None => {
                self.note(path, noted)?;
                make_directory(&full).map_err(|e| fault("make", &full, &e))?
            }
        };
        Ok(*locked(&self.directories).entry(directory.into()).or_insert(state))
    }

    /// What lies at the place of a file, compared with what shall lie there.
    fn compare(&self, path: &str, full: &Path, bytes: &[u8]) -> Result<Written, Diagnostic> {
        let kind = kind_of(full, false).map_err(|e| fault("read", full, &e))?;
        let ours = self.force || !self.may_delete || !self.noted || self.is_known(path);
        match kind {
            None => Ok(Written::New),
            Some(Kind::Directory) => Err(in_the_way(full, "is a directory")),
            Some(_) if !ours => Err(in_the_way(full, "was not written by patchpress")),
            Some(Kind::File(size)) if size == bytes.len() as u64 => {
                let same = holds(full, bytes).map_err(|e| fault("read", full, &e))?;
                Ok(if same { Written::Unchanged } else { Written::Changed })
            }
            Some(_) => Ok(Written::Changed),
        }
    }

    fn is_known(&self, path: &str) -> bool {
        locked(&self.files).is_known(path) || path.split('/').next() == Some(DIRECTORY)
    }

    /// Names `path` in the journal, unless this has happened.
    fn note(&self, path: &str, noted: &mut bool) -> Result<(), Diagnostic> {
        if *noted || self.fresh.is_some() || path.split('/').next() == Some(DIRECTORY) {
            return Ok(());
        }
        *noted = true;
        let full = self.root.join(DIRECTORY).join("journal");
        let mut journal = locked(&self.journal);
        if journal.is_none() {
            self.directory(DIRECTORY, path, noted)?;
            refuse_link(&full)?;
            let begun = self.begin_journal(&full, &[]);
            *journal = Some(begun.map_err(|e| fault("write", &full, &e))?);
        }
        match &mut *journal {
            Some(file) => file
                .write_all(format!("{path}\n").as_bytes())
                .map_err(|e| fault("write", &full, &e)),
            None => Ok(()),
        }
    }

    /// Opens the journal; where there is none, with these lines in it, in one step.
    fn begin_journal(&self, full: &Path, lines: &[&str]) -> io::Result<File> {
        if !full.exists() {
            let beside = unfinished(full);
            let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let begun = fs::write(&beside, format!("{JOURNAL}\n{lines}"));
            if let Err(error) = begun.and_then(|()| fs::rename(&beside, full)) {
                // The first failure is the one to report.
                let _ = fs::remove_file(&beside);
                return Err(error);
            }
        }
        let mut file = OpenOptions::new().append(true).open(full)?;
        // The last line of a damaged one may be cut short. It stays damaged: `~` is in no path.
        file.write_all(if self.noted { b"" } else { b"\n~\n" })?;
        Ok(file)
    }

    /// Moves a first site to its place, what leads to its pages last. The journal names all of
    /// it before, for the case that this doesn't come to its end.
    fn settle(&mut self, home: PathBuf, files: &[(&str, Content)]) -> Result<(), Diagnostic> {
        let staging = std::mem::replace(&mut self.root, home);
        self.announce(files)?;
        for name in at_the_top(files) {
            let (from, to) = (staging.join(name), self.root.join(name));
            fs::rename(from, &to).map_err(|e| fault("write", &to, &e))?;
        }
        match fs::remove_dir(&staging) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(fault("delete", &staging, &e)),
            _ => Ok(()),
        }
    }

    /// Names all files in the journal at once.
    fn announce(&self, files: &[(&str, Content)]) -> Result<(), Diagnostic> {
        let lines: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        let state = self.root.join(DIRECTORY);
        let full = state.join("journal");
        refuse_link(&full)?;
        let written =
            fs::create_dir_all(&state).and_then(|()| self.begin_journal(&full, &lines)).map(drop);
        written.map_err(|e| fault("write", &full, &e))
    }

    /// Puts a file in its place in one step. A symbolic link there is replaced, not followed.
    fn replace(&self, full: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.fresh.is_some() {
            return (self.create)(full)?.write_all(bytes);
        }
        let beside = unfinished(full);
        let mut file = (self.create)(&beside).or_else(|e| match e.kind() {
            // A build that was killed left it, and its journal is lost.
            ErrorKind::AlreadyExists => {
                fs::remove_file(&beside).map_err(|_| e).and_then(|()| (self.create)(&beside))
            }
            _ => Err(e),
        })?;
        let done = file.write_all(bytes).and_then(|()| {
            drop(file);
            fs::rename(&beside, full)
        });
        if done.is_err() {
            // The first failure is the one to report.
            let _ = fs::remove_file(&beside);
        }
        done
    }

    fn delete_stale(&mut self, stale: &[&str]) -> Result<usize, Diagnostic> {
        let mut deleted = 0;
        let mut emptied = BTreeSet::new();
        for path in stale {
            let full = self.root.join(path);
            if !self.leads_nowhere_else(parent(path)) {
                continue;
            }
            match kind_of(&full, false) {
                Ok(Some(Kind::File(_))) => deleted += usize::from(self.remove(&full)?),
                Ok(None) => {}
                _ => self.warnings.push(
                    Diagnostic::warning("no longer ours, so it was not deleted").in_file(&full),
                ),
            }
            emptied.insert((path.matches('/').count(), parent(path)));
        }
        self.remove_empty(emptied);
        Ok(deleted)
    }

    /// Removes those of the directories that are empty, and those around them that become so.
    fn remove_empty(&self, mut directories: BTreeSet<(usize, &str)>) {
        while let Some((depth, directory)) = directories.pop_last() {
            if depth > 0 && fs::remove_dir(self.root.join(directory)).is_ok() {
                directories.insert((depth - 1, parent(directory)));
            }
        }
    }

    /// Whether the directory and those around it, up to the root, are real ones.
    fn leads_nowhere_else(&self, directory: &str) -> bool {
        let real = |directory: &str| {
            matches!(kind_of(&self.root.join(directory), false), Ok(Some(Kind::Directory)))
        };
        let mut at = directory;
        while !at.is_empty() {
            if locked(&self.directories).contains_key(at) {
                return true;
            }
            if !real(at) {
                return false;
            }
            at = parent(at);
        }
        true
    }

    /// Removes a file; false where there is none.
    fn remove(&self, full: &Path) -> Result<bool, Diagnostic> {
        match fs::remove_file(full) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(fault("delete", full, &e)),
        }
    }

    fn report(&self, files: &[(&str, Content)], kind: fn(&str) -> &'static str) -> Report {
        let written = self.written.load(Ordering::Relaxed);
        Report {
            files: files.len(),
            written,
            unchanged: files.len() - written,
            bytes: files.iter().map(|(_, (size, _))| size).sum(),
            bytes_written: self.bytes_written.load(Ordering::Relaxed),
            largest: largest(files),
            kinds: kinds(files, kind),
            ..Report::default()
        }
    }
}

/// The text of the manifest of these files.
fn text(files: &[(&str, Content)], published: Vec<Published>) -> String {
    let sizes: Vec<(&str, u64)> = files.iter().map(|(path, (size, _))| (*path, *size)).collect();
    // Their paths and sizes are in the manifest by themselves.
    let content = Some(fingerprint::of_all(files.iter().map(|(_, (_, hash))| *hash)));
    Manifest { published, content, ..Manifest::default() }.text_with(&sizes)
}

/// The [`LARGEST`] files, the largest first, then by path.
fn largest(files: &[(&str, Content)]) -> Vec<(String, u64)> {
    let mut all: Vec<(Reverse<u64>, &str)> =
        files.iter().map(|(path, (size, _))| (Reverse(*size), *path)).collect();
    if all.len() > LARGEST {
        all.select_nth_unstable(LARGEST);
        all.truncate(LARGEST);
    }
    all.sort_unstable();
    all.into_iter().map(|(Reverse(size), path)| (path.to_owned(), size)).collect()
}

/// Files and bytes of each kind, the largest sum first.
fn kinds(files: &[(&str, Content)], kind: fn(&str) -> &'static str) -> Vec<(String, usize, u64)> {
    type Sums = BTreeMap<&'static str, (usize, u64)>;
    let add = |mut sums: Sums, kind, (count, bytes)| {
        let sum = sums.entry(kind).or_default();
        *sum = (sum.0 + count, sum.1 + bytes);
        sums
    };
    let counted = files.par_iter().with_min_len(1_000);
    let sums = counted.fold(Sums::new, |sums, (path, (size, _))| add(sums, kind(path), (1, *size)));
    let sums = sums
        .reduce(Sums::new, |all, part| part.into_iter().fold(all, |all, (k, n)| add(all, k, n)));
    let sums = sums.into_iter().map(|(kind, (count, bytes))| (kind.to_owned(), count, bytes));
    let mut kinds: Vec<_> = sums.collect();
    kinds.sort_by_key(|(_, _, bytes)| Reverse(*bytes));
    kinds
}

/// Where the manifest of an output directory is.
fn manifest(root: &Path) -> PathBuf {
    root.join(DIRECTORY).join("manifest")
}

/// Whether a journal is one, to its end: what is cut off between two lines doesn't show.
fn is_journal(text: &str) -> bool {
    let lines = text.strip_suffix('\n').and_then(|text| text.strip_prefix(JOURNAL));
    lines.is_some_and(|lines| lines.split('\n').skip(1).all(is_path))
}

/// The lock's content. A thread that panicked left it whole: each change is one call.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The directory of a path within the root; "" for the root itself.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Where a file is written before it is renamed: `~` is in no path of a page.
fn unfinished(full: &Path) -> PathBuf {
    let name = full.file_name().unwrap_or_default().to_string_lossy();
    full.with_file_name(format!(".{name}.tmp~"))
}

/// Both lists as one, by URL; `new` wins. What only `old` has no longer stands.
fn merged(mut new: Vec<Published>, mut old: Vec<Published>) -> Vec<Published> {
    // What a build has left is in order.
    let by_url = |a: &Published, b: &Published| a.url.cmp(&b.url);
    rayon::join(|| new.par_sort_by(by_url), || old.sort_by(by_url));
    new.dedup_by(|later, first| later.url == first.url);
    let mut all = Vec::with_capacity(new.len().max(old.len()));
    let mut old = old.into_iter().peekable();
    let gone = |page| Published { stands: false, ..page };
    for page in new {
        while let Some(before) = old.next_if(|before| before.url < page.url) {
            all.push(gone(before));
        }
        while old.next_if(|same| same.url == page.url).is_some() {}
        all.push(page);
    }
    all.extend(old.map(gone));
    all
}

/// What lies at a place.
enum Kind {
    /// A file, with its bytes.
    File(u64),
    Directory,
    Link,
    Other,
}

/// What lies at `full`; where it is a symbolic link, what that leads to if `follow`.
fn kind_of(full: &Path, follow: bool) -> io::Result<Option<Kind>> {
    let found = if follow { fs::metadata(full) } else { fs::symlink_metadata(full) };
    match found {
        Ok(meta) if meta.is_dir() => Ok(Some(Kind::Directory)),
        Ok(meta) if meta.is_file() => Ok(Some(Kind::File(meta.len()))),
        Ok(meta) if meta.is_symlink() => Ok(Some(Kind::Link)),
        Ok(_) => Ok(Some(Kind::Other)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Makes a directory. Another thread may have been faster.
fn make_directory(full: &Path) -> io::Result<Directory> {
    match fs::create_dir(full) {
        Ok(()) => Ok(Directory::Made),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(Directory::Found),
        Err(e) => Err(e),
    }
}

/// Whether a file as long as `bytes` holds them.
fn holds(full: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file = File::open(full)?;
    let mut buffer = [0; 32 * 1024];
    let mut rest = bytes;
    while !rest.is_empty() {
        match file.read(&mut buffer)? {
            n if n > 0 && rest.starts_with(&buffer[..n]) => rest = &rest[n..],
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Takes the lock of the output directory, which the system lets go of when the process
/// ends, however it ends. Where there are no locks, builds are trusted to come one by one.
/// One that is about to end is waited for: a program that this process has just started
/// holds the lock for a moment, too.
fn lock(root: &Path) -> Result<Option<File>, Diagnostic> {
    // What can't be made is told when it is written to.
    let directory = fs::create_dir_all(root).and_then(|()| File::open(root));
    let Ok(directory) = directory else { return Ok(None) };
    for _ in 0..LOCK_TRIES {
        match directory.try_lock() {
            Ok(()) => return Ok(Some(directory)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
        }
    }
    Err(Diagnostic::error("another build is writing to this directory").in_file(root).hint(
        "wait until it is done (`patchpress serve` builds too), or name another directory with \
         --output",
    ))
}

/// The file's text, lossily; none where there is no file.
fn read_if_there(full: &Path) -> Result<Option<String>, Diagnostic> {
    match fs::read(full) {
        Ok(bytes) => Ok(Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
        })),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(fault("read", full, &e)),
    }
}

/// Whether nothing is in an output directory, or there is none. A build that was killed leaves
/// a directory of ours.
fn is_unused(root: &Path) -> io::Result<bool> {
    match fs::read_dir(root) {
        Ok(mut entries) => {
            Ok(entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == DIRECTORY)))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(true),
        Err(e) => Err(e),
    }
}

/// Deletes the first site that a killed build left half written. False where something else
/// lies there, or where the directory around it is no real one: then it is not ours to use.
fn clear(staging: &Path) -> io::Result<bool> {
    let around = staging.parent().map_or(Ok(None), |around| kind_of(around, false))?;
    match (around, kind_of(staging, false)?) {
        (None | Some(Kind::Directory), None) => Ok(true),
        (Some(Kind::Directory), Some(Kind::Directory)) => {
            fs::remove_dir_all(staging).map(|()| true)
        }
        _ => Ok(false),
    }
}

/// The names at the top of a site: directories, then files, the home page last.
fn at_the_top<'f>(files: &[(&'f str, Content)]) -> Vec<&'f str> {
    let mut names: Vec<(bool, bool, &str)> = files
        .iter()
        .map(|(path, _)| match path.split_once('/') {
            Some((directory, _)) => (false, false, directory),
            None => (true, *path == "index.html", *path),
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|(.., name)| name).collect()
}

fn refuse_foreign(root: &Path) -> Result<(), Diagnostic> {
    if is_unused(root).map_err(|e| fault("read", root, &e))? {
        return Ok(());
    }
    Err(Diagnostic::error("the output directory holds files that patchpress did not write")
        .in_file(root)
        .hint("choose another directory, empty this one, or give --force: it overwrites pages and keeps all else"))
}

fn refuse_link(full: &Path) -> Result<(), Diagnostic> {
    match kind_of(full, false) {
        Ok(Some(Kind::Link)) => Err(leads_elsewhere(full)),
        _ => Ok(()),
    }
}

fn damaged(manifest: &Path) -> Diagnostic {
    Diagnostic::warning("the list of files written before is damaged, so no old file is deleted")
        .in_file(manifest)
        .hint("the next build deletes again; to be rid of old pages, delete the output directory and build")
}

fn unnoted(journal: &Path) -> Diagnostic {
    let what = "the notes of a build that was killed are damaged; every page was made again";
    Diagnostic::warning(what).in_file(journal)
}

fn leads_elsewhere(full: &Path) -> Diagnostic {
    Diagnostic::error("a symbolic link in the output directory is not followed")
        .in_file(full)
        .hint("replace it by a directory, or delete it")
}

fn in_the_way(full: &Path, what: &str) -> Diagnostic {
    Diagnostic::error(format!("what lies where a page shall be {what}"))
        .in_file(full)
        .hint("move it away; --force overwrites files, never directories")
}

/// A failure of the operating system, with what may help.
fn fault(doing: &str, full: &Path, error: &io::Error) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("can't {doing} it: {error}")).in_file(full);
    let hint = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free some space and build again; what was published before still reads"
        }
        ErrorKind::PermissionDenied => "give yourself the right to write in the output directory",
        ErrorKind::ReadOnlyFilesystem => "choose an output directory on a disk that can be written",
        ErrorKind::NotADirectory => "a file lies where a directory has to be: move it away",
        ErrorKind::AlreadyExists => "delete the file ending in .tmp~ that lies there",
        _ => "see whether the output directory is on a disk that is there and sound",
    };
    diagnostic.hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Site = Vec<(&'static str, &'static str)>;

    fn site() -> Site {
        vec![
            ("index.html", "home"),
            ("series/a/index.html", "A"),
            ("series/b/index.html", "B"),
            ("x.css", ""),
        ]
    }

    fn published(url: &str, key: &str) -> Published {
        Published { url: url.into(), key: key.into(), stands: true }
    }

    fn build(root: &Path, site: &Site) -> Report {
        let output = Output::open(root, false).unwrap();
        for (path, text) in site {
            output.write(path, text.as_bytes()).unwrap();
        }
        output.finish(vec![published("/series/a/", "a@example.org")], |_| "").unwrap()
    }

    /// Every file under `root` with its bytes, and every directory.
    fn tree(root: &Path) -> Vec<(String, Vec<u8>)> {
        let name = |path: &Path| path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let mut all: Vec<_> = walkdir::WalkDir::new(root)
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .map(|path| {
                (name(&path), if path.is_dir() { b"/".to_vec() } else { fs::read(&path).unwrap() })
            })
            .collect();
        all.sort();
        all
    }

    /// What a build of `site` into an empty directory leaves.
    fn clean(site: &Site) -> Vec<(String, Vec<u8>)> {
        let root = tempfile::tempdir().unwrap();
        build(root.path(), site);
        tree(root.path())
    }

    #[test]
    fn a_build_leaves_the_files_and_the_manifest() {
        let root = tempfile::tempdir().unwrap();
        let report = build(&root.path().join("not/yet/there"), &site());
        assert_eq!((report.files, report.written, report.unchanged, report.deleted), (4, 4, 0, 0));
        assert_eq!((report.bytes, report.bytes_written), (6, 6));
        assert_eq!(
            report.largest[..2],
            [("index.html".into(), 4), ("series/a/index.html".into(), 1)]
        );
        let names: Vec<String> =
            tree(&root.path().join("not/yet/there")).into_iter().map(|(name, _)| name).collect();
        let expected = [
            "",
            ".patchpress",
            ".patchpress/manifest",
            "index.html",
            "series",
            "series/a",
            "series/a/index.html",
            "series/b",
            "series/b/index.html",
            "x.css",
        ];
        assert_eq!(names, expected);
    }

    /// What files of the last build held is known; of a file that is another by now, that says
    /// nothing.
    #[test]
    fn what_is_known_is_not_read_and_what_was_written_ahead_is() {
        let root = tempfile::tempdir().unwrap();
        build(root.path(), &site());
        let output = Output::open(root.path(), false).unwrap();
        output.survey();
        output.know([(FileNumber(0), fingerprint::of(&b"home"[..]))].into_iter());
        // Of the same length, as only somebody else would write it.
        fs::write(root.path().join("index.html"), "HOME").unwrap();
        assert_eq!(output.write("index.html", b"home").unwrap(), Written::Unchanged);
        assert_eq!(fs::read(root.path().join("index.html")).unwrap(), b"HOME");
        drop(output);
        let output = Output::open(root.path(), false).unwrap();
        output.survey();
        output.know([(FileNumber(0), fingerprint::of(&b"home"[..]))].into_iter());
        output.write_ahead("index.html", b"ahead").unwrap();
        assert_eq!(output.write("index.html", b"home").unwrap(), Written::Changed);
        assert_eq!(fs::read(root.path().join("index.html")).unwrap(), b"home");
    }

    #[test]
    fn what_is_unchanged_is_not_touched() {
        let root = tempfile::tempdir().unwrap();
        build(root.path(), &site());
        let times = || {
            let entries = walkdir::WalkDir::new(root.path())
                .into_iter()
                .map(|entry| entry.unwrap().metadata().unwrap());
            entries.map(|meta| meta.modified().unwrap()).collect::<Vec<_>>()
        };
        let before = times();
        let report = build(root.path(), &site());
        assert_eq!((report.written, report.unchanged, report.bytes_written), (0, 4, 0));
        assert_eq!(times(), before);
    }

    #[test]
    fn only_what_changed_is_written_and_what_went_is_deleted() {
        let root = tempfile::tempdir().unwrap();
        build(root.path(), &site());
        fs::write(root.path().join("series/CNAME"), "not ours").unwrap();
        let next = vec![("index.html", "HOME"), ("x.css", "y"), ("series/a/index.html", "A")];
        let report = build(root.path(), &next);
        assert_eq!((report.written, report.unchanged, report.deleted), (2, 1, 1));
        assert!(!root.path().join("series/b").exists());
        assert_eq!(fs::read(root.path().join("index.html")).unwrap(), b"HOME");
        assert_eq!(fs::read(root.path().join("series/CNAME")).unwrap(), b"not ours");
    }

    /// Killed after any number of files, with one half written, the old site's manifest still
    /// holds, and the next build ends as a clean one.
    #[test]
    fn a_killed_build_leaves_nothing_behind() {
        let others = [
            ("index.html", "new home"),
            ("series/c/index.html", "C"),
            ("d/e/f.txt", "F"),
            ("x.css", ""),
        ];
        for (first, killed_after) in
            [true, false].into_iter().flat_map(|first| (0..=4).map(move |n| (first, n)))
        {
            let root = tempfile::tempdir().unwrap();
            if first {
                build(root.path(), &site());
            }
            let output = Output::open(root.path(), false).unwrap();
            for (path, text) in &others[..killed_after] {
                if output.write(path, text.as_bytes()).unwrap() != Written::Unchanged {
                    let half = if first {
                        unfinished(&root.path().join(path))
                    } else {
                        output.root.join(path)
                    };
                    fs::write(half, "half").unwrap();
                }
            }
            drop(output);
            assert!(
                !first || tree(root.path()).iter().any(|(name, _)| name == "series/b/index.html")
            );
            build(root.path(), &site());
            assert_eq!(tree(root.path()), clean(&site()), "{first} {killed_after}");
        }
    }

    /// A first site is nowhere to be seen before it is whole.
    #[test]
    fn a_first_build_shows_nothing_until_its_end() {
        let root = tempfile::tempdir().unwrap();
        let output = Output::open(root.path(), false).unwrap();
        for (path, text) in site() {
            output.write(path, text.as_bytes()).unwrap();
        }
        let shown = || fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().file_name());
        assert_eq!(shown().collect::<Vec<_>>(), [DIRECTORY]);
        output.finish(vec![], |_| "").unwrap();
        assert_eq!(shown().count(), 4);
        assert!(!root.path().join(DIRECTORY).join("new").exists());
    }

    /// Killed while a first site moves to its place, with any number of its parts there, the
    /// next build ends as a clean one, and no file is left that it doesn't know.
    #[test]
    fn a_build_killed_while_it_moves_leaves_nothing_behind() {
        let others = [("a/b.html", "B"), ("c/d.html", "D"), ("index.html", "HOME"), ("z.css", "Z")];
        for moved in 0..=4 {
            let root = tempfile::tempdir().unwrap();
            let mut output = Output::open(root.path(), false).unwrap();
            for (path, text) in others {
                output.write(path, text.as_bytes()).unwrap();
            }
            let files = std::mem::take(&mut *locked(&output.files));
            let (files, _) = files.all();
            let staging = std::mem::replace(&mut output.root, root.path().to_owned());
            output.announce(&files).unwrap();
            let names = at_the_top(&files);
            assert_eq!(names, ["a", "c", "z.css", "index.html"]);
            for name in &names[..moved] {
                fs::rename(staging.join(name), root.path().join(name)).unwrap();
            }
            drop(output);
            build(root.path(), &site());
            assert_eq!(tree(root.path()), clean(&site()), "{moved}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_place_of_the_first_site_is_not_followed() {
        use std::os::unix::fs::symlink;
        for link in [DIRECTORY, ".patchpress/new"] {
            let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            fs::write(outside.path().join("thesis.txt"), "years of work").unwrap();
            if link != DIRECTORY {
                fs::create_dir(root.path().join(DIRECTORY)).unwrap();
            }
            symlink(outside.path(), root.path().join(link)).unwrap();
            let output = Output::open(root.path(), false).unwrap();
            let _ = output.write("index.html", b"home");
            let _ = output.finish(vec![], |_| "");
            assert!(outside.path().join("thesis.txt").exists(), "{link}");
            assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1, "{link}");
        }
    }

    #[test]
    fn a_page_can_become_a_directory() {
        let root = tempfile::tempdir().unwrap();
        build(root.path(), &vec![("a", "page"), ("index.html", "home")]);
        let next = vec![("a/index.html", "page"), ("index.html", "home")];
        build(root.path(), &next);
        assert_eq!(tree(root.path()), clean(&next));
    }

    #[test]
    fn foreign_files_are_safe() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.txt"), "years of work").unwrap();
        let refused = Output::open(root.path(), false).unwrap_err();
        assert!(refused.hint.unwrap().contains("--force"));
        let output = Output::open(root.path(), true).unwrap();
        output.write("index.html", b"home").unwrap();
        output.finish(vec![], |_| "").unwrap();
        build(root.path(), &vec![]);
        assert_eq!(fs::read(root.path().join("thesis.txt")).unwrap(), b"years of work");
        let refused =
            Output::open(root.path(), false).unwrap().write("thesis.txt", b"page").unwrap_err();
        assert!(refused.message.contains("not written by patchpress"), "{}", refused.message);
        assert_eq!(fs::read(root.path().join("thesis.txt")).unwrap(), b"years of work");
        assert_eq!(
            Output::open(root.path(), true).unwrap().write("thesis.txt", b"page"),
            Ok(Written::Changed)
        );
    }

    #[test]
    fn a_damaged_manifest_deletes_nothing() {
        let root = tempfile::tempdir().unwrap();
        build(root.path(), &site());
        let manifest = root.path().join(".patchpress/manifest");
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, &text[..text.len() / 2]).unwrap();
        let report = build(root.path(), &vec![("index.html", "HOME")]);
        assert_eq!((report.deleted, report.warnings.len()), (0, 1));
        assert!(root.path().join("series/b/index.html").exists());
        assert_eq!(fs::read(root.path().join("index.html")).unwrap(), b"HOME");
        assert!(build(root.path(), &vec![("index.html", "HOME")]).warnings.is_empty());
    }

    #[test]
    fn a_path_is_written_once_and_inside_the_output() {
        let root = tempfile::tempdir().unwrap();
        let output = Output::open(root.path(), true).unwrap();
        assert_eq!(output.write("a/b.txt", b""), Ok(Written::New));
        assert!(output.write("a/b.txt", b"").unwrap_err().message.contains("two pages"));
        for path in ["../b", "/etc/passwd", "a/../../b", ".patchpress/manifest", "a b"] {
            assert!(output.write(path, b"").is_err(), "{path}");
        }
        assert!(output.write("a", b"").unwrap_err().message.contains("is a directory"));
        assert!(output.write("a/b.txt/c", b"").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        build(root.path(), &site());
        fs::write(outside.path().join("index.html"), "B").unwrap();
        fs::remove_dir_all(root.path().join("series/b")).unwrap();
        symlink(outside.path(), root.path().join("series/b")).unwrap();
        symlink(outside.path().join("index.html"), root.path().join("page.html")).unwrap();

        let output = Output::open(root.path(), true).unwrap();
        assert!(
            output
                .write("series/b/index.html", b"evil")
                .unwrap_err()
                .message
                .contains("symbolic link")
        );
        assert_eq!(output.write("page.html", b"B"), Ok(Written::Changed));
        drop(output);
        build(root.path(), &vec![("index.html", "home")]);
        assert_eq!(tree(outside.path()).len(), 2);
        assert_eq!(fs::read(outside.path().join("index.html")).unwrap(), b"B");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_leaves_the_old_site() {
        let root = tempfile::tempdir().unwrap();
        build(root.path(), &site());
        let before = tree(root.path());
        let mut output = Output::open(root.path(), false).unwrap();
        output.create = |_| OpenOptions::new().write(true).open("/dev/full");
        let fault = output.write("index.html", b"HOME").unwrap_err();
        assert!(
            fault.message.contains("No space left")
                && fault.hint.unwrap().contains("free some space")
        );
        assert_eq!(fault.place.unwrap().file, root.path().join("index.html"));
        drop(output);
        let after = tree(root.path());
        assert!(before.iter().all(|file| after.contains(file)));
        assert_eq!(after.len(), before.len() + 1, "the journal");
    }

    /// Not even root may make a directory in /sys.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_directory_that_may_not_be_written_is_named() {
        let output = Output::open(Path::new("/sys/patchpress"), false).unwrap();
        let fault = output.write("index.html", b"home").unwrap_err();
        assert!(fault.hint.is_some(), "{fault:?}");
        assert_eq!(fault.place.unwrap().file, Path::new("/sys/patchpress"));
        let root = tempfile::NamedTempFile::new().unwrap();
        assert!(Output::open(root.path(), false).is_err());
    }

    #[test]
    fn urls_once_published_are_kept() {
        let root = tempfile::tempdir().unwrap();
        let finish = |list: Vec<Published>| {
            Output::open(root.path(), false).unwrap().finish(list, |_| "").unwrap()
        };
        finish(vec![published("/series/a-1/", "a@b"), published("/authors/jo/", "jo@b")]);
        finish(vec![published("/series/a-2/", "a@b"), published("/authors/jo/", "jo@c")]);
        let output = Output::open(root.path(), false).unwrap();
        let expected = [
            published("/authors/jo/", "jo@c"),
            Published { stands: false, ..published("/series/a-1/", "a@b") },
            published("/series/a-2/", "a@b"),
        ];
        assert_eq!(output.published(), expected);
    }

    #[test]
    fn threads_write_the_same_site() {
        use rayon::prelude::*;
        let roots = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for root in &roots {
            let output = Output::open(root.path(), false).unwrap();
            (0..2000).into_par_iter().for_each(|n| {
                let path = format!("d{}/e{}/{n}.html", n % 7, n % 31);
                output.write(&path, path.as_bytes()).unwrap();
            });
            assert_eq!(output.finish(vec![], |_| "").unwrap().written, 2000);
        }
        assert_eq!(tree(roots[0].path()), tree(roots[1].path()));
    }
}

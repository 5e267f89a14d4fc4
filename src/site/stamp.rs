//! Whether a build would change nothing: a stamp of what the site was made of.
//!
//! Before a build, everything it will read is looked at, but not opened: path, size and
//! time. After it, that and what the build came to are kept beside the configuration, not
//! in the site: they name files of this machine. A build that would read the same, and finds
//! its output as it was left, has nothing to do. Where anything speaks against that, it is
//! built as if there were no stamp; what is kept of single mails and pages is others'.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use walkdir::WalkDir;

use crate::archive::Keeping;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::site::build::{BuildOptions, Summary};
use crate::site::fingerprint;
use crate::source::{Inputs, Seen};

/// The directory beside the configuration in which builds keep what spares the next one work.
pub use crate::source::OUTPUT_STATE as CACHE;

/// What a stamp is called, and which shape it has.
const FORMAT: &str = "patchpress-stamp 2";

/// How much older than the stamp a file must be to be trusted: one that is written to twice
/// within the grain of the file system's clock has the same time both times.
const GRAIN: Duration = Duration::from_millis(20);
/// The same where the file system counts whole seconds, or two.
const COARSE_GRAIN: Duration = Duration::from_secs(2);

/// How old a file must be for no build to be writing it any more.
const UNFINISHED: Duration = Duration::from_secs(24 * 60 * 60);

/// What was seen so far of what a build is about to read.
#[derive(Default)]
struct Sight {
    /// Of each file its path, its size and its time.
    hash: Sha1,
    /// The time of the newest, in nanoseconds since 1970.
    youngest: u64,
}

impl Sight {
    fn add(&mut self, file: &Path, state: Option<State>) {
        let path = file.as_os_str().as_encoded_bytes();
        let State { size, modified } = state.unwrap_or_default();
        self.hash.update((path.len() as u64).to_le_bytes());
        self.hash.update(path);
        self.hash.update([u8::from(state.is_some())]);
        self.hash.update(size.to_le_bytes());
        self.hash.update(modified.to_le_bytes());
        self.youngest = self.youngest.max(modified);
    }
}

/// What a build is about to read, and where that is kept.
#[derive(Debug)]
pub(super) struct Stamp {
    /// The stamp's file.
    path: PathBuf,
    /// A hash of everything that the site depends on.
    key: String,
    /// A hash of what the mail that is read depends on: the configuration and the sources.
    mail: String,
    /// The files that the mail is in.
    inputs: Arc<Inputs>,
    /// Where others keep what they have read of the mail.
    facts: Vec<PathBuf>,
    /// Since 1970, of the newest file that will be read.
    youngest: Duration,
    /// When everything was looked at, by the clock of the file system; none where nothing can
    /// be written.
    looked: Option<Duration>,
}

/// A stamp as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    format: String,
    key: String,
    /// A hash of the manifest that the build left.
    manifest: u64,
    summary: Summary,
}

/// A file's size in bytes and its time of change in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    size: u64,
    modified: u64,
}

impl From<Seen> for State {
    fn from(seen: Seen) -> State {
        State { size: seen.bytes, modified: seen.nanos() }
    }
}

/// What became of the stamp of an earlier build.
pub(super) enum Found {
    /// What a build reads is the same as then.
    Same {
        /// A hash of the manifest that it left.
        manifest: u64,
        /// What it came to.
        summary: Box<Summary>,
    },
    /// There is none, or something has changed.
    Other,
    /// It can't be used.
    Damaged(Diagnostic),
}

impl Stamp {
    /// Looks at everything that a build will read.
    pub fn look(build: &BuildOptions<'_>) -> Stamp {
        let output = absolute(build.output).unwrap_or_else(|_| build.output.to_owned());
        let place = hex(Sha1::new_with_prefix(output.as_os_str().as_encoded_bytes()));
        let path = build.config.root.join(CACHE).join(format!("stamp-{place:.16}.json"));
        let looked = file_clock(&path);
        if let (Some(directory), Some(now)) = (path.parent(), looked) {
            sweep(directory, now);
        }
        let config = build.config;
        let lists: Vec<_> = config.lists.iter().map(|list| list.sources.as_slice()).collect();
        let inputs = Arc::new(Inputs::look(&lists));
        let mut sight = Sight::default();
        sight.hash.update(format!("{config:?}\n"));
        inputs.seen().for_each(|(file, seen)| sight.add(file, seen.map(State::from)));
        let beside = config.mailmap.iter().chain(&config.maintainers);
        beside.for_each(|file| sight.add(file, state(file)));
        let mail = hex(sight.hash.clone());
        of_pages(config).iter().for_each(|file| sight.add(file, state(file)));
        sight.hash.update(program().to_le_bytes());
        let (key, youngest) = (hex(sight.hash), Duration::from_nanos(sight.youngest));
        let facts = build.facts.to_vec();
        Stamp { path, key, mail, inputs, facts, youngest, looked }
    }

    /// What the mail depends on, as a hash: while it is the same, so is what was read.
    pub fn mail(&self) -> &str {
        &self.mail
    }

    /// Whether every file is so old that a later change of it shows in its time.
    pub fn is_settled(&self) -> bool {
        let grain = match self.youngest.subsec_nanos() {
            0 => COARSE_GRAIN,
            _ => GRAIN,
        };
        self.looked.is_some_and(|looked| self.youngest + grain <= looked)
    }

    /// Where and how what is read of the mail is kept: the same for all outputs. None where
    /// nothing can be written.
    pub fn keeping(&self) -> Option<Keeping> {
        let path = self.path.with_file_name("facts");
        let since = Some(self.path.with_file_name("facts-since"));
        let parts = self.facts.clone();
        // What others have read is all that is used then, and nothing is kept.
        let histories = parts.is_empty().then(|| self.path.with_file_name("histories"));
        let (inputs, program, now) = (Some(Arc::clone(&self.inputs)), program(), self.looked?);
        Some(Keeping { path, since, histories, parts, inputs, program, now })
    }

    /// Where builds into the same output keep something else of that name.
    pub fn beside(&self, name: &str) -> PathBuf {
        let stamp = self.path.file_stem().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(stamp.replacen("stamp", name, 1))
    }

    /// Compares with what the last build into the same output kept.
    pub fn find(&self) -> Found {
        let Ok(text) = fs::read(&self.path) else { return Found::Other };
        let kept: Kept = match serde_json::from_slice(&text) {
            Ok(kept) => kept,
            Err(_) => return Found::Damaged(self.damaged()),
        };
        let Kept { format, key, manifest, summary } = kept;
        if format != FORMAT {
            return Found::Damaged(self.damaged());
        }
        match key == self.key {
            true => Found::Same { manifest, summary: Box::new(as_unchanged(summary)) },
            false => Found::Other,
        }
    }

    /// Keeps what a finished build came to that left a `manifest` of that hash. Where a file may
    /// have changed while it was read, or nothing can be written, the next build is a whole one.
    pub fn keep(&self, manifest: u64, summary: &Summary) -> Option<()> {
        if !self.is_settled() {
            return fs::remove_file(&self.path).ok();
        }
        let (format, key) = (FORMAT.to_owned(), self.key.clone());
        let kept = Kept { format, key, manifest, summary: summary.clone() };
        let text = serde_json::to_vec(&kept).ok()?;
        let mut file = tempfile::NamedTempFile::new_in(self.path.parent()?).ok()?;
        std::io::Write::write_all(&mut file, &text).ok()?;
        file.persist(&self.path).ok().map(drop)
    }

    fn damaged(&self) -> Diagnostic {
        let what = "what the last build left for this one is damaged or of another version; \
                    everything was built again";
        Diagnostic { severity: Severity::Note, ..Diagnostic::warning(what) }.in_file(&self.path)
    }
}

/// How what is read of the mail is kept in a file of the user's. None where nothing can be written
/// beside it.
pub fn keeping_in(path: PathBuf) -> Option<Keeping> {
    let now = file_clock(&absolute(&path).ok()?)?;
    // What the user may take elsewhere is one file.
    let (since, histories, parts, inputs) = (None, None, Vec::new(), None);
    Some(Keeping { path, since, histories, parts, inputs, program: program(), now })
}

/// What a build that had nothing to do came to.
fn as_unchanged(mut summary: Summary) -> Summary {
    summary.unchanged = summary.files;
    (summary.written, summary.deleted) = (0, 0);
    summary.seconds.clear();
    summary
}

/// Every other file that a build reads: the theme and the owner's pages.
fn of_pages(config: &Config) -> Vec<PathBuf> {
    let mut files = below(&config.root.join("themes").join(&config.theme), &[]);
    files.extend(below(&config.root.join("content"), &["lists"]));
    files
}

/// The files below a directory but for those in some directories of it; none where there is
/// no directory.
fn below(directory: &Path, apart: &[&str]) -> Vec<PathBuf> {
    let entries = WalkDir::new(directory).follow_links(true).sort_by_file_name().into_iter();
    let wanted = |entry: &walkdir::DirEntry| {
        entry.depth() != 1 || !apart.iter().any(|name| entry.file_name() == *name)
    };
    let entries = entries.filter_entry(wanted).flatten();
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// Which program builds: another one, of the same version even, may build other pages.
pub(super) fn program() -> u64 {
    fingerprint::of(env!("PATCHPRESS_SOURCE"))
}

fn state(file: &Path) -> Option<State> {
    Seen::at(file).map(State::from)
}

/// When a file was last written to, since 1970; 0 where that isn't known.
fn modified(meta: &Metadata) -> Duration {
    meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default()
}

/// What time it is where a file will be written: what the file system gives a new one.
fn file_clock(beside: &Path) -> Option<Duration> {
    let directory = beside.parent()?;
    fs::create_dir_all(directory).ok()?;
    let file = tempfile::tempfile_in(directory).ok()?;
    file.metadata().ok().map(|meta| modified(&meta))
}

/// Deletes what builds that were killed have left half written. Another build may be writing just
/// now, so what is young stays.
fn sweep(directory: &Path, now: Duration) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_unfinished = entry.file_name().as_encoded_bytes().starts_with(b".tmp");
        let is_old = |meta: Metadata| meta.is_file() && modified(&meta) + UNFINISHED < now;
        if is_unfinished && entry.metadata().is_ok_and(is_old) {
            // What stays costs nothing but its place.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn hex(hash: Sha1) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

//! One input file, open: mapped, or read when asked; or a repository.
//!
//! An mbox is mapped; if it is compressed, it is first decompressed into an unnamed
//! temporary file (in the directory that `TMPDIR` names), so that memory stays small. A
//! file of one message is read again each time it is asked for: Maildirs have more files
//! than a process may map.
//!
//! A plain mbox that is written to while the site is built shows in part its old and in
//! part its new bytes: mails may come out garbled, but every offset is checked against the
//! length that was mapped. If it is made *shorter*, the system ends the program (SIGBUS);
//! list software only ever appends.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use memmap2::Mmap;

use super::decompress::{Fault, decompress};
use super::epoch::Epoch;
use super::find::{Found, Holds, Reason, unreadable};
use super::inputs::Seen;
use super::kind::{self, Compression, Kind};
use super::known::{Known, Shape, Sighting};
use super::mbox::Mbox;
use super::separator;
use crate::diagnostic::{Diagnostic, Place, Severity};

/// Where the bytes of an input file are.
pub(super) enum Contents {
    /// An mbox, in memory as far as it is touched.
    Mbox(Mailbox),
    /// One message in a file of its own.
    OneMail {
        /// The file.
        path: PathBuf,
        /// How it is compressed.
        compression: Option<Compression>,
    },
    /// A repository of mails.
    Epoch(Box<Epoch>),
}

/// A file's bytes. A file without any can't be mapped.
pub(super) enum Bytes {
    Mapped(Mmap),
    None,
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::None => &[],
        }
    }
}

/// An mbox. One that is known is opened when its bytes are first asked for: most of an archive
/// has no part in what is new.
pub(super) struct Mailbox {
    bytes: OnceLock<Bytes>,
    /// What is to be opened, where nothing is yet.
    later: Option<Later>,
}

/// An mbox that is opened late.
struct Later {
    path: PathBuf,
    compression: Option<Compression>,
    /// Bytes after decompression, at least.
    size: u64,
    fault: LateFault,
}

/// What was wrong first with any mbox that was opened late: an error.
pub(super) type LateFault = Arc<OnceLock<Diagnostic>>;

impl Mailbox {
    /// Its bytes after decompression; none where they can't be had any more.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| self.later.as_ref().map_or(Bytes::None, Later::bytes))
    }
}

impl From<Bytes> for Mailbox {
    fn from(bytes: Bytes) -> Self {
        Mailbox { bytes: OnceLock::from(bytes), later: None }
    }
}

impl Later {
    fn bytes(&self) -> Bytes {
        let bytes = self.open().and_then(|bytes| match bytes.len() as u64 >= self.size {
            true => Ok(bytes),
            false => Err(Diagnostic::error("this was cut short while the site was built")),
        });
        bytes.unwrap_or_else(|fault| {
            self.fault.get_or_init(|| fault.in_file(&self.path));
            Bytes::None
        })
    }

    fn open(&self) -> Result<Bytes, Diagnostic> {
        let opened = File::open(&self.path).and_then(|file| map(&file));
        let stored = opened.map_err(|error| as_error(unreadable(&error)))?;
        let Some(compression) = self.compression else { return Ok(stored) };
        match expand(&self.path, compression, &stored) {
            Ok((bytes, None)) => Ok(bytes),
            Ok((_, Some(damage))) => Err(as_error(damage)),
            Err(error) => Err(as_error(unreadable(&error))),
        }
    }
}

fn as_error(diagnostic: Diagnostic) -> Diagnostic {
    Diagnostic { severity: Severity::Error, ..diagnostic }
}

/// What opening a file gave.
pub(super) struct Opened {
    /// The file, unless it can't be read or isn't mail.
    pub file: Option<OpenFile>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file that holds mail.
pub(super) struct OpenFile {
    /// Its mail.
    pub contents: Contents,
    /// Bytes of it after decompression.
    pub size: u64,
    /// Bytes as stored.
    pub stored: u64,
    /// When it was last written to.
    pub modified: Option<SystemTime>,
    /// What it was found to be; none where that should be looked at again.
    pub shape: Option<Shape>,
}

/// Opens a file and finds out what it is, unless it looks as one that is known, which `seen` says.
pub(super) fn open(
    found: &Found,
    seen: Option<Seen>,
    known: &Known<'_>,
    late: &LateFault,
) -> Opened {
    if found.holds == Holds::Commits {
        return open_epoch(&found.path, known);
    }
    if let Some(file) = known.file(found, seen, late) {
        return Opened { file: Some(file), diagnostics: Vec::new() };
    }
    match try_open(found) {
        Ok(opened) => opened,
        Err(error) => failed(unreadable(&error).in_file(&found.path)),
    }
}

fn failed(diagnostic: Diagnostic) -> Opened {
    Opened { file: None, diagnostics: vec![diagnostic] }
}

/// A file that still looks as it was seen. It is not opened for that.
pub(super) fn sighted(
    path: &Path,
    seen: Seen,
    Sighting { stored, size, shape, modified }: Sighting,
    late: &LateFault,
) -> Option<OpenFile> {
    if !seen.is_file || (seen.bytes, seen.nanos()) != (stored, modified) {
        return None;
    }
    let modified = seen.modified;
    let (path, compression) = (path.to_path_buf(), shape.compression);
    let contents = match shape.is_mbox {
        true => {
            let later = Some(Later { path, compression, size, fault: Arc::clone(late) });
            Contents::Mbox(Mailbox { bytes: OnceLock::new(), later })
        }
        false => Contents::OneMail { path, compression },
    };
    Some(OpenFile { contents, size, stored, modified, shape: Some(shape) })
}

/// A time in nanoseconds since 1970; 0 where there is none.
pub(crate) fn nanos(time: Option<SystemTime>) -> u64 {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(0)
}

fn open_epoch(path: &Path, known: &Known<'_>) -> Opened {
    let (epoch, diagnostics) = Epoch::open(path, known.histories.get(path));
    let file = epoch.map(|epoch| {
        let stored = epoch.stored();
        let contents = Contents::Epoch(Box::new(epoch));
        OpenFile { contents, size: stored, stored, modified: None, shape: None }
    });
    Opened { file, diagnostics }
}

fn try_open(found: &Found) -> io::Result<Opened> {
    let (file, metadata) = match open_file(found)? {
        Ok(opened) => opened,
        Err(diagnostic) => return Ok(failed(diagnostic)),
    };
    let (bytes, compression, diagnostic) = plain(found, &file)?;
    let mut opened = sorted(found, bytes, compression, metadata);
    // That it is damaged explains whatever else is wrong with it.
    if let Some(damage) = diagnostic {
        opened.diagnostics = vec![damage];
    }
    // What is to be said of it is said by whoever looks at it.
    if let Some(file) = opened.file.as_mut().filter(|_| !opened.diagnostics.is_empty()) {
        file.shape = None;
    }
    Ok(opened)
}

/// Opens what must be a file.
fn open_file(found: &Found) -> io::Result<Result<(File, Metadata), Diagnostic>> {
    let file = File::open(&found.path)?;
    let metadata = file.metadata()?;
    Ok(match metadata.is_file() {
        true => Ok((file, metadata)),
        false => Err(Diagnostic::warning("neither a file nor a directory").in_file(&found.path)),
    })
}

/// The bytes of a file after decompression, how it was compressed, and what of it is damaged.
fn plain(
    found: &Found,
    file: &File,
) -> io::Result<(Bytes, Option<Compression>, Option<Diagnostic>)> {
    let stored = map(file)?;
    let Kind::Compressed(compression) = kind::of(&stored) else {
        return Ok((stored, None, None));
    };
    let (bytes, diagnostic) = expand(&found.path, compression, &stored)?;
    Ok((bytes, Some(compression), diagnostic))
}

/// Opens a file that should be text and no mail: its bytes after decompression, and what is
/// wrong with it. What merely lies beside such files is passed over.
pub(super) fn open_text(found: &Found) -> (Option<Bytes>, Option<Diagnostic>) {
    let opened = open_file(found).and_then(|opened| {
        let Ok((file, _)) = opened else { return Ok((None, opened.err())) };
        let (bytes, _, damage) = plain(found, &file)?;
        let wrong = no_text(kind::of(&bytes)).map(|wrong| wrong.in_file(&found.path));
        match wrong {
            None => Ok((Some(bytes), damage)),
            Some(_) if found.reason == Reason::Beside => Ok((None, damage)),
            Some(_) => Ok((None, damage.or(wrong))),
        }
    });
    opened.unwrap_or_else(|error| (None, Some(unreadable(&error).in_file(&found.path))))
}

/// Why a file holds no text; none where it does.
fn no_text(kind: Kind) -> Option<Diagnostic> {
    const TEXT: &str = "name digests as text, as `patchpress digest` writes them; \
                        .gz, .xz and .zst are read as they are";
    match kind {
        Kind::Text => None,
        Kind::Empty => Some(
            Diagnostic::warning("the file is empty")
                .hint("if it should hold a digest, fetch it again; else leave it out of `sources`"),
        ),
        Kind::Foreign(what) => {
            Some(Diagnostic::warning(format!("this is {what}, not a digest")).hint(TEXT))
        }
        Kind::Compressed(_) => Some(no_mail(kind)),
        Kind::Mbox | Kind::Message => Some(
            Diagnostic::warning("this is mail, not a digest as text")
                .hint("name it as `mbox:` under `sources`"),
        ),
    }
}

/// Decompresses a file into a temporary one, as far as it goes.
fn expand(
    path: &Path,
    compression: Compression,
    stored: &[u8],
) -> io::Result<(Bytes, Option<Diagnostic>)> {
    let mut file = tempfile::tempfile()?;
    let outcome = decompress(compression, stored, &mut file);
    let diagnostic = outcome.fault.map(|fault| damaged(fault, outcome.written));
    Ok((map(&file)?, diagnostic.map(|diagnostic| diagnostic.in_file(path))))
}

fn damaged(fault: Fault, written: u64) -> Diagnostic {
    match fault {
        Fault::Input(error) => Diagnostic::warning(format!(
            "the compressed file is cut short or damaged ({error}); \
             the {written} bytes before the damage are read"
        ))
        .hint("fetch the file again"),
        Fault::Output(error) => Diagnostic::warning(format!(
            "no room to decompress this ({error}); the first {written} bytes are read"
        ))
        .hint(format!(
            "free space in {}, or name another directory in TMPDIR",
            std::env::temp_dir().display()
        )),
    }
}

/// Decides by what the bytes are whether and how they are read as mail.
fn sorted(
    found: &Found,
    bytes: Bytes,
    compression: Option<Compression>,
    metadata: Metadata,
) -> Opened {
    let size = bytes.len() as u64;
    let is_mail_file = found.path.extension().is_some_and(|name| name == "eml" || name == "msg");
    let one_mail = || Contents::OneMail { path: found.path.clone(), compression };
    let mbox = |bytes| Contents::Mbox(Mailbox::from(bytes));
    let (contents, diagnostic) = match (kind::of(&bytes), found.holds) {
        (Kind::Mbox, Holds::Mails) => (Some(mbox(bytes)), None),
        (Kind::Message, _) | (Kind::Mbox, Holds::OneMail) => (Some(one_mail()), None),
        (Kind::Text, _) if is_mail_file => (Some(one_mail()), None),
        (Kind::Text, Holds::OneMail) if found.reason == Reason::Named => (Some(one_mail()), None),
        (Kind::Text, Holds::Mails) => match cut_mbox(&bytes) {
            Ok(diagnostic) => (Some(mbox(bytes)), Some(diagnostic)),
            Err(diagnostic) => (None, Some(diagnostic)),
        },
        (kind, _) => (None, Some(no_mail(kind))),
    };
    // What merely lies beside mail need not be mail.
    let expected = contents.is_some() || found.reason == Reason::Named;
    let shape = |contents: &Contents| Shape {
        is_mbox: matches!(contents, Contents::Mbox(_)),
        compression,
        as_one: found.holds == Holds::OneMail,
    };
    Opened {
        file: contents.map(|contents| OpenFile {
            shape: Some(shape(&contents)),
            contents,
            size,
            stored: metadata.len(),
            modified: metadata.modified().ok(),
        }),
        diagnostics: diagnostic
            .filter(|_| expected)
            .map(|diagnostic| locate(diagnostic, &found.path))
            .into_iter()
            .collect(),
    }
}

fn locate(diagnostic: Diagnostic, path: &Path) -> Diagnostic {
    let offset = diagnostic.place.as_ref().and_then(|place| place.offset);
    diagnostic.at(Place { offset, ..Place::file(path) })
}

/// What is wrong with text that doesn't begin with a separator: it is an mbox, if it has one
/// further down.
fn cut_mbox(bytes: &[u8]) -> Result<Diagnostic, Diagnostic> {
    let first = Mbox::new(bytes).first_separator().ok_or_else(|| no_mail(Kind::Text))?;
    let problem =
        format!("the first {first} bytes, before the first `From ` line, are no whole mail");
    Ok(Diagnostic::warning(problem).hint("they are kept as a mail; remove them from the file"))
}

fn no_mail(kind: Kind) -> Diagnostic {
    const MBOX: &str = "name an mbox file or a single message; \
                        .gz, .xz and .zst are read as they are";
    match kind {
        Kind::Empty => Diagnostic::warning("the file is empty")
            .hint("if it should hold mail, fetch it again; else leave it out of `sources`"),
        Kind::Foreign(what) => Diagnostic::warning(format!("this is {what}, not mail")).hint(MBOX),
        Kind::Compressed(_) => Diagnostic::warning("this is compressed twice")
            .hint("decompress it once; it is then read as it is"),
        Kind::Text | Kind::Mbox | Kind::Message => {
            Diagnostic::warning("this is text, but not mail: no `From ` line and no mail header")
                .hint(MBOX)
        }
    }
}

/// The bytes of a message file, as they are now.
pub(super) fn read_one(path: &Path, compression: Option<Compression>) -> io::Result<Vec<u8>> {
    let stored = std::fs::read(path)?;
    let Some(compression) = compression else { return Ok(stored) };
    let mut out = Bounded { bytes: Vec::new() };
    // A fault was told when the file was opened; what came before it is the mail.
    decompress(compression, &stored, &mut out);
    Ok(out.bytes)
}

/// Takes what a mail may be long ([`Origin::len`](super::Origin::len)) and no more.
struct Bounded {
    bytes: Vec<u8>,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = (u32::MAX as usize).saturating_sub(self.bytes.len());
        let taken = &bytes[..bytes.len().min(room)];
        self.bytes.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Offset of the message in the bytes of a message file: after a separator that a delivery
/// agent may have left.
pub(super) fn message_offset(bytes: &[u8]) -> usize {
    separator::opening(bytes, 0).map_or(0, |separator| separator.message)
}

/// A file's bytes as they are, in memory as far as they are touched: of a file that is only ever
/// replaced as a whole, never written to.
///
/// # Errors
///
/// Where it isn't there, or can't be read.
pub fn mapped(path: &Path) -> io::Result<impl Deref<Target = [u8]> + Sync> {
    map(&File::open(path)?)
}

#[allow(unsafe_code, reason = "a memory map is the one thing that has no safe interface")]
fn map(file: &File) -> io::Result<Bytes> {
    if file.metadata()?.len() == 0 {
        return Ok(Bytes::None);
    }
    // SAFETY: the bytes are only read, as bytes, for which any value is valid. That they
    // may change under the reader is the one thing the type system can't rule out; what
    // follows from that is said at the head of this file.
    unsafe { Mmap::map(file) }.map(Bytes::Mapped)
}

//! Where mail comes from: mbox files, Maildirs and single messages, plain or compressed.
//!
//! A [`Store`] holds every input open (mapped, or decompressed into an unnamed temporary
//! file that is mapped) and gives the raw bytes of each mail, now and again later when its
//! page is rendered. Nothing here looks into a mail further than finding its edges.

use std::borrow::Cow;

/// Index of an input file in its [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Where the raw bytes of one mail lie: the file, and the span of the message in it after
/// decompression, without the mbox separator line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The input file.
    pub file: FileId,
    /// Byte offset of the message's first header.
    pub offset: u64,
    /// Length in bytes.
    pub len: u32,
}

/// One mail as the archive held it.
pub struct RawMail<'a> {
    /// Where it is.
    pub origin: Origin,
    /// The `From ` line that stood before it, without its line end, if any.
    pub separator: Option<&'a [u8]>,
    /// The message, mbox quoting undone, line ends as they were.
    pub bytes: Cow<'a, [u8]>,
}

/// Every input file of a site, open.
pub struct Store {}

impl Store {
    /// Opens the inputs of each list, in the order of the configuration. What can't be
    /// opened or decompressed is a diagnostic, and left out.
    pub fn open(
        lists: &[&[crate::config::SourceConfig]],
    ) -> (Store, Vec<crate::diagnostic::Diagnostic>) {
        let _ = lists;
        unreachable!("replaced by the source room")
    }

    /// Runs `work` on every mail of every file, in parallel over files and over chunks of
    /// large files; gives the results of each file in the order of its mails, the files in
    /// the order of their ids.
    pub fn scan<T: Send>(&self, work: impl Fn(RawMail<'_>) -> T + Sync) -> Vec<Vec<T>> {
        let _ = work;
        unreachable!("replaced by the source room")
    }

    /// The message at `origin`, mbox quoting undone.
    pub fn read(&self, origin: Origin) -> Cow<'_, [u8]> {
        let _ = origin;
        unreachable!("replaced by the source room")
    }

    /// The files, by id.
    pub fn files(&self) -> &[InputFile] {
        unreachable!("replaced by the source room")
    }
}

/// One input file.
pub struct InputFile {
    /// Its path, as configured or found.
    pub path: std::path::PathBuf,
    /// Index of its list in the configuration.
    pub list: u16,
    /// Size in bytes after decompression.
    pub size: u64,
}

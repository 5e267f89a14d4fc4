//! Where mail comes from: mbox files, Maildirs and single messages, plain or compressed, and
//! public-inbox repositories; and digests that were published as text.
//!
//! A [`Store`] holds every input open (mapped, or decompressed into an unnamed temporary
//! file that is mapped) and gives the raw bytes of each mail, now and again later when its
//! page is rendered. Nothing here looks into a mail further than finding its edges.

mod contents;
mod decompress;
mod epoch;
mod find;
mod history;
mod inputs;
mod kind;
mod known;
mod lookout;
mod maildir;
pub mod mbox;
mod public_inbox;
mod scan;
mod separator;
mod store;
mod texts;

use std::borrow::Cow;

pub use contents::mapped;
pub(crate) use contents::nanos;
pub use epoch::Epoch;
pub use find::OUTPUT_STATE;
pub(crate) use history::MailBlob;
pub use history::{Commit, History, SHOWN_DIGITS};
pub use inputs::{Inputs, Seen};
pub use known::{Known, Shape, Sighting};
pub use public_inbox::refs;
pub use scan::{Part, Reading};
pub use store::{InputFile, Store};
pub use texts::TextFile;

/// Index of an input file in its [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Where the raw bytes of one mail lie: the file, and the span of the message in it after
/// decompression, without the mbox separator line; or the repository, and the number of the
/// mail there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The input file.
    pub file: FileId,
    /// Byte offset of the message's first header; in a repository, how many mails stand
    /// before it.
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

//! One mail: bytes in, a value and its faults out.
//!
//! [`parse`] never fails and does no IO: whatever the bytes, there is a [`Mail`] that shows
//! as much of them as can be shown, and a list of [`Fault`]s that says what was wrong.
//! How mails belong together is decided in [`crate::archive`].

pub mod address;
pub mod body;
pub mod charset;
pub mod date;
pub mod header;
pub mod patch;
pub mod subject;
pub mod trailer;

pub use address::Address;
pub use body::{Attachment, Body};
pub use date::{Date, DateSource};
pub use patch::{ChangeKind, FileChange, Patch, PatchId};
pub use subject::{Revision, Subject};
pub use trailer::Trailer;

/// One mail, read as well as it can be.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Message-ID without angle brackets, as sent otherwise; derived from the content
    /// where there is none (then [`Fault::NoMessageId`] is reported).
    pub message_id: String,
    /// Message-IDs of `References`, oldest first, with that of `In-Reply-To` last where it
    /// is not among them; without brackets, no duplicates, never the mail's own.
    pub references: Vec<String>,
    /// The mail this one answers: the first Message-ID of `In-Reply-To`.
    pub in_reply_to: Option<String>,
    /// When it was sent.
    pub date: Date,
    /// Who sent it: the From header, with a list's DMARC rewriting undone.
    pub from: Address,
    /// Who wrote the patch: the in-body From where there is one, else `from`.
    pub author: Address,
    /// The To header.
    pub to: Vec<Address>,
    /// The Cc header.
    pub cc: Vec<Address>,
    /// The identifier in List-Id (`kvm.vger.kernel.org`), if any.
    pub list_id: Option<String>,
    /// The subject as text: decoded, unfolded, white space as git has it.
    pub subject_text: String,
    /// What the subject says.
    pub subject: Subject,
    /// The text to read, and what else came with it.
    pub body: Body,
    /// How the body divides; a mail without a diff has an empty `diff`.
    pub patch: Patch,
    /// Trailers of the commit message, or of the unquoted lines of a reply.
    pub trailers: Vec<Trailer>,
}

/// Something about a mail that isn't as it should be. The mail is shown all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// There is no Message-ID; one was derived from the content.
    #[error("no Message-ID; one was derived from its content")]
    NoMessageId,
    /// No Date, or one that can't be true; where the date was taken from instead.
    #[error("date {given:?} not usable; taken from {used}")]
    BadDate {
        /// What the header said.
        given: String,
        /// What was used instead, in words.
        used: &'static str,
    },
    /// There is no From.
    #[error("no From header")]
    NoFrom,
    /// A charset that nobody knows; what it was read as instead.
    #[error("unknown charset {0:?}; read as UTF-8 or windows-1252")]
    UnknownCharset(String),
    /// A MIME structure or transfer encoding that doesn't hold together.
    #[error("broken MIME: {0}")]
    BrokenMime(String),
    /// There is nothing in it.
    #[error("an empty mail")]
    Empty,
    /// The diff does not hold what its headers promise.
    #[error("damaged diff: {0}")]
    DamagedDiff(String),
}

/// Reads one mail. `raw` is the message with mbox quoting undone; `separator` is the mbox
/// `From ` line, whose date is the last resort.
pub fn parse(raw: &[u8], separator: Option<&[u8]>) -> (Mail, Vec<Fault>) {
    let _ = (raw, separator);
    unreachable!("replaced by the mail room")
}

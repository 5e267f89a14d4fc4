//! What the archive keeps of one mail.

use crate::archive::ListId;
use crate::mail::{Address, PatchId, Subject, Trailer};
use crate::source::Origin;

/// What grouping, statistics and lists need of one mail. Bodies are not among it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where its bytes are.
    pub origin: Origin,
    /// The lists it went to, ascending, at least one.
    pub lists: Vec<ListId>,
    /// Position of the mail's source file among its list's, for ranges by file.
    pub source_file: u32,
    /// Message-ID without brackets.
    pub message_id: Box<str>,
    /// Message-IDs it refers to, oldest first; the last is the one answered.
    pub references: Vec<Box<str>>,
    /// The first Message-ID of In-Reply-To.
    pub in_reply_to: Option<Box<str>>,
    /// When it was sent, seconds since 1970 UTC.
    pub date: i64,
    /// Who sent it.
    pub from: Address,
    /// Who wrote its patch: equal to `from` where nothing else is said.
    pub author: Address,
    /// Its subject, decoded and unfolded.
    pub subject_text: Box<str>,
    /// What its subject says.
    pub subject: Subject,
    /// Whether its text holds a diff.
    pub has_diff: bool,
    /// Whether its text holds a diffstat (of a patch or a cover letter).
    pub has_diffstat: bool,
    /// Stable patch-id of the diff.
    pub patch_id: Option<PatchId>,
    /// The files its diff touches, with lines added and removed.
    pub files: Vec<FileStat>,
    /// Trailers of the commit message, cover, or unquoted reply.
    pub trailers: Vec<Trailer>,
    /// Evidence of lineage found in the text (see [`crate::archive::series`]).
    pub lineage: Lineage,
    /// Whether a reply says that the patch was applied.
    pub says_applied: bool,
    /// Hash of what makes two copies of a mail the same: author, date, text.
    pub content: u64,
}

/// What a mail does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// Its path after the change.
    pub path: Box<str>,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
}

/// What a mail's text says about earlier revisions of its series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// The `change-id:` of b4.
    pub change_id: Option<Box<str>>,
    /// Message-IDs named by `Supersedes:`.
    pub supersedes: Vec<Box<str>>,
    /// Message-IDs in the changelog's links.
    pub links: Vec<Box<str>>,
}

/// A fault of one mail, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The mail.
    pub origin: Origin,
    /// Its Message-ID, as far as known.
    pub message_id: Box<str>,
    /// What is wrong with it.
    pub what: crate::mail::Fault,
}

impl Facts {
    /// Lines added by its diff.
    pub fn added(&self) -> u32 {
        self.files.iter().map(|f| f.added).sum()
    }

    /// Lines removed by its diff.
    pub fn removed(&self) -> u32 {
        self.files.iter().map(|f| f.removed).sum()
    }
}

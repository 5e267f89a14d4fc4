//! How a mail's text divides: commit message, notes, diffstat, diff; and what the diff does.

use std::fmt;
use std::ops::Range;

/// The parts of a mail's text, as byte ranges into [`super::Body::text`], in this order;
/// each may be empty. In a mail without a diff, `message` is all the text up to the
/// signature, with its diffstat (of a cover letter) in `diffstat` also being part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// In-body `From:`, `Date:` and `Subject:` lines and the empty line after them.
    pub in_body_headers: Range<usize>,
    /// The commit message, trailers included, up to the `---` line.
    pub message: Range<usize>,
    /// What stands between `---` and the diffstat.
    pub notes: Range<usize>,
    /// The diffstat with its summary line.
    pub diffstat: Range<usize>,
    /// The diff, from its first header to the end of its last hunk.
    pub diff: Range<usize>,
    /// What stands after the diff, or from the `-- ` line on.
    pub signature: Range<usize>,
    /// The files the diff changes, in its order.
    pub files: Vec<FileChange>,
    /// As `git patch-id --stable`; none without a diff.
    pub patch_id: Option<PatchId>,
}

impl Patch {
    /// Lines added in all files.
    pub fn added(&self) -> u32 {
        self.files.iter().map(|f| f.added).sum()
    }

    /// Lines removed in all files.
    pub fn removed(&self) -> u32 {
        self.files.iter().map(|f| f.removed).sum()
    }

    /// Whether there is a diff.
    pub fn has_diff(&self) -> bool {
        !self.diff.is_empty()
    }
}

/// What a diff does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The path after the change (before it, for a removal), without `a/` or `b/`.
    pub path: String,
    /// The path before, where it differs.
    pub old_path: Option<String>,
    /// What happens to the file.
    pub kind: ChangeKind,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
    /// This file's part of the text, headers included.
    pub span: Range<usize>,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Its content changes.
    Modify,
    /// It is new.
    Add,
    /// It goes.
    Delete,
    /// It moves, perhaps with changes.
    Rename,
    /// It is copied, perhaps with changes.
    Copy,
    /// Only its mode changes.
    Mode,
    /// Its content is binary.
    Binary,
}

/// The stable patch-id (git-patch-id(1)): the same change has the same one, whatever its
/// line numbers and blanks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatchId(pub [u8; 20]);

impl fmt::Display for PatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for PatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! How a mail's text divides: commit message, notes, diffstat, diff; and what the diff does.
//!
//! A diff is recognised by its lines, never by the subject, and the commit message ends
//! where `git mailinfo` ends it. Nothing here decides whether the diff is a patch of a
//! posting or a suggestion in a reply: that needs the thread ([`crate::archive`]).
//!
//! - [`in_body`](in_body_headers): the `From:` that stands in front of the message
//! - `stat`: finding the diffstat
//! - `diff`: reading the diff, with `path` for the names in it
//! - `id`: the stable patch-id

mod diff;
mod id;
mod in_body;
mod lines;
mod path;
mod stat;

use std::fmt;
use std::ops::Range;

pub use id::patch_id;
pub use in_body::{InBody, in_body_headers};

use super::Fault;
use lines::{Lines, line_at, without_end};

/// The parts of a mail's text, as byte ranges into [`super::Body::text`]; each may be empty.
///
/// With a diff, they stand in the order of the fields and leave nothing out but the `---`
/// line and blank lines. The one exception is a mail with a diff but no `---` line: its
/// diffstat, if any, is part of `message`, as it is for `git mailinfo`.
///
/// Without a diff, `message` is all the text up to the signature; the diffstat of a cover
/// letter or pull request is part of it and also in `diffstat`. `notes`, `late_notes` and
/// `diff` are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// In-body `From:`, `Date:` and `Subject:` lines and the empty line after them.
    /// Without a diff, only where such lines certainly are headers (see [`split`]).
    pub in_body_headers: Range<usize>,
    /// The commit message, trailers included, up to the `---` line.
    pub message: Range<usize>,
    /// What stands between `---` and the diffstat.
    pub notes: Range<usize>,
    /// The diffstat with its summary line and the `create mode` lines after it.
    pub diffstat: Range<usize>,
    /// What stands between the diffstat and the diff, where many write their changelog.
    pub late_notes: Range<usize>,
    /// The diff, from its first header to the end of its last hunk.
    pub diff: Range<usize>,
    /// What stands after the diff (`base-commit:` and prose too); without a diff, from the
    /// `-- ` line, or the rule of a list's footer, on.
    pub signature: Range<usize>,
    /// The files the diff changes, in its order.
    pub files: Vec<FileChange>,
    /// As `git patch-id --stable`; none without a diff, and none from [`split_only`].
    pub patch_id: Option<PatchId>,
}

impl Patch {
    /// Lines added in all files.
    pub fn added(&self) -> u32 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.added))
    }

    /// Lines removed in all files.
    pub fn removed(&self) -> u32 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.removed))
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
    /// Whether its content is binary; then no lines are counted.
    pub binary: bool,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
    /// This file's part of the text, headers included.
    pub span: Range<usize>,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Its content changes and is binary. (A new binary file is `Add` with
    /// [`FileChange::binary`] set.)
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

/// Divides a mail's text and reckons its patch-id. Faults are those of the diff
/// ([`Fault::DamagedDiff`]), at most one a file.
///
/// In-body headers are taken as `git mailinfo` takes them where there is a diff. Where
/// there is none, a discussion may well begin with `Date:` or with somebody's forwarded
/// headers, so they count only with a `From:` that holds an address and an empty line
/// after them, as tools that send mail for others write them above a cover letter.
pub fn split(text: &str) -> (Patch, Vec<Fault>) {
    let (mut patch, faults) = split_only(text);
    if patch.has_diff() {
        patch.patch_id = patch_id(&text[patch.diff.start..]);
    }
    (patch, faults)
}

/// As [`split`], without the patch-id: for showing a mail whose facts are known.
pub fn split_only(text: &str) -> (Patch, Vec<Fault>) {
    match diff::find(text.as_bytes()) {
        Some(start) => with_diff(text, start),
        None => (without_diff(text), Vec::new()),
    }
}

/// As [`split_only`], for a patch's text whose diff was cut off: the message ends at the `---`
/// line all the same, and what follows are notes and diffstat.
pub fn split_cut(text: &str) -> Patch {
    let (mut patch, _) = split_only(text);
    let bytes = text.as_bytes();
    let end = patch.message.end;
    let rule = Lines::of(bytes, patch.message.clone()).find(|line| is_rule(&bytes[line.clone()]));
    if let Some(rule) = rule.filter(|_| !patch.has_diff()) {
        patch.message.end = rule.start;
        divide_notes(&mut patch, bytes, rule.end..end);
    }
    patch
}

/// Divides a text whose diff begins at `start`.
fn with_diff(text: &str, start: usize) -> (Patch, Vec<Fault>) {
    let bytes = text.as_bytes();
    let diff = diff::read(text, start);
    let in_body_headers = in_body::span(&text[..start]);
    let message_end = Lines::of(bytes, in_body_headers.end..start)
        .find(|line| ends_message(&bytes[line.clone()]))
        .map_or(start, |line| line.start);
    let rule = line_at(bytes, message_end);
    let notes_start =
        if message_end < start && is_rule(rule) { message_end + rule.len() } else { message_end };
    let message = in_body_headers.end..message_end;
    let mut patch =
        Patch { in_body_headers, message, signature: diff.end..text.len(), ..Patch::default() };
    divide_notes(&mut patch, bytes, notes_start..start);
    patch.diff = start..diff.end;
    patch.files = diff.files;
    (patch, diff.faults.into_iter().map(Fault::DamagedDiff).collect())
}

/// Divides what stands between the message and the diff.
fn divide_notes(patch: &mut Patch, text: &[u8], between: Range<usize>) {
    let no_rule = between.start == patch.message.end;
    if between.is_empty() && no_rule {
        patch.diffstat =
            stat::find(text, patch.message.clone()).unwrap_or(between.start..between.start);
        patch.notes = between.clone();
        patch.late_notes = between;
        return;
    }
    let stat = stat::find(text, between.clone()).unwrap_or(between.end..between.end);
    patch.notes = between.start..stat.start;
    patch.late_notes = stat.end..between.end;
    patch.diffstat = stat;
}

/// Whether a line ends the commit message: the rule of git's mailinfo.c.
fn ends_message(line: &[u8]) -> bool {
    match line.first() {
        Some(b'd') => line.starts_with(b"diff -"),
        Some(b'I') => line.starts_with(b"Index: "),
        Some(b'-') => is_rule(line) || names_old_file(line),
        _ => false,
    }
}

/// `---` with nothing but blanks after it.
fn is_rule(line: &[u8]) -> bool {
    line.strip_prefix(b"---").is_some_and(|rest| rest.trim_ascii().is_empty())
}

/// `--- name`.
fn names_old_file(line: &[u8]) -> bool {
    line.strip_prefix(b"--- ").is_some_and(|r| r.first().is_some_and(|b| !b.is_ascii_whitespace()))
}

/// Divides a text without a diff.
fn without_diff(text: &str) -> Patch {
    let bytes = text.as_bytes();
    let in_body_headers = in_body::certain_span(text);
    let end = signature_start(bytes, in_body_headers.end);
    let message = in_body_headers.end..end;
    let diffstat = stat::find(bytes, message.clone()).unwrap_or(end..end);
    Patch {
        in_body_headers,
        message,
        notes: end..end,
        diffstat,
        late_notes: end..end,
        diff: end..end,
        signature: end..text.len(),
        ..Patch::default()
    }
}

/// Lines a list adds below its mails at most.
const FOOTER_LINES: usize = 8;

/// Where the signature begins: the last `-- ` line with nothing quoted below it (RFC 3676,
/// 4.3), or a `--` or the rule of a list's footer close to the end. The text's end where
/// there is none.
fn signature_start(text: &[u8], from: usize) -> usize {
    let mut start = text.len();
    for (below, line) in Lines::of(text, from..text.len()).backwards().enumerate() {
        let content = without_end(&text[line.clone()]);
        if content.starts_with(b">") {
            break;
        }
        if content == b"-- " {
            return line.start;
        }
        if below <= FOOTER_LINES && (content == b"--" || is_footer_rule(content)) {
            start = line.start;
        }
    }
    start
}

/// The underscores that Mailman puts above its footer.
fn is_footer_rule(line: &[u8]) -> bool {
    line.len() >= 40 && line.iter().all(|&b| b == b'_')
}

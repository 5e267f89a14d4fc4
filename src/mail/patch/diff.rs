//! Finding a diff in a text and reading what it does to which files.
//!
//! Read are the diffs of git (renames, modes, binary and combined ones), of GNU diff, quilt,
//! Subversion, CVS and Mercurial. A hunk's line counts say where it ends, so that the `-- `
//! of a signature is no removed line; where the counts are wrong, or a mail program has
//! wrapped lines, as much is read as can be and the fault is reported.

use std::borrow::Cow;

use super::lines::{is_blank, line_at, without_end};
use super::path::{self, NOWHERE, Prefix};
use super::{ChangeKind, FileChange};

/// A diff that was read.
pub(super) struct Diff {
    /// Where it ends in the text.
    pub(super) end: usize,
    /// The files it changes.
    pub(super) files: Vec<FileChange>,
    /// What is wrong with it, at most one sentence a file.
    pub(super) faults: Vec<String>,
}

/// Where the first diff in a text begins.
pub(super) fn find(text: &[u8]) -> Option<usize> {
    if opening(text, 0).is_some() {
        return Some(0);
    }
    let mut lines = memchr::memchr_iter(b'\n', text).map(|newline| newline + 1);
    lines.find(|at| opening(text, *at).is_some())
}

/// The line a file's part of a diff begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// `diff --git a/x b/x`
    Git,
    /// `diff --cc x`, `diff --combined x`: of a merge.
    Combined,
    /// `diff -u a/x b/x`, `diff -r 0123 x`: of GNU diff or Mercurial.
    Plain,
    /// `Index: x` with a rule below: of Subversion, CVS or quilt.
    Index,
    /// `--- a/x` at once.
    Names,
}

/// What a file's part begins with at `at`, if one begins there. One line proves nothing, as
/// prose may begin so: the lines below must go on like a diff's.
fn opening(text: &[u8], at: usize) -> Option<Opening> {
    // Few lines begin so, and every line of a mail is looked at.
    if !matches!(text.get(at)?, b'd' | b'I' | b'-') {
        return None;
    }
    let line = line_at(text, at);
    let below = at + line.len();
    match line.first()? {
        b'd' if line.starts_with(b"diff --git ") => {
            header_follows(text, below, 3).then_some(Opening::Git)
        }
        b'd' if line.starts_with(b"diff --cc ") || line.starts_with(b"diff --combined ") => {
            header_follows(text, below, 2).then_some(Opening::Combined)
        }
        b'd' if line.starts_with(b"diff -") => {
            header_follows(text, below, 2).then_some(Opening::Plain)
        }
        b'I' if line.starts_with(b"Index: ") => {
            is_index_rule(line_at(text, below)).then_some(Opening::Index)
        }
        b'-' if names_both_files(text, at) => {
            let new = line_at(text, below);
            line_at(text, below + new.len()).starts_with(b"@@ ").then_some(Opening::Names)
        }
        _ => None,
    }
}

/// Whether one of the next lines is a header: not always the first, as a mail program may
/// have wrapped the line above.
fn header_follows(text: &[u8], mut at: usize, lines: usize) -> bool {
    for _ in 0..lines {
        let line = line_at(text, at);
        if line.is_empty() || is_blank(line) {
            return false;
        }
        if is_header(line) || names_both_files(text, at) {
            return true;
        }
        at += line.len();
    }
    false
}

/// `--- x` with `+++ y` below.
fn names_both_files(text: &[u8], at: usize) -> bool {
    let old = line_at(text, at);
    old.starts_with(b"--- ") && line_at(text, at + old.len()).starts_with(b"+++ ")
}

/// The rule below `Index:`.
fn is_index_rule(line: &[u8]) -> bool {
    line.starts_with(b"=====") && without_end(line).iter().all(|&b| b == b'=')
}

/// Lines that stand between a file's first line and its hunks: git's extended headers
/// (git-diff(1), "Generating patch text with -p"), then those of CVS.
const HEADERS: [&[u8]; 20] = [
    b"index ",
    b"new file mode ",
    b"deleted file mode ",
    b"old mode ",
    b"new mode ",
    b"mode ",
    b"similarity index ",
    b"dissimilarity index ",
    b"rename from ",
    b"rename to ",
    b"copy from ",
    b"copy to ",
    b"rename old ",
    b"rename new ",
    b"GIT binary patch",
    b"Binary files ",
    b"Binary file ",
    b"RCS file: ",
    b"retrieving revision ",
    b"Cannot display: ",
];

fn is_header(line: &[u8]) -> bool {
    line.first().is_some_and(u8::is_ascii_alphabetic)
        && HEADERS.iter().any(|header| line.starts_with(header))
}

/// Reads the diff that begins at `start`, which [`find`] gave.
pub(super) fn read(text: &str, start: usize) -> Diff {
    let mut reader = Reader {
        text,
        at: start,
        line: line_at(text.as_bytes(), start),
        files: Vec::new(),
        faults: Vec::new(),
        fault: None,
    };
    while let Some(opening) = reader.next_opening() {
        reader.read_file(opening);
    }
    Diff { end: reader.at, files: reader.files, faults: reader.faults }
}

/// Reads a diff file by file.
struct Reader<'a> {
    text: &'a str,
    /// Where the line at hand begins.
    at: usize,
    line: &'a [u8],
    files: Vec<FileChange>,
    faults: Vec<String>,
    /// What is wrong with the file at hand.
    fault: Option<&'static str>,
}

/// What the headers of one file say.
#[derive(Default)]
struct Header<'a> {
    /// The names of the `diff --git` line, where there is one.
    git: Option<(Cow<'a, str>, Cow<'a, str>)>,
    /// The only name on the first line (`Index: x`, `diff --cc x`).
    single: Option<Cow<'a, str>>,
    /// The name behind `--- ` or `rename from `.
    old: Option<Cow<'a, str>>,
    /// The name behind `+++ ` or `rename to `.
    new: Option<Cow<'a, str>>,
    /// Whether the two are paths as they are, as in `rename from`.
    bare: bool,
    /// What an extended header says happens.
    kind: Option<ChangeKind>,
    binary: bool,
}

/// What the hunks of one file do.
#[derive(Default)]
struct Counts {
    added: u32,
    removed: u32,
    /// The first hunk has nothing before the change, or after it.
    from_nothing: bool,
    to_nothing: bool,
    hunks: u32,
}

impl<'a> Reader<'a> {
    fn line(&self) -> &'a [u8] {
        self.line
    }

    /// Takes the line that begins there at hand.
    fn go_to(&mut self, at: usize) {
        (self.at, self.line) = (at, self.line_at(at));
    }

    fn line_at(&self, at: usize) -> &'a [u8] {
        line_at(self.text.as_bytes(), at)
    }

    /// The line at hand as text, without its end.
    fn line_text(&self) -> &'a str {
        let len = without_end(self.line()).len();
        self.text.get(self.at..self.at + len).unwrap_or_default()
    }

    fn advance(&mut self) {
        self.go_to(self.at + self.line.len());
    }

    fn damaged(&mut self, what: &'static str) {
        self.fault.get_or_insert(what);
    }

    /// What the next file begins with, here or behind blank lines; then it is at hand.
    fn next_opening(&mut self) -> Option<Opening> {
        let mut at = self.at;
        while !self.line_at(at).is_empty() && is_blank(self.line_at(at)) {
            at += self.line_at(at).len();
        }
        let opening = opening(self.text.as_bytes(), at)?;
        self.go_to(at);
        Some(opening)
    }

    fn read_file(&mut self, opening: Opening) {
        let start = self.at;
        let header = self.read_headers(opening);
        let mut counts = Counts::default();
        if header.binary {
            self.skip_binary();
        } else {
            while self.read_hunk(&mut counts) {}
            self.skip_properties(opening);
        }
        let file = header.change(&counts, start..self.at);
        if let Some(what) = self.fault.take() {
            let name = match file.path.is_empty() {
                true => "a file without a name".to_owned(),
                false => format!("`{}`", file.path),
            };
            self.faults.push(format!("{name}: {what}"));
        }
        self.files.push(file);
    }

    fn read_headers(&mut self, opening: Opening) -> Header<'a> {
        let mut header = Header::default();
        if opening != Opening::Names {
            header.read_first(opening, self.line_text());
            self.advance();
        }
        self.skip_wrapped_name(opening);
        while !header.binary && self.is_header_here(opening) {
            header.read_extended(self.line_text());
            self.advance();
        }
        if !header.binary && names_both_files(self.text.as_bytes(), self.at) {
            self.read_names(&mut header);
        }
        header
    }

    /// Whether the line at hand is one of those between a file's first line and its names.
    fn is_header_here(&self, opening: Opening) -> bool {
        let line = self.line();
        is_header(line)
            || opening == Opening::Index && (is_index_rule(line) || line.starts_with(b"diff "))
    }

    /// The lines `--- x` and `+++ y`.
    fn read_names(&mut self, header: &mut Header<'a>) {
        let old = path::name(self.line_text().get(4..).unwrap_or_default());
        self.advance();
        let new = path::name(self.line_text().get(4..).unwrap_or_default());
        self.advance();
        if !header.bare {
            (header.old, header.new) = (Some(old), Some(new));
        }
    }

    /// Skips what a mail program has wrapped of a `diff` line. That there are headers below
    /// is known, or the line would have opened nothing.
    fn skip_wrapped_name(&mut self, opening: Opening) {
        let of_diff = matches!(opening, Opening::Git | Opening::Combined | Opening::Plain);
        for _ in 0..2 {
            let names = names_both_files(self.text.as_bytes(), self.at);
            if of_diff && !names && !is_header(self.line()) {
                self.damaged("a header line is wrapped");
                self.advance();
            }
        }
    }

    /// The `literal` and `delta` blocks below `GIT binary patch`, each up to a blank line.
    fn skip_binary(&mut self) {
        while self.line().starts_with(b"literal ") || self.line().starts_with(b"delta ") {
            while !is_blank(self.line()) {
                self.advance();
            }
            // The blank line belongs to the block; one at the text's end may be cut off.
            self.advance();
        }
    }

    /// `Property changes on: x` and what belongs to it (svn diff), where another file follows.
    fn skip_properties(&mut self, opening: Opening) {
        const LINES: usize = 30;
        let mut at = self.at;
        if opening != Opening::Index {
            return;
        }
        while !self.line_at(at).is_empty() && is_blank(self.line_at(at)) {
            at += self.line_at(at).len();
        }
        if !self.line_at(at).starts_with(b"Property changes on: ") {
            return;
        }
        for _ in 0..LINES {
            at += self.line_at(at).len();
            if opening_index(self.text.as_bytes(), at) {
                self.go_to(at);
                return;
            }
        }
    }

    /// Reads the hunk at hand; false where there is none.
    fn read_hunk(&mut self, counts: &mut Counts) -> bool {
        let line = self.line();
        if !line.starts_with(b"@@") {
            return self.read_overrun(counts);
        }
        let parents = line.iter().take_while(|&&b| b == b'@').count() - 1;
        match hunk_range(line) {
            _ if parents > 1 => self.read_combined_hunk(counts, parents),
            Some(range) => self.read_counted_hunk(counts, range),
            None => self.read_loose_hunk(counts),
        }
        counts.hunks += 1;
        self.skip_incomplete_mark();
        true
    }

    /// `\ No newline at end of file`.
    fn skip_incomplete_mark(&mut self) {
        while self.line().starts_with(b"\\ ") {
            self.advance();
        }
    }

    /// A hunk that says how many lines it has.
    fn read_counted_hunk(&mut self, counts: &mut Counts, range: HunkRange) {
        if counts.hunks == 0 {
            counts.from_nothing = range.from_nothing;
            counts.to_nothing = range.to_nothing;
        }
        let HunkRange { mut old, mut new, .. } = range;
        self.advance();
        while old > 0 || new > 0 {
            let line = self.line();
            match self.body_line(line, old == 1 && new == 0) {
                Body::Context => (old, new) = (old.saturating_sub(1), new.saturating_sub(1)),
                Body::Added => {
                    new = new.saturating_sub(1);
                    counts.added = counts.added.saturating_add(1);
                }
                Body::Removed => {
                    old = old.saturating_sub(1);
                    counts.removed = counts.removed.saturating_add(1);
                }
                Body::Mark => {}
                Body::Wrapped => self.damaged("a line of a hunk is wrapped"),
                Body::End => {
                    self.damaged("a hunk has fewer lines than it says");
                    return;
                }
            }
            self.advance();
        }
    }

    /// What the line at hand, `line`, is within a hunk. `removal_due`: nothing but one removed
    /// line is missing, so that `-- ` is it.
    fn body_line(&self, line: &[u8], removal_due: bool) -> Body {
        match line.first() {
            None => Body::End,
            Some(b'-') if !removal_due && line.starts_with(b"--") && self.signature_here() => {
                Body::End
            }
            Some(b'+') => Body::Added,
            Some(b'-') => Body::Removed,
            Some(b' ' | b'\t') => Body::Context,
            Some(b'\\') => Body::Mark,
            // Mail programs strip the blank of an empty context line.
            Some(b'\n' | b'\r') => Body::Context,
            Some(b'@') if line.starts_with(b"@@ -") => Body::End,
            Some(b'd' | b'I') if opening(self.text.as_bytes(), self.at).is_some() => Body::End,
            Some(_) if self.hunk_goes_on_below() => Body::Wrapped,
            Some(_) => Body::End,
        }
    }

    /// Whether the line at hand is `-- ` with a signature, not a hunk's line, below.
    fn signature_here(&self) -> bool {
        let line = self.line();
        matches!(without_end(line), b"-- " | b"--") && !self.hunk_goes_on_below()
    }

    /// Whether the line below the one at hand could stand in a hunk or begin the next.
    fn hunk_goes_on_below(&self) -> bool {
        let below = self.line_at(self.at + self.line().len());
        matches!(below.first(), Some(b' ' | b'+' | b'-' | b'\\'))
            || below.starts_with(b"@@ -")
            || below.starts_with(b"diff --git ")
    }

    /// A hunk `@@` without line numbers: it goes on as long as its lines look like it.
    fn read_loose_hunk(&mut self, counts: &mut Counts) {
        self.damaged("a hunk has no line numbers");
        self.advance();
        self.read_loose_lines(counts);
    }

    fn read_loose_lines(&mut self, counts: &mut Counts) {
        loop {
            match self.line().first() {
                Some(b'-') if matches!(without_end(self.line()), b"-- " | b"--") => return,
                Some(b'-') if opening(self.text.as_bytes(), self.at).is_some() => return,
                Some(b'+') => counts.added = counts.added.saturating_add(1),
                Some(b'-') => counts.removed = counts.removed.saturating_add(1),
                Some(b' ' | b'\\') => {}
                _ => return,
            }
            self.advance();
        }
    }

    /// Lines that a hunk has beyond its counts, as patches edited by hand do. They belong
    /// to the diff only if it goes on below them; else they are text that begins with a
    /// sign, such as a signature.
    fn read_overrun(&mut self, counts: &mut Counts) -> bool {
        let at = self.at;
        if counts.hunks == 0 || opening(self.text.as_bytes(), at).is_some() {
            return false;
        }
        let mut more = Counts::default();
        self.read_loose_lines(&mut more);
        let goes_on = self.line().starts_with(b"@@ -") || self.line().starts_with(b"diff --git ");
        if self.at == at || !goes_on {
            self.go_to(at);
            return false;
        }
        self.damaged("a hunk has more lines than it says");
        counts.added = counts.added.saturating_add(more.added);
        counts.removed = counts.removed.saturating_add(more.removed);
        true
    }

    /// A hunk of a merge: `@@@ -a,b -c,d +e,f @@@`, one column of signs for each parent
    /// (git-diff(1), "Combined diff format"). It ends with the lines that look like it.
    fn read_combined_hunk(&mut self, counts: &mut Counts, parents: usize) {
        self.advance();
        loop {
            let line = self.line();
            let signs = line.get(..parents.min(line.len())).unwrap_or_default();
            let looks_like_it = signs.iter().all(|b| matches!(b, b' ' | b'+' | b'-'));
            let incomplete = line.starts_with(b"\\ ");
            if line.is_empty() || self.signature_here() || !(looks_like_it || incomplete) {
                return;
            }
            if signs.contains(&b'+') && !incomplete {
                counts.added = counts.added.saturating_add(1);
            } else if signs.contains(&b'-') && !incomplete {
                counts.removed = counts.removed.saturating_add(1);
            }
            self.advance();
        }
    }
}

/// Whether `Index: x` with its rule stands at `at`.
fn opening_index(text: &[u8], at: usize) -> bool {
    opening(text, at) == Some(Opening::Index)
}

/// What a line is within a hunk.
#[derive(Clone, Copy)]
enum Body {
    Context,
    Added,
    Removed,
    /// `\ No newline at end of file`.
    Mark,
    /// The rest of the line above.
    Wrapped,
    /// Not in the hunk any more.
    End,
}

/// What `@@ -a,b +c,d @@` says.
struct HunkRange {
    old: u32,
    new: u32,
    /// `-0,0`
    from_nothing: bool,
    /// `+0,0`
    to_nothing: bool,
}

fn hunk_range(line: &[u8]) -> Option<HunkRange> {
    let (old_start, old, rest) = range(line.strip_prefix(b"@@ -")?)?;
    let (new_start, new, rest) = range(rest.strip_prefix(b" +")?)?;
    let nothing = |start, count| start == 0 && count == 0;
    let from_nothing = nothing(old_start, old);
    let to_nothing = nothing(new_start, new);
    rest.starts_with(b" @@").then_some(HunkRange { old, new, from_nothing, to_nothing })
}

/// The start and count of `a,b`, where `a` alone means one line, and what follows.
fn range(text: &[u8]) -> Option<(u32, u32, &[u8])> {
    let (start, rest) = number(text)?;
    match rest.strip_prefix(b",") {
        Some(rest) => number(rest).map(|(count, rest)| (start, count, rest)),
        None => Some((start, 1, rest)),
    }
}

fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let len = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(len);
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

impl<'a> Header<'a> {
    /// The line a file begins with.
    fn read_first(&mut self, opening: Opening, line: &'a str) {
        match opening {
            Opening::Git => self.git = path::git_pair(&line["diff --git ".len()..]),
            Opening::Index => self.single = Some(path::name(&line["Index: ".len()..])),
            Opening::Combined => {
                self.single = line.splitn(3, ' ').nth(2).map(path::name);
            }
            Opening::Plain => self.single = line.rsplit(' ').next().map(path::name),
            Opening::Names => {}
        }
    }

    /// One of the extended headers; others say nothing we need.
    fn read_extended(&mut self, line: &'a str) {
        if let Some(name) = strip_either(line, ["rename from ", "rename old "]) {
            self.read_old(ChangeKind::Rename, name);
        } else if let Some(name) = strip_either(line, ["rename to ", "rename new "]) {
            self.new = Some(path::exact_name(name));
        } else if let Some(name) = line.strip_prefix("copy from ") {
            self.read_old(ChangeKind::Copy, name);
        } else if let Some(name) = line.strip_prefix("copy to ") {
            self.new = Some(path::exact_name(name));
        } else if line.starts_with("new file mode ") {
            self.kind = Some(ChangeKind::Add);
        } else if line.starts_with("deleted file mode ") {
            self.kind = Some(ChangeKind::Delete);
        } else if line.starts_with("old mode ") {
            self.kind.get_or_insert(ChangeKind::Mode);
        } else if is_binary_mark(line) {
            self.binary = true;
        }
    }

    fn read_old(&mut self, kind: ChangeKind, name: &'a str) {
        self.kind = Some(kind);
        self.old = Some(path::exact_name(name));
        self.bare = true;
    }

    /// What the headers and hunks together do to which file.
    fn change(self, counts: &Counts, span: std::ops::Range<usize>) -> FileChange {
        let (old, new) = self.names();
        let kind = self.kind_of_change(counts);
        let gone = kind == ChangeKind::Delete || new == NOWHERE;
        let path = if gone && old != NOWHERE { &old } else { &new };
        // Of the names of a plain diff, `x.orig` and `x`, the first is of no interest.
        let moved = matches!(kind, ChangeKind::Rename | ChangeKind::Copy) && old != new;
        FileChange {
            path: path.clone(),
            old_path: moved.then(|| old.clone()),
            kind,
            binary: self.binary,
            added: counts.added,
            removed: counts.removed,
            span,
        }
    }

    fn kind_of_change(&self, counts: &Counts) -> ChangeKind {
        let nowhere = |name: &Option<Cow<'_, str>>| name.as_deref() == Some(NOWHERE);
        match self.kind {
            // A mode line beside hunks: the content is what matters.
            Some(ChangeKind::Mode) if counts.hunks > 0 => ChangeKind::Modify,
            Some(ChangeKind::Mode) if self.binary => ChangeKind::Binary,
            Some(kind) => kind,
            None if nowhere(&self.old) || counts.from_nothing => ChangeKind::Add,
            None if nowhere(&self.new) || counts.to_nothing => ChangeKind::Delete,
            None if self.binary => ChangeKind::Binary,
            None => ChangeKind::Modify,
        }
    }

    /// The path before and the path after, without prefixes.
    fn names(&self) -> (String, String) {
        let pair = match (&self.old, &self.new, &self.git) {
            (Some(old), Some(new), _) => Some((&**old, &**new)),
            (_, _, Some((old, new))) => Some((&**old, &**new)),
            _ => None,
        };
        let Some((old, new)) = pair else {
            let name = self.single.as_deref().unwrap_or_default();
            let name = Prefix::of(NOWHERE, name).strip(name);
            return (name.to_owned(), name.to_owned());
        };
        let prefix = match &self.git {
            _ if self.bare => Prefix::None,
            Some((old, new)) => Prefix::of(old, new),
            None => Prefix::of(old, new),
        };
        let strip = |name| if name == NOWHERE { name } else { prefix.strip(name) };
        (strip(old).to_owned(), strip(new).to_owned())
    }
}

fn strip_either<'a>(line: &'a str, prefixes: [&str; 2]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| line.strip_prefix(prefix))
}

/// The lines that stand for content that can't be shown.
fn is_binary_mark(line: &str) -> bool {
    ["GIT binary patch", "Binary files ", "Binary file ", "Cannot display: "]
        .iter()
        .any(|mark| line.starts_with(mark))
}

//! Digests that were published as text: which files hold them, and their bytes.
//!
//! What such a text says is read in [`crate::archive::published`].

use std::cmp::Ordering;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use super::contents::{self, Bytes};
use super::find::Found;
use super::inputs::Input;
use super::store::without_repeats;
use crate::diagnostic::{Diagnostic, Severity};

/// A file that should hold a digest as text.
pub struct TextFile {
    /// Its path, as configured or found.
    pub path: PathBuf,
    /// Index of its list in the configuration.
    pub list: u16,
    bytes: Bytes,
}

impl TextFile {
    /// The text after decompression, byte for byte.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.deref()
    }
}

/// Opens the texts of a list: by source, then by name, numbers in names compared as numbers.
/// A file that is meant twice is read once. The diagnostics of a source that gives nothing
/// are errors, the others warnings.
pub(super) fn open(list: u16, sources: &[&Input]) -> (Vec<TextFile>, Vec<Diagnostic>) {
    let sorted = |source: &&Input| {
        let mut found = source.files.clone();
        found.sort_by(|a, b| natural(&a.path, &b.path));
        found
    };
    let found: Vec<Vec<Found>> = sources.iter().map(sorted).collect();
    let mut told: Vec<Vec<Diagnostic>> = sources.iter().map(|s| s.faults.clone()).collect();
    let mut texts = Vec::new();
    // Files of each source that were not opened yet, because they are repeats.
    let mut waiting: Vec<usize> = found.iter().map(Vec::len).collect();
    let mut given = vec![false; sources.len()];
    let all: Vec<&[Found]> = found.iter().map(Vec::as_slice).collect();
    for (source, at) in without_repeats(&all) {
        let found = &found[source][at];
        let (bytes, diagnostic) = contents::open_text(found);
        told[source].extend(diagnostic);
        waiting[source] -= 1;
        given[source] |= bytes.is_some();
        texts.extend(bytes.map(|bytes| TextFile { path: found.path.clone(), list, bytes }));
    }
    let mut diagnostics = Vec::new();
    for (at, told) in told.into_iter().enumerate() {
        diagnostics.extend(match given[at] || waiting[at] > 0 {
            true => told,
            false => as_errors(told, &sources[at].path),
        });
    }
    (texts, diagnostics)
}

/// What is said of a source that gave no text.
fn as_errors(mut told: Vec<Diagnostic>, path: &Path) -> Vec<Diagnostic> {
    if told.is_empty() {
        let nothing = Diagnostic::error("there is no digest as text here").in_file(path);
        told.push(nothing.hint("correct the path under `sources`"));
    }
    told.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Error);
    told
}

/// The order of names as people number them: `9.txt` before `10.txt`. Names that differ only
/// in leading zeros stand in the order of their characters.
fn natural(a: &Path, b: &Path) -> Ordering {
    let (a, b) = (a.to_string_lossy(), b.to_string_lossy());
    let (mut left, mut right) = (&*a, &*b);
    while !left.is_empty() && !right.is_empty() {
        let (one, other) = (piece(&mut left), piece(&mut right));
        let order = match (number(one), number(other)) {
            (Some(one), Some(other)) => (one.len(), one).cmp(&(other.len(), other)),
            _ => one.cmp(other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(&b))
}

/// Takes the digits that `rest` begins with, or what stands before the next digit.
fn piece<'a>(rest: &mut &'a str) -> &'a str {
    let digits = rest.starts_with(|c: char| c.is_ascii_digit());
    let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
    let (piece, after) = rest.split_at(end);
    *rest = after;
    piece
}

/// The digits of a number without leading zeros.
fn number(piece: &str) -> Option<&str> {
    let is_number = piece.starts_with(|c: char| c.is_ascii_digit());
    is_number.then(|| piece.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::super::inputs::Inputs;
    use super::*;
    use crate::config::SourceConfig;

    #[test]
    fn numbers_in_names_are_compared_as_numbers() {
        let mut names = ["b", "a/10", "a/9", "a/009", "a/2024-10", "a/2024-9", "a", "a/x10y2"];
        names.sort_by(|a, b| natural(Path::new(a), Path::new(b)));
        assert_eq!(names, ["a", "a/009", "a/9", "a/10", "a/2024-9", "a/2024-10", "a/x10y2", "b"]);
    }

    /// Opens `path` below a directory of these files; gives the texts and what is said.
    fn opened(files: &[(&str, &[u8])], path: &str) -> (Vec<String>, Vec<(Severity, String)>) {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let source = SourceConfig::Digests(dir.path().join(path));
        let inputs = Inputs::find(&[&[source.clone(), source]]);
        let sources: Vec<&Input> = inputs.lists[0].iter().collect();
        let (texts, told) = open(0, &sources);
        let read = |text: &TextFile| String::from_utf8_lossy(text.bytes()).into_owned();
        let mut told: Vec<_> = told.into_iter().map(|d| (d.severity, d.message)).collect();
        told.dedup();
        (texts.iter().map(read).collect(), told)
    }

    #[test]
    fn texts_are_read_in_order_and_once_compressed_or_not() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"From a to b\n").unwrap();
        let gzip = gzip.finish().unwrap();
        let files = [
            ("10.txt", &b"From c to d\n"[..]),
            ("9.txt.gz", &gzip),
            ("logo", b"\x89PNG\r\n\x1a\n"),
        ];
        let (texts, _) = opened(&files, "");
        assert_eq!(texts, ["From a to b\n", "From c to d\n"]);
    }

    #[test]
    fn what_is_no_text_is_said() {
        for (bytes, message) in [
            (&b""[..], "the file is empty"),
            (b"%PDF-1.7\n", "this is a PDF document, not a digest"),
            (b"a\0b\n", "this is binary data, not a digest"),
            (b"From: a@example.org\nSubject: x\n\nbody\n", "this is mail, not a digest as text"),
        ] {
            let (texts, told) = opened(&[("x", bytes)], "x");
            assert!(texts.is_empty());
            assert_eq!(told[0], (Severity::Error, message.to_string()));
            let (texts, told) = opened(&[("x", bytes), ("y", b"From a to b\n")], "?");
            assert_eq!((texts.len(), &told[0]), (1, &(Severity::Warning, message.to_string())));
        }
        let (_, told) = opened(&[], "");
        assert_eq!(told, [(Severity::Error, "there is no digest as text here".to_string())]);
    }
}

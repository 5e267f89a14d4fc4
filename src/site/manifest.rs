//! What a build leaves behind for the next one: the files it wrote and the URLs it promised.
//!
//! A text file, one sorted line each, the same for the same site:
//!
//! ```text
//! patchpress-manifest 1
//! F 5120 series/x-abcdefghij/index.html
//! U /series/x-abcdefghij/ abcdefghij klmnopqrst
//! O /series/y-bcdefghijk/ bcdefghijk
//! H 0f1e2d3c4b5a6978
//! end 4
//! ```
//!
//! `U` is a page of this build, `O` one of a former build alone: a redirect stands there. `H`
//! is a hash of what all files hold, so that the manifests of two sites whose files have the same
//! names and sizes are told apart; those of older versions have none.
//!
//! The last line counts the others, so that a file cut short is noticed. Reading and
//! writing of files is [`super::output`]'s.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use rayon::prelude::*;

/// A URL that was published, and what stays the same about its page when the URL changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// Path of the URL within the site, without blanks: `/series/x-abcdefghij/`.
    pub url: String,
    /// Of a posting or thread, hashes of its first Message-IDs; of a person, that of their
    /// address; of a subsystem, its name; of a digest, its list; of a comparison, the hashes
    /// of the later posting, ` / `, and those of the earlier one.
    pub key: String,
    /// Whether the last build had it as a page; else one before it had.
    pub stands: bool,
}

/// The manifest of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// Size in bytes of every file, by path.
    pub files: BTreeMap<Box<str>, u64>,
    /// Everything that was ever published, by URL.
    pub published: Vec<Published>,
    /// A hash of what the files hold; none where that was not reckoned.
    pub content: Option<u64>,
}

const FIRST_LINE: &str = "patchpress-manifest 1";

/// Lines that are put together at once.
const LINES: usize = 8_192;
/// Bytes that are read at once, to the end of the line.
const PIECE: usize = 1 << 18;

impl Manifest {
    /// As text, ready to be written, with these `files` in their order instead of its own.
    pub fn text_with(&self, files: &[(&str, u64)]) -> String {
        let count = files.len() + self.published.len() + usize::from(self.content.is_some());
        let file =
            |out: &mut String, (path, size): &(&str, u64)| _ = writeln!(out, "F {size} {path}");
        let page = |out: &mut String, page: &Published| page.line_into(out);
        let (files, pages) = rayon::join(|| lines(files, file), || lines(&self.published, page));
        let content = self.content.map(|content| format!("H {content:016x}\n"));
        let ends = [content.unwrap_or_default(), format!("end {count}\n")];
        let mut all = vec![format!("{FIRST_LINE}\n")];
        all.extend(files.into_iter().chain(pages).chain(ends));
        all.concat()
    }

    /// Reads a manifest. A damaged one gives what can be read of it, and false.
    pub fn from_text(text: &str) -> (Manifest, bool) {
        let (manifest, files, whole) = Manifest::scan(text);
        let files = files.into_iter().map(|(path, size)| (text[path].into(), size)).collect();
        (Manifest { files, ..manifest }, whole)
    }

    /// The same, where the files are not kept but told: where in the text the path of each stands,
    /// and its size.
    pub fn scan(text: &str) -> (Manifest, Vec<(Range<usize>, u64)>, bool) {
        let (body, mut whole) = match body(text) {
            Some(body) => (body, true),
            None => (0..text.len(), false),
        };
        let read = |range| {
            let mut manifest = Manifest::default();
            let mut files = Vec::new();
            let read = manifest.read_lines(text, range, &mut files);
            (manifest, files, read)
        };
        let pieces: Vec<_> = pieces(text, body).into_par_iter().map(read).collect();
        let mut manifest = Manifest::default();
        let mut files = Vec::with_capacity(pieces.iter().map(|(_, files, _)| files.len()).sum());
        for (piece, more, read) in pieces {
            manifest.published.extend(piece.published);
            manifest.content = piece.content.or(manifest.content);
            files.extend(more);
            whole &= read;
        }
        (manifest, files, whole)
    }

    /// Reads the lines in a part of a manifest's text; false where one is none. Of files it notes
    /// where their paths stand.
    fn read_lines(
        &mut self,
        text: &str,
        range: Range<usize>,
        files: &mut Vec<(Range<usize>, u64)>,
    ) -> bool {
        let mut whole = true;
        let mut start = range.start;
        for line in text[range].split_terminator('\n') {
            let end = start + line.len();
            let mut file = |path: &str, size| files.push((end - path.len()..end, size));
            whole &= self.read_line(line, &mut file).is_some();
            start = end + 1;
        }
        whole
    }

    fn read_line(&mut self, line: &str, file: &mut impl FnMut(&str, u64)) -> Option<()> {
        let (kind, rest) = line.split_once(' ')?;
        if kind == "H" {
            self.content = Some(u64::from_str_radix(rest, 16).ok()?);
            return Some(());
        }
        let (first, second) = rest.split_once(' ')?;
        match kind {
            "F" if is_path(second) => file(second, first.parse().ok()?),
            "U" | "O" => self.published.push(Published {
                url: first.to_owned(),
                key: unescape_line(second),
                stands: kind == "U",
            }),
            _ => return None,
        }
        Some(())
    }
}

impl Published {
    fn line_into(&self, out: &mut String) {
        out.push_str(if self.stands { "U " } else { "O " });
        out.push_str(&self.url);
        out.push(' ');
        escape_line_into(out, &self.key);
        out.push('\n');
    }
}

/// Where in a manifest's text its lines stand between the first and the last one; none where it
/// was not written to its end.
fn body(text: &str) -> Option<Range<usize>> {
    let lines = text.strip_prefix(FIRST_LINE)?.strip_prefix('\n')?.strip_suffix('\n')?;
    let end = lines.rfind('\n').map_or(0, |at| at + 1);
    let count: usize = lines[end..].strip_prefix("end ")?.parse().ok()?;
    let body = &lines.as_bytes()[..end];
    let counted = body.par_chunks(PIECE).map(|piece| memchr::memchr_iter(b'\n', piece).count());
    let start = FIRST_LINE.len() + 1;
    (counted.sum::<usize>() == count).then_some(start..start + end)
}

/// Cuts a part of a text between lines.
fn pieces(text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = part.start;
    while start < part.end {
        let rest = text.as_bytes().get(start + PIECE..part.end).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(part.end, |at| start + PIECE + at + 1);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

/// The lines of many items, in pieces.
fn lines<T: Sync>(items: &[T], line: impl Fn(&mut String, &T) + Sync) -> Vec<String> {
    let piece = |items: &[T]| {
        let mut out = String::with_capacity(96 * items.len());
        items.iter().for_each(|item| line(&mut out, item));
        out
    };
    items.par_chunks(LINES).map(piece).collect()
}

/// The directory of the manifest, which no page may lie in.
pub(crate) use crate::source::OUTPUT_STATE as DIRECTORY;

/// Whether `path` may be a file of the site: relative, made of `[A-Za-z0-9._-]`, without
/// `.`, `..` and empty parts, and not among the manifest's.
pub(super) fn is_path(path: &str) -> bool {
    let plain = |b: &u8| PLAIN[usize::from(*b)];
    let part = |part: &[u8]| !matches!(part, b"" | b"." | b"..");
    path.as_bytes().iter().all(plain)
        && path.as_bytes().split(|b| *b == b'/').all(part)
        && path
            .strip_prefix(DIRECTORY)
            .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

/// The bytes that the path of a file of the site may have.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < plain.len() {
        plain[byte] =
            (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'.' | b'_' | b'-' | b'/');
        byte += 1;
    }
    plain
};

/// `text` with what would end the line written as `%XX`.
fn escape_line_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("%0A"),
            '%' => out.push_str("%25"),
            _ => out.push(c),
        }
    }
}

fn unescape_line(text: &str) -> String {
    let plain = match text.contains('%') {
        true => Cow::Owned(text.replace("%0A", "\n").replace("%25", "%")),
        false => Cow::Borrowed(text),
    };
    plain.into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Manifest {
        let key = "100%0A of\ta@example.org\nsecond".to_owned();
        Manifest {
            files: [("a.txt".into(), 3), ("b/index.html".into(), 0)].into(),
            published: vec![
                Published { url: "/b/".into(), key, stands: true },
                Published { url: "/c/".into(), key: "k".into(), stands: false },
            ],
            content: Some(0x1f),
        }
    }

    fn text(manifest: &Manifest) -> String {
        let files: Vec<(&str, u64)> =
            manifest.files.iter().map(|(path, size)| (&**path, *size)).collect();
        manifest.text_with(&files)
    }

    #[test]
    fn a_manifest_is_read_as_written() {
        assert_eq!(Manifest::from_text(&text(&sample())), (sample(), true));
        let expected = "patchpress-manifest 1\nF 3 a.txt\nF 0 b/index.html\nU /b/ 100%250A of\ta@example.org%0Asecond\nO /c/ k\nH 000000000000001f\nend 5\n";
        assert_eq!(text(&sample()), expected);
        let older = expected.replace("H 000000000000001f\nend 5", "end 4");
        let without = Manifest { content: None, ..sample() };
        assert_eq!(Manifest::from_text(&older), (without, true));
    }

    /// A manifest cut short anywhere, or altered, must be noticed: files are deleted by it.
    #[test]
    fn damage_is_noticed() {
        let text = text(&sample());
        for end in 0..text.len() {
            assert!(!Manifest::from_text(&text[..end]).1, "{:?}", &text[..end]);
        }
        for (from, to) in [
            ("a.txt", "../a.txt"),
            ("F 3", "F x"),
            ("end 5", "end 2"),
            ("H 000000000000001f", "H so"),
            ("H 000000000000001f\n", ""),
            ("manifest 1", "manifest 2"),
            ("F 3 a.txt\n", ""),
        ] {
            assert!(!Manifest::from_text(&text.replace(from, to)).1, "{from} → {to}");
        }
        assert!(!Manifest::from_text(&format!("{text}F 1 c\n")).1);
    }

    /// It is read on all cores.
    #[test]
    fn a_long_manifest_is_read_as_a_short_one_is() {
        let files = (0..20_000).map(|at| (format!("a/{at:05}.txt").into(), at));
        let page = |at| {
            let (url, key) = (format!("/ä/{at:05}/"), format!("k\r{at}"));
            Published { url, key, stands: at % 2 == 0 }
        };
        let published = (0..20_000).map(page).collect();
        let long = Manifest { files: files.collect(), published, content: Some(7) };
        let text = text(&long);
        assert!(text.len() > 3 * PIECE);
        assert_eq!(Manifest::from_text(&text), (long, true));
        for line in ["F 19999 ", "O /ä/00001/ ", "U /ä/09998/ ", "H "] {
            assert!(!Manifest::from_text(&text.replacen(line, "? ", 1)).1, "{line}");
        }
    }

    #[test]
    fn paths_stay_inside_the_output() {
        for path in ["index.html", ".nojekyll", "a/b-c/d_e.f", "...", "a..b"] {
            assert!(is_path(path), "{path}");
        }
        for path in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/.",
            "a b",
            "a\\b",
            "é",
            "a\0",
            ".patchpress/x",
            "C:x",
        ] {
            assert!(!is_path(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn keys_come_back(key in "(%|0A|25|\n|a| )*") {
            let mut escaped = String::new();
            escape_line_into(&mut escaped, &key);
            prop_assert!(!escaped.contains('\n'));
            prop_assert_eq!(unescape_line(&escaped), key);
        }
    }
}

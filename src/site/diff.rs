//! A patch's diff as HTML: one fold a file, one span a line.
//!
//! Line numbers stand in `data-n`, so that selecting copies a clean patch; each line's feed
//! is inside its span, so that a text browser shows lines too. Attributes without blanks go
//! unquoted: most of a site's bytes are lines of diffs. Which diffs stand on which page is
//! decided by the page builders, with the help of [`measure`].

use crate::config::{Addresses, Diffs};
use crate::mail::{ChangeKind, FileChange};
use crate::site::escape::{Html, attribute_into, escape_into, text_into};

/// Lines up to which a file's diff stands open.
pub const OPEN_LINES: usize = 60;

/// How diffs are to be shown.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Whether short ones stand open.
    pub diffs: Diffs,
    /// What is shown of addresses in them.
    pub addresses: Addresses,
}

/// How much there is to show of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Lines, headers included.
    pub lines: usize,
    /// Bytes of HTML, estimated; within a tenth for source code.
    pub bytes: usize,
}

/// Estimates what [`file`] will give, without rendering: `text` is the mail's text that
/// `change` was found in.
pub fn measure(text: &str, change: &FileChange) -> Measure {
    let diff = span(text, change);
    let lines = memchr::memchr_iter(b'\n', diff.as_bytes()).count()
        + usize::from(!diff.is_empty() && !diff.ends_with('\n'));
    Measure {
        lines,
        bytes: 240 + 2 * change.path.len() + diff.len() + diff.len() / 50 + 33 * lines,
    }
}

/// All files of a patch: `text` is the mail's text, `files` the changes found in it.
pub fn patch(text: &str, files: &[FileChange], view: View) -> Html {
    let size = files.iter().map(|change| measure(text, change).bytes).sum();
    let mut out = String::with_capacity(size);
    for change in files {
        file_into(&mut out, text, change, view);
    }
    Html::vouched(out)
}

/// One file of a patch, as `<details class="diff">`. Of a binary file only the headers are
/// shown, and how much was left out.
pub fn file(text: &str, change: &FileChange, view: View) -> Html {
    let mut out = String::with_capacity(measure(text, change).bytes);
    file_into(&mut out, text, change, view);
    Html::vouched(out)
}

/// The change's part of the text; nothing if the span is not of this text.
fn span<'a>(text: &'a str, change: &FileChange) -> &'a str {
    text.get(change.span.clone()).unwrap_or_default()
}

fn file_into(out: &mut String, text: &str, change: &FileChange, view: View) {
    let open = view.diffs == Diffs::Inline && measure(text, change).lines <= OPEN_LINES;
    out.push_str(if open {
        "<details class=\"diff\" open>\n"
    } else {
        "<details class=\"diff\">\n"
    });
    summary_into(out, change);
    out.push_str("<pre tabindex=\"0\" role=\"group\" aria-label=\"Diff of ");
    attribute_into(out, &change.path);
    out.push_str("\">");
    lines_into(out, span(text, change), view.addresses);
    out.push_str("</pre>\n</details>\n");
}

fn summary_into(out: &mut String, change: &FileChange) {
    out.push_str("<summary><span>");
    if let Some(old) = &change.old_path {
        escape_into(out, old);
        out.push_str(" → ");
    }
    escape_into(out, &change.path);
    out.push_str("</span>");
    if let Some(word) = kind_word(change.kind) {
        out.push_str(" <span class=\"mut\">");
        out.push_str(word);
        out.push_str("</span>");
    }
    if change.added + change.removed > 0 {
        out.push_str(" <span class=\"n\"><span class=\"plus\">+");
        number_into(out, change.added);
        out.push_str("</span> <span class=\"minus\">−");
        number_into(out, change.removed);
        out.push_str("</span></span>");
    }
    out.push_str("</summary>\n");
}

/// What happens to the file, where it is more than a change of its lines.
fn kind_word(kind: ChangeKind) -> Option<&'static str> {
    match kind {
        ChangeKind::Modify => None,
        ChangeKind::Add => Some("new"),
        ChangeKind::Delete => Some("deleted"),
        ChangeKind::Rename => Some("renamed"),
        ChangeKind::Copy => Some("copied"),
        ChangeKind::Mode => Some("mode changed"),
        ChangeKind::Binary => Some("binary"),
    }
}

/// The lines of one file's diff. Up to the first hunk they are headers; after it the first
/// character says what a line is, whatever its hunk's header promises.
fn lines_into(out: &mut String, diff: &str, addresses: Addresses) {
    let mut numbers = None;
    let mut rest = diff;
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        rest = after;
        if line.starts_with("@@") {
            numbers = Some(Numbers::of_hunk(line));
        }
        match &mut numbers {
            Some(numbers) => line_start_into(out, line, numbers),
            None => out.push_str(HEADER),
        }
        if addresses == Addresses::Full {
            escape_into(out, line);
        } else {
            text_into(out, line, addresses);
        }
        out.push_str("\n</span>");
        if numbers.is_none() && line == "GIT binary patch" {
            return left_out_into(out, rest);
        }
    }
}

fn split_line(text: &str) -> (&str, &str) {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    }
}

const HEADER: &str = "<span class=\"l h\">";

/// The line's start tag: what kind of line it is, and its number in the new file, or in the
/// old one for a line that goes.
fn line_start_into(out: &mut String, line: &str, numbers: &mut Numbers) {
    match line.as_bytes().first() {
        Some(b'+') => {
            out.push_str("<span class=\"l a\"");
            numbers.new_into(out);
        }
        Some(b'-') => {
            out.push_str("<span class=\"l d\"");
            numbers.old_into(out);
        }
        // Mailers strip the blank of an empty context line.
        Some(b' ') | None => {
            out.push_str("<span class=l");
            numbers.both_into(out);
        }
        Some(b'@') => out.push_str("<span class=\"l h\""),
        Some(_) => out.push_str("<span class=l"),
    }
    out.push('>');
}

/// Numbers of the next line in the old and the new file.
#[derive(Clone, Copy)]
struct Numbers {
    old: u32,
    new: u32,
    /// False in a hunk whose header has none to count from (a combined diff, a damaged one).
    known: bool,
}

impl Numbers {
    /// From `@@ -12,7 +12,9 @@ …`.
    fn of_hunk(header: &str) -> Numbers {
        let mut words = header.split(' ').skip(1);
        let old = words.next().and_then(|word| first_number(word.strip_prefix('-')?));
        let new = words.next().and_then(|word| first_number(word.strip_prefix('+')?));
        match (header.starts_with("@@ "), old, new) {
            (true, Some(old), Some(new)) => Numbers { old, new, known: true },
            _ => Numbers { old: 0, new: 0, known: false },
        }
    }

    fn old_into(&mut self, out: &mut String) {
        self.into_attribute(out, self.old);
        self.old = self.old.wrapping_add(1);
    }

    fn new_into(&mut self, out: &mut String) {
        self.into_attribute(out, self.new);
        self.new = self.new.wrapping_add(1);
    }

    fn both_into(&mut self, out: &mut String) {
        self.new_into(out);
        self.old = self.old.wrapping_add(1);
    }

    fn into_attribute(self, out: &mut String, number: u32) {
        if self.known {
            out.push_str(" data-n=");
            number_into(out, number);
        }
    }
}

/// 12 of `12,7`.
fn first_number(range: &str) -> Option<u32> {
    range.split(',').next()?.parse().ok()
}

/// The decimal digits of 000 to 999.
const DIGITS: &str = {
    const BYTES: [u8; 3000] = {
        let mut bytes = [0; 3000];
        let mut n = 0;
        while n < 1000 {
            bytes[3 * n] = b'0' + (n / 100) as u8;
            bytes[3 * n + 1] = b'0' + (n / 10 % 10) as u8;
            bytes[3 * n + 2] = b'0' + (n % 10) as u8;
            n += 1;
        }
        bytes
    };
    match str::from_utf8(&BYTES) {
        Ok(digits) => digits,
        Err(_) => panic!("digits are ASCII"),
    }
};

/// `number` in decimal, three digits at a time: it is written for every line of every diff.
fn number_into(out: &mut String, number: u32) {
    let (thousands, rest) = (number / 1000, number % 1000);
    let end = 3 * rest as usize + 3;
    if thousands > 0 {
        number_into(out, thousands);
        return out.push_str(&DIGITS[end - 3..end]);
    }
    let digits = 1 + usize::from(rest > 9) + usize::from(rest > 99);
    out.push_str(&DIGITS[end - digits..end]);
}

/// Says how much of a binary patch is not shown.
fn left_out_into(out: &mut String, data: &str) {
    let lines = data.lines().filter(|line| !line.is_empty()).count();
    out.push_str(HEADER);
    out.push_str(&format!("{lines} lines of binary data are not shown\n</span>"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::site::markup::{Shown, hostile, read_back};

    const OPEN: View = View { diffs: Diffs::Inline, addresses: Addresses::Full };

    fn change(path: &str, diff: &str) -> FileChange {
        FileChange {
            path: path.into(),
            old_path: None,
            kind: ChangeKind::Modify,
            binary: false,
            added: 2,
            removed: 1,
            span: 0..diff.len(),
        }
    }

    fn lines(diff: &str) -> String {
        let mut out = String::new();
        lines_into(&mut out, diff, Addresses::Full);
        out
    }

    #[test]
    fn lines_carry_kind_and_number() {
        let diff = "--- a/x\n+++ b/x\n@@ -9,3 +99,4 @@ int f()\n \tone\n-two\n+2 < 3\n+--- x\n\n\\ No newline at end of file\n";
        let expected = "<span class=\"l h\">--- a/x\n</span><span class=\"l h\">+++ b/x\n</span>\
            <span class=\"l h\">@@ -9,3 +99,4 @@ int f()\n</span><span class=l data-n=99> \tone\n</span>\
            <span class=\"l d\" data-n=10>-two\n</span><span class=\"l a\" data-n=100>+2 &lt; 3\n</span>\
            <span class=\"l a\" data-n=101>+--- x\n</span><span class=l data-n=102>\n</span>\
            <span class=l>\\ No newline at end of file\n</span>";
        assert_eq!(lines(diff), expected);
    }

    #[test]
    fn a_second_hunk_counts_anew() {
        let html = lines("@@ -1 +1 @@\n+a\n@@ -1234,2 +1000000 @@\n-b\n+c\n");
        assert!(html.contains("data-n=1>+a"), "{html}");
        assert!(html.contains("data-n=1234>-b") && html.contains("data-n=1000000>+c"), "{html}");
    }

    #[test]
    fn hunks_without_numbers_have_none() {
        for header in ["@@@ -1,2 -1,2 +1,3 @@@", "@@", "@@ -x +1 @@", "@@ -99999999999 +1 @@"] {
            assert!(!lines(&format!("{header}\n+a\n b\n")).contains("data-n"), "{header}");
        }
        lines("@@ -4294967295 +4294967295 @@\n a\n b\n");
    }

    #[test]
    fn a_file_is_a_fold_with_path_and_counts() {
        let diff = "@@ -1 +1 @@\n+a\n";
        assert_eq!(
            file(diff, &change("a&b", diff), OPEN).as_str(),
            "<details class=\"diff\" open>\n<summary><span>a&amp;b</span> <span class=\"n\">\
             <span class=\"plus\">+2</span> <span class=\"minus\">−1</span></span></summary>\n\
             <pre tabindex=\"0\" role=\"group\" aria-label=\"Diff of a&amp;b\">\
             <span class=\"l h\">@@ -1 +1 @@\n</span><span class=\"l a\" data-n=1>+a\n</span></pre>\n</details>\n"
        );
    }

    #[test]
    fn long_diffs_are_folded() {
        let open = |lines: usize, diffs| {
            let diff = format!("@@ -1 +1 @@\n{}", "+a\n".repeat(lines - 1));
            file(&diff, &change("x", &diff), View { diffs, ..OPEN }).as_str().contains(" open>")
        };
        assert!(open(OPEN_LINES, Diffs::Inline));
        assert!(!open(OPEN_LINES + 1, Diffs::Inline));
        assert!(!open(2, Diffs::Collapsed));
    }

    #[test]
    fn renames_and_binaries_are_said_in_words() {
        let diff =
            "diff --git a/o b/n\nGIT binary patch\nliteral 3\nKcmZQ<\n\nliteral 0\nHcmV?d\n\n";
        let moved = FileChange {
            old_path: Some("o".into()),
            kind: ChangeKind::Rename,
            added: 0,
            removed: 0,
            ..change("n", diff)
        };
        let html = file(diff, &moved, OPEN);
        assert!(
            html.as_str().contains(
                "<summary><span>o → n</span> <span class=\"mut\">renamed</span></summary>"
            )
        );
        assert!(html.as_str().contains("4 lines of binary data are not shown"));
        assert!(!html.as_str().contains("literal"));
    }

    #[test]
    fn addresses_in_diffs_are_hidden_too() {
        let diff = "@@ -1 +1 @@\n+M: Jo <jo@example.org>\n";
        let html =
            file(diff, &change("MAINTAINERS", diff), View { addresses: Addresses::Hidden, ..OPEN });
        assert!(html.as_str().contains(">+M: Jo\n"), "{html}");
        assert!(!html.as_str().contains("example.org"));
    }

    #[test]
    fn spans_of_another_text_show_nothing() {
        let damaged = FileChange { span: 1..900, ..change("x", "") };
        assert_eq!(measure("é", &damaged).lines, 0);
        read_back(file("é", &damaged, OPEN).as_str()).unwrap();
    }

    #[test]
    fn numbers_are_decimal() {
        for n in [0, 7, 10, 99, 100, 999, 1000, 1001, 65536, 999_999, 1_000_000, u32::MAX] {
            let mut out = String::new();
            number_into(&mut out, n);
            assert_eq!(out, n.to_string());
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_gets_through(text in hostile()) {
            prop_assume!(!text.contains("GIT binary patch"));
            let Shown { text: shown, .. } = read_back(&lines(&text)).unwrap();
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let whole = read_back(crate::site::escape::escape(&format!("{text}{end}")).as_str()).unwrap();
            prop_assert_eq!(shown, whole.text);
        }

        #[test]
        fn paths_stay_inside_their_tags(path in hostile(), diff in hostile()) {
            let shown = read_back(file(&diff, &change(&path, &diff), OPEN).as_str()).unwrap();
            let ours = ["details", "summary", "span", "pre"];
            prop_assert!(shown.tags.iter().all(|tag| ours.contains(&tag.split(' ').next().unwrap())));
        }
    }

    /// Real patches: nothing of them is lost, and the estimate holds.
    #[test]
    fn real_diffs_keep_their_text() {
        let Some(data) = std::env::var_os("PATCHPRESS_DATA") else {
            return println!("skipped: PATCHPRESS_DATA is not set");
        };
        let Ok(mbox) =
            std::fs::read(std::path::Path::new(&data).join("live-patching-2023-2026/2023-02.mbox"))
        else {
            return println!("skipped: no live-patching-2023-2026 in PATCHPRESS_DATA");
        };
        let text = String::from_utf8_lossy(&mbox);
        let diffs: Vec<&str> = text
            .split("\ndiff --git ")
            .skip(1)
            .map(|d| d.split("\n-- \n").next().unwrap())
            .collect();
        assert!(diffs.len() > 100);
        for diff in diffs {
            let diff = format!("diff --git {diff}\n");
            let html = file(&diff, &change("x", &diff), OPEN);
            assert!(read_back(html.as_str()).unwrap().text.ends_with(&format!("{diff}\n\n")));
            let estimate = measure(&diff, &change("x", &diff)).bytes;
            assert!(
                estimate.abs_diff(html.len()) < html.len() / 8 + 200,
                "{estimate} for {}",
                html.len()
            );
        }
    }
}

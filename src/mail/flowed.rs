//! `format=flowed` (RFC 3676) undone.
//!
//! Lines that end in a blank go on in the next one; a line that would begin with a blank,
//! `>` or `From ` has one blank put before it. Both are undone in what the writer wrote.
//! Quoted lines stay as they are, and so does a diff, whose lines may well end in a blank:
//! there only the stuffed blank goes, and only if the sender did put it there.

/// Undoes `format=flowed`; with `delsp` (the DelSp parameter) the blank that joins two lines
/// goes as well. `text` has `\n` line ends.
pub fn undo(text: &str, delsp: bool) -> String {
    let (prose, diff) = text.split_at(start_of_diff(text));
    let mut out = String::with_capacity(text.len());
    let mut joined = false;
    for line in prose.split_inclusive('\n') {
        // A quoted line, or the signature mark, begins afresh whatever came before.
        if line.starts_with('>') || line.trim_end_matches('\n') == "-- " {
            if joined {
                out.push('\n');
            }
            joined = false;
            out.push_str(line);
            continue;
        }
        let line = line.strip_prefix(' ').unwrap_or(line);
        joined = push_flowed(&mut out, line, delsp);
    }
    if joined && !diff.is_empty() {
        out.push('\n');
    }
    let stuffed = is_stuffed(diff);
    for line in diff.split_inclusive('\n') {
        out.push_str(if stuffed { line.strip_prefix(' ').unwrap_or(line) } else { line });
    }
    out
}

/// Adds one line; says whether the next one goes on with it.
fn push_flowed(out: &mut String, line: &str, delsp: bool) -> bool {
    let content = line.strip_suffix('\n').unwrap_or(line);
    if content.len() == line.len() || !content.ends_with(' ') {
        out.push_str(line);
        return false;
    }
    out.push_str(if delsp { &content[..content.len() - 1] } else { content });
    true
}

/// Where a diff begins, or the text's length. A diff of a cover letter's diffstat counts
/// from its first line, whose blanks hold the columns.
fn start_of_diff(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.strip_prefix(' ').unwrap_or(line);
        if ["diff --git ", "--- a/", "Index: ", "@@ -"].iter().any(|mark| bare.starts_with(mark)) {
            return at;
        }
        at += line.len();
    }
    at
}

/// Whether the blanks were put before the lines of this diff: then no line in a hunk begins
/// with exactly one blank, since that one would be the stuffed one before nothing of a diff.
fn is_stuffed(diff: &str) -> bool {
    let mut blanks = diff.lines().filter(|line| line.starts_with(' ')).peekable();
    blanks.peek().is_some() && blanks.all(|line| line.starts_with("  ") || line == " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // The first two are of RFC 3676, section 4.2 and 4.5.
    #[test]
    fn paragraphs_are_joined() {
        assert_eq!(undo("one \ntwo \nthree\nfour\n", false), "one two three\nfour\n");
        assert_eq!(undo("one \ntwo\n", true), "onetwo\n");
        assert_eq!(undo("one \n-- \nAnn\n", false), "one \n-- \nAnn\n");
        assert_eq!(undo(" >not a quote\n  indented\n", false), ">not a quote\n indented\n");
        assert_eq!(undo("last ", false), "last ");
    }

    #[test]
    fn quotes_stay() {
        let quote = "text \n> a \n> b \n> \n";
        assert_eq!(undo(quote, false), "text \n> a \n> b \n> \n");
    }

    #[test]
    fn a_stuffed_diff_is_unstuffed_but_never_joined() {
        let mail =
            "go \non\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n  a \n-b \n+c \n  \n";
        let diff = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a \n-b \n+c \n \n";
        assert_eq!(undo(mail, false), format!("go on\n{diff}"));
    }

    #[test]
    fn a_diff_that_was_not_stuffed_stays() {
        let diff = "diff --git a/f b/f\n@@ -1,2 +1,2 @@\n a\n-b \n+c\n  d\n";
        assert_eq!(undo(diff, false), diff);
    }
}

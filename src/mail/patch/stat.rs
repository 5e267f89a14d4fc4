//! Finding the diffstat: ` path | 3 ++-` lines with ` 2 files changed, …` below them.

use std::ops::Range;

use super::lines::{Lines, line_at, without_end};

/// The last diffstat in a range, from its first file to the last of the `create mode` lines
/// below its summary. Notes may hold an earlier one, of the changes since the last revision.
pub(super) fn find(text: &[u8], within: Range<usize>) -> Option<Range<usize>> {
    let mut found = None;
    let mut first = None;
    for line in Lines::of(text, within.clone()) {
        let content = without_end(&text[line.clone()]);
        if is_file(content) {
            first.get_or_insert(line.start);
        } else if is_summary(content) {
            let start = first.take().unwrap_or(line.start);
            found = Some(start..after_details(text, line.end, within.end));
        } else {
            first = None;
        }
    }
    found
}

/// ` path | 3 ++-`, ` path | Bin 0 -> 12 bytes`, ` path | 0`.
fn is_file(line: &[u8]) -> bool {
    let Some(bar) = memchr::memrchr(b'|', line) else { return false };
    let (path, count) = (&line[..bar], line[bar + 1..].trim_ascii());
    let number = count.iter().take_while(|b| b.is_ascii_digit()).count();
    let graph = count[number..].trim_ascii();
    let counted = number > 0 && graph.iter().all(|b| matches!(b, b'+' | b'-' | b'!'));
    let other = count.starts_with(b"Bin") || count == b"Unmerged";
    !path.trim_ascii().is_empty() && !path.starts_with(b">") && (counted || other)
}

/// ` 2 files changed, 3 insertions(+), 1 deletion(-)`.
fn is_summary(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let digits = line.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = &line[digits..];
    digits > 0
        && (rest.starts_with(b" file changed") || rest.starts_with(b" files changed"))
        && !rest.contains(&b':')
}

/// Where the ` create mode 100644 path` lines from `at` end (git-diff(1), `--summary`).
fn after_details(text: &[u8], mut at: usize, end: usize) -> usize {
    const DETAILS: [&[u8]; 6] =
        [b"create mode ", b"delete mode ", b"mode change ", b"rename ", b"copy ", b"rewrite "];
    while at < end {
        let line = line_at(&text[..end], at);
        let detail = line.strip_prefix(b" ").map(<[u8]>::trim_ascii_start);
        if !detail.is_some_and(|d| DETAILS.iter().any(|word| d.starts_with(word))) {
            break;
        }
        at += line.len();
    }
    at
}

//! Which words of two lines differ.
//!
//! Only lines that are alike have differing words: of two lines that have little in common
//! nothing is marked, they simply are different lines.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, Interner, Token};

/// Bytes of a line up to which its words are compared.
const LONGEST: usize = 500;

/// Lines of a run up to which each removed one is compared with each added one.
const MOST_LINES: usize = 12;

/// The bytes that differ in a line, ascending.
pub type Marks = Vec<Range<usize>>;

/// For a run of removed lines and the run of added ones that follows: the differing bytes of
/// each line, and none of a line without a counterpart on the other side. Counterparts stand
/// in the same order on both sides.
pub fn marks(removed: &[&str], added: &[&str]) -> (Vec<Option<Marks>>, Vec<Option<Marks>>) {
    let mut marked = (vec![None; removed.len()], vec![None; added.len()]);
    for (old, new) in counterparts(removed, added) {
        if let Some((of_old, of_new)) = differing(removed[old], added[new]) {
            marked.0[old] = Some(of_old);
            marked.1[new] = Some(of_new);
        }
    }
    marked
}

/// Which removed line became which added one: where the runs are short, the choice with the
/// most in common; else first with first.
fn counterparts(removed: &[&str], added: &[&str]) -> Vec<(usize, usize)> {
    let (rows, columns) = (removed.len(), added.len());
    if rows == columns || rows.max(columns) > MOST_LINES {
        return (0..rows.min(columns)).map(|at| (at, at)).collect();
    }
    // best[i][j]: the most that lines from i and j on have in common.
    let alike: Vec<Vec<u32>> =
        removed.iter().map(|a| added.iter().map(|b| likeness(a, b)).collect()).collect();
    let mut best = vec![vec![0; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            let both = alike[i][j] + best[i + 1][j + 1];
            best[i][j] = both.max(best[i + 1][j]).max(best[i][j + 1]);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < rows && j < columns {
        if alike[i][j] > 0 && best[i][j] == alike[i][j] + best[i + 1][j + 1] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[i][j] == best[i + 1][j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Bytes of the words that two lines have in common; 0 if they are less than half of the
/// longer one.
fn likeness(old: &str, new: &str) -> u32 {
    let (mut ours, mut theirs): (Vec<&str>, Vec<&str>) =
        (words(old).collect(), words(new).collect());
    ours.sort_unstable();
    theirs.sort_unstable();
    let (mut at, mut common) = (0, 0);
    for word in ours {
        while theirs.get(at).is_some_and(|other| *other < word) {
            at += 1;
        }
        if theirs.get(at) == Some(&word) {
            common += word.trim().len();
            at += 1;
        }
    }
    let longer = old.trim().len().max(new.trim().len());
    if 2 * common >= longer { common as u32 } else { 0 }
}

/// The bytes that differ in two lines; `None` where they have less than a third in common or
/// are too long to look at.
fn differing(old: &str, new: &str) -> Option<(Marks, Marks)> {
    if old.len().max(new.len()) > LONGEST {
        return None;
    }
    let mut known = Interner::new(64);
    let mut places = |line| -> (Vec<Token>, Vec<usize>) {
        let mut ends = vec![0];
        let tokens = words(line).map(|word| {
            ends.push(ends.last().unwrap_or(&0) + word.len());
            known.intern(word)
        });
        (tokens.collect(), ends)
    };
    let ((before, old_ends), (after, new_ends)) = (places(old), places(new));
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Myers, &before, &after, known.num_tokens());
    let (mut of_old, mut of_new) = (Marks::new(), Marks::new());
    for hunk in diff.hunks() {
        extend(
            &mut of_old,
            old,
            old_ends[hunk.before.start as usize]..old_ends[hunk.before.end as usize],
        );
        extend(
            &mut of_new,
            new,
            new_ends[hunk.after.start as usize]..new_ends[hunk.after.end as usize],
        );
    }
    let kept = |line: &str, marks: &Marks| 3 * unmarked(line, marks) >= line.trim().len();
    (kept(old, &of_old) && kept(new, &of_new)).then_some((of_old, of_new))
}

/// Adds a range to the marks; one that is apart only by a blank from the last joins it.
fn extend(marks: &mut Marks, line: &str, range: Range<usize>) {
    if range.is_empty() {
        return;
    }
    match marks.last_mut().filter(|last| line[last.end..range.start].trim().is_empty()) {
        Some(last) => last.end = range.end,
        None => marks.push(range),
    }
}

/// How many bytes of a line other than blanks are not marked.
fn unmarked(line: &str, marks: &Marks) -> usize {
    let solid = |text: &str| text.bytes().filter(|b| !b.is_ascii_whitespace()).count();
    solid(line) - marks.iter().map(|range| solid(&line[range.clone()])).sum::<usize>()
}

/// A line's words, blanks, and other characters, one by one; the sign of a diff's line is
/// one of the latter.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let kind = kind(rest.chars().next()?);
        let end = match kind {
            Kind::Sign => rest.chars().next().map_or(0, char::len_utf8),
            _ => rest.find(|c| self::kind(c) != kind).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Blank,
    Sign,
}

fn kind(c: char) -> Kind {
    match c {
        '_' => Kind::Word,
        c if c.is_alphanumeric() => Kind::Word,
        c if c.is_whitespace() => Kind::Blank,
        _ => Kind::Sign,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A line with its marks in brackets.
    fn drawn(line: &str, marks: &Option<Marks>) -> String {
        let mut out = line.to_string();
        for range in marks.iter().flatten().rev() {
            out.insert(range.end, ']');
            out.insert(range.start, '[');
        }
        out
    }

    fn both(removed: &[&str], added: &[&str]) -> Vec<String> {
        let (old, new) = marks(removed, added);
        let old = removed.iter().zip(&old).map(|(line, marks)| drawn(line, marks));
        old.chain(added.iter().zip(&new).map(|(line, marks)| drawn(line, marks))).collect()
    }

    #[test]
    fn words_that_differ_are_marked() {
        assert_eq!(
            both(&["+\treturn -EINVAL;"], &["+\treturn -ERANGE;"]),
            ["+\treturn -[EINVAL];", "+\treturn -[ERANGE];"]
        );
        assert_eq!(
            both(&["-a line that stays"], &["+a line that stays"]),
            ["[-]a line that stays", "[+]a line that stays"]
        );
    }

    #[test]
    fn words_side_by_side_have_one_mark() {
        assert_eq!(
            both(&["say it once again, please do"], &["say it two more times again, please do"]),
            ["say it [once] again, please do", "say it [two more times] again, please do"]
        );
    }

    #[test]
    fn lines_with_little_in_common_are_not_marked() {
        assert_eq!(
            marks(&["+int main(void)"], &["+/* nothing of it */"]),
            (vec![None], vec![None])
        );
        assert_eq!(marks(&["+old"], &[]), (vec![None], vec![]));
    }

    #[test]
    fn a_line_is_compared_with_the_one_most_like_it() {
        let shown = both(&["+one(first, second);"], &["+/* why */", "+one(first, third);"]);
        assert_eq!(shown, ["+one(first, [second]);", "+/* why */", "+one(first, [third]);"]);
    }

    proptest! {
        #[test]
        fn what_is_not_marked_is_the_same(old in "[ab é\\t(;]{0,30}", new in "[ab é\\t(;]{0,30}") {
            let (of_old, of_new) = marks(&[&old], &[&new]);
            prop_assert_eq!(of_old[0].is_some(), of_new[0].is_some());
            if let (Some(of_old), Some(of_new)) = (&of_old[0], &of_new[0]) {
                let rest = |line: &str, marks: &Marks| {
                    let mut line = line.to_string();
                    marks.iter().rev().for_each(|range| line.replace_range(range.clone(), ""));
                    line.chars().filter(|c| !c.is_whitespace()).collect::<String>()
                };
                prop_assert_eq!(rest(&old, of_old), rest(&new, of_new));
            }
        }
    }
}

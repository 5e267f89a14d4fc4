//! How the lines of one patch became those of another: a diff of diffs, in hunks.
//!
//! The diff is Myers' with the heuristics of git's xdiff, which keep its time near linear.
//! What it costs to call two patches one is reckoned here too; which ones are is decided in
//! [`super::pairing`].

use std::ops::Range;

use imara_diff::{Algorithm, Diff, Interner, NoSliderHeuristic, Token};

use super::lines::Line;

/// Lines shown before and after a change.
const CONTEXT: u32 = 3;

/// The lines of patches by number: equal ones have the same.
pub(super) type Lines<'a> = Interner<Line<'a>>;

/// Whose line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Of both patches.
    Both,
    /// Only of the old one.
    Old,
    /// Only of the new one.
    New,
}

/// A stretch of lines around changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk<'a> {
    /// The function that the patch says it is in; "" where it says nothing.
    pub function: &'a str,
    /// Its lines; at least one is not of both.
    pub lines: Vec<(Side, Line<'a>)>,
}

/// The differences in what two patches do to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// Path of the file.
    pub path: &'a str,
    /// Where they are.
    pub hunks: Vec<Hunk<'a>>,
}

/// Where two sequences of lines differ.
pub(super) struct Script {
    changes: Vec<imara_diff::Hunk>,
    old_len: u32,
}

impl Script {
    pub(super) fn of(old: &[Token], new: &[Token]) -> Script {
        let mut diff = Diff::default();
        diff.compute_with(Algorithm::Myers, old, new, 0);
        diff.postprocess_with(old, new, NoSliderHeuristic);
        Script { changes: diff.hunks().collect(), old_len: old.len() as u32 }
    }

    /// How many lines a unified diff of the two has, headers of hunks included: what git
    /// reckons as the cost of taking one patch for the other.
    pub(super) fn cost(&self) -> u32 {
        let changed = |c: &imara_diff::Hunk| c.before.len() as u32 + c.after.len() as u32;
        let lines: u32 = self.changes.iter().map(changed).sum();
        let context = |s: &Stretch| {
            let before: u32 = s.changes.iter().map(|c| c.before.len() as u32).sum();
            1 + (s.old.end - s.old.start) - before
        };
        lines + self.stretches().iter().map(context).sum::<u32>()
    }

    /// The changes with their context; those that touch are one.
    fn stretches(&self) -> Vec<Stretch<'_>> {
        let mut all: Vec<Stretch<'_>> = Vec::new();
        let mut first = 0;
        for (at, change) in self.changes.iter().enumerate() {
            let next = self.changes.get(at + 1);
            let joined = next.is_some_and(|n| n.before.start - change.before.end <= 2 * CONTEXT);
            if !joined {
                let changes = &self.changes[first..=at];
                let start = changes[0].before.start.saturating_sub(CONTEXT);
                let end = (change.before.end + CONTEXT).min(self.old_len);
                all.push(Stretch { old: start..end, changes });
                first = at + 1;
            }
        }
        all
    }

    /// The changes of running text, as one hunk each.
    pub(super) fn hunks<'a>(&self, old: &[Line<'a>], new: &[Line<'a>]) -> Vec<Hunk<'a>> {
        let hunk = |s: Stretch<'_>| Hunk { function: "", lines: s.lines(old, new).collect() };
        self.stretches().into_iter().map(hunk).collect()
    }

    /// The changes of a diff, file by file.
    pub(super) fn sections<'a>(&self, old: &[Line<'a>], new: &[Line<'a>]) -> Vec<Section<'a>> {
        let mut sections = Sections::default();
        let mut read = 0;
        for stretch in self.stretches() {
            let start = stretch.old.start as usize;
            old[read..start].iter().for_each(|line| sections.pass(*line));
            read = start;
            sections.open();
            stretch.lines(old, new).for_each(|(side, line)| sections.add(side, line));
        }
        sections.close();
        sections.all
    }
}

/// Changes that stand near each other.
struct Stretch<'s> {
    old: Range<u32>,
    changes: &'s [imara_diff::Hunk],
}

impl<'s> Stretch<'s> {
    fn lines<'a>(
        self,
        old: &[Line<'a>],
        new: &[Line<'a>],
    ) -> impl Iterator<Item = (Side, Line<'a>)> {
        let mut all = Vec::new();
        let mut at = self.old.start;
        let mut push = |side, lines: &[Line<'a>], range: Range<u32>| {
            let lines = &lines[range.start as usize..range.end as usize];
            all.extend(lines.iter().map(|line| (side, *line)));
        };
        for change in self.changes {
            push(Side::Both, old, at..change.before.start);
            push(Side::Old, old, change.before.clone());
            push(Side::New, new, change.after.clone());
            at = change.before.end;
        }
        push(Side::Both, old, at..self.old.end);
        all.into_iter()
    }
}

/// Sections in the making.
#[derive(Default)]
struct Sections<'a> {
    all: Vec<Section<'a>>,
    /// The file and function of the line at hand.
    path: &'a str,
    function: &'a str,
    /// The hunk at hand: its file, function and lines.
    open: Option<(&'a str, Hunk<'a>)>,
}

impl<'a> Sections<'a> {
    /// Goes past a line that no hunk shows.
    fn pass(&mut self, line: Line<'a>) {
        match line {
            Line::File { path, .. } => (self.path, self.function) = (path, ""),
            Line::Hunk { path, function } => (self.path, self.function) = (path, function),
            Line::Text(_) | Line::Binary(_) => {}
        }
    }

    fn open(&mut self) {
        self.close();
        self.open = Some((self.path, Hunk { function: self.function, lines: Vec::new() }));
    }

    /// Ends the hunk at hand; one that shows no change goes.
    fn close(&mut self) {
        let Some((path, hunk)) = self.open.take() else { return };
        if hunk.lines.iter().all(|(side, _)| *side == Side::Both) {
            return;
        }
        match self.all.last_mut().filter(|section| section.path == path) {
            Some(section) => section.hunks.push(hunk),
            None => self.all.push(Section { path, hunks: vec![hunk] }),
        }
    }

    fn add(&mut self, side: Side, line: Line<'a>) {
        self.pass(line);
        if self.open.as_ref().is_none_or(|(path, _)| *path != self.path) {
            self.open();
        }
        // The heading of the section says which file it is.
        let is_heading = side == Side::Both && matches!(line, Line::File { .. });
        if let Some((_, hunk)) = self.open.as_mut().filter(|_| !is_heading) {
            hunk.lines.push((side, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::ChangeKind;

    fn tokens<'a>(known: &mut Lines<'a>, lines: &[Line<'a>]) -> Vec<Token> {
        lines.iter().map(|line| known.intern(*line)).collect()
    }

    fn script<'a>(old: &[Line<'a>], new: &[Line<'a>]) -> Script {
        let mut known = Lines::new(0);
        Script::of(&tokens(&mut known, old), &tokens(&mut known, new))
    }

    fn texts<'a>(text: &'a str) -> Vec<Line<'a>> {
        text.split(' ').filter(|word| !word.is_empty()).map(Line::Text).collect()
    }

    fn file(path: &str) -> Line<'_> {
        Line::File { path, old: None, kind: ChangeKind::Modify }
    }

    /// `diff -u` prints as many lines, without those of its two files.
    #[test]
    fn the_cost_is_the_length_of_a_unified_diff() {
        for (old, new, lines) in [
            ("a b c", "a b c", 0),
            ("a b c d e", "a b x d e", 7),
            ("1 a 2 3 4 5 6 7 b 9", "1 x 2 3 4 5 6 7 y 9", 13),
            ("1 a 2 3 4 5 6 7 8 b 9", "1 x 2 3 4 5 6 7 8 y 9", 14),
            ("", "a b", 3),
        ] {
            assert_eq!(script(&texts(old), &texts(new)).cost(), lines, "{old} -> {new}");
        }
    }

    #[test]
    fn changes_stand_under_the_file_they_are_in() {
        let hunk = |path, function| Line::Hunk { path, function };
        let old = [file("a"), hunk("a", "f"), Line::Text("+1"), file("b"), Line::Text("+2")];
        let new = [
            file("a"),
            hunk("a", "f"),
            Line::Text("+1"),
            file("b"),
            Line::Text("+3"),
            file("c"),
            Line::Text("+4"),
        ];
        let sections = script(&old, &new).sections(&old, &new);
        let paths: Vec<&str> = sections.iter().map(|s| s.path).collect();
        assert_eq!(paths, ["b", "c"]);
        assert_eq!(
            sections[1].hunks[0].lines,
            [(Side::New, file("c")), (Side::New, Line::Text("+4"))]
        );
        assert_eq!(
            sections[0].hunks[0].lines,
            [(Side::Old, Line::Text("+2")), (Side::New, Line::Text("+3"))]
        );
    }

    #[test]
    fn a_hunk_names_the_function_before_it() {
        let lines = |last| {
            let mut all = vec![file("a"), Line::Hunk { path: "a", function: "int f(void)" }];
            all.extend(texts("1 2 3 4 5"));
            all.push(Line::Text(last));
            all
        };
        let (old, new) = (lines("x"), lines("y"));
        let sections = script(&old, &new).sections(&old, &new);
        assert_eq!(sections[0].hunks[0].function, "int f(void)");
        assert_eq!(sections[0].hunks[0].lines.len(), 5);
    }

    fn words() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d", "}", ""]), 0..40)
    }

    proptest! {
        /// Taking out what is old and putting in what is new gives the new lines.
        #[test]
        fn a_script_leads_from_one_to_the_other(old in words(), new in words()) {
            let lines = |words: &[&'static str]| words.iter().map(|w| Line::Text(w)).collect::<Vec<_>>();
            let (old, new) = (lines(&old), lines(&new));
            let script = script(&old, &new);
            let mut built = Vec::new();
            let mut at = 0;
            for change in &script.changes {
                built.extend_from_slice(&old[at..change.before.start as usize]);
                prop_assert_eq!(built.len(), change.after.start as usize);
                built.extend_from_slice(&new[change.after.start as usize..change.after.end as usize]);
                at = change.before.end as usize;
            }
            built.extend_from_slice(&old[at..]);
            prop_assert_eq!(built, new);
        }
    }
}

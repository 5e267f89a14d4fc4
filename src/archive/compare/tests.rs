//! What becomes of patches that are renumbered, retitled, split, squashed and worse.

use std::time::{Duration, Instant};

use super::lines::Version;
use super::{CREATION_FACTOR, Comparison, Limits, Row, text};
use crate::archive::MailId;
use crate::mail::{Address, Body, PatchId, Shown, patch};

/// A patch to compare.
struct Patch {
    title: String,
    author: Address,
    shown: Shown,
    patch_id: Option<PatchId>,
}

/// A patch with this commit message that adds `lines` to a file.
fn patch_of(title: &str, message: &str, file: &str, lines: &[String]) -> Patch {
    let added: String = lines.iter().map(|line| format!("+{line}\n")).collect();
    let diff = format!(
        "diff --git a/{file} b/{file}\nindex 1111111..2222222 100644\n--- a/{file}\n+++ b/{file}\n\
         @@ -10,2 +10,{} @@ int {file}(void)\n before\n{added} after\n",
        lines.len() + 2
    );
    with_text(title, &format!("{message}\n---\n {file} | 9 +\n\n{diff}-- \n2.43.0\n"))
}

fn with_text(title: &str, text: &str) -> Patch {
    let (patch, _) = patch::split(text);
    let body = Body { text: text.into(), attachments: Vec::new() };
    Patch {
        title: title.into(),
        author: Address { name: "Mira Example".into(), email: "mira@example.org".into() },
        patch_id: patch.patch_id,
        shown: Shown { body, patch },
    }
}

/// Lines of their own for each word.
fn lines(word: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("\t{word}_step({n}, {word});")).collect()
}

/// A patch of twenty such lines.
fn patch(title: &str, word: &str) -> Patch {
    patch_of(title, "Why not.", "main.c", &lines(word, 20))
}

fn versions(patches: &[Patch], first_mail: u32) -> Vec<Version<'_>> {
    let numbered = (0..).zip(patches);
    let version = numbered.map(|(at, patch)| Version {
        index: at + 1,
        mail: MailId(first_mail + at),
        title: &patch.title,
        author: patch.author.view(),
        patch_id: patch.patch_id,
        shown: Some(&patch.shown),
    });
    version.collect()
}

fn compare<'a>(old: &'a [Patch], new: &'a [Patch]) -> Comparison<'a> {
    compare_within(old, new, Limits::default())
}

fn compare_within<'a>(old: &'a [Patch], new: &'a [Patch], limits: Limits) -> Comparison<'a> {
    Comparison::of(versions(old, 0), versions(new, 1000), CREATION_FACTOR, limits)
}

/// The rows as `1 = 2`, with what became of the others in words.
fn drawn(comparison: &Comparison<'_>) -> Vec<String> {
    let ends = |word: &str, at: &[usize]| {
        let numbers: Vec<String> = at.iter().map(|at| (at + 1).to_string()).collect();
        if at.is_empty() { String::new() } else { format!(" {word} {}", numbers.join(",")) }
    };
    let row = |row: &Row<'_>| match row {
        Row::Stands { old, new } => format!("{} stands {}", old + 1, new + 1),
        Row::Unchanged { old, new } => format!("{} = {}", old + 1, new + 1),
        Row::Changed { old, new, .. } => format!("{} ! {}", old + 1, new + 1),
        Row::Dropped { old, into } => format!("{} < -{}", old + 1, ends("into", into)),
        Row::Added { new, from } => format!("- > {}{}", new + 1, ends("from", from)),
    };
    comparison.rows.iter().map(row).collect()
}

fn rows(old: &[Patch], new: &[Patch]) -> Vec<String> {
    drawn(&compare(old, new))
}

#[test]
fn patches_keep_their_match_when_they_are_renumbered() {
    let old = [patch("one", "a"), patch("two", "b")];
    let new = [patch("zero", "z"), patch("one", "a"), patch("two", "b")];
    assert_eq!(rows(&old, &new), ["- > 1", "1 = 2", "2 = 3"]);
}

#[test]
fn patches_keep_their_match_when_they_are_reordered() {
    let old = [patch("one", "a"), patch("two", "b"), patch("three", "c")];
    let new = [patch("three", "c"), patch("one", "a"), patch("two", "b")];
    assert_eq!(rows(&old, &new), ["3 = 1", "1 = 2", "2 = 3"]);
}

#[test]
fn a_new_title_is_a_change_of_the_message() {
    let (old, new) = ([patch("one", "a")], [patch("uno", "a")]);
    let comparison = compare(&old, &new);
    let [Row::Changed { changes, .. }] = &comparison.rows[..] else {
        panic!("{:?}", comparison.rows)
    };
    assert!(changes.diff.is_empty() && changes.author.is_none());
    assert_eq!(
        text::render(&comparison, false).lines().skip(1).collect::<Vec<_>>(),
        ["    @@ Commit message", "    -one", "    +uno", "     ", "     Why not."]
    );
}

#[test]
fn what_is_sent_again_as_it_was_has_not_changed() {
    let moved = Patch {
        shown: with_text(
            "",
            &patch("one", "a")
                .shown
                .body
                .text
                .replace("@@ -10,2 +10", "@@ -77,2 +77")
                .replace("1111111", "3333333"),
        )
        .shown,
        ..patch("one", "a")
    };
    assert_eq!(rows(&[patch("one", "a")], &[moved]), ["1 = 1"]);
}

#[test]
fn blanks_that_a_patch_id_ignores_are_a_change_all_the_same() {
    let wide: Vec<String> = lines("a", 20).iter().map(|line| line.replace(", ", ",  ")).collect();
    let (old, new) = (patch("one", "a"), patch_of("one", "Why not.", "main.c", &wide));
    assert_eq!(old.patch_id, new.patch_id);
    assert_eq!(rows(&[old], &[new]), ["1 ! 1"]);
}

#[test]
fn a_trailer_more_is_shown_and_nothing_else() {
    let later =
        patch_of("one", "Why not.\n\nReviewed-by: Bo <bo@example.org>", "main.c", &lines("a", 20));
    let (old, new) = ([patch("one", "a")], [later]);
    let shown = text::render(&compare(&old, &new), false);
    let is_trailers_only = |comparison: &Comparison<'_>| {
        comparison
            .count(|row| matches!(row, Row::Changed { changes, .. } if changes.is_trailers_only()))
    };
    assert_eq!(is_trailers_only(&compare(&old, &new)), 1);
    assert_eq!(is_trailers_only(&compare(&old, &[patch("one: more", "a")])), 0);
    let changed: Vec<&str> =
        shown.lines().filter(|l| l.starts_with("    +") || l.starts_with("    -")).collect();
    assert_eq!(changed, ["    +", "    +Reviewed-by: Bo <bo@example.org>"]);
}

#[test]
fn another_author_is_shown() {
    let bo = Address { name: "Bo".into(), email: "bo@example.org".into() };
    let (old, new) = ([patch("one", "a")], [Patch { author: bo, ..patch("one", "a") }]);
    let shown = text::render(&compare(&old, &new), false);
    assert!(
        shown.contains(
            "-Author: Mira Example <mira@example.org>\n    +Author: Bo <bo@example.org>\n"
        )
    );
}

/// One patch that does five things, and five patches that do one each.
fn all_and_parts() -> (Patch, Vec<Patch>) {
    let words = ["a", "b", "c", "d", "e"];
    let all: Vec<String> = words.iter().flat_map(|word| lines(word, 20)).collect();
    let parts = words.iter().map(|word| patch(&format!("do {word}"), word));
    (patch_of("do all", "", "main.c", &all), parts.collect())
}

#[test]
fn a_patch_split_in_two_is_matched_with_one_and_named_at_the_other() {
    let all: Vec<String> = lines("a", 20).into_iter().chain(lines("b", 6)).collect();
    let old = [patch("zero", "z"), patch_of("do all", "", "main.c", &all)];
    let part = patch_of("do a bit", "", "main.c", &lines("b", 6));
    let new = [patch("zero", "z"), part, patch("do more", "a")];
    assert_eq!(rows(&old, &new), ["1 = 1", "- > 2 from 2", "2 ! 3"]);
}

#[test]
fn a_patch_split_in_many_is_named_on_both_sides() {
    let (all, parts) = all_and_parts();
    let expected = [
        "1 < - into 1,2,3,4,5",
        "- > 1 from 1",
        "- > 2 from 1",
        "- > 3 from 1",
        "- > 4 from 1",
        "- > 5 from 1",
    ];
    assert_eq!(rows(&[all], &parts), expected);
}

#[test]
fn patches_squashed_into_one_are_named() {
    let old = [patch("do this", "a"), patch_of("do a bit", "", "main.c", &lines("b", 6))];
    let more: Vec<String> = lines("a", 20).into_iter().chain(lines("b", 6)).collect();
    let new = [patch_of("do both", "", "main.c", &more)];
    assert_eq!(rows(&old, &new), ["1 ! 1", "2 < - into 1"]);
    let (all, parts) = all_and_parts();
    let expected = [
        "1 < - into 1",
        "2 < - into 1",
        "3 < - into 1",
        "4 < - into 1",
        "5 < - into 1",
        "- > 1 from 1,2,3,4,5",
    ];
    assert_eq!(rows(&parts, &[all]), expected);
}

#[test]
fn a_line_that_is_still_there_was_not_split_off() {
    let include = ["#include <stdio.h>".to_string(), "#include <string.h>".to_string()];
    let with: Vec<String> = include.iter().cloned().chain(lines("a", 20)).collect();
    let old = [patch_of("one", "", "main.c", &with)];
    let new = [patch_of("one", "x", "main.c", &with), patch_of("two", "", "b.c", &include)];
    assert_eq!(rows(&old, &new), ["1 ! 1", "- > 2"]);
}

#[test]
fn nothing_in_common_is_dropped_and_added() {
    let old = [patch("one", "a"), patch("two", "b")];
    let new = [
        patch_of("three", "", "x.c", &lines("c", 20)),
        patch_of("four", "", "y.c", &lines("d", 9)),
    ];
    assert_eq!(rows(&old, &new), ["1 < -", "2 < -", "- > 1", "- > 2"]);
}

#[test]
fn a_patch_written_anew_is_known_by_its_title() {
    let (old, new) = (patch("One", "a"), patch_of("one", "", "x.c", &lines("q", 40)));
    assert_eq!(rows(&[old, patch("two", "b")], &[new]), ["1 ! 1", "2 < -"]);
    let twice = || [patch("one", "a"), patch("one", "b")];
    assert_eq!(rows(&twice(), &[patch("one", "q")]), ["1 < -", "2 < -", "- > 1"]);
}

#[test]
fn of_patches_with_one_title_each_keeps_its_own() {
    let old = [patch("same", "a"), patch("same", "b"), patch("same", "b")];
    let new = [patch("same", "b"), patch("same", "b"), patch("same", "a")];
    assert_eq!(rows(&old, &new), ["2 = 1", "3 = 2", "1 = 3"]);
}

#[test]
fn of_patches_with_one_diff_the_title_decides() {
    let old = [patch("one", "a"), patch("two", "a")];
    let new = [patch("two", "a"), patch("one", "a")];
    assert_eq!(rows(&old, &new), ["2 = 1", "1 = 2"]);
}

#[test]
fn patches_without_a_diff_are_known_by_their_title() {
    let empty = |title: &str, message: &str| with_text(title, message);
    let old = [empty("one", "text"), empty("two", ""), empty("", "")];
    let new = [empty("two", ""), empty("one", "other"), empty("", "")];
    assert_eq!(rows(&old, &new), ["2 = 1", "1 ! 2", "3 < -", "- > 3"]);
    assert_eq!(rows(&[], &new[..1]), ["- > 1"]);
    assert_eq!(rows(&[], &[]), Vec::<String>::new());
}

#[test]
fn a_patch_that_was_not_sent_again_stands() {
    let patches = [patch("one", "a")];
    let comparison = Comparison::of(
        versions(&patches, 7),
        versions(&patches, 7),
        CREATION_FACTOR,
        Limits::default(),
    );
    assert_eq!(drawn(&comparison), ["1 stands 1"]);
}

#[test]
fn the_creation_factor_says_how_different_a_patch_may_be() {
    let half: Vec<String> = lines("a", 10).into_iter().chain(lines("x", 10)).collect();
    let (old, new) = ([patch("one", "a")], [patch_of("uno", "", "main.c", &half)]);
    let rows = |factor| {
        drawn(&Comparison::of(versions(&old, 0), versions(&new, 9), factor, Limits::default()))
    };
    assert_eq!(rows(100), ["1 ! 1"]);
    assert_eq!(rows(20), ["1 < -", "- > 1"]);
}

/// A hundred patches, each like every other in half of its lines and none like another in
/// enough, and a line long diff that never fits: what costs most while nothing comes of it.
#[test]
fn a_hostile_pair_is_compared_in_bounded_time() {
    let build = |seed: usize| -> Vec<Patch> {
        let line = |n: usize, at: usize| match at % 2 {
            0 => format!("common {}", at % 97),
            _ => format!("own {n} {at} {seed}"),
        };
        let lines = |n: usize| (0..600).map(|at| line(n * 2 + seed, at)).collect::<Vec<_>>();
        (0..100).map(|n| patch_of(&format!("p{seed}-{n}"), "", "main.c", &lines(n))).collect()
    };
    let (old, new) = (build(0), build(1));
    let started = Instant::now();
    let comparison = compare(&old, &new);
    assert!(comparison.rows.len() >= 100);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn megabytes_of_diff_are_compared_in_bounded_time() {
    let long = |step: usize| {
        (0..150_000).map(|n| format!("{}", n * step % 149_993 % 5000)).collect::<Vec<_>>()
    };
    let (old, new) = ([patch_of("one", "", "a", &long(7))], [patch_of("one", "", "a", &long(11))]);
    let started = Instant::now();
    assert_eq!(rows(&old, &new), ["1 ! 1"]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn beyond_the_limits_patches_are_said_to_differ() {
    let old = [patch("one", "a"), patch("two", "b"), patch("three", "c")];
    let mut new = [patch("uno", "a"), patch("due", "b"), patch("three", "c")];
    new[0].shown.body.text = new[0].shown.body.text.replace("\ta_step(3", "\ta_hop(3");
    new[0].patch_id = None;
    let within = |limits| compare_within(&old, &new, limits);
    let all = Limits::default();
    assert_eq!(drawn(&within(all)), ["1 ! 1", "2 ! 2", "3 = 3"]);
    assert_eq!(drawn(&within(Limits { patches: 0, ..all })), ["1 < -", "- > 1", "2 ! 2", "3 = 3"]);
    assert_eq!(drawn(&within(Limits { lines: 30, ..all })), ["1 < -", "- > 1", "2 ! 2", "3 = 3"]);
    let comparison = within(Limits { shown_lines: 60, ..all });
    let too_long = |row: &Row<'_>| matches!(row, Row::Changed { changes, .. } if changes.too_long);
    assert_eq!(comparison.count(too_long), 1);
    assert!(text::render(&comparison, false).contains("(too long to compare)"));
}

#[test]
fn a_terminal_is_not_commanded_by_mail() {
    let (old, new) = ([patch("one\x1b[2J", "a")], [patch("uno\x1b[2J", "a")]);
    assert!(!text::render(&compare(&old, &new), false).contains(['\x1b', '\x07']));
    assert!(text::render(&compare(&old, &new), true).contains("\x1b[33m1:  "));
}

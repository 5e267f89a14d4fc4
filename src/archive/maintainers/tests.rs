//! A made-up MAINTAINERS file, its rules one by one, and large and hostile ones.

use super::*;
use crate::mail;

const FILE: &str = "\
Descriptions of section entries and preferred order
---------------------------------------------------

	M: *Mail* patches to: FullName <address@domain>
	F: *Files* and directories wildcard patterns.

Maintainers List
----------------

.. note:: When reading this list, please look for the most precise areas first.

QUARRY CORE
M:	Ann Lee <ann@example.org>
M:	bob@example.org
R:	\"Doe, Cyd\" <cyd@example.org>
L:	core@lists.example.org (moderated for non-subscribers)
S:	Maintained
W:	https://example.org/
T:	git git://git.example.org/core.git main
F:	core/
F:	include/quarry.h
X:	core/net/

QUARRY NET
F:	core/net/
F:	drivers/*/net*.c
N:	[^a-z]socket
K:	\\b(sock|skb)_(put|get)\\b
K:	^Subject:.*\\bsocket

QUARRY DRIVERS
F:	drivers/*
F:	broken/[
K:	(unclosed

THE REST
M:	Eve <eve@example.org>
F:	*
F:	*/
";

fn names<'a>(file: &'a Maintainers, sections: &[u32]) -> Vec<&'a str> {
    sections.iter().map(|&at| file.section(at).name.as_str()).collect()
}

/// The names of the sections for a path, in a file of sections A, B, C… of one pattern each.
fn speak(patterns: &[&str], path: &str) -> String {
    let sections = patterns.iter().zip('A'..).map(|(pattern, name)| format!("{name}\n{pattern}\n"));
    let (file, bad) = Maintainers::parse(&sections.collect::<Vec<_>>().join("\n"));
    assert!(bad.is_empty(), "{patterns:?}: {bad:?}");
    names(&file, &file.sections(path)).concat()
}

#[test]
fn the_most_specific_section_speaks() {
    let (file, bad) = Maintainers::parse(FILE);
    assert_eq!(bad, [33, 34]);
    let speak = |path| names(&file, &file.sections(path)).join(", ");
    assert_eq!(speak("core/main.c"), "QUARRY CORE");
    assert_eq!(speak("core/net/tcp.c"), "QUARRY NET");
    assert_eq!(speak("include/quarry.h"), "QUARRY CORE");
    assert_eq!(speak("include/quarry.hh"), "");
    assert_eq!(speak("drivers/a/net0.c"), "QUARRY NET");
    assert_eq!(speak("drivers/a/disk.c"), "", "* does not go below");
    assert_eq!(speak("drivers/a.c"), "QUARRY DRIVERS");
    assert_eq!(speak("tools/socket.c"), "QUARRY NET");
    assert_eq!(speak("README"), "", "the rest never speaks");
}

#[test]
fn a_section_names_people_lists_status_and_trees() {
    let (file, _) = Maintainers::parse(FILE);
    let core = file.section(0);
    let people = |named: &[Responsible]| -> Vec<(String, String)> {
        named.iter().map(|r| (r.who.name.clone(), r.who.email.clone())).collect()
    };
    let person = |name: &str, email: &str| (name.to_owned(), email.to_owned());
    assert_eq!(
        people(&core.maintainers),
        [person("Ann Lee", "ann@example.org"), person("", "bob@example.org")]
    );
    assert_eq!(people(&core.reviewers), [person("Doe, Cyd", "cyd@example.org")]);
    assert_eq!(core.lists, ["core@lists.example.org (moderated for non-subscribers)"]);
    assert_eq!(core.status, "Maintained");
    assert_eq!(core.trees, ["git git://git.example.org/core.git main"]);
}

#[test]
fn files_and_directories_as_the_head_of_maintainers_says() {
    for (pattern, yes, no) in [
        ("F: net/", "net/a.c net/a/b/c.c", "net netx/a.c a/net/b.c"),
        ("F: net/*", "net/a.c", "net/a/b.c net"),
        ("F: */net/*", "a/net/b.c", "net/b.c a/b/net/c.c a/net/b/c.c"),
        ("F: fs/**/*foo*.c", "fs/a/foo.c fs/a/b/xfoox.c", "fs/foo.c fs/a/foo.h a/fs/b/foo.c"),
        (
            "F: arch/*/kvm/",
            "arch/x86/kvm/a.c arch/x86/kvm/a/b.c",
            "arch/x86/mm/kvm/a.c arch/kvm/a.c",
        ),
        ("F: a/b*", "a/b a/bc", "a/b/c a/c ab"),
        ("F: a/?.c", "a/b.c", "a/bc.c a/.c"),
        ("F: a/[b-d]?[!x]", "a/bcd", "a/ecd a/bcx a/bc"),
        ("F: a/*b*c", "a/bc a/xbyc a/bcbc", "a/cb a/bcd"),
        ("F: a.c", "a.c", "abc a.cc"),
        ("F: /doc", "doc doc/a.txt", "docs a/doc"),
        ("F: a/**", "a/b a/b/c", "a ab/c"),
        ("F: a/**/b/**/c", "a/x/b/y/c a/b/b/b/c a/x/y/b/b/z/c", "a/b/c a/x/b/c a/x/b/y/c/d"),
    ] {
        for path in yes.split(' ') {
            assert_eq!(speak(&[pattern], path), "A", "{pattern} {path}");
        }
        for path in no.split(' ') {
            assert_eq!(speak(&[pattern], path), "", "{pattern} {path}");
        }
    }
}

#[test]
fn depth_decides_and_equals_speak_both() {
    assert_eq!(speak(&["F: a/", "F: a/b/", "F: a/b/c.c"], "a/b/c.c"), "C");
    assert_eq!(speak(&["F: a/*", "F: a/b.c"], "a/b.c"), "AB");
    assert_eq!(speak(&["F: */b.c", "N: b", "F: a/"], "a/b.c"), "C");
    assert_eq!(speak(&["F: */b.c", "N: b"], "a/b.c"), "B", "a leading * is the least");
}

#[test]
fn exclusions_are_those_of_their_section() {
    assert_eq!(speak(&["F: a/\nX: a/b/", "F: a/"], "a/b/c.c"), "B");
    assert_eq!(speak(&["F: a/\nX: a/*.h"], "a/b.h"), "");
    assert_eq!(speak(&["N: c\nX: a/"], "a/c"), "", "also from what N: matches");
    assert_eq!(speak(&["F: a/b/\nX: a/b/c/", "F: a/"], "a/b/c/d.c"), "B", "the next best speaks");
}

#[test]
fn path_expressions_are_perls_with_blanks_left_out() {
    assert_eq!(speak(&["N: [^a-z] tegra"], "arm/tegra.c"), "A");
    assert_eq!(speak(&["N: [^a-z]tegra"], "arm/integrator.c"), "");
    assert_eq!(speak(&["N: ^(?i)TEGRA"], "tegra/a"), "A");
    assert_eq!(speak(&["N: tegra$"], "tegra/a"), "");
}

fn keywords_of(raw: &str) -> String {
    let (file, _) = Maintainers::parse(FILE);
    let (mail, _) = mail::parse(raw.as_bytes(), None);
    names(&file, &file.keywords(&mail)).join(", ")
}

#[test]
fn content_speaks_before_the_diff_and_in_changed_lines() {
    let patch = |subject: &str, message: &str, context: &str, added: &str| {
        format!(
            "Subject: {subject}\n\n{message}\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n\
             @@ -1,2 +1,2 @@\n {context}\n-old\n+{added}\n"
        )
    };
    assert_eq!(keywords_of(&patch("[PATCH] a: b", "Why.", "x", "  sock_put(sk);")), "QUARRY NET");
    assert_eq!(keywords_of(&patch("[PATCH] a: b", "Uses skb_get().", "x", "y")), "QUARRY NET");
    assert_eq!(keywords_of(&patch("[PATCH] a: b", "Why.", "sock_put(sk);", "y")), "", "context");
    assert_eq!(keywords_of(&patch("[PATCH] a: b", "Why.", "x", "mysock_puts(sk);")), "");
    assert_eq!(keywords_of(&patch("[PATCH] a: socket", "Why.", "x", "y")), "QUARRY NET");
    assert_eq!(
        keywords_of(&patch("[PATCH] a: b", "Why.", "x", "Subject: socket")),
        "",
        "no subject"
    );
    assert_eq!(
        keywords_of(&patch("Re: [PATCH] a: socket", "Why.", "x", "sock_put()")),
        "",
        "a reply"
    );
}

#[test]
fn no_expression_reaches_over_a_line() {
    let (file, _) = Maintainers::parse("A\nK: one\\s+two\n");
    let (mail, _) = mail::parse(b"Subject: s\n\none\ntwo\n", None);
    assert!(file.keywords(&mail).is_empty());
    let (mail, _) = mail::parse(b"Subject: s\n\none two\n", None);
    assert_eq!(file.keywords(&mail)[..], [0]);
}

/// A file of so many sections and patterns, and paths for it: the same in every run.
fn large(sections: usize, patterns: usize) -> (String, Vec<String>) {
    let mut state = 7_u64;
    let mut pick = move |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % n
    };
    let mut path = |depth: usize| {
        let part = |n: usize| format!("{}{}", ["net", "mm", "arch", "gpu", "fs"][n % 5], n / 5);
        (0..depth).map(|_| part(pick(150))).collect::<Vec<_>>().join("/")
    };
    let paths: Vec<String> = (0..2000).map(|n| format!("{}.c", path(2 + n % 4))).collect();
    let mut file = String::new();
    for section in 0..sections {
        file +=
            &format!("\nSECTION {section}\nM:\tAnn <ann{section}@example.org>\nS:\tMaintained\n");
        for n in (section..patterns).step_by(sections) {
            let directory = path(1 + n % 3);
            file += &match n % 40 {
                0..5 => format!("F:\t{directory}/*.c\n"),
                5 => format!("F:\t{directory}/*/\n"),
                6 => format!("F:\t*/{directory}/*\n"),
                7 => format!("F:\t{directory}/**/*{}*.c\n", path(1)),
                8 => format!("N:\t[^a-z]{}\n", path(1)),
                9 => format!("X:\t{directory}/\n"),
                10..20 => format!("F:\t{directory}.c\n"),
                _ => format!("F:\t{directory}/\n"),
            };
        }
    }
    (file, paths)
}

/// What the head of MAINTAINERS says of a pattern, as a regular expression, tried one after
/// the other.
fn by_expression(pattern: &str) -> String {
    let body = regex::escape(pattern)
        .replace("\\*\\*", "(?:[^/]+/)*[^/]+")
        .replace("\\*", "[^/]*")
        .replace("\\?", "[^/]");
    match (pattern.ends_with('/'), pattern.contains('*')) {
        (true, _) => format!("^{body}."),
        (false, true) => format!("^{body}$"),
        (false, false) => format!("^{body}($|/)"),
    }
}

#[test]
fn a_large_file_says_what_its_patterns_say_one_by_one() {
    let (text, paths) = large(300, 900);
    let (file, bad) = Maintainers::parse(&text);
    assert!(bad.is_empty());
    let mut slow: Vec<Vec<(char, i32, regex::Regex)>> = Vec::new();
    for line in text.lines() {
        if line.starts_with("SECTION") {
            slow.push(Vec::new());
        }
        let Some((tag @ ('F' | 'X' | 'N'), value)) = tag(line) else { continue };
        let source = if tag == 'N' { value.to_owned() } else { by_expression(value) };
        let depth = match (tag, value.starts_with('*')) {
            ('N', _) => 0,
            (_, true) => -1,
            _ => value.trim_end_matches('/').split('/').count() as i32,
        };
        let one = regex::Regex::new(&source).expect("an expression");
        slow.last_mut().expect("a section").push((tag, depth, one));
    }
    let mut spoken = 0;
    for path in &paths {
        let depth = |section: &Vec<(char, i32, regex::Regex)>| {
            let hits = || section.iter().filter(|(.., one)| one.is_match(path));
            let excluded = hits().any(|(tag, ..)| *tag == 'X');
            hits().filter(|_| !excluded).map(|(_, depth, _)| *depth).max()
        };
        let depths: Vec<Option<i32>> = slow.iter().map(depth).collect();
        let most = depths.iter().flatten().max();
        let best = (0..).zip(&depths).filter(|(_, d)| most.is_some() && d.as_ref() == most);
        let best: Vec<u32> = best.map(|(at, _)| at).collect();
        assert_eq!(file.sections(path), best, "{path}");
        spoken += usize::from(!best.is_empty());
    }
    assert!(spoken > 500 && spoken < 2000, "{spoken} of 2000 paths have a section");
}

#[test]
fn thousands_of_patterns_are_looked_up_not_tried() {
    let (text, paths) = large(2000, 5000);
    assert_eq!(text.matches("\nSECTION").count(), 2000);
    let lines = text.lines().filter(|line| matches!(tag(line), Some(('F' | 'X' | 'N', _))));
    assert_eq!(lines.count(), 5000);
    let start = std::time::Instant::now();
    let (file, _) = Maintainers::parse(&text);
    let found: usize = paths.iter().map(|path| file.sections(path).len()).sum();
    assert!(found > 0);
    // Without optimization, and with a wide margin: trying each pattern takes seconds.
    assert!(start.elapsed().as_millis() < 2000, "{:?}", start.elapsed());
}

#[test]
fn hostile_patterns_and_paths_take_no_long_time() {
    let pattern = format!("F: {}c", "*a".repeat(2_000));
    let wide = format!("F: {}c", "**/a/".repeat(2_000));
    for (pattern, path) in [(pattern, "a".repeat(20_000)), (wide, "a/".repeat(10_000))] {
        assert_eq!(speak(&[&pattern], &path), "");
    }
}

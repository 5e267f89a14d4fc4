//! Subjects of every form that mailing lists know, and what each means.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use patchpress::mail::subject::{Revision, Subject, parse};
use proptest::prelude::*;

/// What a subject should mean, in one line: flags, version, index/total, tags and title,
/// so that a row of the table below reads like the subject it belongs to.
fn summary(subject: &Subject) -> String {
    let flags = [
        (subject.reply, "reply"),
        (subject.forward, "forward"),
        (subject.patch, "patch"),
        (subject.pull, "pull"),
        (subject.rfc, "rfc"),
        (subject.resend, "resend"),
    ];
    let mut words: Vec<String> =
        flags.iter().filter(|(set, _)| *set).map(|(_, name)| name.to_string()).collect();
    words.extend(subject.version.map(|v| format!("v{v}")));
    if let Some(index) = subject.index {
        let total = subject.total.map_or("n".to_owned(), |n| n.to_string());
        words.push(format!("{index}/{total}"));
    }
    words.extend(subject.tags.iter().map(|tag| format!("<{tag}>")));
    format!("{} | {}", words.join(" "), subject.title).trim_start().to_owned()
}

#[track_caller]
fn check(table: &[(&str, &str)]) {
    for (subject, expected) in table {
        assert_eq!(summary(&parse(subject)), *expected, "of the subject {subject:?}");
    }
}

#[test]
fn numbering_and_versions() {
    check(&[
        ("[PATCH] pond: feed the ducks", "patch | pond: feed the ducks"),
        ("[PATCH 2/3] pond: drain it", "patch 2/3 | pond: drain it"),
        ("[PATCH v4 00/31] pond: rework", "patch v4 0/31 | pond: rework"),
        ("[PATCH v5.1 4/9] pond: typo", "patch v5.1 4/9 | pond: typo"),
        ("[PATCH V3] pond: x", "patch v3 | pond: x"),
        ("[PATCH ver7 1/2] pond: x", "patch v7 1/2 | pond: x"),
        ("[PATCH v 2] pond: x", "patch v2 | pond: x"),
        ("[PATCH take 3] pond: x", "patch v3 | pond: x"),
        ("[PATCH try #3 1/2] pond: x", "patch v3 1/2 | pond: x"),
        ("[PATCH #4 2/2] pond: x", "patch v4 2/2 | pond: x"),
        ("[PATCH v03] pond: x", "patch v3 | pond: x"),
        ("[PATCH v0] pond: x", "patch v0 | pond: x"),
        ("[PATCH -v2] pond: x", "patch v2 | pond: x"),
        ("[PATCH 4 of 11] pond: x", "patch 4/11 | pond: x"),
        ("[PATCH 4 / 11] pond: x", "patch 4/11 | pond: x"),
        ("[PATCH 4/n] pond: x", "patch 4/n | pond: x"),
        ("[PATCH 6/5] pond: one more", "patch 6/5 | pond: one more"),
        ("[PATCH v2, 3/7] pond: x", "patch v2 3/7 | pond: x"),
        ("[PATCH pond,v2,3/7] x", "patch v2 3/7 <pond> | x"),
        ("[PATCH 3/7 v2] x", "patch v2 3/7 | x"),
        ("[PATCH 1/2 v2 v9] the first version holds", "patch v2 1/2 | the first version holds"),
        ("[3/7] x", "3/7 | x"),
    ]);
}

#[test]
fn glued_words() {
    check(&[
        ("[PATCHv12 1/2] x", "patch v12 1/2 | x"),
        ("[PATCH-v3] x", "patch v3 | x"),
        ("[PATCH3/8] x", "patch 3/8 | x"),
        ("[v3PATCH11/12] x", "patch v3 11/12 | x"),
        ("[RFCv4 1/2] x", "rfc v4 1/2 | x"),
        ("[PATCH/RFC 1/2] x", "patch rfc 1/2 | x"),
        ("[RFC-PATCH-v2] x", "patch rfc v2 | x"),
        ("[RFCPATCH] x", "patch rfc | x"),
        ("[PATCHSET 0/4] x", "patch 0/4 | x"),
        ("[PATCHv2/2] not two numbers", "<PATCHv2/2> | not two numbers"),
    ]);
}

#[test]
fn kinds() {
    check(&[
        ("[RFC] shall we drain the pond?", "rfc | shall we drain the pond?"),
        ("[PATCH RESEND 1/2] x", "patch resend 1/2 | x"),
        ("[REPOST PATCH] x", "patch resend | x"),
        ("[PATCH (resend) 2/2] x", "patch resend 2/2 | x"),
        ("[PULL] ducks for spring", "pull | ducks for spring"),
        ("[GIT PULL] ducks for spring", "pull | ducks for spring"),
        ("[git pull] ducks for spring", "pull | ducks for spring"),
        ("[GIT,PULL,v2] ducks", "pull v2 | ducks"),
        ("[GIT] news of git itself", "<GIT> | news of git itself"),
        ("[patch 2/3] x", "patch 2/3 | x"),
        ("[PULL 3/9] x", "pull 3/9 | x"),
    ]);
}

#[test]
fn tags_and_brackets() {
    check(&[
        ("[duck-tests PATCH v2 1/3] x", "patch v2 1/3 <duck-tests> | x"),
        ("[ducks] [PATCH 1/3] x", "patch 1/3 <ducks> | x"),
        ("[ducks][RFC][PATCH 1/3] x", "patch rfc 1/3 <ducks> | x"),
        ("[PATCH 1/3] [pond] x", "patch 1/3 <pond> | x"),
        ("[PATCH [RFC v2] 1/3] x", "patch rfc v2 1/3 | x"),
        ("[PATCH [RFC 1/3] one bracket short", "patch rfc 1/3 | one bracket short"),
        ("[PATCH for-8.1 stable 7.4 1/3] x", "patch 1/3 <for-8.1> <stable> <7.4> | x"),
        ("[PATCH v2-rc1] x", "patch <v2-rc1> | x"),
        ("[ PATCH  1/3 ]  x   y", "patch 1/3 | x y"),
        ("[PATCH]x", "patch | x"),
        ("[] x", "| x"),
        ("[PATCH", "| [PATCH"),
        ("[2031/05] minutes", "<2031/05> | minutes"),
        ("x [PATCH] y", "| x [PATCH] y"),
    ]);
}

#[test]
fn replies_and_forwards() {
    check(&[
        ("Re: [PATCH 1/3] x", "reply patch 1/3 | x"),
        ("RE: [PATCH 1/3] x", "reply patch 1/3 | x"),
        ("re[4]: x", "reply | x"),
        ("Re(2): x", "reply | x"),
        ("Re^2: x", "reply | x"),
        ("Re : x", "reply | x"),
        ("AW: WG: x", "reply forward | x"),
        ("Antw: x", "reply | x"),
        ("SV: x", "reply | x"),
        ("回复：[PATCH v3] x", "reply patch v3 | x"),
        ("答复: x", "reply | x"),
        ("转发: x", "forward | x"),
        ("Fwd: [PATCH] x", "forward patch | x"),
        ("[ducks] Re: [PATCH] x", "reply patch <ducks> | x"),
        ("Re: [ducks] Re: Re: x", "reply <ducks> | x"),
        ("[PATCH] Re: x", "reply patch | x"),
        ("res: free the resource", "| res: free the resource"),
        ("Regarding: x", "| Regarding: x"),
        ("Re x", "| Re x"),
    ]);
}

#[test]
fn numbers_outside_the_brackets() {
    check(&[
        ("[PATCH] 1/7: x", "patch 1/7 | x"),
        ("[PATCH] 1/7 x", "patch 1/7 | x"),
        ("[PATCH 1/7]: x", "patch 1/7 | x"),
        ("[PATCH 1/7] 1/2: a half", "patch 1/7 | 1/2: a half"),
        ("[ducks] 1/2 of them are white", "<ducks> | 1/2 of them are white"),
        ("PATCHv3 2/3 x", "patch v3 2/3 | x"),
        ("PATCH: x", "patch | x"),
        ("PATCH v2 1/3: x v9", "patch v2 1/3 | x v9"),
        ("Patch management for ducks", "| Patch management for ducks"),
        ("PATCHING the pond", "| PATCHING the pond"),
        ("[PATCH 1/2] x (v3)", "patch v3 1/2 | x"),
        ("[PATCH v2] x (v3)", "patch v2 | x (v3)"),
        ("[PATCH] x v3", "patch | x v3"),
        ("[PATCH] use f(v3)", "patch | use f(v3)"),
        ("[PATCH] use f(a, v3)", "patch | use f(a, v3)"),
        ("Bird protocol (v3)", "| Bird protocol (v3)"),
    ]);
}

#[test]
fn numbers_too_large_are_words() {
    check(&[
        ("[PATCH v99999999999 1/2] x", "patch 1/2 <v99999999999> | x"),
        ("[PATCH 99999999999/99999999999] x", "patch <99999999999/99999999999> | x"),
        (
            "[PATCH v4294967295 4294967295/4294967295] x",
            "patch v4294967295 4294967295/4294967295 | x",
        ),
        ("[PATCH 99999999999 of 3] x", "patch <99999999999> <of> <3> | x"),
        ("Re[99999999999]: x", "| Re[99999999999]: x"),
    ]);
}

#[test]
fn prefixes() {
    let table: [(&str, &[&str]); 10] = [
        ("[PATCH] pond: bank: west: Drain it: now", &["pond", "bank", "west", "Drain it"]),
        ("[PATCH] pond: Drain it", &["pond"]),
        ("[PATCH] x86/pond: Drain it", &["x86/pond"]),
        ("[PATCH] Drain the pond", &[]),
        ("[PATCH] What if the pond were drained: a proposal", &[]),
        (
            "[PATCH] dt-bindings: pond: add ducks: and say that each has two feet: x",
            &["dt-bindings", "pond", "add ducks"],
        ),
        ("[PATCH] pond:no blank", &[]),
        ("[PATCH] Revert \"pond: bank: Drain it\"", &["pond", "bank"]),
        ("[PATCH] : x", &[]),
        ("[PATCH] Ente: Öl: Ähren", &["Ente", "Öl"]),
    ];
    for (subject, expected) in table {
        let subject = parse(subject);
        assert_eq!(subject.prefix_parts(), expected, "of the title {:?}", subject.title);
        assert_eq!(subject.prefix(), expected.join(": "));
    }
}

/// The collected subjects of real lists, if they are at hand.
#[test]
fn collected_subjects() {
    let Some(path) = collected() else {
        println!(
            "skipped: no subjects.json in PATCHPRESS_DATA, and PATCHPRESS_SUBJECTS is not set"
        );
        return;
    };
    let rows: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        let given = row["subject"].as_str().unwrap();
        let meant = summary(&from_json(row));
        let found = summary(&parse(given));
        if meant != found {
            wrong.push(format!("{given}\n  meant {meant}\n  found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn collected() -> Option<PathBuf> {
    let named = std::env::var_os("PATCHPRESS_SUBJECTS").map(PathBuf::from);
    let beside =
        std::env::var_os("PATCHPRESS_DATA").map(|d| PathBuf::from(d).join("subjects.json"));
    [named, beside].into_iter().flatten().find(|path| path.is_file())
}

fn from_json(row: &serde_json::Value) -> Subject {
    let flag = |key: &str| row[key].as_bool().unwrap();
    let count = |key: &str| row[key].as_u64().map(|n| n as u32);
    let version = row["version"].as_str().map(|text| {
        let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
        Revision { major: major.parse().unwrap(), minor: minor.parse().unwrap() }
    });
    let tags = row["tags"].as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned());
    Subject {
        reply: flag("reply"),
        forward: flag("forward"),
        patch: flag("patch"),
        pull: flag("pull"),
        rfc: flag("rfc"),
        resend: flag("resend"),
        version,
        index: count("index"),
        total: count("total"),
        tags: tags.collect(),
        title: row["title"].as_str().unwrap().to_owned(),
    }
}

#[test]
fn hostile_subjects_cost_no_more_than_their_length() {
    let hostile = [
        "[".repeat(100_000),
        "[]".repeat(50_000),
        "[[]".repeat(33_000),
        "[PATCH ".repeat(15_000),
        "[PATCH] ".repeat(12_000),
        "Re: ".repeat(25_000),
        "[ducks] Re: ".repeat(9_000),
        format!("[PATCH v{}]", "9".repeat(100_000)),
        format!("[{}]", "PATCH".repeat(20_000)),
        format!("[{}]", "1/2-".repeat(25_000)),
        "a: ".repeat(33_000),
        "(v2)".repeat(25_000),
        "Revert \"".repeat(12_000),
        "é".repeat(50_000),
    ];
    let start = Instant::now();
    for subject in &hostile {
        let parsed = parse(subject);
        parsed.prefix_parts();
    }
    // Linear, these take milliseconds; one that is quadratic takes many seconds.
    assert!(start.elapsed() < Duration::from_secs(2), "took {:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_meaning(text in "\\PC*") {
        let subject = parse(&text);
        prop_assert!(subject.title.starts_with(subject.prefix()) || subject.title.starts_with("Re"));
    }

    #[test]
    fn any_mixture_of_its_words_has_a_meaning(
        text in "(\\[|\\]|PATCH|RFC|v|#|[0-9]{1,11}|/| |,|\\(|\\)|Re|:|of|n|é|Revert \"|-){0,40}"
    ) {
        let subject = parse(&text);
        prop_assert!(subject.total.is_none() || subject.index.is_some());
        subject.prefix_parts();
    }
}

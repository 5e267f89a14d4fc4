//! How texts of mails divide, what their diffs do, and their patch-ids; side by side with
//! git's own commands on patches made here and, where they are at hand, on real ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use patchpress::mail::Fault;
use patchpress::mail::patch::{ChangeKind, FileChange, Patch, in_body_headers, split, split_only};
use proptest::prelude::*;

/// The parts of a text, each by its content, as a table of names and texts.
fn parts<'a>(text: &'a str, patch: &Patch) -> Vec<(&'static str, &'a str)> {
    let all = [
        ("in-body", &patch.in_body_headers),
        ("message", &patch.message),
        ("notes", &patch.notes),
        ("diffstat", &patch.diffstat),
        ("late notes", &patch.late_notes),
        ("diff", &patch.diff),
        ("signature", &patch.signature),
    ];
    all.into_iter()
        .map(|(name, range)| (name, text[range.clone()].trim_matches('\n')))
        .filter(|(_, content)| !content.is_empty())
        .collect()
}

/// Divides a text that has no faults.
#[track_caller]
fn sound(text: &str) -> Patch {
    let (patch, faults) = split(text);
    assert_eq!(faults, []);
    patch
}

/// A file of a diff in one line: `rename old => new +1 -2`.
fn summary(file: &FileChange) -> String {
    let kind = match file.kind {
        ChangeKind::Modify => "modify",
        ChangeKind::Add => "add",
        ChangeKind::Delete => "delete",
        ChangeKind::Rename => "rename",
        ChangeKind::Copy => "copy",
        ChangeKind::Mode => "mode",
        ChangeKind::Binary => "binary",
    };
    let old = file.old_path.as_ref().map_or(String::new(), |old| format!("{old} => "));
    let binary = if file.binary { " binary" } else { "" };
    format!("{kind} {old}{} +{} -{}{binary}", file.path, file.added, file.removed)
}

#[track_caller]
fn check_files(text: &str, expected: &[&str]) {
    let files: Vec<String> = sound(text).files.iter().map(summary).collect();
    assert_eq!(files, expected, "of\n{text}");
}

const POND: &str = "\
diff --git a/pond.c b/pond.c
index 1111111..2222222 100644
--- a/pond.c
+++ b/pond.c
@@ -1,3 +1,4 @@ int ducks(void)
 one
-two
+zwei
+zweieinhalb
 three
";

#[test]
fn all_parts_of_a_patch() {
    let text = format!(
        "From: Dana Teich <dana@example.org>\n\nFeed the ducks.\n\nSigned-off-by: Dana Teich \
         <dana@example.org>\n---\nv2: more ducks\n\n pond.c | 3 ++-\n 1 file changed, 2 \
         insertions(+), 1 deletion(-)\n\nv1 was wetter\n\n{POND}\nbase-commit: 0123\n-- \n2.47.3\n"
    );
    let patch = sound(&text);
    assert_eq!(
        parts(&text, &patch),
        [
            ("in-body", "From: Dana Teich <dana@example.org>"),
            ("message", "Feed the ducks.\n\nSigned-off-by: Dana Teich <dana@example.org>"),
            ("notes", "v2: more ducks"),
            ("diffstat", " pond.c | 3 ++-\n 1 file changed, 2 insertions(+), 1 deletion(-)"),
            ("late notes", "v1 was wetter"),
            ("diff", POND.trim_end()),
            ("signature", "base-commit: 0123\n-- \n2.47.3"),
        ]
    );
    assert_eq!((patch.added(), patch.removed()), (2, 1));
}

#[test]
fn details_belong_to_the_diffstat() {
    let stat = " bank/{old => new}.c | 0\n duck.png            | Bin 0 -> 17 bytes\n 2 files \
                changed, 0 insertions(+), 0 deletions(-)\n rename bank/{old => new}.c (100%)\n \
                create mode 100644 duck.png";
    let text = format!("m\n---\n{stat}\n\n{POND}");
    assert_eq!(parts(&text, &sound(&text))[1], ("diffstat", stat));
}

#[test]
fn the_last_diffstat_is_the_patch_s_own() {
    let text = format!(
        "m\n---\nSince v1:\n\n a.c | 1 +\n 1 file changed, 1 insertion(+)\n\n b.c | 1 +\n 1 file \
         changed, 1 insertion(+)\n\n{POND}"
    );
    let patch = sound(&text);
    assert!(text[patch.diffstat].starts_with(" b.c"));
    assert!(text[patch.notes].contains(" a.c"));
}

#[test]
fn a_patch_without_a_rule() {
    let stat = " pond.c | 3 ++-\n 1 file changed, 2 insertions(+), 1 deletion(-)";
    let text = format!("Feed them.\n\n{stat}\n\n{POND}");
    let patch = sound(&text);
    assert_eq!(&text[patch.message.clone()], format!("Feed them.\n\n{stat}\n\n"));
    assert_eq!(text[patch.diffstat.clone()].trim_end(), stat);
    assert!(patch.notes.is_empty() && patch.late_notes.is_empty());
}

#[test]
fn a_cover_letter_keeps_its_diffstat() {
    let text = "Ducks.\n\nDana Teich (1):\n  pond: feed the ducks\n\n pond.c | 2 +-\n 1 file \
                changed, 1 insertion(+), 1 deletion(-)\n\n-- \n2.47.3\n";
    let patch = sound(text);
    assert!(!patch.has_diff());
    assert!(text[patch.message.clone()].contains("feed the ducks"));
    assert!(text[patch.message.clone()].contains("1 file changed"));
    assert_eq!(
        text[patch.diffstat].trim_end(),
        " pond.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)"
    );
    assert_eq!(&text[patch.signature], "-- \n2.47.3\n");
}

#[test]
fn signatures_of_other_mails() {
    let signature = |text: &'static str| &text[sound(text).signature];
    assert_eq!(signature("Hi\n-- \nDana\nPond Ltd\n"), "-- \nDana\nPond Ltd\n");
    assert_eq!(signature("Hi\n-- \nDana\n\n> quoted\n"), "");
    assert_eq!(signature("Hi\n--\nDana\n"), "--\nDana\n");
    assert_eq!(signature("a -- \nb\n"), "");
    let footer = "________________________________________________\nducks mailing list\n";
    assert_eq!(signature(&*format!("Hi\n{footer}").leak()), footer);
}

#[test]
fn what_only_looks_like_a_diff() {
    let prose = [
        "> diff --git a/x b/x\n> index 1..2\n> --- a/x\n> +++ b/x\n> @@ -1 +1 @@\n> -a\n> +b\n",
        "diff --git is what I type\nevery day\n",
        "--- a rule\n+++ another\n",
        "--- a/x\nsome text\n",
        "Index: of all ducks\n\n1. mallard\n",
        "  diff --git a/x b/x\n  index 1..2\n  --- a/x\n  +++ b/x\n  @@ -1 +1 @@\n  -a\n  +b\n",
        "@@\nexpression x;\n@@\n- f(x)\n+ g(x)\n",
    ];
    for text in prose {
        assert!(!sound(text).has_diff(), "{text}");
        assert_eq!(&text[sound(text).message], text);
    }
}

#[test]
fn nothing_behind_the_last_hunk_is_counted() {
    for behind in ["-- \n2.47.3\n", "- one thing\n+ another\n", "+1 from me\n", "--\nDana\n"] {
        let text = format!("{POND}{behind}");
        let patch = sound(&text);
        assert_eq!((patch.added(), patch.removed()), (2, 1), "with {behind:?}");
        assert_eq!(&text[patch.signature], behind);
    }
}

#[test]
fn a_removed_line_may_look_like_a_signature() {
    let text = "--- a/x\n+++ b/x\n@@ -1,3 +1,1 @@\n a\n-- \n-- \n-- \n2.47.3\n";
    let patch = sound(text);
    assert_eq!(patch.removed(), 2);
    assert_eq!(&text[patch.signature], "-- \n2.47.3\n");
}

#[test]
fn files_of_git() {
    check_files(
        "diff --git a/old mill.c b/new mill.c\nsimilarity index 90%\nrename from old mill.c\nrename \
         to new mill.c\nindex 1..2 100644\n--- a/old mill.c\t\n+++ b/new mill.c\t\n@@ -1 +1 @@\n-a\n+b\n\
         diff --git a/run b/run\nold mode 100644\nnew mode 100755\n\
         diff --git a/empty b/empty\nnew file mode 100644\nindex 000..e69\n\
         diff --git a/src b/dst\nsimilarity index 100%\ncopy from src\ncopy to dst\n\
         diff --git a/gone b/gone\ndeleted file mode 100644\nindex 1..0\n--- a/gone\n+++ /dev/null\n\
         @@ -1,2 +0,0 @@\n-x\n-y\n\\ No newline at end of file\n\
         diff --git \"a/\\303\\244 \\\"b\\\"\\t.c\" \"b/\\303\\244 \\\"b\\\"\\t.c\"\nindex 1..2 100644\n\
         --- \"a/\\303\\244 \\\"b\\\"\\t.c\"\n+++ \"b/\\303\\244 \\\"b\\\"\\t.c\"\n@@ -3 +3 @@\n-a\n+b\n",
        &[
            "rename old mill.c => new mill.c +1 -1",
            "mode run +0 -0",
            "add empty +0 -0",
            "copy src => dst +0 -0",
            "delete gone +0 -2",
            "modify ä \"b\"\t.c +1 -1",
        ],
    );
}

#[test]
fn binary_files() {
    check_files(
        "diff --git a/new.png b/new.png\nnew file mode 100644\nindex 000..111\nGIT binary patch\nliteral \
         3\nKcmZQzU|?Wm\n\nliteral 0\nHcmV?d00001\n\n\
         diff --git a/a b.png b/a b.png\nindex 1..2 100644\nGIT binary patch\ndelta 3\nKcmZQzU|?Wm\n\n\
         delta 3\nKcmZQzU|?Wm\n\n\
         diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n\
         diff --git a/y.c b/y.c\nindex 1..2 100644\n--- a/y.c\n+++ b/y.c\n@@ -1 +1,2 @@\n a\n+b\n",
        &[
            "add new.png +0 -0 binary",
            "binary a b.png +0 -0 binary",
            "binary x.png +0 -0 binary",
            "modify y.c +1 -0",
        ],
    );
}

#[test]
fn names_without_or_with_other_prefixes() {
    let pair = |old: &str, new: &str| {
        let text = format!("--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a\n+b\n");
        summary(&sound(&text).files[0])
    };
    assert_eq!(pair("a/dir/x.c", "b/dir/x.c"), "modify dir/x.c +1 -1");
    assert_eq!(pair("dir/x.c", "dir/x.c"), "modify dir/x.c +1 -1");
    assert_eq!(pair("i/x.c", "w/x.c"), "modify x.c +1 -1");
    assert_eq!(pair("pond-2.6.orig/dir/x.c", "pond-2.6/dir/x.c"), "modify dir/x.c +1 -1");
    assert_eq!(pair("x.c.orig", "x.c"), "modify x.c +1 -1");
    assert_eq!(pair("/dev/null", "b/x.c"), "add x.c +1 -1");
    assert_eq!(pair("a/x.c", "/dev/null"), "delete x.c +1 -1");
    assert_eq!(pair("a/x.c\t2031-05-17 10:00:00", "b/x.c\tnow"), "modify x.c +1 -1");
    assert_eq!(pair("a/x.c 2031-05-17 10:00:00.000 +0200", "b/x.c"), "modify x.c +1 -1");
    assert_eq!(pair("a/x.c Thu Jan 01 00:00:00 1970", "b/x.c"), "modify x.c +1 -1");
    assert_eq!(pair("x.c (revision 12)", "x.c (working copy)"), "modify x.c +1 -1");
    assert_eq!(pair("a/my x.c\t", "b/my x.c\t"), "modify my x.c +1 -1");
    let no_prefix = "diff --git b/x.c b/x.c\nnew file mode 100644\nindex 000..111\n--- \
                     /dev/null\n+++ b/x.c\n@@ -0,0 +1 @@\n+a\n";
    check_files(no_prefix, &["add b/x.c +1 -0"]);
}

#[test]
fn diffs_of_other_programs() {
    check_files(
        "Index: bank/x.c\n===================================================================\n--- \
         bank/x.c\t(revision 3)\n+++ bank/x.c\t(working copy)\n@@ -1 +1 @@\n-a\n+b\n\nProperty changes \
         on: bank/x.c\n____\nAdded: svn:executable\n## -0,0 +1 ##\n+*\n\nIndex: y.c\n\
         ===================================================================\n--- y.c\t(revision \
         0)\n+++ y.c\t(revision 0)\n@@ -0,0 +1 @@\n+a\n",
        &["modify bank/x.c +1 -1", "add y.c +1 -0"],
    );
    check_files(
        "Index: x.c\n===================================================================\nRCS file: \
         /cvs/x.c,v\nretrieving revision 1.1\ndiff -u -r1.1 x.c\n--- x.c\t1 Jan 2031\t1.1\n+++ \
         x.c\t2 Jan 2031\n@@ -1 +1 @@\n-a\n+b\n",
        &["modify x.c +1 -1"],
    );
    check_files(
        "diff -r 0123456789ab -r ba9876543210 bank/x.c\n--- a/bank/x.c\tThu Jan 01 00:00:00 1970 \
         +0000\n+++ b/bank/x.c\tFri Jan 02 00:00:00 1970 +0000\n@@ -1,1 +1,1 @@\n-a\n+b\n",
        &["modify bank/x.c +1 -1"],
    );
    check_files(
        "diff -urN pond.orig/x.c pond/x.c\n--- pond.orig/x.c\t2031-05-17\n+++ pond/x.c\t2031-05-17\n\
         @@ -1 +1 @@\n-a\n+b\ndiff -urN pond.orig/duck.png pond/duck.png\nBinary files \
         pond.orig/duck.png and pond/duck.png differ\n",
        &["modify x.c +1 -1", "binary pond/duck.png +0 -0 binary"],
    );
    check_files(
        "diff --cc x.c\nindex 1,2..3\n--- a/x.c\n+++ b/x.c\n@@@ -1,2 -1,2 +1,3 @@@\n  a\n- b\n -c\n++d\n\
         + e\n-- \n2.47.3\n",
        &["modify x.c +2 -2"],
    );
}

#[test]
fn git_names_with_blanks() {
    let name = |line: &str| {
        let text = format!("diff --git {line}\nold mode 100644\nnew mode 100755\n");
        sound(&text).files[0].path.clone()
    };
    assert_eq!(name("a/a b/b b/a b/b"), "a b/b");
    assert_eq!(name("a/x b/x"), "x");
    assert_eq!(name("\"a/\\tx\" \"b/\\tx\""), "\tx");
    assert_eq!(name("x x"), "x");
}

#[test]
fn damaged_diffs_are_read_as_far_as_they_go() {
    let head = "--- a/x.c\n+++ b/x.c\n";
    let damaged = |hunks: &str| {
        let text = format!("{head}{hunks}");
        let (patch, faults) = split(&text);
        assert!(matches!(faults[..], [Fault::DamagedDiff(_)]), "{faults:?} of {hunks:?}");
        (patch.added(), patch.removed(), text[patch.signature].to_owned())
    };
    let wrapped = "@@ -1,3 +1,3 @@\n a long line\nthat was wrapped\n-b\n+c\n d\n";
    assert_eq!(damaged(wrapped), (1, 1, String::new()));
    let short = "@@ -1,9 +1,9 @@\n a\n-b\n+c\n-- \n2.47.3\n";
    assert_eq!(damaged(short), (1, 1, "-- \n2.47.3\n".to_owned()));
    let cut = "@@ -1,9 +1,9 @@\n a\n-b\n+c\n[and so on]\nas you see\n";
    assert_eq!(damaged(cut), (1, 1, "[and so on]\nas you see\n".to_owned()));
    let long = "@@ -1 +1 @@\n-b\n+c\n+d\n@@ -7 +8 @@\n-x\n+y\n";
    assert_eq!(damaged(long), (3, 2, String::new()));
    let no_numbers = "@@ ... @@\n a\n-b\n+c\n\nRegards\n";
    assert_eq!(damaged(no_numbers), (1, 1, "\nRegards\n".to_owned()));
    let next_comes_early = format!("@@ -1,9 +1,9 @@\n-b\n{POND}");
    assert_eq!(damaged(&next_comes_early), (2, 2, String::new()));
    let (patch, faults) = split(
        "diff --git a/long\nb/long\nindex 1..2 100644\n--- a/long\n+++ b/long\n@@ -1 +1 @@\n-a\n+b\n",
    );
    assert_eq!(faults.len(), 1);
    assert_eq!(patch.files[0].path, "long");
    let (_, nameless) = split("--- \n+++ \n@@ -1,3 +1,3 @@\n-b\n+c\n");
    let told: Vec<String> = nameless.iter().map(Fault::to_string).collect();
    assert_eq!(told, ["damaged diff: a file without a name: a hunk has fewer lines than it says"]);
}

#[test]
fn stripped_blank_lines_are_context() {
    let text = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n\n-b\n+c\n\n";
    assert_eq!(sound(text).diff.end, text.len());
}

#[test]
fn in_body_headers_are_those_of_git() {
    let text =
        "\nfrom: Dana\n Teich <dana@example.org>\nSubject: pond: feed\nDate: today\n\nText\n";
    let found = in_body_headers(text);
    let from = found.from.unwrap();
    assert_eq!((&*from.name, &*from.email), ("Dana Teich", "dana@example.org"));
    assert_eq!(found.subject.as_deref(), Some("pond: feed"));
    assert_eq!(found.date.as_deref(), Some("today"));
    assert_eq!(&text[found.span], text.strip_suffix("Text\n").unwrap());
    let twice = in_body_headers("From: a@example.org\nFrom: b@example.org\n\nText\n");
    assert_eq!(twice.from.unwrap().email, "a@example.org");
    assert_eq!(twice.span, 0..20);
    let quoted = ">From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n";
    for first in [quoted, &quoted[1..]] {
        let found = in_body_headers(&format!("{first}From: a@example.org\n\nText\n"));
        assert_eq!(found.from.map(|from| from.email).as_deref(), Some("a@example.org"));
    }
    assert_eq!(in_body_headers("Text\n\nFrom: a@example.org\n").span, 0..0);
    assert_eq!(in_body_headers("From:a@example.org\n").span, 0..0);
}

#[test]
fn in_body_headers_without_a_diff_must_be_certain() {
    let headers = |text: &str| split(text).0.in_body_headers;
    assert_eq!(headers("From: Dana <dana@example.org>\n\nA cover letter\n"), 0..31);
    assert_eq!(headers("From: Dana <dana@example.org>\nSent: today\n\nA quote\n"), 0..0);
    assert_eq!(headers("Date: next Friday?\n\nShall we meet?\n"), 0..0);
    assert_eq!(headers("From: what I have seen\n\nThey swim.\n"), 0..0);
}

/// Runs git with a fixed identity and no configuration of the machine's.
fn git(directory: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("HOME", directory)
        .envs(["AUTHOR", "COMMITTER"].iter().flat_map(|who| {
            [
                (format!("GIT_{who}_NAME"), "Dana Teich"),
                (format!("GIT_{who}_EMAIL"), "dana@example.org"),
                (format!("GIT_{who}_DATE"), "2031-05-17T10:00:00Z"),
            ]
        }))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // git may stop reading before the end.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    output.stdout
}

/// What `git patch-id --stable` says of a text.
fn id_by_git(text: &str) -> Option<String> {
    let out = git(&std::env::temp_dir(), &["patch-id", "--stable"], text.as_bytes());
    let out = String::from_utf8(out).unwrap();
    out.split_whitespace().next().map(str::to_owned)
}

fn id_by_us(text: &str) -> Option<String> {
    split(text).0.patch_id.map(|id| id.to_string())
}

#[test]
fn patch_ids_of_odd_diffs() {
    let hunk = "--- a/x\n+++ b/x\n@@ -5 +5 @@\n-a\n+b\n";
    let file = format!("diff --git a/x b/x\nindex 11..22 100644\n{hunk}");
    let binary = "diff --git a/d.png b/d.png\nindex 11..22 100644\nGIT binary patch\nliteral \
                  3\nKcmZQzU|?Wm\n\nliteral 0\nHcmV?d00001\n\n";
    let renamed = "diff --git a/o b/n\nsimilarity index 100%\nrename from o\nrename to n\n";
    let mode = "diff --git a/m b/m\nold mode 100644\nnew mode 100755\n";
    let texts = [
        hunk.to_owned(),
        file.clone(),
        format!("Text\n---\n{file}-- \n2.47.3\n"),
        format!("{file}{POND}"),
        format!("{POND}{file}"),
        format!("{file}-trailing\n{POND}"),
        format!("diff -u a/x b/x\n{hunk}"),
        format!("diff -r 0123 -r 4567 x\n{hunk}"),
        format!("{binary}{file}"),
        format!("{file}{binary}"),
        format!("{binary}-- \n2.47.3\n"),
        format!("{binary}{binary}{POND}{renamed}"),
        "diff --git a/x b/x\nindex 11..22\nBinary files a/x and b/x differ\n".to_owned(),
        "diff --git a/x b/x\nindex 11..22\nBinary files a/x and b/x differ".to_owned(),
        format!("{renamed}{mode}"),
        format!("{mode}{file}{renamed}\n-- \n2.47.3\n"),
        format!("{mode}Words that git takes for a header\n-- \n2.47.3\n"),
        file.replace('\n', "\r\n"),
        file.replace("+b", "+b \t\x0b\x0c b"),
        file.replace("+b\n", "+b\n\\ No newline at end of file\n"),
        file.replace("+b\n", "+b\n\\ short\n"),
        file.replace("+b\n", "+b"),
        file.replace("+b", "+b\0c"),
        file.replace("@@ -5 +5 @@", "@@ -5,2 +5,2 @@ int f(void)"),
        file.replace("@@ -5 +5 @@", "@@ -5,9 +5,9 @@") + "-- \n2.47.3\n",
        file.replace("@@ -5 +5 @@", "@@ -x +5 @@"),
        file.replace("@@ -5 +5 @@", "@@ -5,1 5,1 @@"),
        format!("{file}0123456789012345678901234567890123456789\n{POND}"),
        format!("{file}From 0123456789012345678901234567890123456789 Mon\n{POND}"),
        format!("{file}commit 0123456789012345678901234567890123456789\n{POND}"),
        "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n- a\n -b\n++c\n"
            .to_owned(),
        format!("diff --git a/l b/l\n--- a/l\n+++ b/l\n@@ -0,0 +1 @@\n+{}\n", "a b".repeat(40_000)),
    ];
    for text in texts {
        let shown: String = text.chars().take(600).collect();
        assert_eq!(id_by_us(&text), id_by_git(&text), "of {shown}");
    }
}

/// A repository with a commit for each kind of change, and its patches by format-patch.
struct Repository {
    directory: tempfile::TempDir,
}

impl Repository {
    fn new() -> Repository {
        let repository = Repository { directory: tempfile::tempdir().unwrap() };
        repository.git(&["init", "--quiet"]);
        repository
    }

    fn git(&self, arguments: &[&str]) -> Vec<u8> {
        git(self.directory.path(), arguments, b"")
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// The patches of all commits but the first, with their raw mails.
    fn patches(&self, options: &[&str]) -> Vec<Vec<u8>> {
        let mut arguments = vec!["format-patch", "--stdout", "-M", "-C", "--root"];
        arguments.extend(options);
        arguments.push("HEAD");
        let all = self.git(&arguments);
        let starts: Vec<usize> = memchr::memmem::find_iter(&all, b"From ")
            .filter(|&at| at == 0 || all[..at].ends_with(b"\n\n"))
            .filter(|&at| all[at..].get(45..56) == Some(b" Mon Sep 17"))
            .collect();
        let ends = starts.iter().skip(1).copied().chain([all.len()]);
        starts.iter().zip(ends).map(|(&start, end)| all[start..end].to_vec()).collect()
    }
}

fn repository() -> Repository {
    let r = Repository::new();
    let numbered = |n: usize| (0..n).map(|i| format!("line {i}\n")).collect::<String>();
    r.write("pond.c", numbered(40));
    r.write("run", "#!/bin/sh\n");
    r.write("duck.png", [0, 1, 2, 255, 254, 0, 7]);
    r.write("crlf.txt", "a\r\nb\r\nc\r\n");
    r.write("gone.c", "x\ny\n-- \nz\n");
    r.commit("pond: dig it");
    r.write("pond.c", numbered(40).replace("line 3\n", "line three\n").replace("line 30\n", ""));
    r.commit("pond: two hunks\n\nWith a message.\n\nSigned-off-by: Dana Teich <dana@example.org>");
    std::fs::rename(r.directory.path().join("pond.c"), r.directory.path().join("lake.c")).unwrap();
    r.commit("pond: rename it");
    r.write("lake.c", numbered(42));
    std::fs::rename(r.directory.path().join("lake.c"), r.directory.path().join("my sea.c"))
        .unwrap();
    r.commit("lake: rename and change it");
    r.git(&["update-index", "--chmod=+x", "run"]);
    r.git(&["commit", "--quiet", "--message", "run: may be run"]);
    r.git(&["checkout", "--", "run"]);
    r.write("duck.png", [0, 1, 3, 255, 254, 0, 7, 9]);
    r.write("zebra.c", "after the binary one\n");
    r.commit("duck: more of it");
    r.write("empty", "");
    r.write("an ä \"quoted\"\tname.c", "x\n");
    r.write("no-newline", "a\nb");
    r.commit("odd names and ends");
    r.write("no-newline", "a\nc");
    r.write("crlf.txt", "a\r\nB\r\nc\r\n");
    r.write("an ä \"quoted\"\tname.c", "");
    r.commit("odd ends change");
    r.write("gone.c", "x\ny\nz\n");
    r.commit("gone: without what looks like a signature");
    std::fs::remove_file(r.directory.path().join("gone.c")).unwrap();
    std::fs::remove_file(r.directory.path().join("duck.png")).unwrap();
    r.commit("gone: now it is\n\nIndeed\n\n-- \nthis is no signature");
    r.write("copy.c", std::fs::read(r.directory.path().join("my sea.c")).unwrap());
    r.write("my sea.c", numbered(43));
    r.commit("sea: copy it\n\n [ a note ]");
    r
}

#[test]
fn patches_by_format_patch() {
    let repository = repository();
    for options in
        [&["--binary"][..], &["--no-binary"], &["--no-prefix"], &["--no-signature", "-U0"]]
    {
        let mails = repository.patches(options);
        assert_eq!(mails.len(), 11);
        for mail in mails {
            let mail = String::from_utf8(mail).unwrap();
            let (_, text) = mail.split_once("\n\n").unwrap();
            let patch = sound(text);
            assert_eq!(patch.patch_id.map(|id| id.to_string()), id_by_git(&mail), "{mail}");
            assert_eq!(text[patch.message.clone()].trim(), message_by_git(&mail), "{mail}");
            if !options.contains(&"--no-binary") {
                assert_eq!(numstat(&patch), numstat_by_git(&mail, options), "{mail}");
            }
        }
    }
}

/// The commit message by `git mailinfo`, without blank lines at its ends.
fn message_by_git(mail: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    git(directory.path(), &["mailinfo", "message", "patch"], mail.as_bytes());
    std::fs::read_to_string(directory.path().join("message")).unwrap().trim().to_owned()
}

/// `added removed path` for each file; `-` in place of the numbers of binary ones.
fn numstat(patch: &Patch) -> Vec<String> {
    let line = |file: &FileChange| match file.binary {
        true => format!("-\t-\t{}", file.path),
        false => format!("{}\t{}\t{}", file.added, file.removed, file.path),
    };
    patch.files.iter().map(line).collect()
}

fn numstat_by_git(mail: &str, options: &[&str]) -> Vec<String> {
    let level = if options.contains(&"--no-prefix") { "-p0" } else { "-p1" };
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["apply", "--numstat", "-z", "--unidiff-zero", level];
    let out = String::from_utf8(git(directory.path(), &arguments, mail.as_bytes())).unwrap();
    out.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn ids_are_those_of_the_diff_alone() {
    let with = |message: &str| split(&format!("{message}\n---\n{POND}-- \n2.47.3\n")).0.patch_id;
    assert_eq!(with("One"), with("Another\n\nmessage"));
    assert!(with("One").is_some());
    assert_eq!(split_only(POND).0.patch_id, None);
}

/// A line of `git apply --numstat`: lines added, lines removed, path.
type Numstat = (Option<u32>, Option<u32>, String);

/// A patch of a real list, and what git says of it.
#[derive(serde::Deserialize)]
struct Judged {
    text: String,
    patch_id: Option<String>,
    message: String,
    numstat: Option<Vec<Numstat>>,
}

#[test]
fn real_patches() {
    let Some(data) = std::env::var_os("PATCHPRESS_DATA").map(PathBuf::from).filter(|d| d.is_dir())
    else {
        println!("skipped: PATCHPRESS_DATA names no directory of real mail");
        return;
    };
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/patches.py");
    let mut compared = 0;
    let mut differences = Vec::new();
    for list in ["git-medium", "kvm-unit-tests", "linux-nilfs.mbox", "live-patching-2023-2026"] {
        let mut judge = Command::new("python3");
        judge.arg(&oracle).arg("250").args(mboxes(&data.join(list)));
        // A file rather than a pipe: lines may be longer than a pipe's buffer.
        let verdicts = tempfile::NamedTempFile::new().unwrap();
        assert!(judge.stdout(verdicts.reopen().unwrap()).status().unwrap().success());
        for line in std::fs::read_to_string(&verdicts).unwrap().lines() {
            let judged: Judged = serde_json::from_str(line).unwrap();
            compared += 1;
            differences.extend(compare(&judged).map(|what| format!("{list}: {what}")));
        }
    }
    println!("{compared} patches compared");
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n\n"));
}

/// The mbox files of a list, in order.
fn mboxes(list: &Path) -> Vec<PathBuf> {
    if list.is_file() {
        return vec![list.to_owned()];
    }
    let entries = std::fs::read_dir(list).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|e| e.to_string_lossy().starts_with("mbox")))
        .collect();
    paths.sort();
    paths
}

/// What we say otherwise than git, if anything.
fn compare(judged: &Judged) -> Option<String> {
    let (patch, faults) = split(&judged.text);
    let id = patch.patch_id.map(|id| id.to_string());
    let message = judged.text[patch.message.clone()].trim();
    let counted: Vec<_> = patch
        .files
        .iter()
        .map(|f| {
            (
                Some(f.added).filter(|_| !f.binary),
                Some(f.removed).filter(|_| !f.binary),
                f.path.clone(),
            )
        })
        .collect();
    let start: String = judged.text.chars().take(300).collect();
    // git takes any line `diff …`, of the message too, for the start.
    let prose = judged.text[..patch.diff.start].lines().any(|line| line.starts_with("diff "));
    if id != judged.patch_id && !prose {
        return Some(format!("patch-id {id:?}, git {:?}\n{start}", judged.patch_id));
    }
    if message != judged.message.trim() {
        return Some(format!("message\n{message}\ngit\n{}", judged.message));
    }
    match &judged.numstat {
        Some(stat) if *stat != counted => Some(format!("files {counted:?}\ngit {stat:?}\n{start}")),
        Some(_) if !faults.is_empty() => Some(format!("{faults:?}, git none\n{start}")),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_divides(text in "\\PC*") {
        check_ranges(&text)?;
    }

    #[test]
    fn any_mixture_of_diff_lines_divides(lines in proptest::collection::vec(diff_line(), 0..40)) {
        check_ranges(&lines.concat())?;
    }
}

/// A line that means something to the reader of diffs.
fn diff_line() -> impl Strategy<Value = String> {
    let fixed = [
        "diff --git a/x b/x\n",
        "diff --git \"a/\\303\\244\\\" b/x\n",
        "index 1..2 100644\n",
        "--- a/x\n",
        "+++ b/x\n",
        "--- /dev/null\n",
        "@@ -1 +1 @@\n",
        "@@ -1,3 +1,2 @@ é\n",
        "@@\n",
        "@@@ -1,2 -1,2 +1,3 @@@\n",
        "@@ -0,0 +1,4294967295 @@\n",
        "@@ -1,99999999999 +1 @@\n",
        " a\n",
        "-b\n",
        "+é\n",
        "\n",
        "\r\n",
        "---\n",
        "-- \n",
        "--\n",
        "2.47.3\n",
        "\\ No newline at end of file\n",
        "GIT binary patch\n",
        "literal 3\n",
        "delta 3\n",
        "Binary files a/x and b/x differ\n",
        "rename from é\n",
        "rename to \"\\3\n",
        "old mode 100644\n",
        "new file mode 100644\n",
        "Index: x\n",
        "=====\n",
        "Property changes on: x\n",
        "diff -r 1 x\n",
        "diff --cc x\n",
        " x | 2 +-\n",
        " 1 file changed, 1 insertion(+)\n",
        " create mode 100644 x\n",
        "From: a@example.org\n",
        "Subject: é\n",
        "Date:\n",
        "> quoted\n",
        "é",
        "text\n",
        "0123456789012345678901234567890123456789\n",
    ];
    proptest::sample::select(fixed.map(str::to_owned).to_vec())
}

/// The ranges stand in order within the text, on character boundaries, and the files'
/// within the diff.
fn check_ranges(text: &str) -> Result<(), TestCaseError> {
    let (patch, _) = split(text);
    let ranges = [
        &patch.in_body_headers,
        &patch.message,
        &patch.notes,
        &patch.diffstat,
        &patch.late_notes,
        &patch.diff,
        &patch.signature,
    ];
    let within_message = patch.diffstat.end <= patch.message.end;
    let mut end = 0;
    for range in ranges {
        prop_assert!(text.get(range.clone()).is_some(), "{range:?}");
        if range == &patch.diffstat && within_message {
            prop_assert!(patch.message.start <= range.start);
            continue;
        }
        prop_assert!(end <= range.start, "{patch:?}");
        end = range.end;
    }
    prop_assert_eq!(end, text.len());
    let mut end = patch.diff.start;
    for file in &patch.files {
        prop_assert!(end <= file.span.start && file.span.end <= patch.diff.end);
        prop_assert!(text.get(file.span.clone()).is_some());
        end = file.span.end;
    }
    prop_assert_eq!(patch.has_diff(), !patch.files.is_empty());
    Ok(())
}

#[test]
fn hostile_texts_cost_no_more_than_their_length() {
    let hostile = [
        "diff --git a/x b/x\n".repeat(50_000),
        "--- a/x\n+++ b/x\n".repeat(50_000),
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n".repeat(30_000),
        format!("--- a/x\n+++ b/x\n@@ -1,9999999 +1,9999999 @@\n{}", "-- \n".repeat(200_000)),
        format!("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n{}", "+x\n".repeat(300_000)),
        format!("diff --git {}\nindex 1..2\n", " b/".repeat(300_000)),
        format!("diff --git {}\nindex 1..2\n", "\"".repeat(500_000)),
        format!("--- {}\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "a ".repeat(400_000)),
        "Index: x\n=====\n".repeat(60_000),
        "Index: x\n=====\n\n\n\nProperty changes on: x\n".repeat(20_000),
        " x | 1 +\n 1 file changed\n".repeat(40_000),
        "From: x\n ".repeat(100_000),
        "-- \n".repeat(250_000),
        format!("diff --git a/x b/x\nGIT binary patch\n{}", "literal 3\n\n".repeat(90_000)),
    ];
    let start = std::time::Instant::now();
    for text in &hostile {
        split(text);
    }
    // Linear, these take about a second without optimisation; quadratic, many minutes.
    assert!(start.elapsed().as_secs() < 20, "took {:?}", start.elapsed());
}

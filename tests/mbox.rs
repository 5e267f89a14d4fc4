//! `patchpress mbox`: what `git am` makes of a posting whose replies hold trailers, and of one
//! of whose patches was sent again alone.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::Site;

const TITLES: [&str; 3] = ["ring: start round", "ring: spin it", "ring: stop it"];

fn run_git(dir: &Path, args: &[&str]) -> Output {
    Command::new("git")
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_COMMITTER_NAME", "Ann Author"), ("GIT_COMMITTER_EMAIL", "ann@example.org")])
        .envs([("GIT_AUTHOR_NAME", "Ann Author"), ("GIT_AUTHOR_EMAIL", "ann@example.org")])
        .args(args)
        .output()
        .expect("git runs")
}

fn git(dir: &Path, args: &[&str]) -> String {
    let out = run_git(dir, args);
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// A repository with a base and three commits of Ann's, one a file.
fn repository(site: &Site) -> std::path::PathBuf {
    let dir = site.path("ring");
    fs::create_dir(&dir).expect("writable");
    git(&dir, &["init", "-q", "-b", "work", "."]);
    commit(&dir, "start", "ring: base\n");
    for (file, title) in ["one", "two", "three"].iter().zip(TITLES) {
        let why = "Because of Zoë.\n\nSigned-off-by: Ann Author <ann@example.org>";
        commit(&dir, file, &format!("{title}\n\n{why}\n"));
    }
    dir
}

fn commit(dir: &Path, file: &str, message: &str) {
    fs::write(dir.join(file), format!("{file}\n")).expect("writable");
    git(dir, &["add", file]);
    let author = "--author=Ann Author <ann@example.org>";
    git(dir, &["commit", "-q", author, "--date=2024-02-01T10:00:00+0100", "-m", message]);
}

/// The last commits as `git format-patch` makes mails of them: each with a Message-ID
/// `N.VERSION@example.org`, in answer to the first of them or to `to`.
fn mails(dir: &Path, version: u32, commits: &str, options: &[&str]) -> String {
    let version = format!("-v{version}");
    let command = ["format-patch", "--stdout", &version, commits];
    git(dir, &[&command, options].concat())
}

/// Gives the mails of an mbox Message-IDs: `1.TAG@example.org`, `2.TAG@…`, all in answer to
/// `to`, else to the first one.
fn with_ids(mbox: &str, tag: &str, to: Option<&str>) -> String {
    let mut number = 0;
    let mut out = String::new();
    for line in mbox.split_inclusive('\n') {
        out.push_str(line);
        if line.starts_with("From ") && line.ends_with(" Mon Sep 17 00:00:00 2001\n") {
            number += 1;
            out += &format!("Message-ID: <{number}.{tag}@example.org>\n");
            let first = format!("1.{tag}@example.org");
            if let Some(to) = to.or((number > 1).then_some(&*first)) {
                out += &format!("In-Reply-To: <{to}>\n");
            }
        }
    }
    out
}

fn reply(from: &str, id: &str, to: &str, minute: u32, body: &str) -> String {
    format!(
        "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: {from}\nMessage-ID: <{id}@example.org>\n\
         In-Reply-To: <{to}@example.org>\nDate: Fri, 02 Feb 2024 10:{minute:02}:00 +0000\n\
         Subject: Re: [PATCH] ring\nContent-Type: text/plain; charset=utf-8\n\n{body}\n\n"
    )
}

fn site() -> Site {
    Site::new(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
         sources:\n      - mbox: mail.mbox\n",
    )
}

/// Applies what the command prints to the base; gives author, date and message of each commit,
/// and the tree.
fn applied(site: &Site, repository: &Path, series: &str) -> (String, String) {
    let mbox = site.run(&["mbox", series]).stdout;
    fs::write(repository.join("../am.mbox"), mbox).expect("writable");
    git(repository, &["checkout", "-q", "-B", "applied", "work~3"]);
    git(repository, &["am", "-q", "--patch-format=mboxrd", "../am.mbox"]);
    let log = git(repository, &["log", "--reverse", "--format=%an %ae %aI%n%B", "work~3..applied"]);
    (log, git(repository, &["rev-parse", "applied^{tree}"]))
}

#[test]
fn git_am_commits_the_trailers_of_replies_in_order_and_none_twice() {
    let site = site();
    let dir = repository(&site);
    let patches = with_ids(&mails(&dir, 1, "-3", &[]), "p", None);
    let bob = "Bob Review <bob@example.org>";
    let zoe = "Zoë Test <zoe@example.org>";
    let replies = [
        reply(zoe, "r1", "1.p", 1, &format!("Tested-by: {zoe}\nAcked-by: {zoe}")),
        reply(bob, "r2", "1.p", 2, &format!("> Why.\n\nReviewed-by: {bob}\n")),
        reply(bob, "r3", "1.p", 3, &format!("Again.\n\nReviewed-by: {bob}\n")),
        reply(bob, "r4", "2.p", 4, &format!("Reviewed-by: {zoe}\n")),
        reply(bob, "r5", "3.p", 5, &format!("Nacked-by: {bob}\n")),
    ];
    site.write("mail.mbox", patches.clone() + &replies.concat());
    let (log, tree) = applied(&site, &dir, "1.p@example.org");
    let own = "Because of Zoë.\n\nSigned-off-by: Ann Author <ann@example.org>\n";
    let who = "Ann Author ann@example.org 2024-02-01T10:00:00+01:00";
    let given = format!("Tested-by: {zoe}\nAcked-by: {zoe}\nReviewed-by: {bob}\n");
    let expected = format!(
        "{who}\n{}\n\n{own}{given}\n{who}\n{}\n\n{own}\n{who}\n{}\n\n{own}\n",
        TITLES[0], TITLES[1], TITLES[2]
    );
    assert_eq!(log, expected);
    assert_eq!(tree, git(&dir, &["rev-parse", "work^{tree}"]));

    let sent = site.ok(&["mbox", "--as-sent", "1.p@example.org"]);
    let separator = "From mboxrd@z Thu Jan  1 00:00:00 1970\n";
    let bytes = |mbox: &str| -> String {
        let mails = mbox.split_inclusive('\n').filter(|line| !line.starts_with("From "));
        mails.collect::<String>().replace("\n\n\n", "\n\n")
    };
    assert!(sent.starts_with(separator));
    assert_eq!(bytes(&sent), bytes(&patches));
}

#[test]
fn trailers_given_to_the_cover_come_behind_those_given_to_the_patch() {
    let site = site();
    let dir = repository(&site);
    let patches = with_ids(&mails(&dir, 1, "-2", &["--cover-letter"]), "p", None);
    let (bob, zoe) = ("Bob Review <bob@example.org>", "Zoë Test <zoe@example.org>");
    let replies = [
        reply(zoe, "r1", "1.p", 1, &format!("Acked-by: {zoe}\n")),
        reply(bob, "r2", "2.p", 2, &format!("Reviewed-by: {bob}\n")),
    ];
    site.write("mail.mbox", patches + &replies.concat());
    git(&dir, &["branch", "-q", "-f", "start", "work~2"]);
    let mbox = site.ok(&["mbox", "1.p@example.org"]);
    assert_eq!(mbox.matches(&format!("\nReviewed-by: {bob}\nAcked-by: {zoe}\n---\n")).count(), 1);
    assert_eq!(mbox.matches(&format!("\nAcked-by: {zoe}\n---\n")).count(), 2);
}

#[test]
fn a_patch_sent_again_alone_comes_with_those_that_stand() {
    let site = site();
    let dir = repository(&site);
    let first = with_ids(&mails(&dir, 1, "-3", &[]), "p", None);
    fs::write(dir.join("two"), "two, rounder\n").expect("writable");
    git(&dir, &["commit", "-q", "-a", "--fixup=work~1"]);
    git(&dir, &["-c", "sequence.editor=:", "rebase", "-q", "-i", "--autosquash", "work~4"]);
    let again = with_ids(&mails(&dir, 2, "-3", &[]), "q", Some("2.p@example.org"));
    let mut again = again.split_inclusive("-- \n");
    let second = again.nth(1).expect("three patches");
    let start = second.find("From ").expect("a separator");
    let second = second[start..].to_owned() + "2.47.0\n\n";
    site.write("mail.mbox", first + &second);

    let (log, tree) = applied(&site, &dir, "2.q@example.org");
    assert_eq!(tree, git(&dir, &["rev-parse", "work^{tree}"]));
    assert_eq!(TITLES.map(|title| log.matches(title).count()), [1, 1, 1]);
    let posting = site.ok(&["mbox", "--as-sent", "2.q@example.org"]);
    assert_eq!(posting.matches("\nSubject: ").count(), 1);
}

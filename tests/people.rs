//! Who is one person: addresses, names, `.mailmap` beside `git check-mailmap`, and what list
//! software does to From.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use patchpress::archive::mailmap::Mailmap;
use patchpress::archive::subsystem::Rules;
use patchpress::archive::{Archive, Facts, ListId, MailId, Options, Split};
use patchpress::mail::Address;
use patchpress::source::{FileId, Origin, RawMail};

/// A mail of this sender; `rest` holds more headers, then an empty line and the text.
fn mail(n: usize, from: &str, rest: &str) -> String {
    format!(
        "Message-ID: <m{n}@example.org>\nDate: Mon, 1 Jan 2024 12:{:02}:00 +0000\nFrom: {from}\n\
         {rest}",
        n % 60
    )
}

/// A mail with nothing special to it.
fn plain(n: usize, from: &str) -> String {
    mail(n, from, "Subject: Words\n\nHello.\n")
}

fn archive(mails: &[String], mailmap: &str) -> Archive {
    let read = |(at, raw): (usize, &String)| {
        let origin = Origin { file: FileId(0), offset: at as u64, len: raw.len() as u32 };
        Facts::read(
            &RawMail { origin, separator: None, bytes: raw.as_bytes().into() },
            ListId(0),
            0,
        )
        .0
    };
    let options = Options {
        mailmap: &Mailmap::parse(mailmap).0,
        rules: &Rules::default(),
        lists: vec![(Split::Month, vec!["all".to_owned()])],
        together: None,
        exclude: &[],
    };
    Archive::build(mails.iter().enumerate().map(read).collect(), &options)
}

/// Everybody in words, by slug: `slug: Name [addresses] mails`.
fn told(archive: &Archive) -> Vec<String> {
    let person = |p: &patchpress::archive::Person| {
        format!("{}: {} [{}] {}", p.slug, p.name, p.addresses.join(" "), p.mails.len())
    };
    archive.people.iter().map(person).collect()
}

/// What is told of mails from these senders.
fn told_of(senders: &[&str], mailmap: &str) -> Vec<String> {
    let mails: Vec<String> = senders.iter().enumerate().map(|(n, from)| plain(n, from)).collect();
    told(&archive(&mails, mailmap))
}

// ---- a person is an address

#[test]
fn a_person_is_an_address_whatever_its_case_and_their_name() {
    let senders = ["Ann Lee <ann@example.org>", "A. Lee <ANN@Example.org>", "ann@example.org"];
    assert_eq!(told_of(&senders, ""), ["a-lee: A. Lee [ann@example.org] 3"]);
    let senders = ["Ann Lee <ann@example.org>", "Ann Lee <ann@example.net>"];
    assert_eq!(told_of(&senders, "").len(), 2, "one name is not one person");
}

#[test]
fn a_name_is_the_most_frequent_one_in_that_persons_mail() {
    let senders =
        ["Ann <ann@x.org>", "Ann Lee <ann@x.org>", "Ann Lee <ann@x.org>", "Ann <ann@x.org>"];
    assert_eq!(told_of(&senders, "")[0], "ann: Ann [ann@x.org] 4", "equals by the alphabet");
    assert_eq!(told_of(&senders[..3], "")[0], "ann-lee: Ann Lee [ann@x.org] 3");
}

#[test]
fn names_in_trailers_count_only_where_there_is_no_mail() {
    let patch = "Subject: [PATCH] a: b\n\nWhy.\n\nReviewed-by: Dr. Bob <bob@x.org>\n\
                 Acked-by: Dr. Bob <bob@x.org>\nTested-by: Cyd Doe <cyd@x.org>\n---\n\
                 diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";
    let mails = [mail(1, "Ann <ann@x.org>", patch), plain(2, "Bob <bob@x.org>")];
    let told = told(&archive(&mails, ""));
    assert_eq!(
        told,
        ["ann: Ann [ann@x.org] 1", "bob: Bob [bob@x.org] 1", "cyd-doe: Cyd Doe [cyd@x.org] 0"]
    );
}

#[test]
fn encoded_and_quoted_names_are_read() {
    for (from, name) in [
        ("=?utf-8?q?=C3=85nn_L=C3=A9e?= <a@x.org>", "Ånn Lée"),
        ("=?iso-8859-1?q?Ann_L=E9?= =?iso-8859-1?q?e?= <a@x.org>", "Ann Lée"),
        ("=?UTF-8?B?w4Vubg==?= <a@x.org>", "Ånn"),
        ("\"Lee, Ann\" <a@x.org>", "Lee, Ann"),
        ("Lee, Ann <a@x.org>", "Lee, Ann"),
        ("\"Ann \\\"A\\\" Lee\" <a@x.org>", "Ann \"A\" Lee"),
        ("a@x.org (Ann Lee)", "Ann Lee"),
    ] {
        let people = archive(&[plain(1, from)], "").people;
        assert_eq!((people.len(), people[0].name.as_str()), (1, name), "{from}");
        assert_eq!(people[0].addresses, ["a@x.org"], "{from}");
    }
}

#[test]
fn no_slug_is_made_from_an_address() {
    let senders = ["ann.lee@example.org", "\"bob@example.org\" <bob@example.org>", "<>"];
    for told in told_of(&senders, "") {
        let slug = told.split(':').next().unwrap();
        let id = slug.len() == 10
            && slug.bytes().all(|b| b"abcdefghijklmnopqrstuvwxyz234567".contains(&b));
        assert!(id, "{told}");
    }
}

#[test]
fn who_shares_a_name_has_a_slug_of_their_own_that_later_mail_does_not_change() {
    let senders = ["Ann <ann@x.org>", "Ann <ann@y.org>", "Ann <ann@z.org>"];
    let (two, three) = (told_of(&senders[..2], ""), told_of(&senders, ""));
    assert!(two.iter().all(|told| three.contains(told)), "{two:?} {three:?}");
    assert_eq!(three[0], "ann: Ann [ann@x.org] 1");
}

// ---- DMARC repair

#[test]
fn a_rewritten_from_is_repaired_by_whatever_names_the_sender() {
    let list = "Ann Lee via devel <devel@lists.x.org>";
    for (header, form) in [
        ("Reply-To: Ann Lee <ann@y.org>\n", "Mailman"),
        ("Reply-To: devel@lists.x.org, ann@y.org\n", "Mailman, the list besides, no name"),
        ("X-Original-From: Ann Lee <ann@y.org>\n", "Google Groups"),
        ("Cc: Bob <bob@y.org>, \"Lee, Ann\" <ann@y.org>\n", "last name first"),
        ("Reply-To: devel@lists.x.org\nCc: ann lee <ann@y.org>\n", "Mailman, replies to the list"),
    ] {
        let via = mail(1, list, &format!("{header}Subject: Words\n\nHello.\n"));
        let people =
            archive(&[via, plain(2, "Ann Lee <ann@y.org>"), plain(3, "Ann Lee <ann@y.org>")], "");
        assert_eq!(told(&people), ["ann-lee: Ann Lee [ann@y.org] 3"], "{form}");
    }
}

#[test]
fn those_behind_a_list_that_nothing_names_are_apart_and_do_not_own_its_address() {
    let senders = [
        "Ann via devel <devel@lists.x.org>",
        "Bob via devel <devel@lists.x.org>",
        "Ann via devel <devel@lists.x.org>",
    ];
    assert_eq!(
        told_of(&senders, ""),
        ["ann-via-devel: Ann via devel [] 2", "bob-via-devel: Bob via devel [] 1"]
    );
}

// ---- the author of a patch

#[test]
fn the_author_of_a_patch_is_the_in_body_from_and_the_sender_is_kept() {
    let patch = "Subject: [PATCH] a: b\n\nFrom: =?utf-8?q?B=C3=B6b?= <bob@x.org>\n\nWhy.\n---\n\
                 diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n";
    let archive = archive(&[mail(1, "Ann <ann@x.org>", patch)], "");
    let id = archive.mail_ids().next().unwrap();
    let name = |person| archive.person(person).name.as_str();
    assert_eq!((name(archive.author(id)), name(archive.sender(id))), ("Böb", "Ann"));
    assert_eq!(told(&archive), ["ann: Ann [ann@x.org] 1", "bob: Böb [bob@x.org] 1"]);
}

// ---- .mailmap

#[test]
fn mailmap_joins_addresses_names_and_those_behind_a_list() {
    let mailmap = "Ann Lee <ann@x.org> <ann@old.org>\n<ann@x.org> <ann@laptop.(none)>\n";
    let via = mail(
        4,
        "Ann via devel <devel@lists.x.org>",
        "Reply-To: Ann <ann@old.org>\nSubject: Words\n\nHello.\n",
    );
    let mails = [
        plain(1, "Ann Lee <ann@x.org>"),
        plain(2, "ann <ANN@OLD.org>"),
        plain(3, "Ann Lee <ann@laptop.(none)>"),
        via,
    ];
    let told = told(&archive(&mails, mailmap));
    assert_eq!(told, ["ann-lee: Ann Lee [ann@old.org ann@laptop.(none) ann@x.org] 4"]);
}

/// A mailmap with all that git's documentation and its parser tell apart.
const MAILMAP: &str = "\
# A comment <no@x.org> <ann@x.org>
Joe R. Developer <joe@x.org>
<jane@x.org> <jane@laptop.(none)>
  Jane   Doe\t<jane@x.org>   <jane@desktop.(none)>  # her other one
Jane Doe <JANE@x.org>\tJoe <bugs@x.org>
Nobody Else <else@x.org> jOE  <Bugs@X.org>
<first@x.org> <twice@x.org>
Second Name <twice@x.org>
Third Name <third@x.org> <twice@x.org>
\u{c5}nn L\u{e9}e <anne@x.org> \u{e5}nn <anne@y.org>
Name Only <named@x.org> # <not@x.org> is a comment, too
Spaces < spaces@x.org >
Any <any@x.org> <some@x.org>
Sam <sam@x.org> Sam <some@x.org>
<only@x.org>
Nothing
Empty <>
Empty <> <empty@x.org>
<to@x.org>Glued<glued@x.org>
Crlf Name <crlf@x.org>\r
Open <open@x.org
 # indented <indented@x.org>
";

#[test]
fn mailmap_says_what_git_says() {
    let names =
        ["", "Joe", "joe", "JANE DOE", "Sam", "sam", "Glued", "\u{c5}NN", "\u{e5}nn", "X Y"];
    let emails = [
        "ann@x.org",
        "no@x.org",
        "joe@x.org",
        "JOE@x.org",
        "jane@x.org",
        "jane@laptop.(none)",
        "Jane@Desktop.(None)",
        "bugs@x.org",
        "BUGS@x.org",
        "twice@x.org",
        "third@x.org",
        "anne@y.org",
        "named@x.org",
        "not@x.org",
        "spaces@x.org",
        "some@x.org",
        "only@x.org",
        "empty@x.org",
        "glued@x.org",
        "crlf@x.org",
        "open@x.org",
        "indented@x.org",
        "else@x.org",
    ];
    let contacts: Vec<Address> = names
        .iter()
        .flat_map(|name| emails.map(|email| Address { name: (*name).into(), email: email.into() }))
        .collect();
    same_as_git(MAILMAP, &contacts);
}

#[test]
fn mailmaps_put_together_by_chance_say_what_git_says() {
    let names = ["", "Ann", "ann", "Bob Lee", " Bob  Lee", "C\u{e9}d"];
    let emails = ["a@x.org", "A@x.org", "b@x.org", "b@X.org", "c@x.org", ""];
    let contacts: Vec<Address> = ["", "Ann", "ANN", "Bob Lee", "Bob  Lee", "C\u{e9}d"]
        .iter()
        .flat_map(|name| {
            ["a@x.org", "B@x.org", "c@x.org"]
                .map(|email| Address { name: (*name).into(), email: email.into() })
        })
        .collect();
    let mut state = 1_u64;
    let mut chance = |n: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    for _ in 0..40 {
        let mut text = String::new();
        for _ in 0..12 {
            let mut part = || format!("{}<{}>", names[chance(6)], emails[chance(6)]);
            let (first, second) = (part(), part());
            text += &match chance(5) {
                0 => format!("{first}\n"),
                1 => format!("\t{first} {second} # {first}\n"),
                _ => format!("{first} {second}\n"),
            };
        }
        same_as_git(&text, &contacts);
    }
}

/// Asks git about all of `contacts`, and compares.
fn same_as_git(mailmap: &str, contacts: &[Address]) {
    let repository = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(repository.path()).args(arguments).stdout(Stdio::piped());
        git
    };
    assert!(git(&["init", "-q"]).status().unwrap().success());
    std::fs::write(repository.path().join(".mailmap"), mailmap).unwrap();
    let mut asked = git(&["check-mailmap", "--stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    let written = |who: &Address| match who.name.as_str() {
        "" => format!("<{}>\n", who.email),
        name => format!("{name} <{}>\n", who.email),
    };
    let question: String = contacts.iter().map(written).collect();
    let mut stdin = asked.stdin.take().unwrap();
    let asking = std::thread::spawn(move || stdin.write_all(question.as_bytes()));
    let answer = String::from_utf8(asked.wait_with_output().unwrap().stdout).unwrap();
    asking.join().unwrap().unwrap();
    let (map, _) = Mailmap::parse(mailmap);
    let ours: String = contacts.iter().map(|who| written(&map.resolve(who.view()))).collect();
    let pairs: Vec<_> = ours.lines().zip(answer.lines()).zip(contacts).collect();
    assert_eq!(pairs.len(), contacts.len(), "git answers every question");
    for ((ours, git), who) in pairs {
        assert_eq!(ours, git, "{who:?} in\n{mailmap}");
    }
}

#[test]
fn in_body_froms_are_read_as_git_reads_them() {
    for from in [
        "Bob <bob@x.org>",
        "=?utf-8?q?B=C3=B6b?= <bob@x.org>",
        "=?utf-8?b?QsO2Yg==?= Lee <bob@x.org>",
        "\"Lee, Bob\" <bob@x.org>",
        "Lee, Bob <bob@x.org>",
        "Bob (Example Inc.) <bob@x.org>",
        "bob@x.org (Bob Lee)",
        "\u{c5}nn L\u{e9}e <bob@x.org>",
    ] {
        let text = format!(
            "Subject: [PATCH] a: b\nContent-Type: text/plain; charset=utf-8\n\nFrom: {from}\n\n\
             Why.\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"
        );
        let raw = mail(1, "Ann <ann@x.org>", &text);
        let archive = archive(std::slice::from_ref(&raw), "");
        let author = archive.mail(MailId(0)).author();
        let mut git = Command::new("git")
            .args(["mailinfo", "/dev/null", "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(raw.as_bytes()).unwrap();
        let told = String::from_utf8(git.wait_with_output().unwrap().stdout).unwrap();
        let ours = format!("Author: {}\nEmail: {}\n", author.name, author.email);
        assert!(told.starts_with(&ours), "{from}: {ours:?}, git has {told:?}");
    }
}

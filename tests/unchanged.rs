//! A build that would change nothing does nothing, and every change is noticed.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::{Public, Site, gzip};
use serde_json::Value;

const CONFIG: &str = "title: Test\nbase_url: https://example.org/site\npeople: {mailmap: .mailmap}\n\
     lists:\n  - id: list\n    title: List\n    sources:\n      - mbox: mail/*.mbox\n    ranges: month\n";

fn mail(number: u32) -> String {
    format!(
        "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ann <ann@example.org>\n\
         Date: Mon, {number} Jan 2024 12:00:00 +0000\nMessage-ID: <{number}@example.org>\n\
         Subject: A question, number {number}\n\nWhy?\n\n"
    )
}

/// Gives a file a time that is well before any build.
fn age(path: &Path, seconds: u64) {
    common::age(path, 1_700_000_000 + seconds);
}

fn write(site: &Site, name: &str, content: &str, seconds: u64) {
    site.write(name, content);
    age(&site.path(name), seconds);
}

/// A site of two mails that was built once.
fn built() -> Site {
    let site = Site::new(CONFIG);
    age(&site.path("config.yaml"), 0);
    write(&site, "mail/one.mbox", &mail(1), 0);
    write(&site, "mail/two.mbox", &mail(2), 0);
    write(&site, ".mailmap", "Ann Author <ann@example.org>\n", 0);
    write(&site, "content/about.md", "---\ntitle: About\n---\nText.\n", 0);
    write(&site, "themes/default/templates/404.html", "Nothing here.", 0);
    assert!(worked(&site), "the first build");
    site
}

fn summary(site: &Site) -> Value {
    serde_json::from_str(&site.ok(&["build", "--quiet", "--format", "json"])).unwrap()
}

/// Whether a build did more than look.
fn worked(site: &Site) -> bool {
    summary(site)["seconds"].as_array().unwrap().len() > 1
}

fn files(site: &Site) -> BTreeMap<String, Vec<u8>> {
    Public::read(&site.path("public")).files
}

#[test]
fn nothing_new_is_nothing_to_do() {
    let site = built();
    let before = files(&site);
    let summary = summary(&site);
    assert_eq!(summary["seconds"].as_array().unwrap().len(), 1, "{summary}");
    let count = |key: &str| summary[key].as_u64().unwrap() as usize;
    assert_eq!((count("mails"), count("written"), count("deleted")), (2, 0, 0));
    // The manifest is no file of the site.
    assert_eq!((count("files"), count("unchanged")), (before.len() - 1, before.len() - 1));
    assert_eq!(files(&site), before);
}

/// What differs from before: in a way that a build must notice.
type Change = fn(&Site);

#[test]
fn every_change_of_what_is_read_is_noticed() {
    let changes: [(&str, Change); 10] = [
        ("a mail more", |site| write(site, "mail/two.mbox", &(mail(2) + &mail(3)), 0)),
        ("another mail of the same length", |site| write(site, "mail/two.mbox", &mail(4), 9)),
        ("a file more", |site| write(site, "mail/three.mbox", &mail(5), 0)),
        ("a file less", |site| fs::remove_file(site.path("mail/two.mbox")).unwrap()),
        ("another title", |site| {
            write(site, "config.yaml", &CONFIG.replace("title: Test", "title: Best"), 0);
        }),
        ("another name", |site| write(site, ".mailmap", "Ann Writer <ann@example.org>\n", 9)),
        ("another page", |site| {
            write(site, "content/about.md", "---\ntitle: About\n---\nMore.\n", 9);
        }),
        ("another template", |site| {
            write(site, "themes/default/templates/404.html", "Nothing there.", 0);
        }),
        ("a note", |site| {
            write(site, "content/notes/list/2024-01.md", "---\ntitle: Note\n---\nText.\n", 0);
        }),
        ("no theme", |site| fs::remove_dir_all(site.path("themes")).unwrap()),
    ];
    for (name, change) in changes {
        let site = built();
        let before = files(&site);
        change(&site);
        assert!(worked(&site), "{name}");
        let after = files(&site);
        assert_ne!(before, after, "{name}");
        site.ok(&["build", "--quiet", "--no-cache", "--force"]);
        assert!(files(&site) == after, "{name}: not what a whole build makes");
    }
}

#[test]
fn a_damaged_output_is_mended() {
    let changes: [(&str, Change); 4] = [
        ("a page less", |site| fs::remove_file(site.path("public/index.html")).unwrap()),
        ("a page cut short", |site| _ = site.write("public/index.html", "<!doc")),
        ("the manifest of another site", |site| {
            let path = site.path("public/.patchpress/manifest");
            let time = path.metadata().unwrap().modified().unwrap();
            let manifest = fs::read_to_string(&path).unwrap();
            let (before, hash) = manifest.split_once("\nH ").unwrap();
            fs::write(&path, format!("{before}\nH {:0>16}{}", "", &hash[16..])).unwrap();
            fs::File::open(&path).unwrap().set_modified(time).unwrap();
        }),
        ("a manifest less", |site| {
            fs::remove_file(site.path("public/.patchpress/manifest")).unwrap();
            fs::remove_dir_all(site.path("public")).unwrap();
        }),
    ];
    for (name, change) in changes {
        let site = built();
        let before = files(&site);
        change(&site);
        assert!(worked(&site), "{name}");
        assert!(files(&site) == before, "{name}");
    }
}

#[test]
fn a_build_that_was_killed_is_finished() {
    let site = built();
    // What a killed build leaves: a journal.
    site.write("public/.patchpress/journal", "index.html\n");
    assert!(worked(&site));
    assert!(!site.path("public/.patchpress/journal").exists());
}

/// Writes the first file, so that its time says nothing.
fn put(site: &Site, bytes: &[u8]) {
    site.write("mail/one.mbox", bytes);
    age(&site.path("mail/one.mbox"), 0);
}

/// A build fails for what is in the first file.
fn assert_refused(site: &Site) {
    let refused = site.run(&["build"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("mail/one.mbox"), "{said}");
}

/// The site is what a build makes for which nothing was kept.
fn assert_whole(site: &Site) {
    let after = files(site);
    site.ok(&["build", "--quiet", "--no-cache"]);
    assert!(files(site) == after, "not what a whole build makes");
}

/// What is known of a file spares it to be opened, unless a page needs its mail.
#[test]
fn pages_whose_mail_cannot_be_read_any_more_are_not_written() {
    let site = built();
    let whole = gzip(mail(1).as_bytes());
    put(&site, &whole);
    assert!(worked(&site), "the same mail in another file");
    put(&site, &b"?".repeat(whole.len()));
    write(&site, "mail/two.mbox", &(mail(2) + &mail(3)), 1);
    assert!(worked(&site), "this has nothing to do with that file");
    let before = files(&site);
    let answer = mail(4).replacen("Subject", "In-Reply-To: <1@example.org>\nSubject", 1);
    write(&site, "mail/two.mbox", &(mail(2) + &mail(3) + &answer), 2);
    assert_refused(&site);
    let thread = before.iter().find(|(name, _)| name.starts_with("threads/a-question-number-1"));
    let (name, page) = thread.unwrap();
    assert!(files(&site)[name] == *page, "the page is what it was");
    put(&site, &whole);
    assert!(worked(&site));
    assert_whole(&site);
}

/// A file of two lists is known for one of them, and read for the other.
#[test]
fn mail_of_two_lists_that_cannot_be_read_is_not_forgotten() {
    let site = built();
    let list = |id: &str| format!("  - {{id: {id}, title: {id}, sources: [{{mbox: mail/*}}]}}\n");
    let head = "title: Test\nbase_url: https://example.org/site\nlists:\n";
    write(&site, "config.yaml", &[head, &list("one"), &list("two")].concat(), 5);
    let whole = gzip(mail(1).as_bytes());
    put(&site, &whole);
    assert!(worked(&site));
    let before = files(&site);
    put(&site, &[&whole[..12], &b"?".repeat(whole.len() - 12)].concat());
    write(&site, "mail/two.mbox", &(mail(2) + &mail(3)), 1);
    assert_refused(&site);
    assert!(files(&site) == before, "the site is what it was");
    put(&site, &whole);
    assert!(worked(&site));
    assert_whole(&site);
}

/// A digest lists what waited when its range ended. Where an answer is taken out that came before
/// that, what was reviewed is unanswered.
#[test]
fn digests_tell_of_what_waited_in_the_right_list() {
    let site = built();
    let patch = mail(1).replace("Jan 2024", "Dec 2023").replace("A question", "[PATCH] ring: turn")
        + "---\n a | 1 +\n\n--- a/a\n+++ b/a\n@@ -0,0 +1 @@\n+a\n\n";
    let review = mail(2)
        .replace("Jan 2024", "Dec 2023")
        .replace("Ann <ann@example.org>", "Bob <bob@example.org>")
        .replace("Subject", "In-Reply-To: <1@example.org>\nSubject")
        .replace("Why?", "Reviewed-by: Bob <bob@example.org>");
    write(&site, "mail/one.mbox", &patch, 1);
    write(&site, "mail/two.mbox", &review, 1);
    write(&site, "mail/three.mbox", &mail(20), 1);
    assert!(worked(&site));
    let page = || fs::read_to_string(site.path("public/list/digests/2024-01/index.html")).unwrap();
    assert!(page().contains("Reviewed, not applied"));
    fs::remove_file(site.path("mail/two.mbox")).unwrap();
    assert!(worked(&site));
    assert!(page().contains("No answer in"));
    assert_whole(&site);
}

/// The file that is kept under that name.
fn kept(site: &Site, name: &str) -> PathBuf {
    let entries = fs::read_dir(site.path(".patchpress")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let named = |path: &Path| path.file_name().unwrap().to_string_lossy().starts_with(name);
    paths.find(|path| named(path)).unwrap_or_else(|| panic!("no {name}"))
}

/// Whatever is damaged of what is kept, the site is that of a whole build.
#[test]
fn damaged_facts_and_pages_cost_a_whole_build_and_a_line() {
    for name in ["facts", "pages"] {
        let site = built();
        let before = files(&site);
        let path = kept(&site, name);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        fs::write(&path, bytes).unwrap();
        write(&site, "content/about.md", "---\ntitle: About\n---\nMore.\n", 9);
        let told = summary(&site)["diagnostics"].to_string();
        assert_eq!(told.matches("what the last build left for this one is damaged").count(), 1);
        let after = files(&site);
        assert_ne!(before, after, "{name}");
        site.ok(&["build", "--quiet", "--no-cache"]);
        assert!(files(&site) == after, "{name}: not what a whole build makes");
        write(&site, "content/about.md", "---\ntitle: About\n---\nText.\n", 19);
        let told = summary(&site)["diagnostics"].to_string();
        assert!(!told.contains("damaged"), "{name}: {told}");
    }
}

/// What came since the rest was kept is read again, and kept again, also where nothing has come.
#[test]
fn damage_of_what_came_since_costs_a_line() {
    let site = built();
    let many: Vec<String> = (10..90).map(mail).collect();
    write(&site, "mail/three.mbox", &many.concat(), 1);
    assert!(worked(&site));
    write(&site, "mail/three.mbox", &(many.concat() + &mail(95)), 2);
    assert!(worked(&site));
    for (time, damage) in [(3, "patchpress-facts-since 1\n"), (5, "")] {
        fs::write(kept(&site, "facts-since"), damage).unwrap();
        for told in [1, 0] {
            let text = format!("---\ntitle: About\n---\nText {time}, {told}.\n");
            write(&site, "content/about.md", &text, time + told);
            let summary = summary(&site);
            let diagnostics = summary["diagnostics"].to_string();
            let count = |what| diagnostics.matches(what).count() as u64;
            assert_eq!((count("is damaged"), count("the mail that came last")), (told, told));
            assert_ne!(summary["written"], 0, "the build had something to do");
        }
    }
    assert_whole(&site);
}

#[test]
fn a_damaged_stamp_costs_a_whole_build_and_a_line() {
    let site = built();
    fs::write(kept(&site, "stamp"), "{\"format\":").unwrap();
    let told = summary(&site)["diagnostics"].to_string();
    assert!(told.contains("what the last build left for this one is damaged"), "{told}");
    assert!(!worked(&site), "the new one is whole");
    let older = fs::read_to_string(kept(&site, "stamp")).unwrap().replace("stamp 2", "stamp 0");
    fs::write(kept(&site, "stamp"), older).unwrap();
    assert!(worked(&site), "of another format");
}

/// Every file that builds keep, beside the configuration and in the output.
fn everything_kept(site: &Site) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = ["facts", "pages", "stamp"].map(|name| kept(site, name)).into();
    paths.push(site.path("public/.patchpress/manifest"));
    paths
}

/// A file, cut short at many places, emptied, and of another version.
fn damages(whole: &[u8]) -> Vec<Vec<u8>> {
    let step = whole.len() / 6 + 1;
    let ends = (0..whole.len()).step_by(step).chain([whole.len() - 1, whole.len() - 9]);
    let mut all: Vec<Vec<u8>> = ends.map(|end| whole[..end].to_vec()).collect();
    let version = whole.windows(3).position(|w| w[0] == b' ' && w[1].is_ascii_digit());
    let mut other = whole.to_vec();
    other[version.expect("each file begins with its version") + 1] = b'0';
    all.push(other);
    all
}

#[test]
fn whatever_is_cut_short_emptied_or_of_another_version_is_told_in_one_line() {
    let site = built();
    let before = files(&site);
    for path in everything_kept(&site) {
        for damaged in damages(&fs::read(&path).unwrap()) {
            let what = format!("{} of {} bytes", path.display(), damaged.len());
            fs::write(&path, damaged).unwrap();
            // The facts are looked at only where there is something to do.
            let _ = fs::remove_file(site.path("public/index.html"));
            let summary = summary(&site);
            let lines = summary["diagnostics"].as_array().unwrap();
            assert_eq!(lines.len(), 1, "{what}: {lines:?}");
            assert!(lines[0]["message"].as_str().unwrap().contains("is damaged"), "{what}");
            assert!(files(&site) == before, "{what}");
            assert!(!worked(&site), "{what}: the next build has nothing to do");
        }
    }
}

/// All of it at once is told once, too.
#[test]
fn whatever_else_is_damaged_one_line_is_enough() {
    let site = built();
    for name in ["facts", "pages", "stamp"] {
        fs::write(kept(&site, name), "").unwrap();
    }
    let summary = summary(&site);
    assert_eq!(summary["diagnostics"].as_array().unwrap().len(), 1, "{summary}");
}

#[test]
fn what_another_site_has_left_is_not_used() {
    let (site, other) = (built(), built());
    write(&other, "config.yaml", &CONFIG.replace("title: Test", "title: Best"), 0);
    write(&other, "mail/two.mbox", &mail(4), 5);
    assert!(worked(&other));
    let before = files(&site);
    for name in ["facts", "pages", "stamp"] {
        fs::copy(kept(&other, name), kept(&site, name)).unwrap();
        fs::remove_file(site.path("public/index.html")).unwrap();
        assert!(worked(&site), "{name}");
        assert!(files(&site) == before, "{name}");
    }
}

/// What tells two sites apart whose files have the same names and sizes is their bytes.
#[test]
fn pages_that_another_build_wrote_do_not_stand() {
    let site = built();
    let before = files(&site);
    write(&site, "config.yaml", &CONFIG.replace("title: Test", "title: Best"), 0);
    site.ok(&["build", "--quiet", "--no-cache"]);
    assert!(files(&site) != before);
    write(&site, "config.yaml", CONFIG, 0);
    assert!(worked(&site));
    assert!(files(&site) == before, "the stamp is of a site that is no longer there");
    site.write("config.yaml", CONFIG.replace("title: Test", "title: Best"));
    site.ok(&["build", "--quiet", "--no-cache"]);
    // Now the stamp doesn't fit, and what is kept of the pages has to tell.
    write(&site, "config.yaml", CONFIG, 7);
    assert!(worked(&site));
    assert!(files(&site) == before, "the pages are those of another site");
}

/// A build was killed, and the notes of what it wrote are damaged: what it wrote is overwritten,
/// whatever the size, and what it left half written goes.
#[test]
fn a_damaged_journal_costs_a_whole_build_and_a_line() {
    let half = "patchpress-journal 1\nauthors/ann-author/index.html\n404.ht";
    for journal in ["", "patchp", "patchpress-journal 0\n", "index.html\n", half] {
        let site = built();
        write(&site, "mail/two.mbox", &(mail(2) + &mail(3)), 9);
        let new = {
            let clean = built();
            write(&clean, "mail/two.mbox", &(mail(2) + &mail(3)), 9);
            clean.ok(&["build", "--quiet", "--no-cache"]);
            files(&clean)
        };
        let before = files(&site);
        for name in new.keys().filter(|name| !before.contains_key(*name)) {
            site.write(&format!("public/{name}"), "written by the killed build");
        }
        let page = "public/authors/ann-author/index.html";
        let same_size = fs::read(site.path(page)).unwrap().to_ascii_uppercase();
        site.write(page, same_size);
        site.write("public/.patchpress/journal", journal);
        site.write("public/.patchpress/.manifest.tmp~", "half a manif");
        site.write("public/.patchpress/.journal.tmp~", "half");
        site.write("public/.index.html.tmp~", "<!doc");
        let summary = summary(&site);
        let lines = summary["diagnostics"].as_array().unwrap();
        assert_eq!(lines.len(), 1, "{journal:?}: {lines:?}");
        assert!(files(&site) == new, "{journal:?}");
    }
}

/// What killed builds have left half written doesn't pile up; what may be another build's stays.
#[test]
fn what_was_left_half_written_long_ago_goes() {
    let site = built();
    write(&site, ".patchpress/.tmpAbCdEf", "half", 0);
    site.write(".patchpress/.tmpGhIjKl", "half");
    site.ok(&["build", "--quiet"]);
    assert!(!site.path(".patchpress/.tmpAbCdEf").exists());
    assert!(site.path(".patchpress/.tmpGhIjKl").exists());
}

/// Builds `output` while other builds run.
fn begin(site: &Site, output: &str) -> Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("patchpress"));
    command.args(["build", "--quiet", "--output", output]).current_dir(site.dir.path());
    command.stderr(Stdio::piped()).spawn().unwrap()
}

/// Of several builds at once each ends with its site whole, or says that another one is at it.
#[test]
fn builds_at_once_into_two_outputs_or_one_do_not_mix() {
    for outputs in [["public", "other"], ["public", "public"]] {
        let site = built();
        for day in 3..9 {
            write(&site, "mail/two.mbox", &(mail(2) + &mail(day)), u64::from(day));
            let builds = outputs.map(|output| begin(&site, output));
            let ended = builds.map(|build| build.wait_with_output().unwrap());
            assert!(ended.iter().any(|output| output.status.success()));
            for output in ended.iter().filter(|output| !output.status.success()) {
                assert_eq!(outputs[0], outputs[1], "nobody else writes there: {output:?}");
                assert!(String::from_utf8_lossy(&output.stderr).contains("another build"));
            }
            let is_page = |name: &str| !name.starts_with(".patchpress/");
            let clean = Public::read(&{
                site.ok(&["build", "--quiet", "--no-cache", "--output", &format!("clean-{day}")]);
                site.path(&format!("clean-{day}"))
            });
            for output in outputs {
                let now = Public::read(&site.path(output)).files;
                for (name, bytes) in clean.files.iter().filter(|(name, _)| is_page(name)) {
                    assert!(now.get(name) == Some(bytes), "{output}, day {day}: {name}");
                }
                assert!(!site.path(output).join(".patchpress/journal").exists());
                site.ok(&["build", "--quiet", "--output", output]);
                assert!(Public::read(&site.path(output)).files == now, "{output}, day {day}");
            }
        }
    }
}

#[test]
fn what_was_written_just_now_is_not_trusted() {
    let site = built();
    // In the future, and so after the moment at which the build looked.
    age(&site.path("mail/two.mbox"), 3_000_000_000);
    assert!(worked(&site));
    assert!(worked(&site));
}

#[test]
fn nothing_is_kept_if_that_is_not_wanted() {
    let site = Site::new(CONFIG);
    write(&site, ".mailmap", "", 0);
    write(&site, "mail/one.mbox", &mail(1), 0);
    site.ok(&["build", "--quiet", "--no-cache"]);
    assert!(!site.path(".patchpress").exists());
}

/// What a repository holds is told by its refs, whose time is that of a commit made just now.
#[cfg(unix)]
#[test]
fn new_commits_are_noticed() {
    let site = Site::new(&CONFIG.replace("mbox: mail/*.mbox", "public_inbox: list.git"));
    write(&site, ".mailmap", "", 0);
    let repository = common::repository::Repository::new(site.path("list.git"));
    let add = |number, seconds| {
        let text = mail(number);
        let (_, message) = text.split_once('\n').unwrap();
        repository.add_mail(message, 1_700_000_000);
        age(&repository.path.join("refs/heads/master"), seconds);
        age(&repository.path.join("HEAD"), 0);
    };
    add(1, 0);
    assert!(worked(&site));
    assert!(!worked(&site));
    add(2, 9);
    assert!(worked(&site));
    assert_eq!(summary(&site)["mails"], 2);
}

/// Two outputs of one site don't take each other's stamp.
#[test]
fn each_output_has_its_own() {
    let site = built();
    site.ok(&["build", "--quiet", "--output", "other"]);
    let other = Public::read(&site.path("other")).files;
    assert!(other == files(&site));
    assert!(!worked(&site));
    site.write("config.yaml", CONFIG.replace("title: Test", "title: Best"));
    age(&site.path("config.yaml"), 3);
    assert!(worked(&site));
    assert!(files(&site) != other);
}

/// Somebody posts a lot: what is older stands on pages that further mail leaves alone.
#[test]
fn older_pages_of_a_person_stay_as_they_are() {
    let patch = |number: u32| {
        format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ann <ann@example.org>\n\
             Date: Mon, 01 Jan 2024 {:02}:{:02}:00 +0000\nMessage-ID: <{number}@example.org>\n\
             Subject: [PATCH] lib: change number {number}\n\n\
             ---\n a.c | 1 +\n\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n\
             @@ -1 +1,2 @@\n x\n+{number}\n\n",
            number / 60,
            number % 60
        )
    };
    let site = Site::new(&CONFIG.replace("people: {mailmap: .mailmap}\n", ""));
    site.write("mail/one.mbox", (0..230).map(patch).collect::<String>());
    let before = site.build();
    site.write("mail/one.mbox", (0..240).map(patch).collect::<String>());
    let after = site.build();
    // A subsystem also shows 25 of those that wait.
    for (owner, rows) in [("authors/ann/", 90), ("subsystems/lib/", 90 + 25)] {
        let older = format!("{owner}page-1/");
        assert_eq!(after.page(&older), before.page(&older));
        assert!(after.page(&older).contains("1 to 150, counted from the first"));
        let own = after.page(owner);
        assert!(own.contains(&format!("/site/{older}")), "{own}");
        assert_eq!(own.matches("change number ").count(), rows, "{own}");
    }
}

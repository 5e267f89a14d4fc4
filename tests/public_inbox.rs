//! public-inbox repositories as a source, and ranges by their commits.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::repository::{Repository, git, git_bytes, mail, mboxrd, patch};
use common::{Public, Site, data, patchpress};
use patchpress::config::SourceConfig;
use patchpress::source::{History, Inputs, Known, Store};

/// Noon of a day of March 2024, seconds since 1970 UTC.
fn noon(day: i64) -> i64 {
    1_709_294_400 + (day - 1) * 86_400
}

/// The configuration of one list, `list`, with one source.
fn config(source: &str, ranges: &str) -> String {
    format!(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
         title: List\n    sources:\n      - {source}\n    ranges: {ranges}\n"
    )
}

fn site(source: &str, ranges: &str) -> Site {
    Site::new(&config(source, ranges))
}

/// Two epochs with what happens to repositories: a mail taken back, one that is in both, a
/// branch with a mail of its own and the merge of it, a commit without a mail, commits at
/// all times.
fn epochs(directory: &Path) -> Vec<String> {
    let mails = [
        patch(3, "one", "ring: grease the bearing"),
        mail(1, "two", "How round is round?"),
        mail(4, "gone", "Buy corners"),
        mail(5, "side", "Re: [PATCH] ring: grease the bearing"),
        mail(9, "last", "Rounder than that"),
    ];
    let [one, two, gone, side, last] = &mails;
    let first = Repository::new(directory.join("0.git"));
    first.add_mail(one, noon(20));
    let fork = first.add_mail(two, 0);
    let trunk = first.add_mail(gone, 4_102_444_800);
    let branch = first.commit(&first.tree(&[("m", side)]), &[&fork], noon(1));
    let merge = first.commit(&first.tree(&[("m", gone)]), &[&trunk, &branch], noon(2));
    first.git(&["update-ref", "refs/heads/master", &merge]);
    let second = Repository::new(directory.join("1.git"));
    second.add_mail(two, noon(5));
    second.add(&[("README", "not a mail")], noon(5));
    second.add(&[("d", gone)], noon(6));
    second.add_mail(last, noon(7));
    [one, two, side, last].map(String::clone).to_vec()
}

/// The output of a build whose mail lies in `list.mbox`.
fn from_mbox(mbox: &[u8]) -> Public {
    let site = site("mbox: list.mbox", "month");
    site.write("list.mbox", mbox);
    site.build()
}

fn assert_same(one: &Public, other: &Public) {
    let names = |public: &Public| public.files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    for (name, content) in &one.files {
        assert!(other.files[name] == *content, "{name} differs");
    }
}

#[test]
fn a_repository_gives_the_site_of_its_mails() {
    for (directory, source) in [("l", "l"), ("m/git", "m")] {
        let site = site(&format!("public_inbox: {source}"), "month");
        let mails = epochs(&site.path(directory));
        let mbox = mboxrd(mails.iter().map(String::as_bytes));
        let built = site.build();
        assert_eq!(built.mail_anchors().len(), 4);
        assert_same(&built, &from_mbox(&mbox));
        // A directory of message files does, too.
        let files = self::site("maildir: mails", "month");
        for (n, mail) in mails.iter().enumerate() {
            files.write(&format!("mails/{n}.eml"), mail);
        }
        assert_same(&built, &files.build());
        // Whatever way the objects are stored.
        for epoch in ["0.git", "1.git"] {
            git(&site.path(directory).join(epoch), &["gc", "-q", "--prune=now"], b"");
        }
        assert_same(&site.build(), &built);
    }
}

/// What came is kept beside what was known, until a mail that was known is taken back: those behind
/// it have other places then.
#[test]
fn a_repository_that_grew_gives_the_site_of_all_its_mails() {
    let site = site("public_inbox: l.git", "month");
    let repository = Repository::new(site.path("l.git"));
    let text = |n: i64| mail(1 + n as u32 % 28, &format!("m{n}"), &format!("Wheel {n}"));
    (0..80).for_each(|n| _ = repository.add_mail(&text(n), noon(1 + n)));
    site.build();
    let since = site.path(".patchpress/facts-since");
    assert!(!since.exists());
    let grown = |first: i64, last: i64| {
        (first..=last).for_each(|n| _ = repository.add_mail(&text(n), noon(1 + n)));
        let fresh = self::site("public_inbox: l.git", "month");
        git(&site.path("."), &["clone", "-q", "--bare", "l.git", "copy.git"], b"");
        fs::rename(site.path("copy.git"), fresh.path("l.git")).unwrap();
        assert_same(&site.build(), &fresh.build());
    };
    grown(80, 81);
    let first = fs::read(&since).unwrap();
    grown(82, 83);
    assert!(first.len() < fs::read(&since).unwrap().len());
    repository.add(&[("d", &text(38))], noon(90));
    assert_eq!(site.build().mail_anchors().len(), 83);
    assert!(!since.exists(), "all mails are read again");
}

/// The histories of a repository that are kept after it was opened.
fn histories(path: &Path, known: &Known<'_>) -> Option<HashMap<PathBuf, History>> {
    let source = SourceConfig::PublicInbox(path.to_path_buf());
    let store = Store::open_knowing(&Inputs::find(&[&[source]]), known).0;
    let histories = store.histories()?.into_iter();
    Some(histories.map(|(path, history)| (path.to_path_buf(), history.clone())).collect())
}

/// Whatever becomes of a repository: what is known of its history changes nothing.
#[test]
fn a_history_that_goes_on_is_that_of_the_whole() {
    let directory = tempfile::tempdir().unwrap();
    let repository = Repository::new(directory.path().join("l.git"));
    let text = |n: u64| mail(1, &format!("m{n}"), &format!("Wheel {n}"));
    let trees: Vec<String> = (0..12)
        .map(|n| match n {
            0 => repository.tree(&[("README", "not a mail")]),
            1..4 => repository.tree(&[("d", &text(n + 3))]),
            _ => repository.tree(&[("m", &text(n))]),
        })
        .collect();
    let mut number = 7_u64;
    let mut any = |count: usize| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (number >> 33) as usize % count
    };
    let mut commits = vec![repository.commit(&trees[5], &[], noon(1))];
    let (mut tip, mut known, mut reused) = (commits[0].clone(), HashMap::new(), 0);
    for step in 0..60 {
        let next = match any(10) {
            // Rewritten: an older commit, or one beside the others, is the newest now.
            0 => commits[any(commits.len())].clone(),
            1 => repository.commit(&trees[any(12)], &[&commits[any(commits.len())]], noon(step)),
            // Merged, in either order.
            2 => repository.commit(&trees[any(12)], &[&tip, &commits[any(commits.len())]], 0),
            3 => repository.commit(&trees[any(12)], &[&commits[any(commits.len())], &tip], 0),
            _ => repository.commit(&trees[any(12)], &[&tip], noon(step)),
        };
        repository.git(&["update-ref", "refs/heads/master", &next]);
        commits.push(next.clone());
        tip = next;
        let whole = histories(&repository.path, &Known::default()).unwrap();
        let gone_on = Known { files: None, histories: known };
        match histories(&repository.path, &gone_on) {
            Some(found) => assert_eq!(found, whole, "step {step}"),
            None => {
                assert_eq!(gone_on.histories, whole, "step {step}");
                reused += 1;
            }
        }
        known = whole;
    }
    assert!(reused < 20, "most steps bring something");
}

#[test]
fn what_a_damaged_history_held_is_read_again() {
    let site = site("public_inbox: l", "month");
    epochs(&site.path("l"));
    let built = site.build();
    let kept = site.path(".patchpress/histories");
    let whole = fs::read(&kept).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for damaged in [&whole[..whole.len() - 9], b"1", &changed] {
        fs::write(&kept, damaged).unwrap();
        fs::remove_file(site.path("public/index.html")).unwrap();
        let told = String::from_utf8(site.run(&["build"]).stderr).unwrap();
        assert_eq!(told.matches("is damaged or of another version").count(), 1, "{told}");
        assert_same(&Public::read(&site.path("public")), &built);
        assert!(fs::read(&kept).unwrap() == whole, "it is kept again");
    }
}

#[test]
fn a_build_that_is_given_facts_keeps_no_history() {
    let site = site("public_inbox: l", "month");
    epochs(&site.path("l"));
    site.ok(&["read", "--facts", "facts", "--quiet"]);
    site.ok(&["build", "--facts", "facts", "--quiet"]);
    assert!(!site.path(".patchpress/histories").exists());
    let given = Public::read(&site.path("public"));
    fs::remove_file(site.path("public/index.html")).unwrap();
    assert_same(&given, &site.build());
    assert!(site.path(".patchpress/histories").exists());
}

/// Where commits are cut off, those before them may come any time.
#[test]
fn the_history_of_a_shallow_clone_is_not_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (repository, _) = three(&directory.path().join("a.git"));
    let origin = format!("file://{}", repository.path.display());
    let clone = directory.path().join("b.git");
    let arguments = ["clone", "-q", "--bare", "--depth=1", &origin, clone.to_str().unwrap()];
    git(directory.path(), &arguments, b"");
    assert_eq!(histories(&clone, &Known::default()), None);
    git(&clone, &["fetch", "-q", "--unshallow", &origin], b"");
    assert!(histories(&clone, &Known::default()).is_some());
}

#[test]
fn a_mail_that_comes_back_is_there_again() {
    let site = site("public_inbox: [b.git, c.git]", "month");
    let repository = Repository::new(site.path("b.git"));
    let text = mail(1, "back", "Once more");
    repository.add_mail(&text, noon(1));
    repository.add(&[("d", &text)], noon(2));
    repository.add_mail(&mail(2, "other", "Other"), noon(3));
    Repository::new(site.path("c.git")).add_mail(&text, noon(4));
    let mails = site.ok(&["export", "mails"]);
    let subjects: Vec<bool> = ["Once more", "Other"].map(|s| mails.contains(s)).to_vec();
    assert_eq!((mails.lines().count(), subjects), (2, vec![true, true]));
}

#[test]
fn every_command_reads_a_repository() {
    let site = site("public_inbox: l", "file");
    epochs(&site.path("l"));
    assert_eq!(site.ok(&["export", "postings"]).lines().count(), 1);
    assert!(site.ok(&["mbox", "one@example.org"]).contains("\n>From here on it is prose.\n"));
    assert!(site.ok(&["digest", "0"]).contains("List mailing list update for 0\n"));
    assert!(site.ok(&["digest", "1"]).starts_with("1\n"));
}

/// The first format: all mails are in the tree of the newest commit.
#[test]
fn repositories_of_the_first_format_are_read() {
    let site = site("public_inbox: old.git", "month");
    let repository = Repository::new(site.path("old.git"));
    let mails = [
        mail(1, "one", "One"),
        mail(2, "two", "Two"),
        mail(3, "three", "Three"),
        mail(4, "four", "Four"),
    ];
    let names = ["00", "00", "fe", "7f"];
    let mut parents: Vec<String> = Vec::new();
    // The fourth comes when the others are known.
    for count in [3, 4] {
        let mut top = String::new();
        for directory in ["00", "7f", "fe"] {
            let files: Vec<(String, &str)> = names
                .iter()
                .zip(&mails[..count])
                .enumerate()
                .filter(|(_, (name, _))| **name == directory)
                .map(|(n, (_, mail))| (format!("{n:038x}"), mail.as_str()))
                .collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(n, m)| (n.as_str(), *m)).collect();
            if !files.is_empty() {
                top += &format!("040000 tree {}\t{directory}\n", repository.tree(&files));
            }
        }
        let tree = git(&repository.path, &["mktree"], top.as_bytes());
        let parent: Vec<&str> = parents.last().map(String::as_str).into_iter().collect();
        let tip = repository.commit(&tree, &parent, noon(1));
        repository.git(&["update-ref", "refs/heads/master", &tip]);
        let mbox = mboxrd(mails[..count].iter().map(String::as_bytes));
        assert_same(&site.build(), &from_mbox(&mbox));
        parents.push(tip);
    }
}

/// What is said of a source, and how many mails it gives.
fn read(source: SourceConfig) -> (usize, Vec<String>) {
    let (store, mut diagnostics) = Store::open(&[&[source]]);
    let (mails, more) = store.scan(|mail| assert!(!mail.bytes.is_empty()), &|_| {});
    diagnostics.extend(more);
    assert!(diagnostics.iter().all(|d| d.hint.is_some() && d.place.is_some()), "{diagnostics:?}");
    let said = diagnostics.into_iter().map(|d| format!("{:?}: {}", d.severity, d.message));
    (mails.iter().map(Vec::len).sum(), said.collect())
}

fn read_at(path: &Path) -> (usize, Vec<String>) {
    read(SourceConfig::PublicInbox(path.to_owned()))
}

/// A repository of three mails, and the ids of their commits.
fn three(path: &Path) -> (Repository, [String; 3]) {
    let repository = Repository::new(path);
    let ids = [1, 2, 3].map(|day| {
        let text = mail(day, &format!("mail-{day}"), &format!("Mail {day}"));
        repository.add_mail(&text, noon(day.into()))
    });
    (repository, ids)
}

#[track_caller]
fn assert_said((mails, said): (usize, Vec<String>), expected_mails: usize, expected: &str) {
    assert_eq!((mails, said.len()), (expected_mails, 1), "{said:?}");
    assert!(said[0].starts_with(expected), "{said:?}");
}

#[test]
fn what_is_no_repository_of_mail_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    Repository::new(at("empty"));
    assert_said(read_at(&at("empty")), 0, "Error: the repository has no commits");
    fs::create_dir_all(at("nothing")).unwrap();
    assert_said(read_at(&at("nothing")), 0, "Error: this is no git repository, and has no epochs");
    fs::create_dir_all(at("sha256")).unwrap();
    git(&at("sha256"), &["init", "-q", "--bare", "--object-format=sha256"], b"");
    assert_said(read_at(&at("sha256")), 0, "Error: this repository names its objects by sha256");
    let code = Repository::new(at("code"));
    code.add(&[("main.c", "int main() {}\n")], noon(1));
    assert_said(read_at(&at("code")), 0, "Error: no commit of this repository holds a mail");
}

#[test]
fn epochs_that_are_empty_keep_no_others_from_being_read() {
    let dir = tempfile::tempdir().unwrap();
    three(&dir.path().join("0.git"));
    Repository::new(dir.path().join("1.git"));
    assert_said(read_at(dir.path()), 3, "Warning: the repository has no commits");
}

#[test]
fn clones_that_lack_something_are_read_with_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (repository, _) = three(&at("full.git"));
    let url = format!("file://{}", repository.path.display());
    git(dir.path(), &["clone", "-q", &url, "tree"], b"");
    assert_said(read_at(&at("tree")), 3, "Warning: a clone with a working tree");
    git(dir.path(), &["clone", "-q", "--bare", "--depth=2", &url, "shallow"], b"");
    assert_said(read_at(&at("shallow")), 2, "Warning: a shallow clone: older mail is not in it");
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    git(dir.path(), &["clone", "-q", "--bare", "--filter=blob:none", &url, "partial"], b"");
    assert_said(
        read_at(&at("partial")),
        0,
        "Warning: 3 mails are not in the repository, the first",
    );
    let borrow = ["clone", "-q", "--bare", "--shared", "full.git", "borrows"];
    git(dir.path(), &borrow, b"");
    assert_eq!(read_at(&at("borrows")), (3, vec![]));
    fs::rename(at("full.git"), at("moved.git")).unwrap();
    let (mails, said) = read_at(&at("borrows"));
    assert_eq!(mails, 0);
    let borrowed = said.iter().any(|said| said.contains("/full.git/objects, which is not there"));
    assert!(borrowed, "{said:?}");
}

#[test]
fn a_mail_that_is_missing_or_damaged_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, ids) = three(&dir.path().join("a.git"));
    let blob = |at: usize| repository.git(&["rev-parse", &format!("{}:m", ids[at])]);
    let file = repository.object(&blob(1));
    let whole = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let first =
        format!("Warning: one mail is not in the repository, that of commit {}", &ids[1][..9]);
    assert_said(read_at(&repository.path), 2, &first);
    // The bytes of another object; cut short; no object at all.
    let other = fs::read(repository.object(&blob(0))).unwrap();
    for content in [&other[..], &whole[..whole.len() / 2], b"", b"garbage"] {
        let _ = fs::remove_file(&file);
        fs::write(&file, content).unwrap();
        assert_said(read_at(&repository.path), 2, "Warning: one mail is damaged, that of commit");
    }
    fs::remove_file(&file).unwrap();
    fs::write(&file, whole).unwrap();
    // A file that is said to be a commit.
    let hex = |at: usize| u8::from_str_radix(&ids[0][2 * at..2 * at + 2], 16).unwrap();
    let tree = [&b"100644 m\0"[..], &(0..20).map(hex).collect::<Vec<u8>>()].concat();
    let store = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"];
    let tree = git(&repository.path, &store, &tree);
    let tip = repository.commit(&tree, &[&ids[2]], noon(4));
    repository.git(&["update-ref", "refs/heads/master", &tip]);
    let (mails, said) = read_at(&repository.path);
    assert!(mails == 3 && said[0].ends_with("is a commit, not a blob"), "{said:?}");
}

#[test]
fn a_commit_that_is_lost_takes_those_before_it_along() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, ids) = three(&dir.path().join("a.git"));
    let file = repository.object(&ids[1]);
    let whole = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let said = format!("Warning: commit {} is missing", ids[1]);
    assert_said(read_at(&repository.path), 1, &said);
    // A commit that says it is its own parent, by the name of another.
    for wrong in [fs::read(repository.object(&ids[2])).unwrap(), whole[..9].to_vec()] {
        let _ = fs::remove_file(&file);
        fs::write(&file, wrong).unwrap();
        let said = format!("Warning: commit {} is damaged", ids[1]);
        assert_said(read_at(&repository.path), 1, &said);
    }
}

#[test]
fn names_that_lead_nowhere_are_said() {
    let dir = tempfile::tempdir().unwrap();
    for content in ["garbage", "", "0123456789012345678901234567890123456789\n"] {
        let path = dir.path().join(format!("{}.git", content.len()));
        let (repository, _) = three(&path);
        fs::write(repository.path.join("refs/heads/master"), content).unwrap();
        let (mails, said) = read_at(&path);
        assert_eq!((mails, said.len()), (0, 1), "{said:?}");
        assert!(said[0].starts_with("Error: "), "{said:?}");
    }
    // HEAD names another branch than the only one there is.
    let (repository, _) = three(&dir.path().join("head.git"));
    repository.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    assert_eq!(read_at(&repository.path), (3, vec![]));
}

/// Whatever is wrong with a pack, its index or the refs: it is said, and nothing panics.
#[test]
fn no_damage_ends_the_reading() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, _) = three(&dir.path().join("a.git"));
    for day in 4..40 {
        let text = mail(day % 28 + 1, &format!("mail-{day}"), "Much the same").repeat(3);
        repository.add_mail(&text, noon(day.into()));
    }
    repository.git(&["gc", "-q", "--prune=now"]);
    let packs = fs::read_dir(repository.path.join("objects/pack")).unwrap();
    let files: Vec<_> = packs.map(|file| file.unwrap().path()).collect();
    let mut unharmed = 0;
    for file in files.iter().chain([&repository.path.join("packed-refs")]) {
        let whole = fs::read(file).unwrap();
        fs::remove_file(file).unwrap();
        for step in 0..40 {
            let at = whole.len() * step / 40;
            let mut harmed = whole.clone();
            match step % 3 {
                0 => harmed.truncate(at),
                1 => harmed[at] ^= 0x55,
                _ => harmed.iter_mut().skip(at).take(30).for_each(|byte| *byte = 0xff),
            }
            fs::write(file, harmed).unwrap();
            let (mails, said) = read_at(&repository.path);
            assert!(mails <= 39);
            unharmed += usize::from(mails == 39);
            assert!(mails == 39 || !said.is_empty(), "{}: {step}", file.display());
        }
        fs::write(file, whole).unwrap();
    }
    // Checksums of whole files are not looked at, and a reverse index isn't read at all.
    assert!(unharmed < 120, "{unharmed}");
    assert_eq!(read_at(&repository.path), (39, vec![]));
}

/// Three days of mail in two epochs, and the ids of the commits.
fn days(site: &Site) -> Vec<String> {
    let first = Repository::new(site.path("l/0.git"));
    let second = Repository::new(site.path("l/1.git"));
    let post = |repository: &Repository, sent: u32, name: &str, day: i64| {
        repository.add_mail(&patch(sent, name, &format!("ring: {name}")), noon(day))
    };
    let ids = vec![
        post(&first, 1, "zero", 1),
        post(&first, 9, "one", 2),
        post(&first, 2, "two", 2),
        post(&second, 3, "three", 2),
        post(&second, 4, "four", 4),
    ];
    first.git(&["tag", "v1", &ids[1]]);
    ids
}

fn digests(site: &Site) -> Vec<String> {
    let public = Public::read(&site.path("public"));
    let path = |name: &String| {
        Some(name.strip_prefix("list/digests/")?.strip_suffix("/digest.txt")?.to_owned())
    };
    public.files.keys().filter_map(path).collect()
}

#[test]
fn ranges_are_cut_where_git_cuts_them() {
    let site = site("public_inbox: l", "month");
    let ids = days(&site);
    let short: Vec<&str> = ids.iter().map(|id| &id[..9]).collect();
    let ranges = format!(
        "{{commits: [{}..{}, v1..{}, 2024-03-03..2024-03-05]}}",
        short[0], short[1], &ids[3]
    );
    site.write("config.yaml", config("public_inbox: l", &ranges));
    site.ok(&["build", "--quiet"]);
    let given = format!("from-{}-to-{}", short[0], short[1]);
    let tagged = format!("from-v1-to-{}", &ids[3][..16]);
    let mut expected =
        vec!["from-2024-03-03-to-2024-03-05".to_owned(), given.clone(), tagged.clone()];
    expected.sort();
    assert_eq!(digests(&site), expected);
    let text = site.ok(&["digest", &given]);
    let title =
        format!("From {0} to {1}\nList mailing list update from {0} to {1}\n", short[0], short[1]);
    assert!(text.starts_with(&title), "{text}");
    for (slug, names) in [
        (given.as_str(), &["one"][..]),
        (&tagged, &["two", "three"]),
        ("from-2024-03-03-to-2024-03-05", &["four"]),
    ] {
        let text = site.ok(&["digest", slug]);
        for name in ["zero", "one", "two", "three", "four"] {
            let is_in = text.contains(&format!("[PATCH] ring: {name}\n"));
            assert_eq!(is_in, names.contains(&name), "{slug} {name}");
        }
    }
    // What is in no range still has its page.
    assert_eq!(site.ok(&["export", "mails"]).lines().count(), 5);
    let public = Public::read(&site.path("public"));
    assert_eq!(public.pages("series/ring-").len(), 5);
    assert_eq!(public.broken_links("/site/"), Vec::<String>::new());
}

#[test]
fn a_text_of_a_range_has_the_address_of_its_mail_and_gives_way_to_it() {
    let site = site("public_inbox: l", "month");
    let ids = days(&site);
    // A whole id is cut in an address, by both.
    let ends = format!("{}..{}", &ids[0][..9], &ids[3]);
    let mail = config("public_inbox: l", &format!("{{commits: [{ends}]}}"));
    site.write("config.yaml", &mail);
    site.ok(&["build", "--quiet"]);
    let addresses = digests(&site);
    let [address] = &addresses[..] else { panic!("{addresses:?}") };
    site.write("texts/1.txt", site.ok(&["digest", address]));
    site.write("config.yaml", config("digests: texts", "month"));
    site.ok(&["build", "--quiet"]);
    assert_eq!(digests(&site), addresses);
    let both = mail.replace("    ranges", "      - digests: texts\n    ranges");
    let daily = config("public_inbox: l\n      - digests: texts", "{every: day, by: commits}");
    for (config, slug) in [(both, address.clone()), (daily, format!("from-{}", &ids[0][..9]))] {
        let grown = config.contains("every");
        site.write("config.yaml", config);
        let text = site.ok(&["digest", &slug]);
        site.write("texts/1.txt", text);
        let told = site.run(&["build", "--quiet"]);
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.contains("there is a digest of this range already"), "{told}");
        assert_eq!(digests(&site).len(), if grown { 3 } else { 1 });
    }
}

#[test]
fn ranges_by_days_of_commits_grow_and_keep_their_addresses() {
    let site = site("public_inbox: l", "{every: day, by: commits}");
    let ids = days(&site);
    site.ok(&["build", "--quiet"]);
    let slug = |id: &str| format!("from-{}", &id[..9]);
    let mut expected = vec![slug(&ids[0]), slug(&ids[3]), "from-start".to_owned()];
    expected.sort();
    assert_eq!(digests(&site), expected);
    let middle = site.ok(&["digest", &slug(&ids[0])]);
    assert!(middle.starts_with(&format!("From {} to {}\n", &ids[0][..9], &ids[3][..9])));
    let start = site.ok(&["digest", "from-start"]);
    assert!(start.starts_with(&format!("From start to {}\n", &ids[0][..9])), "{start}");
    // One more of the same day, one whose clock is a little slow, and one far off.
    let repository = Repository { path: site.path("l/1.git") };
    let mut tip = String::new();
    for (name, time) in [("five", noon(4)), ("six", noon(3) + 50_000), ("seven", noon(6))] {
        tip = repository.tip();
        repository.add_mail(&patch(7, name, &format!("ring: {name}")), time);
    }
    site.ok(&["build", "--quiet"]);
    expected.push(slug(&tip));
    expected.sort();
    assert_eq!(digests(&site), expected);
    assert_eq!(site.ok(&["digest", &slug(&ids[0])]), middle);
    let grown = site.ok(&["digest", &slug(&ids[3])]);
    assert!(["four", "five", "six"].iter().all(|name| grown.contains(&format!("ring: {name}\n"))));
}

#[test]
fn ranges_that_cannot_be_are_told() {
    let site = site("public_inbox: l", "month");
    let ids = days(&site);
    let told = |ranges: &str| {
        site.write("config.yaml", config("public_inbox: l", &format!("{{commits: [{ranges}]}}")));
        let output = site.run(&["build", "--quiet"]);
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let (is_built, said) = told("fffffffff..v1");
    assert!(!is_built && said.contains("error: `fffffffff` names no commit of the list"), "{said}");
    let (is_built, said) = told(&format!("{}..v1, {}..{}", ids[3], ids[0], ids[3]));
    assert!(is_built && said.contains("warning: there are no commits in the range"), "{said}");
    let (is_built, said) = told(&format!("{0}..{1}, {0}..{2}", ids[0], ids[1], ids[2]));
    assert!(is_built && said.contains("warning: 1 commits of"), "{said}");
}

#[test]
fn a_digest_of_standard_input_needs_no_site() {
    let here = tempfile::tempdir().unwrap();
    let patch = patch(3, "a", "ring: grease the bearing");
    let other = mail(5, "b", "Re: [PATCH] ring: grease the bearing");
    let digest = |input: &[u8], arguments: &[&str]| {
        let mut command = patchpress();
        command.current_dir(here.path()).args(["digest", "-"]).args(arguments);
        let output = command.write_stdin(input).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let mbox = mboxrd([patch.as_bytes(), other.as_bytes()]);
    let (code, text, _) = digest(&mbox, &[]);
    assert_eq!(code, Some(0));
    assert!(text.starts_with("From 2024-03-03 to 2024-03-05\nMail mailing list update from"));
    assert!(text.contains("Ann Author <ann@example.org>"), "{text}");
    let (_, text, _) = digest(patch.as_bytes(), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["title"], &json["figures"]["mails"]), (&"2024-03-03".into(), &1.into()));
    let (code, text, said) = digest(b"no mail\n", &[]);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(said.contains("--> standard input") && !said.contains("tmp"), "{said}");
    fs::write(here.path().join("config.yaml"), config("mbox: none", "month")).unwrap();
    assert!(digest(&mbox, &[]).1.contains("\nList mailing list update from 2024-03-03"));
}

/// A real repository against an mbox of the same mails.
#[test]
fn a_real_repository_gives_the_site_of_its_mails() {
    let Some(path) = data("util-linux.git") else { return };
    let revisions = git(&path, &["log", "--reverse", "--format=%H"], b"");
    let wanted: String = revisions.lines().map(|id| format!("{id}:m\n")).collect();
    let objects = git_bytes(&path, &["cat-file", "--batch"], wanted.as_bytes());
    let mut mails: Vec<&[u8]> = Vec::new();
    let mut rest = &objects[..];
    while let Some(line) = rest.iter().position(|&b| b == b'\n') {
        let header = std::str::from_utf8(&rest[..line]).unwrap();
        let size: usize = header.rsplit(' ').next().unwrap().parse().unwrap();
        mails.push(&rest[line + 1..line + 1 + size]);
        rest = &rest[line + 2 + size..];
    }
    assert_eq!(mails.len(), revisions.lines().count());
    let site = site(&format!("public_inbox: {}", path.display()), "month");
    assert_same(&site.build(), &from_mbox(&mboxrd(mails)));
}

//! Whatever is wrong with what the user gave, or goes wrong on the way: it is told clearly,
//! and a site that was there before stays as it was.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{Public, Site};

/// The `From ` line before each mail of these tests, a day of March 2024.
fn separator(day: u32) -> String {
    format!("From ann@example.org Fri Mar {day:>2} 10:00:00 2024\n")
}

/// A mail of an mbox, posted on a day of March 2024 as an answer to `to`, if that is given.
fn mail(day: u32, id: &str, to: &str, subject: &str, body: &str) -> String {
    let answered = match to {
        "" => String::new(),
        to => format!("In-Reply-To: <{to}@example.org>\n"),
    };
    format!(
        "{}From: Ann Author <ann@example.org>\nTo: list@example.org\n\
         Date: {day:02} Mar 2024 10:00:00 +0000\nMessage-ID: <{id}@example.org>\n{answered}\
         Subject: {subject}\n\n{body}\n\n",
        separator(day)
    )
}

/// A patch that adds a line to a file named after it.
fn patch(day: u32, id: &str, to: &str, subject: &str) -> String {
    let body = format!(
        "Add a line.\n\nSigned-off-by: Ann Author <ann@example.org>\n---\n {id}.c | 1 +\n \
         1 file changed, 1 insertion(+)\n\ndiff --git a/{id}.c b/{id}.c\n--- a/{id}.c\n\
         +++ b/{id}.c\n@@ -1,2 +1,3 @@\n one\n+two\n three\n"
    );
    mail(day, id, to, subject, &body)
}

/// A patch, a series of two with its cover, and a discussion.
fn mails() -> [String; 5] {
    [
        patch(1, "single", "", "[PATCH] ring: grease the bearing"),
        mail(2, "cover", "", "[PATCH 0/2] ring: make it round", "Corners are in the way."),
        patch(3, "first", "cover", "[PATCH 1/2] ring: name the corners"),
        patch(4, "second", "cover", "[PATCH 2/2] ring: take the corners off"),
        mail(5, "talk", "", "How round is round?", "I wonder."),
    ]
}

const CONFIG: &str = "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n";

/// A configuration whose list has these sources, each as `mbox: PATH`.
fn with_sources(sources: &[&str]) -> String {
    let sources: String = sources.iter().map(|s| format!("      - {s}\n")).collect();
    format!("{CONFIG}    ranges: month\n    sources:\n{sources}")
}

/// A site that has been built once, and what it was then.
fn built() -> (Site, Public) {
    let site = Site::new(&with_sources(&["mbox: good.mbox"]));
    site.write("good.mbox", mails().concat());
    let public = site.build();
    assert_eq!(public.pages("series/").iter().filter(|page| page.contains("ring")).count(), 2);
    (site, public)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs a build that must be refused with a clear error and leave the site as it was; gives
/// what it said.
#[track_caller]
fn refused(site: &Site, before: &Public) -> String {
    let output = site.run(&["build", "--quiet"]);
    let said = assert_refused(&output);
    assert_same(&Public::read(&site.path("public")), before);
    said
}

/// Of a refusal: exit status 1, nothing on standard output, errors with hints.
#[track_caller]
fn assert_refused(output: &Output) -> String {
    let said = stderr(output);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{said}");
    assert!(said.contains("error: "), "{said}");
    for error in said.split("\n\n").filter(|part| part.starts_with("error: ")) {
        assert!(error.contains(" --> ") && error.contains("= hint: "), "{error}");
    }
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    said
}

/// Runs a build that must succeed with warnings; gives what it said.
#[track_caller]
fn warned(site: &Site) -> String {
    let output = site.run(&["build"]);
    let said = stderr(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("warning: ") && !said.contains("error: "), "{said}");
    said
}

#[track_caller]
fn assert_same(now: &Public, before: &Public) {
    let names = |public: &Public| public.files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(now), names(before));
    for (name, bytes) in &before.files {
        assert!(now.files[name] == *bytes, "{name} has changed");
    }
}

#[test]
fn no_configuration() {
    let (site, before) = built();
    fs::remove_file(site.path("config.yaml")).unwrap();
    assert!(refused(&site, &before).contains("`patchpress init DIR` makes a site"));
}

#[test]
fn an_empty_list_of_lists() {
    let (site, before) = built();
    site.write("config.yaml", "title: Test\nbase_url: https://example.org/site\nlists: []\n");
    let said = refused(&site, &before);
    assert!(said.contains("error: `lists` is empty\n --> config.yaml:3:8\n"), "{said}");
}

#[test]
fn sources_that_give_no_mail() {
    let (site, before) = built();
    let noise: Vec<u8> =
        (0..2000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    site.write("empty.mbox", "")
        .write("picture.mbox", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00")
        .write("notes.mbox", "Just some notes\nwithout any mail.\n")
        .write("stump.mbox.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
        .write(
            "noise.mbox.gz",
            [&b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"[..], &noise].concat(),
        );
    fs::create_dir(site.path("nothing")).unwrap();
    for (source, problem) in [
        ("mbox: missing.mbox", "error: there is no such file or directory\n --> missing.mbox\n"),
        ("maildir: missing", "error: there is no such file or directory\n --> missing\n"),
        (
            "mbox: good.mbox/below",
            "error: there is no such file or directory\n --> good.mbox/below\n",
        ),
        ("mbox: 2024-*.mbox", "error: no file matches `2024-*.mbox`"),
        ("mbox: empty.mbox", "error: the file is empty\n --> empty.mbox\n"),
        ("mbox: nothing", "error: there is no mail in this directory\n --> nothing\n"),
        ("mbox: picture.mbox", "error: this is a JPEG image, not mail\n --> picture.mbox\n"),
        ("mbox: notes.mbox", "error: this is text, but not mail"),
        ("mbox: stump.mbox.gz", "error: the compressed file is cut short or damaged"),
        ("mbox: noise.mbox.gz", "error: the compressed file is cut short or damaged"),
    ] {
        // Beside a good one as well: what it gave would else vanish from the site.
        for sources in [&[source][..], &["mbox: good.mbox", source]] {
            site.write("config.yaml", with_sources(sources));
            let said = refused(&site, &before);
            assert!(said.contains(problem), "{sources:?}: {said}");
        }
    }
}

#[test]
fn every_faulty_source_is_told_at_once() {
    let (site, before) = built();
    site.write("config.yaml", with_sources(&["mbox: a.mbox", "mbox: good.mbox", "mbox: b.mbox"]));
    let said = refused(&site, &before);
    assert!(said.contains(" --> a.mbox\n") && said.contains(" --> b.mbox\n"), "{said}");
}

#[test]
fn what_lies_beside_good_mail_is_a_warning() {
    let (site, before) = built();
    site.write("config.yaml", with_sources(&["mbox: '*.mbox'"]))
        .write("picture.mbox", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00");
    let said = warned(&site);
    assert!(
        said.contains("warning: this is a JPEG image, not mail\n --> ./picture.mbox\n"),
        "{said}"
    );
    let now = Public::read(&site.path("public"));
    assert_eq!(now.pages(""), before.pages(""));
    assert!(now.page("problems/").contains("this is a JPEG image, not mail"));
}

#[test]
fn of_a_gz_that_is_cut_short_the_mails_before_the_cut_are_shown() {
    let site = Site::new(&with_sources(&["mbox: cut.mbox.gz"]));
    let many: String =
        (1..=28).map(|n| patch(n, &format!("p{n}"), "", &format!("[PATCH] turn {n}"))).collect();
    let mut gzip = Command::new("gzip")
        .args(["-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    gzip.stdin.take().unwrap().write_all(many.as_bytes()).unwrap();
    let whole = gzip.wait_with_output().unwrap().stdout;
    site.write("cut.mbox.gz", &whole[..whole.len() * 3 / 4]);
    let said = warned(&site);
    assert!(
        said.contains("cut short or damaged") && said.contains("= hint: fetch the file again"),
        "{said}"
    );
    let shown = Public::read(&site.path("public")).pages("series/turn").len();
    assert!((10..28).contains(&shown), "{shown}");
}

/// Whether a directory without permissions can be read all the same, as root can.
fn is_privileged() -> bool {
    let dir = tempfile::tempdir().unwrap();
    allow(dir.path(), 0o000);
    fs::read_dir(dir.path()).is_ok()
}

fn allow(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The program run in the site's directory by somebody without privileges; none where that
/// is not possible.
fn build_unprivileged(site: &Site) -> Option<Output> {
    let program = assert_cmd::cargo::cargo_bin("patchpress");
    if !is_privileged() {
        return Some(site.run(&["build", "--quiet"]));
    }
    let run = |program: &Path, args: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        command.args(args).current_dir(site.dir.path()).output().ok()
    };
    let works = run(&program, &["--version"]).is_some_and(|output| output.status.success());
    if !works {
        println!("skipped: run by root, and setpriv can't run the program as somebody else");
        return None;
    }
    run(&program, &["build", "--quiet"])
}

#[test]
fn a_source_without_permission() {
    let (site, before) = built();
    allow(site.dir.path(), 0o755);
    fs::create_dir(site.path("closed")).unwrap();
    fs::rename(site.path("good.mbox"), site.path("closed/good.mbox")).unwrap();
    for (source, mode) in [("closed", 0o000), ("closed", 0o311), ("closed/good.mbox", 0o000)] {
        site.write("config.yaml", with_sources(&[&format!("mbox: {source}")]));
        allow(&site.path("closed"), mode);
        let Some(output) = build_unprivileged(&site) else { return };
        allow(&site.path("closed"), 0o755);
        let said = assert_refused(&output);
        assert!(
            said.contains("error: no permission to ") && said.contains(" --> closed"),
            "{said}"
        );
        assert_same(&Public::read(&site.path("public")), &before);
    }
}

#[test]
fn an_output_without_permission() {
    let (site, before) = built();
    allow(site.dir.path(), 0o755);
    site.write("good.mbox", mails()[..3].concat());
    allow(&site.path("good.mbox"), 0o644);
    for directory in walkdir::WalkDir::new(site.path("public")) {
        let directory = directory.unwrap();
        if directory.file_type().is_dir() {
            allow(directory.path(), 0o555);
        }
    }
    let Some(output) = build_unprivileged(&site) else { return };
    let said = assert_refused(&output);
    assert!(said.contains("Permission denied") && said.contains("the right to write"), "{said}");
    assert_same(&Public::read(&site.path("public")), &before);
    for directory in walkdir::WalkDir::new(site.path("public")) {
        let directory = directory.unwrap();
        if directory.file_type().is_dir() {
            allow(directory.path(), 0o755);
        }
    }
}

#[test]
fn an_output_that_can_not_be() {
    let (site, _) = built();
    site.write("file", "mine");
    for output in ["file", "file/below", "/proc/patchpress", "good.mbox"] {
        let refused = site.run(&["build", "--quiet", "--output", output]);
        let said = assert_refused(&refused);
        assert!(said.contains(output), "{said}");
    }
    assert_eq!(fs::read(site.path("file")).unwrap(), b"mine");
    fs::create_dir(site.path("thesis")).unwrap();
    site.write("thesis/chapter.txt", "years of work");
    let said = assert_refused(&site.run(&["build", "--quiet", "--output", "thesis"]));
    assert!(
        said.contains("files that patchpress did not write") && said.contains("--force"),
        "{said}"
    );
    assert_eq!(fs::read_dir(site.path("thesis")).unwrap().count(), 1);
}

/// On a disk of its own, in a namespace of its own, which the old site and a filler take up.
#[test]
fn a_full_disk() {
    let (site, before) = built();
    site.write(
        "good.mbox",
        [mails().concat(), patch(9, "late", "", "[PATCH] ring: paint it")].concat(),
    );
    fs::rename(site.path("public"), site.path("before")).unwrap();
    fs::create_dir(site.path("public")).unwrap();
    let script = r#"
        mount -t tmpfs -o size=4m none public && cp -a before/. public/ || exit 77
        dd if=/dev/zero of=public/filler bs=4k 2>/dev/null
        "$0" build --quiet; status=$?
        rm public/filler; cp -a public after
        exit $status"#;
    let program = assert_cmd::cargo::cargo_bin("patchpress");
    let mut unshare = Command::new("unshare");
    unshare.args(["-r", "-m", "sh", "-c", script]).arg(program).current_dir(site.dir.path());
    let Some(output) = unshare.output().ok().filter(|_| site.path("after").exists()) else {
        println!("skipped: a small disk of its own can't be mounted here");
        return;
    };
    let said = assert_refused(&output);
    assert!(said.contains("No space left") && said.contains("= hint: free some space"), "{said}");
    let mut after = Public::read(&site.path("after"));
    after.files.remove(".patchpress/journal");
    assert_same(&after, &before);
}

#[test]
fn a_full_disk_for_what_is_printed() {
    let (site, _) = built();
    for args in [&["digest", "2024-03"][..], &["export", "mails"], &["mbox", "single@example.org"]]
    {
        let Ok(full) = File::options().write(true).open("/dev/full") else {
            println!("skipped: there is no /dev/full");
            return;
        };
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("patchpress"));
        let output = command.args(args).current_dir(site.dir.path()).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(stderr(&output).contains("error: ") && stderr(&output).contains("No space left"));
    }
}

#[test]
fn a_broken_mail_is_told_with_its_place_and_shown() {
    let site = Site::new(&with_sources(&["mbox: l.mbox"]));
    let good = mails();
    let headless = "no header, only a letter of somebody who was in a hurry\n\n";
    let garbage = b"Subject: \xff\xfe\x80\nFrom: \x00\x01=?utf-8?b?####?=\nContent-Transfer-Encoding: base64\n\n\x9d\x00####\n\n";
    let half = "From: Cut Off <cut@example.org>\nDate: Thu, 07 Mar 2024 10:00:00 +0000\nSubject: half a mail\n\nThis ends in the mid";
    let mut mbox = good[0].clone().into_bytes();
    let headless_at = mbox.len();
    mbox.extend([separator(6).as_bytes(), headless.as_bytes(), separator(6).as_bytes()].concat());
    let garbage_at = mbox.len();
    mbox.extend([garbage, good[1].as_bytes(), separator(7).as_bytes()].concat());
    let half_at = mbox.len();
    mbox.extend(half.as_bytes());
    site.write("l.mbox", mbox);
    let said = warned(&site);
    for at in [headless_at, garbage_at, half_at] {
        assert!(said.contains(&format!(" --> l.mbox, byte {at}\n")), "{at}: {said}");
    }
    assert!(said.contains("the file ends within a line; its last mail may be cut short"), "{said}");
    assert!(said.contains("public: 4 mails (2 with a problem, see problems/)"), "{said}");
    let public = Public::read(&site.path("public"));
    let everything: String = public
        .files
        .iter()
        .filter(|(name, _)| name.starts_with("series/") || name.starts_with("threads/"))
        .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
        .collect();
    for text in ["somebody who was in a hurry", "This ends in the mid", "half a mail"] {
        assert!(everything.contains(text), "{text}");
    }
    assert_eq!(public.mail_anchors().values().filter(|count| **count > 0).count(), 4);
    let told = site.ok(&["build", "--quiet", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["mails"], &told["faulty"]), (&4.into(), &2.into()));
}

#[test]
fn another_base_url_changes_every_link() {
    let (site, _) = built();
    let config = fs::read_to_string(site.path("config.yaml")).unwrap();
    site.write("config.yaml", config.replace("example.org/site", "example.net/else/where"));
    let now = site.build();
    let clean = Site::new(&fs::read_to_string(site.path("config.yaml")).unwrap());
    clean.write("good.mbox", mails().concat());
    assert_same(&now, &clean.build());
    assert_eq!(now.broken_links("/else/where/"), Vec::<String>::new());
    let given = site.ok(&["build", "--quiet", "--base-url", "https://example.org/site"]);
    assert_eq!(given, "");
    assert_same(&Public::read(&site.path("public")), &built().1);
}

/// The page of the posting or thread whose path holds these words.
fn page_of(public: &Public, words: &str) -> String {
    let pages = [public.pages("series/"), public.pages("threads/")].concat();
    let found: Vec<_> = pages.into_iter().filter(|page| page.contains(words)).collect();
    assert_eq!(found.len(), 1, "{words}: {found:?}");
    found[0].to_owned()
}

#[test]
fn the_address_of_mail_that_was_taken_out_still_answers() {
    let (site, before) = built();
    let [single, cover, talk] =
        ["grease", "make-it-round", "how-round"].map(|w| page_of(&before, w));
    let excluded =
        "privacy: {exclude: [single@example.org, cover@example.org, talk@example.org]}\n";
    let config = fs::read_to_string(site.path("config.yaml")).unwrap();
    site.write("config.yaml", config.clone() + excluded);
    let after = site.build();
    for gone in [&single, &talk] {
        let page = after.page(gone);
        assert!(page.contains("<h1>No longer here</h1>") && !page.contains("refresh"), "{page}");
        assert!(!page.contains("single@") && !page.contains("talk@"), "{page}");
    }
    // The series is there without its cover, at another address.
    let page = after.page(&cover);
    let to =
        page.split("content=\"0; url=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(to.starts_with("/site/series/") && !to.contains(&cover), "{to}");
    assert_eq!(after.broken_links("/site/"), Vec::<String>::new());
    let (target, anchor) = to.strip_prefix("/site/").unwrap().split_once('#').unwrap();
    assert!(after.page(target).contains(&format!("id=\"{anchor}\"")));
    // Still so after one more build, and all is as before when the mail is back.
    assert_same(&site.build(), &after);
    site.write("config.yaml", config);
    let back = site.build();
    for page in [&single, &cover, &talk] {
        assert_eq!(back.page(page), before.page(page));
    }
}

#[test]
fn the_address_of_a_digest_outlives_its_range() {
    let (site, before) = built();
    assert!(before.files.contains_key("list/digests/2024-03/index.html"));
    let config = fs::read_to_string(site.path("config.yaml")).unwrap();
    site.write("config.yaml", config.replace("ranges: month", "ranges: week"));
    let page = site.build().page("list/digests/2024-03/").to_owned();
    assert!(page.contains("No longer here") && page.contains("href=\"/site/list/\""), "{page}");
}

/// The list of published addresses goes out with the site, so it must not tell what the
/// pages hide.
#[test]
fn the_list_of_what_was_published_holds_no_address() {
    let (site, _) = built();
    let manifest = fs::read_to_string(site.path("public/.patchpress/manifest")).unwrap();
    assert!(
        manifest.contains("\nU /authors/ann-author/ ") && !manifest.contains('@'),
        "{manifest}"
    );
}

#[test]
fn two_builds_at_once_do_not_mix() {
    let (site, before) = built();
    let public = site.path("public");
    let held = File::open(&public).unwrap();
    held.lock().unwrap();
    site.write("good.mbox", mails()[..3].concat());
    let said = refused(&site, &before);
    assert!(said.contains("another build is writing to this directory\n --> public\n"), "{said}");
    drop(held);
    site.build();

    site.write("good.mbox", mails().concat());
    let spawn = || {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("patchpress"));
        command.args(["build", "--quiet"]).current_dir(site.dir.path());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let outputs = [spawn(), spawn()].map(|build| build.wait_with_output().unwrap());
    assert!(outputs.iter().any(|output| output.status.success()));
    for output in outputs.iter().filter(|output| !output.status.success()) {
        assert!(assert_refused(output).contains("another build"), "{output:?}");
    }
    let now = Public::read(&public);
    for (name, bytes) in before.files.iter().filter(|(name, _)| !name.starts_with(".patchpress")) {
        assert!(now.files[name] == *bytes, "{name}");
    }
}

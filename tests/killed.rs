//! Builds that are killed at any moment. What was published before stays readable: each file
//! has its old bytes or its new ones, and no file of a site is gone before all of the next
//! one are there. The build after that ends as if there had been no other.
//!
//! `PATCHPRESS_KILLS` says how many builds of each kind are killed, of a larger list then;
//! `PATCHPRESS_SEED` when.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use common::{Public, Site};

/// Builds of each kind that are killed, and mails of the list, if nothing is said.
const USUAL: (usize, usize) = (6, 80);
/// Mails of the list where more builds are killed.
const MAILS: usize = 2000;

const CONFIG: &str = "title: Test\nbase_url: https://example.org/site\npeople: {mailmap: .mailmap}\n\
     lists:\n  - id: list\n    title: List\n    sources:\n      - mbox: mail/*.mbox\n    ranges: week\n";

/// The files of a site, by path within it or its output.
type Files = BTreeMap<String, Vec<u8>>;

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

/// A generator of numbers below 1: Steele, Lea and Flood's splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What a site is made of, old enough that builds trust its times.
#[derive(Clone)]
struct State {
    files: Files,
    /// Seconds after some moment long ago.
    time: u64,
}

impl State {
    /// The files of this state alone, those that differ from what is there with its time.
    fn apply(&self, site: &Site) {
        for name in below(site) {
            if !self.files.contains_key(&name) {
                fs::remove_file(site.path(&name)).unwrap();
            }
        }
        for (name, bytes) in &self.files {
            if fs::read(site.path(name)).is_ok_and(|there| there == *bytes) {
                continue;
            }
            site.write(name, bytes);
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + self.time);
            File::options()
                .write(true)
                .open(site.path(name))
                .and_then(|file| file.set_modified(time))
                .unwrap();
        }
    }
}

/// What the user has made in a site's directory.
fn below(site: &Site) -> Vec<String> {
    let names = ["mail", "themes"].map(|directory| {
        let files = walkdir::WalkDir::new(site.path(directory)).into_iter().flatten();
        let files = files.filter(|entry| entry.file_type().is_file());
        let within = |entry: walkdir::DirEntry| {
            entry.path().strip_prefix(site.dir.path()).unwrap().to_string_lossy().into_owned()
        };
        files.map(within).collect::<Vec<_>>()
    });
    names.concat()
}

/// The first state of all sites.
fn first(mails: usize) -> State {
    let list = Site::new("");
    list.ok(&["generate", "mail", "--mails", &mails.to_string()]);
    let files = Public::read(&list.path("mail")).files.into_iter();
    let mbox = |(name, bytes): (String, _)| {
        name.ends_with(".mbox").then(|| (format!("mail/{name}"), bytes))
    };
    let mut files: Files = files.filter_map(mbox).collect();
    files.insert("config.yaml".to_owned(), CONFIG.into());
    files.insert(".mailmap".to_owned(), Vec::new());
    State { files, time: 0 }
}

/// A site that is there whole, with what builds have kept of it.
struct Known {
    files: Files,
    saved: tempfile::TempDir,
}

/// The directories that builds write to.
const WRITTEN: [&str; 2] = ["public", ".patchpress"];

impl Known {
    fn of(site: &Site) -> Known {
        let saved = tempfile::tempdir().unwrap();
        for name in WRITTEN {
            copy(&site.path(name), &saved.path().join(name));
        }
        Known { files: public(site), saved }
    }

    fn restore(&self, site: &Site) {
        for name in WRITTEN {
            let _ = fs::remove_dir_all(site.path(name));
            copy(&self.saved.path().join(name), &site.path(name));
        }
    }

    /// Whether every page is there.
    fn is_in(&self, now: &Files) -> bool {
        self.files.keys().all(|name| now.contains_key(name))
    }
}

/// Copies a directory, if it is there, with the times of its files.
fn copy(from: &Path, to: &Path) {
    if from.exists() {
        let status = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
        assert!(status.success());
    }
}

fn public(site: &Site) -> Files {
    match site.path("public") {
        path if path.exists() => Public::read(&path).files,
        _ => Files::new(),
    }
}

/// Builds it; gives what came out, which is that of a build that knows nothing.
fn build(site: &Site, arguments: &[&str]) -> Known {
    site.ok(&[&["build", "--quiet"], arguments].concat());
    Known::of(site)
}

/// Begins a build and kills it after a time; whether that came before its end.
fn kill_after(site: &Site, arguments: &[&str], time: Duration) -> bool {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("patchpress"));
    command.args(["build", "--quiet"]).args(arguments).current_dir(site.dir.path());
    let mut build = command.stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(time);
    build.kill().unwrap();
    build.wait().unwrap().code().is_none()
}

/// Of a site in which a build was killed: the old site reads until the new one is there.
fn assert_reads(site: &Site, [old, new]: [&Known; 2], when: &str) {
    let now = public(site);
    let is_page = |name: &str| {
        !name.ends_with("~")
            && name != ".patchpress/journal"
            && !name.starts_with(".patchpress/new/")
    };
    for (name, bytes) in now.iter().filter(|(name, _)| is_page(name)) {
        let known = [old, new].iter().any(|known| known.files.get(name) == Some(bytes));
        assert!(known, "{when}: {name} is neither the old file nor the new one");
    }
    assert!(old.is_in(&now) || new.is_in(&now), "{when}: neither site is there");
    let home = |files: &Files| files.get("index.html").cloned();
    if home(&now) != home(&old.files) {
        let pages = new.files.keys().filter(|name| is_page(name) && !name.starts_with('.'));
        let gone: Vec<_> = pages.filter(|name| !now.contains_key(*name)).collect();
        assert!(gone.is_empty(), "{when}: the new home page is there, but not {gone:?}");
    }
}

fn assert_same(site: &Site, expected: &Known, when: &str) {
    let now = public(site);
    let names = now.keys().chain(expected.files.keys());
    let differ: Vec<_> = names.filter(|n| now.get(*n) != expected.files.get(*n)).collect();
    assert!(differ.is_empty(), "{when}: {differ:?} are otherwise");
}

/// Kills builds that bring a site from one state to another one (with these arguments), and
/// builds again: to the second state, or back to the first.
fn kill_between(kind: &str, from: Option<&State>, to: &State, arguments: &[&str]) {
    let kills = number("PATCHPRESS_KILLS").unwrap_or(USUAL.0);
    let mut random = Random(number("PATCHPRESS_SEED").unwrap_or(1) as u64);
    let site = Site::new(CONFIG);
    let old = match from {
        Some(from) => {
            from.apply(&site);
            build(&site, &[])
        }
        None => Known { files: Files::new(), saved: tempfile::tempdir().unwrap() },
    };
    to.apply(&site);
    let clock = Instant::now();
    site.ok(&[&["build", "--quiet"], arguments].concat());
    let usual = clock.elapsed();
    old.restore(&site);
    let new = build(&site, &["--no-cache"]);
    let back = from.map(|from| {
        from.apply(&site);
        build(&site, &["--no-cache"])
    });
    let mut killed = 0;
    for at in 0..kills {
        old.restore(&site);
        to.apply(&site);
        // Every other one in the last third, where the files are put in their places.
        let [start, length] = [[0.0, 1.0], [0.67, 0.35]][at % 2];
        let share = start + length * (at as f64 + random.next()) / kills as f64;
        let when = format!("{kind}, kill {at} at {:.0} % of {usual:?}", share * 100.0);
        killed += usize::from(kill_after(&site, arguments, usual.mul_f64(share)));
        assert_reads(&site, [&old, &new], &when);
        if at % 3 == 1 {
            // Once more, after what the first one has left.
            kill_after(&site, arguments, usual.mul_f64(random.next()));
            assert_reads(&site, [&old, &new], &when);
        }
        let manifest = ".patchpress/manifest";
        let ended = public(&site).get(manifest) == new.files.get(manifest);
        match (from, &back) {
            (Some(from), Some(back)) if at % 4 == 3 => {
                from.apply(&site);
                site.ok(&["build", "--quiet"]);
                assert_same(&site, if ended { back } else { &old }, &format!("{when}, and back"));
            }
            _ => {
                site.ok(&["build", "--quiet"]);
                assert_same(&site, &new, &when);
            }
        }
    }
    println!("{kind}: {killed} of {kills} builds killed before their end, of {usual:?} each");
}

/// A list, and the states that it goes on to.
fn states() -> [State; 4] {
    let mails = number("PATCHPRESS_KILLS").map_or(USUAL.1, |_| MAILS);
    let all = first(mails);
    let months: Vec<String> =
        all.files.keys().filter(|name| name.ends_with(".mbox")).cloned().collect();
    let without = |name: &str, time| {
        let mut state = State { time, ..all.clone() };
        state.files.remove(name).expect("a month");
        state
    };
    let mut edited = State { time: 9, ..all.clone() };
    let page = "Not here.".into();
    edited.files.insert("themes/default/templates/404.html".into(), page);
    // The same length as before: nothing but the bytes tells these sites apart.
    let title = CONFIG.replace("title: Test", "title: Best");
    edited.files.insert("config.yaml".into(), title.into());
    [without(months.last().unwrap(), 0), without(&months[0], 9), edited, all]
}

#[test]
fn the_first_build() {
    let [.., all] = states();
    kill_between("a first build", None, &all, &[]);
}

#[test]
fn a_build_of_everything() {
    let [.., edited, all] = states();
    kill_between("a build of everything", Some(&all), &edited, &["--no-cache"]);
}

#[test]
fn new_mail() {
    let [before, .., all] = states();
    kill_between("new mail", Some(&before), &State { time: 9, ..all }, &[]);
}

#[test]
fn removed_mail() {
    let [_, without, _, all] = states();
    kill_between("removed mail", Some(&all), &without, &[]);
}

#[test]
fn another_theme() {
    let [.., edited, all] = states();
    kill_between("a theme edit", Some(&all), &edited, &[]);
}

//! A build after another one makes only the pages that change, and ends with the bytes of one
//! that makes all of them: whatever came, went or was edited in between.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use common::{Public, Site, age, data, gzip, mbox_files};
use serde_json::Value;

/// Mails of the list.
const MAILS: usize = 240;
/// Mails of each real list.
const REAL_MAILS: usize = 200;
/// Changes of what the site is made of, with a build after each.
const STEPS: usize = 20;
/// The files that the mails are in, at first.
const FILES: usize = 4;

/// A generator of numbers: Steele, Lea and Flood's splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// What a site is made of, and what is to come.
struct World {
    random: Random,
    /// The mails of each file, in order; an empty one is not there. Every second one is an mbox,
    /// of these every second compressed; the mails of the others are in one Maildir.
    files: Vec<Vec<Mail>>,
    /// Mails that will come, the next one last.
    future: Vec<Mail>,
    /// Old mails that have not come yet.
    late: Vec<Mail>,
    /// Mails that were taken out.
    gone: Vec<Mail>,
    /// Everything else, by path.
    texts: BTreeMap<&'static str, String>,
    edits: usize,
    /// How often somebody has read some of the mails in the Maildir.
    readings: usize,
}

impl World {
    /// A third of the mails is still to come.
    fn new(mut all: Vec<Mail>, seed: u64) -> World {
        let mut random = Random(seed);
        let future = all.split_off(all.len() * 2 / 3).into_iter().rev().collect();
        let late = (0..all.len() / 8).map(|_| all.remove(random.below(all.len()))).collect();
        let each = all.len().div_ceil(FILES);
        let files = all.chunks(each).map(<[Mail]>::to_vec).collect();
        let texts = [
            (".mailmap", String::new()),
            ("MAINTAINERS", "HEAD\n----\n\nPEATFS\nM:\tAda <ada@example.org>\nF:\tsrc/\n".into()),
            ("content/about.md", "---\ntitle: About\n---\nText.\n".into()),
        ];
        let texts = texts.into_iter().collect();
        let (gone, edits, readings) = (Vec::new(), 0, 0);
        World { random, files, future, late, gone, texts, edits, readings }
    }

    /// Changes one thing; says what.
    fn step(&mut self) -> String {
        let file = self.random.below(self.files.len());
        self.edits += 1;
        let edit = self.edits;
        match self.random.below(13) {
            0..=2 => {
                let count = (1 + self.random.below(12)).min(self.future.len());
                let at = self.future.len() - count;
                let new: Vec<Mail> = self.future.drain(at..).rev().collect();
                self.files.last_mut().unwrap().extend(new);
                format!("{count} new mails")
            }
            3 => {
                let count = (1 + self.random.below(5)).min(self.future.len());
                let at = self.future.len() - count;
                self.files.push(self.future.drain(at..).rev().collect());
                format!("a new file of {count} mails")
            }
            4 | 5 => {
                let late: Vec<Mail> = self.late.pop().into_iter().collect();
                let said = format!("{} late mail in file {file}", late.len());
                self.files[file].extend(late);
                said
            }
            6 | 7 if !self.files[file].is_empty() => {
                let at = self.random.below(self.files[file].len());
                self.gone.push(self.files[file].remove(at));
                format!("mail {at} of file {file} removed")
            }
            8 => {
                let back: Vec<Mail> = self.gone.drain(..).collect();
                let said = format!("{} removed mails come back in file {file}", back.len());
                self.files[file].extend(back);
                said
            }
            9 => {
                self.texts.insert("themes/default/templates/404.html", format!("No {edit}."));
                self.texts.insert("content/about.md", format!("---\ntitle: A{edit}\n---\nT.\n"));
                "another template and page".to_string()
            }
            10 => {
                // Of people and parts of the code that there are.
                let all: String =
                    self.files[file].iter().map(|m| String::from_utf8_lossy(m)).collect();
                let who =
                    all.lines().find_map(|line| line.strip_prefix("From: ")?.split('<').nth(1));
                let who = who.unwrap_or("ada@example.org>");
                self.texts.insert(".mailmap", format!("Somebody {edit} <{who}\n"));
                let path = all.lines().find_map(|line| line.strip_prefix("+++ b/"));
                let path = path.unwrap_or("src/");
                let section = format!("\nPART {edit}\nM:\tBo <bo@example.org>\nF:\t{path}\n");
                self.texts.get_mut("MAINTAINERS").unwrap().push_str(&section);
                format!("Somebody {edit} <{who}, who maintains {path}")
            }
            11 => {
                self.readings += 1;
                "mails are read".to_string()
            }
            _ => {
                let diffs = ["inline", "collapsed", "none"][self.random.below(3)];
                self.texts.insert("config.yaml", config(&format!("Site {edit}"), diffs));
                format!("another title, diffs: {diffs}")
            }
        }
    }

    fn write_to(&self, site: &Site) {
        for (name, text) in &self.texts {
            site.write(name, text);
        }
        let now = self.mail_files();
        let before = match site.path("mail").is_dir() {
            true => Public::read(&site.path("mail")).files,
            false => BTreeMap::new(),
        };
        for name in before.keys().filter(|name| !now.contains_key(*name)) {
            fs::remove_file(site.path(&format!("mail/{name}"))).unwrap();
        }
        for (name, bytes) in now.iter().filter(|(name, bytes)| before.get(*name) != Some(bytes)) {
            let name = format!("mail/{name}");
            site.write(&name, bytes);
            // Others aren't known again by their looks.
            if self.edits % 4 != 3 {
                age(&site.path(&name), self.edits as u64 + 1);
            }
        }
    }

    /// What is in `mail/`, by path.
    fn mail_files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for (at, mails) in self.files.iter().enumerate().filter(|(_, mails)| !mails.is_empty()) {
            match at % 4 {
                0 => _ = files.insert(format!("{at:02}.mbox"), mails.concat()),
                2 => _ = files.insert(format!("{at:02}.mbox.gz"), gzip(&mails.concat())),
                _ => files.extend(mails.iter().map(|mail| self.message(mail))),
            }
        }
        files
    }

    /// A mail in the Maildir: its path there, and the message. Those of one name are one mail.
    fn message(&self, mail: &Mail) -> (String, Vec<u8>) {
        let end = mail.iter().position(|byte| *byte == b'\n').expect("a separator");
        let mut hasher = DefaultHasher::new();
        mail.hash(&mut hasher);
        let unique = hasher.finish();
        let folder = match (unique as usize + self.readings) % 3 {
            0 => format!("dir/new/{unique}.host"),
            1 => format!("dir/cur/{unique}.host:2,"),
            _ => format!("dir/cur/{unique}.host:2,S"),
        };
        (folder, mail[end + 1..].to_vec())
    }
}

const TAB: &str = "  ";

/// A mail of an mbox, with its separator.
type Mail = Vec<u8>;

/// The mails of an mbox: each begins with a `From ` after an empty line.
fn split(mbox: &[u8]) -> Vec<Mail> {
    let mut mails: Vec<Mail> = Vec::new();
    let mut after_empty = true;
    for line in mbox.split_inclusive(|byte| *byte == b'\n') {
        if after_empty && line.starts_with(b"From ") {
            mails.push(Mail::new());
        }
        after_empty = line == b"\n";
        mails.last_mut().expect("an mbox begins with a separator").extend(line);
    }
    mails
}

/// The mails of the made-up list.
fn made_up(seed: u64) -> Vec<Mail> {
    let list = Site::new("");
    let (mails, seed) = (MAILS.to_string(), seed.to_string());
    list.ok(&["generate", "list", "--mails", &mails, "--seed", &seed]);
    let files = Public::read(&list.path("list")).files;
    let all: Vec<Mail> = files.values().flat_map(|bytes| split(bytes)).collect();
    assert_eq!(all.len(), MAILS);
    all
}

/// Two lists, with digests of each and of both.
fn config(title: &str, diffs: &str) -> String {
    format!(
        "title: {title}\nbase_url: https://example.org/site\npeople: {{mailmap: .mailmap}}\n\
         subsystems: {{maintainers: MAINTAINERS}}\nsite: {{diffs: {diffs}, gzip: true}}\n\
         digest: {{together: month}}\nlists:\n\
         {TAB}- {{id: even, sources: [{{mbox: 'mail/*.mbox*'}}], ranges: week}}\n\
         {TAB}- {{id: odd, sources: [{{maildir: mail/dir}}], ranges: {{every: 20}}}}\n"
    )
}

fn summary(site: &Site, arguments: &[&str]) -> Value {
    let arguments = [&["build", "--quiet", "--format", "json"], arguments].concat();
    serde_json::from_str(&site.ok(&arguments)).unwrap()
}

fn files(site: &Site) -> BTreeMap<String, Vec<u8>> {
    Public::read(&site.path("public")).files
}

/// Two sites live through the same changes. One makes of its pages those that change, the
/// other all of them, every time.
fn live_through_changes(mails: Vec<Mail>, seed: u64) {
    let mut world = World::new(mails, seed);
    let sites = [(); 2].map(|()| Site::new(&config("Site", "inline")));
    let mut said = "the first build".to_string();
    for step in 0..=STEPS {
        sites.iter().for_each(|site| world.write_to(site));
        let did = summary(&sites[0], &[]);
        summary(&sites[1], &["--no-cache"]);
        let [quick, whole] = sites.each_ref().map(files);
        let names: BTreeSet<&String> = quick.keys().chain(whole.keys()).collect();
        let differ: Vec<_> = names.iter().filter(|n| quick.get(**n) != whole.get(**n)).collect();
        assert!(differ.is_empty(), "step {step}, {said}: {differ:?} are otherwise");
        println!("{step}: {said}: {} of {} files written", did["written"], did["files"]);
        said = world.step();
    }
}

fn seed() -> u64 {
    std::env::var("PATCHPRESS_SEED").map_or(1, |seed| seed.parse().unwrap())
}

#[test]
fn after_any_change_the_site_is_that_of_a_whole_build() {
    live_through_changes(made_up(seed()), seed());
}

/// Real lists have what nobody makes up: threads that cross, the same mail twice, mails that
/// name others.
#[test]
fn so_it_is_with_real_mail() {
    for name in ["live-patching-2023-2026", "oddities.mbox"] {
        let Some(path) = data(name) else { return };
        let files = mbox_files(&path);
        let mut mails: Vec<Mail> =
            files.iter().flat_map(|file| split(&fs::read(file).unwrap())).collect();
        mails.truncate(REAL_MAILS);
        println!("{name}: {} mails", mails.len());
        live_through_changes(mails, seed());
    }
}

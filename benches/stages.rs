//! The stages of a build, each by itself, on made-up lists: `cargo bench`.
//!
//! Where a stage needs what the one before it makes, that is made outside the measured time.
//! Whole builds, beside what they can't do without, are timed by `benches/peers.sh`.

use std::path::Path;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use patchpress::archive::mailmap::Mailmap;
use patchpress::archive::subsystem::Rules;
use patchpress::archive::{Archive, Facts, ListId, Opened, Options, Split};
use patchpress::config::{self, Config, SourceConfig};
use patchpress::digest::Digest;
use patchpress::generate;
use patchpress::mail;
use patchpress::progress::Silent;
use patchpress::site::build::{BuildOptions, build};
use patchpress::source::{RawMail, Store};
use tempfile::TempDir;

fn main() {
    divan::main();
}

const MAILS: [u32; 2] = [2_000, 20_000];

/// A made-up list, and a configuration of it.
struct List {
    directory: TempDir,
    mails: u32,
}

impl List {
    fn new(mails: u32) -> List {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let options = generate::Options { mails, seed: 1, truth: false };
        generate::write_to(&directory.path().join("list"), &options).expect("writable");
        List { directory, mails }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn config(&self) -> Config {
        let text = "title: List\nbase_url: https://example.org/\nlists:\n  - id: list\n    \
             title: list\n    sources: [{mbox: list}]\n    ranges: month\n";
        config::parse(text, &self.path().join("config.yaml")).expect("a configuration")
    }

    fn store(&self) -> Store {
        Store::open(&[&[SourceConfig::Mbox(self.path().join("list"))]]).0
    }

    fn opened(&self) -> Opened {
        Opened::of(&self.config(), &Silent).expect("readable")
    }
}

fn bytes(store: &Store) -> BytesCount {
    BytesCount::new(store.files().iter().map(|file| file.size).sum::<u64>())
}

fn scan<T: Send>(store: &Store, work: impl Fn(RawMail<'_>) -> T + Sync) -> Vec<T> {
    store.scan(work, &|_| {}).0.into_iter().flatten().collect()
}

/// Finding the edges of all mails, and undoing the quoting of mbox.
#[divan::bench(args = MAILS)]
fn split(bencher: Bencher<'_, '_>, mails: u32) {
    let list = List::new(mails);
    let store = list.store();
    let bencher = bencher.counter(bytes(&store)).counter(ItemsCount::new(mails));
    bencher.bench(|| scan(&store, |raw| raw.bytes.len()).len());
}

/// All that can be known of single mails.
#[divan::bench(args = MAILS)]
fn parse(bencher: Bencher<'_, '_>, mails: u32) {
    let list = List::new(mails);
    let store = list.store();
    let bencher = bencher.counter(bytes(&store)).counter(ItemsCount::new(mails));
    bencher.bench(|| scan(&store, |raw| mail::parse(&raw.bytes, raw.separator).1.len()).len());
}

/// Which mails belong together.
#[divan::bench(args = MAILS)]
fn group(bencher: Bencher<'_, '_>, mails: u32) {
    let list = List::new(mails);
    let facts = scan(&list.store(), |raw| Facts::read(&raw, ListId(0), 0).0);
    let (mailmap, rules) = (Mailmap::default(), Rules::default());
    let bencher = bencher.counter(ItemsCount::new(mails)).with_inputs(|| {
        let lists = vec![(Split::Month, vec![String::new()])];
        (
            facts.clone(),
            Options { mailmap: &mailmap, rules: &rules, lists, together: None, exclude: &[] },
        )
    });
    bencher.bench_values(|(facts, options)| Archive::build(facts, &options));
}

/// What happened in each month.
#[divan::bench(args = MAILS)]
fn digest(bencher: Bencher<'_, '_>, mails: u32) {
    let opened = List::new(mails).opened();
    let archive = &opened.archive;
    let digest = |range| Digest::of(archive, range, 15);
    let bencher = bencher.counter(ItemsCount::new(mails));
    bencher.bench(|| archive.ranges.iter().map(digest).collect::<Vec<_>>());
}

/// A whole build: `fresh` into a new directory, so that rendering and writing are most of
/// it; else over what was built before, which `kept` lets it find out by a look.
fn whole(bencher: Bencher<'_, '_>, list: &List, fresh: bool, kept: bool) {
    let config = list.config();
    let output = list.path().join("public");
    let run = || {
        let options = BuildOptions {
            config: &config,
            output: &output,
            force: false,
            cache: kept,
            facts: &[],
        };
        build(&options, &Silent).map(|summary| summary.files).expect("a site")
    };
    run();
    let clear = || {
        if fresh {
            std::fs::remove_dir_all(&output).expect("it was built");
        }
    };
    let bencher = bencher.counter(ItemsCount::new(list.mails));
    bencher.with_inputs(clear).bench_values(|()| run());
}

/// Reading, grouping, rendering, writing.
#[divan::bench(args = MAILS, max_time = 20)]
fn build_into_nothing(bencher: Bencher<'_, '_>, mails: u32) {
    whole(bencher, &List::new(mails), true, false);
}

/// The same where every page is there already: what writing costs is the difference.
#[divan::bench(args = MAILS, max_time = 20)]
fn build_over_the_same(bencher: Bencher<'_, '_>, mails: u32) {
    whole(bencher, &List::new(mails), false, false);
}

/// The next build, where nothing is new.
#[divan::bench(args = MAILS)]
fn build_nothing_new(bencher: Bencher<'_, '_>, mails: u32) {
    whole(bencher, &List::new(mails), false, true);
}

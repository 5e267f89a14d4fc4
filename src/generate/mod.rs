//! A made-up patch mailing list, of any size and always the same for the same seed.
//!
//! The list is that of peatfs, a file system in user space that does not exist. Its people
//! mail from example domains; its patches are diffs of a tree that is kept while the list is
//! told, so that every posting applies to what was merged before it. It is for trying
//! patchpress out, for tests and for measurements, and comes with the truth about each mail.
//!
//! [`story`] tells one piece of work at a time, on the files and with the words of the rooms
//! beside it; [`outbox`] puts the mails of all of them in order. Memory grows with the rate
//! of mail (what is under way at a time), hardly with its amount.
//!
//! How many people there are, and who writes when, is made like real lists ([`crowd`]), and so
//! is the number of the project's parts: 12 and a third of the square root of the mails, most
//! of the work being on a few. Of 20,000 mails, titles have 373 prefixes, and those of the last
//! hundredth 29; of git's 20,004, 1,098 and 36, of 11,336 of kvm-unit-tests 285 and 17. Who
//! answers whom is 1,873 pairs in 8,171 answers; 877 in 6,959 and 687 in 4,538 there.
//!
//! Nothing here reads mail, and nothing else of patchpress depends on it.

mod calendar;
mod cast;
mod change;
mod code;
mod crowd;
mod diff;
mod encode;
mod grammar;
mod letter;
mod outbox;
mod project;
mod random;
mod review;
mod story;
mod talk;
mod tree;

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub use outbox::Sink;
use outbox::{Event, Outbox};
use random::Rng;
use story::{Story, Teller, World};

/// Which list to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many mails; exactly so many are made.
    pub mails: u32,
    /// Lists of different seeds are different.
    pub seed: u64,
    /// Whether to write `truth.jsonl`, one line a mail.
    pub truth: bool,
}

/// The month after the last one, counted from January of the year 0: July 2026.
const END: i32 = 2026 * 12 + 6;

impl Options {
    /// Over how many months the mails are spread.
    fn months(&self) -> i32 {
        (6 * (self.mails / 2000 * 100).isqrt() / 10).clamp(5, 180) as i32
    }

    /// How many subsystems the project has.
    fn subsystems(&self) -> usize {
        12 + (self.mails.isqrt() / 3) as usize
    }
}

/// Makes a list. `sink` receives parts of files, each a file's name and bytes to append to
/// it: the monthly mboxrd files `2026-03.mbox`, one after the other in order of time, and
/// parts of `truth.jsonl` between them. Fails as the sink does.
pub fn generate(options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let (start, end) = (calendar::first_of(END - options.months()), calendar::first_of(END));
    let mut world = World::new(options.mails, options.subsystems(), options.seed);
    let mut outbox = Outbox::new(options.mails, options.truth);
    let mut told = 0i64;
    let mut number = 0u64;
    // What is told goes on for weeks: the list ends in the middle of things, as lists do.
    while !outbox.is_full() {
        let now = start + (end - start) * told / i64::from(options.mails);
        outbox.advance(now, &mut world.tree, sink)?;
        world.crowd.advance(now, told as u32);
        number += 1;
        let mut story = tell(&world, Rng::part(options.seed, number), now);
        told += story.mails.len() as i64;
        world.accept(&mut story, now);
        enqueue(story, &mut outbox);
    }
    Ok(())
}

fn tell(world: &World, mut rng: Rng, now: i64) -> Story {
    const TRIES: usize = 40;
    let at = now + rng.within(0, 2 * 3600);
    for _ in 0..TRIES {
        let mut teller = Teller::new(world, Rng::new(rng.next()));
        let told = match teller.rng.weighted(&[84, 12, 3, 1]) {
            0 => teller.series_story(at).is_some(),
            1 => {
                teller.discussion(at);
                true
            }
            2 => teller.pull_request(at),
            _ => teller.pull_series(at).is_some(),
        };
        if told {
            return teller.story;
        }
    }
    let mut teller = Teller::new(world, Rng::new(rng.next()));
    teller.question(at);
    teller.story
}

fn enqueue(story: Story, outbox: &mut Outbox) {
    for (bytes, truth) in story.mails {
        outbox.push(truth.date, Event::Mail { bytes, truth: Box::new(truth) });
    }
    if let Some((base, end)) = story.work {
        let (at, merged) = story.settled;
        let draft = if merged { end } else { base };
        outbox.push(at, Event::Settle { draft, merged });
    }
}

/// Makes a list as files in a directory, which is made where it is missing. Files of the same
/// names are replaced. Fails where a file can't be written.
pub fn write_to(dir: &Path, options: &Options) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let open = |name: &str| File::create(dir.join(name)).map(BufWriter::new);
    let mut month: Option<(String, BufWriter<File>)> = None;
    let mut truth = options.truth.then(|| open("truth.jsonl")).transpose()?;
    generate(options, &mut |name, bytes| {
        if let (Some(truth), "truth.jsonl") = (&mut truth, name) {
            return truth.write_all(bytes);
        }
        if month.as_ref().is_none_or(|(open, _)| open != name) {
            if let Some((_, mut file)) = month.take() {
                file.flush()?;
            }
            month = Some((name.to_string(), open(name)?));
        }
        match &mut month {
            Some((_, file)) => file.write_all(bytes),
            None => Ok(()),
        }
    })?;
    month.map_or(Ok(()), |(_, mut file)| file.flush())?;
    truth.map_or(Ok(()), |mut file| file.flush())
}

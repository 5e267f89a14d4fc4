//! `patchpress range-diff`: what changed from one posting to another.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use super::{Failure, SiteArgs, mbox, terminal};
use crate::archive::compare::scope::{Scope, predecessor};
use crate::archive::compare::{CREATION_FACTOR, Limits, text};
use crate::archive::{Archive, Opened, PostingId};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::progress::Silent;

/// Print what changed from one posting to another, as `git range-diff` does
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress range-diff lamp-fade-instead-of-jumping-k3v9x2m4qa
  patchpress range-diff 20240306083000.2-1-mira@example.org 20240311083000.7-1-mira@example.org

No git repository is needed. In place of commit ids stand the beginnings of patch-ids.")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// The earlier posting, or the later one if it is the only one: its address, the last part
    /// of it, or the Message-ID of any of its mails
    #[arg(value_name = "A")]
    first: String,

    /// The later posting; without it, A is compared with the posting before it in its series
    #[arg(value_name = "B")]
    second: Option<String>,

    /// In percent, of how many of its lines a patch may differ before it counts as another
    #[arg(long, value_name = "PERCENT", default_value_t = CREATION_FACTOR)]
    creation_factor: u32,
}

/// What to compare.
#[derive(Debug)]
pub struct Options {
    /// The site it is of.
    pub config: Config,
    /// What names the first posting: the last part of a page's address, or a Message-ID.
    pub first: String,
    /// The second one, if it is named.
    pub second: Option<String>,
    /// As git has it.
    pub creation_factor: u32,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load()?;
        let name = |given: &str| mbox::name(given).to_string();
        Ok(Options {
            config,
            first: name(&self.first),
            second: self.second.as_deref().map(name),
            creation_factor: self.creation_factor,
        })
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options()?;
    print(&options)
}

fn print(options: &Options) -> Result<(), Failure> {
    let opened = Opened::of(&options.config, &Silent)?;
    let archive = &opened.archive;
    let pair = pair(archive, options)?;
    let limits = Limits::default();
    let known = BTreeMap::new();
    let scope = Scope::read(&opened.bodies(), archive, pair, &known, limits);
    let coloured = io::stdout().is_terminal() && terminal::wants_colour();
    let text = text::render(&scope.compare(options.creation_factor), coloured);
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// The two postings, the earlier first. Fails where one is not there, has no patches, or has
/// none before it.
fn pair(archive: &Archive, options: &Options) -> Result<(PostingId, PostingId), Diagnostic> {
    let find = |name: &str| {
        let id = mbox::find(archive, name).ok_or_else(|| mbox::unknown(name))?;
        match archive.standing(id).is_empty() {
            true => Err(Diagnostic::error(format!("the posting {name:?} has no patches"))
                .hint("there is nothing to compare in a cover letter alone")),
            false => Ok(id),
        }
    };
    let first = find(&options.first)?;
    match &options.second {
        Some(second) => Ok((first, find(second)?)),
        None => predecessor(archive, first).map(|before| (before, first)).ok_or_else(|| {
            let fault = format!("no posting before {:?} in its series", options.first);
            Diagnostic::error(fault).hint("name a second posting to compare it with")
        }),
    }
}

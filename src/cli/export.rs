//! `patchpress export`: what the archive knows, one JSON object a line.

use anyhow::anyhow;
use clap::ValueEnum;

use super::{Failure, SiteArgs};
use crate::config::Config;

/// Print what is known of all mails or postings, one JSON object a line
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress export mails > mails.jsonl
  patchpress export postings --config my-site/config.yaml")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// What is printed
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
}

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Every mail, in date order
    Mails,
    /// Every posting, by the date of its first mail
    Postings,
}

/// An export to print.
#[derive(Debug)]
pub struct Options {
    /// The site it is of.
    pub config: Config,
    /// What is printed.
    pub what: What,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        Ok(Options { config: self.site.load()?, what: self.what })
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options()?;
    print(&options)
}

fn print(_options: &Options) -> Result<(), Failure> {
    Err(anyhow!("not wired").into())
}

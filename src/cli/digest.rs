//! `patchpress digest`: one digest on standard output.

use anyhow::anyhow;
use clap::ValueEnum;

use super::{Failure, SiteArgs};
use crate::config::Config;

/// Print one digest
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress digest 2024-03
  patchpress digest lantern-devel/2024-03 --format json")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// The range as in the digest's address: RANGE, or LIST/RANGE where several lists have it
    #[arg(value_name = "RANGE")]
    range: String,

    /// How the digest is written
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

/// How a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// As digest.txt
    Text,
    /// As digest.json
    Json,
}

/// A digest to print.
#[derive(Debug)]
pub struct Options {
    /// The site it is of.
    pub config: Config,
    /// The id of its list, if given.
    pub list: Option<String>,
    /// The slug of its range.
    pub range: String,
    /// How it is written.
    pub format: Format,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load()?;
        let (list, range) = match self.range.split_once('/') {
            Some((list, range)) => (Some(list.to_string()), range.to_string()),
            None => (None, self.range),
        };
        Ok(Options { config, list, range, format: self.format })
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

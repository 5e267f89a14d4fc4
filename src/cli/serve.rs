//! `patchpress serve`: the site on this machine, rebuilt as its sources change.

use std::num::NonZeroUsize;

use anyhow::anyhow;

use super::{Failure, SiteArgs};
use crate::config::Config;

/// Show the site on this machine, and rebuild it whenever something changes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress serve --open
  patchpress serve --port 0")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// The port on 127.0.0.1; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    port: u16,

    /// Open the site in the browser
    #[arg(long)]
    open: bool,

    /// How many threads work; as many as there are cores if not given
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// A preview, ready to run.
#[derive(Debug)]
pub struct Options {
    /// What is shown; read again when its file changes.
    pub config: Config,
    /// The port, or 0.
    pub port: u16,
    /// Open the browser.
    pub open: bool,
    /// Threads; by the machine if not given.
    pub jobs: Option<NonZeroUsize>,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load()?;
        let Args { port, open, jobs, .. } = self;
        Ok(Options { config, port, open, jobs })
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options()?;
    serve(&options)
}

fn serve(_options: &Options) -> Result<(), Failure> {
    Err(anyhow!("not wired").into())
}

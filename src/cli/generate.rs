//! `patchpress generate`: an invented list of any size, for tests and measurements.

use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::anyhow;

use super::Failure;

/// Write the mail of an invented list, the same for the same arguments
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  patchpress generate content/lists/made-up --mails 20000 --seed 7")]
pub struct Args {
    /// Where the mbox files are written; it must not have any yet
    #[arg(value_name = "DIR")]
    output: PathBuf,

    /// How many mails, about
    #[arg(long, value_name = "N", default_value = "2000")]
    mails: NonZeroU32,

    /// Another number, other mails
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    generate(&args)
}

fn generate(_args: &Args) -> Result<(), Failure> {
    Err(anyhow!("not wired").into())
}

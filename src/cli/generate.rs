//! `patchpress generate`: an invented list of any size, for tests and measurements.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::diagnostic::Diagnostic;
use crate::generate::{self, Options};

/// Write the mail of an invented list, the same for the same arguments
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  patchpress generate content/lists/made-up --mails 20000 --seed 7")]
pub struct Args {
    /// Where the mbox files are written; an empty directory
    #[arg(value_name = "DIR")]
    output: PathBuf,

    /// How many mails
    #[arg(long, value_name = "N", default_value = "2000")]
    mails: NonZeroU32,

    /// Another number, other mails
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Write `truth.jsonl` too: what each mail is and where it belongs
    #[arg(long)]
    truth: bool,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    refuse_full(&args.output)?;
    let options = Options { mails: args.mails.get(), seed: args.seed, truth: args.truth };
    Ok(generate::write_to(&args.output, &options)?)
}

/// Mail that is there already would be mixed with the new.
fn refuse_full(directory: &Path) -> Result<(), Diagnostic> {
    let empty = std::fs::read_dir(directory).map_or(true, |mut entries| entries.next().is_none());
    match empty {
        true => Ok(()),
        false => Err(Diagnostic::error("the directory is not empty")
            .in_file(directory)
            .hint("name one that is empty or not there yet")),
    }
}

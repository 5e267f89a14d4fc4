//! `patchpress read`: mail is read, and what is known of it kept in a file, for a build that many
//! such readings are put together in.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::build::on_all;
use super::{Failure, SiteArgs, progress, terminal};
use crate::archive::Keeping;
use crate::archive::open::{self, Intake};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::progress::Progress;
use crate::site::stamp;

/// Read mail, and keep what is known of it for `build --facts`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Several processes can read a part of the mail each. What is known already is not read again, and
a file in which nothing changes is not written.

Examples:
  patchpress read --list kvm --facts facts/kvm
  patchpress build --facts facts/*")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// Whose mail is read, by its id; may be given several times. All lists if not given
    #[arg(long = "list", value_name = "ID")]
    lists: Vec<String>,

    /// Where what is known is kept
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,

    /// How many threads work; as many as there are cores if not given
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

/// A reading, ready to run.
#[derive(Debug)]
pub struct Options {
    /// The site that it is for.
    pub config: Config,
    /// For each of its lists, whether it is read.
    pub wanted: Vec<bool>,
    /// Where what is known is kept.
    pub facts: PathBuf,
    /// Threads; by the machine if not given.
    pub jobs: Option<NonZeroUsize>,
    /// Show no progress and no outcome.
    pub quiet: bool,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration, and where there
    /// is no list of a name.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load()?;
        let Args { lists, facts, jobs, quiet, .. } = self;
        let known = |id: &String| config.lists.iter().any(|list| list.id == *id);
        let unknown: Vec<Diagnostic> = lists.iter().filter(|id| !known(id)).map(no_list).collect();
        if !unknown.is_empty() {
            return Err(Failure::Faults(unknown));
        }
        let wanted = config.lists.iter().map(|list| lists.is_empty() || lists.contains(&list.id));
        Ok(Options { wanted: wanted.collect(), config, facts, jobs, quiet })
    }
}

fn no_list(id: &String) -> Diagnostic {
    Diagnostic::error(format!("there is no list {id:?}"))
        .hint("`lists` in config.yaml names them by their `id`")
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options()?;
    let unwritable = || Diagnostic::error("can't be written").in_file(&options.facts);
    let keeping = stamp::keeping_in(options.facts.clone())
        .ok_or_else(|| Failure::Faults(vec![unwritable()]))?;
    let display = progress::display(options.quiet);
    let reading = on_all(options.jobs, || read(&options, &keeping, &*display))??;
    terminal::print(&reading.diagnostics, terminal::look());
    if !options.quiet {
        eprintln!(
            "{}: {} mails of {} files",
            options.facts.display(),
            reading.mails,
            reading.files
        );
    }
    Ok(())
}

fn read(
    options: &Options,
    keeping: &Keeping,
    progress: &dyn Progress,
) -> Result<Intake, Vec<Diagnostic>> {
    let reading = open::read(&options.config, &options.wanted, keeping, progress);
    progress.done();
    reading
}

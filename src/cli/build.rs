//! `patchpress build`: the whole site, from mail to `public/`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use indicatif::HumanBytes;
use serde::Serialize;

use super::{Failure, SiteArgs, progress, terminal};
use crate::config::{self, Config};
use crate::diagnostic::{Diagnostic, Look};
use crate::progress::Progress;
use crate::site::build::{self as site, BuildOptions, Summary};

/// Build the site
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress build
  patchpress build --config my-site/config.yaml --output /srv/www/digests
  patchpress build --base-url https://example.org/preview --quiet --format json
  patchpress build --facts facts/*")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// Where the site is written; `public` beside the configuration if not given
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Where the site will be published, instead of the configuration's `base_url`
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base_url: Option<String>,

    /// How many threads work; as many as there are cores if not given
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Write into a directory that holds files of others, and write unchanged pages too
    #[arg(long)]
    force: bool,

    /// Read all mail and make all pages again, and keep nothing for the next build
    #[arg(long)]
    no_cache: bool,

    /// Use what `patchpress read` has kept in these files, and keep nothing of mail that is in
    /// none of them
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "no_cache")]
    facts: Vec<PathBuf>,

    /// Show no progress
    #[arg(long)]
    quiet: bool,

    /// Show every warning, also many alike
    #[arg(long)]
    verbose: bool,

    /// How the outcome is told
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

/// Reads `--base-url`.
pub(super) fn base_url(url: &str) -> Result<String, String> {
    config::check_base_url(url).map_err(|fault| fault.to_string())
}

/// How the outcome of a build is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, on standard error
    Text,
    /// One JSON object on standard output
    Json,
}

/// A build, ready to run.
#[derive(Debug)]
pub struct Options {
    /// What is built.
    pub config: Config,
    /// Where it is written.
    pub output: PathBuf,
    /// Threads; by the machine if not given.
    pub jobs: Option<NonZeroUsize>,
    /// Write where others have written, and what is unchanged.
    pub force: bool,
    /// Use what earlier builds kept, and keep it for later ones.
    pub cache: bool,
    /// What other processes have read of the mail.
    pub facts: Vec<PathBuf>,
    /// Show every diagnostic.
    pub verbose: bool,
    /// Show no outcome.
    pub quiet: bool,
    /// How the outcome is told.
    pub format: Format,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load_for(self.base_url)?;
        let output = self.site.output(self.output);
        let Args { jobs, force, no_cache, facts, verbose, quiet, format, .. } = self;
        let cache = !no_cache;
        Ok(Options { config, output, jobs, force, cache, facts, verbose, quiet, format })
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let (format, quiet) = (args.format, args.quiet);
    let outcome = args.options().and_then(|options| build(&options, &*progress::display(quiet)));
    match outcome {
        Err(Failure::Faults(faults)) if format == Format::Json => {
            print_json(&Refusal { diagnostics: &faults })?;
            Err(Failure::Told)
        }
        outcome => outcome,
    }
}

fn build(options: &Options, progress: &dyn Progress) -> Result<(), Failure> {
    let build = BuildOptions {
        config: &options.config,
        output: &options.output,
        force: options.force,
        cache: options.cache,
        facts: &options.facts,
    };
    let summary = on_all(options.jobs, || site::build(&build, progress))?;
    let summary = summary.map_err(|refused| Failure::Faults(refused.0))?;
    match options.format {
        Format::Json => print_json(&summary),
        Format::Text => {
            let look = terminal::look();
            terminal::print(&summary.diagnostics, Look { verbose: options.verbose, ..look });
            if !options.quiet {
                eprint!("{}", told(&summary, &options.output));
            }
            Ok(())
        }
    }
}

/// Runs the one `work` of a command on so many threads, or as many as there are cores. This
/// thread is one of them: its memory grows in larger steps than that of others.
pub(super) fn on_all<T: Send>(
    jobs: Option<NonZeroUsize>,
    work: impl FnOnce() -> T + Send,
) -> anyhow::Result<T> {
    let threads = jobs.map_or(0, NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread();
    Ok(pool.build()?.install(work))
}

/// Runs one `work` of many on so many threads, or as many as there are cores.
#[cfg(feature = "serve")]
pub(super) fn with_jobs<T: Send>(
    jobs: Option<NonZeroUsize>,
    work: impl FnOnce() -> T + Send,
) -> anyhow::Result<T> {
    match jobs {
        None => Ok(work()),
        Some(jobs) => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.get()).build()?;
            Ok(pool.install(work))
        }
    }
}

/// A build's outcome in a few lines.
fn told(summary: &Summary, output: &Path) -> String {
    let faulty = match summary.faulty {
        0 => String::new(),
        count => format!(" ({count} with a problem, see problems/)"),
    };
    let share = summary.bytes as f64 * 100.0 / summary.size_budget.max(1) as f64;
    format!(
        "{}: {} mails{faulty}, {} postings in {} series, {} digests\n\
         {} files, {} ({share:.0} % of `site.size_budget`): {} written, {} unchanged, {} deleted\n\
         by kind: {}\n\
         largest: {}\n\
         {}\n",
        output.display(),
        summary.mails,
        summary.postings,
        summary.series,
        summary.digests,
        summary.files,
        HumanBytes(summary.bytes),
        summary.written,
        summary.unchanged,
        summary.deleted,
        listed(summary.kinds.iter().map(|(kind, _, bytes)| (kind, *bytes))),
        listed(summary.largest.iter().take(3).map(|(path, bytes)| (path, *bytes))),
        time(&summary.seconds),
    )
}

/// Names with their bytes.
fn listed<'a>(named: impl Iterator<Item = (&'a String, u64)>) -> String {
    let each: Vec<String> = named.map(|(name, b)| format!("{name} {}", HumanBytes(b))).collect();
    each.join(", ")
}

/// All seconds, and those of the stages that took any.
fn time(stages: &[(String, f64)]) -> String {
    let sum: f64 = stages.iter().map(|(_, seconds)| seconds).sum();
    let long = stages.iter().filter(|(_, seconds)| *seconds >= 0.01);
    let each: Vec<String> = long.map(|(name, seconds)| format!("{name} {seconds:.2}")).collect();
    match each.is_empty() {
        true => format!("{sum:.2} s"),
        false => format!("{sum:.2} s: {}", each.join(", ")),
    }
}

/// The outcome of a build that did not begin, as JSON.
#[derive(Serialize)]
struct Refusal<'a> {
    diagnostics: &'a [Diagnostic],
}

/// Prints a value as one line of JSON on standard output.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

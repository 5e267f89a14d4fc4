//! `patchpress check`: the built site, before it is published.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::build::{Format, base_url, print_json};
use super::{Failure, SiteArgs, terminal};
use crate::check::{self, CheckOptions, Report};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Look};

/// Check the built site: links, published addresses, files, size
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress check
  patchpress check --published last-manifest --format json
  patchpress check --base-url https://example.org/preview --output preview

What is published now is told by the list that each build leaves at
.patchpress/manifest; `-` reads it from standard input:
  curl -fsS https://example.org/digests/.patchpress/manifest |
    patchpress check --published -")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// Where the site was written; `public` beside the configuration if not given
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Where the site will be published, as given to `build`
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base_url: Option<String>,

    /// The list of published addresses to hold the site against (`-`: standard input)
    #[arg(long, value_name = "FILE")]
    published: Option<PathBuf>,

    /// Let published pages go whose mail is no longer there
    #[arg(long)]
    allow_gone: bool,

    /// Tell only what is wrong
    #[arg(long)]
    quiet: bool,

    /// Show every fault, however many there are
    #[arg(long)]
    verbose: bool,

    /// How the outcome is told
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

/// A check, ready to run.
#[derive(Debug)]
pub struct Options {
    /// The site it is of.
    pub config: Config,
    /// Where it was written.
    pub output: PathBuf,
    /// The text of the list of published addresses.
    pub published: Option<String>,
    /// Whether pages may have gone with their mail.
    pub allow_gone: bool,
    /// Show only faults.
    pub quiet: bool,
    /// Show all of them.
    pub verbose: bool,
    /// How the outcome is told.
    pub format: Format,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration, or where the
    /// list can't be read.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load_for(self.base_url)?;
        let output = self.site.output(self.output);
        let published = self.published.as_deref().map(list).transpose()?;
        let Args { allow_gone, quiet, verbose, format, .. } = self;
        Ok(Options { config, output, published, allow_gone, quiet, verbose, format })
    }
}

/// Reads a list of published addresses.
fn list(path: &Path) -> Result<String, Diagnostic> {
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map(drop),
        false => std::fs::read(path).map(|read| bytes = read),
    };
    match read {
        Ok(()) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => Err(Diagnostic::error(format!("can't be read: {error}")).in_file(path)),
    }
}

/// Runs the command. Fails where something is wrong with the site.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options()?;
    let report = check::check(&CheckOptions {
        output: &options.output,
        base_url: &options.config.base_url,
        size_budget: options.config.size_budget,
        published: options.published.as_deref(),
        exclude: &options.config.exclude,
        allow_gone: options.allow_gone,
    })?;
    match options.format {
        Format::Json => print_json(&report)?,
        Format::Text => tell(&options, &report),
    }
    if report.is_sound() { Ok(()) } else { Err(Failure::Told) }
}

/// Faults beyond this many are counted, but for those of published addresses.
const SHOWN: usize = 100;

fn tell(options: &Options, report: &Report) {
    let all = report.diagnostics.len();
    let shown = match options.verbose {
        true => all,
        false => SHOWN.max(report.lost.len() + report.gone.len()).min(all),
    };
    let look = Look { verbose: options.verbose, ..terminal::look() };
    terminal::print(&report.diagnostics[..shown], look);
    if shown < all {
        eprintln!("… and {} more faults; --verbose shows all\n", all - shown);
    }
    if !options.quiet {
        eprint!("{}", told(&options.output, report));
    }
}

/// A check's outcome in a few lines.
fn told(output: &Path, report: &Report) -> String {
    let Report { pages, files, links, anchors, permalinks, moved, .. } = report;
    format!(
        "{}: {pages} pages in {files} files, {:.1} MiB; {links} links, {anchors} anchors\n\
         {permalinks} published addresses: {} stand, {moved} lead on, {} gone, {} lost\n\
         {}\n",
        output.display(),
        report.bytes as f64 / f64::from(1 << 20),
        permalinks - moved - report.gone.len() - report.lost.len(),
        report.gone.len(),
        report.lost.len(),
        if report.is_sound() { "nothing is wrong" } else { "not fit to be published" },
    )
}

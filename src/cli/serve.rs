//! `patchpress serve`: the site on this machine, rebuilt as its sources change.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::build::with_jobs;
use super::{Failure, SiteArgs, progress, terminal};
use crate::config::{self, Config, SourceConfig};
use crate::diagnostic::{Diagnostic, Severity};
use crate::serve::{self, Built, Port, Preview, Ready};
use crate::site::build::{self as site, BuildOptions};
use crate::site::resident::{Onlooker, Resident};
use crate::site::url::Base;
use crate::source;

/// Show the site on this machine, and rebuild it whenever something changes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress serve --open
  patchpress serve --port 0")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// Where the site is written; `public` beside the configuration if not given
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// The port on 127.0.0.1, and no other; 0 takes any that is free. If not given, 8000 or
    /// the next one that is free
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Open the site in the browser
    #[arg(long)]
    open: bool,

    /// How many threads work; as many as there are cores if not given
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// The port that is taken if none is given and it is free.
const PORT: u16 = 8000;

/// A preview, ready to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration's file; read again for every build.
    pub config: PathBuf,
    /// Where the site is written.
    pub output: PathBuf,
    /// Where it listens.
    pub port: Port,
    /// Open the browser.
    pub open: bool,
    /// Threads; by the machine if not given.
    pub jobs: Option<NonZeroUsize>,
}

impl Args {
    /// What the arguments ask for.
    fn options(self) -> Options {
        let output = self.site.output(self.output);
        let Args { port, open, jobs, .. } = self;
        let port = port.map_or(Port::From(PORT), Port::Given);
        Options { config: self.site.config, output, port, open, jobs }
    }
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options();
    // A preview without any configuration would have nothing to heal.
    let config = config::load(&options.config)?;
    let base = base_path(&config);
    let Options { port, open, .. } = options;
    let resident = Mutex::new(Resident::default());
    let build = Box::new(move |onlooker: &Onlooker<'_>| {
        // One build follows the other; a panic in one leaves nothing half kept.
        let mut resident = resident.lock().unwrap_or_else(PoisonError::into_inner);
        build(&options, &base, &mut resident, onlooker)
    });
    let ready = Box::new(move |ready: &Ready| announce(ready, open));
    Ok(serve::run(Preview { port, build, ready })?)
}

/// Builds the site as `patchpress build` does; what is wrong becomes a page of the preview
/// and is told on the terminal. None if something has changed since.
fn build(
    options: &Options,
    last_base: &str,
    resident: &mut Resident,
    onlooker: &Onlooker<'_>,
) -> Option<Built> {
    let output = options.output.clone();
    match config::load(&options.config) {
        Err(faults) => {
            terminal::print(&faults, terminal::look());
            let (base_path, watched) = (last_base.to_owned(), vec![options.config.clone()]);
            Some(Built { output, base_path, watched, faults, changed: false })
        }
        Ok(config) => {
            let (faults, changed) = build_site(options, &config, resident, onlooker)?;
            let watched = watched(&options.config, &config);
            Some(Built { output, base_path: base_path(&config), watched, faults, changed })
        }
    }
}

/// The faults that kept the site from being built, if any, and whether it is another one now;
/// none if the build was superseded.
fn build_site(
    options: &Options,
    config: &Config,
    resident: &mut Resident,
    onlooker: &Onlooker<'_>,
) -> Option<(Vec<Diagnostic>, bool)> {
    let progress = progress::display(false);
    let build =
        BuildOptions { config, output: &options.output, force: false, cache: true, facts: &[] };
    let again = || site::build_again(&build, resident, Some(onlooker), &*progress);
    let (told, faults, changed) = match with_jobs(options.jobs, again) {
        Ok(Ok(summary)) => (summary.diagnostics, Vec::new(), summary.written + summary.deleted > 0),
        Ok(Err(_)) if (onlooker.superseded)() => return None,
        Ok(Err(refused)) => (refused.0.clone(), refused.0, false),
        Err(error) => {
            let fault = Diagnostic::error(format!("{error:#}"));
            (vec![fault.clone()], vec![fault], false)
        }
    };
    terminal::print(&told, terminal::look());
    Some((faults, changed))
}

fn base_path(config: &Config) -> String {
    format!("{}/", Base::new(&config.base_url).path())
}

/// What the site is made of.
fn watched(file: &Path, config: &Config) -> Vec<PathBuf> {
    let beside = [config.mailmap.clone(), config.maintainers.clone()];
    let directories = ["content", "themes"].map(|name| config.root.join(name));
    let sources = config.lists.iter().flat_map(|list| &list.sources);
    std::iter::once(file.to_owned())
        .chain(beside.into_iter().flatten())
        .chain(directories)
        .chain(sources.flat_map(watched_source))
        .collect()
}

/// Of a repository what changes with new commits, and not its objects: a fetch writes them
/// long before it says what they are.
fn watched_source(source: &SourceConfig) -> Vec<PathBuf> {
    match source {
        SourceConfig::Mbox(path) | SourceConfig::Maildir(path) | SourceConfig::Digests(path) => {
            vec![without_globs(path)]
        }
        SourceConfig::PublicInbox(path) => source::refs(path),
    }
}

/// The part of a path before its first glob; `.` where nothing stands before it.
fn without_globs(path: &Path) -> PathBuf {
    let plain = |part: &std::ffi::OsStr| !part.to_string_lossy().contains(['*', '?', '[', '{']);
    let before: PathBuf = path.components().take_while(|part| plain(part.as_os_str())).collect();
    if before.as_os_str().is_empty() { PathBuf::from(".") } else { before }
}

/// Says where the preview is, and shows it.
fn announce(ready: &Ready, open: bool) {
    let Ready { address, taken } = ready;
    let mut out = std::io::stdout().lock();
    // Without a reader the preview still answers.
    let _ = writeln!(out, "{address}  (Ctrl-C ends)").and_then(|()| out.flush());
    if let Some(port) = taken {
        let note = Diagnostic::warning(format!("port {port} is taken, so this is on another"));
        let note = Diagnostic { severity: Severity::Note, ..note };
        terminal::print(&[note.hint("`--port` names one to take always")], terminal::look());
    }
    if open {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        if let Err(error) = Command::new(opener).arg(address).spawn() {
            terminal::print(&[Diagnostic::warning(format!("{opener}: {error}"))], terminal::look());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_watched_from_where_it_begins() {
        assert_eq!(without_globs(Path::new("a/b/*.mbox")), Path::new("a/b"));
        assert_eq!(without_globs(Path::new("/a/{b,c}/d")), Path::new("/a"));
        assert_eq!(without_globs(Path::new("a/b.mbox")), Path::new("a/b.mbox"));
        assert_eq!(without_globs(Path::new("*.mbox")), Path::new("."));
    }
}

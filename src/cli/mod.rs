//! The commands: each resolves its arguments into options and calls the library.
//!
//! One file a command, of the same form: `Args` are the plain values as clap reads them,
//! `Options` what is made of them, `run` the command. Nothing here ends the process or
//! prints an error; that is done once, by `main`.

pub mod build;
pub mod check;
pub mod context;
pub mod digest;
pub mod explain;
pub mod export;
mod failure;
pub mod generate;
pub mod init;
pub mod link;
pub mod mbox;
pub mod progress;
pub mod range_diff;
pub mod read;
#[cfg(feature = "serve")]
pub mod serve;
pub mod terminal;
pub mod theme;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use failure::Failure;

use crate::config::{self, Config};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "patchpress", version, arg_required_else_help = true)]
#[command(about = "Mail of patch mailing lists in, a static website of digests out")]
#[command(after_help = "\
Examples:
  patchpress init my-site
  cd my-site && patchpress build

Exit status: 0 all went well, 1 a fault in the input or the configuration, 2 wrong usage")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Args),
    #[cfg(feature = "serve")]
    Serve(serve::Args),
    Init(init::Args),
    Theme(theme::Args),
    Context(context::Args),
    Check(check::Args),
    Link(link::Args),
    Digest(digest::Args),
    Mbox(mbox::Args),
    RangeDiff(range_diff::Args),
    Export(export::Args),
    Read(read::Args),
    Explain(explain::Args),
    #[command(hide = true)]
    Generate(generate::Args),
}

/// Runs the command that the arguments (the program's name first) ask for. A reader that
/// goes away before all is written is no failure.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
    let result = match Cli::try_parse_from(args)?.command {
        Command::Build(args) => build::run(args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(args),
        Command::Init(args) => init::run(args),
        Command::Theme(args) => theme::run(args),
        Command::Context(args) => context::run(args),
        Command::Check(args) => check::run(args),
        Command::Link(args) => link::run(args),
        Command::Digest(args) => digest::run(args),
        Command::Mbox(args) => mbox::run(args),
        Command::RangeDiff(args) => range_diff::run(args),
        Command::Export(args) => export::run(args),
        Command::Read(args) => read::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Generate(args) => generate::run(args),
    };
    result.or_else(|failure| if failure.is_broken_pipe() { Ok(()) } else { Err(failure) })
}

/// The arguments of every command that reads a site.
#[derive(Debug, clap::Args)]
pub struct SiteArgs {
    /// The site's configuration
    #[arg(long, value_name = "FILE", default_value = config::FILE_NAME)]
    pub config: PathBuf,
}

impl SiteArgs {
    /// Reads the configuration. Fails with every fault in it.
    pub fn load(&self) -> Result<Config, Failure> {
        Ok(config::load(&self.config)?)
    }

    /// The same, for a site that will be at another address than the configuration says.
    fn load_for(&self, base_url: Option<String>) -> Result<Config, Failure> {
        let config = self.load()?;
        Ok(match base_url {
            Some(base_url) => Config { base_url, ..config },
            None => config,
        })
    }

    /// Where the site is written: as given, else `public` beside the configuration.
    fn output(&self, given: Option<PathBuf>) -> PathBuf {
        given.unwrap_or_else(|| self.config.with_file_name("public"))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_of_all_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_shows_an_example_that_parses() {
        let commands = Cli::command().get_subcommands().cloned().collect::<Vec<_>>();
        assert!(commands.len() >= 6);
        for mut command in commands {
            let help = command.render_long_help().to_string();
            let examples: Vec<&str> =
                help.lines().filter_map(|line| line.strip_prefix("  patchpress ")).collect();
            assert!(!examples.is_empty(), "{help}");
            for example in examples {
                let words = example.split(['>', '|']).next().unwrap_or("").split_whitespace();
                let args = std::iter::once("patchpress").chain(words);
                if let Err(error) = Cli::try_parse_from(args) {
                    panic!("{example}: {error}");
                }
            }
        }
    }
}

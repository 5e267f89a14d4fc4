//! `patchpress export`: what the archive knows, one JSON object a line.

use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use serde::Serialize;

use super::{Failure, SiteArgs, terminal};
use crate::archive::{Opened, export};
use crate::config::Config;
use crate::progress::Silent;
use crate::site::url::Urls;

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

fn print(options: &Options) -> Result<(), Failure> {
    let opened = Opened::of(&options.config, &Silent)?;
    terminal::print(&opened.diagnostics, terminal::look());
    let archive = &opened.archive;
    let lists: Vec<String> = options.config.lists.iter().map(|list| list.id.clone()).collect();
    match options.what {
        What::Mails => print_rows(export::mails(archive, &lists)),
        What::Postings => {
            let urls = Urls::new(&options.config, archive);
            let url = |id| urls.base.absolute(urls.posting_path(id));
            print_rows(export::postings(archive, &lists, &url))
        }
    }
}

/// Prints one JSON object a line.
fn print_rows(rows: impl Iterator<Item = impl Serialize>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    for row in rows {
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

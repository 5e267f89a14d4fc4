//! `patchpress digest`: one digest on standard output.

use std::borrow::Cow;
use std::io::{self, Write};

use clap::ValueEnum;

use super::{Failure, SiteArgs};
use crate::archive::{Archive, Opened, Range};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, json, text};
use crate::progress::Silent;
use crate::site::url::Urls;

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

fn print(options: &Options) -> Result<(), Failure> {
    let config = &options.config;
    let opened = Opened::of(config, &Silent)?;
    let archive = &opened.archive;
    let range = find(options, archive)?;
    let digest =
        Digest::of(archive, range, config.top).with_waiting(archive, config.unanswered_days);
    let list = &config.lists[usize::from(range.list.0)];
    let text = match options.format {
        Format::Text => {
            let bodies = opened.bodies();
            text::render(&digest, archive, &list.title, &|mail| Cow::Owned(bodies.mail(mail)))
        }
        Format::Json => {
            let urls = Urls::new(config, archive);
            json::render(&digest, archive, &list.id, &|id| {
                urls.base.absolute(urls.posting_path(id))
            })
        }
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// The range that is asked for. Fails where there is none, or where several lists have it.
fn find<'a>(options: &Options, archive: &'a Archive) -> Result<&'a Range, Diagnostic> {
    let lists = &options.config.lists;
    if let Some(list) = options.list.as_deref().filter(|id| lists.iter().all(|l| l.id != **id)) {
        let known: Vec<&str> = lists.iter().map(|list| list.id.as_str()).collect();
        return Err(Diagnostic::error(format!("no list {list:?}"))
            .hint(format!("the lists of this site: {}", known.join(", "))));
    }
    let id = |range: &Range| lists[usize::from(range.list.0)].id.as_str();
    let of_list = |range: &&Range| options.list.as_deref().is_none_or(|list| list == id(range));
    let mut found = archive.ranges.iter().filter(of_list).filter(|r| r.slug == options.range);
    match (found.next(), found.next()) {
        (Some(range), None) => Ok(range),
        (Some(one), Some(other)) => {
            let names = format!("{0}/{2} or {1}/{2}", id(one), id(other), options.range);
            Err(Diagnostic::error(format!("several lists have a digest {:?}", options.range))
                .hint(format!("name the list: {names}")))
        }
        (None, _) => {
            let known: Vec<&str> =
                archive.ranges.iter().filter(of_list).map(|r| r.slug.as_str()).collect();
            let last = known.iter().rev().take(5).copied().collect::<Vec<_>>().join(", ");
            Err(Diagnostic::error(format!("no digest {:?}", options.range))
                .hint(format!("there are {}, the last: {last}", known.len())))
        }
    }
}

//! `patchpress mbox`: the patches of one posting, ready for `git am` or as they were sent.

use std::io::{self, Write};

use super::{Failure, SiteArgs};
use crate::archive::mbox::{CoverLetter, am_mbox, posting_mbox};
use crate::archive::{Archive, Home, Opened, PostingId};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::progress::Silent;

/// Print one posting as an mbox (mboxrd) that `git am` applies
///
/// Trailers that replies gave are added to the commit messages, behind those that stand
/// there. With a patch that was sent again alone (`v2 3/7` in answer to `v1 3/7`) come the
/// other patches, which still stand.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress mbox lamp-fade-instead-of-jumping-k3v9x2m4qa | git am --patch-format=mboxrd
  patchpress mbox 20240306083000.2-1-mira@example.org > fade.mbox
  patchpress mbox --as-sent 20240306083000.2-1-mira@example.org > fade.mbox")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// The posting: its address, the last part of it, or the Message-ID of any of its mails
    #[arg(value_name = "SERIES")]
    series: String,

    /// Print the patches of this posting as they were sent, byte for byte
    #[arg(long)]
    as_sent: bool,
}

/// A posting to print.
#[derive(Debug)]
pub struct Options {
    /// The site it is of.
    pub config: Config,
    /// What names it: the last part of a page's address, or a Message-ID.
    pub series: String,
    /// As it was sent, not ready for `git am`.
    pub as_sent: bool,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load()?;
        Ok(Options { config, series: name(&self.series).to_string(), as_sent: self.as_sent })
    }
}

/// What names a posting: a Message-ID without angle brackets, or of a page's address the
/// last part. A Message-ID has an `@` and may have slashes; an address has none.
pub(super) fn name(given: &str) -> &str {
    let given = given.trim();
    if given.contains('@') {
        return given.trim_start_matches('<').trim_end_matches('>');
    }
    let path = given.split(['?', '#']).next().unwrap_or(given).trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options()?;
    print(&options)
}

fn print(options: &Options) -> Result<(), Failure> {
    let opened = Opened::of(&options.config, &Silent)?;
    let archive = &opened.archive;
    let id = find(archive, &options.series).ok_or_else(|| unknown(&options.series))?;
    let bodies = opened.bodies();
    let raw = |mail| bodies.raw(mail);
    let mbox = match options.as_sent {
        true => posting_mbox(archive.posting(id), CoverLetter::Omit, raw),
        false => am_mbox(archive, id, raw),
    };
    io::stdout().lock().write_all(&mbox)?;
    Ok(())
}

/// The posting with this Message-ID in it, or with this id at the end of its address.
pub(super) fn find(archive: &Archive, name: &str) -> Option<PostingId> {
    if let Some(mail) = archive.find(name) {
        return match archive.home(mail) {
            Home::Posting(posting) => Some(posting),
            Home::Thread(_) => None,
        };
    }
    let id = name.rsplit('-').next().unwrap_or(name);
    (0..).map(PostingId).zip(&archive.postings).find(|(_, p)| p.id == id).map(|(found, _)| found)
}

pub(super) fn unknown(name: &str) -> Diagnostic {
    Diagnostic::error(format!("no posting {name:?}"))
        .hint("`patchpress export postings` lists them all with their addresses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posting_is_named_by_its_address_or_a_message_id() {
        for (given, expected) in [
            ("fade-abcdefghij", "fade-abcdefghij"),
            ("/series/fade-abcdefghij/", "fade-abcdefghij"),
            ("https://example.org/x/series/fade-abcdefghij/#m2", "fade-abcdefghij"),
            ("<a/b@example.org>", "a/b@example.org"),
            ("a@example.org", "a@example.org"),
        ] {
            assert_eq!(name(given), expected);
        }
    }
}

//! `patchpress link`: where a mail is on the site.

use std::io::{self, Write};

use super::{Failure, SiteArgs};
use crate::archive::Opened;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::progress::Silent;
use crate::site::url::{Base, Urls, percent_decoded};

/// Print the permanent address of a mail
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress link 20240306083000.2-1-mira@example.org
  patchpress link --path 20240306083000.2-1-mira@example.org
  patchpress link https://lore.example.org/list/20240306083000.2-1-mira@example.org/")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// The Message-ID, with or without angle brackets, or an archive's address with it
    #[arg(value_name = "MESSAGE-ID")]
    message_id: String,

    /// Print the path alone, without scheme and host
    #[arg(long)]
    path: bool,
}

/// A mail to find.
#[derive(Debug)]
pub struct Options {
    /// The site it is on.
    pub config: Config,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// Whether only the path is printed.
    pub path: bool,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load()?;
        Ok(Options { config, message_id: message_id(&self.message_id), path: self.path })
    }
}

/// The Message-ID in what was given; of an address, the part that holds an `@`. `find.js`
/// does the same.
fn message_id(given: &str) -> String {
    let given = given.trim();
    let bare = given.strip_prefix('<').unwrap_or(given);
    let bare = bare.strip_suffix('>').unwrap_or(bare);
    let address = ["http://", "https://"].iter().find_map(|scheme| bare.strip_prefix(scheme));
    let Some(address) = address else { return bare.to_string() };
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let part = path.split('/').skip(1).map(percent_decoded).find(|part| part.contains('@'));
    part.map_or_else(|| bare.to_string(), |part| part.into_owned())
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options()?;
    let opened = Opened::of(&options.config, &Silent)?;
    let mail = opened.archive.find(&options.message_id);
    let mail = mail.ok_or_else(|| unknown(&options.message_id))?;
    let href = Urls::new(&options.config, &opened.archive).mail(mail);
    let address = match options.path {
        true => href,
        false => Base::new(&options.config.base_url).absolute_href(&href),
    };
    writeln!(io::stdout().lock(), "{address}")?;
    Ok(())
}

fn unknown(message_id: &str) -> Diagnostic {
    Diagnostic::error(format!("no mail with the Message-ID {message_id:?}"))
        .hint("`patchpress export mails` lists them all")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_is_given_in_many_forms() {
        for (given, expected) in [
            ("a@b", "a@b"),
            (" <a/b@c> ", "a/b@c"),
            ("https://lore.example.org/list/a@b/", "a@b"),
            ("https://lore.example.org/list/a%2Fb%40c/t.mbox.gz#d", "a/b@c"),
            ("https://example.org/x/", "https://example.org/x/"),
        ] {
            assert_eq!(message_id(given), expected);
        }
    }
}

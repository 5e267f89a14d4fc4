//! `patchpress explain`: why a mail is where it is.

use std::io::{self, Write};

use clap::ValueEnum;

use super::{Failure, SiteArgs};
use crate::archive::explain::explain;
use crate::archive::{Archive, MailId, Opened};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::progress::Silent;

/// Say why a mail is in the posting, series, thread and digest that it is in
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress explain 20240306083000.2-1-mira@example.org
  patchpress explain 20240306083000.2-1-mira@example.org --format json")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// The mail's Message-ID, or the address of the mail in an archive
    #[arg(value_name = "MESSAGE-ID")]
    message_id: String,

    /// As text for people, or as one line of JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The form of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines of text
    Text,
    /// One line of JSON for each mail
    Json,
}

/// A mail to explain.
#[derive(Debug)]
pub struct Options {
    /// The site it is of.
    pub config: Config,
    /// Its Message-ID without brackets.
    pub message_id: String,
    /// How it is printed.
    pub format: Format,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        let message_id = message_id(&self.message_id);
        Ok(Options { config: self.site.load()?, message_id, format: self.format })
    }
}

/// The Message-ID in what was given: without angle brackets, and of an address the part that
/// has an `@` in it.
fn message_id(given: &str) -> String {
    let given = given.trim();
    if given.starts_with("http://") || given.starts_with("https://") {
        let given = given.replace("%40", "@");
        let mut parts = given.split(['/', '?', '#']).skip(3);
        return parts.find(|part| part.contains('@')).unwrap_or_default().to_owned();
    }
    given.trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let options = args.options()?;
    print(&options)
}

fn print(options: &Options) -> Result<(), Failure> {
    let opened = Opened::of(&options.config, &Silent)?;
    let archive = &opened.archive;
    let lists: Vec<String> = options.config.lists.iter().map(|list| list.id.clone()).collect();
    let mails = with_id(archive, &options.message_id);
    if mails.is_empty() {
        return Err(unknown(archive, &options.message_id).into());
    }
    let bodies = opened.bodies();
    let mut out = io::stdout().lock();
    for (nth, mail) in mails.into_iter().enumerate() {
        let explanation = explain(archive, &lists, mail, &bodies.raw(mail));
        match options.format {
            Format::Json => {
                serde_json::to_writer(&mut out, &explanation)?;
                out.write_all(b"\n")?;
            }
            Format::Text if nth == 0 => write!(out, "{explanation}")?,
            Format::Text => write!(out, "\n{explanation}")?,
        }
    }
    Ok(())
}

/// All mails with a Message-ID: more than one, where different mails claim it. Else the one
/// that had it before a list wrapped it.
fn with_id(archive: &Archive, id: &str) -> Vec<MailId> {
    let claims = |mail: &MailId| *archive.mail(*mail).message_id() == *id;
    let claiming: Vec<MailId> = archive.mail_ids().filter(claims).collect();
    match claiming.is_empty() {
        true => archive.find(id).into_iter().collect(),
        false => claiming,
    }
}

/// How many Message-IDs are offered in place of one that is not known.
const OFFERED: usize = 6;

/// The fault that there is no such mail, with Message-IDs that hold the text.
fn unknown(archive: &Archive, id: &str) -> Diagnostic {
    let part = id.to_lowercase();
    let near = |part: &str| -> Vec<String> {
        let ids = archive.mail_ids().map(|mail| archive.mail(mail).message_id());
        let near = ids.filter(|id| !part.is_empty() && id.to_lowercase().contains(part));
        near.take(OFFERED).map(|id| format!("<{id}>")).collect()
    };
    let mut found = near(&part);
    if found.is_empty() {
        found = near(part.split('@').next().unwrap_or_default());
    }
    let hint = match found.is_empty() {
        true => "`patchpress export mails` lists them all".to_owned(),
        false => format!("near it are {}", found.join(", ")),
    };
    Diagnostic::error(format!("no mail with the Message-ID {id:?}")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_named_by_its_id_or_its_address() {
        for (given, expected) in [
            ("a@x", "a@x"),
            (" <a/b@x> ", "a/b@x"),
            ("https://lists.example.org/all/a%40x/T/#u", "a@x"),
            ("https://lists.example.org/all/a@x/raw", "a@x"),
        ] {
            assert_eq!(message_id(given), expected);
        }
    }
}

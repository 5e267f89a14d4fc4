//! `patchpress digest`: one digest on standard output; of a range of the site, or of mail on
//! standard input.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use clap::ValueEnum;

use super::{Failure, SiteArgs};
use crate::archive::{Archive, ListId, Opened, PublishedId, Range, Scope, Split};
use crate::config::{self, Config, ListConfig, SourceConfig};
use crate::diagnostic::Diagnostic;
use crate::digest::mail::Envelope;
use crate::digest::outline::{self, Outline};
use crate::digest::{Digest, Names, html, json, mail, markdown, text};
use crate::mail::address::parse_list;
use crate::mail::{Address, date};
use crate::progress::Silent;
use crate::site::escape::with_addresses;
use crate::site::url::{TOGETHER, Urls};
use crate::site::view::range_words;

/// Print one digest
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress digest 2024-03
  patchpress digest lantern-devel/2024-03 --format json
  patchpress digest digests/2024-w11
  xzcat 2024-03.mbox.xz | patchpress digest -
  patchpress digest 2024-03 --format markdown
  patchpress digest 2024-03 --format eml --to list@example.org --from me@example.org

html, eml and markdown are for passing on: figures, and every posting with a link to its
page. A mail is ready to be sent, for instance with `sendmail -t`.")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// The range as in the digest's address: RANGE, or LIST/RANGE where several lists have it,
    /// or digests/RANGE where it is of all lists; - for the mail on standard input, an mbox or one message
    #[arg(value_name = "RANGE")]
    range: String,

    /// How the digest is written
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,

    /// To whom the mail goes: `Name <address>`, several with commas or by giving it again
    #[arg(long, value_name = "ADDRESS", help_heading = "A mail (eml)")]
    to: Vec<String>,

    /// Who sends the mail; the site's title at its host if not given
    #[arg(long, value_name = "ADDRESS", help_heading = "A mail (eml)")]
    from: Option<String>,

    /// The mail's subject; the list and the range if not given
    #[arg(long, value_name = "TEXT", help_heading = "A mail (eml)")]
    subject: Option<String>,
}

/// How a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// As digest.txt
    Text,
    /// As digest.json
    Json,
    /// A page for mail programs: figures and links, without the messages
    Html,
    /// A mail of the same, as text and HTML
    Eml,
    /// The same for a forum
    Markdown,
}

/// A digest to print.
#[derive(Debug)]
pub struct Options {
    /// The site it is of.
    pub config: Config,
    /// The id of its list, if given, or `digests` for all lists.
    pub list: Option<String>,
    /// The slug of its range.
    pub range: String,
    /// How it is written.
    pub format: Format,
    /// What the headers of a mail say.
    pub letterhead: Letterhead,
}

/// What the headers of a mail say, as far as it was given.
#[derive(Debug, Default)]
pub struct Letterhead {
    /// To whom it goes.
    pub to: Vec<Address>,
    /// Who sends it.
    pub from: Option<Address>,
    /// What it is about.
    pub subject: Option<String>,
}

impl Args {
    /// What the arguments ask for. Fails with every fault of the configuration.
    fn options(self) -> Result<Options, Failure> {
        let config = self.site.load()?;
        let (list, range) = match self.range.split_once('/') {
            Some((list, range)) => (Some(list.to_string()), range.to_string()),
            None => (None, self.range),
        };
        let letterhead = Letterhead {
            to: addresses("--to", &self.to.join(", "))?,
            from: match &self.from {
                Some(from) => Some(one_address("--from", from)?),
                None => None,
            },
            subject: self.subject,
        };
        if self.format != Format::Eml && letterhead.says_something() {
            return Err(Diagnostic::error("--to, --from and --subject are for --format eml").into());
        }
        Ok(Options { config, list, range, format: self.format, letterhead })
    }
}

impl Letterhead {
    fn says_something(&self) -> bool {
        !self.to.is_empty() || self.from.is_some() || self.subject.is_some()
    }
}

/// Reads addresses that an option gives. Fails where one can't stand in a header.
fn addresses(option: &str, given: &str) -> Result<Vec<Address>, Diagnostic> {
    let all = parse_list(given);
    match all.iter().find(|address| !mail::is_address(&address.email)) {
        None if all.is_empty() && !given.trim().is_empty() => Err(no_address(option, given)),
        None => Ok(all),
        Some(_) => Err(no_address(option, given)),
    }
}

fn one_address(option: &str, given: &str) -> Result<Address, Diagnostic> {
    let mut all = addresses(option, given)?;
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(no_address(option, given)),
    }
}

fn no_address(option: &str, given: &str) -> Diagnostic {
    Diagnostic::error(format!("{option}: no address of a mail: {given:?}"))
        .hint("write `name@example.org` or `Full Name <name@example.org>`")
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    if args.range == "-" {
        return print_input(&args);
    }
    let options = args.options()?;
    let opened = Opened::of(&options.config, &Silent)?;
    match find(&options, &opened.archive)? {
        Found::Range(range) => {
            print(&options.config, &opened, range, (options.format, &options.letterhead))
        }
        Found::Text(id) => print_text(options.format, opened.bodies().published(id)),
    }
}

/// Prints a digest of the mail on standard input. The site's configuration, where there is
/// one, says who is who and what is left out.
fn print_input(args: &Args) -> Result<(), Failure> {
    if !matches!(args.format, Format::Text | Format::Json) {
        let fault = Diagnostic::error("what is passed on leads to pages of a site");
        return Err(fault.hint("name a digest of a site, or take --format text or json").into());
    }
    // Input is read as any file is, which may be compressed, and twice.
    let directory = tempfile::tempdir()?;
    let input = directory.path().join("input");
    io::copy(&mut io::stdin().lock(), &mut std::fs::File::create(&input)?)?;
    let config = config_of_input(args.site.config.exists().then_some(&args.site), &input)?;
    let opened = Opened::of(&config, &Silent)
        .map_err(|faults| faults.into_iter().map(|f| at_input(f, &input)).collect::<Vec<_>>())?;
    let archive = &opened.archive;
    let range = Range {
        scope: Scope::List(ListId(0)),
        slug: "input".to_string(),
        title: days(archive),
        mails: archive.mail_ids().collect(),
    };
    print(&config, &opened, &range, (args.format, &Letterhead::default()))
}

/// The days from the first mail to the last, in UTC.
fn days(archive: &Archive) -> String {
    let day = |at: i64| {
        let day = date::civil(at);
        format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
    };
    let first = archive.mails.iter().next().map_or(0, |mail| mail.date());
    match (day(first), day(archive.newest())) {
        (first, last) if first == last => first,
        (first, last) => format!("{first} to {last}"),
    }
}

/// The configuration for a list that has its mail in one file. It is called as the site's
/// list, where there is only one.
fn config_of_input(site: Option<&SiteArgs>, input: &Path) -> Result<Config, Failure> {
    const ALONE: &str =
        "title: Mail\nbase_url: http://localhost\nlists: [{id: input, title: Mail}]";
    let mut config = match site {
        Some(site) => site.load()?,
        None => Config { base_url: String::new(), ..config::parse(ALONE, Path::new("-"))? },
    };
    let title = match &*config.lists {
        [only] => only.title.clone(),
        _ => config.title.clone(),
    };
    config.lists = vec![ListConfig {
        id: "input".to_string(),
        title,
        address: None,
        archive_url: None,
        sources: vec![SourceConfig::Mbox(input.to_path_buf())],
        ranges: Split::File,
    }];
    Ok(config)
}

/// A fault of the file that standard input was copied to, as one of standard input.
fn at_input(mut fault: Diagnostic, input: &Path) -> Diagnostic {
    if let Some(place) = fault.place.as_mut().filter(|place| place.file == input) {
        place.file = "standard input".into();
        fault.hint = Some("pipe an mbox or one message into it".to_string());
    }
    fault
}

fn print(
    config: &Config,
    opened: &Opened,
    range: &Range,
    (format, letterhead): (Format, &Letterhead),
) -> Result<(), Failure> {
    let archive = &opened.archive;
    let digest =
        Digest::of(archive, range, config.top).with_waiting(archive, config.unanswered_days);
    let urls = Urls::new(config, archive);
    let lists: Vec<&str> = config.lists.iter().map(|list| list.id.as_str()).collect();
    let names = Names { title: title(config, range.scope), lists: &lists };
    let text = match format {
        Format::Text => {
            let bodies = opened.bodies();
            text::render(&digest, archive, &names, &|mail| Cow::Owned(bodies.mail(mail)))
        }
        Format::Json => {
            json::render(&digest, archive, &names, &|id| urls.base.absolute(urls.posting_path(id)))
        }
        Format::Html => html::render(&outline((&urls, names), archive, range, &digest)),
        Format::Markdown => markdown::render(&outline((&urls, names), archive, range, &digest)),
        Format::Eml => {
            let outline = outline((&urls, names), archive, range, &digest);
            mail::render(&outline, &envelope((&urls, letterhead), range, &digest, &outline))
        }
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// What a list is called, or all of them together.
fn title(config: &Config, scope: Scope) -> &str {
    scope.list().map_or(&config.title, |list| &config.lists[usize::from(list.0)].title)
}

/// What of a digest is passed on.
fn outline(
    (urls, names): (&Urls<'_>, Names<'_>),
    archive: &Archive,
    range: &Range,
    digest: &Digest,
) -> Outline {
    let config = urls.config;
    let site = outline::Site {
        names,
        range: &range_words(&range.title),
        url: urls.base.absolute_href(&urls.digest_of(range)),
        posting: &|id| urls.base.absolute(urls.posting_path(id)),
        thread: &|id| urls.base.absolute(urls.thread_path(id)),
        shown: &|text| with_addresses(text, config.addresses).into_owned(),
    };
    Outline::of(digest, archive, &site)
}

/// The headers of a mail with a digest.
fn envelope(
    (urls, letterhead): (&Urls<'_>, &Letterhead),
    range: &Range,
    digest: &Digest,
    outline: &Outline,
) -> Envelope {
    let host = urls.base.host();
    let from = || Address { name: urls.config.title.clone(), email: format!("digest@{host}") };
    Envelope {
        from: letterhead.from.clone().unwrap_or_else(from),
        to: letterhead.to.clone(),
        subject: letterhead.subject.clone().unwrap_or_else(|| outline.title.clone()),
        date: digest.span.1,
        name: format!("{}-{}", urls.scope_id(range.scope), range.slug),
        host,
    }
}

/// Prints a digest that was published as text, as it is.
fn print_text(format: Format, text: &[u8]) -> Result<(), Failure> {
    if format != Format::Text {
        let none = Diagnostic::error("this digest was published as text, and has no other form");
        return Err(none.hint("take it as text: --format text").into());
    }
    io::stdout().lock().write_all(text)?;
    Ok(())
}

/// What is asked for.
enum Found<'a> {
    Range(&'a Range),
    Text(PublishedId),
}

/// All digests, each with what it is of and the last part of its address.
fn all(archive: &Archive) -> impl Iterator<Item = (Scope, &str, Found<'_>)> {
    let texts = (0..).map(PublishedId).zip(&archive.published);
    let texts =
        texts.map(|(id, text)| (Scope::List(text.list), text.slug.as_str(), Found::Text(id)));
    let ranges = archive.ranges.iter();
    texts.chain(ranges.map(|range| (range.scope, range.slug.as_str(), Found::Range(range))))
}

/// The digest that is asked for. Fails where there is none, or where several lists have it.
fn find<'a>(options: &Options, archive: &'a Archive) -> Result<Found<'a>, Diagnostic> {
    let lists = &options.config.lists;
    let together = options.config.together.map(|_| TOGETHER);
    let known = || lists.iter().map(|list| list.id.as_str()).chain(together);
    if let Some(list) = options.list.as_deref().filter(|id| known().all(|l| l != *id)) {
        let known: Vec<&str> = known().collect();
        return Err(Diagnostic::error(format!("no list {list:?}"))
            .hint(format!("the lists of this site: {}", known.join(", "))));
    }
    let id = |scope: Scope| match scope.list() {
        Some(list) => lists[usize::from(list.0)].id.as_str(),
        None => TOGETHER,
    };
    let wanted = |scope| options.list.as_deref().is_none_or(|name| name == id(scope));
    let of_list = || all(archive).filter(|(scope, ..)| wanted(*scope));
    let mut found = of_list().filter(|(_, slug, _)| *slug == options.range);
    match (found.next(), found.next()) {
        (Some((.., digest)), None) => Ok(digest),
        (Some((one, ..)), Some((other, ..))) => {
            let names = format!("{0}/{2} or {1}/{2}", id(one), id(other), options.range);
            Err(Diagnostic::error(format!("several digests are called {:?}", options.range))
                .hint(format!("name its list: {names}")))
        }
        (None, _) => {
            let known: Vec<&str> = of_list().map(|(_, slug, _)| slug).collect();
            let last = known.iter().rev().take(5).copied().collect::<Vec<_>>().join(", ");
            Err(Diagnostic::error(format!("no digest {:?}", options.range))
                .hint(format!("there are {}, the last: {last}", known.len())))
        }
    }
}

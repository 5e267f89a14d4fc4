//! `patchpress context`: what templates see, with a real value.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

use super::build::print_json;
use super::{Failure, SiteArgs, progress};
use crate::config::nearest;
use crate::diagnostic::Diagnostic;
use crate::site::build::specimens;
use crate::site::context::specimen::{Specimen, shortened};
use crate::site::context::{self, Context};

/// Tell what a template of a theme sees: names, types, and a real value
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress context
  patchpress context posting.html
  patchpress context site --no-example")]
pub struct Args {
    #[command(flatten)]
    site: SiteArgs,

    /// The template, such as posting.html, or `site` for what all of them see; without it, all
    /// are listed
    #[arg(value_name = "TEMPLATE")]
    template: Option<String>,

    /// Show no value from the site, and read no mail
    #[arg(long)]
    no_example: bool,

    /// As text for people, or as one line of JSON with the whole value
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The form of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns of text
    Text,
    /// One line of JSON
    Json,
}

/// How much of a value is shown as text: items of a list, characters of a text.
const SHOWN: (usize, usize) = (2, 160);

/// A context with a real value, as JSON.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    context: Context,
    example: Option<Specimen>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let Some(name) = &args.template else { return list(args.format) };
    let context = context::named(name).ok_or_else(|| unknown(name))?;
    let example = if args.no_example { None } else { example(&args.site, name)? };
    match args.format {
        Format::Json => print_json(&Told { context, example }),
        Format::Text => {
            let mut out = io::stdout().lock();
            write!(out, "{context}")?;
            if !args.no_example {
                write!(out, "\n{}", shown(example.as_ref())?)?;
            }
            Ok(())
        }
    }
}

/// All contexts, by name and what they are of.
fn list(format: Format) -> Result<(), Failure> {
    let all = context::all();
    if format == Format::Json {
        let names: Vec<[&str; 2]> = all.iter().map(|c| [c.name, c.about.as_str()]).collect();
        return print_json(&names);
    }
    let mut out = io::stdout().lock();
    for context in &all {
        writeln!(out, "{:16}{}", context.name, context.about)?;
    }
    Ok(())
}

/// A value from the site: that of the page with most parts filled.
fn example(site: &SiteArgs, name: &str) -> Result<Option<Specimen>, Failure> {
    let config = site.load()?;
    // What all see is seen on every page; which one it is matters little.
    let wanted = if name == "base.html" || name == "site" { "page.html" } else { name };
    let built = specimens(&config, Some(wanted), &*progress::display(false));
    let mut found = built.map_err(|refused| Failure::Faults(refused.0))?;
    Ok(found.remove(wanted))
}

/// A value as text.
fn shown(example: Option<&Specimen>) -> Result<String, Failure> {
    let Some(Specimen { path, value }) = example else {
        return Ok("No page of this site is made of it.\n".to_string());
    };
    let (items, characters) = SHOWN;
    let short = shortened(value, items, characters);
    let cut = if short == *value { "" } else { ", lists and texts shortened" };
    Ok(format!("For example, on /{path}{cut}:\n\n{}\n", serde_json::to_string_pretty(&short)?))
}

fn unknown(name: &str) -> Diagnostic {
    let names: Vec<&str> = context::names().collect();
    let hint = match nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`patchpress context` lists them".to_string(),
    };
    Diagnostic::error(format!("there is no template `{name}`")).hint(hint)
}

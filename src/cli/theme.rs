//! `patchpress theme`: begins a theme, and shows what there is to begin from.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;

use super::{Failure, SiteArgs};
use crate::config::{self, nearest};
use crate::diagnostic::Diagnostic;
use crate::site::theme::built_in::{ALL, BuiltIn, DEFAULT};
use crate::site::theme::names;

/// Begin a theme of your own, and see what there is to begin from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress theme new mine
  patchpress theme list
  patchpress theme show base.html")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make themes/NAME: a stylesheet, a template and a README
    New {
        #[command(flatten)]
        site: SiteArgs,
        /// Its name: small letters, digits and hyphens
        name: String,
    },
    /// List the built-in themes and those of the site
    List {
        #[command(flatten)]
        site: SiteArgs,
    },
    /// Print a file of a built-in theme, or list all its files
    Show {
        /// The file, such as base.html or style.css
        file: Option<String>,
        /// The built-in theme
        #[arg(long, value_name = "NAME", default_value = DEFAULT.name)]
        theme: String,
    },
}

/// The files of a new theme: path and text, in which `{name}` is its name.
const NEW: [(&str, &str); 3] = [
    ("README.md", include_str!("theme/new/README.md")),
    ("assets/theme.css", include_str!("theme/new/theme.css")),
    ("templates/base.html", include_str!("theme/new/base.html")),
];

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    match args.what {
        What::New { site, name } => make(&root(&site), &name),
        What::List { site } => list(&site),
        What::Show { file, theme } => show(&theme, file.as_deref()),
    }
}

/// The directory of the site. It is found also where the configuration has faults.
fn root(site: &SiteArgs) -> PathBuf {
    match site.config.parent() {
        Some(root) if !root.as_os_str().is_empty() => root.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Makes a theme, unless something of its name is there.
fn make(root: &Path, name: &str) -> Result<(), Failure> {
    let directory = root.join("themes").join(name);
    if let Some(fault) = refusal(root, &directory, name) {
        return Err(fault.into());
    }
    let mut out = io::stdout().lock();
    for (path, text) in NEW {
        let file = directory.join(path);
        write_new(&file, &text.replace("{name}", name))?;
        writeln!(out, "made {}", file.display())?;
    }
    writeln!(out, "\nNow put it into config.yaml:\n  theme: {name}")?;
    Ok(())
}

/// Why a theme can't be made.
fn refusal(root: &Path, directory: &Path, name: &str) -> Option<Diagnostic> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !name.bytes().all(plain) || name.trim_matches('-') != name || name.is_empty() {
        let fault = Diagnostic::error(format!("`{name}` isn't the name of a theme"));
        return Some(fault.hint("it is made of small letters, digits and hyphens"));
    }
    if ALL.iter().any(|theme| theme.name == name) {
        let fault = Diagnostic::error(format!("`{name}` is a built-in theme"));
        return Some(fault.hint("give yours another name"));
    }
    if !root.join(config::FILE_NAME).exists() && names(root).is_empty() {
        let fault = Diagnostic::error("there is no site here").in_file(root);
        return Some(fault.hint("`patchpress init` makes one; --config names the file of another"));
    }
    directory.symlink_metadata().is_ok().then(|| {
        Diagnostic::error("already there; `theme new` overwrites nothing")
            .in_file(directory)
            .hint("give yours another name, or move this one away")
    })
}

fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    let parent = file.parent().unwrap_or(file);
    fs::create_dir_all(parent).with_context(|| format!("can't make {}", parent.display()))?;
    let new = fs::OpenOptions::new().write(true).create_new(true).open(file);
    new.and_then(|mut new| new.write_all(text.as_bytes()))
        .with_context(|| format!("can't write {}", file.display()))
}

/// The themes there are, and which one the site has.
fn list(site: &SiteArgs) -> Result<(), Failure> {
    let used = site.load().map(|config| config.theme).unwrap_or_default();
    let mark = |name: &str| if name == used { ", in use" } else { "" };
    let mut out = io::stdout().lock();
    for theme in ALL {
        writeln!(out, "{:16}built in: {}{}", theme.name, theme.about, mark(theme.name))?;
    }
    for name in names(&root(site)) {
        let directory = root(site).join("themes").join(&name);
        writeln!(out, "{name:16}{}{}", directory.display(), mark(&name))?;
    }
    Ok(())
}

/// Prints a file of a built-in theme, or the names of all.
fn show(theme: &str, file: Option<&str>) -> Result<(), Failure> {
    let found = ALL.into_iter().find(|known| known.name == theme);
    let theme = found.ok_or_else(|| {
        Diagnostic::error(format!("there is no built-in theme `{theme}`"))
            .hint("there are `default` and `plain`")
    })?;
    let mut out = io::stdout().lock();
    match file {
        Some(file) => out.write_all(text_of(theme, file)?.as_bytes())?,
        None => {
            for (name, _) in files(theme) {
                writeln!(out, "{name}")?;
            }
        }
    }
    Ok(())
}

/// Templates, then assets.
fn files(theme: &BuiltIn) -> impl Iterator<Item = (&'static str, &'static str)> {
    theme.templates.iter().chain(theme.assets).copied()
}

/// The text of a file; of the theme below where `theme` has none of that name.
fn text_of(theme: &BuiltIn, file: &str) -> Result<&'static str, Diagnostic> {
    let bare = file.rsplit('/').next().unwrap_or(file);
    let found = files(theme).chain(files(&DEFAULT)).find(|(name, _)| *name == bare);
    found.map(|(_, text)| text).ok_or_else(|| {
        let names: Vec<&str> = files(theme).map(|(name, _)| name).collect();
        let hint = match nearest(bare, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`patchpress theme show` lists them".to_string(),
        };
        Diagnostic::error(format!("the built-in theme has no file `{file}`")).hint(hint)
    })
}

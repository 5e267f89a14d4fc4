//! `config.yaml` → [`Config`]: defaults, validation, diagnostics with line and column.
//!
//! [`load`] reads the file, [`parse`] only its text. All faults of a text are found in one
//! run; only a fault of YAML's own syntax hides what stands after it. Whether the files and
//! directories that it names are there is left to those who read them.

pub mod front;
mod reader;
mod schema;
#[cfg(test)]
mod tests;
mod value;
pub mod yaml;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use value::nearest;
pub use value::{Fault, RESERVED, check_base_url};

use crate::archive::compare::scope::Pairings;
use crate::archive::{Period, Selection, Split};
use crate::diagnostic::{Diagnostic, Place};

/// The file that is read when none is named.
pub const FILE_NAME: &str = "config.yaml";

/// Reads and checks a configuration file. Fails with every fault found, at least one.
pub fn load(path: &Path) -> Result<Config, Vec<Diagnostic>> {
    let bytes = fs::read(path).map_err(|error| vec![unreadable(path, &error)])?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(error.as_bytes());
        // Up to the fault both count the same, and there the replacement stands.
        let at = Place::in_text(path, &good, error.utf8_error().valid_up_to());
        let fault = Diagnostic::error("a byte that isn't UTF-8").at(at);
        vec![fault.hint("save the file in the encoding UTF-8")]
    })?;
    parse(&text, path)
}

/// Why a file can't be read, and what to do.
fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    match error.kind() {
        io::ErrorKind::NotFound => Diagnostic::error(format!("no {name} here"))
            .in_file(path)
            .hint("`patchpress init DIR` makes a site; `--config FILE` names another file"),
        io::ErrorKind::IsADirectory => Diagnostic::error("a directory, not a configuration file")
            .in_file(path)
            .hint(format!("name the file in it: {}", path.join(FILE_NAME).display())),
        _ => Diagnostic::error(format!("can't be read: {error}")).in_file(path),
    }
}

/// Reads and checks the text of a configuration. `path` is the file it came from: faults
/// name it, and the paths in the text are relative to its directory. Fails with every
/// fault found, at least one.
pub fn parse(text: &str, path: &Path) -> Result<Config, Vec<Diagnostic>> {
    let root = yaml::parse(text).map_err(|error| vec![error.in_text(text, path)])?;
    schema::read(&root, text, path)
}

/// What the user configured, checked and with defaults filled in. Paths are resolved
/// against the directory of the file.
#[derive(Clone, Debug)]
pub struct Config {
    /// The directory of `config.yaml`.
    pub root: PathBuf,
    /// The site's title.
    pub title: String,
    /// Where the site will be: scheme, host and optional path, no trailing slash.
    pub base_url: String,
    /// Name of the theme.
    pub theme: String,
    /// The lists, in order; at least one.
    pub lists: Vec<ListConfig>,
    /// Rows of the top tables.
    pub top: usize,
    /// What the digests of all lists together cover, if there are any.
    pub together: Option<Period>,
    /// Days without an answer after which a series is listed as unanswered.
    pub unanswered_days: u32,
    /// The `.mailmap`, if any.
    pub mailmap: Option<PathBuf>,
    /// The MAINTAINERS file, if any.
    pub maintainers: Option<PathBuf>,
    /// Subsystems by rule.
    pub rules: Vec<SubsystemRule>,
    /// Bytes above which a page moves diffs and long replies to part pages.
    pub page_budget: u64,
    /// Bytes above which the build warns about the whole site's size.
    pub size_budget: u64,
    /// How diffs are shown.
    pub diffs: Diffs,
    /// Which postings of a series have a page that compares them.
    pub comparisons: Pairings,
    /// Which mail there are pages of.
    pub selection: Selection,
    /// Which kinds of pages and files there are, of those that can be left out.
    pub kinds: Kinds,
    /// Whether text has a compressed copy beside it.
    pub gzip: bool,
    /// What is shown of addresses.
    pub addresses: Addresses,
    /// Message-IDs to leave out.
    pub exclude: Vec<String>,
}

/// One mailing list.
#[derive(Clone, Debug)]
pub struct ListConfig {
    /// In URLs: `[a-z0-9-]`.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Its address, if known.
    pub address: Option<String>,
    /// Where a mail lives upstream, with `{message_id}` in it.
    pub archive_url: Option<String>,
    /// Where its mail is; never empty.
    pub sources: Vec<SourceConfig>,
    /// How it is cut into digests.
    pub ranges: Split,
}

/// Where some of a list's mail is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceConfig {
    /// mbox files: a file, a directory, or a glob.
    Mbox(PathBuf),
    /// A Maildir, or a directory of single messages.
    Maildir(PathBuf),
    /// A public-inbox repository, or a directory of them.
    PublicInbox(PathBuf),
    /// Digests that were published as text: a file, a directory, or a glob.
    Digests(PathBuf),
}

impl SourceConfig {
    /// The path or glob.
    pub fn path(&self) -> &Path {
        match self {
            SourceConfig::Mbox(path)
            | SourceConfig::Maildir(path)
            | SourceConfig::PublicInbox(path)
            | SourceConfig::Digests(path) => path,
        }
    }
}

/// A subsystem by rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubsystemRule {
    /// Its name.
    pub name: String,
    /// Globs of paths.
    pub paths: Vec<String>,
    /// Prefixes of titles.
    pub prefixes: Vec<String>,
}

/// Kinds of pages and files that a site can do without. What is left out is linked nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// The mbox files of postings.
    pub mboxes: bool,
    /// Atom and JSON feeds.
    pub feeds: bool,
    /// The search and its index.
    pub search: bool,
    /// `digest.json` and JSON feeds.
    pub json: bool,
    /// `digest.txt` of digests of mail.
    pub text: bool,
}

impl Kinds {
    /// Every kind.
    pub const ALL: Kinds =
        Kinds { mboxes: true, feeds: true, search: true, json: true, text: true };
}

/// How diffs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diffs {
    /// On the series page, short ones open.
    Inline,
    /// On the series page, folded.
    Collapsed,
    /// Not at all; a link leads upstream.
    None,
}

/// What is shown of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// All of them.
    Full,
    /// `name at domain` spelled out.
    Obfuscated,
    /// Names only.
    Hidden,
}

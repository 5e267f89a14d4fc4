//! `config.yaml` → [`Config`]: defaults, validation, diagnostics with line and column.

use std::path::PathBuf;

use crate::archive::Split;

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

//! Single values of the configuration: what each may be, and what it becomes.
//!
//! Every function here takes one value and gives what it means, or a fault without a
//! place; the [reader](super::reader) knows where the value stands.

use std::fmt;
use std::path::PathBuf;

use globset::Glob;

use super::yaml::{Kind, Node};
use crate::archive::{CommitRange, Since};
use crate::mail::date;

/// What is wrong with one value, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Fault { message: message.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Fault { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// What one value means, or what is wrong with it.
pub(super) type Value<T> = Result<T, Fault>;

/// First parts of the site's paths that pages of its own stand under, so that no list may
/// be called so.
pub const RESERVED: &[&str] = &[
    "404",
    "404.html",
    "assets",
    "authors",
    "compare",
    "digests",
    "feed.xml",
    "index.html",
    "m",
    "problems",
    "robots.txt",
    "search",
    "series",
    "sitemap.xml",
    "subsystems",
    "threads",
];

/// Directories of content that lists have theirs in, so that none may be called so.
const CONTENT: &[&str] = &["lists", "notes", "pages"];

/// Where a mail lives upstream holds this in place of the Message-ID.
const MESSAGE_ID: &str = "{message_id}";

/// A text that isn't empty, without blanks around it.
pub(super) fn text(node: &Node) -> Value<String> {
    match &node.kind {
        Kind::Text(text) if text.trim().is_empty() => Err(Fault::new("an empty text")),
        Kind::Text(text) => Ok(text.trim().to_string()),
        Kind::Number(given) => Err(quote("a number", given)),
        Kind::Bool(given) => Err(quote("true or false", given)),
        _ => Err(expected("a text", node)),
    }
}

/// A value that YAML reads otherwise than as the text it was meant as.
fn quote(what: &str, given: impl fmt::Display) -> Fault {
    Fault::new(format!("expected a text, found {what}"))
        .hint(format!("put it in quotes: \"{given}\""))
}

/// Something else was given than `what`.
pub(super) fn expected(what: &str, node: &Node) -> Fault {
    let found = match &node.kind {
        Kind::Null => "nothing".to_string(),
        Kind::Bool(value) => format!("`{value}`"),
        Kind::Number(number) => format!("`{number}`"),
        Kind::Text(text) => format!("`{text}`"),
        Kind::List(_) => "a list".to_string(),
        Kind::Mapping(_) => "a mapping".to_string(),
    };
    Fault::new(format!("expected {what}, found {found}"))
}

/// A path, relative to the configuration's directory.
pub(super) fn path(node: &Node) -> Value<PathBuf> {
    text(node).map(PathBuf::from)
}

/// A whole number from 1.
pub(super) fn count(node: &Node) -> Value<u32> {
    let number = match &node.kind {
        Kind::Number(number) => number.parse().ok().filter(|&n| n > 0),
        _ => None,
    };
    number.ok_or_else(|| expected("a whole number from 1", node))
}

/// A size in bytes: a plain number, or one with a unit: `500kB`, `1MiB`, `1 GiB`.
pub(super) fn size(node: &Node) -> Value<u64> {
    let bytes = match &node.kind {
        Kind::Number(number) => number.parse().ok(),
        Kind::Text(text) => bytes(text),
        _ => None,
    };
    bytes.filter(|&bytes| bytes > 0).ok_or_else(|| {
        expected("a size", node).hint("write it like `500kB`, `1MiB` or `1GiB`, without a fraction")
    })
}

fn bytes(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" | "kiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// From when on: a day, or a period before the newest mail, as `3y`, `18m`, `12w` or `90d`.
pub(super) fn since(node: &Node) -> Value<Since> {
    let given = match &node.kind {
        Kind::Text(text) => text.trim(),
        _ => "",
    };
    let period = || {
        let (digits, unit) = given.split_at_checked(given.len().checked_sub(1)?)?;
        let number: u32 = digits.trim_end().parse().ok().filter(|n| (1..=9_999).contains(n))?;
        match unit {
            "y" => Some(Since::Before { months: 12 * number, days: 0 }),
            "m" => Some(Since::Before { months: number, days: 0 }),
            "w" => Some(Since::Before { months: 0, days: 7 * number }),
            "d" => Some(Since::Before { months: 0, days: number }),
            _ => None,
        }
    };
    date::of_day(given).map(Since::Day).or_else(period).ok_or_else(|| {
        expected("a day or a period", node)
            .hint("write it like `2024-01-01`, or `3y`, `18m`, `12w`, `90d` before the newest mail")
    })
}

/// Whether something is on.
pub(super) fn switch(node: &Node) -> Value<bool> {
    match node.kind {
        Kind::Bool(value) => Ok(value),
        _ => Err(expected("`true` or `false`", node)),
    }
}

/// One of several words.
pub(super) fn choice<T: Copy>(node: &Node, choices: &[(&str, T)]) -> Value<T> {
    let given = match &node.kind {
        Kind::Text(text) => text.as_str(),
        _ => "",
    };
    if let Some((_, value)) = choices.iter().find(|(word, _)| *word == given) {
        return Ok(*value);
    }
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let fault = expected(&one_of(&words), node);
    Err(match nearest(given, &words) {
        Some(word) => fault.hint(format!("did you mean `{word}`?")),
        None => fault,
    })
}

/// `` `a`, `b` or `c` ``.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The word that `given` is most likely a slip of: at most a third of its letters, and at
/// least one, may differ.
pub(crate) fn nearest<'a>(given: &str, words: &[&'a str]) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace(['-', ' '], "_");
    let given = plain(given);
    // Longer ones are slips of nothing, and the distance takes time by the square.
    let chars = Some(given.chars().count()).filter(|chars| (1..=40).contains(chars))?;
    let distance = |word: &&str| strsim::damerau_levenshtein(&given, &plain(word));
    let (distance, word) = words.iter().map(|word| (distance(word), *word)).min()?;
    (distance <= (chars / 3).max(1)).then_some(word)
}

/// A list's id as it stands in URLs.
pub(super) fn list_id(node: &Node) -> Value<String> {
    let id = text(node)?;
    if !is_list_id(&id) {
        let fault = Fault::new(format!("`{id}` can't stand in a URL as a list's id"));
        let slug = id.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let slug = slug.trim_matches('-');
        return Err(fault.hint(match is_list_id(slug) {
            true => format!("only a-z, 0-9 and - are allowed: `{slug}`"),
            false => "only a-z, 0-9 and - are allowed".to_string(),
        }));
    }
    if RESERVED.contains(&id.as_str()) {
        let fault = format!("`{id}` is taken by the site's own pages at /{id}/");
        return Err(Fault::new(fault).hint(format!("call it `{id}-list`, say")));
    }
    if CONTENT.contains(&id.as_str()) {
        let fault = format!("`{id}` is taken by the pages of content/{id}/");
        return Err(Fault::new(fault).hint(format!("call it `{id}-list`, say")));
    }
    Ok(id)
}

fn is_list_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Where the site will be, without the trailing slash.
pub(super) fn base_url(node: &Node) -> Value<String> {
    check_base_url(&text(node)?)
}

/// Checks where a site will be: an http or https URL with a host, an optional port and an
/// optional path, and nothing else. Gives it without trailing slashes.
pub fn check_base_url(url: &str) -> Result<String, Fault> {
    let fault = |why: &str| {
        Fault::new(format!("`{url}` can't be the site's address: {why}"))
            .hint("write it like https://example.github.io/digests")
    };
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return Err(fault("it doesn't begin with https:// or http://"));
    };
    if let Some(odd) = rest.chars().find(|&c| !is_url_char(c)) {
        return Err(fault(&format!("`{odd}` can't stand in it")));
    }
    if rest.contains('?') {
        return Err(fault("it has a query (`?`)"));
    }
    if rest.contains('#') {
        return Err(fault("it has a fragment (`#`)"));
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if !is_authority(authority) {
        return Err(fault("its host isn't one"));
    }
    let path = path.trim_end_matches('/');
    if path.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
        return Err(fault("its path has an empty part, `.` or `..`"));
    }
    Ok(url[..url.len() - rest.len() + authority.len() + path.len()].to_string())
}

/// Characters of a URL by RFC 3986, section 2, `%` among them.
fn is_url_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}

/// A host name or address with an optional port, without a user name.
fn is_authority(authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, "0"),
    };
    let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_is_right = match in_brackets {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.split('.').all(is_host_label),
    };
    host_is_right && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

fn is_host_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Where a mail lives upstream: a web address with the place of the Message-ID in it.
pub(super) fn archive_url(node: &Node) -> Value<String> {
    let url = text(node)?;
    let example = "write it like https://lore.kernel.org/git/{message_id}/";
    if !url.contains(MESSAGE_ID) {
        let fault = Fault::new(format!("no `{MESSAGE_ID}` in `{url}`"));
        return Err(fault.hint(example));
    }
    let web = url.starts_with("https://") || url.starts_with("http://");
    if !web || !url.replace(MESSAGE_ID, "").chars().all(is_url_char) {
        return Err(Fault::new(format!("`{url}` isn't a web address")).hint(example));
    }
    Ok(url)
}

/// A mail address, as far as it must be one to be shown.
pub(super) fn address(node: &Node) -> Value<String> {
    let address = text(node)?;
    let parts = address.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
    if !parts || address.contains(|c: char| c.is_whitespace() || "<>\",".contains(c)) {
        let fault = Fault::new(format!("`{address}` isn't a mail address"));
        return Err(fault.hint("write the bare address, like git@vger.kernel.org"));
    }
    Ok(address)
}

/// A theme's name: one part of a path.
pub(super) fn theme(node: &Node) -> Value<String> {
    let name = text(node)?;
    if name.starts_with('.') || name.contains(['/', '\\']) {
        let fault = Fault::new(format!("`{name}` isn't the name of a theme"));
        return Err(fault.hint("the built-in themes are `default` and `plain`"));
    }
    Ok(name)
}

/// A Message-ID, without angle brackets.
pub(super) fn message_id(node: &Node) -> Value<String> {
    let id = text(node)?;
    let bare = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    Ok(bare.map_or(id.as_str(), str::trim).to_string())
}

/// The two ends of a range of commits: `A..B`.
pub(super) fn commits(node: &Node) -> Value<CommitRange> {
    let given = text(node)?;
    // What git allows in the name of a ref (git-check-ref-format(1)), and no operators.
    let plain = |end: &str| {
        let odd = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\@{}".contains(c);
        !end.is_empty() && !end.starts_with(['.', '-']) && !end.contains(odd)
    };
    match given.split_once("..") {
        Some((from, to)) if plain(from) && plain(to) && !to.contains("..") => {
            Ok(CommitRange { from: from.to_string(), to: to.to_string() })
        }
        _ => Err(Fault::new(format!("`{given}` isn't a range of commits"))
            .hint("write it like 499b67518..a0d366a35, v1..v2 or 2026-03-01..2026-04-01")),
    }
}

/// A glob of paths.
pub(super) fn glob(node: &Node) -> Value<String> {
    let glob = text(node)?;
    match Glob::new(&glob) {
        Ok(_) => Ok(glob),
        Err(error) => Err(Fault::new(format!("`{glob}` isn't a glob: {}", error.kind()))),
    }
}

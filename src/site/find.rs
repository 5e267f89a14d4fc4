//! Finding any mail by its Message-ID.
//!
//! `m/` asks for one; a script looks it up in a static index: `m/index/<prefix>.json` maps
//! hashes of Message-IDs to places on the site. No Message-ID is written there, since many
//! hold an address. Without script, every mail is found in the lists of its month.

use std::fmt::Write as _;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{ListId, MailId};
use crate::diagnostic::Diagnostic;
use crate::site::lists::OnLists;
use crate::site::pager::{Calendar, Sheet, Year};
use crate::site::url::SitePath;
use crate::site::view::{Head, Link, counted, day, minute, shown_title};
use crate::site::{Page, Site};

/// Mails of one page of a month.
const ROWS: usize = 500;
/// Mails that one file of the index holds at most, about.
const SHARD: usize = 256;

/// The page that finds a mail by its Message-ID.
#[derive(Serialize, JsonSchema)]
pub(super) struct FindView {
    /// What the page says about itself.
    page: Head,
    /// Where the files of the index are.
    index: String,
    /// How many digits of a Message-ID's hash name its file.
    digits: usize,
    /// Archives that may have a mail that is not here.
    upstream: Vec<Link>,
    /// The months that have mail, newest year first.
    months: Vec<Year>,
}

/// All mails of a month.
#[derive(Serialize, JsonSchema)]
pub(super) struct SheetView {
    /// What the page says about itself.
    page: Head,
    /// The month: `June 2025`.
    heading: String,
    /// How many mails there are.
    lede: String,
    /// The month before that has mail.
    prev: Option<Link>,
    /// The month after.
    next: Option<Link>,
    /// All months.
    all: Link,
    /// Whether the site has several lists, so that rows name theirs.
    several: bool,
    /// The mails.
    mails: Vec<MailRow>,
}

/// A mail of a month.
#[derive(Serialize, JsonSchema)]
struct MailRow {
    /// Where it is.
    href: String,
    /// Its whole subject.
    subject: String,
    /// When: `2025-06-10 17:54`.
    time: String,
    /// Who sent it.
    from: Link,
    /// The lists that it went to, where the site has several.
    on: OnLists,
}

/// The root of all this.
fn root() -> SitePath {
    SitePath::page(&["m"])
}

/// Where the files of the index are.
pub fn index_path() -> SitePath {
    root().join("index/")
}

/// The word of the navigation that leads here: the search has it where there is one.
fn section(site: &Site<'_>) -> &'static str {
    if site.config.kinds.search { "Search" } else { "Find" }
}

/// All mails by month.
pub fn months(site: &Site<'_>) -> Calendar {
    Calendar::new(root(), site.archive.mails.iter().map(|m| m.date()))
}

/// The page that finds a mail.
pub fn page(site: &Site<'_>) -> Result<Page, Diagnostic> {
    let mut head = site.head(&root(), "Find a mail", section(site));
    head.running = "find".to_string();
    head.date = site.newest_day();
    head.description = "Finds any mail by its Message-ID, or by its month".to_string();
    let lists = (0..site.config.lists.len() as u16).map(ListId);
    let view = FindView {
        page: head,
        index: site.urls.base.href(&index_path()),
        digits: digits(site.archive.mails.len()),
        upstream: lists.filter_map(|list| upstream(site, list)).collect(),
        months: months(site).years(&site.urls.base),
    };
    site.page(root(), "find.html", &view)
}

/// The upstream archive of a list, for mails that are not here.
fn upstream(site: &Site<'_>, list: ListId) -> Option<Link> {
    let href = site.urls.upstream_of(list)?;
    let text = href.split("://").nth(1).unwrap_or(&href).trim_end_matches('/').to_string();
    Some(Link { href, text })
}

/// The lists of mails by month; `sheets` are those of [`months`].
pub fn month(site: &Site<'_>, sheet: Sheet) -> Result<Page, Diagnostic> {
    let heading = format!("Mails of {}", sheet.title);
    let mut head = site.head(&sheet.path, &heading, section(site));
    head.running = "index".to_string();
    let count = sheet.items.len() as u32;
    let lede = format!("{}, by date.", counted(count, "mail", "mails"));
    head.description = format!("{heading}: {lede}");
    let last = sheet.items.clone().next_back().map(|at| MailId(at as u32));
    head.date = last.map_or_else(String::new, |mail| day(site.archive.mail(mail).date()));
    let ids = sheet.items.map(|at| MailId(at as u32));
    let view = SheetView {
        page: head,
        heading,
        lede,
        prev: sheet.prev,
        next: sheet.next,
        all: Link::new(site.urls.base.href(&root()), "All months"),
        several: site.has_several_lists(),
        mails: ids.map(|id| row(site, id)).collect(),
    };
    site.page(sheet.path, "mails.html", &view)
}

/// The pages of all months, to be rendered by [`month`].
pub fn sheets(site: &Site<'_>) -> Vec<Sheet> {
    months(site).sheets(&site.urls.base, ROWS)
}

fn row(site: &Site<'_>, id: MailId) -> MailRow {
    let mail = site.archive.mail(id);
    MailRow {
        href: site.urls.mail(id),
        subject: shown_title(&site.shown(mail.subject_text())),
        time: minute(mail.date()),
        from: site.person_link(site.archive.sender(id)),
        on: site.on_lists(mail.lists().iter().copied()),
    }
}

/// A file of the index, to be rendered by [`shard_file`].
pub struct Shard {
    /// Where it goes.
    pub path: SitePath,
    /// The hashes of the Message-IDs in it, and their mails, by date.
    pub mails: Vec<(u64, MailId)>,
}

/// The files of the index. One without a mail is there too, so that a look-up never meets a
/// 404.
pub fn shards(site: &Site<'_>) -> Vec<Shard> {
    let digits = digits(site.archive.mails.len());
    let file = |prefix| Shard {
        path: root().join(&format!("index/{prefix:0digits$x}.json")),
        mails: Vec::new(),
    };
    let mut shards: Vec<Shard> = (0..1_usize << (4 * digits)).map(file).collect();
    let known = |id: &MailId| site.archive.mails.is_first(*id);
    let all: Vec<MailId> = site.archive.mail_ids().collect();
    let hashed = all.into_par_iter().filter(known);
    let hashed = hashed.map(|id| (hash64(site.archive.mail(id).message_id()), id));
    for (key, id) in hashed.collect::<Vec<_>>() {
        shards[(key >> (64 - 4 * digits)) as usize].mails.push((key, id));
    }
    shards
}

/// A file of the index: a hash and a place on the site in each line.
pub fn shard_file(site: &Site<'_>, shard: &Shard) -> Page {
    let mut text = String::from("{");
    for (at, (key, id)) in shard.mails.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let page = site.urls.home_path(site.archive.home(*id)).as_str();
        let _ = write!(text, "{comma}\n\"{key:016x}\":\"{page}#{}\"", site.urls.anchor(*id));
    }
    text.push_str("\n}\n");
    Page { path: shard.path.clone(), content: text.into_bytes() }
}

/// Hexadecimal digits of a hash that choose its file, where there are so many mails.
pub fn digits(mails: usize) -> usize {
    (1..4).find(|digits| mails / 16_usize.pow(*digits) <= SHARD).unwrap_or(4) as usize
}

/// A Message-ID's hash in 16 hexadecimal digits: FNV-1a (32 bits, over UTF-8) from the usual
/// offset and from another, since a script has no 64-bit integers. `find.js` does the same,
/// and `search.js` for the names of files.
pub fn hash(text: &str) -> String {
    format!("{:016x}", hash64(text))
}

/// The same as a number.
pub fn hash64(text: &str) -> u64 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let both = |(a, b): (u32, u32), byte: u8| (step(a, byte), step(b, byte));
    let (high, low) = text.bytes().fold((0x811c_9dc5, 0x9747_b28c), both);
    u64::from(high) << 32 | u64::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_fnv_1a() {
        // Test vectors of the draft-eastlake-fnv: "" and "foobar".
        assert!(hash("").starts_with("811c9dc5"));
        assert!(hash("foobar").starts_with("bf9cf968"));
    }

    #[test]
    fn files_of_the_index_stay_small() {
        assert_eq!(digits(0), 1);
        assert_eq!(digits(16 * SHARD), 1);
        assert_eq!(digits(20_004), 2);
        assert_eq!(digits(150_000), 3);
        assert_eq!(digits(usize::MAX), 4);
    }
}

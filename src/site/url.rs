//! Every URL of the site, in one place.
//!
//! A URL is a promise: once published it keeps working. Paths are lower case, made of
//! `[a-z0-9-]`, and end in `/`; a page is found by the id in its path alone. All links
//! honour the path of the base URL. What a page says is left to the pages.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::iter;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::archive::compare::scope::{self, Pairings};
use crate::archive::hashed::{Map, Set};
use crate::archive::slug::{short_id, slug};
use crate::archive::{
    Archive, EntryId, Home, LeftOut, ListId, MailId, Person, PersonId, PostingId, PublishedId,
    Range, RangeId, Scope, SubsystemId, ThreadId,
};
use crate::config::{Addresses, Config};
use crate::site::output::Published;

/// Names that the site uses directly below its root, so that no list or page may have them.
pub const RESERVED: [&str; 8] =
    ["authors", "digests", "m", "problems", "search", "series", "subsystems", "threads"];

/// What stands before a range in the address of a digest of all lists together.
pub const TOGETHER: &str = "digests";

/// A place on the site, relative to its root and without a leading slash: a page
/// (`series/x-abcdefghij/`, "" for the home page) or a file (`feed.xml`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SitePath(String);

impl SitePath {
    /// The page at these segments; no segment is the home page.
    pub fn page(segments: &[&str]) -> Self {
        let mut path = String::with_capacity(segments.iter().map(|s| s.len() + 1).sum());
        for segment in segments {
            path.push_str(segment);
            path.push('/');
        }
        SitePath(path)
    }

    /// A file of this page, or a page below it where `name` ends in `/`.
    pub fn join(&self, name: &str) -> Self {
        SitePath([&*self.0, name].concat())
    }

    /// The path as text: `series/x-abcdefghij/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file that holds it, relative to the output directory.
    pub fn file(&self) -> String {
        match self.0.is_empty() || self.0.ends_with('/') {
            true => [&*self.0, "index.html"].concat(),
            false => self.0.clone(),
        }
    }
}

/// Where the site lives: `https://example.org` and `/some/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    origin: String,
    path: String,
}

impl Base {
    /// Divides a base URL (`https://example.org/some/path`, with or without a slash at its
    /// end) into what stands before every path and the path itself.
    pub fn new(base_url: &str) -> Self {
        let url = base_url.trim_end_matches('/');
        let host = url.find("://").map_or(0, |at| at + 3);
        let path = url[host..].find('/').map_or(url.len(), |at| host + at);
        Base { origin: url[..path].to_string(), path: url[path..].to_string() }
    }

    /// The link to a place from any page of the site: `/some/path/series/x/`.
    pub fn href(&self, to: &SitePath) -> String {
        [&*self.path, "/", &to.0].concat()
    }

    /// The whole URL of a place, for feeds and metadata.
    pub fn absolute(&self, to: &SitePath) -> String {
        [&*self.origin, &self.path, "/", &to.0].concat()
    }

    /// The whole URL that a link of [`Base::href`] stands for.
    pub fn absolute_href(&self, href: &str) -> String {
        format!("{}{href}", self.origin)
    }

    /// The place that a link leads to, relative to the root and with what follows its path:
    /// `series/x/#m1` of [`Base::href`] or [`Base::absolute`]. None where it leads elsewhere,
    /// or is relative.
    pub fn within<'h>(&self, href: &'h str) -> Option<&'h str> {
        let path = href.strip_prefix(&*self.origin).unwrap_or(href);
        let inside = path.strip_prefix(&*self.path)?;
        match inside.strip_prefix('/') {
            Some(place) => Some(place).filter(|_| !path.starts_with("//")),
            None => Some("").filter(|_| inside.is_empty() && !path.is_empty()),
        }
    }

    /// The host's name without a port, as it can stand in a Message-ID: what of it is no plain
    /// ASCII is left out.
    pub fn host(&self) -> String {
        let authority = self.origin.split("://").last().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        match host.chars().filter(plain).collect::<String>() {
            empty if empty.is_empty() => "localhost".to_owned(),
            host => host,
        }
    }

    /// The path below which the site lives, without a slash at its end; "" at the root.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The URLs of everything in an archive.
pub struct Urls<'a> {
    /// Where the site lives.
    pub base: Base,
    /// What the user configured.
    pub config: &'a Config,
    archive: &'a Archive,
    postings: Vec<SitePath>,
    threads: Vec<SitePath>,
    /// Each made when it is first asked for: most builds speak of few mails.
    anchors: Vec<OnceLock<Box<str>>>,
    /// Of mails that share a Message-ID with an older one, which of them they are, from 2 on.
    copies: Map<MailId, u32>,
}

impl<'a> Urls<'a> {
    /// Reckons the URLs of an archive's pages below the configured base URL.
    pub fn new(config: &'a Config, archive: &'a Archive) -> Self {
        let postings = archive.postings.par_iter().map(|p| named("series", &p.title, &p.id));
        let threads = archive.threads.par_iter().map(|t| named("threads", &t.title, &t.id));
        Urls {
            base: Base::new(&config.base_url),
            archive,
            config,
            postings: postings.collect(),
            threads: threads.collect(),
            anchors: vec![OnceLock::new(); archive.mails.len()],
            copies: copies(archive),
        }
    }

    /// The path of a posting's page: `series/<slug>-<id>/`.
    pub fn posting_path(&self, id: PostingId) -> &SitePath {
        &self.postings[id.0 as usize]
    }

    /// The path of a discussion's page.
    pub fn thread_path(&self, id: ThreadId) -> &SitePath {
        &self.threads[id.0 as usize]
    }

    /// The path of the page that shows a mail.
    pub fn home_path(&self, home: Home) -> &SitePath {
        match home {
            Home::Posting(id) => self.posting_path(id),
            Home::Thread(id) => self.thread_path(id),
        }
    }

    /// The path of a person's page.
    pub fn person_path(&self, id: PersonId) -> SitePath {
        SitePath::page(&["authors", &self.archive.person(id).slug])
    }

    /// The path of a subsystem's page.
    pub fn subsystem_path(&self, id: SubsystemId) -> SitePath {
        SitePath::page(&["subsystems", &self.archive.subsystem(id).slug])
    }

    /// The path of a list's page.
    pub fn list_path(&self, id: ListId) -> SitePath {
        SitePath::page(&[&self.config.lists[usize::from(id.0)].id])
    }

    /// The path of a list's page; of all lists together, the home page.
    pub fn scope_path(&self, scope: Scope) -> SitePath {
        scope.list().map_or_else(|| SitePath::page(&[]), |list| self.list_path(list))
    }

    /// What a scope is called where its address is: a list's id, or `digests`.
    pub fn scope_id(&self, scope: Scope) -> &'a str {
        scope.list().map_or(TOGETHER, |list| &self.config.lists[usize::from(list.0)].id)
    }

    /// The path of the page that lists the digests of a scope.
    pub fn digests_path(&self, scope: Scope) -> SitePath {
        self.scope_path(scope).join("digests/")
    }

    /// The path of the digest of a range.
    pub fn digest_path(&self, id: RangeId) -> SitePath {
        self.path_of_digest(&self.archive.ranges[id.0 as usize])
    }

    fn path_of_digest(&self, range: &Range) -> SitePath {
        self.digests_path(range.scope).join(&format!("{}/", range.slug))
    }

    /// The path of the page that says what changed from one posting to a later one:
    /// `series/<slug>-<id>/since-<id of the earlier one>/`. No version is in it, since late mail
    /// may bring another one in between.
    pub fn comparison_path(&self, earlier: PostingId, later: PostingId) -> SitePath {
        let since = ["since-", &self.archive.posting(earlier).id, "/"].concat();
        self.posting_path(later).join(&since)
    }

    /// The link to that page.
    pub fn comparison(&self, earlier: PostingId, later: PostingId) -> String {
        self.base.href(&self.comparison_path(earlier, later))
    }

    /// The path of a digest that was published as text.
    pub fn text_path(&self, id: PublishedId) -> SitePath {
        let published = self.archive.published(id);
        self.list_path(published.list).join(&format!("digests/{}/", published.slug))
    }

    /// The link to a digest that was published as text.
    pub fn text(&self, id: PublishedId) -> String {
        self.base.href(&self.text_path(id))
    }

    /// The link to a posting in a digest that was published as text.
    pub fn entry(&self, id: EntryId) -> String {
        format!("{}#e-{}", self.text(id.digest), self.archive.entry(id).id)
    }

    /// The link to a posting's page.
    pub fn posting(&self, id: PostingId) -> String {
        self.base.href(self.posting_path(id))
    }

    /// The link to a discussion's page.
    pub fn thread(&self, id: ThreadId) -> String {
        self.base.href(self.thread_path(id))
    }

    /// The link to a person's page.
    pub fn person(&self, id: PersonId) -> String {
        self.base.href(&self.person_path(id))
    }

    /// The link to a subsystem's page.
    pub fn subsystem(&self, id: SubsystemId) -> String {
        self.base.href(&self.subsystem_path(id))
    }

    /// The link to a list's page.
    pub fn list(&self, id: ListId) -> String {
        self.base.href(&self.list_path(id))
    }

    /// The link to the digest of a range.
    pub fn digest(&self, id: RangeId) -> String {
        self.base.href(&self.digest_path(id))
    }

    /// The same, of a range itself.
    pub fn digest_of(&self, range: &Range) -> String {
        self.base.href(&self.path_of_digest(range))
    }

    /// The name of a mail's anchor on its page: `m-` and ten characters of base 32. Where several
    /// share a Message-ID, the later ones are counted, so that no page has one anchor twice.
    pub fn anchor(&self, id: MailId) -> &str {
        self.anchors[id.0 as usize].get_or_init(|| {
            let name = short_id(self.archive.mail(id).message_id());
            match self.copy(id) {
                None => format!("m-{name}").into(),
                Some(copy) => format!("m-{name}-{copy}").into(),
            }
        })
    }

    /// Of a mail that shares its Message-ID with an older one, which of them it is, from 2 on.
    pub fn copy(&self, id: MailId) -> Option<u32> {
        self.copies.get(&id).copied()
    }

    /// The name of an anchor for a mail's text where it is shown away from its page: in a
    /// digest, or on a part page.
    pub fn copy_anchor(&self, id: MailId) -> String {
        self.anchor(id).replacen('m', "t", 1)
    }

    /// The link to a mail from anywhere: its page and its anchor there.
    pub fn mail(&self, id: MailId) -> String {
        let page = self.home_path(self.archive.home(id));
        [&*self.base.path, "/", &page.0, "#", self.anchor(id)].concat()
    }

    /// The link to a mail from the page `on`: only the anchor where it is shown there.
    pub fn mail_from(&self, on: Home, id: MailId) -> String {
        match self.archive.home(id) == on {
            true => ["#", self.anchor(id)].concat(),
            false => self.mail(id),
        }
    }

    /// Where a mail lives upstream: by the first of its lists that says where.
    pub fn upstream(&self, id: MailId) -> Option<String> {
        let mail = self.archive.mail(id);
        self.upstream_of_id(mail.lists(), mail.message_id())
    }

    /// Where a Message-ID would be found upstream, by the first of `lists` that says where.
    pub fn upstream_of_id(&self, lists: &[ListId], message_id: &str) -> Option<String> {
        let pattern = lists.iter().find_map(|l| self.pattern(*l))?;
        let mut message_id = percent_encoded(message_id);
        if self.config.addresses != Addresses::Full {
            // Many Message-IDs hold an address: at least none that is to be had by its `@`.
            message_id = message_id.replace('@', "%40");
        }
        Some(pattern.replace("{message_id}", &message_id))
    }

    /// The upstream archive of a list as a whole: its URL up to the Message-ID.
    pub fn upstream_of(&self, list: ListId) -> Option<String> {
        let pattern = self.pattern(list)?;
        Some(pattern.split("{message_id}").next().unwrap_or(pattern).to_string())
    }

    fn pattern(&self, list: ListId) -> Option<&'a str> {
        self.config.lists.get(usize::from(list.0))?.archive_url.as_deref()
    }

    /// What is published: the URLs of postings, discussions, people, subsystems and digests,
    /// and what stays the same about each when its URL changes. Message-IDs and addresses
    /// are hashed: the list is published with the site, which may have to hide them.
    pub fn published(&self) -> Vec<Published> {
        let archive = self.archive;
        let row =
            |path: &SitePath, key| Published { url: format!("/{}", path.0), key, stands: true };
        let ids = (0..archive.postings.len() as u32).into_par_iter().map(PostingId);
        let keys: Vec<String> = ids.map(|id| self.key_of_posting(id)).collect();
        let postings = self.postings.iter().zip(&keys).map(|(path, key)| row(path, key.clone()));
        let threads = archive.threads.iter().zip(&self.threads);
        let threads = threads.map(|(thread, path)| row(path, self.key_of(&thread.mails)));
        let people = (0..archive.people.len() as u32).map(PersonId);
        let people = people.map(|id| row(&self.person_path(id), person_key(archive.person(id))));
        let subsystems = (0..archive.subsystems.len() as u32).map(SubsystemId);
        let subsystems =
            subsystems.map(|id| row(&self.subsystem_path(id), archive.subsystem(id).name.clone()));
        let digests = archive
            .ranges
            .iter()
            .map(|range| row(&self.path_of_digest(range), self.scope_id(range.scope).to_owned()));
        let texts = (0..).map(PublishedId).zip(&archive.published).map(|(id, published)| {
            let list = &self.config.lists[usize::from(published.list.0)];
            row(&self.text_path(id), list.id.clone())
        });
        let pages = postings.chain(threads).chain(people).chain(subsystems);
        let pages = pages.chain(digests).chain(texts);
        let compared = self.compared();
        let comparisons = compared.into_iter().map(|(earlier, later)| {
            let key = [later, earlier].map(|id| keys[id.0 as usize].as_str()).join(BETWEEN);
            row(&self.comparison_path(earlier, later), key)
        });
        pages.chain(comparisons).collect()
    }

    fn key_of_posting(&self, id: PostingId) -> String {
        let mut members: Vec<MailId> = self.archive.posting(id).members().collect();
        members.sort_unstable();
        self.key_of(&members)
    }

    /// The postings that have a comparison of their own: the earlier one, then the later one.
    fn compared(&self) -> Vec<(PostingId, PostingId)> {
        let all = (0..self.archive.postings.len() as u32).map(PostingId);
        let which = self.config.comparisons;
        let pairs = all.map(|later| (later, scope::earlier(self.archive, later, which)));
        pairs.flat_map(|(later, all)| all.into_iter().map(move |one| (one, later))).collect()
    }

    /// The postings whose comparison was published once and is [`gone`], since it is not made as
    /// a matter of course any more where another one came in between: the earlier one, then the
    /// later one. Their pages stay.
    pub fn compared_once(&self, gone: &[&Published]) -> BTreeSet<(PostingId, PostingId)> {
        let once: Vec<&&Published> = gone.iter().filter(|p| p.url.contains(SINCE)).collect();
        if once.is_empty() {
            return BTreeSet::new();
        }
        let here: HashSet<(PostingId, PostingId)> = self.compared().into_iter().collect();
        let successors = self.successors();
        let pairs = once.into_iter().filter_map(|page| self.pair(page, &successors));
        pairs.filter(|pair| !here.contains(pair)).collect()
    }

    /// The postings that a comparison published once was of, if both are there and have patches.
    fn pair(
        &self,
        page: &Published,
        successors: &Successors<'_>,
    ) -> Option<(PostingId, PostingId)> {
        let (later, earlier) = page.key.split_once(BETWEEN)?;
        let posting = |key: &str| {
            let mail = key.split(' ').find_map(|key| successors.mails.get(key))?;
            match self.archive.home(*mail) {
                Home::Posting(id) => {
                    Some(id).filter(|id| !self.archive.posting(*id).patches.is_empty())
                }
                Home::Thread(_) => None,
            }
        };
        let (earlier, later) = (posting(earlier)?, posting(later)?);
        (earlier != later && self.config.comparisons != Pairings::None).then_some((earlier, later))
    }

    /// What a page of these mails, in the order of their dates, is known by: the hashes of the
    /// first ones. The page is found again while one of them is left.
    fn key_of(&self, mails: &[MailId]) -> String {
        let hashes = mails.iter().take(KEY_MAILS).map(|mail| self.key_of_mail(*mail));
        hashes.collect::<Vec<&str>>().join(" ")
    }

    /// The hash of a mail's Message-ID that its anchor is made of.
    fn key_of_mail(&self, id: MailId) -> &str {
        let anchor = self.anchor(id);
        anchor.split('-').nth(1).unwrap_or(anchor)
    }

    /// The addresses of pages that are [`gone`], and what has become of each.
    pub fn moved(&self, gone: &[&Published]) -> Vec<(SitePath, Fate)> {
        if gone.is_empty() {
            return Vec::new();
        }
        let successors = self.successors();
        let path = |p: &Published| SitePath(p.url.trim_start_matches('/').to_owned());
        gone.iter().map(|p| (path(p), self.fate(p, &successors))).collect()
    }

    /// What is there now. Of mails that share a Message-ID, the first counts.
    fn successors(&self) -> Successors<'_> {
        let archive = self.archive;
        let mails = archive.mail_ids().rev().map(|id| (self.key_of_mail(id), id));
        let people = archive.people.iter().zip((0..).map(PersonId));
        let people = people.flat_map(|(person, id)| {
            let own = iter::once(person_key(person));
            own.chain(person.addresses.iter().map(|a| short_id(a))).map(move |key| (key, id))
        });
        let subsystems = archive.subsystems.iter().zip((0..).map(SubsystemId));
        Successors {
            mails: mails.collect(),
            left_out: archive.left_out.iter().map(|m| (short_id(&m.message_id), m)).collect(),
            people: people.collect(),
            subsystems: subsystems.map(|(s, id)| (s.name.as_str(), id)).collect(),
        }
    }

    /// The page of this file, and the page of a posting, discussion, person or subsystem that
    /// it is below. Parts of long pages and further pages of lists come and go; what was on
    /// them is found from the page above.
    pub fn below(file: &str) -> Option<(SitePath, SitePath)> {
        let path = file.strip_suffix("index.html")?;
        let mut segments = path.splitn(3, '/');
        let (kind, name) = (segments.next()?, segments.next()?);
        let is_below = segments.next().is_some_and(|rest| !rest.is_empty());
        let promised = matches!(kind, "series" | "threads" | "authors" | "subsystems");
        (promised && is_below).then(|| (SitePath(path.to_owned()), SitePath::page(&[kind, name])))
    }

    /// What has become of a page that is no longer there.
    fn fate(&self, page: &Published, successors: &Successors<'_>) -> Fate {
        let kind = page.url.trim_start_matches('/').split('/').next().unwrap_or_default();
        let successor = match kind {
            "series" if page.url.contains(SINCE) && self.pair(page, successors).is_some() => {
                self.pair(page, successors).map(|(earlier, later)| self.comparison(earlier, later))
            }
            "series" | "threads" => {
                page.key.split(' ').find_map(|key| successors.mails.get(key)).map(|m| self.mail(*m))
            }
            "authors" => successors.people.get(&page.key).map(|id| self.person(*id)),
            "subsystems" => {
                successors.subsystems.get(page.key.as_str()).map(|id| self.subsystem(*id))
            }
            _ => None,
        };
        let directory = match kind {
            "series" | "threads" if self.archive.mails.is_empty() => SitePath::page(&[]),
            "threads" if !self.config.selection.threads => SitePath::page(&[]),
            "series" | "threads" | "authors" | "subsystems" => SitePath::page(&[kind]),
            id if self.config.lists.iter().any(|list| list.id == id) => SitePath::page(&[id]),
            _ => SitePath::page(&[]),
        };
        let left_out = || page.key.split(' ').find_map(|key| successors.left_out.get(key));
        let upstream = |mail: &&LeftOut| self.upstream_of_id(&mail.lists, &mail.message_id);
        match (successor, kind) {
            (Some(successor), _) => Fate::Moved(successor),
            (None, "series" | "threads") => match left_out() {
                Some(mail) => Fate::LeftOut(upstream(mail)),
                None => Fate::Gone(self.base.href(&directory)),
            },
            _ => Fate::Gone(self.base.href(&directory)),
        }
    }
}

/// What every path of a comparison has in it.
const SINCE: &str = "/since-";

/// What stands between the keys of the two postings of a comparison.
const BETWEEN: &str = " / ";

/// How many mails of a page may be gone before it is not found again.
const KEY_MAILS: usize = 3;

/// What has become of a page that was published once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is at this link now.
    Moved(String),
    /// Its mail is not shown on this site; it may be read upstream, at this link.
    LeftOut(Option<String>),
    /// Nothing of it is left; this link leads to others of its kind.
    Gone(String),
}

/// Of what was published `before`, what is not published `now`.
pub fn gone<'p>(before: &'p [Published], now: &[Published]) -> Vec<&'p Published> {
    let now: Set<&str> = now.iter().map(|page| page.url.as_str()).collect();
    before.iter().filter(|page| !now.contains(page.url.as_str())).collect()
}

/// What is there now, by what stays the same when a URL changes.
struct Successors<'a> {
    mails: Map<&'a str, MailId>,
    left_out: HashMap<String, &'a LeftOut>,
    people: HashMap<String, PersonId>,
    subsystems: HashMap<&'a str, SubsystemId>,
}

/// What a person's page is known by: their address, else their name.
fn person_key(person: &Person) -> String {
    let key = if person.email.is_empty() { &person.name } else { &person.email };
    short_id(&key.to_lowercase())
}

/// `series/<slug>-<id>/`, or the id alone where the title gives no slug.
fn named(kind: &str, title: &str, id: &str) -> SitePath {
    match slug(title) {
        empty if empty.is_empty() => SitePath::page(&[kind, id]),
        slug => SitePath::page(&[kind, &format!("{slug}-{id}")]),
    }
}

/// The mails that share a Message-ID with an older one, and which of them each is, from 2 on.
fn copies(archive: &Archive) -> Map<MailId, u32> {
    let mut seen: Map<&str, u32> = Map::default();
    let later = archive.mail_ids().filter(|id| !archive.mails.is_first(*id));
    let counted = later.map(|id| {
        // The first one counts, too.
        let copy = seen.entry(archive.mail(id).message_id()).or_insert(1);
        *copy += 1;
        (id, *copy)
    });
    counted.collect()
}

/// `text` as one segment of a URL's path (RFC 3986, section 3.3): everything but the
/// characters allowed there is percent-encoded, `/` included.
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'@' | b'+' | b'=' | b'$' | b',' | b':' | b';' | b'!' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// `text` with `%XX` replaced by the byte it stands for (RFC 3986, section 2.1). What is no
/// UTF-8 then is replaced.
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|two| two.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|two| std::str::from_utf8(two).ok());
        let decoded = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        let decoded = decoded.filter(|_| byte == b'%');
        out.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_honour_the_path_of_the_base_url() {
        let base = Base::new("https://example.org/some/path/");
        let page = SitePath::page(&["series", "x-abcdefghij"]);
        assert_eq!(base.href(&page), "/some/path/series/x-abcdefghij/");
        assert_eq!(base.absolute(&page), "https://example.org/some/path/series/x-abcdefghij/");
        assert_eq!(base.href(&SitePath::page(&[])), "/some/path/");
    }

    #[test]
    fn a_site_at_the_root_has_no_path() {
        let base = Base::new("https://example.org");
        assert_eq!(base.href(&SitePath::page(&[])), "/");
        assert_eq!(base.href(&SitePath::page(&["m"])), "/m/");
        assert_eq!(base.absolute(&SitePath::page(&["m"])), "https://example.org/m/");
    }

    #[test]
    fn links_into_the_site_are_told_from_others() {
        let base = Base::new("https://example.org/some");
        for (href, place) in [
            ("/some/a/#b", Some("a/#b")),
            ("https://example.org/some/a/", Some("a/")),
            ("/some", Some("")),
            ("/some/", Some("")),
            ("/somewhere/", None),
            ("https://example.org/other/", None),
            ("https://example.org.example/some/", None),
            ("", None),
            ("a/", None),
        ] {
            assert_eq!(base.within(href), place, "{href}");
        }
        let root = Base::new("https://example.org");
        for (href, place) in [
            ("/a/", Some("a/")),
            ("https://example.org/", Some("")),
            ("//example.net/a/", None),
            ("https://example.org.example/", None),
            ("", None),
            ("a/", None),
        ] {
            assert_eq!(root.within(href), place, "{href}");
        }
    }

    #[test]
    fn pages_are_index_files() {
        assert_eq!(SitePath::page(&[]).file(), "index.html");
        assert_eq!(SitePath::page(&["m"]).file(), "m/index.html");
        assert_eq!(SitePath::page(&["m"]).join("feed.xml").file(), "m/feed.xml");
    }

    #[test]
    fn message_ids_become_one_segment() {
        assert_eq!(percent_encoded("a/b?c#d e@f"), "a%2Fb%3Fc%23d%20e@f");
        assert_eq!(percent_encoded("<é\"&'>"), "%3C%C3%A9%22%26%27%3E");
    }

    #[test]
    fn percent_signs_stand_for_bytes() {
        assert_eq!(percent_decoded("%C3%A9%2"), "é%2");
        assert_eq!(percent_decoded("%zz%+1%"), "%zz%+1%");
    }
}

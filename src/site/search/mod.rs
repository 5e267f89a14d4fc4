//! Search without a server: an index in small files that a script in the reader's browser
//! fetches as it needs them.
//!
//! `search/` is the page. Below it, `terms/*.txt` hold the index by term ([`index`]), cut at
//! terms that depend on the terms alone ([`shard`]); `records/*.json` hold what the results
//! say ([`record`]); `index.json` says where each file begins. A query fetches that, one file
//! for each of its words, and the records of the results that are shown: it moves some tens of
//! kilobytes, whatever the size of the site. How text becomes terms is said in [`terms`].
//!
//! Indexed are postings (title, titles of patches, text of the cover letter or of the only
//! commit message, authors, subsystems, paths, version, state, list), discussions (title,
//! authors) and what published texts tell of (the same as of postings, as far as it is told).
//! Mails are found by Message-ID in the index of [`super::find`], by a hash, since
//! many hold an address; nor is an address in the index that pages do not show.

mod index;
mod mend;
mod record;
mod shard;
mod terms;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{
    EntryId, ListId, MailId, PersonId, Posting, PostingId, PublishedId, State, Thread,
};
use crate::config::Addresses;
use crate::diagnostic::Diagnostic;
use crate::mail::Shown;
use crate::site::url::SitePath;
use crate::site::view::{Head, Link};
use crate::site::{Page, Site, find, published, row, text};
use index::{Fnv, Index, Line, TermId, field};
pub use mend::Before;
use record::Row;
pub use record::{Of, Records};
use shard::Sizes;
use terms::{Level, Splitter, is_common};

/// Bytes of a cover letter or commit message that are indexed, at most.
const PROSE: usize = 6_000;
/// Files that a posting touches of which the paths are indexed, at most.
const PATHS: usize = 2_000;
/// Directories above a file that are indexed, at most.
const DIRECTORIES: usize = 16;
/// How large the files with terms are.
const TERMS: Sizes = Sizes { least: 4_000, items: 128, most: 16_000 };
/// How large those with records are.
const RECORDS: Sizes = Sizes { least: 1_200, items: 4, most: 6_000 };

/// The terms of cover letters and commit messages, kept when their pages are made: bodies are
/// not in memory later.
pub struct Covers(Vec<OnceLock<Box<str>>>);

impl Covers {
    /// Room for so many postings.
    pub fn new(postings: usize) -> Covers {
        Covers((0..postings).map(|_| OnceLock::new()).collect())
    }

    /// Keeps the terms of a posting's text: that of its head, which is among the mails `read`.
    pub fn keep(&self, site: &Site<'_>, id: PostingId, read: &BTreeMap<MailId, Shown>) {
        let Some(mail) = read.get(&site.archive.posting(id).head()) else { return };
        self.0[id.0 as usize].get_or_init(|| distinct_terms(prose(mail)));
    }

    /// What is kept of a posting, as text; to be kept in its place by a build that does not
    /// read the posting's mails.
    pub fn kept(&self, id: PostingId) -> &str {
        self.0[id.0 as usize].get().map_or("", |terms| terms)
    }

    /// Keeps what an earlier build had [`kept`](Covers::kept).
    pub fn restore(&self, id: PostingId, kept: &str) {
        self.0[id.0 as usize].get_or_init(|| kept.into());
    }

    /// The terms of a posting's text, each once.
    fn of(&self, id: PostingId) -> impl Iterator<Item = (&str, Level)> {
        self.kept(id).lines().map(term)
    }
}

/// A term of [`distinct_terms`].
fn term(line: &str) -> (&str, Level) {
    match line.strip_prefix('+') {
        Some(part) => (part, Level::Part),
        None => (line, Level::Whole),
    }
}

/// What people wrote in a cover letter or commit message: no trailers, no diffstat.
fn prose(mail: &Shown) -> &str {
    let (message, stat) = (&mail.patch.message, &mail.patch.diffstat);
    let end = match stat.is_empty() {
        true => message.end,
        false => message.end.min(stat.start.max(message.start)),
    };
    let (prose, _) =
        text::split_trailers(mail.body.text.get(message.start..end).unwrap_or_default());
    let end = (0..=PROSE.min(prose.len())).rfind(|at| prose.is_char_boundary(*at));
    &prose[..end.unwrap_or(0)]
}

/// The terms of a text, each once, as they come: one a line, those that are only parts of
/// others with a `+`. Quoted lines, links and addresses are left out.
fn distinct_terms(prose: &str) -> Box<str> {
    let mut splitter = Splitter::default();
    let (mut found, mut ends) = (String::with_capacity(prose.len() * 2), vec![0]);
    let lines = prose.lines().filter(|line| !line.starts_with('>'));
    let words = lines.flat_map(str::split_whitespace);
    for word in words.filter(|word| !is_link_or_address(word)) {
        splitter.split(word, |term, level| {
            if !is_common(term) {
                found.push_str(if level == Level::Part { "+" } else { "" });
                found.push_str(term);
                ends.push(found.len());
            }
        });
    }
    // Terms may be chosen to have one hash, but a text has at most PROSE bytes of them.
    let mut seen = HashSet::with_capacity_and_hasher(ends.len(), Fnv::default());
    let all = ends.windows(2).map(|pair| &found[pair[0]..pair[1]]);
    let distinct: Vec<&str> = all.filter(|term| seen.insert(*term)).collect();
    distinct.join("\n").into()
}

/// Whether a word has `@` or `://` in it.
fn is_link_or_address(word: &str) -> bool {
    let mut signs = memchr::memchr2_iter(b'@', b':', word.as_bytes());
    signs.any(|at| word.as_bytes()[at] == b'@' || word[at + 1..].starts_with("//"))
}

/// Fills an index with the records of a site.
struct Indexer<'a> {
    site: &'a Site<'a>,
    covers: &'a Covers,
    index: Index,
    splitter: Splitter,
    /// The terms of each path.
    paths: HashMap<&'a str, Vec<TermId>>,
    /// The record that is being indexed.
    number: u32,
    /// [`field::OLD`] where it is superseded.
    old: u16,
    records: &'a Records,
    /// The published text that was read last: its entries follow each other.
    text: Option<(PublishedId, String)>,
}

impl<'a> Indexer<'a> {
    fn record(&mut self, (number, of): (u32, Of)) {
        (self.number, self.old) = (number, 0);
        match of {
            Of::Entry(id) => self.entry(id),
            Of::Posting(id) => self.posting(id),
            Of::Thread(id) => self.thread(self.site.archive.thread(id)),
        }
    }

    fn entry(&mut self, id: EntryId) {
        let (site, entry) = (self.site, self.site.archive.entry(id));
        self.old = if self.records.is_old(id) { field::OLD } else { 0 };
        self.running(&site.shown(&entry.title), field::TITLE);
        let parts = entry.row.iter().flat_map(|row| &row.parts).map(|part| &*part.title);
        let told = entry.subjects().map(|subject| &*subject.title);
        let titles: BTreeSet<&str> = parts.chain(told).filter(|t| *t != entry.title).collect();
        for title in titles {
            self.running(&site.shown(title), field::PATCH);
        }
        self.letter(id);
        self.people(entry.person.into_iter().collect());
        for subsystem in &entry.subsystems {
            self.name(&site.archive.subsystem(*subsystem).name, field::SUBSYSTEM);
        }
        self.add(&format!("v{}", entry.version), field::FACT);
        for word in published::words(entry) {
            self.add(&word.to_lowercase(), field::FACT);
        }
        self.lists([site.archive.published(id.digest).list]);
    }

    /// What is written in the cover letter or first patch of an entry.
    fn letter(&mut self, id: EntryId) {
        if self.text.as_ref().is_none_or(|(digest, _)| *digest != id.digest) {
            self.text = Some((id.digest, self.site.bodies.published_text(id.digest)));
        }
        let text = self.text.as_ref().map_or("", |(_, text)| text);
        let Some(letter) = published::head_letter(self.site.archive.entry(id), text) else {
            return;
        };
        for line in distinct_terms(prose(&letter)).lines() {
            let (term, level) = term(line);
            self.add(term, at(level, field::COVER));
        }
    }

    fn posting(&mut self, id: PostingId) {
        let (site, archive) = (self.site, self.site.archive);
        let posting = archive.posting(id);
        self.old = if posting.superseded_by.is_some() { field::OLD } else { 0 };
        self.running(&site.shown(&posting.title), field::TITLE);
        for slot in &posting.patches {
            let title = archive.mail(slot.mail).title();
            if *title != *posting.title {
                self.running(&site.shown(title), field::PATCH);
            }
        }
        let covers = self.covers;
        for (term, level) in covers.of(id) {
            self.add(term, at(level, field::COVER));
        }
        let mut people: Vec<PersonId> = posting.members().map(|m| archive.author(m)).collect();
        people.extend([posting.author, posting.sender]);
        self.people(people);
        for subsystem in &posting.subsystems {
            self.name(&archive.subsystem(*subsystem).name, field::SUBSYSTEM);
        }
        let members = posting.patches.iter().map(|slot| archive.mail(slot.mail));
        for file in members.flat_map(|mail| mail.files()).take(PATHS) {
            self.path(file.path);
        }
        self.facts(posting);
        self.lists(self.site.archive.lists_of(id));
    }

    /// What is known of a posting in few words: `v3`, `rfc`, `net-next`, `state:applied`.
    fn facts(&mut self, posting: &Posting) {
        self.add(&format!("v{}", posting.version), field::FACT);
        for word in row::words(posting) {
            self.add(&word.to_lowercase(), field::FACT);
        }
        for tag in &posting.tags {
            self.name(&self.site.shown(tag), field::FACT);
        }
        self.add(&format!("state:{}", state_name(posting.state)), field::FACT);
    }

    /// The lists of a record, where the site has several.
    fn lists(&mut self, lists: impl IntoIterator<Item = ListId>) {
        if self.site.config.lists.len() < 2 {
            return;
        }
        for list in lists {
            let id = &self.site.config.lists[usize::from(list.0)].id;
            self.add(&format!("list:{id}"), field::FACT);
        }
    }

    fn thread(&mut self, thread: &Thread) {
        self.running(&self.site.shown(&thread.title), field::TITLE);
        self.people(thread.mails.iter().map(|mail| self.site.archive.sender(*mail)).collect());
        if let Some(first) = thread.mails.first() {
            self.lists(self.site.archive.mail(*first).lists().iter().copied());
        }
    }

    /// People's names, and their addresses if pages show them.
    fn people(&mut self, mut people: Vec<PersonId>) {
        people.sort_unstable();
        people.dedup();
        for person in people.into_iter().map(|id| self.site.archive.person(id)) {
            self.name(&self.site.shown(&person.name), field::AUTHOR);
            if self.site.config.addresses == Addresses::Full {
                self.split(&person.email, |_, level| match level {
                    Level::Whole => Some(field::AUTHOR),
                    Level::Part => None,
                });
            }
        }
    }

    /// A text in sentences, where common words say nothing.
    fn running(&mut self, text: &str, fields: u16) {
        self.split(text, |term, level| (!is_common(term)).then(|| at(level, fields)));
    }

    /// A name, where every word counts.
    fn name(&mut self, text: &str, fields: u16) {
        self.split(text, |_, _| Some(fields));
    }

    /// A path, its directories and their parts.
    fn path(&mut self, path: &'a str) {
        if !self.paths.contains_key(path) {
            let terms = self.terms_of_path(path);
            self.paths.insert(path, terms);
        }
        for term in &self.paths[path] {
            self.index.add(*term, self.number, field::PATH | self.old);
        }
    }

    fn terms_of_path(&mut self, path: &str) -> Vec<TermId> {
        let (index, mut terms) = (&mut self.index, Vec::new());
        self.splitter.split(path, |term, _| terms.push(index.term(term)));
        for (slash, _) in path.match_indices('/').take(DIRECTORIES) {
            self.splitter.split(&path[..slash], |term, level| {
                if level == Level::Whole {
                    terms.push(index.term(term));
                }
            });
        }
        terms
    }

    /// Adds the terms of a text in the fields that `choose` says, if any.
    fn split(&mut self, text: &str, choose: impl Fn(&str, Level) -> Option<u16>) {
        let (index, number, old) = (&mut self.index, self.number, self.old);
        self.splitter.split(text, |term, level| {
            if let Some(fields) = choose(term, level) {
                let term = index.term(term);
                index.add(term, number, fields | old);
            }
        });
    }

    fn add(&mut self, term: &str, fields: u16) {
        let term = self.index.term(term);
        self.index.add(term, self.number, fields | self.old);
    }
}

/// The field of a term: parts of identifiers count less than words of their own.
fn at(level: Level, whole: u16) -> u16 {
    match level {
        Level::Whole => whole,
        Level::Part => field::PART,
    }
}

/// A state in one word, as it is searched for.
fn state_name(state: State) -> String {
    state.words().replace(' ', "-")
}

/// The root of all this.
fn root() -> SitePath {
    SitePath::page(&["search"])
}

/// The files of the index, the one that leads to the others last. `made_of` has the number of
/// each of the records and a hash of what is indexed of it; `before` is the index of the last
/// build, if there is one.
pub fn files(
    site: &Site<'_>,
    covers: &Covers,
    (records, made_of): (&Records, &[(u64, u64)]),
    before: Option<Before>,
) -> Result<Vec<Page>, Diagnostic> {
    let indexed = |wanted: &dyn Fn(u32) -> bool| {
        let mut indexer = Indexer {
            site,
            covers,
            index: Index::default(),
            splitter: Splitter::default(),
            paths: HashMap::new(),
            number: 0,
            old: 0,
            records,
            text: None,
        };
        let wanted = records.all.iter().filter(|(number, _)| wanted(*number));
        wanted.for_each(|record| indexer.record(*record));
        indexer.index
    };
    let mended = before.as_ref().and_then(|before| {
        let changes = before.changes(made_of)?;
        let added = indexed(&|number| changes.added.contains(&number));
        before.mended(&changes, added.into_lists())
    });
    let lines = mended.unwrap_or_else(|| indexed(&|_| true).into_lines());
    let mut pages = term_pages(&lines);
    let blocks = record_files(site, records, &mut pages)?;
    let states: BTreeSet<State> = site.archive.postings.iter().map(|p| p.state).collect();
    let leads = Leads {
        terms: leading(&lines),
        blocks,
        undated: records.undated,
        states: states.into_iter().map(state_name).collect(),
        lists: site.config.lists.iter().map(|list| list.id.as_str()).collect(),
    };
    pages.push(Page { path: root().join("index.json"), content: json(&leads)? });
    Ok(pages)
}

/// Whether a file of the site has terms of the index.
pub fn has_terms(file: &str) -> bool {
    file.starts_with("search/terms/") && file.ends_with(".txt")
}

/// What leads to the files of the index.
#[derive(Serialize)]
struct Leads<'a> {
    /// The first term of each file; its name is the hash of that.
    terms: Vec<&'a str>,
    /// The number that each file of records begins with, less that of the file before; its name
    /// is the number.
    blocks: Vec<u32>,
    /// The number from which on numbers say a date.
    undated: u32,
    /// The states of postings, for `state:`.
    states: Vec<String>,
    /// The lists, for `list:`.
    lists: Vec<&'a str>,
}

/// The lines of each file with terms.
fn cut<'l>(lines: &'l [Line<'_>]) -> impl Iterator<Item = &'l [Line<'l>]> {
    let items: Vec<(u64, usize)> = lines
        .par_iter()
        .map(|(term, list)| (find::hash64(term), term.len() + list.len() + 2))
        .collect();
    shard::cut(&items, TERMS).into_iter().map(|range| &lines[range])
}

/// The first term of each file.
fn leading<'l>(lines: &'l [Line<'_>]) -> Vec<&'l str> {
    cut(lines).filter_map(|lines| lines.first()).map(|(term, _)| &**term).collect()
}

/// The files with the terms.
fn term_pages(lines: &[Line<'_>]) -> Vec<Page> {
    let page = |lines: &[Line<'_>]| {
        let length = |(term, list): &Line<'_>| term.len() + list.len() + 2;
        let mut text = String::with_capacity(lines.iter().map(length).sum());
        let mut above = "";
        for (term, list) in lines {
            let shared = index::shared(above, term);
            text.push(index::digit(shared as u32));
            text.extend([&term[shared..], list, "\n"]);
            above = term;
        }
        let first = lines.first().map_or("", |(term, _)| term);
        let path = root().join(&format!("terms/{}.txt", find::hash(first)));
        Page { path, content: text.into_bytes() }
    };
    cut(lines).map(page).collect()
}

/// The files with the records, and the number that each begins with, less the one before.
fn record_files(
    site: &Site<'_>,
    records: &Records,
    pages: &mut Vec<Page>,
) -> Result<Vec<u32>, Diagnostic> {
    let rows = records.all.par_iter().map(|record| json(&Row::of(site, records, *record)));
    let rows: Vec<Vec<u8>> = rows.collect::<Result<_, _>>()?;
    let numbers = records.all.iter().map(|(number, _)| u64::from(*number));
    let items: Vec<(u64, usize)> = numbers.zip(rows.iter().map(Vec::len)).collect();
    let (mut starts, mut before) = (Vec::new(), 0);
    for range in shard::cut(&items, RECORDS) {
        let first = records.all[range.start].0;
        let path = root().join(&format!("records/{first}.json"));
        let content = [&b"[\n"[..], &rows[range].join(&b",\n"[..]), b"\n]\n"].concat();
        pages.push(Page { path, content });
        starts.push(first - before);
        before = first;
    }
    Ok(starts)
}

/// JSON of what has no odd keys, which is all there is here.
fn json(value: &impl Serialize) -> Result<Vec<u8>, Diagnostic> {
    let failed = |e| Diagnostic::error(format!("the search index can't be written: {e}"));
    serde_json::to_vec(value).map_err(failed)
}

/// The search.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// Where the files of the index are.
    index: String,
    /// Where those are that know Message-IDs, and how many digits choose one.
    mails: String,
    /// How many digits of a Message-ID's hash name its file.
    digits: usize,
    /// Whether there are lists to choose from.
    several: bool,
    /// Archives of the lists that can be searched without script.
    upstream: Vec<Link>,
    /// Their origins, for the page's policy.
    forms: String,
}

/// The page.
pub fn page(site: &Site<'_>) -> Result<Page, Diagnostic> {
    let mut head = site.head(&root(), "Search", "Search");
    head.running = "search".to_string();
    head.description = "Series and discussions by words, people, paths and states".to_string();
    let upstream: Vec<Link> =
        (0..site.config.lists.len() as u16).filter_map(|l| upstream(site, ListId(l))).collect();
    let mut forms: Vec<&str> = upstream.iter().map(|link| origin(&link.href)).collect();
    forms.sort_unstable();
    forms.dedup();
    let view = View {
        page: head,
        index: site.urls.base.href(&root()),
        mails: site.urls.base.href(&find::index_path()),
        digits: find::digits(site.archive.mails.len()),
        several: site.config.lists.len() > 1,
        forms: forms.join(" "),
        upstream,
    };
    site.page(root(), "search.html", &view)
}

/// The archive of a list that answers `?q=`: one that shows each mail under its Message-ID
/// alone, as public-inbox does.
fn upstream(site: &Site<'_>, list: ListId) -> Option<Link> {
    let pattern = site.config.lists[usize::from(list.0)].archive_url.as_deref()?;
    let archive = pattern.trim_end_matches('/').strip_suffix("/{message_id}")?;
    let is_http = archive.starts_with("https://") || archive.starts_with("http://");
    // A source of the policy ends where one of these is.
    let plain = !archive.contains([' ', ';', ',', '?', '#', '"', '\'']);
    let text = archive.split("://").nth(1)?;
    (is_http && plain).then(|| Link::new(format!("{archive}/"), text))
}

/// `https://example.org` of `https://example.org/list/`.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    &url[..url[host..].find('/').map_or(url.len(), |slash| host + slash)]
}

#[cfg(test)]
mod tests;

//! Digests that were published as text, and what they tell.
//!
//! Such a text has no dates and no Message-IDs. It is no mail and never becomes one: it is
//! shown as it says, and tied to what else is known. [`read`] takes one apart, which never
//! fails; [`place`] puts all of them in order, finds the people they name, and links the
//! postings that come back in another text or that the archive has as mail.
//!
//! - `layout`: its lines; `list`: the rows of its patch list
//! - `entry`: which lines tell of one posting
//! - `fault`: what is otherwise than the layout has it

pub mod entry;
mod fault;
mod layout;
pub mod list;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use entry::{Entry, Exist};
pub use fault::{Fault, Problem};
pub use layout::{Letter, Reference};

use crate::archive::people::Register;
use crate::archive::range::{self, Range};
use crate::archive::slug::short_id;
use crate::archive::{ListId, PersonId, Posting, PostingId};
use crate::mail::charset::{self, Charset};
use crate::mail::{Address, Revision};

/// Index of a published digest in [`crate::archive::Archive::published`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublishedId(pub u32);

/// One posting in one published digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// The digest.
    pub digest: PublishedId,
    /// Which of its entries.
    pub at: u32,
}

/// A text as it was read, before it is known what else there is.
#[derive(Debug)]
pub struct Text {
    /// The list it is of.
    pub list: ListId,
    /// Its index among the store's texts.
    pub file: u32,
    /// The name of its file without extensions.
    pub name: String,
    /// What it says.
    pub told: Told,
}

/// What a text says.
#[derive(Debug, Default)]
pub struct Told {
    /// `From A to B`, as of a range by commits, else the title line as it is; "" where there is none.
    pub title: String,
    /// What it calls the list.
    pub list: Option<String>,
    /// The most rows that its tables have.
    pub top: Option<u32>,
    /// Domains and their counts, in the order of the text.
    pub domains: Vec<(String, u32)>,
    /// People and their counts, in the order of the text.
    pub contributors: Vec<(Address, u32)>,
    /// The postings it tells of, in the order of the text.
    pub entries: Vec<Entry>,
}

/// A digest that was published as text.
#[derive(Debug)]
pub struct Published {
    /// The list it is of.
    pub list: ListId,
    /// The last part of its URL, `[a-z0-9-]`, unique in the list.
    pub slug: String,
    /// Its index among the store's texts.
    pub file: u32,
    /// What it says; the title is never empty.
    pub told: Told,
    /// Who the contributors are, in their order.
    pub people: Vec<PersonId>,
}

/// The bytes of a text as text: line ends `\n`, no NUL, what is no UTF-8 read as
/// windows-1252. The spans of [`Letter::message`] are bytes of it.
pub fn text_of(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    charset::tame(Charset::Guess.decode(bytes))
}

/// Reads a text. None where nothing in it is of the layout; then that is the one fault.
pub fn read(bytes: &[u8]) -> (Option<Told>, Vec<Fault>) {
    let text = text_of(bytes);
    let (layout, mut faults) = layout::read(&text);
    if faults.iter().any(|fault| fault.problem == Problem::NotADigest) {
        return (None, faults);
    }
    faults.extend(nul(bytes, &text));
    let entries = entry::join(&text, layout.blocks, layout.rows);
    let told = Told {
        title: layout.title,
        list: layout.list,
        top: layout.top,
        domains: layout.domains,
        contributors: layout.contributors,
        entries,
    };
    (Some(told), faults)
}

/// Where the first NUL byte of a text is.
fn nul(bytes: &[u8], text: &str) -> Option<Fault> {
    let at = memchr::memchr(0, bytes)?;
    let before = memchr::memchr_iter(b'\n', &bytes[..at]).count();
    let snippet: String = text.lines().nth(before)?.chars().take(160).collect();
    Some(Fault { line: before + 1, snippet, problem: Problem::Nul })
}

/// Puts the texts in order: by list, then as given. A text of a range that a list has as mail
/// is left out. People are entered into the
/// register; the postings are those of the archive that is being made.
pub(crate) fn place(
    mut texts: Vec<Text>,
    ranges: &[Range],
    postings: &[Posting],
    people: &mut Register<'_>,
) -> Vec<Published> {
    texts.sort_by_key(|text| text.list);
    let mut slugs: HashSet<(ListId, String)> = HashSet::new();
    let known = known(ranges);
    let mut published = Vec::new();
    for mut text in texts {
        if text.told.title.is_empty() {
            text.told.title = text.name;
        }
        let slug = range::slug_of_title(&text.told.title, text.file);
        if known.contains(&(text.list, slug.clone())) {
            continue;
        }
        let slug = unique(text.list, slug, &mut slugs);
        let contributors = text.told.contributors.iter();
        let people = contributors.map(|(who, _)| people.person(who.view())).collect();
        let (list, file) = (text.list, text.file);
        published.push(Published { list, slug, file, told: text.told, people });
    }
    enter_authors(&mut published, people);
    link(&mut published);
    find_postings(&mut published, postings);
    name_entries(&mut published);
    published
}

/// The slugs that texts of these ranges would have, and their own: a range of commits that
/// grows is known by its beginning alone.
fn known(ranges: &[Range]) -> HashSet<(ListId, String)> {
    let slugs = |range: &Range| [range.slug.clone(), range::slug_of_title(&range.title, u32::MAX)];
    let of_lists = ranges.iter().filter_map(|range| Some((range.scope.list()?, range)));
    of_lists.flat_map(|(list, range)| slugs(range).map(move |slug| (list, slug))).collect()
}

/// `slug`, with a number where the list has it already.
fn unique(list: ListId, slug: String, taken: &mut HashSet<(ListId, String)>) -> String {
    let mut name = slug.clone();
    let mut number = 2;
    while !taken.insert((list, name.clone())) {
        name = format!("{slug}-{number}");
        number += 1;
    }
    name
}

impl Published {
    /// Its entries with their ids.
    fn ids(&self, digest: u32) -> impl Iterator<Item = (EntryId, &Entry)> {
        let id = move |at| EntryId { digest: PublishedId(digest), at };
        (0..).map(id).zip(&self.told.entries)
    }
}

/// Where each patch is printed, by its title in lower case.
type Printed = HashMap<String, Vec<EntryId>>;

/// Finds who the authors are, and where the patches that were printed before are. An entry
/// that prints nothing has the author of what it names.
fn enter_authors(published: &mut [Published], people: &mut Register<'_>) {
    let mut printed = Printed::new();
    for digest in published.iter_mut() {
        for entry in &mut digest.told.entries {
            entry.person = entry.author.as_ref().map(|who| people.person(who.view()));
        }
    }
    for (at, digest) in (0..).zip(published.iter()) {
        for (id, entry) in digest.ids(at) {
            for patch in &entry.patches {
                printed.entry(patch.subject.title.to_lowercase()).or_default().push(id);
            }
        }
    }
    for at in 0..published.len() {
        for index in 0..published[at].told.entries.len() {
            enter_shown(published, (at, index), &printed);
        }
    }
}

fn enter_shown(published: &mut [Published], (digest, at): (usize, usize), printed: &Printed) {
    let here = PublishedId(digest as u32);
    let shown: Vec<Option<EntryId>> = published[digest].told.entries[at]
        .exist
        .iter()
        .map(|exist| {
            let places = printed.get(&exist.reference.subject.title.to_lowercase())?;
            let up_to = places.partition_point(|id| id.digest <= here);
            let own = places.partition_point(|id| id.digest < here);
            // Further up in this text, else in the one that came last before it.
            places.get(own).filter(|id| id.digest == here).or(places[..up_to].last()).copied()
        })
        .collect();
    let source = shown.iter().flatten().next().copied();
    let person = source.map(|id| &published[id.digest.0 as usize].told.entries[id.at as usize]);
    let person = person.map(|entry| (entry.person, entry.author.clone()));
    let entry = &mut published[digest].told.entries[at];
    for (exist, shown) in entry.exist.iter_mut().zip(shown) {
        exist.shown = shown;
    }
    if let (None, Some((person, author))) = (entry.person, person) {
        (entry.person, entry.author) = (person, author);
    }
}

/// What the versions of one work have in common: author and title.
fn work(entry: &Entry) -> Option<(PersonId, String)> {
    Some((entry.person?, entry.title.to_lowercase()))
}

/// Links the versions of each work. In the order of time the version must rise; a text has its
/// newest posting first.
fn link(published: &mut [Published]) {
    let mut seen: HashMap<(PersonId, String), BTreeMap<Revision, EntryId>> = HashMap::new();
    let mut links: Vec<(EntryId, EntryId)> = Vec::new();
    for (at, digest) in (0..).zip(published.iter()) {
        let entries: Vec<(EntryId, &Entry)> = digest.ids(at).collect();
        for (id, entry) in entries.into_iter().rev() {
            let Some(work) = work(entry) else { continue };
            let versions = seen.entry(work).or_default();
            let before = versions.range(..entry.version).next_back();
            links.extend(before.map(|(_, before)| (*before, id)));
            versions.insert(entry.version, id);
        }
    }
    for (before, after) in links {
        published[after.digest.0 as usize].told.entries[after.at as usize].before = Some(before);
        let entry = &mut published[before.digest.0 as usize].told.entries[before.at as usize];
        entry.after = entry.after.or(Some(after));
    }
}

/// Finds the postings of mail that the texts tell of: same author, title and version.
fn find_postings(published: &mut [Published], postings: &[Posting]) {
    let key = |person: PersonId, title: &str, version| (person, title.to_lowercase(), version);
    let mut known = HashMap::new();
    if published.is_empty() {
        return;
    }
    for (at, posting) in (0..).map(PostingId).zip(postings) {
        known.entry(key(posting.author, &posting.title, posting.version)).or_insert(at);
        known.entry(key(posting.sender, &posting.title, posting.version)).or_insert(at);
    }
    for entry in published.iter_mut().flat_map(|digest| &mut digest.told.entries) {
        let Some(person) = entry.person else { continue };
        entry.posting = known.get(&key(person, &entry.title, entry.version)).copied();
    }
}

/// Gives each entry its id. It depends on its author, its title and its version alone.
fn name_entries(published: &mut [Published]) {
    for digest in published {
        let mut taken: HashMap<String, u32> = HashMap::new();
        for entry in &mut digest.told.entries {
            let who = entry.author.as_ref().map_or("", |who| who.email.as_str()).to_lowercase();
            let id = short_id(&format!("{who}\n{}\nv{}", entry.title, entry.version));
            let copies = taken.entry(id.clone()).or_default();
            *copies += 1;
            entry.id = if *copies == 1 { id } else { format!("{id}-{copies}") };
        }
    }
}

impl Published {
    /// Gives everybody the number that they have at last: `moved[old] = new`.
    pub(crate) fn renumber_people(&mut self, moved: &[PersonId]) {
        let new = |id: &mut PersonId| *id = moved[id.0 as usize];
        self.people.iter_mut().for_each(new);
        self.told.entries.iter_mut().filter_map(|e| e.person.as_mut()).for_each(new);
    }
}

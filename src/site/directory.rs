//! The indexes of all people and of all subsystems: by letter where there are many.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{PersonId, SubsystemId};
use crate::diagnostic::Diagnostic;
use crate::site::url::SitePath;
use crate::site::view::{Head, Link, counted, day, day_short};
use crate::site::{Page, Site};

/// Entries up to which an index is one page.
const ONE_PAGE: usize = 400;
/// Entries on the first page of a longer index.
const FIRST: usize = 100;

/// The index of all people, or of all subsystems.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// What it is of.
    heading: &'static str,
    /// How many there are, and which are shown.
    lede: String,
    /// The pages by letter, where there are many.
    letters: Vec<Link>,
    /// The letter of this page; empty on the first.
    current: String,
    /// The headings of the numbers.
    columns: Vec<&'static str>,
    /// Whether the rows say when the last mail was.
    dated: bool,
    /// The entries.
    rows: Vec<Entry>,
}

/// A person or a subsystem in its index.
#[derive(Clone, Serialize, JsonSchema)]
struct Entry {
    /// Its page.
    href: String,
    /// Its name.
    name: String,
    /// A person's address where several people have the name, and addresses are shown.
    note: String,
    /// Its numbers, in the order of the columns.
    cells: Vec<Cell>,
    /// The day of its last mail: `24 Jun 2025`.
    last: String,
    /// When that was sent.
    #[serde(skip)]
    newest: Option<i64>,
    /// What the first page of a long index sorts by.
    #[serde(skip)]
    weight: u32,
}

/// A number in the index.
#[derive(Clone, Serialize, JsonSchema)]
struct Cell {
    /// How many.
    count: u32,
    /// What is counted: `patches`, or `patch` of one.
    unit: &'static str,
}

impl Cell {
    /// A number with its word in the singular or plural.
    fn of(count: usize, one: &'static str, many: &'static str) -> Self {
        Cell { count: count as u32, unit: if count == 1 { one } else { many } }
    }
}

/// What an index is of.
struct Index {
    root: SitePath,
    heading: &'static str,
    lede: String,
    columns: Vec<&'static str>,
    entries: Vec<Entry>,
}

/// The index of people.
pub fn authors(site: &Site<'_>) -> Result<Vec<Page>, Diagnostic> {
    let ids = (0..site.archive.people.len() as u32).map(PersonId);
    let mut entries: Vec<Entry> = ids.map(|id| person(site, id)).collect();
    tell_apart(&mut entries);
    render(
        site,
        Index {
            root: SitePath::page(&["authors"]),
            heading: "Authors",
            lede: counted(entries.len() as u32, "person", "people"),
            columns: columns(site, &["Mails", "Postings", "Patches", "Reviews"], &["In tables"]),
            entries,
        },
    )
}

/// A row of a table of people: a name, and an address as its note.
pub trait Named {
    /// The name.
    fn name(&self) -> &str;
    /// The note.
    fn note(&mut self) -> &mut String;
}

impl Named for Entry {
    fn name(&self) -> &str {
        &self.name
    }

    fn note(&mut self) -> &mut String {
        &mut self.note
    }
}

/// Takes the notes from people whose name nobody else in the table has.
pub fn tell_apart(people: &mut [impl Named]) {
    let mut named: HashMap<&str, u32> = HashMap::new();
    for person in people.iter() {
        *named.entry(person.name()).or_default() += 1;
    }
    let alone: Vec<bool> = people.iter().map(|p| named.get(p.name()) == Some(&1)).collect();
    for (person, _) in people.iter_mut().zip(alone).filter(|(_, alone)| *alone) {
        person.note().clear();
    }
}

/// The index of subsystems.
pub fn subsystems(site: &Site<'_>) -> Result<Vec<Page>, Diagnostic> {
    let ids = (0..site.archive.subsystems.len() as u32).map(SubsystemId);
    let entries: Vec<Entry> = ids.map(|id| subsystem(site, id)).collect();
    render(
        site,
        Index {
            root: SitePath::page(&["subsystems"]),
            heading: "Subsystems",
            lede: counted(entries.len() as u32, "subsystem", "subsystems"),
            columns: columns(site, &["Postings", "Patches"], &[]),
            entries,
        },
    )
}

/// The columns of an index: those of mail where there is some, and those of published texts,
/// where `of_tables` comes from their tables.
fn columns(
    site: &Site<'_>,
    of_mail: &[&'static str],
    of_tables: &[&'static str],
) -> Vec<&'static str> {
    let of_mail = of_mail.iter().filter(|_| site.has_mail());
    let of_texts = ["In texts"].iter().chain(of_tables);
    let of_texts = of_texts.filter(|_| !site.archive.published.is_empty());
    of_mail.chain(of_texts).copied().collect()
}

/// The cells of a row, as [`columns`] has them.
fn cells(site: &Site<'_>, of_mail: Vec<Cell>, texts: usize, of_tables: Option<Cell>) -> Vec<Cell> {
    let of_mail = of_mail.into_iter().filter(|_| site.has_mail());
    let of_texts = [Cell::of(texts, "posting in texts", "postings in texts")];
    let of_texts = of_texts.into_iter().chain(of_tables);
    of_mail.chain(of_texts.filter(|_| !site.archive.published.is_empty())).collect()
}

fn person(site: &Site<'_>, id: PersonId) -> Entry {
    let mails = &site.archive.person(id).mails;
    let deeds = site.people.deeds(id);
    let link = site.person_link(id);
    let told = site.texts.of_person(id).len();
    let reviews: u32 = deeds.reviews.iter().map(|r| r.patches).sum();
    let last = mails.last().map(|mail| site.archive.mail(*mail).date());
    let counted: u32 = site.texts.counts_of(id).iter().map(|(_, mails)| mails).sum();
    Entry {
        href: link.href,
        note: site.address(id),
        name: link.text,
        cells: cells(
            site,
            vec![
                Cell::of(mails.len(), "mail", "mails"),
                Cell::of(deeds.postings.len(), "posting", "postings"),
                Cell::of(deeds.patches.len(), "patch", "patches"),
                Cell::of(reviews as usize, "review", "reviews"),
            ],
            told,
            Some(Cell::of(counted as usize, "mail in tables", "mails in tables")),
        ),
        last: last.map(day_short).unwrap_or_default(),
        newest: last,
        weight: (mails.len() + told) as u32,
    }
}

fn subsystem(site: &Site<'_>, id: SubsystemId) -> Entry {
    let postings = &site.archive.subsystem(id).postings;
    let patches = postings.iter().map(|p| site.archive.posting(*p).patches.len()).sum::<usize>();
    let told = site.texts.of_subsystem(id).len();
    let last = postings.iter().map(|p| site.archive.posting(*p).last).max();
    let link = site.subsystem_link(id);
    Entry {
        href: link.href,
        name: link.text,
        note: String::new(),
        cells: cells(
            site,
            vec![
                Cell::of(postings.len(), "posting", "postings"),
                Cell::of(patches, "patch", "patches"),
            ],
            told,
            None,
        ),
        last: last.map(day_short).unwrap_or_default(),
        newest: last,
        weight: (patches + told) as u32,
    }
}

/// An index as one page, or as a page of the busiest and one for each letter.
fn render(site: &Site<'_>, mut index: Index) -> Result<Vec<Page>, Diagnostic> {
    index.entries.sort_by_cached_key(|entry| entry.name.to_lowercase());
    if index.entries.len() <= ONE_PAGE {
        let lede = format!("{}, by name.", index.lede);
        let rows = index.entries.clone();
        return Ok(vec![page(
            site,
            &index,
            index.root.clone(),
            (lede, Vec::new(), String::new()),
            rows,
        )?]);
    }
    let by_letter = by_letter(&index.entries);
    let letters: Vec<Link> = by_letter
        .keys()
        .map(|l| Link::new(site.urls.base.href(&letter_path(&index, l)), l))
        .collect();
    let mut pages = Vec::new();
    for (letter, rows) in by_letter {
        let lede = format!("{} of {}.", rows.len(), index.lede);
        let path = letter_path(&index, &letter);
        pages.push(page(site, &index, path, (lede, letters.clone(), letter), rows)?);
    }
    let mut busiest = index.entries.clone();
    busiest.sort_by_key(|entry| std::cmp::Reverse(entry.weight));
    busiest.truncate(FIRST);
    let lede = format!("{}; the busiest {FIRST} here, all of them by letter.", index.lede);
    pages.push(page(site, &index, index.root.clone(), (lede, letters, String::new()), busiest)?);
    Ok(pages)
}

fn page(
    site: &Site<'_>,
    index: &Index,
    path: SitePath,
    (lede, letters, current): (String, Vec<Link>, String),
    rows: Vec<Entry>,
) -> Result<Page, Diagnostic> {
    let mut head = site.head(&path, index.heading, index.heading);
    head.running = "index".to_string();
    // Not that of the newest mail, which would change the pages of all letters every day.
    let newest = rows.iter().filter_map(|entry| entry.newest).max();
    head.date = newest.map(day).unwrap_or_default();
    head.description = format!("{}: {lede}", index.heading);
    let view = View {
        page: head,
        heading: index.heading,
        lede,
        letters,
        current,
        columns: index.columns.clone(),
        dated: site.has_mail(),
        rows,
    };
    site.page(path, "directory.html", &view)
}

/// Two segments below the index, where no person's or subsystem's page is.
fn letter_path(index: &Index, letter: &str) -> SitePath {
    index.root.join(&format!("by-letter/{}/", letter.to_lowercase()))
}

/// The first letter of a name in Latin letters, or `0`.
pub fn letter_of(name: &str) -> String {
    let latin = deunicode::deunicode(name);
    let first = latin.chars().find(char::is_ascii_alphanumeric).filter(char::is_ascii_alphabetic);
    first.map_or("0".to_string(), |c| c.to_ascii_uppercase().to_string())
}

/// Entries by the first letter of their name in Latin letters; `0` holds all others.
fn by_letter(entries: &[Entry]) -> BTreeMap<String, Vec<Entry>> {
    let mut letters: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        letters.entry(letter_of(&entry.name)).or_default().push(entry.clone());
    }
    letters
}

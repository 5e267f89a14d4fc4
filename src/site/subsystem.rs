//! The page of a subsystem: its series, who works on it, what waits.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::hashed::Map;
use crate::archive::maintainers::{Responsible, Section};
use crate::archive::{EntryId, MailRef, PersonId, PostingId, Scope, SubsystemId};
use crate::diagnostic::Diagnostic;
use crate::site::activity::Activity;
use crate::site::author::{files, newest_of};
use crate::site::chart::{Bar, Chart, Counted, bars};
use crate::site::directory::tell_apart;
use crate::site::front::waiting;
use crate::site::months::{self, Owner};
use crate::site::pager::{Leaf, Leaves, Pages};
use crate::site::row::{Listed, waits};
use crate::site::url::SitePath;
use crate::site::view::{Figure, Head, Item, Link, counted, day, day_words};
use crate::site::waiting::Speak;
use crate::site::{Page, Site, published};

/// Rows of the tables of people.
const PEOPLE: usize = 10;
/// Postings of published texts that are listed.
const TEXTS: usize = 200;
/// Series that wait, of those listed on the page.
const WAITING: usize = 25;

/// A subsystem.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// Its name.
    name: String,
    /// The subsystems that it is a part of, the largest first.
    parents: Vec<Link>,
    /// Its own parts.
    parts: Vec<Link>,
    /// What was posted in it, and when.
    lede: String,
    /// What MAINTAINERS says of it.
    section: Option<SectionView>,
    /// Key figures.
    figures: Vec<Figure>,
    /// This page among those of the subsystem.
    pages: Pages,
    /// The last twelve months, as a chart.
    months: Option<Chart>,
    /// How much mail there was over time, as a drawing; none where there is little.
    activity: Option<Activity>,
    /// Series that wait for review, those that have waited longest first.
    waiting: Vec<Listed>,
    /// How many there are.
    waiting_words: String,
    /// Who still has to speak.
    speak: Speak,
    /// Who and what is busiest in it.
    tables: Vec<Table>,
    /// Its postings, newest first.
    postings: Vec<Listed>,
    /// How many there are.
    postings_words: String,
    /// Postings in published digests.
    texts: Vec<Item>,
    /// How many there are.
    texts_words: String,
}

/// What MAINTAINERS says of a subsystem.
#[derive(Serialize, JsonSchema)]
struct SectionView {
    /// Who maintains it.
    maintainers: Vec<Named>,
    /// Who reviews it.
    reviewers: Vec<Named>,
    /// Its mailing lists.
    lists: Vec<String>,
    /// `Supported`, `Maintained`, …; empty where that is not said.
    status: String,
    /// Its repositories.
    trees: Vec<String>,
}

/// Somebody whom MAINTAINERS names, linked to their page where they have one.
#[derive(Serialize, JsonSchema)]
struct Named {
    /// Their page, if they wrote to the list.
    href: Option<String>,
    /// Their name.
    text: String,
}

/// A table with bars.
#[derive(Serialize, JsonSchema)]
struct Table {
    /// The heading of the names.
    head: &'static str,
    /// The heading of the numbers.
    unit: &'static str,
    /// What is in it, in a sentence.
    caption: &'static str,
    /// Whether the names are paths.
    code: bool,
    /// The rows, the largest first.
    rows: Vec<Bar>,
}

/// The pages of a subsystem's postings: one, unless it has very many.
pub fn leaves(site: &Site<'_>, id: SubsystemId) -> Leaves {
    months::leaves(site, &site.urls.subsystem_path(id), &site.archive.subsystem(id).postings)
}

/// One of them.
pub fn render(site: &Site<'_>, id: SubsystemId, leaf: Leaf) -> Result<Page, Diagnostic> {
    if leaf.pages.newer.is_none() {
        return site.page(leaf.path.clone(), "subsystem.html", &view(site, id, leaf));
    }
    let owner = Owner { link: site.subsystem_link(id), section: "Subsystems", kind: "subsystem" };
    months::older(site, owner, leaf, &site.archive.subsystem(id).postings)
}

fn view(site: &Site<'_>, id: SubsystemId, Leaf { pages, items, .. }: Leaf) -> View {
    let subsystem = site.archive.subsystem(id);
    let work = Work::of(site, &subsystem.postings);
    let newest = site.archive.newest();
    let waiting = waiting(site, subsystem.postings.iter().copied());
    let recent = site.archive.recent(&subsystem.postings);
    let told = site.texts.of_subsystem(id);
    let item = |entry: &EntryId| published::item_in(site, *entry, published::Told::Both);
    View {
        page: head(site, id, &site.urls.subsystem_path(id)),
        name: site.shown(&subsystem.name),
        parents: parents(site, id),
        section: subsystem.section.as_ref().map(|section| section_view(site, section)),
        parts: parts(site, id),
        lede: lede(site, id),
        figures: figures(site, id, &work, waiting.len() as u32),
        pages,
        months: Chart::months(&work.dates, newest, ("patch", "patches")),
        activity: Activity::of(&work.mails),
        waiting_words: super::front::waiting_words(waiting.len()),
        speak: site.speak_of(Scope::Site, &site.waiting.among(recent)),
        waiting: waiting.iter().take(WAITING).map(|p| site.row(*p)).collect(),
        tables: tables(site, id, work),
        postings: subsystem.postings[items].iter().rev().map(|p| site.row(*p)).collect(),
        postings_words: format!("{}, newest first", subsystem.postings.len()),
        texts: told.iter().take(TEXTS).map(item).collect(),
        texts_words: newest_of(told.len(), TEXTS),
    }
}

/// The mails of a subsystem's patches, by posting.
fn patches<'a>(site: &'a Site<'_>, id: SubsystemId) -> impl Iterator<Item = MailRef<'a>> {
    let postings = site.archive.subsystem(id).postings.iter();
    let slots = postings.flat_map(|p| &site.archive.posting(*p).patches);
    slots.map(|slot| site.archive.mail(slot.mail))
}

/// What was done in a subsystem, counted in one pass over its postings.
#[derive(Default)]
struct Work {
    /// When the mails of patches were sent.
    dates: Vec<i64>,
    /// When all mails were sent, and which are of patches.
    mails: Vec<(i64, bool)>,
    /// Postings that wait for somebody.
    open: u32,
    /// Who wrote how many patches.
    authors: Map<PersonId, u32>,
    /// Who gave how many review trailers on patches of others.
    reviewers: Map<PersonId, u32>,
}

impl Work {
    fn of(site: &Site<'_>, postings: &[PostingId]) -> Work {
        let mut work = Work::default();
        postings.iter().for_each(|id| work.count(site, *id));
        work
    }

    fn count(&mut self, site: &Site<'_>, id: PostingId) {
        let posting = site.archive.posting(id);
        self.open += u32::from(waits(posting));
        for slot in &posting.patches {
            let dated = site.dated(slot.mail);
            self.dates.push(dated.0);
            self.mails.push(dated);
            *self.authors.entry(site.archive.author(slot.mail)).or_default() += 1;
        }
        let others = posting.cover.iter().chain(&posting.replies);
        self.mails.extend(others.map(|mail| site.dated(*mail)));
        for (person, count) in &site.reviews.posting(id).by {
            *self.reviewers.entry(*person).or_default() += count;
        }
    }
}

/// What a subsystem is part of, the widest first: KVM, arm64.
fn parents(site: &Site<'_>, id: SubsystemId) -> Vec<Link> {
    let parent = |id: &SubsystemId| site.archive.subsystem(*id).parent;
    let mut above: Vec<Link> =
        std::iter::successors(parent(&id), parent).map(|id| part_link(site, id)).collect();
    above.reverse();
    above
}

/// The parts of a subsystem, by name.
fn parts(site: &Site<'_>, id: SubsystemId) -> Vec<Link> {
    let parts = site.subsystem_parts.get(&id).map(Vec::as_slice).unwrap_or_default();
    parts.iter().map(|part| part_link(site, *part)).collect()
}

/// A subsystem's page, by the last word of its prefix: `nv` for `KVM: arm64: nv`.
fn part_link(site: &Site<'_>, id: SubsystemId) -> Link {
    let link = site.subsystem_link(id);
    let is_part = site.archive.subsystem(id).parent.is_some();
    match link.text.rsplit_once(": ").filter(|_| is_part) {
        Some((_, last)) => Link { text: last.to_string(), ..link },
        None => link,
    }
}

fn section_view(site: &Site<'_>, section: &Section) -> SectionView {
    let named = |all: &[Responsible]| all.iter().map(|r| named(site, r)).collect();
    let shown = |all: &[String]| all.iter().map(|text| site.shown(text)).collect();
    SectionView {
        maintainers: named(&section.maintainers),
        reviewers: named(&section.reviewers),
        lists: shown(&section.lists),
        status: section.status.clone(),
        trees: shown(&section.trees),
    }
}

/// Somebody by the name that the file gives, else by address.
fn named(site: &Site<'_>, responsible: &Responsible) -> Named {
    let who = &responsible.who;
    let text = if who.name.is_empty() { &who.email } else { &who.name };
    let href = responsible.person.map(|person| site.urls.person(person));
    Named { href, text: site.shown(text) }
}

fn head(site: &Site<'_>, id: SubsystemId, path: &SitePath) -> Head {
    let subsystem = site.archive.subsystem(id);
    let name = site.shown(&subsystem.name);
    let mut head = site.head(path, &name, "Subsystems");
    let all = subsystem.postings.len() + site.texts.of_subsystem(id).len();
    let count = counted(all as u32, "posting", "postings");
    head.running = "subsystem".to_string();
    let last = subsystem.postings.iter().map(|p| site.archive.posting(*p).last).max();
    head.date = last.map_or_else(String::new, day);
    head.description = format!("{name}: {count}.");
    if !subsystem.postings.is_empty() {
        head.feed = super::feed::subsystem_link(site, id);
    }
    head
}

fn lede(site: &Site<'_>, id: SubsystemId) -> String {
    let postings = &site.archive.subsystem(id).postings;
    let date = |p: &PostingId| day_words(site.archive.posting(*p).date);
    match (postings.first(), postings.last()) {
        (Some(first), Some(last)) => {
            format!("First posting {}, newest {}.", date(first), date(last))
        }
        _ => "Known from published digests only.".to_string(),
    }
}

fn figures(site: &Site<'_>, id: SubsystemId, work: &Work, waiting: u32) -> Vec<Figure> {
    let postings = &site.archive.subsystem(id).postings;
    if postings.is_empty() {
        let told = site.texts.of_subsystem(id).len() as u32;
        return vec![Figure::counted(told, "posting", "postings")];
    }
    let all = [
        Figure::some(postings.len() as u32, "posting", "postings"),
        Figure::some(work.dates.len() as u32, "patch", "patches"),
        Figure::some(work.open, "open series", "open series"),
        Figure::some(waiting, "waiting for review", "waiting for review"),
        Figure::some(work.authors.len() as u32, "author", "authors"),
        Figure::some(work.reviewers.len() as u32, "reviewer", "reviewers"),
    ];
    all.into_iter().flatten().collect()
}

fn tables(site: &Site<'_>, id: SubsystemId, work: Work) -> Vec<Table> {
    let people = |counts| bars(most(site, counts));
    let table = |head, unit, caption, code, rows| Table { head, unit, caption, code, rows };
    let all = [
        table("Authors", "patches", "Most patches", false, people(work.authors)),
        table("Reviewers", "trailers", "Most trailers given", false, people(work.reviewers)),
        table("Files", "patches", "Most touched", true, files(site, patches(site, id))),
    ];
    all.into_iter().filter(|t| !t.rows.is_empty()).collect()
}

/// The people with the highest counts, then by their place in the archive. Those who have a name
/// in common stand there with their addresses.
pub fn most(site: &Site<'_>, counts: impl IntoIterator<Item = (PersonId, u32)>) -> Vec<Counted> {
    let mut rows: Vec<(PersonId, u32)> = counts.into_iter().collect();
    rows.sort_unstable_by_key(|(person, count)| (std::cmp::Reverse(*count), *person));
    rows.truncate(PEOPLE);
    let row = |(person, count)| {
        let link = site.person_link(person);
        Counted { name: link.text, href: Some(link.href), note: site.address(person), count }
    };
    let mut rows: Vec<Counted> = rows.into_iter().map(row).collect();
    tell_apart(&mut rows);
    rows
}

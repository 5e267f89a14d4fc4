//! The page of a person: what they posted, what they reviewed, and when.

use std::collections::{HashMap, HashSet};

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::texts::Symbol;
use crate::archive::{
    Home, Kind, MailId, MailRef, PersonId, PostingId, PublishedId, State, ThreadId,
};
use crate::config::Addresses;
use crate::diagnostic::Diagnostic;
use crate::site::activity::Activity;
use crate::site::chart::{Bar, Chart, Counted, Unit, bars};
use crate::site::months::{self, Owner};
use crate::site::pager::{Leaf, Leaves, Pages};
use crate::site::people::{Deeds, Review};
use crate::site::review::{Mark, MarkView};
use crate::site::row::Listed;
use crate::site::subsystem::most;
use crate::site::url::SitePath;
use crate::site::view::{Figure, Head, Item, Title, counted, day, day_words};
use crate::site::{Page, Site, published, thread};

/// Files in the table of those most touched.
const FILES: usize = 10;
/// Reviewed postings and discussions that are listed.
const LISTED: usize = 100;
/// Postings that are listed for nothing but answers.
const ANSWERED: usize = 40;

/// A person.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// Their name.
    name: String,
    /// Their addresses, as far as the site shows them.
    addresses: Vec<String>,
    /// From when to when they wrote.
    since: String,
    /// Key figures.
    figures: Vec<Figure>,
    /// This page among those of the person.
    pages: Pages,
    /// The last twelve months, as a chart; none where few of them have anything.
    months: Option<Chart>,
    /// How much they wrote over time, as a drawing; none where that is little.
    activity: Option<Activity>,
    /// Their postings, newest first; by state where they are one page.
    postings: Vec<Listed>,
    /// How many there are.
    postings_words: String,
    /// Trailers they gave, by kind.
    kinds: Vec<Bar>,
    /// Whose trailers they got.
    reviewers: Vec<Bar>,
    /// Files they touched most.
    files: Vec<Bar>,
    /// What they reviewed, newest first.
    reviewed: Vec<Reviewed>,
    /// How many there are.
    reviewed_words: String,
    /// Postings of others that they answered without a review, the last answer first.
    answered: Vec<Item>,
    /// How many there are.
    answered_words: String,
    /// Discussions they took part in.
    discussions: Vec<Item>,
    /// How many there are.
    discussions_words: String,
    /// Postings in published digests.
    texts: Vec<Item>,
    /// How many there are.
    texts_words: String,
    /// Published digests whose tables count them.
    counted_in: Vec<Item>,
}

/// A posting that a person reviewed.
#[derive(Serialize, JsonSchema)]
struct Reviewed {
    /// Its page.
    href: String,
    /// Its title.
    title: Title,
    /// Its author and date.
    note: String,
    /// What they gave.
    marks: Vec<MarkView>,
}

/// The pages of a person's postings: one, unless they posted very much.
pub fn leaves(site: &Site<'_>, id: PersonId) -> Leaves {
    months::leaves(site, &site.urls.person_path(id), &site.people.deeds(id).postings)
}

/// One of them.
pub fn render(site: &Site<'_>, id: PersonId, leaf: Leaf) -> Result<Page, Diagnostic> {
    if leaf.pages.newer.is_none() {
        return site.page(leaf.path.clone(), "author.html", &view(site, id, leaf));
    }
    let owner = Owner { link: site.person_link(id), section: "Authors", kind: "author" };
    months::older(site, owner, leaf, &site.people.deeds(id).postings)
}

fn view(site: &Site<'_>, id: PersonId, Leaf { pages, items, .. }: Leaf) -> View {
    let person = site.archive.person(id);
    let deeds = site.people.deeds(id);
    let name = site.person_link(id).text;
    let (charted, unit) = charted(site, id);
    let dates: Vec<i64> = charted.iter().map(|mail| site.archive.mail(*mail).date()).collect();
    let discussions = discussions(site, id);
    let reviewed: Vec<&[Review]> = deeds.reviews.chunk_by(|a, b| a.posting == b.posting).collect();
    let newest_reviewed = reviewed.iter().rev().take(LISTED);
    let answered = answered(site, id);
    let told = site.texts.of_person(id);
    let newest = told.iter().take(LISTED);
    let postings = by_state(site, &deeds.postings, items);
    View {
        page: head(site, id, &site.urls.person_path(id)),
        addresses: match site.config.addresses {
            Addresses::Hidden => Vec::new(),
            _ => person.addresses.iter().map(|a| site.shown(a)).collect(),
        },
        since: since(site, id),
        figures: figures(site, id),
        pages,
        months: Chart::months(&dates, site.archive.newest(), unit),
        activity: activity(site, id),
        postings: postings.into_iter().map(|p| site.row(p)).collect(),
        postings_words: state_words(site, &deeds.postings),
        kinds: kinds(deeds),
        reviewers: bars(most(site, deeds.received.iter().map(|(p, n)| (*p, *n)))),
        files: files(site, deeds.patches.iter().map(|m| site.archive.mail(*m))),
        reviewed_words: newest_of(reviewed.len(), LISTED),
        reviewed: newest_reviewed.map(|group| reviewed_posting(site, group)).collect(),
        answered_words: newest_of(answered.len(), ANSWERED),
        answered: answered.iter().take(ANSWERED).map(|a| a.item(site)).collect(),
        discussions_words: newest_of(discussions.len(), LISTED),
        discussions: discussions.iter().take(LISTED).map(|t| thread::item(site, *t)).collect(),
        texts: newest
            .map(|entry| published::item_in(site, *entry, published::Told::Digest))
            .collect(),
        texts_words: newest_of(told.len(), LISTED),
        counted_in: counted_in(site, id),
        name,
    }
}

/// The newest postings newest first, those that are open before those that are done with. Where
/// there are older ones on other pages, they stand in the order of time alone, so that it goes
/// on from page to page.
fn by_state(site: &Site<'_>, postings: &[PostingId], newest: Range<usize>) -> Vec<PostingId> {
    let mut sorted: Vec<PostingId> = postings[newest.clone()].iter().rev().copied().collect();
    if newest.start == 0 {
        sorted.sort_by_key(|id| place(site.archive.posting(*id).state));
    }
    sorted
}

/// What is said of postings in one state, in the order in which they are listed.
const STATES: [&str; 4] = ["open", "reviewed", "applied", "superseded"];

/// The place of a state among [`STATES`].
fn place(state: State) -> usize {
    match state {
        State::Reviewed => 1,
        State::Applied => 2,
        State::Superseded => 3,
        _ => 0,
    }
}

/// `12: 3 open, 1 reviewed, 8 superseded`
fn state_words(site: &Site<'_>, postings: &[PostingId]) -> String {
    let mut counts = [0_usize; STATES.len()];
    for id in postings {
        counts[place(site.archive.posting(*id).state)] += 1;
    }
    let parts: Vec<String> = counts
        .into_iter()
        .zip(STATES)
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    format!("{}: {}", postings.len(), parts.join(", "))
}

/// The published digests whose tables count a person, newest first.
fn counted_in(site: &Site<'_>, id: PersonId) -> Vec<Item> {
    let tables = site.texts.counts_of(id).iter().take(LISTED);
    let item = |(digest, count): &(PublishedId, u32)| Item {
        href: format!("{}#who", site.urls.text(*digest)),
        title: Title::new(&published::title(site, *digest)),
        note: counted(*count, "mail", "mails"),
        count: None,
    };
    tables.map(item).collect()
}

/// `12`, or `the newest 100 of 317`.
pub(super) fn newest_of(all: usize, shown: usize) -> String {
    if all <= shown { all.to_string() } else { format!("the newest {shown} of {all}") }
}

fn head(site: &Site<'_>, id: PersonId, path: &SitePath) -> Head {
    let name = site.person_link(id).text;
    let deeds = site.people.deeds(id);
    let mut head = site.head(path, &name, "Authors");
    head.running = "author".to_string();
    head.kind = "profile";
    let last = site.archive.person(id).mails.last();
    head.date = last.map_or_else(String::new, |mail| day(site.archive.mail(*mail).date()));
    let told = site.texts.of_person(id).len() as u32;
    if deeds.patches.is_empty() && deeds.reviews.is_empty() && is_told_of(site, id) {
        head.description = format!("{name}: {} in digests.", counted(told, "posting", "postings"));
        return head;
    }
    head.description = format!(
        "{name}: {}, {}.",
        counted(deeds.patches.len() as u32, "patch", "patches"),
        counted(total_reviews(deeds), "review", "reviews")
    );
    if !deeds.postings.is_empty() {
        head.feed = super::feed::person_link(site, id);
    }
    head
}

fn total_reviews(deeds: &Deeds) -> u32 {
    deeds.reviews.iter().map(|r| r.patches).sum()
}

/// How much a person wrote over time; of somebody whose patches others sent, those patches.
fn activity(site: &Site<'_>, id: PersonId) -> Option<Activity> {
    let mails = match &site.archive.person(id).mails {
        none if none.is_empty() => &site.people.deeds(id).patches,
        mails => mails,
    };
    let mails: Vec<(i64, bool)> = mails.iter().map(|mail| site.dated(*mail)).collect();
    Activity::of(&mails)
}

/// What a person's chart of months counts: their patches, or all mails where they sent none.
pub(super) fn charted<'a>(site: &'a Site<'_>, id: PersonId) -> (&'a [MailId], Unit) {
    match &site.people.deeds(id).patches {
        none if none.is_empty() => (&site.archive.person(id).mails, ("mail", "mails")),
        patches => (patches, ("patch", "patches")),
    }
}

/// `first mail 2 May 2023, newest 4 June 2025.`
fn since(site: &Site<'_>, id: PersonId) -> String {
    let mails = &site.archive.person(id).mails;
    let date = |mail: &MailId| day_words(site.archive.mail(*mail).date());
    match (mails.first(), mails.last()) {
        (Some(first), Some(last)) => format!("first mail {}, newest {}.", date(first), date(last)),
        _ if is_told_of(site, id) => "known from published digests only.".to_string(),
        _ => "named in trailers only.".to_string(),
    }
}

/// Whether published texts name a person.
fn is_told_of(site: &Site<'_>, id: PersonId) -> bool {
    !site.texts.of_person(id).is_empty() || !site.texts.counts_of(id).is_empty()
}

fn figures(site: &Site<'_>, id: PersonId) -> Vec<Figure> {
    let deeds = site.people.deeds(id);
    let mails = &site.archive.person(id).mails;
    if mails.is_empty() && total_reviews(deeds) == 0 && is_told_of(site, id) {
        let told = site.texts.of_person(id).len() as u32;
        let counts = site.texts.counts_of(id).iter().map(|(_, count)| *count);
        let mails = counts.fold(0, u32::saturating_add);
        let all = [
            Figure::some(told, "posting", "postings"),
            Figure::some(mails, "mail in tables", "mails in tables"),
        ];
        return all.into_iter().flatten().collect();
    }
    let replies = mails.iter().filter(|m| site.archive.kind(**m) == Kind::Reply).count() as u32;
    let applied =
        deeds.postings.iter().filter(|p| site.archive.posting(**p).state == State::Applied);
    let all = [
        Figure::some(deeds.postings.len() as u32, "posting", "postings"),
        Figure::some(deeds.patches.len() as u32, "patch", "patches"),
        Figure::some(applied.count() as u32, "applied posting", "applied postings"),
        Figure::some(replies, "reply written", "replies written"),
        Figure::some(total_reviews(deeds), "review given", "reviews given"),
        Figure::some(deeds.received.values().sum(), "review received", "reviews received"),
    ];
    all.into_iter().flatten().collect()
}

fn kinds(deeds: &Deeds) -> Vec<Bar> {
    let count = |mark| deeds.reviews.iter().filter(|r| r.mark == mark).map(|r| r.patches).sum();
    let row = |mark: Mark| Counted {
        name: mark.name().to_string(),
        href: None,
        note: String::new(),
        count: count(mark),
    };
    bars(Mark::ALL.into_iter().map(row).filter(|r| r.count > 0).collect())
}

/// The files that most of `mails` touch, most first, then by name.
pub fn files<'a>(site: &Site<'_>, mails: impl Iterator<Item = MailRef<'a>>) -> Vec<Bar> {
    // Equal numbers stand together: texts are looked at only to break ties.
    let mut touched: Vec<Symbol> = mails.flat_map(MailRef::file_symbols).collect();
    touched.sort_unstable_by_key(|path| path.index());
    let counts = touched.chunk_by(|a, b| a == b).map(|same| (same.len() as u32, same[0]));
    let mut rows: Vec<(u32, Symbol)> = counts.collect();
    let text = |path: Symbol| site.archive.mails.text(path);
    let order =
        |a: &(u32, Symbol), b: &(u32, Symbol)| b.0.cmp(&a.0).then_with(|| text(a.1).cmp(text(b.1)));
    if rows.len() > FILES {
        rows.select_nth_unstable_by(FILES, order);
        rows.truncate(FILES);
    }
    rows.sort_unstable_by(order);
    let row = |(count, path): (u32, Symbol)| Counted {
        name: site.shown(text(path)),
        href: None,
        note: String::new(),
        count,
    };
    bars(rows.into_iter().map(row).collect())
}

/// A posting that a person reviewed, by all that they gave for it.
fn reviewed_posting(site: &Site<'_>, group: &[Review]) -> Reviewed {
    let id = group[0].posting;
    let posting = site.archive.posting(id);
    let mut marks: Vec<&Review> = group.iter().collect();
    marks.sort_by_key(|review| review.mark);
    let author = site.person_link(posting.author).text;
    Reviewed {
        href: site.urls.posting(id),
        title: site.title(&posting.title),
        note: format!("v{}, {author}, {}", posting.version, day_words(posting.date)),
        marks: marks.iter().map(|r| r.mark.shown(r.patches as usize, "")).collect(),
    }
}

/// A posting that a person answered: their last answer, and how many there are.
struct Answered {
    posting: PostingId,
    last: MailId,
    count: u32,
}

impl Answered {
    fn item(&self, site: &Site<'_>) -> Item {
        let posting = site.archive.posting(self.posting);
        let author = site.person_link(posting.author).text;
        let replies = counted(self.count, "reply", "replies");
        let day = day_words(site.archive.mail(self.last).date());
        Item {
            href: site.urls.mail(self.last),
            title: site.title(&posting.title),
            note: format!("v{}, {author}, {replies}, last {day}", posting.version),
            count: None,
        }
    }
}

/// The postings of others that a person answered and is not listed with as a reviewer, by the
/// last answer, newest first.
fn answered(site: &Site<'_>, id: PersonId) -> Vec<Answered> {
    let deeds = site.people.deeds(id);
    let listed: HashSet<PostingId> =
        deeds.postings.iter().copied().chain(deeds.reviews.iter().map(|r| r.posting)).collect();
    let mut places: HashMap<PostingId, usize> = HashMap::new();
    let mut all: Vec<Answered> = Vec::new();
    for mail in site.archive.person(id).mails.iter().rev() {
        let Home::Posting(posting) = site.archive.home(*mail) else { continue };
        if listed.contains(&posting) || site.archive.kind(*mail) != Kind::Reply {
            continue;
        }
        let at = *places.entry(posting).or_insert(all.len());
        match all.get_mut(at) {
            Some(known) => known.count += 1,
            None => all.push(Answered { posting, last: *mail, count: 1 }),
        }
    }
    all
}

/// The discussions that a person wrote in, newest first.
fn discussions(site: &Site<'_>, id: PersonId) -> Vec<ThreadId> {
    let mails = site.archive.person(id).mails.iter();
    let thread = |mail: &MailId| match site.archive.home(*mail) {
        Home::Thread(thread) => Some(thread),
        Home::Posting(_) => None,
    };
    let mut threads: Vec<ThreadId> = mails.filter_map(thread).collect();
    threads.sort_unstable();
    threads.dedup();
    threads.reverse();
    threads
}

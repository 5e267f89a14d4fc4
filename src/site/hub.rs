//! The lists of a site that has several, for its home page: what is newest on each, and how
//! much goes on there. A few stand in a table, as they are configured; of many, the table has
//! the busiest, and all of them stand by letter.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{Home, ListId, MailId, PersonId, RangeId, Scope};
use crate::site::directory::letter_of;
use crate::site::view::{Figure, Item, Link, counted, day_short, range_words};
use crate::site::{Site, published};

/// Lists up to which all are in the table.
const FEW: usize = 20;
/// Lists in the table where there are more.
const BUSIEST: usize = 10;
/// Days whose mails make a list busy.
const DAYS: i64 = 30;
const DAY: i64 = 86_400;

/// What a home page says of the lists.
#[derive(Serialize, JsonSchema)]
pub struct Hub {
    /// What the table is of: `40 lists, the 10 busiest of the last 30 days here`.
    words: String,
    /// The lists of the table.
    rows: Vec<Row>,
    /// All lists by letter; none where the table has them all.
    letters: Vec<Letter>,
}

/// A list in the table. What is counted is of its newest digest.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// The list.
    list: Link,
    /// Its newest digest.
    digest: Option<Link>,
    /// Mails of that.
    mails: Option<Figure>,
    /// Postings.
    postings: Option<Figure>,
    /// People who wrote.
    people: Option<Figure>,
    /// What its newest mail belongs to, and when that was sent.
    newest: Option<Item>,
}

/// The lists whose names begin alike.
#[derive(Serialize, JsonSchema)]
struct Letter {
    /// The letter.
    name: String,
    /// Its anchor on the page.
    anchor: String,
    /// The lists, by name.
    lists: Vec<Short>,
}

/// A list among many.
#[derive(Serialize, JsonSchema)]
struct Short {
    /// The list.
    list: Link,
    /// How busy it is, and when its newest mail was sent.
    note: String,
}

/// What is known of a list's newest things.
#[derive(Clone, Copy, Default)]
struct Seen {
    mail: Option<MailId>,
    digest: Option<RangeId>,
    /// Mails of the last [`DAYS`] days.
    lately: u32,
}

impl Hub {
    /// The lists of a site.
    pub fn of(site: &Site<'_>) -> Hub {
        let seen = look(site);
        let lists: Vec<(ListId, Seen)> = (0..).map(ListId).zip(seen).collect();
        let few = lists.len() <= FEW;
        let rows = match few {
            true => lists.iter().map(|(list, seen)| row(site, *list, *seen)).collect(),
            false => busiest(&lists).map(|(list, seen)| row(site, *list, *seen)).collect(),
        };
        let all = counted(lists.len() as u32, "list", "lists");
        Hub {
            words: match few {
                true => all,
                false => format!("{all}, the {BUSIEST} busiest of the last {DAYS} days here"),
            },
            rows,
            letters: if few { Vec::new() } else { letters(site, &lists) },
        }
    }
}

/// What is newest on each list, in the configuration's order.
fn look(site: &Site<'_>) -> Vec<Seen> {
    let mut seen = vec![Seen::default(); site.config.lists.len()];
    let since = site.archive.newest() - DAYS * DAY;
    for (id, mail) in (0..).map(MailId).zip(site.archive.mails.iter()) {
        for list in mail.lists() {
            let seen = &mut seen[usize::from(list.0)];
            seen.mail = Some(id);
            seen.lately += u32::from(mail.date() >= since);
        }
    }
    let end = |id: RangeId| site.digests[id.0 as usize].span.1;
    for (id, digest) in (0..).map(RangeId).zip(site.digests) {
        let Some(list) = digest.scope.list() else { continue };
        let newest = &mut seen[usize::from(list.0)].digest;
        if newest.is_none_or(|known| end(known) <= digest.span.1) {
            *newest = Some(id);
        }
    }
    seen
}

/// The lists with most mails lately; of equals the one with the newest mail.
fn busiest(lists: &[(ListId, Seen)]) -> impl Iterator<Item = &(ListId, Seen)> {
    let mut all: Vec<&(ListId, Seen)> = lists.iter().collect();
    all.sort_by_key(|(list, seen)| (Reverse((seen.lately, seen.mail)), *list));
    all.into_iter().take(BUSIEST)
}

fn row(site: &Site<'_>, list: ListId, seen: Seen) -> Row {
    let digest = seen.digest.map(|id| &site.digests[id.0 as usize]);
    let figures = digest.map(|digest| digest.figures);
    let postings = figures.map(|f| f.new_series + f.new_revisions + f.resends);
    let people = seen.digest.map(|id| people(site, id));
    let link =
        |id| Link::new(site.urls.digest(id), range_words(&site.digests[id.0 as usize].title));
    Row {
        list: Link::new(site.urls.list(list), site.scope_title(Scope::List(list))),
        digest: seen.digest.map(link).or_else(|| published::last_of(site, list)),
        mails: figures.map(|f| Figure::counted(f.mails, "mail", "mails")),
        postings: postings.map(|n| Figure::counted(n, "posting", "postings")),
        people: people.map(|n| Figure::counted(n, "person", "people")),
        newest: seen.mail.map(|mail| newest(site, mail)),
    }
}

/// How many people wrote in a range.
fn people(site: &Site<'_>, range: RangeId) -> u32 {
    let mails = &site.archive.ranges[range.0 as usize].mails;
    let people: BTreeSet<PersonId> = mails.iter().map(|m| site.archive.sender(*m)).collect();
    people.len() as u32
}

/// What a mail belongs to.
fn newest(site: &Site<'_>, mail: MailId) -> Item {
    let title = match site.archive.home(mail) {
        Home::Posting(id) => &site.archive.posting(id).title,
        Home::Thread(id) => &site.archive.thread(id).title,
    };
    Item {
        href: site.urls.mail(mail),
        title: site.title(title),
        note: day_short(site.archive.mail(mail).date()),
        count: None,
    }
}

/// All lists by the first letter of their names.
fn letters(site: &Site<'_>, lists: &[(ListId, Seen)]) -> Vec<Letter> {
    let title = |list: &ListId| site.scope_title(Scope::List(*list));
    let mut sorted: Vec<&(ListId, Seen)> = lists.iter().collect();
    sorted.sort_by_cached_key(|(list, _)| (letter_of(title(list)), title(list).to_lowercase()));
    let mut letters: Vec<Letter> = Vec::new();
    for (list, seen) in sorted {
        let name = letter_of(title(list));
        if letters.last().is_none_or(|letter| letter.name != name) {
            let anchor = format!("lists-{}", name.to_lowercase());
            letters.push(Letter { name, anchor, lists: Vec::new() });
        }
        if let Some(letter) = letters.last_mut() {
            let link = Link::new(site.urls.list(*list), title(list));
            letter.lists.push(Short { list: link, note: note(site, *seen) });
        }
    }
    letters
}

/// `12 mails in 30 days, last 14 Jun 2025`
fn note(site: &Site<'_>, seen: Seen) -> String {
    let last = seen.mail.map(|mail| day_short(site.archive.mail(mail).date()));
    match (last, seen.lately) {
        (None, _) => String::new(),
        (Some(last), 0) => format!("last mail {last}"),
        (Some(last), n) => {
            format!("{} in {DAYS} days, last {last}", counted(n, "mail", "mails"))
        }
    }
}

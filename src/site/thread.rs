//! The page of a discussion without patches.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{Home, ListId, MailId, PersonId, Scope, Thread, ThreadId};
use crate::diagnostic::Diagnostic;
use crate::site::conversation::{Message, conversation};
use crate::site::lists::OnList;
use crate::site::part::{self, Movable};
use crate::site::view::{Head, Item, Link, Title, counted, day, day_words, shown_title};
use crate::site::{Page, Site};

/// People named at the top of a discussion.
const NAMED: usize = 12;

/// A discussion without patches.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// Its title.
    title: Title,
    /// How many messages there are, and from when to when.
    summary: String,
    /// Who took part, as far as they are named, in the order of their first mail.
    people: Vec<Link>,
    /// The lists that it went to, each with its digest; empty where the site has one list.
    on: Vec<OnList>,
    /// The digests that it is in.
    digests: Vec<Link>,
    /// How many messages there are, in words.
    words: String,
    /// The messages, in the order of the thread.
    messages: Vec<Message>,
}

/// Renders the page of a discussion, and its parts where it is long.
pub fn render(site: &Site<'_>, id: ThreadId) -> Result<Vec<Page>, Diagnostic> {
    let thread = site.archive.thread(id);
    let path = site.urls.thread_path(id);
    let mut view = view(site, id);
    let total = 4_000 + view.messages.iter().map(|m| m.body.len() + 700).sum::<usize>();
    let messages = view.messages.iter_mut().filter(|message| !message.missing);
    let movable = messages.map(|message| Movable {
        anchor: message.anchor.clone(),
        part_anchor: message.part_anchor.clone(),
        title: format!("{}, {}", message.from.text, message.time),
        body: &mut message.body,
        elsewhere: &mut message.elsewhere,
        rank: 0,
    });
    let parts = part::divide(site, path, movable.collect(), total);
    let mut pages = vec![site.page(path.clone(), "thread.html", &view)?];
    pages.extend(part::render(site, Home::Thread(id), &thread.title, parts)?);
    Ok(pages)
}

fn view(site: &Site<'_>, id: ThreadId) -> View {
    let thread = site.archive.thread(id);
    let people = participants(site, thread);
    let on = (Home::Thread(id), thread.title.as_str());
    View {
        page: page_head(site, id),
        title: site.title(&thread.title),
        summary: summary(site, thread, people.len()),
        people: people.iter().take(NAMED).map(|p| site.person_link(*p)).collect(),
        digests: thread.mails.first().map(|m| site.digests_beside(*m)).unwrap_or_default(),
        on: site.places(thread.mails.iter().copied()),
        words: counted(thread.mails.len() as u32, "mail", "mails"),
        messages: conversation(site, on, &thread.mails, |_| Vec::new()),
    }
}

fn page_head(site: &Site<'_>, id: ThreadId) -> Head {
    let thread = site.archive.thread(id);
    let title = shown_title(&site.shown(&thread.title));
    let mut head = site.head(site.urls.thread_path(id), &title, "Series");
    let people = participants(site, thread);
    head.description = summary(site, thread, people.len());
    let starter = people.first().map(|person| site.person_link(*person).text);
    head.article(first(site, thread), starter);
    head.running = format!("discussion, {}", counted(thread.mails.len() as u32, "mail", "mails"));
    head.date = day(first(site, thread));
    head
}

/// Who wrote in a discussion, by their first mail.
fn participants(site: &Site<'_>, thread: &Thread) -> Vec<PersonId> {
    let mut people: Vec<PersonId> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for person in thread.mails.iter().map(|m| site.archive.sender(*m)) {
        if seen.insert(person) {
            people.push(person);
        }
    }
    people
}

/// The lists that any of a discussion's mails went to.
pub fn lists(site: &Site<'_>, thread: &Thread) -> BTreeSet<ListId> {
    thread.mails.iter().flat_map(|m| site.archive.mail(*m).lists().iter().copied()).collect()
}

fn first(site: &Site<'_>, thread: &Thread) -> i64 {
    thread.mails.first().map_or(0, |mail| site.archive.mail(*mail).date())
}

fn last(site: &Site<'_>, thread: &Thread) -> i64 {
    thread.mails.last().map_or(0, |mail: &MailId| site.archive.mail(*mail).date())
}

/// `12 mails by 5 people, 3 May 2025 to 7 May 2025.`
fn summary(site: &Site<'_>, thread: &Thread, people: usize) -> String {
    let (from, to) = (day_words(first(site, thread)), day_words(last(site, thread)));
    let when = if from == to { from } else { format!("{from} to {to}") };
    let mails = counted(thread.mails.len() as u32, "mail", "mails");
    format!("{mails} by {}, {when}.", counted(people as u32, "person", "people"))
}

/// A discussion in a list.
pub fn item(site: &Site<'_>, id: ThreadId) -> Item {
    let thread = site.archive.thread(id);
    let starter = thread.mails.first().map(|m| site.person_link(site.archive.sender(*m)).text);
    let mails = counted(thread.mails.len() as u32, "mail", "mails");
    Item {
        href: site.urls.thread(id),
        title: site.title(&thread.title),
        note: format!(
            "{}, {mails}, {}{}",
            starter.unwrap_or_default(),
            day_words(first(site, thread)),
            site.on_words(Scope::Site, lists(site, thread))
        ),
        count: None,
    }
}

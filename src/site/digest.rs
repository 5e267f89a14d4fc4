//! The page of a digest: what changed, the figures, the patch list, the commit messages.
//!
//! A digest is settled once its range is over, and so is its page: it shows the figures
//! that [`crate::digest`] counted up to the end of the range, and trailers only where the
//! posting itself carries them.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{ListId, MailId, PostingId, RangeId, Scope, ThreadId};
use crate::config::Addresses;
use crate::diagnostic::Diagnostic;
use crate::digest::{Contributor, Digest, Entry, Marks, Names, Status};
use crate::mail::Shown;
use crate::site::activity::Activity;
use crate::site::chart::{Bar, Counted, bars};
use crate::site::escape::Html;
use crate::site::letter::{Letter, TrailerView};
use crate::site::lists::{OnList, OnLists};
use crate::site::part::to_move;
use crate::site::posting::{Letters, number};
use crate::site::row::{StatusView, file_count, patches_words, words};
use crate::site::view::{
    Figure, Head, Item, Link, Title, counted, day, minute, range_words, shown_title,
};
use crate::site::waiting::Speak;
use crate::site::{Page, Site, list, published, thread};

/// Rows of a column of what changed, before a link leads to the rest.
const CHANGES: usize = 8;
/// Subsystems named in a row of the patch list.
pub(super) const SUBSYSTEMS: usize = 4;

/// A digest.
#[derive(Serialize, JsonSchema)]
pub(super) struct View<'a> {
    /// What the page says about itself.
    page: Head,
    /// Its range in words: `June 2026`.
    heading: String,
    /// From when to when, in a sentence.
    lede: String,
    /// The editor's note.
    note: Option<NoteView<'a>>,
    /// The digest before.
    prev: Option<Link>,
    /// The digest after; none where that is not yet.
    next: Option<Link>,
    /// All digests of the list.
    all: Link,
    /// Key figures.
    figures: Vec<Figure>,
    /// What changed, in columns: new series, new versions, applied, …
    changes: Vec<Column>,
    /// Who still had to speak at its end.
    speak: Speak,
    /// How much mail each day had, as a drawing; none where there is little.
    activity: Option<Activity>,
    /// Who sent most, as two tables.
    tables: Vec<Table>,
    /// The postings, newest first.
    entries: Vec<EntryView>,
    /// What of each posting is shown under the heading of commit messages.
    messages_words: &'static str,
}

/// What the editor says of the digest.
#[derive(Serialize, JsonSchema)]
pub(super) struct NoteView<'a> {
    /// Its title.
    heading: &'a str,
    /// What it says.
    body: &'a Html,
}

/// One column of what changed.
#[derive(Serialize, JsonSchema)]
pub(super) struct Column {
    /// What they have in common.
    name: &'static str,
    /// The first of them.
    pub(super) items: Vec<Item>,
    /// All of them.
    more: Option<Link>,
}

/// A table with bars.
#[derive(Serialize, JsonSchema)]
pub(super) struct Table {
    /// What is in it, in a sentence.
    pub(super) caption: &'static str,
    /// The heading of the names.
    pub(super) head: &'static str,
    /// The heading of the numbers.
    pub(super) unit: &'static str,
    /// The rows, the largest first.
    pub(super) rows: Vec<Bar>,
}

/// A posting in the patch list and among the commit messages.
#[derive(Serialize, JsonSchema)]
struct EntryView {
    /// The name of its anchor.
    anchor: String,
    /// What the patch list says of it.
    row: EntryRow,
    /// What is new about it.
    status: StatusView,
    /// When: `2025-06-10 17:54`.
    sent: String,
    /// The lists that it went to, each with its digest; empty where the site has one list.
    on: Vec<OnList>,
    /// The version before.
    before: Option<Link>,
    /// How many files it touches, in words; none where it touches none.
    files: Option<String>,
    /// Where it lives, and what was said of it.
    links: Vec<Link>,
    /// The message of its cover letter.
    cover: Html,
    /// The patches whose messages are shown.
    patches: Vec<PatchView>,
    /// The words of the link to all of it.
    whole: String,
}

/// A posting as a row of the patch list.
#[derive(Serialize, JsonSchema)]
struct EntryRow {
    /// Its page.
    href: String,
    /// Its title.
    title: Title,
    /// Who wrote it.
    author: Link,
    /// `RFC`, `resend`, `pull`: what else its subject says.
    words: Vec<&'static str>,
    /// How many patches it has.
    patches: u32,
    /// Lines added by all patches.
    added: u32,
    /// Lines removed.
    removed: u32,
    /// Answers up to the end of the range.
    replies: u32,
    /// Trailers on its patches.
    tally: Marks,
    /// The lists that it went to, where rows name them.
    on: OnLists,
    /// Its subsystems, the first of them.
    subsystems: Vec<Link>,
    /// How many more subsystems there are.
    more_subsystems: usize,
}

/// A patch whose message is shown.
#[derive(Serialize, JsonSchema)]
struct PatchView {
    /// The name of its anchor.
    anchor: String,
    /// Its number; empty where it is the only one.
    number: String,
    /// Its place on the posting's page.
    href: String,
    /// Its title.
    title: Title,
    /// The commit message.
    message: Html,
    /// Trailers of the message, and those that were given in answers.
    trailers: Vec<TrailerView>,
    /// What stands between message and diffstat.
    notes: Html,
}

/// The page of a range's digest; `letters` are the mails of its entries, in their order.
pub fn render(site: &Site<'_>, id: RangeId, letters: Vec<Letters>) -> Result<Page, Diagnostic> {
    let digest = &site.digests[id.0 as usize];
    let path = site.urls.digest_path(id);
    let mut entries: Vec<EntryView> =
        digest.entries.iter().zip(letters).map(|(e, l)| entry(site, digest.scope, e, l)).collect();
    let cut = fit(site, &mut entries);
    let view = View {
        page: head(site, id),
        heading: range_words(&digest.title),
        lede: lede(site, digest),
        note: note_on(site, digest.scope, &digest.slug),
        prev: id
            .0
            .checked_sub(1)
            .and_then(|at| neighbour(site, id, RangeId(at)))
            .or_else(|| published::last_of(site, digest.scope.list()?)),
        next: neighbour(site, id, RangeId(id.0 + 1)),
        all: Link::new(
            site.urls.base.href(&site.urls.digests_path(digest.scope)),
            match digest.scope {
                Scope::List(_) => format!("All digests of {}", site.scope_title(digest.scope)),
                Scope::Site => "All digests of all lists".to_string(),
            },
        ),
        figures: figures(digest),
        changes: changes(site, digest),
        speak: site.speak_of(digest.scope, &digest.waiting),
        activity: activity(site, id),
        tables: tables(site, digest),
        entries,
        messages_words: match cut {
            true => "cover letters and patches; the longest are on the pages of their series",
            false => "cover letters and patches",
        },
    };
    site.page(path, "digest.html", &view)
}

fn head(site: &Site<'_>, id: RangeId) -> Head {
    let digest = &site.digests[id.0 as usize];
    let of = site.scope_title(digest.scope);
    let path = site.urls.digest_path(id);
    let title = range_words(&digest.title);
    let mut head = site.head(&path, &title, "Digests");
    head.title = format!("{title}: {of}");
    head.description = format!("{of}: {}", summary(digest));
    head.running = list::running(site, digest.scope);
    head.date = day(digest.span.1);
    head.feed = site.scope_feed(digest.scope);
    head.article(digest.span.1, None);
    let file = |name: &str| site.urls.base.href(&path.join(name));
    let kinds = site.config.kinds;
    let text = kinds.text.then(|| Link::new(file("digest.txt"), "This page as text"));
    let words = if kinds.text { "as JSON" } else { "This page as JSON" };
    let json = kinds.json.then(|| Link::new(file("digest.json"), words));
    head.links = text.into_iter().chain(json).collect();
    head
}

/// A digest in one line: `4 series, 58 patches, 7 authors`. What there is none of is left out;
/// of mere discussions the mails are counted.
pub fn summary(digest: &Digest) -> String {
    let figures = &digest.figures;
    let series = figures.new_series + figures.new_revisions + figures.resends;
    let said = [
        (series, "series", "series"),
        (figures.patches, "patch", "patches"),
        (figures.authors, "author", "authors"),
        (figures.replies, "reply", "replies"),
    ];
    let said = said.into_iter().filter(|(n, _, _)| *n > 0);
    let said: Vec<String> = said.map(|(n, one, many)| counted(n, one, many)).collect();
    match said.is_empty() {
        true => counted(figures.mails, "mail", "mails"),
        false => said.join(", "),
    }
}

/// The editor's note on the digest of a range.
pub(super) fn note_on<'a>(site: &Site<'a>, scope: Scope, slug: &str) -> Option<NoteView<'a>> {
    let note = site.content.note(site.urls.scope_id(scope), slug)?;
    Some(NoteView { heading: &note.title, body: &note.body })
}

/// A digest in one line of plain words, with the dates that it spans.
fn lede(site: &Site<'_>, digest: &Digest) -> String {
    let (first, last) = digest.span;
    let name = match digest.scope.list() {
        Some(list) => list_name(site, list),
        None => format!("All {} lists", site.config.lists.len()),
    };
    let (first, last) = (minute(first), minute(last));
    match (first.split_once(' '), last.split_once(' ')) {
        _ if first == last => format!("{name}, {first} UTC."),
        (Some((day, from)), Some((same, to))) if day == same => {
            format!("{name}, {day} from {from} to {to} UTC.")
        }
        _ => format!("{name}, from {first} to {last} UTC."),
    }
}

/// A list's name, with its address where that may be shown.
fn list_name(site: &Site<'_>, list: ListId) -> String {
    let list = &site.config.lists[usize::from(list.0)];
    match list.address.as_deref().filter(|_| site.config.addresses == Addresses::Full) {
        Some(address) => format!("{} ({address})", list.title),
        None => list.title.clone(),
    }
}

/// How much mail each day of the range had.
fn activity(site: &Site<'_>, id: RangeId) -> Option<Activity> {
    let mails = &site.archive.ranges.get(id.0 as usize)?.mails;
    let mails: Vec<(i64, bool)> = mails.iter().map(|mail| site.dated(*mail)).collect();
    Activity::of(&mails)
}

/// The link to a digest of the same list, or of all lists.
fn neighbour(site: &Site<'_>, id: RangeId, other: RangeId) -> Option<Link> {
    let here = &site.digests[id.0 as usize];
    let there = site.digests.get(other.0 as usize).filter(|d| d.scope == here.scope)?;
    Some(Link::new(site.urls.digest(other), range_words(&there.title)))
}

/// What there is of each; a range of discussions has neither series nor lines.
fn figures(digest: &Digest) -> Vec<Figure> {
    let f = &digest.figures;
    let all = [
        Figure::some(f.mails, "mail", "mails"),
        Figure::some(f.new_series, "new series", "new series"),
        Figure::some(f.new_revisions, "new version", "new versions"),
        Figure::some(f.patches, "patch", "patches"),
        Figure::some(f.authors, "author", "authors"),
        Figure::some(f.replies, "reply", "replies"),
        Figure::some(f.review_trailers, "review trailer", "review trailers"),
        Figure::some(f.reviewers, "reviewer", "reviewers"),
        Figure::some(f.added, "line added", "lines added"),
        Figure::some(f.removed, "line removed", "lines removed"),
    ];
    all.into_iter().flatten().collect()
}

/// What changed: new series, new versions, what was answered, what was discussed.
fn changes(site: &Site<'_>, digest: &Digest) -> Vec<Column> {
    let is_new = |e: &&Entry| e.status == Status::New;
    let news: Vec<&Entry> = digest.entries.iter().filter(is_new).collect();
    let again: Vec<&Entry> = digest.entries.iter().filter(|e| !is_new(e)).collect();
    let of = digest.scope;
    let active = digest.active.iter().map(|(id, n)| answered(site, of, *id, *n));
    let discussions = digest.discussions.iter().map(|(id, n)| discussed(site, of, *id, *n));
    let columns = [
        column("New series", news.iter().map(|e| changed(site, of, e)).collect(), true),
        column("New versions", again.iter().map(|e| changed(site, of, e)).collect(), true),
        column("Answered, by number of replies", active.collect(), false),
        column("Discussions, by number of mails", discussions.collect(), false),
    ];
    columns.into_iter().filter(|c| !c.items.is_empty()).collect()
}

/// A column; what is not shown of it is in the patch list if `listed`.
pub(super) fn column(name: &'static str, mut items: Vec<Item>, listed: bool) -> Column {
    let all = items.len();
    items.truncate(CHANGES);
    let more = (listed && all > CHANGES).then(|| Link::new("#list", format!("all {all}")));
    Column { name, items, more }
}

fn changed(site: &Site<'_>, scope: Scope, entry: &Entry) -> Item {
    let posting = site.archive.posting(entry.posting);
    let author = site.person_link(posting.author).text;
    let on = site.on_words(scope, site.archive.lists_of(entry.posting));
    let status = StatusView::of(site, entry).text;
    let status = if entry.status == Status::New { String::new() } else { format!("{status}, ") };
    Item {
        href: format!("#{}", anchor(site, entry.posting)),
        title: site.title(&posting.title),
        note: format!("{status}{}, {author}{on}", patches_words(posting)),
        count: None,
    }
}

fn answered(site: &Site<'_>, scope: Scope, id: PostingId, replies: u32) -> Item {
    let posting = site.archive.posting(id);
    let on = site.on_words(scope, site.archive.lists_of(id));
    Item {
        href: site.urls.posting(id),
        title: site.title(&posting.title),
        note: format!("v{}, {}{on}", posting.version, patches_words(posting)),
        count: Some(replies),
    }
}

fn discussed(site: &Site<'_>, scope: Scope, id: ThreadId, mails: u32) -> Item {
    let thread = site.archive.thread(id);
    let starter =
        thread.mails.first().map(|mail| site.person_link(site.archive.sender(*mail)).text);
    Item {
        href: site.urls.thread(id),
        title: site.title(&thread.title),
        note: starter.unwrap_or_default() + &site.on_words(scope, thread::lists(site, thread)),
        count: Some(mails),
    }
}

fn tables(site: &Site<'_>, digest: &Digest) -> Vec<Table> {
    let mut all = busiest_tables(site, &digest.contributors, &digest.domains);
    all.extend(people(site, "Reviewers, trailers in replies", "Trailers", &digest.reviewers));
    all
}

/// The tables of those who sent most, people and domains, without those that are empty.
pub(super) fn busiest_tables(
    site: &Site<'_>,
    contributors: &[Contributor],
    domains: &[(String, u32)],
) -> Vec<Table> {
    let domain = |(name, count): &(String, u32)| Counted {
        name: shown_domain(name),
        href: None,
        note: String::new(),
        count: *count,
    };
    let contributors = people(site, "Top contributors, mails", "Mails", contributors);
    let domains = (!domains.is_empty()).then(|| Table {
        caption: "Top email domains, mails",
        head: "Domain",
        unit: "Mails",
        rows: bars(domains.iter().map(domain).collect()),
    });
    contributors.into_iter().chain(domains).collect()
}

/// A table of people, unless it is empty.
fn people(
    site: &Site<'_>,
    caption: &'static str,
    unit: &'static str,
    rows: &[Contributor],
) -> Option<Table> {
    let bars = || bars(rows.iter().map(|c| contributor(site, c)).collect());
    (!rows.is_empty()).then(|| Table { caption, head: "Name", unit, rows: bars() })
}

pub(super) fn shown_domain(name: &str) -> String {
    if name.is_empty() { "(none)".to_string() } else { name.to_string() }
}

fn contributor(site: &Site<'_>, row: &Contributor) -> Counted {
    let name = if row.name.is_empty() { &row.email } else { &row.name };
    let hidden = site.config.addresses == Addresses::Hidden || row.name.is_empty();
    Counted {
        name: site.shown(name),
        href: Some(site.urls.person(row.person)),
        note: if hidden { String::new() } else { site.shown(&row.email) },
        count: row.count,
    }
}

/// The anchor of a posting in a digest.
pub fn anchor(site: &Site<'_>, id: PostingId) -> String {
    format!("s-{}", site.archive.posting(id).id)
}

fn entry(site: &Site<'_>, scope: Scope, entry: &Entry, letters: Letters) -> EntryView {
    let id = entry.posting;
    let posting = site.archive.posting(id);
    let files = file_count(site, posting);
    let slots = posting.patches.iter().zip(letters.patches);
    EntryView {
        anchor: anchor(site, id),
        row: row(site, scope, entry),
        status: StatusView::of(site, entry),
        sent: minute(posting.date),
        on: on(site, scope, id),
        before: before(site, entry),
        files: (files > 0).then(|| counted(files, "file", "files")),
        links: links(site, entry),
        cover: letters.cover.map(|cover| cover.body).unwrap_or_default(),
        patches: slots.map(|(slot, letter)| patch(site, slot.mail, letter)).collect(),
        whole: match patches_words(posting) {
            one if posting.patches.len() < 2 => format!("{one}, diff and discussion"),
            all => format!("All {all}, diffs and discussion"),
        },
    }
}

/// The lists of a posting, with its digest on each; in the digest of the only one of them, it
/// goes without saying.
fn on(site: &Site<'_>, scope: Scope, id: PostingId) -> Vec<OnList> {
    let places = site.posting_places(id);
    match (scope, places.len()) {
        (Scope::List(_), 1) => Vec::new(),
        _ => places,
    }
}

fn row(site: &Site<'_>, scope: Scope, entry: &Entry) -> EntryRow {
    let posting = site.archive.posting(entry.posting);
    let mut subsystems = site.subsystem_links(entry.posting);
    let more_subsystems = subsystems.len().saturating_sub(SUBSYSTEMS);
    subsystems.truncate(SUBSYSTEMS);
    EntryRow {
        href: site.urls.posting(entry.posting),
        title: site.title(&posting.title),
        author: site.person_link(posting.author),
        words: words(posting),
        patches: posting.patches.len() as u32,
        added: entry.added,
        removed: entry.removed,
        replies: entry.replies,
        tally: entry.marks,
        on: match scope {
            Scope::Site => site.on_lists_of(entry.posting),
            Scope::List(_) => OnLists::default(),
        },
        subsystems,
        more_subsystems,
    }
}

/// The posting before this one in its series.
fn before(site: &Site<'_>, entry: &Entry) -> Option<Link> {
    let series = site.archive.series(site.archive.posting(entry.posting).series);
    let at = series.postings.iter().position(|p| *p == entry.posting)?;
    let earlier = *series.postings.get(at.checked_sub(1)?)?;
    let posting = site.archive.posting(earlier);
    let text = format!("v{}, {}", posting.version, day(posting.date));
    Some(Link::new(site.urls.posting(earlier), text))
}

fn links(site: &Site<'_>, entry: &Entry) -> Vec<Link> {
    let page = site.urls.posting(entry.posting);
    let mut links = Vec::new();
    if entry.replies > 0 {
        links.push(Link::new(
            format!("{page}#discussion"),
            counted(entry.replies, "reply", "replies"),
        ));
    }
    links.extend(super::compare::link(site, entry.posting));
    links.extend(site.upstream_link(site.archive.posting(entry.posting).head()));
    links.extend(
        super::mbox::link(site, entry.posting).map(|link| Link { text: "mbox".into(), ..link }),
    );
    links
}

fn patch(site: &Site<'_>, id: MailId, letter: Letter) -> PatchView {
    let own = letter.trailers.into_iter().filter(|trailer| trailer.from.is_none());
    PatchView {
        anchor: site.urls.copy_anchor(id),
        number: number(site, id),
        href: site.urls.mail(id),
        title: site.title(site.archive.mail(id).title()),
        message: letter.message,
        trailers: own.collect(),
        notes: letter.notes,
    }
}

/// Leaves out the longest texts until the page is within its budget: those of patches
/// first, then cover letters. Their titles stay and lead to the page that has them. Says
/// whether anything was left out.
fn fit(site: &Site<'_>, entries: &mut [EntryView]) -> bool {
    let budget = usize::try_from(site.config.page_budget).unwrap_or(usize::MAX);
    let fixed: usize = entries.iter().map(|e| 2_600 + 400 * e.patches.len()).sum();
    let mut texts: Vec<(u8, Vec<&mut Html>)> = Vec::new();
    for entry in entries {
        texts.push((1, vec![&mut entry.cover]));
        let patches = entry.patches.iter_mut();
        texts.extend(patches.map(|p| (0, vec![&mut p.message, &mut p.notes])));
    }
    let sizes: Vec<(u8, usize)> =
        texts.iter().map(|(rank, html)| (*rank, html.iter().map(|h| h.len()).sum())).collect();
    let total = 12_000 + fixed + sizes.iter().map(|(_, size)| size).sum::<usize>();
    let leaving = to_move(&sizes, total, budget);
    for at in &leaving {
        texts[*at].1.iter_mut().for_each(|html| **html = Html::default());
    }
    !leaving.is_empty()
}

/// The digest as text and as JSON, beside its page, as far as the owner wants them. `mail` reads
/// a mail again.
pub fn files<'a>(
    site: &'a Site<'_>,
    id: RangeId,
    mail: &'a dyn Fn(MailId) -> Cow<'a, Shown>,
) -> Vec<Page> {
    let digest = &site.digests[id.0 as usize];
    let path = site.urls.digest_path(id);
    let lists: Vec<&str> = site.config.lists.iter().map(|list| list.id.as_str()).collect();
    let names = Names { title: site.scope_title(digest.scope), lists: &lists };
    let url = |posting| site.urls.base.absolute(site.urls.posting_path(posting));
    let text = || crate::digest::text::render(digest, site.archive, &names, mail);
    let json = || crate::digest::json::render(digest, site.archive, &names, &url);
    let file = |name, text: String| Page {
        path: path.join(name),
        content: site.shown(&text).into_bytes(),
    };
    let kinds = site.config.kinds;
    let text = kinds.text.then(|| file("digest.txt", text()));
    let json = kinds.json.then(|| file("digest.json", json()));
    text.into_iter().chain(json).collect()
}

/// The digest's postings as a short list, largest first, for the front page; of a digest
/// without any, what was talked about.
pub fn highlights(site: &Site<'_>, id: RangeId, most: usize) -> Vec<Item> {
    let digest = &site.digests[id.0 as usize];
    if digest.entries.is_empty() {
        return talked_about(site, digest).take(most).collect();
    }
    let page = site.urls.digest(id);
    let mut entries: Vec<&Entry> = digest.entries.iter().collect();
    entries.sort_by_key(|e| std::cmp::Reverse(site.archive.posting(e.posting).patches.len()));
    let item = |entry: &&Entry| {
        let posting = site.archive.posting(entry.posting);
        let words: String = words(posting).iter().map(|w| format!("{w} ")).collect();
        let on = site.on_words(digest.scope, site.archive.lists_of(entry.posting));
        Item {
            href: format!("{page}#{}", anchor(site, entry.posting)),
            title: site.title(&posting.title),
            note: format!("{words}v{}, {}{on}", posting.version, patches_words(posting)),
            count: None,
        }
    };
    entries.iter().take(most).map(item).collect()
}

/// What was answered in a digest, then what was discussed, with the numbers in words.
fn talked_about<'a>(site: &'a Site<'_>, digest: &'a Digest) -> impl Iterator<Item = Item> + 'a {
    let of = digest.scope;
    let told = |item: Item, one: &str, many: &str| Item {
        note: format!("{}, {}", item.note, counted(item.count.unwrap_or(0), one, many)),
        count: None,
        ..item
    };
    let active = digest.active.iter();
    let active = active.map(move |(id, n)| told(answered(site, of, *id, *n), "reply", "replies"));
    let discussions = digest.discussions.iter();
    active
        .chain(discussions.map(move |(id, n)| told(discussed(site, of, *id, *n), "mail", "mails")))
}

/// What had most replies in a digest, in words.
pub fn most_answered(site: &Site<'_>, digest: &Digest) -> Option<String> {
    let begun = digest.entries.iter().map(|e| (e.posting, e.replies));
    let (id, replies) =
        begun.chain(digest.active.iter().copied()).max_by_key(|(id, n)| (*n, *id))?;
    let title = shown_title(&site.shown(&site.archive.posting(id).title));
    (replies > 0).then(|| format!("Most replies: {title}"))
}

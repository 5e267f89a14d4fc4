//! The page of a digest that was published as text, and what other pages say of it.
//!
//! The page shows what the text says and no more: there are no dates, the tables are as they
//! were published, and of most postings the text prints the first patch and the cover letter.
//! The text itself lies beside the page.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::published::{Entry, EntryId, Letter, Published, PublishedId, list::Counts};
use crate::archive::{Archive, ListId, PersonId, PostingId, RangeId, Scope, SubsystemId};
use crate::config::Addresses;
use crate::diagnostic::Diagnostic;
use crate::mail::{Address, Body, Shown, patch};
use crate::site::chart::{Bar, Counted, bars};
use crate::site::digest::{Column, NoteView, SUBSYSTEMS, Table, column, note_on, shown_domain};
use crate::site::escape::Html;
use crate::site::letter::TrailerView;
use crate::site::part::to_move;
use crate::site::view::{Figure, Head, Item, Link, Title, counted, range_words, shown_title};
use crate::site::{Page, Site};

/// What the archive's published texts tell, looked up by what it is about.
#[derive(Default)]
pub struct Texts {
    people: HashMap<PersonId, Vec<EntryId>>,
    counts: HashMap<PersonId, Vec<(PublishedId, u32)>>,
    subsystems: HashMap<SubsystemId, Vec<EntryId>>,
    postings: HashMap<PostingId, Vec<EntryId>>,
}

impl Texts {
    /// Looks up everything in one pass over the texts.
    pub fn of(archive: &Archive) -> Texts {
        let mut texts = Texts::default();
        let digests = (0..).map(PublishedId).zip(&archive.published);
        for (digest, published) in digests.collect::<Vec<_>>().into_iter().rev() {
            for (person, (_, count)) in published.people.iter().zip(&published.told.contributors) {
                texts.counts.entry(*person).or_default().push((digest, *count));
            }
            for (at, entry) in (0..).zip(&published.told.entries) {
                texts.note(EntryId { digest, at }, entry);
            }
        }
        texts
    }

    fn note(&mut self, id: EntryId, entry: &Entry) {
        if let Some(person) = entry.person {
            self.people.entry(person).or_default().push(id);
        }
        for subsystem in &entry.subsystems {
            self.subsystems.entry(*subsystem).or_default().push(id);
        }
        if let Some(posting) = entry.posting {
            self.postings.entry(posting).or_default().push(id);
        }
    }

    /// The postings of a person: the newest text first, in each as it has them.
    pub fn of_person(&self, id: PersonId) -> &[EntryId] {
        self.people.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The tables that count a person, newest first, and how many mails each counts.
    pub fn counts_of(&self, id: PersonId) -> &[(PublishedId, u32)] {
        self.counts.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The postings of a subsystem, in the same order.
    pub fn of_subsystem(&self, id: SubsystemId) -> &[EntryId] {
        self.subsystems.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where texts tell of a posting of mail.
    pub fn of_posting(&self, id: PostingId) -> &[EntryId] {
        self.postings.get(&id).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A digest that was published as text.
#[derive(Serialize, JsonSchema)]
pub(super) struct View<'a> {
    /// What the page says about itself.
    page: Head,
    /// Its title.
    heading: String,
    /// What it holds, in a sentence.
    lede: String,
    /// The text itself.
    text: String,
    /// The editor's note.
    note: Option<NoteView<'a>>,
    /// The digest before.
    prev: Option<Link>,
    /// The digest after.
    next: Option<Link>,
    /// All digests of the list.
    all: Link,
    /// Key figures.
    figures: Vec<Figure>,
    /// What changed, in columns.
    changes: Vec<Column>,
    /// Whether the text has a patch list, with its figures.
    listed: bool,
    /// The tables that the text begins with.
    tables: Vec<Table>,
    /// The postings, in the order of the text.
    entries: Vec<EntryView>,
}

/// A posting of the text.
#[derive(Serialize, JsonSchema)]
struct EntryView {
    /// The name of its anchor.
    anchor: String,
    /// What the patch list says of it.
    row: Row,
    /// The same work elsewhere: what the link is to, and the link.
    elsewhere: Vec<(&'static str, Link)>,
    /// Whether there is anything to show below the commit messages' heading.
    printed: bool,
    /// The message of its cover letter.
    cover: Html,
    /// Whether the cover's message is too long for the page.
    cover_left_out: bool,
    /// The patches whose messages are in the text.
    patches: Vec<PatchView>,
    /// Lines that stand for mails.
    lines: Vec<Line>,
    /// The patches of the patch list.
    parts: Vec<Part>,
}

/// A posting in the patch list.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// Where it is: its page, or its place on this one.
    href: String,
    /// Its title.
    title: Title,
    /// Who wrote it; without a link where the person has no page.
    author: Option<Link>,
    /// `v5`.
    version: String,
    /// `RFC`, `resend`, `pull`: what else its subject says.
    words: Vec<&'static str>,
    /// How many patches it has.
    patches: u32,
    /// Answers.
    replies: u32,
    /// Lines and trailers, where the text counts them.
    counts: Option<CountsView>,
    /// Its subsystems, the first of them.
    subsystems: Vec<Link>,
    /// How many more subsystems there are.
    more_subsystems: usize,
}

/// Lines and trailers, as a text counts them.
#[derive(Serialize, JsonSchema)]
struct CountsView {
    /// Lines added.
    added: u32,
    /// Lines removed.
    removed: u32,
    /// `Acked-by`.
    acked: u32,
    /// `Reviewed-by`.
    reviewed: u32,
    /// `Tested-by`.
    tested: u32,
}

impl From<Counts> for CountsView {
    fn from(Counts { added, removed, acked, reviewed, tested }: Counts) -> Self {
        CountsView { added, removed, acked, reviewed, tested }
    }
}

/// A patch whose message is in the text.
#[derive(Serialize, JsonSchema)]
struct PatchView {
    /// The name of its anchor.
    anchor: String,
    /// Its number; empty where it is the only one.
    number: String,
    /// Its title.
    title: Title,
    /// The commit message.
    message: Html,
    /// Trailers of the message.
    trailers: Vec<TrailerView>,
    /// What stands between message and diffstat.
    notes: Html,
    /// Whether its message is too long for the page.
    left_out: bool,
}

/// A line that stands for a mail.
#[derive(Serialize, JsonSchema)]
struct Line {
    /// `Exist` or `Skip`.
    word: &'static str,
    /// The mail's subject.
    subject: String,
    /// Where it was shown before, if that is known.
    href: Option<String>,
    /// Why it stands here as a line only.
    why: &'static str,
}

/// A patch in the patch list.
#[derive(Serialize, JsonSchema)]
struct Part {
    /// Its number.
    number: String,
    /// Its title.
    title: Title,
    /// Its lines and trailers.
    counts: CountsView,
}

/// The page of a published text, and the text.
pub fn render(site: &Site<'_>, id: PublishedId) -> Result<Vec<Page>, Diagnostic> {
    let published = site.archive.published(id);
    let path = site.urls.text_path(id);
    let text = site.bodies.published_text(id);
    let mut entries: Vec<EntryView> = (0..)
        .zip(&published.told.entries)
        .map(|(at, _)| entry(site, EntryId { digest: id, at }, &text))
        .collect();
    fit(site, &mut entries);
    let list = &site.config.lists[usize::from(published.list.0)];
    let (prev, next) = neighbours(site, id);
    let view = View {
        page: head(site, id),
        heading: title(site, id),
        lede: lede(site, published),
        text: site.urls.base.href(&path.join("digest.txt")),
        note: note_on(site, Scope::List(published.list), &published.slug),
        prev,
        next,
        all: Link::new(
            site.urls.base.href(&site.urls.list_path(published.list).join("digests/")),
            format!("All digests of {}", list.title),
        ),
        figures: figures(published),
        changes: changes(site, id),
        listed: published.told.entries.iter().any(|entry| entry.row.is_some()),
        tables: tables(site, published),
        entries,
    };
    let page = site.page(path.clone(), "published.html", &view)?;
    let content = match site.config.addresses {
        Addresses::Full => Cow::Borrowed(site.bodies.published(id)),
        _ => Cow::Owned(site.shown(&text).into_bytes()),
    };
    Ok(vec![Page { path: path.join("digest.txt"), content: content.into_owned() }, page])
}

/// The title of a published digest in words.
pub fn title(site: &Site<'_>, id: PublishedId) -> String {
    site.shown(&range_words(&site.archive.published(id).told.title))
}

/// Where something is told of: `in A to B`, `in February 2024`.
fn in_words(site: &Site<'_>, id: PublishedId) -> String {
    let title = title(site, id);
    format!("in {}", title.strip_prefix("From ").unwrap_or(&title))
}

/// The published digests of a list, in their order.
pub fn of_list(
    site: &Site<'_>,
    list: ListId,
) -> impl DoubleEndedIterator<Item = PublishedId> + use<> {
    let all = &site.archive.published;
    let start = all.partition_point(|digest| digest.list < list) as u32;
    let end = all.partition_point(|digest| digest.list <= list) as u32;
    (start..end).map(PublishedId)
}

/// The digests before and after; what a list has as mail comes after its texts.
fn neighbours(site: &Site<'_>, id: PublishedId) -> (Option<Link>, Option<Link>) {
    let list = site.archive.published(id).list;
    let link = |id| Link::new(site.urls.text(id), title(site, id));
    let before = id.0.checked_sub(1).map(PublishedId);
    let prev = before.filter(|id| site.archive.published(*id).list == list).map(link);
    let after =
        Some(PublishedId(id.0 + 1)).filter(|id| of_list(site, list).next_back() >= Some(*id));
    let next = after.map(link).or_else(|| {
        let first = site.digests.partition_point(|digest| digest.scope < Scope::List(list));
        let digest = site.digests.get(first).filter(|digest| digest.scope == Scope::List(list))?;
        Some(Link::new(site.urls.digest(RangeId(first as u32)), range_words(&digest.title)))
    });
    (prev, next)
}

/// The link to the last published digest of a list.
pub fn last_of(site: &Site<'_>, list: ListId) -> Option<Link> {
    let id = of_list(site, list).next_back()?;
    Some(Link::new(site.urls.text(id), title(site, id)))
}

fn head(site: &Site<'_>, id: PublishedId) -> Head {
    let published = site.archive.published(id);
    let list = &site.config.lists[usize::from(published.list.0)];
    let path = site.urls.text_path(id);
    let title = title(site, id);
    let mut head = site.head(&path, &title, "Digests");
    head.title = format!("{title}: {}", list.title);
    head.description = format!("{}: {}", list.title, summary(published));
    head.running = list.id.clone();
    head.feed = site.list_feed(published.list);
    head.links =
        vec![Link::new(site.urls.base.href(&path.join("digest.txt")), "The published text")];
    head
}

fn lede(site: &Site<'_>, published: &Published) -> String {
    let list = &site.config.lists[usize::from(published.list.0)];
    match &published.told.list {
        Some(name) if *name != list.title => {
            format!("{}, published as {}.", list.title, site.shown(name))
        }
        _ => format!("{}.", list.title),
    }
}

/// A published digest in one line: `4 series, 58 patches`.
pub fn summary(published: &Published) -> String {
    let told = Tally::of(published);
    let series = counted(told.series, "series", "series");
    let patches = counted(told.patches, "patch", "patches");
    match told.authors {
        Some(authors) => [series, patches, counted(authors, "author", "authors")].join(", "),
        None => [series, patches].join(", "),
    }
}

/// What can be counted of a published digest.
pub struct Tally {
    /// Postings of version 1.
    pub new: u32,
    /// All postings.
    pub series: u32,
    /// Their patches.
    pub patches: u32,
    /// Authors; none where the table may have been cut.
    pub authors: Option<u32>,
}

impl Tally {
    /// Counts.
    pub fn of(published: &Published) -> Tally {
        let told = &published.told;
        let authors = told.contributors.len() as u32;
        Tally {
            new: told.entries.iter().filter(|entry| is_new(entry)).count() as u32,
            series: told.entries.len() as u32,
            patches: told.entries.iter().fold(0, |sum, e| sum.saturating_add(e.patch_count())),
            authors: Some(authors).filter(|n| *n > 0 && told.top.is_some_and(|top| *n < top)),
        }
    }
}

fn is_new(entry: &Entry) -> bool {
    entry.version.major <= 1
}

fn figures(published: &Published) -> Vec<Figure> {
    let told = Tally::of(published);
    let all = [
        Figure::some(told.new, "new series", "new series"),
        Figure::some(told.series - told.new, "new version", "new versions"),
        Figure::some(told.patches, "patch", "patches"),
        told.authors.and_then(|n| Figure::some(n, "author", "authors")),
    ];
    all.into_iter().flatten().collect()
}

fn changes(site: &Site<'_>, id: PublishedId) -> Vec<Column> {
    let entries = &site.archive.published(id).told.entries;
    let items = |new: bool| -> Vec<Item> {
        let ids = (0..).map(|at| EntryId { digest: id, at }).zip(entries);
        ids.filter(|(_, entry)| is_new(entry) == new)
            .map(|(id, entry)| Item {
                href: format!("#{}", anchor(entry)),
                ..item_in(site, id, Told::Author)
            })
            .collect()
    };
    let columns =
        [column("New series", items(true), true), column("New versions", items(false), true)];
    columns.into_iter().filter(|column| !column.items.is_empty()).collect()
}

/// What stands in the note of an entry beside its version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Who wrote it.
    Author,
    /// The digest it is in.
    Digest,
    /// Both.
    Both,
}

/// A posting of a published text as an entry of a list.
pub fn item_in(site: &Site<'_>, id: EntryId, told: Told) -> Item {
    let entry = site.archive.entry(id);
    let mut note: String = words(entry).iter().map(|word| format!("{word} ")).collect();
    note += &format!("v{}, {}", entry.version, patches_words(entry));
    if told != Told::Digest
        && let Some(author) = author(site, entry)
    {
        note += &format!(", {}", author.text);
    }
    if told != Told::Author {
        note += &format!(", {}", in_words(site, id.digest));
    }
    Item { href: site.urls.entry(id), title: site.title(&entry.title), note, count: None }
}

/// `v2 RFC`
pub fn version_words(entry: &Entry) -> String {
    let said: String = words(entry).iter().map(|word| format!(" {word}")).collect();
    format!("v{}{said}", entry.version)
}

/// `v2 RFC, 3 patches, in A to B`
pub fn note(site: &Site<'_>, id: EntryId) -> String {
    let entry = site.archive.entry(id);
    let (version, place) = (version_words(entry), in_words(site, id.digest));
    format!("{version}, {}, {place}", patches_words(entry))
}

fn patches_words(entry: &Entry) -> String {
    counted(entry.patch_count(), "patch", "patches")
}

/// The cover letter of an entry, else its first patch, as far as the text prints one.
pub fn head_letter(entry: &Entry, text: &str) -> Option<Shown> {
    let cover = entry.cover.as_ref().map(|cover| shown(cover, text, patch_of_cover));
    cover.or_else(|| Some(shown(entry.patches.first()?, text, patch::split_cut)))
}

/// The largest postings of a published text, for the front page.
pub fn highlights(site: &Site<'_>, id: PublishedId, most: usize) -> Vec<Item> {
    let mut order: Vec<(u32, &Entry)> =
        (0..).zip(&site.archive.published(id).told.entries).collect();
    order.sort_by_key(|(at, entry)| (std::cmp::Reverse(entry.patch_count()), *at));
    let ids = order.into_iter().take(most).map(|(at, _)| EntryId { digest: id, at });
    ids.map(|id| item_in(site, id, Told::Author)).collect()
}

fn tables(site: &Site<'_>, published: &Published) -> Vec<Table> {
    let told = &published.told;
    let people = published.people.iter().zip(&told.contributors);
    let people = people.map(|(person, (who, count))| contributor(site, *person, who, *count));
    let domain = |(name, count): &(String, u32)| Counted {
        name: site.shown(&shown_domain(name)),
        href: None,
        note: String::new(),
        count: *count,
    };
    let all = [
        Table {
            caption: "Top contributors, mails",
            head: "Name",
            unit: "Mails",
            rows: bars(people.collect()),
        },
        Table {
            caption: "Top email domains, mails",
            head: "Domain",
            unit: "Mails",
            rows: bars(told.domains.iter().map(domain).collect()),
        },
    ];
    all.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn contributor(site: &Site<'_>, person: PersonId, who: &Address, count: u32) -> Counted {
    let name = if who.name.is_empty() { &who.email } else { &who.name };
    let hidden = site.config.addresses == Addresses::Hidden || who.name.is_empty();
    Counted {
        name: shown_title(&site.shown(name)),
        href: Some(site.urls.person(person)),
        note: if hidden { String::new() } else { site.shown(&who.email) },
        count,
    }
}

/// The anchor of a posting on its digest's page.
pub fn anchor(entry: &Entry) -> String {
    format!("e-{}", entry.id)
}

/// What the brackets of its subjects say.
pub fn words(entry: &Entry) -> Vec<&'static str> {
    let said = [(entry.rfc, "RFC"), (entry.resend, "resend"), (entry.pull, "pull")];
    said.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect()
}

/// Who wrote it: linked where the text names an address, else by the name alone.
pub fn author(site: &Site<'_>, entry: &Entry) -> Option<Link> {
    entry.person.map(|person| site.person_link(person))
}

fn entry(site: &Site<'_>, id: EntryId, text: &str) -> EntryView {
    let told = site.archive.entry(id);
    let parts = told.row.iter().flat_map(|row| &row.parts).map(|part| Part {
        number: part.number.clone(),
        title: site.title(&part.title),
        counts: part.counts.into(),
    });
    let cover =
        told.cover.as_ref().map(|cover| site.cover(&shown(cover, text, patch_of_cover)).body);
    let mut view = EntryView {
        anchor: anchor(told),
        row: row(site, id),
        elsewhere: elsewhere(site, id),
        printed: false,
        cover: cover.unwrap_or_default(),
        cover_left_out: false,
        patches: (1..)
            .zip(&told.patches)
            .map(|(n, patch)| patch_view(site, told, n, patch, text))
            .collect(),
        lines: lines(site, told),
        parts: parts.collect(),
    };
    view.printed = !(view.cover.is_empty()
        && view.patches.is_empty()
        && view.lines.is_empty()
        && view.parts.is_empty());
    view
}

fn row(site: &Site<'_>, id: EntryId) -> Row {
    let entry = site.archive.entry(id);
    let mut subsystems = subsystem_links(site, entry);
    let more_subsystems = subsystems.len().saturating_sub(SUBSYSTEMS);
    subsystems.truncate(SUBSYSTEMS);
    let listed = entry.row.as_ref();
    let named = listed
        .filter(|row| !row.author.is_empty())
        .map(|row| Link::new("", site.shown(&row.author)));
    Row {
        href: format!("#{}", anchor(entry)),
        title: site.title(&entry.title),
        author: author(site, entry).or(named),
        version: format!("v{}", entry.version),
        words: words(entry),
        patches: entry.patch_count(),
        replies: listed.map_or(0, |row| row.replies),
        counts: listed.map(|row| row.counts.into()),
        subsystems,
        more_subsystems,
    }
}

/// The finest subsystems of an entry.
fn subsystem_links(site: &Site<'_>, entry: &Entry) -> Vec<Link> {
    let parent = |id: &SubsystemId| site.archive.subsystem(*id).parent;
    let wholes: BTreeSet<SubsystemId> = entry.subsystems.iter().filter_map(parent).collect();
    let finest = entry.subsystems.iter().filter(|id| !wholes.contains(id));
    finest.map(|id| site.subsystem_link(*id)).collect()
}

/// Where else the same work is told of.
fn elsewhere(site: &Site<'_>, here: EntryId) -> Vec<(&'static str, Link)> {
    let entry = site.archive.entry(here);
    let link = |id: EntryId| {
        let version = site.archive.entry(id).version;
        let place = match id.digest == here.digest {
            true => "on this page".to_string(),
            false => in_words(site, id.digest),
        };
        Link::new(site.urls.entry(id), format!("v{version}, {place}"))
    };
    let mail = entry.posting.map(|posting| {
        let words = format!("v{}, with its discussion", site.archive.posting(posting).version);
        ("Series", Link::new(site.urls.posting(posting), words))
    });
    let before = entry.before.map(|id| ("Before", link(id)));
    let after = entry.after.map(|id| ("After", link(id)));
    [before, after, mail].into_iter().flatten().collect()
}

fn lines(site: &Site<'_>, entry: &Entry) -> Vec<Line> {
    let exist = entry.exist.iter().map(|exist| Line {
        word: "Exist:",
        subject: site.shown(&exist.reference.subject_text),
        href: exist.shown.map(|id| site.urls.entry(id)),
        why: "this patch is printed already",
    });
    let skip = entry.skip.iter().map(|skip| Line {
        word: "Skip:",
        subject: site.shown(&skip.subject_text),
        href: None,
        why: "a cover letter with the title of its only patch",
    });
    exist.chain(skip).collect()
}

/// How the text of a cover letter divides.
fn patch_of_cover(text: &str) -> patch::Patch {
    patch::split_only(text).0
}

/// A letter as the mails of other pages are read.
fn shown(letter: &Letter, text: &str, divide: fn(&str) -> patch::Patch) -> Shown {
    let text = text.get(letter.message.clone()).unwrap_or_default().to_string();
    Shown { patch: divide(&text), body: Body { text, attachments: Vec::new() } }
}

fn patch_view(site: &Site<'_>, entry: &Entry, n: u32, letter: &Letter, text: &str) -> PatchView {
    let told = site.published_letter(&shown(letter, text, patch::split_cut));
    let subject = &letter.subject;
    let number = subject.index.zip(subject.total).map(|(index, total)| format!("{index}/{total}"));
    PatchView {
        anchor: format!("p-{}-{n}", entry.id),
        number: number.unwrap_or_default(),
        title: site.title(&subject.title),
        message: told.message,
        trailers: told.trailers,
        notes: told.notes,
        left_out: false,
    }
}

/// Leaves out the longest texts until the page is within its budget: patches first, then
/// cover letters. They are in the published text.
fn fit(site: &Site<'_>, entries: &mut [EntryView]) {
    let budget = usize::try_from(site.config.page_budget).unwrap_or(usize::MAX);
    let fixed: usize =
        entries.iter().map(|e| 2_600 + 400 * (e.patches.len() + e.parts.len())).sum();
    let mut texts: Vec<(u8, Vec<&mut Html>, &mut bool)> = Vec::new();
    for entry in entries {
        texts.push((1, vec![&mut entry.cover], &mut entry.cover_left_out));
        for patch in &mut entry.patches {
            texts.push((0, vec![&mut patch.message, &mut patch.notes], &mut patch.left_out));
        }
    }
    let sizes: Vec<(u8, usize)> = texts
        .iter()
        .map(|(rank, html, _)| (*rank, html.iter().map(|html| html.len()).sum()))
        .collect();
    let total = 12_000 + fixed + sizes.iter().map(|(_, size)| size).sum::<usize>();
    for at in to_move(&sizes, total, budget) {
        let (_, html, left_out) = &mut texts[at];
        html.iter_mut().for_each(|html| **html = Html::default());
        **left_out = true;
    }
}

/// The subsystems with most postings in these texts; parts are counted with what they are
/// part of.
pub fn subsystems(site: &Site<'_>, texts: &[PublishedId], most: usize) -> Vec<Bar> {
    let entries = texts.iter().flat_map(|id| &site.archive.published(*id).told.entries);
    let counts = entries.flat_map(|entry| &entry.subsystems).map(|id| (*id, 1));
    let row = |(id, count)| {
        let link = site.subsystem_link(id);
        Counted { name: link.text, href: Some(link.href), note: String::new(), count }
    };
    bars(busiest(counts, most).into_iter().map(row).collect())
}

/// The people whom the tables of these texts count most.
pub fn people(site: &Site<'_>, texts: &[PublishedId], most: usize) -> Vec<Bar> {
    let texts = texts.iter().map(|id| site.archive.published(*id));
    let counts = texts.flat_map(|text| {
        text.people.iter().zip(&text.told.contributors).map(|(id, (_, count))| (*id, *count))
    });
    let row = |(id, count)| {
        let link = site.person_link(id);
        Counted { name: link.text, href: Some(link.href), note: String::new(), count }
    };
    bars(busiest(counts, most).into_iter().map(row).collect())
}

/// Sums by what is counted, largest first, then in the order of the ids.
fn busiest<K: Ord + Copy>(counts: impl Iterator<Item = (K, u32)>, most: usize) -> Vec<(K, u32)> {
    let mut sums: BTreeMap<K, u32> = BTreeMap::new();
    for (key, count) in counts {
        let sum = sums.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }
    let mut sums: Vec<(K, u32)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sums.truncate(most);
    sums
}

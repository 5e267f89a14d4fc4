//! The home page and the page of a list: latest digests, what waits for review, what is
//! active.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{ListId, MailId, PostingId, PublishedId, RangeId, Scope, SubsystemId};
use crate::diagnostic::Diagnostic;
use crate::digest::busiest;
use crate::site::activity::Activity;
use crate::site::chart::{Bar, Calendar, Counted, bars};
use crate::site::hub::Hub;
use crate::site::pager::Year;
use crate::site::row::{WaitingRow, patches_words, waits, words};
use crate::site::url::SitePath;
use crate::site::view::{Head, Item, Link, counted, day, day_words, range_words};
use crate::site::waiting::Speak;
use crate::site::{Page, Site, digest, find, published};

/// Digests below the one that leads.
const DIGESTS: usize = 6;
/// Series of the digest that leads.
const HIGHLIGHTS: usize = 5;
/// Series that wait for review, of those listed.
const WAITING: usize = 8;
/// What waits longer without a mail is not expected back.
const PATIENCE: i64 = 90;
/// Series that are active, of those listed.
const ACTIVE: usize = 6;
/// Days in which a reply makes a series active.
const ACTIVE_DAYS: i64 = 7;
/// Subsystems in the table, and the days it covers.
const SUBSYSTEMS: usize = 10;
const SUBSYSTEM_DAYS: i64 = 30;
/// Years whose months are linked.
const YEARS: usize = 5;
/// Rows of the tables of the busiest people and domains, and the time they cover.
const PEOPLE: usize = 10;
const YEAR: i64 = 365 * DAY;
const DAY: i64 = 86_400;

/// The start page, and that of a list.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// The title of the site, or of the list.
    heading: String,
    /// What it holds, in a sentence.
    lede: String,
    /// The lists, on the home page of a site of several.
    hub: Option<Hub>,
    /// Whether rows name their lists.
    named: bool,
    /// All digests.
    all: Option<Link>,
    /// Whether there is mail, or only published texts.
    of_mail: bool,
    /// The newest digest.
    lead: Option<Lead>,
    /// Those before it.
    digests: Vec<DigestItem>,
    /// Series that wait for review, those that have waited longest first.
    waiting: Vec<WaitingRow>,
    /// How many there are.
    waiting_words: String,
    /// Who still has to speak.
    speak: Speak,
    /// What is being answered, most answers first.
    active: Vec<Item>,
    /// The busiest subsystems.
    subsystems: Vec<Bar>,
    /// The busiest people of published texts.
    people: Vec<Bar>,
    /// How much mail there was over time, as a drawing; none where there is little.
    activity: Option<Activity>,
    /// The days of the last year.
    calendar: Option<Calendar>,
    /// The months that have mail, newest year first.
    months: Vec<Year>,
    /// Who sent most in the last year: people, and domains.
    tables: Vec<digest::Table>,
}

/// The newest digest.
#[derive(Serialize, JsonSchema)]
struct Lead {
    /// Its page.
    href: String,
    /// Its range in words.
    title: String,
    /// Its figures in a line.
    summary: String,
    /// Postings of it that are worth a look.
    items: Vec<Item>,
    /// The rest of them.
    more: Option<Link>,
}

/// A digest in the list.
#[derive(Serialize, JsonSchema)]
struct DigestItem {
    /// Its page.
    href: String,
    /// Its range in words.
    title: String,
    /// Its figures in a line.
    summary: String,
}

/// The home page.
pub fn home(site: &Site<'_>) -> Result<Page, Diagnostic> {
    let path = SitePath::page(&[]);
    let mut head = site.head(&path, &site.config.title, "Digests");
    head.title = site.config.title.clone();
    head.running = "patch digest".to_string();
    head.date = site.newest_day();
    let view = View {
        hub: site.has_several_lists().then(|| Hub::of(site)),
        ..view(site, Scope::Site, head, site.config.title.clone())
    };
    site.page(path, "front.html", &view)
}

/// The page of a list.
pub fn list(site: &Site<'_>, list: ListId) -> Result<Page, Diagnostic> {
    let config = &site.config.lists[usize::from(list.0)];
    let path = site.urls.list_path(list);
    let mut head = site.head(&path, &config.title, "Digests");
    head.running = config.id.clone();
    head.date = newest(site, Scope::List(list)).map(day).unwrap_or_default();
    head.feed = site.list_feed(list);
    let view = view(site, Scope::List(list), head, config.title.clone());
    site.page(path, "front.html", &view)
}

fn view(site: &Site<'_>, scope: Scope, page: Head, heading: String) -> View {
    let digests = newest_digests(site, scope);
    let of_mail = digests.iter().any(|digest| matches!(digest, Latest::Mail(_)));
    let mut view = match of_mail {
        true => mail_view(site, scope, page, heading),
        false => text_view(site, scope, page, heading),
    };
    view.page.description = format!("{}: {}", view.heading, view.lede);
    view.all = all(site, scope, digests.len());
    view.lead = digests.first().map(|digest| lead(site, scope, *digest));
    view.digests = digests.iter().skip(1).take(DIGESTS).map(|d| item(site, scope, *d)).collect();
    view
}

/// What mail gives beside the digests.
fn mail_view(site: &Site<'_>, scope: Scope, page: Head, heading: String) -> View {
    let postings = || postings(site, scope);
    let waiting = waiting(site, postings());
    View {
        page,
        heading,
        lede: lede(site, scope),
        hub: None,
        named: scope == Scope::Site,
        all: None,
        of_mail: true,
        lead: None,
        digests: Vec::new(),
        waiting_words: match waiting.len() {
            0 => String::new(),
            all => format!("{} of {all}, since their last mail", all.min(WAITING)),
        },
        waiting: waiting.iter().take(WAITING).map(|p| site.waiting_row(*p)).collect(),
        speak: site.speak(scope, |id| is_in(site, scope, id)),
        active: active(site, scope, postings()),
        subsystems: subsystems(site, scope),
        people: Vec::new(),
        activity: activity(site, scope),
        calendar: Some(calendar(site, scope)),
        months: newest_years(site),
        tables: tables(site, scope),
    }
}

/// What published texts give beside themselves.
fn text_view(site: &Site<'_>, scope: Scope, page: Head, heading: String) -> View {
    let texts = newest_texts(site, scope);
    let count = counted(texts.len() as u32, "digest", "digests");
    View {
        page,
        heading,
        lede: match texts.is_empty() {
            true => "No mail.".to_string(),
            false => format!("{count}, made from published texts."),
        },
        hub: None,
        named: scope == Scope::Site,
        all: None,
        of_mail: false,
        lead: None,
        digests: Vec::new(),
        waiting_words: String::new(),
        waiting: Vec::new(),
        speak: site.speak(scope, |_| false),
        active: Vec::new(),
        subsystems: published::subsystems(site, newest_of(&texts), SUBSYSTEMS),
        people: published::people(site, newest_of(&texts), SUBSYSTEMS),
        activity: None,
        calendar: None,
        months: Vec::new(),
        tables: Vec::new(),
    }
}

/// The texts that the tables of a front page count: those that it lists.
fn newest_of(texts: &[PublishedId]) -> &[PublishedId] {
    &texts[..texts.len().min(DIGESTS + 1)]
}

/// A digest of mail, or one that was published as text.
#[derive(Clone, Copy)]
enum Latest {
    Mail(RangeId),
    Text(PublishedId),
}

/// The digests, newest first; those of published texts, which have no dates, come last.
fn newest_digests(site: &Site<'_>, scope: Scope) -> Vec<Latest> {
    let ranges = newest_ranges(site, scope).into_iter().map(Latest::Mail);
    ranges.chain(newest_texts(site, scope).into_iter().map(Latest::Text)).collect()
}

fn newest_texts(site: &Site<'_>, scope: Scope) -> Vec<PublishedId> {
    let ids = (0..site.archive.published.len() as u32).rev().map(PublishedId);
    ids.filter(|id| scope.has(&[site.archive.published(*id).list])).collect()
}

/// The postings of a list, or all of them, by date.
fn postings<'a>(site: &'a Site<'_>, scope: Scope) -> impl Iterator<Item = PostingId> + 'a {
    let ids = (0..site.archive.postings.len() as u32).map(PostingId);
    ids.filter(move |id| is_in(site, scope, *id))
}

fn is_in(site: &Site<'_>, scope: Scope, id: PostingId) -> bool {
    site.archive.is_in(id, scope)
}

/// The ranges in order of their last mails, newest first. Where there are some of all lists
/// together, they are those of the site.
fn newest_ranges(site: &Site<'_>, scope: Scope) -> Vec<RangeId> {
    let ids = (0..site.archive.ranges.len() as u32).map(RangeId);
    let is_of = |of: Scope| match (scope, site.config.together) {
        (Scope::Site, None) => true,
        _ => of == scope,
    };
    let mut ranges: Vec<RangeId> =
        ids.filter(|id| is_of(site.digests[id.0 as usize].scope)).collect();
    ranges.sort_by_key(|id| (site.digests[id.0 as usize].span.1, id.0));
    ranges.reverse();
    ranges
}

fn lede(site: &Site<'_>, scope: Scope) -> String {
    let newest = newest(site, scope).unwrap_or_else(|| site.archive.newest());
    let recent = patch_dates(site, scope, newest - DAY).count() as u32;
    let reach = match site.archive.since {
        Some(since) => format!("{} to {}", day_words(since), day_words(newest)),
        None => format!("up to {}", day_words(newest)),
    };
    match recent {
        0 => format!("Mail {reach}."),
        _ => {
            let patches = counted(recent, "patch mail", "patch mails");
            format!("Mail {reach}, {patches} in its last 24 hours.")
        }
    }
}

/// The mails of a list, or all of them, in the order of their dates.
fn mails<'a>(
    site: &'a Site<'_>,
    scope: Scope,
) -> impl DoubleEndedIterator<Item = MailId> + use<'a> {
    let archive = site.archive;
    archive.mail_ids().filter(move |id| archive.mail(*id).is_in(scope))
}

/// Those sent after a moment, the newest first.
fn mails_since<'a>(
    site: &'a Site<'_>,
    scope: Scope,
    since: i64,
) -> impl Iterator<Item = MailId> + use<'a> {
    let archive = site.archive;
    let lately = archive.mail_ids().rev().take_while(move |id| archive.mail(*id).date() > since);
    lately.filter(move |id| archive.mail(*id).is_in(scope))
}

/// The date of the newest mail.
fn newest(site: &Site<'_>, scope: Scope) -> Option<i64> {
    mails(site, scope).next_back().map(|mail| site.archive.mail(mail).date())
}

/// The dates of patches and covers sent after a moment.
fn patch_dates<'a>(
    site: &'a Site<'_>,
    scope: Scope,
    since: i64,
) -> impl Iterator<Item = i64> + use<'a> {
    let dated = mails_since(site, scope, since).map(|mail| site.dated(mail));
    dated.filter(|(_, is_patch)| *is_patch).map(|(at, _)| at)
}

/// How much mail there was.
fn activity(site: &Site<'_>, scope: Scope) -> Option<Activity> {
    let mails: Vec<(i64, bool)> = mails(site, scope).map(|mail| site.dated(mail)).collect();
    Activity::of(&mails)
}

/// On which days of the last half year there were how many patches.
fn calendar(site: &Site<'_>, scope: Scope) -> Calendar {
    let newest = site.archive.newest();
    Calendar::of(patch_dates(site, scope, Calendar::begin(newest) - 1), newest)
}

/// The newest years of the calendar; the others are where any mail is found.
fn newest_years(site: &Site<'_>) -> Vec<Year> {
    let mut years = find::months(site).years(&site.urls.base);
    years.truncate(YEARS);
    years
}

/// Who sent most in the year up to the newest mail.
fn tables(site: &Site<'_>, scope: Scope) -> Vec<digest::Table> {
    let since = site.archive.newest() - YEAR;
    let lately: Vec<MailId> = mails_since(site, scope, since).collect();
    let (people, domains) = busiest(site.archive, &lately, PEOPLE);
    digest::busiest_tables(site, &people, &domains)
}

fn all(site: &Site<'_>, scope: Scope, digests: usize) -> Option<Link> {
    let of = match scope {
        Scope::Site if site.config.together.is_some() => scope,
        Scope::Site if site.config.lists.len() == 1 => Scope::List(ListId(0)),
        Scope::Site => return None,
        Scope::List(_) => scope,
    };
    let href = site.urls.base.href(&site.urls.digests_path(of));
    Some(Link::new(href, format!("all {digests}")))
}

fn lead(site: &Site<'_>, scope: Scope, latest: Latest) -> Lead {
    let (href, entries, title, summary, items) = match latest {
        Latest::Mail(range) => {
            let entry = &site.digests[range.0 as usize];
            let items = digest::highlights(site, range, HIGHLIGHTS);
            let href = site.urls.digest(range);
            (href, entry.entries.len(), range_words(&entry.title), digest::summary(entry), items)
        }
        Latest::Text(id) => {
            let text = site.archive.published(id);
            let items = published::highlights(site, id, HIGHLIGHTS);
            let title = published::title(site, id);
            let summary = published::summary(text);
            (site.urls.text(id), text.told.entries.len(), title, summary, items)
        }
    };
    let more = entries.saturating_sub(HIGHLIGHTS) as u32;
    let name = counted(more, "more series", "more series");
    let of = match latest {
        Latest::Mail(range) => site.digests[range.0 as usize].scope,
        Latest::Text(id) => Scope::List(site.archive.published(id).list),
    };
    let said = [list_name(site, scope, of), Some(summary)];
    Lead {
        title,
        summary: said.into_iter().flatten().collect::<Vec<_>>().join(". "),
        items,
        more: (more > 0).then(|| Link::new(format!("{href}#list"), name)),
        href,
    }
}

/// What a digest is of, on a front page that shows those of several lists.
fn list_name(site: &Site<'_>, scope: Scope, of: Scope) -> Option<String> {
    let several = scope == Scope::Site && site.config.lists.len() > 1;
    (several && of != Scope::Site).then(|| site.scope_title(of).to_string())
}

fn item(site: &Site<'_>, scope: Scope, latest: Latest) -> DigestItem {
    let (href, title, said) = match latest {
        Latest::Mail(range) => {
            let entry = &site.digests[range.0 as usize];
            let answered = digest::most_answered(site, entry);
            let name = list_name(site, scope, entry.scope);
            let said = [name, Some(digest::summary(entry)), answered];
            (site.urls.digest(range), range_words(&entry.title), said)
        }
        Latest::Text(id) => {
            let text = site.archive.published(id);
            let name = list_name(site, scope, Scope::List(text.list));
            let said = [name, Some(published::summary(text)), None];
            (site.urls.text(id), published::title(site, id), said)
        }
    };
    let summary: Vec<String> = said.into_iter().flatten().collect();
    DigestItem { href, title, summary: summary.join(". ") }
}

/// Of `postings`, those that wait for review and had a mail lately, the one that waits
/// longest first.
pub fn waiting(site: &Site<'_>, postings: impl Iterator<Item = PostingId>) -> Vec<PostingId> {
    let lately = site.archive.newest() - PATIENCE * DAY;
    let is_waiting = |id: &PostingId| {
        let posting = site.archive.posting(*id);
        waits(posting) && !posting.pull && posting.last >= lately
    };
    let mut waiting: Vec<PostingId> = postings.filter(is_waiting).collect();
    waiting.sort_by_key(|id| (site.archive.posting(*id).last, *id));
    waiting
}

/// How many wait, and how they are listed.
pub fn waiting_words(waiting: usize) -> String {
    format!("{waiting} with mail in {PATIENCE} days, oldest first")
}

/// The postings with most replies lately.
fn active(site: &Site<'_>, scope: Scope, postings: impl Iterator<Item = PostingId>) -> Vec<Item> {
    let since = site.archive.newest() - ACTIVE_DAYS * DAY;
    let recent = |id: PostingId| {
        let replies = &site.archive.posting(id).replies;
        let from = replies.partition_point(|m| site.archive.mail(*m).date() < since);
        (replies.len() - from) as u32
    };
    let lately = postings.filter(|id| site.archive.posting(*id).last >= since);
    let mut counts: Vec<(u32, PostingId)> =
        lately.map(|id| (recent(id), id)).filter(|(n, _)| *n > 0).collect();
    counts.sort_by_key(|(n, id)| (std::cmp::Reverse(*n), std::cmp::Reverse(*id)));
    counts.into_iter().take(ACTIVE).map(|(n, id)| active_item(site, scope, id, n)).collect()
}

fn active_item(site: &Site<'_>, scope: Scope, id: PostingId, replies: u32) -> Item {
    let posting = site.archive.posting(id);
    let words: String = words(posting).iter().map(|w| format!("{w} ")).collect();
    let on = site.on_words(scope, site.archive.lists_of(id));
    Item {
        href: site.urls.posting(id),
        title: site.title(&posting.title),
        note: format!("{words}v{}, {}{on}", posting.version, patches_words(posting)),
        count: Some(replies),
    }
}

/// The subsystems with most postings lately; parts are counted with what they are part of.
fn subsystems(site: &Site<'_>, scope: Scope) -> Vec<Bar> {
    let since = site.archive.newest() - SUBSYSTEM_DAYS * DAY;
    let mut counts: HashMap<SubsystemId, u32> = HashMap::new();
    for id in postings(site, scope) {
        let posting = site.archive.posting(id);
        if posting.date < since {
            continue;
        }
        for subsystem in &posting.subsystems {
            *counts.entry(*subsystem).or_default() += 1;
        }
    }
    let mut rows: Vec<(SubsystemId, u32)> = counts.into_iter().filter(|(_, n)| *n > 0).collect();
    rows.sort_unstable_by_key(|(id, n)| (std::cmp::Reverse(*n), *id));
    rows.truncate(SUBSYSTEMS);
    let row = |(id, count)| {
        let link = site.subsystem_link(id);
        Counted { name: link.text, href: Some(link.href), note: String::new(), count }
    };
    bars(rows.into_iter().map(row).collect())
}

//! Feeds: the newest postings of the site, a list, a person, a subsystem; and what comes after
//! a posting.
//!
//! Each is an Atom feed (RFC 4287), and beside it the same as a JSON Feed (version 1.1). What
//! comes after a posting is Atom alone: there is a feed for each posting, most of them are
//! never read, and a second file for each would be a third more files in the whole site.
//! An entry is known by the URL of its page, a feed by its own.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::export::rfc3339;
use crate::archive::{
    ListId, MailId, PersonId, PostingId, PublishedId, RangeId, Scope, SubsystemId,
};
use crate::diagnostic::Diagnostic;
use crate::digest::text::visible_line;
use crate::site::row::{patches_words, words};
use crate::site::url::SitePath;
use crate::site::view::{FeedLink, range_words, shown_title};
use crate::site::{Page, Site, published};

/// Entries of a feed.
const ENTRIES: usize = 30;

/// An Atom feed (RFC 4287).
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What it is of.
    title: String,
    /// The whole URL of the page it belongs to.
    url: String,
    /// Its own whole URL.
    feed_url: String,
    /// When the newest entry changed, RFC 3339 in UTC.
    updated: String,
    /// Whose it is.
    author: String,
    /// The entries, newest first.
    entries: Vec<Entry>,
}

/// An entry of a feed.
#[derive(Serialize, JsonSchema)]
struct Entry {
    /// What it is called.
    title: String,
    /// The whole URL of what it tells of.
    url: String,
    /// When that was sent, RFC 3339 in UTC.
    published: String,
    /// When that last changed.
    updated: String,
    /// Who wrote it; empty where that is not known.
    author: String,
    /// What it is, in a sentence.
    summary: String,
}

/// The feed of the whole site.
pub fn site_feed(site: &Site<'_>) -> Result<Vec<Page>, Diagnostic> {
    let newest = (0..site.archive.postings.len() as u32).rev().map(PostingId);
    let texts = (0..site.archive.published.len() as u32).rev().map(PublishedId);
    both(site, SitePath::page(&[]), site.config.title.clone(), newest, texts)
}

/// The feed of a list.
pub fn list(site: &Site<'_>, list: ListId) -> Result<Vec<Page>, Diagnostic> {
    let of_list = |id: &PostingId| site.archive.is_in(*id, Scope::List(list));
    let newest = (0..site.archive.postings.len() as u32).rev().map(PostingId).filter(of_list);
    let title = site.config.lists[usize::from(list.0)].title.clone();
    let texts = published::of_list(site, list).rev();
    both(site, site.urls.list_path(list), title, newest, texts)
}

/// The feed of the digests of all lists together, newest first.
pub fn digests(site: &Site<'_>) -> Result<Vec<Page>, Diagnostic> {
    let ids = (0..site.digests.len() as u32).rev().map(RangeId);
    let of_all = ids.filter(|id| site.digests[id.0 as usize].scope == Scope::Site);
    let entries = of_all.map(|id| digest(site, id));
    let page = site.urls.digests_path(Scope::Site);
    let title = format!("{}: digests of all lists", site.config.title);
    files(site, &page, title, entries)
}

/// A digest is of the moment of its last mail: while its range goes on, it is news again.
fn digest(site: &Site<'_>, id: RangeId) -> Entry {
    let digest = &site.digests[id.0 as usize];
    Entry {
        title: range_words(&digest.title),
        url: site.urls.base.absolute(&site.urls.digest_path(id)),
        published: rfc3339(digest.span.0),
        updated: rfc3339(digest.span.1),
        author: site.config.title.clone(),
        summary: format!("{}.", super::digest::summary(digest)),
    }
}

/// The feed of what a person posted.
pub fn person(site: &Site<'_>, id: PersonId) -> Result<Vec<Page>, Diagnostic> {
    let newest = site.people.deeds(id).postings.iter().rev().copied();
    both(site, site.urls.person_path(id), site.person_link(id).text, newest, [].into_iter())
}

/// The feed of a subsystem.
pub fn subsystem(site: &Site<'_>, id: SubsystemId) -> Result<Vec<Page>, Diagnostic> {
    let newest = site.archive.subsystem(id).postings.iter().rev().copied();
    both(site, site.urls.subsystem_path(id), site.subsystem_link(id).text, newest, [].into_iter())
}

/// The feed of what comes after a posting: answers to it, and later postings of its series.
pub fn posting(site: &Site<'_>, id: PostingId) -> Result<Option<Page>, Diagnostic> {
    if !site.config.kinds.feeds {
        return Ok(None);
    }
    let posting = site.archive.posting(id);
    let series = &site.archive.series(posting.series).postings;
    let later = series.iter().filter(|other| **other >= id).map(|id| entry(site, *id));
    let newest = posting.replies.iter().rev().take(ENTRIES).map(|mail| reply(site, *mail));
    let mut entries: Vec<Entry> = later.chain(newest).collect();
    entries.sort_by(|a, b| (&b.updated, &b.url).cmp(&(&a.updated, &a.url)));
    entries.truncate(ENTRIES);
    let page = site.urls.posting_path(id);
    let title = shown_title(&site.shown(&posting.title));
    Ok(Some(atom(site, page, &view(site, page, title, entries))?))
}

fn reply(site: &Site<'_>, id: MailId) -> Entry {
    let mail = site.archive.mail(id);
    let author = site.person_link(site.archive.sender(id)).text;
    let date = rfc3339(mail.date());
    Entry {
        title: shown_title(&site.shown(mail.subject_text())),
        url: site.urls.base.absolute_href(&site.urls.mail(id)),
        published: date.clone(),
        updated: date,
        summary: format!("Reply by {author}."),
        author,
    }
}

/// The link to a posting's feed.
pub fn posting_link(site: &Site<'_>, id: PostingId) -> Option<FeedLink> {
    let title = shown_title(&site.shown(&site.archive.posting(id).title));
    site.feed(site.urls.posting_path(id), &title).map(|feed| FeedLink { json: None, ..feed })
}

/// The link to a person's feed.
pub fn person_link(site: &Site<'_>, id: PersonId) -> Option<FeedLink> {
    site.feed(&site.urls.person_path(id), &site.person_link(id).text)
}

/// The link to a subsystem's feed.
pub fn subsystem_link(site: &Site<'_>, id: SubsystemId) -> Option<FeedLink> {
    site.feed(&site.urls.subsystem_path(id), &site.subsystem_link(id).text)
}

/// The feed of a page in the forms that the owner wants.
fn files(
    site: &Site<'_>,
    page: &SitePath,
    title: String,
    newest: impl Iterator<Item = Entry>,
) -> Result<Vec<Page>, Diagnostic> {
    if !site.config.kinds.feeds {
        return Ok(Vec::new());
    }
    let view = view(site, page, title, newest.take(ENTRIES).collect());
    let mut files = vec![atom(site, page, &view)?];
    files.extend(site.config.kinds.json.then(|| json(site, page, &view)));
    Ok(files)
}

/// A feed of postings.
fn both(
    site: &Site<'_>,
    page: SitePath,
    title: String,
    newest: impl Iterator<Item = PostingId>,
    texts: impl Iterator<Item = PublishedId>,
) -> Result<Vec<Page>, Diagnostic> {
    let entries = newest.map(|id| entry(site, id)).chain(texts.map(|id| text(site, id)));
    files(site, &page, title, entries)
}

fn view(site: &Site<'_>, page: &SitePath, title: String, entries: Vec<Entry>) -> View {
    let newest = entries.iter().map(|entry| &entry.updated).max();
    View {
        title,
        url: site.urls.base.absolute(page),
        feed_url: site.urls.base.absolute(&page.join("feed.xml")),
        updated: newest.cloned().unwrap_or_else(|| rfc3339(site.archive.newest())),
        author: site.config.title.clone(),
        entries,
    }
}

fn atom(site: &Site<'_>, page: &SitePath, view: &View) -> Result<Page, Diagnostic> {
    site.page(page.join("feed.xml"), "feed.xml", view)
}

/// A published text. It has no date, and Atom demands one: 1970, so many seconds after its
/// beginning as there are texts before it, is no moment that anybody takes for the true one,
/// and readers that sort by it keep the order.
fn text(site: &Site<'_>, id: PublishedId) -> Entry {
    let published = site.archive.published(id);
    let no_date = rfc3339(i64::from(id.0));
    Entry {
        title: published::title(site, id),
        url: site.urls.base.absolute(&site.urls.text_path(id)),
        published: no_date.clone(),
        updated: no_date,
        author: site.config.lists[usize::from(published.list.0)].title.clone(),
        summary: format!("{}.", published::summary(published)),
    }
}

fn entry(site: &Site<'_>, id: PostingId) -> Entry {
    let posting = site.archive.posting(id);
    let words: String = words(posting).iter().map(|w| format!("{w} ")).collect();
    let title = shown_title(&site.shown(&posting.title));
    let author = site.person_link(posting.author).text;
    let date = rfc3339(posting.date);
    Entry {
        title: format!("{title} ({words}v{})", posting.version),
        url: site.urls.base.absolute(site.urls.posting_path(id)),
        published: date.clone(),
        updated: date,
        summary: format!("{} by {author}, {}.", patches_words(posting), posting.state.words()),
        author,
    }
}

/// A JSON Feed, <https://www.jsonfeed.org/version/1.1/>.
#[derive(Serialize)]
struct JsonFeed<'a> {
    version: &'static str,
    title: String,
    home_page_url: &'a str,
    feed_url: String,
    language: &'static str,
    authors: [JsonAuthor; 1],
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonAuthor {
    name: String,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    id: &'a str,
    url: &'a str,
    title: String,
    content_text: String,
    date_published: &'a str,
    authors: [JsonAuthor; 1],
}

fn json(site: &Site<'_>, page: &SitePath, view: &View) -> Page {
    let path = page.join("feed.json");
    let feed = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: visible_line(&view.title),
        home_page_url: &view.url,
        feed_url: site.urls.base.absolute(&path),
        language: "en",
        authors: [JsonAuthor { name: visible_line(&view.author) }],
        items: view.entries.iter().map(json_item).collect(),
    };
    // Writing to a vector fails for maps with odd keys only, and there are none.
    let mut content = serde_json::to_vec(&feed).unwrap_or_default();
    content.push(b'\n');
    Page { path, content }
}

fn json_item(entry: &Entry) -> JsonItem<'_> {
    JsonItem {
        id: &entry.url,
        url: &entry.url,
        title: visible_line(&entry.title),
        content_text: visible_line(&entry.summary),
        date_published: &entry.published,
        authors: [JsonAuthor { name: visible_line(&entry.author) }],
    }
}

//! Atom feeds (RFC 4287): the newest postings of the site, a list, a person, a subsystem; and
//! what comes after a posting.

use serde::Serialize;

use crate::archive::export::rfc3339;
use crate::archive::{ListId, MailId, PersonId, PostingId, SubsystemId};
use crate::diagnostic::Diagnostic;
use crate::site::row::{patches_words, words};
use crate::site::url::SitePath;
use crate::site::view::{Link, shown_title};
use crate::site::{Page, Site};

/// Entries of a feed.
const ENTRIES: usize = 30;

#[derive(Serialize)]
struct View {
    title: String,
    url: String,
    feed_url: String,
    updated: String,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    title: String,
    url: String,
    published: String,
    updated: String,
    author: String,
    summary: String,
}

/// The feed of the whole site.
pub fn site_feed(site: &Site<'_>) -> Result<Page, Diagnostic> {
    let newest = (0..site.archive.postings.len() as u32).rev().map(PostingId);
    render(site, SitePath::page(&[]), site.config.title.clone(), newest)
}

/// The feed of a list.
pub fn list(site: &Site<'_>, list: ListId) -> Result<Page, Diagnostic> {
    let of_list =
        |id: &PostingId| site.archive.mail(site.archive.posting(*id).head()).lists.contains(&list);
    let newest = (0..site.archive.postings.len() as u32).rev().map(PostingId).filter(of_list);
    let title = site.config.lists[usize::from(list.0)].title.clone();
    render(site, site.urls.list_path(list), title, newest)
}

/// The feed of what a person posted.
pub fn person(site: &Site<'_>, id: PersonId) -> Result<Page, Diagnostic> {
    let newest = site.people.deeds(id).postings.iter().rev().copied();
    render(site, site.urls.person_path(id), site.person_link(id).text, newest)
}

/// The feed of a subsystem.
pub fn subsystem(site: &Site<'_>, id: SubsystemId) -> Result<Page, Diagnostic> {
    let newest = site.archive.subsystem(id).postings.iter().rev().copied();
    render(site, site.urls.subsystem_path(id), site.subsystem_link(id).text, newest)
}

/// The feed of what comes after a posting: answers to it, and later postings of its series.
pub fn posting(site: &Site<'_>, id: PostingId) -> Result<Page, Diagnostic> {
    let posting = site.archive.posting(id);
    let series = &site.archive.series(posting.series).postings;
    let later = series.iter().filter(|other| **other >= id).map(|id| entry(site, *id));
    let newest = posting.replies.iter().rev().take(ENTRIES).map(|mail| reply(site, *mail));
    let mut entries: Vec<Entry> = later.chain(newest).collect();
    entries.sort_by(|a, b| (&b.updated, &b.url).cmp(&(&a.updated, &a.url)));
    entries.truncate(ENTRIES);
    let page = site.urls.posting_path(id).clone();
    let path = page.join("feed.xml");
    let view = View {
        title: shown_title(&site.shown(&posting.title)),
        url: site.urls.base.absolute(&page),
        feed_url: site.urls.base.absolute(&path),
        updated: entries.first().map_or_else(|| rfc3339(posting.date), |e| e.updated.clone()),
        entries,
    };
    site.page(path, "feed.xml", &view)
}

fn reply(site: &Site<'_>, id: MailId) -> Entry {
    let mail = site.archive.mail(id);
    let author = site.person_link(site.archive.sender(id)).text;
    let date = rfc3339(mail.date);
    Entry {
        title: shown_title(&site.shown(&mail.subject_text)),
        url: site.urls.base.absolute_href(&site.urls.mail(id)),
        published: date.clone(),
        updated: date,
        summary: format!("Reply by {author}."),
        author,
    }
}

/// The link to a posting's feed.
pub fn posting_link(site: &Site<'_>, id: PostingId) -> Link {
    let path = site.urls.posting_path(id).join("feed.xml");
    let title = shown_title(&site.shown(&site.archive.posting(id).title));
    Link::new(site.urls.base.href(&path), title)
}

/// The link to a person's feed.
pub fn person_link(site: &Site<'_>, id: PersonId) -> Link {
    let path = site.urls.person_path(id).join("feed.xml");
    Link::new(site.urls.base.href(&path), site.person_link(id).text)
}

/// The link to a subsystem's feed.
pub fn subsystem_link(site: &Site<'_>, id: SubsystemId) -> Link {
    let path = site.urls.subsystem_path(id).join("feed.xml");
    Link::new(site.urls.base.href(&path), site.subsystem_link(id).text)
}

fn render(
    site: &Site<'_>,
    page: SitePath,
    title: String,
    newest: impl Iterator<Item = PostingId>,
) -> Result<Page, Diagnostic> {
    let newest: Vec<PostingId> = newest.take(ENTRIES).collect();
    let updated = newest.iter().map(|id| site.archive.posting(*id).date).max();
    let path = page.join("feed.xml");
    let view = View {
        title,
        url: site.urls.base.absolute(&page),
        feed_url: site.urls.base.absolute(&path),
        updated: rfc3339(updated.unwrap_or_else(|| site.archive.newest())),
        entries: newest.into_iter().map(|id| entry(site, id)).collect(),
    };
    site.page(path, "feed.xml", &view)
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

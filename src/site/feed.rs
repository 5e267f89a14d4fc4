//! Atom feeds (RFC 4287) of the newest postings: of the site, a list, a person, a subsystem.

use serde::Serialize;

use crate::archive::export::rfc3339;
use crate::archive::{ListId, PersonId, PostingId, SubsystemId};
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

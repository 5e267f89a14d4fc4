//! Renders the single pages that files of the site are, out of their turn, and writes them.
//!
//! Only the preview asks for that, for the pages it has open. What most people edit is found:
//! the start pages, the owner's pages, digests, series, discussions, people and subsystems.
//! Other pages wait for their turn in [`super::build`].

use crate::archive::{ListId, PersonId, PostingId, RangeId, SubsystemId, ThreadId};
use crate::diagnostic::Diagnostic;
use crate::site::output::{Output, Written};
use crate::site::pager::{Leaf, Leaves};
use crate::site::resident::Onlooker;
use crate::site::url::SitePath;
use crate::site::{
    Page, Site, author, digest, front, notfound, page, posting, search, subsystem, thread,
};

/// Writes the pages that somebody is looking at, and tells them; `restyled` says whether the
/// theme's files have changed already. Fails where the theme does, or the disk.
pub(super) fn show(
    site: &Site<'_>,
    output: &Output,
    onlooker: Option<&Onlooker<'_>>,
    restyled: bool,
) -> Result<(), Diagnostic> {
    let Some(onlooker) = onlooker else { return Ok(()) };
    let mut changed = restyled;
    for file in onlooker.files {
        if let Some(page) = page(site, file)? {
            site.bodies.check()?;
            changed |= output.write_ahead(file, &page.content)? == Written::Changed;
        }
    }
    if changed {
        (onlooker.written)();
    }
    Ok(())
}

/// The page whose file that is; none where it isn't among those that are found. Fails where
/// the theme does.
fn page(site: &Site<'_>, file: &str) -> Result<Option<Page>, Diagnostic> {
    let pages = match file.split('/').next().unwrap_or_default() {
        "series" => series(site, file)?,
        "threads" => match position(site.archive.threads.len(), file, |at| {
            site.urls.thread_path(ThreadId(at)).clone()
        }) {
            Some(at) => thread::render(site, ThreadId(at))?,
            None => Vec::new(),
        },
        "authors" => {
            let path = |at| site.urls.person_path(PersonId(at));
            match position(site.archive.people.len(), file, path) {
                Some(at) => leaf(file, author::leaves(site, PersonId(at)), |leaf| {
                    author::render(site, PersonId(at), leaf)
                })?,
                None => Vec::new(),
            }
        }
        "subsystems" => {
            let path = |at| site.urls.subsystem_path(SubsystemId(at));
            match position(site.archive.subsystems.len(), file, path) {
                Some(at) => leaf(file, subsystem::leaves(site, SubsystemId(at)), |leaf| {
                    subsystem::render(site, SubsystemId(at), leaf)
                })?,
                None => Vec::new(),
            }
        }
        _ => single(site, file)?.into_iter().collect(),
    };
    Ok(pages.into_iter().find(|page| page.path.file() == file))
}

/// Which of so many pages has the file, or has it below itself, as parts and comparisons are.
fn position(count: usize, file: &str, path: impl Fn(u32) -> SitePath) -> Option<u32> {
    (0..count as u32).find(|at| {
        let page = path(*at).file();
        page.strip_suffix("index.html").is_some_and(|directory| file.starts_with(directory))
    })
}

/// The one of these pages that has the file.
fn leaf(
    file: &str,
    leaves: Leaves,
    render: impl Fn(Leaf) -> Result<Page, Diagnostic>,
) -> Result<Vec<Page>, Diagnostic> {
    leaves.into_all().filter(|leaf| leaf.path.file() == file).map(render).collect()
}

/// All pages of the posting that has the file.
fn series(site: &Site<'_>, file: &str) -> Result<Vec<Page>, Diagnostic> {
    let path = |at| site.urls.posting_path(PostingId(at)).clone();
    match position(site.archive.postings.len(), file, path) {
        Some(at) => Ok(posting::render(site, PostingId(at))?.pages),
        None => Ok(Vec::new()),
    }
}

/// A page that is made for itself.
fn single(site: &Site<'_>, file: &str) -> Result<Option<Page>, Diagnostic> {
    if let Some((path, own)) = site.content.pages.iter().find(|(path, _)| path.file() == file) {
        return page::render(site, path, own).map(Some);
    }
    match file {
        "index.html" => return front::home(site).map(Some),
        "404.html" => return notfound::page(site).map(Some),
        "search/index.html" => return search::page(site).map(Some),
        _ => {}
    }
    let mut lists = (0..site.config.lists.len() as u16).map(ListId);
    if let Some(list) = lists.find(|list| site.urls.list_path(*list).file() == file) {
        return front::list(site, list).map(Some);
    }
    let mut ranges = (0..site.digests.len() as u32).map(RangeId);
    let range = ranges.find(|range| site.urls.digest_path(*range).file() == file);
    range.map(|range| of_range(site, range)).transpose()
}

/// The page of a digest, for which the mails of its postings are read again.
fn of_range(site: &Site<'_>, range: RangeId) -> Result<Page, Diagnostic> {
    let entries = &site.digests[range.0 as usize].entries;
    let letters = entries.iter().map(|entry| posting::letters(site, entry.posting).letters);
    digest::render(site, range, letters.collect())
}

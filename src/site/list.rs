//! The index of a list's digests.

use serde::Serialize;

use crate::archive::{ListId, RangeId};
use crate::diagnostic::Diagnostic;
use crate::site::pager::{self, Pages};
use crate::site::view::{Head, counted, day, grouped, range_words};
use crate::site::{Page, Site};

/// Digests of one page.
const ROWS: usize = 200;

#[derive(Serialize)]
struct View {
    page: Head,
    heading: String,
    lede: String,
    pages: Pages,
    digests: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    href: String,
    title: String,
    span: String,
    mails: String,
    new_series: String,
    new_revisions: String,
    patches: String,
    replies: String,
    authors: String,
}

/// The pages of a list's digests, newest first.
pub fn digests(site: &Site<'_>, list: ListId) -> Result<Vec<Page>, Diagnostic> {
    let config = &site.config.lists[usize::from(list.0)];
    let path = site.urls.list_path(list).join("digests/");
    let ids = (0..site.digests.len() as u32).map(RangeId).rev();
    let of_list: Vec<RangeId> = ids.filter(|id| site.digests[id.0 as usize].list == list).collect();
    let heading = format!("Digests of {}", config.title);
    let page = |(path, pages, ranges): (_, Pages, &[RangeId])| {
        let mut head = site.head(&path, &heading, "Digests");
        head.running = config.id.clone();
        head.feed = Some(site.list_feed(list));
        let lede = format!("{}, newest first.", counted(of_list.len() as u32, "digest", "digests"));
        head.description = format!("{heading}: {lede}");
        let view = View {
            page: head,
            heading: heading.clone(),
            lede,
            pages,
            digests: ranges.iter().map(|range| row(site, *range)).collect(),
        };
        site.page(path, "digests.html", &view)
    };
    let sheets = pager::cut(&site.urls.base, &path, &of_list, ROWS);
    sheets.into_iter().map(page).collect()
}

fn row(site: &Site<'_>, id: RangeId) -> Row {
    let digest = &site.digests[id.0 as usize];
    let figures = &digest.figures;
    let (from, to) = (day(digest.span.0), day(digest.span.1));
    let number = |n: u32| grouped(u64::from(n));
    Row {
        href: site.urls.digest(id),
        title: range_words(&digest.title),
        span: if from == to { from } else { format!("{from} to {to}") },
        mails: number(figures.mails),
        new_series: number(figures.new_series),
        new_revisions: number(figures.new_revisions),
        patches: number(figures.patches),
        replies: number(figures.replies),
        authors: number(figures.authors),
    }
}

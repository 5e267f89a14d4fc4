//! The index of a list's digests.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{ListId, PublishedId, RangeId};
use crate::diagnostic::Diagnostic;
use crate::site::pager::{self, Pages};
use crate::site::published::{self, Tally};
use crate::site::view::{Head, counted, day, grouped, range_words};
use crate::site::{Page, Site};

/// Digests of one page.
const ROWS: usize = 200;

/// All digests of a list.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// What they are of.
    heading: String,
    /// How many there are.
    lede: String,
    /// This page among those of the index.
    pages: Pages,
    /// Whether any digest is of mail, which can be counted in more ways.
    of_mail: bool,
    /// The digests, newest first.
    digests: Vec<Row>,
}

/// A digest in the index; what a published text does not say is empty.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// Its page.
    href: String,
    /// Its range in words.
    title: String,
    /// From when to when.
    span: String,
    /// How many mails it has.
    mails: String,
    /// How many series were new.
    new_series: String,
    /// How many new versions there were.
    new_revisions: String,
    /// How many patches it has.
    patches: String,
    /// How many answers.
    replies: String,
    /// How many people wrote patches.
    authors: String,
}

/// The pages of a list's digests, newest first.
pub fn digests(site: &Site<'_>, list: ListId) -> Result<Vec<Page>, Diagnostic> {
    let config = &site.config.lists[usize::from(list.0)];
    let path = site.urls.list_path(list).join("digests/");
    let ids = (0..site.digests.len() as u32).map(RangeId).rev();
    let of_list = ids.filter(|id| site.digests[id.0 as usize].list == list).map(Of::Mail);
    let of_texts = published::of_list(site, list).rev().map(Of::Text);
    let of_list: Vec<Of> = of_list.chain(of_texts).collect();
    let heading = format!("Digests of {}", config.title);
    let page = |(path, pages, digests): (_, Pages, &[Of])| {
        let mut head = site.head(&path, &heading, "Digests");
        head.running = config.id.clone();
        head.date = site.newest_day();
        head.feed = Some(site.list_feed(list));
        let lede = format!("{}, newest first.", counted(of_list.len() as u32, "digest", "digests"));
        head.description = format!("{heading}: {lede}");
        let view = View {
            page: head,
            heading: heading.clone(),
            lede,
            pages,
            of_mail: digests.iter().any(|digest| matches!(digest, Of::Mail(_))),
            digests: digests.iter().map(|digest| digest.row(site)).collect(),
        };
        site.page(path, "digests.html", &view)
    };
    let sheets = pager::cut(&site.urls.base, &path, &of_list, ROWS);
    sheets.into_iter().map(page).collect()
}

/// A digest of mail, or one that was published as text.
#[derive(Clone, Copy)]
enum Of {
    Mail(RangeId),
    Text(PublishedId),
}

impl Of {
    fn row(self, site: &Site<'_>) -> Row {
        match self {
            Of::Mail(id) => row(site, id),
            Of::Text(id) => text_row(site, id),
        }
    }
}

/// The row of a text, which says less.
fn text_row(site: &Site<'_>, id: PublishedId) -> Row {
    let told = Tally::of(site.archive.published(id));
    let number = |n: u32| grouped(u64::from(n));
    Row {
        href: site.urls.text(id),
        title: published::title(site, id),
        span: "published text".to_string(),
        mails: String::new(),
        new_series: number(told.new),
        new_revisions: number(told.series - told.new),
        patches: number(told.patches),
        replies: String::new(),
        authors: told.authors.map(number).unwrap_or_default(),
    }
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

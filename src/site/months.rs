//! The indexes of all series and of all discussions, by month.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{PostingId, Thread, ThreadId};
use crate::diagnostic::Diagnostic;
use crate::site::pager::{Calendar, Leaf, Leaves, Sheet, Year};
use crate::site::row::Listed;
use crate::site::url::SitePath;
use crate::site::view::{Head, Item, Link, counted, day};
use crate::site::{Page, Site, thread};

/// Rows of one page of an index.
const ROWS: usize = 300;
/// Rows on the first page of an index.
const NEWEST: usize = 50;
/// Postings of one person or subsystem on one page.
const OF_ONE: usize = 150;

/// All months that have postings, or discussions.
#[derive(Serialize, JsonSchema)]
pub(super) struct IndexView {
    /// What the page says about itself.
    page: Head,
    /// What they are of.
    heading: &'static str,
    /// How many there are.
    lede: String,
    /// The other of the two indexes, if the site has it.
    other: Option<Link>,
    /// The months, newest year first.
    months: Vec<Year>,
    /// The newest postings.
    postings: Vec<Listed>,
    /// The newest discussions.
    threads: Vec<Item>,
}

/// The postings, or the discussions, of a month.
#[derive(Serialize, JsonSchema)]
pub(super) struct SheetView {
    /// What the page says about itself.
    page: Head,
    /// The month.
    heading: String,
    /// How many there are.
    lede: String,
    /// The month before that has any.
    prev: Option<Link>,
    /// The month after.
    next: Option<Link>,
    /// All months.
    all: Link,
    /// The postings, newest first.
    postings: Vec<Listed>,
    /// The discussions, newest first.
    threads: Vec<Item>,
}

/// What an index is of.
#[derive(Clone, Copy)]
pub enum Of {
    /// Postings.
    Series,
    /// Discussions without patches.
    Threads,
}

impl Of {
    fn root(self) -> SitePath {
        match self {
            Of::Series => SitePath::page(&["series"]),
            Of::Threads => SitePath::page(&["threads"]),
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Of::Series => "Series",
            Of::Threads => "Discussions",
        }
    }

    /// The other index.
    fn other(self, site: &Site<'_>) -> Option<Link> {
        let (other, words) = match self {
            Of::Series => (Of::Threads, "Discussions without patches"),
            Of::Threads => (Of::Series, "Series of patches"),
        };
        let is_there = site.config.selection.threads;
        is_there.then(|| Link::new(site.urls.base.href(&other.root()), words))
    }

    fn template(self) -> &'static str {
        match self {
            Of::Series => "postings.html",
            Of::Threads => "threads.html",
        }
    }

    fn count(self, n: usize) -> String {
        match self {
            Of::Series => counted(n as u32, "posting", "postings"),
            Of::Threads => counted(n as u32, "discussion", "discussions"),
        }
    }

    /// The rows at these positions, newest first.
    fn rows(self, site: &Site<'_>, items: std::ops::Range<usize>) -> (Vec<Listed>, Vec<Item>) {
        let newest_first = items.rev().map(|at| at as u32);
        match self {
            Of::Series => (newest_first.map(|at| site.row(PostingId(at))).collect(), Vec::new()),
            Of::Threads => {
                (Vec::new(), newest_first.map(|at| thread::item(site, ThreadId(at))).collect())
            }
        }
    }
}

/// The months of an index, of the dates of what it lists.
fn calendar(site: &Site<'_>, of: Of) -> Calendar {
    let first = |t: &Thread| t.mails.first().map_or(0, |mail| site.archive.mail(*mail).date());
    match of {
        Of::Series => Calendar::new(of.root(), site.archive.postings.iter().map(|p| p.date)),
        Of::Threads => Calendar::new(of.root(), site.archive.threads.iter().map(first)),
    }
}

/// The pages of all months, to be rendered by [`sheet`]; the items are positions of postings or
/// threads.
pub fn sheets(site: &Site<'_>, of: Of) -> Vec<Sheet> {
    calendar(site, of).sheets(&site.urls.base, ROWS)
}

/// The page of an index with what is newest, which leads to the months.
pub fn index(site: &Site<'_>, of: Of) -> Result<Page, Diagnostic> {
    let total = match of {
        Of::Series => site.archive.postings.len(),
        Of::Threads => site.archive.threads.len(),
    };
    let (postings, threads) = of.rows(site, total.saturating_sub(NEWEST)..total);
    let lede = format!("{} in all.", of.count(total));
    let mut page = head(site, &of.root(), of.heading(), &lede);
    page.date = site.newest_day();
    let view = IndexView {
        page,
        heading: of.heading(),
        lede,
        other: of.other(site),
        months: calendar(site, of).years(&site.urls.base),
        postings,
        threads,
    };
    site.page(of.root(), "months.html", &view)
}

/// What the postings on a page that is not the first are all of.
pub struct Owner {
    /// The person or subsystem, and where the newest postings stand.
    pub link: Link,
    /// The word of the navigation that it is found under.
    pub section: &'static str,
    /// What it is: `author`.
    pub kind: &'static str,
}

/// The pages of one person's or subsystem's postings.
pub fn leaves(site: &Site<'_>, path: &SitePath, postings: &[PostingId]) -> Leaves {
    Leaves::cut(&site.urls.base, path, postings.len(), OF_ONE)
}

/// A page of older `postings` of one person or subsystem, all of which are given. It says
/// nothing that later postings change.
pub fn older(
    site: &Site<'_>,
    Owner { link, section, kind }: Owner,
    leaf: Leaf,
    postings: &[PostingId],
) -> Result<Page, Diagnostic> {
    let heading = format!("{}: older series", link.text);
    let Leaf { path, pages, items } = leaf;
    let lede =
        format!("{} to {}, counted from the first; newest first.", items.start + 1, items.end);
    let postings = &postings[items];
    let mut page = site.head(&path, &heading, section);
    page.running = kind.to_string();
    page.description = format!("{heading}, {lede}");
    page.date = postings.last().map_or_else(String::new, |id| day(site.archive.posting(*id).date));
    let view = SheetView {
        page,
        heading,
        lede,
        prev: pages.older.map(|href| Link::new(href, "older")),
        next: pages.newer.map(|href| Link::new(href, "newer")),
        all: link,
        postings: postings.iter().rev().map(|id| site.row(*id)).collect(),
        threads: Vec::new(),
    };
    site.page(path, Of::Series.template(), &view)
}

/// The page of a month, or a part of one.
pub fn sheet(site: &Site<'_>, of: Of, sheet: Sheet) -> Result<Page, Diagnostic> {
    let heading = format!("{}, {}", of.heading(), sheet.title);
    let count = sheet.items.len();
    let (postings, threads) = of.rows(site, sheet.items);
    let lede = format!("{}, newest first.", of.count(count));
    let view = SheetView {
        page: head(site, &sheet.path, &heading, &lede),
        heading,
        lede,
        prev: sheet.prev,
        next: sheet.next,
        all: Link::new(site.urls.base.href(&of.root()), "All months"),
        postings,
        threads,
    };
    site.page(sheet.path, of.template(), &view)
}

fn head(site: &Site<'_>, path: &SitePath, title: &str, lede: &str) -> Head {
    let mut head = site.head(path, title, "Series");
    head.description = format!("{title}: {lede}");
    head.running = "index".to_string();
    head
}

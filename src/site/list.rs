//! The index of the digests of a list, or of those of all lists together.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{PublishedId, RangeId, Scope};
use crate::diagnostic::Diagnostic;
use crate::site::almanac::Almanac;
use crate::site::pager::{Leaf, Leaves, Pages};
use crate::site::published::{self, Tally};
use crate::site::view::{Head, counted, day, grouped, range_words};
use crate::site::{Page, Site};

/// Digests of one page.
const ROWS: usize = 150;

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
    /// The digests of mail as a calendar; none where there are few.
    calendar: Option<Almanac>,
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

/// The pages of the digests of a list or of the site, newest first.
pub fn digests(site: &Site<'_>, scope: Scope) -> Result<Vec<Page>, Diagnostic> {
    let path = site.urls.digests_path(scope);
    let ids = (0..site.digests.len() as u32).map(RangeId).rev();
    let of_list = ids.filter(|id| site.digests[id.0 as usize].scope == scope).map(Of::Mail);
    let of_texts = scope.list().into_iter().flat_map(|list| published::of_list(site, list));
    let of_texts = of_texts.rev().map(Of::Text);
    let mut of_list: Vec<Of> = of_list.chain(of_texts).collect();
    of_list.reverse();
    let heading = match scope {
        Scope::List(_) => format!("Digests of {}", site.scope_title(scope)),
        Scope::Site => "Digests of all lists".to_string(),
    };
    let page = |Leaf { path, pages, items }: Leaf| {
        let mut head = site.head(&path, &heading, "Digests");
        head.running = running(site, scope);
        head.date = site.newest_day();
        head.feed = site.scope_feed(scope);
        let lede = match pages.newer {
            None => {
                format!("{}, newest first.", counted(of_list.len() as u32, "digest", "digests"))
            }
            // What is said there holds also when there are more.
            Some(_) => format!(
                "{} to {}, counted from the first; newest first.",
                items.start + 1,
                items.end
            ),
        };
        head.description = format!("{heading}: {lede}");
        let digests = || of_list[items.clone()].iter().rev();
        let view = View {
            page: head,
            heading: heading.clone(),
            lede,
            pages,
            of_mail: digests().any(|digest| matches!(digest, Of::Mail(_))),
            calendar: Almanac::of(site, digests().filter_map(|digest| digest.of_mail())),
            digests: digests().map(|digest| digest.row(site)).collect(),
        };
        site.page(path, "digests.html", &view)
    };
    let leaves = Leaves::cut(&site.urls.base, &path, of_list.len(), ROWS);
    leaves.into_all().map(page).collect()
}

/// What stands in the middle of the running head: a list's id.
pub fn running(site: &Site<'_>, scope: Scope) -> String {
    match scope {
        Scope::List(_) => site.urls.scope_id(scope).to_string(),
        Scope::Site => "all lists".to_string(),
    }
}

/// A digest of mail, or one that was published as text.
#[derive(Clone, Copy)]
enum Of {
    Mail(RangeId),
    Text(PublishedId),
}

impl Of {
    fn of_mail(self) -> Option<RangeId> {
        match self {
            Of::Mail(id) => Some(id),
            Of::Text(_) => None,
        }
    }

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

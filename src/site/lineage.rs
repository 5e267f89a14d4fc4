//! A posting among others, on its page: the history of its series, the patches that it
//! leaves standing, and what it needs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{Dependency, Posting, PostingId, Standing};
use crate::site::row::{self, patches_words};
use crate::site::view::{Link, Title, counted, day_short};
use crate::site::{Site, compare};

/// A posting of the same series.
#[derive(Serialize, JsonSchema)]
pub struct Version {
    /// `v3 RFC`
    label: String,
    /// Its page.
    href: String,
    /// When it was sent, and how many patches it has.
    note: String,
    /// Whether it changes any lines.
    has_lines: bool,
    /// Lines added by all patches.
    added: u32,
    /// Lines removed.
    removed: u32,
    /// The page of what changed since the one before.
    changes: Option<Link>,
    /// Whether it is the one that the page is of.
    current: bool,
}

/// The history of a series, oldest first.
pub fn versions(site: &Site<'_>, id: PostingId) -> Vec<Version> {
    let series = site.archive.series(site.archive.posting(id).series);
    series.postings.iter().map(|other| version(site, *other, *other == id)).collect()
}

fn version(site: &Site<'_>, id: PostingId, current: bool) -> Version {
    let posting = site.archive.posting(id);
    let (added, removed) = row::lines(site, posting);
    Version {
        label: label(posting),
        href: site.urls.posting(id),
        note: format!("{}, {}", day_short(posting.date), patches_words(posting)),
        has_lines: added + removed > 0,
        added,
        removed,
        changes: compare::link(site, id),
        current,
    }
}

/// `v3 RFC`
fn label(posting: &Posting) -> String {
    let words: String = row::words(posting).iter().map(|word| format!(" {word}")).collect();
    format!("v{}{words}", posting.version)
}

/// What the changelogs of a series say, and whether that is little enough to be read at once.
#[derive(Default, Serialize, JsonSchema)]
pub struct Changes {
    /// The changelogs, newest version first.
    of: Vec<Change>,
    /// Whether that is little enough to be read at once.
    few: bool,
}

/// What the changelog of one version says.
#[derive(Serialize, JsonSchema)]
struct Change {
    /// The version: `v3 RFC`.
    label: String,
    /// Its page; none where that is this one.
    href: Option<String>,
    /// What it says, line by line.
    text: String,
}

/// So many lines of changelogs are shown without being asked for.
const SHOWN_LINES: usize = 14;

/// What the changelogs of a series say, newest version first.
pub fn changes(site: &Site<'_>, id: PostingId) -> Changes {
    let series = site.archive.series(site.archive.posting(id).series);
    let change = |other: &PostingId| {
        let posting = site.archive.posting(*other);
        let mut members = posting.members().map(|mail| site.archive.mail(mail));
        let text = members.find_map(|mail| mail.changelog())?;
        let href = (*other != id).then(|| site.urls.posting(*other));
        Some(Change { label: label(posting), href, text: site.shown(text) })
    };
    let of: Vec<Change> = series.postings.iter().rev().filter_map(change).collect();
    let few = of.iter().map(|change| change.text.lines().count()).sum::<usize>() <= SHOWN_LINES;
    Changes { of, few }
}

/// A patch of an earlier version that stands.
#[derive(Serialize, JsonSchema)]
pub struct StandingView {
    /// Its number.
    index: u32,
    /// Its title.
    title: Title,
    /// Its place on the page of that version.
    href: String,
    /// The version: `v2`.
    version: String,
}

/// The patches of earlier versions that a posting leaves as they are.
pub fn standing(site: &Site<'_>, posting: &Posting) -> Vec<StandingView> {
    let view = |standing: &Standing| StandingView {
        index: standing.index,
        title: site.title(site.archive.mail(standing.mail).title()),
        href: format!("{}#p{}", site.urls.posting(standing.posting), standing.index),
        version: format!("v{}", site.archive.posting(standing.posting).version),
    };
    posting.standing.iter().map(view).collect()
}

/// `3 patches stand from before`
pub fn standing_words(posting: &Posting) -> String {
    let stand = posting.standing.len() as u32;
    let verb = if stand == 1 { "stands" } else { "stand" };
    format!("{} {verb} from before", counted(stand, "patch", "patches"))
}

/// What a posting says that it needs: by title where it is in the archive, else by name.
pub fn needs(site: &Site<'_>, posting: &Posting) -> Vec<Need> {
    let need = |needed: &Dependency| match needed.posting {
        Some(id) => {
            let other = site.archive.posting(id);
            let words = format!("v{} of {}", other.version, site.shown(&other.title));
            Need { words, href: Some(site.urls.posting(id)) }
        }
        None => Need { words: site.shown(&needed.name), href: None },
    };
    posting.depends.iter().map(need).collect()
}

/// Another work that a posting is to be applied on top of.
#[derive(Serialize, JsonSchema)]
pub struct Need {
    /// Which version of what, or an id where it is not here.
    words: String,
    /// Its page, if it is here.
    href: Option<String>,
}

//! A posting among others, on its page: the history of its series, the patches that it
//! leaves standing, and what it needs.

use serde::Serialize;

use crate::archive::{Dependency, Posting, PostingId, Standing};
use crate::site::row::{self, patches_words};
use crate::site::view::{Link, Title, counted, day_short};
use crate::site::{Site, compare};

/// A posting of the same series.
#[derive(Serialize)]
pub struct Version {
    label: String,
    href: String,
    note: String,
    has_lines: bool,
    added: u32,
    removed: u32,
    /// The page of what changed since the one before.
    changes: Option<Link>,
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
#[derive(Default, Serialize)]
pub struct Changes {
    of: Vec<Change>,
    few: bool,
}

/// What the changelog of one version says.
#[derive(Serialize)]
struct Change {
    label: String,
    href: Option<String>,
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
#[derive(Serialize)]
pub struct StandingView {
    index: u32,
    title: Title,
    href: String,
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
#[derive(Serialize)]
pub struct Need {
    words: String,
    href: Option<String>,
}

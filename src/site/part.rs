//! Pages that would be too long: what moves to part pages, and the part pages.
//!
//! The page itself keeps every anchor, so that no link ever leads past it; what moves away
//! leaves a line that says where it is.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::Home;
use crate::diagnostic::Diagnostic;
use crate::site::escape::Html;
use crate::site::url::SitePath;
use crate::site::view::{Head, Link, Title};
use crate::site::{Page, Site};

/// A stretch of a page that can move to a part page.
pub struct Movable<'a> {
    /// Where it stands on the page.
    pub body: &'a mut Html,
    /// Where the page says that it is elsewhere.
    pub elsewhere: &'a mut Option<Link>,
    /// Its anchor on the page.
    pub anchor: String,
    /// Its anchor on a part.
    pub part_anchor: String,
    /// What it is.
    pub title: String,
    /// What moves first: those of the lowest rank, and among them the longest.
    pub rank: u8,
}

/// A stretch on a part page.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Piece {
    /// Its anchor.
    pub anchor: String,
    /// The link to where it would stand on the page itself.
    pub href: String,
    /// What it is.
    pub title: String,
    /// The stretch.
    pub body: Html,
}

/// Which of `sizes` (rank and length, in the order of the page) have to go for `total` bytes
/// to come down to `budget`; by their positions, in the order of the page.
pub fn to_move(sizes: &[(u8, usize)], mut total: usize, budget: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&at| (sizes[at].0, std::cmp::Reverse(sizes[at].1), at));
    let mut moved = Vec::new();
    for at in order {
        if total <= budget {
            break;
        }
        total -= sizes[at].1.min(total);
        moved.push(at);
    }
    moved.sort_unstable();
    moved
}

/// Moves what has to go for the page at `path`, `total` bytes long, to come down to the
/// budget. Gives the pieces of each part page, the first of which is part 2.
pub fn divide(
    site: &Site<'_>,
    path: &SitePath,
    movable: Vec<Movable<'_>>,
    total: usize,
) -> Vec<Vec<Piece>> {
    let budget = usize::try_from(site.config.page_budget).unwrap_or(usize::MAX);
    let sizes: Vec<(u8, usize)> = movable.iter().map(|m| (m.rank, m.body.len())).collect();
    let chosen = to_move(&sizes, total, budget);
    let mut parts: Vec<Vec<Piece>> = Vec::new();
    let mut room = 0;
    let leaving =
        movable.into_iter().enumerate().filter(|(at, _)| chosen.binary_search(at).is_ok());
    for (_, stretch) in leaving {
        let body = std::mem::take(stretch.body);
        if parts.is_empty() || body.len() > room {
            parts.push(Vec::new());
            room = budget;
        }
        room = room.saturating_sub(body.len());
        let number = parts.len() + 1;
        let target = site.urls.base.href(&part_path(path, number));
        *stretch.elsewhere = Some(Link::new(
            format!("{target}#{}", stretch.part_anchor),
            format!("it is in part {number}"),
        ));
        let href = format!("{}#{}", site.urls.base.href(path), stretch.anchor);
        if let Some(part) = parts.last_mut() {
            part.push(Piece { anchor: stretch.part_anchor, href, title: stretch.title, body });
        }
    }
    parts
}

/// The path of a page's part; the page itself is part 1.
pub fn part_path(path: &SitePath, number: usize) -> SitePath {
    path.join(&format!("part-{number}/"))
}

/// A part of what is too long for one page.
#[derive(Serialize, JsonSchema)]
pub(super) struct PartView {
    /// What the page says about itself.
    page: Head,
    /// The title of the whole.
    title: Title,
    /// Its number, from 1.
    number: usize,
    /// The page that it is a part of.
    whole: Link,
    /// The part before.
    prev: Option<Link>,
    /// The part after.
    next: Option<Link>,
    /// The stretches on it.
    pieces: Vec<Piece>,
}

/// The part pages of the page of a posting or a discussion called `title`.
pub fn render(
    site: &Site<'_>,
    home: Home,
    title: &str,
    parts: Vec<Vec<Piece>>,
) -> Result<Vec<Page>, Diagnostic> {
    let path = site.urls.home_path(home);
    let last = parts.len() + 1;
    let link = |number: usize| {
        Link::new(site.urls.base.href(&part_path(path, number)), format!("part {number}"))
    };
    let render = |(at, pieces): (usize, Vec<Piece>)| {
        let number = at + 2;
        let here = part_path(path, number);
        let mut head = site.head(&here, &format!("{}, part {number}", site.shown(title)), "Series");
        head.running = format!("part {number} of {last}");
        // What is on a part changes with later mail: links are to the whole page.
        head.url = site.urls.base.absolute(path);
        head.description = format!("Part {number} of {last} of {}", site.shown(title));
        let view = PartView {
            page: head,
            title: site.title(title),
            number,
            whole: Link::new(site.urls.base.href(path), "the whole page"),
            prev: (number > 2).then(|| link(number - 1)),
            next: (number < last).then(|| link(number + 1)),
            pieces,
        };
        let bytes = 8_000 + view.pieces.iter().map(|piece| piece.body.len() + 400).sum::<usize>();
        site.long_page(here, "part.html", &view, bytes)
    };
    parts.into_iter().enumerate().map(render).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_within_its_budget_keeps_everything() {
        assert_eq!(to_move(&[(0, 60), (1, 40)], 100, 100), Vec::<usize>::new());
    }

    #[test]
    fn the_lowest_rank_goes_first_and_of_it_the_longest() {
        let sizes = [(1, 90), (0, 10), (0, 30), (0, 20)];
        assert_eq!(to_move(&sizes, 150, 125), [2]);
        assert_eq!(to_move(&sizes, 150, 95), [1, 2, 3]);
        assert_eq!(to_move(&sizes, 150, 20), [0, 1, 2, 3]);
    }
}

//! The versions of a series on a line of time: when each was sent, how much was answered in
//! between, and when it was applied.
//!
//! Places are in percent of the line, so that the drawing fits any width. The list of
//! versions below it says the same in words; see [`lineage`](super::lineage).

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{MailId, Posting, PostingId, State};
use crate::site::Site;
use crate::site::view::{counted, day_short};

/// A series of more versions is told by its list alone.
const VERSIONS: usize = 60;
/// Parts of the line in which answers are counted.
const PARTS: usize = 120;
/// Words that stand closer than this many tenths of a percent would touch on a phone.
const APART: i64 = 90;
/// What is left free at both ends of the line, in tenths of a percent.
const MARGIN: i64 = 20;
/// Height of what is stretched.
const HEIGHT: u32 = 40;

/// The drawing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Timeline {
    /// The versions, oldest first.
    pub versions: Vec<Dot>,
    /// Answers over time, as a path of upright lines; `PARTS` units wide.
    pub replies: String,
    /// The mail that says that the series was applied.
    pub applied: Option<Dot>,
    /// What the drawing says in one sentence.
    pub caption: String,
}

/// Something at a moment of the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Dot {
    /// Distance from the left in percent.
    pub x: String,
    /// Where it leads.
    pub href: String,
    /// `v3`; "" where it would stand on its neighbour.
    pub label: String,
    /// `v3, 12 May 2025, 4 replies`.
    pub title: String,
    /// Whether it is the version that the page is of.
    pub current: bool,
    /// Whether it is so near the line's end that its word ends there.
    pub last: bool,
}

/// The time that a line stands for.
#[derive(Clone, Copy)]
struct Scale {
    first: i64,
    last: i64,
}

impl Scale {
    /// The place of a moment in thousandths of the whole.
    fn place(self, at: i64) -> i64 {
        let whole = i128::from(self.last) - i128::from(self.first);
        let since = i128::from(at.clamp(self.first, self.last)) - i128::from(self.first);
        (since * i128::from(1000 - 2 * MARGIN) / whole.max(1)) as i64 + MARGIN
    }
}

impl Timeline {
    /// The line of a posting's series; none where it has one version or very many, or where
    /// all happened in the same moment.
    pub fn of(site: &Site<'_>, id: PostingId) -> Option<Timeline> {
        let ids = &site.archive.series(site.archive.posting(id).series).postings;
        if !(2..=VERSIONS).contains(&ids.len()) {
            return None;
        }
        let postings: Vec<&Posting> = ids.iter().map(|id| site.archive.posting(*id)).collect();
        let applied = postings.iter().rev().find_map(|posting| applied_by(posting));
        let date = |mail: MailId| site.archive.mail(mail).date();
        let scale = Scale {
            first: postings.iter().map(|posting| posting.date).min()?,
            last: postings.iter().map(|p| p.last.max(p.date)).max()?,
        };
        if scale.first >= scale.last {
            return None;
        }
        let dates = || postings.iter().flat_map(|p| &p.replies).map(|mail| date(*mail));
        let places: Vec<i64> = postings.iter().map(|p| scale.place(p.date)).collect();
        let at = ids.iter().position(|other| *other == id)?;
        let named = named(&places, at);
        let versions = ids.iter().zip(&postings).zip(places.iter().zip(named));
        Some(Timeline {
            versions: versions
                .map(|((other, posting), (place, named))| Dot {
                    x: percent(*place),
                    href: site.urls.posting(*other),
                    label: if named { format!("v{}", posting.version) } else { String::new() },
                    title: title(posting),
                    current: *other == id,
                    last: false,
                })
                .collect(),
            replies: replies(scale, dates()),
            applied: applied.map(|mail| Dot {
                x: percent(scale.place(date(mail))),
                href: site.urls.mail(mail),
                label: "applied".to_string(),
                title: format!("applied, {}", day_short(date(mail))),
                current: false,
                last: scale.place(date(mail)) > 1000 - APART,
            }),
            caption: caption(scale, ids.len(), dates().count(), applied.map(date)),
        })
    }
}

/// The first mail that says that a posting was applied.
fn applied_by(posting: &Posting) -> Option<MailId> {
    posting.decided_by.first().copied().filter(|_| posting.state == State::Applied)
}

/// `45.7` for 457 thousandths.
fn percent(thousandths: i64) -> String {
    format!("{}.{}", thousandths / 10, thousandths % 10)
}

/// Which of the places have room for a word: the current one, then from the newest back each
/// that is far enough from those.
fn named(places: &[i64], current: usize) -> Vec<bool> {
    let mut taken: Vec<i64> = places.get(current).copied().into_iter().collect();
    let mut named: Vec<bool> = vec![false; places.len()];
    for (at, place) in places.iter().enumerate().rev() {
        if at == current || taken.iter().all(|other| (other - place).abs() >= APART) {
            named[at] = true;
            taken.push(*place);
        }
    }
    named
}

/// Answers counted by parts of the line, drawn as high as there were many.
fn replies(scale: Scale, dates: impl Iterator<Item = i64>) -> String {
    let mut counts = [0_u32; PARTS];
    for date in dates {
        let part = scale.place(date) as usize * PARTS / 1000;
        counts[part.min(PARTS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let mut path = String::new();
    for (part, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (u64::from(*count) * u64::from(HEIGHT)).div_ceil(u64::from(most));
        // Writing to a String doesn't fail.
        let _ = write!(path, "M{part} {HEIGHT}v-{height}");
    }
    path
}

fn title(posting: &Posting) -> String {
    let replies = counted(posting.replies.len() as u32, "reply", "replies");
    format!("v{}, {}, {replies}", posting.version, day_short(posting.date))
}

fn caption(scale: Scale, versions: usize, replies: usize, applied: Option<i64>) -> String {
    let mut caption = format!(
        "{} and {} from {} to {}",
        counted(versions as u32, "version", "versions"),
        counted(replies as u32, "reply", "replies"),
        day_short(scale.first),
        day_short(scale.last)
    );
    if let Some(at) = applied {
        caption += &format!("; applied on {}", day_short(at));
    }
    caption + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_time() {
        let scale = Scale { first: 1_000, last: 2_000 };
        assert_eq!([1_000, 1_500, 2_000].map(|at| scale.place(at)), [20, 500, 980]);
        assert_eq!([i64::MIN, i64::MAX].map(|at| scale.place(at)), [20, 980]);
        let widest = Scale { first: i64::MIN, last: i64::MAX };
        assert_eq!([i64::MIN, 0, i64::MAX].map(|at| widest.place(at)), [20, 500, 980]);
    }

    #[test]
    fn words_do_not_stand_on_each_other() {
        // v2 and v3 are close together: v3 is named unless the page is that of v2.
        assert_eq!(named(&[20, 500, 530, 980], 0), [true, false, true, true]);
        assert_eq!(named(&[20, 500, 530, 980], 1), [true, true, false, true]);
        assert_eq!(named(&[20, 20, 20], 1), [false, true, false]);
    }

    #[test]
    fn answers_are_drawn_where_they_came() {
        let scale = Scale { first: 0, last: 1_000 };
        // 0 is at 2 % of 120 parts, 500 at 50 %, 1,000 at 98 %.
        assert_eq!(
            replies(scale, [0, 500, 500, 1_000].into_iter()),
            "M2 40v-20M60 40v-40M117 40v-20"
        );
        assert_eq!(replies(scale, std::iter::empty()), "");
    }
}

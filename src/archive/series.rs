//! Series: the lineage of postings v1, v2, … of the same work.
//!
//! Postings are linked only on evidence, strongest first; two authors are never joined
//! without one of the first four kinds. Each posting looks for the newest earlier posting
//! that the evidence names; the version must rise, or stay for a resend.

use std::collections::{HashMap, HashSet};

use crate::archive::{Facts, MailId, PersonId, Posting, PostingId};

/// Index of a series in [`crate::archive::Archive::series`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u32);

/// The postings of one piece of work.
#[derive(Clone, Debug)]
pub struct Series {
    /// The id of its first posting.
    pub id: String,
    /// Its postings, oldest first; the last is current.
    pub postings: Vec<PostingId>,
}

/// How many of a person's earlier postings are compared by their patch titles.
const COMPARED: usize = 200;

/// Links the postings, which stand in date order, into series, and tells each one its
/// series and what supersedes it.
pub(crate) fn link(
    mails: &[Facts],
    postings: &mut [Posting],
    by_id: &HashMap<Box<str>, MailId>,
    posting_of: &[Option<PostingId>],
) -> Vec<Series> {
    let mut linker = Linker {
        mails,
        postings,
        by_id,
        posting_of,
        known: Known::default(),
        series: Vec::new(),
        series_of: Vec::with_capacity(postings.len()),
    };
    for index in 0..postings.len() {
        linker.place(PostingId(index as u32));
    }
    let Linker { series, series_of, .. } = linker;
    for (posting, own) in postings.iter_mut().zip(&series_of) {
        posting.series = *own;
    }
    for series in &series {
        for pair in series.postings.windows(2) {
            postings[pair[0].0 as usize].superseded_by = series.postings.last().copied();
        }
    }
    series
}

struct Linker<'a> {
    mails: &'a [Facts],
    postings: &'a [Posting],
    by_id: &'a HashMap<Box<str>, MailId>,
    posting_of: &'a [Option<PostingId>],
    known: Known<'a>,
    /// The series so far, and that of each posting so far.
    series: Vec<Series>,
    series_of: Vec<SeriesId>,
}

/// Earlier postings by what later ones are known by.
#[derive(Default)]
struct Known<'a> {
    by_change_id: HashMap<&'a str, PostingId>,
    by_title: HashMap<(PersonId, String), Vec<PostingId>>,
    by_author: HashMap<PersonId, Vec<PostingId>>,
}

impl Linker<'_> {
    fn mail(&self, id: MailId) -> &Facts {
        &self.mails[id.0 as usize]
    }

    fn posting(&self, id: PostingId) -> &Posting {
        &self.postings[id.0 as usize]
    }

    /// The earlier posting that this one continues.
    fn predecessor(&self, id: PostingId) -> Option<PostingId> {
        self.by_change_id(id)
            .or_else(|| self.by_supersedes(id))
            .or_else(|| self.by_answer(id))
            .or_else(|| self.by_changelog(id))
            .or_else(|| self.by_title(id))
            .or_else(|| self.by_patches(id))
    }

    /// The same `change-id:`, as b4 writes it.
    fn by_change_id(&self, id: PostingId) -> Option<PostingId> {
        let change = self.change_id(id)?;
        self.known.by_change_id.get(change).copied()
    }

    fn change_id(&self, id: PostingId) -> Option<&str> {
        self.posting(id).members().find_map(|m| self.mail(m).lineage.change_id.as_deref())
    }

    /// A `Supersedes:` line that names a mail of it.
    fn by_supersedes(&self, id: PostingId) -> Option<PostingId> {
        let members = self.posting(id).members();
        let named = members.flat_map(|m| self.mail(m).lineage.supersedes.iter());
        self.newest(id, named.filter_map(|mid| self.posting_with(mid)))
    }

    /// Sent in reply to one of its mails, with the same title or a higher version.
    fn by_answer(&self, id: PostingId) -> Option<PostingId> {
        let posting = self.posting(id);
        let earlier = self.posting_of[posting.answers?.0 as usize]?;
        let other = self.posting(earlier);
        let same_title = folded(&posting.title) == folded(&other.title);
        let rises = posting.version > other.version;
        (earlier < id && (rises || (same_title && posting.version == other.version)))
            .then_some(earlier)
    }

    /// A link to one of its mails in the changelog.
    fn by_changelog(&self, id: PostingId) -> Option<PostingId> {
        let members = self.posting(id).members();
        let linked = members.flat_map(|m| self.mail(m).lineage.links.iter());
        self.newest(id, linked.filter_map(|mid| self.posting_with(mid)))
    }

    /// The same author with the same title.
    fn by_title(&self, id: PostingId) -> Option<PostingId> {
        let posting = self.posting(id);
        let alike = self.known.by_title.get(&(posting.author, folded(&posting.title)))?;
        self.most_alike(id, alike.iter().rev().take(COMPARED).copied())
    }

    /// The same author with at least half of the patch titles in common.
    fn by_patches(&self, id: PostingId) -> Option<PostingId> {
        let posting = self.posting(id);
        let own = self.patch_titles(id);
        let earlier = self.known.by_author.get(&posting.author)?;
        let alike = earlier.iter().rev().take(COMPARED).copied().filter(|&other| {
            let titles = self.patch_titles(other);
            let shared = own.intersection(&titles).count();
            shared > 0 && 2 * shared >= own.len().max(titles.len())
        });
        self.most_alike(id, alike)
    }

    /// Of some alike postings that this one can continue, nothing but likeness speaking for
    /// it, the newest of those with the most patch titles in common.
    fn most_alike(
        &self,
        id: PostingId,
        among: impl Iterator<Item = PostingId>,
    ) -> Option<PostingId> {
        let own = self.patch_titles(id);
        let shared = |other| own.intersection(&self.patch_titles(other)).count();
        among
            .filter(|&other| self.may_continue(id, other))
            .max_by_key(|&other| (shared(other), other))
    }

    /// Whether likeness is enough: the version rises above the newest of the series, or
    /// stays for a resend, which says so or has a patch in common; and no change-id speaks
    /// against it.
    fn may_continue(&self, id: PostingId, other: PostingId) -> bool {
        let series = &self.series[self.series_of[other.0 as usize].0 as usize];
        let Some(&newest) = series.postings.last() else { return false };
        let (own, last) = (self.posting(id), self.posting(newest));
        let same_work = match (self.change_id(id), self.change_id(newest)) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        let sent_again = || own.resend || self.shares_a_patch(id, newest);
        same_work && (own.version > last.version || (own.version == last.version && sent_again()))
    }

    fn shares_a_patch(&self, id: PostingId, other: PostingId) -> bool {
        let patches =
            |id| self.posting(id).patches.iter().filter_map(|s| self.mail(s.mail).patch_id);
        let own: HashSet<_> = patches(id).collect();
        patches(other).any(|patch| own.contains(&patch))
    }

    fn patch_titles(&self, id: PostingId) -> HashSet<&str> {
        let patches = self.posting(id).patches.iter();
        patches.map(|slot| self.mail(slot.mail).subject.title.as_str()).collect()
    }

    /// The newest of some postings that this one can continue: earlier, and of a lower
    /// version or, sent again, the same.
    fn newest(&self, id: PostingId, among: impl Iterator<Item = PostingId>) -> Option<PostingId> {
        let version = self.posting(id).version;
        among.filter(|&other| other < id && self.posting(other).version <= version).max()
    }

    fn posting_with(&self, message_id: &str) -> Option<PostingId> {
        self.posting_of[self.by_id.get(message_id)?.0 as usize]
    }
}

impl<'a> Linker<'a> {
    /// Puts a posting into the series it continues, or starts one.
    fn place(&mut self, id: PostingId) {
        let own = match self.predecessor(id) {
            Some(earlier) => self.series_of[earlier.0 as usize],
            None => {
                let first = self.posting(id).id.clone();
                self.series.push(Series { id: first, postings: Vec::new() });
                SeriesId(self.series.len() as u32 - 1)
            }
        };
        self.series[own.0 as usize].postings.push(id);
        self.series_of.push(own);
        self.remember(id);
    }

    fn remember(&mut self, id: PostingId) {
        let posting = &self.postings[id.0 as usize];
        let mails = self.mails;
        let change =
            posting.members().find_map(|m| mails[m.0 as usize].lineage.change_id.as_deref());
        if let Some(change) = change {
            self.known.by_change_id.insert(change, id);
        }
        let key = (posting.author, folded(&posting.title));
        self.known.by_title.entry(key).or_default().push(id);
        self.known.by_author.entry(posting.author).or_default().push(id);
    }
}

/// A title as it is compared: letter case and blanks do not matter.
fn folded(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

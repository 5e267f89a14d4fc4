//! Series: the lineage of postings v1, v2, … of the same work.
//!
//! Postings are linked only on evidence, strongest first; two authors are never joined
//! without one of the first four kinds. Each posting looks for the newest earlier posting
//! that the evidence names; the version must rise, or stay for a resend. What a posting
//! needs (`prerequisite-change-id`, `Based-on`) is another work, and never evidence.
//!
//! Each kind of evidence is a function of its own. What was found, and which earlier
//! postings were looked at and why they are not continued, stays with the posting.

use std::cmp::Ordering;
use std::collections::HashSet;

use rayon::prelude::*;

use crate::archive::hashed::Map;
use crate::archive::mails::{BySymbol, NeedsRef};
use crate::archive::texts::Symbol;
use crate::archive::{
    Dependency, Evidence, MailId, MailRef, Mails, Objection, PassedOver, PersonId, Posting,
    PostingId, Predecessor, Slot, Standing,
};
use crate::mail::Revision;

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

/// How many postings that are not continued are noted down.
const MAX_PASSED_OVER: usize = 6;

/// What linking looks at, beside the postings.
pub(crate) struct Seen<'a> {
    pub(crate) mails: &'a Mails,
    pub(crate) by_id: &'a BySymbol,
    /// The posting a mail is shown with.
    pub(crate) posting_of: &'a [Option<PostingId>],
    /// The mail above each one.
    pub(crate) parents: &'a [Option<MailId>],
}

/// Links the postings, which stand in date order, into series.
pub(crate) fn link(seen: &Seen<'_>, postings: &[Posting]) -> Links {
    let mut linker = Linker {
        seen,
        titles: title_numbers(seen.mails, postings),
        patch_titles: patch_titles(seen.mails, postings),
        postings,
        known: Known::default(),
        series: Vec::new(),
        linked: Vec::with_capacity(postings.len()),
    };
    for index in 0..linker.postings.len() {
        linker.place(PostingId(index as u32));
    }
    let ids = (0..postings.len() as u32).into_par_iter().map(PostingId);
    let depends: Vec<_> = ids.map(|id| linker.dependencies(id)).collect();
    let Linker { series, linked, .. } = linker;
    Links { series, linked, depends }
}

/// What linking finds out.
pub(crate) struct Links {
    series: Vec<Series>,
    linked: Vec<Linked>,
    depends: Vec<Vec<Dependency>>,
}

impl Links {
    /// Tells each posting its series, what it continues, needs and leaves standing, and what
    /// supersedes it. Gives the series.
    pub(crate) fn tell(self, postings: &mut [Posting]) -> Vec<Series> {
        let Links { series, linked, depends } = self;
        for ((posting, own), depends) in postings.iter_mut().zip(linked).zip(depends) {
            posting.series = own.series;
            posting.continues = own.continues;
            posting.passed_over = own.passed_over;
            posting.depends = depends;
            let stands = |index: &u32| own.standing.iter().any(|s| s.index == *index);
            posting.missing.retain(|index| !stands(index));
            posting.standing = own.standing;
        }
        for series in &series {
            for pair in series.postings.windows(2) {
                postings[pair[0].0 as usize].superseded_by = series.postings.last().copied();
            }
        }
        series
    }
}

/// What linking finds out about one posting.
struct Linked {
    series: SeriesId,
    continues: Option<Predecessor>,
    passed_over: Vec<PassedOver>,
    standing: Vec<Standing>,
}

struct Linker<'a> {
    seen: &'a Seen<'a>,
    /// The titles of all postings, by [`title_numbers`].
    titles: Vec<u32>,
    /// Those of the patches of each, by [`patch_titles`].
    patch_titles: Vec<Box<[u32]>>,
    postings: &'a [Posting],
    known: Known,
    /// The series so far, and what is known of each posting so far.
    series: Vec<Series>,
    linked: Vec<Linked>,
}

/// Earlier postings by what later ones are known by.
#[derive(Default)]
struct Known {
    by_change_id: Map<Symbol, Vec<PostingId>>,
    by_title: Map<(PersonId, u32), Vec<PostingId>>,
    /// The newest posting with a title, whoever wrote it.
    last_by_title: Map<u32, PostingId>,
    by_author: Map<PersonId, Vec<PostingId>>,
    /// By author and the title of a patch.
    by_patch: Map<(PersonId, u32), Vec<PostingId>>,
}

/// The titles of the postings as numbers, equal where the titles are alike as [`folded`].
fn title_numbers(mails: &Mails, postings: &[Posting]) -> Vec<u32> {
    let mut by_symbol: Map<Symbol, u32> = Map::default();
    let mut by_text: Map<String, u32> = Map::default();
    let mut number = |posting: &Posting| {
        let head = mails.mail(posting.head());
        *by_symbol.entry(head.title_symbol()).or_insert_with(|| {
            let next = by_text.len() as u32;
            *by_text.entry(folded(head.title())).or_insert(next)
        })
    };
    postings.iter().map(&mut number).collect()
}

/// The titles of each posting's patches as numbers, sorted, each once: they are compared with
/// those of hundreds of others.
fn patch_titles(mails: &Mails, postings: &[Posting]) -> Vec<Box<[u32]>> {
    let titles = |posting: &Posting| {
        let number = |slot: &Slot| mails.mail(slot.mail).title_symbol().index() as u32;
        let mut titles: Vec<u32> = posting.patches.iter().map(number).collect();
        titles.sort_unstable();
        titles.dedup();
        titles.into_boxed_slice()
    };
    postings.par_iter().map(titles).collect()
}

/// The postings that were looked at and not taken, as far as they are noted down.
#[derive(Default)]
struct Passed(Vec<PassedOver>);

impl Passed {
    fn note(&mut self, posting: PostingId, why: Objection) {
        let known = self.0.iter().any(|passed| passed.posting == posting);
        if self.0.len() < MAX_PASSED_OVER && !known {
            self.0.push(PassedOver { posting, why });
        }
    }
}

impl Linker<'_> {
    fn mail(&self, id: MailId) -> MailRef<'_> {
        self.seen.mails.mail(id)
    }

    fn posting(&self, id: PostingId) -> &Posting {
        &self.postings[id.0 as usize]
    }

    /// The earlier posting that this one continues.
    fn predecessor(&self, id: PostingId, passed: &mut Passed) -> Option<Predecessor> {
        let mut by = |evidence| {
            let posting = match evidence {
                Evidence::ChangeId => self.by_change_id(id),
                Evidence::Supersedes => self.by_supersedes(id, passed),
                Evidence::Answer => self.by_answer(id, passed),
                Evidence::Changelog => self.by_changelog(id, passed),
                Evidence::Title => self.by_title(id, passed),
                Evidence::Patches => self.by_patches(id, passed),
            };
            posting.map(|posting| Predecessor { posting, evidence })
        };
        [
            Evidence::ChangeId,
            Evidence::Supersedes,
            Evidence::Answer,
            Evidence::Changelog,
            Evidence::Title,
            Evidence::Patches,
        ]
        .into_iter()
        .find_map(&mut by)
    }

    /// The same `change-id:`, as b4 writes it.
    fn by_change_id(&self, id: PostingId) -> Option<PostingId> {
        let change = self.change_id(id)?;
        self.known.by_change_id.get(&change)?.last().copied()
    }

    fn change_id(&self, id: PostingId) -> Option<Symbol> {
        self.posting(id).members().find_map(|m| self.mail(m).change_id())
    }

    /// A `Supersedes:` line that names a mail of it.
    fn by_supersedes(&self, id: PostingId, passed: &mut Passed) -> Option<PostingId> {
        let members = self.posting(id).members();
        let named = members.flat_map(|m| self.mail(m).supersedes());
        self.newest(id, named.filter_map(|mid| self.posting_with(mid)), passed)
    }

    /// Sent in reply to one of its mails, with a higher version or, sent again, with the same
    /// version and title.
    fn by_answer(&self, id: PostingId, passed: &mut Passed) -> Option<PostingId> {
        let posting = self.posting(id);
        let earlier = self.seen.posting_of[posting.answers?.0 as usize]?;
        if earlier >= id {
            return None;
        }
        let other = self.posting(earlier);
        let sent_again = || {
            self.same_title(id, earlier) && self.same_release(id, earlier)
                || self.repeats_patches(id, earlier)
        };
        let continues =
            posting.version > other.version || (posting.version == other.version && sent_again());
        if !continues && self.same_title(id, earlier) {
            let why = match self.same_release(id, earlier) {
                true => Objection::VersionDoesNotRise,
                false => Objection::OtherRelease,
            };
            passed.note(earlier, why);
        }
        continues.then_some(earlier)
    }

    /// A link to one of its mails in the changelog.
    fn by_changelog(&self, id: PostingId, passed: &mut Passed) -> Option<PostingId> {
        let members = self.posting(id).members();
        let linked = members.flat_map(|m| self.mail(m).links());
        self.newest(id, linked.filter_map(|mid| self.posting_with(mid)), passed)
    }

    /// The same author with the same title.
    fn by_title(&self, id: PostingId, passed: &mut Passed) -> Option<PostingId> {
        let posting = self.posting(id);
        let title = self.titles[id.0 as usize];
        let last = self.known.last_by_title.get(&title).copied();
        if let Some(last) = last.filter(|&last| self.posting(last).author != posting.author) {
            passed.note(last, Objection::OtherAuthor);
        }
        let alike = self.known.by_title.get(&(posting.author, title))?;
        self.most_alike(id, alike.iter().rev().take(COMPARED).copied(), passed)
    }

    /// The same author with at least half of the patch titles in common.
    fn by_patches(&self, id: PostingId, passed: &mut Passed) -> Option<PostingId> {
        let mut alike = Vec::new();
        for other in self.sharing_titles(id)? {
            match 2 * self.shared_titles(id, other) >= self.titles_to_share(id, other) {
                true => alike.push(other),
                false => passed.note(other, Objection::FewTitles),
            }
        }
        self.most_alike(id, alike.into_iter(), passed)
    }

    /// Of the author's last earlier postings those with a patch title in common, newest first.
    fn sharing_titles(&self, id: PostingId) -> Option<Vec<PostingId>> {
        let author = self.posting(id).author;
        let earlier = self.known.by_author.get(&author)?;
        let oldest = *earlier.get(earlier.len().saturating_sub(COMPARED))?;
        let titles = self.patch_titles[id.0 as usize].iter();
        let with = titles.filter_map(|&title| self.known.by_patch.get(&(author, title)));
        let recent = |with: &&Vec<PostingId>| with.partition_point(|other| *other < oldest);
        let mut found: Vec<PostingId> =
            with.flat_map(|with| with[recent(&with)..].iter().copied()).collect();
        found.sort_unstable_by_key(|other| std::cmp::Reverse(*other));
        found.dedup();
        Some(found)
    }

    /// Of how many patch titles half must be the same. A partial re-roll is measured by the
    /// patches that it has.
    fn titles_to_share(&self, id: PostingId, other: PostingId) -> usize {
        let (own, other) = (self.posting(id), self.posting(other));
        match own.is_partial() && own.total == other.total {
            true => own.patches.len(),
            false => own.patches.len().max(other.patches.len()),
        }
    }

    /// Of some alike postings that this one can continue, nothing but likeness speaking for
    /// it, the newest of those with the most patch titles in common.
    fn most_alike(
        &self,
        id: PostingId,
        among: impl Iterator<Item = PostingId>,
        passed: &mut Passed,
    ) -> Option<PostingId> {
        let mut best = None;
        for other in among {
            match self.objection(id, other) {
                Some(why) => passed.note(other, why),
                None => {
                    let shared = self.shared_titles(id, other);
                    let likeness = (shared, self.same_release(id, other), other);
                    best = best.max(Some(likeness));
                }
            }
        }
        best.map(|(.., other)| other)
    }

    /// What speaks against an alike posting: likeness is enough where the version rises
    /// above the newest of the series, or stays for a resend; unless change-ids or releases
    /// differ.
    fn objection(&self, id: PostingId, other: PostingId) -> Option<Objection> {
        let series = &self.series[self.linked[other.0 as usize].series.0 as usize];
        let newest = *series.postings.last()?;
        let (own, last) = (self.posting(id), self.posting(newest));
        match (self.change_id(id), self.change_id(newest)) {
            (Some(own), Some(other)) if own != other => return Some(Objection::OtherChangeId),
            _ => {}
        }
        if self.other_release(id, other) {
            return Some(Objection::OtherRelease);
        }
        let reached = last.version.max(self.posting(other).version);
        let continues =
            own.version > reached || (own.version == reached && self.is_sent_again(id, newest));
        (!continues).then_some(Objection::VersionDoesNotRise)
    }

    /// Whether an alike posting of the same version is a resend: it says so, or has a patch
    /// in common, or the earlier one is a cover letter whose patches never came.
    fn is_sent_again(&self, id: PostingId, other: PostingId) -> bool {
        let (own, earlier) = (self.posting(id), self.posting(other));
        let only_cover = earlier.patches.is_empty() && earlier.total.is_some() && !earlier.pull;
        own.resend
            || self.shares_a_patch(id, other)
            || (only_cover && !own.patches.is_empty() && self.same_title(id, other))
    }

    fn releases(&self, id: PostingId) -> impl Iterator<Item = &String> {
        self.posting(id).tags.iter().filter(|tag| names_release(tag))
    }

    /// Whether two postings are for the same releases, by their tags.
    fn same_release(&self, id: PostingId, other: PostingId) -> bool {
        self.releases(id).all(|tag| self.posting(other).tags.contains(tag))
            && self.releases(other).all(|tag| self.posting(id).tags.contains(tag))
    }

    /// Whether two postings are for different releases, so that one is a backport and no
    /// revision of the other. A later version may name a release that an earlier one did not,
    /// or no longer name it; a resend names the same ones.
    fn other_release(&self, id: PostingId, other: PostingId) -> bool {
        let both_name_one =
            self.releases(id).next().is_some() && self.releases(other).next().is_some();
        let rises = self.posting(id).version > self.posting(other).version;
        !self.same_release(id, other) && (both_name_one || !rises)
    }

    fn same_title(&self, id: PostingId, other: PostingId) -> bool {
        self.titles[id.0 as usize] == self.titles[other.0 as usize]
    }

    fn shares_a_patch(&self, id: PostingId, other: PostingId) -> bool {
        let patches =
            |id| self.posting(id).patches.iter().filter_map(|s| self.mail(s.mail).patch_id());
        let own: HashSet<_> = patches(id).collect();
        patches(other).any(|patch| own.contains(&patch))
    }

    /// How many patch titles two postings have in common.
    fn shared_titles(&self, id: PostingId, other: PostingId) -> usize {
        let (mut own, mut others) =
            (&*self.patch_titles[id.0 as usize], &*self.patch_titles[other.0 as usize]);
        let mut shared = 0;
        while let ([first, rest @ ..], [other, others_rest @ ..]) = (own, others) {
            match first.cmp(other) {
                Ordering::Less => own = rest,
                Ordering::Greater => others = others_rest,
                Ordering::Equal => {
                    shared += 1;
                    (own, others) = (rest, others_rest);
                }
            }
        }
        shared
    }

    /// The newest of some postings that this one can continue: earlier, and of a lower
    /// version or, sent again, the same.
    fn newest(
        &self,
        id: PostingId,
        among: impl Iterator<Item = PostingId>,
        passed: &mut Passed,
    ) -> Option<PostingId> {
        let version = self.posting(id).version;
        let mut newest = None;
        for other in among.filter(|&other| other < id) {
            match self.posting(other).version <= version {
                true => newest = newest.max(Some(other)),
                false => passed.note(other, Objection::VersionDoesNotRise),
            }
        }
        newest
    }

    fn posting_with(&self, message_id: Symbol) -> Option<PostingId> {
        self.seen.posting_of[self.seen.by_id.get(message_id)?.0 as usize]
    }

    /// Whether each patch of a partial re-roll is a patch of an earlier posting of as many,
    /// by number and title.
    fn repeats_patches(&self, id: PostingId, earlier: PostingId) -> bool {
        let (own, other) = (self.posting(id), self.posting(earlier));
        own.is_partial()
            && own.total == other.total
            && own.patches.iter().all(|slot| {
                self.patch_in(earlier, slot.index)
                    .is_some_and(|mail| self.same_patch_title(mail, slot.mail))
            })
    }

    fn same_patch_title(&self, a: MailId, b: MailId) -> bool {
        let (a, b) = (self.mail(a), self.mail(b));
        a.title_symbol() == b.title_symbol() || folded(a.title()) == folded(b.title())
    }

    /// Patch k of a posting, or the one that it left standing.
    fn patch_in(&self, id: PostingId, index: u32) -> Option<MailId> {
        let standing =
            || self.linked.get(id.0 as usize)?.standing.iter().find(|s| s.index == index);
        self.posting(id).patch(index).or_else(|| Some(standing()?.mail))
    }

    /// The patches that a partial re-roll leaves as they are: of the newest posting of its
    /// series, else of the one that it continues.
    fn left_standing(&self, id: PostingId, before: PostingId) -> Vec<Standing> {
        let version = self.posting(id).version;
        let series = &self.series[self.linked[before.0 as usize].series.0 as usize];
        let newest = series.postings.last().copied();
        let newest = newest.filter(|newest| self.posting(*newest).version <= version);
        let of_newest = newest.map_or(Vec::new(), |newest| self.standing(id, newest));
        match of_newest.is_empty() {
            true => self.standing(id, before),
            false => of_newest,
        }
    }

    /// The patches of the posting before that a partial re-roll (`v2 3/7` alone, `v5.1 4/9`)
    /// leaves as they are. It is one if it was sent in answer to that posting or its version
    /// says so, each of its patches has the number and title of one of that posting's, or
    /// answers it, and the two make a whole: of a series of which a list gets single patches,
    /// each version comes in part. Where nothing speaks for it, the others may as well be lost.
    fn standing(&self, id: PostingId, before: PostingId) -> Vec<Standing> {
        let (own, other) = (self.posting(id), self.posting(before));
        let answers = |mail: MailId| {
            let above = self.seen.parents[mail.0 as usize];
            above.is_some_and(|above| self.seen.posting_of[above.0 as usize] == Some(before))
        };
        let replaces = |index: u32, mail: MailId| {
            let old = self.patch_in(before, index);
            answers(mail) || old.is_some_and(|old| self.same_patch_title(old, mail))
        };
        let is_reroll = own.is_partial()
            && own.total == other.total
            && (own.version.minor > 0 || own.patches.iter().any(|slot| answers(slot.mail)))
            && own.patches.iter().all(|slot| replaces(slot.index, slot.mail));
        if !is_reroll {
            return Vec::new();
        }
        let earlier = self.linked.get(before.0 as usize).map_or(&[][..], |l| &l.standing);
        let own_patches = other.patches.iter().map(|slot| Standing {
            index: slot.index,
            mail: slot.mail,
            posting: before,
        });
        let mut stands: Vec<Standing> = own_patches
            .chain(earlier.iter().copied())
            .filter(|standing| own.patch(standing.index).is_none())
            .collect();
        stands.sort_unstable_by_key(|standing| standing.index);
        let whole = own.total.is_some_and(|n| own.patches.len() + stands.len() >= n as usize);
        if whole { stands } else { Vec::new() }
    }

    /// What a posting says that it needs, and which posting each of that is.
    fn dependencies(&self, id: PostingId) -> Vec<Dependency> {
        let mut found: Vec<Dependency> = Vec::new();
        let members = self.posting(id).members();
        for needs in members.flat_map(|m| self.mail(m).needs()) {
            let name: Box<str> = self.name(needs).into();
            if !found.iter().any(|known| known.name == name) {
                found.push(Dependency { name, posting: self.needed(id, needs) });
            }
        }
        found
    }

    /// What a dependency names, as it was written.
    fn name(&self, needs: NeedsRef) -> String {
        let text = |symbol| self.seen.mails.text(symbol);
        match needs {
            NeedsRef::Change { id, version: Some(version) } => format!("{}:v{version}", text(id)),
            NeedsRef::Change { id, version: None } | NeedsRef::Mail(id) => text(id).to_owned(),
        }
    }

    /// The posting that a dependency names: of a change the version asked for, or the newest
    /// when this was posted.
    fn needed(&self, id: PostingId, needs: NeedsRef) -> Option<PostingId> {
        let (change, version) = match needs {
            NeedsRef::Mail(mail) => return self.posting_with(mail),
            NeedsRef::Change { id, version } => (id, version),
        };
        let of_change = self.known.by_change_id.get(&change)?;
        let asked = |p: &PostingId| {
            version.is_none_or(|major| self.posting(*p).version == Revision { major, minor: 0 })
        };
        let before = of_change.iter().rev().copied().find(|p| *p < id && asked(p));
        before.or_else(|| of_change.iter().copied().find(|p| *p != id && asked(p)))
    }
}

/// Whether a tag names a release: `5.10`, `AUTOSEL`, `for-19.07`, `5.4.y`.
fn names_release(tag: &str) -> bool {
    let dotted = |window: &[u8]| {
        window[0].is_ascii_digit() && window[1] == b'.' && window[2].is_ascii_digit()
    };
    tag.eq_ignore_ascii_case("AUTOSEL") || tag.as_bytes().windows(3).any(dotted)
}

impl<'a> Linker<'a> {
    /// Puts a posting into the series it continues, or starts one.
    fn place(&mut self, id: PostingId) {
        let mut passed = Passed::default();
        let continues = self.predecessor(id, &mut passed);
        let series = match continues {
            Some(before) => self.linked[before.posting.0 as usize].series,
            None => {
                let first = self.posting(id).id.clone();
                self.series.push(Series { id: first, postings: Vec::new() });
                SeriesId(self.series.len() as u32 - 1)
            }
        };
        let standing =
            continues.map_or(Vec::new(), |before| self.left_standing(id, before.posting));
        self.series[series.0 as usize].postings.push(id);
        passed.0.retain(|passed| self.linked[passed.posting.0 as usize].series != series);
        self.linked.push(Linked { series, continues, passed_over: passed.0, standing });
        self.remember(id);
    }

    fn remember(&mut self, id: PostingId) {
        let author = self.posting(id).author;
        if let Some(change) = self.change_id(id) {
            self.known.by_change_id.entry(change).or_default().push(id);
        }
        let title = self.titles[id.0 as usize];
        self.known.last_by_title.insert(title, id);
        self.known.by_title.entry((author, title)).or_default().push(id);
        self.known.by_author.entry(author).or_default().push(id);
        for &title in &self.patch_titles[id.0 as usize] {
            self.known.by_patch.entry((author, title)).or_default().push(id);
        }
    }
}

/// A title as it is compared: letter case and blanks do not matter.
pub(crate) fn folded(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_name_a_release() {
        for yes in ["5.10", "AUTOSEL", "autosel", "for-19.07", "5.4.y", "6.18-5.10", "lede-17.01"] {
            assert!(names_release(yes), "{yes}");
        }
        for no in ["net-next", "bpf", "OpenWrt-Devel", "kvm-unit-tests", "", "v.5", "5."] {
            assert!(!names_release(no), "{no}");
        }
    }

    #[test]
    fn titles_are_compared_without_case_and_blanks() {
        assert_eq!(folded("  A:  Fix\tit "), folded("a: fix it"));
    }
}

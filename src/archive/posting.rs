//! Postings: the mails that were sent together as one revision of a set of patches.

use std::sync::Arc;

use crate::archive::{MailId, PassedOver, PersonId, Predecessor, SeriesId, SubsystemId};
use crate::mail::Revision;

/// Index of a posting in [`crate::archive::Archive::postings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostingId(pub u32);

/// One mailing of a set of patches at one revision.
#[derive(Clone, Debug)]
pub struct Posting {
    /// 10 characters of lower-case base 32: a hash of its first Message-ID.
    pub id: String,
    /// Its title without prefixes: the cover's, or that of its first patch.
    pub title: String,
    /// Which revision it is.
    pub version: Revision,
    /// Whether no subject said so.
    pub version_inferred: bool,
    /// Whether it asks for comments rather than for merging.
    pub rfc: bool,
    /// Whether it says that it is sent again.
    pub resend: bool,
    /// Whether it is a pull request.
    pub pull: bool,
    /// Words in the subject's brackets that are no part of the numbering.
    pub tags: Vec<String>,
    /// How many patches it says it has, where it says so.
    pub total: Option<u32>,
    /// The cover letter, or the pull request.
    pub cover: Option<MailId>,
    /// Its patches, by index.
    pub patches: Vec<Slot>,
    /// Indexes that never arrived, those of `standing` not among them.
    pub missing: Vec<u32>,
    /// Of a partial re-roll (`v2 3/7` alone), the patches of earlier postings that it leaves
    /// as they are, by index.
    pub standing: Vec<Standing>,
    /// Answers to its mails at whatever depth, by date.
    pub replies: Vec<MailId>,
    /// Who sent it.
    pub sender: PersonId,
    /// Who wrote it: the cover's sender, else the author of the first patch.
    pub author: PersonId,
    /// The date of its first mail.
    pub date: i64,
    /// The date of its newest mail, replies included.
    pub last: i64,
    /// Its series.
    pub series: SeriesId,
    /// The later posting that takes its place.
    pub superseded_by: Option<PostingId>,
    /// Where it stands.
    pub state: State,
    /// The mails that say so, by date: replies that say it was applied, those with the
    /// trailers that make it reviewed, the newest answer, or the first mail of the posting
    /// that takes its place. None of a new or incomplete one.
    pub decided_by: Vec<MailId>,
    /// Review trailers on its patches, from the patches, the cover and replies, and what
    /// else replies add to their trailers (`Fixes`, `Reported-by`); counted once per person,
    /// name and patch.
    pub trailers: Vec<ReviewTrailer>,
    /// Review trailers of an earlier revision that no longer count.
    pub lost: Vec<LostTrailer>,
    /// Who is against which of its patches.
    pub nacks: Vec<Nack>,
    /// The subsystems of its patches, by slug.
    pub subsystems: Vec<SubsystemId>,
    /// The mail outside the posting that its first mail answers.
    pub answers: Option<MailId>,
    /// The earlier posting of its series that it continues, and what says so.
    pub continues: Option<Predecessor>,
    /// Earlier postings that it could have continued and does not: the first few.
    pub passed_over: Vec<PassedOver>,
    /// What it says that it is to be applied on top of.
    pub depends: Vec<Dependency>,
}

/// A patch of an earlier posting that a partial re-roll leaves as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// k of `k/n`.
    pub index: u32,
    /// Its mail.
    pub mail: MailId,
    /// The posting that it is a patch of.
    pub posting: PostingId,
}

/// Another work that a posting needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// What names it: a change-id, with `:v3` where a version is asked for, or a Message-ID.
    pub name: Box<str>,
    /// The posting meant, if it is in the archive.
    pub posting: Option<PostingId>,
}

/// A patch of a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// k of `k/n`; 1 for a patch without a number.
    pub index: u32,
    /// Its mail.
    pub mail: MailId,
}

/// A trailer on one patch of a posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewTrailer {
    /// The patch it counts for.
    pub patch: MailId,
    /// The mail it stands in: the patch, the cover or a reply; one of an earlier revision,
    /// if it is carried over because the patch is the same.
    pub given_in: MailId,
    /// The mail that it was given in first, as far as the archive has it: of an earlier
    /// revision, where the author has repeated it in this one. Else [`Self::given_in`].
    pub first_in: MailId,
    /// Its name as written: `Reviewed-by`.
    pub name: Arc<str>,
    /// Its value as written.
    pub value: Arc<str>,
    /// Whom it names.
    pub person: Option<PersonId>,
    /// Whether the sender of the mail is the person named; true for trailers of patches
    /// and covers.
    pub matches_sender: bool,
}

/// A review trailer that was given on an earlier revision and does not count any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostTrailer {
    /// The patch of this posting that it would count for, where there is one.
    pub patch: Option<MailId>,
    /// The trailer as it stood on the earlier revision's patch.
    pub was: ReviewTrailer,
    /// Why it does not count.
    pub why: Loss,
}

/// Why a trailer of an earlier revision does not count any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// The patch is another, and its author does not repeat the trailer.
    Changed,
    /// The later revision has no such patch.
    Dropped,
    /// The later revision may have the patch, but not all of it arrived.
    Missing,
}

impl Loss {
    /// The reason in words: "the patch changed".
    pub fn words(self) -> &'static str {
        match self {
            Loss::Changed => "the patch changed",
            Loss::Dropped => "the patch was dropped",
            Loss::Missing => "the patch never arrived",
        }
    }
}

/// Somebody's word against a patch: a `Nacked-by`, or a reply that begins with `NAK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack {
    /// The patch.
    pub patch: MailId,
    /// The reply.
    pub given_in: MailId,
    /// Who sent it.
    pub person: PersonId,
}

/// Where a posting stands, as far as the mails say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nobody has answered.
    New,
    /// Somebody other than its sender has answered.
    UnderReview,
    /// Every patch has a Reviewed-by or Acked-by from someone other than its author.
    Reviewed,
    /// A reply says that it was applied.
    Applied,
    /// A later posting takes its place.
    Superseded,
    /// Patches are missing.
    Incomplete,
}

impl State {
    /// The state in words: "under review".
    pub fn words(self) -> &'static str {
        match self {
            State::New => "new",
            State::UnderReview => "under review",
            State::Reviewed => "reviewed",
            State::Applied => "applied",
            State::Superseded => "superseded",
            State::Incomplete => "incomplete",
        }
    }
}

impl Posting {
    /// Its own mails: the cover, then the patches by index.
    pub fn members(&self) -> impl Iterator<Item = MailId> + '_ {
        self.cover.into_iter().chain(self.patches.iter().map(|p| p.mail))
    }

    /// The mail of its patch k.
    pub fn patch(&self, index: u32) -> Option<MailId> {
        let at = self.patches.binary_search_by_key(&index, |slot| slot.index).ok()?;
        Some(self.patches[at].mail)
    }

    /// Whether it re-rolls single patches of a posting, by its form: some of `1/n` to `n/n`
    /// and no cover letter.
    pub fn is_partial(&self) -> bool {
        let said = self.total.is_some_and(|total| total as usize > self.patches.len());
        said && self.cover.is_none() && !self.patches.is_empty()
    }

    /// The mail that stands for it: the cover, else the first patch.
    pub fn head(&self) -> MailId {
        self.cover.unwrap_or_else(|| self.patches[0].mail)
    }
}

//! What is kept of each mail, and how it is asked for.
//!
//! [`Mails`] holds the facts of all mails of an archive, in the archive's order; a [`MailRef`]
//! is one of them: a copyable view whose methods give plain values, texts and iterators
//! without allocating. How the facts are stored is known here alone.

use crate::archive::facts::{self, Facts, Lineage};
use crate::archive::{ListId, MailId};
use crate::mail::address::AddressRef;
use crate::mail::{Address, PatchId, Revision, subject};
use crate::source::Origin;

/// The facts of every mail of an archive, by [`MailId`].
#[derive(Clone, Debug, Default)]
pub struct Mails {
    facts: Vec<Facts>,
}

impl Mails {
    /// Those of mails that stand in the archive's order already.
    pub(crate) fn in_order(facts: Vec<Facts>) -> Mails {
        Mails { facts }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// One mail.
    pub fn mail(&self, id: MailId) -> MailRef<'_> {
        MailRef { facts: &self.facts[id.0 as usize] }
    }

    /// All mails, in date order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = MailRef<'_>> + DoubleEndedIterator + '_ {
        self.facts.iter().map(|facts| MailRef { facts })
    }

    #[cfg(test)]
    pub(crate) fn push(&mut self, facts: Facts) {
        self.facts.push(facts);
    }

    #[cfg(test)]
    pub(crate) fn facts_mut(&mut self, id: MailId) -> &mut Facts {
        &mut self.facts[id.0 as usize]
    }

    /// Forgets what the changelog of a mail says.
    pub(crate) fn forget_changelog(&mut self, id: MailId) {
        self.facts[id.0 as usize].lineage.changelog = None;
    }
}

/// What is kept of one mail.
#[derive(Clone, Copy, Debug)]
pub struct MailRef<'a> {
    facts: &'a Facts,
}

/// What a mail's subject says (see [`crate::mail::Subject`]); its tags are [`MailRef::tags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectRef<'a> {
    /// It answers another mail.
    pub reply: bool,
    /// It hands another mail on.
    pub forward: bool,
    /// It says PATCH.
    pub patch: bool,
    /// It says PULL.
    pub pull: bool,
    /// It says RFC.
    pub rfc: bool,
    /// It says RESEND or REPOST.
    pub resend: bool,
    /// The version, if one is said.
    pub version: Option<Revision>,
    /// 3 of `3/14`; 0 is the cover letter.
    pub index: Option<u32>,
    /// 14 of `3/14`.
    pub total: Option<u32>,
    /// The title: what is left, blanks folded.
    pub title: &'a str,
}

/// What a mail does to one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRef<'a> {
    /// Its path after the change.
    pub path: &'a str,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
}

/// A trailer of a mail (see [`crate::mail::Trailer`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailerRef<'a> {
    /// The key as written: `Reviewed-by`, `Fixes`.
    pub name: &'a str,
    /// The value, unwrapped, as written.
    pub value: &'a str,
    /// Who it names, for `…-by` and `Cc` trailers.
    pub person: Option<AddressRef<'a>>,
}

/// What a mail says that it needs (see [`crate::archive::Dependency`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedsRef<'a> {
    /// `prerequisite-change-id: ID:v3`, as b4 writes it.
    Change {
        /// The change-id.
        id: &'a str,
        /// The major version, if one is named.
        version: Option<u32>,
    },
    /// `Based-on:` or `prerequisite-message-id:` with a Message-ID.
    Mail(&'a str),
}

impl NeedsRef<'_> {
    /// What is named, as it was written.
    pub fn name(&self) -> String {
        match self {
            NeedsRef::Change { id, version: Some(version) } => format!("{id}:v{version}"),
            NeedsRef::Change { id, version: None } | NeedsRef::Mail(id) => id.to_string(),
        }
    }
}

impl<'a> SubjectRef<'a> {
    /// The parts of the title that name a place in the code, as
    /// [`crate::mail::Subject::prefix_parts`].
    pub fn prefix_parts(&self) -> Vec<&'a str> {
        subject::prefix_parts(self.title).collect()
    }
}

impl<'a> MailRef<'a> {
    /// Where its bytes are.
    pub fn origin(self) -> Origin {
        self.facts.origin
    }

    /// The lists it went to, ascending, at least one.
    pub fn lists(self) -> &'a [ListId] {
        &self.facts.lists
    }

    /// Whether it went to a list.
    pub fn is_on(self, list: ListId) -> bool {
        self.facts.lists.contains(&list)
    }

    /// Position of the source file that held it on this list, among the list's; where the list
    /// is cut by commits, that of its range.
    pub fn source_file_on(self, list: ListId) -> u32 {
        self.facts.source_file_on(list)
    }

    /// Message-ID without brackets.
    pub fn message_id(self) -> &'a str {
        &self.facts.message_id
    }

    /// The Message-ID it had before a list wrapped it: others refer to it by that.
    pub fn enclosed_id(self) -> Option<&'a str> {
        self.facts.enclosed_id.as_deref()
    }

    /// Message-IDs it refers to, oldest first; the last is the one answered.
    pub fn references(
        self,
    ) -> impl ExactSizeIterator<Item = &'a str> + DoubleEndedIterator + Clone + use<'a> {
        self.facts.references.iter().map(|id| &**id)
    }

    /// The first Message-ID of In-Reply-To.
    pub fn in_reply_to(self) -> Option<&'a str> {
        self.facts.in_reply_to.as_deref()
    }

    /// When it was sent, seconds since 1970 UTC.
    pub fn date(self) -> i64 {
        self.facts.date
    }

    /// Who sent it.
    pub fn from(self) -> AddressRef<'a> {
        self.facts.from.view()
    }

    /// Who wrote its patch: equal to the sender where nothing else is said.
    pub fn author(self) -> AddressRef<'a> {
        self.facts.author.view()
    }

    /// Its subject, decoded and unfolded.
    pub fn subject_text(self) -> &'a str {
        &self.facts.subject_text
    }

    /// What its subject says.
    pub fn subject(self) -> SubjectRef<'a> {
        let subject = &self.facts.subject;
        SubjectRef {
            reply: subject.reply,
            forward: subject.forward,
            patch: subject.patch,
            pull: subject.pull,
            rfc: subject.rfc,
            resend: subject.resend,
            version: subject.version,
            index: subject.index,
            total: subject.total,
            title: &subject.title,
        }
    }

    /// The title of its subject.
    pub fn title(self) -> &'a str {
        &self.facts.subject.title
    }

    /// Other words in the leading brackets of its subject, in order.
    pub fn tags(self) -> impl ExactSizeIterator<Item = &'a str> + Clone + use<'a> {
        self.facts.subject.tags.iter().map(String::as_str)
    }

    /// Whether its text holds a diff.
    pub fn has_diff(self) -> bool {
        self.facts.has_diff
    }

    /// Whether its text holds a diffstat (of a patch or a cover letter).
    pub fn has_diffstat(self) -> bool {
        self.facts.has_diffstat
    }

    /// Stable patch-id of the diff.
    pub fn patch_id(self) -> Option<PatchId> {
        self.facts.patch_id
    }

    /// The files its diff touches, with lines added and removed.
    pub fn files(self) -> impl ExactSizeIterator<Item = FileRef<'a>> + Clone + use<'a> {
        let view = |file: &'a facts::FileStat| FileRef {
            path: &file.path,
            added: file.added,
            removed: file.removed,
        };
        self.facts.files.iter().map(view)
    }

    /// Lines added by its diff.
    pub fn added(self) -> u32 {
        self.files().fold(0, |sum, file| sum.saturating_add(file.added))
    }

    /// Lines removed by its diff.
    pub fn removed(self) -> u32 {
        self.files().fold(0, |sum, file| sum.saturating_add(file.removed))
    }

    /// Sections of MAINTAINERS that its content belongs to.
    pub fn keywords(self) -> impl Iterator<Item = u32> + use<'a> {
        self.facts.keywords.iter().copied()
    }

    /// Trailers of the commit message, cover, or unquoted reply.
    pub fn trailers(self) -> impl Iterator<Item = TrailerRef<'a>> + Clone + use<'a> {
        self.facts.trailers.iter().map(|trailer| TrailerRef {
            name: &trailer.name,
            value: &trailer.value,
            person: trailer.person.as_ref().map(Address::view),
        })
    }

    /// The `change-id:` of b4.
    pub fn change_id(self) -> Option<&'a str> {
        self.lineage().change_id.as_deref()
    }

    /// Message-IDs named by `Supersedes:`.
    pub fn supersedes(self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.lineage().supersedes.iter().map(|id| &**id)
    }

    /// Message-IDs in the changelog's links.
    pub fn links(self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.lineage().links.iter().map(|id| &**id)
    }

    /// What it is to be applied on top of.
    pub fn needs(self) -> impl Iterator<Item = NeedsRef<'a>> + use<'a> {
        self.lineage().needs.iter().map(|needs| match needs {
            facts::Needs::Change { id, version } => NeedsRef::Change { id, version: *version },
            facts::Needs::Mail(id) => NeedsRef::Mail(id),
        })
    }

    /// What its changelog says of its own version: the first lines of that, at most
    /// [`crate::mail::changelog::MAX_BYTES`]. Kept for the mail that stands for a posting.
    pub fn changelog(self) -> Option<&'a str> {
        self.lineage().changelog.as_deref()
    }

    /// Whether a reply says that the patch was applied.
    pub fn says_applied(self) -> bool {
        self.facts.says_applied
    }

    /// Whether a reply says, other than by a trailer, that the patch must not be applied.
    pub fn says_nack(self) -> bool {
        self.facts.says_nack
    }

    /// A hash of the message, mbox quoting undone, and of the date it was given: two mails with
    /// the same fingerprint are shown alike, wherever they lay. xxh3, of 64 bits.
    pub fn fingerprint(self) -> u64 {
        self.facts.fingerprint
    }

    fn lineage(self) -> &'a Lineage {
        &self.facts.lineage
    }
}

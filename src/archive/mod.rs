//! All mails of a site and how they belong together: duplicates, threads, postings,
//! series, people, subsystems and ranges.
//!
//! An [`Archive`] is made once from the [`Facts`] of every mail and then only read. It
//! holds no bodies: what grouping, statistics and lists need is extracted in the first
//! pass, and bodies are read again from the source when their page is rendered. Every
//! order in it is explicit: mails stand by date, then Message-ID; everything else follows
//! from that, whatever the order of the files.

pub mod bodies;
pub mod build;
mod carried;
mod commits;
pub mod compare;
pub mod evidence;
pub mod explain;
pub mod export;
pub mod facts;
mod grouping;
pub(crate) mod hashed;
mod kept;
pub mod mailmap;
pub mod mails;
pub mod maintainers;
pub mod mbox;
pub mod open;
pub(crate) mod pack;
pub mod people;
pub mod posting;
pub mod published;
pub mod range;
mod review;
#[cfg(test)]
pub(crate) mod sample;
pub mod selection;
pub mod series;
pub mod slug;
pub mod standing;
pub mod subsystem;
pub mod table;
#[cfg(test)]
mod tests;
pub mod texts;
pub mod thread;
mod verdict;
pub mod waiting;

use std::collections::BTreeSet;

pub use bodies::Bodies;
pub use build::Options;
pub use evidence::{Evidence, Objection, PassedOver, Placed, Predecessor, Rule};
pub use facts::{Facts, Fault};
pub use kept::Keeping;
pub use mails::{FileRef, MailRef, Mails, SubjectRef, TrailerRef};
pub use open::Opened;
pub use people::{Person, PersonId};
pub use posting::{
    Dependency, Loss, LostTrailer, Nack, Posting, PostingId, ReviewTrailer, Slot, Standing, State,
};
pub use published::{EntryId, Published, PublishedId};
pub use range::{CommitRange, Period, Range, RangeId, Scope, Split};
pub use selection::{LeftOut, Selection, Since};
pub use series::{Series, SeriesId};
pub use subsystem::{Subsystem, SubsystemId};
pub use table::Table;
pub use thread::{Thread, ThreadId};

/// Index of a mail in [`Archive::mails`], which is in date order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(pub u32);

/// Index of a list in the configuration's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub u16);

/// The one page a mail is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// A member of this posting, or a reply to one.
    Posting(PostingId),
    /// A discussion without patches.
    Thread(ThreadId),
}

/// What a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The 0/n of a posting.
    Cover,
    /// It carries a patch of a posting.
    Patch,
    /// A pull request.
    Pull,
    /// An answer to a posting's mail, at whatever depth.
    Reply,
    /// Part of a thread without patches.
    Discussion,
}

/// All mails and how they belong together.
#[derive(Debug)]
pub struct Archive {
    /// Every mail once, by date, then Message-ID, then content.
    pub mails: Mails,
    /// The mail each one answers in its thread (`None`: it starts one). Loops are cut.
    pub parents: Vec<Option<MailId>>,
    /// What each mail is.
    pub kinds: Vec<Kind>,
    /// Where each mail is shown.
    pub homes: Vec<Home>,
    /// Every posting, by the date of its first mail.
    pub postings: Vec<Posting>,
    /// Every series, by the date of its first posting.
    pub series: Vec<Series>,
    /// Every discussion without patches, by the date of its first mail.
    pub threads: Vec<Thread>,
    /// Every person who sent, wrote or reviewed something, by slug.
    pub people: Vec<Person>,
    /// Every subsystem, by slug.
    pub subsystems: Vec<Subsystem>,
    /// The ranges of all lists: by list, then oldest first; then those of all lists together.
    pub ranges: Vec<Range>,
    /// Digests that were published as text: by list, then in the order of their names.
    pub published: Vec<Published>,
    /// The range of each list, and of all together, that a mail is in.
    pub(crate) range_of: range::RangeIndex,
    /// Mails that there are, and that are not among these, by Message-ID.
    pub left_out: Vec<LeftOut>,
    /// From when on the mails are, where older ones were left out.
    pub since: Option<i64>,
    /// Which rule put each mail where it is.
    pub placed: Vec<Placed>,
    /// Who sent each mail.
    pub senders: Vec<PersonId>,
    /// Who wrote it: differs from the sender for patches sent for somebody else.
    pub authors: Vec<PersonId>,
}

impl Archive {
    /// The facts of a mail.
    pub fn mail(&self, id: MailId) -> MailRef<'_> {
        self.mails.mail(id)
    }

    /// What a mail is.
    pub fn kind(&self, id: MailId) -> Kind {
        self.kinds[id.0 as usize]
    }

    /// Where a mail is shown.
    pub fn home(&self, id: MailId) -> Home {
        self.homes[id.0 as usize]
    }

    /// The mail that this one answers in its thread.
    pub fn parent(&self, id: MailId) -> Option<MailId> {
        self.parents[id.0 as usize]
    }

    /// A posting.
    pub fn posting(&self, id: PostingId) -> &Posting {
        &self.postings[id.0 as usize]
    }

    /// A series.
    pub fn series(&self, id: SeriesId) -> &Series {
        &self.series[id.0 as usize]
    }

    /// A discussion.
    pub fn thread(&self, id: ThreadId) -> &Thread {
        &self.threads[id.0 as usize]
    }

    /// A person.
    pub fn person(&self, id: PersonId) -> &Person {
        &self.people[id.0 as usize]
    }

    /// A subsystem.
    pub fn subsystem(&self, id: SubsystemId) -> &Subsystem {
        &self.subsystems[id.0 as usize]
    }

    /// Who sent a mail.
    pub fn sender(&self, id: MailId) -> PersonId {
        self.senders[id.0 as usize]
    }

    /// Who wrote a mail's patch; for other mails, its sender.
    pub fn author(&self, id: MailId) -> PersonId {
        self.authors[id.0 as usize]
    }

    /// The mail with this Message-ID (without brackets), if the archive has it.
    pub fn find(&self, message_id: &str) -> Option<MailId> {
        self.mails.find(message_id)
    }

    /// Every Message-ID that [`Archive::find`] knows, in no order, with what it finds.
    pub fn message_ids(&self) -> impl Iterator<Item = (&str, MailId)> {
        self.mails.message_ids()
    }

    /// The ids of all mails, in date order.
    pub fn mail_ids(&self) -> impl DoubleEndedIterator<Item = MailId> + use<> {
        (0..self.mails.len() as u32).map(MailId)
    }

    /// A digest that was published as text.
    pub fn published(&self, id: PublishedId) -> &Published {
        &self.published[id.0 as usize]
    }

    /// A posting in a digest that was published as text.
    pub fn entry(&self, id: EntryId) -> &published::Entry {
        &self.published(id.digest).told.entries[id.at as usize]
    }

    /// The range of a list, or of all together, that a mail is in.
    pub fn range_of(&self, scope: Scope, mail: MailId) -> Option<&Range> {
        self.range_id_of(scope, mail).map(|id| &self.ranges[id.0 as usize])
    }

    /// The same by its id.
    pub fn range_id_of(&self, scope: Scope, mail: MailId) -> Option<RangeId> {
        self.range_of.get(scope, mail)
    }

    /// The lists that any of a posting's own mails went to, ascending.
    pub fn lists_of(&self, id: PostingId) -> BTreeSet<ListId> {
        self.posting(id).members().flat_map(|m| self.mail(m).lists().iter().copied()).collect()
    }

    /// Whether any of a posting's own mails is in the scope.
    pub fn is_in(&self, id: PostingId, scope: Scope) -> bool {
        self.posting(id).members().any(|mail| self.mail(mail).is_in(scope))
    }

    /// The date of the newest mail: the archive's idea of "now". 0 when there is none.
    pub fn newest(&self) -> i64 {
        self.mails.iter().next_back().map_or(0, MailRef::date)
    }
}

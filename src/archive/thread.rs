//! Threads: mails tied by References and In-Reply-To.

use crate::archive::MailId;

/// Index of a discussion in [`crate::archive::Archive::threads`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

/// A discussion without patches.
#[derive(Clone, Debug)]
pub struct Thread {
    /// 10 characters of lower-case base 32: a hash of its first Message-ID.
    pub id: String,
    /// The title of its first mail, without `Re:` and prefixes.
    pub title: String,
    /// Its mails, by date.
    pub mails: Vec<MailId>,
}

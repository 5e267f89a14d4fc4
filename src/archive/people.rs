//! People: one human, whatever addresses they write from.

use crate::archive::MailId;

/// Index of a person in [`crate::archive::Archive::people`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub u32);

/// One human.
#[derive(Clone, Debug)]
pub struct Person {
    /// The last part of their page's URL; unique.
    pub slug: String,
    /// The name most frequent in their mail; the address where there is none.
    pub name: String,
    /// The address they used most.
    pub email: String,
    /// Every address they used, most used first, in lower case.
    pub addresses: Vec<String>,
    /// The mails they sent, by date.
    pub mails: Vec<MailId>,
}

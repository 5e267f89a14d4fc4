//! Bodies of mails, read again from the source when they are shown.

use std::borrow::Cow;

use crate::archive::published::text_of;
use crate::archive::{Archive, MailId, PublishedId};
use crate::diagnostic::Diagnostic;
use crate::mail::{self, Shown};
use crate::source::Store;

/// Reads the mails of an [`Archive`] again.
#[derive(Clone, Copy)]
pub struct Bodies<'a> {
    archive: &'a Archive,
    store: &'a Store,
}

impl<'a> Bodies<'a> {
    /// The bodies of `archive`, whose mails lie in `store`.
    pub fn new(archive: &'a Archive, store: &'a Store) -> Self {
        Bodies { archive, store }
    }

    /// What the mail's page shows, read anew.
    pub fn mail(&self, id: MailId) -> Shown {
        mail::read_shown(&self.raw(id))
    }

    /// Fails where a file could not be read when its mail was asked for: then what was given as
    /// a body is none.
    pub fn check(&self) -> Result<(), Diagnostic> {
        self.store.late_fault().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// A digest that was published as text, byte for byte.
    pub fn published(&self, id: PublishedId) -> &'a [u8] {
        self.store.texts()[self.archive.published(id).file as usize].bytes()
    }

    /// The same as text, to which the spans of its letters belong.
    pub fn published_text(&self, id: PublishedId) -> String {
        text_of(self.published(id))
    }

    /// The message as it was sent, mbox quoting undone.
    pub fn raw(&self, id: MailId) -> Cow<'a, [u8]> {
        self.store.read(self.archive.mail(id).origin())
    }
}

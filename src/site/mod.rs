//! Archive to website: the plan of pages and URLs, mail text to HTML, templates, output.
//!
//! [`build`] drives it; [`url`] knows every address; each kind of page is one file here and
//! one template of the theme. What text from mail becomes is decided in [`escape`] and
//! beside it, and files are written by [`output`] alone.

pub mod activity;
mod ahead;
pub mod almanac;
pub mod author;
mod below;
pub mod budget;
pub mod build;
pub mod chart;
pub mod compare;
pub mod context;
pub mod conversation;
pub mod diff;
pub mod digest;
pub mod directory;
pub mod escape;
pub mod feed;
mod files;
pub mod find;
pub mod fingerprint;
pub mod front;
mod gzip;
pub mod hub;
mod joiner;
pub mod ledger;
pub mod letter;
pub mod lineage;
pub mod links;
pub mod list;
pub mod lists;
pub(crate) mod manifest;
pub mod markdown;
#[cfg(test)]
mod markup;
pub mod mbox;
pub mod months;
pub mod notfound;
pub mod output;
pub mod page;
pub mod pager;
pub mod part;
pub mod people;
pub mod posting;
pub mod problems;
pub mod published;
pub mod redirect;
pub mod resident;
pub mod review;
pub mod row;
pub mod search;
pub mod sitemap;
pub mod spoken;
pub mod stamp;
pub mod subsystem;
pub mod text;
pub mod theme;
pub mod thread;
pub mod timeline;
pub mod url;
pub mod view;
pub mod waiting;

use std::collections::HashMap;

use serde::Serialize;

use crate::archive::waiting::Waiting;
use crate::archive::{Archive, Bodies, SubsystemId};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use context::specimen::Specimens;
use conversation::Offshoots;
use page::Content;
use people::People;
use published::Texts;
use review::Reviews;
use row::Rows;
use theme::Theme;
use url::{SitePath, Urls};

/// Everything that a page is made from.
pub struct Site<'a> {
    /// What the user configured.
    pub config: &'a Config,
    /// What is known of all mails.
    pub archive: &'a Archive,
    /// Their bodies, read when they are shown.
    pub bodies: Bodies<'a>,
    /// The digest of each of the archive's ranges, in their order.
    pub digests: &'a [Digest],
    /// Who did what.
    pub people: People,
    /// What published texts tell of people, subsystems and postings.
    pub texts: Texts,
    /// How far each posting is reviewed.
    pub reviews: Reviews,
    /// What waits for somebody at the newest mail.
    pub waiting: Waiting,
    /// Which postings answer which mails.
    pub offshoots: Offshoots,
    /// The parts of each subsystem that has some.
    pub subsystem_parts: HashMap<SubsystemId, Vec<SubsystemId>>,
    /// The postings as rows of lists.
    pub rows: Rows,
    /// Where everything is.
    pub urls: Urls<'a>,
    /// The owner's pages and notes.
    pub content: &'a Content,
    /// How it looks.
    pub theme: &'a Theme,
    /// Where values that templates are given are collected, if they are wanted.
    pub specimens: Option<&'a Specimens>,
}

/// A page, ready to be written.
pub struct Page {
    /// Where it goes.
    pub path: SitePath,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl Site<'_> {
    /// Whether there is mail, and not only published texts, which have no dates.
    pub fn has_mail(&self) -> bool {
        !self.archive.mails.is_empty()
    }

    /// The page at `path`: a template with what `view` holds. Fails where a user's template
    /// asks for what is not there.
    pub fn page(
        &self,
        path: SitePath,
        template: &str,
        view: &impl Serialize,
    ) -> Result<Page, Diagnostic> {
        self.long_page(path, template, view, 0)
    }

    /// The same, where it is known to have about so many bytes.
    pub fn long_page(
        &self,
        path: SitePath,
        template: &str,
        view: &impl Serialize,
        bytes: usize,
    ) -> Result<Page, Diagnostic> {
        if let Some(specimens) = self.specimens {
            specimens.look(path.as_str(), template, view);
        }
        Ok(Page { content: self.theme.render(template, view, bytes)?, path })
    }

    /// Text from mail as pages show it: addresses in it are as the configuration says. Not
    /// yet escaped; templates do that.
    pub fn shown(&self, text: &str) -> String {
        escape::with_addresses(text, self.config.addresses).into_owned()
    }
}

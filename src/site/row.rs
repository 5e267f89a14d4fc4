//! A posting as one row of a list: in digests, indexes, and on the pages of people and
//! subsystems.

use std::borrow::Cow;
use std::sync::OnceLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::archive::{MailId, Posting, PostingId, State};
use crate::digest::{Entry, Marks, Status};
use crate::site::Site;
use crate::site::lists::OnLists;
use crate::site::view::{Link, Since, Title, counted, day_short};

/// A posting in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: Title,
    /// Who wrote it.
    pub author: Link,
    /// `v5`.
    pub version: String,
    /// `RFC`, `resend`, `pull`: what else its subject says.
    pub words: Vec<&'static str>,
    /// Where it stands, in words.
    pub state: &'static str,
    /// Whether it still waits for somebody.
    pub waits: bool,
    /// How many patches it has.
    pub patches: u32,
    /// `13 patches`, or `12 of 13 patches`.
    pub patches_words: String,
    /// Lines added by all patches.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
    /// Answers.
    pub replies: u32,
    /// Patches that were reviewed.
    pub reviewed: u32,
    /// `9 of 13`; empty where there are no patches.
    pub reviewed_words: String,
    /// Trailers on its patches.
    pub tally: Marks,
    /// The lists it went to, where the site has several.
    pub on: OnLists,
    /// Its subsystems.
    pub subsystems: Vec<Link>,
    /// The day of its first mail: `10 Jun 2025`.
    pub day: String,
    /// The day of its newest mail: `24 Jun 2025`.
    pub last: String,
}

/// A posting in a list of those that wait.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WaitingRow {
    /// The posting, as in other lists.
    #[serde(flatten)]
    pub row: Row,
    /// The day of its newest mail.
    pub since: Since,
}

/// What is new about a posting, in a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusView {
    /// `New`, `v6→v7` or `Resend`.
    pub text: String,
    /// Whether it is the first of its series.
    pub new: bool,
}

impl StatusView {
    /// What is new about an entry of a digest.
    pub fn of(site: &Site<'_>, entry: &Entry) -> Self {
        let version = site.archive.posting(entry.posting).version;
        let text = match entry.status {
            Status::New => "New".to_string(),
            Status::Resend => "Resend".to_string(),
            Status::Revision { from } => format!("v{from}→v{version}"),
        };
        StatusView { text, new: entry.status == Status::New }
    }
}

/// A [`Row`] in the form that templates take. A posting is listed on the pages of its month,
/// its author and each of its subsystems, and its row is the same on all of them: it is made
/// once, unless there are very many.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Listed(tera::Value);

/// Templates see a [`Row`].
impl JsonSchema for Listed {
    fn schema_name() -> Cow<'static, str> {
        Row::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Row::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Row::json_schema(generator)
    }
}

/// Rows that are kept, at most. Each takes about 4.5 kB.
const KEPT: usize = 10_000;

/// The rows of the newest postings, each made when a page first asks for it. Those of older ones
/// are made for every page: a large archive needs the memory more.
#[derive(Debug)]
pub struct Rows {
    /// Postings before those that have a place here.
    older: usize,
    rows: Vec<OnceLock<Listed>>,
}

impl Rows {
    /// Room for the rows of so many postings.
    pub fn new(postings: usize) -> Rows {
        let older = postings.saturating_sub(KEPT);
        Rows { older, rows: (older..postings).map(|_| OnceLock::new()).collect() }
    }

    /// The row of a posting, which is made once if it is kept.
    fn get_or_make(&self, id: PostingId, make: impl FnOnce() -> Listed) -> Listed {
        let at = (id.0 as usize).checked_sub(self.older);
        match at.and_then(|at| self.rows.get(at)) {
            Some(row) => row.get_or_init(make).clone(),
            None => make(),
        }
    }
}

impl Site<'_> {
    /// A posting as a row of a list.
    pub fn row(&self, id: PostingId) -> Listed {
        let make = || {
            // Only maps with odd keys can't be made a value of, and there are none.
            let value = tera::Value::try_from_serializable(&Row::of(self, id));
            Listed(value.unwrap_or_else(|_| tera::Value::none()))
        };
        self.rows.get_or_make(id, make)
    }

    /// A posting as a row of a list of those that wait.
    pub fn waiting_row(&self, id: PostingId) -> WaitingRow {
        let since = Since::of(self.archive.posting(id).last);
        WaitingRow { row: Row::of(self, id), since }
    }
}

impl Row {
    /// A posting as a row.
    fn of(site: &Site<'_>, id: PostingId) -> Row {
        let posting = site.archive.posting(id);
        let (added, removed) = lines(site, posting);
        let review = site.reviews.posting(id);
        let reviewed = review.patches;
        let patches = posting.patches.len() as u32;
        Row {
            href: site.urls.posting(id),
            title: site.title(&posting.title),
            author: site.person_link(posting.author),
            version: format!("v{}", posting.version),
            words: words(posting),
            state: posting.state.words(),
            waits: waits(posting),
            patches,
            patches_words: patches_words(posting),
            added,
            removed,
            replies: posting.replies.len() as u32,
            reviewed,
            reviewed_words: match patches {
                0 => String::new(),
                _ => format!("{reviewed} of {patches}"),
            },
            tally: review.tally,
            on: site.on_lists_of(id),
            subsystems: site.subsystem_links(id),
            day: day_short(posting.date),
            last: day_short(posting.last),
        }
    }
}

/// What a posting's subject says beside its version.
pub fn words(posting: &Posting) -> Vec<&'static str> {
    let said = [(posting.rfc, "RFC"), (posting.resend, "resend"), (posting.pull, "pull")];
    said.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect()
}

/// Whether a posting still waits for somebody: it is current, and neither reviewed nor
/// applied.
pub fn waits(posting: &Posting) -> bool {
    matches!(posting.state, State::New | State::UnderReview | State::Incomplete)
}

/// `13 patches`; where some never arrived or stand from before, `12 of 13 patches`.
pub fn patches_words(posting: &Posting) -> String {
    let here = posting.patches.len() as u32;
    let said = here + (posting.missing.len() + posting.standing.len()) as u32;
    match (here, posting.pull) {
        (0, true) => "pull request".to_string(),
        _ if here == said => counted(here, "patch", "patches"),
        _ => format!("{here} of {}", counted(said, "patch", "patches")),
    }
}

/// Lines added and removed by all patches of a posting.
pub fn lines(site: &Site<'_>, posting: &Posting) -> (u32, u32) {
    let mails = posting.patches.iter().map(|slot| site.archive.mail(slot.mail));
    mails.fold((0, 0), |(added, removed), m| (added + m.added(), removed + m.removed()))
}

/// How many different files the patches of a posting touch.
pub fn file_count(site: &Site<'_>, posting: &Posting) -> u32 {
    let files = |mail: MailId| site.archive.mail(mail).files().map(|f| f.path);
    let mut paths: Vec<_> = posting.patches.iter().flat_map(|slot| files(slot.mail)).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.len() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_newest_postings_are_made_once() {
        let rows = Rows::new(KEPT + 1);
        let made = |id| {
            let count = std::cell::Cell::new(0);
            for _ in 0..2 {
                rows.get_or_make(PostingId(id), || {
                    count.set(count.get() + 1);
                    Listed(tera::Value::none())
                });
            }
            count.get()
        };
        assert_eq!((made(0), made(1), made(KEPT as u32)), (2, 1, 1));
    }
}

//! The postings that a published text tells of: which of its blocks are of one.
//!
//! A posting prints its first patch, then its cover letter; a line stands for a mail that is
//! not printed. So what belongs together is neighbouring and agrees in total and version. Two
//! authors are one posting's only where the cover letter lists the patch.

use std::collections::HashMap;

use super::layout::{Block, Letter, Reference};
use super::list::ListRow;
use crate::archive::subsystem::SubsystemId;
use crate::archive::{PersonId, PostingId};
use crate::mail::{Address, Revision, Subject};

use super::EntryId;

/// A posting as far as a text tells of it.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The name of its anchor on the digest's page, without a prefix: ten characters, with a
    /// number where the text tells of it twice.
    pub id: String,
    /// Its title: that of the cover letter, else that of the first patch.
    pub title: String,
    /// Its version; 1 where none is said.
    pub version: Revision,
    /// How many patches it has, as its subjects say.
    pub total: u32,
    /// It says RFC.
    pub rfc: bool,
    /// It says RESEND.
    pub resend: bool,
    /// It says PULL.
    pub pull: bool,
    /// Who is named as its author.
    pub author: Option<Address>,
    /// Who that is.
    pub person: Option<PersonId>,
    /// Its cover letter, if it is printed.
    pub cover: Option<Letter>,
    /// Its patches that are printed.
    pub patches: Vec<Letter>,
    /// Its patches that were printed before.
    pub exist: Vec<Exist>,
    /// A cover letter that is left out since it has the title of its only patch.
    pub skip: Option<Reference>,
    /// Its row in the patch list.
    pub row: Option<ListRow>,
    /// Its subsystems.
    pub subsystems: Vec<SubsystemId>,
    /// The version before it in these texts.
    pub before: Option<EntryId>,
    /// The version after it.
    pub after: Option<EntryId>,
    /// The posting of mail that it is.
    pub posting: Option<PostingId>,
}

/// A patch that was printed before.
#[derive(Clone, Debug)]
pub struct Exist {
    /// What the text says.
    pub reference: Reference,
    /// Where it is printed.
    pub shown: Option<EntryId>,
}

impl Entry {
    /// The subjects of its mails, as far as they are told.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        let printed = self.cover.iter().chain(&self.patches).map(|letter| &letter.subject);
        let named = self.exist.iter().map(|exist| &exist.reference).chain(&self.skip);
        printed.chain(named.map(|reference| &reference.subject))
    }

    /// How many patches it has: as the patch list says, else as the subjects do.
    pub fn patch_count(&self) -> u32 {
        self.row.as_ref().map_or(self.total, |row| row.patches)
    }
}

/// Joins the blocks of a text, and finds for each posting its row of the patch list. Rows that
/// nothing else is told of are postings, too.
pub(super) fn join(text: &str, blocks: Vec<Block>, rows: Vec<ListRow>) -> Vec<Entry> {
    let mut drafts: Vec<Draft> = Vec::new();
    for block in blocks {
        match drafts.last_mut() {
            Some(draft) if draft.takes(text, &block) => draft.push(block),
            _ => drafts.push(Draft::of(block)),
        }
    }
    let mut entries: Vec<Entry> = drafts.into_iter().filter_map(Draft::finish).collect();
    give_rows(&mut entries, rows);
    entries
}

/// A posting while the blocks are gone through.
#[derive(Default)]
struct Draft {
    cover: Option<Letter>,
    patches: Vec<Letter>,
    exist: Vec<Reference>,
    skip: Option<Reference>,
}

impl Draft {
    fn of(block: Block) -> Draft {
        let mut draft = Draft::default();
        draft.push(block);
        draft
    }

    fn push(&mut self, block: Block) {
        match block {
            Block::New(letter) if letter.subject.index == Some(0) => self.cover = Some(letter),
            Block::New(letter) => self.patches.push(letter),
            Block::Exist(reference) => self.exist.push(reference),
            Block::Skip(reference) => self.skip = Some(reference),
        }
    }

    /// Whether a block is of the same posting as those before it.
    fn takes(&self, text: &str, block: &Block) -> bool {
        // The cover letter is the last that is told of a posting.
        if self.cover.is_some() || self.skip.is_some() {
            return false;
        }
        let Some(known) = self.subject() else { return false };
        match block {
            Block::New(letter) if letter.subject.total.is_none() => false,
            Block::New(letter) if letter.subject.index == Some(0) => {
                agree(known, &letter.subject) && self.is_covered_by(text, letter)
            }
            Block::New(letter) => {
                agree(known, &letter.subject)
                    && self.has_room_for(letter.subject.index)
                    && self.patches.iter().any(|patch| same_author(patch, letter))
            }
            Block::Exist(Reference { subject_text, .. }) => {
                self.patches.iter().any(|patch| patch.subject_text == *subject_text)
            }
            Block::Skip(Reference { subject, .. }) => {
                agree(known, subject) && known.title == subject.title
            }
        }
    }

    fn subject(&self) -> Option<&Subject> {
        let printed = self.patches.first().map(|patch| &patch.subject);
        printed.or_else(|| self.exist.first().map(|reference| &reference.subject))
    }

    fn has_room_for(&self, index: Option<u32>) -> bool {
        self.exist.is_empty() && self.patches.iter().all(|patch| patch.subject.index != index)
    }

    fn is_covered_by(&self, text: &str, cover: &Letter) -> bool {
        let message = text.get(cover.message.clone()).unwrap_or_default();
        // A line that only names a patch stands right above its cover letter.
        self.patches.iter().all(|patch| same_author(patch, cover) || lists(message, &patch.title))
    }

    /// The posting; nothing where there is not a title to call it by.
    fn finish(self) -> Option<Entry> {
        let exist = self.exist.into_iter();
        let entry = Entry {
            cover: self.cover,
            patches: self.patches,
            exist: exist.map(|reference| Exist { reference, shown: None }).collect(),
            skip: self.skip,
            ..Entry::default()
        };
        let said = |is: fn(&Subject) -> bool| entry.subjects().any(is);
        let (rfc, resend, pull) = (said(|s| s.rfc), said(|s| s.resend), said(|s| s.pull));
        let first = entry.subjects().next()?;
        let (title, total) = (first.title.clone(), first.total);
        let version = entry.subjects().find_map(|s| s.version).unwrap_or(Revision::FIRST);
        let letter = entry.cover.as_ref().or(entry.patches.first());
        let author = letter.and_then(|letter| letter.author.clone());
        Some(Entry {
            title,
            version,
            total: total.unwrap_or(1),
            rfc,
            resend,
            pull,
            author,
            ..entry
        })
    }
}

/// Whether two subjects may be of one posting.
fn agree(a: &Subject, b: &Subject) -> bool {
    a.total == b.total && a.version == b.version && a.rfc == b.rfc && a.tags == b.tags
}

fn same_author(a: &Letter, b: &Letter) -> bool {
    match (&a.author, &b.author) {
        (Some(a), Some(b)) if a.email.is_empty() || b.email.is_empty() => a.name == b.name,
        (Some(a), Some(b)) => a.same_email(b),
        _ => false,
    }
}

/// Whether a cover letter has the patch in its shortlog, where long titles are wrapped.
fn lists(message: &str, title: &str) -> bool {
    const ENOUGH: usize = 20;
    message.lines().filter(|line| line.starts_with(' ')).map(str::trim).any(|line| {
        let cut = line.len() >= ENOUGH && title.starts_with(line);
        cut || (!title.is_empty() && line.starts_with(title))
    })
}

/// Gives each posting the first row that has its title and version. Postings that only the
/// patch list tells of follow the others.
fn give_rows(entries: &mut Vec<Entry>, rows: Vec<ListRow>) {
    let mut waiting: HashMap<(&str, Option<Revision>), Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate().rev() {
        waiting.entry((&row.title, row.version)).or_default().push(at);
    }
    let places: Vec<Option<usize>> = entries
        .iter()
        .map(|entry| waiting.get_mut(&(entry.title.as_str(), Some(entry.version)))?.pop())
        .collect();
    let mut rows: Vec<Option<ListRow>> = rows.into_iter().map(Some).collect();
    for (entry, place) in entries.iter_mut().zip(places) {
        entry.row = place.and_then(|at| rows.get_mut(at)?.take());
    }
    for entry in entries.iter_mut() {
        if let Some(row) = &entry.row {
            entry.rfc |= row.rfc;
            entry.resend |= row.resend;
            entry.pull |= row.pull;
        }
    }
    entries.extend(rows.into_iter().flatten().map(listed_only));
}

/// A posting that only the patch list tells of.
fn listed_only(row: ListRow) -> Entry {
    Entry {
        title: row.title.clone(),
        version: row.version.unwrap_or(Revision::FIRST),
        total: row.total,
        rfc: row.rfc,
        resend: row.resend,
        pull: row.pull,
        row: Some(row),
        ..Entry::default()
    }
}

//! The postings that a published text tells of: which of its blocks are of one.
//!
//! A posting prints its first patch, then its cover letter; a line stands for a mail that is
//! not printed. So what belongs together is neighbouring and agrees in total and version. Two
//! authors are one posting's only where the cover letter lists the patch.

use std::collections::{HashMap, HashSet};

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

    fn take_row(&mut self, row: ListRow) {
        self.rfc |= row.rfc;
        self.resend |= row.resend;
        self.pull |= row.pull;
        self.row = Some(row);
    }

    /// How many patches it has: as the patch list says, else as the subjects do.
    pub fn patch_count(&self) -> u32 {
        self.row.as_ref().map_or(self.total, |row| row.patches)
    }
}

/// Joins the blocks of a text, and finds for each posting its row of the patch list. Rows that
/// nothing else is told of are postings, too.
pub(super) fn join(text: &str, blocks: Vec<Block>, rows: Vec<ListRow>) -> Vec<Entry> {
    if let Some(shares) = along_rows(&blocks, &rows) {
        return by_rows(blocks, rows, &shares);
    }
    let evidence = Evidence::of(text, &rows);
    let mut drafts: Vec<Draft> = Vec::new();
    let mut blocks = blocks.into_iter().peekable();
    while let Some(block) = blocks.next() {
        let last = drafts.last_mut();
        let taken = last.and_then(|draft| {
            let role = draft.takes(&evidence, &block, blocks.peek())?;
            Some((role, draft))
        });
        match taken {
            Some((role, draft)) => draft.push(role, block),
            None => drafts.push(Draft::of(block)),
        }
    }
    let mut entries: Vec<Entry> = drafts.into_iter().filter_map(Draft::finish).collect();
    give_rows(&mut entries, rows);
    entries
}

/// The blocks of each row, where the patch list and the blocks go along with each other to
/// the end: how many, and whether the last is the cover letter. So do all texts with a patch
/// list that were not edited.
fn along_rows(blocks: &[Block], rows: &[ListRow]) -> Option<Vec<(usize, bool)>> {
    if rows.is_empty() {
        return None;
    }
    let mut rest = blocks;
    let mut shares = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let share = share_of(row, rows.get(at + 1), rest)?;
        rest = &rest[share.0..];
        shares.push(share);
    }
    rest.is_empty().then_some(shares)
}

/// How many of the blocks that follow are of a row, and whether the last is its cover letter.
fn share_of(row: &ListRow, next: Option<&ListRow>, rest: &[Block]) -> Option<(usize, bool)> {
    let mut count = 0;
    if row.patches > 0 {
        count = match rest {
            [Block::New(_) | Block::Exist(_), ..] if rest[0].title() != first_title(row) => {
                return None;
            }
            [Block::New(patch), Block::Exist(again), Block::Skip(_), ..]
                if patch.subject_text == again.subject_text =>
            {
                return Some((3, false));
            }
            [Block::Exist(_), Block::Skip(_), ..] => return Some((2, false)),
            [Block::New(_) | Block::Exist(_), ..] => 1,
            _ => return None,
        };
    }
    let cover = match rest.get(count) {
        Some(Block::New(cover)) if cover.subject.title == row.title => cover,
        _ => return Some((count, false)).filter(|_| count > 0),
    };
    // Few cover letters are not numbered 0; then the patch list tells them from what follows.
    let is_apart = row.patches == 0 || !row.parts.is_empty();
    let is_of_next = next.is_some_and(|next| first_title(next) == row.title);
    match cover.subject.index == Some(0) || (is_apart && (count == 0 || !is_of_next)) {
        true => Some((count + 1, true)),
        false => Some((count, false)),
    }
}

/// The title of the first patch of a row.
fn first_title(row: &ListRow) -> &str {
    row.parts.first().map_or(&row.title, |part| &part.title)
}

/// The postings, each with its share of the blocks.
fn by_rows(blocks: Vec<Block>, rows: Vec<ListRow>, shares: &[(usize, bool)]) -> Vec<Entry> {
    let mut blocks = blocks.into_iter();
    let mut entries = Vec::with_capacity(rows.len());
    for (row, (count, has_cover)) in rows.into_iter().zip(shares) {
        let mut draft = Draft::default();
        for at in 1..=*count {
            let role = if *has_cover && at == *count { Role::Cover } else { Role::Other };
            blocks.next().into_iter().for_each(|block| draft.push(role, block));
        }
        let mut entry = draft.finish().unwrap_or_default();
        entry.title.clone_from(&row.title);
        entry.total = row.total;
        entry.version = row.version.unwrap_or(entry.version);
        entry.take_row(row);
        entries.push(entry);
    }
    entries
}

impl Block {
    /// The title of the mail that it tells of.
    fn title(&self) -> &str {
        match self {
            Block::New(letter) => &letter.subject.title,
            Block::Exist(reference) | Block::Skip(reference) => &reference.subject.title,
        }
    }
}

/// What tells that a cover letter and a patch of different authors are of one posting.
struct Evidence<'a> {
    text: &'a str,
    /// Titles of a posting and of a patch that stands below it in the patch list.
    listed: HashSet<(String, String)>,
}

impl<'a> Evidence<'a> {
    fn of(text: &'a str, rows: &[ListRow]) -> Evidence<'a> {
        let pairs = rows.iter().flat_map(|row| row.parts.iter().map(move |part| (row, part)));
        let listed = pairs.map(|(row, part)| (row.title.clone(), part.title.clone())).collect();
        Evidence { text, listed }
    }

    /// Whether the patch list has a patch of this title below the cover letter's.
    fn is_listed(&self, cover: &Letter, patch: &Subject) -> bool {
        self.listed.contains(&(cover.subject.title.clone(), patch.title.clone()))
    }

    /// Whether the cover letter itself lists the patch.
    fn is_in_shortlog(&self, cover: &Letter, patch: &Letter) -> bool {
        lists(self.text.get(cover.message.clone()).unwrap_or_default(), &patch.title)
    }
}

/// What a block is in its posting.
#[derive(Clone, Copy)]
enum Role {
    Cover,
    /// A patch, or a line that stands for a mail.
    Other,
}

/// A posting while the blocks are gone through.
#[derive(Default)]
struct Draft {
    cover: Option<Letter>,
    patches: Vec<Letter>,
    /// The numbers of the patches.
    indices: HashSet<u32>,
    exist: Vec<Reference>,
    skip: Option<Reference>,
}

impl Draft {
    fn of(block: Block) -> Draft {
        let role = match &block {
            Block::New(letter) if letter.subject.index == Some(0) => Role::Cover,
            _ => Role::Other,
        };
        let mut draft = Draft::default();
        draft.push(role, block);
        draft
    }

    fn push(&mut self, role: Role, block: Block) {
        match (role, block) {
            (Role::Cover, Block::New(letter)) => self.cover = Some(letter),
            (Role::Other, Block::New(letter)) => {
                self.indices.extend(letter.subject.index);
                self.patches.push(letter);
            }
            (_, Block::Exist(reference)) => self.exist.push(reference),
            (_, Block::Skip(reference)) => self.skip = Some(reference),
        }
    }

    /// What a block is in this posting; none if it is of another.
    fn takes(&self, evidence: &Evidence<'_>, block: &Block, next: Option<&Block>) -> Option<Role> {
        // The cover letter is the last that is told of a posting.
        if self.cover.is_some() || self.skip.is_some() {
            return None;
        }
        let known = self.subject()?;
        let is_of_it = match block {
            Block::New(letter) if self.is_covered_by(evidence, known, letter) => {
                return Some(Role::Cover);
            }
            Block::New(letter) => self.has_patch(known, letter),
            // Without a cover letter that is skipped, it is a resend.
            Block::Exist(Reference { subject_text, subject, .. }) => {
                matches!(next, Some(Block::Skip(skip)) if agree(subject, &skip.subject))
                    && self.patches.iter().any(|patch| patch.subject_text == *subject_text)
            }
            Block::Skip(Reference { subject, .. }) => {
                agree(known, subject) && known.title == subject.title
            }
        };
        is_of_it.then_some(Role::Other)
    }

    fn subject(&self) -> Option<&Subject> {
        let printed = self.patches.first().map(|patch| &patch.subject);
        printed.or_else(|| self.exist.first().map(|reference| &reference.subject))
    }

    /// Whether a patch is another one of this posting; all of them have one author.
    fn has_patch(&self, known: &Subject, patch: &Letter) -> bool {
        let index = patch.subject.index.filter(|index| *index > 0);
        index.is_some_and(|index| !self.indices.contains(&index))
            && self.exist.is_empty()
            && agree(known, &patch.subject)
            && self.patches.first().is_some_and(|first| same_author(first, patch))
    }

    /// Whether a mail is the cover letter of this posting. Few are not numbered 0.
    fn is_covered_by(&self, evidence: &Evidence<'_>, known: &Subject, cover: &Letter) -> bool {
        if evidence.is_listed(cover, known) {
            return true;
        }
        let is_named = |patch| same_author(patch, cover) || evidence.is_in_shortlog(cover, patch);
        // A line that only names a patch stands right above its cover letter.
        cover.subject.index == Some(0)
            && known.total.is_some()
            && agree(known, &cover.subject)
            && self.patches.first().is_none_or(is_named)
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

/// Whether two subjects may be of one posting. A patch without a version has that of the cover
/// letter, which comes after it.
fn agree(patch: &Subject, other: &Subject) -> bool {
    let version = patch.version.is_none() || patch.version == other.version;
    version && patch.total == other.total && patch.rfc == other.rfc && patch.tags == other.tags
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
        if let Some(row) = place.and_then(|at| rows.get_mut(at)?.take()) {
            entry.take_row(row);
        }
    }
    entries.extend(rows.into_iter().flatten().map(listed_only));
}

/// A posting that only the patch list tells of.
fn listed_only(row: ListRow) -> Entry {
    let version = row.version.unwrap_or(Revision::FIRST);
    let mut entry =
        Entry { title: row.title.clone(), version, total: row.total, ..Entry::default() };
    entry.take_row(row);
    entry
}

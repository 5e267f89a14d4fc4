//! The facts of every mail that was read, packed: numbers in fixed-size records, and texts
//! once each.
//!
//! A [`Table`] stands in the order in which mail was read, copies and all; which of them an
//! archive shows, and in which order, is [`Mails`](super::Mails)'s. Its parts are arrays of
//! plain integers and one text, so that it can be written down and read again as it is:
//!
//! - `texts` and `pairs`: every text once, and every pair of texts that stands together;
//! - `records`: what each mail has exactly one of;
//! - `references`, `tags`, `files`, `trailers`, `notes`: what a mail has any number of. The
//!   record says where its own end; they begin where those of the record before end;
//! - `patch_ids`: of the mails that have one; the record says which.
//!
//! What can be reckoned from these is not kept in it. A [`Builder`] makes a table of single mails;
//! a table that was kept is joined by another, or goes on with what was cut off it.

use std::ops::Range;

use crate::archive::ListId;
use crate::archive::facts::{Facts, Lineage, Needs};
use crate::archive::texts::{self, Interner, Pair, Symbol, Texts};
use crate::mail::{Address, PatchId, Revision, Subject};
use crate::source::{FileId, Origin};

/// The facts of mails in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub(super) texts: Texts,
    pub(super) pairs: Vec<[Symbol; 2]>,
    pub(super) records: Vec<Record>,
    pub(super) references: Vec<Symbol>,
    pub(super) tags: Vec<Symbol>,
    pub(super) files: Vec<FileRecord>,
    pub(super) trailers: Vec<Pair>,
    pub(super) notes: Vec<Note>,
    pub(super) patch_ids: Vec<PatchId>,
}

/// What every mail has one of. A `*_end` is where its share of an array of the table ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) offset: u64,
    pub(super) date: i64,
    pub(super) content: u64,
    pub(super) fingerprint: u64,
    pub(super) file: u32,
    pub(super) len: u32,
    pub(super) list: u32,
    /// Position of its source file among its list's; of its range, for those by commits.
    pub(super) source_file: u32,
    pub(super) message_id: Symbol,
    pub(super) in_reply_to: Symbol,
    /// Name and address.
    pub(super) from: Pair,
    pub(super) author: Pair,
    pub(super) subject_text: Symbol,
    pub(super) title: Symbol,
    /// Of [`flag`]s.
    pub(super) flags: u32,
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) index: u32,
    pub(super) total: u32,
    /// Where among the patch-ids, or [`NONE`].
    pub(super) patch_id: u32,
    pub(super) references_end: u32,
    pub(super) tags_end: u32,
    pub(super) files_end: u32,
    pub(super) trailers_end: u32,
    pub(super) notes_end: u32,
}

/// How much a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) rows: usize,
    pub(super) texts: usize,
    pub(super) pairs: usize,
}

/// Stands where there is no number.
pub(super) const NONE: u32 = u32::MAX;

/// What is true of a mail, a bit each.
pub(super) mod flag {
    pub(crate) const REPLY: u32 = 1;
    pub(crate) const FORWARD: u32 = 1 << 1;
    pub(crate) const PATCH: u32 = 1 << 2;
    pub(crate) const PULL: u32 = 1 << 3;
    pub(crate) const RFC: u32 = 1 << 4;
    pub(crate) const RESEND: u32 = 1 << 5;
    pub(crate) const HAS_VERSION: u32 = 1 << 6;
    pub(crate) const HAS_INDEX: u32 = 1 << 7;
    pub(crate) const HAS_TOTAL: u32 = 1 << 8;
    pub(crate) const HAS_DIFF: u32 = 1 << 9;
    pub(crate) const HAS_DIFFSTAT: u32 = 1 << 10;
    pub(crate) const SAYS_APPLIED: u32 = 1 << 11;
    pub(crate) const SAYS_NACK: u32 = 1 << 12;
}

/// A file that a mail's diff touches.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileRecord {
    pub(super) path: Symbol,
    pub(super) added: u32,
    pub(super) removed: u32,
}

/// What few mails have: a text, or a number, or both, and of what kind it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// One of [`note`].
    pub(super) kind: u32,
    pub(super) text: Symbol,
    pub(super) number: u32,
}

/// The kinds of [`Note`].
pub(super) mod note {
    /// The Message-ID it had before a list wrapped it.
    pub(crate) const ENCLOSED_ID: u32 = 0;
    /// Its `change-id:`.
    pub(crate) const CHANGE_ID: u32 = 1;
    /// A Message-ID that it supersedes.
    pub(crate) const SUPERSEDES: u32 = 2;
    /// A Message-ID that its changelog links to.
    pub(crate) const LINK: u32 = 3;
    /// A change-id that it needs, of any version.
    pub(crate) const NEEDS_CHANGE: u32 = 4;
    /// The same, of the version that the number says.
    pub(crate) const NEEDS_VERSION: u32 = 5;
    /// A Message-ID that it needs.
    pub(crate) const NEEDS_MAIL: u32 = 6;
    /// What its changelog says of its own version.
    pub(crate) const CHANGELOG: u32 = 7;
    /// A section of MAINTAINERS that its content belongs to, by number.
    pub(crate) const KEYWORD: u32 = 8;
}

/// What a mail's source says of it: where its bytes are, which list it was sent to, and the
/// position of its file, or of its range, on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where its bytes are.
    pub origin: Origin,
    /// The list.
    pub list: ListId,
    /// Position of the file among the list's; of the range, where that is cut by commits.
    pub position: u32,
}

impl Table {
    /// How many mails it has.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The pair's texts.
    pub(super) fn pair(&self, pair: Pair) -> [&str; 2] {
        self.pairs[pair.index()].map(|symbol| self.texts.get(symbol))
    }

    /// Leaves out the mails for which `place` gives nothing, as those of a source that is gone
    /// or has changed, and puts the others where it says; it is told the row of each, too. Gives
    /// the rows that were left out. Texts that nothing needs any more stay until the table is
    /// made anew.
    pub fn retain(&mut self, mut place: impl FnMut(u32, Place) -> Option<Place>) -> Vec<u32> {
        let mut gone = Vec::new();
        for (row, record) in (0..).zip(&mut self.records) {
            match place(row, record.place()) {
                Some(place) => record.put(place),
                None => gone.push(row),
            }
        }
        self.leave_out(&gone);
        gone
    }

    /// Leaves out rows, given in order. Those before the first of them are not touched.
    fn leave_out(&mut self, gone: &[u32]) {
        let Some(&first) = gone.first() else { return };
        let rest = self.rows_from(first as usize);
        self.truncate(first as usize);
        let mut gone = gone.iter().map(|row| row - first).peekable();
        let stays = rest.rows().filter(|row| gone.next_if_eq(row).is_none());
        self.add_rows(&rest, stays, |text| text, |pair| pair);
    }

    /// The rows from one on, without the texts and the pairs that they name.
    fn rows_from(&self, first: usize) -> Table {
        let mut rows = Table::default();
        rows.add_rows(self, self.rows().skip(first), |text| text, |pair| pair);
        rows
    }

    fn rows(&self) -> Range<u32> {
        0..self.records.len() as u32
    }

    fn truncate(&mut self, rows: usize) {
        let patch_id = self.records[rows..].iter().map(|r| r.patch_id).find(|id| *id != NONE);
        self.patch_ids.truncate(patch_id.map_or(self.patch_ids.len(), |id| id as usize));
        self.records.truncate(rows);
        let end = |end: fn(&Record) -> u32| self.records.last().map_or(0, end) as usize;
        self.references.truncate(end(|r| r.references_end));
        self.tags.truncate(end(|r| r.tags_end));
        self.files.truncate(end(|r| r.files_end));
        self.trailers.truncate(end(|r| r.trailers_end));
        self.notes.truncate(end(|r| r.notes_end));
    }

    /// Adds rows of another, where its texts and pairs have these numbers.
    fn add_rows(
        &mut self,
        other: &Table,
        rows: impl Iterator<Item = u32>,
        text: impl Fn(Symbol) -> Symbol,
        pair: impl Fn(Pair) -> Pair,
    ) {
        let text_or_none = |symbol: Symbol| symbol.some().map_or(symbol, &text);
        for row in rows {
            let record = &other.records[row as usize];
            let Shares { references, tags, files, trailers, notes } =
                Shares::of(&other.records, row as usize);
            self.references.extend(other.references[references].iter().copied().map(&text));
            self.tags.extend(other.tags[tags].iter().copied().map(&text));
            let files = other.files[files].iter();
            self.files.extend(files.map(|file| FileRecord { path: text(file.path), ..*file }));
            self.trailers.extend(other.trailers[trailers].iter().copied().map(&pair));
            let notes = other.notes[notes].iter();
            self.notes.extend(notes.map(|note| Note { text: text_or_none(note.text), ..*note }));
            let patch_id = other.patch_ids.get(record.patch_id as usize).copied();
            let record = Record {
                message_id: text(record.message_id),
                in_reply_to: text_or_none(record.in_reply_to),
                from: pair(record.from),
                author: pair(record.author),
                subject_text: text(record.subject_text),
                title: text(record.title),
                patch_id: self.add_patch_id(patch_id),
                ..*record
            };
            self.push(record);
        }
    }

    /// What came to it since it had so many rows, texts and pairs. The numbers in what it gives
    /// are those that they have here, so it is a table of its own only behind the rest:
    /// [`Table::go_on`].
    pub(super) fn since(&self, Extent { rows, texts, pairs }: Extent) -> Table {
        Table {
            texts: self.texts.after(texts),
            pairs: self.pairs[pairs..].to_vec(),
            ..self.rows_from(rows)
        }
    }

    /// Goes on with what [`Table::since`] gave of one that began as this one does.
    pub(super) fn go_on(&mut self, since: &Table) {
        self.texts.extend(&since.texts);
        self.pairs.reserve_exact(since.pairs.len());
        self.pairs.extend_from_slice(&since.pairs);
        self.reserve(since);
        self.add_rows(since, since.rows(), |text| text, |pair| pair);
    }

    /// Adds the mails of another table behind its own. It costs about what the other has, and
    /// looking once at each text.
    pub fn join(&mut self, other: Table) {
        if self.is_empty() && self.texts.is_empty() {
            *self = other;
            return;
        }
        let text_of = self.texts.join(&other.texts);
        let text = |symbol: Symbol| text_of[symbol.index()];
        let pairs: Vec<[Symbol; 2]> = other.pairs.iter().map(|pair| pair.map(text)).collect();
        let pair_of = texts::join_pairs(&mut self.pairs, &pairs);
        self.reserve(&other);
        self.add_rows(&other, other.rows(), text, |pair| pair_of[pair.index()]);
    }

    /// Makes room for the rows of another, and no more: it is large.
    fn reserve(&mut self, other: &Table) {
        self.records.reserve_exact(other.records.len());
        self.references.reserve_exact(other.references.len());
        self.tags.reserve_exact(other.tags.len());
        self.files.reserve_exact(other.files.len());
        self.trailers.reserve_exact(other.trailers.len());
        self.notes.reserve_exact(other.notes.len());
        self.patch_ids.reserve_exact(other.patch_ids.len());
    }

    /// How much it has.
    pub(super) fn extent(&self) -> Extent {
        let (rows, texts, pairs) = (self.records.len(), self.texts.len(), self.pairs.len());
        Extent { rows, texts, pairs }
    }

    /// Whether every number in it leads to something, where so many texts and pairs can be named:
    /// so of one that was written down.
    pub(super) fn is_whole(&self, Extent { texts, pairs, .. }: Extent) -> bool {
        let text = |symbol: &Symbol| symbol.index() < texts;
        let text_or_none = |symbol: &Symbol| symbol.some().is_none_or(|symbol| text(&symbol));
        let pair = |pair: &Pair| pair.index() < pairs;
        let record = |r: &Record| {
            [r.message_id, r.subject_text, r.title].iter().all(text)
                && text_or_none(&r.in_reply_to)
                && [r.from, r.author].iter().all(pair)
        };
        let rest = || {
            self.pairs.iter().flatten().all(text)
                && self.references.iter().chain(&self.tags).all(text)
                && self.files.iter().all(|file| text(&file.path))
                && self.trailers.iter().all(pair)
                && self.notes.iter().all(|note| text_or_none(&note.text))
        };
        let records = || self.shares_are_whole() && self.records.iter().all(record);
        rayon::join(records, rest) == (true, true)
    }

    /// Whether the records share out the arrays, in order and wholly.
    fn shares_are_whole(&self) -> bool {
        let ends = |end: fn(&Record) -> u32, length: usize| {
            let last = self.records.last().map_or(0, end);
            self.records.is_sorted_by_key(end) && last as usize == length
        };
        let patch_ids = self.records.iter().map(|r| r.patch_id).filter(|id| *id != NONE);
        patch_ids.eq(0..self.patch_ids.len() as u32)
            && ends(|r| r.references_end, self.references.len())
            && ends(|r| r.tags_end, self.tags.len())
            && ends(|r| r.files_end, self.files.len())
            && ends(|r| r.trailers_end, self.trailers.len())
            && ends(|r| r.notes_end, self.notes.len())
    }

    fn add_patch_id(&mut self, id: Option<PatchId>) -> u32 {
        let Some(id) = id else { return NONE };
        self.patch_ids.push(id);
        self.patch_ids.len() as u32 - 1
    }

    /// Adds a record whose shares have been added.
    fn push(&mut self, record: Record) {
        let end = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        self.records.push(Record {
            references_end: end(self.references.len()),
            tags_end: end(self.tags.len()),
            files_end: end(self.files.len()),
            trailers_end: end(self.trailers.len()),
            notes_end: end(self.notes.len()),
            ..record
        });
    }

    fn shrink(&mut self) {
        self.records.shrink_to_fit();
        self.references.shrink_to_fit();
        self.tags.shrink_to_fit();
        self.files.shrink_to_fit();
        self.trailers.shrink_to_fit();
        self.notes.shrink_to_fit();
        self.patch_ids.shrink_to_fit();
    }
}

impl Record {
    fn place(&self) -> Place {
        Place { origin: self.origin(), list: ListId(self.list as u16), position: self.source_file }
    }

    fn put(&mut self, Place { origin, list, position }: Place) {
        (self.file, self.offset, self.len) = (origin.file.0, origin.offset, origin.len);
        (self.list, self.source_file) = (u32::from(list.0), position);
    }

    /// Where its bytes are.
    pub(super) fn origin(&self) -> Origin {
        Origin { file: FileId(self.file), offset: self.offset, len: self.len }
    }

    /// Whether all of these [`flag`]s are set.
    pub(super) fn is(&self, flags: u32) -> bool {
        self.flags & flags == flags
    }

    /// The version its subject says.
    pub(super) fn version(&self) -> Option<Revision> {
        let version = Revision { major: self.major, minor: self.minor };
        self.is(flag::HAS_VERSION).then_some(version)
    }
}

/// The shares of one record.
struct Shares {
    references: Range<usize>,
    tags: Range<usize>,
    files: Range<usize>,
    trailers: Range<usize>,
    notes: Range<usize>,
}

impl Shares {
    fn of(records: &[Record], row: usize) -> Shares {
        let share = |end: fn(&Record) -> u32| share(records, row, end);
        Shares {
            references: share(|r| r.references_end),
            tags: share(|r| r.tags_end),
            files: share(|r| r.files_end),
            trailers: share(|r| r.trailers_end),
            notes: share(|r| r.notes_end),
        }
    }
}

/// Where the share of a record in an array begins and ends.
pub(super) fn share(records: &[Record], row: usize, end: fn(&Record) -> u32) -> Range<usize> {
    let start = row.checked_sub(1).map_or(0, |before| end(&records[before]));
    start as usize..end(&records[row]) as usize
}

/// Makes a table.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    interner: Interner,
    table: Table,
}

impl Builder {
    /// Adds a mail.
    pub fn push(&mut self, facts: &Facts) {
        let Builder { interner, table } = self;
        table.references.extend(facts.references.iter().map(|id| interner.text(id)));
        table.tags.extend(facts.subject.tags.iter().map(|tag| interner.text(tag)));
        table.files.extend(facts.files.iter().map(|file| FileRecord {
            path: interner.text(&file.path),
            added: file.added,
            removed: file.removed,
        }));
        table.trailers.extend(facts.trailers.iter().map(|trailer| {
            let pair = [&*trailer.name, &*trailer.value].map(|text| interner.text(text));
            interner.pair(pair)
        }));
        notes(facts, |kind, text, number| {
            let text = text.map_or(Symbol::NONE, |text| interner.text(text));
            table.notes.push(Note { kind, text, number });
        });
        let record = self.record(facts);
        self.table.push(record);
    }

    /// The record of a mail; where its shares end is not known yet.
    fn record(&mut self, facts: &Facts) -> Record {
        let Facts { origin, subject, .. } = facts;
        let version = subject.version.unwrap_or(Revision { major: 0, minor: 0 });
        let in_reply_to = facts.in_reply_to.as_deref();
        Record {
            offset: origin.offset,
            date: facts.date,
            content: facts.content,
            fingerprint: facts.fingerprint,
            file: origin.file.0,
            len: origin.len,
            list: u32::from(facts.list.0),
            source_file: facts.source_file,
            message_id: self.interner.text(&facts.message_id),
            in_reply_to: in_reply_to.map_or(Symbol::NONE, |id| self.interner.text(id)),
            from: self.address(&facts.from),
            author: self.address(&facts.author),
            subject_text: self.interner.text(&facts.subject_text),
            title: self.interner.text(&subject.title),
            flags: flags(facts, subject),
            major: version.major,
            minor: version.minor,
            index: subject.index.unwrap_or(0),
            total: subject.total.unwrap_or(0),
            patch_id: self.table.add_patch_id(facts.patch_id),
            references_end: 0,
            tags_end: 0,
            files_end: 0,
            trailers_end: 0,
            notes_end: 0,
        }
    }

    fn address(&mut self, who: &Address) -> Pair {
        let pair = [&*who.name, &*who.email].map(|text| self.interner.text(text));
        self.interner.pair(pair)
    }

    /// Adds the mails of another table behind its own. It costs what the other has.
    pub fn append(&mut self, other: &Table) {
        let Builder { interner, table } = self;
        let texts = &other.texts;
        let text_of: Vec<Symbol> = texts.symbols().map(|s| interner.text(texts.get(s))).collect();
        let text = |symbol: Symbol| text_of[symbol.index()];
        let pairs = other.pairs.iter().map(|pair| interner.pair(pair.map(text)));
        let pair_of: Vec<Pair> = pairs.collect();
        table.add_rows(other, other.rows(), text, |pair| pair_of[pair.index()]);
    }

    /// The table.
    pub fn finish(self) -> Table {
        let Builder { interner, mut table } = self;
        table.shrink();
        let (texts, pairs) = interner.finish();
        Table { texts, pairs, ..table }
    }
}

impl FromIterator<Facts> for Table {
    fn from_iter<I: IntoIterator<Item = Facts>>(facts: I) -> Table {
        let mut builder = Builder::default();
        facts.into_iter().for_each(|facts| builder.push(&facts));
        builder.finish()
    }
}

fn flags(facts: &Facts, subject: &Subject) -> u32 {
    [
        (subject.reply, flag::REPLY),
        (subject.forward, flag::FORWARD),
        (subject.patch, flag::PATCH),
        (subject.pull, flag::PULL),
        (subject.rfc, flag::RFC),
        (subject.resend, flag::RESEND),
        (subject.version.is_some(), flag::HAS_VERSION),
        (subject.index.is_some(), flag::HAS_INDEX),
        (subject.total.is_some(), flag::HAS_TOTAL),
        (facts.has_diff, flag::HAS_DIFF),
        (facts.has_diffstat, flag::HAS_DIFFSTAT),
        (facts.says_applied, flag::SAYS_APPLIED),
        (facts.says_nack, flag::SAYS_NACK),
    ]
    .iter()
    .fold(0, |flags, &(is, flag)| if is { flags | flag } else { flags })
}

/// Tells the notes of a mail: kind, text and number.
fn notes(facts: &Facts, mut tell: impl FnMut(u32, Option<&str>, u32)) {
    let Facts { lineage, enclosed_id, keywords, .. } = facts;
    let Lineage { change_id, supersedes, links, needs, changelog } = lineage;
    let one = |kind, text: &Option<Box<str>>, tell: &mut dyn FnMut(u32, Option<&str>, u32)| {
        if let Some(text) = text {
            tell(kind, Some(text), 0);
        }
    };
    one(note::ENCLOSED_ID, enclosed_id, &mut tell);
    one(note::CHANGE_ID, change_id, &mut tell);
    supersedes.iter().for_each(|id| tell(note::SUPERSEDES, Some(id), 0));
    links.iter().for_each(|id| tell(note::LINK, Some(id), 0));
    for needs in needs {
        match needs {
            Needs::Change { id, version: None } => tell(note::NEEDS_CHANGE, Some(id), 0),
            Needs::Change { id, version: Some(v) } => tell(note::NEEDS_VERSION, Some(id), *v),
            Needs::Mail(id) => tell(note::NEEDS_MAIL, Some(id), 0),
        }
    }
    one(note::CHANGELOG, changelog, &mut tell);
    keywords.iter().for_each(|&section| tell(note::KEYWORD, None, section));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{MailId, Mails};
    use crate::source::RawMail;

    const PATCH: &str = "Message-ID: <b@x>\nIn-Reply-To: <a@x>\nReferences: <z@x> <a@x>\n\
        From: Ann <ann@example.org>\nDate: Thu, 01 Feb 2024 10:00:00 +0000\n\
        Subject: [RFC PATCH net v2.1 3/4] a: b\n\nFrom: Bob <bob@example.org>\n\nWhy.\n\n\
        change-id: 20240101-a-0b1c\nSupersedes: <old@x>\nv1: https://lore.example.org/r/v1@x/\n\
        Based-on: <base@x>\nprerequisite-change-id: 20240101-base:v3\n\n\
        Reviewed-by: Cy <cy@example.org>\nSigned-off-by: Bob <bob@example.org>\n---\n\
        v2.1:\n- less\n\n f | 2 +-\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n\
        @@ -1 +1 @@\n-a\n+b\n";
    const REPLY: &str = "Message-ID: <c@x>\nReferences: <b@x>\nFrom: Cy <cy@example.org>\n\
        Date: Thu, 01 Feb 2024 11:00:00 +0000\nSubject: Re: [PATCH] a: b\n\nApplied, thanks!\n";

    fn facts(file: u32, text: &str) -> Facts {
        let origin = Origin { file: FileId(file), offset: 7, len: text.len() as u32 };
        let raw = RawMail { origin, separator: None, bytes: text.as_bytes().into() };
        Facts::read(&raw, ListId(1), file).0
    }

    /// A mail of a table in words.
    fn told(mails: &Mails, id: MailId) -> String {
        let mail = mails.mail(id);
        let text = |symbol| mails.text(symbol);
        let lineage = [mail.change_id(), mail.supersedes().next(), mail.links().next()];
        format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?}\n{:?}\n{:?}\n{:?} {:?} {:?} {:?}\n{:?} {:?} {:?}\n",
            mail.message_id(),
            mail.origin(),
            mail.lists(),
            mail.references().collect::<Vec<_>>(),
            mail.in_reply_to(),
            (mail.date(), mail.patch_id().is_some(), mail.says_applied()),
            (mail.from(), mail.author()),
            (mail.subject_text(), mail.subject()),
            (mail.tags().collect::<Vec<_>>(), mail.has_diff(), mail.has_diffstat()),
            mail.files().collect::<Vec<_>>(),
            mail.trailers().collect::<Vec<_>>(),
            lineage.map(|id| id.map(text)),
            mail.needs().count(),
            mail.changelog(),
            mail.keywords().collect::<Vec<_>>(),
            mail.source_file_on(ListId(1)),
        )
    }

    fn all(table: Table) -> Vec<String> {
        let mails = Mails::of(table, &[]);
        (0..mails.len() as u32).map(|id| told(&mails, MailId(id))).collect()
    }

    #[test]
    fn a_mail_keeps_all_that_was_read_of_it() {
        let read = facts(4, PATCH);
        let mails = Mails::of([read.clone()].into_iter().collect::<Table>(), &[]);
        let mail = mails.mail(MailId(0));
        assert_eq!(mail.message_id(), &*read.message_id);
        assert_eq!(mail.references().collect::<Vec<_>>(), ["z@x", "a@x"]);
        assert_eq!((mail.from(), mail.author()), (read.from.view(), read.author.view()));
        assert_eq!(mail.subject_text(), "[RFC PATCH net v2.1 3/4] a: b");
        let subject = mail.subject();
        assert_eq!(subject.version, Some(Revision { major: 2, minor: 1 }));
        assert_eq!((subject.index, subject.total), (Some(3), Some(4)));
        assert!(subject.rfc && subject.patch && !subject.reply && !subject.pull);
        assert_eq!(mail.tags().collect::<Vec<_>>(), ["net"]);
        assert_eq!((mail.patch_id(), mail.fingerprint()), (read.patch_id, read.fingerprint));
        let files: Vec<_> = mail.files().map(|f| (f.path, f.added, f.removed)).collect();
        assert_eq!(files, [("f", 1, 1)]);
        let trailers: Vec<_> = mail.trailers().map(|t| (t.name, t.person())).collect();
        let expected = read.trailers.iter().map(|t| (t.name.as_str(), t.person.clone()));
        assert_eq!(trailers, expected.collect::<Vec<_>>());
        assert_eq!(mail.change_id().map(|id| mails.text(id)), Some("20240101-a-0b1c"));
        assert_eq!(mail.supersedes().map(|id| mails.text(id)).collect::<Vec<_>>(), ["old@x"]);
        assert_eq!(mail.links().map(|id| mails.text(id)).collect::<Vec<_>>(), ["v1@x"]);
        assert_eq!(mail.needs().count(), 2);
        assert_eq!(mail.changelog(), read.lineage.changelog.as_deref());
        assert!(mail.changelog().is_some());
    }

    #[test]
    fn tables_put_together_are_the_table_of_all() {
        let texts = [PATCH, REPLY, PATCH, "", "Subject: x\n\n"];
        let mails = || (0..).zip(texts).map(|(file, text)| facts(file, text));
        let whole = all(mails().collect());
        assert_eq!(whole.len(), 4, "one is a copy");
        for split in 0..=texts.len() {
            let (start, rest): (Table, Table) =
                (mails().take(split).collect(), mails().skip(split).collect());
            let mut builder = Builder::default();
            builder.append(&start);
            builder.append(&rest);
            assert_eq!(all(builder.finish()), whole, "{split}");
            let mut joined = start;
            let extent = joined.extent();
            joined.join(rest);
            assert_eq!(all(joined.clone()), whole, "{split}, joined");
            let mut cut: Table = mails().take(split).collect();
            cut.go_on(&joined.since(extent));
            assert!(cut.is_whole(cut.extent()));
            assert_eq!(all(cut), whole, "{split}, cut and put together");
        }
    }

    #[test]
    fn the_mails_of_a_file_can_be_left_out_and_others_put_elsewhere() {
        let mails = |files: [u32; 2]| [facts(files[0], PATCH), facts(files[1], REPLY)];
        let gone = facts(1, &PATCH.replace("b@x", "gone@x"));
        let [patch, reply] = mails([0, 2]);
        let mut table: Table = [patch, gone, reply].into_iter().collect();
        let left_out = table.retain(|_, place| {
            let file = FileId(place.origin.file.0 / 2);
            let origin = Origin { file, ..place.origin };
            (place.position != 1).then_some(Place { origin, position: file.0, ..place })
        });
        assert_eq!(left_out, [1]);
        assert!(table.is_whole(table.extent()));
        assert_eq!(all(table), all(mails([0, 1]).into_iter().collect()));
    }
}

//! The mails of an archive, and how their facts are asked for.
//!
//! [`Mails`] are the mails of a [`Table`] that an archive shows: each once, in the archive's
//! order, with all lists that it went to. A [`MailRef`] is one of them: a copyable view whose
//! methods give plain values, texts and iterators without allocating.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use rayon::prelude::*;

use crate::archive::table::{FileRecord, NONE, Note, Record, Table, flag, note, share};
use crate::archive::texts::{Pair, Symbol};
use crate::archive::{ListId, MailId, Scope};
use crate::mail::address::AddressRef;
use crate::mail::{Address, PatchId, Revision, subject, trailer};
use crate::source::Origin;

/// The mails of an archive, by [`MailId`].
#[derive(Debug, Default)]
pub struct Mails {
    /// Shared with who keeps it for the next build.
    table: Arc<Table>,
    /// The row of each mail in the table.
    rows: Vec<u32>,
    /// The date of each mail, which is asked for more often than anything else of it.
    dates: Vec<i64>,
    /// Of each mail where its lists are in `shared`, or [`NONE`] where it went to one only;
    /// empty where all did.
    shared_of: Vec<u32>,
    shared: Vec<Shared>,
    /// All lists in order, so that a single one is a slice, too.
    lists: Vec<ListId>,
    by_message_id: OnceLock<ByMessageId>,
    by_symbol: OnceLock<BySymbol>,
}

/// The lists that a mail went to.
#[derive(Clone, Debug)]
struct Shared {
    /// Ascending.
    lists: Vec<ListId>,
    /// Of each the position of the first source file that held a copy.
    files: Vec<(ListId, u32)>,
}

/// The mails that Message-IDs name, by the hash of those.
#[derive(Debug)]
struct ByMessageId {
    seed: RandomState,
    found: HashTable<Named>,
}

/// A name of a mail: its Message-ID, or the one that it had before a list wrapped it.
#[derive(Clone, Copy, Debug)]
struct Named {
    id: Symbol,
    mail: MailId,
}

impl Mails {
    /// The mails of a table but those with a Message-ID of `exclude`: every mail once, by date,
    /// Message-ID and content. Copies of one mail become one that went to all their lists: the
    /// shortest, on which lists and servers have left the least.
    pub fn of(table: impl Into<Arc<Table>>, exclude: &[String]) -> Mails {
        let table = table.into();
        let rows = without(&table, exclude);
        let (mut rows, copies) = by_copies(&table, rows);
        let mut shared: Vec<(u32, Shared)> = Vec::new();
        for copies in copies {
            rows.push(copies[0]);
            let first = &table.records[copies[0] as usize];
            let mut all = Shared::of(first);
            copies[1..].iter().for_each(|&copy| all.add(&table.records[copy as usize]));
            if all.lists.len() > 1 || all.files[0].1 != first.source_file {
                shared.push((copies[0], all));
            }
        }
        let dates = sort_rows(&table, &mut rows);
        let lists = table.records.iter().map(|record| record.list).max();
        let lists = (0..=lists.unwrap_or(0) as u16).map(ListId).collect();
        let mut mails = Mails { table, rows, dates, lists, ..Mails::default() };
        mails.share(shared);
        mails
    }

    /// Those of them that are kept, in their order.
    pub(super) fn only(self, kept: &[bool]) -> Mails {
        fn chosen<T>(all: Vec<T>, kept: &[bool]) -> Vec<T> {
            all.into_iter().zip(kept).filter(|(_, is_kept)| **is_kept).map(|(at, _)| at).collect()
        }
        Mails {
            rows: chosen(self.rows, kept),
            dates: chosen(self.dates, kept),
            shared_of: chosen(self.shared_of, kept),
            by_message_id: OnceLock::new(),
            by_symbol: OnceLock::new(),
            ..self
        }
    }

    /// Takes note of rows whose mails went to several lists.
    fn share(&mut self, mut shared: Vec<(u32, Shared)>) {
        if shared.is_empty() {
            return;
        }
        shared.sort_unstable_by_key(|(row, _)| *row);
        let of_row = |row: &u32| shared.binary_search_by_key(row, |(row, _)| *row);
        self.shared_of =
            self.rows.iter().map(|row| of_row(row).map_or(NONE, |at| at as u32)).collect();
        self.shared = shared.into_iter().map(|(_, shared)| shared).collect();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One mail.
    pub fn mail(&self, id: MailId) -> MailRef<'_> {
        let row = self.rows[id.0 as usize];
        MailRef { mails: self, record: &self.table.records[row as usize], id, row }
    }

    /// All mails, in date order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = MailRef<'_>> + DoubleEndedIterator + '_ {
        (0..self.rows.len() as u32).map(|id| self.mail(MailId(id)))
    }

    /// The mail with this Message-ID; where several share one, the first.
    pub fn find(&self, message_id: &str) -> Option<MailId> {
        let ByMessageId { seed, found } = self.named();
        let same = |named: &Named| self.table.texts.get(named.id) == message_id;
        found.find(seed.hash_one(message_id), same).map(|named| named.mail)
    }

    /// Every Message-ID that names a mail, in no order, with what [`Mails::find`] finds.
    pub fn message_ids(&self) -> impl Iterator<Item = (&str, MailId)> {
        let by_symbol = self.by_symbol();
        let symbols = self.table.texts.symbols();
        symbols.filter_map(|id| Some((self.table.texts.get(id), by_symbol.get(id)?)))
    }

    /// Whether the mail is the one that [`Mails::find`] finds by its Message-ID.
    pub fn is_first(&self, id: MailId) -> bool {
        self.by_symbol().get(self.mail(id).message_symbol()) == Some(id)
    }

    /// Whether [`Mails::find`] finds the last one of those that a mail refers to.
    pub fn knows_answered(&self, id: MailId) -> Option<bool> {
        let answered = self.mail(id).reference_symbols().last()?;
        Some(self.by_symbol().get(*answered).is_some())
    }

    fn named(&self) -> &ByMessageId {
        self.by_message_id.get_or_init(|| self.names())
    }

    fn names(&self) -> ByMessageId {
        let seed = RandomState::default();
        let mut found: HashTable<Named> = HashTable::with_capacity(self.len());
        let own = self.ids().map(|mail| Named { id: self.mail(mail).message_symbol(), mail });
        let enclosed = self
            .ids()
            .filter_map(|mail| self.mail(mail).enclosed_symbol().map(|id| Named { id, mail }));
        for named in own.chain(enclosed) {
            let hash = |named: &Named| seed.hash_one(self.table.texts.get(named.id));
            let same = |known: &Named| known.id == named.id;
            found.entry(hash(&named), same, hash).or_insert(named);
        }
        ByMessageId { seed, found }
    }

    /// The mail that each Message-ID names: where several share one, the first; else the one
    /// that had it before a list wrapped it.
    pub(super) fn by_symbol(&self) -> &BySymbol {
        self.by_symbol.get_or_init(|| {
            let mut found = self.for_texts(NONE);
            let own = self.iter().map(|mail| (mail.message_symbol(), mail.id));
            let enclosed = self.iter().filter_map(|mail| Some((mail.enclosed_symbol()?, mail.id)));
            for (id, mail) in own.chain(enclosed) {
                let known = &mut found[id.index()];
                if *known == NONE {
                    *known = mail.0;
                }
            }
            BySymbol(found)
        })
    }

    fn ids(&self) -> impl Iterator<Item = MailId> + use<> {
        (0..self.rows.len() as u32).map(MailId)
    }

    /// The facts of the mails, copies and all.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The text of a symbol.
    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        self.table.texts.get(symbol)
    }

    /// The name and the address, or the trailer, of a pair.
    pub(super) fn pair(&self, pair: Pair) -> [&str; 2] {
        self.table.pair(pair)
    }

    /// The name and the address of a sender or an author.
    pub fn address(&self, pair: Pair) -> AddressRef<'_> {
        let [name, email] = self.pair(pair);
        AddressRef { name, email }
    }

    /// A place for something about each text.
    pub(super) fn for_texts<T: Clone>(&self, empty: T) -> Vec<T> {
        vec![empty; self.table.texts.len()]
    }

    /// All pairs, in the order of [`Mails::for_pairs`].
    pub(super) fn all_pairs(&self) -> impl Iterator<Item = Pair> + use<> {
        (0..self.table.pairs.len() as u32).map(Pair)
    }

    /// A place for something about each pair.
    pub(super) fn for_pairs<T: Clone>(&self, empty: T) -> Vec<T> {
        vec![empty; self.table.pairs.len()]
    }

    /// Adds a mail that is newer than all others.
    #[cfg(test)]
    pub(super) fn push(&mut self, facts: &crate::archive::Facts) {
        let mut table = Arc::unwrap_or_clone(std::mem::take(&mut self.table));
        table.join([facts.clone()].into_iter().collect());
        self.rows.push(self.rows.len() as u32);
        self.dates.push(facts.date);
        let lists = (0..=1).map(ListId).collect();
        let old = std::mem::take(self);
        *self = Mails {
            table: table.into(),
            lists,
            by_message_id: OnceLock::new(),
            by_symbol: OnceLock::new(),
            ..old
        };
    }

    /// Sends a mail to a further list.
    #[cfg(test)]
    pub(super) fn also_on(&mut self, mail: MailId, list: ListId) {
        let mut shared = Shared::of(self.mail(mail).record);
        let position = self.shared.len() as u32;
        shared.add(&Record { list: u32::from(list.0), ..*self.mail(mail).record });
        self.shared.push(shared);
        self.shared_of.resize(self.rows.len(), NONE);
        self.shared_of[mail.0 as usize] = position;
    }

    /// Makes the diff of a mail one with this id.
    #[cfg(test)]
    pub(super) fn set_patch_id(&mut self, mail: MailId, id: PatchId) {
        let table = Arc::make_mut(&mut self.table);
        table.patch_ids.push(id);
        let record = &mut table.records[self.rows[mail.0 as usize] as usize];
        record.patch_id = table.patch_ids.len() as u32 - 1;
    }
}

/// Mails by the symbols of Message-IDs.
#[derive(Debug)]
pub(crate) struct BySymbol(Vec<u32>);

impl BySymbol {
    /// The mail that a Message-ID names.
    pub(crate) fn get(&self, id: Symbol) -> Option<MailId> {
        let mail = self.0[id.index()];
        (mail != NONE).then_some(MailId(mail))
    }
}

impl Shared {
    fn of(record: &Record) -> Shared {
        let list = ListId(record.list as u16);
        Shared { lists: vec![list], files: vec![(list, record.source_file)] }
    }

    /// Takes note of a copy: its list, and the first file of each.
    fn add(&mut self, copy: &Record) {
        let list = ListId(copy.list as u16);
        match self.files.iter_mut().find(|(other, _)| *other == list) {
            Some((_, file)) => *file = copy.source_file.min(*file),
            None => {
                self.files.push((list, copy.source_file));
                self.lists.push(list);
                self.lists.sort_unstable();
            }
        }
    }
}

/// The rows of a table but those of mails that are to be left out.
fn without(table: &Table, exclude: &[String]) -> Vec<u32> {
    let exclude: HashSet<&str> = exclude.iter().map(String::as_str).collect();
    let rows = 0..table.records.len() as u32;
    let is_in = |row: &u32| {
        let id = table.records[*row as usize].message_id;
        exclude.is_empty() || !exclude.contains(table.texts.get(id))
    };
    rows.filter(is_in).collect()
}

/// Rows whose Message-ID no other has, and those of the others by mail, the copy that is shown
/// first.
fn by_copies(table: &Table, rows: Vec<u32>) -> (Vec<u32>, Vec<Vec<u32>>) {
    let record = |row: u32| &table.records[row as usize];
    let mut seen = vec![0u8; table.texts.len()];
    for &row in &rows {
        let times = &mut seen[record(row).message_id.index()];
        *times = times.saturating_add(1);
    }
    let alone = |row: &u32| seen[record(*row).message_id.index()] == 1;
    let (alone, mut others): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(alone);
    others.par_sort_unstable_by(|&a, &b| compare_copies(table, a, b));
    let same_mail = |a: &u32, b: &u32| {
        let key = |row: u32| (record(row).message_id, record(row).content);
        key(*a) == key(*b)
    };
    let copies = others.chunk_by(same_mail).map(<[u32]>::to_vec).collect();
    (alone, copies)
}

/// Brings copies of one mail together, the one that is shown first. Which one that is must not
/// depend on where they lay.
fn compare_copies(table: &Table, a: u32, b: u32) -> Ordering {
    let record = |row: u32| &table.records[row as usize];
    let key = |r: &Record| (r.message_id.0, r.content, r.date, r.len);
    let place = |r: &Record| (r.list, r.source_file, r.origin());
    key(record(a))
        .cmp(&key(record(b)))
        .then_with(|| compare_headers(table, a, b))
        .then_with(|| place(record(a)).cmp(&place(record(b))))
}

/// What copies of one mail of the same length can still differ in.
fn compare_headers(table: &Table, a: u32, b: u32) -> Ordering {
    let text = |symbol: Symbol| symbol.some().map(|symbol| table.texts.get(symbol));
    let references = |row: u32| {
        let range = share(&table.records, row as usize, |r| r.references_end);
        table.references[range].iter().map(|&id| table.texts.get(id))
    };
    let rest = |row: u32| {
        let record = &table.records[row as usize];
        let [name, email] = table.pair(record.from);
        (text(record.in_reply_to), text(record.subject_text), email, name)
    };
    references(a).cmp(references(b)).then_with(|| rest(a).cmp(&rest(b)))
}

/// Sorts rows by date, then Message-ID, then content. Gives their dates.
fn sort_rows(table: &Table, rows: &mut Vec<u32>) -> Vec<i64> {
    let mut dated: Vec<(i64, u32)> =
        rows.iter().map(|&row| (table.records[row as usize].date, row)).collect();
    let tie = |row: u32| {
        let record = &table.records[row as usize];
        (table.texts.get(record.message_id), record.content)
    };
    dated.par_sort_unstable_by(|&(a_date, a), &(b_date, b)| {
        a_date.cmp(&b_date).then_with(|| tie(a).cmp(&tie(b)))
    });
    rows.clear();
    rows.extend(dated.iter().map(|(_, row)| row));
    rows.shrink_to_fit();
    dated.iter().map(|(date, _)| *date).collect()
}

/// What is kept of one mail.
#[derive(Clone, Copy)]
pub struct MailRef<'a> {
    mails: &'a Mails,
    record: &'a Record,
    id: MailId,
    row: u32,
}

/// What a mail's subject says (see [`crate::mail::Subject`]); its title and tags are
/// [`MailRef::title`] and [`MailRef::tags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectRef {
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
}

impl TrailerRef<'_> {
    /// Who it names, for `…-by` and `Cc` trailers.
    pub fn person(&self) -> Option<Address> {
        trailer::named(self.name, self.value)
    }
}

/// What a mail says that it needs (see [`crate::archive::Dependency`]).
#[derive(Clone, Copy, Debug)]
pub(super) enum NeedsRef {
    /// `prerequisite-change-id: ID:v3`, as b4 writes it: the change-id, and the major version,
    /// if one is named.
    Change { id: Symbol, version: Option<u32> },
    /// `Based-on:` or `prerequisite-message-id:` with a Message-ID.
    Mail(Symbol),
}

impl<'a> MailRef<'a> {
    /// Where its bytes are.
    pub fn origin(self) -> Origin {
        self.record.origin()
    }

    /// The lists it went to, ascending, at least one.
    pub fn lists(self) -> &'a [ListId] {
        match self.shared() {
            Some(shared) => &shared.lists,
            None => &self.mails.lists[self.record.list as usize..=self.record.list as usize],
        }
    }

    /// Whether it went to a list of the scope.
    pub fn is_in(self, scope: Scope) -> bool {
        match (scope, self.mails.lists.as_slice()) {
            (Scope::Site, _) => true,
            // Where there is but one list, nothing of the mail has to be looked at.
            (Scope::List(list), [only]) => *only == list,
            (Scope::List(_), _) => scope.has(self.lists()),
        }
    }

    /// Position of the first source file that held it on this list, among the list's; where
    /// the list is cut by commits, that of its range.
    pub fn source_file_on(self, list: ListId) -> u32 {
        let files = self.shared().map_or(&[][..], |shared| &shared.files);
        let first = files.iter().find(|(other, _)| *other == list);
        first.map_or(self.record.source_file, |(_, file)| *file)
    }

    fn shared(self) -> Option<&'a Shared> {
        let at = *self.mails.shared_of.get(self.id.0 as usize)?;
        self.mails.shared.get(at as usize)
    }

    /// Message-ID without brackets.
    pub fn message_id(self) -> &'a str {
        self.mails.text(self.record.message_id)
    }

    pub(super) fn message_symbol(self) -> Symbol {
        self.record.message_id
    }

    /// The Message-ID it had before a list wrapped it: others refer to it by that.
    pub fn enclosed_id(self) -> Option<&'a str> {
        self.enclosed_symbol().map(|id| self.mails.text(id))
    }

    pub(super) fn enclosed_symbol(self) -> Option<Symbol> {
        self.noted(note::ENCLOSED_ID).next()
    }

    /// Message-IDs it refers to, oldest first; the last is the one answered.
    pub fn references(
        self,
    ) -> impl ExactSizeIterator<Item = &'a str> + DoubleEndedIterator + Clone + use<'a> {
        self.reference_symbols().iter().map(move |&id| self.mails.text(id))
    }

    pub(super) fn reference_symbols(self) -> &'a [Symbol] {
        &self.mails.table.references[self.share(|r| r.references_end)]
    }

    /// The first Message-ID of In-Reply-To.
    pub fn in_reply_to(self) -> Option<&'a str> {
        self.record.in_reply_to.some().map(|id| self.mails.text(id))
    }

    /// When it was sent, seconds since 1970 UTC.
    pub fn date(self) -> i64 {
        self.mails.dates[self.id.0 as usize]
    }

    /// Who sent it.
    pub fn from(self) -> AddressRef<'a> {
        self.address(self.record.from)
    }

    /// The same, by number.
    pub fn sender_pair(self) -> Pair {
        self.record.from
    }

    /// Who wrote its patch: equal to the sender where nothing else is said.
    pub fn author(self) -> AddressRef<'a> {
        self.address(self.record.author)
    }

    /// The same, by number.
    pub fn author_pair(self) -> Pair {
        self.record.author
    }

    fn address(self, pair: Pair) -> AddressRef<'a> {
        self.mails.address(pair)
    }

    /// Its subject, decoded and unfolded.
    pub fn subject_text(self) -> &'a str {
        self.mails.text(self.record.subject_text)
    }

    /// What its subject says.
    pub fn subject(self) -> SubjectRef {
        SubjectRef {
            reply: self.record.is(flag::REPLY),
            forward: self.record.is(flag::FORWARD),
            patch: self.record.is(flag::PATCH),
            pull: self.record.is(flag::PULL),
            rfc: self.record.is(flag::RFC),
            resend: self.record.is(flag::RESEND),
            version: self.record.version(),
            index: self.record.is(flag::HAS_INDEX).then_some(self.record.index),
            total: self.record.is(flag::HAS_TOTAL).then_some(self.record.total),
        }
    }

    /// The title of its subject.
    pub fn title(self) -> &'a str {
        self.mails.text(self.record.title)
    }

    /// The parts of its title that name a place in the code, as
    /// [`crate::mail::Subject::prefix_parts`].
    pub fn prefix_parts(self) -> Vec<&'a str> {
        subject::prefix_parts(self.title()).collect()
    }

    pub(super) fn title_symbol(self) -> Symbol {
        self.record.title
    }

    /// Other words in the leading brackets of its subject, in order.
    pub fn tags(self) -> impl ExactSizeIterator<Item = &'a str> + Clone + use<'a> {
        self.tag_symbols().iter().map(move |&tag| self.mails.text(tag))
    }

    pub(super) fn tag_symbols(self) -> &'a [Symbol] {
        &self.mails.table.tags[self.share(|r| r.tags_end)]
    }

    /// Whether its text holds a diff.
    pub fn has_diff(self) -> bool {
        self.record.is(flag::HAS_DIFF)
    }

    /// Whether its text holds a diffstat (of a patch or a cover letter).
    pub fn has_diffstat(self) -> bool {
        self.record.is(flag::HAS_DIFFSTAT)
    }

    /// Stable patch-id of the diff.
    pub fn patch_id(self) -> Option<PatchId> {
        self.mails.table.patch_ids.get(self.record.patch_id as usize).copied()
    }

    /// The files its diff touches, with lines added and removed.
    pub fn files(self) -> impl ExactSizeIterator<Item = FileRef<'a>> + Clone + use<'a> {
        self.file_records().iter().map(move |file| FileRef {
            path: self.mails.text(file.path),
            added: file.added,
            removed: file.removed,
        })
    }

    /// The paths of the files its diff touches, as numbers.
    pub(crate) fn file_symbols(self) -> impl Iterator<Item = Symbol> + use<'a> {
        self.file_records().iter().map(|file| file.path)
    }

    pub(super) fn file_records(self) -> &'a [FileRecord] {
        &self.mails.table.files[self.share(|r| r.files_end)]
    }

    /// Lines added by its diff.
    pub fn added(self) -> u32 {
        self.file_records().iter().fold(0, |sum, file| sum.saturating_add(file.added))
    }

    /// Lines removed by its diff.
    pub fn removed(self) -> u32 {
        self.file_records().iter().fold(0, |sum, file| sum.saturating_add(file.removed))
    }

    /// Sections of MAINTAINERS that its content belongs to.
    pub fn keywords(self) -> impl Iterator<Item = u32> + use<'a> {
        self.notes().iter().filter(|note| note.kind == note::KEYWORD).map(|note| note.number)
    }

    /// Trailers of the commit message, cover, or unquoted reply.
    pub fn trailers(self) -> impl Iterator<Item = TrailerRef<'a>> + Clone + use<'a> {
        self.trailer_pairs().iter().map(move |&pair| {
            let [name, value] = self.mails.pair(pair);
            TrailerRef { name, value }
        })
    }

    pub(super) fn trailer_pairs(self) -> &'a [Pair] {
        &self.mails.table.trailers[self.share(|r| r.trailers_end)]
    }

    /// The `change-id:` of b4.
    pub(super) fn change_id(self) -> Option<Symbol> {
        self.noted(note::CHANGE_ID).next()
    }

    /// Message-IDs named by `Supersedes:`.
    pub(super) fn supersedes(self) -> impl Iterator<Item = Symbol> + use<'a> {
        self.noted(note::SUPERSEDES)
    }

    /// Message-IDs in the changelog's links.
    pub(super) fn links(self) -> impl Iterator<Item = Symbol> + use<'a> {
        self.noted(note::LINK)
    }

    /// What it is to be applied on top of.
    pub(super) fn needs(self) -> impl Iterator<Item = NeedsRef> + use<'a> {
        self.notes().iter().filter_map(|&Note { kind, text: id, number }| match kind {
            note::NEEDS_CHANGE => Some(NeedsRef::Change { id, version: None }),
            note::NEEDS_VERSION => Some(NeedsRef::Change { id, version: Some(number) }),
            note::NEEDS_MAIL => Some(NeedsRef::Mail(id)),
            _ => None,
        })
    }

    /// What its changelog says of its own version: the first lines of that, at most
    /// [`crate::mail::changelog::MAX_BYTES`].
    pub fn changelog(self) -> Option<&'a str> {
        self.noted(note::CHANGELOG).next().map(|text| self.mails.text(text))
    }

    /// Whether a reply says that the patch was applied.
    pub fn says_applied(self) -> bool {
        self.record.is(flag::SAYS_APPLIED)
    }

    /// Whether a reply says, other than by a trailer, that the patch must not be applied.
    pub fn says_nack(self) -> bool {
        self.record.is(flag::SAYS_NACK)
    }

    /// A hash of the message, mbox quoting undone, and of the date it was given: two mails with
    /// the same fingerprint are shown alike, wherever they lay. xxh3, of 64 bits.
    pub fn fingerprint(self) -> u64 {
        self.record.fingerprint
    }

    fn notes(self) -> &'a [Note] {
        &self.mails.table.notes[self.share(|r| r.notes_end)]
    }

    /// The texts of its notes of one kind.
    fn noted(self, kind: u32) -> impl Iterator<Item = Symbol> + use<'a> {
        self.notes().iter().filter(move |note| note.kind == kind).map(|note| note.text)
    }

    fn share(self, end: fn(&Record) -> u32) -> std::ops::Range<usize> {
        share(&self.mails.table.records, self.row as usize, end)
    }
}

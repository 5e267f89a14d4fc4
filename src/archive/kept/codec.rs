//! A table of mails, and the faults of mails, as bytes and back.
//!
//! Each array is its length and then its items, number by number, so that reading one is little
//! more than copying it. Everything is checked when it is read: what a table's parts say of each
//! other must hold, since nothing looks again.

use crate::archive::Fault;
pub(super) use crate::archive::pack::{Reader, text_into, word_into};
use crate::archive::table::{Extent, FileRecord, Note, Record, Table};
use crate::archive::texts::{Pair, Symbol, Texts};
use crate::mail::date::DateSource;
use crate::mail::{self, PatchId};
use crate::source::{FileId, Origin};

/// Something of a fixed number of bytes.
pub(super) trait Plain: Sized {
    const BYTES: usize;
    fn put(&self, bytes: &mut Vec<u8>);
    /// From exactly [`Plain::BYTES`]; of fewer or more it means nothing.
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! number {
    ($type:ty) => {
        impl Plain for $type {
            const BYTES: usize = size_of::<$type>();

            fn put(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn get(bytes: &[u8]) -> Self {
                bytes.try_into().map(<$type>::from_le_bytes).unwrap_or_default()
            }
        }
    };
}

number!(u32);
number!(u64);
number!(i64);

impl Plain for Symbol {
    const BYTES: usize = u32::BYTES;

    fn put(&self, bytes: &mut Vec<u8>) {
        self.0.put(bytes);
    }

    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Symbol(u32::get(bytes))
    }
}

impl Plain for Pair {
    const BYTES: usize = u32::BYTES;

    fn put(&self, bytes: &mut Vec<u8>) {
        self.0.put(bytes);
    }

    #[inline]
    fn get(bytes: &[u8]) -> Self {
        Pair(u32::get(bytes))
    }
}

impl Plain for [Symbol; 2] {
    const BYTES: usize = 2 * Symbol::BYTES;

    fn put(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|symbol| symbol.put(bytes));
    }

    #[inline]
    fn get(bytes: &[u8]) -> Self {
        let (first, second) = bytes.split_at_checked(Symbol::BYTES).unwrap_or_default();
        [Symbol::get(first), Symbol::get(second)]
    }
}

impl Plain for PatchId {
    const BYTES: usize = 20;

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.0);
    }

    #[inline]
    fn get(bytes: &[u8]) -> Self {
        PatchId(bytes.try_into().unwrap_or_default())
    }
}

/// A record of these fields, in this order.
macro_rules! record {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        impl Plain for $name {
            const BYTES: usize = 0 $(+ <$type>::BYTES)*;

            fn put(&self, bytes: &mut Vec<u8>) {
                $(self.$field.put(bytes);)*
            }

            #[inline]
            fn get(bytes: &[u8]) -> Self {
                let rest = bytes;
                $(
                    let (field, rest) =
                        rest.split_at_checked(<$type>::BYTES).unwrap_or_default();
                    let $field = <$type>::get(field);
                )*
                let _ = rest;
                $name { $($field),* }
            }
        }
    };
}
pub(super) use record;

record!(Record {
    offset: u64,
    date: i64,
    content: u64,
    fingerprint: u64,
    file: u32,
    len: u32,
    list: u32,
    source_file: u32,
    message_id: Symbol,
    in_reply_to: Symbol,
    from: Pair,
    author: Pair,
    subject_text: Symbol,
    title: Symbol,
    flags: u32,
    major: u32,
    minor: u32,
    index: u32,
    total: u32,
    patch_id: u32,
    references_end: u32,
    tags_end: u32,
    files_end: u32,
    trailers_end: u32,
    notes_end: u32,
});
record!(FileRecord { path: Symbol, added: u32, removed: u32 });
record!(Note { kind: u32, text: Symbol, number: u32 });

/// Adds an array.
pub(super) fn array_into<T: Plain>(bytes: &mut Vec<u8>, items: &[T]) {
    word_into(bytes, items.len() as u64);
    bytes.reserve(items.len() * T::BYTES);
    items.iter().for_each(|item| item.put(bytes));
}

/// Reads an array.
pub(super) fn array<T: Plain>(reader: &mut Reader<'_>) -> Option<Vec<T>> {
    bytes_of::<T>(reader).map(items)
}

/// The bytes of an array.
fn bytes_of<'a, T: Plain>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = usize::try_from(reader.word()?).ok()?;
    reader.bytes(length.checked_mul(T::BYTES)?)
}

fn items<T: Plain>(bytes: &[u8]) -> Vec<T> {
    bytes.chunks_exact(T::BYTES).map(T::get).collect()
}

/// Adds a table.
pub(super) fn table_into(bytes: &mut Vec<u8>, table: &Table) {
    let (texts, ends) = table.texts.parts();
    text_into(bytes, texts);
    array_into(bytes, ends);
    array_into(bytes, &table.pairs);
    array_into(bytes, &table.records);
    array_into(bytes, &table.references);
    array_into(bytes, &table.tags);
    array_into(bytes, &table.files);
    array_into(bytes, &table.trailers);
    array_into(bytes, &table.notes);
    array_into(bytes, &table.patch_ids);
}

/// Reads a table that goes on behind so many texts and pairs, if its parts fit together.
pub(super) fn table(reader: &mut Reader<'_>, behind: Extent) -> Option<Table> {
    let length = usize::try_from(reader.word()?).ok()?;
    let (texts, ends) = (reader.bytes(length)?, bytes_of::<u64>(reader)?);
    let (pairs, records) = (bytes_of::<[Symbol; 2]>(reader)?, bytes_of::<Record>(reader)?);
    let (texts, table) = rayon::join(
        || Texts::from_parts(std::str::from_utf8(texts).ok()?.to_owned(), items(ends)),
        || {
            Some(Table {
                texts: Texts::default(),
                pairs: items(pairs),
                records: items(records),
                references: array(reader)?,
                tags: array(reader)?,
                files: array(reader)?,
                trailers: array(reader)?,
                notes: array(reader)?,
                patch_ids: array(reader)?,
            })
        },
    );
    let table = Table { texts: texts?, ..table? };
    let Extent { texts, pairs, .. } = table.extent();
    let named = Extent { texts: behind.texts + texts, pairs: behind.pairs + pairs, ..behind };
    table.is_whole(named).then_some(table)
}

/// Adds the faults of mails.
pub(super) fn faults_into(bytes: &mut Vec<u8>, faults: &[Fault]) {
    word_into(bytes, faults.len() as u64);
    for Fault { origin, message_id, what } in faults {
        for word in [u64::from(origin.file.0), origin.offset, u64::from(origin.len)] {
            word_into(bytes, word);
        }
        text_into(bytes, message_id);
        let (kind, text, used) = match what {
            mail::Fault::NoMessageId => (0, "", ""),
            mail::Fault::BadDate { given, used } => (1, given.as_str(), *used),
            mail::Fault::NoFrom => (2, "", ""),
            mail::Fault::UnknownCharset(name) => (3, name.as_str(), ""),
            mail::Fault::BrokenMime(how) => (4, how.as_str(), ""),
            mail::Fault::Empty => (5, "", ""),
            mail::Fault::DamagedDiff(how) => (6, how.as_str(), ""),
        };
        word_into(bytes, kind);
        text_into(bytes, text);
        text_into(bytes, used);
    }
}

/// Reads the faults of mails.
pub(super) fn faults(reader: &mut Reader<'_>) -> Option<Vec<Fault>> {
    (0..reader.word()?).map(|_| fault(reader)).collect()
}

fn fault(reader: &mut Reader<'_>) -> Option<Fault> {
    let number = |word: Option<u64>| u32::try_from(word?).ok();
    let file = FileId(number(reader.word())?);
    let origin = Origin { file, offset: reader.word()?, len: number(reader.word())? };
    let message_id = reader.text()?.into();
    let kind = reader.word()?;
    let text = reader.text()?.to_owned();
    let used = reader.text()?;
    let what = match kind {
        0 => mail::Fault::NoMessageId,
        1 => {
            let used =
                DateSource::ALL.map(DateSource::in_words).into_iter().find(|w| *w == used)?;
            mail::Fault::BadDate { given: text, used }
        }
        2 => mail::Fault::NoFrom,
        3 => mail::Fault::UnknownCharset(text),
        4 => mail::Fault::BrokenMime(text),
        5 => mail::Fault::Empty,
        6 => mail::Fault::DamagedDiff(text),
        _ => return None,
    };
    Some(Fault { origin, message_id, what })
}

//! The inverted index: for each term the records that have it, and in which fields; and how
//! that is written.
//!
//! A line of a file is a term and its records:
//!
//! ```text
//! 0kvm BBcdE1 gAa2
//! 4_mmu ABk9
//! ```
//!
//! The first character says how many characters the term has in common with the one above
//! it. A group is the records that have the term in the same fields: two characters for the
//! fields, then for each record how far its number is from the one before it. All of these
//! numbers are written in [`DIGITS`]: in groups of five bits, the lowest first, 32 added
//! where more follow.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rayon::prelude::*;

/// Digits from 0 to 63, none of which JSON or a URL has a meaning for.
pub const DIGITS: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

/// Where a term stands in a record, as bits. `search.js` has the same.
pub mod field {
    /// In the title of a posting or discussion.
    pub const TITLE: u16 = 1;
    /// In the title of a patch.
    pub const PATCH: u16 = 1 << 1;
    /// In the cover letter or commit message.
    pub const COVER: u16 = 1 << 2;
    /// In the author's name or address.
    pub const AUTHOR: u16 = 1 << 3;
    /// In the name of a subsystem.
    pub const SUBSYSTEM: u16 = 1 << 4;
    /// In the path of a file that is touched, as the path, one of its directories or a part.
    pub const PATH: u16 = 1 << 5;
    /// In one of the texts above, as part of an identifier.
    pub const PART: u16 = 1 << 6;
    /// It is the version, a word of the subject's brackets, the state or the list.
    pub const FACT: u16 = 1 << 7;
    /// The record is superseded.
    pub const OLD: u16 = 1 << 8;
}

/// A term of an index, by when it was first met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermId(u32);

/// The numbers of records, and the fields in which each has a term.
pub type List = Vec<(u32, u16)>;

/// A term, and its records as they are written.
pub type Line<'a> = (Box<str>, Cow<'a, str>);

/// Which records have which terms.
#[derive(Default)]
pub struct Index {
    ids: HashMap<Box<str>, u32, Fnv>,
    /// Of each term, by number.
    lists: Vec<List>,
}

impl Index {
    /// The id of a term, new or known.
    pub fn term(&mut self, term: &str) -> TermId {
        if let Some(id) = self.ids.get(term) {
            return TermId(*id);
        }
        let id = self.lists.len() as u32;
        self.ids.insert(term.into(), id);
        self.lists.push(Vec::new());
        TermId(id)
    }

    /// Notes that the record `number` has a term in these fields. Records come in ascending
    /// order.
    pub fn add(&mut self, TermId(term): TermId, number: u32, fields: u16) {
        let list = &mut self.lists[term as usize];
        match list.last_mut() {
            Some((last, known)) if *last == number => *known |= fields,
            _ => list.push((number, fields)),
        }
    }

    /// Every term with its records, in order.
    pub fn into_lists(self) -> Vec<(Box<str>, List)> {
        let mut lists = self.lists;
        let taken = |(term, id): (Box<str>, u32)| (term, std::mem::take(&mut lists[id as usize]));
        let mut terms: Vec<(Box<str>, List)> = self.ids.into_iter().map(taken).collect();
        terms.par_sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        terms
    }

    /// Every term with its records as they are written (without the term), in order.
    pub fn into_lines(self) -> Vec<Line<'static>> {
        let lists = self.into_lists().into_par_iter();
        lists.map(|(term, list)| (term, Cow::Owned(groups(list)))).collect()
    }
}

/// The lines of a file; none where it isn't one of an index.
pub fn lines(file: &str) -> Option<Vec<Line<'_>>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for line in file.lines() {
        let (term, list) = line.split_at_checked(line.find(' ')?)?;
        let (shared, rest) = term.split_at_checked(1)?;
        let above = lines.last().map_or("", |(term, _)| term);
        let shared = above.get(..usize::from(value(shared.bytes().next()?)?))?;
        lines.push(([shared, rest].concat().into(), Cow::Borrowed(list)));
    }
    Some(lines)
}

/// The records of a line, as [`groups`] has written them; none where it is no such text.
pub fn list(groups: &str) -> Option<List> {
    let mut list = List::new();
    each(groups, |number, fields| list.push((number, fields)))?;
    Some(list)
}

/// Gives each record of a line to `take`, with its fields; none where it is no such text.
pub fn each(groups: &str, mut take: impl FnMut(u32, u16)) -> Option<()> {
    for group in groups.strip_prefix(' ')?.split(' ') {
        let [low, high, numbers @ ..] = group.as_bytes() else { return None };
        let fields = u16::from(value(*low)?) | u16::from(value(*high)?) << 6;
        let (mut before, mut number, mut bits) = (0_u32, 0_u32, 0);
        for digit in numbers {
            let digit = u32::from(value(*digit)?);
            number |= (digit % 32).checked_shl(bits)?;
            bits += 5;
            if digit < 32 {
                before = before.checked_add(number)?;
                take(before, fields);
                (number, bits) = (0, 0);
            }
        }
        if bits > 0 || numbers.is_empty() {
            return None;
        }
    }
    Some(())
}

/// The value of one of [`DIGITS`].
fn value(digit: u8) -> Option<u8> {
    const VALUES: [u8; 256] = {
        let mut values = [u8::MAX; 256];
        let mut at = 0;
        while at < DIGITS.len() {
            values[DIGITS[at] as usize] = at as u8;
            at += 1;
        }
        values
    };
    let value = VALUES[usize::from(digit)];
    (value != u8::MAX).then_some(value)
}

/// Records in groups of those with the same fields.
pub fn groups(mut list: List) -> String {
    // A list that was mended is one that is in order, and a few more.
    list.sort_by_key(|(number, fields)| (*fields, *number));
    let mut out = String::with_capacity(4 + 3 * list.len());
    let mut before = (0, 0);
    for (number, fields) in list {
        if fields != before.1 {
            out.push(' ');
            out.extend([fields & 63, fields >> 6].map(|digits| digit(u32::from(digits))));
            before = (0, fields);
        }
        number_into(&mut out, number - before.0);
        before.0 = number;
    }
    out
}

/// Puts a number after `out`.
pub fn number_into(out: &mut String, mut number: u32) {
    while number >= 32 {
        out.push(digit(32 + number % 32));
        number /= 32;
    }
    out.push(digit(number));
}

/// A digit from 0 to 63.
pub fn digit(of: u32) -> char {
    char::from(DIGITS[(of & 63) as usize])
}

/// How many characters a term has in common with the one above it, at most 63: those of
/// ASCII only, which are the same in bytes and in a script's characters.
pub fn shared(above: &str, term: &str) -> usize {
    let pairs = above.bytes().zip(term.bytes());
    pairs.take_while(|(a, b)| a == b && a.is_ascii()).take(63).count()
}

/// FNV-1a, for terms: they are short, and the order of the map reaches nothing.
pub type Fnv = BuildHasherDefault<Fnv1a>;

/// The state of a hash.
#[derive(Default)]
pub struct Fnv1a(u64);

impl Hasher for Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        let start = if self.0 == 0 { 0xcbf2_9ce4_8422_2325 } else { self.0 };
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        self.0 = bytes.iter().fold(start, step);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(added: &[(&str, u32, u16)]) -> Vec<(String, String)> {
        let mut index = Index::default();
        for (term, number, fields) in added {
            let term = index.term(term);
            index.add(term, *number, *fields);
        }
        let lines = index.into_lines().into_iter();
        lines.map(|(term, list)| (term.into(), list.into_owned())).collect()
    }

    fn line(term: &str, list: &str) -> (String, String) {
        (term.to_owned(), list.to_owned())
    }

    #[test]
    fn records_are_grouped_by_fields_and_written_as_distances() {
        let added = [("b", 3, 1), ("a", 5, 4), ("b", 40, 1), ("b", 41, 64), ("b", 73, 1)];
        assert_eq!(lines(&added), [line("a", " 405"), line("b", " 103B1x1 01F1")]);
    }

    /// Digits have their values, and what was written is read as it was.
    #[test]
    fn lists_are_read_as_written() {
        for (value_of, digit) in (0..).zip(DIGITS) {
            assert_eq!(value(*digit), Some(value_of));
        }
        let list = vec![(3, 1), (40, 1), (41, 1), (5, 4), (u32::MAX, 4), (41, 64), (7, 511)];
        assert_eq!(super::list(&groups(list.clone())), Some(list));
    }

    #[test]
    fn a_term_in_two_fields_of_a_record_is_there_once() {
        assert_eq!(lines(&[("a", 5, 1), ("a", 5, 4)]), [line("a", " 505")]);
    }

    #[test]
    fn numbers_have_five_bits_a_digit() {
        let written = |number| {
            let mut out = String::new();
            number_into(&mut out, number);
            out
        };
        assert_eq!([written(0), written(31), written(32)], ["0", "v", "w1"]);
        assert_eq!(written(u32::MAX), "______3");
    }

    #[test]
    fn what_terms_share_is_ascii() {
        assert_eq!(shared("kvm_mmu", "kvm_mm"), 6);
        assert_eq!(shared("aü", "aüb"), 1);
        assert_eq!(shared(&"x".repeat(99), &"x".repeat(99)), 63);
    }
}

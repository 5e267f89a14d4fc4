//! The index of the last build brought up to date: of most records nothing has changed, so
//! that most of its lines can stay as they are.
//!
//! What comes out is what a new index would be, to the byte; `tests/incremental.rs` holds it
//! to that.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::archive::hashed::Set;
use crate::site::search::index::{self, Line, List};

/// The part of the records that may have changed for mending to be worth it: one in so many.
const FEW: usize = 8;

/// An index as it was left.
pub struct Before {
    /// The files with its terms, in any order.
    pub terms: Vec<String>,
    /// The number of each record, and a hash of what is indexed of it.
    pub made_of: Vec<(u64, u64)>,
}

/// Which records an index has otherwise than it should have.
pub struct Changes {
    /// The numbers of those to be indexed.
    pub added: Set<u32>,
    /// The numbers of those whose entries are no longer right.
    removed: Removed,
}

/// Numbers of records: a few, of which each of a million is asked whether it is among them.
struct Removed {
    numbers: Set<u32>,
    /// Whether any has these last digits.
    endings: Box<[bool; ENDINGS]>,
}

/// Of a few hundred records that changed, one in some dozens of the others has an ending.
const ENDINGS: usize = 1 << 14;

impl Removed {
    fn of(numbers: Set<u32>) -> Removed {
        let mut endings = Box::new([false; ENDINGS]);
        numbers.iter().for_each(|number| endings[*number as usize % ENDINGS] = true);
        Removed { numbers, endings }
    }

    fn has(&self, number: u32) -> bool {
        self.endings[number as usize % ENDINGS] && self.numbers.contains(&number)
    }
}

impl Before {
    /// What has changed since, where records are made of `made_of` now; none where that is so
    /// much that a new index is the better one.
    pub fn changes(&self, made_of: &[(u64, u64)]) -> Option<Changes> {
        let mut before: BTreeMap<u64, u64> = self.made_of.iter().copied().collect();
        let is_new = |(number, print): &&(u64, u64)| before.remove(number) != Some(*print);
        let added: Set<u32> = made_of.iter().filter(is_new).map(|(n, _)| *n as u32).collect();
        let gone = before.into_keys().map(|number| number as u32);
        let removed: Set<u32> = gone.chain(added.iter().copied()).collect();
        let few = removed.len() <= made_of.len() / FEW;
        few.then(|| Changes { added, removed: Removed::of(removed) })
    }

    /// The lines of the index, with the entries of records that are no longer right taken out
    /// and the lists of `added` put in; none where a file isn't one of an index.
    pub fn mended(&self, changes: &Changes, added: Vec<(Box<str>, List)>) -> Option<Vec<Line<'_>>> {
        let mut files: Vec<Vec<Line<'_>>> =
            self.terms.par_iter().map(|file| index::lines(file)).collect::<Option<_>>()?;
        // They are in any order, but each has the terms between its first and its last one.
        files.sort_by(|a, b| a.first().cmp(&b.first()));
        let old: Vec<Line<'_>> = files.into_iter().flatten().collect();
        if !old.is_sorted_by(|(a, _), (b, _)| a < b) {
            return None;
        }
        let kept: Vec<Option<List>> = old
            .par_iter()
            .map(|(_, line)| without(line, &changes.removed))
            .collect::<Option<_>>()?;
        let mut new = added.into_iter().peekable();
        let mut lines = Vec::with_capacity(old.len() + new.len());
        for ((term, line), kept) in old.into_iter().zip(kept) {
            while let Some((term, list)) = new.next_if(|(other, _)| *other < term) {
                lines.push((term, Cow::Owned(index::groups(list))));
            }
            let more = new.next_if(|(other, _)| *other == term);
            let line = match (kept, more) {
                (None, None) => line,
                (kept, more) => {
                    let mut list = match kept {
                        Some(list) => list,
                        None => index::list(&line)?,
                    };
                    list.extend(more.into_iter().flat_map(|(_, list)| list));
                    match list.is_empty() {
                        true => continue,
                        false => Cow::Owned(index::groups(list)),
                    }
                }
            };
            lines.push((term, line));
        }
        lines.extend(new.map(|(term, list)| (term, Cow::Owned(index::groups(list)))));
        Some(lines)
    }
}

/// What is left of a list without the records that are `removed`; inside, none where it has none
/// of them, and none at all where it is no list.
fn without(line: &str, removed: &Removed) -> Option<Option<List>> {
    let mut has_some = false;
    index::each(line, |number, _| has_some = has_some || removed.has(number))?;
    if !has_some {
        return Some(None);
    }
    let mut list = index::list(line)?;
    list.retain(|(number, _)| !removed.has(*number));
    Some(Some(list))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::search::index::Index;
    use crate::site::search::{leading, term_pages};

    type Records = BTreeMap<u32, Vec<(&'static str, u16)>>;

    fn index(records: &Records, wanted: impl Fn(u32) -> bool) -> Index {
        let mut index = Index::default();
        for (number, terms) in records.iter().filter(|(number, _)| wanted(**number)) {
            for (term, fields) in terms {
                let term = index.term(term);
                index.add(term, *number, *fields);
            }
        }
        index
    }

    /// A record's number, and what it is made of.
    fn made_of(records: &Records) -> Vec<(u64, u64)> {
        let print = |terms: &Vec<_>| crate::site::fingerprint::of(terms);
        records.iter().map(|(number, terms)| (u64::from(*number), print(terms))).collect()
    }

    fn files(lines: &[Line<'_>]) -> Vec<String> {
        let pages = term_pages(lines);
        pages.into_iter().map(|page| String::from_utf8(page.content).unwrap()).collect()
    }

    #[test]
    fn a_mended_index_is_a_new_one() {
        let mut records: Records =
            (1..100).map(|n| (n * 3, vec![("common", 1), ("kvm", (n % 4) as u16 + 1)])).collect();
        records.insert(4, vec![("alone", 1), ("common", 4)]);
        let left = index(&records, |_| true).into_lines();
        let before = Before { terms: files(&left), made_of: made_of(&records) };
        // One has other words, one is gone, one is new between others, and one at the end.
        records.insert(6, vec![("kvm", 9), ("zebra", 1)]);
        records.remove(&4);
        records.insert(7, vec![("aardvark", 2), ("kvm", 1)]);
        records.insert(1_000, vec![("common", 256)]);
        let changes = before.changes(&made_of(&records)).expect("few");
        assert_eq!(changes.added, [6, 7, 1_000].into_iter().collect());
        let added = index(&records, |number| changes.added.contains(&number)).into_lists();
        let mended = before.mended(&changes, added).expect("an index");
        let new = index(&records, |_| true).into_lines();
        assert_eq!(files(&mended), files(&new));
        assert_eq!(leading(&mended), leading(&new));
    }

    #[test]
    fn much_that_is_new_is_not_mended() {
        let before = Before { terms: Vec::new(), made_of: (0..80).map(|n| (n, n)).collect() };
        assert!(before.changes(&(0..84).map(|n| (n, n)).collect::<Vec<_>>()).is_some());
        assert!(before.changes(&(0..200).map(|n| (n, n)).collect::<Vec<_>>()).is_none());
    }

    #[test]
    fn what_is_no_index_is_noticed() {
        let changes = Before { terms: Vec::new(), made_of: Vec::new() }.changes(&[]);
        let changes = changes.expect("nothing");
        for text in ["0kvm", "0kvm 1", "0kvm 10!\n", "1kvm 100\n", "0kvm 10w\n", "\n"] {
            let before = Before { terms: vec![text.to_owned()], made_of: Vec::new() };
            assert!(before.mended(&changes, Vec::new()).is_none(), "{text}");
        }
    }
}

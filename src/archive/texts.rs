//! Texts that are kept once, however often they occur, and known by a number.
//!
//! [`Texts`] are the texts themselves, one behind the other. [`Interner`] finds the number of a
//! text and takes in new ones. What it needs for that is not kept: where texts come to many that
//! were kept, [`standing_in`] looks through those once. A number means nothing but the text:
//! numbers are equal where the texts are, and nothing else may be read from them.

use std::fmt;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;

/// The number of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(pub(super) u32);

impl Symbol {
    /// Stands where there is no text.
    pub(super) const NONE: Symbol = Symbol(u32::MAX);

    /// The same, unless it is [`Symbol::NONE`].
    pub(super) fn some(self) -> Option<Symbol> {
        (self != Symbol::NONE).then_some(self)
    }

    /// The one with this place.
    pub(crate) fn at(index: usize) -> Symbol {
        Symbol(index as u32)
    }

    /// Its place among all, for tables by symbol.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Texts by number.
#[derive(Clone, Default)]
pub struct Texts {
    /// All of them, in the order of their numbers.
    pub(super) bytes: String,
    /// Where each one ends in `bytes`; it begins where the one before ends.
    pub(super) ends: Vec<u64>,
}

impl Texts {
    /// The text of a number.
    pub fn get(&self, symbol: Symbol) -> &str {
        let index = symbol.index();
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[index] as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of them, by number.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> + use<> {
        (0..self.ends.len() as u32).map(Symbol)
    }

    /// All texts, one behind the other, and where each one ends.
    pub(super) fn parts(&self) -> (&str, &[u64]) {
        (&self.bytes, &self.ends)
    }

    /// Texts of what [`Texts::parts`] gave; none where the ends are not those of texts.
    pub(super) fn from_parts(bytes: String, ends: Vec<u64>) -> Option<Texts> {
        let ends_text =
            |end: u64| usize::try_from(end).is_ok_and(|end| bytes.is_char_boundary(end));
        let last = ends.last().copied().unwrap_or(0);
        let whole = ends.is_sorted() && last == bytes.len() as u64;
        let number = u32::try_from(ends.len()).is_ok_and(|count| count < u32::MAX);
        (whole && number && ends.iter().all(|end| ends_text(*end))).then_some(Texts { bytes, ends })
    }

    /// Those from a number on, as texts of their own.
    pub(super) fn after(&self, count: usize) -> Texts {
        let start = count.checked_sub(1).map_or(0, |last| self.ends[last]);
        let bytes = self.bytes[start as usize..].to_owned();
        Texts { bytes, ends: self.ends[count..].iter().map(|end| end - start).collect() }
    }

    /// Adds others behind its own, whether they are new or not.
    pub(super) fn extend(&mut self, more: &Texts) {
        let start = self.bytes.len() as u64;
        self.bytes.reserve_exact(more.bytes.len());
        self.bytes.push_str(&more.bytes);
        self.ends.reserve_exact(more.ends.len());
        self.ends.extend(more.ends.iter().map(|end| start + end));
    }

    /// Adds those of others that are new; gives the number of each of the others.
    pub(super) fn join(&mut self, others: &Texts) -> Vec<Symbol> {
        let all: Vec<&str> = others.symbols().map(|symbol| others.get(symbol)).collect();
        let known = standing_in(self.len() as u32, |number| self.get(Symbol(number)), &all);
        let numbers = known.into_iter().zip(all);
        numbers.map(|(known, text)| known.map_or_else(|| self.push(text), Symbol)).collect()
    }

    fn push(&mut self, text: &str) -> Symbol {
        let symbol = Symbol(self.ends.len() as u32);
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u64);
        symbol
    }

    fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.symbols().map(|symbol| self.get(symbol))).finish()
    }
}

/// Two texts that occur together, by number: a name and an address, a trailer and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair(pub(super) u32);

impl Pair {
    /// Its place among all, for tables by pair.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Adds those of other pairs that are new; gives the number of each of the others.
pub(super) fn join_pairs(pairs: &mut Vec<[Symbol; 2]>, others: &[[Symbol; 2]]) -> Vec<Pair> {
    let known = standing_in(pairs.len() as u32, |number| pairs[number as usize], others);
    let mut number = |(known, pair): (Option<u32>, &[Symbol; 2])| {
        known.unwrap_or_else(|| {
            pairs.push(*pair);
            pairs.len() as u32 - 1
        })
    };
    known.into_iter().zip(others).map(|all| Pair(number(all))).collect()
}

/// The number of each of some things among so many that are known, where it is one of them. The
/// known ones are gone through once, and a hash table is made of the others alone: it is small
/// where little comes to much.
fn standing_in<T: Hash + Eq + Sync>(
    count: u32,
    known: impl Fn(u32) -> T + Sync,
    all: &[T],
) -> Vec<Option<u32>> {
    let seed = RandomState::default();
    let hash = |at: &usize| seed.hash_one(&all[*at]);
    let mut places = HashTable::with_capacity(all.len());
    for at in 0..all.len() {
        places.insert_unique(hash(&at), at, hash);
    }
    let find = |number| {
        let thing = known(number);
        let place = places.find(seed.hash_one(&thing), |at: &usize| all[*at] == thing);
        place.map(|at| (*at, number))
    };
    let found: Vec<(usize, u32)> = (0..count).into_par_iter().filter_map(find).collect();
    let mut numbers = vec![None; all.len()];
    found.into_iter().for_each(|(at, number)| numbers[at] = Some(number));
    numbers
}

/// Finds the numbers of texts and of pairs of them, and takes in new ones.
///
/// Each one hashes with a seed of its own, so that nobody can write texts that fall together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interner {
    texts: Texts,
    pairs: Vec<[Symbol; 2]>,
    known_texts: HashTable<u32>,
    known_pairs: HashTable<u32>,
    seed: RandomState,
}

impl Interner {
    /// The texts that it knows.
    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The number of a text, if it is known.
    pub(crate) fn find(&self, text: &str) -> Option<Symbol> {
        let Interner { texts, known_texts, seed, .. } = self;
        let same = |s: &u32| texts.get(Symbol(*s)) == text;
        known_texts.find(seed.hash_one(text), same).copied().map(Symbol)
    }

    /// The number of a text, new or known.
    pub(crate) fn text(&mut self, text: &str) -> Symbol {
        let Interner { texts, known_texts, seed, .. } = self;
        let same = |s: &u32| texts.get(Symbol(*s)) == text;
        let hash = |s: &u32| seed.hash_one(texts.get(Symbol(*s)));
        match known_texts.entry(seed.hash_one(text), same, hash) {
            Entry::Occupied(known) => Symbol(*known.get()),
            Entry::Vacant(free) => {
                let symbol = texts.push(text);
                free.insert(symbol.0);
                symbol
            }
        }
    }

    /// The number of a pair, new or known.
    pub(super) fn pair(&mut self, pair: [Symbol; 2]) -> Pair {
        let Interner { pairs, known_pairs, seed, .. } = self;
        let same = |at: &u32| pairs[*at as usize] == pair;
        let hash = |at: &u32| seed.hash_one(pairs[*at as usize]);
        match known_pairs.entry(seed.hash_one(pair), same, hash) {
            Entry::Occupied(known) => Pair(*known.get()),
            Entry::Vacant(free) => {
                let new = pairs.len() as u32;
                pairs.push(pair);
                free.insert(new);
                Pair(new)
            }
        }
    }

    /// The texts and the pairs, by number.
    pub(super) fn finish(self) -> (Texts, Vec<[Symbol; 2]>) {
        let Interner { mut texts, mut pairs, .. } = self;
        texts.shrink();
        pairs.shrink_to_fit();
        (texts, pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_also_where_others_join() {
        let mut interner = Interner::default();
        let words = ["", "a", "ä", "ab", ""];
        let numbers: Vec<Symbol> = words.iter().map(|word| interner.text(word)).collect();
        let pair = interner.pair([numbers[1], numbers[2]]);
        assert_eq!(numbers[0], numbers[4]);
        let (mut texts, mut pairs) = interner.finish();
        assert_eq!(format!("{texts:?}"), r#"["", "a", "ä", "ab"]"#);

        let mut others = Interner::default();
        ["b", "ab", "", "c"].iter().for_each(|word| _ = others.text(word));
        let joined = texts.join(&others.finish().0);
        assert_eq!(format!("{texts:?}"), r#"["", "a", "ä", "ab", "b", "c"]"#);
        assert_eq!(joined, [Symbol(4), numbers[3], numbers[0], Symbol(5)]);
        let swapped = [numbers[2], numbers[1]];
        let joined = join_pairs(&mut pairs, &[swapped, [numbers[1], numbers[2]]]);
        assert_eq!((joined, pairs[1]), (vec![Pair(1), pair], swapped));
    }

    #[test]
    fn texts_cut_in_two_are_the_same_put_together() {
        let mut interner = Interner::default();
        ["", "a", "ä", "ab"].iter().for_each(|word| _ = interner.text(word));
        let whole = interner.finish().0;
        for cut in 0..=whole.len() {
            let mut start = Texts::default();
            whole.symbols().take(cut).for_each(|symbol| _ = start.push(whole.get(symbol)));
            start.extend(&whole.after(cut));
            assert_eq!(start.parts(), whole.parts(), "{cut}");
        }
    }
}

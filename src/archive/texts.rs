//! Texts that are kept once, however often they occur, and known by a number.
//!
//! [`Texts`] are the texts themselves, one behind the other. [`Interner`] finds the number of a
//! text and takes in new ones; what it needs for that is made from the texts alone, so only
//! they have to be kept. A number means nothing but the text: numbers are equal where the
//! texts are, and nothing else may be read from them.

use std::fmt;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

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
    /// One that knows these already.
    pub(super) fn over(texts: Texts, pairs: Vec<[Symbol; 2]>) -> Interner {
        let seed = RandomState::default();
        let mut known_texts = HashTable::with_capacity(texts.len());
        for symbol in texts.symbols() {
            let hash = |s: &u32| seed.hash_one(texts.get(Symbol(*s)));
            known_texts.insert_unique(hash(&symbol.0), symbol.0, hash);
        }
        let mut known_pairs = HashTable::with_capacity(pairs.len());
        for at in 0..pairs.len() as u32 {
            let hash = |at: &u32| seed.hash_one(pairs[*at as usize]);
            known_pairs.insert_unique(hash(&at), at, hash);
        }
        Interner { texts, pairs, known_texts, known_pairs, seed }
    }

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
    fn a_text_has_one_number_also_after_the_interner_was_made_again() {
        let mut interner = Interner::default();
        let words = ["", "a", "ä", "ab", ""];
        let numbers: Vec<Symbol> = words.iter().map(|word| interner.text(word)).collect();
        let pair = interner.pair([numbers[1], numbers[2]]);
        assert_eq!(numbers[0], numbers[4]);
        let (texts, pairs) = interner.finish();
        assert_eq!(format!("{texts:?}"), r#"["", "a", "ä", "ab"]"#);

        let mut again = Interner::over(texts, pairs);
        let known: Vec<Symbol> = words.iter().map(|word| again.text(word)).collect();
        assert_eq!(known, numbers);
        assert_eq!(again.pair([numbers[1], numbers[2]]), pair);
        assert_ne!(again.pair([numbers[2], numbers[1]]), pair);
        assert_eq!(again.text("b").index(), 4);
    }
}

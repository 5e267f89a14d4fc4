//! Text into the terms that are searched for: words, identifiers, paths, and their parts.
//!
//! `search.js` takes queries apart in the same way; `tests/search-terms.json` holds both to
//! it. What is indexed of a mail, and in which field, is said in [`super`].
//!
//! - Case is folded, Latin letters lose their accents, combining marks go.
//! - Letters and digits (the basic plane of Unicode) and `_` make words; a single `-`, `.` or
//!   `/` between two of them joins them: `kvm_mmu_page_fault`, `net-next`,
//!   `arch/x86/kvm/mmu.c` are one term each. Their parts are terms as well.
//! - Chinese, Japanese and Korean have no blanks between words: each pair of neighbouring
//!   characters is a term.
//! - Single Latin letters and digits, and terms over [`LONGEST`] characters, are left out.

use std::sync::LazyLock;

/// The most characters of a term.
pub const LONGEST: usize = 120;

/// Words that say nothing about a mail, which are neither indexed nor searched for in running
/// text; in order. `search.js` has the same line.
pub const COMMON: &str = "a all also an and any are as at be been but by can could do does for \
                          from has have how if in into is it its more no not of on only or our \
                          should so some than that the their them then there these they this \
                          those to too was we were what when which while will with would you";

/// How a term stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// By itself.
    Whole,
    /// As part of an identifier or path.
    Part,
}

/// Whether running text is better searched without this term.
pub fn is_common(term: &str) -> bool {
    /// The common words by their first letter.
    static WORDS: LazyLock<[Vec<&str>; 26]> = LazyLock::new(|| {
        let letter = |at: usize| char::from(b'a' + at as u8);
        std::array::from_fn(|at| COMMON.split(' ').filter(|w| w.starts_with(letter(at))).collect())
    });
    let first = term.bytes().next().filter(u8::is_ascii_lowercase);
    first.is_some_and(|first| WORDS[usize::from(first - b'a')].contains(&term))
}

/// Takes texts apart, with buffers that are used again.
#[derive(Default)]
pub struct Splitter {
    /// The word, identifier or path so far, folded.
    word: String,
    /// Two neighbouring characters of a script without blanks.
    pair: String,
}

impl Splitter {
    /// Calls `each` with every term of `text`, from the first to the last; an identifier
    /// before its parts. A term may come more than once.
    pub fn split(&mut self, text: &str, mut each: impl FnMut(&str, Level)) {
        if text.is_ascii() {
            return self.split_ascii(text, each);
        }
        self.word.clear();
        let mut ideographs: (Option<char>, usize) = (None, 0);
        let mut chars = text.chars().filter(|c| !is_mark(*c)).peekable();
        while let Some(c) = chars.next() {
            if is_ideograph(c) {
                self.flush(&mut each);
                ideographs = self.ideograph(ideographs, c, &mut each);
                continue;
            }
            self.end_ideographs(&mut ideographs, &mut each);
            if is_word(c) {
                fold_into(&mut self.word, c);
            } else if self.joins(c) && chars.peek().is_some_and(|next| is_plain_word(*next)) {
                self.word.push(c);
            } else {
                self.flush(&mut each);
            }
        }
        self.end_ideographs(&mut ideographs, &mut each);
        self.flush(&mut each);
    }

    /// The same for ASCII, which most text is: runs of it are taken as they are.
    fn split_ascii(&mut self, text: &str, mut each: impl FnMut(&str, Level)) {
        let is_word = |b: &u8| *b == b'_' || b.is_ascii_alphanumeric();
        let bytes = text.as_bytes();
        self.word.clear();
        let mut at = 0;
        while at < bytes.len() {
            let end = at + bytes[at..].iter().take_while(|b| is_word(b)).count();
            self.word.push_str(&text[at..end]);
            match (bytes.get(end), bytes.get(end + 1)) {
                (Some(&joiner), Some(next)) if self.joins(joiner.into()) && is_word(next) => {
                    self.word.push(joiner.into());
                }
                _ => {
                    self.word.make_ascii_lowercase();
                    self.flush(&mut each);
                }
            }
            at = end + 1;
        }
    }

    /// Whether `c`, between the word so far and another letter, makes one word of both.
    fn joins(&self, c: char) -> bool {
        is_joiner(c) && !self.word.is_empty()
    }

    /// One more character of a run, which gives a pair with the one before it.
    fn ideograph(
        &mut self,
        (before, length): (Option<char>, usize),
        c: char,
        each: &mut impl FnMut(&str, Level),
    ) -> (Option<char>, usize) {
        if let Some(before) = before {
            self.pair.clear();
            self.pair.extend([before, c]);
            each(&self.pair, Level::Whole);
        }
        (Some(c), length + 1)
    }

    /// The end of a run; a single character is a term by itself.
    fn end_ideographs(
        &mut self,
        run: &mut (Option<char>, usize),
        each: &mut impl FnMut(&str, Level),
    ) {
        if let (Some(only), 1) = *run {
            self.pair.clear();
            self.pair.push(only);
            each(&self.pair, Level::Whole);
        }
        *run = (None, 0);
    }

    /// The end of a word: gives it, and its parts.
    fn flush(&mut self, each: &mut impl FnMut(&str, Level)) {
        let word = self.word.as_str();
        if word.is_empty() {
            return;
        }
        let mut emit = |term: &str, level| {
            let long_enough = term.len() > 1;
            if long_enough && (term.len() <= LONGEST || term.chars().count() <= LONGEST) {
                each(term, level);
            }
        };
        let divides = |b: u8| b == b'_' || is_joiner(b.into());
        if !word.bytes().any(divides) {
            emit(word, Level::Whole);
        } else if !word.bytes().all(divides) {
            emit(word, Level::Whole);
            parts(word, &mut |part| emit(part, Level::Part));
        }
        self.word.clear();
    }
}

/// What an identifier or path is made of: the names of a path, identifiers within them, words
/// within those; each only where it is less than the whole.
fn parts(word: &str, each: &mut impl FnMut(&str)) {
    for name in word.split('/') {
        if name.len() < word.len() && name.contains(['_', '-', '.']) {
            each(name);
        }
        for identifier in name.split(['-', '.']) {
            if identifier.len() < name.len() && identifier.contains('_') {
                each(identifier);
            }
            identifier.split('_').filter(|part| !part.is_empty()).for_each(&mut *each);
        }
    }
}

fn is_joiner(c: char) -> bool {
    matches!(c, '-' | '.' | '/')
}

/// A mark that combines with the letter before it.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// A character that words are made of, other than those of scripts without blanks.
fn is_plain_word(c: char) -> bool {
    is_word(c) && !is_ideograph(c)
}

fn is_word(c: char) -> bool {
    match c {
        '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        '\0'..='\u{7f}' => false,
        _ => c <= '\u{ffff}' && c.is_alphanumeric(),
    }
}

/// A character of a script that has no blanks between words.
fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}')
        && c.is_alphanumeric()
}

/// Puts `c` after `out`, its case folded and without accents.
fn fold_into(out: &mut String, c: char) {
    match c {
        _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
        '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => match latin(c) {
            Some(letters) => out.extend(letters.chars().map(|c| c.to_ascii_lowercase())),
            None => out.extend(c.to_lowercase()),
        },
        _ => out.extend(c.to_lowercase().filter(|c| !is_mark(*c))),
    }
}

/// A Latin letter in ASCII.
fn latin(c: char) -> Option<&'static str> {
    let letters = deunicode::deunicode_char(c)?;
    let plain = !letters.is_empty() && letters.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then_some(letters)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCRIPT: &str = include_str!("../../../themes/default/assets/search.js");

    fn terms(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        Splitter::default().split(text, |term, level| {
            found.push(format!("{}{term}", if level == Level::Part { "+" } else { "" }));
        });
        found
    }

    /// The same file is run against `search.js` by `tests/browser/terms.mjs`.
    #[test]
    fn texts_become_the_terms_of_the_shared_vectors() {
        let vectors = include_str!("../../../tests/search-terms.json");
        let vectors: Vec<(String, Vec<String>)> = serde_json::from_str(vectors).unwrap();
        assert!(vectors.len() > 20);
        for (text, expected) in vectors {
            assert_eq!(terms(&text), expected, "{text:?}");
        }
    }

    proptest! {
        /// ASCII is split in a way of its own. A letter that makes no term leads to the other.
        #[test]
        fn ascii_is_split_as_any_text(text in "[aB7_./ (-]{0,24}") {
            prop_assert_eq!(terms(&text), terms(&format!("é {text}")));
        }
    }

    #[test]
    fn the_script_leaves_out_the_same_words() {
        assert!(SCRIPT.contains(&format!("\"{COMMON}\"")));
        assert!(COMMON.split(' ').is_sorted());
        assert!(is_common("the") && !is_common("theme") && !is_common(""));
    }

    /// Each letter in ASCII, `-` for those that have none, as the script's table has them.
    #[test]
    fn the_script_folds_the_same_letters() {
        let table = |range: std::ops::RangeInclusive<char>| -> String {
            let letters: Vec<String> =
                range.map(|c| latin(c).unwrap_or("-").to_lowercase()).collect();
            letters.join(" ")
        };
        for range in ['\u{c0}'..='\u{24f}', '\u{1e00}'..='\u{1eff}'] {
            let table = table(range);
            assert!(SCRIPT.contains(&format!("\"{table}\"")), "{table}");
        }
    }

    #[test]
    fn a_text_of_one_long_word_is_split_once() {
        let long = "x_".repeat(100_000);
        let mut count = 0;
        Splitter::default().split(&long, |_, _| count += 1);
        assert_eq!(count, 0);
    }
}

//! `N:` and `K:`: regular expressions, as Perl reads them with the flag `x`, over bytes.
//!
//! All of them are tried at once. What Perl has and the `regex` crate leaves out for the sake
//! of its running time (looking around, references back) can't be read.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// The largest automaton that is made of all expressions, in bytes.
const LIMIT: usize = 64 << 20;

/// The expressions of all sections.
#[derive(Debug, Default)]
pub(super) struct Expressions {
    all: RegexSet,
    /// Each by itself, made when it is first needed, and its section.
    each: Vec<(String, OnceLock<Option<Regex>>, u32)>,
}

/// The expressions while a file is read: their lines, sources and sections.
#[derive(Default)]
pub(super) struct ExpressionsReading(Vec<(usize, String, u32)>);

impl ExpressionsReading {
    pub(super) fn add(&mut self, line: usize, source: &str, section: u32) {
        self.0.push((line, source.to_owned(), section));
    }

    /// The expressions, and the lines of those that can't be read.
    pub(super) fn finish(self) -> (Expressions, Vec<usize>) {
        let ExpressionsReading(all) = self;
        if let Some(set) = set_of(&all) {
            return (Expressions::of(set, all), Vec::new());
        }
        // Only now is it worth while to find out which is at fault.
        let (good, bad): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, source, _)| one_of(source).is_some());
        let lines =
            |sources: &[(usize, String, u32)]| sources.iter().map(|(line, ..)| *line).collect();
        match set_of(&good) {
            Some(set) => (Expressions::of(set, good), lines(&bad)),
            None => (Expressions::default(), lines(&[good, bad].concat())),
        }
    }
}

fn set_of(sources: &[(usize, String, u32)]) -> Option<RegexSet> {
    let mut set = RegexSetBuilder::new(sources.iter().map(|(_, source, _)| source));
    set.unicode(false).ignore_whitespace(true).multi_line(true).size_limit(LIMIT).build().ok()
}

fn one_of(source: &str) -> Option<Regex> {
    let mut one = RegexBuilder::new(source);
    one.unicode(false).ignore_whitespace(true).multi_line(true).build().ok()
}

impl Expressions {
    /// Each expression as it is written, and its section.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, u32)> {
        self.each.iter().map(|(source, _, section)| (source.as_str(), *section))
    }

    fn of(all: RegexSet, sources: Vec<(usize, String, u32)>) -> Expressions {
        let one = |(_, source, section)| (source, OnceLock::new(), section);
        Expressions { all, each: sources.into_iter().map(one).collect() }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    /// The sections with an expression that matches somewhere in the text.
    pub(super) fn matches(&self, text: &[u8]) -> impl Iterator<Item = u32> {
        self.found(text).map(|at| self.each[at].2)
    }

    /// The sections with an expression that matches within one of the text's lines, after so
    /// many bytes of it. With any bytes to be left out, only lines that were added or removed
    /// count.
    pub(super) fn in_lines(&self, text: &str, after: usize) -> impl Iterator<Item = u32> {
        let found = self.found(text.as_bytes()).map(|at| &self.each[at]);
        let speaks = move |(source, one, _): &&(String, OnceLock<Option<Regex>>, u32)| {
            let one = one.get_or_init(|| one_of(source)).as_ref();
            one.is_some_and(|one| matches_in_line(one, text.as_bytes(), after))
        };
        found.filter(speaks).map(|(.., section)| *section)
    }

    /// The expressions that match a text, perhaps over the end of a line.
    fn found(&self, text: &[u8]) -> impl Iterator<Item = usize> + use<> {
        // Most texts match none, which is sooner known than which ones match.
        let any = !self.each.is_empty() && self.all.is_match(text);
        any.then(|| self.all.matches(text)).into_iter().flatten()
    }
}

/// Whether an expression matches within a line that counts: where it matches at all is asked
/// first, and only the lines found so are looked at.
fn matches_in_line(one: &Regex, text: &[u8], after: usize) -> bool {
    let mut at = 0;
    while let Some(found) = one.find_at(text, at) {
        let start = memchr::memrchr(b'\n', &text[..found.start()]).map_or(0, |end| end + 1);
        let rest = &text[found.start()..];
        let end = memchr::memchr(b'\n', rest).map_or(text.len(), |end| found.start() + end);
        let line = &text[start..end];
        let counts = after == 0 || matches!(line.first(), Some(b'+' | b'-'));
        if counts && one.is_match_at(line, after) {
            return true;
        }
        at = end + 1;
        if at > text.len() {
            break;
        }
    }
    false
}

//! What to turn off where a site is larger than it may be: by how much each thing that can be
//! left out would shrink it, reckoned from the bytes that a build has written.
//!
//! Advice is a line of `config.yaml` with what it saves. What is said is what the files
//! themselves have; the links to them, which go with them, are not counted.

use serde::{Deserialize, Serialize};

use crate::archive::compare::scope::Pairings;
use crate::config::{Config, Diffs};
use crate::diagnostic::Diagnostic;
use crate::site::view::size_words;

/// A line of the configuration under `site:`, and what it saves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saving {
    /// `diffs: none`
    pub line: String,
    /// Bytes by which the site would shrink.
    pub bytes: u64,
}

/// What could be left out of a site.
struct Choice {
    line: &'static str,
    /// Which kinds of files it leaves out.
    kinds: &'static [&'static str],
    /// Whether the site has it.
    is_on: fn(&Config) -> bool,
}

/// The kind under which diffs are counted: they are no files, but parts of pages.
pub const DIFFS: &str = "diffs";

/// What stays of a page that was published: it leads to what is there in its place.
const REDIRECT: u64 = 700;

const CHOICES: [Choice; 9] = [
    Choice { line: "diffs: none", kinds: &[DIFFS], is_on: |c| c.diffs != Diffs::None },
    Choice {
        line: "comparisons: none",
        kinds: &["comparisons"],
        is_on: |c| c.comparisons != Pairings::None,
    },
    Choice { line: "threads: false", kinds: &["discussions"], is_on: |c| c.selection.threads },
    Choice { line: "mboxes: false", kinds: &["mboxes"], is_on: |c| c.kinds.mboxes },
    Choice { line: "feeds: false", kinds: &["feeds", "JSON feeds"], is_on: |c| c.kinds.feeds },
    Choice { line: "search: false", kinds: &["search"], is_on: |c| c.kinds.search },
    Choice {
        line: "json: false",
        kinds: &["digests as JSON", "JSON feeds"],
        is_on: |c| c.kinds.json,
    },
    Choice { line: "text: false", kinds: &["digests as text"], is_on: |c| c.kinds.text },
    Choice { line: "gzip: false", kinds: &["compressed copies"], is_on: |c| c.gzip },
];

/// What brings a site of so many `bytes` under its budget: what saves most first, and no more
/// than is needed. `kinds` are names of kinds of files with their number and bytes.
pub fn savings(config: &Config, bytes: u64, kinds: &[(String, usize, u64)]) -> Vec<Saving> {
    let mut chosen: Vec<&Choice> = Vec::new();
    let mut advised = Vec::new();
    let mut left = bytes;
    while left > config.size_budget {
        let gone = |kind: &str| chosen.iter().any(|choice| choice.kinds.contains(&kind));
        let rest = CHOICES.iter().filter(|choice| (choice.is_on)(config));
        let rest = rest.map(|choice| (saved(choice, kinds, gone), choice));
        // The first of equals, so that the order is that of the table.
        let best = rest.filter(|(bytes, _)| *bytes > 0).rev().max_by_key(|(bytes, _)| *bytes);
        let Some((bytes, choice)) = best else { break };
        left = left.saturating_sub(bytes);
        advised.push(Saving { line: choice.line.to_owned(), bytes });
        chosen.push(choice);
    }
    advised
}

/// What a choice saves where some kinds are `gone` already.
fn saved(choice: &Choice, kinds: &[(String, usize, u64)], gone: impl Fn(&str) -> bool) -> u64 {
    let its = kinds.iter().filter(|(kind, ..)| choice.kinds.contains(&kind.as_str()));
    let left = its.filter(|(kind, ..)| !gone(kind));
    let bytes = |(kind, count, bytes): &(String, usize, u64)| match kind.as_str() {
        "comparisons" | "discussions" => bytes.saturating_sub(*count as u64 * REDIRECT),
        _ => *bytes,
    };
    left.map(bytes).sum()
}

/// What is said of a site that is larger than its budget.
pub fn warning(config: &Config, bytes: u64, savings: &[Saving]) -> Option<Diagnostic> {
    let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
    let (has, may) = (mebibytes(bytes), mebibytes(config.size_budget));
    let message = format!("the site has {has} MiB, over the budget of {may} MiB");
    (bytes > config.size_budget)
        .then(|| Diagnostic::warning(message).hint(hint(config, bytes, savings)))
}

fn hint(config: &Config, bytes: u64, savings: &[Saving]) -> String {
    let raise = "raise `site.size_budget` if the host allows more";
    let line = |saving: &Saving| format!("`{}` saves {}", saving.line, size_words(saving.bytes));
    let lines: Vec<String> = savings.iter().map(line).collect();
    let saved: u64 = savings.iter().map(|saving| saving.bytes).sum();
    let lines = lines.join(", ");
    match (savings.is_empty(), bytes.saturating_sub(saved) <= config.size_budget) {
        (true, _) => raise.to_owned(),
        (false, true) => format!("under `site:`, {lines}; or {raise}"),
        (false, false) => format!("under `site:`, {lines}, which is not enough; {raise}"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;

    fn site(more: &str) -> Config {
        let text = format!("title: T\nbase_url: https://e.org\nlists: [{{id: a}}]\n{more}");
        config::parse(&text, Path::new("config.yaml")).unwrap()
    }

    fn kinds() -> Vec<(String, usize, u64)> {
        let kinds = [
            ("series", 100, 5_000_000),
            (DIFFS, 0, 3_000_000),
            ("mboxes", 100, 2_000_000),
            ("comparisons", 1_000, 2_500_000),
            ("feeds", 50, 400_000),
            ("JSON feeds", 50, 300_000),
            ("digests as JSON", 10, 500_000),
        ];
        kinds.map(|(kind, count, bytes)| (kind.to_owned(), count, bytes)).to_vec()
    }

    fn advice(more: &str, bytes: u64) -> Vec<(String, u64)> {
        let savings = savings(&site(more), bytes, &kinds());
        savings.into_iter().map(|saving| (saving.line, saving.bytes)).collect()
    }

    #[test]
    fn what_saves_most_comes_first_and_no_more_than_is_needed() {
        let budget = "site: {size_budget: 10MB}";
        assert_eq!(advice(budget, 10_000_000), []);
        let diffs = ("diffs: none".to_owned(), 3_000_000);
        assert_eq!(advice(budget, 13_000_000)[..], *std::slice::from_ref(&diffs));
        let mboxes = ("mboxes: false".to_owned(), 2_000_000);
        assert_eq!(advice(budget, 13_000_001), [diffs, mboxes]);
    }

    #[test]
    fn nothing_is_saved_twice_nor_where_it_is_off() {
        let off = "site: {size_budget: 1kB, diffs: none, mboxes: false}";
        let lines = [
            ("comparisons: none", 2_500_000 - 1_000 * REDIRECT),
            ("json: false", 800_000),
            ("feeds: false", 400_000),
        ];
        let lines = lines.map(|(line, bytes)| (line.to_owned(), bytes));
        assert_eq!(advice(off, 10_000_000), lines);
    }

    #[test]
    fn it_is_said_where_all_of_it_is_not_enough() {
        let config = site("site: {size_budget: 1MiB}");
        let one = [Saving { line: "diffs: none".into(), bytes: 3_000_000 }];
        let said = |bytes| warning(&config, bytes, &one).and_then(|warning| warning.hint);
        assert_eq!(said(1 << 20), None);
        let enough = "under `site:`, `diffs: none` saves 3 MB; or raise `site.size_budget` if \
                      the host allows more";
        assert_eq!(said(4_000_000).unwrap(), enough);
        assert!(said(5_000_000).unwrap().contains("which is not enough; raise"));
    }
}

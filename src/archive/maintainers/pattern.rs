//! `F:` and `X:` patterns: `drivers/net/` is all below, `drivers/net/*` what is in that
//! directory alone, `*` and `?` don't cross a `/`, `**` stands for one directory or more. A
//! name without a wildcard and a slash at its end is a file, or all below a directory.
//!
//! A file of thousands of patterns costs a path a look-up for each directory above it: all
//! patterns are kept by the directories that they begin with, up to the first wildcard.

use std::collections::HashMap;

/// The patterns of all sections.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// Without a wildcard, by file or directory: the section, and whether only what is below
    /// counts.
    plain: HashMap<Box<str>, Vec<(u32, bool)>>,
    /// With wildcards, by the directories before the first of them.
    wild: HashMap<Box<str>, Vec<Wild>>,
}

/// What follows the leading directories of a pattern.
#[derive(Debug)]
struct Wild {
    components: Box<[Box<str>]>,
    is: Match,
}

/// That a pattern matched: how specific it is, and its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// As get_maintainer.pl reckons it: components of the pattern, -1 for one that begins
    /// with `*`.
    pub(super) depth: i32,
    pub(super) section: u32,
}

impl Match {
    /// What a regular expression over paths is worth.
    pub(super) const EXPRESSION: Match = Match { depth: 0, section: 0 };
}

/// Stands for one component or more.
const ANY: &str = "**";

impl Patterns {
    /// Adds a section's pattern; false where it can't be read.
    pub(super) fn add(&mut self, pattern: &str, section: u32) -> bool {
        let path = pattern.trim_start_matches('/');
        let Some(first) = path.find(['*', '?', '[']) else {
            let name = path.trim_end_matches('/');
            self.plain.entry(name.into()).or_default().push((section, name != path));
            return true;
        };
        let directory = path[..first].rfind('/').unwrap_or(0);
        let rest = path[directory..].trim_start_matches('/');
        let mut components: Vec<Box<str>> =
            rest.split('/').filter(|c| !c.is_empty()).map(Box::from).collect();
        if rest.ends_with('/') {
            components.push(ANY.into());
        }
        let fine = components.iter().all(|component| is_closed(component.as_bytes()));
        if fine {
            let is = Match { depth: depth(path), section };
            let wild = Wild { components: components.into(), is };
            self.wild.entry(path[..directory].into()).or_default().push(wild);
        }
        fine
    }

    /// What matches a path.
    pub(super) fn matches(&self, path: &str) -> Vec<Match> {
        let mut found = Vec::new();
        let (mut part, mut below) = (path, "");
        loop {
            if let Some(sections) = self.plain.get(part) {
                let depth = depth(part);
                let counts = |&&(_, below): &&(u32, bool)| !below || part != path;
                let sections = sections.iter().filter(counts);
                found.extend(sections.map(|&(section, _)| Match { depth, section }));
            }
            if let Some(patterns) = self.wild.get(part).filter(|_| !below.is_empty()) {
                let path: Vec<&[u8]> = below.split('/').map(str::as_bytes).collect();
                found.extend(patterns.iter().filter(|p| p.matches(&path)).map(|p| p.is));
            }
            if part.is_empty() {
                return found;
            }
            let end = part.rfind('/');
            below = &path[end.map_or(0, |slash| slash + 1)..];
            part = &part[..end.unwrap_or(0)];
        }
    }
}

/// How specific a pattern is.
fn depth(pattern: &str) -> i32 {
    match pattern.starts_with('*') {
        true => -1,
        false => pattern.split('/').filter(|part| !part.is_empty()).count() as i32,
    }
}

impl Wild {
    /// Whether the components match those of a path. A `**` takes as few as it can, and one
    /// more whenever what follows it fails; only the last one ever has to.
    fn matches(&self, path: &[&[u8]]) -> bool {
        let (mut at, mut here) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while here < path.len() {
            match self.components.get(at).map(Box::as_ref) {
                Some(ANY) => {
                    (at, here) = (at + 1, here + 1);
                    retry = Some((at, here));
                }
                Some(component) if component_matches(component.as_bytes(), path[here]) => {
                    (at, here) = (at + 1, here + 1);
                }
                _ => match &mut retry {
                    None => return false,
                    Some((after, taken)) => {
                        *taken += 1;
                        (at, here) = (*after, *taken);
                    }
                },
            }
        }
        at == self.components.len()
    }
}

/// Whether every `[` of a pattern's component is closed.
fn is_closed(mut pattern: &[u8]) -> bool {
    while let Some(open) = memchr::memchr(b'[', pattern) {
        match class_length(&pattern[open..]) {
            Some(length) => pattern = &pattern[open + length..],
            None => return false,
        }
    }
    true
}

/// The length of the `[…]` that a pattern begins with; a `]` in the first place belongs to it.
fn class_length(pattern: &[u8]) -> Option<usize> {
    let first = if matches!(pattern.get(1), Some(b'^' | b'!')) { 3 } else { 2 };
    let close = pattern.get(first..)?.iter().position(|&b| b == b']')?;
    Some(first + close + 1)
}

/// Whether a component of a pattern, with `*`, `?` and `[a-z]`, is that of a path.
fn component_matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut here) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while here < text.len() {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            retry = Some((at, here));
            continue;
        }
        if let Some(length) = one_matches(&pattern[at..], text[here]) {
            (at, here) = (at + length, here + 1);
            continue;
        }
        let Some((after, taken)) = &mut retry else { return false };
        *taken += 1;
        (at, here) = (*after, *taken);
    }
    pattern[at..].iter().all(|&b| b == b'*')
}

/// The length of what a pattern begins with, where it stands for this byte.
fn one_matches(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern.first()? {
        b'?' => Some(1),
        b'[' => {
            let length = class_length(pattern)?;
            class_has(&pattern[1..length - 1], byte).then_some(length)
        }
        same => (*same == byte).then_some(1),
    }
}

/// Whether a byte is in a class, given without its brackets: `a-z_`, `^0-9`.
fn class_has(class: &[u8], byte: u8) -> bool {
    let (negated, mut rest) = match class {
        [b'^' | b'!', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut has = false;
    while let Some(&first) = rest.first() {
        let (last, length) = match rest {
            [_, b'-', last, ..] => (*last, 3),
            _ => (first, 1),
        };
        has |= (first..=last).contains(&byte);
        rest = &rest[length..];
    }
    has != negated
}

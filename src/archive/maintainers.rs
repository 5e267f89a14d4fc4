//! MAINTAINERS: which sections of the kernel's file speak for a patch, and who stands in them.
//!
//! The format is described at the head of that file, and read by its
//! `scripts/get_maintainer.pl`: `F:` names files and directories, `X:` takes some out, `N:` is
//! a regular expression over paths, `K:` one over what a patch says. Of the sections that speak
//! for a path, those with the most specific pattern win, by the script's depth; `THE REST`
//! never does. A section whose `K:` matches is there beside them, as in the script.
//!
//! - [`pattern`]: what `F:` and `X:` match, found by their leading directories
//! - [`expression`]: `N:` and `K:`
//!
//! Which mails and which subsystems there are is left to [`crate::archive::subsystem`].

mod expression;
mod pattern;

use std::collections::BTreeSet;

use crate::archive::PersonId;
use crate::mail::{Address, Mail, address};
use expression::{Expressions, ExpressionsReading};
use pattern::{Match, Patterns};

/// The sections of a MAINTAINERS file, ready for matching.
#[derive(Debug, Default)]
pub struct Maintainers {
    sections: Vec<Section>,
    files: Patterns,
    excluded: Patterns,
    paths: Expressions,
    content: Expressions,
}

/// What a section says beside its patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub name: String,
    /// `M:`
    pub maintainers: Vec<Responsible>,
    /// `R:`, who want to see patches.
    pub reviewers: Vec<Responsible>,
    /// `L:`, an address each, with what is said in brackets after it.
    pub lists: Vec<String>,
    /// `S:`: `Supported`, `Maintained`, `Odd Fixes`, `Orphan`, `Obsolete`; "" where none is.
    pub status: String,
    /// `T:`: the kind of repository, its URL, a branch.
    pub trees: Vec<String>,
}

/// Somebody whom a section names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responsible {
    /// As the file has it.
    pub who: Address,
    /// Who that is, where they sent, wrote or reviewed anything.
    pub person: Option<PersonId>,
}

impl Maintainers {
    /// Reads the file; gives the lines whose pattern can't be read, by number from 1.
    pub fn parse(text: &str) -> (Maintainers, Vec<usize>) {
        let mut reading = Reading::default();
        for (number, line) in text.lines().enumerate() {
            reading.line(number + 1, line);
        }
        reading.finish()
    }

    /// Whether it has no sections.
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// The section at a place that [`Maintainers::sections`] or [`Maintainers::keywords`] gave.
    pub fn section(&self, at: u32) -> &Section {
        &self.sections[at as usize]
    }

    /// The sections that speak for a path by `F:`, `X:` and `N:`: those with the most specific
    /// pattern, in the file's order.
    pub fn sections(&self, path: &str) -> Vec<u32> {
        let mut found = self.files.matches(path);
        let matched = self.paths.matches(path.as_bytes());
        found.extend(matched.map(|section| Match { section, ..Match::EXPRESSION }));
        if found.is_empty() {
            return Vec::new();
        }
        let excluded: BTreeSet<u32> =
            self.excluded.matches(path).into_iter().map(|m| m.section).collect();
        found.retain(|m| !excluded.contains(&m.section));
        let most = found.iter().map(|m| m.depth).max();
        let best: BTreeSet<u32> =
            found.iter().filter(|m| Some(m.depth) == most).map(|m| m.section).collect();
        best.into_iter().collect()
    }

    /// A hash of the `K:` expressions and their sections; 0 where there are none.
    pub(super) fn reading(&self) -> u64 {
        let mut all = String::new();
        for (source, section) in self.content.sources() {
            all.extend([&section.to_string(), " ", source, "\n"]);
        }
        if all.is_empty() { 0 } else { twox_hash::XxHash3_64::oneshot(all.as_bytes()) }
    }

    /// The sections whose `K:` matches a line of what stands before a mail's diff, its subject
    /// among it, or an added or removed line, in the file's order. Nothing for replies, which
    /// are no patches.
    pub fn keywords(&self, mail: &Mail) -> Box<[u32]> {
        if self.content.is_empty() || mail.subject.reply {
            return Box::default();
        }
        let text = &mail.body.text;
        let diff = text.get(mail.patch.diff.clone()).unwrap_or_default();
        let prose = if diff.is_empty() { text } else { &text[..mail.patch.diff.start] };
        let subject = format!("Subject: {}", mail.subject_text);
        let mut found = BTreeSet::new();
        found.extend(self.content.in_lines(&subject, 0));
        found.extend(self.content.in_lines(prose, 0));
        found.extend(self.content.in_lines(diff, 1));
        found.into_iter().collect()
    }
}

/// The file while it is read.
#[derive(Default)]
struct Reading {
    sections: Vec<Section>,
    /// The last line that was no tag: the name of a section, once a tag follows.
    heading: String,
    /// Whether a tag has followed it.
    open: bool,
    files: Patterns,
    excluded: Patterns,
    paths: ExpressionsReading,
    content: ExpressionsReading,
    bad: Vec<usize>,
}

impl Reading {
    fn line(&mut self, number: usize, line: &str) {
        let Some((tag, value)) = tag(line) else {
            if !line.trim().is_empty() {
                self.heading = line.trim().to_owned();
                self.open = false;
            }
            return;
        };
        if self.heading.is_empty() || self.heading == "THE REST" {
            return;
        }
        if !self.open {
            self.sections.push(Section { name: self.heading.clone(), ..Section::default() });
            self.open = true;
        }
        let at = self.sections.len() as u32 - 1;
        let fine = match tag {
            'F' => self.files.add(value, at),
            'X' => self.excluded.add(value, at),
            'N' => {
                self.paths.add(number, value, at);
                true
            }
            'K' => {
                self.content.add(number, value, at);
                true
            }
            _ => {
                self.sections.last_mut().into_iter().for_each(|section| section.say(tag, value));
                true
            }
        };
        if !fine {
            self.bad.push(number);
        }
    }

    fn finish(self) -> (Maintainers, Vec<usize>) {
        let Reading { sections, files, excluded, mut bad, .. } = self;
        let (paths, no_paths) = self.paths.finish();
        let (content, no_content) = self.content.finish();
        bad.extend(no_paths.into_iter().chain(no_content));
        bad.sort_unstable();
        (Maintainers { sections, files, excluded, paths, content }, bad)
    }
}

impl Section {
    fn say(&mut self, tag: char, value: &str) {
        match tag {
            'M' => self.maintainers.extend(responsible(value)),
            'R' => self.reviewers.extend(responsible(value)),
            'L' => self.lists.push(value.to_owned()),
            'S' => self.status = value.to_owned(),
            'T' => self.trees.push(value.to_owned()),
            _ => {}
        }
    }
}

/// `Name <address>`, what follows it left out.
fn responsible(value: &str) -> Option<Responsible> {
    let value = value.rfind('>').map_or(value, |end| &value[..=end]);
    Some(Responsible { who: address::parse_one(value)?, person: None })
}

/// `F:` and the value of a tag line.
fn tag(line: &str) -> Option<(char, &str)> {
    let mut chars = line.chars();
    let tag = chars.next().filter(char::is_ascii_uppercase)?;
    let value = chars.as_str().strip_prefix(':')?.trim();
    (!value.is_empty()).then_some((tag, value))
}

#[cfg(test)]
mod tests;

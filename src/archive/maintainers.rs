//! MAINTAINERS: which section of the kernel's file speaks for a path.
//!
//! The format is described at the head of that file, and read by its
//! `scripts/get_maintainer.pl`: `F:` names files and directories, `X:` takes some out,
//! `N:` is a regular expression over paths. The most specific pattern wins, by the number
//! of its path components; `THE REST` never does.

use std::collections::{BTreeSet, HashMap};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::{RegexSet, RegexSetBuilder};

/// The sections of a MAINTAINERS file, ready for matching.
#[derive(Debug, Default)]
pub struct Maintainers {
    names: Vec<String>,
    files: Patterns,
    excluded: Patterns,
    expressions: RegexSet,
    section_of_expression: Vec<usize>,
}

/// What a pattern matched: how specific it is, and its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    components: usize,
    section: usize,
}

/// `F:` or `X:` patterns of all sections. Most name a file or directory, and those cost one
/// look-up for each directory above a path.
#[derive(Debug, Default)]
struct Patterns {
    plain: HashMap<String, Vec<usize>>,
    globs: GlobSet,
    of_glob: Vec<Match>,
}

impl Maintainers {
    /// Reads the file; gives the lines that hold no pattern, by number from 1.
    pub fn parse(text: &str) -> (Maintainers, Vec<usize>) {
        let mut reading = Reading::default();
        for (number, line) in text.lines().enumerate() {
            reading.line(number + 1, line);
        }
        reading.finish()
    }

    /// The names of the sections that speak for a path: those with the most specific
    /// pattern, in the file's order.
    pub fn sections(&self, path: &str) -> Vec<&str> {
        let excluded: BTreeSet<usize> =
            self.excluded.matches(path).into_iter().map(|m| m.section).collect();
        let mut found = self.files.matches(path);
        found.extend(
            self.expressions
                .matches(path)
                .into_iter()
                .map(|e| Match { components: 0, section: self.section_of_expression[e] }),
        );
        found.retain(|m| !excluded.contains(&m.section));
        let most = found.iter().map(|m| m.components).max();
        let best: BTreeSet<usize> =
            found.iter().filter(|m| Some(m.components) == most).map(|m| m.section).collect();
        best.into_iter().map(|section| self.names[section].as_str()).collect()
    }
}

impl Patterns {
    fn matches(&self, path: &str) -> Vec<Match> {
        let mut found: Vec<Match> =
            self.globs.matches(path).into_iter().map(|glob| self.of_glob[glob]).collect();
        let mut above = Some(path);
        while let Some(part) = above {
            if let Some(sections) = self.plain.get(part) {
                let components = components(part);
                found.extend(sections.iter().map(|&section| Match { components, section }));
            }
            above = part.rsplit_once('/').map(|(parent, _)| parent);
        }
        found
    }
}

fn components(pattern: &str) -> usize {
    pattern.split('/').filter(|part| !part.is_empty()).count()
}

/// The file while it is read.
#[derive(Default)]
struct Reading {
    names: Vec<String>,
    /// The last line that was no tag: the name of a section, once a tag follows.
    heading: String,
    /// Whether a tag has followed it.
    open: bool,
    files: PatternsReading,
    excluded: PatternsReading,
    expressions: Vec<(usize, String)>,
    bad: Vec<usize>,
}

#[derive(Default)]
struct PatternsReading {
    plain: HashMap<String, Vec<usize>>,
    globs: Vec<globset::Glob>,
    of_glob: Vec<Match>,
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
        if self.heading.is_empty()
            || self.heading == "THE REST"
            || line.starts_with(char::is_whitespace)
        {
            return;
        }
        if !self.open {
            self.names.push(self.heading.clone());
            self.open = true;
        }
        let section = self.names.len() - 1;
        let fine = match tag {
            'F' => self.files.add(value, section),
            'X' => self.excluded.add(value, section),
            'N' => self.expression(value, section),
            _ => true,
        };
        if !fine {
            self.bad.push(number);
        }
    }

    fn expression(&mut self, value: &str, section: usize) -> bool {
        let fine = regex::Regex::new(value).is_ok();
        if fine {
            self.expressions.push((section, value.to_owned()));
        }
        fine
    }

    fn finish(self) -> (Maintainers, Vec<usize>) {
        let (section_of_expression, sources): (Vec<_>, Vec<_>) =
            self.expressions.into_iter().unzip();
        let expressions = RegexSetBuilder::new(sources).build().unwrap_or_default();
        let maintainers = Maintainers {
            names: self.names,
            files: self.files.finish(),
            excluded: self.excluded.finish(),
            section_of_expression: if expressions.is_empty() {
                Vec::new()
            } else {
                section_of_expression
            },
            expressions,
        };
        (maintainers, self.bad)
    }
}

impl PatternsReading {
    fn add(&mut self, pattern: &str, section: usize) -> bool {
        let path = pattern.trim_start_matches('/');
        if !path.contains(['*', '?', '[']) {
            let plain = path.trim_end_matches('/').to_owned();
            self.plain.entry(plain).or_default().push(section);
            return true;
        }
        let components = components(path);
        let whole = match path.strip_suffix('/') {
            Some(directory) => format!("{directory}/**"),
            None => path.to_owned(),
        };
        match GlobBuilder::new(&whole).literal_separator(true).build() {
            Ok(glob) => {
                self.globs.push(glob);
                self.of_glob.push(Match { components, section });
                true
            }
            Err(_) => false,
        }
    }

    fn finish(self) -> Patterns {
        let mut set = GlobSetBuilder::new();
        for glob in self.globs {
            set.add(glob);
        }
        match set.build() {
            Ok(globs) => Patterns { plain: self.plain, globs, of_glob: self.of_glob },
            Err(_) => Patterns { plain: self.plain, ..Patterns::default() },
        }
    }
}

/// `F:` and the value of a tag line.
fn tag(line: &str) -> Option<(char, &str)> {
    let mut chars = line.chars();
    let tag = chars.next().filter(char::is_ascii_uppercase)?;
    let rest = chars.as_str().strip_prefix(':')?;
    (rest.starts_with([' ', '\t']) && !rest.trim().is_empty()).then(|| (tag, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
Descriptions of section entries:

	F: *Files* and directories

Maintainers List
----------------

QUARRY CORE
M:	Ann <ann@example.org>
F:	core/
F:	include/quarry.h
X:	core/net/

QUARRY NET
F:	core/net/
F:	drivers/*/net*.c
N:	[^a-z]socket

QUARRY DRIVERS
F:	drivers/*
F:	broken/[

THE REST
F:	*
F:	*/
";

    #[test]
    fn the_most_specific_section_speaks() {
        let (found, bad) = Maintainers::parse(FILE);
        assert_eq!(bad, [21]);
        assert_eq!(found.sections("core/main.c"), ["QUARRY CORE"]);
        assert_eq!(found.sections("core/net/tcp.c"), ["QUARRY NET"]);
        assert_eq!(found.sections("include/quarry.h"), ["QUARRY CORE"]);
        assert_eq!(found.sections("include/quarry.hh"), [""; 0]);
        assert_eq!(found.sections("drivers/a/net0.c"), ["QUARRY NET"]);
        assert_eq!(found.sections("drivers/a/disk.c"), [""; 0], "* does not go below");
        assert_eq!(found.sections("drivers/a.c"), ["QUARRY DRIVERS"]);
        assert_eq!(found.sections("tools/socket.c"), ["QUARRY NET"]);
        assert_eq!(found.sections("README"), [""; 0], "the rest never speaks");
    }
}

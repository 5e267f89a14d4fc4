//! The texts of all templates of a theme: the user's, and the built-in ones below them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Place};

use super::built_in::{ALL, BuiltIn};
use super::{files_below, unreadable};

/// A template's text.
#[derive(Debug)]
pub(super) struct Source {
    /// What other templates call it.
    pub(super) name: String,
    /// What stands in it.
    pub(super) text: Cow<'static, str>,
    /// The user's file; none of a built-in one.
    pub(super) file: Option<PathBuf>,
}

impl Source {
    /// How it is named to the user.
    fn shown(&self) -> PathBuf {
        self.file.clone().unwrap_or_else(|| Path::new("(built-in theme)").join(&self.name))
    }

    /// A place in it, by byte.
    pub(super) fn at(&self, offset: usize) -> Place {
        Place::in_text(self.shown(), &self.text, offset)
    }

    /// A place in it, by line and column from 1.
    pub(super) fn line(&self, line: usize, column: usize) -> Place {
        let snippet = line.checked_sub(1).and_then(|at| self.text.lines().nth(at));
        Place {
            line: Some(line),
            column: Some(column),
            snippet: snippet.map(str::to_string),
            ..Place::file(self.shown())
        }
    }

    /// The template that this one extends, and where that is said.
    pub(super) fn parent(&self) -> Option<(usize, &str)> {
        self.tags("extends").next()
    }

    /// What tags such as `{% block NAME %}` or `{% include "NAME" %}` name, and where.
    pub(super) fn tags<'a>(&'a self, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        let text = &*self.text;
        text.match_indices("{%").filter_map(move |(at, open)| {
            let inner = text[at + open.len()..].trim_start_matches(['-', ' ', '\t', '\n']);
            let name = inner.strip_prefix(word)?;
            let quoted = name.trim_start().strip_prefix(['"', '\'']);
            let (name, ends): (_, fn(char) -> bool) = match quoted {
                Some(name) => (name, |c| c == '"' || c == '\''),
                None => (name.strip_prefix(' ')?.trim_start(), |c| !is_name(c)),
            };
            let end = name.find(ends)?;
            Some((text.len() - name.len(), &name[..end]))
        })
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All templates of a theme.
#[derive(Debug)]
pub(super) struct Sources {
    /// The user's by name, then the built-in ones, the uppermost theme first.
    pub(super) all: Vec<Source>,
    below: &'static [&'static BuiltIn],
}

impl Sources {
    /// Reads what is in `dir` and lays it over the built-in themes. Fails with every file that
    /// can't be read.
    pub(super) fn read(
        dir: &Path,
        below: &'static [&'static BuiltIn],
    ) -> Result<Sources, Vec<Diagnostic>> {
        let mut all = Vec::new();
        let mut faults = Vec::new();
        for (name, file) in files_below(&dir.join("templates")).map_err(|fault| vec![fault])? {
            match std::fs::read_to_string(&file) {
                _ if is_reserved(&name) => faults.push(reserved(&file)),
                Ok(text) => all.push(Source { name, text: text.into(), file: Some(file) }),
                Err(error) => faults.push(unreadable(&file, &error)),
            }
        }
        for theme in below {
            all.extend(theme.templates.iter().map(|(name, text)| Source {
                name: theme.prefix() + name,
                text: Cow::Borrowed(*text),
                file: None,
            }));
        }
        if faults.is_empty() { Ok(Sources { all, below }) } else { Err(faults) }
    }

    /// The template that is meant by a name.
    pub(super) fn get(&self, name: &str) -> Option<&Source> {
        let named = |name: &str| self.all.iter().find(|source| source.name == name);
        let below = || self.below.iter().find_map(|theme| named(&(theme.prefix() + name)));
        named(name).or_else(below)
    }

    /// All names that a template can be called by: the built-in ones with and without the
    /// theme's name.
    pub(super) fn names(&self) -> Vec<&str> {
        let built_in = self.below.iter().flat_map(|theme| theme.templates.iter().map(|t| t.0));
        let mut names: Vec<&str> = self.all.iter().map(|s| s.name.as_str()).collect();
        names.extend(built_in);
        names
    }

    /// What all templates declare: blocks, components.
    pub(super) fn declared<'a>(&'a self, word: &'a str) -> Vec<&'a str> {
        self.all.iter().flat_map(|source| source.tags(word).map(|(_, name)| name)).collect()
    }
}

/// Whether a name is one that only built-in templates have.
fn is_reserved(name: &str) -> bool {
    ALL.iter().any(|theme| name.starts_with(&theme.prefix()))
}

fn reserved(file: &Path) -> Diagnostic {
    Diagnostic::error("the names of built-in templates begin so")
        .in_file(file)
        .hint("give the directory another name")
}

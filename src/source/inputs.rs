//! The input files of a site, found once, and looked at once where it matters how they look: a
//! Maildir has a tenth of a million of them.
//!
//! What is built is built of the files as they looked then. Whoever keeps how they looked, and
//! compares with it the next time, sees what has changed since.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::contents::nanos;
use super::find::{self, Found};
use super::lookout::Lookout;
use super::public_inbox;
use crate::config::SourceConfig;
use crate::diagnostic::Diagnostic;

/// The input files of each list, in the order of the configuration.
#[derive(Debug, Default)]
pub struct Inputs {
    pub(super) lists: Vec<Vec<Input>>,
}

/// What one source means.
#[derive(Debug)]
pub(super) struct Input {
    /// As it is configured.
    pub(super) path: PathBuf,
    /// Whether it has digests as text instead of mail.
    pub(super) has_digests: bool,
    /// Its files or repositories.
    pub(super) files: Vec<Found>,
    /// What was wrong on the way to them.
    pub(super) faults: Vec<Diagnostic>,
    /// How each file looks; empty where that wasn't asked.
    pub(super) seen: Vec<Option<Seen>>,
    /// The files that name the commits of its repositories, and how they look.
    refs: Vec<(PathBuf, Option<Seen>)>,
}

/// How a file looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Whether it is a file, and no directory or pipe.
    pub is_file: bool,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last written to, if the file system knows.
    pub modified: Option<SystemTime>,
}

impl Seen {
    /// How the file at `path`, or at the end of the links there, looks now; nothing where there
    /// is none.
    pub fn at(path: &Path) -> Option<Seen> {
        let metadata = path.metadata().ok()?;
        let (bytes, modified) = (metadata.len(), metadata.modified().ok());
        Some(Seen { is_file: metadata.is_file(), bytes, modified })
    }

    /// When it was last written to, in nanoseconds since 1970; 0 where that is not known.
    pub fn nanos(&self) -> u64 {
        nanos(self.modified)
    }
}

impl Inputs {
    /// Finds the files of the sources of each list.
    pub fn find(lists: &[&[SourceConfig]]) -> Inputs {
        let input = |source: &SourceConfig| {
            let (files, faults) = find::files(source);
            let has_digests = matches!(source, SourceConfig::Digests(_));
            let path = source.path().to_owned();
            Input { path, has_digests, files, faults, seen: Vec::new(), refs: Vec::new() }
        };
        let list = |sources: &&[SourceConfig]| sources.iter().map(input).collect();
        Inputs { lists: lists.iter().map(list).collect() }
    }

    /// Finds them, and looks at each without opening it.
    pub fn look(lists: &[&[SourceConfig]]) -> Inputs {
        let mut inputs = Inputs::find(lists);
        let sources = lists.iter().flat_map(|list| list.iter());
        for (input, source) in inputs.lists.iter_mut().flatten().zip(sources) {
            match source {
                // The directory of a repository looks as before when mail has come.
                SourceConfig::PublicInbox(path) => {
                    let refs = public_inbox::ref_files(path);
                    let looked = |path: PathBuf| {
                        let seen = Seen::at(&path);
                        (path, seen)
                    };
                    input.refs = refs.into_iter().map(looked).collect();
                }
                _ => {
                    let files = input.files.par_iter();
                    let looked =
                        files.map_init(Lookout::default, |lookout, file| lookout.look(&file.path));
                    input.seen = looked.collect();
                }
            }
        }
        inputs
    }

    /// The files of which the look tells whether there is other mail, or there are other texts,
    /// than before: those that they are in, or those that name a repository's commits.
    pub fn seen(&self) -> impl Iterator<Item = (&Path, Option<Seen>)> {
        self.lists.iter().flatten().flat_map(|input| {
            let files = input.files.iter().zip(&input.seen);
            let files = files.map(|(file, seen)| (file.path.as_path(), *seen));
            files.chain(input.refs.iter().map(|(path, seen)| (path.as_path(), *seen)))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What is seen of one source: names and sizes.
    fn seen(dir: &Path, source: SourceConfig) -> Vec<(String, Option<u64>)> {
        let inputs = Inputs::look(&[&[source]]);
        let name = |path: &Path| path.strip_prefix(dir).unwrap().display().to_string();
        inputs.seen().map(|(path, seen)| (name(path), seen.map(|seen| seen.bytes))).collect()
    }

    #[test]
    fn each_file_of_a_source_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.mbox"), "four").unwrap();
        fs::write(dir.path().join("b.mbox"), "").unwrap();
        let source = |name| SourceConfig::Mbox(dir.path().join(name));
        let both = [("a.mbox".to_string(), Some(4)), ("b.mbox".to_string(), Some(0))];
        assert_eq!(seen(dir.path(), source("*.mbox")), both);
        assert_eq!(seen(dir.path(), source("gone.mbox")), []);
    }

    /// Its directory has the same size and time when mail comes; that its objects are read
    /// changes nothing.
    #[test]
    fn of_a_repository_the_names_of_its_commits_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("l.git/refs/heads")).unwrap();
        fs::create_dir_all(dir.path().join("l.git/objects")).unwrap();
        fs::write(dir.path().join("l.git/HEAD"), "ref: refs/heads/master\n").unwrap();
        fs::write(dir.path().join("l.git/refs/heads/master"), "0".repeat(41)).unwrap();
        fs::write(dir.path().join("l.git/objects/pack"), "a mail").unwrap();
        let source = SourceConfig::PublicInbox(dir.path().join("l.git"));
        let expected = [("l.git/HEAD", 23), ("l.git/refs/heads/master", 41)];
        let expected = expected.map(|(name, bytes)| (name.to_string(), Some(bytes)));
        assert_eq!(seen(dir.path(), source), expected);
    }
}

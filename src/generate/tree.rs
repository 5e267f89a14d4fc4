//! The files of the made-up project, and edits of them.
//!
//! An edit names its place by the text around it, not by a number, so that it can be made
//! again after the patches before it have changed.

use std::collections::HashSet;
use std::rc::Rc;

use sha1::{Digest, Sha1};

use super::diff::{Hunk, Span};

/// A line without its end.
pub type Line = Rc<str>;

/// A file of the tree.
pub struct File {
    /// Its path.
    pub path: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Which subsystem it belongs to.
    pub subsystem: usize,
    /// Which of the subsystem's things it is about.
    pub noun: usize,
    /// Whether somebody is working on it; then nobody else does.
    busy: bool,
}

/// The tree that finished work has led to.
#[derive(Default)]
pub struct Tree {
    files: Vec<Option<File>>,
    /// The slots of each subsystem's files.
    of: Vec<Vec<usize>>,
    paths: HashSet<String>,
    free: Vec<usize>,
}

impl Tree {
    /// A file of a subsystem that nobody works on and that `fits`, from its `start`-th on.
    pub fn idle(
        &self,
        subsystem: usize,
        start: usize,
        fits: impl Fn(&File) -> bool,
    ) -> Option<usize> {
        const TRIES: usize = 200;
        let slots = self.of.get(subsystem)?;
        let mut tries = slots[start.min(slots.len())..].iter().chain(slots).take(TRIES);
        tries.find(|slot| self.file(**slot).is_some_and(|f| !f.busy && fits(f))).copied()
    }

    /// The file in a slot.
    pub fn file(&self, slot: usize) -> Option<&File> {
        self.files.get(slot).and_then(Option::as_ref)
    }

    /// How many files a subsystem has.
    pub fn count(&self, subsystem: usize) -> usize {
        self.of.get(subsystem).map_or(0, Vec::len)
    }

    /// Whether a path is used, or will be by work that has begun.
    pub fn taken(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Keeps the files of a draft, and the paths it wants, for the work that begins on it.
    pub fn reserve(&mut self, draft: &Draft) {
        for entry in &draft.entries {
            self.paths.insert(entry.path.clone());
            if let Some(file) = entry.slot.and_then(|slot| self.files[slot].as_mut()) {
                file.busy = true;
            }
        }
    }

    /// Ends the work on a draft; `merged` makes its files those of the tree.
    pub fn settle(&mut self, draft: Draft, merged: bool) {
        for entry in draft.entries {
            self.settle_entry(entry, merged);
        }
    }

    fn settle_entry(&mut self, entry: Entry, merged: bool) {
        match (entry.slot, merged, entry.lines) {
            (Some(slot), true, Some(lines)) => {
                if let Some(file) = self.files[slot].as_mut() {
                    *file = File { path: entry.path, lines, busy: false, ..*file };
                }
            }
            (Some(slot), true, None) => {
                self.files[slot] = None;
                self.free.push(slot);
                self.of[entry.subsystem].retain(|s| *s != slot);
                self.paths.remove(&entry.path);
            }
            (Some(slot), false, _) => {
                if let Some(file) = self.files[slot].as_mut() {
                    file.busy = false;
                }
            }
            (None, true, Some(lines)) => {
                let (path, subsystem, noun) = (entry.path, entry.subsystem, entry.noun);
                self.add(File { path, lines, subsystem, noun, busy: false });
            }
            (None, ..) => {
                self.paths.remove(&entry.path);
            }
        }
    }

    fn add(&mut self, file: File) {
        let slot = self.free.pop().unwrap_or(self.files.len());
        if slot == self.files.len() {
            self.files.push(None);
        }
        if self.of.len() <= file.subsystem {
            self.of.resize_with(file.subsystem + 1, Vec::new);
        }
        self.of[file.subsystem].push(slot);
        self.files[slot] = Some(file);
    }
}

/// A file as one piece of work sees it.
#[derive(Clone)]
pub struct Entry {
    /// Its path.
    pub path: String,
    /// Its lines; none while it does not exist.
    pub lines: Option<Vec<Line>>,
    /// Its slot in the tree, unless the work makes it.
    pub slot: Option<usize>,
    /// Which subsystem it belongs to.
    pub subsystem: usize,
    /// Which of the subsystem's things it is about.
    pub noun: usize,
}

/// The files that one piece of work is about.
#[derive(Clone, Default)]
pub struct Draft {
    /// In the order in which the work came to them.
    pub entries: Vec<Entry>,
}

impl Draft {
    /// The entry of a path.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.path == path)
    }

    fn entry_mut(&mut self, path: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|e| e.path == path)
    }

    /// Takes a file of the tree into the draft.
    pub fn open(&mut self, tree: &Tree, slot: usize) {
        if let Some(file) = tree.file(slot)
            && self.entry(&file.path).is_none()
        {
            self.entries.push(Entry {
                path: file.path.clone(),
                lines: Some(file.lines.clone()),
                slot: Some(slot),
                subsystem: file.subsystem,
                noun: file.noun,
            });
        }
    }

    /// Puts a file that does not exist yet into the draft.
    pub fn plan(&mut self, path: &str, subsystem: usize, noun: usize) {
        let path = path.to_string();
        self.entries.push(Entry { path, lines: None, slot: None, subsystem, noun });
    }

    /// Makes an edit, and gives what it did; nothing where its place is not to be found.
    pub fn apply(&mut self, edit: &FileEdit) -> Option<Delta> {
        match edit {
            FileEdit::Create { path, lines } => self.create(path, lines),
            FileEdit::Change { path, edits } => self.change(path, edits),
            FileEdit::Move { from, to } => self.rename(from, to),
            FileEdit::Delete { path } => self.delete(path),
        }
    }

    fn create(&mut self, path: &str, lines: &[Line]) -> Option<Delta> {
        let entry = self.entry_mut(path)?;
        entry.lines = Some(lines.to_vec());
        Some(Delta {
            old: None,
            new: Some((path.to_string(), blob(lines))),
            hunks: vec![Hunk::whole(&[], lines)],
        })
    }

    fn delete(&mut self, path: &str) -> Option<Delta> {
        let lines = self.entry_mut(path)?.lines.take()?;
        Some(Delta {
            old: Some((path.to_string(), blob(&lines))),
            new: None,
            hunks: vec![Hunk::whole(&lines, &[])],
        })
    }

    fn rename(&mut self, from: &str, to: &str) -> Option<Delta> {
        if self.entry(to).is_some() {
            return None;
        }
        let entry = self.entry_mut(from)?;
        let id = blob(entry.lines.as_deref()?);
        entry.path = to.to_string();
        let (old, new) = ((from.to_string(), id), (to.to_string(), id));
        Some(Delta { old: Some(old), new: Some(new), hunks: Vec::new() })
    }

    fn change(&mut self, path: &str, edits: &[Edit]) -> Option<Delta> {
        let lines = self.entry_mut(path)?.lines.as_mut()?;
        let mut spans: Vec<Span> = edits.iter().filter_map(|e| e.locate(lines)).flatten().collect();
        spans.sort_by_key(|s| (s.at, s.cut));
        spans.dedup_by(|b, a| b.at < a.at + a.cut || b.at == a.at);
        if spans.is_empty() {
            return None;
        }
        let old = blob(lines);
        let hunks = Hunk::of(lines, &spans);
        for span in spans.into_iter().rev() {
            lines.splice(span.at..span.at + span.cut, span.put);
        }
        let new = blob(lines);
        Some(Delta {
            old: Some((path.to_string(), old)),
            new: Some((path.to_string(), new)),
            hunks,
        })
    }
}

/// What a commit does to one file.
#[derive(Clone)]
pub enum FileEdit {
    /// Makes it.
    Create {
        /// Its path.
        path: String,
        /// Its lines.
        lines: Vec<Line>,
    },
    /// Changes its lines.
    Change {
        /// Its path.
        path: String,
        /// In any order; where two meet, the first counts.
        edits: Vec<Edit>,
    },
    /// Gives it another path.
    Move {
        /// The path before.
        from: String,
        /// The path after.
        to: String,
    },
    /// Removes it.
    Delete {
        /// Its path.
        path: String,
    },
}

/// A change of neighbouring lines.
#[derive(Clone)]
pub struct Edit {
    /// The line, such as a function's heading, after which the place is looked for.
    pub scope: Option<Line>,
    /// The lines to take out; where there are none, `after` gives the place.
    pub cut: Vec<Line>,
    /// The line after which to put something.
    pub after: Option<Line>,
    /// The lines to put there.
    pub put: Vec<Line>,
}

impl Edit {
    /// Puts lines after a line.
    pub fn insert(scope: &Line, after: &Line, put: Vec<Line>) -> Edit {
        Edit { scope: Some(scope.clone()), cut: Vec::new(), after: Some(after.clone()), put }
    }

    /// Puts lines in the place of others.
    pub fn replace(scope: &Line, cut: &[Line], put: Vec<Line>) -> Edit {
        Edit { scope: Some(scope.clone()), cut: cut.to_vec(), after: None, put }
    }

    /// What it changes in `lines`; nothing where its place is not to be found.
    fn locate(&self, lines: &[Line]) -> Option<Vec<Span>> {
        let start = match &self.scope {
            Some(scope) => lines.iter().position(|l| l == scope)?,
            None => 0,
        };
        let rest = &lines[start..];
        if self.cut.is_empty() {
            let after = self.after.as_ref()?;
            let at = start + rest.iter().position(|l| l == after)? + 1;
            return Some(vec![Span { at, cut: 0, put: self.put.clone() }]);
        }
        let first = |i: &usize| rest[*i] == self.cut[0] && rest[*i..].starts_with(&self.cut);
        let at = start + (0..rest.len()).find(first)?;
        Some(Span::of(at, &self.cut, &self.put))
    }

    /// Whether it would be made at line `at` of `lines`.
    pub fn is_at(&self, lines: &[Line], at: usize) -> bool {
        self.locate(lines).is_some_and(|spans| spans.iter().any(|s| s.at == at))
    }
}

/// What an edit did to one file.
pub struct Delta {
    /// Path and blob before; none for a new file.
    pub old: Option<(String, [u8; 20])>,
    /// Path and blob after; none for a file that is gone.
    pub new: Option<(String, [u8; 20])>,
    /// The lines that changed.
    pub hunks: Vec<Hunk>,
}

/// The object id that git gives a file with these lines.
fn blob(lines: &[Line]) -> [u8; 20] {
    let len: usize = lines.iter().map(|l| l.len() + 1).sum();
    let mut text = Vec::with_capacity(len + 16);
    text.extend_from_slice(format!("blob {len}\0").as_bytes());
    for line in lines {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    Sha1::digest(&text).into()
}

/// The lines of a text.
pub fn lines(text: &str) -> Vec<Line> {
    text.lines().map(Line::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_have_the_ids_that_git_gives() {
        // printf 'one\ntwo\n' | git hash-object --stdin
        let id: String = blob(&lines("one\ntwo\n")).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(id, "814f4a422927b82f5f8a43f8fab6d3839e3983f2");
    }

    #[test]
    fn an_edit_is_not_made_where_its_place_is_gone() {
        let text = lines("int f()\n{\n\treturn 1;\n}\n");
        let edit = Edit::replace(&text[0], &text[2..3], lines("\treturn 2;"));
        assert!(edit.is_at(&text, 2));
        assert!(!edit.is_at(&lines("int f()\n{\n}\n"), 2));
    }
}

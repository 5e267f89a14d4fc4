//! The files of a site by path: which of them former builds left, and which this one has.
//!
//! There are hundreds of thousands, and each is asked for several times: what is known of a file
//! stands under its number. The files of the last finished build have the numbers of their lines
//! in its manifest, whose text their paths are left in; what comes to them is numbered behind.

use std::ops::Range;

use rayon::prelude::*;

use crate::archive::texts::{Interner, Symbol};
use crate::diagnostic::Diagnostic;
use crate::site::manifest::is_path;

/// The size of a file in bytes, and a hash of what it holds.
pub type Content = (u64, u64);

/// The number of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileNumber(pub u32);

impl FileNumber {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// All files that are known.
#[derive(Debug, Default)]
pub struct Files {
    former: Former,
    /// The paths of those that the last finished build hadn't.
    others: Interner,
    /// By number: first those of the last finished build, then the others.
    states: Vec<State>,
}

/// The files of the last finished build.
#[derive(Debug, Default)]
struct Former {
    /// The text of its manifest.
    text: String,
    /// Where in it their paths stand, in the order of the paths.
    paths: Vec<Range<usize>>,
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Its bytes in the last finished build, if that had it.
    former: Option<u64>,
    /// A hash of what it held then, as far as that is known.
    held: Option<u64>,
    /// It lies where the last finished build left it, as long as it was.
    whole: bool,
    /// A build that was killed may have written it, or this one before its turn.
    touched: bool,
    /// What this build has there, if it has the file.
    claim: Option<Content>,
}

impl Former {
    fn path(&self, at: usize) -> &str {
        &self.text[self.paths[at].clone()]
    }

    fn find(&self, path: &str) -> Option<usize> {
        self.paths.binary_search_by(|at| self.text[at.clone()].cmp(path)).ok()
    }
}

impl Files {
    /// The files of the last finished build, given by the text of its manifest and where in it
    /// the path of each stands, with its size.
    pub fn of(text: String, mut files: Vec<(Range<usize>, u64)>) -> Files {
        // They come in order, unless somebody else wrote them.
        files.sort_by_key(|(path, _)| &text[path.clone()]);
        files.dedup_by(|(later, _), (path, _)| text[later.clone()] == text[path.clone()]);
        let state = |size| State { former: Some(size), ..State::default() };
        let states = files.iter().map(|(_, size)| state(*size)).collect();
        let paths = files.into_iter().map(|(path, _)| path).collect();
        Files { former: Former { text, paths }, others: Interner::default(), states }
    }

    /// Looks which files of the last finished build lie where they were left; `lies` says
    /// whether one does, with so many bytes. Those that a build that was killed may have
    /// written are none of them.
    pub fn survey(&mut self, lies: impl Fn(&str, u64) -> bool + Sync) {
        let former = &self.former;
        let states = self.states.par_iter_mut().take(former.paths.len()).enumerate();
        states.for_each(|(at, state)| {
            let size = state.former.filter(|_| !state.touched);
            state.whole = size.is_some_and(|size| lies(former.path(at), size));
        });
    }

    /// Notes what files of the last finished build held.
    pub fn add_held(&mut self, files: impl Iterator<Item = (FileNumber, u64)>) {
        for (file, hash) in files {
            if let Some(state) = self.states.get_mut(file.index()) {
                state.held = Some(hash);
            }
        }
    }

    /// Whether the survey has found a file.
    pub fn is_whole(&self, file: FileNumber) -> bool {
        self.states.get(file.index()).is_some_and(|state| state.whole)
    }

    /// Whether the survey has found all files that former builds left.
    pub fn are_whole(&self) -> bool {
        self.states.iter().all(|state| state.whole)
    }

    /// Notes that a build that was killed may have written a file, or that this one has before its
    /// turn.
    pub fn add_touched(&mut self, path: &str) {
        self.state(path).1.touched = true;
    }

    /// Whether a former build had a file, also one that was killed.
    pub fn is_known(&self, path: &str) -> bool {
        self.find(path).is_some_and(|(_, state)| state.is_known())
    }

    /// Notes that this build has a file; true where it lies there as it shall be. Fails where the
    /// path can't be one of a page, or the build has it already.
    pub fn claim(&mut self, path: &str, content: Content) -> Result<bool, Diagnostic> {
        let (_, state) = self.state(path);
        // What is known was looked at when it became so.
        if !state.is_known() && !is_path(path) {
            return Err(Diagnostic::error(format!("{path:?} can't be the path of a page")));
        }
        let (size, hash) = content;
        let stands =
            state.whole && !state.touched && state.former == Some(size) && state.held == Some(hash);
        match state.claim.replace(content) {
            None => Ok(stands),
            Some(_) => Err(twice(path)),
        }
    }

    /// Notes that this build has a file that is whole as it lies there, which is what `hash` is
    /// of. Fails where the build has it already.
    pub fn keep(&mut self, file: FileNumber, hash: u64) -> Result<(), Diagnostic> {
        let state = &mut self.states[file.index()];
        match state.claim.replace((state.former.unwrap_or(0), hash)) {
            None => Ok(()),
            Some(_) => Err(twice(self.path(file))),
        }
    }

    /// What this build has at a path, if it has a file there.
    pub fn claimed(&self, path: &str) -> Option<(FileNumber, Content)> {
        let (number, state) = self.find(path)?;
        Some((number, state.claim?))
    }

    /// The path of a file.
    pub fn path(&self, file: FileNumber) -> &str {
        match file.index().checked_sub(self.former.paths.len()) {
            None => self.former.path(file.index()),
            Some(at) => self.others.texts().get(Symbol::at(at)),
        }
    }

    /// The path of a file of the last finished build; none where that had no such file.
    pub fn former_path(&self, file: FileNumber) -> Option<&str> {
        (file.index() < self.former.paths.len()).then(|| self.former.path(file.index()))
    }

    /// The files of this build in order, and for each file that is known its place among them.
    pub fn all(&self) -> (Vec<(&str, Content)>, Vec<Option<FileNumber>>) {
        let ours = self.in_order(|state| state.claim.is_some());
        let mut places = vec![None; self.states.len()];
        for (place, number) in (0..).zip(&ours) {
            places[number.index()] = Some(FileNumber(place));
        }
        let content = |number: &FileNumber| self.states[number.index()].claim;
        let all = ours.iter().filter_map(|number| Some((self.path(*number), content(number)?)));
        (all.collect(), places)
    }

    /// The files of former builds that this one doesn't have, in order.
    pub fn stale(&self) -> Vec<&str> {
        let stale = self.in_order(|state| state.is_known() && state.claim.is_none());
        stale.into_iter().map(|number| self.path(number)).collect()
    }

    /// The pages (but the home page) that the last finished build had, and this one doesn't
    /// have so far, in order.
    pub fn former_pages(&self) -> Vec<String> {
        let missing = self.in_order(|state| state.former.is_some() && state.claim.is_none());
        let missing = missing.into_iter().map(|number| self.path(number));
        missing.filter(|path| path.ends_with("/index.html")).map(str::to_owned).collect()
    }

    /// The files of which `wanted` holds, in the order of their paths. Those of the last build
    /// are in order, and most often there are few others.
    fn in_order(&self, wanted: impl Fn(&State) -> bool) -> Vec<FileNumber> {
        let count = self.former.paths.len();
        let mut others: Vec<(&str, usize)> = (count..self.states.len())
            .filter(|number| wanted(&self.states[*number]))
            .map(|number| (self.path(FileNumber(number as u32)), number))
            .collect();
        others.par_sort_unstable();
        let mut all = Vec::with_capacity(self.states.len());
        let mut former = 0;
        let mut add = |all: &mut Vec<FileNumber>, upto: usize| {
            let numbers = (former..upto).filter(|number| wanted(&self.states[*number]));
            all.extend(numbers.map(|number| FileNumber(number as u32)));
            former = upto;
        };
        for (path, number) in others {
            let before = |at: &Range<usize>| &self.former.text[at.clone()] < path;
            add(&mut all, self.former.paths.partition_point(before));
            all.push(FileNumber(number as u32));
        }
        add(&mut all, count);
        all
    }

    fn find(&self, path: &str) -> Option<(FileNumber, &State)> {
        let number = self
            .former
            .find(path)
            .or_else(|| Some(self.former.paths.len() + self.others.find(path)?.index()))?;
        Some((FileNumber(number as u32), self.states.get(number)?))
    }

    fn state(&mut self, path: &str) -> (usize, &mut State) {
        let count = self.former.paths.len();
        let number =
            self.former.find(path).unwrap_or_else(|| count + self.others.text(path).index());
        if number == self.states.len() {
            self.states.push(State::default());
        }
        (number, &mut self.states[number])
    }
}

fn twice(path: &str) -> Diagnostic {
    Diagnostic::error(format!("two pages have the path {path}"))
}

impl State {
    fn is_known(&self) -> bool {
        self.former.is_some() || self.touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of a last build, each of three bytes.
    fn former(paths: &[&str]) -> Files {
        let text = paths.join("\n");
        let start = |path: &&str| path.as_ptr() as usize - text.as_ptr() as usize;
        let lines: Vec<&str> = text.split('\n').collect();
        let files = lines.iter().map(|path| (start(path)..start(path) + path.len(), 3)).collect();
        Files::of(text.clone(), files)
    }

    #[test]
    fn what_a_build_does_not_have_is_stale() {
        let mut files = former(&["b/index.html", "a.txt", "c/index.html"]);
        files.add_touched("d.txt");
        files.claim("b/index.html", (1, 2)).unwrap();
        files.claim("b/new.txt", (3, 4)).unwrap();
        assert_eq!(files.stale(), ["a.txt", "c/index.html", "d.txt"]);
        assert_eq!(files.former_pages(), ["c/index.html"]);
        assert_eq!(files.all().0, [("b/index.html", (1, 2)), ("b/new.txt", (3, 4))]);
        assert_eq!((files.is_known("d.txt"), files.is_known("b/new.txt")), (true, false));
        assert_eq!(files.claimed("a.txt"), None);
    }

    #[test]
    fn what_lies_as_it_was_left_is_whole() {
        let mut files = former(&["a.txt", "gone.txt", "killed.txt"]);
        files.add_touched("killed.txt");
        files.add_touched("new.txt");
        files.survey(|path, size| path != "gone.txt" && size == 3);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|at| files.is_whole(FileNumber(at))),
            [true, false, false, false, false]
        );
        assert!(!files.are_whole());
        let mut files = former(&["a.txt", "b.txt"]);
        files.survey(|_, size| size == 3);
        assert!(files.are_whole());
    }

    /// One that a killed build may have written is compared, whatever it held before.
    #[test]
    fn what_held_the_same_stands() {
        let mut files = former(&["a.txt", "b.txt", "c.txt", "d.txt", "killed.txt"]);
        files.add_touched("killed.txt");
        files.survey(|path, _| path != "d.txt");
        files.add_held(
            [(0, 7), (1, 7), (3, 7), (4, 7), (9, 7)].map(|(n, h)| (FileNumber(n), h)).into_iter(),
        );
        let mut stands = |path| files.claim(path, (3, 7)).unwrap();
        assert!(stands("a.txt"));
        assert_eq!(["c.txt", "d.txt", "killed.txt", "new.txt"].map(&mut stands), [false; 4]);
        assert!(!files.claim("b.txt", (3, 8)).unwrap());
    }

    /// What a build keeps by its number, the next one knows by another.
    #[test]
    fn numbers_are_places_in_the_manifest() {
        let mut files = former(&["a.txt", "b.txt", "d.txt"]);
        files.keep(FileNumber(0), 7).unwrap();
        files.keep(FileNumber(2), 8).unwrap();
        assert!(files.keep(FileNumber(2), 8).is_err());
        for path in ["e.txt", "c.txt", "A.txt"] {
            files.claim(path, (1, 9)).unwrap();
        }
        let (all, places) = files.all();
        let paths: Vec<&str> = all.iter().map(|(path, _)| *path).collect();
        assert_eq!(paths, ["A.txt", "a.txt", "c.txt", "d.txt", "e.txt"]);
        assert_eq!(all[1..3], [("a.txt", (3, 7)), ("c.txt", (1, 9))]);
        let places: Vec<_> = places.into_iter().map(|place| place.map(|place| place.0)).collect();
        assert_eq!(places, [Some(1), None, Some(3), Some(4), Some(2), Some(0)]);
        let (number, _) = files.claimed("c.txt").unwrap();
        assert_eq!((number, files.path(number)), (FileNumber(4), "c.txt"));
    }

    #[test]
    fn a_file_is_claimed_once_and_within_the_site() {
        let mut files = Files::default();
        files.claim("a.txt", (0, 0)).unwrap();
        assert!(files.claim("a.txt", (0, 0)).is_err());
        assert!(files.claim("../a.txt", (0, 0)).is_err());
    }
}

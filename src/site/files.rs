//! The files of a site by path: which of them former builds left, and which this one has.
//!
//! There are hundreds of thousands, and each is asked for several times: every path is kept
//! once, and what is known of it stands under its number.

use rayon::prelude::*;

use crate::archive::texts::{Interner, Symbol};
use crate::diagnostic::Diagnostic;
use crate::site::manifest::is_path;

/// The size of a file in bytes, and a hash of what it holds.
pub type Content = (u64, u64);

/// All files that are known.
#[derive(Debug, Default)]
pub struct Files {
    paths: Interner,
    /// By the number of the path.
    states: Vec<State>,
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Its bytes in the last finished build, if that had it.
    former: Option<u64>,
    /// It lies where the last finished build left it, as long as it was.
    whole: bool,
    /// A build that was killed may have written it.
    touched: bool,
    /// What this build has there, if it has the file.
    claim: Option<Content>,
}

impl Files {
    /// Notes that the last finished build had a file of so many bytes.
    pub fn add_former(&mut self, path: &str, size: u64) {
        self.state(path).former = Some(size);
    }

    /// Looks which files of the last finished build lie where they were left; `lies` says
    /// whether one does, with so many bytes. Those that a build that was killed may have
    /// written are none of them.
    pub fn survey(&mut self, lies: impl Fn(&str, u64) -> bool + Sync) {
        let texts = self.paths.texts();
        let (states, symbols) = (&mut self.states, texts.symbols().collect::<Vec<_>>());
        states.par_iter_mut().zip(symbols).for_each(|(state, at)| {
            let former = state.former.filter(|_| !state.touched);
            state.whole = former.is_some_and(|size| lies(texts.get(at), size));
        });
    }

    /// Whether the survey has found a file with so many bytes.
    pub fn is_whole(&self, path: &str, size: u64) -> bool {
        self.find(path).is_some_and(|state| state.whole && state.former == Some(size))
    }

    /// Notes that a build that was killed may have written a file.
    pub fn add_touched(&mut self, path: &str) {
        self.state(path).touched = true;
    }

    /// Whether a former build had a file, also one that was killed.
    pub fn is_known(&self, path: &str) -> bool {
        self.find(path).is_some_and(State::is_known)
    }

    /// Notes that this build has a file. Fails where the path can't be one of a page, or the
    /// build has it already.
    pub fn claim(&mut self, path: &str, content: Content) -> Result<(), Diagnostic> {
        let state = self.state(path);
        // What is known was looked at when it became so.
        if !state.is_known() && !is_path(path) {
            return Err(Diagnostic::error(format!("{path:?} can't be the path of a page")));
        }
        match state.claim.replace(content) {
            None => Ok(()),
            Some(_) => Err(Diagnostic::error(format!("two pages have the path {path}"))),
        }
    }

    /// What this build has at a path, if it has a file there.
    pub fn claimed(&self, path: &str) -> Option<Content> {
        self.find(path)?.claim
    }

    /// The files of this build, in order.
    pub fn all(&self) -> Vec<(&str, Content)> {
        let mut all: Vec<(&str, Content)> =
            self.states().filter_map(|(path, state)| Some((path, state.claim?))).collect();
        // Those of the last build came in order: that leaves little to sort.
        all.sort();
        all
    }

    /// The files of former builds that this one doesn't have, in order.
    pub fn stale(&self) -> Vec<&str> {
        let is_stale = |state: &State| state.is_known() && state.claim.is_none();
        let stale = self.states().filter(|(_, state)| is_stale(state)).map(|(path, _)| path);
        let mut stale: Vec<&str> = stale.collect();
        stale.sort_unstable();
        stale
    }

    /// The pages (but the home page) that the last finished build had, and this one doesn't
    /// have so far, in order.
    pub fn former_pages(&self) -> Vec<String> {
        let is_missing = |path: &str, state: &State| {
            state.former.is_some() && state.claim.is_none() && path.ends_with("/index.html")
        };
        let missing = self.states().filter(|(path, state)| is_missing(path, state));
        let mut missing: Vec<String> = missing.map(|(path, _)| path.to_owned()).collect();
        missing.sort_unstable();
        missing
    }

    fn states(&self) -> impl Iterator<Item = (&str, &State)> {
        let texts = self.paths.texts();
        self.states.iter().zip(texts.symbols()).map(|(state, at)| (texts.get(at), state))
    }

    fn find(&self, path: &str) -> Option<&State> {
        self.states.get(self.paths.find(path)?.index())
    }

    fn state(&mut self, path: &str) -> &mut State {
        let at = Symbol::index(self.paths.text(path));
        if at == self.states.len() {
            self.states.push(State::default());
        }
        &mut self.states[at]
    }
}

impl State {
    fn is_known(&self) -> bool {
        self.former.is_some() || self.touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_does_not_have_is_stale() {
        let mut files = Files::default();
        for path in ["b/index.html", "a.txt", "c/index.html"] {
            files.add_former(path, 1);
        }
        files.add_touched("d.txt");
        files.claim("b/index.html", (1, 2)).unwrap();
        files.claim("new.txt", (3, 4)).unwrap();
        assert_eq!(files.stale(), ["a.txt", "c/index.html", "d.txt"]);
        assert_eq!(files.former_pages(), ["c/index.html"]);
        assert_eq!(files.all(), [("b/index.html", (1, 2)), ("new.txt", (3, 4))]);
        assert_eq!((files.is_known("d.txt"), files.is_known("new.txt")), (true, false));
        assert_eq!(files.claimed("a.txt"), None);
    }

    #[test]
    fn what_lies_as_it_was_left_is_whole() {
        let mut files = Files::default();
        for path in ["a.txt", "gone.txt", "killed.txt"] {
            files.add_former(path, 3);
        }
        files.add_touched("killed.txt");
        files.survey(|path, size| path != "gone.txt" && size == 3);
        let whole = |path| files.is_whole(path, 3);
        assert_eq!(
            ["a.txt", "gone.txt", "killed.txt", "new.txt"].map(whole),
            [true, false, false, false]
        );
        assert!(!files.is_whole("a.txt", 4));
    }

    #[test]
    fn a_file_is_claimed_once_and_within_the_site() {
        let mut files = Files::default();
        files.claim("a.txt", (0, 0)).unwrap();
        assert!(files.claim("a.txt", (0, 0)).is_err());
        assert!(files.claim("../a.txt", (0, 0)).is_err());
    }
}

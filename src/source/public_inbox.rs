//! public-inbox repositories: which git repositories a path means, and whether they can be
//! read.
//!
//! A list is one bare repository, or several, its epochs: `0.git`, `1.git`, … in one
//! directory, or in its directory `git`, as a mirror of lore.kernel.org has them
//! (public-inbox-v2-format(5)). What is in a repository is [`epoch`](super::epoch)'s.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::find::{Findings, Found, Holds, Reason, missing, unreadable};
use crate::diagnostic::Diagnostic;

/// The repositories of a list, oldest epoch first.
pub(super) fn files(path: &Path) -> Findings {
    if !path.is_dir() {
        let fault = if path.exists() { not_a_directory(path) } else { missing(path) };
        return (Vec::new(), vec![fault]);
    }
    let repositories = repositories(path);
    if repositories.is_empty() {
        return (Vec::new(), vec![no_repository(path)]);
    }
    let found = |path: PathBuf| Found {
        link: path.is_symlink(),
        path,
        reason: Reason::Named,
        holds: Holds::Commits,
    };
    (repositories.into_iter().map(found).collect(), Vec::new())
}

/// What changes when mail comes: the names of commits in each repository, and the next
/// epoch. Reading objects changes nothing, and fetching them alone doesn't either.
pub fn refs(path: &Path) -> Vec<PathBuf> {
    let repositories = repositories(path);
    let mut watched: Vec<PathBuf> = repositories
        .iter()
        .map(|path| git_directory(path))
        .flat_map(|git| ["HEAD", "packed-refs", "refs"].map(|name| git.join(name)))
        .collect();
    match repositories.last().and_then(|last| Some((last.parent()?, epoch_number(last)?))) {
        Some((beside, last)) => watched.push(beside.join(format!("{}.git", last + 1))),
        None if repositories.is_empty() => watched.push(path.to_path_buf()),
        None => {}
    }
    watched
}

/// The files of [`refs`], those in its directories among them.
pub(super) fn ref_files(path: &Path) -> Vec<PathBuf> {
    let below = |path: PathBuf| WalkDir::new(path).sort_by_file_name().into_iter().flatten();
    let files = refs(path).into_iter().flat_map(below).filter(|e| e.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

/// The path itself, where it is a repository, else the epochs in it.
fn repositories(path: &Path) -> Vec<PathBuf> {
    if is_repository(path) {
        return vec![path.to_path_buf()];
    }
    let epochs = epochs(path);
    if epochs.is_empty() { self::epochs(&path.join("git")) } else { epochs }
}

/// The repositories `N.git` in a directory, by number. Others, such as public-inbox's own
/// `all.git`, are no epochs.
fn epochs(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut epochs: Vec<(u32, PathBuf)> = entries
        .map(|entry| entry.path())
        .filter_map(|path| Some((epoch_number(&path)?, path)))
        .filter(|(_, path)| path.is_dir())
        .collect();
    epochs.sort();
    epochs.into_iter().map(|(_, path)| path).collect()
}

/// 12 of `12.git`.
fn epoch_number(path: &Path) -> Option<u32> {
    let number = path.file_name()?.to_str()?.strip_suffix(".git")?;
    number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok())?
}

/// Whether a directory is a git repository, bare or with a working tree.
fn is_repository(path: &Path) -> bool {
    let git = git_directory(path);
    git.join("objects").is_dir() && (git.join("HEAD").exists() || git.join("refs").is_dir())
}

/// The directory with the objects: `.git` below a working tree.
fn git_directory(path: &Path) -> PathBuf {
    let below = path.join(".git");
    if below.is_dir() { below } else { path.to_path_buf() }
}

fn not_a_directory(path: &Path) -> Diagnostic {
    Diagnostic::warning("this is a file, not a git repository")
        .in_file(path)
        .hint("name the directory of a bare repository; a file of mail goes under `mbox:`")
}

fn no_repository(path: &Path) -> Diagnostic {
    if let Err(error) = fs::read_dir(path) {
        return unreadable(&error).in_file(path);
    }
    Diagnostic::warning("this is no git repository, and has no epochs (`0.git`, `1.git`, …) in it")
        .in_file(path)
        .hint("`git clone --mirror https://lore.kernel.org/LIST/0 0.git` makes one")
}

/// A repository, open for reading, with what a reader of the site should know of it.
pub(super) struct Checked {
    pub(super) repository: gix::ThreadSafeRepository,
    pub(super) doubts: Vec<Diagnostic>,
}

/// Opens a repository with nothing but its own configuration, so that neither the
/// environment nor that of the user has a say.
pub(super) fn open(path: &Path) -> Result<Checked, Diagnostic> {
    let git = git_directory(path);
    if let Some(format) = foreign_hash(&git) {
        let problem = format!("this repository names its objects by {format}; only SHA-1 is read");
        let hint = "public-inbox makes repositories of the format sha1: clone one of those";
        return Err(Diagnostic::warning(problem).in_file(path).hint(hint));
    }
    // A pack can claim that a mail has any size; none of more can be told by its origin.
    let limit = format!("gitoxide.objects.allocLimit={}", u32::MAX);
    let options = gix::open::Options::isolated().open_path_as_is(true).config_overrides([limit]);
    let repository = options.open(&git).map_err(|error| {
        Diagnostic::warning(format!("this is no git repository that can be read: {error}"))
            .in_file(path)
            .hint("see what `git fsck` says of it, or clone it again")
    })?;
    let doubts = [
        (git != path).then(|| has_working_tree(path)),
        repository.to_thread_local().is_shallow().unwrap_or(false).then(|| is_shallow(path)),
        lost_alternate(&git).map(|alternate| no_alternate(path, &alternate)),
    ];
    Ok(Checked { repository, doubts: doubts.into_iter().flatten().collect() })
}

/// The hash function of a repository, if it isn't SHA-1 (`extensions.objectFormat`,
/// git-config(1)).
fn foreign_hash(git: &Path) -> Option<String> {
    let config = fs::read_to_string(git.join("config")).ok()?;
    let value = |line: &str| {
        let (key, value) = line.split_once('=')?;
        key.trim().eq_ignore_ascii_case("objectformat").then(|| value.trim().to_ascii_lowercase())
    };
    config.lines().find_map(value).filter(|format| format != "sha1")
}

fn has_working_tree(path: &Path) -> Diagnostic {
    Diagnostic::warning(
        "a clone with a working tree: what is fetched is not seen until it is merged",
    )
    .in_file(path)
    .hint("`git clone --mirror URL` makes a repository that `git fetch` brings up to date")
}

fn is_shallow(path: &Path) -> Diagnostic {
    Diagnostic::warning("a shallow clone: older mail is not in it")
        .in_file(path)
        .hint(format!("`git -C {} fetch --unshallow` gets the rest", path.display()))
}

/// A directory that the repository borrows objects from (gitrepository-layout(5)) and that
/// is not there.
fn lost_alternate(git: &Path) -> Option<PathBuf> {
    let objects = git.join("objects");
    let alternates = fs::read_to_string(objects.join("info/alternates")).ok()?;
    let named = alternates.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    named.map(|line| objects.join(line)).find(|alternate| !alternate.is_dir())
}

fn no_alternate(path: &Path, alternate: &Path) -> Diagnostic {
    let problem = format!("it borrows objects from {}, which is not there", alternate.display());
    Diagnostic::warning(problem)
        .in_file(path)
        .hint("put that repository back, or correct objects/info/alternates")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directories(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        dir
    }

    fn names(dir: &tempfile::TempDir, path: &str) -> Vec<String> {
        let (found, _) = files(&dir.path().join(path));
        let below = |found: &Found| found.path.strip_prefix(dir.path()).unwrap().to_owned();
        found.iter().map(|found| below(found).display().to_string()).collect()
    }

    #[test]
    fn epochs_are_in_the_order_of_their_numbers() {
        let dir = directories(&["l/10.git", "l/9.git", "l/all.git", "l/0.git", "l/1", "l/x.git"]);
        assert_eq!(names(&dir, "l"), ["l/0.git", "l/9.git", "l/10.git"]);
        let dir = directories(&["l/git/1.git", "l/git/0.git", "l/all.git/objects"]);
        assert_eq!(names(&dir, "l"), ["l/git/0.git", "l/git/1.git"]);
    }

    #[test]
    fn what_comes_with_a_fetch_is_watched() {
        let dir = directories(&["0.git/objects", "0.git/refs"]);
        let name = |path: &PathBuf| path.strip_prefix(dir.path()).unwrap().display().to_string();
        let watched: Vec<String> = refs(dir.path()).iter().map(name).collect();
        assert_eq!(watched, ["0.git/HEAD", "0.git/packed-refs", "0.git/refs", "1.git"]);
        let clone = directories(&["c/.git/objects", "c/.git/refs"]);
        assert!(refs(&clone.path().join("c")).contains(&clone.path().join("c/.git/refs")));
        let nothing = clone.path().join("gone");
        assert_eq!(refs(&nothing), [nothing]);
    }

    #[test]
    fn a_path_that_leads_to_no_repository_is_said_with_a_remedy() {
        let dir = directories(&["empty"]);
        fs::write(dir.path().join("file"), "").unwrap();
        for (path, message) in [
            ("gone", "there is no such file or directory"),
            ("file", "this is a file, not a git repository"),
            ("empty", "this is no git repository, and has no epochs"),
        ] {
            let (found, faults) = files(&dir.path().join(path));
            assert_eq!((found.len(), faults.len()), (0, 1), "{path}");
            assert!(faults[0].message.starts_with(message), "{:?}", faults[0]);
            assert!(faults[0].hint.is_some());
        }
    }
}

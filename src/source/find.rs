//! Which files a configured source means: a file, a directory, a glob, a Maildir, the
//! repositories of a list.
//!
//! Gives paths in an order that depends on nothing but their names, and says what can't
//! be found or looked into. Opens no file.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use super::{maildir, public_inbox};
use crate::config::SourceConfig;
use crate::diagnostic::Diagnostic;

/// The directory in which a built site says what was written; also, beside a configuration,
/// what spares builds work.
pub const OUTPUT_STATE: &str = ".patchpress";

/// What of it only a built site has, finished or not. What is beside that was made from mail
/// and is never read as mail, though there are mbox files in it.
const WRITTEN: [&str; 2] = ["manifest", "journal"];

/// A file that may hold mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its path.
    pub path: PathBuf,
    /// How it came to be read.
    pub reason: Reason,
    /// What is expected in it.
    pub holds: Holds,
    /// Whether the path ends in a symbolic link.
    pub link: bool,
}

/// How a file came to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The user named it, or a glob of theirs matches it.
    Named,
    /// It lies in a directory the user named; it may be something else than mail.
    Beside,
}

/// What is expected in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Any number of mails, in an mbox; or one bare message.
    Mails,
    /// One message, whatever it looks like.
    OneMail,
    /// Commits with a mail each: it is a repository.
    Commits,
    /// A digest as text.
    Digest,
}

/// Files and what was wrong on the way to them.
pub(super) type Findings = (Vec<Found>, Vec<Diagnostic>);

/// The files of one source, in order.
pub(super) fn files(source: &SourceConfig) -> Findings {
    match source {
        SourceConfig::Mbox(path) => of_path(path, Holds::Mails),
        SourceConfig::Maildir(path) => maildir::files(path),
        SourceConfig::PublicInbox(path) => public_inbox::files(path),
        SourceConfig::Digests(path) => of_path(path, Holds::Digest),
    }
}

/// The files that a path means: a file, those of a directory, those that match a glob.
fn of_path(path: &Path, holds: Holds) -> Findings {
    if path.is_dir() {
        return beneath(path, holds);
    }
    if path.exists() {
        return (vec![named(path, holds)], Vec::new());
    }
    let (base, pattern) = split_glob(path);
    if has_glob(&pattern) {
        matching(path, &base, &pattern, holds)
    } else {
        (Vec::new(), vec![missing(path)])
    }
}

/// The file that a path leads to.
pub(super) fn named(path: &Path, holds: Holds) -> Found {
    Found { path: path.to_path_buf(), reason: Reason::Named, holds, link: path.is_symlink() }
}

/// What is wrong with a path at which nothing is.
pub(super) fn missing(path: &Path) -> Diagnostic {
    let problem = match path.symlink_metadata() {
        Ok(_) => "this link leads nowhere",
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return Diagnostic::warning("no permission to look for this file")
                .in_file(path)
                .hint("make the directory it is in readable");
        }
        Err(_) => "there is no such file or directory",
    };
    Diagnostic::warning(problem)
        .in_file(path)
        .hint("correct the path under `sources`, or put the mail there")
}

/// Every file in a directory and those in it, but for names that begin with a dot.
pub(super) fn beneath(directory: &Path, holds: Holds) -> Findings {
    let (entries, diagnostics) = walk(WalkDir::new(directory), Hidden::Skip);
    (entries.into_iter().map(|entry| met(entry, Reason::Beside, holds)).collect(), diagnostics)
}

fn met(entry: DirEntry, reason: Reason, holds: Holds) -> Found {
    let link = entry.path_is_symlink();
    Found { path: entry.into_path(), reason, holds, link }
}

/// What to do with names that begin with a dot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    Skip,
    Visit,
}

/// The files met, in the order of their paths, part by part.
fn walk(walk: WalkDir, hidden: Hidden) -> (Vec<DirEntry>, Vec<Diagnostic>) {
    let wanted = |entry: &DirEntry| {
        let shown = hidden == Hidden::Visit || !is_hidden(entry);
        entry.depth() == 0 || shown && !is_built_site(entry)
    };
    let walk = walk.follow_links(true).sort_by_file_name();
    let mut files = Vec::new();
    let mut diagnostics = Vec::new();
    for entry in walk.into_iter().filter_entry(wanted) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => files.push(entry),
            Ok(_) => {}
            Err(error) => diagnostics.push(unwalkable(&error)),
        }
    }
    diagnostics.sort();
    (files, diagnostics)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_built_site(entry: &DirEntry) -> bool {
    let state = || entry.path().join(OUTPUT_STATE);
    entry.file_type().is_dir() && WRITTEN.iter().any(|name| state().join(name).is_file())
}

fn unwalkable(error: &walkdir::Error) -> Diagnostic {
    let reason = match error.io_error() {
        Some(io) => unreadable(io),
        None => Diagnostic::warning("this link leads back to a directory it is in")
            .hint("remove the link; the directory is read once"),
    };
    match error.path() {
        Some(path) => reason.in_file(path),
        None => reason,
    }
}

/// What is wrong with a file or directory that can't be read.
pub(super) fn unreadable(error: &std::io::Error) -> Diagnostic {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => Diagnostic::warning("no permission to read this")
            .hint("make it readable for the user who builds"),
        _ => Diagnostic::warning(format!("this can't be read: {error}"))
            .hint("see whether the file is there and the disk is sound"),
    }
}

/// The files below `base` that match `pattern`; `path` is the whole, as configured.
fn matching(path: &Path, base: &Path, pattern: &str, holds: Holds) -> Findings {
    let glob = match matcher(pattern) {
        Ok(glob) => glob,
        Err(error) => {
            let problem = format!("`{pattern}` is not a glob: {}", error.kind());
            return (Vec::new(), vec![Diagnostic::warning(problem).in_file(path)]);
        }
    };
    let hidden = if pattern.split('/').any(|part| part.starts_with('.')) {
        Hidden::Visit
    } else {
        Hidden::Skip
    };
    let depth = if pattern.contains("**") { usize::MAX } else { pattern.split('/').count() };
    let (mut entries, mut diagnostics) = walk(WalkDir::new(base).max_depth(depth), hidden);
    entries.retain(|entry| {
        entry.path().strip_prefix(base).is_ok_and(|relative| glob.is_match(relative))
    });
    if entries.is_empty() {
        let problem = format!("no file matches `{pattern}` in {}", base.display());
        let hint = "correct the glob under `sources`; `*` stays in a directory, `**` does not";
        diagnostics.push(Diagnostic::warning(problem).in_file(path).hint(hint));
    }
    let found = entries.into_iter().map(|entry| met(entry, Reason::Named, holds));
    (found.collect(), diagnostics)
}

fn matcher(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()?;
    Ok(glob.compile_matcher())
}

/// The directory to walk and the pattern below it. A part that exists as it is written is
/// no pattern, so that a directory named `a[b]` can hold the site.
fn split_glob(path: &Path) -> (PathBuf, String) {
    let mut base = PathBuf::new();
    let mut components = path.components().peekable();
    while let Some(component) = components.next_if(|part| is_plain(&base, part)) {
        base.push(component);
    }
    let rest: Vec<_> =
        components.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if base.as_os_str().is_empty() {
        base.push(".");
    }
    (base, rest.join("/"))
}

fn is_plain(base: &Path, part: &Component<'_>) -> bool {
    !matches!(part, Component::Normal(_)) || base.join(part).exists()
}

fn has_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn tree(files: &[&str]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        dir
    }

    fn names(dir: &TempDir, pattern: &str) -> Vec<String> {
        let (found, diagnostics) = files(&SourceConfig::Mbox(dir.path().join(pattern)));
        assert_eq!(diagnostics, []);
        let name = |found: &Found| {
            found.path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned()
        };
        found.iter().map(name).collect()
    }

    #[test]
    fn a_glob_finds_files_in_the_order_of_their_paths() {
        let dir = tree(&[
            "b/2.mbox",
            "a/9.mbox.gz",
            "a/10.mbox",
            "a/x.txt",
            "a/.9.mbox",
            "0.mbox",
            "a/b/a",
        ]);
        assert_eq!(names(&dir, "**/*.mbox*"), ["0.mbox", "a/10.mbox", "a/9.mbox.gz", "b/2.mbox"]);
        assert_eq!(names(&dir, "*/*.mbox"), ["a/10.mbox", "b/2.mbox"]);
        assert_eq!(names(&dir, "a/*.{mbox,txt}"), ["a/10.mbox", "a/x.txt"]);
        assert_eq!(names(&dir, "{a/9*,b/[0-9].mbox}"), ["a/9.mbox.gz", "b/2.mbox"]);
        assert_eq!(names(&dir, "a/.*"), ["a/.9.mbox"]);
        assert_eq!(names(&dir, "**/a*"), ["a/b/a"]);
        assert_eq!(names(&dir, "?.mbox"), ["0.mbox"]);
    }

    #[test]
    fn a_directory_is_read_whole_but_for_hidden_names() {
        let dir = tree(&["l/b/1", "l/a", "l/.git/config", "l/.hidden", "other"]);
        assert_eq!(names(&dir, "l"), ["l/a", "l/b/1"]);
    }

    #[test]
    fn what_was_built_is_never_read() {
        let dir = tree(&[
            "a.mbox",
            "public/series/x/patches.mbox",
            "public/.patchpress/manifest",
            ".patchpress/stamp-1.json",
            "public.old/b.mbox",
        ]);
        assert_eq!(names(&dir, "."), ["a.mbox", "public.old/b.mbox"]);
        assert_eq!(names(&dir, "**/*.mbox"), ["a.mbox", "public.old/b.mbox"]);
        assert_eq!(names(&dir, "*/**/*.mbox"), ["public.old/b.mbox"]);
    }

    #[test]
    fn glob_characters_in_what_exists_are_plain() {
        let dir = tree(&["a[b]/x{1}.mbox", "a[b]/y.mbox"]);
        assert_eq!(names(&dir, "a[b]/x{1}.mbox"), ["a[b]/x{1}.mbox"]);
        assert_eq!(names(&dir, "a[b]/*.mbox"), ["a[b]/x{1}.mbox", "a[b]/y.mbox"]);
    }

    #[test]
    fn what_is_not_there_is_said_with_its_name() {
        let dir = tree(&["a/1.mbox"]);
        for (pattern, message) in [
            ("a/2.mbox", "there is no such file or directory"),
            ("nowhere/2.mbox", "there is no such file or directory"),
            ("a/*.gz", "no file matches `*.gz` in "),
            ("a/[", "`[` is not a glob: "),
        ] {
            let path = dir.path().join(pattern);
            let (found, diagnostics) = files(&SourceConfig::Mbox(path.clone()));
            assert_eq!((found.len(), diagnostics.len()), (0, 1), "{pattern}");
            assert!(diagnostics[0].message.starts_with(message), "{}", diagnostics[0].message);
            assert_eq!(diagnostics[0].place.as_ref().unwrap().file, path);
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_are_said() {
        let dir = tree(&["l/a/1.mbox", "else/2.mbox"]);
        let link = |to: &str, at: &str| {
            std::os::unix::fs::symlink(dir.path().join(to), dir.path().join(at)).unwrap();
        };
        link("else", "l/b");
        link("l", "l/a/loop");
        link("gone", "l/gone");
        let (found, diagnostics) = files(&SourceConfig::Mbox(dir.path().join("l")));
        assert_eq!(found.len(), 2);
        let messages: Vec<_> = diagnostics.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(messages.len(), 2);
        assert!(messages.contains(&"this link leads back to a directory it is in"));
    }
}

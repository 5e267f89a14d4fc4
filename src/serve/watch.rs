//! Watches what the site is made of, and builds again when it changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::{Built, Shown};
use crate::site::stamp::CACHE;

/// Editors write in several steps; a build waits until this long nothing has changed.
const QUIET: Duration = Duration::from_millis(120);

/// A directory that is watched, and how deep.
type Root = (PathBuf, RecursiveMode);

/// Starts the thread that builds after changes.
pub(super) fn start(
    shown: Arc<Shown>,
    build: Box<dyn Fn() -> Built + Send + Sync>,
) -> notify::Result<()> {
    let (sender, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // The receiver only goes away with the process.
        let _ = event.map(|event| sender.send(event));
    })?;
    let mut watched = Vec::new();
    let mut parts = shown.with(Parts::of);
    follow(&mut watcher, &mut watched, &parts.wanted);
    std::thread::spawn(move || {
        while next_change(&changes, &parts) {
            let built = build();
            parts = Parts::of(&built);
            follow(&mut watcher, &mut watched, &parts.wanted);
            shown.replace(built);
        }
    });
    Ok(())
}

/// What the site is made of and what it is written to, as the system names them.
struct Parts {
    wanted: Vec<PathBuf>,
    output: PathBuf,
}

impl Parts {
    fn of(built: &Built) -> Self {
        let wanted = built.watched.iter().map(|path| real(path)).collect();
        Parts { wanted, output: real(&built.output) }
    }

    /// Whether a change matters. Reading is none, what the build writes doesn't count, and
    /// neither does what merely lies beside a file of the site.
    fn matters(&self, event: &Event) -> bool {
        let changes = !event.kind.is_access() && !event.kind.is_other();
        changes && event.paths.iter().any(|path| self.has(path))
    }

    fn has(&self, path: &Path) -> bool {
        // A directory above may have come, or gone, with all that is in it.
        let touches = |wanted: &PathBuf| path.starts_with(wanted) || wanted.starts_with(path);
        let kept = path.iter().any(|part| part == CACHE);
        !kept && !path.starts_with(&self.output) && self.wanted.iter().any(touches)
    }
}

/// Waits for a change that matters and for quiet after it; false when nothing can come.
fn next_change(changes: &Receiver<Event>, parts: &Parts) -> bool {
    loop {
        match changes.recv() {
            Ok(event) if parts.matters(&event) => break,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    let mut end = Instant::now() + QUIET;
    loop {
        match changes.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(event) if parts.matters(&event) => end = Instant::now() + QUIET,
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Watches what is new among the roots of `wanted` and lets go of what is no longer there.
fn follow(watcher: &mut RecommendedWatcher, watched: &mut Vec<Root>, wanted: &[PathBuf]) {
    let roots = roots(wanted);
    watched.retain(|root| {
        let keep = roots.contains(root) && root.0.is_dir();
        if !keep {
            let _ = watcher.unwatch(&root.0);
        }
        keep
    });
    for root in roots {
        if !watched.contains(&root) && watcher.watch(&root.0, root.1).is_ok() {
            watched.push(root);
        }
    }
}

/// The directories to watch, none within another: watches that overlap take each other away.
fn roots(wanted: &[PathBuf]) -> Vec<Root> {
    let mut all: Vec<Root> = wanted.iter().filter_map(|path| root(path)).collect();
    // Above comes before below, and of one directory the deep watch first.
    all.sort_by(|a, b| {
        (&a.0, a.1 != RecursiveMode::Recursive).cmp(&(&b.0, b.1 != RecursiveMode::Recursive))
    });
    let mut roots: Vec<Root> = Vec::new();
    for (path, mode) in all {
        let covered = |(above, depth): &Root| {
            *above == path || *depth == RecursiveMode::Recursive && path.starts_with(above)
        };
        if !roots.iter().any(covered) {
            roots.push((path, mode));
        }
    }
    roots
}

/// Where to watch for changes of `path`: a directory itself; a file, or what isn't there yet,
/// through the nearest directory above, because editors replace files.
fn root(path: &Path) -> Option<Root> {
    if path.is_dir() {
        return Some((path.to_owned(), RecursiveMode::Recursive));
    }
    let above = path.ancestors().skip(1).find(|above| above.is_dir())?;
    Some((above.to_owned(), RecursiveMode::NonRecursive))
}

/// The path without symbolic links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let resolved = whole.ancestors().find_map(|above| {
        let rest = whole.strip_prefix(above).ok()?;
        Some(above.canonicalize().ok()?.join(rest))
    });
    // Joined with nothing, a file's name would end in a slash.
    resolved.map_or(whole, |path| path.components().collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn watches_do_not_overlap() {
        let site = tempfile::tempdir().unwrap();
        let root = real(site.path());
        fs::create_dir_all(root.join("content/lists/a")).unwrap();
        fs::write(root.join("config.yaml"), "").unwrap();
        let wanted = ["config.yaml", "content/lists/a", "content", "themes", "content/b.md"];
        let wanted = wanted.map(|name| root.join(name));
        assert_eq!(
            roots(&wanted),
            [
                (root.clone(), RecursiveMode::NonRecursive),
                (root.join("content"), RecursiveMode::Recursive),
            ]
        );
        let with_root = [&wanted[..], std::slice::from_ref(&root)].concat();
        assert_eq!(roots(&with_root), [(root, RecursiveMode::Recursive)]);
    }

    #[test]
    fn what_lies_beside_and_what_is_written_does_not_matter() {
        let site = tempfile::tempdir().unwrap();
        let root = real(site.path());
        fs::write(root.join("config.yaml"), "").unwrap();
        let parts = Parts {
            wanted: vec![root.join("config.yaml"), root.join("content")],
            output: root.join("content/public"),
        };
        for (name, expected) in [
            ("config.yaml", true),
            ("config.yaml~", false),
            ("content", true),
            ("content/a/b.md", true),
            ("content/public", false),
            ("content/public/index.html", false),
            ("notes.txt", false),
        ] {
            assert_eq!(parts.has(&root.join(name)), expected, "{name}");
        }
    }
}

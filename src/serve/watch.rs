//! Watches what the site is made of, and builds again when it changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::{Built, Shown};

/// Editors write in several steps; a build waits until this long nothing has changed.
const QUIET: Duration = Duration::from_millis(120);

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
    shown.with(|built| follow(&mut watcher, &mut watched, &built.watched));
    std::thread::spawn(move || {
        while next_change(&changes, &shown) {
            let built = build();
            follow(&mut watcher, &mut watched, &built.watched);
            shown.replace(built);
        }
    });
    Ok(())
}

/// Waits for a change that matters and for quiet after it; false when nothing can come.
fn next_change(changes: &Receiver<Event>, shown: &Shown) -> bool {
    loop {
        match changes.recv() {
            Ok(event) if matters(&event, shown) => break,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    loop {
        match changes.recv_timeout(QUIET) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Reading is no change, nor is what the build writes.
fn matters(event: &Event, shown: &Shown) -> bool {
    let changes = !event.kind.is_access() && !event.kind.is_other();
    let output = shown.with(|built| absolute(&built.output));
    changes && event.paths.iter().any(|path| !path.starts_with(&output))
}

/// Watches what is new among `wanted` and lets go of what is no longer there. A file is
/// watched through its directory, because editors replace files.
fn follow(watcher: &mut RecommendedWatcher, watched: &mut Vec<PathBuf>, wanted: &[PathBuf]) {
    if wanted.is_empty() {
        return;
    }
    let mut roots: Vec<(PathBuf, RecursiveMode)> = wanted.iter().filter_map(|w| root(w)).collect();
    roots.sort_by(|a, b| a.0.cmp(&b.0));
    roots.dedup_by(|a, b| a.0 == b.0);
    watched.retain(|path| {
        let keep = roots.iter().any(|(root, _)| root == path);
        if !keep {
            let _ = watcher.unwatch(path);
        }
        keep
    });
    for (root, mode) in roots {
        if !watched.contains(&root) && watcher.watch(&root, mode).is_ok() {
            watched.push(root);
        }
    }
}

fn root(path: &Path) -> Option<(PathBuf, RecursiveMode)> {
    let path = absolute(path);
    if path.is_dir() {
        return Some((path, RecursiveMode::Recursive));
    }
    let parent = path.ancestors().skip(1).find(|above| above.is_dir())?;
    Some((parent.to_owned(), RecursiveMode::NonRecursive))
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

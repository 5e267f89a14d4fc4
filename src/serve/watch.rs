//! Watches what the site is made of, and builds again when it changes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use super::{Build, Built, Shown};
use crate::site::resident::Onlooker;
use crate::site::stamp::CACHE;

/// Editors write in several steps; a build waits until this long nothing has changed.
const QUIET: Duration = Duration::from_millis(120);
/// It waits no longer than this, though there is no end of changes.
const PATIENCE: Duration = Duration::from_secs(2);

/// A directory that is watched, and how deep.
type Root = (PathBuf, RecursiveMode);

/// The build before anything is watched, or anybody looks.
pub(super) fn first(build: &Build) -> Built {
    build(&Onlooker { files: &[], written: &|| {}, superseded: &|| false }).unwrap_or_default()
}

/// Starts the thread that builds after changes.
pub(super) fn start(shown: Arc<Shown>, build: Build) -> notify::Result<()> {
    let (sender, changes) = channel();
    let seen = Arc::new(Seen::default());
    let watcher = notify::recommended_watcher({
        let seen = Arc::clone(&seen);
        move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| seen.takes_in(&event)) {
                // The receiver only goes away with the process.
                let _ = sender.send(());
            }
        }
    })?;
    let mut watch = Watch { watcher, watched: Vec::new(), seen, changes };
    // What changed before it was watched went unseen.
    let mut again = shown.with(|built| watch.follow(built));
    std::thread::spawn(move || {
        while again || watch.next_change() {
            again = false;
            // What is left undone is done after the change that has come between.
            if let Some(built) = watch.build(&shown, &build) {
                again = watch.follow(&built);
                shown.replace(built);
            }
        }
    });
    Ok(())
}

/// What the thread of the watcher saw, for that which builds.
#[derive(Default)]
struct Seen {
    parts: Mutex<Parts>,
    /// Something has changed that no build has seen from its beginning.
    stirred: AtomicBool,
    /// A directory that is watched has gone, or another one has come in its place.
    uprooted: AtomicBool,
}

impl Seen {
    /// Whether a change matters.
    fn takes_in(&self, event: &Event) -> bool {
        let parts = self.parts();
        if !parts.matters(event) {
            return false;
        }
        let gone =
            matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
        if gone && event.paths.iter().any(|path| parts.roots.contains(path)) {
            self.uprooted.store(true, Ordering::Relaxed);
        }
        self.stirred.store(true, Ordering::Relaxed);
        true
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The directories that are watched, and what came of it.
struct Watch {
    watcher: RecommendedWatcher,
    watched: Vec<Root>,
    seen: Arc<Seen>,
    changes: Receiver<()>,
}

impl Watch {
    /// Waits for a change and for quiet after it; false when nothing can come.
    fn next_change(&self) -> bool {
        if self.changes.recv().is_err() {
            return false;
        }
        let latest = Instant::now() + PATIENCE;
        loop {
            let end = latest.min(Instant::now() + QUIET);
            match self.changes.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(()) if Instant::now() < latest => {}
                Ok(()) | Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Builds for those who have pages open; none where something changed again meanwhile.
    fn build(&self, shown: &Shown, build: &Build) -> Option<Built> {
        let stirred = &self.seen.stirred;
        stirred.store(false, Ordering::Relaxed);
        build(&Onlooker {
            files: &shown.open.files(),
            written: &|| shown.tell(),
            superseded: &|| stirred.load(Ordering::Relaxed),
        })
    }

    /// Watches what is new among what a site is made of, and lets go of what is no longer
    /// there. Whether there was anything new.
    fn follow(&mut self, built: &Built) -> bool {
        let parts = Parts::of(built);
        let roots = roots(&parts.wanted);
        let uprooted = self.seen.uprooted.swap(false, Ordering::Relaxed);
        let keep = |root: &Root| !uprooted && roots.contains(root) && root.0.is_dir();
        let (kept, gone): (Vec<Root>, Vec<Root>) = self.watched.drain(..).partition(keep);
        for (path, _) in gone {
            // The system has let go of what was deleted.
            let _ = self.watcher.unwatch(&path);
        }
        self.watched = kept;
        let known = self.watched.len();
        *self.seen.parts() =
            Parts { roots: roots.iter().map(|(path, _)| path.clone()).collect(), ..parts };
        for root in roots {
            if !self.watched.contains(&root) && self.watcher.watch(&root.0, root.1).is_ok() {
                self.watched.push(root);
            }
        }
        self.watched.len() > known
    }
}

/// What the site is made of and what it is written to, as the system names them.
#[derive(Default)]
struct Parts {
    wanted: Vec<PathBuf>,
    output: PathBuf,
    /// The directories in which changes are seen.
    roots: Vec<PathBuf>,
}

impl Parts {
    fn of(built: &Built) -> Self {
        let wanted = built.watched.iter().map(|path| real(path)).collect();
        Parts { wanted, output: real(&built.output), roots: Vec::new() }
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
            roots: Vec::new(),
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

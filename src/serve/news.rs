//! Tells open pages what became of them and of what they use.
//!
//! A page says which files it is made of. Each build answers with a print of each, a hash of
//! its content; the page compares, and reloads only if it has to. So nothing is lost when a
//! page was asleep, and nothing reloads because of a file that it doesn't use.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::Serialize;
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use super::place::{self, Place};
use super::{Shown, answer};
use crate::site::url::percent_decoded;

/// The most files that one page is told of.
const FILES: usize = 300;

/// What a page is told after each build.
#[derive(Serialize)]
struct News {
    /// The number of the build.
    build: u64,
    /// Whether it failed: then the files are still those of the last one.
    faults: bool,
    /// A print for each file that was asked for.
    prints: Vec<String>,
}

/// A print of what a file holds.
pub(super) fn print(bytes: &[u8]) -> String {
    let mut hash = DefaultHasher::new();
    hash.write(bytes);
    format!("{:016x}", hash.finish())
}

/// Which pages are open now, and in how many windows.
#[derive(Debug, Default)]
pub(super) struct Open(Mutex<BTreeMap<String, usize>>);

impl Open {
    /// Their files within the output, in order.
    pub(super) fn files(&self) -> Vec<String> {
        self.pages().keys().cloned().collect()
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A page that is open until this is dropped.
struct Window {
    shown: Arc<Shown>,
    file: String,
}

impl Window {
    fn open(shown: Arc<Shown>, file: String) -> Window {
        *shown.open.pages().entry(file.clone()).or_default() += 1;
        Window { shown, file }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let mut pages = self.shown.open.pages();
        if let Some(count) = pages.get_mut(&self.file) {
            *count -= 1;
            if *count == 0 {
                pages.remove(&self.file);
            }
        }
    }
}

/// The stream of news for a page, the newest at once. The query is `of=PATH&of=PATH…`, the
/// page itself first.
pub(super) async fn stream(
    State(shown): State<Arc<Shown>>,
    RawQuery(query): RawQuery,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let paths = asked(query.as_deref().unwrap_or_default());
    let base = shown.with(|built| built.base_path.clone());
    let page = paths.first().and_then(|path| place::file(answer::below(path, &base)?));
    let window = page.map(|file| Window::open(Arc::clone(&shown), file));
    let builds = WatchStream::new(shown.generation.subscribe());
    let events = builds.map(move |build| {
        // As long as there is a stream, the page is open.
        let _open = &window;
        let news = news(&shown, build, &paths);
        Ok(Event::default().data(serde_json::to_string(&news).unwrap_or_default()))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn asked(query: &str) -> Vec<String> {
    let paths = query.split('&').filter_map(|field| field.strip_prefix("of="));
    paths.take(FILES).map(|path| percent_decoded(path).into_owned()).collect()
}

fn news(shown: &Shown, build: u64, paths: &[String]) -> News {
    let (output, base, faults) = shown
        .with(|built| (built.output.clone(), built.base_path.clone(), !built.faults.is_empty()));
    let prints = paths.iter().map(|path| print_at(&output, &base, path)).collect();
    News { build, faults, prints }
}

/// A print of what is answered at an address: of the file, or of the page that says that there
/// is none.
fn print_at(output: &Path, base: &str, path: &str) -> String {
    let found = answer::below(path, base).map(|path| place::find(output, path));
    let file = match found {
        Some(Place::File(file)) => file,
        _ => output.join(answer::NOT_FOUND),
    };
    std::fs::read(file).map(|bytes| print(&bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_comes_back_in_its_order() {
        assert_eq!(asked("of=%2Fx%2F&of=%2Fa%2520b.css&other=1"), ["/x/", "/a%20b.css"]);
        assert!(asked("").is_empty());
        assert_eq!(asked(&"of=%2F&".repeat(FILES + 1)).len(), FILES);
    }

    #[test]
    fn a_print_follows_the_content() {
        let site = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(site.path().join(name), text).unwrap();
        let at = |path| print_at(site.path(), "/x/", path);
        write("index.html", "one");
        write("404.html", "nothing");
        let (home, nothing) = (at("/x/"), at("/x/nowhere/"));
        assert_eq!((home.as_str(), nothing.as_str()), (&*print(b"one"), &*print(b"nothing")));
        assert_eq!((at("/y/"), at("/x/%2e%2e/")), (nothing.clone(), nothing));
        write("index.html", "two");
        assert_ne!(at("/x/"), home);
    }
}

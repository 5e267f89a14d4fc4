//! How far a build has come, on standard error: a bar on a terminal, else a line for each
//! stage that is done.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::{Progress, Silent};

/// The display that fits standard error; none at all if `quiet`.
pub fn display(quiet: bool) -> Box<dyn Progress> {
    if quiet {
        Box::new(Silent)
    } else if io::stderr().is_terminal() {
        Box::new(Bar::new())
    } else {
        Box::new(Lines::new(io::stderr()))
    }
}

/// Stages of so many things, of bytes, and of what has no known end: how far, how fast, and how
/// long it will take.
const COUNT: &str = "{msg:<20} {wide_bar} {human_pos}/{human_len} {per_sec:>12} {eta:>4}";
const BYTES: &str = "{msg:<20} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec:>12} {eta:>4}";
const NO_END: &str = "{msg:<20} {spinner} {human_pos}";

/// A bar that is redrawn in place, and gone when all is done.
struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    fn new() -> Bar {
        Bar(Mutex::new(None))
    }

    fn turn(&self, name: &'static str, bar: ProgressBar) {
        if let Some(last) = self.current().replace(bar.with_message(name)) {
            last.finish_and_clear();
        }
    }

    fn current(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Bar {
    fn stage(&self, name: &'static str, total: Option<u64>) {
        self.turn(
            name,
            match total {
                Some(total) => ProgressBar::new(total).with_style(style(COUNT)),
                None => ProgressBar::no_length().with_style(style(NO_END)),
            },
        );
    }

    fn stage_of_bytes(&self, name: &'static str, total: u64) {
        self.turn(name, ProgressBar::new(total).with_style(style(BYTES)));
    }

    fn advance(&self, n: u64) {
        if let Some(bar) = self.current().as_ref() {
            bar.inc(n);
        }
    }

    fn done(&self) {
        if let Some(last) = self.current().take() {
            last.finish_and_clear();
        }
    }
}

/// A style by its template; should the template be wrong, the library's own.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A line for each stage, written when it is done, for logs.
struct Lines<W> {
    count: AtomicU64,
    current: Mutex<(Option<Stage>, W)>,
}

/// A stage, and what is counted in it.
struct Stage {
    name: &'static str,
    unit: &'static str,
}

impl<W: Write> Lines<W> {
    fn new(out: W) -> Self {
        Lines { count: AtomicU64::new(0), current: Mutex::new((None, out)) }
    }

    /// Writes the stage that ends, and begins the next one, if any.
    fn turn(&self, next: Option<Stage>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let count = self.count.swap(0, Ordering::Relaxed);
        if let Some(Stage { name, unit }) = std::mem::replace(&mut current.0, next) {
            // A log that can't be written is no reason to stop the build.
            drop(match count {
                0 => writeln!(current.1, "{name}"),
                _ => writeln!(current.1, "{name}: {count}{unit}"),
            });
        }
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn stage(&self, name: &'static str, _total: Option<u64>) {
        self.turn(Some(Stage { name, unit: "" }));
    }

    fn stage_of_bytes(&self, name: &'static str, _total: u64) {
        self.turn(Some(Stage { name, unit: " bytes" }));
    }

    fn advance(&self, n: u64) {
        self.count.fetch_add(n, Ordering::Relaxed);
    }

    fn done(&self) {
        self.turn(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_a_line_for_each_stage_with_its_own_count() {
        let lines = Lines::new(Vec::new());
        lines.stage("reading mails", None);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..250).for_each(|_| lines.advance(2)));
            }
        });
        lines.stage_of_bytes("counting", 3);
        lines.advance(3);
        lines.stage("thinking", None);
        lines.stage("writing pages", Some(10));
        lines.advance(3);
        lines.done();
        lines.done();
        let (_, out) = lines.current.into_inner().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "reading mails: 2000\ncounting: 3 bytes\nthinking\nwriting pages: 3\n"
        );
    }

    #[test]
    fn the_templates_of_the_bar_are_sound() {
        let bar = Bar::new();
        bar.advance(1);
        bar.stage("reading mails", None);
        bar.stage_of_bytes("counting", 4);
        bar.stage("writing pages", Some(10));
        bar.advance(10);
        assert_eq!(bar.current().as_ref().map(ProgressBar::position), Some(10));
        bar.done();
        assert!(bar.current().is_none());
    }
}

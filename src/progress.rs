//! How far the work has come, said by those who do it and shown by whoever asked.
//!
//! The library only counts; the display is the command line's.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Told of the stages of a build as they go by.
///
/// Stages follow one another: a new one ends the one before. [`Progress::advance`] is
/// called from many threads.
pub trait Progress: Sync {
    /// Begins a stage, named by what is done in it (`writing series`), with the count that
    /// it will come to if that is known.
    fn stage(&self, name: &'static str, total: Option<u64>);

    /// Begins a stage in which bytes are counted.
    fn stage_of_bytes(&self, name: &'static str, total: u64);

    /// Counts `n` more of the current stage.
    fn advance(&self, n: u64);

    /// Ends the last stage.
    fn done(&self);
}

/// Takes the time of each stage, and passes everything on.
pub struct Stopwatch<'a> {
    shown: &'a dyn Progress,
    /// The stages that have begun, and when.
    begun: Mutex<Vec<(&'static str, Instant)>>,
}

impl<'a> Stopwatch<'a> {
    /// Shows the progress in `shown`; the first stage begins now.
    pub fn new(shown: &'a dyn Progress, first: &'static str) -> Self {
        Stopwatch { shown, begun: Mutex::new(vec![(first, Instant::now())]) }
    }

    /// The stages up to now with the seconds each has taken, in order.
    pub fn seconds(&self) -> Vec<(String, f64)> {
        let begun = self.begun();
        let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([Instant::now()]);
        let took = |((name, at), end): (&(&str, Instant), Instant)| {
            (String::from(*name), (end - *at).as_secs_f64())
        };
        begun.iter().zip(ends).map(took).collect()
    }

    fn begin(&self, name: &'static str) {
        self.begun().push((name, Instant::now()));
    }

    fn begun(&self) -> MutexGuard<'_, Vec<(&'static str, Instant)>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Stopwatch<'_> {
    fn stage(&self, name: &'static str, total: Option<u64>) {
        self.begin(name);
        self.shown.stage(name, total);
    }

    fn stage_of_bytes(&self, name: &'static str, total: u64) {
        self.begin(name);
        self.shown.stage_of_bytes(name, total);
    }

    fn advance(&self, n: u64) {
        self.shown.advance(n);
    }

    fn done(&self) {
        self.shown.done();
    }
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &'static str, _total: Option<u64>) {}
    fn stage_of_bytes(&self, _name: &'static str, _total: u64) {}
    fn advance(&self, _n: u64) {}
    fn done(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopwatch_knows_the_stages_in_order() {
        let watch = Stopwatch::new(&Silent, "looking");
        watch.stage("reading", None);
        watch.stage_of_bytes("writing", 7);
        watch.done();
        let seconds = watch.seconds();
        let names: Vec<&str> = seconds.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["looking", "reading", "writing"]);
        assert!(seconds.iter().all(|(_, seconds)| *seconds >= 0.0));
    }
}

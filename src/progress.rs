//! How far the work has come, said by those who do it and shown by whoever asked.
//!
//! The library only counts; the display is the command line's.

/// Told of the stages of a build as they go by.
///
/// Stages follow one another: a new one ends the one before. [`Progress::advance`] is
/// called from many threads.
pub trait Progress: Sync {
    /// Begins a stage, named by what is counted in it (`reading mails`), with the count
    /// it will come to if that is known.
    fn stage(&self, name: &str, total: Option<u64>);

    /// Counts `n` more of the current stage.
    fn advance(&self, n: u64);

    /// Ends the last stage.
    fn done(&self);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _n: u64) {}
    fn done(&self) {}
}

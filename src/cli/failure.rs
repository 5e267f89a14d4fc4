//! Why a command ended early, and what the shell is told.

use std::error::Error;
use std::io;

use super::terminal;
use crate::diagnostic::Diagnostic;

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// Wrong usage; also what `--help` and `--version` print.
    Usage(clap::Error),
    /// Faults in what the user gave.
    Faults(Vec<Diagnostic>),
    /// Faults that have been told already.
    Told,
    /// Anything else, with what was being done.
    Other(anyhow::Error),
}

impl Failure {
    /// What the process gives back: 0 after `--help`, 2 for wrong usage, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(error) if !error.use_stderr() => 0,
            Failure::Usage(_) => 2,
            Failure::Faults(_) | Failure::Told | Failure::Other(_) => 1,
        }
    }

    /// Prints it: on standard error, but help on standard output. That nobody reads it
    /// is not reported in turn.
    pub fn report(&self) {
        match self {
            Failure::Usage(error) => drop(error.print()),
            Failure::Faults(faults) => terminal::print(faults, terminal::look()),
            Failure::Told => {}
            Failure::Other(error) => {
                // In one line with its causes: `can't make public: Permission denied`.
                let fault = Diagnostic::error(format!("{error:#}"));
                terminal::print(&[fault], terminal::look());
            }
        }
    }

    /// Whether the reader of our output went away.
    pub(super) fn is_broken_pipe(&self) -> bool {
        let Failure::Other(error) = self else { return false };
        error.chain().filter_map(kind).any(|kind| kind == io::ErrorKind::BrokenPipe)
    }
}

/// The kind of an IO error, also of one that serde_json wrapped.
fn kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let io = error.downcast_ref::<io::Error>().map(io::Error::kind);
    io.or_else(|| error.downcast_ref::<serde_json::Error>()?.io_error_kind())
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Failure::Usage(error)
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(faults: Vec<Diagnostic>) -> Self {
        Failure::Faults(faults)
    }
}

impl From<Diagnostic> for Failure {
    fn from(fault: Diagnostic) -> Self {
        Failure::Faults(vec![fault])
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Other(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Other(error.into())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::Other(error.into())
    }
}

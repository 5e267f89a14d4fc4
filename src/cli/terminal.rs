//! What is known of the terminal, and diagnostics on it.

use std::io::{self, IsTerminal};

use crate::diagnostic::{self, Diagnostic, Look};

/// How diagnostics look on standard error: coloured if that is a terminal and the user
/// doesn't mind.
pub fn look() -> Look {
    Look { colour: io::stderr().is_terminal() && wants_colour(), ..Look::default() }
}

/// Whether the user doesn't mind colour on a terminal (<https://no-color.org>).
pub fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints diagnostics on standard error. That nobody reads them is not a failure.
pub fn print(diagnostics: &[Diagnostic], look: Look) {
    drop(diagnostic::print_all(&mut io::stderr().lock(), diagnostics, look));
}

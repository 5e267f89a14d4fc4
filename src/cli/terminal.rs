//! What is known of the terminal, and diagnostics on it.

use std::io::{self, IsTerminal};

use crate::diagnostic::{self, Diagnostic, Look};

/// How diagnostics look on standard error: coloured if that is a terminal and the user
/// doesn't mind (<https://no-color.org>).
pub fn look() -> Look {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Look { colour: io::stderr().is_terminal() && !unwanted, ..Look::default() }
}

/// Prints diagnostics on standard error. That nobody reads them is not a failure.
pub fn print(diagnostics: &[Diagnostic], look: Look) {
    drop(diagnostic::print_all(&mut io::stderr().lock(), diagnostics, look));
}

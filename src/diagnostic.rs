//! Everything that can be wrong with what the user gave, as one type.
//!
//! A diagnostic says what is wrong, where, and what to do about it. It is drawn for the
//! terminal, for the preview's error page and as JSON; what follows from it (going on,
//! or ending the build) is decided by the caller.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the result is as good as it can be.
    Note,
    /// Something was shown otherwise than it was given, or left out.
    Warning,
    /// The work can't go on.
    Error,
}

/// Where in the user's files a fault is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// Line, from 1; for text files.
    pub line: Option<usize>,
    /// Column, from 1, in characters.
    pub column: Option<usize>,
    /// The line's text, for showing it.
    pub snippet: Option<String>,
    /// Byte offset of the mail, for mail archives.
    pub offset: Option<u64>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Place { file: file.into(), line: None, column: None, snippet: None, offset: None }
    }

    /// A byte offset in a mail archive.
    pub fn offset(file: impl Into<PathBuf>, offset: u64) -> Self {
        Place { offset: Some(offset), ..Place::file(file) }
    }
}

/// One thing that is wrong, where, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where it is, if it is in a file.
    pub place: Option<Place>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A fault that ends the work.
    pub fn error(message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Error, message: message.into(), place: None, hint: None }
    }

    /// A fault that is worked around.
    pub fn warning(message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message) }
    }

    /// The same, with its place.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same, about a whole file.
    pub fn in_file(self, file: &Path) -> Self {
        self.at(Place::file(file))
    }

    /// The same, with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

//! What in a published text is otherwise than its layout has it.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Place};

/// Something in a text that could not be read, and where. The rest of the text is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// The line's text, cut where it is very long.
    pub snippet: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing in the text is of the layout.
    #[error("this is text, but not a digest; left out")]
    NotADigest,
    /// The first line is none.
    #[error("the digest has no title line")]
    NoTitle,
    /// The second line is none.
    #[error("the line `LIST mailing list update …` is missing under the title")]
    NoListLine,
    /// A row of the tables at the top.
    #[error("a row of the table can't be read; left out")]
    TableRow,
    /// A row of the patch list.
    #[error("a row of the patch list can't be read; left out")]
    ListRow,
    /// A heading nobody knows.
    #[error("a section that digests don't have; left out")]
    Section,
    /// A line where nothing is expected.
    #[error("a line that belongs to no section; left out")]
    Stray,
    /// Messages begin without their heading.
    #[error("the heading `===== Patch Commit Messages ====` is missing above this")]
    NoMessagesHeading,
    /// The line after `New:` is none.
    #[error("a `New:` block without the full subject; its title is taken for it")]
    NoSubject,
    /// The third line of a block is none.
    #[error("a `New:` block without an author")]
    NoAuthor,
    /// Another block begins within a message.
    #[error("a block begins before the line of dashes that ends the one above")]
    NoRule,
    /// The text ends within a message.
    #[error("the text ends before the line of dashes that ends this block")]
    CutShort,
    /// Bytes that no text has.
    #[error("NUL bytes in the text; the first is in this line")]
    Nul,
    /// The list has this range already.
    #[error("there is a digest of this range already; this text is left out")]
    Repeated,
    /// There were too many to tell each.
    #[error("{0} more lines of this text can't be read")]
    More(usize),
}

impl Problem {
    /// What to do about it.
    fn hint(self) -> &'static str {
        match self {
            Problem::NotADigest => {
                "name files in the layout that `patchpress digest RANGE` writes, or leave this out"
            }
            Problem::NoTitle => "begin the text with `From A to B`, or with the name of its range",
            Problem::NoListLine => "write under the title: LIST mailing list update from A to B",
            Problem::TableRow => "a row is a number, blanks and a name: `     37 example.org`",
            Problem::ListRow => {
                "a row has eight columns and a title, that of a patch six: see `patchpress digest`"
            }
            Problem::Section => {
                "known are the two tables, `===== Patch list in this time period =====` and \
                 `===== Patch Commit Messages ====`"
            }
            Problem::Stray => "take the line out, or put it into the message it belongs to",
            Problem::NoMessagesHeading => "put the heading back",
            Problem::NoSubject => "write the subject with its [PATCH …] on the line after `New:`",
            Problem::NoAuthor => "write `Author: Name <address>` on the line after the subject",
            Problem::NoRule => "end each message with a line of 70 dashes and an empty one",
            Problem::CutShort => "the text may be cut short: fetch it again",
            Problem::Nul => "the file may be damaged: fetch it again",
            Problem::Repeated => "take one of the two out of `sources`",
            Problem::More(_) => "mend those that are named first",
        }
    }
}

impl Fault {
    /// Says of a text that its range is there already.
    pub(crate) fn repeated(bytes: &[u8]) -> Fault {
        let snippet: String = super::text_of(bytes).lines().take(1).collect();
        let snippet = snippet.chars().take(160).collect();
        Fault { line: 1, snippet, problem: Problem::Repeated }
    }

    /// The fault as a warning about `file`.
    pub fn diagnostic(&self, file: &Path) -> Diagnostic {
        let snippet = Some(self.snippet.clone());
        let place = Place { line: Some(self.line), snippet, ..Place::file(file) };
        Diagnostic::warning(self.problem.to_string()).at(place).hint(self.problem.hint())
    }
}

//! The front matter of a page: its keys, read as those of the configuration are.

use std::path::Path;

use super::reader::{Keys, Reader};
use super::value::{self, Value, expected, switch};
use super::yaml::{self, Kind, Node};
use crate::diagnostic::Diagnostic;

const KEYS: Keys = Keys { known: &["title", "description", "order", "nav"], elsewhere: &[] };

/// What stands before the text of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// The page's title.
    pub title: Option<String>,
    /// One sentence for search engines and feeds.
    pub description: Option<String>,
    /// Its place among the pages; 0 where nothing is said.
    pub order: i64,
    /// Whether the site's navigation leads to it.
    pub nav: bool,
}

/// Reads the front matter at the beginning of `file`: `text` is what stands there, with the
/// line `---` before it, and without the one after it. Fails with every fault found.
pub fn read(text: &str, file: &Path) -> Result<FrontMatter, Vec<Diagnostic>> {
    let root = yaml::parse(text).map_err(|error| vec![error.in_text(text, file)])?;
    if root.kind == Kind::Null {
        return Ok(FrontMatter::default());
    }
    let mut reader = Reader::new(text, file);
    let table = reader.table(&root, &KEYS);
    let front = FrontMatter {
        title: reader.optional(&table, "title", value::text),
        description: reader.optional(&table, "description", value::text),
        order: reader.optional(&table, "order", order).unwrap_or_default(),
        nav: reader.optional(&table, "nav", switch).unwrap_or_default(),
    };
    match reader.finish() {
        faults if faults.is_empty() => Ok(front),
        faults => Err(faults),
    }
}

fn order(node: &Node) -> Value<i64> {
    let number = match &node.kind {
        Kind::Number(number) => number.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| expected("a whole number", node))
}

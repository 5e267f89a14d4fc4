//! Real values of what templates see, taken from the pages of a build: for each template that
//! of the page with most parts filled.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

/// A real value of what a template sees.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Specimen {
    /// The path of the page below the site's top.
    pub path: String,
    /// What its template saw.
    pub value: Value,
}

/// Collects specimens while pages are made.
#[derive(Debug, Default)]
pub struct Specimens {
    /// The only template that is of interest; all if none is named.
    wanted: Option<String>,
    best: Mutex<BTreeMap<String, (Rank, Specimen)>>,
}

/// How good a specimen is: how much of it is filled, how short it is, and, so that the order
/// of building decides nothing, its path.
type Rank = (usize, Reverse<usize>, Reverse<String>);

impl Specimens {
    /// Of one template alone.
    pub fn of(template: &str) -> Specimens {
        Specimens { wanted: Some(template.to_string()), best: Mutex::default() }
    }

    /// Looks at what the template of the page at `path` is given.
    pub fn look(&self, path: &str, template: &str, view: &impl Serialize) {
        if self.wanted.as_deref().is_some_and(|wanted| wanted != template) {
            return;
        }
        // What templates are given can be written as JSON: maps have names as keys.
        let Ok(value) = serde_json::to_value(view) else { return };
        let mut filled = BTreeSet::new();
        fill(&mut filled, &mut String::new(), &value);
        let rank = (filled.len(), Reverse(value.to_string().len()), Reverse(path.to_string()));
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        if best.get(template).is_none_or(|(other, _)| *other < rank) {
            best.insert(template.to_string(), (rank, Specimen { path: path.to_string(), value }));
        }
    }

    /// The best of each template, by its name.
    pub fn into_best(self) -> BTreeMap<String, Specimen> {
        let best = self.best.into_inner().unwrap_or_else(PoisonError::into_inner);
        best.into_iter().map(|(name, (_, specimen))| (name, specimen)).collect()
    }
}

/// Adds the paths of all that is not empty; what is in a list has the path of the list.
fn fill(filled: &mut BTreeSet<String>, path: &mut String, value: &Value) {
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::String(text) if text.is_empty() => {}
        Value::Number(number) if number.as_f64() == Some(0.0) => {}
        Value::Array(items) => items.iter().for_each(|item| fill(filled, path, item)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let before = path.len();
                path.push('.');
                path.push_str(name);
                fill(filled, path, value);
                path.truncate(before);
            }
        }
        _ => drop(filled.insert(path.clone())),
    }
}

/// A value short enough to be read: of lists the first `items`, of texts the first
/// `characters`.
pub fn shortened(value: &Value, items: usize, characters: usize) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(characters) {
            Some((end, _)) => Value::String(format!("{}…", &text[..end])),
            None => value.clone(),
        },
        Value::Array(all) => {
            all.iter().take(items).map(|item| shortened(item, items, characters)).collect()
        }
        Value::Object(fields) => {
            let short = |value| shortened(value, items, characters);
            fields.iter().map(|(name, value)| (name.clone(), short(value))).collect()
        }
        _ => value.clone(),
    }
}

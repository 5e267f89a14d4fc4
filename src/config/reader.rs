//! Reading the configuration's tree: keys that must be there, keys that may, and every
//! fault with its place, so that one run reports them all.

use std::path::Path;

use super::value::{Fault, Value, expected, nearest};
use super::yaml::{self, Kind, Node};
use crate::diagnostic::{Diagnostic, Place};

/// How many faults are reported. Each costs a reading of the text.
const MOST_FAULTS: usize = 100;

/// Reads values and gathers the faults met on the way. What is read after a fault is only
/// good for finding more faults.
pub(super) struct Reader<'a> {
    text: &'a str,
    file: &'a Path,
    faults: Vec<Diagnostic>,
    unreported: usize,
}

impl<'a> Reader<'a> {
    /// A reader of nodes of `text`, which is what `file` holds.
    pub(super) fn new(text: &'a str, file: &'a Path) -> Self {
        Reader { text, file, faults: Vec::new(), unreported: 0 }
    }

    /// The faults, by place; empty if all was well.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.faults.sort_by_key(|fault| fault.place.as_ref().map(|at| (at.line, at.column)));
        if self.unreported > 0 {
            let more = format!("{} more faults", self.unreported);
            self.faults.push(Diagnostic::error(more).in_file(self.file));
        }
        self.faults
    }

    /// Notes a fault at a node.
    pub(super) fn fault(&mut self, node: &Node, fault: Fault) {
        if self.faults.len() == MOST_FAULTS {
            self.unreported += 1;
        } else {
            let place = self.place(node);
            let Fault { message, hint } = fault;
            self.faults.push(Diagnostic { hint, ..Diagnostic::error(message).at(place) });
        }
    }

    fn place(&self, node: &Node) -> Place {
        match yaml::offset_of(node, self.text) {
            Some(offset) => Place::in_text(self.file, self.text, offset),
            None => Place::file(self.file),
        }
    }

    /// One value, or a fault noted.
    pub(super) fn value<T>(&mut self, node: &Node, read: impl Fn(&Node) -> Value<T>) -> Option<T> {
        read(node).map_err(|fault| self.fault(node, fault)).ok()
    }

    /// A list, or one value that stands for a list of one; each item read by itself.
    pub(super) fn values<T>(&mut self, node: &Node, read: impl Fn(&Node) -> Value<T>) -> Vec<T> {
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        items.iter().filter_map(|item| self.value(item, &read)).collect()
    }

    /// The items of a list. A list written as a mapping is a frequent slip: `hint` says how
    /// an item looks.
    pub(super) fn items<'n>(&mut self, node: &'n Node, hint: &str) -> &'n [Node] {
        match &node.kind {
            Kind::List(items) => items,
            _ => {
                self.fault(node, expected("a list", node).hint(hint));
                &[]
            }
        }
    }

    /// A mapping with the keys that are known in it. Other keys, and keys given twice, are
    /// faults.
    pub(super) fn table<'n>(&mut self, node: &'n Node, keys: &Keys) -> Table<'n> {
        let mut table = Table { node, entries: Vec::new(), meant: Vec::new() };
        let Kind::Mapping(entries) = &node.kind else {
            let hint = format!("with the keys {}", keys.known.join(", "));
            self.fault(node, expected("a mapping", node).hint(hint));
            return table;
        };
        for (key, value) in entries {
            let name = key_name(key);
            match keys.known.iter().find(|known| **known == name) {
                None => {
                    table.meant.extend(nearest(&name, keys.known));
                    self.fault(key, unknown_key(&name, keys));
                }
                Some(known) => match table.entries.iter().find(|(first, _, _)| first == known) {
                    Some((_, first, _)) => self.doubled_key(key, first),
                    None => table.entries.push((known, key, value)),
                },
            }
        }
        table
    }

    fn doubled_key(&mut self, key: &Node, first: &Node) {
        let fault = Fault::new(format!("the key `{}` is given twice", key_name(key)));
        let line = self.place(first).line;
        self.fault(
            key,
            match line {
                Some(line) => fault.hint(format!("the first one is on line {line}")),
                None => fault,
            },
        );
    }

    /// The value of a key that must be there; the default after a fault.
    pub(super) fn required<T: Default>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        read: impl Fn(&Node) -> Value<T>,
    ) -> T {
        match table.get(key) {
            Some(node) => self.value(node, read).unwrap_or_default(),
            None => {
                self.missing(table, key);
                T::default()
            }
        }
    }

    /// Notes that a key is missing or has no value; but not where a slip of it stands, or
    /// where there is no mapping, as that has been said.
    pub(super) fn missing(&mut self, table: &Table<'_>, key: &str) {
        match table.key(key) {
            Some(node) => self.fault(node, Fault::new(format!("`{key}` has no value"))),
            None if table.meant.contains(&key) => {}
            None if matches!(table.node.kind, Kind::Mapping(_)) => {
                self.fault(table.node, Fault::new(format!("`{key}` is missing")));
            }
            None => {}
        }
    }

    /// The value of a key that may be there.
    pub(super) fn optional<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        read: impl Fn(&Node) -> Value<T>,
    ) -> Option<T> {
        self.value(table.get(key)?, read)
    }

    /// The values of a key that may be there, one or a list.
    pub(super) fn several<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        read: impl Fn(&Node) -> Value<T>,
    ) -> Vec<T> {
        table.get(key).map(|node| self.values(node, read)).unwrap_or_default()
    }
}

/// The keys of one kind of mapping, and where else keys belong.
pub(super) struct Keys {
    /// What may stand here.
    pub(super) known: &'static [&'static str],
    /// Keys of other mappings, with the key these stand under.
    pub(super) elsewhere: &'static [(&'static str, &'static str)],
}

/// A mapping by its known keys.
pub(super) struct Table<'n> {
    node: &'n Node,
    entries: Vec<(&'static str, &'n Node, &'n Node)>,
    /// Known keys that unknown ones are taken for slips of.
    meant: Vec<&'static str>,
}

impl<'n> Table<'n> {
    /// The value of a key; nothing if it is absent or empty.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        let found = self.entries.iter().find(|(name, _, _)| *name == key);
        found.map(|(_, _, value)| *value).filter(|value| value.kind != Kind::Null)
    }

    /// The key itself, for faults about it.
    pub(super) fn key(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(name, _, _)| *name == key).map(|(_, key, _)| *key)
    }
}

/// A key as text, for comparing and for showing.
fn key_name(key: &Node) -> String {
    match &key.kind {
        Kind::Text(text) | Kind::Number(text) => text.clone(),
        Kind::Bool(value) => value.to_string(),
        Kind::Null => "~".to_string(),
        Kind::List(_) => "[…]".to_string(),
        Kind::Mapping(_) => "{…}".to_string(),
    }
}

fn unknown_key(name: &str, keys: &Keys) -> Fault {
    let fault = Fault::new(format!("unknown key `{name}`"));
    if let Some((key, value)) = name.split_once(':')
        && keys.known.contains(&key)
    {
        return fault.hint(format!("a blank is missing after the colon: `{key}: {value}`"));
    }
    if let Some(near) = nearest(name, keys.known) {
        return fault.hint(format!("did you mean `{near}`?"));
    }
    match keys.elsewhere.iter().find(|(key, _)| *key == name) {
        Some((key, parent)) => fault.hint(format!("`{key}` belongs under `{parent}:`")),
        None => fault.hint(format!("the keys here are {}", keys.known.join(", "))),
    }
}

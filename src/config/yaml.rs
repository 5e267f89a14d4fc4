//! YAML, by serde_yaml: the one module that knows the library, so that it can be replaced
//! here.
//!
//! [`parse`] gives a tree of [`Node`]s
//! that keeps what a faithful diagnostic needs and deserialised types lose: the order of
//! keys, doubled keys, and each node's place by [`offset_of`]. The library tells places in
//! errors alone, so a place is asked for by reading the text again and raising an error
//! at that node; what it says of keys, flow mappings, quotes and anchors is then exactly
//! what the parser saw. That is paid only for faults.
//!
//! What the keys mean is left to the callers.

use std::fmt;
use std::path::Path;

#[cfg(test)]
use serde::de::DeserializeOwned;
use serde::de::{self, DeserializeSeed, Deserializer};
use serde::de::{EnumAccess, MapAccess, SeqAccess, Visitor};

use crate::diagnostic::{Diagnostic, Place};

/// A text that isn't YAML, or not of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Byte offset in the text, if it is known.
    pub offset: Option<usize>,
}

impl Error {
    /// The same with its place in the file that `text` begins.
    pub(super) fn in_text(self, text: &str, file: &Path) -> Diagnostic {
        let place = match self.offset {
            Some(offset) => Place::in_text(file, text, offset),
            None => Place::file(file),
        };
        Diagnostic { hint: self.hint, ..Diagnostic::error(self.message).at(place) }
    }
}

/// Reads a whole text into `T`. An empty text is a null.
#[cfg(test)]
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let body = checked(text)?;
    serde_yaml::from_str(body).map_err(|error| explain(text, &error))
}

/// One value of a YAML text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which node of the text it is, in reading order; see [`offset_of`].
    id: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, in decimal.
    Number(String),
    /// Text, in quotes or plain.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the text, doubled keys and all; `<<` is resolved.
    Mapping(Vec<(Node, Node)>),
}

/// Reads a text into its nodes; an empty one is [`Kind::Null`]. Fails on the first fault
/// of syntax, on a second document, and on tags of the user's own.
pub fn parse(text: &str) -> Result<Node, Error> {
    let body = checked(text)?;
    let mut documents = serde_yaml::Deserializer::from_str(body);
    let mut walk = Walk { next: 0, stop: None };
    let first = documents.next().map(|document| Seed(&mut walk).deserialize(document));
    let root = first.transpose().map_err(|error| explain(text, &error))?;
    if let Some(second) = documents.next() {
        let stopped = Seed(&mut Walk { next: 0, stop: Some(0) }).deserialize(second);
        return Err(Error {
            message: "a second YAML document begins here".to_string(),
            hint: Some("one document is enough; take the `---` line out".to_string()),
            offset: stopped.err().and_then(|error| offset(text, &error)),
        });
    }
    Ok(root.unwrap_or(Node { id: 0, kind: Kind::Null }))
}

/// Byte offset of a node in the text it was read from: of the first character of a
/// scalar (its quote, if it has one), of the first key of a block mapping. For what an
/// alias stands for it is the place of the anchored text.
pub fn offset_of(node: &Node, text: &str) -> Option<usize> {
    let mut documents = serde_yaml::Deserializer::from_str(unmarked(text));
    let mut walk = Walk { next: 0, stop: Some(node.id) };
    let error = Seed(&mut walk).deserialize(documents.next()?).err()?;
    offset(text, &error)
}

/// Counts the nodes of a text in reading order.
struct Walk {
    /// The number of the next node.
    next: usize,
    /// The node at which reading ends with an error, to learn its place.
    stop: Option<usize>,
}

/// Reads one node, numbered by the walk.
struct Seed<'w>(&'w mut Walk);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Seed<'_> {
    /// The number of this node, or an error raised here because it was asked for.
    fn enter<E: de::Error>(&mut self) -> Result<usize, E> {
        let id = self.0.next;
        self.0.next += 1;
        if self.0.stop == Some(id) { Err(E::custom("found")) } else { Ok(id) }
    }

    fn scalar<E: de::Error>(mut self, kind: Kind) -> Result<Node, E> {
        Ok(Node { id: self.enter()?, kind })
    }

    fn number<E: de::Error>(self, number: impl fmt::Display) -> Result<Node, E> {
        self.scalar(Kind::Number(number.to_string()))
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.scalar(Kind::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.scalar(Kind::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        self.scalar(Kind::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        self.number(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        self.scalar(Kind::Text(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Node, A::Error> {
        let id = self.enter()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Seed(self.0))? {
            list.push(item);
        }
        Ok(Node { id, kind: Kind::List(list) })
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Node, A::Error> {
        let id = self.enter()?;
        let mut mapping = Vec::new();
        while let Some(key) = entries.next_key_seed(Seed(self.0))? {
            mapping.push((key, entries.next_value_seed(Seed(self.0))?));
        }
        Ok(Node { id, kind: Kind::Mapping(merged(mapping)) })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _tagged: A) -> Result<Node, A::Error> {
        Err(de::Error::custom(TAG))
    }
}

/// What is said of a tag of the user's own.
const TAG: &str = "a tag such as `!name` means nothing here";

/// Puts the entries of `<<: *anchor` in place of it, behind the mapping's own, which win
/// (<https://yaml.org/type/merge.html>). A `<<` of anything but mappings stays as it is.
fn merged(entries: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_merge);
    for (_, value) in merges {
        let sources = match value.kind {
            Kind::List(list) => list,
            _ => vec![value],
        };
        for source in sources {
            let Kind::Mapping(entries) = source.kind else { continue };
            for entry in entries {
                if own.iter().all(|(key, _)| key.kind != entry.0.kind) {
                    own.push(entry);
                }
            }
        }
    }
    own
}

fn is_merge((key, value): &(Node, Node)) -> bool {
    let mapping = |node: &Node| matches!(node.kind, Kind::Mapping(_));
    let mergeable = match &value.kind {
        Kind::List(list) => list.iter().all(mapping),
        _ => mapping(value),
    };
    mergeable && key.kind == Kind::Text("<<".to_string())
}

/// The text without a byte order mark, which the parser doesn't count in its places.
fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The text for the parser, once it is free of what the parser refuses without a place:
/// characters that YAML 1.2 doesn't allow (section 5.1).
fn checked(text: &str) -> Result<&str, Error> {
    let body = unmarked(text);
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
    };
    match body.find(|c| !allowed(c)) {
        None => Ok(body),
        Some(at) => Err(Error {
            message: "a control character, which YAML doesn't allow".to_string(),
            hint: Some("write it as an escape in double quotes, or take it out".to_string()),
            offset: Some(at + text.len() - body.len()),
        }),
    }
}

/// Byte offset of an error of the library.
fn offset(text: &str, error: &serde_yaml::Error) -> Option<usize> {
    let index = error.location()?.index() + text.len() - unmarked(text).len();
    Some(index).filter(|&index| text.is_char_boundary(index)).or(Some(text.len()))
}

/// An error of the library in our words.
fn explain(text: &str, error: &serde_yaml::Error) -> Error {
    let offset = offset(text, error);
    if let Some(tab) = offset.and_then(|at| tab_in_indentation(text, at)) {
        return Error {
            message: "a tab in the indentation".to_string(),
            hint: Some("YAML indents with blanks; put two for each level".to_string()),
            offset: Some(tab),
        };
    }
    let (problem, context) = problem_and_context(error);
    let hint = ADVICE.iter().find(|(known, _)| problem.contains(known));
    let hint = hint.map(|(_, advice)| advice.to_string());
    let Some(context) = context else { return Error { message: problem, hint, offset } };
    // What is missing at the very end is better shown where it was opened.
    let at_end = offset.is_some_and(|at| text[at..].trim().is_empty());
    match context.rsplit_once(" at line ").filter(|_| at_end) {
        Some((what, place)) => Error {
            message: format!("{problem} {what}"),
            hint,
            offset: byte_of_place(text, place).or(offset),
        },
        None => Error { message: format!("{problem} {context}"), hint, offset },
    }
}

/// Byte offset of a place written `LINE, column COLUMN`, both counted from 1.
fn byte_of_place(text: &str, place: &str) -> Option<usize> {
    let (line, column) = place.split_once(", column ")?;
    let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
    let start = match line {
        1 => text.len() - unmarked(text).len(),
        _ => text.match_indices('\n').nth(line.checked_sub(2)?)?.0 + 1,
    };
    let mut chars = text[start..].char_indices();
    Some(chars.nth(column.checked_sub(1)?).map_or(text.len(), |(at, _)| start + at))
}

/// What usually lies behind a problem that the parser names.
const ADVICE: &[(&str, &str)] = &[
    (
        "mapping values are not allowed",
        "quote a value with a colon in it, put a blank after each key's colon, check the indentation",
    ),
    ("cannot start any token", "quote a value that begins with a sign such as `@`, `%` or `` ` ``"),
    ("did not find expected key", "check the indentation: keys of one mapping stand in one column"),
    ("did not find expected '-'", "check the indentation: items of one list stand in one column"),
    ("could not find expected ':'", "a key is followed by a colon and a blank"),
    ("did not find expected ',' or", "close the bracket, and separate what is in it with commas"),
    ("unexpected end of stream", "a quote is opened and not closed"),
    ("unexpected document indicator", "a quote is opened and not closed"),
    ("did not find expected alphabetic", "quote a value that begins with `*` or `&`"),
    ("unknown anchor", "an alias `*name` needs an anchor `&name` above it"),
];

/// Offset of a tab that stands before the first visible character of the line at `at`.
fn tab_in_indentation(text: &str, at: usize) -> Option<usize> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = &text[start..];
    let indentation = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    indentation.find('\t').map(|tab| start + tab)
}

/// The library's message without the place, which is told elsewhere, and what the parser
/// was about, with the place where that began.
fn problem_and_context(error: &serde_yaml::Error) -> (String, Option<String>) {
    let text = error.to_string();
    let Some(location) = error.location() else { return (text, None) };
    let place = format!(" at line {} column {}", location.line(), location.column());
    match text.rsplit_once(&place) {
        // The library puts the path of keys before an error of the walk.
        Some((problem, _)) if problem.ends_with(TAG) => (TAG.to_string(), None),
        None => (text, None),
        Some((problem, context)) => {
            let context = context.trim_start_matches(", ").replace(" column ", ", column ");
            (problem.to_string(), Some(context).filter(|context| !context.is_empty()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The places of all nodes in reading order, each with the text that stands there.
    fn places(text: &str) -> Vec<&str> {
        fn walk<'t>(node: &Node, text: &'t str, places: &mut Vec<&'t str>) {
            places.push(
                text[offset_of(node, text).unwrap()..].split(['\n', ' ']).next().unwrap_or(""),
            );
            match &node.kind {
                Kind::List(items) => items.iter().for_each(|item| walk(item, text, places)),
                Kind::Mapping(entries) => entries.iter().for_each(|(key, value)| {
                    walk(key, text, places);
                    walk(value, text, places);
                }),
                _ => {}
            }
        }
        let mut found = Vec::new();
        walk(&parse(text).unwrap(), text, &mut found);
        found
    }

    #[test]
    fn every_node_is_found_where_it_stands() {
        let text =
            "ä: # ü\n  'b b': [1, two,\n  {c: \"d\"}]\n? e\n: |\n  text\nf:\n- g: ~\n- 1.5\n";
        assert_eq!(
            places(text),
            [
                "ä:", "ä:", "'b", "'b", "[1,", "1,", "two,", "{c:", "c:", "\"d\"}]", "e", "|",
                "f:", "-", "g:", "g:", "~", "1.5"
            ]
        );
    }

    #[test]
    fn an_alias_stands_for_the_anchored_text() {
        assert_eq!(places("a: &x [1]\nb: *x\n"), ["a:", "a:", "&x", "1]", "b:", "&x", "1]"]);
    }

    #[test]
    fn a_merge_gives_way_to_what_is_said_itself() {
        let text = "a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a, <<: [{x: 4, z: 5}]}\nc: {<<: 6}\n";
        let Kind::Mapping(entries) = parse(text).unwrap().kind else { panic!("no mapping") };
        let told = |n: usize| {
            let Kind::Mapping(entries) = &entries[n].1.kind else { panic!("no mapping") };
            let pair = |(key, value): &(Node, Node)| match (&key.kind, &value.kind) {
                (Kind::Text(key), Kind::Number(value)) => format!("{key}{value}"),
                other => panic!("{other:?}"),
            };
            entries.iter().map(pair).collect::<Vec<_>>()
        };
        assert_eq!(told(1), ["y3", "x1", "z5"]);
        assert_eq!(told(2), ["<<6"]);
    }

    #[test]
    fn types_are_read_with_the_place_of_their_faults() {
        let text = "a: 1\nü: x\n";
        let wrong = from_str::<BTreeMap<String, u32>>(text).unwrap_err();
        assert_eq!(wrong.message, "ü: invalid type: string \"x\", expected u32");
        assert_eq!(wrong.offset, text.find('x'));
        let right = from_str::<BTreeMap<String, u32>>("\u{feff}a: 1\n").unwrap();
        assert_eq!(right, BTreeMap::from([("a".to_string(), 1)]));
        assert_eq!(from_str::<Option<u32>>("# nothing\n"), Ok(None));
        assert_eq!(from_str::<BTreeMap<String, u32>>(""), Ok(BTreeMap::new()));
    }

    #[test]
    fn syntax_that_is_refused_has_its_place() {
        for (text, place, message) in [
            ("a: b: c\n", 4, "mapping values are not allowed in this context"),
            ("\u{feff}a: b: c\n", 7, "mapping values are not allowed in this context"),
            ("a: ü\n \t b: c\n", 7, "a tab in the indentation"),
            ("a: {b: 1\n", 3, "did not find expected ',' or '}' while parsing a flow mapping"),
            ("ü: 1\nb: 'x\n", 9, "found unexpected end of stream while scanning a quoted scalar"),
            ("a: *b\n", 3, "unknown anchor"),
            ("a: !b c\n", 3, "a tag such as `!name` means nothing here"),
            ("a: 1\n---\nb: 2\n", 9, "a second YAML document begins here"),
            ("a: \u{7f}\n", 3, "a control character, which YAML doesn't allow"),
            ("a: x\u{feff}\n", 4, "a control character, which YAML doesn't allow"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.offset, error.message.as_str()), (Some(place), message), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_every_node_has_a_place(text in "[\\PC\t\n \u{feff}&*:,\\[\\]{}'\"#|>!-]{0,60}") {
            match parse(&text) {
                Ok(Node { kind: Kind::Null, .. }) => {}
                Ok(node) => {
                    places(&text);
                    assert!(offset_of(&node, &text).is_some());
                }
                Err(error) => assert!(error.offset.is_none_or(|at| text.is_char_boundary(at))),
            }
        }
    }
}

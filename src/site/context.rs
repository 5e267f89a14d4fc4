//! What templates see: each template with its fields, their types and what they are.
//!
//! It is told from the page builders' types alone: the names are those of their fields, the
//! words their doc comments. A real value of each comes from a build ([`specimen`]).

#[cfg(test)]
mod reads;
pub mod specimen;
#[cfg(test)]
mod tests;

use std::fmt;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::site::view::Head;
use crate::site::{
    author, build, compare, digest, directory, feed, find, front, list, months, notfound, page,
    part, posting, problems, published, redirect, search, subsystem, thread,
};

/// What a template sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The template: `posting.html`; or `site`, which all of them see.
    pub name: &'static str,
    /// What it is the page of.
    pub about: String,
    /// What it sees.
    pub fields: Vec<Field>,
    /// The records among that, in the order in which they come up.
    pub records: Vec<Record>,
}

/// A value with fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The name of its type.
    pub name: String,
    /// What it is.
    pub about: String,
    /// What is in it.
    pub fields: Vec<Field>,
}

/// A field of a record, or a name that a template sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What it is, in one line; empty where nobody has said.
    pub about: String,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, escaped where it is placed.
    Text,
    /// HTML, placed as it is.
    Html,
    /// A number.
    Number,
    /// True or false.
    YesNo,
    /// It, or nothing.
    Optional(Box<Kind>),
    /// Any number of it.
    List(Box<Kind>),
    /// One after the other, asked for by place: `.0`.
    Tuple(Vec<Kind>),
    /// The record of this name.
    Record(String),
    /// Anything.
    Any,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Text => f.write_str("text"),
            Kind::Html => f.write_str("HTML"),
            Kind::Number => f.write_str("number"),
            Kind::YesNo => f.write_str("yes or no"),
            Kind::Optional(kind) => write!(f, "{kind} or none"),
            Kind::List(kind) => write!(f, "list of {kind}"),
            Kind::Tuple(kinds) => {
                let each: Vec<String> = kinds.iter().map(Kind::to_string).collect();
                write!(f, "[{}]", each.join(", "))
            }
            Kind::Record(name) => f.write_str(name),
            Kind::Any => f.write_str("any"),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The frame of every page but feeds and redirects, and all that a template of the owner's own
/// can count on.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it only says what all views have in common")]
struct Frame {
    /// What the page says about itself.
    page: Head,
}

/// What tells a context of the template so named.
type Tell = fn(&'static str) -> Context;

/// Everything that sees something. Parts that several templates share are given what they see
/// by these.
const ALL: &[(&str, Tell)] = &[
    ("site", of::<build::SiteView>),
    ("404.html", of::<notfound::View>),
    ("author.html", of::<author::View>),
    ("base.html", of::<Frame>),
    ("compare.html", of::<compare::View>),
    ("digest.html", of::<digest::View<'_>>),
    ("digests.html", of::<list::View>),
    ("directory.html", of::<directory::View>),
    ("feed.xml", of::<feed::View>),
    ("find.html", of::<find::FindView>),
    ("front.html", of::<front::View>),
    ("mails.html", of::<find::SheetView>),
    ("months.html", of::<months::IndexView>),
    ("page.html", of::<page::View<'_>>),
    ("part.html", of::<part::PartView>),
    ("posting.html", of::<posting::View>),
    ("postings.html", of::<months::SheetView>),
    ("problems.html", of::<problems::View>),
    ("published.html", of::<published::View<'_>>),
    ("redirect.html", of::<redirect::View>),
    ("search.html", of::<search::View>),
    ("subsystem.html", of::<subsystem::View>),
    ("thread.html", of::<thread::View>),
    ("threads.html", of::<months::SheetView>),
];

/// The names of all contexts, `site` first.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// What the template so named sees; none if there is no such template.
pub fn named(name: &str) -> Option<Context> {
    ALL.iter().find(|(known, _)| *known == name).map(|(name, tell)| tell(name))
}

/// All contexts.
pub fn all() -> Vec<Context> {
    ALL.iter().map(|(name, tell)| tell(name)).collect()
}

impl Context {
    /// The record so named.
    pub fn record(&self, name: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.name == name)
    }
}

/// What a template sees that is given a `T`.
fn of<T: JsonSchema>(name: &'static str) -> Context {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    let fields = fields(&schema);
    let mut records: Vec<Record> = Vec::new();
    let mut wanted: Vec<String> = names_in(&fields);
    // Those that a record needs come behind it; each once.
    let mut next = 0;
    while let Some(name) = wanted.get(next).cloned() {
        next += 1;
        let known = records.iter().any(|record| record.name == name);
        let Some(schema) = schema["$defs"].get(&name).filter(|_| !known) else { continue };
        let fields = self::fields(schema);
        wanted.extend(names_in(&fields));
        records.push(Record { name, about: about(schema), fields });
    }
    Context { name, about: about(&schema), fields, records }
}

/// The records that fields are of.
fn names_in(fields: &[Field]) -> Vec<String> {
    fn into(names: &mut Vec<String>, kind: &Kind) {
        match kind {
            Kind::Optional(kind) | Kind::List(kind) => into(names, kind),
            Kind::Tuple(kinds) => kinds.iter().for_each(|kind| into(names, kind)),
            Kind::Record(name) => names.push(name.clone()),
            _ => {}
        }
    }
    let mut names = Vec::new();
    fields.iter().for_each(|field| into(&mut names, &field.kind));
    names
}

/// The fields of a JSON schema of an object, in the order in which they are declared: all are
/// required, and that list has the order.
fn fields(schema: &Value) -> Vec<Field> {
    let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let field = |name: &str| {
        let schema = &schema["properties"][name];
        Field { name: name.to_string(), kind: kind(schema), about: about(schema) }
    };
    names.map(field).collect()
}

/// The words of a schema on one line.
fn about(schema: &Value) -> String {
    let words = schema["description"].as_str().unwrap_or_default().split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

/// The type that a JSON schema is of.
fn kind(schema: &Value) -> Kind {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or(name);
        return Kind::Record(name.to_string());
    }
    if let Some(either) = schema["anyOf"].as_array().and_then(|either| either.first()) {
        return Kind::Optional(Box::new(kind(either)));
    }
    let (name, or_none) = match &schema["type"] {
        Value::Array(names) => (names.first().and_then(Value::as_str), true),
        name => (name.as_str(), false),
    };
    let kind = match name {
        Some("string") if schema["format"] == "html" => Kind::Html,
        Some("string") => Kind::Text,
        Some("integer" | "number") => Kind::Number,
        Some("boolean") => Kind::YesNo,
        Some("array") => match schema["prefixItems"].as_array() {
            Some(items) => Kind::Tuple(items.iter().map(kind).collect()),
            None => Kind::List(Box::new(kind(&schema["items"]))),
        },
        _ => Kind::Any,
    };
    if or_none { Kind::Optional(Box::new(kind)) } else { kind }
}

/// A context as text: what a template sees, then the records in it.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}\n", self.name, self.about)?;
        write_fields(f, &self.fields)?;
        for record in &self.records {
            writeln!(f, "\n{}: {}\n", record.name, record.about)?;
            write_fields(f, &record.fields)?;
        }
        Ok(())
    }
}

/// Fields in three columns.
fn write_fields(f: &mut fmt::Formatter<'_>, fields: &[Field]) -> fmt::Result {
    let kinds: Vec<String> = fields.iter().map(|field| field.kind.to_string()).collect();
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let names = width(&mut fields.iter().map(|field| field.name.len()));
    let types = width(&mut kinds.iter().map(String::len));
    for (field, kind) in fields.iter().zip(&kinds) {
        writeln!(f, "  {:names$}  {kind:types$}  {}", field.name, field.about)?;
    }
    Ok(())
}

//! What templates read, followed through loops, `set` and components, and held against what
//! is documented. It knows as much of Tera's language as the built-in themes speak.

use std::collections::BTreeMap;

use super::{Context, Kind};

/// Names in scope, inner ones last.
type Scope = Vec<(String, Kind)>;

/// Follows templates.
pub(super) struct Reader<'a> {
    /// What the template sees.
    context: &'a Context,
    /// What all templates see.
    site: &'a Context,
    /// The text and the parameters of each component.
    components: &'a BTreeMap<String, (Vec<String>, String)>,
    /// What is read and not documented.
    pub(super) unknown: Vec<String>,
    /// How many reads were looked at.
    pub(super) reads: usize,
}

/// All components in templates, by name.
pub(super) fn components(texts: &[&str]) -> BTreeMap<String, (Vec<String>, String)> {
    let mut found = BTreeMap::new();
    for text in texts {
        for part in text.split("{% component ").skip(1) {
            let (head, rest) = part.split_once("%}").expect("a tag ends");
            let (body, _) = rest.split_once("{% endcomponent").expect("a component ends");
            let (name, parameters) = head.split_once('(').expect("parameters");
            let parameters = parameters.trim().trim_end_matches(')').split(',');
            let parameters = parameters.map(|p| p.split('=').next().unwrap().trim().to_string());
            let value = (parameters.filter(|p| !p.is_empty()).collect(), body.to_string());
            found.insert(name.trim().to_string(), value);
        }
    }
    found
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        context: &'a Context,
        site: &'a Context,
        components: &'a BTreeMap<String, (Vec<String>, String)>,
    ) -> Self {
        Reader { context, site, components, unknown: Vec::new(), reads: 0 }
    }

    /// Follows a template's text, components apart.
    pub(super) fn read(&mut self, text: &str) {
        let outside: String = text
            .split("{% component ")
            .enumerate()
            .map(|(at, part)| match at {
                0 => part,
                _ => part.split_once("endcomponent").map_or("", |(_, rest)| rest),
            })
            .collect();
        self.follow(&outside, &mut Vec::new(), 0);
    }

    fn follow(&mut self, text: &str, scope: &mut Scope, depth: usize) {
        let mut marks = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{%").into_iter().chain(rest.find("{{")).min() {
            let is_statement = rest[start..].starts_with("{%");
            let end = if is_statement { "%}" } else { "}}" };
            let inner = &rest[start + 2..];
            let length = inner.find(end).expect("a tag ends");
            let tag = inner[..length].trim_matches(['-', ' ', '\n']);
            rest = &inner[length + 2..];
            let (word, arguments) = tag.split_once(' ').unwrap_or((tag, ""));
            match (is_statement, word) {
                (true, "for") => {
                    marks.push(scope.len());
                    let (name, list) = arguments.split_once(" in ").expect("for … in");
                    let item = match self.kind(list, scope) {
                        Kind::List(item) => *item,
                        _ => Kind::Any,
                    };
                    scope.push((name.trim().to_string(), item));
                    scope.push(("loop".to_string(), Kind::Any));
                }
                (true, "endfor") => scope.truncate(marks.pop().expect("a for")),
                (true, "set") => {
                    let (name, value) = arguments.split_once(" = ").expect("set … =");
                    let value = self.kind(value, scope);
                    scope.push((name.trim().to_string(), value));
                }
                (true, "if" | "elif") => drop(self.kind(arguments, scope)),
                (true, _) => {}
                (false, _) if tag.starts_with('<') => self.component(tag, scope, depth),
                (false, _) => drop(self.kind(tag, scope)),
            }
        }
    }

    /// Follows what is given to a component, into it.
    fn component(&mut self, tag: &str, scope: &mut Scope, depth: usize) {
        assert!(depth < 16, "components without end");
        let tag = tag.trim_start_matches('<').trim_end_matches("/>");
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let (parameters, body) = &self.components[name];
        let mut inner: Scope = parameters.iter().map(|p| (p.clone(), Kind::Any)).collect();
        while let Some((argument, value)) = rest.split_once('=') {
            let (value, after) = match value.strip_prefix('{') {
                Some(value) => value.split_once('}').expect("a value ends"),
                None => ("", value[1..].split_once('"').expect("a text ends").1),
            };
            let kind = if value.is_empty() { Kind::Text } else { self.kind(value, scope) };
            inner.push((argument.trim().to_string(), kind));
            rest = after;
        }
        self.follow(body, &mut inner, depth + 1);
    }

    /// The type of an expression, every name in it looked up: that of the path where it is
    /// nothing else.
    fn kind(&mut self, expression: &str, scope: &Scope) -> Kind {
        let expression = expression.trim();
        let mut kinds = Vec::new();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let mut before = ' ';
        let mut rest = expression;
        while let Some(c) = rest.chars().next() {
            if c == '"' {
                rest = rest[1..].split_once('"').expect("a text ends").1;
                before = '"';
                continue;
            }
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            if length == 0 {
                before = if c == ' ' { before } else { c };
                rest = &rest[c.len_utf8()..];
                continue;
            }
            let (word, after) = rest.split_at(length);
            let is_name = word.starts_with(|c: char| c.is_alphabetic());
            let is_other = ["and", "or", "not", "in", "is", "true", "false"].contains(&word)
                || before == '|'
                || after.starts_with('(')
                || (after.starts_with('=') && !after.starts_with("=="));
            if is_name && !is_other {
                kinds.push(self.path(word, scope));
            }
            before = 'w';
            rest = after;
        }
        match (kinds.len(), expression.strip_prefix('[')) {
            (1, None) if expression.chars().all(is_part) => kinds.remove(0),
            (1, Some(_)) => Kind::List(Box::new(kinds.remove(0))),
            _ => Kind::Any,
        }
    }

    /// The type of `a.b.c`.
    fn path(&mut self, path: &str, scope: &Scope) -> Kind {
        self.reads += 1;
        let mut parts = path.split('.');
        let root = parts.next().expect("a name");
        let local = scope.iter().rev().find(|(name, _)| name == root).map(|(_, kind)| kind);
        let context = self.context;
        let field = context.fields.iter().find(|field| field.name == root);
        let (mut kind, mut within) = match (local, field) {
            (Some(kind), _) => (kind.clone(), context),
            (None, Some(field)) => (field.kind.clone(), context),
            (None, None) if root == "site" => (Kind::Record("site".to_string()), self.site),
            (None, None) => {
                self.unknown.push(format!("{}: {path}", context.name));
                return Kind::Any;
            }
        };
        for part in parts {
            while let Kind::Optional(inner) = kind {
                kind = *inner;
            }
            let fields = match &kind {
                Kind::Record(name) if name == "site" => {
                    within = self.site;
                    &self.site.fields
                }
                Kind::Record(name) => {
                    let record = within.record(name).or_else(|| self.site.record(name));
                    &record.expect("records are told").fields
                }
                Kind::Any => return Kind::Any,
                _ => {
                    self.unknown.push(format!("{}: {path} ({kind} has no {part})", context.name));
                    return Kind::Any;
                }
            };
            match fields.iter().find(|field| field.name == part) {
                Some(field) => kind = field.kind.clone(),
                None => {
                    self.unknown.push(format!("{}: {path} ({kind} has no {part})", context.name));
                    return Kind::Any;
                }
            }
        }
        kind
    }
}

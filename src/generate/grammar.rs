//! The words of a generated list: rules that are expanded at random.
//!
//! A rule is a name and the texts it may become. A text holds `@name@` where another rule
//! or a parameter stands; `@name^@` is the same with a capital letter. The rules are in the
//! files under `words/`, in two forms: `=name` with one text a line, and `=name %` with
//! texts of many lines, parted by lines that hold a single `%`.

use std::collections::HashMap;

use super::random::Rng;

const FILES: [&str; 4] = [
    include_str!("words/code.txt"),
    include_str!("words/changes.txt"),
    include_str!("words/talk.txt"),
    include_str!("words/names.txt"),
];

/// The rules of all files under `words/`.
pub struct Grammar {
    rules: Vec<Vec<&'static str>>,
    by_name: HashMap<&'static str, usize>,
}

/// What the names in a text stand for.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    /// Gives a name its value, in place of the one it had.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some(pair) => pair.1 = value.into(),
            None => self.0.push((name, value.into())),
        }
    }

    /// The same with one more name.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Params {
        self.set(name, value);
        self
    }
}

impl Grammar {
    /// Reads the rules.
    pub fn new() -> Grammar {
        let mut grammar = Grammar { rules: Vec::new(), by_name: HashMap::new() };
        for file in FILES {
            grammar.read(file);
        }
        grammar
    }

    fn read(&mut self, file: &'static str) {
        for (name, body) in sections(file) {
            let texts: Vec<&str> = match name.strip_suffix(" %") {
                Some(_) => body.split("\n%\n").map(|t| t.trim_matches('\n')).collect(),
                None => body.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect(),
            };
            self.by_name.insert(name.trim_end_matches(" %"), self.rules.len());
            self.rules.push(texts);
        }
    }

    /// The texts of a rule. The rules and their users are one whole: a name without a rule
    /// is a fault of this program.
    pub fn texts(&self, rule: &str) -> &[&'static str] {
        let index = self.by_name.get(rule).unwrap_or_else(|| panic!("no rule {rule:?}"));
        &self.rules[*index]
    }

    /// One text of a rule, at random and expanded.
    pub fn say(&self, rule: &str, rng: &mut Rng, params: &Params) -> String {
        let text = *rng.pick(self.texts(rule));
        self.expand(text, rng, params)
    }

    /// A text with its names replaced. A name that is neither parameter nor rule stays.
    pub fn expand(&self, text: &str, rng: &mut Rng, params: &Params) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 2);
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'@', rest.as_bytes()) {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.split_once('@') {
                Some((name, after)) if is_name(name) => {
                    self.put(&mut out, name, rng, params);
                    rest = after;
                }
                _ => out.push('@'),
            }
        }
        out.push_str(rest);
        out
    }

    fn put(&self, out: &mut String, name: &str, rng: &mut Rng, params: &Params) {
        let plain = name.trim_end_matches('^');
        let start = out.len();
        if let Some(value) = params.get(plain) {
            out.push_str(value);
        } else if self.by_name.contains_key(plain) {
            out.push_str(&self.say(plain, rng, params));
        } else {
            out.extend(["@", name, "@"]);
        }
        if plain.len() < name.len() {
            let value = capital(&out[start..]);
            out.truncate(start);
            out.push_str(&value);
        }
    }
}

/// The `=name` sections of a file, with what stands under each.
pub fn sections(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let start = file.find("\n=").map_or(file.len(), |at| at + 2);
    file[start..].split("\n=").filter_map(|section| section.split_once('\n'))
}

/// The text with its first letter as a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn is_name(name: &str) -> bool {
    (1..24).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'^'))
}

/// Paragraphs broken into lines of at most `width` characters where blanks allow. Lines that
/// begin with a blank, a tab or `|` are kept as they are.
pub fn wrap(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        if line.starts_with([' ', '\t', '|']) || line.len() <= width {
            out.push_str(line);
        } else {
            wrap_line(&mut out, line, width);
        }
        out.push('\n');
    }
    out
}

fn wrap_line(out: &mut String, line: &str, width: usize) {
    let mut column = 0;
    for word in line.split(' ') {
        let len = word.chars().count();
        if column > 0 && column + 1 + len > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_parameters_before_rules_and_keeps_what_it_does_not_know() {
        let grammar = Grammar::new();
        let params = Params::default().with("noun", "segment");
        let text = grammar.expand("@noun^@ and @nobody@ at a@b.example", &mut Rng::new(1), &params);
        assert_eq!(text, "Segment and @nobody@ at a@b.example");
    }

    #[test]
    fn wraps_prose_and_leaves_indented_lines() {
        let text = "one two three four\n  one two three four\n";
        assert_eq!(wrap(text, 9), "one two\nthree\nfour\n  one two three four\n");
    }

    #[test]
    fn no_line_rule_is_empty() {
        let grammar = Grammar::new();
        for (name, index) in &grammar.by_name {
            assert!(!grammar.rules[*index].is_empty(), "{name}");
            assert!(grammar.rules[*index].iter().all(|t| !t.is_empty()), "{name}");
        }
    }
}

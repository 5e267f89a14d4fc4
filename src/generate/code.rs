//! Source text of the made-up project: making functions and files, and finding one's way in
//! what has been made.

use super::grammar::{Grammar, Params};
use super::random::Rng;
use super::tree::{Line, lines};

/// A function in a file.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Index of its heading.
    pub start: usize,
    /// Index of the line that closes it.
    pub end: usize,
}

/// The functions of a C or Rust file: headings stand at the margin, and so does the brace
/// that closes them.
pub fn functions(lines: &[Line]) -> Vec<Function> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        at += 1;
        let Some(name) = heading(&lines[at - 1], lines.get(at)) else { continue };
        let Some(len) = lines[at..].iter().position(|l| &**l == "}") else { break };
        found.push(Function { name: name.to_string(), start: at - 1, end: at + len });
        at += len + 1;
    }
    found
}

/// The name of the function whose heading `line` is, if it is one.
fn heading<'a>(line: &'a str, next: Option<&Line>) -> Option<&'a str> {
    let open = line.find('(')?;
    let opens = line.ends_with('{') && line.contains("fn ") || next.is_some_and(|n| &**n == "{");
    let margin = line.as_bytes()[0].is_ascii_alphabetic();
    let name = line[..open].rsplit([' ', '*']).next()?;
    (opens && margin && !name.is_empty()).then_some(name)
}

/// A function made from a template.
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What it does, in words that follow "to".
    pub does: String,
    /// Why it is needed, in sentences.
    pub why: String,
    /// The verb of its name.
    pub verb: String,
}

/// A function that `taken` has no name like.
pub fn function(
    grammar: &Grammar,
    rng: &mut Rng,
    params: &Params,
    language: &str,
    taken: impl Fn(&str) -> bool,
) -> Option<Made> {
    let rule = if language == "rs" { "rs.fn" } else { "c.fn" };
    let template = *rng.pick(grammar.texts(rule));
    let (meta, body) = template.split_once("\n--\n")?;
    let field = |name: &str| {
        meta.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    };
    let verb = field("verb");
    let name = free_name(&format!("{}_{verb}", params.get("s")?), taken)?;
    let params = params.clone().with("fn", name.clone());
    Some(Made {
        lines: lines(&grammar.expand(body, rng, &params)),
        does: grammar.expand(field("does"), rng, &params),
        why: grammar.expand(field("why"), rng, &params),
        verb: verb.to_string(),
        name,
    })
}

fn free_name(stem: &str, taken: impl Fn(&str) -> bool) -> Option<String> {
    const SUFFIXES: [&str; 6] = ["", "_locked", "_one", "_all", "_range", "_early"];
    SUFFIXES.iter().map(|suffix| format!("{stem}{suffix}")).find(|name| !taken(name))
}

/// A new source file with `count` functions, and their names.
pub fn file(
    grammar: &Grammar,
    rng: &mut Rng,
    params: &Params,
    language: &str,
    count: usize,
) -> (Vec<Line>, Vec<String>) {
    let top = if language == "rs" { "rs.top" } else { "c.top" };
    let mut text = lines(&grammar.say(top, rng, params));
    let mut names: Vec<String> = Vec::new();
    for _ in 0..count {
        let taken = |name: &str| names.iter().any(|n| n == name);
        if let Some(made) = function(grammar, rng, params, language, taken) {
            text.push("".into());
            text.extend(made.lines);
            names.push(made.name);
        }
    }
    (text, names)
}

/// A new document or test: its top and one section.
pub fn document(grammar: &Grammar, rng: &mut Rng, params: &Params, language: &str) -> Vec<Line> {
    let top = grammar.say(&format!("{language}.top"), rng, params);
    let section = grammar.say(&format!("{language}.section"), rng, params);
    lines(&format!("{top}\n\n{section}\n"))
}

/// The heading of a section of a document or test, without its marks.
pub fn section_name(line: &str) -> Option<&str> {
    match line.strip_prefix("## ") {
        Some(name) => Some(name),
        None => line.strip_prefix("start \"")?.strip_suffix('"'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_functions_of_both_languages() {
        let c = lines("#define X(a) a\n\nstatic struct a *p_find(int b)\n{\n\treturn 0;\n}\n");
        let found = functions(&c);
        assert_eq!((found[0].name.as_str(), found[0].start, found[0].end), ("p_find", 2, 5));
        let rust = lines("use a;\n\npub fn p_load(v: &V) -> u8 {\n    1\n}\n");
        let found = functions(&rust);
        assert_eq!((found[0].name.as_str(), found[0].start, found[0].end), ("p_load", 2, 4));
        assert_eq!((functions(&c).len(), functions(&rust).len()), (1, 1));
    }
}

//! What is wrong with a template, from the template engine's words to a place in the user's
//! file, the way there, and the name that was meant.
//!
//! Tera tells some of it only as text (the callers of a place, and what validation finds); that
//! text is read here. Where it is not as expected, it is shown as it is.

use tera::{Error, ErrorKind};

use crate::config::nearest;
use crate::diagnostic::{Diagnostic, Place, Step};

use super::source::{Source, Sources};

/// What tera knows of itself, since it doesn't tell (the tests hold this against it).
pub(super) const FILTERS: &str = "abs capitalize default escape escape_html escape_xml first \
    float get group_by indent int join keys last length lower newlines_to_br nth pairs \
    pluralize replace reverse round safe sort split str title trim trim_end trim_start \
    truncate unique upper values wordcount";
pub(super) const TESTS: &str = "array bool containing defined divisible_by ending_with even \
    float integer iterable map none number odd starting_with string undefined";
const FUNCTIONS: &str = "range super throw";

/// How many names a hint lists.
const LISTED: usize = 24;

/// What keeps templates from being used at all; at least one fault.
pub(super) fn loading(sources: &Sources, error: &Error) -> Vec<Diagnostic> {
    let one = |fault| vec![fault];
    match error.kind() {
        ErrorKind::CircularExtend { tpl, inheritance_chain } => {
            one(circle(sources, "extends", tpl, inheritance_chain))
        }
        ErrorKind::CircularInclude { include_chain, .. } => {
            one(circle(sources, "include", "", include_chain))
        }
        ErrorKind::MissingParent { current, parent } => one(orphan(sources, current, parent)),
        _ => {
            let found = match error.kind() {
                ErrorKind::SyntaxError(_) => syntax(sources),
                ErrorKind::Msg(text) => validation(sources, text),
                _ => Vec::new(),
            };
            if found.is_empty() { one(unplaced(&error.to_string())) } else { found }
        }
    }
}

/// Everything that tera's validation found, each once.
fn validation(sources: &Sources, text: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for report in reports(text) {
        let lacking = lacking(sources, &report);
        let fault = lacking.unwrap_or_else(|| report.diagnostic(sources));
        if !found.contains(&fault) {
            found.push(fault);
        }
    }
    found
}

/// What went wrong while the page of `template` was made.
pub(super) fn rendering(sources: &Sources, error: &Error, template: &str) -> Diagnostic {
    let ErrorKind::RenderingError(report) = error.kind() else {
        return unplaced(&error.to_string());
    };
    let text = error.to_string();
    let place = Report {
        message: report.message(),
        template: report.filename(),
        line: report.span().start_line,
        column: report.span().start_col + 1,
    };
    let callers: Vec<Report<'_>> = text
        .lines()
        .filter_map(|line| Report::at("", line.strip_prefix("note: called from ")?))
        .collect();
    let outermost = callers.last().unwrap_or(&place).template;
    let mut trail: Vec<Step> =
        callers.iter().filter_map(|at| Some(step("used in", at.place(sources)?))).collect();
    trail.extend(descent(sources, template, outermost));
    Diagnostic { trail, ..place.diagnostic(sources) }
}

/// A fault as tera reports it.
struct Report<'a> {
    message: &'a str,
    template: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Report<'a> {
    /// Of a place like `NAME:LINE:COLUMN`.
    fn at(message: &'a str, place: &'a str) -> Option<Self> {
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next()?.trim().parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        Some(Report { message, template: parts.next()?, line, column })
    }

    fn place(&self, sources: &Sources) -> Option<Place> {
        Some(sources.get(self.template)?.line(self.line, self.column))
    }

    fn diagnostic(&self, sources: &Sources) -> Diagnostic {
        let (message, hint) = told(sources, self.message);
        let fault = Diagnostic::error(format!("template: {message}"));
        let place = self.place(sources).unwrap_or_else(|| Place::file(self.template));
        Diagnostic { hint, ..fault.at(place) }
    }
}

/// The faults in what tera's validation says: `error: MESSAGE`, then ` --> NAME:LINE:COLUMN`.
fn reports(text: &str) -> Vec<Report<'_>> {
    let mut found = Vec::new();
    for (message, place) in text.lines().zip(text.lines().skip(1)) {
        let message = message.strip_prefix("error: ");
        let place = place.trim_start().strip_prefix("--> ");
        found.extend(message.zip(place).and_then(|(message, place)| Report::at(message, place)));
    }
    found
}

/// Every template that can't be parsed: tera ends at the first.
fn syntax(sources: &Sources) -> Vec<Diagnostic> {
    let fault = |source: &Source| {
        let error = tera::Tera::new().add_raw_template(&source.name, &source.text).err()?;
        let ErrorKind::SyntaxError(report) = error.kind() else { return None };
        let place = source.line(report.span().start_line, report.span().start_col + 1);
        let message = format!("template: {}", lowered(report.message().trim_end_matches('.')));
        Some(Diagnostic::error(message).at(place))
    };
    sources.all.iter().filter_map(fault).collect()
}

/// Templates that extend or include one another in a circle: `chain` ends with the one that
/// closes it.
fn circle(sources: &Sources, tag: &str, start: &str, chain: &[String]) -> Diagnostic {
    let mut names: Vec<&str> = chain.iter().map(String::as_str).collect();
    if !start.is_empty() {
        names.insert(0, start);
    }
    let begin = names.last().and_then(|last| names.iter().position(|name| name == last));
    let names = &names[begin.unwrap_or(0)..];
    let place = |pair: &[&str]| {
        let source = sources.get(pair[0])?;
        let meant = |name: &str| sources.get(name).is_some_and(|s| s.name == pair[1]);
        let (offset, _) = source.tags(tag).find(|(_, name)| meant(name))?;
        Some((source.file.is_none(), source.at(offset)))
    };
    // The first of the user's own files is where it is to be mended.
    let mut places: Vec<(bool, Place)> = names.windows(2).filter_map(place).collect();
    let first = places.iter().position(|(built_in, _)| !built_in).unwrap_or(0);
    places.rotate_left(first);
    let verb = if tag == "extends" { "extends" } else { "includes" };
    let message = format!("template: {} {verb} itself: {}", names[0], names.join(" → "));
    let mut places = places.into_iter().map(|(_, place)| place);
    let fault = Diagnostic { place: places.next(), ..Diagnostic::error(message) };
    let fault =
        Diagnostic { trail: places.map(|at| step("which leads to", at)).collect(), ..fault };
    let below = format!("default/{}", names[0]);
    match sources.get(&below) {
        Some(_) => fault.hint(format!("the built-in template below it is called `{below}`")),
        None => fault,
    }
}

/// A template that extends one that is not there.
fn orphan(sources: &Sources, current: &str, parent: &str) -> Diagnostic {
    let (message, hint) = told(sources, &format!("Unknown template `{parent}`"));
    let fault = Diagnostic { hint, ..Diagnostic::error(format!("template: {message}")) };
    let place = sources.get(current).and_then(|s| Some(s.at(s.parent()?.0)));
    Diagnostic { place, ..fault }
}

/// A block that a built-in template fills and that the user's template below it lacks.
fn lacking(sources: &Sources, report: &Report<'_>) -> Option<Diagnostic> {
    let (block, _) = named(report.message, "Block `")?;
    let mut source = sources.get(report.template).filter(|source| source.file.is_none())?;
    // Circles have been found before.
    while source.file.is_none() {
        source = sources.get(source.parent()?.1)?;
    }
    let message = format!("template: lacks the block `{block}`, which built-in templates fill");
    let below = format!("default/{}", source.name);
    Some(Diagnostic::error(message).at(source.line(1, 1)).hint(match sources.get(&below) {
        Some(_) => format!("begin it with `{{% extends \"{below}\" %}}`, or add the block"),
        None => "add the block".to_string(),
    }))
}

/// A fault of which no more is known than what tera says.
fn unplaced(text: &str) -> Diagnostic {
    Diagnostic::error(format!("the theme can't be used: {}", lowered(text)))
}

/// The way from a page's template down to the one that it extends at last: `to`, as far as it
/// leads there; the nearest to `to` first.
fn descent(sources: &Sources, template: &str, to: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut source = sources.get(template);
    while let Some(here) = source.filter(|here| here.name != to) {
        let Some((offset, parent)) = here.parent() else { break };
        steps.push(step("extended by", here.at(offset)));
        // No circle is left when pages are made, but a bound costs nothing.
        source = sources.get(parent).filter(|_| steps.len() <= sources.all.len());
    }
    steps.reverse();
    steps
}

fn step(what: &str, place: Place) -> Step {
    Step { what: what.to_string(), place }
}

/// A message in our words, and what to do about it.
fn told(sources: &Sources, message: &str) -> (String, Option<String>) {
    if let Some((name, known)) = named(message, "Variable `").filter(|(_, k)| !k.is_empty()) {
        return (format!("unknown variable `{name}`"), meant(name, &known));
    }
    if let Some((name, known)) = named(message, "Field `") {
        let absent = "it is asked of something that is not always there; put an `if` around it";
        let hint = meant(name, &known).unwrap_or_else(|| absent.to_string());
        return (format!("unknown field `{name}`"), Some(hint));
    }
    if let Some((name, _)) = named(message, "Block `") {
        let mut known = sources.declared("block");
        known.retain(|block| *block != name);
        return (format!("unknown block `{name}`"), meant(name, &known));
    }
    for kind in ["filter", "test", "function", "component", "template"] {
        if let Some((name, _)) = named(message, &format!("Unknown {kind} `")) {
            return (format!("unknown {kind} `{name}`"), meant(name, &known(sources, kind)));
        }
    }
    (lowered(message), None)
}

/// The name that follows in a message of tera's, and the names that it says are known.
fn named<'a>(message: &'a str, before: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let (name, rest) = message.strip_prefix(before)?.split_once('`')?;
    let known = rest.split_once(": ").map_or("", |(_, known)| known);
    Some((name, known.split(", ").filter(|name| !name.is_empty()).collect()))
}

/// Everything of a kind that there is.
fn known<'a>(sources: &'a Sources, kind: &'a str) -> Vec<&'a str> {
    match kind {
        "filter" => FILTERS.split(' ').collect(),
        "test" => TESTS.split(' ').collect(),
        "function" => FUNCTIONS.split(' ').collect(),
        "template" => sources.names(),
        kind => sources.declared(kind),
    }
}

/// The name that was meant, or those there are if they are not too many.
fn meant(name: &str, known: &[&str]) -> Option<String> {
    if let Some(near) = nearest(name, known) {
        return Some(format!("did you mean `{near}`?"));
    }
    let mut known: Vec<&str> = known.to_vec();
    known.sort_unstable();
    known.dedup();
    let more = if known.len() > LISTED { ", …" } else { "" };
    known.truncate(LISTED);
    (!known.is_empty()).then(|| format!("there are {}{more}", known.join(", ")))
}

/// A message with a small letter first, as the others have.
fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

//! Holds the documented context against the built-in templates, against real values, and the
//! manual against both.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::reads::{Reader, components};
use super::specimen::{Specimens, shortened};
use super::*;
use crate::config;
use crate::progress::Silent;
use crate::site::theme::built_in;

/// Templates that are parts of others and given what they see by them.
const PARTS: [&str; 1] = ["components.html"];

fn site() -> Context {
    named("site").unwrap()
}

#[test]
fn every_template_is_documented_and_nothing_else() {
    let documented: BTreeSet<&str> = names().filter(|name| *name != "site").collect();
    let templates = built_in::DEFAULT.templates.iter().map(|(name, _)| *name);
    let templates: BTreeSet<&str> = templates.filter(|name| !PARTS.contains(name)).collect();
    assert_eq!(documented, templates);
}

#[test]
fn every_field_says_what_it_is() {
    for context in all() {
        assert!(!context.about.is_empty(), "{}", context.name);
        let own = context.fields.iter().map(|field| (context.name, field));
        let records = context.records.iter();
        assert_eq!(records.clone().find(|r| r.about.is_empty()), None, "{}", context.name);
        let inner = records.flat_map(|r| r.fields.iter().map(|field| (r.name.as_str(), field)));
        for (of, field) in own.chain(inner) {
            assert!(!field.about.is_empty(), "{}: {of}.{}", context.name, field.name);
            assert_ne!(field.kind, Kind::Any, "{}: {of}.{}", context.name, field.name);
        }
    }
}

#[test]
fn what_the_built_in_templates_read_is_documented() {
    for theme in built_in::ALL {
        let below = built_in::below(theme.name).iter().rev();
        let texts: Vec<&str> = below.flat_map(|t| t.templates).map(|(_, text)| *text).collect();
        let components = components(&texts);
        let mut reads = 0;
        for (name, text) in theme.templates.iter().filter(|(name, _)| !PARTS.contains(name)) {
            let (context, site) = (named(name).unwrap(), site());
            let mut reader = Reader::new(&context, &site, &components);
            reader.read(text);
            assert_eq!(reader.unknown, [] as [String; 0]);
            reads += reader.reads;
        }
        assert!(theme.name != "default" || reads > 1000, "{reads}");
    }
}

#[test]
fn what_is_not_documented_is_found() {
    let (context, site) = (named("thread.html").unwrap(), site());
    let text = "{% component mark(of) %}{{ of.txt }}{% endcomponent mark %}";
    let components = components(&[text]);
    let mut reader = Reader::new(&context, &site, &components);
    reader.read(
        "{% if titel and title.rest %}{% endif %}{% for m in messages %}{{ m.from.herf }}\
         {% for mark in m.marks %}{{ <mark of={mark}/> }}{% endfor %}{% endfor %}{{ m.from }}\
         {{ site.titel | upper }}",
    );
    let told: Vec<&str> = reader.unknown.iter().map(|u| &u["thread.html: ".len()..]).collect();
    assert_eq!(
        told,
        [
            "titel",
            "m.from.herf (Link has no herf)",
            "of.txt (MarkView has no txt)",
            "m.from",
            "site.titel (site has no titel)"
        ]
    );
}

/// Where a value is otherwise than documented.
fn unlike(context: &Context, kind: &Kind, value: &Value, at: &str) -> Vec<String> {
    let fits = match (kind, value) {
        (Kind::Optional(kind), value) if !value.is_null() => {
            return unlike(context, kind, value, at);
        }
        (Kind::List(kind), Value::Array(items)) => {
            return items.iter().flat_map(|item| unlike(context, kind, item, at)).collect();
        }
        (Kind::Tuple(kinds), Value::Array(items)) => {
            let each = kinds.iter().zip(items);
            return each.flat_map(|(kind, item)| unlike(context, kind, item, at)).collect();
        }
        (Kind::Record(name), Value::Object(_)) => {
            return unlike_fields(context, &context.record(name).unwrap().fields, value, at);
        }
        (Kind::Optional(_), Value::Null) => true,
        (Kind::Text | Kind::Html, value) => value.is_string(),
        (Kind::Number, value) => value.is_number(),
        (Kind::YesNo, value) => value.is_boolean(),
        _ => false,
    };
    if fits { Vec::new() } else { vec![format!("{at}: {value} is no {kind}")] }
}

fn unlike_fields(context: &Context, fields: &[Field], value: &Value, at: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let object = value.as_object().unwrap();
    let known: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let there: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    if known != there {
        faults.push(format!("{at}: {there:?} and not {known:?}"));
    }
    for field in fields {
        let at = format!("{at}.{}", field.name);
        faults.extend(unlike(context, &field.kind, &value[&field.name], &at));
    }
    faults
}

#[test]
fn the_values_of_a_real_build_are_as_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = config::load(&root.join("config.yaml")).unwrap();
    let found = build::specimens(&config, None, &Silent).unwrap();
    for (name, specimen) in &found {
        let context = named(name).unwrap();
        assert_eq!(
            unlike_fields(&context, &context.fields, &specimen.value, name),
            [] as [&str; 0]
        );
    }
    // The example site has no page of these kinds.
    let rare = ["base.html", "site", "redirect.html", "published.html", "part.html"];
    let missing: Vec<&str> = names().filter(|n| !found.contains_key(*n)).collect();
    assert!(missing.iter().all(|name| rare.contains(name)), "{missing:?}");
    let posting = &found["posting.html"].value;
    assert!(posting["cover"].is_object() && posting["take"]["mbox"].is_object(), "{posting}");
}

#[test]
fn the_specimen_is_the_fullest_then_the_shortest_whatever_the_order() {
    let views = [
        ("c/", json!({"a": "x", "b": ""})),
        ("b/", json!({"a": "long text", "b": [{"c": 1}, {"c": 2}]})),
        ("d/", json!({"a": "x", "b": [{"c": 1}]})),
        ("a/", json!({"a": "y", "b": [{"c": 2}]})),
    ];
    for turn in 0..views.len() {
        let specimens = Specimens::default();
        for (path, view) in views.iter().cycle().skip(turn).take(views.len()) {
            specimens.look(path, "x.html", view);
        }
        assert_eq!(specimens.into_best()["x.html"].path, "a/");
    }
    let only = Specimens::of("y.html");
    only.look("a/", "x.html", &views[0].1);
    assert!(only.into_best().is_empty());
}

#[test]
fn values_are_shortened_at_every_depth() {
    let value = json!({"a": ["ärger", {"b": "abcdef"}, 3]});
    assert_eq!(shortened(&value, 2, 3), json!({"a": ["ärg…", {"b": "abc…"}]}));
}

#[test]
fn a_context_is_drawn_in_columns() {
    let text = named("404.html").unwrap().to_string();
    assert!(text.starts_with("404.html: What stands at addresses without a page.\n"), "{text}");
    assert!(text.contains("\n  places  list of Link  Where it may be instead.\n"), "{text}");
    assert!(text.contains("\nLink: A link and its words.\n\n  href  text  Where to.\n"), "{text}");
    assert!(text.contains("\n  json  text or none  "), "{text}");
}

/// The manual's page on themes.
const MANUAL: &str = include_str!("../../../content/pages/themes.md");

/// The cells of the rows of the manual's tables that begin with a name in backticks.
fn rows() -> impl Iterator<Item = Vec<Vec<&'static str>>> {
    let rows = MANUAL.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split('|').map(in_backticks).collect())
}

fn in_backticks(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_manual_names_every_template_and_fields_that_it_has() {
    let mut told = BTreeSet::new();
    for row in rows().filter(|row| !row[0][0].starts_with("site.") && !row[0][0].starts_with('<')) {
        for name in &row[0] {
            assert!(told.insert(*name), "{name} is told of twice");
            let Some(context) = named(name) else {
                assert!(PARTS.contains(name), "{name}");
                continue;
            };
            let known = |field: &&str| {
                ["site", "page"].contains(field) || context.fields.iter().any(|f| f.name == **field)
            };
            let fields = row.get(2).into_iter().flatten();
            let mut fields = fields.filter(|field| !field.contains(['-', '.']));
            assert_eq!(fields.find(|field| !known(field)), None, "{name}");
        }
    }
    let all: BTreeSet<&str> = names().filter(|n| *n != "site").chain(PARTS).collect();
    assert_eq!(told, all);
}

#[test]
fn the_manual_tells_of_all_that_every_template_sees() {
    let of = |fields: &[Field]| fields.iter().map(|f| f.name.clone()).collect::<BTreeSet<_>>();
    let names = rows().flat_map(|row| row[0].clone());
    let told = names.filter_map(|name| name.strip_prefix("site.")).map(str::to_string);
    assert_eq!(told.collect::<BTreeSet<_>>(), of(&site().fields));
    let start = MANUAL.find("and, except for redirects").expect("what `page` holds is told");
    let paragraph = MANUAL[start..].split("\n\n").next().unwrap();
    let told: BTreeSet<String> = in_backticks(paragraph).into_iter().map(str::to_string).collect();
    let head = &named("base.html").unwrap();
    let head = of(&head.record("Head").unwrap().fields);
    assert_eq!(head.difference(&told).next(), None);
}

/// How each component of a file is called: `<pages of [name]/>`, where a name has a default.
fn calls(templates: &str) -> BTreeSet<String> {
    let head = |part: &str| {
        let (name, rest) = part.split_once('(').expect("parameters");
        let (parameters, _) = rest.split_once(") %}").expect("they end");
        // What begins with @ is the context, which nobody passes.
        let parameters = parameters.split(", ").filter(|parameter| !parameter.starts_with('@'));
        let words = parameters.map(|parameter| match parameter.split_once('=') {
            Some((optional, _)) => format!(" [{optional}]"),
            None => format!(" {parameter}"),
        });
        format!("<{name}{}/>", words.collect::<String>())
    };
    templates.split("{% component ").skip(1).map(head).collect()
}

#[test]
fn the_manual_names_every_component_and_what_it_is_called_with() {
    let built_in = calls(include_str!("../../../themes/default/templates/components.html"));
    let names = rows().map(|row| row[0][0]).filter(|name| name.starts_with('<'));
    let told: Vec<String> = names.map(str::to_string).collect();
    assert_eq!(told.iter().cloned().collect::<BTreeSet<_>>(), built_in);
    assert_eq!(told.len(), built_in.len(), "one of them is told of twice");
    let plain = calls(include_str!("../../../themes/plain/templates/components.html"));
    assert_eq!(plain.difference(&built_in).next(), None, "it takes no other's place");
}

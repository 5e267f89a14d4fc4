//! What themes and their faults look like, with themes written for it.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::diagnostic::{Look, Place, render};

/// The theme `mine` with these templates.
fn theme_of(templates: &[(&str, &str)]) -> Result<Theme, Vec<Diagnostic>> {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("themes/mine/templates");
    for (name, text) in templates {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    Theme::load(root.path(), "mine", &BTreeMap::from([("title", "Peatfs")]))
}

fn faults(templates: &[(&str, &str)]) -> Vec<Diagnostic> {
    theme_of(templates).err().expect("a fault")
}

/// The fault of the page `template`, made with nothing but `title` and `links`.
fn fault_of(template: &str, templates: &[(&str, &str)]) -> Diagnostic {
    let links = [BTreeMap::from([("href", "/a/"), ("text", "A")])];
    let view = serde_json::json!({ "title": "T", "links": links, "gone": null });
    theme_of(templates).unwrap().render(template, &view, 0).unwrap_err()
}

/// A place as `FILE:LINE:COLUMN`, of a file the part after the theme's templates.
fn at(place: &Place) -> String {
    let file = place.file.to_string_lossy();
    let name = file.split_once("themes/mine/templates/").map_or(&*file, |(_, name)| name);
    format!("{name}:{}:{}", place.line.unwrap_or(0), place.column.unwrap_or(0))
}

/// Where a fault is, what it is, and what would mend it.
fn told(fault: &Diagnostic) -> (String, &str, &str) {
    let place = fault.place.as_ref().map(at).unwrap_or_default();
    (place, &fault.message, fault.hint.as_deref().unwrap_or(""))
}

/// The steps to a fault's place.
fn trail(fault: &Diagnostic) -> Vec<String> {
    fault.trail.iter().map(|step| format!("{} {}", step.what, at(&step.place))).collect()
}

#[test]
fn the_built_in_themes_parse() {
    for theme in ALL {
        let loaded = Theme::load(Path::new("/nowhere"), theme.name, &());
        assert_eq!(loaded.err(), None, "{}", theme.name);
    }
}

#[test]
fn a_users_template_takes_the_place_of_the_built_in_one() {
    let theme = theme_of(&[("404.html", "mine: {{ title }}")]).unwrap();
    let view = BTreeMap::from([("title", "<b>")]);
    assert_eq!(theme.render("404.html", &view, 0).unwrap(), b"mine: &lt;b&gt;");
}

#[test]
fn a_users_template_may_extend_the_one_that_it_hides() {
    let base = r#"{% extends "default/base.html" %}{% block style %}{{ super() }}<mine>{% endblock style %}"#;
    let theme = theme_of(&[("base.html", base)]).unwrap();
    let view = serde_json::json!({ "to": "/", "url": "", "gone": false });
    let fault = theme.render("404.html", &view, 0).unwrap_err();
    assert_eq!(
        trail(&fault),
        ["extended by base.html:1:13", "extended by (built-in theme)/default/404.html:1:13"]
    );
}

#[test]
fn a_users_component_takes_the_place_of_the_built_in_one_alone() {
    let component = "{% component lines(added, removed) %}{{ added }}!{% endcomponent lines %}";
    let page = "{{ <lines added={1} removed={2}/> }}{{ <title of={ {\"prefix\": \"\", \"rest\": title} }/> }}";
    let theme = theme_of(&[("mine.html", component), ("404.html", page)]).unwrap();
    let view = BTreeMap::from([("title", "T")]);
    assert_eq!(theme.render("404.html", &view, 0).unwrap(), b"1!T");
}

#[test]
fn every_syntax_error_has_its_place() {
    let faults = faults(&[("404.html", "one\ntwo {{ three"), ("page.html", "{% if %}")]);
    let places: Vec<String> = faults.iter().map(|f| told(f).0).collect();
    assert_eq!(places, ["404.html:2:13", "page.html:1:7"]);
    assert_eq!(faults[0].place.as_ref().unwrap().snippet.as_deref(), Some("two {{ three"));
    assert!(faults[1].message.starts_with("template: found `%}` but expected"), "{faults:?}");
}

#[test]
fn an_unknown_variable_is_named_with_the_one_that_was_meant() {
    let fault = fault_of("404.html", &[("404.html", "one\n  {{ titel }}")]);
    assert_eq!(
        told(&fault),
        ("404.html:2:6".to_string(), "template: unknown variable `titel`", "did you mean `title`?")
    );
    let fault = fault_of("404.html", &[("404.html", "{{ fraggle }}")]);
    assert_eq!(told(&fault).2, "there are gone, links, site, title");
}

#[test]
fn an_unknown_field_is_named_with_the_one_that_was_meant() {
    let text = "{% for link in links %}{{ link.herf }}{% endfor %}";
    let fault = fault_of("404.html", &[("404.html", text)]);
    assert_eq!(
        told(&fault),
        ("404.html:1:32".to_string(), "template: unknown field `herf`", "did you mean `href`?")
    );
    let fault = fault_of("404.html", &[("404.html", "{{ gone.href }}")]);
    assert!(told(&fault).2.contains("put an `if` around it"), "{fault:?}");
}

#[test]
fn unknown_filters_tests_functions_components_and_blocks_are_all_told() {
    let text =
        "{{ title | uper }}\n{% if title is strng %}{% endif %}\n{{ rage(end=1) }}\n{{ <titel/> }}";
    let block = "{% extends \"base.html\" %}\n{% block mian %}{% endblock mian %}";
    let faults = faults(&[("404.html", text), ("page.html", block)]);
    let told: Vec<_> = faults.iter().map(told).collect();
    let expected = [
        ("404.html:1:12", "template: unknown filter `uper`", "did you mean `upper`?"),
        ("404.html:2:16", "template: unknown test `strng`", "did you mean `string`?"),
        ("404.html:3:4", "template: unknown function `rage`", "did you mean `range`?"),
        ("404.html:4:4", "template: unknown component `titel`", "did you mean `title`?"),
        ("page.html:2:10", "template: unknown block `mian`", "did you mean `main`?"),
    ];
    assert_eq!(told, expected.map(|(place, message, hint)| (place.to_string(), message, hint)));
}

#[test]
fn a_base_without_the_blocks_that_others_fill_is_told_so() {
    let faults = faults(&[("base.html", "{% block main %}{% endblock main %}")]);
    let told: Vec<_> = faults.iter().map(told).collect();
    let fault =
        |block: &str| format!("template: lacks the block `{block}`, which built-in templates fill");
    let (head, forms) = (fault("head"), fault("forms"));
    let hint = "begin it with `{% extends \"default/base.html\" %}`, or add the block";
    for message in [&head, &forms] {
        assert!(told.contains(&("base.html:1:1".to_string(), message, hint)), "{told:?}");
    }
}

#[test]
fn what_tera_knows_is_what_we_name() {
    let mut tera = Tera::new();
    for filter in fault::FILTERS.split(' ') {
        tera.add_raw_template(filter, &format!("{{{{ a | {filter} }}}}")).expect(filter);
    }
    for test in fault::TESTS.split(' ') {
        tera.add_raw_template(test, &format!("{{% if a is {test} %}}{{% endif %}}")).expect(test);
    }
}

#[test]
fn a_missing_include_is_named_with_the_one_that_was_meant() {
    let include = faults(&[("404.html", "a\n{% include \"bsae.html\" %}")]);
    let parent = faults(&[("404.html", "{% extends \"bsae.html\" %}")]);
    for (faults, place) in [(include, "404.html:2:12"), (parent, "404.html:1:13")] {
        assert_eq!(
            told(&faults[0]),
            (
                place.to_string(),
                "template: unknown template `bsae.html`",
                "did you mean `base.html`?"
            )
        );
    }
}

#[test]
fn a_circle_of_extends_is_told_with_every_place() {
    let one = faults(&[("base.html", "\n{% extends \"base.html\" %}")]);
    assert_eq!(
        told(&one[0]),
        (
            "base.html:2:13".to_string(),
            "template: base.html extends itself: base.html → base.html",
            "the built-in template below it is called `default/base.html`"
        )
    );
    let a = "{% extends \"b.html\" %}";
    let two = faults(&[("a.html", a), ("b.html", "{% extends \"a.html\" %}")]);
    assert_eq!(two[0].message, "template: a.html extends itself: a.html → b.html → a.html");
    assert_eq!(told(&two[0]).0, "a.html:1:13");
    assert_eq!(trail(&two[0]), ["which leads to b.html:1:13"]);
    let include = faults(&[("a.html", "{% include \"a.html\" %}")]);
    assert_eq!(include[0].message, "template: a.html includes itself: a.html → a.html");
}

#[test]
fn a_circle_through_a_built_in_template_is_shown_in_the_users() {
    let faults = faults(&[("base.html", "{% extends \"404.html\" %}")]);
    assert_eq!(told(&faults[0]).0, "base.html:1:13");
    assert_eq!(trail(&faults[0]), ["which leads to (built-in theme)/default/404.html:1:13"]);
}

#[test]
fn an_error_inside_an_include_inside_an_override_has_the_whole_trail() {
    let frame = "{% extends \"ground.html\" %}\n{% block main %}\n{% include \"part.html\" %}{% endblock main %}";
    let templates = [
        ("404.html", "\n{% extends \"frame.html\" %}"),
        ("frame.html", frame),
        ("ground.html", "{% block main %}{% endblock main %}"),
        ("part.html", "x\n {{ titel }}"),
    ];
    let fault = fault_of("404.html", &templates);
    assert_eq!(told(&fault).0, "part.html:2:5");
    assert_eq!(trail(&fault), ["used in frame.html:3:12", "extended by 404.html:2:13"]);
}

#[test]
fn an_error_in_a_component_names_the_built_in_template_that_uses_it() {
    let component = "{% component find(label, @site) %}{{ sit.search }}{% endcomponent find %}";
    let view = serde_json::json!({ "page": {}, "places": [] });
    let blocks =
        ["forms", "head", "main"].map(|b| format!("{{% block {b} %}}{{% endblock {b} %}}"));
    let theme = theme_of(&[("mine.html", component), ("base.html", &blocks.concat())]);
    let fault = theme.unwrap().render("404.html", &view, 0).unwrap_err();
    assert_eq!(told(&fault).0, "mine.html:1:38");
    let trail = trail(&fault);
    assert_eq!(trail.len(), 1, "{trail:?}");
    assert!(trail[0].starts_with("used in (built-in theme)/default/404.html:6:"), "{trail:?}");
}

#[test]
fn a_fault_is_drawn_with_its_line_a_caret_and_the_trail() {
    let fault = fault_of(
        "404.html",
        &[("404.html", "{% include \"part.html\" %}"), ("part.html", "a {{ titel }}")],
    );
    let text = render(&fault, Look::default());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "error: template: unknown variable `titel`");
    assert!(lines[1].starts_with(" --> ") && lines[1].ends_with("part.html:1:6"), "{text}");
    assert_eq!(lines[2..5], ["  |", "1 | a {{ titel }}", "  |      ^"]);
    assert!(lines[5].starts_with("  = used in ") && lines[5].ends_with("404.html:1:12"), "{text}");
    assert_eq!(lines[6], "  = hint: did you mean `title`?");
    let json = serde_json::to_value(&fault).unwrap();
    assert_eq!(json["trail"][0]["what"], "used in");
    assert_eq!(json["trail"][0]["place"]["snippet"], "{% include \"part.html\" %}");
}

#[test]
fn names_of_built_in_templates_are_refused() {
    let faults = faults(&[("default/base.html", "")]);
    assert_eq!(told(&faults[0]).0, "default/base.html:0:0");
}

#[test]
fn an_unknown_theme_is_named_with_those_there_are() {
    let load = |name| Theme::load(Path::new("/nowhere"), name, &()).err().unwrap().remove(0);
    assert_eq!(load("plian").hint.as_deref(), Some("did you mean `plain`?"));
    let fault = load("dusk");
    assert_eq!(fault.message, "there is no theme `dusk`");
    assert!(fault.hint.unwrap().starts_with("there are default, plain;"));
}

//! Themes as the owner of a site makes them: from `theme new` to faults in what was written.

mod common;

use std::fs;
use std::path::Path;

use common::Site;
use serde_json::Value;

/// A site with a little mail and the theme `name`.
fn site(name: &str) -> Site {
    let mail = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/init/sample.mbox");
    let site = Site::new(&(common::config(&mail, "month") + &format!("theme: {name}\n")));
    site.write("content/about.md", "---\ntitle: About\n---\nWords.\n");
    site
}

/// The first fault of a build, as JSON.
fn fault(site: &Site) -> Value {
    let output = site.run(&["build", "--quiet", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    told["diagnostics"][0].clone()
}

#[test]
fn a_new_theme_builds_and_adds_its_stylesheet_to_every_page() {
    let site = site("mine");
    let told = site.ok(&["theme", "new", "mine"]);
    assert!(told.ends_with("\nNow put it into config.yaml:\n  theme: mine\n"), "{told}");
    let public = site.build();
    assert_eq!(
        public.files["theme.css"],
        fs::read(site.path("themes/mine/assets/theme.css")).unwrap()
    );
    for path in public.pages("") {
        let page = public.page(path);
        let sheets: Vec<_> = page.matches("<link rel=\"stylesheet\" href=\"/site/").collect();
        assert!(sheets.len() == 2 || page.contains("http-equiv=\"refresh\""), "{path}");
        let ours = page.find("/site/theme.css").unwrap_or(usize::MAX);
        assert!(page.find("/site/style.css").is_some_and(|default| default < ours), "{path}");
    }
    assert_eq!(public.check("/site/").broken_links, [] as [String; 0]);
}

#[test]
fn a_new_theme_overwrites_nothing_and_has_a_plain_name() {
    let site = site("default");
    site.write("themes/mine/assets/style.css", "mine");
    let refusals = [("mine", "already there"), ("plain", "built-in"), ("a/b", "isn't the name")];
    for (name, why) in refusals {
        let output = site.run(&["theme", "new", name]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(why), "{name}: {told}");
    }
    assert_eq!(fs::read(site.path("themes/mine/assets/style.css")).unwrap(), b"mine");
    assert!(!site.path("themes/mine/README.md").exists());
    assert!(!site.path("themes/plain").exists());
}

#[test]
fn a_new_theme_is_made_in_a_site_only() {
    let nowhere = tempfile::tempdir().expect("a temporary directory");
    let output = common::patchpress()
        .current_dir(nowhere.path())
        .args(["theme", "new", "mine"])
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(!nowhere.path().join("themes").exists());
}

#[test]
fn themes_are_listed_and_the_one_in_use_is_marked() {
    let site = site("mine");
    site.ok(&["theme", "new", "mine"]);
    let told = site.ok(&["theme", "list"]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("default ") && lines[1].starts_with("plain "), "{told}");
    assert!(lines[2].starts_with("mine ") && lines[2].ends_with("themes/mine, in use"), "{told}");
}

#[test]
fn files_of_the_built_in_theme_are_shown_as_they_are() {
    let site = site("default");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let names = site.ok(&["theme", "show"]);
    let (templates, assets): (Vec<&str>, Vec<&str>) =
        names.lines().partition(|name| name.ends_with(".html") || name.ends_with(".xml"));
    for (directory, names) in [("templates", templates), ("assets", assets)] {
        assert!(names.len() > 3, "{names:?}");
        for name in names {
            let file = fs::read_to_string(root.join("default").join(directory).join(name));
            assert_eq!(site.ok(&["theme", "show", name]), file.unwrap());
        }
    }
    let plain = fs::read_to_string(root.join("plain/assets/style.css")).unwrap();
    assert_eq!(site.ok(&["theme", "show", "--theme", "plain", "style.css"]), plain);
    let output = site.run(&["theme", "show", "bsae.html"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `base.html`?"));
}

#[test]
fn a_fault_in_a_template_is_told_with_its_line_and_the_way_there() {
    let site = site("mine");
    site.write("themes/mine/templates/thread.html", "<p>{{ titel }}</p>\n");
    site.write("themes/mine/templates/posting.html", "\n{% include \"thread.html\" %}\n");
    let json = fault(&site);
    assert_eq!(json["message"], "template: unknown variable `titel`");
    assert_eq!(json["hint"], "did you mean `title`?");
    assert_eq!((&json["place"]["line"], &json["place"]["column"]), (&1.into(), &7.into()));
    assert_eq!(json["place"]["snippet"], "<p>{{ titel }}</p>");
    assert_eq!(json["trail"][0]["place"]["line"], 2);
    let output = site.run(&["build", "--quiet"]);
    let told = String::from_utf8_lossy(&output.stderr).replace('\\', "/");
    for line in [
        " --> ./themes/mine/templates/thread.html:1:7\n",
        "1 | <p>{{ titel }}</p>\n  |       ^\n",
        "  = used in ./themes/mine/templates/posting.html:2:12\n",
    ] {
        assert!(told.contains(&line.replace("./", "")) || told.contains(line), "{told}");
    }
}

#[test]
fn an_unknown_theme_is_told_with_the_one_that_was_meant() {
    let fault = fault(&site("defualt"));
    assert_eq!(fault["message"], "there is no theme `defualt`");
    assert_eq!(fault["hint"], "did you mean `default`?");
}

#[test]
fn a_context_is_told_with_a_value_from_the_site() {
    let site = site("default");
    let text = site.ok(&["context", "posting.html"]);
    assert!(text.starts_with("posting.html: A posting.\n\n  page "), "{text}");
    let (_, example) = text.split_once("\nFor example, on /series/").expect("an example");
    let example: Value = serde_json::from_str(&example[example.find('{').unwrap()..]).unwrap();
    let json: Value =
        serde_json::from_str(&site.ok(&["context", "posting.html", "--format", "json"])).unwrap();
    assert_eq!(example["title"], json["example"]["value"]["title"]);
    assert!(!example["title"]["rest"].as_str().unwrap().is_empty());
    assert!(!site.path("public").exists(), "an example writes no site");
}

/// A page must come out the same each time, whatever its template does.
#[test]
fn a_loop_over_names_meets_them_as_the_context_tells_them() {
    let site = site("mine");
    site.write(
        "themes/mine/templates/404.html",
        "{% for name, value in page %}{{ name }} {% endfor %}",
    );
    let public = site.build();
    let page = std::str::from_utf8(&public.files["404.html"]).expect("UTF-8");
    let told = site.ok(&["context", "404.html", "--no-example"]);
    let (_, head) = told.split_once("\nHead: ").expect("what `page` is");
    let lines = head.lines().skip(2).take_while(|line| !line.is_empty());
    let names: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 8, "{names:?}");
    assert_eq!(page.split_whitespace().collect::<Vec<_>>(), names);
}

#[test]
fn contexts_are_listed_and_told_without_a_site() {
    let nowhere = tempfile::tempdir().expect("a temporary directory");
    let run = |arguments: &[&str]| {
        let mut command = common::patchpress();
        command.current_dir(nowhere.path()).arg("context").args(arguments).output().expect("runs")
    };
    let listed = String::from_utf8(run(&[]).stdout).expect("UTF-8");
    for line in listed.lines() {
        let name = line.split_whitespace().next().expect("a name");
        let told = run(&[name, "--no-example"]);
        assert!(told.status.success() && !told.stdout.is_empty(), "{name}");
    }
    assert!(listed.lines().count() > 20, "{listed}");
    let unknown = run(&["postin.html"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean `posting.html`?"));
}

#[test]
fn the_plain_theme_has_every_page_and_a_small_stylesheet() {
    let public = site("plain").build();
    let report = public.check("/site/");
    assert_eq!(report.broken_links, [] as [String; 0]);
    assert_eq!(report.foreign, [] as [String; 0]);
    let ordinary = site("default").build();
    assert!(ordinary.files.keys().eq(public.files.keys()), "the same addresses");
    assert_eq!(ordinary.mail_anchors(), public.mail_anchors());
    let scripts = public.pages("").into_iter().filter(|path| public.page(path).contains("<script"));
    assert_eq!(scripts.collect::<Vec<_>>(), ["m/", "search/"]);
    let style = &public.files["style.css"];
    assert!(style.len() < 4096, "{} bytes", style.len());
}

#[test]
fn files_beside_the_plain_theme_change_it_in_place() {
    let site = site("plain");
    site.write("themes/plain/assets/style.css", "p{color:red}");
    let footer = "{% extends \"plain/base.html\" %}{% block footer %}<footer>ours</footer>{% endblock footer %}";
    site.write("themes/plain/templates/base.html", footer);
    let public = site.build();
    assert_eq!(public.files["style.css"], b"p{color:red}");
    let page = public.page("about/");
    assert!(page.contains("<footer>ours</footer>") && !page.contains("enhance.js"), "{page}");
}

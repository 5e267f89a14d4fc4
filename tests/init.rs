//! A site that `init` made: it builds at once, and wherever it is published.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use common::{Public, patchpress};
use serde_json::Value;

/// Makes a site with `init` in an empty directory.
fn init(args: &[&str]) -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    let output = patchpress().current_dir(here.path()).arg("init").args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    here
}

/// Builds a site; gives what was told.
fn build(site: &Path, args: &[&str]) -> String {
    let output = patchpress().current_dir(site).arg("build").args(args).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    told
}

#[test]
fn it_builds_as_it_is() {
    let here = init(&["x"]);
    let site = here.path().join("x");
    let told = build(&site, &[]);
    assert!(!told.contains("warning") && !told.contains("error"), "{told}");
    let public = Public::read(&site.join("public"));
    assert!(public.page("").contains("Lantern digests"));
    assert!(public.page("pages/about/").contains("<h1"));
    assert!(public.files.contains_key("lantern-devel/digests/2024-03/digest.txt"));
    assert_eq!(public.broken_links("/lantern-digests/"), Vec::<String>::new());
    // Nothing but the site and what is kept for the next build came into being.
    let mut names: Vec<_> = fs::read_dir(&site).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".gitignore", ".patchpress", "config.yaml", "content", "public"]);
}

/// The values of `attribute="…"` in a page.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!("{attribute}=\"");
    html.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_url_is_below_the_base_url_that_is_given() {
    let here = init(&["."]);
    build(here.path(), &["--quiet", "--base-url", "https://example.net/some/path"]);
    let public = Public::read(&here.path().join("public"));
    assert_eq!(public.broken_links("/some/path/"), Vec::<String>::new());
    let mut links = 0;
    for (name, bytes) in &public.files {
        let text = String::from_utf8_lossy(bytes);
        // The configuration's own base URL, of which nothing must be left.
        assert!(!text.contains("lantern-digests") && !text.contains("example.github.io"), "{name}");
        if !name.ends_with(".html") && !name.ends_with(".xml") {
            continue;
        }
        for attribute in ["href", "src", "action", "data-index"] {
            for value in values(&text, attribute).into_iter().filter(|v| v.starts_with('/')) {
                assert!(value.starts_with("/some/path/"), "{name}: {attribute}={value}");
                links += 1;
            }
        }
    }
    assert!(links > 200, "{links}");
    let feed = String::from_utf8_lossy(&public.files["feed.xml"]);
    let urls = values(&feed, "href");
    assert!(!urls.is_empty());
    for url in urls {
        assert!(url.starts_with("https://example.net/some/path/"), "{url}");
    }
}

/// Serves a directory below `/fork/`, as the host of a published site does.
fn host(directory: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let directory = directory.to_owned();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            let path = line.split(' ').nth(1).unwrap().strip_prefix("/fork/").unwrap();
            let (status, body) = match fs::read(directory.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", b"none".to_vec()),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    format!("http://{address}/fork")
}

/// A directory with a `cargo` that installs this program.
fn tools() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let tools = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin("patchpress");
    let cargo = format!(
        "#!/bin/sh\n[ \"$1 $2 $3\" = 'install patchpress --locked' ] || exit 1\n\
         ln -s {} \"$(dirname \"$0\")/patchpress\"\n",
        program.display()
    );
    let path = tools.path().join("cargo");
    fs::write(&path, cargo).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    tools
}

/// Runs one step as the hosts do: with bash, which ends at the first failure.
fn step(site: &Path, tools: &Path, variables: &[(&str, &str)], script: &str) -> (bool, String) {
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-e", "-c", script])
        .current_dir(site)
        .env("PATH", path)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&told).into_owned())
}

/// Runs steps in order up to the first that fails; its words, if there was one.
fn run(site: &Path, tools: &Path, variables: &[(&str, &str)], steps: &[String]) -> Option<String> {
    steps.iter().find_map(|script| {
        let (well, told) = step(site, tools, variables, script);
        (!well).then_some(told)
    })
}

/// Whether this machine has what the steps run.
fn has_tools() -> bool {
    let has = ["bash", "curl", "cmp"].into_iter().all(|tool| {
        Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    if !has {
        println!("skipped: bash, curl or cmp is missing");
    }
    has
}

/// A site that is published again and again, by the steps of either host.
fn publish(steps: &[String], address: &str) {
    let (here, live) = (init(&["."]), tempfile::tempdir().unwrap());
    let (site, tools) = (here.path(), tools());
    let base_url = host(live.path());
    let variables =
        [(address, base_url.as_str()), ("PATCHPRESS_VERSION", "0"), ("CARGO_HOME", ".")];
    let deploy = || {
        let mut copy = Command::new("cp");
        copy.args(["-a", "public/.", live.path().to_str().unwrap()]).current_dir(site);
        assert!(copy.status().unwrap().success());
    };
    let all = |steps: &[String]| run(site, tools.path(), &variables, steps);
    // The first time nothing is published and nothing was kept.
    assert_eq!(all(steps), None);
    let first = Public::read(&site.join("public"));
    assert!(first.page("").contains("href=\"/fork/series/\""));
    assert!(first.files.contains_key(".patchpress/manifest") && !site.join("published").exists());
    deploy();
    // The next night all of it was kept; the steps that install are not needed.
    assert_eq!(all(&steps[1..]), None);
    assert!(site.join("published").exists());
    assert_eq!(Public::read(&site.join("public")).files, first.files);
    // Nothing was kept: the site is the same.
    fs::remove_dir_all(site.join("public")).unwrap();
    fs::remove_dir_all(site.join(".patchpress")).unwrap();
    assert_eq!(all(&steps[1..]), None);
    assert_eq!(Public::read(&site.join("public")).files, first.files);
    // What was kept was never published: it is not taken for what was.
    let page = site.join("content/pages/draft.md");
    fs::write(&page, "# Draft\n\nNot for long.\n").unwrap();
    assert_eq!(all(&steps[1..]), None);
    fs::remove_file(&page).unwrap();
    assert_eq!(all(&steps[1..]), None);
    assert_eq!(Public::read(&site.join("public")).files, first.files);
    // Mail that is gone takes published pages with it: nothing goes out.
    let mbox = site.join("content/lists/lantern-devel/2024-03.mbox");
    let mail = fs::read_to_string(&mbox).unwrap();
    let second = mail[1..].find("\nFrom ").unwrap() + 2;
    fs::write(&mbox, &mail[second..]).unwrap();
    let told = all(&steps[1..]).expect("the check finds what is lost");
    assert!(told.contains("not fit to be published"), "{told}");
    let allowed = [&variables[..], &[("ALLOW_GONE", "--allow-gone")]].concat();
    assert_eq!(run(site, tools.path(), &allowed, &steps[1..]), None);
    // A host that can't be reached is no first deployment.
    let away =
        [(address, "http://127.0.0.1:1/fork"), ("PATCHPRESS_VERSION", "0"), ("CARGO_HOME", ".")];
    let told = run(site, tools.path(), &away, &steps[1..]).expect("it ends there");
    assert!(told.contains("can't be fetched") || told.contains("onnect"), "{told}");
}

/// The scripts of a list of YAML, in their order.
fn scripts(list: &Value, key: Option<&str>) -> Vec<String> {
    let each = list.as_array().unwrap().iter();
    let script = |step: &Value| key.map_or(step, |key| &step[key]).as_str().map(str::to_owned);
    each.filter_map(script).collect()
}

/// What the workflow runs, with what GitHub puts in its place, does what it is to do.
#[test]
fn the_workflow_publishes_again_and_again() {
    if !has_tools() {
        return;
    }
    let here = init(&[".", "--github"]);
    let text = fs::read_to_string(here.path().join(".github/workflows/pages.yml")).unwrap();
    assert!(!text.contains("{version}") && text.contains("PATCHPRESS_VERSION: \""), "{text}");
    let workflow: Value = serde_yaml::from_str(&text).unwrap();
    let build = &workflow["jobs"]["build"]["steps"];
    for step in build.as_array().unwrap().iter().filter(|step| step["run"].is_string()) {
        let given = &step["env"]["SITE"];
        assert!(given.is_null() || given == "${{ steps.pages.outputs.base_url }}", "{given}");
    }
    publish(&scripts(build, Some("run")), "SITE");
}

#[test]
fn the_pipeline_publishes_again_and_again() {
    if !has_tools() {
        return;
    }
    let here = init(&[".", "--gitlab"]);
    let text = fs::read_to_string(here.path().join(".gitlab-ci.yml")).unwrap();
    let pipeline: Value = serde_yaml::from_str(&text).unwrap();
    // The first line says where the second one installs to.
    let steps = scripts(&pipeline["pages"]["script"], None);
    assert!(steps[0].starts_with("export PATH="), "{steps:?}");
    publish(&steps[1..], "CI_PAGES_URL");
}

/// A site that is there gets what publishes it, and nothing else is touched.
#[test]
fn publishing_can_be_added_later() {
    let here = init(&["."]);
    let add = |flags: &[&str]| {
        patchpress().current_dir(here.path()).args(["init", "."]).args(flags).output().unwrap()
    };
    fs::write(here.path().join("config.yaml"), "mine").unwrap();
    assert!(add(&["--gitlab", "--github"]).status.success());
    assert!(here.path().join(".gitlab-ci.yml").exists());
    assert!(here.path().join(".github/workflows/pages.yml").exists());
    assert_eq!(fs::read_to_string(here.path().join("config.yaml")).unwrap(), "mine");
    assert_eq!(add(&["--gitlab"]).status.code(), Some(1));
}

/// The recipes of the manual are shell that can be read.
#[test]
fn the_recipes_for_publishing_are_shell() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/pages/publishing.md");
    let text = fs::read_to_string(page).unwrap();
    let recipes: Vec<&str> =
        text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(recipes.len() >= 2);
    for recipe in recipes {
        let output = Command::new("sh").args(["-n", "-c", recipe]).output().unwrap();
        assert!(output.status.success(), "{recipe}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

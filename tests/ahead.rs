//! What somebody looks at while a site is built again: it comes before all else, and what
//! would follow may be left for the next build.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use common::{Public, Site};
use patchpress::config;
use patchpress::progress::Silent;
use patchpress::site::build::{BuildOptions, build_again};
use patchpress::site::resident::{Onlooker, Resident};

const CONFIG: &str = "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
                      ranges: month\n    sources:\n      - mbox: 'mail/*.mbox'\n";

/// The pages that are looked at: one of the owner's, one of the archive's.
const OPEN: [&str; 2] = ["pages/a/index.html", "list/index.html"];

/// A site of two pages and some mail, built once.
struct Lived {
    site: Site,
    resident: Resident,
}

impl Lived {
    fn new() -> Lived {
        let site = Site::new(CONFIG);
        site.ok(&["generate", "mail", "--mails", "60", "--seed", "3"]);
        site.write("content/pages/a.md", "# One\n\nWords.\n");
        site.write("content/pages/b.md", "# Another\n\nWords.\n");
        let mut lived = Lived { site, resident: Resident::default() };
        lived.build(&|| {}, false).unwrap();
        lived
    }

    /// Builds the site for somebody who has [`OPEN`] open; fails as the build does.
    fn build(&mut self, written: &(dyn Fn() + Sync), superseded: bool) -> Result<(), String> {
        let config = config::load(&self.site.path("config.yaml")).unwrap();
        let output = self.site.path("public");
        let options = BuildOptions {
            config: &config,
            output: &output,
            force: false,
            cache: true,
            facts: &[],
        };
        let files = OPEN.map(str::to_owned);
        let onlooker = Onlooker { files: &files, written, superseded: &|| superseded };
        let built = build_again(&options, &mut self.resident, Some(&onlooker), &Silent);
        built.map(drop).map_err(|error| format!("{:?}", error.0))
    }

    /// Puts a word on every page, and a rule into the stylesheet.
    fn restyle(&self) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/default");
        let read = |name: &str| std::fs::read_to_string(source.join(name)).unwrap();
        let base = read("templates/base.html").replace("<main", "<p>A word.</p><main");
        self.site.write("themes/default/templates/base.html", base);
        let style = read("assets/style.css") + "\np { color: red }\n";
        self.site.write("themes/default/assets/style.css", style);
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        site_files(&self.site.path("public"))
    }
}

/// The files of a site, without the notes about them.
fn site_files(output: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = Public::read(output).files;
    files.retain(|name, _| !name.starts_with(".patchpress/"));
    files
}

/// Files that are other ones in `after`.
fn changed(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    before.keys().filter(|name| before[*name] != after[*name]).cloned().collect()
}

/// What a build makes of the site as it is now that knows nothing of the builds before.
fn made_anew(site: &Site) -> BTreeMap<String, Vec<u8>> {
    site.ok(&["build", "--quiet", "--no-cache", "--output", "anew"]);
    site_files(&site.path("anew"))
}

#[test]
fn open_pages_are_told_of_before_any_other_is_made() {
    let mut lived = Lived::new();
    let before = lived.files();
    lived.restyle();
    let output = lived.site.path("public");
    let told = Mutex::new(Vec::new());
    lived.build(&|| told.lock().unwrap().push(site_files(&output)), false).unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 1, "how often open pages were told");
    assert_eq!(changed(&before, &told[0]), ["list/index.html", "pages/a/index.html", "style.css"]);
    let after = lived.files();
    for name in OPEN {
        assert_eq!(told[0][name], after[name], "{name}");
    }
    assert!(after["pages/b/index.html"] != before["pages/b/index.html"]);
    assert_eq!(after, made_anew(&lived.site));
}

#[test]
fn nobody_is_told_of_what_they_do_not_look_at() {
    let mut lived = Lived::new();
    lived.site.write("content/pages/b.md", "# Another\n\nOther words.\n");
    let told = Mutex::new(0);
    lived.build(&|| *told.lock().unwrap() += 1, false).unwrap();
    assert_eq!(*told.lock().unwrap(), 0);
    assert!(String::from_utf8_lossy(&lived.files()["pages/b/index.html"]).contains("Other words."));
}

#[test]
fn a_build_that_is_superseded_shows_what_is_open_and_leaves_the_rest_to_the_next() {
    let mut lived = Lived::new();
    let before = lived.files();
    lived.restyle();
    let told = Mutex::new(0);
    lived.build(&|| *told.lock().unwrap() += 1, true).unwrap_err();
    assert_eq!(*told.lock().unwrap(), 1);
    let changed = changed(&before, &lived.files());
    assert_eq!(changed, ["list/index.html", "pages/a/index.html", "style.css"]);
    lived.build(&|| {}, false).unwrap();
    assert_eq!(lived.files(), made_anew(&lived.site));
}

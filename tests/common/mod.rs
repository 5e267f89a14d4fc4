//! Builds sites with the program itself, and looks at what came out.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

/// The program under test.
pub fn patchpress() -> Command {
    Command::cargo_bin("patchpress").expect("the binary is built")
}

/// Where the real lists are unpacked, if this machine has them.
pub fn data(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATCHPRESS_DATA").map(|root| Path::new(&root).join(name));
    let found = path.filter(|path| path.exists());
    if found.is_none() {
        println!("skipped: {name} is not here; PATCHPRESS_DATA names the directory of the lists");
    }
    found
}

/// A site in a temporary directory.
pub struct Site {
    pub dir: tempfile::TempDir,
}

impl Site {
    /// A directory with this `config.yaml`.
    pub fn new(config: &str) -> Site {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join("config.yaml"), config).expect("writable");
        Site { dir }
    }

    /// A site of one list, `list`, at `https://example.org/site`, whose mail is `mail`.
    pub fn of(mail: &Path) -> Site {
        Site::new(&format!(
            "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
             title: List\n    sources:\n      - mbox: {}\n    ranges: month\n",
            mail.display()
        ))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Site {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("in the directory")).expect("writable");
        fs::write(path, content).expect("writable");
        self
    }

    /// Runs a command in the site's directory.
    pub fn run(&self, arguments: &[&str]) -> Output {
        patchpress().current_dir(self.dir.path()).args(arguments).output().expect("runs")
    }

    /// Runs a command that must succeed; gives its standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The built site.
    pub fn build(&self) -> Public {
        self.ok(&["build", "--quiet"]);
        Public::read(&self.path("public"))
    }
}

/// A built site.
pub struct Public {
    /// Every file's bytes by its path, with `/` between the parts.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Public {
    pub fn read(root: &Path) -> Public {
        let mut files = BTreeMap::new();
        for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
            let entry = entry.expect("readable");
            if entry.file_type().is_file() {
                let name = entry.path().strip_prefix(root).expect("below").to_string_lossy();
                files.insert(name.into_owned(), fs::read(entry.path()).expect("readable"));
            }
        }
        Public { files }
    }

    /// The HTML of a page by its path below the site, such as `series/x-y/`.
    pub fn page(&self, path: &str) -> &str {
        let bytes = self.files.get(&format!("{path}index.html"));
        std::str::from_utf8(bytes.unwrap_or_else(|| panic!("no page {path}"))).expect("UTF-8")
    }

    /// The paths of pages that begin so.
    pub fn pages(&self, prefix: &str) -> Vec<&str> {
        let pages = self.files.keys().filter_map(|name| name.strip_suffix("index.html"));
        pages.filter(|path| path.starts_with(prefix)).collect()
    }

    /// Every page's tags.
    fn html(&self) -> impl Iterator<Item = (&str, Vec<Tag<'_>>)> {
        let pages = self.files.iter().filter(|(name, _)| name.ends_with(".html"));
        pages.map(|(name, bytes)| {
            (name.as_str(), tags(std::str::from_utf8(bytes).expect("pages are UTF-8")))
        })
    }

    /// Every link and anchor below `base` (`/site/`) that leads nowhere.
    pub fn broken_links(&self, base: &str) -> Vec<String> {
        let pages: Vec<_> = self.html().collect();
        let anchors: HashMap<&str, BTreeSet<&str>> = pages
            .iter()
            .map(|(name, tags)| (*name, tags.iter().filter_map(|t| t.get("id")).collect()))
            .collect();
        let mut broken = Vec::new();
        for (name, tags) in &pages {
            for link in tags.iter().filter_map(|t| t.get("href").or_else(|| t.get("src"))) {
                if !self.resolves(base, name, link, &anchors) {
                    broken.push(format!("{name}: {link}"));
                }
            }
        }
        broken
    }

    fn resolves(
        &self,
        base: &str,
        from: &str,
        link: &str,
        anchors: &HashMap<&str, BTreeSet<&str>>,
    ) -> bool {
        let link = link.replace("&amp;", "&");
        let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let path = path.split('?').next().unwrap_or(path);
        let external = ["http:", "https:", "ftp:", "mailto:"].iter().any(|s| path.starts_with(s));
        if external {
            return true;
        }
        let target = match (path, path.strip_prefix(base)) {
            ("", _) => from.to_owned(),
            (_, Some(below)) if below.is_empty() || below.ends_with('/') => {
                format!("{below}index.html")
            }
            (_, Some(below)) => below.to_owned(),
            (_, None) => return false,
        };
        self.files.contains_key(&target)
            && (anchor.is_empty()
                || anchors.get(target.as_str()).is_some_and(|known| known.contains(anchor)))
    }

    /// How often each mail's anchor is on a page.
    pub fn mail_anchors(&self) -> HashMap<String, u32> {
        let mut found = HashMap::new();
        for (_, tags) in self.html() {
            for id in tags.iter().filter_map(|t| t.get("id")).filter(|id| id.starts_with("m-")) {
                *found.entry(id.to_owned()).or_default() += 1;
            }
        }
        found
    }

    /// Elements and attributes that no template writes: markup that came out of a mail.
    pub fn foreign_markup(&self) -> Vec<String> {
        const FOREIGN: [&str; 16] = [
            "img", "iframe", "object", "embed", "style", "font", "table2", "marquee", "base",
            "frame", "applet", "audio", "video", "canvas", "math", "o:p",
        ];
        let mut found = Vec::new();
        for (name, tags) in self.html() {
            for tag in tags {
                let event =
                    tag.attributes.iter().any(|(key, _)| key.starts_with("on") || *key == "style");
                let script = tag.name == "script" && tag.get("src").is_none();
                if event || script || FOREIGN.contains(&tag.name) {
                    found.push(format!("{name}: <{}>", tag.name));
                }
            }
        }
        found
    }
}

/// An opening tag.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(k, _)| *k == key).map(|(_, value)| *value)
    }
}

/// The opening tags of a page, read as strictly as our own pages are written: every `<` in
/// text is escaped, so every `<` is a tag.
fn tags(html: &str) -> Vec<Tag<'_>> {
    html.split('<')
        .skip(1)
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        .map(|rest| {
            let end = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
            Tag { name: rest[..end].trim_end_matches('/'), attributes: attributes(&rest[end..]) }
        })
        .collect()
}

fn attributes(mut rest: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() {
            return found;
        }
        rest = &rest[end..];
        let Some(value) = rest.strip_prefix('=') else {
            found.push((name, ""));
            continue;
        };
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(
                value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len()),
            ),
        };
        found.push((name, value));
        rest = after;
    }
}

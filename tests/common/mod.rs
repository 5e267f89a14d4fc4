//! Builds sites with the program itself, and looks at what came out.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod repository;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use flate2::{Compression, write::GzEncoder};
use memchr::memchr;
use rayon::prelude::*;

/// The program under test.
pub fn patchpress() -> Command {
    Command::cargo_bin("patchpress").expect("the binary is built")
}

/// Gives a file the time so many seconds after 1970: what was written just now isn't trusted.
pub fn age(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    File::options()
        .write(true)
        .open(path)
        .and_then(|file| file.set_modified(time))
        .expect("a file");
}

/// Compressed bytes.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(bytes).and_then(|()| gzip.finish()).expect("memory")
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

/// The mbox files of a list.
pub fn mbox_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = path.read_dir().expect("readable").map(|entry| entry.expect("readable").path());
    let holds_mail = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".mbox") || (name.ends_with(".txt") && name.starts_with(['1', '2']))
    };
    let mut files: Vec<PathBuf> = entries.filter(holds_mail).collect();
    files.sort();
    files
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
        Site::new(&config(mail, "month"))
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

/// The configuration of one list, `list`, at `https://example.org/site`, that is cut into
/// `ranges`.
pub fn config(mail: &Path, ranges: &str) -> String {
    format!(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
         title: List\n    sources:\n      - mbox: {}\n    ranges: {ranges}\n",
        mail.display()
    )
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

    /// What there is to say of all pages, for a site at `base` (`/site/`).
    pub fn check(&self, base: &str) -> Report {
        let pages: Vec<&String> = self.files.keys().filter(|n| n.ends_with(".html")).collect();
        let pages: BTreeMap<&str, Markup<'_>> = pages
            .into_par_iter()
            .map(|name| (name.as_str(), Markup::read(text_of(&self.files[name]))))
            .collect();
        let mut report = Report::default();
        for (name, markup) in &pages {
            for id in markup.anchors.iter().filter(|id| id.starts_with("m-")) {
                *report.mail_anchors.entry(id.to_string()).or_default() += 1;
            }
            for link in &markup.links {
                report.links += 1;
                if !self.resolves(base, name, link, &pages) {
                    report.broken_links.push(format!("{name}: {link}"));
                }
            }
            report.foreign.extend(markup.faults.iter().map(|fault| format!("{name}: {fault}")));
        }
        report
    }

    fn resolves(
        &self,
        base: &str,
        from: &str,
        link: &str,
        pages: &BTreeMap<&str, Markup<'_>>,
    ) -> bool {
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let path = path.split('?').next().unwrap_or(path);
        if let Some((scheme, _)) = path.split_once(':') {
            return SCHEMES.contains(&scheme.to_ascii_lowercase().as_str());
        }
        let target = match (path, path.strip_prefix(base)) {
            ("", _) => from.to_owned(),
            (_, Some(below)) if below.is_empty() || below.ends_with('/') => {
                format!("{below}index.html")
            }
            (_, Some(below)) => below.to_owned(),
            (_, None) => return false,
        };
        let known = |page: &Markup<'_>| page.anchors.contains(anchor);
        self.files.contains_key(&target)
            && (anchor.is_empty() || pages.get(target.as_str()).is_some_and(known))
    }

    /// Every link and anchor that leads nowhere, or to a scheme that no page may name.
    pub fn broken_links(&self, base: &str) -> Vec<String> {
        self.check(base).broken_links
    }

    /// How often each mail's anchor is in the whole site.
    pub fn mail_anchors(&self) -> BTreeMap<String, u32> {
        self.check("/").mail_anchors
    }

    /// Markup that can't have come out of a template.
    pub fn foreign_markup(&self) -> Vec<String> {
        self.check("/").foreign
    }

    /// The paths of files that have another form than the URLs of the site promise, or that
    /// lie outside of it.
    pub fn strange_paths(&self) -> Vec<&str> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-./_".contains(&b);
        let names = self.files.keys().map(String::as_str);
        names.filter(|name| !name.bytes().all(plain) || name.contains("..")).collect()
    }
}

/// Where links may lead.
const SCHEMES: [&str; 4] = ["http", "https", "ftp", "mailto"];

/// Elements that need no end.
const VOID: [&str; 6] = ["br", "input", "link", "meta", "hr", "wbr"];

/// The elements of the built-in theme, and those that the text of mail is marked up with.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "bdi",
    "body",
    "br",
    "button",
    "caption",
    "circle",
    "code",
    "dd",
    "del",
    "desc",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "foreignObject",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "html",
    "input",
    "ins",
    "kbd",
    "label",
    "li",
    "line",
    "link",
    "main",
    "mark",
    "meta",
    "nav",
    "ol",
    "p",
    "path",
    "pre",
    "rect",
    "script",
    "section",
    "small",
    "span",
    "strong",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "ul",
    "wbr",
];

/// The attributes that these have.
const ATTRIBUTES: &[&str] = &[
    "action",
    "aria-current",
    "aria-describedby",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "autocapitalize",
    "autocomplete",
    "charset",
    "class",
    "cx",
    "content",
    "d",
    "data-copy",
    "data-digits",
    "data-index",
    "data-b",
    "data-l",
    "data-mails",
    "data-n",
    "data-nav",
    "data-search",
    "cy",
    "datetime",
    "defer",
    "download",
    "focusable",
    "for",
    "formaction",
    "height",
    "hidden",
    "href",
    "http-equiv",
    "id",
    "lang",
    "method",
    "name",
    "open",
    "preserveAspectRatio",
    "property",
    "r",
    "rel",
    "role",
    "scope",
    "spellcheck",
    "src",
    "tabindex",
    "text-anchor",
    "title",
    "type",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
    "xlink:href",
    "xlink:title",
];

/// What there is to say of all pages of a site.
#[derive(Default)]
pub struct Report {
    /// How often each mail's anchor is in the whole site.
    pub mail_anchors: BTreeMap<String, u32>,
    /// How many links there are.
    pub links: usize,
    /// Those that lead nowhere, or to a scheme that no page may name.
    pub broken_links: Vec<String>,
    /// What can't have come out of a template: elements and attributes that none writes,
    /// tags that don't nest, a `<` or `>` that is no part of a tag, an `&` that begins no
    /// reference, an anchor twice on a page, inline scripts.
    pub foreign: Vec<String>,
}

fn text_of(page: &[u8]) -> &str {
    std::str::from_utf8(page).expect("pages are UTF-8")
}

/// The tags of a page, read more strictly than any browser does.
#[derive(Default)]
struct Markup<'a> {
    anchors: BTreeSet<Cow<'a, str>>,
    links: Vec<Cow<'a, str>>,
    faults: Vec<String>,
    open: Vec<&'a str>,
}

impl<'a> Markup<'a> {
    fn read(html: &'a str) -> Self {
        let mut markup = Markup::default();
        let mut rest = html.strip_prefix("<!DOCTYPE html>").unwrap_or(html);
        while let Some(start) = memchr(b'<', rest.as_bytes()) {
            markup.text(&rest[..start]);
            rest = match rest[start + 1..].strip_prefix('/') {
                Some(tag) => markup.end(tag),
                None => markup.start(&rest[start + 1..]),
            };
        }
        markup.text(rest);
        if let Some(open) = markup.open.last() {
            markup.faults.push(format!("<{open}> has no end"));
        }
        markup
    }

    fn fault(&mut self, what: &str, at: &str) {
        let shown: String = at.chars().take(60).collect();
        self.faults.push(format!("{what}: {shown:?}"));
    }

    fn text(&mut self, text: &str) {
        if memchr(b'>', text.as_bytes()).is_some() {
            self.fault("a bare >", text);
        }
        self.unescaped(text);
        if self.open.last() == Some(&"script") && !text.is_empty() {
            self.fault("an inline script", text);
        }
    }

    /// The text with its references replaced by what they stand for.
    fn unescaped<'b>(&mut self, text: &'b str) -> Cow<'b, str> {
        let mut plain = Cow::Borrowed(text);
        let mut rest = text;
        while let Some(at) = memchr(b'&', rest.as_bytes()) {
            let part = &rest[at + 1..];
            let known = REFERENCES.iter().find(|(name, _)| part.starts_with(name));
            let Some((name, text)) = known else {
                self.fault("a bare &", part);
                return plain;
            };
            let done = plain.len() - rest.len() + at;
            plain.to_mut().replace_range(done..=done + name.len(), text);
            rest = &part[name.len()..];
        }
        plain
    }

    fn end(&mut self, tag: &'a str) -> &'a str {
        let end = memchr(b'>', tag.as_bytes()).unwrap_or(tag.len());
        let (name, rest) = (&tag[..end], tag.get(end + 1..).unwrap_or(""));
        if self.open.pop() != Some(name) {
            self.fault("an end without its start", tag);
        }
        rest
    }

    fn start(&mut self, tag: &'a str) -> &'a str {
        let end = tag.bytes().position(|b| b" \n>/".contains(&b)).unwrap_or(tag.len());
        let name = &tag[..end];
        if !ELEMENTS.contains(&name) {
            self.fault("a foreign element", tag);
        }
        let mut rest = &tag[end..];
        loop {
            rest = rest.trim_start_matches([' ', '\n']);
            if let Some(after) = rest.strip_prefix("/>") {
                return after;
            }
            if let Some(after) = rest.strip_prefix('>') {
                if !VOID.contains(&name) {
                    self.open.push(name);
                }
                return after;
            }
            rest = match self.attribute(rest) {
                Some(after) => after,
                None => {
                    self.fault("not an attribute", tag);
                    return rest.split_once('>').map_or("", |(_, after)| after);
                }
            };
        }
    }

    /// Reads `key="value"`, `key=word` or `key`; gives what follows.
    fn attribute(&mut self, rest: &'a str) -> Option<&'a str> {
        let end = rest.bytes().position(|b| b"= \n>/".contains(&b))?;
        let key = &rest[..end];
        if !ATTRIBUTES.contains(&key) {
            self.fault("a foreign attribute", rest);
        }
        let after = &rest[end..];
        let Some(value) = after.strip_prefix('=') else {
            return (end > 0).then_some(after);
        };
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(|c: char| !is_plain(c))?),
        };
        if value.contains(['<', '>']) {
            self.fault("markup in an attribute", value);
        }
        let value = self.unescaped(value);
        match key {
            "id" if self.anchors.contains(&value) => self.fault("an anchor twice", &value),
            "id" => drop(self.anchors.insert(value)),
            "href" | "xlink:href" | "src" | "action" | "formaction" => self.links.push(value),
            _ => {}
        }
        Some(after)
    }
}

/// What may stand in a value without quotes.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// The character references that pages are written with.
const REFERENCES: [(&str, &str); 10] = [
    ("amp;", "&"),
    ("lt;", "<"),
    ("gt;", ">"),
    ("quot;", "\""),
    ("#39;", "'"),
    ("#x27;", "'"),
    ("#x2F;", "/"),
    ("#x2f;", "/"),
    ("#96;", "`"),
    ("nbsp;", "\u{a0}"),
];

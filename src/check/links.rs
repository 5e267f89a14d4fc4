//! What a site consists of, and whether its links lead to something that is there.
//!
//! Every file is read once and forgotten: a page's own anchors are looked up at once, those
//! of other pages when all are known. Faults are gathered by where the link leads, since one
//! page that is missing breaks the links of many.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;

use super::scan::{self, Found};
use crate::site::url::{Base, percent_decoded};

/// The files of a site: relative paths in order, those of pages without `index.html`.
pub(super) struct Places {
    places: Vec<Box<str>>,
    by_name: HashMap<Box<str>, u32>,
}

impl Places {
    /// The places of these files (`series/x/index.html`, `style.css`).
    pub fn new(mut files: Vec<String>) -> Places {
        files.iter_mut().for_each(|file| file.truncate(place(file).len()));
        files.sort_unstable();
        let places: Vec<Box<str>> = files.into_iter().map(String::into_boxed_str).collect();
        let by_name = places.iter().cloned().zip(0..).collect();
        Places { places, by_name }
    }

    /// The number of a place: `series/x/`, `series/x/index.html` or `style.css`. A host leads
    /// from `series/x` to `series/x/`.
    pub fn find(&self, path: &str) -> Option<u32> {
        let path = place(path);
        let found = self.by_name.get(path).or_else(|| {
            let directory = !path.is_empty() && !path.ends_with('/');
            directory.then(|| self.by_name.get(&*format!("{path}/")))?
        });
        found.copied()
    }

    /// The file of a place.
    fn file(&self, at: u32) -> Cow<'_, str> {
        match &*self.places[at as usize] {
            page if page.is_empty() || page.ends_with('/') => format!("{page}index.html").into(),
            file => file.into(),
        }
    }
}

/// A file's place: a page's address for `index.html`.
fn place(file: &str) -> &str {
    match file.strip_suffix("index.html") {
        Some(page) if page.is_empty() || page.ends_with('/') => page,
        _ => file,
    }
}

/// What reading all pages came to.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Pages read.
    pub pages: usize,
    /// Bytes of each file, by its place.
    pub sizes: Vec<u64>,
    /// Links within the site.
    pub links: usize,
    /// Anchors of all pages.
    pub anchors: usize,
    /// Where links lead that lead nowhere, each with the number of links and the first file
    /// that has one.
    pub broken: BTreeMap<String, Broken>,
    /// Anchors that a page has twice, each with the page's file.
    pub twice: Vec<(String, String)>,
    /// Files that can't be read, and why.
    pub unreadable: Vec<(String, String)>,
    /// The pages that lead on to another by themselves, in order.
    pub leading_on: Vec<u32>,
}

/// Links that lead nowhere, all to the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// What is wrong.
    pub fault: Fault,
    /// How many there are.
    pub links: usize,
    /// The first file that has one.
    pub file: String,
}

/// Why a link leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no such page or file.
    NoPlace,
    /// The page is there, without the anchor.
    NoAnchor,
    /// It leads out of the site's path on its host.
    Outside,
}

/// What one file holds.
#[derive(Default)]
struct Sheet {
    page: bool,
    bytes: u64,
    links: usize,
    leads_on: bool,
    anchors: Vec<Box<str>>,
    twice: Vec<String>,
    broken: Vec<(String, Fault)>,
    /// Anchors of other pages that it leads to.
    pending: Vec<(u32, Box<str>)>,
    unreadable: Option<String>,
}

/// Reads all files below `root` and follows the links in them.
pub(super) fn follow(root: &Path, places: &Places, base: &Base) -> Findings {
    let read = |buffer: &mut Vec<u8>, at: usize| {
        let file = places.file(at as u32);
        match bytes(&root.join(&*file), has_links(&file), buffer) {
            Ok(size) => Sheet { bytes: size, ..sheet(places, base, at as u32, buffer) },
            Err(error) => Sheet { unreadable: Some(error.to_string()), ..Sheet::default() },
        }
    };
    let sheets: Vec<Sheet> =
        (0..places.places.len()).into_par_iter().map_init(Vec::new, read).collect();
    gather(places, sheets)
}

/// Whether a file is read; of others the size is enough.
fn has_links(file: &str) -> bool {
    let of_index = file.starts_with(INDEX) && !file.ends_with(".gz");
    file.ends_with(".html") || file.ends_with(".xml") || of_index
}

/// Where the index of Message-IDs is.
const INDEX: &str = "m/index/";

/// Reads a file if its content is wanted; gives its size.
fn bytes(path: &Path, wanted: bool, buffer: &mut Vec<u8>) -> io::Result<u64> {
    buffer.clear();
    let mut file = File::open(path)?;
    match wanted {
        true => file.read_to_end(buffer).map(|size| size as u64),
        false => file.metadata().map(|about| about.len()),
    }
}

/// Reads one file.
fn sheet(places: &Places, base: &Base, at: u32, content: &[u8]) -> Sheet {
    let file = places.file(at);
    let mut sheet = Sheet { page: file.ends_with(".html"), ..Sheet::default() };
    let mut own: Vec<Cow<'_, str>> = Vec::new();
    let mut anchors: Vec<Cow<'_, str>> = Vec::new();
    let mut found = |found: Found<'_>| match found {
        Found::Anchor(id) => anchors.push(Cow::Owned(unescaped(id).into_owned())),
        Found::Link(href) => {
            let href = unescaped(href);
            match href.strip_prefix('#') {
                Some(anchor) => own.push(Cow::Owned(anchor.to_owned())),
                None => sheet.link(places, base, at, &href),
            }
        }
        Found::Refresh => sheet.leads_on = true,
    };
    if file.starts_with(INDEX) {
        index(content, base, &mut found);
    } else if file.ends_with(".html") || file.ends_with("feed.xml") {
        scan::tags(content, &mut found);
    } else {
        scan::locations(content, &mut found);
    }
    anchors.sort_unstable();
    sheet.links += own.len();
    own.retain(|anchor| !is_there(&anchors, anchor));
    let page = &places.places[at as usize];
    sheet.broken.extend(own.into_iter().map(|id| (format!("/{page}#{id}"), Fault::NoAnchor)));
    let twice = anchors.windows(2).filter(|pair| pair[0] == pair[1]);
    sheet.twice = twice.map(|pair| pair[0].clone().into_owned()).collect();
    sheet.anchors = anchors.into_iter().map(|id| id.into_owned().into_boxed_str()).collect();
    sheet
}

/// The places that a file of the index of Message-IDs names.
fn index(content: &[u8], base: &Base, found: &mut impl FnMut(Found<'_>)) {
    // A file that is no such map has a size other than the manifest says, which is told.
    let entries: BTreeMap<String, String> = serde_json::from_slice(content).unwrap_or_default();
    for place in entries.values() {
        found(Found::Link(format!("{}/{place}", base.path()).as_bytes()));
    }
}

/// Whether anchors in order have this one. The empty one and `top` are a page's beginning.
fn is_there<T: AsRef<str>>(anchors: &[T], anchor: &str) -> bool {
    let there = |anchor: &str| anchors.binary_search_by(|id| id.as_ref().cmp(anchor)).is_ok();
    anchor.is_empty() || anchor == "top" || there(anchor) || there(&percent_decoded(anchor))
}

impl Sheet {
    /// Notes a link to elsewhere than this page.
    fn link(&mut self, places: &Places, base: &Base, at: u32, href: &str) {
        let inside = match base.within(href) {
            Some(inside) => Cow::Borrowed(inside),
            None if is_relative(href) => Cow::Owned(joined(&places.places[at as usize], href)),
            None => {
                let outside = href.starts_with('/') && !href.starts_with("//");
                self.broken.extend(outside.then(|| (href.to_owned(), Fault::Outside)));
                return;
            }
        };
        self.links += 1;
        let (address, anchor) = inside.split_once('#').unwrap_or((&inside, ""));
        let path = address.split('?').next().unwrap_or(address);
        match places.find(&percent_decoded(path)) {
            None => self.broken.push((format!("/{path}"), Fault::NoPlace)),
            Some(_) if anchor.is_empty() => {}
            Some(target) => self.pending.push((target, anchor.into())),
        }
    }
}

/// Whether a link is to be read from where it stands: no scheme, no host, no path.
fn is_relative(href: &str) -> bool {
    let end = href.find(['/', '?', '#']).unwrap_or(href.len());
    !href.starts_with('/') && !href[..end].contains(':')
}

/// A relative link as seen from a page or file.
fn joined(from: &str, href: &str) -> String {
    let directory = from.rsplit_once('/').map_or("", |(directory, _)| directory);
    let end = href.find(['?', '#']).unwrap_or(href.len());
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    let mut names = href[..end].split('/').peekable();
    while let Some(name) = names.next() {
        let last = names.peek().is_none();
        match name {
            ".." => drop(parts.pop()),
            "." => {}
            name if last => parts.push(name),
            "" => {}
            name => parts.push(name),
        }
        if last && (name == ".." || name == ".") {
            parts.push("");
        }
    }
    parts.join("/") + &href[end..]
}

/// What all files hold, and the links from page to page followed.
fn gather(places: &Places, mut sheets: Vec<Sheet>) -> Findings {
    let mut findings = Findings::default();
    let pending: Vec<Vec<(String, Fault)>> = sheets
        .par_iter()
        .map(|sheet| {
            let lost = |(target, anchor): &&(u32, Box<str>)| {
                !is_there(&sheets[*target as usize].anchors, anchor)
            };
            let name = |(target, anchor): &(u32, Box<str>)| {
                let page = &places.places[*target as usize];
                (format!("/{page}#{anchor}"), Fault::NoAnchor)
            };
            sheet.pending.iter().filter(lost).map(name).collect()
        })
        .collect();
    for (at, (sheet, pending)) in sheets.iter_mut().zip(pending).enumerate() {
        sheet.broken.extend(pending);
        findings.add(places, at as u32, sheet);
    }
    findings
}

impl Findings {
    fn add(&mut self, places: &Places, at: u32, sheet: &mut Sheet) {
        let file = || places.file(at).into_owned();
        self.pages += usize::from(sheet.page);
        self.sizes.push(sheet.bytes);
        self.links += sheet.links;
        self.anchors += sheet.anchors.len();
        self.leading_on.extend(sheet.leads_on.then_some(at));
        self.twice.extend(sheet.twice.drain(..).map(|anchor| (anchor, file())));
        self.unreadable.extend(sheet.unreadable.take().map(|error| (file(), error)));
        for (target, fault) in sheet.broken.drain(..) {
            let broken = self.broken.entry(target);
            let broken = broken.or_insert_with(|| Broken { fault, links: 0, file: file() });
            broken.links += 1;
        }
    }
}

/// An attribute's value with its character references replaced by what they stand for.
fn unescaped(value: &[u8]) -> Cow<'_, str> {
    const REFERENCES: [(&str, &str); 7] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&amp;", "&"),
    ];
    let text = String::from_utf8_lossy(value);
    if !value.contains(&b'&') {
        return text;
    }
    let replaced =
        REFERENCES.iter().fold(text.into_owned(), |text, (name, c)| text.replace(name, c));
    Cow::Owned(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A site of these files; what there is to say of it.
    fn findings(files: &[(&str, &str)]) -> (Places, Findings) {
        let root = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let places = Places::new(files.iter().map(|(name, _)| name.to_string()).collect());
        let found = follow(root.path(), &places, &Base::new("https://example.org/x"));
        (places, found)
    }

    fn broken(files: &[(&str, &str)]) -> Vec<(String, Fault, usize)> {
        let (_, found) = findings(files);
        found.broken.into_iter().map(|(to, b)| (to, b.fault, b.links)).collect()
    }

    #[test]
    fn links_of_every_form_are_followed() {
        let home = "<a href=\"/x/a/\"><a href=\"a/\"><a href=\"https://example.org/x/a/#i\">\
                    <a href=\"/x/a\"><a href=\"./a/index.html?q=1#i\"><a href=\"/x/\"><a href=\"/x/s.css\">\
                    <a href=\"https://example.org/other/\"><a href=\"mailto:a@b\"><a href=\"//c/d\">\
                    <a href=\"#\"><a href=\"#top\"><a href=\"#a&amp;b\"><p id=\"a&amp;b\">";
        let page = "<p id=i><a href=\"../\"><a href=\"../s.css\"><a href=\".\"><a href=\"#%69\">";
        let files = [("index.html", home), ("a/index.html", page), ("s.css", "")];
        assert_eq!(broken(&files), []);
        let (_, found) = findings(&files);
        assert_eq!((found.pages, found.links, found.anchors), (2, 14, 2));
    }

    #[test]
    fn what_leads_nowhere_is_told_once_with_the_number_of_links() {
        let home = "<a href=\"/x/b/\"><a href=\"/x/a/#j\"><a href=\"/y/\"><a href=\"#n\">";
        let page = "<a href=\"../b/#k\"><a href=\"../b.css\">";
        assert_eq!(
            broken(&[("index.html", home), ("a/index.html", page)]),
            [
                ("/#n".to_string(), Fault::NoAnchor, 1),
                ("/a/#j".to_string(), Fault::NoAnchor, 1),
                ("/b.css".to_string(), Fault::NoPlace, 1),
                ("/b/".to_string(), Fault::NoPlace, 2),
                ("/y/".to_string(), Fault::Outside, 1),
            ]
        );
    }

    #[test]
    fn feeds_sitemaps_and_the_index_of_mails_are_followed() {
        let feed = "<feed><link href=\"https://example.org/x/f/\"/></feed>";
        let map = "<loc>https://example.org/x/s/</loc>";
        let index = "{\n\"0\":\"i/#m\"\n}\n";
        let files = [("feed.xml", feed), ("sitemap.xml", map), ("m/index/0.json", index)];
        let places: Vec<String> = broken(&files).into_iter().map(|(to, ..)| to).collect();
        assert_eq!(places, ["/f/", "/i/", "/s/"]);
    }

    #[test]
    fn pages_that_lead_on_and_anchors_that_are_twice_are_noted() {
        let on = "<meta http-equiv=\"refresh\"><i id=\"a\"><i id=\"b\"><i id=\"a\">";
        let (places, found) = findings(&[("a/index.html", on), ("index.html", "")]);
        assert_eq!(found.leading_on, [places.find("a/").unwrap()]);
        assert_eq!(found.twice, [("a".to_string(), "a/index.html".to_string())]);
    }

    #[test]
    fn relative_links_are_seen_from_their_page() {
        for (from, href, expected) in [
            ("a/b/", "c/", "a/b/c/"),
            ("a/b/", "../c", "a/c"),
            ("a/b/", "../../../c/#d", "c/#d"),
            ("a/b/", "..", "a/"),
            ("", "a.css?x", "a.css?x"),
            ("a/b/", "?q", "a/b/?q"),
            ("404.html", "a", "a"),
        ] {
            assert_eq!(joined(from, href), expected, "{href} in {from}");
        }
    }
}

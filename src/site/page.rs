//! The site owner's own pages: Markdown files under `content/`, and the files beside them.
//!
//! `content/guide/start.md` becomes `guide/start/`, `content/about/index.md` `about/`; other
//! files are served as they are. Mail (`content/lists/`) and hidden files are left alone.
//! `content/notes/<list>/<range>.md` is no page but a note of the editor's, shown at the top
//! of that digest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use walkdir::WalkDir;

use crate::archive::slug::slug;
use crate::archive::{Archive, Scope};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::site::escape::Html;
use crate::site::markdown;
use crate::site::url::{Base, RESERVED, SitePath, Urls};
use crate::site::view::{Head, Link};
use crate::site::{Page, Site};

/// What lies under `content/`.
#[derive(Debug, Default)]
pub struct Content {
    /// Pages and where they go, by path.
    pub pages: Vec<(SitePath, markdown::Page)>,
    /// Other files and where they go.
    pub files: Vec<(SitePath, PathBuf)>,
    /// Notes on digests, by the list's id and the range's slug, with their files.
    pub notes: BTreeMap<(String, String), (PathBuf, markdown::Page)>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where notes on digests are, under `content/`.
const NOTES: &str = "notes";

/// What lies under `content/` and is neither page nor file of the site.
const APART: [&str; 2] = ["lists", NOTES];

/// Files under `content/` by their place relative to it, and where each goes.
type Places = BTreeMap<PathBuf, SitePath>;

impl Content {
    /// Reads everything under `content/`. Whatever can't be read is among the diagnostics.
    pub fn read(config: &Config, base: &Base) -> Content {
        let root = config.root.join("content");
        let mut content = Content::default();
        let places = content.places(config, &root);
        for (relative, path) in &places {
            let file = root.join(relative);
            if !is_markdown(relative) {
                content.files.push((path.clone(), file));
                continue;
            }
            match fs::read(&file) {
                Ok(bytes) => content.page(&bytes, &file, relative, (path, &places, base)),
                Err(error) => content.fault(&file, format!("can't be read: {error}")),
            }
        }
        content.read_notes(&root.join(NOTES), &places, base);
        content.pages.sort_by(|(a, _), (b, _)| a.cmp(b));
        content
    }

    /// The note on a digest.
    pub fn note(&self, list: &str, range: &str) -> Option<&markdown::Page> {
        self.notes.get(&(list.to_owned(), range.to_owned())).map(|(_, note)| note)
    }

    /// A warning for every note on a digest that is not there.
    pub fn notes_on_nothing(&self, archive: &Archive, urls: &Urls<'_>) -> Vec<Diagnostic> {
        let texts = archive.published.iter();
        let texts = texts.map(|p| (urls.scope_id(Scope::List(p.list)).to_owned(), p.slug.clone()));
        let ranges = archive.ranges.iter();
        let ranges = ranges.map(|r| (urls.scope_id(r.scope).to_owned(), r.slug.clone()));
        let known: BTreeSet<_> = ranges.chain(texts).collect();
        let lost = self.notes.iter().filter(|(digest, _)| !known.contains(digest));
        lost.map(|((list, range), (file, _))| {
            Diagnostic::warning(format!("a note on a digest that is not there: {list}/{range}"))
                .in_file(file)
                .hint("notes are content/notes/LIST/RANGE.md, named as in the digest's address")
        })
        .collect()
    }

    fn read_notes(&mut self, root: &Path, places: &Places, base: &Base) {
        for relative in files_below(root).into_iter().filter(|file| is_markdown(file)) {
            let file = root.join(&relative);
            let text = match fs::read(&file) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(error) => {
                    self.fault(&file, format!("can't be read: {error}"));
                    continue;
                }
            };
            let inside = Path::new(NOTES).join(&relative);
            let (note, faults) =
                markdown::page(&text, &file, &|to| resolve(to, &inside, places, base));
            self.diagnostics.extend(faults);
            let list = relative.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
            let range = relative.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            self.notes.extend(note.map(|note| ((list, range), (file, note))));
        }
    }

    /// The words of the navigation that lead to pages, by their order, then by title.
    pub fn nav(&self, base: &Base) -> Vec<Link> {
        let mut named: Vec<_> = self.pages.iter().filter(|(_, page)| page.nav).collect();
        named.sort_by(|(_, a), (_, b)| (a.order, &a.title).cmp(&(b.order, &b.title)));
        named.into_iter().map(|(path, page)| Link::new(base.href(path), &page.title)).collect()
    }

    fn fault(&mut self, file: &Path, message: String) {
        self.diagnostics.push(Diagnostic::error(message).in_file(file));
    }

    fn page(
        &mut self,
        bytes: &[u8],
        file: &Path,
        relative: &Path,
        (path, places, base): (&SitePath, &Places, &Base),
    ) {
        let resolve = |to: &str| resolve(to, relative, places, base);
        let text = String::from_utf8_lossy(bytes);
        let (page, faults) = markdown::page(&text, file, &resolve);
        self.diagnostics.extend(faults);
        self.pages.extend(page.map(|page| (path.clone(), page)));
    }

    /// Where every file goes. Two in one place, or one where the site has its own, are
    /// faults.
    fn places(&mut self, config: &Config, root: &Path) -> Places {
        let mut places = Places::new();
        let mut taken: BTreeMap<SitePath, PathBuf> = BTreeMap::new();
        for relative in files_below(root) {
            let path = place(&relative);
            let first = path.as_str().split('/').next().unwrap_or_default();
            if RESERVED.contains(&first) || config.lists.iter().any(|list| list.id == first) {
                let fault = format!("its address /{} belongs to the site itself", path.as_str());
                self.fault(&root.join(&relative), fault);
            } else if let Some(other) = taken.insert(path.clone(), relative.clone()) {
                let fault = format!("has the address of {}: /{}", other.display(), path.as_str());
                self.fault(&root.join(&relative), fault);
            } else {
                places.insert(relative, path);
            }
        }
        places
    }
}

/// The files under `content/` relative to it, in order, without mail and hidden ones.
fn files_below(root: &Path) -> Vec<PathBuf> {
    let shown = |entry: &walkdir::DirEntry| {
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let apart = entry.depth() == 1 && APART.iter().any(|name| entry.file_name() == *name);
        entry.depth() == 0 || !(hidden || apart)
    };
    let entries = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(shown);
    let files = entries.flatten().filter(|entry| entry.file_type().is_file());
    files.filter_map(|f| f.path().strip_prefix(root).ok().map(Path::to_path_buf)).collect()
}

fn is_markdown(file: &Path) -> bool {
    file.extension().is_some_and(|e| e.eq_ignore_ascii_case("md"))
}

/// Where a file goes: a page to the address of its name, another file to its own name.
fn place(relative: &Path) -> SitePath {
    let mut names: Vec<String> = relative
        .parent()
        .into_iter()
        .flat_map(Path::iter)
        .map(|name| slug(&name.to_string_lossy()))
        .collect();
    if is_markdown(relative) {
        let name = slug(&relative.file_stem().unwrap_or_default().to_string_lossy());
        names.extend((name != "index").then_some(name));
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let page = SitePath::page(&names);
    match is_markdown(relative) {
        true => page,
        false => page.join(&file_name(relative)),
    }
}

/// A file's name as it can stand in a URL.
fn file_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.chars().map(|c| if allowed(c) { c } else { '-' }).collect()
}

/// Where a link in a page leads: to a file relative to it, or from the site's root.
fn resolve(to: &str, from: &Path, places: &Places, base: &Base) -> Option<String> {
    let at = to.find(['#', '?']).unwrap_or(to.len());
    let (target, rest) = to.split_at(at);
    if target.is_empty() {
        return Some(to.to_string());
    }
    if let Some(absolute) = target.strip_prefix('/') {
        return Some(format!("{}/{absolute}{rest}", base.path()));
    }
    let path = places.get(&joined(from.parent()?, target)?)?;
    Some(format!("{}{rest}", base.href(path)))
}

/// `../b.md` seen from `a`: `b.md`. None above the root.
fn joined(directory: &Path, target: &str) -> Option<PathBuf> {
    let mut path = directory.to_path_buf();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => path = path.parent()?.to_path_buf(),
            name => path.push(name),
        }
    }
    Some(path)
}

/// A page of the site's owner.
#[derive(Serialize, JsonSchema)]
pub(super) struct View<'a> {
    /// What the page says about itself.
    page: Head,
    /// Its title.
    heading: &'a str,
    /// What it says.
    body: &'a Html,
}

/// Renders an owner's page.
pub fn render(site: &Site<'_>, path: &SitePath, page: &markdown::Page) -> Result<Page, Diagnostic> {
    let mut head = site.head(path, &page.title, "");
    head.description = page.description.clone().unwrap_or_else(|| page.title.clone());
    head.current = page.title.clone();
    site.page(
        path.clone(),
        "page.html",
        &View { page: head, heading: &page.title, body: &page.body },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_the_address_of_their_file() {
        assert_eq!(place(Path::new("About us.md")).as_str(), "about-us/");
        assert_eq!(place(Path::new("guide/index.md")).as_str(), "guide/");
        assert_eq!(place(Path::new("guide/start.md")).as_str(), "guide/start/");
        assert_eq!(place(Path::new("guide/a b.png")).as_str(), "guide/a-b.png");
    }

    #[test]
    fn links_lead_to_the_pages_of_files() {
        let base = Base::new("https://example.org/x");
        let files = ["guide/start.md", "about.md", "a.png"];
        let places = files.map(|f| (PathBuf::from(f), place(Path::new(f)))).into();
        let to = |target| resolve(target, Path::new("guide/start.md"), &places, &base);
        assert_eq!(to("../about.md#top").as_deref(), Some("/x/about/#top"));
        assert_eq!(to("../a.png").as_deref(), Some("/x/a.png"));
        assert_eq!(to("#here").as_deref(), Some("#here"));
        assert_eq!(to("/series/").as_deref(), Some("/x/series/"));
        assert_eq!(to("../../about.md"), None);
        assert_eq!(to("nowhere.md"), None);
    }
}

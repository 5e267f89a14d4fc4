//! Themes: the built-in one, and what a user's theme puts in its place.
//!
//! A theme is a directory `themes/<name>/` with `templates/*.html` (tera) and `assets/*`
//! (files served as they are). What it does not have, the built-in theme has. Templates
//! escape every text; what is safe HTML comes to them marked as such. What a template
//! gets to see is said by the page builders' types.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use tera::value::Key;
use tera::{Context, ErrorKind, Tera, Value};
use walkdir::WalkDir;

use crate::diagnostic::{Diagnostic, Place};
use crate::site::escape::{Html, attribute};
use crate::site::fingerprint;

/// A template of the built-in theme: its name and its text.
macro_rules! template {
    ($name:literal) => {
        ($name, include_str!(concat!("../../themes/default/templates/", $name)))
    };
}

/// An asset of the built-in theme: its name and its text.
macro_rules! asset {
    ($name:literal) => {
        ($name, include_str!(concat!("../../themes/default/assets/", $name)))
    };
}

/// The templates of the built-in theme, by name.
const TEMPLATES: &[(&str, &str)] = &[
    template!("404.html"),
    template!("author.html"),
    template!("base.html"),
    template!("components.html"),
    template!("digest.html"),
    template!("digests.html"),
    template!("directory.html"),
    template!("feed.xml"),
    template!("find.html"),
    template!("front.html"),
    template!("mails.html"),
    template!("months.html"),
    template!("page.html"),
    template!("compare.html"),
    template!("part.html"),
    template!("posting.html"),
    template!("postings.html"),
    template!("problems.html"),
    template!("published.html"),
    template!("redirect.html"),
    template!("search.html"),
    template!("subsystem.html"),
    template!("thread.html"),
    template!("threads.html"),
];

/// The assets of the built-in theme, by name.
const ASSETS: &[(&str, &str)] = &[
    asset!("style.css"),
    asset!("enhance.js"),
    asset!("find.js"),
    asset!("icon.svg"),
    asset!("search.js"),
];

/// Templates and assets, ready for use.
pub struct Theme {
    tera: Tera,
    /// The user's template files, by template name, for saying where a fault is.
    files: BTreeMap<String, PathBuf>,
    assets: BTreeMap<String, Vec<u8>>,
    fingerprint: u64,
}

impl Theme {
    /// The theme `name` of the site at `root`. `site` is what every template sees under
    /// the name `site`. Fails where there is no such theme, a file can't be read, or a
    /// template can't be parsed.
    pub fn load(root: &Path, name: &str, site: &impl Serialize) -> Result<Theme, Diagnostic> {
        let dir = root.join("themes").join(name);
        if name != "default" && !dir.is_dir() {
            return Err(Diagnostic::error(format!("there is no theme {name:?}"))
                .in_file(&dir)
                .hint("a theme is a directory with templates/ and assets/; the built-in one is `default`"));
        }
        let (templates, files) = templates(&dir)?;
        // What can't be written as JSON can't be in a context either.
        let seen = serde_json::to_string(site).unwrap_or_default();
        let fingerprint = fingerprint::of((&templates, seen));
        let mut theme = Theme { tera: Tera::new(), files, assets: assets(&dir)?, fingerprint };
        theme.tera.set_escape_fn(write_escaped);
        let parsed = theme.tera.add_raw_templates(templates);
        parsed.map_err(|error| theme.diagnostic(&error))?;
        theme.tera.global_context().insert("site", site);
        Ok(theme)
    }

    /// Renders a template with what `view` holds, to about so many `bytes` if that is known.
    /// Fails where a user's template asks for what is not there.
    pub fn render(
        &self,
        template: &str,
        view: &impl Serialize,
        bytes: usize,
    ) -> Result<Vec<u8>, Diagnostic> {
        let mut page = spare(bytes.max(16 * 1024));
        context(view)
            .and_then(|context| self.tera.render_to(template, &context, &mut page))
            .map_err(|error| self.diagnostic(&error))?;
        Ok(page)
    }

    /// A hash of all templates, and of what all of them see.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The files to serve as they are: path relative to the site's root, and content.
    pub fn assets(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.assets.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// A template's fault, with its place in the user's file or the built-in template.
    fn diagnostic(&self, error: &tera::Error) -> Diagnostic {
        let (ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report)) = error.kind()
        else {
            return Diagnostic::error(format!("the theme can't be used: {error}"));
        };
        let name = report.filename();
        let place = Place {
            line: Some(report.span().start_line),
            column: Some(report.span().start_col + 1),
            snippet: self.line_of(name, report.span().start_line),
            ..Place::file(self.files.get(name).cloned().unwrap_or_else(|| built_in(name)))
        };
        Diagnostic::error(format!("template: {}", report.message())).at(place)
    }

    /// A line of a template, from 1.
    fn line_of(&self, name: &str, line: usize) -> Option<String> {
        let text = match self.files.get(name) {
            Some(file) => std::fs::read_to_string(file).ok()?,
            None => TEMPLATES.iter().find(|(n, _)| *n == name)?.1.to_string(),
        };
        text.lines().nth(line.checked_sub(1)?).map(str::to_string)
    }
}

/// Buffers that a thread keeps for its next pages, and the largest that it keeps.
const SPARE: (usize, usize) = (16, 1 << 20);

thread_local! {
    static SPARES: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer with room for so many bytes, one that was given back where there is one:
/// to ask the system for memory and to return it costs more than to fill it.
fn spare(bytes: usize) -> Vec<u8> {
    let mut buffer = SPARES.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.reserve(bytes);
    buffer
}

/// Takes back the buffer of a page that was written.
pub fn give_back(mut buffer: Vec<u8>) {
    SPARES.with_borrow_mut(|spares| {
        if spares.len() < SPARE.0 && buffer.capacity() <= SPARE.1 {
            buffer.clear();
            spares.push(buffer);
        }
    });
}

/// What a view holds, by name. As [`Context::from_serialize`], without a copy of each name.
fn context(view: &impl Serialize) -> tera::TeraResult<Context> {
    let value = Value::try_from_serializable(view)?;
    let Some(fields) = value.into_map() else { return Context::from_serialize(view) };
    let mut context = Context::new();
    for (name, value) in fields {
        match name {
            Key::Str(name) => context.insert_value(name, value),
            name => context.insert_value(name.to_string(), value),
        }
    }
    Ok(context)
}

/// Escapes a text in a template, whether in an element or in an attribute.
fn write_escaped(text: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(attribute(text).as_bytes())
}

/// Safe HTML reaches templates as what it is, and is not escaped again.
impl Serialize for Html {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::safe_string(self.as_str()).serialize(serializer)
    }
}

/// How a built-in template is named in a diagnostic.
fn built_in(name: &str) -> PathBuf {
    Path::new("(built-in theme)").join(name)
}

/// Every template by name and text, and which of them are the user's files.
type Templates = (BTreeMap<String, String>, BTreeMap<String, PathBuf>);

/// The built-in templates, those of `dir/templates` in their place.
fn templates(dir: &Path) -> Result<Templates, Diagnostic> {
    let built_in = TEMPLATES.iter().map(|(name, text)| (name.to_string(), text.to_string()));
    let mut texts: BTreeMap<String, String> = built_in.collect();
    let mut files = BTreeMap::new();
    for (name, file) in files_below(&dir.join("templates"))? {
        let text = std::fs::read_to_string(&file).map_err(|e| unreadable(&file, &e))?;
        texts.insert(name.clone(), text);
        files.insert(name, file);
    }
    Ok((texts, files))
}

/// The built-in assets, those of `dir/assets` in their place or beside them.
fn assets(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
    let built_in = ASSETS.iter().map(|(name, text)| (name.to_string(), text.as_bytes().to_vec()));
    let mut assets: BTreeMap<String, Vec<u8>> = built_in.collect();
    for (name, file) in files_below(&dir.join("assets"))? {
        assets.insert(name, std::fs::read(&file).map_err(|e| unreadable(&file, &e))?);
    }
    Ok(assets)
}

/// The files below a directory by their path relative to it, with `/` between names;
/// hidden ones are left out. A directory that is not there has none.
fn files_below(dir: &Path) -> Result<Vec<(String, PathBuf)>, Diagnostic> {
    let mut files = Vec::new();
    if !dir.is_dir() {
        return Ok(files);
    }
    let visible = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    for entry in WalkDir::new(dir).sort_by_file_name().into_iter().filter_entry(visible) {
        let entry = entry.map_err(|e| unreadable(dir, &e.into()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let Ok(relative) = entry.path().strip_prefix(dir) else { continue };
        let names: Vec<_> = relative.iter().map(|n| n.to_string_lossy()).collect();
        files.push((names.join("/"), entry.path().to_path_buf()));
    }
    Ok(files)
}

fn unreadable(file: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("can't be read: {error}")).in_file(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme_with(template: &str) -> Result<Theme, Diagnostic> {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("themes/mine/templates");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("404.html"), template).unwrap();
        Theme::load(root.path(), "mine", &())
    }

    #[test]
    fn the_built_in_theme_parses() {
        let theme = Theme::load(Path::new("/nowhere"), "default", &());
        assert_eq!(theme.err(), None);
    }

    #[test]
    fn a_users_template_takes_the_place_of_the_built_in_one() {
        let theme = theme_with("mine: {{ title }}").unwrap();
        let view = BTreeMap::from([("title", "<b>")]);
        assert_eq!(theme.render("404.html", &view, 0).unwrap(), b"mine: &lt;b&gt;");
    }

    #[test]
    fn a_templates_fault_has_its_place() {
        let fault = theme_with("one\ntwo {{ three").err().unwrap();
        let place = fault.place.unwrap();
        assert!(place.file.ends_with("themes/mine/templates/404.html"));
        assert_eq!(place.line, Some(2));
        assert_eq!(place.snippet.as_deref(), Some("two {{ three"));
    }

    #[test]
    fn a_value_that_is_not_there_is_a_fault_with_its_place() {
        let theme = theme_with("one\ntwo {{ three.four }}").unwrap();
        let place =
            theme.render("404.html", &BTreeMap::from([("one", 1)]), 0).unwrap_err().place.unwrap();
        assert_eq!((place.line, place.column), (Some(2), Some(8)));
    }

    #[test]
    fn an_unknown_theme_is_named() {
        let fault = Theme::load(Path::new("/nowhere"), "dusk", &()).err().unwrap();
        assert!(fault.message.contains("dusk"));
    }
}

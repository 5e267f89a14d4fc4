//! Themes: the built-in one, and what a user's theme puts in its place.
//!
//! A theme is a directory `themes/<name>/` with `templates/*.html` (tera) and `assets/*`
//! (files served as they are). What it does not have, the built-in theme has; and what it
//! has instead may extend that, which is called `default/<template>`. Templates escape every
//! text; what is safe HTML comes to them marked as such. What a template gets to see is said
//! by the page builders' types, and told by [`super::context`].

pub mod built_in;
mod fault;
mod source;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use tera::value::Key;
use tera::{Context, Tera, Value};
use walkdir::WalkDir;

use crate::config::nearest;
use crate::diagnostic::Diagnostic;
use crate::site::escape::{Html, attribute};
use crate::site::fingerprint;
use built_in::{ALL, BuiltIn};
use source::Sources;

/// Templates and assets, ready for use.
pub struct Theme {
    tera: Tera,
    /// What the templates were made of, for saying where a fault is.
    sources: Sources,
    assets: BTreeMap<String, Vec<u8>>,
    fingerprint: u64,
}

impl Theme {
    /// The theme `name` of the site at `root`. `site` is what every template sees under
    /// the name `site`. Fails where there is no such theme, a file can't be read, or a
    /// template can't be parsed or names what is not there.
    pub fn load(root: &Path, name: &str, site: &impl Serialize) -> Result<Theme, Vec<Diagnostic>> {
        let dir = root.join("themes").join(name);
        if !ALL.iter().any(|theme| theme.name == name) && !dir.is_dir() {
            return Err(vec![unknown(root, name)]);
        }
        let below = built_in::below(name);
        let sources = Sources::read(&dir, below)?;
        // What can't be written as JSON can't be in a context either.
        let seen = serde_json::to_string(site).unwrap_or_default();
        let texts: Vec<_> = sources.all.iter().map(|source| (&source.name, &source.text)).collect();
        let fingerprint = fingerprint::of((texts, seen));
        let assets = assets(&dir, below).map_err(|fault| vec![fault])?;
        let tera = parsed(&sources, below).map_err(|error| fault::loading(&sources, &error))?;
        let mut theme = Theme { tera, sources, assets, fingerprint };
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
            .map_err(|error| fault::rendering(&self.sources, &error, template))?;
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
}

/// All templates as tera has them: those of the user hide the built-in ones of the same name,
/// which are there under the name of their theme.
fn parsed(sources: &Sources, below: &[&BuiltIn]) -> Result<Tera, tera::Error> {
    let mut tera = Tera::new();
    tera.set_escape_fn(write_escaped);
    tera.set_fallback_prefixes(below.iter().map(|theme| theme.prefix()))?;
    tera.add_raw_templates(sources.all.iter().map(|source| (&source.name, &source.text)))?;
    Ok(tera)
}

/// There is no theme of this name.
fn unknown(root: &Path, name: &str) -> Diagnostic {
    let mut known: Vec<String> = ALL.iter().map(|theme| theme.name.to_string()).collect();
    known.extend(names(root));
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let hint = match nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}; `patchpress theme new` makes one", known.join(", ")),
    };
    Diagnostic::error(format!("there is no theme `{name}`"))
        .in_file(&root.join("themes").join(name))
        .hint(hint)
}

/// The names of the themes in the site at `root`, in order.
pub fn names(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("themes")).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.path().is_dir());
    let names = directories.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
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

/// The built-in assets, those of `dir/assets` in their place or beside them.
fn assets(dir: &Path, below: &[&BuiltIn]) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
    let mut assets = BTreeMap::new();
    for (name, text) in below.iter().rev().flat_map(|theme| theme.assets) {
        assets.insert(name.to_string(), text.as_bytes().to_vec());
    }
    for (name, file) in files_below(&dir.join("assets"))? {
        assets.insert(name, std::fs::read(&file).map_err(|e| unreadable(&file, &e))?);
    }
    Ok(assets)
}

/// In templates' context, HTML is told from text.
impl JsonSchema for Html {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Html".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "html" })
    }
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

//! Checks a built site as its host will serve it: links and anchors, what was published
//! before, files, size.
//!
//! It reads the output directory and the manifest in it, never mail: what is checked is what
//! will be uploaded. What follows from a fault is left to the command line.

mod links;
mod permalinks;
mod scan;

use std::path::Path;

use serde::Serialize;
use walkdir::WalkDir;

use crate::diagnostic::Diagnostic;
use crate::site::manifest::{DIRECTORY, Manifest};
use crate::site::url::Base;
use links::{Broken, Fault, Findings, Places};
use permalinks::Permalinks;

/// What is checked, and against what.
#[derive(Debug)]
pub struct CheckOptions<'a> {
    /// The directory that was built.
    pub output: &'a Path,
    /// Where it is, or will be, published.
    pub base_url: &'a str,
    /// Bytes that the site may have.
    pub size_budget: u64,
    /// The manifest of the site as it is published now; without it, only what the built
    /// site's own manifest promises is looked for.
    pub published: Option<&'a str>,
    /// Message-IDs of mails that the site leaves out on purpose.
    pub exclude: &'a [String],
    /// Whether pages may have gone with their mail.
    pub allow_gone: bool,
}

/// What a check found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// HTML pages.
    pub pages: usize,
    /// Files, without the manifest.
    pub files: usize,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Links within the site that were followed.
    pub links: usize,
    /// Anchors of all pages.
    pub anchors: usize,
    /// Addresses that were published and have to be there.
    pub permalinks: usize,
    /// Of these, those that lead on to where their page is now.
    pub moved: usize,
    /// Of these, those that stood and now say that their mail is no longer here.
    pub gone: Vec<String>,
    /// Of these, those at which there is nothing.
    pub lost: Vec<String>,
    /// Everything that is otherwise than it should be; first what is wrong with published
    /// addresses.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Whether the site may be published.
    pub fn is_sound(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks a site. Fails where there is none, or where a list of published addresses is none.
pub fn check(options: &CheckOptions<'_>) -> Result<Report, Diagnostic> {
    let manifest = manifest(options.output)?;
    let published = options.published.map(published).transpose()?;
    let (files, unreadable) = files(options.output);
    let places = Places::new(files.clone());
    let base = Base::new(options.base_url);
    let found = links::follow(options.output, &places, &base);
    let permalinks = Permalinks::of(options, &manifest, published.as_ref(), &places, &found);
    let bytes = found.sizes.iter().sum();
    let mut diagnostics = permalinks.diagnostics(options);
    diagnostics.extend(unfinished(options.output));
    diagnostics.extend(over_budget(options.size_budget, bytes));
    diagnostics.extend(unreadable);
    diagnostics.extend(against_manifest(options.output, &manifest, &places, &found.sizes));
    diagnostics.extend(stale(options.output, &manifest, &files));
    diagnostics.extend(of_pages(options, &found));
    Ok(Report {
        pages: found.pages,
        files: files.len(),
        bytes,
        links: found.links,
        anchors: found.anchors,
        permalinks: permalinks.all,
        moved: permalinks.moved,
        gone: permalinks.gone.into_iter().map(|(url, _)| url).collect(),
        lost: permalinks.lost,
        diagnostics,
    })
}

/// What the last build left behind for the next one.
fn manifest(output: &Path) -> Result<Manifest, Diagnostic> {
    let path = output.join(DIRECTORY).join("manifest");
    let bytes = std::fs::read(&path).map_err(|error| {
        Diagnostic::error(format!("there is no built site: {error}"))
            .in_file(&path)
            .hint("run `patchpress build` first; `--output DIR` names another directory")
    })?;
    match Manifest::from_text(&String::from_utf8_lossy(&bytes)) {
        (manifest, true) => Ok(manifest),
        (_, false) => Err(Diagnostic::error("the list of the site's files is damaged")
            .in_file(&path)
            .hint("build again")),
    }
}

/// The list that the published site has.
fn published(text: &str) -> Result<Manifest, Diagnostic> {
    let hint = "it is .patchpress/manifest below the site's address; \
                before the first publication there is none, so leave --published out";
    match Manifest::from_text(text) {
        (manifest, true) => Ok(manifest),
        (_, false) => {
            Err(Diagnostic::error("the list of what was published is none, or was cut short")
                .hint(hint))
        }
    }
}

/// The files of the site as they lie there, relative, without hidden ones at the top (a
/// repository, the manifest) and without what a build that was killed left half written.
fn files(output: &Path) -> (Vec<String>, Vec<Diagnostic>) {
    let shown = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(output).into_iter().filter_entry(shown) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => match entry.path().strip_prefix(output).ok().and_then(Path::to_str) {
                Some(path) => files.push(path.replace(std::path::MAIN_SEPARATOR, "/")),
                None => faults.push(
                    Diagnostic::warning("its name can't be an address").in_file(entry.path()),
                ),
            },
            Err(error) => faults.push(Diagnostic::error(format!("can't be read: {error}"))),
        }
    }
    files.sort_unstable();
    (files, faults)
}

/// A fault if the last build did not come to its end.
fn unfinished(output: &Path) -> Option<Diagnostic> {
    let journal = output.join(DIRECTORY).join("journal");
    let there = journal.symlink_metadata().is_ok();
    there.then(|| {
        Diagnostic::error("the last build was broken off").in_file(&journal).hint("build again")
    })
}

/// Files that are not as the build wrote them.
fn against_manifest(
    output: &Path,
    manifest: &Manifest,
    places: &Places,
    sizes: &[u64],
) -> Vec<Diagnostic> {
    let size = |path: &str| match places.find(path) {
        Some(at) => Some(sizes[at as usize]),
        None => Some(output.join(path).symlink_metadata().ok()?.len()),
    };
    let fault = |path: &str, expected: u64| {
        let what = match size(path) {
            None => "a file of the site is missing",
            Some(size) if size != expected => "a file of the site was changed since it was built",
            Some(_) => return None,
        };
        Some(Diagnostic::error(what).in_file(&output.join(path)).hint("build again"))
    };
    manifest.files.iter().filter_map(|(path, size)| fault(path, *size)).collect()
}

/// Files that the build did not write.
fn stale(output: &Path, manifest: &Manifest, files: &[String]) -> Vec<Diagnostic> {
    let stale = files.iter().filter(|file| !manifest.files.contains_key(file.as_str()));
    let fault = |file: &String| {
        Diagnostic::warning("no part of the site, yet it would be published with it")
            .in_file(&output.join(file))
            .hint("delete it; what shall be served as it is belongs under content/")
    };
    stale.map(fault).collect()
}

/// What is wrong with pages and their links.
fn of_pages(options: &CheckOptions<'_>, found: &Findings) -> Vec<Diagnostic> {
    let at = |file: &str| options.output.join(file);
    let unreadable = found.unreadable.iter().map(|(file, error)| {
        Diagnostic::error(format!("can't be read: {error}")).in_file(&at(file))
    });
    let twice = found.twice.iter().map(|(anchor, file)| {
        Diagnostic::error(format!("the anchor `{anchor}` is there twice")).in_file(&at(file))
    });
    let broken = found.broken.iter().map(|(target, broken)| {
        Diagnostic::error(broken_words(target, broken))
            .in_file(&at(&broken.file))
            .hint(broken_hint(options.base_url, broken.fault))
    });
    unreadable.chain(twice).chain(broken).collect()
}

fn broken_words(target: &str, broken: &Broken) -> String {
    let links = match broken.links {
        1 => "a link leads".to_string(),
        many => format!("{many} links lead"),
    };
    let why = match broken.fault {
        Fault::NoPlace => "and nothing is there",
        Fault::NoAnchor => "and the page has no such anchor",
        Fault::Outside => "which is no part of the site",
    };
    format!("{links} to {target}, {why}")
}

fn broken_hint(base_url: &str, fault: Fault) -> String {
    match fault {
        Fault::Outside => format!(
            "the site is checked as if it was at {base_url}; --base-url names another place"
        ),
        _ => "mend it in the owner's page or theme that has it; of patchpress's own pages, build again"
            .to_string(),
    }
}

fn over_budget(budget: u64, bytes: u64) -> Option<Diagnostic> {
    let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
    let (has, may) = (mebibytes(bytes), mebibytes(budget));
    let hint = "`patchpress build` says what to turn off; or raise `site.size_budget`";
    (bytes > budget).then(|| {
        Diagnostic::error(format!("the site has {has} MiB, over the budget of {may} MiB"))
            .hint(hint)
    })
}

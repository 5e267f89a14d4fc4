//! Pages that were published once and have moved: each leads to where it is now.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::site::url::SitePath;
use crate::site::{Page, Site};

#[derive(Serialize)]
struct View {
    to: String,
    url: String,
}

/// The page at `from` that leads to the link `to`.
pub fn page(site: &Site<'_>, from: SitePath, to: String) -> Result<Page, Diagnostic> {
    let url = site.urls.base.absolute_href(&to);
    site.page(from, "redirect.html", &View { to, url })
}

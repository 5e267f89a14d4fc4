//! Pages that were published once and are no longer there: each leads to where it is now, or
//! says that it is gone and leads to others of its kind.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::site::url::{Fate, SitePath};
use crate::site::{Page, Site};

#[derive(Serialize)]
struct View {
    to: String,
    url: String,
    gone: bool,
}

/// The page that stands at `from` now.
pub fn page(site: &Site<'_>, from: SitePath, fate: Fate) -> Result<Page, Diagnostic> {
    let (to, gone) = match fate {
        Fate::Moved(to) => (to, false),
        Fate::Gone(to) => (to, true),
    };
    let url = site.urls.base.absolute_href(&to);
    site.page(from, "redirect.html", &View { to, url, gone })
}

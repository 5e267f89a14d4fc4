//! Pages that were published once and are no longer there: each leads to where it is now, or
//! says that it is gone and leads to others of its kind.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::site::url::{Fate, SitePath};
use crate::site::{Page, Site};

/// Where a page has moved to, or that it is gone.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// The link to what stands in its place.
    to: String,
    /// The whole URL of that.
    url: String,
    /// Whether it was taken out, and what stands there is others of its kind.
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

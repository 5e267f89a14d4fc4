//! Pages that were published once and are no longer there: each leads to where it is now, or
//! says that it is gone and leads to others of its kind.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::site::url::{Fate, SitePath};
use crate::site::view::day_words;
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
    /// Why the mail that was there is not shown, where that is known; `to` leads to it upstream,
    /// or is empty.
    left_out: Option<String>,
}

/// The page that stands at `from` now.
pub fn page(site: &Site<'_>, from: SitePath, fate: Fate) -> Result<Page, Diagnostic> {
    let absolute = |to: &str| site.urls.base.absolute_href(to);
    let view = match fate {
        Fate::Moved(to) => View { url: absolute(&to), to, gone: false, left_out: None },
        Fate::Gone(to) => View { url: absolute(&to), to, gone: true, left_out: None },
        Fate::LeftOut(upstream) => {
            let to = upstream.unwrap_or_default();
            View { url: to.clone(), to, gone: true, left_out: Some(why(site, &from)) }
        }
    };
    site.page(from, "redirect.html", &view)
}

/// Why the mail that was at an address is not on the site.
fn why(site: &Site<'_>, from: &SitePath) -> String {
    let is_thread = from.as_str().starts_with("threads/");
    match site.archive.since {
        _ if is_thread && !site.config.selection.threads => {
            "This site has no pages of discussions.".to_string()
        }
        Some(since) => format!(
            "This site has pages of mail since {}, and what was here is older.",
            day_words(since)
        ),
        None => "This site does not show the mail that was here.".to_string(),
    }
}

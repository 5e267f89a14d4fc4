//! The page for addresses that lead nowhere. Static hosts serve `404.html` for them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::site::url::SitePath;
use crate::site::view::{Head, Link};
use crate::site::{Page, Site};

/// What stands at addresses without a page.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// Where it may be instead.
    places: Vec<Link>,
}

/// Renders it.
pub fn page(site: &Site<'_>) -> Result<Page, Diagnostic> {
    let path = SitePath::page(&[]).join("404.html");
    let mut head = site.head(&path, "Not here", "");
    head.running = "404".to_string();
    head.indexed = false;
    let place = |segments: &[&str], text: &str| {
        Link::new(site.urls.base.href(&SitePath::page(segments)), text)
    };
    let of_mail = [
        place(&["series"], "All series by month"),
        place(&["m"], "All mails by month"),
        place(&["problems"], "Problems in this build: mails that could not be read as they should"),
    ];
    let of_texts = [
        place(&["authors"], "All authors"),
        place(&["subsystems"], "All subsystems"),
        place(&["problems"], "Problems in this build"),
    ];
    let more = if site.has_mail() { of_mail } else { of_texts };
    let places = [place(&[], "Latest digests")].into_iter().chain(more).collect();
    site.page(path, "404.html", &View { page: head, places })
}

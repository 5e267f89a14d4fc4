//! A posting's patches as a file to download, ready for `git am`.

use crate::archive::PostingId;
use crate::archive::mbox::{CoverLetter, posting_mbox};
use crate::archive::slug::slug;
use crate::config::Addresses;
use crate::site::url::SitePath;
use crate::site::view::Link;
use crate::site::{Page, Site};

/// The file beside a posting's page. None where there are no patches, or where addresses
/// are not to be published: a mail's headers are full of them.
pub fn file(site: &Site<'_>, id: PostingId) -> Option<Page> {
    let path = path(site, id)?;
    let raw = |mail| site.bodies.raw(mail);
    Some(Page { path, content: posting_mbox(site.archive.posting(id), CoverLetter::Omit, raw) })
}

/// The link to that file.
pub fn link(site: &Site<'_>, id: PostingId) -> Option<Link> {
    let path = path(site, id)?;
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    Some(Link::new(site.urls.base.href(&path), name))
}

fn path(site: &Site<'_>, id: PostingId) -> Option<SitePath> {
    let posting = site.archive.posting(id);
    let name = match slug(&posting.title) {
        empty if empty.is_empty() => posting.id.clone(),
        slug => slug,
    };
    let public = site.config.addresses == Addresses::Full && !posting.patches.is_empty();
    public.then(|| site.urls.posting_path(id).join(&format!("{name}.mbox")))
}

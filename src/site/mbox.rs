//! A posting's patches as files to download: ready for `git am`, and as they were sent.

use crate::archive::PostingId;
use crate::archive::mbox::{self, CoverLetter};
use crate::archive::slug::slug;
use crate::config::Addresses;
use crate::site::url::SitePath;
use crate::site::view::Link;
use crate::site::{Page, Site};

/// The files beside a posting's page: the one for `git am`, and where that has trailers that
/// replies gave, or patches of an earlier posting, one with the bytes that were sent. None
/// where there are no patches, where the owner wants none, or where addresses are not to be published: a mail's headers
/// are full of them.
pub fn files(site: &Site<'_>, id: PostingId) -> Vec<Page> {
    let raw = |mail| site.bodies.raw(mail);
    let posting = site.archive.posting(id);
    let ready = path(site, id).map(|path| {
        let content = mbox::am_mbox(site.archive, id, raw);
        Page { path, content }
    });
    let sent = sent_path(site, id).map(|path| {
        let content = mbox::posting_mbox(posting, CoverLetter::Omit, raw);
        Page { path, content }
    });
    ready.into_iter().chain(sent).collect()
}

/// The link to the file for `git am`.
pub fn link(site: &Site<'_>, id: PostingId) -> Option<Link> {
    path(site, id).map(|path| named(site, &path))
}

/// The command that applies the posting to a git tree, from the published site.
pub fn am_command(site: &Site<'_>, id: PostingId) -> Option<String> {
    path(site, id).map(|path| format!("curl -L {} | git am", site.urls.base.absolute(&path)))
}

/// The link to the file with what was sent, if it is another.
pub fn sent_link(site: &Site<'_>, id: PostingId) -> Option<Link> {
    sent_path(site, id).map(|path| named(site, &path))
}

fn named(site: &Site<'_>, path: &SitePath) -> Link {
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    Link::new(site.urls.base.href(path), name)
}

fn path(site: &Site<'_>, id: PostingId) -> Option<SitePath> {
    let public = site.config.kinds.mboxes && site.config.addresses == Addresses::Full;
    let public = public && !site.archive.posting(id).patches.is_empty();
    public.then(|| site.urls.posting_path(id).join(&format!("{}.mbox", file_name(site, id))))
}

fn sent_path(site: &Site<'_>, id: PostingId) -> Option<SitePath> {
    path(site, id).filter(|_| mbox::differs(site.archive, id))?;
    let name = format!("{}-as-sent.mbox", file_name(site, id));
    Some(site.urls.posting_path(id).join(&name))
}

/// The posting's title as a file name.
fn file_name(site: &Site<'_>, id: PostingId) -> String {
    let posting = site.archive.posting(id);
    match slug(&posting.title) {
        empty if empty.is_empty() => posting.id.clone(),
        slug => slug,
    }
}

//! A posting as one mbox file, ready for `git am`.
//!
//! The format is mboxrd: a separator line before each message, an empty line after it, and
//! one `>` more before every line that is `From ` after any number of `>`.

use crate::archive::slug::slug;
use crate::archive::{Archive, Bodies, PostingId};
use crate::config::Addresses;
use crate::site::url::SitePath;
use crate::site::view::Link;
use crate::site::{Page, Site};

/// The separator that git and public-inbox write: no sender, no time.
const SEPARATOR: &[u8] = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n";

/// The mails of a posting, cover and patches by number, as one mboxrd file.
pub fn of_posting(archive: &Archive, bodies: Bodies<'_>, id: PostingId) -> Vec<u8> {
    let mut out = Vec::new();
    for mail in archive.posting(id).members() {
        push_message(&mut out, &bodies.raw(mail));
    }
    out
}

/// Puts a message after those in `out`.
fn push_message(out: &mut Vec<u8>, raw: &[u8]) {
    out.reserve(raw.len() + 64);
    out.extend_from_slice(SEPARATOR);
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let quoted = line.iter().position(|b| *b != b'>').unwrap_or(line.len());
        if line[quoted..].starts_with(b"From ") {
            out.push(b'>');
        }
        out.extend_from_slice(line);
    }
    if !raw.ends_with(b"\n") {
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// The posting's mbox as a file beside its page. None where addresses are not to be
/// published: a mail's headers are full of them.
pub fn file(site: &Site<'_>, id: PostingId) -> Option<Page> {
    let path = path(site, id)?;
    Some(Page { path, content: of_posting(site.archive, site.bodies, id) })
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
    let public = site.config.addresses == Addresses::Full;
    public.then(|| site.urls.posting_path(id).join(&format!("{name}.mbox")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_lines_are_quoted_once_more() {
        let mut out = Vec::new();
        push_message(&mut out, b"Subject: x\n\nFrom here\n>From there\n> From\nfrom");
        let expected = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n\
            Subject: x\n\n>From here\n>>From there\n> From\nfrom\n\n";
        assert_eq!(out, expected);
    }
}

//! The list of pages for search engines (sitemaps.org, version 0.9), and `robots.txt`, which
//! says where it is.
//!
//! The list has the pages that links should lead to: those that were promised, the indexes
//! they are found by, the owner's. Parts, further pages, redirects are found from there.

use std::fmt::Write as _;

use crate::archive::{ListId, PersonId, PostingId, PublishedId, RangeId, SubsystemId, ThreadId};
use crate::site::escape::attribute;
use crate::site::url::{Base, SitePath};
use crate::site::view::day;
use crate::site::{Page, Site};

/// The most pages that one file may list.
const PAGES: usize = 50_000;

/// A page, and the day of the newest mail on it.
struct Listed {
    path: SitePath,
    newest: Option<i64>,
}

/// `sitemap.xml`; where there are too many pages for one file, `sitemap-1.xml` and so on, and
/// an index of them in its place.
pub fn files(site: &Site<'_>) -> Vec<Page> {
    divided(&site.urls.base, &pages(site), PAGES)
}

/// `robots.txt`: everything may be read. It counts only where the site is at the root of its
/// host; elsewhere the sitemap is to be told to search engines by hand.
pub fn robots(site: &Site<'_>) -> Page {
    let sitemap = site.urls.base.absolute(&at_root("sitemap.xml"));
    let text = format!("User-agent: *\nDisallow:\n\nSitemap: {sitemap}\n");
    Page { path: at_root("robots.txt"), content: text.into_bytes() }
}

/// A file at the site's root.
fn at_root(name: &str) -> SitePath {
    SitePath::page(&[]).join(name)
}

fn divided(base: &Base, pages: &[Listed], most: usize) -> Vec<Page> {
    let name = |number: usize| at_root(&format!("sitemap-{number}.xml"));
    let chunks: Vec<&[Listed]> = pages.chunks(most).collect();
    if let [only] = chunks[..] {
        return vec![file(base, at_root("sitemap.xml"), "urlset", "url", only)];
    }
    let newest = |chunk: &&[Listed]| chunk.iter().filter_map(|page| page.newest).max();
    let index = chunks.iter().zip(1..);
    let index: Vec<Listed> =
        index.map(|(chunk, n)| Listed { path: name(n), newest: newest(chunk) }).collect();
    let chunks = chunks.iter().zip(1..);
    let mut files: Vec<Page> =
        chunks.map(|(chunk, n)| file(base, name(n), "urlset", "url", chunk)).collect();
    files.push(file(base, at_root("sitemap.xml"), "sitemapindex", "sitemap", &index));
    files
}

/// A file that lists pages, or files that do.
fn file(base: &Base, path: SitePath, root: &str, entry: &str, pages: &[Listed]) -> Page {
    let mut out = String::with_capacity(160 * pages.len() + 200);
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let _ = writeln!(out, "<{root} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
    for Listed { path, newest } in pages {
        let url = base.absolute(path);
        let _ = write!(out, "<{entry}><loc>{}</loc>", attribute(&url));
        if let Some(newest) = newest {
            let _ = write!(out, "<lastmod>{}</lastmod>", day(*newest));
        }
        let _ = writeln!(out, "</{entry}>");
    }
    let _ = writeln!(out, "</{root}>");
    Page { path, content: out.into_bytes() }
}

/// Every page that links should lead to, in the order of the site's parts.
fn pages(site: &Site<'_>) -> Vec<Listed> {
    let (archive, urls) = (site.archive, &site.urls);
    let listed = |path, newest| Listed { path, newest };
    let date = |mail| archive.mail(mail).date();
    let now = site.has_mail().then(|| archive.newest());
    let index = [&[][..], &["subsystems"], &["authors"], &["series"], &["m"], &["threads"]];
    let index = match (site.has_mail(), site.config.selection.threads) {
        (true, true) => &index[..],
        (true, false) => &index[..5],
        (false, _) => &index[..3],
    };
    let lists = (0..site.config.lists.len() as u16).map(|list| urls.list_path(ListId(list)));
    let digests = site.digests.iter().zip((0..).map(RangeId));
    let texts = (0..archive.published.len() as u32).map(PublishedId);
    let postings = archive.postings.iter().zip((0..).map(PostingId));
    let threads = archive.threads.iter().zip((0..).map(ThreadId));
    let subsystems = archive.subsystems.iter().zip((0..).map(SubsystemId));
    let people = archive.people.iter().zip((0..).map(PersonId));
    let last = |ids: &[PostingId]| ids.iter().map(|id| archive.posting(*id).last).max();
    let mut pages: Vec<Listed> =
        index.iter().map(|segments| listed(SitePath::page(segments), now)).collect();
    pages.extend(lists.map(|path| listed(path, now)));
    pages.extend(site.content.pages.iter().map(|(path, _)| listed(path.clone(), None)));
    pages.extend(digests.map(|(d, id)| listed(urls.digest_path(id), Some(d.span.1))));
    pages.extend(texts.map(|id| listed(urls.text_path(id), None)));
    pages.extend(postings.map(|(p, id)| listed(urls.posting_path(id).clone(), Some(p.last))));
    pages.extend(threads.map(|(t, id)| {
        listed(urls.thread_path(id).clone(), t.mails.iter().map(|mail| date(*mail)).max())
    }));
    pages.extend(subsystems.map(|(s, id)| listed(urls.subsystem_path(id), last(&s.postings))));
    pages.extend(
        people.map(|(p, id)| listed(urls.person_path(id), p.mails.last().map(|mail| date(*mail)))),
    );
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(most: usize) -> Vec<(String, String)> {
        let page = |(name, newest): (&str, _)| Listed { path: SitePath::page(&[name]), newest };
        let pages = [("a", Some(0)), ("b", Some(172_800)), ("c", None)].map(page);
        let files = divided(&Base::new("https://example.org/x&y"), &pages, most);
        let text = |page: Page| (page.path.file(), String::from_utf8(page.content).unwrap());
        files.into_iter().map(text).collect()
    }

    #[test]
    fn pages_stand_with_the_day_of_their_newest_mail() {
        let [(name, text)] = &texts(3)[..] else { panic!("one file") };
        assert_eq!(name, "sitemap.xml");
        let expected =
            "<url><loc>https://example.org/x&amp;y/b/</loc><lastmod>1970-01-03</lastmod></url>";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("<url><loc>https://example.org/x&amp;y/c/</loc></url>"), "{text}");
    }

    #[test]
    fn too_many_pages_for_one_file_are_divided_under_an_index() {
        let files = texts(2);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["sitemap-1.xml", "sitemap-2.xml", "sitemap.xml"]);
        let pages: Vec<usize> =
            files.iter().map(|(_, text)| text.matches("<url>").count()).collect();
        assert_eq!(pages, [2, 1, 0]);
        let first = "<sitemap><loc>https://example.org/x&amp;y/sitemap-1.xml</loc><lastmod>1970-01-03</lastmod></sitemap>";
        assert!(files[2].1.contains(first), "{}", files[2].1);
        assert_eq!(files[2].1.matches("<sitemap>").count(), 2);
    }
}

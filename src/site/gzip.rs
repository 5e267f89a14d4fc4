//! Compressed copies of files, for servers that send `x.html.gz` where a browser asks for
//! `x.html` and takes gzip (nginx: `gzip_static`; Caddy: `precompressed`).
//!
//! The bytes depend on the content alone: no time and no name is in the header (RFC 1952,
//! section 2.3), and the compressor does the same on every machine.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::site::Page;
use crate::site::url::SitePath;

/// A file with no more bytes fits into a packet or two, and is sent as it is.
const SMALL: usize = 1024;

/// What text ends in. Pictures and the like of the owner's are compressed already.
const TEXTS: [&str; 9] =
    [".html", ".xml", ".json", ".txt", ".mbox", ".css", ".js", ".svg", ".webmanifest"];

/// The pages, and a copy of each that is worth one.
pub(super) fn with_copies(pages: Vec<Page>) -> Vec<Page> {
    let both = |page: Page| {
        let copy = copy(&page.path.file(), &page.content);
        [Some(page), copy]
    };
    pages.into_iter().flat_map(both).flatten().collect()
}

/// The copy of a file, if it is worth one.
pub(super) fn copy(file: &str, content: &[u8]) -> Option<Page> {
    if content.len() <= SMALL || !TEXTS.iter().any(|end| file.ends_with(end)) {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(content.len() / 3), Compression::default());
    // Writing into memory does not fail.
    let compressed = encoder.write_all(content).and_then(|()| encoder.finish()).ok()?;
    let path = SitePath::page(&[]).join(&format!("{file}.gz"));
    (compressed.len() < content.len()).then_some(Page { path, content: compressed })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_copy_holds_what_the_file_holds_and_no_time() {
        let text = "The same words again. ".repeat(100);
        let copy = copy("a/index.html", text.as_bytes()).unwrap();
        assert_eq!(copy.path.file(), "a/index.html.gz");
        // Magic, deflate, no flags, no time, no extra flags, unknown system.
        assert_eq!(copy.content[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
        let mut back = String::new();
        flate2::read::GzDecoder::new(&copy.content[..]).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn only_text_of_some_length_is_copied() {
        let text = "words ".repeat(400);
        assert!(copy("feed.xml", text.as_bytes()).is_some());
        assert!(copy("picture.png", text.as_bytes()).is_none());
        assert!(copy("a.txt", &text.as_bytes()[..SMALL]).is_none());
        // What does not become smaller is sent as it is.
        let next = |last: &u64| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        let numbers = std::iter::successors(Some(1u64), next);
        let noise: Vec<u8> = numbers.take(2000).map(|number| (number >> 48) as u8).collect();
        assert!(copy("a.txt", &noise).is_none());
    }
}

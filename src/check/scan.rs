//! Anchors and links of a page, found without reading the page as a browser does.
//!
//! The pages are ours: every `<` that stands in text is escaped, and attributes are quoted.
//! So a tag is what begins with `<` and a letter. A theme's comments are passed over; what a
//! theme writes otherwise than HTML has it is seen as far as it can be. What a link leads to
//! is left to [`super::links`].

use memchr::{memchr, memmem};

/// Something in a page. Texts are as they stand there, character references included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// The value of `id`.
    Anchor(&'a [u8]),
    /// The value of `href` (in drawings `xlink:href`), `src` or `action`, unless it comes from a
    /// mail: those have `rel="… ugc …"`, and where they lead is their writers' affair.
    Link(&'a [u8]),
    /// `http-equiv="refresh"`: the page leads on to another by itself.
    Refresh,
}

/// Tells everything found in the tags of an HTML page or a feed, in its order.
pub(super) fn tags<'a>(page: &'a [u8], found: &mut impl FnMut(Found<'a>)) {
    let mut at = 0;
    while let Some(next) = memchr(b'<', &page[at..]) {
        at += next + 1;
        at = match page.get(at) {
            Some(letter) if letter.is_ascii_alphabetic() => tag(page, at, found),
            Some(b'!') if page[at..].starts_with(b"!--") => {
                memmem::find(&page[at..], b"-->").map_or(page.len(), |end| at + end)
            }
            _ => at,
        };
    }
}

/// The addresses of a sitemap: the texts of its `<loc>` elements.
pub(super) fn locations<'a>(sitemap: &'a [u8], found: &mut impl FnMut(Found<'a>)) {
    for start in memmem::find_iter(sitemap, b"<loc>") {
        let text = &sitemap[start + b"<loc>".len()..];
        let end = memchr(b'<', text).unwrap_or(text.len());
        found(Found::Link(&text[..end]));
    }
}

/// Reads one tag from the first letter of its name; gives where it ends.
fn tag<'a>(page: &'a [u8], start: usize, found: &mut impl FnMut(Found<'a>)) -> usize {
    let mut at = start + length(&page[start..], |b| !b.is_ascii_whitespace() && b != b'>');
    let (mut link, mut from_mail) = (None, false);
    loop {
        at += length(&page[at..], |b| b.is_ascii_whitespace() || b == b'/');
        if matches!(page.get(at), None | Some(b'>')) {
            break;
        }
        let (key, value, end) = attribute(page, at);
        match key {
            b"id" => found(Found::Anchor(value)),
            b"href" | b"xlink:href" | b"src" | b"action" => link = Some(value),
            b"rel" => from_mail = memmem::find(value, b"ugc").is_some(),
            b"http-equiv" if value.eq_ignore_ascii_case(b"refresh") => found(Found::Refresh),
            _ => {}
        }
        at = end;
    }
    if let Some(link) = link.filter(|_| !from_mail) {
        found(Found::Link(link));
    }
    at
}

/// Reads `key="value"`, `key='value'`, `key=value` or `key`; gives key, value and where it
/// ends, which is further on in any case.
fn attribute(page: &[u8], start: usize) -> (&[u8], &[u8], usize) {
    let ends = |b: u8| b == b'=' || b == b'>' || b == b'/' || b.is_ascii_whitespace();
    let key = &page[start..][..length(&page[start..], |b| !ends(b)).max(1)];
    let at = start + key.len();
    if page.get(at) != Some(&b'=') || key == b"=" {
        return (key, b"", at);
    }
    match page.get(at + 1) {
        Some(&quote @ (b'"' | b'\'')) => {
            let value = &page[at + 2..];
            let length = memchr(quote, value).unwrap_or(value.len());
            (key, &value[..length], (at + 3 + length).min(page.len()))
        }
        _ => {
            let value = &page[at + 1..];
            let length = length(value, |b| b != b'>' && !b.is_ascii_whitespace());
            (key, &value[..length], at + 1 + length)
        }
    }
}

/// How many bytes at the start are such.
fn length(bytes: &[u8], such: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|b| !such(*b)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(page: &str) -> Vec<String> {
        let mut all = Vec::new();
        tags(page.as_bytes(), &mut |found| {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            all.push(match found {
                Found::Anchor(id) => format!("#{}", text(id)),
                Found::Link(href) => text(href),
                Found::Refresh => "refresh".to_owned(),
            });
        });
        all
    }

    #[test]
    fn tags_give_their_anchors_and_links() {
        let page = "<p id=\"a\" class=x>see <a\nhref='/b/' title=\"a > b\">b</a><img src=/c.svg>\
                    <form action=\"/m/\"><link href=\"/d\"/><input disabled id=e>";
        assert_eq!(found(page), ["#a", "/b/", "/c.svg", "/m/", "/d", "#e"]);
    }

    #[test]
    fn text_that_looks_like_a_tag_gives_nothing() {
        let page =
            "1 < 2 href=\"/x/\" &lt;a href=\"/y/\"&gt; <!-- <a href=\"/z/\"> --> </a href=\"/w/\">";
        assert_eq!(found(page), [""; 0]);
        assert_eq!(found("<p data-id=\"a\" xhref=\"/b/\">"), [""; 0]);
    }

    #[test]
    fn links_out_of_mails_are_left_to_their_writers() {
        let page =
            "<a href=\"/x/\" rel=\"nofollow ugc noopener\">x</a><a rel=\"prev\" href=\"/y/\">";
        assert_eq!(found(page), ["/y/"]);
    }

    #[test]
    fn a_page_that_leads_on_is_told_from_one_that_stands() {
        assert_eq!(found("<meta http-equiv=\"Refresh\" content=\"0; url=/x/\">"), ["refresh"]);
        assert_eq!(found("<meta http-equiv=\"Content-Security-Policy\">"), [""; 0]);
    }

    #[test]
    fn a_sitemap_gives_its_locations() {
        let mut all = Vec::new();
        locations(b"<url><loc>https://a/b/</loc></url><loc>c", &mut |found| all.push(found));
        assert_eq!(all, [Found::Link(b"https://a/b/"), Found::Link(b"c")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(page in "[<>a =\"'/!-]{0,60}") {
            found(&page);
        }
    }
}

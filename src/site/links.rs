//! Running text of a mail as HTML: URLs and Message-IDs become links, addresses are shown
//! as configured, all else is escaped. Paragraphs, lists and quotes are [`super::text`]'s.

use std::borrow::Cow;
use std::fmt;

use crate::config::Addresses;
use crate::site::escape::{in_word, internal_link_into, is_linkable, link_into, text_into};

/// What running text is read with.
#[derive(Clone, Copy)]
pub struct Inline<'a> {
    /// The site's URL of the mail with this Message-ID (without brackets), if the site has it.
    pub resolve: &'a dyn Fn(&str) -> Option<String>,
    /// What is shown of addresses.
    pub addresses: Addresses,
}

impl fmt::Debug for Inline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inline").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// Longest Message-ID looked for: a header line holds no more (RFC 5322, 2.1.1).
const MESSAGE_ID_MAX: usize = 998;

/// A stretch of text that becomes a link.
struct Link {
    start: usize,
    end: usize,
    /// The page of this site it leads to; else the text itself is the URL.
    page: Option<String>,
}

/// Writes `text` with links. URLs that end in the Message-ID of a mail the site has, and
/// such Message-IDs in angle brackets, lead to that mail's page.
pub fn running_text_into(out: &mut String, text: &str, inline: &Inline<'_>) {
    let (mut done, mut at) = (0, 0);
    while let Some(found) = memchr::memchr2(b':', b'<', &text.as_bytes()[at..]) {
        at += found;
        let link = match text.as_bytes()[at] {
            b':' => url_around(text, done, at, inline),
            _ => bracketed_id(text, at, inline),
        };
        at += 1;
        if let Some(link) = link {
            text_into(out, &text[done..link.start], inline.addresses);
            let shown = &text[link.start..link.end];
            match &link.page {
                Some(page) => internal_link_into(out, page, shown),
                None => link_into(out, shown, shown),
            }
            (done, at) = (link.end, link.end);
        }
    }
    text_into(out, &text[done..], inline.addresses);
}

/// The URL whose scheme ends at `colon` and begins at or after `from`.
fn url_around(text: &str, from: usize, colon: usize, inline: &Inline<'_>) -> Option<Link> {
    let before = &text.as_bytes()[from..colon];
    let scheme = ["https", "http", "ftp", "mailto"].into_iter().find(|scheme| {
        before.len() >= scheme.len()
            && before[before.len() - scheme.len()..].eq_ignore_ascii_case(scheme.as_bytes())
    })?;
    let start = colon - scheme.len();
    let inside_word = text[from..start].ends_with(in_word);
    if inside_word || (scheme == "mailto" && inline.addresses != Addresses::Full) {
        return None;
    }
    let url = &text[start..];
    let url = without_closing_punctuation(&url[..url.find(ends_url).unwrap_or(url.len())]);
    is_linkable(url).then(|| Link { start, end: start + url.len(), page: known_page(url, inline) })
}

/// Blanks, delimiters, and letters of scripts that write on without a blank.
fn ends_url(c: char) -> bool {
    !(c.is_ascii_graphic() || in_word(c)) || matches!(c, '<' | '>' | '"' | '`')
}

/// `url` without what belongs to the sentence around it: punctuation, and brackets that were
/// opened before it.
fn without_closing_punctuation(url: &str) -> &str {
    let surplus = |open, close| {
        let count = |b| memchr::memchr_iter(b, url.as_bytes()).count();
        count(close).saturating_sub(count(open))
    };
    let mut brackets =
        [(b')', surplus(b'(', b')')), (b']', surplus(b'[', b']')), (b'}', surplus(b'{', b'}'))];
    let mut end = url.len();
    while let Some(&last) = url.as_bytes()[..end].last() {
        match brackets.iter_mut().find(|(bracket, _)| *bracket == last) {
            Some((_, left)) if *left > 0 => *left -= 1,
            None if b".,;:!?'*".contains(&last) => {}
            _ => break,
        }
        end -= 1;
    }
    &url[..end]
}

/// The page of the mail whose Message-ID is among the last parts of the URL's path, as in
/// `https://lore.kernel.org/list/ID/T/#u`.
fn known_page(url: &str, inline: &Inline<'_>) -> Option<String> {
    let path = url.split(['?', '#']).next()?.splitn(4, '/').nth(3)?;
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty()).take(3);
    parts.find_map(|part| {
        let id = percent_decoded(part);
        id.contains('@').then(|| (inline.resolve)(&id))?
    })
}

/// `part` with `%XX` undone, where the bytes are UTF-8.
fn percent_decoded(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return Cow::Borrowed(part);
    }
    let mut pieces = part.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&piece.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(part), Cow::Owned)
}

/// The Message-ID between the `<` at `open` and the next `>`, if it is that of a mail the
/// site has.
fn bracketed_id(text: &str, open: usize, inline: &Inline<'_>) -> Option<Link> {
    let bytes = &text.as_bytes()[open + 1..];
    let bytes = &bytes[..bytes.len().min(MESSAGE_ID_MAX)];
    let end = memchr::memchr3(b'>', b'<', b'\n', bytes).filter(|&end| bytes[end] == b'>')?;
    let (start, end) = (open + 1, open + 1 + end);
    let id = text[start..end].trim();
    let page = id.contains('@').then(|| (inline.resolve)(id))??;
    Some(Link { start, end, page: Some(page) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::site::escape::escape;
    use crate::site::markup::{hostile, read_back};

    fn resolve(id: &str) -> Option<String> {
        ["v2-1@example.org", "a/b@example.org"].contains(&id).then(|| format!("/series/x/#{id}"))
    }

    fn show(text: &str, addresses: Addresses) -> String {
        let mut out = String::new();
        running_text_into(&mut out, text, &Inline { resolve: &resolve, addresses });
        out
    }

    /// The parts of `text` that became links.
    fn linked(text: &str) -> Vec<String> {
        let html = show(text, Addresses::Full);
        let links = html.split("<a ").skip(1).map(|a| a.split(['>', '<']).nth(1).unwrap());
        links.map(|shown| shown.replace("&amp;", "&")).collect()
    }

    #[test]
    fn urls_end_where_the_sentence_goes_on() {
        for (text, url) in [
            ("see https://example.org/a.", "https://example.org/a"),
            ("(https://example.org/a_(b)).", "https://example.org/a_(b)"),
            ("<https://example.org/a?b=c&d#e>,", "https://example.org/a?b=c&d#e"),
            ("\"http://example.org\"", "http://example.org"),
            ("[1]:ftp://example.org/x;", "ftp://example.org/x"),
            ("HTTPS://EXAMPLE.org/x\tnext", "HTTPS://EXAMPLE.org/x"),
            ("https://de.example.org/wiki/Müller, ja", "https://de.example.org/wiki/Müller"),
            ("见https://example.org/x，谢谢", "https://example.org/x"),
            ("mailto:a@example.org", "mailto:a@example.org"),
        ] {
            assert_eq!(linked(text), [url], "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_no_link() {
        for text in [
            "http://",
            "xhttp://a.b",
            "javascript:alert(1)",
            "git://a.b/c",
            "std::https::x",
            "http:a.b",
            "a: b",
        ] {
            assert_eq!(linked(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn known_mails_are_linked_inside_the_site() {
        let page = "<a href=\"/series/x/#v2-1@example.org\">";
        for text in [
            "https://lore.kernel.org/list/v2-1@example.org",
            "https://lore.kernel.org/r/v2-1@example.org/",
            "http://lkml.kernel.org/r/v2-1%40example.org",
            "https://lore.kernel.org/list/v2-1@example.org/T/#u",
            "https://patch.msgid.link/v2-1@example.org?x=y",
            "Message-ID: <v2-1@example.org>",
        ] {
            assert!(show(text, Addresses::Full).contains(page), "{text}");
        }
        assert!(
            show("https://lore.kernel.org/list/a%2Fb@example.org/", Addresses::Full)
                .contains("href=\"/series/")
        );
        assert!(
            show("https://lore.kernel.org/list/other@example.org/", Addresses::Full)
                .contains("rel=")
        );
        assert_eq!(show("A <other@example.org>", Addresses::Full), "A &lt;other@example.org&gt;");
    }

    #[test]
    fn hidden_addresses_do_not_break_links() {
        assert_eq!(
            show("Jo <jo@example.org> <v2-1@example.org> mailto:a@example.org", Addresses::Hidden),
            "Jo &lt;<a href=\"/series/x/#v2-1@example.org\">v2-1@example.org</a>&gt; mailto:[address hidden]"
        );
        assert!(show("https://example.org/a@b.cc", Addresses::Hidden).contains("/a@b.cc\" rel"));
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for text in
            ["<", "https://", "http://a.b/)", ":", "<a@b", "%", "https://a.b/%/@/", "mailto:a@"]
        {
            show(&text.repeat((1 << 18) / text.len()), Addresses::Full);
        }
        show(&format!("https://a.b/{}", ")".repeat(1 << 18)), Addresses::Hidden);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_gets_through(text in hostile()) {
            let shown = read_back(&show(&text, Addresses::Full)).unwrap();
            prop_assert_eq!(shown.text, read_back(escape(&text).as_str()).unwrap().text);
            let ours = |tag: &String| tag.starts_with("a href=\"") || tag.starts_with("span class=\"ctl\"");
            prop_assert!(shown.tags.iter().all(ours), "{:?}", shown.tags);
        }
    }
}

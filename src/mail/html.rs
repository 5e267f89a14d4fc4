//! HTML parts as text to read.
//!
//! For mail that has no plain text: tags go, blocks become lines, quotes get `> `, `pre`
//! keeps its blanks. Nothing of the markup survives; the pages escape the text like any
//! other. This is no HTML parser: it needs to be safe and readable, not right.

/// Elements whose content is not text.
const HIDDEN: &[&str] = &["script", "style", "title"];

/// Elements that are paragraphs of their own: an empty line before and after.
const PARAGRAPHS: &[&str] =
    &["blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"];

/// Elements that are lines of their own.
const LINES: &[&str] = &[
    "address", "article", "aside", "body", "center", "dd", "div", "dt", "fieldset", "footer",
    "form", "header", "hr", "html", "li", "main", "nav", "section", "tr",
];

/// Quotes deeper than this are not marked deeper: hostile HTML nests without end.
const DEEPEST_QUOTE: usize = 8;

/// HTML as text with `\n` line ends.
pub fn to_text(html: &str) -> String {
    let mut page = Page { out: String::with_capacity(html.len() / 2), ..Page::default() };
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        page.text(&rest[..at]);
        rest = match tag_at(&rest[at..]) {
            Some((tag, after)) => page.tag(tag, after),
            None => {
                page.text("<");
                &rest[at + 1..]
            }
        };
    }
    page.text(rest);
    page.finish()
}

/// The tag or comment at the start of `text`, without its brackets, and what follows. One
/// that never ends takes all there is.
fn tag_at(text: &str) -> Option<(&str, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return Some(("!", comment.split_once("-->").map_or("", |(_, after)| after)));
    }
    let first = text.as_bytes().get(1)?;
    if !first.is_ascii_alphabetic() && !matches!(first, b'/' | b'!' | b'?') {
        return None;
    }
    Some(text[1..].split_once('>').unwrap_or((&text[1..], "")))
}

/// The text so far, and how it goes on.
#[derive(Default)]
struct Page {
    out: String,
    quotes: usize,
    pre: usize,
    /// A blank is due before the next word.
    blank: bool,
    /// Link target of the open `a`, and where its text began.
    link: Option<(String, usize)>,
}

impl Page {
    /// Handles one tag; gives what to go on with.
    fn tag<'t>(&mut self, tag: &'t str, after: &'t str) -> &'t str {
        let (closing, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let name = tag[..end].to_ascii_lowercase();
        match name.as_str() {
            "br" => self.line_break(),
            "a" => self.anchor(tag, closing),
            "td" | "th" => self.blank = true,
            "img" => {}
            name if HIDDEN.contains(&name) && !closing => return after_element(name, after),
            name if PARAGRAPHS.contains(&name) => self.paragraph(name, closing),
            name if LINES.contains(&name) => {
                self.end_line(1);
                if name == "li" && !closing {
                    self.text("- ");
                }
            }
            _ => {}
        }
        after
    }

    fn paragraph(&mut self, name: &str, closing: bool) {
        self.end_line(2);
        let depth = match name {
            "blockquote" => &mut self.quotes,
            "pre" => &mut self.pre,
            _ => return,
        };
        *depth = if closing { depth.saturating_sub(1) } else { *depth + 1 };
    }

    /// A link whose text does not say where it goes gets its target after it.
    fn anchor(&mut self, tag: &str, closing: bool) {
        let Some((target, start)) = self.link.take() else {
            if !closing {
                self.link = href(tag).map(|target| (target, self.out.len()));
            }
            return;
        };
        let said = self.out.get(start..).unwrap_or_default();
        let told = said.contains(target.trim_end_matches('/'));
        if !told && !said.trim().is_empty() {
            self.text(&format!(" <{target}>"));
        }
    }

    fn text(&mut self, raw: &str) {
        let text = entities(raw);
        if self.pre > 0 {
            let mut lines = text.split('\n');
            self.words(lines.next().unwrap_or_default());
            for line in lines {
                self.line_break();
                self.words(line);
            }
            return;
        }
        for (index, word) in text.split([' ', '\t', '\n', '\r', '\u{a0}']).enumerate() {
            self.blank |= index > 0;
            self.words(word);
        }
    }

    fn words(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        if self.out.is_empty() || self.out.ends_with('\n') {
            for _ in 0..self.quotes.min(DEEPEST_QUOTE) {
                self.out.push_str("> ");
            }
        } else if self.blank {
            self.out.push(' ');
        }
        self.blank = false;
        self.out.push_str(words);
    }

    fn line_break(&mut self) {
        self.blank = false;
        self.out.push('\n');
    }

    /// Ends the line, and leaves up to `breaks` line ends.
    fn end_line(&mut self, breaks: usize) {
        self.blank = false;
        let there = self.out.bytes().rev().take(breaks).take_while(|&b| b == b'\n').count();
        if !self.out.is_empty() {
            (there..breaks).for_each(|_| self.out.push('\n'));
        }
    }

    fn finish(mut self) -> String {
        let end = self.out.trim_end().len();
        self.out.truncate(end);
        if end > 0 {
            self.out.push('\n');
        }
        self.out
    }
}

/// What follows the end tag of a hidden element; nothing, if it never ends.
fn after_element<'t>(name: &str, html: &'t str) -> &'t str {
    let mut rest = html;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return rest.split_once('>').map_or("", |(_, after)| after);
        }
    }
    ""
}

/// The target of a link to the web.
fn href(tag: &str) -> Option<String> {
    let at = tag.find("href=").or_else(|| tag.find("HREF="))?;
    let value = &tag[at + 5..];
    let target = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_ascii_whitespace().next()?,
    };
    let web = target.starts_with("http://") || target.starts_with("https://");
    web.then(|| entities(target))
}

/// Named entities that mail holds and that are not of Latin-1.
const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("sbquo", "‚"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("bdquo", "„"),
    ("bull", "•"),
    ("hellip", "…"),
    ("euro", "€"),
    ("trade", "™"),
    ("larr", "←"),
    ("rarr", "→"),
    ("le", "≤"),
    ("ge", "≥"),
    ("ne", "≠"),
    ("minus", "−"),
    ("zwnj", ""),
    ("zwj", ""),
];

/// The entities of U+00A0 to U+00FF, in order.
const LATIN1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy \
    reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 \
    frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml \
    Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave \
    Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil \
    egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde \
    ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

/// Text with its character references replaced; unknown ones stay.
fn entities(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(10).position(|b| b == b';');
        match end.and_then(|end| entity(&rest[..end], &mut out)) {
            Some(()) => rest = &rest[end.unwrap_or(0) + 1..],
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str, out: &mut String) -> Option<()> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        out.push(char::from_u32(code).filter(|c| *c != '\0' && *c != '\r').unwrap_or('\u{fffd}'));
    } else if let Some((_, text)) = NAMED.iter().find(|(known, _)| *known == name) {
        out.push_str(text);
    } else {
        let index = LATIN1.split_ascii_whitespace().position(|known| known == name)?;
        out.push(char::from_u32(0xa0 + u32::try_from(index).ok()?)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_words() {
        let html = "<html><head><title>no</title><meta x></head><body><p>One\n two</p><div>three<br>four\
                    </div><ul><li>a<li>b</ul></body></html>";
        assert_eq!(to_text(html), "One two\n\nthree\nfour\n\n- a\n- b\n");
    }

    #[test]
    fn quotes_and_preformatted_text() {
        let html = "<blockquote>a<br>b</blockquote><pre>  x\n    y</pre>";
        assert_eq!(to_text(html), "> a\n> b\n\n  x\n    y\n");
    }

    #[test]
    fn entities_are_read_once() {
        assert_eq!(
            to_text("&lt;b&gt; &amp;lt; &eacute;&#233;&#xe9; &x; A&B&nbsp;C"),
            "<b> &lt; ééé &x; A&B C\n"
        );
    }

    #[test]
    fn hidden_text_stays_hidden() {
        assert_eq!(to_text("a<style>p{}</style>b<!-- <p> -->c<script>x</SCRIPT >d"), "abcd\n");
        assert_eq!(to_text("a<script>never closed"), "a\n");
    }

    #[test]
    fn links_tell_their_target() {
        assert_eq!(
            to_text(
                "<a href=\"https://example.org/a?b&amp;c\">here</a> and \
                     <a href='https://example.org/'>https://example.org</a>"
            ),
            "here <https://example.org/a?b&c> and https://example.org\n"
        );
    }

    #[test]
    fn what_is_no_tag_is_text() {
        assert_eq!(to_text("1 < 2 <3 <"), "1 < 2 <3 <\n");
        assert_eq!(to_text(""), "");
    }

    #[test]
    fn hostile_html_takes_no_long_time() {
        for piece in ["<br><div>", "<blockquote>a", "</", "<a href=x>", "<!--", "&#", "<"] {
            to_text(&piece.repeat(100_000));
        }
    }
}

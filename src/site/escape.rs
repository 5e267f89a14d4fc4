//! The one place where text from mail becomes HTML.
//!
//! Everything a mail says is hostile until it has passed here: markup is escaped, controls
//! that reorder or hide text are made visible, and links lead only to http, https, ftp and
//! mailto. Joiners inside emoji and words of joining scripts stay as they are
//! ([`super::joiner`]). Addresses are shown as the site's owner wants them. How text is laid out is said
//! in [`super::text`] and [`super::diff`]; they put together what this module has made safe.

use std::borrow::Cow;
use std::fmt;

use super::joiner;
use crate::config::Addresses;

/// HTML that is safe to put on a page as it is: every character from outside was escaped by
/// this module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Vouches for markup put together by the modules beside this one, out of constant tags
    /// and the functions here.
    pub(super) fn vouched(markup: String) -> Html {
        Html(markup)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The markup, owned.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Length of the markup in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts more markup after this.
    pub fn push(&mut self, more: &Html) {
        self.0.push_str(&more.0);
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `text` as the content of an element. Tabs and line feeds stay, and joiners where they belong;
/// other controls become `<span class="ctl" title="NAME">U+XXXX</span>`.
pub fn escape_into(out: &mut String, text: &str) {
    escape_as::<CONTENT>(out, text);
}

/// `text` as the content of an element, on its own.
pub fn escape(text: &str) -> Html {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    escape_into(&mut out, text);
    Html(out)
}

/// `text` for a quoted attribute, a `<title>` or XML: no tags come of it, controls become
/// `[U+XXXX]`.
pub fn attribute_into(out: &mut String, text: &str) {
    escape_as::<ATTRIBUTE>(out, text);
}

/// As [`attribute_into`]; most texts are fit for an attribute as they are.
pub fn attribute(text: &str) -> Cow<'_, str> {
    if find_special::<ATTRIBUTE>(text.as_bytes(), 0).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 16);
    attribute_into(&mut out, text);
    Cow::Owned(out)
}

/// Between tags: quotes stay, controls become elements.
const CONTENT: bool = false;
/// In an attribute or in XML: quotes are escaped, controls become text.
const ATTRIBUTE: bool = true;

fn escape_as<const CONTEXT: bool>(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let (mut done, mut at) = (0, 0);
    while let Some(next) = find_special::<CONTEXT>(bytes, at) {
        let end = next + sequence_length(bytes[next]);
        let special = text[next..end].chars().next().filter(|&c| changes::<CONTEXT>(c));
        if let Some(c) = special.filter(|&c| !joiner::belongs(c, &text[..next], &text[end..])) {
            out.push_str(&text[done..next]);
            push_special::<CONTEXT>(out, c);
            done = end;
        }
        at = end;
    }
    out.push_str(&text[done..]);
}

/// Bytes looked at together: a size the compiler turns into vector instructions.
const STRIDE: usize = 16;

/// Position at or after `from` of the next byte that may need work: always the first byte of
/// a character.
fn find_special<const CONTEXT: bool>(bytes: &[u8], from: usize) -> Option<usize> {
    let table = if CONTEXT == ATTRIBUTE { &SPECIAL_IN_ATTRIBUTE } else { &SPECIAL_IN_CONTENT };
    let mut at = from;
    while let Some(stride) = bytes[at..].first_chunk::<STRIDE>() {
        let any = stride.iter().fold(false, |any, &b| any | may_be_special::<CONTEXT>(b));
        // The table tells the bytes that matter from letters of other scripts.
        if any && let Some(found) = stride.iter().position(|&b| table[b as usize]) {
            return Some(at + found);
        }
        at += STRIDE;
    }
    bytes[at..].iter().position(|&b| table[b as usize]).map(|found| at + found)
}

/// A superset of the tables below that costs a few comparisons and no memory.
fn may_be_special<const CONTEXT: bool>(b: u8) -> bool {
    let control = (b < b' ') & (b != b'\n') & (b != b'\t');
    let quote = (CONTEXT == ATTRIBUTE) & ((b == b'"') | (b == b'\''));
    control | quote | (b >= 0x7f) | (b == b'&') | (b == b'<') | (b == b'>')
}

/// First bytes of the UTF-8 of everything [`is_invisible`] names from U+007F on.
/// Noncharacters end every plane, so all first bytes of four are among them.
const INVISIBLE_FIRSTS: &[u8] = b"\x7f\xc2\xcd\xd8\xe1\xe2\xe3\xef\xf0\xf1\xf2\xf3\xf4";

/// Bytes that are, or begin, a character that may have to be changed between tags.
static SPECIAL_IN_CONTENT: [bool; 256] = special(b"&<>");
/// The same in an attribute.
static SPECIAL_IN_ATTRIBUTE: [bool; 256] = special(b"&<>\"'");

const fn special(markup: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut b = 0;
    while b < b' ' as usize {
        table[b] = b != b'\n' as usize && b != b'\t' as usize;
        b += 1;
    }
    mark(mark(table, markup), INVISIBLE_FIRSTS)
}

const fn mark(mut table: [bool; 256], bytes: &[u8]) -> [bool; 256] {
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
}

/// Bytes of the character that begins with `first`.
fn sequence_length(first: u8) -> usize {
    match first {
        ..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

fn changes<const CONTEXT: bool>(c: char) -> bool {
    match c {
        '&' | '<' | '>' => true,
        '"' | '\'' => CONTEXT == ATTRIBUTE,
        _ => is_invisible(c),
    }
}

fn push_special<const CONTEXT: bool>(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        _ if CONTEXT == ATTRIBUTE => out.push_str(&format!("[U+{:04X}]", c as u32)),
        _ => out.push_str(&format!(
            "<span class=\"ctl\" title=\"{}\">U+{:04X}</span>",
            control_name(c),
            c as u32
        )),
    }
}

/// Whether a reader can't see `c`, or it changes how other characters are seen: C0 and C1
/// controls except tab and line feed, bidirectional controls, zero-width and other
/// default-ignorable characters (Unicode, `Default_Ignorable_Code_Point`, without the
/// variation selectors U+FE00–FE0F that belong to visible signs), line separators,
/// noncharacters.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || c as u32 & 0xfffe == 0xfffe
}

/// What Unicode calls the control, where readers know it by name, else its kind.
fn control_name(c: char) -> &'static str {
    match c {
        '\0' => "NULL",
        '\x07' => "BELL",
        '\x08' => "BACKSPACE",
        '\x0b' => "LINE TABULATION",
        '\x0c' => "FORM FEED",
        '\r' => "CARRIAGE RETURN",
        '\x1b' => "ESCAPE",
        '\x7f' => "DELETE",
        '\u{ad}' => "SOFT HYPHEN",
        '\u{61c}' => "ARABIC LETTER MARK",
        '\u{200b}' => "ZERO WIDTH SPACE",
        '\u{200c}' => "ZERO WIDTH NON-JOINER",
        '\u{200d}' => "ZERO WIDTH JOINER",
        '\u{200e}' => "LEFT-TO-RIGHT MARK",
        '\u{200f}' => "RIGHT-TO-LEFT MARK",
        '\u{2028}' => "LINE SEPARATOR",
        '\u{2029}' => "PARAGRAPH SEPARATOR",
        '\u{202a}' => "LEFT-TO-RIGHT EMBEDDING",
        '\u{202b}' => "RIGHT-TO-LEFT EMBEDDING",
        '\u{202c}' => "POP DIRECTIONAL FORMATTING",
        '\u{202d}' => "LEFT-TO-RIGHT OVERRIDE",
        '\u{202e}' => "RIGHT-TO-LEFT OVERRIDE",
        '\u{2060}' => "WORD JOINER",
        '\u{2066}' => "LEFT-TO-RIGHT ISOLATE",
        '\u{2067}' => "RIGHT-TO-LEFT ISOLATE",
        '\u{2068}' => "FIRST STRONG ISOLATE",
        '\u{2069}' => "POP DIRECTIONAL ISOLATE",
        '\u{feff}' => "ZERO WIDTH NO-BREAK SPACE",
        '\0'..='\u{9f}' => "CONTROL CHARACTER",
        '\u{e0000}'..='\u{e007f}' => "TAG CHARACTER",
        _ => "INVISIBLE CHARACTER",
    }
}

/// Whether text from mail may become a link to `url`: http, https and ftp with a host, or
/// mailto with an address, and nothing in it that a reader can't see.
pub fn is_linkable(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let web = ["http", "https", "ftp"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    let leads_somewhere = match rest.strip_prefix("//") {
        Some(rest) => web && rest.starts_with(|c: char| c.is_alphanumeric() || c == '['),
        None => scheme.eq_ignore_ascii_case("mailto") && rest.contains('@'),
    };
    leads_somewhere && !url.chars().any(|c| c.is_whitespace() || is_invisible(c))
}

/// `text` as a link out of the site to `url`; as mere text where `url` is none that may be
/// linked to.
pub fn link_into(out: &mut String, url: &str, text: &str) {
    if !is_linkable(url) {
        return escape_into(out, text);
    }
    out.push_str("<a href=\"");
    attribute_into(out, url);
    out.push_str("\" rel=\"nofollow ugc noopener\">");
    escape_into(out, text);
    out.push_str("</a>");
}

/// `text` as a link to a page of this site, at `url` as [`super`] plans it.
pub fn internal_link_into(out: &mut String, url: &str, text: &str) {
    out.push_str("<a href=\"");
    attribute_into(out, url);
    out.push_str("\">");
    escape_into(out, text);
    out.push_str("</a>");
}

/// [`escape_into`] with the addresses in `text` shown as `addresses` says.
pub fn text_into(out: &mut String, text: &str, addresses: Addresses) {
    escape_into(out, &with_addresses(text, addresses));
}

/// What stands for an address that is not to be seen.
pub const HIDDEN_ADDRESS: &str = "[address hidden]";

/// `text` with every `local@domain` in it shown as `addresses` says, not yet escaped.
/// Obfuscated, `@` becomes ` at `. Hidden, `Name <address>` becomes `Name`, and an address
/// without a name [`HIDDEN_ADDRESS`]. A Message-ID can't be told from an address and is
/// treated as one.
pub fn with_addresses(text: &str, addresses: Addresses) -> Cow<'_, str> {
    if addresses == Addresses::Full {
        return Cow::Borrowed(text);
    }
    let (mut out, mut done) = (String::new(), 0);
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        let Some((start, end)) = address_around(text, done, at) else { continue };
        match addresses {
            Addresses::Hidden => done = hide(&mut out, text, done, (start, end)),
            _ => {
                out.push_str(&text[done..at]);
                out.push_str(" at ");
                done = at + 1;
            }
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Writes what stands before the address at `start..end` and what stands for it; gives where
/// the text goes on.
fn hide(out: &mut String, text: &str, done: usize, (start, end): (usize, usize)) -> usize {
    let before = &text[done..start];
    let named = before
        .strip_suffix('<')
        .filter(|_| text[end..].starts_with('>'))
        .map(|name| name.trim_end_matches([' ', '\t']));
    match named {
        Some(name) if name.ends_with(|c: char| !"\n,:;>".contains(c)) => {
            out.push_str(name);
            end + 1
        }
        _ => {
            out.push_str(before);
            out.push_str(HIDDEN_ADDRESS);
            end
        }
    }
}

/// Start and end of the address around the `@` at `at`, not before `from`. The domain has a
/// dot.
fn address_around(text: &str, from: usize, at: usize) -> Option<(usize, usize)> {
    let local = text[from..at].trim_end_matches(in_local_part);
    let local = text[from + local.len()..at].trim_start_matches('.');
    let domain = &text[at + 1..];
    let domain = &domain[..domain.find(|c| !in_domain(c)).unwrap_or(domain.len())];
    let domain = domain.trim_end_matches(['.', '-']);
    let dotted = domain.bytes().skip(1).any(|b| b == b'.');
    (!local.is_empty() && dotted).then(|| (at - local.len(), at + 1 + domain.len()))
}

/// Letters of alphabets whose words are parted by blanks, so that an address or a URL in
/// them has ends; and digits.
pub(super) fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || (('\u{c0}'..'\u{800}').contains(&c) && c.is_alphanumeric())
}

fn in_local_part(c: char) -> bool {
    in_word(c) || ".+-_%~=".contains(c)
}

fn in_domain(c: char) -> bool {
    in_word(c) || c == '.' || c == '-'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::site::markup::{Shown, hostile, read_back};

    fn attribute(text: &str) -> String {
        let mut out = String::new();
        attribute_into(&mut out, text);
        assert_eq!(super::attribute(text), out);
        out
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("a<b & 'c' > \"d\"").as_str(), "a&lt;b &amp; 'c' &gt; \"d\"");
        assert_eq!(attribute("a<b & 'c' \"d\""), "a&lt;b &amp; &#39;c&#39; &quot;d&quot;");
    }

    #[test]
    fn markup_is_found_at_every_place_of_a_stride() {
        for length in 0..70 {
            let text = "x".repeat(length);
            assert_eq!(escape(&format!("{text}<")).as_str(), format!("{text}&lt;"));
            assert_eq!(escape(&format!("<{text}é<")).as_str(), format!("&lt;{text}é&lt;"));
        }
    }

    #[test]
    fn controls_are_seen() {
        assert_eq!(
            escape("a\u{202e}b\0").as_str(),
            "a<span class=\"ctl\" title=\"RIGHT-TO-LEFT OVERRIDE\">U+202E</span>b\
             <span class=\"ctl\" title=\"NULL\">U+0000</span>"
        );
        assert_eq!(attribute("a\u{202e}b\x1b"), "a[U+202E]b[U+001B]");
        assert_eq!(escape("a\tb\nc").as_str(), "a\tb\nc");
    }

    /// The tables of first bytes must not miss a character that has to be changed.
    #[test]
    fn every_invisible_character_is_seen() {
        for c in '\0'..=char::MAX {
            let shown = attribute(&format!("some text before it{c}"));
            assert_eq!(shown.contains("[U+"), is_invisible(c), "U+{:04X}", c as u32);
        }
    }

    /// From the Unicode standard, 23.2 to 23.9, and the report on bidirectional controls in
    /// source code (CVE-2021-42574).
    #[test]
    fn what_hides_or_reorders_is_invisible() {
        let bidi = ('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}')
            .chain("\u{200e}\u{200f}\u{61c}".chars());
        let hiding =
            "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}\u{3164}\u{e0041}\u{e0100}\u{2028}"
                .chars();
        let c0_c1 = ('\0'..'\t').chain('\x0b'..' ').chain('\x7f'..='\u{9f}');
        for c in bidi.chain(hiding).chain(c0_c1) {
            assert!(is_invisible(c), "U+{:04X}", c as u32);
        }
        assert!(!"né 漢字 ❤\u{fe0f} \u{a0}→".chars().any(is_invisible));
    }

    #[test]
    fn joiners_stay_where_they_belong() {
        let person = "علی\u{200c}رضا 👩\u{200d}💻";
        assert_eq!(escape(person).as_str(), person);
        assert_eq!(attribute(person), person);
        assert_eq!(attribute("pass\u{200d}word"), "pass[U+200D]word");
    }

    #[test]
    fn links_lead_to_four_schemes_only() {
        for url in ["http://a.b/", "HTTPS://a.b", "ftp://a.b/c", "mailto:a@b.c", "http://[::1]/"] {
            assert!(is_linkable(url), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            "JAVASCRIPT://a.b/%0aalert(1)",
            "data:text/html,x",
            "//a.b/",
            "file:///etc",
            "http:a.b",
            "http://",
            "https:///x",
            "mailto:",
            "http://a.b/\u{202e}x",
            "http://a b",
            "x",
        ] {
            assert!(!is_linkable(url), "{url}");
        }
    }

    #[test]
    fn links_carry_no_endorsement() {
        let mut out = String::new();
        link_into(&mut out, "https://a.b/?x=\"y\"&z", "a&b");
        assert_eq!(
            out,
            "<a href=\"https://a.b/?x=&quot;y&quot;&amp;z\" rel=\"nofollow ugc noopener\">a&amp;b</a>"
        );
        out.clear();
        link_into(&mut out, "javascript:x", "a&b");
        assert_eq!(out, "a&amp;b");
    }

    #[test]
    fn full_addresses_cost_nothing() {
        assert!(matches!(with_addresses("Jo <jo@example.org>", Addresses::Full), Cow::Borrowed(_)));
        assert!(matches!(with_addresses("no address @ all", Addresses::Hidden), Cow::Borrowed(_)));
    }

    #[test]
    fn addresses_are_obfuscated() {
        let show = |text| with_addresses(text, Addresses::Obfuscated).into_owned();
        assert_eq!(show("Acked-by: Jo <jo+k@ex-ample.org>"), "Acked-by: Jo <jo+k at ex-ample.org>");
        assert_eq!(
            show("@@ -1,2 @@ a@b jürgen@müller.de, x@y.z."),
            "@@ -1,2 @@ a@b jürgen at müller.de, x at y.z."
        );
    }

    #[test]
    fn addresses_are_hidden() {
        let show = |text| with_addresses(text, Addresses::Hidden).into_owned();
        assert_eq!(show("Acked-by: Jo <jo@example.org> # v2"), "Acked-by: Jo # v2");
        assert_eq!(show("ask jo@example.org."), "ask [address hidden].");
        assert_eq!(
            show("Cc: <jo@example.org>, <al@example.org>"),
            "Cc: <[address hidden]>, <[address hidden]>"
        );
        assert_eq!(show("联系jo@example.org谢谢"), "联系[address hidden]谢谢");
        assert_eq!(show("Name\n<jo@example.org>"), "Name\n<[address hidden]>");
    }

    #[test]
    fn many_ats_take_linear_time() {
        for text in [
            "a@".repeat(500_000),
            "@".repeat(1_000_000),
            "a.b@c.d".repeat(200_000),
            "a".repeat(1 << 20),
        ] {
            with_addresses(&text, Addresses::Hidden);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_gets_through(text in hostile()) {
            let Shown { text: shown, tags } = read_back(escape(&text).as_str()).unwrap();
            let seen = |(at, c): (usize, char)| {
                let end = at + c.len_utf8();
                let stays = !is_invisible(c) || joiner::belongs(c, &text[..at], &text[end..]);
                if stays { c.to_string() } else { format!("U+{:04X}", c as u32) }
            };
            prop_assert_eq!(shown, text.char_indices().map(seen).collect::<String>());
            prop_assert!(tags.iter().all(|tag| tag.starts_with("span class=\"ctl\"")));
        }

        #[test]
        fn attributes_never_end_early(text in hostile()) {
            prop_assert!(!attribute(&text).contains(['<', '>', '"', '\'']));
        }
    }
}

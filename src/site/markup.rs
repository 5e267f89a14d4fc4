//! Reads back the markup that the builders write, for their tests: whether tags are balanced
//! and escaped text is whole. Knows only the HTML that this site is made of.

use proptest::prelude::*;

/// Text as an attacker would write it: markup, controls, layout and signs of many lengths.
pub fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~]{0,24}",
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\n\n",
    " ",
    "   ",
    "\t",
    "\r\n",
    "> ",
    "> > ",
    ">",
    "- ",
    " * ",
    "1. ",
    "    ",
    "-----",
    "====",
    "\n---\n",
    "<script>",
    "</pre>",
    "<!--",
    "-->",
    "&amp;",
    "&#60;",
    "\"",
    "'",
    "\u{202e}",
    "\u{200b}",
    "\0",
    "\x1b[31m",
    "\u{feff}",
    "é",
    "漢",
    "https://example.org/x)",
    "http://",
    "<a@example.org>",
    "mailto:a@b.cc",
    "javascript:",
    "Acked-by: A <a@example.org>",
    "@@ -1,2 +3,4 @@",
    "+added",
    "-removed",
    "diff --git a/x b/x\n",
    " | 12 ++--\n",
    "$ make\n",
    "\\ No newline",
];

/// What a reader of the markup sees, and the tags it is made of.
#[derive(Debug, Default)]
pub struct Shown {
    /// The text between the tags, entities resolved.
    pub text: String,
    /// What stands in each start tag: `span class="l"`.
    pub tags: Vec<String>,
}

/// Elements that the builders may write.
const KNOWN: &[&str] =
    &["a", "b", "details", "div", "li", "p", "pre", "span", "summary", "ul", "h1", "h2", "code"];

/// Reads `markup`; says what is wrong with it if a tag is unknown, open, crossed or not one
/// of ours, or a `<`, `>` or `&` is no part of a tag or entity.
pub fn read_back(markup: &str) -> Result<Shown, String> {
    let (mut shown, mut open, mut rest) = (Shown::default(), Vec::new(), markup);
    while let Some(at) = rest.find(['<', '>', '&']) {
        shown.text.push_str(&rest[..at]);
        rest = match rest.as_bytes()[at] {
            b'<' => tag(&rest[at + 1..], &mut shown, &mut open)?,
            b'&' => entity(&rest[at..], &mut shown)?,
            _ => return Err(format!("bare > in {:?}", &rest[..at + 1])),
        };
    }
    shown.text.push_str(rest);
    if open.is_empty() { Ok(shown) } else { Err(format!("left open: {open:?}")) }
}

fn tag<'a>(rest: &'a str, shown: &mut Shown, open: &mut Vec<&'a str>) -> Result<&'a str, String> {
    let end = rest.find('>').ok_or("a tag that never ends")?;
    let (inside, after) = (&rest[..end], &rest[end + 1..]);
    if inside.contains('<') {
        return Err(format!("< within <{inside}>"));
    }
    match inside.strip_prefix('/') {
        None if inside == "br" => shown.text.push('\n'),
        Some(name) if open.pop() == Some(name) => {}
        Some(name) => return Err(format!("</{name}> ends nothing")),
        None => {
            let name = inside.split(' ').next().unwrap_or_default();
            if !KNOWN.contains(&name) {
                return Err(format!("<{inside}> is none of ours"));
            }
            open.push(name);
            shown.tags.push(inside.to_owned());
        }
    }
    Ok(after)
}

fn entity<'a>(rest: &'a str, shown: &mut Shown) -> Result<&'a str, String> {
    const ENTITIES: [(&str, char); 5] =
        [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\'')];
    let (name, c) = ENTITIES.iter().find(|(name, _)| rest.starts_with(name)).ok_or("a bare &")?;
    shown.text.push(*c);
    Ok(&rest[name.len()..])
}

//! A mail's text as HTML, laid out as it was sent.
//!
//! The text is cut into blocks at empty lines and at quotes. Prose keeps its line ends and
//! may flow on a narrow screen; whatever may be aligned (logs, code, tables, shortlogs)
//! stays as it is. If in doubt, it stays. Links and escaping are [`super::links`]' and
//! [`super::escape`]'s.

use std::ops::Range;

use crate::site::escape::{Html, attribute_into, escape_into};
use crate::site::links::{Inline, running_text_into};

/// Quoted lines up to which a quote is not folded.
pub const QUOTE_LINES: usize = 8;

/// Lines after which a long text is folded, at the end of a block.
pub const FOLD_AFTER: usize = 26;

/// A fold hides at least so many lines.
pub const FOLD_LEAST: usize = 14;

/// How much of a text stands open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length<'a> {
    /// All of it.
    Whole,
    /// About [`FOLD_AFTER`] lines; the fold is named after what it is part of: "the cover
    /// letter".
    Folded(&'a str),
}

/// A mail's text as `<div class="mail">`; nothing for a text without content.
pub fn mail(text: &str, inline: &Inline<'_>, length: Length<'_>) -> Html {
    let mut blocks = blocks(text);
    if blocks.is_empty() {
        return Html::default();
    }
    let mut out = String::with_capacity(text.len() + text.len() / 4 + 64);
    out.push_str("<div class=\"mail\">\n");
    let shown = match length {
        Length::Whole => blocks.len(),
        Length::Folded(_) => fold_at(text, &mut blocks),
    };
    let (open, folded) = blocks.split_at(shown);
    open.iter().for_each(|block| block_into(&mut out, text, block, inline));
    if let Length::Folded(whole) = length
        && !folded.is_empty()
    {
        let lines: usize = folded.iter().map(|block| block.lines).sum();
        let summary = format!("{lines} more lines of {whole}");
        details_into(&mut out, "more", &summary, |out| {
            folded.iter().for_each(|block| block_into(out, text, block, inline));
        });
    }
    out.push_str("</div>\n");
    Html::vouched(out)
}

/// Text that must stay as it is, such as a shortlog with a diffstat, as `<div class="mail">`;
/// nothing for a text without content.
pub fn verbatim(text: &str, inline: &Inline<'_>) -> Html {
    let text = text.trim_end().trim_start_matches('\n');
    if text.is_empty() {
        return Html::default();
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 64);
    out.push_str("<div class=\"mail\">\n");
    preformatted_into(&mut out, text, inline);
    out.push_str("</div>\n");
    Html::vouched(out)
}

/// `inside`, folded under `summary`; nothing if there is nothing inside.
pub fn fold(summary: &str, inside: &Html) -> Html {
    let mut out = String::with_capacity(inside.len() + summary.len() + 80);
    if !inside.is_empty() {
        details_into(&mut out, "more", summary, |out| out.push_str(inside.as_str()));
    }
    Html::vouched(out)
}

/// One line of a text, such as a title: links and addresses as in a mail.
pub fn line(text: &str, inline: &Inline<'_>) -> Html {
    let mut out = String::with_capacity(text.len() + 16);
    running_text_into(&mut out, text, inline);
    Html::vouched(out)
}

/// A trailer to show, and where it was given.
#[derive(Clone, Copy, Debug)]
pub struct TrailerLine<'a> {
    /// `Reviewed-by: Name <address>`, as written.
    pub text: &'a str,
    /// The URL of the reply it came with; none for what the patch itself carries.
    pub reply: Option<&'a str>,
}

/// Trailers as their own list, those from replies marked and linked; nothing for none.
/// `label` names the list for screen readers: "Trailers of patch 2".
pub fn trailers(label: &str, lines: &[TrailerLine<'_>], inline: &Inline<'_>) -> Html {
    let mut out = String::new();
    if lines.is_empty() {
        return Html::vouched(out);
    }
    out.push_str("<ul class=\"trl\" aria-label=\"");
    attribute_into(&mut out, label);
    out.push_str("\">\n");
    for line in lines {
        out.push_str(if line.reply.is_some() {
            "<li class=\"new\">"
        } else {
            "<li class=\"own\">"
        });
        running_text_into(&mut out, line.text, inline);
        if let Some(reply) = line.reply {
            out.push_str(" <a href=\"");
            attribute_into(&mut out, reply);
            out.push_str("\">from a reply</a>");
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    Html::vouched(out)
}

/// A commit message without its trailers, and the trailers, one a slice with the lines that
/// go on it: the last block of the message, if all of it is trailers, lines that go on one,
/// and notes in brackets (git-interpret-trailers(1)).
pub fn split_trailers(message: &str) -> (&str, Vec<&str>) {
    let text = message.trim_end();
    let start = text.rfind("\n\n").map_or(0, |at| at + 2);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut certain = false;
    for line in line_spans(text, start..text.len()) {
        let (span, line) = (line.clone(), &text[line]);
        if line.starts_with([' ', '\t']) {
            match found.last_mut() {
                Some(last) => last.end = span.end,
                None => return (message, Vec::new()),
            }
        } else if trailer_name(line).is_some() || line.starts_with('[') {
            certain |= is_trailer(line);
            found.push(span);
        } else {
            return (message, Vec::new());
        }
    }
    if !certain {
        return (message, Vec::new());
    }
    (&text[..start], found.into_iter().map(|span| &text[span]).collect())
}

/// A stretch of a mail's text that is laid out in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    layout: Layout,
    /// Where it is in the text, without the last line feed.
    span: Range<usize>,
    /// Its lines, and the empty ones before it.
    lines: usize,
}

impl Block {
    /// The lines a reader sees of it: of a quote that is folded by itself, only one.
    fn lines_in_sight(&self) -> usize {
        match self.layout {
            Layout::Quote { .. } if self.lines > QUOTE_LINES => 1,
            _ => self.lines,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Prose: keeps its line ends where there is room.
    Paragraph,
    /// A line and its underline.
    Heading,
    /// List items or trailers, perhaps after a line that ends in a colon: they hang.
    List,
    /// Short lines that were ended on purpose, as of a signature: each hangs.
    Lines,
    /// Anything that may be aligned.
    Verbatim,
    /// Lines that begin with `>`; true if what they quote may be aligned.
    Quote { verbatim: bool },
}

/// The spans of the lines within `span`, without line feeds.
fn line_spans(text: &str, span: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = span.start;
    std::iter::from_fn(move || {
        let rest = text.get(at..span.end).filter(|rest| !rest.is_empty())?;
        let start = at;
        let length = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        at += length + 1;
        Some(start..start + length)
    })
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    line_spans(text, 0..text.len()).map(|span| &text[span])
}

/// The text cut into blocks, in order; together they hold all that is not blank.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut empty = 0;
    let mut lines = line_spans(text, 0..text.len()).peekable();
    while let Some(first) = lines.next() {
        if is_blank(&text[first.clone()]) {
            empty += 1;
            continue;
        }
        let quoted = text[first.clone()].starts_with('>');
        let (mut span, mut count) = (first, 1);
        while let Some(next) = lines.next_if(|next| {
            let line = &text[next.clone()];
            line.starts_with('>') == quoted && !is_blank(line)
        }) {
            span.end = next.end;
            count += 1;
        }
        let stanza = Stanza { span, lines: count, empty };
        if quoted {
            push_quote(&mut blocks, text, stanza)
        } else {
            push_stanza(&mut blocks, text, stanza)
        }
        empty = 0;
    }
    blocks
}

/// Lines without an empty one between them.
struct Stanza {
    span: Range<usize>,
    lines: usize,
    /// Empty lines before it.
    empty: usize,
}

fn is_blank(line: &str) -> bool {
    line.bytes().all(|b| b == b' ' || b == b'\t')
}

fn push_quote(blocks: &mut Vec<Block>, text: &str, stanza: Stanza) {
    let verbatim =
        lines(&text[stanza.span.clone()]).any(|line| may_be_aligned(without_quoting(line)));
    let layout = Layout::Quote { verbatim };
    blocks.push(Block { layout, span: stanza.span, lines: stanza.empty + stanza.lines });
}

/// The line without its leading `>`, of whatever depth.
fn without_quoting(line: &str) -> &str {
    let inner = line.trim_start_matches(['>', ' ']);
    // The blanks after the last mark, but for one, belong to what is quoted.
    let marks = line[..line.len() - inner.len()].rfind('>').map_or(0, |at| at + 1);
    line[marks..].strip_prefix(' ').unwrap_or(&line[marks..])
}

fn push_stanza(blocks: &mut Vec<Block>, text: &str, stanza: Stanza) {
    let Stanza { mut span, lines: mut count, mut empty } = stanza;
    if let Some(end) = heading_end(&text[span.clone()]) {
        let heading = span.start..span.start + end;
        span.start = (heading.end + 1).min(span.end);
        blocks.push(Block { layout: Layout::Heading, span: heading, lines: empty + 2 });
        (count, empty) = (count - 2, 0);
    }
    if count == 0 {
        return;
    }
    let layout = layout_of(&text[span.clone()]);
    match blocks.last_mut() {
        // A log with empty lines in it is one log.
        Some(last) if layout == Layout::Verbatim && last.layout == layout => {
            last.span.end = span.end;
            last.lines += empty + count;
        }
        _ => blocks.push(Block { layout, span, lines: empty + count }),
    }
}

/// Where a stanza's heading ends: a line, and under it a row of one sign that is about as
/// long. The `---` under a commit message's trailers is none.
fn heading_end(stanza: &str) -> Option<usize> {
    let mut lines = line_spans(stanza, 0..stanza.len());
    let (title, under) = (&stanza[lines.next()?], lines.next()?);
    let is_title = title.len() <= 100 && !may_be_aligned(title) && !is_trailer(title);
    let underlined = is_row(&stanza[under.clone()]) && under.len() * 2 >= title.chars().count();
    (is_title && underlined).then_some(under.end)
}

/// Three or more of one sign: an underline, or a line across.
fn is_row(line: &str) -> bool {
    let line = line.trim_end().as_bytes();
    line.len() >= 3 && b"-=~^*#_+".contains(&line[0]) && line.iter().all(|b| *b == line[0])
}

fn layout_of(stanza: &str) -> Layout {
    match list_shape(stanza) {
        Shape::List => Layout::List,
        Shape::Broken => Layout::Verbatim,
        Shape::None if lines(stanza).any(may_be_aligned) || is_indented(stanza) => Layout::Verbatim,
        Shape::None if is_broken_on_purpose(stanza) => Layout::Lines,
        Shape::None => Layout::Paragraph,
    }
}

/// What the list items in a stanza make of it.
enum Shape {
    /// A list.
    List,
    /// Something with items in it that is no plain list.
    Broken,
    /// There are none.
    None,
}

/// Looks for items: from the first line on, after a line that ends in a colon, or indented;
/// trailers anywhere.
fn list_shape(stanza: &str) -> Shape {
    // Where the text of the item stands whose lines are being looked at.
    let mut column: Option<usize> = None;
    let mut previous = ":";
    for line in lines(stanza) {
        let text = line.trim_start_matches(' ');
        let indent = line.len() - text.len();
        let begun = column.is_some() || indent > 0 || previous.trim_end().ends_with(':');
        let mark = if is_trailer(line) { Some(0) } else { item_width(text).filter(|_| begun) };
        match (mark, column) {
            (Some(mark), _) => column = Some(indent + mark),
            // What goes on an item may stand a little to the right of its text, not more.
            (None, Some(column)) if indent > column + 2 => return Shape::Broken,
            _ => {}
        }
        if column.is_some() && may_be_aligned(&text[mark.unwrap_or_default()..]) {
            return Shape::Broken;
        }
        previous = line;
    }
    if column.is_some() { Shape::List } else { Shape::None }
}

/// Width of the mark at the start of `text`, blanks included, if it begins an item: a bullet,
/// `1.`, `1)`, `(1)`, `[1]`, `a.` or `a)`.
fn item_width(text: &str) -> Option<usize> {
    let bullet = ["- ", "* ", "o ", "• ", "– ", "· "].into_iter().find(|b| text.starts_with(b));
    let mark = match bullet {
        Some(bullet) => bullet.len() - 1,
        None => numbered_mark(text)?,
    };
    let after = &text[mark..];
    let item = after.trim_start_matches(' ');
    (item.len() < after.len() && !item.is_empty()).then(|| text.len() - item.len())
}

/// Length of `1.`, `1)`, `(1)`, `[1]`, `a.` or `a)` at the start of `text`.
fn numbered_mark(text: &str) -> Option<usize> {
    let inner = text.trim_start_matches(['(', '[']);
    let opening = text.len() - inner.len();
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let letter = usize::from(inner.starts_with(|c: char| c.is_ascii_lowercase()));
    let number = if digits > 0 { digits } else { letter };
    let closing = *inner.as_bytes().get(number)?;
    let matching = match (&text[..opening], closing) {
        ("", b'.' | b')') | ("(", b')') => true,
        ("[", b']') => digits > 0,
        _ => false,
    };
    (matching && (1..4).contains(&number)).then_some(opening + number + 1)
}

/// Whether lines stand in, as in code and shortlogs. The first line of a paragraph may.
fn is_indented(stanza: &str) -> bool {
    lines(stanza).skip(1).any(|line| line.starts_with(' '))
}

/// Nobody wraps prose at fewer columns.
const NARROWEST: usize = 56;

/// Whether each line ends although the next word had room on it.
fn is_broken_on_purpose(stanza: &str) -> bool {
    let mut pairs = lines(stanza).zip(lines(stanza).skip(1)).peekable();
    pairs.peek().is_some() && pairs.all(|(line, next)| has_room(line, next))
}

/// Whether the first word of `next` could have stood on `line`.
fn has_room(line: &str, next: &str) -> bool {
    let word = next.bytes().take_while(|b| *b != b' ').count();
    line.len() + 1 + word <= NARROWEST
}

/// Whether a list item or a trailer begins with this line.
fn begins_item(line: &str) -> bool {
    item_width(line.trim_start_matches(' ')).is_some() || is_trailer(line)
}

/// Whether a line may have been aligned with its neighbours, or is to be read as it is: tabs,
/// columns, prompts, logs, diffs, code.
fn may_be_aligned(line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    line.len() - text.len() >= 4
        || memchr::memchr(b'\t', line.as_bytes()).is_some()
        || has_columns(text.trim_end())
        || starts_verbatim(text)
        || ends_like_code(text.trim_end())
        || is_row(text)
}

/// Whether there are three blanks in a row, or two that don't end a sentence, or the column
/// of a diffstat.
fn has_columns(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Prose has none of them: a look at all pairs, with vector instructions, tells.
    let begins = |(a, b): (&u8, &u8)| (*a == b' ') & ((*b == b' ') | (*b == b'|'));
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let may = pairs.fold(false, |any, pair| any | begins(pair));
    may && bytes.windows(3).enumerate().any(|(at, around)| match around {
        [b' ', b' ', b' '] | [b' ', b'|', b' '] => true,
        [before, b' ', b' '] => !b".?!:;,)\"'".contains(before),
        [b' ', b' ', _] => at == 0,
        _ => false,
    })
}

/// Beginnings of lines of shells, debuggers, test runs, kernel logs, diffs and C.
const VERBATIM_STARTS: &[&str] = &[
    "$ ",
    "# ",
    "% ",
    "~$ ",
    "~# ",
    ">>> ",
    "(gdb) ",
    "ok ",
    "not ok ",
    "TAP version",
    "BUG: ",
    "RIP: ",
    "Call Trace",
    "Call trace",
    "CPU: ",
    "diff --git ",
    "--- a/",
    "+++ ",
    "@@ ",
    "index ",
    "#include",
    "#define",
    "#if",
    "#else",
    "#endif",
    "/*",
    "*/",
    "//",
    "|",
    "+",
    "\\",
];

fn starts_verbatim(text: &str) -> bool {
    // Nearly all lines are prose: one look at their first character tells.
    let prose = text.starts_with(|c: char| c.is_ascii_alphabetic() && !"odniBCRT".contains(c));
    let starts = || VERBATIM_STARTS.iter().any(|start| text.starts_with(start));
    !prose && (starts() || starts_with_time(text))
}

/// `[   12.345678] ` of a kernel log, `12:34:56` or `2024-01-31T` of others.
fn starts_with_time(text: &str) -> bool {
    let digit_or = |text: &[u8], signs: &[u8]| {
        text.iter().take_while(|b| b.is_ascii_digit() || signs.contains(b)).count()
    };
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'[') => {
            let end = 1 + digit_or(&bytes[1..], b" .");
            bytes.get(end) == Some(&b']') && bytes[1..end].contains(&b'.')
        }
        Some(b'0'..=b'9') => {
            let time = &bytes[..digit_or(bytes, b":-")];
            let signs = |sign| time.iter().filter(|b| **b == sign).count();
            time.len() >= 8 && (signs(b':') == 2 || signs(b'-') == 2)
        }
        _ => false,
    }
}

fn ends_like_code(text: &str) -> bool {
    ["{", "}", "};", ");", "*/", " \\"].iter().any(|end| text.ends_with(end))
}

/// `Name: ` at the start of the line, as of a trailer.
fn trailer_name(line: &str) -> Option<&str> {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
    let length = line.bytes().take(41).take_while(allowed).count();
    ((1..=40).contains(&length) && line[length..].starts_with(": ")).then(|| &line[..length])
}

/// Whether the line is a trailer by a name that is used for nothing else.
fn is_trailer(line: &str) -> bool {
    const NAMES: [&str; 6] = ["cc", "fixes", "link", "closes", "references", "supersedes"];
    trailer_name(line).is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.ends_with("-by") || name.ends_with("-id") || NAMES.contains(&name.as_str())
    })
}

/// How many blocks stand before the fold. A first block that is too long by itself is cut in
/// two for it.
fn fold_at(text: &str, blocks: &mut Vec<Block>) -> usize {
    let total: usize = blocks.iter().map(Block::lines_in_sight).sum();
    if total < FOLD_AFTER + FOLD_LEAST {
        return blocks.len();
    }
    cut_long_start(text, blocks);
    let (mut shown, mut best) = (0, None);
    for (at, block) in blocks.iter().enumerate() {
        shown += block.lines_in_sight();
        let hides_enough = total - shown >= FOLD_LEAST;
        let off = shown.abs_diff(FOLD_AFTER);
        let better = best.is_none_or(|(least, _)| off < least);
        if block.layout != Layout::Heading && hides_enough && better {
            best = Some((off, at + 1));
        }
    }
    best.map_or(blocks.len(), |(_, at)| at)
}

/// Cuts the first block that is no heading where the fold should be, if it goes on for so
/// long that no end of a block is near.
fn cut_long_start(text: &str, blocks: &mut Vec<Block>) {
    let Some(at) = blocks.iter().position(|block| block.layout != Layout::Heading) else { return };
    let before: usize = blocks[..at].iter().map(Block::lines_in_sight).sum();
    let long = blocks[at].clone();
    if before + long.lines_in_sight() <= FOLD_AFTER + FOLD_LEAST {
        return;
    }
    let own_lines = lines(&text[long.span.clone()]).count();
    let empty = long.lines - own_lines;
    let keep = FOLD_AFTER.saturating_sub(before + empty).max(1);
    let Some(last) = line_spans(text, long.span.clone()).nth(keep - 1) else { return };
    if keep < own_lines {
        let rest = last.end + 1..long.span.end;
        blocks[at] = Block { span: long.span.start..last.end, lines: empty + keep, ..long };
        blocks.insert(at + 1, Block { span: rest, lines: own_lines - keep, ..long });
    }
}

fn block_into(out: &mut String, text: &str, block: &Block, inline: &Inline<'_>) {
    let text = &text[block.span.clone()];
    match block.layout {
        Layout::Paragraph => paragraph_into(out, text, inline),
        Layout::Heading => heading_into(out, text, inline),
        Layout::List => hanging_into(out, text, begins_item, inline),
        Layout::Lines => hanging_into(out, text, |_| true, inline),
        Layout::Verbatim => preformatted_into(out, text, inline),
        Layout::Quote { verbatim } => quote_into(out, text, verbatim, inline),
    }
}

fn paragraph_into(out: &mut String, text: &str, inline: &Inline<'_>) {
    out.push_str("<p>");
    running_text_into(out, text, inline);
    out.push_str("</p>\n");
}

fn preformatted_into(out: &mut String, text: &str, inline: &Inline<'_>) {
    out.push_str("<pre tabindex=\"0\">");
    running_text_into(out, text, inline);
    out.push_str("</pre>\n");
}

fn heading_into(out: &mut String, text: &str, inline: &Inline<'_>) {
    let (title, under) = text.split_once('\n').unwrap_or((text, ""));
    out.push_str("<p><b>");
    running_text_into(out, title, inline);
    out.push_str("</b>\n<span class=\"mut ul\">");
    escape_into(out, under);
    out.push_str("</span></p>\n");
}

/// A list: what begins an item hangs, with the lines up to the next. Items stand on lines of
/// their own where there is no style sheet, too: in text browsers, in feed readers.
fn hanging_into(out: &mut String, text: &str, begins: impl Fn(&str) -> bool, inline: &Inline<'_>) {
    out.push_str("<p class=\"lst\">");
    let mut item: Option<(Range<usize>, bool)> = None;
    for line in line_spans(text, 0..text.len()) {
        let begins = begins(&text[line.clone()]);
        match &mut item {
            Some((span, _)) if !begins => span.end = line.end,
            _ => {
                if let Some((span, hangs)) = item.replace((line, begins)) {
                    item_into(out, &text[span], hangs, inline);
                    out.push_str("<br>");
                }
            }
        }
    }
    if let Some((span, hangs)) = item {
        item_into(out, &text[span], hangs, inline);
    }
    out.push_str("</p>\n");
}

fn item_into(out: &mut String, text: &str, hangs: bool, inline: &Inline<'_>) {
    out.push_str(if hangs { "<span class=\"it\">" } else { "<span>" });
    running_text_into(out, text, inline);
    out.push_str("</span>");
}

fn quote_into(out: &mut String, text: &str, verbatim: bool, inline: &Inline<'_>) {
    let quoted = |out: &mut String| match verbatim {
        true => preformatted_into(out, text, inline),
        false => quoted_prose_into(out, text, inline),
    };
    let count = lines(text).count();
    if count > QUOTE_LINES {
        return details_into(out, "q more", &format!("{count} quoted lines"), quoted);
    }
    out.push_str("<div class=\"q\">");
    quoted(out);
    out.push_str("</div>\n");
}

/// Quoted paragraphs. Where they flow, only the marks of their first lines are seen: the
/// others have the class of underlines, which go on a narrow screen.
fn quoted_prose_into(out: &mut String, text: &str, inline: &Inline<'_>) {
    let mut before: Option<(&str, &str)> = None;
    for line in lines(text) {
        let inner = without_quoting(line);
        let marks = &line[..line.len() - inner.len()];
        let goes_on = before.is_some_and(|(earlier_marks, earlier)| {
            marks == earlier_marks
                && !is_blank(inner)
                && !is_blank(earlier)
                && !begins_item(inner)
                && !has_room(earlier, inner)
        });
        if goes_on {
            out.push_str("\n<span class=ul>");
            escape_into(out, marks);
            out.push_str("</span>");
        } else {
            out.push_str(if before.is_some() { "</p>\n<p>" } else { "<p>" });
            escape_into(out, marks);
        }
        running_text_into(out, inner, inline);
        before = Some((marks, inner));
    }
    out.push_str("</p>\n");
}

fn details_into(out: &mut String, class: &str, summary: &str, inside: impl FnOnce(&mut String)) {
    out.push_str("<details class=\"");
    attribute_into(out, class);
    out.push_str("\"><summary>");
    escape_into(out, summary);
    out.push_str("</summary>\n");
    inside(out);
    out.push_str("</details>\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Addresses;
    use crate::site::escape::escape;
    use crate::site::markup::{hostile, read_back};

    const INLINE: Inline<'_> = Inline { resolve: &|_| None, addresses: Addresses::Full };

    /// What is inside the `<div class="mail">`.
    fn inside(text: &str) -> String {
        let html = mail(text, &INLINE, Length::Whole).into_string();
        html.strip_prefix("<div class=\"mail\">\n")
            .unwrap()
            .strip_suffix("</div>\n")
            .unwrap()
            .to_owned()
    }

    fn layout(stanza: &str) -> Layout {
        let blocks = blocks(stanza);
        assert_eq!(blocks.len(), 1, "{stanza}");
        blocks[0].layout
    }

    #[test]
    fn prose_keeps_its_line_ends() {
        assert_eq!(
            inside(
                "\nOne line of prose.  And another that is too long for it\nlines.\n\n\nMore & more\n"
            ),
            "<p>One line of prose.  And another that is too long for it\nlines.</p>\n<p>More &amp; more</p>\n"
        );
    }

    #[test]
    fn headings_are_bold_over_their_underline() {
        assert_eq!(
            inside("Intro\n-----\nText\n\nNext part\n=========\n"),
            "<p><b>Intro</b>\n<span class=\"mut ul\">-----</span></p>\n<p>Text</p>\n\
             <p><b>Next part</b>\n<span class=\"mut ul\">=========</span></p>\n"
        );
    }

    #[test]
    fn a_row_under_trailers_or_long_lines_is_no_underline() {
        for text in ["Acked-by: Jo\n---", "A line of prose that goes on\n---"] {
            assert!(!inside(text).contains("<b>"), "{text}");
        }
    }

    #[test]
    fn items_hang() {
        assert_eq!(
            inside("v2:\n - Avoid\n   tabs\n - Collect\n"),
            "<p class=\"lst\"><span>v2:</span><br><span class=\"it\"> - Avoid\n   tabs</span><br><span class=\"it\"> - Collect</span></p>\n"
        );
        for list in [
            "* one\n* two",
            "1) one\n2) two",
            "[1] https://a.b\n[2] https://c.d",
            "a. ALLOWED",
            "(1) one\nlazy",
            "- one\n\n",
            "Acked-by: A <a@b.c>\nCc: b@b.c",
            "Thanks,\nAcked-by: A <a@b.c>",
            "  - long\n    item",
        ] {
            assert_eq!(layout(list), Layout::List, "{list}");
        }
    }

    #[test]
    fn prose_that_resembles_a_list_is_prose() {
        for prose in [
            "As far as I can see, all of this has been there since version\n3. The rest came later.",
            "Here is a sentence that has a dash somewhere in its very middle\n- and goes on.",
            "e.g. this one",
            "-EINVAL is right.",
            "I. e. that",
            "Note: this applies on top of what was sent a week ago by\nothers.",
            "[PATCH] foo",
            "(see above)",
            "First. Second.  Third.",
        ] {
            assert_eq!(layout(prose), Layout::Paragraph, "{prose}");
        }
    }

    #[test]
    fn what_may_be_aligned_stays() {
        for verbatim in [
            "    indented",
            "a\ttab",
            "name  value",
            "a   b",
            "$ make check",
            "# ./run",
            "[    1.234567] log",
            "12:34:56 log",
            "2024-01-31 log",
            " file.c | 12 ++--",
            "A U Thor (2):\n  one\n  two",
            "if (x) {",
            "  ret = f();",
            "@@ -1 +1 @@",
            "+added",
            "ok 1 - test",
            "| a | b |",
            "Call Trace:\n foo",
            "- item\n          far right",
            "- a   b   c",
            "One\n   two\n  three",
        ] {
            assert_eq!(layout(verbatim), Layout::Verbatim, "{verbatim}");
        }
    }

    #[test]
    fn lines_ended_on_purpose_stay_apart() {
        assert_eq!(
            inside("Thanks,\nJo\n"),
            "<p class=\"lst\"><span class=\"it\">Thanks,</span><br><span class=\"it\">Jo</span></p>\n"
        );
        let prose = "This line is as long as lines of prose usually are in mail,\nso it flows.";
        assert_eq!(layout(prose), Layout::Paragraph);
    }

    #[test]
    fn a_log_with_empty_lines_is_one_log() {
        assert_eq!(inside("$ a\n\n\n$ b\n"), "<pre tabindex=\"0\">$ a\n\n\n$ b</pre>\n");
    }

    #[test]
    fn quotes_keep_their_marks() {
        assert_eq!(
            inside("Jo wrote:\n> > why\n> because\nI see.\n"),
            "<p>Jo wrote:</p>\n<div class=\"q\"><p>&gt; &gt; why</p>\n<p>&gt; because</p>\n</div>\n<p>I see.</p>\n"
        );
        assert!(
            inside("> +\tret = 0;\n")
                .starts_with("<div class=\"q\"><pre tabindex=\"0\">&gt; +\tret")
        );
        assert_eq!(layout(">\n>>> deep\n"), Layout::Quote { verbatim: false });
    }

    #[test]
    fn quoted_prose_flows_without_the_marks_of_its_lines() {
        let long = "A line of prose in a quote that is as long as such lines are";
        assert_eq!(
            inside(&format!(
                "> > {long}\n> > and goes on.\n> >\n> {long}\n> - item\n> short\n> > deep\n"
            )),
            format!(
                "<div class=\"q\"><p>&gt; &gt; {long}\n<span class=ul>&gt; &gt; </span>and goes on.</p>\n<p>&gt; &gt;</p>\n\
                 <p>&gt; {long}</p>\n<p>&gt; - item</p>\n<p>&gt; short</p>\n<p>&gt; &gt; deep</p>\n</div>\n"
            )
        );
    }

    #[test]
    fn long_quotes_are_folded() {
        let quote = |lines: usize| inside(&"> x\n".repeat(lines));
        assert!(quote(QUOTE_LINES).starts_with("<div class=\"q\">"));
        assert!(
            quote(QUOTE_LINES + 1)
                .starts_with("<details class=\"q more\"><summary>9 quoted lines</summary>\n<p>")
        );
    }

    /// Lines shown and lines the summary promises.
    fn folded(text: &str) -> Option<(usize, usize)> {
        let html = mail(text, &INLINE, Length::Folded("the cover letter")).into_string();
        let (open, rest) = html.split_once("<details class=\"more\"><summary>")?;
        let (count, rest) = rest.split_once(" more lines of the cover letter</summary>").unwrap();
        assert!(read_back(&html).is_ok() && rest.contains("</details>"));
        Some((open.matches("word").count(), count.parse().unwrap()))
    }

    #[test]
    fn long_covers_are_folded_at_the_end_of_a_paragraph() {
        let paragraphs = |count: usize| "word\nword\nword\nword\n\n".repeat(count);
        assert_eq!(folded(&paragraphs(5)), None);
        // 5 paragraphs and the lines between them are 24 lines, 6 are 29.
        assert_eq!(folded(&paragraphs(20)), Some((20, 75)));
        // 39 lines in all: 10 hidden ones would be too few, so that less is shown.
        assert_eq!(folded(&paragraphs(8)), None);
        assert_eq!(folded(&paragraphs(9)), Some((20, 20)));
    }

    #[test]
    fn a_fold_never_parts_a_heading_from_its_text() {
        let words = |count: usize| "word\n".repeat(count);
        let text = format!("{}\ntitle\n----\n{}\n{}", words(23), words(20), words(20));
        assert_eq!(folded(&text).unwrap().0, 23);
    }

    #[test]
    fn a_long_log_is_cut_for_the_fold() {
        assert_eq!(folded(&"$ word\n".repeat(300)), Some((26, 274)));
        let headed = format!("word\n====\n\n{}", "$ word\n".repeat(300));
        assert_eq!(folded(&headed), Some((24, 277)));
    }

    #[test]
    fn quotes_that_are_folded_count_one_line() {
        assert_eq!(folded(&format!("word\n\n{}", "> word\n".repeat(300))), None);
    }

    #[test]
    fn trailers_say_where_they_come_from() {
        let lines = [
            TrailerLine { text: "Signed-off-by: A <a@b.c>", reply: None },
            TrailerLine { text: "Acked-by: B", reply: Some("#m-1") },
        ];
        assert_eq!(
            trailers("Trailers of patch 1", &lines, &INLINE).as_str(),
            "<ul class=\"trl\" aria-label=\"Trailers of patch 1\">\n<li class=\"own\">Signed-off-by: A &lt;a@b.c&gt;</li>\n\
             <li class=\"new\">Acked-by: B <a href=\"#m-1\">from a reply</a></li>\n</ul>\n"
        );
        assert!(trailers("x", &[], &INLINE).is_empty());
    }

    #[test]
    fn trailers_are_split_from_the_message() {
        let message =
            "Text: more.\n\nFixes: 12ab (\"a\n  title\")\n[jo: typo]\nSigned-off-by: A <a@b.c>\n\n";
        let (text, trailers) = split_trailers(message);
        assert_eq!(text, "Text: more.\n\n");
        assert_eq!(
            trailers,
            ["Fixes: 12ab (\"a\n  title\")", "[jo: typo]", "Signed-off-by: A <a@b.c>"]
        );
        assert_eq!(split_trailers("Acked-by: A"), ("", vec!["Acked-by: A"]));
        for message in [
            "",
            "Note: one",
            "text\n\nand Acked-by: A",
            "text\nAcked-by: A",
            "[1]\n",
            "  x: y\nAcked-by: A",
        ] {
            assert_eq!(split_trailers(message), (message, vec![]), "{message}");
        }
    }

    #[test]
    fn folds_and_verbatim_text_are_empty_without_content() {
        assert!(mail(" \n\n", &INLINE, Length::Whole).is_empty());
        assert!(fold("x", &verbatim("\n\n", &INLINE)).is_empty());
        assert_eq!(
            fold("Notes & diffstat", &verbatim("\n a | 2\n", &INLINE)).as_str(),
            "<details class=\"more\"><summary>Notes &amp; diffstat</summary>\n<div class=\"mail\">\n\
             <pre tabindex=\"0\"> a | 2</pre>\n</div>\n</details>\n"
        );
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        let size = 1 << 18;
        for piece in [
            "x",
            "\n",
            "x\n",
            "> ",
            ">",
            "> \n",
            "- x\n",
            "-\n",
            "x\n---\n",
            "x\n---\n\n",
            "a: ",
            " ",
            "Acked-by: \n",
            "x\n\n",
            "[1",
            "(1) ",
        ] {
            let text = piece.repeat(size / piece.len());
            mail(&text, &INLINE, Length::Folded("x"));
            split_trailers(&text);
        }
        mail(&"x".repeat(1 << 20), &INLINE, Length::Whole);
        mail(&"\n".repeat(1 << 20), &INLINE, Length::Whole);
    }

    /// The text without empty lines, which become distances between blocks.
    fn without_empty_lines(text: &str) -> Vec<&str> {
        text.lines()
            .map(|line| line.trim_end_matches([' ', '\t']))
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// Real mails: nothing of them is lost, and the markup is whole.
    #[test]
    fn real_mails_keep_their_text() {
        let Some(data) = std::env::var_os("PATCHPRESS_DATA") else {
            return println!("skipped: PATCHPRESS_DATA is not set");
        };
        let Ok(mbox) = std::fs::read(std::path::Path::new(&data).join("xdp-newbies.mbox")) else {
            return println!("skipped: no xdp-newbies.mbox in PATCHPRESS_DATA");
        };
        let mails = String::from_utf8_lossy(&mbox);
        let bodies: Vec<&str> =
            mails.split("\nFrom ").filter_map(|mail| Some(mail.split_once("\n\n")?.1)).collect();
        assert!(bodies.len() > 1000);
        for body in bodies {
            let html = mail(body, &INLINE, Length::Whole);
            let shown = read_back(html.as_str()).unwrap().text;
            let whole = read_back(escape(body).as_str()).unwrap().text;
            let shown: Vec<&str> = without_empty_lines(&shown)
                .into_iter()
                .filter(|line| !line.ends_with(" quoted lines"))
                .collect();
            let whole: Vec<&str> = without_empty_lines(&whole)
                .into_iter()
                .filter(|line| !line.ends_with(" quoted lines"))
                .collect();
            assert_eq!(shown, whole);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_gets_through(text in hostile()) {
            let html = mail(&text, &INLINE, Length::Whole);
            let shown = read_back(html.as_str()).unwrap();
            let quoted = |line: &&&str| !line.ends_with(" quoted lines");
            let lines: Vec<&str> = without_empty_lines(&shown.text).iter().filter(quoted).copied().collect();
            let whole = read_back(escape(&text).as_str()).unwrap().text;
            prop_assert_eq!(lines, without_empty_lines(&whole));
        }

        #[test]
        fn folding_hides_nothing_for_good(text in hostile()) {
            let long = format!("{text}\n\n").repeat(9);
            let folded = read_back(mail(&long, &INLINE, Length::Folded("x")).as_str()).unwrap().text;
            let whole = read_back(mail(&long, &INLINE, Length::Whole).as_str()).unwrap().text;
            let lines = without_empty_lines(&folded);
            let lines: Vec<&str> = lines.into_iter().filter(|line| !line.ends_with(" more lines of x")).collect();
            prop_assert_eq!(lines, without_empty_lines(&whole));
        }
    }
}

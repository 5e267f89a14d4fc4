//! Everything that can be wrong with what the user gave, as one type.
//!
//! A diagnostic says what is wrong, where, and what to do about it. It is drawn for the
//! terminal ([`print_all`]), for the preview's error page ([`render`]) and as JSON (it is
//! [`Serialize`]); what follows from it (going on, or ending the build) is decided by the
//! caller. What it quotes may be hostile: nothing of it reaches a terminal unescaped.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, Serializer};

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the result is as good as it can be.
    Note,
    /// Something was shown otherwise than it was given, or left out.
    Warning,
    /// The work can't go on.
    Error,
}

/// Where in the user's files a fault is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the user named it. In JSON, what isn't UTF-8 in it is replaced.
    #[serde(serialize_with = "lossy")]
    pub file: PathBuf,
    /// Line, from 1; for text files.
    pub line: Option<usize>,
    /// Column, from 1, in characters.
    pub column: Option<usize>,
    /// The line's text, without its line end, for showing it.
    pub snippet: Option<String>,
    /// Byte offset of the mail, for mail archives.
    pub offset: Option<u64>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<PathBuf>) -> Self {
        Place { file: file.into(), line: None, column: None, snippet: None, offset: None }
    }

    /// A byte offset in a mail archive.
    pub fn offset(file: impl Into<PathBuf>, offset: u64) -> Self {
        Place { offset: Some(offset), ..Place::file(file) }
    }

    /// A byte offset in a text, as line and column with the line shown. An offset past the
    /// end is the end.
    pub fn in_text(file: impl Into<PathBuf>, text: &str, offset: usize) -> Self {
        let offset = text.len().min(offset);
        let offset = (0..=offset).rfind(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let (before, after) = text.split_at(offset);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = after.find('\n').map_or(text.len(), |at| offset + at);
        Place {
            line: Some(1 + before.bytes().filter(|&b| b == b'\n').count()),
            column: Some(1 + text[start..offset].chars().count()),
            snippet: Some(text[start..end].trim_end_matches('\r').to_string()),
            ..Place::file(file)
        }
    }
}

/// A path as text for JSON, which knows no other bytes.
fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// One thing that is wrong, where, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where it is, if it is in a file.
    pub place: Option<Place>,
    /// How the place was come to, innermost step first; empty where nothing led there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<Step>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A step on the way to a place, such as an include.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// What is done there, to be read before the place: `used in`.
    pub what: String,
    /// Where.
    pub place: Place,
}

impl Diagnostic {
    /// A fault that ends the work.
    pub fn error(message: impl Into<String>) -> Self {
        let message = message.into();
        Diagnostic {
            severity: Severity::Error,
            message,
            place: None,
            trail: Vec::new(),
            hint: None,
        }
    }

    /// A fault that is worked around.
    pub fn warning(message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message) }
    }

    /// Whether the work can't go on.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The same, with its place.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same, about a whole file.
    pub fn in_file(self, file: &Path) -> Self {
        self.at(Place::file(file))
    }

    /// The same, with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// How diagnostics are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// With ANSI colours; without, the text is plain.
    pub colour: bool,
    /// Show every one of many alike.
    pub verbose: bool,
}

/// How many of a group of alike diagnostics are shown when not asked for all.
const SHOWN: usize = 3;

/// Diagnostics that say the same of different places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Those to show, by place; at least one.
    pub shown: Vec<&'a Diagnostic>,
    /// How many more there are.
    pub more: usize,
}

/// Sorts diagnostics for reading, notes first and errors last, each by place, and drops
/// repetitions. Warnings and notes that differ only in figures and in what stands between
/// backticks are gathered; errors never are.
pub fn groups(diagnostics: &[Diagnostic], look: Look) -> Vec<Group<'_>> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|d| (d.severity, &d.place, &d.message, &d.hint));
    sorted.dedup();
    let gather =
        if look.verbose { 0 } else { sorted.partition_point(|d| d.severity < Severity::Error) };
    let single = sorted.split_off(gather);
    let single = single.into_iter().map(|d| Group { shown: vec![d], more: 0 });
    gathered(&sorted).into_iter().chain(single).collect()
}

/// Gathers alike diagnostics under the first of them.
fn gathered<'a>(sorted: &[&'a Diagnostic]) -> Vec<Group<'a>> {
    let mut alike: IndexMap<(Severity, String), Group<'a>> = IndexMap::new();
    for diagnostic in sorted {
        let group = alike
            .entry((diagnostic.severity, shape(&diagnostic.message)))
            .or_insert_with(|| Group { shown: Vec::new(), more: 0 });
        if group.shown.len() < SHOWN {
            group.shown.push(diagnostic);
        } else {
            group.more += 1;
        }
    }
    alike.into_values().collect()
}

/// A message without its particulars: figures and what stands between backticks.
fn shape(message: &str) -> String {
    let outside: Vec<&str> = message.split('`').step_by(2).collect();
    outside.join("`").chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Draws diagnostics for a terminal, grouped by [`groups`] and with an empty line after
/// each. Fails as `out` does.
pub fn print_all(out: &mut dyn Write, diagnostics: &[Diagnostic], look: Look) -> io::Result<()> {
    for group in groups(diagnostics, look) {
        for diagnostic in &group.shown {
            writeln!(out, "{}", render(diagnostic, look))?;
        }
        if group.more > 0 {
            writeln!(out, "… and {} more like this; --verbose shows all\n", group.more)?;
        }
    }
    Ok(())
}

/// Draws one diagnostic on several lines, each ended by a line feed:
///
/// ```text
/// error: unknown key `titel`
///  --> config.yaml:1:1
///   |
/// 1 | titel: KVM digests
///   | ^
///   = hint: did you mean `title`?
/// ```
pub fn render(diagnostic: &Diagnostic, look: Look) -> String {
    let ink = Ink { colour: look.colour };
    let (name, style) = match diagnostic.severity {
        Severity::Note => ("note", "1;36"),
        Severity::Warning => ("warning", "1;33"),
        Severity::Error => ("error", "1;31"),
    };
    let heading = format!(": {}", visible(&diagnostic.message));
    let mut text = format!("{}{}\n", ink.paint(style, name), ink.paint("1", &heading));
    let margin = margin(diagnostic);
    if let Some(place) = &diagnostic.place {
        text.push_str(&render_place(place, &margin, ink));
    }
    let sign = ink.paint(RULE, "=");
    for step in &diagnostic.trail {
        text.push_str(&format!(
            "{margin} {sign} {} {}\n",
            visible(&step.what),
            position(&step.place)
        ));
    }
    if let Some(hint) = &diagnostic.hint {
        text.push_str(&format!("{margin} {sign} {}: {}\n", ink.paint("1", "hint"), visible(hint)));
    }
    text
}

/// Style of the lines that frame a snippet.
const RULE: &str = "1;34";

/// Blanks as wide as the number of the line that is shown.
fn margin(diagnostic: &Diagnostic) -> String {
    let line = diagnostic.place.as_ref().and_then(|place| place.line).unwrap_or(0);
    " ".repeat(line.to_string().len())
}

/// The arrow to the place and, where the line is known, the line with a caret below.
fn render_place(place: &Place, margin: &str, ink: Ink) -> String {
    let mut text = format!("{margin}{} {}\n", ink.paint(RULE, "-->"), position(place));
    let (Some(line), Some(snippet)) = (place.line, &place.snippet) else { return text };
    let bar = ink.paint(RULE, "|");
    let number = ink.paint(RULE, &line.to_string());
    let window = Window::new(snippet, place.column);
    text.push_str(&format!("{margin} {bar}\n"));
    text.push_str(format!("{number} {bar} {}", window.text).trim_end());
    text.push('\n');
    if let Some(indent) = window.indent {
        text.push_str(&format!("{margin} {bar} {indent}{}\n", ink.paint("1;31", "^")));
    }
    text
}

/// `FILE:LINE:COLUMN`, as editors understand it, or the file with a byte offset.
fn position(place: &Place) -> String {
    let mut text = visible(&place.file.to_string_lossy());
    for number in [place.line, place.column].into_iter().flatten() {
        text.push_str(&format!(":{number}"));
    }
    if let Some(offset) = place.offset {
        text.push_str(&format!(", byte {offset}"));
    }
    text
}

/// Puts ANSI colours around text, if they are wanted.
#[derive(Clone, Copy)]
struct Ink {
    colour: bool,
}

impl Ink {
    /// The text in a style, given as the parameters of the SGR sequence.
    fn paint(self, style: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// The part of a line that is shown, and the blanks that bring a caret under its column.
struct Window {
    text: String,
    indent: Option<String>,
}

/// How many characters of a long line are shown before and after the column.
const REACH: usize = 60;

impl Window {
    fn new(line: &str, column: Option<usize>) -> Window {
        let at = column.unwrap_or(1).saturating_sub(1);
        let start = at.saturating_sub(REACH);
        let before: String = line.chars().skip(start).take(at - start).collect();
        let mut rest = line.chars().skip(at);
        let after: String = rest.by_ref().take(REACH).collect();
        let head = if start > 0 { "…" } else { "" };
        let tail = if rest.next().is_some() { "…" } else { "" };
        let before = format!("{head}{}", visible(&before));
        Window {
            indent: column.map(|_| before.chars().filter_map(blank).collect()),
            text: format!("{before}{}{tail}", visible(&after)),
        }
    }
}

/// A blank as wide as the character on a terminal; nothing for a combining mark.
fn blank(c: char) -> Option<char> {
    match c {
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => None,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => Some('\u{3000}'),
        _ => Some(' '),
    }
}

/// The text with what a terminal would obey or hide spelled out: control characters and
/// bidirectional and invisible controls as `<U+202E>`, a tab as an arrow.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("→   "),
            c if is_hidden(c) => shown.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

/// Whether a character acts on the text around it, or can't be seen: control characters,
/// the marks of the bidirectional algorithm (UAX #9), zero-width characters, separators
/// that end a line, and tags.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look { colour: false, verbose: false };

    fn printed(diagnostics: &[Diagnostic], look: Look) -> String {
        let mut out = Vec::new();
        print_all(&mut out, diagnostics, look).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_place_in_a_text_is_counted_in_lines_and_characters() {
        let text = "title: ä\r\nlists: ü!\n";
        let place = Place::in_text("config.yaml", text, text.find('!').unwrap());
        assert_eq!((place.line, place.column), (Some(2), Some(9)));
        assert_eq!(place.snippet.as_deref(), Some("lists: ü!"));
        let first = Place::in_text("config.yaml", text, 0);
        assert_eq!((first.line, first.column), (Some(1), Some(1)));
        assert_eq!(first.snippet.as_deref(), Some("title: ä"));
    }

    #[test]
    fn a_place_past_the_end_or_inside_a_character_is_pulled_back() {
        let end = Place::in_text("f", "ab", 99);
        assert_eq!((end.line, end.column), (Some(1), Some(3)));
        let inside = Place::in_text("f", "aü", 2);
        assert_eq!((inside.line, inside.column), (Some(1), Some(2)));
    }

    #[test]
    fn a_fault_in_a_text_shows_the_line_and_a_caret() {
        let text = "a: 1\n".repeat(11) + "titel: KVM digests\n";
        let place = Place::in_text("config.yaml", &text, 55);
        let fault =
            Diagnostic::error("unknown key `titel`").at(place).hint("did you mean `title`?");
        assert_eq!(
            render(&fault, PLAIN),
            "error: unknown key `titel`\n\
            \x20 --> config.yaml:12:1\n\
            \x20  |\n\
            12 | titel: KVM digests\n\
            \x20  | ^\n\
            \x20  = hint: did you mean `title`?\n"
        );
    }

    #[test]
    fn a_fault_in_an_archive_shows_its_byte_offset() {
        let fault = Diagnostic::warning("no Message-ID").at(Place::offset("a.mbox", 4711));
        assert_eq!(render(&fault, PLAIN), "warning: no Message-ID\n --> a.mbox, byte 4711\n");
    }

    #[test]
    fn colour_surrounds_and_never_replaces() {
        let fault = Diagnostic::error("no").in_file(Path::new("f")).hint("yes");
        let coloured = render(&fault, Look { colour: true, verbose: false });
        assert!(coloured.starts_with("\x1b[1;31merror\x1b[0m\x1b[1m: no\x1b[0m\n"), "{coloured:?}");
        let mut bare = String::new();
        for piece in coloured.split("\x1b[") {
            bare.push_str(piece.split_once('m').map_or(piece, |(_, text)| text));
        }
        assert_eq!(bare, render(&fault, PLAIN));
    }

    #[test]
    fn hostile_text_reaches_the_terminal_spelled_out() {
        let place = Place::in_text("a\x1b[2Jb", "x: \x1b[31m\u{202e}evil\u{200b}\x07 here", 10);
        let fault = Diagnostic::error("odd `\x1b]0;title\x07`\nline").at(place).hint("\u{9b}1m");
        let text = render(&fault, PLAIN);
        assert_eq!(
            text,
            "error: odd `<U+001B>]0;title<U+0007>`<U+000A>line\n\
            \x20--> a<U+001B>[2Jb:1:9\n\
            \x20 |\n\
            1 | x: <U+001B>[31m<U+202E>evil<U+200B><U+0007> here\n\
            \x20 |                ^\n\
            \x20 = hint: <U+009B>1m\n"
        );
    }

    #[test]
    fn the_caret_stands_under_its_column_after_wide_characters_and_tabs() {
        let fault = Diagnostic::error("odd").at(Place::in_text("f", "\t漢字: x", 9));
        let text = render(&fault, PLAIN);
        assert_eq!(
            text.lines().skip(3).collect::<Vec<_>>(),
            ["1 | →   漢字: x", "  |     \u{3000}\u{3000}  ^"]
        );
    }

    #[test]
    fn a_long_line_is_cut_around_its_column() {
        let line = "a".repeat(5000) + "!" + &"b".repeat(5000);
        let text = render(&Diagnostic::error("odd").at(Place::in_text("f", &line, 5000)), PLAIN);
        let shown = format!("1 | …{}!{}…", "a".repeat(60), "b".repeat(59));
        let caret = format!("  | {}^", " ".repeat(61));
        assert_eq!(text.lines().skip(3).collect::<Vec<_>>(), [shown, caret]);
    }

    #[test]
    fn alike_warnings_are_gathered_and_errors_come_last() {
        let mut all = vec![Diagnostic::error("can't write `x`").in_file(Path::new("public"))];
        for n in (0..40).rev() {
            let charset = if n % 2 == 0 { "y" } else { "x-unknown" };
            let warning = Diagnostic::warning(format!("mail {n}: unknown charset `{charset}`"));
            all.push(warning.at(Place::offset("a.mbox", n)));
        }
        all.push(Diagnostic::warning("no Message-ID").at(Place::offset("a.mbox", 7)));
        all.push(Diagnostic::warning("no Message-ID").at(Place::offset("a.mbox", 7)));
        assert_eq!(
            printed(&all, PLAIN),
            "warning: mail 0: unknown charset `y`\n --> a.mbox, byte 0\n\n\
            warning: mail 1: unknown charset `x-unknown`\n --> a.mbox, byte 1\n\n\
            warning: mail 2: unknown charset `y`\n --> a.mbox, byte 2\n\n\
            … and 37 more like this; --verbose shows all\n\n\
            warning: no Message-ID\n --> a.mbox, byte 7\n\n\
            error: can't write `x`\n --> public\n\n"
        );
        let verbose = printed(&all, Look { colour: false, verbose: true });
        assert_eq!(verbose.matches("unknown charset").count(), 40);
        assert!(!verbose.contains("more like this"));
    }

    #[test]
    fn errors_are_never_left_out() {
        let all: Vec<_> = (0..9).map(|n| Diagnostic::error(format!("fault {n}"))).collect();
        assert_eq!(printed(&all, PLAIN).matches("error: fault").count(), 9);
    }

    #[test]
    fn a_trail_leads_to_the_place() {
        let step = Step { what: "used in".to_string(), place: Place::in_text("b", "x\ny", 2) };
        let fault = Diagnostic::error("odd").in_file(Path::new("a")).hint("look");
        let fault = Diagnostic { trail: vec![step], ..fault };
        assert_eq!(
            render(&fault, PLAIN),
            "error: odd\n --> a\n  = used in b:2:1\n  = hint: look\n"
        );
        let json = serde_json::to_value(&fault).unwrap();
        assert_eq!(json["trail"][0]["place"]["line"], 2);
    }

    #[test]
    fn json_holds_every_part() {
        let fault = Diagnostic::warning("odd").at(Place::offset("a.mbox", 5)).hint("look");
        assert_eq!(
            serde_json::to_string(&fault).unwrap(),
            r#"{"severity":"warning","message":"odd","place":{"file":"a.mbox","line":null,"column":null,"snippet":null,"offset":5},"hint":"look"}"#
        );
    }

    #[cfg(unix)]
    #[test]
    fn json_takes_a_path_that_is_not_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xff.mbox"));
        let json = serde_json::to_string(&Diagnostic::error("odd").in_file(path)).unwrap();
        assert!(json.contains("a\u{fffd}.mbox"), "{json}");
    }
}

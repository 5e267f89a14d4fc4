//! A comparison as text, in the form of `git range-diff`.
//!
//! Where git has the ids of commits, mails have none: the beginnings of patch-ids stand in
//! their place, and zeros for a patch without one.

use std::fmt::Write as _;

use super::difference::{Hunk, Section, Side};
use super::lines::Version;
use super::{Changes, Comparison, Row};

/// Digits of a patch-id.
const DIGITS: usize = 10;

/// Escape sequences, as git chooses them; empty without colour.
#[derive(Clone, Copy, Debug)]
struct Colours {
    old: &'static str,
    new: &'static str,
    changed: &'static str,
    hunk: &'static str,
    reset: &'static str,
}

const PLAIN: Colours = Colours { old: "", new: "", changed: "", hunk: "", reset: "" };
const COLOURED: Colours = Colours {
    old: "\x1b[31m",
    new: "\x1b[32m",
    changed: "\x1b[33m",
    hunk: "\x1b[36m",
    reset: "\x1b[m",
};

/// The whole comparison; with escape sequences for a terminal if `coloured`.
pub fn render(comparison: &Comparison<'_>, coloured: bool) -> String {
    let all = comparison.old.iter().chain(&comparison.new);
    let highest = all.map(|version| version.index).max().unwrap_or(0);
    let mut writer = Writer {
        comparison,
        colours: if coloured { COLOURED } else { PLAIN },
        width: highest.to_string().len(),
        out: String::new(),
    };
    for row in &comparison.rows {
        writer.row(row);
    }
    writer.out
}

struct Writer<'s, 'a> {
    comparison: &'s Comparison<'a>,
    colours: Colours,
    width: usize,
    out: String,
}

impl Writer<'_, '_> {
    fn row(&mut self, row: &Row<'_>) {
        let Colours { old: red, new: green, changed: yellow, .. } = self.colours;
        match row {
            Row::Stands { old, new } => {
                self.head("", Some(*old), '=', Some(*new), " (not sent again)")
            }
            Row::Unchanged { old, new } => self.head("", Some(*old), '=', Some(*new), ""),
            Row::Changed { old, new, changes } => {
                self.head(yellow, Some(*old), '!', Some(*new), "");
                self.changes(changes);
            }
            Row::Dropped { old, into } => {
                let note = ends(into, &self.comparison.new, ["squashed into", "split into"]);
                self.head(red, Some(*old), '<', None, &note);
            }
            Row::Added { new, from } => {
                let note = ends(from, &self.comparison.old, ["split from", "squashed from"]);
                self.head(green, None, '>', Some(*new), &note);
            }
        }
    }

    /// ` 2:  0123456789 !  3:  abcdef0123 title`
    fn head(
        &mut self,
        colour: &str,
        old: Option<usize>,
        sign: char,
        new: Option<usize>,
        note: &str,
    ) {
        let versions =
            (old.map(|at| self.comparison.old[at]), new.map(|at| self.comparison.new[at]));
        let title = versions.1.or(versions.0).map_or("", |version| version.title);
        let (old, new) = (self.number(versions.0), self.number(versions.1));
        let end = if colour.is_empty() { "" } else { self.colours.reset };
        let _ = writeln!(self.out, "{colour}{old} {sign} {new} {}{note}{end}", Visible(title));
    }

    /// ` 2:  0123456789`
    fn number(&self, version: Option<Version<'_>>) -> String {
        let width = self.width;
        match version {
            None => format!("{:>width$}:  {}", "-", "-".repeat(DIGITS)),
            Some(v) => {
                let id = v.patch_id.map_or_else(|| "0".repeat(DIGITS), |id| id.to_string());
                format!("{:>width$}:  {}", v.index, &id[..DIGITS])
            }
        }
    }

    fn changes(&mut self, changes: &Changes<'_>) {
        if changes.too_long {
            self.out.push_str("    (too long to compare)\n");
        }
        if let Some((old, new)) = changes.author {
            self.heading("Metadata");
            for (sign, who) in [(Side::Old, old), (Side::New, new)] {
                self.line(sign, &format!("Author: {} <{}>", who.name, who.email));
            }
        }
        self.hunks("Commit message", &changes.message);
        for Section { path, hunks } in &changes.diff {
            self.hunks(path, hunks);
        }
    }

    fn hunks(&mut self, of: &str, hunks: &[Hunk<'_>]) {
        for Hunk { function, lines } in hunks {
            match *function {
                "" => self.heading(of),
                function => self.heading(&format!("{of}: {function}")),
            }
            for (side, line) in lines {
                self.line(*side, &line.to_string());
            }
        }
    }

    fn heading(&mut self, of: &str) {
        let Colours { hunk, reset, .. } = self.colours;
        let _ = writeln!(self.out, "    {hunk}@@ {}{reset}", Visible(of));
    }

    fn line(&mut self, side: Side, text: &str) {
        let Colours { old, new, reset, .. } = self.colours;
        let (sign, colour) = match side {
            Side::Both => (' ', ""),
            Side::Old => ('-', old),
            Side::New => ('+', new),
        };
        let end = if colour.is_empty() { "" } else { reset };
        let _ = writeln!(self.out, "    {colour}{sign}{}{end}", Visible(text));
    }
}

/// ` (squashed into 3)`; "" for no patches.
fn ends(at: &[usize], versions: &[Version<'_>], [one, several]: [&str; 2]) -> String {
    let numbers: Vec<String> = at.iter().map(|at| versions[*at].index.to_string()).collect();
    match numbers.len() {
        0 => String::new(),
        1 => format!(" ({one} {})", numbers[0]),
        _ => format!(" ({several} {})", numbers.join(", ")),
    }
}

/// Text from mail on a terminal: its controls become U+FFFD, so that they command nothing.
struct Visible<'a>(&'a str);

impl std::fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tame = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
        self.0.chars().try_for_each(|c| f.write_char(tame(c)))
    }
}

//! Diffs and diffstats, as `git format-patch` writes them.

use std::fmt::Write;

use super::tree::{Delta, Line};

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// Lines of a file that are replaced by others.
#[derive(Clone, Debug)]
pub struct Span {
    /// Index of the first line that goes, or of the line before which others come.
    pub at: usize,
    /// How many lines go.
    pub cut: usize,
    /// What comes in their place.
    pub put: Vec<Line>,
}

impl Span {
    /// What changes where `cut`, at `at`, becomes `put`, without the lines that stay.
    pub fn of(at: usize, cut: &[Line], put: &[Line]) -> Vec<Span> {
        if cut.len() == put.len() {
            return Span::by_line(at, cut, put);
        }
        match cut {
            [kept] if put.contains(kept) => Span::around(at, kept, put),
            _ => vec![Span::trimmed(at, cut, put)],
        }
    }

    /// Lines put before and after one that stays.
    fn around(at: usize, kept: &Line, put: &[Line]) -> Vec<Span> {
        let parts = put.splitn(2, |l| l == kept).enumerate();
        let span = |(i, part): (usize, &[Line])| Span { at: at + i, cut: 0, put: part.to_vec() };
        parts.map(span).filter(|s| !s.put.is_empty()).collect()
    }

    /// Without the lines that are the same at both ends.
    fn trimmed(at: usize, cut: &[Line], put: &[Line]) -> Span {
        let head = cut.iter().zip(put).take_while(|(a, b)| a == b).count();
        let (cut, put) = (&cut[head..], &put[head..]);
        let tail = cut.iter().rev().zip(put.iter().rev()).take_while(|(a, b)| a == b).count();
        let put = put[..put.len() - tail].to_vec();
        Span { at: at + head, cut: cut.len() - tail, put }
    }

    /// One span for each run of lines that differ; both have the same number of lines.
    fn by_line(at: usize, cut: &[Line], put: &[Line]) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for (i, (old, new)) in cut.iter().zip(put).enumerate() {
            if old == new {
                continue;
            }
            match spans.last_mut() {
                Some(last) if last.at + last.cut == at + i => {
                    last.cut += 1;
                    last.put.push(new.clone());
                }
                _ => spans.push(Span { at: at + i, cut: 1, put: vec![new.clone()] }),
            }
        }
        spans
    }
}

/// A hunk of a unified diff.
pub struct Hunk {
    /// First line before and number of lines before; then after.
    before: (usize, usize),
    after: (usize, usize),
    /// The heading of the function it is in.
    heading: Line,
    /// What happens to each line: ' ', '-' or '+'.
    lines: Vec<(char, Line)>,
}

impl Hunk {
    /// A hunk that turns one whole file into another.
    pub fn whole(old: &[Line], new: &[Line]) -> Hunk {
        let gone = old.iter().map(|l| ('-', l.clone()));
        let come = new.iter().map(|l| ('+', l.clone()));
        let start = |lines: &[Line]| usize::from(!lines.is_empty());
        Hunk {
            before: (start(old), old.len()),
            after: (start(new), new.len()),
            heading: "".into(),
            lines: gone.chain(come).collect(),
        }
    }

    /// The hunks of a file whose lines change in `spans`, which are in order and apart.
    pub fn of(lines: &[Line], spans: &[Span]) -> Vec<Hunk> {
        let mut hunks = Vec::new();
        let mut shift = 0isize;
        let mut rest = spans;
        while !rest.is_empty() {
            let near = |w: &[Span]| w[1].at <= w[0].at + w[0].cut + 2 * CONTEXT;
            let count = 1 + rest.windows(2).take_while(|w| near(w)).count();
            hunks.push(Hunk::group(lines, &rest[..count], &mut shift));
            rest = &rest[count..];
        }
        hunks
    }

    /// One hunk for spans near each other. `shift` is by how much the lines before it have
    /// become more.
    fn group(lines: &[Line], spans: &[Span], shift: &mut isize) -> Hunk {
        let start = spans[0].at.saturating_sub(CONTEXT);
        let mut out = Vec::new();
        let mut at = start;
        let new_start = start as isize + *shift;
        for span in spans {
            out.extend(lines[at..span.at].iter().map(|l| (' ', l.clone())));
            at = span.at + span.cut;
            out.extend(lines[span.at..at].iter().map(|l| ('-', l.clone())));
            out.extend(span.put.iter().map(|l| ('+', l.clone())));
            *shift += span.put.len() as isize - span.cut as isize;
        }
        let end = (at + CONTEXT).min(lines.len());
        out.extend(lines[at..end].iter().map(|l| (' ', l.clone())));
        let added = out.iter().filter(|(mark, _)| *mark != '-').count();
        Hunk {
            before: (start + 1, end - start),
            after: (new_start as usize + 1, added),
            heading: heading(&lines[..start]),
            lines: out,
        }
    }

    fn count(&self, which: char) -> usize {
        self.lines.iter().filter(|(mark, _)| *mark == which).count()
    }

    fn write(&self, out: &mut String) {
        let (before, after) = (place(self.before), place(self.after));
        let blank = if self.heading.is_empty() { "" } else { " " };
        let _ = writeln!(out, "@@ -{before} +{after} @@{blank}{}", self.heading);
        for (mark, line) in &self.lines {
            out.push(*mark);
            out.push_str(line);
            out.push('\n');
        }
    }
}

fn place((start, count): (usize, usize)) -> String {
    match count {
        1 => start.to_string(),
        _ => format!("{start},{count}"),
    }
}

/// The last line that looks like a function's heading, as git shows it after `@@`.
fn heading(lines: &[Line]) -> Line {
    let begins = |l: &&Line| {
        l.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$'))
    };
    match lines.iter().rev().find(begins) {
        Some(line) => line.chars().take(80).collect::<String>().trim_end().into(),
        None => "".into(),
    }
}

impl Delta {
    /// The path it is known by afterwards.
    pub fn path(&self) -> &str {
        self.new.as_ref().or(self.old.as_ref()).map_or("", |(path, _)| path)
    }

    /// Lines added and removed.
    pub fn lines(&self) -> (usize, usize) {
        self.hunks.iter().fold((0, 0), |(add, del), h| (add + h.count('+'), del + h.count('-')))
    }

    /// Writes the file's part of a diff.
    pub fn write(&self, out: &mut String) {
        let none = (String::new(), [0; 20]);
        let old = self.old.as_ref().or(self.new.as_ref()).unwrap_or(&none);
        let new = self.new.as_ref().or(self.old.as_ref()).unwrap_or(&none);
        let _ = writeln!(out, "diff --git a/{} b/{}", old.0, new.0);
        match (&self.old, &self.new) {
            (None, Some((_, id))) => {
                let _ = writeln!(out, "new file mode {}", mode(&new.0));
                let _ = writeln!(out, "index {}..{}", short(&none.1), short(id));
            }
            (Some((_, id)), None) => {
                let _ = writeln!(out, "deleted file mode {}", mode(&old.0));
                let _ = writeln!(out, "index {}..{}", short(id), short(&none.1));
            }
            _ if old.0 != new.0 => {
                let _ = writeln!(out, "similarity index 100%");
                let _ = writeln!(out, "rename from {}\nrename to {}", old.0, new.0);
            }
            _ => {
                let _ =
                    writeln!(out, "index {}..{} {}", short(&old.1), short(&new.1), mode(&new.0));
            }
        }
        self.write_hunks(out);
    }

    fn write_hunks(&self, out: &mut String) {
        if self.hunks.is_empty() {
            return;
        }
        let side = |which: &Option<(String, [u8; 20])>, letter| match which {
            Some((path, _)) => format!("{letter}/{path}"),
            None => "/dev/null".to_string(),
        };
        let _ = writeln!(out, "--- {}\n+++ {}", side(&self.old, 'a'), side(&self.new, 'b'));
        for hunk in &self.hunks {
            hunk.write(out);
        }
    }

    /// What the summary below a diffstat says of the file, if anything.
    fn summary(&self) -> Option<String> {
        match (&self.old, &self.new) {
            (None, Some((path, _))) => Some(format!(" create mode {} {path}\n", mode(path))),
            (Some((path, _)), None) => Some(format!(" delete mode {} {path}\n", mode(path))),
            (Some((old, _)), Some((new, _))) if old != new => {
                Some(format!(" rename {} (100%)\n", arrow(old, new)))
            }
            _ => None,
        }
    }

    fn stat(&self) -> Stat {
        let (added, removed) = self.lines();
        let name = match (&self.old, &self.new) {
            (Some((old, _)), Some((new, _))) if old != new => arrow(old, new),
            _ => self.path().to_string(),
        };
        Stat { path: self.path().to_string(), name, added, removed, summary: self.summary() }
    }
}

fn mode(path: &str) -> &'static str {
    if path.ends_with(".sh") { "100755" } else { "100644" }
}

fn short(id: &[u8; 20]) -> String {
    id[..6].iter().fold(String::new(), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// `dir/{old => new}`, as git shows a rename within a directory.
fn arrow(old: &str, new: &str) -> String {
    match (old.rsplit_once('/'), new.rsplit_once('/')) {
        (Some((a, x)), Some((b, y))) if a == b => format!("{a}/{{{x} => {y}}}"),
        _ => format!("{old} => {new}"),
    }
}

/// A file's row of a diffstat.
#[derive(Clone, Debug)]
pub struct Stat {
    path: String,
    name: String,
    added: usize,
    removed: usize,
    summary: Option<String>,
}

/// The rows of a diff.
pub fn stats(deltas: &[Delta]) -> Vec<Stat> {
    deltas.iter().map(Delta::stat).collect()
}

/// One row a file for several diffs in a row, as a cover letter sums them up.
pub fn summed<'a>(all: impl IntoIterator<Item = &'a Stat>) -> Vec<Stat> {
    let mut rows: Vec<Stat> = Vec::new();
    for stat in all {
        match rows.iter_mut().find(|r| r.path == stat.path) {
            Some(row) => {
                row.added += stat.added;
                row.removed += stat.removed;
            }
            None => rows.push(stat.clone()),
        }
    }
    rows
}

/// A diffstat with its summary, as `git format-patch --stat-width=72` has it.
pub fn diffstat(mut rows: Vec<Stat>) -> String {
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    let most = rows.iter().map(|r| r.added + r.removed).max().unwrap_or(0);
    let digits = most.to_string().len();
    let width = rows.iter().map(|r| r.name.len()).max().unwrap_or(0);
    let room = 72usize.saturating_sub(digits + 6 + width).max(10);
    let mut out = String::new();
    for row in &rows {
        let (plus, minus) = row.graph(most, room);
        let bar = format!("{}{}", "+".repeat(plus), "-".repeat(minus));
        let line = format!(" {:width$} | {:digits$} {bar}", row.name, row.added + row.removed);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push_str(&totals(&rows));
    rows.iter().filter_map(|r| r.summary.as_deref()).for_each(|s| out.push_str(s));
    out
}

impl Stat {
    /// How many `+` and `-` to draw.
    fn graph(&self, most: usize, room: usize) -> (usize, usize) {
        let (add, del) = (self.added, self.removed);
        if most <= room {
            return (add, del);
        }
        let scale = |n: usize| if n == 0 { 0 } else { 1 + n * (room - 1) / most };
        let mut total = scale(add + del);
        if total < 2 && add > 0 && del > 0 {
            total = 2;
        }
        match add < del {
            true => (scale(add), total - scale(add)),
            false => (total - scale(del), scale(del)),
        }
    }
}

fn totals(rows: &[Stat]) -> String {
    let add: usize = rows.iter().map(|r| r.added).sum();
    let del: usize = rows.iter().map(|r| r.removed).sum();
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let mut line = format!(" {} file{} changed", rows.len(), s(rows.len()));
    if add > 0 || del == 0 {
        let _ = write!(line, ", {add} insertion{}(+)", s(add));
    }
    if del > 0 || add == 0 {
        let _ = write!(line, ", {del} deletion{}(-)", s(del));
    }
    line.push('\n');
    line
}

//! The lines of a published text: title, tables, patch list and blocks.
//!
//! The layout is that of [`crate::digest::text`], which writes it; the texts of others differ
//! from it in small ways, and in each line something else may stand. What each line says is
//! read here; which blocks are of one posting is found in [`super::entry`].

use std::ops::Range;

use super::fault::{Fault, Problem};
use super::list::{self, ListRow};
use crate::mail::header::{collapse, decode_words};
use crate::mail::{Address, Subject, address, subject};

/// A text, taken apart. Spans are bytes of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// `From A to B`, as of a range by commits, else the title line as it is; "" where there is none.
    pub title: String,
    /// What the second line calls the list.
    pub list: Option<String>,
    /// The most rows that the tables have, as their headings say.
    pub top: Option<u32>,
    /// Domains and their counts, in the order of the text.
    pub domains: Vec<(String, u32)>,
    /// People and their counts, in the order of the text.
    pub contributors: Vec<(Address, u32)>,
    /// The patch list.
    pub rows: Vec<ListRow>,
    /// The messages, and the lines that stand for one.
    pub blocks: Vec<Block>,
}

/// A message, or a line that stands for one.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// `New:`, a message that is printed.
    New(Letter),
    /// `Exist:`, a patch that was printed before.
    Exist(Reference),
    /// ` Skip:`, a cover letter with the title of its only patch.
    Skip(Reference),
}

/// A mail as a text prints it.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// The title as the block's first line has it.
    pub title: String,
    /// The subject as text.
    pub subject_text: String,
    /// What it says.
    pub subject: Subject,
    /// Who is named as author.
    pub author: Option<Address>,
    /// Where its message stands, without empty lines around it.
    pub message: Range<usize>,
}

/// A mail that a text only names.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Its line, from 1.
    pub line: usize,
    /// The subject as text.
    pub subject_text: String,
    /// What it says.
    pub subject: Subject,
}

/// The part of the text that a line is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Start,
    Domains,
    Contributors,
    List,
    Messages,
    Unknown,
}

/// Faults of one text that are told one by one.
const FAULTS: usize = 40;
/// Characters of a line that a fault shows.
const SNIPPET: usize = 160;
/// Characters of a title that are kept.
const TITLE: usize = 200;
/// Dashes of the line under a message, at least.
const RULE: usize = 70;

/// Takes a text apart. Never fails: what can't be read is among the faults.
pub(super) fn read(text: &str) -> (Layout, Vec<Fault>) {
    let mut reader = Reader::new(text);
    reader.heading();
    let mut section = Section::Start;
    while let Some(line) = reader.line(reader.at) {
        section = reader.step(section, line);
    }
    reader.finish()
}

struct Reader<'a> {
    text: &'a str,
    /// The lines, without line feeds.
    lines: Vec<Range<usize>>,
    at: usize,
    layout: Layout,
    /// Whether anything of the layout was met.
    known: bool,
    faults: Vec<Fault>,
    untold: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let mut at = 0;
        let spans = text.split_inclusive('\n').map(|line| {
            let start = at;
            at += line.len();
            start..start + line.trim_end_matches('\n').len()
        });
        let lines = spans.collect();
        let (faults, layout) = (Vec::new(), Layout::default());
        Reader { text, lines, at: 0, layout, known: false, faults, untold: 0 }
    }

    fn line(&self, at: usize) -> Option<&'a str> {
        self.lines.get(at).map(|span| &self.text[span.clone()])
    }

    fn fault(&mut self, at: usize, problem: Problem) {
        if self.faults.len() == FAULTS {
            self.untold += 1;
            return;
        }
        let snippet = cut(self.line(at).unwrap_or_default(), SNIPPET).to_string();
        self.faults.push(Fault { line: at + 1, snippet, problem });
    }

    fn finish(mut self) -> (Layout, Vec<Fault>) {
        if !self.known {
            let snippet = cut(self.line(0).unwrap_or_default(), SNIPPET).to_string();
            self.faults = vec![Fault { line: 1, snippet, problem: Problem::NotADigest }];
        } else if self.untold > 0 {
            let problem = Problem::More(self.untold);
            let last = self.faults.last().map_or(1, |fault| fault.line);
            self.faults.push(Fault { line: last, snippet: String::new(), problem });
        }
        (self.layout, self.faults)
    }

    /// The two lines that a text begins with.
    fn heading(&mut self) {
        self.skip_blank();
        let Some(first) = self.line(self.at) else { return };
        if opened_by(first).is_some() || begins_block(first) {
            return self.fault(self.at, Problem::NoTitle);
        }
        if let Some((list, range)) = list_line(first) {
            self.fault(self.at, Problem::NoTitle);
            self.layout.title = title_of(range.strip_prefix("for ").unwrap_or(range));
            return self.list_named(list);
        }
        self.layout.title = title_of(first);
        self.at += 1;
        match self.line(self.at).and_then(list_line) {
            Some((list, _)) => self.list_named(list),
            None => {
                self.fault(self.at.min(self.lines.len().saturating_sub(1)), Problem::NoListLine)
            }
        }
    }

    fn list_named(&mut self, list: &str) {
        self.layout.list = Some(cut(list, TITLE).to_string());
        self.known = true;
        self.at += 1;
    }

    fn skip_blank(&mut self) {
        while self.line(self.at).is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// Reads a line, or the block that it begins; gives the section that follows.
    fn step(&mut self, section: Section, line: &str) -> Section {
        if begins_block(line) {
            if section != Section::Messages {
                self.fault(self.at, Problem::NoMessagesHeading);
            }
            self.known = true;
            self.block(line);
            return Section::Messages;
        }
        if let Some(opened) = opened_by(line) {
            match opened {
                Section::Unknown => self.fault(self.at, Problem::Section),
                _ => self.known = true,
            }
            self.layout.top = self.layout.top.or_else(|| top_of(line));
            self.at += 1;
            return opened;
        }
        if !is_blank(line) {
            self.row(section, line);
        }
        self.at += 1;
        section
    }

    fn row(&mut self, section: Section, line: &str) {
        let read = match section {
            Section::Domains => self.domain(line),
            Section::Contributors => self.contributor(line),
            Section::List => list::read_into(&mut self.layout.rows, line),
            Section::Unknown => Some(()),
            Section::Messages if is_rule(line) => Some(()),
            Section::Start | Section::Messages => None,
        };
        let problem = match section {
            Section::Domains | Section::Contributors => Problem::TableRow,
            Section::List => Problem::ListRow,
            _ => Problem::Stray,
        };
        if read.is_none() {
            self.fault(self.at, problem);
        }
    }

    fn domain(&mut self, line: &str) -> Option<()> {
        let (count, domain) = counted(line)?;
        self.layout.domains.push((domain.to_string(), count));
        Some(())
    }

    fn contributor(&mut self, line: &str) -> Option<()> {
        let (count, who) = counted(line)?;
        let who = match who {
            "" => Address::default(),
            who => author(who)?,
        };
        self.layout.contributors.push((who, count));
        Some(())
    }

    fn block(&mut self, line: &str) {
        let start = self.at;
        self.at += 1;
        let (word, rest) = line.split_once(':').unwrap_or((line, ""));
        let reference = || {
            let subject_text = collapse(&decode_words(rest));
            let subject = subject::parse(&subject_text);
            Reference { line: start + 1, subject_text, subject }
        };
        let block = match word.trim() {
            "Exist" => Block::Exist(reference()),
            "Skip" => Block::Skip(reference()),
            _ => Block::New(self.letter(start, collapse(&decode_words(rest)))),
        };
        self.layout.blocks.push(block);
    }

    fn letter(&mut self, start: usize, title: String) -> Letter {
        let subject_text = match self.subject() {
            Some(subject) => collapse(&decode_words(&subject)),
            None => {
                self.fault(start, Problem::NoSubject);
                title.clone()
            }
        };
        let author = self.author();
        if author.is_none() {
            self.fault(start, Problem::NoAuthor);
        }
        let subject = subject::parse(&subject_text);
        Letter { title, subject, subject_text, author, message: self.message(start) }
    }

    /// The subject, folded lines joined.
    fn subject(&mut self) -> Option<String> {
        let first = self.line(self.at).filter(|line| !is_blank(line) && !is_author(line))?;
        let mut subject = first.to_string();
        self.at += 1;
        let folded = |line: &&str| line.starts_with([' ', '\t']) && !is_blank(line);
        while let Some(more) = self.line(self.at).filter(folded) {
            subject.push(' ');
            subject.push_str(more.trim());
            self.at += 1;
        }
        Some(subject)
    }

    fn author(&mut self) -> Option<Address> {
        let line = self.line(self.at).filter(|line| is_author(line))?;
        self.at += 1;
        author(line.split_once(':')?.1)
    }

    /// The message up to the line of dashes that ends it.
    fn message(&mut self, start: usize) -> Range<usize> {
        let first = self.at;
        let mut end = first;
        while end < self.lines.len() && !self.ends_message(end) {
            end += 1;
        }
        self.at = end;
        match self.line(end) {
            None => self.fault(start, Problem::CutShort),
            Some(line) if is_rule(line) => self.at += 1,
            Some(_) => self.fault(end, Problem::NoRule),
        }
        self.without_blank(first..end)
    }

    /// Whether a line ends the message above it. A line of dashes may also stand in a message:
    /// it ends it only where, after an empty line, a block follows, or nothing.
    fn ends_message(&self, at: usize) -> bool {
        let Some(line) = self.line(at) else { return true };
        if is_rule(line) {
            let below = || (at + 1..).map(|at| self.line(at));
            let next = below().find(|line| !line.is_some_and(is_blank)).flatten();
            let is_apart = self.line(at + 1).is_none_or(is_blank);
            return is_apart && next.is_none_or(begins_block);
        }
        // Prose may begin with `New:`, but hardly with a subject and an author below.
        line.starts_with("New:") && self.line(at + 2).is_some_and(is_author)
    }

    /// The bytes of these lines but for blank ones at their ends.
    fn without_blank(&self, mut lines: Range<usize>) -> Range<usize> {
        while !lines.is_empty() && self.line(lines.start).is_some_and(is_blank) {
            lines.start += 1;
        }
        while !lines.is_empty() && self.line(lines.end - 1).is_some_and(is_blank) {
            lines.end -= 1;
        }
        match (self.lines.get(lines.start), lines.is_empty()) {
            (Some(first), false) => first.start..self.lines[lines.end - 1].end,
            _ => 0..0,
        }
    }
}

/// The section that a heading opens.
fn opened_by(line: &str) -> Option<Section> {
    if line.starts_with("Top ") && line.contains(" contributor") {
        return Some(match line.contains("omains") {
            true => Section::Domains,
            false => Section::Contributors,
        });
    }
    let name = line.strip_prefix("=====")?.trim_matches(['=', ' ']);
    Some(match name {
        _ if name.starts_with("Patch list") => Section::List,
        "Patch Commit Messages" => Section::Messages,
        _ => Section::Unknown,
    })
}

/// 15 of `Top 15 contributors …`.
fn top_of(heading: &str) -> Option<u32> {
    heading.strip_prefix("Top ")?.split(' ').next()?.parse().ok()
}

/// Whether a line begins a block of the messages.
fn begins_block(line: &str) -> bool {
    line.starts_with("New: ") || line.starts_with("Exist: ") || line.starts_with(" Skip: ")
}

fn is_author(line: &str) -> bool {
    line.starts_with("Author:")
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

fn is_rule(line: &str) -> bool {
    let line = line.trim_end();
    line.len() >= RULE && line.bytes().all(|b| b == b'-')
}

/// The list's name and its range, of `NAME mailing list update from A to B`.
fn list_line(line: &str) -> Option<(&str, &str)> {
    let (list, range) = line.split_once(" mailing list update ")?;
    Some((list.trim(), range.trim()))
}

/// The title of a range: always `From A to B` where it lies between two ends.
fn title_of(line: &str) -> String {
    let line = line.trim();
    let plain = ["From ", "from "].iter().find_map(|word| line.strip_prefix(word));
    let ends = plain.and_then(|ends| ends.split_once(" to "));
    match ends.filter(|(a, b)| !a.contains(char::is_whitespace) && !b.contains(char::is_whitespace))
    {
        Some((from, to)) => cut(&format!("From {from} to {to}"), TITLE).to_string(),
        None => cut(line, TITLE).to_string(),
    }
}

/// A row of a table: its number, and what follows it.
fn counted(line: &str) -> Option<(u32, &str)> {
    let line = line.trim();
    let end = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
    let (count, name) = line.split_at(end);
    let apart = name.is_empty() || name.starts_with([' ', '\t']);
    Some((count.parse().ok().filter(|_| apart)?, name.trim()))
}

/// A person as the texts name them: a mailbox of RFC 5322, section 3.4, encoded words decoded.
fn author(text: &str) -> Option<Address> {
    let mut who = address::parse_one(text.trim())?;
    who.name = collapse(&decode_words(&who.name));
    (!who.name.is_empty() || !who.email.is_empty()).then_some(who)
}

/// At most so many characters of a line.
fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

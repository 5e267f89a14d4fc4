//! The page that says what changed from one posting to a later one, patch by patch.
//!
//! It reads as `git range-diff`: each line has the sign of the comparison, then the one it has
//! in the patch. Which patch became which is reckoned in [`crate::archive::compare`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::compare::changelog;
use crate::archive::compare::difference::{Hunk, Section, Side};
use crate::archive::compare::lines::{Line, Version};
use crate::archive::compare::scope::{self, Pairings, Scope};
use crate::archive::compare::words::{self, Marks};
use crate::archive::compare::{CREATION_FACTOR, Changes, Comparison, Limits, Row};
use crate::archive::{MailId, PostingId};
use crate::config::{Addresses, Diffs};
use crate::diagnostic::Diagnostic;
use crate::mail::Shown;
use crate::site::diff::OPEN_LINES;
use crate::site::escape::{Html, attribute_into, escape_into, text_into};
use crate::site::part::to_move;
use crate::site::posting::number;
use crate::site::row;
use crate::site::text::{self, Length};
use crate::site::view::{Figure, Head, Link, Title, counted, day, day_words, shown_title};
use crate::site::{Page, Site};

/// What changed between two versions.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// `What changed from v4 to v5`
    heading: String,
    /// The comparison before.
    prev: Option<Link>,
    /// The later version.
    this: Link,
    /// The comparison after.
    next: Option<Link>,
    /// The newest version, where that is another one.
    later: Option<Link>,
    /// The page of the later version.
    href: String,
    /// Its title.
    title: Title,
    /// When both were sent.
    lede: String,
    /// Key figures.
    figures: Vec<Figure>,
    /// Which patches are not here, in a sentence; empty where all are.
    missing: String,
    /// What the author says about it, from the cover letter.
    said: Html,
    /// The name of the earlier version: `v4`.
    old: String,
    /// The name of the later version: `v5`.
    new: String,
    /// The patches, in the order of the later version.
    rows: Vec<RowView>,
    /// Where both live upstream.
    links: Vec<Link>,
}

/// A patch.
#[derive(Serialize, JsonSchema)]
struct RowView {
    /// The name of its anchor.
    anchor: String,
    /// `eq` unchanged, `ch` changed, `ad` added, `dr` dropped.
    class: &'static str,
    /// The same in words.
    word: &'static str,
    /// What else is to be said: that it moved, or where its lines went.
    note: String,
    /// Its number in both, as git range-diff prints it.
    numbers: String,
    /// Its mail, in the later version if it is there.
    href: String,
    /// Its title.
    title: Title,
    /// The difference of the differences.
    body: Html,
    /// What is said in place of differences that are not shown.
    instead: String,
    /// The two mails, where differences are not shown.
    mails: Vec<Link>,
}

/// The comparisons of a posting with earlier ones, as the configuration says. Of its mails
/// those in `known` are not read again.
pub fn pages(
    site: &Site<'_>,
    later: PostingId,
    known: &BTreeMap<MailId, Shown>,
) -> Result<Vec<Page>, Diagnostic> {
    let earlier = scope::earlier(site.archive, later, site.config.comparisons);
    earlier.into_iter().map(|earlier| render(site, (earlier, later), known)).collect()
}

/// The page of one comparison.
pub fn render(
    site: &Site<'_>,
    (earlier, later): (PostingId, PostingId),
    known: &BTreeMap<MailId, Shown>,
) -> Result<Page, Diagnostic> {
    let pair = (earlier, later);
    let scope = Scope::read(&site.bodies, site.archive, pair, known, Limits::default());
    let comparison = scope.compare(CREATION_FACTOR);
    let mut view = view(site, pair, &comparison);
    view.said = said(site, pair, known);
    let mut lines: Vec<usize> = comparison.rows.iter().map(changed_lines).collect();
    fit(site, &mut view, &mut lines);
    let size = view.size();
    site.long_page(site.urls.comparison_path(earlier, later), "compare.html", &view, size)
}

/// The link to what changed from one posting to the next, if there is such a page.
pub fn link(site: &Site<'_>, later: PostingId) -> Option<Link> {
    let earlier = scope::predecessor(site.archive, later)?;
    let is_there = site.config.comparisons != Pairings::None;
    let text = || format!("what changed since v{}", site.archive.posting(earlier).version);
    is_there.then(|| Link::new(site.urls.comparison(earlier, later), text()))
}

fn view(
    site: &Site<'_>,
    (earlier, later): (PostingId, PostingId),
    comparison: &Comparison<'_>,
) -> View {
    let (old, new) = names(site, earlier, later);
    let posting = site.archive.posting(later);
    let numbers = Numbers::of(comparison);
    let rows = comparison.rows.iter().map(|row| row_view(site, comparison, row, &numbers));
    View {
        page: head(site, (earlier, later), (&old, &new)),
        heading: format!("What changed from {old} to {new}"),
        prev: turn(site, scope::predecessor(site.archive, earlier), Some(earlier)),
        this: Link::new(site.urls.posting(later), format!("The series, {new}")),
        next: turn(site, Some(later), scope::successor(site.archive, later)),
        later: posting.superseded_by.map(|last| {
            Link::new(site.urls.posting(last), format!("v{}", site.archive.posting(last).version))
        }),
        href: site.urls.posting(later),
        title: site.title(&posting.title),
        lede: [sent(site, earlier, &old), sent(site, later, &new)].join("; "),
        figures: figures(comparison),
        missing: missing(site, earlier, later),
        said: Html::default(),
        rows: rows.collect(),
        links: upstream(site, earlier, &old)
            .into_iter()
            .chain(upstream(site, later, &new))
            .collect(),
        old,
        new,
    }
}

/// What the two are called: `v4` and `v5`; with the day where that is the same.
fn names(site: &Site<'_>, earlier: PostingId, later: PostingId) -> (String, String) {
    let name = |id| {
        let posting = site.archive.posting(id);
        let words: String = row::words(posting).iter().map(|word| format!(" {word}")).collect();
        format!("v{}{words}", posting.version)
    };
    let dated = |id| format!("{} of {}", name(id), day_words(site.archive.posting(id).date));
    match name(earlier) == name(later) {
        true => (dated(earlier), dated(later)),
        false => (name(earlier), name(later)),
    }
}

fn head(
    site: &Site<'_>,
    (earlier, later): (PostingId, PostingId),
    (old, new): (&str, &str),
) -> Head {
    let posting = site.archive.posting(later);
    let title = shown_title(&site.shown(&posting.title));
    let mut head = site.head(&site.urls.comparison_path(earlier, later), &title, "Series");
    head.title = format!("{old} to {new}: {title}");
    head.description = format!("What changed from {old} to {new}: {title}");
    head.running = format!("v{}..v{}", site.archive.posting(earlier).version, posting.version);
    head.date = day(posting.date);
    head
}

/// The comparison before or after this one.
fn turn(site: &Site<'_>, from: Option<PostingId>, to: Option<PostingId>) -> Option<Link> {
    let (from, to) = from.zip(to).filter(|_| site.config.comparisons != Pairings::None)?;
    let (old, new) = names(site, from, to);
    Some(Link::new(site.urls.comparison(from, to), format!("{old} to {new}")))
}

/// `v4 of 17 March 2025, 18 patches`
fn sent(site: &Site<'_>, id: PostingId, name: &str) -> String {
    let posting = site.archive.posting(id);
    let day = day_words(posting.date);
    let patches = row::patches_words(posting);
    match name.ends_with(&day) {
        true => format!("{name}, {patches}"),
        false => format!("{name} of {day}, {patches}"),
    }
}

fn figures(comparison: &Comparison<'_>) -> Vec<Figure> {
    type IsKind = fn(&Row<'_>) -> bool;
    const KINDS: [(&str, IsKind); 5] = [
        ("not sent again", |row| matches!(row, Row::Stands { .. })),
        ("unchanged", |row| matches!(row, Row::Unchanged { .. })),
        ("changed", |row| matches!(row, Row::Changed { .. })),
        ("added", |row| matches!(row, Row::Added { .. })),
        ("dropped", |row| matches!(row, Row::Dropped { .. })),
    ];
    let told = KINDS.iter().map(|(word, is)| Figure::some(comparison.count(is), word, word));
    told.flatten().collect()
}

/// A sentence on patches that never arrived: what is said to be added or dropped may be among
/// them.
fn missing(site: &Site<'_>, earlier: PostingId, later: PostingId) -> String {
    let lost = [earlier, later].map(|id| site.archive.posting(id));
    let told = lost.iter().filter(|posting| !posting.missing.is_empty()).map(|posting| {
        let patches = counted(posting.missing.len() as u32, "patch", "patches");
        format!("{patches} of v{} never arrived.", posting.version)
    });
    told.collect::<Vec<_>>().join(" ")
}

/// What the author says has changed: in the cover letter, or in the notes of a single patch.
fn said(
    site: &Site<'_>,
    (earlier, later): (PostingId, PostingId),
    known: &BTreeMap<MailId, Shown>,
) -> Html {
    let posting = site.archive.posting(later);
    if posting.cover.is_none() && posting.patches.len() > 1 {
        return Html::default();
    }
    let head = posting.head();
    let mail = known.get(&head).map_or_else(|| Cow::Owned(site.bodies.mail(head)), Cow::Borrowed);
    let patch = &mail.patch;
    let message = match patch.diffstat.is_empty() {
        true => patch.message.clone(),
        false => patch.message.start..patch.message.end.min(patch.diffstat.start),
    };
    let versions = [earlier, later].map(|id| site.archive.posting(id).version);
    let parts = [message, patch.notes.clone(), patch.late_notes.clone()];
    let mut parts = parts.into_iter().filter_map(|range| mail.body.text.get(range));
    let text = parts.find_map(|part| changelog::of(part, versions[0], versions[1]));
    text.map_or_else(Html::default, |text| {
        site.inline(|inline| text::mail(text, inline, Length::Folded("the author’s words")))
    })
}

fn upstream(site: &Site<'_>, id: PostingId, name: &str) -> Option<Link> {
    let link = site.upstream_link(site.archive.posting(id).head())?;
    Some(Link { text: format!("{name} on {}", link.text), ..link })
}

/// How numbers of patches are written: ` 2 !  3`.
struct Numbers {
    width: usize,
}

impl Numbers {
    fn of(comparison: &Comparison<'_>) -> Numbers {
        let all = comparison.old.iter().chain(&comparison.new);
        let highest = all.map(|version| version.index).max().unwrap_or(0);
        Numbers { width: highest.to_string().len() }
    }

    fn words(&self, old: Option<Version<'_>>, sign: char, new: Option<Version<'_>>) -> String {
        let number = |v: Option<Version<'_>>| v.map_or("–".to_string(), |v| v.index.to_string());
        let width = self.width;
        format!("{:>width$} {sign} {:>width$}", number(old), number(new))
    }
}

fn row_view(
    site: &Site<'_>,
    comparison: &Comparison<'_>,
    row: &Row<'_>,
    numbers: &Numbers,
) -> RowView {
    let (old, new) = match row {
        Row::Stands { old, new } | Row::Unchanged { old, new } => (Some(*old), Some(*new)),
        Row::Changed { old, new, .. } => (Some(*old), Some(*new)),
        Row::Dropped { old, .. } => (Some(*old), None),
        Row::Added { new, .. } => (None, Some(*new)),
    };
    let (old, new) = (old.map(|at| comparison.old[at]), new.map(|at| comparison.new[at]));
    let (class, word, sign) = kind(row);
    let version = new.or(old);
    let mail = version.map_or(MailId(0), |version| version.mail);
    let mut view = RowView {
        anchor: match (old, new) {
            (_, Some(new)) => format!("c{}", new.index),
            (old, None) => format!("d{}", old.map_or(0, |old| old.index)),
        },
        class,
        word,
        note: note(comparison, row),
        numbers: numbers.words(old, sign, new),
        href: site.urls.mail(mail),
        title: site.title(version.map_or("", |version| version.title)),
        body: Html::default(),
        instead: String::new(),
        mails: Vec::new(),
    };
    if let Row::Changed { changes, .. } = row {
        view.mails = [old, new].into_iter().flatten().map(|v| patch_link(site, v)).collect();
        fill(site, &mut view, changes);
    }
    view
}

/// Class, word and sign of a row.
fn kind(row: &Row<'_>) -> (&'static str, &'static str, char) {
    match row {
        Row::Stands { .. } => ("eq", "not sent again", '='),
        Row::Unchanged { .. } => ("eq", "unchanged", '='),
        Row::Changed { .. } => ("ch", "changed", '!'),
        Row::Dropped { into, .. } => match into.len() {
            0 => ("dr", "dropped", '<'),
            1 => ("dr", "squashed", '<'),
            _ => ("dr", "split", '<'),
        },
        Row::Added { from, .. } => match from.len() {
            0 => ("ad", "added", '>'),
            1 => ("ad", "split off", '>'),
            _ => ("ad", "squashed", '>'),
        },
    }
}

/// `into 3 and 4`, `from 2`, `trailers only`
fn note(comparison: &Comparison<'_>, row: &Row<'_>) -> String {
    let (word, ends, versions) = match row {
        Row::Dropped { into, .. } => ("into", into, &comparison.new),
        Row::Added { from, .. } => ("from", from, &comparison.old),
        Row::Changed { changes, .. } if changes.is_trailers_only() => {
            return "trailers only".to_string();
        }
        _ => return String::new(),
    };
    let numbers: Vec<String> = ends.iter().map(|at| versions[*at].index.to_string()).collect();
    match &numbers[..] {
        [] => String::new(),
        [all @ .., last] if !all.is_empty() => format!("{word} {} and {last}", all.join(", ")),
        [one, ..] => format!("{word} {one}"),
    }
}

/// `v4 3/18`, linked to the patch.
fn patch_link(site: &Site<'_>, version: Version<'_>) -> Link {
    let subject = &site.archive.mail(version.mail).subject();
    let revision = subject.version.map_or("v1".to_string(), |revision| format!("v{revision}"));
    let text = format!("{revision} {}", number(site, version.mail));
    Link::new(site.urls.mail(version.mail), text.trim())
}

/// Says how a patch changed, or what is said instead.
fn fill(site: &Site<'_>, view: &mut RowView, changes: &Changes<'_>) {
    if changes.too_long {
        view.instead = "Too long to be compared:".to_string();
        return;
    }
    let mut writer = Writer { out: String::new(), addresses: site.config.addresses };
    if let Some((old, new)) = changes.author {
        let name =
            |who: crate::mail::address::AddressRef<'_>| format!("{} <{}>", who.name, who.email);
        let (old, new) = (name(old), name(new));
        let lines = vec![(Side::Old, Line::Text(&old)), (Side::New, Line::Text(&new))];
        writer.section("Author", &[Hunk { function: "", lines }]);
    }
    writer.section("Commit message", &changes.message);
    if site.config.diffs == Diffs::None && !changes.diff.is_empty() {
        view.instead = "The diff has changed too:".to_string();
    } else {
        for Section { path, hunks } in &changes.diff {
            writer.section(path, hunks);
        }
    }
    view.body = Html::vouched(writer.out);
}

/// How many lines of a patch differ.
fn changed_lines(row: &Row<'_>) -> usize {
    let Row::Changed { changes, .. } = row else { return 0 };
    let hunks = changes.diff.iter().flat_map(|section| &section.hunks).chain(&changes.message);
    hunks.flat_map(|hunk| &hunk.lines).filter(|(side, _)| *side != Side::Both).count()
}

/// Leaves out the longest differences until the page is within its budget.
fn fit(site: &Site<'_>, view: &mut View, lines: &mut [usize]) {
    let budget = usize::try_from(site.config.page_budget).unwrap_or(usize::MAX);
    let sizes: Vec<(u8, usize)> = view.rows.iter().map(|row| (0, row.body.len())).collect();
    for at in to_move(&sizes, view.size(), budget) {
        let row = &mut view.rows[at];
        if !row.body.is_empty() {
            row.body = Html::default();
            let lines = counted(lines[at] as u32, "line differs", "lines differ");
            row.instead = format!("{lines}, too many for this page:");
        }
    }
}

impl View {
    /// About how long the page is, in bytes.
    fn size(&self) -> usize {
        6_000 + self.said.len() + self.rows.iter().map(|row| 500 + row.body.len()).sum::<usize>()
    }
}

/// Writes differences as HTML.
struct Writer {
    out: String,
    addresses: Addresses,
}

impl Writer {
    /// The differences of one file or of the message, folded where they are long.
    fn section(&mut self, name: &str, hunks: &[Hunk<'_>]) {
        if hunks.is_empty() {
            return;
        }
        let lines = hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>();
        let is_long = lines > OPEN_LINES;
        self.out.push_str(if is_long { "<details class=\"more\"><summary>" } else { "<h3>" });
        self.text(name);
        if is_long {
            let lines = counted(lines as u32, "line", "lines");
            self.out.push_str(&format!(" <span class=\"mut\">{lines}</span></summary>\n"));
        } else {
            self.out.push_str("</h3>\n");
        }
        self.out.push_str("<pre tabindex=\"0\" role=\"group\" aria-label=\"");
        attribute_into(&mut self.out, name);
        self.out.push_str("\">");
        for (at, hunk) in hunks.iter().enumerate() {
            self.hunk(hunk, at > 0);
        }
        self.out.push_str(if is_long { "</pre>\n</details>\n" } else { "</pre>\n" });
    }

    fn hunk(&mut self, hunk: &Hunk<'_>, follows: bool) {
        if !hunk.function.is_empty() || follows {
            self.out.push_str("<span class=\"l h\">@@ ");
            self.text(hunk.function);
            self.out.push_str("\n</span>");
        }
        let mut rest = &hunk.lines[..];
        while let Some((side, line)) = rest.first() {
            if *side == Side::Both {
                let class = if matches!(line, Line::Text(_)) { "l" } else { "\"l h\"" };
                self.line(class, ' ', &inside(*line), None);
                rest = &rest[1..];
                continue;
            }
            let run =
                |rest: &[(Side, Line<'_>)], side| rest.iter().take_while(|l| l.0 == side).count();
            let removed = run(rest, Side::Old);
            let added = run(&rest[removed..], Side::New);
            self.run(&rest[..removed], &rest[removed..removed + added]);
            rest = &rest[removed + added..];
        }
    }

    /// Removed lines and the added ones after them.
    fn run(&mut self, removed: &[(Side, Line<'_>)], added: &[(Side, Line<'_>)]) {
        let [removed, added] =
            [removed, added].map(|lines| lines.iter().map(|l| inside(l.1)).collect::<Vec<_>>());
        // An address that is to be hidden must not be cut in two.
        let (of_removed, of_added) = match self.addresses {
            Addresses::Full => words::marks(&slices(&removed), &slices(&added)),
            _ => (vec![None; removed.len()], vec![None; added.len()]),
        };
        for (line, marks) in removed.iter().zip(&of_removed) {
            self.line("\"l d\"", '-', line, marks.as_ref().map(|marks| ("del", marks)));
        }
        for (line, marks) in added.iter().zip(&of_added) {
            self.line("\"l a\"", '+', line, marks.as_ref().map(|marks| ("ins", marks)));
        }
    }

    fn line(&mut self, class: &str, sign: char, line: &str, marks: Option<(&str, &Marks)>) {
        self.out.push_str("<span class=");
        self.out.push_str(class);
        self.out.push('>');
        self.out.push(sign);
        let mut at = 0;
        if let Some((tag, marks)) = marks {
            for range in marks {
                escape_into(&mut self.out, &line[at..range.start]);
                self.out.push_str(&["<", tag, ">"].concat());
                escape_into(&mut self.out, &line[range.clone()]);
                self.out.push_str(&["</", tag, ">"].concat());
                at = range.end;
            }
        }
        self.text(&line[at..]);
        self.out.push_str("\n</span>");
    }

    fn text(&mut self, text: &str) {
        match self.addresses {
            Addresses::Full => escape_into(&mut self.out, text),
            addresses => text_into(&mut self.out, text, addresses),
        }
    }
}

fn slices<'a>(lines: &'a [Cow<'_, str>]) -> Vec<&'a str> {
    lines.iter().map(|line| &**line).collect()
}

/// A line as it stands under its file's name.
fn inside<'a>(line: Line<'a>) -> Cow<'a, str> {
    match line {
        Line::Text(text) => Cow::Borrowed(text),
        Line::Hunk { function, .. } => Cow::Owned(format!("@@ {function}")),
        Line::File { .. } | Line::Binary(_) => Cow::Owned(line.to_string()),
    }
}

//! The site owner's own pages: front matter and Markdown as HTML.
//!
//! Raw HTML is shown as text, with a warning: the Content-Security-Policy would take scripts
//! and styles out anyway, and one rule for all text is easier to trust. Comments are left
//! out. Tables have no inline styles, for the same reason. Where a link to another page
//! leads is for the caller to say, who knows all pages.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use pulldown_cmark::{
    Alignment, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd,
};

use crate::archive::slug::slug;
use crate::config::front::{self, FrontMatter};
use crate::diagnostic::{Diagnostic, Place};
use crate::site::escape::{Html, is_linkable};

/// A page of the site owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// From the front matter, else its first heading of level one, which is then not in the
    /// body.
    pub title: String,
    /// One sentence for search engines and feeds.
    pub description: Option<String>,
    /// Its place among the pages; smaller comes first, 0 where nothing is said.
    pub order: i64,
    /// Whether the site's navigation leads to it.
    pub nav: bool,
    /// What it says.
    pub body: Html,
}

/// Turns a link's destination as written (`guide.md#top`, `../pictures/a.png`) into a URL of
/// this site; none where it leads nowhere.
pub type Resolve<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads a page: optional front matter (YAML between lines of `---`: `title`, `description`,
/// `order`, `nav`), then Markdown (CommonMark with tables, footnotes, strike-through and ids
/// of headings). No page comes of a front matter that can't be read, or without a title.
/// `file` is for the diagnostics, whose lines count from the file's first.
pub fn page(source: &str, file: &Path, resolve: Resolve<'_>) -> (Option<Page>, Vec<Diagnostic>) {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let (front, body) = match split_front_matter(source, file) {
        Ok(parts) => parts,
        Err(fault) => return (None, vec![fault]),
    };
    let front = match front.map(|yaml| front::read(yaml, file)) {
        None => FrontMatter::default(),
        Some(Ok(front)) => front,
        Some(Err(faults)) => return (None, faults),
    };
    let mut reader = Reader { source, file, resolve, faults: Vec::new(), ids: HashMap::new() };
    let mut events = reader.events(body);
    let title = front.title.or_else(|| take_title(&mut events));
    let Some(title) = title else {
        let fault = Diagnostic::error("the page has no title").at(reader.place(0)).hint(
            "begin it with a heading (`# Title`), or with front matter: `---`, `title: Title`, `---`",
        );
        return (None, vec![fault]);
    };
    let body = to_html(events);
    let (description, order, nav) = (front.description, front.order, front.nav);
    (Some(Page { title, description, order, nav, body }), reader.faults)
}

/// Reads Markdown that is no page of its own, such as a note on a digest.
pub fn fragment(source: &str, file: &Path, resolve: Resolve<'_>) -> (Html, Vec<Diagnostic>) {
    let mut reader = Reader { source, file, resolve, faults: Vec::new(), ids: HashMap::new() };
    let events = reader.events(0..source.len());
    (to_html(events), reader.faults)
}

/// The YAML up to the second line of `---`, if the source begins with one; and where the
/// Markdown is.
fn split_front_matter<'a>(
    source: &'a str,
    file: &Path,
) -> Result<(Option<&'a str>, Range<usize>), Diagnostic> {
    let is_fence = |line: &str| line.trim_end() == "---";
    let mut lines = source.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| is_fence(line)) else {
        return Ok((None, 0..source.len()));
    };
    let mut end = first.len();
    for line in lines {
        if is_fence(line) {
            return Ok((Some(&source[..end]), end + line.len()..source.len()));
        }
        end += line.len();
    }
    let place = Place { line: Some(1), snippet: Some("---".into()), ..Place::file(file) };
    Err(Diagnostic::error("the front matter has no end").at(place).hint("end it with a line `---`"))
}

/// Reads Markdown into events that are safe to be written as HTML.
struct Reader<'a> {
    /// The file's text.
    source: &'a str,
    file: &'a Path,
    resolve: Resolve<'a>,
    faults: Vec<Diagnostic>,
    /// How often an id was given out.
    ids: HashMap<String, usize>,
}

/// What a link or picture becomes.
enum Target {
    Kept,
    Moved(String),
    /// Its text stays.
    Dropped,
}

impl<'a> Reader<'a> {
    fn events(&mut self, body: Range<usize>) -> Vec<Event<'a>> {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_HEADING_ATTRIBUTES;
        let mut events = Vec::new();
        let mut table = Table::default();
        // Of links and pictures that are open, whether their tags are written.
        let mut open: Vec<bool> = Vec::new();
        for (event, span) in Parser::new_ext(&self.source[body.clone()], options).into_offset_iter()
        {
            let at = body.start + span.start;
            match event {
                Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                    let link = self.link(event, at);
                    open.push(link.is_some());
                    events.extend(link);
                }
                Event::End(TagEnd::Link | TagEnd::Image) if open.pop() == Some(false) => {}
                Event::Start(Tag::HtmlBlock) => events.push(Event::Start(Tag::Paragraph)),
                Event::End(TagEnd::HtmlBlock) => events.push(Event::End(TagEnd::Paragraph)),
                Event::Html(html) | Event::InlineHtml(html) => {
                    events.extend(self.raw_html(html, at))
                }
                Event::Start(Tag::CodeBlock(_)) => events.push(html("<pre tabindex=\"0\"><code>")),
                Event::End(TagEnd::CodeBlock) => events.push(html("</code></pre>\n")),
                event => events.push(table.plain(event)),
            }
        }
        self.name_headings(&mut events);
        events
    }

    /// The start tag of a link or picture; none if only its text may be shown.
    fn link(&mut self, event: Event<'a>, at: usize) -> Option<Event<'a>> {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = match self.target(&dest_url, link_type, false, at) {
                    Target::Kept => dest_url,
                    Target::Moved(url) => url.into(),
                    Target::Dropped => return None,
                };
                Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
            }
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                match self.target(&dest_url, link_type, true, at) {
                    Target::Moved(url) => Some(Event::Start(Tag::Image {
                        link_type,
                        dest_url: url.into(),
                        title,
                        id,
                    })),
                    Target::Kept | Target::Dropped => None,
                }
            }
            _ => None,
        }
    }

    fn target(&mut self, to: &str, kind: LinkType, picture: bool, at: usize) -> Target {
        let has_scheme = to.split(['/', '?', '#']).next().is_some_and(|start| start.contains(':'));
        let (what, hint) = match kind {
            LinkType::Email => return Target::Kept,
            _ if to.starts_with('#') && !picture => return Target::Kept,
            _ if is_linkable(to) && !picture => return Target::Kept,
            _ if picture && (has_scheme || to.starts_with("//")) => {
                ("a picture from elsewhere is not shown", "put a copy beside the page")
            }
            _ if has_scheme || to.starts_with("//") => {
                ("links may lead to http, https, ftp and mailto only", "write the whole URL")
            }
            _ => match (self.resolve)(to) {
                Some(url) => return Target::Moved(url),
                None => {
                    ("a link leads to nothing", "name a file of this site, relative to this one")
                }
            },
        };
        let fault = Diagnostic::warning(format!("{what}: {to}")).at(self.place(at)).hint(hint);
        self.faults.push(fault);
        Target::Dropped
    }

    /// Raw HTML as text; comments as nothing.
    fn raw_html(&mut self, raw: CowStr<'a>, at: usize) -> Option<Event<'a>> {
        if raw.trim_start().starts_with("<!--") {
            return None;
        }
        let fault = Diagnostic::warning("HTML is shown as text")
            .at(self.place(at))
            .hint("write it in Markdown");
        self.faults.push(fault);
        Some(Event::Text(raw))
    }

    /// Gives every heading an id, from its text where none is written, and takes away other
    /// attributes.
    fn name_headings(&mut self, events: &mut [Event<'a>]) {
        for start in 0..events.len() {
            let Event::Start(Tag::Heading { id, .. }) = &events[start] else { continue };
            let name = match id {
                Some(id) => slug(id),
                None => slug(&heading_text(&events[start + 1..])),
            };
            let name = self.unique(if name.is_empty() { "section".to_owned() } else { name });
            if let Event::Start(Tag::Heading { id, classes, attrs, .. }) = &mut events[start] {
                *id = Some(name.into());
                classes.clear();
                attrs.clear();
            }
        }
    }

    fn unique(&mut self, name: String) -> String {
        let count = self.ids.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{count}") }
    }

    /// Line and text of a place in the source.
    fn place(&self, at: usize) -> Place {
        let before = &self.source[..at];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        Place {
            line: Some(before.matches('\n').count() + 1),
            column: Some(before[start..].chars().count() + 1),
            snippet: self.source[start..].lines().next().map(str::to_owned),
            ..Place::file(self.file)
        }
    }
}

/// The text of the heading whose inside begins here.
fn heading_text(events: &[Event<'_>]) -> String {
    let inside = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    inside.fold(String::new(), |mut text, event| {
        match event {
            Event::Text(t) | Event::Code(t) => text.push_str(t),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
        text
    })
}

/// Takes the first heading of level one out, and gives its text.
fn take_title(events: &mut Vec<Event<'_>>) -> Option<String> {
    let level_one = |event: &Event<'_>| {
        matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }))
    };
    let start = events.iter().position(level_one)?;
    let title = heading_text(&events[start + 1..]);
    let length =
        events[start..].iter().position(|event| matches!(event, Event::End(TagEnd::Heading(_))))?;
    events.drain(start..=start + length);
    (!title.trim().is_empty()).then_some(title)
}

/// Writes tables without the inline styles that pulldown-cmark gives them: a column that is
/// aligned to the right has the class of figures.
#[derive(Default)]
struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    head: bool,
}

impl Table {
    fn plain<'a>(&mut self, event: Event<'a>) -> Event<'a> {
        match event {
            Event::Start(Tag::Table(alignments)) => {
                self.alignments = alignments;
                // It scrolls where it is wider than a phone, for the keyboard, too.
                html("<table tabindex=\"0\">\n")
            }
            Event::Start(Tag::TableHead) => self.row(true, "<thead><tr>"),
            Event::End(TagEnd::TableHead) => html("</tr></thead>\n<tbody>\n"),
            Event::Start(Tag::TableRow) => self.row(false, "<tr>"),
            Event::End(TagEnd::TableRow) => html("</tr>\n"),
            Event::Start(Tag::TableCell) => self.cell(),
            Event::End(TagEnd::TableCell) => html(if self.head { "</th>" } else { "</td>" }),
            Event::End(TagEnd::Table) => html("</tbody></table>\n"),
            event => event,
        }
    }

    fn row<'a>(&mut self, head: bool, tags: &'static str) -> Event<'a> {
        (self.head, self.column) = (head, 0);
        html(tags)
    }

    fn cell<'a>(&mut self) -> Event<'a> {
        let figures = self.alignments.get(self.column) == Some(&Alignment::Right);
        self.column += 1;
        html(match (self.head, figures) {
            (true, true) => "<th scope=\"col\" class=\"n\">",
            (true, false) => "<th scope=\"col\">",
            (false, true) => "<td class=\"n\">",
            (false, false) => "<td>",
        })
    }
}

fn html<'a>(tags: &'static str) -> Event<'a> {
    Event::Html(tags.into())
}

fn to_html(events: Vec<Event<'_>>) -> Html {
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events.into_iter());
    Html::vouched(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(to: &str) -> Option<String> {
        ["guide.md", "guide.md#top", "/a.png"]
            .contains(&to)
            .then(|| format!("/site/{}", to.trim_start_matches('/')))
    }

    fn read(source: &str) -> (Option<Page>, Vec<Diagnostic>) {
        page(source, Path::new("content/about.md"), &resolve)
    }

    fn body(source: &str) -> String {
        let (html, faults) = fragment(source, Path::new("x.md"), &resolve);
        assert_eq!(faults, [], "{source}");
        html.into_string()
    }

    fn faults(source: &str) -> (String, Vec<(usize, String)>) {
        let (html, faults) = fragment(source, Path::new("x.md"), &resolve);
        let said =
            faults.into_iter().map(|fault| (fault.place.unwrap().line.unwrap(), fault.message));
        (html.into_string(), said.collect())
    }

    #[test]
    fn front_matter_describes_the_page() {
        let (page, faults) = read(
            "---\ntitle: About & more\ndescription: Who we are\norder: 2\nnav: true\n---\n\nHello.\n",
        );
        let page = page.unwrap();
        assert_eq!(
            (page.title.as_str(), page.description.as_deref()),
            ("About & more", Some("Who we are"))
        );
        assert_eq!(
            (page.order, page.nav, page.body.as_str(), faults.len()),
            (2, true, "<p>Hello.</p>\n", 0)
        );
    }

    #[test]
    fn the_first_heading_is_the_title_of_a_page_without_one() {
        let (page, _) = read("\u{feff}# Our `list`\n\nText\n\n# Next\n");
        let page = page.unwrap();
        assert_eq!(page.title, "Our list");
        assert_eq!(page.body.as_str(), "<p>Text</p>\n<h1 id=\"next\">Next</h1>\n");
    }

    #[test]
    fn faults_name_their_line() {
        for (source, line, message) in [
            ("---\ntitle: A\ntitel: B\n---\n", 3, "unknown key `titel`"),
            ("---\ntitle: A\norder: soon\n---\n", 3, "expected a whole number, found `soon`"),
            ("---\nnav: 1\n---\n# A\n", 2, "expected `true` or `false`, found `1`"),
            ("---\ntitle: [A\n---\n", 2, "did not find expected ',' or ']'"),
            ("---\ntitle: A\n", 1, "has no end"),
            ("Only text\n", 1, "no title"),
        ] {
            let (page, faults) = read(source);
            assert!(page.is_none() && faults.len() == 1, "{source}");
            let place = faults[0].place.clone().unwrap();
            assert!(faults[0].message.contains(message), "{}", faults[0].message);
            assert_eq!(
                (place.file.to_str(), place.line),
                (Some("content/about.md"), Some(line)),
                "{source}"
            );
            assert!(!faults[0].message.contains("at line"), "{}", faults[0].message);
        }
    }

    #[test]
    fn a_slip_of_a_key_has_its_place_and_the_key_that_is_meant() {
        let (_, faults) = read("---\r\ntitle: A\r\ndescripton: B\r\nnavi: true\r\n---\r\n");
        let told: Vec<_> = faults
            .iter()
            .map(|f| {
                let place = f.place.as_ref().unwrap();
                (place.line, place.snippet.as_deref(), f.hint.as_deref())
            })
            .collect();
        assert_eq!(
            told,
            [
                (Some(3), Some("descripton: B"), Some("did you mean `description`?")),
                (Some(4), Some("navi: true"), Some("did you mean `nav`?")),
            ]
        );
    }

    #[test]
    fn links_become_urls_of_the_site() {
        assert_eq!(body("[a](guide.md#top)"), "<p><a href=\"/site/guide.md#top\">a</a></p>\n");
        assert_eq!(body("![a](/a.png)"), "<p><img src=\"/site/a.png\" alt=\"a\" /></p>\n");
        assert_eq!(
            body("[a](https://example.org/) [b](#c)"),
            "<p><a href=\"https://example.org/\">a</a> <a href=\"#c\">b</a></p>\n"
        );
        assert_eq!(
            body("<jo@example.org>"),
            "<p><a href=\"mailto:jo@example.org\">jo@example.org</a></p>\n"
        );
    }

    #[test]
    fn links_that_lead_nowhere_are_text_and_are_told() {
        let (html, said) = faults(
            "---\n\n[a *b*](nowhere.md)\n\n[c](javascript:alert(1))\n![d](https://example.org/d.png)\n[e](//example.org)",
        );
        assert_eq!(html, "<hr />\n<p>a <em>b</em></p>\n<p>c\nd\ne</p>\n");
        assert_eq!(said.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 5, 6, 7]);
        assert_eq!(said[0].1, "a link leads to nothing: nowhere.md");
    }

    #[test]
    fn raw_html_is_text() {
        let (html, said) =
            faults("a <b onclick=x>b</b>\n\n<script>\nalert(1)\n</script>\n\n<!-- mine -->\n");
        assert!(html.starts_with("<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n<p>&lt;script&gt;\nalert(1)\n&lt;/script&gt;\n</p>"), "{html}");
        assert!(
            !html.contains("mine")
                && said.iter().all(|(_, message)| message == "HTML is shown as text")
        );
        assert_eq!(said.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 1, 3, 4, 5]);
    }

    #[test]
    fn headings_have_ids_and_nothing_else() {
        let html =
            body("## Über `x`\n\n## Über x\n\n## Y {#Own_Id .class onclick=alert(1)}\n\n## ★\n");
        let ids: Vec<&str> =
            html.split("<h2 ").skip(1).map(|h| h.split('>').next().unwrap()).collect();
        assert_eq!(ids, ["id=\"uber-x\"", "id=\"uber-x-2\"", "id=\"own-id\"", "id=\"section\""]);
    }

    #[test]
    fn tables_need_no_inline_style() {
        assert_eq!(
            body("| a | b |\n|---|--:|\n| 1 | 2 |\n"),
            "<table tabindex=\"0\">\n<thead><tr><th scope=\"col\">a</th><th scope=\"col\" class=\"n\">b</th></tr></thead>\n<tbody>\n\
             <tr><td>1</td><td class=\"n\">2</td></tr>\n</tbody></table>\n"
        );
    }

    #[test]
    fn code_scrolls_and_footnotes_and_strikes_are_known() {
        assert_eq!(
            body("```c\nif (a < b)\n```\n"),
            "<pre tabindex=\"0\"><code>if (a &lt; b)\n</code></pre>\n"
        );
        assert!(body("a[^1] ~~b~~\n\n[^1]: note\n").contains("<del>b</del>"));
        assert!(body("a[^1]\n\n[^1]: note\n").contains("footnote-definition"));
    }
}

//! A digest as Markdown for a forum: headings, lists and links, nothing else.
//!
//! Forums read Markdown in many ways: CommonMark, with GitHub's links that need no brackets,
//! with mentions, references, emoji. Text from mail is escaped so that it is text in all of
//! them.

use super::outline::{Item, Outline, Section, Table};

/// The digest, ended by a line feed.
pub fn render(outline: &Outline) -> String {
    let Outline { title, days, url, figures, .. } = outline;
    let mut out =
        format!("# {}\n\n{days}. [The whole digest](<{}>)\n\n", escaped(title), link(url));
    let figures: Vec<String> = figures.iter().map(|(n, what)| format!("{n} {what}")).collect();
    out.push_str(&format!("{}.\n", figures.join(", ")));
    for Section { name, items } in &outline.sections {
        out.push_str(&format!("\n## {name}\n\n"));
        for Item { title, url, note } in items {
            let (title, url, note) = (escaped(title), link(url), escaped(note));
            out.push_str(&format!("- [{title}](<{url}>) {note}\n"));
        }
    }
    for Table { name, rows } in &outline.tables {
        out.push_str(&format!("\n## {name}\n\n"));
        for (who, n) in rows {
            // The number first: a name at the start of an item could begin a list in it.
            out.push_str(&format!("- {n} {}\n", escaped(who)));
        }
    }
    out
}

/// A URL between angle brackets.
fn link(url: &str) -> String {
    url.replace('<', "%3C").replace('>', "%3E").replace('\\', "%5C")
}

/// One line of text as text. A backslash before ASCII punctuation takes its meaning away
/// (CommonMark, 2.4). A colon is left alone before a blank, where it begins no scheme and no
/// emoji; so are signs that mean something only at the start of a line, where no text is put.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escape = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '@' | '#' | '$'
            | '^' => true,
            // Some forums make a dash of two.
            '-' => out.ends_with('-') || chars.peek() == Some(&'-'),
            ':' => chars.peek().is_some_and(|next| !next.is_whitespace()),
            // GitHub makes a link of `www.` and what follows.
            '.' => out.len() >= 3 && out.as_bytes()[out.len() - 3..].eq_ignore_ascii_case(b"www"),
            _ => false,
        };
        out.extend(escape.then_some('\\'));
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    fn outline(title: &str, note: &str) -> Outline {
        Outline {
            title: title.to_owned(),
            days: "2024-03-01".to_owned(),
            url: "https://example.org/d/".to_owned(),
            figures: vec![(1, "mail")],
            sections: vec![Section {
                name: "New series",
                items: vec![Item {
                    title: title.to_owned(),
                    url: "https://example.org/s/".to_owned(),
                    note: note.to_owned(),
                }],
            }],
            tables: vec![Table { name: "Contributors", rows: vec![(note.to_owned(), 1)] }],
        }
    }

    /// The text that a reader of Markdown sees, and the links; anything but headings, lists,
    /// paragraphs and links is a fault.
    fn read(markdown: &str) -> (String, Vec<String>) {
        let (mut text, mut links) = (String::new(), Vec::new());
        // Quotes that a forum makes round are no harm.
        let options = Options::all() - Options::ENABLE_SMART_PUNCTUATION;
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Text(part) => text.push_str(&part),
                Event::Start(Tag::Link { dest_url, .. }) => links.push(dest_url.to_string()),
                Event::Start(
                    Tag::Heading { .. } | Tag::Paragraph | Tag::List(None) | Tag::Item,
                )
                | Event::End(_) => text.push('\n'),
                other => panic!("{other:?} in {markdown}"),
            }
        }
        (text, links)
    }

    const LINKS: [&str; 2] = ["https://example.org/d/", "https://example.org/s/"];

    #[test]
    fn hostile_titles_are_text() {
        for title in [
            "<script>alert(1)</script> <b>x</b> <!-- y -->",
            "](https://evil.example/) [x](https://evil.example/)",
            "![x](https://evil.example/x.png) [a]: https://evil.example/",
            "<https://evil.example/> <ann@example.org>",
            "`code` **bold** _it_ ~~no~~ $x$ | a | b | [^1] \\",
            "&lt; &#60; &amp; :smile: @someone #12",
            "+ a\u{2028} 1. b",
        ] {
            let (text, links) = read(&render(&outline(title, title)));
            assert_eq!(links, LINKS, "{title}");
            assert_eq!(text.matches(title).count(), 4, "{title} in {text}");
        }
    }

    /// GitHub makes links of these without brackets (GFM, 6.9), which the parser here does not.
    #[test]
    fn nothing_becomes_a_link_by_itself() {
        for text in
            ["www.evil.example", "WWW.evil.example", "https://evil.example/", "a@evil.example"]
        {
            let shown = escaped(text);
            for start in ["www.", "WWW.", "https:", "a@"] {
                assert!(!shown.contains(start), "{shown}");
            }
        }
        assert_eq!(escaped("KVM: x86: fix v5.1 (again)"), "KVM: x86: fix v5.1 (again)");
    }

    proptest! {
        #[test]
        fn any_title_is_text(title in "[a\\[\\]()<>!`*_~|&#;:.\\\\/+=^$\"'{}@-]{1,40}") {
            let (text, links) = read(&render(&outline(&format!("§{title}§"), &title)));
            prop_assert_eq!(links, LINKS);
            prop_assert_eq!(text.matches(&format!("§{title}§")).count(), 2, "{} in {}", title, text);
        }
    }
}

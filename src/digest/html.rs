//! A digest as HTML for mail: one column, no images, no script, styles only inline, as mail
//! programs want it. It reads in a text browser as well.

use super::outline::{Item, Outline, Section, Table};

const BODY: &str = "max-width:42rem;margin:0 auto;padding:1rem;font:16px/1.5 Georgia,serif";
const QUIET: &str = "color:#555;font-size:14px";
const FIGURE: &str = "text-align:right;padding:0 12px 0 0;vertical-align:top";

/// A whole HTML document. Every URL in it is one of the site's own.
pub fn render(outline: &Outline) -> String {
    let Outline { title, days, url, .. } = outline;
    let mut out = String::with_capacity(16 * 1024);
    out.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    push_element(&mut out, "title", title);
    out.push_str(&format!("</head>\n<body style=\"{BODY}\">\n"));
    push_element(&mut out, "h1 style=\"font-size:24px;line-height:1.25\"", title);
    out.push_str(&format!("<p>{days}. <a href=\"{}\">The whole digest</a></p>\n", escaped(url)));
    let figures = outline.figures.iter().map(|(n, what)| (what.to_string(), *n));
    push_table(&mut out, "Figures", figures);
    outline.sections.iter().for_each(|section| push_section(&mut out, section));
    for Table { name, rows } in &outline.tables {
        push_heading(&mut out, name);
        push_table(&mut out, name, rows.iter().cloned());
    }
    out.push_str("</body>\n</html>\n");
    out
}

/// An element, with or without attributes, around text.
fn push_element(out: &mut String, tag: &str, text: &str) {
    let name = tag.split(' ').next().unwrap_or(tag);
    out.push_str(&format!("<{tag}>{}</{name}>\n", escaped(text)));
}

fn push_heading(out: &mut String, name: &str) {
    push_element(out, "h2 style=\"font-size:18px;margin:24px 0 6px\"", name);
}

fn push_section(out: &mut String, section: &Section) {
    push_heading(out, section.name);
    out.push_str("<ul style=\"padding-left:20px\">\n");
    for Item { title, url, note } in &section.items {
        let (title, url, note) = (escaped(title), escaped(url), escaped(note));
        out.push_str(&format!(
            "<li style=\"margin-bottom:6px\"><a href=\"{url}\">{title}</a><br>\
             <span style=\"{QUIET}\">{note}</span></li>\n"
        ));
    }
    out.push_str("</ul>\n");
}

/// Numbers, each before what it counts.
fn push_table(out: &mut String, name: &str, rows: impl Iterator<Item = (String, u32)>) {
    out.push_str(&format!("<table summary=\"{name}\" style=\"border-collapse:collapse\">\n"));
    for (what, n) in rows {
        let what = escaped(&what);
        out.push_str(&format!("<tr><td style=\"{FIGURE}\">{n}</td><td>{what}</td></tr>\n"));
    }
    out.push_str("</table>\n");
}

/// Text as the content of an element or of a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

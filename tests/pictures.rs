//! The drawings on the pages: that they show what the mail says, lead where they should, and
//! keep to what the pages' Content-Security-Policy allows.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use common::{Public, Site};

/// Two versions of a patch in January 2024, an answer to each, the second of which applies it;
/// and a patch in each month up to June 2025.
fn mail() -> String {
    let mut mbox = String::new();
    let mut mail = |id: &str, date: &str, subject: &str, more: &str, body: &str| {
        mbox += &format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ann <ann@example.org>\n\
             Date: {date} 12:00:00 +0000\nMessage-ID: <{id}@example.org>\nSubject: {subject}\n\
             {more}\n{body}\n\n"
        );
    };
    let diff = "Why.\n---\n a.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n\
                diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-old\n+new\n";
    let to = |id: &str| format!("In-Reply-To: <{id}@example.org>\n");
    mail("v1", "1 Jan 2024", "[PATCH] core: one", "", diff);
    mail("r1", "2 Jan 2024", "Re: [PATCH] core: one", &to("v1"), "Please rename it.");
    mail("v2", "11 Jan 2024", "[PATCH v2] core: one", "", &diff.replace("new", "newer"));
    mail("r2", "21 Jan 2024", "Re: [PATCH v2] core: one", &to("v2"), "Applied, thanks.");
    let months = ["Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let later = months.iter().map(|month| (2024, *month));
    let last = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"].iter().map(|month| (2025, *month));
    for (year, month) in later.chain(last) {
        let subject = format!("[PATCH] core: of {month} {year}");
        mail(&format!("{month}{year}"), &format!("15 {month} {year}"), &subject, "", diff);
    }
    mbox
}

fn site(ranges: &str) -> Public {
    let site = Site::new(&format!(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
         title: List\n    sources:\n      - mbox: mail.mbox\n    ranges: {ranges}\n"
    ));
    site.write("mail.mbox", mail());
    site.build()
}

/// What is between the first `from` and the next `to`.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let after = page.split_once(from).unwrap_or_else(|| panic!("{from} in {page}")).1;
    after.split_once(to).unwrap_or_else(|| panic!("{to} after {from}")).0
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn the_line_of_versions_leads_to_each_and_to_what_was_applied() {
    let public = site("month");
    let pages = public.pages("series/core-one-");
    let versions: Vec<&&str> = pages.iter().filter(|path| !path.contains("/since-")).collect();
    assert_eq!(versions.len(), 2);
    for path in &versions {
        let line = between(public.page(path), "<svg class=\"tl\"", "<ol class=\"rev\"");
        for other in &versions {
            let is_on = if path == other { " class=\"on\"" } else { "" };
            let dot = format!("<a xlink:href=\"/site/{other}\"");
            let dot = between(line, &dot, "><circle");
            assert!(dot.ends_with(&format!("tabindex=\"-1\"{is_on}")), "{dot} in {line}");
        }
        assert_eq!(count(line, "<circle"), 2, "{line}");
        // Two answers on different days.
        let answers = between(line, "<path d=\"", "\"");
        assert_eq!(count(answers, "M"), 2, "{answers}");
        assert_eq!(count(line, "#m-"), 1, "the mail that says so: {line}");
        let last = between(line, "<svg x=\"98.0%\"", "</svg>");
        assert!(last.contains("class=\"last\""), "the word ends with the line: {line}");
        assert!(last.contains("data-l=\"applied\""), "{line}");
        assert!(line.contains("2 versions and 2 replies from 1 Jan 2024 to 21 Jan 2024"), "{line}");
    }
}

#[test]
fn pages_show_how_much_there_was_over_time() {
    let public = site("month");
    let author = public.pages("authors/").into_iter().find(|path| path.contains("ann")).unwrap();
    let subsystem = public.pages("subsystems/").into_iter().find(|p| p.contains("core")).unwrap();
    for path in ["", "list/", author, subsystem] {
        let drawing = between(public.page(path), "<svg class=\"act\"", "</figure>");
        assert!(drawing.contains("viewBox=\"-.5 0 18 100\""), "{path}: {drawing}");
        assert!(
            drawing.contains(
                "21 mails from January 2024 to June 2025, 19 of them with patches; \
                 most in one month: 4, January 2024."
            ),
            "{path}: {drawing}"
        );
        assert!(drawing.contains("2024: 15, 2025: 6"), "{path}: {drawing}");
        // Every month has a bar of all mails and one of those with patches.
        assert_eq!(count(drawing, "v-"), 36, "{path}: {drawing}");
    }
    // Four mails are no drawing; a digest of all is drawn as the list is.
    assert!(!public.page("list/digests/2024-01/").contains("class=\"act\""));
    let digests = site("{every: 21}");
    let pages = digests.pages("list/digests/");
    let digest = pages.iter().find(|path| **path != "list/digests/").unwrap();
    let drawing = between(digests.page(digest), "<svg class=\"act\"", "</figure>");
    assert!(drawing.contains("21 mails from January 2024 to June 2025"), "{drawing}");
}

#[test]
fn the_calendar_leads_to_every_digest() {
    for (ranges, of, rows) in
        [("month", "by-months", 2), ("week", "by-weeks", 2), ("{every: 1}", "by-days", 18)]
    {
        let public = site(ranges);
        let page = public.page("list/digests/");
        let calendar = between(page, &format!("<nav class=\"alm {of}\""), "</nav>");
        for digest in public.pages("list/digests/").iter().filter(|p| **p != "list/digests/") {
            let link = format!("<a href=\"/site/{digest}\"");
            assert_eq!(count(calendar, &link), 1, "{ranges}: {digest} in {calendar}");
        }
        assert_eq!(count(calendar, "<div>"), rows, "{ranges}: {calendar}");
    }
}

/// What the style sheet can't change is not there: no style, no colour, and no script.
#[test]
fn drawings_leave_their_look_to_the_style_sheet() {
    let public = site("week");
    for path in public.pages("") {
        let page = public.page(path);
        for refused in [" style=", " fill=", " stroke=", " onload=", "<style"] {
            assert!(!page.contains(refused), "{path} has {refused}");
        }
    }
}

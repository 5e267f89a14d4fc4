//! A site made from mail that was written to break it: markup, template code, paths, control
//! characters and sizes, in every place where a mail can hold text.
//!
//! That no bytes stop the reading of one mail is in `hostile_mail.rs`; this is about what
//! becomes of them on pages.

mod common;

use std::collections::BTreeSet;
use std::process::Command;

use common::{Public, Site};

/// What is put into each place. Each could end something that it stands in, or begin
/// something else: an element, an attribute, a template's expression, a script, a style, a
/// path, a header.
const EVIL: &[&str] = &[
    "<script>alert(1)</script>",
    "</title></head><body onload=alert(1)>",
    "</p></pre></span></textarea></template>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=\"alert(1)",
    "` onclick=`alert(1)",
    "{{ 7 * 7 }}",
    "{{ site.config }}",
    "{% raw %}{% endraw %}{% include \"base.html\" %}",
    "{# comment",
    "../../../../etc/passwd",
    "..\\..\\windows",
    "/etc/passwd",
    "%2e%2e%2f%00%0d%0aX: y",
    "&lt;b&gt; &amp;amp; &#60;script&#62; &copy &nosuch;",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1) data:text/html,<script>alert(1)</script> vbscript:x",
    "http://example.org/\"onclick=\"alert(1)",
    "http://javascript:alert(1)@example.org/?<>'\"`{}|\\^[]",
    "https://example.org/&quot;&gt;&#x22; <https://example.org/<b>>",
    "]]><x/><![CDATA[",
    "<!-- --!> --> <!DOCTYPE x [<!ENTITY a \"b\">]> &a;",
    "<?xml version=\"1.0\"?><svg onload=alert(1)><style>*{display:none}</style>",
    "<style>@import 'http://example.org'</style>expression(alert(1))",
    "a\u{202e}txt.exe\u{2066}b\u{2069}\u{200b}\u{feff}\u{ad}",
    "a\u{0}b\u{1}\u{8}\u{b}\u{c}\u{1b}[31m\u{7f}\u{85}\u{9b}",
    "\u{fffe}\u{ffff}\u{fdd0}\u{10ffff}\u{2028}\u{2029}",
    "index",
    "index.html",
    "page-2",
    "by-letter",
    "feed.xml",
    "con",
    ".",
    "..",
    "-",
    "",
    "***",
    "Σ ß İ ı ﬀ ǅ 中文",
];

/// A mail with one piece of evil in every place.
fn mail(number: usize, evil: &str) -> String {
    let day = 1 + number % 28;
    let quoted = evil.replace(['"', '\\', '\r', '\n'], "_");
    let encoded: String = evil.bytes().map(|b| format!("={b:02X}")).collect();
    format!(
        "From mboxrd@z Thu Jan  1 00:00:00 1970\n\
         From: \"{quoted}\" <{number}@example.org>\n\
         Date: {day} Jan 2024 12:{:02}:00 +0000\n\
         Message-ID: <{number}.{evil}@example.org>\n\
         In-Reply-To: <{before}.{above}@example.org>\n\
         References: <{evil}> <{before}.{above}@example.org>\n\
         Subject: [PATCH {evil} v{version} 1/2] {evil}: =?utf-8?q?{encoded}?=\n\
         List-Id: {evil}\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=edge\n\n\
         --edge\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\n\
         From: {evil} <{number}@example.org>\n\n\
         {evil}\n\n> {evil}\n>> {evil}\n\n    {evil}\n\
         <{evil}> ({evil}) https://example.org/{evil} mailto:{evil}@example.org\n\n\
         Link: {evil}\nFixes: {evil} (\"{evil}\")\nSigned-off-by: {evil} <{number}@example.org>\n\
         Reviewed-by: {evil}\nchange-id: {evil}\nSupersedes: <{evil}>\n---\n\
         v1: https://lore.example.org/{evil}/x@y/\n\
         {evil} | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n\
         diff --git a/{evil} b/{evil}\nindex 1111111..2222222 100644\n\
         --- a/{evil}\n+++ b/{evil}\n@@ -1,2 +1,2 @@ {evil}\n {evil}\n-{evil}\n+{evil} {number}\n\
         -- \n{evil}\n\
         --edge\n\
         Content-Type: text/html; charset=utf-8; name=\"{quoted}\"\n\
         Content-Disposition: attachment; filename=\"{quoted}\"\n\n\
         <p onclick=alert(1)>{evil}</p>\n\
         --edge--\n\n",
        number % 60,
        before = number.saturating_sub(1),
        above = EVIL[number.saturating_sub(1) % EVIL.len()],
        version = 1 + number % 3,
    )
}

/// A mail of this body that answers nothing, and its HTML-only twin.
fn letters(number: usize, evil: &str) -> String {
    let head = |number: String, kind: &str| {
        format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: {evil} <e@example.org>\n\
             Date: {} Feb 2024 12:00:00 +0000\nMessage-ID: <{number}@example.org>\n\
             Subject: {evil}\nContent-Type: text/{kind}; charset=utf-8\n\n",
            1 + number.len() % 28,
        )
    };
    format!(
        "{}{evil}\n\nReviewed-by: {evil} <x@example.org>\n\n{}<html><body>{evil}<a href=\"{evil}\">\
         {evil}</a><pre>{evil}</pre></body></html>\n\n",
        head(format!("plain{number}"), "plain"),
        head(format!("html{number}"), "html"),
    )
}

/// Mails whose size or depth is the attack.
fn large() -> String {
    let head = |name: &str, subject: &str| {
        format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: L <l@example.org>\n\
             Date: 1 Mar 2024 12:00:00 +0000\nMessage-ID: <{name}@example.org>\n\
             Subject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n"
        )
    };
    let mut mails = String::new();
    mails += &(head("subject", &"[PATCH 1/2] long <b> ".repeat(5000)) + "Body.\n\n");
    mails += &(head("brackets", &"[".repeat(100_000)) + "Body.\n\n");
    mails += &(head("quotes", "quotes") + &">".repeat(10_000) + " deep\n\n");
    let nested: String = (0..2000).map(|depth| ">".repeat(depth % 700) + " text\n").collect();
    mails += &(head("nested", "nested") + &nested + "\n");
    mails += &(head("line", "one line") + &"<b>&\" ".repeat(50_000) + "\n\n");
    mails += &(head("links", "links") + &"http://example.org/(".repeat(5000) + "\n\n");
    mails += &(head("patch", "[PATCH 4294967295/4294967295] numbers")
        + "---\n\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n\
           @@ -4294967295,4294967295 +18446744073709551615,1 @@\n-x\n+y\n\n");
    mails
}

/// Bytes that are no text at all, as subject, name, Message-ID and body.
fn bytes() -> Vec<u8> {
    let all: Vec<u8> = (1..=255).filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let mut mail = b"From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: ".to_vec();
    for part in [&all[..], b" <b@example.org>\nMessage-ID: <", &all, b">\nSubject: ", &all] {
        mail.extend(part);
    }
    mail.extend(b"\nContent-Type: text/plain; charset=utf-16\n\n");
    mail.extend(&all);
    mail.extend(b"\0\0\0\n\n");
    mail
}

fn mailbox() -> Vec<u8> {
    let mut all = String::new();
    for (number, evil) in EVIL.iter().enumerate() {
        all += &mail(number, evil);
        all += &letters(number, evil);
    }
    let mut all = (all + &large()).into_bytes();
    all.extend(bytes());
    all
}

fn site() -> Site {
    let site = Site::new(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    title: List\n    \
         archive_url: https://lore.example.org/list/{message_id}/\n    \
         sources:\n      - mbox: page-2.mbox\n    ranges: file\n",
    );
    site.write("page-2.mbox", mailbox());
    site
}

fn assert_none(what: &str, faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{what}: {}\n{}",
        faults.len(),
        faults[..faults.len().min(9)].join("\n")
    );
}

#[test]
fn hostile_mail_stays_text() {
    let site = site();
    let public = site.build();
    let report = public.check("/site/");
    assert_none("markup", &report.foreign);
    assert_none("links", &report.broken_links);
    assert_eq!(public.strange_paths(), Vec::<&str>::new());
    let exported = site.ok(&["export", "mails"]).lines().count();
    let separators = mailbox().windows(12).filter(|w| w == b"From mboxrd@").count();
    assert_eq!(exported, separators, "mails exported, mails sent");
    assert_eq!(report.mail_anchors.len(), exported, "mails with an anchor");
    assert!(report.mail_anchors.values().all(|times| *times == 1));
}

#[test]
fn hostile_mail_writes_nothing_outside_the_site() {
    let site = site();
    site.build();
    let entries = site.dir.path().read_dir().expect("readable");
    let names: BTreeSet<String> = entries
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    let expected = [".patchpress", "config.yaml", "page-2.mbox", "public"].map(String::from);
    assert_eq!(names, BTreeSet::from(expected));
}

#[test]
fn template_code_in_mail_is_shown_as_it_was_written() {
    let public = site().build();
    let pages = || public.files.iter().filter(|(name, _)| name.ends_with(".html"));
    let holds =
        |text: &str| pages().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(text));
    assert!(holds("{{ 7 * 7 }}") && holds("{% raw %}{% endraw %}") && holds("{# comment"));
}

/// The tests above are worth as much as what they look with.
#[test]
fn markup_that_no_template_writes_is_found() {
    let page = |body: &str| {
        let html = format!("<!DOCTYPE html>\n<html lang=\"en\"><body>{body}</body></html>");
        Public { files: [("index.html".to_string(), html.into_bytes())].into() }
    };
    let fine = "<p class=a id=\"b\">1 &lt; 2 &amp; \"3\"<br></p><a href=\"#b\">b</a>";
    let report = page(fine).check("/site/");
    assert_eq!((report.foreign, report.broken_links, report.links), (vec![], vec![], 1));
    for foreign in [
        "<script>alert(1)</script>",
        "<img src=\"x\">",
        "<p onclick=\"x\"></p>",
        "<p style=\"x\"></p>",
        "<p class=\"<b>\"></p>",
        "<p class=a\"b></p>",
        "<p",
        "<p><span></p></span>",
        "</p>",
        "<!-- -->",
        "a > b",
        "a & b",
        "&copy;",
        "<p id=a></p><p id=a></p>",
        "<p>",
    ] {
        assert!(!page(foreign).foreign_markup().is_empty(), "{foreign}");
    }
    for link in ["javascript:x", " javascript:x", "java&#39;", "/etc", "../x", "#c", "/site/x/"] {
        let page = page(&format!("<a href=\"{link}\">x</a>"));
        assert_eq!(page.broken_links("/site/").len(), 1, "{link}");
    }
}

/// Characters that a reader can't see, and that change how others are read.
fn is_hidden(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\n' | '\t');
    let direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    control || direction || matches!(c, '\u{200b}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[test]
fn no_page_holds_a_character_that_hides_or_turns_others() {
    let public = site().build();
    let mut hidden = Vec::new();
    let shown = |name: &str| name.ends_with(".html") || name.ends_with(".xml");
    for (name, bytes) in public.files.iter().filter(|(name, _)| shown(name)) {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        if let Some(at) = text.find(is_hidden) {
            let near: String = text[..at].chars().rev().take(60).collect();
            let near: String = near.chars().rev().collect();
            hidden.push(format!("{name}: {:?} after {near:?}", text[at..].chars().next()));
        }
    }
    assert_none("hidden characters", &hidden);
}

/// Feeds are read by XML parsers, which refuse what HTML forgives.
#[test]
fn feeds_and_data_of_hostile_mail_are_well_formed() {
    const READ: &str = "import json, pathlib, sys, xml.dom.minidom\n\
        for path in sorted(pathlib.Path(sys.argv[1]).rglob('*')):\n  \
          try:\n    \
            if path.suffix == '.xml': xml.dom.minidom.parseString(path.read_bytes())\n    \
            if path.suffix == '.json': json.loads(path.read_bytes())\n  \
          except Exception as fault: print(path.relative_to(sys.argv[1]), fault)\n\
        print('done')\n";
    let site = site();
    site.build();
    let output = Command::new("python3").args(["-c", READ]).arg(site.path("public")).output();
    let output = output.expect("python3 runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n");
}

#[test]
fn hostile_mail_gives_the_same_site_twice() {
    let (one, two) = (site(), site());
    one.ok(&["build", "--quiet", "--jobs", "1"]);
    let one = Public::read(&one.path("public"));
    assert!(one.files == two.build().files);
}

/// Further pages of a list's digests have such names as well.
#[test]
fn an_archive_named_like_a_further_page_takes_no_pages_place() {
    let site = Site::new(
        "title: Test\nbase_url: https://example.org/site\nlists:\n  - id: list\n    title: List\n    \
         sources:\n      - mbox: mail/*.mbox\n",
    );
    for number in 0..201 {
        let text = format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: A <a@example.org>\n\
             Date: 1 Jan 2024 12:00:00 +0000\nMessage-ID: <{number}@example.org>\n\
             Subject: Letter\n\nHello.\n\n"
        );
        site.write(&format!("mail/page-{number}.mbox"), text);
    }
    let public = site.build();
    assert_none("links", &public.broken_links("/site/"));
    assert_eq!(public.pages("list/digests/file-page-").len(), 201);
}

//! Sites of several lists: mail that went to more than one of them is there once, and is named
//! with each.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use common::{Public, Site};
use serde_json::Value;

/// A mail of a made-up project, as a line of an mbox file.
struct Mail {
    /// What stands before `@kettle.example` in its Message-ID.
    id: &'static str,
    /// The day of March 2024.
    day: u32,
    from: &'static str,
    subject: &'static str,
    to: Option<&'static str>,
    body: String,
}

const IDA: &str = "Ida Imker <ida@kettle.example>";
const JON: &str = "Jon Jansen <jon@kettle.example>";

impl Mail {
    fn text(&self) -> String {
        let Mail { id, day, from, subject, to, body } = self;
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][*day as usize % 7];
        let answers = to.map(|to| format!("In-Reply-To: <{to}@kettle.example>\n"));
        format!(
            "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: {from}\nDate: {weekday}, {day} Mar 2024 \
             10:00:00 +0000\nMessage-ID: <{id}@kettle.example>\n{}Subject: {subject}\n\n{body}\n\n",
            answers.unwrap_or_default()
        )
    }
}

fn patch(id: &'static str, day: u32, subject: &'static str, to: Option<&'static str>) -> Mail {
    let body = format!(
        "Because the {id} boils over.\n\nSigned-off-by: Ida Imker <ida@kettle.example>\n---\n {id}.c | 2 +-\n \
         1 file changed, 1 insertion(+), 1 deletion(-)\n\ndiff --git a/{id}.c b/{id}.c\n\
         --- a/{id}.c\n+++ b/{id}.c\n@@ -1 +1 @@\n-cold\n+warm\n-- \n2.43.0\n"
    );
    Mail { id, day, from: IDA, subject, to, body }
}

fn talk(
    id: &'static str,
    day: u32,
    from: &'static str,
    subject: &'static str,
    to: Option<&'static str>,
) -> Mail {
    Mail { id, day, from, subject, to, body: format!("What about {id}?") }
}

/// Two lists: a series and an answer to it went to both, and one series and one question to
/// each alone. The cover letter went to `kettle` only.
fn mbox(list: &str) -> String {
    let cover = Mail {
        body: "Both ends of the spout.\n\n Ida Imker (2):\n  one\n  two\n\n lid.c | 2 +-\n".into(),
        ..talk("cover", 5, IDA, "[PATCH 0/2] spout: pour straight", None)
    };
    let both = [
        patch("lid", 5, "[PATCH 1/2] spout: turn the lid", Some("cover")),
        patch("tip", 5, "[PATCH 2/2] spout: cut the tip", Some("cover")),
        talk("answer", 6, JON, "Re: [PATCH 1/2] spout: turn the lid", Some("lid")),
    ];
    let own = match list {
        "kettle" => vec![
            cover,
            patch("base", 12, "[PATCH] base: sit flat", None),
            talk("rust", 13, JON, "How to keep it from rusting", None),
        ],
        _ => vec![
            patch("leaf", 14, "[PATCH] leaf: dry it", None),
            talk("brew", 21, JON, "How long to brew", None),
        ],
    };
    own.iter().chain(&both).map(Mail::text).collect()
}

fn site(more: &str) -> Site {
    let list = |id: &str, title: &str| {
        format!(
            "  - id: {id}\n    title: {title}\n    sources: [{{mbox: {id}.mbox}}]\n    ranges: month\n"
        )
    };
    let site = Site::new(&format!(
        "title: Kitchen\nbase_url: https://example.org/site\nlists:\n{}{}{more}",
        list("kettle", "Kettle makers"),
        list("tea", "Tea drinkers"),
    ));
    site.write("kettle.mbox", mbox("kettle")).write("tea.mbox", mbox("tea"));
    site
}

fn page<'a>(public: &'a Public, prefix: &str, word: &str) -> &'a str {
    let found: Vec<&str> =
        public.pages(prefix).into_iter().filter(|path| path.contains(word)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    public.page(found[0])
}

fn json(public: &Public, path: &str) -> Value {
    serde_json::from_slice(&public.files[path]).unwrap()
}

const WEEKS: &str = "digest: {together: week}\n";

#[test]
fn a_series_of_two_lists_is_one_page_that_names_both_with_their_digests() {
    let public = site("").build();
    assert_eq!(public.broken_links("/site/"), Vec::<String>::new());
    let series = page(&public, "series/spout-", "");
    let both = "On <a href=\"/site/kettle/\">Kettle makers</a> (<a \
                href=\"/site/kettle/digests/2024-03/\">March 2024</a>); <a \
                href=\"/site/tea/\">Tea drinkers</a> (<a \
                href=\"/site/tea/digests/2024-03/\">March 2024</a>).";
    assert!(series.contains(both), "{series}");
    let alone = page(&public, "series/leaf-", "");
    assert!(alone.contains("On <a href=\"/site/tea/\">Tea drinkers</a> ("), "{alone}");
    assert!(!alone.contains("Kettle makers"), "{alone}");
    let thread = page(&public, "threads/how-long-", "");
    assert!(thread.contains("On <a href=\"/site/tea/\">Tea drinkers</a> ("), "{thread}");
}

#[test]
fn rows_name_their_lists_but_not_on_a_lists_own_page() {
    let public = site("").build();
    let row = "· <a href=\"/site/kettle/\">kettle</a>; <a href=\"/site/tea/\">tea</a></span>";
    assert!(public.page("series/2024-03/").contains(row));
    assert!(
        public.page("m/2024-03/").contains("<td class=\"tg\"><a href=\"/site/tea/\">tea</a></td>")
    );
    assert!(public.page("").contains("· <a href=\"/site/tea/\">tea</a> · no reply"));
    assert!(!public.page("tea/").contains(">tea</a> ·"));
}

/// The newest digest of all is that of one list, and a list may be silent for long.
#[test]
fn front_pages_say_whose_the_newest_mail_is() {
    let public = site("").build();
    let home = public.page("");
    let (_, lead) = home.split_once("class=\"lead\"").unwrap();
    assert!(lead.contains("<p class=\"mut\">Tea drinkers. 2 series, 3 patches"), "{lead}");
    for (path, newest, day) in [
        ("", "Mail up to 21 March 2024", "2024-03-21"),
        ("tea/", "Mail up to 21 March 2024", "2024-03-21"),
        ("kettle/", "Mail up to 13 March 2024", "2024-03-13"),
    ] {
        let front = public.page(path);
        assert!(
            front.contains(newest) && front.contains(&format!("<span>{day}</span>")),
            "{front}"
        );
    }
    let own = public.page("tea/").split_once("class=\"lead\"").unwrap().1;
    assert!(own.contains("<p class=\"mut\">2 series"), "its own page needs no name: {own}");
}

#[test]
fn a_site_of_one_list_names_none() {
    let alone = Site::new(
        "title: Kitchen\nbase_url: https://example.org/site\nlists:\n  - id: kettle\n    \
         sources: [{mbox: kettle.mbox}]\n    ranges: month\n",
    );
    alone.write("kettle.mbox", mbox("kettle"));
    let public = alone.build();
    assert!(!page(&public, "series/spout-", "").contains("On <a"));
    assert!(public.pages("digests/").is_empty());
    assert!(!public.page("").contains("id=\"lists\""));
}

#[test]
fn a_digest_of_all_lists_counts_each_mail_once() {
    let public = site(WEEKS).build();
    assert_eq!(public.broken_links("/site/"), Vec::<String>::new());
    let digest = json(&public, "digests/2024-w10/digest.json");
    assert_eq!(
        (&digest["list"], &digest["lists"]),
        (&Value::Null, &serde_json::json!(["kettle", "tea"]))
    );
    assert_eq!(digest["figures"]["mails"], 4);
    assert_eq!(digest["entries"].as_array().unwrap().len(), 1);
    assert_eq!(digest["entries"][0]["lists"], serde_json::json!(["kettle", "tea"]));
    let text = String::from_utf8_lossy(&public.files["digests/2024-w10/digest.txt"]);
    assert!(text.contains("Kitchen mailing list update for 2024, week 10"), "{text}");
    assert!(text.contains("spout: pour straight (Ida Imker, on kettle tea)\n"), "{text}");
    let html = public.page("digests/2024-w11/");
    assert!(html.contains("· <a href=\"/site/kettle/\">kettle</a></span>"), "{html}");
    assert!(html.contains("All 2 lists, from 2024-03-12 10:00 to 2024-03-14 10:00 UTC."), "{html}");
    // A list's own digest is what it was: it names nothing that goes without saying.
    let own = json(&public, "tea/digests/2024-03/digest.json");
    assert_eq!((&own["list"], own.get("lists")), (&Value::from("tea"), None));
    assert_eq!(own["entries"][0].get("lists"), None);
}

#[test]
fn digests_of_all_lists_have_an_index_and_a_feed() {
    let public = site(WEEKS).build();
    let index = public.page("digests/");
    for week in ["2024-w10", "2024-w11", "2024-w12"] {
        assert!(index.contains(&format!("href=\"/site/digests/{week}/\"")), "{week}");
    }
    let feed = json(&public, "digests/feed.json");
    let urls: Vec<&str> = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["url"].as_str().unwrap())
        .collect();
    let week = |n: u32| format!("https://example.org/site/digests/2024-w{n}/");
    assert_eq!(urls, [week(12), week(11), week(10)]);
    let atom = String::from_utf8_lossy(&public.files["digests/feed.xml"]);
    assert!(atom.contains("<updated>2024-03-21T10:00:00Z</updated>"), "{atom}");
    let home = public.page("");
    assert!(home.contains("<a class=\"all\" href=\"/site/digests/\">all 3</a>"), "{home}");
}

#[test]
fn the_home_page_says_what_is_newest_on_each_list_and_how_much() {
    let public = site("").build();
    let home = public.page("");
    let (_, hub) = home.split_once("id=\"lists\"").unwrap();
    let (hub, _) = hub.split_once("</table>").unwrap();
    let rows: Vec<&str> = hub.split("<tr>").skip(2).collect();
    let [kettle, tea] = rows[..] else { panic!("{rows:?}") };
    for said in [
        "Kettle makers",
        "/kettle/digests/2024-03/",
        "data-l=\"mails\">6<",
        "data-l=\"postings\">2<",
        "data-l=\"people\">2<",
        "How to keep it from rusting",
        "13 Mar 2024",
    ] {
        assert!(kettle.contains(said), "{said}: {kettle}");
    }
    for said in ["Tea drinkers", "data-l=\"mails\">5<", "How long to brew", "21 Mar 2024"] {
        assert!(tea.contains(said), "{said}: {tea}");
    }
}

#[test]
fn many_lists_stand_by_letter_and_the_busiest_first() {
    let mut config = "title: Kitchen\nbase_url: https://example.org/site\nlists:\n".to_string();
    let site = Site::new("");
    for n in 0..24_u32 {
        let letter = char::from(b'a' + (n % 12) as u8);
        config += &format!("  - id: l{n}\n    title: {letter} list {n}\n    ranges: month\n");
        let own: String = (0..=n)
            .map(|k| {
                talk("x", 1 + n, IDA, "Tea?", None).text().replace("<x@", &format!("<x{n}.{k}@"))
            })
            .collect();
        site.write(&format!("content/lists/l{n}/mail.mbox"), own);
    }
    site.write("config.yaml", config);
    let public = site.build();
    assert_eq!(public.broken_links("/site/"), Vec::<String>::new());
    let home = public.page("");
    let (_, hub) = home.split_once("id=\"lists\"").unwrap();
    let (table, rest) = hub.split_once("</table>").unwrap();
    let place = |n: u32| table.find(&format!("list {n}<"));
    assert!(place(23).unwrap() < place(22).unwrap() && place(14).is_some());
    assert_eq!(place(13), None, "ten stand in the table");
    assert_eq!(rest.matches("<section id=\"lists-").count(), 12);
    assert!(rest.contains("1 mail in 30 days, last 1 Mar 2024"), "{rest}");
}

#[test]
fn the_command_prints_a_digest_of_all_lists() {
    let site = site(WEEKS);
    let text = site.ok(&["digest", "digests/2024-w10"]);
    let public = site.build();
    assert_eq!(text.as_bytes(), public.files["digests/2024-w10/digest.txt"]);
    assert_eq!(text, site.ok(&["digest", "2024-w10"]), "no list has a digest of that name");
    let passed_on = site.ok(&["digest", "2024-w10", "--format", "markdown"]);
    assert!(passed_on.contains("on kettle and tea"), "{passed_on}");
    assert!(passed_on.contains("https://example.org/site/digests/2024-w10/"), "{passed_on}");
}

#[test]
fn a_digest_of_all_lists_can_be_published_as_text() {
    let kitchen = site(WEEKS);
    let text = kitchen.ok(&["digest", "2024-w10"]);
    let texts = Site::new(
        "title: Kitchen\nbase_url: https://example.org/site\nlists:\n  - id: kitchen\n    \
         sources: [{digests: \"*.txt\"}]\n",
    );
    texts.write("w10.txt", text);
    let public = texts.build();
    let page = public.page("kitchen/digests/2024-w10/");
    assert!(page.contains("Ida Imker") && !page.contains("on kettle tea"), "{page}");
}

#[test]
fn a_note_and_a_lists_name_have_their_places() {
    let kitchen = site(WEEKS);
    kitchen.write("content/notes/digests/2024-w10.md", "# Well said\n\nA good week.\n");
    let public = kitchen.build();
    assert!(public.page("digests/2024-w10/").contains("Well said"));
    let taken = Site::new("title: T\nbase_url: https://example.org\nlists:\n  - id: digests\n");
    let output = taken.run(&["build"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("taken by the site's own pages"));
}

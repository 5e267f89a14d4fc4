//! A digest as JSON, `digest.json`: everything in it, in keys that keep their order.
//!
//! Times are RFC 3339 in UTC, Message-IDs without angle brackets, versions text ("2",
//! "5.1"). Like the digest it holds nothing that later mail changes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Contributor, Digest, Entry, Figures, Marks, Names, Status};
use crate::archive::export::{Who, rfc3339};
use crate::archive::{Archive, MailId, PersonId, Posting, PostingId, Scope, Slot, ThreadId};

/// The digest as indented JSON with a line end; `url` gives a posting's page. One of all lists
/// has null for `list`, and names the lists of each posting.
pub fn render(
    digest: &Digest,
    archive: &Archive,
    names: &Names<'_>,
    url: &dyn Fn(PostingId) -> String,
) -> String {
    let view = View { digest, archive, names, url };
    // Writing to a String fails for maps with odd keys only, and there are none.
    let mut text = serde_json::to_string_pretty(&view.digest_row()).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct DigestRow<'a> {
    list: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lists: Option<&'a [&'a str]>,
    range: &'a str,
    title: &'a str,
    first: String,
    last: String,
    figures: Figures,
    top: usize,
    domains: Vec<DomainRow<'a>>,
    contributors: Vec<PersonRow<'a>>,
    reviewers: Vec<PersonRow<'a>>,
    entries: Vec<EntryRow<'a>>,
    active: Vec<ActiveRow<'a>>,
    discussions: Vec<DiscussionRow<'a>>,
    waiting: WaitingRow<'a>,
}

#[derive(Serialize)]
struct DomainRow<'a> {
    domain: &'a str,
    count: u32,
}

#[derive(Serialize)]
struct PersonRow<'a> {
    name: &'a str,
    address: &'a str,
    count: u32,
}

#[derive(Serialize)]
struct EntryRow<'a> {
    posting: &'a str,
    series: &'a str,
    url: String,
    title: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lists: Vec<&'a str>,
    version: String,
    version_inferred: bool,
    status: &'static str,
    /// The revision before, of a later one.
    previous: Option<String>,
    rfc: bool,
    resend: bool,
    pull: bool,
    author: Who<'a>,
    date: String,
    total: Option<u32>,
    cover: Option<&'a str>,
    patches: Vec<PatchRow<'a>>,
    missing: &'a [u32],
    added: u32,
    removed: u32,
    trailers: Marks,
    replies: u32,
    subsystems: Vec<&'a str>,
}

#[derive(Serialize)]
struct PatchRow<'a> {
    index: u32,
    title: &'a str,
    message_id: &'a str,
    author: Who<'a>,
    date: String,
    added: u32,
    removed: u32,
    trailers: Marks,
}

#[derive(Serialize)]
struct ActiveRow<'a> {
    posting: &'a str,
    url: String,
    title: &'a str,
    version: String,
    replies: u32,
}

#[derive(Serialize)]
struct DiscussionRow<'a> {
    thread: &'a str,
    title: &'a str,
    message_id: Option<&'a str>,
    mails: u32,
}

/// Who had still to speak when the range ended.
#[derive(Serialize)]
struct WaitingRow<'a> {
    unanswered: Vec<WaitsRow<'a>>,
    to_speak: Vec<ToSpeakRow<'a>>,
    reviewed: Vec<WaitsRow<'a>>,
}

#[derive(Serialize)]
struct WaitsRow<'a> {
    posting: &'a str,
    url: String,
    title: &'a str,
    version: String,
    date: String,
}

#[derive(Serialize)]
struct ToSpeakRow<'a> {
    #[serde(flatten)]
    posting: WaitsRow<'a>,
    people: Vec<Who<'a>>,
}

/// What the rows are made of.
struct View<'a> {
    digest: &'a Digest,
    archive: &'a Archive,
    names: &'a Names<'a>,
    url: &'a dyn Fn(PostingId) -> String,
}

impl<'a> View<'a> {
    fn digest_row(&self) -> DigestRow<'a> {
        let digest = self.digest;
        let domains = digest.domains.iter();
        DigestRow {
            list: self.names.id(digest.scope),
            lists: (digest.scope == Scope::Site).then_some(self.names.lists),
            range: &digest.slug,
            title: &digest.title,
            first: rfc3339(digest.span.0),
            last: rfc3339(digest.span.1),
            figures: digest.figures,
            top: digest.top,
            domains: domains.map(|(domain, count)| DomainRow { domain, count: *count }).collect(),
            contributors: people(&digest.contributors),
            reviewers: people(&digest.reviewers),
            entries: digest.entries.iter().map(|e| self.entry(e)).collect(),
            active: digest.active.iter().map(|&(p, n)| self.active(p, n)).collect(),
            discussions: digest.discussions.iter().map(|&(t, n)| self.discussion(t, n)).collect(),
            waiting: self.waiting(),
        }
    }

    fn entry(&self, entry: &Entry) -> EntryRow<'a> {
        let archive = self.archive;
        let posting = archive.posting(entry.posting);
        let marks = Marks::by_patch(archive, posting, self.digest.span.1);
        let (status, previous) = match entry.status {
            Status::New => ("new", None),
            Status::Revision { from } => ("revision", Some(from.to_string())),
            Status::Resend => ("resend", None),
        };
        EntryRow {
            posting: &posting.id,
            series: &archive.series(posting.series).id,
            url: (self.url)(entry.posting),
            title: &posting.title,
            lists: self.names.of_posting(self.digest.scope, archive, entry.posting),
            version: posting.version.to_string(),
            version_inferred: posting.version_inferred,
            status,
            previous,
            rfc: posting.rfc,
            resend: posting.resend,
            pull: posting.pull,
            author: Who::wrote(archive, posting.head()),
            date: rfc3339(posting.date),
            total: posting.total,
            cover: posting.cover.map(|m| archive.mail(m).message_id()),
            patches: posting.patches.iter().map(|s| self.patch(s, &marks)).collect(),
            missing: &posting.missing,
            added: entry.added,
            removed: entry.removed,
            trailers: entry.marks,
            replies: entry.replies,
            subsystems: subsystems(archive, posting),
        }
    }

    fn patch(&self, slot: &Slot, marks: &BTreeMap<MailId, Marks>) -> PatchRow<'a> {
        let facts = self.archive.mail(slot.mail);
        PatchRow {
            index: slot.index,
            title: facts.title(),
            message_id: facts.message_id(),
            author: Who::wrote(self.archive, slot.mail),
            date: rfc3339(facts.date()),
            added: facts.added(),
            removed: facts.removed(),
            trailers: marks.get(&slot.mail).copied().unwrap_or_default(),
        }
    }

    fn active(&self, id: PostingId, replies: u32) -> ActiveRow<'a> {
        let posting = self.archive.posting(id);
        ActiveRow {
            posting: &posting.id,
            url: (self.url)(id),
            title: &posting.title,
            version: posting.version.to_string(),
            replies,
        }
    }

    fn waiting(&self) -> WaitingRow<'a> {
        let waiting = &self.digest.waiting;
        let rows = |ids: &[PostingId]| ids.iter().map(|&id| self.waits(id)).collect();
        let to_speak = waiting.to_speak.iter().map(|(id, people)| ToSpeakRow {
            posting: self.waits(*id),
            people: people.iter().map(|&person| self.who(person)).collect(),
        });
        WaitingRow {
            unanswered: rows(&waiting.unanswered),
            to_speak: to_speak.collect(),
            reviewed: rows(&waiting.unapplied),
        }
    }

    fn waits(&self, id: PostingId) -> WaitsRow<'a> {
        let posting = self.archive.posting(id);
        WaitsRow {
            posting: &posting.id,
            url: (self.url)(id),
            title: &posting.title,
            version: posting.version.to_string(),
            date: rfc3339(posting.date),
        }
    }

    fn who(&self, person: PersonId) -> Who<'a> {
        let person = self.archive.person(person);
        Who { name: &person.name, address: &person.email }
    }

    fn discussion(&self, id: ThreadId, mails: u32) -> DiscussionRow<'a> {
        let thread = self.archive.thread(id);
        DiscussionRow {
            thread: &thread.id,
            title: &thread.title,
            message_id: thread.mails.first().map(|&m| self.archive.mail(m).message_id()),
            mails,
        }
    }
}

fn people(rows: &[Contributor]) -> Vec<PersonRow<'_>> {
    rows.iter().map(|r| PersonRow { name: &r.name, address: &r.email, count: r.count }).collect()
}

fn subsystems<'a>(archive: &'a Archive, posting: &Posting) -> Vec<&'a str> {
    posting.subsystems.iter().map(|&s| archive.subsystem(s).name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::archive::sample::{Sample, Text};

    const ANN: &str = "Ann Author <ann@example.org>";
    const BOB: &str = "Bob Writer <bob@example.com>";

    fn render_range(list: &mut Sample, title: &str) -> String {
        let range = list.range(title);
        let digest = Digest::of(&list.archive, &range, 15);
        let names = Names { title: "Ring", lists: &["ring"] };
        render(&digest, &list.archive, &names, &|id| format!("/series/{}/", id.0))
    }

    /// A v1 on the first day; on the second an answer to it, its v2 and a question.
    fn second_day() -> (Sample, Value) {
        let mut list = Sample::new();
        let v1 = list.post("PATCH", ANN, None, &[Text::new("one", "1\n")]);
        list.range("day 1");
        list.reply(list.archive.posting(v1).head(), BOB, None);
        let patches = [Text::new("one", "1\n").lines(3, 1), Text::new("two", "2\n").by(BOB)];
        let v2 = list.repost(v1, "RFC PATCH v2", ANN, None, &patches);
        list.reply(list.archive.posting(v2).head(), BOB, Some("Acked-by"));
        list.discuss("Why a ring?", BOB, 1);
        let text = render_range(&mut list, "day 2");
        let value = serde_json::from_str(&text).expect("JSON");
        (list, value)
    }

    #[test]
    fn an_entry_says_what_is_known_of_a_posting() {
        let (list, digest) = second_day();
        let ids: Vec<&str> = list.archive.postings.iter().map(|p| p.id.as_str()).collect();
        let no_marks = json!({"acked": 0, "reviewed": 0, "tested": 0});
        let expected = json!({
            "posting": ids[1],
            "series": ids[0],
            "url": "/series/1/",
            "title": "one",
            "version": "2",
            "version_inferred": false,
            "status": "revision",
            "previous": "1",
            "rfc": true,
            "resend": false,
            "pull": false,
            "author": {"name": "Ann Author", "address": "ann@example.org"},
            "date": "2024-02-01T10:02:00Z",
            "total": 2,
            "cover": null,
            "patches": [
                {
                    "index": 1,
                    "title": "one",
                    "message_id": "mail-2@example.org",
                    "author": {"name": "Ann Author", "address": "ann@example.org"},
                    "date": "2024-02-01T10:02:00Z",
                    "added": 3,
                    "removed": 1,
                    "trailers": {"acked": 1, "reviewed": 0, "tested": 0},
                },
                {
                    "index": 2,
                    "title": "two",
                    "message_id": "mail-3@example.org",
                    "author": {"name": "Bob Writer", "address": "bob@example.com"},
                    "date": "2024-02-01T10:03:00Z",
                    "added": 0,
                    "removed": 0,
                    "trailers": no_marks,
                },
            ],
            "missing": [],
            "added": 3,
            "removed": 1,
            "trailers": {"acked": 1, "reviewed": 0, "tested": 0},
            "replies": 1,
            "subsystems": [],
        });
        assert_eq!(digest["entries"], json!([expected]));
    }

    #[test]
    fn beside_the_entries_stand_people_and_what_goes_on() {
        let (list, mut digest) = second_day();
        let expected = json!({
            "list": "ring",
            "range": "day-2",
            "title": "day 2",
            "first": "2024-02-01T10:01:00Z",
            "last": "2024-02-01T10:05:00Z",
            "figures": {
                "mails": 5, "patches": 2, "new_series": 0, "new_revisions": 1, "resends": 0,
                "replies": 2, "authors": 2, "reviewers": 1, "review_trailers": 1,
                "added": 3, "removed": 1,
            },
            "top": 15,
            "domains": [
                {"domain": "example.org", "count": 1},
                {"domain": "example.com", "count": 1},
            ],
            "contributors": [
                {"name": "Bob Writer", "address": "bob@example.com", "count": 1},
                {"name": "Ann Author", "address": "ann@example.org", "count": 1},
            ],
            "reviewers": [{"name": "Bob Writer", "address": "bob@example.com", "count": 1}],
            "entries": [],
            "active": [{
                "posting": list.archive.postings[0].id, "url": "/series/0/", "title": "one",
                "version": "1", "replies": 1,
            }],
            "discussions": [{
                "thread": list.archive.threads[0].id, "title": "Why a ring?",
                "message_id": "mail-5@example.org", "mails": 1,
            }],
            "waiting": {"unanswered": [], "to_speak": [], "reviewed": []},
        });
        digest["entries"] = json!([]);
        assert_eq!(digest, expected);
    }

    #[test]
    fn keys_keep_their_order_and_the_text_ends_its_last_line() {
        let text = render_range(&mut Sample::new(), "day");
        let keys: Vec<&str> =
            text.lines().filter_map(|l| l.strip_prefix("  \"")?.split('"').next()).collect();
        let expected = [
            "list",
            "range",
            "title",
            "first",
            "last",
            "figures",
            "top",
            "domains",
            "contributors",
            "reviewers",
            "entries",
            "active",
            "discussions",
            "waiting",
        ];
        assert_eq!(keys, expected);
        assert!(text.ends_with("}\n"));
    }
}

//! What the archive knows, as rows for other programs: one a mail, one a posting.
//!
//! The keys are a promise to those who read `patchpress export`. Message-IDs stand without
//! angle brackets, times are RFC 3339 in UTC. Writing the rows as lines of JSON is left to
//! the caller.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Archive, Dependency, Home, Kind, ListId, MailId, Posting, PostingId, ReviewTrailer, Slot,
    Standing,
};
use crate::mail::address::AddressRef;

/// One mail.
#[derive(Clone, Debug, Serialize)]
pub struct MailRow<'a> {
    /// Message-ID.
    pub message_id: &'a str,
    /// Ids of the lists it went to.
    pub lists: Vec<&'a str>,
    /// When it was sent, RFC 3339 in UTC.
    pub date: String,
    /// cover, patch, pull, reply or discussion.
    pub kind: &'static str,
    /// Id of the posting it belongs to or answers.
    pub posting: Option<&'a str>,
    /// Id of that posting's series.
    pub series: Option<&'a str>,
    /// The posting's version ("2", "5.1"); none for replies and discussions.
    pub version: Option<String>,
    /// k of `k/n`: 0 for a cover, 1 for a patch without a number; none for others.
    pub index: Option<u32>,
    /// n of `k/n`, where the posting says it.
    pub total: Option<u32>,
    /// Who wrote it.
    pub author: Who<'a>,
    /// Its subject, decoded and unfolded.
    pub subject: &'a str,
    /// The Message-ID in its In-Reply-To.
    pub in_reply_to: Option<&'a str>,
}

/// A name and address as a mail gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Who<'a> {
    /// The name; empty where there is none.
    pub name: &'a str,
    /// The address.
    pub address: &'a str,
}

impl<'a> Who<'a> {
    /// The author of a patch, the sender of any other mail.
    pub fn wrote(archive: &'a Archive, mail: MailId) -> Who<'a> {
        let facts = archive.mail(mail);
        match archive.kind(mail) {
            Kind::Patch => facts.author().into(),
            _ => facts.from().into(),
        }
    }
}

impl<'a> From<AddressRef<'a>> for Who<'a> {
    fn from(address: AddressRef<'a>) -> Self {
        Who { name: address.name, address: address.email }
    }
}

/// Every mail, in date order. `lists` are the lists' ids, by [`ListId`].
pub fn mails<'a>(
    archive: &'a Archive,
    lists: &'a [String],
) -> impl Iterator<Item = MailRow<'a>> + 'a {
    let slots: BTreeMap<MailId, u32> = archive
        .postings
        .iter()
        .flat_map(|p| p.patches.iter().map(|slot| (slot.mail, slot.index)))
        .collect();
    archive.mail_ids().map(move |id| mail_row(archive, lists, id, slots.get(&id).copied()))
}

fn mail_row<'a>(
    archive: &'a Archive,
    lists: &'a [String],
    id: MailId,
    slot: Option<u32>,
) -> MailRow<'a> {
    let facts = archive.mail(id);
    let kind = archive.kind(id);
    let posting = match archive.home(id) {
        Home::Posting(p) => Some(archive.posting(p)),
        Home::Thread(_) => None,
    };
    let member = posting.filter(|_| !matches!(kind, Kind::Reply | Kind::Discussion));
    MailRow {
        message_id: facts.message_id(),
        lists: list_names(lists, facts.lists()),
        date: rfc3339(facts.date()),
        kind: kind_word(kind),
        posting: posting.map(|p| p.id.as_str()),
        series: posting.map(|p| archive.series(p.series).id.as_str()),
        version: member.map(|p| p.version.to_string()),
        index: if kind == Kind::Cover { Some(0) } else { slot },
        total: member.and_then(|p| p.total),
        author: Who::wrote(archive, id),
        subject: facts.subject_text(),
        in_reply_to: facts.in_reply_to(),
    }
}

/// A kind as one word.
pub(crate) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Cover => "cover",
        Kind::Patch => "patch",
        Kind::Pull => "pull",
        Kind::Reply => "reply",
        Kind::Discussion => "discussion",
    }
}

fn list_names<'a>(lists: &'a [String], ids: &[ListId]) -> Vec<&'a str> {
    ids.iter().filter_map(|id| lists.get(id.0 as usize)).map(String::as_str).collect()
}

/// One posting.
#[derive(Clone, Debug, Serialize)]
pub struct PostingRow<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its page.
    pub url: String,
    /// Id of its series: that of the series' first posting.
    pub series: &'a str,
    /// Ids of the lists its mails went to.
    pub lists: Vec<&'a str>,
    /// Its title without prefixes.
    pub title: &'a str,
    /// Its version ("2", "5.1").
    pub version: String,
    /// Whether no subject says the version.
    pub version_inferred: bool,
    /// Whether it asks for comments.
    pub rfc: bool,
    /// Whether it says that it is sent again.
    pub resend: bool,
    /// How many patches it says it has.
    pub total: Option<u32>,
    /// Message-ID of its cover letter or pull request.
    pub cover: Option<&'a str>,
    /// Its patches, by index.
    pub patches: Vec<PatchRow<'a>>,
    /// Indexes that never arrived.
    pub missing: &'a [u32],
    /// Where it stands, in words.
    pub state: &'static str,
    /// Id of the posting that takes its place.
    pub superseded_by: Option<&'a str>,
    /// Id of the earlier posting that it continues.
    pub continues: Option<&'a str>,
    /// What says that it does: change-id, supersedes, in-reply-to, changelog, title or
    /// patch-titles.
    pub evidence: Option<&'static str>,
    /// Of a partial re-roll, the patches of earlier postings that it leaves as they are.
    pub standing: Vec<StandingRow<'a>>,
    /// What it says that it is to be applied on top of.
    pub depends: Vec<DependencyRow<'a>>,
}

/// A patch of an earlier posting that stands.
#[derive(Clone, Debug, Serialize)]
pub struct StandingRow<'a> {
    /// k of `k/n`.
    pub index: u32,
    /// Message-ID.
    pub message_id: &'a str,
    /// Id of the posting that it is a patch of.
    pub posting: &'a str,
}

/// Another work that a posting needs.
#[derive(Clone, Debug, Serialize)]
pub struct DependencyRow<'a> {
    /// The change-id or Message-ID that names it.
    pub name: &'a str,
    /// Id of the posting meant, if it is in the archive.
    pub posting: Option<&'a str>,
}

/// One patch of a posting.
#[derive(Clone, Debug, Serialize)]
pub struct PatchRow<'a> {
    /// k of `k/n`.
    pub index: u32,
    /// Message-ID.
    pub message_id: &'a str,
    /// Its title without prefixes.
    pub title: &'a str,
    /// Who wrote it.
    pub author: Who<'a>,
    /// Its stable patch-id, 40 hexadecimal digits.
    pub patch_id: Option<String>,
    /// Review trailers that count for it.
    pub trailers: Vec<TrailerRow<'a>>,
}

/// One trailer on a patch.
#[derive(Clone, Debug, Serialize)]
pub struct TrailerRow<'a> {
    /// `Reviewed-by`, as written.
    pub name: &'a str,
    /// What follows it.
    pub value: &'a str,
    /// The mail it stands in.
    pub message_id: &'a str,
    /// Whether that mail's sender is the one it names.
    pub matches_sender: bool,
}

/// Every posting, by the date of its first mail. `lists` are the lists' ids, by
/// [`ListId`]; `url` gives a posting's page.
pub fn postings<'a>(
    archive: &'a Archive,
    lists: &'a [String],
    url: &'a dyn Fn(PostingId) -> String,
) -> impl Iterator<Item = PostingRow<'a>> + 'a {
    let rows = archive.postings.iter().zip(0..);
    rows.map(move |(p, id)| posting_row(archive, lists, (PostingId(id), p), url(PostingId(id))))
}

fn posting_row<'a>(
    archive: &'a Archive,
    lists: &'a [String],
    (id, posting): (PostingId, &'a Posting),
    url: String,
) -> PostingRow<'a> {
    let on: Vec<ListId> = archive.lists_of(id).into_iter().collect();
    PostingRow {
        id: &posting.id,
        url,
        series: &archive.series(posting.series).id,
        lists: list_names(lists, &on),
        title: &posting.title,
        version: posting.version.to_string(),
        version_inferred: posting.version_inferred,
        rfc: posting.rfc,
        resend: posting.resend,
        total: posting.total,
        cover: posting.cover.map(|m| archive.mail(m).message_id()),
        patches: patches(archive, posting),
        missing: &posting.missing,
        state: posting.state.words(),
        superseded_by: posting.superseded_by.map(|p| archive.posting(p).id.as_str()),
        continues: posting.continues.map(|before| archive.posting(before.posting).id.as_str()),
        evidence: posting.continues.map(|before| before.evidence.word()),
        standing: posting.standing.iter().map(|s| standing_row(archive, s)).collect(),
        depends: posting.depends.iter().map(|d| dependency_row(archive, d)).collect(),
    }
}

fn standing_row<'a>(archive: &'a Archive, standing: &Standing) -> StandingRow<'a> {
    StandingRow {
        index: standing.index,
        message_id: archive.mail(standing.mail).message_id(),
        posting: &archive.posting(standing.posting).id,
    }
}

fn dependency_row<'a>(archive: &'a Archive, needed: &'a Dependency) -> DependencyRow<'a> {
    let posting = needed.posting.map(|p| archive.posting(p).id.as_str());
    DependencyRow { name: &needed.name, posting }
}

fn patches<'a>(archive: &'a Archive, posting: &'a Posting) -> Vec<PatchRow<'a>> {
    let mut given: BTreeMap<MailId, Vec<TrailerRow<'a>>> = BTreeMap::new();
    for t in &posting.trailers {
        given.entry(t.patch).or_default().push(trailer_row(archive, t));
    }
    let row = |slot: &Slot| {
        let facts = archive.mail(slot.mail);
        PatchRow {
            index: slot.index,
            message_id: facts.message_id(),
            title: facts.title(),
            author: Who::wrote(archive, slot.mail),
            patch_id: facts.patch_id().map(|id| id.to_string()),
            trailers: given.remove(&slot.mail).unwrap_or_default(),
        }
    };
    posting.patches.iter().map(row).collect()
}

fn trailer_row<'a>(archive: &'a Archive, trailer: &'a ReviewTrailer) -> TrailerRow<'a> {
    TrailerRow {
        name: &trailer.name,
        value: &trailer.value,
        message_id: archive.mail(trailer.given_in).message_id(),
        matches_sender: trailer.matches_sender,
    }
}

/// A moment as RFC 3339 in UTC: `2024-02-01T10:00:00Z`. What lies beyond the years that
/// RFC 3339 can write stands at the nearest end.
pub fn rfc3339(seconds: i64) -> String {
    let (first, last) = (-62_167_219_200, 253_402_207_200);
    let within = jiff::Timestamp::from_second(seconds.clamp(first, last));
    within.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::archive::sample::{Sample, Text};
    use crate::mail::{PatchId, Revision};

    const ANN: &str = "Ann Author <ann@example.org>";
    const BOB: &str = "Bob Writer <bob@example.com>";

    /// A two-patch v2 with a review, and a question.
    fn sample() -> Sample {
        let mut list = Sample::new();
        let patches = [Text::new("one", "1\n"), Text::new("two", "2\n").by(BOB)];
        let cover = Some(Text::new("ring", "Cover.\n"));
        let p = list.post("RFC PATCH v2", ANN, cover, &patches);
        let two = list.archive.posting(p).patches[1].mail;
        list.reply(two, BOB, Some("Tested-by"));
        list.discuss("Why a ring?", BOB, 1);
        list.also_on(two, ListId(1));
        list.set_patch_id(two, PatchId([0xab; 20]));
        list
    }

    fn lists() -> [String; 2] {
        ["ring".into(), "wheels".into()]
    }

    fn mail_values(list: &Sample) -> Vec<Value> {
        let lists = lists();
        let rows = mails(&list.archive, &lists);
        rows.map(|r| serde_json::to_value(r).expect("JSON")).collect()
    }

    fn posting_values(list: &Sample) -> Vec<Value> {
        let url = |id: PostingId| format!("/series/{}/", id.0);
        let lists = lists();
        let rows = postings(&list.archive, &lists, &url);
        rows.map(|r| serde_json::to_value(r).expect("JSON")).collect()
    }

    #[test]
    fn a_patch_is_exported_with_its_place_in_the_series() {
        let list = sample();
        let id = &list.archive.postings[0].id;
        let expected = json!({
            "message_id": "mail-2@example.org",
            "lists": ["ring", "wheels"],
            "date": "2024-02-01T10:02:00Z",
            "kind": "patch",
            "posting": id,
            "series": id,
            "version": "2",
            "index": 2,
            "total": 2,
            "author": {"name": "Bob Writer", "address": "bob@example.com"},
            "subject": "[RFC PATCH v2 2/2] two",
            "in_reply_to": "mail-0@example.org",
        });
        assert_eq!(mail_values(&list)[2], expected);
    }

    #[test]
    fn every_kind_of_mail_says_as_much_as_it_has() {
        let rows = mail_values(&sample());
        let short = |r: &Value| {
            let word = |key: &str| r[key].to_string();
            [word("kind"), word("version"), word("index"), word("total")].join(" ")
        };
        let shown: Vec<String> = rows.iter().map(short).collect();
        let expected = [
            r#""cover" "2" 0 2"#,
            r#""patch" "2" 1 2"#,
            r#""patch" "2" 2 2"#,
            r#""reply" null null null"#,
            r#""discussion" null null null"#,
        ];
        assert_eq!(shown, expected);
        assert_eq!(rows[3]["posting"], rows[0]["posting"]);
        assert_eq!((&rows[4]["posting"], &rows[4]["series"]), (&Value::Null, &Value::Null));
        assert_eq!(rows[4]["in_reply_to"], Value::Null);
    }

    #[test]
    fn a_posting_is_exported_with_its_patches_and_their_trailers() {
        let list = sample();
        let id = &list.archive.postings[0].id;
        let expected = json!({
            "id": id,
            "url": "/series/0/",
            "series": id,
            "lists": ["ring", "wheels"],
            "title": "ring",
            "version": "2",
            "version_inferred": false,
            "rfc": true,
            "resend": false,
            "total": 2,
            "cover": "mail-0@example.org",
            "patches": [
                {
                    "index": 1,
                    "message_id": "mail-1@example.org",
                    "title": "one",
                    "author": {"name": "Ann Author", "address": "ann@example.org"},
                    "patch_id": null,
                    "trailers": [],
                },
                {
                    "index": 2,
                    "message_id": "mail-2@example.org",
                    "title": "two",
                    "author": {"name": "Bob Writer", "address": "bob@example.com"},
                    "patch_id": "ab".repeat(20),
                    "trailers": [{
                        "name": "Tested-by",
                        "value": "Bob Writer <bob@example.com>",
                        "message_id": "mail-3@example.org",
                        "matches_sender": true,
                    }],
                },
            ],
            "missing": [],
            "state": "new",
            "superseded_by": null,
            "continues": null,
            "evidence": null,
            "standing": [],
            "depends": [],
        });
        assert_eq!(posting_values(&list), [expected]);
    }

    #[test]
    fn a_later_posting_names_its_series_and_the_earlier_one_its_successor() {
        let mut list = sample();
        let v2 = PostingId(0);
        let v3 = list.repost(v2, "PATCH", ANN, None, &[Text::new("one", "1\n")]);
        list.archive.postings[v3.0 as usize].version = Revision { major: 5, minor: 1 };
        let rows = posting_values(&list);
        assert_eq!(rows[0]["superseded_by"], rows[1]["id"]);
        assert_eq!(rows[1]["series"], rows[0]["id"]);
        assert_eq!((&rows[1]["version"], &rows[1]["cover"]), (&json!("5.1"), &Value::Null));
        assert_eq!(mail_values(&list)[5]["index"], json!(1));
    }

    #[test]
    fn any_moment_can_be_written() {
        // date -u -d @1706781600 +%FT%TZ
        assert_eq!(rfc3339(1_706_781_600), "2024-02-01T10:00:00Z");
        assert_eq!(rfc3339(i64::MAX), "9999-12-30T22:00:00Z");
        assert_eq!(rfc3339(i64::MIN), "0000-01-01T00:00:00Z");
    }
}

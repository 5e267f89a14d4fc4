//! How mails come together, told with small lists of made-up mail.

mod review;

use std::fmt::Write as _;

use proptest::prelude::*;

use super::mailmap::Mailmap;
use super::subsystem::Rules;
use super::*;
use crate::config::SubsystemRule;
use crate::source::{FileId, Origin, RawMail};

/// A list of mails in the making. Every mail is sent a minute after the one before unless
/// it says otherwise.
#[derive(Default)]
struct List {
    mails: Vec<String>,
    minute: i64,
}

/// One mail in the making: who, subject, Message-ID.
struct Mail {
    from: &'static str,
    subject: String,
    id: String,
    answers: Vec<String>,
    minute: Option<i64>,
    body: String,
}

fn mail(from: &'static str, subject: &str, id: &str) -> Mail {
    Mail {
        from,
        subject: subject.to_owned(),
        id: id.to_owned(),
        answers: Vec::new(),
        minute: None,
        body: "Hello.\n".to_owned(),
    }
}

/// A mail with a diff of its own.
fn patch(from: &'static str, subject: &str, id: &str) -> Mail {
    let mut made = mail(from, subject, id);
    made.body =
        format!("Why.\n\nSigned-off-by: {from} <{from}@example.org>\n---\n{}", diff(subject));
    made
}

fn diff(what: &str) -> String {
    format!(
        " src/a.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n\
         diff --git a/src/a.c b/src/a.c\nindex 1111111..2222222 100644\n\
         --- a/src/a.c\n+++ b/src/a.c\n@@ -1 +1 @@\n-old\n+new {what}\n-- \n2.47.0\n"
    )
}

impl Mail {
    fn answers(mut self, ids: &[&str]) -> Mail {
        self.answers = ids.iter().map(|id| (*id).to_owned()).collect();
        self
    }

    fn at(mut self, minute: i64) -> Mail {
        self.minute = Some(minute);
        self
    }

    fn says(mut self, body: &str) -> Mail {
        self.body = body.to_owned();
        self
    }
}

impl List {
    fn send(mut self, mail: Mail) -> List {
        self.minute = mail.minute.unwrap_or(self.minute + 1);
        let date = jiff::Timestamp::from_second(1_700_000_000 + 60 * self.minute)
            .expect("in range")
            .strftime("%a, %d %b %Y %H:%M:%S +0000");
        let mut raw = format!(
            "From: {0} <{0}@example.org>\nSubject: {1}\nMessage-ID: <{2}>\nDate: {date}\n",
            mail.from, mail.subject, mail.id
        );
        if let Some(parent) = mail.answers.last() {
            let _ = write!(raw, "In-Reply-To: <{parent}>\nReferences:");
            mail.answers.iter().for_each(|id| write!(raw, " <{id}>").expect("to a string"));
            raw.push('\n');
        }
        raw.push('\n');
        raw.push_str(&mail.body);
        self.mails.push(raw);
        self
    }

    fn archive(&self) -> Archive {
        build(self.mails.iter().map(String::as_str), &Rules::default(), Split::Month)
    }
}

fn build<'a>(mails: impl Iterator<Item = &'a str>, rules: &Rules, split: Split) -> Archive {
    let facts = mails
        .enumerate()
        .map(|(index, raw)| {
            let raw = RawMail {
                origin: Origin { file: FileId(0), offset: index as u64, len: 0 },
                separator: None,
                bytes: raw.as_bytes().into(),
            };
            Facts::read(&raw, ListId(0), 0).0
        })
        .collect();
    let options = Options {
        mailmap: &Mailmap::default(),
        rules,
        lists: vec![(split, vec!["2023-11".to_owned()])],
        together: None,
        exclude: &[],
    };
    Archive::build(facts, &options)
}

/// The postings in words: `v2 title: 0 1 2 -3 | replies`.
fn told(archive: &Archive) -> Vec<String> {
    let posting = |p: &Posting| {
        let mut line = format!("v{} {}:", p.version, p.title);
        if let Some(cover) = p.cover {
            let _ = write!(line, " 0={}", archive.mail(cover).message_id());
        }
        for slot in &p.patches {
            let _ = write!(line, " {}={}", slot.index, archive.mail(slot.mail).message_id());
        }
        for index in &p.missing {
            let _ = write!(line, " {index}=?");
        }
        for reply in &p.replies {
            let _ = write!(line, " re={}", archive.mail(*reply).message_id());
        }
        line
    };
    archive.postings.iter().map(posting).collect()
}

/// For each posting, the number of its series.
fn lineage(archive: &Archive) -> Vec<u32> {
    archive.postings.iter().map(|p| p.series.0).collect()
}

#[test]
fn a_flat_series_with_its_replies() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]))
        .send(mail("bob", "Re: [PATCH 1/2] a: one", "r1").answers(&["c", "p1"]))
        .send(mail("ann", "Re: [PATCH 1/2] a: one", "r2").answers(&["c", "p1", "r1"]));
    assert_eq!(told(&list.archive()), ["v1 a: title: 0=c 1=p1 2=p2 re=r1 re=r2"]);
}

#[test]
fn a_deep_series_in_any_order_of_arrival() {
    let list = List::default()
        .send(patch("ann", "[PATCH v3 2/3] a: two", "p2").answers(&["c", "p1"]))
        .send(patch("ann", "[PATCH v3 3/3] a: three", "p3").answers(&["c", "p1", "p2"]))
        .send(patch("ann", "[PATCH v3 1/3] a: one", "p1").answers(&["c"]))
        .send(mail("ann", "[PATCH v3 0/3] a: title", "c"));
    assert_eq!(told(&list.archive()), ["v3 a: title: 0=c 1=p1 2=p2 3=p3"]);
}

#[test]
fn unthreaded_patches_sent_together() {
    let list = List::default()
        .send(patch("ann", "[PATCH 1/2] a: one", "p1"))
        .send(patch("bob", "[PATCH 1/2] b: other", "o1"))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2"))
        .send(patch("bob", "[PATCH 2/2] b: more", "o2"));
    assert_eq!(told(&list.archive()), ["v1 a: one: 1=p1 2=p2", "v1 b: other: 1=o1 2=o2"]);
}

#[test]
fn unthreaded_patches_sent_hours_apart_stay_apart() {
    let list = List::default()
        .send(patch("ann", "[PATCH 1/2] a: one", "p1"))
        .send(patch("ann", "[PATCH 2/2] b: two", "p2").at(60));
    assert_eq!(told(&list.archive()), ["v1 a: one: 1=p1 2=?", "v1 b: two: 2=p2 1=?"]);
}

#[test]
fn two_threads_sent_in_one_minute_stay_apart() {
    let list = List::default()
        .send(patch("ann", "[PATCH 1/2] a: one", "a1"))
        .send(patch("ann", "[PATCH 2/2] a: two", "a2").answers(&["a1"]).at(1))
        .send(mail("ann", "[PATCH 0/2] b: title", "b0").at(1))
        .send(patch("ann", "[PATCH 1/2] b: one", "b1").answers(&["b0"]).at(1))
        .send(patch("ann", "[PATCH 2/2] b: two", "b2").answers(&["b0"]).at(1));
    let expected = ["v1 a: one: 1=a1 2=a2", "v1 b: title: 0=b0 1=b1 2=b2"];
    assert_eq!(told(&list.archive()), expected);
}

#[test]
fn a_cover_that_came_before_a_thread_of_other_patches_waits_for_its_own() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] b: title", "b0"))
        .send(patch("ann", "[PATCH 1/2] a: one", "c1").at(1))
        .send(patch("ann", "[PATCH 1/2] b: one", "d1").answers(&["b0"]).at(1))
        .send(patch("ann", "[PATCH 2/2] b: two", "d2").answers(&["b0"]).at(1))
        .send(patch("ann", "[PATCH 2/2] a: two", "c2").answers(&["c1"]).at(1));
    let expected = ["v1 b: title: 0=b0 1=d1 2=d2", "v1 a: one: 1=c1 2=c2"];
    assert_eq!(told(&list.archive()), expected);
}

#[test]
fn patches_whose_cover_never_arrived_and_a_reply_to_it() {
    let list = List::default()
        .send(patch("ann", "[PATCH 1/3] a: one", "p1").answers(&["lost"]))
        .send(patch("ann", "[PATCH 3/3] a: three", "p3").answers(&["lost"]).at(100))
        .send(mail("bob", "Re: [PATCH 0/3] a: title", "r").answers(&["lost"]));
    assert_eq!(told(&list.archive()), ["v1 a: one: 1=p1 3=p3 2=? re=r"]);
}

#[test]
fn a_resend_in_the_same_thread_is_a_posting_of_its_own() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]))
        .send(patch("ann", "[PATCH 1/2] a: one", "q1").answers(&["c"]).at(500))
        .send(patch("ann", "[PATCH 2/2] a: two", "q2").answers(&["c"]).at(501));
    assert_eq!(told(&list.archive()), ["v1 a: title: 0=c 1=p1 2=p2", "v1 a: one: 1=q1 2=q2"]);
}

#[test]
fn a_second_version_in_reply_to_the_first() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/1] a: title", "c"))
        .send(patch("ann", "[PATCH 1/1] a: one", "p1").answers(&["c"]))
        .send(mail("ann", "[PATCH v2 0/1] a: title", "c2").answers(&["c"]))
        .send(patch("ann", "[PATCH v2 1/1] a: one", "q1").answers(&["c", "c2"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 a: title: 0=c 1=p1", "v2 a: title: 0=c2 1=q1"]);
    assert_eq!(lineage(&archive), [0, 0]);
    assert_eq!(archive.postings[0].superseded_by, Some(PostingId(1)));
    assert_eq!(archive.postings[0].state, State::Superseded);
    assert_eq!(archive.postings[1].answers, archive.find("c"));
}

#[test]
fn a_patch_without_a_version_takes_its_covers() {
    let list = List::default()
        .send(mail("ann", "[PATCH v2 0/1] a: title", "c"))
        .send(patch("ann", "[PATCH 1/1] a: one", "p1").answers(&["c"]));
    assert_eq!(told(&list.archive()), ["v2 a: title: 0=c 1=p1"]);
}

#[test]
fn a_cover_without_a_number() {
    let stat = "Words.\n\n src/a.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n";
    let list = List::default()
        .send(mail("ann", "a: three things", "c").says(stat))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 a: three things: 0=c 1=p1 2=p2"]);
    assert_eq!(archive.kind(archive.find("c").expect("there")), Kind::Cover);
}

#[test]
fn a_pull_request_with_its_patches() {
    let list = List::default()
        .send(mail("ann", "[GIT PULL] a: changes for 1.2", "c"))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 a: changes for 1.2: 0=c 1=p1 2=p2"]);
    assert_eq!(archive.kind(MailId(0)), Kind::Pull);
}

#[test]
fn a_diff_in_a_reply_is_a_suggestion_and_one_without_re_a_posting() {
    let list = List::default()
        .send(patch("ann", "[PATCH] a: one", "p1"))
        .send(patch("bob", "Re: [PATCH] a: one", "s").answers(&["p1"]))
        .send(patch("bob", "[PATCH] a: better", "b").answers(&["p1"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 a: one: 1=p1 re=s", "v1 a: better: 1=b"]);
    assert_eq!(lineage(&archive), [0, 1]);
}

#[test]
fn revisions_are_linked_by_author_and_title_and_never_across_authors() {
    let list = List::default()
        .send(patch("ann", "[PATCH] a: one", "p1"))
        .send(patch("ann", "[PATCH v2] A:  one", "p2").at(9000))
        .send(patch("bob", "[PATCH v3] a: one", "p3").at(9500));
    assert_eq!(lineage(&list.archive()), [0, 0, 1]);
}

#[test]
fn revisions_are_linked_by_what_the_mails_say() {
    let b4 = |id: &str| format!("Words.\n\n---\nchange-id: 20240101-{id}\n");
    let list = List::default()
        .send(mail("ann", "[PATCH 0/1] a: old name", "c1").says(&b4("x")))
        .send(mail("bob", "[PATCH v2 0/1] b: new name", "c2").says(&b4("x")).at(9000))
        .send(mail("cyd", "[PATCH 0/1] c: title", "c3").says(&b4("y")).at(9100))
        .send(
            mail("dan", "[PATCH v2 0/1] d: title", "c4")
                .says("v1: https://lists.example.org/all/c3@/\n\nSupersedes: <c3>\n")
                .at(9200),
        );
    assert_eq!(lineage(&list.archive()), [0, 0, 1, 1]);
}

#[test]
fn the_same_title_again_is_no_revision_unless_the_version_rises_or_a_patch_is_the_same() {
    let list = List::default()
        .send(patch("ann", "[PATCH] The 13th batch", "a1"))
        .send(patch("ann", "[PATCH v2] The 13th batch", "a2").at(900))
        .send(patch("ann", "[PATCH] The 13th batch", "b1").at(90_000))
        .send(patch("ann", "[PATCH] c: title", "c1").at(90_100))
        .send(patch("ann", "[PATCH] c: title", "c2").at(91_000))
        .send(patch("ann", "[PATCH RESEND] The 13th batch", "b2").at(95_000));
    assert_eq!(lineage(&list.archive()), [0, 0, 1, 2, 2, 1]);
}

#[test]
fn another_change_id_is_another_series_whatever_the_title() {
    let b4 = |id: &str| format!("Words.\n\n---\nchange-id: 20240101-{id}\n");
    let list = List::default()
        .send(mail("ann", "[PATCH 0/1] a: title", "c1").says(&b4("x")))
        .send(mail("ann", "[PATCH v2 0/1] a: title", "c2").says(&b4("y")).at(9000));
    assert_eq!(lineage(&list.archive()), [0, 1]);
}

#[test]
fn a_change_id_below_the_diff_links_a_patch_that_was_renamed() {
    let b4 = |title: &str, id: &str| {
        let made = patch("ann", title, id);
        let tail = "\n---\nbase-commit: 0123456789012345678901234567890123456789\n\
                    change-id: 20240101-x\n\nBest regards,\n-- \nAnn\n";
        let body = made.body.replace("-- \n2.47.0\n", tail);
        made.says(&body)
    };
    let list = List::default()
        .send(b4("[PATCH] a: title", "c1"))
        .send(b4("[PATCH v2] a: another", "c2").at(9000));
    assert_eq!(lineage(&list.archive()), [0, 0]);
}

#[test]
fn of_two_series_with_one_title_the_one_with_the_same_patches_goes_on() {
    let list = List::default()
        .send(patch("ann", "[PATCH 1/2] a: title", "a1"))
        .send(patch("ann", "[PATCH 2/2] a: two", "a2").answers(&["a1"]))
        .send(patch("ann", "[PATCH] a: title", "b1").at(900))
        .send(patch("ann", "[PATCH v2 1/2] a: title", "c1").at(9000))
        .send(patch("ann", "[PATCH v2 2/2] a: two", "c2").answers(&["c1"]).at(9001));
    assert_eq!(lineage(&list.archive()), [0, 1, 0]);
}

#[test]
fn patches_sent_in_their_authors_names_stay_under_their_cover() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/3] a: title", "c"))
        .send(patch("ann", "[PATCH 1/3] a: one", "p1").answers(&["c"]))
        .send(patch("bob", "[PATCH 2/3] a: two", "p2").answers(&["c"]))
        .send(patch("cyd", "[PATCH 3/3] a: three", "p3").answers(&["c"]).at(400));
    assert_eq!(
        told(&list.archive()),
        ["v1 a: title: 0=c 1=p1 2=p2 3=?", "v1 a: three: 3=p3 1=? 2=?"]
    );
}

#[test]
fn a_discussion_keeps_to_itself_when_a_patch_grows_out_of_it() {
    let list = List::default()
        .send(mail("ann", "How does this work?", "q"))
        .send(mail("bob", "Re: How does this work?", "a").answers(&["q"]))
        .send(patch("bob", "[PATCH] doc: say how it works", "p").answers(&["q", "a"]))
        .send(mail("ann", "Re: [PATCH] doc: say how it works", "t").answers(&["q", "a", "p"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 doc: say how it works: 1=p re=t"]);
    assert_eq!(archive.threads.len(), 1);
    assert_eq!(archive.threads[0].mails, [MailId(0), MailId(1)]);
    assert_eq!(archive.threads[0].title, "How does this work?");
    assert_eq!(archive.postings[0].answers, Some(MailId(1)));
}

#[test]
fn trailers_count_for_what_they_answer_once_a_person() {
    let tag = "> quoted\n\nReviewed-by: bob <bob@example.org>\n";
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]))
        .send(mail("bob", "Re: [PATCH 1/2] a: one", "r1").answers(&["c", "p1"]).says(tag))
        .send(mail("bob", "Re: [PATCH 0/2] a: title", "r2").answers(&["c"]).says(tag))
        .send(
            mail("bob", "Re: [PATCH 2/2] a: two", "r3")
                .answers(&["c", "p2"])
                .says("Tested-by: cyd <cyd@example.net>\n"),
        );
    let archive = list.archive();
    let trailers: Vec<_> = archive.postings[0]
        .trailers
        .iter()
        .map(|t| {
            let id = |mail| archive.mail(mail).message_id().to_string();
            (id(t.patch), id(t.given_in), &*t.name, t.matches_sender)
        })
        .collect();
    let row = |patch: &str, given: &str, name, matches| (patch.into(), given.into(), name, matches);
    assert_eq!(
        trailers,
        [
            row("p1", "r1", "Reviewed-by", true),
            row("p2", "r2", "Reviewed-by", true),
            row("p2", "r3", "Tested-by", false),
        ]
    );
    assert_eq!(archive.postings[0].state, State::Reviewed);
}

#[test]
fn the_same_mail_twice_is_one_and_a_reused_message_id_is_two() {
    let list = List::default()
        .send(mail("ann", "One", "same").at(1))
        .send(mail("ann", "One", "same").at(1))
        .send(mail("ann", "Two", "same").at(2).says("Something else.\n"));
    let archive = list.archive();
    assert_eq!(archive.mails.len(), 2);
    assert_ne!(archive.threads[0].id, archive.threads[1].id);
}

#[test]
fn subsystems_by_rule_else_by_prefix() {
    let rule = SubsystemRule {
        name: "The A".into(),
        paths: vec!["src/**".into()],
        prefixes: vec!["aaa:".into()],
    };
    let list = List::default()
        .send(patch("ann", "[PATCH] x: y: by path", "p1"))
        .send(mail("ann", "[PATCH 0/1] AAA: by prefix", "p2").at(900))
        .send(mail("ann", "[PATCH 0/1] b: c: by title", "p3").at(1900));
    let (rules, bad) = Rules::new(&[rule]);
    assert!(bad.is_empty());
    let archive = build(list.mails.iter().map(String::as_str), &rules, Split::Month);
    let told: Vec<_> = archive
        .subsystems
        .iter()
        .map(|s| (s.slug.as_str(), s.name.as_str(), s.parent.map(|p| p.0), s.postings.len()))
        .collect();
    assert_eq!(
        told,
        [("b", "b", None, 1), ("b-c", "b: c", Some(0), 1), ("the-a", "The A", None, 2)]
    );
}

#[test]
fn ranges_keep_a_posting_together() {
    // 1_700_000_000 is 2023-11-14T22:13:20Z: midnight comes after 107 minutes.
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c").at(100))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]).at(106))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]).at(108))
        .send(mail("bob", "Re: [PATCH 2/2] a: two", "r").answers(&["c", "p2"]).at(109));
    let cut = |split| {
        let archive = build(list.mails.iter().map(String::as_str), &Rules::default(), split);
        let told = |r: &Range| (r.slug.clone(), r.title.clone(), r.mails.len());
        archive.ranges.iter().map(told).collect::<Vec<_>>()
    };
    let range = |slug: &str, title: &str, mails| (slug.to_owned(), title.to_owned(), mails);
    assert_eq!(
        cut(Split::Day),
        [range("2023-11-14", "2023-11-14", 3), range("2023-11-15", "2023-11-15", 1)]
    );
    assert_eq!(cut(Split::Week), [range("2023-w46", "2023, week 46", 4)]);
    assert_eq!(cut(Split::Month), [range("2023-11", "2023-11", 4)]);
    assert_eq!(
        cut(Split::Every(3)),
        [range("mails-1", "mails 1 to 3", 3), range("mails-4", "mails 4 to 6", 1)]
    );
    assert_eq!(cut(Split::File), [range("2023-11", "2023-11", 4)]);
}

/// Of each posting its version and what says that it continues another: `v2 in-reply-to`.
fn evidence(archive: &Archive) -> Vec<String> {
    let words = |p: &Posting| {
        let word = p.continues.map_or("-", |before| before.evidence.word());
        format!("v{} {word}", p.version)
    };
    archive.postings.iter().map(words).collect()
}

/// The objections to earlier postings, by posting.
fn objections(archive: &Archive) -> Vec<Vec<&'static str>> {
    let words = |p: &Posting| p.passed_over.iter().map(|passed| passed.why.word()).collect();
    archive.postings.iter().map(words).collect()
}

/// The rule that placed a mail.
fn rule(archive: &Archive, id: &str) -> &'static str {
    archive.placed[archive.find(id).expect("there").0 as usize].rule.word()
}

/// The patches that stand: for each posting `k=mail` in turn.
fn standing(archive: &Archive) -> Vec<Vec<String>> {
    let told = |s: &Standing| format!("{}={}", s.index, archive.mail(s.mail).message_id());
    archive.postings.iter().map(|p| p.standing.iter().map(told).collect()).collect()
}

#[test]
fn each_rule_leaves_its_name_with_the_mail_that_it_placed() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/3] a: title", "c"))
        .send(patch("ann", "[PATCH 1/3] a: one", "p1").answers(&["c"]))
        .send(patch("bob", "[PATCH 2/3] a: two", "p2").answers(&["c"]))
        .send(patch("ann", "[PATCH 3/3] a: three", "p3"))
        .send(mail("bob", "Re: [PATCH 1/3] a: one", "r").answers(&["c", "p1"]))
        .send(patch("ann", "[PATCH 1/2] b: one", "q1").answers(&["lost"]).at(500))
        .send(patch("ann", "[PATCH 2/2] b: two", "q2").answers(&["lost"]).at(900))
        .send(mail("bob", "Re: [PATCH 0/2] b", "s").answers(&["lost"]))
        .send(patch("ann", "[PATCH] d: alone", "d").at(2000))
        .send(mail("ann", "Talk", "t").at(3000));
    let archive = list.archive();
    let rules =
        ["c", "p1", "p2", "p3", "r", "q1", "q2", "s", "d", "t"].map(|id| rule(&archive, id));
    assert_eq!(
        rules,
        [
            "first",
            "chain",
            "chain-of-authors",
            "sent-together",
            "answer",
            "first",
            "missing-parent",
            "answer-to-missing",
            "single",
            "discussion",
        ]
    );
}

#[test]
fn a_cover_whose_patches_say_another_total_is_theirs() {
    let list = List::default()
        .send(mail("ann", "[PATCH v2 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH v2 1/3] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH v2 2/3] a: two", "p2").answers(&["c"]))
        .send(patch("ann", "[PATCH v2 3/3] a: three", "p3").answers(&["c"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v2 a: title: 0=c 1=p1 2=p2 3=p3"]);
    assert_eq!(rule(&archive, "c"), "miscounted-cover");
}

#[test]
fn a_cover_with_another_total_keeps_to_its_own_patches_and_version_and_time() {
    let other = |cover: &str, patch_prefix: &str, minute| {
        List::default().send(mail("ann", cover, "c")).send(
            patch("ann", &format!("[{patch_prefix} 1/3] a: one"), "p1").answers(&["c"]).at(minute),
        )
    };
    for list in [
        other("[PATCH 0/2] a: title", "PATCH v2", 2),
        other("[PATCH 0/2] a: title", "PATCH", 40),
        other("[PATCH 0/2] a: title", "PATCH", 2)
            .send(patch("ann", "[PATCH 1/2] a: own", "q1").answers(&["c"]).at(3)),
    ] {
        let archive = list.archive();
        assert_eq!(archive.postings.len(), 2, "{:?}", told(&archive));
    }
}

#[test]
fn a_naked_cover_takes_the_patches_without_numbers_that_it_counts() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH] a: two", "p2").answers(&["c"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 a: title: 0=c 1=p1 2=p2"]);
    assert_eq!(rule(&archive, "p2"), "unnumbered-patch");
    let more = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH] a: one", "p1").answers(&["c"]));
    assert_eq!(told(&more.archive()), ["v1 a: title: 0=c 1=? 2=?", "v1 a: one: 1=p1"]);
}

#[test]
fn a_naked_cover_waits_for_its_patches() {
    let list = List::default().send(mail("ann", "[PATCH 0/2] a: title", "c"));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 a: title: 0=c 1=? 2=?"]);
    assert_eq!(archive.postings[0].state, State::Incomplete);
}

#[test]
fn a_patch_more_than_were_announced_widens_the_posting() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]))
        .send(patch("ann", "[PATCH 3/2] a: three", "p3").answers(&["c"]));
    assert_eq!(told(&list.archive()), ["v1 a: title: 0=c 1=p1 2=p2 3=p3"]);
}

#[test]
fn versions_of_one_thread_do_not_mix() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH v2 2/2] a: two", "q2").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]))
        .send(patch("ann", "[PATCH v2 1/2] a: one", "q1").answers(&["c"]));
    assert_eq!(told(&list.archive()), ["v1 a: title: 0=c 1=p1 2=p2", "v2 a: one: 1=q1 2=q2"]);
}

#[test]
fn a_patch_without_a_version_takes_that_of_the_patch_it_was_sent_with() {
    let list = List::default()
        .send(patch("ann", "[PATCH 1/2 V2] a: one", "p1"))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["p1"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "later").answers(&["p1"]).at(90));
    assert_eq!(told(&list.archive()), ["v2 a: one: 1=p1 2=p2", "v1 a: two: 2=later 1=?"]);
}

#[test]
fn patches_for_two_trees_sent_together_without_a_thread_are_one_posting() {
    let list = List::default()
        .send(patch("ann", "[PATCH tool 1/3] a: one", "p1"))
        .send(patch("ann", "[PATCH 2/3] b: two", "p2"))
        .send(patch("ann", "[PATCH 3/3] c: three", "p3"));
    assert_eq!(told(&list.archive()), ["v1 a: one: 1=p1 2=p2 3=p3"]);
    let releases = List::default().send(patch("ann", "[PATCH 5.10 1/2] a: one", "p1")).send(patch(
        "ann",
        "[PATCH 5.15 2/2] a: two",
        "p2",
    ));
    assert_eq!(releases.archive().postings.len(), 2);
}

#[test]
fn an_answer_that_lost_its_re_is_no_patch() {
    let list = List::default()
        .send(mail("ann", "[PATCH v3 0/1] a: title", "c"))
        .send(patch("ann", "[PATCH v3 1/1] a: one", "p1").answers(&["c"]))
        .send(mail("bob", "[PATCH v3 1/1] a:  One", "r").answers(&["c", "p1"]))
        .send(mail("bob", "[PATCH v3 0/1] a: title", "s").answers(&["c"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v3 a: title: 0=c 1=p1 re=r re=s"]);
    assert_eq!(rule(&archive, "r"), "answer");
}

#[test]
fn an_unthreaded_resend_hours_later_is_a_posting_of_its_own() {
    let list = List::default()
        .send(patch("ann", "[PATCH 1/2] a: one", "p1"))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2"))
        .send(patch("ann", "[PATCH 1/2] a: one", "q1").at(300))
        .send(patch("ann", "[PATCH 2/2] a: two", "q2").at(301));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 a: one: 1=p1 2=p2", "v1 a: one: 1=q1 2=q2"]);
    assert_eq!(evidence(&archive), ["v1 -", "v1 title"]);
}

#[test]
fn a_series_in_reply_to_another_stays_apart_from_it() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]))
        .send(mail("ann", "[PATCH 0/2] b: other", "d").answers(&["c", "p1"]))
        .send(patch("ann", "[PATCH 1/2] b: one", "q1").answers(&["c", "p1", "d"]))
        .send(patch("ann", "[PATCH 2/2] b: two", "q2").answers(&["c", "p1", "d"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v1 a: title: 0=c 1=p1 2=p2", "v1 b: other: 0=d 1=q1 2=q2"]);
    assert_eq!(lineage(&archive), [0, 1]);
    assert_eq!(archive.postings[1].answers, archive.find("p1"));
}

#[test]
fn numbering_as_mercurial_writes_it() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0 of 2] a: title", "c"))
        .send(patch("ann", "[PATCH 1 of 2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2 of 2] a: two", "p2").answers(&["c"]));
    assert_eq!(told(&list.archive()), ["v1 a: title: 0=c 1=p1 2=p2"]);
}

#[test]
fn stable_mailings_of_a_hundred_patches_that_came_in_part() {
    let name = |release: &str, k: u32| format!("[PATCH AUTOSEL {release} {k:02}/95] a: fix {k}");
    let mut list = List::default();
    for (release, first) in [("5.1", "x"), ("4.19", "y")] {
        for k in [54, 68, 69] {
            let id = format!("{first}{k}");
            list = list.send(patch("sash", &name(release, k), &id).answers(&[first]));
        }
    }
    let archive = list.archive();
    let found: Vec<_> = archive
        .postings
        .iter()
        .map(|p| (p.patches.iter().map(|s| s.index).collect::<Vec<_>>(), p.missing.len()))
        .collect();
    assert_eq!(found, [(vec![54, 68, 69], 92), (vec![54, 68, 69], 92)]);
    assert_eq!(lineage(&archive), [0, 1]);
    assert_eq!(objections(&archive)[1], ["other-release"]);
}

#[test]
fn a_backport_is_no_revision_and_a_version_may_drop_the_name_of_the_release() {
    let list = List::default()
        .send(patch("ann", "[PATCH] a: title", "p1"))
        .send(patch("ann", "[PATCH 19.07] a: title", "p2").at(100))
        .send(patch("ann", "[PATCH 18.06] a: title", "p3").at(200))
        .send(patch("ann", "[PATCH v2 18.06] a: title", "p4").at(300))
        .send(patch("ann", "[PATCH 19.07] b: title", "q1").at(400))
        .send(patch("ann", "[PATCH v2] b: title", "q2").at(500));
    assert_eq!(lineage(&list.archive()), [0, 1, 2, 2, 3, 3]);
}

#[test]
fn a_series_sent_to_several_lists_is_one_posting_on_all_of_them() {
    let raw = List::default()
        .send(mail("ann", "[PATCH 0/1] a: title", "c"))
        .send(patch("ann", "[PATCH 1/1] a: one", "p1").answers(&["c"]));
    let read = |list: u16| {
        raw.mails.iter().map(move |raw| {
            let raw = RawMail {
                origin: Origin { file: FileId(u32::from(list)), offset: 0, len: 0 },
                separator: None,
                bytes: raw.as_bytes().into(),
            };
            Facts::read(&raw, ListId(list), 0).0
        })
    };
    let options = Options {
        mailmap: &Mailmap::default(),
        rules: &Rules::default(),
        lists: vec![(Split::Month, Vec::new()), (Split::Month, Vec::new())],
        together: None,
        exclude: &[],
    };
    let archive = Archive::build(read(0).chain(read(1)).collect(), &options);
    assert_eq!(told(&archive), ["v1 a: title: 0=c 1=p1"]);
    assert!(archive.mails.iter().all(|mail| mail.lists() == [ListId(0), ListId(1)]));
    assert_eq!(archive.ranges.len(), 2);
}

#[test]
fn a_single_patch_sent_again_with_a_higher_version_leaves_the_others_standing() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/3] a: title", "c"))
        .send(patch("ann", "[PATCH 1/3] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/3] a: two", "p2").answers(&["c"]))
        .send(patch("ann", "[PATCH 3/3] a: three", "p3").answers(&["c"]))
        .send(patch("ann", "[PATCH v2 2/3] a: two, renamed", "q2").answers(&["c", "p2"]).at(900))
        .send(patch("ann", "[PATCH v2.1 3/3] a: three", "s3").at(2000));
    let archive = list.archive();
    assert_eq!(
        told(&archive),
        ["v1 a: title: 0=c 1=p1 2=p2 3=p3", "v2 a: two, renamed: 2=q2", "v2.1 a: three: 3=s3",]
    );
    assert_eq!(evidence(&archive), ["v1 -", "v2 in-reply-to", "v2.1 patch-titles"]);
    assert_eq!(standing(&archive)[1..], [["1=p1", "3=p3"], ["1=p1", "2=q2"]]);
    assert_eq!(archive.postings[1].state, State::Superseded);
}

#[test]
fn a_partial_re_roll_of_a_partial_re_roll_keeps_what_that_left() {
    let list = List::default()
        .send(patch("ann", "[PATCH 1/3] a: one", "p1"))
        .send(patch("ann", "[PATCH 2/3] a: two", "p2").answers(&["p1"]))
        .send(patch("ann", "[PATCH 3/3] a: three", "p3").answers(&["p1"]))
        .send(patch("ann", "[PATCH v2 2/3] a: two", "q2").answers(&["p1", "p2"]).at(900))
        .send(patch("ann", "[PATCH v2.1 2/3] a: two", "s2").answers(&["p1", "p2", "q2"]).at(2000));
    let archive = list.archive();
    let both = vec!["1=p1".to_owned(), "3=p3".to_owned()];
    assert_eq!(standing(&archive), [Vec::new(), both.clone(), both]);
    assert_eq!(archive.postings[2].state, State::New);
    assert_eq!(lineage(&archive), [0, 0, 0]);
}

#[test]
fn a_partial_re_roll_is_reviewed_when_what_stands_is() {
    let tag = "Reviewed-by: bob <bob@example.org>\n";
    let list = |reviewed: &[&str]| {
        let mut list = List::default()
            .send(patch("ann", "[PATCH 1/2] a: one", "p1"))
            .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["p1"]))
            .send(patch("ann", "[PATCH v2 2/2] a: two", "q2").answers(&["p1", "p2"]).at(900));
        for (n, id) in reviewed.iter().enumerate() {
            let reply = mail("bob", "Re: [PATCH] a", &format!("r{n}")).answers(&[id]).says(tag);
            list = list.send(reply);
        }
        list.archive().postings[1].state
    };
    assert_eq!(list(&["p1", "q2"]), State::Reviewed);
    assert_eq!(list(&["p2", "q2"]), State::UnderReview);
}

#[test]
fn patches_do_not_stand_where_a_new_cover_was_sent_or_the_total_is_another() {
    let list = |second: List| {
        let archive = second.archive();
        (standing(&archive).concat(), archive.postings.last().map(|p| p.missing.clone()))
    };
    let first = || {
        List::default()
            .send(patch("ann", "[PATCH 1/2] a: one", "p1"))
            .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["p1"]))
    };
    let covered = first()
        .send(mail("ann", "[PATCH v2 0/2] a: one", "d").answers(&["p1"]).at(900))
        .send(patch("ann", "[PATCH v2 1/2] a: one", "q1").answers(&["d"]).at(901));
    assert_eq!(list(covered), (Vec::new(), Some(vec![2])));
    let of_three =
        first().send(patch("ann", "[PATCH v2 1/3] a: one", "q1").answers(&["p1"]).at(900));
    assert_eq!(list(of_three), (Vec::new(), Some(vec![2, 3])));
}

#[test]
fn patches_do_not_stand_where_each_version_came_in_part() {
    let list = List::default()
        .send(patch("ann", "[PATCH 3/9] a: three", "p3").answers(&["c"]))
        .send(patch("ann", "[PATCH 7/9] a: seven", "p7").answers(&["c"]))
        .send(patch("ann", "[PATCH v2 7/9] a: seven", "q7").answers(&["d"]).at(900));
    let archive = list.archive();
    assert_eq!(lineage(&archive), [0, 0]);
    assert!(standing(&archive).concat().is_empty());
    assert_eq!(archive.postings[1].state, State::Incomplete);
}

#[test]
fn one_patch_of_a_posting_sent_again_at_the_same_version_leaves_the_others_standing() {
    let list = List::default()
        .send(mail("ann", "[PATCH v4 0/2] a: title", "c"))
        .send(patch("ann", "[PATCH v4 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH v4 2/2] a: two", "p2").answers(&["c"]))
        .send(patch("ann", "[PATCH v4 1/2] a: one", "q1").answers(&["c"]));
    let archive = list.archive();
    assert_eq!(told(&archive), ["v4 a: title: 0=c 1=p1 2=p2", "v4 a: one: 1=q1"]);
    assert_eq!(standing(&archive)[1], ["2=p2"]);
    assert_eq!(lineage(&archive), [0, 0]);
}

/// What joins a cover letter of another title that says `body` to one with a change-id.
fn joins(body: String) -> String {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/1] a: old", "c1@x").says("Words.\n\nchange-id: 20240101-x\n"))
        .send(mail("ann", "[PATCH v2 0/1] b: new", "c2@x").says(&body).at(9000));
    evidence(&list.archive())[1].clone()
}

#[test]
fn the_six_kinds_of_evidence_in_their_order() {
    let all = "v1: https://lists.example.org/r/c1@x/\nSupersedes: <c1@x>\n";
    assert_eq!(joins(format!("{all}change-id: 20240101-x\n")), "v2 change-id");
    assert_eq!(joins(all.to_owned()), "v2 supersedes");
    assert_eq!(joins("Words.\n".to_owned()), "v2 -");
    let list = |id: &str, answers: &[&str], title: &str, body: &str| {
        let list = List::default()
            .send(patch("ann", "[PATCH 1/2] a: one", "c1@x"))
            .send(patch("ann", "[PATCH 2/2] a: two", "p2@x").answers(&["c1@x"]))
            .send(patch("ann", &format!("[PATCH v2 1/2] {title}"), id).answers(answers).at(9000))
            .send(patch("ann", "[PATCH v2 2/2] a: two", "q2@x").answers(&[id]).at(9001));
        let changelog = format!("---\n{body}");
        let mails = list.mails.iter().map(|raw| match raw.contains(&format!("<{id}>\nDate")) {
            true => raw.replacen("---\n", &changelog, 1),
            false => raw.clone(),
        });
        let mails: Vec<String> = mails.collect();
        evidence(&build(mails.iter().map(String::as_str), &Rules::default(), Split::Month))[1]
            .clone()
    };
    let link = "v1: https://lists.example.org/r/c1@x/\n";
    assert_eq!(list("q1@x", &["c1@x"], "a: one", link), "v2 in-reply-to");
    assert_eq!(list("q1@x", &[], "a: one", link), "v2 changelog");
    assert_eq!(list("q1@x", &[], "a: one", ""), "v2 title");
    assert_eq!(list("q1@x", &[], "a: renamed", ""), "v2 patch-titles");
}

#[test]
fn two_authors_are_joined_by_each_of_the_first_four_and_by_no_likeness() {
    let link = "v1: https://lists.example.org/r/c1@x/\n";
    let list = |body: &str, answers: &[&str]| {
        let list = List::default()
            .send(mail("ann", "[PATCH 0/1] a: title", "c1@x").says("change-id: 20240101-x\n"))
            .send(
                mail("bob", "[PATCH v2 0/1] a: title", "c2@x").answers(answers).says(body).at(9000),
            );
        let archive = list.archive();
        (evidence(&archive)[1].clone(), objections(&archive)[1].clone())
    };
    assert_eq!(list("change-id: 20240101-x\n", &[]).0, "v2 change-id");
    assert_eq!(list("Supersedes: <c1@x>\n", &[]).0, "v2 supersedes");
    assert_eq!(list("Words.\n", &["c1@x"]).0, "v2 in-reply-to");
    assert_eq!(list(link, &[]).0, "v2 changelog");
    assert_eq!(list("Words.\n", &[]), ("v2 -".into(), vec!["other-author"]));
}

#[test]
fn a_version_does_not_fall() {
    let link = "v3: https://lists.example.org/r/c3@x/\nSupersedes: <c3@x>\n";
    let list = List::default()
        .send(mail("ann", "[PATCH v3 0/1] a: title", "c3@x"))
        .send(mail("ann", "[PATCH v2 0/1] a: title", "c2@x").says(link).at(9000))
        .send(mail("ann", "[PATCH v1 0/1] a: title", "c1@x").answers(&["c3@x"]).at(9900));
    let archive = list.archive();
    assert_eq!(lineage(&archive), [0, 1, 2]);
    assert_eq!(objections(&archive)[1], ["version-does-not-rise"]);
    assert!(objections(&archive)[2].contains(&"version-does-not-rise"));
}

#[test]
fn less_than_half_of_the_patch_titles_is_too_few() {
    let list = |shared: usize| {
        let mut list = List::default();
        for k in 1..=4 {
            let id = format!("p{k}");
            let made = patch("ann", &format!("[PATCH {k}/4] a: number {k}"), &id);
            list = list.send(if k == 1 { made } else { made.answers(&["p1"]) });
        }
        for k in 1..=4_usize {
            let title = if (3..3 + shared).contains(&k) { "number" } else { "other" };
            let made = patch("ann", &format!("[PATCH v2 {k}/4] a: {title} {k}"), &format!("q{k}"));
            let made = made.at(9000);
            list = list.send(if k == 1 { made } else { made.answers(&["q1"]) });
        }
        let archive = list.archive();
        (evidence(&archive)[1].clone(), objections(&archive)[1].clone())
    };
    assert_eq!(list(1), ("v2 -".into(), vec!["few-titles"]));
    assert_eq!(list(2), ("v2 patch-titles".into(), Vec::new()));
}

#[test]
fn a_naked_cover_sent_again_with_its_patches_goes_on() {
    let list = List::default()
        .send(mail("ann", "[PATCH 0/1] a: title", "c1"))
        .send(mail("ann", "[PATCH 0/1] a: title", "c2").at(100))
        .send(patch("ann", "[PATCH 1/1] a: one", "p1").answers(&["c2"]).at(101))
        .send(mail("ann", "[GIT PULL] x: updates", "g1").at(200))
        .send(mail("ann", "[GIT PULL] x: updates", "g2").at(9000));
    assert_eq!(lineage(&list.archive()), [0, 0, 1, 2]);
}

#[test]
fn a_prerequisite_is_a_dependency_and_no_lineage() {
    let b4 = |id: &str| format!("Words.\n\n---\nchange-id: 20240101-{id}\n");
    let list = List::default()
        .send(mail("ann", "[PATCH 0/1] a: base", "a1").says(&b4("base")))
        .send(mail("ann", "[PATCH v2 0/1] a: base", "a2").says(&b4("base")).at(500))
        .send(
            mail("ann", "[PATCH v3 0/1] b: more", "b")
                .says("prerequisite-change-id: 20240101-base:v1\nBased-on: <a2>\nBased-on: <gone@x>\n")
                .at(9000),
        )
        .send(mail("ann", "[PATCH 0/1] c: yet more", "c").says("Based-on: <a2@x>\n").at(9900))
        .send(
            mail("ann", "[PATCH 0/1] d: newest", "d")
                .says("prerequisite-change-id: 20240101-base\n")
                .at(9950),
        );
    let archive = list.archive();
    assert_eq!(lineage(&archive), [0, 0, 1, 2, 3]);
    let needs: Vec<Vec<(&str, Option<u32>)>> = archive
        .postings
        .iter()
        .map(|p| p.depends.iter().map(|d| (&*d.name, d.posting.map(|p| p.0))).collect())
        .collect();
    assert_eq!(needs[2], [("20240101-base:v1", Some(0)), ("gone@x", None)]);
    assert_eq!(needs[3], [("a2@x", None)]);
    assert_eq!(needs[4], [("20240101-base", Some(1))]);
}

#[test]
fn references_go_before_in_reply_to_and_loops_are_cut() {
    let list = List::default()
        .send(mail("ann", "One", "a").answers(&["c"]))
        .send(mail("ann", "Two", "b").answers(&["a"]))
        .send(mail("ann", "Three", "c").answers(&["a", "b"]))
        .send(mail("ann", "Four", "d"));
    let mut raws = list.mails.clone();
    raws[3] =
        raws[3].replace("Date:", "References: <a> <b>\nReferences: <c>\nIn-Reply-To: <a>\nDate:");
    let archive = build(raws.iter().map(String::as_str), &Rules::default(), Split::Month);
    let parents: Vec<_> = archive.parents.iter().map(|p| p.map(|p| p.0)).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(2)]);
    assert_eq!(archive.threads.len(), 1);
}

#[test]
fn mails_of_one_subject_alone_are_no_thread() {
    let list = List::default().send(mail("ann", "How?", "a")).send(mail("bob", "Re: How?", "b"));
    assert_eq!(list.archive().threads.len(), 2);
}

#[test]
fn a_missing_mail_ties_its_answers_together() {
    let list = List::default()
        .send(mail("ann", "Re: How?", "a").answers(&["gone"]))
        .send(mail("bob", "Re: How?", "b").answers(&["far", "gone"]));
    let archive = list.archive();
    assert_eq!(archive.threads.len(), 1);
    assert_eq!(archive.parents, [None, None]);
}

#[test]
fn answers_to_a_reused_message_id_go_to_the_older_mail() {
    let list = List::default()
        .send(mail("ann", "One", "same"))
        .send(mail("bob", "Two", "same").says("Another.\n"))
        .send(mail("cyd", "Re: Two", "r").answers(&["same"]));
    let archive = list.archive();
    assert_eq!(archive.parents, [None, None, Some(MailId(0))]);
    assert_eq!(archive.threads.len(), 2);
}

/// A busy little list for the property below.
fn busy() -> List {
    let mut list = List::default();
    for n in 0..6 {
        let id = |what: &str| format!("{what}{n}");
        let (c, p1, p2) = (id("c"), id("p1"), id("p2"));
        let from = ["ann", "bob"][n % 2];
        list = list
            .send(mail(from, &format!("[PATCH v{} 0/2] a: title", 1 + n / 2), &c))
            .send(patch(from, &format!("[PATCH v{} 1/2] a: one", 1 + n / 2), &p1).answers(&[&c]))
            .send(
                patch(from, &format!("[PATCH v{} 2/2] a: two", 1 + n / 2), &p2).answers(&[&c, &p1]),
            )
            .send(mail("cyd", "Re: [PATCH] a", &id("r")).answers(&[&c, &p1]))
            .send(patch(from, &format!("[PATCH 1/2] b{n}: one"), &id("u1")))
            .send(patch(from, &format!("[PATCH 2/2] b{n}: two"), &id("u2")))
            .send(mail("dan", "Talk", &id("t")).answers(&[&id("ghost")]));
    }
    list
}

/// Everything that other programs are told about an archive.
fn exported(archive: &Archive) -> String {
    let lists = ["list".to_owned()];
    let url = |id: PostingId| archive.posting(id).id.clone();
    let mut told = String::new();
    for row in export::mails(archive, &lists) {
        told += &serde_json::to_string(&row).expect("JSON");
        told.push('\n');
    }
    for row in export::postings(archive, &lists, &url) {
        told += &serde_json::to_string(&row).expect("JSON");
        told.push('\n');
    }
    let threads = archive.threads.iter().map(|t| format!("{} {:?}\n", t.id, t.mails));
    told + &threads.collect::<String>() + &format!("{:?}", archive.ranges)
}

/// A mail of a hostile list: what it says, by small numbers that often meet.
#[derive(Clone, Debug)]
struct Odd {
    from: usize,
    prefix: usize,
    index: u32,
    total: u32,
    title: usize,
    id: u32,
    answers: Vec<u32>,
    minute: i64,
    says: usize,
}

fn odd() -> impl Strategy<Value = Odd> {
    let number = (0..4_u32, 0..4_u32);
    let who = (0..3_usize, 0..8_usize, 0..3_usize, 0..7_usize);
    let thread = (0..24_u32, prop::collection::vec(0..26_u32, 0..4), 0..40_i64);
    (number, who, thread).prop_map(|((index, total), (from, prefix, title, says), thread)| Odd {
        from,
        prefix,
        index,
        total,
        title,
        id: thread.0,
        answers: thread.1,
        minute: thread.2 * 7,
        says,
    })
}

fn hostile(odds: &[Odd]) -> List {
    const PREFIXES: [&str; 8] = [
        "PATCH",
        "PATCH v2",
        "PATCH v2.1",
        "RFC PATCH",
        "PATCH 5.10",
        "PATCH tool",
        "",
        "GIT PULL",
    ];
    const SAYS: [&str; 5] = [
        "Words.\n",
        "Words.\n\nchange-id: 20240101-a\n",
        "Supersedes: <m3@x>\n",
        "Changes in v2:\n- v1: https://lists.example.org/r/m5@x/\n",
        "prerequisite-change-id: 20240101-a\nBased-on: <m7@x>\n",
    ];
    let mut list = List::default();
    for odd in odds {
        let from = ["ann", "bob", "cyd"][odd.from];
        let number =
            if odd.total == 0 { String::new() } else { format!(" {}/{}", odd.index, odd.total) };
        let subject = match PREFIXES[odd.prefix] {
            "" => format!("Re: a: title {}", odd.title),
            prefix => format!("[{prefix}{number}] a: title {}", odd.title),
        };
        let id = format!("m{}@x", odd.id);
        let answers: Vec<String> = odd.answers.iter().map(|n| format!("m{n}@x")).collect();
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        let made = match SAYS.get(odd.says) {
            Some(says) => mail(from, &subject, &id).says(says),
            None => patch(from, &subject, &id),
        };
        list = list.send(made.answers(&answers).at(odd.minute));
    }
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_hostile_mails_changes_nothing(
        odds in prop::collection::vec(odd(), 1..40),
        seed in any::<u64>(),
    ) {
        let list = hostile(&odds);
        let mut order: Vec<usize> = (0..odds.len()).collect();
        order.sort_by_key(|&n| (n as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        let straight = list.archive();
        let shuffled = build(
            order.iter().map(|&i| list.mails[i].as_str()), &Rules::default(), Split::Month);
        prop_assert_eq!(exported(&straight), exported(&shuffled));
        prop_assert_eq!(&straight.placed, &shuffled.placed);
    }

    /// Whatever the mails say: each is in one place, no slot is taken twice, a posting that
    /// is continued is older, and nobody's likeness joins two authors.
    #[test]
    fn postings_of_hostile_mails_hold_together(odds in prop::collection::vec(odd(), 1..40)) {
        let archive = hostile(&odds).archive();
        let mut members = std::collections::HashSet::new();
        for (index, posting) in archive.postings.iter().enumerate() {
            prop_assert!(posting.members().all(|member| members.insert(member)));
            prop_assert!(posting.patches.is_sorted_by(|a, b| a.index < b.index));
            for standing in &posting.standing {
                prop_assert!(posting.patch(standing.index).is_none());
                prop_assert!(!posting.missing.contains(&standing.index));
                let origin = archive.posting(standing.posting);
                prop_assert_eq!(origin.patch(standing.index), Some(standing.mail));
            }
            if let Some(before) = posting.continues {
                let earlier = archive.posting(before.posting);
                prop_assert!((before.posting.0 as usize) < index);
                prop_assert_eq!(earlier.series, posting.series);
                let likeness = matches!(before.evidence, Evidence::Title | Evidence::Patches);
                prop_assert!(!likeness || earlier.author == posting.author);
                let certain = before.evidence == Evidence::ChangeId;
                prop_assert!(certain || earlier.version <= posting.version);
            }
        }
        for (id, placed) in archive.mail_ids().zip(&archive.placed) {
            let member = members.contains(&id);
            let said = !matches!(placed.rule, Rule::Answer | Rule::AnswerToMissing | Rule::Discussion);
            prop_assert_eq!(member, said);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_mails_changes_nothing(
        order in Just((0..busy().mails.len()).collect::<Vec<_>>()).prop_shuffle()
    ) {
        let list = busy();
        let straight = list.archive();
        let shuffled = build(
            order.iter().map(|&i| list.mails[i].as_str()), &Rules::default(), Split::Month);
        prop_assert_eq!(told(&straight), told(&shuffled));
        prop_assert_eq!(lineage(&straight), lineage(&shuffled));
        prop_assert_eq!(&straight.homes, &shuffled.homes);
        let ids = |a: &Archive| a.postings.iter().map(|p| p.id.clone()).collect::<Vec<_>>();
        prop_assert_eq!(ids(&straight), ids(&shuffled));
    }
}

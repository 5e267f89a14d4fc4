//! How mails come together, told with small lists of made-up mail.

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
        exclude: &[],
    };
    Archive::build(facts, &options)
}

/// The postings in words: `v2 title: 0 1 2 -3 | replies`.
fn told(archive: &Archive) -> Vec<String> {
    let posting = |p: &Posting| {
        let mut line = format!("v{} {}:", p.version, p.title);
        if let Some(cover) = p.cover {
            let _ = write!(line, " 0={}", archive.mail(cover).message_id);
        }
        for slot in &p.patches {
            let _ = write!(line, " {}={}", slot.index, archive.mail(slot.mail).message_id);
        }
        for index in &p.missing {
            let _ = write!(line, " {index}=?");
        }
        for reply in &p.replies {
            let _ = write!(line, " re={}", archive.mail(*reply).message_id);
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
            let id = |mail| archive.mail(mail).message_id.to_string();
            (id(t.patch), id(t.given_in), t.name.as_str(), t.matches_sender)
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

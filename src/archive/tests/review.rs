//! Whose word counts for which patch, what the next revision keeps of it, where a posting
//! stands, and who has still to speak.

use super::super::waiting::{Moment, Waiting};
use super::*;

/// A posting of two patches under a cover letter.
fn posted(list: List, version: u32, at: i64) -> List {
    let id = |what: &str| format!("{what}.v{version}");
    let subject =
        |n: u32| format!("[PATCH v{version} {n}/2] a: {}", ["title", "one", "two"][n as usize]);
    list.send(mail("ann", &subject(0), &id("c")).at(at))
        .send(patch("ann", &subject(1), &id("p1")).answers(&[&id("c")]))
        .send(patch("ann", &subject(2), &id("p2")).answers(&[&id("c")]))
}

/// The first revision, and an answer to it.
fn answered(to: &str, from: &'static str, says: &str) -> Archive {
    posted(List::default(), 1, 1).send(reply(from, "r", to).says(says)).archive()
}

fn reply(from: &'static str, id: &str, to: &str) -> Mail {
    mail(from, "Re: [PATCH] a", id).answers(&[to])
}

/// The trailers of the last posting: `patch name value < mail`, `!` for those given for
/// somebody else, and the mail they were given in first where that is another.
fn trailers(archive: &Archive) -> Vec<String> {
    let id = |mail: MailId| archive.mail(mail).message_id();
    let posting = archive.postings.last().expect("a posting");
    let told = |t: &ReviewTrailer| {
        let first = if t.first_in == t.given_in { "" } else { id(t.first_in) };
        let other = if t.matches_sender { "" } else { "!" };
        format!("{} {other}{} {} < {} {first}", id(t.patch), t.name, t.value, id(t.given_in))
            .trim_end()
            .to_owned()
    };
    posting.trailers.iter().map(told).collect()
}

/// What the last posting has lost: `patch name < mail: why`.
fn lost(archive: &Archive) -> Vec<String> {
    let id = |mail: MailId| archive.mail(mail).message_id().to_string();
    let posting = archive.postings.last().expect("a posting");
    let told = |t: &LostTrailer| {
        let patch = t.patch.map_or("-".to_owned(), id);
        format!("{patch} {} < {}: {}", t.was.name, id(t.was.given_in), t.why.words())
    };
    posting.lost.iter().map(told).collect()
}

/// The state of a posting, and the mails that decide it.
fn state(archive: &Archive, posting: usize) -> (State, Vec<&str>) {
    let posting = &archive.postings[posting];
    let decides = posting.decided_by.iter().map(|&mail| archive.mail(mail).message_id());
    (posting.state, decides.collect())
}

#[test]
fn a_trailer_counts_for_the_patch_that_is_answered() {
    let archive = answered("p2.v1", "bob", "Reviewed-by: bob <bob@example.org>\n");
    assert_eq!(trailers(&archive), ["p2.v1 Reviewed-by bob <bob@example.org> < r"]);
}

#[test]
fn a_quoted_trailer_is_somebody_elses() {
    let archive = answered("p1.v1", "bob", "> Reviewed-by: bob <bob@example.org>\n\nWhy?\n");
    assert_eq!(trailers(&archive), [""; 0]);
}

#[test]
fn a_person_may_be_wrapped_commented_of_a_company_or_an_address_alone() {
    for value in [
        "Bob Review\n<bob@example.org>",
        "bob <bob@example.org> # for the ring",
        "bob (Rings Ltd) <bob@example.org>",
        "bob <bob@example.org> (Rings Ltd)",
        "bob@example.org",
        "Somebody Else <bob+kernel@example.org>",
        "Somebody Else <bob@mail.example.org>",
        "bob <bob@elsewhere.example.net>",
    ] {
        let archive = answered("p1.v1", "bob", &format!("Acked-by: {value}\n"));
        let posting = &archive.postings[0];
        let told: Vec<_> = posting.trailers.iter().map(|t| (&*t.name, t.matches_sender)).collect();
        assert_eq!(told, [("Acked-by", true)], "{value}");
        let person = archive.person(posting.trailers[0].person.expect("somebody"));
        assert_eq!(person.email, "bob@example.org", "{value}");
    }
}

#[test]
fn whom_neither_name_nor_address_makes_the_sender_it_is_given_for() {
    for value in ["cyd <cyd@example.org>", "cyd <bob@a.b.example.org>", "cyd <b@example.org>"] {
        let archive = answered("p1.v1", "bob", &format!("Acked-by: {value}\n"));
        assert_eq!(trailers(&archive), [format!("p1.v1 !Acked-by {value} < r")]);
    }
}

#[test]
fn what_was_given_for_somebody_else_does_not_keep_them_from_giving_it() {
    let list = posted(List::default(), 1, 1)
        .send(reply("cyd", "r1", "p1.v1").says("Acked-by: bob <bob@example.org>\n"))
        .send(reply("bob", "r2", "p1.v1").says("Acked-by: bob <bob@example.org>\n"));
    let expected =
        ["p1.v1 !Acked-by bob <bob@example.org> < r1", "p1.v1 Acked-by bob <bob@example.org> < r2"];
    assert_eq!(trailers(&list.archive()), expected);
}

#[test]
fn a_trailer_below_other_replies_counts_for_the_patch_they_answer() {
    let list = posted(List::default(), 1, 1)
        .send(reply("bob", "r1", "p2.v1").says("Why?\n"))
        .send(reply("ann", "r2", "r1").says("Because.\n"))
        .send(reply("bob", "r3", "r2").says("Acked-by: bob <bob@example.org>\n"));
    assert_eq!(trailers(&list.archive()), ["p2.v1 Acked-by bob <bob@example.org> < r3"]);
}

#[test]
fn a_trailer_in_the_cover_or_in_answer_to_it_counts_for_every_patch_and_once() {
    let tag = |who: &str| format!("Acked-by: {who} <{who}@example.org>\n");
    let list = List::default()
        .send(mail("ann", "[PATCH 0/2] a: title", "c").says(&format!("Words.\n\n{}", tag("cyd"))))
        .send(patch("ann", "[PATCH 1/2] a: one", "p1").answers(&["c"]))
        .send(patch("ann", "[PATCH 2/2] a: two", "p2").answers(&["c"]))
        .send(reply("bob", "r1", "p1").says(&tag("bob")))
        .send(reply("bob", "r2", "c").says(&tag("bob")))
        .send(reply("cyd", "r3", "p1").says(&tag("cyd")));
    let expected = [
        "p1 Acked-by cyd <cyd@example.org> < c",
        "p2 Acked-by cyd <cyd@example.org> < c",
        "p1 Acked-by bob <bob@example.org> < r1",
        "p2 Acked-by bob <bob@example.org> < r2",
    ];
    assert_eq!(trailers(&list.archive()), expected);
}

#[test]
fn a_reply_gives_other_trailers_than_reviews_too_if_the_patch_has_them_not() {
    let says = "Fixes: 0123456789ab (\"a: start\")\nReported-by: bob <bob@example.org>\n\
                Signed-off-by: ANN <ann@example.org>\n";
    let archive = answered("p1.v1", "bob", says);
    let expected = [
        "p1.v1 Fixes 0123456789ab (\"a: start\") < r",
        "p1.v1 Reported-by bob <bob@example.org> < r",
    ];
    assert_eq!(trailers(&archive), expected);
}

#[test]
fn a_trailer_is_carried_over_where_the_patch_is_the_same() {
    // The subject is in the diff: that of p2 is the same again.
    let tag = "Reviewed-by: bob <bob@example.org>\n";
    let same = |id: &str| {
        let mut made = patch("ann", "[PATCH v2 2/2] a: two", id);
        made.body = patch("ann", "[PATCH v1 2/2] a: two", id).body;
        made
    };
    let list = posted(List::default(), 1, 1)
        .send(reply("bob", "r1", "p1.v1").says(tag))
        .send(reply("bob", "r2", "p2.v1").says(tag))
        .send(mail("ann", "[PATCH v2 0/2] a: title", "c.v2").at(9000))
        .send(patch("ann", "[PATCH v2 1/2] a: one", "p1.v2").answers(&["c.v2"]))
        .send(same("p2.v2").answers(&["c.v2"]));
    let archive = list.archive();
    assert_eq!(lineage(&archive), [0, 0]);
    assert_eq!(trailers(&archive), ["p2.v2 Reviewed-by bob <bob@example.org> < r2"]);
    assert_eq!(lost(&archive), ["p1.v2 Reviewed-by < r1: the patch changed"]);
}

#[test]
fn a_trailer_that_the_author_repeats_leads_to_where_it_was_given() {
    let mut repeated = patch("ann", "[PATCH v2 1/2] a: one", "p1.v2").answers(&["c.v2"]);
    repeated.body =
        repeated.body.replace("---\n ", "Reviewed-and-tested-by: bob <b@home.example>\n---\n ");
    let list = posted(List::default(), 1, 1)
        .send(reply("bob", "r1", "p1.v1").says("Tested-by: bob <bob@example.org>\n"))
        .send(mail("ann", "[PATCH v2 0/1] a: title", "c.v2").at(9000))
        .send(Mail { subject: "[PATCH v2 1/1] a: one".into(), ..repeated });
    let archive = list.archive();
    let expected = ["p1.v2 Reviewed-and-tested-by bob <b@home.example> < p1.v2 r1"];
    assert_eq!(trailers(&archive), expected);
    assert_eq!(lost(&archive), [""; 0]);
}

#[test]
fn a_trailer_is_lost_with_its_patch_and_comes_back_when_it_is_given_again() {
    let tag = "Acked-by: bob <bob@example.org>\n";
    let list = posted(List::default(), 1, 1)
        .send(reply("bob", "r1", "p1.v1").says(tag))
        .send(reply("bob", "r2", "p2.v1").says(tag))
        .send(patch("ann", "[PATCH v2] a: one", "p1.v2").at(9000).answers(&["c.v1"]));
    let archive = list.archive();
    assert_eq!(lineage(&archive), [0, 0]);
    let expected =
        ["p1.v2 Acked-by < r1: the patch changed", "- Acked-by < r2: the patch was dropped"];
    assert_eq!(lost(&archive), expected);
    let list = list
        .send(patch("ann", "[PATCH v3] a: one", "p1.v3").at(19_000).answers(&["c.v1"]))
        .send(reply("bob", "r3", "p1.v3").says(tag));
    assert_eq!(lost(&list.archive()), [""; 0]);
}

#[test]
fn a_patch_carries_no_more_than_a_bounded_number_of_trailers() {
    let plain = patch("ann", "[PATCH] a: one", "p").body;
    let tags: String = (0..300).map(|n| format!("Acked-by: <p{n}@example.org>\n")).collect();
    let first = plain.replace("---\n ", &format!("{tags}---\n "));
    let list = List::default()
        .send(mail("ann", "[PATCH] a: one", "p1").says(&first))
        .send(mail("ann", "[PATCH RESEND] a: one", "p2").says(&plain).at(900));
    let archive = list.archive();
    let counts: Vec<usize> = archive.postings.iter().map(|p| p.trailers.len()).collect();
    assert_eq!(counts, [300, 200]);
}

#[test]
fn an_applied_posting_names_the_mails_that_say_so() {
    let tip = "The following commit has been merged into the x86/urgent branch of tip:\n\n\
               Commit-ID:     0123456789ab\n\nReviewed-by: cyd <cyd@example.org>\n---\n";
    let bot = "Hello:\n\nThis series was applied to rings.git (main)\nby Cyd <cyd@example.org>:\n";
    for (to, subject, says) in [
        ("p1.v1", "Re: [PATCH 1/2] a: one", "> Why.\n\nApplied, thanks!\n"),
        ("c.v1", "Re: [PATCH 0/2] a: title", "Queued.\n"),
        ("c.v1", "Re: [PATCH 0/2] a: title", "[1/2] a: one\n      commit: 0123456789ab\n"),
        ("c.v1", "Re: [PATCH 0/2] a: title", bot),
        ("p1.v1", "[tip: x86/urgent] a: one", &format!("{tip}{}", diff("x"))),
    ] {
        let said = mail("cyd", subject, "r").answers(&[to]).says(says);
        let archive = posted(List::default(), 1, 1).send(said).archive();
        assert_eq!(archive.postings.len(), 1, "{says}");
        assert_eq!(state(&archive, 0), (State::Applied, vec!["r"]), "{says}");
        assert_eq!(trailers(&archive), [""; 0], "{says}");
    }
    for says in
        ["> Applied, thanks!\n", "Can this be applied?\n", "If this is applied, it fails.\n"]
    {
        let archive = answered("p1.v1", "cyd", says);
        assert_eq!(state(&archive, 0), (State::UnderReview, vec!["r"]), "{says}");
    }
}

#[test]
fn where_a_posting_stands() {
    let tag = "Reviewed-by: bob <bob@example.org>\n";
    let new = posted(List::default(), 1, 1).send(reply("ann", "r", "p1.v1").says("Typo.\n"));
    assert_eq!(state(&new.archive(), 0), (State::New, vec![]));
    let half = new.send(reply("bob", "r1", "p1.v1").says(tag));
    assert_eq!(state(&half.archive(), 0), (State::UnderReview, vec!["r1"]));
    let foreign = half.send(reply("cyd", "r2", "p2.v1").says(tag));
    assert_eq!(state(&foreign.archive(), 0), (State::UnderReview, vec!["r2"]), "by cyd for bob");
    let own = foreign.send(reply("ann", "r3", "p2.v1").says("Acked-by: ann <ann@example.org>\n"));
    assert_eq!(state(&own.archive(), 0), (State::UnderReview, vec!["r2"]), "by the author");
    let reviewed = own.send(reply("bob", "r4", "p2.v1").says("Acked-by: bob <bob@example.org>\n"));
    assert_eq!(state(&reviewed.archive(), 0), (State::Reviewed, vec!["r1", "r4"]));
    let superseded = posted(reviewed, 2, 9000);
    assert_eq!(state(&superseded.archive(), 0), (State::Superseded, vec!["c.v2"]));
    let lacking = List::default().send(patch("ann", "[PATCH 1/2] a: one", "p1"));
    assert_eq!(state(&lacking.archive(), 0), (State::Incomplete, vec![]));
}

#[test]
fn who_is_against_a_patch_and_takes_it_back() {
    let nacks = |archive: &Archive| -> Vec<String> {
        let nacks = archive.postings[0].nacks.iter();
        nacks.map(|n| format!("{} {}", n.patch.0, archive.mail(n.given_in).message_id())).collect()
    };
    let list = posted(List::default(), 1, 1)
        .send(reply("bob", "r1", "p1.v1").says("> Why.\n\nNAK. This is square.\n"))
        .send(reply("cyd", "r2", "c.v1").says("Nacked-by: cyd <cyd@example.org>\n"));
    assert_eq!(nacks(&list.archive()), ["1 r1", "1 r2", "2 r2"]);
    let list = list.send(reply("bob", "r3", "p1.v1").says("Acked-by: bob <bob@example.org>\n"));
    assert_eq!(nacks(&list.archive()), ["1 r2", "2 r2"]);
}

#[test]
fn patches_that_a_partial_re_roll_leaves_alone_stand() {
    let tag = "Acked-by: bob <bob@example.org>\n";
    let list = posted(List::default(), 1, 1)
        .send(reply("bob", "r1", "p1.v1").says(tag))
        .send(reply("bob", "r2", "p2.v1").says(tag))
        .send(patch("ann", "[PATCH v2 2/2] a: two", "p2.v2").answers(&["c.v1", "p2.v1"]).at(900));
    let archive = list.archive();
    assert_eq!(lineage(&archive), [0, 0]);
    let stands = archive.standing(PostingId(1));
    let stands: Vec<_> =
        stands.iter().map(|(p, s)| (p.0, s.index, archive.mail(s.mail).message_id())).collect();
    assert_eq!(stands, [(0, 1, "p1.v1"), (1, 2, "p2.v2")]);
    assert_eq!(state(&archive, 1), (State::New, vec![]), "not incomplete");
    assert_eq!(lost(&archive), ["p2.v2 Acked-by < r2: the patch changed"]);
    assert_eq!(archive.standing(PostingId(0)).len(), 2);
}

#[test]
fn a_posting_whose_patches_never_arrived_is_no_re_roll() {
    let list =
        posted(List::default(), 1, 1).send(patch("ann", "[PATCH v2 2/2] a: two", "p2.v2").at(9000));
    let archive = list.archive();
    assert_eq!(lineage(&archive), [0, 0]);
    assert_eq!(archive.standing(PostingId(1)).len(), 1);
    assert_eq!(state(&archive, 1), (State::Incomplete, vec![]));
}

/// What waits so many minutes after the first mail may be sent.
fn waits(archive: &Archive, minute: i64) -> [Vec<String>; 3] {
    let moment = Moment { at: 1_700_000_000 + 60 * minute, unanswered_days: 2 };
    let waiting = Waiting::at(archive, moment, |_| true);
    let name = |id: &PostingId| archive.mail(archive.posting(*id).head()).message_id().to_string();
    let to_speak = waiting.to_speak.iter().map(|(id, people)| {
        let people = people.iter().map(|p| format!(" {}", archive.person(*p).name));
        name(id) + &people.collect::<String>()
    });
    let names = |ids: &[PostingId]| ids.iter().map(name).collect();
    [names(&waiting.unanswered), to_speak.collect(), names(&waiting.unapplied)]
}

#[test]
fn a_series_waits_for_an_answer_after_some_days_and_until_there_is_one() {
    const DAY: i64 = 1440;
    let list = posted(List::default(), 1, 0)
        .send(reply("ann", "r1", "p1.v1").says("Ping?\n").at(DAY))
        .send(reply("bob", "r2", "p1.v1").says("Yes?\n").at(5 * DAY));
    let archive = list.archive();
    let unanswered = |minute| waits(&archive, minute)[0].clone();
    assert_eq!(unanswered(2 * DAY - 1), [""; 0]);
    assert_eq!(unanswered(2 * DAY), ["c.v1"]);
    assert_eq!(unanswered(5 * DAY - 1), ["c.v1"]);
    assert_eq!(unanswered(5 * DAY), [""; 0]);
}

#[test]
fn reviewers_of_the_version_before_are_waited_for() {
    let list = posted(List::default(), 1, 0)
        .send(reply("bob", "r1", "p1.v1").says("Why?\n"))
        .send(reply("ann", "r2", "r1").says("So.\n"))
        .send(reply("cyd", "r3", "p1.v1").says("How?\n"))
        .send(reply("patch-bot", "r4", "p1.v1").says("It builds.\n"));
    let list = posted(list, 2, 1000).send(reply("cyd", "r5", "c.v2").says("Fine.\n").at(2000));
    let archive = list.archive();
    let to_speak = |minute| waits(&archive, minute)[1].clone();
    assert_eq!(to_speak(999), [""; 0]);
    assert_eq!(to_speak(1999), ["c.v2 bob cyd"]);
    assert_eq!(to_speak(2000), ["c.v2 bob"]);
    let bob = archive.to_speak(PostingId(1)).into_iter().map(|p| archive.person(p).name.clone());
    assert_eq!(bob.collect::<Vec<_>>(), ["bob"]);
    assert_eq!(archive.to_speak(PostingId(0)), [], "superseded");
}

#[test]
fn what_waits_of_some_postings_is_known_with_whom_it_waits_for() {
    let ids = |ids: &[u32]| ids.iter().map(|id| PostingId(*id)).collect::<Vec<_>>();
    let speaks = |id, person| (PostingId(id), vec![PersonId(person)]);
    let all = Waiting {
        unanswered: ids(&[1, 3, 5]),
        to_speak: vec![speaks(3, 7), speaks(4, 8)],
        unapplied: ids(&[2]),
    };
    let some =
        Waiting { unanswered: ids(&[3, 5]), to_speak: vec![speaks(3, 7)], unapplied: Vec::new() };
    assert_eq!(all.among(&ids(&[3, 5, 6])), some);
}

#[test]
fn a_reviewed_series_waits_until_it_is_applied() {
    let tag = "Acked-by: bob <bob@example.org>\n";
    let list = posted(List::default(), 1, 0)
        .send(reply("bob", "r1", "c.v1").says(tag).at(100))
        .send(reply("cyd", "r2", "c.v1").says("Applied, thanks.\n").at(200));
    let archive = list.archive();
    let unapplied = |minute| waits(&archive, minute)[2].clone();
    assert_eq!(unapplied(99), [""; 0]);
    assert_eq!(unapplied(100), ["c.v1"]);
    assert_eq!(unapplied(200), [""; 0]);
}

#[test]
fn a_partial_re_roll_is_not_reviewed_before_what_stands_is() {
    let tag = "Acked-by: bob <bob@example.org>\n";
    let list = posted(List::default(), 1, 1)
        .send(patch("ann", "[PATCH v2 2/2] a: two", "p2.v2").answers(&["c.v1", "p2.v1"]).at(900))
        .send(reply("bob", "r1", "p2.v2").says(tag).at(1000))
        .send(reply("bob", "r2", "p1.v1").says(tag).at(1100));
    let archive = list.archive();
    let unapplied = |minute| waits(&archive, minute)[2].clone();
    assert_eq!(unapplied(1099), [""; 0]);
    assert_eq!(unapplied(1100), ["p2.v2"]);
    assert_eq!(archive.posting(PostingId(1)).state, State::Reviewed);
}

//! Counts what a digest shows. The tables are those of the digests people know ("Based on
//! Email Body"): every mail of a patch counts for its author, every cover for its sender,
//! whether or not the digest prints the mail.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Contributor, Digest, Entry, Figures, Marks, Status};
use crate::archive::texts::Pair;
use crate::archive::waiting::Waiting;
use crate::archive::{
    Archive, Home, Kind, MailId, MailRef, PersonId, Posting, PostingId, Range, ReviewTrailer,
    Scope, ThreadId,
};
use crate::mail::address::AddressRef;

impl Digest {
    /// Reckons the digest of a range, with at most `top` rows in the tables.
    pub fn of(archive: &Archive, range: &Range, top: usize) -> Digest {
        let span = span(archive, range);
        let entries = entries(archive, range, span.1);
        let reviews = reviews(archive, range);
        let (contributors, domains) = busiest(archive, &range.mails, top);
        Digest {
            scope: range.scope,
            slug: range.slug.clone(),
            title: range.title.clone(),
            span,
            top,
            figures: figures(archive, range, &entries, &reviews),
            domains,
            contributors,
            reviewers: reviewers(archive, &reviews, top),
            active: active(archive, range, &entries),
            discussions: discussions(archive, range),
            waiting: Waiting::default(),
            entries,
        }
    }
}

fn span(archive: &Archive, range: &Range) -> (i64, i64) {
    let dates = || range.mails.iter().map(|&m| archive.mail(m).date());
    (dates().min().unwrap_or(0), dates().max().unwrap_or(0))
}

/// Whether a mail is in the range, whose mails are in the order of their ids.
fn holds(range: &Range, mail: MailId) -> bool {
    range.mails.binary_search(&mail).is_ok()
}

/// The mails of one kind in a range.
fn of_kind<'a>(
    archive: &'a Archive,
    range: &'a Range,
    kind: Kind,
) -> impl Iterator<Item = MailId> + 'a {
    range.mails.iter().copied().filter(move |&m| archive.kind(m) == kind)
}

/// The posting a mail is shown with.
fn posting_of(archive: &Archive, mail: MailId) -> Option<PostingId> {
    match archive.home(mail) {
        Home::Posting(id) => Some(id),
        Home::Thread(_) => None,
    }
}

fn count<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u32> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}

// ---- entries

fn entries(archive: &Archive, range: &Range, until: i64) -> Vec<Entry> {
    let touched: BTreeSet<PostingId> = range
        .mails
        .iter()
        .filter(|&&m| matches!(archive.kind(m), Kind::Cover | Kind::Patch | Kind::Pull))
        .filter_map(|&m| posting_of(archive, m))
        .collect();
    let mut begun: Vec<(MailId, PostingId)> = touched
        .into_iter()
        .filter_map(|p| Some((first_mail(archive, archive.posting(p), range.scope)?, p)))
        .filter(|&(first, _)| holds(range, first))
        .collect();
    begun.sort_by_key(|&first| Reverse(first));
    begun.into_iter().map(|(_, p)| entry(archive, p, until)).collect()
}

/// The first of a posting's mails that the list has: a cover sent elsewhere only doesn't
/// hide the patches from a list that got them.
fn first_mail(archive: &Archive, posting: &Posting, scope: Scope) -> Option<MailId> {
    posting.members().filter(|&m| archive.mail(m).is_in(scope)).min()
}

fn entry(archive: &Archive, id: PostingId, until: i64) -> Entry {
    let posting = archive.posting(id);
    let mut marks = Marks::default();
    Marks::by_patch(archive, posting, until).into_values().for_each(|m| marks.add(m));
    let patches = || posting.patches.iter().map(|p| archive.mail(p.mail));
    Entry {
        posting: id,
        status: status(archive, id),
        replies: posting.replies.iter().filter(|&&r| archive.mail(r).date() <= until).count()
            as u32,
        marks,
        added: sum(patches().map(MailRef::added)),
        removed: sum(patches().map(MailRef::removed)),
    }
}

/// Adds up line counts; hostile diffs could make them as large as they like.
fn sum(lines: impl Iterator<Item = u32>) -> u32 {
    lines.fold(0, u32::saturating_add)
}

fn status(archive: &Archive, id: PostingId) -> Status {
    let posting = archive.posting(id);
    let lineage = &archive.series(posting.series).postings;
    let before = lineage.iter().take_while(|&&p| p != id).last();
    match before.map(|&p| archive.posting(p).version) {
        None => Status::New,
        Some(from) if from == posting.version => Status::Resend,
        Some(from) => Status::Revision { from },
    }
}

fn active(archive: &Archive, range: &Range, entries: &[Entry]) -> Vec<(PostingId, u32)> {
    let begun: BTreeSet<PostingId> = entries.iter().map(|e| e.posting).collect();
    let answered = of_kind(archive, range, Kind::Reply)
        .filter_map(|m| posting_of(archive, m))
        .filter(|p| !begun.contains(p));
    most_first(count(answered))
}

fn discussions(archive: &Archive, range: &Range) -> Vec<(ThreadId, u32)> {
    most_first(count(range.mails.iter().filter_map(|&m| match archive.home(m) {
        Home::Thread(id) => Some(id),
        Home::Posting(_) => None,
    })))
}

/// Most first; equal counts newest first, as ids are by date.
fn most_first<K: Ord + Copy>(counts: BTreeMap<K, u32>) -> Vec<(K, u32)> {
    let mut rows: Vec<(K, u32)> = counts.into_iter().collect();
    rows.sort_by_key(|&(key, n)| Reverse((n, key)));
    rows
}

// ---- tables

/// Who sent most of these mails, people and domains, as the tables of a digest count them;
/// at most `top` rows of each.
pub fn busiest(
    archive: &Archive,
    mails: &[MailId],
    top: usize,
) -> (Vec<Contributor>, Vec<(String, u32)>) {
    let credits = Credits::of(mails.iter().filter_map(|&m| credit(archive, m)));
    (table(archive, &credits, top), domains(archive, &credits, top))
}

/// For whom mails count, under which names and addresses, and how many: by person.
struct Credits(Vec<(PersonId, Pair, u32)>);

impl Credits {
    fn of(each: impl Iterator<Item = (PersonId, Pair)>) -> Credits {
        let mut each: Vec<(PersonId, Pair)> = each.collect();
        each.sort_unstable();
        let same = |a: &(PersonId, Pair), b: &(PersonId, Pair)| a == b;
        let counted = each.chunk_by(same).map(|all| (all[0].0, all[0].1, all.len() as u32));
        Credits(counted.collect())
    }
}

/// For whom a mail of a patch or a cover counts, and under which name and address.
fn credit(archive: &Archive, mail: MailId) -> Option<(PersonId, Pair)> {
    let facts = archive.mail(mail);
    match archive.kind(mail) {
        Kind::Patch => Some((archive.author(mail), facts.author_pair())),
        Kind::Cover => Some((archive.sender(mail), sender(facts))),
        _ => None,
    }
}

/// The sender of a mail, by the better name that an in-body From gives the same address:
/// `ann` of the header is `Ann Author` there.
fn sender(facts: MailRef<'_>) -> Pair {
    match facts.author().email.eq_ignore_ascii_case(facts.from().email) {
        true => facts.author_pair(),
        false => facts.sender_pair(),
    }
}

fn domains(archive: &Archive, Credits(credits): &Credits, top: usize) -> Vec<(String, u32)> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for (_, pair, count) in credits {
        let domain = archive.mails.address(*pair).domain();
        *counts.entry(domain).or_default() += count;
    }
    counts.remove("");
    let mut rows: Vec<(String, u32)> = counts.into_iter().collect();
    rows.sort_by(|a, b| (b.1, &b.0).cmp(&(a.1, &a.0)));
    rows.truncate(top);
    rows
}

fn reviewers(archive: &Archive, reviews: &[Review<'_>], top: usize) -> Vec<Contributor> {
    let sent = |r: &Review<'_>| archive.mail(r.trailer.given_in).sender_pair();
    table(archive, &Credits::of(reviews.iter().map(|r| (r.person, sent(r)))), top)
}

/// Counts by person, in the order of [`rank`] from the highest.
fn table(archive: &Archive, Credits(credits): &Credits, top: usize) -> Vec<Contributor> {
    let by_person = credits.chunk_by(|a, b| a.0 == b.0);
    let mut rows: Vec<Contributor> = by_person.map(|given| row(archive, given)).collect();
    rows.sort_by_cached_key(|r| Reverse(rank(r.count, &r.name, &r.email)));
    rows.truncate(top);
    rows
}

/// Where a row stands: most first; equal counts in reverse order of the name, whatever its
/// case and quotes, which is how `sort -nr` left them in the digests people know.
pub(super) fn rank(count: u32, name: &str, email: &str) -> (u32, String, String) {
    (count, name.to_lowercase(), email.to_lowercase())
}

/// A person's row. The name comes from the mails counted, not from all of the person's
/// mail, so that what they call themselves later doesn't change this digest.
fn row(archive: &Archive, given: &[(PersonId, Pair, u32)]) -> Contributor {
    let person = given[0].0;
    let known = archive.person(person);
    let (name, email) = match (known.mapped, most_frequent(archive, given)) {
        (false, Some(address)) => (address.name.to_owned(), address.email.to_owned()),
        _ => (known.name.clone(), known.email.clone()),
    };
    Contributor { person, name, email, count: given.iter().map(|(.., count)| count).sum() }
}

/// The address given most often; of equals a named one, then the first in order.
fn most_frequent<'a>(
    archive: &'a Archive,
    given: &[(PersonId, Pair, u32)],
) -> Option<AddressRef<'a>> {
    let counts = given.iter().map(|(_, pair, count)| (archive.mails.address(*pair), count));
    counts.min_by_key(|&(a, n)| (Reverse(n), a.name.is_empty(), a)).map(|(a, _)| a)
}

// ---- reviews

/// A review trailer that somebody gave in a reply.
struct Review<'a> {
    person: PersonId,
    trailer: &'a ReviewTrailer,
}

/// The review trailers given in the range's replies, by posting.
fn reviews<'a>(archive: &'a Archive, range: &'a Range) -> Vec<Review<'a>> {
    let answered: BTreeSet<PostingId> =
        of_kind(archive, range, Kind::Reply).filter_map(|m| posting_of(archive, m)).collect();
    let given_here = |t: &ReviewTrailer, id| {
        archive.kind(t.given_in) == Kind::Reply
            // One carried over to a later revision counts where it was given.
            && posting_of(archive, t.given_in) == Some(id)
            && holds(range, t.given_in)
            && t.matches_sender
            && !Marks::of_name(&t.name).is_empty()
    };
    let of_posting = |id: PostingId| {
        let trailers = archive.posting(id).trailers.iter();
        trailers
            .filter(move |t| given_here(t, id))
            .filter_map(|trailer| Some(Review { person: trailer.person?, trailer }))
    };
    answered.into_iter().flat_map(of_posting).collect()
}

// ---- figures

fn figures(archive: &Archive, range: &Range, entries: &[Entry], reviews: &[Review<'_>]) -> Figures {
    let patches: Vec<MailId> = of_kind(archive, range, Kind::Patch).collect();
    let authors: BTreeSet<PersonId> = patches.iter().map(|&m| archive.author(m)).collect();
    let reviewers: BTreeSet<PersonId> = reviews.iter().map(|r| r.person).collect();
    let with =
        |wanted: fn(Status) -> bool| entries.iter().filter(|e| wanted(e.status)).count() as u32;
    Figures {
        mails: range.mails.len() as u32,
        patches: patches.len() as u32,
        new_series: with(|s| s == Status::New),
        new_revisions: with(|s| matches!(s, Status::Revision { .. })),
        resends: with(|s| s == Status::Resend),
        replies: of_kind(archive, range, Kind::Reply).count() as u32,
        authors: authors.len() as u32,
        reviewers: reviewers.len() as u32,
        review_trailers: reviews.len() as u32,
        added: sum(patches.iter().map(|&m| archive.mail(m).added())),
        removed: sum(patches.iter().map(|&m| archive.mail(m).removed())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::ListId;
    use crate::archive::sample::{Sample, Text};
    use crate::mail::Revision;

    const ANN: &str = "Ann Author <ann@example.org>";
    const BOB: &str = "Bob Writer <bob@Example.COM>";
    const CARL: &str = "Carl Critic <carl@example.net>";

    fn patch(title: &str) -> Text {
        Text::new(title, "Why.\n").lines(3, 1)
    }

    fn digest(list: &mut Sample, title: &str, top: usize) -> Digest {
        let range = list.range(title);
        Digest::of(&list.archive, &range, top)
    }

    fn names(rows: &[Contributor]) -> Vec<(&str, u32)> {
        rows.iter().map(|r| (r.name.as_str(), r.count)).collect()
    }

    #[test]
    fn a_cover_counts_for_its_sender_and_a_patch_for_its_author() {
        let mut list = Sample::new();
        let cover = Some(Text::new("ring: make it round", "Round.\n").by(BOB));
        let p = list.post("PATCH", ANN, cover, &[patch("a"), patch("b").by(BOB), patch("c")]);
        list.reply(list.archive.posting(p).head(), CARL, None);
        let digest = digest(&mut list, "day 1", 15);
        assert_eq!(names(&digest.contributors), [("Ann Author", 3), ("Bob Writer", 1)]);
        let domains = [("example.org".to_owned(), 3), ("example.com".to_owned(), 1)];
        assert_eq!(digest.domains, domains);
    }

    #[test]
    fn equal_counts_stand_in_reverse_order_of_the_name_whatever_its_case() {
        let mut list = Sample::new();
        for from in ["Zoe <z@a.org>", "ann <a@b.org>", "Mia (at work) <m@c.org>", "Bo <b@d.org>"] {
            list.post("PATCH", from, None, &[patch("one")]);
        }
        list.post("PATCH", "ann <a@b.org>", None, &[patch("two")]);
        let digest = digest(&mut list, "day 1", 3);
        let shown = [("ann", 2), ("Zoe", 1), ("Mia (at work)", 1)];
        assert_eq!(names(&digest.contributors), shown);
        let domains: Vec<&str> = digest.domains.iter().map(|d| d.0.as_str()).collect();
        assert_eq!(domains, ["b.org", "d.org", "c.org"]);
    }

    #[test]
    fn a_table_names_people_as_their_patches_do() {
        let mut list = Sample::new();
        let full = "Ann Author <ann@example.org>";
        let cover = Some(Text::new("ring", "Round.\n").by(full));
        list.post("PATCH", "ann <ann@example.org>", cover, &[patch("a").by(full)]);
        let digest = digest(&mut list, "day 1", 15);
        assert_eq!(names(&digest.contributors), [("Ann Author", 2)]);
    }

    #[test]
    fn mailmap_has_the_last_word_on_names() {
        let mut list = Sample::new();
        list.post("PATCH", "A. N. Author <ann@home.example>", None, &[patch("a")]);
        let known = &mut list.archive.people[0];
        (known.name, known.email) = ("Ann Author".into(), "ann@example.org".into());
        known.mapped = true;
        let digest = digest(&mut list, "day 1", 15);
        let row = &digest.contributors[0];
        assert_eq!((&*row.name, &*row.email), ("Ann Author", "ann@example.org"));
    }

    #[test]
    fn entries_stand_newest_first_and_say_what_is_new() {
        let mut list = Sample::new();
        let v1 = list.post("PATCH", ANN, None, &[patch("a")]);
        let other = list.post("PATCH", BOB, None, &[patch("b")]);
        let v2 = list.repost(v1, "PATCH v2", ANN, None, &[patch("a")]);
        let again = list.repost(v2, "PATCH RESEND v2", ANN, None, &[patch("a")]);
        let digest = digest(&mut list, "day 1", 15);
        let entries: Vec<_> = digest.entries.iter().map(|e| (e.posting, e.status)).collect();
        let from = Revision::FIRST;
        let expected = [
            (again, Status::Resend),
            (v2, Status::Revision { from }),
            (other, Status::New),
            (v1, Status::New),
        ];
        assert_eq!(entries, expected);
        let Figures { new_series, new_revisions, resends, .. } = digest.figures;
        assert_eq!((new_series, new_revisions, resends), (2, 1, 1));
    }

    #[test]
    fn figures_count_mails_patches_people_and_lines() {
        let mut list = Sample::new();
        let cover = Some(Text::new("ring", "Round.\n"));
        let p = list.post("PATCH", ANN, cover, &[patch("a"), patch("b").by(BOB).lines(10, 0)]);
        let [a, b] = [0, 1].map(|at| list.archive.posting(p).patches[at].mail);
        let review = list.reply(a, CARL, Some("Reviewed-by"));
        list.trailer(p, b, review, "Reviewed-by");
        list.reply(b, ANN, Some("Tested-by"));
        list.trailer(p, a, a, "Acked-by");
        list.discuss("What is a ring?", CARL, 2);
        let digest = digest(&mut list, "day 1", 15);
        let expected = Figures {
            mails: 7,
            patches: 2,
            new_series: 1,
            new_revisions: 0,
            resends: 0,
            replies: 2,
            authors: 2,
            reviewers: 2,
            review_trailers: 3,
            added: 13,
            removed: 1,
        };
        assert_eq!(digest.figures, expected);
        assert_eq!(names(&digest.reviewers), [("Carl Critic", 2), ("Ann Author", 1)]);
        assert_eq!(digest.discussions, [(ThreadId(0), 2)]);
        let entry = digest.entries[0];
        assert_eq!((entry.replies, entry.added, entry.removed), (2, 13, 1));
        assert_eq!(entry.marks, Marks { acked: 1, reviewed: 2, tested: 1 });
    }

    #[test]
    fn trailers_count_for_whoever_gave_them_where_they_were_given() {
        let mut list = Sample::new();
        let v1 = list.post("PATCH", ANN, None, &[patch("a")]);
        let a1 = list.archive.posting(v1).head();
        let review = list.reply(a1, CARL, Some("Reviewed-by"));
        list.reply(a1, BOB, Some("Reported-by"));
        list.reply(a1, BOB, Some("Acked-by"));
        let trailers = &mut list.archive.postings[0].trailers;
        trailers.last_mut().expect("just given").matches_sender = false;
        let v2 = list.repost(v1, "PATCH v2", ANN, None, &[patch("a")]);
        let a2 = list.archive.posting(v2).head();
        list.trailer(v2, a2, review, "Reviewed-by");
        list.reply(a2, BOB, None);
        let digest = digest(&mut list, "day 1", 15);
        assert_eq!(names(&digest.reviewers), [("Carl Critic", 1)]);
        assert_eq!(digest.figures.review_trailers, 1);
        let marks: Vec<Marks> = digest.entries.iter().map(|e| e.marks).collect();
        assert_eq!(marks, [Marks { acked: 0, reviewed: 1, tested: 0 }; 2]);
    }

    #[test]
    fn earlier_postings_answered_now_are_active_most_answers_first() {
        let mut list = Sample::new();
        let [p, q, r, s] = ["p", "q", "r", "s"].map(|t| list.post("PATCH", ANN, None, &[patch(t)]));
        list.range("day 1");
        let new = list.post("PATCH", BOB, None, &[patch("new")]);
        for (posting, answers) in [(p, 1), (q, 3), (r, 1), (new, 4)] {
            for _ in 0..answers {
                list.reply(list.archive.posting(posting).head(), CARL, None);
            }
        }
        let digest = digest(&mut list, "day 2", 15);
        assert_eq!(digest.active, [(q, 3), (r, 1), (p, 1)]);
        assert!(digest.entries.iter().all(|e| e.posting == new && e.posting != s));
    }

    #[test]
    fn a_posting_belongs_to_the_range_of_its_first_mail_on_the_list() {
        let mut list = Sample::new();
        let cover = Some(Text::new("ring", "Round.\n"));
        let p = list.post("PATCH", ANN, cover, &[patch("a"), patch("b")]);
        let mut all = list.range("all");
        let late = Range { mails: all.mails.split_off(2), ..all.clone() };
        assert_eq!(Digest::of(&list.archive, &all, 15).entries[0].posting, p);
        assert_eq!(Digest::of(&list.archive, &late, 15).entries, []);

        let other = ListId(1);
        let mails: Vec<MailId> = list.archive.mail_ids().skip(1).collect();
        mails.iter().for_each(|&mail| list.also_on(mail, other));
        let there = Range { scope: Scope::List(other), mails, ..all };
        assert_eq!(Digest::of(&list.archive, &there, 15).entries[0].posting, p);
    }

    #[test]
    fn an_empty_range_has_an_empty_digest() {
        let mut list = Sample::new();
        let digest = digest(&mut list, "day 1", 15);
        assert_eq!((digest.span, digest.figures), ((0, 0), Figures::default()));
        assert!(digest.entries.is_empty() && digest.contributors.is_empty());
    }
}

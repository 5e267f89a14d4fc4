//! Makes the [`Archive`] out of the facts of every mail.

use std::sync::Arc;

use rayon::prelude::*;

use crate::archive::carried;
use crate::archive::evidence::{Placed, Rule};
use crate::archive::grouping::{self, Draft, Groups};
use crate::archive::hashed::Map;
use crate::archive::mailmap::Mailmap;
use crate::archive::people::Register;
use crate::archive::published::{self, Text};
use crate::archive::range::{self, ListSplit, RangeIndex};
use crate::archive::review::{self, Answer, Trailers};
use crate::archive::slug::short_id;
use crate::archive::subsystem::{self, Rules};
use crate::archive::table::Table;
use crate::archive::thread::{Node, Tree};
use crate::archive::{
    Archive, Facts, Home, Kind, ListId, MailId, Mails, Nack, Period, PersonId, Posting, PostingId,
    Published, Range, ReviewTrailer, Scope, SeriesId, Slot, Split, State, SubjectRef, Subsystem,
    SubsystemId, Thread, ThreadId, series,
};

/// What the user says about how mails belong together.
#[derive(Debug)]
pub struct Options<'a> {
    /// Who is who.
    pub mailmap: &'a Mailmap,
    /// Subsystems by rule.
    pub rules: &'a Rules,
    /// For each list how it is cut, and the names of its files by position; where it is cut
    /// by commits, those of its ranges.
    pub lists: Vec<(Split, Vec<String>)>,
    /// How all lists together are cut, if they are.
    pub together: Option<Period>,
    /// Message-IDs to leave out.
    pub exclude: &'a [String],
}

/// A posting that says it has more patches than this is not asked for the missing ones.
const MAX_MISSING: usize = 1000;

impl Archive {
    /// Puts together all mails, given in any order.
    pub fn build(facts: Vec<Facts>, options: &Options<'_>) -> Archive {
        Archive::of(facts.into_iter().collect::<Table>(), Vec::new(), options)
    }

    /// Puts together all mails, given in any order, and the digests that were published as
    /// text, in theirs.
    pub fn of(table: impl Into<Arc<Table>>, texts: Vec<Text>, options: &Options<'_>) -> Archive {
        Archive::put_together(Mails::of(table, options.exclude), texts, options, None)
    }

    /// The same of mails that are in order. `ranges` are those of the lists, where they are
    /// known.
    pub(super) fn put_together(
        mails: Mails,
        texts: Vec<Text>,
        options: &Options<'_>,
        ranges: Option<Vec<Range>>,
    ) -> Archive {
        let by_id = mails.by_symbol();
        let mut people = Register::new(options.mailmap);
        let (tree, (senders, authors)) =
            rayon::join(|| Tree::of(&mails, by_id), || people.of_mails(&mails));
        let Groups { drafts, draft_of, mut placed } = grouping::group(&mails, &senders, &tree);
        let (mut postings, member_of) = postings(&mails, &senders, &authors, drafts, &draft_of);
        let homed =
            || (Homes::of(&mails, &tree, &member_of, &mut placed), mails_above(&mails, &tree));
        let cut = || ranges.unwrap_or_else(|| cut_ranges(&mails, &postings, options));
        let ((homes, parents), ranges) = rayon::join(homed, cut);
        find_answered(&mut postings, &tree, &homes);
        let seen =
            series::Seen { mails: &mails, by_id, posting_of: &homes.posting_of, parents: &parents };
        // What a posting continues has no bearing on how it was answered, where it is told of and
        // to what it belongs.
        let (links, (answers, places)) = rayon::join(
            || series::link(&seen, &postings),
            || {
                let answers = answers((&mails, &senders), &postings, &homes, &mut people);
                let of = (&mails, postings.as_slice());
                (answers, Places::of(ranges, texts, of, options.rules, &mut people))
            },
        );
        let series = links.tell(&mut postings);
        answers.into_iter().zip(&mut postings).for_each(|(answered, own)| answered.tell(own));
        places.tell(&mut postings);
        carried::carry(&mails, &mut postings, &series);
        review::decide(&mails, (&senders, &authors), &mut postings);
        let (everybody, moved) = people.finish();
        let mut archive = Archive {
            parents,
            kinds: kinds(&mails, &postings, &member_of, &homes),
            homes: homes.homes,
            threads: homes.threads,
            series,
            people: everybody,
            subsystems: places.subsystems,
            range_of: RangeIndex::of(&places.ranges),
            ranges: places.ranges,
            published: places.published,
            left_out: Vec::new(),
            since: None,
            postings,
            mails,
            placed,
            senders,
            authors,
        };
        archive.renumber_people(&moved);
        archive
    }

    fn renumber_people(&mut self, moved: &[PersonId]) {
        let new = |id: &mut PersonId| *id = moved[id.0 as usize];
        self.senders.iter_mut().for_each(new);
        self.authors.iter_mut().for_each(new);
        for posting in &mut self.postings {
            new(&mut posting.sender);
            new(&mut posting.author);
            posting.trailers.iter_mut().filter_map(|t| t.person.as_mut()).for_each(new);
            posting.lost.iter_mut().filter_map(|t| t.was.person.as_mut()).for_each(new);
            posting.nacks.iter_mut().for_each(|nack| new(&mut nack.person));
        }
        self.subsystems.iter_mut().flat_map(Subsystem::people_mut).for_each(new);
        self.published.iter_mut().for_each(|digest| digest.renumber_people(moved));
    }
}

/// Where the mails are told of, and which areas of the code they belong to.
struct Places {
    ranges: Vec<Range>,
    published: Vec<Published>,
    subsystems: Vec<Subsystem>,
}

impl Places {
    fn of(
        ranges: Vec<Range>,
        texts: Vec<Text>,
        (mails, postings): (&Mails, &[Posting]),
        rules: &Rules,
        people: &mut Register<'_>,
    ) -> Places {
        let mut published = published::place(texts, &ranges, postings, people);
        let subsystems = subsystem::assign(mails, postings, &mut published, rules, people);
        Places { ranges, published, subsystems }
    }

    /// Tells the postings their subsystems.
    fn tell(&self, postings: &mut [Posting]) {
        for (id, subsystem) in (0..).map(SubsystemId).zip(&self.subsystems) {
            for posting in &subsystem.postings {
                postings[posting.0 as usize].subsystems.push(id);
            }
        }
    }
}

/// The ranges of all lists, and of all together.
fn cut_ranges(mails: &Mails, postings: &[Posting], options: &Options<'_>) -> Vec<Range> {
    let decides = first_of_postings(mails, postings);
    let together = options.together.map(Period::split);
    let lists = options.lists.iter().enumerate().map(|(index, (split, files))| ListSplit {
        scope: Scope::List(ListId(index as u16)),
        split,
        files,
    });
    let all = together.as_ref().map(|split| ListSplit { scope: Scope::Site, split, files: &[] });
    lists.chain(all).flat_map(|list| range::cut(mails, &decides, &list)).collect()
}

/// For each member of a posting its posting's oldest mail, else the mail itself.
fn first_of_postings(mails: &Mails, postings: &[Posting]) -> Vec<MailId> {
    let mut first: Vec<MailId> = (0..mails.len() as u32).map(MailId).collect();
    for posting in postings {
        let oldest = posting.members().min().unwrap_or(posting.head());
        posting.members().for_each(|member| first[member.0 as usize] = oldest);
    }
    first
}

fn mails_above(mails: &Mails, tree: &Tree) -> Vec<Option<MailId>> {
    (0..mails.len() as u32).map(|mail| tree.mail_above(MailId(mail))).collect()
}

/// The drafts as postings by date, and the posting that each mail is a member of.
fn postings(
    mails: &Mails,
    senders: &[PersonId],
    authors: &[PersonId],
    drafts: Vec<Draft>,
    draft_of: &[Option<usize>],
) -> (Vec<Posting>, Vec<Option<PostingId>>) {
    let first =
        |draft: &Draft| draft.cover.into_iter().chain(draft.patches.values().copied()).min();
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_cached_key(|&draft| first(&drafts[draft]));
    let mut place = vec![PostingId(0); drafts.len()];
    for (new, &old) in (0..).map(PostingId).zip(&order) {
        place[old] = new;
    }
    let posting = |at: usize| posting(mails, senders, authors, &drafts[at]);
    let mut postings: Vec<Posting> = order.into_par_iter().filter_map(posting).collect();
    let mut taken = Map::default();
    for posting in &mut postings {
        let id = std::mem::take(&mut posting.id);
        posting.id = unique_id(id, mails.mail(posting.head()).message_id(), &mut taken);
    }
    (postings, draft_of.iter().map(|d| d.map(|d| place[d])).collect())
}

/// A draft as a posting, whose id may be that of another.
fn posting(
    mails: &Mails,
    senders: &[PersonId],
    authors: &[PersonId],
    draft: &Draft,
) -> Option<Posting> {
    let head = draft.head()?;
    let facts = |id: MailId| mails.mail(id);
    let members: Vec<MailId> =
        draft.cover.into_iter().chain(draft.patches.values().copied()).collect();
    let any = |what: fn(SubjectRef) -> bool| members.iter().any(|&m| what(facts(m).subject()));
    let author = match draft.cover {
        Some(cover) => senders[cover.0 as usize],
        None => authors[head.0 as usize],
    };
    Some(Posting {
        id: short_id(facts(head).message_id()),
        title: facts(head).title().to_owned(),
        version: draft.version,
        version_inferred: !any(|s| s.version.is_some()),
        rfc: any(|s| s.rfc),
        resend: any(|s| s.resend),
        pull: any(|s| s.pull),
        tags: facts(head).tags().map(str::to_owned).collect(),
        total: draft.total,
        cover: draft.cover,
        patches: draft.patches.iter().map(|(&index, &mail)| Slot { index, mail }).collect(),
        missing: missing(draft),
        replies: Vec::new(),
        sender: senders[head.0 as usize],
        author,
        date: members.iter().map(|&m| facts(m).date()).min().unwrap_or(0),
        last: members.iter().map(|&m| facts(m).date()).max().unwrap_or(0),
        series: SeriesId(0),
        superseded_by: None,
        state: State::New,
        decided_by: Vec::new(),
        trailers: Vec::new(),
        lost: Vec::new(),
        nacks: Vec::new(),
        subsystems: Vec::new(),
        answers: None,
        continues: None,
        passed_over: Vec::new(),
        standing: Vec::new(),
        depends: Vec::new(),
    })
}

/// The id of a posting or thread, `id` by its first Message-ID; of several with the same one,
/// later ones take the next free number into the hash.
fn unique_id(mut id: String, message_id: &str, taken: &mut Map<String, u32>) -> String {
    while let Some(times) = taken.get_mut(&id) {
        *times += 1;
        id = short_id(&format!("{message_id}\n{times}"));
    }
    taken.insert(id.clone(), 1);
    id
}

fn missing(draft: &Draft) -> Vec<u32> {
    let total = draft.total.unwrap_or(0);
    if !draft.numbered || total as usize > draft.patches.len() + MAX_MISSING {
        return Vec::new();
    }
    (1..=total).filter(|index| !draft.patches.contains_key(index)).collect()
}

/// Where each mail is shown, and which patch or cover a reply answers.
struct Homes {
    homes: Vec<Home>,
    threads: Vec<Thread>,
    /// The posting a mail is shown with.
    posting_of: Vec<Option<PostingId>>,
    /// The nearest member at or above a mail.
    member_above: Vec<Option<MailId>>,
    /// Whether the mail is a member itself.
    members: Vec<bool>,
}

impl Homes {
    /// Finds the homes, and notes down what made a mail an answer of its posting.
    fn of(
        mails: &Mails,
        tree: &Tree,
        member_of: &[Option<PostingId>],
        placed: &mut [Placed],
    ) -> Homes {
        let by_ghost = postings_by_missing_mail(tree, member_of);
        let mut posting_of = member_of.to_vec();
        let mut member_above: Vec<Option<MailId>> = vec![None; mails.len()];
        for id in tree.top_down() {
            let index = id.0 as usize;
            if posting_of[index].is_some() {
                member_above[index] = Some(id);
                continue;
            }
            if let Some(above) = tree.mail_above(id) {
                posting_of[index] = posting_of[above.0 as usize];
                member_above[index] = member_above[above.0 as usize];
                if posting_of[index].is_some() {
                    placed[index] = Placed::new(Rule::Answer, Some(above));
                }
            }
            if posting_of[index].is_none() {
                posting_of[index] =
                    tree.parent(Node(id.0)).and_then(|parent| by_ghost.get(&parent).copied());
                if posting_of[index].is_some() {
                    placed[index] = Placed::new(Rule::AnswerToMissing, None);
                }
            }
        }
        let (homes, threads) = discussions(mails, tree, &posting_of);
        let members = member_of.iter().map(Option::is_some).collect();
        Homes { homes, threads, posting_of, member_above, members }
    }

    fn posting(&self, id: MailId) -> Option<PostingId> {
        self.posting_of[id.0 as usize]
    }

    fn is_member(&self, id: MailId) -> bool {
        self.members[id.0 as usize]
    }
}

/// The posting whose mails answer a mail that never arrived: answers to the same mail are
/// answers to it. The oldest posting, where there are several.
fn postings_by_missing_mail(tree: &Tree, member_of: &[Option<PostingId>]) -> Map<Node, PostingId> {
    let mut found: Map<Node, PostingId> = Map::default();
    for (index, posting) in member_of.iter().enumerate() {
        let parent = tree.parent(Node(index as u32));
        let ghost = parent.filter(|&node| tree.mail(node).is_none());
        if let (Some(ghost), Some(posting)) = (ghost, *posting) {
            let known = found.entry(ghost).or_insert(posting);
            *known = (*known).min(posting);
        }
    }
    found
}

/// The homes of all mails; those of no posting make discussions, one for each thread.
fn discussions(
    mails: &Mails,
    tree: &Tree,
    posting_of: &[Option<PostingId>],
) -> (Vec<Home>, Vec<Thread>) {
    let mut threads: Vec<Thread> = Vec::new();
    let mut by_root: Map<Node, ThreadId> = Map::default();
    let mut taken = Map::default();
    let mut homes = Vec::with_capacity(mails.len());
    for (index, mail) in mails.iter().enumerate() {
        if let Some(posting) = posting_of[index] {
            homes.push(Home::Posting(posting));
            continue;
        }
        let root = tree.root(Node(index as u32));
        let id = *by_root.entry(root).or_insert_with(|| {
            let first = tree.mail(root).map_or(mail, |root| mails.mail(root));
            let first = if posting_of_root(tree, root, posting_of) { mail } else { first };
            threads.push(Thread {
                id: unique_id(short_id(first.message_id()), first.message_id(), &mut taken),
                title: first.title().to_owned(),
                mails: Vec::new(),
            });
            ThreadId(threads.len() as u32 - 1)
        });
        threads[id.0 as usize].mails.push(MailId(index as u32));
        homes.push(Home::Thread(id));
    }
    (homes, threads)
}

fn posting_of_root(tree: &Tree, root: Node, posting_of: &[Option<PostingId>]) -> bool {
    tree.mail(root).is_some_and(|root| posting_of[root.0 as usize].is_some())
}

/// Gives each posting the mail outside it that it was sent in answer to.
fn find_answered(postings: &mut [Posting], tree: &Tree, homes: &Homes) {
    for (index, posting) in postings.iter_mut().enumerate() {
        let id = PostingId(index as u32);
        posting.answers = tree.mail_above(posting.head()).filter(|a| homes.posting(*a) != Some(id));
    }
}

/// How a posting was answered.
struct Answered {
    replies: Vec<MailId>,
    /// The date of the last of them; 0 where there are none.
    last: i64,
    trailers: Vec<ReviewTrailer>,
    nacks: Vec<Nack>,
}

impl Answered {
    fn tell(self, posting: &mut Posting) {
        posting.replies = self.replies;
        posting.last = posting.last.max(self.last);
        (posting.trailers, posting.nacks) = (self.trailers, self.nacks);
    }
}

/// The replies and review trailers of each posting.
fn answers(
    (mails, senders): (&Mails, &[PersonId]),
    postings: &[Posting],
    homes: &Homes,
    people: &mut Register<'_>,
) -> Vec<Answered> {
    let mut answers: Vec<Vec<Answer>> = postings.iter().map(|_| Vec::new()).collect();
    for index in 0..mails.len() {
        let reply = MailId(index as u32);
        if let Some(posting) = homes.posting(reply).filter(|_| !homes.is_member(reply)) {
            let to = homes.member_above[index];
            answers[posting.0 as usize].push(Answer { reply, to });
        }
    }
    let mut trailers = Trailers::new(mails);
    let answered = |(posting, answers): (&Posting, Vec<Answer>)| {
        let replies: Vec<MailId> = answers.iter().map(|a| a.reply).collect();
        let last = replies.last().map_or(0, |reply| mails.mail(*reply).date());
        let (trailers, nacks) =
            review::collect((mails, senders), posting, &answers, &mut trailers, people);
        Answered { replies, last, trailers, nacks }
    };
    let answered = postings.iter().zip(answers).map(answered).collect();
    trailers.count(people);
    answered
}

fn kinds(
    mails: &Mails,
    postings: &[Posting],
    member_of: &[Option<PostingId>],
    homes: &Homes,
) -> Vec<Kind> {
    let kind = |index: usize| {
        let id = MailId(index as u32);
        match (member_of[index], homes.homes[index]) {
            (Some(posting), _) if postings[posting.0 as usize].cover == Some(id) => {
                if mails.mail(id).subject().pull { Kind::Pull } else { Kind::Cover }
            }
            (Some(_), _) => Kind::Patch,
            (None, Home::Posting(_)) => Kind::Reply,
            (None, Home::Thread(_)) => Kind::Discussion,
        }
    };
    (0..mails.len()).map(kind).collect()
}

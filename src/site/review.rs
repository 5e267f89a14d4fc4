//! Review trailers as pages show them: tallies, the review matrix, the list under a patch.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{
    Archive, Home, MailId, PersonId, Posting, PostingId, ReviewTrailer, Slot, State,
};
use crate::digest::Marks;
use crate::site::Site;
use crate::site::view::{Link, Title, counted};

/// Reviewers that get a column of the matrix each; the others share one.
const COLUMNS: usize = 5;
/// Missing patches in a row that share one line of the matrix.
const RUN: usize = 3;

/// A kind of review trailer that has a letter and a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// `Reviewed-by`
    Reviewed,
    /// `Acked-by`
    Acked,
    /// `Tested-by`
    Tested,
}

impl Mark {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Mark; 3] = [Mark::Reviewed, Mark::Acked, Mark::Tested];

    /// The marks that a trailer of this name gives: `Reviewed-and-tested-by` two, most none.
    pub fn given_by(name: &str) -> impl Iterator<Item = Mark> + use<> {
        let marks = Marks::of_name(name);
        Mark::ALL.into_iter().filter(move |mark| match mark {
            Mark::Reviewed => marks.reviewed > 0,
            Mark::Acked => marks.acked > 0,
            Mark::Tested => marks.tested > 0,
        })
    }

    /// One of it.
    fn counted(self) -> Marks {
        let is = |mark| u32::from(self == mark);
        Marks { acked: is(Mark::Acked), reviewed: is(Mark::Reviewed), tested: is(Mark::Tested) }
    }

    /// Whether a trailer of this name gives any mark.
    fn is_given_by(name: &str) -> bool {
        !Marks::of_name(name).is_empty()
    }

    /// The trailer's usual name.
    pub fn name(self) -> &'static str {
        match self {
            Mark::Reviewed => "Reviewed-by",
            Mark::Acked => "Acked-by",
            Mark::Tested => "Tested-by",
        }
    }

    /// What was done to a patch with it.
    fn word(self) -> &'static str {
        match self {
            Mark::Reviewed => "reviewed",
            Mark::Acked => "acked",
            Mark::Tested => "tested",
        }
    }

    /// The letter of the matrix, which is the class of its shape as well.
    pub fn letter(self) -> &'static str {
        &self.name()[..1]
    }

    /// The mark as a template places it, for `n` trailers `what`.
    pub fn shown(self, n: usize, what: &str) -> MarkView {
        let (text, title) = match n {
            0 | 1 => (self.letter().to_string(), format!("{}{what}", self.name())),
            n => (format!("{}{n}", self.letter()), format!("{n} {}{what}", self.name())),
        };
        MarkView { class: self.letter(), text, title }
    }
}

/// A letter in its shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MarkView {
    /// `R`, `A` or `T`.
    pub class: &'static str,
    /// The letter, with a number where there are several.
    pub text: String,
    /// The full word.
    pub title: String,
}

/// The marks on each patch of a posting, with their trailers: looked up once, since the
/// trailers of a large posting are many. What was given for somebody else gives no mark.
struct MarksOn<'a> {
    marks: HashMap<MailId, Vec<(Mark, &'a ReviewTrailer)>>,
    /// The patches that somebody is against.
    nacked: HashSet<MailId>,
}

impl<'a> MarksOn<'a> {
    fn patches_of(posting: &'a Posting) -> Self {
        let mut marks: HashMap<MailId, Vec<(Mark, &ReviewTrailer)>> = HashMap::new();
        let mut said: HashSet<(MailId, PersonId, Mark)> = HashSet::new();
        for trailer in posting.trailers.iter().filter(|t| t.matches_sender) {
            for mark in Mark::given_by(&trailer.name) {
                // Who says a thing in two trailers has said it once.
                if trailer.person.is_none_or(|who| said.insert((trailer.patch, who, mark))) {
                    marks.entry(trailer.patch).or_default().push((mark, trailer));
                }
            }
        }
        MarksOn { marks, nacked: posting.nacks.iter().map(|nack| nack.patch).collect() }
    }

    /// The marks on a patch.
    fn on(&self, patch: MailId) -> &[(Mark, &'a ReviewTrailer)] {
        self.marks.get(&patch).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a patch has a Reviewed-by or an Acked-by from somebody other than its author.
    fn is_reviewed(&self, archive: &Archive, patch: MailId) -> bool {
        let author = archive.author(patch);
        let counts = |(mark, trailer): &(Mark, &ReviewTrailer)| {
            *mark != Mark::Tested && trailer.person.is_some_and(|person| person != author)
        };
        self.on(patch).iter().any(counts)
    }
}

/// What lists need of the review of every posting, counted once: a posting stands in many
/// lists, and a large one has tens of thousands of trailers.
pub struct Reviews(Vec<Reviewed>);

/// How far a posting is reviewed.
#[derive(Clone, Debug, Default)]
pub struct Reviewed {
    /// Patches with a Reviewed-by or an Acked-by from somebody other than their author.
    pub patches: u32,
    /// Trailers on all patches.
    pub tally: Marks,
    /// Who gave how many trailers with a mark on patches of others, by person.
    pub by: BTreeMap<PersonId, u32>,
}

impl Reviews {
    /// Counts the review of all postings.
    pub fn of(archive: &Archive) -> Reviews {
        Reviews(archive.postings.par_iter().map(|posting| reviewed(archive, posting)).collect())
    }

    /// How far a posting is reviewed.
    pub fn posting(&self, id: PostingId) -> &Reviewed {
        &self.0[id.0 as usize]
    }
}

fn reviewed(archive: &Archive, posting: &Posting) -> Reviewed {
    let marks = MarksOn::patches_of(posting);
    let done = posting.patches.iter().filter(|slot| marks.is_reviewed(archive, slot.mail));
    let mut reviewed =
        Reviewed { patches: done.count() as u32, tally: Marks::default(), by: BTreeMap::new() };
    for (mark, trailer) in marks.marks.values().flatten() {
        reviewed.tally.add(mark.counted());
        if let Some(person) = trailer.person.filter(|p| *p != archive.author(trailer.patch)) {
            *reviewed.by.entry(person).or_default() += 1;
        }
    }
    reviewed
}

/// The marks that a reply gives, each once, in the order in which they are shown.
pub fn marks_given_in(posting: &Posting, reply: MailId) -> Vec<MarkView> {
    let given = |mark: &Mark| {
        let here = posting.trailers.iter().filter(|t| t.given_in == reply && t.matches_sender);
        here.flat_map(|t| Mark::given_by(&t.name)).any(|m| m == *mark)
    };
    Mark::ALL.into_iter().filter(given).map(|mark| mark.shown(1, "")).collect()
}

/// The table of patches and who reviewed which.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Matrix {
    /// Columns of marks: what the posting carried, then reviewers, most trailers first.
    pub columns: Vec<Column>,
    /// Patches by number, missing ones among them.
    pub rows: Vec<MatrixRow>,
    /// The kinds of marks that occur in the cells.
    pub legend: Vec<Meaning>,
    /// Everyone who gave a trailer in a reply, in the order of the columns.
    pub reviewers: Vec<Link>,
}

/// A column of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Column {
    /// A short name.
    pub name: String,
    /// The whole name.
    pub title: String,
}

/// A mark and its word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Meaning {
    /// The letter in its shape.
    pub mark: MarkView,
    /// `reviewed`
    pub word: &'static str,
}

/// A patch in the matrix, or a run of patches that never arrived.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MatrixRow {
    /// Its number; of a run, the first.
    pub number: u32,
    /// What stands in place of the title of patches that never arrived: `missing`, or
    /// `to 60 missing` of a run.
    pub gap: String,
    /// Its title; for a patch that never arrived, none.
    pub title: Option<Title>,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
    /// Answers to it at whatever depth.
    pub replies: u32,
    /// The marks in each column.
    pub cells: Vec<Vec<MarkView>>,
    /// Where it stands, in words.
    pub state: &'static str,
    /// Whether it still waits for somebody.
    pub waits: bool,
}

/// Whose trailers a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Posting,
    Person(PersonId),
    Others,
}

impl Matrix {
    /// The matrix of a posting; `replies` gives the number of answers to a patch.
    pub fn of(site: &Site<'_>, posting: &Posting, replies: impl Fn(MailId) -> u32) -> Matrix {
        let people = reviewers(posting);
        let sources = sources(posting, &people);
        let marks = MarksOn::patches_of(posting);
        let row = |slot: &Slot| row(site, posting, (&sources, &marks), slot, replies(slot.mail));
        let mut rows: Vec<MatrixRow> = posting.patches.iter().map(row).collect();
        rows.extend(missing(&posting.missing, sources.len()));
        rows.sort_by_key(|row| row.number);
        Matrix {
            columns: sources.iter().map(|s| column(site, *s, &people)).collect(),
            legend: legend(&rows),
            rows,
            reviewers: people.iter().map(|p| site.person_link(*p)).collect(),
        }
    }
}

/// Everyone who gave a mark in a reply: most trailers first, then by the first one.
fn reviewers(posting: &Posting) -> Vec<PersonId> {
    let mut counts: Vec<(PersonId, usize)> = Vec::new();
    for person in
        posting.trailers.iter().filter(|t| from_reply(posting, t)).filter_map(|t| t.person)
    {
        match counts.iter_mut().find(|(p, _)| *p == person) {
            Some((_, count)) => *count += 1,
            None => counts.push((person, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(person, _)| person).collect()
}

/// Whether a trailer with a mark came with an answer of whom it names, not with the posting
/// itself.
fn from_reply(posting: &Posting, trailer: &ReviewTrailer) -> bool {
    trailer.matches_sender && Mark::is_given_by(&trailer.name) && !is_own(posting, trailer)
}

/// Whether a trailer stands in the patch itself or in the cover letter.
fn is_own(posting: &Posting, trailer: &ReviewTrailer) -> bool {
    trailer.given_in == trailer.patch || Some(trailer.given_in) == posting.cover
}

fn sources(posting: &Posting, people: &[PersonId]) -> Vec<Source> {
    let own = posting.trailers.iter().any(|t| Mark::is_given_by(&t.name) && is_own(posting, t));
    let shown = if people.len() > COLUMNS + 1 { COLUMNS } else { people.len() };
    let mut sources: Vec<Source> = own.then_some(Source::Posting).into_iter().collect();
    sources.extend(people[..shown].iter().map(|p| Source::Person(*p)));
    sources.extend((shown < people.len()).then_some(Source::Others));
    sources
}

fn column(site: &Site<'_>, source: Source, people: &[PersonId]) -> Column {
    match source {
        Source::Posting => Column {
            name: "own".to_string(),
            title: "Trailers the posting already carried".to_string(),
        },
        Source::Person(person) => {
            let name = &site.person_link(person).text;
            Column { name: short_name(name), title: name.clone() }
        }
        Source::Others => {
            let title =
                counted((people.len() - COLUMNS) as u32, "other reviewer", "other reviewers");
            Column { name: "others".to_string(), title }
        }
    }
}

/// A name that fits over a narrow column: the last word, or the initials where that is long. Of
/// a single long word it is the beginning.
fn short_name(name: &str) -> String {
    let last = name.split_whitespace().next_back().unwrap_or(name);
    match last.chars().count() {
        ..=6 => last.to_string(),
        _ if last.len() == name.trim().len() => last.chars().take(6).collect(),
        _ => name.split_whitespace().filter_map(|word| word.chars().next()).take(4).collect(),
    }
}

fn row(
    site: &Site<'_>,
    posting: &Posting,
    (sources, marks): (&[Source], &MarksOn<'_>),
    slot: &Slot,
    replies: u32,
) -> MatrixRow {
    let mail = site.archive.mail(slot.mail);
    let reviewed = marks.is_reviewed(site.archive, slot.mail);
    let (state, waits) = standing(posting, reviewed, marks.nacked.contains(&slot.mail));
    let on = marks.on(slot.mail);
    MatrixRow {
        number: slot.index,
        gap: String::new(),
        title: Some(site.title(mail.title())),
        added: mail.added(),
        removed: mail.removed(),
        replies,
        cells: sources.iter().map(|source| cell(posting, sources, on, *source)).collect(),
        state,
        waits,
    }
}

/// Rows for patches that never arrived: a long run of them is one row.
fn missing(numbers: &[u32], columns: usize) -> impl Iterator<Item = MatrixRow> {
    let runs = numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b));
    runs.flat_map(move |run| match run {
        [first, .., last] if run.len() >= RUN => {
            vec![gap(*first, format!("to {last} missing"), columns)]
        }
        _ => run.iter().map(|number| gap(*number, "missing".to_string(), columns)).collect(),
    })
}

fn gap(number: u32, gap: String, columns: usize) -> MatrixRow {
    MatrixRow {
        number,
        gap,
        title: None,
        added: 0,
        removed: 0,
        replies: 0,
        cells: vec![Vec::new(); columns],
        state: "never arrived",
        waits: true,
    }
}

/// The kinds of marks in the cells of `rows`, with what they mean.
fn legend(rows: &[MatrixRow]) -> Vec<Meaning> {
    let classes: HashSet<&str> =
        rows.iter().flat_map(|row| row.cells.iter().flatten()).map(|mark| mark.class).collect();
    let here = Mark::ALL.into_iter().filter(|mark| classes.contains(mark.letter()));
    here.map(|mark| Meaning { mark: mark.shown(1, ""), word: mark.word() }).collect()
}

/// The marks on a patch out of one source.
fn cell(
    posting: &Posting,
    sources: &[Source],
    on: &[(Mark, &ReviewTrailer)],
    source: Source,
) -> Vec<MarkView> {
    let belongs = |t: &ReviewTrailer| match source {
        Source::Posting => is_own(posting, t),
        Source::Person(person) => !is_own(posting, t) && t.person == Some(person),
        Source::Others => {
            let has_column = |p| sources.contains(&Source::Person(p));
            !is_own(posting, t) && t.person.is_some_and(|p| !has_column(p))
        }
    };
    let what = if source == Source::Posting { " in the posting" } else { "" };
    let counts = Mark::ALL.map(|mark| {
        let n = on.iter().filter(|(m, t)| *m == mark && belongs(t)).count();
        (mark, n)
    });
    counts.into_iter().filter(|(_, n)| *n > 0).map(|(mark, n)| mark.shown(n, what)).collect()
}

/// Where a patch stands, and whether it waits for somebody.
fn standing(posting: &Posting, reviewed: bool, nacked: bool) -> (&'static str, bool) {
    let open = matches!(posting.state, State::New | State::UnderReview | State::Incomplete);
    match reviewed {
        _ if nacked => ("nacked", true),
        true => ("reviewed", false),
        false if open => ("no review yet", true),
        false => ("no review", false),
    }
}

/// Where a trailer was given, in words: for somebody else if the sender is not the one named.
pub fn given_in(site: &Site<'_>, posting: &Posting, trailer: &ReviewTrailer) -> Link {
    let home = site.archive.home(trailer.given_in);
    let here = site.archive.home(posting.head());
    let href = site.urls.mail_from(here, trailer.given_in);
    let carried = here != home;
    let text = match (Some(trailer.given_in) == posting.cover, trailer.matches_sender) {
        (true, _) => "from the cover letter".to_string(),
        (false, true) if carried => match home {
            Home::Posting(id) => format!("carried over from v{}", site.archive.posting(id).version),
            Home::Thread(_) => "carried over".to_string(),
        },
        (false, true) => "from a reply".to_string(),
        (false, false) => {
            let sender = site.person_link(site.archive.sender(trailer.given_in));
            format!("given by {}", sender.text)
        }
    };
    Link { href, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_fit_over_a_column() {
        assert_eq!(short_name("Clément Léger"), "Léger");
        assert_eq!(short_name("Josh Poimboeuf"), "JP");
        assert_eq!(short_name("sashiko-bot@kernel.org"), "sashik");
    }

    #[test]
    fn several_marks_of_one_kind_are_counted() {
        let mark = Mark::Reviewed.shown(3, " in the posting");
        assert_eq!(
            (mark.text.as_str(), mark.title.as_str()),
            ("R3", "3 Reviewed-by in the posting")
        );
        assert_eq!(Mark::Tested.shown(1, "").title, "Tested-by");
    }
}

//! Why a mail is where it is: its place, and the rules and evidence that led to it, as they
//! were noted down when they were applied.
//!
//! As rows for other programs and as text for people. What the archive does not keep, such
//! as which header named a parent, is read from the mail itself.

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::export::{Who, kind_word, rfc3339};
use super::{Archive, Home, Kind, MailId, PassedOver, Person, Posting, PostingId, Rule};
use crate::mail::address;
use crate::mail::header::{self, Headers};

/// What there is to say of one mail's place.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation<'a> {
    /// Message-ID.
    pub message_id: &'a str,
    /// Its subject, decoded and unfolded.
    pub subject: &'a str,
    /// When it was sent, RFC 3339 in UTC.
    pub date: String,
    /// Who wrote it.
    pub author: Who<'a>,
    /// cover, patch, pull, reply or discussion.
    pub kind: &'static str,
    /// The rule that made it that, as one word.
    pub rule: &'static str,
    /// The same as a sentence.
    pub because: String,
    /// The Message-ID that decided, where the rule goes by one.
    pub by: Option<&'a str>,
    /// The posting it belongs to or answers.
    pub posting: Option<PostingPlace<'a>>,
    /// What it answers.
    pub thread: ThreadPlace<'a>,
    /// The range it is in, on each list.
    pub ranges: Vec<RangePlace<'a>>,
    /// The subsystems of its posting.
    pub subsystems: Vec<SubsystemPlace<'a>>,
    /// Who that is.
    pub person: PersonPlace<'a>,
}

/// A posting's place in its series.
#[derive(Clone, Debug, Serialize)]
pub struct PostingPlace<'a> {
    /// Id of the posting.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its version.
    pub version: String,
    /// k of `k/n` that this mail has in it: 0 for the cover letter.
    pub index: Option<u32>,
    /// n of `k/n`.
    pub total: Option<u32>,
    /// Indexes that never arrived.
    pub missing: &'a [u32],
    /// Indexes of the patches that stand from earlier postings.
    pub standing: Vec<u32>,
    /// Id of its series.
    pub series: &'a str,
    /// The posting that it continues.
    pub continues: Option<Continued<'a>>,
    /// Postings that it does not continue, though they were looked at.
    pub not_continued: Vec<NotContinued<'a>>,
    /// Change-ids and Message-IDs of what it needs.
    pub depends: Vec<&'a str>,
    /// The posting that takes its place.
    pub superseded_by: Option<Named<'a>>,
}

/// The posting that one continues.
#[derive(Clone, Debug, Serialize)]
pub struct Continued<'a> {
    /// Which.
    #[serde(flatten)]
    pub posting: Named<'a>,
    /// What says so, as one word.
    pub evidence: &'static str,
    /// The same in words.
    pub because: &'static str,
}

/// A posting that was looked at and is not continued.
#[derive(Clone, Debug, Serialize)]
pub struct NotContinued<'a> {
    /// Which.
    #[serde(flatten)]
    pub posting: Named<'a>,
    /// Why not, as one word.
    pub objection: &'static str,
    /// The same in words.
    pub because: &'static str,
}

/// Another posting.
#[derive(Clone, Debug, Serialize)]
pub struct Named<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: &'a str,
    /// When it was sent, RFC 3339 in UTC.
    pub date: String,
    /// The Message-ID of the mail that stands for it.
    pub message_id: &'a str,
}

/// What a mail answers.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadPlace<'a> {
    /// The Message-ID that it says it answers.
    pub named: Option<&'a str>,
    /// The header that says so: References or In-Reply-To.
    pub header: Option<&'static str>,
    /// The nearest mail above it that is in the archive.
    pub parent: Option<&'a str>,
    /// The same as a sentence.
    pub because: String,
}

/// The range a mail is in.
#[derive(Clone, Debug, Serialize)]
pub struct RangePlace<'a> {
    /// Id of the list.
    pub list: &'a str,
    /// The last part of the digest's address.
    pub range: &'a str,
    /// Its name.
    pub title: &'a str,
    /// The mail whose date or file decided: this one, or the first of its posting.
    pub decided_by: &'a str,
}

/// A subsystem of the mail's posting.
#[derive(Clone, Debug, Serialize)]
pub struct SubsystemPlace<'a> {
    /// Its name.
    pub name: &'a str,
    /// `title` where the prefix of a title made it, `rules` where the rules of the
    /// configuration or MAINTAINERS did.
    pub by: &'static str,
}

/// Who sent a mail.
#[derive(Clone, Debug, Serialize)]
pub struct PersonPlace<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their address.
    pub address: &'a str,
    /// The sender that the From header gave, where the list had rewritten it.
    pub rewritten: Option<String>,
    /// The address that the mail was sent from, where `.mailmap` has it as another's.
    pub mapped_from: Option<&'a str>,
}

/// Explains one mail. `raw` is the mail itself, `lists` are the lists' ids.
pub fn explain<'a>(
    archive: &'a Archive,
    lists: &'a [String],
    mail: MailId,
    raw: &[u8],
) -> Explanation<'a> {
    let facts = archive.mail(mail);
    let placed = archive.placed[mail.0 as usize];
    let by = placed.by.map(|by| archive.mail(by).message_id());
    let (headers, _) = Headers::read(raw);
    Explanation {
        message_id: facts.message_id(),
        subject: facts.subject_text(),
        date: rfc3339(facts.date()),
        author: Who::wrote(archive, mail),
        kind: kind_word(archive.kind(mail)),
        rule: placed.rule.word(),
        because: sentence(placed.rule, by),
        by,
        posting: posting_place(archive, mail),
        thread: thread_place(archive, mail, &headers),
        ranges: range_places(archive, lists, mail),
        subsystems: subsystem_places(archive, mail),
        person: person_place(archive, mail, &headers),
    }
}

fn sentence(rule: Rule, by: Option<&str>) -> String {
    let by = by.map_or("another mail".to_owned(), |by| format!("<{by}>"));
    rule.words().replace("{}", &by)
}

fn posting_of(archive: &Archive, mail: MailId) -> Option<&Posting> {
    match archive.home(mail) {
        Home::Posting(posting) => Some(archive.posting(posting)),
        Home::Thread(_) => None,
    }
}

fn posting_place(archive: &Archive, mail: MailId) -> Option<PostingPlace<'_>> {
    let posting = posting_of(archive, mail)?;
    let slot = posting.patches.iter().find(|slot| slot.mail == mail);
    let is_cover = posting.cover == Some(mail);
    Some(PostingPlace {
        id: &posting.id,
        title: &posting.title,
        version: posting.version.to_string(),
        index: if is_cover { Some(0) } else { slot.map(|slot| slot.index) },
        total: posting.total,
        missing: &posting.missing,
        standing: posting.standing.iter().map(|s| s.index).collect(),
        series: &archive.series(posting.series).id,
        continues: posting.continues.map(|before| Continued {
            posting: named(archive, before.posting),
            evidence: before.evidence.word(),
            because: before.evidence.words(),
        }),
        not_continued: posting.passed_over.iter().map(|p| not_continued(archive, p)).collect(),
        depends: posting.depends.iter().map(|d| &*d.name).collect(),
        superseded_by: posting.superseded_by.map(|later| named(archive, later)),
    })
}

fn not_continued<'a>(archive: &'a Archive, passed: &PassedOver) -> NotContinued<'a> {
    NotContinued {
        posting: named(archive, passed.posting),
        objection: passed.why.word(),
        because: passed.why.words(),
    }
}

fn named(archive: &Archive, id: PostingId) -> Named<'_> {
    let posting = archive.posting(id);
    Named {
        id: &posting.id,
        version: posting.version.to_string(),
        title: &posting.title,
        date: rfc3339(posting.date),
        message_id: archive.mail(posting.head()).message_id(),
    }
}

/// Which header named the mail answered, and what became of it.
fn thread_place<'a>(archive: &'a Archive, mail: MailId, headers: &Headers<'_>) -> ThreadPlace<'a> {
    let named = archive.mail(mail).references().last();
    let parent = archive.parent(mail).map(|parent| archive.mail(parent).message_id());
    let Some(id) = named else {
        let because = "it names no mail that it answers".to_owned();
        return ThreadPlace { named, header: None, parent, because };
    };
    let in_references = headers
        .all("References")
        .any(|value| header::message_ids(&headers.unfold(value)).iter().any(|other| other == id));
    let header = if in_references { "References" } else { "In-Reply-To" };
    let place = if in_references { "last in References" } else { "in In-Reply-To alone" };
    let because = match (archive.find(id), parent) {
        (Some(found), _) if archive.parent(mail) == Some(found) => {
            format!("it answers <{id}>, named {place}")
        }
        (Some(_), _) => format!("it names <{id}> {place}, which answers it in turn: cut there"),
        (None, Some(above)) => {
            format!("it names <{id}> {place}, which never arrived; above that is <{above}>")
        }
        (None, None) => format!("it names <{id}> {place}, which never arrived"),
    };
    ThreadPlace { named, header: Some(header), parent, because }
}

fn range_places<'a>(
    archive: &'a Archive,
    lists: &'a [String],
    mail: MailId,
) -> Vec<RangePlace<'a>> {
    let member = !matches!(archive.kind(mail), Kind::Reply | Kind::Discussion);
    let first = posting_of(archive, mail).and_then(|p| p.members().min()).filter(|_| member);
    let decided_by = archive.mail(first.unwrap_or(mail)).message_id();
    let place = |list: &super::ListId| {
        let range = archive.range_of(super::Scope::List(*list), mail)?;
        let list = lists.get(list.0 as usize)?;
        Some(RangePlace { list, range: &range.slug, title: &range.title, decided_by })
    };
    archive.mail(mail).lists().iter().filter_map(place).collect()
}

fn subsystem_places(archive: &Archive, mail: MailId) -> Vec<SubsystemPlace<'_>> {
    let Some(posting) = posting_of(archive, mail) else { return Vec::new() };
    let of_title = |name: &str| {
        posting.members().any(|member| {
            let parts = archive.mail(member).prefix_parts().join(": ").to_lowercase();
            let name = name.to_lowercase();
            parts == name || parts.starts_with(&format!("{name}: "))
        })
    };
    let place = |name: &'_ str| if of_title(name) { "title" } else { "rules" };
    let subsystems = posting.subsystems.iter().map(|id| archive.subsystem(*id).name.as_str());
    subsystems.map(|name| SubsystemPlace { name, by: place(name) }).collect()
}

fn person_place<'a>(archive: &'a Archive, mail: MailId, headers: &Headers<'_>) -> PersonPlace<'a> {
    let facts = archive.mail(mail);
    let person: &Person = archive.person(archive.sender(mail));
    let written = headers.unfolded("From").and_then(|value| address::parse_one(&value));
    let rewritten = written
        .filter(|written| !written.email.eq_ignore_ascii_case(facts.from().email))
        .map(|written| written.email);
    let mapped = person.mapped && !person.email.eq_ignore_ascii_case(facts.from().email);
    PersonPlace {
        name: &person.name,
        address: &person.email,
        rewritten,
        mapped_from: mapped.then_some(facts.from().email),
    }
}

impl fmt::Display for Explanation<'_> {
    /// As text: a line for each thing, named in its first column.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.subject)?;
        writeln!(f, "<{}>, {}", self.message_id, self.date)?;
        line(f, "is", &self.what_it_is())?;
        line(f, "because", &self.because)?;
        if let Some(posting) = &self.posting {
            posting.write(f)?;
        }
        line(f, "thread", &self.thread.because)?;
        for range in &self.ranges {
            line(f, "digest", &range.words(self.message_id))?;
        }
        for subsystem in &self.subsystems {
            let by = match subsystem.by {
                "title" => "by the prefix of a title",
                _ => "by the rules or MAINTAINERS",
            };
            line(f, "subsystem", &format!("{}, {by}", subsystem.name))?;
        }
        line(f, "person", &self.person.words())
    }
}

impl Explanation<'_> {
    fn what_it_is(&self) -> String {
        let Some(posting) = &self.posting else { return "part of a discussion".to_owned() };
        let of = format!("v{} of \"{}\" ({})", posting.version, posting.title, posting.id);
        match (self.kind, posting.index, posting.total) {
            ("reply", ..) => format!("a reply to {of}"),
            ("patch", Some(index), Some(total)) => format!("patch {index} of {total} of {of}"),
            ("patch", ..) => format!("the patch of {of}"),
            ("pull", ..) => format!("the pull request of {of}"),
            _ => format!("the cover letter of {of}"),
        }
    }
}

impl PostingPlace<'_> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.continues {
            Some(before) => {
                line(f, "continues", &format!("{}: {}", before.posting.words(), before.because))?;
            }
            None => {
                line(f, "series", "it starts one: no earlier posting is known to be before it")?
            }
        }
        for passed in &self.not_continued {
            line(f, "not", &format!("{}: {}", passed.posting.words(), passed.because))?;
        }
        if !self.standing.is_empty() {
            line(
                f,
                "stand",
                &format!("of the postings before: patches {}", comma(&self.standing)),
            )?;
        }
        if !self.missing.is_empty() {
            line(f, "missing", &format!("patches {}", comma(self.missing)))?;
        }
        for needed in &self.depends {
            line(f, "needs", needed)?;
        }
        match &self.superseded_by {
            Some(later) => line(f, "superseded", &format!("by {}", later.words())),
            None => Ok(()),
        }
    }
}

impl Named<'_> {
    fn words(&self) -> String {
        let day = self.date.get(..10).unwrap_or_default();
        format!("v{} of {day}, \"{}\" <{}>", self.version, self.title, self.message_id)
    }
}

impl RangePlace<'_> {
    fn words(&self, own: &str) -> String {
        match self.decided_by == own {
            true => format!("{} of {}, as its own date or file says", self.title, self.list),
            false => format!(
                "{} of {}, that of the first mail of its posting, <{}>",
                self.title, self.list, self.decided_by
            ),
        }
    }
}

impl PersonPlace<'_> {
    fn words(&self) -> String {
        let mut words = format!("{} <{}>", self.name, self.address);
        if let Some(from) = &self.rewritten {
            let _ = write!(words, "; the list had put <{from}> into From");
        }
        if let Some(from) = self.mapped_from {
            let _ = write!(words, "; .mailmap has <{from}> as theirs");
        }
        words
    }
}

fn line(f: &mut fmt::Formatter<'_>, key: &str, words: &str) -> fmt::Result {
    writeln!(f, "  {key:<10} {words}")
}

/// `1, 2, 5`; of many only the first.
fn comma(numbers: &[u32]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = numbers.iter().take(SHOWN).map(u32::to_string).collect();
    match numbers.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

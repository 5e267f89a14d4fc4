//! Who said what of a posting: each review trailer with the mail it came from, the revision
//! it was given on, and what became of it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{Home, Loss, MailId, PersonId, Posting, PostingId, ReviewTrailer};
use crate::mail::trailer;
use crate::site::Site;
use crate::site::view::{Link, day_short};

/// Rows that stand open; longer tables are folded.
const OPEN: usize = 16;

/// The table.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Spoken {
    /// Trailers that stand in the posting or its answers, by date; then those that are lost.
    pub rows: Vec<SpokenRow>,
    /// Whether it is short enough to stand open.
    pub open: bool,
}

/// One person's word, on all the patches it was given for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SpokenRow {
    /// Who is named; without a link where it names nobody that is known.
    pub who: String,
    /// Their page.
    pub href: Option<String>,
    /// `Reviewed-by`
    pub what: String,
    /// `1 to 3, 7`; "" where there is only one patch.
    pub patches: String,
    /// The mail it was given in first, linked by its date.
    pub mail: Link,
    /// The revision of that mail: `v2`.
    pub version: String,
    /// What became of it, in words.
    pub fate: String,
    /// Whether it counts.
    pub counts: bool,
}

/// Where a trailer stands, and whether it counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Fate {
    InPatch,
    InCover,
    /// Given in an answer.
    Given,
    /// Given in an answer by somebody else, the sender named.
    ForAnother(PersonId),
    RepeatedInPatch,
    RepeatedInCover,
    Carried,
    Lost(Loss),
    Against,
}

/// A row in the making.
struct Draft<'a> {
    trailer: &'a ReviewTrailer,
    fate: Fate,
    patches: Vec<u32>,
}

impl Spoken {
    /// The table of a posting.
    pub fn of(site: &Site<'_>, id: PostingId) -> Spoken {
        let posting = site.archive.posting(id);
        let index: HashMap<MailId, u32> =
            posting.patches.iter().map(|slot| (slot.mail, slot.index)).collect();
        let mut drafts = Drafts::default();
        for t in posting.trailers.iter().filter(|t| trailer::is_review(&t.name)) {
            drafts.add(t, fate(site, id, t), index.get(&t.patch).copied());
        }
        for lost in &posting.lost {
            let patch = lost.patch.and_then(|patch| index.get(&patch).copied());
            let was = site.archive.mail(lost.was.patch).subject().index;
            drafts.add(&lost.was, Fate::Lost(lost.why), patch.or(was).or(Some(1)));
        }
        let mut rows: Vec<SpokenRow> =
            drafts.rows.into_iter().map(|draft| row(site, posting, draft)).collect();
        rows.extend(refusals(site, posting, &index));
        Spoken { open: rows.len() <= OPEN, rows }
    }
}

/// The rows so far, and where each is found again.
#[derive(Default)]
struct Drafts<'a> {
    rows: Vec<Draft<'a>>,
    places: HashMap<(Option<MailId>, Fate, &'a str, &'a str), usize>,
}

impl<'a> Drafts<'a> {
    fn add(&mut self, trailer: &'a ReviewTrailer, fate: Fate, patch: Option<u32>) {
        // What each patch carries itself is one row, whichever patch it is.
        let mail = (fate != Fate::InPatch).then_some(trailer.first_in);
        let key = (mail, fate, &*trailer.name, &*trailer.value);
        let at = *self.places.entry(key).or_insert_with(|| {
            self.rows.push(Draft { trailer, fate, patches: Vec::new() });
            self.rows.len() - 1
        });
        self.rows[at].patches.extend(patch);
    }
}

fn fate(site: &Site<'_>, id: PostingId, t: &ReviewTrailer) -> Fate {
    let in_cover = Some(t.given_in) == site.archive.posting(id).cover;
    let repeated = t.first_in != t.given_in;
    if site.archive.home(t.given_in) != Home::Posting(id) {
        return Fate::Carried;
    }
    match (t.given_in == t.patch, in_cover) {
        (true, _) if repeated => Fate::RepeatedInPatch,
        (true, _) => Fate::InPatch,
        (_, true) if repeated => Fate::RepeatedInCover,
        (_, true) => Fate::InCover,
        _ if t.matches_sender => Fate::Given,
        _ => Fate::ForAnother(site.archive.sender(t.given_in)),
    }
}

fn row(site: &Site<'_>, posting: &Posting, draft: Draft<'_>) -> SpokenRow {
    let Draft { trailer: t, fate, patches } = draft;
    let (who, href) = match t.person {
        Some(person) => {
            let link = site.person_link(person);
            (link.text, Some(link.href))
        }
        None => (site.shown(&t.value), None),
    };
    SpokenRow {
        who,
        href,
        what: site.shown(&t.name),
        patches: match fate {
            Fate::Lost(Loss::Dropped | Loss::Missing) => {
                format!("{}: {}", version(site, t.patch), runs(patches))
            }
            _ => patches_words(posting, patches),
        },
        mail: dated(site, t.first_in),
        version: version(site, t.first_in),
        fate: fate_words(site, fate),
        counts: !matches!(fate, Fate::Lost(_) | Fate::ForAnother(_)),
    }
}

/// The refusals that are no trailers.
fn refusals(site: &Site<'_>, posting: &Posting, index: &HashMap<MailId, u32>) -> Vec<SpokenRow> {
    let mut rows: Vec<(MailId, PersonId, Vec<u32>)> = Vec::new();
    for nack in posting.nacks.iter().filter(|n| site.archive.mail(n.given_in).says_nack()) {
        match rows.last_mut().filter(|(mail, _, _)| *mail == nack.given_in) {
            Some((_, _, patches)) => patches.extend(index.get(&nack.patch)),
            None => {
                let patch = index.get(&nack.patch).copied();
                rows.push((nack.given_in, nack.person, patch.into_iter().collect()));
            }
        }
    }
    let row = |(mail, person, patches)| {
        let link = site.person_link(person);
        SpokenRow {
            who: link.text,
            href: Some(link.href),
            what: "NAK".to_string(),
            patches: patches_words(posting, patches),
            mail: dated(site, mail),
            version: version(site, mail),
            fate: fate_words(site, Fate::Against),
            counts: true,
        }
    };
    rows.into_iter().map(row).collect()
}

fn dated(site: &Site<'_>, mail: MailId) -> Link {
    Link::new(site.urls.mail(mail), day_short(site.archive.mail(mail).date()))
}

fn version(site: &Site<'_>, mail: MailId) -> String {
    match site.archive.home(mail) {
        Home::Posting(posting) => format!("v{}", site.archive.posting(posting).version),
        Home::Thread(_) => String::new(),
    }
}

fn fate_words(site: &Site<'_>, fate: Fate) -> String {
    match fate {
        Fate::InPatch => "in the patch".to_string(),
        Fate::InCover => "in the cover letter".to_string(),
        Fate::Given => "in an answer".to_string(),
        Fate::ForAnother(sender) => {
            format!("does not count: given by {}", site.person_link(sender).text)
        }
        Fate::RepeatedInPatch => "carried over: repeated in the patch".to_string(),
        Fate::RepeatedInCover => "carried over: repeated in the cover letter".to_string(),
        Fate::Carried => "carried over: the patch is the same".to_string(),
        Fate::Lost(why) => format!("lost: {}", why.words()),
        Fate::Against => "against it".to_string(),
    }
}

/// `1 to 3, 7`; `all` where it is every patch of several.
fn patches_words(posting: &Posting, patches: Vec<u32>) -> String {
    if posting.patches.len() < 2 && posting.missing.is_empty() {
        return String::new();
    }
    if patches.len() == posting.patches.len() && posting.missing.is_empty() {
        return "all".to_string();
    }
    runs(patches)
}

/// `1 to 3, 7`
fn runs(mut patches: Vec<u32>) -> String {
    patches.sort_unstable();
    patches.dedup();
    let runs = patches.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [first, .., last] if run.len() > 2 => format!("{first} to {last}"),
        run => run.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    });
    runs.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_put_together() {
        assert_eq!(runs(vec![7, 2, 1, 3, 3]), "1 to 3, 7");
        assert_eq!(runs(vec![1, 2, 4]), "1, 2, 4");
        assert_eq!(runs(vec![5]), "5");
        assert_eq!(runs(vec![]), "");
    }
}

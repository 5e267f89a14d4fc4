//! What went wrong in a build, so that nothing is dropped in silence: mails with faults,
//! patches that never arrived, sources that could not be read.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{Fault, Opened, PostingId};
use crate::diagnostic::Diagnostic;
use crate::mail;
use crate::site::url::SitePath;
use crate::site::view::{Head, Item, Link, counted, grouped};
use crate::site::{Page, Site};

/// Mails named under one problem.
const NAMED: usize = 50;
/// Series listed.
const LISTED: usize = 200;

/// What was wrong in the build.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// How many mails have problems.
    lede: String,
    /// Whether there is mail, and not only published texts.
    has_mail: bool,
    /// What is wrong with mails, the most frequent first.
    problems: Vec<Problem>,
    /// Postings with patches that never arrived.
    incomplete: Vec<Item>,
    /// What is wrong with sources.
    notices: Vec<Notice>,
}

/// One kind of problem.
#[derive(Serialize, JsonSchema)]
struct Problem {
    /// What is wrong.
    what: String,
    /// How many mails have it.
    count: u32,
    /// The first of them, by Message-ID.
    mails: Vec<Link>,
    /// How many more there are, in words.
    more: Option<String>,
}

/// Something that is wrong with a source.
#[derive(Serialize, JsonSchema)]
struct Notice {
    /// What it is.
    text: String,
    /// Where it is.
    note: String,
}

/// The page of problems: those of mails and those of sources.
pub fn page(site: &Site<'_>, opened: &Opened) -> Result<Page, Diagnostic> {
    let path = SitePath::page(&["problems"]);
    let mut head = site.head(&path, "Problems in this build", "");
    head.running = "problems".to_string();
    head.date = site.newest_day();
    let lede = lede(site, opened.faulty_mails());
    head.description = format!("Problems in this build: {lede}");
    let problems = problems(site, &opened.faults);
    let incomplete = incomplete(site);
    let view = View {
        lede,
        has_mail: site.has_mail(),
        problems,
        incomplete,
        notices: opened.diagnostics.iter().map(|n| notice(site, n)).collect(),
        page: head,
    };
    site.page(path, "problems.html", &view)
}

fn lede(site: &Site<'_>, faulty: usize) -> String {
    if !site.has_mail() {
        let texts = site.archive.published.len() as u32;
        return format!("{} read from published texts.", counted(texts, "digest", "digests"));
    }
    let shown = counted(site.archive.mails.len() as u32, "mail", "mails");
    format!("{shown} shown, {} with a problem.", grouped(faulty as u64))
}

/// Faults of one kind together, most frequent first, then in the order of their kinds.
fn problems(site: &Site<'_>, faults: &[Fault]) -> Vec<Problem> {
    let mut kinds: BTreeMap<(u8, String), Vec<&Fault>> = BTreeMap::new();
    for fault in faults {
        kinds.entry(kind(&fault.what)).or_default().push(fault);
    }
    let mut problems: Vec<Problem> =
        kinds.into_iter().map(|((_, what), faults)| problem(site, what, &faults)).collect();
    problems.sort_by_key(|p| std::cmp::Reverse(p.count));
    problems
}

/// What is alike in faults: their kind, and what a reader is told of it.
fn kind(fault: &mail::Fault) -> (u8, String) {
    match fault {
        mail::Fault::NoMessageId => (0, fault.to_string()),
        mail::Fault::BadDate { used, .. } => (1, format!("date not usable; taken from {used}")),
        mail::Fault::NoFrom => (2, fault.to_string()),
        mail::Fault::UnknownCharset(_) => (3, fault.to_string()),
        mail::Fault::BrokenMime(_) => (4, fault.to_string()),
        mail::Fault::Empty => (5, fault.to_string()),
        mail::Fault::DamagedDiff(what) => {
            // The file stands first, the reason last.
            let reason = what.rsplit_once(": ").map_or(what.as_str(), |(_, reason)| reason);
            (6, format!("damaged diff: {reason}"))
        }
    }
}

fn problem(site: &Site<'_>, what: String, faults: &[&Fault]) -> Problem {
    let link = |fault: &&&Fault| {
        let id = site.archive.find(&fault.message_id)?;
        Some(Link::new(site.urls.mail(id), site.shown(&fault.message_id)))
    };
    let mut mails: Vec<Link> = faults.iter().filter_map(|fault| link(&fault)).collect();
    mails.dedup();
    let more = mails.len().saturating_sub(NAMED);
    mails.truncate(NAMED);
    Problem {
        what: site.shown(&what),
        count: faults.iter().map(|fault| fault.origin).collect::<BTreeSet<_>>().len() as u32,
        mails,
        more: (more > 0).then(|| format!("and {more} more")),
    }
}

/// Postings of which patches never arrived, newest first.
fn incomplete(site: &Site<'_>) -> Vec<Item> {
    let ids = (0..site.archive.postings.len() as u32).rev().map(PostingId);
    let item = |id: PostingId| {
        let posting = site.archive.posting(id);
        if posting.missing.is_empty() {
            return None;
        }
        Some(Item {
            href: site.urls.posting(id),
            title: site.title(&posting.title),
            note: format!("v{}, missing: {}", posting.version, ranges(&posting.missing)),
            count: None,
        })
    };
    ids.filter_map(item).take(LISTED).collect()
}

/// Ascending numbers with runs drawn together: `1–3, 7`.
fn ranges(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b));
    let words = runs.map(|run| match run {
        [first, .., last] => format!("{first}–{last}"),
        _ => run.iter().map(u32::to_string).collect(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A notice without absolute paths: pages are the same on every machine.
fn notice(site: &Site<'_>, diagnostic: &Diagnostic) -> Notice {
    let file = diagnostic.place.as_ref().map(|place| &place.file);
    let relative = file.map(|f| f.strip_prefix(&site.config.root).unwrap_or(f));
    let name = relative.map(|f| match f.is_absolute() {
        true => f.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        false => f.to_string_lossy().into_owned(),
    });
    let offset = diagnostic.place.as_ref().and_then(|place| place.offset);
    let line = diagnostic.place.as_ref().and_then(|place| place.line);
    let line = line.map(|line| format!(", line {line}"));
    let offset = line.or(offset.map(|offset| format!(", byte {offset}"))).unwrap_or_default();
    Notice { text: diagnostic.message.clone(), note: name.unwrap_or_default() + &offset }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_numbers_are_drawn_together() {
        assert_eq!(ranges(&[1, 2, 3, 7]), "1–3, 7");
        assert_eq!(ranges(&[4, 5]), "4–5");
        assert_eq!(ranges(&[u32::MAX]), u32::MAX.to_string());
    }
}

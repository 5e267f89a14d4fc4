//! Replies as a tree of nested lists, laid out flat: each message says how many lists open
//! and close around it, so that neither the builder nor a template recurses.
//!
//! A mail that others answer and that is not in the archive has a place in the tree where it
//! joins several answers; a single answer to it only says so.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::export::rfc3339;
use crate::archive::{Archive, Home, Kind, MailId, PostingId};
use crate::mail::Shown;
use crate::mail::body::Attachment;
use crate::site::Site;
use crate::site::escape::Html;
use crate::site::review::MarkView;
use crate::site::view::{Link, Title, minute, shown_title, size_words};

/// Lists that are nested in each other; deeper answers stand in the innermost. Every message
/// names whom it answers, so depth is never the only cue.
const DEEPEST: usize = 12;

/// A message of a conversation, or the place of one that is missing.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Message {
    /// Whether a list opens before it (else it follows in the list that is open).
    pub opens: bool,
    /// How many lists close before it.
    pub closes: usize,
    /// How many lists it is in.
    pub depth: usize,
    /// Whether it is not in the archive: then there is nothing of it but where it lives
    /// upstream, if that is known.
    pub missing: bool,
    /// The name of its anchor.
    pub anchor: String,
    /// The name of its anchor where its text is on a part page.
    #[serde(skip)]
    pub part_anchor: String,
    /// Who sent it.
    pub from: Link,
    /// When: `2025-04-18 09:14`.
    pub time: String,
    /// When, for machines.
    pub datetime: String,
    /// What it answers.
    pub to: Option<Answered>,
    /// Its subject, where it is not that of the mail it answers.
    pub subject: Option<Title>,
    /// Review marks it gives.
    pub marks: Vec<MarkView>,
    /// Where it lives upstream.
    pub upstream: Option<Link>,
    /// Its text; empty where it stands on another page.
    pub body: Html,
    /// Its attachments in words.
    pub attachments: Vec<String>,
    /// The page its text stands on, where that is another one.
    pub elsewhere: Option<Link>,
    /// Postings that were sent in answer to it.
    pub postings: Vec<Link>,
}

/// What a message answers: a name or a patch, linked to the message where there is one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Answered {
    /// Where to.
    pub href: Option<String>,
    /// `Ann Example` or `3/14`; with the time where another message stands between them at
    /// the same depth.
    pub text: String,
}

/// The postings that answer a mail, such as the patch that grew out of a discussion.
pub struct Offshoots(HashMap<MailId, Vec<PostingId>>);

impl Offshoots {
    /// Looks up all of them.
    pub fn of(archive: &Archive) -> Offshoots {
        let mut found: HashMap<MailId, Vec<PostingId>> = HashMap::new();
        for (posting, id) in archive.postings.iter().zip((0..).map(PostingId)) {
            if let Some(answered) = posting.answers {
                found.entry(answered).or_default().push(id);
            }
        }
        Offshoots(found)
    }

    /// The postings whose first mail answers a mail.
    pub fn from(&self, mail: MailId) -> &[PostingId] {
        self.0.get(&mail).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What stands in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Entry {
    Mail(MailId),
    /// A missing mail, by the first of its answers.
    Missing(MailId),
}

/// An entry and how many lists it is in, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    entry: Entry,
    depth: usize,
}

/// `mails` (by date) of the page `on` as a conversation about `title`: each message is
/// followed by its answers, by date. One whose parent is not among them begins a thread of
/// its own. `marks` gives the review marks of a mail.
pub fn conversation(
    site: &Site<'_>,
    (on, title): (Home, &str),
    mails: &[MailId],
    marks: impl Fn(MailId) -> Vec<MarkView>,
) -> Vec<Message> {
    let mut nesting = Nesting::default();
    let mut above = None;
    let placed = arrange(site.archive, mails).into_iter();
    let message = |Placed { entry, depth }: Placed| {
        let (opens, closes) = nesting.step(depth);
        let before = above.replace(entry);
        let flat = depth == DEEPEST && !opens;
        let message = match entry {
            Entry::Missing(answer) => {
                let to = site.archive.parent(answer);
                let to = to.map(|to| named(site, on, to, flat && before != Some(Entry::Mail(to))));
                Message { to, ..missing(site, answer) }
            }
            Entry::Mail(id) => {
                let to = answered(site, on, id, flat, before);
                Message { to, marks: marks(id), ..message(site, id, title) }
            }
        };
        Message { opens, closes, depth, ..message }
    };
    placed.map(message).collect()
}

/// The entries in the order of the page. Depth ends at [`DEEPEST`].
fn arrange(archive: &Archive, mails: &[MailId]) -> Vec<Placed> {
    let known: HashSet<MailId> = mails.iter().copied().collect();
    let mut joined: HashMap<(Option<MailId>, &str), (MailId, u32)> = HashMap::new();
    let parent = |mail| archive.parent(mail).filter(|parent| known.contains(parent));
    let ghost = |mail| Some((parent(mail), missing_parent(archive, mail)?));
    for key in mails.iter().filter_map(|mail| Some((ghost(*mail)?, *mail))) {
        joined.entry(key.0).or_insert((key.1, 0)).1 += 1;
    }
    let mut answers: HashMap<Option<Entry>, Vec<Entry>> = HashMap::new();
    for &mail in mails {
        let mut above = parent(mail).map(Entry::Mail);
        if let Some(&(first, 2..)) = ghost(mail).and_then(|ghost| joined.get(&ghost)) {
            if first == mail {
                answers.entry(above).or_default().push(Entry::Missing(first));
            }
            above = Some(Entry::Missing(first));
        }
        answers.entry(above).or_default().push(Entry::Mail(mail));
    }
    let mut placed = Vec::with_capacity(mails.len());
    let mut waiting: Vec<Placed> = Vec::new();
    let mut below = |entry: Option<Entry>, depth: usize, waiting: &mut Vec<Placed>| {
        let entries = answers.remove(&entry).unwrap_or_default();
        let depth = depth.min(DEEPEST);
        waiting.extend(entries.into_iter().rev().map(|entry| Placed { entry, depth }));
    };
    below(None, 1, &mut waiting);
    while let Some(next) = waiting.pop() {
        placed.push(next);
        below(Some(next.entry), next.depth + 1, &mut waiting);
    }
    placed
}

/// The Message-ID that a mail answers, where no mail of the archive has it.
fn missing_parent(archive: &Archive, mail: MailId) -> Option<&str> {
    let answered = archive.mail(mail).references().last()?;
    archive.find(answered).is_none().then_some(answered)
}

/// How many lists open and close before each of the entries, one call for each in order.
#[derive(Clone, Copy, Debug, Default)]
struct Nesting(usize);

impl Nesting {
    /// Whether a list opens before an entry at `depth`, and how many close.
    fn step(&mut self, depth: usize) -> (bool, usize) {
        let before = std::mem::replace(&mut self.0, depth);
        (depth > before, before.saturating_sub(depth))
    }
}

/// A message without its place in the conversation about `title`.
fn message(site: &Site<'_>, id: MailId, title: &str) -> Message {
    let mail = site.archive.mail(id);
    let body = site.bodies.mail(id);
    let posting = |id: &PostingId| Link::new(site.urls.posting(*id), posting_words(site, *id));
    Message {
        anchor: site.urls.anchor(id).to_string(),
        part_anchor: site.urls.copy_anchor(id),
        from: site.person_link(site.archive.sender(id)),
        time: minute(mail.date()),
        datetime: rfc3339(mail.date()),
        subject: new_subject(site, id, title),
        upstream: site.upstream_link(id),
        body: site.message(&body),
        attachments: attachments(site, &body),
        postings: site.offshoots.from(id).iter().map(posting).collect(),
        ..Message::default()
    }
}

/// The place of the missing mail that `answer` answers.
fn missing(site: &Site<'_>, answer: MailId) -> Message {
    Message { missing: true, upstream: missing_upstream(site, answer), ..Message::default() }
}

/// Where the missing mail that `answer` answers lives upstream. Nothing leads to one that is
/// left out on purpose.
fn missing_upstream(site: &Site<'_>, answer: MailId) -> Option<Link> {
    let id = missing_parent(site.archive, answer)?;
    let is_id = id.contains('@') && !id.contains(char::is_whitespace);
    let left_out = site.config.exclude.iter().any(|excluded| excluded == id);
    let lists = &site.archive.mail(answer).lists();
    (is_id && !left_out).then(|| site.upstream_link_of(lists, id))?
}

/// A posting's title and version.
fn posting_words(site: &Site<'_>, id: PostingId) -> String {
    let posting = site.archive.posting(id);
    format!("{}, v{}", shown_title(&site.shown(&posting.title)), posting.version)
}

/// A mail's subject, where it says something else than that of the mail it answers, or than
/// the conversation's `title` where it answers none that is here.
fn new_subject(site: &Site<'_>, id: MailId, title: &str) -> Option<Title> {
    let own = site.archive.mail(id).title();
    let above = site.archive.parent(id).map(|parent| site.archive.mail(parent).title());
    let same = own.is_empty() || same_subject(own, above.unwrap_or(title));
    (!same).then(|| site.title(own))
}

/// Whether two titles are the same, whatever their case and blanks, and whatever one of them
/// says that it was called before.
fn same_subject(a: &str, b: &str) -> bool {
    let words = |title: &str| {
        let title = title.to_lowercase();
        let now = title.split("(was").next().map(str::trim).filter(|now| !now.is_empty());
        now.unwrap_or(&title).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    a == b || words(a) == words(b)
}

/// What a mail answers, with the time where that is not the message `before` it although both
/// are at one depth.
fn answered(
    site: &Site<'_>,
    on: Home,
    id: MailId,
    flat: bool,
    before: Option<Entry>,
) -> Option<Answered> {
    if missing_parent(site.archive, id).is_some() {
        let href = missing_upstream(site, id).map(|link| link.href);
        return Some(Answered { href, text: "a mail that is not here".to_string() });
    }
    let parent = site.archive.parent(id)?;
    Some(named(site, on, parent, flat && before != Some(Entry::Mail(parent))))
}

/// A mail that is answered, in a word: its number in the posting, or its sender; with its time
/// where that has to tell it from others.
fn named(site: &Site<'_>, on: Home, id: MailId, with_time: bool) -> Answered {
    let mail = site.archive.mail(id);
    let mut text = match (site.archive.kind(id), mail.subject().index, mail.subject().total) {
        (Kind::Cover | Kind::Patch, Some(index), Some(total)) => format!("{index}/{total}"),
        _ => site.person_link(site.archive.sender(id)).text,
    };
    if with_time {
        text = format!("{text}, {}", minute(mail.date()));
    }
    Answered { href: Some(site.urls.mail_from(on, id)), text }
}

/// A mail's attachments in words: name, type and size.
pub fn attachments(site: &Site<'_>, mail: &Shown) -> Vec<String> {
    let words = |a: &Attachment| {
        let name = if a.name.is_empty() { "without a name" } else { &a.name };
        site.shown(&format!("{name}, {}, {}", a.mime, size_words(a.size)))
    };
    mail.body.attachments.iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_open_and_close_as_depth_changes() {
        let mut nesting = Nesting::default();
        let steps: Vec<_> =
            [1, 2, 3, 3, 1, 2].into_iter().map(|depth| nesting.step(depth)).collect();
        assert_eq!(steps, [(true, 0), (true, 0), (true, 0), (false, 0), (false, 2), (true, 0)]);
    }

    #[test]
    fn subjects_change_with_their_words_only() {
        assert!(same_subject("gc: Stalls on  resume", "GC: stalls on resume"));
        assert!(same_subject("new things (was: old things)", "New things"));
        assert!(same_subject("(was: old)", "(was: old)"));
        assert!(!same_subject("new things (was: old things)", "old things"));
        assert!(!same_subject("a", "a b"));
    }
}

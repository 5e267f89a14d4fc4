//! Replies as a tree of nested lists, laid out flat: each message says how many lists open
//! and close around it, so that neither the builder nor a template recurses.

use std::collections::HashMap;

use serde::Serialize;

use crate::archive::export::rfc3339;
use crate::archive::{Archive, Home, MailId};
use crate::mail::Shown;
use crate::mail::body::Attachment;
use crate::site::Site;
use crate::site::escape::Html;
use crate::site::review::MarkView;
use crate::site::view::{Link, minute, size_words};

/// Lists that are nested in each other; deeper answers stand in the innermost. Every message
/// names whom it answers, so depth is never the only cue.
const DEEPEST: usize = 12;

/// A message of a conversation.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Whether a list opens before it (else it follows in the list that is open).
    pub opens: bool,
    /// How many lists close before it.
    pub closes: usize,
    /// How many lists it is in.
    pub depth: usize,
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
    /// What it answers: a name or a patch, linked to the message.
    pub to: Option<Link>,
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
}

/// A message of a conversation and where it stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The mail.
    pub mail: MailId,
    /// How many lists it is in, from 1.
    pub depth: usize,
}

/// `mails` (by date) in the order of a thread: each message is followed by its answers, by
/// date. A mail whose parent is not among them begins a thread of its own. Depth ends at
/// [`DEEPEST`].
pub fn arrange(archive: &Archive, mails: &[MailId]) -> Vec<Placed> {
    let known: HashMap<MailId, ()> = mails.iter().map(|m| (*m, ())).collect();
    let mut answers: HashMap<MailId, Vec<MailId>> = HashMap::new();
    let mut waiting: Vec<Placed> = Vec::new();
    for &mail in mails.iter().rev() {
        match archive.parent(mail).filter(|parent| known.contains_key(parent)) {
            Some(parent) => answers.entry(parent).or_default().push(mail),
            None => waiting.push(Placed { mail, depth: 1 }),
        }
    }
    let mut placed = Vec::with_capacity(mails.len());
    while let Some(next) = waiting.pop() {
        placed.push(next);
        let depth = (next.depth + 1).min(DEEPEST);
        let below = answers.remove(&next.mail).unwrap_or_default();
        waiting.extend(below.into_iter().map(|mail| Placed { mail, depth }));
    }
    placed
}

/// How many lists open and close before each of `placed`, one call for each in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nesting(usize);

impl Nesting {
    /// Whether a list opens before a message at `depth`, and how many close.
    pub fn step(&mut self, depth: usize) -> (bool, usize) {
        let before = std::mem::replace(&mut self.0, depth);
        (depth > before, before.saturating_sub(depth))
    }
}

/// A message of the page `on` without review marks; `nesting` has seen those before it.
pub fn message(site: &Site<'_>, on: Home, placed: Placed, nesting: &mut Nesting) -> Message {
    let id = placed.mail;
    let mail = site.archive.mail(id);
    let body = site.bodies.mail(id);
    let (opens, closes) = nesting.step(placed.depth);
    Message {
        opens,
        closes,
        depth: placed.depth,
        anchor: site.urls.anchor(id).to_string(),
        part_anchor: site.urls.copy_anchor(id),
        from: site.person_link(site.archive.sender(id)),
        time: minute(mail.date),
        datetime: rfc3339(mail.date),
        to: site.archive.parent(id).map(|parent| answered(site, on, parent)),
        marks: Vec::new(),
        upstream: site.upstream_link(id),
        body: site.message(&body),
        attachments: attachments(site, &body),
        elsewhere: None,
    }
}

/// The mail that is answered, in a word: its number in the posting, or its sender.
fn answered(site: &Site<'_>, on: Home, parent: MailId) -> Link {
    let subject = &site.archive.mail(parent).subject;
    let text = match (site.archive.kind(parent), subject.index, subject.total) {
        (crate::archive::Kind::Cover | crate::archive::Kind::Patch, Some(index), Some(total)) => {
            format!("{index}/{total}")
        }
        _ => site.person_link(site.archive.sender(parent)).text,
    };
    Link { href: site.urls.mail_from(on, parent), text }
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
}

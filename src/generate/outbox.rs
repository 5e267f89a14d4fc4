//! Mails in the order of their dates: written to monthly files as the list's clock goes on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;

use serde::Serialize;

use super::calendar;
use super::tree::{Draft, Tree};

/// What is true of a mail: a line of `truth.jsonl`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Truth {
    /// Message-ID without brackets.
    pub mid: String,
    /// `cover`, `patch`, `reply`, `pull` (a pull request without patches), `discussion` (any
    /// mail of a thread without patches) or `resend` (a cover or patch that is sent again at
    /// the same version).
    pub kind: &'static str,
    /// Number of its series; null for replies and discussions.
    pub series: Option<u32>,
    /// Its version, or that of the patch it answers.
    pub version: Option<u32>,
    /// k of k/n; 0 for a cover.
    pub i: Option<u32>,
    /// n of k/n, 1 for a patch without a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// The mail it answers.
    pub parent: Option<String>,
    /// Review trailers it gives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trailers: Vec<String>,
    /// For the reply that says so: series and version that were applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<(u32, u32)>,
    /// Title without prefix, or for a reply its subject.
    pub subject: String,
    /// The sender's own address.
    pub from: String,
    /// When it was sent, in seconds since 1970.
    pub date: i64,
}

/// Something that will happen at a time.
pub enum Event {
    /// A mail arrives.
    Mail {
        /// Its bytes.
        bytes: Vec<u8>,
        /// What is true of it.
        truth: Box<Truth>,
    },
    /// Work on files ends, and they become part of the tree or not.
    Settle {
        /// The files.
        draft: Draft,
        /// Whether they become part of the tree.
        merged: bool,
    },
}

struct Queued {
    at: i64,
    order: u64,
    event: Event,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Receives parts of files: the file's name, and bytes to append to it.
pub type Sink<'a> = dyn FnMut(&str, &[u8]) -> io::Result<()> + 'a;

/// Events that are still to come.
#[derive(Default)]
pub struct Outbox {
    queue: BinaryHeap<Reverse<Queued>>,
    order: u64,
    left: u32,
    truth: bool,
    line: Vec<u8>,
}

impl Outbox {
    /// An empty one for a list of `mails`; `truth` says whether to write `truth.jsonl` too.
    pub fn new(mails: u32, truth: bool) -> Outbox {
        Outbox { left: mails, truth, ..Outbox::default() }
    }

    /// Whether the list has all its mails. What is still to come stays untold.
    pub fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Adds an event.
    pub fn push(&mut self, at: i64, event: Event) {
        self.order += 1;
        self.queue.push(Reverse(Queued { at, order: self.order, event }));
    }

    /// Lets happen what is due up to `now`. Fails as the sink does.
    pub fn advance(&mut self, now: i64, tree: &mut Tree, sink: &mut Sink<'_>) -> io::Result<()> {
        while self.queue.peek().is_some_and(|Reverse(next)| next.at <= now) {
            let Some(Reverse(next)) = self.queue.pop() else { break };
            match next.event {
                Event::Mail { bytes, truth } => self.deliver(&bytes, &truth, sink)?,
                Event::Settle { draft, merged } => tree.settle(draft, merged),
            }
        }
        Ok(())
    }

    /// Appends a mail to the mboxrd file of its month, and its truth to `truth.jsonl`.
    fn deliver(&mut self, bytes: &[u8], truth: &Truth, sink: &mut Sink<'_>) -> io::Result<()> {
        if self.is_full() {
            return Ok(());
        }
        self.left -= 1;
        self.line.clear();
        let separator = format!("From {} {}\n", truth.from, calendar::asctime(truth.date));
        self.line.extend_from_slice(separator.as_bytes());
        quote(bytes, &mut self.line);
        self.line.push(b'\n');
        sink(&format!("{}.mbox", calendar::month(truth.date)), &self.line)?;
        if self.truth {
            let mut line = serde_json::to_vec(truth)?;
            line.push(b'\n');
            sink("truth.jsonl", &line)?;
        }
        Ok(())
    }
}

/// mboxrd: a line of `>`s and `From ` gets one `>` more.
fn quote(bytes: &[u8], out: &mut Vec<u8>) {
    let mut done = 0;
    for at in memchr::memmem::find_iter(bytes, b"From ") {
        let start = bytes[..at].iter().rposition(|b| *b != b'>').map_or(0, |i| i + 1);
        if start == 0 || bytes[start - 1] == b'\n' {
            out.extend_from_slice(&bytes[done..start]);
            out.push(b'>');
            done = start;
        }
    }
    out.extend_from_slice(&bytes[done..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_lines_are_quoted_once_more() {
        let mut out = Vec::new();
        quote(b"From a\nx From b\n>From c\n>>From d\n> From e\n", &mut out);
        assert_eq!(out, b">From a\nx From b\n>>From c\n>>>From d\n> From e\n");
    }
}

//! One mail: bytes in, a value and its faults out.
//!
//! [`parse`] never fails and does no IO: whatever the bytes, there is a [`Mail`] that shows
//! as much of them as can be shown, and a list of [`Fault`]s that says what was wrong.
//! How mails belong together is decided in [`crate::archive`].

pub mod address;
pub mod amend;
pub mod body;
pub mod changelog;
pub mod charset;
pub mod date;
mod flowed;
pub mod header;
mod html;
mod mime;
pub mod patch;
pub mod subject;
pub mod trailer;
mod transfer;

pub use address::Address;
pub use body::{Attachment, Body};
pub use date::{Date, DateSource};
pub use patch::{ChangeKind, FileChange, Patch, PatchId};
pub use subject::{Revision, Subject};
pub use trailer::Trailer;

use std::collections::HashSet;

use sha1::{Digest, Sha1};

use body::Reading;
use header::Headers;

/// One mail, read as well as it can be.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Message-ID without angle brackets, as sent otherwise; derived from the content
    /// where there is none (then [`Fault::NoMessageId`] is reported).
    pub message_id: String,
    /// The Message-ID of the message that a list wrapped into this one to get it past DMARC:
    /// the other patches of its series refer to it by that.
    pub enclosed_id: Option<String>,
    /// Message-IDs of `References`, oldest first, with that of `In-Reply-To` last where it
    /// is not among them; without brackets, no duplicates, never the mail's own.
    pub references: Vec<String>,
    /// The mail this one answers: the first Message-ID of `In-Reply-To`.
    pub in_reply_to: Option<String>,
    /// When it was sent.
    pub date: Date,
    /// Who sent it: the From header, with a list's DMARC rewriting undone.
    pub from: Address,
    /// Who wrote the patch: the in-body From where there is one, else `from`.
    pub author: Address,
    /// The To header.
    pub to: Vec<Address>,
    /// The Cc header.
    pub cc: Vec<Address>,
    /// The identifier in List-Id (`kvm.vger.kernel.org`), if any.
    pub list_id: Option<String>,
    /// The subject as text: decoded, unfolded, white space as git has it.
    pub subject_text: String,
    /// What the subject says.
    pub subject: Subject,
    /// The text to read, and what else came with it.
    pub body: Body,
    /// How the body divides; a mail without a diff has an empty `diff`.
    pub patch: Patch,
    /// Trailers of the commit message, or of the unquoted lines of a reply.
    pub trailers: Vec<Trailer>,
}

/// What a mail's page shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The text to read, and what else came with it.
    pub body: Body,
    /// How the body divides, without a patch-id.
    pub patch: Patch,
}

/// Something about a mail that isn't as it should be. The mail is shown all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// There is no Message-ID; one was derived from the content.
    #[error("no Message-ID; one was derived from its content")]
    NoMessageId,
    /// No Date, or one that can't be true; where the date was taken from instead.
    #[error("date `{given}` not usable; taken from {used}")]
    BadDate {
        /// What the header said.
        given: String,
        /// What was used instead, in words.
        used: &'static str,
    },
    /// There is no From.
    #[error("no From header")]
    NoFrom,
    /// A charset that nobody knows; what it was read as instead.
    #[error("unknown charset `{0}`; read as UTF-8 or windows-1252")]
    UnknownCharset(String),
    /// A MIME structure or transfer encoding that doesn't hold together.
    #[error("broken MIME: {0}")]
    BrokenMime(String),
    /// There is nothing in it.
    #[error("an empty mail")]
    Empty,
    /// The diff does not hold what its headers promise.
    #[error("damaged diff: {0}")]
    DamagedDiff(String),
}

/// Reads one mail. `raw` is the message with mbox quoting undone; `separator` is the mbox
/// `From ` line, whose date is the last resort.
pub fn parse(raw: &[u8], separator: Option<&[u8]>) -> (Mail, Vec<Fault>) {
    let mut faults = Vec::new();
    if raw.trim_ascii().is_empty() {
        faults.push(Fault::Empty);
    }
    let (headers, bytes) = headers_of(raw);
    let people = People::read(&headers);
    let via_list = address::via_name(&people.from.name).is_some();
    let Reading { body, wrapped } = body::read(&headers, bytes, via_list, &mut faults);
    let wrapped = wrapped.as_deref().map(headers_of).map(|(headers, _)| headers);
    let from = people.sender(&headers, wrapped.as_ref());
    if headers.first("From").is_none() {
        faults.push(Fault::NoFrom);
    }

    let subject_text = headers.text("Subject").unwrap_or_default();
    let subject = subject::parse(&subject_text);
    let (patch, damage) = patch::split(&body.text);
    faults.extend(damage);
    let date = date_of(&headers, separator, &mut faults);
    let message_id = message_id_of(&headers, &body.text, &mut faults);
    let (in_reply_to, references) = references_of(&headers, &message_id);
    let mail = Mail {
        enclosed_id: wrapped.as_ref().and_then(own_message_id).filter(|id| *id != message_id),
        author: author_of(&patch, &body.text, &from),
        trailers: trailers_of(&subject, &patch, &body.text),
        list_id: headers.text("List-Id").and_then(|value| list_id_of(&value)),
        message_id,
        references,
        in_reply_to,
        date,
        from,
        to: people.to,
        cc: people.cc,
        subject_text,
        subject,
        body,
        patch,
    };
    (mail, faults)
}

/// Reads what is shown of a mail whose facts are known from [`parse`]: as it does, without what
/// only they need, which is most of the work.
pub fn read_shown(raw: &[u8]) -> Shown {
    let (headers, bytes) = headers_of(raw);
    let via_list = address::via_name(&from_of(&headers).name).is_some();
    let body = body::read(&headers, bytes, via_list, &mut Vec::new()).body;
    let (patch, _) = patch::split_only(&body.text);
    Shown { body, patch }
}

/// The headers, their unencoded 8-bit text read in the charset of the body, and the body.
fn headers_of(raw: &[u8]) -> (Headers<'_>, &[u8]) {
    let (mut headers, body) = Headers::read(raw);
    if !raw[..raw.len() - body.len()].is_ascii() {
        headers.set_charset(mime::Part::read(&headers, &[]).charset());
    }
    (headers, body)
}

/// The people a mail's headers name.
struct People {
    from: Address,
    to: Vec<Address>,
    cc: Vec<Address>,
}

impl People {
    fn read(headers: &Headers<'_>) -> People {
        let (to, cc) = (addresses(headers, "To"), addresses(headers, "Cc"));
        People { from: from_of(headers), to, cc }
    }

    /// Who sent the mail: From, with a list's rewriting undone by the message it wrapped or
    /// by the headers it moved the address to.
    fn sender(&self, headers: &Headers<'_>, wrapped: Option<&Headers<'_>>) -> Address {
        let original = wrapped
            .and_then(|inner| inner.unfolded("From"))
            .or_else(|| headers.unfolded("X-Original-From"));
        let rewritten = original.is_some() || address::via_name(&self.from.name).is_some();
        if !rewritten {
            return self.from.clone();
        }
        let original = original.and_then(|value| address::parse_one(&value));
        let reply_to = addresses(headers, "Reply-To");
        address::undo_dmarc(&self.from, original, &reply_to, &self.cc)
            .unwrap_or_else(|| self.from.clone())
    }
}

/// The From header as it is; empty where there is none.
fn from_of(headers: &Headers<'_>) -> Address {
    let from = headers.unfolded("From").or_else(|| headers.unfolded("Sender"));
    from.and_then(|value| address::parse_one(&value)).unwrap_or_default()
}

/// The addresses of every field of that name, in order.
fn addresses(headers: &Headers<'_>, name: &'static str) -> Vec<Address> {
    headers.all(name).flat_map(|value| address::parse_list(&headers.unfold(value))).collect()
}

/// Who wrote the patch. Without a diff there is no patch, and an in-body From is that of a
/// cover letter's sender or a quotation; git has it the same way.
fn author_of(patch: &Patch, text: &str, from: &Address) -> Address {
    let in_body = if patch.has_diff() { patch::in_body_headers(text).from } else { None };
    in_body.filter(|author| author.email.contains('@')).unwrap_or_else(|| from.clone())
}

fn trailers_of(subject: &Subject, patch: &Patch, text: &str) -> Vec<Trailer> {
    let own = patch.has_diff() || subject.patch || subject.pull;
    if own && !subject.reply {
        trailer::of_message(text.get(patch.message.clone()).unwrap_or_default())
    } else {
        trailer::of_reply(text)
    }
}

/// When it was sent; reports a Date header that was not used.
fn date_of(headers: &Headers<'_>, separator: Option<&[u8]>, faults: &mut Vec<Fault>) -> Date {
    let header = headers.all("Date").find_map(|value| date::parse(&headers.unfold(value)));
    let received = headers.all("Received");
    let received = received.filter_map(|value| date::of_received(&headers.unfold(value))).next();
    let separator = separator.map(String::from_utf8_lossy);
    let date = date::choose(header, received, separator.as_deref());
    if date.source != DateSource::Header {
        let given = headers.text("Date").unwrap_or_default();
        faults.push(Fault::BadDate { given, used: date.source.in_words() });
    }
    date
}

fn own_message_id(headers: &Headers<'_>) -> Option<String> {
    headers.all("Message-ID").find_map(|value| header::message_id(&headers.unfold(value)))
}

/// The Message-ID, or one made of what every copy of the mail has: two lists that carry it
/// give it the same one.
fn message_id_of(headers: &Headers<'_>, text: &str, faults: &mut Vec<Fault>) -> String {
    if let Some(id) = own_message_id(headers) {
        return id;
    }
    faults.push(Fault::NoMessageId);
    let mut hash = Sha1::new();
    for name in ["Date", "From", "Subject"] {
        hash.update(headers.text(name).unwrap_or_default());
        hash.update(b"\n");
    }
    hash.update(text.trim_end());
    let id = PatchId(hash.finalize().into());
    format!("{id}@derived.invalid")
}

/// The mail answered, and all mails referred to, oldest first.
fn references_of(headers: &Headers<'_>, own: &str) -> (Option<String>, Vec<String>) {
    let mut references: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for value in headers.all("References") {
        for id in header::message_ids(&headers.unfold(value)) {
            if id != own && seen.insert(id.clone()) {
                references.push(id);
            }
        }
    }
    let answered = headers.all("In-Reply-To");
    let in_reply_to = answered
        .filter_map(|value| header::in_reply_to(&headers.unfold(value)))
        .find(|id| id != own);
    if let Some(id) = in_reply_to.as_ref().filter(|id| !seen.contains(*id)) {
        references.push(id.clone());
    }
    (in_reply_to, references)
}

/// `kvm.vger.kernel.org` of `KVM list <kvm.vger.kernel.org>` (RFC 2919).
fn list_id_of(value: &str) -> Option<String> {
    let id = match value.rsplit_once('<') {
        Some((_, id)) => id.split('>').next()?,
        None => value,
    };
    let id = id.trim();
    (!id.is_empty()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Mail {
        parse(raw.as_bytes(), None).0
    }

    fn faults(raw: &str) -> Vec<Fault> {
        parse(raw.as_bytes(), None).1
    }

    #[test]
    fn references_end_with_the_mail_answered() {
        let mail = read(
            "Message-ID: <me@x>\nReferences: <a@x> <b@x>\nReferences: <b@x> <me@x> <c@x>\n\
             In-Reply-To: <me@x>\nIn-Reply-To: <d@x> <e@x>\n\n",
        );
        assert_eq!(mail.references, ["a@x", "b@x", "c@x", "d@x"]);
        assert_eq!(mail.in_reply_to.as_deref(), Some("d@x"));
    }

    #[test]
    fn a_missing_message_id_depends_on_the_content_alone() {
        let mail = "From: a@x\nSubject: s\nDate: 10 Jun 2025 17:54 +0000\n\ntext\n";
        let crlf = format!("Received: by y\r\n{}\r\n", mail.replace('\n', "\r\n"));
        let id = read(mail).message_id;
        assert!(id.ends_with("@derived.invalid") && id.len() > 40, "{id}");
        assert_eq!(read(&crlf).message_id, id);
        assert_ne!(read(&mail.replace("text", "other")).message_id, id);
        assert_eq!(faults(mail), [Fault::NoMessageId]);
    }

    #[test]
    fn nothing_at_all() {
        let (mail, faults) = parse(b"", None);
        assert_eq!(mail.date.source, DateSource::Unknown);
        assert_eq!(mail.subject_text, "");
        let date = Fault::BadDate { given: String::new(), used: DateSource::Unknown.in_words() };
        assert_eq!(faults, [Fault::Empty, Fault::NoFrom, date, Fault::NoMessageId]);
    }

    #[test]
    fn the_date_falls_back_and_says_so() {
        let raw = b"Message-ID: <a@x>\nFrom: a@x\nDate: 1 Jan 1980 00:00 +0000\n\n";
        let (mail, faults) = parse(raw, Some(b"From a@x Tue Jun 10 17:54:03 2025"));
        assert_eq!(date::minute(mail.date.at), "2025-06-10 17:54");
        let given = "1 Jan 1980 00:00 +0000".into();
        assert_eq!(faults, [Fault::BadDate { given, used: "the separator line" }]);
    }

    #[test]
    fn the_sender_behind_a_list() {
        let mail = read(
            "From: Ann Lee via list <list@x>\nReply-To: list@x, Ann Lee <ann@y>\n\
             X-Original-From: \n\n",
        );
        assert_eq!((mail.from.name.as_str(), mail.from.email.as_str()), ("Ann Lee", "ann@y"));
        let mail = read("From: Ann <list@x>\nX-Original-From: Ann <ann@y>\n\n");
        assert_eq!(mail.from.email, "ann@y");
    }

    #[test]
    fn a_wrapped_mail_is_that_of_its_author() {
        let mail = read(
            "From: Ann via list <list@x>\nMessage-ID: <outer@x>\nSubject: [list] s\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\n\nThis was wrapped.\n--b\n\
             Content-Type: message/rfc822\n\nFrom: Ann Lee <ann@y>\nMessage-ID: <inner@y>\n\n\
             text\n--b--\n",
        );
        assert_eq!(mail.from.email, "ann@y");
        assert_eq!(
            (mail.message_id.as_str(), mail.enclosed_id.as_deref()),
            ("outer@x", Some("inner@y"))
        );
        assert_eq!((mail.subject_text.as_str(), mail.body.text.as_str()), ("[list] s", "text"));
    }

    #[test]
    fn what_is_shown_of_a_mail_is_what_was_parsed_of_it() {
        let patch =
            "why\n---\n f | 1 +\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+x\n-- \n2\n";
        let wrapped = "From: Ann via list <list@x>\nContent-Type: message/rfc822\n\n\
                       From: Ann <ann@y>\n\n> quoted\ntext\n-- \nAnn\n";
        for raw in [format!("From: ann@y\n\n{patch}"), wrapped.to_owned(), String::new()] {
            let (mut mail, shown) = (read(&raw), read_shown(raw.as_bytes()));
            mail.patch.patch_id = None;
            assert_eq!((shown.body, shown.patch), (mail.body, mail.patch), "{raw}");
        }
    }

    #[test]
    fn the_author_of_a_patch_is_named_in_its_text() {
        let text = "From: Bob <bob@x>\n\nwhy\n---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n\
                    @@ -1 +1 @@\n-a\n+b\n";
        assert_eq!(
            read(&format!("From: ann@x\nSubject: [PATCH] s\n\n{text}")).author.email,
            "bob@x"
        );
        let quoting = "From: ann@x\nSubject: s\n\nFrom: Bob <bob@x>\n\nwhy\n";
        assert_eq!(read(quoting).author.email, "ann@x");
    }

    #[test]
    fn list_ids() {
        assert_eq!(list_id_of("A list <a.x.org> "), Some("a.x.org".into()));
        assert_eq!(list_id_of("a.x.org"), Some("a.x.org".into()));
        assert_eq!(list_id_of("<>"), None);
    }

    #[test]
    fn headers_in_the_charset_of_the_body() {
        let raw = b"Subject: \xc4\xe3\nContent-Type: text/plain; charset=gbk\n\n\xc4\xe3\n";
        let mail = parse(raw, None).0;
        assert_eq!((mail.subject_text.as_str(), mail.body.text.as_str()), ("你", "你\n"));
    }
}

//! A posting's mails and their answers as HTML: which part of a mail is shown how.
//!
//! The commit message stands open, notes and diffstat are folded, the diff is cut by file.
//! How text and diffs are laid out is [`super::text`]'s and [`super::diff`]'s.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{MailId, Posting, PostingId, ReviewTrailer};
use crate::config::Diffs;
use crate::mail::Shown;
use crate::site::Site;
use crate::site::conversation::attachments;
use crate::site::diff;
use crate::site::escape::Html;
use crate::site::ledger;
use crate::site::links::Inline;
use crate::site::review::given_in;
use crate::site::text::{self, Length};
use crate::site::view::Link;

/// A cover letter, or the text of a pull request.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    /// Its text, folded where it is long, and its shortlog and diffstat below.
    pub body: Html,
    /// Its attachments in words.
    pub attachments: Vec<String>,
}

/// A patch.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// The commit message without its trailers.
    pub message: Html,
    /// The trailers: those of the message, then those that came with the cover and replies.
    pub trailers: Vec<TrailerView>,
    /// Notes and diffstat, folded.
    pub notes: Html,
    /// The diff, a fold a file; empty if the site shows none.
    pub diffs: Html,
    /// Its attachments in words.
    pub attachments: Vec<String>,
}

/// A trailer below a commit message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrailerView {
    /// The whole line, as written.
    pub text: Html,
    /// The mail it was collected from; none for those of the message itself.
    pub from: Option<Link>,
}

impl Site<'_> {
    /// Runs `work` with what running text is read with: Message-IDs of mails that the site
    /// has lead to them.
    pub(super) fn inline<T>(&self, work: impl FnOnce(&Inline<'_>) -> T) -> T {
        let resolve = |message_id: &str| {
            let found = self.archive.find(message_id).map(|id| self.urls.mail(id));
            ledger::looked_up(message_id, found.as_deref());
            found
        };
        work(&Inline { resolve: &resolve, addresses: self.config.addresses })
    }

    /// A cover letter.
    pub fn cover(&self, mail: &Shown) -> Cover {
        let text = &mail.body.text;
        let end = clamped(text, mail.patch.message.start, mail.patch.message.end).end;
        let start = mail.patch.message.start.min(end);
        let stat = match mail.patch.diffstat.is_empty() {
            true => end,
            false => shortlog_start(text, start, mail.patch.diffstat.start.clamp(start, end)),
        };
        self.inline(|inline| {
            let mut body =
                text::mail(slice(text, start, stat), inline, Length::Folded("the cover letter"));
            let rest = text::verbatim(slice(text, stat, end), inline);
            body.push(&text::fold("Patches and diffstat", &rest));
            Cover { body, attachments: attachments(self, mail) }
        })
    }

    /// A patch of a posting, without its diff: see [`Site::diffs`].
    pub fn letter(&self, posting: PostingId, id: MailId, mail: &Shown) -> Letter {
        let text = &mail.body.text;
        let patch = &mail.patch;
        let message = slice(text, patch.message.start, patch.message.end);
        let (prose, own) = text::split_trailers(message);
        self.inline(|inline| Letter {
            message: text::mail(prose, inline, Length::Folded("the commit message")),
            trailers: self.trailers(posting, id, &own, inline),
            notes: notes(mail, inline),
            diffs: Html::default(),
            attachments: attachments(self, mail),
        })
    }

    /// A patch as a published text prints it: without its diff, and only with its own trailers.
    pub fn published_letter(&self, mail: &Shown) -> Letter {
        let (text, patch) = (&mail.body.text, &mail.patch);
        let (prose, own) =
            text::split_trailers(slice(text, patch.message.start, patch.message.end));
        let late = slice(text, patch.late_notes.start, patch.late_notes.end);
        self.inline(|inline| {
            let trailers = own.iter();
            let mut notes = notes(mail, inline);
            notes.push(&text::mail(late, inline, Length::Whole));
            Letter {
                message: text::mail(prose, inline, Length::Folded("the commit message")),
                trailers: trailers
                    .map(|line| TrailerView { text: text::line(line, inline), from: None })
                    .collect(),
                notes,
                ..Letter::default()
            }
        })
    }

    /// The diff of a patch, as the configuration says.
    pub fn diffs(&self, mail: &Shown) -> Html {
        let view = diff::View { diffs: self.config.diffs, addresses: self.config.addresses };
        match self.config.diffs {
            Diffs::None => Html::default(),
            Diffs::Inline | Diffs::Collapsed => {
                diff::patch(&mail.body.text, &mail.patch.files, view)
            }
        }
    }

    /// The whole text of an answer or of a mail in a discussion.
    pub fn message(&self, mail: &Shown) -> Html {
        self.inline(|inline| text::mail(&mail.body.text, inline, Length::Whole))
    }

    fn trailers(
        &self,
        id: PostingId,
        patch: MailId,
        own: &[&str],
        inline: &Inline<'_>,
    ) -> Vec<TrailerView> {
        let posting = self.archive.posting(id);
        let own = own.iter().map(|line| TrailerView { text: text::line(line, inline), from: None });
        let is_single = posting.patches.len() == 1;
        let collected = posting.trailers.iter().filter(|t| {
            t.patch == patch && t.given_in != patch && (is_single || !is_for_all(self, posting, t))
        });
        own.chain(collected.map(|t| self.trailer(posting, t, inline))).collect()
    }

    /// The trailers that a posting's cover letter or an answer to it gives to every patch.
    /// They are shown once, since a long series may have many.
    pub fn trailers_for_all(&self, posting: &Posting) -> Vec<TrailerView> {
        let Some(first) = posting.patches.first().filter(|_| posting.patches.len() > 1) else {
            return Vec::new();
        };
        let on_first = posting.trailers.iter().filter(|t| t.patch == first.mail);
        let for_all = on_first.filter(|t| is_for_all(self, posting, t));
        self.inline(|inline| for_all.map(|t| self.trailer(posting, t, inline)).collect())
    }

    fn trailer(&self, posting: &Posting, t: &ReviewTrailer, inline: &Inline<'_>) -> TrailerView {
        TrailerView {
            text: text::line(&format!("{}: {}", t.name, t.value), inline),
            from: Some(given_in(self, posting, t)),
        }
    }
}

/// Whether a trailer counts for every patch of a posting: it stands in the cover letter or
/// in what answers it, through whatever mails.
fn is_for_all(site: &Site<'_>, posting: &Posting, trailer: &ReviewTrailer) -> bool {
    let Some(cover) = posting.cover else { return false };
    let mut at = Some(trailer.given_in);
    while let Some(mail) = at {
        if mail == cover {
            return true;
        }
        if mail == trailer.patch {
            return false;
        }
        at = site.archive.parent(mail);
    }
    false
}

/// Notes, diffstat and what follows the diff, folded.
fn notes(mail: &Shown, inline: &Inline<'_>) -> Html {
    let (text, patch) = (&mail.body.text, &mail.patch);
    let mut inside =
        text::mail(slice(text, patch.notes.start, patch.notes.end), inline, Length::Whole);
    let summary = match (inside.is_empty(), patch.diffstat.is_empty()) {
        (true, _) => "Diffstat",
        (false, true) => "Notes",
        (false, false) => "Notes and diffstat",
    };
    inside.push(&text::verbatim(slice(text, patch.diffstat.start, patch.diffstat.end), inline));
    let mut notes = text::fold(summary, &inside);
    let after = slice(text, patch.signature.start, patch.signature.end);
    if !is_version_only(after) {
        let after = text::verbatim(after, inline);
        notes.push(&text::fold("After the diff", &after));
    }
    notes
}

/// Whether what follows a diff is only git's signature: `-- ` and a version.
fn is_version_only(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    match (lines.next(), lines.next(), lines.next()) {
        (None, _, _) | (Some("-- " | "--"), None, None) => true,
        (Some("-- " | "--"), Some(version), None) => {
            version.starts_with(|c: char| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// Where the shortlog before a cover letter's diffstat begins: the first of the lines
/// `Name (3):`, `  title` and empty ones that stand before it; `stat` where there is none.
fn shortlog_start(text: &str, from: usize, stat: usize) -> usize {
    let (mut start, mut at) = (stat, stat);
    while let Some(before) = slice(text, from, at).strip_suffix('\n') {
        let line_start = from + before.rfind('\n').map_or(0, |end| end + 1);
        let line = &text[line_start..from + before.len()];
        if is_shortlog_head(line) {
            start = line_start;
        } else if !line.trim().is_empty() && !line.starts_with("  ") {
            break;
        }
        at = line_start;
    }
    start
}

/// `Name (3):`
fn is_shortlog_head(line: &str) -> bool {
    let Some((name, count)) = line.trim_end().strip_suffix("):").and_then(|l| l.rsplit_once(" ("))
    else {
        return false;
    };
    !name.starts_with(' ') && !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit())
}

/// A part of a text; nothing where the range is none of this text.
fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// A range brought inside of the text.
fn clamped(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let end = end.min(text.len());
    start.min(end)..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortlog_belongs_to_the_diffstat() {
        let text =
            "Hello,\n\nText.\n\nAnn Example (2):\n  one\n  two\n\nBob (1):\n  three\n\n a | 2 +-\n";
        let stat = text.find(" a |").unwrap();
        assert_eq!(shortlog_start(text, 0, stat), text.find("Ann").unwrap());
    }

    #[test]
    fn text_before_a_diffstat_is_no_shortlog() {
        let text = "Hello,\n\nText (1).\n\n a | 2 +-\n";
        let stat = text.find(" a |").unwrap();
        assert_eq!(shortlog_start(text, 0, stat), stat);
    }

    #[test]
    fn gits_signature_is_not_shown() {
        assert!(is_version_only("-- \n2.43.0\n\n"));
        assert!(is_version_only(""));
        assert!(!is_version_only("-- \nAnn Example\n"));
        assert!(!is_version_only("base-commit: 0123\n-- \n2.43.0\n"));
    }
}

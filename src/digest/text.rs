//! A digest as text, in the layout of `digest.txt`.
//!
//! ```text
//! From 1f3a to 9bc2
//! Ring mailing list update from 1f3a to 9bc2
//!
//! Top 15 contributor Email domains (Based on Email Body)
//!
//!       3 example.org
//!
//! Top 15 contributors (Based on Email Body)
//!
//!       3  Ann Author <ann@example.org>
//!
//! ===== Patch list in this time period =====
//!
//!   Ver   Patch      +      - Repl  A  R  T  Title
//!    v2       2    +12     -7    1  -  1  -  ring: make it round (Ann Author)
//!           1/2     +9     -7       -  1  -    ring: add the corners
//!           2/2     +3      -       -  -  -    ring: take the corners off
//!
//! ===== Patch Commit Messages ====
//!
//! New:  ring: add the corners
//! [PATCH v2 1/2] ring: add the corners
//! Author: Ann Author <ann@example.org>
//!
//! The message, up to and with the diffstat.
//!
//! ----------------------------------------------------------------------
//!
//! ```
//!
//! A posting prints its first patch, then its cover letter. Two lines stand for a mail
//! that is not printed, and follow what is above without an empty line:
//!
//! - `Exist: SUBJECT`: a patch of this title and author is printed further up, because a
//!   newer revision or a resend of it came in the same range;
//! - ` Skip: SUBJECT`: a cover letter with the title of its only patch. The `Exist:` line
//!   of that patch goes before it and says which one speaks for it.
//!
//! The layout has two empty lines above a message that an in-body From stood over, where
//! the header was taken out; so have the digests that people keep.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Contributor, Digest, Entry, Marks, Names, Status};
use crate::archive::{Archive, Kind, MailId, PersonId, Posting};
use crate::mail::Shown;
use crate::mail::address::AddressRef;

/// The line under each message.
const RULE: &str = "----------------------------------------------------------------------";

/// The digest as text; one of all lists names those of each posting. `body` reads a mail
/// again. Only the first patch and the cover of each posting are read.
pub fn render<'a>(
    digest: &Digest,
    archive: &'a Archive,
    names: &Names<'_>,
    body: &'a dyn Fn(MailId) -> Cow<'a, Shown>,
) -> String {
    let mut out = String::new();
    push_heading(&mut out, &digest.title, names.title);
    push_domains(&mut out, digest);
    push_contributors(&mut out, digest);
    out.push_str("===== Patch list in this time period =====\n\n");
    push_list(&mut out, digest, archive, names);
    out.push_str("\n===== Patch Commit Messages ====\n\n");
    let mut messages = Messages { out, archive, body, shown: BTreeSet::new() };
    for entry in &digest.entries {
        messages.push_posting(archive.posting(entry.posting));
    }
    messages.out
}

// ---- heading and tables

/// The two title lines. A range between two commits reads `From A to B`, as ever; any
/// other is named.
fn push_heading(out: &mut String, title: &str, list_title: &str) {
    let (first, second) = match ends(title) {
        Some((from, to)) => (format!("From {from} to {to}"), format!("from {from} to {to}")),
        None => (title.to_owned(), format!("for {title}")),
    };
    push_line(out, &first);
    push_line(out, &format!("{list_title} mailing list update {second}"));
    out.push('\n');
}

/// The two ends of a range that is named by them: `A..B`, `A to B` or `From A to B`.
fn ends(title: &str) -> Option<(&str, &str)> {
    let title = title.strip_prefix("From ").unwrap_or(title);
    let (from, to) = title.split_once("..").or_else(|| title.split_once(" to "))?;
    let plain = |end: &str| !end.is_empty() && !end.contains(char::is_whitespace);
    (plain(from) && plain(to)).then_some((from, to))
}

fn push_domains(out: &mut String, digest: &Digest) {
    let top = digest.top;
    let _ = writeln!(out, "Top {top} contributor Email domains (Based on Email Body)\n");
    for (domain, count) in &digest.domains {
        let _ = write!(out, "{count:7} ");
        push_line(out, domain);
    }
    out.push('\n');
}

fn push_contributors(out: &mut String, digest: &Digest) {
    let _ = writeln!(out, "Top {} contributors (Based on Email Body)\n", digest.top);
    for Contributor { name, email, count, .. } in &digest.contributors {
        let _ = write!(out, "{count:7}  ");
        push_line(out, &mailbox(name, email));
    }
    out.push('\n');
}

/// A name and address as they stand in a header (RFC 5322, 3.4): the name quoted where it
/// holds anything but words.
fn mailbox(name: &str, email: &str) -> String {
    if name.is_empty() || name == email {
        return email.to_owned();
    }
    if !name.contains(|c| "()<>[]:;@\\,.\"".contains(c)) {
        return format!("{name} <{email}>");
    }
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\" <{email}>")
}

// ---- patch list

/// The postings, newest first, each on a line with its patches below. The title stands
/// last so that it is never cut; what stands before it takes 43 columns.
fn push_list(out: &mut String, digest: &Digest, archive: &Archive, names: &Names<'_>) {
    if digest.entries.is_empty() {
        return;
    }
    out.push_str("  Ver   Patch      +      - Repl  A  R  T  Title\n");
    for entry in &digest.entries {
        let posting = archive.posting(entry.posting);
        let lists = names.of_posting(digest.scope, archive, entry.posting);
        push_posting_row(out, (archive, &lists), entry, posting);
        if !stands_alone(archive, posting) {
            let marks = Marks::by_patch(archive, posting, digest.span.1);
            push_patch_rows(out, archive, posting, &marks);
        }
    }
}

/// Whether the posting's own line says all there is to say about its patches.
fn stands_alone(archive: &Archive, posting: &Posting) -> bool {
    match posting.patches.as_slice() {
        [only] => archive.mail(only.mail).title() == posting.title,
        _ => false,
    }
}

fn push_posting_row(
    out: &mut String,
    (archive, lists): (&Archive, &[&str]),
    entry: &Entry,
    posting: &Posting,
) {
    Row {
        version: format!("v{}", posting.version),
        patch: arrived(posting),
        added: signed('+', entry.added),
        removed: signed('-', entry.removed),
        replies: plain(entry.replies),
        marks: entry.marks,
    }
    .push(out);
    push_visible_line(out, &posting.title);
    out.push_str(" (");
    push_visible_line(out, shown_name(author(archive, posting.head())));
    let remarks = [
        (posting.pull, ", pull request"),
        (posting.rfc, ", RFC"),
        (entry.status == Status::Resend, ", resend"),
    ];
    remarks.iter().filter(|(is, _)| *is).for_each(|(_, remark)| out.push_str(remark));
    if !lists.is_empty() {
        let _ = write!(out, ", on {}", lists.join(" "));
    }
    out.push_str(")\n");
}

/// How many patches there are, and how many there should be where some are missing.
fn arrived(posting: &Posting) -> String {
    let here = posting.patches.len();
    match posting.missing.len() {
        0 => here.to_string(),
        missing => format!("{here}/{}", here + missing),
    }
}

fn push_patch_rows(
    out: &mut String,
    archive: &Archive,
    posting: &Posting,
    marks: &BTreeMap<MailId, Marks>,
) {
    let total = posting.total.unwrap_or(posting.patches.len() as u32);
    for slot in &posting.patches {
        let facts = archive.mail(slot.mail);
        Row {
            version: String::new(),
            patch: format!("{}/{total}", slot.index),
            added: signed('+', facts.added()),
            removed: signed('-', facts.removed()),
            replies: String::new(),
            marks: marks.get(&slot.mail).copied().unwrap_or_default(),
        }
        .push(out);
        out.push_str("  ");
        push_line(out, facts.title());
    }
}

/// What stands before a title in the patch list.
struct Row {
    version: String,
    patch: String,
    added: String,
    removed: String,
    replies: String,
    marks: Marks,
}

impl Row {
    fn push(&self, out: &mut String) {
        let Row { version, patch, added, removed, replies, marks } = self;
        let _ = write!(out, "{version:>5} {patch:>7} {added:>6} {removed:>6} {replies:>4}");
        for n in [marks.acked, marks.reviewed, marks.tested] {
            let _ = write!(out, " {:>2}", plain(n));
        }
        out.push_str("  ");
    }
}

/// A number; a dash is easier to pass over than a zero.
fn plain(n: u32) -> String {
    if n == 0 { "-".to_owned() } else { n.to_string() }
}

/// A number of lines with its sign.
fn signed(sign: char, n: u32) -> String {
    if n == 0 { "-".to_owned() } else { format!("{sign}{n}") }
}

/// Who a mail's line names: the author of a patch, the sender of a cover.
fn author(archive: &Archive, mail: MailId) -> AddressRef<'_> {
    let facts = archive.mail(mail);
    if archive.kind(mail) == Kind::Patch { facts.author() } else { facts.from() }
}

/// A person's name, or the address where there is none.
fn shown_name(who: AddressRef<'_>) -> &str {
    if who.name.is_empty() { who.email } else { who.name }
}

// ---- commit messages

/// The last part of the text, and which patches it has printed.
struct Messages<'a> {
    out: String,
    archive: &'a Archive,
    body: &'a dyn Fn(MailId) -> Cow<'a, Shown>,
    /// Author and title of each.
    shown: BTreeSet<(PersonId, &'a str)>,
}

impl<'a> Messages<'a> {
    fn push_posting(&mut self, posting: &'a Posting) {
        let skipped = only_patch_with_title(self.archive, posting);
        if let Some(first) = posting.patches.first() {
            let new = self.shown.insert(self.identity(first.mail));
            if new {
                self.push_new(first.mail);
            }
            if !new || skipped {
                self.push_reference("Exist: ", first.mail);
            }
        }
        match posting.cover {
            Some(cover) if skipped => self.push_reference(" Skip: ", cover),
            Some(cover) => self.push_new(cover),
            None => {}
        }
    }

    fn identity(&self, patch: MailId) -> (PersonId, &'a str) {
        (self.archive.author(patch), self.archive.mail(patch).title())
    }

    fn push_reference(&mut self, word: &str, mail: MailId) {
        self.out.push_str(word);
        push_line(&mut self.out, self.archive.mail(mail).subject_text());
    }

    fn push_new(&mut self, id: MailId) {
        let facts = self.archive.mail(id);
        let author = author(self.archive, id);
        self.out.push_str("New:  ");
        push_line(&mut self.out, facts.title());
        push_line(&mut self.out, facts.subject_text());
        self.out.push_str("Author: ");
        push_line(&mut self.out, &mailbox(author.name, author.email));
        self.out.push('\n');
        self.push_message(&(self.body)(id));
        let _ = writeln!(self.out, "\n{RULE}\n");
    }

    fn push_message(&mut self, mail: &Shown) {
        if !mail.patch.in_body_headers.is_empty() {
            self.out.push('\n');
        }
        let text = message(mail).trim_end();
        if !text.is_empty() {
            push_visible(&mut self.out, text);
            self.out.push('\n');
        }
    }
}

/// Whether a posting's cover has the title of its only patch.
fn only_patch_with_title(archive: &Archive, posting: &Posting) -> bool {
    let (Some(cover), [only]) = (posting.cover, posting.patches.as_slice()) else { return false };
    posting.missing.is_empty() && archive.mail(cover).title() == archive.mail(only.mail).title()
}

/// A mail's text without in-body headers, up to and with the summary line of its diffstat;
/// without a diffstat, up to the diff or the signature.
fn message(mail: &Shown) -> &str {
    let (text, patch) = (&mail.body.text, &mail.patch);
    let end = match text.get(patch.diffstat.clone()) {
        Some(stat) if !stat.is_empty() => patch.diffstat.start + summary_end(stat),
        _ if patch.notes.is_empty() => patch.message.end,
        _ => patch.notes.end,
    };
    text.get(patch.in_body_headers.end..end).unwrap_or_default()
}

/// Where the summary line of a diffstat ends; mode lines (` create mode …`) may follow it.
fn summary_end(stat: &str) -> usize {
    let mut end = 0;
    for line in stat.split_inclusive('\n') {
        end += line.len();
        let counted = line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        if counted && line.contains(" changed") {
            break;
        }
    }
    end
}

// ---- characters

/// One line of text from mail.
fn push_line(out: &mut String, text: &str) {
    push_visible_line(out, text);
    out.push('\n');
}

/// Text from mail that must not leave its line.
fn push_visible_line(out: &mut String, text: &str) {
    let start = out.len();
    push_visible(out, text);
    if out[start..].contains(['\n', '\t']) {
        let flat = out[start..].replace(['\n', '\t'], " ");
        out.replace_range(start.., &flat);
    }
}

/// Text from mail as one line without hidden characters.
pub fn visible_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    push_visible_line(&mut line, text);
    line
}

/// Text from mail. Characters that would command a terminal, hide, or turn the reading
/// direction of what follows are written `\u{1b}`; tabs and line ends stay.
fn push_visible(out: &mut String, text: &str) {
    let (mut done, mut at) = (0, 0);
    // Nothing in plain ASCII text is hidden, and most text is nothing else.
    let plain = |b: &u8| matches!(b, b'\t' | b'\n' | b' '..=b'~');
    while let Some(next) = text.as_bytes()[at..].iter().position(|b| !plain(b)) {
        at += next;
        let Some(c) = text[at..].chars().next() else { break };
        if is_hidden(c) {
            out.push_str(&text[done..at]);
            let _ = write!(out, "{}", c.escape_unicode());
            done = at + c.len_utf8();
        }
        at += c.len_utf8();
    }
    out.push_str(&text[done..]);
}

/// Controls (C0 but for tab and line end, DEL, C1), and Unicode's bidirectional and
/// invisible formatting characters. The joiners U+200C and U+200D are part of words in
/// some scripts and stay.
fn is_hidden(c: char) -> bool {
    match c {
        '\t' | '\n' | ' '..='~' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample::{Sample, Text};
    use crate::digest::stats;

    const ANN: &str = "Ann Author <ann@example.org>";
    const BOB: &str = "Bob B. Writer <bob@example.com>";
    const CARL: &str = "Carl Critic <carl@example.net>";
    const NAMES: Names<'_> = Names { title: "Ring", lists: &["ring"] };

    fn text_of(list: &mut Sample, range: &str) -> String {
        let range = list.range(range);
        let digest = Digest::of(&list.archive, &range, 15);
        render(&digest, &list.archive, &NAMES, &|id| Cow::Owned(list.body(id)))
    }

    /// The part after the last heading.
    fn messages_of(text: &str) -> &str {
        text.split_once("===== Patch Commit Messages ====\n\n").map_or("", |(_, m)| m)
    }

    fn patch(title: &str) -> Text {
        Text::new(title, "Why.\n").stat(" x | 1 +\n 1 file changed, 1 insertion(+)\n").lines(1, 0)
    }

    #[test]
    fn the_layout_is_the_one_people_know() {
        let mut list = Sample::new();
        let cover = Text::new(
            "ring: make it round",
            "Rings have corners.\n\nAnn Author (2):\n  …\n\n",
        )
        .stat(
            " x | 12 ++\n 1 file changed, 9 insertions(+), 7 deletions(-)\n create mode 100644 x\n",
        );
        let corners = Text::new("ring: add the corners", "They are needed.\n\nAcked-by: X\n")
            .notes("v2:\n - rounder\n\n")
            .stat(" x | 9 ++\n 1 file changed, 9 insertions(+), 7 deletions(-)\n")
            .lines(9, 7);
        let off = patch("ring: take the corners off").by(BOB).lines(3, 0);
        let p = list.post("PATCH v2", ANN, Some(cover), &[corners, off]);
        let first = list.archive.posting(p).patches[0].mail;
        list.reply(first, CARL, Some("Reviewed-by"));
        let alone = Text::new("spoke: say so", "Indeed.\n").by("Ann Author <ann@example.org>");
        list.post("RFC PATCH", "ann <ann@example.org>", None, &[alone.lines(120, 0)]);
        let expected = "\
From 1f3a to 9bc2
Ring mailing list update from 1f3a to 9bc2

Top 15 contributor Email domains (Based on Email Body)

      3 example.org
      1 example.com

Top 15 contributors (Based on Email Body)

      3  Ann Author <ann@example.org>
      1  \"Bob B. Writer\" <bob@example.com>

===== Patch list in this time period =====

  Ver   Patch      +      - Repl  A  R  T  Title
   v1       1   +120      -    -  -  -  -  spoke: say so (Ann Author, RFC)
   v2       2    +12     -7    1  -  1  -  ring: make it round (Ann Author)
          1/2     +9     -7       -  1  -    ring: add the corners
          2/2     +3      -       -  -  -    ring: take the corners off

===== Patch Commit Messages ====

New:  spoke: say so
[RFC PATCH] spoke: say so
Author: Ann Author <ann@example.org>


Indeed.

----------------------------------------------------------------------

New:  ring: add the corners
[PATCH v2 1/2] ring: add the corners
Author: Ann Author <ann@example.org>

They are needed.

Acked-by: X
---
v2:
 - rounder

 x | 9 ++
 1 file changed, 9 insertions(+), 7 deletions(-)

----------------------------------------------------------------------

New:  ring: make it round
[PATCH v2 0/2] ring: make it round
Author: Ann Author <ann@example.org>

Rings have corners.

Ann Author (2):
  …

 x | 12 ++
 1 file changed, 9 insertions(+), 7 deletions(-)

----------------------------------------------------------------------

";
        assert_eq!(text_of(&mut list, "1f3a..9bc2"), expected);
    }

    #[test]
    fn an_empty_digest_keeps_its_headings() {
        let text = text_of(&mut Sample::new(), "2024-02");
        assert_eq!(
            text,
            "2024-02\nRing mailing list update for 2024-02\n\n\
             Top 15 contributor Email domains (Based on Email Body)\n\n\n\
             Top 15 contributors (Based on Email Body)\n\n\n\
             ===== Patch list in this time period =====\n\n\n\
             ===== Patch Commit Messages ====\n\n"
        );
    }

    #[test]
    fn only_ranges_between_two_ends_are_from_and_to() {
        assert_eq!(ends("1f3a..9bc2"), Some(("1f3a", "9bc2")));
        assert_eq!(ends("From 1f3a to 9bc2"), Some(("1f3a", "9bc2")));
        assert_eq!(ends("1f3a to 9bc2"), Some(("1f3a", "9bc2")));
        assert_eq!(ends("mails 101 to 200"), None);
        assert_eq!(ends("..9bc2"), None);
        assert_eq!(ends("notes .. and more"), None);
    }

    #[test]
    fn a_cover_with_the_title_of_its_only_patch_is_skipped() {
        let mut list = Sample::new();
        let cover = || Some(Text::new("ring: spin", "Cover.\n"));
        list.post("PATCH", CARL, None, &[patch("before")]);
        list.post("RFC PATCH", ANN, cover(), &[patch("ring: spin")]);
        let text = text_of(&mut list, "day");
        let after = "----\n\n\
             Exist: [RFC PATCH 1/1] ring: spin\n Skip: [RFC PATCH 0/1] ring: spin\n\
             New:  before\n";
        assert!(text.contains(after), "{text}");
        assert_eq!(text.matches("Cover.").count(), 0);

        list.post("PATCH", ANN, cover(), &[patch("ring: spin faster")]);
        list.post("PATCH", ANN, cover(), &[patch("ring: spin"), patch("and stop")]);
        assert_eq!(text_of(&mut list, "next").matches("Cover.").count(), 2);
    }

    #[test]
    fn a_patch_shown_before_is_one_line() {
        let mut list = Sample::new();
        let v1 = list.post("PATCH", ANN, None, &[patch("ring: spin")]);
        list.post("PATCH", BOB, None, &[patch("ring: spin")]);
        list.repost(v1, "PATCH v2", ANN, None, &[patch("ring: spin")]);
        let text = text_of(&mut list, "day");
        let heads: Vec<&str> = messages_of(&text)
            .lines()
            .filter(|l| ["New: ", "Exist: ", "Author: "].iter().any(|w| l.starts_with(w)))
            .collect();
        let expected = [
            "New:  ring: spin",
            "Author: Ann Author <ann@example.org>",
            "New:  ring: spin",
            "Author: \"Bob B. Writer\" <bob@example.com>",
            "Exist: [PATCH] ring: spin",
        ];
        assert_eq!(heads, expected);
        let next = text_of(&mut list, "next day");
        assert_eq!(messages_of(&next), "");
    }

    #[test]
    fn missing_patches_show_in_the_count_and_the_first_at_hand_is_printed() {
        let mut list = Sample::new();
        let all = [patch("one"), patch("two"), patch("three")];
        let p = list.post("PATCH", ANN, None, &all);
        let posting = &mut list.archive.postings[p.0 as usize];
        posting.patches.remove(0);
        posting.missing.push(1);
        let text = text_of(&mut list, "day");
        assert!(text.contains("   v1     2/3     +2 "), "{text}");
        assert!(text.contains("\n          2/3     +1 "), "{text}");
        assert!(messages_of(&text).starts_with("New:  two\n"), "{text}");
    }

    #[test]
    fn without_a_diffstat_a_message_ends_before_the_diff() {
        let mut list = Sample::new();
        let bare = Text::new("bare", "Why.\n");
        list.post("PATCH", ANN, None, std::slice::from_ref(&bare));
        list.post("PATCH", BOB, None, &[bare.notes("A note.\n")]);
        let text = text_of(&mut list, "day");
        assert!(text.contains("\n\nWhy.\n---\nA note.\n\n-----"), "{text}");
        assert!(text.contains("\n\nWhy.\n\n-----"), "{text}");
        assert!(!text.contains("diff --git"));
    }

    #[test]
    fn names_are_quoted_as_in_a_header() {
        assert_eq!(mailbox("Ann Author", "a@b.org"), "Ann Author <a@b.org>");
        assert_eq!(mailbox("Zoë Ångström-O'Neil", "z@b.org"), "Zoë Ångström-O'Neil <z@b.org>");
        assert_eq!(mailbox("Ann A. Author", "a@b.org"), "\"Ann A. Author\" <a@b.org>");
        assert_eq!(mailbox("Ann (at work)", "a@b.org"), "\"Ann (at work)\" <a@b.org>");
        assert_eq!(mailbox("a \"b\" \\c", "a@b.org"), r#""a \"b\" \\c" <a@b.org>"#);
        assert_eq!(mailbox("", "a@b.org"), "a@b.org");
    }

    #[test]
    fn nothing_in_a_mail_can_command_a_terminal() {
        let mut list = Sample::new();
        let title = "ring\u{1b}[2J\n: red\u{202e}";
        let message = "bell\u{7} csi\u{9b}31m\ttab\r\nزیر\u{200c}خط 👩\u{200d}🚀 \u{feff}é\n";
        list.post("PATCH", "Mal\u{1b}c <m@example.org>", None, &[Text::new(title, message)]);
        let text = text_of(&mut list, "day\u{7}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
        assert!(text.contains("New:  ring\\u{1b}[2J : red\\u{202e}\n"), "{text}");
        assert!(text.contains("Author: Mal\\u{1b}c <m@example.org>\n"), "{text}");
        assert!(text.contains(
            "bell\\u{7} csi\\u{9b}31m\ttab\\u{d}\nزیر\u{200c}خط 👩\u{200d}🚀 \\u{feff}é\n"
        ));
    }

    #[test]
    fn later_mail_leaves_an_earlier_digest_alone() {
        let mut list = Sample::new();
        let p = list.post("PATCH", ANN, None, &[patch("one"), patch("two")]);
        let first = list.archive.posting(p).head();
        list.reply(first, CARL, Some("Acked-by"));
        let range = list.range("day 1");
        let text = |list: &Sample| {
            let digest = Digest::of(&list.archive, &range, 15);
            render(&digest, &list.archive, &NAMES, &|id| Cow::Owned(list.body(id)))
        };
        let before = text(&list);
        assert!(before.contains("   v1       2     +2      -    1  1  -  -  one"), "{before}");
        list.reply(first, BOB, Some("Reviewed-by"));
        list.repost(p, "PATCH v2", ANN, None, &[patch("one"), patch("two")]);
        list.archive.people[0].name = "Ann Somebody".into();
        assert_eq!(text(&list), before);
    }

    /// A digest text taken apart line by line, as strictly as the layout allows.
    struct Outline {
        domains: Vec<(u32, String)>,
        contributors: Vec<(u32, String)>,
        /// `New: `, `Exist: ` or ` Skip: ` with the subject.
        messages: Vec<(&'static str, String)>,
    }

    impl Outline {
        fn of(text: &str) -> Outline {
            let mut lines = text.lines();
            let (from, to) = ends(lines.next().expect("a title")).expect("From A to B");
            let update = lines.next().expect("a second title");
            assert!(update.ends_with(&format!(" mailing list update from {from} to {to}")));
            expect(&mut lines, &["", "Top 15 contributor Email domains (Based on Email Body)", ""]);
            let domains = rows(&mut lines, " ");
            expect(&mut lines, &["Top 15 contributors (Based on Email Body)", ""]);
            let contributors = rows(&mut lines, "  ");
            expect(&mut lines, &["===== Patch list in this time period =====", ""]);
            lines.by_ref().find(|l| l.is_empty());
            expect(&mut lines, &["===== Patch Commit Messages ====", ""]);
            Outline { domains, contributors, messages: messages(&mut lines) }
        }
    }

    fn expect(lines: &mut std::str::Lines<'_>, wanted: &[&str]) {
        for line in wanted {
            assert_eq!(lines.next(), Some(*line));
        }
    }

    fn rows(lines: &mut std::str::Lines<'_>, gap: &str) -> Vec<(u32, String)> {
        let row = |line: &str| {
            let (count, name) = line.split_at(7);
            let name = name.strip_prefix(gap).filter(|n| !n.starts_with(' ')).expect("the gap");
            (count.trim_start().parse().expect("a count"), name.to_owned())
        };
        lines.take_while(|l| !l.is_empty()).map(row).collect()
    }

    fn messages(lines: &mut std::str::Lines<'_>) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            if let Some(subject) = line.strip_prefix("Exist: ") {
                found.push(("Exist: ", subject.to_owned()));
            } else if let Some(subject) = line.strip_prefix(" Skip: ") {
                found.push((" Skip: ", subject.to_owned()));
            } else {
                let title = line.strip_prefix("New:  ").expect("a message's first line");
                let subject = lines.next().filter(|s| s.ends_with(title)).expect("its subject");
                assert!(lines.next().is_some_and(|l| l.starts_with("Author: ")));
                expect(lines, &[""]);
                let last = lines.take_while(|l| *l != RULE).last().expect("a message");
                assert_eq!(last, "", "above the rule under {subject}");
                expect(lines, &[""]);
                found.push(("New: ", subject.to_owned()));
            }
        }
        found
    }

    /// The name of `Name <address>`, with a quoted one bare.
    fn bare_name(mailbox: &str) -> &str {
        mailbox.split(" <").next().unwrap_or_default().trim_matches('"')
    }

    fn assert_in_order(rows: &[(u32, String)]) {
        let rank = |(count, name): &(u32, String)| stats::rank(*count, bare_name(name), "");
        assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(rank(row))), "{rows:?}");
    }

    /// Every title: the patch first, then its cover; a skipped one after its patch.
    fn assert_pairs(messages: &[(&str, String)]) {
        for pair in messages.windows(2) {
            let [(above, first), (below, second)] = pair else { unreachable!("windows of 2") };
            let is_cover = |s: &str| s.contains(" 0/") || s.contains(" 00/");
            assert!(!is_cover(first) || !is_cover(second), "{first} above {second}");
            assert_eq!(*below == " Skip: ", *above == "Exist: ", "{first} above {second}");
        }
    }

    fn a_busy_day() -> String {
        let mut list = Sample::new();
        let cover = |title| Some(Text::new(title, "Cover.\n"));
        list.post("PATCH v3", ANN, cover("ring"), &[patch("one"), patch("two").by(BOB)]);
        list.post("RFC PATCH", CARL, cover("ring: spin"), &[patch("ring: spin")]);
        list.post("PATCH", BOB, None, &[patch("three")]);
        text_of(&mut list, "1f3a..9bc2")
    }

    #[test]
    fn published_digests_and_ours_are_taken_apart_alike() {
        let mut texts = vec![a_busy_day()];
        match published_digests() {
            Some(published) => texts.extend(published),
            None => println!("skipped: published digests (PATCHPRESS_SEEDS names no directory)"),
        }
        for text in texts {
            let outline = Outline::of(&text);
            assert_in_order(&outline.domains);
            assert_in_order(&outline.contributors);
            assert!(!outline.messages.is_empty());
            assert_pairs(&outline.messages);
        }
    }

    /// The texts in the directory that `PATCHPRESS_SEEDS` names.
    fn published_digests() -> Option<Vec<String>> {
        let files = std::fs::read_dir(std::env::var_os("PATCHPRESS_SEEDS")?).ok()?;
        let paths = files.filter_map(|f| Some(f.ok()?.path()));
        let texts = paths.filter(|p| p.extension().is_some_and(|e| e == "txt"));
        Some(texts.filter_map(|p| std::fs::read_to_string(p).ok()).collect())
    }
}

//! What the archive keeps of one mail.

use twox_hash::XxHash3_64;

use crate::archive::subsystem::Rules;
use crate::archive::{ListId, verdict};
use crate::mail::{self, Address, Mail, PatchId, Revision, Subject, Trailer, changelog};
use crate::source::{Origin, RawMail};

/// What grouping, statistics and lists need of one mail, as it was read. Bodies are not among
/// it. An archive keeps it packed, in a [`Table`](super::Table).
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where its bytes are.
    pub(super) origin: Origin,
    /// The list it was sent to.
    pub(super) list: ListId,
    /// Position of the mail's source file among its list's, for ranges by file; that of its
    /// range, for those by commits.
    pub(super) source_file: u32,
    /// Message-ID without brackets.
    pub(super) message_id: Box<str>,
    /// The Message-ID it had before a list wrapped it: others refer to it by that.
    pub(super) enclosed_id: Option<Box<str>>,
    /// Message-IDs it refers to, oldest first; the last is the one answered.
    pub(super) references: Vec<Box<str>>,
    /// The first Message-ID of In-Reply-To.
    pub(super) in_reply_to: Option<Box<str>>,
    /// When it was sent, seconds since 1970 UTC.
    pub(super) date: i64,
    /// Who sent it.
    pub(super) from: Address,
    /// Who wrote its patch: equal to `from` where nothing else is said.
    pub(super) author: Address,
    /// Its subject, decoded and unfolded.
    pub(super) subject_text: Box<str>,
    /// What its subject says.
    pub(super) subject: Subject,
    /// Whether its text holds a diff.
    pub(super) has_diff: bool,
    /// Whether its text holds a diffstat (of a patch or a cover letter).
    pub(super) has_diffstat: bool,
    /// Stable patch-id of the diff.
    pub(super) patch_id: Option<PatchId>,
    /// The files its diff touches, with lines added and removed.
    pub(super) files: Vec<FileStat>,
    /// Sections of MAINTAINERS that its content belongs to.
    pub(super) keywords: Box<[u32]>,
    /// Trailers of the commit message, cover, or unquoted reply.
    pub(super) trailers: Vec<Trailer>,
    /// Evidence of lineage found in the text (see [`crate::archive::series`]).
    pub(super) lineage: Lineage,
    /// Whether a reply says that the patch was applied.
    pub(super) says_applied: bool,
    /// Whether a reply says, other than by a trailer, that the patch must not be applied.
    pub(super) says_nack: bool,
    /// Hash of what makes two copies of a mail the same: author, date, text.
    pub(super) content: u64,
    /// Hash of the message's bytes and of its date: what is shown of it depends on nothing else.
    pub(super) fingerprint: u64,
}

/// What a mail does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// Its path after the change.
    pub path: Box<str>,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
}

/// What a mail's text says about earlier revisions of its series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// The `change-id:` of b4.
    pub change_id: Option<Box<str>>,
    /// Message-IDs named by `Supersedes:`.
    pub supersedes: Vec<Box<str>>,
    /// Message-IDs in the changelog's links.
    pub links: Vec<Box<str>>,
    /// What it is to be applied on top of.
    pub needs: Vec<Needs>,
    /// What its changelog says of its own version: the first lines of that, at most
    /// [`crate::mail::changelog::MAX_BYTES`].
    pub changelog: Option<Box<str>>,
}

/// What a posting says that it needs: no evidence of lineage, but of another work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// `prerequisite-change-id: ID:v3`, as b4 writes it.
    Change {
        /// The change-id.
        id: Box<str>,
        /// The major version, if one is named.
        version: Option<u32>,
    },
    /// `Based-on:` or `prerequisite-message-id:` with a Message-ID.
    Mail(Box<str>),
}

/// A fault of one mail, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The mail.
    pub origin: Origin,
    /// Its Message-ID, as far as known.
    pub message_id: Box<str>,
    /// What is wrong with it.
    pub what: mail::Fault,
}

impl Facts {
    /// Reads a mail of a list's file and keeps what the archive needs.
    pub fn read(raw: &RawMail<'_>, list: ListId, source_file: u32) -> (Facts, Vec<Fault>) {
        Facts::read_for(raw, list, source_file, &Rules::default())
    }

    /// The same, where `rules` look at the content of mails as well.
    pub fn read_for(
        raw: &RawMail<'_>,
        list: ListId,
        source_file: u32,
        rules: &Rules,
    ) -> (Facts, Vec<Fault>) {
        let (mail, faults) = mail::parse(&raw.bytes, raw.separator);
        let message_id: Box<str> = mail.message_id.as_str().into();
        let faults = faults
            .into_iter()
            .map(|what| Fault { origin: raw.origin, message_id: message_id.clone(), what })
            .collect();
        let keywords = rules.keywords(&mail);
        let fingerprint = fingerprint(&raw.bytes, mail.date.at);
        let facts = Facts::of(mail, raw.origin, list, source_file);
        (Facts { keywords, fingerprint, ..facts }, faults)
    }

    fn of(mut mail: Mail, origin: Origin, list: ListId, source_file: u32) -> Facts {
        if verdict::is_notice(&mail.body.text) {
            // The commit in it, and its trailers, are what was sent before.
            mail.subject.reply = true;
            mail.trailers.clear();
        }
        let text = &mail.body.text;
        // b4 writes the change-id of a single patch below its diff.
        let prose = match mail.patch.has_diff() {
            true => [text.get(..mail.patch.diff.start), text.get(mail.patch.signature.clone())],
            false => [Some(text.as_str()), None],
        };
        Facts {
            origin,
            list,
            source_file,
            content: content(&mail),
            has_diff: mail.patch.has_diff(),
            has_diffstat: !mail.patch.diffstat.is_empty(),
            patch_id: mail.patch.patch_id,
            lineage: match mail.subject.reply {
                true => Lineage::default(),
                false => Lineage {
                    changelog: own_changelog(&mail),
                    ..Lineage::of(prose.into_iter().flatten())
                },
            },
            says_applied: mail.subject.reply && verdict::says_applied(text),
            says_nack: mail.subject.reply && verdict::says_nack(text),
            keywords: Box::default(),
            files: mail.patch.files.into_iter().map(FileStat::from).collect(),
            message_id: mail.message_id.into(),
            enclosed_id: mail.enclosed_id.map(String::into),
            references: mail.references.into_iter().map(String::into).collect(),
            in_reply_to: mail.in_reply_to.map(String::into),
            date: mail.date.at,
            from: mail.from,
            author: mail.author,
            subject_text: mail.subject_text.into(),
            subject: mail.subject,
            trailers: mail.trailers,
            fingerprint: 0,
        }
    }
}

impl From<mail::FileChange> for FileStat {
    fn from(change: mail::FileChange) -> FileStat {
        FileStat { path: change.path.into(), added: change.added, removed: change.removed }
    }
}

/// A number that two copies of a mail share, whatever list footers and headers they gained
/// on the way: of its author, its subject and its text up to the signature.
fn content(mail: &Mail) -> u64 {
    let end = match mail.patch.signature.is_empty() {
        true => mail.body.text.len(),
        false => mail.patch.signature.start,
    };
    let text = mail.body.text.get(..end).unwrap_or(&mail.body.text).trim_end();
    let parts = [mail.author.email.as_str(), &mail.subject.title, text];
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| mix(hash, part.as_bytes()))
}

/// A hash of the message and of the date it was given, which may come from the line above it.
fn fingerprint(bytes: &[u8], date: i64) -> u64 {
    XxHash3_64::oneshot_with_seed(date.cast_unsigned(), bytes)
}

/// FNV-1a over words of eight bytes: good enough to tell apart mails that claim the same
/// Message-ID, and the same on every machine.
fn mix(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut step =
        |word: u64| hash = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        step(word.try_into().map_or(0, u64::from_le_bytes));
    }
    words.remainder().iter().for_each(|&byte| step(u64::from(byte)));
    step(bytes.len() as u64);
    hash
}

/// What the changelog of a later version says of it: below `---` first, then in the text.
fn own_changelog(mail: &Mail) -> Option<Box<str>> {
    let version = mail.subject.version.filter(|version| *version > Revision::FIRST)?;
    let (text, patch) = (&mail.body.text, &mail.patch);
    [&patch.notes, &patch.late_notes, &patch.message]
        .into_iter()
        .filter_map(|range| text.get(range.clone()))
        .find_map(|part| Some(part[changelog::of_version(part, version)?].into()))
}

/// How many of a mail's dependencies are kept: each is a line of it.
const MAX_NEEDS: usize = 20;

impl Lineage {
    /// Reads what stands before the diff and after it.
    fn of<'a>(prose: impl IntoIterator<Item = &'a str>) -> Lineage {
        let mut found = Lineage::default();
        let mut above = "";
        for line in prose.into_iter().flat_map(str::lines) {
            // Everything that is looked for has a colon in it, and few lines have one.
            if memchr::memchr(b':', line.as_bytes()).is_none() {
                above = line;
                continue;
            }
            let line = line.trim();
            if let Some(id) = value_of(line, "change-id:") {
                found.change_id.get_or_insert_with(|| id.into());
            } else if let Some(id) = value_of(line, "supersedes:") {
                found.supersedes.push(id.trim_matches(['<', '>']).into());
            } else if let Some(needs) = needs(line) {
                if found.needs.len() < MAX_NEEDS && !found.needs.contains(&needs) {
                    found.needs.push(needs);
                }
                continue;
            }
            if line.contains("://") && (names_version(line) || names_version(above)) {
                found.links.extend(message_ids_in_links(line));
            }
            above = line;
        }
        found
    }
}

/// The dependency that a line names: `prerequisite-change-id: ID:v3`, `Based-on: <ID>`.
fn needs(line: &str) -> Option<Needs> {
    if let Some(value) = value_of(line, "prerequisite-change-id:") {
        let id = value.split_whitespace().next()?;
        let split = id.rsplit_once(":v").and_then(|(id, v)| Some((id, v.parse().ok()?)));
        let (id, version) = split.map_or((id, None), |(id, version)| (id, Some(version)));
        return Some(Needs::Change { id: id.into(), version });
    }
    let value =
        value_of(line, "based-on:").or_else(|| value_of(line, "prerequisite-message-id:"))?;
    let linked = message_ids_in_links(value).next();
    let bare = || {
        let id = value.split_whitespace().next()?.trim_matches(['<', '>']);
        id.contains('@').then(|| id.into())
    };
    linked.or_else(bare).map(Needs::Mail)
}

/// The value of `key` (lower case, with its colon) where the line starts with it.
fn value_of<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let head = line.get(..key.len())?;
    let value = line[key.len()..].trim();
    (head.eq_ignore_ascii_case(key) && !value.is_empty()).then_some(value)
}

/// Whether a line of a changelog names a version: `v1: …`, `Link to v2`, `[V3]`, `the RFC:`.
/// What a link holds does not count: many Message-IDs have a version in them, and a link to
/// somebody else's work is none to an earlier version of this one. Nor does a version that
/// the work is based on.
fn names_version(line: &str) -> bool {
    if memchr::memchr3(b'v', b'V', b'R', line.as_bytes()).is_none() {
        return false;
    }
    let mut words = line.split(char::is_whitespace).filter(|word| !word.contains("://"));
    words.any(word_names_version) && !says_based_on(line)
}

fn word_names_version(word: &str) -> bool {
    let word = word.as_bytes();
    let in_word = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let ends = |from: usize, length: usize| {
        let before = from.checked_sub(1).and_then(|at| word.get(at));
        !in_word(before) && !in_word(word.get(from + length))
    };
    let version = memchr::memchr2_iter(b'v', b'V', word).any(|v| {
        let digits = word[v + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        digits > 0 && ends(v, 1 + digits)
    });
    version || memchr::memmem::find(word, b"RFC").is_some_and(|at| ends(at, 3))
}

fn says_based_on(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    ["based on", "depends on", "on top of", "applies to"].iter().any(|words| line.contains(words))
}

/// Message-IDs that the links of a line end in: a path segment with an `@` in it.
fn message_ids_in_links(line: &str) -> impl Iterator<Item = Box<str>> + '_ {
    line.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ','))
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .filter_map(|link| {
            let path = link.split(['#', '?']).next().unwrap_or(link);
            path.split('/').skip(3).find(|segment| segment.contains('@') || segment.contains("%40"))
        })
        .map(|id| id.replace("%40", "@").trim_end_matches(['.', ';', ':']).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn lineage_is_read_from_the_changelog() {
        let text = "Changes in v3:\n- Link to v2: https://lore.kernel.org/r/b%40x\n\
                    v1:\nhttps://lore.kernel.org/all/a@x/\n\
                    See https://lore.kernel.org/all/other@x/ too.\n\
                    change-id: 20230120-klp-ba9a\nprerequisite-change-id: no\n\
                    Supersedes: <old@x>\n";
        let found = Lineage::of([text]);
        assert_eq!(found.change_id.as_deref(), Some("20230120-klp-ba9a"));
        assert_eq!(found.supersedes, ["old@x".into()]);
        assert_eq!(found.links, ["b@x".into(), "a@x".into()]);
    }

    #[test]
    fn a_version_inside_a_link_names_none() {
        let links = |text: &str| Lineage::of([text]).links;
        assert!(links("[1] https://lists.example.org/r/20240101-x-v1-0-0a@x/").is_empty());
        assert!(links("Based on v3: https://lists.example.org/r/other@x/").is_empty());
        assert_eq!(
            links("Changes since the RFC: https://lists.example.org/rfc@x"),
            ["rfc@x".into()]
        );
        assert_eq!(links("v2:https://x.org/a@x\nv1: https://x.org/b@x"), ["b@x".into()]);
    }

    #[test]
    fn dependencies_are_no_lineage() {
        let text = "prerequisite-change-id: 20240101-base-0a1b:v3\n\
                    prerequisite-change-id: 20240102-other\nBased-on: <base@x>\n\
                    Based-on: https://lists.example.org/all/v2-base@x/\n\
                    prerequisite-message-id: plain@x\nBased-on: master\n";
        let found = Lineage::of([text]);
        let change = |id: &str, version| Needs::Change { id: id.into(), version };
        assert_eq!(
            found.needs,
            [
                change("20240101-base-0a1b", Some(3)),
                change("20240102-other", None),
                Needs::Mail("base@x".into()),
                Needs::Mail("v2-base@x".into()),
                Needs::Mail("plain@x".into()),
            ]
        );
        assert_eq!((found.change_id, found.links), (None, Vec::new()));
    }

    #[test]
    fn a_fingerprint_is_of_the_message_and_its_date_wherever_it_lay() {
        let of = |list, offset, separator: Option<&[u8]>, text: &'static str| {
            let origin = Origin { file: FileId(7), offset, len: 3 };
            let raw = RawMail { origin, separator, bytes: text.as_bytes().into() };
            Facts::read(&raw, ListId(list), list.into()).0.fingerprint
        };
        let text = "Message-ID: <a@x>\n\nOne.\n";
        let at = |minute| format!("From a@x Tue Jan  7 00:0{minute}:00 2020");
        let first = of(0, 9, Some(at(1).as_bytes()), text);
        assert_eq!(first, of(1, 900, Some(at(1).as_bytes()), text));
        assert_ne!(first, of(0, 9, Some(at(2).as_bytes()), text));
        assert_ne!(first, of(0, 9, Some(at(1).as_bytes()), "Message-ID: <a@x>\n\nTwo.\n"));
    }

    #[test]
    fn content_tells_mails_apart() {
        assert_ne!(mix(1, b"12345678a"), mix(1, b"12345678b"));
        assert_ne!(mix(mix(1, b"a"), b"b"), mix(mix(1, b"ab"), b""));
    }
}

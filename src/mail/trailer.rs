//! Trailers: `Reviewed-by: Name <addr>` and its kin.
//!
//! Where they count differs: in a commit message they are the last paragraph, as for
//! git-interpret-trailers(1); in a reply they may be any unquoted line. Which patch a
//! reply's trailer counts for, and whether its sender is the person named, is decided in
//! [`crate::archive`].

use std::ops::Range;

use super::Address;

/// One trailer line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// The key as written: `Reviewed-by`, `Fixes`.
    pub name: String,
    /// The value, unwrapped, as written.
    pub value: String,
    /// Who it names, for `…-by` and `Cc` trailers.
    pub person: Option<Address>,
}

/// What a trailer's name says its person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewKind {
    /// `Reviewed-by`, `Reviewed-and-tested-by`.
    Reviewed,
    /// `Acked-by`.
    Acked,
    /// `Tested-by`, `Compile-tested-by`.
    Tested,
    /// `Nacked-by`.
    Nacked,
    /// Anything else.
    Other,
}

/// What a trailer's name says. Of several words the first of reviewed, acked, tested holds.
pub fn kind(name: &str) -> ReviewKind {
    use ReviewKind::{Acked, Nacked, Other, Reviewed, Tested};
    [Reviewed, Acked, Tested, Nacked].into_iter().find(|kind| says(name, *kind)).unwrap_or(Other)
}

/// Whether a trailer's name says that: `Reviewed-and-tested-by` says two things.
pub fn says(name: &str, kind: ReviewKind) -> bool {
    let deed = match kind {
        ReviewKind::Reviewed => "reviewed",
        ReviewKind::Acked => "acked",
        ReviewKind::Tested => "tested",
        ReviewKind::Nacked => "nacked",
        ReviewKind::Other => return false,
    };
    let end = name.len().saturating_sub(3);
    let deeds = name.get(..end).filter(|_| names_a_doer(name)).unwrap_or_default();
    deeds.split(['-', '+', '_']).any(|word| word.eq_ignore_ascii_case(deed))
}

/// Whether a trailer of this name is somebody's word for or against a patch.
pub fn is_review(name: &str) -> bool {
    kind(name) != ReviewKind::Other
}

/// The trailers of a commit message or cover letter, in order: the lines of its [`block`],
/// and above it, or without one (as in a cover letter that ends in a shortlog), the lines
/// that would count in a reply.
pub fn of_message(message: &str) -> Vec<Trailer> {
    let block = block(message);
    let mut trailers = of_reply(&message[..block.start]);
    let mut lines = message[block].lines().peekable();
    while let Some(line) = lines.next() {
        let Some((name, value)) = key_and_value(line) else { continue };
        let mut value = value.to_owned();
        while let Some(more) = lines.next_if(|next| continues(name, &value, next)) {
            append(&mut value, more);
        }
        trailers.push(Trailer::new(name, value));
    }
    trailers
}

/// The trailers on the unquoted lines of a reply, in order: `…-by` lines that name a person,
/// and `Fixes`, `Closes` and `Link` lines that name what they should. What follows
/// a line such as `-----Original Message-----`, and a diff, is not the sender's word.
pub fn of_reply(text: &str) -> Vec<Trailer> {
    let mut trailers = Vec::new();
    let mut lines = text.lines().take_while(|line| !ends_own_words(line)).peekable();
    while let Some(line) = lines.next() {
        // Most lines have no colon near their start.
        let Some((name, value)) = key_and_value(line.trim_start()) else { continue };
        let mut value = value.to_owned();
        while let Some(more) = lines.next_if(|next| is_wrapped(name, &value, next)) {
            append(&mut value, more);
        }
        let trailer = Trailer::new(name, value);
        if trailer.stands_alone() {
            trailers.push(trailer);
        }
    }
    trailers
}

/// The part of a commit message that its trailers stand in, from the first line to the end
/// of the last; empty, at the message's end, where there is none.
///
/// It is the last paragraph, if every line of it is a trailer, or a quarter of them are and
/// one has a key that people don't use in prose; lines like `[Name: what I changed]` may
/// stand between. Paragraphs of nothing but trailers right above belong to it.
pub fn block(message: &str) -> Range<usize> {
    let mut end = message.trim_end().len();
    let whole_end = end;
    let mut start = end;
    while end > 0 {
        let paragraph = last_paragraph(message, end);
        let lines = Tally::of(&message[paragraph.clone()]);
        let belongs = if start == whole_end { lines.is_block() } else { lines.is_pure_block() };
        if !belongs {
            break;
        }
        start = paragraph.start;
        end = message[..start].trim_end().len();
    }
    start..whole_end
}

/// The lines above `end` up to a blank one.
fn last_paragraph(message: &str, end: usize) -> Range<usize> {
    let mut start = end;
    while start > 0 {
        let above = message[..start].strip_suffix('\n').unwrap_or(&message[..start]);
        let line = above.rfind('\n').map_or(0, |newline| newline + 1);
        if above[line..].trim().is_empty() {
            break;
        }
        start = line;
    }
    start..end
}

/// The lines of a paragraph, counted by what they are.
#[derive(Default)]
struct Tally {
    trailers: usize,
    others: usize,
    /// A key that is certainly one has been seen.
    certain: bool,
}

impl Tally {
    fn of(paragraph: &str) -> Tally {
        let mut tally = Tally::default();
        let mut lines = paragraph.lines().peekable();
        while let Some(line) = lines.next() {
            if let Some((name, value)) = key_and_value(line) {
                tally.trailers += 1;
                tally.certain |= is_certain_key(name);
                while lines.next_if(|next| continues(name, value, next)).is_some() {}
            } else if line.starts_with("(cherry picked from commit ") {
                tally.trailers += 1;
                tally.certain = true;
            } else if !is_note(line) {
                tally.others += 1;
            }
        }
        tally
    }

    fn is_block(&self) -> bool {
        self.certain && self.trailers * 3 >= self.others
    }

    fn is_pure_block(&self) -> bool {
        self.certain && self.others == 0
    }
}

/// `[Name: what I changed]`, or `[ also without a name ]`.
fn is_note(line: &str) -> bool {
    line.starts_with('[') && line.trim_end().ends_with(']')
}

/// The key and value of `Key: value` (git's find_separator: letters, digits and `-`, then
/// blanks). A URL is none.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let key = line.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    let rest = line[key..].trim_start_matches([' ', '\t']);
    let value = rest.strip_prefix(':')?;
    (key > 0 && !value.starts_with("//")).then(|| (&line[..key], value.trim()))
}

/// Whether a key is used for trailers only, so that a line with it tells a block of
/// trailers from a paragraph with a colon in it.
fn is_certain_key(name: &str) -> bool {
    const KEYS: [&str; 10] = [
        "fixes",
        "link",
        "closes",
        "cc",
        "bug",
        "buglink",
        "resolves",
        "reference",
        "references",
        "supersedes",
    ];
    // `Change-Id`, `Upstream-Status`; but not `x86-64`.
    let compound = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.contains('-')
        && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    names_a_doer(name) || compound || KEYS.contains(&name.to_ascii_lowercase().as_str())
}

/// `…-by`, in any case.
fn names_a_doer(name: &str) -> bool {
    name.len() > 3 && name.as_bytes()[name.len() - 3..].eq_ignore_ascii_case(b"-by")
}

/// Whether `next` continues the trailer above it in a block: it is indented, or a mail
/// program has wrapped it there.
fn continues(name: &str, value: &str, next: &str) -> bool {
    let indented = next.starts_with([' ', '\t']) && !next.trim().is_empty();
    indented || is_wrapped(name, value, next)
}

/// Whether `next` can only be the rest of the trailer above it.
fn is_wrapped(name: &str, value: &str, next: &str) -> bool {
    wraps_person(name, value, next) || wraps_title(name, value, next)
}

/// Whether `next` is the rest of the title in `Fixes: 0123456789ab ("title")`.
fn wraps_title(name: &str, value: &str, next: &str) -> bool {
    name.eq_ignore_ascii_case("fixes")
        && next.trim_end().ends_with("\")")
        && value.contains("(\"")
        && !value.ends_with("\")")
}

/// Whether `next` is the rest of a person that a mail program has wrapped: the address, or
/// after an empty value all of it.
fn wraps_person(name: &str, value: &str, next: &str) -> bool {
    let next = next.trim();
    let names_nobody_yet = names_a_doer(name) && !value.contains('@') && next.contains('@');
    names_nobody_yet
        && (next.starts_with('<') || (value.is_empty() && key_and_value(next).is_none()))
        && person(next).is_some()
}

/// Appends a continuation line, its indentation as one blank.
fn append(value: &mut String, more: &str) {
    if !value.is_empty() {
        value.push(' ');
    }
    value.push_str(more.trim());
}

/// Whether what follows this line of a reply is somebody else's.
fn ends_own_words(line: &str) -> bool {
    match line.as_bytes().first() {
        Some(b'd') => line.starts_with("diff --git "),
        // Outlook: a rule, or at once the headers of the mail below.
        Some(b'-') => {
            let words = line.trim_start_matches('-');
            line.len() - words.len() >= 2 && words.trim_start().starts_with("Original Message")
        }
        Some(b'S') => line.starts_with("Sent: "),
        _ => false,
    }
}

impl Trailer {
    fn new(name: &str, value: String) -> Trailer {
        let person = named(name, &value);
        Trailer { name: name.to_owned(), value, person }
    }

    /// Whether it can only be a trailer, wherever it stands.
    fn stands_alone(&self) -> bool {
        if names_a_doer(&self.name) {
            return self.person.is_some();
        }
        let name = self.name.to_ascii_lowercase();
        match name.as_str() {
            "fixes" => names_commit(&self.value),
            "link" | "closes" => self.value.starts_with("http"),
            _ => false,
        }
    }
}

/// `0123456789ab ("title")`, with `commit` before it at will.
fn names_commit(value: &str) -> bool {
    let id = value.strip_prefix("commit ").unwrap_or(value);
    id.bytes().take_while(u8::is_ascii_hexdigit).count() >= 7
}

/// Who a trailer names, for `…-by` and `Cc` trailers; see [`person`].
pub fn named(name: &str, value: &str) -> Option<Address> {
    let names_one = names_a_doer(name) || name.eq_ignore_ascii_case("cc");
    if names_one { person(value) } else { None }
}

/// The person that a trailer's value, or an in-body From, names: `Name <addr>`,
/// `"Name, J." <addr>`, `addr`, `addr (Name)`, `Name <user at example.org>`, or a full
/// name without an address; without `# comment`, `(company)` and whatever follows the
/// address. Encoded words are left as they are. None where it names nobody.
pub fn person(value: &str) -> Option<Address> {
    let value = value.trim();
    if let Some((name, email)) = bracketed(value) {
        return Some(Address { name: display_name(name), email });
    }
    let value = value.split(" #").next().unwrap_or_default();
    if let Some((name, email)) = bare_address(value) {
        return Some(Address { name, email });
    }
    let name = display_name(value);
    is_full_name(&name).then(|| Address { name, email: String::new() })
}

/// `Name <addr>`: the name as written, and the address.
fn bracketed(value: &str) -> Option<(&str, String)> {
    let (name, rest) = value.split_once('<')?;
    let inside = rest.split('>').next().unwrap_or_default();
    // `<user@example.org<mailto:user@example.org>>`
    let inside = inside.split('<').next().unwrap_or_default();
    Some((name, address(inside)?))
}

/// An address alone, with the name before it or in parentheses behind it.
fn bare_address(value: &str) -> Option<(String, String)> {
    let word = value.split_whitespace().find(|word| word.contains('@'));
    let Some(word) = word else { return address(value).map(|email| (String::new(), email)) };
    let email = address(word.trim_matches(['(', ')', '[', ']', ',', ';', '.', '"', '\'']))?;
    let at = word.as_ptr() as usize - value.as_ptr() as usize;
    let (before, behind) = (&value[..at], &value[at + word.len()..]);
    let in_parentheses = behind.trim().strip_prefix('(').and_then(|b| b.strip_suffix(')'));
    let name = display_name(if before.trim().is_empty() {
        in_parentheses.unwrap_or_default()
    } else {
        before
    });
    // `please mail ducks@example.org` is prose.
    (name.is_empty() || is_full_name(&name)).then_some((name, email))
}

/// `user@example.org`, also written `user at example.org`, `user [at] example [dot] org` or
/// `mailto:user@example.org`.
fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let spelled = || {
        let text = text.replace("[at]", "@").replace("(at)", "@").replace(" at ", "@");
        let text = text.replace("[dot]", ".").replace("(dot)", ".").replace(" dot ", ".");
        text.split_whitespace().collect::<String>()
    };
    let email = if text.contains('@') && !text.contains(' ') { text.to_owned() } else { spelled() };
    let (local, domain) = email.rsplit_once('@')?;
    let clean = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:".contains(c);
    let whole = !local.is_empty() && !domain.is_empty() && email.chars().all(clean);
    whole.then_some(email)
}

/// A display name: unquoted, without `(company)`, blanks folded.
fn display_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for c in text.trim().chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => {
                escaped = true;
                continue;
            }
            '"' => {
                quoted = !quoted;
                continue;
            }
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth = depth.saturating_sub(1);
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            name.push(c);
        }
    }
    let folded: Vec<&str> = name.split_whitespace().collect();
    folded.join(" ").trim_matches([',', '\'']).trim().to_owned()
}

/// Whether words without an address can be somebody's name: at most five, each with a
/// capital or a letter that has none, and at least two of them.
fn is_full_name(name: &str) -> bool {
    const PARTICLES: [&str; 10] = ["van", "von", "de", "der", "den", "da", "di", "la", "bin", "el"];
    let words: Vec<&str> = name.split(' ').collect();
    let name_word = |word: &&str| {
        let first = word.chars().next();
        PARTICLES.contains(word)
            || first.is_some_and(|c| c.is_alphabetic() && !c.is_ascii_lowercase())
    };
    let ends_sentence = name.ends_with(['.', '!', '?', ':']);
    (2..=5).contains(&words.len()) && !ends_sentence && words.iter().all(name_word)
}

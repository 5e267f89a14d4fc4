//! What a subject says: reply or patch, which of how many, which revision, and the title.
//!
//! The subject comes decoded and unfolded (see [`super::header`]). Nothing here knows the
//! mail's text or its neighbours: a posting's real total, or the revision a patch takes
//! from its cover letter, is found in [`crate::archive`].

use std::fmt;

/// The version number of a posting: 3 of `v3`, 5.1 of `v5.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    /// 5 of `v5.1`.
    pub major: u32,
    /// 1 of `v5.1`; 0 where there is none.
    pub minor: u32,
}

impl Revision {
    /// What a subject without a version means.
    pub const FIRST: Revision = Revision { major: 1, minor: 0 };
}

impl Default for Revision {
    fn default() -> Self {
        Revision::FIRST
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            0 => write!(f, "{}", self.major),
            minor => write!(f, "{}.{minor}", self.major),
        }
    }
}

/// A subject, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// It answers another mail.
    pub reply: bool,
    /// It hands another mail on.
    pub forward: bool,
    /// It says PATCH.
    pub patch: bool,
    /// It says PULL.
    pub pull: bool,
    /// It says RFC.
    pub rfc: bool,
    /// It says RESEND or REPOST.
    pub resend: bool,
    /// The version, if one is said.
    pub version: Option<Revision>,
    /// 3 of `3/14`; 0 is the cover letter.
    pub index: Option<u32>,
    /// 14 of `3/14`.
    pub total: Option<u32>,
    /// Other words in leading brackets, in order (`net-next`, `kvm-unit-tests`).
    pub tags: Vec<String>,
    /// What is left: the title, blanks folded.
    pub title: String,
}

impl Subject {
    /// The title's leading words that name a place in the code, up to the last `: ` among
    /// them: `KVM: arm64: nv` of `KVM: arm64: nv: Fix x: y`. A part of more than three words
    /// or forty characters is prose and ends the prefix. Of `Revert "KVM: x86: …"` it is
    /// the prefix inside the quotes. Empty where there is none.
    pub fn prefix(&self) -> &str {
        prefix(&self.title)
    }

    /// The parts of [`Subject::prefix`], outermost first: `["KVM", "arm64", "nv"]`.
    pub fn prefix_parts(&self) -> Vec<&str> {
        prefix_parts(&self.title).collect()
    }
}

/// The [`Subject::prefix`] of a title.
pub fn prefix(title: &str) -> &str {
    let title = reverted(title);
    let mut end = 0;
    let mut rest = 0;
    while let Some(colon) = title[rest..].find(": ") {
        if !names_a_place(&title[rest..rest + colon]) {
            break;
        }
        end = rest + colon;
        rest = end + 2;
    }
    title[..end].trim_end()
}

/// The parts of a title's [`Subject::prefix`], outermost first.
pub fn prefix_parts(title: &str) -> impl Iterator<Item = &str> {
    parts(prefix(title))
}

/// The parts of a prefix, outermost first.
pub fn parts(prefix: &str) -> impl Iterator<Item = &str> {
    prefix.split(": ").map(str::trim).filter(|part| !part.is_empty())
}

/// The title inside `Revert "…"`, however often it was reverted; else the title itself.
fn reverted(title: &str) -> &str {
    let mut inner = title;
    while let Some(rest) = ["Revert \"", "Reapply \""].iter().find_map(|w| inner.strip_prefix(w)) {
        inner = rest;
    }
    inner
}

/// Whether a part before a colon can be the name of an area rather than prose.
fn names_a_place(part: &str) -> bool {
    let part = part.trim();
    !part.is_empty()
        && part.len() <= 160
        && part.chars().count() <= 40
        && part.split(' ').count() <= 3
        && !part.contains(['"', '?', '!'])
}

/// Takes a decoded subject apart. Never fails: what it doesn't know stays in the title.
pub fn parse(decoded_subject: &str) -> Subject {
    let folded = fold_blanks(decoded_subject);
    let mut subject = Subject::default();
    let mut rest = folded.as_str();
    let mut bare_words_allowed = true;
    let mut unpaired = false;
    loop {
        rest = rest.trim_start();
        if let Some((mark, after)) = answer_mark(rest) {
            match mark {
                Mark::Reply => subject.reply = true,
                Mark::Forward => subject.forward = true,
            }
            rest = after;
        } else if let Some((inside, after)) = bracketed(rest, &mut unpaired) {
            read_words(&mut subject, inside);
            rest = read_number_behind_bracket(&mut subject, after);
            bare_words_allowed = false;
        } else if bare_words_allowed && let Some(after) = read_bare_words(&mut subject, rest) {
            rest = after;
            bare_words_allowed = false;
        } else {
            break;
        }
    }
    let title = read_version_at_end(&mut subject, rest);
    subject.title = title.to_owned();
    subject
}

/// Runs of white space as one blank each, none at the ends.
fn fold_blanks(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// What a leading `Re:` or `Fwd:` says.
#[derive(Clone, Copy)]
enum Mark {
    Reply,
    Forward,
}

/// How mail programs of the world spell a reply; in lower case. Those of the second list
/// could begin a title (`vs: …`), so they count only with a capital.
const REPLY: [&str; 12] =
    ["re", "aw", "sv", "antw", "antwort", "回复", "回覆", "答复", "答覆", "返信", "답장", "回信"];
const REPLY_WITH_CAPITAL: [&str; 8] = ["odp", "ynt", "res", "rif", "vs", "bls", "atb", "отв"];
/// How they spell that a mail is handed on.
const FORWARD: [&str; 7] = ["fw", "fwd", "转发", "轉寄", "轉發", "転送", "전달"];
const FORWARD_WITH_CAPITAL: [&str; 6] = ["wg", "tr", "rv", "enc", "doorst", "vl"];

/// A `Re:`, `Re[2]:`, `Re(3):`, `AW :`, `Fwd:`, `回复：` at the start, and what follows it.
fn answer_mark(text: &str) -> Option<(Mark, &str)> {
    let word_len = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    // The longest mark is ten bytes; a longer word is not worth folding.
    let word = text.get(..word_len).filter(|word| (1..=16).contains(&word.len()))?;
    let after = after_count(&text[word_len..]).trim_start();
    let after = after.strip_prefix(':').or_else(|| after.strip_prefix('：'))?;
    let mark = mark_of(word)?;
    Some((mark, after))
}

/// Which mark a word is.
fn mark_of(word: &str) -> Option<Mark> {
    let folded = word.to_lowercase();
    let folded = folded.as_str();
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    if REPLY.contains(&folded) || (capital && REPLY_WITH_CAPITAL.contains(&folded)) {
        Some(Mark::Reply)
    } else if FORWARD.contains(&folded) || (capital && FORWARD_WITH_CAPITAL.contains(&folded)) {
        Some(Mark::Forward)
    } else {
        None
    }
}

/// What follows the count of `Re[2]`, `Re(2)` or `Re^2`; all of it where there is none.
fn after_count(text: &str) -> &str {
    let Some(inside) = text.strip_prefix(['[', '(', '^']) else { return text };
    let digits = digits_len(inside);
    if digits == 0 || digits > 4 {
        return text;
    }
    inside[digits..].trim_start_matches([']', ')'])
}

/// A leading `[…]` with its nested brackets: what is inside, and what follows. Where the
/// brackets don't pair up (`[PATCH [RFC 1/3] foo`), the first closing one ends it, and so
/// from then on: counting again at each bracket would cost the square of a hostile
/// subject's length. A bracket that nothing closes belongs to the title.
fn bracketed<'a>(text: &'a str, unpaired: &mut bool) -> Option<(&'a str, &'a str)> {
    if !text.starts_with('[') {
        return None;
    }
    let paired = if *unpaired { None } else { closing_bracket(text.as_bytes()) };
    *unpaired |= paired.is_none();
    let end = paired.or_else(|| memchr::memchr(b']', text.as_bytes()))?;
    Some((&text[1..end], &text[end + 1..]))
}

/// Where the bracket that opens at the start is closed.
fn closing_bracket(text: &[u8]) -> Option<usize> {
    let mut depth = 0i64;
    memchr::memchr2_iter(b'[', b']', text).find(|&at| {
        depth += if text[at] == b'[' { 1 } else { -1 };
        depth == 0
    })
}

/// Reads the words inside brackets into the subject.
fn read_words(subject: &mut Subject, inside: &str) {
    let separators = |c: char| c.is_whitespace() || ",;[]()".contains(c);
    let mut words = inside.split(separators).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let next = words.peek().copied();
        if word.eq_ignore_ascii_case("git") && next.is_some_and(|w| w.eq_ignore_ascii_case("pull"))
        {
            continue;
        }
        if let Some(version) = next.and_then(|next| spelled_version(word, next)) {
            subject.version.get_or_insert(version);
            words.next();
        } else if next.is_some_and(is_slash)
            && let Some(index) = number(word)
        {
            words.next();
            read_split_index(subject, index, words.next());
        } else if !read_word(subject, word) {
            subject.tags.push(word.to_owned());
        }
    }
}

/// The word between the numbers of `1 of 2` and `1 / 2`.
fn is_slash(word: &str) -> bool {
    word == "/" || word.eq_ignore_ascii_case("of")
}

/// `v 2`, `version 2`, `take 2`, `try #2`: a version in two words.
fn spelled_version(word: &str, next: &str) -> Option<Revision> {
    let spelled = ["v", "ver", "version", "rev", "take", "try"];
    if !spelled.iter().any(|s| word.eq_ignore_ascii_case(s)) {
        return None;
    }
    let major = number(next.strip_prefix('#').unwrap_or(next))?;
    Some(Revision { major, minor: 0 })
}

/// The numbers of `1 of 2`, given as separate words.
fn read_split_index(subject: &mut Subject, index: u32, total: Option<&str>) {
    subject.index.get_or_insert(index);
    if let Some(total) = total.and_then(number) {
        subject.total.get_or_insert(total);
    }
}

/// A word that is nothing but digits, as a number.
fn number(word: &str) -> Option<u32> {
    // `parse` alone would take a sign.
    word.bytes().all(|b| b.is_ascii_digit()).then(|| word.parse().ok())?
}

/// A piece of a word that says something about the posting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Patch,
    Rfc,
    Resend,
    Pull,
    Version(Revision),
    Index(u32, Option<u32>),
}

/// Reads one word (`PATCH`, `v2`, `PATCHv5`, `v2PATCH12/15`, `RFC/PATCH`, `#2`) into the
/// subject. A word that is not pieces from end to end is left alone and gives false, and
/// so is a lone `2024/05`: without PATCH beside it, it is a date rather than an index.
fn read_word(subject: &mut Subject, word: &str) -> bool {
    let Some(pieces) = pieces(word) else { return false };
    let says_more = subject.patch || subject.rfc || subject.pull || pieces.len() > 1;
    let backwards = |piece: &Piece| matches!(piece, Piece::Index(k, Some(n)) if k > n);
    if !says_more && pieces.iter().any(backwards) {
        return false;
    }
    pieces.into_iter().for_each(|piece| apply(subject, piece));
    true
}

/// The pieces a word is glued from; none if anything else is in it.
fn pieces(word: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = word.trim_matches(['-', '/', '_', ':', '.']);
    while !rest.is_empty() {
        // No honest word has more; a hostile one would only cost memory.
        if pieces.len() == 8 {
            return None;
        }
        let (piece, after) = first_piece(rest)?;
        pieces.push(piece);
        rest = after.trim_start_matches(['-', '/', '_', ':']);
    }
    (!pieces.is_empty()).then_some(pieces)
}

/// The piece a word begins with, and what follows it.
fn first_piece(word: &str) -> Option<(Piece, &str)> {
    const WORDS: [(&str, Piece); 10] = [
        ("patchset", Piece::Patch),
        ("patches", Piece::Patch),
        ("patch", Piece::Patch),
        ("rfc", Piece::Rfc),
        ("resend", Piece::Resend),
        ("resent", Piece::Resend),
        ("repost", Piece::Resend),
        ("re-send", Piece::Resend),
        ("re-post", Piece::Resend),
        ("pull", Piece::Pull),
    ];
    let spoken = WORDS
        .iter()
        .find_map(|(name, piece)| after_ignoring_case(word, name).map(|after| (*piece, after)));
    spoken.or_else(|| version_piece(word)).or_else(|| index_piece(word))
}

/// What follows `name` where `word` begins with it in any case.
fn after_ignoring_case<'a>(word: &'a str, name: &str) -> Option<&'a str> {
    let head = word.get(..name.len())?;
    head.eq_ignore_ascii_case(name).then(|| &word[name.len()..])
}

/// `v2`, `V5.1`, `ver2`, `version2`, `rev2`, `#2`.
fn version_piece(word: &str) -> Option<(Piece, &str)> {
    let names = ["version", "ver", "rev", "v", "#"];
    let digits = names
        .iter()
        .find_map(|name| after_ignoring_case(word, name).filter(|after| digits_len(after) > 0))?;
    let (major, after) = leading_number(digits)?;
    let minor = after.strip_prefix('.').and_then(leading_number);
    let (minor, after) = minor.unwrap_or((0, after));
    Some((Piece::Version(Revision { major, minor }), after))
}

/// `3/14`, `3/n`, `3of14`.
fn index_piece(word: &str) -> Option<(Piece, &str)> {
    let (index, after) = leading_number(word)?;
    let after = after.strip_prefix('/').or_else(|| after_ignoring_case(after, "of"))?;
    if let Some((total, after)) = leading_number(after) {
        return Some((Piece::Index(index, Some(total)), after));
    }
    let after = after_ignoring_case(after, "n")?;
    (!after.starts_with(char::is_alphanumeric)).then_some((Piece::Index(index, None), after))
}

/// The number a text begins with, and what follows it; none on overflow.
fn leading_number(text: &str) -> Option<(u32, &str)> {
    let (digits, after) = text.split_at(digits_len(text));
    Some((digits.parse().ok()?, after))
}

/// How many ASCII digits a text begins with.
fn digits_len(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Writes a piece down. Of two versions or indexes the first holds.
fn apply(subject: &mut Subject, piece: Piece) {
    match piece {
        Piece::Patch => subject.patch = true,
        Piece::Rfc => subject.rfc = true,
        Piece::Resend => subject.resend = true,
        Piece::Pull => subject.pull = true,
        Piece::Version(version) => {
            subject.version.get_or_insert(version);
        }
        Piece::Index(index, total) if subject.index.is_none() => {
            subject.index = Some(index);
            subject.total = total;
        }
        Piece::Index(..) => {}
    }
}

/// The colon of `[PATCH 1/7]: foo` and the number of `[PATCH] 1/7: foo`.
fn read_number_behind_bracket<'a>(subject: &mut Subject, after: &'a str) -> &'a str {
    let after = after.strip_prefix(':').unwrap_or(after).trim_start();
    if !subject.patch || subject.index.is_some() {
        return after;
    }
    let (word, rest) = after.split_once(' ').unwrap_or((after, ""));
    match index_piece(word) {
        Some((piece, "" | ":")) => {
            apply(subject, piece);
            rest
        }
        _ => after,
    }
}

/// `PATCHv5 1/1 foo`, `PATCH: foo`: the words of a subject that forgot its brackets, and
/// what follows them. Only in capitals, since `Patch management` is a title.
fn read_bare_words<'a>(subject: &mut Subject, text: &'a str) -> Option<&'a str> {
    let first = text.split(' ').next()?;
    if !first.starts_with("PATCH") || !read_word(subject, first) {
        return None;
    }
    let mut rest = &text[first.len()..];
    let mut closed = first.ends_with(':');
    while !closed {
        rest = rest.trim_start();
        let word = rest.split(' ').next().unwrap_or_default();
        if word.is_empty() || !read_word(subject, word) {
            break;
        }
        closed = word.ends_with(':');
        rest = &rest[word.len()..];
    }
    Some(rest)
}

/// The title without the `(v2)` at its end, where nothing else says a version and the
/// subject is that of a posting.
fn read_version_at_end<'a>(subject: &mut Subject, title: &'a str) -> &'a str {
    let posting = subject.patch || subject.rfc || subject.pull || subject.index.is_some();
    if subject.version.is_some() || !posting {
        return title;
    }
    let inside = title.strip_suffix(')').and_then(|t| t.rsplit_once('('));
    let Some((before, word)) = inside else { return title };
    match version_piece(word.trim()) {
        // `use f(v3)` is a call.
        Some((Piece::Version(version), "")) if before.ends_with(' ') => {
            subject.version = Some(version);
            before.trim_end()
        }
        _ => title,
    }
}

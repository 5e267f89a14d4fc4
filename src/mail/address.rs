//! Addresses of the From, To, Cc and Reply-To headers and of trailers.
//!
//! RFC 5322 says how they should look; this module reads how they do look: names with
//! unquoted commas, dots and colons, unbalanced quotes, `user at host`, comments for names.
//! Whose addresses belong to one person is decided in the archive.

use super::header::{collapse, decode_words, end_of_comment};

/// A person's name and address as one mail gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Display name, decoded and unquoted; empty where there is none.
    pub name: String,
    /// `local@domain` as written; empty where there is none.
    pub email: String,
}

/// An address that somebody else holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressRef<'a> {
    /// As [`Address::name`].
    pub name: &'a str,
    /// As [`Address::email`].
    pub email: &'a str,
}

impl AddressRef<'_> {
    /// The domain in lower case, or "" where there is none.
    pub fn domain(&self) -> String {
        self.email.rsplit_once('@').map_or(String::new(), |(_, d)| d.to_ascii_lowercase())
    }

    /// The same, held by itself.
    pub fn to_address(&self) -> Address {
        Address { name: self.name.to_owned(), email: self.email.to_owned() }
    }
}

impl Address {
    /// A view of it.
    pub fn view(&self) -> AddressRef<'_> {
        AddressRef { name: &self.name, email: &self.email }
    }

    /// Whether both are the same mailbox: letters compared without case, as list software
    /// changes it.
    pub fn same_email(&self, other: &Address) -> bool {
        self.email.eq_ignore_ascii_case(&other.email)
    }
}

/// The addresses of a header value (unfolded, encoded words as they are) or of a trailer's
/// value, in order. Members of a group stand for the group. A comma in an unquoted name
/// (`Doe, Jane <jd@example.org>`) does not split it. Entries without an address keep their
/// name; entries with neither are left out.
pub fn parse_list(text: &str) -> Vec<Address> {
    let mut list = Vec::new();
    let mut half_name = "";
    for (start, end) in entries(text) {
        let entry = text[start..end].trim();
        let mut address = parse_entry(entry);
        if address.email.is_empty() && !address.name.is_empty() && !entry.contains(['<', '"']) {
            flush_half_name(&mut list, half_name);
            half_name = entry;
            continue;
        }
        if !half_name.is_empty() && entry.contains('<') && !entry.starts_with(['"', '<']) {
            address.name = format!("{}, {}", plain_name(half_name), address.name);
        } else {
            flush_half_name(&mut list, half_name);
        }
        half_name = "";
        if address != Address::default() {
            list.push(address);
        }
    }
    flush_half_name(&mut list, half_name);
    list
}

fn flush_half_name(list: &mut Vec<Address>, name: &str) {
    if !name.is_empty() {
        list.push(Address { name: plain_name(name), email: String::new() });
    }
}

/// The first address of a value that has one, else the first name.
pub fn parse_one(text: &str) -> Option<Address> {
    let list = parse_list(text);
    let with_email = list.iter().position(|a| !a.email.is_empty());
    list.into_iter().nth(with_email.unwrap_or(0))
}

/// A part of an address list.
enum Token<'a> {
    /// `"…"`, without the quotes, escapes not undone.
    Quoted(&'a str),
    /// `(…)`, with the parentheses.
    Comment(&'a str),
    /// `<…>`, without the brackets; the `>` may be missing at the end.
    Angle(&'a str),
    /// A comma, semicolon or colon.
    Special(u8),
    /// Anything else, up to the next of these.
    Plain(&'a str),
}

/// Cuts a list into tokens. What is opened and never closed is plain text; that is found out
/// once for each kind, so that many of them cost no more than one.
struct Tokens<'a> {
    text: &'a str,
    at: usize,
    quotes: bool,
    comments: bool,
    angles: bool,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Tokens<'a> {
        Tokens { text, at: 0, quotes: true, comments: true, angles: true }
    }

    fn enclosed(&mut self) -> Option<(Token<'a>, usize)> {
        let rest = &self.text[self.at..];
        match rest.as_bytes()[0] {
            b'"' if self.quotes => {
                let end = end_of_quote(rest);
                self.quotes = end.is_some();
                end.map(|end| (Token::Quoted(&rest[1..end - 1]), end))
            }
            b'(' if self.comments => {
                let end = end_of_comment(rest);
                self.comments = end.is_some();
                end.map(|end| (Token::Comment(&rest[..end]), end))
            }
            b'<' if self.angles => {
                let (inner, length) = angle(rest);
                self.angles = length < rest.len() || rest.ends_with('>');
                Some((Token::Angle(inner), length))
            }
            special @ (b',' | b';' | b':') => Some((Token::Special(special), 1)),
            _ => None,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (usize, Token<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        if let Some((token, length)) = self.enclosed() {
            self.at += length;
            return Some((start, token));
        }
        let rest = &self.text[start..];
        let length =
            rest.bytes().skip(1).position(|b| matches!(b, b'"' | b'(' | b'<' | b',' | b';' | b':'));
        self.at += length.map_or(rest.len(), |n| n + 1);
        Some((start, Token::Plain(&self.text[start..self.at])))
    }
}

/// What stands between the angle brackets that `text` begins with, and the length of both
/// with it. Where another `<` comes first, the closing one was forgotten: the entry ends at
/// the comma.
fn angle(text: &str) -> (&str, usize) {
    match memchr::memchr2(b'>', b'<', &text.as_bytes()[1..]).map(|at| at + 1) {
        Some(end) if text.as_bytes()[end] == b'>' => (&text[1..end], end + 1),
        Some(next) => {
            let end = text[..next].find(',').unwrap_or(next);
            (&text[1..end], end)
        }
        None => (&text[1..], text.len()),
    }
}

/// The length of the quoted string that `text` begins with, if it ends.
fn end_of_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where the entries of a list stand: between commas and semicolons, without the names of
/// groups (`name: a@b, c@d;`).
fn entries(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut start, mut has_address) = (0, false);
    let last_semicolon = text.rfind(';').unwrap_or(0);
    for (at, token) in Tokens::new(text) {
        match token {
            Token::Special(b',' | b';') => {
                found.push((start, at));
                (start, has_address) = (at + 1, false);
            }
            // Without a semicolon after it, a colon is only part of a careless name.
            Token::Special(_) if !has_address && at < last_semicolon => start = at + 1,
            Token::Angle(_) => has_address = true,
            Token::Plain(plain) => has_address |= plain.contains('@'),
            _ => {}
        }
    }
    found.push((start, text.len()));
    found
}

/// One entry: name and address, in whatever order and form.
fn parse_entry(entry: &str) -> Address {
    if is_bare_email(entry) {
        return Address { name: String::new(), email: entry.to_owned() };
    }
    let (mut name, mut email) = (String::with_capacity(entry.len()), None);
    let mut local_part = false;
    for (at, token) in Tokens::new(entry) {
        match token {
            Token::Quoted(quoted) if entry[at + quoted.len() + 2..].starts_with('@') => {
                local_part = true;
                name.push_str(&entry[at..at + quoted.len() + 2]);
            }
            Token::Quoted(quoted) => push_unescaped(&mut name, quoted),
            Token::Angle(inner) if email.is_none() => {
                email = Some(clean_email(inner));
                name.push(' ');
            }
            Token::Angle(_) => {}
            Token::Comment(text) | Token::Plain(text) => name.push_str(text),
            Token::Special(byte) => name.push(byte.into()),
        }
    }
    match email {
        Some(email) => Address { name: plain_name(&name), email },
        None if local_part => Address { name: String::new(), email: clean_email(&name) },
        None => bare_entry(&name),
    }
}

/// Whether an entry is an address and nothing else, as most are.
fn is_bare_email(entry: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+' | b'@');
    entry.contains('@') && entry.bytes().all(plain)
}

fn push_unescaped(out: &mut String, quoted: &str) {
    let mut rest = quoted;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let escaped = after.chars().next().map_or(0, char::len_utf8);
        out.push_str(&after[..escaped]);
        rest = &after[escaped..];
    }
    out.push_str(rest);
}

/// What stands between angle brackets: without comments, blanks, a route (`@relay:`) or
/// `mailto:`; `user at host` becomes an address.
fn clean_email(inner: &str) -> String {
    if is_bare_email(inner) {
        return inner.to_owned();
    }
    if let Some(email) = spelled_out(inner) {
        return email;
    }
    let mut email = String::with_capacity(inner.len());
    for (_, token) in Tokens::new(inner) {
        match token {
            Token::Quoted(quoted) => email.extend(["\"", quoted, "\""]),
            Token::Plain(plain) => email.extend(plain.split_ascii_whitespace()),
            Token::Special(byte) => email.push(byte.into()),
            // Git's name for a host without one: `ann@laptop.(none)`.
            Token::Comment(none @ "(none)") if email.ends_with('.') => email.push_str(none),
            Token::Comment(_) | Token::Angle(_) => {}
        }
    }
    let routed = if email.starts_with('@') { email.split_once(':') } else { None };
    let email = routed.map_or(email.as_str(), |(_, mailbox)| mailbox);
    let scheme = email.get(..7).is_some_and(|s| s.eq_ignore_ascii_case("mailto:"));
    email[if scheme { 7 } else { 0 }..].to_owned()
}

/// `user at host.example` of Mailman's archives, as an address.
fn spelled_out(text: &str) -> Option<String> {
    let mut words = text.split_ascii_whitespace();
    let (local, at, host) = (words.next()?, words.next()?, words.next()?);
    let spelled = at == "at" && words.next().is_none();
    (spelled && !local.contains('@')).then(|| format!("{local}@{host}"))
}

/// An entry without angle brackets: `a@b (Name)`, `a@b`, `user at host (Name)`, `Name`.
fn bare_entry(text: &str) -> Address {
    let (plain, comments) = without_comments(text);
    if let Some(email) = spelled_out(&plain) {
        return Address { name: plain_name(&comments), email };
    }
    let Some(email) = plain.split_ascii_whitespace().find(|word| word.contains('@')) else {
        return Address { name: plain_name(text), email: String::new() };
    };
    let name = match plain.split_once(email) {
        Some((before, after)) => format!("{before} {after} {comments}"),
        None => comments,
    };
    Address { name: plain_name(&name), email: email.to_owned() }
}

/// A text's parts outside and inside comments.
fn without_comments(text: &str) -> (String, String) {
    let (mut plain, mut comments) = (String::new(), String::new());
    for (at, token) in Tokens::new(text) {
        match token {
            Token::Comment(comment) => comments.push_str(comment),
            Token::Plain(word) => plain.push_str(word),
            Token::Special(byte) => plain.push(byte.into()),
            Token::Quoted(inner) => plain.push_str(&text[at..at + inner.len() + 2]),
            Token::Angle(_) => {}
        }
    }
    (plain, comments)
}

/// A display name to read: decoded, blanks folded, without quotes or parentheses around the
/// whole of it. A comment beside other words stays, as in git: `Ann Lee (Example Inc.)`.
fn plain_name(name: &str) -> String {
    let mut name = collapse(&decode_words(name));
    for (open, close) in [('(', ')'), ('"', '"'), ('\'', '\'')] {
        let inner = name.strip_prefix(open).and_then(|n| n.strip_suffix(close));
        if let Some(inner) = inner.filter(|n| !n.contains([open, close])) {
            name = inner.trim().to_owned();
        }
    }
    name
}

/// Undoes what list software does to From so that a DMARC policy of the sender's domain does
/// not reject the list's copy: `Ann Lee <ann@example.org>` becomes `Ann Lee via list
/// <list@lists.example.org>`, and the address moves to X-Original-From (Google Groups), to
/// Reply-To (Mailman), or, where the list sets Reply-To itself, to Cc. Gives the address
/// looked for, or none if From is not rewritten or the address is nowhere.
pub fn undo_dmarc(
    from: &Address,
    original_from: Option<Address>,
    reply_to: &[Address],
    cc: &[Address],
) -> Option<Address> {
    if let Some(original) = original_from.filter(|a| a.email.contains('@')) {
        return Some(original);
    }
    let name = via_name(&from.name)?;
    let others = || reply_to.iter().chain(cc).filter(|a| a.email.contains('@'));
    let named = others().find(|a| !a.same_email(from) && same_name(&a.name, name));
    let mut replies = reply_to.iter().filter(|a| a.email.contains('@') && !a.same_email(from));
    let only_reply = replies.next().filter(|_| replies.next().is_none());
    let found = named.or(only_reply)?;
    let name = match found.name.as_str() {
        // Mailman writes the local part and three dashes where there was no name.
        "" if name.ends_with("---") => "",
        "" => name,
        own => own,
    };
    Some(Address { name: name.to_owned(), email: found.email.clone() })
}

/// `Ann Lee` of `Ann Lee via list`.
pub fn via_name(name: &str) -> Option<&str> {
    let (name, _) = name.rsplit_once(" via ")?;
    let name = name.trim_matches(|c| matches!(c, '"' | '\'' | ' '));
    (!name.is_empty()).then_some(name)
}

/// Whether both are one name, whatever its case, and whichever part stands first:
/// `Lee, Ann` is Ann Lee.
fn same_name(a: &str, b: &str) -> bool {
    let first_name_first = |name: &str| match name.split_once(',') {
        Some((last, first)) => format!("{} {}", first.trim(), last.trim()).to_lowercase(),
        None => name.to_lowercase(),
    };
    !a.is_empty() && first_name_first(a) == first_name_first(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(name: &str, email: &str) -> Address {
        Address { name: name.into(), email: email.into() }
    }

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse_list(text).into_iter().map(|a| (a.name, a.email)).collect()
    }

    fn one(text: &str) -> (String, String) {
        let mut list = pairs(text);
        assert_eq!(list.len(), 1, "{text}: {list:?}");
        list.remove(0)
    }

    #[test]
    fn forms_of_one_address() {
        for (text, name, email) in [
            ("a@x.org", "", "a@x.org"),
            ("<a@x.org>", "", "a@x.org"),
            ("Ann Lee <a@x.org>", "Ann Lee", "a@x.org"),
            ("\"Lee, Ann\" <a@x.org>", "Lee, Ann", "a@x.org"),
            ("Lee, Ann <a@x.org>", "Lee, Ann", "a@x.org"),
            ("\"Ann \\\"A\\\" Lee\" <a@x.org>", "Ann \"A\" Lee", "a@x.org"),
            ("a@x.org (Ann Lee)", "Ann Lee", "a@x.org"),
            ("Ann Lee (Example) <a@x.org>", "Ann Lee (Example)", "a@x.org"),
            ("Ann <a@x.org> (work)", "Ann (work)", "a@x.org"),
            ("J. B. Lee <a@x.org>", "J. B. Lee", "a@x.org"),
            ("Lee: Ann <a@x.org>", "Lee: Ann", "a@x.org"),
            ("=?utf-8?q?Lee=2C_=C3=85nn?= <a@x.org>", "Lee, Ånn", "a@x.org"),
            ("\"=?utf-8?q?=C3=85nn?=\" <a@x.org>", "Ånn", "a@x.org"),
            ("a@x.org <a@x.org>", "a@x.org", "a@x.org"),
            ("Ann < a @ x.org >", "Ann", "a@x.org"),
            ("Ann <mailto:a@x.org>", "Ann", "a@x.org"),
            ("Ann <@relay.org,@b.org:a@x.org>", "Ann", "a@x.org"),
            ("Ann <a@x.org", "Ann", "a@x.org"),
            ("a at x.org (Ann Lee)", "Ann Lee", "a@x.org"),
            ("Ann <a at x.org>", "Ann", "a@x.org"),
            ("Ann <ann@laptop.(none)>", "Ann", "ann@laptop.(none)"),
            ("Ann <ann@x.org(work)>", "Ann", "ann@x.org"),
            ("\"ann lee\"@x.org", "", "\"ann lee\"@x.org"),
            ("Ann via list <l@x.org>", "Ann via list", "l@x.org"),
            ("\"Ann <a@x.org>", "\"Ann", "a@x.org"),
            ("Ann (b <a@x.org>", "Ann (b", "a@x.org"),
            ("'Ann Lee' <a@x.org>", "Ann Lee", "a@x.org"),
            ("Ann Lee", "Ann Lee", ""),
            ("Ann <>", "Ann", ""),
        ] {
            assert_eq!(one(text), (name.to_owned(), email.to_owned()), "{text}");
        }
    }

    #[test]
    fn lists_and_groups() {
        assert_eq!(
            pairs("A <a@x>, \"B, C\" <b@x>, c@x,, D E <d@x>"),
            [("A", "a@x"), ("B, C", "b@x"), ("", "c@x"), ("D E", "d@x")]
                .map(|(n, e)| (n.to_owned(), e.to_owned()))
        );
        assert_eq!(pairs("team: a@x, B <b@x>;, c@x").len(), 3);
        assert_eq!(pairs("undisclosed-recipients:;"), []);
        assert_eq!(pairs("a@x; b@x").len(), 2);
        assert_eq!(pairs("A <a@x, B <b@x>")[1], ("B".to_owned(), "b@x".to_owned()));
        assert_eq!(pairs(""), []);
        assert_eq!(pairs("\"list\", Ann <a@x>").len(), 2);
    }

    #[test]
    fn unclosed_things_take_no_long_time() {
        for piece in ["(", "\"", "<", "a:", ":;"] {
            parse_list(&piece.repeat(200_000));
        }
    }

    #[test]
    fn dmarc_rewriting_is_undone() {
        let list = address("Ann Lee via list", "list@x.org");
        let ann = address("Ann Lee", "ann@y.org");
        let bob = address("Bob", "bob@y.org");
        let none: &[Address] = &[];
        let found =
            |original, reply: &[Address], cc: &[Address]| undo_dmarc(&list, original, reply, cc);
        assert_eq!(found(Some(ann.clone()), none, none), Some(ann.clone()));
        assert_eq!(found(None, &[bob.clone(), ann.clone()], none), Some(ann.clone()));
        assert_eq!(found(None, &[address("", "ann@y.org")], none), Some(ann.clone()));
        assert_eq!(found(None, &[address("", "list@x.org")], &[bob, ann.clone()]), Some(ann));
        assert_eq!(found(None, none, &[address("", "bob@y.org")]), None);
    }

    #[test]
    fn other_senders_are_left_alone() {
        let ann = address("Ann Lee", "ann@y.org");
        assert_eq!(undo_dmarc(&ann, None, &[address("", "bob@y.org")], &[]), None);
    }
}

//! The people of the list, and how each of them mails.

use std::collections::HashSet;

use super::grammar::Grammar;
use super::random::Rng;

/// The list's own address.
pub const LIST: &str = "peatfs@lists.example.org";

/// What somebody answers mail with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailer {
    /// Plain text, quoted below an attribution line.
    Mutt,
    /// The same with another Message-ID and attribution.
    Emacs,
    /// format=flowed (RFC 3676).
    Thunderbird,
    /// `multipart/alternative` now and then.
    Webmail,
    /// `RE:`, and the answered mail below the answer.
    Outlook,
}

/// Somebody on the list.
pub struct Person {
    /// Their name, as they write it.
    pub name: String,
    /// Their address.
    pub address: String,
    /// Minutes east of Greenwich.
    pub zone: i32,
    /// What they answer with.
    pub mailer: Mailer,
    /// Whether they send patches with b4 rather than git send-email.
    pub b4: bool,
    /// The charset of their answers.
    pub charset: &'static str,
    /// Whether the list rewrites their From for DMARC.
    pub via: bool,
    /// The subsystem they mostly work on.
    pub home: usize,
}

impl Person {
    /// `Name <address>`, as in a trailer.
    pub fn signature(&self) -> String {
        format!("{} <{}>", self.name, self.address)
    }

    /// What somebody calls them.
    pub fn first_name(&self) -> &str {
        match self.name.split_once(", ") {
            Some((_, first)) => first,
            None if self.name.is_ascii() => self.name.split(' ').next().unwrap_or(&self.name),
            None => &self.name,
        }
    }

    /// The host of their Message-IDs.
    pub fn host(&self) -> &str {
        self.address.split_once('@').map_or("example.org", |(_, host)| host)
    }
}

/// `count` people, no two of one name: those of `words/people.txt` first, then made from
/// `words/names.txt`. Who is at home in which of the subsystems is left to the caller.
pub fn people(count: usize, grammar: &Grammar, rng: &mut Rng) -> Vec<Person> {
    let known = include_str!("words/people.txt").lines().filter(|line| !line.starts_with('#'));
    let mut cast: Vec<Person> = known.filter_map(known_person).take(count).collect();
    let mut taken: HashSet<String> = cast.iter().map(|person| person.name.clone()).collect();
    while cast.len() < count {
        let person = new_person(grammar, rng, cast.len(), &taken);
        taken.insert(person.name.clone());
        cast.push(person);
    }
    cast
}

fn known_person(line: &'static str) -> Option<Person> {
    let mut fields = line.split('|').map(str::trim);
    let (name, address) = (fields.next()?, fields.next()?);
    let (zone, mailer, written) = (fields.next()?, fields.next()?, fields.next()?);
    Some(Person {
        name: name.to_string(),
        address: address.to_string(),
        zone: zone.parse().unwrap_or(0),
        mailer: mailer_named(mailer),
        b4: mailer == "b4",
        charset: charset_named(written),
        via: written == "via",
        home: 0,
    })
}

fn mailer_named(word: &str) -> Mailer {
    match word {
        "thunderbird" => Mailer::Thunderbird,
        "webmail" => Mailer::Webmail,
        "outlook" => Mailer::Outlook,
        "emacs" => Mailer::Emacs,
        _ => Mailer::Mutt,
    }
}

fn charset_named(word: &str) -> &'static str {
    match word {
        "latin1" => "ISO-8859-1",
        "gb2312" => "GB2312",
        "big5" => "Big5",
        "koi8r" => "KOI8-R",
        "iso2022jp" => "ISO-2022-JP",
        _ => "UTF-8",
    }
}

/// Somebody whose name nobody has. Where names run short, a number makes it another.
fn new_person(grammar: &Grammar, rng: &mut Rng, number: usize, taken: &HashSet<String>) -> Person {
    const TRIES: usize = 20;
    for _ in 0..TRIES {
        let person = made_person(grammar, rng, number);
        if !taken.contains(&person.name) {
            return person;
        }
    }
    let person = made_person(grammar, rng, number);
    Person { name: format!("{} {number}", person.name), ..person }
}

fn made_person(grammar: &Grammar, rng: &mut Rng, number: usize) -> Person {
    let given = *rng.pick(grammar.texts("given"));
    let (start, end) =
        (rng.pick(grammar.texts("family.start")), rng.pick(grammar.texts("family.end")));
    let family = format!("{start}{end}");
    let host = *rng.pick(grammar.texts("domain"));
    let mailers = [Mailer::Mutt, Mailer::Mutt, Mailer::Emacs, Mailer::Thunderbird, Mailer::Webmail];
    Person {
        name: format!("{given} {family}"),
        address: format!("{}.{}{number}@{host}", given.to_lowercase(), family.to_lowercase()),
        zone: *rng.pick(&[-480, -300, 0, 60, 120, 330, 480, 540]),
        mailer: *rng.pick(&mailers),
        b4: rng.chance(30),
        charset: "UTF-8",
        via: rng.chance(4),
        home: 0,
    }
}

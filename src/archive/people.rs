//! People: one human, whatever addresses they write from.
//!
//! A person is an address, joined with others by `.mailmap`. The repair of addresses that
//! list software rewrote has happened before, in [`crate::mail`]; a list's own address that is
//! left after it says nothing about who wrote, so that the name alone has to.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::archive::mailmap::Mailmap;
use crate::archive::slug::{short_id, slug};
use crate::archive::texts::Pair;
use crate::archive::{MailId, Mails};
use crate::mail::Address;
use crate::mail::address::{AddressRef, via_name};

/// Index of a person in [`crate::archive::Archive::people`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub u32);

/// One human.
#[derive(Clone, Debug)]
pub struct Person {
    /// The last part of their page's URL; unique. It is made from the name, never from an
    /// address, which the site may have to hide.
    pub slug: String,
    /// The name most frequent in their mail, else in trailers that name them; the address
    /// where there is none.
    pub name: String,
    /// The address they used most.
    pub email: String,
    /// Whether `.mailmap` says the name and address, rather than the mails.
    pub mapped: bool,
    /// Every address they used, most used first, in lower case.
    pub addresses: Vec<String>,
    /// The mails they sent or wrote the patch of, by date.
    pub mails: Vec<MailId>,
}

/// Finds the person behind an address while the archive is made.
pub(crate) struct Register<'a> {
    mailmap: &'a Mailmap,
    /// Persons by canonical address in lower case; by name for those without an address.
    ids: HashMap<String, PersonId>,
    /// What was resolved before, by name and address as written.
    seen: HashMap<(String, String), PersonId>,
    drafts: Vec<Draft>,
}

/// Where a name and an address stand.
#[derive(Clone, Copy)]
enum Used {
    /// In so many mails, as sender or author.
    InMail(u32),
    /// In so many trailers.
    InTrailers(u32),
}

/// What is known of a person so far.
#[derive(Default)]
struct Draft {
    key: String,
    /// Names in their own mail.
    names: BTreeMap<String, u32>,
    /// Names that trailers give them.
    given_names: BTreeMap<String, u32>,
    addresses: BTreeMap<String, u32>,
    mails: Vec<MailId>,
    mapped: bool,
}

impl<'a> Register<'a> {
    pub(crate) fn new(mailmap: &'a Mailmap) -> Self {
        Register { mailmap, ids: HashMap::new(), seen: HashMap::new(), drafts: Vec::new() }
    }

    /// The sender and the author of each mail; both have it among their mails.
    pub(crate) fn of_mails(&mut self, mails: &Mails) -> (Vec<PersonId>, Vec<PersonId>) {
        let mut known = mails.for_pairs(None);
        let mut uses = mails.for_pairs(0);
        let mut senders = Vec::with_capacity(mails.len());
        let mut authors = Vec::with_capacity(mails.len());
        for (id, mail) in (0..).map(MailId).zip(mails.iter()) {
            let mut person = |pair: Pair, who| {
                *known[pair.index()].get_or_insert_with(|| self.known_or_new(who))
            };
            let sender = person(mail.sender_pair(), mail.from());
            let author = person(mail.author_pair(), mail.author());
            // Of the two names that one person signs a mail with, the patch's is the better.
            uses[mail.author_pair().index()] += 1;
            self.draft(sender).mails.push(id);
            if author != sender {
                uses[mail.sender_pair().index()] += 1;
                self.draft(author).mails.push(id);
            }
            senders.push(sender);
            authors.push(author);
        }
        for (pair, (person, times)) in mails.all_pairs().zip(known.into_iter().zip(uses)) {
            if let (Some(person), 1..) = (person, times) {
                let [name, email] = mails.pair(pair);
                self.count(person, AddressRef { name, email }, Used::InMail(times));
            }
        }
        (senders, authors)
    }

    /// The person that a trailer names, new or known.
    pub(crate) fn person(&mut self, who: AddressRef<'_>) -> PersonId {
        self.named(who, 1)
    }

    /// The person that a trailer names, new or known, and named by it so many times.
    pub(crate) fn named(&mut self, who: AddressRef<'_>, times: u32) -> PersonId {
        let id = self.known_or_new(who);
        self.count(id, who, Used::InTrailers(times));
        id
    }

    /// The person with this name and address, if they sent, wrote or reviewed anything.
    pub(crate) fn known(&self, who: AddressRef<'_>) -> Option<PersonId> {
        self.ids.get(&key(&self.mailmap.resolve(who))).copied()
    }

    fn known_or_new(&mut self, who: AddressRef<'_>) -> PersonId {
        let written = (who.name.to_owned(), who.email.to_owned());
        if let Some(&id) = self.seen.get(&written) {
            return id;
        }
        let id = self.enter(&self.mailmap.resolve(who));
        self.seen.insert(written, id);
        id
    }

    fn enter(&mut self, proper: &Address) -> PersonId {
        let key = key(proper);
        let next = PersonId(self.drafts.len() as u32);
        let id = *self.ids.entry(key.clone()).or_insert(next);
        if id == next {
            self.drafts.push(Draft { key, ..Draft::default() });
        }
        id
    }

    fn count(&mut self, id: PersonId, who: AddressRef<'_>, used: Used) {
        let proper = self.mailmap.resolve(who);
        let mapped = proper.view() != who;
        let draft = self.draft(id);
        draft.mapped |= mapped;
        let (names, times) = match used {
            Used::InMail(times) => (&mut draft.names, times),
            Used::InTrailers(times) => (&mut draft.given_names, times),
        };
        if !proper.name.is_empty() {
            *names.entry(proper.name).or_default() += times;
        }
        if !who.email.is_empty() && via_name(who.name).is_none() {
            *draft.addresses.entry(who.email.to_lowercase()).or_default() += times;
        }
    }

    fn draft(&mut self, id: PersonId) -> &mut Draft {
        &mut self.drafts[id.0 as usize]
    }

    /// Everybody, by slug, and where each went: `moved[old] = new`.
    pub(crate) fn finish(self) -> (Vec<Person>, Vec<PersonId>) {
        let mut people: Vec<(usize, Person)> =
            name_slugs(self.drafts).into_iter().enumerate().collect();
        people.sort_by(|a, b| a.1.slug.cmp(&b.1.slug));
        let mut moved = vec![PersonId(0); people.len()];
        for (new, (old, _)) in people.iter().enumerate() {
            moved[*old] = PersonId(new as u32);
        }
        (people.into_iter().map(|(_, person)| person).collect(), moved)
    }
}

/// What tells a person from others: the address in lower case, else the name. The address of
/// a list that put itself into From is nobody's.
fn key(proper: &Address) -> String {
    match proper.email.as_str() {
        "" => proper.name.to_lowercase(),
        _ if via_name(&proper.name).is_some() => proper.name.to_lowercase(),
        email => email.to_lowercase(),
    }
}

/// Gives each draft its name and slug. The first to have written keeps the plain slug of a
/// name; others of that name carry an id made from their address, and who has no name has that
/// id alone.
fn name_slugs(drafts: Vec<Draft>) -> Vec<Person> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    let first = |d: &Draft| d.mails.first().map_or(u32::MAX, |m| m.0);
    order.sort_by(|&a, &b| {
        (first(&drafts[a]), &drafts[a].key).cmp(&(first(&drafts[b]), &drafts[b].key))
    });
    let mut slugs = vec![String::new(); drafts.len()];
    let mut taken = HashSet::new();
    for index in order {
        let id = short_id(&drafts[index].key);
        let plain = match slug(&name(&drafts[index])) {
            plain if plain.is_empty() || has_no_name(&drafts[index]) => id.clone(),
            plain => plain,
        };
        let unique = [plain.clone(), format!("{plain}-{}", &id[..4]), format!("{plain}-{id}")]
            .into_iter()
            .find(|s| !taken.contains(s))
            .unwrap_or_else(|| format!("{plain}-{id}-{index}"));
        taken.insert(unique.clone());
        slugs[index] = unique;
    }
    drafts.into_iter().zip(slugs).map(|(draft, slug)| person(draft, slug)).collect()
}

fn person(draft: Draft, slug: String) -> Person {
    let name = name(&draft);
    let addresses = by_use(&draft.addresses);
    let email = match draft.addresses.contains_key(&draft.key) {
        true => draft.key.clone(),
        false => addresses.first().cloned().unwrap_or_default(),
    };
    Person { slug, name, email, mapped: draft.mapped, addresses, mails: draft.mails }
}

fn name(draft: &Draft) -> String {
    let names = if draft.names.is_empty() { &draft.given_names } else { &draft.names };
    by_use(names).into_iter().next().unwrap_or_else(|| draft.key.clone())
}

/// Whether what stands for a person's name is an address, or holds one.
fn has_no_name(draft: &Draft) -> bool {
    name(draft).contains('@')
}

/// Most used first; equal ones in alphabetical order.
fn by_use(counts: &BTreeMap<String, u32>) -> Vec<String> {
    let mut names: Vec<_> = counts.iter().collect();
    names.sort_by_key(|&(name, count)| (std::cmp::Reverse(*count), name));
    names.into_iter().map(|(name, _)| name.clone()).collect()
}

//! `.mailmap`: which names and addresses are one person (gitmailmap(5)).

use std::collections::HashMap;

use crate::mail::Address;
use crate::mail::address::AddressRef;

/// The entries of a `.mailmap` file. An empty one maps everybody to themselves.
#[derive(Clone, Debug, Default)]
pub struct Mailmap {
    /// By commit address, its letters in lower case.
    entries: HashMap<String, Entries>,
}

/// What is said of one commit address.
#[derive(Clone, Debug, Default)]
struct Entries {
    /// Whatever the name.
    any: Entry,
    /// For one commit name, its letters in lower case: then `any` doesn't count.
    by_name: HashMap<String, Entry>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    name: Option<String>,
    email: Option<String>,
}

impl Mailmap {
    /// Reads the four forms of gitmailmap(5). A line that begins with `#` is a comment; so is
    /// what follows the last address. Lines that map nothing are given back by number, from 1.
    pub fn parse(text: &str) -> (Mailmap, Vec<usize>) {
        let mut map = Mailmap::default();
        let mut bad = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if map.read_line(line).is_none() {
                bad.push(number + 1);
            }
        }
        (map, bad)
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let (name, email, rest) = name_and_email(line)?;
        if email.is_empty() {
            return None;
        }
        let second = name_and_email(rest);
        let entry = Entry { name: owned(name), email: second.and_then(|_| owned(email)) };
        if entry.name.is_none() && entry.email.is_none() {
            return None;
        }
        let (commit_name, commit_email) = second.map_or(("", email), |(n, e, _)| (n, e));
        let known = self.entries.entry(commit_email.to_ascii_lowercase()).or_default();
        match commit_name {
            "" => {
                known.any.name = entry.name.or(known.any.name.take());
                known.any.email = entry.email.or(known.any.email.take());
            }
            name => drop(known.by_name.insert(name.to_ascii_lowercase(), entry)),
        }
        Some(())
    }

    /// The proper name and address of a person. As in git, the letters A to Z are compared
    /// without case, and an entry for the person's name takes the place of that for any name.
    pub fn resolve(&self, who: AddressRef<'_>) -> Address {
        if self.entries.is_empty() {
            return who.to_address();
        }
        let Some(entries) = self.entries.get(&who.email.to_ascii_lowercase()) else {
            return who.to_address();
        };
        let named = entries.by_name.get(&who.name.to_ascii_lowercase());
        let entry = named.unwrap_or(&entries.any);
        Address {
            name: entry.name.clone().unwrap_or_else(|| who.name.to_owned()),
            email: entry.email.clone().unwrap_or_else(|| who.email.to_owned()),
        }
    }
}

/// The name, the address, and what follows `>` in `Name <address> …`. Blanks around the name
/// don't belong to it, those between the brackets do, as in git.
fn name_and_email(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('<')?;
    let (email, rest) = rest.split_once('>')?;
    Some((name.trim_matches([' ', '\t', '\r']), email, rest))
}

fn owned(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(name: &str, email: &str) -> Address {
        Address { name: name.into(), email: email.into() }
    }

    #[test]
    fn all_four_forms_of_gitmailmap() {
        let (map, bad) = Mailmap::parse(
            "# people\n\
             Joe R. Developer <joe@example.com>\n\
             <jane@example.com> <jane@laptop.(none)>\n\
             Jane Doe <jane@example.com> <jane@desktop.(none)>\n\
             Jane Doe <jane@example.com> Joe <bugs@example.com>\n\
             nonsense\n\
             Nobody <>\n",
        );
        assert_eq!(bad, [6, 7]);
        let resolve = |name, email| map.resolve(address(name, email).view());
        assert_eq!(
            resolve("Joe", "JOE@example.com"),
            address("Joe R. Developer", "JOE@example.com")
        );
        assert_eq!(resolve("Jane", "jane@laptop.(none)"), address("Jane", "jane@example.com"));
        assert_eq!(resolve("x", "jane@desktop.(none)"), address("Jane Doe", "jane@example.com"));
        assert_eq!(resolve("Joe", "bugs@example.com"), address("Jane Doe", "jane@example.com"));
        assert_eq!(resolve("Ann", "bugs@example.com"), address("Ann", "bugs@example.com"));
    }
}

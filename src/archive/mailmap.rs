//! `.mailmap`: which names and addresses are one person (gitmailmap(5)).

use std::collections::HashMap;

use crate::mail::Address;

/// The entries of a `.mailmap` file. An empty one maps everybody to themselves.
#[derive(Clone, Debug, Default)]
pub struct Mailmap {
    /// By commit address in lower case: entries for one commit name (in lower case), and
    /// under "" the entry for every name.
    entries: HashMap<String, HashMap<String, Entry>>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    name: Option<String>,
    email: Option<String>,
}

impl Mailmap {
    /// Reads the four forms of gitmailmap(5); lines that are none of them are given back
    /// by number, from 1.
    pub fn parse(text: &str) -> (Mailmap, Vec<usize>) {
        let mut map = Mailmap::default();
        let mut bad = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if map.read_line(line).is_none() {
                bad.push(number + 1);
            }
        }
        (map, bad)
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let (first_name, first_email, rest) = name_and_email(line)?;
        let (entry, commit_name, commit_email) = match name_and_email(rest) {
            Some((name, email, _)) => {
                let entry = Entry { name: owned(first_name), email: owned(first_email) };
                (entry, name, email)
            }
            None => (Entry { name: owned(first_name), email: None }, "", first_email),
        };
        if entry.name.is_none() && entry.email.is_none() {
            return None;
        }
        let names = self.entries.entry(commit_email.to_lowercase()).or_default();
        let known = names.entry(commit_name.to_lowercase()).or_default();
        known.name = entry.name.or(known.name.take());
        known.email = entry.email.or(known.email.take());
        Some(())
    }

    /// The proper name and address of a person.
    pub fn resolve(&self, who: &Address) -> Address {
        let entry = self
            .entries
            .get(&who.email.to_lowercase())
            .and_then(|names| names.get(&who.name.to_lowercase()).or_else(|| names.get("")));
        match entry {
            None => who.clone(),
            Some(entry) => Address {
                name: entry.name.clone().unwrap_or_else(|| who.name.clone()),
                email: entry.email.clone().unwrap_or_else(|| who.email.clone()),
            },
        }
    }
}

/// The name, the address, and what follows `>` in `Name <address> …`.
fn name_and_email(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('<')?;
    let (email, rest) = rest.split_once('>')?;
    Some((name.trim(), email.trim(), rest))
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
             nonsense\n",
        );
        assert_eq!(bad, [6]);
        let resolve = |name, email| map.resolve(&address(name, email));
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

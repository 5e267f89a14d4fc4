//! The parts of the made-up project: its subsystems, what they deal with and what their
//! people plan.

use super::grammar::{Params, capital, sections};
use super::random::Rng;

/// A part of the code.
pub struct Subsystem {
    /// Prefix of its titles.
    pub name: &'static str,
    /// Prefix of its functions.
    pub prefix: &'static str,
    /// Its directory.
    pub dir: &'static str,
    /// What it deals with: the word, and the variable for one of them.
    pub nouns: Vec<(&'static str, &'static str)>,
    /// What its people want to do.
    pub plans: Vec<&'static str>,
}

impl Subsystem {
    /// The language of its sources, by the ending of their names.
    pub fn language(&self) -> &'static str {
        if self.name == "fsck" { "rs" } else { "c" }
    }
}

/// Reads `words/project.txt`.
pub fn subsystems() -> Vec<Subsystem> {
    sections(include_str!("words/project.txt")).map(|(name, body)| subsystem(name, body)).collect()
}

fn subsystem(name: &'static str, body: &'static str) -> Subsystem {
    let mut found =
        Subsystem { name, prefix: name, dir: "src", nouns: Vec::new(), plans: Vec::new() };
    for line in body.lines() {
        match line.split_once(' ') {
            Some(("prefix", word)) => found.prefix = word,
            Some(("dir", path)) => found.dir = path,
            Some(("noun", words)) => found.nouns.extend(words.split_once(' ')),
            Some(("plan", words)) => found.plans.push(words),
            _ => {}
        }
    }
    found
}

/// Names for everything that texts about one thing of a subsystem mention.
pub fn params(subsystem: &Subsystem, noun: usize, rng: &mut Rng) -> Params {
    let (noun, var) = subsystem.nouns[noun % subsystem.nouns.len()];
    let mut names = Params::default();
    names.set("sub", subsystem.name);
    names.set("p", subsystem.prefix);
    names.set("P", subsystem.prefix.to_ascii_uppercase());
    names.set("dir", subsystem.dir);
    names.set("noun", noun);
    names.set("nouns", plural(noun));
    names.set("Noun", capital(noun));
    names.set("NOUN", noun.to_ascii_uppercase());
    names.set("s", format!("{}_{noun}", subsystem.prefix));
    names.set("x", var);
    names.set("key", *rng.pick(&["id", "seq", "start", "number", "origin"]));
    names.set("plan", *rng.pick(&subsystem.plans));
    figures(&mut names, rng);
    names
}

/// Numbers that texts mention: `n1` < `n2`, `n3` < `n4`, `n5` < `n6`.
fn figures(names: &mut Params, rng: &mut Rng) {
    for (low, high, from, to, most) in
        [("n1", "n2", 210, 480, 200), ("n3", "n4", 20, 60, 25), ("n5", "n6", 500, 900, 300)]
    {
        let start = rng.within(from, to);
        names.set(low, start.to_string());
        names.set(high, (start + rng.within(3, most)).to_string());
    }
    names.set("d1", rng.within(4, 9).to_string());
    names.set("d2", rng.within(1, 3).to_string());
    names.set("small", (16 << rng.below(5)).to_string());
    names.set("magic", rng.hex(8));
    names.set("hex", format!("0x55{}", rng.hex(10)));
    names.set("hex2", "0x0");
}

fn plural(noun: &str) -> String {
    match noun {
        "index" => "indexes".into(),
        "usage" => "usages".into(),
        "geometry" => "geometries".into(),
        "summary" => "summaries".into(),
        "leaf" => "leaves".into(),
        _ if noun.ends_with(['s', 'h', 'x']) => format!("{noun}es"),
        _ if noun.ends_with("ry") || noun.ends_with("ly") => {
            format!("{}ies", &noun[..noun.len() - 1])
        }
        _ => format!("{noun}s"),
    }
}

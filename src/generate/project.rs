//! The parts of the made-up project: its subsystems, what they deal with and what their
//! people plan.

use super::grammar::{Params, capital, sections};
use super::random::Rng;

/// A part of the code.
pub struct Subsystem {
    /// Prefix of its titles.
    pub name: String,
    /// Prefix of its functions.
    pub prefix: String,
    /// Its directory.
    pub dir: String,
    /// The language of its sources, by the ending of their names.
    pub language: &'static str,
    /// The area it is in: the index of one of the first subsystems, or its own.
    pub area: usize,
    /// What it deals with: the word, and the variable for one of them.
    pub nouns: Vec<(&'static str, &'static str)>,
    /// What its people want to do.
    pub plans: Vec<&'static str>,
}

/// The parts that the areas of a large project have: the word, and that for functions.
const PARTS: [(&str, &str); 32] = [
    ("core", "core"),
    ("format", "fmt"),
    ("stats", "st"),
    ("debug", "dbg"),
    ("async", "as"),
    ("policy", "pol"),
    ("upgrade", "upg"),
    ("verify", "vfy"),
    ("trace", "trc"),
    ("locks", "lk"),
    ("memory", "mem"),
    ("sysfs", "sys"),
    ("import", "imp"),
    ("limits", "lim"),
    ("events", "evt"),
    ("compat", "cpt"),
    ("shrink", "shr"),
    ("recovery", "rcv"),
    ("threads", "thr"),
    ("rotate", "rot"),
    ("export", "xpt"),
    ("ordering", "ord"),
    ("hints", "hnt"),
    ("alerts", "alr"),
    ("batching", "bat"),
    ("lookup", "lku"),
    ("faults", "flt"),
    ("retry", "rty"),
    ("encoding", "enc"),
    ("budget", "bdg"),
    ("naming", "nam"),
    ("legacy", "lgc"),
];

/// `count` subsystems: the areas of `words/project.txt`, then parts of them.
pub fn subsystems(count: usize) -> Vec<Subsystem> {
    let areas = sections(include_str!("words/project.txt")).enumerate();
    let mut all: Vec<Subsystem> = areas.map(|(i, (name, body))| area(i, name, body)).collect();
    let parts = PARTS.iter().flat_map(|part| (0..all.len()).map(move |area| (area, part)));
    let more: Vec<Subsystem> = parts
        .take(count.saturating_sub(all.len()))
        .map(|(i, part)| part_of(&all[i], *part))
        .collect();
    all.extend(more);
    all
}

fn area(area: usize, name: &'static str, body: &'static str) -> Subsystem {
    let mut found = Subsystem {
        name: name.to_string(),
        prefix: name.to_string(),
        dir: "src".to_string(),
        language: if name == "fsck" { "rs" } else { "c" },
        area,
        nouns: Vec::new(),
        plans: Vec::new(),
    };
    for line in body.lines() {
        match line.split_once(' ') {
            Some(("prefix", word)) => found.prefix = word.to_string(),
            Some(("dir", path)) => found.dir = path.to_string(),
            Some(("noun", words)) => found.nouns.extend(words.split_once(' ')),
            Some(("plan", words)) => found.plans.push(words),
            _ => {}
        }
    }
    found
}

fn part_of(whole: &Subsystem, (word, prefix): (&str, &str)) -> Subsystem {
    Subsystem {
        name: format!("{}/{word}", whole.name),
        prefix: format!("{}_{prefix}", whole.prefix),
        dir: format!("{}/{word}", whole.dir),
        language: whole.language,
        area: whole.area,
        nouns: whole.nouns.clone(),
        plans: whole.plans.clone(),
    }
}

/// Some subsystem of so many: work is on the first ones most of the time.
pub fn some_subsystem(count: usize, rng: &mut Rng) -> usize {
    (0..3).fold(count, |bound, _| 1 + rng.below(bound)) - 1
}

/// Names for everything that texts about one thing of a subsystem mention.
pub fn params(subsystem: &Subsystem, noun: usize, rng: &mut Rng) -> Params {
    let (noun, var) = subsystem.nouns[noun % subsystem.nouns.len()];
    let mut names = Params::default();
    names.set("sub", &subsystem.name);
    names.set("p", &subsystem.prefix);
    names.set("P", subsystem.prefix.to_ascii_uppercase());
    names.set("dir", &subsystem.dir);
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

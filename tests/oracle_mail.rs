//! Real mail, read by patchpress, by Python's email and by git mailinfo, side by side.
//!
//! `PATCHPRESS_DATA` names a directory of unpacked lists; without it these tests say so and
//! pass. Where an oracle and patchpress differ, the difference must be one of [`KNOWN`], each
//! with the reason why ours is right; any other one fails the test.

use std::path::{Path, PathBuf};
use std::process::Command;

use patchpress::mail::{self, DateSource, Mail};
use serde_json::Value;

/// How many real mails are compared; `PATCHPRESS_ORACLE_MAILS` sets another number.
const SAMPLE: usize = 500;

/// One field of one mail, as the two sides have it.
struct Case<'a> {
    field: &'static str,
    mail: &'a Mail,
    raw: &'a str,
    ours: String,
    theirs: String,
    facts: &'a Value,
}

/// A difference that is right.
struct Known {
    fields: &'static [&'static str],
    why: &'static str,
    applies: fn(&Case<'_>) -> bool,
}

const KNOWN: &[Known] = &[
    Known {
        fields: &["python body"],
        why: "format=flowed is undone; Python leaves it to the reader",
        applies: |c| c.raw.contains("flowed") && same_letters(c),
    },
    Known {
        fields: &["python body"],
        why: "a later part holds the diff; it is put after the text",
        applies: |c| {
            let (ours, theirs) = (letters(&c.ours), letters(&c.theirs));
            let added = ours.strip_prefix(&theirs).unwrap_or_default();
            added.contains("+++") && c.raw.contains("multipart/mixed")
        },
    },
    Known {
        fields: &["python body"],
        why: "the message that Mailman wrapped is shown, not Mailman's notice about it",
        applies: |c| c.mail.enclosed_id.is_some() && c.theirs.contains("wrapped\nautomatically"),
    },
    Known {
        fields: &["python body"],
        why: "HTML is shown as text, and before the list's footer",
        applies: |c| {
            let none = c.theirs.trim().is_empty() || c.theirs.starts_with("_______");
            let html = c.facts["python"]["type"] == "text/html" || none;
            html && !c.ours.contains("</") && !c.ours.trim().is_empty()
        },
    },
    Known {
        fields: &["python body", "python subject"],
        why: "an undeclared or unknown charset, or letters that Python's GB2312 lacks, are read",
        applies: |c| c.theirs.contains('\u{fffd}') && !c.ours.contains('\u{fffd}'),
    },
    Known {
        fields: &["python body"],
        why: "Python fails on a charset it does not know, or on one that can't be",
        applies: |c| c.theirs == "null" && !c.mail.body.text.is_empty(),
    },
    Known {
        fields: &["git subject", "git name", "git email"],
        why: "git gives the bytes of encoded words whose charset its iconv does not convert",
        applies: |c| {
            c.theirs.contains(['\u{fffd}', '\u{1b}']) && !c.ours.contains(['\u{fffd}', '\u{1b}'])
        },
    },
    Known {
        fields: &["python name", "git name"],
        why: "quotes around the whole of a name are no part of it",
        applies: |c| c.theirs.trim_matches(['"', '\'']) == c.ours,
    },
    Known {
        fields: &["python name"],
        why: "a comment in a name is part of it, as in git: Ann Lee (Example Inc.)",
        applies: |c| c.ours.split(" (").next() == Some(&c.theirs) && c.ours.ends_with(')'),
    },
    Known {
        fields: &["python name"],
        why: "a comment after a bare address is the name, as in git: a@example.org (Ann Lee)",
        applies: |c| c.theirs.is_empty() && c.raw.contains(&format!("({})", c.ours)),
    },
    Known {
        fields: &["python name", "python email", "git name", "git email"],
        why: "the list's DMARC rewriting is undone",
        applies: is_via_list,
    },
    Known {
        fields: &["git name"],
        why: "git puts the address for a name that is missing, too long, or looks like one",
        applies: |c| {
            let odd = c.ours.len() < 3 || c.ours.len() > 60 || c.ours.contains(['@', '<']);
            c.theirs == c.mail.author.email && odd
        },
    },
    Known {
        fields: &["git name", "git email"],
        why: "git takes the first word with an @ for the address, even a bare @ in a name",
        applies: |c| c.theirs == "@",
    },
    Known {
        fields: &["git name", "git email"],
        why: "the in-body From of a cover letter says who wrote nothing: there is no patch",
        applies: |c| !c.mail.patch.has_diff() && c.mail.author == c.mail.from,
    },
    Known {
        fields: &["python date", "git date"],
        why: "a Date over two days from the newest Received is not believed",
        applies: |c| c.mail.date.source == DateSource::Received,
    },
    Known {
        fields: &["git date"],
        why: "git does not read this Date; Python does, as we do",
        applies: |c| {
            c.theirs == "null" && c.facts["python"]["date"].as_i64() == c.ours.parse().ok()
        },
    },
];

/// Whether both sides hold the same, blanks and line ends aside.
fn same_letters(case: &Case<'_>) -> bool {
    letters(&case.ours) == letters(&case.theirs)
}

fn letters(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

/// Whether the header says `… via list` and ours is the address that a header or the wrapped
/// message gives for it.
fn is_via_list(case: &Case<'_>) -> bool {
    let name = case.facts["python"]["name"].as_str().unwrap_or_default();
    name.contains(" via ") && !case.ours.contains("via") && case.raw.contains(&case.mail.from.email)
}

fn data() -> Option<PathBuf> {
    let path = std::env::var_os("PATCHPRESS_DATA").map(PathBuf::from).filter(|p| p.is_dir());
    if path.is_none() {
        println!("skipped: PATCHPRESS_DATA names no directory of real mail");
    }
    path
}

/// The mbox files of a list: a file, or the files of a directory by name.
fn mboxes(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "mbox"));
    files.sort();
    files
}

/// What the oracles say of the sample, one value a mail.
fn oracle_facts(data: &Path) -> Vec<Value> {
    let lists = [
        "linux-nilfs.mbox",
        "xdp-newbies.mbox",
        "oddities.mbox",
        "live-patching-2023-2026",
        "openwrt-devel-2019H2",
    ];
    let count = std::env::var("PATCHPRESS_ORACLE_MAILS").ok();
    let output = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/mail_facts.py"))
        .arg(count.unwrap_or_else(|| SAMPLE.to_string()))
        .args(lists.iter().flat_map(|list| mboxes(&data.join(list))))
        .output()
        .expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("JSON is ASCII");
    text.lines().map(|line| serde_json::from_str(line).expect("the script prints JSON")).collect()
}

fn base64(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0u32;
    let mut bytes = Vec::new();
    for (index, letter) in text.trim_end_matches('=').bytes().enumerate() {
        let value = letters.iter().position(|&l| l == letter).expect("base64") as u32;
        bits = bits << 6 | value;
        if index % 4 != 0 {
            bytes.push((bits >> (6 - 2 * (index % 4))) as u8);
        }
    }
    bytes
}

fn blanks_folded(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The fields of a mail that an oracle has an opinion on, ours and theirs.
fn fields(mail: &Mail, facts: &Value) -> Vec<(&'static str, String, String)> {
    let mut fields = Vec::new();
    let mut compare = |field, ours: &str, oracle: &str, key: &str| {
        if let Some(theirs) = facts[oracle].get(key).filter(|t| key != "subject" || !t.is_null()) {
            let theirs = theirs.as_str().map_or_else(|| theirs.to_string(), str::to_owned);
            fields.push((field, ours.to_owned(), theirs));
        }
    };
    let date = mail.date.at.to_string();
    compare("python subject", &mail.subject_text, "python", "subject");
    compare("python name", &mail.from.name, "python", "name");
    compare("python email", &mail.from.email, "python", "email");
    compare("python date", &date, "python", "date");
    compare("python body", &mail.body.text, "python", "body");
    compare("git subject", &mail.subject_text, "git", "subject");
    compare("git name", &mail.author.name, "git", "name");
    compare("git email", &mail.author.email, "git", "email");
    compare("git date", &date, "git", "date");
    for (field, ours, theirs) in &mut fields {
        if field.ends_with("body") {
            *theirs = theirs.replace("\r\n", "\n");
        } else {
            (*ours, *theirs) = (blanks_folded(ours), blanks_folded(theirs));
        }
    }
    fields
}

#[test]
fn real_mail_reads_as_the_oracles_read_it() {
    let Some(data) = data() else { return };
    let mut counts = vec![0; KNOWN.len()];
    let mut unknown = Vec::new();
    for facts in oracle_facts(&data) {
        let raw = base64(facts["raw"].as_str().unwrap());
        let (mail, _) = mail::parse(&raw, None);
        let text = String::from_utf8_lossy(&raw);
        for (field, ours, theirs) in fields(&mail, &facts) {
            if ours == theirs {
                continue;
            }
            let case = Case { field, mail: &mail, raw: &text, ours, theirs, facts: &facts };
            match KNOWN.iter().position(|k| k.fields.contains(&field) && (k.applies)(&case)) {
                Some(index) => counts[index] += 1,
                None => unknown.push(told(&case)),
            }
        }
    }
    for (known, count) in KNOWN.iter().zip(counts) {
        println!("{count:5} {}", known.why);
    }
    let shown = unknown.iter().take(2000).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(unknown.is_empty(), "{} differences nobody explained:\n{shown}", unknown.len());
}

/// A difference, shown from where the two sides part.
fn told(case: &Case<'_>) -> String {
    let same = case.ours.bytes().zip(case.theirs.bytes()).take_while(|(a, b)| a == b).count();
    let from = |text: &str| {
        let start = (0..=same.saturating_sub(20)).rev().find(|&at| text.is_char_boundary(at));
        text[start.unwrap_or(0)..].chars().take(120).collect::<String>()
    };
    format!(
        "{} {} {}\n  ours   {:?}\n  theirs {:?}",
        case.facts["mail"],
        case.mail.message_id,
        case.field,
        from(&case.ours),
        from(&case.theirs)
    )
}

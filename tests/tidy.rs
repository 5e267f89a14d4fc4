//! The repository itself: licences and versions of dependencies, and what must not be in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Licences that go with `MIT OR Apache-2.0`.
const LICENCES: [&str; 12] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "0BSD",
];

/// Crates that may be there in two versions, each with the reason.
const TWICE: [(&str, &str); 6] = [
    ("getrandom", "ahash, behind tera's fast hashing, is one major version behind tempfile"),
    ("defmt", "an option of heapless, behind gix, that cargo lists and never builds"),
    ("bitflags", "the older one is part of defmt, which is never built"),
    ("hashbrown", "imara-diff and clru, behind gix's cache of packs, are behind indexmap"),
    ("foldhash", "the same, one step further down"),
    ("syn", "gix-macros is one major version behind; it is there while building only"),
];

/// What cargo knows of the crates that end up in the binary on this platform.
fn dependencies() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let resolved = metadata["resolve"]["nodes"].as_array().expect("nodes").clone();
    let shipped = shipped(&resolved, metadata["resolve"]["root"].as_str().expect("a root"));
    let packages = metadata["packages"].as_array().expect("packages").clone();
    packages.into_iter().filter(|p| shipped.contains(&p["id"].as_str().unwrap_or(""))).collect()
}

/// The crates reached from the root by normal dependencies.
fn shipped<'a>(nodes: &'a [Value], root: &'a str) -> Vec<&'a str> {
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let node = nodes.iter().find(|n| n["id"] == found[next]);
        next += 1;
        for dep in node.and_then(|n| n["deps"].as_array()).into_iter().flatten() {
            let normal =
                dep["dep_kinds"].as_array().is_some_and(|k| k.iter().any(|k| k["kind"].is_null()));
            let id = dep["pkg"].as_str().unwrap_or("");
            if normal && !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

/// Whether one way through an SPDX expression of ORs and ANDs is allowed.
fn allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" OR ").any(|way| way.split(" AND ").all(|l| LICENCES.contains(&l.trim())))
}

#[test]
fn every_dependency_has_a_licence_that_goes_with_ours() {
    for package in dependencies() {
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(allowed(licence), "{}: {licence}", package["name"]);
    }
    assert!(!allowed("GPL-3.0-only"));
}

#[test]
fn no_dependency_is_there_twice() {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in dependencies() {
        let text = |key: &str| package[key].as_str().unwrap_or("").to_owned();
        versions.entry(text("name")).or_default().push(text("version"));
    }
    let twice: Vec<_> = versions
        .iter()
        .filter(|(name, v)| v.len() > 1 && !TWICE.iter().any(|(known, _)| known == name))
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// The files of the project: what git tracks, or would.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("git runs");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn no_file_is_large_and_no_code_is_left_half_done() {
    let unfinished = ["todo!(", "unimplemented!(", "dbg!(", concat!("FIX", "ME")];
    for file in files() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let Ok(content) = std::fs::read(&path) else { continue };
        assert!(content.len() <= 1 << 20, "{file} has {} bytes", content.len());
        if file.starts_with("src/") && file.ends_with(".rs") {
            let text = String::from_utf8(content).expect("source is UTF-8");
            for word in unfinished {
                assert!(!text.contains(word), "{file} holds {word}");
            }
            assert!(text.starts_with("//!"), "{file} does not say what it is for");
        }
    }
}

//! Commands as trees: in each directory of `tests/cases/` the site, the commands that are run
//! there (`cmd`), and what each prints (`expected/`).
//!
//! A line of `cmd` is `patchpress ARGUMENTS… > FILE`: it must succeed, and print on standard
//! output what `expected/FILE` holds. One that begins with `! ` must fail with status 1, and
//! say so on standard error. Other lines are `#` comments or empty. With `UPDATE=1` in the
//! environment what is printed becomes what is expected; read it before it is committed.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

/// A line of `cmd`.
struct Step<'a> {
    fails: bool,
    arguments: Vec<&'a str>,
    file: &'a str,
}

impl<'a> Step<'a> {
    fn read(line: &'a str) -> Option<Step<'a>> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (fails, command) = line.strip_prefix("! ").map_or((false, line), |rest| (true, rest));
        let (command, file) = command.rsplit_once(" > ").expect("`> FILE` at the end");
        let arguments = command.strip_prefix("patchpress ").expect("`patchpress` at the start");
        Some(Step { fails, arguments: arguments.split_whitespace().collect(), file: file.trim() })
    }

    /// Runs the command in a site; gives what it printed.
    fn run(&self, site: &Path) -> Vec<u8> {
        let output = common::patchpress().current_dir(site).args(&self.arguments).output().unwrap();
        let (told, silent) = match self.fails {
            true => (output.stderr, output.stdout),
            false => (output.stdout, output.stderr),
        };
        let status = i32::from(self.fails);
        let silent = String::from_utf8(silent).unwrap();
        assert_eq!((output.status.code(), silent.as_str()), (Some(status), ""), "{}", self.file);
        told
    }
}

/// Runs the commands of one case; gives what is otherwise than expected.
fn differences(case: &Path) -> Vec<String> {
    let commands = fs::read_to_string(case.join("cmd")).unwrap();
    let update = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let mut found = Vec::new();
    for step in commands.lines().filter_map(Step::read) {
        let expected = case.join("expected").join(step.file);
        let told = step.run(case);
        if update {
            fs::create_dir_all(case.join("expected")).unwrap();
            fs::write(&expected, &told).unwrap();
        } else if fs::read(&expected).ok().as_deref() != Some(told.as_slice()) {
            let told = String::from_utf8_lossy(&told);
            found.push(format!("{} should hold:\n{told}", expected.display()));
        }
    }
    found
}

#[test]
fn every_command_prints_what_is_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    let found: Vec<String> = cases.iter().flat_map(|case| differences(case)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

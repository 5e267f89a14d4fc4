//! The list as a whole: the same for a seed, readable by others, and its patches apply.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::cast::Person;
use super::crowd::head_count;
use super::grammar::Grammar;
use super::random::Rng;
use super::{Options, generate, write_to};

fn made(mails: u32, seed: u64) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let options = Options { mails, seed, truth: true };
    generate(&options, &mut |name, bytes| {
        files.entry(name.to_string()).or_insert_with(Vec::new).extend_from_slice(bytes);
        Ok(())
    })
    .unwrap();
    files
}

fn truths(dir: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.join("truth.jsonl")).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn git(dir: &Path, args: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
        .args(args)
        .output()
        .expect("git is needed for the tests");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn one_seed_one_list() {
    assert_eq!(made(300, 7), made(300, 7));
    assert_ne!(made(300, 7), made(300, 8));
}

#[test]
fn no_name_is_left_unexpanded() {
    for (file, bytes) in made(1500, 3).iter().filter(|(f, _)| f.ends_with(".mbox")) {
        for line in String::from_utf8_lossy(bytes).lines() {
            let mut words = line.split('@').skip(1);
            let left = words.find(|w| {
                matches!(*w, "noun" | "nouns" | "fn" | "file" | "x" | "key" | "plan" | "why")
            });
            assert_eq!(left, None, "{file}: {line}");
        }
    }
}

/// The senders of a list's mails, in order.
fn senders(mails: u32, seed: u64) -> Vec<String> {
    let files = made(mails, seed);
    let truth = String::from_utf8(files["truth.jsonl"].clone()).unwrap();
    let sender = |line: &str| {
        let truth: Value = serde_json::from_str(line).unwrap();
        truth["from"].as_str().unwrap().to_string()
    };
    truth.lines().map(sender).collect()
}

fn distinct(senders: &[String]) -> usize {
    senders.iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// The bounds are what real lists of 3,500 to 20,000 mails have; see [`super::crowd`].
#[test]
fn people_come_and_go_as_on_real_lists() {
    let senders = senders(4000, 6);
    assert_eq!(senders.len(), 4000);
    assert!((110..=296).contains(&distinct(&senders)), "{}", distinct(&senders));
    for start in [1000, 2000, 3000, 3800] {
        let some = distinct(&senders[start..start + 200]);
        assert!((15..=61).contains(&some), "{some} from {start} on");
    }
    let half = distinct(&senders[..2000]) * 100 / distinct(&senders);
    assert!((50..=76).contains(&half), "{half} % in the first half");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    senders.iter().for_each(|s| *counts.entry(s).or_default() += 1);
    let once = counts.values().filter(|count| **count == 1).count() * 100 / counts.len();
    assert!((18..=45).contains(&once), "{once} % write once");
}

#[test]
fn no_two_people_have_one_name_or_address() {
    let mut rng = Rng::new(1);
    let people = super::cast::people(5000, &Grammar::new(), &mut rng);
    let of = |part: fn(&Person) -> &str| {
        people.iter().map(part).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(of(|p| &p.name), 5000);
    assert_eq!(of(|p| &p.address), 5000);
    assert!(people.iter().all(|p| p.host().contains("example.")));
}

/// `int(1.1 * mails ** 0.6)` in Python.
#[test]
fn there_are_more_people_on_longer_lists() {
    for (mails, people) in [(2000, 105), (20_000, 418), (150_000, 1402), (500_000, 2889)] {
        assert_eq!(head_count(mails), people, "{mails}");
    }
}

/// Python's mailbox and email modules count the mails and find their Message-IDs.
#[test]
fn python_reads_as_many_mails_as_the_truth_has_lines() {
    let dir = tempfile::tempdir().unwrap();
    write_to(dir.path(), &Options { mails: 400, seed: 5, truth: true }).unwrap();
    let script = "import glob, mailbox, sys\n\
        for f in sorted(glob.glob(sys.argv[1] + '/*.mbox')):\n    \
            for m in mailbox.mbox(f): print(m['Message-ID'][1:-1])\n";
    let output =
        Command::new("python3").args(["-c", script]).arg(dir.path()).output().expect("python3");
    let read = String::from_utf8(output.stdout).unwrap();
    let told: Vec<String> =
        truths(dir.path()).iter().map(|t| t["mid"].as_str().unwrap().to_string()).collect();
    assert_eq!(told.len(), 400);
    assert_eq!(read.lines().collect::<Vec<_>>(), told);
}

/// The mails of a posting, by their places, if none is missing.
fn complete<'v>(truth: &'v [Value], series: &Value, version: &Value) -> Option<Vec<&'v Value>> {
    let patches = |kind| {
        let ours = |t: &&Value| {
            t["kind"] == kind && t["series"] == *series && t["version"] == *version && t["i"] != 0
        };
        let mut all: Vec<&Value> = truth.iter().filter(ours).collect();
        all.sort_by_key(|t| t["i"].as_u64());
        all
    };
    let all = patches("patch");
    let total = all.first()?["total"].as_u64()?;
    (all.len() as u64 == total).then_some(all)
}

/// Every complete posting is applied with git am to what was merged before it; the ones that
/// a reply says are applied make up the tree that the next ones see.
fn every_posting_applies(mails: u32, seed: u64) {
    let dir = tempfile::tempdir().unwrap();
    write_to(dir.path(), &Options { mails, seed, truth: true }).unwrap();
    let truth = truths(dir.path());
    let raw = raw_mails(dir.path());
    let repo = dir.path().join("repo");
    std::fs::create_dir(&repo).unwrap();
    git(&repo, &["init", "-q", "-b", "main"]);
    git(&repo, &["commit", "-q", "--allow-empty", "-m", "empty"]);
    let (mut applied, mut done) = (0, std::collections::BTreeSet::new());
    for line in &truth {
        let key = (line["series"].to_string(), line["version"].to_string());
        let part = line["kind"] == "patch" || line["kind"] == "cover";
        if part && done.insert(key) {
            if let Some(posting) = complete(&truth, &line["series"], &line["version"]) {
                git(&repo, &["checkout", "-q", "-B", "try", "main"]);
                am(&repo, &posting, &raw);
                applied += 1;
            }
        } else if let [series, version] = line["applied"].as_array().map_or(&[][..], |a| a) {
            git(&repo, &["checkout", "-q", "main"]);
            am(&repo, &complete(&truth, series, version).unwrap(), &raw);
        }
    }
    assert!(applied > 5, "only {applied} postings");
}

fn raw_mails(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let out = dir.join("split");
    std::fs::create_dir(&out).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "mbox"));
    files.sort();
    let mut args = vec!["mailsplit", "--mboxrd", "-d8", "-osplit", "--"];
    args.extend(files.iter().map(|f| f.file_name().unwrap().to_str().unwrap()));
    let (fine, text) = git(dir, &args);
    assert!(fine, "{text}");
    let mails = std::fs::read_dir(&out).unwrap().map(|e| std::fs::read(e.unwrap().path()).unwrap());
    let id = |mail: &[u8]| {
        let head = String::from_utf8_lossy(mail);
        let line = head.lines().find_map(|l| l.strip_prefix("Message-ID: <")).unwrap();
        line.trim_end_matches('>').to_string()
    };
    mails.map(|m| (id(&m), m)).collect()
}

fn am(repo: &Path, posting: &[&Value], raw: &BTreeMap<String, Vec<u8>>) {
    let mut args = vec!["am".to_string(), "-q".to_string()];
    for (i, patch) in posting.iter().enumerate() {
        let file = format!("../am-{i}.eml");
        std::fs::write(repo.join(&file), &raw[patch["mid"].as_str().unwrap()]).unwrap();
        args.push(file);
    }
    let (fine, text) = git(repo, &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(fine, "{} ({}): {text}", posting[0]["subject"], posting[0]["mid"]);
}

#[test]
fn every_posting_of_a_small_list_applies() {
    every_posting_applies(100, 1);
}

#[test]
fn every_posting_of_a_longer_list_applies() {
    every_posting_applies(300, 2);
}

/// What stands between `---` and the diff, and the blobs of the diff, are what git writes for
/// the commit that `git am` makes of the mail.
#[test]
fn diffstats_and_blobs_are_those_of_git() {
    let dir = tempfile::tempdir().unwrap();
    write_to(dir.path(), &Options { mails: 400, seed: 4, truth: true }).unwrap();
    let (truth, raw) = (truths(dir.path()), raw_mails(dir.path()));
    let repo = dir.path().join("repo");
    std::fs::create_dir(&repo).unwrap();
    git(&repo, &["init", "-q", "-b", "main"]);
    let mut seen = 0;
    for line in truth.iter().filter(|t| t["applied"].is_array()) {
        let posting = complete(&truth, &line["applied"][0], &line["applied"][1]).unwrap();
        for patch in posting {
            am(&repo, &[patch], &raw);
            let ours = String::from_utf8_lossy(&raw[patch["mid"].as_str().unwrap()]).into_owned();
            if !ours.contains("Content-Transfer-Encoding: ") && !ours.contains("multipart") {
                let (_, gits) = git(&repo, &["format-patch", "-1", "--stdout", "--abbrev=12"]);
                assert_eq!(stat_and_blobs(&ours), stat_and_blobs(&gits), "{ours}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} patches compared");
}

fn stat_and_blobs(mail: &str) -> Vec<String> {
    let (_, rest) = mail.split_once("\n---\n").unwrap();
    let (stat, diff) = rest.split_once("\n\ndiff --git ").unwrap();
    let stat = stat.rsplit("\n\n").next().unwrap();
    let blobs = diff.lines().filter(|l| l.starts_with("index "));
    stat.lines().chain(blobs).map(str::to_string).collect()
}

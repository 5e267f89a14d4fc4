//! Trailers of messages and replies, side by side with `git interpret-trailers --parse`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use patchpress::mail::Trailer;
use patchpress::mail::patch;
use patchpress::mail::trailer::{ReviewKind, block, is_review, kind, of_message, of_reply, person};
use proptest::prelude::*;

/// Trailers as lines `Name: value`.
fn lines(trailers: &[Trailer]) -> Vec<String> {
    trailers.iter().map(|t| format!("{}: {}", t.name, t.value)).collect()
}

/// What `git interpret-trailers --parse` makes of a message.
fn by_git(message: &str) -> Vec<String> {
    let mut child = Command::new("git")
        .args(["interpret-trailers", "--parse", "--no-divider"])
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The title stands in a mail's subject.
    let text = format!("title\n\n{message}");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn messages_read_as_git_reads_them() {
    let messages = [
        "",
        "Prose.\n",
        "Signed-off-by: Dana Teich <dana@example.org>\n",
        "Prose.\n\nFixes: 0123456789ab (\"pond: dig it\")\nSigned-off-by: D <d@example.org>\n\n\n",
        "Prose.\nAlso: in prose <x@example.org>\n\nMore of it.\n\nCc: a@example.org\n",
        "Prose.\n\nReported-by: A B <a@example.org>\n [ in the pub ]\nSigned-off-by: D <d@example.org>\n",
        "Prose.\n\nReviewed-by: A Very Long Name Indeed\n  <a@example.org>\nCc: b@example.org\n",
        "Prose.\n\nAcked-by: A <a@example.org> # for the ducks\nTested-by: B <b@example.org> (Pond Ltd)\n",
        "Prose.\n\nAcked-by: A <a@example.org>\n[dana: fed them more]\nSigned-off-by: D <d@example.org>\n",
        "Prose.\n\nAcked-by : A <a@example.org>\nLink: https://example.org/1\nCloses: #3\n",
        "Prose.\n\n(cherry picked from commit 0123456789012345678901234567890123456789)\nSigned-off-by: D <d@example.org>\n",
        "Prose.\n\nOne\ntwo\nthree\nSigned-off-by: D <d@example.org>\n",
        "Cc: d@example.org\n\nProse at the end.\n",
        "Prose.\n\nThis is why: it works\nSigned off by nobody\n",
        "Prose.\n\nUpstream-Status: Pending\nChange-Id: I0123\n",
        "Prose.\n \nSigned-off-by: D <d@example.org>\r\n",
    ];
    for message in messages {
        assert_eq!(lines(&of_message(message)), by_git(message), "of {message:?}");
    }
}

/// Where we and git differ, on purpose.
#[test]
fn messages_read_otherwise_than_git_reads_them() {
    // (the message, what git finds, what we find)
    let table: [(&str, &[&str], &[&str]); 10] = [
        // A URL is no trailer.
        (
            "Prose.\n\nhttps://example.org/1\nCc: a@example.org\n",
            &["https: //example.org/1", "Cc: a@example.org"],
            &["Cc: a@example.org"],
        ),
        // A lone paragraph with a colon is prose.
        ("Prose.\n\nNote: it swims.\n", &["Note: it swims."], &[]),
        ("Prose.\n\nx86-64: it swims.\n", &["x86-64: it swims."], &[]),
        // A block may be in two paragraphs.
        (
            "Prose.\n\nReported-by: A <a@example.org>\n\nSigned-off-by: D <d@example.org>\n",
            &["Signed-off-by: D <d@example.org>"],
            &["Reported-by: A <a@example.org>", "Signed-off-by: D <d@example.org>"],
        ),
        // A note among trailers is one without Signed-off-by, too.
        (
            "Prose.\n\nAcked-by: A <a@example.org>\n[dana: fed them]\nCc: b@example.org\n",
            &[],
            &["Acked-by: A <a@example.org>", "Cc: b@example.org"],
        ),
        // Mail programs wrap without indentation.
        (
            "Prose.\n\nAcked-by: Somebody Long\n<a@example.org>\nSigned-off-by: D <d@example.org>\n",
            &["Acked-by: Somebody Long", "Signed-off-by: D <d@example.org>"],
            &["Acked-by: Somebody Long <a@example.org>", "Signed-off-by: D <d@example.org>"],
        ),
        (
            "Prose.\n\nFixes: 0123456789ab (\"pond: dig\nit\")\nSigned-off-by: D <d@example.org>\n",
            &["Fixes: 0123456789ab (\"pond: dig", "Signed-off-by: D <d@example.org>"],
            &["Fixes: 0123456789ab (\"pond: dig it\")", "Signed-off-by: D <d@example.org>"],
        ),
        // Lines that can be nothing else count where they stand: glued to much prose,
        // above the block, or in a cover letter, which has none.
        (
            "Prose.\n\nOne\ntwo\nthree\nfour lines\nSigned-off-by: D <d@example.org>\n",
            &[],
            &["Signed-off-by: D <d@example.org>"],
        ),
        (
            "Prose.\nReported-by: A <a@example.org>\n\nMore.\n\nCc: b@example.org\n",
            &["Cc: b@example.org"],
            &["Reported-by: A <a@example.org>", "Cc: b@example.org"],
        ),
        (
            "Acked-by: A <a@example.org>\n\nThanks: to all.\n\nDana Teich (1):\n  pond: dig\n",
            &[],
            &["Acked-by: A <a@example.org>"],
        ),
    ];
    for (message, git, ours) in table {
        assert_eq!(by_git(message), git, "git, of {message:?}");
        assert_eq!(lines(&of_message(message)), ours, "of {message:?}");
    }
}

#[test]
fn blocks() {
    let found = |message: &'static str| &message[block(message)];
    assert_eq!(found("Prose.\n\nCc: a@example.org\n"), "Cc: a@example.org");
    assert_eq!(
        found("Prose.\n\nFixes: 0123456\n\n[d: why]\nCc: a@example.org\n\n"),
        "Fixes: 0123456\n\n[d: why]\nCc: a@example.org"
    );
    assert_eq!(found("Cc: a@example.org\n\nProse.\n"), "");
    assert_eq!(block("Prose.\n\n"), 6..6);
}

#[test]
fn replies() {
    let reply = "\
Hi Dana,

On Monday, Dana Teich wrote:
> Reviewed-by: Quoted One <q@example.org>
> Signed-off-by: Dana Teich <dana@example.org>

Reviewed-by: Erik Enter <erik@example.org>
  Tested-by: Erik Enter <erik@example.org> # on the big pond
Acked-by: Somebody With A Name So Long That It Was
Wrapped <wrapped@example.org>
Acked-by: Somebody Else So Long
<else@example.org>
Suggested-by:
Mia Maus <mia@example.org>
Reviewed-by: Only Name
Fixes: 0123456789ab (\"pond: dig it\")
Link: https://example.org/1
Closes: the door
Reviewed-by: tags should go last.
Cc: me next time
Signed-off-by: missing, please add <here>
Note: this is fine

-----Original Message-----
Reviewed-by: Original One <o@example.org>
";
    assert_eq!(
        lines(&of_reply(reply)),
        [
            "Reviewed-by: Erik Enter <erik@example.org>",
            "Tested-by: Erik Enter <erik@example.org> # on the big pond",
            "Acked-by: Somebody Else So Long <else@example.org>",
            "Suggested-by: Mia Maus <mia@example.org>",
            "Reviewed-by: Only Name",
            "Fixes: 0123456789ab (\"pond: dig it\")",
            "Link: https://example.org/1",
        ]
    );
}

#[test]
fn what_replies_hand_on_is_not_their_word() {
    let header = "From: Dana\nSent: Monday\n\nReviewed-by: A B <a@example.org>\n";
    let diff = "Try:\ndiff --git a/x b/x\n Reviewed-by: A B <a@example.org>\n";
    assert_eq!(lines(&of_reply(header)), [""; 0]);
    assert_eq!(lines(&of_reply(diff)), [""; 0]);
}

#[test]
fn persons() {
    let table = [
        ("Dana Teich <dana@example.org>", "Dana Teich", "dana@example.org"),
        ("\"Teich, Dana\" <dana@example.org>", "Teich, Dana", "dana@example.org"),
        (
            "\"Dana \\\"Duck\\\" Teich\" <dana@example.org>",
            "Dana \"Duck\" Teich",
            "dana@example.org",
        ),
        ("<dana@example.org>", "", "dana@example.org"),
        ("dana@example.org", "", "dana@example.org"),
        ("dana@example.org (Dana Teich)", "Dana Teich", "dana@example.org"),
        ("Dana Teich dana@example.org", "Dana Teich", "dana@example.org"),
        ("Dana Teich (Pond Ltd) <dana@example.org>", "Dana Teich", "dana@example.org"),
        ("Dana Teich <dana@example.org> (Pond Ltd)", "Dana Teich", "dana@example.org"),
        ("Dana Teich <dana@example.org> # v5.2+", "Dana Teich", "dana@example.org"),
        ("dana@example.org # v5.2+", "", "dana@example.org"),
        ("Dana Teich <dana at example.org>", "Dana Teich", "dana@example.org"),
        ("Dana Teich <dana [at] example [dot] org>", "Dana Teich", "dana@example.org"),
        ("dana at example.org", "", "dana@example.org"),
        ("Dana Teich <mailto:dana@example.org>", "Dana Teich", "dana@example.org"),
        ("D <dana@example.org<mailto:dana@example.org>>", "D", "dana@example.org"),
        ("Dana Teich <dana@example.org", "Dana Teich", "dana@example.org"),
        ("Dana  van der Teich", "Dana van der Teich", ""),
        ("田中 花子", "田中 花子", ""),
        ("=?utf-8?q?J=C3=B6rg?= <joerg@example.org>", "=?utf-8?q?J=C3=B6rg?=", "joerg@example.org"),
    ];
    for (value, name, email) in table {
        let found = person(value).unwrap_or_else(|| panic!("nobody in {value:?}"));
        assert_eq!((&*found.name, &*found.email), (name, email), "of {value:?}");
    }
    for nobody in [
        "",
        "Dana",
        "tags are missing",
        "<>",
        "@",
        "a@",
        "see https://example.org/@x y",
        "me & you",
    ] {
        assert_eq!(person(nobody), None, "of {nobody:?}");
    }
}

#[test]
fn kinds() {
    use ReviewKind::{Acked, Nacked, Other, Reviewed, Tested};
    let table = [
        ("Reviewed-by", Reviewed),
        ("reviewed-by", Reviewed),
        ("Reviewed-and-tested-by", Reviewed),
        ("Tested-and-Reviewed-by", Reviewed),
        ("Acked-by", Acked),
        ("Acked-and-tested-by", Acked),
        ("Tested-by", Tested),
        ("Compile-tested-by", Tested),
        ("Signed-off-by", Other),
        ("Reported-by", Other),
        ("Nacked-by", Nacked),
        ("Reviewed", Other),
        ("Cc", Other),
        ("-by", Other),
    ];
    for (name, expected) in table {
        assert_eq!(kind(name), expected, "of {name}");
        assert_eq!(is_review(name), expected != Other);
    }
}

/// A patch of a real list, and what git says of it.
#[derive(serde::Deserialize)]
struct Judged {
    text: String,
    trailers: Vec<String>,
}

#[test]
fn real_messages() {
    let Some(data) = std::env::var_os("PATCHPRESS_DATA").map(PathBuf::from).filter(|d| d.is_dir())
    else {
        println!("skipped: PATCHPRESS_DATA names no directory of real mail");
        return;
    };
    let (mut compared, mut with_trailers) = (0, 0);
    let mut differences = Vec::new();
    for list in ["kvm-unit-tests", "linux-nilfs.mbox", "live-patching-2023-2026"] {
        for judged in judge(&data.join(list)) {
            compared += 1;
            let ours = message_trailers(&judged.text);
            with_trailers += usize::from(!ours.is_empty());
            if ours != judged.trailers {
                differences.push((judged, ours));
            }
        }
    }
    println!("{compared} messages compared, {with_trailers} with trailers");
    let mut unexplained = Vec::new();
    for (judged, ours) in &differences {
        match reason(judged, ours) {
            Some(reason) => println!("differs: {reason}"),
            None => unexplained.push(format!("git {:#?}\nours {ours:#?}", judged.trailers)),
        }
    }
    assert!(with_trailers * 2 > compared, "hardly any message has trailers");
    assert!(unexplained.is_empty(), "{}:\n{}", unexplained.len(), unexplained.join("\n\n"));
}

fn message_trailers(text: &str) -> Vec<String> {
    let (divided, _) = patch::split_only(text);
    lines(&of_message(&text[divided.message]))
}

/// Why we read a message otherwise than git does, if it is for one of the reasons that
/// [`messages_read_otherwise_than_git_reads_them`] shows.
fn reason(judged: &Judged, ours: &[String]) -> Option<&'static str> {
    let git = &judged.trailers;
    let without_urls: Vec<&String> = git.iter().filter(|t| !t.contains(": //")).collect();
    if without_urls.len() < git.len() && without_urls.iter().eq(&ours.iter().collect::<Vec<_>>()) {
        Some("a URL is no trailer")
    } else if ours.ends_with(git) && git.len() < ours.len() {
        Some("lines above git's block")
    } else if ours.is_empty() && git.len() == 1 {
        Some("a paragraph with a colon is prose")
    } else if git.is_empty() {
        Some("a block without Signed-off-by, or no block")
    } else if ours.len() < git.len() && ours.concat().len() + 2 > git.concat().len() {
        Some("a person is wrapped")
    } else {
        None
    }
}

fn judge(list: &Path) -> Vec<Judged> {
    let mut judge = Command::new("python3");
    judge.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/patches.py")).arg("300");
    judge.args(mboxes(list));
    let verdicts = tempfile::NamedTempFile::new().unwrap();
    assert!(judge.stdout(verdicts.reopen().unwrap()).status().unwrap().success());
    let verdicts = std::fs::read_to_string(&verdicts).unwrap();
    verdicts.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The mbox files of a list, in order.
fn mboxes(list: &Path) -> Vec<PathBuf> {
    if list.is_file() {
        return vec![list.to_owned()];
    }
    let entries = std::fs::read_dir(list).into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_mbox = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "mbox");
    let mut paths: Vec<PathBuf> = entries.filter(is_mbox).collect();
    paths.sort();
    paths
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_trailers_or_not(text in "\\PC*") {
        check_any(&text)?;
    }

    #[test]
    fn any_mixture_of_trailer_lines(lines in proptest::collection::vec(trailer_line(), 0..20)) {
        check_any(&lines.concat())?;
    }

    #[test]
    fn any_value_names_somebody_or_nobody(value in "[ <>@()\"\\\\#.a-cA-Cé,:]{0,30}") {
        if let Some(found) = person(&value) {
            prop_assert!(!found.name.is_empty() || !found.email.is_empty());
            prop_assert!(found.email.is_empty() || found.email.contains('@'));
        }
    }
}

fn trailer_line() -> impl Strategy<Value = String> {
    let fixed = [
        "Reviewed-by: A B <a@example.org>\n",
        "Acked-by:\n",
        " <a@example.org>\n",
        "A <a@é>\n",
        "Fixes: 0123456 (\"é\")\n",
        "Cc: é\n",
        "\n",
        " \n",
        "[é: x]\n",
        "prose é\n",
        "é: x\n",
        "https://example.org\n",
        "Signed-off-by: D <d@example.org>",
        "\r\n",
        ":\n",
        "-: x\n",
        "-----Original Message-----\n",
        "> Cc: x\n",
        "(cherry picked from commit 0)\n",
    ];
    proptest::sample::select(fixed.map(str::to_owned).to_vec())
}

/// The block is within the text, and what is found in it stands there.
fn check_any(text: &str) -> Result<(), TestCaseError> {
    let block = block(text);
    prop_assert!(text.get(block).is_some());
    for trailer in of_message(text).iter().chain(&of_reply(text)) {
        prop_assert!(text.contains(&trailer.name));
        prop_assert!(!trailer.value.contains('\n'));
    }
    Ok(())
}

#[test]
fn hostile_texts_cost_no_more_than_their_length() {
    let hostile = [
        "Reviewed-by:\n".repeat(70_000),
        format!("Reviewed-by: A\n{}", " b\n".repeat(300_000)),
        "Cc: a@example.org\n\n".repeat(50_000),
        "\n".repeat(900_000),
        " \n".repeat(500_000),
        format!("Cc: {}", "(".repeat(900_000)),
        format!("Cc: {}@x", "a ".repeat(400_000)),
        format!("Reviewed-by: {}", "<a@b".repeat(200_000)),
        format!("Reviewed-by: {}", " #".repeat(400_000)),
        "a:".repeat(400_000),
    ];
    let start = std::time::Instant::now();
    for text in &hostile {
        of_message(text);
        of_reply(text);
    }
    // Linear, these take about a second without optimisation; quadratic, many minutes.
    assert!(start.elapsed().as_secs() < 20, "took {:?}", start.elapsed());
}

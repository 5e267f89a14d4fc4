//! Whatever the bytes, a mail comes out: no panic, no hang, no range that cuts a character.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use patchpress::mail::{self, Mail};
use proptest::prelude::*;

/// A mail with a bit of everything that is parsed.
const VALID: &str = "Received: from a (b [c]) by d; Tue, 10 Jun 2025 17:54:09 +0000\n\
    From: =?utf-8?q?Ann_L=C3=A9?= \"A. Lee\" <ann@example.org> (Example, Inc.)\n\
    To: list: <a@example.org>, \"B, C\" <b@example.org>;\n\
    Cc: Lee, Ann <ann at example.org>\n\
    Reply-To: Ann via list <list@example.org>\n\
    Subject: =?iso-2022-jp?b?GyRCJCIbKEI=?= [PATCH v2 1/2] a:\n\tlong =?gbk?q?=C4?= =?gbk?q?=E3?=\n\
    Date: Tue, 10 Jun 2025 17:54:03 +0200 (CEST)\n\
    Message-ID: <a/b c@example.org>\n\
    References: <0@example.org> (why) <1@example.org>\n\
    In-Reply-To: Message from Bob <bob@example.org> of \"Monday\" <1@example.org>\n\
    List-Id: A list <list.example.org>\n\
    Content-Type: multipart/mixed; boundary=\"=_a;b\"; name*=utf-8''%C3%A9\n\
    \n\
    preamble\n\
    --=_a;b\n\
    Content-Type: text/plain; charset=iso-8859-1; format=flowed; delsp=yes\n\
    Content-Transfer-Encoding: quoted-printable\n\
    \n\
    From: Bob <bob@example.org>\n\
    \n\
    A message=20\nthat flows.=E9\n\
    \n\
    Reviewed-by: Cid <cid@example.org>\n\
    ---\n\
     f | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\
    \n\
    --=_a;b\n\
    Content-Type: text/x-patch\n\
    Content-Transfer-Encoding: base64\n\
    \n\
    ZGlmZiAtLWdpdCBhL2YgYi9mCi0tLSBhL2YKKysrIGIvZgpAQCAtMSArMSBAQAotYQorYgo=\n\
    --=_a;b\n\
    Content-Type: text/html; charset=utf-7\n\
    \n\
    <blockquote><p>A&eacute;<a href=\"https://example.org\">+AOk-</a><pre>\n x</pre>\n\
    --=_a;b\n\
    Content-Type: message/rfc822\n\
    \n\
    Subject: inner\n\
    \n\
    text\n\
    --=_a;b--\n";

/// All ranges lie in order within the text, on characters' borders: slicing can't panic.
fn check_ranges(mail: &Mail) -> Result<(), TestCaseError> {
    let text = &mail.body.text;
    let patch = &mail.patch;
    let parts = [
        &patch.in_body_headers,
        &patch.message,
        &patch.notes,
        &patch.diffstat,
        &patch.diff,
        &patch.signature,
    ];
    let files = patch.files.iter().map(|file| &file.span);
    for range in parts.into_iter().chain(files) {
        prop_assert!(text.get(Range::clone(range)).is_some(), "{range:?} of {text:?}");
    }
    prop_assert!(!text.contains(['\r', '\0']), "{text:?}");
    prop_assert!(!mail.message_id.is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes(raw in prop::collection::vec(any::<u8>(), 0..2000)) {
        let (mail, _) = mail::parse(&raw, Some(&raw));
        check_ranges(&mail)?;
    }

    #[test]
    fn any_text_of_the_field(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "From: ", "Date: ", "Subject: ", "Content-Type: ", "multipart/mixed", "text/plain",
                "; ", "boundary=b", "--b", "--", "\n", "\r\n", "\r", "\0", " ", "\t", "=?", "?=",
                "=?utf-8?q?", "=?gbk?b?", "<", ">", "(", ")", "\"", "\\", "@", ",", ";", ":",
                "diff --git a/f b/f\n", "--- a/f\n", "+++ b/f\n", "@@ -1 +1 @@\n", "+é\n", "-\n",
                " at ", " via ", "+0200", "2025", "Jun", "10", "17:54", "é", "\u{feff}", "&#", "=",
            ]),
            0..120,
        )
    ) {
        let raw = words.concat();
        let (mail, _) = mail::parse(raw.as_bytes(), None);
        check_ranges(&mail)?;
    }

    #[test]
    fn a_valid_mail_with_bytes_changed(
        changes in prop::collection::vec((0..VALID.len(), any::<u8>(), 0..3u8), 1..20)
    ) {
        let mut raw = VALID.as_bytes().to_vec();
        for (at, byte, kind) in changes {
            let at = at % raw.len();
            match kind {
                0 => raw[at] = byte,
                1 => raw.insert(at, byte),
                _ => drop(raw.drain(at..(at + usize::from(byte)).min(raw.len() - 1))),
            }
        }
        let (mail, _) = mail::parse(&raw, None);
        check_ranges(&mail)?;
    }

    #[test]
    fn a_valid_mail_cut_short(end in 0..VALID.len()) {
        let (mail, _) = mail::parse(&VALID.as_bytes()[..end], None);
        check_ranges(&mail)?;
    }
}

#[test]
fn the_valid_mail_is_read() {
    let (mail, faults) = mail::parse(VALID.as_bytes(), None);
    assert_eq!(faults, []);
    assert_eq!(mail.subject_text, "あ [PATCH v2 1/2] a: long 你");
    assert_eq!(mail.in_reply_to.as_deref(), Some("1@example.org"));
    assert!(mail.body.text.contains("A messagethat flows.é\n"), "{}", mail.body.text);
    assert!(mail.body.text.contains("\n\ndiff --git a/f b/f\n"));
    assert_eq!(mail.body.attachments.len(), 2);
}

/// Repeating what is opened and never closed must not take more than linear time: a
/// megabyte each, and a second would be a thousand times too slow.
#[test]
fn no_pattern_takes_long() {
    let heads = [
        "From: ",
        "To: ",
        "Subject: ",
        "Date: ",
        "References: ",
        "In-Reply-To: ",
        "Message-ID: ",
        "List-Id: ",
        "Content-Type: ",
        "Content-Disposition: ",
        "Received: ",
        "\n",
    ];
    let pieces = [
        "(",
        "<",
        "\"",
        "=?",
        "=?a?q?",
        "=?a?q?x?= ",
        ",",
        ":",
        ";",
        "a;b=c;",
        "a*0=b;",
        "\\",
        "@",
        " ",
        "\t\n ",
        "é",
        "<a>",
        "\n>",
        "--",
        "\n\n",
        "@@ -1 +1 @@\n",
        "diff --git ",
        "---\n",
        "a-by: ",
        "\n--- \n+++ ",
        " at ",
    ];
    for head in heads {
        for piece in pieces {
            let raw = format!("{head}{}", piece.repeat(200_000 / piece.len()));
            let start = Instant::now();
            mail::parse(raw.as_bytes(), None);
            let took = start.elapsed();
            assert!(took < Duration::from_secs(2), "{head:?} {piece:?}: {took:?}");
        }
    }
}

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else { return found.push(path.to_owned()) };
    for entry in entries.filter_map(Result::ok) {
        files_below(&entry.path(), found);
    }
}

/// The test mails of seven other mail libraries, malformed ones among them.
#[test]
fn test_mail_of_other_projects() {
    let data = std::env::var_os("PATCHPRESS_DATA").map(PathBuf::from).filter(|p| p.is_dir());
    let Some(data) = data else {
        return println!("skipped: PATCHPRESS_DATA names no directory of real mail");
    };
    let mut files = Vec::new();
    let projects =
        ["MimeKit", "enmime", "james-mime4j", "mail", "mail-parser", "notmuch", "spamassassin"];
    projects.iter().for_each(|project| files_below(&data.join(project), &mut files));
    for file in &files {
        let Ok(raw) = std::fs::read(file) else { continue };
        let start = Instant::now();
        let (mail, _) = mail::parse(&raw, None);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(1), "{}: {took:?}", file.display());
        check_ranges(&mail).unwrap();
    }
    println!("{} files", files.len());
}

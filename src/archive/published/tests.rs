//! What the texts say, and what is said of those that are not quite of the layout.

use super::*;

const HEAD: &str = "From 1a to 2b\nRing mailing list update from 1a to 2b\n\n\
    Top 15 contributor Email domains (Based on Email Body)\n\n      3 example.org\n\n\
    Top 15 contributors (Based on Email Body)\n\n      3  \"Ann B. Author\" <ann@example.org>\n\n\
    ===== Patch list in this time period =====\n\n\n===== Patch Commit Messages ====\n\n";
const RULE: &str = "----------------------------------------------------------------------";

fn block(subject: &str, author: &str, message: &str) -> String {
    let title = subject.split_once("] ").map_or(subject, |(_, title)| title);
    let title = title.lines().next().unwrap();
    format!("New:  {title}\n{subject}\nAuthor: {author}\n\n{message}\n\n{RULE}\n\n")
}

const ANN: &str = "Ann Author <ann@example.org>";
const BOB: &str = "Bob <bob@example.org>";

fn told(text: &str) -> Told {
    let (told, faults) = read(text.as_bytes());
    assert_eq!(faults, [], "{text}");
    told.unwrap()
}

/// What is wrong with a text: the lines, and what is said of each.
fn faults(text: &str) -> Vec<(usize, Problem)> {
    read(text.as_bytes()).1.into_iter().map(|fault| (fault.line, fault.problem)).collect()
}

/// The entries in short: title, patches printed, whether the cover is, lines that stand for
/// a mail.
fn entries(blocks: &str) -> Vec<(String, usize, bool, usize)> {
    let told = told(&format!("{HEAD}{blocks}"));
    let short = |e: Entry| {
        let lines = e.exist.len() + usize::from(e.skip.is_some());
        (e.title, e.patches.len(), e.cover.is_some(), lines)
    };
    told.entries.into_iter().map(short).collect()
}

#[test]
fn title_list_and_tables_are_read() {
    let told = told(HEAD);
    assert_eq!((told.title.as_str(), told.list.as_deref()), ("From 1a to 2b", Some("Ring")));
    assert_eq!(told.top, Some(15));
    assert_eq!(told.domains, [("example.org".to_string(), 3)]);
    let who = Address { name: "Ann B. Author".into(), email: "ann@example.org".into() };
    assert_eq!(told.contributors, [(who, 3)]);
}

#[test]
fn a_title_that_is_no_pair_of_ends_stays() {
    assert_eq!(told("2024-02\nRing mailing list update for 2024-02\n").title, "2024-02");
    let week = "2024, week 8\nRing mailing list update for 2024, week 8\n";
    assert_eq!(told(week).title, "2024, week 8");
}

#[test]
fn patch_and_cover_are_one_posting() {
    let blocks = block("[PATCH v2 1/2] a: one", ANN, "One.")
        + &block("[PATCH v2 0/2] a: both", ANN, "Both.")
        + &block("[PATCH] b: alone", BOB, "Alone.")
        + &block("[PATCH] b: alone too", BOB, "Alone.");
    let alone = |title: &str| (title.to_string(), 1, false, 0);
    let both = ("a: both".to_string(), 1, true, 0);
    assert_eq!(entries(&blocks), [both, alone("b: alone"), alone("b: alone too")]);
}

#[test]
fn neighbours_of_other_versions_totals_and_authors_are_apart() {
    for (cover, author) in [
        ("[PATCH v3 0/2] a: both", ANN),
        ("[PATCH v2 0/3] a: both", ANN),
        ("[RFC PATCH v2 0/2] a: both", ANN),
        ("[PATCH next v2 0/2] a: both", ANN),
        ("[PATCH v2 0/2] a: both", BOB),
    ] {
        let blocks = block("[PATCH v2 1/2] a: one", ANN, "One.") + &block(cover, author, "Both.");
        assert_eq!(entries(&blocks).len(), 2, "{cover} {author}");
    }
}

#[test]
fn all_patches_of_a_posting_may_be_printed() {
    let one = |n: u32| block(&format!("[PATCH {n}/3] a: part {n}"), ANN, "Text.");
    let cover = block("[PATCH 0/3] a: all", ANN, "All.");
    let whole = ("a: all".to_string(), 3, true, 0);
    for order in [[1, 2, 3], [3, 2, 1]] {
        let patches: String = order.into_iter().map(one).collect();
        assert_eq!(entries(&(patches + &cover)), std::slice::from_ref(&whole));
    }
    assert_eq!(entries(&(one(1) + &one(1))).len(), 2);
}

#[test]
fn a_resend_is_a_posting_of_its_own() {
    let blocks = block("[PATCH] a: one", ANN, "One.") + "Exist: [PATCH] a: one\n";
    assert_eq!(entries(&blocks).len(), 2);
}

#[test]
fn a_cover_by_the_sender_is_of_the_patch_that_it_lists() {
    let cover = "Both.\n\nAnn Author (1):\n  a: one\n\nBob (1):\n  a: two";
    let blocks =
        block("[PATCH 1/2] a: one", ANN, "One.") + &block("[PATCH 0/2] a: both", BOB, cover);
    assert_eq!(entries(&blocks), [("a: both".to_string(), 1, true, 0)]);
}

#[test]
fn lines_for_what_was_printed_before_belong_to_their_posting() {
    let blocks = block("[RFC PATCH 1/1] a: one", ANN, "One.")
        + "Exist: [RFC PATCH 1/1] a: one\n Skip: [RFC PATCH 0/1] a: one\n"
        + &block("[PATCH v2 1/2] b: one", ANN, "One.")
        + &block("[PATCH v2 0/2] b: both", ANN, "Two.")
        + "Exist: [PATCH 1/2] b: one\n"
        + &block("[PATCH 0/2] b: both", ANN, "One.")
        + "Exist: [PATCH] c: alone\n";
    let e = |title: &str, patches, cover, lines| (title.to_string(), patches, cover, lines);
    let expected = [
        e("a: one", 1, false, 2),
        e("b: both", 1, true, 0),
        e("b: both", 0, true, 1),
        e("c: alone", 0, false, 1),
    ];
    assert_eq!(entries(&blocks), expected);
}

#[test]
fn a_message_may_hold_dashes_and_words_of_the_layout() {
    let message = format!("Log:\n{RULE}\nNew:  features are\n===== Results =====\n{RULE}\n\nend");
    let text = format!("{HEAD}{}", block("[PATCH] a: one", ANN, &message));
    let told = told(&text);
    let span = told.entries[0].patches[0].message.clone();
    assert_eq!(&text[span], message);
}

#[test]
fn encoded_names_and_folded_subjects_are_read() {
    let author = "=?utf-8?q?J=C3=B6rg?= <joerg@example.org>";
    let blocks = block("[PATCH] a: a long title\n that goes on", author, "One.");
    let told = told(&format!("{HEAD}{blocks}"));
    assert_eq!(told.entries[0].title, "a: a long title that goes on");
    assert_eq!(told.entries[0].author.as_ref().unwrap().name, "Jörg");
}

#[test]
fn the_patch_list_gives_figures() {
    let list = "  Ver   Patch      +      - Repl  A  R  T  Title\n\
        \x20  v2     2/3    +12     -7    1  -  1  -  a: both (of (A) B (Corp), RFC, resend)\n\
        \x20         1/3     +9     -7       -  1  -    a: one\n\
        \x20  v1       1      -      -    -  -  -  -  c: unseen (Ann Author)\n";
    let head = HEAD.replace("period =====\n\n", &format!("period =====\n\n{list}"));
    let blocks =
        block("[PATCH v2 1/3] a: one", ANN, "One.") + &block("[PATCH v2 0/3] a: both", ANN, "B.");
    let told = told(&(head + &blocks));
    let [both, unseen] = &told.entries[..] else { panic!("{:?}", told.entries) };
    let row = both.row.as_ref().unwrap();
    assert_eq!(
        (row.patches, row.total, row.replies, row.author.as_str()),
        (2, 3, 1, "of (A) B (Corp)")
    );
    assert_eq!((row.counts.added, row.counts.removed, row.counts.reviewed), (12, 7, 1));
    assert_eq!((both.rfc, both.resend, both.pull), (true, true, false));
    assert_eq!(row.parts[0].number, "1/3");
    assert_eq!((unseen.title.as_str(), unseen.patches.len()), ("c: unseen", 0));
}

#[test]
fn what_is_not_of_the_layout_is_said_with_its_line() {
    use Problem::*;
    let messages = "===== Patch Commit Messages ====\n\n";
    let head = "2024-02\nRing mailing list update for 2024-02\n\n";
    for (text, expected) in [
        ("A note\n\nabout something\n".to_string(), vec![(1, NotADigest)]),
        (String::new(), vec![(1, NotADigest)]),
        (HEAD.split_once('\n').unwrap().1.to_string(), vec![(1, NoTitle)]),
        (format!("\n{messages}"), vec![(2, NoTitle)]),
        (format!("2024-02\n\n{messages}"), vec![(2, NoListLine)]),
        (HEAD.replace("      3 example.org", "example.org: 3"), vec![(6, TableRow)]),
        (HEAD.replace("      3  \"Ann", "    many  \"Ann"), vec![(10, TableRow)]),
        (HEAD.replace("period =====\n", "period =====\nodd\n"), vec![(13, ListRow)]),
        (format!("{head}===== Weather =====\nfair\n{messages}"), vec![(4, Section)]),
        (format!("{head}fair\n{messages}"), vec![(4, Stray)]),
        (format!("{head}{}", block("[PATCH] a", ANN, "x")), vec![(4, NoMessagesHeading)]),
        (format!("{head}{messages}New:  a\nAuthor: {ANN}\n\nx\n\n{RULE}\n"), vec![(6, NoSubject)]),
        (format!("{head}{messages}New:  a\n[PATCH] a\n\nx\n\n{RULE}\n"), vec![(6, NoAuthor)]),
        (format!("{head}{messages}New:  a\n[PATCH] a\nAuthor: {ANN}\n\nx\n"), vec![(6, CutShort)]),
        (
            format!(
                "{head}{messages}{}",
                block("[PATCH] a", ANN, "x").replace(RULE, "") + &block("[PATCH] b", ANN, "y")
            ),
            vec![(14, NoRule)],
        ),
        (format!("{head}x\0\n{messages}"), vec![(4, Stray), (4, Nul)]),
    ] {
        assert_eq!(faults(&text), expected, "{text}");
    }
}

#[test]
fn a_fault_shows_its_line_and_what_to_do() {
    let (_, faults) = read(HEAD.replace("      3 example.org", "example.org: 3").as_bytes());
    let told = faults[0].diagnostic(std::path::Path::new("a/1.txt"));
    let place = told.place.unwrap();
    assert_eq!((place.line, place.snippet.as_deref()), (Some(6), Some("example.org: 3")));
    assert!(told.hint.unwrap().contains("37 example.org"));
}

#[test]
fn faults_of_one_text_are_bounded() {
    let text = format!("{HEAD}{}", "odd\n".repeat(100_000));
    let found = faults(&text);
    assert_eq!(found.len(), 41);
    assert_eq!(found[40].1, Problem::More(100_000 - 40));
    let long = format!("2024-02\nRing mailing list update for it\n{}\n", "x".repeat(1 << 20));
    assert!(read(long.as_bytes()).1[0].snippet.len() < 1_000);
}

#[test]
fn the_rest_of_a_faulty_text_is_used() {
    let text = format!(
        "{HEAD}odd\n\nNew:  a\n\nx\n\n{RULE}\n\n{}",
        block("[PATCH] b: fine", ANN, "Fine.")
    );
    let (told, _) = read(text.as_bytes());
    let titles: Vec<String> = told.unwrap().entries.into_iter().map(|e| e.title).collect();
    assert_eq!(titles, ["a", "b: fine"]);
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_a_value(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        whole(&bytes);
    }

    /// Lines of the layout in any order, with anything between them.
    #[test]
    fn any_lines_give_a_value(lines in proptest::collection::vec(line(), 0..60)) {
        whole(lines.join("\n").as_bytes());
    }
}

fn line() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let known = vec![
        "",
        "From a to b",
        "X mailing list update from a to b",
        "Top 15 contributors (x)",
        "Top 15 contributor Email domains (x)",
        "===== Patch list in x",
        "===== Patch Commit Messages ====",
        "New:  t",
        "[PATCH 1/2] t",
        "[PATCH 0/2] u",
        "Author: A <a@example.org>",
        "Exist: [PATCH] t",
        " Skip: [PATCH 0/1] t",
        RULE,
        "   v1 1 +1 -1 1 - - - t (A)",
        " 1/2 - - - - - t",
        "---",
        "=====",
        "\r",
        "  3 x",
    ];
    prop_oneof![3 => proptest::sample::select(known).prop_map(str::to_string), 1 => ".{0,40}"]
}

/// Reads it, and looks at every span.
fn whole(bytes: &[u8]) {
    let text = text_of(bytes);
    let (told, faults) = read(bytes);
    for fault in faults {
        assert!(fault.line >= 1 && fault.line <= text.split('\n').count());
    }
    for letter in
        told.iter().flat_map(|t| &t.entries).flat_map(|e| e.cover.iter().chain(&e.patches))
    {
        assert!(text.get(letter.message.clone()).is_some());
    }
}

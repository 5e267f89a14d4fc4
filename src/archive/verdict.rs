//! What a reply says of the patch it answers, beside trailers: that it was applied, or that
//! it must not be.
//!
//! Maintainers say it in prose, so this reads prose: sentences of the sender's own, never
//! quotations. A sentence counts that begins with the deed ("Applied, thanks"), perhaps after
//! thanks and the like; questions and conditions don't ("Can this be applied?", "if this is
//! applied"). What follows for a posting is decided in [`super::review`].

/// Lines of a reply that are read: longer ones quote logs.
const LINES: usize = 400;
/// A sentence longer than this tells a story.
const LONGEST: usize = 300;

/// Whether a text is a bot's notice of a commit, which answers the patch though its subject
/// has no `Re:` and the commit stands in it: `The following commit has been merged into the
/// x86/urgent branch of tip:`.
pub(crate) fn is_notice(text: &str) -> bool {
    text.trim_start().starts_with("The following commit has been merged into ")
}

/// Whether a reply says that the patch was applied, in the ways maintainers do: `Applied,
/// thanks`, `Queued for 6.10`, `Both patches applied`, a bot's `This series was applied to …`,
/// or b4's list of commits below the titles of the patches.
pub(crate) fn says_applied(text: &str) -> bool {
    const DEEDS: [&str; 5] = ["pplied", "ueued", "ushed", "erged", "ulled"];
    is_notice(text)
        || lists_commits(text)
        || (DEEDS.iter().any(|deed| text.contains(deed)) && any_sentence(text, tells_of_deed))
}

/// Whether a reply says that the patch must not be applied: `NAK`, `NACK from me`.
pub(crate) fn says_nack(text: &str) -> bool {
    let may = ["NAK", "NACK", "Nak", "Nack"].iter().any(|word| text.contains(word));
    may && any_sentence(text, is_nack)
}

/// Whether some sentence of the sender's own is so. A line that ends in a comma or colon ends
/// a sentence as well: a greeting, or what leads to a list.
fn any_sentence(text: &str, is_so: impl Fn(&str) -> bool) -> bool {
    let mut sentence = String::new();
    for line in text.lines().take(LINES).map(str::trim).chain([""]) {
        if line.is_empty() || is_not_own(line) {
            if is_so(&sentence) {
                return true;
            }
            sentence.clear();
            continue;
        }
        for piece in pieces(line) {
            if sentence.len() <= LONGEST {
                sentence.push_str(piece);
                sentence.push(' ');
            }
            if piece.ends_with(['.', '!', '?', ';', ',', ':']) {
                if is_so(&sentence) {
                    return true;
                }
                sentence.clear();
            }
        }
    }
    false
}

/// Whether a line is a quotation, or of a diff or a log.
fn is_not_own(line: &str) -> bool {
    line.starts_with(['>', '|', '+', '-', '@', '"', '$', '#'])
}

/// A line cut behind each full stop and its kin; the last piece may go on in the next line.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let rest_now = rest;
        if rest_now.is_empty() {
            return None;
        }
        let ends = |(at, c): (usize, char)| {
            let goes_on = rest_now[at + 1..].starts_with(|c: char| !c.is_whitespace());
            (matches!(c, '.' | '!' | '?' | ';') && !goes_on).then_some(at + 1)
        };
        let end = rest_now.char_indices().filter(|(_, c)| c.is_ascii()).find_map(ends);
        let (piece, after) = rest_now.split_at(end.unwrap_or(rest_now.len()));
        rest = after.trim_start();
        Some(piece)
    })
}

/// The words of a sentence in lower case.
fn words(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split(|c: char| !c.is_ascii_alphabetic() && c != '_').filter(|word| !word.is_empty())
}

/// Whether a sentence begins with the deed, a few words of thanks and the like before it.
fn tells_of_deed(sentence: &str) -> bool {
    const BEFORE: [&str; 41] = [
        "thanks", "thank", "you", "yes", "ok", "okay", "great", "nice", "looks", "good", "lgtm",
        "sure", "done", "now", "and", "all", "both", "whole", "entire", "series", "patchset",
        "patch", "patches", "commit", "commits", "this", "these", "the", "is", "was", "are",
        "were", "has", "have", "been", "just", "i", "we", "ve", "fyi", "jfyi",
    ];
    const AFTER: [&str; 24] = [
        "to", "for", "up", "in", "into", "as", "all", "both", "thanks", "thank", "this", "these",
        "with", "patch", "patches", "series", "here", "now", "it", "them", "by", "via", "on",
        "already",
    ];
    const OBJECT: [&str; 10] = [
        "patch", "patches", "patchset", "series", "whole", "first", "second", "rest", "others",
        "fix",
    ];
    const DOUBT: [&str; 14] = [
        " not ", "n't", "if ", "?", "please", "should", "could ", "to be", "cleanly", "before",
        "on top", "when ", "once ", " but ",
    ];
    if sentence.len() > LONGEST {
        return false;
    }
    let sentence = sentence.to_ascii_lowercase();
    let mut before = words(&sentence).take_while(|word| !is_deed(word));
    let narrates = {
        let mut first_person = false;
        let mut finished = false;
        if !before.all(|word| {
            first_person |= matches!(word, "i" | "we");
            finished |= matches!(word, "have" | "ve");
            BEFORE.contains(&word)
        }) {
            return false;
        }
        // "I applied this to 6.1 and see …" is a tester's story.
        first_person && !finished && !sentence.contains("thank")
    };
    let mut after = words(&sentence).skip_while(|word| !is_deed(word));
    let told = after.next().is_some()
        && match after.next() {
            None => true,
            Some("and") => after.next().is_some_and(is_deed),
            Some("the") => after.next().is_some_and(|what| OBJECT.contains(&what)),
            Some(word) => AFTER.contains(&word),
        };
    told && !narrates && !DOUBT.iter().any(|doubt| sentence.contains(doubt))
}

fn is_deed(word: &str) -> bool {
    matches!(word, "applied" | "queued" | "pushed" | "merged" | "pulled")
}

/// b4's thank-you: the title of a patch with its number, and below it the commit.
///
/// ```text
/// [1/2] ring: make it round
///       commit: 0123456789abcdef0123456789abcdef01234567
/// ```
fn lists_commits(text: &str) -> bool {
    let mut above = "";
    text.lines().take(LINES).any(|line| {
        let found = is_numbered_title(above) && line.starts_with(' ') && ends_in_commit(line);
        above = line;
        found
    })
}

/// `[1/2] title`
fn is_numbered_title(line: &str) -> bool {
    let number = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    number.and_then(|(number, _)| number.split_once('/')).is_some_and(|(index, total)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits(index) && digits(total)
    })
}

/// `commit: 0123456789ab`, or a link whose last part is the commit.
fn ends_in_commit(line: &str) -> bool {
    let line = line.trim();
    let id = match line.strip_prefix("commit:") {
        Some(id) => id.trim(),
        None if line.starts_with("http") => line.rsplit(['/', '=']).next().unwrap_or_default(),
        None => return false,
    };
    (7..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a sentence begins with a refusal. A NACK that a device sends has other words
/// behind it.
fn is_nack(sentence: &str) -> bool {
    const AFTER: [&str; 10] =
        ["from", "on", "until", "because", "as", "sorry", "for", "to", "again", "this"];
    let mut words = words(sentence).skip_while(|word| matches!(*word, "Self" | "self" | "Big"));
    let refuses = words.next().is_some_and(|w| matches!(w, "NAK" | "NACK" | "Nak" | "Nack"));
    let rest = words.next();
    refuses && rest.is_none_or(|word| AFTER.contains(&word)) && !sentence.contains('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maintainers_say_applied_in_many_ways() {
        for yes in [
            "Applied, thanks!",
            "Applied to kvm/next.",
            "Applied to quarry next, thanks!\n\n[1/1] ring: round\n      commit: 0123456789ab",
            "Queued for 6.10, thanks.",
            "Queued.",
            "Merged.",
            "Merged, thank you.",
            "Thanks, applied.",
            "Both patches applied.",
            "Both patches have been applied. Thank you.",
            "The patch has been applied. Thanks Zoë.",
            "Applied (both patches), thanks.",
            "Applied and pushed.",
            "Good catch. Applied, thanks.",
            "Thanks for the update! Applied.",
            "Hi Ann,\n\nApplied, thanks.",
            "Hi Ann,\nApplied, thanks.",
            "Thanks!\n\nThis series was applied to quarry.git (main)\nby Carl <carl@example.net>:",
            "Hello:\n\nThis patch was applied to quarry.git (main)\nby Carl <c@example.net>:",
            "Yes, queued up, thanks!",
            "Pulled, thanks!",
            "I applied this to master, thanks.",
            "JFYI, I have pushed the patchset into quarry.git,",
            "The following commit has been merged into the x86/urgent branch of tip:\n\nCommit-ID: 0",
            "On Mon, Ann wrote:\n> Why.\n\n[1/2] ring: round\n      commit: 0123456789abcdef",
            "[2/2] ring: round\n      https://example.org/quarry/c/0123456789abcdef",
        ] {
            assert!(says_applied(yes), "{yes}");
        }
    }

    #[test]
    fn talk_of_applying_is_not_taken_for_it() {
        for no in [
            "> Applied, thanks!",
            "> The following commit has been merged into the x86/urgent branch of tip:",
            "> [1/2] ring: round\n>       commit: 0123456789abcdef",
            "Can this be applied?",
            "Applied to which tree\nthen?",
            "Please wait until this is applied.",
            "If this is applied, the test fails.",
            "This should be applied to stable as well.",
            "I applied it but it does not build.",
            "I applied this to 6.1 and see the same.",
            "Has this been applied?",
            "When patch 2 is applied, the test fails.",
            "which is the value\napplied to the newly patched function",
            "I've pushed a stacktrace branch [1] with fixups for those",
            "I've pushed the (hacky) code I have to a branch.",
            "APPLIED_PATCHES=()",
            "The locks are merged independently in each tree",
            "Applied on top of patch 2 this builds.",
            "I applied almost all the requested adjustments",
            "The patch will be merged later.",
            "[1/2] ring: round\n      commit: to be done",
        ] {
            assert!(!says_applied(no), "{no}");
        }
    }

    #[test]
    fn a_refusal_begins_its_sentence() {
        for yes in ["NAK", "NACK.", "NACK from me.", "Nak on this one.", "Sorry.\n\nSelf-NAK"] {
            assert!(says_nack(yes), "{yes}");
        }
        for no in [
            "> NAK",
            "The device sends a NACK.",
            "NACK bits are lost.",
            "NAK?",
            "Is that a NAK from you?",
        ] {
            assert!(!says_nack(no), "{no}");
        }
    }

    #[test]
    fn hostile_prose_costs_no_more_than_its_length() {
        let start = std::time::Instant::now();
        for text in ["applied ".repeat(200_000), "a. applied\n".repeat(100_000), "é".repeat(9999)]
        {
            says_applied(&text);
            says_nack(&text);
        }
        assert!(start.elapsed().as_secs() < 10, "took {:?}", start.elapsed());
    }
}

//! What is kept of texts for the index. Whole indexes are tested in `tests/search.rs`.

use super::*;

#[test]
fn a_texts_terms_are_kept_once_without_quotes_links_and_addresses() {
    let prose = "Fix kvm_run, fix it.\n> quoted words\nSee https://example.org/x?y=kvm or\n\
                 <ann@example.org>.\n";
    let terms = distinct_terms(prose);
    assert_eq!(&*terms, "fix\nkvm_run\n+kvm\n+run\nsee");
}

#[test]
fn the_prose_of_a_mail_ends_before_trailers_and_diffstat() {
    let raw = "Subject: [PATCH] s\n\nWhy it is so.\n\nSigned-off-by: Ann <ann@x>\n---\n f | 1 +\n\n\
               diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+code\n-- \n2.4\n";
    assert_eq!(prose(&crate::mail::read_shown(raw.as_bytes())).trim(), "Why it is so.");
    let cover = "Subject: [PATCH 0/1] s\n\nHello.\n\n f | 1 +\n 1 file changed, 1 insertion(+)\n";
    assert_eq!(prose(&crate::mail::read_shown(cover.as_bytes())).trim(), "Hello.");
}

#[test]
fn only_part_of_a_long_prose_is_read() {
    let raw = format!("Subject: [PATCH 0/1] s\n\n{}", "ü ".repeat(PROSE));
    let shown = crate::mail::read_shown(raw.as_bytes());
    assert!((PROSE - 4..=PROSE).contains(&prose(&shown).len()));
}

#[test]
fn an_origin_has_no_path() {
    assert_eq!(origin("https://lore.kernel.org/kvm/"), "https://lore.kernel.org");
    assert_eq!(origin("http://x"), "http://x");
}

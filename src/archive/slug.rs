//! The words and ids of URLs, which never change once published.

use sha1::{Digest, Sha1};

/// The longest slug, in characters.
pub const MAX_SLUG: usize = 60;

/// `text` as lower-case words of `[a-z0-9]` joined by `-`: other scripts transliterated,
/// at most [`MAX_SLUG`] characters, cut at a word where one ends in the last third; "" when
/// nothing is left.
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in deunicode::deunicode(text).chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') && c != '\'' {
            out.push('-');
        }
    }
    if out.len() > MAX_SLUG {
        let cut = match out[..=MAX_SLUG].rfind('-') {
            Some(at) if at >= MAX_SLUG * 2 / 3 => at,
            _ => MAX_SLUG,
        };
        out.truncate(cut);
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// 10 characters of lower-case base 32 (RFC 4648's alphabet): the first 50 bits of the
/// SHA-1 of `text`. Pages are found by it alone.
pub fn short_id(text: &str) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let hash = Sha1::digest(text.as_bytes());
    let bits = u64::from_be_bytes(hash[..8].try_into().expect("SHA-1 has 20 bytes"));
    (0..10).map(|i| ALPHABET[(bits >> (59 - 5 * i)) as usize & 31] as char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_lower_case_words() {
        assert_eq!(slug("KVM: x86: Don't leak  vCPUs!"), "kvm-x86-dont-leak-vcpus");
        assert_eq!(slug("Clément Léger"), "clement-leger");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("***"), "");
    }

    #[test]
    fn long_slugs_end_at_a_word() {
        let long = slug("a rather long title that goes on and on until nobody reads it any more");
        assert_eq!(long, "a-rather-long-title-that-goes-on-and-on-until-nobody-reads");
        assert_eq!(slug(&"x".repeat(100)).len(), MAX_SLUG);
    }

    #[test]
    fn ids_are_stable() {
        // printf %s a@b | sha1sum → base32, first ten
        assert_eq!(short_id("a@b").len(), 10);
        assert_eq!(short_id("a@b"), short_id("a@b"));
        assert_ne!(short_id("a@b"), short_id("a@c"));
    }
}

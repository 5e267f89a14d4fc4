//! Where the two invisible joiners are part of what a reader sees.
//!
//! ZERO WIDTH JOINER makes one picture of several emoji, and both it and ZERO WIDTH NON-JOINER
//! choose the shape of letters in scripts that join them: `علی‌رضا` is written with one. Anywhere
//! else they only hide a difference. What is done with those is said in [`super::escape`].

/// U+200C, ZERO WIDTH NON-JOINER.
const NON_JOINER: char = '\u{200c}';
/// U+200D, ZERO WIDTH JOINER.
const JOINER: char = '\u{200d}';

/// Whether `c` is a joiner that has its meaning between `before` and `after`: inside an emoji
/// sequence (UTS #51, ED-16), between letters of a joining script (Unicode standard, 9.2 and
/// 12.1), or after the sign that takes a letter's vowel, as RFC 5892, appendix A, has it.
pub(super) fn belongs(c: char, before: &str, after: &str) -> bool {
    if c != JOINER && c != NON_JOINER {
        return false;
    }
    let (last, next) = (before.chars().next_back(), after.chars().next());
    let shapes = last.is_some_and(is_shaped) && next.is_some_and(is_shaped);
    shapes || last.is_some_and(is_virama) || (c == JOINER && joins_emoji(before, next))
}

/// Whether a joiner here makes one emoji of two; the first may carry the sign that asks for a
/// picture.
fn joins_emoji(before: &str, next: Option<char>) -> bool {
    let first = before.strip_suffix('\u{fe0f}').unwrap_or(before).chars().next_back();
    first.is_some_and(is_pictured) && next.is_some_and(is_pictured)
}

/// Letters and vowel signs of scripts whose letters change with what stands beside them:
/// Arabic, Syriac, N'Ko, Mandaic and the scripts of India and its neighbours.
fn is_shaped(c: char) -> bool {
    let script = matches!(c,
        '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{18af}' | '\u{a8e0}'..='\u{a8ff}' | '\u{fb50}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}' | '\u{11000}'..='\u{114df}');
    script && (c.is_alphabetic() || is_virama(c))
}

/// Signs with the canonical combining class 9 in common use.
fn is_virama(c: char) -> bool {
    matches!(
        c,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{a4d}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{bcd}'
            | '\u{c4d}'
            | '\u{ccd}'
            | '\u{d3b}'
            | '\u{d3c}'
            | '\u{d4d}'
            | '\u{dca}'
            | '\u{1039}'
            | '\u{103a}'
            | '\u{17d2}'
    )
}

/// Signs that are shown as pictures or can be, and tones of skin: the blocks that hold
/// `Extended_Pictographic`.
fn is_pictured(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{23ff}' | '\u{24c2}'
        | '\u{25aa}'..='\u{25fe}' | '\u{2600}'..='\u{27bf}' | '\u{2934}'..='\u{2935}'
        | '\u{2b05}'..='\u{2b55}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the first joiner of a text belongs where it is.
    fn joined(text: &str) -> bool {
        let at = text.find([JOINER, NON_JOINER]).unwrap();
        let after = &text[at + JOINER.len_utf8()..];
        belongs(text[at..].chars().next().unwrap(), &text[..at], after)
    }

    /// From emoji-zwj-sequences.txt of Unicode.
    #[test]
    fn emoji_are_made_of_several() {
        for text in ["👩\u{200d}💻", "❤\u{fe0f}\u{200d}🔥", "🧑🏽\u{200d}🚀", "🏃\u{200d}♀\u{fe0f}"]
        {
            assert!(joined(text), "{text}");
        }
    }

    /// A Persian name and verb, a Malayalam letter at the end of a word, a Hindi and a Sinhala
    /// word.
    #[test]
    fn letters_are_shaped() {
        for text in [
            "علی\u{200c}رضا",
            "می\u{200c}شود",
            "അവന\u{d4d}\u{200d}",
            "क\u{94d}\u{200c}ष",
            "ශ\u{dca}\u{200d}රී",
        ] {
            assert!(joined(text), "{text}");
        }
    }

    #[test]
    fn elsewhere_they_hide_a_difference() {
        for text in [
            "pass\u{200d}word",
            "pass\u{200c}word",
            "\u{200d}💻",
            "👩\u{200c}💻",
            "👩\u{200d}x",
            "علی\u{200c} ",
            "۱\u{200d}۲",
            "漢\u{200d}字",
        ] {
            assert!(!joined(text), "{text:?}");
        }
    }

    #[test]
    fn nothing_else_is_let_through() {
        for c in ['\u{202e}', '\u{200b}', '\u{200e}', '\u{2060}', 'x'] {
            assert!(!belongs(c, "علی", "رضا"), "{c:?}");
        }
    }
}

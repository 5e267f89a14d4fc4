//! Numbers and texts as bytes, for what is kept between builds: little-endian words of 64
//! bits, a text behind its length. Reading gives nothing where the bytes end too early or are
//! no text; it never fails otherwise. A checksum at the end tells whether they are what was
//! written.

use twox_hash::XxHash3_64;

/// Adds a number.
pub(crate) fn word_into(bytes: &mut Vec<u8>, word: u64) {
    bytes.extend_from_slice(&word.to_le_bytes());
}

/// Adds a text.
pub(crate) fn text_into(bytes: &mut Vec<u8>, text: &str) {
    word_into(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

/// What is left to read.
#[derive(Clone)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// Whether everything was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.0.len()
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A number.
    pub(crate) fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    /// A text.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.word()?).ok()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }
}

/// Bytes that end in a checksum, as what is kept between builds does.
pub(crate) struct Sealed<'a> {
    /// What stands before it.
    pub(crate) content: &'a [u8],
    /// The checksum, xxh3 of 64 bits.
    pub(crate) sum: u64,
}

impl<'a> Sealed<'a> {
    /// What bytes say; none where the checksum is not theirs, or they are too few for one.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Sealed<'a>> {
        Sealed::parts(bytes).filter(Sealed::is_right)
    }

    /// The same, whether or not the checksum is right; none where there are too few for one.
    pub(crate) fn parts(bytes: &'a [u8]) -> Option<Sealed<'a>> {
        let (content, sum) = bytes.split_last_chunk::<8>()?;
        Some(Sealed { content, sum: u64::from_le_bytes(*sum) })
    }

    /// Whether the checksum is that of the content.
    pub(crate) fn is_right(&self) -> bool {
        XxHash3_64::oneshot(self.content) == self.sum
    }

    /// Adds their checksum to bytes.
    pub(crate) fn close(bytes: &mut Vec<u8>) {
        let sum = XxHash3_64::oneshot(bytes);
        word_into(bytes, sum);
    }
}

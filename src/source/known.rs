//! What earlier builds have noted of inputs: then these need not be looked into again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::contents::{LateFault, OpenFile, sighted};
use super::find::{Found, Holds};
use super::history::History;
use super::inputs::Seen;
use super::kind::Compression;

/// Says how a file was seen last, if anything is known of it.
pub type Look<'k> = dyn Fn(&Path) -> Option<Sighting> + Sync + 'k;

/// What is known of inputs, by their paths.
#[derive(Default)]
pub struct Known<'k> {
    /// Of files.
    pub files: Option<&'k Look<'k>>,
    /// Of repositories what was read of their history.
    pub histories: HashMap<PathBuf, History>,
}

/// How a file with mail was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Bytes as stored.
    pub stored: u64,
    /// When it had last been written to, in nanoseconds since 1970.
    pub modified: u64,
    /// Bytes after decompression.
    pub size: u64,
    /// What it was found to be.
    pub shape: Shape,
}

/// What a file with mail, nothing of which is wrong, was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// An mbox; else one message.
    pub(super) is_mbox: bool,
    /// How it is compressed.
    pub(super) compression: Option<Compression>,
    /// Whether it was expected to be one message.
    pub(super) as_one: bool,
}

/// How files may be compressed, each in its place.
const COMPRESSIONS: [Option<Compression>; 4] =
    [None, Some(Compression::Gzip), Some(Compression::Xz), Some(Compression::Zstd)];

impl Shape {
    /// As a number, which is never 0.
    pub fn number(self) -> u64 {
        let place = COMPRESSIONS.iter().position(|c| *c == self.compression);
        1 + u64::from(self.is_mbox) + 2 * u64::from(self.as_one) + 4 * place.unwrap_or(0) as u64
    }

    /// From that number; none where it is of no shape.
    pub fn from_number(number: u64) -> Option<Shape> {
        let bits = number.checked_sub(1)?;
        let compression = *COMPRESSIONS.get(usize::try_from(bits / 4).ok()?)?;
        Some(Shape { is_mbox: bits & 1 == 1, as_one: bits & 2 == 2, compression })
    }
}

impl Known<'_> {
    /// A file as it is known, if it still looks as it did then, which `seen` says.
    pub(super) fn file(
        &self,
        found: &Found,
        seen: Option<Seen>,
        late: &LateFault,
    ) -> Option<OpenFile> {
        let as_one = found.holds == Holds::OneMail;
        let sighting = (self.files?)(&found.path).filter(|seen| seen.shape.as_one == as_one)?;
        sighted(&found.path, seen?, sighting, late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_a_number_of_its_own() {
        let shapes = COMPRESSIONS.iter().flat_map(|&compression| {
            [(false, false), (false, true), (true, false), (true, true)]
                .map(|(is_mbox, as_one)| Shape { is_mbox, compression, as_one })
        });
        let numbers: Vec<u64> = shapes.clone().map(Shape::number).collect();
        assert_eq!(numbers.iter().collect::<std::collections::BTreeSet<_>>().len(), 16);
        assert!(shapes.zip(&numbers).all(|(shape, n)| Shape::from_number(*n) == Some(shape)));
        assert_eq!((Shape::from_number(0), Shape::from_number(17)), (None, None));
    }
}

//! Cutting a long sorted sequence into files, so that a change touches few of them.
//!
//! Where a file begins depends on the items near the cut alone: at an item whose hash says
//! so, if the file before is not too small, or where the file before would get too large.
//! An item that is added or gone changes the file it is in, and rarely a neighbour.

use std::ops::Range;

/// How large the files are to be, in bytes, about.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// A file does not end before it has so many.
    pub least: usize,
    /// Beyond that, it ends on average after so many more items.
    pub items: u64,
    /// It ends before it has more than so many, unless it is a single item.
    pub most: usize,
}

/// Cuts items, given by their hashes and their sizes in bytes, into files: ranges of their
/// positions, in order and without gaps.
pub fn cut(items: &[(u64, usize)], sizes: Sizes) -> Vec<Range<usize>> {
    let mut files = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, (hash, size)) in items.iter().enumerate() {
        let wanted = bytes >= sizes.least && mixed(*hash).is_multiple_of(sizes.items.max(1));
        if at > start && (wanted || bytes + size > sizes.most) {
            files.push(start..at);
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    if start < items.len() {
        files.push(start..items.len());
    }
    files
}

/// Makes every bit of the result depend on every bit of the hash (the finaliser of
/// MurmurHash3), so that neighbouring numbers are no neighbours.
fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { least: 200, items: 10, most: 1_000 };

    fn items(numbers: impl Iterator<Item = u64>) -> Vec<(u64, usize)> {
        numbers.map(|n| (n, 20)).collect()
    }

    /// The items of each file.
    fn contents(items: &[(u64, usize)]) -> Vec<Vec<u64>> {
        cut(items, SIZES).into_iter().map(|r| items[r].iter().map(|i| i.0).collect()).collect()
    }

    #[test]
    fn files_have_all_items_and_fit() {
        let items = items(0..5_000);
        let files = cut(&items, SIZES);
        assert_eq!(files.first().map(|f| f.start), Some(0));
        assert_eq!(files.last().map(|f| f.end), Some(5_000));
        assert!(files.windows(2).all(|pair| pair[0].end == pair[1].start));
        let (last, whole) = files.split_last().unwrap();
        assert!(whole.iter().all(|f| (200..=1_000).contains(&(f.len() * 20))), "{files:?}");
        assert!(!last.is_empty());
        assert!((200..400).contains(&files.len()), "{}", files.len());
    }

    #[test]
    fn one_more_item_changes_few_files() {
        let before = contents(&items((0..5_000).filter(|n| *n != 2_500)));
        let after = contents(&items(0..5_000));
        let changed = after.iter().filter(|file| !before.contains(file)).count();
        assert!((1..=5).contains(&changed), "{changed} of {}", after.len());
    }

    #[test]
    fn an_item_that_is_too_large_has_a_file_of_its_own() {
        let items = [(1, 20), (2, 5_000), (3, 20)];
        assert_eq!(cut(&items, SIZES), [0..1, 1..2, 2..3]);
    }

    #[test]
    fn nothing_needs_no_file() {
        assert!(cut(&[], SIZES).is_empty());
    }
}

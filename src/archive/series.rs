//! Series: the lineage of postings v1, v2, … of the same work.

use crate::archive::PostingId;

/// Index of a series in [`crate::archive::Archive::series`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub u32);

/// The postings of one piece of work.
#[derive(Clone, Debug)]
pub struct Series {
    /// The id of its first posting.
    pub id: String,
    /// Its postings, oldest first; the last is current.
    pub postings: Vec<PostingId>,
}

//! Subsystems: areas of the code, by rules, MAINTAINERS or the title's prefix.

use crate::archive::PostingId;

/// Index of a subsystem in [`crate::archive::Archive::subsystems`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubsystemId(pub u32);

/// An area of the code.
#[derive(Clone, Debug)]
pub struct Subsystem {
    /// The last part of its page's URL; unique.
    pub slug: String,
    /// Its name: `KVM x86`, or the prefix path `KVM: arm64`.
    pub name: String,
    /// The one it is part of, by prefix.
    pub parent: Option<SubsystemId>,
    /// Its postings, by date. A posting of a part is one of the whole, too.
    pub postings: Vec<PostingId>,
}

//! What a subject says: reply or patch, which of how many, which revision, and the title.

use std::fmt;

/// The version number of a posting: 3 of `v3`, 5.1 of `v5.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    /// 5 of `v5.1`.
    pub major: u32,
    /// 1 of `v5.1`; 0 where there is none.
    pub minor: u32,
}

impl Revision {
    /// What a subject without a version means.
    pub const FIRST: Revision = Revision { major: 1, minor: 0 };
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            0 => write!(f, "{}", self.major),
            minor => write!(f, "{}.{minor}", self.major),
        }
    }
}

/// A subject, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// It answers another mail.
    pub reply: bool,
    /// It hands another mail on.
    pub forward: bool,
    /// It says PATCH.
    pub patch: bool,
    /// It says PULL.
    pub pull: bool,
    /// It says RFC.
    pub rfc: bool,
    /// It says RESEND or REPOST.
    pub resend: bool,
    /// The version, if one is said.
    pub version: Option<Revision>,
    /// 3 of `3/14`; 0 is the cover letter.
    pub index: Option<u32>,
    /// 14 of `3/14`.
    pub total: Option<u32>,
    /// Other words in leading brackets, in order (`net-next`, `kvm-unit-tests`).
    pub tags: Vec<String>,
    /// What is left: the title, blanks folded.
    pub title: String,
}

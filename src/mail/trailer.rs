//! Trailers: `Reviewed-by: Name <addr>` and its kin.

use super::Address;

/// One trailer line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// The key as written: `Reviewed-by`, `Fixes`.
    pub name: String,
    /// The value, unwrapped, as written.
    pub value: String,
    /// Who it names, for `…-by` and `Cc` trailers.
    pub person: Option<Address>,
}

//! Addresses of the From, To, Cc and Reply-To headers and of trailers.

/// A person's name and address as one mail gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Display name, decoded and unquoted; empty where there is none.
    pub name: String,
    /// `local@domain` as written; empty where there is none.
    pub email: String,
}

impl Address {
    /// The domain in lower case, or "" where there is none.
    pub fn domain(&self) -> String {
        self.email.rsplit_once('@').map_or(String::new(), |(_, d)| d.to_ascii_lowercase())
    }
}

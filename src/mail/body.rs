//! The text of a mail out of its MIME parts.

/// What a mail says, as text, and what else it carried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The text: decoded to UTF-8, line ends `\n`, format=flowed undone, HTML as text.
    /// A part that holds the diff is appended after the first text part.
    pub text: String,
    /// Parts that are not in `text`: named, never published.
    pub attachments: Vec<Attachment>,
}

/// A part of a mail that is only named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// File name as given, decoded; empty where there is none.
    pub name: String,
    /// MIME type, lower case.
    pub mime: String,
    /// Size in bytes, decoded.
    pub size: u64,
}

//! Why things are where they are: the rule that put a mail into its place, and the evidence
//! that linked a posting into its series. Noted down while it is decided, so that
//! [`super::explain`] tells what happened; a few bytes a mail.

use crate::archive::{MailId, PostingId};

/// The rule that put a mail where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A patch without a number, or a pull request: a posting of its own.
    Single,
    /// A numbered mail that no posting before it had a place for: it starts one.
    First,
    /// A numbered patch that answers an alike mail, through whatever others.
    Chain,
    /// The same from another sender, sent together: a tool sent each patch in its author's
    /// name.
    ChainOfAuthors,
    /// It answers the same missing mail as an alike one.
    MissingParent,
    /// Nothing ties it but that it was sent within half an hour of alike mails.
    SentTogether,
    /// A cover letter without `0/n`: patches answer it, and it has a diffstat or asks to pull.
    UnnumberedCover,
    /// A cover letter whose total is not that of the patches that answer it.
    MiscountedCover,
    /// A patch without a number that answers a cover letter that counts as many.
    UnnumberedPatch,
    /// It answers a mail of the posting, at whatever depth.
    Answer,
    /// It answers a mail that never arrived and that patches of the posting answer, too.
    AnswerToMissing,
    /// It has no patch, and answers none.
    Discussion,
}

impl Rule {
    /// As one word for other programs: `sent-together`.
    pub fn word(self) -> &'static str {
        match self {
            Rule::Single => "single",
            Rule::First => "first",
            Rule::Chain => "chain",
            Rule::ChainOfAuthors => "chain-of-authors",
            Rule::MissingParent => "missing-parent",
            Rule::SentTogether => "sent-together",
            Rule::UnnumberedCover => "unnumbered-cover",
            Rule::MiscountedCover => "miscounted-cover",
            Rule::UnnumberedPatch => "unnumbered-patch",
            Rule::Answer => "answer",
            Rule::AnswerToMissing => "answer-to-missing",
            Rule::Discussion => "discussion",
        }
    }

    /// As a sentence, `{}` in place of the mail that decided.
    pub fn words(self) -> &'static str {
        match self {
            Rule::Single => "a patch without a number, or a pull request, is a posting of its own",
            Rule::First => "no posting before it had a place for this number: it starts one",
            Rule::Chain => {
                "it answers {}, which has the same sender, version and total, and its number \
                 was free there"
            }
            Rule::ChainOfAuthors => {
                "it answers {}, which has the same version and total, and was sent together \
                 with it, each patch in its author's name"
            }
            Rule::MissingParent => {
                "it answers the same missing mail as {}, which has the same sender, version \
                 and total"
            }
            Rule::SentTogether => {
                "it was sent within half an hour of {}, which has the same sender, version \
                 and total, and its number was free there"
            }
            Rule::UnnumberedCover => {
                "{} and its like answer it; it is of the same sender, has no diff but a \
                 diffstat, or asks to pull: a cover letter in all but its number"
            }
            Rule::MiscountedCover => {
                "{} and its like answer it and were sent together with it; it has no other \
                 patches, so only its total is wrong"
            }
            Rule::UnnumberedPatch => {
                "it answers the cover letter {} and was sent together with it; patches \
                 without numbers are as many as that says"
            }
            Rule::Answer => "it answers {}",
            Rule::AnswerToMissing => {
                "it answers a mail that never arrived, and so do patches of the posting"
            }
            Rule::Discussion => "it has no patch of its own, and answers none",
        }
    }
}

/// A mail's rule, and the mail that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The rule.
    pub rule: Rule,
    /// The mail that it was put beside or below, where the rule goes by one.
    pub by: Option<MailId>,
}

impl Placed {
    pub(crate) fn new(rule: Rule, by: Option<MailId>) -> Placed {
        Placed { rule, by }
    }
}

/// What says that one posting continues another, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The same `change-id:`.
    ChangeId,
    /// A `Supersedes:` line.
    Supersedes,
    /// Sent in reply, with the same title or a higher version.
    Answer,
    /// A link in the changelog.
    Changelog,
    /// The same author and title.
    Title,
    /// The same author and at least half of the patch titles.
    Patches,
}

impl Evidence {
    /// As one word for other programs: `change-id`.
    pub fn word(self) -> &'static str {
        match self {
            Evidence::ChangeId => "change-id",
            Evidence::Supersedes => "supersedes",
            Evidence::Answer => "in-reply-to",
            Evidence::Changelog => "changelog",
            Evidence::Title => "title",
            Evidence::Patches => "patch-titles",
        }
    }

    /// As the end of "v2 continues v1: …".
    pub fn words(self) -> &'static str {
        match self {
            Evidence::ChangeId => "the same change-id",
            Evidence::Supersedes => "it says Supersedes",
            Evidence::Answer => "sent in reply to it",
            Evidence::Changelog => "its changelog links to it",
            Evidence::Title => "the same author and title",
            Evidence::Patches => "the same author, and at least half of the patch titles",
        }
    }
}

/// The earlier posting that one continues, and what says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predecessor {
    /// The earlier posting.
    pub posting: PostingId,
    /// What says so.
    pub evidence: Evidence,
}

/// Why an earlier posting that was looked at is not continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Objection {
    /// The title is the same, the author another, and likeness does not join two authors.
    OtherAuthor,
    /// Both have a change-id, and not the same.
    OtherChangeId,
    /// It is for another release (`5.10`, `AUTOSEL`): a backport, not a revision.
    OtherRelease,
    /// The version does not rise above the newest of that series, and it is no resend.
    VersionDoesNotRise,
    /// Some patch titles are the same, but less than half.
    FewTitles,
}

impl Objection {
    /// As one word for other programs: `other-author`.
    pub fn word(self) -> &'static str {
        match self {
            Objection::OtherAuthor => "other-author",
            Objection::OtherChangeId => "other-change-id",
            Objection::OtherRelease => "other-release",
            Objection::VersionDoesNotRise => "version-does-not-rise",
            Objection::FewTitles => "few-titles",
        }
    }

    /// As the end of "not linked to v1: …".
    pub fn words(self) -> &'static str {
        match self {
            Objection::OtherAuthor => "the title is the same, but the author another",
            Objection::OtherChangeId => "it has another change-id",
            Objection::OtherRelease => "it is for another release",
            Objection::VersionDoesNotRise => {
                "the version does not rise above the newest of that series, and nothing says \
                 that this is a resend"
            }
            Objection::FewTitles => "less than half of the patch titles are the same",
        }
    }
}

/// An earlier posting that was looked at and is not continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// The earlier posting.
    pub posting: PostingId,
    /// Why not.
    pub why: Objection,
}

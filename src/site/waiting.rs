//! Who still has to speak, as lists on the front pages, those of subsystems, and digests.

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::waiting::{PATIENCE_DAYS, Waiting};
use crate::archive::{PostingId, Scope};
use crate::site::Site;
use crate::site::row::{patches_words, words};
use crate::site::view::{Link, Since, Title};

/// Series of each list that are shown, of those counted.
const SHOWN: usize = 6;

/// The lists of what waits, those without an entry left out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Speak {
    /// The lists.
    pub lists: Vec<SpeakList>,
    /// What their numbers are, and which postings are looked at.
    pub words: String,
}

/// One list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SpeakList {
    /// What its entries have in common.
    pub name: String,
    /// How many there are, and in which order.
    pub words: String,
    /// The first of them.
    pub items: Vec<SpeakItem>,
}

/// A posting that waits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SpeakItem {
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: Title,
    /// The day on which it was posted.
    pub since: Since,
    /// Its version and size: `v2, 3 patches`.
    pub note: String,
    /// Who wrote it.
    pub author: Link,
    /// Who is waited for, where that is known.
    pub people: Vec<Link>,
}

impl Site<'_> {
    /// What waits at the newest mail, of the postings that are wanted, for a page of `scope`.
    pub fn speak(&self, scope: Scope, wanted: impl Fn(PostingId) -> bool) -> Speak {
        let Waiting { unanswered, to_speak, unapplied } = &self.waiting;
        let of = |ids: &[PostingId]| ids.iter().copied().filter(|id| wanted(*id)).collect();
        let here = Waiting {
            unanswered: of(unanswered),
            to_speak: to_speak.iter().filter(|(id, _)| wanted(*id)).cloned().collect(),
            unapplied: of(unapplied),
        };
        self.speak_of(scope, &here)
    }

    /// What waits as lists.
    pub fn speak_of(&self, scope: Scope, waiting: &Waiting) -> Speak {
        let plain = |ids: &[PostingId]| -> Vec<SpeakItem> {
            ids.iter().take(SHOWN).map(|id| self.speak_item(scope, *id)).collect()
        };
        let to_speak = waiting.to_speak.iter().take(SHOWN).map(|(id, people)| SpeakItem {
            people: people.iter().map(|person| self.person_link(*person)).collect(),
            ..self.speak_item(scope, *id)
        });
        let days = match self.config.unanswered_days {
            1 => "a day".to_string(),
            days => format!("{days} days"),
        };
        let lists = [
            (format!("No answer in {days}"), waiting.unanswered.len(), plain(&waiting.unanswered)),
            (
                "New version, its reviewers silent".to_string(),
                waiting.to_speak.len(),
                to_speak.collect(),
            ),
            (
                "Reviewed, not applied".to_string(),
                waiting.unapplied.len(),
                plain(&waiting.unapplied),
            ),
        ];
        let list = |(name, count, items): (String, usize, Vec<SpeakItem>)| {
            let words = match count {
                all if all == items.len() => format!("{all}, oldest first"),
                all => format!("oldest {} of {all}", items.len()),
            };
            SpeakList { name, words, items }
        };
        let lists = lists.into_iter().filter(|(_, count, _)| *count > 0).map(list);
        Speak {
            lists: lists.collect(),
            words: format!("since they were posted, at most {PATIENCE_DAYS} days"),
        }
    }

    fn speak_item(&self, scope: Scope, id: PostingId) -> SpeakItem {
        let posting = self.archive.posting(id);
        let on = self.on_words(scope, self.archive.lists_of(id));
        let said: String = words(posting).iter().map(|word| format!("{word} ")).collect();
        SpeakItem {
            href: self.urls.posting(id),
            title: self.title(&posting.title),
            since: Since::of(posting.date),
            note: format!("{said}v{}, {}{on}", posting.version, patches_words(posting)),
            author: self.person_link(posting.author),
            people: Vec::new(),
        }
    }
}

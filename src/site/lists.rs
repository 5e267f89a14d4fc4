//! Which lists a posting or a mail went to, on a site of several. Where there is only one, it
//! goes without saying, and everything here is empty. What the lists are is left to the
//! configuration, what happened on them to [`super::front`].

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::{ListId, MailId, PostingId, Scope};
use crate::site::Site;
use crate::site::view::Link;

/// Lists that a row names, of those a mail went to.
const NAMED: usize = 3;

/// The lists that something went to, by their ids, each linked to its page.
#[derive(Clone, Debug, Default, JsonSchema, Serialize)]
pub struct OnLists {
    /// The first of them.
    pub links: Vec<Link>,
    /// How many more there are.
    pub more: usize,
}

/// A list that something went to, and the digest that it is in there.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct OnList {
    /// The list.
    pub list: Link,
    /// Its digest, if it is in one.
    pub digest: Option<Link>,
}

impl Site<'_> {
    /// Whether there is more than one list, so that they have to be named.
    pub fn has_several_lists(&self) -> bool {
        self.config.lists.len() > 1
    }

    /// What a row says of the lists that something went to.
    pub fn on_lists(&self, lists: impl IntoIterator<Item = ListId>) -> OnLists {
        if !self.has_several_lists() {
            return OnLists::default();
        }
        let mut lists = lists.into_iter();
        let link = |id| Link::new(self.urls.list(id), self.urls.scope_id(Scope::List(id)));
        let links = lists.by_ref().take(NAMED).map(link).collect();
        OnLists { links, more: lists.count() }
    }

    /// What a row says of the lists that a posting went to.
    pub fn on_lists_of(&self, id: PostingId) -> OnLists {
        match self.has_several_lists() {
            true => self.on_lists(self.archive.lists_of(id)),
            false => OnLists::default(),
        }
    }

    /// The same in words, to be put behind others: `, on bpf, netdev and 2 more`; "" on a page
    /// of one list, where it goes without saying.
    pub fn on_words(&self, scope: Scope, lists: impl IntoIterator<Item = ListId>) -> String {
        let on = match scope {
            Scope::Site => self.on_lists(lists),
            Scope::List(_) => OnLists::default(),
        };
        let names: Vec<&str> = on.links.iter().map(|link| link.text.as_str()).collect();
        match (names.is_empty(), on.more) {
            (true, _) => String::new(),
            (false, 0) => format!(", on {}", names.join(", ")),
            (false, more) => format!(", on {} and {more} more", names.join(", ")),
        }
    }

    /// All lists that `mails`, in the order of their dates, went to, each with the digest that
    /// the first of them is in there.
    pub fn places(&self, mails: impl Iterator<Item = MailId> + Clone) -> Vec<OnList> {
        if !self.has_several_lists() {
            return Vec::new();
        }
        let on = |mail: MailId| self.archive.mail(mail).lists();
        let lists: BTreeSet<ListId> = mails.clone().flat_map(|m| on(m).iter().copied()).collect();
        let place = |list: ListId| {
            let scope = Scope::List(list);
            let first = mails.clone().find(|mail| on(*mail).contains(&list));
            OnList {
                list: Link::new(self.urls.list(list), self.scope_title(scope)),
                digest: first.and_then(|mail| self.digest_link(scope, mail)),
            }
        };
        lists.into_iter().map(place).collect()
    }

    /// All lists that a posting went to, each with its digest there.
    pub fn posting_places(&self, id: PostingId) -> Vec<OnList> {
        let mut members: Vec<MailId> = self.archive.posting(id).members().collect();
        members.sort_unstable();
        self.places(members.iter().copied())
    }

    /// The digests that are named apart from the lists: those of all lists together, and of a
    /// site's only list.
    pub fn digests_beside(&self, mail: MailId) -> Vec<Link> {
        match self.has_several_lists() {
            true => self.digest_link(Scope::Site, mail).into_iter().collect(),
            false => self.digest_links(mail),
        }
    }
}

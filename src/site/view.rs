//! What templates see, as far as many pages see the same: links, titles, dates, numbers.
//!
//! These types are the contract with themes: their fields are the names that templates use.
//! Everything is reckoned here or in the page builders, so that a template only places it.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::export::rfc3339;
use crate::archive::{ListId, MailId, PersonId, PostingId, Scope, SubsystemId};
use crate::config::Addresses;
use crate::site::Site;

/// What every page says about itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Head {
    /// The title in the browser's tab.
    pub title: String,
    /// One sentence on what is there.
    pub description: String,
    /// The whole URL that the page is to be known by: its own, of a part that of the whole.
    pub url: String,
    /// What it is to programs that show links (the Open Graph protocol's `og:type`):
    /// `article`, `profile` or `website`.
    pub kind: &'static str,
    /// Whose it is, of a posting or discussion.
    pub author: Option<String>,
    /// When what it shows was sent, RFC 3339 in UTC, of an article.
    pub published: Option<String>,
    /// Whether search engines may list it.
    pub indexed: bool,
    /// The word of the navigation that it stands under.
    pub current: String,
    /// The middle of the running head: what this is.
    pub running: String,
    /// The right of the running head: the date of what is shown.
    pub date: String,
    /// Its feed.
    pub feed: Option<FeedLink>,
    /// Other forms of the page and places that belong to it, for the foot.
    pub links: Vec<Link>,
}

/// A feed: the link to it as Atom, and to the same as JSON Feed where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FeedLink {
    /// The Atom feed.
    pub href: String,
    /// The JSON Feed.
    pub json: Option<String>,
    /// What it is of.
    pub text: String,
}

impl Head {
    /// Makes it the page of something that was written, at a moment, by somebody.
    pub fn article(&mut self, at: i64, author: Option<String>) {
        self.kind = "article";
        self.published = Some(rfc3339(at));
        self.author = author;
    }
}

/// A link and its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    /// Where to.
    pub href: String,
    /// What it says.
    pub text: String,
}

impl Link {
    /// A link with these words.
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Link { href: href.into(), text: text.into() }
    }
}

/// A title, its prefix apart so that it can be dimmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Title {
    /// `KVM: x86:`, or "".
    pub prefix: String,
    /// What follows.
    pub rest: String,
}

impl Title {
    /// Divides a title after the last colon of its leading `area: area:` words. A part of
    /// the prefix has at most three words, no quotation mark and no bracket, so that a
    /// sentence with a colon in it, `Revert "area: …"` or `new (was: old)` stays whole.
    pub fn new(title: &str) -> Self {
        let mut end = 0;
        while let Some(colon) = title[end..].find(": ") {
            let part = &title[end..end + colon];
            if part.contains(['"', '(']) || part.split_whitespace().count() > 3 {
                break;
            }
            end += colon + 2;
        }
        let (prefix, rest) = title.split_at(end);
        match rest.trim().is_empty() {
            true => Title { prefix: String::new(), rest: shown_title(title) },
            false => Title { prefix: prefix.trim().to_string(), rest: rest.to_string() },
        }
    }
}

/// A title as text: words in place of an empty one.
pub fn shown_title(title: &str) -> String {
    match title.trim() {
        "" => "(no subject)".to_string(),
        title => title.to_string(),
    }
}

/// An entry of a list: a linked title and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Item {
    /// Where to.
    pub href: String,
    /// What it is called.
    pub title: Title,
    /// A quieter line below.
    pub note: String,
    /// How many of what the list counts.
    pub count: Option<u32>,
}

/// A range's title in words, where it is a month or a day: `2024-02` is February 2024.
pub fn range_words(title: &str) -> String {
    let parts: Vec<&str> = title.split('-').collect();
    let month = |text: &str| number(text, 2).and_then(|m| MONTHS.get(m.checked_sub(1)?));
    let words = match parts[..] {
        [year, m] => number(year, 4).zip(month(m)).map(|(y, m)| format!("{m} {y}")),
        [year, m, day] => number(year, 4)
            .zip(month(m))
            .zip(number(day, 2))
            .map(|((y, m), day)| format!("{day} {m} {y}")),
        _ => None,
    };
    words.unwrap_or_else(|| title.to_string())
}

/// A number of so many digits.
fn number(text: &str, digits: usize) -> Option<usize> {
    let all = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| all)
}

/// A key figure: the number over its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Figure {
    /// What is counted.
    pub label: String,
    /// How many, in words or with separators.
    pub value: String,
}

impl Figure {
    /// A number and its label in the singular or plural: `1 patch`, `2 patches`.
    pub fn counted(n: u32, one: &str, many: &str) -> Self {
        let label = if n == 1 { one } else { many };
        Figure { label: label.to_string(), value: grouped(u64::from(n)) }
    }

    /// As [`Figure::counted`], where there is something to count: a nought says nothing.
    pub fn some(n: u32, one: &str, many: &str) -> Option<Self> {
        (n > 0).then(|| Figure::counted(n, one, many))
    }

    /// A word over its label.
    pub fn word(label: impl Into<String>, value: impl Into<String>) -> Self {
        Figure { label: label.into(), value: value.into() }
    }
}

/// `n` with a comma between every three digits.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    if n < 1_000 {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 patch`, `1,360 patches`.
pub fn counted(n: u32, one: &str, many: &str) -> String {
    [&*grouped(u64::from(n)), " ", if n == 1 { one } else { many }].concat()
}

/// The whole number of `size` bytes in a fitting unit: `12 kB`.
pub fn size_words(size: u64) -> String {
    match size {
        0..1_000 => counted(size as u32, "byte", "bytes"),
        1_000..1_000_000 => format!("{} kB", size.div_ceil(1_000)),
        _ => format!("{} MB", size.div_ceil(1_000_000)),
    }
}

/// Names of the months, January first.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment (seconds since 1970) as a date and time in UTC; the nearest that can be
/// written where a mail's date is out of the calendar's range.
pub fn utc(at: i64) -> DateTime {
    let clamped = at.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let timestamp = Timestamp::from_second(clamped).unwrap_or_default();
    Offset::UTC.to_datetime(timestamp)
}

/// `2025-06-10`
pub fn day(at: i64) -> String {
    let mut out = String::with_capacity(16);
    day_into(&mut out, utc(at));
    out
}

/// `2025-06-10 17:54`
pub fn minute(at: i64) -> String {
    let t = utc(at);
    let mut out = String::with_capacity(16);
    day_into(&mut out, t);
    out.push(' ');
    two_digits_into(&mut out, t.hour());
    out.push(':');
    two_digits_into(&mut out, t.minute());
    out
}

fn day_into(out: &mut String, t: DateTime) {
    // Writing to a String doesn't fail.
    let _ = write!(out, "{:04}", t.year());
    for number in [t.month(), t.day()] {
        out.push('-');
        two_digits_into(out, number);
    }
}

/// A number from 0 to 99.
fn two_digits_into(out: &mut String, number: i8) {
    out.extend([number / 10, number % 10].map(|digit| char::from(b'0' + digit as u8)));
}

/// `10 June 2025`
pub fn day_words(at: i64) -> String {
    day_named(at, |month| month)
}

/// `10 Jun 2025`
pub fn day_short(at: i64) -> String {
    day_named(at, |month| &month[..3])
}

/// The day since when something waits.
///
/// It says neither for how long, which would change with every day of mail, nor in which year:
/// what waited longer than a season is not listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Since {
    /// As it is read: `10 Jun`.
    pub text: String,
    /// For programs: `2025-06-10`.
    pub date: String,
}

impl Since {
    /// The day of a moment, in UTC.
    pub fn of(at: i64) -> Since {
        let t = utc(at);
        let month = &MONTHS[t.month() as usize - 1][..3];
        Since { text: format!("{} {month}", t.day()), date: day(at) }
    }
}

/// A day with its month as `shorten` makes it of its name.
fn day_named(at: i64, shorten: impl Fn(&'static str) -> &'static str) -> String {
    let t = utc(at);
    let month = shorten(MONTHS[t.month() as usize - 1]);
    let mut out = String::with_capacity("30 September 2025".len());
    let _ = write!(out, "{} {month} {}", t.day(), t.year());
    out
}

/// A month, in an order that is that of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// 1 for January.
    pub month: i8,
}

impl Month {
    /// The month of a moment, in UTC.
    pub fn of(at: i64) -> Self {
        let t = utc(at);
        Month { year: t.year(), month: t.month() }
    }

    /// So many months before.
    pub fn before(self, months: i32) -> Self {
        let n = i32::from(self.year) * 12 + i32::from(self.month) - 1 - months;
        Month { year: n.div_euclid(12) as i16, month: n.rem_euclid(12) as i8 + 1 }
    }

    /// `2025-06`
    pub fn slug(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }

    /// `June`
    pub fn name(self) -> &'static str {
        MONTHS[self.month as usize - 1]
    }

    /// `June 2025`
    pub fn words(self) -> String {
        format!("{} {}", self.name(), self.year)
    }
}

impl Site<'_> {
    /// A title from mail, its prefix apart.
    pub fn title(&self, title: &str) -> Title {
        Title::new(&self.shown(title))
    }

    /// A person's name, linked to their page.
    pub fn person_link(&self, id: PersonId) -> Link {
        Link::new(self.urls.person(id), self.shown(&self.archive.person(id).name))
    }

    /// A person's address as the site shows it; "" where it hides addresses.
    pub fn address(&self, id: PersonId) -> String {
        match self.config.addresses {
            Addresses::Hidden => String::new(),
            _ => self.shown(&self.archive.person(id).email),
        }
    }

    /// A mail's title, linked to the mail.
    pub fn mail_link(&self, id: MailId) -> Link {
        let title = &self.archive.mail(id).title();
        Link::new(self.urls.mail(id), shown_title(&self.shown(title)))
    }

    /// The digests that a mail is in, one of each of its lists.
    pub fn digest_links(&self, id: MailId) -> Vec<Link> {
        let lists = self.archive.mail(id).lists().iter().map(|list| Scope::List(*list));
        lists.chain([Scope::Site]).filter_map(|scope| self.digest_link(scope, id)).collect()
    }

    /// The digest of a list, or of all together, that a mail is in.
    pub fn digest_link(&self, scope: Scope, id: MailId) -> Option<Link> {
        let range = self.archive.range_of(scope, id)?;
        Some(Link::new(self.urls.digest_of(range), range_words(&range.title)))
    }

    /// What a list is called, or all of them: the site's title.
    pub fn scope_title(&self, scope: Scope) -> &str {
        match scope.list() {
            Some(list) => &self.config.lists[usize::from(list.0)].title,
            None => &self.config.title,
        }
    }

    /// A subsystem's name, linked to its page.
    pub fn subsystem_link(&self, id: SubsystemId) -> Link {
        Link::new(self.urls.subsystem(id), &self.archive.subsystem(id).name)
    }

    /// A posting's subsystems, linked to their pages; one whose part is among them goes
    /// without saying.
    pub fn subsystem_links(&self, id: PostingId) -> Vec<Link> {
        let all = &self.archive.posting(id).subsystems;
        let parent = |s: &SubsystemId| self.archive.subsystem(*s).parent;
        let wholes: Vec<SubsystemId> = all.iter().filter_map(parent).collect();
        let finest = all.iter().filter(|s| !wholes.contains(s));
        finest.map(|s| self.subsystem_link(*s)).collect()
    }

    /// The archive where a mail lives upstream: the host's name, linked to the mail.
    pub fn upstream_link(&self, id: MailId) -> Option<Link> {
        let href = self.urls.upstream(id)?;
        let host = host_words(&href);
        Some(Link { href, text: host })
    }

    /// The same for a Message-ID that is not in the archive, of a mail that went to `lists`.
    pub fn upstream_link_of(&self, lists: &[ListId], message_id: &str) -> Option<Link> {
        let href = self.urls.upstream_of_id(lists, message_id)?;
        let host = host_words(&href);
        Some(Link { href, text: host })
    }

    /// The day of the newest mail; "" where there is none. A page that says it changes with
    /// every day of mail: only those say it that do so anyway.
    pub fn newest_day(&self) -> String {
        if self.has_mail() { day(self.archive.newest()) } else { String::new() }
    }

    /// What a page says about itself, with the site's feed; `title` is that of the page. It has
    /// no date yet.
    pub fn head(&self, path: &super::url::SitePath, title: &str, section: &str) -> Head {
        Head {
            title: format!("{title}: {}", self.config.title),
            description: title.to_string(),
            url: self.urls.base.absolute(path),
            kind: "website",
            author: None,
            published: None,
            indexed: true,
            current: section.to_string(),
            running: String::new(),
            date: String::new(),
            feed: self.site_feed(),
            links: Vec::new(),
        }
    }

    /// The feed of a list; of all together, that of the digests.
    pub fn scope_feed(&self, scope: Scope) -> Option<FeedLink> {
        match scope.list() {
            Some(list) => self.list_feed(list),
            None => self.feed(&self.urls.digests_path(scope), self.scope_title(scope)),
        }
    }

    /// The feed of a list.
    pub fn list_feed(&self, list: ListId) -> Option<FeedLink> {
        let title = &self.config.lists[usize::from(list.0)].title;
        self.feed(&self.urls.list_path(list), title)
    }

    /// The feed of the whole site.
    pub fn site_feed(&self) -> Option<FeedLink> {
        self.feed(&super::url::SitePath::page(&[]), &self.config.title)
    }

    /// The feed beside a page, in the forms that there are.
    pub fn feed(&self, page: &super::url::SitePath, text: &str) -> Option<FeedLink> {
        let href = |name| self.urls.base.href(&page.join(name));
        self.config.kinds.feeds.then(|| FeedLink {
            href: href("feed.xml"),
            json: self.config.kinds.json.then(|| href("feed.json")),
            text: text.to_string(),
        })
    }
}

/// The host of a URL as it is spoken of: `lore` for lore.kernel.org, else the host's name.
fn host_words(url: &str) -> String {
    let host = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or(url);
    match host {
        "lore.kernel.org" => "lore".to_string(),
        host => host.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(title: &str) -> (String, String) {
        let title = Title::new(title);
        (title.prefix, title.rest)
    }

    #[test]
    fn prefixes_stand_apart() {
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(divided("KVM: x86: fix it"), pair("KVM: x86:", "fix it"));
        assert_eq!(divided("fix it"), pair("", "fix it"));
        assert_eq!(divided("Revert \"KVM: x86: fix it\""), pair("", "Revert \"KVM: x86: fix it\""));
        assert_eq!(
            divided("a long sentence and then: this"),
            pair("", "a long sentence and then: this")
        );
        assert_eq!(divided("std::string: drop"), pair("std::string:", "drop"));
        assert_eq!(divided("KVM: "), pair("", "KVM:"));
        assert_eq!(divided(""), pair("", "(no subject)"));
    }

    #[test]
    fn ranges_of_the_calendar_are_said_in_words() {
        assert_eq!(range_words("2024-02"), "February 2024");
        assert_eq!(range_words("2024-02-09"), "9 February 2024");
        assert_eq!(range_words("2024, week 8"), "2024, week 8");
        assert_eq!(range_words("2024-13"), "2024-13");
        assert_eq!(range_words("0001-fdd28fb9"), "0001-fdd28fb9");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn moments_are_shown_in_utc() {
        // date -u -d @1749577464
        assert_eq!(minute(1_749_577_464), "2025-06-10 17:44");
        assert_eq!(day_words(0), "1 January 1970");
        assert_eq!(day_short(0), "1 Jan 1970");
        let since = Since::of(1_749_577_464);
        assert_eq!((&*since.text, &*since.date), ("10 Jun", "2025-06-10"));
    }

    #[test]
    fn moments_beyond_the_calendar_are_its_ends() {
        assert_eq!(utc(i64::MAX).year(), 9999);
        assert_eq!(utc(i64::MIN).year(), -9999);
    }

    #[test]
    fn months_count_backwards_over_years() {
        let month = Month { year: 2025, month: 2 };
        assert_eq!(month.before(0), month);
        assert_eq!(month.before(2), Month { year: 2024, month: 12 });
        assert_eq!(month.before(26), Month { year: 2022, month: 12 });
    }
}

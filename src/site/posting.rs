//! The page of a posting: what it is, who reviewed what, its mails, the discussion.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::compare::scope;
use crate::archive::export::rfc3339;
use crate::archive::{Home, LeftOut, MailId, Posting, PostingId, Slot, State};
use crate::config::{Addresses, Diffs};
use crate::diagnostic::Diagnostic;
use crate::mail::Shown;
use crate::site::conversation::{Message, conversation};
use crate::site::escape::Html;
use crate::site::letter::{Cover, Letter, TrailerView};
use crate::site::lineage::{self, Changes, Need, StandingView, Version};
use crate::site::lists::OnList;
use crate::site::part::{self, Movable};
use crate::site::review::{Matrix, marks_given_in};
use crate::site::row::{self, file_count, patches_words};
use crate::site::spoken::Spoken;
use crate::site::timeline::Timeline;
use crate::site::view::{
    Figure, Head, Link, Title, counted, day, day_short, day_words, minute, shown_title,
};
use crate::site::{Page, Site, compare, feed, mbox, published};

/// Mails that are named as what decides where a posting stands.
const EVIDENCE: usize = 6;

/// The mails of a posting as HTML, for its own page and for the digest it is in.
#[derive(Clone, Debug, Default)]
pub struct Letters {
    /// The cover letter.
    pub cover: Option<Cover>,
    /// The patches, in the order of the posting's slots.
    pub patches: Vec<Letter>,
}

/// A posting.
#[derive(Serialize, JsonSchema)]
pub(super) struct View {
    /// What the page says about itself.
    page: Head,
    /// Its title.
    title: Title,
    /// The brackets before it: `[PATCH net-next v3 0/5]`.
    prefix: String,
    /// Who wrote it.
    author: Link,
    /// Who sent it, where that is somebody else.
    sender: Option<Link>,
    /// When, in words.
    sent: String,
    /// When, RFC 3339 in UTC.
    datetime: String,
    /// How many patches and files, in words.
    size: String,
    /// Whether it changes any lines.
    has_lines: bool,
    /// Lines added by all patches.
    added: u32,
    /// Lines removed.
    removed: u32,
    /// Its subsystems.
    subsystems: Vec<Link>,
    /// The lists that it went to, each with its digest; empty where the site has one list.
    on: Vec<OnList>,
    /// The digests that it is in.
    digests: Vec<Link>,
    /// The newer version.
    superseded: Option<Link>,
    /// The mail that it was sent in reply to.
    answers: Option<Link>,
    /// Key figures.
    figures: Vec<Figure>,
    /// All versions of the series, oldest first.
    versions: Vec<Version>,
    /// The versions on a line of time, as a drawing; none where there is one.
    timeline: Option<Timeline>,
    /// What the changelogs say.
    changes: Changes,
    /// What it is to be applied on top of.
    needs: Vec<Need>,
    /// Patches of earlier versions that stand.
    standing: Vec<StandingView>,
    /// How many those are.
    standing_words: String,
    /// `9 of 13`
    reviewed_words: String,
    /// The patches, and who reviewed which.
    matrix: Matrix,
    /// Each trailer, and what became of it.
    spoken: Spoken,
    /// The mails that decided where it stands.
    decided: Option<Decided>,
    /// Who answered the last version and not yet this one.
    to_speak: Vec<Link>,
    /// The version of which it takes the place of some patches.
    rerolls: Option<Link>,
    /// Whether the posting itself carried trailers.
    has_own: bool,
    /// Trailers that were given for all patches.
    trailers: Vec<TrailerView>,
    /// What the cover letter is called in the table of contents.
    cover_name: &'static str,
    /// The cover letter.
    cover: Option<CoverView>,
    /// How to get the mails.
    take: Take,
    /// The patches, by number.
    patches: Vec<PatchView>,
    /// How diffs are shown.
    patches_words: &'static str,
    /// Whether that is folded: in print nothing is.
    folds: bool,
    /// The answers, by what they answer.
    discussion: Vec<Group>,
    /// How many there are.
    discussion_words: String,
}

/// The mails that decide where a posting stands.
#[derive(Serialize, JsonSchema)]
struct Decided {
    /// What they say: `Applied`, `Reviewed in`, `Last answer`.
    what: &'static str,
    /// The first of them.
    mails: Vec<Decisive>,
    /// How many more there are.
    more: usize,
}

/// A mail that decided. Sender and day stand apart, since a name may run from right to left.
#[derive(Serialize, JsonSchema)]
struct Decisive {
    /// Where it is.
    href: String,
    /// Its sender.
    who: String,
    /// The day, as `3 Mar 2026`.
    day: String,
}

/// How to get the posting's mails.
#[derive(Serialize, JsonSchema)]
struct Take {
    /// The command that fetches it with b4, where it lives at lore.
    b4: Option<String>,
    /// The Message-ID, unless addresses are hidden.
    message_id: Option<String>,
    /// The command that applies it with git, unless addresses are hidden.
    am: Option<String>,
    /// The mbox to apply, with the trailers that were collected.
    mbox: Option<Link>,
    /// The mbox as it was sent.
    sent: Option<Link>,
    /// Where it lives upstream.
    upstream: Option<Link>,
}

/// A cover letter.
#[derive(Serialize, JsonSchema)]
struct CoverView {
    /// The name of its anchor.
    anchor: String,
    /// What it says.
    body: Html,
    /// Its attachments in words.
    attachments: Vec<String>,
    /// The page its text stands on, where that is another one.
    elsewhere: Option<Link>,
}

/// A patch.
#[derive(Serialize, JsonSchema)]
struct PatchView {
    /// Its number.
    index: u32,
    /// The same as it is shown; empty where it is the only one.
    number: String,
    /// The name of its anchor.
    anchor: String,
    /// Its title.
    title: Title,
    /// Who wrote it, where that is not the posting's author.
    author: Option<Link>,
    /// Where it lives upstream.
    upstream: Option<Link>,
    /// Lines added.
    added: u32,
    /// Lines removed.
    removed: u32,
    /// Where it stands, in words.
    state: &'static str,
    /// The commit message.
    message: Html,
    /// Trailers of the message, and those that were given in answers.
    trailers: Vec<TrailerView>,
    /// What stands between message and diffstat.
    notes: Html,
    /// The diffs, a fold for each file.
    diffs: Html,
    /// Its attachments in words.
    attachments: Vec<String>,
    /// The page its text stands on, where that is another one.
    elsewhere: Option<Link>,
}

/// The answers to one patch or to the cover.
#[derive(Serialize, JsonSchema)]
struct Group {
    /// The number of the patch; empty for the cover.
    number: String,
    /// What is answered.
    title: String,
    /// Where that is on the page.
    href: Option<String>,
    /// The answers, in the order of the thread.
    messages: Vec<Message>,
}

/// The digests that a posting is in, but those named with its lists; then the texts that tell of it.
fn digests(site: &Site<'_>, id: PostingId, posting: &Posting) -> Vec<Link> {
    let told = site.texts.of_posting(id).iter();
    let told =
        told.map(|entry| Link::new(site.urls.entry(*entry), published::title(site, entry.digest)));
    site.digests_beside(posting.head()).into_iter().chain(told).collect()
}

/// A posting's pages (its own, then its parts), its mbox, and its mails for the digest.
pub struct Rendered {
    /// Pages and files.
    pub pages: Vec<Page>,
    /// The mails as they stand on the page, without diffs.
    pub letters: Letters,
    /// The cover and the first patch as they were read: the digest as text needs them again.
    pub read: BTreeMap<MailId, Shown>,
    /// Bytes of the diffs on its pages.
    pub diffs: u64,
}

/// Reads a posting's own mails again, for a digest alone.
pub fn letters(site: &Site<'_>, id: PostingId) -> Rendered {
    let (letters, read) = read(site, id, |at| at == 0, |_| Html::default());
    Rendered { pages: Vec::new(), letters, read, diffs: 0 }
}

/// Reads a posting's own mails again, its patches with what `diffs` makes of their diffs; gives
/// the cover's text and those of the patches that `keep` names by their position.
fn read(
    site: &Site<'_>,
    id: PostingId,
    keep: impl Fn(usize) -> bool,
    diffs: impl Fn(&Shown) -> Html,
) -> (Letters, BTreeMap<MailId, Shown>) {
    let posting = site.archive.posting(id);
    let (mut letters, mut kept) = (Letters::default(), BTreeMap::new());
    if let Some(cover) = posting.cover {
        let mail = site.bodies.mail(cover);
        letters.cover = Some(site.cover(&mail));
        kept.insert(cover, mail);
    }
    for (at, slot) in posting.patches.iter().enumerate() {
        let mail = site.bodies.mail(slot.mail);
        let letter = site.letter(id, slot.mail, &mail);
        letters.patches.push(Letter { diffs: diffs(&mail), ..letter });
        if keep(at) {
            kept.insert(slot.mail, mail);
        }
    }
    (letters, kept)
}

/// Renders the page of a posting with everything that belongs to it.
pub fn render(site: &Site<'_>, id: PostingId) -> Result<Rendered, Diagnostic> {
    let posting = site.archive.posting(id);
    let path = site.urls.posting_path(id);
    let is_compared = !scope::earlier(site.archive, id, site.config.comparisons).is_empty();
    let (mut letters, mut read) =
        read(site, id, |at| at == 0 || is_compared, |mail| site.diffs(mail));
    let diffs = letters.patches.iter().map(|patch| patch.diffs.len() as u64).sum();
    let mut view = view(site, id, &mut letters);
    let total = size(&view);
    let parts = part::divide(site, path, movable(&mut view), total);
    let mut pages = vec![site.long_page(path.clone(), "posting.html", &view, size(&view))?];
    pages.extend(part::render(site, Home::Posting(id), &posting.title, parts)?);
    pages.extend(mbox::files(site, id));
    pages.extend(feed::posting(site, id)?);
    pages.extend(compare::pages(site, id, &read)?);
    let again = [posting.cover, posting.patches.first().map(|slot| slot.mail)];
    read.retain(|mail, _| again.contains(&Some(*mail)));
    Ok(Rendered { pages, letters, read, diffs })
}

/// About how long the page is, in bytes.
fn size(view: &View) -> usize {
    let cover = view.cover.as_ref().map_or(0, |c| c.body.len());
    let patches = view.patches.iter().map(|p| p.message.len() + p.notes.len() + p.diffs.len());
    let messages = view.discussion.iter().flat_map(|g| &g.messages).map(|m| m.body.len() + 700);
    8_000 + cover + patches.map(|n| n + 1_500).sum::<usize>() + messages.sum::<usize>()
}

/// The view of a posting; takes the diffs out of `letters`, which only this page shows.
fn view(site: &Site<'_>, id: PostingId, letters: &mut Letters) -> View {
    let posting = site.archive.posting(id);
    let groups = grouped_replies(site, posting);
    let reply_count = |mail: MailId| groups.get(&Some(mail)).map_or(0, Vec::len) as u32;
    let matrix = Matrix::of(site, posting, reply_count);
    let reviewed = site.reviews.posting(id).patches;
    let (added, removed) = row::lines(site, posting);
    let head = site.archive.mail(posting.head());
    let reviewed_words = format!("{reviewed} of {}", posting.patches.len());
    View {
        page: page_head(site, id),
        title: site.title(&posting.title),
        prefix: site.shown(prefix(head.subject_text(), head.title())),
        author: site.person_link(posting.author),
        sender: (posting.sender != posting.author).then(|| site.person_link(posting.sender)),
        sent: sent_words(posting.date),
        datetime: rfc3339(posting.date),
        size: size_words(site, posting),
        has_lines: added + removed > 0,
        added,
        removed,
        subsystems: site.subsystem_links(id),
        on: site.posting_places(id),
        digests: digests(site, id, posting),
        superseded: posting.superseded_by.map(|later| version_link(site, later)),
        answers: answers(site, posting),
        figures: figures(site, posting, &reviewed_words, &matrix),
        versions: lineage::versions(site, id),
        timeline: Timeline::of(site, id),
        changes: lineage::changes(site, id),
        needs: lineage::needs(site, posting),
        standing: lineage::standing(site, posting),
        standing_words: lineage::standing_words(posting),
        reviewed_words,
        has_own: matrix.columns.first().is_some_and(|c| c.name == "own"),
        trailers: site.trailers_for_all(posting),
        spoken: Spoken::of(site, id),
        decided: decided(site, posting),
        to_speak: site.archive.to_speak(id).iter().map(|p| site.person_link(*p)).collect(),
        rerolls: posting.standing.iter().map(|s| s.posting).max().map(|e| version_link(site, e)),
        cover_name: if posting.pull { "Pull request" } else { "Cover letter" },
        cover: letters.cover.clone().zip(posting.cover).map(|(c, mail)| cover_view(site, mail, c)),
        take: take(site, id),
        patches: patch_views(site, posting, &mut letters.patches, &matrix),
        matrix,
        patches_words: match site.config.diffs {
            Diffs::Inline => "large diffs are folded",
            Diffs::Collapsed => "diffs are folded",
            Diffs::None => "without diffs",
        },
        folds: site.config.diffs != Diffs::None,
        discussion: discussion(site, id, groups),
        discussion_words: discussion_words(posting),
    }
}

fn page_head(site: &Site<'_>, id: PostingId) -> Head {
    let posting = site.archive.posting(id);
    let path = site.urls.posting_path(id);
    let title = shown_title(&site.shown(&posting.title));
    let mut head = site.head(path, &title, "Series");
    let version =
        if posting.version_inferred { String::new() } else { format!(" v{}", posting.version) };
    head.title = format!(
        "{title}{}",
        if version.is_empty() { String::new() } else { format!(" ({})", version.trim()) }
    );
    head.running = format!("series{version}, {}", patches_words(posting));
    head.date = day(posting.date);
    head.feed = feed::posting_link(site, id);
    head.description = sentence(site, id);
    head.article(posting.date, Some(site.person_link(posting.author).text));
    head
}

/// A posting in one sentence, for whoever is shown a link to it: `v3 of 5 patches by Ann
/// Author, 2024-03-02, under review, 3 of 5 reviewed`.
fn sentence(site: &Site<'_>, id: PostingId) -> String {
    let posting = site.archive.posting(id);
    let (words, author) = (patches_words(posting), site.person_link(posting.author).text);
    let rfc = if posting.rfc { "RFC " } else { "" };
    let between = if posting.missing.is_empty() && !posting.pull { " of" } else { "," };
    let (date, state) = (day(posting.date), posting.state.words());
    let said = format!("{rfc}v{}{between} {words} by {author}, {date}, {state}", posting.version);
    match posting.patches.len() {
        0 => said,
        all => format!("{said}, {} of {all} reviewed", site.reviews.posting(id).patches),
    }
}

/// The mail that a posting was sent in answer to. Where the site does not show it, the link
/// leads upstream.
fn answers(site: &Site<'_>, posting: &Posting) -> Option<Link> {
    let answered = site.archive.mail(posting.head()).in_reply_to();
    let left_out = || site.archive.left_out(answered?);
    let upstream = |mail: &LeftOut| site.upstream_link_of(&mail.lists, &mail.message_id);
    let older = |link: Link| Link { text: format!("a mail at {}", link.text), ..link };
    let here = posting.answers.map(|mail| site.mail_link(mail));
    here.or_else(|| left_out().and_then(upstream).map(older))
}

/// A word with a capital letter.
fn capitalized(words: &str) -> String {
    let mut words = words.to_string();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// `17 April 2025, 12:23 UTC`
fn sent_words(at: i64) -> String {
    format!("{}, {} UTC", day_words(at), &minute(at)[minute(at).len() - 5..])
}

/// `[PATCH v5 00/13]`: what stands in a subject before its title.
fn prefix<'a>(subject: &'a str, title: &str) -> &'a str {
    let before = subject.strip_suffix(title).unwrap_or_default().trim();
    if before.starts_with('[') { before } else { "" }
}

/// `13 patches, 14 files`
fn size_words(site: &Site<'_>, posting: &Posting) -> String {
    match file_count(site, posting) {
        0 => patches_words(posting),
        files => format!("{}, {}", patches_words(posting), counted(files, "file", "files")),
    }
}

/// `v6`, linked to the posting.
fn version_link(site: &Site<'_>, id: PostingId) -> Link {
    let posting = site.archive.posting(id);
    let words = if posting.resend { " resend" } else { "" };
    let text = format!("v{}{words} of {}", posting.version, day_words(posting.date));
    Link::new(site.urls.posting(id), text)
}

fn figures(site: &Site<'_>, posting: &Posting, reviewed: &str, matrix: &Matrix) -> Vec<Figure> {
    let mut figures = vec![Figure::word(
        format!("state, last mail {}", day_short(posting.last)),
        capitalized(posting.state.words()),
    )];
    if !posting.patches.is_empty() {
        figures.push(Figure::word("patches reviewed", reviewed));
    }
    let repliers = {
        let mut people: Vec<_> = posting.replies.iter().map(|m| site.archive.sender(*m)).collect();
        people.sort_unstable();
        people.dedup();
        people.len() as u32
    };
    let replies = posting.replies.len() as u32;
    let mut figure = Figure::counted(replies, "reply", "replies");
    if repliers > 0 {
        figure.label += &format!(" by {}", counted(repliers, "person", "people"));
    }
    figures.push(figure);
    let reviewers = matrix.reviewers.len() as u32;
    if reviewers > 0 {
        figures.push(Figure::counted(reviewers, "reviewer", "reviewers"));
    }
    figures
}

/// The mails that say so, by sender and day; a superseded posting says it elsewhere.
fn decided(site: &Site<'_>, posting: &Posting) -> Option<Decided> {
    if posting.state == State::Superseded || posting.decided_by.is_empty() {
        return None;
    }
    let decisive = |mail: &MailId| Decisive {
        href: site.urls.mail(*mail),
        who: site.person_link(site.archive.sender(*mail)).text,
        day: day_short(site.archive.mail(*mail).date()),
    };
    let shown = posting.decided_by.iter().take(EVIDENCE);
    Some(Decided {
        what: match posting.state {
            State::Applied => "Applied",
            State::Reviewed => "Reviewed in",
            _ => "Last answer",
        },
        mails: shown.map(decisive).collect(),
        more: posting.decided_by.len().saturating_sub(EVIDENCE),
    })
}

fn take(site: &Site<'_>, id: PostingId) -> Take {
    let head = site.archive.posting(id).head();
    let message_id = &site.archive.mail(head).message_id();
    let upstream = site.upstream_link(head);
    let is_lore = upstream.as_ref().is_some_and(|link| link.text == "lore");
    // Many Message-IDs hold their sender's address.
    let addresses = site.config.addresses;
    Take {
        b4: (is_lore && addresses == Addresses::Full).then(|| format!("b4 am {message_id}")),
        message_id: (addresses != Addresses::Hidden).then(|| site.shown(message_id)),
        am: mbox::am_command(site, id),
        mbox: mbox::link(site, id),
        sent: mbox::sent_link(site, id),
        upstream,
    }
}

fn cover_view(site: &Site<'_>, mail: MailId, cover: Cover) -> CoverView {
    CoverView {
        anchor: site.urls.anchor(mail).to_string(),
        body: cover.body,
        attachments: cover.attachments,
        elsewhere: None,
    }
}

fn patch_views(
    site: &Site<'_>,
    posting: &Posting,
    letters: &mut [Letter],
    matrix: &Matrix,
) -> Vec<PatchView> {
    let states: HashMap<u32, &'static str> =
        matrix.rows.iter().map(|row| (row.number, row.state)).collect();
    let view = |(slot, letter): (&Slot, &mut Letter)| {
        let diffs = std::mem::take(&mut letter.diffs);
        let state = states.get(&slot.index).copied().unwrap_or_default();
        patch_view(site, posting, slot, Letter { diffs, ..letter.clone() }, state)
    };
    posting.patches.iter().zip(letters).map(view).collect()
}

fn patch_view(
    site: &Site<'_>,
    posting: &Posting,
    slot: &Slot,
    letter: Letter,
    state: &'static str,
) -> PatchView {
    let mail = site.archive.mail(slot.mail);
    let author = site.archive.author(slot.mail);
    PatchView {
        index: slot.index,
        number: number(site, slot.mail),
        anchor: site.urls.anchor(slot.mail).to_string(),
        title: site.title(mail.title()),
        author: (author != posting.author).then(|| site.person_link(author)),
        upstream: site.upstream_link(slot.mail),
        added: mail.added(),
        removed: mail.removed(),
        state,
        message: letter.message,
        trailers: letter.trailers,
        notes: letter.notes,
        diffs: letter.diffs,
        attachments: letter.attachments,
        elsewhere: diff_upstream(site, slot.mail),
    }
}

/// Where a diff is to be seen if the site shows none.
fn diff_upstream(site: &Site<'_>, mail: MailId) -> Option<Link> {
    let link = site.upstream_link(mail).filter(|_| site.config.diffs == Diffs::None)?;
    Some(Link { text: format!("the diff is at {}", link.text), ..link })
}

/// `3/14`, as the subject says; "" where it says nothing.
pub fn number(site: &Site<'_>, mail: MailId) -> String {
    let subject = &site.archive.mail(mail).subject();
    match (subject.index, subject.total) {
        (Some(index), Some(total)) => format!("{index}/{total}"),
        (Some(index), None) => index.to_string(),
        _ => String::new(),
    }
}

/// The member of a posting that an answer belongs to; `None`: to none that arrived.
type GroupKey = Option<MailId>;

/// A posting's answers by the member that they answer through whatever mails, each by date.
fn grouped_replies(site: &Site<'_>, posting: &Posting) -> BTreeMap<GroupKey, Vec<MailId>> {
    let mut member_of: HashMap<MailId, GroupKey> =
        posting.members().map(|member| (member, Some(member))).collect();
    let mut groups: BTreeMap<GroupKey, Vec<MailId>> = BTreeMap::new();
    for &reply in &posting.replies {
        let key = climb(site, reply, &mut member_of);
        groups.entry(key).or_default().push(reply);
    }
    groups
}

/// The member above an answer. What is found on the way is kept in `known`, so that a long
/// chain is climbed once.
fn climb(site: &Site<'_>, from: MailId, known: &mut HashMap<MailId, GroupKey>) -> GroupKey {
    let (mut at, mut way) = (from, Vec::new());
    let key = loop {
        if let Some(key) = known.get(&at) {
            break *key;
        }
        way.push(at);
        match site.archive.parent(at) {
            Some(parent) => at = parent,
            None => break None,
        }
    };
    known.extend(way.into_iter().map(|mail| (mail, key)));
    key
}

/// The groups of answers: to the cover, to the patches by number, to none that arrived.
fn discussion(
    site: &Site<'_>,
    id: PostingId,
    mut groups: BTreeMap<GroupKey, Vec<MailId>>,
) -> Vec<Group> {
    let posting = site.archive.posting(id);
    let members = posting.members().map(Some).chain([None]);
    let present: Vec<_> = members.filter_map(|key| Some((key, groups.remove(&key)?))).collect();
    present.into_iter().map(|(key, mails)| group(site, id, key, &mails)).collect()
}

fn group(site: &Site<'_>, id: PostingId, key: GroupKey, mails: &[MailId]) -> Group {
    let posting = site.archive.posting(id);
    let marks = |mail| marks_given_in(posting, mail);
    let about = key.map_or(&*posting.title, |member| site.archive.mail(member).title());
    let messages = conversation(site, (Home::Posting(id), about), mails, marks);
    let (number, title, href) = match key {
        Some(member) => heading(site, posting, member),
        None => (String::new(), "to mails that never arrived".to_string(), None),
    };
    Group { number, title, href, messages }
}

/// What a member of a posting is called over its answers, and where it is on the page.
fn heading(site: &Site<'_>, posting: &Posting, member: MailId) -> (String, String, Option<String>) {
    let number = number(site, member);
    if posting.cover == Some(member) {
        let title = if posting.pull { "pull request" } else { "cover letter" };
        return (number, title.to_string(), Some("#cover".to_string()));
    }
    let title = shown_title(&site.shown(site.archive.mail(member).title()));
    let slot = posting.patches.iter().find(|slot| slot.mail == member);
    (number, title, slot.map(|slot| format!("#p{}", slot.index)))
}

fn discussion_words(posting: &Posting) -> String {
    let replies = counted(posting.replies.len() as u32, "reply", "replies");
    format!("{replies}, last {}", day_short(posting.last))
}

/// What can move to part pages: diffs first, then answers, then texts of patches, the cover
/// last.
fn movable(view: &mut View) -> Vec<Movable<'_>> {
    let mut all = Vec::new();
    if let Some(cover) = &mut view.cover {
        all.push(Movable {
            body: &mut cover.body,
            elsewhere: &mut cover.elsewhere,
            anchor: "cover".to_string(),
            part_anchor: "cover".to_string(),
            title: view.cover_name.to_string(),
            rank: 3,
        });
    }
    for patch in &mut view.patches {
        all.push(Movable {
            body: &mut patch.diffs,
            elsewhere: &mut patch.elsewhere,
            anchor: format!("p{}", patch.index),
            part_anchor: format!("p{}", patch.index),
            title: format!("Diff of {} {} {}", patch.number, patch.title.prefix, patch.title.rest),
            rank: 0,
        });
    }
    let messages = view.discussion.iter_mut().flat_map(|group| &mut group.messages);
    for message in messages.filter(|message| !message.missing) {
        all.push(Movable {
            body: &mut message.body,
            elsewhere: &mut message.elsewhere,
            anchor: message.anchor.clone(),
            part_anchor: message.part_anchor.clone(),
            title: format!("{}, {}", message.from.text, message.time),
            rank: 1,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_title_is_the_prefix() {
        assert_eq!(prefix("[PATCH v5 00/13] riscv: add it", "riscv: add it"), "[PATCH v5 00/13]");
        assert_eq!(prefix("PATCH 1/2: add it", "add it"), "");
        assert_eq!(prefix("[PATCH] add  it", "add it"), "");
    }

    #[test]
    fn moments_are_said_with_their_zone() {
        assert_eq!(sent_words(0), "1 January 1970, 00:00 UTC");
    }
}

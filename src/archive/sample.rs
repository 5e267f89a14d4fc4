//! Small archives made by hand for tests: made-up people post made-up patches, a minute
//! apart, from 2024-02-01T10:00:00Z on.

use super::facts::{FileStat, Lineage};
use super::range::RangeIndex;
use super::slug::{short_id, slug};
use super::{
    Archive, Facts, Home, Kind, ListId, MailId, Mails, Person, PersonId, Placed, Posting,
    PostingId, Range, ReviewTrailer, Rule, Scope, Series, SeriesId, Slot, State, Thread, ThreadId,
};
use crate::mail::{Address, Body, Patch, PatchId, Revision, Shown, Subject, Trailer};
use crate::source::{FileId, Origin};

/// When the first mail is sent.
pub(crate) const START: i64 = 1_706_781_600;

/// An archive in the making, and the text of its mails.
pub(crate) struct Sample {
    /// What has been made so far.
    pub(crate) archive: Archive,
    bodies: Vec<(Body, Patch)>,
}

/// A patch or cover letter to post.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    title: String,
    author: Option<Address>,
    in_body: bool,
    message: String,
    notes: String,
    diffstat: String,
    lines: (u32, u32),
}

impl Text {
    /// A mail with this title and message.
    pub(crate) fn new(title: &str, message: &str) -> Self {
        Text { title: title.into(), message: message.into(), ..Text::default() }
    }

    /// Written by somebody else than the sender: an in-body From says so.
    pub(crate) fn by(self, author: &str) -> Self {
        Text { author: Some(address(author)), in_body: true, ..self }
    }

    /// With notes after the `---` line.
    pub(crate) fn notes(self, notes: &str) -> Self {
        Text { notes: notes.into(), ..self }
    }

    /// With this diffstat.
    pub(crate) fn stat(self, diffstat: &str) -> Self {
        Text { diffstat: diffstat.into(), ..self }
    }

    /// With a diff of so many lines added and removed.
    pub(crate) fn lines(self, added: u32, removed: u32) -> Self {
        Text { lines: (added, removed), ..self }
    }

    fn compose(&self, sender: &Address, diff: bool) -> (Body, Patch) {
        let (mut text, mut patch) = (String::new(), Patch::default());
        let part = |text: &mut String, piece: &str| {
            let start = text.len();
            text.push_str(piece);
            start..text.len()
        };
        if self.in_body {
            let Address { name, email } = self.author.as_ref().unwrap_or(sender);
            patch.in_body_headers = part(&mut text, &format!("From: {name} <{email}>\n\n"));
        }
        patch.message = part(&mut text, &self.message);
        if diff {
            part(&mut text, "---\n");
            patch.notes = part(&mut text, &self.notes);
        }
        patch.diffstat = part(&mut text, &self.diffstat);
        part(&mut text, "\n");
        if diff {
            patch.diff = part(&mut text, "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n");
        }
        patch.signature = part(&mut text, "-- \n2.43.0\n");
        (Body { text, attachments: Vec::new() }, patch)
    }
}

/// `Name <address>` taken apart.
pub(crate) fn address(text: &str) -> Address {
    let (name, email) = text.split_once(" <").unwrap_or(("", text));
    Address { name: name.into(), email: email.trim_end_matches('>').into() }
}

impl Sample {
    /// An empty archive.
    pub(crate) fn new() -> Self {
        let archive = Archive {
            mails: Mails::default(),
            parents: Vec::new(),
            kinds: Vec::new(),
            homes: Vec::new(),
            postings: Vec::new(),
            series: Vec::new(),
            threads: Vec::new(),
            people: Vec::new(),
            subsystems: Vec::new(),
            ranges: Vec::new(),
            published: Vec::new(),
            range_of: RangeIndex::default(),
            left_out: Vec::new(),
            since: None,
            placed: Vec::new(),
            senders: Vec::new(),
            authors: Vec::new(),
        };
        Sample { archive, bodies: Vec::new() }
    }

    /// The person with this address, known by this name.
    pub(crate) fn person(&mut self, who: &Address) -> PersonId {
        let people = &mut self.archive.people;
        let at = people.iter().position(|p| p.email == who.email).unwrap_or_else(|| {
            people.push(Person {
                slug: slug(&who.name),
                name: who.name.clone(),
                email: who.email.clone(),
                mapped: false,
                addresses: vec![who.email.clone()],
                mails: Vec::new(),
            });
            people.len() - 1
        });
        PersonId(at as u32)
    }

    /// Posts patches with a prefix (`PATCH v2`) as a new series; the cover goes first.
    pub(crate) fn post(
        &mut self,
        prefix: &str,
        from: &str,
        cover: Option<Text>,
        patches: &[Text],
    ) -> PostingId {
        let series = SeriesId(self.archive.series.len() as u32);
        let id = self.post_in(series, prefix, from, cover, patches);
        let id_text = self.archive.posting(id).id.clone();
        self.archive.series.push(Series { id: id_text, postings: vec![id] });
        id
    }

    /// Posts patches as the next posting of the series of `before`.
    pub(crate) fn repost(
        &mut self,
        before: PostingId,
        prefix: &str,
        from: &str,
        cover: Option<Text>,
        patches: &[Text],
    ) -> PostingId {
        let series = self.archive.posting(before).series;
        let id = self.post_in(series, prefix, from, cover, patches);
        self.archive.series[series.0 as usize].postings.push(id);
        self.archive.postings[before.0 as usize].superseded_by = Some(id);
        id
    }

    fn post_in(
        &mut self,
        series: SeriesId,
        prefix: &str,
        from: &str,
        cover: Option<Text>,
        patches: &[Text],
    ) -> PostingId {
        let (id, from) = (PostingId(self.archive.postings.len() as u32), address(from));
        let total = patches.len() as u32;
        let numbered = cover.is_some() || total > 1;
        let title = cover.as_ref().unwrap_or(&patches[0]).title.clone();
        let home = Home::Posting(id);
        let cover = cover.map(|text| {
            let subject = subject(prefix, &text.title, numbered.then_some((0, total)));
            self.mail(&from, &text, subject, Kind::Cover, home, None)
        });
        let mut slots = Vec::new();
        for (text, index) in patches.iter().zip(1..) {
            let subject = subject(prefix, &text.title, numbered.then_some((index, total)));
            let mail = self.mail(&from, text, subject, Kind::Patch, home, cover);
            slots.push(Slot { index, mail });
        }
        let posting = self.posting(series, title, prefix, cover, slots);
        self.archive.postings.push(posting);
        id
    }

    fn posting(
        &self,
        series: SeriesId,
        title: String,
        prefix: &str,
        cover: Option<MailId>,
        patches: Vec<Slot>,
    ) -> Posting {
        let first = cover.unwrap_or_else(|| patches[0].mail);
        let facts = self.archive.mail(first);
        Posting {
            id: short_id(facts.message_id()),
            title,
            version: facts.subject().version.unwrap_or(Revision::FIRST),
            version_inferred: facts.subject().version.is_none(),
            rfc: prefix.contains("RFC"),
            resend: prefix.contains("RESEND"),
            pull: false,
            tags: Vec::new(),
            total: facts.subject().total,
            cover,
            patches,
            missing: Vec::new(),
            replies: Vec::new(),
            sender: self.archive.sender(first),
            author: self.archive.author(first),
            date: facts.date(),
            last: facts.date(),
            series,
            superseded_by: None,
            state: State::New,
            decided_by: Vec::new(),
            trailers: Vec::new(),
            lost: Vec::new(),
            nacks: Vec::new(),
            subsystems: Vec::new(),
            answers: None,
            continues: None,
            passed_over: Vec::new(),
            standing: Vec::new(),
            depends: Vec::new(),
        }
    }

    /// Answers a mail of a posting; `trailer` (`Reviewed-by`) counts for the patch.
    pub(crate) fn reply(&mut self, to: MailId, from: &str, trailer: Option<&str>) -> MailId {
        let home = self.archive.home(to);
        let from = address(from);
        let title = self.archive.mail(to).title().to_owned();
        let subject = Subject { reply: true, title, ..Subject::default() };
        let mail = self.mail(&from, &Text::default(), subject, Kind::Reply, home, Some(to));
        let Home::Posting(posting) = home else { return mail };
        self.archive.postings[posting.0 as usize].replies.push(mail);
        if let Some(name) = trailer {
            self.trailer(posting, to, mail, name);
        }
        mail
    }

    /// A trailer of the sender of `given_in` on a patch.
    pub(crate) fn trailer(&mut self, on: PostingId, patch: MailId, given_in: MailId, name: &str) {
        let who = self.archive.mail(given_in).from().to_address();
        let trailer = ReviewTrailer {
            patch,
            given_in,
            first_in: given_in,
            name: name.into(),
            value: format!("{} <{}>", who.name, who.email).into(),
            person: Some(self.person(&who)),
            matches_sender: true,
        };
        self.archive.postings[on.0 as usize].trailers.push(trailer);
    }

    /// Starts a discussion of so many mails.
    pub(crate) fn discuss(&mut self, title: &str, from: &str, mails: u32) -> ThreadId {
        let id = ThreadId(self.archive.threads.len() as u32);
        let (text, from) = (Text::new(title, "What do you think?\n"), address(from));
        let sent: Vec<MailId> = (0..mails)
            .map(|_| {
                let subject = Subject { title: title.into(), ..Subject::default() };
                self.mail(&from, &text, subject, Kind::Discussion, Home::Thread(id), None)
            })
            .collect();
        let thread_id = short_id(self.archive.mail(sent[0]).message_id());
        self.archive.threads.push(Thread { id: thread_id, title: title.into(), mails: sent });
        id
    }

    /// Sends a mail to a further list.
    pub(crate) fn also_on(&mut self, mail: MailId, list: ListId) {
        self.archive.mails.also_on(mail, list);
    }

    /// Makes the diff of a mail one with this id.
    pub(crate) fn set_patch_id(&mut self, mail: MailId, id: PatchId) {
        self.archive.mails.set_patch_id(mail, id);
    }

    fn mail(
        &mut self,
        from: &Address,
        text: &Text,
        subject: Subject,
        kind: Kind,
        home: Home,
        parent: Option<MailId>,
    ) -> MailId {
        let id = MailId(self.archive.mails.len() as u32);
        let author = text.author.clone().unwrap_or_else(|| from.clone());
        let parent_id: Option<Box<str>> = parent.map(|p| self.archive.mail(p).message_id().into());
        let (added, removed) = text.lines;
        let facts = Facts {
            origin: Origin { file: FileId(0), offset: u64::from(id.0), len: 0 },
            list: ListId(0),
            source_file: 0,
            message_id: format!("mail-{}@example.org", id.0).into(),
            enclosed_id: None,
            references: parent_id.iter().cloned().collect(),
            in_reply_to: parent_id,
            date: START + 60 * i64::from(id.0),
            from: from.clone(),
            author: author.clone(),
            subject_text: subject_text(&subject).into(),
            subject,
            has_diff: kind == Kind::Patch,
            has_diffstat: !text.diffstat.is_empty(),
            patch_id: None,
            files: vec![FileStat { path: "x".into(), added, removed }],
            keywords: Box::default(),
            trailers: Vec::<Trailer>::new(),
            lineage: Lineage::default(),
            says_applied: false,
            says_nack: false,
            content: u64::from(id.0),
            fingerprint: u64::from(id.0),
        };
        let sender = self.person(from);
        let writer = if kind == Kind::Patch { self.person(&author) } else { sender };
        let archive = &mut self.archive;
        archive.mails.push(&facts);
        archive.parents.push(parent);
        archive.kinds.push(kind);
        archive.homes.push(home);
        archive.placed.push(Placed::new(placed_as(kind), parent));
        archive.senders.push(sender);
        archive.authors.push(writer);
        archive.people[sender.0 as usize].mails.push(id);
        self.bodies.push(text.compose(from, kind == Kind::Patch));
        id
    }

    /// All mails so far that are in no range yet, as the next range.
    pub(crate) fn range(&mut self, title: &str) -> Range {
        let taken = self.archive.ranges.iter().map(|r| r.mails.len()).sum();
        let mails: Vec<MailId> = self.archive.mail_ids().skip(taken).collect();
        let range =
            Range { scope: Scope::List(ListId(0)), slug: slug(title), title: title.into(), mails };
        self.archive.ranges.push(range.clone());
        self.archive.range_of = RangeIndex::of(&self.archive.ranges);
        range
    }

    /// A mail as it would be read again.
    pub(crate) fn body(&self, id: MailId) -> Shown {
        let (body, patch) = self.bodies[id.0 as usize].clone();
        Shown { body, patch }
    }
}

/// The rule that fits a kind of mail.
fn placed_as(kind: Kind) -> Rule {
    match kind {
        Kind::Cover | Kind::Pull => Rule::First,
        Kind::Patch => Rule::Chain,
        Kind::Reply => Rule::Answer,
        Kind::Discussion => Rule::Discussion,
    }
}

/// What `[PREFIX k/n] title` says.
fn subject(prefix: &str, title: &str, number: Option<(u32, u32)>) -> Subject {
    let version = prefix.split(' ').find_map(|word| word.strip_prefix('v')?.parse().ok());
    Subject {
        patch: true,
        rfc: prefix.contains("RFC"),
        resend: prefix.contains("RESEND"),
        version: version.map(|major| Revision { major, minor: 0 }),
        index: number.map(|n| n.0),
        total: number.map(|n| n.1),
        tags: vec![prefix.into()],
        title: title.into(),
        ..Subject::default()
    }
}

/// The subject line again. The sample keeps the whole prefix as its only tag.
fn subject_text(subject: &Subject) -> String {
    let number = match (subject.index, subject.total) {
        (Some(index), Some(total)) => format!(" {index}/{total}"),
        _ => String::new(),
    };
    match (subject.reply, subject.tags.first()) {
        (true, _) => format!("Re: {}", subject.title),
        (false, Some(prefix)) => format!("[{prefix}{number}] {}", subject.title),
        (false, None) => subject.title.clone(),
    }
}

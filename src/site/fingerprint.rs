//! What pages depend on, as numbers: a page whose fingerprint is that of the last build need
//! not be made again.
//!
//! A fingerprint is a hash of everything in the archive that a page shows, with each mail,
//! posting and person under what stays the same when others come: never under its position.
//! It may hold more than the page shows, never less. What all pages have in common (the
//! configuration, the theme, the program) is one hash for the whole build, and which
//! Message-IDs a text leads to is noted while it is rendered: see [`super::ledger`].

use std::hash::{Hash, Hasher};

use rayon::prelude::*;
use twox_hash::XxHash3_64;

use crate::archive::posting::{LostTrailer, Nack, ReviewTrailer, Standing};
use crate::archive::waiting::Waiting;
use crate::archive::{
    Home, MailId, PersonId, Posting, PostingId, RangeId, Scope, SubsystemId, Thread, ThreadId,
};
use crate::digest::{Entry, Marks};
use crate::site::chart::Chart;
use crate::site::find::Shard;
use crate::site::pager::{Leaf, Sheet};
use crate::site::search::{Of, Records};
use crate::site::url::SitePath;
use crate::site::{Site, author, front, thread};

/// Texts of up to so many bytes, as most are, are mixed by words: to begin and end a hash of xxh3's
/// takes longer.
const SHORT: usize = 64;

/// A hasher that mixes words of 64 bits: the same on every run of one program.
#[derive(Clone, Copy)]
pub struct Mix(u64);

impl Default for Mix {
    fn default() -> Self {
        Mix(0x243f_6a88_85a3_08d3)
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if bytes.len() > SHORT {
            return self.write_u64(XxHash3_64::oneshot(bytes));
        }
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        last[7] = bytes.len() as u8;
        self.write_u64(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn write_u64(&mut self, n: u64) {
        // Both halves of the product: no bit of either factor is lost.
        let product = u128::from(self.0.rotate_left(29) ^ n) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ n;
    }
}

/// The hash of a value.
pub fn of(value: impl Hash) -> u64 {
    let mut mix = Mix::default();
    value.hash(&mut mix);
    mix.finish()
}

/// The hash of hashes in their order.
pub fn of_all(hashes: impl IntoIterator<Item = u64>) -> u64 {
    let mut mix = Mix::default();
    hashes.into_iter().for_each(|hash| mix.write_u64(hash));
    mix.finish()
}

/// The hashes of what an archive holds, each reckoned once.
pub struct Fingerprints {
    /// A person's name and page.
    people: Vec<u64>,
    /// A subsystem's name and page, and what it is part of.
    subsystems: Vec<u64>,
    /// The path of each posting's page, and of each discussion's.
    posting_paths: Vec<u64>,
    thread_paths: Vec<u64>,
    /// What other pages say of a posting when they name it.
    named: Vec<u64>,
    /// A range's name and page.
    ranges: Vec<u64>,
    /// A mail: its bytes, its place on the site, who sent it, the digests it is in.
    mails: Vec<u64>,
    /// A posting as it was sent, without what later mail says of it.
    posted: Vec<u64>,
    /// A posting as it is by itself, with all of its mails.
    postings: Vec<u64>,
    /// A series with all of its postings.
    series: Vec<u64>,
    /// A mail and the one that it answers.
    threaded: Vec<u64>,
    /// A discussion with all of its mails.
    discussions: Vec<u64>,
    /// The mails that Message-IDs name, in the order of the hashes of those.
    found: Vec<(u64, MailId)>,
}

impl Fingerprints {
    /// Reckons those of a site.
    pub fn of(site: &Site<'_>) -> Fingerprints {
        let (found, all) = rayon::join(|| found(site), || Fingerprints::of_all(site));
        Fingerprints { found, ..all }
    }

    /// All but what Message-IDs lead to.
    fn of_all(site: &Site<'_>) -> Fingerprints {
        let archive = site.archive;
        let people = archive.people.par_iter().map(|p| of((&p.slug, &p.name, &p.email))).collect();
        let subsystems = (0..archive.subsystems.len() as u32).into_par_iter();
        let subsystems = subsystems.map(|at| subsystem(site, SubsystemId(at))).collect();
        let path = |at: &SitePath| of(at.as_str());
        let postings = (0..archive.postings.len() as u32).into_par_iter().map(PostingId);
        let threads = (0..archive.threads.len() as u32).into_par_iter().map(ThreadId);
        let ranges = archive.ranges.iter().map(|range| of((&range.slug, &range.title)));
        let mut all = Fingerprints {
            people,
            subsystems,
            posting_paths: postings.clone().map(|id| path(site.urls.posting_path(id))).collect(),
            thread_paths: threads.map(|id| path(site.urls.thread_path(id))).collect(),
            named: Vec::new(),
            ranges: ranges.collect(),
            mails: Vec::new(),
            posted: Vec::new(),
            postings: Vec::new(),
            series: Vec::new(),
            threaded: Vec::new(),
            discussions: Vec::new(),
            found: Vec::new(),
        };
        all.named = postings.clone().map(|id| all.bare_name(site, id)).collect();
        let mails = (0..archive.mails.len() as u32).into_par_iter().map(MailId);
        all.mails = mails.clone().map(|id| all.bare_mail(site, id)).collect();
        all.threaded = mails.map(|id| all.with_answered(site, id)).collect();
        all.posted = postings.clone().map(|id| all.bare_posted(site, id)).collect();
        all.postings = postings.map(|id| all.bare_posting(site, id)).collect();
        let threads = archive.threads.par_iter();
        all.discussions = threads.map(|thread| all.discussion(site, thread)).collect();
        let series = archive.series.par_iter();
        let member = |id: &PostingId| all.postings[id.0 as usize];
        all.series = series.map(|series| of_all(series.postings.iter().map(member))).collect();
        all
    }

    /// The hash of the link that a Message-ID, given as its hash, leads to.
    pub fn found(&self, site: &Site<'_>, message_id: u64) -> u64 {
        let found = self.found.binary_search_by_key(&message_id, |(hash, _)| *hash);
        of(found.ok().map(|at| site.urls.mail(self.found[at].1)))
    }

    /// A person, as they are named.
    pub fn person(&self, id: PersonId) -> u64 {
        self.people[id.0 as usize]
    }

    /// A subsystem, as it is named.
    pub fn subsystem(&self, id: SubsystemId) -> u64 {
        self.subsystems[id.0 as usize]
    }

    fn range(&self, id: Option<RangeId>) -> Option<u64> {
        id.map(|id| self.ranges[id.0 as usize])
    }

    fn mail(&self, id: MailId) -> u64 {
        self.mails[id.0 as usize]
    }

    /// A mail and the one that it answers.
    fn mail_in_thread(&self, id: MailId) -> u64 {
        self.threaded[id.0 as usize]
    }

    fn with_answered(&self, site: &Site<'_>, id: MailId) -> u64 {
        let above = site.archive.parent(id).map(|parent| self.mail(parent));
        of((self.mail(id), above, site.archive.mails.knows_answered(id)))
    }

    fn bare_mail(&self, site: &Site<'_>, id: MailId) -> u64 {
        let archive = site.archive;
        let mail = archive.mail(id);
        let mut mix = Mix::default();
        mix.write_u64(mail.fingerprint());
        mix.write_u64(match archive.home(id) {
            Home::Posting(id) => self.posting_paths[id.0 as usize],
            Home::Thread(id) => self.thread_paths[id.0 as usize],
        });
        // The rest of its anchor comes from its Message-ID.
        site.urls.copy(id).hash(&mut mix);
        archive.kind(id).hash(&mut mix);
        mix.write_u64(self.person(archive.sender(id)));
        mix.write_u64(self.person(archive.author(id)));
        for list in mail.lists() {
            list.hash(&mut mix);
            self.range(archive.range_id_of(Scope::List(*list), id)).hash(&mut mix);
        }
        self.range(archive.range_id_of(Scope::Site, id)).hash(&mut mix);
        mix.finish()
    }

    fn bare_posted(&self, site: &Site<'_>, id: PostingId) -> u64 {
        // Every field is named, so that a new one is not forgotten here.
        let Posting {
            id: _,
            title,
            version,
            version_inferred,
            rfc,
            resend,
            pull,
            tags,
            total,
            cover,
            patches,
            missing,
            standing,
            sender,
            author,
            date,
            subsystems,
            // Of these, what digests show is counted up to the end of their ranges.
            replies: _,
            trailers: _,
            last: _,
            series: _,
            superseded_by: _,
            state: _,
            decided_by: _,
            lost: _,
            nacks: _,
            answers: _,
            continues: _,
            passed_over: _,
            depends: _,
        } = site.archive.posting(id);
        let mut mix = Mix::default();
        site.urls.posting_path(id).as_str().hash(&mut mix);
        (title, version, version_inferred, rfc, resend, pull).hash(&mut mix);
        (tags, total, missing, date, patches.len()).hash(&mut mix);
        (self.person(*sender), self.person(*author)).hash(&mut mix);
        cover.map(|mail| self.mail(mail)).hash(&mut mix);
        for slot in patches {
            (slot.index, self.mail(slot.mail)).hash(&mut mix);
        }
        for Standing { index, mail, posting } in standing {
            (index, self.mail(*mail), site.urls.posting_path(*posting).as_str()).hash(&mut mix);
        }
        subsystems.iter().for_each(|id| mix.write_u64(self.subsystems[id.0 as usize]));
        mix.finish()
    }

    fn bare_posting(&self, site: &Site<'_>, id: PostingId) -> u64 {
        let archive = site.archive;
        let Posting {
            id: _,
            cover,
            patches,
            replies,
            last,
            series: _,
            superseded_by,
            state,
            decided_by,
            trailers,
            lost,
            nacks,
            answers,
            continues: _,
            passed_over: _,
            depends,
            // These are in the fingerprint of what was posted.
            title: _,
            version: _,
            version_inferred: _,
            rfc: _,
            resend: _,
            pull: _,
            tags: _,
            total: _,
            missing: _,
            standing: _,
            sender: _,
            author: _,
            date: _,
            subsystems: _,
        } = archive.posting(id);
        let mut mix = Mix::default();
        mix.write_u64(self.posted[id.0 as usize]);
        (last, state).hash(&mut mix);
        let path = |id: &PostingId| site.urls.posting_path(*id).as_str();
        superseded_by.as_ref().map(path).hash(&mut mix);
        let told = site.texts.of_posting(id).iter();
        told.for_each(|entry| site.urls.entry(*entry).hash(&mut mix));
        for dependency in depends {
            (&dependency.name, dependency.posting.as_ref().map(path)).hash(&mut mix);
        }
        for mail in cover.iter().chain(patches.iter().map(|slot| &slot.mail)).chain(replies) {
            mix.write_u64(self.mail_in_thread(*mail));
            site.offshoots.from(*mail).iter().for_each(|id| self.named(*id).hash(&mut mix));
        }
        decided_by.iter().for_each(|mail| mix.write_u64(self.mail(*mail)));
        trailers.iter().for_each(|trailer| self.trailer(trailer).hash(&mut mix));
        for LostTrailer { patch, was, why } in lost {
            (patch.map(|patch| self.mail(patch)), self.trailer(was), why).hash(&mut mix);
        }
        for Nack { patch, given_in, person } in nacks {
            (self.mail(*patch), self.mail(*given_in), self.person(*person)).hash(&mut mix);
        }
        answers.map(|mail| self.mail(mail)).hash(&mut mix);
        let answered = archive.mail(archive.posting(id).head()).in_reply_to();
        answered.is_some_and(|mail| archive.left_out(mail).is_some()).hash(&mut mix);
        mix.finish()
    }

    fn named(&self, id: PostingId) -> u64 {
        self.named[id.0 as usize]
    }

    fn bare_name(&self, site: &Site<'_>, id: PostingId) -> u64 {
        let posting = site.archive.posting(id);
        of((self.posting_paths[id.0 as usize], &posting.title, posting.version))
    }

    fn trailer(&self, trailer: &ReviewTrailer) -> u64 {
        let ReviewTrailer { patch, given_in, first_in, name, value, person, matches_sender } =
            trailer;
        let mails = [patch, given_in, first_in].map(|mail| self.mail(*mail));
        of((mails, name, value, person.map(|person| self.person(person)), matches_sender))
    }

    /// The files of a posting: its page, its parts, its comparisons, its mboxes, its feed.
    pub fn posting(&self, site: &Site<'_>, id: PostingId) -> u64 {
        let posting = site.archive.posting(id);
        let needs = posting.depends.iter().filter_map(|needed| needed.posting);
        let standing = posting.standing.iter().map(|standing| standing.posting);
        let mut mix = Mix::default();
        mix.write_u64(self.postings[id.0 as usize]);
        mix.write_u64(self.series[posting.series.0 as usize]);
        for other in needs.chain(standing) {
            mix.write_u64(self.postings[other.0 as usize]);
        }
        mix.finish()
    }

    /// The page of a discussion.
    pub fn thread(&self, id: ThreadId) -> u64 {
        self.discussions[id.0 as usize]
    }

    fn discussion(&self, site: &Site<'_>, thread: &Thread) -> u64 {
        let mut mix = Mix::default();
        thread.title.hash(&mut mix);
        for mail in &thread.mails {
            mix.write_u64(self.mail_in_thread(*mail));
            site.offshoots.from(*mail).iter().for_each(|id| self.named(*id).hash(&mut mix));
        }
        mix.finish()
    }

    /// The page of a digest and the same as text and JSON.
    pub fn digest(&self, site: &Site<'_>, id: RangeId) -> u64 {
        let range = &site.archive.ranges[id.0 as usize];
        let digest = &site.digests[id.0 as usize];
        let around = [id.0.checked_sub(1), Some(id.0 + 1)].map(|at| {
            let other = site.digests.get(at? as usize)?;
            Some((other.scope, &other.slug, &other.title))
        });
        let mut mix = Mix::default();
        (range.scope, &range.slug, &range.title, around, digest.span).hash(&mut mix);
        range.mails.iter().for_each(|mail| mix.write_u64(self.mail_in_thread(*mail)));
        (&digest.domains, &digest.figures).hash(&mut mix);
        for row in digest.contributors.iter().chain(&digest.reviewers) {
            (self.person(row.person), &row.name, &row.email, row.count).hash(&mut mix);
        }
        if let Some(note) = site.content.note(site.urls.scope_id(range.scope), &range.slug) {
            (&note.title, note.body.as_str()).hash(&mut mix);
        }
        mix.write_u64(self.waited(&digest.waiting));
        let entries = digest.entries.iter();
        entries.for_each(|entry| mix.write_u64(self.entry(site, entry, digest.span.1)));
        for (posting, replies) in &digest.active {
            (self.posted[posting.0 as usize], replies).hash(&mut mix);
        }
        for (thread, mails) in &digest.discussions {
            (self.opened(site, *thread), mails).hash(&mut mix);
        }
        mix.finish()
    }

    /// A posting in the digest of a range that ends at `until`: what came later changes nothing.
    fn entry(&self, site: &Site<'_>, entry: &Entry, until: i64) -> u64 {
        let Entry { posting: id, status, replies, marks, added, removed } = entry;
        let posting = site.archive.posting(*id);
        let series = site.archive.series(posting.series);
        let mut mix = Mix::default();
        (status, replies, marks, added, removed).hash(&mut mix);
        series.id.hash(&mut mix);
        let upto_this = series.postings.iter().take_while(|other| *other != id).chain([id]);
        upto_this.for_each(|posting| mix.write_u64(self.posted[posting.0 as usize]));
        for ReviewTrailer { patch, name, person, .. } in Marks::given(site.archive, posting, until)
        {
            (self.mail(*patch), name, person.map(|person| self.person(person))).hash(&mut mix);
        }
        mix.finish()
    }

    /// A discussion, as digests list it.
    fn opened(&self, site: &Site<'_>, id: ThreadId) -> u64 {
        let thread = site.archive.thread(id);
        let first = thread.mails.first().map(|mail| self.mail(*mail));
        of((self.thread_paths[id.0 as usize], &thread.title, first, thread::lists(site, thread)))
    }

    /// A page of a list by month, whose items have the fingerprints that `item` gives.
    pub fn sheet(&self, sheet: &Sheet, item: impl Fn(u32) -> u64) -> u64 {
        let links =
            [&sheet.prev, &sheet.next].map(|link| link.as_ref().map(|l| (&l.href, &l.text)));
        let items = of_all(sheet.items.clone().map(|at| item(at as u32)));
        of((&sheet.title, links, items))
    }

    /// A mail, as lists of mails show it.
    pub fn mail_in_list(&self, id: MailId) -> u64 {
        self.mail(id)
    }

    /// A posting, as lists of postings show it.
    pub fn posting_in_list(&self, id: PostingId) -> u64 {
        self.postings[id.0 as usize]
    }

    /// The number of each record of the search, and what is indexed of it.
    pub fn records(&self, site: &Site<'_>, records: &Records) -> Vec<(u64, u64)> {
        let print = |of_what: Of| match of_what {
            Of::Posting(id) => self.postings[id.0 as usize],
            Of::Thread(id) => self.thread(id),
            // What texts tell is the same in all builds with one configuration, but not which
            // of it there is mail of.
            Of::Entry(id) => of((id, records.is_old(id), site.archive.mails.len())),
        };
        let all = records.all.par_iter();
        all.map(|(number, of_what)| (u64::from(*number), print(*of_what))).collect()
    }

    /// A page of older `postings` of the person or subsystem whose fingerprint is `owner`.
    pub fn older(&self, owner: u64, leaf: &Leaf, postings: &[PostingId]) -> u64 {
        let rows = postings[leaf.items.clone()].iter().map(|id| self.posting_in_list(*id));
        of((owner, leaf.items.start, &leaf.pages.newer, &leaf.pages.older, of_all(rows)))
    }

    /// A file of the index of Message-IDs.
    pub fn shard(&self, shard: &Shard) -> u64 {
        of_all(shard.mails.iter().flat_map(|(key, id)| [*key, self.mail(*id)]))
    }

    /// The pages of a person, and their feed.
    pub fn person_page(&self, site: &Site<'_>, id: PersonId) -> u64 {
        let person = site.archive.person(id);
        let deeds = site.people.deeds(id);
        let mut mix = Mix::default();
        (self.person(id), &person.addresses).hash(&mut mix);
        let date = |mail: &MailId| site.archive.mail(*mail).date();
        let (dated, _) = author::charted(site, id);
        Chart::end(dated.iter().rev().map(date), site.archive.newest()).hash(&mut mix);
        for mail in &person.mails {
            mix.write_u64(self.mail(*mail));
            match site.archive.home(*mail) {
                Home::Thread(thread) => mix.write_u64(self.thread(thread)),
                Home::Posting(id) => {
                    let author = site.archive.posting(id).author;
                    (self.named(id), self.person(author)).hash(&mut mix);
                }
            }
        }
        deeds.patches.iter().for_each(|mail| mix.write_u64(self.mail(*mail)));
        deeds.postings.iter().for_each(|id| mix.write_u64(self.postings[id.0 as usize]));
        for review in &deeds.reviews {
            let posting = site.archive.posting(review.posting);
            (self.named(review.posting), posting.date).hash(&mut mix);
            (self.person(posting.author), review.mark, review.patches).hash(&mut mix);
        }
        for (person, count) in &deeds.received {
            (self.person(*person), count).hash(&mut mix);
        }
        let told = site.texts.of_person(id).iter();
        told.for_each(|entry| site.urls.entry(*entry).hash(&mut mix));
        for (digest, count) in site.texts.counts_of(id) {
            (site.urls.text(*digest), count).hash(&mut mix);
        }
        mix.finish()
    }

    /// The pages of a subsystem, and its feed.
    pub fn subsystem_page(&self, site: &Site<'_>, id: SubsystemId) -> u64 {
        let subsystem = site.archive.subsystem(id);
        let mut mix = Mix::default();
        mix.write_u64(self.subsystems[id.0 as usize]);
        let parts = site.subsystem_parts.get(&id).into_iter().flatten();
        parts.for_each(|part| mix.write_u64(self.subsystems[part.0 as usize]));
        if let Some(section) = &subsystem.section {
            section.status.hash(&mut mix);
            (&section.lists, &section.trees).hash(&mut mix);
            for named in section.maintainers.iter().chain(&section.reviewers) {
                (&named.who.name, &named.who.email).hash(&mut mix);
                named.person.map(|person| self.person(person)).hash(&mut mix);
            }
        }
        subsystem.postings.iter().for_each(|id| mix.write_u64(self.postings[id.0 as usize]));
        let newest = site.archive.newest();
        let newest_first = subsystem.postings.iter().rev().map(|id| site.archive.posting(*id));
        let lately = newest_first.filter(|posting| Chart::may_show(posting.last, newest));
        let patches = lately.flat_map(|posting| &posting.patches);
        let dates = patches.map(|slot| site.archive.mail(slot.mail).date());
        Chart::end(dates, newest).hash(&mut mix);
        mix.write_u64(self.listed(&front::waiting(site, subsystem.postings.iter().copied())));
        let recent = site.archive.recent(&subsystem.postings);
        mix.write_u64(self.waiting(&site.waiting.among(recent)));
        let told = site.texts.of_subsystem(id).iter();
        told.for_each(|entry| site.urls.entry(*entry).hash(&mut mix));
        mix.finish()
    }

    /// Postings in a list.
    fn listed<'p>(&self, ids: impl IntoIterator<Item = &'p PostingId>) -> u64 {
        of_all(ids.into_iter().map(|id| self.postings[id.0 as usize]))
    }

    /// What waits, and for whom.
    fn waiting(&self, waiting: &Waiting) -> u64 {
        self.waiting_as(waiting, &self.postings)
    }

    /// What waited when a range ended: what came later changes nothing.
    fn waited(&self, waiting: &Waiting) -> u64 {
        self.waiting_as(waiting, &self.posted)
    }

    /// Each list by itself, with what the postings are `known` as.
    fn waiting_as(&self, waiting: &Waiting, known: &[u64]) -> u64 {
        let Waiting { unanswered, to_speak, unapplied } = waiting;
        let listed = |ids: &[PostingId]| of_all(ids.iter().map(|id| known[id.0 as usize]));
        let to_speak = to_speak.iter().map(|(id, people)| {
            let people = of_all(people.iter().map(|person| self.person(*person)));
            of((known[id.0 as usize], people))
        });
        of((listed(unanswered), listed(unapplied), of_all(to_speak)))
    }
}

/// The mails that Message-IDs name, in the order of the hashes of those.
fn found(site: &Site<'_>) -> Vec<(u64, MailId)> {
    let ids: Vec<(&str, MailId)> = site.archive.message_ids().collect();
    let mut found: Vec<(u64, MailId)> = ids.par_iter().map(|(id, mail)| (of(id), *mail)).collect();
    found.par_sort_unstable();
    found
}

fn subsystem(site: &Site<'_>, id: SubsystemId) -> u64 {
    let parent = |id: &SubsystemId| site.archive.subsystem(*id).parent;
    let chain = std::iter::successors(Some(id), parent).map(|id| {
        let subsystem = site.archive.subsystem(id);
        of((&subsystem.slug, &subsystem.name))
    });
    of_all(chain)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Whether it is hashed by words or as a whole, no byte and no length is overlooked.
    #[test]
    fn texts_that_differ_in_anything_have_other_hashes() {
        let mut hashes = HashSet::new();
        let text = b"20260704.1-a@example.org".repeat(6);
        for length in 0..text.len() {
            let mut text = text[..length].to_vec();
            assert!(hashes.insert(of(&text)), "{length}");
            assert!(hashes.insert(of([text.as_slice(), b"\0"].concat())), "{length}");
            for at in 0..length {
                for bit in [1, 0x80] {
                    text[at] ^= bit;
                    assert!(hashes.insert(of(&text)), "{at} of {length}");
                    text[at] ^= bit;
                }
            }
        }
        assert_eq!(of("a@example.org"), of("a@example.org".to_owned()));
        assert_ne!(of(("ab", "c")), of(("a", "bc")));
    }
}

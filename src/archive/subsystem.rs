//! Subsystems: areas of the code, by rules and MAINTAINERS, else by the prefix of the title.
//!
//! A patch is in every subsystem whose rule has a path that it touches or the prefix of its
//! title, and in the sections of MAINTAINERS for its paths and its content. Where neither
//! speaks, the prefix up to its last colon is a subsystem, and each shorter prefix one that it
//! is part of: `KVM: arm64: nv: …` is in KVM › arm64 › nv. A posting is in the subsystems of
//! its patches; its cover letter, which touches nothing, only speaks where there are none.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::archive::hashed::Map;
use crate::archive::maintainers::{Maintainers, Responsible, Section};
use crate::archive::people::Register;
use crate::archive::published::{EntryId, Published, PublishedId};
use crate::archive::slug::{short_id, slug};
use crate::archive::texts::Symbol;
use crate::archive::{MailId, MailRef, Mails, PersonId, Posting, PostingId};
use crate::config::SubsystemRule;
use crate::mail::{Mail, subject};

/// Index of a subsystem in [`crate::archive::Archive::subsystems`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubsystemId(pub u32);

/// An area of the code.
#[derive(Clone, Debug)]
pub struct Subsystem {
    /// The last part of its page's URL; unique.
    pub slug: String,
    /// Its name: `KVM x86`, or the prefix path `KVM: arm64`.
    pub name: String,
    /// The one it is part of, by prefix.
    pub parent: Option<SubsystemId>,
    /// Its postings, by date. A posting of a part is one of the whole, too.
    pub postings: Vec<PostingId>,
    /// Its section of MAINTAINERS, where it has one.
    pub section: Option<Section>,
}

impl Subsystem {
    /// The people that its section names, as far as they are known.
    pub(crate) fn people_mut(&mut self) -> impl Iterator<Item = &mut PersonId> {
        let named = self.section.iter_mut().flat_map(Section::named_mut);
        named.filter_map(|responsible| responsible.person.as_mut())
    }
}

/// The configured rules, ready for matching.
#[derive(Debug, Default)]
pub struct Rules {
    names: Vec<String>,
    paths: GlobSet,
    /// The rule of each glob in `paths`.
    rule_of_glob: Vec<usize>,
    /// Prefixes in lower case, without the last colon, and their rule.
    prefixes: Vec<(String, usize)>,
    maintainers: Maintainers,
}

impl Rules {
    /// Compiles the rules; gives the globs that are none, with the reason.
    pub fn new(rules: &[SubsystemRule]) -> (Rules, Vec<(String, globset::Error)>) {
        let mut globs = GlobSetBuilder::new();
        let mut compiled = Rules::default();
        let mut bad = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            compiled.names.push(rule.name.clone());
            for prefix in &rule.prefixes {
                let prefix = prefix.trim().trim_end_matches(':').to_lowercase();
                compiled.prefixes.push((prefix, index));
            }
            for path in &rule.paths {
                match Glob::new(path) {
                    Ok(glob) => {
                        globs.add(glob);
                        compiled.rule_of_glob.push(index);
                    }
                    Err(error) => bad.push((path.clone(), error)),
                }
            }
        }
        match globs.build() {
            Ok(set) => compiled.paths = set,
            Err(error) => bad.push((String::new(), error)),
        }
        (compiled, bad)
    }

    /// The same rules, and the sections of a MAINTAINERS file.
    pub fn with(self, maintainers: Maintainers) -> Rules {
        Rules { maintainers, ..self }
    }

    /// A hash of what these rules look for in the content of mails: where that is another, mail
    /// has to be read again.
    pub(crate) fn reading(&self) -> u64 {
        self.maintainers.reading()
    }

    /// The sections of MAINTAINERS that a mail is in by its content.
    pub(crate) fn keywords(&self, mail: &Mail) -> Box<[u32]> {
        self.maintainers.keywords(mail)
    }

    /// Whether nothing is said of any mail: neither here nor in MAINTAINERS.
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.maintainers.is_empty()
    }

    /// The subsystems that the rules and MAINTAINERS put a mail in: the name, and the section
    /// behind it. `known` remembers what is said of paths.
    fn names<'a>(
        &'a self,
        mail: MailRef<'_>,
        known: &mut Map<Symbol, OfPath>,
    ) -> BTreeMap<&'a str, Option<&'a Section>> {
        if self.is_empty() {
            return BTreeMap::new();
        }
        let mut rules = self.of_title(mail.title());
        let mut sections: Vec<u32> = mail.keywords().collect();
        let symbols = mail.file_records().iter().map(|file| file.path);
        for (path, symbol) in mail.files().map(|file| file.path).zip(symbols) {
            let of_path = known.entry(symbol).or_insert_with(|| self.of_path(path));
            rules.extend(&of_path.rules);
            sections.extend(&of_path.sections);
        }
        let rules = rules.into_iter().map(|rule| (self.names[rule].as_str(), None));
        let sections = sections.into_iter().map(|at| self.maintainers.section(at));
        let sections = sections.map(|section| (section.name.as_str(), Some(section)));
        rules.chain(sections).collect()
    }

    /// The rules and the sections that a path belongs to.
    fn of_path(&self, path: &str) -> OfPath {
        let globs = match self.rule_of_glob.is_empty() {
            true => Vec::new(),
            false => self.paths.matches(path),
        };
        let rules = globs.into_iter().map(|glob| self.rule_of_glob[glob]).collect();
        OfPath { rules, sections: self.maintainers.sections(path) }
    }

    /// The rules whose prefix a title has, ascending.
    fn of_title(&self, title: &str) -> BTreeSet<usize> {
        if self.prefixes.is_empty() {
            return BTreeSet::new();
        }
        let title = title.to_lowercase();
        let speaks = |prefix: &str| {
            title.strip_prefix(prefix).is_some_and(|rest| rest.starts_with([':', '/']))
        };
        self.prefixes.iter().filter(|(p, _)| speaks(p)).map(|(_, rule)| *rule).collect()
    }
}

/// What is said of a path.
struct OfPath {
    rules: Vec<usize>,
    sections: Vec<u32>,
}

/// A subsystem while the postings are gone through.
#[derive(Default)]
struct Draft {
    /// Its name in lower case.
    key: String,
    /// Its name as it was written, and how often so.
    names: Vec<(String, u32)>,
    /// The one it is part of.
    parent: Option<usize>,
    postings: Vec<PostingId>,
    section: Option<Section>,
    entries: Vec<EntryId>,
}

/// The subsystems so far.
#[derive(Default)]
struct Drafts {
    all: Vec<Draft>,
    by_key: Map<String, usize>,
    /// By a name as it is written: the draft, and which of its names that is.
    by_name: Map<String, (usize, usize)>,
    /// What a whole prefix leads to: a range of `entries`.
    by_prefix: Map<String, Range<usize>>,
    entries: Vec<Entry>,
}

/// A subsystem by one of the names that it is written with.
#[derive(Clone, Copy)]
struct Entry {
    draft: usize,
    name: usize,
    /// The one it is part of, by this name.
    parent: Option<usize>,
}

/// What is in a subsystem.
#[derive(Clone, Copy)]
enum Member {
    Posting(PostingId),
    Entry(EntryId),
}

/// Puts the postings, which stand in date order, and those that published texts tell of into
/// subsystems, and tells the latter their own. Of those only the titles speak.
pub(crate) fn assign(
    mails: &Mails,
    postings: &[Posting],
    published: &mut [Published],
    rules: &Rules,
    people: &Register<'_>,
) -> Vec<Subsystem> {
    let mut drafts = Drafts::default();
    let mut known = Map::default();
    for (index, posting) in postings.iter().enumerate() {
        let id = Member::Posting(PostingId(index as u32));
        for member in speakers(posting) {
            let mail = mails.mail(member);
            let names = rules.names(mail, &mut known);
            for (name, section) in &names {
                let draft = drafts.enter_name(name, id);
                if let (None, Some(section)) = (&draft.section, section) {
                    draft.section = Some(section.with_people(people));
                }
            }
            if names.is_empty() {
                drafts.enter_prefix(subject::prefix(mail.title()), id);
            }
        }
    }
    enter_texts(&mut drafts, published, rules);
    finish(drafts.all, published)
}

/// The mails that say which subsystems a posting is in.
fn speakers(posting: &Posting) -> impl Iterator<Item = MailId> {
    let cover = posting.cover.filter(|_| posting.patches.is_empty());
    cover.into_iter().chain(posting.patches.iter().map(|slot| slot.mail))
}

impl Section {
    fn named_mut(&mut self) -> impl Iterator<Item = &mut Responsible> {
        self.maintainers.iter_mut().chain(&mut self.reviewers)
    }

    /// The same, with those it names looked up.
    fn with_people(&self, people: &Register<'_>) -> Section {
        let mut section = self.clone();
        for named in section.named_mut() {
            named.person = people.known(named.who.view());
        }
        section
    }
}

fn enter_texts(drafts: &mut Drafts, published: &[Published], rules: &Rules) {
    for (digest, text) in (0..).map(PublishedId).zip(published) {
        for (at, entry) in (0..).zip(&text.told.entries) {
            let id = Member::Entry(EntryId { digest, at });
            for subject in entry.subjects() {
                let named = rules.of_title(&subject.title);
                for rule in &named {
                    drafts.enter_name(&rules.names[*rule], id);
                }
                if named.is_empty() {
                    drafts.enter_prefix(subject.prefix(), id);
                }
            }
        }
    }
}

impl Drafts {
    /// Enters a member of the subsystem with a name.
    fn enter_name(&mut self, name: &str, member: Member) -> &mut Draft {
        let entry = self.entry(name, None);
        self.enter(entry, member)
    }

    /// Enters a member of the subsystem that a prefix names, and of all that is part of.
    fn enter_prefix(&mut self, prefix: &str, member: Member) {
        let range = match self.by_prefix.get(prefix) {
            Some(known) => known.clone(),
            None => {
                let entries = self.entries(prefix);
                let range = self.entries.len()..self.entries.len() + entries.len();
                self.entries.extend(entries);
                self.by_prefix.insert(prefix.to_owned(), range.clone());
                range
            }
        };
        for at in range {
            self.enter(self.entries[at], member);
        }
    }

    fn entries(&mut self, prefix: &str) -> Vec<Entry> {
        let parts: Vec<&str> = subject::parts(prefix).collect();
        let mut above = None;
        (1..=parts.len())
            .map(|end| {
                let entry = self.entry(&parts[..end].join(": "), above);
                above = Some(entry.draft);
                entry
            })
            .collect()
    }

    /// The subsystem with a name, new or known.
    fn entry(&mut self, name: &str, parent: Option<usize>) -> Entry {
        if let Some(&(draft, name)) = self.by_name.get(name) {
            return Entry { draft, name, parent };
        }
        let Drafts { all, by_key, by_name, .. } = self;
        let key = name.to_lowercase();
        let draft = *by_key.entry(key.clone()).or_insert_with(|| {
            all.push(Draft { key, ..Draft::default() });
            all.len() - 1
        });
        let names = &mut all[draft].names;
        names.push((name.to_owned(), 0));
        let place = (draft, names.len() - 1);
        by_name.insert(name.to_owned(), place);
        Entry { draft, name: place.1, parent }
    }

    fn enter(&mut self, entry: Entry, member: Member) -> &mut Draft {
        let draft = &mut self.all[entry.draft];
        draft.names[entry.name].1 += 1;
        draft.parent = entry.parent.or(draft.parent);
        match member {
            Member::Posting(id) if draft.postings.last() != Some(&id) => draft.postings.push(id),
            Member::Entry(id) if draft.entries.last() != Some(&id) => draft.entries.push(id),
            Member::Posting(_) | Member::Entry(_) => {}
        }
        draft
    }
}

/// Names and slugs for the drafts. Of two whose names have one slug, the one that comes
/// first by name keeps it.
fn finish(drafts: Vec<Draft>, published: &mut [Published]) -> Vec<Subsystem> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_unstable_by(|&a, &b| drafts[a].key.cmp(&drafts[b].key));
    let slugs = slugs(&drafts, &order);
    order.sort_by(|&a, &b| slugs[a].cmp(&slugs[b]));
    let mut places = vec![SubsystemId(0); drafts.len()];
    for (id, &draft) in (0..).map(SubsystemId).zip(&order) {
        places[draft] = id;
        for entry in &drafts[draft].entries {
            let entries = &mut published[entry.digest.0 as usize].told.entries;
            entries[entry.at as usize].subsystems.push(id);
        }
    }
    let mut found: Vec<(SubsystemId, Subsystem)> = (drafts.into_iter().zip(slugs).enumerate())
        .map(|(at, (draft, slug))| {
            let parent = draft.parent.map(|parent| places[parent]);
            let name = draft.name();
            let Draft { postings, section, .. } = draft;
            (places[at], Subsystem { slug, name, parent, postings, section })
        })
        .collect();
    found.sort_unstable_by_key(|(id, _)| *id);
    found.into_iter().map(|(_, subsystem)| subsystem).collect()
}

/// The slugs of the drafts, given in `order`.
fn slugs(drafts: &[Draft], order: &[usize]) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut slugs = vec![String::new(); drafts.len()];
    for &at in order {
        let key = &drafts[at].key;
        let plain = Some(slug(key)).filter(|s| !s.is_empty()).unwrap_or_else(|| short_id(key));
        let slug = match taken.insert(plain.clone()) {
            true => plain,
            false => format!("{plain}-{}", short_id(key)),
        };
        taken.insert(slug.clone());
        slugs[at] = slug;
    }
    slugs
}

impl Draft {
    /// The name that it is written with most often; of several the first in order.
    fn name(&self) -> String {
        let most_used = self.names.iter().max_by_key(|(name, n)| (*n, std::cmp::Reverse(name)));
        most_used.map_or(self.key.clone(), |(name, _)| name.clone())
    }
}

//! Subsystems: areas of the code, by rules and MAINTAINERS, else by the prefix of the title.
//!
//! A patch is in every subsystem whose rule has a path that it touches or the prefix of its
//! title, and in the sections of MAINTAINERS for its paths and its content. Where neither
//! speaks, the prefix up to its last colon is a subsystem, and each shorter prefix one that it
//! is part of: `KVM: arm64: nv: …` is in KVM › arm64 › nv. A posting is in the subsystems of
//! its patches; its cover letter, which touches nothing, only speaks where there are none.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::archive::maintainers::{Maintainers, Responsible, Section};
use crate::archive::people::Register;
use crate::archive::published::{EntryId, Published, PublishedId};
use crate::archive::slug::{short_id, slug};
use crate::archive::{MailId, MailRef, Mails, PersonId, Posting, PostingId};
use crate::config::SubsystemRule;
use crate::mail::Mail;

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

    /// The subsystems that the rules and MAINTAINERS put a mail in: the name, and the section
    /// behind it. `known` remembers the sections of paths.
    fn names<'a>(
        &'a self,
        mail: MailRef<'a>,
        known: &mut HashMap<&'a str, Vec<u32>>,
    ) -> BTreeMap<&'a str, Option<&'a Section>> {
        let rules = self.matching(mail).into_iter();
        let mut names: BTreeMap<&str, Option<&Section>> =
            rules.map(|rule| (self.names[rule].as_str(), None)).collect();
        let mut enter = |at: u32| {
            let section = self.maintainers.section(at);
            names.insert(&section.name, Some(section));
        };
        mail.keywords().for_each(&mut enter);
        for file in mail.files() {
            let sections =
                known.entry(file.path).or_insert_with(|| self.maintainers.sections(file.path));
            sections.iter().copied().for_each(&mut enter);
        }
        names
    }

    /// The rules that speak for a mail, ascending.
    fn matching(&self, mail: MailRef<'_>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        if !self.rule_of_glob.is_empty() {
            for file in mail.files() {
                let globs = self.paths.matches(file.path);
                found.extend(globs.into_iter().map(|glob| self.rule_of_glob[glob]));
            }
        }
        found.extend(self.of_title(mail.title()));
        found
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

/// A subsystem while the postings are gone through.
#[derive(Default)]
struct Draft {
    names: BTreeMap<String, u32>,
    parent: Option<String>,
    postings: Vec<PostingId>,
    section: Option<Section>,
    entries: Vec<EntryId>,
}

/// What is in a subsystem.
#[derive(Clone, Copy)]
enum Member {
    Posting(PostingId),
    Entry(EntryId),
}

/// Puts the postings, which stand in date order, and those that published texts tell of into
/// subsystems, and tells each one its own. Of the latter only the titles speak.
pub(crate) fn assign(
    mails: &Mails,
    postings: &mut [Posting],
    published: &mut [Published],
    rules: &Rules,
    people: &Register<'_>,
) -> Vec<Subsystem> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut known = HashMap::new();
    for (index, posting) in postings.iter().enumerate() {
        let id = Member::Posting(PostingId(index as u32));
        for member in speakers(posting) {
            let mail = mails.mail(member);
            let names = rules.names(mail, &mut known);
            for (name, section) in &names {
                let draft = enter(&mut drafts, &name.to_lowercase(), name, None, id);
                if let (None, Some(section)) = (&draft.section, section) {
                    draft.section = Some(section.with_people(people));
                }
            }
            if names.is_empty() {
                enter_prefixes(&mut drafts, &mail.subject().prefix_parts(), id);
            }
        }
    }
    enter_texts(&mut drafts, published, rules);
    let subsystems = finish(drafts, published);
    for (index, subsystem) in subsystems.iter().enumerate() {
        for posting in &subsystem.postings {
            postings[posting.0 as usize].subsystems.push(SubsystemId(index as u32));
        }
    }
    subsystems
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

fn enter_texts(drafts: &mut BTreeMap<String, Draft>, published: &[Published], rules: &Rules) {
    for (digest, text) in (0..).map(PublishedId).zip(published) {
        for (at, entry) in (0..).zip(&text.told.entries) {
            let id = Member::Entry(EntryId { digest, at });
            for subject in entry.subjects() {
                let named = rules.of_title(&subject.title);
                for rule in &named {
                    let name = &rules.names[*rule];
                    enter(drafts, &name.to_lowercase(), name, None, id);
                }
                if named.is_empty() {
                    enter_prefixes(drafts, &subject.prefix_parts(), id);
                }
            }
        }
    }
}

fn enter_prefixes(drafts: &mut BTreeMap<String, Draft>, parts: &[&str], member: Member) {
    let mut above: Option<String> = None;
    for end in 1..=parts.len() {
        let name = parts[..end].join(": ");
        let key = name.to_lowercase();
        enter(drafts, &key, &name, above.as_deref(), member);
        above = Some(key);
    }
}

fn enter<'a>(
    drafts: &'a mut BTreeMap<String, Draft>,
    key: &str,
    name: &str,
    parent: Option<&str>,
    member: Member,
) -> &'a mut Draft {
    let draft = drafts.entry(key.to_owned()).or_default();
    *draft.names.entry(name.to_owned()).or_default() += 1;
    if let Some(parent) = parent {
        draft.parent = Some(parent.to_owned());
    }
    match member {
        Member::Posting(id) if draft.postings.last() != Some(&id) => draft.postings.push(id),
        Member::Entry(id) if draft.entries.last() != Some(&id) => draft.entries.push(id),
        Member::Posting(_) | Member::Entry(_) => {}
    }
    draft
}

/// Names and slugs for the drafts. Of two whose names have one slug, the one that comes
/// first by name keeps it.
fn finish(drafts: BTreeMap<String, Draft>, published: &mut [Published]) -> Vec<Subsystem> {
    let mut taken = HashSet::new();
    let mut found: Vec<(String, Option<String>, Vec<EntryId>, Subsystem)> =
        Vec::with_capacity(drafts.len());
    for (key, draft) in drafts {
        let plain = Some(slug(&key)).filter(|s| !s.is_empty()).unwrap_or_else(|| short_id(&key));
        let slug = match taken.insert(plain.clone()) {
            true => plain,
            false => format!("{plain}-{}", short_id(&key)),
        };
        taken.insert(slug.clone());
        let most_used = draft.names.iter().max_by_key(|&(name, n)| (*n, std::cmp::Reverse(name)));
        let name = most_used.map_or(key.clone(), |(name, _)| name.clone());
        let (postings, section) = (draft.postings, draft.section);
        let subsystem = Subsystem { slug, name, parent: None, postings, section };
        found.push((key, draft.parent, draft.entries, subsystem));
    }
    found.sort_by(|a, b| a.3.slug.cmp(&b.3.slug));
    for (index, (_, _, entries, _)) in found.iter().enumerate() {
        for id in entries {
            let entries = &mut published[id.digest.0 as usize].told.entries;
            entries[id.at as usize].subsystems.push(SubsystemId(index as u32));
        }
    }
    let places: HashMap<String, SubsystemId> = found
        .iter()
        .enumerate()
        .map(|(index, (key, ..))| (key.clone(), SubsystemId(index as u32)))
        .collect();
    found
        .into_iter()
        .map(|(_, parent, _, mut subsystem)| {
            subsystem.parent = parent.and_then(|key| places.get(&key).copied());
            subsystem
        })
        .collect()
}

//! One piece of work from its first mail to its last: a series and its revisions.
//!
//! A [`Teller`] only reads the [`World`]; what it tells is a [`Story`], which the world takes
//! in or leaves. What reviewers say is in [`super::review`], what is no series in
//! [`super::talk`].

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use sha1::{Digest, Sha1};

use super::calendar::{self, DAY};
use super::cast::{Mailer, Person};
use super::change::{Bench, Change, Kind};
use super::crowd::{Crowd, FOUNDERS};
use super::diff::{self, Stat};
use super::grammar::{Grammar, Params, wrap};
use super::letter::{Form, Letter};
use super::outbox::Truth;
use super::project::{self, Subsystem};
use super::random::Rng;
use super::tree::{Draft, Tree};

/// Where mails of the list can be read, for links in them.
const ARCHIVE: &str = "https://lore.example.org/peatfs";

/// The made-up project and its people.
pub struct World {
    /// The words.
    pub grammar: Grammar,
    /// The parts of the project.
    pub subsystems: Vec<Subsystem>,
    /// The people; the first ones maintain an area each.
    pub cast: Vec<Person>,
    /// Which of them are about.
    pub crowd: Crowd,
    /// The build bot.
    pub bot: Person,
    /// The files.
    pub tree: Tree,
    /// Hashes of sender and title of everything posted, so that no title comes twice from
    /// one person and means different work.
    titles: HashSet<u64>,
    /// What was applied lately, by subsystem, for pull requests.
    pub merged: Vec<Vec<Merged>>,
    /// How many series there have been.
    pub series: u32,
}

/// A commit that was applied.
pub struct Merged {
    /// When.
    pub at: i64,
    /// Its author.
    pub author: usize,
    /// Its title.
    pub title: String,
    /// Its diffstat.
    pub stats: Vec<Stat>,
}

/// What a teller has told.
#[derive(Default)]
pub struct Story {
    /// The mails, each with its truth.
    pub mails: Vec<(Vec<u8>, Truth)>,
    /// The files worked on: as they were, and as they are if the work is merged.
    pub work: Option<(Draft, Draft)>,
    /// When the work ends, and whether it is merged.
    pub settled: (i64, bool),
    /// Hashes of titles.
    pub titles: Vec<u64>,
    /// What is merged, with its subsystem.
    pub merged: Vec<(usize, Merged)>,
    /// How many series it tells of.
    pub series: u32,
    /// Who writes in it for the first time, if they write in it.
    newcomers: Vec<usize>,
    /// Who writes in it.
    speakers: Vec<usize>,
    /// The subsystem whose merged commits a pull request has named.
    pub pulled: Option<(usize, usize)>,
}

impl World {
    /// A project without files that has some subsystems, and the people for so many mails.
    pub fn new(mails: u32, subsystems: usize, seed: u64) -> World {
        let grammar = Grammar::new();
        let subsystems = project::subsystems(subsystems);
        let mut rng = Rng::part(seed, 0);
        let crowd = Crowd::new(mails, &mut rng);
        let mut cast = super::cast::people(crowd.len(), &grammar, &mut rng);
        for (who, person) in cast.iter_mut().enumerate() {
            let some = project::some_subsystem(subsystems.len(), &mut rng);
            person.home = if who < FOUNDERS { who } else { some };
        }
        let bot = Person {
            name: "peatfs build bot".into(),
            address: "bot@lists.example.org".into(),
            zone: 0,
            mailer: Mailer::Mutt,
            b4: false,
            charset: "UTF-8",
            via: false,
            home: 0,
        };
        let merged = subsystems.iter().map(|_| Vec::new()).collect();
        let (tree, titles) = (Tree::default(), HashSet::new());
        World { grammar, subsystems, cast, crowd, bot, tree, titles, merged, series: 0 }
    }

    /// Keeps what a story needs for itself and what others may refer to.
    pub fn accept(&mut self, story: &mut Story, now: i64) {
        const KEPT: usize = 40;
        self.crowd.hear(&story.speakers, now);
        self.titles.extend(story.titles.drain(..));
        self.series += story.series;
        if let Some((base, end)) = &story.work {
            self.tree.reserve(base);
            self.tree.reserve(end);
        }
        if let Some((subsystem, count)) = story.pulled {
            self.merged[subsystem].drain(..count);
        }
        for (subsystem, merged) in story.merged.drain(..) {
            let all = &mut self.merged[subsystem];
            all.push(merged);
            if all.len() > KEPT {
                all.remove(0);
            }
        }
    }

    /// The maintainer of a subsystem.
    pub fn maintainer(&self, subsystem: usize) -> usize {
        self.subsystems[subsystem].area % FOUNDERS
    }
}

/// A mail that was sent, as far as answers need it.
#[derive(Clone)]
pub struct Sent {
    /// Message-ID.
    pub id: String,
    /// What it refers to.
    pub references: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Who sent it; none for the bot.
    pub from: Option<usize>,
    /// When.
    pub at: i64,
    /// Its text.
    pub text: String,
    /// Version and number, of a posting's mail and of what answers it.
    pub place: Option<(u32, u32)>,
}

/// How a series is mailed.
pub struct Style {
    /// Words before the version in brackets.
    pub tag: &'static str,
    /// Each patch answers the one before.
    deep: bool,
    /// Patches answer nothing.
    loose: bool,
    /// What a later version answers.
    chain: Chain,
    /// The change-id, for b4.
    change_id: Option<String>,
    /// The diff is an attachment.
    attached: bool,
    /// What the first version refers to: the discussion it came out of.
    pub follows: Vec<String>,
}

/// What a later version's first mail answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chain {
    First,
    Last,
    Nothing,
}

/// A series as its sender has it at some time.
pub struct Plan {
    /// Who sends it.
    pub sender: usize,
    /// The subsystem.
    pub subsystem: usize,
    /// What texts about it mention.
    pub names: Params,
    /// Title and text of the cover letter.
    pub cover: Option<(String, String)>,
    /// How it is mailed.
    pub style: Style,
    /// The commits.
    pub changes: Vec<Change>,
    /// The files before them.
    base: Draft,
    /// What has changed since the version before.
    pub log: Vec<String>,
}

/// A version as it was posted.
pub struct Posted {
    /// Its version.
    pub version: u32,
    /// The cover.
    pub cover: Option<Sent>,
    /// The patches.
    pub patches: Vec<Sent>,
    /// The files after it.
    pub draft: Draft,
    /// The diffstats of the patches.
    pub stats: Vec<Vec<Stat>>,
}

impl Posted {
    /// The cover, else the first patch.
    pub fn head(&self) -> &Sent {
        self.cover.as_ref().unwrap_or(&self.patches[0])
    }

    /// When the last of it was sent.
    pub fn end(&self) -> i64 {
        self.patches.last().map_or(self.head().at, |p| p.at)
    }
}

/// One mail of a posting.
struct Part {
    /// k of k/n; 0 for the cover.
    index: usize,
    text: String,
    id: String,
    references: Vec<String>,
    at: i64,
}

/// How a posting departs from the usual.
#[derive(Clone, Copy, Default)]
pub struct Oddity {
    /// Sent again as it is.
    pub resend: bool,
    /// This patch gets lost on its way.
    pub lost: Option<usize>,
    /// Only this patch is sent, as a partial re-roll.
    pub only: Option<usize>,
}

/// Tells one story.
pub struct Teller<'w> {
    /// The world it happens in.
    pub world: &'w World,
    /// The source of choice.
    pub rng: Rng,
    /// What has been told.
    pub story: Story,
}

impl<'w> Teller<'w> {
    /// A teller with nothing told yet.
    pub fn new(world: &'w World, rng: Rng) -> Teller<'w> {
        Teller { world, rng, story: Story::default() }
    }

    /// The number of the story's series in the whole list.
    fn series(&self) -> u32 {
        self.world.series + self.story.series.max(1)
    }

    /// Somebody, but none of `others`: perhaps one who has not written yet.
    pub fn somebody(&mut self, others: &[usize]) -> usize {
        const NEW: usize = 60;
        match self.world.crowd.newcomer(&[others, &self.story.newcomers].concat()) {
            Some(who) if self.rng.chance(NEW) => {
                self.story.newcomers.push(who);
                who
            }
            _ => self.regular(others),
        }
    }

    /// Somebody who writes now and then, but none of `others`.
    fn regular(&mut self, others: &[usize]) -> usize {
        const TRIES: usize = 20;
        let mut draws = (0..TRIES).map(|_| self.world.crowd.draw(&mut self.rng));
        let someone = draws.find(|who| !others.contains(who));
        someone.or_else(|| (0..FOUNDERS).find(|who| !others.contains(who))).unwrap_or(0)
    }

    /// Somebody to look at work on a subsystem, but none of `others`: its maintainer, or
    /// mostly somebody who works on the same area.
    pub fn reviewer(&mut self, subsystem: usize, others: &[usize]) -> usize {
        const TRIES: usize = 5;
        let world = self.world;
        let maintainer = world.maintainer(subsystem);
        match self.rng.weighted(&[20, 20, 60]) {
            0 if !others.contains(&maintainer) => maintainer,
            1 => self.somebody(others),
            _ => {
                let area = world.subsystems[subsystem].area;
                let near = |who: &usize| world.subsystems[world.cast[*who].home].area == area;
                let found = (0..TRIES).map(|_| self.regular(others)).find(near);
                found.unwrap_or_else(|| self.regular(others))
            }
        }
    }

    /// What somebody works on: mostly the same.
    fn work_of(&mut self, who: usize) -> usize {
        const HOME: usize = 65;
        match self.rng.chance(HOME) {
            true => self.world.cast[who].home,
            false => self.some_subsystem(),
        }
    }

    /// Some subsystem, one that much is done on rather than others.
    pub fn some_subsystem(&mut self) -> usize {
        project::some_subsystem(self.world.subsystems.len(), &mut self.rng)
    }

    /// The next moment from `at` on when somebody is at work.
    pub fn awake(&mut self, who: usize, at: i64) -> i64 {
        let hour = calendar::hour(at, self.world.cast[who].zone);
        match hour {
            0..8 => at + (8 - hour) * 3600 + self.rng.within(0, 7200),
            _ => at,
        }
    }

    /// A text of a rule.
    pub fn say(&mut self, rule: &str, names: &Params) -> String {
        self.world.grammar.say(rule, &mut self.rng, names)
    }

    /// Writes a mail down.
    pub fn send(&mut self, sent: &Sent, form: Form, to: Option<usize>, mut truth: Truth) {
        let world = self.world;
        let from = sent.from.map_or(&world.bot, |who| &world.cast[who]);
        self.story.speakers.extend(sent.from);
        let letter = Letter {
            from,
            at: sent.at,
            subject: sent.subject.clone(),
            id: sent.id.clone(),
            references: sent.references.clone(),
            to: to.map(|who| &world.cast[who]),
            text: sent.text.clone(),
            form,
        };
        truth.mid = sent.id.clone();
        truth.parent = sent.references.last().cloned();
        truth.from = from.address.clone();
        truth.date = sent.at;
        if truth.subject.is_empty() {
            truth.subject = sent.subject.clone();
        }
        self.story.mails.push((letter.bytes(&mut self.rng), truth));
    }

    /// Plans a series of a subsystem: `count` changes of the given kinds in turn. Nothing
    /// where the files have no room for it.
    pub fn plan(&mut self, sender: usize, subsystem: usize, kinds: &[Kind]) -> Option<Plan> {
        let world = self.world;
        let noun = self.rng.below(6);
        let names = project::params(&world.subsystems[subsystem], noun, &mut self.rng);
        let mut bench = Bench {
            grammar: &world.grammar,
            subsystems: &world.subsystems,
            tree: &world.tree,
            rng: Rng::new(self.rng.next()),
            subsystem,
            noun,
            base: Draft::default(),
            draft: Draft::default(),
            said: Vec::new(),
        };
        const TRIES: usize = 4;
        let one = |kind: &Kind| (0..TRIES).find_map(|_| bench.plan(*kind));
        let changes: Vec<Change> = kinds.iter().filter_map(one).collect();
        let base = bench.base;
        let style = self.style(sender, changes.first()?);
        let mut plan =
            Plan { sender, subsystem, names, cover: None, style, changes, base, log: Vec::new() };
        self.retitle(&mut plan);
        Some(plan)
    }

    /// How somebody mails a series that begins with this commit.
    fn style(&mut self, sender: usize, first: &Change) -> Style {
        let b4 = self.world.cast[sender].b4;
        let tags = ["", " next", " peatfs"];
        let chain = [Chain::First, Chain::Last, Chain::Nothing, Chain::Nothing];
        let slug = change_slug(&first.title);
        Style {
            tag: tags[self.rng.weighted(&[90, 7, 3])],
            deep: !b4 && self.rng.chance(4),
            loose: !b4 && self.rng.chance(4),
            chain: if b4 { Chain::Nothing } else { *self.rng.pick(&chain) },
            change_id: b4.then(|| format!("{slug}-{}", self.rng.hex(12))),
            attached: false,
            follows: Vec::new(),
        }
    }

    /// Makes titles that this sender has not used yet.
    fn retitle(&mut self, plan: &mut Plan) {
        let sender = plan.sender;
        for change in &mut plan.changes {
            let file = change.names.get("file").unwrap_or_default().to_string();
            let endings = [String::new(), format!(" in {file}"), ", once more".into()];
            let fresh = endings.iter().map(|e| format!("{}{e}", change.title));
            change.title = self.fresh(sender, fresh.collect());
        }
    }

    /// The first of some titles that the sender has not used; the last, if none is.
    fn fresh(&mut self, sender: usize, titles: Vec<String>) -> String {
        let mut last = String::new();
        for title in titles {
            let mut hasher = DefaultHasher::new();
            (sender, &title).hash(&mut hasher);
            let hash = hasher.finish();
            last = title;
            if !self.world.titles.contains(&hash) && !self.story.titles.contains(&hash) {
                self.story.titles.push(hash);
                break;
            }
        }
        last
    }

    /// Gives a series a cover letter: `fixes` for one without a common aim.
    pub fn write_cover(&mut self, plan: &mut Plan, fixes: bool) {
        let rule = if fixes { "cover.fixes.title" } else { "cover.title" };
        let mut names = plan.names.clone();
        let count = plan.changes.len();
        names.set("last", count.to_string());
        names.set("mid", (count / 2).max(1).to_string());
        let file = plan.changes[0].names.get("file").unwrap_or("the code").to_string();
        names.set("file", file);
        let titles = (0..12).map(|_| self.say(rule, &names)).collect();
        let title = self.fresh(plan.sender, titles);
        let mut parts = Vec::new();
        if fixes {
            parts.push(self.say("cover.fixes.body", &names));
        } else {
            parts.push(self.say("cover.why", &names));
            parts.push(self.say("cover.how", &names));
            if count > 3 {
                parts.push(self.say("cover.walk", &names));
            }
            parts.push(self.say("cover.figures", &names));
        }
        if self.rng.chance(50) {
            parts.push(self.say("cover.ask", &names));
        }
        plan.cover = Some((title, parts.join("\n\n")));
    }

    /// Posts a version of a series at `at`. `earlier` are the versions before it.
    pub fn post(
        &mut self,
        plan: &mut Plan,
        version: u32,
        at: i64,
        earlier: &[Posted],
        odd: Oddity,
    ) -> Posted {
        let (texts, stats, draft) = self.render(plan);
        let at = self.awake(plan.sender, at);
        let count = plan.changes.len();
        let ids = self.ids(plan, version, at, count);
        let answers = self.answers(plan, earlier, odd);
        let mut posted = Posted { version, cover: None, patches: Vec::new(), draft, stats };
        if plan.cover.is_some() && odd.only.is_none() {
            let text = self.cover_text(plan, version, at, &posted.stats, earlier);
            let (id, references) = (ids[0].clone(), answers.clone());
            let part = Part { index: 0, text, id, references, at };
            posted.cover = Some(self.part(plan, version, part, odd));
        }
        for (i, text) in texts.into_iter().enumerate() {
            if odd.lost == Some(i) || odd.only.is_some_and(|only| only != i) {
                continue;
            }
            let text = self.with_notes(plan, version, text, earlier);
            let references = self.parents(plan, &posted, &answers);
            let (id, at) = (ids[i + 1].clone(), at + 1 + i as i64);
            let part = Part { index: i + 1, text, id, references, at };
            posted.patches.push(self.part(plan, version, part, odd));
        }
        posted
    }

    /// What the first mail of a posting refers to.
    fn answers(&self, plan: &Plan, earlier: &[Posted], odd: Oddity) -> Vec<String> {
        let of = |sent: &Sent| {
            let mut all = sent.references.clone();
            all.push(sent.id.clone());
            all
        };
        match (earlier.first(), earlier.last(), odd.only) {
            (_, Some(last), Some(i)) => of(&last.patches[i]),
            (Some(first), ..) if plan.style.chain == Chain::First => of(first.head()),
            (_, Some(last), _) if plan.style.chain == Chain::Last => of(last.head()),
            (None, ..) => plan.style.follows.clone(),
            _ => Vec::new(),
        }
    }

    /// What the next patch of a posting refers to.
    fn parents(&self, plan: &Plan, posted: &Posted, answers: &[String]) -> Vec<String> {
        let of = |sent: &Sent| {
            let mut all = sent.references.clone();
            all.push(sent.id.clone());
            all
        };
        match (&posted.cover, posted.patches.last()) {
            _ if plan.style.loose => Vec::new(),
            (_, Some(last)) if plan.style.deep => of(last),
            (Some(cover), _) => of(cover),
            (None, Some(_)) => of(&posted.patches[0]),
            (None, None) => answers.to_vec(),
        }
    }

    /// Message-IDs for a cover and `count` patches, as git or b4 make them.
    fn ids(&mut self, plan: &Plan, version: u32, at: i64, count: usize) -> Vec<String> {
        let person = &self.world.cast[plan.sender];
        let pid = self.rng.within(1000, 3_999_999);
        let many = self.rng.chance(40);
        let of = |i: usize, rng: &mut Rng| match &plan.style.change_id {
            Some(change) => {
                let slug = change.rsplit_once('-').map_or("", |(slug, _)| slug);
                format!(
                    "{}-{slug}-v{version}-{i}-{}@{}",
                    calendar::day(at),
                    rng.hex(12),
                    person.host()
                )
            }
            None if many && i == 0 => format!("cover.{at}.git.{}", person.address),
            None if many => {
                format!("{}{}{}.{at}.git.{}", rng.hex(16), rng.hex(16), rng.hex(8), person.address)
            }
            None => format!("{}.{pid}-{i}-{}", calendar::stamp(at), person.address),
        };
        (0..=count).map(|i| of(i, &mut self.rng)).collect()
    }

    /// Sends one mail of a posting.
    fn part(&mut self, plan: &Plan, version: u32, part: Part, odd: Oddity) -> Sent {
        let Part { index, text, id, references, at } = part;
        let total = plan.changes.len();
        let title = match (index, &plan.cover) {
            (0, Some((title, _))) => title,
            _ => &plan.changes[index.saturating_sub(1)].title,
        };
        let numbered = total > 1 || plan.cover.is_some();
        let prefix =
            prefix(plan.style.tag, odd.resend, version, numbered.then_some((index, total)));
        let sent = Sent {
            id,
            references,
            subject: format!("[{prefix}] {title}"),
            from: Some(plan.sender),
            at,
            text,
            place: Some((version, index as u32)),
        };
        let kind = match index {
            _ if odd.resend => "resend",
            0 => "cover",
            _ => "patch",
        };
        let truth = Truth {
            kind,
            series: Some(self.series()),
            version: Some(version),
            i: Some(index as u32),
            total: Some(total as u32),
            subject: title.clone(),
            ..Truth::default()
        };
        let form = if plan.style.attached { Form::Attached } else { Form::Patch };
        self.send(&sent, form, None, truth);
        sent
    }

    /// The mail texts of a plan's patches, their diffstats, and the files after them. Changes
    /// that have nothing left to change are dropped from the plan.
    fn render(&mut self, plan: &mut Plan) -> (Vec<String>, Vec<Vec<Stat>>, Draft) {
        let mut draft = plan.base.clone();
        let (mut texts, mut stats, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for change in std::mem::take(&mut plan.changes) {
            let deltas: Vec<_> = change.edits.iter().filter_map(|e| draft.apply(e)).collect();
            if deltas.is_empty() {
                plan.log.push(format!("drop \"{}\", which is not needed any more", change.title));
                continue;
            }
            let rows = diff::stats(&deltas);
            let mut text = self.message(plan.sender, &change);
            text.push_str("---\n");
            text.push_str(&diff::diffstat(rows.clone()));
            text.push('\n');
            deltas.iter().for_each(|d| d.write(&mut text));
            text.push_str("-- \n2.47.1\n");
            texts.push(text);
            stats.push(rows);
            kept.push(change);
        }
        plan.changes = kept;
        (texts, stats, draft)
    }

    /// A commit message with its trailers.
    fn message(&self, sender: usize, change: &Change) -> String {
        let cast = &self.world.cast;
        let author = change.author.unwrap_or(sender);
        let mut text = String::with_capacity(2048);
        if author != sender || cast[sender].via {
            text.push_str(&format!("From: {}\n\n", cast[author].signature()));
        }
        text.push_str(&wrap(&change.message, 72));
        text.push('\n');
        for trailer in &change.trailers {
            text.push_str(trailer);
            text.push('\n');
        }
        text.push_str(&format!("Signed-off-by: {}\n", cast[author].signature()));
        if author != sender {
            text.push_str(&format!("Signed-off-by: {}\n", cast[sender].signature()));
        }
        text
    }

    /// The text of a patch that is sent without a cover, with what has changed since the
    /// version before.
    fn with_notes(
        &mut self,
        plan: &Plan,
        version: u32,
        text: String,
        earlier: &[Posted],
    ) -> String {
        if plan.cover.is_some() || earlier.is_empty() && plan.style.change_id.is_none() {
            return text;
        }
        let mut notes = self.changelog(plan, version, earlier);
        if let Some(id) = &plan.style.change_id {
            notes.push_str(&format!("---\nchange-id: {}-{id}\n", first_day(earlier)));
        }
        text.replacen("\n---\n", &format!("\n---\n{notes}\n"), 1)
    }

    fn changelog(&mut self, plan: &Plan, version: u32, earlier: &[Posted]) -> String {
        let Some(last) = earlier.last() else { return String::new() };
        let before = version - 1;
        let link = format!("{ARCHIVE}/{}/", last.head().id);
        let mut out = match plan.style.change_id {
            Some(_) => format!("Changes in v{version}:\n"),
            None => format!("Changes since v{before}:\n"),
        };
        let log = match plan.log.is_empty() {
            true => vec!["rebase, no other changes".to_string()],
            false => plan.log.clone(),
        };
        for line in log {
            let line = wrap(&format!("- {line}"), 70);
            out.push_str(line.trim_end().replace('\n', "\n  ").as_str());
            out.push('\n');
        }
        match plan.style.change_id {
            Some(_) => out.push_str(&format!("- Link to v{before}: {link}\n")),
            None if plan.style.chain == Chain::Nothing => {
                out.push_str(&format!("\nv{before}: {link}\n"))
            }
            None => {}
        }
        out
    }

    fn cover_text(
        &mut self,
        plan: &Plan,
        version: u32,
        at: i64,
        stats: &[Vec<Stat>],
        earlier: &[Posted],
    ) -> String {
        let person = &self.world.cast[plan.sender];
        let body = plan.cover.as_ref().map_or("", |(_, body)| body);
        let mut text = wrap(body, 72);
        let log = self.changelog(plan, version, earlier);
        let rule = if plan.style.change_id.is_some() { "---\n" } else { "\n" };
        if plan.style.change_id.is_some() {
            text.push_str(&format!("\nSigned-off-by: {}\n", person.signature()));
        }
        if !log.is_empty() {
            text.push_str(rule);
            text.push_str(&log);
        }
        text.push_str(if plan.style.change_id.is_some() { "\n---\n" } else { "\n" });
        text.push_str(&self.shortlog(plan));
        text.push_str(&diff::diffstat(diff::summed(stats.iter().flatten())));
        match &plan.style.change_id {
            Some(id) => text.push_str(&format!(
                "---\nbase-commit: {}\nchange-id: {}-{id}\n\nBest regards,\n-- \n{}\n",
                tip(earlier.first().map_or(at, |p| p.head().at)),
                first_day_or(earlier, at),
                person.signature()
            )),
            None => text.push_str("\n-- \n2.47.1\n"),
        }
        text
    }

    fn shortlog(&self, plan: &Plan) -> String {
        let mut authors: Vec<usize> = Vec::new();
        let author = |c: &Change| c.author.unwrap_or(plan.sender);
        for change in &plan.changes {
            if !authors.contains(&author(change)) {
                authors.push(author(change));
            }
        }
        let mut out = String::new();
        for who in authors {
            let titles = plan.changes.iter().filter(|c| author(c) == who).map(|c| c.title.as_str());
            out.push_str(&shortlog_of(&self.world.cast[who].name, &titles.collect::<Vec<_>>()));
        }
        out
    }

    /// Ends a series: merged, with what was merged remembered for a pull request, or not.
    pub fn settle(&mut self, plan: Plan, posted: Posted, at: i64, merged: bool) {
        if merged {
            for (change, stats) in plan.changes.iter().zip(posted.stats) {
                let author = change.author.unwrap_or(plan.sender);
                let done = Merged { at, author, title: change.title.clone(), stats };
                self.story.merged.push((plan.subsystem, done));
            }
        }
        self.story.work = Some((plan.base, posted.draft));
        self.story.settled = (at, merged);
    }

    /// Makes the next thing told a series of its own.
    pub fn begin_series(&mut self) {
        self.story.series += 1;
    }

    /// A series with its reviews, from its first version to its end.
    pub fn series_story(&mut self, at: i64) -> Option<()> {
        let sender = self.somebody(&[]);
        let subsystem = self.work_of(sender);
        let first = self.story.newcomers.contains(&sender);
        // Who is new begins with something small.
        let shapes = if first { [80, 4, 2, 0, 14] } else { [30, 15, 32, 11, 12] };
        let shape = self.rng.weighted(&shapes);
        let kinds = self.kinds(shape);
        let mut plan = self.plan(sender, subsystem, &kinds)?;
        let count = plan.changes.len();
        let rfc = count > 1 && self.rng.chance(8);
        if count > 1 && (rfc || shape != 4) {
            self.write_cover(&mut plan, shape == 1);
        }
        if rfc {
            plan.style.tag = " RFC";
            self.note(&mut plan, "rfc.note");
        }
        plan.style.attached = count == 1 && self.rng.chance(3);
        if count > 1 && self.rng.chance(12) {
            let author = self.somebody(&[sender]);
            let which = self.rng.below(count);
            plan.changes[which].author = Some(author);
        }
        self.begin_series();
        self.revise(plan, at, rfc);
        Some(())
    }

    fn note(&mut self, plan: &mut Plan, rule: &str) {
        let note = self.say(rule, &plan.names);
        if let Some((_, body)) = &mut plan.cover {
            body.push_str("\n\n");
            body.push_str(&note);
        }
    }

    /// What a series of some shape does: one commit, fixes, a plan, new files, or a few
    /// commits without a cover.
    fn kinds(&mut self, shape: usize) -> Vec<Kind> {
        use Kind::{Explain, Extend, Fix, Prune, Start, Test, Tidy};
        let count = 2 + self.rng.below(4) + self.rng.below(3) * self.rng.below(3);
        let mut draw = |count: usize, from: &[Kind]| -> Vec<Kind> {
            (0..count).map(|_| *self.rng.pick(from)).collect()
        };
        match shape {
            0 => draw(1, &[Fix, Fix, Fix, Fix, Tidy, Tidy, Extend, Explain, Test, Prune]),
            1 => draw(count, &[Fix, Fix, Fix, Tidy]),
            2 => {
                let mut kinds = draw(count / 2, &[Tidy, Fix]);
                kinds.extend(draw(count, &[Extend, Extend, Extend, Start, Tidy]));
                kinds.extend([Test, Explain].iter().filter(|_| count > 2));
                kinds
            }
            3 => {
                let mut kinds = vec![Start];
                kinds.extend(draw(count, &[Extend, Extend, Start, Explain]));
                kinds
            }
            _ => draw(2 + count % 2, &[Fix, Tidy, Extend]),
        }
    }
}

/// The words of a change-id, from a title without its prefix.
fn change_slug(title: &str) -> String {
    let (_, words) = title.rsplit_once(": ").unwrap_or(("", title));
    let plain = words.replace(|c: char| !c.is_ascii_alphanumeric(), "-").to_lowercase();
    let words = plain.split('-').filter(|w| !w.is_empty()).take(4);
    words.collect::<Vec<_>>().join("-")
}

fn first_day(earlier: &[Posted]) -> String {
    first_day_or(earlier, earlier.first().map_or(0, |p| p.head().at))
}

fn first_day_or(earlier: &[Posted], at: i64) -> String {
    calendar::day(earlier.first().map_or(at, |p| p.head().at) - 3 * DAY)
}

/// What stands in a subject's brackets.
fn prefix(tag: &str, resend: bool, version: u32, place: Option<(usize, usize)>) -> String {
    let mut text = match tag {
        " RFC" => "RFC PATCH".to_string(),
        " PULL" => "PULL".to_string(),
        _ => format!("PATCH{tag}"),
    };
    if resend {
        text.push_str(" RESEND");
    }
    if version > 1 {
        text.push_str(&format!(" v{version}"));
    }
    if let Some((index, total)) = place {
        let width = total.to_string().len();
        text.push_str(&format!(" {index:0width$}/{total}"));
    }
    text
}

/// `Name (2):` and the titles below it, as git shortlog has them.
pub fn shortlog_of(name: &str, titles: &[&str]) -> String {
    let mut out = format!("{name} ({}):\n", titles.len());
    for title in titles {
        out.push_str(&format!("      {title}\n"));
    }
    out.push('\n');
    out
}

/// The commit that the main branch is at on the day of `at`.
pub fn tip(at: i64) -> String {
    object_id(&format!("tip of {}", calendar::day(at)))
}

/// An object id that belongs to a text.
pub fn object_id(text: &str) -> String {
    Sha1::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

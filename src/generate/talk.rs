//! What a list carries besides series: bug reports, questions, plans, announcements and pull
//! requests.

use super::calendar::{self, DAY};
use super::change::Kind;
use super::diff;
use super::grammar::{Params, wrap};
use super::letter::{self, Form};
use super::outbox::Truth;
use super::project;
use super::review::{Says, own_words};
use super::story::{self, Merged, Oddity, Sent, Teller};

impl Teller<'_> {
    /// A thread without patches, except that a bug may be answered with one.
    pub fn discussion(&mut self, at: i64) {
        let kind = ["bug", "ask", "plan", "release"][self.rng.weighted(&[40, 30, 22, 8])];
        let subsystem = self.some_subsystem();
        let noun = self.rng.below(6);
        let names = project::params(&self.world.subsystems[subsystem], noun, &mut self.rng);
        let asker = match kind {
            "release" => self.world.maintainer(subsystem),
            _ => self.somebody(&[]),
        };
        let rule = |step: &str| format!("talk.{kind}.{step}");
        let title = self.say(&rule("title"), &names);
        let open = wrap(&self.say(&rule("open"), &names), 72);
        let greeting = *self.rng.pick(&["Hi,\n\n", "Hello everybody,\n\n", "Hi all,\n\n", ""]);
        let farewell = self.farewell(asker);
        let text = format!("{greeting}{open}{farewell}");
        let first = self.open_thread(asker, at, title, text);
        let mut last = first.clone();
        for step in ["a", "b", "c", "d", "end"] {
            if step == "d" && kind != "bug" {
                continue;
            }
            if self.rng.chance(18) {
                return;
            }
            let others: Vec<usize> = last.from.into_iter().collect();
            let asks = kind != "plan" && matches!(step, "b" | "end");
            let who = if asks { asker } else { self.somebody(&others) };
            last = self.step(who, &last, &rule(step), &names);
            if step == "d" && self.rng.chance(60) {
                self.mend(who, subsystem, &last);
            }
            if step == "c" && self.rng.chance(25) {
                self.tangent(last.clone(), &names, true);
            }
        }
    }

    /// A question that nobody answers.
    pub fn question(&mut self, at: i64) {
        let subsystem = self.some_subsystem();
        let noun = self.rng.below(6);
        let names = project::params(&self.world.subsystems[subsystem], noun, &mut self.rng);
        let who = self.somebody(&[]);
        let title = self.say("talk.ask.title", &names);
        let text = wrap(&self.say("talk.ask.open", &names), 72);
        self.open_thread(who, at, title, text);
    }

    /// The first mail of a thread.
    fn open_thread(&mut self, who: usize, at: i64, subject: String, text: String) -> Sent {
        let at = self.awake(who, at);
        let id = letter::message_id(&self.world.cast[who], at, &mut self.rng);
        let from = Some(who);
        let sent = Sent { id, references: Vec::new(), subject, from, at, text, place: None };
        let truth = Truth { kind: "discussion", ..Truth::default() };
        self.send(&sent, Form::Prose, None, truth);
        sent
    }

    fn step(&mut self, who: usize, last: &Sent, rule: &str, names: &Params) -> Sent {
        let text = wrap(&self.say(rule, names), 72);
        let farewell = self.farewell(who);
        let body = last.text.clone();
        let quote = own_words(&body);
        let at = last.at + self.rng.within(1500, 2 * DAY);
        let says = Says { discussion: true, ..Says::default() };
        self.answer(Some(who), last, at, &quote, &format!("{text}{farewell}"), says)
    }

    /// A patch in answer to a bug report.
    fn mend(&mut self, who: usize, subsystem: usize, to: &Sent) {
        let Some(mut plan) = self.plan(who, subsystem, &[Kind::Fix]) else { return };
        plan.style.follows = to.references.clone();
        plan.style.follows.push(to.id.clone());
        self.begin_series();
        let posted = self.post(&mut plan, 1, to.at + 1200, &[], Oddity::default());
        let end = posted.end() + DAY;
        self.settle(plan, posted, end, false);
    }

    /// A pull request for what was merged into a subsystem; false where that is too little.
    pub fn pull_request(&mut self, at: i64) -> bool {
        const ENOUGH: usize = 3;
        let world = self.world;
        let subsystem = self.some_subsystem();
        let ready = world.merged[subsystem].iter().take_while(|m| m.at < at).count();
        if ready < ENOUGH {
            return false;
        }
        let sender = world.maintainer(subsystem);
        let noun = self.rng.below(6);
        let names = project::params(&world.subsystems[subsystem], noun, &mut self.rng);
        let merged = &world.merged[subsystem][..ready];
        let at = self.awake(sender, at);
        let text = self.request(sender, at, &names, merged);
        let id = letter::message_id(&world.cast[sender], at, &mut self.rng);
        let release = format!("0.{}", names.get("d1").unwrap_or_default());
        let subject =
            format!("[GIT PULL] peatfs: {} for {release}", world.subsystems[subsystem].name);
        let from = Some(sender);
        let sent = Sent { id, references: Vec::new(), subject, from, at, text, place: None };
        self.send(&sent, Form::Patch, None, Truth { kind: "pull", ..Truth::default() });
        let done = self.say("pull.done", &names);
        let who = self.somebody(&[sender]).min(1);
        let when = at + self.rng.within(DAY / 2, 3 * DAY);
        let quote: Vec<&str> = sent.text.lines().filter(|l| l.contains("tags/")).collect();
        self.answer(Some(who), &sent, when, &quote, &format!("{done}\n"), Says::default());
        self.story.pulled = Some((subsystem, ready));
        true
    }

    fn request(&mut self, sender: usize, at: i64, names: &Params, merged: &[Merged]) -> String {
        let world = self.world;
        let sub = names.get("sub").unwrap_or_default();
        let tag = format!("{sub}-{}", calendar::day(at));
        let rule = "-".repeat(64);
        let mut text = wrap(&format!("Hi,\n\n{}\n", self.say("pull.why", names)), 72);
        text.push_str(&format!(
            "\nThe following changes since commit {}:\n\n  peatfs: open the next cycle\n\n\
             are available in the Git repository at:\n\n  \
             https://git.example.org/peatfs/peatfs.git tags/{tag}\n\n\
             for you to fetch changes up to {}:\n\n  {}\n\n{rule}\n",
            story::tip(merged[0].at),
            story::object_id(&tag),
            merged[merged.len() - 1].title,
        ));
        for _ in 0..2 {
            text.push_str(&format!(" - {}\n", self.say("pull.note", names)));
        }
        text.push_str(&format!("\n{rule}\n"));
        let mut authors: Vec<usize> = Vec::new();
        for commit in merged {
            if !authors.contains(&commit.author) {
                authors.push(commit.author);
            }
        }
        for who in authors {
            let titles = merged.iter().filter(|m| m.author == who).map(|m| m.title.as_str());
            let titles: Vec<&str> = titles.collect();
            text.push_str(&story::shortlog_of(&world.cast[who].name, &titles));
        }
        text.push_str(&diff::diffstat(diff::summed(merged.iter().flat_map(|m| &m.stats))));
        text + &self.farewell(sender)
    }

    /// A pull request that is posted with its patches, `[PULL 0/n]`.
    pub fn pull_series(&mut self, at: i64) -> Option<()> {
        let subsystem = self.some_subsystem();
        let sender = self.world.maintainer(subsystem);
        let kinds = [Kind::Fix, Kind::Fix, Kind::Tidy, Kind::Extend, Kind::Extend];
        let count = 2 + self.rng.below(4);
        let mut plan = self.plan(sender, subsystem, &kinds[..count])?;
        self.write_cover(&mut plan, true);
        plan.style.tag = " PULL";
        self.begin_series();
        let posted = self.post(&mut plan, 1, at, &[], Oddity::default());
        let done = self.say("pull.done", &plan.names);
        let who = self.somebody(&[sender]);
        let when = posted.end() + self.rng.within(DAY / 3, 2 * DAY);
        let head = posted.head().clone();
        let number = self.world.series + self.story.series;
        let says = Says { applied: Some((number, 1)), ..Says::default() };
        let quote: Vec<&str> = head.text.lines().take(2).collect();
        let sent = self.answer(Some(who), &head, when, &quote, &format!("{done}\n"), says);
        self.settle(plan, posted, sent.at, true);
        Some(())
    }
}

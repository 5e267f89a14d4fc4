//! What people answer to patches, and what comes of it: remarks that change the next
//! revision, trailers, tangents, and the end of a series.

use super::calendar::{self, DAY};
use super::cast::{LIST, Mailer};
use super::change::{Change, comment_lines};
use super::grammar::{Params, wrap};
use super::letter::{self, Form};
use super::outbox::Truth;
use super::story::{self, Oddity, Plan, Posted, Sent, Teller};
use super::tree::{Edit, FileEdit, Line};

/// A remark of a reviewer, as the words have it.
struct Remark<'t> {
    fields: Vec<(&'t str, &'t str)>,
}

impl<'t> Remark<'t> {
    fn read(text: &'t str) -> Remark<'t> {
        Remark { fields: text.lines().filter_map(|l| l.split_once(": ")).collect() }
    }

    fn get(&self, name: &str) -> &'t str {
        self.fields.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v)
    }

    /// Whether it makes sense for a kind of change.
    fn suits(&self, key: &str) -> bool {
        self.get("on").split(' ').any(|word| word == key)
    }

    /// Changes a commit as the remark asks; false where it does not apply to it. `later` are
    /// the commits after it, which may lean on what is changed.
    fn alter(&self, change: &mut Change, later: &mut [Change], put: &str) -> bool {
        match self.get("kind") {
            "message" => {
                change.message.push_str("\n\n");
                change.message.push_str(put);
                true
            }
            "comment" => add_comment(change, put),
            "swap" => swap(change, later, self.get("from"), self.get("to")),
            _ => true,
        }
    }
}

/// Puts a comment above the first line that a commit adds to a source file.
fn add_comment(change: &mut Change, text: &str) -> bool {
    for edit in &mut change.edits {
        let (path, cut, put) = match edit {
            FileEdit::Change { path, edits } => match edits.first_mut() {
                Some(Edit { cut, put, .. }) => (path, cut.as_slice(), put),
                None => continue,
            },
            _ => continue,
        };
        if path.ends_with(".md") {
            continue;
        }
        let new = put.iter().position(|l| !l.is_empty() && !cut.contains(l));
        let Some(at) = new.filter(|at| !put[*at].contains("*/") && !put[*at].starts_with('#'))
        else {
            continue;
        };
        let line = &put[at];
        let tabs = line.len() - line.trim_start_matches('\t').len();
        put.splice(at..at, comment_lines(path, tabs, text));
        return true;
    }
    false
}

/// Replaces words in the lines that a commit adds, and in what later ones expect there.
fn swap(change: &mut Change, later: &mut [Change], from: &str, to: &str) -> bool {
    let mut swapped: Vec<(Line, Line)> = Vec::new();
    each_line(change, |line, new| {
        if new && line.contains(from) && !line.contains(to) {
            let better: Line = line.replacen(from, to, 1).into();
            swapped.push((std::mem::replace(line, better.clone()), better));
        }
    });
    for change in later {
        each_line(change, |line, new| {
            let known = swapped.iter().find(|(old, _)| !new && old == line);
            if let Some((_, better)) = known {
                *line = better.clone();
            }
        });
    }
    !swapped.is_empty()
}

/// Visits the lines of a commit's edits; true for those it adds.
fn each_line(change: &mut Change, mut visit: impl FnMut(&mut Line, bool)) {
    for edit in &mut change.edits {
        match edit {
            FileEdit::Create { lines, .. } => lines.iter_mut().for_each(|l| visit(l, true)),
            FileEdit::Change { edits, .. } => {
                for Edit { scope, cut, after, put } in edits {
                    scope.iter_mut().chain(after.iter_mut()).for_each(|l| visit(l, false));
                    for line in put.iter_mut() {
                        let kept = cut.contains(line);
                        visit(line, !kept);
                    }
                    cut.iter_mut().for_each(|l| visit(l, false));
                }
            }
            _ => {}
        }
    }
}

/// What an answer says besides its text.
#[derive(Default)]
pub struct Says {
    /// Review trailers it gives.
    pub trailers: Vec<String>,
    /// Series and version that it says were applied.
    pub applied: Option<(u32, u32)>,
    /// Whether it is part of a thread without patches.
    pub discussion: bool,
}

impl Teller<'_> {
    /// Answers a mail: `quote` are lines of it, `text` what is said below them.
    pub fn answer(
        &mut self,
        who: Option<usize>,
        to: &Sent,
        at: i64,
        quote: &[&str],
        text: &str,
        says: Says,
    ) -> Sent {
        let at = who.map_or(at, |who| self.awake(who, at)).max(to.at + 60);
        let world = self.world;
        let person = who.map_or(&world.bot, |who| &world.cast[who]);
        let id = letter::message_id(person, at, &mut self.rng);
        let mut references = to.references.clone();
        references.push(to.id.clone());
        let subject = to.subject.trim_start_matches("Re: ").trim_start_matches("RE: ");
        let (re, text) = match person.mailer {
            Mailer::Outlook => ("RE: ", format!("{text}\n{}", self.original(to, quote))),
            _ => ("Re: ", format!("{}{text}", self.quoted(who, to, quote))),
        };
        let sent = Sent {
            id,
            references,
            subject: format!("{re}{subject}"),
            from: who,
            at,
            text,
            place: to.place,
        };
        let truth = Truth {
            kind: if says.discussion { "discussion" } else { "reply" },
            version: to.place.map(|(version, _)| version),
            i: to.place.map(|(_, index)| index),
            trailers: says.trailers,
            applied: says.applied,
            ..Truth::default()
        };
        self.send(&sent, Form::Prose, to.from, truth);
        sent
    }

    fn quoted(&self, who: Option<usize>, to: &Sent, quote: &[&str]) -> String {
        if quote.is_empty() {
            return String::new();
        }
        let mut out = self.attribution(who, to);
        for line in quote {
            out.push_str(match line.as_bytes().first() {
                None => ">",
                Some(b'>') => ">",
                Some(_) => "> ",
            });
            out.push_str(line);
            out.push('\n');
        }
        out.push('\n');
        out
    }

    fn attribution(&self, who: Option<usize>, to: &Sent) -> String {
        let world = self.world;
        let (person, said) = (who.map_or(&world.bot, |w| &world.cast[w]), to.from);
        let said = said.map_or(&world.bot, |w| &world.cast[w]);
        let (name, zone) = (&said.name, person.zone);
        match person.mailer {
            Mailer::Emacs => format!("{} writes:\n\n", said.signature()),
            Mailer::Webmail => {
                format!("On {} {} wrote:\n", calendar::spoken(to.at, zone, true), said.signature())
            }
            Mailer::Thunderbird if person.charset == "GB2312" => {
                format!("在 {}, {name} 写道:\n", calendar::slashed(to.at, zone))
            }
            _ => format!("On {}, {name} wrote:\n", calendar::spoken(to.at, zone, false)),
        }
    }

    fn original(&self, to: &Sent, quote: &[&str]) -> String {
        let world = self.world;
        let said = to.from.map_or(&world.bot, |w| &world.cast[w]);
        format!(
            "\n-----Original Message-----\nFrom: {}\nSent: {}\nTo: {}\nSubject: {}\n\n{}\n",
            said.signature(),
            calendar::spoken(to.at, 60, true),
            LIST,
            to.subject,
            quote.iter().filter(|l| !l.contains("-by: ")).copied().collect::<Vec<_>>().join("\n")
        )
    }

    /// How somebody ends a mail.
    pub fn farewell(&mut self, who: usize) -> String {
        let person = &self.world.cast[who];
        let name = person.first_name();
        match (who + self.rng.below(2)) % 5 {
            0 => String::new(),
            1 => format!("\n{name}\n"),
            2 => format!("\nThanks,\n{name}\n"),
            3 => format!("\nBest regards,\n{name}\n"),
            _ => format!("\n-- \n{}\n", person.name),
        }
    }

    /// Mails the versions of a series with their reviews, and its end.
    pub fn revise(&mut self, mut plan: Plan, at: i64, rfc: bool) {
        let versions = 1 + self.rng.weighted(&[52, 27, 13, 6, 2]) as u32;
        let mut posted: Vec<Posted> = Vec::new();
        let mut at = at;
        for version in 1..=versions {
            let last = version == versions;
            let odd = Oddity { lost: self.loses(&plan, last), ..Oddity::default() };
            let next = self.post(&mut plan, version, at, &posted, odd);
            plan.log.clear();
            let end = match last {
                true => next.end(),
                false => self.review(&mut plan, &next),
            };
            posted.push(next);
            at = end + DAY + self.rng.within(0, 9 * DAY);
            if last {
                break;
            }
        }
        self.finish(plan, posted, rfc);
    }

    /// Which patch of a posting gets lost, if one does.
    fn loses(&mut self, plan: &Plan, last: bool) -> Option<usize> {
        let count = plan.changes.len();
        (!last && count > 2 && self.rng.chance(3)).then(|| 1 + self.rng.below(count - 1))
    }

    /// Reviews a posting; what is asked for is done to the plan. Gives the time of the last
    /// answer.
    fn review(&mut self, plan: &mut Plan, posted: &Posted) -> i64 {
        let first = self.reviewer(plan.subsystem, &[plan.sender]);
        let second = self.reviewer(plan.subsystem, &[plan.sender, first]);
        let mut end = posted.end();
        if self.rng.chance(12) {
            end = end.max(self.bot_report(posted, plan));
        }
        let mut asked = 0;
        for i in 0..posted.patches.len() {
            let who = if self.rng.chance(65) { first } else { second };
            if self.rng.chance(45) || asked == 0 && i + 1 == posted.patches.len() {
                asked += 1;
                end = end.max(self.remark(plan, &posted.patches[i], who));
            } else if self.rng.chance(25) {
                let (sent, trailer) = self.approve(&posted.patches[i], who, "Reviewed-by");
                end = end.max(sent.at);
                let index = sent.place.map_or(0, |(_, i)| i as usize);
                let change = index.checked_sub(1).and_then(|i| plan.changes.get_mut(i));
                change.into_iter().for_each(|c| c.trailers.push(trailer.clone()));
            }
        }
        if self.rng.chance(14) {
            end = end.max(self.tangent(posted.head().clone(), &plan.names, false));
        }
        end
    }

    /// Somebody asks for something, the sender answers, and the plan is changed.
    fn remark(&mut self, plan: &mut Plan, patch: &Sent, who: usize) -> i64 {
        let index = patch.place.map_or(0, |(_, i)| i as usize).saturating_sub(1);
        let texts = self.world.grammar.texts("remark");
        let start = self.rng.below(texts.len());
        let upto = (index + 1).min(plan.changes.len());
        let (changes, later) = plan.changes.split_at_mut(upto);
        let Some(change) = changes.last_mut() else { return patch.at };
        let names = change.names.clone();
        for i in 0..texts.len() {
            let remark = Remark::read(texts[(start + i) % texts.len()]);
            let put = self.world.grammar.expand(remark.get("put"), &mut self.rng, &names);
            let said = change.message.contains(&put) && !put.is_empty();
            if !remark.suits(change.key) || said || !remark.alter(change, later, &put) {
                continue;
            }
            let log = remark.get("log");
            if !log.is_empty() {
                let name = self.world.cast[who].first_name();
                let alone = changes.len() + later.len() == 1;
                let place = if alone { String::new() } else { format!("patch {}: ", index + 1) };
                plan.log.push(format!("{place}{log} ({name})"));
            }
            let (ask, yes) = (remark.get("ask"), remark.get("yes"));
            let (ask, yes) = (wrap(ask, 72), wrap(yes, 72));
            return self.ask(patch, who, plan.sender, &ask, &yes, remark.get("kind") == "message");
        }
        patch.at
    }

    fn ask(
        &mut self,
        patch: &Sent,
        who: usize,
        sender: usize,
        ask: &str,
        yes: &str,
        of_message: bool,
    ) -> i64 {
        let quote = quote_of(&patch.text, of_message);
        let at = patch.at + self.rng.within(2000, 4 * DAY);
        let farewell = self.farewell(who);
        let lead = match self.rng.chance(20) {
            true => format!("{}\n\n", self.say("nit.reply", &Params::default())),
            false => String::new(),
        };
        let asked = self.answer(
            Some(who),
            patch,
            at,
            &quote,
            &format!("{lead}{ask}{farewell}"),
            Says::default(),
        );
        if !self.rng.chance(70) {
            return asked.at;
        }
        let at = asked.at + self.rng.within(900, DAY);
        let first = self.world.cast[who].first_name().to_string();
        let thanks = self.say("thanks", &Params::default().with("first", first));
        let lines: Vec<&str> = ask.lines().collect();
        let text = if self.rng.chance(35) { format!("{yes}\n{thanks}\n") } else { yes.to_string() };
        self.answer(Some(sender), &asked, at, &lines, &text, Says::default()).at
    }

    /// Gives a trailer for a mail.
    fn approve(&mut self, to: &Sent, who: usize, name: &str) -> (Sent, String) {
        let trailer = format!("{name}: {}", self.world.cast[who].signature());
        let rule = if name == "Tested-by" { "tested.reply" } else { "praise" };
        let says = self.say(rule, &Params::default());
        let quote = quote_of(&to.text, true);
        let text = match self.rng.chance(60) {
            true => format!("{}\n{trailer}\n", wrap(&says, 72)),
            false => format!("{trailer}\n"),
        };
        let at = to.at + self.rng.within(3000, 3 * DAY);
        let says = Says { trailers: vec![trailer.clone()], ..Says::default() };
        (self.answer(Some(who), to, at, &quote, &text, says), trailer)
    }

    fn bot_report(&mut self, posted: &Posted, plan: &Plan) -> i64 {
        let sender = self.world.cast[plan.sender].first_name();
        let names = plan.changes[0].names.clone();
        let names = names.with("fn", "main").with("file", "main.c");
        let text = match self.rng.chance(60) {
            true => format!("{}\n", self.say("bot.ok", &names)),
            false => wrap(&format!("Hi {sender},\n\n{}", self.say("bot.fail", &names)), 78),
        };
        let at = posted.end() + self.rng.within(1800, 20_000);
        self.answer(None, posted.head(), at, &[], &text, Says::default()).at
    }

    /// People get to talk of something else. Gives the time of the last of it.
    pub fn tangent(&mut self, from: Sent, names: &Params, discussion: bool) -> i64 {
        let count = 2 + self.rng.below(6);
        let mut last = from;
        let mut said: Vec<String> = Vec::new();
        for i in 0..count {
            let rule = match i {
                0 => "tangent.start",
                _ if i + 1 == count => "tangent.end",
                _ => "tangent.go",
            };
            let text = wrap(&self.say(rule, names), 72);
            if said.contains(&text) {
                continue;
            }
            said.push(text.clone());
            let others: Vec<usize> = last.from.into_iter().collect();
            let who = self.somebody(&others);
            let body = last.text.clone();
            let quote = own_words(&body);
            let at = last.at + self.rng.within(1200, DAY);
            let farewell = self.farewell(who);
            let says = Says { discussion, ..Says::default() };
            last = self.answer(Some(who), &last, at, &quote, &format!("{text}{farewell}"), says);
        }
        last.at
    }

    /// The end of a series: applied, refused, sent again, partly sent again, or nothing.
    fn finish(&mut self, mut plan: Plan, mut posted: Vec<Posted>, rfc: bool) {
        let weights = if rfc { [15, 35, 5, 0, 45] } else { [66, 5, 6, 4, 19] };
        let end = self.rng.weighted(&weights);
        let Some(last) = posted.pop() else { return };
        match end {
            0 => self.applied(plan, last),
            1 => self.refused(plan, last),
            2 => {
                let at = last.end() + 16 * DAY + self.rng.within(0, 6 * DAY);
                posted.push(last);
                self.note_resend(&mut plan);
                let odd = Oddity { resend: true, ..Oddity::default() };
                let version = posted.len() as u32;
                let again = self.post(&mut plan, version, at, &posted, odd);
                let end = self.tail(&again, &plan);
                self.settle(plan, again, end, false);
            }
            3 if last.patches.len() > 2 => self.partly_again(plan, posted, last),
            _ => {
                let at = self.tail(&last, &plan);
                self.settle(plan, last, at, false);
            }
        }
    }

    fn note_resend(&mut self, plan: &mut Plan) {
        let note = self.say("resend.note", &plan.names);
        if let Some((_, body)) = &mut plan.cover {
            *body = format!("{note}\n\n{body}");
        }
    }

    /// A posting that nobody takes: perhaps somebody asks for news.
    fn tail(&mut self, posted: &Posted, plan: &Plan) -> i64 {
        if !self.rng.chance(30) {
            return posted.end() + DAY;
        }
        let at = posted.end() + self.rng.within(9 * DAY, 20 * DAY);
        let text = format!("{}\n", self.say("ping", &plan.names));
        self.answer(Some(plan.sender), posted.head(), at, &[], &text, Says::default()).at
    }

    /// One patch is sent once more at a higher version, in answer to itself.
    fn partly_again(&mut self, mut plan: Plan, mut posted: Vec<Posted>, last: Posted) {
        let which = self.rng.below(last.patches.len());
        let who = self.reviewer(plan.subsystem, &[plan.sender]);
        let patch = last.patches[which].clone();
        let at = self.remark(&mut plan, &patch, who) + 7200;
        let version = last.version + 1;
        let count = last.patches.len();
        posted.push(last);
        let odd = Oddity { only: Some(which), ..Oddity::default() };
        plan.cover = plan.cover.map(|(title, _)| (title, String::new()));
        let again = self.post(&mut plan, version, at, &posted, odd);
        debug_assert!(again.patches.len() <= count);
        let end = again.draft.entries.first().map_or(at, |_| at) + DAY;
        self.settle(plan, again, end, false);
    }

    /// Reviews, then thanks from the maintainer.
    fn applied(&mut self, plan: Plan, posted: Posted) {
        let mut end = posted.end();
        if self.rng.chance(70) {
            end = end.max(self.approvals(&plan, &posted));
        }
        let maintainer = self.world.maintainer(plan.subsystem);
        let at = end + self.rng.within(7200, 6 * DAY);
        let text = self.thanks(&plan, &posted, maintainer);
        let says = Says { applied: Some((self.number(), posted.version)), ..Says::default() };
        let head = posted.head().clone();
        let quote: Vec<&str> = head.text.lines().take_while(|l| !l.is_empty()).take(5).collect();
        let quote =
            if self.world.cast[maintainer].mailer == Mailer::Outlook { &[] } else { &quote[..] };
        let sent = self.answer(Some(maintainer), &head, at, quote, &text, says);
        self.settle(plan, posted, sent.at, true);
    }

    fn number(&self) -> u32 {
        self.world.series + self.story.series
    }

    /// Trailers for the whole series or for each patch.
    fn approvals(&mut self, plan: &Plan, posted: &Posted) -> i64 {
        let who = self.reviewer(plan.subsystem, &[plan.sender]);
        let mut end = posted.end();
        if posted.cover.is_some() && self.rng.chance(50) {
            let head = posted.head().clone();
            end = end.max(self.approve(&head, who, "Reviewed-by").0.at);
        } else {
            for patch in &posted.patches {
                let name = *self.rng.pick(&["Reviewed-by", "Reviewed-by", "Acked-by"]);
                end = end.max(self.approve(patch, who, name).0.at);
            }
        }
        if self.rng.chance(20) {
            let tester = self.somebody(&[plan.sender, who]);
            let head = posted.head().clone();
            end = end.max(self.approve(&head, tester, "Tested-by").0.at);
        }
        end
    }

    /// What the maintainer writes: short, or the list of commits that b4 makes.
    fn thanks(&mut self, plan: &Plan, posted: &Posted, maintainer: usize) -> String {
        let short = self.say("applied.short", &plan.names);
        if posted.patches.len() < 2 || self.rng.chance(50) {
            return format!("{short}{}\n", self.farewell(maintainer).trim_end());
        }
        let mut text = String::from("Applied to next, thanks!\n\n");
        let count = posted.patches.len();
        for (i, change) in plan.changes.iter().enumerate() {
            let id = story::object_id(&posted.patches[i].id);
            text.push_str(&format!("[{}/{count}] {}\n      commit: {id}\n", i + 1, change.title));
        }
        text + &format!("\nBest regards,\n-- \n{}\n", self.world.cast[maintainer].signature())
    }

    fn refused(&mut self, plan: Plan, posted: Posted) {
        let maintainer = self.world.maintainer(plan.subsystem);
        let who =
            if maintainer == plan.sender { self.somebody(&[plan.sender]) } else { maintainer };
        let at = posted.end() + self.rng.within(3600, 3 * DAY);
        let says = self.say("nack", &plan.names);
        let trailer = format!("Nacked-by: {}", self.world.cast[who].signature());
        let text = match self.rng.chance(50) {
            true => format!("{}\n{trailer}\n", wrap(&says, 72)),
            false => wrap(&says, 72),
        };
        let head = posted.head().clone();
        let quote: Vec<&str> = head.text.lines().take(6).collect();
        let sent = self.answer(Some(who), &head, at, &quote, &text, Says::default());
        let reply = format!("{}\n", self.say("nack.reply", &plan.names));
        let at = sent.at + self.rng.within(3600, 2 * DAY);
        let end =
            self.answer(Some(plan.sender), &sent, at, &[], &wrap(&reply, 72), Says::default()).at;
        self.settle(plan, posted, end, false);
    }
}

/// Lines of a patch mail to quote: of its message, or of its first hunk down to what it adds.
fn quote_of(text: &str, of_message: bool) -> Vec<&str> {
    let mut lines = text.lines();
    if of_message {
        let message = lines.take_while(|l| !l.contains("-by: ") && *l != "---");
        let mut quote: Vec<&str> = message.take(8).collect();
        while quote.last().is_some_and(|l| l.is_empty()) {
            quote.pop();
        }
        return quote;
    }
    let mut quote = Vec::new();
    for line in lines.by_ref() {
        if line.starts_with("diff --git ") {
            quote = vec![line];
        } else if line.starts_with("@@ ") {
            quote.push(line);
            break;
        }
    }
    let hunk: Vec<&str> = lines.take_while(|l| !l.starts_with("diff ") && *l != "-- ").collect();
    let first = hunk.iter().position(|l| l.starts_with('+')).unwrap_or(0);
    quote.extend(hunk.into_iter().take(first + 4));
    quote
}

/// The words of a mail's own author: not quoted, not an attribution, not a signature.
pub fn own_words(text: &str) -> Vec<&str> {
    let own = |l: &&str| !l.starts_with('>') && !l.ends_with("wrote:") && !l.ends_with("writes:");
    let upto = |l: &&str| *l != "-- " && *l != "---" && !l.starts_with("-----Original");
    let lines: Vec<&str> = text.lines().take_while(upto).filter(own).collect();
    let start = lines.iter().position(|l| !l.is_empty()).unwrap_or(0);
    lines.into_iter().skip(start).take_while(|l| !l.is_empty()).take(5).collect()
}

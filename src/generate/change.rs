//! Commits of the made-up project: what each changes, why it says it does, and how review
//! alters it.
//!
//! A [`Bench`] plans the changes of one piece of work, each on top of those before. It looks
//! for something in the tree that wants doing: the functions made in [`super::code`] have
//! the usual small faults in them.

use super::code::{self, Function, section_name};
use super::grammar::{Grammar, Params};
use super::project::{self, Subsystem};
use super::random::Rng;
use super::tree::{Draft, Edit, FileEdit, Line, Tree};

/// A commit.
#[derive(Clone)]
pub struct Change {
    /// Its title, with the subsystem's prefix.
    pub title: String,
    /// Its message: paragraphs that are not wrapped yet.
    pub message: String,
    /// What kind of change it is: the key of its words.
    pub key: &'static str,
    /// What it does.
    pub edits: Vec<FileEdit>,
    /// Trailers that reviews have given it.
    pub trailers: Vec<String>,
    /// Who wrote it, where that is not who sends it.
    pub author: Option<usize>,
    /// What review remarks about it may mention.
    pub names: Params,
}

/// Lines of a file above which nothing is added to it.
const LONG: usize = 400;

/// What a change can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A small fault mended.
    Fix,
    /// A clean-up: names, comments, what is static.
    Tidy,
    /// A new function, field, limit or trace point.
    Extend,
    /// A new file.
    Start,
    /// A document.
    Explain,
    /// A test.
    Test,
    /// A file that moves or goes.
    Prune,
}

/// Where changes are planned.
pub struct Bench<'a> {
    /// The words.
    pub grammar: &'a Grammar,
    /// The parts of the project.
    pub subsystems: &'a [Subsystem],
    /// What there is.
    pub tree: &'a Tree,
    /// The source of choice.
    pub rng: Rng,
    /// The subsystem the work is about.
    pub subsystem: usize,
    /// Which of its things.
    pub noun: usize,
    /// The files as they were.
    pub base: Draft,
    /// The files with the changes so far.
    pub draft: Draft,
    /// Texts that were used, so that no two commits of the work say the same.
    pub said: Vec<&'static str>,
}

/// A file that is being changed.
struct Site {
    path: String,
    lines: Vec<Line>,
    functions: Vec<Function>,
    names: Params,
}

/// What replaces a line of a function, and how the kind of error is called, if one is.
type Fix = fn(&Site, &Function, usize) -> Option<(Vec<String>, &'static str)>;

/// The faults in C functions that are worth a commit: the key of the commit's words, and what
/// takes the place of a faulty line.
const FIXES: [(&str, Fix); 12] = [
    ("alloc", check_allocation),
    ("log", use_log),
    ("errno", real_error),
    ("index", unsigned_index),
    ("bound", check_length),
    ("snprintf", bounded_print),
    ("lock", take_lock),
    ("eintr", try_again),
    ("endian", from_disk),
    ("unwrap", no_panic),
    ("static", make_static),
    ("trace", trace),
];

impl Bench<'_> {
    /// Plans a change of a kind; nothing where there is no place for one.
    pub fn plan(&mut self, kind: Kind) -> Option<Change> {
        let change = match kind {
            Kind::Fix => self.fix(0..10),
            Kind::Tidy => self.tidy(),
            Kind::Extend => self.extend(),
            Kind::Start => self.start(),
            Kind::Explain => self.write_section("md"),
            Kind::Test => self.write_section("sh"),
            Kind::Prune => self.prune(),
        }?;
        let made = change.edits.iter().filter(|e| self.draft.apply(e).is_some()).count();
        (made > 0).then_some(change)
    }

    fn sub(&self) -> &Subsystem {
        &self.subsystems[self.subsystem]
    }

    /// A source file to work on: often one that the work has begun on.
    fn site(&mut self) -> Option<Site> {
        let ending = format!(".{}", self.sub().language);
        let open: Vec<&str> = self.draft.entries.iter().map(|e| e.path.as_str()).collect();
        let ours: Vec<&str> = open.into_iter().filter(|p| p.ends_with(&ending)).collect();
        let path = match !ours.is_empty() && self.rng.chance(70) {
            true => self.rng.pick(&ours).to_string(),
            false => self.open(&ending)?,
        };
        self.site_of(&path)
    }

    /// Takes an idle file into the work.
    fn open(&mut self, ending: &str) -> Option<String> {
        let start = self.rng.below(self.tree.count(self.subsystem));
        let slot = self.tree.idle(self.subsystem, start, |f| f.path.ends_with(ending))?;
        let path = self.tree.file(slot)?.path.clone();
        if self.draft.entry(&path).is_none() && self.base.entry(&path).is_none() {
            self.base.open(self.tree, slot);
            self.draft.open(self.tree, slot);
        }
        self.draft.entry(&path).map(|e| e.path.clone())
    }

    fn site_of(&mut self, path: &str) -> Option<Site> {
        let entry = self.draft.entry(path)?;
        let (lines, noun) = (entry.lines.clone()?, entry.noun);
        let names = project::params(&self.subsystems[entry.subsystem], noun, &mut self.rng);
        let names = names.with("file", path.rsplit('/').next().unwrap_or(path));
        Some(Site {
            path: path.to_string(),
            functions: code::functions(&lines),
            names: names.with("key", key_of(&lines)),
            lines,
        })
    }

    /// A commit with the words of `key`.
    fn commit(&mut self, key: &'static str, names: Params, edits: Vec<FileEdit>) -> Change {
        let title = self.say_anew(&format!("{key}.title"), &names);
        let message = self.say_anew(&format!("{key}.body"), &names);
        let title = match title.split_once(": ") {
            Some(("docs" | "tests", _)) => title,
            _ => format!("{}: {title}", self.prefix(&names)),
        };
        Change { title, message, key, edits, trailers: Vec::new(), author: None, names }
    }

    /// What a title begins with: the subsystem, now and then with the file.
    fn prefix(&mut self, names: &Params) -> String {
        const WITH_FILE: usize = 20;
        let name = self.sub().name.clone();
        let file = names.get("file").and_then(|file| file.split('.').next());
        match file.filter(|_| self.rng.chance(WITH_FILE)) {
            Some(file) => format!("{name}/{file}"),
            None => name,
        }
    }

    /// A text of a rule, if possible one that was not used in this work.
    fn say_anew(&mut self, rule: &str, names: &Params) -> String {
        let texts = self.grammar.texts(rule);
        let start = self.rng.below(texts.len());
        let fresh = (0..texts.len()).map(|i| texts[(start + i) % texts.len()]);
        let text = fresh.into_iter().find(|t| !self.said.contains(t)).unwrap_or(texts[start]);
        self.said.push(text);
        self.grammar.expand(text, &mut self.rng, names)
    }

    /// Mends the first fault that some of [`FIXES`] find.
    fn fix(&mut self, which: std::ops::Range<usize>) -> Option<Change> {
        let site = self.site()?;
        let fixes = &FIXES[which];
        let start = self.rng.below(fixes.len());
        for i in 0..fixes.len() {
            let (key, fix) = fixes[(start + i) % fixes.len()];
            if let Some((edit, names)) = self.first_fault(&site, fix) {
                let edits = vec![FileEdit::Change { path: site.path, edits: vec![edit] }];
                return Some(self.commit(key, names, edits));
            }
        }
        None
    }

    fn first_fault(&mut self, site: &Site, fix: Fix) -> Option<(Edit, Params)> {
        let count = site.functions.len();
        let first = self.rng.below(count.max(1));
        for i in 0..count {
            let function = &site.functions[(first + i) % count];
            for at in function.start..=function.end {
                let Some((put, errno)) = fix(site, function, at) else { continue };
                let put: Vec<Line> = put.into_iter().map(Line::from).collect();
                let edit = Edit::replace(&site.lines[function.start], &site.lines[at..=at], put);
                if edit.cut != edit.put && in_place(&edit, &site.lines, at) {
                    let names = site.names.clone().with("fn", function.name.clone());
                    return Some((edit, names.with("errno", errno)));
                }
            }
        }
        None
    }

    fn tidy(&mut self) -> Option<Change> {
        match self.rng.below(6) {
            0 => self.fix(10..11),
            1 => self.fix(11..12),
            2 => self.rename_error(),
            3 => self.name_limit(),
            4 => self.drop_function(),
            _ => self.comment(),
        }
    }

    fn extend(&mut self) -> Option<Change> {
        match self.rng.below(8) {
            0 => self.add_field(),
            1 => self.tune(),
            _ => self.add_function(),
        }
    }

    fn some_function(&mut self, site: &Site) -> Option<Function> {
        let at = self.rng.below(site.functions.len().max(1));
        site.functions.get(at).cloned()
    }

    /// `ret` becomes `err` throughout a function.
    fn rename_error(&mut self) -> Option<Change> {
        let site = self.site()?;
        let uses = |f: &&Function| site.lines[f.start..f.end].iter().any(|l| l.contains("int ret"));
        let function = site.functions.iter().find(uses)?;
        let old = &site.lines[function.start..=function.end];
        let new = old.iter().map(|l| Line::from(replace_word(l, "ret", "err"))).collect();
        let edit = Edit::replace(&old[0], old, new);
        let names = site.names.with("fn", function.name.clone());
        let names = names.with("old", "ret").with("new", "err");
        Some(self.commit("rename", names, change_of(site.path, vec![edit])))
    }

    /// A number in a function gets a name.
    fn name_limit(&mut self) -> Option<Change> {
        let site = self.site()?;
        let rust = site.path.ends_with(".rs");
        let name = match rust {
            true => "MAX_CHILDREN".to_string(),
            false => format!("{}_{}_SIZE", site.names.get("P")?, site.names.get("NOUN")?),
        };
        if site.lines.iter().any(|l| l.contains(&name)) {
            return None;
        }
        let (function, at) = site.functions.iter().find_map(|f| {
            Some((f, (f.start..f.end).find(|i| site.lines[*i].contains("> 4096"))?))
        })?;
        let new = site.lines[at].replace("4096", &name);
        let heading = &site.lines[function.start];
        let usage = Edit::replace(heading, &site.lines[at..=at], vec![new.into()]);
        let definition = define(&site, &name, rust)?;
        let names = site.names.with("fn", function.name.clone());
        let key = if rust { "rsname" } else { "limit" };
        Some(self.commit(key, names, change_of(site.path, vec![usage, definition])))
    }

    /// A function that nothing in its file mentions goes.
    fn drop_function(&mut self) -> Option<Change> {
        let site = self.site()?;
        let function = self.some_function(&site).filter(|_| site.functions.len() > 2)?;
        let call = format!("{}(", function.name);
        if site.lines.iter().filter(|l| l.contains(&call)).count() > 1 {
            return None;
        }
        let mut start = function.start;
        while start > 0 && !site.lines[start - 1].is_empty() {
            start -= 1;
        }
        let last = function.end + 1 == site.lines.len();
        let (start, end) = if last { (start - 1, function.end) } else { (start, function.end + 1) };
        let scope = &site.lines[if last { start.checked_sub(1)? } else { start }];
        let edit = Edit::replace(scope, &site.lines[start..=end], Vec::new());
        let names = site.names.clone().with("fn", function.name);
        in_place(&edit, &site.lines, start)
            .then(|| self.commit("drop", names, change_of(site.path, vec![edit])))
    }

    fn comment(&mut self) -> Option<Change> {
        let site = self.site()?;
        let function = self.some_function(&site)?;
        if function.start > 0 && !site.lines[function.start - 1].is_empty() {
            return None;
        }
        let names = site.names.with("fn", function.name);
        let text = self.grammar.say("comment.text", &mut self.rng, &names);
        let heading = &site.lines[function.start];
        let mut put: Vec<Line> = comment_lines(&site.path, 0, &text);
        put.push(heading.clone());
        let edit = Edit::replace(heading, std::slice::from_ref(heading), put);
        Some(self.commit("comment", names, change_of(site.path, vec![edit])))
    }

    fn add_function(&mut self) -> Option<Change> {
        let site = self.site()?;
        if site.lines.len() > LONG {
            return self.drop_function();
        }
        let language = self.sub().language;
        let taken = |name: &str| site.functions.iter().any(|f| f.name == name);
        let made = code::function(self.grammar, &mut self.rng, &site.names, language, taken)?;
        let before = self.some_function(&site)?;
        let mut put: Vec<Line> = vec!["".into()];
        put.extend(made.lines);
        let heading = &site.lines[before.start];
        let edit = Edit::insert(heading, &site.lines[before.end], put);
        let names = site.names.with("fn", made.name).with("does", made.does);
        let names = names.with("why", made.why).with("verb", made.verb);
        Some(self.commit("add", names, change_of(site.path, vec![edit])))
    }

    fn add_field(&mut self) -> Option<Change> {
        let site = self.site()?;
        let text = self.grammar.say("c.field", &mut self.rng, &site.names);
        let scope = site.lines.iter().find(|l| l.starts_with("struct ") && l.ends_with('{'))?;
        let after = site.lines.iter().find(|l| l.ends_with(" refs;"))?;
        let field = text.split(';').next()?.rsplit(' ').next()?.to_string();
        if site.lines.iter().any(|l| l.contains(&format!(" {field};"))) {
            return None;
        }
        let edit = Edit::insert(scope, after, vec![format!("\t{text}").into()]);
        let names = site.names.clone().with("field", field);
        Some(self.commit("field", names, change_of(site.path, vec![edit])))
    }

    /// Another value for a limit.
    fn tune(&mut self) -> Option<Change> {
        let site = self.site()?;
        let line = site.lines.iter().find(|l| l.starts_with("#define ") && l.contains("_MAX\t"))?;
        let (define, old) = line.rsplit_once('\t')?;
        let name = define.trim_end().strip_prefix("#define ")?;
        let value: u32 = old.parse().ok()?;
        let new = if value >= 1024 || self.rng.chance(30) { value / 2 } else { value * 2 };
        let put: Line = format!("{define}\t{new}").into();
        let edit = Edit::replace(line, std::slice::from_ref(line), vec![put]);
        let mut names = site.names.clone().with("const", name);
        names.set("old", old);
        names.set("new", new.to_string());
        let mut change = self.commit("tune", names, change_of(site.path, vec![edit]));
        let (wrong, right) = if new > value { ("lower ", "raise ") } else { ("raise ", "lower ") };
        change.title = change.title.replace(wrong, right);
        Some(change)
    }

    /// A path in the work's subsystem that nothing has or will have.
    fn new_path(&mut self, dir: &str, noun: &str, ending: &str) -> Option<String> {
        const WORDS: [&str; 12] = [
            "", "-table", "-list", "-io", "-index", "-queue", "-state", "-stats", "-sync", "-scan",
            "-map", "-pool",
        ];
        let start = if self.tree.taken(&format!("{dir}/{noun}.{ending}")) {
            self.rng.below(WORDS.len())
        } else {
            0
        };
        let numbers = ["", "2", "3", "4", "5", "6", "7", "8", "9"];
        for number in numbers {
            for i in 0..WORDS.len() {
                let word = WORDS[(start + i) % WORDS.len()];
                let path = format!("{dir}/{noun}{word}{number}.{ending}");
                if !self.tree.taken(&path) && self.draft.entry(&path).is_none() {
                    return Some(path);
                }
            }
        }
        None
    }

    fn start(&mut self) -> Option<Change> {
        let sub = &self.subsystems[self.subsystem];
        let noun = self.rng.below(sub.nouns.len());
        let names = project::params(sub, noun, &mut self.rng);
        let path = self.new_path(&sub.dir, sub.nouns[noun].0, sub.language)?;
        let count = 2 + self.rng.below(4);
        let (lines, made) = code::file(self.grammar, &mut self.rng, &names, sub.language, count);
        self.base.plan(&path, self.subsystem, noun);
        self.draft.plan(&path, self.subsystem, noun);
        let names = names.with("file", path.rsplit('/').next()?).with("fns", listed(&made));
        Some(self.commit("new", names, vec![FileEdit::Create { path, lines }]))
    }

    /// A section for a document (`md`) or a test (`sh`), in a new file where none is idle or
    /// the idle one has it.
    fn write_section(&mut self, language: &str) -> Option<Change> {
        if self.rng.chance(75)
            && let Some(change) = self.append_section(language)
        {
            return Some(change);
        }
        let sub = &self.subsystems[self.subsystem];
        let noun = self.noun % sub.nouns.len();
        let names = project::params(sub, noun, &mut self.rng);
        let dir = if language == "md" { "docs".into() } else { format!("tests/{}", sub.name) };
        let stem = format!("{}-{}", sub.name, sub.nouns[noun].0);
        let path = self.new_path(&dir, &stem, language)?;
        let lines = code::document(self.grammar, &mut self.rng, &names, language);
        let heading = lines.iter().find_map(|l| section_name(l))?.to_lowercase();
        self.base.plan(&path, self.subsystem, noun);
        self.draft.plan(&path, self.subsystem, noun);
        let names = names.with("heading", heading).with("file", path.clone());
        let key = if language == "md" { "docs" } else { "test" };
        Some(self.commit(key, names, vec![FileEdit::Create { path, lines }]))
    }

    fn append_section(&mut self, language: &str) -> Option<Change> {
        let path = self.open(&format!(".{language}"))?;
        let site = self.site_of(&path)?;
        let section = format!("{language}.section");
        let text = self.grammar.say(&section, &mut self.rng, &site.names);
        let heading = text.lines().next()?;
        if site.lines.iter().any(|l| &**l == heading) {
            return None;
        }
        let last = site.lines.iter().rev().find(|l| section_name(l).is_some())?;
        let mut put: Vec<Line> = vec!["".into()];
        put.extend(text.lines().map(Line::from));
        let edit = Edit::insert(last, site.lines.last()?, put);
        let key = if language == "md" { "docs" } else { "test" };
        let names = site.names.with("heading", section_name(heading)?.to_lowercase());
        Some(self.commit(key, names, change_of(path, vec![edit])))
    }

    fn prune(&mut self) -> Option<Change> {
        let ending = format!(".{}", self.sub().language);
        let path = self.open(&ending)?;
        let site = self.site_of(&path)?;
        let (dir, _) = path.rsplit_once('/')?;
        if site.lines.len() > LONG / 2 && self.rng.chance(50) {
            return Some(self.commit("gone", site.names, vec![FileEdit::Delete { path }]));
        }
        let noun = site.names.get("noun")?.to_string();
        let to = self.new_path(dir, &noun, &ending[1..])?;
        let names = site.names.with("new", to.rsplit('/').next()?);
        Some(self.commit("move", names, vec![FileEdit::Move { from: path, to }]))
    }
}

fn change_of(path: String, edits: Vec<Edit>) -> Vec<FileEdit> {
    vec![FileEdit::Change { path, edits }]
}

/// Whether an edit's text is found first at `at`, so that it changes what it is meant to.
fn in_place(edit: &Edit, lines: &[Line], at: usize) -> bool {
    let whole = Edit { put: Vec::new(), ..edit.clone() };
    whole.is_at(lines, at)
}

/// `a(), b() and c()`.
fn listed(names: &[String]) -> String {
    let calls: Vec<String> = names.iter().map(|n| format!("{n}()")).collect();
    match calls.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What the file's structure calls its number.
fn key_of(lines: &[Line]) -> &str {
    let field = |l: &str| -> Option<usize> {
        ["\tuint64_t ", "    pub "].iter().find(|p| l.starts_with(**p)).map(|p| p.len())
    };
    let line = lines.iter().find_map(|l| Some(&l[field(l)?..]));
    line.map_or("id", |l| l.split([';', ':']).next().unwrap_or(l))
}

/// The edit that defines a limit's name.
fn define(site: &Site, name: &str, rust: bool) -> Option<Edit> {
    if rust {
        let after = site.lines.iter().find(|l| l.starts_with("use crate::"))?;
        let put = [
            "",
            "/// As many as the format has room for.",
            &format!("const {name}: usize = 4096;"),
        ];
        return Some(Edit::insert(after, after, put.map(Line::from).to_vec()));
    }
    let after = site.lines.iter().find(|l| l.starts_with("#define "))?;
    Some(Edit::insert(after, after, vec![format!("#define {name}\t\t4096").into()]))
}

/// A comment in the language of a file, indented by so many tabs.
pub fn comment_lines(path: &str, tabs: usize, text: &str) -> Vec<Line> {
    let indent = "\t".repeat(tabs);
    if path.ends_with(".c") {
        return vec![format!("{indent}/* {text} */").into()];
    }
    let mark = if path.ends_with(".rs") { "//" } else { "#" };
    let indent = if path.ends_with(".rs") { "    ".repeat(tabs) } else { indent };
    vec![format!("{indent}{mark} {text}").into()]
}

fn replace_word(line: &str, from: &str, to: &str) -> String {
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(from) {
        let end = at + from.len();
        let inside = word(rest[..at].chars().next_back()) || word(rest[end..].chars().next());
        out.push_str(&rest[..at]);
        out.push_str(if inside { from } else { to });
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches('\t').len()]
}

fn check_allocation(site: &Site, f: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    let (left, _) = line.split_once(" = calloc(")?;
    if site.lines.get(at + 1)?.trim_start().starts_with("if (!") {
        return None;
    }
    let tabs = indent(line);
    let heading = &site.lines[f.start];
    let value = match heading.split_once(f.name.as_str())?.0 {
        before if before.ends_with('*') => " NULL",
        before if before.ends_with("void ") => "",
        _ => " -ENOMEM",
    };
    let var = left.trim_start();
    let put = [line.to_string(), format!("{tabs}if (!{var})"), format!("{tabs}\treturn{value};")];
    Some((put.to_vec(), "-ENOMEM"))
}

fn use_log(site: &Site, _: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    line.contains("fprintf(stderr, ")
        .then(|| (vec![line.replace("fprintf(stderr, ", "log_err(")], ""))
}

fn real_error(site: &Site, f: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    let code = match f.name.as_str() {
        name if name.contains("_parse") => "-EINVAL",
        name if name.contains("_dispatch") => "-EOPNOTSUPP",
        _ => "-EIO",
    };
    (line.trim_start() == "return -1;").then(|| (vec![line.replace("-1", code)], code))
}

fn unsigned_index(site: &Site, _: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    (&**line == "\tint i;").then(|| (vec!["\tsize_t i;".to_string()], ""))
}

fn check_length(site: &Site, _: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    if !line.starts_with("\tmemcpy(dst, ") || site.lines[at - 1].contains("-EMSGSIZE") {
        return None;
    }
    let put = ["\tif (len > room)", "\t\treturn -EMSGSIZE;", line];
    Some((put.map(str::to_string).to_vec(), "-EMSGSIZE"))
}

fn bounded_print(site: &Site, _: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let rest = site.lines[at].strip_prefix("\tsprintf(buf, ")?;
    Some((vec![format!("\tsnprintf(buf, sizeof(buf), {rest}")], ""))
}

fn take_lock(site: &Site, f: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    let body = &site.lines[f.start..f.end];
    let list = line.strip_prefix("\tlist_").filter(|l| !l.starts_with("for_each"))?;
    if body.iter().any(|l| l.contains("pthread_mutex_lock")) {
        return None;
    }
    let var = list.split_once("(&")?.1.split_once("->")?.0;
    let ctx = match body.iter().any(|l| l.contains("_ctx *ctx")) {
        true => "ctx".to_string(),
        false => format!("{var}->ctx"),
    };
    let put = [
        format!("\tpthread_mutex_lock(&{ctx}->lock);"),
        line.to_string(),
        format!("\tpthread_mutex_unlock(&{ctx}->lock);"),
    ];
    Some((put.to_vec(), ""))
}

fn try_again(site: &Site, _: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let call = site.lines[at].strip_prefix("\tn = ").filter(|l| l.starts_with("pread"))?;
    let put = [
        "\tdo {".to_string(),
        format!("\t\tn = {call}"),
        "\t} while (n < 0 && errno == EINTR);".into(),
    ];
    Some((put.to_vec(), "EINTR"))
}

fn from_disk(site: &Site, _: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    let raw = line.contains("hdr->len") && !line.contains("le32toh");
    raw.then(|| (vec![line.replace("hdr->len", "le32toh(hdr->len)")], ""))
}

fn no_panic(site: &Site, _: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    let key = site.names.get("key")?;
    let panics = line.contains(".copied().unwrap()");
    panics.then(|| (vec![line.replace(".unwrap()", &format!(".unwrap_or(one.{key})"))], ""))
}

fn make_static(site: &Site, f: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    let global = at == f.start && site.path.ends_with(".c") && !line.starts_with("static ");
    global.then(|| (vec![format!("static {line}")], ""))
}

fn trace(site: &Site, f: &Function, at: usize) -> Option<(Vec<String>, &'static str)> {
    let line = &site.lines[at];
    let probe = format!("\tPEATFS_PROBE({});", f.name);
    if !line.starts_with("\treturn ") || *site.lines[at - 1] == *probe {
        return None;
    }
    Some((vec![probe, line.to_string()], ""))
}

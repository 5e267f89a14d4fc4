//! The keys of `config.yaml`: which there are, what each is read into, and what holds
//! when it isn't given.

use std::path::{Path, PathBuf};

use super::reader::{Keys, Reader, Table};
use super::value::{self, Fault};
use super::yaml::{Kind, Node};
use super::{Addresses, Config, Diffs, Kinds, ListConfig, SourceConfig, SubsystemRule};
use crate::archive::compare::scope::Pairings;
use crate::archive::{Period, Selection, Split};
use crate::diagnostic::Diagnostic;

const TOP: usize = 15;
const UNANSWERED_DAYS: u32 = 7;
const PAGE_BUDGET: u64 = 1 << 20;
const SIZE_BUDGET: u64 = 1 << 30;

const SITE_KEYS: Keys = Keys {
    known: &[
        "title",
        "base_url",
        "theme",
        "lists",
        "digest",
        "review",
        "people",
        "subsystems",
        "site",
        "privacy",
    ],
    elsewhere: &[
        ("sources", "lists"),
        ("ranges", "lists"),
        ("mbox", "lists"),
        ("maildir", "lists"),
        ("public_inbox", "lists"),
        ("digests", "lists"),
        ("top", "digest"),
        ("together", "digest"),
        ("unanswered_days", "review"),
        ("mailmap", "people"),
        ("maintainers", "subsystems"),
        ("rules", "subsystems"),
        ("page_budget", "site"),
        ("size_budget", "site"),
        ("diffs", "site"),
        ("comparisons", "site"),
        ("since", "site"),
        ("mboxes", "site"),
        ("feeds", "site"),
        ("search", "site"),
        ("json", "site"),
        ("text", "site"),
        ("threads", "site"),
        ("gzip", "site"),
        ("addresses", "privacy"),
        ("exclude", "privacy"),
    ],
};

const LIST_KEYS: Keys = Keys {
    known: &["id", "title", "address", "archive_url", "sources", "ranges"],
    elsewhere: &[
        ("mbox", "sources"),
        ("maildir", "sources"),
        ("digests", "sources"),
        ("public_inbox", "sources"),
        ("every", "ranges"),
        ("commits", "ranges"),
        ("by", "ranges"),
    ],
};

const DIGEST_KEYS: Keys = keys(&["top", "together"]);
const REVIEW_KEYS: Keys = keys(&["unanswered_days"]);
const PEOPLE_KEYS: Keys = keys(&["mailmap"]);
const SUBSYSTEMS_KEYS: Keys = Keys {
    known: &["maintainers", "rules"],
    elsewhere: &[("name", "rules"), ("paths", "rules"), ("prefixes", "rules")],
};
const RULE_KEYS: Keys = keys(&["name", "paths", "prefixes"]);
const PAGES_KEYS: Keys = keys(&[
    "page_budget",
    "size_budget",
    "diffs",
    "comparisons",
    "since",
    "mboxes",
    "feeds",
    "search",
    "json",
    "text",
    "threads",
    "gzip",
]);
const PRIVACY_KEYS: Keys = keys(&["addresses", "exclude"]);
const SOURCE_KEYS: Keys = keys(&["mbox", "maildir", "public_inbox", "digests"]);
const RANGES_KEYS: Keys = keys(&["every", "by", "commits"]);

const fn keys(known: &'static [&'static str]) -> Keys {
    Keys { known, elsewhere: &[] }
}

/// Reads the tree of a text into a configuration. Fails with every fault found.
pub(super) fn read(node: &Node, text: &str, path: &Path) -> Result<Config, Vec<Diagnostic>> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if node.kind == Kind::Null {
        let fault = Diagnostic::error("the configuration is empty").in_file(path);
        let hint = "it needs `title`, `base_url` and `lists`; `patchpress init DIR` makes one";
        return Err(vec![fault.hint(hint)]);
    }
    let mut reader = Reader::new(text, path);
    let config = site(&mut reader, node, &Directory(directory));
    match reader.finish() {
        faults if faults.is_empty() => Ok(config),
        faults => Err(faults),
    }
}

/// The directory that paths of the configuration are relative to.
struct Directory<'a>(&'a Path);

impl Directory<'_> {
    /// A path as given, from here. `./` is not put before it.
    fn resolve(&self, path: PathBuf) -> PathBuf {
        if self.0 == Path::new(".") { path } else { self.0.join(path) }
    }
}

fn site(reader: &mut Reader<'_>, node: &Node, directory: &Directory<'_>) -> Config {
    let table = reader.table(node, &SITE_KEYS);
    let mut config = Config {
        root: directory.0.to_path_buf(),
        title: reader.required(&table, "title", value::text),
        base_url: reader.required(&table, "base_url", value::base_url),
        theme: reader.optional(&table, "theme", value::theme).unwrap_or("default".to_string()),
        lists: lists(reader, &table, directory),
        top: TOP,
        together: None,
        unanswered_days: UNANSWERED_DAYS,
        mailmap: None,
        maintainers: None,
        rules: Vec::new(),
        page_budget: PAGE_BUDGET,
        size_budget: SIZE_BUDGET,
        diffs: Diffs::Inline,
        comparisons: Pairings::Previous,
        selection: Selection::ALL,
        kinds: Kinds::ALL,
        gzip: false,
        addresses: Addresses::Full,
        exclude: Vec::new(),
    };
    if let Some(node) = table.get("digest") {
        let table = reader.table(node, &DIGEST_KEYS);
        config.top = reader.optional(&table, "top", value::count).map_or(TOP, |n| n as usize);
        config.together = together(reader, &table);
    }
    if let Some(node) = table.get("review") {
        let table = reader.table(node, &REVIEW_KEYS);
        let days = reader.optional(&table, "unanswered_days", value::count);
        config.unanswered_days = days.unwrap_or(UNANSWERED_DAYS);
    }
    if let Some(node) = table.get("people") {
        let table = reader.table(node, &PEOPLE_KEYS);
        let mailmap = reader.optional(&table, "mailmap", value::path);
        config.mailmap = mailmap.map(|path| directory.resolve(path));
    }
    if let Some(node) = table.get("subsystems") {
        subsystems(reader, node, directory, &mut config);
    }
    if let Some(node) = table.get("site") {
        pages(reader, node, &mut config);
    }
    if let Some(node) = table.get("privacy") {
        privacy(reader, node, &mut config);
    }
    config
}

/// What digests of all lists together cover.
fn together(reader: &mut Reader<'_>, table: &Table<'_>) -> Option<Period> {
    const TOGETHER: &[(&str, Option<Period>)] = &[
        ("day", Some(Period::Day)),
        ("week", Some(Period::Week)),
        ("month", Some(Period::Month)),
        ("none", None),
    ];
    reader.optional(table, "together", |node| value::choice(node, TOGETHER)).flatten()
}

fn lists(reader: &mut Reader<'_>, table: &Table<'_>, directory: &Directory<'_>) -> Vec<ListConfig> {
    let Some(node) = table.get("lists") else {
        reader.missing(table, "lists");
        return Vec::new();
    };
    let items = reader.items(node, "a list of mailing lists begins like `- id: git`");
    if is_empty_list(node) {
        let fault = Fault::new("`lists` is empty");
        reader.fault(node, fault.hint("a site has one list at least"));
    }
    let mut lists: Vec<ListConfig> = Vec::new();
    for item in items {
        let table = reader.table(item, &LIST_KEYS);
        let list = list(reader, &table, directory);
        if let Some(id) = table.get("id")
            && lists.iter().any(|other| !list.id.is_empty() && other.id == list.id)
        {
            let fault = format!("there are two lists with the id `{}`", list.id);
            reader.fault(id, Fault::new(fault).hint("each list has URLs of its own"));
        }
        lists.push(list);
    }
    lists
}

fn list(reader: &mut Reader<'_>, table: &Table<'_>, directory: &Directory<'_>) -> ListConfig {
    let id = reader.required(table, "id", value::list_id);
    let sources = match table.get("sources") {
        Some(node) => sources(reader, node, directory),
        None => {
            let inputs = PathBuf::from("content/lists").join(&id);
            vec![SourceConfig::Mbox(directory.resolve(inputs))]
        }
    };
    ListConfig {
        title: reader.optional(table, "title", value::text).unwrap_or_else(|| id.clone()),
        address: reader.optional(table, "address", value::address),
        archive_url: reader.optional(table, "archive_url", value::archive_url),
        ranges: table.get("ranges").map_or(Split::File, |node| ranges(reader, node, &sources)),
        sources,
        id,
    }
}

fn sources(reader: &mut Reader<'_>, node: &Node, directory: &Directory<'_>) -> Vec<SourceConfig> {
    let items = reader.items(node, "a list of sources begins like `- mbox: mail/*.mbox`");
    if is_empty_list(node) {
        let hint = "without the key `sources`, a list reads content/lists/ID/";
        reader.fault(node, Fault::new("`sources` is empty").hint(hint));
    }
    items.iter().flat_map(|item| source(reader, item, directory)).collect()
}

/// The sources of one item: a key may name several files.
fn source(reader: &mut Reader<'_>, node: &Node, directory: &Directory<'_>) -> Vec<SourceConfig> {
    type OfPath = fn(PathBuf) -> SourceConfig;
    const KINDS: [(&str, OfPath); 4] = [
        ("mbox", SourceConfig::Mbox),
        ("maildir", SourceConfig::Maildir),
        ("public_inbox", SourceConfig::PublicInbox),
        ("digests", SourceConfig::Digests),
    ];
    let table = reader.table(node, &SOURCE_KEYS);
    let mut sources = Vec::new();
    for (key, kind) in KINDS {
        let paths = reader.several(&table, key, value::path);
        sources.extend(paths.into_iter().map(|path| kind(directory.resolve(path))));
        if table.key(key).is_some() && table.get(key).is_none_or(is_empty_list) {
            reader.missing(&table, key);
        }
    }
    if matches!(&node.kind, Kind::Mapping(entries) if entries.is_empty()) {
        let problem = "a source without `mbox`, `maildir`, `public_inbox` and `digests`";
        reader.fault(node, Fault::new(problem));
    }
    sources
}

fn is_empty_list(node: &Node) -> bool {
    matches!(&node.kind, Kind::List(items) if items.is_empty())
}

fn ranges(reader: &mut Reader<'_>, node: &Node, sources: &[SourceConfig]) -> Split {
    type New = fn() -> Split;
    const SPLITS: &[(&str, New)] = &[
        ("file", || Split::File),
        ("day", || Split::Day),
        ("week", || Split::Week),
        ("month", || Split::Month),
    ];
    if !matches!(node.kind, Kind::Mapping(_)) {
        let split = |node: &Node| {
            value::choice(node, SPLITS).map(|new| new()).map_err(|fault| match fault.hint {
                Some(_) => fault,
                None => fault.hint("or a number of mails: `{every: 100}`"),
            })
        };
        return reader.value(node, split).unwrap_or(Split::File);
    }
    let table = reader.table(node, &RANGES_KEYS);
    let by_commits = table.key("commits").or(table.key("by"));
    let Some(key) = by_commits else {
        return Split::Every(reader.required(&table, "every", value::count));
    };
    if !sources.iter().any(|source| matches!(source, SourceConfig::PublicInbox(_))) {
        let fault = Fault::new("ranges by commits need a `public_inbox` source");
        reader.fault(key, fault.hint("`month`, `week`, `day`, `file` and `{every: 100}` don't"));
    }
    if table.key("commits").is_some() {
        given_commits(reader, &table)
    } else {
        every_period(reader, &table)
    }
}

/// `{commits: [A..B, …]}`.
fn given_commits(reader: &mut Reader<'_>, table: &Table<'_>) -> Split {
    for key in ["every", "by"].into_iter().filter_map(|key| table.key(key)) {
        reader.fault(key, Fault::new("this doesn't go with `commits`").hint("give one of them"));
    }
    let ranges = reader.several(table, "commits", value::commits);
    if table.get("commits").is_none_or(is_empty_list) {
        reader.missing(table, "commits");
    }
    Split::Commits(ranges)
}

/// `{every: day, by: commits}`.
fn every_period(reader: &mut Reader<'_>, table: &Table<'_>) -> Split {
    const PERIODS: &[(&str, Period)] =
        &[("day", Period::Day), ("week", Period::Week), ("month", Period::Month)];
    reader.required(table, "by", |node| value::choice(node, &[("commits", ())]));
    let period = table.get("every").map(|node| reader.value(node, |n| value::choice(n, PERIODS)));
    if period.is_none() {
        reader.missing(table, "every");
    }
    Split::CommitsEvery(period.flatten().unwrap_or(Period::Day))
}

fn subsystems(
    reader: &mut Reader<'_>,
    node: &Node,
    directory: &Directory<'_>,
    config: &mut Config,
) {
    let table = reader.table(node, &SUBSYSTEMS_KEYS);
    let maintainers = reader.optional(&table, "maintainers", value::path);
    config.maintainers = maintainers.map(|path| directory.resolve(path));
    let Some(node) = table.get("rules") else { return };
    let items = reader.items(node, "a list of rules begins like `- name: Documentation`");
    config.rules = items.iter().map(|item| rule(reader, item)).collect();
}

fn rule(reader: &mut Reader<'_>, node: &Node) -> SubsystemRule {
    let table = reader.table(node, &RULE_KEYS);
    if matches!(node.kind, Kind::Mapping(_))
        && table.get("paths").is_none()
        && table.get("prefixes").is_none()
    {
        let fault = Fault::new("a rule without `paths` and `prefixes` matches nothing");
        reader.fault(node, fault);
    }
    SubsystemRule {
        name: reader.required(&table, "name", value::text),
        paths: reader.several(&table, "paths", value::glob),
        prefixes: reader.several(&table, "prefixes", value::text),
    }
}

fn pages(reader: &mut Reader<'_>, node: &Node, config: &mut Config) {
    const DIFFS: &[(&str, Diffs)] =
        &[("inline", Diffs::Inline), ("collapsed", Diffs::Collapsed), ("none", Diffs::None)];
    const COMPARISONS: &[(&str, Pairings)] =
        &[("previous", Pairings::Previous), ("all", Pairings::All), ("none", Pairings::None)];
    let table = reader.table(node, &PAGES_KEYS);
    let page_budget = reader.optional(&table, "page_budget", value::size);
    config.page_budget = page_budget.unwrap_or(PAGE_BUDGET);
    let size_budget = reader.optional(&table, "size_budget", value::size);
    config.size_budget = size_budget.unwrap_or(SIZE_BUDGET);
    let diffs = reader.optional(&table, "diffs", |node| value::choice(node, DIFFS));
    config.diffs = diffs.unwrap_or(Diffs::Inline);
    let comparisons = |node: &Node| value::choice(node, COMPARISONS);
    let comparisons = reader.optional(&table, "comparisons", comparisons);
    config.comparisons = comparisons.unwrap_or(Pairings::Previous);
    let mut is_on = |key| reader.optional(&table, key, value::switch).unwrap_or(true);
    config.kinds = Kinds {
        mboxes: is_on("mboxes"),
        feeds: is_on("feeds"),
        search: is_on("search"),
        json: is_on("json"),
        text: is_on("text"),
    };
    let threads = is_on("threads");
    let since = reader.optional(&table, "since", value::since);
    config.selection = Selection { since, threads };
    config.gzip = reader.optional(&table, "gzip", value::switch).unwrap_or(false);
}

fn privacy(reader: &mut Reader<'_>, node: &Node, config: &mut Config) {
    const ADDRESSES: &[(&str, Addresses)] = &[
        ("full", Addresses::Full),
        ("obfuscated", Addresses::Obfuscated),
        ("hidden", Addresses::Hidden),
    ];
    let table = reader.table(node, &PRIVACY_KEYS);
    let addresses = reader.optional(&table, "addresses", |node| value::choice(node, ADDRESSES));
    config.addresses = addresses.unwrap_or(Addresses::Full);
    config.exclude = reader.several(&table, "exclude", value::message_id);
}

//! The whole build, from a configuration to a written site.
//!
//! It reads as the plan: mail is read once for what is known of it; the pages of postings
//! are made range by range, so that each mail is read but once more and its text serves the
//! posting's page and the digest; the pages that lead to them come after them; the manifest
//! is last. No more than the pages in work are in memory.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::archive::waiting::{Moment, Waiting};
use crate::archive::{
    Archive, ListId, MailId, Opened, PersonId, PostingId, PublishedId, RangeId, Scope, SubsystemId,
    ThreadId,
};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::mail::Shown;
use crate::progress::{Progress, Stopwatch};
use crate::site::budget::Saving;
use crate::site::context::specimen::{Specimen, Specimens};
use crate::site::conversation::Offshoots;
use crate::site::fingerprint::Fingerprints;
use crate::site::ledger::{Filed, Ledger, Lookups, Record, Stood};
use crate::site::output::{Output, Published, Report, Written};
use crate::site::page::Content;
use crate::site::pager::{Leaf, Leaves, Sheet};
use crate::site::people::People;
use crate::site::posting::{Letters, Rendered};
use crate::site::published::{self, Texts};
use crate::site::resident::{Mail, Onlooker, Resident};
use crate::site::review::Reviews;
use crate::site::row::Rows;
use crate::site::stamp::{Found, Stamp};
use crate::site::theme::{Theme, give_back};
use crate::site::url::{Fate, SitePath, Urls, gone};
use crate::site::view::Link;
use crate::site::{
    Page, Site, ahead, author, budget, compare, digest, directory, feed, find, fingerprint, front,
    gzip, ledger, list, months, notfound, page, posting, problems, redirect, search, sitemap,
    stamp, subsystem, thread,
};

/// What to build, and where to.
#[derive(Debug)]
pub struct BuildOptions<'a> {
    /// What the user configured.
    pub config: &'a Config,
    /// The directory that the site is written to.
    pub output: &'a Path,
    /// Write into a directory that holds files of others, too.
    pub force: bool,
    /// Use and keep what spares builds work: see [`crate::site::stamp`].
    pub cache: bool,
    /// Files in which other processes have kept what they read of the mail, to be used instead of
    /// reading it: see [`crate::archive::Keeping`]. Only with `cache`.
    pub facts: &'a [PathBuf],
}

/// What a build came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Mails on the site.
    pub mails: usize,
    /// Mails that something is wrong with.
    pub faulty: usize,
    /// Postings.
    pub postings: usize,
    /// Series.
    pub series: usize,
    /// Digests.
    pub digests: usize,
    /// Files of the site.
    pub files: usize,
    /// Of these, those written.
    pub written: usize,
    /// Of these, those that were there with the same bytes.
    pub unchanged: usize,
    /// Files of former builds that are gone.
    pub deleted: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// The largest files, with their bytes.
    pub largest: Vec<(String, u64)>,
    /// Files and bytes of each kind, by bytes.
    pub kinds: Vec<(String, usize, u64)>,
    /// What would bring the site under its budget, what saves most first; nothing where it is.
    pub savings: Vec<Saving>,
    /// Bytes that the site may have.
    pub size_budget: u64,
    /// Seconds that each stage took, in order.
    pub seconds: Vec<(String, f64)>,
    /// What was otherwise than it should be; no errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why there is no site: everything that was wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the site could not be built")]
pub struct BuildError(pub Vec<Diagnostic>);

impl From<Diagnostic> for BuildError {
    fn from(diagnostic: Diagnostic) -> Self {
        BuildError(vec![diagnostic])
    }
}

/// Lists up to which the foot of every page leads to the archive of each.
const NAMED: usize = 6;

/// What every template sees under the name `site`.
#[derive(Serialize, JsonSchema)]
pub(super) struct SiteView {
    /// The title from the configuration.
    title: String,
    /// The path of `base_url`, without a slash at its end; empty at the top of a host.
    base: String,
    /// The start page.
    home: String,
    /// The page that finds a mail by its Message-ID; empty where there is no mail.
    find: String,
    /// The search.
    search: String,
    /// What the field of the search asks for.
    asks: &'static str,
    /// The words of the navigation.
    nav: Vec<Link>,
    /// The words of the foot.
    links: Vec<Link>,
    /// Name and version of patchpress.
    generator: String,
}

/// Builds a site.
///
/// # Errors
///
/// Every fault found in the configuration's files, the sources and the theme; or the first
/// one of writing.
pub fn build(options: &BuildOptions<'_>, progress: &dyn Progress) -> Result<Summary, BuildError> {
    let mut resident = Resident::default();
    let built = build_again(options, &mut resident, None, progress);
    // Millions of small pieces: nobody has to wait until they are freed, least of all a process
    // that ends now.
    rayon::spawn(move || drop(resident));
    built
}

/// Builds a site as [`build`] does, with what the builds before in this process have kept, and
/// with some pages before their turn.
///
/// # Errors
///
/// As [`build`].
pub fn build_again(
    options: &BuildOptions<'_>,
    resident: &mut Resident,
    onlooker: Option<&Onlooker<'_>>,
    progress: &dyn Progress,
) -> Result<Summary, BuildError> {
    let watch = Stopwatch::new(progress, "looking for changes");
    if !options.cache {
        let mail = resident.mail(options.config, None, &watch)?;
        let output = Output::open(options.output, options.force)?;
        let company = Company { onlooker, ..Company::default() };
        return whole(options, (mail, output), company, &watch);
    }
    let (looked, output) = rayon::join(
        || {
            let stamp = Stamp::look(options);
            let found = match options.force {
                true => Found::Other,
                false => stamp.find(),
            };
            // Not yet where it may not be needed.
            let mail = match found {
                Found::Same { .. } => None,
                _ => Some(resident.mail(options.config, Some(&stamp), &watch)),
            };
            (stamp, found, mail)
        },
        // Files are listed and mail is read on one thread for much of the time.
        || {
            let output = Output::open(options.output, options.force)?;
            output.survey();
            Ok::<Output, Diagnostic>(output)
        },
    );
    let (stamp, found, mail) = looked;
    let (mail, output) = (mail.transpose()?, output?);
    let damaged = match found {
        Found::Same { manifest, summary } if output.is_as_left(manifest) => {
            return Ok(Summary { seconds: watch.seconds(), ..*summary });
        }
        Found::Damaged(note) => Some(note),
        _ => None,
    };
    let mail = match mail {
        Some(mail) => mail,
        None => resident.mail(options.config, Some(&stamp), &watch)?,
    };
    let company = Company { stamp: Some(&stamp), damaged, onlooker, specimens: None };
    whole(options, (mail, output), company, &watch)
}

/// Builds a site for the values that its templates see, of the `wanted` one alone if one is
/// named; nothing of the site stays.
///
/// # Errors
///
/// As [`build`], or where no temporary directory can be made.
pub fn specimens(
    config: &Config,
    wanted: Option<&str>,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Specimen>, BuildError> {
    let unwritable = |error| Diagnostic::error(format!("no temporary directory: {error}"));
    let output = tempfile::tempdir().map_err(unwritable)?;
    let options =
        BuildOptions { config, output: output.path(), force: false, cache: false, facts: &[] };
    let watch = Stopwatch::new(progress, "looking for changes");
    let specimens = wanted.map_or_else(Specimens::default, Specimens::of);
    let mut resident = Resident::default();
    let mail = resident.mail(config, None, &watch)?;
    let company = Company { specimens: Some(&specimens), ..Company::default() };
    let output = Output::open(options.output, options.force)?;
    whole(&options, (mail, output), company, &watch)?;
    Ok(specimens.into_best())
}

/// Who takes part in a build, beside the one that it is for.
#[derive(Default)]
struct Company<'a> {
    /// Where what spares the next build work is kept.
    stamp: Option<&'a Stamp>,
    /// Says that the stamp of the last build could not be used.
    damaged: Option<Diagnostic>,
    /// Who looks at the site meanwhile.
    onlooker: Option<&'a Onlooker<'a>>,
    /// Who wants to know what templates see.
    specimens: Option<&'a Specimens>,
}

/// Builds everything of the mail; of the pages of an earlier build, those that would come out
/// the same stand, where what is needed for that is kept beside the `stamp`.
fn whole(
    options: &BuildOptions<'_>,
    (mail, output): (&Mail, Output),
    Company { stamp, damaged, onlooker, specimens }: Company<'_>,
    progress: &Stopwatch<'_>,
) -> Result<Summary, BuildError> {
    let config = options.config;
    let Mail { opened, digests } = mail;
    let archive = &opened.archive;
    let urls = Urls::new(config, archive);
    let content = Content::read(config, &urls.base);
    if content.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(BuildError(content.diagnostics));
    }
    let seen = site_view(&urls, archive, &content);
    let known = || {
        let (people, reviews) = (People::of(archive), Reviews::of(archive));
        (people, reviews, waiting(config, archive), Offshoots::of(archive))
    };
    let (theme, (people, reviews, waiting, offshoots)) =
        rayon::join(|| Theme::load(&config.root, &config.theme, &seen), known);
    let theme = theme.map_err(BuildError)?;
    let site = Site {
        config,
        archive,
        bodies: opened.bodies(),
        digests,
        people,
        texts: Texts::of(archive),
        reviews,
        waiting,
        offshoots,
        subsystem_parts: parts(archive),
        rows: Rows::new(archive.postings.len()),
        urls,
        content: &content,
        theme: &theme,
        specimens,
    };
    // Before anything that only the other pages need.
    let restyled = assets(&site, &output)?;
    ahead::show(&site, &output, onlooker, restyled)?;
    progress.stage("comparing with the last build", None);
    let open = || match stamp {
        Some(stamp) => Ledger::open(stamp.beside("pages"), output.manifest(), common(&site)),
        None => (Ledger::none(), None),
    };
    let publish = || {
        let published = site.urls.published();
        let gone = gone(output.published(), &published);
        (published, gone)
    };
    let ((prints, (published, gone)), (ledger, note)) =
        rayon::join(|| rayon::join(|| Fingerprints::of(&site), publish), open);
    let covers = search::Covers::new(archive.postings.len());
    let press = Press {
        site: &site,
        output: &output,
        progress,
        covers,
        ledger,
        prints,
        gone,
        diffs: AtomicU64::new(0),
        onlooker,
    };
    press.print(opened, &content)?;
    progress.stage("writing manifest", None);
    let Press { ledger, diffs, covers, prints, .. } = press;
    let diffs = diffs.into_inner();
    // Of a large archive the manifest takes much memory, and none of these is needed for it.
    rayon::spawn(move || drop((covers, prints)));
    // What is kept of this build is of the site as it is now: no other may come in between.
    let _held = output.hold();
    let report = output.finish(published, kind)?;
    ledger.save(report.manifest, &report.places);
    let seconds = progress.seconds();
    progress.done();
    let mut diagnostics = opened.diagnostics.clone();
    diagnostics.extend(opened.mail_warnings());
    diagnostics.extend(content.notes_on_nothing(archive, &site.urls));
    diagnostics.extend(content.diagnostics.iter().cloned());
    let savings = savings(&site, (report.bytes, diffs), &report.kinds);
    diagnostics.extend(budget::warning(config, report.bytes, &savings));
    let (warnings, manifest) = (report.warnings.clone(), report.manifest);
    let told = Summary::of(&site, opened, report, diagnostics);
    let mut summary = Summary { savings, seconds, ..told };
    stamp.map(|stamp| stamp.keep(manifest, &summary));
    // Of this build alone, and one line is enough.
    match opened.notes.is_empty() {
        false => summary.diagnostics.extend(opened.notes.iter().cloned()),
        true => summary.diagnostics.extend(damaged.or(note)),
    }
    summary.diagnostics.extend(warnings);
    let rows = site.rows;
    rayon::spawn(move || drop(rows));
    Ok(summary)
}

/// A hash of what all pages have in common.
fn common(site: &Site<'_>) -> u64 {
    let texts = (0..site.archive.published.len() as u32).map(PublishedId);
    let texts: Vec<(String, &[u8])> =
        texts.map(|id| (site.urls.text(id), site.bodies.published(id))).collect();
    let config = format!("{:?}", site.config);
    fingerprint::of((stamp::program(), config, site.theme.fingerprint(), texts))
}

impl Summary {
    fn of(
        site: &Site<'_>,
        opened: &Opened,
        report: Report,
        diagnostics: Vec<Diagnostic>,
    ) -> Summary {
        Summary {
            mails: site.archive.mails.len(),
            faulty: opened.faulty_mails(),
            postings: site.archive.postings.len(),
            series: site.archive.series.len(),
            digests: site.digests.len() + site.archive.published.len(),
            files: report.files,
            written: report.written,
            unchanged: report.unchanged,
            deleted: report.deleted,
            bytes: report.bytes,
            largest: report.largest,
            kinds: report.kinds,
            savings: Vec::new(),
            size_budget: site.config.size_budget,
            seconds: Vec::new(),
            diagnostics,
        }
    }
}

fn site_view(urls: &Urls<'_>, archive: &Archive, content: &Content) -> SiteView {
    let config = urls.config;
    let has_mail = !archive.mails.is_empty();
    let page = |segments: &[&str]| urls.base.href(&SitePath::page(segments));
    let mut links = vec![Link::new(page(&["problems"]), "Problems in this build")];
    // Every page has these: of many lists, the one that matters is named where the mail is.
    let few = config.lists.len() <= NAMED;
    links.extend((0..config.lists.len() as u16).filter(|_| few).filter_map(|at| {
        let href = urls.upstream_of(ListId(at))?;
        let text = href.split("://").nth(1).unwrap_or(&href).trim_end_matches('/').to_string();
        Some(Link { href, text })
    }));
    let words = [
        (page(&[]), "Digests", true),
        (page(&["series"]), "Series", has_mail),
        (page(&["subsystems"]), "Subsystems", true),
        (page(&["authors"]), "Authors", true),
        (page(&["search"]), "Search", config.kinds.search),
        (page(&["m"]), "Find", has_mail && !config.kinds.search),
    ];
    let there = words.into_iter().filter(|(_, _, is_there)| *is_there);
    let mut nav: Vec<Link> = there.map(|(href, text, _)| Link::new(href, text)).collect();
    nav.extend(content.nav(&urls.base));
    SiteView {
        title: config.title.clone(),
        base: urls.base.path().to_string(),
        home: page(&[]),
        find: if has_mail { page(&["m"]) } else { String::new() },
        search: if config.kinds.search { page(&["search"]) } else { String::new() },
        asks: if has_mail { "Title, author, file or Message-ID" } else { "Title or author" },
        nav,
        links,
        generator: format!("patchpress {}", env!("CARGO_PKG_VERSION")),
    }
}

/// What waits for somebody at the newest mail.
fn waiting(config: &Config, archive: &Archive) -> Waiting {
    let moment = Moment { at: archive.newest(), unanswered_days: config.unanswered_days };
    Waiting::at(archive, moment, |_| true)
}

/// The parts of each subsystem, by slug.
fn parts(archive: &Archive) -> HashMap<SubsystemId, Vec<SubsystemId>> {
    let mut parts: HashMap<SubsystemId, Vec<SubsystemId>> = HashMap::new();
    for (at, subsystem) in archive.subsystems.iter().enumerate() {
        if let Some(parent) = subsystem.parent {
            parts.entry(parent).or_default().push(SubsystemId(at as u32));
        }
    }
    parts
}

/// What would bring a site of so many bytes, so many of them of diffs, under its budget. The
/// texts of digests that were published as such stay, whatever is configured.
fn savings(
    site: &Site<'_>,
    (bytes, diffs): (u64, u64),
    kinds: &[(String, usize, u64)],
) -> Vec<Saving> {
    if bytes <= site.config.size_budget {
        return Vec::new();
    }
    let stays = |kind: &str| kind == "digests as text" && !site.archive.published.is_empty();
    let diffs = (budget::DIFFS.to_owned(), 0, diffs);
    let kinds = kinds.iter().filter(|(kind, ..)| !stays(kind)).cloned();
    budget::savings(site.config, bytes, &kinds.chain([diffs]).collect::<Vec<_>>())
}

/// The kind of a file of the site, in the words of the summary.
fn kind(path: &str) -> &'static str {
    if path.ends_with(".gz") {
        return "compressed copies";
    }
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let first = directory.split('/').next().unwrap_or_default();
    match (first, name) {
        (_, "feed.xml") => "feeds",
        (_, "feed.json") => "JSON feeds",
        ("series", name) if name.ends_with(".mbox") => "mboxes",
        ("series", _) if directory.contains("/since-") => "comparisons",
        ("series", _) => "series",
        ("threads", _) => "discussions",
        ("authors", _) => "people",
        ("subsystems", _) => "subsystems",
        ("m", _) => "finding mails",
        ("search", _) => "search",
        (_, "digest.txt") => "digests as text",
        (_, "digest.json") => "digests as JSON",
        ("digests", _) => "digests",
        _ if directory.contains("/digests/") => "digests",
        _ => "other",
    }
}

/// Writes the theme's files; whether one of them is another one now.
fn assets(site: &Site<'_>, output: &Output) -> Result<bool, Diagnostic> {
    let mut changed = false;
    for (name, content) in site.theme.assets() {
        changed |= output.write(name, content)? == Written::Changed;
    }
    Ok(changed)
}

/// Things whose pages a thread makes before another one may take over: some are a thousand times
/// the work of others, and nobody shall wait for the one that has many of those left.
const AT_ONCE: usize = 2;

/// Postings from which on memory counts for more than a second.
const LARGE: usize = 30_000;

/// Renders pages and hands them to the output.
struct Press<'a> {
    site: &'a Site<'a>,
    output: &'a Output,
    progress: &'a dyn Progress,
    /// What the search index needs of texts.
    covers: search::Covers,
    /// Which units of the last build may stand.
    ledger: Ledger,
    /// What units are made of.
    prints: Fingerprints,
    /// What was published once and is not by this build.
    gone: Vec<&'a Published>,
    /// Bytes of the diffs on the pages of all postings.
    diffs: AtomicU64,
    onlooker: Option<&'a Onlooker<'a>>,
}

/// Makes pages.
type Making<'p> = Box<dyn Fn() -> Result<Vec<Page>, Diagnostic> + Send + Sync + 'p>;

/// A posting that was rendered in this build.
struct Fresh {
    /// Its mails as HTML, for the digest.
    letters: Letters,
    /// Its cover and first patch as they were read.
    read: BTreeMap<MailId, Shown>,
    /// What its texts looked up.
    lookups: Lookups,
}

impl Press<'_> {
    /// Everything, pages before those that lead to them.
    fn print(&self, opened: &Opened, content: &Content) -> Result<(), Diagnostic> {
        let archive = self.site.archive;
        self.progress.stage("writing series", Some(archive.postings.len() as u64));
        self.copies_of_assets()?;
        self.ranges()?;
        self.each(archive.published.len(), |at| {
            self.put(published::render(self.site, PublishedId(at))?)
        })?;
        self.progress.stage("writing discussions", Some(archive.threads.len() as u64));
        self.each(archive.threads.len(), |at| self.thread(ThreadId(at)))?;
        // The search index is made on one thread, and has no need of the pages that follow. Of a
        // large archive each takes much memory, so that they take turns.
        let search = || self.search();
        match archive.postings.len() < LARGE {
            true => {
                let (searched, others) = rayon::join(search, || self.people_and_subsystems());
                searched.and(others)?;
            }
            false => {
                search()?;
                self.people_and_subsystems()?;
            }
        }
        self.content(content)?;
        self.progress.stage("writing indexes", None);
        self.indexes(opened)?;
        Ok(())
    }

    /// The pages of those who wrote, and of what they wrote about.
    fn people_and_subsystems(&self) -> Result<(), Diagnostic> {
        let archive = self.site.archive;
        self.progress.stage("writing people", Some(archive.people.len() as u64));
        self.each(archive.people.len(), |at| self.person(PersonId(at)))?;
        self.progress.stage("writing subsystems", Some(archive.subsystems.len() as u64));
        self.each(archive.subsystems.len(), |at| self.subsystem(SubsystemId(at)))
    }

    /// Writes pages, and their compressed copies if the site has such.
    fn put(&self, pages: Vec<Page>) -> Result<(), Diagnostic> {
        self.put_alone(self.with_copies(pages))
    }

    fn with_copies(&self, pages: Vec<Page>) -> Vec<Page> {
        if self.site.config.gzip { gzip::with_copies(pages) } else { pages }
    }

    /// Writes pages without copies.
    fn put_alone(&self, pages: Vec<Page>) -> Result<(), Diagnostic> {
        if self.onlooker.is_some_and(|onlooker| (onlooker.superseded)()) {
            return Err(Diagnostic::error("a newer build takes the place of this one"));
        }
        // A page without the mail that it is of is none.
        self.site.bodies.check()?;
        for page in pages {
            self.output.write(&page.path.file(), &page.content)?;
            give_back(page.content);
        }
        Ok(())
    }

    /// Makes the pages of many things in parallel.
    fn each(
        &self,
        count: usize,
        make: impl Fn(u32) -> Result<(), Diagnostic> + Sync,
    ) -> Result<(), Diagnostic> {
        (0..count as u32).into_par_iter().with_max_len(AT_ONCE).try_for_each(|at| {
            make(at)?;
            self.progress.advance(1);
            Ok(())
        })
    }

    /// What the last build left of a unit, if it stands; its files are then those of this
    /// build, too.
    fn standing(&self, unit: u64, fingerprint: u64) -> Result<Option<Stood<'_>>, Diagnostic> {
        let Some(stood) = self.ledger.record(unit) else { return Ok(None) };
        let same =
            |(message_id, found): (u64, u64)| self.prints.found(self.site, message_id) == found;
        if stood.fingerprint == fingerprint
            && stood.pairs().all(same)
            && self.output.keep(stood.files())?
        {
            self.ledger.leave(&stood);
            return Ok(Some(stood));
        }
        // Some of its files may come out as they were.
        self.output.know(stood.files());
        Ok(None)
    }

    /// Writes the files of a unit and keeps what they were made of.
    fn put_unit(
        &self,
        (unit, fingerprint): (u64, u64),
        pages: Vec<Page>,
        pairs: Lookups,
        (diffs, extra): (u64, &str),
    ) -> Result<(), Diagnostic> {
        let pages = self.with_copies(pages);
        let paths: Vec<String> = pages.iter().map(|page| page.path.file()).collect();
        self.put_alone(pages)?;
        let files = self.output.filed(&paths);
        let record = Record { files, pairs, diffs, extra: extra.to_owned() };
        self.ledger.keep(unit, fingerprint, &record);
        Ok(())
    }

    /// Makes the files of a unit, which is called after the page `at`, unless they stand.
    fn unit(
        &self,
        at: &SitePath,
        fingerprint: u64,
        render: impl FnOnce() -> Result<Vec<Page>, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let unit = fingerprint::of(at.as_str());
        if self.standing(unit, fingerprint)?.is_some() {
            return Ok(());
        }
        let (pages, lookups) = ledger::noting(render);
        self.put_unit((unit, fingerprint), pages?, lookups, (0, ""))
    }

    /// Compressed copies of the theme's files, if the site has such.
    fn copies_of_assets(&self) -> Result<(), Diagnostic> {
        self.site.theme.assets().try_for_each(|(name, content)| self.put_copy(name, content))
    }

    /// The owner's pages, and the files beside them.
    fn content(&self, content: &Content) -> Result<(), Diagnostic> {
        for (path, page) in &content.pages {
            self.put(vec![page::render(self.site, path, page)?])?;
        }
        for (path, file) in &content.files {
            let unreadable = |e| Diagnostic::error(format!("can't be read: {e}")).in_file(file);
            let bytes = std::fs::read(file).map_err(unreadable)?;
            self.output.write(&path.file(), &bytes)?;
            self.put_copy(&path.file(), &bytes)?;
        }
        Ok(())
    }

    /// Writes the compressed copy of a file that is no page, if the site has such.
    fn put_copy(&self, file: &str, content: &[u8]) -> Result<(), Diagnostic> {
        let copy = self.site.config.gzip.then(|| gzip::copy(file, content)).flatten();
        self.put_alone(copy.into_iter().collect())
    }

    /// The pages of all postings, each with the digest that it begins in.
    fn ranges(&self) -> Result<(), Diagnostic> {
        let mut seen = HashSet::new();
        let jobs: Vec<(RangeId, Vec<(PostingId, bool)>)> = self
            .site
            .digests
            .iter()
            .enumerate()
            .map(|(at, digest)| {
                let postings = digest.entries.iter().map(|entry| entry.posting);
                // A posting that went to several lists has its page written once.
                let first = postings.map(|posting| (posting, seen.insert(posting))).collect();
                (RangeId(at as u32), first)
            })
            .collect();
        jobs.into_par_iter().try_for_each(|(range, postings)| self.range(range, &postings))?;
        let all = (0..self.site.archive.postings.len() as u32).map(PostingId);
        let rest: Vec<PostingId> = all.filter(|id| !seen.contains(id)).collect();
        rest.into_par_iter().try_for_each(|id| self.posting(id).map(drop))?;
        // What was compared once stays, also when a version that came late is in between.
        let once = self.site.urls.compared_once(&self.gone);
        let known = BTreeMap::new();
        once.into_par_iter().try_for_each(|(earlier, later)| {
            let at = self.site.urls.comparison_path(earlier, later);
            let of = [earlier, later].map(|id| self.prints.posting(self.site, id));
            let render = || Ok(vec![compare::render(self.site, (earlier, later), &known)?]);
            self.unit(&at, fingerprint::of(of), render)
        })
    }

    /// A digest and the postings in it, of which those with `true` are to be written.
    fn range(&self, range: RangeId, postings: &[(PostingId, bool)]) -> Result<(), Diagnostic> {
        let fresh: Vec<Option<Fresh>> = postings
            .par_iter()
            .with_max_len(AT_ONCE)
            .map(|(id, first)| if *first { self.posting(*id) } else { Ok(None) })
            .collect::<Result<_, _>>()?;
        let path = self.site.urls.digest_path(range);
        let unit = fingerprint::of(path.as_str());
        let fingerprint = self.prints.digest(self.site, range);
        if self.standing(unit, fingerprint)?.is_some() {
            return Ok(());
        }
        let again = |((id, _), fresh): (&(PostingId, bool), Option<Fresh>)| {
            fresh.unwrap_or_else(|| self.letters(*id))
        };
        let all = postings.par_iter().zip(fresh).with_max_len(AT_ONCE);
        let all: Vec<Fresh> = all.map(again).collect();
        let (mut letters, mut mails) = (Vec::with_capacity(all.len()), BTreeMap::new());
        let mut lookups = Vec::new();
        for posting in all {
            letters.push(posting.letters);
            mails.extend(posting.read);
            lookups.extend(posting.lookups);
        }
        let mail = |id| match mails.get(&id) {
            Some(mail) => Cow::Borrowed(mail),
            None => Cow::Owned(self.site.bodies.mail(id)),
        };
        let (mut pages, page) = rayon::join(
            || digest::files(self.site, range, &mail),
            || digest::render(self.site, range, letters),
        );
        pages.push(page?);
        lookups.sort_unstable();
        lookups.dedup();
        self.put_unit((unit, fingerprint), pages, lookups, (0, ""))
    }

    /// A posting's pages, unless they stand.
    fn posting(&self, id: PostingId) -> Result<Option<Fresh>, Diagnostic> {
        let unit = fingerprint::of(self.site.urls.posting_path(id).as_str());
        let fingerprint = self.prints.posting(self.site, id);
        let standing = self.standing(unit, fingerprint)?;
        self.progress.advance(1);
        if let Some(stood) = standing {
            self.covers.restore(id, stood.extra);
            self.diffs.fetch_add(stood.diffs, Ordering::Relaxed);
            return Ok(None);
        }
        let (rendered, lookups) = ledger::noting(|| posting::render(self.site, id));
        let Rendered { pages, letters, read, diffs } = rendered?;
        self.covers.keep(self.site, id, &read);
        self.diffs.fetch_add(diffs, Ordering::Relaxed);
        let kept = (diffs, self.covers.kept(id));
        self.put_unit((unit, fingerprint), pages, lookups.clone(), kept)?;
        Ok(Some(Fresh { letters, read, lookups }))
    }

    /// A posting's mails for a digest alone.
    fn letters(&self, id: PostingId) -> Fresh {
        let (rendered, lookups) = ledger::noting(|| posting::letters(self.site, id));
        Fresh { letters: rendered.letters, read: rendered.read, lookups }
    }

    fn thread(&self, id: ThreadId) -> Result<(), Diagnostic> {
        let fingerprint = self.prints.thread(id);
        let path = self.site.urls.thread_path(id);
        self.unit(path, fingerprint, || thread::render(self.site, id))
    }

    /// The index of discussions, if the owner wants them.
    fn thread_index(&self) -> Result<Vec<Page>, Diagnostic> {
        match self.site.config.selection.threads {
            true => Ok(vec![months::index(self.site, months::Of::Threads)?]),
            false => Ok(Vec::new()),
        }
    }

    /// The search, if the owner wants it.
    fn search(&self) -> Result<(), Diagnostic> {
        if !self.site.config.kinds.search {
            return Ok(());
        }
        let records = search::Records::of(self.site.archive);
        let made_of = self.prints.records(self.site, &records);
        let unit = (fingerprint::of("search"), 0);
        let stood = self.ledger.record(unit.0).filter(|stood| stood.fingerprint == unit.1);
        stood.iter().for_each(|stood| self.output.know(stood.files()));
        let before = stood.and_then(|stood| self.search_left(&stood));
        let mut files = search::files(self.site, &self.covers, (&records, &made_of), before)?;
        files.push(search::page(self.site)?);
        self.put_unit(unit, files, made_of, (0, ""))
    }

    /// The index of the last build, if its files are as they were left.
    fn search_left(&self, stood: &Stood<'_>) -> Option<search::Before> {
        let has_terms = |(file, _): &Filed| {
            self.output.former_path(*file).is_some_and(|path| search::has_terms(&path))
        };
        let files: Vec<Filed> = stood.files().filter(has_terms).collect();
        let text = |file| self.output.left(file).and_then(|bytes| String::from_utf8(bytes).ok());
        let terms = files.into_par_iter().map(text).collect::<Option<_>>()?;
        Some(search::Before { terms, made_of: stood.pairs().collect() })
    }

    fn person(&self, id: PersonId) -> Result<(), Diagnostic> {
        let (site, prints) = (self.site, &self.prints);
        let postings = &site.people.deeds(id).postings;
        let of = (prints.person(id), prints.person_page(site, id), postings.as_slice());
        let feed = || feed::person(site, id);
        self.leaves(author::leaves(site, id), of, feed, |leaf| author::render(site, id, leaf))
    }

    fn subsystem(&self, id: SubsystemId) -> Result<(), Diagnostic> {
        let (site, prints) = (self.site, &self.prints);
        let postings = &site.archive.subsystem(id).postings;
        let of = (prints.subsystem(id), prints.subsystem_page(site, id), postings.as_slice());
        let feed = || feed::subsystem(site, id);
        self.leaves(subsystem::leaves(site, id), of, feed, |leaf| subsystem::render(site, id, leaf))
    }

    /// The pages of one person's or subsystem's `postings`, with a fingerprint of whom that is
    /// and one of the first page, which the feed stands beside.
    fn leaves(
        &self,
        Leaves { own, older }: Leaves,
        (owner, page, postings): (u64, u64, &[PostingId]),
        feed: impl FnOnce() -> Result<Vec<Page>, Diagnostic>,
        render: impl Fn(Leaf) -> Result<Page, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.unit(&own.path.clone(), page, || {
            let mut pages = vec![render(own)?];
            if !postings.is_empty() {
                pages.extend(feed()?);
            }
            Ok(pages)
        })?;
        older.into_iter().try_for_each(|leaf| {
            let fingerprint = self.prints.older(owner, &leaf, postings);
            self.unit(&leaf.path.clone(), fingerprint, || Ok(vec![render(leaf)?]))
        })
    }

    /// The pages that lead to the others, the home page last.
    fn indexes(&self, opened: &Opened) -> Result<(), Diagnostic> {
        let site = self.site;
        let prints = &self.prints;
        find::shards(site).into_par_iter().try_for_each(|shard| {
            let render = || Ok(vec![find::shard_file(site, &shard)]);
            self.unit(&shard.path, prints.shard(&shard), render)
        })?;
        let mail = |at| prints.mail_in_list(MailId(at));
        self.sheets(find::sheets(site), mail, |sheet| find::month(site, sheet))?;
        let (series, threads) = (months::Of::Series, months::Of::Threads);
        let posting = |at| prints.posting_in_list(PostingId(at));
        let sheets = months::sheets(site, series);
        self.sheets(sheets, posting, |sheet| months::sheet(site, series, sheet))?;
        let thread = |at| prints.thread(ThreadId(at));
        let sheets = months::sheets(site, threads);
        self.sheets(sheets, thread, |sheet| months::sheet(site, threads, sheet))?;
        let leading = self.leading(opened).into_par_iter().with_max_len(1);
        let made = leading.map(|make| Ok(self.with_copies(make()?)));
        let mut made: Vec<Vec<Page>> = made.collect::<Result<_, Diagnostic>>()?;
        let home = made.pop();
        made.into_iter().try_for_each(|pages| self.put_alone(pages))?;
        self.redirects()?;
        home.into_iter().try_for_each(|pages| self.put_alone(pages))
    }

    /// The pages that lead to the others, each after those that it leads to.
    fn leading<'p>(&'p self, opened: &'p Opened) -> Vec<Making<'p>> {
        let site = self.site;
        let mut all: Vec<Making<'p>> = Vec::new();
        // Such an index is never empty.
        if site.has_mail() {
            all.push(Box::new(|| Ok(vec![months::index(site, months::Of::Series)?])));
            all.push(Box::new(|| self.thread_index()));
            all.push(Box::new(|| Ok(vec![find::page(site)?])));
        }
        all.push(Box::new(|| directory::subsystems(site)));
        all.push(Box::new(|| directory::authors(site)));
        all.push(Box::new(|| Ok(vec![problems::page(site, opened)?])));
        all.push(Box::new(|| Ok(vec![notfound::page(site)?])));
        for list in (0..site.config.lists.len() as u16).map(ListId) {
            all.push(Box::new(move || list::digests(site, Scope::List(list))));
            all.push(Box::new(move || feed::list(site, list)));
            all.push(Box::new(move || Ok(vec![front::list(site, list)?])));
        }
        if site.config.together.is_some() {
            all.push(Box::new(|| list::digests(site, Scope::Site)));
            all.push(Box::new(|| feed::digests(site)));
        }
        all.push(Box::new(|| Ok(self.for_robots())));
        all.push(Box::new(|| feed::site_feed(site)));
        all.push(Box::new(|| Ok(vec![front::home(site)?])));
        all
    }

    /// The pages of a list by month.
    fn sheets(
        &self,
        sheets: Vec<Sheet>,
        item: impl Fn(u32) -> u64 + Sync,
        render: impl Fn(Sheet) -> Result<Page, Diagnostic> + Sync,
    ) -> Result<(), Diagnostic> {
        sheets.into_par_iter().with_max_len(AT_ONCE).try_for_each(|sheet| {
            let fingerprint = self.prints.sheet(&sheet, &item);
            self.unit(&sheet.path.clone(), fingerprint, || Ok(vec![render(sheet)?]))
        })
    }

    /// What search engines read, unless the owner has their own.
    fn for_robots(&self) -> Vec<Page> {
        let files = sitemap::files(self.site).into_iter().chain([sitemap::robots(self.site)]);
        files.filter(|page| !self.output.has(&page.path.file())).collect()
    }

    /// A page at each address that was published once and that nothing else stands at now.
    fn redirects(&self) -> Result<(), Diagnostic> {
        let urls = &self.site.urls;
        let gone = urls.moved(&self.gone);
        for (from, fate) in gone.into_iter().filter(|(from, _)| !self.output.has(&from.file())) {
            self.put(vec![redirect::page(self.site, from, fate)?])?;
        }
        let former = self.output.former_pages();
        for (from, page) in former.iter().filter_map(|file| Urls::below(file)) {
            // The page above is written by now, as itself or as a redirect.
            if self.output.has(&page.file()) {
                let to = Fate::Moved(urls.base.href(&page));
                self.put(vec![redirect::page(self.site, from, to)?])?;
            }
        }
        Ok(())
    }
}

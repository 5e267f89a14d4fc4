//! From the configuration to the archive: opens the sources and reads every mail once.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::archive::commits::{Cut, NO_RANGE};
use crate::archive::kept::{self, Keeping, Kept, Outcome, Plan, histories};
use crate::archive::mailmap::Mailmap;
use crate::archive::maintainers::Maintainers;
use crate::archive::published::{self, Text};
use crate::archive::subsystem::Rules;
use crate::archive::table::{Builder, Table};
use crate::archive::{Archive, Bodies, Facts, Fault, ListId, Options, Split};
use crate::config::{Config, ListConfig, SourceConfig};
use crate::diagnostic::{Diagnostic, Place};
use crate::progress::Progress;
use crate::source;
use crate::source::{FileId, History, InputFile, Inputs, Known, Origin, Part, RawMail, Store};

/// An archive with the sources that its bodies are read from again.
pub struct Opened {
    /// All mails and how they belong together.
    pub archive: Archive,
    /// Where their bytes are.
    pub store: Store,
    /// What is wrong with single mails, in the order of the sources.
    pub faults: Vec<Fault>,
    /// What is wrong with sources and the files beside them; no errors.
    pub diagnostics: Vec<Diagnostic>,
    /// That what was kept can't be used: nothing that the site should say.
    pub notes: Vec<Diagnostic>,
}

/// What reading alone came to.
#[derive(Debug)]
pub struct Intake {
    /// Mails that are known now, of these lists.
    pub mails: usize,
    /// Files that they are in.
    pub files: usize,
    /// What is wrong with sources and the files beside them; no errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the mail of the lists that are `wanted`, in the order of the configuration, and keeps
/// what is known of it for [`Opened::keeping`], in this process or another.
///
/// # Errors
///
/// Every fault found, where a source that is named can't be read at all, the file that it would
/// be kept in is something else, or nothing can be written there.
pub fn read(
    config: &Config,
    wanted: &[bool],
    keeping: &Keeping,
    progress: &dyn Progress,
) -> Result<Intake, Vec<Diagnostic>> {
    if !kept::may_replace(&keeping.path) {
        return Err(vec![not_ours(&keeping.path)]);
    }
    let lists = config.lists.iter().zip(wanted);
    let sources: Vec<&[SourceConfig]> =
        lists.map(|(list, wanted)| if *wanted { list.sources.as_slice() } else { &[] }).collect();
    let mut beside = Vec::new();
    let rules = rules(config, &mut beside);
    let mut memory = Memory::of(Some(keeping), &rules);
    let (store, mut diagnostics) = memory.open(&sources);
    diagnostics.extend(beside);
    refuse_errors(&diagnostics)?;
    // Which range of commits a mail is in is asked again when it is put together with others.
    let cuts: Vec<Option<Cut>> = config.lists.iter().map(|_| None).collect();
    let reader = Mailroom { store: &store, cuts: &cuts, rules: &rules };
    let (read, outcome) = reader.read(memory, progress);
    diagnostics.extend(read.diagnostics);
    refuse_errors(&diagnostics)?;
    if outcome.and_then(|outcome| outcome.save(&store, &read.table, &read.faults)).is_none() {
        return Err(vec![Diagnostic::error("can't be written").in_file(&keeping.path)]);
    }
    diagnostics.extend(read.notes);
    Ok(Intake { mails: read.table.len(), files: store.files().len(), diagnostics })
}

impl Opened {
    /// Reads all mail of a site.
    ///
    /// # Errors
    ///
    /// Every fault found, where a source that is named can't be read at all, or there is no
    /// mail in any of them.
    pub fn of(config: &Config, progress: &dyn Progress) -> Result<Opened, Vec<Diagnostic>> {
        Opened::keeping(config, None, progress)
    }

    /// The same, where what was read is kept for the next time, and what was kept is not read
    /// again.
    ///
    /// # Errors
    ///
    /// As [`Opened::of`].
    pub fn keeping(
        config: &Config,
        keeping: Option<&Keeping>,
        progress: &dyn Progress,
    ) -> Result<Opened, Vec<Diagnostic>> {
        let sources: Vec<&[SourceConfig]> =
            config.lists.iter().map(|l| l.sources.as_slice()).collect();
        let mut beside = Vec::new();
        let mailmap = read_beside(config.mailmap.as_deref(), Mailmap::parse, &mut beside);
        let rules = rules(config, &mut beside);
        let mut memory = Memory::of(keeping, &rules);
        let (store, mut diagnostics) = memory.open(&sources);
        diagnostics.extend(beside);
        refuse_errors(&diagnostics)?;
        let cuts = cuts(config, &store, &mut diagnostics);
        refuse_errors(&diagnostics)?;
        let reader = Mailroom { store: &store, cuts: &cuts, rules: &rules };
        let (read, outcome) = reader.read(memory, progress);
        let Read { table, faults, diagnostics: more, notes } = read;
        diagnostics.extend(more);
        refuse_errors(&diagnostics)?;
        let texts = texts(&store, &mut diagnostics);
        if table.is_empty() && texts.is_empty() {
            diagnostics.push(no_mail(config));
            return Err(diagnostics);
        }
        progress.stage("grouping mails", None);
        let lists = config.lists.iter().zip(cuts).enumerate().map(|(index, (list, cut))| {
            let names = cut.map_or_else(|| file_names(&store, index), |cut| cut.names);
            (list.ranges.clone(), names)
        });
        let options = Options {
            mailmap: &mailmap,
            rules: &rules,
            lists: lists.collect(),
            together: config.together,
            exclude: &config.exclude,
        };
        let table = Arc::new(table);
        let kept = Arc::clone(&table);
        let (archive, _) = rayon::join(
            || Archive::selected(table, texts, &options, config.selection),
            || outcome.and_then(|outcome| outcome.save(&store, &kept, &faults)),
        );
        drop(kept);
        if archive.mails.is_empty() && archive.published.is_empty() {
            diagnostics.push(nothing_selected());
            return Err(diagnostics);
        }
        diagnostics.extend(left_out(&store, &archive));
        Ok(Opened { archive, store, faults, diagnostics, notes })
    }

    /// What is wrong with single mails, each with its place.
    pub fn mail_warnings(&self) -> impl Iterator<Item = Diagnostic> {
        self.faults.iter().map(|fault| {
            let file = &self.store.files()[fault.origin.file.0 as usize].path;
            let warning = Diagnostic::warning(fault.what.to_string());
            match self.store.blob(fault.origin) {
                None => warning.at(Place::offset(file, fault.origin.offset)),
                Some(blob) => warning
                    .in_file(file)
                    .hint(format!("`git -C {} cat-file blob {blob}` shows it", file.display())),
            }
        })
    }

    /// How many mails something is wrong with.
    pub fn faulty_mails(&self) -> usize {
        let origins: BTreeSet<_> = self.faults.iter().map(|fault| fault.origin).collect();
        origins.len()
    }

    /// The bodies of its mails.
    pub fn bodies(&self) -> Bodies<'_> {
        Bodies::new(&self.archive, &self.store)
    }
}

/// What reading one piece of the mail gives.
#[derive(Default)]
struct Piece {
    mails: Builder,
    faults: Vec<Fault>,
}

/// What all mail came to.
#[derive(Default)]
struct Read {
    table: Table,
    faults: Vec<Fault>,
    diagnostics: Vec<Diagnostic>,
    /// What of the mail that was known can't be used.
    notes: Vec<Diagnostic>,
}

/// What earlier builds have kept of the mail, and where this one keeps it.
struct Memory<'k> {
    keeping: Option<&'k Keeping>,
    kept: Kept,
    histories: HashMap<PathBuf, History>,
    /// What of it can't be used.
    notes: Vec<Diagnostic>,
}

impl<'k> Memory<'k> {
    fn of(keeping: Option<&'k Keeping>, rules: &Rules) -> Memory<'k> {
        let (kept, mut notes) =
            keeping.map(|keeping| Kept::open(keeping, rules.reading())).unwrap_or_default();
        let (histories, note) = keeping.map(histories::open).unwrap_or_default();
        // One line is enough.
        notes.extend(note.filter(|_| notes.is_empty()));
        Memory { keeping, kept, histories, notes }
    }

    /// Opens the inputs of each list, as far as they aren't known.
    fn open(&mut self, sources: &[&[SourceConfig]]) -> (Store, Vec<Diagnostic>) {
        let sighting = |path: &Path| self.kept.sighting(path);
        let histories = std::mem::take(&mut self.histories);
        let known = Known { files: Some(&sighting), histories };
        match self.keeping.and_then(|keeping| keeping.inputs.as_deref()) {
            Some(inputs) => Store::open_knowing(inputs, &known),
            None => Store::open_knowing(&Inputs::look(sources), &known),
        }
    }
}

/// Where all mail comes in.
struct Mailroom<'a> {
    store: &'a Store,
    /// For each list that is cut by commits, how.
    cuts: &'a [Option<Cut>],
    rules: &'a Rules,
}

impl Mailroom<'_> {
    /// The facts of every mail, and what is wrong with some; what is kept is not read again. The
    /// second value is what to keep for the next time.
    fn read<'k>(
        &self,
        Memory { keeping, kept, notes, .. }: Memory<'k>,
        progress: &dyn Progress,
    ) -> (Read, Option<Outcome<'k>>) {
        let bytes = self.store.files().iter().map(|file| file.size).sum();
        progress.stage_of_bytes("reading mail", bytes);
        let Some(keeping) = keeping else {
            let parts = vec![Part::Whole; self.store.files().len()];
            return (self.read_rest(&parts, Default::default(), progress).0, None);
        };
        if notes.iter().any(Diagnostic::is_error) {
            return (Read { diagnostics: notes, ..Read::default() }, None);
        }
        let known = kept.files();
        let plan = kept.plan(self.store, |id, file, offset| self.position(id, file, offset));
        // What is known of files that are gone would stay for ever.
        let is_all = plan.is_all(self.store, keeping) && known == self.store.files().len();
        let is_old = is_all && notes.is_empty();
        let Plan { table, faults, parts, notes: known, standing } = plan;
        let (read, readings) = self.read_rest(&parts, (table, faults), progress);
        let rules = self.rules.reading();
        let outcome = Outcome { keeping, rules, notes: known, readings, standing, is_old };
        (Read { notes, ..read }, Some(outcome))
    }

    /// Reads these parts of the store's files, beside what is known.
    fn read_rest(
        &self,
        parts: &[Part],
        (mut table, mut faults): (Table, Vec<Fault>),
        progress: &dyn Progress,
    ) -> (Read, Vec<source::Reading>) {
        let files = self.store.files();
        let read = |piece: &mut Piece, raw: RawMail<'_>| {
            let file = &files[raw.origin.file.0 as usize];
            let position = self.position(raw.origin.file, file, raw.origin.offset);
            let (facts, wrong) = Facts::read_for(&raw, ListId(file.list), position, self.rules);
            piece.mails.push(&facts);
            piece.faults.extend(wrong);
        };
        let untouched = parts.iter().zip(files).filter(|(part, _)| **part == Part::Nothing);
        progress.advance(untouched.map(|(_, file)| file.size).sum());
        if parts.iter().all(|part| *part == Part::Nothing) {
            let readings = vec![source::Reading::default(); parts.len()];
            return (Read { table, faults, ..Read::default() }, readings);
        }
        let mut mails = Builder::default();
        let take = |piece: Piece| {
            mails.append(&piece.mails.finish());
            faults.extend(piece.faults);
        };
        let advance = |bytes| progress.advance(bytes);
        let (mut diagnostics, readings) = self.store.fold(parts, read, take, &advance);
        // Not to be kept as a file without mail.
        diagnostics.extend(self.store.late_fault().cloned());
        faults.sort_by_key(|fault| fault.origin);
        table.join(mails.finish());
        (Read { table, faults, diagnostics, ..Read::default() }, readings)
    }

    /// The place of a mail on its list: that of its file, or of its range where the list is cut
    /// by commits.
    fn position(&self, id: FileId, file: &InputFile, offset: u64) -> u32 {
        match &self.cuts[usize::from(file.list)] {
            None => file.index,
            Some(cut) => {
                let origin = Origin { file: id, offset, len: 0 };
                let commit = self.store.commit(origin);
                commit.map_or(NO_RANGE, |commit| cut.range_of(origin, commit))
            }
        }
    }
}

/// The rules of the configuration and of MAINTAINERS.
fn rules(config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Rules {
    let maintainers = read_beside(config.maintainers.as_deref(), Maintainers::parse, diagnostics);
    Rules::new(&config.rules).0.with(maintainers)
}

/// For each list that is cut by commits, how.
fn cuts(config: &Config, store: &Store, diagnostics: &mut Vec<Diagnostic>) -> Vec<Option<Cut>> {
    let mut cut = |(index, list): (u16, &ListConfig)| match &list.ranges {
        Split::CommitsEvery(period) => Some(Cut::every(*period, &store.epochs(index))),
        Split::Commits(given) => {
            let (cut, faults) = Cut::given(given, &store.epochs(index));
            let here = list.sources.iter().find(|s| matches!(s, SourceConfig::PublicInbox(_)));
            diagnostics.extend(faults.into_iter().map(|fault| match here {
                Some(source) => fault.in_file(source.path()),
                None => fault,
            }));
            Some(cut)
        }
        _ => None,
    };
    (0..).zip(&config.lists).map(&mut cut).collect()
}

/// The digests that were published as text, in the order of the store.
fn texts(store: &Store, diagnostics: &mut Vec<Diagnostic>) -> Vec<Text> {
    let mut texts = Vec::new();
    for (number, file) in (0..).zip(store.texts()) {
        let (told, faults) = published::read(file.bytes());
        diagnostics.extend(faults.iter().map(|fault| fault.diagnostic(&file.path)));
        let (list, name) = (ListId(file.list), stem(&file.path));
        texts.extend(told.map(|told| Text { list, file: number, name, told }));
    }
    texts
}

/// What is said of texts whose range a list has as mail.
fn left_out(store: &Store, archive: &Archive) -> Vec<Diagnostic> {
    let shown: BTreeSet<u32> = archive.published.iter().map(|digest| digest.file).collect();
    let hidden = (0..).zip(store.texts()).filter(|(number, _)| !shown.contains(number));
    let hidden = hidden.filter(|(_, file)| published::read(file.bytes()).0.is_some());
    hidden
        .map(|(_, file)| published::Fault::repeated(file.bytes()).diagnostic(&file.path))
        .collect()
}

/// Reads a file that is named beside the mail; an empty value where none is.
fn read_beside<T: Default>(
    path: Option<&Path>,
    parse: fn(&str) -> (T, Vec<usize>),
    diagnostics: &mut Vec<Diagnostic>,
) -> T {
    let Some(path) = path else { return T::default() };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let fault = Diagnostic::error(format!("can't be read: {error}")).in_file(path);
            diagnostics.push(fault.hint("mend the path in config.yaml, or take the line out"));
            return T::default();
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let (value, bad) = parse(&text);
    for line in bad {
        let snippet = text.lines().nth(line - 1).map(str::to_owned);
        let place = Place { line: Some(line), snippet, ..Place::file(path) };
        diagnostics.push(Diagnostic::warning("a line that can't be read; left out").at(place));
    }
    value
}

fn refuse_errors(diagnostics: &[Diagnostic]) -> Result<(), Vec<Diagnostic>> {
    match diagnostics.iter().any(Diagnostic::is_error) {
        true => Err(diagnostics.to_vec()),
        false => Ok(()),
    }
}

fn not_ours(path: &Path) -> Diagnostic {
    let fault = Diagnostic::error("holds something else, and is not written over").in_file(path);
    fault.hint("name a file that isn't there yet, or one that `patchpress read` has written")
}

fn nothing_selected() -> Diagnostic {
    Diagnostic::error("`site.since` and `site.threads` leave no mail for the site")
        .hint("set `since` to an earlier day, or take these lines out")
}

fn no_mail(config: &Config) -> Diagnostic {
    let places: Vec<String> = config
        .lists
        .iter()
        .flat_map(|list| &list.sources)
        .map(|s| s.path().display().to_string())
        .collect();
    Diagnostic::error("there is no mail in any source")
        .hint(format!("put an mbox file there, or name another source: {}", places.join(", ")))
}

/// The names of a list's files without directory and extensions, by position.
fn file_names(store: &Store, list: usize) -> Vec<String> {
    let of_list = store.files().iter().filter(|file| usize::from(file.list) == list);
    let mut files: Vec<&InputFile> = of_list.collect();
    files.sort_by_key(|file| file.index);
    files.into_iter().map(|file| stem(&file.path)).collect()
}

/// `2024-02` of `lists/x/2024-02.mbox.gz`.
fn stem(path: &Path) -> String {
    const EXTENSIONS: [&str; 8] =
        [".gz", ".xz", ".zst", ".mbox", ".mboxrd", ".txt", ".eml", ".git"];
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut name = name.as_ref();
    while let Some(shorter) = EXTENSIONS.iter().find_map(|e| name.strip_suffix(e)) {
        name = shorter;
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_what_people_call_it() {
        assert_eq!(stem(Path::new("a/2024-02.mbox.gz")), "2024-02");
        assert_eq!(stem(Path::new("v1.2-x.txt")), "v1.2-x");
        assert_eq!(stem(Path::new("archive")), "archive");
        assert_eq!(stem(Path::new("lore/kvm.git")), "kvm");
    }
}

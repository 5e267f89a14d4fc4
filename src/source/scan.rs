//! Work on every mail of every file, in parallel, with results in the order of the mails.
//!
//! An mbox is searched in pieces, then its mails are dealt out in batches, so that one
//! large file keeps all threads as busy as many small ones do.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;
use twox_hash::XxHash3_64;

use super::contents::{self, Contents};
use super::epoch::{self, Epoch};
use super::find::unreadable;
use super::mbox::{self, Mbox, Span};
use super::{FileId, InputFile, Origin, RawMail, Store};
use crate::diagnostic::{Diagnostic, Place};

/// Bytes of an mbox that one thread searches, and about as many that it works on, at once.
const PIECE: usize = 1 << 20;

/// Mails of a repository that one thread works on at once.
const MAILS: usize = 256;

/// Batches that one thread works on at once: many, where each is a mail in a file of its own.
const BATCHES: usize = 256;

/// What is to be read of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// What begins here or later: at a byte of an mbox where a separator is, at the mail of
    /// that number in a repository.
    From(u64),
    /// Nothing.
    Nothing,
}

/// What reading a file, or a part of it, came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Where reading has to go on if the file grows: a [`Part::From`]. None where something was
    /// wrong with it, which should be said again.
    pub resume: Option<u64>,
}

/// What was wrong while a batch was worked on.
#[derive(Default)]
struct Wrong {
    diagnostics: Vec<Diagnostic>,
    /// Mails of a repository that can't be read, by the positions of their commits.
    lost: Vec<(u32, epoch::Fault)>,
}

/// Mails of one file that one thread works on.
struct Batch<'a> {
    id: FileId,
    file: &'a InputFile,
    mails: Mails<'a>,
    /// Bytes of the file that are done when this batch is.
    bytes: u64,
}

/// The mails of a batch.
enum Mails<'a> {
    /// Mails of an mbox.
    Spans { bytes: &'a [u8], spans: &'a [Span] },
    /// The mail of a file that has no other.
    File(&'a Contents),
    /// Mails of a repository.
    Blobs { epoch: &'a Epoch, mails: Range<usize> },
}

impl Store {
    /// Runs `work` on every mail of every file, in parallel over files and over pieces of
    /// large files; gives the results of each file in the order of its mails, the files in
    /// the order of their ids, and what was wrong on the way.
    ///
    /// `progress` is told how many more bytes are done, of the sum of the files' sizes.
    pub fn scan<T: Send>(
        &self,
        work: impl Fn(RawMail<'_>) -> T + Sync,
        progress: &(dyn Fn(u64) + Sync),
    ) -> (Vec<Vec<T>>, Vec<Diagnostic>) {
        let mut results: Vec<Vec<T>> = self.contents().iter().map(|_| Vec::new()).collect();
        let work = |done: &mut Vec<(FileId, T)>, mail: RawMail<'_>| {
            let file = mail.origin.file;
            done.push((file, work(mail)));
        };
        let deal_out = |done: Vec<(FileId, T)>| {
            done.into_iter().for_each(|(file, result)| results[file.0 as usize].push(result));
        };
        let parts = vec![Part::Whole; self.contents().len()];
        let (diagnostics, _) = self.fold(&parts, work, deal_out, progress);
        (results, diagnostics)
    }

    /// Runs `work` on the mails of the wanted part of every file, in parallel over pieces: each
    /// has an `A` that gathers what its mails give, in their order. `take` is given those in the
    /// order of the pieces as they are done, while the next ones are worked on, so that few are
    /// there at once. Gives what was wrong on the way, and what the reading of each file came
    /// to.
    ///
    /// `progress` is told how many more bytes are done, of the sum of the files' sizes.
    pub fn fold<A: Default + Send>(
        &self,
        parts: &[Part],
        work: impl Fn(&mut A, RawMail<'_>) + Sync,
        mut take: impl FnMut(A) + Send,
        progress: &(dyn Fn(u64) + Sync),
    ) -> (Vec<Diagnostic>, Vec<Reading>) {
        let found: Vec<Found> =
            self.contents().par_iter().zip(parts).map(|(c, part)| Found::of(c, *part)).collect();
        let batches = self.batches(parts, &found);
        let run = |piece: &[Batch<'_>]| {
            let mut gathered = A::default();
            let wrong: Vec<Wrong> = piece
                .iter()
                .map(|batch| {
                    let wrong = batch.run(&mut |mail| work(&mut gathered, mail));
                    progress(batch.bytes);
                    wrong
                })
                .collect();
            (gathered, wrong)
        };
        let pieces = pieces(&batches);
        let mut wrong = Vec::with_capacity(batches.len());
        let mut ready: Vec<(A, Vec<Wrong>)> = Vec::new();
        let mut take_all = |ready: Vec<(A, Vec<Wrong>)>| {
            for (gathered, more) in ready {
                take(gathered);
                wrong.extend(more);
            }
        };
        for some in pieces.chunks(4 * rayon::current_num_threads()) {
            let done = std::mem::take(&mut ready);
            let next = || some.par_iter().map(|piece| run(piece)).collect();
            (ready, ()) = rayon::join(next, || take_all(done));
        }
        take_all(ready);
        let mut readings: Vec<Reading> =
            found.iter().map(|found| Reading { resume: Some(found.resume) }).collect();
        for (batch, wrong) in batches.iter().zip(&wrong) {
            if !(wrong.diagnostics.is_empty() && wrong.lost.is_empty()) {
                readings[batch.id.0 as usize].resume = None;
            }
        }
        (said(&batches, wrong, self.contents()), readings)
    }

    fn batches<'a>(&'a self, parts: &[Part], found: &'a [Found]) -> Vec<Batch<'a>> {
        let files = (0..).map(FileId).zip(self.files()).zip(self.contents());
        let files = files.zip(parts).zip(found).filter(|((_, part), _)| **part != Part::Nothing);
        files
            .flat_map(|((((id, file), contents), part), found)| match contents {
                Contents::Mbox(mailbox) => mbox_batches(id, file, mailbox.bytes(), &found.spans),
                Contents::OneMail { .. } => {
                    vec![Batch { id, file, mails: Mails::File(contents), bytes: file.size }]
                }
                Contents::Epoch(epoch) => epoch_batches(id, file, epoch, part.start()),
            })
            .collect()
    }

    /// A hash of the file up to there (a byte of an mbox, a mail of a repository; all of it where
    /// it is not as long), and how far it goes. None of a file with one mail alone.
    pub fn print(&self, id: FileId, end: u64) -> Option<(u64, u64)> {
        let upto = |length: usize| usize::try_from(end).unwrap_or(length).min(length);
        match &self.contents()[id.0 as usize] {
            Contents::Mbox(mailbox) => {
                let bytes = mailbox.bytes();
                let hash = XxHash3_64::oneshot(&bytes[..upto(bytes.len())]);
                Some((hash, bytes.len() as u64))
            }
            Contents::Epoch(epoch) => {
                let mails = epoch.mails();
                let ids = mails[..upto(mails.len())].iter().map(|mail| mail.blob.as_slice());
                Some((XxHash3_64::oneshot(&ids.collect::<Vec<_>>().concat()), mails.len() as u64))
            }
            Contents::OneMail { .. } => None,
        }
    }
}

impl Part {
    /// Where it begins.
    fn start(self) -> usize {
        match self {
            Part::From(start) => usize::try_from(start).unwrap_or(usize::MAX),
            Part::Whole | Part::Nothing => 0,
        }
    }
}

/// What was found in a file before its mails are read.
#[derive(Default)]
struct Found {
    /// Where the mails of an mbox are.
    spans: Vec<Span>,
    /// Where reading goes on if the file grows.
    resume: u64,
}

impl Found {
    fn of(contents: &Contents, part: Part) -> Found {
        match contents {
            _ if part == Part::Nothing => Found::default(),
            Contents::Mbox(mailbox) => mbox_spans(mailbox.bytes(), part.start(), PIECE),
            Contents::OneMail { .. } => Found::default(),
            Contents::Epoch(epoch) => {
                Found { spans: Vec::new(), resume: epoch.mails().len() as u64 }
            }
        }
    }
}

/// Searches an mbox from a separator on, in pieces of that many bytes.
fn mbox_spans(bytes: &[u8], start: usize, piece: usize) -> Found {
    let mbox = Mbox::new(bytes);
    let pieces = (start..bytes.len()).step_by(piece).collect::<Vec<_>>().into_par_iter();
    let edges: Vec<_> = pieces
        .flat_map_iter(|from| mbox.edges(from..bytes.len().min(from.saturating_add(piece))))
        .collect();
    let mut spans = mbox.spans(&edges);
    // What stands before the first edge was read before.
    spans.retain(|span| span.separator >= start);
    let resume = mbox.resume(&edges, &spans) as u64;
    Found { spans, resume }
}

fn mbox_batches<'a>(
    id: FileId,
    file: &'a InputFile,
    bytes: &'a [u8],
    spans: &'a [Span],
) -> Vec<Batch<'a>> {
    let mut batches = Vec::new();
    let mut rest = spans;
    let mut start = 0;
    while let Some(first) = rest.first() {
        let full = rest.partition_point(|span| span.separator < first.separator + PIECE);
        let (batch, after) = rest.split_at(full);
        let end = after.first().map_or(bytes.len(), |next| next.separator);
        let mails = Mails::Spans { bytes, spans: batch };
        batches.push(Batch { id, file, mails, bytes: (end - start) as u64 });
        (rest, start) = (after, end);
    }
    batches
}

/// Each batch counts for its share of the repository's bytes.
fn epoch_batches<'a>(
    id: FileId,
    file: &'a InputFile,
    epoch: &'a Epoch,
    start: usize,
) -> Vec<Batch<'a>> {
    let count = epoch.mails().len();
    let share = |mails: usize| {
        let bytes = u128::from(file.size) * mails as u128 / count.max(1) as u128;
        u64::try_from(bytes).unwrap_or(file.size)
    };
    (start.min(count)..count)
        .step_by(MAILS)
        .map(|start| {
            let end = count.min(start + MAILS);
            let mails = Mails::Blobs { epoch, mails: start..end };
            Batch { id, file, mails, bytes: share(end) - share(start) }
        })
        .collect()
}

/// The batches in pieces of at least so many bytes, or so many batches.
fn pieces<'a, 'b>(batches: &'b [Batch<'a>]) -> Vec<&'b [Batch<'a>]> {
    let mut pieces = Vec::new();
    let mut rest = batches;
    while !rest.is_empty() {
        let mut bytes = 0;
        let full = rest.iter().take(BATCHES).position(|batch| {
            bytes += batch.bytes;
            bytes >= PIECE as u64
        });
        let (piece, after) = rest.split_at(full.map_or(rest.len().min(BATCHES), |last| last + 1));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// What was wrong with the batches, in their order; then what is missing of repositories.
fn said(batches: &[Batch<'_>], wrong: Vec<Wrong>, contents: &[Contents]) -> Vec<Diagnostic> {
    let mut lost: Vec<Vec<_>> = contents.iter().map(|_| Vec::new()).collect();
    let mut diagnostics = Vec::new();
    for (batch, wrong) in batches.iter().zip(wrong) {
        lost[batch.id.0 as usize].extend(wrong.lost);
        diagnostics.extend(wrong.diagnostics);
    }
    for (contents, lost) in contents.iter().zip(&lost) {
        if let Contents::Epoch(epoch) = contents {
            diagnostics.extend(epoch.lost("mail", lost));
        }
    }
    diagnostics
}

impl Batch<'_> {
    fn run(&self, work: &mut dyn FnMut(RawMail<'_>)) -> Wrong {
        let mut wrong = Wrong::default();
        match &self.mails {
            Mails::Spans { bytes, spans } => {
                for span in *spans {
                    self.run_span(bytes, span, work, &mut wrong.diagnostics);
                }
            }
            Mails::File(contents) => self.run_file(contents, work, &mut wrong.diagnostics),
            Mails::Blobs { epoch, mails } => {
                self.run_blobs(epoch, mails.clone(), work, &mut wrong.lost);
            }
        }
        wrong
    }

    fn run_span(
        &self,
        bytes: &[u8],
        span: &Span,
        work: &mut dyn FnMut(RawMail<'_>),
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        match self.origin(span.message, span.end) {
            Ok(origin) => {
                work(RawMail {
                    origin,
                    separator: separator(&bytes[span.separator..span.message]),
                    bytes: mbox::unquote(&bytes[span.message..span.end]),
                });
                diagnostics.extend(self.doubts(bytes, span));
            }
            Err(too_long) => diagnostics.push(*too_long),
        }
    }

    /// What speaks against a span being one whole mail.
    fn doubts(&self, bytes: &[u8], span: &Span) -> Vec<Diagnostic> {
        let doubt = |problem: &str, at: usize, hint: &str| {
            let place = Place::offset(&self.file.path, at as u64);
            Diagnostic::warning(problem).at(place).hint(hint)
        };
        let headless = mbox::headless(&bytes[span.message..span.end]).map(|at| {
            let problem =
                "no mail header after a `From ` line; shown as the end of the mail before";
            doubt(problem, span.message + at, "if it is a mail, its header is lost: fetch it again")
        });
        let cut = (span.end == bytes.len() && !bytes.ends_with(b"\n")).then(|| {
            let problem = "the file ends within a line; its last mail may be cut short";
            doubt(problem, span.message, "fetch the file again")
        });
        headless.chain(cut).collect()
    }

    fn run_file(
        &self,
        contents: &Contents,
        work: &mut dyn FnMut(RawMail<'_>),
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Contents::OneMail { path, compression } = contents else { return };
        let bytes = match contents::read_one(path, *compression) {
            Ok(bytes) => bytes,
            Err(error) => return diagnostics.push(unreadable(&error).in_file(path)),
        };
        let (line, message) = bytes.split_at(contents::message_offset(&bytes));
        match self.origin(line.len(), bytes.len()) {
            Ok(origin) => {
                work(RawMail { origin, separator: separator(line), bytes: Cow::Borrowed(message) })
            }
            Err(too_long) => diagnostics.push(*too_long),
        }
    }

    fn run_blobs(
        &self,
        epoch: &Epoch,
        mails: Range<usize>,
        work: &mut dyn FnMut(RawMail<'_>),
        lost: &mut Vec<(u32, epoch::Fault)>,
    ) {
        epoch.read_each(mails, |index, bytes| match bytes {
            Ok(bytes) => {
                let (line, message) = bytes.split_at(contents::message_offset(bytes));
                // No object is read that is longer than this.
                let len = u32::try_from(message.len()).unwrap_or(u32::MAX);
                work(RawMail {
                    origin: Origin { file: self.id, offset: index as u64, len },
                    separator: separator(line),
                    bytes: Cow::Borrowed(message),
                });
            }
            Err(fault) => lost.push((epoch.commit_of(index).unwrap_or(0), fault)),
        });
    }

    /// The origin of the mail between two offsets, unless it is longer than one may be.
    fn origin(&self, start: usize, end: usize) -> Result<Origin, Box<Diagnostic>> {
        let offset = start as u64;
        u32::try_from(end - start).map(|len| Origin { file: self.id, offset, len }).map_err(|_| {
            let problem = "a mail of more than 4 GiB is left out";
            let hint = "see whether the file is an mbox; its mails begin with a `From ` line";
            let place = Place::offset(&self.file.path, offset);
            Box::new(Diagnostic::warning(problem).at(place).hint(hint))
        })
    }
}

/// A separator line without its line end, if there is one.
fn separator(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::config::SourceConfig;

    fn mail(n: usize) -> String {
        format!("Subject: {n}\n\n{}\n", format!("line {n}\n").repeat(n % 50))
    }

    fn mboxrd(mails: Range<usize>) -> Vec<u8> {
        let mut file = Vec::new();
        for n in mails {
            let from = format!("From {n}@example.org Tue Jan  7 00:00:00 2020");
            mbox::write_rd(&mut file, &from, mail(n).as_bytes());
        }
        file
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), Default::default());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn pieces_of_any_size_give_the_same_mails() {
        let file = mboxrd(0..100);
        let whole = mbox_spans(&file, 0, usize::MAX).spans;
        assert_eq!(whole.len(), 100);
        for piece in 1..300 {
            assert_eq!(mbox_spans(&file, 0, piece).spans, whole, "{piece}");
        }
    }

    #[test]
    fn mails_come_in_the_order_of_files_and_mails_and_read_again_the_same() {
        let dir = tempfile::tempdir().unwrap();
        // Over two pieces, and the same compressed in two members.
        fs::write(dir.path().join("a.mbox"), mboxrd(0..9000)).unwrap();
        let members = [gzip(&mboxrd(0..5)), gzip(&mboxrd(5..9))].concat();
        fs::write(dir.path().join("b.mbox"), members).unwrap();
        fs::write(dir.path().join("c.eml"), mail(7)).unwrap();
        fs::write(dir.path().join("d.eml"), gzip(mail(8).as_bytes())).unwrap();
        let (store, diagnostics) = Store::open(&[&[SourceConfig::Mbox(dir.path().into())]]);
        assert_eq!(diagnostics, []);
        assert!(store.files()[0].size > 2 * PIECE as u64);

        let bytes = AtomicU64::new(0);
        let (found, diagnostics) = store.scan(
            |mail| (mail.origin, mail.separator.map(<[u8]>::to_vec), mail.bytes.into_owned()),
            &|more| {
                bytes.fetch_add(more, Ordering::Relaxed);
            },
        );
        assert_eq!(diagnostics, []);
        assert_eq!(bytes.into_inner(), store.files().iter().map(|file| file.size).sum::<u64>());
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [9000, 9, 1, 1]);
        for (n, (_, separator, bytes)) in found[0].iter().chain(&found[1]).enumerate() {
            let n = n % 9000;
            let from = format!("From {n}@example.org Tue Jan  7 00:00:00 2020");
            assert_eq!(separator.as_deref(), Some(from.as_bytes()));
            assert_eq!(bytes, mail(n).as_bytes());
        }
        assert_eq!((&found[2][0].1, &found[2][0].2), (&None, &mail(7).into_bytes()));
        assert_eq!((&found[3][0].1, &found[3][0].2), (&None, &mail(8).into_bytes()));
        for (file, mails) in (0..).zip(&found) {
            for (origin, _, bytes) in mails {
                assert_eq!(origin.file, FileId(file));
                assert_eq!(&*store.read(*origin), bytes);
            }
        }
    }

    #[test]
    fn quoting_is_undone_in_an_mbox_and_left_in_a_message_file() {
        let dir = tempfile::tempdir().unwrap();
        let message = "Subject: x\n\n>From a\n";
        let from = "From a@example.org Tue Jan  7 00:00:00 2020";
        fs::write(dir.path().join("a.mbox"), format!("{from}\n{message}")).unwrap();
        fs::create_dir_all(dir.path().join("m/cur")).unwrap();
        fs::write(dir.path().join("m/cur/1:2,S"), format!("{from}\r\n{message}")).unwrap();
        let sources = [
            SourceConfig::Mbox(dir.path().join("a.mbox")),
            SourceConfig::Maildir(dir.path().join("m")),
        ];
        let (store, _) = Store::open(&[&sources]);
        let (found, _) =
            store.scan(|mail| (mail.origin, mail.separator.map(<[u8]>::to_vec)), &|_| {});
        let separators: Vec<_> = found.iter().map(|mails| mails[0].1.as_deref()).collect();
        assert_eq!(separators, [Some(from.as_bytes()); 2]);
        assert_eq!(&*store.read(found[0][0].0), message.replace('>', "").as_bytes());
        assert_eq!(&*store.read(found[1][0].0), message.as_bytes());
    }

    #[test]
    fn a_message_file_that_vanishes_is_said_and_the_others_are_read() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["1.eml", "2.eml"] {
            fs::write(dir.path().join(name), mail(1)).unwrap();
        }
        let (store, _) = Store::open(&[&[SourceConfig::Maildir(dir.path().into())]]);
        fs::remove_file(dir.path().join("1.eml")).unwrap();
        let (found, diagnostics) = store.scan(|mail| mail.bytes.len(), &|_| {});
        assert_eq!(found, [vec![], vec![mail(1).len()]]);
        let place = diagnostics[0].place.as_ref().unwrap();
        assert_eq!((diagnostics.len(), &place.file), (1, &dir.path().join("1.eml")));
    }

    #[test]
    fn a_mail_too_long_to_be_told_by_its_origin_is_said() {
        let path = std::path::PathBuf::from("big.mbox");
        let (size, stored, modified, shape) = (0, 0, None, None);
        let file = InputFile { path, list: 0, index: 0, size, stored, modified, shape };
        let mails = Mails::Spans { bytes: &[], spans: &[] };
        let batch = Batch { id: FileId(0), file: &file, mails, bytes: 0 };
        let longest = u32::MAX as usize;
        assert_eq!(batch.origin(9, 9 + longest).map(|origin| origin.len), Ok(u32::MAX));
        let fault = batch.origin(9, 10 + longest).unwrap_err();
        assert_eq!(fault.place, Some(Place::offset("big.mbox", 9)));
    }
}

//! Mail is read build after build, and what is kept of it is damaged, grows, and fits or not.

use proptest::prelude::*;

use super::*;
use crate::archive::ListId;
use crate::archive::facts::Facts;
use crate::archive::subsystem::Rules;
use crate::archive::table;
use crate::archive::texts::Symbol;
use crate::config::SourceConfig;
use crate::mail;
use crate::source::Origin;

const RULES: u64 = 3;

fn mail(number: u32) -> String {
    format!(
        "From a@example.org Thu Jan  1 00:00:00 1970\nFrom: Ann <ann@example.org>\n\
         Date: Mon, 01 Jan 2024 12:00:{:02} +0000\nMessage-ID: <{number}@example.org>\n\
         In-Reply-To: <first@example.org>\nSubject: [PATCH v2 {number}/99 foo] add it\n\n\
         Why?\n\nReviewed-by: Bo <bo@example.org>\n---\n a.c | 1 +\n\n\
         diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1,2 @@\n x\n+{number}\n\n",
        number % 60
    )
}

fn mails(numbers: std::ops::Range<u32>) -> String {
    numbers.map(mail).collect()
}

/// Mail in a directory, read as builds do, one after the other.
struct House {
    dir: tempfile::TempDir,
    /// What the last build had to read.
    read: Vec<Part>,
    /// Each mail in words, as the last build knows it.
    mails: Vec<String>,
    faults: Vec<Fault>,
}

impl House {
    fn new() -> House {
        let dir = tempfile::tempdir().unwrap();
        House { dir, read: Vec::new(), mails: Vec::new(), faults: Vec::new() }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.dir.path().join("mail").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn keeping(&self, now: u64) -> Keeping {
        let path = self.dir.path().join("kept/facts");
        let beside = |name| Some(path.with_file_name(name));
        let (since, histories) = (beside("since"), beside("histories"));
        let now = Duration::from_secs(now);
        let (parts, inputs) = (Vec::new(), None);
        Keeping { path, since, histories, parts, inputs, program: 1, now }
    }

    /// Reads what is to be read; gives each mail's Message-ID and file, in order.
    fn build(&mut self, now: u64) -> Vec<(String, u32)> {
        let (found, notes) = self.build_told(now);
        assert_eq!(notes, []);
        found
    }

    /// The same, and what is said of what was kept.
    fn build_told(&mut self, now: u64) -> (Vec<(String, u32)>, Vec<Diagnostic>) {
        let sources = [SourceConfig::Mbox(self.dir.path().join("mail/*"))];
        let (store, _) = Store::open(&[&sources]);
        let keeping = self.keeping(now);
        let (kept, told) = Kept::open(&keeping, RULES);
        let Plan { mut table, mut faults, parts, notes, standing } =
            kept.plan(&store, |_, file, _| file.index);
        let mut builder = Builder::default();
        let read = |all: &mut Vec<(Facts, Vec<Fault>)>, raw: source::RawMail<'_>| {
            all.push(Facts::read_for(&raw, ListId(0), raw.origin.file.0, &Rules::default()));
        };
        let take = |all: Vec<(Facts, Vec<Fault>)>| {
            for (facts, wrong) in all {
                builder.push(&facts);
                faults.extend(wrong);
            }
        };
        let (_, readings) = store.fold(&parts, read, take, &|_| {});
        table.join(builder.finish());
        faults.sort_by_key(|fault| fault.origin);
        let keeping = &keeping;
        let outcome = Outcome { keeping, rules: RULES, notes, readings, standing, is_old: false };
        outcome.save(&store, &table, &faults).expect("writable");
        (self.read, self.mails, self.faults) = (parts, in_words(&table), faults);
        (found(&table), told)
    }

    /// Builds; what is known is what one knows that reads everything.
    fn build_as_if_new(&mut self) {
        self.build(FAR);
        self.assert_as_new();
    }

    fn assert_as_new(&self) {
        let mut fresh = House::new();
        let mail = self.dir.path().join("mail");
        for entry in fs::read_dir(mail).unwrap() {
            let path = entry.unwrap().path();
            fresh.write(path.file_name().unwrap().to_str().unwrap(), fs::read(&path).unwrap());
        }
        fresh.build(FAR);
        assert_eq!(self.mails, fresh.mails);
        assert_eq!(self.faults, fresh.faults);
    }

    /// The large file and the small one, if it is there.
    fn kept(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let Keeping { path, since, .. } = self.keeping(FAR);
        (fs::read(path).unwrap(), fs::read(since.unwrap()).ok())
    }
}

/// Each mail of a table in words, in an order of their own.
fn in_words(table: &Table) -> Vec<String> {
    let text = |symbol: Symbol| symbol.some().map(|symbol| table.texts.get(symbol));
    let texts = |symbols: &[Symbol]| symbols.iter().map(|s| text(*s)).collect::<Vec<_>>();
    let word = |row: usize| {
        let r = &table.records[row];
        let share = |end| table::share(&table.records, row, end);
        let trailers = &table.trailers[share(|r| r.trailers_end)];
        let trailers: Vec<_> = trailers.iter().map(|pair| table.pair(*pair)).collect();
        let files = table.files[share(|r| r.files_end)].iter();
        let notes = table.notes[share(|r| r.notes_end)].iter();
        format!(
            "{:?} {} {} {:?} {:?} {:?}\n{:?} {:?} {trailers:?}\n{:?} {:?} {:?}",
            r.origin(),
            r.source_file,
            r.date,
            texts(&[r.message_id, r.in_reply_to, r.subject_text, r.title]),
            (table.pair(r.from), table.pair(r.author)),
            (r.flags, r.major, r.index, r.total, r.content, r.fingerprint),
            texts(&table.references[share(|r| r.references_end)]),
            texts(&table.tags[share(|r| r.tags_end)]),
            files.map(|f| (text(f.path), f.added, f.removed)).collect::<Vec<_>>(),
            notes.map(|n| (n.kind, text(n.text), n.number)).collect::<Vec<_>>(),
            table.patch_ids.get(r.patch_id as usize),
        )
    };
    let mut all: Vec<String> = (0..table.len()).map(word).collect();
    all.sort();
    all
}

/// Each mail's Message-ID and file, in order.
fn found(table: &Table) -> Vec<(String, u32)> {
    let records = table.records.iter();
    let mut found: Vec<(String, u32)> =
        records.map(|r| (table.texts.get(r.message_id).to_owned(), r.file)).collect();
    found.sort();
    found
}

fn expected(files: &[std::ops::Range<u32>]) -> Vec<(String, u32)> {
    let mut all: Vec<(String, u32)> = (0..)
        .zip(files)
        .flat_map(|(file, range)| {
            range.clone().map(move |number| (format!("{number}@example.org"), file))
        })
        .collect();
    all.sort();
    all
}

/// The same of one file.
fn expected_of(numbers: std::ops::Range<u32>) -> Vec<(String, u32)> {
    expected(std::slice::from_ref(&numbers))
}

const FAR: u64 = 1 << 40;

#[test]
fn what_is_known_is_not_read_again() {
    let mut house = House::new();
    house.write("a.mbox", mails(0..3));
    house.write("b.mbox", mails(3..5));
    assert_eq!(house.build(FAR), expected(&[0..3, 3..5]));
    assert_eq!(house.read, [Part::Whole, Part::Whole]);
    assert_eq!(house.build(FAR), expected(&[0..3, 3..5]));
    assert_eq!(house.read, [Part::Nothing, Part::Nothing]);
}

/// A file that is younger than the clock's grain may be written again without looking
/// otherwise: what it holds is compared.
#[test]
fn the_time_of_a_young_file_says_nothing() {
    let mut house = House::new();
    house.write("a.mbox", mails(0..3));
    house.build(0);
    let path = house.dir.path().join("mail/a.mbox");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    house.write("a.mbox", mails(5..8));
    File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    assert_eq!(house.build(FAR), expected_of(5..8));
    assert_eq!(house.read, [Part::Whole]);
}

#[test]
fn a_file_that_grew_is_read_from_its_last_mail_on() {
    let mut house = House::new();
    house.write("a.mbox", mails(0..3));
    house.build(FAR);
    house.write("a.mbox", mails(0..5));
    assert_eq!(house.build(FAR), expected_of(0..5));
    assert_eq!(house.read, [Part::From(mails(0..2).len() as u64)]);
    // And once more: what was read then is known, too.
    house.write("a.mbox", mails(0..9));
    assert_eq!(house.build(FAR), expected_of(0..9));
    assert_eq!(house.read, [Part::From(mails(0..4).len() as u64)]);
}

#[test]
fn files_come_and_go_and_keep_their_mails() {
    let mut house = House::new();
    house.write("b.mbox", mails(0..3));
    house.write("d.mbox", mails(3..5));
    house.build(FAR);
    house.write("a.mbox", mails(7..8));
    house.write("c.mbox", mails(8..9));
    assert_eq!(house.build(FAR), expected(&[7..8, 0..3, 8..9, 3..5]));
    assert_eq!(house.read, [Part::Whole, Part::Nothing, Part::Whole, Part::Nothing]);
    fs::remove_file(house.dir.path().join("mail/b.mbox")).unwrap();
    assert_eq!(house.build(FAR), expected(&[7..8, 8..9, 3..5]));
    assert_eq!(house.read, [Part::Nothing; 3]);
}

/// A `Content-Length` that reaches beyond the end counts once there is as much: then the
/// separators that it spans are none.
#[test]
fn a_length_that_reached_too_far_is_looked_at_again() {
    let long = |body: &str| {
        let header = mail(0).replacen("Subject:", "Content-Length: 1500\nSubject:", 1);
        format!("{header}{body}")
    };
    let mut house = House::new();
    let begun = long(&mails(1..3));
    let whole = {
        let body = begun.find("\n\n").unwrap() + 2;
        let more = mails(3..9);
        let rest = 1500 - (begun.len() - body);
        format!("{begun}{}\n\n{}", &more[..rest], mails(20..22))
    };
    house.write("a.mbox", &begun);
    house.build(FAR);
    house.write("a.mbox", &whole);
    let again = house.build(FAR);
    let mut fresh = House::new();
    fresh.write("a.mbox", &whole);
    assert_eq!(again, fresh.build(FAR));
    assert_eq!(again.len(), 3, "the first mail spans the others: {again:?}");
}

fn sample() -> (tempfile::TempDir, Vec<u8>) {
    let mut house = House::new();
    house.write("a.mbox", mails(0..2));
    house.build(FAR);
    let bytes = fs::read(house.keeping(FAR).path).unwrap();
    (house.dir, bytes)
}

/// What is kept in these files, put together for a store.
fn plan_of(house: &House, store: &Store, parts: &[PathBuf]) -> Plan {
    let keeping = Keeping { parts: parts.to_vec(), ..house.keeping(FAR) };
    let (kept, notes) = Kept::open(&keeping, RULES);
    assert_eq!(notes, []);
    kept.plan(store, |_, file, _| file.index)
}

#[test]
fn what_others_have_read_is_not_read_again() {
    let mut house = House::new();
    let mut parts = Vec::new();
    for (name, numbers) in [("b.mbox", 3..5), ("a.mbox", 0..3)] {
        house.write(name, mails(numbers));
        house.build(FAR);
        let part = house.dir.path().join("part-of-").with_extension(name);
        fs::rename(house.keeping(FAR).path, &part).unwrap();
        fs::rename(house.dir.path().join("mail").join(name), house.dir.path().join(name)).unwrap();
        parts.push(part);
    }
    for name in ["a.mbox", "b.mbox"] {
        fs::rename(house.dir.path().join(name), house.dir.path().join("mail").join(name)).unwrap();
    }
    // A second one that knows the same mail adds none of it.
    parts.push(parts[0].clone());
    let sources = [SourceConfig::Mbox(house.dir.path().join("mail/*"))];
    let (store, _) = Store::open(&[&sources]);
    let plan = plan_of(&house, &store, &parts);
    assert_eq!(plan.parts, [Part::Nothing, Part::Nothing]);
    assert_eq!(found(&plan.table), expected(&[0..3, 3..5]));
    house.write("b.mbox", mails(3..6));
    let (store, _) = Store::open(&[&sources]);
    let plan = plan_of(&house, &store, &parts);
    assert_eq!(plan.parts, [Part::Nothing, Part::From(mails(3..4).len() as u64)]);
}

#[test]
fn damage_is_noticed() {
    let (_dir, whole) = sample();
    for at in 0..whole.len() {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        assert!(!matches!(Found::read(&altered, (1, RULES)), Found::Fitting(_)), "{at}");
        assert!(!matches!(Found::read(&whole[..at], (1, RULES)), Found::Fitting(_)), "{at}");
    }
    assert!(matches!(Found::read(&whole, (1, RULES)), Found::Fitting(_)));
    assert!(matches!(Found::read(&whole, (2, RULES)), Found::Other), "another program");
    assert!(matches!(Found::read(&whole, (1, 4)), Found::Other), "other rules");
}

/// An mbox of many mails, which was read, and has grown since.
fn grown() -> House {
    let mut house = House::new();
    house.write("a.mbox", mails(0..60));
    house.write("b.mbox", mails(60..90) + FAULTY);
    house.build(FAR);
    house.write("b.mbox", mails(60..90) + FAULTY + &mails(100..103));
    house.build(FAR);
    house
}

/// Something is wrong with it.
const FAULTY: &str = "From a Thu Jan  1 00:00:00 1970\nSubject: x\n\nNo date, no sender.\n\n";

#[test]
fn what_comes_is_kept_beside_what_was_there() {
    let mut house = grown();
    let (base, first) = house.kept();
    let first = first.expect("a small file");
    assert!(first.len() * since::PART < base.len());
    assert_eq!(house.faults.len(), 3, "once each, though the mail was read twice");
    house.assert_as_new();
    // And once more, also with another fault, and nothing new.
    let longer = mails(60..90) + FAULTY + &mails(100..104) + FAULTY;
    house.write("b.mbox", &longer);
    house.build_as_if_new();
    let at = (mails(60..90) + FAULTY + &mails(100..102)).len() as u64;
    assert_eq!(house.read, [Part::Nothing, Part::From(at)]);
    house.build_as_if_new();
    assert_eq!(house.read, [Part::Nothing; 2]);
    let (same, second) = house.kept();
    assert!(base == same && second.is_some_and(|second| second != first));
}

#[test]
fn where_much_has_come_everything_is_written_anew() {
    let mut house = grown();
    let (base, _) = house.kept();
    house.write("c.mbox", mails(200..220));
    house.build_as_if_new();
    let (whole, since) = house.kept();
    assert!(whole.len() > base.len() && since.is_none());
    house.build_as_if_new();
    assert_eq!(house.read, [Part::Nothing; 3]);
    assert!(house.kept().1.is_some(), "and what comes after that, beside it");
}

#[test]
fn files_come_and_go_beside_what_was_there() {
    let mut house = House::new();
    house.write("b.mbox", mails(0..90));
    for file in ["d", "f"] {
        house.write(&format!("{file}.mbox"), mails(90..93));
    }
    house.build(FAR);
    let (base, _) = house.kept();
    let directory = house.dir.path().join("mail");
    let mail = |name: &str| directory.join(name);
    let (d, elsewhere) = (mail("d.mbox"), house.dir.path().join("elsewhere"));
    // All files have other numbers now.
    house.write("a.mbox", mails(95..97));
    house.build_as_if_new();
    fs::rename(&d, &elsewhere).unwrap();
    house.build_as_if_new();
    assert_eq!(house.read, [Part::Nothing; 3]);
    house.write("c.mbox", mails(97..99));
    house.build_as_if_new();
    assert_eq!(house.read, [Part::Nothing, Part::Nothing, Part::Whole, Part::Nothing]);
    fs::rename(&elsewhere, &d).unwrap();
    house.build_as_if_new();
    let [known, new] = [Part::Nothing, Part::Whole];
    assert_eq!(house.read, [known, known, known, new, known], "it was gone");
    house.write("d.mbox", FAULTY);
    house.build_as_if_new();
    fs::remove_file(mail("a.mbox")).unwrap();
    house.build_as_if_new();
    let (same, since) = house.kept();
    assert!(base == same && since.is_some());
}

#[test]
fn what_came_is_read_again_where_its_file_is_lost_or_another_ones() {
    let other = grown().kept().1;
    for foreign in [None, other] {
        let mut house = grown();
        // Another base than that of the other house, of the same length.
        let Keeping { path, since, .. } = house.keeping(FAR);
        fs::remove_file(&path).unwrap();
        house.build(FAR);
        house.write("a.mbox", mails(0..61));
        house.build_as_if_new();
        let since = since.unwrap();
        assert!(since.exists());
        match foreign {
            Some(foreign) => fs::write(&since, foreign).unwrap(),
            None => fs::remove_file(&since).unwrap(),
        }
        house.build_as_if_new();
        assert_eq!(house.read, [Part::From(mails(0..59).len() as u64), Part::Nothing]);
        house.build_as_if_new();
        assert_eq!(house.read, [Part::Nothing; 2]);
    }
}

#[test]
fn a_small_file_that_is_damaged_is_told_and_what_came_is_read_again() {
    let mut house = grown();
    let (base, since) = house.kept();
    let since = since.unwrap();
    let path = house.keeping(FAR).since.unwrap();
    for at in [0, since.len() / 2, since.len() - 1] {
        let mut altered = since.clone();
        altered[at] ^= 1;
        for damaged in [&altered[..], &since[..at]] {
            fs::write(&path, damaged).unwrap();
            let (_, told) = house.build_told(FAR);
            assert_eq!((told.len(), told[0].severity), (1, Severity::Note), "{at}");
            assert!(told[0].message.contains("is damaged"), "{told:?}");
            let from = mails(60..90).len() as u64;
            assert_eq!(house.read, [Part::Nothing, Part::From(from)]);
            house.assert_as_new();
            assert_eq!(house.kept(), (base.clone(), Some(since.clone())));
        }
    }
}

/// Where a base is lost, so is what came to it.
#[test]
fn without_its_base_a_small_file_says_nothing() {
    let mut house = grown();
    fs::write(house.keeping(FAR).path, "patchpress-facts 1\n").unwrap();
    let (_, told) = house.build_told(FAR);
    assert_eq!((told.len(), &house.read), (1, &vec![Part::Whole; 2]));
    house.assert_as_new();
    assert_eq!(house.kept().1, None);
}

/// What someone takes elsewhere is one file.
#[test]
fn where_there_is_no_second_file_all_is_in_one() {
    let mut house = grown();
    let sources = [SourceConfig::Mbox(house.dir.path().join("mail/*"))];
    let (store, _) = Store::open(&[&sources]);
    let parts = vec![house.keeping(FAR).path];
    let plan = plan_of(&house, &store, &parts);
    assert_eq!(plan.table.len(), 90, "the base alone");
    assert!(plan.standing.is_none());
    fs::remove_file(&parts[0]).unwrap();
    house.build(FAR);
    assert_eq!(plan_of(&house, &store, &parts).table.len(), 94);
}

#[test]
fn damage_of_what_came_is_noticed() {
    let house = grown();
    let (base, since) = house.kept();
    let since = since.unwrap();
    let known = || match Found::read(&base, (1, RULES)) {
        Found::Fitting(kept) => kept,
        other => panic!("{other:?}"),
    };
    for at in 0..since.len() {
        let mut altered = since.clone();
        altered[at] ^= 1;
        assert_eq!(known().go_on(&altered), None, "{at}");
        assert_eq!(known().go_on(&since[..at]), None, "{at}");
    }
    let mut kept = known();
    assert_eq!(kept.go_on(&since), Some(()));
    assert!(kept.table.len() > known().table.len());
}

proptest! {
    /// Bytes with a right checksum that nobody wrote: no panic, whatever they say.
    #[test]
    fn what_nobody_wrote_is_refused_or_whole(at in 0_usize..4000, byte: u8) {
        let (_dir, mut bytes) = sample();
        bytes.truncate(bytes.len() - 8);
        let at = FIRST_LINE.len() + at % (bytes.len() - FIRST_LINE.len());
        bytes[at] = byte;
        let sum = twox_hash::XxHash3_64::oneshot(&bytes);
        codec::word_into(&mut bytes, sum);
        if let Found::Fitting(kept) = Found::read(&bytes, (1, RULES)) {
            prop_assert!(kept.table.is_whole(kept.table.extent()));
        }
    }

    /// The same of what came since.
    #[test]
    fn what_nobody_wrote_since_is_refused_or_whole(at in 0_usize..4000, byte: u8) {
        static GROWN: std::sync::LazyLock<(Vec<u8>, Option<Vec<u8>>)> =
            std::sync::LazyLock::new(|| grown().kept());
        let (base, since) = &*GROWN;
        let Found::Fitting(mut kept) = Found::read(base, (1, RULES)) else { panic!("it fits") };
        let mut bytes = since.clone().unwrap();
        bytes.truncate(bytes.len() - 8);
        // Behind its first line and the checksum of its base.
        let start = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 9;
        let at = start + at % (bytes.len() - start);
        bytes[at] = byte;
        Sealed::close(&mut bytes);
        let rows = kept.table.len();
        match kept.go_on(&bytes) {
            None => prop_assert_eq!(kept.table.len(), rows),
            Some(()) => {
                let (_dir, store) = (tempfile::tempdir().unwrap(), Store::open(&[]).0);
                prop_assert!(kept.table.is_whole(kept.table.extent()));
                prop_assert!(kept.plan(&store, |_, file, _| file.index).table.is_empty());
            }
        }
    }

    #[test]
    fn faults_come_back(given in ".*", file: u32, offset: u64, len: u32) {
        let origin = Origin { file: FileId(file), offset, len };
        let used = mail::date::DateSource::Received.in_words();
        let all: Vec<Fault> = [
            mail::Fault::NoMessageId,
            mail::Fault::BadDate { given: given.clone(), used },
            mail::Fault::NoFrom,
            mail::Fault::UnknownCharset(given.clone()),
            mail::Fault::BrokenMime(given.clone()),
            mail::Fault::Empty,
            mail::Fault::DamagedDiff(given),
        ]
        .map(|what| Fault { origin, message_id: "a@b".into(), what })
        .into();
        let mut bytes = Vec::new();
        codec::faults_into(&mut bytes, &all);
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(codec::faults(&mut reader), Some(all));
        prop_assert!(reader.is_empty());
    }
}

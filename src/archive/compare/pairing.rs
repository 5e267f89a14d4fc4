//! Which patch of one posting became which of another, as `git range-diff` decides it.
//!
//! Patches that make the same change are one, whatever their number and title. Of the rest
//! the cheapest assignment is taken: calling two patches one costs as many lines as the diff
//! of their diffs has, calling one dropped or added costs a share of its own lines (the
//! creation factor). Beyond git, what is left and has the same title is one patch, rewritten;
//! and of what is still left it is said where its lines went.
//!
//! The time is bounded by [`Limits`]: pairs whose lines differ in too many to be one are
//! known by counting, and when the bound is reached the rest counts as different.

use std::cmp::Ordering;
use std::collections::HashMap;

use imara_diff::Token;

use super::Limits;
use super::assignment::{FORBIDDEN, assign};
use super::difference::{Lines, Script};
use super::lines::Version;

/// The diffs of some patches of one posting, by the patch's position.
pub(super) type Diffs = HashMap<usize, Diff>;

/// A patch's diff in numbers.
pub(super) struct Diff {
    /// Its lines in order.
    pub(super) lines: Vec<Token>,
}

impl Diff {
    pub(super) fn of<'a>(version: Version<'a>, known: &mut Lines<'a>) -> Diff {
        Diff { lines: version.diff().map(|line| known.intern(line)).collect() }
    }

    /// Its lines by number.
    fn sorted(&self) -> Vec<u32> {
        let mut sorted: Vec<u32> = self.lines.iter().map(|token| token.0).collect();
        sorted.sort_unstable();
        sorted
    }

    /// Those that the patch adds or removes and that tell something, by number.
    fn telling(&self, known: &Lines<'_>) -> Vec<u32> {
        let mut telling = self.sorted();
        telling.retain(|number| known[Token(*number)].is_telling());
        telling
    }
}

/// Which old patch is which new one, by position.
pub(super) struct Pairs {
    pub(super) old: Vec<Option<usize>>,
    pub(super) new: Vec<Option<usize>>,
}

impl Pairs {
    /// Pairs the patches that make the same change: those with the same title first, the
    /// others in order.
    pub(super) fn by_patch_id(old: &[Version<'_>], new: &[Version<'_>]) -> Pairs {
        let mut pairs = Pairs { old: vec![None; old.len()], new: vec![None; new.len()] };
        pairs.by_key(old, new, |v| Some(v.mail));
        pairs.by_key(old, new, |v| v.patch_id.map(|id| (id, v.title)));
        pairs.by_key(old, new, |v| v.patch_id);
        pairs
    }

    /// Pairs unpaired patches that agree in what `key` gives, first with first.
    fn by_key<'a, K: Ord>(
        &mut self,
        old: &[Version<'a>],
        new: &[Version<'a>],
        key: impl Fn(&Version<'a>) -> Option<K>,
    ) {
        let left = self.left_new().into_iter();
        let mut waiting: Vec<(K, usize)> =
            left.filter_map(|at| Some((key(&new[at])?, at))).collect();
        waiting.sort_unstable();
        // For the first of each key, how many of that key are taken.
        let mut taken = vec![0; waiting.len()];
        for at in self.left_old() {
            let Some(key) = key(&old[at]) else { continue };
            let first = waiting.partition_point(|(other, _)| *other < key);
            let next = first + taken.get(first).copied().unwrap_or(0);
            if let Some((_, found)) = waiting.get(next).filter(|(other, _)| *other == key) {
                taken[first] += 1;
                self.join(at, *found);
            }
        }
    }

    fn join(&mut self, old: usize, new: usize) {
        self.old[old] = Some(new);
        self.new[new] = Some(old);
    }

    pub(super) fn left_old(&self) -> Vec<usize> {
        left(&self.old)
    }

    pub(super) fn left_new(&self) -> Vec<usize> {
        left(&self.new)
    }

    /// Pairs what is alike among the rest.
    pub(super) fn by_similarity(
        &mut self,
        old: &Diffs,
        new: &Diffs,
        creation: u32,
        work: &mut Work,
    ) {
        let (rows, columns) = (self.left_old(), self.left_new());
        if rows.is_empty()
            || columns.is_empty()
            || rows.len().max(columns.len()) > work.limits.patches
        {
            return;
        }
        let alone = |diff: &Diff| diff.lines.len() as i64 * i64::from(creation) / 100;
        let sorted: Vec<Vec<u32>> = columns.iter().map(|j| new[j].sorted()).collect();
        let mut costs = Vec::with_capacity(rows.len());
        for row in &rows {
            let (row, lines) = (&old[row], old[row].sorted());
            let cost = |(column, sorted): (&usize, &Vec<u32>)| {
                let column = &new[column];
                let room = alone(row) + alone(column);
                match work.cost((row, &lines), (column, sorted), room) {
                    Some(cost) => cost - alone(column),
                    None => FORBIDDEN,
                }
            };
            costs.push(columns.iter().zip(&sorted).map(cost).collect::<Vec<i64>>());
        }
        // A column more for each row: that of staying alone.
        let given = assign(rows.len(), columns.len() + rows.len(), |row, column| {
            match column.checked_sub(columns.len()) {
                None => costs[row][column],
                Some(own) if own == row => alone(&old[&rows[row]]),
                Some(_) => FORBIDDEN,
            }
        });
        for (row, column) in given.into_iter().enumerate().filter(|(_, c)| *c < columns.len()) {
            self.join(rows[row], columns[column]);
        }
    }

    /// Pairs the rest by title, where no other of the rest has it.
    pub(super) fn by_title(&mut self, old: &[Version<'_>], new: &[Version<'_>]) {
        let unique = |left: Vec<usize>, versions: &[Version<'_>]| {
            let mut times: HashMap<String, usize> = HashMap::new();
            let title = |at: &usize| versions[*at].title.trim().to_lowercase();
            left.iter().for_each(|at| *times.entry(title(at)).or_default() += 1);
            let once = left.into_iter().map(|at| (title(&at), at));
            once.filter(|(title, _)| !title.is_empty() && times[title] == 1).collect::<Vec<_>>()
        };
        let of_new: HashMap<String, usize> = unique(self.left_new(), new).into_iter().collect();
        for (title, at) in unique(self.left_old(), old) {
            if let Some(found) = of_new.get(&title) {
                self.join(at, *found);
            }
        }
    }
}

fn left(pairs: &[Option<usize>]) -> Vec<usize> {
    (0..pairs.len()).filter(|at| pairs[*at].is_none()).collect()
}

/// What may still be spent on one comparison.
pub(super) struct Work {
    limits: Limits,
    lines: usize,
}

impl Work {
    pub(super) fn new(limits: Limits) -> Work {
        Work { limits, lines: limits.lines }
    }

    /// Takes so many lines of what is left; false where there are fewer.
    pub(super) fn spend(&mut self, lines: usize) -> bool {
        let left = self.lines.checked_sub(lines);
        self.lines = left.unwrap_or(self.lines);
        left.is_some()
    }

    /// The cost of taking one diff for the other, if it is below `room`; both with their lines
    /// sorted.
    fn cost(
        &mut self,
        (old, old_sorted): (&Diff, &[u32]),
        (new, new_sorted): (&Diff, &[u32]),
        room: i64,
    ) -> Option<i64> {
        let (a, b) = (old.lines.len(), new.lines.len());
        let too_far = |lines: usize| lines as i64 >= room;
        if too_far(a.abs_diff(b)) || !self.spend(a + b) {
            return None;
        }
        if too_far(a + b - 2 * common(old_sorted, new_sorted)) || !self.spend(DIFF_COST * (a + b)) {
            return None;
        }
        let cost = i64::from(Script::of(&old.lines, &new.lines).cost());
        (cost < room).then_some(cost)
    }
}

/// How much more a diff of lines takes than counting them.
const DIFF_COST: usize = 8;

/// How many numbers two sorted lists have in common, each as often as in both.
fn common(a: &[u32], b: &[u32]) -> usize {
    let (mut at, mut with, mut count) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(at), b.get(with)) {
        match x.cmp(y) {
            Ordering::Less => at += 1,
            Ordering::Greater => with += 1,
            Ordering::Equal => (at, with, count) = (at + 1, with + 1, count + 1),
        }
    }
    count
}

/// The numbers of `a` that are not in `b`, each as often as it is more in `a`.
fn without(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut rest = Vec::new();
    let mut with = b.iter().copied().peekable();
    for &x in a {
        while with.next_if(|y| *y < x).is_some() {}
        if with.next_if_eq(&x).is_none() {
            rest.push(x);
        }
    }
    rest
}

/// Where the lines of dropped patches went, and where those of added ones came from.
#[derive(Default)]
pub(super) struct Moves {
    /// For each old patch that is left the new ones that took its lines, ascending.
    pub(super) into: HashMap<usize, Vec<usize>>,
    /// For each new patch that is left the old ones its lines came from, ascending.
    pub(super) from: HashMap<usize, Vec<usize>>,
}

impl Moves {
    /// Follows the lines of what is left. A patch went into another when that gained two
    /// thirds of its telling lines at least, and came out of one that lost as many.
    pub(super) fn of(
        pairs: &Pairs,
        (old, new): (&Diffs, &Diffs),
        known: &Lines<'_>,
        work: &mut Work,
    ) -> Moves {
        let (left_old, left_new) = (pairs.left_old(), pairs.left_new());
        let most = left_old.len().max(left_new.len());
        if most == 0 || most > work.limits.patches {
            return Moves::default();
        }
        let telling = |diffs: &Diffs| -> HashMap<usize, Vec<u32>> {
            diffs.iter().map(|(at, diff)| (*at, diff.telling(known))).collect()
        };
        let (old, new) = (telling(old), telling(new));
        let lost = changed(&old, &pairs.old, &new);
        let gained = changed(&new, &pairs.new, &old);
        // (old, new): most of the old one is in the new one, and the other way round.
        let squashed = taken(&left_old, &old, &gained, work);
        let split = taken(&left_new, &new, &lost, work);
        Moves {
            into: left_old.into_iter().map(|at| (at, ends(at, &squashed, &split))).collect(),
            from: left_new.into_iter().map(|at| (at, ends(at, &split, &squashed))).collect(),
        }
    }
}

/// The several patches that each came out of (or went into) the one at `at`; else the one that
/// it went into (or came out of). `own` says that of it, `others` of those on the other side.
fn ends(at: usize, own: &[(usize, usize)], others: &[(usize, usize)]) -> Vec<usize> {
    let of = |pairs: &[(usize, usize)], pick: fn(&(usize, usize)) -> (usize, usize)| {
        let ends = pairs.iter().map(pick).filter(|(from, _)| *from == at);
        ends.map(|(_, to)| to).collect::<Vec<usize>>()
    };
    let several = of(others, |(other, here)| (*here, *other));
    if several.len() > 1 { several } else { of(own, |(here, other)| (*here, *other)) }
}

/// The telling lines of each patch that its counterpart has not, by position, ascending.
fn changed(
    own: &HashMap<usize, Vec<u32>>,
    pairs: &[Option<usize>],
    others: &HashMap<usize, Vec<u32>>,
) -> Vec<(usize, Vec<u32>)> {
    let lines = |(at, lines): (&usize, &Vec<u32>)| {
        let other = pairs[*at].and_then(|other| others.get(&other));
        (*at, other.map_or_else(|| lines.clone(), |other| without(lines, other)))
    };
    let mut all: Vec<_> = own.iter().map(lines).collect();
    all.sort_unstable_by_key(|(at, _)| *at);
    all
}

/// For each of `left` the one of `holders` that holds most of its lines, if it holds enough.
fn taken(
    left: &[usize],
    telling: &HashMap<usize, Vec<u32>>,
    holders: &[(usize, Vec<u32>)],
    work: &mut Work,
) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for at in left {
        let lines = &telling[at];
        let mut best = (0, 0);
        for (holder, held) in holders {
            if held.len() * 3 >= lines.len() * 2 && work.spend(lines.len() + held.len()) {
                let count = common(lines, held);
                best = if count > best.0 { (count, *holder) } else { best };
            }
        }
        if best.0 >= FEWEST && best.0 * 3 >= lines.len() * 2 {
            found.push((*at, best.1));
        }
    }
    found
}

/// Fewer lines than this in common are chance.
const FEWEST: usize = 2;

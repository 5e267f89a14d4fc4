//! Who is about on the list at a time: people come, write for a while, and go.
//!
//! How many there are in all, and when each of them first writes, are [`head_count`] and
//! [`Crowd::advance`]; how long they stay and how much they write are their [`Life`]. What
//! they write is told elsewhere.
//!
//! The numbers are those of real lists, read in order of date, distinct From addresses:
//!
//! | list | mails | people | of one mail | the ten busiest | in 200 in a row | in 2000 |
//! |---|---|---|---|---|---|---|
//! | git's history as mail, 28 months | 20,004 | 396 | 20 % | 68 % | 28 to 40 | 86 to 112 |
//! | kvm-unit-tests, 16 years | 11,336 | 234 | 18 % | 57 % | 11 to 17 | 55 to 76 |
//! | openwrt-devel, half a year | 4,156 | 296 | 41 % | 44 % | 54 to 61 | 188 to 203 |
//! | live-patching, 41 months | 3,472 | 209 | 36 % | 67 % | 15 to 29 | 133 |
//! | made, 18 months | 20,000 | 419 | 32 % | 64 % | 30 to 32 | 80 to 89 |
//! | made, 50 months | 150,000 | 1,403 | 29 % | 50 % | 36 to 38 | 97 to 113 |
//!
//! All prefixes of the real ones together fit 0.8 times the mails to the power of 0.63; six
//! lists, with two of many questions (1,941 mails of 285 people, 2,131 of 318), 1.3 times the
//! power of 0.59. Of a list's own people, a tenth of its mails has 15 to 22 %, half of them
//! 55 to 76 %. Between somebody's first mail and the last, of those with two or more, are 4 to
//! 17 days in the first quarter and 181 to 1,070 days in the last one. Of the last hundredth
//! of the mails, 201 of git's are by 24 people, and of the made ones 200 by 27 and 1,500
//! by 79; in git's, any 1,500 in a row are by about 80.

use super::calendar::DAY;
use super::random::Rng;

/// People who are there from the first mail to the last: the maintainers.
pub const FOUNDERS: usize = 12;

/// How many people write a list of so many mails: 1.1 times the mails to the power of 0.6.
pub fn head_count(mails: u32) -> usize {
    let mails = u128::from(mails);
    // The 5th power of that, 1.61051 mails³, is a whole number but for its fraction.
    let bound = 161_051 * mails.pow(3) / 100_000;
    let (mut low, mut high) = (0u128, 4_000_000u128);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if middle.pow(5) <= bound { low = middle } else { high = middle - 1 }
    }
    (low as usize).max(FOUNDERS + 4)
}

/// How somebody takes part.
#[derive(Clone, Copy, Debug)]
struct Life {
    /// For how many seconds after the first time; 0 for somebody who does not come again.
    stay: i64,
    /// How often, beside others.
    weight: u64,
}

impl Life {
    fn of(who: usize, rng: &mut Rng) -> Life {
        const KNOWN: usize = 25;
        match who {
            0..FOUNDERS => Life { stay: i64::MAX, weight: HEAVIEST / (2 + who as u64) },
            FOUNDERS..KNOWN => Life { stay: scattered(300, 3000, rng) * DAY, weight: weight(rng) },
            _ if rng.chance(ONCE) => Life { stay: 0, weight: 0 },
            _ => Life { stay: scattered(4, 3000, rng) * DAY, weight: weight(rng) },
        }
    }
}

/// Of 100 people, how many come once.
const ONCE: usize = 30;

/// The greatest weight.
const HEAVIEST: u64 = 1500;

/// A number whose logarithm is evenly spread from that of `low` to that of `high`, about.
fn scattered(low: i64, high: i64, rng: &mut Rng) -> i64 {
    let doublings = (high / low).ilog2() as usize + 1;
    let low = low << rng.below(doublings);
    rng.within(low, (2 * low).min(high))
}

/// Few write much and many little: of w people to the power of 2/3, one weighs more than w.
fn weight(rng: &mut Rng) -> u64 {
    const PARTS: u64 = 1 << 12;
    let share = 1 + rng.below(PARTS as usize) as u64;
    (PARTS.pow(3) / share.pow(3)).isqrt().min(HEAVIEST)
}

/// The people of a list, by their numbers, as they come and go.
pub struct Crowd {
    lives: Vec<Life>,
    mails: u32,
    /// How many have come.
    come: usize,
    /// Those who have come and not written yet.
    waiting: Vec<usize>,
    /// Those who write now and then, and until when.
    present: Vec<(usize, i64)>,
    /// The sums of the weights of those present.
    sums: Vec<u64>,
}

impl Crowd {
    /// The people of a list of so many mails.
    pub fn new(mails: u32, rng: &mut Rng) -> Crowd {
        let lives = (0..head_count(mails)).map(|who| Life::of(who, rng)).collect();
        let present = (0..FOUNDERS).map(|who| (who, i64::MAX)).collect();
        let (waiting, sums) = (Vec::new(), Vec::new());
        let mut crowd = Crowd { lives, mails, come: FOUNDERS, waiting, present, sums };
        crowd.sum();
        crowd
    }

    /// How many there are in all.
    pub fn len(&self) -> usize {
        self.lives.len()
    }

    /// Lets come and go who does by now, when so many mails have been told. Of all people, the
    /// share that has come is that of the mails to the power of 2/3.
    pub fn advance(&mut self, now: i64, told: u32) {
        let all = self.len() as u128;
        let (told, mails) = (u128::from(told), u128::from(self.mails));
        while (self.come as u128).pow(3) * mails * mails < all.pow(3) * told * told
            && self.come < self.len()
        {
            self.waiting.push(self.come);
            self.come += 1;
        }
        let before = self.present.len();
        self.present.retain(|(_, until)| *until > now);
        if self.present.len() < before {
            self.sum();
        }
    }

    /// Somebody who has not written yet, and is none of `others`.
    pub fn newcomer(&self, others: &[usize]) -> Option<usize> {
        self.waiting.iter().find(|who| !others.contains(who)).copied()
    }

    /// These people write at `now`; who is new among them is so no more.
    pub fn hear(&mut self, speakers: &[usize], now: i64) {
        let before = self.present.len();
        for who in speakers {
            let Some(at) = self.waiting.iter().position(|w| w == who) else { continue };
            self.waiting.remove(at);
            let stay = self.lives[*who].stay;
            if stay > 0 {
                self.present.push((*who, now.saturating_add(stay)));
            }
        }
        if self.present.len() > before {
            self.sum();
        }
    }

    /// One of those present, the likelier the more they write.
    pub fn draw(&self, rng: &mut Rng) -> usize {
        let all = self.sums.last().copied().unwrap_or(0);
        let at = rng.below(all as usize) as u64;
        let index = self.sums.partition_point(|sum| *sum <= at);
        self.present.get(index).map_or(0, |(who, _)| *who)
    }

    fn sum(&mut self) {
        self.sums.clear();
        let mut sum = 0;
        for (who, _) in &self.present {
            sum += self.lives[*who].weight;
            self.sums.push(sum);
        }
    }
}

//! Which of a site's mail it shows: all of it, or only what is newer than a moment, with or
//! without discussions.
//!
//! What belongs together stays together: a series is there while anything of it is new, with
//! all of its versions and answers, and so is a discussion. To know what belongs together all
//! mail is put together first; what is left is put together again. Ranges are those of all
//! mail, so that no address changes; those that are not wholly new are left out.

use std::sync::Arc;

use crate::archive::published::Text;
use crate::archive::{Archive, Home, ListId, MailId, Options, Range, table::Table};
use crate::mail::date::{self, UnixTime};

/// What of its mail a site shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// From when on; all if not given.
    pub since: Option<Since>,
    /// Whether discussions without patches are among it.
    pub threads: bool,
}

impl Selection {
    /// All mail.
    pub const ALL: Selection = Selection { since: None, threads: true };
}

/// A moment, given by itself or reckoned back from the newest mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// The beginning of a day in UTC.
    Day(UnixTime),
    /// The beginning of the day so much before that of the newest mail.
    Before {
        /// Months.
        months: u32,
        /// Days.
        days: u32,
    },
}

impl Since {
    /// The moment, where the newest mail is of `newest`.
    pub fn moment(self, newest: UnixTime) -> UnixTime {
        match self {
            Since::Day(at) => at,
            Since::Before { months, days } => date::days_before(newest, months, days),
        }
    }
}

/// A mail that the site does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its Message-ID.
    pub message_id: Box<str>,
    /// The lists that it went to.
    pub lists: Vec<ListId>,
}

impl Archive {
    /// Puts together the selected mails.
    pub fn selected(
        table: impl Into<Arc<Table>>,
        texts: Vec<Text>,
        options: &Options<'_>,
        selection: Selection,
    ) -> Archive {
        if selection == Selection::ALL {
            return Archive::of(table, texts, options);
        }
        let whole = Archive::of(table, Vec::new(), options);
        let since = selection.since.map(|since| since.moment(whole.newest()));
        let kept = whole.kept(since.unwrap_or(UnixTime::MIN), selection.threads);
        let ranges = whole.ranges_of(since.unwrap_or(UnixTime::MIN), &kept);
        let mut left_out = whole.left_out_of(&kept);
        left_out.sort_by(|a, b| a.message_id.cmp(&b.message_id));
        let mails = whole.mails.only(&kept);
        Archive { left_out, since, ..Archive::put_together(mails, texts, options, Some(ranges)) }
    }

    /// Whether each mail is kept.
    fn kept(&self, since: UnixTime, threads: bool) -> Vec<bool> {
        let date = |mail: &MailId| self.mail(*mail).date();
        let last = |postings: &[_]| postings.iter().map(|id| self.posting(*id).last).max();
        let series: Vec<bool> =
            self.series.iter().map(|series| last(&series.postings) >= Some(since)).collect();
        let newest = |mails: &[MailId]| mails.iter().map(date).max();
        let thread = self.threads.iter().map(|t| threads && newest(&t.mails) >= Some(since));
        let thread: Vec<bool> = thread.collect();
        let is_kept = |home: &Home| match home {
            Home::Posting(id) => series[self.posting(*id).series.0 as usize],
            Home::Thread(id) => thread[id.0 as usize],
        };
        self.homes.iter().map(is_kept).collect()
    }

    fn left_out_of(&self, kept: &[bool]) -> Vec<LeftOut> {
        let gone = self.mail_ids().filter(|id| !kept[id.0 as usize]).map(|id| self.mail(id));
        let left_out = gone.map(|mail| LeftOut {
            message_id: mail.message_id().into(),
            lists: mail.lists().to_vec(),
        });
        left_out.collect()
    }

    /// The ranges that are wholly new, with the ids that their mails have among those kept.
    fn ranges_of(&self, since: UnixTime, kept: &[bool]) -> Vec<Range> {
        let mut next = 0;
        let places = kept.iter().map(|is_kept| {
            next += u32::from(*is_kept);
            is_kept.then(|| MailId(next - 1))
        });
        let places: Vec<Option<MailId>> = places.collect();
        let is_new = |range: &&Range| range.mails.iter().all(|m| self.mail(*m).date() >= since);
        let narrowed = self.ranges.iter().filter(is_new).map(|range| Range {
            mails: range.mails.iter().filter_map(|mail| places[mail.0 as usize]).collect(),
            ..range.clone()
        });
        narrowed.filter(|range| !range.mails.is_empty()).collect()
    }

    /// The mail with this Message-ID, where it is one that the site does not show.
    pub fn left_out(&self, message_id: &str) -> Option<&LeftOut> {
        let at = self.left_out.binary_search_by(|mail| (*mail.message_id).cmp(message_id)).ok()?;
        self.left_out.get(at)
    }
}

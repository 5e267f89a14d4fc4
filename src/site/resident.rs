//! What the preview keeps between its builds: the mail, while neither it nor the configuration
//! changes; and which pages are looked at meanwhile.
//!
//! Reading and grouping mail takes its time again in every build, though what is edited in a
//! preview are pages and templates. Whether the mail is the same is told by the state of its
//! files, as for [`super::stamp`]; how it is read is [`Opened`]'s, and what becomes of it the
//! build's.

use rayon::prelude::*;

use crate::archive::{Archive, Opened};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::progress::Progress;
use crate::site::build::BuildError;
use crate::site::stamp::Stamp;

/// What is made of the mail alone.
pub(super) struct Mail {
    pub opened: Opened,
    /// Of each range of the archive.
    pub digests: Vec<Digest>,
}

impl Mail {
    /// Reads all mail of a site, as far as it isn't known from earlier builds. Fails as
    /// [`Opened::of`] does.
    fn read(
        config: &Config,
        stamp: Option<&Stamp>,
        progress: &dyn Progress,
    ) -> Result<Mail, Vec<Diagnostic>> {
        let keeping = stamp.and_then(Stamp::keeping);
        let opened = Opened::keeping(config, keeping.as_ref(), progress)?;
        progress.stage("reckoning digests", None);
        let digests = digests(&opened.archive, config);
        Ok(Mail { opened, digests })
    }
}

fn digests(archive: &Archive, config: &Config) -> Vec<Digest> {
    let digest = |range| {
        Digest::of(archive, range, config.top).with_waiting(archive, config.unanswered_days)
    };
    archive.ranges.par_iter().map(digest).collect()
}

/// What one process keeps from build to build. Empty at first.
#[derive(Default)]
pub struct Resident {
    mail: Option<Mail>,
    /// The state of the files that the mail was read from; none where they were so young that
    /// they may have changed since without looking different.
    key: Option<String>,
}

impl Resident {
    /// The mail of a site, read if it isn't here as it is now. `stamp` was looked at before.
    pub(super) fn mail(
        &mut self,
        config: &Config,
        stamp: Option<&Stamp>,
        progress: &dyn Progress,
    ) -> Result<&Mail, BuildError> {
        let key = stamp.filter(|stamp| stamp.is_settled()).map(Stamp::mail);
        let kept = match self.mail.take() {
            Some(mail) if key.is_some() && self.key.as_deref() == key => mail,
            former => {
                // Both at once would take twice the memory.
                drop(former);
                Mail::read(config, stamp, progress).map_err(BuildError)?
            }
        };
        self.key = key.map(str::to_owned);
        Ok(self.mail.insert(kept))
    }
}

/// Somebody who looks at the site while it is built.
pub struct Onlooker<'a> {
    /// The files of the pages they look at, as paths within the output. These are written before
    /// their turn, so that a change shows at once, however large the site is.
    pub files: &'a [String],
    /// Told once those and the theme's assets are written, if any of them has changed.
    pub written: &'a (dyn Fn() + Sync),
    /// Whether something has changed since, so that the rest is not worth its time: then the
    /// build fails, and the next one begins where it stopped. Asked before every page.
    pub superseded: &'a (dyn Fn() -> bool + Sync),
}

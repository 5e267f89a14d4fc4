//! Addresses that were published: each has to be a page, or lead on to one.

use std::collections::{HashMap, HashSet};

use super::CheckOptions;
use super::links::{Findings, Places};
use crate::archive::slug::short_id;
use crate::diagnostic::Diagnostic;
use crate::site::manifest::Manifest;
use crate::site::output::Published;

/// What has become of the addresses that were published.
#[derive(Debug, Default)]
pub(super) struct Permalinks {
    /// How many there are.
    pub all: usize,
    /// How many lead on to where their page is now.
    pub moved: usize,
    /// Those at which there is nothing.
    pub lost: Vec<String>,
    /// Those that stood when the site was last published and now say that their mail is no
    /// longer here; true where it was left out on purpose.
    pub gone: Vec<(String, bool)>,
    /// Of those lost, the ones that the build did not know of.
    unknown: HashSet<String>,
}

impl Permalinks {
    /// Looks for every address of the `published` list, or of the site's own where there is
    /// none.
    pub fn of(
        options: &CheckOptions<'_>,
        manifest: &Manifest,
        published: Option<&Manifest>,
        places: &Places,
        found: &Findings,
    ) -> Permalinks {
        let now: HashMap<&str, bool> =
            manifest.published.iter().map(|p| (p.url.as_str(), p.stands)).collect();
        let excluded: HashSet<String> = options.exclude.iter().map(|id| short_id(id)).collect();
        let wanted = published.unwrap_or(manifest);
        let mut permalinks = Permalinks { all: wanted.published.len(), ..Permalinks::default() };
        for page in &wanted.published {
            let Some(place) = places.find(page.url.trim_start_matches('/')) else {
                permalinks.lost.push(page.url.clone());
                if !now.contains_key(page.url.as_str()) {
                    permalinks.unknown.insert(page.url.clone());
                }
                continue;
            };
            let stands = now.get(page.url.as_str()).copied().unwrap_or(true);
            let leads_on = found.leading_on.binary_search(&place).is_ok();
            permalinks.moved += usize::from(leads_on);
            if published.is_some() && page.stands && !stands && !leads_on {
                permalinks.gone.push((page.url.clone(), is_excluded(page, &excluded)));
            }
        }
        permalinks
    }

    /// What is wrong, each address by its name, with what to do.
    pub fn diagnostics(&self, options: &CheckOptions<'_>) -> Vec<Diagnostic> {
        let base = options.base_url;
        let lost = self.lost.iter().map(|url| {
            Diagnostic::error(format!("lost: {base}{url} was published, and nothing is there"))
                .hint(self.lost_hint(url))
        });
        let gone = self.gone.iter().map(|(url, on_purpose)| {
            let message =
                format!("gone: {base}{url} was published, and its mail is no longer on the site");
            match *on_purpose || options.allow_gone {
                true => Diagnostic::warning(message),
                false => Diagnostic::error(message).hint(GONE_HINT),
            }
        });
        lost.chain(gone).collect()
    }

    fn lost_hint(&self, url: &str) -> &'static str {
        match self.unknown.contains(url) {
            true => {
                "put the published list at .patchpress/manifest in the output directory and build \
                 again: the build leaves a redirect where it finds the page, and says so where not"
            }
            false => "the build left a page there, which was deleted since: build again",
        }
    }
}

const GONE_HINT: &str = "put the mail back; if it is left out on purpose, name its Message-ID in \
                         `privacy.exclude`, or check once with --allow-gone";

/// Whether a page's mails are among those that the site leaves out.
fn is_excluded(page: &Published, excluded: &HashSet<String>) -> bool {
    page.key.split(' ').any(|key| excluded.contains(key))
}

//! Looks at many files of a few directories: a Maildir has a tenth of a million in one.

use std::path::Path;

use super::inputs::Seen;

/// Looks at files one after the other. The directory of the last one is kept open, so that the
/// system need not find the way to it anew for each.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    /// The directory of the last file, and its path.
    #[cfg(unix)]
    directory: Option<(std::fs::File, std::path::PathBuf)>,
}

impl Lookout {
    /// What [`Seen::at`] sees at `path`.
    pub fn look(&mut self, path: &Path) -> Option<Seen> {
        #[cfg(unix)]
        if let Some(seen) = self.look_from_directory(path) {
            return Some(seen);
        }
        Seen::at(path)
    }

    /// The same by the file's name in its directory; nothing where it is not seen in that way,
    /// be it that the directory may not be read.
    #[cfg(unix)]
    fn look_from_directory(&mut self, path: &Path) -> Option<Seen> {
        use rustix::fs::{AtFlags, FileType, statat};
        use std::time::{Duration, UNIX_EPOCH};

        let (parent, name) = (path.parent()?, path.file_name()?);
        if self.directory.as_ref().is_none_or(|(_, at)| at.as_os_str() != parent.as_os_str()) {
            self.directory = None;
            self.directory = Some((std::fs::File::open(parent).ok()?, parent.to_owned()));
        }
        let (directory, _) = self.directory.as_ref()?;
        let found = statat(directory, name, AtFlags::empty()).ok()?;
        let seconds = u64::try_from(found.st_mtime).ok()?;
        let modified = Duration::new(seconds, u32::try_from(found.st_mtime_nsec).ok()?);
        Some(Seen {
            is_file: FileType::from_raw_mode(found.st_mode) == FileType::RegularFile,
            bytes: u64::try_from(found.st_size).ok()?,
            modified: UNIX_EPOCH.checked_add(modified),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn what_is_seen_from_the_directory_is_what_is_seen_from_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["a", "b/c", "b/d", "e/c"] {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs::write(path(name), name).unwrap();
        }
        let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_nanos(1_500_000_000);
        let odd = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_500_000_001);
        File::options().write(true).open(path("b/c")).unwrap().set_modified(before_1970).unwrap();
        File::options().write(true).open(path("b/d")).unwrap().set_modified(odd).unwrap();
        #[cfg(unix)]
        for (to, at) in [("../b/d", "e/link"), ("nowhere", "e/gone"), ("b", "f")] {
            std::os::unix::fs::symlink(to, path(at)).unwrap();
        }
        let mut lookout = Lookout::default();
        let names =
            ["a", "b/c", "b/d", "b/x", "b", "e/c", "e/link", "e/gone", "f/d", "x/y", "a", ""];
        for name in names {
            assert_eq!(lookout.look(&path(name)), Seen::at(&path(name)), "{name}");
        }
        assert_eq!(lookout.look(Path::new("/")), Seen::at(Path::new("/")));
        let here = Path::new("Cargo.toml");
        assert!(lookout.look(here).is_some());
        assert_eq!(lookout.look(here), Seen::at(here));
    }
}

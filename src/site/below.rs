//! Whether very many files lie below a directory: a tenth of a million for each build that has
//! nothing else to do.

use std::path::Path;

/// A directory that is asked for files below it.
#[derive(Debug)]
pub struct Below {
    /// Open, so that the system need not find the way to it anew for each file; none where
    /// there is no such directory.
    #[cfg(unix)]
    directory: Option<std::fs::File>,
    /// Where it is, for systems that find files by whole paths only.
    #[cfg(not(unix))]
    root: std::path::PathBuf,
}

impl Below {
    /// The directory at `root`.
    pub fn new(root: &Path) -> Below {
        Below {
            #[cfg(unix)]
            directory: std::fs::File::open(root).ok(),
            #[cfg(not(unix))]
            root: root.to_owned(),
        }
    }

    /// Whether a file of so many bytes is at `path`, relative to the directory, and is no
    /// symbolic link.
    #[cfg(unix)]
    pub fn has(&self, path: &str, bytes: u64) -> bool {
        use rustix::fs::{AtFlags, FileType, statat};
        let Some(directory) = &self.directory else { return false };
        let found = statat(directory, path, AtFlags::SYMLINK_NOFOLLOW);
        found.is_ok_and(|found| {
            FileType::from_raw_mode(found.st_mode) == FileType::RegularFile
                && u64::try_from(found.st_size) == Ok(bytes)
        })
    }

    /// Whether a file of so many bytes is at `path`, relative to the directory, and is no
    /// symbolic link.
    #[cfg(not(unix))]
    pub fn has(&self, path: &str, bytes: u64) -> bool {
        let found = std::fs::symlink_metadata(self.root.join(path));
        found.is_ok_and(|found| found.is_file() && found.len() == bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_there_with_its_size_and_as_itself() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        fs::write(root.path().join("a/page.html"), "four").unwrap();
        let below = Below::new(root.path());
        assert!(below.has("a/page.html", 4));
        assert!(!below.has("a/page.html", 5));
        assert!(!below.has("a/other.html", 4));
        assert!(!below.has("a/page.html/", 4));
        let size = fs::symlink_metadata(root.path().join("a")).unwrap().len();
        assert!(!below.has("a", size));
        assert!(!Below::new(&root.path().join("b")).has("page.html", 4));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_file_is_none() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("page.html"), "four").unwrap();
        std::os::unix::fs::symlink("page.html", root.path().join("link")).unwrap();
        let below = Below::new(root.path());
        let size = fs::symlink_metadata(root.path().join("link")).unwrap().len();
        assert!(!below.has("link", size) && !below.has("link", 4));
    }
}

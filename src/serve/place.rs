//! Which file of the site an address is: nothing outside of the output is ever found.

use std::path::{Component, Path, PathBuf};

use crate::site::url::percent_decoded;

/// What is at an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file, by its real path.
    File(PathBuf),
    /// A directory that was asked for without the slash at its end.
    Directory,
    /// Nothing.
    Nothing,
}

/// What is at `path`, which begins with a slash and is percent-encoded, in the site at `output`.
pub(super) fn find(output: &Path, path: &str) -> Place {
    let Some(relative) = relative(path) else { return Place::Nothing };
    let Ok(root) = output.canonicalize() else { return Place::Nothing };
    // Links within the site are followed, and none that lead out of it.
    let real = |path: PathBuf| path.canonicalize().ok().filter(|real| real.starts_with(&root));
    match (real(root.join(&relative)), path.ends_with('/')) {
        (Some(found), true) => match real(found.join("index.html")) {
            Some(index) if found.is_dir() && index.is_file() => Place::File(index),
            _ => Place::Nothing,
        },
        (Some(found), false) if found.is_dir() => Place::Directory,
        (Some(found), false) if found.is_file() => Place::File(found),
        _ => Place::Nothing,
    }
}

/// The file of the site, as the build names it, that an address stands for; whether or not it
/// is there.
pub(super) fn file(path: &str) -> Option<String> {
    let relative = relative(path)?;
    let relative = if path.ends_with('/') { relative.join("index.html") } else { relative };
    relative.to_str().map(str::to_owned)
}

/// The path within the site; none for one that would lead elsewhere, or that no file can have.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = percent_decoded(path.strip_prefix('/')?);
    let odd = |c: char| c.is_control() || c == '\\';
    if decoded.contains(odd) || decoded.starts_with('/') || decoded.contains("//") {
        return None;
    }
    let relative = PathBuf::from(&*decoded);
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    // `Path` overlooks a dot between slashes.
    let plain = decoded.split('/').all(|part| part != ".");
    (inside && plain).then_some(relative)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_and_directories_are_found_by_their_addresses() {
        let site = tempfile::tempdir().unwrap();
        let root = site.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b c")).unwrap();
        fs::write(root.join("a/index.html"), "").unwrap();
        fs::write(root.join("a/b c/x.txt"), "").unwrap();
        let file = |name: &str| Place::File(root.join(name));
        for (path, expected) in [
            ("/a/", file("a/index.html")),
            ("/a/index.html", file("a/index.html")),
            ("/a/b%20c/x.txt", file("a/b c/x.txt")),
            ("/a", Place::Directory),
            ("/a/b%20c/", Place::Nothing),
            ("/a/index.html/", Place::Nothing),
            ("/", Place::Nothing),
        ] {
            assert_eq!(find(&root, path), expected, "{path}");
        }
    }

    #[test]
    fn nothing_is_found_outside() {
        let here = tempfile::tempdir().unwrap();
        let root = here.path().join("public");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(here.path().join("secret"), "").unwrap();
        for path in [
            "/../secret",
            "/%2e%2e/secret",
            "/a/%2E./../secret",
            "/a/..%2f..%2fsecret",
            "/..%5csecret",
            "/%2fetc/passwd",
            "//etc/passwd",
            "/./a",
            "/a/%2e/",
            "/%00",
            "/a%00/../secret",
            "secret",
        ] {
            assert_eq!(find(&root, path), Place::Nothing, "{path}");
            assert!(!file(path).is_some_and(|file| file.contains("..")), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_within_the_site_only() {
        use std::os::unix::fs::symlink;
        let here = tempfile::tempdir().unwrap();
        let root = here.path().join("public");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::create_dir_all(here.path().join("other")).unwrap();
        for file in ["secret", "other/index.html", "public/a/index.html"] {
            fs::write(here.path().join(file), "").unwrap();
        }
        symlink("../secret", root.join("link")).unwrap();
        symlink("../other", root.join("away")).unwrap();
        symlink("a", root.join("within")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        for path in ["/link", "/away/", "/away", "/away/index.html", "/loop", "/loop/"] {
            assert_eq!(find(&root, path), Place::Nothing, "{path}");
        }
        assert!(matches!(find(&root, "/within/"), Place::File(_)));
    }
}

//! Maildirs (maildir(5)) and directories of single messages.
//!
//! Says which files there are, in which order; each is one mail.

use std::path::{Path, PathBuf};

use super::find::{Findings, Found, Holds, Reason, beneath, missing, named};

/// The messages of a Maildir (those in `new` and `cur`, not those still in `tmp`), or of a
/// directory of message files and the directories in it; or one message file.
pub(super) fn files(path: &Path) -> Findings {
    if path.is_dir() {
        let folders = [path.join("new"), path.join("cur")];
        let folders: Vec<_> = folders.into_iter().filter(|folder| folder.is_dir()).collect();
        return if folders.is_empty() { beneath(path, Holds::OneMail) } else { maildir(&folders) };
    }
    if !path.exists() {
        return (Vec::new(), vec![missing(path)]);
    }
    (vec![named(path, Holds::OneMail)], Vec::new())
}

fn maildir(folders: &[PathBuf]) -> Findings {
    let mut found = Vec::new();
    let mut diagnostics = Vec::new();
    for folder in folders {
        let (files, faults) = beneath(folder, Holds::OneMail);
        found.extend(files.into_iter().map(|file| Found { reason: Reason::Named, ..file }));
        diagnostics.extend(faults);
    }
    found.sort_by(|a, b| order(&a.path).cmp(&order(&b.path)));
    (found, diagnostics)
}

/// By the part of the name that stays when the mail is read, flagged or moved to `cur`.
fn order(path: &Path) -> (&[u8], &Path) {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let unique = name.split(|&b| b == b':').next().unwrap_or_default();
    (unique, path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(files: &[&str], path: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let (found, diagnostics) = super::files(&dir.path().join(path));
        assert_eq!(diagnostics, []);
        assert!(found.iter().all(|file| file.holds == Holds::OneMail));
        let name =
            |file: &Found| file.path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
        found.iter().map(name).collect()
    }

    #[test]
    fn reading_or_flagging_a_mail_does_not_move_it() {
        let files = ["m/cur/2.host:2,", "m/new/1.host", "m/new/3.host", "m/tmp/0.host"];
        assert_eq!(names(&files, "m"), ["m/new/1.host", "m/cur/2.host:2,", "m/new/3.host"]);
        let later = ["m/cur/2.host:2,FS", "m/cur/1.host:2,S", "m/new/3.host", "m/tmp/0.host"];
        assert_eq!(names(&later, "m"), ["m/cur/1.host:2,S", "m/cur/2.host:2,FS", "m/new/3.host"]);
    }

    #[test]
    fn any_directory_of_messages_will_do_and_a_single_one_too() {
        let files = ["d/b.eml", "d/a/1.eml", "d/.index"];
        assert_eq!(names(&files, "d"), ["d/a/1.eml", "d/b.eml"]);
        assert_eq!(names(&files, "d/b.eml"), ["d/b.eml"]);
    }
}

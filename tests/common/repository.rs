//! public-inbox repositories, made with git's plumbing.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs git on a repository, with `input`; gives its output without the last line end.
pub fn git(path: &Path, arguments: &[&str], input: &[u8]) -> String {
    String::from_utf8(git_bytes(path, arguments, input)).expect("UTF-8").trim_end().to_owned()
}

/// Runs git on a repository, with `input`; gives its output.
pub fn git_bytes(path: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.arg("-C").arg(path).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut git = command.spawn().expect("git runs");
    let mut stdin = git.stdin.take().expect("piped");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        git.wait_with_output().expect("git ends")
    });
    assert!(output.status.success(), "git {arguments:?} in {}", path.display());
    output.stdout
}

/// A bare repository with a branch `master`.
pub struct Repository {
    pub path: PathBuf,
}

impl Repository {
    /// A new one at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Repository {
        let path = path.into();
        std::fs::create_dir_all(&path).expect("writable");
        git(&path, &["init", "-q", "--bare", "-b", "master"], b"");
        Repository { path }
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.path, arguments, b"")
    }

    /// The id of the newest commit.
    pub fn tip(&self) -> String {
        self.git(&["rev-parse", "master"])
    }

    /// Stores a blob; gives its id.
    pub fn blob(&self, content: &str) -> String {
        git(&self.path, &["hash-object", "-w", "--stdin"], content.as_bytes())
    }

    /// Stores a tree of blobs, given as lines `NAME CONTENT`; gives its id.
    pub fn tree(&self, files: &[(&str, &str)]) -> String {
        let entry = |(name, content): &(&str, &str)| {
            format!("100644 blob {}\t{name}\n", self.blob(content))
        };
        let entries: String = files.iter().map(entry).collect();
        git(&self.path, &["mktree"], entries.as_bytes())
    }

    /// Stores a commit of a time, with a zone as mirrors have them; gives its id.
    pub fn commit(&self, tree: &str, parents: &[&str], time: i64) -> String {
        let parents: String = parents.iter().map(|id| format!("parent {id}\n")).collect();
        let commit = format!(
            "tree {tree}\n{parents}author Ann <ann@example.org> 4102444800 +1700\n\
             committer Archive <archive@example.org> {time} +0000\n\nA subject\n"
        );
        let store = ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"];
        git(&self.path, &store, commit.as_bytes())
    }

    /// Puts a commit with these files on top; gives its id.
    pub fn add(&self, files: &[(&str, &str)], time: i64) -> String {
        let tree = self.tree(files);
        let parents = self.git(&["for-each-ref", "--format=%(objectname)", "refs/heads/master"]);
        let parents: Vec<&str> = parents.lines().collect();
        let id = self.commit(&tree, &parents, time);
        self.git(&["update-ref", "refs/heads/master", &id]);
        id
    }

    /// Puts a mail on top.
    pub fn add_mail(&self, mail: &str, time: i64) -> String {
        self.add(&[("m", mail)], time)
    }

    /// The file of a loose object.
    pub fn object(&self, id: &str) -> PathBuf {
        self.path.join("objects").join(&id[..2]).join(&id[2..])
    }
}

/// A mail by Ann, sent on a day of March 2024.
pub fn mail(day: u32, id: &str, subject: &str) -> String {
    format!(
        "From: Ann Author <ann@example.org>\nTo: list@example.org\n\
         Date: {day:02} Mar 2024 10:00:00 +0000\nMessage-ID: <{id}@example.org>\n\
         Subject: {subject}\n\nText of {id}.\nFrom here on it is prose.\n"
    )
}

/// A patch by Ann, sent on a day of March 2024.
pub fn patch(day: u32, id: &str, title: &str) -> String {
    let mail = mail(day, id, &format!("[PATCH] {title}"));
    format!(
        "{mail}---\n {id}.c | 1 +\n 1 file changed, 1 insertion(+)\n\ndiff --git a/{id}.c b/{id}.c\n\
         --- a/{id}.c\n+++ b/{id}.c\n@@ -1,2 +1,3 @@\n one\n+two\n three\n"
    )
}

/// Mails as mboxrd.
pub fn mboxrd<'a>(mails: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut mbox = Vec::new();
    for mail in mails {
        mbox.extend_from_slice(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n");
        for line in mail.split_inclusive(|&b| b == b'\n') {
            let bare = line.iter().position(|&b| b != b'>').unwrap_or(line.len());
            if line[bare..].starts_with(b"From ") {
                mbox.push(b'>');
            }
            mbox.extend_from_slice(line);
        }
        mbox.extend_from_slice(if mail.ends_with(b"\n") { b"\n" } else { b"\n\n" });
    }
    mbox
}

//! The built-in themes, embedded in the program.
//!
//! `default` is whole. `plain` lies over it: what it lacks is taken from below.

/// A built-in theme.
#[derive(Debug)]
pub struct BuiltIn {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it is like, in a few words.
    pub about: &'static str,
    /// Its templates, by name.
    pub templates: &'static [(&'static str, &'static str)],
    /// Its assets, by name.
    pub assets: &'static [(&'static str, &'static str)],
}

impl BuiltIn {
    /// What its templates' names begin with, for those who want the built-in one and no other.
    pub fn prefix(&self) -> String {
        format!("{}/", self.name)
    }
}

/// A file of a built-in theme: its name and its text.
macro_rules! file {
    ($directory:literal, $name:literal) => {
        ($name, include_str!(concat!("../../../themes/", $directory, "/", $name)))
    };
}

/// The theme that has everything.
pub const DEFAULT: BuiltIn = BuiltIn {
    name: "default",
    about: "figures, tables and a column of contents",
    templates: &[
        file!("default/templates", "404.html"),
        file!("default/templates", "author.html"),
        file!("default/templates", "base.html"),
        file!("default/templates", "compare.html"),
        file!("default/templates", "components.html"),
        file!("default/templates", "digest.html"),
        file!("default/templates", "digests.html"),
        file!("default/templates", "directory.html"),
        file!("default/templates", "feed.xml"),
        file!("default/templates", "find.html"),
        file!("default/templates", "front.html"),
        file!("default/templates", "mails.html"),
        file!("default/templates", "months.html"),
        file!("default/templates", "page.html"),
        file!("default/templates", "part.html"),
        file!("default/templates", "posting.html"),
        file!("default/templates", "postings.html"),
        file!("default/templates", "problems.html"),
        file!("default/templates", "published.html"),
        file!("default/templates", "redirect.html"),
        file!("default/templates", "search.html"),
        file!("default/templates", "subsystem.html"),
        file!("default/templates", "thread.html"),
        file!("default/templates", "threads.html"),
    ],
    assets: &[
        file!("default/assets", "enhance.js"),
        file!("default/assets", "find.js"),
        file!("default/assets", "icon.svg"),
        file!("default/assets", "search.js"),
        file!("default/assets", "style.css"),
    ],
};

/// A page as a text editor would show it.
pub const PLAIN: BuiltIn = BuiltIn {
    name: "plain",
    about: "one column of text, without drawings",
    templates: &[
        file!("plain/templates", "base.html"),
        file!("plain/templates", "components.html"),
        file!("plain/templates", "find.html"),
        file!("plain/templates", "search.html"),
    ],
    assets: &[file!("plain/assets", "style.css")],
};

/// All of them.
pub const ALL: [&BuiltIn; 2] = [&DEFAULT, &PLAIN];

/// What lies below the files of the theme `name`, uppermost first.
pub fn below(name: &str) -> &'static [&'static BuiltIn] {
    match name {
        "plain" => &[&PLAIN, &DEFAULT],
        _ => &[&DEFAULT],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_a_built_in_theme_is_embedded() {
        for theme in ALL {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes").join(theme.name);
            for (directory, known) in [("templates", theme.templates), ("assets", theme.assets)] {
                let files = root.join(directory).read_dir().unwrap();
                let files: BTreeSet<String> =
                    files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
                let known: BTreeSet<String> = known.iter().map(|f| f.0.to_string()).collect();
                assert_eq!(known, files, "{}", theme.name);
            }
        }
    }
}

//! `patchpress init`: a site to begin with, which builds as it is.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Failure;
use crate::diagnostic::Diagnostic;

/// Make a site to begin with: configuration, a sample list, a page
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  patchpress init my-site
  patchpress init . --github")]
pub struct Args {
    /// Where the site is made; it may exist, and no file in it is overwritten
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Add a workflow that publishes the site on GitHub Pages
    #[arg(long)]
    github: bool,
}

/// A file of the new site.
#[derive(Clone, Copy, Debug)]
struct File {
    /// Its path in the site.
    path: &'static str,
    text: &'static str,
}

const FILES: &[File] = &[
    File { path: "config.yaml", text: include_str!("init/config.yaml") },
    File { path: ".gitignore", text: include_str!("init/gitignore") },
    File { path: "content/pages/about.md", text: include_str!("init/about.md") },
    File {
        path: "content/lists/lantern-devel/2024-03.mbox",
        text: include_str!("init/sample.mbox"),
    },
];

/// Its `{version}` is replaced by ours.
const WORKFLOW: File =
    File { path: ".github/workflows/pages.yml", text: include_str!("init/pages.yml") };

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let files = files(&args);
    let faults = collisions(&args.directory, &files);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    for file in &files {
        write(&args.directory, file)?;
    }
    tell(&args.directory, &files)?;
    Ok(())
}

/// What is to be made: in a site that is there already only the workflow, if that is asked
/// for.
fn files(args: &Args) -> Vec<File> {
    let site_is_there = args.directory.join(FILES[0].path).symlink_metadata().is_ok();
    match (args.github, site_is_there) {
        (true, true) => vec![WORKFLOW],
        (true, false) => FILES.iter().copied().chain([WORKFLOW]).collect(),
        (false, _) => FILES.to_vec(),
    }
}

/// A fault for each file that is there already, dangling links among them.
fn collisions(directory: &Path, files: &[File]) -> Vec<Diagnostic> {
    let paths = files.iter().map(|file| directory.join(file.path));
    let taken = paths.filter(|path| path.symlink_metadata().is_ok());
    let fault = |path: PathBuf| {
        Diagnostic::error("already there; `init` overwrites nothing")
            .in_file(&path)
            .hint("move it away, or make the site in another directory")
    };
    taken.map(fault).collect()
}

fn write(directory: &Path, file: &File) -> anyhow::Result<()> {
    let path = directory.join(file.path);
    let parent = path.parent().unwrap_or(directory);
    fs::create_dir_all(parent).with_context(|| format!("can't make {}", parent.display()))?;
    let text = file.text.replace("{version}", env!("CARGO_PKG_VERSION"));
    let new = OpenOptions::new().write(true).create_new(true).open(&path);
    new.and_then(|mut new| new.write_all(text.as_bytes()))
        .with_context(|| format!("can't write {}", path.display()))
}

/// Says what was made and what to do next.
fn tell(directory: &Path, files: &[File]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for file in files {
        writeln!(out, "made {}", directory.join(file.path).display())?;
    }
    writeln!(out, "\nNow build it:")?;
    match directory == Path::new(".") {
        true => writeln!(out, "  patchpress build"),
        false => writeln!(out, "  cd {} && patchpress build", directory.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, SourceConfig};

    const CONFIG: &str = include_str!("init/config.yaml");

    /// The template with every key that is commented out taken in.
    fn with_every_key() -> String {
        let uncommented = CONFIG.lines().map(|line| {
            let blanks = line.len() - line.trim_start().len();
            match line.trim_start().strip_prefix('#') {
                Some(key) if !key.starts_with(' ') || key.starts_with("  ") => {
                    format!("{}{key}", &line[..blanks])
                }
                _ => line.to_string(),
            }
        });
        uncommented.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_configuration_reads_the_sample_list() {
        let config = config::parse(CONFIG, Path::new("config.yaml")).unwrap();
        let [list] = config.lists.as_slice() else { panic!("{:?}", config.lists) };
        let glob = PathBuf::from("content/lists/lantern-devel/*.mbox");
        assert_eq!(list.sources, [SourceConfig::Mbox(glob.clone())]);
        let samples = FILES.iter().filter(|file| Path::new(file.path).parent() == glob.parent());
        assert_eq!(samples.count(), 1);
    }

    #[test]
    fn every_key_of_the_configuration_is_explained_and_may_be_taken_in() {
        let text = with_every_key();
        let config = config::parse(&text, Path::new("config.yaml")).unwrap();
        assert_eq!(config.lists[0].sources.len(), 4);
        assert!(config.lists[0].archive_url.is_some());
        assert!(config.mailmap.is_some() && config.maintainers.is_some());
        assert_eq!(config.rules.len(), 1);
        for key in ["theme", "digest", "page_budget", "size_budget", "diffs", "privacy", "exclude"]
        {
            assert!(text.contains(&format!("{key}:")), "{key} isn't in the template");
        }
    }

    #[test]
    fn what_is_commented_out_shows_the_defaults() {
        let plain = config::parse(CONFIG, Path::new("config.yaml")).unwrap();
        let full = config::parse(&with_every_key(), Path::new("config.yaml")).unwrap();
        assert_eq!(plain.theme, full.theme);
        assert_eq!(plain.top, full.top);
        assert_eq!((plain.page_budget, plain.size_budget), (full.page_budget, full.size_budget));
        assert_eq!((plain.diffs, plain.addresses), (full.diffs, full.addresses));
        assert_eq!(plain.exclude, full.exclude);
    }

    #[test]
    fn the_workflow_is_yaml_and_asks_for_no_more_than_it_needs() {
        let workflow: serde_json::Value = config::yaml::from_str(WORKFLOW.text).unwrap();
        assert_eq!(workflow["permissions"], serde_json::json!({"contents": "read"}));
        let deploy = &workflow["jobs"]["deploy"]["permissions"];
        assert_eq!(*deploy, serde_json::json!({"pages": "write", "id-token": "write"}));
        assert_eq!(workflow["concurrency"]["group"], "pages");
        for trigger in ["push", "schedule", "workflow_dispatch"] {
            assert!(workflow["on"].get(trigger).is_some(), "{trigger}");
        }
        let steps = workflow["jobs"]["build"]["steps"].as_array().unwrap();
        let build = r#"patchpress build --base-url "${{ steps.pages.outputs.base_url }}""#;
        let runs = |what: &str| {
            let step = |step: &serde_json::Value| {
                step["run"].as_str().is_some_and(|run| run.contains(what))
            };
            steps.iter().position(step).unwrap_or_else(|| panic!("no step runs {what}"))
        };
        assert_eq!(steps[runs("patchpress build")]["run"], build);
        // The list is there before the build, and nothing goes out unchecked.
        let upload = |step: &serde_json::Value| {
            step["uses"].as_str().is_some_and(|uses| uses.contains("upload"))
        };
        let upload = steps.iter().position(upload).unwrap();
        assert!(runs("curl ") < runs("patchpress build"));
        assert!(runs("patchpress build") < runs("patchpress check"));
        assert!(runs("patchpress check") < upload);
        assert!(steps.iter().any(|step| step["with"]["include-hidden-files"] == true));
    }
}

//! The configuration as users write it: what it means, and what is said of its faults.

use std::path::{Path, PathBuf};

use super::*;
use crate::archive::{CommitRange, Period, Since};
use crate::diagnostic::{Look, render};

/// A list that nothing is wrong with, for texts about other keys.
const LISTS: &str = "lists:\n- id: git\n  sources:\n  - mbox: git.mbox\n";

fn good(text: &str) -> Config {
    parse(text, Path::new("config.yaml")).unwrap_or_else(|faults| panic!("{}", drawn(&faults)))
}

/// A site with one list and the given keys more.
fn good_with(keys: &str) -> Config {
    good(&format!("title: T\nbase_url: https://example.org\n{LISTS}{keys}\n"))
}

fn drawn(faults: &[Diagnostic]) -> String {
    faults.iter().map(|fault| render(fault, Look::default())).collect()
}

fn faults(text: &str) -> Vec<Diagnostic> {
    parse(text, Path::new("config.yaml")).expect_err("no fault was found")
}

/// What is said of the keys when they are added to a site that is else in order, and the
/// place, as `LINE:COLUMN`, counted from the first of these keys.
fn told(keys: &str) -> Vec<(String, String, String)> {
    let before = format!("title: T\nbase_url: https://example.org\n{LISTS}");
    let lines = before.lines().count();
    let told = |fault: Diagnostic| {
        let place = fault.place.unwrap();
        let line = place.line.unwrap() - lines;
        let place = format!("{line}:{}", place.column.unwrap());
        (place, fault.message, fault.hint.unwrap_or_default())
    };
    faults(&(before + keys)).into_iter().map(told).collect()
}

/// The one thing that [`told`] tells.
#[track_caller]
fn only(keys: &str, place: &str, message: &str, hint: &str) {
    let expected = (place.to_string(), message.to_string(), hint.to_string());
    assert_eq!(told(keys), [expected], "of {keys:?}");
}

/// What is said of one value of a list's key.
#[track_caller]
fn list_fault(key: &str, value: &str, message: &str) {
    let id = if key == "id" { "" } else { "id: git, " };
    let text = format!(
        "title: T\nbase_url: https://example.org\nlists: [{{{id}{key}: {value}, sources: [mbox: x]}}]"
    );
    let messages: Vec<_> = faults(&text).into_iter().map(|fault| fault.message).collect();
    assert_eq!(messages, [message], "of {value}");
}

#[test]
fn the_whole_configuration_of_the_design() {
    let text = r#"title: KVM digests
base_url: https://example.github.io/kvm-digests   # may have a path; every link honours it
theme: default
lists:
  - id: kvm                       # appears in URLs: [a-z0-9-]
    title: KVM
    address: kvm@vger.kernel.org
    archive_url: https://lore.kernel.org/kvm/{message_id}/   # where a mail lives upstream
    sources:
      - mbox: content/lists/kvm/**/*.mbox*      # globs; .gz .xz .zst read as they are
      - maildir: ../Maildir/kvm
    ranges: file                  # file | day | week | month
digest: {top: 20}
people: {mailmap: .mailmap}
subsystems:
  maintainers: MAINTAINERS        # optional: paths → subsystem
  rules:
    - {name: KVM x86, paths: [arch/x86/kvm/**], prefixes: ["KVM: x86", "KVM: VMX"]}
site: {page_budget: 2MiB, size_budget: 500MB, diffs: collapsed, comparisons: all, gzip: true}
privacy: {addresses: obfuscated, exclude: [<a@example.org>, b@example.org]}
"#;
    let config = parse(text, Path::new("/srv/site/config.yaml")).unwrap();
    assert_eq!(config.root, Path::new("/srv/site"));
    assert_eq!(config.title, "KVM digests");
    assert_eq!(config.base_url, "https://example.github.io/kvm-digests");
    assert_eq!(config.theme, "default");
    let [list] = config.lists.as_slice() else { panic!("one list: {:?}", config.lists) };
    assert_eq!((list.id.as_str(), list.title.as_str()), ("kvm", "KVM"));
    assert_eq!(list.address.as_deref(), Some("kvm@vger.kernel.org"));
    assert_eq!(list.archive_url.as_deref(), Some("https://lore.kernel.org/kvm/{message_id}/"));
    let sources = [
        SourceConfig::Mbox(PathBuf::from("/srv/site/content/lists/kvm/**/*.mbox*")),
        SourceConfig::Maildir(PathBuf::from("/srv/site/../Maildir/kvm")),
    ];
    assert_eq!(list.sources, sources);
    assert_eq!(list.ranges, Split::File);
    assert_eq!(config.top, 20);
    assert_eq!(config.mailmap.as_deref(), Some(Path::new("/srv/site/.mailmap")));
    assert_eq!(config.maintainers.as_deref(), Some(Path::new("/srv/site/MAINTAINERS")));
    let rule = SubsystemRule {
        name: "KVM x86".to_string(),
        paths: vec!["arch/x86/kvm/**".to_string()],
        prefixes: vec!["KVM: x86".to_string(), "KVM: VMX".to_string()],
    };
    assert_eq!(config.rules, [rule]);
    assert_eq!((config.page_budget, config.size_budget), (2 * 1024 * 1024, 500_000_000));
    assert_eq!((config.diffs, config.addresses), (Diffs::Collapsed, Addresses::Obfuscated));
    assert_eq!((config.comparisons, config.gzip), (Pairings::All, true));
    assert_eq!(config.exclude, ["a@example.org", "b@example.org"]);
}

#[test]
fn three_keys_are_enough_and_the_rest_has_defaults() {
    let config = good("title: T\nbase_url: http://localhost:8000/a/b/\nlists: [{id: a-1}]\n");
    assert_eq!(config.root, Path::new("."));
    assert_eq!(config.base_url, "http://localhost:8000/a/b");
    assert_eq!(config.theme, "default");
    let list = &config.lists[0];
    assert_eq!(list.title, "a-1");
    assert_eq!(list.sources, [SourceConfig::Mbox(PathBuf::from("content/lists/a-1"))]);
    assert_eq!((&list.ranges, config.top), (&Split::File, 15));
    assert_eq!((config.page_budget, config.size_budget), (1 << 20, 1 << 30));
    assert_eq!((config.diffs, config.addresses), (Diffs::Inline, Addresses::Full));
    assert_eq!((config.comparisons, config.gzip), (Pairings::Previous, false));
    assert!(config.mailmap.is_none() && config.maintainers.is_none());
    assert!(config.rules.is_empty() && config.exclude.is_empty());
}

#[test]
fn keys_without_a_value_hold_their_defaults() {
    let config = good_with("digest:\nsite:\n  # page_budget: 2MiB\ntheme: ~\nprivacy: {exclude: }");
    assert_eq!((config.top, config.theme.as_str()), (15, "default"));
}

#[test]
fn a_source_names_one_file_or_several() {
    let text = "title: T\nbase_url: https://e.org\nlists:\n- id: a\n  sources:\n  - mbox: [x, y]\n    maildir: z\n  - digests: d/*.txt\n";
    let sources = [
        SourceConfig::Mbox(PathBuf::from("x")),
        SourceConfig::Mbox(PathBuf::from("y")),
        SourceConfig::Maildir(PathBuf::from("z")),
        SourceConfig::Digests(PathBuf::from("d/*.txt")),
    ];
    assert_eq!(good(text).lists[0].sources, sources);
}

#[test]
fn all_lists_together_are_cut_by_the_calendar_or_not_at_all() {
    let together = |digest: &str| {
        let text = format!("title: T\nbase_url: https://e.org\nlists: [{{id: a}}]\n{digest}");
        good(&text).together
    };
    assert_eq!(together(""), None);
    assert_eq!(together("digest: {together: none}"), None);
    assert_eq!(together("digest: {together: day}"), Some(Period::Day));
    assert_eq!(together("digest: {together: week}"), Some(Period::Week));
    assert_eq!(together("digest: {together: month}"), Some(Period::Month));
    only("together: week", "1:1", "unknown key `together`", "`together` belongs under `digest:`");
}

#[test]
fn a_site_begins_on_a_day_or_so_long_before_its_newest_mail() {
    let since = |given: &str| {
        let text = "title: T\nbase_url: https://e.org\nlists: [{id: a}]\n";
        good(&format!("{text}site: {{since: {given}}}")).selection.since
    };
    let before = |months, days| Some(Since::Before { months, days });
    // date -u -d 2024-01-01 +%s
    assert_eq!(since("2024-01-01"), Some(Since::Day(1_704_067_200)));
    assert_eq!(since("3y"), before(36, 0));
    assert_eq!(since("18m"), before(18, 0));
    assert_eq!(since("12w"), before(0, 84));
    assert_eq!(since("90d"), before(0, 90));
    let hint = "write it like `2024-01-01`, or `3y`, `18m`, `12w`, `90d` before the newest mail";
    for (given, found) in [
        ("2024-02-30", "`2024-02-30`"),
        ("0y", "`0y`"),
        ("3", "`3`"),
        ("é", "`é`"),
        ("2024", "`2024`"),
    ] {
        let fault = format!("expected a day or a period, found {found}");
        only(&format!("site: {{since: {given}}}"), "1:15", &fault, hint);
    }
}

#[test]
fn every_split_of_a_list() {
    for (word, split) in [
        ("file", Split::File),
        ("day", Split::Day),
        ("week", Split::Week),
        ("month", Split::Month),
        ("{every: 100}", Split::Every(100)),
    ] {
        let text = format!("title: T\nbase_url: https://e.org\nlists: [{{id: a, ranges: {word}}}]");
        assert_eq!(good(&text).lists[0].ranges, split);
    }
}

#[test]
fn sizes_in_every_unit() {
    for (given, bytes) in [
        ("1", 1),
        ("2500", 2500),
        ("7B", 7),
        ("500kB", 500_000),
        ("500 KB", 500_000),
        ("3MB", 3_000_000),
        ("2GB", 2_000_000_000),
        ("1KiB", 1024),
        ("'1MiB'", 1024 * 1024),
        ("1 GiB", 1024 * 1024 * 1024),
    ] {
        assert_eq!(good_with(&format!("site: {{page_budget: {given}}}")).page_budget, bytes);
    }
    for given in ["0", "-1", "1.5MiB", "1.5", "MiB", "12 parsecs", "1TB1", "99999999999GiB"] {
        let message = format!("expected a size, found `{given}`");
        let hint = "write it like `500kB`, `1MiB` or `1GiB`, without a fraction";
        only(&format!("site: {{size_budget: {given}}}"), "1:21", &message, hint);
    }
}

#[test]
fn several_faults_are_drawn_in_one_run_in_their_order() {
    let text = "\
titel: KVM digests
base_url: https://example.org/?q
lists:
  - id: KVM
    ranges: monthly
    sources:
      - mbox: x.mbox
site: {diffs: inlined, top: 15}
";
    assert_eq!(
        drawn(&faults(text)),
        "\
error: unknown key `titel`
 --> config.yaml:1:1
  |
1 | titel: KVM digests
  | ^
  = hint: did you mean `title`?
error: `https://example.org/?q` can't be the site's address: it has a query (`?`)
 --> config.yaml:2:11
  |
2 | base_url: https://example.org/?q
  |           ^
  = hint: write it like https://example.github.io/digests
error: `KVM` can't stand in a URL as a list's id
 --> config.yaml:4:9
  |
4 |   - id: KVM
  |         ^
  = hint: only a-z, 0-9 and - are allowed: `kvm`
error: expected `file`, `day`, `week` or `month`, found `monthly`
 --> config.yaml:5:13
  |
5 |     ranges: monthly
  |             ^
  = hint: did you mean `month`?
error: expected `inline`, `collapsed` or `none`, found `inlined`
 --> config.yaml:8:15
  |
8 | site: {diffs: inlined, top: 15}
  |               ^
  = hint: did you mean `inline`?
error: unknown key `top`
 --> config.yaml:8:24
  |
8 | site: {diffs: inlined, top: 15}
  |                        ^
  = hint: the keys here are page_budget, size_budget, diffs, comparisons, since, mboxes, feeds, search, json, text, threads, gzip
"
    );
}

/// A list with a repository, cut as given.
fn cut(ranges: &str) -> String {
    format!(
        "title: T\nbase_url: https://e.org\nlists:\n- id: a\n  sources:\n  - public_inbox: a.git\n  \
         ranges: {ranges}\n"
    )
}

#[test]
fn ranges_by_commits_are_given_or_grow() {
    let range = |from: &str, to: &str| CommitRange { from: from.into(), to: to.into() };
    for (given, split) in [
        ("{commits: 499b67518..a0d366a35}", Split::Commits(vec![range("499b67518", "a0d366a35")])),
        (
            "{commits: [v1.0..v1.1, 2026-03-01..2026-04-01]}",
            Split::Commits(vec![range("v1.0", "v1.1"), range("2026-03-01", "2026-04-01")]),
        ),
        ("{every: day, by: commits}", Split::CommitsEvery(Period::Day)),
        ("{by: commits, every: month}", Split::CommitsEvery(Period::Month)),
    ] {
        let list = good(&cut(given)).lists.remove(0);
        assert_eq!(list.ranges, split);
        assert_eq!(list.sources, [SourceConfig::PublicInbox(PathBuf::from("a.git"))]);
    }
}

#[test]
fn ranges_by_commits_that_cannot_be() {
    for (ranges, message) in [
        ("{commits: [a...b]}", "`a...b` isn't a range of commits"),
        ("{commits: [a..]}", "`a..` isn't a range of commits"),
        ("{commits: [a~1..b]}", "`a~1..b` isn't a range of commits"),
        ("{commits: [abc]}", "`abc` isn't a range of commits"),
        ("{commits: []}", "`commits` has no value"),
        ("{commits: [a..b], every: 3}", "this doesn't go with `commits`"),
        ("{every: 3, by: commits}", "expected `day`, `week` or `month`, found `3`"),
        ("{every: day, by: mails}", "expected `commits`, found `mails`"),
        ("{by: commits}", "`every` is missing"),
        ("{every: day}", "expected a whole number from 1, found `day`"),
    ] {
        let faults = faults(&cut(ranges));
        let messages: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(messages, [message], "{ranges}");
    }
    let text = cut("{every: day, by: commits}").replace("public_inbox", "mbox");
    assert_eq!(faults(&text)[0].message, "ranges by commits need a `public_inbox` source");
}

#[test]
fn lists_leave_the_directories_of_content_alone() {
    for id in ["pages", "notes", "lists"] {
        let text = format!("title: T\nbase_url: https://e.org\nlists: [{{id: {id}}}]");
        let message = format!("`{id}` is taken by the pages of content/{id}/");
        assert_eq!(faults(&text)[0].message, message);
    }
}

#[test]
fn places_are_right_in_every_form_of_yaml() {
    // Comments and empty lines, quoted keys, flow mappings over lines, non-ASCII before.
    only("# digset: x\n\n'digset': {}", "3:1", "unknown key `digset`", "did you mean `digest`?");
    only(
        "\"site\": {'diffs': \"inline\",\n  \"tpo\": 1}",
        "2:3",
        "unknown key `tpo`",
        "the keys here are page_budget, size_budget, diffs, comparisons, since, mboxes, feeds, search, json, text, threads, gzip",
    );
    only("digest: {tpo: 15}", "1:10", "unknown key `tpo`", "did you mean `top`?");
    only("privacy: {exclude: [ä, ö, {}]}", "1:27", "expected a text, found a mapping", "");
    only(
        "subsystems:\n  rules:\n  - name: ü\n    paths:\n    - 'a[b'\n    - c",
        "5:7",
        "`a[b` isn't a glob: unclosed character class; missing ']'",
        "",
    );
    only("digest: &d\n  tip: 1\n  top: 3", "2:3", "unknown key `tip`", "did you mean `top`?");
    only("? digset\n: 1", "1:3", "unknown key `digset`", "did you mean `digest`?");
    only("digest:\r\n  tip: 1\r\n", "2:3", "unknown key `tip`", "did you mean `top`?");
}

#[test]
fn a_byte_order_mark_moves_nothing() {
    let text = format!("\u{feff}titel: T\ntitle: T\nbase_url: https://example.org\n{LISTS}");
    let faults = faults(&text);
    let place = faults[0].place.as_ref().unwrap();
    assert_eq!((place.line, place.column), (Some(1), Some(2)));
}

#[test]
fn a_fault_in_an_aliased_value_is_shown_where_it_is_written() {
    let text = "\
title: T
base_url: https://example.org
lists:
- &first
  id: a
  ranges: [x]
- <<: *first
  id: b
";
    let places: Vec<_> = faults(text).into_iter().map(|fault| fault.place.unwrap().line).collect();
    assert_eq!(places, [Some(6), Some(6)]);
}

#[test]
fn anchors_and_merged_keys_are_followed() {
    let text = "\
title: &t Git
base_url: https://example.org
lists:
- &defaults
  id: a
  title: *t
  ranges: week
- <<: *defaults
  id: b
  ranges: day
";
    let lists = good(text).lists;
    let seen: Vec<_> =
        lists.iter().map(|l| (l.id.as_str(), l.title.as_str(), l.ranges.clone())).collect();
    assert_eq!(seen, [("a", "Git", Split::Week), ("b", "Git", Split::Day)]);
}

#[test]
fn keys_that_cannot_be() {
    only(
        "digest: {top: 1}\ndigest: {top: 2}",
        "2:1",
        "the key `digest` is given twice",
        "the first one is on line 7",
    );
    only("mailmap: x", "1:1", "unknown key `mailmap`", "`mailmap` belongs under `people:`");
    only(
        "digest: {top:15}",
        "1:10",
        "unknown key `top:15`",
        "a blank is missing after the colon: `top: 15`",
    );
    only("Theme: x", "1:1", "unknown key `Theme`", "did you mean `theme`?");
    only(
        "? [a]\n: b",
        "1:3",
        "unknown key `[…]`",
        "the keys here are title, base_url, theme, lists, digest, review, people, subsystems, site, privacy",
    );
}

#[test]
fn values_of_the_wrong_kind() {
    only("digest: 15", "1:9", "expected a mapping, found `15`", "with the keys top, together");
    only("digest: {top: 0}", "1:15", "expected a whole number from 1, found `0`", "");
    only("digest: {top: -3}", "1:15", "expected a whole number from 1, found `-3`", "");
    only("digest: {top: '3'}", "1:15", "expected a whole number from 1, found `3`", "");
    only("theme: 2024", "1:8", "expected a text, found a number", "put it in quotes: \"2024\"");
    only(
        "theme: true",
        "1:8",
        "expected a text, found true or false",
        "put it in quotes: \"true\"",
    );
    only(
        "theme: ../x",
        "1:8",
        "`../x` isn't the name of a theme",
        "the built-in themes are `default` and `plain`",
    );
    only("people: {mailmap: ''}", "1:19", "an empty text", "");
    only(
        "subsystems: {rules: {name: x}}",
        "1:21",
        "expected a list, found a mapping",
        "a list of rules begins like `- name: Documentation`",
    );
    only(
        "subsystems: {rules: [{name: x}]}",
        "1:22",
        "a rule without `paths` and `prefixes` matches nothing",
        "",
    );
    only(
        "privacy: {addresses: all}",
        "1:22",
        "expected `full`, `obfuscated` or `hidden`, found `all`",
        "",
    );
}

#[test]
fn lists_that_cannot_be() {
    list_fault("id", "''", "an empty text");
    list_fault("id", "a.b", "`a.b` can't stand in a URL as a list's id");
    list_fault("id", "ä", "`ä` can't stand in a URL as a list's id");
    list_fault("id", "series", "`series` is taken by the site's own pages at /series/");
    list_fault("id", "m", "`m` is taken by the site's own pages at /m/");
    list_fault("title", "' '", "an empty text");
    list_fault("address", "git", "`git` isn't a mail address");
    list_fault(
        "address",
        "'Git <git@example.org>'",
        "`Git <git@example.org>` isn't a mail address",
    );
    list_fault(
        "archive_url",
        "https://lore.example.org/",
        "no `{message_id}` in `https://lore.example.org/`",
    );
    list_fault(
        "archive_url",
        "'javascript:{message_id}'",
        "`javascript:{message_id}` isn't a web address",
    );
    list_fault("ranges", "{every: 0}", "expected a whole number from 1, found `0`");
    list_fault("ranges", "{}", "`every` is missing");
    list_fault("ranges", "100", "expected `file`, `day`, `week` or `month`, found `100`");
    list_fault("mbox", "x", "unknown key `mbox`");
}

#[test]
fn sources_that_cannot_be() {
    for (sources, message) in [
        ("[]", "`sources` is empty"),
        ("{mbox: x}", "expected a list, found a mapping"),
        ("[x.mbox]", "expected a mapping, found `x.mbox`"),
        ("[{}]", "a source without `mbox`, `maildir`, `public_inbox` and `digests`"),
        ("[{mbox: }]", "`mbox` has no value"),
        ("[{mbox: []}]", "`mbox` has no value"),
        ("[{mbox: [1]}]", "expected a text, found a number"),
        ("[{mobx: x}]", "unknown key `mobx`"),
    ] {
        let text =
            format!("title: T\nbase_url: https://e.org\nlists: [{{id: a, sources: {sources}}}]");
        let messages: Vec<_> = faults(&text).into_iter().map(|fault| fault.message).collect();
        assert_eq!(messages, [message], "of {sources}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let messages =
        |text: &str| faults(text).into_iter().map(|fault| fault.message).collect::<Vec<_>>();
    assert_eq!(
        messages("theme: x"),
        ["`title` is missing", "`base_url` is missing", "`lists` is missing"]
    );
    let head = "title: T\nbase_url: https://e.org\n";
    assert_eq!(messages(&format!("{head}lists:\n")), ["`lists` has no value"]);
    assert_eq!(messages(&format!("{head}lists: []\n")), ["`lists` is empty"]);
    assert_eq!(messages(&format!("{head}lists: [{{title: x}}]\n")), ["`id` is missing"]);
    assert_eq!(messages(&format!("{head}lists: [x]\n")), ["expected a mapping, found `x`"]);
    assert_eq!(
        messages(&format!("{head}lists: [{{id: a}}, {{id: b}}, {{id: a}}]\n")),
        ["there are two lists with the id `a`"]
    );
}

#[test]
fn texts_that_are_no_mapping() {
    for empty in ["", "\n", "# only a comment\n", "---\n", "~"] {
        assert_eq!(
            drawn(&faults(empty)),
            "error: the configuration is empty\n --> config.yaml\n  = hint: it needs `title`, \
            `base_url` and `lists`; `patchpress init DIR` makes one\n"
        );
    }
    for (text, message) in [
        ("- a\n", "expected a mapping, found a list"),
        ("hello", "expected a mapping, found `hello`"),
        ("title: T\n---\ntitle: U\n", "a second YAML document begins here"),
    ] {
        assert_eq!(faults(text)[0].message, message);
    }
}

#[test]
fn syntax_faults_are_drawn_with_advice() {
    assert_eq!(
        drawn(&faults("title: T\nsite:\n\tdiffs: none\n")),
        "\
error: a tab in the indentation
 --> config.yaml:3:1
  |
3 | →   diffs: none
  | ^
  = hint: YAML indents with blanks; put two for each level
"
    );
    assert_eq!(
        drawn(&faults("title: Git: the list\n")),
        "\
error: mapping values are not allowed in this context
 --> config.yaml:1:11
  |
1 | title: Git: the list
  |           ^
  = hint: quote a value with a colon in it, put a blank after each key's colon, check the indentation
"
    );
    assert_eq!(
        drawn(&faults("a: 1\ntitle: \"Git\nbase_url: https://example.org\n")),
        "\
error: found unexpected end of stream while scanning a quoted scalar
 --> config.yaml:2:8
  |
2 | title: \"Git
  |        ^
  = hint: a quote is opened and not closed
"
    );
    assert_eq!(
        drawn(&faults("title: a\u{1b}[2Jb\n")),
        "\
error: a control character, which YAML doesn't allow
 --> config.yaml:1:9
  |
1 | title: a<U+001B>[2Jb
  |         ^
  = hint: write it as an escape in double quotes, or take it out
"
    );
}

#[test]
fn addresses_of_sites() {
    for (given, kept) in [
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        ("http://127.0.0.1:8000/a/b//", "http://127.0.0.1:8000/a/b"),
        ("https://[::1]:8/x", "https://[::1]:8/x"),
        ("https://xn--bcher-kva.example/~me/a%20b", "https://xn--bcher-kva.example/~me/a%20b"),
    ] {
        assert_eq!(check_base_url(given).as_deref(), Ok(kept));
    }
    for given in [
        "example.org",
        "/digests",
        "ftp://example.org",
        "HTTPS:example.org",
        "https://",
        "https:///path",
        "https://example.org?x",
        "https://example.org/#x",
        "https://me@example.org",
        "https://example.org:99999",
        "https://example.org:+80",
        "https://exa mple.org",
        "https://bücher.example",
        "https://example.org/a//b",
        "https://example.org/../b",
        "https://example.org/\"><script>",
        "https://example..org",
        "https://[::1",
    ] {
        assert!(check_base_url(given).is_err(), "{given} was taken");
    }
}

#[test]
fn many_faults_are_counted_and_not_all_shown() {
    let keys: String = (0..150).map(|n| format!("key{n}: 1\n")).collect();
    let faults = faults(&format!("title: T\nbase_url: https://e.org\n{LISTS}{keys}"));
    assert_eq!(faults.len(), 101);
    assert_eq!(faults[100].message, "50 more faults");
}

#[test]
fn aliases_that_multiply_or_turn_in_circles_end() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_string();
    for n in 1..30 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(",");
        bomb.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    assert_eq!(faults(&bomb)[0].message, "repetition limit exceeded");
    assert_eq!(faults("a: &a\n  b: *a\n")[0].message, "recursion limit exceeded");
    assert_eq!(faults(&"[".repeat(100_000))[0].message, "recursion limit exceeded");
}

#[test]
fn files_that_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.yaml");
    let only = |path: &Path| {
        let [fault] = <[Diagnostic; 1]>::try_from(load(path).expect_err("no fault")).unwrap();
        fault
    };
    let missing = only(&path);
    assert_eq!(missing.message, "no config.yaml here");
    assert!(missing.hint.unwrap().contains("`patchpress init DIR`"));
    assert_eq!(missing.place.unwrap().file, path);

    let itself = only(directory.path());
    assert_eq!(itself.message, "a directory, not a configuration file");

    fs::write(&path, b"title: T\nbase_url: h\xe4\n").unwrap();
    let latin1 = only(&path);
    assert_eq!(latin1.message, "a byte that isn't UTF-8");
    let place = latin1.place.unwrap();
    assert_eq!((place.line, place.column), (Some(2), Some(12)));
    assert_eq!(place.snippet.as_deref(), Some("base_url: h\u{fffd}"));

    fs::write(&path, format!("title: T\nbase_url: https://e.org\n{LISTS}")).unwrap();
    let config = load(&path).unwrap();
    assert_eq!(config.root, directory.path());
    let mbox = SourceConfig::Mbox(directory.path().join("git.mbox"));
    assert_eq!(config.lists[0].sources, [mbox]);
}

//! The preview as a browser meets it: addresses, answers, rebuilding, healing.

#![cfg(all(unix, feature = "serve"))]
#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::repository::{self, Repository};
use common::{Public, Site};
use serde_json::Value;

/// How long a rebuild may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long nothing must happen, to be sure that nothing does; many times what the preview
/// waits for quiet.
const CALM: Duration = Duration::from_millis(1500);

/// Its mail lies in the site's own directory, so that the output is inside what is watched.
const CONFIG: &str = "title: Before\nbase_url: https://example.org/site\nlists:\n  - id: list\n    \
                      ranges: month\n    sources:\n      - mbox: '*.mbox'\n";

fn mail(id: &str, subject: &str) -> String {
    format!(
        "From ann@example.org Fri Mar  1 10:00:00 2024\nFrom: Ann <ann@example.org>\n\
         Date: Fri, 01 Mar 2024 10:00:00 +0000\nMessage-ID: <{id}@example.org>\n\
         Subject: {subject}\n\nText of {id}.\n\n"
    )
}

fn site() -> Site {
    let site = Site::new(CONFIG);
    site.write("a.mbox", mail("one", "How round is round?"));
    site
}

/// A running preview of a site.
struct Preview {
    program: Child,
    /// As it was printed: `http://127.0.0.1:1234/site/`.
    address: String,
    port: u16,
}

/// What the preview answered.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// What an open page is told.
struct News {
    build: u64,
    faults: bool,
    prints: Vec<String>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&start))
    }
}

impl Preview {
    fn of(site: &Site) -> Preview {
        Preview::with(site, &["--port", "0"])
    }

    fn with(site: &Site, args: &[&str]) -> Preview {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("patchpress"));
        command.arg("serve").args(args).current_dir(site.dir.path());
        let mut program = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().next().unwrap().to_owned();
        let port = address.split([':', '/']).nth(4).unwrap().parse().unwrap();
        Preview { program, address, port }
    }

    /// Sends a request for a path, with this Host.
    fn ask(&self, path: &str, host: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        stream
    }

    fn get_from(&self, path: &str, host: &str) -> Answer {
        let mut bytes = Vec::new();
        self.ask(path, host).read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.get_from(path, &format!("127.0.0.1:{}", self.port))
    }

    /// What a page that is made of these files is told, the newest at once.
    fn news(&self, of: &[&str]) -> impl Iterator<Item = News> + use<> {
        let query: Vec<String> = of.iter().map(|path| format!("of={path}")).collect();
        let stream = self.ask(&format!("/-/news?{}", query.join("&")), "localhost");
        let lines = BufReader::new(stream).lines().map(Result::unwrap);
        lines.filter_map(|line| {
            let news: Value = serde_json::from_str(line.strip_prefix("data: ")?).unwrap();
            let prints = news["prints"].as_array().unwrap().iter();
            Some(News {
                build: news["build"].as_u64().unwrap(),
                faults: news["faults"].as_bool().unwrap(),
                prints: prints.map(|print| print.as_str().unwrap().to_owned()).collect(),
            })
        })
    }

    /// The number of what was told last, as the event stream says it at once.
    fn generation(&self) -> u64 {
        self.news(&[]).next().unwrap().build
    }

    /// Waits for a build after that of number `last`, and until a page holds `text`; gives
    /// the number of the last build.
    #[track_caller]
    fn wait(&self, last: u64, path: &str, text: &str) -> u64 {
        let start = Instant::now();
        loop {
            let generation = self.generation();
            if generation > last && self.get(path).body.contains(text) {
                return generation;
            }
            assert!(start.elapsed() < PATIENCE, "no build after {last} that shows {text:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until builds have come to rest; gives the number of the last.
    #[track_caller]
    fn settled(&self) -> u64 {
        let mut last = self.generation();
        for _ in 0..10 {
            std::thread::sleep(CALM);
            match self.generation() {
                same if same == last => return last,
                more => last = more,
            }
        }
        panic!("builds go on without end: {last}");
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn pages_are_at_their_production_paths() {
    let site = site();
    let preview = Preview::of(&site);
    assert_eq!(preview.address, format!("http://127.0.0.1:{}/site/", preview.port));
    let home = preview.get("/site/");
    assert_eq!((home.status, home.header("content-type")), (200, Some("text/html")));
    assert_eq!(home.header("cache-control"), Some("no-store"));
    assert!(home.body.contains("<title>Before"), "{}", home.body);
    assert!(
        home.body.contains("<script src=\"/-/preview.js\" data-print=\"")
            && home.body.contains("\" data-build=\"1\"></script></head>"),
        "{}",
        home.body
    );
    let style = preview.get("/site/style.css");
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css")));
    assert_eq!(style.body.as_bytes(), Public::read(&site.path("public")).files["style.css"]);
    let script = preview.get("/-/preview.js");
    assert_eq!((script.status, script.header("content-type")), (200, Some("text/javascript")));
    // What the preview adds is not in the site.
    assert!(!fs::read_to_string(site.path("public/index.html")).unwrap().contains("preview.js"));
}

#[test]
fn whoever_comes_without_the_whole_address_is_shown_the_way() {
    let site = site();
    let preview = Preview::of(&site);
    for (path, status, location) in [
        ("/", 303, Some("/site/")),
        ("/site", 303, Some("/site/")),
        ("/site/series", 307, Some("/site/series/")),
        ("/site/nowhere/", 404, None),
        ("/elsewhere/", 404, None),
        ("/sites/", 404, None),
        ("/site/../config.yaml", 404, None),
        ("/site/%2e%2e/config.yaml", 404, None),
    ] {
        let answer = preview.get(path);
        assert_eq!((answer.status, answer.header("location")), (status, location), "{path}");
        if status == 404 {
            assert!(answer.body.contains("There is no page at this address"), "{path}");
        }
    }
}

#[test]
fn a_site_at_the_root_needs_no_way() {
    let site = Site::new(&CONFIG.replace("/site", ""));
    site.write("a.mbox", mail("one", "How round is round?"));
    let preview = Preview::of(&site);
    assert_eq!(preview.address, format!("http://127.0.0.1:{}/", preview.port));
    assert_eq!(preview.get("/").status, 200);
    assert_eq!(preview.get("/series").header("location"), Some("/series/"));
    assert_eq!(preview.get("/nowhere").status, 404);
}

/// A page elsewhere that points its name at this machine must learn nothing.
#[test]
fn names_of_others_are_refused() {
    let site = site();
    let preview = Preview::of(&site);
    for path in ["/", "/site/", "/-/news", "/-/preview.js", "/-/faults"] {
        for host in ["example.org", "localhost.example.org", "192.0.2.1"] {
            assert_eq!(preview.get_from(path, host).status, 403, "{path} {host}");
        }
    }
    assert_eq!(preview.get_from("/site/", "localhost").status, 200);
}

#[test]
fn every_part_of_the_site_is_watched_and_nothing_else() {
    let site = site();
    let preview = Preview::of(&site);
    assert_eq!(preview.settled(), 1, "its own output led to a build");
    let now = preview.wait(1, "/site/", {
        site.write("config.yaml", CONFIG.replace("Before", "After"));
        "<title>After"
    });
    site.write("b.mbox", mail("two", "Rounder than that"));
    let now = preview.wait(now, "/site/m/2024-03/", "Rounder than that");
    // These directories were not there before.
    site.write("content/pages/about.md", "# About\n\nA page about rings.\n");
    let now = preview.wait(now, "/site/pages/about/", "A page about rings.");
    site.write("content/pages/about.md", "# About\n\nA page about wheels.\n");
    let now = preview.wait(now, "/site/pages/about/", "A page about wheels.");
    site.write("themes/mine/templates/404.html", "mine: {{ site.title }}")
        .write("config.yaml", format!("{CONFIG}theme: mine\n"));
    let now = preview.wait(now, "/site/nowhere/", "mine: Before");
    site.write("themes/mine/templates/404.html", "ours: {{ site.title }}");
    preview.wait(now, "/site/nowhere/", "ours: Before");
    let now = preview.settled();
    fs::read(site.path("a.mbox")).unwrap();
    site.run(&["export", "mails"]);
    assert_eq!(preview.settled(), now, "reading led to a build");
}

/// Where the mail has a directory of its own, what lies beside the configuration is nobody's.
#[test]
fn files_beside_the_configuration_do_not_matter() {
    let site = Site::new(&CONFIG.replace("'*.mbox'", "mail"));
    site.write("mail/a.mbox", mail("one", "How round is round?"));
    let preview = Preview::of(&site);
    for name in ["notes.txt", "config.yaml~", ".config.yaml.swp", "other/a.mbox"] {
        site.write(name, "anything");
    }
    assert_eq!(preview.settled(), 1);
    // As editors do: a new file takes the old one's place.
    site.write(
        ".config.yaml.new",
        fs::read_to_string(site.path("config.yaml")).unwrap().replace("Before", "After"),
    );
    fs::rename(site.path(".config.yaml.new"), site.path("config.yaml")).unwrap();
    preview.wait(1, "/site/", "<title>After");
}

#[test]
fn a_repository_is_watched_by_its_refs() {
    let site = Site::new(&CONFIG.replace("mbox: '*.mbox'", "public_inbox: l"));
    let first = Repository::new(site.path("l/0.git"));
    first.add_mail(&repository::mail(1, "one", "How round is round?"), 1_709_294_400);
    let preview = Preview::of(&site);
    first.blob("fetched, and not part of any commit yet");
    assert_eq!(preview.settled(), 1, "an object led to a build");
    first.add_mail(&repository::mail(2, "two", "Rounder than that"), 1_709_294_400);
    let now = preview.wait(1, "/site/m/2024-03/", "Rounder than that");
    let now = now.max(preview.settled());
    // The next epoch begins elsewhere, and is moved here.
    let next = Repository::new(site.path("new.git"));
    next.add_mail(&repository::mail(3, "three", "Round enough"), 1_709_294_400);
    fs::rename(&next.path, site.path("l/1.git")).unwrap();
    preview.wait(now, "/site/m/2024-03/", "Round enough");
}

#[test]
fn faults_are_shown_until_they_are_mended() {
    let site = site();
    let preview = Preview::of(&site);
    site.write("config.yaml", CONFIG.replace("title:", "titel:"));
    let now = preview.wait(1, "/site/", "error: unknown key `titel`");
    let page = preview.get("/site/series/");
    assert_eq!(page.status, 500);
    assert!(
        page.body.contains("config.yaml:1:1") && page.body.contains("/-/preview.js"),
        "{}",
        page.body
    );
    site.write("config.yaml", CONFIG.replace("'*.mbox'", "b.mbox"));
    let now = preview.wait(now, "/site/", "there is no such file or directory");
    assert_eq!(preview.get("/site/").status, 500);
    // What was published before is untouched, and a source that comes is seen.
    assert!(fs::read_to_string(site.path("public/index.html")).unwrap().contains("<title>Before"));
    site.write("b.mbox", mail("two", "Rounder than that"));
    preview.wait(now, "/site/m/2024-03/", "Rounder than that");
    assert_eq!(preview.get("/site/").status, 200);
}

#[test]
fn a_base_path_that_changes_is_followed() {
    let site = site();
    let preview = Preview::of(&site);
    site.write("config.yaml", CONFIG.replace("/site", "/rings"));
    preview.wait(1, "/rings/", "<title>Before");
    assert_eq!(preview.get("/").header("location"), Some("/rings/"));
    assert_eq!(preview.get("/site/").status, 404);
}

#[test]
fn a_port_that_is_taken_is_told_with_the_remedy() {
    let site = site();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = site.run(&["serve", "--port", &port]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{said}");
    assert!(said.starts_with(&format!("error: can't listen on 127.0.0.1:{port}: ")), "{said}");
    assert!(said.contains("= hint: ") && said.contains("`--port 0`"), "{said}");
    // The port that is offered instead is free.
    let offered = said.split("`--port ").nth(1).unwrap().split('`').next().unwrap();
    assert!(TcpListener::bind(format!("127.0.0.1:{offered}")).is_ok(), "{said}");
    assert!(!site.path("public").exists(), "it was built in vain");
}

#[test]
fn faults_at_the_start_end_it() {
    let site = site();
    fs::remove_file(site.path("config.yaml")).unwrap();
    let output = site.run(&["serve", "--port", "0"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with("error: no config.yaml here"), "{said}");
}

/// Without `--port`, several previews at once are no fault.
#[test]
fn the_next_port_is_taken_where_none_was_asked_for() {
    let (one, two) = (site(), site());
    // Whoever has it now, it is taken.
    let _taken = TcpListener::bind("127.0.0.1:8000");
    let (first, second) = (Preview::with(&one, &[]), Preview::with(&two, &[]));
    assert!(first.port > 8000 && second.port > first.port, "{} {}", first.port, second.port);
    two.write("config.yaml", CONFIG.replace("Before", "The other"));
    second.wait(1, "/site/", "<title>The other");
    assert!(first.get("/site/").body.contains("<title>Before"));
}

/// Only what lies in the output is ever answered, however the address is written.
#[test]
fn nothing_outside_of_the_output_is_served() {
    let site = site();
    let preview = Preview::of(&site);
    fs::create_dir(site.path("elsewhere")).unwrap();
    site.write("secret", "a secret").write("elsewhere/index.html", "a secret");
    for (target, link) in [("../secret", "link"), ("../elsewhere", "away"), ("series", "within")] {
        std::os::unix::fs::symlink(target, site.path("public").join(link)).unwrap();
    }
    for path in [
        "/site/link",
        "/site/away/",
        "/site/away",
        "/site/../secret",
        "/site/%2e%2e/secret",
        "/site/.%2E/secret",
        "/site/%2e%2e%2fsecret",
        "/site/series/..%2f..%2fsecret",
        "/site/series/%2e%2e/%2e%2e/secret",
        "/site/..%5csecret",
        "/site/%252e%252e/secret",
        "/site//etc/passwd",
        "/site/%2fetc/passwd",
        "/site/%00",
        "/../secret",
        "/%2e%2e/secret",
    ] {
        let answer = preview.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("a secret"), "{path}");
    }
    assert_eq!(preview.get("/site/within/").status, 200);
}

#[test]
fn an_open_page_is_told_what_became_of_its_own_files() {
    let site = site();
    site.write("content/pages/about.md", "# About\n\nA page about rings.\n");
    site.write("content/pages/other.md", "# Other\n\nAnother page.\n");
    let preview = Preview::of(&site);
    let of = ["/site/pages/about/", "/site/style.css", "/site/pages/new/"];
    let mut stream = preview.news(&of);
    let first = stream.next().unwrap();
    let page = preview.get("/site/pages/about/").body;
    assert!(page.contains(&format!("data-print=\"{}\"", first.prints[0])), "{page}");
    let mut after = |text: &str| {
        preview.wait(0, "/site/pages/other/", text);
        // Pages are told of early, and once more when all is done.
        let now = preview.settled();
        stream.find(|news| news.build >= now).unwrap()
    };
    site.write("content/pages/other.md", "# Other\n\nMore of it.\n");
    assert_eq!(after("More of it.").prints, first.prints);
    site.write("content/pages/about.md", "# About\n\nA page about wheels.\n");
    site.write("content/pages/other.md", "# Other\n\nBoth now.\n");
    let second = after("Both now.").prints;
    let changed: Vec<bool> = first.prints.iter().zip(&second).map(|(a, b)| a != b).collect();
    assert_eq!(changed, [true, false, false]);
    site.write("themes/default/assets/style.css", "main { color: red }\n");
    site.write("content/pages/new.md", "# New\n\nIt was not there.\n");
    site.write("content/pages/other.md", "# Other\n\nAnd these.\n");
    let third = after("And these.").prints;
    assert!(third[1] != second[1] && third[2] != second[2], "{second:?} {third:?}");
}

#[test]
fn an_open_page_is_told_of_faults_and_of_their_end() {
    let site = site();
    let preview = Preview::of(&site);
    let mut news = preview.news(&["/site/"]);
    let before = news.next().unwrap();
    assert_eq!((before.faults, preview.get("/-/faults").body.as_str()), (false, ""));
    site.write("config.yaml", CONFIG.replace("title:", "titel:"));
    let faulty = news.find(|news| news.faults).unwrap();
    assert_eq!(faulty.prints, before.prints);
    preview.wait(0, "/-/faults", "error: unknown key `titel`");
    // What an open page still needs is there.
    assert_eq!(preview.get("/site/style.css").status, 200);
    assert_eq!(preview.get("/site/series/").status, 500);
    site.write("config.yaml", CONFIG);
    let mended = news.find(|news| !news.faults).unwrap();
    assert!(mended.build > faulty.build);
    assert_eq!(mended.prints, before.prints);
}

/// As `git checkout` does: a directory goes, and another one comes in its place at once.
#[test]
fn a_directory_may_go_and_come_back() {
    let site = Site::new(&CONFIG.replace("'*.mbox'", "mail"));
    site.write("mail/a.mbox", mail("one", "How round is round?"));
    site.write("content/pages/about.md", "# About\n\nA page about rings.\n");
    let preview = Preview::of(&site);
    fs::remove_dir_all(site.path("mail")).unwrap();
    let now = preview.wait(1, "/site/", "there is no such file or directory");
    site.write("mail/a.mbox", mail("one", "Is it round again?"));
    let now = preview.wait(now, "/site/m/2024-03/", "Is it round again?");
    // Gone and back before anybody could look.
    for (number, word) in ["first", "second", "third"].into_iter().enumerate() {
        fs::remove_dir_all(site.path("mail")).unwrap();
        fs::rename(site.path("content"), site.path("content.old")).unwrap();
        site.write("content/pages/about.md", format!("# About\n\nWheels {number}.\n"));
        site.write("mail/a.mbox", mail("one", &format!("The {word} time")));
        let now = preview.wait(now, "/site/m/2024-03/", &format!("The {word} time"));
        preview.wait(0, "/site/pages/about/", &format!("Wheels {number}."));
        fs::remove_dir_all(site.path("content.old")).unwrap();
        // And what comes into the new one is seen.
        preview.settled();
        site.write("mail/a.mbox", mail("one", &format!("After the {word} time")));
        preview.wait(now, "/site/m/2024-03/", &format!("After the {word} time"));
    }
}

#[test]
fn many_changes_at_once_end_in_the_last_state() {
    let site = site();
    for page in 0..60 {
        site.write(&format!("content/pages/p{page}.md"), format!("# Page {page}\n\nOld {page}.\n"));
    }
    let preview = Preview::of(&site);
    for round in ["middle", "new"] {
        for page in 0..60 {
            let path = site.path(&format!("content/pages/p{page}.md"));
            fs::remove_file(&path).unwrap();
            fs::write(&path, format!("# Page {page}\n\nOf the {round} kind, {page}.\n")).unwrap();
        }
    }
    fs::remove_file(site.path("content/pages/p0.md")).unwrap();
    preview.wait(1, "/site/pages/p59/", "Of the new kind, 59.");
    preview.settled();
    for page in 1..60 {
        let body = preview.get(&format!("/site/pages/p{page}/")).body;
        assert!(body.contains(&format!("Of the new kind, {page}.")), "{page}");
    }
    assert_eq!(preview.get("/site/pages/p0/").status, 404);
}

//! What a host needs of a built site: addresses that hold at the root and below a path, and
//! compressed copies that say what their files say.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Public, Site};

/// The example's mail, with a page and a picture of the owner's.
fn site(base_url: &str, more: &str) -> Site {
    let mail = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/lists/peatfs");
    let site = Site::new(&format!(
        "title: T\nbase_url: {base_url}\nlists:\n  - id: list\n    ranges: month\n    sources:\n      \
         - mbox: mail/*.mbox\n{more}"
    ));
    for month in ["2026-02", "2026-06"] {
        site.write(
            &format!("mail/{month}.mbox"),
            fs::read(mail.join(format!("{month}.mbox"))).unwrap(),
        );
    }
    site.write("content/pages/about.md", format!("# About\n\n{}\n", "A long page. ".repeat(200)));
    site.write("content/pages/data.txt", "a line\n".repeat(400));
    site.write("content/pages/picture.png", [0x89; 3000]);
    site
}

/// Every value of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!("{attribute}=\"");
    html.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// At the root of a host and below a path, with and without a port.
#[test]
fn every_address_of_a_site_is_where_it_is_published() {
    for (base_url, base) in [
        ("https://example.org", "/"),
        ("https://example.org/digests", "/digests/"),
        ("http://localhost:8080/a/b", "/a/b/"),
    ] {
        let public = site(base_url, "").build();
        let text = |file: &str| String::from_utf8_lossy(&public.files[file]).into_owned();
        assert_eq!(public.broken_links(base), Vec::<String>::new(), "{base_url}");
        // Each address of the sitemap is a page, which names that address as its own.
        let sitemap = text("sitemap.xml");
        let listed: Vec<&str> = sitemap
            .split("<loc>")
            .skip(1)
            .map(|rest| rest.split("</loc>").next().unwrap())
            .collect();
        assert!(listed.len() > 20, "{}", listed.len());
        for url in listed {
            let path = url.strip_prefix(base_url).and_then(|rest| rest.strip_prefix('/')).unwrap();
            let canonical = format!("<link rel=\"canonical\" href=\"{url}\">");
            assert!(public.page(path).contains(&canonical), "{url}");
        }
        let robots = text("robots.txt");
        assert!(robots.ends_with(&format!("\nSitemap: {base_url}/sitemap.xml\n")), "{robots}");
        // A host shows it at any depth, so nothing in it may be relative.
        let lost = text("404.html");
        let links = ["href", "src", "action"].map(|name| values(&lost, name)).concat();
        assert!(links.len() > 8);
        for link in links {
            assert!(link.starts_with(base) || link.starts_with('#'), "{base_url}: {link}");
        }
        assert!(lost.contains("content=\"noindex\"") && !lost.contains("rel=\"canonical\""));
    }
}

/// Unpacks every copy below a directory with Python; fails where one is not its file.
fn compare_with_python(public: &Path) -> usize {
    let script = "import gzip, pathlib, sys\n\
         files = sorted(pathlib.Path(sys.argv[1]).rglob('*.gz'))\n\
         wrong = [f for f in files if gzip.decompress(f.read_bytes()) != f.with_suffix('').read_bytes()]\n\
         print(len(files), *wrong)\n";
    let output = Command::new("python3").args(["-c", script]).arg(public).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    told.trim().parse().unwrap_or_else(|_| panic!("not what their files hold: {told}"))
}

#[test]
fn compressed_copies_lie_beside_text_and_change_nothing_else() {
    let plain = site("https://example.org/x", "").build();
    let packed = site("https://example.org/x", "site: {gzip: true}\n");
    let public = packed.build();
    let copies = public.files.keys().filter(|file| file.ends_with(".gz")).count();
    assert_eq!(compare_with_python(&packed.path("public")), copies);
    for (file, bytes) in &plain.files {
        if file.starts_with(".patchpress/") {
            continue;
        }
        assert_eq!(&public.files[file], bytes, "{file}");
        let text = [".html", ".xml", ".json", ".txt", ".mbox", ".css", ".js", ".svg"];
        let wanted = bytes.len() > 1024 && text.iter().any(|end| file.ends_with(end));
        assert_eq!(public.files.contains_key(&format!("{file}.gz")), wanted, "{file}");
    }
    for file in ["index.html.gz", "style.css.gz", "pages/data.txt.gz", "pages/about/index.html.gz"]
    {
        assert!(public.files.contains_key(file), "{file}");
    }
    packed.ok(&["check", "--quiet"]);
}

/// A build after a change ends with the bytes of a first one, copies and all.
#[test]
fn compressed_copies_follow_their_files() {
    let config = "site: {gzip: true}\n";
    let grown = site("https://example.org/x", config);
    let more = fs::read(grown.path("mail/2026-06.mbox")).unwrap();
    fs::remove_file(grown.path("mail/2026-06.mbox")).unwrap();
    grown.build();
    let before = Public::read(&grown.path("public"));
    grown.write("mail/2026-06.mbox", more);
    grown.build();
    let first = site("https://example.org/x", config).build();
    let files = |public: &Public| {
        let files = public.files.iter().filter(|(name, _)| !name.starts_with(".patchpress/"));
        files.map(|(name, bytes)| (name.clone(), bytes.clone())).collect::<Vec<_>>()
    };
    let now = Public::read(&grown.path("public"));
    assert!(files(&now) == files(&first), "the copies are not those of a first build");
    assert!(files(&now) != files(&before));
    grown.ok(&["check", "--quiet"]);
    // Switched off, they go.
    let text = fs::read_to_string(grown.path("config.yaml")).unwrap();
    grown.write("config.yaml", text.replace(config, ""));
    grown.build();
    assert!(!Public::read(&grown.path("public")).files.keys().any(|file| file.ends_with(".gz")));
}

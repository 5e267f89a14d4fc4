#!/usr/bin/env python3
"""Whether the feeds and sitemaps of a site are what their specifications ask for.

    feeds.py DIRECTORY BASE_URL

Checks every feed.xml against RFC 4287 (and RFC 3339, 3987 for dates and addresses), every
feed.json against JSON Feed 1.1, every sitemap against sitemaps.org 0.9. Prints one JSON
object: how many of each there are, how many entries, and `faults`.
"""

import datetime
import json
import pathlib
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
# RFC 4287, section 4.1: how often each child may be there, by its parent.
FEED = {"title": (1, 1), "id": (1, 1), "updated": (1, 1), "author": (0, None),
        "generator": (0, 1), "link": (0, None), "entry": (0, None)}
ENTRY = {"title": (1, 1), "id": (1, 1), "updated": (1, 1), "published": (0, 1),
         "author": (0, None), "link": (0, None), "summary": (0, 1)}
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")

faults = []
counts = {"atom": 0, "json": 0, "entries": 0, "items": 0, "urls": 0, "largest": 0}


def expect(condition, where, what):
    if not condition:
        faults.append(f"{where}: {what}")


def is_date(text):
    try:
        datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return False
    return bool(DATE.match(text))


def is_iri(text):
    parts = urllib.parse.urlsplit(text)
    return bool(parts.scheme and parts.netloc) and not re.search(r'[\s<>"{}|\\^`]', text)


def children(element, allowed, where):
    found = {}
    for child in element:
        name = child.tag.removeprefix(ATOM)
        expect(child.tag.startswith(ATOM) and name in allowed, where, f"{child.tag} in {element.tag}")
        found.setdefault(name, []).append(child)
    for name, (least, most) in allowed.items():
        n = len(found.get(name, []))
        expect(n >= least and (most is None or n <= most), where, f"{n} times {name}")
    for name in ("updated", "published"):
        for date in found.get(name, []):
            expect(is_date(date.text or ""), where, f"{name} {date.text!r}")
    for ident in found.get("id", []):
        expect(is_iri(ident.text or ""), where, f"id {ident.text!r}")
    for text in found.get("title", []) + found.get("summary", []):
        expect(len(text) == 0 and (text.text or "").strip(), where, f"{text.tag} is empty or has markup")
    for author in found.get("author", []):
        names = author.findall(ATOM + "name")
        expect(len(names) == 1 and names[0].text, where, "an author without one name")
    alternates = [link for link in found.get("link", []) if link.get("rel", "alternate") == "alternate"]
    kinds = [(link.get("type"), link.get("hreflang")) for link in alternates]
    expect(len(kinds) == len(set(kinds)), where, "two alternates alike")
    for link in found.get("link", []):
        expect(is_iri(link.get("href", "")), where, f"link {link.attrib}")
    # 4.1.2: an entry without content has an alternate.
    expect(element.tag != ATOM + "entry" or alternates, where, "neither content nor alternate")
    return found


def atom(path, url):
    root = ElementTree.parse(path).getroot()
    expect(root.tag == ATOM + "feed", path, f"root {root.tag}")
    found = children(root, FEED, path)
    own = [link.get("href") for link in found.get("link", []) if link.get("rel") == "self"]
    expect(own == [url], path, f"self is {own}, not {url}")
    ids = [found["id"][0].text]
    newest = ""
    for entry in found.get("entry", []):
        inside = children(entry, ENTRY, path)
        expect("author" in found or "author" in inside, path, "an entry without author")
        ids.append(inside["id"][0].text)
        newest = max(newest, inside["updated"][0].text)
    expect(len(ids) == len(set(ids)), path, "an id twice")
    expect(not newest or found["updated"][0].text == newest, path, "updated is not that of the newest")
    counts["atom"] += 1
    counts["entries"] += len(ids) - 1
    counts["largest"] = max(counts["largest"], len(ids) - 1)


def json_feed(path, url):
    feed = json.loads(path.read_text("utf-8"))
    expect(feed["version"] == "https://jsonfeed.org/version/1.1", path, feed["version"])
    expect(isinstance(feed["title"], str) and feed["title"], path, "title")
    expect(feed["feed_url"] == url, path, f"feed_url is {feed['feed_url']}, not {url}")
    expect(is_iri(feed["home_page_url"]), path, "home_page_url")
    ids = [item["id"] for item in feed["items"]]
    expect(len(ids) == len(set(ids)) and all(isinstance(i, str) and i for i in ids), path, "ids")
    for item in feed["items"]:
        expect(item.get("content_text"), path, "an item without content")
        expect(is_date(item["date_published"]), path, item["date_published"])
        expect(is_iri(item["url"]), path, item["url"])
        expect(all(author.get("name") for author in item["authors"]), path, "author")
    beside = ElementTree.parse(path.with_name("feed.xml")).getroot()
    same = [entry.find(ATOM + "id").text for entry in beside.findall(ATOM + "entry")]
    expect(ids == same, path, "has other entries than the Atom feed")
    counts["json"] += 1
    counts["items"] += len(ids)


def sitemap(path, base):
    root = ElementTree.parse(path).getroot()
    expect(root.tag in (SITEMAP + "urlset", SITEMAP + "sitemapindex"), path, root.tag)
    expect(len(root) <= 50_000 and path.stat().st_size <= 50 << 20, path, "too large")
    for entry in root:
        place, date = entry.find(SITEMAP + "loc"), entry.find(SITEMAP + "lastmod")
        expect(place.text.startswith(base + "/"), path, place.text)
        expect(date is None or re.fullmatch(r"\d{4}-\d\d-\d\d", date.text), path, "lastmod")
        counts["urls"] += 1


def main(directory, base):
    root = pathlib.Path(directory)
    for path in sorted(root.rglob("feed.xml")):
        atom(path, f"{base}/{path.relative_to(root)}")
    for path in sorted(root.rglob("feed.json")):
        json_feed(path, f"{base}/{path.relative_to(root)}")
    for path in sorted(root.glob("sitemap*.xml")):
        sitemap(path, base)
    print(json.dumps(counts | {"faults": faults}))


main(*sys.argv[1:])

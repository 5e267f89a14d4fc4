#!/usr/bin/env python3
"""What Python's email package and HTML parser make of a mail on standard input.

Prints one JSON object: `defects` of the mail and its headers, `headers`, `types` and `texts`
of its parts, `tags`, `attributes` and `links` of its HTML, `text` of its HTML, `longest` line
in bytes, and `bare` line ends (neither CR nor LF may stand alone, RFC 5322, 2.3).
"""

import email
import email.policy
import email.utils
import html.parser
import json
import re
import sys


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.links, self.text = set(), set(), [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)
        self.links.extend(value for name, value in attributes if name in ("href", "src"))

    def handle_data(self, data):
        self.text += data


def main():
    raw = sys.stdin.buffer.read()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    parts = list(mail.walk())
    defects = [repr(defect) for part in parts for defect in part.defects]
    defects += [f"{name}: {defect!r}" for part in parts
                for name, value in part.items() for defect in value.defects]
    leaves = [part for part in parts if not part.is_multipart()]
    page = Page()
    page.feed(leaves[-1].get_content())
    print(json.dumps({
        "defects": defects,
        "headers": {name: str(value) for name, value in mail.items()},
        "to": [[a.display_name, a.addr_spec] for a in mail["To"].addresses] if mail["To"] else [],
        "from": [[a.display_name, a.addr_spec] for a in mail["From"].addresses],
        "seconds": email.utils.parsedate_to_datetime(str(mail["Date"])).timestamp(),
        "types": [part.get_content_type() for part in parts],
        "texts": [part.get_content() for part in leaves],
        "tags": sorted(page.tags),
        "attributes": sorted(page.attributes),
        "links": page.links,
        "text": page.text,
        "longest": max(len(line) for line in raw.split(b"\r\n")),
        "bare": len(re.findall(rb"(?<!\r)\n|\r(?!\n)", raw)),
    }))


main()

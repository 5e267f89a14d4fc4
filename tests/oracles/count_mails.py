#!/usr/bin/env python3
"""How many mails an archive holds, and how many of them are copies, without patchpress.

    count_mails.py MBOX...

`git mailsplit` finds the mails, Python's email package reads them. Two mails are copies
where Message-ID, sender and text (up to a signature or a list's footer) are the same.
Prints one JSON object: `mails`, `distinct`, and `message_ids` of the distinct ones,
sorted, each as often as different mails have it.
"""

import email
import json
import os
import re
import subprocess
import sys
import tempfile

END_OF_TEXT = re.compile(rb"^(-- ?|_{20,})$", re.M)
SEPARATOR = re.compile(rb"\AFrom [^\n]*\n")


def mails(path):
    """The mails of an mbox file, quoting undone."""
    with tempfile.TemporaryDirectory() as split:
        subprocess.run(["git", "mailsplit", "--mboxrd", "-d8", f"-o{split}", path],
                       stdout=subprocess.DEVNULL, check=True)
        for name in sorted(os.listdir(split)):
            with open(os.path.join(split, name), "rb") as file:
                yield SEPARATOR.sub(b"", file.read(), count=1)


def message_id(message):
    """What the brackets hold, without line breaks; None where there is nothing."""
    field = re.sub(r"[\r\n]+", "", str(message.get("Message-ID", ""))).strip()
    inner = re.match(r"<([^>]*)", field)
    return (inner.group(1) if inner else field).strip() or None


def text(message):
    parts = [part.get_payload(decode=True) or b""
             for part in message.walk() if not part.is_multipart()]
    return END_OF_TEXT.split(b"\n".join(parts).replace(b"\r", b""))[0].strip()


def main(paths):
    count, distinct = 0, set()
    for path in paths:
        for raw in mails(path):
            message = email.message_from_bytes(raw)
            key = message_id(message) or f"none {count}"
            distinct.add((key, str(message["From"]), text(message)))
            count += 1
    ids = sorted(key for key, _, _ in distinct)
    json.dump({"mails": count, "distinct": len(ids), "message_ids": ids}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])

#!/usr/bin/env python3
"""What git makes of the patches of an mboxrd file, beside the mails they came from.

    postings.py POSTINGS SOURCE...

`git mailsplit --mboxrd` divides POSTINGS. Each message in it, and the mail with the same
Message-ID in the SOURCE archives, goes through `git mailinfo` and `git patch-id --stable`.
Prints a line of JSON for each: `message_id`, `author`, `email`, `patch_id`, `flowed` (git
leaves such lines as they are), and `same`: whether author, date, subject, message and
patch-id are those of the mail.
"""

import email
import json
import os
import re
import subprocess
import sys
import tempfile

SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n))From [^\n]*\d{4}\r?\n")
QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")


def message_id(raw):
    value = str(email.message_from_bytes(raw)["Message-ID"])
    return re.sub(r"\s", "", value).strip("<>")


def divided(path):
    with tempfile.TemporaryDirectory() as split:
        subprocess.run(["git", "mailsplit", "--mboxrd", "-d8", f"-o{split}", path],
                       stdout=subprocess.DEVNULL, check=True)
        for name in sorted(os.listdir(split)):
            with open(os.path.join(split, name), "rb") as file:
                yield SEPARATOR.sub(b"", file.read(), count=1)


def sources(paths):
    """The mails of the archives, by Message-ID, without git."""
    found = {}
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        starts = [match.start() for match in SEPARATOR.finditer(content)]
        for start, end in zip(starts, starts[1:] + [len(content)]):
            raw = content[content.index(b"\n", start) + 1:end]
            found.setdefault(message_id(raw), QUOTED_FROM.sub(rb"\1", raw))
    return found


def by_git(raw):
    with tempfile.TemporaryDirectory() as scratch:
        message, patch = (os.path.join(scratch, name) for name in ("message", "patch"))
        info = subprocess.run(["git", "mailinfo", message, patch], input=raw,
                              capture_output=True, check=True).stdout
        with open(patch, "rb") as file:
            diff = file.read()
        with open(message, "rb") as file:
            text = file.read()
    patch_id = subprocess.run(["git", "patch-id", "--stable"], input=diff,
                              capture_output=True, check=True).stdout.split()
    return info, text, patch_id[0].decode() if patch_id else None


def field(info, name):
    found = re.search(rf"(?m)^{name}: (.*)$", info.decode("utf-8", "replace"))
    return found.group(1) if found else None


def main(postings, *paths):
    mails = sources(paths)
    for raw in divided(postings):
        mid = message_id(raw)
        told = by_git(raw)
        info, _, patch_id = told
        print(json.dumps({
            "message_id": mid,
            "author": field(info, "Author"),
            "email": field(info, "Email"),
            "patch_id": patch_id,
            "flowed": b"format=flowed" in raw.replace(b'"', b"").lower(),
            "same": mid in mails and by_git(mails[mid]) == told,
        }))


if __name__ == "__main__":
    main(*sys.argv[1:])

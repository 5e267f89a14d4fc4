#!/usr/bin/env python3
"""What git makes of the patches of an mboxrd file, beside the mails they came from.

    postings.py POSTINGS SOURCE...

`git mailsplit --mboxrd` divides POSTINGS. Each message in it, and the mail with the same
Message-ID in the SOURCE archives, goes through `git mailinfo` and `git patch-id --stable`.
Prints a line of JSON for each: `message_id`, `author`, `email`, `patch_id`, `flowed` (git
leaves such lines as they are), `utf8`: whether its diff is UTF-8, `enclosed`: whether its
author may stand where git does not look, `added`: the lines that stand in one place of the
commit message and not in the mail's, and `same`: whether author, date, subject, the message
without these lines, and the patch-id are those of the mail.
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
    return info, text, patch_id[0].decode() if patch_id else None, is_utf8(diff)


def is_utf8(diff):
    try:
        return bool(diff.decode())
    except UnicodeDecodeError:
        return False


def field(info, name):
    found = re.search(rf"(?m)^{name}: (.*)$", info.decode("utf-8", "replace"))
    return found.group(1) if found else None


def is_enclosed(mail):
    """Whether the patch is in a second part, or is a whole file of git format-patch."""
    return mail.is_multipart() or mail.get_payload().lstrip().startswith("From ")


def added(ours, theirs):
    """The lines put into `theirs` to make `ours`; none where that is not how they differ."""
    ours, theirs = ours.rstrip().split(b"\n"), theirs.rstrip().split(b"\n")
    count = len(ours) - len(theirs)
    for at in range(len(theirs), -1, -1):
        if count >= 0 and ours[:at] + ours[at + count:] == theirs:
            return [line.decode("utf-8", "replace") for line in ours[at:at + count] if line]
    return None


def main(postings, *paths):
    mails = sources(paths)
    for raw in divided(postings):
        mid = message_id(raw)
        info, text, patch_id, utf8 = by_git(raw)
        mail = by_git(mails[mid]) if mid in mails else (None, b"", None, False)
        more = added(text, mail[1])
        print(json.dumps({
            "message_id": mid,
            "author": field(info, "Author"),
            "email": field(info, "Email"),
            "patch_id": patch_id,
            "flowed": b"format=flowed" in raw.replace(b'"', b"").lower(),
            "utf8": utf8,
            "enclosed": is_enclosed(email.message_from_bytes(raw)),
            "added": more,
            "same": more is not None and (info, patch_id) == (mail[0], mail[2]),
        }))


if __name__ == "__main__":
    main(*sys.argv[1:])

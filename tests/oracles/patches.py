#!/usr/bin/env python3
"""What git and Python say of the patches in mbox files.

Usage: patches.py COUNT MBOX...

Takes COUNT mails, evenly spread, from those that are one text/plain part with a diff in
them and are no replies. Prints a line of JSON for each: `text`, decoded by Python's email;
`patch_id` by `git patch-id --stable`, null where it prints none; `message` by
`git mailinfo`; `numstat` by `git apply --numstat`, null where git refuses the diff;
`trailers` of the message by `git interpret-trailers --parse`.
"""

import email
import email.policy
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SEPARATOR = re.compile(rb"^From \S+.*\d{4}\n", re.M)
HAS_DIFF = re.compile(rb"^(diff --git |--- \S+\n\+\+\+ )", re.M)


def mails(path):
    with open(path, "rb") as file:
        data = file.read()
    starts = [m.start() for m in SEPARATOR.finditer(data)
              if m.start() == 0 or data[m.start() - 2:m.start()] == b"\n\n"]
    for start, end in zip(starts, starts[1:] + [len(data)]):
        raw = data[data.index(b"\n", start) + 1:end]
        if end < len(data):
            raw = raw[:-1]  # the empty line before the next separator
        yield re.sub(rb"^>(>*From )", rb"\1", raw, flags=re.M)


def text_of(raw):
    """The text of a mail that is fit for comparison, else None."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        if message.get_content_type() != "text/plain":
            return None
        if re.match(r"(?i)(re|aw|fwd?)\b", str(message.get("Subject", ""))):
            return None
        charset = message.get_content_charset("utf-8")
        if charset not in ("utf-8", "us-ascii"):
            return None  # git leaves a diff in its charset
        if message.get_param("format", "").lower() == "flowed":
            return None  # Python leaves flowed lines broken
        text = message.get_payload(decode=True).decode("utf-8")
    except (LookupError, UnicodeDecodeError, ValueError):
        return None
    text = text.replace("\r\n", "\n")
    return text if HAS_DIFF.search(text.encode()) else None


def patch_ids(texts):
    """One git process for nearly all: the object name it prints is our count."""
    stream = bytearray()
    for number, text in enumerate(texts):
        stream += b"From %040x Mon Sep 17 00:00:00 2001\n" % number
        stream += text.encode() + b"\n"
    found = {}
    for patch_id, name in printed_ids(bytes(stream)):
        found.setdefault(int(name, 16), patch_id)
    # A message that names a commit at a line's start has its id under that name.
    for number, text in enumerate(texts):
        if number not in found:
            found[number] = next((i for i, _ in printed_ids(text.encode())), None)
    return [found[number] for number in range(len(texts))]


def printed_ids(stream):
    result = subprocess.run(["git", "patch-id", "--stable"], input=stream,
                            stdout=subprocess.PIPE, check=True)
    return [line.split() for line in result.stdout.decode().splitlines()]


def message_and_what_follows(raw):
    with tempfile.TemporaryDirectory() as directory:
        message, patch = f"{directory}/message", f"{directory}/patch"
        subprocess.run(["git", "mailinfo", message, patch], input=raw, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(message, encoding="utf-8", errors="replace") as file:
            text = file.read()
        result = subprocess.run(["git", "apply", "--numstat", "-z", patch],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                cwd=directory)
    stat = None
    if result.returncode == 0:
        stat = [numstat(entry) for entry in result.stdout.split(b"\0") if entry]
    return {"message": text, "numstat": stat, "trailers": trailers(text)}


def numstat(entry):
    added, removed, path = entry.decode(errors="replace").split("\t", 2)
    return [None if n == "-" else int(n) for n in (added, removed)] + [path]


def trailers(message):
    # git wants a title above, which a mail has in its subject.
    result = subprocess.run(["git", "interpret-trailers", "--parse", "--no-divider"],
                            input=b"title\n\n" + message.encode(),
                            stdout=subprocess.PIPE, check=True)
    return result.stdout.decode(errors="replace").splitlines()


def main():
    count = int(sys.argv[1])
    fit = [(raw, text) for path in sys.argv[2:] for raw in mails(path)
           if (text := text_of(raw)) is not None]
    step = max(1, len(fit) // count)
    sample = fit[::step][:count]
    ids = patch_ids([text for _, text in sample])
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(message_and_what_follows, [raw for raw, _ in sample])
        for (_, text), patch_id, part in zip(sample, ids, parts):
            print(json.dumps({"text": text, "patch_id": patch_id} | part))


if __name__ == "__main__":
    main()

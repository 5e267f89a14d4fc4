#!/usr/bin/env python3
"""What Python's email package and git mailinfo make of real mail, one JSON object a line.

    mail_facts.py COUNT MBOX...

takes COUNT mails, evenly spaced over the mbox files in the order given, so that the same
files give the same mails. Each line holds the raw mail (base64), and what each of the two
oracles says; null where an oracle fails.
"""

import base64
import email
import email.policy
import json
import os
import re
import subprocess
import sys
import tempfile

SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n))From [^\n]*\d{4}\r?\n")
QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")


def mails(path):
    """The mails of an mboxrd file, quoting undone."""
    with open(path, "rb") as file:
        content = file.read()
    starts = [match.start() for match in SEPARATOR.finditer(content)]
    for start, end in zip(starts, starts[1:] + [len(content)]):
        body = content.index(b"\n", start) + 1
        raw = content[body:end]
        if raw.endswith(b"\n\n"):
            raw = raw[:-1]
        yield QUOTED_FROM.sub(rb"\1", raw)


def attempt(function):
    try:
        return function()
    except Exception:
        return None


def text_body(message):
    body = message.get_body(("plain", "html"))
    return None if body is None else body.get_content()


def by_python(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    senders = attempt(lambda: message["from"].addresses) or [None]
    return {
        "subject": attempt(lambda: str(message["subject"] or "")),
        "name": attempt(lambda: senders[0].display_name),
        "email": attempt(lambda: senders[0].addr_spec),
        "senders": len(senders),
        "date": attempt(lambda: int(message["date"].datetime.timestamp())),
        "zone": attempt(lambda: message["date"].datetime.tzinfo is not None),
        "body": attempt(lambda: text_body(message)),
        "type": attempt(lambda: (message.get_body(("plain", "html")) or message).get_content_type()),
    }


def git_date(text):
    """The seconds that git reads a date as."""
    env = {
        **os.environ,
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_AUTHOR_DATE": text,
    }
    run = subprocess.run(["git", "var", "GIT_AUTHOR_IDENT"], capture_output=True, env=env)
    ident = run.stdout.split()
    return int(ident[-2]) if run.returncode == 0 else None


def by_git(raw, directory):
    """git mailinfo: subject, author, date, and the body it would make a commit of."""
    message, patch = (os.path.join(directory, name) for name in ("message", "patch"))
    command = ["git", "mailinfo", "-k", "--no-scissors", "--encoding=UTF-8", message, patch]
    run = subprocess.run(command, input=raw, capture_output=True)
    if run.returncode != 0:
        return None
    fields = {}
    for line in run.stdout.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(": ")
        fields.setdefault(name, value)
    return {
        "subject": fields.get("Subject"),
        "name": fields.get("Author"),
        "email": fields.get("Email"),
        "date": git_date(fields["Date"]) if fields.get("Date") else None,
    }


def main():
    count, paths = int(sys.argv[1]), sys.argv[2:]
    found = [(path, number, raw) for path in paths for number, raw in enumerate(mails(path))]
    count = min(count, len(found))
    with tempfile.TemporaryDirectory() as directory:
        for index in range(count):
            path, number, raw = found[index * len(found) // count]
            facts = {
                "mail": f"{os.path.basename(path)}:{number}",
                "raw": base64.b64encode(raw).decode(),
                "python": by_python(raw),
                "git": by_git(raw, directory),
            }
            print(json.dumps(facts))


if __name__ == "__main__":
    main()

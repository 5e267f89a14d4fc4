#!/usr/bin/env python3
"""The mail of a public-inbox v2 repository as mboxrd, by git's plumbing.

    public_inbox.py REPOSITORY > MBOX

Each commit adds a mail, the blob `m`, or removes the one that its blob `d` holds.
"""

import re
import subprocess
import sys

FROM = re.compile(rb"(?m)^(>*From )")


def main(repository):
    git = ["git", "-C", repository]
    log = subprocess.run(git + ["log", "--reverse", "--format=%H"], capture_output=True, check=True)
    mails = {}
    with subprocess.Popen(git + ["cat-file", "--batch"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as blobs:

        def blob(name):
            blobs.stdin.write(name + b"\n")
            blobs.stdin.flush()
            head = blobs.stdout.readline().split()
            if head[-1] == b"missing":
                return None
            content = blobs.stdout.read(int(head[2]))
            blobs.stdout.read(1)
            return content

        for commit in log.stdout.split():
            mail, removed = blob(commit + b":m"), blob(commit + b":d")
            if mail is not None:
                mails[mail] = None
            elif removed is not None:
                mails.pop(removed, None)
        blobs.stdin.close()
    for mail in mails:
        end = b"\n" if mail.endswith(b"\n") else b"\n\n"
        quoted = FROM.sub(rb">\1", mail)
        sys.stdout.buffer.write(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + quoted + end)


if __name__ == "__main__":
    main(*sys.argv[1:])

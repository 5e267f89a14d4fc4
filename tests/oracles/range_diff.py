#!/usr/bin/env python3
"""What git range-diff makes of two postings, from their patches alone.

Reads lines of JSON, each {"name", "old": [PATCH], "new": [PATCH]}; a PATCH is {"title",
"author", "email", "message", "diff"}. For each prints {"name", "rows": [[old, sign, new]]} with
numbers from 1 or null, or {"name", "skipped": why}.

No git tree is needed: the files that a patch changes are made up from what its hunks show, at
the line numbers that they give, with filler in between. Between two patches stands a merge
that makes the files as the next one expects them; range-diff leaves merges out.
"""

import json
import re
import subprocess
import sys
import tempfile

HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$")
ROW = re.compile(r"^\s*(\d+|-):\s+\S+ ([=!<>])\s+(\d+|-):\s+\S+ ")


class Unfit(Exception):
    """A patch that can't be made a commit of."""


def files_of(diff):
    """The changes of a diff: (old path, new path, mode, hunks) each."""
    found, now, left = [], None, [0, 0]
    for line in diff.split("\n"):
        if left[0] > 0 or left[1] > 0:
            sign = line[:1] or " "
            if sign == "\\":
                now["hunks"][-1][2].append(line)
                continue
            if sign not in " +-":
                raise Unfit("a damaged hunk")
            left[0] -= sign != "+"
            left[1] -= sign != "-"
            now["hunks"][-1][2].append(line or " ")
            continue
        if line.startswith("diff --git "):
            names = re.match(r"diff --git a/(.*) b/(.*)$", line)
            if not names:
                raise Unfit("an odd path")
            now = {"old": names[1], "new": names[2], "mode": None, "hunks": [], "kind": "change"}
            found.append(now)
        elif now is None:
            continue
        elif line.startswith(("GIT binary patch", "Binary files")):
            raise Unfit("a binary file")
        elif line.startswith("new file mode "):
            now["mode"], now["kind"] = line[14:20], "new"
        elif line.startswith("new mode "):
            now["mode"] = line[9:15]
        elif line.startswith("deleted file mode "):
            now["kind"] = "deleted"
        elif line.startswith(("copy from ", "rename from ")):
            raise Unfit("a copy or rename")
        elif HUNK.match(line):
            old, n, new, m, context = HUNK.match(line).groups()
            left = [int(n or 1), int(m or 1)]
            now["hunks"].append((int(old) - (n == "0"), context, []))
    return found


def before_and_after(change):
    """The lines of a file before and after a change."""
    before, pieces = [], []
    for start, context, lines in change["hunks"]:
        old = [line[1:] for line in lines if line[0] in " -"]
        new = [line[1:] for line in lines if line[0] in " +"]
        start = max(start - 1, 0)
        while len(before) < start:
            before.append(f"~ filler {len(before)}")
        if context and start > 0 and before[start - 1].startswith("~"):
            before[start - 1] = context
        before[start:start + len(old)] = old
        pieces.append((start, len(old), new))
    after = list(before)
    for start, length, new in reversed(pieces):
        after[start:start + length] = new
    return before, after


def data(text):
    raw = text.encode("utf-8", "surrogateescape")
    return b"data %d\n" % len(raw) + raw + b"\n"


def written(path, mode, lines):
    """A file of a commit; none if it has no lines."""
    if lines is None:
        return f'D "{path}"\n'.encode()
    text = "".join(line + "\n" for line in lines)
    return f'M {mode or "100644"} inline "{path}"\n'.encode() + data(text)


def stream(side, first, patches):
    """What git fast-import makes commits of; their marks begin with `first`."""
    out, mark = [], first
    for patch in patches:
        made = [(change, *before_and_after(change)) for change in files_of(patch["diff"])]
        for step in ("ground", "patch"):
            out.append(b"commit refs/heads/%s\nmark :%d\n" % (side, mark))
            out.append(f"author {patch['author']} <{patch['email']}> 1700000000 +0000\n".encode())
            out.append(b"committer C <c@example.org> 1700000000 +0000\n")
            message = f"{patch['title']}\n\n{patch['message']}" if step == "patch" else "ground"
            out.append(data(message.strip() + "\n"))
            if mark > first:
                out.append(b"from :%d\n" % (mark - 1))
            if mark > first and step == "ground":
                out.append(b"merge :%d\n" % first)
            for change, before, after in made:
                lines, gone = (before, "new") if step == "ground" else (after, "deleted")
                lines = None if change["kind"] == gone else lines
                out.append(written(change["new"], change["mode"], lines))
            out.append(b"\n")
            mark += 1
    return b"".join(out)


def compare(pair):
    with tempfile.TemporaryDirectory() as repo:
        def git(*args, **more):
            return subprocess.run(["git", "-C", repo, *args], check=True, capture_output=True,
                                  **more).stdout
        git("init", "-q")
        for side, first in (("old", 1), ("new", 100_001)):
            git("fast-import", "--quiet", "--force",
                input=stream(side.encode(), first, pair[side]))
        ranges = [f"{root(git, side)}..{side}" for side in ("old", "new")]
        told = git("range-diff", "--no-color", "--no-patch", "--creation-factor=60", *ranges)
    return [row for row in map(read_row, told.decode("utf-8", "replace").split("\n")) if row]


def root(git, branch):
    return git("rev-list", "--max-parents=0", branch).decode().split()[0]


def read_row(line):
    found = ROW.match(line)
    if not found:
        return None
    number = lambda text: None if text == "-" else int(text)
    return [number(found[1]), found[2], number(found[3])]


def main():
    for line in sys.stdin:
        pair = json.loads(line)
        try:
            print(json.dumps({"name": pair["name"], "rows": compare(pair)}))
        except (Unfit, subprocess.CalledProcessError, UnicodeError) as error:
            why = getattr(error, "stderr", b"") or str(error).encode()
            print(json.dumps({"name": pair["name"], "skipped": why.decode("utf-8", "replace")[-200:]}))


if __name__ == "__main__":
    main()

// A site whose mail is awkward to show: scripts that run from right to left, names and titles
// without a blank, sixty patches, a diff of 20,000 lines, an empty list, a list of one mail, a
// month without patches, addresses that have moved or are gone. All of it is made up.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const PEOPLE = {
  hebrew: "יעל כהן-לוי <yael@rtl.example.org>",
  arabic: "عبد الرحمن الحداد <hadad@rtl.example.org>",
  chinese: "王小明 <wang@east.example.org>",
  thai: "สมชาย ใจดี <somchai@east.example.org>",
  hindi: "अनन्या शर्मा <ananya@east.example.org>",
  stacked: "Z̴̢͔̈́a̷̛̱͝l̸̳͠g̵͉̏o̶̞͑ Ĉ̷͜r̸̲̍è̸̙a̷͓͋m̸̝͐ <cream@example.org>",
  endless: `${"Wolfeschlegelsteinhausen".repeat(5)} <long@${"sub.".repeat(20)}example.org>`,
  plain: "Ada Plain <ada@example.org>",
  reviewer: "Ben Reader <ben@example.org>",
};
const ENDLESS_TITLE = "drivers/" + "AVeryLongIdentifierWithoutAnyBlank_".repeat(7);

const encoded = (text) => (/^[\x20-\x7e]*$/.test(text) ? text
  : [...text].reduce((words, letter) => {
    const last = words.at(-1);
    if (last !== undefined && Buffer.byteLength(last + letter) <= 42) words[words.length - 1] = last + letter;
    else words.push(letter);
    return words;
  }, []).map((word) => `=?UTF-8?B?${Buffer.from(word).toString("base64")}?=`).join("\n "));

/** One mail of an mbox; `at` is minutes since the beginning of 2025. */
function mail({ id, at, from, subject, to, body }) {
  const [, name, address] = /^(.*) <(.*)>$/.exec(from);
  const date = new Date(Date.UTC(2025, 0, 1) + at * 60_000).toUTCString().replace("GMT", "+0000");
  return `From mboxrd@z Thu Jan  1 00:00:00 1970
From: ${encoded(name)} <${address}>
To: stress@lists.example.org
Subject: ${encoded(subject)}
Date: ${date}
Message-ID: <${id}@example.org>
${to ? `In-Reply-To: <${to}@example.org>\nReferences: <${to}@example.org>\n` : ""}MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

${body.replace(/^>*From /gm, ">$&")}

`;
}

function diff(path, lines) {
  const added = Array.from({ length: lines }, (_, n) => `+\tline_${n} = step(${n}, "${"word ".repeat(n % 7)}");`);
  return `diff --git a/${path} b/${path}
index 1111111..2222222 100644
--- a/${path}
+++ b/${path}
@@ -1,3 +1,${lines + 2} @@ static int begin(void)
 first
-second
${added.join("\n")}
 last
-- 
2.39.0`;
}

const patch = (message, path, lines, from = PEOPLE.plain) => `${message}

Signed-off-by: ${from}
---
 ${path} | ${lines + 1} +-
 1 file changed, ${lines} insertions(+), 1 deletion(-)

${diff(path, lines)}`;

/** Patches k/n in answer to their cover letter. */
function posting({ id, at, from, tag, title, count, cover, message, path, lines = 3, skip = [] }) {
  const all = [mail({ id, at, from, subject: `[${tag} 0/${count}] ${title}`, body: cover })];
  for (let k = 1; k <= count; k += 1) {
    if (skip.includes(k)) continue;
    const subject = `[${tag} ${k}/${count}] ${title.split(":")[0]}: step ${k} of the work`;
    all.push(mail({ id: `${id}-${k}`, at: at + k / 10, from, subject, to: id, body: patch(`${message} Step ${k}.`, `${path}/step-${k}.c`, lines + k, from) }));
  }
  return all;
}

function foreign() {
  const long = "https://example.org/" + "segment-without-a-break/".repeat(12);
  return [
    mail({ id: "rtl-1", at: 100, from: PEOPLE.hebrew, subject: "[PATCH] mm: תיקון דליפת זיכרון בעת כיבוי", body: patch("תיקון של דליפה. הפונקציה free_all() לא נקראה (ראו #12).", "mm/free.c", 4, PEOPLE.hebrew) }),
    mail({ id: "rtl-2", at: 130, from: PEOPLE.arabic, subject: "Re: [PATCH] mm: תיקון דליפת זיכרון בעת כיבוי", to: "rtl-1", body: `> תיקון של דליפה.\n\nشكرا، يبدو جيدا (v2 غير ضروري).\n\nReviewed-by: ${PEOPLE.arabic}` }),
    mail({ id: "east-1", at: 200, from: PEOPLE.chinese, subject: "[PATCH] 文档:修复拼写错误并补充没有空格的很长很长很长很长很长很长很长很长很长很长的说明", body: patch("修复拼写错误。", "Documentation/中文/说明文件.rst", 2, PEOPLE.chinese) }),
    mail({ id: "east-2", at: 260, from: PEOPLE.thai, subject: "Re: [PATCH] 文档:修复拼写错误并补充没有空格的很长很长很长很长很长很长很长很长很长很长的说明", to: "east-1", body: `ดูดีมากครับ\n\nAcked-by: ${PEOPLE.thai}\nTested-by: ${PEOPLE.hindi}` }),
    mail({ id: "mark-1", at: 300, from: PEOPLE.stacked, subject: "[PATCH] fs: 👩‍👩‍👧‍👦 Ḁ̷͐ccents that \u202Eturn round\u202C", body: patch("Text with \u202Ea turned\u202C word.", "fs/a.c", 2) }),
    mail({ id: "long-1", at: 400, from: PEOPLE.endless, subject: `[PATCH] ${ENDLESS_TITLE}`, body: patch(`See ${long}\n\n${"x".repeat(400)}`, `${"a-directory-with-a-long-name/".repeat(8)}file.c`, 5, PEOPLE.endless) }),
    mail({ id: "long-2", at: 420, from: PEOPLE.plain, subject: `Re: [PATCH] ${ENDLESS_TITLE}`, to: "long-1", body: `> ${long}\n\n${"y".repeat(300)}\n\nReviewed-by: ${PEOPLE.plain}` }),
  ];
}

function large() {
  const sixty = { id: "sixty", at: 2_000, from: PEOPLE.endless, tag: "PATCH", title: "net: sixty steps to a better queue", count: 60, cover: `${"A paragraph that says why. ".repeat(20)}\n\n${"More words of it. ".repeat(400)}`, message: "What it does and why.", path: "net/queue" };
  const reviews = Array.from({ length: 12 }, (_, n) => mail({ id: `sixty-re-${n}`, at: 2_100 + n, from: Object.values(PEOPLE)[n % 9], subject: `Re: [PATCH ${n + 1}/60] net: step ${n + 1} of the work`, to: `sixty-${n + 1}`, body: `> What it does and why.\n\nFine.\n\nReviewed-by: ${Object.values(PEOPLE)[n % 9]}` }));
  return [
    ...posting(sixty), ...reviews,
    mail({ id: "huge", at: 4_000, from: PEOPLE.plain, subject: "[PATCH] tables: twenty thousand lines", body: patch("Made by a script.", "tables/all.c", 20_000) }),
    ...posting({ id: "gaps", at: 5_000, from: PEOPLE.reviewer, tag: "PATCH", title: "lib: with holes", count: 5, skip: [2, 4], cover: "Two of these never arrived.", message: "A part.", path: "lib" }),
    ...[1, 2, 3].flatMap((v) => posting({ id: `again-${v}`, at: 6_000 + v * 9_000, from: PEOPLE.hebrew, tag: v > 1 ? `PATCH v${v}` : "PATCH", title: "sched: one more time", count: 2 + v, lines: 2 * v, cover: `The same work.\n\nChanges in v${v}:\n- step ${v} is another`, message: `Text of v${v}.`, path: "sched" })),
  ];
}

/** A discussion of the month after, thirty answers deep, and the only mail of that month. */
function talk() {
  const people = Object.values(PEOPLE);
  return Array.from({ length: 30 }, (_, n) => mail({ id: `talk-${n}`, at: 90_000 + 60 * n, from: people[n % people.length], subject: `${n ? "Re: " : ""}How deep may an answer be?`, to: n ? `talk-${n - 1}` : undefined, body: `${n ? "> As deep as one likes.\n\n" : ""}As deep as one likes, ${n}. See https://example.org/${"deep/".repeat(n)}\n\n  col-a   col-b   ${"col ".repeat(n)}\n  1       2       3` }));
}

const late = (withCover) => posting({ id: "late", at: 9_000, from: PEOPLE.plain, tag: "PATCH", title: "late: its cover letter came last", count: 2, cover: "Here it is.", message: "A part.", path: "late" }).slice(withCover ? 0 : 1);
const withdrawn = mail({ id: "withdrawn", at: 9_500, from: PEOPLE.plain, subject: "[PATCH] oops: not meant for the list", body: patch("A secret.", "oops.c", 1) });

/** Writes the site's sources below `site`, and builds it once as it was before it changed. */
export function writeAwkward(site, binary, { theme = "default" } = {}) {
  const texts = resolve(import.meta.dirname, "../cases/texts/texts/1f3a.txt");
  mkdirSync(join(site, "texts"), { recursive: true });
  copyFileSync(texts, join(site, "texts", "1f3a.txt"));
  writeFileSync(join(site, "empty.mbox"), mail({ id: "taken-back", at: 60, from: PEOPLE.plain, subject: "Sorry", body: "?" }));
  writeFileSync(join(site, "single.mbox"), mail({ id: "only", at: 50, from: PEOPLE.arabic, subject: "سؤال", body: "?" }));
  const state = (withCover, exclude) => {
    writeFileSync(join(site, "stress.mbox"), [...foreign(), ...large(), ...talk(), ...late(withCover), withdrawn].join(""));
    writeFileSync(join(site, "config.yaml"), config(theme, exclude));
  };
  const run = () => execFileSync(resolve(binary), ["build", "--quiet", "--config", join(site, "config.yaml"), "--output", join(site, "public")], { stdio: ["ignore", "ignore", "inherit"] });
  state(false, "");
  run();
  state(true, "withdrawn@example.org, taken-back@example.org");
  run();
}

const config = (theme, exclude) => `title: Awkward lists
base_url: https://example.org/awkward
theme: ${theme}
lists:
  - {id: stress, title: Stress, address: stress@lists.example.org, archive_url: "https://archive.example.org/{message_id}/", sources: [{mbox: stress.mbox}], ranges: month}
  - {id: single, title: ${"A-list-whose-name-has-no-blank-and-goes-on-".repeat(3)}, sources: [{mbox: single.mbox}], ranges: month}
  - {id: empty, title: Empty, sources: [{mbox: empty.mbox}], ranges: month}
  - {id: texts, title: Published texts, sources: [{digests: texts/*.txt}]}
digest: {together: month}
site: {page_budget: 64KiB}
privacy: {exclude: [${exclude}]}
`;

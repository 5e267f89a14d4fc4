// What queries cost: the bytes that a first one moves, as they are and compressed by the host.
// usage: search-cost.mjs PUBLIC QUERY ...; exit status 1 when one moves over 300 kB.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [root, ...queries] = process.argv.slice(2);
const module = { exports: {} };
new Function("module", readFileSync(join(root, "search.js"), "utf8"))(module);
const { Index, parse, search, next, messageId, hash } = module.exports;
const PAGE = ["search/index.html", "style.css", "enhance.js", "search.js"];
const BUDGET = 300_000;

let moved = [];
globalThis.fetch = async (name) => {
  const path = join(root, name);
  if (!existsSync(path)) return { ok: false, status: 404 };
  const bytes = readFileSync(path);
  moved.push([name, bytes.length, gzipSync(bytes).length]);
  return { ok: true, status: 200, json: async () => JSON.parse(bytes), text: async () => bytes.toString() };
};

/** Runs a query as the page does; gives the number of records and the first results. */
async function ask(query) {
  const index = new Index("search/");
  const leads = await index.leads();
  const id = messageId(query);
  if (id) {
    const digits = /data-digits="(\d)"/.exec(readFileSync(join(root, "search/index.html"), "utf8"))[1];
    const mails = await (await fetch(`m/index/${hash(id).slice(0, digits)}.json`)).json();
    return { count: mails[hash(id)] ? 1 : 0, titles: [mails[hash(id)]] };
  }
  const started = performance.now();
  const found = await search(index, parse(query, leads), false);
  Object.assign(found, { at: 0, known: new Set(), all: new Set(found.numbers) });
  const results = await next(index, found, 10);
  return {
    count: found.numbers.length,
    ms: performance.now() - started,
    titles: results.map((r) => `${r.row[5]}: ${r.row[1]} (${r.row[4]}, ${r.row[6]})`),
  };
}

let over = 0;
const sum = (rows, at) => rows.reduce((total, row) => total + row[at], 0);
for (const name of PAGE) await fetch(name);
const page = moved;
console.log(`page: ${sum(page, 1)} bytes, ${sum(page, 2)} compressed`);
console.log("found  files    bytes  compressed   ms  query");
for (const query of queries) {
  moved = [];
  const { count, ms, titles } = await ask(query);
  const all = [...page, ...moved];
  if (sum(all, 1) > BUDGET) over += 1;
  const cells = [[count, 5], [all.length, 5], [sum(all, 1), 9], [sum(all, 2), 9], [Math.round(ms ?? 0), 6]];
  console.log(cells.map(([value, width]) => String(value).padStart(width)).join(" "), "", query);
  if (process.env.SHOW) titles.forEach((title) => console.log(`       ${title}`));
}
process.exit(over > 0 ? 1 : 0);

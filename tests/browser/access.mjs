// Every kind of page and state, of the example site and of one of awkward mail, in both built-in
// themes: axe-core, headings, landmarks, the Tab key, and no sideways scrolling at 320 px, which
// is 400 % zoom of 1280. usage: access.mjs PATCHPRESS; exit status 1 when a check fails. ALL=1 crosses all
// widths with both colour schemes, which takes twice the time; else each is there once.
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { axe, outline, sideways, tabbing } from "./audit.mjs";
import { writeAwkward } from "./awkward.mjs";

const [binary] = process.argv.slice(2);
const root = resolve(import.meta.dirname, "../..");

// A kind is the first page whose path fits; `?` are states of the search.
const EXAMPLE = [/^$/, /^peatfs\/$/, /^peatfs\/digests\/$/, /^peatfs\/digests\/.+/, /^series\/$/, /^series\/\d{4}-\d\d\/$/, /^series\/[^/]+\/$/, /^series\/.+\/since-/, /^threads\/[^/]+-[a-z2-7]{10}\/$/, /^authors\/$/, /^authors\/.+/, /^subsystems\/$/, /^subsystems\/.+/, /^m\/$/, /^m\/\d/, /^problems\/$/, /^search\/$/, /^pages\/|^start-here\/|^configuration\/$/, "search/?q=fsck", "search/?q=xyzzyplugh", "no/such/page/"];
const AWKWARD = [/^$/, /^stress\/$/, /^empty\/$/, /^single\/$/, /^texts\/digests\/from/, /^stress\/digests\/2025-01/, /^stress\/digests\/2025-03/, /^digests\/2025-01/, /^series\/$/, /^series\/mm-/, /^series\/wen-/, /^series\/drivers-/, /^series\/net-[^/]+\/$/, /^series\/net-.*part-2/, /^series\/lib-/, /^series\/sched[^/]+\/$/, /^series\/sched.*since-/, /^series\/oops-/, /^series\/late-step/, /^threads\/how-/, /^authors\/$/, /^authors\/wolf/, /^m\/2025-01/];
const CROSSED = process.env.ALL ? [[1280, "dark"], [360, "light"]] : [];
const SIZES = [[1280, "light"], [360, "dark"], [320, "light"], ...CROSSED];

const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };

/** The site of a directory at `/BASE/`, with its 404 page. */
function serve(directory, base) {
  const server = createServer((request, answer) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname).replace(base, "/");
    const file = join(directory, path.endsWith("/") ? `${path}index.html` : path);
    const found = existsSync(file);
    answer.writeHead(found ? 200 : 404, { "Content-Type": TYPES[found ? extname(file) : ".html"] ?? "text/plain" });
    answer.end(readFileSync(found ? file : join(directory, "404.html")));
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done({ url: `http://127.0.0.1:${server.address().port}${base}`, stop: () => server.close() })));
}

const paths = (directory) => readdirSync(directory, { recursive: true, encoding: "utf8" })
  .filter((name) => name === "index.html" || name.endsWith("/index.html")).map((name) => name.slice(0, -"index.html".length)).sort();

let passed = 0;
const failures = [];
function note(faults, where) {
  if (faults.length === 0) passed += 1;
  failures.push(...faults.map((fault) => `${where}: ${fault}`));
}

async function look(browser, { directory, base, kinds, name }) {
  const all = paths(directory);
  const pages = kinds.map((kind) => (typeof kind === "string" ? kind : all.find((path) => kind.test(path))));
  pages.forEach((path, n) => note(path === undefined ? ["no such page"] : [], `${name} ${kinds[n]}`));
  const server = await serve(directory, base);
  for (const [width, colorScheme] of SIZES) {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, bypassCSP: true, reducedMotion: "reduce" });
    const page = await context.newPage();
    // A page that has moved is looked at before it leads on.
    await page.route(/late-step/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replace(/<meta http-equiv="refresh"[^>]*>/, "") });
    });
    for (const path of pages.filter((path) => path !== undefined)) {
      const where = `${name} /${path} ${width} ${colorScheme}`;
      await page.goto(server.url + path, { waitUntil: path.includes("?") ? "networkidle" : "load" });
      note(await sideways(page), where);
      if (width === 320) continue;
      note(await outline(page), where);
      note(await axe(page), where);
      if (colorScheme === "dark" || path.startsWith("search/")) continue;
      await page.reload();
      note(await tabbing(page, 40), where);
    }
    await context.close();
  }
  server.stop();
}

const work = mkdtempSync(join(tmpdir(), "patchpress-access-"));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const theme of ["default", "plain"]) {
    const example = join(work, `example-${theme}`), awkward = join(work, `awkward-${theme}`);
    cpSync(join(root, "content"), join(example, "content"), { recursive: true });
    writeFileSync(join(example, "config.yaml"), `${readFileSync(join(root, "config.yaml"), "utf8")}\ntheme: ${theme}\n`);
    execFileSync(resolve(binary), ["build", "--quiet", "--config", join(example, "config.yaml")], { stdio: ["ignore", "ignore", "ignore"] });
    writeAwkward(awkward, binary, { theme });
    await look(browser, { directory: join(example, "public"), base: "/peatfs/", kinds: EXAMPLE, name: `${theme}: example` });
    await look(browser, { directory: join(awkward, "public"), base: "/awkward/", kinds: AWKWARD, name: `${theme}: awkward` });
  }
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
failures.forEach((what) => console.error(`failed: ${what}`));
console.log(`access: ${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);

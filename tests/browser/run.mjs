// Opens the example site as `patchpress serve` shows it, in headless Chromium and with an
// HTML checker. usage: run.mjs PATCHPRESS [CONFIG]; exit status 1 when a check fails.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve as absolute } from "node:path";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { HtmlValidate } from "html-validate";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [binary, config = "config.yaml"] = process.argv.slice(2);

// What a page is, by its path below the site's base; a few of each kind are opened.
const KINDS = [
  ["home", /^$/, 1],
  ["list", /^(?!series|threads|authors|subsystems|search|pages|m)[a-z0-9-]+\/$/, 1],
  ["digest", /^[a-z0-9-]+\/digests\/[a-z0-9-]+\/$/, 2],
  ["comparison", /^series\/[a-z0-9-]+\/since-[a-z2-7]{10}\/$/, 3],
  ["series", /^series\/[a-z0-9-]+\/$/, 6],
  ["thread", /^threads\/[a-z0-9-]+\/$/, 3],
  ["author", /^authors\/[a-z0-9-]+\/$/, 3],
  ["subsystem", /^subsystems\/[a-z0-9-]+\/$/, 3],
  ["search", /^search\/$/, 1],
  ["other", /\/$/, 12],
];
const SIZES = [
  { name: "desktop", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "phone", viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true },
  { name: "small phone", viewport: { width: 320, height: 640 }, colorScheme: "light" },
  // The narrowest window in which tables have all their columns.
  { name: "tablet", viewport: { width: 642, height: 900 }, colorScheme: "light" },
];

let passed = 0;
const failures = [];
function check(ok, what) {
  if (ok) passed += 1;
  else failures.push(what);
}

async function startPreview(config) {
  const output = mkdtempSync(join(tmpdir(), "patchpress-browser-"));
  const child = spawn(binary, ["serve", "--port", "0", "--config", config, "--output", join(output, "public")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
      const found = /(http:\/\/127\.0\.0\.1:\d+\S*)/.exec(text);
      if (found) resolve(found[1].endsWith("/") ? found[1] : found[1] + "/");
    });
    child.on("exit", (code) => reject(new Error(`serve ended with ${code}: ${text}`)));
    setTimeout(() => reject(new Error(`serve gave no address: ${text}`)), 120_000).unref();
  });
  return { url, stop: () => { child.removeAllListeners("exit"); child.kill(); rmSync(output, { recursive: true, force: true }); } };
}

/** Follows links breadth first until enough pages of every kind are known. */
async function sample(base) {
  const wanted = new Map(KINDS.map(([kind, , n]) => [kind, n]));
  const chosen = [], seen = new Set([base]), queue = [base];
  while (queue.length > 0 && seen.size < 3000) {
    const url = queue.shift();
    const answer = await fetch(url);
    check(answer.ok, `${url}: status ${answer.status}`);
    const path = url.slice(base.length);
    const kind = KINDS.find(([, pattern]) => pattern.test(path));
    if (!kind || wanted.get(kind[0]) <= 0) continue;
    wanted.set(kind[0], wanted.get(kind[0]) - 1);
    const html = await answer.text();
    chosen.push({ url, path, kind: kind[0], html });
    for (const [, href] of html.matchAll(/<a [^>]*href="?([^"\s>]+)/g)) {
      const next = new URL(href.replaceAll("&amp;", "&"), url).href.replace(/#.*/, "");
      if (next.startsWith(base) && next.endsWith("/") && !seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  }
  for (const [kind, , n] of KINDS) {
    if (kind !== "other") check(wanted.get(kind) < n, `no page of kind ${kind} was found`);
  }
  return chosen;
}

async function validate(pages) {
  const checker = new HtmlValidate({
    extends: ["html-validate:standard"],
    rules: {
      "long-title": "off", // titles are those of the mails
      "no-trailing-whitespace": "off", // mail text is shown as sent
      "attr-quotes": "off", // unquoted values are valid, and diffs are large
      "no-inline-style": "error",
      "no-raw-characters": ["error", { relaxed: true }],
    },
  });
  for (const page of pages) {
    const report = await checker.validateString(page.html, page.path || "home");
    const told = report.results.flatMap((r) => r.messages).slice(0, 5)
      .map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
    check(report.valid, `${page.path}: HTML: ${told.join("; ")}`);
  }
}

async function openAll(browser, pages) {
  for (const size of SIZES) {
    const context = await browser.newContext(size);
    for (const page of pages) await openOne(context, size, page);
    await context.close();
  }
}

async function openOne(context, size, { url, path }) {
  const page = await context.newPage();
  const noise = [];
  page.on("console", (m) => { if (m.type() === "error") noise.push(m.text()); });
  page.on("pageerror", (e) => noise.push(String(e)));
  page.on("requestfailed", (r) => { if (!r.url().includes("/-/")) noise.push(`${r.url()} failed`); });
  await page.goto(url, { waitUntil: "load" });
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  const wide = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return null;
    const out = [...document.querySelectorAll("main *")].find((e) => e.getBoundingClientRect().right > room + 1);
    return `${document.documentElement.scrollWidth} > ${room}: ${out ? out.outerHTML.slice(0, 120) : "?"}`;
  });
  check(wide === null, `${path} (${size.name}): scrolls sideways: ${wide}`);
  check(noise.length === 0, `${path} (${size.name}): ${noise.join("; ")}`);
  const faults = await page.evaluate(laidOut);
  check(faults.length === 0, `${path} (${size.name}): ${faults.join("; ")}`);
  if (!["small phone", "tablet"].includes(size.name)) await accessible(page, path, size.name);
  await page.close();
}

/** What goes wrong in a layout without scrolling sideways; runs in the page. */
function laidOut() {
  const faults = [];
  const boxes = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
  for (const age of boxes(".idx .age")) {
    const title = age.nextElementSibling.getBoundingClientRect();
    if (title.top > age.getBoundingClientRect().bottom - 4) faults.push(`a title is below its number: ${age.parentElement.innerText.slice(0, 60)}`);
  }
  for (const cell of boxes(".mx td.c")) {
    const room = cell.getBoundingClientRect();
    if ([...cell.children].some((mark) => mark.getBoundingClientRect().right > room.right + 2)) faults.push("a review mark leaves its column");
  }
  if (boxes(".mx thead th.n").some((word) => word.scrollWidth > word.clientWidth + 1)) faults.push("a heading of the matrix is cut off");
  for (const word of boxes("foreignObject span")) if (!getComputedStyle(word, "::before").content.includes(word.dataset.l)) faults.push("a word of a drawing is not drawn");
  if (boxes("svg[role=img] text").length > 0) faults.push("loose words in a drawing");
  if (boxes(".figs dd").some((dd) => dd.textContent === "0" && !/^repl/.test(dd.previousElementSibling.textContent))) faults.push("a figure of nothing");
  return faults.slice(0, 3);
}

async function accessible(page, path, size) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Page.setBypassCSP", { enabled: true });
  await page.reload({ waitUntil: "load" });
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  const told = found.violations.map((v) => `${v.id} (${v.nodes.length}, first ${v.nodes[0].target})`);
  check(told.length === 0, `${path} (${size}): axe: ${told.join("; ")}`);
}

/** On paper nothing is folded, and nothing says so. */
async function printed(browser, pages) {
  const page = await browser.newPage({ viewport: SIZES[0].viewport });
  for (const { url, path } of pages.filter(({ kind }) => ["series", "digest", "thread"].includes(kind))) {
    await page.goto(url, { waitUntil: "load" });
    await page.emulateMedia({ media: "print" });
    const faults = await page.evaluate(async () => {
      // What is out of sight is skipped until the next frame shows that it is not any more.
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      const shown = (e) => e.checkVisibility({ contentVisibilityAuto: true });
      const folded = [...document.querySelectorAll("details:not([open])")].filter((d) => !shown(d.lastElementChild) || d.lastElementChild.getClientRects().length === 0);
      const hints = [...document.querySelectorAll(".folds")].filter((e) => e.getClientRects().length > 0);
      return [...folded, ...hints].map((e) => e.outerHTML.slice(0, 80));
    });
    check(faults.length === 0, `${path}: folded in print: ${faults.slice(0, 3).join("; ")}`);
  }
  await page.close();
}

/** A version on the line of time leads to its page, and is no stop of the Tab key. */
async function timelines(browser, pages) {
  const drawn = pages.find(({ kind }) => kind === "comparison").url.replace(/since-.*/, "");
  const page = await browser.newPage({ viewport: SIZES[0].viewport });
  for (const part of ["circle", "foreignObject span"]) {
    await page.goto(drawn, { waitUntil: "load" });
    const other = page.locator(".tl a:not(.on)").first();
    const to = await other.evaluate((a) => new URL(a.href.baseVal, location.href).href);
    const box = await other.locator(part).first().evaluate((e) => { const { x, y, width, height } = e.getBoundingClientRect(); return { x: x + width / 2, y: y + height / 2 }; });
    await page.mouse.click(box.x, box.y);
    await page.waitForURL(to, { timeout: 5000 }).catch(() => {});
    check(page.url() === to, `${drawn}: the ${part} of the line of time leads to ${page.url()}, not ${to}`);
  }
  await page.close();
}

async function withoutScript(browser, pages) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  for (const { url, path } of pages) {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "load" });
    const text = await page.locator("main").innerText();
    check(text.trim().length > 40, `${path}: reads as nothing without script`);
    check((await page.locator("h1").count()) === 1, `${path}: not one h1`);
    await page.close();
  }
  await context.close();
}

/** Searches the example site by every kind of words, with the keyboard, and counts the bytes. */
async function searching(browser, base) {
  const context = await browser.newContext(SIZES[0]);
  const page = await context.newPage();
  const noise = [];
  page.on("pageerror", (e) => noise.push(e.message));
  page.on("console", (m) => { if (m.type() === "error") noise.push(m.text()); });
  let bytes = 0;
  page.on("response", async (answer) => { bytes += (await answer.body().catch(() => "")).length; });
  const said = page.locator("#said");
  const titles = () => page.locator("#hits h3").allInnerTexts();
  async function ask(query) {
    await page.locator("#q").fill(query);
    await page.waitForFunction((q) => new URLSearchParams(location.search).get("q") === (q || null), query.trim());
    await said.filter({ hasText: /found|here|common/i }).waitFor();
    return titles();
  }

  await page.goto(`${base}search/?q=fsck`, { waitUntil: "networkidle" });
  check((await titles()).some((t) => /fsck/i.test(t)), "search: a link with ?q= shows no result");
  check(bytes > 0 && bytes <= 300_000, `search: a first query moves ${bytes} bytes`);
  check((await page.locator("#hits mark").count()) > 0, "search: nothing is marked");
  const first = (await titles())[0];

  const all = await ask("path:src");
  check(all.length > 0, "search: nothing by directory");
  const byAuthor = await page.locator("#hits .by").first().innerText();
  const author = byAuthor.split(" · ")[1];
  const authors = await (async () => { await ask(`author:"${author}"`); return page.locator("#hits .by").allInnerTexts(); })();
  check(authors.length > 0, `search: nothing by the author ${author}`);
  check((await ask(`${first} `)).includes(first), `search: not found by its title: ${first}`);
  const prefix = first.replace(/[^A-Za-z].*/, "").slice(0, 4).toLowerCase();
  check((await ask(prefix)).length > 0, `search: nothing as one types: ${prefix}`);
  await ask("xyzzyplugh");
  check((await said.innerText()) === "Nothing found.", "search: nothing found is not said");

  await ask("state:applied");
  const states = await page.locator("#hits .by").allInnerTexts();
  check(states.length > 0 && states.every((s) => /applied/.test(s)), `search: states: ${states}`);
  await page.locator("#narrow a", { hasText: /^under review$/ }).click();
  check((await page.locator("#q").inputValue()) === "state:under-review", "search: narrowing does not take the place of the state");
  await page.goBack();
  await said.filter({ hasText: "found" }).waitFor();
  check((await page.locator("#q").inputValue()) === "state:applied", "search: the back button does not bring the query back");

  // Keys: `/` to the field, down into the results, Escape back, Enter opens.
  await ask("fsck");
  await page.locator("h1").click();
  await page.keyboard.press("/");
  check(await page.locator("#q").evaluate((q) => q === document.activeElement), "search: / does not lead to the field");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  const target = await page.evaluate(() => document.activeElement.href ?? "");
  check(/\/(series|threads)\//.test(target), `search: the arrows don't lead to a result: ${target}`);
  await page.keyboard.press("Escape");
  check(await page.locator("#q").evaluate((q) => q === document.activeElement), "search: Escape does not lead back");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(target);
  check((await page.locator("h1").count()) === 1, "search: Enter opens no result");

  // A Message-ID goes straight to its mail, from the home page too.
  const id = await page.locator("[data-copy]", { hasText: "@" }).first().innerText();
  const messageId = id.split(" ").pop();
  await page.goto(base);
  await page.locator("#q").fill(`<${messageId}>`);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/(series|threads)\/.*#m-/);
  check(page.url().startsWith(target), `search: ${messageId} leads to ${page.url()}`);
  await page.goto(`${base}m/?${encodeURIComponent(messageId)}`);
  await page.waitForURL(/\/(series|threads)\/.*#m-/);
  check(page.url().startsWith(target), `m/: ${messageId} leads to ${page.url()}`);

  // What can't be fetched is told in words; markup in a query stays text.
  check(noise.length === 0, `search: ${noise.join("; ")}`);
  await page.goto(`${base}search/?q=${encodeURIComponent('<img src=x onerror="document.title=1">')}`);
  await said.filter({ hasText: /found/i }).waitFor();
  check((await page.locator("main img").count()) === 0, "search: a query becomes markup");
  await page.goto(`${base}search/`);
  await context.setOffline(true);
  await page.locator("#q").fill("fsck");
  await said.filter({ hasText: "can't be reached" }).waitFor();
  await context.setOffline(false);
  await page.locator("#q").fill("fsck ");
  await said.filter({ hasText: "found" }).waitFor();
  await page.route("**/search/terms/*", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto(`${base}search/?q=fsck`);
  await said.filter({ hasText: "being updated" }).waitFor();
  passed += 2;
  await context.close();

  const phone = await (await browser.newContext(SIZES[2])).newPage();
  await phone.goto(`${base}search/?q=fsck`, { waitUntil: "networkidle" });
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  check(!wide, "search: results scroll sideways on a small phone");
  await accessible(phone, "search/?q=fsck", "small phone");
  await phone.close();
}

/** The same site in the other built-in theme: a page of each kind. */
async function inPlain(browser) {
  const site = mkdtempSync(join(tmpdir(), "patchpress-plain-"));
  symlinkSync(absolute(dirname(config), "content"), join(site, "content"));
  writeFileSync(join(site, "config.yaml"), `${readFileSync(config, "utf8")}\ntheme: plain\n`);
  const preview = await startPreview(join(site, "config.yaml"));
  try {
    const kinds = new Map((await sample(preview.url)).map((page) => [page.kind, page]));
    const pages = [...kinds.values()].map((page) => ({ ...page, path: `plain: ${page.path}` }));
    await validate(pages);
    await openAll(browser, pages);
    await withoutScript(browser, pages);
    await printed(browser, pages);
    const page = await browser.newPage();
    for (const { url, path } of pages) {
      await page.goto(url, { waitUntil: "load" });
      const drawn = await page.locator("svg").evaluateAll((all) => all.filter((s) => s.getClientRects().length > 0).length);
      check(drawn === 0, `${path}: ${drawn} drawings`);
    }
    await page.goto(`${preview.url}search/?q=fsck`, { waitUntil: "networkidle" });
    check((await page.locator("#hits h3").count()) > 0, "plain: the search finds nothing");
    await page.close();
  } finally {
    preview.stop();
    rmSync(site, { recursive: true, force: true });
  }
}

async function notFound(browser, base) {
  const page = await browser.newPage();
  const answer = await page.goto(base + "no/such/page/");
  check(answer.status() === 404, `an unknown path gives ${answer.status()}`);
  check((await page.locator("main").innerText()).length > 20, "the 404 page is empty");
  await page.close();
}

const preview = await startPreview(config);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const pages = await sample(preview.url);
  await validate(pages);
  await openAll(browser, pages);
  await withoutScript(browser, pages);
  await printed(browser, pages);
  await timelines(browser, pages);
  await searching(browser, preview.url);
  await notFound(browser, preview.url);
  await inPlain(browser);
} finally {
  await browser.close();
  preview.stop();
}
failures.forEach((what) => console.error(`failed: ${what}`));
console.log(`browser: ${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);

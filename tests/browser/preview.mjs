// Edits a copy of the example site while `patchpress serve` shows it in headless Chromium:
// what reloads and what doesn't, whether the reader's place stays, and what faults look like.
// usage: preview.mjs PATCHPRESS; exit status 1 when a check fails.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { chromium } from "playwright-core";

const [binary] = process.argv.slice(2);
const source = resolve(import.meta.dirname, "../..");
const site = mkdtempSync(join(tmpdir(), "patchpress-preview-"));
cpSync(join(source, "config.yaml"), join(site, "config.yaml"));
cpSync(join(source, "content"), join(site, "content"), { recursive: true });

let passed = 0;
const failures = [];
function check(ok, what) {
  if (ok) passed += 1;
  else failures.push(what);
}

const read = (path) => readFileSync(join(site, path), "utf8");
/** As editors do: a new file takes the old one's place. */
function write(path, text) {
  const full = join(site, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(`${full}~`, text);
  renameSync(`${full}~`, full);
}

async function startPreview() {
  const child = spawn(resolve(binary), ["serve", "--port", "0"], { cwd: site, stdio: ["ignore", "pipe", "ignore"] });
  const url = await new Promise((found, lost) => {
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
      const address = /(http:\/\/127\.0\.0\.1:\d+\S*)/.exec(text);
      if (address) found(address[1]);
    });
    child.on("exit", (code) => lost(new Error(`serve ended with ${code}: ${text}`)));
  });
  return { url, stop: () => { child.removeAllListeners("exit"); child.kill(); rmSync(site, { recursive: true, force: true }); } };
}

const noise = [];
/** A page of the site in a window of its own, which says when it was loaded anew. */
async function open(context, url) {
  const page = await context.newPage();
  page.on("pageerror", (e) => noise.push(e.message));
  page.on("console", (m) => { if (m.type() === "error" && !/500/.test(m.text())) noise.push(m.text()); });
  page.listens = page.waitForRequest(/\/-\/news/);
  await page.goto(url, { waitUntil: "load" });
  await page.listens;
  await page.waitForTimeout(300);
  await remember(page);
  return page;
}
const remember = (page) => page.evaluate(() => { window.same = true; });
const isSame = (page) => page.evaluate(() => window.same === true);
const reloaded = (page) => page.waitForFunction(() => window.same !== true && document.readyState === "complete", null, { timeout: 60_000 });
/** Long enough for anything to happen that is going to. */
const calm = (page) => page.waitForTimeout(1500);

/** Scrolls so that the element is a little over the top, and gives where it is. */
function scrollTo(page, selector) {
  return page.evaluate((s) => {
    const element = document.querySelector(s);
    scrollTo({ top: scrollY + element.getBoundingClientRect().top + 7, behavior: "instant" });
    return { top: element.getBoundingClientRect().top, y: scrollY };
  }, selector);
}
const topOf = (page, selector) => page.evaluate((s) => document.querySelector(s).getBoundingClientRect().top, selector);
const scrolled = (page) => page.evaluate(() => scrollY);

/** The page that was changed reloads, and no other. */
async function onlyTheChangedPage(context, base) {
  const changed = await open(context, `${base}pages/problems/`);
  const other = await open(context, `${base}pages/search/`);
  const path = "content/pages/problems.md";
  write(path, read(path) + "\nA last word on problems.\n");
  await reloaded(changed);
  check((await changed.locator("main").innerText()).includes("A last word on problems."), "the change does not show");
  await calm(other);
  check(await isSame(other), "a page that has not changed was reloaded");
  await other.close();
  await changed.close();
}

/** A stylesheet of the theme is put in the place of the old one, in every open page. */
async function styles(context, base) {
  const page = await open(context, `${base}pages/search/`);
  const { y } = await scrollTo(page, "main > p:nth-of-type(4), main p:nth-of-type(4)");
  const sheet = readFileSync(join(source, "themes/default/assets/style.css"), "utf8");
  const colour = () => page.evaluate(() => getComputedStyle(document.querySelector("h1")).color);
  for (const [rgb, hex] of [["rgb(1, 2, 3)", "#010203"], ["rgb(4, 5, 6)", "#040506"]]) {
    write("themes/default/assets/style.css", `${sheet}\nh1 { color: ${hex} }\n`);
    await page.waitForFunction((c) => getComputedStyle(document.querySelector("h1")).color === c, rgb, { timeout: 60_000 });
    check((await page.locator("link[rel=stylesheet]").count()) <= 2, "stylesheets pile up");
  }
  check(await isSame(page), "a stylesheet reloaded the page");
  check((await scrolled(page)) === y, "a stylesheet moved the page");
  rmSync(join(site, "themes"), { recursive: true });
  await page.waitForFunction(() => getComputedStyle(document.querySelector("h1")).color !== "rgb(4, 5, 6)", null, { timeout: 60_000 });
  check(await isSame(page), "the theme that went reloaded the page");
  await page.close();
}

/** What stands above changes its height; what was being read stays where it was. */
async function placeIsKept(context, base) {
  const page = await open(context, `${base}pages/configuration/`);
  const path = "content/pages/configuration.md", before = read(path);
  const { top } = await scrollTo(page, "#people");
  const more = Array.from({ length: 25 }, (_, n) => `A paragraph ${n} that was not there before.\n`).join("\n");
  write(path, before.replace("## lists", `${more}\n## lists`));
  await reloaded(page);
  check((await page.locator("main").innerText()).includes("A paragraph 24"), "the paragraphs above do not show");
  const now = await topOf(page, "#people");
  check(Math.abs(now - top) <= 2, `what was read moved from ${top} to ${now}`);
  await remember(page);
  write(path, before);
  await reloaded(page);
  const back = await topOf(page, "#people");
  check(Math.abs(back - top) <= 2, `what was read moved from ${top} to ${back} as the page became shorter`);
  // At its beginning a page stays at its beginning.
  await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  await remember(page);
  write(path, before.replace("# ", `${more}\n# `));
  await reloaded(page);
  check((await scrolled(page)) === 0, "the beginning of the page is out of sight");
  write(path, before);
  await page.close();
}

/** A template that the site overrides: the page reloads with its folds and its place. */
async function templates(context, base) {
  const home = await open(context, `${base}series/`);
  const months = await home.locator("main a[href*='/series/']").evaluateAll((links) => links.map((a) => a.href));
  await home.goto(months.find((href) => /\/series\/\d{4}-\d\d\/$/.test(href)) ?? months[0]);
  const series = (await home.locator("main a[href*='/series/']").evaluateAll((links) => links.map((a) => a.href)))
    .find((href) => /\/series\/.*-[a-z2-7]{10}\/$/.test(href));
  await home.close();
  const page = await open(context, series);
  const fold = page.locator("details").last();
  const wasOpen = await fold.evaluate((d) => { d.open = !d.open; return d.open; });
  await page.evaluate(() => {
    const fold = [...document.querySelectorAll("details")].pop();
    fold.id ||= "the-last-fold";
    scrollTo({ top: scrollY + fold.getBoundingClientRect().top - 30, behavior: "instant" });
  });
  const top = await fold.evaluate((d) => d.getBoundingClientRect().top);
  const template = readFileSync(join(source, "themes/default/templates/posting.html"), "utf8");
  const word = "<p>A paragraph of the template.</p>".repeat(5);
  write("themes/default/templates/posting.html", template.replace("{% block main -%}", `{% block main -%}\n${word}`));
  await reloaded(page);
  check((await page.locator("main").innerText()).includes("A paragraph of the template."), "the template does not show");
  check((await fold.evaluate((d) => d.open)) === wasOpen, "a fold did not stay as it was");
  const now = await fold.evaluate((d) => d.getBoundingClientRect().top);
  check(Math.abs(now - top) <= 2, `the fold moved from ${top} to ${now}`);

  // A fault lies over the page, and goes.
  await remember(page);
  const y = await scrolled(page);
  write("themes/default/templates/posting.html", template.replace("{% block main -%}", "{% block main -%}\n{{ nothing.of.that }}"));
  const faults = page.locator("dialog.patchpress-faults");
  await faults.waitFor({ timeout: 60_000 });
  const said = await faults.innerText();
  check(/posting\.html:\d+:\d+/.test(said) && said.includes("nothing"), `the fault is not told: ${said}`);
  check(await isSame(page), "a fault reloaded the page");
  const wide = await page.evaluate(() => document.querySelector("dialog").scrollWidth <= innerWidth);
  check(wide, "the faults scroll sideways");
  const second = await context.newPage();
  const answer = await second.goto(base, { waitUntil: "load" });
  check(answer.status() === 500 && (await second.locator("main").innerText()).includes("nothing"), "a page that is opened hides the fault");
  write("themes/default/templates/posting.html", template.replace("{% block main -%}", `{% block main -%}\n${word}`));
  await faults.waitFor({ state: "hidden", timeout: 60_000 });
  check(await isSame(page), "mending a fault reloaded a page that is as it was");
  check((await scrolled(page)) === y, `a fault moved the page from ${y} to ${await scrolled(page)}`);
  await second.waitForFunction(() => !document.querySelector(".patchpress-faults") && document.querySelector("main"), null, { timeout: 60_000 });
  check((await second.locator("h1").count()) === 1, "the page does not come after the fault");
  await second.close();
  await page.close();
}

const preview = await startPreview();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
  await onlyTheChangedPage(context, preview.url);
  await styles(context, preview.url);
  await placeIsKept(context, preview.url);
  await templates(context, preview.url);
  check(noise.length === 0, `the preview's script: ${noise.join("; ")}`);
} finally {
  await browser.close();
  preview.stop();
}
failures.forEach((what) => console.error(`failed: ${what}`));
console.log(`preview: ${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);

// What is asked of every page, whatever its kind: by axe-core, and by what axe doesn't ask.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Faults that axe finds on a page, all rules; the page's context must bypass the CSP. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((v) => `${v.impact}: ${v.id} (${v.nodes.length}, first ${v.nodes[0].target}: ${v.nodes[0].html.slice(0, 140)})`);
}

/** One h1, no level of headings left out on the way down, landmarks, and nothing that moves. */
export const outline = (page) => page.evaluate(() => {
  const faults = [];
  const shown = (e) => e.getClientRects().length > 0;
  const levels = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].filter(shown);
  if (levels.filter((h) => h.tagName === "H1").length !== 1) faults.push("not one h1");
  levels.reduce((above, h) => {
    const level = Number(h.tagName[1]);
    if (level > above + 1) faults.push(`h${level} under h${above}: ${h.textContent.trim().slice(0, 60)}`);
    return level;
  }, 0);
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  if (!document.documentElement.lang) faults.push("no language");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) faults.push("an id is there twice");
  if (document.getAnimations().length > 0) faults.push("something moves");
  if (getComputedStyle(document.documentElement).scrollBehavior !== "auto") faults.push("scrolling is animated");
  return faults.slice(0, 5);
});

/** What makes a page wider than its window, with all folds open. */
export const sideways = (page) => page.evaluate(() => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  const room = document.documentElement.clientWidth;
  const wide = document.documentElement.scrollWidth;
  if (wide <= room) return [];
  const inside = (e) => { for (let up = e.parentElement; up; up = up.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(up).overflowX)) return true; return false; };
  const out = [...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > room + 1 && !inside(e));
  return [`scrolls sideways: ${wide} > ${room}: ${out ? out.outerHTML.slice(0, 160) : "?"}`];
});

/** Goes through the page with the Tab key, as far as `most`: each stop is seen, none is left out. */
export async function tabbing(page, most = 120) {
  const stops = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href],button,input,summary,[tabindex='0']")]
      .filter((e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !e.disabled && e.tabIndex >= 0);
    all.forEach((e, n) => { e.dataset.stop = n; });
    document.activeElement?.blur();
    window.scrollTo(0, 0);
    return all.length;
  });
  const faults = [];
  for (let n = 0; n < Math.min(stops, most); n += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement, style = getComputedStyle(e), box = e.getClientRects()[0] ?? e.getBoundingClientRect();
      const x = Math.min(Math.max(box.x + Math.min(box.width, 12) / 2, 0), innerWidth - 1), y = box.y + Math.min(box.height, 16) / 2;
      const top = document.elementFromPoint(x, y);
      return {
        stop: e.dataset?.stop, what: e.outerHTML.slice(0, 100),
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
        seen: box.bottom > 0 && box.top < innerHeight && (!top || e.contains(top) || top.contains(e)),
      };
    });
    if (at.stop !== String(n)) { faults.push(`Tab ${n + 1} leads to ${at.what}`); break; }
    if (!at.outlined) faults.push(`the focus is not shown on ${at.what}`);
    if (!at.seen) faults.push(`the focus is hidden on ${at.what}`);
  }
  return faults.slice(0, 3);
}

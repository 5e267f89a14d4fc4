// What pages cost a reader: Lighthouse's figures for its phone preset (a slow phone processor
// and a slow mobile connection, both simulated), the median of three runs of each page.
// usage: weight.mjs LIGHTHOUSE URL ...; LIGHTHOUSE is its command, `npm install lighthouse`
// anywhere gives node_modules/.bin/lighthouse. RUNS=5 makes five runs.
import { execFileSync } from "node:child_process";

const [lighthouse, ...urls] = process.argv.slice(2);
const runs = Number(process.env.RUNS ?? 3);
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

const MEASURES = [
  ["first paint", "first-contentful-paint", (ms) => `${(ms / 1000).toFixed(2)} s`],
  ["largest paint", "largest-contentful-paint", (ms) => `${(ms / 1000).toFixed(2)} s`],
  ["shift", "cumulative-layout-shift", (shift) => shift.toFixed(3)],
  ["blocked", "total-blocking-time", (ms) => `${Math.round(ms)} ms`],
];

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

function run(url) {
  const flags = ["--output=json", "--quiet", "--only-categories=performance", "--chrome-flags=--headless=new --no-sandbox --disable-gpu"];
  const report = JSON.parse(execFileSync(lighthouse, [url, ...flags], { env: { ...process.env, CHROME_PATH: chromium }, maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] }));
  const requests = report.audits["network-requests"].details.items;
  return {
    values: MEASURES.map(([, audit]) => report.audits[audit].numericValue),
    bytes: requests.reduce((sum, request) => sum + (request.transferSize ?? 0), 0),
    requests: requests.length,
    score: Math.round(report.categories.performance.score * 100),
  };
}

console.log(`| page | ${MEASURES.map(([name]) => name).join(" | ")} | moved | requests | score |`);
console.log("|---|---|---|---|---|---|---|---|");
for (const url of urls) {
  const all = Array.from({ length: runs }, () => run(url));
  const told = MEASURES.map(([, , words], n) => words(median(all.map((one) => one.values[n]))));
  const moved = Math.round(median(all.map((one) => one.bytes)) / 1000);
  console.log(`| ${new URL(url).pathname} | ${told.join(" | ")} | ${moved} kB | ${median(all.map((one) => one.requests))} | ${median(all.map((one) => one.score))} |`);
}

// Holds the query side of the search to the vectors that the index's side is held to by a
// Rust test, and to Unicode's own decompositions. usage: terms.mjs; exit status 1 on failure.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const at = (path) => new URL(`../../${path}`, import.meta.url);
const module = { exports: {} };
new Function("module", readFileSync(at("themes/default/assets/search.js"), "utf8"))(module);
const { split, parse, messageId, hash } = module.exports;

let failed = 0;
function equal(got, expected, what) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
  if (a === b) return;
  failed += 1;
  console.error(`failed: ${what}: ${a} instead of ${b}`);
}
function terms(text) {
  const found = [];
  split(text, (term, part) => found.push((part ? "+" : "") + term));
  return found;
}

const vectors = JSON.parse(readFileSync(at("tests/search-terms.json"), "utf8"));
for (const [text, expected] of vectors) equal(terms(text), expected, JSON.stringify(text));

// A letter that Unicode takes apart into an ASCII letter and marks is that letter.
for (let code = 0xc0; code < 0x1f00; code++) {
  const plain = String.fromCharCode(code).normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  if (/^[a-z]$/.test(plain)) equal(terms(`x${String.fromCharCode(code)}`), [`x${plain}`], `U+${code.toString(16)}`);
}

const leads = { states: ["applied", "under-review"], lists: ["kvm"] };
const asked = (query) => parse(query, leads).clauses.map((c) => `${c.fields & 255}:${c.term}${c.prefix ? "*" : ""}`);
equal(asked("fix the mmu"), ["255:fix", "255:mmu*"], "words");
equal(asked("fix mmu "), ["255:fix", "255:mmu"], "a word that is ended");
equal(asked('author:"Ann Lee" x86:'), ["8:ann", "8:lee", "255:x86"], "a field and a colon");
equal(asked("path:arch/x86/kvm/ v3"), ["32:arch/x86/kvm", "255:v3*"], "a directory");
equal(asked("state:under version:3 list:kv"), ["128:state:under-review", "128:v3", "128:list:kvm"], "facts");
equal(asked("no"), ["255:no*"], "a common word that is being typed");
equal(asked("how to fix it"), ["255:fix"], "common words");
equal(asked("constructor:xy __proto__:zz"), ["255:constructor", "255:xy", "255:__proto__", "255:zz*"], "names of objects");
equal(parse("kvm_mmu_page", leads).clauses[0].parts, ["kvm", "mmu", "page"], "parts");
equal(parse("year:2024 x1", leads).year, 2024, "a year");
equal(messageId("<a@b>"), "a@b", "a Message-ID");
equal(messageId("https://lore.kernel.org/r/a%40b/#t"), "a@b", "a link");
equal(messageId("fix a@b now"), "", "no Message-ID");
equal(messageId("https://example.org/x/"), "", "a link without one");
equal(hash("foobar").slice(0, 8), "bf9cf968", "FNV-1a (draft-eastlake-fnv)");
equal(hash("").slice(0, 8), "811c9dc5", "FNV-1a of nothing");

console.log(`search terms: ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

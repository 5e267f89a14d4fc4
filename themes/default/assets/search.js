/* Searches the site's own index, a set of small files: see src/site/search in the source. */
(function () {
  "use strict";
  var COMMON = "a all also an and any are as at be been but by can could do does for from has have how if in into is it its more no not of on only or our should so some than that the their them then there these they this those to too was we were what when which while will with would you".split(" ");
  /* Latin letters without their accents, from U+00C0 and from U+1E00; "-": stays as it is */
  var LATIN = [
    [0xc0, "a a a a a a ae c e e e e i i i i d n o o o o o x o u u u u y th ss a a a a a a ae c e e e e i i i i d n o o o o o - o u u u u y th y a a a a a a c c c c c c c c d d d d e e e e e e e e e e g g g g g g g g h h h h i i i i i i i i i i ij ij j j k k k l l l l l l l l l l n n n n n n - ng ng o o o o o o oe oe r r r r r r s s s s s s s s t t t t t t u u u u u u u u u u u u w w y y y z z z z z z s b b b b 6 6 o c c d d d d d 3 - e f f g g hv i i k k l l w n n o o o oi oi p p yr 2 2 sh sh t t t t u u y v y y z z zh zh zh zh 2 5 5 ts w - - - - dz dz dz lj lj lj nj nj nj a a i i o o u u u u u u u u u u - a a a a ae ae g g g g k k o o o o zh zh j dz dz dz g g hv w n n a a ae ae o o a a a a e e e e i i i i o o o o r r r r u u u u s s t t y y h h n d ou ou z z a a e e o o o o o o o o y y l n t j db qp a c c l t s z - - b u - e e j j q q r r y y".split(" ")],
    [0x1e00, "a a b b b b b b c c d d d d d d d d d d e e e e e e e e e e f f g g h h h h h h h h h h i i i i k k k k k k l l l l l l l l m m m m m m n n n n n n n n o o o o o o o o p p p p r r r r r r r r s s s s s s s s s s t t t t t t t t u u u u u u u u u u v v v v w w w w w w w w w w x x x x y y z z z z z z h t w y a s s s ss d a a a a a a a a a a a a a a a a a a a a a a a a e e e e e e e e e e e e e e e e i i i i o o o o o o o o o o o o o o o o o o o o o o o o u u u u u u u u u u u u u u y y y y y y y y ll ll v v y y".split(" ")]
  ];
  var LONGEST = 120, WIDE = 4, LETTER = /[\p{Alphabetic}\p{N}]/u;

  /* ---- text into terms, as the build does: src/site/search/terms.rs ---- */

  function isJoiner(c) { return c === "-" || c === "." || c === "/"; }
  function isMark(c) { return c >= "\u0300" && c <= "\u036f"; }
  function isIdeograph(c) {
    return (c >= "\u3041" && c <= "\u30ff" || c >= "\u3400" && c <= "\u4dbf" || c >= "\u4e00" && c <= "\u9fff" ||
      c >= "\uac00" && c <= "\ud7a3" || c >= "\uf900" && c <= "\ufaff") && LETTER.test(c);
  }
  function isWord(c) { return c === "_" || c.length === 1 && LETTER.test(c); }
  function fold(c) {
    var code = c.charCodeAt(0), i, at;
    if (code > 127) for (i = 0; i < LATIN.length; i++) {
      at = code - LATIN[i][0];
      if (at >= 0 && at < LATIN[i][1].length && LATIN[i][1][at] !== "-") return LATIN[i][1][at];
    }
    return [].filter.call(c.toLowerCase(), function (x) { return !isMark(x); }).join("");
  }

  /* what an identifier or path is made of */
  function parts(word, each) {
    word.split("/").forEach(function (name) {
      if (name.length < word.length && /[-_.]/.test(name)) each(name);
      name.split(/[-.]/).forEach(function (identifier) {
        if (identifier.length < name.length && identifier.indexOf("_") >= 0) each(identifier);
        identifier.split("_").filter(Boolean).forEach(each);
      });
    });
  }

  /* calls each(term, isPart) */
  function split(text, each) {
    var word = "", before = "", run = 0;
    function emit(term, part) {
      if (term.length <= LONGEST && !(term.length === 1 && term < "\u0080")) each(term, part);
    }
    function flush() {
      var it = word;
      word = "";
      if (!/[-_./]/.test(it)) { if (it) emit(it, false); return; }
      if (!/[^-_./]/.test(it)) return;
      emit(it, false);
      parts(it, function (part) { emit(part, true); });
    }
    function endRun() {
      if (run === 1) each(before, false);
      before = "";
      run = 0;
    }
    var chars = Array.from(text).filter(function (c) { return !isMark(c); });
    chars.forEach(function (c, i) {
      var next = chars[i + 1];
      if (isIdeograph(c)) {
        flush();
        if (before) each(before + c, false);
        before = c;
        run += 1;
        return;
      }
      endRun();
      if (isWord(c)) word += fold(c);
      else if (isJoiner(c) && word && next && isWord(next) && !isIdeograph(next)) word += c;
      else flush();
    });
    endRun();
    flush();
  }

  /* ---- a query into clauses, all of which a record must match ---- */

  var TITLE = 1, PATCH = 2, COVER = 4, AUTHOR = 8, SUBSYSTEM = 16, PATH = 32, FACT = 128, OLD = 256, ANY = 255;
  var FIELDS = {
    title: TITLE | PATCH, subject: TITLE | PATCH, s: TITLE | PATCH, author: AUTHOR, from: AUTHOR, f: AUTHOR,
    subsystem: SUBSYSTEM, path: PATH, file: PATH, dfn: PATH, version: FACT, state: FACT, list: FACT, l: FACT,
    year: 0, id: 0, m: 0
  };

  function known(names, given) {
    var wanted = given.toLowerCase().trim().replace(/ /g, "-");
    return names.indexOf(wanted) >= 0 ? wanted :
      names.filter(function (n) { return wanted && n.indexOf(wanted) === 0; })[0] || wanted;
  }

  /* {clauses: [{term, fields, prefix, parts}], year, id}; leads name the states and lists */
  function parse(query, leads) {
    var asked = { clauses: [], year: 0, id: "" }, found, pattern = /(?:([A-Za-z]+):)?(?:"([^"]*)("?)|([^\s"]+))/g;
    while ((found = pattern.exec(query))) {
      var name = (found[1] || "").toLowerCase(), text = found[2] === undefined ? found[4] : found[2];
      var open = pattern.lastIndex === query.length && !found[3];
      if (found[1] && !Object.prototype.hasOwnProperty.call(FIELDS, name)) { text = found[1] + ":" + text; name = ""; }
      if (name === "id" || name === "m") asked.id = text;
      else if (name === "year") asked.year = +text || 0;
      else if (name === "state") clause("state:" + known(leads.states, text));
      else if (name === "list" || name === "l") clause("list:" + known(leads.lists, text));
      else if (name === "version") clause("v" + text.toLowerCase().replace(/^v/, ""));
      else words(text, name ? FIELDS[name] : ANY, open, !name || name === "title");
    }
    return asked;

    function clause(term) { asked.clauses.push({ term: term, fields: FACT, prefix: false, parts: [] }); }
    function words(text, fields, open, running) {
      var found = [], last;
      split(text, function (term, part) {
        if (part) { found[found.length - 1].parts.push(term); return; }
        found.push({ term: term, fields: fields, prefix: false, parts: [] });
      });
      last = found[found.length - 1];
      if (last && open) last.prefix = /[\p{Alphabetic}\p{N}_]$/u.test(text);
      asked.clauses = asked.clauses.concat(found.filter(function (c) {
        /* a common word that is being typed may become another */
        return !running || COMMON.indexOf(c.term) < 0 || c.prefix && !asked.clauses.length;
      }));
    }
  }

  /* a bare Message-ID, one in brackets, or a URL with one in its path; "" if it is none */
  function messageId(text) {
    var id = text.trim().replace(/^<|>$/g, "");
    if (/^https?:\/\//i.test(id)) {
      id = id.replace(/[?#].*/, "").split("/").slice(3).filter(function (s) { return /@|%40/.test(s); })[0] || "";
      try { id = decodeURIComponent(id); } catch (e) { /* as it is */ }
    }
    return /^[^\s<>"]+@[^\s<>"]+$/.test(id) ? id : "";
  }

  /* FNV-1a, 32 bits, over UTF-8, from two offsets: as the build does */
  function hash(text) {
    var bytes = new TextEncoder().encode(text);
    return [0x811c9dc5, 0x9747b28c].map(function (sum) {
      for (var i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i], 0x01000193);
      return ("0000000" + (sum >>> 0).toString(16)).slice(-8);
    }).join("");
  }

  /* ---- the index ---- */

  var DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_", VALUE = {};
  for (var v = 0; v < 64; v++) VALUE[DIGITS[v]] = v;

  /* The files below `base`, each fetched once. Fails with {missing: true} where one is not there. */
  function Index(base) {
    var files = {}, leads = null;
    function fetched(name, read, options) {
      if (!files[name]) {
        files[name] = fetch(base + name, options).then(function (answer) {
          if (answer.ok) return read(answer);
          throw { missing: answer.status === 404, status: answer.status };
        });
        files[name].catch(function () { delete files[name]; });
      }
      return files[name];
    }
    function json(answer) { return answer.json(); }
    function text(answer) { return answer.text().then(lines); }

    /* [term, groups] of each line */
    function lines(file) {
      var above = "";
      return file.split("\n").filter(Boolean).map(function (line) {
        var end = line.indexOf(" ");
        above = above.slice(0, VALUE[line[0]]) + line.slice(1, end);
        return [above, line.slice(end + 1)];
      });
    }

    /* the last of the sorted list that is not after the wanted one */
    function at(sorted, wanted) {
      var low = 0, high = sorted.length;
      while (low < high) {
        var middle = low + high >> 1;
        if (sorted[middle] <= wanted) low = middle + 1; else high = middle;
      }
      return low - 1;
    }

    this.leads = function (options) {
      return fetched("index.json", json, options).then(function (found) {
        if (leads !== found) {
          var sum = 0;
          found.starts = found.blocks.map(function (n) { return (sum += n); });
          leads = found;
        }
        return leads;
      });
    };

    /* after files that are missing: the site was built again since */
    this.forget = function () { files = {}; return this.leads({ cache: "reload" }); };

    /* the files that may have a term, or what begins with it */
    function filesOf(term, prefix) {
      var first = Math.max(0, at(leads.terms, term));
      return leads.terms.slice(first, 1 + (prefix ? at(leads.terms, term + "\uffff") : first));
    }

    /* Whether what begins so is in more files than are worth fetching. */
    this.isWide = function (term) { return filesOf(term, true).length > WIDE; };

    /* The lines of a term; of all that begin with it if these are in few files. */
    this.lines = function (term, prefix) {
      if (prefix && this.isWide(term)) prefix = false;
      var wanted = filesOf(term, prefix).map(function (name) {
        return fetched("terms/" + hash(name) + ".txt", text);
      });
      return Promise.all(wanted).then(function (found) {
        return [].concat.apply([], found).filter(function (line) {
          return line[0] === term || prefix && line[0].indexOf(term) === 0;
        });
      });
    };

    /* Whether a number says when: what published texts tell of has no date. */
    this.isDated = function (number) { return number >= leads.undated; };

    /* The rows of records, by number. */
    this.rows = function (numbers) {
      var starts = {};
      numbers.forEach(function (n) { starts[leads.starts[at(leads.starts, n)]] = true; });
      return Promise.all(Object.keys(starts).map(function (start) {
        return fetched("records/" + start + ".json", json);
      })).then(function (blocks) {
        var rows = {};
        [].concat.apply([], blocks).forEach(function (row) { rows[row[0]] = row; });
        return rows;
      });
    };
  }

  function weight(fields) {
    if (fields & TITLE) return 8;
    if (fields & (PATCH | AUTHOR | SUBSYSTEM | PATH | FACT)) return 6;
    return fields & COVER ? 4 : 2;
  }

  /* Adds the records of a line to `into`: by number, twice the weight, and 1 if superseded. */
  function collect(groups, wanted, less, into) {
    groups.split(" ").forEach(function (group) {
      var fields = VALUE[group[0]] + 64 * VALUE[group[1]], number = 0, step = 0, factor = 1;
      if (!(fields & wanted) && wanted !== ANY) return;
      var worth = 2 * (weight(wanted === ANY ? fields : fields & (wanted | OLD)) - less) + (fields & OLD ? 1 : 0);
      for (var i = 2; i < group.length; i++) {
        var digit = VALUE[group[i]];
        step += digit % 32 * factor;
        factor *= 32;
        if (digit >= 32) continue;
        number += step;
        step = 0;
        factor = 1;
        var known = into.get(number);
        if (known === undefined || known < worth) into.set(number, worth);
      }
    });
  }

  function matchTerm(index, term, fields, prefix) {
    return index.lines(term, prefix).then(function (lines) {
      var found = new Map();
      lines.forEach(function (line) { collect(line[1], fields, line[0] === term ? 0 : 1, found); });
      return found;
    });
  }

  /* The records that have one of these clauses; of an identifier that is nowhere, its parts. */
  function match(index, clause) {
    return matchTerm(index, clause.term, clause.fields, clause.prefix).then(function (found) {
      if (found.size || clause.parts.length < 2) return found;
      return Promise.all(clause.parts.map(function (part, i) {
        return matchTerm(index, part, clause.fields, clause.prefix && i === clause.parts.length - 1);
      })).then(both);
    });
  }

  /* records in all of the maps, with the sum of their weights */
  function both(maps) {
    maps.sort(function (a, b) { return a.size - b.size; });
    var found = new Map();
    if (maps.length) maps[0].forEach(function (first, number) {
      var sum = 0, old = first & 1;
      for (var i = 0; i < maps.length; i++) {
        var worth = maps[i].get(number);
        if (worth === undefined) return;
        sum += worth - old;
      }
      found.set(number, sum + old);
    });
    return found;
  }

  function yearOf(number) { return new Date(number * 60000).getUTCFullYear(); }

  /* {numbers: best first, years: [[year, count]]} */
  function search(index, asked, newest) {
    return Promise.all(asked.clauses.map(function (c) { return match(index, c); })).then(function (maps) {
      var found = both(maps), years = {}, numbers = [];
      found.forEach(function (worth, number) {
        var year = index.isDated(number) ? yearOf(number) : 0;
        if (year) years[year] = (years[year] || 0) + 1;
        if (!asked.year || year === asked.year) numbers.push(number);
      });
      numbers.sort(function (a, b) {
        var x = found.get(a), y = found.get(b);
        return newest ? b - a : (y >> 1) - (x >> 1) || (x & 1) - (y & 1) || b - a;
      });
      return {
        numbers: numbers,
        years: Object.keys(years).sort().reverse().map(function (year) { return [year, years[year]]; })
      };
    });
  }

  /* The next results of a search, one a series: {row, whole, matching}. `state` says how far
     it is and which series were given before. */
  function next(index, state, count) {
    var given = [], here = {};
    function step() {
      var some = [];
      while (state.at < state.numbers.length && some.length < count - given.length) {
        var number = state.numbers[state.at++];
        if (!state.known.has(number)) some.push(number);
      }
      if (!some.length) return Promise.resolve(given);
      return index.rows(some).then(function (rows) {
        /* files of two builds of the site don't fit together */
        if (some.some(function (n) { return !rows[n]; })) throw { missing: true };
        var current = some.map(function (n) { return rows[n][7] || n; });
        return index.rows(current).then(function (wholes) {
          some.forEach(function (n, i) { place(rows[n], wholes[current[i]]); });
          return given.length < count ? step() : given;
        });
      });
    }
    function place(row, whole) {
      if (state.known.has(row[0])) return;
      var versions = whole && whole[8] || [];
      var matching = versions.filter(function (version) { return state.all.has(version[0]); });
      state.known.add(row[0]);
      versions.forEach(function (version) { state.known.add(version[0]); });
      here[row[0]] = true;
      given.push({ row: row, whole: whole, matching: matching });
    }
    return step();
  }

  var engine = { split: split, parse: parse, messageId: messageId, hash: hash, Index: Index, search: search, next: next };
  if (typeof module === "object" && module.exports) { module.exports = engine; return; }

  /* ---- the page ---- */

  var d = document, form = d.querySelector("form[data-index]");
  if (!form || !window.fetch || !window.TextEncoder || !window.Promise || !Array.from) return;
  var field = form.querySelector("input"), said = d.getElementById("said"), results = d.getElementById("results");
  var narrow = d.getElementById("narrow"), list = d.getElementById("hits"), heading = d.getElementById("found");
  var more = d.getElementById("more"), order = d.getElementById("order"), panel = d.getElementById("panel");
  var base = form.dataset.index.replace(/search\/$/, ""), index = new Index(form.dataset.index);
  var turn = 0, timer = 0, PAGE = 10;
  var MONTHS = "January February March April May June July August September October November December".split(" ");

  function element(name, words, parent) {
    var made = d.createElement(name);
    if (words) made.textContent = words;
    if (parent) parent.appendChild(made);
    return made;
  }
  function link(href, words, parent) {
    var made = element("a", words, parent);
    made.href = href;
    return made;
  }
  function dayWords(day) {
    var p = day.split("-");
    return p.length === 3 ? +p[2] + " " + MONTHS[p[1] - 1] + " " + p[0] : day;
  }

  /* a title, the words that were asked for marked: identifiers as a whole, or in part */
  function marked(title, clauses, parent) {
    function isAsked(piece) {
      var hit = false;
      split(piece, function (term, part) {
        hit = hit || !part && clauses.some(function (c) {
          return c.term === term || c.prefix && term.indexOf(c.term) === 0 || c.parts.indexOf(term) >= 0;
        });
      });
      return hit;
    }
    title.split(/([\p{Alphabetic}\p{M}\p{N}_]+(?:[-./][\p{Alphabetic}\p{M}\p{N}_]+)*)/u).forEach(function (word, i) {
      var pieces = i % 2 && !isAsked(word) ? word.split(/([-./_])/) : [word];
      pieces.forEach(function (piece) {
        if (i % 2 && isAsked(piece)) element("mark", piece, parent);
        else parent.appendChild(d.createTextNode(piece));
      });
    });
  }

  function entry(result, clauses) {
    var row = result.row, whole = result.whole, item = element("li");
    item.setAttribute("data-nav", "");
    var title = link(base + row[2], "", element("h3", "", item));
    marked(row[1], clauses, title);
    var by = [row[5], row[3], dayWords(row[4])].concat(row[6] || []).filter(Boolean);
    var line = element("span", "", item);
    line.className = "by";
    by.forEach(function (words, i) {
      if (i) line.appendChild(d.createTextNode(" · "));
      element("bdi", words, line);
    });
    if (row[7] && whole) {
      line.appendChild(d.createTextNode(" by "));
      link(base + whole[2], whole[5].split(",")[0], line);
    }
    var others = result.matching.filter(function (version) { return version[0] !== row[0]; });
    if (others.length) {
      var also = element("span", "also in ", item);
      also.className = "by";
      others.reverse().forEach(function (version, i) {
        if (i) also.appendChild(d.createTextNode(", "));
        link(base + version[2], version[1], also);
      });
    }
    return item;
  }

  function facets(title, entries) {
    if (!entries.length) return;
    element("h3", title, narrow);
    var ul = element("ul", "", narrow);
    entries.forEach(function (e) {
      var li = element("li", "", ul), a = link(address(e.query), e.text, li);
      if (e.on) a.setAttribute("aria-current", "true");
      if (e.count) element("span", String(e.count), li);
      a.addEventListener("click", function (event) {
        event.preventDefault();
        field.value = e.query;
        go(true);
      });
    });
  }

  /* the query with `name:` said anew, or without it where it says that already */
  function withField(name, value) {
    var rest = field.value.replace(new RegExp("(^|\\s)" + name + ":(\"[^\"]*\"?|\\S*)", "gi"), "").trim();
    var on = new RegExp("(^|\\s)" + name + ":\"?" + value + "\"?(\\s|$)", "i").test(field.value);
    return { on: on, query: on ? rest : (rest + " " + name + ":" + value).trim() };
  }
  function facet(name, value, text, count) {
    var f = withField(name, value);
    return { on: f.on, query: f.query, text: text, count: count };
  }

  function showFacets(found, leads) {
    narrow.textContent = "";
    facets("Year", found.years.slice(0, 12).map(function (y) { return facet("year", y[0], y[0], y[1]); }));
    facets("State", leads.states.map(function (s) { return facet("state", s, s.replace(/-/g, " ")); }));
    if (leads.lists.length > 1) facets("List", leads.lists.map(function (l) { return facet("list", l, l); }));
  }

  function byNewest() { return new URLSearchParams(location.search).get("sort") === "date"; }
  function address(query, newest) {
    var sorted = newest === undefined ? byNewest() : newest, params = new URLSearchParams();
    if (query) params.set("q", query);
    if (query && sorted) params.set("sort", "date");
    var text = params.toString();
    return location.pathname + (text ? "?" + text : "");
  }

  function nothing(words) {
    results.hidden = true;
    list.textContent = "";
    said.className = "mut";
    said.textContent = words;
  }
  function failure(error) {
    if (error && error.missing) return "A part of the index is missing: the site is being updated. Try again in a minute.";
    if (error && error.status) return "The index can't be read: the server answers " + error.status + ".";
    return "The index can't be reached. Is there a connection?";
  }

  /* Runs the query of the field; an answer to an older one is not shown. */
  function run(straight, again) {
    var mine = ++turn, query = field.value.trim(), newest = byNewest();
    if (!query) { nothing(""); return; }
    said.textContent = "Searching …";
    index.leads().then(function (leads) {
      var asked = parse(field.value, leads), id = messageId(asked.id || query) || asked.id;
      var mail = id && form.dataset.mails ? findMail(id) : Promise.resolve("");
      return mail.then(function (place) {
        if (mine !== turn) return;
        if (place && straight) { location.replace(place); return; }
        if (place) return showMail(place);
        if (asked.id) { nothing("No mail with the Message-ID " + asked.id + " is here."); return; }
        if (!asked.clauses.length) { nothing(asked.year ? "" : "These words are too common to search for."); return; }
        return search(index, asked, newest).then(function (found) {
          if (mine !== turn) return;
          found.at = 0;
          found.known = new Set();
          found.all = new Set(found.numbers);
          return next(index, found, PAGE).then(function (some) {
            if (mine === turn) show(asked, found, some, leads, newest);
          });
        });
      });
    }).catch(function (error) {
      if (mine !== turn) return;
      if (error && error.missing && !again) {
        index.forget().then(function () { run(straight, true); }, function (e) { nothing(failure(e)); });
      } else nothing(failure(error));
    });
  }

  /* where a mail is; "" if it is not here */
  function findMail(id) {
    var key = hash(id), name = key.slice(0, +form.dataset.digits) + ".json";
    return fetch(form.dataset.mails + name).then(function (answer) {
      if (!answer.ok) throw { status: answer.status };
      return answer.json();
    }).then(function (mails) {
      return Object.prototype.hasOwnProperty.call(mails, key) ? base + mails[key] : "";
    });
  }

  function showMail(place) {
    nothing("1 mail found: Enter opens it.");
    results.hidden = false;
    heading.textContent = "1 found";
    narrow.textContent = "";
    panel.hidden = more.hidden = order.hidden = true;
    var item = element("li", "", list);
    item.setAttribute("data-nav", "");
    link(place, "The mail with this Message-ID", element("h3", "", item));
  }

  function show(asked, found, some, leads, newest) {
    var count = found.numbers.length;
    if (!count) {
      var short = asked.clauses.some(function (c) { return c.prefix && index.isWide(c.term); });
      nothing(short ? "Nothing found yet: the last word may go on in many ways." : "Nothing found.");
      return;
    }
    list.textContent = "";
    results.hidden = false;
    heading.textContent = count + " found";
    /* the heading shows it, this is for those who can't see it */
    said.className = "vh";
    said.textContent = count + " found, " + (newest ? "newest first" : "best match first") + ", one entry a series.";
    order.hidden = count < 2;
    order.textContent = newest ? "best match first" : "newest first";
    order.href = address(field.value, !newest);
    showFacets(found, leads);
    panel.hidden = !narrow.firstChild;
    results.classList.toggle("rail", !panel.hidden);
    add(some);
    more.onclick = function () {
      var mine = turn;
      more.disabled = true;
      next(index, found, PAGE).then(function (further) {
        if (mine !== turn) return;
        var first = add(further);
        if (first) first.querySelector("a").focus();
      }).catch(function (error) {
        more.disabled = false;
        said.textContent = failure(error);
      });
    };
    function add(entries) {
      var items = entries.map(function (e) { return list.appendChild(entry(e, asked.clauses)); });
      more.hidden = found.at >= found.numbers.length;
      more.disabled = false;
      return items[0];
    }
  }

  /* keeps the query in the address; a submitted one is a step of its own for the back button */
  function go(submitted) {
    clearTimeout(timer);
    var to = address(field.value.trim());
    if (submitted && to !== location.pathname + location.search) history.pushState(null, "", to);
    else history.replaceState(null, "", to);
    d.title = d.title.replace(/^(.*: )?Search/, (field.value.trim() ? field.value.trim() + ": " : "") + "Search");
    run(submitted);
  }

  form.addEventListener("submit", function (e) { e.preventDefault(); go(true); });
  field.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(go, 150);
  });
  order.addEventListener("click", function (e) {
    e.preventDefault();
    history.pushState(null, "", order.href);
    run();
  });
  addEventListener("popstate", read);

  /* arrows go through the results, Escape goes back to the field, there it empties it */
  d.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    var links = [].slice.call(list.querySelectorAll("h3 a")), at = links.indexOf(d.activeElement);
    var on = d.activeElement === field;
    if (e.key === "Escape" && (on || at >= 0)) {
      e.preventDefault();
      if (on) { field.value = ""; go(); } else { field.focus(); field.select(); }
    } else if (e.key === "ArrowDown" && (on || at >= 0) && links[at + 1]) {
      e.preventDefault();
      links[at + 1].focus();
    } else if (e.key === "ArrowUp" && at >= 0) {
      e.preventDefault();
      (links[at - 1] || field).focus();
    }
  });

  function read() {
    field.value = new URLSearchParams(location.search).get("q") || "";
    run(true);
  }
  read();
  if (!field.value) field.focus();
}());

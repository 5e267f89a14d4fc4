// Keeps a page of the preview as new as its file: swaps stylesheets, reloads the page when it
// or something else that it uses has changed, and keeps the reader's place and open folds.
(function () {
  "use strict";
  var own = document.currentScript.dataset;
  var STORE = "patchpress-place";
  var asked = [], known, stream, dialog, folded = [], leaving = false;

  // Where the reader is.

  function textOf(element) {
    var text = element.textContent;
    return text.length > 4000 ? "" : text.trim().slice(0, 300);
  }

  /** Which of the elements alike this one is, for finding it again in the page as it will be. */
  function mark(element, top) {
    var text = textOf(element), alike = document.getElementsByTagName(element.tagName);
    var nth = 0;
    for (var i = 0; i < alike.length && alike[i] !== element; i += 1) {
      if (text && textOf(alike[i]) === text) nth += 1;
    }
    var named = element.closest("[id]");
    return {
      tag: element.tagName, text: text, nth: nth, top: top,
      id: named ? named.id : "", idTop: named ? named.getBoundingClientRect().top : 0
    };
  }

  /** Whether the element stays in the window while the page moves. */
  function floats(element) {
    for (var at = element; at && at !== document.body; at = at.parentElement) {
      if (/sticky|fixed/.test(getComputedStyle(at).position)) return true;
    }
    return false;
  }

  /** What is in the window from its top, in the smallest pieces that there are. */
  function marks() {
    var found = [], seen = [document.documentElement, document.body];
    for (var y = 1; y < innerHeight && found.length < 10; y += 12) {
      [0.2, 0.5].forEach(function (x) {
        var element = document.elementFromPoint(innerWidth * x, y);
        if (!element || seen.indexOf(element) >= 0 || element.tagName === "MAIN") return;
        seen.push(element);
        if (floats(element)) return;
        found.push(mark(element, element.getBoundingClientRect().top));
      });
    }
    return found;
  }

  function findMark(wanted) {
    if (!wanted.text) return null;
    var alike = document.getElementsByTagName(wanted.tag), last = null, nth = 0;
    for (var i = 0; i < alike.length; i += 1) {
      if (textOf(alike[i]) !== wanted.text) continue;
      last = alike[i];
      if (nth === wanted.nth) return last;
      nth += 1;
    }
    return last;
  }

  function scroll(to) {
    window.scrollTo({ top: to, left: 0, behavior: "instant" });
  }

  function scrollBack(place) {
    for (var i = 0; i < place.marks.length; i += 1) {
      var wanted = place.marks[i], found = findMark(wanted);
      if (found) return scroll(scrollY + found.getBoundingClientRect().top - wanted.top);
    }
    for (var j = 0; j < place.marks.length; j += 1) {
      var named = place.marks[j].id && document.getElementById(place.marks[j].id);
      if (named) return scroll(scrollY + named.getBoundingClientRect().top - place.marks[j].idTop);
    }
    scroll(place.y);
  }

  /** Every fold by the words on it, and whether it is open. */
  function folds() {
    var counts = {};
    return Array.from(document.getElementsByTagName("details"), function (fold) {
      var words = fold.firstElementChild ? textOf(fold.firstElementChild) : "";
      counts[words] = (counts[words] || 0) + 1;
      return { fold: fold, key: counts[words] + " " + words, open: fold.open };
    });
  }

  function reload() {
    if (stream) stream.close();
    var were = {};
    folded.forEach(function (fold) { were[fold.key] = fold.open; });
    var turned = folds().filter(function (fold) { return fold.open !== were[fold.key]; });
    var place = {
      at: location.pathname + location.search, y: scrollY, marks: scrollY < 1 ? [] : marks(),
      folds: turned.map(function (fold) { return [fold.key, fold.open]; })
    };
    try {
      sessionStorage.setItem(STORE, JSON.stringify(place));
      history.scrollRestoration = "manual";
      leaving = true;
    } catch (_) { /* Without storage the browser keeps the place as well as it can. */ }
    location.reload();
  }

  function takePlace() {
    try {
      var place = JSON.parse(sessionStorage.getItem(STORE));
      sessionStorage.removeItem(STORE);
      return place && place.at === location.pathname + location.search ? place : null;
    } catch (_) {
      return null;
    }
  }

  function goBack(place) {
    var turned = {};
    place.folds.forEach(function (fold) { turned[fold[0]] = fold[1]; });
    folds().forEach(function (fold) { if (fold.key in turned) fold.fold.open = turned[fold.key]; });
    scrollBack(place);
  }

  // What is wrong.

  function showFaults() {
    fetch("/-/faults").then(function (answer) { return answer.text(); }).then(function (text) {
      if (!text) return hideFaults();
      if (!dialog) {
        var style = document.createElement("link");
        style.rel = "stylesheet";
        style.href = "/-/preview.css";
        document.head.append(style);
        dialog = document.createElement("dialog");
        dialog.className = "patchpress-faults";
        dialog.append(document.createElement("h1"), document.createElement("pre"), document.createElement("p"));
        dialog.children[0].textContent = "The site can't be built";
        dialog.children[0].tabIndex = -1;
        dialog.children[0].autofocus = true;
        dialog.children[1].tabIndex = 0;
        dialog.children[2].textContent = "This goes away as soon as it is mended. Escape shows the page as it was built last.";
        document.body.append(dialog);
      }
      dialog.children[1].textContent = text;
      if (!dialog.open) dialog.showModal();
    });
  }

  function hideFaults() {
    if (dialog && dialog.open) dialog.close();
  }

  // What is new.

  /** The files that the page was made of so far, but for itself. */
  function used() {
    var paths = performance.getEntriesByType("resource").map(function (entry) {
      var url = new URL(entry.name);
      return url.origin === location.origin ? url.pathname : "/-/";
    });
    return paths.filter(function (path, at) {
      return !path.startsWith("/-/") && paths.indexOf(path) === at;
    });
  }

  function sheets() {
    return Array.from(document.querySelectorAll("link[rel~=stylesheet]"));
  }

  function swap(sheet, print) {
    var fresh = sheet.cloneNode();
    fresh.href = new URL(sheet.href).pathname + "?" + print;
    fresh.onload = function () { sheet.remove(); };
    fresh.onerror = function () { fresh.remove(); };
    sheet.after(fresh);
  }

  function take(news) {
    var first = !known, former = known;
    if (own.print === "") {
      // This is the page of faults.
      if (String(news.build) !== own.build) reload();
      return;
    }
    if (news.faults) return showFaults();
    hideFaults();
    known = news.prints;
    if (known[0] !== own.print) return reload();
    if (first) {
      // Built again since this page came: what it uses may be of either build.
      if (String(news.build) !== own.build) sheets().forEach(function (sheet) { swap(sheet, news.build); });
      return;
    }
    var changed = asked.filter(function (_, at) { return known[at] !== former[at]; });
    var of = function (path) {
      return sheets().filter(function (sheet) { return new URL(sheet.href).pathname === path; });
    };
    if (changed.some(function (path) { return of(path).length === 0; })) return reload();
    changed.forEach(function (path) {
      of(path).forEach(function (sheet) { swap(sheet, known[asked.indexOf(path)]); });
    });
  }

  /** Only a page that is seen listens: browsers allow few connections to one host. */
  function listen() {
    if (stream) stream.close();
    stream = null;
    if (document.hidden) return;
    if (!known) asked = [location.pathname].concat(used().slice(0, 200));
    var query = asked.map(function (path) { return "of=" + encodeURIComponent(path); }).join("&");
    stream = new EventSource("/-/news?" + query);
    stream.onmessage = function (event) { take(JSON.parse(event.data)); };
  }

  var place = takePlace();
  document.addEventListener("DOMContentLoaded", function () {
    folded = folds();
    if (place) goBack(place);
  });
  addEventListener("load", function () {
    // Pictures have their heights only now.
    if (place) scrollBack(place);
    listen();
    document.addEventListener("visibilitychange", listen);
  });
  // Until then it would scroll once more, to where the old page was.
  addEventListener("pagehide", function () { if (!leaving) history.scrollRestoration = "auto"; });
  addEventListener("pageshow", function (event) { if (event.persisted) listen(); });
}());

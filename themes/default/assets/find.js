/* Finds a mail by its Message-ID: m/?<message-id> or the form. The index holds hashes. */
(function () {
  "use strict";
  var d = document, form = d.querySelector("form[data-index]"), said = d.getElementById("found");
  if (!form || !window.fetch || !window.TextEncoder) return;
  var field = form.querySelector("input");

  /* FNV-1a, 32 bits, over UTF-8, from two offsets: as the build does */
  function fnv(bytes, hash) {
    for (var i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    return ("0000000" + (hash >>> 0).toString(16)).slice(-8);
  }
  function key(id) {
    var bytes = new TextEncoder().encode(id);
    return fnv(bytes, 0x811c9dc5) + fnv(bytes, 0x9747b28c);
  }

  /* a bare Message-ID, one in brackets, or a URL with one in its path */
  function clean(text) {
    var id = text.trim().replace(/^<|>$/g, "");
    if (!/^https?:\/\//i.test(id)) return id;
    var part = id.replace(/[?#].*/, "").split("/").slice(3).filter(function (s) { return /@|%40/.test(s); })[0] || id;
    try { return decodeURIComponent(part); } catch (e) { return part; }
  }

  function find(text) {
    var id = clean(text), k = key(id), base = form.dataset.index;
    if (!id) return;
    field.value = id;
    said.textContent = "Looking …";
    fetch(base + k.slice(0, form.dataset.digits) + ".json").then(function (answer) {
      return answer.ok ? answer.json() : {};
    }).then(function (index) {
      if (Object.prototype.hasOwnProperty.call(index, k)) {
        said.textContent = "Found.";
        location.replace(base.replace(/m\/index\/$/, "") + index[k]);
      } else {
        said.textContent = "No mail with the Message-ID " + id + " is here.";
      }
    }, function () { said.textContent = "The index can't be reached."; });
  }

  form.addEventListener("submit", function (e) { e.preventDefault(); find(field.value); });
  var asked = location.search.slice(1).replace(/\+/g, "%2B");
  if (!asked) return;
  asked = asked.replace(/^q=/, "");
  try { find(decodeURIComponent(asked)); } catch (e) { find(asked); }
}());

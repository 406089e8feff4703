// What the pages do in the browser. Every page works without it where HTML can; nothing here decides a rule.
"use strict";

const texts = () => document.getElementById("texts").dataset;
const token = () => document.querySelector('meta[name="csrf-token"]').content;

const post = (url, fields) =>
  fetch(url, { method: "POST", headers: { "X-CSRFToken": token(), "HX-Request": "true" }, body: new URLSearchParams(fields) });

// --- htmx ---------------------------------------------------------------------------------------------------------

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token();
  if (event.detail.verb !== "get") return;
  // Addresses keep only what says something: no "?q=&category=".
  const data = event.detail.formData;
  for (const [name, value] of [...data.entries()]) if (value === "") data.delete(name);
});

const complain = () => toast(texts().failed, "error");
document.addEventListener("htmx:sendError", complain);
document.addEventListener("htmx:responseError", complain);

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "dialog") {
    const dialog = event.detail.target;
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector(".is-invalid, input:not([type=hidden]), select, textarea");
    if (first && !first.tomselect) first.focus();
  }
});
document.addEventListener("htmx:load", (event) => setUp(event.detail.elt));

// --- Toasts -------------------------------------------------------------------------------------------------------

function toast(text, level) {
  const line = document.createElement("div");
  line.className = `toast-line toast-${level}`;
  line.append(Object.assign(document.createElement("span"), { textContent: text }));
  document.querySelector(".toasts").append(line);
  fade(line);
}

function fade(line) {
  if (line.matches(".toast-error")) return; // stays until it is read
  setTimeout(() => line.remove(), line.querySelector("form, a") ? 12000 : 6000);
}

// --- Selects that search ------------------------------------------------------------------------------------------

function remoteSelect(select) {
  if (select.tomselect || !window.TomSelect) return;
  // Tom Select moves the label to its own input; the select stays in the accessibility tree and needs a name too.
  if (select.labels[0]) select.setAttribute("aria-label", select.labels[0].textContent.trim());
  // Only what was found for the very text that stands there can be chosen: neither the old choice nor the last answer.
  let asked = "", matching = new Set();
  const box = new TomSelect(select, {
    valueField: "id",
    score: (query) => (option) => (!query || (query === asked && matching.has(String(option.id))) ? 1 : 0),
    labelField: "text",
    searchField: [],
    maxOptions: 50,
    preload: "focus",
    dropdownParent: select.closest("dialog") || select.closest(".dropdown-menu") ? null : "body",
    load: (query, done) =>
      fetch(`${select.dataset.remote}?q=${encodeURIComponent(query)}`)
        .then((answer) => answer.json())
        .then((found) => {
          if (query !== box.inputValue()) return done(); // meanwhile one has typed on
          asked = query;
          matching = new Set(found.results.map((each) => String(each.id)));
          box.clearOptions((option) => box.items.includes(option.id));
          done(found.results);
        })
        .catch(() => done()),
    shouldLoad: () => true,
    render: {
      option: (item, escape) => `<div>${escape(item.text)}${item.hint ? `<small>${escape(item.hint)}</small>` : ""}</div>`,
      no_results: () => `<div class="no-results">${texts().nothing}</div>`,
      loading: () => `<div class="no-results">${texts().searching}</div>`,
    },
    onChange: () => select.dispatchEvent(new Event("change", { bubbles: true })),
  });
  box.hook("instead", "onClick", () => box.focus()); // else a click into the open field would close it
}

// --- Lists --------------------------------------------------------------------------------------------------------

function address(change) {
  const query = new URLSearchParams(location.search);
  change(query);
  query.delete("page");
  const text = query.toString();
  return location.pathname + (text ? `?${text}` : "");
}

function countSelection(form) {
  const ticks = [...form.querySelectorAll('tbody input[name="selected"]')];
  const on = ticks.filter((tick) => tick.checked);
  ticks.forEach((tick) => tick.closest("tr").classList.toggle("is-selected", tick.checked));
  const bar = form.querySelector(".bulk-bar");
  if (!bar) return;
  bar.classList.toggle("is-on", on.length > 0);
  bar.querySelector("strong").textContent = `${on.length} ${texts().selected}`;
  const all = form.querySelector("[data-select-all]");
  all.checked = on.length === ticks.length;
  all.indeterminate = on.length > 0 && on.length < ticks.length;
}

function followAddress() {
  // The list changes by htmx while the tools above it stay: they follow the address.
  document.querySelectorAll("[data-export] a").forEach((link) => {
    const kind = new URL(link.href).searchParams.get("export");
    link.href = address((query) => query.set("export", kind));
  });
  const sort = document.querySelector('#filters input[name="sort"]');
  if (sort) sort.value = new URLSearchParams(location.search).get("sort") || "";
  const query = document.querySelector('#view-save input[name="query"]');
  if (query) query.value = location.search.slice(1);
  const next = document.querySelectorAll('#view-save input[name="next"], #view-delete input[name="next"]');
  next.forEach((input) => { input.value = location.pathname + location.search; });
}
document.addEventListener("htmx:pushedIntoHistory", followAddress);

// The click that closes a menu does nothing else.
let menuWasOpen = false;
document.addEventListener("pointerdown", () => { menuWasOpen = !!document.querySelector(".dropdown-menu.show"); }, true);

document.addEventListener("click", (event) => {
  const target = event.target;
  const close = target.closest("[data-close]");
  if (close) close.closest(".toast-line").remove();

  if (target.closest("[data-dialog-close]") && target.closest("dialog")) {
    event.preventDefault();
    target.closest("dialog").close();
  }
  if (target.matches("dialog")) target.close(); // the backdrop

  const empty = target.closest("[data-empty]");
  if (empty) document.querySelectorAll(empty.dataset.empty).forEach((input) => { input.value = ""; });

  if (target.closest("[data-sidebar-toggle]")) document.body.classList.toggle("sidebar-open");

  const chip = target.closest("[data-chip]");
  if (chip) {
    event.preventDefault();
    const wanted = new URLSearchParams(chip.dataset.chip);
    location.assign(address((query) => {
      chip.closest(".chips").querySelectorAll("[data-chip]").forEach((other) => {
        for (const name of new URLSearchParams(other.dataset.chip).keys()) query.delete(name);
      });
      if (!chip.hasAttribute("aria-current")) for (const [name, value] of wanted) query.set(name, value);
    }));
  }

  const drop = target.closest("[data-drop]");
  if (drop) {
    event.preventDefault();
    location.assign(address((query) => query.delete(drop.dataset.drop)));
  }

  if (target.closest("[data-theme-switch]")) {
    const root = document.documentElement;
    root.dataset.bsThemeChoice = root.dataset.bsTheme === "dark" ? "light" : "dark";
    window.applyTheme();
    post("/accounts/prefer/", { page: "all", key: "theme", value: JSON.stringify(root.dataset.bsThemeChoice) });
  }

  const row = target.closest("tr[data-href]");
  if (row && !menuWasOpen && !target.closest("a, button, input, label, select")) {
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href);
    else if (!String(getSelection())) location.assign(row.dataset.href);
  }
});

document.addEventListener("change", async (event) => {
  const target = event.target;
  if (target.closest("[data-guard]")) unsaved = true;
  const bulk = target.closest("#bulk");
  if (bulk && target.matches("[data-select-all]"))
    bulk.querySelectorAll('tbody input[name="selected"]').forEach((tick) => { tick.checked = target.checked; });
  if (bulk) countSelection(bulk);

  const columns = target.closest("[data-columns]");
  if (columns) {
    const hidden = [...columns.querySelectorAll("input:not(:checked)")].map((box) => box.value);
    await post(columns.dataset.url, { page: columns.dataset.columns, key: "columns", value: JSON.stringify(hidden) });
    htmx.ajax("GET", location.pathname + location.search, { target: "#list", swap: "outerHTML" });
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
    event.preventDefault();
    const search = document.getElementById("global-search");
    search.focus();
    search.select();
  }
  if (event.key === "Escape") document.body.classList.remove("sidebar-open");
});

// --- Forms --------------------------------------------------------------------------------------------------------

let unsaved = false;

document.addEventListener("input", (event) => {
  const narrow = event.target.dataset.narrow; // rows that do not say this are not shown; they are sent all the same
  const said = event.target.value?.trim().toUpperCase();
  if (narrow) document.querySelectorAll(narrow).forEach((row) => { row.hidden = !row.textContent.toUpperCase().includes(said); });
  if (event.target.closest("[data-guard]")) unsaved = true;
  const pairs = event.target.closest("[data-key-values]");
  if (pairs && [...pairs.lastElementChild.querySelectorAll("input")].some((input) => input.value)) {
    const row = pairs.lastElementChild.cloneNode(true);
    row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    pairs.append(row);
  }
});
window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

document.addEventListener("submit", (event) => {
  if (event.target.closest("[data-guard]")) unsaved = false;
  // The form key makes a second submit harmless; this only shows that the first one is under way.
  const button = event.submitter;
  if (button && !event.target.hasAttribute("hx-post")) setTimeout(() => { button.classList.add("is-busy"); button.disabled = true; });
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll(".is-busy").forEach((button) => { button.classList.remove("is-busy"); button.disabled = false; });
});

// --- Tables wider than their place --------------------------------------------------------------------------------

// A head that sticks and a table that scrolls sideways exclude each other in CSS: only what does not fit scrolls.
const fitting = new ResizeObserver((entries) => requestAnimationFrame(() => entries.forEach(({ target }) => fit(target))));

function fit(place) {
  place.classList.remove("is-wide");
  const wide = place.scrollWidth > place.clientWidth + 1;
  place.classList.toggle("is-wide", wide);
  // Without a link inside, only a focusable place can be scrolled by the keyboard.
  if (place.hasAttribute("role")) return;
  if (wide) place.setAttribute("tabindex", "0");
  else place.removeAttribute("tabindex");
}

// On a telephone a row is a card without the heads of its columns, so figures and dates say what they are.
const telephone = matchMedia("(max-width: 640px)");
const CARDS = ".list .list-table, .cards";

function label(table) {
  const heads = [...table.tHead.rows[0].cells].map((head) => head.innerText.replace(/[↑↓]/, "").trim());
  for (const row of [...table.tBodies[0].rows, ...(table.tFoot?.rows ?? [])]) {
    let place = 0;
    for (const cell of row.cells) {
      if (cell.matches(".num, .nowrap:not(.main, .row-actions)") && (cell.textContent.trim() || cell.querySelector("input")) && !cell.querySelector(".badge")) cell.dataset.label = heads[place];
      place += cell.colSpan;
    }
  }
}

// --- Start --------------------------------------------------------------------------------------------------------

function setUp(root) {
  (root !== document && root.matches("select[data-remote]") ? [root] : root.querySelectorAll("select[data-remote]")).forEach(remoteSelect);
  root.querySelectorAll(".table-scroll > .table").forEach((table) => fitting.observe(table.parentElement));
  if (telephone.matches) root.querySelectorAll(CARDS).forEach(label);
}

telephone.addEventListener("change", () => document.querySelectorAll(CARDS).forEach(label));
document.addEventListener("DOMContentLoaded", () => {
  setUp(document);
  document.querySelectorAll(".toast-line").forEach(fade);
  const error = document.querySelector(".is-invalid");
  if (error) { error.scrollIntoView({ block: "center" }); error.focus({ preventScroll: true }); }
});

// The bill of materials as an editable table: rows come, go and change places without a reload.
"use strict";

(() => {
  const table = () => document.querySelector("[data-bill]");
  const rows = () => [...table().querySelectorAll("[data-bill-row]")];

  function number() {
    rows().forEach((row, place) => { row.querySelector("[data-bill-number]").textContent = place + 1; });
  }

  function ready(row) {
    row.querySelectorAll("[data-bill-up], [data-bill-down], [data-bill-remove]").forEach((button) => { button.hidden = false; });
  }

  const isEmpty = (row) => [...row.querySelectorAll("input, select")].every((field) => !field.value);

  function changed() {
    number();
    // The guard against leaving listens to input.
    table().dispatchEvent(new Event("input", { bubbles: true }));
  }

  function add() {
    const row = document.querySelector("[data-bill-template]").content.firstElementChild.cloneNode(true);
    table().querySelector("[data-bill-rows]").append(row);
    ready(row);
    setUp(row);
    number();
    return row;
  }

  function focus(row) {
    const select = row.querySelector("select");
    if (select?.tomselect) select.tomselect.focus();
    else row.querySelector("input:not([type=hidden])").focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-bill-add], [data-bill-remove], [data-bill-up], [data-bill-down]");
    if (!button) return;
    if (button.hasAttribute("data-bill-add")) { focus(add()); return; }
    const row = button.closest("[data-bill-row]");
    if (button.hasAttribute("data-bill-remove")) {
      row.remove();
      if (!rows().length) add();
    } else if (button.hasAttribute("data-bill-up")) row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    changed();
    if (row.isConnected) button.focus();
  });

  document.addEventListener("keydown", (event) => {
    // Enter goes on to the next row instead of sending the form half filled.
    const row = event.target.closest("[data-bill-row]");
    if (!row || event.key !== "Enter" || !event.target.matches("input") || event.target.closest(".ts-wrapper")) return;
    event.preventDefault();
    const next = rows()[rows().indexOf(row) + 1] ?? add();
    const field = event.target.name ? next.querySelector(`input[name="${event.target.name}"]`) : null;
    if (field && !isEmpty(next)) field.focus();
    else focus(next);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const pasted = event.detail.target.querySelector?.("[data-bill-pasted]");
    if (!pasted) return;
    const last = rows().at(-1);
    if (last && isEmpty(last)) last.remove();
    pasted.querySelectorAll("[data-bill-row]").forEach((row) => {
      table().querySelector("[data-bill-rows]").append(row);
      ready(row);
    });
    pasted.remove();
    changed();
  });

  document.addEventListener("DOMContentLoaded", () => {
    if (!table()) return;
    rows().forEach(ready);
    document.querySelector("[data-bill-add]").hidden = false;
    number();
  });
})();

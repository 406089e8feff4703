// Lines of a document: rows come and go without a reload, totals run along. The server computes everything anew.
"use strict";

(() => {
  // --- Exact amounts: whole numbers of the smallest place, rounded half up as gmtc/money.py does

  function exact(text, places, mark) {
    // As the server reads it: in German 1.5 is one and a half, 1.500 is a thousand more, and 1,234.56 is no number.
    const [head, ...rest] = String(text).replace(/[\s'’]/g, "").split(mark);
    const isPoint = mark === "," && head.split(".").length === 2 && head.split(".")[1].length !== 3;
    const whole = isPoint ? head : head.replace(mark === "," ? /\./g : /,/g, "");
    const clean = rest.length ? `${whole}.${rest.join(mark)}` : whole;
    const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(clean);
    if (!match || !(match[2] || match[3])) return null;
    const digits = (match[2] || "0") + (match[3] || "").padEnd(places, "0").slice(0, places);
    return BigInt(digits) * (match[1] ? -1n : 1n);
  }

  function halfUp(amount, unit) {
    const size = amount < 0n ? -amount : amount;
    const rounded = (2n * size + unit) / (2n * unit);
    return amount < 0n ? -rounded : rounded;
  }

  // Quantity has three places, the price four, discount and tax two: a cent is 10^5 of their product.
  const CENT = 100000n;

  function netOf(quantity, price, discount) {
    const gross = quantity * price;
    return halfUp(gross - halfUp(gross * discount, CENT * 10000n) * CENT, CENT);
  }

  function split(amount, weights) {
    const whole = weights.reduce((sum, weight) => sum + weight, 0n);
    let left = amount;
    return weights.map((weight, n) => {
      const share = n === weights.length - 1 ? left : whole ? halfUp(amount * weight, whole) : 0n;
      left -= share;
      return share;
    });
  }

  function shown(cents, mark) {
    const size = (cents < 0n ? -cents : cents).toString().padStart(3, "0");
    const whole = size.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, mark === "," ? "." : ",");
    return `${cents < 0n ? "−" : ""}${whole}${mark}${size.slice(-2)}`;
  }

  // --- Rows

  const rowsOf = (box) => [...box.querySelectorAll("[data-line]")];
  const isOn = (row) => !row.hidden;
  const part = (row, role) => row.querySelector(`[data-role="${role}"]`);

  function total(box) {
    const mark = box.dataset.decimal;
    const bases = new Map();
    let net = 0n, hasTax = false, number = 0, isWrong = false;
    for (const row of rowsOf(box)) {
      if (!isOn(row)) continue;
      number += 1;
      row.querySelector("[data-line-number]").textContent = number;
      const quantity = exact(part(row, "quantity")?.value ?? "", 3, mark);
      const price = exact(part(row, "price")?.value ?? "", 4, mark);
      const discount = exact(part(row, "discount")?.value || "0", 2, mark);
      const output = row.querySelector("[data-line-net]");
      const isHalf = ["quantity", "price"].some((role) => !part(row, role)?.value.trim());
      if (quantity === null || price === null || discount === null || quantity < 0n || price < 0n || discount < 0n || discount > 10000n) {
        output.textContent = isHalf ? "" : "–";
        isWrong ||= !isHalf; // a line that is still being typed counts for nothing, a wrong one makes the sums wrong
        continue;
      }
      const sum = netOf(quantity, price, discount);
      output.textContent = shown(sum, mark);
      net += sum;
      const vat = part(row, "vat");
      if (vat) {
        const rate = exact(vat.value || "0", 2, mark) ?? 0n;
        hasTax = true;
        bases.set(rate, (bases.get(rate) ?? 0n) + sum);
      }
    }
    // A discount on all lines and the shipping are shared out over the rates; the last share takes the cent.
    const typed = (name) => exact((name && box.closest("form")?.querySelector(`[name="${name}"]`)?.value) || "0", 2, mark) ?? 0n;
    const discount = halfUp(net * typed(box.dataset.discount), 10000n);
    const shipping = bases.size || !hasTax ? typed(box.dataset.shipping) : 0n;
    const rates = [...bases.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const weights = rates.map((rate) => (net ? bases.get(rate) : 1n));
    const less = split(discount, weights), more = split(shipping, weights);
    rates.forEach((rate, n) => bases.set(rate, bases.get(rate) - less[n] + more[n]));
    net += shipping - discount;
    // Tax on the sum of a rate, never the sum of the lines' taxes.
    const tax = [...bases].reduce((sum, [rate, base]) => sum + halfUp(base * rate, 10000n), 0n);
    const currency = box.closest("form")?.querySelector('[name="currency"]')?.value ?? "EUR";
    const put = (name, cents) => {
      const place = box.querySelector(`[data-total="${name}"]`);
      if (place) place.textContent = isWrong ? "–" : `${shown(cents, mark)} ${currency}`;
    };
    put("discount", -discount);
    put("shipping", shipping);
    box.querySelectorAll("[data-with-discount]").forEach((line) => { line.hidden = !discount; });
    box.querySelectorAll("[data-with-shipping]").forEach((line) => { line.hidden = !shipping; });
    put("net", net);
    put("tax", tax);
    put("gross", net + tax);
    box.querySelectorAll("[data-with-tax]").forEach((line) => { line.hidden = !hasTax; });
    box.dispatchEvent(new CustomEvent("lines:total", { bubbles: true, detail: { net, tax } }));
  }

  const counter = (box) => box.querySelector(`[name="${box.dataset.lines}-TOTAL_FORMS"]`);

  function add(box) {
    const count = counter(box);
    const holder = document.createElement("tbody");
    const blank = box.querySelector("[data-line-template]").innerHTML;
    holder.innerHTML = blank.replaceAll("__prefix__", count.value);
    const row = holder.firstElementChild;
    row.removeAttribute("data-blank");
    count.value = Number(count.value) + 1;
    box.querySelector("[data-line-rows]").append(row);
    ready(row);
    setUp(row);
    total(box);
    return row;
  }

  function focus(row) {
    const first = row.querySelector("select, input:not([type=hidden]):not([type=checkbox])");
    if (first?.tomselect) first.tomselect.focus();
    else first?.focus();
  }

  function remove(row) {
    // The row stays in the form, ticked: the numbers of the rows behind it must not change.
    row.querySelector('[name$="-DELETE"]').checked = true;
    row.hidden = true;
    const box = row.closest("[data-lines]");
    row.querySelector("input").dispatchEvent(new Event("input", { bubbles: true }));
    if (!rowsOf(box).some(isOn)) add(box);
    total(box);
  }

  function ready(row) {
    row.querySelector("[data-line-remove]").hidden = false;
    row.querySelector(".line-delete").hidden = true;
  }

  // --- What a chosen part costs

  async function fill(row, anew) {
    const box = row.closest("[data-lines]");
    const chosen = row.querySelector('select[name$="-part"]');
    if (!box.dataset.fill || !chosen?.value) return;
    const query = new URLSearchParams({ part: chosen.value, quantity: part(row, "quantity")?.value ?? "" });
    for (const name of (box.dataset.fillWith || "").split(" ").filter(Boolean))
      query.set(name, box.closest("form").querySelector(`[name="${name}"]`)?.value ?? "");
    const asked = (row.dataset.asked = query.toString());
    const answer = await fetch(`${box.dataset.fill}?${query}`).then((found) => (found.ok ? found.json() : null)).catch(() => null);
    if (!answer || row.dataset.asked !== asked) return; // something else was chosen in the meantime
    for (const [name, value] of Object.entries(answer.values)) {
      const input = row.querySelector(`[name$="-${name}"]`);
      // What somebody typed is theirs; what we filled in follows.
      if (input && (anew || !input.value || input.value === input.dataset.filled)) input.value = input.dataset.filled = value;
    }
    row.querySelector("[data-line-hint]").textContent = answer.hint ?? "";
    total(box);
  }

  document.addEventListener("input", (event) => {
    const box = event.target.closest("[data-lines]");
    if (box) total(box);
    else if (event.target.name)
      document.querySelectorAll(`[data-discount="${event.target.name}"], [data-shipping="${event.target.name}"]`).forEach(total);
  });

  document.addEventListener("change", (event) => {
    const row = event.target.closest("[data-line]");
    if (row && event.target.matches('select[name$="-part"]') && event.target.value !== (row.dataset.part ?? "")) {
      row.dataset.part = event.target.value;
      fill(row, true);
    }
    if (row && event.target.matches('[data-role="quantity"]')) fill(row, false);
    if (event.target.matches('[name="currency"]')) document.querySelectorAll("[data-lines]").forEach(total);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line-add], [data-line-remove]");
    if (!button) return;
    if (button.hasAttribute("data-line-add")) focus(add(button.closest("[data-lines]")));
    else remove(button.closest("[data-line]"));
  });

  document.addEventListener("keydown", (event) => {
    // Enter in a row goes on to the next one instead of sending the form half filled.
    const row = event.target.closest("[data-line]");
    if (!row || event.key !== "Enter" || !event.target.matches("input:not([type=checkbox])") || event.target.closest(".ts-wrapper")) return;
    event.preventDefault();
    const rows = rowsOf(row.closest("[data-lines]")).filter(isOn);
    focus(rows[rows.indexOf(row) + 1] ?? add(row.closest("[data-lines]")));
  });

  function begin(root) {
    for (const box of root.querySelectorAll("[data-lines]:not([data-begun])")) {
      box.dataset.begun = "";
      const rows = rowsOf(box);
      rows.forEach(ready);
      rows.forEach((row) => { row.dataset.part = row.querySelector('select[name$="-part"]')?.value ?? ""; });
      // The empty rows at the end are for browsers without JavaScript; one is enough where lines can be added.
      while (rows.length > 1 && rows.at(-1).hasAttribute("data-blank")) {
        rows.pop().remove();
        counter(box).value = Number(counter(box).value) - 1;
      }
      const button = box.querySelector("[data-line-add]");
      button.hidden = false;
      total(box);
    }
  }

  document.addEventListener("DOMContentLoaded", () => begin(document));
  document.addEventListener("htmx:load", (event) => begin(event.detail.elt.parentElement ?? document));
})();

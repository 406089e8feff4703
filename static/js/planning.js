// The planning page: a tick for a whole group, and how much is chosen. The server decides what is made of it, and
// computes anew when a quantity or a supplier is changed.
"use strict";

function sumUp() {
  const plan = document.getElementById("plan");
  if (!plan) return;
  const sum = document.getElementById("plan-sum");
  const chosen = [...plan.querySelectorAll('input[name="selected"]:checked')];
  plan.querySelectorAll("[data-group]").forEach((group) => {
    const all = group.querySelector("[data-all]");
    if (!all) return;
    const ticks = [...group.querySelectorAll('input[name="selected"]')];
    const on = ticks.filter((tick) => tick.checked).length;
    all.checked = on === ticks.length;
    all.indeterminate = on > 0 && on < ticks.length;
  });
  if (!sum) return;
  const euros = chosen.reduce((total, tick) => total + Number(tick.dataset.value || 0), 0);
  const text = chosen.length === 1 ? sum.dataset.one : sum.dataset.many.replace("{count}", chosen.length);
  const money = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "EUR" }).format(euros);
  sum.textContent = euros ? `${text} · ${money}` : text;
  plan.querySelector(".plan-foot button").disabled = chosen.length === 0;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("#plan [data-all]")) {
    event.target.closest("[data-group]").querySelectorAll('input[name="selected"]').forEach((tick) => { tick.checked = event.target.checked; });
  }
  if (event.target.closest("#plan")) sumUp();
});

// Enter after a quantity computes; it does not carry out everything that is ticked.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches(".plan-change")) return;
  event.preventDefault();
  event.target.blur();
});

// The keyboard goes on from the field that was changed.
let changed = "";
document.addEventListener("change", (event) => { if (event.target.matches(".plan-change")) changed = event.target.id; });
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) document.getElementById(changed)?.focus({ preventScroll: true });
});

document.addEventListener("htmx:load", sumUp);
sumUp();

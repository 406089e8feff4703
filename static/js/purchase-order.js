// A new purchase order takes over the terms of the supplier that is chosen.
"use strict";

document.addEventListener("change", async (event) => {
  if (!event.target.matches('.record-form select[name="supplier"]') || !event.target.value) return;
  const form = event.target.form;
  const answer = await fetch(`/suppliers/${event.target.value}/defaults/`).then((found) => (found.ok ? found.json() : null)).catch(() => null);
  if (!answer) return;
  for (const [name, value] of Object.entries(answer.values)) {
    const input = form.elements[name];
    if (input && (name !== "expected_delivery_date" || !input.value)) input.value = value;
  }
  form.elements.currency.dispatchEvent(new Event("change", { bubbles: true }));
  // The prices of lines that are there already are asked for anew.
  form.querySelectorAll('[data-line]:not([hidden]) [data-role="quantity"]').forEach((input) => input.dispatchEvent(new Event("change", { bubbles: true })));
});

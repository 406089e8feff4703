// A new order takes over terms, contacts and addresses of the customer that is chosen.
"use strict";

(() => {
  const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

  function offer(select, found) {
    const empty = select.options[0];
    select.replaceChildren(empty, ...found.map((each) => new Option(each.text, each.id)));
    select.value = "";
  }

  // The rates of lines that are there already are asked for anew.
  const askAnew = (form) =>
    form.querySelectorAll('[data-line]:not([hidden]) [data-role="quantity"]').forEach(changed);

  async function take(form, customer) {
    const answer = await fetch(`/orders/for-customer/${customer}/defaults/`).then((found) => (found.ok ? found.json() : null)).catch(() => null);
    if (!answer || form.elements.customer.value !== customer) return;
    for (const [name, found] of Object.entries(answer.choices)) if (form.elements[name]) offer(form.elements[name], found);
    for (const [name, value] of Object.entries(answer.values)) if (form.elements[name]) form.elements[name].value = value;
    const place = form.querySelector("[data-customer-warning]");
    if (place) place.textContent = answer.warning;
    askAnew(form);
  }

  document.addEventListener("change", (event) => {
    const { name, form, value } = event.target;
    if (!form?.matches(".record-form")) return;
    if (name === "customer" && value) take(form, value);
    if (name === "tax_case" || name === "shipping_address") askAnew(form);
  });
})();

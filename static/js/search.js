// The search box in the top bar: a combobox whose list the server writes. Without this file the form opens the results.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const input = document.getElementById("global-search");
  const list = document.getElementById("search-suggestions");
  if (!input || !list) return;

  const options = () => [...list.querySelectorAll('[role="option"]')];
  const chosen = () => list.querySelector('[aria-selected="true"]');

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", option.id);
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function show(isShown) {
    list.hidden = !isShown;
    input.setAttribute("aria-expanded", String(isShown && options().length > 0));
    if (!isShown) choose(null);
  }

  list.addEventListener("htmx:afterSwap", () => {
    input.removeAttribute("aria-activedescendant");
    show(document.activeElement === input);
  });
  input.addEventListener("focus", () => show(true));
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".topbar-search")) show(false);
  });
  input.form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !input.form.contains(event.relatedTarget)) show(false);
  });
  // The box keeps the focus while a result is clicked, so the list does not close under the pointer.
  list.addEventListener("mousedown", (event) => event.preventDefault());

  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!all.length) return;
      event.preventDefault();
      show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than there are options: from the last one the arrow leads back into the box.
      const next = (at + 1 + step + all.length + 1) % (all.length + 1);
      choose(next === 0 ? null : all[next - 1]);
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) window.open(all[at].href);
      else location.assign(all[at].href);
    } else if (event.key === "Escape") {
      if (!list.hidden && list.childElementCount) {
        event.preventDefault(); // the first one closes the list, the second one empties the box
        show(false);
      } else {
        input.blur();
      }
    }
  });
});

// The board of production jobs: a card that is dropped on the column of its next step presses that step's button.
// Without a mouse the button does the same, so no rule stands here.
"use strict";

let dragged = null;

const leadsTo = (card, column) => card && card.dataset.next === column.dataset.column;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".board-card");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", "");
  dragged.classList.add("is-dragged");
  document.querySelectorAll("[data-column]").forEach((column) => column.classList.toggle("is-open", leadsTo(dragged, column)));
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  document.querySelectorAll("[data-column]").forEach((column) => column.classList.remove("is-open", "is-over"));
  dragged = null;
});

document.addEventListener("dragover", (event) => {
  const column = event.target.closest("[data-column]");
  document.querySelectorAll("[data-column].is-over").forEach((other) => other !== column && other.classList.remove("is-over"));
  if (!column || !leadsTo(dragged, column)) return;
  event.preventDefault();
  column.classList.add("is-over");
});

document.addEventListener("drop", (event) => {
  const column = event.target.closest("[data-column]");
  if (!column || !leadsTo(dragged, column)) return;
  event.preventDefault();
  dragged.querySelector("[data-leads-to]").click();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

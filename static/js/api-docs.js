// The search of /api/docs: hides what does not contain every word.
const search = document.getElementById("api-search");

search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const group of document.querySelectorAll("[data-filter-group]")) {
    let any = false;
    for (const each of group.querySelectorAll(search.dataset.filter)) {
      const text = each.textContent.toLowerCase();
      each.hidden = !words.every((word) => text.includes(word));
      any ||= !each.hidden;
    }
    group.hidden = !any;
  }
});

// A link to one address opens it.
const linked = location.hash && document.getElementById(location.hash.slice(1));
if (linked?.tagName === "DETAILS") linked.open = true;

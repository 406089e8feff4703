// Live preview of Settings, Brand: typed colours and chosen pictures show at once; the server measures the contrast.
(() => {
  const panel = document.querySelector("[data-brand-panel]");
  if (!panel) return;
  const fields = Object.fromEntries([...document.querySelectorAll("[data-colour]")].map((input) => [input.name, input]));
  const preview = (theme) => panel.querySelector(`[data-preview=${theme}]`);
  const measured = panel.querySelector("[data-contrast]");

  const paint = () => {
    preview("light").style.setProperty("--brand-accent", fields.accent.value);
    preview("light").style.setProperty("--brand-ink", fields.ink.value);
    preview("light").style.setProperty("--brand-paper", fields.paper.value);
    preview("dark").style.setProperty("--brand-accent", fields.accent_dark.value);
    const { accentFg, accentDarkFg } = panel.querySelector("#contrast").dataset;
    if (accentFg) preview("light").style.setProperty("--brand-accent-fg", accentFg);
    if (accentDarkFg) preview("dark").style.setProperty("--brand-accent-fg", accentDarkFg);
  };

  let waiting, asked = 0;
  const measure = () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++asked;
      const colours = new URLSearchParams(Object.entries(fields).map(([name, input]) => [name, input.value]));
      const answer = await fetch(`${panel.dataset.contrastUrl}?${colours}`, { credentials: "same-origin" });
      if (!answer.ok || mine !== asked) return;
      measured.innerHTML = await answer.text();
      paint();
    }, 150);
  };

  for (const input of Object.values(fields)) {
    input.addEventListener("input", () => { paint(); measure(); });
  }
  paint();

  const shows = { logo: ["light", "dark"], logo_dark: ["dark"], mark: [] };
  for (const [name, themes] of Object.entries(shows)) {
    const input = document.querySelector(`input[type=file][name=${name}]`);
    input?.addEventListener("change", () => {
      if (!input.files.length) return;
      const url = URL.createObjectURL(input.files[0]);
      const shown = document.querySelector(`[data-picture=${name}]`);
      shown.src = url;
      shown.hidden = false;
      for (const theme of themes) preview(theme).querySelector("[data-logo]").src = url;
    });
  }
})();

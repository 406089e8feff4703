// Runs before the first paint. Django's admin reads data-theme, the brand's tokens data-bs-theme: both get the user's choice.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const choice = document.querySelector('meta[name="theme-choice"]').content;
  const apply = () => {
    const theme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
    root.dataset.theme = theme;
    root.dataset.bsTheme = theme;
  };
  apply();
  dark.addEventListener("change", apply);
})();

// Starts the page: colours, tables that scroll, the sample browser and the heatmaps.

const THEMES = ["system", "light", "dark"];

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.getElementById("theme").textContent = `Colours: ${theme}`;
}

document.getElementById("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? "system";
  setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
});

for (const figure of document.querySelectorAll("figure")) {
  if (figure.scrollWidth > figure.clientWidth) figure.tabIndex = 0; // so that the keyboard can scroll it
}

async function start(id, begin) {
  const place = document.getElementById(id);
  if (!place) return;
  try {
    await begin();
  } catch (error) {
    const old = typeof DecompressionStream === "undefined";
    const text = old ? "This part needs a browser of 2023 or later." : `This part could not be shown: ${error.message}`;
    place.before(element("p", { class: "message" }, text));
    throw error;
  }
}

await Promise.all([start("browser", startBrowser), start("heatmap", startHeatmap)]);
document.documentElement.dataset.ready = "yes";

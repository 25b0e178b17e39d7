// What every page shares: the theme switch, menus that close, times that stay true, passwords that can be shown.
const THEMES = ["auto", "light", "dark"];

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  const label = button.querySelector("[data-theme-label]");
  const tell = () => {
    label.textContent = `Theme: ${document.documentElement.dataset.theme}`;
    button.title = label.textContent;
  };
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
    try {
      localStorage.setItem("theme", next);
    } catch {
      return;
    }
    document.dispatchEvent(new Event("themechange"));
    tell();
  });
  tell();
}

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

for (const button of document.querySelectorAll("[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  });
}

for (const input of document.querySelectorAll("[data-browser-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) input.value = zone;
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

const inWords = (seconds) => {
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return "just now";
};
const clockText = (seconds) => {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
};

const refreshTimes = () => {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const seconds = Math.round((new Date(time.dateTime) - Date.now()) / 1000);
    if (Math.abs(seconds) < 7 * 86400) time.textContent = inWords(seconds);
  }
};
const refreshElapsed = () => {
  for (const span of document.querySelectorAll("[data-elapsed-since]")) {
    const seconds = Math.max(0, Math.round((Date.now() - new Date(span.dataset.elapsedSince)) / 1000));
    span.textContent = clockText(seconds);
  }
};
setInterval(refreshTimes, 20000);
setInterval(refreshElapsed, 1000);

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

for (const button of document.querySelectorAll("[data-fills]")) {
  const input = document.getElementById(button.dataset.fills);
  button.addEventListener("click", () => {
    input.value = button.dataset.with;
    input.focus();
  });
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  const told = button.querySelector("span");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      told.textContent = "Copied";
    } catch {
      // Without HTTPS, or without permission, browsers let nobody write there: then it is marked, ready to copy.
      getSelection().selectAllChildren(source);
      told.textContent = "Marked: press Ctrl-C";
    }
  });
}

// Where loading the page again would send its form again, the address leads elsewhere.
const elsewhere = document.querySelector("[data-sent-to]")?.dataset.sentTo;
if (elsewhere) history.replaceState(null, "", elsewhere);

// Who sent something that does not fit is taken to the first field to mend.
const wrong = document.querySelector('[aria-invalid="true"], [data-wrong]');
for (let outer = wrong?.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
wrong?.focus();

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

// As exact as one plans by: to the minute within a day, to the hour within a week. The server says the same.
const count = (number, unit) => `${number} ${unit}${number === 1 ? "" : "s"}`;
const two = (number, size, large, small) =>
  [[Math.floor(number / size), large], [number % size, small]]
    .filter(([part]) => part)
    .map(([part, unit]) => count(part, unit))
    .join(" ");
const inUnits = (seconds) => {
  if (seconds < 60) return count(seconds, "second");
  const minutes = Math.round(seconds / 60);
  return minutes < 1440 ? two(minutes, 60, "hour", "minute") : two(Math.round(seconds / 3600), 24, "day", "hour");
};
const inWords = (seconds) => {
  if (seconds === 0) return "just now";
  return seconds > 0 ? `in ${inUnits(seconds)}` : `${inUnits(-seconds)} ago`;
};
const clockText = (seconds) => {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
};

const refreshTimes = () => {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const seconds = Math.round((new Date(time.dateTime) - Date.now()) / 1000);
    if (time.dataset.relative === "due" && seconds <= 0) time.textContent = "any moment now";
    else if (Math.abs(seconds) < 7 * 86400) time.textContent = inWords(seconds);
  }
};
const refreshElapsed = () => {
  if ("silent" in document.documentElement.dataset) return;
  for (const span of document.querySelectorAll("[data-elapsed-since]")) {
    const seconds = Math.max(0, Math.round((Date.now() - new Date(span.dataset.elapsedSince)) / 1000));
    span.textContent = clockText(seconds);
  }
};
setInterval(refreshTimes, 20000);
setInterval(refreshElapsed, 1000);

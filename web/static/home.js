import { answers, isSilent } from "./silence.js";

// While something runs, the list keeps itself up to date without losing the reader's place.
const list = document.getElementById("importers");

const isBusy = () => list.contains(document.activeElement) || list.querySelector("details[open]");

const refresh = async () => {
  if (!list.querySelector("[data-active]") || document.hidden || isBusy()) return;
  const answer = await fetch(list.dataset.refresh, { headers: { Accept: "text/html" } });
  if (answer.status >= 500) throw new Error("no answer");
  answers();
  if (!answer.ok || answer.redirected || isBusy()) return;
  list.innerHTML = await answer.text();
};

if (list) setInterval(() => refresh().catch(() => isSilent()), 3000);

import { answers, isSilent } from "./silence.js";

// While something runs, the list keeps itself up to date: it says what it shows, and gets what is otherwise by now.
const list = document.getElementById("importers");
const ASK_AGAIN_MS = 3000;

// Nobody loses the place where they are, or a menu that they opened.
const isInUse = (part) => part.contains(document.activeElement) || part.querySelector("details[open]");

const put = (fresh) => {
  const shown = document.getElementById(fresh.id);
  if (!shown || isInUse(shown) || shown.isEqualNode(fresh)) return;
  if ("gone" in fresh.dataset) shown.remove();
  else shown.replaceWith(fresh);
};

const refresh = async () => {
  if (!list.querySelector("[data-active]") || document.hidden) return;
  const marks = [...list.querySelectorAll("[data-mark]")].filter((row) => !isInUse(row)).map((row) => row.dataset.mark);
  const answer = await fetch(`${list.dataset.refresh}&seen=${marks}`, { headers: { Accept: "text/html" } });
  if (answer.status >= 500) throw new Error("no answer");
  answers();
  if (!answer.ok || answer.redirected) return;
  const news = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const fresh of news.querySelectorAll("#broken, [data-mark], [data-gone]")) put(fresh);
};

const keepAsking = () => setTimeout(() => refresh().catch(() => isSilent()).finally(keepAsking), ASK_AGAIN_MS);

if (list) keepAsking();

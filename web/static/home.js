// While something runs, the list keeps itself up to date without losing the reader's place.
const list = document.getElementById("importers");

const isBusy = () => list.contains(document.activeElement) || list.querySelector("details[open]");

const refresh = async () => {
  if (!list.querySelector("[data-active]") || document.hidden || isBusy()) return;
  const answer = await fetch(list.dataset.refresh, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected || isBusy()) return;
  list.innerHTML = await answer.text();
};

if (list) setInterval(() => refresh().catch(() => {}), 3000);

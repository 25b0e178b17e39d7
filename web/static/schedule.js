// The schedule in words and its next runs, while it is typed. Works by posting, too.
const form = document.getElementById("editor");
const words = document.getElementById("schedule-words");
let asking = null;

const showSchedule = async () => {
  asking?.abort();
  asking = new AbortController();
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (["every", "number", "weekdays", "at", "time_zone"].includes(name)) query.append(name, value);
  }
  const answer = await fetch(`${form.dataset.schedule}?${query}`, { signal: asking.signal });
  const told = await answer.json();
  words.replaceChildren();
  const line = document.createElement("strong");
  line.textContent = told.problem || told.words;
  words.append(line);
  if (told.note) words.append(Object.assign(document.createElement("span"), { textContent: told.note }));
  if (!told.next.length) return;
  const next = document.createElement("ul");
  for (const moment of told.next) {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.dateTime = moment.at;
    time.textContent = moment.text;
    item.append(time, ` (${moment.relative})`);
    next.append(item);
  }
  words.append(Object.assign(document.createElement("div"), { textContent: "Next:" }), next);
};

let typing = 0;
form.addEventListener("input", (event) => {
  if (event.target.closest("#schedule")) {
    clearTimeout(typing);
    form.querySelector(".unit").toggleAttribute("data-one", form.elements.number.value.trim() === "1");
    typing = setTimeout(() => showSchedule().catch(() => {}), 250);
  }
});

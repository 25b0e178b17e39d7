// The schedule in words and its next runs, while it is typed; mistakes at their fields. Works by posting, too.
const form = document.getElementById("editor");
const part = document.getElementById("schedule");
const words = document.getElementById("schedule-words");
const cronWords = document.getElementById("cron-words");
const number = form.elements.number;
const rhythm = () => part.querySelector('[name="every"]:checked').value;
const made = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

// --- how often, as it was or as it usually is ------------------------------------

const numbers = new Map([["minutes", "15"]]);
let shownRhythm = rhythm();
if (shownRhythm !== "manual") numbers.set(shownRhythm, number.value);

const tellUnit = () => part.querySelector(".unit").toggleAttribute("data-one", number.value.trim() === "1");

const followRhythm = () => {
  numbers.set(shownRhythm, number.value);
  shownRhythm = rhythm();
  number.value = numbers.get(shownRhythm) ?? "1";
  tellUnit();
  if (shownRhythm === "weeks" && !part.querySelector('[name="weekdays"]:checked')) {
    part.querySelector(`#weekday-${(new Date().getDay() + 6) % 7}`).checked = true;
  }
};

const presets = made("div", "");
presets.className = "presets";
presets.dataset.for = "minutes";
for (const minutes of ["15", "30"]) {
  const button = Object.assign(made("button", minutes), { type: "button", className: "btn btn-sm btn-link" });
  button.setAttribute("aria-label", `Every ${minutes} minutes`);
  button.addEventListener("click", () => {
    number.value = minutes;
    number.dispatchEvent(new Event("input", { bubbles: true }));
  });
  presets.append(button);
}
part.querySelector('[data-slot="number"]').prepend(presets);

// --- a field for each time of the day ---------------------------------------------

const clocks = part.querySelector("[data-clocks]");
const typedClocks = form.elements.at;
const list = made("div", "");
list.className = "clocks";

const clockFields = () => [...list.querySelectorAll("input")];
const keepClocks = () => {
  typedClocks.value = clockFields().map((one) => one.value.trim()).filter(Boolean).join(", ");
};
const changed = () => {
  keepClocks();
  typedClocks.dispatchEvent(new Event("input", { bubbles: true }));
};

const addClock = (value) => {
  const row = made("div", "");
  row.className = "clock";
  const input = Object.assign(document.createElement("input"), { type: "text", className: "form-control", value, placeholder: "09:00", autocomplete: "off" });
  const wrong = typedClocks.getAttribute("aria-invalid");
  if (wrong) input.setAttribute("aria-invalid", wrong);
  input.classList.toggle("is-invalid", Boolean(wrong));
  input.setAttribute("aria-label", `Time of day ${list.childElementCount + 1}`);
  input.addEventListener("input", keepClocks);
  const remove = Object.assign(made("button", "×"), { type: "button", className: "btn btn-outline-secondary" });
  remove.setAttribute("aria-label", "Remove this time");
  remove.addEventListener("click", () => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    next.querySelector("input").focus();
    changed();
  });
  row.append(input, remove);
  list.append(row);
  return input;
};

const showClocks = () => {
  const values = typedClocks.value.split(",").map((one) => one.trim()).filter(Boolean);
  for (const value of values.length ? values : [""]) addClock(value);
  const add = Object.assign(made("button", "Add a time"), { type: "button", className: "btn btn-sm btn-link" });
  add.addEventListener("click", () => addClock("").focus());
  typedClocks.type = "hidden";
  typedClocks.before(list);
  list.after(add);
  clocks.querySelector("[data-clocks-hint]").remove();
  const label = clocks.querySelector("label");
  clockFields()[0].id = "at-1";
  label.htmlFor = "at-1";
};
showClocks();
if (typedClocks.getAttribute("aria-invalid") && document.activeElement === document.body) clockFields()[0].focus();

// --- what it means, and what does not fit -----------------------------------------

let asking = null;
let marked = null;

// What nobody has answered yet is no mistake: nothing is told of a rhythm before something of it was typed, or sent.
const answered = new Set("unsaved" in form.dataset ? [rhythm()] : []);

const fieldsOf = (name) => (name === "at" ? clockFields() : [...part.querySelectorAll(`[name="${name}"]`)]);

const unmark = () => {
  for (const told of part.querySelectorAll(".slot .invalid-feedback")) told.remove();
  for (const field of part.querySelectorAll('[aria-invalid="true"]')) {
    field.removeAttribute("aria-invalid");
    field.classList.remove("is-invalid");
    if (marked === field.name || field.getAttribute("aria-describedby") === `${field.name}-error`) field.removeAttribute("aria-describedby");
  }
  marked = null;
};

const mark = (name, problem) => {
  const slot = part.querySelector(`[data-slot="${name}"]`);
  if (!slot) return false;
  const told = Object.assign(made("div", problem), { className: "invalid-feedback d-block", id: `${name}-error` });
  slot.append(told);
  marked = name;
  for (const field of fieldsOf(name)) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", told.id);
    if (field.type !== "checkbox") field.classList.add("is-invalid");
  }
  return true;
};

const line = (moment) => {
  const item = document.createElement("li");
  const time = made("time", moment.text);
  time.dateTime = moment.at;
  const soon = Object.assign(made("span", moment.relative), { className: "text-body-secondary" });
  item.append(time, " ", soon);
  if (moment.note) item.append(" ", made("em", moment.note));
  return item;
};

const show = (told) => {
  unmark();
  const problem = answered.has(rhythm()) ? told.problem : "";
  const isAtField = problem && mark(told.field, problem);
  words.replaceChildren(made("strong", isAtField ? "" : problem || told.words));
  cronWords.textContent = rhythm() === "cron" ? told.words : "";
  if (told.note) words.append(made("span", told.note));
  if (!told.next.length) return;
  const next = Object.assign(document.createElement("ol"), { className: "next-runs" });
  next.append(...told.next.map(line));
  words.append(next);
};

const ask = async () => {
  asking?.abort();
  asking = new AbortController();
  const query = new URLSearchParams();
  const names = new Set([...part.querySelectorAll("[name]")].map((one) => one.name));
  for (const [name, value] of new FormData(form)) if (names.has(name)) query.append(name, value);
  const answer = await fetch(`${form.dataset.schedule}?${query}`, { signal: asking.signal });
  if (answer.ok) show(await answer.json());
};

let typing = 0;
part.addEventListener("input", (event) => {
  if (event.target.name === "every") followRhythm();
  else answered.add(rhythm());
  if (event.target.name === "number") tellUnit();
  if (event.target.matches("#month_day")) part.querySelector("#month-by-day").checked = true;
  if (event.target.matches("#nth, #nth_day")) part.querySelector("#month-by-weekday").checked = true;
  clearTimeout(typing);
  typing = setTimeout(() => ask().catch(() => {}), 250);
});

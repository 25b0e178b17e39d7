// The editor, live: choices of the chosen entity, the preview, the schedule in words. All of it works by posting, too.
const form = document.getElementById("editor");
const options = document.getElementById("options");
const preview = document.getElementById("preview");
const fragments = new Map();

const chosen = (name) => form.querySelector(`[name="${name}"]:checked`)?.value ?? form.elements[name]?.value ?? "";
const key = () => `${chosen("connection_id")}:${chosen("entity")}`;
const parse = (html) => document.createRange().createContextualFragment(html);

// --- what the chosen entity offers ------------------------------------------

let shown = key();
const keptWords = form.querySelector("[data-kept]");
const afreshWords = form.querySelector("[data-afresh]");

// A copy keeps filter, status and columns only while it reads the same.
const tellWhatStays = () => {
  if (!afreshWords) return;
  const afresh = key() !== form.dataset.began;
  keptWords.hidden = afresh;
  afreshWords.hidden = !afresh;
  const label = form.querySelector('[name="entity"]:checked')?.closest("label").textContent.trim();
  if (label) afreshWords.querySelector("[data-entity-label]").textContent = label;
};

const place = (nodes) => {
  const isOpen = options.querySelector("details.more")?.open;
  options.replaceChildren(...nodes);
  const details = options.querySelector("details.more");
  if (isOpen && details) details.open = true;
  options.removeAttribute("aria-busy");
  propose(options);
  countColumns();
};

const nameIn = { excel: "nameExcel", google_sheets: "nameGoogleSheets" };

const propose = (fragment) => {
  const proposal = fragment.querySelector("[data-proposed-name]")?.dataset;
  if (!proposal) return;
  const name = proposal[nameIn[chosen("kind")]] ?? proposal.proposedName;
  for (const [field, value] of [["name", name], ["sheet", proposal.proposedSheet], ["tab", proposal.proposedTab]]) {
    const input = form.elements[field];
    if (input === document.activeElement) continue; // somebody is about to type, and the text would run into theirs
    if (input.value === input.dataset.proposed || !input.value) input.value = value;
    input.dataset.proposed = value;
  }
};

const showOptions = async () => {
  const wanted = key();
  if (wanted === shown) return;
  tellWhatStays();
  fragments.set(shown, [...options.childNodes]);
  shown = wanted;
  hidePreview();
  if (fragments.has(wanted)) {
    place(fragments.get(wanted));
    return;
  }
  options.setAttribute("aria-busy", "true");
  const query = new URLSearchParams({ connection_id: chosen("connection_id"), entity: chosen("entity") });
  const html = await fetch(`${form.dataset.options}?${query}`).then((answer) => answer.text());
  if (wanted !== key()) return;
  place(parse(html).childNodes);
};

// --- the columns picker --------------------------------------------------------

const countColumns = () => {
  const count = options.querySelector("[data-column-count]");
  if (!count) return;
  const picked = options.querySelectorAll('[name="columns"]:checked').length;
  const all = options.querySelectorAll('[name="columns"]').length;
  count.textContent = `${picked} of ${all} chosen`;
};

const searchColumns = (text) => {
  const wanted = text.trim().toLowerCase();
  let found = false;
  for (const group of options.querySelectorAll("[data-column-group]")) {
    let left = 0;
    for (const item of group.querySelectorAll("[data-header]")) {
      item.hidden = !item.dataset.header.toLowerCase().includes(wanted);
      if (!item.hidden) left += 1;
    }
    group.hidden = left === 0;
    found ||= left > 0;
  }
  options.querySelector("[data-no-column]").hidden = found;
};

options.addEventListener("input", (event) => {
  if (event.target.matches("[data-column-search]")) searchColumns(event.target.value);
});
const mode = (value) => options.querySelector(`[name="columns_mode"][value="${value}"]`);

// Columns that come along with an answer: their boxes and the answer always say the same.
const bringers = () => [...options.querySelectorAll("[data-brings]")];
const boxesBy = (bringer) =>
  bringer.dataset.brings.split(" ").map((key) => options.querySelector(`[name="columns"][value="${CSS.escape(key)}"]`)).filter(Boolean);

const isUsual = (box) => {
  const bringer = bringers().find((one) => boxesBy(one).includes(box));
  return bringer ? bringer.checked : box.dataset.usual === "yes";
};

const followAnswers = (name) => {
  for (const bringer of bringers().filter((one) => one.name === name)) {
    for (const box of boxesBy(bringer)) box.checked = bringer.checked;
  }
  const usual = options.querySelector("[data-usual-count]");
  if (usual) usual.textContent = [...options.querySelectorAll('[name="columns"]')].filter(isUsual).length;
  countColumns();
};

const followBoxes = (changed) => {
  for (const bringer of bringers()) {
    const decisive = changed.find((box) => boxesBy(bringer).includes(box));
    if (!decisive || decisive.checked === bringer.checked) continue;
    const others = [...options.querySelectorAll(`[name="${CSS.escape(bringer.name)}"]`)].filter((one) => one !== bringer);
    if (bringer.type === "radio" && !decisive.checked) others.find((one) => !one.dataset.brings).checked = true;
    else bringer.checked = decisive.checked;
    followAnswers(bringer.name);
  }
};

const tick = (boxes, wanted) => {
  for (const box of boxes) box.checked = wanted === "all" || (wanted === "usual" && isUsual(box));
  followBoxes([...boxes]);
  countColumns();
};

const tellLacking = (lacking) => {
  const told = options.querySelector("#columns-error");
  if (!told) return;
  told.textContent = lacking ? told.dataset.lacking : "";
  told.hidden = !lacking;
};

// Whether columns are to be chosen and none is; says so at the field then.
const refuseWithoutColumns = () => {
  const lacking =
    mode("chosen")?.checked &&
    options.querySelector(".picker") !== null &&
    !options.querySelector('[name="columns"]:checked');
  if (lacking) {
    tellLacking(true);
    for (let outer = mode("chosen"); outer; outer = outer.parentElement?.closest("details")) {
      if (outer.matches("details")) outer.open = true;
    }
    mode("chosen").focus();
  }
  return Boolean(lacking);
};

options.addEventListener("change", (event) => {
  if (event.target.name === "columns_mode") {
    if (event.target.value === "usual") tick(options.querySelectorAll('[name="columns"]'), "usual");
    tellLacking(false);
  }
  if (event.target.name.startsWith("option:")) followAnswers(event.target.name);
  if (event.target.name !== "columns") return;
  mode("chosen").checked = true;
  followBoxes([event.target]);
  tellLacking(false);
  countColumns();
});
options.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-mark]")?.dataset.mark;
  if (!mark) return;
  mode("chosen").checked = true;
  tellLacking(false);
  tick(options.querySelectorAll('[data-header]:not([hidden]) [name="columns"]'), mark);
});

// --- the preview ---------------------------------------------------------------

let previewing = null;

const hidePreview = () => {
  previewing?.abort();
  preview.replaceChildren();
};

const showPreview = async () => {
  previewing?.abort();
  previewing = new AbortController();
  preview.setAttribute("aria-busy", "true");
  preview.textContent = "Reading the first rows …";
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      body: new FormData(form),
      signal: previewing.signal,
    });
    preview.replaceChildren(parse(await answer.text()));
  } catch (error) {
    if (error.name !== "AbortError") preview.textContent = "The preview could not be fetched. Is Pipesheet still running?";
  } finally {
    preview.removeAttribute("aria-busy");
  }
};

document.getElementById("preview-button").addEventListener("click", (event) => {
  event.preventDefault();
  if (!refuseWithoutColumns()) showPreview();
});

// --- another account or entity ----------------------------------------------------

form.addEventListener("change", (event) => {
  if (event.target.name === "kind") {
    propose(options);
    hidePreview();
  }
  if (["connection_id", "entity"].includes(event.target.name)) showOptions().catch(() => options.removeAttribute("aria-busy"));
});

// --- the price -------------------------------------------------------------------

const price = document.getElementById("price");
let pricing = null;

const showPrice = async (counting) => {
  pricing?.abort();
  pricing = new AbortController();
  const sent = new FormData(form);
  if (counting) sent.set("action", "count");
  price.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(price.dataset.from, { method: "POST", body: sent, signal: pricing.signal });
    if (answer.ok) price.replaceChildren(parse(await answer.text()));
    price.removeAttribute("aria-busy");
  } catch (error) {
    if (error.name !== "AbortError") price.removeAttribute("aria-busy");
  }
};

// What only says where and how to write costs Pipedrive nothing.
const WITHOUT_A_PRICE = new Set([
  "name", "kind", "place", "sheet", "account", "way", "file", "address", "new_title", "tab", "start", "mode", "key",
  "skips_unchanged", "stamps_rows", "fills_formulas", "explains_headers", "takes_over",
]);

let settling = 0;
form.addEventListener("input", (event) => {
  if (WITHOUT_A_PRICE.has(event.target.name) || event.target.matches("[data-column-search]")) return;
  clearTimeout(settling);
  settling = setTimeout(() => showPrice(false), 400);
});
price.addEventListener("click", (event) => {
  if (!event.target.closest("[data-count]")) return;
  event.preventDefault();
  clearTimeout(settling);
  showPrice(true);
});

// --- leaving ------------------------------------------------------------------------

const answers = () =>
  JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf_token"));
let began = answers();
let isSent = false;

form.addEventListener("proposed", ({ detail: answer }) => {
  const isUntouched = answers() === began;
  answer();
  if (isUntouched) began = answers();
});

form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "options" && refuseWithoutColumns()) event.preventDefault();
  else isSent = true;
});
window.addEventListener("pageshow", () => {
  isSent = false;
});
window.addEventListener("beforeunload", (event) => {
  if (!isSent && ("unsaved" in form.dataset || answers() !== began)) event.preventDefault();
});

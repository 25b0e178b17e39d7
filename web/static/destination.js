// Where to write at Google, live: accounts, spreadsheets and tabs are fetched once somebody wants to see them, so that
// a slow Google keeps nobody from typing. Without scripts a button shows them.
const form = document.getElementById("editor");
const accounts = document.getElementById("accounts");
const files = document.getElementById("files");
const tabs = document.getElementById("tabs");
const options = document.getElementById("options");

const chosen = (name) => form.querySelector(`[name="${name}"]:checked`)?.value ?? form.elements[name]?.value ?? "";
const isGoogle = () => chosen("kind") === "google_sheets";
const parse = (html) => document.createRange().createContextualFragment(html);
const asking = new Map();

// A piece of page takes its place, unless another one was asked for meanwhile; one that does not come leaves the old one.
const show = async (place, address, query) => {
  asking.get(place)?.abort();
  const asked = new AbortController();
  asking.set(place, asked);
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${address}?${new URLSearchParams(query)}`, { signal: asked.signal });
    if (!answer.ok || answer.redirected) return false;
    place.replaceChildren(parse(await answer.text()));
    return true;
  } catch {
    return false;
  } finally {
    if (asking.get(place) === asked) place.removeAttribute("aria-busy");
  }
};

// --- spreadsheets and their tabs ---------------------------------------------------

let filesOf = null;
let tabsOf = null;

// What is told at a field stays until its answer changes, whatever piece of page comes anew around it.
const keepMark = () => {
  const told = files.querySelector("#file-error");
  const marked = chosen("file");
  return () => {
    const { file } = form.elements;
    if (!told || !file || file.value !== marked) return;
    file.closest(".pick-row").after(told);
    file.classList.add("is-invalid");
    file.setAttribute("aria-invalid", "true");
    file.setAttribute("aria-describedby", "file-error file-help");
  };
};

const unmark = (field) => {
  document.getElementById(`${field.name}-error`)?.remove();
  field.classList.remove("is-invalid");
  field.removeAttribute("aria-invalid");
  const described = (field.getAttribute("aria-describedby") ?? "").replace(`${field.name}-error`, "").trim();
  if (described) field.setAttribute("aria-describedby", described);
  else field.removeAttribute("aria-describedby");
};

// What a field says already is not said once more beside it.
const tellOnce = () => {
  const text = (element) => element.textContent.replace(/\s+/g, " ").trim();
  const told = [...form.querySelectorAll(".for-google .invalid-feedback")].map(text);
  for (const box of form.querySelectorAll("#files .alert, #tabs .alert")) {
    box.parentElement.classList.toggle("d-none", told.includes(text(box)));
  }
};

const spreadsheet = () => {
  if (chosen("way") === "new") return "";
  return chosen("way") === "pasted" ? chosen("address").trim() : chosen("file").split(":")[0];
};

const showTabs = async () => {
  const wanted = `${chosen("account")} ${spreadsheet()}`;
  if (wanted === tabsOf) return;
  tabsOf = wanted;
  if (!(await show(tabs, form.dataset.tabs, { account: chosen("account"), spreadsheet: spreadsheet() }))) tabsOf = null;
  tellOnce();
};

const showFiles = async () => {
  const wanted = chosen("account");
  if (wanted && wanted !== filesOf) {
    const file = filesOf === null || filesOf === wanted ? chosen("file") : "";
    const mark = filesOf === null || filesOf === wanted ? keepMark() : () => {};
    filesOf = wanted;
    if (await show(files, form.dataset.spreadsheets, { account: wanted, file })) mark();
    else filesOf = null;
    offerNew();
    tellOnce();
  }
  // What Google says to the first question it would say to the second one, too.
  if (files.querySelector(".alert")) tabs.replaceChildren();
  else await showTabs();
};

// A service account owns nothing, so it cannot make a spreadsheet. Who has none yet begins with a new one, unless they
// said otherwise.
let isWayChosen = "unsaved" in form.dataset;
let isNewOffered = false;

const offerNew = () => {
  const { file } = form.elements;
  const canCreate = file?.dataset.canCreate !== "no";
  form.querySelector('label[for="way-new"]').hidden = !canCreate;
  const isEmpty = file?.dataset.empty === "yes" && !chosen("file");
  if (canCreate && isEmpty && !isWayChosen && chosen("way") === "listed") {
    isNewOffered = true;
    propose("#way-new");
  } else if (chosen("way") === "new" && (!canCreate || (isNewOffered && !isEmpty && !isWayChosen))) propose("#way-listed");
};

// Nobody is to be asked whether to drop what they did not choose themselves.
const propose = (way) => {
  const answer = () => {
    form.querySelector(way).checked = true;
  };
  form.dispatchEvent(new CustomEvent("proposed", { detail: answer }));
};

const look = () => {
  filesOf = tabsOf = null;
  return showFiles();
};

form.addEventListener("change", (event) => {
  if (event.target.name === "way") isWayChosen = true;
  if (!isGoogle()) return;
  if (["account", "file", "address"].includes(event.target.name)) unmark(event.target);
  if (["kind", "account"].includes(event.target.name)) showFiles();
  if (["way", "file", "address"].includes(event.target.name)) showTabs();
});
form.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) {
    form.elements.tab.value = tab.dataset.tab;
    form.elements.tab.focus();
  }
  if (event.target.closest("[data-look]")) {
    event.preventDefault();
    look();
  }
  if (event.target.closest("[data-connects]")) awaitsAccount = true;
});
form.addEventListener("picked", () => {
  unmark(form.elements.file);
  showTabs();
});

// --- an account that is connected in another tab --------------------------------------

let awaitsAccount = false;

const lookForAccount = async () => {
  if (document.hidden || !awaitsAccount) return;
  const before = new Set([...accounts.querySelectorAll("option")].map((option) => option.value));
  const account = before.size ? chosen("account") : "";
  if (!(await show(accounts, form.dataset.accounts, { account }))) return;
  const added = [...accounts.querySelectorAll("option")].find((option) => !before.has(option.value));
  if (!added && files.querySelector(".alert")) await look();
  if (!added) return;
  awaitsAccount = false;
  form.elements.account.value = added.value;
  await showFiles();
};

document.addEventListener("visibilitychange", lookForAccount);
window.addEventListener("focus", lookForAccount);

// --- the key column --------------------------------------------------------------------

const key = form.elements.key;

const followColumns = () => {
  const boxes = [...options.querySelectorAll('[name="columns"][data-name]')];
  if (!boxes.length) return;
  const kept = key.value;
  const entries = boxes.filter((box) => box.checked).map((box) => new Option(box.dataset.name, box.value));
  key.replaceChildren(...entries);
  key.value = kept;
  if (key.value !== kept) key.value = entries.some((one) => one.value === "id") ? "id" : (entries[0]?.value ?? "");
};

options.addEventListener("change", () => setTimeout(followColumns));
options.addEventListener("click", () => setTimeout(followColumns));
new MutationObserver(followColumns).observe(options, { childList: true });

if (isGoogle()) showFiles();

// The run page, live: the server sends the same pieces of page it renders, this puts them in place.
import { answers, isSilent } from "./silence.js";

const page = document.getElementById("run");
const lines = document.getElementById("story");

const put = (id, html) => {
  const place = document.getElementById(id);
  if (place && place.innerHTML !== html) place.innerHTML = html;
};

// --- the story: its newest lines are in view, unless the reader went to earlier ones -------

const earlier = document.getElementById("earlier-lines");
const newest = document.getElementById("newest-lines");
let follows = true;

const isAtEnd = () => lines.scrollHeight - lines.scrollTop - lines.clientHeight < 8;
const tellOfMore = () => {
  earlier.toggleAttribute("data-none", lines.scrollTop < 8);
  newest.toggleAttribute("data-none", isAtEnd());
};
const showNewest = () => {
  lines.scrollTop = lines.scrollHeight;
  tellOfMore();
};

if (lines) {
  showNewest();
  lines.addEventListener("scroll", () => {
    follows = isAtEnd();
    tellOfMore();
  });
  new ResizeObserver(() => (follows ? showNewest() : tellOfMore())).observe(lines);
  earlier.addEventListener("click", () => { lines.scrollTop = 0; });
  newest.addEventListener("click", showNewest);
}

const addLine = (number, html) => {
  if (number <= Number(lines.dataset.last)) return;
  lines.insertAdjacentHTML("beforeend", html);
  lines.dataset.last = String(number);
  if (follows) showNewest();
  else tellOfMore();
};

// --- the stream -----------------------------------------------------------------------------

const ASK_AGAIN_MS = 3000;
const PATIENCE_MS = 5000;
let stream = null;
let patience = 0;

const isHere = () => {
  clearTimeout(patience);
  patience = 0;
  answers();
};

// A stream ends now and then and comes back in two seconds, which is nothing to worry anybody with.
const isBroken = () => {
  if (stream.readyState === EventSource.CLOSED) findOut();
  else patience ||= setTimeout(isSilent, PATIENCE_MS);
};

// The browser does not ask again after an answer that was an error, and says neither which it was.
const findOut = async () => {
  const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
  if (answer?.ok) return setTimeout(listen, ASK_AGAIN_MS);
  if (answer && answer.status < 500) return isSilent("The live connection has ended. Reload the page.");
  isSilent();
  return setTimeout(findOut, ASK_AGAIN_MS);
};

const showState = (event) => {
  const state = JSON.parse(event.data);
  put("progress", state.progress);
  if (state.status !== page.dataset.status || state.ending) put("actions", state.actions);
  if (state.ending) put("ending", state.ending);
  page.dataset.status = state.status;
  document.title = state.title;
};

const listen = () => {
  stream = new EventSource(`${page.dataset.stream}?after=${lines.dataset.last}`);
  stream.addEventListener("open", isHere);
  stream.addEventListener("error", isBroken);
  stream.addEventListener("line", (event) => addLine(Number(event.lastEventId), JSON.parse(event.data).html));
  stream.addEventListener("state", showState);
  stream.addEventListener("over", (event) => {
    stream.close();
    isHere();
    showState(event);
  });
};

if (page?.dataset.stream) listen();

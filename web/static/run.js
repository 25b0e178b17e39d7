// The run page, live: the server sends the same pieces of page it renders, this puts them in place.
const page = document.getElementById("run");
const lines = document.getElementById("story");

const put = (id, html) => {
  const place = document.getElementById(id);
  if (place && place.innerHTML !== html) place.innerHTML = html;
};

const addLine = (number, html) => {
  if (number <= Number(lines.dataset.last)) return;
  const follows = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
  lines.insertAdjacentHTML("beforeend", html);
  lines.dataset.last = String(number);
  if (follows) lines.scrollTop = lines.scrollHeight;
};

if (page?.dataset.stream) {
  const stream = new EventSource(`${page.dataset.stream}?after=${lines.dataset.last}`);
  const connection = document.getElementById("connection");
  let silence = 0;
  const say = (text) => {
    connection.textContent = text;
    connection.hidden = false;
  };
  stream.addEventListener("open", () => {
    clearTimeout(silence);
    connection.hidden = true;
  });
  stream.addEventListener("error", () => {
    // Asked for again by the browser itself, unless the answer was an error. Streams end now and then
    // and come back in two seconds, which is nothing to worry anybody with.
    clearTimeout(silence);
    if (stream.readyState === EventSource.CLOSED) say("The live connection has ended. Reload the page.");
    else silence = setTimeout(say, 6000, "The live connection is interrupted. Trying again …");
  });
  stream.addEventListener("line", (event) => addLine(Number(event.lastEventId), JSON.parse(event.data).html));
  stream.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    put("progress", state.progress);
    if (state.status !== page.dataset.status) put("actions", state.actions);
    page.dataset.status = state.status;
    document.title = state.title;
  });
  stream.addEventListener("over", (event) => {
    stream.close();
    clearTimeout(silence);
    connection.hidden = true;
    const state = JSON.parse(event.data);
    put("progress", state.progress);
    put("actions", state.actions);
    put("ending", state.ending);
    document.title = state.title;
  });
}

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
  stream.addEventListener("open", () => (connection.hidden = true));
  stream.addEventListener("error", () => {
    // Asked for again by the browser itself, unless the answer was an error.
    const ended = stream.readyState === EventSource.CLOSED;
    connection.textContent = ended ? "The live connection has ended. Reload the page." : "The live connection is interrupted. Trying again …";
    connection.hidden = false;
  });
  stream.addEventListener("line", (event) => addLine(Number(event.lastEventId), JSON.parse(event.data).html));
  stream.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    put("progress", state.progress);
    document.title = state.title;
  });
  stream.addEventListener("over", (event) => {
    stream.close();
    connection.hidden = true;
    const state = JSON.parse(event.data);
    put("progress", state.progress);
    put("actions", state.actions);
    put("ending", state.ending);
    document.title = state.title;
  });
}

// Google's own window for choosing a spreadsheet. The access token comes when the button is pressed, for this one
// window, and is kept nowhere.
const form = document.getElementById("editor");

const load = (address) =>
  new Promise((done, failed) => {
    if (window.gapi) {
      done();
      return;
    }
    const script = Object.assign(document.createElement("script"), { src: address, onload: done });
    script.onerror = () => {
      script.remove();
      failed(new Error("Google’s window could not be loaded. Is something in the browser blocking apis.google.com?"));
    };
    document.head.append(script);
  });

const part = () =>
  new Promise((done, failed) => {
    const onerror = () => failed(new Error("Google’s window could not be loaded."));
    window.gapi.load("picker", { callback: done, onerror, timeout: 20000, ontimeout: onerror });
  });

const means = async () => {
  const asked = new FormData();
  asked.set("csrf_token", form.elements.csrf_token.value);
  asked.set("account", form.elements.account.value);
  const answer = await fetch(form.dataset.picker, {
    method: "POST",
    body: asked,
    headers: { Accept: "application/json" },
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.message} ${told.hint}`);
  return told;
};

const take = (document_) => {
  const { file } = form.elements;
  const known = [...file.options].find((option) => option.value.split(":")[0] === document_.id);
  const option = known ?? new Option(document_.name, `${document_.id}:${document_.name}`);
  if (!known) file.add(option, 1);
  option.selected = true;
  file.focus();
  form.dispatchEvent(new Event("picked"));
};

const pick = async () => {
  const { token, key, app_id: appId, script } = await means();
  await load(script);
  await part();
  const { Action, DocsView, PickerBuilder, ViewId } = window.google.picker;
  const view = new DocsView(ViewId.SPREADSHEETS).setIncludeFolders(true);
  return new Promise((done) => {
    const picker = new PickerBuilder()
      .addView(view)
      .setSelectableMimeTypes("application/vnd.google-apps.spreadsheet")
      .setTitle("Choose a spreadsheet for Pipesheet to write into")
      .setOAuthToken(token)
      .setDeveloperKey(key)
      .setAppId(appId)
      .setOrigin(location.origin)
      .setCallback(({ action, docs }) => {
        if (action === Action.PICKED && docs.length) take(docs[0]);
        if (action === Action.PICKED || action === Action.CANCEL) {
          picker.dispose();
          done();
        }
      })
      .build();
    picker.setVisible(true);
  });
};

form.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-pick]");
  if (!button || button.getAttribute("aria-busy")) return;
  const trouble = form.querySelector("[data-pick-trouble]");
  trouble.hidden = true;
  button.setAttribute("aria-busy", "true");
  try {
    await pick();
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
});

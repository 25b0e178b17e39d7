// A pretend https://apis.google.com/js/api.js: `gapi.load("picker", ...)` and `google.picker`.
// It puts no style and no script into the page that loads it: the page needs `script-src` and `frame-src` for this
// address, nothing else. The access token goes to the frame as a message, never into an address.
"use strict";
(() => {
  const home = new URL(document.currentScript.src).origin;

  const ViewId = {
    DOCS: "all", DOCS_IMAGES: "docs-images", DOCS_VIDEOS: "docs-videos", DOCUMENTS: "documents", DRAWINGS: "drawings",
    FOLDERS: "folders", FORMS: "forms", IMAGE_SEARCH: "image-search", PDFS: "pdfs", PRESENTATIONS: "presentations",
    SPREADSHEETS: "spreadsheets",
  };
  const Feature = {
    MINE_ONLY: "mineOnly", MULTISELECT_ENABLED: "multiselectEnabled", NAV_HIDDEN: "navHidden",
    SIMPLE_UPLOAD_ENABLED: "simpleUploadEnabled", SUPPORT_DRIVES: "sdr",
  };
  const Action = { CANCEL: "cancel", PICKED: "picked", LOADED: "loaded", ERROR: "error" };
  const Response = { ACTION: "action", DOCUMENTS: "docs", PARENTS: "parents", VIEW: "viewToken" };
  const Document = {
    DESCRIPTION: "description", EMBEDDABLE_URL: "embedUrl", ICON_URL: "iconUrl", ID: "id", IS_NEW: "isNew",
    LAST_EDITED_UTC: "lastEditedUtc", MIME_TYPE: "mimeType", NAME: "name", PARENT_ID: "parentId", SERVICE_ID: "serviceId",
    TYPE: "type", URL: "url",
  };
  const DocsViewMode = { GRID: "grid", LIST: "list" };

  class View {
    constructor(id = ViewId.DOCS) { this.id = id; this.options = {}; }
    getId() { return this.id; }
    setMimeTypes(types) { this.options.mimeTypes = types; return this; }
    setQuery(query) { this.options.query = query; return this; }
  }

  class DocsView extends View {
    setMode(mode) { this.options.mode = mode; return this; }
    setIncludeFolders(included) { this.options.includeFolders = included; return this; }
    setSelectFolderEnabled(enabled) { this.options.selectFolders = enabled; return this; }
    setEnableDrives(enabled) { this.options.drives = enabled; return this; }
    setOwnedByMe(mine) { this.options.ownedByMe = mine; return this; }
    setParent(parent) { this.options.parent = parent; return this; }
    setStarred(starred) { this.options.starred = starred; return this; }
    setFileIds(ids) { this.options.fileIds = ids; return this; }
    setLabel(label) { this.options.label = label; return this; }
  }

  class PickerBuilder {
    constructor() { this.given = { views: [], features: [], title: "", origin: location.origin }; }
    addView(view) { this.given.views.push(view instanceof View ? view : new View(view)); return this; }
    addViewGroup(group) { for (const view of group.views ?? []) this.addView(view); return this; }
    enableFeature(feature) { this.given.features.push(feature); return this; }
    disableFeature(feature) { this.given.features = this.given.features.filter((each) => each !== feature); return this; }
    isFeatureEnabled(feature) { return this.given.features.includes(feature); }
    setAppId(appId) { this.given.appId = String(appId); return this; }
    setCallback(callback) { this.given.callback = callback; return this; }
    setDeveloperKey(key) { this.given.key = key; return this; }
    setLocale(locale) { this.given.locale = locale; return this; }
    setMaxItems(most) { this.given.most = most; return this; }
    setOAuthToken(token) { this.given.token = token; return this; }
    setOrigin(origin) { this.given.origin = origin; return this; }
    setSelectableMimeTypes(types) { this.given.mimeTypes = types; return this; }
    setSize(width, height) { this.given.size = [width, height]; return this; }
    setTitle(title) { this.given.title = title; return this; }
    hideTitleBar() { return this; }
    build() { return new Picker(this.given); }
  }

  class Picker {
    constructor(given) {
      this.given = given;
      this.dialog = null;
      this.hear = (event) => this.heard(event);
    }

    setVisible(visible) { if (visible) this.show(); else this.hide(); return this; }
    isVisible() { return Boolean(this.dialog?.open); }
    dispose() { this.hide(); }

    show() {
      if (this.dialog) return;
      const [width, height] = this.given.size ?? [760, 520];
      this.dialog = document.createElement("dialog");
      this.dialog.className = "picker-dialog";
      this.dialog.setAttribute("aria-label", this.given.title || "Select a file");
      Object.assign(this.dialog.style, {
        padding: "0", border: "0", borderRadius: "12px", overflow: "hidden", width: `min(${width}px, 96vw)`,
        height: `min(${height}px, 92vh)`, maxWidth: "none", maxHeight: "none",
      });
      this.frame = document.createElement("iframe");
      this.frame.className = "picker-frame";
      this.frame.title = this.given.title || "Select a file";
      Object.assign(this.frame.style, { border: "0", width: "100%", height: "100%", display: "block" });
      this.frame.src = `${home}/picker?${new URLSearchParams({ origin: location.origin })}`;
      this.dialog.append(this.frame);
      this.dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.tell({ action: Action.CANCEL }); });
      addEventListener("message", this.hear);
      document.body.append(this.dialog);
      this.dialog.showModal();
    }

    hide() {
      removeEventListener("message", this.hear);
      this.dialog?.close();
      this.dialog?.remove();
      this.dialog = null;
    }

    heard(event) {
      if (event.origin !== home || event.source !== this.frame?.contentWindow) return;
      if (event.data?.ready) this.ask();
      else if (event.data?.action) this.tell(event.data);
    }

    ask() {
      const { callback, ...asked } = this.given;
      asked.views = asked.views.map((view) => ({ id: view.id, ...view.options }));
      this.frame.contentWindow.postMessage(asked, home);
    }

    tell(said) {
      if (said.action !== Action.LOADED) this.hide();
      this.given.callback?.(said);
    }
  }

  class ViewGroup {
    constructor(view) { this.views = view ? [view instanceof View ? view : new View(view)] : []; }
    addView(view) { this.views.push(view instanceof View ? view : new View(view)); return this; }
  }

  const load = (names, how) => {
    const { callback, onerror } = typeof how === "function" ? { callback: how } : (how ?? {});
    const known = names.split(":").every((name) => ["picker", "client", "auth", "auth2"].includes(name));
    setTimeout(() => {
      if (!known) { onerror?.(); return; }
      window.google = window.google ?? {};
      window.google.picker = {
        Action, DocsView, DocsViewMode, Document, Feature, Picker, PickerBuilder, Response, View, ViewGroup, ViewId,
      };
      callback?.();
    });
  };
  window.gapi = { ...window.gapi, load };

  const onload = new URL(document.currentScript.src).searchParams.get("onload");
  if (onload) setTimeout(() => window[onload]?.());
})();

// The page of `archc serve`: a spec in an editor, and beside it what becomes of it. Each change is
// sent to the server as a whole; while an answer is awaited, only the latest text is kept.
import {createEditor} from "/editor.js";

const START = `archc: 1
name: Network
layers:
- {layer: In,  type: input,           maps: 3,  size: 32x32}
- {layer: C1,  type: convolution,     maps: 16, kernel: 3x3, padding: same, activation: relu}
- {layer: P2,  type: max_pooling,     kernel: 2x2}
- {layer: Out, type: fully_connected, size: 10, activation: softmax}
`;
const $ = id => document.getElementById(id);
const pane = $("pane"), tabs = [...document.querySelectorAll("[role=tab]")];

// The address that was printed ends in the token; it stays out of the history and of requests.
const kept = name => sessionStorage.getItem(name) ?? "";
const keep = (name, value) => sessionStorage.setItem(name, value);
if (location.hash) keep("token", location.hash.slice(1));
const token = kept("token");
history.replaceState(null, "", location.pathname);

const send = (question, fields) => fetch(`/ask/${question}`, {
  method: "POST",
  headers: {"Content-Type": "application/json", "X-Archc-Token": token},
  body: JSON.stringify(fields),
});
const ask = async (question, fields = {}) => {
  const reply = await send(question, fields).catch(() => null);
  if (!reply) throw new Error("archc serve has ended");
  const found = await reply.json();
  if (!reply.ok) throw Object.assign(new Error(found.error), {status: reply.status});
  return found;
};
// What went wrong is told until the next time that goes well: of what someone did, until they do
// something else, of what the page asks by itself, until it is answered.
const wrong = {deed: "", page: ""};
const attempt = async (work, whose = "deed") => {
  wrong[whose] = "";
  try {
    return await work();
  } catch (error) {
    wrong[whose] = error.message;
    return null;
  } finally { tellState(); }
};

// The server counts code points, the editor UTF-16 units: they differ behind letters of two units.
let counted = {text: "", pairs: []};
const pairsIn = text => {
  if (counted.text !== text) {
    counted = {text, pairs: [...text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)].map(m => m.index)};
  }
  return counted.pairs;
};
const firstIn = (pairs, isBehind) => {
  let low = 0, high = pairs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBehind(pairs[middle], middle)) high = middle; else low = middle + 1;
  }
  return low;
};
const units = (text, offset) =>
  offset + firstIn(pairsIn(text), (at, before) => at - before >= offset);
const points = (text, offset) => offset - firstIn(pairsIn(text), at => at >= offset);

let name = "", saved = "", version = "", show = kept("show") || "layered";
let shown = "", lines = {};  // the text whose answer is on the page, and the rows on its lines
let proven = false;  // whether the pane shows a network
let running = false, again = false, saving = false, wishes = 0;
const options = () => ({
  show, depth: Number($("depth").value), heat: $("heat").value,
  width: Math.min(pane.clientWidth - 24, 1200),  // px: its letters are as large as others
});
const unsaved = () => editor.text() !== saved;
const announce = (element, text) => {  // what is said already is not read out again
  if (element.textContent !== text) element.textContent = text;
};
const tellState = () => {
  const bad = wrong.deed || wrong.page;
  const state = name && `${name}, ${unsaved() || !version ? "not saved" : "saved"}`;
  announce($("state"), bad || state);
  $("state").classList.toggle("bad", bad !== "");
};

const askAt = (question, text, offset) =>
  attempt(() => ask(question, {name, text, offset: points(text, offset)}), "page");

const editor = createEditor({
  parent: $("editor"),
  text: "",
  nonce: document.documentElement.dataset.nonce,
  changed: () => { tellState(); update(); },
  save: () => save(),
  pointed: line => archc.light(line === null || !lines[line] ? null : {row: lines[line]}),
  complete: async (text, offset) => {
    const found = await askAt("complete", text, offset);
    return found && {from: units(text, found.from), words: found.words};
  },
  hover: async (text, offset) => {
    const found = await askAt("hover", text, offset);
    return found?.html ? {from: units(text, found.from), to: units(text, found.to), html: found.html}
      : null;
  },
});

// Ask for what is shown of the text as it is; of several changes in a row, the last one counts.
const update = async () => {
  if (!name) return;
  if (running) { again = true; return; }
  running = true;
  busy(true);
  const asked = {name, show}, text = editor.text(), start = performance.now();
  const found = await attempt(() => ask("view", {name, text, ...options()}), "page");
  running = false;
  if (!found) outdated(true);
  else if (asked.name === name && asked.show === show) present(text, found, start);
  if (again) { again = false; update(); } else { busy(false); }
};
const busy = isSo => { for (const part of [$("faults"), pane]) part.ariaBusy = isSo; };
const outdated = isSo => {
  $("outdated").hidden = !isSo || !proven;
  pane.classList.toggle("stale", isSo);
};

const present = (text, found, start) => {
  const place = ({from, to, ...rest}) => ({from: units(text, from), to: units(text, to), ...rest});
  if (editor.text() === text) {
    editor.problems(found.problems.map(
      problem => ({...place(problem), fix: problem.fix && place(problem.fix)})));
  }
  shown = text;
  tellFaults(found.faults);
  const summaries = [...$("faults").querySelectorAll(".summary")];
  announce($("announced"), summaries.map(each => each.textContent).join(" "));
  proven ||= found.sound;
  outdated(!found.sound);
  if (!proven) {
    pane.innerHTML = found.pane;
  } else if (found.sound) {
    lines = found.lines;
    document.title = `${found.title} - archc`;
    $("facts").innerHTML = found.facts;
    replace(found.pane, found.layers);
  }
  document.documentElement.dataset.took = Math.round(performance.now() - start);
};
const tellFaults = html => {  // one that has the focus passes it on to the one in its place
  const faults = () => [...$("faults").querySelectorAll("[data-from]")];
  const focused = faults().indexOf(document.activeElement);
  $("faults").innerHTML = html;
  for (const fault of faults()) Object.assign(fault, {tabIndex: 0, role: "button"});
  if (focused >= 0) faults().at(Math.min(focused, faults().length - 1))?.focus();
};

// Another pane, seen as the one before was: the part of a picture, open blocks, where it is scrolled.
const replace = (html, layers) => {
  const same = pane.dataset.show === show;
  const seen = same ? archc.seenOf(pane) : null, opened = same ? archc.opened(pane) : [];
  const scrolled = [pane, pane.querySelector(".listing")].map(box => same ? box?.scrollTop ?? 0 : 0);
  pane.innerHTML = html;
  pane.dataset.show = show;
  for (const figure of pane.querySelectorAll(".stage")) figure.dataset.fill = "";
  archc.wire(pane, layers, seen);
  archc.reopen(pane, opened);
  [pane, pane.querySelector(".listing")].forEach((box, index) => {
    if (box) box.scrollTop = scrolled[index];
  });
};

const list = async () => {
  const found = await ask("files");
  const names = name && !found.files.includes(name) ? [name, ...found.files] : found.files;
  $("files").replaceChildren(...names.map(each => new Option(each, each, false, each === name)));
  return found;
};
// Begin with another text: nothing of the one before is left.
const begin = (which, text, known) => {
  name = which;
  version = known;
  lines = {};
  proven = false;
  pane.replaceChildren();
  delete pane.dataset.show;
  $("facts").replaceChildren();
  $("faults").replaceChildren();
  document.title = `${which} - archc`;
  keep("name", which);
  $("files").value = which;
  saved = text.replace(/\r\n?/g, "\n");  // as the editor has it
  outdated(false);
  if (editor.text() === saved) update(); else editor.replace(saved);
};
const tellEmpty = words => {
  const said = Object.assign(document.createElement("p"), {className: "absent", textContent: words});
  pane.replaceChildren(said);
};
const open = async which => {
  const wish = ++wishes, before = editor.text();
  const found = await ask("open", {name: which}).catch(error => {
    if (!name) tellEmpty(`${which} cannot be opened: ${error.message}.`);
    throw error;
  });
  if (wish === wishes && editor.text() === before) begin(which, found.text, found.version);
  else $("files").value = name;
};
const write = async (which, text, known) => {
  if (saving) return;
  saving = true;
  try {
    const fields = {name: which, text, version: known};
    const found = await ask("save", fields).catch(error => {
      if (error.status !== 409 || !confirm(`${error.message}. Overwrite it?`)) throw error;
      return ask("save", {...fields, overwrite: "yes"});
    });
    const isOther = which !== name;
    name = which;
    ({version} = found);
    saved = text;
    keep("name", name);
    if (isOther) {
      await list();
      await update();
    }
  } finally { saving = false; }
};
const save = () => attempt(async () => {
  if (version) await write(name, editor.text(), version); else saveAs();
});
const saveAs = () => {
  $("name-text").value = name;
  $("name").showModal();
};
const leave = () => !unsaved() || confirm(`${name} has changes that are not saved. Leave it?`);

$("name").querySelector("form").addEventListener("submit", event => {
  event.preventDefault();
  $("name").close();
  const said = $("name-text").value.trim();
  const which = /\.ya?ml$/.test(said) ? said : `${said}.yaml`;
  attempt(() => write(which, editor.text(), which === name ? version : ""));
});
$("name-cancel").addEventListener("click", () => $("name").close());
$("save").addEventListener("click", save);
$("save-as").addEventListener("click", saveAs);
const start = files => {
  let which = "network.yaml";
  for (let number = 2; files.includes(which); number += 1) which = `network-${number}.yaml`;
  begin(which, START, "");
};
$("new").addEventListener("click", () => attempt(async () => {
  if (!leave()) return;
  start((await list()).files);
  await list();
}));
$("reload").addEventListener("click", () => {
  if (version && leave()) attempt(() => open(name));
});
$("layout").addEventListener("click", () => attempt(async () => {
  const text = editor.text();
  const found = await ask("layout", {name, text});
  if (found.text !== text && editor.text() === text) {
    editor.edit([{from: 0, to: text.length, insert: found.text}]);
  }
}));
$("files").addEventListener("change", event => {
  const which = event.target.value;
  if (leave()) attempt(() => open(which)); else event.target.value = name;
});
$("download").addEventListener("change", event => attempt(async () => {
  const what = event.target.value;
  event.target.value = "";
  const style = ["layered", "graph", "table"].includes(show) ? show : "layered";
  const theme = archc.isDark() ? "dark" : "light";
  const reply = await send("download", {name, text: editor.text(), what, ...options(), show: style, theme});
  if (!reply.ok) throw new Error((await reply.json()).error);
  const [, file] = reply.headers.get("Content-Disposition").split("''");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await reply.blob());
  link.download = decodeURIComponent(file);
  link.click();
  URL.revokeObjectURL(link.href);
}));

const choose = which => {
  show = which;
  keep("show", which);
  for (const tab of tabs) {
    const isIt = tab.dataset.show === which;
    tab.setAttribute("aria-selected", isIt);
    tab.tabIndex = isIt ? 0 : -1;
  }
  pane.setAttribute("aria-labelledby", `tab-${which}`);
  update();
};
tabs.forEach((tab, index) => {
  tab.addEventListener("click", () => choose(tab.dataset.show));
  tab.addEventListener("keydown", event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    const next = tabs[(index + step + tabs.length) % tabs.length];
    next.focus();
    choose(next.dataset.show);
  });
});
for (const id of ["depth", "heat"]) {
  if (kept(id)) $(id).value = kept(id);
  $(id).addEventListener("change", () => { keep(id, $(id).value); update(); });
}
const reveal = event => {
  const fault = event.target.closest("[data-from]");
  if (fault && editor.text() === shown) editor.reveal(units(shown, Number(fault.dataset.from)));
};
$("faults").addEventListener("click", reveal);
pane.addEventListener("click", reveal);
$("faults").addEventListener("keydown", event => {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();  // or the editor, which has the focus by then, would get the key, too
  reveal(event);
});
document.addEventListener("lit", event => {
  const key = event.detail;
  editor.lit(Object.keys(lines).filter(line => key && lines[line] === key).map(Number));
});
if (kept("theme")) document.documentElement.dataset.theme = kept("theme");
addEventListener("pagehide", () => keep("theme", document.documentElement.dataset.theme ?? ""));
addEventListener("beforeunload", event => { if (unsaved()) event.preventDefault(); });
addEventListener("resize", () => update());

attempt(async () => {
  choose(show);
  const {files, first} = await list();
  const last = files.includes(kept("name")) ? kept("name") : first;
  if (last) {
    await open(last);
  } else {
    start(files);
    await list();
  }
  editor.focus();
});

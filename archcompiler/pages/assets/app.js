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
const pane = $("pane"), state = $("state");

// The address that was printed ends in the token; it stays out of the history and of requests.
const token = location.hash.slice(1) || sessionStorage.getItem("token") || "";
sessionStorage.setItem("token", token);
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
const say = (text, bad = false) => {
  state.textContent = text;
  state.classList.toggle("bad", bad);
};
const attempt = async work => {
  try { return await work(); } catch (error) { say(error.message, true); return null; }
};

// The server counts code points, the editor UTF-16 units.
const isPlain = text => !/[\ud800-\udbff]/.test(text);
const units = (text, offset) =>
  isPlain(text) ? offset : Array.from(text).slice(0, offset).join("").length;
const points = (text, offset) =>
  isPlain(text) ? offset : Array.from(text.slice(0, offset)).length;

let name = "", saved = "", version = "", show = "layered", lines = {}, running = false, again = false;
const options = () => ({show, depth: Number($("depth").value), heat: $("heat").value});
const unsaved = () => editor.text() !== saved;

const editor = createEditor({
  parent: $("editor"),
  text: "",
  nonce: document.documentElement.dataset.nonce,
  changed: () => update(),
  save: () => save(),
  pointed: line => archc.light(line === null || !lines[line] ? null : {row: lines[line]}),
  complete: async (text, offset) => {
    const found = await attempt(() => ask("complete", {name, text, offset: points(text, offset)}));
    return found && {from: units(text, found.from), words: found.words};
  },
  hover: async (text, offset) => {
    const found = await attempt(() => ask("hover", {name, text, offset: points(text, offset)}));
    return found?.html ? {from: units(text, found.from), to: units(text, found.to), html: found.html}
      : null;
  },
});

// Ask for what is shown of the text as it is; of several changes in a row, the last one counts.
const update = async () => {
  if (running) { again = true; return; }
  running = true;
  const text = editor.text(), start = performance.now();
  const found = await attempt(() => ask("view", {name, text, ...options()}));
  if (found) present(text, found, start);
  running = false;
  if (again) { again = false; update(); }
};

const present = (text, found, start) => {
  const place = ({from, to, ...rest}) => ({from: units(text, from), to: units(text, to), ...rest});
  if (editor.text() === text) {
    editor.problems(found.problems.map(
      problem => ({...place(problem), fix: problem.fix && place(problem.fix)})));
  }
  $("faults").innerHTML = found.faults;
  pane.classList.toggle("stale", !found.sound);
  $("facts").classList.toggle("stale", !found.sound);
  if (found.sound) {
    lines = found.lines;
    document.title = `${found.title} - archc`;
    $("facts").innerHTML = found.facts;
    replace(found.pane, found.layers);
  }
  const took = Math.round(performance.now() - start);
  document.documentElement.dataset.took = took;
  say(`${name}${unsaved() ? " (not saved)" : ""}`);
};

// Another pane, seen as the one before was: the part of a picture, open blocks, where it is scrolled.
const replace = (html, layers) => {
  const old = pane.querySelector("svg[role=img][data-moved]")?.getAttribute("viewBox");
  const opened = archc.opened(pane);
  const scrolled = [pane, pane.querySelector(".listing")].map(box => box?.scrollTop ?? 0);
  const same = pane.dataset.show === show;
  pane.innerHTML = html;
  pane.dataset.show = show;
  for (const figure of pane.querySelectorAll(".stage")) figure.dataset.fill = "";
  archc.wire(pane, layers, same ? old : null);
  if (!same) return;
  archc.reopen(pane, opened);
  [pane, pane.querySelector(".listing")].forEach((box, index) => {
    if (box) box.scrollTop = scrolled[index];
  });
};

const list = async () => {
  const found = await ask("files");
  const names = name && !found.files.includes(name) ? [name, ...found.files] : found.files;
  $("files").replaceChildren(...names.map(each => new Option(each, each, false, each === name)));
  return found.first;
};
const open = async which => {
  const found = await ask("open", {name: which});
  ({version} = found);
  name = which;
  $("files").value = name;
  saved = found.text.replaceAll("\r\n", "\n");  // as the editor has it
  editor.replace(found.text);
};
const save = () => attempt(async () => {
  if (!version) { saveAs(); return; }
  const text = editor.text();
  ({version} = await ask("save", {name, text, version}));
  saved = text;
  say(`${name} is saved`);
});
const saveAs = () => {
  $("name-text").value = name;
  $("name").showModal();
};
const leave = () => !unsaved() || confirm(`${name} has changes that are not saved. Leave it?`);

$("name").addEventListener("close", () => attempt(async () => {
  if ($("name").returnValue !== "save") return;
  const text = editor.text(), which = $("name-text").value.trim();
  const known = which === name ? version : "";
  const found = await ask("save", {name: which, text, version: known});
  name = which;
  ({version} = found);
  saved = text;
  await list();
  update();
}));
$("save").addEventListener("click", save);
$("save-as").addEventListener("click", saveAs);
$("new").addEventListener("click", () => {
  if (!leave()) return;
  name = "network.yaml"; version = ""; saved = "";
  editor.replace(START);
  list();
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
for (const tab of document.querySelectorAll("[data-show]")) {
  if (tab.getAttribute("role") !== "tab") continue;
  tab.addEventListener("click", () => {
    show = tab.dataset.show;
    for (const each of document.querySelectorAll("[role=tab]")) {
      each.setAttribute("aria-selected", each === tab);
    }
    update();
  });
}
for (const id of ["depth", "heat"]) $(id).addEventListener("change", update);
$("faults").addEventListener("click", event => {
  const found = event.target.closest("[data-from]");
  if (found) editor.reveal(units(editor.text(), Number(found.dataset.from)));
});
document.addEventListener("lit", event => {
  const key = event.detail;
  editor.lit(Object.keys(lines).filter(line => key && lines[line] === key).map(Number));
});
addEventListener("beforeunload", event => { if (unsaved()) event.preventDefault(); });
addEventListener("resize", () => update());

attempt(async () => {
  const first = await list();
  if (first) await open(first); else $("new").click();
  editor.focus();
});

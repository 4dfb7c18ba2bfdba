// What pages of archc do: a layer under the pointer lights up wherever it is shown, blocks of the
// table open, pictures move and zoom, code is copied. Elements say what they show: `data-layer` is
// the full name of a layer or block, `data-row` the key of a row of the spec.
const archc = (() => {
  const SMALLEST = 0.5;  // px of the window for one of a picture, at first: its letters can be read
  let layers = new Map(), rows = new Map(), inside = new Map();  // elements by name, key, block
  let keyOf = new Map(), layersOf = new Map();  // a layer's row, and a row's layers
  let marked = [], lit = null, pinned = null;  // `pinned` stays when the pointer goes elsewhere

  const add = (map, key, value) => {
    if (!map.has(key)) map.set(key, []);
    map.get(key).push(value);
  };
  const blocksOf = name => {
    const parts = name.split(".");
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
  };

  // Find out what is shown; `known` has the rows of layers that no table is shown of.
  const index = (known = {}) => {
    layers = new Map(); rows = new Map(); inside = new Map();
    keyOf = new Map(Object.entries(known)); layersOf = new Map();
    for (const element of document.querySelectorAll("[data-layer], [data-row]")) {
      const {layer, row} = element.dataset;
      if (!layer) { add(rows, row, element); continue; }
      add(layers, layer, element);
      if (row) keyOf.set(layer, row);
      for (const block of blocksOf(layer)) add(inside, block, element);
    }
    for (const [layer, key] of keyOf) add(layersOf, key, layer);
  };

  const mark = (elements, kind) => {
    for (const element of elements ?? []) {
      if (element.classList.contains("lit")) continue;
      element.classList.add(kind);
      marked.push(element);
    }
  };
  const light = what => {
    lit = what;
    for (const element of marked) element.classList.remove("lit", "near");
    marked = [];
    const key = what && (what.row ?? keyOf.get(what.layer));
    const names = !what ? [] : what.layer ? [what.layer] : layersOf.get(key) ?? [];
    for (const name of names) mark(layers.get(name), "lit");
    mark(rows.get(key), "lit");
    for (const name of names) {
      mark(inside.get(name), "near");
      for (const block of blocksOf(name)) mark(layers.get(block), "near");
    }
    document.dispatchEvent(new CustomEvent("lit", {detail: key ?? null}));
  };
  const shownBy = target => {
    const element = target.closest?.("[data-layer], [data-row]");
    if (!element) return null;
    const {layer, row} = element.dataset;
    return layer ? {layer} : {row};
  };
  const reveal = from => {  // in every pane but the one that was clicked in
    const own = from.closest(".listing, .scroll");
    for (const pane of document.querySelectorAll(".listing")) {
      const first = pane.querySelector(".lit");
      if (pane === own || !first) continue;
      const {top, height} = first.getBoundingClientRect(), box = pane.getBoundingClientRect();
      pane.scrollTop += top + height / 2 - box.top - box.height / 2;
    }
  };

  const open = (row, isOpen) => {
    row.querySelector(".fold").setAttribute("aria-expanded", isOpen);
    const level = Number(row.dataset.level);
    for (let next = row.nextElementSibling; next && next.dataset.level > level;
         next = next.nextElementSibling) {
      const fold = next.querySelector(".fold");
      next.classList.toggle("open", isOpen && Number(next.dataset.level) === level + 1);
      if (fold) fold.setAttribute("aria-expanded", false);
    }
  };

  // Show a picture as wide as its stage, from its top if it is higher than most of the window; or
  // as it was seen before: all of it, or a part.
  const stages = new Map();
  const stage = (figure, seen) => {
    const picture = figure.querySelector("svg[role=img]");
    const {width, height} = picture.viewBox.baseVal;
    const moves = panzoom(picture, false);
    picture.tabIndex = 0;
    const fills = "fill" in figure.dataset;
    const tools = figure.querySelector(".tools").offsetHeight;
    const wide = figure.clientWidth, high = fills ? figure.clientHeight - tools : innerHeight * 0.72;
    const scale = Math.max(Math.min(1.4, wide / width), SMALLEST);
    const shown = fills ? high : Math.min(height * scale, high);
    picture.style.height = `${shown}px`;
    figure.classList.toggle("more", height * scale > shown + 1);
    const left = Math.min((width - wide / scale) / 2, 0);
    if (wide) moves.look([left, 0, wide / scale, shown / scale], "first");
    if (seen === "all") moves.reset();
    else if (seen) moves.look(seen.split(" ").map(Number), "part");
    for (const button of figure.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => moves[button.dataset.do]());
    }
    stages.set(picture, `0 0 ${width} ${height}`);
  };
  const seenOf = root => {
    const picture = root.querySelector("svg[role=img]"), {seen} = picture?.dataset ?? {};
    return seen === "part" ? picture.getAttribute("viewBox") : seen === "all" ? seen : null;
  };

  // Make what is in `root` work; `seen` is what was seen of its picture before.
  const wire = (root, known, seen = null) => {
    stages.clear();
    for (const figure of root.querySelectorAll(".stage")) stage(figure, seen);
    index(known);
    light(lit);
  };

  // Paper has no scrolling: it gets all of each picture.
  const kept = new Map();
  addEventListener("beforeprint", () => {
    for (const [picture, whole] of stages) {
      kept.set(picture, [picture.getAttribute("viewBox"), picture.style.height]);
      picture.setAttribute("viewBox", whole);
      picture.style.height = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const [picture, [view, height]] of kept) {
      picture.setAttribute("viewBox", view);
      picture.style.height = height;
    }
    kept.clear();
  });

  const copy = async text => {
    if (navigator.clipboard) { await navigator.clipboard.writeText(text); return; }
    const box = Object.assign(document.createElement("textarea"), {value: text});  // plain http
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  };

  const opened = root => [...root.querySelectorAll('.fold[aria-expanded="true"]')].map(
    fold => fold.closest("tr").dataset.layer);
  const reopen = (root, names) => {
    for (const row of root.querySelectorAll("tbody tr")) {
      if (names.includes(row.dataset.layer) && row.querySelector(".fold")) open(row, true);
    }
  };
  const isDark = () => (document.documentElement.dataset.theme ??
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

  document.documentElement.classList.add("scripted");
  document.addEventListener("pointerover", event => {
    if (!event.target.closest(".cm-editor")) light(shownBy(event.target) ?? pinned);
  });
  document.addEventListener("focusin", event => {
    const found = shownBy(event.target);
    if (found) light(found);
  });
  document.addEventListener("click", async event => {
    const button = event.target.closest("button");
    if (button?.classList.contains("fold")) {
      open(button.closest("tr"), button.getAttribute("aria-expanded") !== "true");
      return;
    }
    if (button?.dataset.do === "copy") {
      const code = button.closest(".code").querySelector("code");
      await copy(code.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
      return;
    }
    if (button?.dataset.do === "theme") {
      document.documentElement.dataset.theme = isDark() ? "light" : "dark";
      return;
    }
    const found = shownBy(event.target);
    if (button && !found) return;
    pinned = found;
    light(pinned);
    if (found) reveal(event.target);
  });
  document.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    pinned = null;
    light(null);
  });
  return {wire, light, opened, reopen, seenOf, isDark};
})();

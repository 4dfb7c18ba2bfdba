// Colours for numbers, sizes and words that mean a value: YAML's grammar has one kind of plain
// scalar for all of them and for text.

import { syntaxTree } from "@codemirror/language";
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";
import type { DecorationSet, EditorView, ViewUpdate } from "@codemirror/view";

// 4, -1.5e-3, 227x227
const NUMBER = /^[-+]?(\d+(x\d+)+|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|\.inf|\.nan)$/i;
const ATOM = /^(true|false|null|~)$/i;
const number = Decoration.mark({ class: "cm-number" });
const atom = Decoration.mark({ class: "cm-atom" });

function marked(view: EditorView): DecorationSet {
  const marks = new RangeSetBuilder<Decoration>();
  const tree = syntaxTree(view.state);
  for (const { from, to } of view.visibleRanges) {
    tree.iterate({
      from,
      to,
      enter(node) {
        if (node.name !== "Literal" || node.node.parent?.name === "Key") return;
        const text = view.state.sliceDoc(node.from, node.to);
        const mark = NUMBER.test(text) ? number : ATOM.test(text) ? atom : null;
        if (mark) marks.add(node.from, node.to, mark);
      },
    });
  }
  return marks.finish();
}

export const scalars = ViewPlugin.fromClass(
  class {
    marks: DecorationSet;

    constructor(view: EditorView) {
      this.marks = marked(view);
    }

    update(update: ViewUpdate) {
      const parsed = syntaxTree(update.startState) !== syntaxTree(update.state);
      if (parsed || update.docChanged || update.viewportChanged) this.marks = marked(update.view);
    }
  },
  { decorations: (plugin) => plugin.marks },
);

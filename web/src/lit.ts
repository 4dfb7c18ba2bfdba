// Lines that are lit: they stay with their text while it is edited.

import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView } from "@codemirror/view";
import type { DecorationSet } from "@codemirror/view";

const LIT = Decoration.line({ class: "cm-lit" });

/** Lights the lines of these numbers, and no others; those that the text has not are left out. */
export const lines = StateEffect.define<number[]>();

export const litLines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(lit, { changes, effects, state: { doc } }) {
    lit = lit.map(changes);
    for (const effect of effects) {
      if (effect.is(lines)) {
        const there = [...new Set(effect.value)].filter((line) => 1 <= line && line <= doc.lines);
        lit = Decoration.set(there.map((line) => LIT.range(doc.line(line).from)), true);
      }
    }
    return lit;
  },
  provide: (field) => EditorView.decorations.from(field),
});

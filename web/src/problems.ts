// Problems as CodeMirror takes them.

import { setDiagnosticsEffect } from "@codemirror/lint";
import type { Action, Diagnostic } from "@codemirror/lint";
import { ChangeSet, findClusterBreak, StateField } from "@codemirror/state";
import type { Text } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

import type { Fix, Place, Problem } from "./editor";

/** What has changed since problems were shown: fixes are places of the text as it was then. */
export const sinceProblems = StateField.define<ChangeSet>({
  create: ({ doc }) => ChangeSet.empty(doc.length),
  update: (since, { changes, effects, newDoc }) =>
    effects.some((effect) => effect.is(setDiagnosticsEffect))
      ? ChangeSet.empty(newDoc.length)
      : since.compose(changes),
});

/** Return a problem of `doc`. */
export function diagnostic(problem: Problem, doc: Text): Diagnostic {
  const { message, code, severity, fix } = problem;
  const actions = fix && [action({ ...fix, ...clamped(fix, doc) })];
  const place = widened(clamped(problem, doc), doc);
  return { ...place, severity, message, source: code, actions };
}

/** A fix does nothing where its place has been edited: its problem is told anew, or is gone. */
function action({ from, to, title, text, safe }: Fix): Action {
  const apply = (view: EditorView) => {
    const since = view.state.field(sinceProblems);
    if (!since.touchesRange(from, to)) {
      const change = { from: since.mapPos(from), to: since.mapPos(to), insert: text };
      view.dispatch({ changes: change, userEvent: "input.fix" });
    }
    view.focus();
  };
  return { name: title, markClass: safe ? "cm-safe" : "", apply };
}

function clamped({ from, to }: Place, doc: Text): Place {
  const start = Math.min(from, doc.length);
  return { from: start, to: Math.min(Math.max(start, to), doc.length) };
}

/** Return an empty place with the character after it, or before it at the end of a line. */
function widened({ from, to }: Place, doc: Text): Place {
  const line = doc.lineAt(from);
  if (from < to || line.length === 0) return { from, to };
  const at = from - line.from;
  return from < line.to
    ? { from, to: line.from + findClusterBreak(line.text, at) }
    : { from: line.from + findClusterBreak(line.text, at, false), to };
}

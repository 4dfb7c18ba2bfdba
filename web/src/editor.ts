// The editor of a spec: CodeMirror, told by its caller what to say of the text.
//
// Offsets count UTF-16 code units, lines count from 1, and the ends of lines are \n, whatever they
// were in a text that is put in. Colours are variables of the page: theme.ts lists them.

import { autocompletion } from "@codemirror/autocomplete";
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import {
  defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory,
} from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { linter, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import type { Extension } from "@codemirror/state";
import {
  crosshairCursor, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter,
  highlightSpecialChars, hoverTooltip, keymap, lineNumbers, rectangularSelection,
} from "@codemirror/view";
import type { Tooltip } from "@codemirror/view";

import { lines, litLines } from "./lit";
import { pointer } from "./pointer";
import { diagnostic, sinceProblems } from "./problems";
import { scalars } from "./scalars";
import { theme } from "./theme";

/** A part of the text. */
export interface Place { from: number; to: number }

/** What is wrong with a part of the text, or doubtful, and an edit that may mend it. */
export interface Problem extends Place {
  message: string;
  code: string;
  severity: "error" | "warning";
  fix?: Fix;
}

/** An edit; a `safe` one is most likely what was meant, and is offered more plainly. */
export interface Fix extends Place {
  title: string;
  text: string;
  safe: boolean;
}

/** What may be written at the cursor: `insert` is written where it is more than the label. */
export interface Word {
  label: string;
  kind: "type" | "field" | "value" | "layer" | "parameter";
  detail: string;
  info: string;
  insert: string;
}

/** Words that may take the place of the text from an offset to the cursor. */
export interface Words { from: number; words: Word[] }

export interface Options {
  parent: HTMLElement;
  text: string;
  /** The nonce of the page's policy for styles. */
  nonce?: string;
  /** Called at once after every change of the text, whoever made it. */
  changed(text: string): void;
  /** Asked for words at an offset, the likeliest first; `explicit` where Ctrl-Space asked. */
  complete(text: string, offset: number, explicit: boolean): Promise<Words | null>;
  /** Asked for what is known of a place; `html` is shown as it is, so its maker has escaped it. */
  hover(text: string, offset: number): Promise<(Place & { html: string }) | null>;
  /** Told the line that the mouse is over, null when it leaves. */
  pointed(line: number | null): void;
  /** Called for Ctrl-S, or Cmd-S. */
  save(): void;
}

export interface Editor {
  text(): string;
  /** Show another file: its history is empty, and the cursor at its start. */
  replace(text: string): void;
  /** Make changes, whose places are all of the text as it is, as one step of the history. */
  edit(changes: (Place & { insert: string })[]): void;
  /** Show these problems of the text as it is, in place of those shown. */
  problems(problems: Problem[]): void;
  /** Light these lines, in place of those lit. */
  lit(lines: number[]): void;
  /** Put the cursor at an offset, into view, and the focus into the editor. */
  reveal(offset: number): void;
  focus(): void;
}

/** Make an editor in `options.parent`, whose height it takes. */
export function createEditor(options: Options): Editor {
  const mouse = pointer(options.pointed);
  const extensions = [
    looks(options.nonce ?? ""),
    keys(options.save),
    autocompletion({ override: [completions(options)], compareCompletions: () => 0 }),
    hoverTooltip(hovers(options)),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) options.changed(update.state.doc.toString());
    }),
  ];
  const fresh = (text: string) => EditorState.create({ doc: text, extensions });
  const view = new EditorView({ state: fresh(options.text), parent: options.parent });
  mouse.watch(view);
  return {
    text: () => view.state.doc.toString(),
    replace(text) {
      view.setState(fresh(text));
      view.scrollDOM.scrollTo(0, 0);
      mouse.forget();
      options.changed(view.state.doc.toString());
    },
    edit(changes) {
      view.dispatch({ changes, annotations: isolateHistory.of("full"), userEvent: "input.edit" });
    },
    problems(problems) {
      const { state } = view;
      const found = problems.map((problem) => diagnostic(problem, state.doc));
      view.dispatch(setDiagnostics(state, found));
    },
    lit: (numbers) => view.dispatch({ effects: lines.of(numbers) }),
    reveal(offset) {
      const at = Math.min(offset, view.state.doc.length);
      const effects = EditorView.scrollIntoView(at, { yMargin: 60 });
      view.dispatch({ selection: { anchor: at }, effects });
      view.focus();
    },
    focus: () => view.focus(),
  };
}

/** How the text looks, and what the mouse may do in it. */
function looks(nonce: string): Extension {
  return [
    EditorView.cspNonce.of(nonce),
    EditorView.contentAttributes.of({
      "aria-label": "Specification",
      "aria-description": "Tab indents. Press Escape and then Tab to leave.",
    }),
    EditorState.allowMultipleSelections.of(true),
    indentUnit.of("  "),
    yaml(),
    scalars,
    theme,
    linter(null),
    lintGutter(),
    sinceProblems,
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    highlightSpecialChars(),
    litLines,
    bracketMatching(),
    drawSelection(),
    rectangularSelection(),
    crosshairCursor(),
  ];
}

/** Tab indents; Escape and then Tab leaves the editor, so that no keyboard is trapped in it. */
function keys(save: () => void): Extension {
  const saving = () => {
    save();
    return true;
  };
  return [
    history(),
    search({ top: true }),
    keymap.of([
      { key: "Mod-s", run: saving, scope: "editor search-panel" },
      ...defaultKeymap,
      ...historyKeymap,
      ...searchKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
  ];
}

function completions({ complete }: Options) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const found = await complete(context.state.doc.toString(), context.pos, context.explicit);
    return found && { from: found.from, options: found.words.map(completion), validFor: /^\w*$/ };
  };
}

function completion({ label, kind, detail, info, insert }: Word): Completion {
  return { label, type: kind, detail, info: info || undefined, apply: insert || undefined };
}

function hovers({ hover }: Options) {
  return async (view: EditorView, offset: number): Promise<Tooltip | null> => {
    const { doc } = view.state;
    const found = await hover(doc.toString(), offset);
    if (!found || view.state.doc !== doc) return null; // its places are of another text
    const dom = document.createElement("div");
    dom.className = "cm-said";
    dom.innerHTML = found.html;
    return { pos: found.from, end: found.to, above: true, create: () => ({ dom }) };
  };
}

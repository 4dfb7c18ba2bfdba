// How it looks. Every colour is a variable of the page, which so decides what is light and dark.
// Nothing is drawn with an image: the page's policy loads none, not even from a data: address.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const paper = "var(--paper, #ffffff)";
const ink = "var(--ink, #1b1f24)";
const muted = "var(--muted, #57606a)";
const rule = "var(--rule, #c9d0d8)";
const accent = "var(--accent, #0072b2)";
const error = "var(--error, #b3261e)";
const warning = "var(--warning, #8a5a00)";
const lit = "var(--lit, #ddeffb)";
const mono = "var(--mono, ui-monospace, SFMono-Regular, Menlo, Consolas, monospace)";
const colours = {
  key: "var(--hl-key, #005a8c)",
  string: "var(--hl-string, #0a6b4b)",
  number: "var(--hl-number, #8f4700)",
  comment: "var(--hl-comment, #57606a)",
  atom: "var(--hl-atom, #8a3f78)",
};
const line = `1px solid ${rule}`;
const tint = (colour: string, percent: number) =>
  `color-mix(in srgb, ${colour} ${percent}%, transparent)`;
const selected = tint(accent, 30);

const text = {
  "&": { height: "100%", color: ink, backgroundColor: paper },
  "&.cm-focused": { outline: `1px solid ${accent}` },
  ".cm-scroller": { fontFamily: mono },
  ".cm-content": { caretColor: ink },
  ".cm-cursor": { borderLeftColor: ink },
  ".cm-selectionBackground": { background: selected },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
    { background: selected },
  ".cm-gutters": { backgroundColor: paper, color: muted, borderColor: rule },
  ".cm-activeLine": { backgroundColor: tint(ink, 5) },
  ".cm-activeLineGutter": { backgroundColor: tint(ink, 5), color: ink },
  // Beneath the selection, which a background of the line itself would hide.
  ".cm-lit": { position: "relative" },
  ".cm-lit::before":
    { content: '""', position: "absolute", inset: "0", zIndex: "-9", backgroundColor: lit },
  ".cm-number": { color: colours.number },
  ".cm-atom": { color: colours.atom },
  ".cm-specialChar": { color: error },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: tint(accent, 25) },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: tint(error, 25) },
  ".cm-searchMatch": { backgroundColor: tint(accent, 20) },
  ".cm-searchMatch-selected": { backgroundColor: tint(accent, 45) },
};

const problems = {
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: `wavy underline ${error}` },
  ".cm-lintRange-warning":
    { backgroundImage: "none", textDecoration: `wavy underline ${warning}` },
  ".cm-lintRange-active": { backgroundColor: tint(error, 15) },
  ".cm-lintPoint:after": { borderBottomColor: error },
  ".cm-lintPoint-warning:after": { borderBottomColor: warning },
  ".cm-lint-marker": { margin: "0.2em auto", width: "0.7em", height: "0.7em" },
  ".cm-lint-marker-error": { content: "normal", borderRadius: "50%", backgroundColor: error },
  ".cm-lint-marker-warning": { content: "normal", borderRadius: "50%", backgroundColor: warning },
  ".cm-diagnostic-error": { borderLeftColor: error },
  ".cm-diagnostic-warning": { borderLeftColor: warning },
  ".cm-diagnosticSource": { color: muted, opacity: "1", fontSize: "85%" },
  ".cm-diagnosticAction":
    { color: accent, backgroundColor: "transparent", border: `1px solid ${accent}` },
  ".cm-diagnosticAction.cm-safe": { color: paper, backgroundColor: accent },
  ".cm-panel.cm-panel-lint ul [aria-selected], .cm-panel.cm-panel-lint ul:focus [aria-selected]":
    { color: ink, backgroundColor: tint(accent, 20) },
};

const around = {
  ".cm-panels": { color: ink, backgroundColor: paper },
  ".cm-panels-top": { borderBottom: line },
  ".cm-panels-bottom": { borderTop: line },
  ".cm-panel [name=close], .cm-dialog-close": { color: "inherit" },
  ".cm-textfield": { color: ink, backgroundColor: paper, border: line },
  ".cm-button": { backgroundImage: "none", backgroundColor: paper, border: line },
  ".cm-button:active": { backgroundImage: "none", backgroundColor: tint(accent, 20) },
  ".cm-tooltip": { color: ink, backgroundColor: paper, border: line },
  ".cm-tooltip-section:not(:first-child)": { borderTop: line },
  ".cm-tooltip-hover": { maxWidth: "min(40em, 90vw)" },
  ".cm-said": { padding: "4px 8px", maxHeight: "40vh", overflowY: "auto" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: mono },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: paper, backgroundColor: accent },
  ".cm-completionDetail": { opacity: "0.8" },
};

// A letter for each kind of a word.
const kinds = Object.fromEntries(
  ["type", "field", "value", "layer", "parameter"].map((kind) => [
    `.cm-completionIcon-${kind}::after`,
    { content: `"${kind[0]}"` },
  ]),
);

const highlighting = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: colours.key },
  { tag: [tags.string, tags.special(tags.string)], color: colours.string },
  { tag: tags.lineComment, color: colours.comment, fontStyle: "italic" },
  { tag: [tags.labelName, tags.typeName, tags.keyword, tags.meta], color: colours.atom },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: muted },
]);

export const theme = [
  EditorView.theme({ ...text, ...problems, ...around, ...kinds }),
  syntaxHighlighting(highlighting),
];

// Which line the mouse is over, its number in the margin included.

import type { EditorView } from "@codemirror/view";

/** Tell `pointed` each time that the line under the mouse is another, null where there is none. */
export function pointer(pointed: (line: number | null) => void) {
  let last: number | null = null;
  const tell = (line: number | null) => {
    if (line !== last) pointed((last = line));
  };
  return {
    watch(view: EditorView) {
      view.scrollDOM.addEventListener("mousemove", (event) => tell(lineAt(view, event.clientY)));
      view.scrollDOM.addEventListener("mouseleave", () => tell(null));
    },
    /** The text is another: whatever line was told, it is not this one's. */
    forget: () => tell(null),
  };
}

function lineAt(view: EditorView, y: number): number | null {
  const height = y - view.documentTop;
  const block = view.lineBlockAtHeight(height); // the nearest
  const over = block.top <= height && height < block.bottom;
  return over ? view.state.doc.lineAt(block.from).number : null;
}

"""HTML pages about specs: `report` makes a file, `server` serves an editor.

A `View` makes the pieces of HTML for one spec; all text of the spec is escaped. A script highlights
the layer under the pointer in all pieces (`assets/page.js`). Pages load nothing from other sites.
"""

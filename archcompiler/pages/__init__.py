"""Pages about specs: `report` writes one as a file, `server` serves one that is written on.

A `View` is what a page shows of a spec, as pieces of HTML; text of a spec is escaped in all of
them. Scripts light up a layer wherever it is shown (`assets/page.js`); no page loads anything from
elsewhere.
"""

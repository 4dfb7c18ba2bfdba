"""An operation and a backend for archc, from a package of their own."""

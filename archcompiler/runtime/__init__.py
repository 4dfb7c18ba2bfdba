"""Live models of any framework: build, run, export, verify."""

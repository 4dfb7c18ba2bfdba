"""Diagnostics as JUnit XML, which CI systems show as tests: each spec is a test."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from archcompiler.diagnostics import catalogue
from archcompiler.diagnostics.diagnostic import ERROR, WARNING
from archcompiler.diagnostics.forms.text import render as as_text
from archcompiler.diagnostics.forms.text import shown
from archcompiler.diagnostics.results import SpecResult, totals


def render(report: Sequence[SpecResult], version: str) -> str:
    """Return the results as one XML document; warnings are output of tests that pass."""
    counts = totals(report)
    numbers = {
        "tests": str(counts["specs"]),
        "failures": str(counts["faulty"]),
        "errors": str(counts["unreadable"]),
    }
    root = Xml.Element("testsuites", {"name": "archc", **numbers})
    suite = Xml.SubElement(root, "testsuite", {"name": f"archc {version}", **numbers})
    for checked in report:
        name = shown(checked.name)
        case = Xml.SubElement(suite, "testcase", classname="archc", name=name, file=name)
        if checked.error:
            Xml.SubElement(case, "error", message=shown(checked.error))
        errors = [found for found in checked.diagnostics if found.severity == ERROR]
        warnings = [found for found in checked.diagnostics if found.severity == WARNING]
        if errors:
            first, more = errors[0], len(errors) - 1
            message = first.message + (f" (and {more} more)" if more else "")
            kind = f"{first.code} {catalogue.entry(first.code).name}"
            failure = Xml.SubElement(case, "failure", message=shown(message), type=kind)
            failure.text = "\n" + "\n".join(map(as_text, errors))
        if warnings:
            Xml.SubElement(case, "system-out").text = "\n" + "\n".join(map(as_text, warnings))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, "unicode") + "\n"

"""The page of other tools' pictures: it has all of them, and the numbers that were measured."""

import json
import re

from peers.drawers import NETWORKS, TOOLS
from peers.pictures import MEASURED, PAGE, PICTURES, page

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_has_the_pictures_that_are_there_and_no_other() -> None:
    shown = re.findall(r'(?:!\[[^]]*\]\(|<img src=")(pictures/[^)"]+)', TEXT)
    assert {PAGE.parent / name for name in shown} >= set(PICTURES.iterdir())
    assert [name for name in shown if not (PAGE.parent / name).is_file()] == []


def test_every_tool_has_drawn_its_networks() -> None:
    pairs = {(row["network"], row["tool"]) for row in json.loads(MEASURED.read_text())["pictures"]}
    assert pairs == {(spec, name) for name, tool in TOOLS.items() for spec in tool.networks}
    files = {f"{spec}_{name}.png" for spec, name in pairs if TOOLS[name].package != "archc"}
    assert {path.name for path in PICTURES.iterdir()} == files


def test_the_tables_have_the_numbers_that_were_measured() -> None:
    assert page(TEXT) == TEXT, "scripts/peer_pictures --page writes them"
    assert all(f"<!-- {network.spec} -->\n| tool |" in TEXT for network in NETWORKS)


def test_pictures_stay_small() -> None:
    assert max(path.stat().st_size for path in PICTURES.iterdir()) < 200_000

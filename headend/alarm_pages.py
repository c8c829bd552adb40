"""Writes the pages of the alarm catalogue: `python -m headend.alarm_pages docs/alarms`. One page a code, and a list."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from headend.alarm_files import alarm_catalogue
from headend.domain.alarms import Alarm, AlarmCatalogue, AlarmText
from headend.shipped import config_root

ORIGIN = "<!-- Written from config/alarms.yaml by python -m headend.alarm_pages docs/alarms; change it there. -->"
HEADINGS = {
    "en": ("What it means", "Probable causes", "What to check", "What to do"),
    "zh": ("含义", "可能原因", "检查", "处理"),
}


def pages(catalogue: AlarmCatalogue) -> Mapping[str, str]:
    """All files by name."""
    return {"README.md": _list(catalogue)} | {f"{alarm.code}.md": page(alarm) for alarm in catalogue.values()}


def page(alarm: Alarm) -> str:
    """English first, Chinese below."""
    head = f"# {alarm.code} {alarm.en.name} · {alarm.zh.name}\n\nEvent `{alarm.kind}`, severity **{alarm.severity}**.\n"
    return "\n".join([ORIGIN, head, _part(alarm.en, "en"), _part(alarm.zh, "zh")])


def _part(text: AlarmText, language: str) -> str:
    said = zip(HEADINGS[language], (text.means, text.cause, text.check, text.action), strict=True)
    return "\n\n".join([f"## {text.name}", *(f"**{heading}**  \n{words}" for heading, words in said)]) + "\n"


def _list(catalogue: AlarmCatalogue) -> str:
    rows = [
        f"| [{alarm.code}]({alarm.code}.md) | `{alarm.kind}` | {alarm.severity} | {alarm.en.name} | {alarm.zh.name} |"
        for alarm in catalogue.values()
    ]
    head = ["# Alarms", "", "What every event of the head-end means, why it happens, what to check and what to do.", ""]
    table = ["| Code | Event | Severity | English | 中文 |", "|---|---|---|---|---|"]
    return "\n".join([ORIGIN, *head, *table, *rows, ""])


def main(folder: Path) -> None:
    """Write them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(alarm_catalogue(config_root())).items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""From an event to what it means and what to do, in the reader's language."""

from __future__ import annotations

from fastapi.testclient import TestClient

HTML = {"Accept": "text/html"}


def test_an_event_leads_to_its_explanation(admin: TestClient) -> None:
    assert 'href="/alarms/L201"' in admin.get("/", headers=HTML).text
    assert 'href="/alarms/M101"' in admin.get("/meters/3", headers=HTML).text
    english = admin.get("/alarms/L201", headers={**HTML, "Accept-Language": "en"}).text
    chinese = admin.get("/alarms/L201", headers={**HTML, "Accept-Language": "zh"}).text
    assert "A gateway without power" in english and "网关断电" not in english
    assert "网关断电" in chinese and "A gateway without power" not in chinese


def test_a_code_that_nobody_has_is_said_in_words(admin: TestClient) -> None:
    missing = admin.get("/alarms/Z999", headers=HTML)
    assert missing.status_code == 404 and "There is no alarm with this code." in missing.text

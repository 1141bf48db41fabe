import json
import time

import pytest
from django.core.files.storage import default_storage

from academy import health
from academy.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


def test_healthz_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz", headers={"host": "probe.invalid"})
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_readyz_says_ok_when_everything_answers(client):
    answer = client.get("/readyz", headers={"host": "probe.invalid"})
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "broker": "ok", "storage": "ok"})


def test_readyz_names_a_broker_folder_that_cannot_be_written(client, monkeypatch):
    monkeypatch.setitem(app.conf.broker_transport_options, "data_folder_out", "/nowhere")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "ok", "broker": "failed", "storage": "ok"})


def test_readyz_names_a_broker_server_that_is_down(client):
    kept = app.conf.broker_url
    app.conf.broker_url = "redis://127.0.0.1:1/0"
    try:
        answer = client.get("/readyz")
    finally:
        app.conf.broker_url = kept
    assert (answer.status_code, answer.json()["broker"]) == (503, "failed")


def test_readyz_names_a_storage_that_is_away(client, settings):
    settings.MEDIA_ROOT = "/proc/nowhere"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "ok", "broker": "ok", "storage": "failed"})


def test_readyz_waits_two_seconds_for_whoever_hangs(monkeypatch):
    monkeypatch.setitem(health.CHECKS, "storage", lambda: time.sleep(4))
    started = time.monotonic()
    answer = health.readyz()
    assert 1.9 < time.monotonic() - started < 3.5
    assert (answer.status_code, json.loads(answer.content)["storage"]) == (503, "failed")


def test_storage_away_from_the_file_system_is_asked_too(monkeypatch):
    asked = []
    monkeypatch.setattr(health, "FileSystemStorage", type("NoSuchStorage", (), {}))
    monkeypatch.setattr(type(default_storage._wrapped), "exists", lambda self, name: asked.append(name))
    health.storage()
    assert asked == ["readyz"]

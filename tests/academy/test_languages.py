"""A third language needs settings, one generated migration and translations; nothing in the code names the two."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils.translation import override

from certificates import wording
from cms.models import SiteSettings
from cms.templatetags.site import site_facts

pytestmark = pytest.mark.django_db

SCRIPT = """
import json, os, django
django.setup()
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, AlterField
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState
from django.utils.translation import override

loader = MigrationLoader(None)
with override(None):  # as makemigrations does
    new = ProjectState.from_apps(apps)
    detector = MigrationAutodetector(loader.project_state(), new, NonInteractiveMigrationQuestioner())
    changes = detector.changes(graph=loader.graph)
added, other = [], []
call_command("migrate", verbosity=0)
state = loader.project_state()
with connection.schema_editor() as editor:
    for app, migrations in changes.items():
        for migration in migrations:
            for operation in migration.operations:
                if isinstance(operation, AddField):
                    added.append(operation.name)
                elif not (isinstance(operation, AlterField) and operation.field.choices):
                    other.append(str(operation))
            state = migration.apply(state, editor)

from django.test import Client
from wagtail.models import Locale, Page, Site
from cms.models import HomePage, SiteSettings
from courses.models import Segment
from certificates import wording

with override("sk"):
    locale = Locale.objects.get_or_create(language_code="sk")[0]
    home = Page.get_first_root_node().add_child(instance=HomePage(title="Akademia", slug="home-sk", locale=locale))
    Site.objects.update(root_page=home)
    segment = Segment.objects.create(slug="export", name_cs="Export do světa")
    answers = {
        address: Client().get(address)
        for address in ("/sk/", "/sk/accounts/login/", "/sk/nothing/", "/c/", "/cs/accounts/login/")
    }
    page = answers["/sk/"].content.decode()
    print(json.dumps({
        "added": added,
        "other": other,
        "statuses": {address: answer.status_code for address, answer in answers.items()},
        "says": 'lang="sk"' in page and SiteSettings.load().name_cs in page,
        "switch": "Slovensky" in answers["/cs/accounts/login/"].content.decode(),
        "fallback": segment.name,
        "words": sorted(wording.words("sk")) == sorted(wording.words("en")),
        "register": answers["/c/"].content.decode().count('lang="sk"'),
    }))
"""


def test_a_third_language_only_adds_columns_and_its_pages_fall_back(tmp_path):
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=settings.BASE_DIR,
        env={
            **environment,
            "DJANGO_SETTINGS_MODULE": "academy.settings.test",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}",
            "DATA_DIR": str(tmp_path),
            "LANGUAGES": "cs,en,sk",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["other"] == []
    assert {name.rpartition("_")[2] for name in found["added"]} == {"sk"}
    assert {"name_sk", "tagline_sk", "title_sk"} <= set(found["added"])
    assert found["statuses"] == {
        "/sk/": 200,
        "/sk/accounts/login/": 200,
        "/sk/nothing/": 404,
        "/c/": 200,
        "/cs/accounts/login/": 200,
    }
    assert found["says"]
    assert found["switch"]
    assert found["fallback"] == "Export do světa"
    assert found["words"]
    assert found["register"] >= 1


def test_an_unknown_language_is_refused_by_name(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DEBUG": "1", "DATA_DIR": str(tmp_path), "LANGUAGES": "cs,xx"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "LANGUAGES names “xx”" in done.stderr


def test_the_sites_name_is_that_of_the_language_or_the_first_there_is():
    SiteSettings.objects.update(
        name_cs="Hudební akademie", name_en="", tagline_cs="Učíme se spolu", tagline_en="We learn"
    )
    with override("en"):
        assert (site_facts()["name"], site_facts()["tagline"]) == ("Hudební akademie", "We learn")
    SiteSettings.objects.update(name_cs="", name_en="")
    with override("en"):
        assert site_facts()["name"] == "Academy"


@pytest.mark.parametrize(
    ("language", "title"), [("cs", "Osvědčení o absolvování"), ("en", "Certificate of completion")]
)
def test_words_of_certificates_come_from_the_catalogues(language, title):
    assert wording.words(language)["completion"]["title"] == title

import subprocess
import sys

PROGRAM = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "academy.settings.test"
django.setup()
import academy.urls, certificates.issue, certificates.views
print(sorted({"reportlab", "segno"} & set(sys.modules)))
"""


def test_web_workers_do_not_load_what_only_draws():
    """Fonts and reportlab are for the worker that draws; refusing a glyph needs neither."""
    loaded = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True).stdout.strip()

    assert loaded == "[]"

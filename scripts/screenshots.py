"""Take the README's pictures of the demo again: docs/screenshots/*.webp.

Loads the demo into a database of its own, serves it, signs people in past the
login and looks at the pages with headless Chromium.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from bench import server
from tests import needs

from . import catalogues, test_databases

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "screenshots"
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
WIDTH = 900  # pixels of a desktop picture as stored
QUALITY = 82
LEARNER, TRAINER, OFFICE = "p3@example.org", "matous.vrbensky@example.org", "office@example.org"


def main():
    """Take every picture; return the exit code."""
    path = needs.find_chromium()
    if not path:
        print("Chromium is missing; install it with: apt-get install chromium", file=sys.stderr)
        return 1
    catalogues.compile_stale()
    with tempfile.TemporaryDirectory(prefix="academy-screenshots-") as name, demo(Path(name)) as (port, facts):
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  not needed to say what is missing

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=needs.CHROMIUM_FLAGS)
            for title, address, person, options in facts["pictures"]:
                take(browser, f"http://127.0.0.1:{port}", title, address, facts["cookies"].get(person), options)
            browser.close()
    return 0


@contextmanager
def demo(folder):
    """Serve the demo on a free port; yields (port, {"pictures": [...], "cookies": {...}})."""
    test_databases.copies_on_sqlite(sys.executable, folder, [""])
    os.environ |= {
        "DEBUG": "1",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/test.sqlite3",
        "PUBLIC_BASE_URL": "https://academy.example.org",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "academy.settings.base",
    }
    subprocess.run([sys.executable, "manage.py", "demo"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    facts = _facts()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with server.gunicorn("academy.wsgi", os.environ, processes=1, first_path="/en/", log=folder / "log") as (
        port,
        *_rest,
    ):
        yield port, facts


def _facts():
    import django  # noqa: PLC0415  once the demo is there

    django.setup()
    from academy.users.models import User  # noqa: PLC0415
    from bench.data import signed_in  # noqa: PLC0415
    from certificates.models import Certificate  # noqa: PLC0415
    from certificates.tasks import render_certificate  # noqa: PLC0415
    from cms.models import CoursePage  # noqa: PLC0415
    from courses.models import WorkshopSession  # noqa: PLC0415

    course = CoursePage.objects.filter(locale__language_code="en", course__code="live-production-rider-to-settlement")
    certificate = Certificate.objects.live().order_by("pk").first()
    render_certificate(certificate.pk)
    taught = WorkshopSession.objects.filter(run__trainers__user__email=TRAINER).order_by("starts_at").first()
    people = {email: signed_in(User.objects.get(email=email)) for email in (LEARNER, TRAINER, OFFICE)}
    return {
        "cookies": people,
        "pictures": [
            ("home", "/en/", None, DESKTOP),
            ("course", course.get().url, None, DESKTOP),
            ("catalogue-phone", "/cs/kurzy/", None, PHONE),
            ("my-academy-phone", "/en/my/", LEARNER, PHONE),
            ("roster-phone", f"/en/teaching/sessions/{taught.pk}/", TRAINER, PHONE),
            ("certificate", f"/c/{certificate.token}/", None, DESKTOP),
        ],
    }


def take(browser, base, title, address, cookies, options):
    """Store one picture as WebP, and say how large it is."""
    from PIL import Image  # noqa: PLC0415

    context = browser.new_context(**options)
    if cookies:
        context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    page = context.new_page()
    answer = page.goto(f"{base}{address}", wait_until="networkidle")
    if answer.status != 200:
        raise SystemExit(f"{address} answered {answer.status}.")
    picture = Image.open(BytesIO(page.screenshot()))
    if picture.width > WIDTH:
        picture = picture.resize((WIDTH, picture.height * WIDTH // picture.width), Image.Resampling.LANCZOS)
    path = PICTURES / f"{title}.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=QUALITY, method=6)
    context.close()
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())

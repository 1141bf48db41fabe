"""Journeys in a real Chromium, against a live server of this very process.

Three things fail a journey by themselves: an error in the browser's console
(a breach of the Content-Security-Policy is one), a request to any other host,
and, where `assert_accessible` is called, a violation that axe finds.
"""

import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests import needs

OUR_HOSTS = {"localhost", "127.0.0.1", ""}
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items):
    """Everything below tests/browser is a browser test and may write committed rows."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def chromium():
    """The browser, started once per session."""
    path = needs.chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=needs.CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium, live_server):
    """Function that opens a page in a fresh context: another person, another window, JavaScript off.

    Keyword arguments go to Playwright's new_context, such as java_script_enabled=False,
    viewport={"width": 320, "height": 640}, color_scheme="dark", locale="cs-CZ",
    timezone_id="America/New_York". `expect_errors` (regular expression) names console
    errors that belong to the journey, such as the 404 that it provokes.
    """
    opened, complaints = [], []

    def open_page(*, expect_errors=None, **options):
        def complain(text):
            if not (expect_errors and re.search(expect_errors, text)):
                complaints.append(text)

        def only_ours(route):
            if urlsplit(route.request.url).hostname in OUR_HOSTS:
                route.continue_()
            else:
                complaints.append(f"request to another host: {route.request.url}")
                route.abort()

        options = {"base_url": live_server.url, "viewport": {"width": 1280, "height": 900}, **options}
        context = chromium.new_context(**options)
        context.set_default_timeout(15_000)
        context.route(lambda url: url.startswith("http"), only_ours)
        page = context.new_page()
        page.on("console", lambda message: complain(f"console: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: complain(f"script: {error}"))
        opened.append(context)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page):
    """A page on a desktop screen, nobody signed in."""
    return new_page()


@pytest.fixture
def phone(new_page):
    """A page as narrow as the narrowest phone that must work (320 px)."""
    return new_page(viewport={"width": 320, "height": 640}, has_touch=True)


@pytest.fixture
def plain_page(new_page):
    """A page with JavaScript off."""
    return new_page(java_script_enabled=False)


@pytest.fixture
def sign_in(client, live_server):
    """Function that signs a user in on a page, past the login form (which has its own journey)."""

    def sign_in_as(page, user):
        client.force_login(user)
        cookie = client.cookies["sessionid"]
        page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        return page

    return sign_in_as


@pytest.fixture
def assert_accessible():
    """Function that lets axe look at the page as it stands and names every violation. Needs JavaScript."""

    def look(page):
        results = Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
        violations = []
        for violation in results.response["violations"]:
            where = [(node["html"][:160], node["failureSummary"]) for node in violation["nodes"][:3]]
            what = f"{violation['id']} ({violation['impact']}): {violation['help']}"
            violations.append(f"{what}: {json.dumps(where, ensure_ascii=False)}")
        assert violations == [], page.url

    return look


@pytest.fixture
def screenshot(request):
    """Function that stores a picture of the page under SCREENSHOTS (a folder), if that is set; returns its path."""

    def take(page, name, *, full_page=True):
        folder = os.environ.get("SCREENSHOTS")
        if not folder:
            return None
        path = Path(folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=full_page)
        return path

    return take

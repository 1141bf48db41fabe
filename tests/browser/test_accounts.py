"""Getting in, in a real browser: by code with and without JavaScript, by passkey; every account page seen by axe."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail

from tests.factories import cms, users

AT_PROFILE = re.compile(r"^[^?]+/en/profile/$")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
# Without motion: axe must not look while a link's colour is still changing to dark.
LOOKS = {
    "desktop": {"viewport": DESKTOP, "reduced_motion": "reduce"},
    "desktop-dark": {"viewport": DESKTOP, "reduced_motion": "reduce", "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "reduced_motion": "reduce"},
    "phone-dark": {"viewport": PHONE, "reduced_motion": "reduce", "color_scheme": "dark"},
}


def last_code():
    return re.search(r"\b[A-Z]{3}-[A-Z]{3}\b", mail.outbox[-1].body).group()


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_newcomer_gets_in_by_a_code(new_page, java_script_enabled):
    cms.home_page("cs")
    cms.home_page("en")
    page = new_page(java_script_enabled=java_script_enabled)
    page.goto("/en/accounts/login/?next=/en/profile/")
    page.get_by_label("E-mail address").fill("nova@example.org")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code from the mail").fill("AAA-AAA")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="The code is not right.").click()
    page.get_by_label("Code from the mail").fill(last_code())
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(AT_PROFILE)
    page.get_by_label("Full name").fill("Nová Členka")
    page.get_by_role("button", name="Save the profile").click()
    page.get_by_text("Your profile was saved.").wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_text("You are logged out.").wait_for()
    assert page.url.endswith("/en/")


def test_passkey_is_made_and_lets_in(new_page, settings):
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    cms.home_page("cs")
    cms.home_page("en")
    users.user("Eva", email="eva@example.org", language="en")
    page = new_page()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto("/en/accounts/login/?next=/en/accounts/2fa/webauthn/add/")
    page.get_by_label("E-mail address").fill("eva@example.org")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code from the mail").fill(last_code())
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name of the passkey").fill("my laptop")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.goto("/en/accounts/2fa/webauthn/")
    page.get_by_role("rowheader", name="my laptop").wait_for()

    page.goto("/en/profile/")
    page.get_by_role("button", name="Log out").click()
    page.goto("/en/accounts/login/?next=/en/profile/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(AT_PROFILE)
    page.get_by_text("A code sent to eva@example.org.").wait_for()


def test_failing_passkey_says_so(new_page):
    page = new_page(expect_errors="NotAllowedError|NotSupportedError")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    page.goto("/en/accounts/login/")
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    )
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_text("The passkey did not work.").wait_for()


@pytest.mark.parametrize("look", LOOKS)
def test_pages_for_strangers_are_accessible(new_page, assert_accessible, screenshot, look):
    page = new_page(**LOOKS[look])

    def see(name, heading):
        page.get_by_role("heading", name=heading).wait_for()
        page.wait_for_load_state()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
        screenshot(page, f"accounts/{name}-{look}")

    page.goto("/en/accounts/login/")
    see("login", "Log in or sign up")
    page.get_by_label("E-mail address").fill("nova@example")
    page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    page.get_by_role("button", name="Send me a code").click()
    see("login-error", "There is a problem")
    page.get_by_label("E-mail address").fill("nova@example.org")
    page.get_by_role("button", name="Send me a code").click()
    see("code", "Enter the code")
    page.get_by_label("Code from the mail").fill("AAA-AAA")
    page.get_by_role("button", name="Continue").click()
    see("code-error", "There is a problem")
    page.goto("/en/accounts/login/password/")
    see("password-login", "Log in with a password")
    page.goto("/en/accounts/password/reset/")
    see("password-forgotten", "Forgotten password")
    page.goto("/en/accounts/inactive/")
    see("closed", "This account is closed")


@pytest.mark.parametrize("look", LOOKS)
def test_pages_about_ones_account_are_accessible(new_page, sign_in, assert_accessible, screenshot, look):
    eva = users.user("Alžběta Koníčková", email="eva@example.org", language="en")
    page = sign_in(new_page(**LOOKS[look]), eva)

    def see(name, address):
        page.goto(address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
        screenshot(page, f"accounts/{name}-{look}")

    see("profile", "/en/profile/")
    see("logout", "/en/accounts/logout/")
    see("email", "/en/accounts/email/")
    see("second-factor", "/en/accounts/2fa/")
    see("asked-again", "/en/accounts/password/set/")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code from the mail").wait_for()
    see("asked-again-code", "/en/accounts/reauthenticate/code/?next=/en/accounts/password/set/")
    page.get_by_label("Code from the mail").fill(last_code())
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("New password once more").wait_for()
    see("password-set", "/en/accounts/password/set/")
    see("totp", "/en/accounts/2fa/totp/activate/")
    assert page.get_by_role("img").evaluate("image => image.naturalWidth") > 100
    see("passkey-add", "/en/accounts/2fa/webauthn/add/")
    see("passkeys", "/en/accounts/2fa/webauthn/")
    see("services", "/en/accounts/3rdparty/")
    TOTP.activate(eva, "JBSWY3DPEHPK3PXP")
    see("second-factor-on", "/en/accounts/2fa/")
    see("recovery-generate", "/en/accounts/2fa/recovery-codes/generate/")
    page.get_by_role("button", name="Make new codes").click()
    see("recovery", "/en/accounts/2fa/recovery-codes/")
    page.get_by_role("button", name="Show the codes").click()
    page.get_by_role("button", name="Download the codes").wait_for()
    assert_accessible(page)
    screenshot(page, f"accounts/recovery-shown-{look}")

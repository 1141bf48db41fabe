"""The demo's accounts: the office, those of the content file, and some forty generated learners."""

from functools import cache

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from academy.users.models import Membership, Organisation, Profile, User

OFFICE = "office@example.org"
MANAGER = "manager@example.org"
EDITOR = "editor@example.org"
PASSWORD = "hudba-pro-vsechny"  # noqa: S105  set in debug only, printed on purpose
ACCOUNTS = [
    (OFFICE, "administrator, sees all of the admin at /admin/"),
    (MANAGER, "programme manager: runs, enrollments, certificates"),
    (EDITOR, "editor: pages"),
    ("matous.vrbensky@example.org", "trainer and mentor in Czech"),
    ("kaia.metsaluik@example.org", "trainer and mentor in English, in Tallinn"),
    ("p1@example.org", "learner with a certificate and a place offered by a jury"),
    ("p3@example.org", "learner with a certificate and a place on a waiting list"),
    ("p7@example.org", "learner who reads English"),
]
FIRST_NAMES = ["Adéla", "Bořek", "Cecílie", "Dalibor", "Eliška", "František", "Gita", "Hynek", "Ivana", "Jiří"]
SURNAMES = {
    "Ořechov": ("Ořechovská", "Ořechovský"),
    "Suchopar": ("Suchopárková", "Suchopárek"),
    "Drevo": ("Dřevěná", "Dřevěný"),
    "Pernik": ("Perníčková", "Perníček"),
}
GENERATED = len(FIRST_NAMES) * len(SURNAMES)


@cache
def _hashed_password():
    """Hashed once for all sixty accounts: hashing is slow on purpose."""
    return make_password(PASSWORD)


def account(email, name, language="cs", **extra):
    """Create a person whose e-mail address is verified; with the demo's password in debug only."""
    user = User.objects.create_user(email, name=name, language=language, **extra)
    if settings.DEBUG:
        user.password = _hashed_password()
        user.save(update_fields=["password"])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def generated_email(number):
    """E-mail address of generated learner `number`, counted from 1."""
    return f"learner{number:02}@example.org"


def generated_names():
    """Names (list of str) of the generated learners, with the endings that Czech surnames take."""
    names = []
    for feminine, masculine in SURNAMES.values():
        for index, first in enumerate(FIRST_NAMES):
            names.append(f"{first} {feminine if index % 2 == 0 else masculine}")
    return names


def load(content, now):
    """Load people, profiles and organisations."""
    account(OFFICE, "Kancelář Akademie", is_staff=True, is_superuser=True)
    for email, name, group in [(MANAGER, "Vedoucí programu", "Programme managers"), (EDITOR, "Redakce", "Editors")]:
        person = account(email, name)
        person.groups.add(Group.objects.get(name=group))
    for entry in content["mentors"]:
        place = entry["location"]
        reads_czech = "cs" in entry["languages"]
        user = account(entry["email"], entry["name"], "cs" if reads_czech else "en", time_zone=place["tz"])
        Profile.objects.create(
            user=user,
            slug=entry["slug"],
            name=entry["name"],
            email=entry["email"],
            languages=", ".join(entry["languages"]),
            city=place["city"],
            country=place["country"],
            time_zone=place["tz"],
            **entry.columns("headline"),
            **entry.columns("bio"),
        )
    for entry in content["demo_people"]:
        account(entry["email"], entry["name"], entry["language"])
    for number, name in enumerate(generated_names(), start=1):
        account(generated_email(number), name)
    label = Organisation.objects.create(name="Vydavatelství Modrý sloupek", city="Praha", company_id="00000019")
    for email, role in [("p6@example.org", Membership.Role.MANAGER), ("p4@example.org", Membership.Role.MEMBER)]:
        Membership.objects.create(organisation=label, user=User.objects.get(email=email), role=role, accepted_at=now)

"""The roles of the office, as groups made at set-up.

Each migration gives every role at least its permissions, so that new kinds of
rows are covered after an upgrade; permissions that somebody added stay. Whoever
wants a role with fewer makes a group of their own. Mentors and trainers work on
the site itself and have none.
"""

from django.contrib.auth.models import Group, Permission
from django.db import connections
from django.db.models import Q

EDITORS, MANAGERS, ADMINISTRATORS = "Editors", "Programme managers", "Administrators"
PAGES = ["add_page", "change_page", "publish_page", "lock_page", "unlock_page"]
FILES = ["add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document"]


def _models(app_label, *models):
    found = Q(content_type__app_label=app_label)
    return found & Q(content_type__model__in=models) if models else found


def _one(app_label, codename):
    return Q(content_type__app_label=app_label, codename=codename)


ADMIN = _one("wagtailadmin", "access_admin")
SITE_TEXTS = (
    ADMIN
    | _one("cms", "change_sitesettings")
    | _one("simple_translation", "submit_translation")
    | _models("wagtailredirects")
)
PROGRAMME = (
    SITE_TEXTS
    | _one("cms", "change_paymentsettings")
    | _models("courses")
    | _models("mentoring")
    | _models("certificates")
    | _models("users", "profile", "organisation", "membership")
    | _one("mail", "view_message")
    | _one("mail", "change_message")
    | _one("mail", "view_bounce")
    | _one("mail", "view_lettertext")
    | _one("mail", "change_lettertext")
)
EVERYTHING = PROGRAMME | _models("users") | _models("mail") | _models("auth", "group") | _models("wagtailcore") | ADMIN
ROLES = {EDITORS: SITE_TEXTS, MANAGERS: PROGRAMME, ADMINISTRATORS: EVERYTHING}


def ensure_roles(using="default", **kwargs):
    """Make the three groups and give each at least its permissions. Receiver of post_migrate; twice is safe."""
    from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page  # noqa: PLC0415

    tables = set(connections[using].introspection.table_names())
    needed = (Group, Permission, Page, Collection, GroupPagePermission, GroupCollectionPermission)
    if not {model._meta.db_table for model in needed} <= tables:
        return  # migrated back to before these existed
    page, collection = Page.get_first_root_node(), Collection.get_first_root_node()
    for name, wanted in ROLES.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(wanted))
        if page:
            for permission in _page_permissions(PAGES):
                GroupPagePermission.objects.get_or_create(group=group, page=page, permission=permission)
        if collection:
            for permission in Permission.objects.filter(codename__in=FILES):
                GroupCollectionPermission.objects.get_or_create(
                    group=group, collection=collection, permission=permission
                )


def _page_permissions(codenames):
    return Permission.objects.filter(
        content_type__app_label="wagtailcore", content_type__model="page", codename__in=codenames
    )

"""What the admin shows of certificates."""

from wagtail import hooks

from .admin import ACTIONS, CertificateViewSet

hooks.register("register_admin_viewset", CertificateViewSet)


@hooks.register("register_admin_urls")
def action_urls():
    return [action.route() for action in ACTIONS]

"""What the admin shows of certificates."""

from wagtail import hooks

from academy import registry

from .admin import ACTIONS, CertificateViewSet, IssueForRun

hooks.register("register_admin_viewset", CertificateViewSet)
registry.add(registry.run_actions, "issue certificates")(IssueForRun)


@hooks.register("register_admin_urls")
def action_urls():
    return [action.route() for action in ACTIONS]

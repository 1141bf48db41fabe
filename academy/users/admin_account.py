"""One's own account in the admin: language, zone, theme. Name, address and password are on the site's pages."""

from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.account import AccountView, NameEmailSettingsPanel


class OwnAccountView(AccountView):
    """Without Wagtail's form for a first and a last name, which our people do not have."""

    def get_panels(self):
        return [panel for panel in super().get_panels() if not isinstance(panel, NameEmailSettingsPanel)]


own_account = require_admin_access(OwnAccountView.as_view())

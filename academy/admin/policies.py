"""Who may do what to rows in the admin."""

from wagtail.permission_policies import ModelPermissionPolicy


class ViewOnlyPermissionPolicy(ModelPermissionPolicy):
    """For rows that rules write: list, inspect and export; no form, not even for superusers.

    Buttons beside such rows call the rules; they check the model's permissions
    themselves (see ActionView.permission).
    """

    def user_has_permission(self, user, action):
        return action == "view" and super().user_has_permission(user, action)

    def users_with_any_permission(self, actions):
        return super().users_with_any_permission(set(actions) & {"view"})

"""People, trainers and organisations in the admin."""

from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, BulkActionsCheckboxColumn, Column, DateColumn
from wagtail.users.views.users import EditView, IndexView, UserColumn
from wagtail.users.views.users import UserViewSet as WagtailUserViewSet

from academy.admin.actions import ActionView, action_buttons
from academy.admin.panels import translated_columns, translated_panel
from academy.admin.viewsets import AcademySnippetViewSet, ExportMixin, SnippetInspectView

from . import invitations, memberships, personal_data
from .accounts import invited_account
from .forms import time_zone_choices
from .models import Membership, Organisation, Profile, User
from .names import NameField


class UserForm(forms.ModelForm):
    """An account: address, name, language, roles. Whoever is added signs in by a code sent to the address."""

    name = NameField(required=False, help_text=gettext_lazy("As it should stand on a certificate."))
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=time_zone_choices, initial=settings.TIME_ZONE
    )

    class Meta:
        model = User
        fields = ["email", "name", "language", "time_zone", "groups"]
        widgets = {"groups": forms.CheckboxSelectMultiple}
        labels = {"groups": gettext_lazy("Roles")}
        help_texts = {"groups": gettext_lazy("Learners, trainers and mentors have none.")}

    def __init__(self, *args, editing_self=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["groups"].queryset = Group.objects.order_by("name")
        if editing_self:
            # Nobody locks themselves out or raises themselves.
            self.fields.pop("is_active", None)
            self.fields["groups"].disabled = True

    def clean_email(self):
        email = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(User._meta.get_field("email").error_messages["unique"], code="unique")
        return email

    def save(self, commit=True):
        user = super().save(commit=False)
        if user.pk is None:
            user.set_unusable_password()
        with transaction.atomic():
            user.save()
            self.save_m2m()
            if not EmailAddress.objects.filter(user=user, email=user.email).exists():
                # A new address is proven by the first code that is typed.
                EmailAddress.objects.filter(user=user).delete()
                EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
        return user


class UserEditForm(UserForm):
    class Meta(UserForm.Meta):
        fields = [*UserForm.Meta.fields, "is_active"]


class UserIndexView(ExportMixin, IndexView):
    search_fields = {"name", "email"}

    @property
    def columns(self):
        return [
            BulkActionsCheckboxColumn("bulk_actions", obj_type="user"),
            self._get_title_column_class(UserColumn)(
                "name",
                accessor=str,
                label=gettext_lazy("Name"),
                sort_key="name",
                get_url=self.get_edit_url,
                classname="name",
            ),
            Column("email", label=gettext_lazy("E-mail address"), sort_key="email"),
            Column("roles", label=gettext_lazy("Roles"), accessor=role_names),
            BooleanColumn("is_active", label=gettext_lazy("Active"), sort_key="is_active"),
            DateColumn("last_login", label=gettext_lazy("Last login"), sort_key="last_login"),
        ]

    def get_base_queryset(self):
        return super().get_base_queryset().prefetch_related("groups")

    def order_queryset(self, queryset):
        if self.ordering in ("name", "-name"):
            return queryset.order_by(self.ordering, "email")
        return super().order_queryset(queryset)


def role_names(user):
    """The names of the person's groups (str)."""
    names = [group.name for group in user.groups.all()]
    return ", ".join([_("Superuser"), *names] if user.is_superuser else names)


class UserEditView(EditView):
    """Whoever changes an address can sign in with it, so superusers are changed by superusers only."""

    def dispatch(self, request, *args, **kwargs):
        if self.object.is_superuser and not request.user.is_superuser:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self):
        return str(self.object)


def refuse_bulk_change_of_superusers(request, action_type, objects, action):
    """Hook before_bulk_action: what UserEditView refuses for one superuser holds for many people at once too."""
    if issubclass(action.model, User) and not request.user.is_superuser and any(user.is_superuser for user in objects):
        raise PermissionDenied


class UserViewSet(WagtailUserViewSet):
    """Wagtail's, with e-mail for a login and one name; superusers are made on the command line only."""

    index_view_class = UserIndexView
    edit_view_class = UserEditView
    copy_view_enabled = False
    list_export = ["name", "email", "language", "is_active", "last_login", "date_joined"]
    export_filename = "people"
    template_prefix = "users/admin/"

    def get_form_class(self, for_update=False):
        return UserEditForm if for_update else UserForm


class Erase(ActionView):
    model = User
    slug = "erase"
    permission = "users.delete_user"
    label = gettext_lazy("Erase personal data")
    icon = "bin"
    is_serious = True

    @classmethod
    def is_offered(cls, user, by):
        return user.is_active and user.pk != by.pk

    def get_queryset(self):
        return User.objects.filter(is_active=True).exclude(pk=self.request.user.pk)

    def get_return_url(self):
        return reverse("wagtailusers_users:index")

    def preview(self):
        fates, _until = personal_data.plan(self.object)
        return [
            *(_("Goes: %(what)s") % {"what": fate.sentence} for fate in fates if not fate.stays),
            *(_("Stays: %(what)s") % {"what": fate.sentence} for fate in fates if fate.stays),
        ]

    def perform(self, form):
        personal_data.erase(self.object, by=self.request.user)
        return _("The personal data were erased.")


class Invite(ActionView):
    model = Profile
    slug = "invite"
    permission = "users.change_profile"
    label = gettext_lazy("Invite")
    icon = "mail"

    def preview(self):
        if self.object.user:
            return [_("The invitation goes to the account %(email)s.") % {"email": self.object.user.email}]
        return [
            _("The account of %(email)s is linked to this profile; if there is none, it is opened.")
            % {"email": self.object.email or "–"},
            _("An invitation is sent there. No password is needed: a code comes by e-mail."),
        ]

    def perform(self, form):
        profile = invitations.invite(self.object, by=self.request.user)
        return _("The invitation to %(email)s is on its way.") % {"email": profile.user.email}


class ProfileFilterSet(WagtailFilterSet):
    class Meta:
        model = Profile
        fields = ["country", "city"]


class ProfileViewSet(AcademySnippetViewSet):
    model = Profile
    icon = "user"
    actions = [Invite]
    filterset_class = ProfileFilterSet
    list_display = [
        "name",
        "headline",
        "city",
        "languages",
        BooleanColumn("has_account", label=gettext_lazy("Account"), accessor=lambda profile: bool(profile.user_id)),
    ]
    search_fields = ["name", "email", *translated_columns("headline")]
    list_export = ["name", "slug", "email", *translated_columns("headline"), "city", "country", "languages"]
    export_filename = "trainers-and-mentors"
    inspect_view_fields_exclude = ["id"]
    panels = [
        MultiFieldPanel(["name", "slug", translated_panel(Profile, "headline"), "photo"], gettext_lazy("Who")),
        translated_panel(Profile, "bio"),
        MultiFieldPanel([FieldRowPanel(["languages", "city", "country"]), "time_zone"], gettext_lazy("Where")),
        FieldPanel("email", help_text=gettext_lazy("Where the invitation goes; not shown. Save, then press Invite.")),
    ]


class MemberForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    name = NameField(required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Membership.Role.choices)


class AddMember(ActionView):
    model = Organisation
    slug = "add-member"
    permission = "users.add_membership"
    label = gettext_lazy("Add a member")
    icon = "user"
    form_class = MemberForm

    def preview(self):
        return [_("If the address has no account, one is opened. The membership counts once the person accepts it.")]

    def perform(self, form):
        values = form.cleaned_data
        with transaction.atomic():
            user = invited_account(values["email"], name=values["name"])
            membership = memberships.add_member(self.object, user, role=values["role"])
        if membership.accepted_at is None:
            return _("%(person)s is asked by e-mail to accept the membership.") % {"person": user}
        return _("%(person)s is a member now.") % {"person": user}


class RemoveMember(ActionView):
    model = Membership
    slug = "remove"
    permission = "users.delete_membership"
    label = gettext_lazy("Remove")
    icon = "bin"
    is_serious = True

    def get_queryset(self):
        return Membership.objects.select_related("user", "organisation")

    def get_page_subtitle(self):
        return f"{self.object.user}, {self.object.organisation}"

    def get_return_url(self):
        return reverse(Organisation.snippet_viewset.get_url_name("inspect"), args=[self.object.organisation_id])

    def preview(self):
        return [_("The membership ends. Enrollments stay as they are.")]

    def perform(self, form):
        memberships.remove_member(self.object)
        return _("The membership has ended.")


class OrganisationInspectView(SnippetInspectView):
    def get_context_data(self, **kwargs):
        members = self.object.memberships.select_related("user").order_by("user__name", "user__email")
        return super().get_context_data(
            **kwargs,
            members=[(member, action_buttons([RemoveMember], member, self.request.user)) for member in members],
        )


class OrganisationViewSet(AcademySnippetViewSet):
    model = Organisation
    icon = "group"
    actions = [AddMember]
    inspect_view_class = OrganisationInspectView
    inspect_template_name = "users/admin/organisation.html"
    inspect_view_fields = ["name", "company_id", "city", "country", "website"]
    list_display = [
        "name",
        "company_id",
        "city",
        "country",
        Column("members_count", label=gettext_lazy("Members"), sort_key="members_count"),
    ]
    list_filter = ["country", "city"]
    search_fields = ["name", "company_id", "city"]
    list_export = ["name", "company_id", "city", "country", "website", "members_count"]
    export_headings = {"members_count": gettext_lazy("Members")}
    export_filename = "organisations"
    panels = ["name", FieldRowPanel(["company_id", "country"]), FieldRowPanel(["city", "website"])]

    def get_queryset(self, request):
        return Organisation.objects.annotate(members_count=Count("memberships"))

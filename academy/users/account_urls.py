"""Addresses under /accounts/ that the site answers in allauth's place; included before allauth's own."""

from django.urls import path, re_path

from . import views

enter = views.EnterView.as_view()
urlpatterns = [
    path("login/", enter, name="account_login"),
    path("login/code/", enter, name="account_request_login_code"),
    path("signup/", enter, name="account_signup"),
    path("login/code/confirm/", views.ConfirmCodeView.as_view(), name="account_confirm_login_code"),
    path("login/password/", views.PasswordLoginView.as_view(), name="account_login_by_password"),
    path("confirm-email/", views.ConfirmEmailView.as_view(), name="account_email_verification_sent"),
    path("reauthenticate/code/", views.ReauthenticateByCodeView.as_view(), name="account_reauthenticate_by_code"),
    path("password/change/", views.change_password, name="account_change_password"),
    path("password/set/", views.set_password, name="account_set_password"),
    path("password/reset/", views.ForgottenPasswordView.as_view(), name="account_reset_password"),
    re_path(r"^password/reset/.+$", views.not_here),
    path("2fa/recovery-codes/", views.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/download/", views.download_recovery_codes, name="mfa_download_recovery_codes"),
]

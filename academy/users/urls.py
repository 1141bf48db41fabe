from django.urls import path

from . import feed_views, membership_views, own_data, views

app_name = "users"
urlpatterns = [
    path("profile/", views.ProfileView.as_view(), name="profile"),
    path("my/calendar/", feed_views.calendar, name="calendar"),
    path("my/calendar/new/", feed_views.rotate, name="calendar_rotate"),
    path("my/calendar/end/", feed_views.revoke, name="calendar_revoke"),
    path("memberships/<int:pk>/", membership_views.own, name="membership"),
    path("membership/<str:token>/", membership_views.by_link, name="membership_link"),
    path("profile/consents/", views.save_consents, name="consents"),
    path("profile/data/", own_data.own_data, name="own_data"),
    path("profile/data/copy/", own_data.copy, name="own_data_copy"),
    path("profile/data/erasure/", own_data.ask_for_erasure, name="ask_for_erasure"),
]

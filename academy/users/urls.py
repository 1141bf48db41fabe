from django.urls import path

from . import feed_views, membership_views, views

app_name = "users"
urlpatterns = [
    path("profile/", views.ProfileView.as_view(), name="profile"),
    path("my/calendar/", feed_views.calendar, name="calendar"),
    path("my/calendar/new/", feed_views.rotate, name="calendar_rotate"),
    path("my/calendar/end/", feed_views.revoke, name="calendar_revoke"),
    path("memberships/<int:pk>/", membership_views.own, name="membership"),
    path("membership/<str:token>/", membership_views.by_link, name="membership_link"),
    path("profile/consents/", views.save_consents, name="consents"),
]

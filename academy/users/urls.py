from django.urls import path

from . import feed_views, views

app_name = "users"
urlpatterns = [
    path("profile/", views.ProfileView.as_view(), name="profile"),
    path("my/calendar/", feed_views.calendar, name="calendar"),
    path("my/calendar/new/", feed_views.rotate, name="calendar_rotate"),
    path("my/calendar/end/", feed_views.revoke, name="calendar_revoke"),
    path("profile/consents/", views.save_consents, name="consents"),
]

"""All addresses. Only this module knows every app."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from academy.mail.news_views import unsubscribe
from academy.media import serve_media
from academy.users.admin_account import own_account
from academy.users.feed_views import feed
from cms.my_academy import my_academy
from cms.routing import serve_page
from cms.views import course_drawing, site_search

handler429 = "academy.throttle.too_many_requests"
urlpatterns = [
    path("admin/account/", own_account),  # before Wagtail's own, which has the address's name
    # Wagtail's own login knows neither a second factor nor a limit on wrong passwords.
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("media/<path:path>", serve_media),
    path("mail/", include("academy.mailbox")),
    path("drawing/<slug:code>.svg", course_drawing, name="course_drawing"),
    path("feeds/calendar/<str:token>.ics", feed, name="calendar_feed"),
    path("c/", include("certificates.urls")),
]
urlpatterns += i18n_patterns(
    path("accounts/", include("academy.users.account_urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("academy.users.urls")),
    path("news-by-mail/<str:token>/", unsubscribe, name="news"),
    path("my/", my_academy, name="my_academy"),
    path("search/", site_search, name="site_search"),
    path("", include("courses.urls")),
    path("coaching/", include("mentoring.urls")),
    re_path(wagtail_urls.serve_pattern, serve_page),
    path("", include(wagtail_urls)),
)

"""Addresses of coaching, all under a language prefix and /coaching/."""

from django.urls import path

from .views import booking, my_time

app_name = "mentoring"
urlpatterns = [
    path("mentor/<slug:slug>/", booking.slots, name="slots"),
    path("slots/<int:pk>/book/", booking.book, name="book"),
    path("bookings/<int:pk>/", booking.booking, name="booking"),
    path("bookings/<int:pk>/cancel/", booking.cancel, name="cancel"),
    path("bookings/<int:pk>/outcome/", my_time.mark, name="mark"),
    path("manage/<str:token>/", booking.manage, name="manage"),
    path("my-time/", my_time.overview, name="my_time"),
    path("my-time/weekly/add/", my_time.add_pattern, name="add_pattern"),
    path("my-time/weekly/<int:pk>/", my_time.change_pattern, name="change_pattern"),
    path("my-time/weekly/<int:pk>/end/", my_time.end_pattern, name="end_pattern"),
    path("my-time/slots/add/", my_time.add_slot, name="add_slot"),
    path("my-time/slots/<int:pk>/cancel/", my_time.cancel_slot, name="cancel_slot"),
]

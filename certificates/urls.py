"""Addresses under /c/, which are printed on certificates and never change."""

from django.urls import path

from . import views

app_name = "certificates"
urlpatterns = [
    path("", views.LookupView.as_view(), name="lookup"),
    path("<str:token>/", views.CertificateView.as_view(), name="certificate"),
    path("<str:token>/certificate.pdf", views.PdfView.as_view(), name="pdf"),
]

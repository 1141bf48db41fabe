"""The office's view of teaching, in Wagtail's admin."""

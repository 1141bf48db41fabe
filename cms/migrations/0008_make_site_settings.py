"""Make the one row of the site's settings, so that nobody's first visit has to; its name moves to the new column."""

from django.db import migrations


def make_the_row(apps, schema_editor):
    rows = apps.get_model("cms", "SiteSettings").objects
    site = rows.first() or rows.create(name_cs="Akademie", name_en="Academy")
    site.name, site.tagline = site.name_cs or "", site.tagline_cs or ""
    site.save()


def keep_it(apps, schema_editor):
    """The row may stay."""


class Migration(migrations.Migration):
    dependencies = [("cms", "0007_site_name_in_every_language")]

    operations = [migrations.RunPython(make_the_row, keep_it)]

"""The site's name and tagline become texts with a column per language, like those of all records."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cms', '0006_calls'),
    ]

    operations = [
        migrations.AddField(
            model_name='sitesettings',
            name='name',
            field=models.CharField(default='', max_length=120, verbose_name='name'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='sitesettings',
            name='tagline',
            field=models.CharField(blank=True, max_length=250, verbose_name='tagline'),
        ),
        migrations.AlterField(
            model_name='sitesettings',
            name='name_cs',
            field=models.CharField(max_length=120, null=True, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='sitesettings',
            name='name_en',
            field=models.CharField(max_length=120, null=True, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='sitesettings',
            name='tagline_cs',
            field=models.CharField(blank=True, max_length=250, null=True, verbose_name='tagline'),
        ),
        migrations.AlterField(
            model_name='sitesettings',
            name='tagline_en',
            field=models.CharField(blank=True, max_length=250, null=True, verbose_name='tagline'),
        ),
    ]

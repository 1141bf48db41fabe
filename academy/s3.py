"""Media in an S3-compatible bucket, handed out by the site itself.

The bucket stays private: pages show pictures under /media/ like those on disk
(academy/media.py), so that no page asks a third party for anything, the
Content-Security-Policy stays as strict as it is, and who may see what is checked.
"""

from urllib.parse import quote

from django.conf import settings
from storages.backends.s3 import S3Storage


class SiteS3Storage(S3Storage):
    _client = None

    def check(self):
        """Raise unless the bucket is there and may be used; exists() takes a bucket that is away for a missing file."""
        # Clients may be shared between threads. A connection belongs to one, takes long to make, and each
        # question whether the site is ready is asked in a thread of its own.
        if self._client is None:
            self._client = self.connection.meta.client
        self._client.head_bucket(Bucket=self.bucket_name)

    def url(self, name, parameters=None, expire=None, http_method=None):
        """The address (str) on this site, not in the bucket."""
        return f"{settings.MEDIA_URL}{quote(name)}"

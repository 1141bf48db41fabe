"""Uploaded files, served so that they cannot run.

Images are shown, everything else is not here: documents go through Wagtail's own
view, which checks who may read them and sends what is not a PDF as a download.
"""

import mimetypes
import posixpath

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404

IMAGE_TYPES = {".avif", ".gif", ".jpg", ".jpeg", ".png", ".webp"}
POLICY = "default-src 'none'; sandbox"


def serve_media(request, path):
    """Answer /media/<path>: renditions for everybody, originals (which tell where they were taken) for staff."""
    folder = path.partition("/")[0]
    extension = posixpath.splitext(path)[1].lower()
    may_see = folder == "images" or (folder == "original_images" and request.user.has_perm("wagtailadmin.access_admin"))
    if not may_see or extension not in IMAGE_TYPES or posixpath.normpath(path) != path:
        raise Http404
    try:
        stored = default_storage.open(path)
    except (OSError, ValueError) as error:
        raise Http404 from error
    response = FileResponse(stored, content_type=mimetypes.types_map.get(extension, f"image/{extension[1:]}"))
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "public, max-age=86400" if folder == "images" else "private, no-store"
    return response

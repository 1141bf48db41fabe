"""Try S3-compatible media for real: a local S3 server (moto), a fresh site with the variables of production.

    python -m scripts.try_s3

The server lives in an environment of its own under var/, because it brings much that
the site has no use for. Prints what was tried and ends with 1 at the first difference.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUCKET = "academy-media"
STEPS = """
import io
import django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.images import ImageFile
from django.core.management import call_command
from django.test import Client
from PIL import Image as Picture
from wagtail.images import get_image_model

call_command("migrate", verbosity=0)


def expect(what, found, wanted):
    print(("ok    " if found == wanted else "WRONG ") + what, flush=True)
    if found != wanted:
        raise SystemExit(f"{what}: {found!r} instead of {wanted!r}")


default_storage._wrapped.check()  # raises what is wrong with the bucket; /readyz only says that something is
client = Client(headers={"host": "localhost"})
expect("/readyz names the storage as ready", client.get("/readyz").json()["storage"], "ok")
made = io.BytesIO()
Picture.new("RGB", (640, 480), "navy").save(made, "PNG")
images = [
    get_image_model().objects.create(title="Photo", file=ImageFile(io.BytesIO(made.getvalue()), name="photo.png"))
    for _copy in range(2)
]
expect("two uploads of one name are two files", len({image.file.name for image in images}), 2)
rendition = images[0].get_rendition("fill-100x100|format-webp")
expect("a rendition has an address on this site", rendition.url.startswith("/media/images/"), True)
answer = client.get(rendition.url)
expect("it is shown", (answer.status_code, answer["Content-Type"]), (200, "image/webp"))
expect("as it was made", Picture.open(io.BytesIO(b"".join(answer.streaming_content))).size, (100, 100))
expect("the original is not", client.get(images[0].file.url).status_code, 404)
expect("nor a file that is not there", client.get("/media/images/none.png").status_code, 404)

from certificates import rendering
from certificates.models import Certificate
from tests.factories import certificates

certificate = rendering.render(certificates.certificate().pk)
expect("a certificate is stored", certificate.status, Certificate.Status.READY)
file = certificate.files.get()
expect("under its hash, whole", len(file.file.open().read()), file.size)
expect("storing the same again keeps the name", rendering.store(file.file.open().read(), file.sha256), file.file.name)
answer = client.get(certificate.get_absolute_url() + "certificate.pdf")
expect("and handed out", b"".join(answer.streaming_content)[:5], b"%PDF-")
expect("not under /media/", client.get(f"/media/{file.file.name}").status_code, 404)
default_storage.save("readyz", ContentFile(b"x"))
expect("/readyz with the object there", client.get("/readyz").json()["storage"], "ok")
default_storage.connection.meta.client.delete_objects(
    Bucket=default_storage.bucket_name,
    Delete={"Objects": [{"Key": entry.key} for entry in default_storage.bucket.objects.all()]},
)
default_storage.bucket.delete()
expect("/readyz without the bucket", client.get("/readyz").json()["storage"], "failed")
"""


def main():
    """Start the server, run the steps, stop the server; return the exit code."""
    python = _environment()
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        with tempfile.TemporaryDirectory(prefix="academy-s3-") as folder:
            environment = _variables(folder, address)
            make = (
                "import boto3, os; boto3.client('s3', endpoint_url=os.environ['S3_ENDPOINT_URL'], region_name="
                "'eu-central-1', aws_access_key_id='key', aws_secret_access_key='secret').create_bucket("
                "Bucket=os.environ['S3_BUCKET'], CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})"
            )
            subprocess.run([sys.executable, "-c", make], cwd=ROOT, env=environment, check=True)
            return subprocess.run([sys.executable, "-c", STEPS], cwd=ROOT, env=environment, check=False).returncode
    finally:
        server.terminate()
        server.wait(10)


def _variables(folder, address):
    """The site's variables (dict); nothing of the shell's, which may be set up for a site that is at work."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "academy.settings.base",
        "DEBUG": "1",
        "DATA_DIR": folder,
        "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
        "S3_BUCKET": BUCKET,
        "S3_ENDPOINT_URL": address,
        "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "secret",
        "S3_REGION": "eu-central-1",
        "LOG_LEVEL": "ERROR",
    }


def _environment():
    """Path (str) of a Python that has the S3 server; made once."""
    folder = ROOT / "var" / "s3"
    python = folder / "bin" / "python"
    if not (folder / ".made").exists():
        print("Making an environment with an S3 server ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary", ":all:"]
        subprocess.run([*pip, "moto[server,s3]>=5,<6"], check=True)
        (folder / ".made").touch()
    return str(python)


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(port, seconds=30):
    for _attempt in range(seconds * 5):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"The S3 server did not answer at port {port}.")


if __name__ == "__main__":
    sys.exit(main())

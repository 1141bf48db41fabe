"""Re-check over the live data what must hold of certificates always."""

import hashlib
from collections import defaultdict

from . import serials, snapshot
from .models import Certificate, CertificateFile, SerialCounter


def check():
    """Yield one sentence per row that breaks a truth."""
    numbers = defaultdict(list)
    live = defaultdict(list)
    # files.all() would be a query per row: which certificates have one is asked once.
    with_file = set(CertificateFile.objects.values_list("certificate_id", flat=True))
    for certificate in Certificate.objects.order_by("pk").iterator(chunk_size=500):
        yield from _check_snapshot(certificate)
        if serials.is_valid(certificate.serial):
            _prefix, year, number, _check = certificate.serial.split("-")
            numbers[int(year)].append(int(number))
        else:
            yield f"Certificate {certificate.pk} has a serial number whose check character is wrong."
        if certificate.status not in (Certificate.Status.REVOKED, Certificate.Status.REPLACED):
            live[certificate.enrollment_id, certificate.curriculum_completion_id, certificate.kind].append(
                certificate.pk
            )
        if certificate.status == Certificate.Status.READY and certificate.pk not in with_file:
            yield f"Certificate {certificate.pk} is ready but has no file."
    for certificates in live.values():
        if len(certificates) > 1:
            yield f"Certificates {certificates} are live for one source and kind."
    yield from _check_numbers(numbers)
    for file in CertificateFile.objects.order_by("pk").iterator(chunk_size=500):
        yield from _check_file(file)


def _check_snapshot(certificate):
    frozen = certificate.snapshot
    if snapshot.sha256(frozen) != certificate.snapshot_sha256:
        yield f"Certificate {certificate.pk}: the frozen facts are not those that were issued."
        return
    printed = (frozen["serial"], frozen["holder"]["name"], frozen["issued_on"], frozen["kind"], frozen["version"])
    columns = (
        certificate.serial,
        certificate.holder_name,
        certificate.issued_on.isoformat(),
        certificate.kind,
        certificate.version,
    )
    if printed != columns:
        yield f"Certificate {certificate.pk}: its columns do not agree with the frozen facts."


def _check_numbers(numbers):
    """Every number of a year is there once, up to the counter."""
    last = dict(SerialCounter.objects.values_list("year", "last"))
    for year in sorted(numbers.keys() | last.keys()):
        found, expected = sorted(numbers[year]), list(range(1, last.get(year, 0) + 1))
        if found != expected:
            odd = sorted(set(found) ^ set(expected))
            yield f"Serial numbers of {year} have gaps, doubles or numbers past the counter: {odd[:20]}."


def _check_file(file):
    try:
        with file.file.open() as stored:
            content = stored.read()
    except OSError:
        yield f"Certificate file {file.pk} is not in the storage."
        return
    if hashlib.sha256(content).hexdigest() != file.sha256:
        yield f"Certificate file {file.pk} is not the one that was issued."

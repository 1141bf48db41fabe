"""Which files an answer may be, told by what is in them and not by what they are called."""

import zipfile

HEAD = 4096  # bytes that are enough to know a type by


def _starts_with(*signatures):
    return lambda file, head: head.startswith(signatures)


def _holds(*names):
    """A ZIP that holds a file of one of these names, as office documents do, and no macros."""

    def check(file, head):
        if not head.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(file) as packed:
                inside = packed.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
            return False
        if any(name.lower().endswith("vbaproject.bin") for name in inside):
            return False
        return any(name in inside for name in names)

    return check


def _is_text(file, head):
    file.seek(0)
    try:
        return "\x00" not in file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        return False


# Extension: (whether a file (binary, open) with these first bytes is one, the type it is sent as).
FILE_TYPES = {
    "pdf": (_starts_with(b"%PDF-"), "application/pdf"),
    "docx": (
        _holds("word/document.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "xlsx": (_holds("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pptx": (
        _holds("ppt/presentation.xml"),
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    "odt": (_holds("content.xml"), "application/vnd.oasis.opendocument.text"),
    "jpg": (_starts_with(b"\xff\xd8\xff"), "image/jpeg"),
    "png": (_starts_with(b"\x89PNG\r\n\x1a\n"), "image/png"),
    "txt": (_is_text, "text/plain"),
}
SAME = {"jpeg": "jpg"}


def extension(name):
    """The extension of a file's name (str) as FILE_TYPES calls it, such as "jpg" for "Photo.JPEG"."""
    ending = name.rpartition(".")[2].lower()
    return SAME.get(ending, ending)


def is_really(kind, file):
    """Whether the file (binary, open, seekable) is what its extension `kind` says."""
    check, _type = FILE_TYPES[kind]
    file.seek(0)
    head = file.read(HEAD)
    try:
        return check(file, head)
    finally:
        file.seek(0)

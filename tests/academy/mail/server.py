"""A mail server of one's own on the loopback, and ways in which delivering to it can go wrong."""

import email
import email.policy
import os
import signal
import socketserver
import threading
from contextlib import contextmanager

from django.core.mail.backends.smtp import EmailBackend


class _Handler(socketserver.StreamRequestHandler):
    """Just enough of RFC 5321 for one client that knows what it wants."""

    def handle(self):
        self._say("220 test")
        while line := self.rfile.readline():
            verb = line.decode().split(maxsplit=1)[0].upper() if line.strip() else ""
            if verb == "QUIT":
                return self._say("221 bye")
            if verb == "DATA":
                self._say("354 go on")
                self._take()
            elif verb == "MAIL" and self.server.refuses:
                self._say("451 try again later")
            else:
                self._say("250 fine")
        return None

    def _take(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.mails.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
        self._say("250 taken")

    def _say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """`mails` is what it took, as email.message.EmailMessage; `refuses` makes it answer 451."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mails = []
        self.refuses = False

    @property
    def settings(self):
        """Django's settings that lead here."""
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": self.server_address[1],
            "EMAIL_TIMEOUT": 5,
        }


@contextmanager
def mail_server():
    """A MailServer that runs until the block ends; afterwards its port refuses connections."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class DyingBackend(EmailBackend):
    """The process dies after the server's OK and before anything can be written down."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise KeyboardInterrupt


class KilledBackend(EmailBackend):
    """The machine kills the process when it is about to send mail number 31."""

    sent = 0

    def send_messages(self, messages):
        if KilledBackend.sent == 30:
            os.kill(os.getpid(), signal.SIGKILL)
        KilledBackend.sent += 1
        return super().send_messages(messages)

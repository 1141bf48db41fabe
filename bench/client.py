"""Two HTTP clients: a lean one that measures rates, and a patient one that fills forms like a person."""

import selectors
import socket
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser

TIMEOUT = 60  # seconds for any one answer


@dataclass
class Load:
    """What a load gave: requests per second and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    errors: int


def load(port, path, *, seconds=5.0, connections=8, warm_up=40):
    """Ask for one path over keep-alive connections as fast as the answers come.

    Plain sockets and one thread: a request costs this client some 30 microseconds,
    so it takes little from the server that shares the machine with it.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Language: cs\r\n\r\n".encode()
    _rounds(port, request, connections, until=time.perf_counter() + 30, at_most=warm_up)
    started = time.perf_counter()
    times, errors = _rounds(port, request, connections, until=started + seconds)
    elapsed = time.perf_counter() - started
    times.sort()
    return Load(len(times) / elapsed, percentile(times, 50) * 1000, percentile(times, 99) * 1000, errors)


def percentile(ordered, percent):
    """The value (float) below which `percent` of the sorted values lie; 0 of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def _rounds(port, request, connections, *, until, at_most=None):
    times, errors, sent = [], 0, 0
    selector = selectors.DefaultSelector()
    for _number in range(connections):
        connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, [time.perf_counter(), b"", None])
        connection.sendall(request)
        sent += 1
    while selector.get_map():
        ready = selector.select(TIMEOUT)
        if not ready:
            raise TimeoutError(f"No answer within {TIMEOUT} seconds.")
        for key, _events in ready:
            state = key.data
            data = key.fileobj.recv(262_144)
            state[1] += data
            if state[2] is None and (end := state[1].find(b"\r\n\r\n")) >= 0:
                state[2] = end + 4 + _content_length(state[1][:end])
                errors += not state[1].startswith(b"HTTP/1.1 200")
            now = time.perf_counter()
            if data and (state[2] is None or len(state[1]) < state[2]):
                continue
            times.append(now - state[0])
            if not data or now >= until or (at_most and sent >= at_most):
                selector.unregister(key.fileobj)
                key.fileobj.close()
                continue
            state[:] = [now, b"", None]
            key.fileobj.sendall(request)
            sent += 1
    return times, errors


def _content_length(head):
    for line in head.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"An answer without Content-Length cannot be measured: {head[:200]!r}")


class Person:
    """Somebody signed in, with cookies of their own, on a connection they share with nobody.

    As lean as load(), since two hundred of them share the machine with the server.
    """

    def __init__(self, port, cookies):
        self.port, self.cookies = port, dict(cookies)
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path):
        """Fetch a page, following redirects; return (status, address at the end, text)."""
        return self._ask("GET", path, b"")

    def post(self, path, fields):
        """Send a form, following the redirect; return (status, address at the end, text)."""
        return self._ask("POST", path, urllib.parse.urlencode(fields).encode())

    def _ask(self, method, path, body):
        for _hop in range(6):
            status, headers, text = self._one(method, path, body)
            if status not in (301, 302, 303):
                return status, path, text.decode(errors="replace")
            target = urllib.parse.urlsplit(urllib.parse.urljoin(path, headers["location"]))
            path = target.path + (f"?{target.query}" if target.query else "")
            method, body = "GET", b""
        raise RuntimeError(f"Too many redirects at {path}")

    def _one(self, method, path, body):
        """One question and its answer: (status, headers by small name, bytes); keeps the cookies."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookies}\r\n"
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        self.connection.sendall(head.encode() + b"\r\n" + body)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        first, *lines = answer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _colon, value = line.partition(": ")
            headers[name.lower()] = value
            if name.lower() == "set-cookie":
                cookie, _equals, kept = value.partition(";")[0].partition("=")
                self.cookies[cookie] = kept
        text, length = answer[end + 4 :], int(headers["content-length"])
        while len(text) < length:
            text += self._more()
        return int(first.split(" ", 2)[1]), headers, text

    def _more(self):
        data = self.connection.recv(262_144)
        if not data:
            raise ConnectionError("The server ended the connection in the middle of an answer.")
        return data

    def close(self):
        self.connection.close()


@dataclass
class Form:
    action: str
    fields: list = field(default_factory=list)


class _Forms(HTMLParser):
    """Collects the forms that post, with the values they would send and every box ticked."""

    def __init__(self):
        super().__init__()
        self.forms, self.open = [], None

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "form" and values.get("method", "").lower() == "post":
            self.open = Form(values.get("action") or "")
        elif self.open and tag == "input" and values.get("name"):
            self.open.fields.append((values["name"], values.get("value") or ""))
        elif self.open and tag == "textarea" and values.get("name"):
            self.open.fields.append((values["name"], ""))

    def handle_endtag(self, tag):
        if tag == "form" and self.open:
            self.forms.append(self.open)
            self.open = None


def form_in(text, *, within="<main"):
    """The first form that posts inside the page's main part."""
    start = text.find(within)
    while (start := text.find("<form", start + 1)) >= 0:
        end = text.find("</form>", start) + len("</form>")
        parser = _Forms()
        parser.feed(text[start:end])
        if parser.forms:
            return parser.forms[0]
    raise ValueError("There is no form on the page.")


def in_threads(tasks, *, connections):
    """Run the callables in so many threads at once, all starting together; return (seconds, results or errors)."""
    waiting, results = list(enumerate(tasks)), [None] * len(tasks)
    lock, start = threading.Lock(), threading.Barrier(connections + 1)

    def work():
        start.wait()
        while True:
            with lock:
                if not waiting:
                    return
                index, task = waiting.pop(0)
            try:
                results[index] = task()
            except Exception as error:  # noqa: BLE001  every failure is a result here and is counted
                results[index] = error

    threads = [threading.Thread(target=work, daemon=True) for _number in range(connections)]
    for thread in threads:
        thread.start()
    start.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join(120)
    return time.perf_counter() - started, results


@contextmanager
def reading(port, path):
    """Meanwhile one visitor reads the page again and again; yields the seconds (list of float) of each time."""
    times, done = [], threading.Event()

    def read():
        visitor = Person(port, {})
        try:
            while not done.is_set():
                started = time.perf_counter()
                status, _path, _text = visitor.get(path)
                if status != 200:
                    raise RuntimeError(f"The page answered {status} to somebody who only reads.")
                times.append(time.perf_counter() - started)
        finally:
            visitor.close()

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        try:
            yield times
        finally:
            done.set()
            reader.result()

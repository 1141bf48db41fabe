"""The parts of the bench, each of which gives lines of the table."""

import cProfile
import json
import pstats
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from io import BytesIO

import django

django.setup()

from django.core.management import call_command  # noqa: E402  Django must be set up first
from django.db import connection, connections, reset_queries  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import translation  # noqa: E402

from courses.models import Course, Enrollment  # noqa: E402
from mentoring.models import Booking  # noqa: E402

from . import data, server  # noqa: E402
from .client import Person, form_in, in_threads, load, percentile, reading  # noqa: E402

PROCESSES = 2
CONNECTIONS = 32
RIVALS = 4
PARTS = ["pages", "burst", "bookings", "certificates"]


@dataclass
class Line:
    """One line of the table; `ok` is None where there is no goal."""

    what: str
    figure: str
    yardstick: str = ""
    goal: str = ""
    ok: bool | None = None


def run(variables, folder, wanted):
    """Run the wanted parts and print the table; return 1 if a check of correctness failed, else 0."""
    bench = Bench(variables, folder)
    lines = []
    for part in wanted or PARTS:
        print(f"{part} ...", flush=True)
        lines += getattr(bench, part)()
    print_table(lines)
    return 1 if bench.wrong else 0


class Bench:
    """Holds what the parts share: the loaded catalogue and the bare view's rate."""

    def __init__(self, variables, folder):
        self.variables, self.folder, self.log = variables, folder, folder / "server.log"
        self.wrong = []
        print("loading 200 courses ...", flush=True)
        call_command("collectstatic", interactive=False, verbosity=0)
        started = time.perf_counter()
        with translation.override("cs"):
            self.index = data.catalogue()
            self.index_path = self.index.url
            self.course_path = self.index.get_children().first().url
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        connections.close_all()
        print(f"  in {time.perf_counter() - started:.0f} s", flush=True)

    def bare_rate(self):
        """Requests per second of the bare view, taken now."""
        with server.gunicorn("bench.bare", self.variables, processes=PROCESSES, log=self.log) as (port, _pid, _seconds):
            return load(port, "/", seconds=4).rate

    def pages(self):
        """Catalogue of 200 courses and course page, beside the bare view; memory and start of a worker."""
        lines = []
        bare = self.bare_rate()
        with server.gunicorn(
            "academy.wsgi", self.variables, processes=PROCESSES, first_path=self.course_path, log=self.log
        ) as (port, pid, seconds):
            measured = [
                ("course page", self.course_path, 30, load(port, self.course_path)),
                ("catalogue, 200 courses", self.index_path, 40, load(port, self.index_path)),
            ]
            shared, resident = server.worker_memory(pid)
        bare = (bare + self.bare_rate()) / 2
        for what, path, goal, result in measured:
            if result.errors:
                self.wrong.append(what)
            ratio = bare / result.rate
            queries, size = self._queries(path)
            lines.append(
                Line(
                    f"{what} ({queries} queries, {size:.0f} kB)",
                    f"{result.rate:.0f}/s, p50 {result.p50:.0f} ms, p99 {result.p99:.0f} ms, {result.errors} errors",
                    f"bare view {bare:.0f}/s: 1:{ratio:.1f}",
                    f"1:{goal}",
                    ratio <= goal and not result.errors,
                )
            )
        memory = f"{shared:.0f} MiB, its share of what is shared included (resident {resident:.0f})"
        lines.append(Line("web worker's memory", memory, "", "130 MiB", shared <= 130))
        lines.append(Line("start to first page", f"{seconds:.1f} s", "", "2 s", seconds <= 2))
        return lines

    def profile(self):
        """Where the time of both pages goes: CPU per page in this process, and the functions it is spent in."""
        lines = []
        for what, path in [("course page", self.course_path), ("catalogue, 200 courses", self.index_path)]:
            client = Client(headers={"host": "127.0.0.1"})
            client.get(path)
            spent = []
            for _number in range(20):
                started = time.process_time()
                client.get(path)
                spent.append((time.process_time() - started) * 1000)
            profiler = cProfile.Profile()
            profiler.enable()
            for _number in range(10):
                client.get(path)
            profiler.disable()
            print(f"\n--- {what} ---")
            pstats.Stats(profiler).sort_stats("cumtime").print_stats(70)
            lines.append(Line(f"{what}, in process", f"{statistics.median(spent):.1f} ms CPU median"))
        return lines

    def _queries(self, path):
        client = Client(headers={"host": "127.0.0.1"})
        client.get(path)
        reset_queries()
        with CaptureQueriesContext(connection) as queries:
            content = client.get(path).content
        return len(queries), len(content) / 1000

    def burst(self):
        """200 signed-in people, 20 seats, 32 connections, with 2 and with 8 workers."""
        return [line for processes in (PROCESSES, 8) for line in self._burst(processes)]

    def _burst(self, processes):
        course = Course.objects.get(code="bench-0")
        run = data.run_of(course, code=f"BURST-{processes}", capacity=data.SEATS, day=20)
        cookies = [data.signed_in(person) for person in data.people(data.LEARNERS, f"burst{processes}-")]
        with translation.override("cs"):
            form_path = reverse("courses:enroll", args=[run.code])
        connections.close_all()
        bare = self.bare_rate()
        with server.gunicorn(
            "academy.wsgi", self.variables, processes=processes, first_path=self.course_path, log=self.log
        ) as (port, _pid, _seconds):
            load(port, self.course_path, seconds=1)
            journeys = [lambda cookie=cookie: self._enroll(port, cookie, form_path) for cookie in cookies]
            with reading(port, self.course_path) as readers:
                seconds, results = in_threads(journeys, connections=CONNECTIONS)
        bare = (bare + self.bare_rate()) / 2
        errors = [str(result) for result in results if not isinstance(result, float)]
        took = sorted(result for result in results if isinstance(result, float))
        read = sorted(readers)
        rows = list(Enrollment.objects.filter(run=run).values_list("status", "queue_number"))
        seated = sum(status == Enrollment.Status.CONFIRMED for status, _number in rows)
        numbers = sorted(number for status, number in rows if status == Enrollment.Status.WAITING)
        right = seated == data.SEATS and len(rows) == data.LEARNERS and not errors
        right = right and len(numbers) == data.LEARNERS - data.SEATS
        right = right and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        if not right:
            self.wrong.append(f"burst with {processes} workers")
            print(f"  burst with {processes} workers: {errors[:3]} {numbers[:5]}", file=sys.stderr)
        cost = seconds * bare / data.LEARNERS
        return [
            Line(
                f"burst of 200 for 20 seats, {processes} workers",
                f"{seconds:.2f} s; {seated} seated, {len(numbers)} waiting, {len(errors)} errors",
                f"bare view {bare:.0f}/s: cost {cost:.0f}",
                "cost 60, 20 + 180 exactly",
                cost <= 60 and right,
            ),
            Line(
                "  from the course page to the result",
                f"{data.LEARNERS / seconds:.0f} people/s, {_spread(took)}",
            ),
            Line(
                "  the course page for others meanwhile",
                f"{_spread(read)}, {len(read)} times by one reader",
            ),
        ]

    def _enroll(self, port, cookies, form_path):
        """Walk from the course page to the result; return the seconds (float) that it took."""
        started = time.perf_counter()
        person = Person(port, cookies)
        try:
            status, _path, _text = person.get(self.course_path)
            assert status == 200, f"course page {status}"  # noqa: S101  a failed step is a result
            status, path, text = person.get(form_path)
            assert status == 200, f"form {status}"  # noqa: S101
            form = form_in(text)
            status, path, text = person.post(form.action or path, form.fields)
            assert status == 200, f"result {status}"  # noqa: S101
            assert path.partition("?")[0] != form_path, f"refused: {_main_words(text)}"  # noqa: S101
            return time.perf_counter() - started
        finally:
            person.close()

    def bookings(self):
        """Four processes try to book the same 400 slots in the same order; the yardstick inserts bare rows."""
        mentors, per_mentor = 20, 20
        slots = data.slots(mentors, per_mentor)
        rivals = data.people(RIVALS * len(slots), "rival")
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE bench_row (id bigserial PRIMARY KEY, number int, made timestamptz, words text)"
            )
        connections.close_all()
        inserted = self._together([["insert", "1000"]] * RIVALS)
        inserts = sum(one["inserted"] for one in inserted) / max(one["seconds"] for one in inserted)
        tasks = [["book", str(rivals[number * len(slots)].pk), *(str(pk) for pk in slots)] for number in range(RIVALS)]
        results = self._together(tasks)
        seconds = max(one["seconds"] for one in results)
        won, tried = sum(one["won"] for one in results), sum(one["won"] + one["refused"] for one in results)
        rows = Booking.objects.filter(slot__in=slots)
        right = won == len(slots) == rows.count() == rows.values("slot").distinct().count()
        if not right:
            self.wrong.append("bookings")
        return [
            Line(
                f"bookings, {RIVALS} processes for the same {len(slots)} slots",
                f"{tried / seconds:.0f} decisions/s, {won / seconds:.0f} bookings/s; {won} won, {tried - won} refused",
                f"bare INSERT {inserts:.0f}/s: 1:{inserts / (tried / seconds):.1f}",
                "200 decisions/s, each slot once",
                tried / seconds >= 200 and right,
            )
        ]

    def _together(self, tasks):
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "bench.contention", *task],
                env=self.variables, cwd=server.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for task in tasks
        ]  # fmt: skip
        for process in processes:
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError("A rival process did not get ready.")
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        return [json.loads(process.communicate(timeout=120)[0]) for process in processes]

    def certificates(self):
        """Issue and draw certificates one after the other in one process; the yardstick is a bare reportlab page."""
        from .certificates import measured  # noqa: PLC0415  reportlab stays out of what is measured before

        bare = statistics.median(timed(_bare_pdf) for _number in range(40))
        issuing, drawing, finishing = (statistics.median(times) for times in measured())
        whole = issuing + finishing
        return [
            Line(
                "certificate drawn (PDF, unsealed)",
                f"{drawing:.1f} ms median",
                f"bare page by reportlab {bare:.1f} ms: 1:{drawing / bare:.1f}",
                "15 ms",
                drawing <= 15,
            ),
            Line(
                "certificate issued, drawn, stored, holder told",
                f"{whole:.1f} ms median, {1000 / whole:.0f}/s in one process",
            ),
        ]


def timed(function):
    """Milliseconds (float) that the function takes."""
    started = time.perf_counter()
    function()
    return (time.perf_counter() - started) * 1000


def _spread(ordered):
    """Median and 99th percentile (str, ms) of sorted seconds."""
    return f"p50 {percentile(ordered, 50) * 1000:.0f} ms, p99 {percentile(ordered, 99) * 1000:.0f} ms"


def _bare_pdf():
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415  its import is not what is measured

    buffer = BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(100, 700, "One line")
    canvas.save()
    return buffer.getvalue()


def _main_words(text):
    main = text[max(0, text.find("<main")) :]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())[:200]


def empty_redis(url):
    """Empty the Redis database that only the bench uses."""
    from redis import Redis  # noqa: PLC0415  only where there is one

    Redis.from_url(url).flushdb()


def print_table(lines):
    """Print the lines in columns, with yes or NO where there is a goal."""
    rows = [("what", "measured", "yardstick", "goal", "met")]
    rows += [
        (line.what, line.figure, line.yardstick, line.goal, {None: "", True: "yes", False: "NO"}[line.ok])
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

"""One of several processes that fight for the same slots, and the bare loop it is compared with.

    python -m bench.contention book FIRST_LEARNER SLOT...   try to book every slot, each for another learner
    python -m bench.contention insert COUNT                 insert so many rows, one transaction each

Waits for a line on standard input, so that all start together; prints JSON.
"""

import json
import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402  Django must be set up first

from academy.errors import RuleError  # noqa: E402
from academy.users.models import User  # noqa: E402


def book(first_learner, slot_ids):
    """Book each slot in turn; return how many were won and how many were refused."""
    from mentoring.booking import book as book_slot  # noqa: PLC0415  the other task does not need it
    from mentoring.models import CoachingSlot  # noqa: PLC0415

    learners = list(User.objects.filter(pk__gte=first_learner).order_by("pk")[: len(slot_ids)])
    slots = CoachingSlot.objects.in_bulk(slot_ids)
    wait()
    started = time.perf_counter()
    won = refused = 0
    for learner, pk in zip(learners, slot_ids, strict=True):
        try:
            book_slot(slots[pk], learner, by=learner)
            won += 1
        except RuleError:
            refused += 1
    return {"won": won, "refused": refused, "seconds": time.perf_counter() - started}


def insert(count):
    """The yardstick: rows of three columns into a table with a primary key, committed one by one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        wait()
        started = time.perf_counter()
        for number in range(count):
            cursor.execute("INSERT INTO bench_row (number, made, words) VALUES (%s, now(), 'a few words')", [number])
    return {"inserted": count, "seconds": time.perf_counter() - started}


def wait():
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    task, *numbers = sys.argv[1:]
    result = book(int(numbers[0]), [int(n) for n in numbers[1:]]) if task == "book" else insert(int(numbers[0]))
    print(json.dumps(result))

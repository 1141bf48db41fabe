"""A real Redis of the test's own is stopped and started again: nobody is refused, and everything arrives."""

import socket
import subprocess
import time
from contextlib import closing

import pytest
from django.db import transaction
from redis import Redis, RedisError

from academy.cache import ForgivingRedisCache
from academy.celery import app as celery_app
from academy.mail.models import Message
from academy.mail.tasks import sweep
from courses import enrollment
from courses.models import Enrollment
from tests import needs
from tests.factories import courses as make
from tests.factories import users

from .test_outbox import _forget_connections

pytestmark = pytest.mark.django_db(transaction=True)


class OwnRedis:
    """A redis-server on a free port that keeps nothing on disk."""

    def __init__(self, folder):
        self.program = needs.program("redis-server", "install it with: apt-get install redis-server")
        self.folder = folder
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = Redis.from_url(self.url, socket_connect_timeout=1)
        self.process = None

    def start(self):
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([self.program, *options], stdout=subprocess.DEVNULL)
        for _attempt in range(100):
            try:
                return self.client.ping()
            except RedisError:
                time.sleep(0.1)
        raise RuntimeError("The test's own Redis did not start.")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def own_redis(tmp_path):
    """The site's broker and cache on a Redis that the test may stop."""
    redis = OwnRedis(tmp_path)
    redis.start()
    before = {name: celery_app.conf[name] for name in ("task_always_eager", "broker_url")}
    celery_app.conf.update(task_always_eager=False, broker_url=redis.url)
    _forget_connections()
    yield redis
    celery_app.conf.update(before)
    _forget_connections()
    redis.stop()


def test_with_redis_stopped_people_enroll_and_with_redis_back_everything_arrives(own_redis, mailoutbox):
    run = make.run()
    first, second, third = (users.user(f"Person {number}", language="en") for number in range(3))

    enrollment.enroll(first, run)
    assert own_redis.client.llen("celery") == 1  # the doorbell was rung
    own_redis.stop()
    place = enrollment.enroll(second, run)
    assert place.status == Enrollment.Status.CONFIRMED
    assert Message.objects.get(recipient=second).status == Message.Status.QUEUED
    assert mailoutbox == []

    own_redis.start()
    assert own_redis.client.llen("celery") == 0  # it has forgotten the first ring as well
    enrollment.enroll(third, run)
    assert own_redis.client.llen("celery") == 1  # and is rung again, without a restart of ours
    sweep()

    assert sorted(letter.to[0] for letter in mailoutbox) == sorted(person.email for person in (first, second, third))
    assert set(Message.objects.values_list("status", flat=True)) == {Message.Status.SENT}


def test_the_cache_forgets_while_redis_is_stopped_and_works_again_after(own_redis):
    cache = ForgivingRedisCache(own_redis.url, {"OPTIONS": {"socket_connect_timeout": 1}})
    cache.set("key", "before", 60)
    own_redis.stop()
    assert cache.get("key") is None
    cache.set("key", "nowhere", 60)

    own_redis.start()

    assert cache.get("key") is None
    cache.set("key", "after", 60)
    assert cache.get("key") == "after"


def test_a_rolled_back_action_rings_nobody(own_redis):
    with transaction.atomic():
        enrollment.enroll(users.user(), make.run())
        transaction.set_rollback(True)

    assert own_redis.client.llen("celery") == 0
    assert not Message.objects.exists()

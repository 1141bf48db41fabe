import pytest

from academy.cache import ForgivingRedisCache


@pytest.fixture
def away():
    """A cache whose Redis is not there."""
    return ForgivingRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 1}})


def test_cache_answers_as_if_empty_while_redis_is_away(away):
    assert away.get("key") is None
    assert away.get("key", "default") == "default"
    assert away.add("key", 1) is True
    away.set("key", 1)
    assert away.incr("key") == 1
    assert away.has_key("key") is False
    assert away.get_many(["key"]) == {}
    assert away.set_many({"key": 1}) == []
    assert away.delete("key") is False
    away.delete_many(["key"])
    assert away.touch("key") is False
    away.clear()


def test_cache_works_while_redis_is_there(redis_url):
    cache = ForgivingRedisCache(redis_url, {"KEY_PREFIX": "test_cache"})
    cache.set("key", "value", 10)
    assert cache.get("key") == "value"
    assert cache.add("key", "other", 10) is False
    cache.set("count", 1, 10)
    assert cache.incr("count") == 2
    cache.delete_many(["key", "count"])
    assert cache.get("key") is None


@pytest.mark.django_db
def test_login_works_while_redis_is_away(client, settings):
    settings.CACHES = {"default": {"BACKEND": "academy.cache.ForgivingRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}
    answer = client.post("/en/accounts/login/", {"email": "eva@example.org"})
    assert answer.url == "/en/accounts/login/code/confirm/"

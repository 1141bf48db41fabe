"""The Redis cache of a site that goes on when Redis does not."""

import logging
from functools import wraps

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def forgiving(method, answer):
    """Return the client's method that gives `answer` while Redis is away."""

    @wraps(method)
    def forgiven(self, *args, **kwargs):
        try:
            return method(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            logger.warning("The cache is away (%s).", type(error).__name__)
            return answer

    return forgiven


class ForgivingClient(RedisCacheClient):
    """Answers as an empty cache would while Redis is away. Nothing that matters is only in the cache."""

    add = forgiving(RedisCacheClient.add, True)
    set = forgiving(RedisCacheClient.set, None)
    touch = forgiving(RedisCacheClient.touch, False)
    delete = forgiving(RedisCacheClient.delete, False)
    get_many = forgiving(RedisCacheClient.get_many, {})
    set_many = forgiving(RedisCacheClient.set_many, None)
    delete_many = forgiving(RedisCacheClient.delete_many, None)
    has_key = forgiving(RedisCacheClient.has_key, False)
    incr = forgiving(RedisCacheClient.incr, 1)
    clear = forgiving(RedisCacheClient.clear, False)

    def get(self, key, default):
        return forgiving(super().get.__func__, default)(self, key, default)


class ForgivingRedisCache(RedisCache):
    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = ForgivingClient

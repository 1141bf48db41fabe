"""The try of S3 storage keeps to itself."""

from scripts import try_s3


def test_nothing_of_a_site_at_work_is_taken_over(monkeypatch):
    at_work = {
        "ALLOWED_HOSTS": "academy.example.org",
        "REDIS_URL": "redis://redis.internal",
        "EMAIL_URL": "smtp://mail",
    }
    for name, value in at_work.items():
        monkeypatch.setenv(name, value)
    variables = try_s3._variables("/folder", "http://127.0.0.1:1")
    assert set(at_work) & set(variables) == set()
    assert variables["DATABASE_URL"] == "sqlite:////folder/site.sqlite3"

from xml.etree import ElementTree

import pytest

from cms import drawing
from tests.factories import courses as make

CODES = [f"course-{number}" for number in range(60)]


def test_drawing_of_a_course_is_always_the_same():
    assert drawing.draw("booking", ["live"]) == drawing.draw("booking", ["live"])
    assert drawing.digest("booking", ["live"]) == "011f5506"


def test_drawings_of_two_courses_differ():
    assert len({drawing.draw(code, []) for code in CODES}) == len(CODES)


@pytest.mark.parametrize("segments", [[], ["booking"], ["booking", "export"], ["booking", "booking"]])
def test_drawing_is_light_and_well_formed(segments):
    for code in CODES:
        svg = drawing.draw(code, segments)
        root = ElementTree.fromstring(svg)  # noqa: S314  our own text
        assert root.get("viewBox") == "0 0 360 240"
        assert len(svg) < 2500
        assert "style=" not in svg


def test_drawing_takes_the_colour_of_the_first_segment():
    assert drawing.palette_of("booking").ground in drawing.draw("x", ["booking", "export"])
    assert drawing.draw("x", ["booking"]) != drawing.draw("x", ["export"])


@pytest.mark.django_db
def test_address_with_the_digest_may_be_kept_for_ever(client):
    course = make.course(public=False)

    response = client.get(drawing.address(course.code, []))

    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.content.decode() == drawing.draw(course.code, [])
    assert client.get(f"/drawing/{course.code}.svg")["Cache-Control"] == "public, max-age=3600"


@pytest.mark.django_db
def test_address_of_an_unknown_course_is_not_found(client):
    assert client.get("/drawing/nothing.svg").status_code == 404

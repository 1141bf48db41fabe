from academy import drawing


def test_same_code_gives_the_same_shapes_and_another_others():
    assert drawing.compose("booking") == drawing.compose("booking")
    assert len({tuple(drawing.compose(f"course-{number}")) for number in range(60)}) == 60


def test_a_stave_has_five_lines_and_every_stem_two_notes():
    for number in range(60):
        shapes = drawing.compose(f"course-{number}")
        stems = [shape for shape in shapes if isinstance(shape, drawing.Stem)]
        places = {(shape.x, shape.y) for shape in shapes if isinstance(shape, drawing.Disc)}

        assert sum(isinstance(shape, drawing.StaveLine) for shape in shapes) == 5
        assert {(stem.x, end) for stem in stems for end in (stem.top, stem.bottom)} <= places

"""The one family of refusals that rules raise and views turn into a sentence."""


class RuleError(Exception):
    """A rule refused. `sentence` is translated text for the person in front of the screen."""

    sentence = ""

    def __init__(self, sentence=None):
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)

    def __str__(self):
        return str(self.sentence)

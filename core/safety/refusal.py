"""How the readers in the child say no."""


class Refusal(Exception):
    """One of the words of `reasons.WORDS`, or `pixels` or `pages` with their figures."""

    def __init__(self, word: str, **figures: int):
        super().__init__(word)
        self.word, self.figures = word, figures

"""The questions by their old name, until no notebook uses it: they are in minbpe.lab."""

from minbpe.lab.widgets.questions import Predict, Question, Quiz

__all__ = ["Predict", "Question", "Quiz"]

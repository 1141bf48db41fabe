"""Leaving one run for another of the same course: the rule, its pages, its letters."""

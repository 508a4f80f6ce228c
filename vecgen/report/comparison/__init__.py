"""Two datasets side by side: tests, effect sizes, a learner, and a page."""

"""The plots and phrases of the story generator, as text: see ``stories.py``."""

"""The case lists: one module ``chNN`` per chapter, imported when one of its exercises is used."""

"""One launch: check what was asked for, copy arrays in, run, report, copy arrays out."""

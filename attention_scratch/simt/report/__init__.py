"""What a launch brought back, for a reader: findings, counters, a recording of its steps."""

"""What models are trained on: generators of data, each deterministic by its seed."""

"""OLMo 2's forward pass, once per backend."""

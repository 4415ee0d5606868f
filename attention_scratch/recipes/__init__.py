"""How the checkpoints under ``models/`` were made, so that anybody can make them again."""

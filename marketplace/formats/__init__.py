"""How moments are written where a template asks for nothing else, by language."""

"""The REST interface of accounts and the catalogue: parse, one action or query, render."""

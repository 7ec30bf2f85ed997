"""Password hashing for tests."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneRound(PBKDF2PasswordHasher):
    """The product's hash with one round: a password costs nothing, and any server still accepts it."""

    iterations = 1

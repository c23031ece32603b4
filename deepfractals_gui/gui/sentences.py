"""Messages as sentences for a person."""

from __future__ import annotations


def sentence(message: str) -> str:
    """A message with a capital at its beginning, unless it begins with the name of a file."""
    first = message.partition(" ")[0].rstrip(".:,;")
    return message if "." in first else f"{message[:1].upper()}{message[1:]}"

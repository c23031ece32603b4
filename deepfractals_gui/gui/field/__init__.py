"""The field: a digit is drawn, and what the complex field makes of it is watched."""

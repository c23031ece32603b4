"""The page of the text atlas."""

"""The page in which a network is built, trained and looked into."""

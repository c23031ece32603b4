"""Documents on disk, history, bookmarks, journal."""

"""The rail at the left of the window and the pages it turns to."""

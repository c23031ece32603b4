"""What ships beside the code: help texts, icons, palettes, examples."""

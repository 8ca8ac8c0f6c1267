"""The demo: the main job end to end on what the package ships."""

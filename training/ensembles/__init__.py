"""From several trainings of one backbone to one bundle of its size."""

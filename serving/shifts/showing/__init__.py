"""What shows a shift: passages, words, topics."""

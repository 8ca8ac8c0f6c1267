"""Evidence: which words carried a decided label."""

"""What a conversion checks of itself: whether the words of each page are in its output."""

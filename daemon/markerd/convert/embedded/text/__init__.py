"""Characters, words and patterns of text that no other room owns."""

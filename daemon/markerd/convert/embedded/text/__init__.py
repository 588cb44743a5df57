"""Rules for characters and words that no other room owns."""

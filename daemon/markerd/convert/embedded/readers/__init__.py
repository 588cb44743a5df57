"""Readers of a PDF's page that share no code with the rules for the layout: what is read where these fail."""

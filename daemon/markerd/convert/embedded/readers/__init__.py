"""Readers of a PDF's page that share no code with the layout rules: they read pages where these rules fail."""

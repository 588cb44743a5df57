"""Formulas of Office and the web as LaTeX."""

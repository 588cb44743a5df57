"""What the lines of a region are: paragraphs, headings, lists, code, formulas."""

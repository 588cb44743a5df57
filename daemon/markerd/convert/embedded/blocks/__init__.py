"""What the lines of a region are: headings, paragraphs, lists, code, formulas."""

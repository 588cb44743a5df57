"""Tables: their places on a page, and their columns, rows and cells."""

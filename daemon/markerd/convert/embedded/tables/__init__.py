"""Tables: where they lie, and their columns, rows and cells."""

"""One document, stage by stage: spool, conversion, publication, and what becomes of its source."""

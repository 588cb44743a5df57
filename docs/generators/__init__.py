"""The reference pages, written from the code: one module for each page, each with a function `page`."""

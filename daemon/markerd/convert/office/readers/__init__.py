"""One module for each format of Office and the web, with what it needs of that format."""

"""From Marker's document to the files of each format."""

"""File operations that hold after a power cut, follow no foreign link, and read nothing without bounds."""

"""What the converter process gives up before it reads a document."""

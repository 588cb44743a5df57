"""From hot folders to a queue of settled documents. Events are hints; the folder and the journal are the truth."""

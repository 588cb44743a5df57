"""From hot folders to a stream of settled arrivals. Events are hints; the folder and the ledger are the truth."""

"""From an outcome to the programs and services that want to know of it: the outbox is delivered, in order."""

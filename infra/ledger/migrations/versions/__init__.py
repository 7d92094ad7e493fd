"""One file per change of the ledger's form; never edited once released."""

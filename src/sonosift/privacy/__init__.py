"""Identity leaves here: header allow-list, keyed pseudonyms, the fan and what lies outside it."""

"""Who the patients are and what is written about them: names, headers, descriptions, folder names."""

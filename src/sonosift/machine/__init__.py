"""What this computer offers: cores, threads, safe writing, locks, a console to report progress on."""

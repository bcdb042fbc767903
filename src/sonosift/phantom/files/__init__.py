"""How pictures become files of an archive, some of them damaged, and the truth about each."""

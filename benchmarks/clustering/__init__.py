"""How well groups are found: FUSC's Tables 1 to 3, Dadoun's Figure 5, and machines never seen. See ``__main__``."""

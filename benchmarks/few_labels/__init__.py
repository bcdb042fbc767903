"""How far few labels go, from which first weights: Dadoun's Figure 6 and USCL's Table 3, small. See ``__main__``."""

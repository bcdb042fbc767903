"""Methods, first weights, label fractions and seeds: a grid of trainings, judged alike."""

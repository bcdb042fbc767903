"""What lies in a body, and where: organs, vessels, lesions, walls, and the tissues they are made of."""

"""How a network learns: the recipe (without torch), and the loop that follows it."""

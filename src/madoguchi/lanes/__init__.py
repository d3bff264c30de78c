"""How far each lane is behind: for `/metrics`, for the console's page and for `madoguchi doctor`."""

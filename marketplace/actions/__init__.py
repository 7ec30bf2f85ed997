"""What people do to accounts, brands, products and stock: one module per thing, one function per deed."""

"""The demo: a small marketplace with people, goods, pictures, past shows and a show that runs by itself."""

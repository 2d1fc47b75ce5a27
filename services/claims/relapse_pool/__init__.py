"""The pool of the relapse insurance (防贫保, DOMAIN S-46): the policies that fill it, and what is left."""

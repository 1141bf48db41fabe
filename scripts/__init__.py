"""Tools of the house that Make calls. No part of the site imports them."""

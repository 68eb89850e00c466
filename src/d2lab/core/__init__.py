"""The ground floor: what every other room stands on, and that needs none of them."""

"""The course site: lessons, claims, tables and API as one set of pages in two languages, built by Sphinx."""

"""The command line: one file a group of verbs; heavy libraries are imported only by the verb that needs them."""

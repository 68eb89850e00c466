"""The checks: a file for each subject of the notes, named by its chapter; a new file is found by being here."""

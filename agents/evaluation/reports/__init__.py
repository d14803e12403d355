"""Results of an evaluation as pictures, films and reports."""

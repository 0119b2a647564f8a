"""What outcomes say together: a comparison, a sweep, worth. numpy only."""

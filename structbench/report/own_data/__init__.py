"""Data of a user's own as StructBench sees them: facts, doubts and a picture."""

"""Training: one loop for every task, its checkpoints and the record it leaves."""

"""What is told and drawn about a run: summary, features, curves, augmentation."""

"""What is told to Segment, and how little of it is personal."""

"""What several exercises of this chapter share."""

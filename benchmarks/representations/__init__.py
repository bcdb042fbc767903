"""What are the representations worth that each way of learning without labels finds? See ``__main__``."""

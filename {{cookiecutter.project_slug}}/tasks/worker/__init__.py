"""What a worker process is made of. Which parts an engine uses is its own business."""

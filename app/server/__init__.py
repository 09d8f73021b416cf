"""What the server does beside drawing pages: readiness, caches, headers, allowed folders, the queue of passes."""

"""Exit codes that several commands share; those of one command stand in its file."""

EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it

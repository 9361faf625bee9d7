"""What the end-to-end tests stand on; shares no code with the programs under test."""

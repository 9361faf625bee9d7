"""waiting - for a condition, never for an amount of time."""
import os
import time

# How long a condition may take before the test gives up: generous, as a loaded machine or a
# sanitizer build is slow, and no test that passes ever waits for it.
PATIENCE_S = float(os.environ.get("INDSUB_TEST_PATIENCE_S", "30"))


class Deadline:
    def __init__(self, seconds=None):
        self.end = time.monotonic() + (PATIENCE_S if seconds is None else seconds)

    def left_s(self):
        return max(0.0, self.end - time.monotonic())

    def left_ms(self):
        return int(self.left_s() * 1000)

    def passed(self):
        return self.left_s() == 0.0


def until(condition, what, step_s=0.02, seconds=None):
    """Asks `condition` until it gives something true, and gives that back."""
    deadline = Deadline(seconds)
    while True:
        found = condition()
        if found:
            return found
        if deadline.passed():
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(step_s)

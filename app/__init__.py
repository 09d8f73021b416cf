"""The Streamlit app: pages are controls, one call, views.

OpenMP's threads wait asleep here, not spinning, unless the environment says otherwise: pages are served while a network
runs, and spinning threads take their time. It has to be said before torch is imported. `python -m benchmarks.waiting`
measures it.
"""

import logging
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

EXPECTED = {  # what Streamlit warns of, by its loggers, and what this app does on purpose
    "streamlit.runtime.caching.cache_data_api": ("No runtime found",),  # caches are declared before the server starts
    "streamlit.runtime.scriptrunner_utils.script_run_context": (  # caches are filled by threads that are no page
        "Thread 'warm': missing ScriptRunContext",
        "Thread 'AnyIO worker thread': missing ScriptRunContext",
    ),
}


def _is_unexpected(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(EXPECTED[record.name])


for _name in EXPECTED:
    logging.getLogger(_name).addFilter(_is_unexpected)

"""The names of all metrics and what they say: the only place where they are.

Every label has few values that are known beforehand. Nothing that a caller sends becomes one: a strategy is the name of a preset or "plan",
a method that this server does not have is "other", and who calls is in the log alone.
"""

from __future__ import annotations

from dataclasses import dataclass

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name : str
        As it is exposed.
    kind : str
        counter, gauge or histogram.
    help : str
    labels : tuple of str
    buckets : tuple of float
        Upper bounds, of a histogram.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


CALLS = Metric("querist_calls_total", "counter", "Calls that have ended, by method and gRPC status code.", ("method", "code"))
CALL_SECONDS = Metric("querist_call_seconds", "histogram", "From a call's begin to its end.", ("method",), _SECONDS)
ERRORS = Metric("querist_errors_total", "counter", "Calls that failed, by the reason that their callers got.", ("reason",))
REFUSED = Metric("querist_refused_total", "counter", "Calls that were refused, by the limit that they met.", ("limit",))
QUEUE_SECONDS = Metric("querist_queue_seconds", "histogram", "How long the work of a call waited for a worker.", (), _SECONDS)
RECEIVED_BYTES = Metric("querist_received_bytes_total", "counter", "Bytes of requests that were worked on, files included.", ("method",))

SELECTION_SECONDS = Metric(
    "querist_selection_seconds", "histogram", "Work on a selection, in all stages together.", ("strategy",), _SECONDS[1::2]
)
STAGE_SECONDS = Metric("querist_stage_seconds_total", "counter", "Seconds in each stage of selections.", ("strategy", "stage"))
ROWS = Metric("querist_rows_total", "counter", "Rows of the pools that were chosen from.", ("strategy",))
MODEL_RUNS = Metric("querist_model_runs_total", "counter", "Batches of rows that models were run on.")

CHOSEN = Metric("querist_chosen_total", "counter", "Instances that were chosen.", ("strategy",))
RANDOM = Metric("querist_chosen_random_total", "counter", "Instances of these that were drawn at random.")
GUARDED = Metric("querist_guarded_total", "counter", "Rows that guards put aside, by reason.", ("reason",))
CONFIDENCE = Metric(
    "querist_chosen_confidence",
    "histogram",
    "The model's confidence in the instances that were chosen.",
    (),
    tuple(round(0.1 * step, 1) for step in range(1, 11)),
)
SCORE_QUANTILE = Metric(
    "querist_score_quantile", "gauge", "Scores below which these shares of the newest pool lie: 0.5 is the median.", ("strategy", "share")
)
VERDICTS = Metric("querist_verdicts_total", "counter", "Stop advice that was given, by verdict.", ("verdict",))

INFO = Metric("querist_info", "gauge", "What this server is; always 1.", ("version", "api_version"))
SERVING = Metric("querist_serving", "gauge", "1 while new calls are taken, else 0.")
CALLS_OPEN = Metric("querist_calls_open", "gauge", "Calls that are being answered, or wait for their callers.")
CALLS_OPEN_LIMIT = Metric("querist_calls_open_limit", "gauge", "Calls that may be open.")
WORKERS = Metric("querist_workers", "gauge", "Works that may compute at a time.")
PROCESSORS = Metric("querist_processors", "gauge", "Processors that this process may use: its CPU quota, or its CPU set if that is less.")
WORK_RUNNING = Metric("querist_work_running", "gauge", "Works that compute.")
WORK_WAITING = Metric("querist_work_waiting", "gauge", "Works that wait for a worker.")
WORK_WAITING_LIMIT = Metric("querist_work_waiting_limit", "gauge", "Works that may wait.")
MEMORY = Metric("querist_memory_resident_bytes", "gauge", "Resident memory, without the processes that run models.")
MEMORY_LIMIT = Metric("querist_memory_limit_bytes", "gauge", "Resident memory that the server keeps below.")
MEMORY_SHORT = Metric("querist_memory_short_seconds", "gauge", "For how long memory has been short now; 0 if it is not.")
IN_FLIGHT = Metric("querist_in_flight_bytes", "gauge", "Bytes that all calls hold.")
IN_FLIGHT_LIMIT = Metric("querist_in_flight_limit_bytes", "gauge", "Bytes that all calls may hold.")

MODELS_STORED = Metric("querist_models_stored", "gauge", "Models in the model directory.")
MODELS_STORED_BYTES = Metric("querist_models_stored_bytes", "gauge", "Bytes that they and uploads under way take.")
MODELS_STORED_LIMIT = Metric("querist_models_stored_limit_bytes", "gauge", "Bytes that they may take.")
MODELS_LOADED = Metric("querist_models_loaded", "gauge", "Models that are loaded, counted once for each process that has them.")
MODEL_PROCESSES = Metric("querist_model_processes", "gauge", "Processes that run models.")
MODEL_STARTS = Metric("querist_model_process_starts_total", "counter", "Processes for models that were started.")
MODEL_ENDS = Metric("querist_model_process_ends_total", "counter", "Processes for models that have ended, by cause.", ("cause",))

LOG_WRITTEN = Metric("querist_selection_log_written_total", "counter", "Lines of the selection log that were written.")
LOG_LOST = Metric("querist_selection_log_lost_total", "counter", "Lines of the selection log that were lost: the disk failed, or was slow.")

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Metric))

"""Results of the client, comparable bit by bit."""

from typing import Any

import numpy as np
import querist


def facts(batch: querist.Batch) -> dict[str, Any]:
    """Return all of a result but what names the call and how long it took, so that == compares bits."""

    def comparable(value: Any) -> Any:
        return (str(value.dtype), value.tobytes()) if isinstance(value, np.ndarray) else value

    fields = {name: comparable(value) for name, value in vars(batch).items() if name not in ("selection_id", "timings", "all_scores")}
    fields["components"] = {name: comparable(values) for name, values in batch.components.items()}
    for name in ("statistics", "guarded", "spending", "pre_annotations"):
        fields[name] = repr(fields[name])
    return fields

"""Encord: a batch as priorities of label rows. Pure: Encord's SDK is not needed.

``LabelRowV2.set_priority`` takes a number from 0 to 1, and the workflow's queue serves the highest first, which is what `Batch.priorities`
are. Read in the encord SDK's ``LabelRowV2``.
"""

from __future__ import annotations

from typing import Any

from querist.integrations._candidates import candidates
from querist.results import Batch


def priorities(batch: Batch) -> dict[Any, float]:
    """Return the priority of each label row by the ids of the batch, the first first.

    Rows that are not in the batch keep what they have: set them to 0 where a former round had ranked them.
    """
    return {each.id: each.priority for each in candidates(batch, None, None)}

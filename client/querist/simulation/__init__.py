"""Is it better than random on my data? Campaigns replayed over gRPC on labelled data. Needs ``querist[demo]``.

`querist.Client.simulate` and ``querist simulate`` are the ways in.
"""

from querist.simulation.advised import Stop
from querist.simulation.analysis import Difference, Saving
from querist.simulation.loop import Curve
from querist.simulation.result import Simulation
from querist.simulation.settings import Settings

__all__ = ["Curve", "Difference", "Saving", "Settings", "Simulation", "Stop"]

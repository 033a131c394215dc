"""Label Studio, the Community edition too: a ranking becomes its order of tasks, and answers come back. Needs ``querist[label-studio]``.

    with label_studio.Project("http://localhost:8080", 7, token) as project:
        found = label_studio.collect(project)
        pool = [task["id"] for task in project.tasks() if not task["is_labeled"]]
        batch = client.select(predict(pool), ids=pool, strategy="margin", count=100)
        label_studio.publish(project, batch, round=1, classes=["cat", "dog"])

It speaks the plain REST API through httpx: five paths, which an SDK of many packages would not make shorter, and which leave numpy,
pandas and pydantic of your training environment alone. Nothing has to reach your program from outside: no webhook, no ML backend.
"""

from querist.integrations.label_studio._collecting import Answer, Collected, collect
from querist.integrations.label_studio._controls import Control, control_of, of_result, to_result
from querist.integrations.label_studio._project import LabelStudioError, Project
from querist.integrations.label_studio._publishing import Published, publish

__all__ = [
    "Answer",
    "Collected",
    "Control",
    "LabelStudioError",
    "Project",
    "Published",
    "collect",
    "control_of",
    "of_result",
    "publish",
    "to_result",
]
